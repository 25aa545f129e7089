"""Making updates safe to write in place.

In: a block in which updates (`index_add`, `list_append`, `accumulate`, …) are pure functions of their first
operand. Out: the same block with copies inserted, such that every update may overwrite its first operand: its
memory belongs to the derivative, and nothing reads the old contents later. Where others look at that memory,
the cheapest copy is made: of the view or the item of a list that is to outlive the update, of what enters a
loop, else of what is overwritten. Not for whose memory a value is: that is `ownership`.
"""

from __future__ import annotations

from ..ir.nodes import (
    Apply,
    Block,
    For,
    Literal,
    Stmt,
    Value,
    While,
    all_statements,
    blocks_of,
    free_values,
    map_arg,
    operands,
    values_in,
)
from ..ir.types import Array, Unknown
from ..passes.absent import absent_values
from ..passes.activity import carried_params, carried_yields
from ..passes.alias import Classes
from ..rules import lists
from ..rules.helpers import COPIED
from ..rules.indexing import INDEX_SET
from ..rules.rule import METHODS, Primitive
from .ownership import Ownership, is_memory, is_view


def make_updates_safe(block: Block) -> Block:
    """Insert the copies that in-place updates need."""
    _sink(block)
    _keep_apart(block)
    copied: set[Value] = set()
    while _insert(block, Ownership(block), copied):
        pass
    return block


def is_update(stmt: Stmt) -> bool:
    """Whether a statement changes its first operand when it is printed."""
    return isinstance(stmt, Apply) and stmt.primitive.effect == "update"


# -- the order of updates ------------------------------------------------------------------------------------


def _sink(block: Block) -> None:
    """Move writes of constants of a backward sweep to where their result is read.

    The adjoint of a write reads a place and then clears it: what is computed from the old contents comes
    first.
    """
    for stmt in list(block.statements):
        for inner in blocks_of(stmt):
            _sink(inner)
        is_write = isinstance(stmt, Apply) and stmt.adjoint and stmt.primitive is INDEX_SET
        if is_write and isinstance(stmt.args[2], Literal):  # type: ignore[union-attr]
            _sink_one(block, stmt)


def _sink_one(block: Block, stmt: Stmt) -> None:
    place = block.statements.index(stmt)
    out = stmt.outs[0]
    reader = next(
        (k for k, s in enumerate(block.statements[place + 1 :], place + 1) if out in _reads(s)),
        len(block.statements),
    )
    block.statements.insert(reader, stmt)
    del block.statements[place]


def _reads(stmt: Stmt) -> set[Value]:
    found = set(operands(stmt))
    for block in blocks_of(stmt):
        found.update(values_in(block.yields))
        for inner in block.statements:
            found |= _reads(inner)
    return found


# -- copies --------------------------------------------------------------------------------------------------


def _insert(block: Block, known: Ownership, copied: set[Value]) -> bool:
    """Insert copies for the updates of a block; whether there may be more to do.

    `copied` are the copies made so far: nothing but what they were made for reads them.
    """
    for stmt in list(all_statements(block)):
        if not isinstance(stmt, Apply) or not is_update(stmt):
            continue
        first = stmt.args[0]
        if not is_memory(first) or first in copied:
            continue
        assert isinstance(first, Value)
        at = known.order.start[id(stmt)]
        others = known.others(first, at)
        if known.order.live_after(first, at):
            others.append(first)
        if known.is_ours(first) and known.is_whole(first) and not others:
            continue
        if known.is_ours(first) and known.is_whole(first) and _copy_views(known, first, others):
            return True
        if known.is_whole(first) and copy_what_enters(known, first, copied):
            return True
        _copy_before(known, stmt, first, copied)
        return True
    return False


def _copy_before(known: Ownership, stmt: Apply, first: Value, copied: set[Value]) -> None:
    """Copy the first operand of an update before it."""
    named = stmt.outs[0] if stmt.adjoint else first
    fresh = Value(first.type, named.hint, named.named)
    stmt.args = (fresh, *stmt.args[1:])
    copied.add(fresh)
    _place(known.blocks[id(stmt)], stmt, fresh, first)


def _place(block: Block, before: Stmt, fresh: Value, value: Value, row: Primitive | None = None) -> None:
    copy = Apply((fresh,), row or METHODS["copy"], (value,), before.loc, before.adjoint)
    block.statements.insert(_index(block, before), copy)


def _index(block: Block, stmt: Stmt) -> int:
    return next(k for k, s in enumerate(block.statements) if s is stmt)


def copy_what_enters(
    known: Ownership, first: Value, copied: set[Value], inner: frozenset[Value] = frozenset()
) -> bool:
    """Copy what enters a loop before it, if the memory that it changes or leaves is ours but for that.

    `inner` are the variables of the loops inside it that are being looked at.
    """
    objects = known.of(first)
    if len(objects) != 1 or not objects.isdisjoint(known.shared):
        return False
    (param,) = objects
    made = known.definition.get(param)
    if isinstance(made, (For, While)):
        # what leaves the loop is what entered it, if an iteration did not make it
        param = carried_params(made)[made.outs.index(param)]
    if param in inner or param not in known.loop_of or param not in known.borrowed:
        return False
    loop, k = known.loop_of[param]
    outer = loop.init[k]
    above = outer if isinstance(outer, Value) and outer not in copied else None
    if above is not None and copy_what_enters(known, above, copied, inner | {param}):
        return True  # an outer loop hands it on: one copy before that will do
    wanted = _flowing_into(loop, param, known)
    done = False
    for k, p in enumerate(carried_params(loop)):
        old = loop.init[k]
        if p in wanted and p in known.entering and isinstance(old, Value) and old not in copied:
            fresh = Value(old.type, p.hint, p.named)
            copied.add(fresh)
            loop.init = (*loop.init[:k], fresh, *loop.init[k + 1 :])
            _place(known.blocks[id(loop)], loop, fresh, old)
            done = True
    return done


def _flowing_into(loop: For | While, param: Value, known: Ownership) -> set[Value]:
    """The variables of a loop whose object may become that of `param`."""
    params, yields = carried_params(loop), carried_yields(loop)
    found, pending = {param}, [param]
    while pending:
        of = known.of(yields[params.index(pending.pop())])
        new = [p for p in params if p in of and p not in found]
        found.update(new)
        pending += new
    return found


def _copy_views(known: Ownership, first: Value, others: list[Value]) -> bool:
    """Copy the views that are read after an update where they are made, and not what it changes."""
    chosen: dict[Value, Apply] = {}
    for other in others:
        stmt = known.definition.get(other)
        if other is first or not isinstance(stmt, Apply) or not is_view(stmt):
            return False
        chosen[other] = stmt
    for value, stmt in chosen.items():
        # the view is made, and copied at once
        fresh = Value(value.type, value.hint, value.named)
        stmt.outs = (fresh,)
        copy = Apply((value,), METHODS["copy"], (fresh,), stmt.loc, stmt.adjoint)
        home = known.blocks[id(stmt)]
        home.statements.insert(_index(home, stmt) + 1, copy)
    return bool(chosen)


# -- what lists hold -----------------------------------------------------------------------------------------


def _keep_apart(block: Block) -> None:
    """Copy the arrays that are put on lists if their memory, or what it goes on as, is changed anywhere."""
    classes = Classes()
    classes.block(block)
    updated = classes.updated
    absent = absent_values(block, free_values(block))
    for home in classes.blocks:
        for stmt in list(home.statements):
            if not isinstance(stmt, Apply) or stmt.primitive not in lists.KEEPING:
                continue
            changed = {
                v: Value(v.type, v.hint)
                for v in values_in(stmt.args)
                if isinstance(v.type, (Array, Unknown)) and classes.find(v) in updated
            }
            for value, fresh in changed.items():
                # what a branch or a loop hands out may not be assigned, or be a number
                is_array = value in classes.made or (isinstance(value.type, Array) and value.type.shape)
                copy = METHODS["copy"] if is_array and value not in absent else COPIED
                _place(home, stmt, fresh, value, copy)
            stmt.args = tuple(map_arg(a, changed) for a in stmt.args)
