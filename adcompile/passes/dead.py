"""Dead code: what neither a result nor an effect needs.

In: a block. Out: the same block without statements, loop variables and outputs of branches that nobody reads.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from ..ir.nodes import (
    Apply,
    Block,
    Call,
    For,
    Function,
    If,
    Stmt,
    Value,
    While,
    all_statements,
    blocks_of,
    operands,
    values_in,
)
from .activity import carried_params, carried_yields
from .raising import may_raise


def remove_dead(block: Block, effects: bool = True, checked: Collection[Stmt] = ()) -> None:
    """Drop statements, loop variables and branch outputs that neither an effect nor a result needs.

    Without `effects`, also those that are there for an effect only; and those that other statements check.
    """

    def stays(stmt: Stmt) -> bool:
        return effects and is_effect(stmt, checked)

    _Liveness(stays).block(block)


def is_effect(stmt: Stmt, checked: Collection[Stmt] = ()) -> bool:
    """Whether a statement has to stay although nothing needs its results.

    Of those that are `checked`, another statement raises the errors.
    """
    if isinstance(stmt, Apply):
        return _acts(stmt) or (stmt not in checked and _raises(stmt))
    # a loop without an end is an effect, too: a `while` is kept if its test can be false no more than once
    if isinstance(stmt, (If, For, While)):
        return any(is_effect(s, checked) for b in blocks_of(stmt) for s in b.statements)
    return any(_acts(s) or (not stmt.adjoint and _raises(s)) for s in _executed(stmt.function, set()))


def has_effects(function: Function) -> bool:
    """Whether a call of a function may do something beside computing its results."""
    return any(map(_acts, _executed(function, set())))


def _executed(function: Function, seen: set[Function]) -> Iterator[Stmt]:
    """The statements of a function and of those that it calls."""
    if function.body is None or function in seen:
        return
    seen.add(function)
    for stmt in all_statements(function.body):
        yield stmt
        if isinstance(stmt, Call):
            yield from _executed(stmt.function, seen)


def _acts(stmt: Stmt) -> bool:
    return isinstance(stmt, Apply) and stmt.primitive.effect == "opaque"


def _raises(stmt: Stmt) -> bool:
    return isinstance(stmt, Apply) and not stmt.adjoint and may_raise(stmt)


class _Liveness:
    """Backward liveness over structured blocks; `live` holds what later statements read."""

    def __init__(self, stays: Callable[[Stmt], bool]) -> None:
        self.live: set[Value] = set()
        self.stays = stays

    def block(self, block: Block) -> None:
        self.live.update(values_in(block.yields))
        kept: list[Stmt] = []
        for stmt in reversed(block.statements):
            if not any(o in self.live for o in stmt.outs) and not self.stays(stmt):
                continue
            if isinstance(stmt, If):
                self._if(stmt)
            elif isinstance(stmt, (For, While)):
                self._loop(stmt)
            self.live.update(operands(stmt))
            kept.append(stmt)
        block.statements = kept[::-1]

    def _if(self, stmt: If) -> None:
        wanted = [k for k, o in enumerate(stmt.outs) if o in self.live]
        stmt.outs = tuple(stmt.outs[k] for k in wanted)
        for inner in (stmt.then, stmt.orelse):
            inner.yields = tuple(inner.yields[k] for k in wanted)
            self.block(inner)

    def _loop(self, stmt: For | While) -> None:
        shift = 1 if isinstance(stmt, For) else 0
        first = 1 if stmt.stops else 0
        params, yields = carried_params(stmt), stmt.body.yields[first:]
        keep = sorted(_wanted(stmt, self.live, self.stays)[0])
        stmt.outs = tuple(stmt.outs[k] for k in keep)
        stmt.init = tuple(stmt.init[k] for k in keep)
        stmt.body.params = (*stmt.body.params[:shift], *(params[k] for k in keep))
        stmt.body.yields = (*stmt.body.yields[:first], *(yields[k] for k in keep))
        self.block(stmt.body)
        if isinstance(stmt, While):
            stmt.test.params = tuple(stmt.test.params[k] for k in keep)
            self.block(stmt.test)


def _wanted(
    stmt: For | While, live: set[Value], stays: Callable[[Stmt], bool]
) -> tuple[set[int], set[Value]]:
    """Which of the values that a loop carries matter if `live` is read behind it, and what it reads then."""
    params, yields = carried_params(stmt), carried_yields(stmt)
    tested = stmt.test.params if isinstance(stmt, While) else params
    wanted = {k for k, o in enumerate(stmt.outs) if o in live}
    while True:
        reads = _reads_of_body(stmt, [yields[k] for k in sorted(wanted)], stays)
        more = {k for k, p in enumerate(params) if p in reads or tested[k] in reads}
        if more <= wanted:
            return wanted, reads
        wanted |= more


def _reads_of_body(stmt: For | While, wanted: list[Any], stays: Callable[[Stmt], bool]) -> set[Value]:
    """What a loop reads, in itself and its blocks, if only the `wanted` yields matter; nothing is changed."""
    found: set[Value] = set(values_in(wanted))
    if stmt.stops:
        found.update(values_in(stmt.body.yields[:1]))
    _collect(stmt.body, found, stays)
    if isinstance(stmt, While):
        found.update(values_in(stmt.test.yields))
        _collect(stmt.test, found, stays)
    return found


def _collect(block: Block, found: set[Value], stays: Callable[[Stmt], bool]) -> None:
    for stmt in reversed(block.statements):
        if not any(o in found for o in stmt.outs) and not stays(stmt):
            continue
        if isinstance(stmt, (For, While)):
            wanted, reads = _wanted(stmt, found, stays)
            found.update(reads)
            found.update(values_in(stmt.init[k] for k in wanted))
            if isinstance(stmt, For):
                found.update(values_in((*stmt.range, *(() if stmt.snapshots is None else (stmt.snapshots,)))))
            continue
        found.update(operands(stmt))
        if isinstance(stmt, If):
            for inner in (stmt.then, stmt.orelse):
                found.update(
                    a
                    for o, a in zip(stmt.outs, inner.yields, strict=True)
                    if o in found and isinstance(a, Value)
                )
                if any(o in found for o in stmt.outs) or stays(stmt):
                    _collect(inner, found, stays)
