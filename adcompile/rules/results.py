"""Type rules of NumPy's functions that are not ufuncs: dtypes and shapes of reductions, rearrangements
and products.

In: arguments in the order of a row's parameters. Out: types; a fact that NumPy does not guarantee is left
out. The generic rules (operators, ufuncs, `reduction`) are `rules.typing`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir.nodes import Arg, Items, Literal
from ..ir.types import (
    UNKNOWN,
    Array,
    Dim,
    Scalar,
    Shape,
    ShapeOf,
    Size,
    Type,
    Unknown,
    dtype_name,
    dtype_of,
    is_many,
    shape_of,
)
from .typing import (
    axes_of,
    broadcast,
    known,
    reduction,
    result_dtype,
    shape_argument,
    some_length,
    typ,
    value_of,
    with_shape,
)

_REAL = {
    np.dtype(c).name: np.dtype(r).name
    for c, r in ((np.complex64, np.float32), (np.complex128, np.float64), (np.clongdouble, np.longdouble))
}


def array_of(dtype: str | None, shape: Shape, like: Type) -> Type:
    """An array, or nothing at all if nothing is known of the operand."""
    return UNKNOWN if isinstance(like, Unknown) and dtype is None and shape is None else Array(dtype, shape)


def given_dtype(dtype: Arg, default: str | None) -> str | None:
    """The dtype that a `dtype=` argument asks for."""
    if not known(dtype):
        return None
    value = value_of(dtype)
    try:
        return default if value is None else dtype_name(value)
    except TypeError:
        return None  # the primal raises


def is_float(dtype: str | None) -> bool:
    """Whether a dtype is real or complex floating point."""
    return dtype is not None and dtype[0] in "fc"


def summed(dtype: str | None) -> str | None:
    """The dtype of a sum or product: small integers are widened."""
    if dtype is None or is_float(dtype):
        return dtype
    found: str = np.add.reduce(np.zeros(1, dtype)).dtype.name
    return found


def averaged(dtype: str | None) -> str | None:
    """The dtype of a mean: floating point."""
    return dtype if dtype is None or is_float(dtype) else "float64"


def spread_of(dtype: str | None) -> str | None:
    """The dtype of a variance or norm: a real floating-point one."""
    return averaged(dtype) if dtype is None else _REAL.get(dtype, averaged(dtype))


def reduces(convert: Callable[[str | None], str | None], has_dtype: bool = True) -> Callable[..., Type]:
    """The type rule of a reduction f(a, axis, [dtype,] ..., keepdims)."""

    def with_dtype(a: Arg, axis: Arg, dtype: Arg, *rest: Arg) -> Type:
        return reduction(a, axis, rest[-1], given_dtype(dtype, convert(dtype_of(typ(a)))))

    def without(a: Arg, axis: Arg, *rest: Arg) -> Type:
        return reduction(a, axis, rest[-1], convert(dtype_of(typ(a))))

    return with_dtype if has_dtype else without


def extreme_type(a: Arg, axis: Arg, keepdims: Arg, initial: Arg) -> Type:
    """The type of np.max(a, axis, keepdims, initial)."""
    t = typ(a)
    return reduction(a, axis, keepdims, dtype_of(t) if is_none(initial) or is_float(dtype_of(t)) else None)


def index_of_extreme(a: Arg, axis: Arg, keepdims: Arg) -> Type:
    """The type of np.argmax(a, axis, keepdims)."""
    return reduction(a, axis, keepdims, "int64")


def accumulates(a: Arg, axis: Arg, dtype: Arg) -> Type:
    """The type of a running sum or product."""
    t = typ(a)
    found = given_dtype(dtype, summed(dtype_of(t)))
    shape = shape_of(t)
    if shape is None or not known(axis):
        return array_of(found, None, t)
    return Array(found, shape if value_of(axis) is not None or len(shape) == 1 else (flat_size(shape),))


def flat_size(shape: Shape) -> Size:
    """The number of elements, as an axis length."""
    if shape is None:
        return some_length()
    long = [n for n in shape if n != 1]
    if len(long) == 1:
        return long[0]
    lengths = [n for n in long if isinstance(n, int)]
    if len(lengths) == len(long):
        return math.prod(lengths)
    return (
        None
        if None in long
        else Dim("*".join(sorted(map(str, long))), any(map(is_many, long)) and 0 not in long)
    )


def total(sizes: list[Size]) -> Size:
    """The sum of axis lengths."""
    lengths = [n for n in sizes if isinstance(n, int)]
    if len(lengths) == len(sizes):
        return sum(lengths)
    if len(sizes) == 1:
        return sizes[0]
    return None if None in sizes else Dim(f"({'+'.join(map(str, sizes))})")


def keeps(x: Arg, *rest: Arg) -> Type:
    """An array of the shape and dtype of the first operand (an array also for a number)."""
    t = typ(x)
    return Array(t.dtype, ()) if isinstance(t, Scalar) else t if isinstance(t, Array) else UNKNOWN


def keeps_kind(x: Arg, *rest: Arg) -> Type:
    """What the first operand is, as NumPy returns it: a NumPy scalar for a number."""
    t = typ(x)
    return with_shape(t.dtype, shape_of(t)) if isinstance(t, (Scalar, Array)) else UNKNOWN


def logical(x: Arg, *rest: Arg) -> Type:
    """The type of a test of each element."""
    t = typ(x)
    shape = shape_of(t)
    return UNKNOWN if shape is None else with_shape("bool", shape)


def real_part(x: Arg, *rest: Arg) -> Type:
    """The type of the real or imaginary part: a real dtype."""
    t = typ(x)
    dtype = dtype_of(t)
    if isinstance(t, Scalar):
        return Scalar(_REAL.get(t.dtype, t.dtype), t.origin)
    return Array(_REAL.get(dtype or "", dtype), t.shape) if isinstance(t, Array) else UNKNOWN


def whole(x: Arg, y: Arg) -> Type:
    """The type of complex numbers with real parts x and imaginary parts y."""
    dtypes = {"float64": "complex128", "float32": "complex64"}
    tx, ty = typ(x), typ(y)
    dtype = dtypes.get(dtype_of(tx) or "") if dtype_of(tx) == dtype_of(ty) else None
    return Array(dtype, broadcast([shape_of(tx), shape_of(ty)]))


def angle_type(z: Arg, deg: Arg) -> Type:
    """The type of np.angle(x, deg)."""
    t = typ(z)
    return with_shape(spread_of(dtype_of(t)), shape_of(t)) if isinstance(t, (Scalar, Array)) else UNKNOWN


def promoted(*operands: Arg) -> Type:
    """Operands broadcast together, in the dtype that they promote to; an array even for numbers."""
    types = [typ(a) for a in operands]
    shape = broadcast(map(shape_of, types))
    dtype = result_dtype(types)
    return UNKNOWN if shape is None and dtype is None else Array(dtype, shape)


def where_type(condition: Arg, x: Arg, y: Arg) -> Type:
    """The type of np.where(condition, x, y), an array also for numbers."""
    dtype = result_dtype([typ(x), typ(y)])
    shape = broadcast(shape_of(typ(a)) for a in (condition, x, y))
    return UNKNOWN if shape is None and dtype is None else Array(dtype, shape)


def clip_type(a: Arg, low: Arg, high: Arg) -> Type:
    """The type of np.clip(a, low, high)."""
    types = [typ(x) for x in (a, low, high) if not (isinstance(x, Literal) and x.value is None)]
    if isinstance(types[0], Scalar):
        types[0] = Scalar(types[0].dtype, "np")  # made an array first, so a Python number is not weak here
    return with_shape(result_dtype(types), broadcast(map(shape_of, types)))


def absolute_kind(x: Arg) -> Type:
    """The type of np.absolute: the real dtype of a complex operand, a NumPy scalar for a number."""
    t = typ(x)
    if not isinstance(t, (Scalar, Array)):
        return UNKNOWN
    return with_shape(_REAL.get(t.dtype or "", t.dtype), shape_of(t))


def reshaped(a: Arg, shape: Arg, *rest: Arg) -> Type:
    """The type of np.reshape(a, shape, order)."""
    t, target = typ(a), shape_argument(shape)
    source = shape_of(t)
    if target is not None and source is not None and target.count(None) == 1 and _unknown_is_rest(shape):
        target = _infer_rest(source, target)
    return array_of(dtype_of(t), target, t)


def _unknown_is_rest(shape: Arg) -> bool:
    """Whether the one length that is not known is a literal -1."""
    parts = shape if isinstance(shape, tuple) else shape.items if isinstance(shape, Items) else (shape,)
    return any(isinstance(p, Literal) and p.value == -1 for p in parts) or (
        isinstance(shape, Literal) and isinstance(shape.value, (tuple, list)) and -1 in shape.value
    )


def _infer_rest(source: tuple[Size, ...], target: tuple[Size, ...]) -> tuple[Size, ...]:
    """Find the length that -1 stands for, if the others cancel."""
    left = [n for n in source if n != 1]
    for n in target:
        if n is not None and n != 1 and n in left:
            left.remove(n)
        elif n is not None and n != 1:
            left.append(None)
    if len(left) > 1 and not all(isinstance(n, int) for n in left):
        return target
    rest = flat_size(tuple(left)) if left else 1
    return tuple(rest if n is None else n for n in target)


def raveled(a: Arg, *rest: Arg) -> Type:
    """The type of np.ravel(a)."""
    t = typ(a)
    shape = shape_of(t)
    return Array(dtype_of(t), (None if shape is None else flat_size(shape),))


def permuted(order: Callable[..., tuple[int, ...] | None]) -> Callable[..., Type]:
    """The type rule of a transposition; `order` gets the rank and the values of the other arguments."""

    def rule(a: Arg, *rest: Arg) -> Type:
        t = typ(a)
        shape = shape_of(t)
        if shape is None or not all(map(known, rest)):
            return array_of(dtype_of(t), None, t)
        try:
            axes = order(len(shape), *(value_of(r) for r in rest))
        except (ValueError, TypeError, IndexError):
            axes = None  # the primal raises
        return Array(dtype_of(t), None if axes is None else tuple(shape[k] for k in axes))

    return rule


def transposed_axes(rank: int, axes: Any = None) -> tuple[int, ...]:
    """The axes in the order of np.transpose."""
    return tuple(range(rank))[::-1] if axes is None else tuple(int(k) % rank for k in axes)


def swapped_axes(rank: int, axis1: int, axis2: int) -> tuple[int, ...]:
    """The axes in the order of np.swapaxes."""
    axes = list(range(rank))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return tuple(axes)


def moved_axes(rank: int, source: Any, destination: Any) -> tuple[int, ...]:
    """The axes in the order of np.moveaxis."""
    sources = [k % rank for k in (source if isinstance(source, (tuple, list)) else (source,))]
    places = [k % rank for k in (destination if isinstance(destination, (tuple, list)) else (destination,))]
    axes = [k for k in range(rank) if k not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        axes.insert(place, axis)
    return tuple(axes)


def rolled_axes(rank: int, axis: int, start: int = 0) -> tuple[int, ...]:
    """The axes in the order of np.rollaxis."""
    axis, start = axis % rank, start if start >= 0 else start + rank
    return moved_axes(rank, axis, start - 1 if axis < start else start)


def matrix_transposed(a: Arg) -> Type:
    """The type of the transposes of a stack of matrices."""
    return permuted(lambda rank: swapped_axes(rank, -1, -2))(a)


def expanded(a: Arg, axis: Arg) -> Type:
    """The type of np.expand_dims(a, axis)."""
    t = typ(a)
    shape = shape_of(t)
    if shape is None or not known(axis):
        return array_of(dtype_of(t), None, t)
    count = len(value_of(axis)) if isinstance(value_of(axis), (tuple, list)) else 1
    axes = axes_of(axis, len(shape) + count) or ()
    rest = iter(shape)
    return Array(dtype_of(t), tuple(1 if k in axes else next(rest, None) for k in range(len(shape) + count)))


def squeezed(a: Arg, axis: Arg) -> Type:
    """The type of np.squeeze(a, axis)."""
    t = typ(a)
    shape = shape_of(t)
    if shape is None or not known(axis):
        return array_of(dtype_of(t), None, t)
    if value_of(axis) is not None:
        axes = axes_of(axis, len(shape)) or ()
        return Array(dtype_of(t), tuple(n for k, n in enumerate(shape) if k not in axes))
    if not all(n == 1 or is_many(n) for n in shape):
        return Array(dtype_of(t), None)
    return Array(dtype_of(t), tuple(n for n in shape if n != 1))


def broadcast_type(x: Arg, shape: Arg) -> Type:
    """The type of np.broadcast_to(x, shape)."""
    t = typ(x)
    return array_of(dtype_of(t), shape_argument(shape), t)


def at_least(rank: int) -> Callable[..., Type]:
    """The type rule of np.atleast_1d and np.atleast_2d."""

    def rule(x: Arg) -> Type:
        t = typ(x)
        shape = shape_of(t)
        return array_of(dtype_of(t), None if shape is None else (1,) * (rank - len(shape)) + shape, t)

    return rule


def at_least_3d(x: Arg) -> Type:
    """The type of np.atleast_3d(x): of vectors and matrices, the new axes come last."""
    t = typ(x)
    shape = shape_of(t)
    if shape is not None and len(shape) < 3:
        shape = (1, shape[0], 1) if len(shape) == 1 else (*shape, *(1,) * (3 - len(shape)))
    return array_of(dtype_of(t), shape, t)


def rank_only(rank: Callable[..., int | None]) -> Callable[..., Type]:
    """An array of the first operand's dtype, of which the rank alone is known."""

    def rule(x: Arg, *rest: Arg) -> Type:
        t = typ(x)
        shape = shape_of(t)
        n = rank(None if shape is None else len(shape), *rest)
        return array_of(dtype_of(t), None if n is None else tuple(some_length() for _ in range(n)), t)

    return rule


def triangular(m: Arg, k: Arg) -> Type:
    """The type of np.triu(m, k)."""
    t = typ(m)
    shape = shape_of(t)
    return Array(dtype_of(t), shape if shape is not None and len(shape) > 1 else None)


def diagonal_type(a: Arg, offset: Arg, axis1: Arg, axis2: Arg) -> Type:
    """The type of np.diagonal(a, offset, axis1, axis2)."""
    t = typ(a)
    shape = shape_of(t)
    if shape is None or len(shape) < 2 or not known(axis1) or not known(axis2):
        return array_of(dtype_of(t), None, t)
    removed = {value_of(axis1) % len(shape), value_of(axis2) % len(shape)}
    rest = tuple(n for k, n in enumerate(shape) if k not in removed)
    first, second = (shape[k] for k in sorted(removed)) if len(removed) == 2 else (None, None)
    square = first == second and known(offset) and value_of(offset) == 0
    return Array(dtype_of(t), (*rest, first if square else some_length()))


def diag_type(v: Arg, k: Arg) -> Type:
    """The type of np.diag(v, k)."""
    t = typ(v)
    shape = shape_of(t)
    if shape is None:
        return array_of(dtype_of(t), None, t)
    plain = known(k) and value_of(k) == 0
    if len(shape) == 1:
        return Array(dtype_of(t), (shape[0] if plain else some_length(),) * 2)
    return diagonal_type(v, k, Literal(0), Literal(1))


def trace_type(a: Arg, offset: Arg, axis1: Arg, axis2: Arg) -> Type:
    """The type of np.trace(a, offset, axis1, axis2)."""
    found = diagonal_type(a, offset, axis1, axis2)
    if not isinstance(found, Array) or found.shape is None:
        return UNKNOWN
    return with_shape(summed(found.dtype), found.shape[:-1])


def diff_type(a: Arg, n: Arg, axis: Arg, *rest: Arg) -> Type:
    """The type of np.diff(a, n, axis, prepend, append)."""
    t = typ(a)
    shape = shape_of(t)
    if not shape or not known(axis) or not known(n):
        return array_of(dtype_of(t), None, t)
    place = value_of(axis) % len(shape)
    plain = all(known(r) and value_of(r) is None for r in rest)
    size, times = shape[place], value_of(n)
    length: Size = some_length()
    if plain and isinstance(size, int):
        length = max(size - times, 0)
    elif plain and isinstance(size, Dim):
        length = Dim(f"{size}-{times}") if times else size
    dtype = dtype_of(t) if plain or dtype_of(t) == "float64" else None
    return Array(dtype, tuple(length if k == place else m for k, m in enumerate(shape)))


def integer_array(x: Arg, axis: Arg) -> Type:
    """Indices of the shape of the operand, as argsort returns them."""
    t = typ(x)
    shape = shape_of(t)
    flat = known(axis) and value_of(axis) is None
    return (
        Array("int64", (flat_size(shape),) if flat else shape)
        if shape is not None and known(axis)
        else Array("int64", None)
    )


def count_type(a: Arg, axis: Arg, keepdims: Arg) -> Type:
    """The type of np.count_nonzero(a, axis, keepdims)."""
    if known(axis) and value_of(axis) is None and known(keepdims) and not value_of(keepdims):
        return Scalar("int64", "any")
    return reduction(a, axis, keepdims, "int64")


def float_kind(x: Arg, *rest: Arg) -> Type:
    """What the first operand is, in floating point."""
    t = typ(x)
    return with_shape(averaged(t.dtype), shape_of(t)) if isinstance(t, (Scalar, Array)) else UNKNOWN


def is_close(a: Arg, b: Arg, *rest: Arg) -> Type:
    """The type of np.isclose(a, b)."""
    shape = broadcast([shape_of(typ(a)), shape_of(typ(b))])
    return UNKNOWN if shape is None else with_shape("bool", shape)


def complex_number(*args: Arg) -> Type:
    """A Python complex number."""
    return Scalar("complex128")


def sorted_type(a: Arg, axis: Arg) -> Type:
    """The type of np.sort(a, axis)."""
    return raveled(a) if known(axis) and value_of(axis) is None else keeps(a)


def found_places(a: Arg, v: Arg, *rest: Arg) -> Type:
    """The type of np.searchsorted(a, v, side, sorter)."""
    shape = shape_of(typ(v))
    return UNKNOWN if shape is None else with_shape("int64", shape)


def bins_of(x: Arg, bins: Arg, right: Arg) -> Type:
    """The type of np.digitize(x, bins, right)."""
    return found_places(bins, x)


def places_in_rows(a: Arg) -> Type:
    """The type of np.argwhere(a)."""
    shape = shape_of(typ(a))
    return Array("int64", None if shape is None else (some_length(), len(shape)))


def order_of_keys(keys: Arg, axis: Arg) -> Type:
    """The type of np.lexsort(keys, axis)."""
    items = keys if isinstance(keys, tuple) else keys.items if isinstance(keys, Items) else ()
    shape = shape_of(typ(items[0])) if items else (shape_of(typ(keys)) or (None,))[1:]
    return Array("int64", shape or None)


def sums_of_parts(array: Arg, indices: Arg, axis: Arg, dtype: Arg) -> Type:
    """The type of np.add.reduceat(array, indices, axis, dtype): its rank."""
    t = typ(array)
    return rank_only(lambda rank: rank)(array) if is_none(dtype) and is_float(dtype_of(t)) else UNKNOWN


def is_none(arg: Arg) -> bool:
    """Whether an argument is known to be None."""
    return known(arg) and value_of(arg) is None


def shaped(c: Arg, x: Arg) -> Type:
    """The shape of x, the dtype of c."""
    dtype, shape = dtype_of(typ(c)), shape_of(typ(x))
    return array_of(dtype, shape, typ(x))


def tiled(a: Arg, reps: Arg) -> Type:
    """The type of np.tile(a, reps): its rank."""
    t = typ(a)
    shape = shape_of(t)
    count = len(reps) if isinstance(reps, tuple) else 1 if shape_of(typ(reps)) == () else None
    if isinstance(reps, Literal) and isinstance(reps.value, tuple):
        count = len(reps.value)
    if shape is None or count is None:
        return array_of(dtype_of(t), None, t)
    return Array(dtype_of(t), tuple(some_length() for _ in range(max(len(shape), count))))


def taken(a: Arg, indices: Arg, axis: Arg) -> Type:
    """The type of np.take(a, indices, axis)."""
    t = typ(a)
    shape, places = shape_of(t), shape_of(typ(indices))
    if shape is None or places is None or not known(axis):
        return array_of(dtype_of(t), None, t)
    if value_of(axis) is None:
        return with_shape(dtype_of(t), places)
    place = value_of(axis) % len(shape)
    return with_shape(dtype_of(t), (*shape[:place], *places, *shape[place + 1 :]))


def broadcast_of_shapes(shapes: Arg) -> Type:
    """The type of np.broadcast_shapes(*shapes)."""
    parts = shapes if isinstance(shapes, tuple) else (shapes,)
    return ShapeOf(broadcast(map(shape_argument, parts)))


def flat_places(a: Arg) -> Type:
    """The type of np.flatnonzero(a)."""
    return Array("int64", (some_length(),))


def set_of_places(ar1: Arg, ar2: Arg, *options: Arg) -> Type:
    """The type of np.setdiff1d(ar1, ar2) and its like: of integers, each of which occurs once."""
    parts = [item for a in (ar1, ar2) for item in ((a.items or (a,)) if isinstance(a, Items) else (a,))]
    whole = all(dtype_of(typ(part)) == "int64" for part in parts)
    return Array("int64", (some_length(),)) if whole else UNKNOWN


def undiff_type(c: Arg, axis: Arg) -> Type:
    """The type of undiff(c, axis), which has one element more than c along the axis."""
    t = typ(c)
    shape = shape_of(t)
    if not shape or not known(axis):
        return array_of(dtype_of(t), None, t)
    place, size = value_of(axis) % len(shape), shape[value_of(axis)]
    length = size + 1 if isinstance(size, int) else some_length()
    return Array(dtype_of(t), tuple(length if k == place else m for k, m in enumerate(shape)))
