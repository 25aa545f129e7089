"""Loops over what was saved: `for x in reversed(x_saved)` in place of a pop in every iteration.

In: a block. Out: the same block, in which a derivative's loop that takes one item an iteration from the end
of a list reads the items instead (`list_each`), with the list left as it is. The printer writes such reads
into the loop's head. A list that is read may be read again, so a pullback needs no copy of it. Not for lists
that the loop also grows, nor for loops of the user's own, whose `pop` may find the list empty.
"""

from __future__ import annotations

from ..ir.nodes import Apply, Block, For, Items, Literal, Stmt, Value, While, blocks_of, count_uses
from ..ir.types import ListOf
from ..passes.activity import carried_params, carried_yields
from ..passes.dead import remove_dead
from ..rules import lists
from ..rules.rule import OPERATORS


def iterate_saved(block: Block) -> None:
    """Rewrite the loops of a block and of the blocks in it."""
    uses = count_uses(block)
    if _block(block, uses):
        remove_dead(block)


def leading_items(loop: For) -> list[Apply]:
    """The reads of list items at the top of a loop's body, which its head supplies."""
    found: list[Apply] = []
    for stmt in loop.body.statements:
        if not isinstance(stmt, Apply) or stmt.primitive is not lists.LIST_EACH:
            break
        found.append(stmt)
    return found


def counts_trips(loop: For, lengths: dict[Value, For | While]) -> bool:
    """Whether the lists that a loop reads are as long as the loop: then it needs no `range`."""
    items = leading_items(loop)
    return bool(items) and any(_as_long(stmt.args[0], loop, lengths) for stmt in items)


def grown_by(block: Block, found: dict[Value, For | While]) -> None:
    """Enter the lists that a loop makes, one item an iteration, with the loop."""
    made: set[Value] = set()
    for stmt in block.statements:
        for inner in blocks_of(stmt):
            grown_by(inner, found)
        if isinstance(stmt, Apply) and stmt.primitive is lists.LIST_MAKE and stmt.args == (Items(()),):
            made.update(stmt.outs)
        if not isinstance(stmt, (For, While)):
            continue
        grown = {
            s.outs[0]: s.args[0]
            for s in stmt.body.statements
            if isinstance(s, Apply) and s.primitive is lists.LIST_APPEND
        }
        for out, init, param, last in zip(
            stmt.outs, stmt.init, carried_params(stmt), carried_yields(stmt), strict=True
        ):
            if init in made and grown.get(last) is param:  # type: ignore[call-overload]
                found[out] = stmt


def _as_long(items: object, loop: For, lengths: dict[Value, For | While]) -> bool:
    maker = lengths.get(items) if isinstance(items, Value) else None
    if maker is None:
        return False
    if isinstance(maker, For) and not maker.stops and _same(maker.range, loop.range):
        return True
    start, trips, step = loop.range
    if not (_is(start, 0) and _is(step, 1) and isinstance(trips, Value) and trips in maker.outs):
        return False
    k = maker.outs.index(trips)
    last = carried_yields(maker)[k]
    return _is(maker.init[k], 0) and any(
        isinstance(s, Apply)
        and s.primitive is OPERATORS["+"]
        and s.outs[0] is last
        and s.args[0] is carried_params(maker)[k]
        and _is(s.args[1], 1)
        for s in maker.body.statements
    )


def _same(a: tuple[object, ...], b: tuple[object, ...]) -> bool:
    return all(
        x is y or (isinstance(x, Literal) and isinstance(y, Literal) and x.value == y.value)
        for x, y in zip(a, b, strict=True)
    )


def _is(atom: object, value: int) -> bool:
    return isinstance(atom, Literal) and type(atom.value) is int and atom.value == value


def _block(block: Block, uses: dict[Value, int]) -> bool:
    changed = False
    for stmt in block.statements:
        if isinstance(stmt, For) and stmt.adjoint and not stmt.stops:
            changed |= _loop(stmt, uses)
        for inner in blocks_of(stmt):
            changed |= _block(inner, uses)
    return changed


def _loop(loop: For, uses: dict[Value, int]) -> bool:
    """Turn the pops of a loop's own lists into reads of their items; False if there are none."""
    pops = {
        s.args[0]: s
        for s in loop.body.statements
        if isinstance(s, Apply) and s.primitive is lists.LIST_POP
    }  # fmt: skip
    heads: list[Stmt] = []
    yields = list(loop.body.yields)
    for k, param in enumerate(loop.body.params[1:]):
        pop = pops.get(param)
        if pop is None or uses.get(param) != 1 or uses.get(pop.outs[0]) != 1 or yields[k] is not pop.outs[0]:
            continue
        items = loop.init[k]
        if uses.get(loop.outs[k]) or not isinstance(items, Value) or not isinstance(items.type, ListOf):
            continue
        heads.append(Apply(pop.outs[1:], lists.LIST_EACH, (items,), pop.loc, True))
        loop.body.statements.remove(pop)
        yields[k] = param
    loop.body.statements[:0] = heads
    loop.body.yields = tuple(yields)
    return bool(heads)
