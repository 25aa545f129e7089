"""Lists of run-time length compared with one another, and with values that they may hold.

In: lists of numbers, or of tuples of numbers. Out: booleans and places of the graph, which have no
derivative. Not for what can be decided item by item: that is `operators`.
"""

from __future__ import annotations

import ast
from typing import Any

from ..ir.types import ListOf, Scalar
from .columns import common, grown, widened
from .parse import Parser
from .values import FALSE, TRUE, GrownCell, is_atom


def equal_lists(p: Parser, a: Any, b: Any, node: ast.AST) -> Any:
    """Whether two lists have equal items, at least one of which has a length known at run time only."""
    first: Any = grown(p.builder, a)
    second: Any = grown(p.builder, b)
    if first is None or second is None:
        _refuse(p, node)
    if first.pattern is None or second.pattern is None:
        other = second if first.pattern is None else first
        return TRUE if other.pattern is None else p.builder.expand("len(x) == 0", x=other.items[0])
    if common(first.pattern, second.pattern) is None:
        _refuse(p, node)
    first, second = widened(p.builder, first, second.pattern), widened(p.builder, second, first.pattern)
    result: Any = TRUE
    for x, y in zip(first.items, second.items, strict=True):
        if not (_holds_numbers(x) and _holds_numbers(y)):
            _refuse(p, node)
        same = p.builder.expand("list_equal(x, y)", x=x, y=y)
        result = same if result is TRUE else p.builder.expand("a & b", a=result, b=same)
    return result


def contains(p: Parser, cell: GrownCell, value: Any, node: ast.AST) -> Any:
    """Whether a list of run-time length has an item that is equal to a value."""
    column = numbers_of(p, cell, value, node)
    return FALSE if column is None else p.builder.expand("list_contains(items, v)", items=column, v=value)


def numbers_of(p: Parser, cell: GrownCell, value: Any, node: ast.AST) -> Any:
    """The numbers among which a value is looked for; None if there are none."""
    if cell.pattern is None:
        return None
    is_number = is_atom(value) and isinstance(value.type, Scalar)
    if not is_number or not is_atom(cell.pattern) or not _holds_numbers(cell.items[0]):
        _refuse(p, node)
    return cell.items[0]


def _holds_numbers(column: Any) -> bool:
    # a list that is empty so far has no type of items
    return isinstance(column.type, ListOf) and isinstance(column.type.element, (Scalar, type(None)))


def _refuse(p: Parser, node: ast.AST) -> Any:
    p.no_derivative("AD206", "a comparison of items of a list of run-time length that are no numbers", node,
                    "a loop that compares the items")  # fmt: skip
