"""The order of the items of a list: sorting, reversing, and where an item is.

In: a list or another iterable, and keys. Out: its items in order, or a place. What is known is decided at
once; the rest at run time, where the places of the items in their order are a list of integers, by which
each leaf of an item is rearranged. Where items are equal, the order is that of Python's stable sort, and so
is the derivative.
"""

from __future__ import annotations

import ast
from typing import Any

from ..ir.nodes import Items, Literal
from ..ir.types import ListOf, Scalar
from .branches import truth
from .cells import cell_of
from .growing import at_run_time, extend
from .iterate import fixed_items, mapped
from .operators import binary, compare
from .parse import Parser
from .searching import numbers_of
from .values import FALSE, NONE, Fixed, GrownCell, Indexed, ListCell, Ref, TupleVal, is_atom, is_none


class _Undecided:
    """What is not known when the derivative is compiled: no order may depend on it."""

    def __eq__(self, other: object) -> bool:
        raise _AtRunTime

    def __lt__(self, other: object) -> bool:
        raise _AtRunTime

    __hash__ = None  # type: ignore[assignment]


class _AtRunTime(Exception):
    """A comparison that is decided at run time only."""


def _comparable(value: Any) -> Any:
    """A key as far as it is known."""
    if isinstance(value, TupleVal):
        return tuple(map(_comparable, value.items))
    return value.value if isinstance(value, Literal) else _Undecided()


def ordered(p: Parser, source: Any, keywords: dict[str, Any], node: ast.AST) -> Any:
    """The cell of a list of the items of an iterable, sorted as `sorted` does with these keywords."""
    key, backwards = keywords.get("key", NONE), truth(p, keywords.get("reverse", FALSE), node)
    if isinstance(source, Fixed):
        items = list(source.items)
        keys = items if is_none(key) else [p.call(key, [i], {}, node) for i in items]
        if isinstance(backwards, Literal):
            plain = [_comparable(k) for k in keys]
            try:
                order = sorted(range(len(items)), key=plain.__getitem__, reverse=bool(backwards.value))
                return ListCell(tuple(items[k] for k in order))
            except TypeError as error:
                p.raise_at(error)
            except _AtRunTime:
                pass  # the order is computed at run time, below
        cell, by = (at_run_time(p, ListCell(tuple(v)), node) for v in (items, keys))
    else:
        cell = _collected(p, source, node)
        by = (
            cell
            if is_none(key)
            else _collected(p, mapped(p, source, lambda i: p.call(key, [i], {}, node)), node)
        )
    if cell.pattern is None:
        return cell
    _refuse_arrays(p, by, node)
    order = p.builder.expand("sort_order(keys, reverse)", keys=Items(by.items), reverse=backwards)
    columns = tuple(p.builder.expand("reordered(x, order)", x=c, order=order) for c in cell.items)
    return GrownCell(cell.pattern, columns)


def _collected(p: Parser, source: Any, node: ast.AST) -> GrownCell:
    """The items of a sequence of run-time length, as they are now."""
    if isinstance(source, Indexed) and isinstance(source.of, Ref):
        return at_run_time(p, cell_of(p, source.of, node), node)
    ref = p.new(ListCell(()))
    extend(p, ref, source, node)
    return at_run_time(p, cell_of(p, ref, node), node)


def _refuse_arrays(p: Parser, keys: GrownCell, node: ast.AST) -> None:
    """Refuse keys that have no order, or one that their parts do not tell."""
    for column in keys.items:
        t = column.type
        is_number = isinstance(t, ListOf) and isinstance(t.element, Scalar) and not t.holes
        if not is_number or _has_parts_of_its_own(keys.pattern):
            p.no_derivative("AD206", "the order of items that are no numbers, or tuples of numbers", node,
                            "a key that is a number: key=lambda v: ...")  # fmt: skip


def _has_parts_of_its_own(pattern: Any) -> bool:
    """Whether the parts of a key are in other tuples, or in classes that may have an order of their own."""
    if is_atom(pattern):
        return False
    return not (
        isinstance(pattern, TupleVal)
        and getattr(pattern.cls, "__lt__", None) is tuple.__lt__
        and all(map(is_atom, pattern.items))
    )


def reverse(p: Parser, ref: Any, node: ast.AST) -> None:
    """list.reverse"""
    cell = cell_of(p, ref, node)
    if isinstance(cell, ListCell):
        p.change(ref, ListCell(cell.items[::-1]))
        return
    columns = tuple(p.builder.expand("list_reverse(x)", x=c) for c in cell.items)
    p.change(ref, GrownCell(cell.pattern, columns))


def place_of(p: Parser, sequence: Any, value: Any, node: ast.AST) -> Any:
    """The place of the first item that is equal to a value."""
    cell = cell_of(p, sequence, node)
    if not isinstance(cell, GrownCell):
        for k, item in enumerate(sequence.items if isinstance(sequence, TupleVal) else cell.items):
            same = compare(p, "==", item, value, node)
            if not isinstance(same, Literal):
                break
            if same.value:
                return Literal(k)
        else:
            p.raise_at(ValueError("the value is not in the list"))
        cell = ListCell(tuple(fixed_items(p, sequence, node)))
    column = numbers_of(p, at_run_time(p, cell, node), value, node)
    if column is None:
        p.raise_at(ValueError("the value is not in the list"))
    return p.builder.expand("list_index(items, v)", items=column, v=value)


def count_of(p: Parser, sequence: Any, value: Any, node: ast.AST) -> Any:
    """How many items are equal to a value."""
    cell = cell_of(p, sequence, node)
    if isinstance(cell, GrownCell):
        column = numbers_of(p, cell, value, node)
        if column is None:
            return Literal(0)
        return p.builder.expand("list_count(items, v)", items=column, v=value)
    total: Any = Literal(0)
    for item in sequence.items if isinstance(sequence, TupleVal) else cell.items:
        total = binary(p, "+", total, compare(p, "==", item, value, node), node)
    return total
