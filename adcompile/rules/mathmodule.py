"""The math module: functions of Python floats.

A derivative that is infinite in NumPy is infinite here, where Python's own division would raise
(`math.sqrt` at 0).
"""

from __future__ import annotations

import math
from typing import Any

from ..ir.nodes import Arg
from ..ir.types import BOOL, FLOAT, INT, UNKNOWN, ListOf, Scalar, Type
from .arithmetic import power_base, power_exponent, power_regular
from .assembled import product_type
from .elementwise import LOG_2, LOG_10
from .facts import Facts
from .rule import composite, constant, general, linear, pointwise
from .typing import real, typ

_UNARY = {
    "sin": "math.cos(x)",
    "cos": "-math.sin(x)",
    "tan": "1 + z * z",
    "asin": "inverse(math.sqrt(1 - x * x))",
    "acos": "-inverse(math.sqrt(1 - x * x))",
    "atan": "1 / (1 + x * x)",
    "sinh": "math.cosh(x)",
    "cosh": "math.sinh(x)",
    "tanh": "1 - z * z",
    "asinh": "1 / math.sqrt(x * x + 1)",
    "acosh": "inverse(math.sqrt(x * x - 1))",
    "atanh": "1 / (1 - x * x)",
    "exp": "z",
    "exp2": f"{LOG_2} * z",
    "expm1": "z + 1",
    "log2": f"1 / ({LOG_2} * x)",
    "log10": f"1 / ({LOG_10} * x)",
    "log1p": "1 / (1 + x)",
    "sqrt": "0.5 / z if z != 0 else math.inf",
    "cbrt": "inverse(3 * z * z)",
    "fabs": "sign(x)",
    "erf": "1.1283791670955126 * math.exp(-(x * x))",
    "erfc": "-(1.1283791670955126 * math.exp(-(x * x)))",
    "gamma": "z * polygamma(0, x)",
    "lgamma": "polygamma(0, x)",
    "degrees": "57.29577951308232",
    "radians": "0.017453292519943295",
}
# where a partial is finite, if it need not be where Python has a value at all
_REGULAR = {
    "asin": "abs(x) < 1",
    "acos": "abs(x) < 1",
    "acosh": "x > 1",
    "sqrt": "z != 0",
    "cbrt": "z != 0",
}
# of every number
_TOTAL = ("atan", "tanh", "asinh", "cbrt", "fabs", "erf", "erfc", "degrees", "radians")
_SAFE = {"asin": 0.0, "acos": 0.0, "atanh": 0.0, "acosh": 2.0}

for _name, _partial in _UNARY.items():
    if hasattr(math, _name):  # exp2 and cbrt came with Python 3.11
        pointwise(
            f"math.{_name}(x)",
            _partial,
            safe=_SAFE.get(_name, 1.0),
            regular=_REGULAR.get(_name, ""),
            types=real,
            decisive=() if _name in _TOTAL else ("x",),
        )


def _log_pullback(args: Any, k: Any) -> str:
    if len(args) == 1:
        return "z_bar / item"
    return "z_bar / (item * math.log(args[1]))" if k == 0 else "-(z_bar * z / (item * math.log(item)))"


def _log_pushforward(args: Any) -> str:
    if len(args) == 1:
        return "args_dot[0] / args[0]"
    return "(args_dot[0] / args[0] - z * args_dot[1] / args[1]) / math.log(args[1])"


# of one number, or of a number and a base, both by position only
general(
    "math.log(*args)",
    pullbacks={"args": _log_pullback},
    pushforwards={"args": _log_pushforward},
    types=real,
    items=True,
    decisive=("args",),
)
pointwise(
    "math.pow(x, y)", power_base, power_exponent, regular=power_regular, types=real, decisive=("x", "y")
)
pointwise("math.atan2(y, x)", "ratio(x, x * x + y * y)", "-ratio(y, x * x + y * y)", regular="", types=real)
pointwise("math.copysign(x, y)", "sign(x) * math.copysign(1.0, y)", "0", types=real)
pointwise("math.fmod(x, y)", "1", "-math.trunc(x / y)", regular="", types=real, decisive=("x", "y"))
pointwise("math.remainder(x, y)", "1", "-((x - z) / y)", regular="", types=real, decisive=("x", "y"))
linear("math.ldexp(x, i)", "math.ldexp(z_bar, i)", types=real, decisive=("x", "i"))


def _inverse(x: Arg) -> Type:
    """Of a float a float; what NumPy's rows pass may be complex."""
    t = typ(x)
    if not isinstance(t, Scalar):
        return UNKNOWN
    return t if t.dtype.startswith("complex") else FLOAT


# the helpers that the rows above call
pointwise("inverse(x)", "-(z * z)", regular="x != 0", types=_inverse)
pointwise("ratio(x, y)", "inverse_or_zero(y)", "-z * inverse_or_zero(y)", regular="", types=real)
pointwise("inverse_or_zero(x)", "-(z * z)", types=real)
pointwise("polygamma(n, x)", "0", "polygamma(n + 1, x)", types=real)


def _hypot_pushforward(coordinates: Any) -> str:
    products = (f"coordinates[{k}] * coordinates_dot[{k}]" for k in range(len(coordinates)))
    return f"ratio({' + '.join(products)}, z)"


general(
    "math.hypot(*coordinates)",
    pullbacks={"coordinates": "z_bar * ratio(item, z)"},
    pushforwards={"coordinates": _hypot_pushforward},
    types=real,
    items=True,
)


def _every(seq: Any) -> str:
    """The adjoint of each item of a sum."""
    is_list = isinstance(seq, Facts) and isinstance(seq.type, ListOf)
    return "list_repeat(z_bar, len(seq))" if is_list else "z_bar"


linear("math.fsum(seq)", _every, types=real, items=True, joint=True)

composite("math.modf(x)", lambda: "(math.fmod(x, 1.0), math.copysign(float(math.trunc(x)), x))")


def _dist(first: str, second: str) -> Any:
    def rule(p: Any, k: Any) -> str:
        if k is None:
            return f"z_bar * ({first} - {second}) / np.where(z == 0, 1, z)"
        return f"z_bar * ratio(item - {second}[k], z)"

    return rule


def _dist_pushforward(name: str, first: str, second: str) -> Any:
    def rule(p: Any, q: Any) -> str:
        count = len(p) if isinstance(p, (tuple, list)) else len(q) if isinstance(q, (tuple, list)) else None
        if count is None:
            return f"np.sum({name}_dot * ({first} - {second})) / np.where(z == 0, 1, z)"
        products = (f"{name}_dot[{k}] * ({first}[{k}] - {second}[{k}])" for k in range(count))
        return f"ratio({' + '.join(products)}, z)"

    return rule


general(
    "math.dist(p, q)",
    pullbacks={"p": _dist("p", "q"), "q": _dist("q", "p")},
    pushforwards={"p": _dist_pushforward("p", "p", "q"), "q": _dist_pushforward("q", "q", "p")},
    types=real,
    items=True,
)


def _others(iterable: Any, k: Any) -> str:
    """The text of the product of all items but one, or for every item of an array or run-time list."""
    if not isinstance(iterable, (tuple, list)):
        return "prod_of_others(np.asarray(iterable))"
    return " * ".join(f"iterable[{j}]" for j in range(len(iterable)) if j != k) or "1.0"


def _prod_pullback(iterable: Any, start: Any, k: Any) -> str:
    scale = "z_bar" if start == 1 else "z_bar * start"
    is_list = isinstance(iterable, Facts) and isinstance(iterable.type, ListOf)
    text = f"{scale} * {_others(iterable, k)}"
    return f"list({text})" if is_list else text


def _prod_pushforward(iterable: Any, start: Any) -> str:
    scale = "" if start == 1 else "start * "
    if not isinstance(iterable, (tuple, list)):
        return f"{scale}np.sum(np.asarray(iterable_dot) * {_others(iterable, None)})"
    terms = (f"iterable_dot[{k}] * {_others(iterable, k)}" for k in range(len(iterable)))
    return f"{scale}({' + '.join(terms)})"


general(
    "math.prod(iterable, start=1)",
    pullbacks={"iterable": _prod_pullback, "start": "z_bar * math.prod(iterable)"},
    pushforwards={"iterable": _prod_pushforward, "start": "start_dot * math.prod(iterable)"},
    types=product_type,
    items=True,
)

_REALS = ("ulp", "floor", "ceil", "trunc", "isnan", "isinf", "isfinite", "factorial", "isqrt")
_RESULTS = {"ulp": real, "isnan": lambda x: BOOL, "isinf": lambda x: BOOL, "isfinite": lambda x: BOOL}
for _name in _REALS:
    operands = () if _name in _RESULTS else ("x",)
    constant(f"math.{_name}(x)", types=_RESULTS.get(_name, lambda x: INT), decisive=operands)
for _name in ("comb", "perm"):
    constant(f"math.{_name}(n, k)", types=lambda n, k: INT, decisive=("n", "k"))
constant("math.gcd(*integers)", types=lambda integers: INT)
constant("math.lcm(*integers)", types=lambda integers: INT)
constant("math.isclose(a, b, rel_tol=1e-09, abs_tol=0.0)", types=lambda *args: BOOL)
