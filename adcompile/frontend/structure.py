"""Structured abstract values: what they are made of, and the like of them with other parts.

In: containers, objects, functions, anything that the graph does not know. Out: their parts, in one order. Not
for what is in a graph, nor for the heap.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..ir.nodes import Literal
from .values import (
    BoundMethod,
    CheckpointedRange,
    Choice,
    DictCell,
    Flat,
    GrownCell,
    GrownTuple,
    ListCell,
    Maybe,
    ObjectCell,
    PartialVal,
    RangeVal,
    SliceVal,
    TupleVal,
    is_atom,
)


def parts_of(value: Any) -> tuple[Any, ...]:
    """The abstract values that a structured value is made of."""
    if isinstance(value, (TupleVal, ListCell, DictCell, ObjectCell, GrownCell)):
        return value.items
    if isinstance(value, CheckpointedRange):
        return (value.start, value.stop, value.step, value.snapshots)
    if isinstance(value, GrownTuple):
        return value.cell.items
    if isinstance(value, (SliceVal, RangeVal)):
        return (value.start, value.stop, value.step)
    if isinstance(value, BoundMethod):
        return (value.receiver, value.function)
    if isinstance(value, Choice):
        return (value.test, value.then, value.orelse)
    if isinstance(value, Maybe):
        return (value.nothing, value.value)
    if isinstance(value, Flat):
        return (value.array,)
    if isinstance(value, PartialVal):
        return (value.function, *value.args, *(v for _, v in value.keywords))
    return ()


def rebuild(value: Any, parts: tuple[Any, ...]) -> Any:
    """A value of the same structure with other parts."""
    if isinstance(value, TupleVal):
        return TupleVal(parts, value.cls)
    if isinstance(value, ListCell):
        return ListCell(parts)
    if isinstance(value, DictCell):
        return DictCell(value.keys, parts, value.cls)
    if isinstance(value, ObjectCell):
        return ObjectCell(value.keys, parts, value.cls)
    if isinstance(value, GrownCell):
        return GrownCell(value.pattern, parts)
    if isinstance(value, GrownTuple):
        return GrownTuple(GrownCell(value.cell.pattern, parts))
    if isinstance(value, SliceVal):
        return SliceVal(*parts)
    if isinstance(value, RangeVal):
        start, stop, step, *snapshots = parts
        return type(value)(start, stop, step, value.backwards, *snapshots)
    if isinstance(value, BoundMethod):
        return BoundMethod(*parts)
    if isinstance(value, Choice):
        return Choice(*parts)
    if isinstance(value, Maybe):
        return Maybe(*parts)
    if isinstance(value, Flat):
        return Flat(*parts)
    if isinstance(value, PartialVal):
        n = len(value.args)
        keywords = tuple((k, v) for (k, _), v in zip(value.keywords, parts[1 + n :], strict=True))
        return PartialVal(parts[0], parts[1 : 1 + n], keywords)
    return value


def same_structure(a: Any, b: Any) -> bool:
    """Whether two structured values differ in their parts only."""
    if type(a) is not type(b) or len(parts_of(a)) != len(parts_of(b)) or not parts_of(a):
        return (
            type(a) is type(b) and not parts_of(a) and isinstance(a, (TupleVal, ListCell)) and not parts_of(b)
        )
    if isinstance(a, (TupleVal, ObjectCell, DictCell)) and a.cls is not b.cls:
        return False
    if isinstance(a, (DictCell, ObjectCell)):
        return bool(a.keys == b.keys)
    if isinstance(a, PartialVal):
        return len(a.args) == len(b.args) and [k for k, _ in a.keywords] == [k for k, _ in b.keywords]
    return not isinstance(a, RangeVal) or a.backwards == b.backwards


def same_literal(a: Any, b: Any) -> bool:
    """Whether two atoms are one Python constant, told apart as finely as the program could."""
    if not (isinstance(a, Literal) and isinstance(b, Literal)):
        return False
    if a.value is b.value:
        return True
    if type(a.value) is not type(b.value) or not isinstance(a.value, (int, float, str, complex, bytes)):
        return False
    return repr(a.value) == repr(b.value)


def leaves_of(value: Any) -> Iterator[Any]:
    """The atoms of a value without mutable parts."""
    if is_atom(value):
        yield value
    for part in parts_of(value):
        yield from leaves_of(part)


def with_leaves(pattern: Any, atoms: Iterator[Any]) -> Any:
    """The pattern with its atoms replaced, in order."""
    if is_atom(pattern):
        return next(atoms)
    return rebuild(pattern, tuple(with_leaves(p, atoms) for p in parts_of(pattern)))


def all_as(value: Any, atom: Any) -> Any:
    """A structure with the same atom everywhere."""
    if is_atom(value):
        return atom
    parts = tuple(all_as(x, atom) for x in parts_of(value))
    return rebuild(value, parts) if parts else value
