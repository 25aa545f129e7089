"""Lists of run-time length: a run-time list of the graph for each leaf of an item.

In: lists of known items, and items. Out: columns, one for each leaf of the pattern that the items share; of
items that may be None, one more says whether they are. Not for what methods of lists do: that is `growing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..ir.build import Builder
from ..ir.nodes import Items, Value
from ..ir.types import ListOf
from ..rules import lists
from .structure import all_as, leaves_of, parts_of, rebuild, same_structure
from .values import (
    FALSE,
    NONE,
    TRUE,
    DictCell,
    GrownCell,
    GrownTuple,
    ListCell,
    Maybe,
    ObjectCell,
    TupleVal,
    Undef,
    as_maybe,
    is_atom,
    is_none,
)


def grown(builder: Builder, cell: Any) -> Any:
    """A list of known items as a run-time list, None if its items have no common structure."""
    if isinstance(cell, GrownCell):
        return cell
    if not isinstance(cell, ListCell):
        return None
    if not cell.items:
        return GrownCell(None, ())
    pattern = cell.items[0]
    for item in cell.items[1:]:
        pattern = common(pattern, item)
        if pattern is None:
            return None
    if len(cell.items) == 1 and common(pattern, pattern) is None:
        return None
    columns: list[list[Any]] = [[] for _ in leaves_of(pattern)]
    for item in cell.items:
        for column, leaf in zip(columns, fitted(pattern, item), strict=True):
            column.append(leaf)
    made = tuple(builder.apply(lists.LIST_MAKE, Items(tuple(column))) for column in columns)
    return with_holes(GrownCell(pattern, made))


def common(a: Any, b: Any) -> Any:
    """The pattern of items of two patterns in one list, None if there is none."""
    if isinstance(a, Maybe) or isinstance(b, Maybe) or is_none(a) is not is_none(b):
        first, second = as_maybe(a).value, as_maybe(b).value
        if isinstance(first, Undef) or isinstance(second, Undef):
            inner = second if isinstance(first, Undef) else first
            return None if common(inner, inner) is None else Maybe(FALSE, inner)
        inner = common(first, second)
        return None if inner is None else Maybe(FALSE, inner)
    if is_atom(a) and is_atom(b):
        return a
    if not same_structure(a, b) or isinstance(a, (ListCell, DictCell, ObjectCell)):
        return None
    parts = [common(x, y) for x, y in zip(parts_of(a), parts_of(b), strict=True)]
    return None if None in parts else rebuild(a, tuple(parts))


def fitted(pattern: Any, value: Any) -> list[Any]:
    """The leaves of an item for the columns of a pattern that it fits."""
    if isinstance(pattern, Maybe):
        item = as_maybe(value)
        if isinstance(item.value, Undef):
            return [TRUE, *leaves_of(all_as(pattern.value, NONE))]
        return [item.nothing, *fitted(pattern.value, item.value)]
    if is_atom(pattern):
        return [value]
    parts = zip(parts_of(pattern), parts_of(value), strict=True)
    return [leaf for inner, part in parts for leaf in fitted(inner, part)]


def with_holes(cell: GrownCell) -> GrownCell:
    """The list, whose columns have None in them where an item may be None."""
    columns = iter(cell.items)
    for optional in _optional_leaves(cell.pattern, False):
        column = next(columns)
        if optional and isinstance(column, Value) and isinstance(column.type, ListOf):
            column.type = ListOf(column.type.element, True)
    return cell


def _optional_leaves(pattern: Any, optional: bool) -> Iterator[bool]:
    """For each leaf of a pattern, whether it is None where an item, or a part of it, is."""
    if isinstance(pattern, Maybe):
        yield optional
        yield from _optional_leaves(pattern.value, True)
    elif is_atom(pattern):
        yield optional
    else:
        for part in parts_of(pattern):
            yield from _optional_leaves(part, optional)


def widened(builder: Builder, cell: GrownCell, value: Any) -> GrownCell | None:
    """A list of run-time length as one that may have such an item, None if there is no such list."""
    pattern = common(value, value) if cell.pattern is None else common(cell.pattern, value)
    if pattern is None:
        return None
    if cell.pattern is None:
        made = tuple(builder.apply(lists.LIST_MAKE, Items(())) for _ in leaves_of(pattern))
        return with_holes(GrownCell(pattern, made))
    made_by = builder.definitions.get(cell.items[0])  # type: ignore[arg-type]

    def repeated(atom: Any) -> Any:
        if made_by is not None and made_by.primitive is lists.LIST_REPEAT:
            length: Any = made_by.args[1]
        else:
            length = builder.expand("len(x)", x=cell.items[0])
        return builder.expand("list_repeat(x, n)", x=atom, n=length)

    def convert(old: Any, new: Any, columns: Iterator[Any]) -> list[Any]:
        if isinstance(new, Maybe):
            if isinstance(old, Maybe):
                return [next(columns), *convert(old.value, new.value, columns)]
            if not is_none(old):
                return [repeated(FALSE), *convert(old, new.value, columns)]
            next(columns)
            return [repeated(TRUE), *(repeated(x) for x in leaves_of(all_as(new.value, NONE)))]
        if is_atom(new):
            return [next(columns)]
        parts = zip(parts_of(old), parts_of(new), strict=True)
        return [column for x, y in parts for column in convert(x, y, columns)]

    return with_holes(GrownCell(pattern, tuple(convert(cell.pattern, pattern, iter(cell.items)))))


def alike(builder: Builder, pair: list[Any], statements: Any) -> tuple[Any, Any]:
    """The lists of two paths with one pattern, if they differ in being empty or having None in them only."""
    for side in (0, 1):
        mine, other = pair[side], pair[1 - side]
        if mine is not None and other is not None and other.pattern is not None:
            with builder.within(statements[side]):
                pair[side] = widened(builder, mine, other.pattern) or mine
    return pair[0], pair[1]


def pattern_of_tuples(a: Any, b: Any) -> Any:
    """What the items of two tuples of different lengths have in common; None if there is nothing."""
    items: list[Any] = []
    for value in (a, b):
        if isinstance(value, GrownTuple):
            items.append(value.cell.pattern)
        elif isinstance(value, TupleVal) and value.cls is tuple:
            items += value.items
        else:
            return None
    if not items:
        return None
    pattern = common(items[0], items[0])
    for item in items[1:]:
        pattern = None if pattern is None else common(pattern, item)
    return pattern


def grown_tuple(builder: Builder, value: Any, pattern: Any) -> GrownTuple:
    """A tuple as one of run-time length, of items of a pattern."""
    cell = value.cell if isinstance(value, GrownTuple) else grown(builder, ListCell(value.items))
    wide = widened(builder, cell, pattern)
    assert wide is not None
    return GrownTuple(wide)
