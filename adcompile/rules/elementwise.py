"""NumPy's functions that work element by element.

Kinks, here and in every other table: equal operands of maximum and minimum share the derivative;
`np.clip` is a minimum of a maximum; the absolute value has derivative 0 at 0, and `hypot` at the origin.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ir.nodes import Arg
from ..ir.types import Scalar, Type
from . import results as types
from .arithmetic import (
    absolute_pullback,
    absolute_pushforward,
    extreme,
    may_be_complex,
    power_base,
    power_exponent,
    power_regular,
)
from .facts import Facts
from .rule import composite, constant, general, linear, pointwise
from .typing import opaque, truth, ufunc_type

LOG_2 = "0.6931471805599453"
LOG_10 = "2.302585092994046"

# -- one operand ---------------------------------------------------------------------------------------------


def over(denominator: str, numerator: str = "1", of: str = "x") -> Any:
    """A partial that is infinite where its denominator is 0, also for a Python number, which raises there."""

    def partial(x: Any, y: Any) -> str:
        operand = y if of == "y" else x
        if isinstance(operand, Facts) and isinstance(operand.type, Scalar) and operand.type.origin != "np":
            return f"{numerator} * inverse({denominator})"
        return f"{numerator} / ({denominator})"

    return partial


def direction(numerator: str, sign: str = "") -> Any:
    """A partial of the angle of a point: 0 at the origin, where Python's division would raise."""

    def partial(x: Any, y: Any) -> str:
        if any(isinstance(f, Facts) and not isinstance(f.type, Scalar) for f in (x, y)):
            return f"{sign}({numerator} / (x * x + y * y))"
        return f"{sign}ratio({numerator}, x * x + y * y)"

    return partial


_UNARY: dict[str, Any] = {
    "sin": "np.cos(x)",
    "cos": "-np.sin(x)",
    "tan": "1 + z * z",
    "arcsin": "1 / np.sqrt(1 - x * x)",
    "arccos": "-(1 / np.sqrt(1 - x * x))",
    "arctan": "1 / (1 + x * x)",
    "sinh": "np.cosh(x)",
    "cosh": "np.sinh(x)",
    "tanh": "1 - z * z",
    "arcsinh": "1 / np.sqrt(x * x + 1)",
    "arccosh": "1 / (np.sqrt(x - 1) * np.sqrt(x + 1))",
    "arctanh": over("1 - x * x"),
    "exp": "z",
    "exp2": f"{LOG_2} * z",
    "expm1": "z + 1",
    "log": over("x"),
    "log2": over(f"{LOG_2} * x"),
    "log10": over(f"{LOG_10} * x"),
    "log1p": over("1 + x"),
    "sqrt": "0.5 / z",
    "cbrt": "1 / (3 * z * z)",
    "square": "2 * x",
    "reciprocal": "-(z * z)",
    "negative": "-1",
    "positive": "1",
    "fabs": "np.sign(x)",
}


def _where_root(x: Any) -> str:
    """Where the partial of a root is finite: the root of a negative number is NaN."""
    return "z != 0" if may_be_complex(x) else "z > 0"


# where a partial is finite, if finite operands do not suffice
_REGULAR: dict[str, Any] = {
    "arcsin": "np.absolute(x) < 1",
    "arccos": "np.absolute(x) < 1",
    "arctan": "",
    "arcsinh": "",
    "arccosh": "x > 1",
    "arctanh": "np.absolute(x) != 1",
    "log": "x != 0",
    "log2": "x != 0",
    "log10": "x != 0",
    "log1p": "x != -1",
    "sqrt": _where_root,
    "cbrt": "z != 0",
    "reciprocal": "x != 0",
}
# where an operand of 1 is singular, another value at which the partial is finite
_SAFE = {"arcsin": 0.0, "arccos": 0.0, "arctanh": 0.0, "arccosh": 2.0}

for _name, _partial in _UNARY.items():
    pointwise(f"np.{_name}(x)", _partial, safe=_SAFE.get(_name, 1.0), regular=_REGULAR.get(_name))

for _name in ("deg2rad", "rad2deg", "degrees", "radians"):
    linear(f"np.{_name}(x)", f"np.{_name}(z_bar)", pointwise=True)

general(
    "np.absolute(x)",
    pullbacks={"x": absolute_pullback},
    pushforwards={"x": absolute_pushforward},
    types=types.absolute_kind,
    pointwise=True,
    real=True,
)
pointwise("np.sinc(x)", "sinc_derivative(x, 1)", types=types.float_kind)
pointwise("sinc_derivative(x, n)", "sinc_derivative(x, n + 1)", types=types.float_kind)
pointwise("np.nan_to_num(x, copy=True, nan=0.0)", "np.isfinite(x)", types=types.keeps_kind)

# -- two operands --------------------------------------------------------------------------------------------


def is_finite(bound: Any) -> bool:
    """Whether a bound is a finite number that is known when the derivative is compiled."""
    return isinstance(bound, (int, float)) and not isinstance(bound, bool) and math.isfinite(bound)


def array_extreme(compare: str) -> tuple[Any, Any]:
    """The partials of np.maximum (`>`) or np.minimum (`<`).

    Against a known number, the sign of the difference says the same as two comparisons, in half the
    passes and in the operand's own precision.
    """
    plain = extreme(compare)

    def first(x: Any, y: Any) -> str:
        if not is_finite(y):
            return str(plain[0](x, y))
        return (
            f"(0.5 * ({_sign('x', 'y', y)} + 1))" if compare == ">" else f"(0.5 * (1 - {_sign('x', 'y', y)}))"
        )

    def second(x: Any, y: Any) -> str:
        if not is_finite(x):
            return str(plain[1](x, y))
        return (
            f"(0.5 * ({_sign('y', 'x', x)} + 1))" if compare == ">" else f"(0.5 * (1 - {_sign('y', 'x', x)}))"
        )

    return first, second


def _share(own: str, other: str, scale: str = "") -> Any:
    """The partial of np.logaddexp by one of its operands; beside a finite number no infinities are equal."""
    texts = [f"{name} * {scale}" if scale else name for name in (own, other, "z")]

    def partial(x: Any, y: Any) -> str:
        if is_finite(x) or is_finite(y):
            return f"np.exp{'2' if scale else ''}({own} - z)"
        return f"share({', '.join(texts)})"

    return partial


def _share_type(x: Arg, y: Arg, s: Arg) -> Type:
    return ufunc_type(np.logaddexp)(x, s)


def _sign(operand: str, bound: str, value: float) -> str:
    return f"np.sign({operand})" if value == 0 else f"np.sign({operand} - {bound})"


pointwise("np.add(x, y)", "1", "1", cheap=True)
pointwise("np.subtract(x, y)", "1", "-1", cheap=True)
pointwise("np.multiply(x, y)", "y", "x", cheap=True)
pointwise("np.divide(x, y)", over("y", of="y"), over("y", "-z", of="y"), regular="y != 0", cheap=True)
pointwise("np.floor_divide(x, y)", "0", "0")
pointwise("np.remainder(x, y)", "1", "-np.floor(np.divide(x, y))", regular="y != 0")
pointwise("np.fmod(x, y)", "1", "-np.trunc(np.divide(x, y))", regular="y != 0")
pointwise("np.power(x, y)", power_base, power_exponent, regular=power_regular)
pointwise("np.float_power(x, y)", power_base, power_exponent, regular=power_regular)
pointwise("np.maximum(x, y)", *array_extreme(">"), masks=True)
pointwise("np.minimum(x, y)", *array_extreme("<"), masks=True)
# these two ignore a NaN: the derivative goes to the operand that is the result
pointwise("np.fmax(x, y)", "(x == z) / (1.0 + (x == y))", "(y == z) / (1.0 + (x == y))", masks=True)
pointwise("np.fmin(x, y)", "(x == z) / (1.0 + (x == y))", "(y == z) / (1.0 + (x == y))", masks=True)
pointwise("np.arctan2(y, x)", direction("x"), direction("y", "-"), regular="(x != 0) | (y != 0)")
pointwise("np.hypot(x, y)", "x / np.where(z == 0, 1, z)", "y / np.where(z == 0, 1, z)")
pointwise("share(x, y, s)", "z", "0", "-z", types=_share_type)
pointwise("np.logaddexp(x, y)", _share("x", "y"), _share("y", "x"))
pointwise("np.logaddexp2(x, y)", _share("x", "y", LOG_2), _share("y", "x", LOG_2))
pointwise("np.copysign(x, y)", "np.sign(x) * np.copysign(1.0, y)", "0")
pointwise("np.heaviside(x, y)", "0", "(x == 0)")
linear("np.ldexp(x, k)", "np.ldexp(z_bar, k)", pointwise=True)
# of an infinite number the fractional part is NaN here, and 0 in NumPy
composite("np.modf(x)", lambda: "(np.fmod(x, 1.0), np.trunc(x))")

# -- selections ----------------------------------------------------------------------------------------------


linear(
    "np.where(condition, x, y)",
    "np.where(condition, z_bar, 0)",
    "np.where(condition, 0, z_bar)",
    wrt=("x", "y"),
    joint=True,
    pointwise=True,
    types=types.where_type,
    constant=True,
    masks=True,
)


def _select(condlist: Any, choicelist: Any) -> str | None:
    """The first choice whose condition holds, as nested np.where."""
    sequences = isinstance(condlist, (tuple, list)) and isinstance(choicelist, (tuple, list))
    if not sequences or len(condlist) != len(choicelist) or not condlist:
        return None
    text = "default"
    for k in reversed(range(len(condlist))):
        text = f"np.where(condlist[{k}], choicelist[{k}], {text})"
    return text


composite("np.select(condlist, choicelist, default=0)", _select, items=True)


def _clipped(a: Any, low: Any, high: Any, names: tuple[str, str]) -> str:
    """∂clip/∂a: that of np.minimum(np.maximum(a, low), high), an absent bound left out."""
    if is_finite(low) and is_finite(high):
        return f"(0.5 * (np.sign(a - {names[0]}) + np.sign({names[1]} - a)))"
    factors = []
    for compare, bound, name in ((">", low, names[0]), ("<", high, names[1])):
        if bound is not None:
            factors.append(array_extreme(compare)[0](a, bound).replace("x", "a").replace("y", name))
    return " * ".join(factors) or "1"


pointwise(
    "np.clip(a, a_min, a_max)",
    lambda a, a_min, a_max: _clipped(a, a_min, a_max, ("a_min", "a_max")),
    "((a < a_min) + 0.5 * (a == a_min))",
    "((a > a_max) + 0.5 * (a == a_max))",
    types=types.clip_type,
    masks=True,
)
pointwise(
    "a.clip(min=None, max=None)",
    lambda a, min, max: _clipped(a, min, max, ("min", "max")),
    "((a < min) + 0.5 * (a == min))",
    "((a > max) + 0.5 * (a == max))",
    types=types.clip_type,
    masks=True,
)

# -- no derivative, or zero ----------------------------------------------------------------------------------

for _name in (
    "sign",
    "floor",
    "ceil",
    "rint",
    "trunc",
    "spacing",
    "isnan",
    "isinf",
    "isfinite",
    "signbit",
    "logical_not",
    "invert",
):
    constant(f"np.{_name}(x)")
for _name in (
    "equal",
    "not_equal",
    "less",
    "less_equal",
    "greater",
    "greater_equal",
    "logical_and",
    "logical_or",
    "logical_xor",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "left_shift",
    "right_shift",
    "gcd",
    "lcm",
):
    constant(f"np.{_name}(x, y)")
constant("np.round(a, decimals=0)", types=types.keeps_kind, method="round")
constant("np.around(a, decimals=0)", types=types.keeps_kind)
constant("np.fix(x)", types=types.keeps_kind)
constant("np.isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False)", types=types.is_close)
constant("np.allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False)", types=truth)
constant("np.array_equal(a1, a2, equal_nan=False)", types=truth)
constant("np.isreal(x)", types=types.logical)
constant("np.iscomplex(x)", types=types.logical)
constant("np.iscomplexobj(x)", types=truth)
constant("np.isscalar(element)", types=truth)
constant("np.finfo(dtype)", types=opaque)
