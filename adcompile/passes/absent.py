"""Which values may be None at run time, although their types are those of arrays.

In: a block. Out: the values that only some paths assign, and what is computed from them. A type tells what a
value is where there is one; None stands for it where there is none.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..ir.nodes import Block, Call, For, If, Literal, Stmt, Value, While, all_statements, operands
from .activity import carried_params, carried_yields


def absent_values(block: Block, before: Iterable[Value] = ()) -> set[Value]:
    """The values of a block that may be None; `before` are such values that it reads."""
    found = set(before)
    statements = [*all_statements(block)]
    size = -1
    while size != len(found):
        size = len(found)
        for stmt in statements:
            _visit(stmt, found)
    return found


def _visit(stmt: Stmt, found: set[Value]) -> None:
    def is_absent(atom: object) -> bool:
        return atom.value is None if isinstance(atom, Literal) else isinstance(atom, Value) and atom in found

    if isinstance(stmt, If):
        sides = zip(stmt.outs, stmt.then.yields, stmt.orelse.yields, strict=True)
        found.update(out for out, a, b in sides if is_absent(a) or is_absent(b))
    elif isinstance(stmt, (For, While)):
        groups = zip(carried_params(stmt), stmt.outs, stmt.init, carried_yields(stmt), strict=True)
        for param, out, first, then in groups:
            if is_absent(first) or is_absent(then):
                found.update((param, out))
    elif isinstance(stmt, Call) or not found.isdisjoint(operands(stmt)):
        # what a function hands out may be None, an item of a list of such values as well
        found.update(stmt.outs)
