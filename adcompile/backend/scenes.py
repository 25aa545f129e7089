"""`with` blocks in a list of statements.

In: statements of a block, in which managers are entered and left. Out: which statements stand inside, and
what the header says. A manager that is not left in the block is left at its end, by the exception that every
path ends in. Not for printing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeGuard

from ..ir.nodes import Apply, Stmt, Value
from ..rules.python import ENTER, EXIT
from ..rules.rule import Primitive


@dataclass
class Scene:
    """A `with` block: the managers that are entered together, each perhaps by a call, and the body."""

    managers: list[tuple[Apply | None, Apply]]
    body: list[Stmt]
    # how many statements it takes, from the first
    length: int


def scene_at(statements: list[Stmt], start: int, uses: dict[Value, int]) -> Scene | None:
    """The `with` block that begins with a statement; None if that is another statement."""
    found = _manager_at(statements, start, uses)
    if found is None:
        return None
    managers = [found]
    begin = start + len([s for s in found if s is not None])
    end = _end(statements, begin, found[1])
    inner_end = end
    while (more := _manager_at(statements, begin, uses)) is not None:
        inside = begin + len([s for s in more if s is not None])
        last = _end(statements, inside, more[1])
        if last + 1 != inner_end and not last == inner_end == len(statements):
            break
        managers.append(more)
        begin, inner_end = inside, last
    return Scene(managers, statements[begin:inner_end], min(end + 1, len(statements)) - start)


def _manager_at(statements: list[Stmt], k: int, uses: dict[Value, int]) -> tuple[Apply | None, Apply] | None:
    """The statement that enters a manager, and the one before it if that only makes the manager."""
    if k >= len(statements):
        return None
    stmt = statements[k]
    if _is(stmt, ENTER):
        return None, stmt
    following = statements[k + 1] if k + 1 < len(statements) else None
    if not isinstance(stmt, Apply) or stmt.primitive.effect != "opaque" or not _is(following, ENTER):
        return None
    manager = stmt.outs[0] if stmt.outs else None
    leaves = any(_is(s, EXIT) and s.args[0] is manager for s in statements[k + 2 :])
    if manager is None or following.args[0] is not manager or uses.get(manager, 0) != 1 + leaves:
        return None
    return stmt, following


def _end(statements: list[Stmt], begin: int, enter: Apply) -> int:
    """The place of the statement that leaves a manager, or behind the last one."""
    manager = enter.args[0]
    depth = 0
    for k in range(begin, len(statements)):
        stmt = statements[k]
        if _is(stmt, ENTER) and stmt.args[0] is manager:
            depth += 1
        elif _is(stmt, EXIT) and stmt.args[0] is manager:
            if depth == 0:
                return k
            depth -= 1
    return len(statements)


def _is(stmt: Stmt | None, row: Primitive) -> TypeGuard[Apply]:
    return isinstance(stmt, Apply) and stmt.primitive is row
