"""Arithmetic of adjoints and tangents: zeros, matching shapes and dtypes, filling up what only broadcasts.

In: contributions to the adjoint of a value. Out: atoms that fit the value. An adjoint may be smaller than its
value where it is known to broadcast to it (`np.sum` hands one number back); it is filled up where the exact
shape matters. Not for deciding what contributes: that is `passes.reverse`.
"""

from __future__ import annotations

from typing import Any

from ..ir.build import Builder
from ..ir.nodes import Atom, Literal, Value
from ..ir.types import (
    UNKNOWN,
    Array,
    ListOf,
    Record,
    Scalar,
    Shape,
    Type,
    Unknown,
    dtype_of,
    is_many,
    same_size,
    shape_of,
)
from ..rules.typing import typ


def adjoint_type(t: Type) -> Type:
    """The type of an adjoint that is carried through a loop: a number may be Python's or NumPy's."""
    if isinstance(t, Scalar):
        return Scalar(t.dtype, "any")
    if isinstance(t, ListOf):
        return ListOf(None if t.element is None else adjoint_type(t.element), t.holes)
    return t


def zeros(builder: Builder, value: Value) -> Any:
    """The zero adjoint of a value, of its full shape."""
    t = value.type
    if isinstance(t, Scalar):
        return Literal(0j if t.dtype.startswith("complex") else 0.0)
    if isinstance(t, Array) and t.dtype is not None and t.dtype[0] in "fc":
        return builder.expand("np.zeros_like(x)", x=value)
    return builder.expand("zeros_of(x)", x=value)


def same_shape(a: Shape, b: Shape) -> bool:
    """Whether two shapes are known to be the same."""
    if a is None or b is None or len(a) != len(b):
        return False
    return all(same_size(x, y) or (is_many(x) and is_many(y)) for x, y in zip(a, b, strict=True))


def full(builder: Builder, c: Atom, value: Value) -> Any:
    """The adjoint `c` broadcast to the shape of its value."""
    if not isinstance(value.type, (Scalar, Array)) and value.type != UNKNOWN:
        return c
    target = shape_of(value.type)
    if target == () and shape_of(typ(c)) == ():
        return c
    if same_shape(shape_of(typ(c)), target):
        return c
    if target is None or (rank := shape_of(typ(c))) is None or len(rank) == len(target):
        # most likely of that shape already, which is quick to see
        return builder.expand("spread(c, x)", c=c, x=value)
    return builder.expand("np.broadcast_to(c, np.shape(x))", c=c, x=value)


def as_array(builder: Builder, c: Any, value: Value) -> Any:
    """What is to be written into where `value` is: of arrays without axes arithmetic makes numbers."""
    made = builder.definitions.get(c) if isinstance(c, Value) else None
    name = "" if made is None else made.primitive.name
    is_made = made is not None and (made.primitive.effect == "update" or name.startswith(_MAKING))
    return c if shape_of(value.type) or is_made else builder.expand("np.asarray(c)", c=c)


# what makes an array of whatever it is given
_MAKING = ("np.zeros_like(", "np.broadcast_to(", "np.asarray(")


def complete(builder: Builder, c: Atom | None, value: Value) -> Any:
    """The adjoint `c`, None for zero, as branches and loops hand it on: of shape and dtype of its value."""
    if c is None:
        return zeros(builder, value)
    return in_kind(builder, full(builder, c, value), value)


def in_kind(builder: Builder, c: Any, value: Value) -> Any:
    """What has the shape of a value in its dtype, where branches and loops tell which that is."""
    have, want = typ(c), value.type
    if isinstance(want, Scalar) and want.origin == "np" and dtype_of(have) not in (None, want.dtype):
        return builder.expand("like(c, x)", c=c, x=value)
    if not isinstance(want, Array) or want.dtype is None or want.dtype[0] not in "fc" or want.shape is None:
        return c
    if isinstance(have, Scalar) or dtype_of(have) == want.dtype:
        return c
    if dtype_of(have) is None:
        return builder.expand("like(c, x)", c=c, x=value)
    return cast(builder, c, value)


def reduce_to(builder: Builder, c: Atom, value: Value, result: Value, whole: Shape = None) -> Any:
    """Undo broadcasting: `c` belongs to an element-wise `result` of which `value` is an operand.

    `whole` is what is known of the shape of the result, if more than its type says.
    """
    target, whole = shape_of(value.type), whole or shape_of(result.type)
    if same_shape(target, whole):
        return c

    def filled() -> Any:
        return c if same_shape(shape_of(typ(c)), whole) else full(builder, c, result)

    if target is None or whole is None:
        return builder.expand("unbroadcast(c, x)", c=filled(), x=value)
    dropped = len(whole) - len(target)
    if dropped < 0 or not all(_decidable(a, b) for a, b in zip(target, whole[dropped:], strict=True)):
        return builder.expand("unbroadcast(c, x)", c=filled(), x=value)
    kept = tuple(k for k, n in enumerate(whole) if k >= dropped and target[k - dropped] == 1 and n != 1)
    summed = (*range(dropped), *kept)
    if not summed:
        return c
    shape = shape_of(typ(c))
    if shape is None or len(shape) < len(whole) or not all(_covers(shape[k], whole[k]) for k in summed):
        c = full(builder, c, result)
    return _sum_axes(builder, c, tuple(range(dropped)), kept, len(whole))


def _decidable(target: object, whole: object) -> bool:
    return target == 1 or same_size(target, whole) or is_many(target)  # type: ignore[arg-type]


def _covers(size: Any, whole: Any) -> bool:
    return same_size(size, whole) or (is_many(size) and is_many(whole))


def _sum_axes(builder: Builder, c: Atom, dropped: tuple[int, ...], kept: tuple[int, ...], rank: int) -> Any:
    if len(dropped) == rank:
        return builder.expand("np.sum(c)", c=c)
    if kept:
        c = builder.expand("np.sum(c, axis=axis, keepdims=True)", c=c, axis=_axis(kept))
    if dropped:
        c = builder.expand("np.sum(c, axis=axis)", c=c, axis=_axis(dropped))
    return c


def _axis(axes: tuple[int, ...]) -> Any:
    return Literal(axes[0] if len(axes) == 1 else axes)


def cast(builder: Builder, c: Atom, value: Value) -> Any:
    """The contribution in the dtype of the value that it belongs to."""
    return cast_to(builder, c, value.type)


def cast_to(builder: Builder, c: Atom, t: Type) -> Any:
    """The contribution in the dtype of a type."""
    have, want = dtype_of(typ(c)), dtype_of(t)
    if want is None or have == want or want[0] not in "fc":
        return c
    if have is None:
        if builder.complex and not want.startswith("complex"):
            c = builder.expand("np.real(x)", x=c)
        # a number of unknown kind may have widened an array; what is of double precision is wide already
        surely_array = isinstance(typ(c), Array) and shape_of(typ(c)) not in (None, ())
        if surely_array and isinstance(t, Array) and want == "float32":
            dtype = Literal(_dtype(want), f"np.{want}")
            return builder.expand("np.real(x).astype(dtype)", x=c, dtype=dtype)
        return c
    if have.startswith("complex") and not want.startswith("complex"):
        c = builder.expand("np.real(x)", x=c)
        have = dtype_of(typ(c))
    if isinstance(typ(c), Scalar) and typ(c).origin != "np":  # type: ignore[attr-defined]
        return c
    if have == want or (isinstance(t, Scalar) and t.origin != "np"):
        return c
    return builder.expand("x.astype(dtype)", x=c, dtype=Literal(_dtype(want), f"np.{want}"))


def _dtype(name: str) -> Any:
    import numpy as np

    return getattr(np, name)


def plus(builder: Builder, a: Atom, b: Atom, value: Value) -> Any:
    """The sum of two contributions to the adjoint of `value`."""
    if isinstance(value.type, (ListOf, Record)) or _may_be_none(builder, value):
        return builder.expand("added(a, b)", a=a, b=b)
    if a is b:
        return builder.expand("2 * a", a=a)
    return builder.expand("a + b", a=a, b=b)


def _may_be_none(builder: Builder, value: Value) -> bool:
    """Whether a value may be None, as a variable before its first assignment; no arithmetic makes that."""
    made = builder.definitions.get(value)
    return isinstance(value.type, Unknown) and (made is None or not made.primitive.pointwise)


def finished(builder: Builder, bar: Any, value: Value) -> Any:
    """A gradient or tangent in the shape, dtype and kind of its value; None counts as zero."""
    t = value.type
    if bar is None:
        if isinstance(t, Scalar) and t.origin == "py":
            return Literal(0j if t.dtype.startswith("complex") else 0.0)
        if isinstance(t, Scalar):
            return builder.expand("like(0.0, x)", x=value)
        return builder.expand("np.zeros_like(x)" if isinstance(t, Array) else "zeros_of(x)", x=value)
    bar = full(builder, bar, value)
    have = typ(bar)
    if isinstance(t, Scalar):
        if have == Scalar(t.dtype, t.origin):
            return bar
        if t.origin == "py":
            return builder.expand("complex(x)" if t.dtype.startswith("complex") else "float(x)", x=bar)
        return builder.expand("like(c, x)", c=bar, x=value)
    if not isinstance(t, Array) or t.shape is None or t.dtype is None:
        return builder.expand("like(c, x)", c=bar, x=value)
    if isinstance(bar, Literal) or (isinstance(have, Scalar) and t.shape != ()):
        return builder.expand("np.full_like(x, c)", x=value, c=bar)
    if isinstance(have, Array) and have.dtype == t.dtype and shape_of(have) != ():
        return bar
    return builder.expand("like(c, x)", c=bar, x=value)


def inert(builder: Builder, leaf: Atom) -> Any:
    """What stands in a gradient for a leaf without a derivative: zero for a number, else the leaf."""
    if isinstance(leaf, Literal):
        number = isinstance(leaf.value, (int, float, complex))
        return Literal(type(leaf.value)(0)) if number else leaf
    if isinstance(leaf.type, Scalar):
        return Literal(leaf.type.dtype != "bool" and 0)
    return builder.expand("np.zeros_like(x)", x=leaf) if isinstance(leaf.type, Array) else leaf
