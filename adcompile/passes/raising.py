"""Which statements may raise.

A derivative raises where its program does, so what may raise stays although nothing needs its result, or
something cheaper takes its place (`passes.checks`). In: a statement. Out: whether the types of its operands
leave open that it raises: shapes that do not fit or have no such axis, an index out of range, a number that a
function is not defined for. Not for powers of a known exponent that are too large for a float of Python:
nobody writes `x ** 2` to see it raise.
"""

from __future__ import annotations

import math

from ..ir.nodes import Apply, Arg, Literal, Slice, Through, Value
from ..ir.types import (
    Array,
    ListOf,
    Record,
    Scalar,
    ShapeOf,
    Size,
    Type,
    Unknown,
    dtype_of,
    same_size,
    shape_of,
)
from ..rules.indexing import GETITEM, WRITES, index_parts, with_ellipsis
from ..rules.rule import FUNCTIONS, OPERATORS, Primitive
from ..rules.typing import typ
from .fitting import FITTING, may_not_fit
from .trials import accepted, is_callable

DIVISIONS = tuple(OPERATORS[sign] for sign in ("/", "//", "%"))
POWER = OPERATORS["**"]
# defined for all numbers that are whole
_ROUNDING = tuple(FUNCTIONS[f] for f in (int, round, math.floor, math.ceil, math.trunc))


def may_raise(stmt: Apply) -> bool:
    """Whether a statement of a program may raise."""
    return may_not_fit(stmt) or may_fail(stmt)


def may_fail(stmt: Apply) -> bool:
    """Whether a statement may raise although the shapes of its operands fit."""
    row = stmt.primitive
    if row is GETITEM or row in WRITES:
        place, index = indexed(stmt)
        return _index_may_fail(typ(place), index)
    if row in DIVISIONS or row is POWER:
        return undefined_at_zero(row, stmt.args) is not None
    if row.decisive and _is_undefined(row, stmt.args):
        return True
    if row.pointwise or row in FITTING or row.effect not in ("pure", "view") or not is_callable(row):
        return False
    return not accepted(stmt)


def _is_undefined(row: Primitive, args: tuple[Arg, ...]) -> bool:
    """Whether numbers that a partial function may not be defined for are not known."""
    if row in _ROUNDING and isinstance(typ(args[0]), Scalar) and (dtype_of(typ(args[0])) or "f")[0] in "bi":
        return False
    decisive = [args[row.index[name]] for name in row.decisive]
    return row.name.startswith("math.") or not all(isinstance(a, Literal) for a in decisive)


def undefined_at_zero(row: Primitive, args: tuple[Arg, ...]) -> Arg | None:
    """The operand of a division or power that may raise if this is zero: Python's numbers do, NumPy's warn.

    Of a power that may have any exponent, it is the base, a number that is known included.
    """
    base, other = args
    if not all(map(_may_be_python, args)):
        return None
    if row is not POWER:
        return other if isinstance(other, Value) else None
    if isinstance(other, Literal):
        harmless = isinstance(other.value, complex) or other.value >= 0
        return None if harmless or isinstance(base, Literal) else base
    whole = (dtype_of(typ(other)) or "f")[0] in "bi"
    return None if whole and isinstance(base, Literal) and base.value != 0 else base


def _may_be_python(arg: Arg) -> bool:
    t = typ(arg)
    return isinstance(t, Unknown) or (isinstance(t, Scalar) and t.origin != "np")


# -- indices -------------------------------------------------------------------------------------------------


def indexed(stmt: Apply) -> tuple[Arg, Arg]:
    """What a read or write by index looks into, and the index there."""
    a, index = stmt.args[:2]
    if not isinstance(index, Through):
        return a, index
    for row, rest in index.steps:
        t = row.types(a, *rest)
        assert isinstance(t, Type)
        a = Value(t)
    return a, index.index


def _index_may_fail(t: Type, index: Arg) -> bool:
    if isinstance(t, (ShapeOf, ListOf)):
        rank = len(t.shape) if isinstance(t, ShapeOf) and t.shape is not None else 0
        return not isinstance(index, Slice) and not _is_within(index, rank)
    if isinstance(t, Record):
        return False
    found = places(t, index)
    return found is None or any(not _is_within(part, size) for part, size in found)


def places(t: Type, index: Arg) -> list[tuple[Arg, Size]] | None:
    """The parts of an index that lead somewhere, with the lengths there; None where it has too many parts."""
    if not isinstance(t, Array) or t.shape is None:
        return None
    parts = with_ellipsis(index_parts(index))
    taken = [_taken(part) for part in parts]
    rest = len(t.shape) - sum(taken)
    if rest < 0:
        return None
    found: list[tuple[Arg, Size]] = []
    axis = 0
    for part, width in zip(parts, taken, strict=True):
        if isinstance(part, Literal) and part.value is Ellipsis:
            axis += rest
        elif not isinstance(part, Slice):
            found += [(part, t.shape[axis + k]) for k in range(width)]
        axis += width
    return found


def _taken(part: Arg) -> int:
    """How many axes a part of an index takes."""
    if isinstance(part, Literal):
        return 0 if part.value is None or part.value is Ellipsis else 1
    t = typ(part) if isinstance(part, Value) else None
    return len(t.shape or ()) if isinstance(t, Array) and t.dtype == "bool" else 1


def _is_within(part: Arg, size: Size) -> bool:
    """Whether a part of an index is known to be within a length: a number that is, or a mask that long."""
    t = typ(part) if isinstance(part, (Value, Literal)) else None
    if isinstance(part, Value) and isinstance(t, Array) and t.dtype == "bool":
        # of several axes, each is looked at; which of them is this one does not matter if all are as long
        return all(same_size(n, size) for n in shape_of(t) or (None,))
    known = isinstance(part, Literal) and type(part.value) is int and isinstance(size, int)
    return known and -size <= part.value < size  # type: ignore[union-attr,operator]
