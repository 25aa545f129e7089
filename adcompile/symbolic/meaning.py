"""What the primitives of the graph mean in SymPy.

In: the text of a row of the calculus table, and operands: Python numbers, SymPy expressions, or arrays of
these. Out: the result, of the same kinds. A primitive that is neither in the table here nor in those of
`arrays` has no meaning, and is refused by `rebuild`. The derivatives of the rows are not looked at: they are
to be checked.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy

# floats with few binary digits are written as fractions; every float is converted without rounding
_DENOMINATOR = 1024


class _Constant(sympy.Function):  # type: ignore[misc]
    """A function that is constant between its jumps: its derivative is zero where there is one."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        return sympy.Integer(0)

    def _eval_evalf(self, prec: int) -> Any:
        return type(self).of(self.args[0]._eval_evalf(prec))

    @classmethod
    def eval(cls, x: Any) -> Any:
        return cls.of(x) if x.is_number and x.is_finite else None


class floor(_Constant):
    """The largest whole number that is not larger."""

    of = sympy.floor


class ceiling(_Constant):
    """The smallest whole number that is not smaller."""

    of = sympy.ceiling


class rint(_Constant):
    """The nearest whole number, the even one of two."""

    @staticmethod
    def of(x: Any) -> Any:
        """Round a number."""
        x = _exact(x)
        below = sympy.floor(x)
        rest = x - below
        up = rest > sympy.Rational(1, 2) or (rest == sympy.Rational(1, 2) and below % 2 == 1)
        return below + 1 if up else below


def number(value: float) -> Any:
    """A float as a SymPy number, without rounding."""
    if not math.isfinite(value):
        return sympy.nan if math.isnan(value) else sympy.oo if value > 0.0 else -sympy.oo
    numerator, denominator = value.as_integer_ratio()
    if denominator <= _DENOMINATOR and abs(numerator) < 2**53:
        return sympy.Rational(numerator, denominator)
    return sympy.Float(value, precision=53)


def plain(value: Any) -> Any:
    """A value as the interpreter holds it: floats as SymPy numbers, truth values and integers as Python's."""
    if isinstance(value, (bool, np.bool_)) or value is sympy.true or value is sympy.false:
        return bool(value)
    if isinstance(value, (float, np.floating)):
        return number(float(value))
    if isinstance(value, np.integer):
        return int(value)
    return value


def settled(value: Any) -> Any:
    """`plain`, of everything in arrays, tuples and lists."""
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return plain(value[()])
        return value if value.dtype.kind in "biu" else elementwise(plain)(value)
    if isinstance(value, (tuple, list)):
        return type(value)(map(settled, value))
    return plain(value) if not isinstance(value, (str, type(None), slice, dict)) else value


def floating(value: Any) -> Any:
    """The reverse of `settled`, of what depends on no symbol: for functions of Python's and NumPy's own."""
    if isinstance(value, np.ndarray):
        return (
            value
            if value.dtype != object
            else np.array([floating(x) for x in value.flat]).reshape(value.shape)
        )
    if isinstance(value, (tuple, list)):
        return type(value)(map(floating, value))
    return float(value) if isinstance(value, sympy.Expr) else value


def is_symbolic(value: Any) -> bool:
    """Whether a value depends on symbols."""
    if isinstance(value, np.ndarray):
        return value.dtype == object and any(is_symbolic(item) for item in value.flat)
    if isinstance(value, (tuple, list)):
        return any(map(is_symbolic, value))
    return isinstance(value, sympy.Basic) and bool(value.free_symbols)


def is_condition(value: Any) -> bool:
    """Whether a value is a truth value that depends on symbols; a symbol itself is a number here."""
    return isinstance(value, sympy.logic.boolalg.Boolean) and not isinstance(value, sympy.Expr)


def elementwise(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of numbers as one of arrays, too, which broadcasts."""

    @functools.wraps(function)
    def mapped(*operands: Any) -> Any:
        if not any(isinstance(x, np.ndarray) for x in operands):
            return function(*operands)
        arrays = np.broadcast_arrays(*[boxed(x) for x in operands])
        out = np.empty(arrays[0].shape, dtype=object)
        for index in np.ndindex(out.shape):
            out[index] = function(*[plain(a[index]) for a in arrays])
        return out

    return mapped


def boxed(value: Any) -> Any:
    """A value as an array of objects, one of rank 0 if it is none."""
    if isinstance(value, np.ndarray):
        return value
    box = np.empty((), dtype=object)
    box[()] = value
    return box


# -- logic ---------------------------------------------------------------------------------------------------


def chosen(condition: Any, yes: Any, no: Any) -> Any:
    """One of two numbers or truth values."""
    if isinstance(condition, (bool, int)):
        return yes if condition else no
    if yes is no or (type(yes) is type(no) and bool(yes == no)):
        return yes
    if all(isinstance(x, bool) or is_condition(x) for x in (yes, no)):
        both = sympy.And(condition, logical(yes)), sympy.And(sympy.Not(condition), logical(no))
        return plain(sympy.Or(*both))
    return sympy.Piecewise((_as_number(yes), condition), (_as_number(no), True))


def logical(value: Any) -> Any:
    """The truth of a value, as SymPy has it."""
    if isinstance(value, (bool, int)):
        return sympy.sympify(bool(value))
    return sympy.Ne(value, 0) if isinstance(value, sympy.Expr) else value


def _as_number(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else numeric(value)


def numeric(value: Any) -> Any:
    """A condition as the number that Python takes it for."""
    if isinstance(value, np.ndarray):
        return elementwise(numeric)(value)
    if isinstance(value, bool):
        return int(value)
    return sympy.Piecewise((1, value), (0, True)) if is_condition(value) else value


def _compared(relation: Any) -> Callable[[Any, Any], Any]:
    return lambda x, y: plain(relation(x, y))


def _joined(join: Any, native: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def joined(x: Any, y: Any) -> Any:
        if isinstance(x, sympy.Basic) or isinstance(y, sympy.Basic):
            return plain(join(logical(x), logical(y)))
        return native(x, y)

    return joined


def _negated(x: Any) -> Any:
    return plain(sympy.Not(logical(x)))


def _assumed(known: Callable[[float], bool], symbolic: bool) -> Callable[[Any], Any]:
    """A test that a formula passes by having a value."""
    return lambda x: symbolic if is_symbolic(x) else known(float(x))


# -- numbers -------------------------------------------------------------------------------------------------


def divided(x: Any, y: Any) -> Any:
    """A quotient; of integers a float, as in Python."""
    if isinstance(x, int) and isinstance(y, int):
        return number(x / y)
    return sympy.sympify(x) / y


def _power(x: Any, y: Any) -> Any:
    if isinstance(x, int) and isinstance(y, int):
        return plain(x**y)
    return sympy.sympify(x) ** y


def _exact(x: Any) -> Any:
    """A number as a fraction: a quotient that is rounded would jump somewhere else."""
    return sympy.Rational(x) if isinstance(x, sympy.Float) else sympy.sympify(x)


def _floor_divided(x: Any, y: Any) -> Any:
    return x // y if isinstance(x, int) and isinstance(y, int) else floor(_exact(x) / _exact(y))


def _remainder(x: Any, y: Any) -> Any:
    if isinstance(x, int) and isinstance(y, int):
        return x % y
    return x - y * floor(_exact(x) / _exact(y))


def _truncated(x: Any) -> Any:
    return chosen(plain(sympy.sympify(x) >= 0), floor(sympy.sympify(x)), ceiling(sympy.sympify(x)))


def _fmod(x: Any, y: Any) -> Any:
    return x - y * _truncated(_exact(x) / _exact(y))


def _cube_root(x: Any) -> Any:
    x = sympy.sympify(x)
    return sympy.sign(x) * sympy.Abs(x) ** sympy.Rational(1, 3)


def _log(*args: Any) -> Any:
    return sympy.log(args[0]) if len(args) == 1 else sympy.log(args[0]) / sympy.log(args[1])


def _with_sign(x: Any, y: Any) -> Any:
    return chosen(plain(sympy.sympify(y) >= 0), abs(x), -abs(x))


def _heaviside(x: Any, y: Any) -> Any:
    x = sympy.sympify(x)
    return chosen(plain(x > 0), 1, chosen(plain(x < 0), 0, y))


def _rounded(x: Any, ndigits: Any) -> Any:
    if ndigits is not None:
        raise NotImplementedError("rounding to digits")
    return rint(sympy.sympify(x))


def _log_sum(base: Any) -> Callable[[Any, Any], Any]:
    return lambda x, y: sympy.log(base**x + base**y) / sympy.log(base)


def _log_gamma(x: Any) -> Any:
    # SymPy's loggamma is complex where gamma is negative, and its absolute value bends at 0
    return sympy.log(sympy.gamma(x) ** 2) / 2


def hypotenuse(*xs: Any) -> Any:
    """The root of a sum of squares."""
    return sympy.sqrt(sum((sympy.sympify(x) ** 2 for x in xs), sympy.Integer(0)))


def _clipped(x: Any, low: Any, high: Any) -> Any:
    x = x if low is None else sympy.Max(x, low)
    return x if high is None else sympy.Min(x, high)


def _sinc(x: Any) -> Any:
    return sympy.sinc(sympy.pi * x)


_ONE: dict[str, Callable[..., Any]] = {
    "sin": sympy.sin, "cos": sympy.cos, "tan": sympy.tan, "sinh": sympy.sinh, "cosh": sympy.cosh,
    "tanh": sympy.tanh, "exp": sympy.exp, "sqrt": sympy.sqrt, "cbrt": _cube_root,
    "log1p": lambda x: sympy.log(1 + x), "expm1": lambda x: sympy.exp(x) - 1,
    "exp2": lambda x: sympy.Integer(2) ** x, "log2": lambda x: sympy.log(x) / sympy.log(2),
    "log10": lambda x: sympy.log(x) / sympy.log(10),
    "fabs": sympy.Abs, "floor": lambda x: floor(sympy.sympify(x)),
    "ceil": lambda x: ceiling(sympy.sympify(x)), "trunc": _truncated,
    "degrees": lambda x: x * 180 / sympy.pi, "radians": lambda x: x * sympy.pi / 180,
}  # fmt: skip
_INVERSE = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh",
            "atanh": "arctanh"}  # fmt: skip

# rows that take conditions as they are
LOGICAL = frozenset((
    "not x", "x & y", "x | y", "np.logical_and(x, y)", "np.logical_or(x, y)", "np.logical_not(x)", "bool(x)",
    "np.where(condition, x, y)",
))  # fmt: skip

# by the text of the row; of numbers, and of arrays element by element
POINTWISE: dict[str, Callable[..., Any]] = {
    "x + y": operator.add, "x - y": operator.sub, "x * y": operator.mul, "x / y": divided, "x ** y": _power,
    "x // y": _floor_divided, "x % y": _remainder, "-x": operator.neg, "+x": operator.pos,
    "x < y": _compared(operator.lt), "x <= y": _compared(operator.le), "x > y": _compared(operator.gt),
    "x >= y": _compared(operator.ge), "x == y": _compared(sympy.Eq), "x != y": _compared(sympy.Ne),
    "not x": _negated, "np.logical_not(x)": _negated, "x & y": _joined(sympy.And, operator.and_),
    "x | y": _joined(sympy.Or, operator.or_), "abs(x)": abs, "float(x)": lambda x: x, "sign(x)": sympy.sign,
    "max(x, y)": lambda x, y: plain(sympy.Max(x, y)), "min(x, y)": lambda x, y: plain(sympy.Min(x, y)),
    "math.log(*args)": _log, "math.hypot(*coordinates)": hypotenuse, "math.pow(x, y)": _power,
    "math.atan2(y, x)": sympy.atan2, "math.fmod(x, y)": _fmod, "math.erf(x)": sympy.erf,
    "math.erfc(x)": sympy.erfc, "math.gamma(x)": sympy.gamma, "math.lgamma(x)": _log_gamma,
    "np.log(x)": sympy.log, "np.absolute(x)": sympy.Abs, "np.square(x)": lambda x: x * x,
    "np.reciprocal(x)": lambda x: sympy.Integer(1) / x, "np.negative(x)": operator.neg,
    "np.positive(x)": operator.pos, "np.sign(x)": sympy.sign, "np.sinc(x)": _sinc,
    "np.rint(x)": lambda x: rint(sympy.sympify(x)), "np.deg2rad(x)": _ONE["radians"],
    "np.rad2deg(x)": _ONE["degrees"], "np.add(x, y)": operator.add, "np.subtract(x, y)": operator.sub,
    "np.multiply(x, y)": operator.mul, "np.divide(x, y)": divided, "np.power(x, y)": _power,
    "np.float_power(x, y)": _power, "np.floor_divide(x, y)": _floor_divided, "np.remainder(x, y)": _remainder,
    "np.fmod(x, y)": _fmod, "np.maximum(x, y)": sympy.Max, "np.minimum(x, y)": sympy.Min,
    "np.fmax(x, y)": sympy.Max, "np.fmin(x, y)": sympy.Min, "np.arctan2(y, x)": sympy.atan2,
    "np.hypot(x, y)": hypotenuse, "np.logaddexp(x, y)": _log_sum(sympy.E),
    "np.logaddexp2(x, y)": _log_sum(sympy.Integer(2)), "math.copysign(x, y)": _with_sign,
    "np.copysign(x, y)": _with_sign, "np.heaviside(x, y)": _heaviside, "round(x, ndigits=None)": _rounded,
    "np.less(x, y)": _compared(operator.lt), "np.less_equal(x, y)": _compared(operator.le),
    "np.greater(x, y)": _compared(operator.gt), "np.greater_equal(x, y)": _compared(operator.ge),
    "np.equal(x, y)": _compared(sympy.Eq), "np.not_equal(x, y)": _compared(sympy.Ne),
    "np.logical_and(x, y)": _joined(sympy.And, lambda x, y: bool(x) and bool(y)),
    "np.logical_or(x, y)": _joined(sympy.Or, lambda x, y: bool(x) or bool(y)),
    "np.where(condition, x, y)": lambda c, x, y: chosen(c if isinstance(c, bool) else logical(c), x, y),
    **{f"{module}.{name}(x)": _assumed(getattr(math, name), name == "isfinite")
       for module in ("math", "np") for name in ("isnan", "isinf", "isfinite")},
    "np.real(val)": sympy.re, "np.clip(a, a_min, a_max)": _clipped,
    "a.clip(min=None, max=None)": _clipped, "np.float64(x)": lambda x: x,
    **{f"math.{name}(x)": f for name, f in _ONE.items()}, **{f"np.{name}(x)": f for name, f in _ONE.items()},
    **{f"math.{name}(x)": getattr(sympy, name) for name in _INVERSE},
    **{f"np.{name}(x)": getattr(sympy, short) for short, name in _INVERSE.items()},
}  # fmt: skip
