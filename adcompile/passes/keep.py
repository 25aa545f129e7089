"""What the backward sweep of a loop needs of its forward sweep: live, recompute or save.

In: a loop, its forward body and the backward body that reads values of the forward body freely. Out: the
forward loop, which saves on run-time lists, and the backward loop, which takes from them. What is saved is a
minimum cut between what the forward sweep alone can supply and what the backward body reads; values that are
cheap to compute again from indices and values from outside the loop pass through it, and so do those that a
finished array still holds (to-be-recorded analysis: Hascoët, Naumann & Pascual 2005). Not for values outside
loops: those are still live.
"""

from __future__ import annotations

from collections import ChainMap, deque
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.build import Builder
from ..ir.nodes import (
    UNDEFINED,
    Apply,
    Atom,
    Block,
    For,
    If,
    Items,
    Literal,
    Stmt,
    Value,
    While,
    all_statements,
    blocks_of,
    clone_stmt,
    free_values,
    map_arg,
    operands,
    substitute,
    values_in,
)
from ..ir.types import INT, Extent, ListOf, Scalar, ShapeOf, dtype_of, forget_sizes, shape_of
from ..ir.wording import word_of
from ..rules import lists
from ..rules.arithmetic import LENGTH
from ..rules.indexing import GETITEM, SHAPE, is_basic
from ..rules.results import is_none
from ..rules.rule import FUNCTIONS, METHODS, OPERATORS
from ..rules.sharing import copies
from .absent import absent_values
from .activity import carried_params
from .held import Held


@dataclass
class Kept:
    """The forward statements that replace the loop, and the outputs of the appended backward loop."""

    forward: list[Stmt]
    bars: list[Value]


def keep(
    builder: Builder,
    loop: For | While,
    forward: list[Stmt],
    backward: Block,
    init: tuple[Any, ...],
    outside: Mapping[Value, Stmt],
    held: Held,
) -> Kept:
    """Build the two loops; `init` are the entering adjoints, in the order of `backward.params`.

    `outside` are the branches before the loop, by what they hand out; `held` knows what finished arrays hold.
    """
    index = loop.body.params[0] if isinstance(loop, For) else None
    forward = _with_shapes(forward, backward)
    local = {*loop.body.params, *(out for s in forward for out in s.outs)}
    needed = [v for v in free_values(backward) if v in local]
    definitions = {out: s for s in forward for out in s.outs}
    local -= {index}
    wanted = [v for v in needed if v is not index]
    saved, again = _chosen(wanted, definitions, local, local, definitions.get, held)
    carried = loop.body.params[1:] if isinstance(loop, For) else loop.body.params
    origins = {**outside, **dict.fromkeys(carried, loop), **definitions}
    for v in saved:
        ensure_defined(v, origins)
        if not v.hint and v in definitions:
            v.hint = word_of(v, definitions[v])
    counted = isinstance(loop, While) or loop.stops
    mapping: dict[Value, Any] = {}
    lists_out, pre, new_loop, trips = _forward_loop(loop, forward, saved, counted)
    stacks = [Value(v.type, v.hint, True) for v in lists_out]
    with builder.block() as statements:
        for v, stack in zip(saved, stacks, strict=True):
            rest, item = builder.apply(lists.LIST_POP, stack)
            rest.hint, rest.named = stack.hint, True
            item.type, item.hint, item.named = v.type, v.hint, v.named
            mapping[v] = item
            stacks[stacks.index(stack)] = rest
    heads = [s.args[0] for s in statements if isinstance(s, Apply)]
    counter = Value(INT, index.hint if index is not None else "", index.named if index is not None else False)
    uses_index = index is not None and (index in needed or any(index in operands(s) for s in again))
    if index is not None:
        mapping[index] = counter
    if counted and uses_index:
        assert isinstance(loop, For) and index is not None
        counter.hint, counter.named = "k", False
        with builder.within(statements):
            mapping[index] = iteration_index(builder, loop, counter)
    for s in again:
        statements.append(clone_stmt(s, mapping))
    for s in backward.statements:
        statements.append(substitute(s, mapping))
    yields = tuple(map_arg(y, mapping) for y in backward.yields)
    params = (counter, *backward.params, *heads)
    outs = [Value(p.type, p.hint, p.named) for p in backward.params]
    spare = [Value(v.type, v.hint, True) for v in lists_out]
    span: Any = (Literal(0), trips, Literal(1)) if counted else loop.range  # type: ignore[union-attr]
    body = Block(params, statements, (*yields, *stacks))  # type: ignore[arg-type]
    turned = counted or not (isinstance(loop, For) and loop.backwards)
    builder.statements.append(
        For((*outs, *spare), span, (*init, *lists_out), body, loop.loc, backwards=turned, adjoint=True)
    )
    return Kept([*pre, new_loop], outs)


def _with_shapes(forward: list[Stmt], backward: Block) -> list[Stmt]:
    """The forward body with the shapes of the arrays of which the backward body reads nothing else, and the
    lengths of such lists.

    So it is the shape that is saved.
    """
    looks: dict[Value, list[Apply]] = {}
    read = set(values_in(backward.yields))
    for stmt in all_statements(backward):
        read.update(v for inner in blocks_of(stmt) for v in values_in(inner.yields))
        if isinstance(stmt, Apply) and _looks_at_shape(stmt):
            looks.setdefault(stmt.args[0], []).append(stmt)  # type: ignore[arg-type]
        else:
            read.update(operands(stmt))
    found: list[Stmt] = []
    images: dict[Value, Value] = {}
    lengths: dict[Any, Value] = {
        s.args[0]: s.outs[0] for s in forward if isinstance(s, Apply) and s.primitive is LENGTH
    }
    for stmt in forward:
        found.append(stmt)
        for v in stmt.outs if isinstance(stmt, Apply) or _hands_out_lists(stmt, forward) else ():
            if v in read or v not in looks:
                continue
            if isinstance(v.type, ListOf):
                length = lengths.get(v) or Value(INT)
                if v not in lengths:
                    found.append(Apply((length,), LENGTH, (v,), stmt.loc))
                images.update((look.outs[0], length) for look in looks[v])
                continue
            shape = Value(ShapeOf(shape_of(v.type)))
            found.append(Apply((shape,), SHAPE, (v,), stmt.loc))
            for look in looks[v]:
                if look.primitive is SHAPE:
                    images[look.outs[0]] = shape
                else:
                    look.primitive, look.args = FUNCTIONS[np.zeros], (shape, Literal(None))
    _replace(backward, images)
    return found


def _hands_out_lists(stmt: Stmt, forward: list[Stmt]) -> bool:
    """Whether a branch hands out nothing but lists, on either path one that was made there."""
    if not isinstance(stmt, If) or not all(isinstance(out.type, ListOf) for out in stmt.outs):
        return False
    absent = absent_values(Block((), forward, ()))
    atoms = (*stmt.then.yields, *stmt.orelse.yields)
    made = {out for s in all_statements(Block((), forward, ())) if isinstance(s, Apply) for out in s.outs}
    return all(isinstance(a, Value) and a in made and a not in absent for a in atoms)


def _replace(block: Block, images: Mapping[Value, Value]) -> None:
    """Put other values in place of what some statements of a block define, and drop those."""
    block.statements[:] = [s for s in block.statements if images.keys().isdisjoint(s.outs)]
    for stmt in block.statements:
        substitute(stmt, images)
        for inner in blocks_of(stmt):
            _replace(inner, images)
    block.yields = tuple(map_arg(y, images) for y in block.yields)


def _looks_at_shape(stmt: Apply) -> bool:
    """Whether a statement makes of an array its shape, or zeros of its shape."""
    if stmt.primitive is LENGTH:
        return isinstance(stmt.args[0], Value) and isinstance(stmt.args[0].type, ListOf)
    if stmt.primitive is SHAPE:
        return isinstance(stmt.args[0], Value)
    plain = stmt.primitive is FUNCTIONS[np.zeros_like] and is_none(stmt.args[1])
    return plain and stmt.adjoint and dtype_of(stmt.outs[0].type) == "float64"


def iteration_index(builder: Builder, loop: For, number: Value) -> Any:
    """The index of a loop in the iteration of a number."""
    start, stop, step = loop.range
    if loop.backwards:
        n = builder.expand("range_length(a, b, c)", a=start, b=stop, c=step)
        value = builder.expand("a + (n - 1 - k) * c", a=start, n=n, k=number, c=step)
    else:
        value = number
        if not (isinstance(step, Literal) and step.value == 1):
            value = builder.apply(OPERATORS["*"], value, step)
        if not (isinstance(start, Literal) and start.value == 0):
            value = builder.apply(OPERATORS["+"], start, value)
    if isinstance(value, Value) and value is not number:
        value.hint, value.named = loop.body.params[0].hint, True
    return value


def _forward_loop(
    loop: For | While, forward: list[Stmt], saved: list[Value], counted: bool
) -> tuple[list[Value], list[Stmt], Stmt, Value | None]:
    """The loop with what it saves, and with a count of its iterations where nothing else tells it."""
    pre: list[Stmt] = []
    params: list[Value] = []
    yields: list[Atom] = []
    init: list[Atom] = []
    outs: list[Value] = []
    body = list(forward)
    trips: Value | None = None
    if counted:
        count, more, trips = Value(INT, "trips"), Value(INT, "trips"), Value(INT, "trips")
        body.append(Apply((more,), OPERATORS["+"], (count, Literal(1)), loop.loc))
        params, yields, init, outs = [count], [more], [Literal(0)], [trips]
    lists_out: list[Value] = []
    for v in saved:
        t = ListOf(forget_sizes(v.type))
        name = f"{v.hint}_saved" if v.hint else "saved"
        empty, stack, pushed, out = (Value(t, name, True) for _ in range(4))
        pre.append(Apply((empty,), lists.LIST_MAKE, (Items(()),), loop.loc))
        _insert_after(body, v, Apply((pushed,), lists.LIST_APPEND, (stack, v), loop.loc))
        params.append(stack)
        yields.append(pushed)
        init.append(empty)
        outs.append(out)
        lists_out.append(out)
    new_body = Block((*loop.body.params, *params), body, (*loop.body.yields, *yields))
    new_init: tuple[Atom, ...] = (*loop.init, *init)
    if isinstance(loop, For):
        new: Stmt = For(
            (*loop.outs, *outs),
            loop.range,
            new_init,
            new_body,
            loop.loc,
            loop.stops,
            loop.backwards,
            loop.adjoint,
        )
    else:
        test_params = tuple(Value(p.type, p.hint) for p in params)
        test = Block((*loop.test.params, *test_params), loop.test.statements, loop.test.yields)
        new = While((*loop.outs, *outs), new_init, test, new_body, loop.loc, loop.stops, loop.adjoint)
    return lists_out, pre, new, trips


def _insert_after(body: list[Stmt], value: Value, stmt: Stmt) -> None:
    """Insert a statement right behind the definition of a value; of a parameter, at the top."""
    place = next((k + 1 for k, s in enumerate(body) if value in s.outs), 0)
    body.insert(place, stmt)


def is_cheap(stmt: Stmt) -> bool:
    """Whether computing again costs less than saving: reads, views, arithmetic of numbers."""
    if not isinstance(stmt, Apply) or len(stmt.outs) != 1:
        return False
    row = stmt.primitive
    if row.effect == "view" and row.lazy and not row.joint and not copies(stmt):
        # the elements of one array, along other axes
        return isinstance(stmt.args[0], Value) and _rank(stmt.args[0]) == _rank(stmt.outs[0]) is not None
    if not row.cheap:
        return False
    if row is GETITEM:
        return is_basic(stmt.args[1]) and not isinstance(stmt.args[0].type, ListOf)  # type: ignore[union-attr]
    return shape_of(stmt.outs[0].type) == () or isinstance(stmt.outs[0].type, (ShapeOf, Extent))


def is_light(stmt: Stmt) -> bool:
    """Whether computing an array again costs about as much as to fetch a saved one from memory: arithmetic,
    element by element, and copies.
    """
    if is_cheap(stmt) or (isinstance(stmt, Apply) and stmt.primitive is METHODS["copy"]):
        return True
    if not isinstance(stmt, Apply) or not stmt.primitive.pointwise or len(stmt.outs) != 1:
        return False
    if stmt.primitive is OPERATORS["**"]:
        return isinstance(stmt.args[1], Literal) and stmt.args[1].value == 2
    return stmt.primitive.cheap


def _rank(value: Value) -> int | None:
    shape = shape_of(value.type)
    return None if shape is None else len(shape)


def _volume(value: Value) -> int:
    """How much memory a value takes: numbers little, arrays by their rank."""
    t = value.type
    if isinstance(t, (Scalar, ShapeOf, Extent)):
        return 2
    rank = _rank(value)
    volume: int = 2 * 64 ** (2 if rank is None else rank)
    return volume


def _cost(value: Value, overwritten: set[Value]) -> int:
    """What saving a value costs: its memory, and more if that has to be copied for it."""
    volume = _volume(value)
    return volume + volume // 2 if value in overwritten else volume


Source = Callable[[Value], Stmt | None]
# how many operations on arrays may be done again so that one array less is saved
_WORTH = 4


def recomputable(needed: list[Value], forward: list[Stmt], held: Held) -> tuple[list[Value], list[Stmt]]:
    """Of what a branch in a loop needs for its backward side: what has to be kept, and the statements for the
    rest.

    What those read of values of the loop, the loop has to keep: of an array of the loop of which the branch
    reads an element, the element is kept.
    """
    inner = {out: s for s in forward for out in s.outs}

    def source(v: Value) -> Stmt | None:
        return inner.get(v) or (held.definitions.get(v) if v in held.changing else None)

    return _chosen(needed, inner, inner, ChainMap[Value, Any](inner, held.changing), source, held)


def _chosen(
    needed: list[Value],
    definitions: dict[Value, Stmt],
    own: Container[Value],
    local: Container[Value],
    source: Source,
    held: Held,
) -> tuple[list[Value], list[Stmt]]:
    """Which of the `own` values to save, and the statements that compute the rest of the `needed` ones again.

    Those are among `definitions`. `local` values are not there by themselves; where all there are come from,
    `source` knows.
    """
    best: tuple[list[Value], list[Stmt]] | None = None
    volume = unit = 0
    for again in (is_cheap, is_light):
        sources = _sources(needed, source, again, held)
        cut = minimum_cut(needed, sources, local, again, held.overwritten)
        kept = [v for v in cut if v in own]
        repeated = {v: sources.get(v, s) for v, s in definitions.items()}
        statements = _recomputed(needed, repeated, own, set(kept))
        sizes = [_volume(v) for v in cut]
        if best is None:
            best, volume, unit = (kept, statements), sum(sizes), max(sizes, default=0)
        elif sum(not is_cheap(s) for s in statements) * unit <= _WORTH * (volume - sum(sizes)):
            best = kept, statements
    assert best is not None
    return best


def _sources(
    needed: list[Value], source: Source, again: Callable[[Stmt], bool], held: Held
) -> dict[Value, Stmt]:
    """Where the backward sweep may get values from: their definitions, or reads of finished arrays."""
    sources: dict[Value, Stmt] = {}
    pending = list(needed)
    while pending:
        v = pending.pop()
        stmt = source(v)
        if stmt is None or v in sources:
            continue
        sources[v] = stmt = held.reading(v) or stmt
        if again(stmt):
            pending += operands(stmt)
    return sources


_INFINITE = 1 << 40


def minimum_cut(
    needed: list[Value],
    definitions: dict[Value, Stmt],
    local: Container[Value],
    again: Callable[[Stmt], bool],
    overwritten: set[Value],
) -> list[Value]:
    """The cheapest set of `local` values from which all `needed` ones can be computed, by statements that may
    be done `again`.

    Vertex cut by augmenting paths; of several minimum cuts the one closest to the needed values,
    which recomputes least.
    """
    graph: dict[Any, dict[Any, int]] = {}

    def edge(a: Any, b: Any, capacity: int) -> None:
        graph.setdefault(a, {})[b] = capacity
        graph.setdefault(b, {}).setdefault(a, 0)

    order: dict[Value, None] = {}
    pending = list(reversed(needed))
    while pending:
        v = pending.pop()
        if v in order:
            continue
        order[v] = None
        edge((v, 0), (v, 1), _cost(v, overwritten))
        stmt = definitions.get(v)
        if stmt is None or not again(stmt):
            edge("source", (v, 0), _INFINITE)
            continue
        for operand in operands(stmt):
            if operand in local:
                edge((operand, 1), (v, 0), _INFINITE)
                pending.append(operand)
    for v in needed:
        edge((v, 1), "sink", _INFINITE)
    if "source" not in graph:
        return []
    _saturate(graph)
    reaching = _reaching_sink(graph)
    return [v for v in order if (v, 1) in reaching and (v, 0) not in reaching]


def _saturate(graph: dict[Any, dict[Any, int]]) -> None:
    """Ford–Fulkerson by breadth-first search; `graph` ends as the residual graph."""
    while True:
        parent: dict[Any, Any] = {"source": None}
        queue = deque(["source"])
        while queue and "sink" not in parent:
            a: Any = queue.popleft()
            for b, capacity in graph[a].items():
                if capacity > 0 and b not in parent:
                    parent[b] = a
                    queue.append(b)
        if "sink" not in parent:
            return
        path, b = [], "sink"
        while parent[b] is not None:
            path.append((parent[b], b))
            b = parent[b]
        flow = min(graph[a][b] for a, b in path)
        for a, b in path:
            graph[a][b] -= flow
            graph[b][a] += flow


def _reaching_sink(graph: dict[Any, dict[Any, int]]) -> set[Any]:
    found: set[Any] = {"sink"}
    queue: deque[Any] = deque(["sink"])
    while queue:
        b = queue.popleft()
        for a in graph.get(b, {}):
            if a not in found and graph[a].get(b, 0) > 0:
                found.add(a)
                queue.append(a)
    return found


def _recomputed(
    needed: list[Value],
    definitions: dict[Value, Stmt],
    local: Container[Value],
    saved: set[Value],
) -> list[Stmt]:
    """The statements that the backward body repeats, each behind those that it reads of."""
    wanted: set[Value] = set()
    pending = [v for v in needed if v not in saved]
    while pending:
        v = pending.pop()
        if v in wanted or v not in definitions:
            continue
        wanted.add(v)
        pending += [u for u in operands(definitions[v]) if u in local and u not in saved]
    found: dict[Stmt, None] = {}
    # what is read from a finished array may be asked for by an index that is computed later
    pending = [v for v in reversed(definitions) if v in wanted]
    while pending:
        stmt = definitions[pending[-1]]
        before = [] if stmt in found else [
            u for u in operands(stmt) if u in wanted and definitions[u] not in found
        ]  # fmt: skip
        if before:
            pending += before
        else:
            found.setdefault(stmt)
            pending.pop()
    return list(found)


def ensure_carried(loop: For | While, place: int, definitions: Mapping[Value, Stmt]) -> None:
    """What a loop carries is None until something assigns it: an iteration, or some path before the loop."""
    entering = loop.init[place]
    if isinstance(entering, Value):
        ensure_defined(entering, definitions)
    elif entering is UNDEFINED:
        loop.init = (*loop.init[:place], Literal(None), *loop.init[place + 1 :])
        left = loop.body.yields[place + (1 if loop.stops else 0)]
        if isinstance(left, Value):
            ensure_defined(left, _within(loop.body, definitions))


def ensure_defined(value: Value, definitions: Mapping[Value, Stmt]) -> None:
    """A value that only some paths assign is None on the others before it is put on a list.

    `definitions` are the statements that hand values out; of what a loop carries, the loop.
    """
    stmt = definitions.get(value)
    if isinstance(stmt, (For, While)):
        own = carried_params(stmt) if value in carried_params(stmt) else stmt.outs
        ensure_carried(stmt, own.index(value), definitions)
    if not isinstance(stmt, If):
        return
    place = stmt.outs.index(value)
    for block in (stmt.then, stmt.orelse):
        atom = block.yields[place]
        if atom is UNDEFINED:
            block.yields = (*block.yields[:place], Literal(None), *block.yields[place + 1 :])
        elif isinstance(atom, Value):
            ensure_defined(atom, _within(block, definitions))


def _within(block: Block, definitions: Mapping[Value, Stmt]) -> dict[Value, Stmt]:
    return {**{out: s for s in block.statements for out in s.outs}, **definitions}
