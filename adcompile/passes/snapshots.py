"""Checkpointed loops: a few snapshots instead of what every iteration needs.

In: a loop, its forward body and the backward body that reads values of the forward body freely. Out: the
forward loop, which keeps some of the states that iterations begin with, and the backward loop, which returns
to the last one kept, goes from there to the iteration whose turn it is, and repeats that. The states kept on
the way are those with which the fewest iterations are computed again (Griewank & Walther 2000). Not for the
places of the snapshots: those are `next_snapshot` of `backend.runtime`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..ir.build import Builder
from ..ir.nodes import (
    Apply,
    Atom,
    Block,
    For,
    If,
    Items,
    Literal,
    Stmt,
    Value,
    clone_block,
    free_values,
    map_arg,
    substitute,
)
from ..ir.types import INT, ListOf, forget_sizes
from ..rules import lists
from ..rules.helpers import ENOUGH_SNAPSHOTS, NEXT_SNAPSHOT
from .dead import remove_dead
from .keep import Kept, ensure_carried, iteration_index
from .recompute import make_repeatable


def keep_snapshots(
    builder: Builder,
    loop: For,
    forward: list[Stmt],
    backward: Block,
    init: tuple[Any, ...],
    outside: Mapping[Value, Stmt],
) -> Kept:
    """Build the two loops, from what `passes.keep` builds its from."""
    copies: dict[Value, Any] = {}
    whole = Block((), [*forward, *backward.statements], backward.yields)
    repeated = clone_block(whole, copies)
    make_repeatable(repeated)
    plan = _Plan(builder, loop, _state(loop, repeated), outside)
    new_loop = plan.forward()
    number = Value(INT, plan.index.hint, plan.index.named)
    with builder.block() as statements:
        held = plan.restored(number)
        mapping: dict[Value, Any] = {plan.index: iteration_index(builder, loop, number), **held}
        for stmt in repeated.statements:
            builder.record(stmt)
            statements.append(substitute(stmt, mapping))
    yields = tuple(map_arg(y, mapping) for y in repeated.yields)
    params = (*backward.params, *plan.heads)
    outs = tuple(Value(q.type, q.hint, q.named) for q in params)
    body = Block((number, *params), statements, (*yields, *plan.tails))
    span = (Literal(0), plan.done, Literal(1))
    builder.statements.append(
        For(outs, span, (*init, *plan.lists), body, loop.loc, backwards=True, adjoint=True)
    )
    return Kept([*plan.before, new_loop], list(outs[: len(backward.params)]))


def _state(loop: For, repeated: Block) -> list[int]:
    """The places of the carried values that have to be known where an iteration begins, to repeat it and all
    that follow.
    """
    carried = loop.body.params[1:]
    read = free_values(repeated)
    wanted = [k for k, q in enumerate(carried) if q in read]
    while True:
        onward = _onward(loop, wanted, {})
        read = free_values(onward)
        more = [k for k, q in enumerate(carried) if k in wanted or q in read]
        if more == wanted:
            return wanted
        wanted = more


def _onward(loop: For, wanted: list[int], mapping: dict[Value, Any]) -> Block:
    """A copy of what an iteration does for some of the values that it hands on."""
    left = loop.body.yields[1:] if loop.stops else loop.body.yields
    yields = tuple(left[k] for k in wanted)
    block = clone_block(Block((), loop.body.statements, yields), mapping)
    remove_dead(block, effects=False)
    return block


class _Plan:
    """The parts of the two loops that keep states and return to them.

    Attributes
    ----------
    before : list of Stmt
        What precedes the forward loop.
    lists : tuple of Value
        What has been kept when it ends: the numbers of iterations, and the states they begin with.
    heads, tails : tuple of Value
        The same before and after an iteration of the backward loop.
    """

    def __init__(self, builder: Builder, loop: For, state: list[int], outside: Mapping[Value, Stmt]) -> None:
        for k in state:
            ensure_carried(loop, k, outside)
        self.builder, self.loop, self.state = builder, loop, state
        self.index, *carried = loop.body.params
        self.carried = [carried[k] for k in state]
        if state and not self.index.hint.strip("_"):
            # the program does not read it, but the snapshots do
            self.index.hint, self.index.named = "step", True
        start, stop, step = loop.range
        self.most: Atom = Literal(None)
        with builder.at(loop.loc, adjoint=False), builder.block() as self.before:
            self.trips: Any = stop
            from_zero = not loop.backwards and is_number(start, 0) and is_number(step, 1)
            if not from_zero:
                self.trips = builder.expand("range_length(a, b, c)", a=start, b=stop, c=step)
            if state:
                self.most = loop.snapshots  # type: ignore[assignment]
                if is_number(self.most, None):
                    self.most = builder.apply(ENOUGH_SNAPSHOTS, self.trips, hint="snapshots", named=True)
        # how many iterations there have been; a loop that is left early counts them
        self.counts = loop.stops or (bool(state) and not from_zero)
        self.done: Any = Value(INT, "trips", True) if loop.stops else self.trips
        self.lists = self._stacks()
        self.heads = self._stacks()
        self.tails: tuple[Any, ...] = ()

    def _stacks(self) -> tuple[Value, ...]:
        """Variables for the lists."""
        kept = [self.index, *self.carried] if self.state else []
        return tuple(Value(ListOf(forget_sizes(v.type)), _list_name(v), True) for v in kept)

    def forward(self) -> For:
        """The loop that keeps states on its way."""
        loop, builder = self.loop, self.builder
        params: list[Value] = []
        init: list[Atom] = []
        yields: list[Any] = []
        outs: list[Value] = []
        with builder.at(loop.loc, adjoint=False), builder.block() as statements:
            number = self.index
            if self.counts:
                number = Value(INT, "number", True)
                params, init, yields = [number], [Literal(0)], [builder.expand("k + 1", k=number)]
                outs = [self.done if loop.stops else Value(INT, "number", True)]
            if self.state:
                due, stacks, empty = Value(INT, "due", True), self._stacks(), self._stacks()
                self.before += [Apply((v,), lists.LIST_MAKE, (Items(()),), loop.loc) for v in empty]
                yields += self._take(number, self.trips, due, stacks, self.carried)
                params += [due, *stacks]
                init += [Literal(0), *empty]
                outs += [Value(INT, "due", True), *self.lists]
        body = Block(
            (*loop.body.params, *params),
            [*statements, *loop.body.statements],
            (*loop.body.yields, *yields),
        )
        return replace(loop, outs=(*loop.outs, *outs), init=(*loop.init, *init), body=body, snapshots=None)

    def _take(
        self, number: Value, stop: Any, due: Value, stacks: tuple[Value, ...], values: list[Value]
    ) -> tuple[Value, ...]:
        """Keep the values if a snapshot is due: the number of the next one, and the lists."""
        builder = self.builder
        with builder.block() as taking:
            taken = builder.expand("len(x)", x=stacks[0])
            after = builder.apply(NEXT_SNAPSHOT, number, stop, self.most, taken)
            pairs = zip(stacks, (number, *values), strict=True)
            kept = [builder.apply(lists.LIST_APPEND, stack, v) for stack, v in pairs]
        outs = tuple(Value(v.type, v.hint, True) for v in (due, *stacks))
        test = builder.expand("a == b", a=number, b=due)
        blocks = Block((), taking, (after, *kept)), Block((), [], (due, *stacks))
        builder.statements.append(If(outs, test, *blocks, builder.loc, builder.adjoint))
        return outs

    def restored(self, number: Value) -> dict[Value, Any]:
        """The state that an iteration begins with: from the last one kept, onwards to it."""
        if not self.state:
            return {}
        builder, loop = self.builder, self.loop
        rests, begun = [], []
        for head, v in zip(self.heads, (self.index, *self.carried), strict=True):
            rest, item = builder.apply(lists.LIST_POP, head)
            rest.hint, rest.named = head.hint, True
            item.type, item.hint, item.named = v.type, v.hint, v.named
            rests.append(rest)
            begun.append(item)
        start = begun[0]
        start.hint, start.named = "start", True
        at = Value(INT, "i" if self.index.hint != "i" else "j", True)
        due, stacks = Value(INT, "due", True), self._stacks()
        states = [Value(v.type, v.hint, v.named) for v in self.carried]
        with builder.block() as statements:
            taken = self._take(at, number, due, stacks, states)
            mapping: dict[Value, Any] = dict(zip(self.carried, states, strict=True))
            mapping[self.index] = iteration_index(builder, loop, at)
            onward = _onward(loop, self.state, mapping)
            make_repeatable(onward)
            for stmt in onward.statements:
                builder.record(stmt)
            statements += onward.statements
        params = (due, *stacks, *states)
        outs = tuple(Value(q.type, q.hint, q.named) for q in params)
        body = Block((at, *params), statements, (*taken, *onward.yields))
        init = (start, *rests, *begun[1:])
        builder.statements.append(For(outs, (start, number, Literal(1)), init, body, loop.loc, adjoint=True))
        self.tails = outs[1 : 1 + len(stacks)]
        return dict(zip(self.carried, outs[1 + len(stacks) :], strict=True))


def _list_name(value: Value) -> str:
    return f"{value.hint}_snapshots" if value.hint else "snapshots"


def is_number(atom: Any, value: Any) -> bool:
    """Whether an atom is a literal of this value."""
    return isinstance(atom, Literal) and type(atom.value) is type(value) and atom.value == value
