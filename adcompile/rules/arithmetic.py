"""Python's operators on numbers and arrays, and the builtins that belong to them."""

from __future__ import annotations

from typing import Any

from ..ir.nodes import Arg
from ..ir.types import INT, UNKNOWN, Array, Scalar, Type, Unknown, is_python, join
from .facts import Facts, rank_of
from .rule import constant, general, linear, pointwise
from .typing import broadcast, known, opaque, result_dtype, same, truth, typ, unary_sign, value_of, with_shape


def power_base(x: Any, y: Any) -> str:
    """∂(x ** y)/∂x; a known exponent is lowered on paper."""
    if isinstance(y, bool) or not isinstance(y, (int, float)):
        return "y * power_less(x, y, 1)"
    if y == 0:
        return "0.0"
    if 0 < y < 1 and isinstance(x, Facts) and is_python(x.type):
        return "y * power_less(x, y, 1)"  # infinite at 0, where Python's own division would raise
    special = {1: "1", 2: "2 * x", 3: "3 * x ** 2", 0.5: "0.5 / z", -1: "-(z / x)"}
    lowered = y - 1 if y - 1 >= 0 else f"({y - 1!r})"
    return special.get(y, f"{y!r} * x ** {lowered}" if y > 0 else f"-({-y!r} * x ** {lowered})")


def power_exponent(x: Any, y: Any) -> str:
    """∂(x ** y)/∂y = log(x) z, which is 0 at x = 0 (the limit from y > 0)."""
    return "z * log_or_zero(x)"


def power_regular(x: Any, y: Any) -> str:
    """Where both partials of x ** y are finite: not at 0 for small exponents, nor at NaN."""
    if isinstance(y, (int, float)):
        if y == int(y):
            return "" if y >= 0 else "x != 0"
        if isinstance(x, Facts) and x.dtype is not None and not is_complex(x):
            return "x >= 0" if y > 1 else "x > 0"
    plain = isinstance(x, Facts) and is_python(x.type)
    return "x != 0" if plain else "(x != 0) & np.isfinite(z)"


def divisor(x: Any) -> str:
    """∂(x / y)/∂y with the factor 1 / y of the derivative by x; of a reciprocal, from it alone."""
    return "-(z * z)" if type(x) in (int, float) and x == 1 else "-(1 / y * z)"


pointwise("x + y", "1", "1", cheap=True)
pointwise("x - y", "1", "-1", cheap=True)
pointwise("x * y", "y", "x", cheap=True)
pointwise("x / y", "1 / y", divisor, regular="y != 0", cheap=True)
pointwise("x // y", "0", "0", cheap=True)
pointwise("x % y", "1", "-(x // y)", regular="y != 0", cheap=True)
pointwise("x ** y", power_base, power_exponent, regular=power_regular)
pointwise("-x", "-1", types=unary_sign, cheap=True)
pointwise("+x", "1", types=unary_sign, cheap=True)

for _text in (
    "x & y",
    "x | y",
    "x ^ y",
    "x << y",
    "x >> y",
    "x == y",
    "x != y",
    "x < y",
    "x <= y",
    "x > y",
    "x >= y",
):
    constant(_text, cheap=True)
constant("~x", types=unary_sign, cheap=True)
for _text in ("not x", "x is y", "x is not y"):
    constant(_text, types=truth, cheap=True)
for _text in ("x in y", "x not in y"):
    constant(_text, types=truth)


def _rank(x: Any) -> int:
    found = rank_of(x)
    return -1 if found is None else found


def matmul_left(x: Any, y: Any) -> str:
    """x_bar of z = x @ y; the transposes by rank, as NumPy's matmul pairs the axes."""
    rx, ry = _rank(x), _rank(y)
    if rx < 0 or ry < 0 or rx > 2 or ry > 2:
        return "matmul_left(z_bar, x, y)"
    if rx == 1 and ry == 1:
        return "z_bar * y"
    if rx == 1:
        return "y @ z_bar"
    if ry == 1:
        return "np.outer(z_bar, y)"
    return "z_bar @ y.T"


def matmul_right(x: Any, y: Any) -> str:
    """The adjoint of y in z = x @ y."""
    rx, ry = _rank(x), _rank(y)
    if rx < 0 or ry < 0 or rx > 2 or ry > 2:
        return "matmul_right(z_bar, x, y)"
    if rx == 1 and ry == 1:
        return "z_bar * x"
    if rx == 1:
        return "np.outer(x, z_bar)"
    if ry == 1:
        return "z_bar @ x"
    return "x.T @ z_bar"


def matmul_type(x: Arg, y: Arg) -> Type:
    """The type of x @ y."""
    tx, ty = typ(x), typ(y)
    if not isinstance(tx, Array) or not isinstance(ty, Array):
        return UNKNOWN
    dtype = result_dtype([tx, ty])
    if tx.shape is None or ty.shape is None or not tx.shape or not ty.shape:
        return Array(dtype, None)
    rows = tx.shape[-2:-1]
    columns = ty.shape[-1:] if len(ty.shape) > 1 else ()
    batch = broadcast([tx.shape[:-2], ty.shape[:-2]])
    return Array(dtype, None) if batch is None else with_shape(dtype, (*batch, *rows, *columns))


linear("x @ y", matmul_left, matmul_right, types=matmul_type)


def _cast(dtype: str) -> Any:
    def rule(x: Arg) -> Type:
        return Scalar(dtype)

    return rule


linear("float(x)", "z_bar", types=_cast("float64"), cheap=True)
constant("int(x)", types=_cast("int64"), cheap=True, decisive=("x",))
constant("bool(x)", types=_cast("bool"), cheap=True)
LENGTH = constant("len(x)", types=lambda x: INT, cheap=True)


def absolute_type(x: Arg) -> Type:
    """The type of abs(x): the real dtype of a complex operand."""
    t = typ(x)
    if isinstance(t, (Scalar, Array)) and t.dtype is not None and t.dtype.startswith("complex"):
        real = {"complex64": "float32", "complex128": "float64"}[t.dtype]
        return Scalar(real, t.origin) if isinstance(t, Scalar) else with_shape(real, t.shape)
    return unary_sign(x) if not isinstance(t, Unknown) else t


def is_complex(fact: Any) -> bool:
    """Whether an operand is known to be complex."""
    if isinstance(fact, Facts):
        return fact.dtype is not None and fact.dtype.startswith("complex")
    return isinstance(fact, complex)


def may_be_complex(fact: Any) -> bool:
    """Whether an operand is complex as far as is known: what holds of complex numbers holds of real ones."""
    return is_complex(fact) or (isinstance(fact, Facts) and fact.dtype is None)


def _sign(x: Any) -> str:
    return "sign(x)" if isinstance(x, Facts) and is_python(x.type) else "np.sign(x)"


def absolute_pullback(x: Any) -> str:
    """The adjoint of x in abs(x); complex operands get the conjugate phase."""
    return "z_bar * (np.conj(x) / np.where(z == 0, 1, z))" if may_be_complex(x) else f"z_bar * {_sign(x)}"


def absolute_pushforward(x: Any) -> str:
    """The tangent of abs(x)."""
    if may_be_complex(x):
        return "np.real(x_dot * np.conj(x)) / np.where(z == 0, 1, z)"
    return f"x_dot * {_sign(x)}"


general(
    "abs(x)",
    pullbacks={"x": absolute_pullback},
    pushforwards={"x": absolute_pushforward},
    types=absolute_type,
    pointwise=True,
    cheap=True,
    real=True,
)


def _joined(x: Arg, y: Arg) -> Type:
    return join(same(x), same(y)) or UNKNOWN


def extreme(compare: str) -> tuple[Any, Any]:
    """The partials of a maximum (`>`) or minimum (`<`); equal operands share."""
    return (
        lambda x, y: f"((x {compare} y) + 0.5 * (x == y))",
        lambda x, y: f"((y {compare} x) + 0.5 * (x == y))",
    )


def _rounded(x: Arg, ndigits: Arg) -> Type:
    t = typ(x)
    if isinstance(t, Scalar) and t.origin == "py":
        return INT if known(ndigits) and value_of(ndigits) is None else Scalar(t.dtype)
    return UNKNOWN


# builtin max and min of two numbers, as np.maximum and np.minimum
pointwise("max(x, y)", *extreme(">"), types=_joined, masks=True)
pointwise("min(x, y)", *extreme("<"), types=_joined, masks=True)
constant("print(*args)", types=opaque, effect="opaque")
constant("str(x)", types=opaque)
constant("repr(x)", types=opaque)
constant("round(x, ndigits=None)", types=_rounded, decisive=("x",))
