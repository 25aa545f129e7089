"""Type rules of functions that make arrays: of sequences, of nothing, and as products of others.

In: arguments in the order of a row's parameters. Out: types. Rearrangements and reductions of one array are
`rules.results`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import NoDerivative
from ..ir.nodes import Arg, Items, Literal, Value
from ..ir.types import (
    OPAQUE,
    UNKNOWN,
    Array,
    Dim,
    ListOf,
    Scalar,
    Size,
    Type,
    dtype_of,
    shape_of,
)
from .results import array_of, averaged, flat_size, given_dtype, is_none, promoted, spread_of, total
from .typing import (
    as_array,
    broadcast,
    known,
    reduction,
    result_dtype,
    shape_argument,
    size_argument,
    some_length,
    typ,
    value_of,
    with_shape,
)


def sequence_types(arrays: Arg) -> list[Type] | None:
    """The types of the items of a sequence operand, None for a run-time list."""
    if isinstance(arrays, (tuple, Items)):
        return [typ(a) for a in (arrays if isinstance(arrays, tuple) else arrays.items)]
    return None


def list_length(items: Arg) -> Size:
    """The length of a run-time list: the same for whatever is made of the same list."""
    return Dim(f"#len{items.serial}") if isinstance(items, Value) else some_length()


def element_type(arrays: Arg) -> Type:
    """The type of the items of a run-time list."""
    t = typ(arrays)
    return t.element if isinstance(t, ListOf) and t.element is not None else UNKNOWN


def joined(types: list[Type], axis: int) -> Type:
    """The concatenation of arrays of the types along an axis."""
    dtype, shapes = result_dtype(map(as_array, types)), [shape_of(t) for t in types]
    if any(s is None or len(s) != len(shapes[0] or ()) for s in shapes) or not shapes[0]:
        return Array(dtype, None)
    known_shapes = [s for s in shapes if s is not None]
    axis %= len(known_shapes[0])
    result: list[Size] = list(known_shapes[0])
    for shape in known_shapes[1:]:
        result = [
            a if a is not None and not (isinstance(b, int) and not isinstance(a, int)) else b
            for a, b in zip(result, shape, strict=True)
        ]
    result[axis] = total([s[axis] for s in known_shapes])
    return Array(dtype, tuple(result))


def concatenated(arrays: Arg, axis: Arg) -> Type:
    """The type of np.concatenate(arrays, axis)."""
    types = sequence_types(arrays)
    if not known(axis):
        return UNKNOWN
    if types is not None:
        return _concatenation(types, axis)
    t = element_type(arrays)
    if value_of(axis) is None:
        return Array(dtype_of(t), (some_length(),))
    shape = shape_of(t)
    if not shape:
        return array_of(dtype_of(t), None, t)
    place = value_of(axis) % len(shape)
    return Array(dtype_of(t), tuple(some_length() if k == place else n for k, n in enumerate(shape)))


def _concatenation(types: list[Type], axis: Arg) -> Type:
    """What items of the types are as one array along a known axis; without one, Python numbers are weak."""
    if value_of(axis) is None:
        return Array(result_dtype(types), (total([flat_size(shape_of(t)) for t in types]),))
    return joined(types, value_of(axis))


def stacked_arrays(arrays: Arg, axis: Arg) -> Type:
    """The type of np.stack(arrays, axis)."""
    types = sequence_types(arrays)
    if types is None:
        t = element_type(arrays)
        shape, length = shape_of(t), list_length(arrays)
    else:
        shape, length = (typ(arrays).shape if isinstance(typ(arrays), Array) else None), len(types)  # type: ignore[attr-defined]
        shape = None if shape is None else shape[1:]
        t = typ(arrays)
    if shape is None or not known(axis):
        return array_of(dtype_of(t), None, t)
    place = value_of(axis) % (len(shape) + 1)
    return Array(dtype_of(t), (*shape[:place], length, *shape[place:]))


def array_type(x: Arg, dtype: Arg, *rest: Arg) -> Type:
    """The type of np.array(x, dtype)."""
    t = typ(x)
    if isinstance(t, ListOf):
        element = element_type(x)
        inner: tuple[Size, ...] = ()
        while isinstance(element, ListOf) and element.element is not None:
            element, inner = element.element, (*inner, some_length())
        shape = shape_of(element)
        return Array(
            given_dtype(dtype, dtype_of(element)), None if shape is None else (list_length(x), *inner, *shape)
        )
    if t == OPAQUE:
        return UNKNOWN
    return array_of(given_dtype(dtype, dtype_of(t)), shape_of(t), t)


def widened(rank: int, axis: int, column: bool = False) -> Callable[..., Type]:
    """The type rule of hstack, vstack and column_stack: items brought to a rank, then joined."""

    def lift(t: Type) -> Type:
        shape = shape_of(t)
        if shape is None or len(shape) >= rank:
            return t
        if column:
            return Array(dtype_of(t), (*(shape or (1,)), 1))
        return Array(dtype_of(t), (1,) * (rank - len(shape)) + shape)

    def rule(arrays: Arg) -> Type:
        types = sequence_types(arrays)
        if types is None:
            t = lift(element_type(arrays))
            shape = shape_of(t)
            if not shape:
                return array_of(dtype_of(t), None, t)
            place = axis if len(shape) > axis else 0
            return Array(dtype_of(t), tuple(some_length() if k == place else n for k, n in enumerate(shape)))
        found = [lift(t) for t in types]
        ranks = {len(s) for t in found if (s := shape_of(t)) is not None}
        if len(ranks) != 1 or not found:
            return Array(result_dtype(map(as_array, types)), None)
        return joined(found, axis if ranks.pop() > axis else 0)

    return rule


def contraction(
    left: Callable[[int], tuple[int, ...]], right: Callable[[int], tuple[int, ...]]
) -> Callable[..., Type]:
    """The type rule of a product of two arrays that keeps the given axes of each."""

    def rule(a: Arg, b: Arg) -> Type:
        ta, tb = as_array(typ(a)), as_array(typ(b))
        dtype, sa, sb = result_dtype([ta, tb]), shape_of(ta), shape_of(tb)
        if sa is None or sb is None:
            return array_of(dtype, None, UNKNOWN)
        if not sa or not sb:
            return with_shape(dtype, (*sa, *sb))
        kept = (*(sa[k] for k in left(len(sa))), *(sb[k] for k in right(len(sb))))
        return with_shape(dtype, kept)

    return rule


dot_type = contraction(lambda n: tuple(range(n - 1)), lambda n: (*range(n - 2), n - 1) if n > 1 else ())


inner_type = contraction(lambda n: tuple(range(n - 1)), lambda n: tuple(range(n - 1)))


def outer_type(a: Arg, b: Arg) -> Type:
    """The type of np.outer(a, b)."""
    ta, tb = as_array(typ(a)), as_array(typ(b))
    return Array(result_dtype([ta, tb]), (_flat(ta), _flat(tb)))


def _flat(t: Type) -> Size:
    shape = shape_of(t)
    return None if shape is None else flat_size(shape) if any(n != 1 for n in shape) else 1


def vdot_type(a: Arg, b: Arg) -> Type:
    """The type of np.vdot(a, b)."""
    return with_shape(result_dtype([as_array(typ(a)), as_array(typ(b))]), ())


def creation(default: str = "float64") -> Callable[..., Type]:
    """The type rule of np.zeros(shape, dtype) and its like."""

    def rule(shape: Arg, dtype: Arg) -> Type:
        return Array(given_dtype(dtype, default), shape_argument(shape))

    return rule


def like_type(a: Arg, *rest: Arg) -> Type:
    """The type rule of np.zeros_like(a, [fill_value,] dtype)."""
    t = typ(a)
    return array_of(given_dtype(rest[-1], dtype_of(t)), shape_of(t), t)


def cast_type(dtype: str) -> Callable[..., Type]:
    """The type rule of np.float32(x)."""

    def rule(x: Arg) -> Type:
        shape = shape_of(typ(x))
        return UNKNOWN if shape is None else with_shape(dtype, shape)

    return rule


def item_type(x: Arg, *rest: Arg) -> Type:
    """The type of x.item()."""
    dtype = dtype_of(typ(x))
    kinds = {"f": "float64", "c": "complex128", "i": "int64", "u": "int64", "b": "bool"}
    return UNKNOWN if dtype is None or (rest and any(map(_is_list, rest))) else Scalar(kinds[dtype[0]])


def _is_list(arg: Arg) -> bool:
    return isinstance(typ(arg), ListOf)


def appended(arr: Arg, values: Arg, axis: Arg) -> Type:
    """The type of np.append(arr, values, axis), which makes arrays of both first."""
    return _concatenation([as_array(typ(arr)), as_array(typ(values))], axis) if known(axis) else UNKNOWN


def list_like(items: Arg) -> Type:
    """A run-time list as deep as that of the operand; its numbers may be NumPy's."""
    t = typ(items)
    return _any_number(t) if isinstance(t, ListOf) else UNKNOWN


def _any_number(t: Type) -> Type:
    if isinstance(t, ListOf):
        return ListOf(None if t.element is None else _any_number(t.element), t.holes)
    return Scalar(t.dtype, "any") if isinstance(t, Scalar) else t


def list_of_rows(x: Arg) -> Type:
    """The type of the rows of an array as a run-time list."""
    t = typ(x)
    shape = shape_of(t)
    return ListOf(with_shape(dtype_of(t), shape[1:]) if shape else UNKNOWN)


def fact_rank(fact: Any) -> int | None:
    """The rank of an operand as a rule sees it, sequences included."""
    rank: int | None = (
        fact.rank
        if hasattr(fact, "rank")
        else None
        if isinstance(fact, (tuple, list))
        else int(np.ndim(fact))
    )
    return rank


def eye_type(N: Arg, M: Arg, k: Arg, dtype: Arg) -> Type:
    """The type of np.eye(N, M, k, dtype)."""
    rows = size_argument(N)
    return Array(given_dtype(dtype, "float64"), (rows, rows if is_none(M) else size_argument(M)))


def identity_type(n: Arg, dtype: Arg) -> Type:
    """The type of np.identity(n, dtype)."""
    return Array(given_dtype(dtype, "float64"), (size_argument(n),) * 2)


def indices_type(dimensions: Arg) -> Type:
    """The type of np.indices(dimensions)."""
    shape = shape_argument(dimensions)
    return Array("int64", None if shape is None else (len(shape), *shape))


def full_type(shape: Arg, fill_value: Arg, dtype: Arg) -> Type:
    """The type of np.full(shape, fill_value, dtype)."""
    t = typ(fill_value)
    return Array(given_dtype(dtype, dtype_of(t)), shape_argument(shape))


def full_like_type(a: Arg, fill_value: Arg, dtype: Arg) -> Type:
    """The type of np.full_like(a, fill_value, dtype)."""
    return like_type(a, dtype)


def arange_type(start: Arg, stop: Arg, step: Arg, dtype: Arg) -> Type:
    """The type of np.arange; of a single integer n it has n elements."""
    given = [typ(a) for a in (start, stop, step) if not is_none(a)]
    found = given_dtype(dtype, result_dtype(given))
    counts = is_none(stop) and is_none(step) and dtype_of(typ(start)) == "int64"
    size = size_argument(start) if counts else None
    return Array(found, (some_length() if size is None else size,))


def linspace_type(start: Arg, stop: Arg, num: Arg, endpoint: Arg, retstep: Arg, dtype: Arg) -> Type:
    """The type of np.linspace(start, stop, num, endpoint, retstep, dtype)."""
    if not known(retstep) or value_of(retstep):
        raise NoDerivative("AD202", "`np.linspace` with `retstep`", None, "the step from the ends")
    shape = broadcast([shape_of(typ(start)), shape_of(typ(stop))])
    found = given_dtype(dtype, result_dtype([typ(start), typ(stop), Scalar("float64")]))
    return Array(found, None if shape is None else (size_argument(num), *shape))


def astype_type(x: Arg, dtype: Arg, copy: Arg) -> Type:
    """The type of x.astype(dtype)."""
    t = typ(x)
    found = given_dtype(dtype, "float64")
    return with_shape(found, shape_of(t)) if isinstance(t, (Scalar, Array)) else Array(found, None)


def cross_type(a: Arg, b: Arg) -> Type:
    """The type of np.cross(a, b)."""
    found = promoted(a, b)
    return (
        found
        if isinstance(found, Array) and found.shape and found.shape[-1] == 3
        else array_of(dtype_of(found), None, found)
    )


def tensordot_axes(axes: Any, rank_a: int, rank_b: int) -> tuple[list[int], list[int]]:
    """The axes that np.tensordot sums over, of each operand."""
    if isinstance(axes, int):
        return list(range(rank_a - axes, rank_a)), list(range(axes))
    first, second = ([x] if isinstance(x, int) else list(x) for x in axes)
    return [k % rank_a for k in first], [k % rank_b for k in second]


def tensordot_type(a: Arg, b: Arg, axes: Arg) -> Type:
    """The type of np.tensordot(a, b, axes)."""
    ta, tb = typ(a), typ(b)
    sa, sb = shape_of(ta), shape_of(tb)
    dtype = result_dtype([as_array(ta), as_array(tb)])
    if sa is None or sb is None or not known(axes):
        return Array(dtype, None)
    try:
        left, right = tensordot_axes(value_of(axes), len(sa), len(sb))
    except (TypeError, ZeroDivisionError):
        return Array(dtype, None)  # the primal raises
    kept = [n for k, n in enumerate(sa) if k not in left] + [n for k, n in enumerate(sb) if k not in right]
    return Array(dtype, tuple(kept))


def _lapack(dtype: str | None) -> str | None:
    return averaged(dtype) if dtype != "float16" else None


def matrix_float(a: Arg) -> Type:
    """The type of a matrix that LAPACK computes from another."""
    t = typ(a)
    return array_of(_lapack(dtype_of(t)), shape_of(t), t)


def det_type(a: Arg) -> Type:
    """The type of np.linalg.det(a)."""
    t = typ(a)
    shape = shape_of(t)
    return UNKNOWN if shape is None or len(shape) < 2 else with_shape(_lapack(dtype_of(t)), shape[:-2])


def solve_type(a: Arg, b: Arg) -> Type:
    """The type of np.linalg.solve(a, b)."""
    ta, tb = typ(a), typ(b)
    dtype = _lapack(result_dtype([as_array(ta), as_array(tb)]))
    sa, sb = shape_of(ta), shape_of(tb)
    if sa is None or sb is None or len(sa) < 2:
        return Array(dtype, None)
    if len(sb) == 1:
        return Array(dtype, (*sa[:-2], sb[0]))
    batch = broadcast([sa[:-2], sb[:-2]])
    return Array(dtype, None if batch is None else (*batch, *sb[-2:]))


def norm_type(x: Arg, ord: Arg, axis: Arg, keepdims: Arg) -> Type:
    """The type of np.linalg.norm(x, ord, axis, keepdims)."""
    dtype = spread_of(dtype_of(typ(x)))
    return reduction(x, axis, keepdims, dtype)


def kron_type(a: Arg, b: Arg) -> Type:
    """The type of np.kron(a, b): its rank."""
    ta, tb = typ(a), typ(b)
    sa, sb = shape_of(ta), shape_of(tb)
    dtype = result_dtype([as_array(ta), as_array(tb)])
    rank = None if sa is None or sb is None else max(len(sa), len(sb))
    return Array(dtype, None if rank is None else tuple(some_length() for _ in range(rank)))


def product_type(iterable: Arg, start: Arg) -> Type:
    """The type of math.prod: that of the items multiplied, where all are Python floats."""
    items = (
        iterable if isinstance(iterable, tuple) else iterable.items if isinstance(iterable, Items) else None
    )
    if items is None or not all(
        typ(a) == Scalar("float64") for a in (*items, start) if not isinstance(a, Literal)
    ):
        return UNKNOWN
    kinds = {type(value_of(a)) if isinstance(a, Literal) else float for a in (*items, start)}
    return Scalar("float64") if float in kinds and kinds <= {int, float} else UNKNOWN
