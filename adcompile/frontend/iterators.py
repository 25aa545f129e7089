"""Iterators that are advanced by hand.

In: what `iter` returns. Out: its next item. How many items it has given is a number of the state, which
branches join and loops carry like any other. Not for loops over iterators: those are `loops`.
"""

from __future__ import annotations

import ast
from typing import Any

from ..ir.nodes import Literal
from .branches import branch
from .cells import demand_static
from .iterate import counted, iterable, place_of
from .parse import Parser
from .values import FALSE, TRUE, Fixed, Iterator, fresh_id, place_key


def iterator(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    """iter()"""
    if len(args) > 1:
        p.no_derivative("AD202", "`iter` with a sentinel", node, "a while loop")
    if isinstance(args[0], Iterator):
        return args[0]
    place = place_key(fresh_id())
    p.state.names[place] = Literal(0)
    return Iterator(iterable(p, args[0], node), place=place)


def advance(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    """next()"""
    given = args[0]
    is_new = isinstance(node, ast.Call) and isinstance(node.args[0], ast.GeneratorExp)
    if not isinstance(given, Iterator) or given.consumed or (given.place is None and not is_new):
        p.no_derivative("AD206", "an iterator that is advanced by hand", node, "a for loop, or indexing")
    place: Any = Literal(0)
    if given.place is not None:
        place = place_of(p, given, node)
        p.state.names[given.place] = p.binary("+", place, Literal(1), node)
    source = given.source
    if isinstance(source, Fixed):
        demand_static(p, place)
        if not isinstance(place, Literal):
            p.no_derivative(
                "AD209",
                "how many items an iterator has given is known at run time only",
                node,
                "an iterator over an array, or indexing",
            )
        is_over: Any = TRUE if place.value >= source.size() else FALSE
        item: Any = lambda: source.get(place.value)  # noqa: E731
    else:
        items = counted(p, source)
        is_over = p.builder.expand("k >= n", k=place, n=items.length)
        item = lambda: items.get(place)  # noqa: E731
    if len(args) > 1:
        return p.usable(branch(p, is_over, lambda: args[1], item), node, "the result of this call")
    branch(p, is_over, lambda: p.raise_at(StopIteration()), lambda: None)
    return item()
