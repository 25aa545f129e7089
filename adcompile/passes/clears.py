"""Elements of adjoints that are set to zero although nothing reads them any more.

What a program overwrites gets a zero in the adjoint of what was there before: `x_bar[i] = 0.0`. In: a block.
Out: the same block without those zeros that no later read can see, neither behind them nor in another
iteration of a loop. Not for the user's own writes, which may raise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..ir.nodes import (
    Apply,
    Block,
    For,
    If,
    Stmt,
    Value,
    While,
    all_statements,
    blocks_of,
    map_arg,
    operands,
    substitute,
    values_in,
)
from ..ir.types import Array, shape_of
from ..rules.indexing import GETITEM, WRITES, is_basic
from .apart import are_apart
from .dead import remove_dead
from .executions import Execution, Path, impossible, in_order, loops_of, overlap
from .stores import Scene, clears, shared


def drop_clears(block: Block, before: Iterable[Stmt] = ()) -> None:
    """Leave out zeros that nobody sees; the block may read what the statements `before` it define."""
    flow = _Flow()
    flow.block(block, (), None)
    candidates = [place for place in flow.places if _is_candidate(place.stmt)]
    if not candidates:
        return
    scene = Scene(block, before)
    images: dict[Value, Any] = {}
    for place in candidates:
        if _is_unseen(scene, flow, place):
            images[place.stmt.outs[0]] = place.stmt.args[0]
    while images:
        for gone in images:
            images[gone] = _earliest(images, gone)
        _replace(block, images)
        images = dict(_unchanged(block))
    remove_dead(block)


def _is_candidate(stmt: Apply) -> bool:
    return stmt.adjoint and clears(stmt) and is_basic(stmt.args[1])


@dataclass(frozen=True)
class _Place:
    """A statement that reads or writes at an index, its number in the text, and where it stands."""

    stmt: Apply
    number: int
    path: Path


@dataclass
class _Flow:
    """Where the values of a block go: into other variables, or to reads at an index."""

    # each with the loop if the next iteration has it
    targets: dict[Value, list[tuple[Value, Any]]] = field(default_factory=dict)
    reads: dict[Value, list[_Place]] = field(default_factory=dict)
    # read in other ways
    whole: set[Value] = field(default_factory=set)
    places: list[_Place] = field(default_factory=list)
    count: int = 0

    def block(self, block: Block, path: Path, owner: Stmt | None) -> None:
        """Follow the values of a block, whose results its `owner` hands on."""
        for stmt in block.statements:
            self.count += 1
            if isinstance(stmt, Apply):
                self._apply(stmt, path)
            elif isinstance(stmt, (For, While)):
                self._loop(stmt)
            else:
                self.whole.update(operands(stmt))
            for arm, inner in enumerate(blocks_of(stmt)):
                self.block(inner, (*path, (stmt, arm if isinstance(stmt, If) else 0)), stmt)
        self._yields(block, owner)

    def _apply(self, stmt: Apply, path: Path) -> None:
        place, first = _Place(stmt, self.count, path), stmt.args[0] if stmt.args else None
        follows = stmt.primitive in WRITES
        if follows:
            self.places.append(place)
        if isinstance(first, Value) and (follows or (stmt.primitive is GETITEM and is_basic(stmt.args[1]))):
            self.whole.update(values_in(stmt.args[1:]))
            if follows:
                self._goes(first, stmt.outs[0])
            else:
                self.reads.setdefault(first, []).append(place)
        else:
            self.whole.update(operands(stmt))

    def _goes(self, value: Any, target: Value, loop: Any = None) -> None:
        if isinstance(value, Value):
            self.targets.setdefault(value, []).append((target, loop))

    def _loop(self, stmt: For | While) -> None:
        self.whole.update(set(operands(stmt)) - set(values_in(stmt.init)))
        for k, start in enumerate(stmt.init):
            for target in _entered(stmt, k):
                self._goes(start, target)

    def _yields(self, block: Block, owner: Stmt | None) -> None:
        if isinstance(owner, If):
            for value, out in zip(block.yields, owner.outs, strict=True):
                self._goes(value, out)
        elif isinstance(owner, (For, While)) and block is owner.body:
            self.whole.update(values_in(block.yields[: int(owner.stops)]))
            for k, value in enumerate(block.yields[int(owner.stops) :]):
                for target in _entered(owner, k):
                    self._goes(value, target, owner)
        else:
            self.whole.update(values_in(block.yields))

    def after(self, value: Value) -> tuple[set[Value], set[Any]]:
        """The variables that a value goes into, and the loops whose next iteration has it."""
        found, loops, pending = {value}, set(), [value]
        while pending:
            for target, loop in self.targets.get(pending.pop(), ()):
                loops |= set() if loop is None else {loop}
                if target not in found:
                    found.add(target)
                    pending.append(target)
        return found, loops


def _entered(loop: For | While, k: int) -> Iterator[Value]:
    """What holds the k-th of the variables that a loop carries, in it and behind it."""
    yield loop.outs[k]
    yield loop.body.params[k + isinstance(loop, For)]
    if isinstance(loop, While):
        yield loop.test.params[k]


def _is_unseen(scene: Scene, flow: _Flow, clear: _Place) -> bool:
    """Whether no read that comes later, in the text or in time, touches what is set to zero."""
    states, crossed = flow.after(clear.stmt.outs[0])
    if not states.isdisjoint(flow.whole):
        return False
    sizes = shape_of(clear.stmt.outs[0].type) or ()
    mine = Execution(scene, "mine", clear.path, None, ())
    region = mine.region(clear.stmt.args[1], sizes)
    around = loops_of(clear.path)
    for read in (r for state in states for r in flow.reads.get(state, ())):
        common, exclusive = shared(clear.path, read.path)
        levels = [level for level in range(common) if around[level] in crossed]
        index = read.stmt.args[1]
        if read.number > clear.number and not exclusive:
            levels += [] if are_apart(index, clear.stmt.args[1], scene.definitions) else [common]
        for level in levels:
            other = Execution(scene, "other", read.path, mine, around[:level])
            order = in_order(mine, other, around[level]) if level < common else []
            meet = [*order, *overlap(region, other.region(index, sizes), sizes)]
            if not impossible([*mine.facts, *other.facts, *meet], [*mine.choices, *other.choices]):
                return False
    return True


def _unchanged(block: Block) -> Iterator[tuple[Value, Any]]:
    """The arrays that loops of a derivative carry without changing them, each with what it is."""
    for stmt in all_statements(block):
        if not isinstance(stmt, (For, While)) or not stmt.adjoint:
            continue
        for k, left in enumerate(stmt.body.yields[int(stmt.stops) :]):
            entered = tuple(_entered(stmt, k))
            if isinstance(left, Value) and left in entered[1:] and isinstance(left.type, Array):
                yield from ((v, stmt.init[k]) for v in entered)


def _earliest(images: dict[Value, Any], value: Any) -> Any:
    while value in images:
        value = images[value]
    return value


def _replace(block: Block, images: dict[Value, Any]) -> None:
    """Put what was there before in place of what is left out."""
    block.statements = [
        s for s in block.statements if not isinstance(s, Apply) or images.keys().isdisjoint(s.outs)
    ]
    for stmt in block.statements:
        substitute(stmt, images)
        for inner in blocks_of(stmt):
            _replace(inner, images)
    block.yields = tuple(map_arg(y, images) for y in block.yields)
