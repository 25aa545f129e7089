"""Which statements may raise because shapes do not fit.

In: a statement. Out: whether the types of its operands leave that open. Not for other errors: those are
`passes.raising`.
"""

from __future__ import annotations

import math

import numpy as np

from ..ir.nodes import Apply, Arg, Items, Literal, Through, Value
from ..ir.types import Array, ListOf, Shape, Type, same_size, shape_of
from ..rules import tables  # noqa: F401  (enters the rows)
from ..rules.assembled import tensordot_axes
from ..rules.helpers import FIT, SUMMABLE
from ..rules.indexing import TOGETHER, WRITES, index_type
from ..rules.rule import FUNCTIONS, OPERATORS, Primitive
from ..rules.typing import known, shape_argument, typ, value_of

RESHAPE, TENSORDOT = FUNCTIONS[np.reshape], FUNCTIONS[np.tensordot]
_INNER = FUNCTIONS[np.inner]
# products that sum over the last axis of the first operand and the last but one of the second
CONTRACTIONS = (OPERATORS["@"], FUNCTIONS[np.matmul], FUNCTIONS[np.dot])
# the solution of a system fits to its matrix as a vector does that is multiplied by it
SOLVE, VDOT = FUNCTIONS[np.linalg.solve], FUNCTIONS[np.vdot]
# what raises for shapes that do not fit and for nothing else
FITTING = (*CONTRACTIONS, _INNER, VDOT, TENSORDOT, RESHAPE, FUNCTIONS[np.broadcast_to])


def may_not_fit(stmt: Apply) -> bool:
    """Whether operands may have shapes that do not fit."""
    row = stmt.primitive
    if row in CONTRACTIONS or row is SOLVE:
        return _contraction_may_raise(row, *stmt.args)
    if row in (_INNER, VDOT):
        a, b = (shape_of(typ(v)) for v in stmt.args)
        vectors = row is _INNER or (a is not None and b is not None and len(a) == len(b) == 1)
        return not vectors or not a or not b or not same_size(a[-1], b[-1])
    if row is TENSORDOT:
        return _tensordot_may_raise(*stmt.args)
    if row is RESHAPE:
        return _reshape_may_raise(stmt)
    if row.name.split("(")[0] in _ALIKE:
        return _uneven(stmt.args[0])
    if row in WRITES:
        return _write_may_raise(*stmt.args)
    if row is FIT or row.name == "np.broadcast_to(x, shape)":
        return not fits(shape_of(typ(stmt.args[0])), shape_argument(stmt.args[1]))
    if row is SUMMABLE:
        return True
    if row is TOGETHER:
        return _broadcast_may_raise(stmt.args[0])
    if row.name == "np.broadcast_shapes(*shapes)":
        shapes = stmt.args[0]
        return isinstance(shapes, tuple) and _shapes_may_raise(list(map(shape_argument, shapes)))
    return row.pointwise and _broadcast_may_raise(stmt.args)


def _broadcast_may_raise(args: Arg) -> bool:
    assert isinstance(args, tuple)
    shapes = [shape_of(a.type) for a in args if isinstance(a, Value) and isinstance(a.type, Array)]
    return _shapes_may_raise(shapes)


def _shapes_may_raise(shapes: list[Shape]) -> bool:
    if any(s is None for s in shapes):
        return len(shapes) > 1
    for k, a in enumerate(shapes):
        for b in shapes[:k]:
            pairs = zip((a or ())[::-1], (b or ())[::-1], strict=False)
            if not all(same_size(m, n) or m == 1 or n == 1 for m, n in pairs):
                return True
    return False


def _write_may_raise(a: Arg, index: Arg, value: Arg) -> bool:
    """Whether what is written may not fit into its place."""
    place, shape = place_shape(a, index), shape_of(typ(value))
    if shape is not None and place is not None:
        # axes of length 1 in front are dropped
        while len(shape) > len(place) and shape[0] == 1:
            shape = shape[1:]
    return shape != () and not fits(shape, place)


def place_shape(a: Arg, index: Arg) -> Shape:
    """The shape of the place in an array that an index leads to."""
    for row, rest in index.steps if isinstance(index, Through) else ():
        t = row.types(a, *rest)
        assert isinstance(t, Type)
        a = Value(t)
    return shape_of(index_type(a, index.index if isinstance(index, Through) else index))


def fits(shape: Shape, place: Shape) -> bool:
    """Whether an array is known to broadcast to the shape of a place."""
    if shape is None or place is None or len(shape) > len(place):
        return False
    places = place[len(place) - len(shape) :]
    return all(n == 1 or same_size(n, m) for n, m in zip(shape, places, strict=True))


def _contraction_may_raise(row: Primitive, x: Arg, y: Arg) -> bool:
    a, b = (shape_of(typ(v)) for v in (x, y))
    if a is None or b is None:
        return True
    if not a or not b:
        # np.dot multiplies by a number
        return row is not FUNCTIONS[np.dot]
    return not same_size(a[-1], b[0] if len(b) == 1 else b[-2])


def _tensordot_may_raise(x: Arg, y: Arg, axes: Arg) -> bool:
    a, b = (shape_of(typ(v)) for v in (x, y))
    if a is None or b is None or not known(axes):
        return True
    try:
        first, second = tensordot_axes(value_of(axes), len(a), len(b))
        return len(first) != len(second) or not all(
            same_size(a[m], b[n]) for m, n in zip(first, second, strict=True)
        )
    except (TypeError, ZeroDivisionError, IndexError):
        # these axes are none of theirs
        return True


def _reshape_may_raise(stmt: Apply) -> bool:
    """Whether an array may have another number of elements than the shape that it is given."""
    a, shape = stmt.args[:2]
    left, right = shape_of(typ(a)), shape_of(stmt.outs[0].type)
    if isinstance(shape, Literal) and shape.value == -1:
        return False
    if left is None or right is None:
        return True
    rest = list(right)
    others = []
    for n in left:
        same = [k for k, m in enumerate(rest) if same_size(n, m)]
        if same:
            del rest[same[0]]
        else:
            others.append(n)
    counted = [n for n in (*others, *rest) if isinstance(n, int)]
    return len(counted) < len(others) + len(rest) or math.prod(others) != math.prod(rest)  # type: ignore[arg-type]


# what makes one array of items that have to be alike
_ALIKE = frozenset(("np.array", "np.asarray", "np.asanyarray", "np.ascontiguousarray", "np.stack"))


def _uneven(arg: Arg) -> bool:
    """Whether the items of a sequence may have different shapes."""
    if isinstance(arg, Value) and isinstance(arg.type, ListOf):
        shape = () if arg.type.element is None else shape_of(arg.type.element)
        return shape is None or None in shape
    if not isinstance(arg, (tuple, Items)):
        return False
    items = arg if isinstance(arg, tuple) else arg.items
    shapes = [shape_of(typ(item)) for item in items]
    known = [shape for shape in shapes if shape is not None]
    if any(map(_uneven, items)) or len(known) < len(shapes) or len({len(shape) for shape in known}) > 1:
        return True
    return not all(all(same_size(n, sizes[0]) for n in sizes) for sizes in zip(*known, strict=True))
