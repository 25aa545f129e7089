"""The contents of containers, and what has to be known about them when the derivative is compiled.

In: an abstract container, index or key. Out: its cell, or a constant; integers that decide are asked for.
"""

from __future__ import annotations

import ast
from typing import Any

from ..ir.nodes import Literal, Value, values_in
from .inputs import expand_captured
from .parse import NeedUnroll, Parser
from .values import DictCell, GrownTuple, ObjectCell, Ref, TupleVal


def cell_of(p: Parser, value: Any, node: ast.AST, part: Any = None) -> Any:
    """The cell of a mutable container, or of a tuple of run-time length; None for anything else.

    `part` is as in `Parser.cell`.
    """
    if isinstance(value, GrownTuple):
        return value.cell
    if isinstance(value, Ref):
        has_parts = isinstance(p.state.heap.get(value.id), (ObjectCell, DictCell))
        return p.usable(p.cell(value, part if has_parts else None), node, "this container")
    return None


def static_key(p: Parser, key: Any, node: ast.AST) -> Any:
    """A dictionary key, which has to be known at compile time."""
    if isinstance(key, TupleVal):
        return tuple(static_key(p, k, node) for k in key.items)
    if isinstance(key, Literal):
        return key.value
    demand_static(p, key)
    p.no_derivative(
        "AD209", "a dictionary key that is known at run time only", node, "a constant key, or a list"
    )


def demand_static(p: Parser, index: Any) -> None:
    """Ask for a loop to be unrolled, or for an integer argument to be fixed, if that makes `index` known."""
    if not isinstance(index, Value):
        return
    pending, seen = [index], set()
    while pending:
        v = pending.pop()
        if v in seen:
            continue
        seen.add(v)
        if v in p.loop_indices and all(isinstance(a, Literal) for a in p.loop_indices[v]):
            raise NeedUnroll(v)
        if v in p.loop_indices:
            pending.extend(a for a in p.loop_indices[v] if isinstance(a, Value))
        p.inputs.demand(v)
        stmt = p.builder.definitions.get(v)
        if stmt is not None:
            pending.extend(values_in(stmt.args))


def dict_items(p: Parser, value: Any, node: ast.AST) -> dict[Any, Any]:
    """The entries of a dictionary that is unpacked by `**`."""
    cell = cell_of(p, expand_captured(p, value, node), node)
    if not isinstance(cell, DictCell):
        p.no_derivative(
            "AD209", "`**` needs a dictionary whose keys are known", node, "a dict display or a dict argument"
        )
    return dict(zip(cell.keys, cell.items, strict=True))


def refuse_captured(p: Parser, node: ast.AST) -> None:
    """Refuse to change an object from outside the function."""
    p.refuse("AD109", "this changes an object from outside the function", node,
             "a function that returns the new value; the caller stores it")  # fmt: skip
