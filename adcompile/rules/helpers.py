"""Rows for the helpers of `backend.runtime`, so that code which calls them differentiates again."""

from __future__ import annotations

from typing import Any

from ..ir.nodes import Arg
from ..ir.types import FLOAT, INT, OPAQUE, Array, ListOf, Scalar, Type, is_numeric, shape_of
from .arithmetic import is_complex, may_be_complex
from .facts import Facts
from .rule import (
    HELPERS,
    NAMESPACE,
    Param,
    Primitive,
    constant,
    general,
    linear,
    parse_expression,
    pointwise,
)
from .typing import typ, unknown


def _like_second(c: Arg, x: Arg) -> Type:
    """The shape of x, the dtype of c."""
    t, like = typ(c), typ(x)
    shape = shape_of(like)
    if not is_numeric(t) or shape is None:
        return unknown()
    dtype = t.dtype if isinstance(t, (Scalar, Array)) else None
    return Scalar(dtype, "any") if shape == () and dtype else Array(dtype, shape)


def _itself(x: Arg) -> Type:
    return typ(x)


def _either(a: Arg, b: Arg) -> Type:
    return typ(a)


def _float_like(x: Arg) -> Type:
    t = typ(x)
    if isinstance(t, Scalar) and t.dtype[0] in "biu":
        return Scalar("float64", t.origin)
    return t


def _accumulate(a: Any, c: Any) -> Any:
    """The sum of a and c; written `a += c` where a is the derivative's own memory."""
    raise NotImplementedError("written as a statement")


def _like_back(c: Any, x: Any, z_bar: Any) -> str:
    """What is spread may be smaller than what it is spread over, unless it is a list."""
    if isinstance(c, Facts) and isinstance(c.type, ListOf):
        return "like(z_bar, c)"
    # a real result passes nothing on of the imaginary part of its adjoint
    plain = is_complex(x) or not may_be_complex(z_bar)
    return f"like(unbroadcast({'z_bar' if plain else 'like(z_bar, x)'}, c), c)"


HELPERS["accumulate"] = _accumulate
linear("unbroadcast(c, x)", "spread(z_bar, c)", types=_like_second, constant=True, effect="view")
COPIED = linear("copied(x)", "z_bar", types=lambda x: typ(x), constant=True)
linear("spread(c, x)", "unbroadcast(z_bar, c)", types=_like_second, constant=True, effect="view")
linear("castable(v, a)", "z_bar", types=lambda v, a: typ(v), constant=True, effect="view")
linear("matching(c, x)", "z_bar", types=_like_second, constant=True, effect="view")
linear("like(c, x)", _like_back, types=lambda c, x: typ(x), constant=True)
linear("added(a, b)", "z_bar", "z_bar", types=_either, joint=True)
linear("record_with(x, k, c)", "z_bar[k]", wrt=("c",), types=lambda x, k, c: typ(x), constant=True)
ACCUMULATE = linear(
    "accumulate(a, c)",
    "z_bar",
    "z_bar",
    types=_either,
    effect="update",
    joint=True,
    namespace={"accumulate": _accumulate},
)
constant("zeros_of(x)", types=_itself)
constant("holds_floats(a)", types=lambda a: FLOAT)
general(
    "as_stored(v, k)",
    pullbacks={"v": "z_bar * k"},
    pushforwards={"v": "v_dot * k"},
    types=lambda v, k: typ(v),
    effect="view",
)
# what is made when the last derivative has been taken
SLICE, WHOLE, OUTER_PRODUCTS, FIT, SUMMABLE = (
    Primitive(text, tuple(map(Param, params)), parse_expression(text), types, NAMESPACE)
    for text, params, types in (
        ("slice(start, stop)", ("start", "stop"), lambda start, stop: OPAQUE),
        ("slice(stop)", ("stop",), lambda stop: OPAQUE),
        ("outer_products(terms, x)", ("terms", "x"), lambda terms, x: typ(x)),
        ("fit(x, shape)", ("x", "shape"), lambda x, shape: OPAQUE),
        ("summable(shape, other, axes)", ("shape", "other", "axes"), lambda shape, other, axes: OPAQUE),
    )
)
NEXT_SNAPSHOT = constant("next_snapshot(start, stop, most, taken)", types=lambda *args: INT)
ENOUGH_SNAPSHOTS = constant("enough_snapshots(steps)", types=lambda steps: INT)
pointwise("log_or_zero(x)", "1 / np.where(x == 0, 1, x) * (x != 0)", types=_float_like)
pointwise(
    "power_less(x, y, k)",
    "(y - k) * power_less(x, y, k + 1)",
    "power_less(x, y, k) * log_or_zero(x)",
    "0",
    regular="x != 0",
)
constant("sign(x)", types=lambda x: Scalar("float64"))
linear("matmul_left(g, x, y)", "z_bar @ y", "matmul_right(g, z_bar, y)", wrt=("g", "y"), constant=True)
linear("matmul_right(g, x, y)", "x @ z_bar", "matmul_left(g, x, z_bar)", wrt=("g", "x"), constant=True)

linear("one_number(x)", "z_bar", types=_itself, effect="view")
linear(
    "nested_lists(c, depth)",
    "np.array(z_bar)",
    types=lambda c, depth: ListOf(None),
    constant=True,
    effect="view",
)
