"""Lists that grow and shrink.

In: a list, and what is put into it or where something is taken out. Out: nothing, or what was taken out; the
heap is updated. A list of known length keeps its items one by one; one of run-time length keeps a run-time
list for each leaf of an item. Not for the order of items: that is `ordering`.
"""

from __future__ import annotations

import ast
from functools import partial
from typing import Any

from ..ir.nodes import Items, Literal, Slice, Value
from ..ir.types import Array
from ..rules import lists
from ..rules.rule import Primitive
from .cells import cell_of, demand_static
from .columns import fitted, grown, widened, with_holes
from .iterate import iterable, known_items
from .loops import iterate
from .parse import Parser
from .structure import with_leaves
from .values import NONE, GrownCell, ListCell, Maybe, Ref, SliceVal, TupleVal, fresh_id, is_atom


def append(p: Parser, ref: Any, value: Any, node: ast.AST) -> None:
    """list.append"""
    cell = cell_of(p, ref, node)
    if isinstance(cell, ListCell):
        p.change(ref, ListCell((*cell.items, value)))
        return
    _put(p, ref, cell, lists.LIST_APPEND, (), value, node)


def insert(p: Parser, ref: Any, index: Any, value: Any, node: ast.AST) -> None:
    """list.insert"""
    cell = cell_of(p, ref, node)
    if isinstance(cell, ListCell):
        demand_static(p, index)
        if isinstance(index, Literal):
            items = list(cell.items)
            items.insert(index.value, value)
            p.change(ref, ListCell(tuple(items)))
            return
    _put(p, ref, at_run_time(p, cell, node), lists.LIST_INSERT, (index,), value, node)


def _put(
    p: Parser, ref: Any, cell: GrownCell, row: Primitive, place: tuple[Any, ...], value: Any, node: ast.AST
) -> None:
    """Put an item into a list of run-time length."""
    p.resize(ref)
    value = frozen(p, value, node)
    wide = widened(p.builder, cell, value)
    if wide is None:
        p.no_derivative(
            "AD208", "items of different structure are appended to one list", node, "items of one kind"
        )
    new = []
    for column, leaf in zip(wide.items, fitted(wide.pattern, value), strict=True):
        changed = p.builder.apply(row, column, *place, leaf)
        if isinstance(column, Value):
            changed.hint, changed.named = column.hint, column.named
        new.append(changed)
    p.change(ref, with_holes(GrownCell(wide.pattern, tuple(new))))


def pop(p: Parser, ref: Any, index: Any, node: ast.AST) -> Any:
    """list.pop, and `del` of an item"""
    cell = cell_of(p, ref, node)
    if isinstance(cell, ListCell):
        demand_static(p, index)
        if isinstance(index, Literal):
            items = list(cell.items)
            try:
                value = items.pop(index.value)
            except (IndexError, TypeError) as error:
                p.raise_at(error)
            p.change(ref, ListCell(tuple(items)))
            return value
    cell = at_run_time(p, cell, node)
    if cell.pattern is None:
        p.raise_at(IndexError("pop from empty list"))
    p.resize(ref)
    is_last = isinstance(index, Literal) and index.value == -1
    row, place = (lists.LIST_POP, ()) if is_last else (lists.LIST_POP_AT, (index,))
    columns, atoms = [], []
    for column in cell.items:
        rest, item = p.builder.apply(row, column, *place)
        rest.hint, rest.named, item.hint, item.named = column.hint, column.named, "", False  # type: ignore[union-attr]
        columns.append(rest)
        atoms.append(item)
    p.change(ref, GrownCell(cell.pattern, tuple(columns)))
    return with_leaves(cell.pattern, iter(atoms))


def at_run_time(p: Parser, cell: Any, node: ast.AST) -> GrownCell:
    """A list as one of run-time length, whose items have one structure."""
    found = grown(p.builder, cell)
    if not isinstance(found, GrownCell):
        p.no_derivative(
            "AD209",
            "this depends on values known at run time only, and the items of the list are of different kinds",
            node,
            "items of one kind",
        )
    return found


def clear(p: Parser, ref: Any, node: ast.AST) -> None:
    """list.clear: a list of run-time length keeps the kind of its items"""
    cell = cell_of(p, ref, node)
    if isinstance(cell, ListCell):
        p.change(ref, ListCell(()))
        return
    p.resize(ref)
    columns = []
    for column in cell.items:
        made = p.builder.apply(lists.LIST_MAKE, Items(()))
        if isinstance(column, Value):
            made.hint, made.named = column.hint, column.named
        columns.append(made)
    p.change(ref, with_holes(GrownCell(cell.pattern, tuple(columns))))


def without_slice(p: Parser, ref: Any, cell: GrownCell, index: SliceVal, node: ast.AST) -> None:
    """`del items[i:j]`, where one of the bounds is an end of the list."""
    step_is_one = isinstance(index.step, Literal) and index.step.value in (None, 1)
    open_ends = [isinstance(bound, Literal) and bound.value is None for bound in (index.start, index.stop)]
    if all(open_ends) and step_is_one:
        clear(p, ref, node)
        return
    if not any(open_ends) or not step_is_one:
        p.no_derivative("AD209", "`del` of a slice from the middle of a list of run-time length", node,
                        "`items = items[:i] + items[j:]`")  # fmt: skip
    p.resize(ref)
    # what is kept is the other side of the bound, whatever its sign
    kept = Slice(index.stop, NONE, NONE) if open_ends[0] else Slice(NONE, index.start, NONE)
    p.change(ref, sliced(p, cell, kept))


def sliced(p: Parser, cell: GrownCell, index: Slice) -> GrownCell:
    """The items of a list of run-time length at a slice."""
    columns = tuple(p.builder.expand("list_slice(x, i)", x=c, i=index) for c in cell.items)
    return GrownCell(cell.pattern, columns)


def joined(p: Parser, first: Any, second: Any, node: ast.AST) -> GrownCell:
    """The items of two lists one after the other, at least one of which is of run-time length."""
    if isinstance(second, ListCell) or (isinstance(first, ListCell) and len(first.items) == 1):
        whole, known = (first, second) if isinstance(second, ListCell) else (second, first)
        ref = p.new(at_run_time(p, whole, node))
        for item in known.items:
            if known is second:
                append(p, ref, item, node)
            else:
                insert(p, ref, Literal(0), item, node)
        return p.cell(ref)  # type: ignore[no-any-return]
    return _concatenated(p, at_run_time(p, first, node), at_run_time(p, second, node), node)


def _concatenated(p: Parser, a: GrownCell, b: GrownCell, node: ast.AST) -> GrownCell:
    if a.pattern is None or b.pattern is None:
        return b if a.pattern is None else a
    first, second = widened(p.builder, a, b.pattern), widened(p.builder, b, a.pattern)
    if first is None or second is None:
        p.no_derivative(
            "AD208", "lists of items of different structure are joined", node, "items of one kind"
        )
    pairs = zip(first.items, second.items, strict=True)
    columns = tuple(p.builder.expand("list_join(x, y)", x=x, y=y) for x, y in pairs)
    return with_holes(GrownCell(first.pattern, columns))


def frozen(p: Parser, value: Any, node: ast.AST) -> Any:
    """A value as an item of a run-time list; a list of run-time length keeps its graph value."""
    cell = cell_of(p, value, node)
    is_array = isinstance(value, Value) and isinstance(value.type, Array)
    if p.inputs.itemwise and (is_array or isinstance(cell, (GrownCell, ListCell))):
        # nor can what is written; but a list of many would become a long program
        for index in filter(partial(_is_short, p), reversed(p.open_loops)):
            demand_static(p, index)
    as_list = grown(p.builder, cell)
    if as_list is not None and len(as_list.items) == 1 and is_atom(as_list.pattern):
        if isinstance(value, Ref):
            # the item is the list as it is now: nobody may change it any more
            p.state.inner |= {value.id}
        return as_list.items[0]
    if isinstance(value, Maybe):
        return Maybe(value.nothing, frozen(p, value.value, node))
    if isinstance(value, TupleVal):
        return TupleVal(tuple(frozen(p, v, node) for v in value.items), value.cls)
    if not is_atom(value):
        # an object cannot be an item of a run-time list, but a loop over known items can be taken apart
        for index in reversed(p.open_loops):
            demand_static(p, index)
        p.no_derivative(
            "AD208", "a list of run-time length holds an object", node, "numbers, arrays or tuples of them"
        )
    return value


_MOST_ARRAYS = 64


def _is_short(p: Parser, index: Value) -> bool:
    """Whether a loop has few iterations, or nobody knows how many."""
    span = [a.value for a in p.loop_indices[index] if isinstance(a, Literal)]
    return len(span) < 3 or len(range(*span)) <= _MOST_ARRAYS


def extend(p: Parser, ref: Any, value: Any, node: ast.AST) -> None:
    """list.extend"""
    source = iterable(p, value, node)
    items = known_items(p, source)
    if items is not None:
        for item in items:
            append(p, ref, item, node)
        return
    item_of: list[Any] = []

    def bind(item: Any) -> None:
        item_of[:] = [item]

    iterate(p, source, fresh_id(), bind, lambda: append(p, ref, item_of[0], node), node, set())
