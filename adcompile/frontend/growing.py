"""Lists that grow.

In: a list and what is put at its end. Out: nothing; the heap is updated. A list of known length keeps its
items one by one; one of run-time length keeps a run-time list for each leaf of an item.
"""

from __future__ import annotations

import ast
from functools import partial
from typing import Any

from ..ir.nodes import Literal, Value
from ..ir.types import Array
from ..rules import lists
from .cells import cell_of, demand_static
from .columns import fitted, grown, widened, with_holes
from .iterate import iterable, known_items
from .loops import iterate
from .parse import Parser
from .values import GrownCell, ListCell, Maybe, TupleVal, fresh_id, is_atom


def append(p: Parser, ref: Any, value: Any, node: ast.AST) -> None:
    """list.append"""
    cell = cell_of(p, ref, node)
    if isinstance(cell, ListCell):
        p.change(ref, ListCell((*cell.items, value)))
        return
    assert isinstance(cell, GrownCell)
    p.resized.add(ref.id)
    value = frozen(p, value, node)
    cell = widened(p.builder, cell, value)
    if cell is None:
        p.no_derivative(
            "AD208", "items of different structure are appended to one list", node, "items of one kind"
        )
    new = []
    for column, leaf in zip(cell.items, fitted(cell.pattern, value), strict=True):
        grown_column = p.builder.apply(lists.LIST_APPEND, column, leaf)
        if isinstance(column, Value):
            grown_column.hint, grown_column.named = column.hint, column.named
        new.append(grown_column)
    p.change(ref, with_holes(GrownCell(cell.pattern, tuple(new))))


def frozen(p: Parser, value: Any, node: ast.AST) -> Any:
    """A value as an item of a run-time list; a list of run-time length keeps its graph value."""
    cell = cell_of(p, value, node)
    is_array = isinstance(value, Value) and isinstance(value.type, Array)
    if p.inputs.itemwise and (is_array or isinstance(cell, (GrownCell, ListCell))):
        # nor can what is written; but a list of many would become a long program
        for index in filter(partial(_is_short, p), reversed(p.open_loops)):
            demand_static(p, index)
    if isinstance(cell, GrownCell) and len(cell.items) == 1 and is_atom(cell.pattern):
        return cell.items[0]
    if isinstance(cell, ListCell):
        as_list = grown(p.builder, cell)
        if as_list is not None and len(as_list.items) == 1 and is_atom(as_list.pattern):
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
