"""Where adding is storing: `x_bar[i] = c` in place of `x_bar[i] += c`.

In: a block. Out: the same block, in which what a derivative adds to elements that are certainly zero is
written there. They are zero in an array of zeros if nothing has been added to them before, in no earlier
iteration of a loop either; and where they have just been set to zero, which is then left out. Not for
repeated indices, and not for the user's own sums: in those a zero has a sign.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from ..ir.nodes import (
    Apply,
    Arg,
    Block,
    For,
    If,
    Literal,
    Stmt,
    Value,
    While,
    blocks_of,
    map_arg,
    operands,
    values_in,
)
from ..ir.types import Array, Size, shape_of
from ..rules.indexing import GETITEM, INDEX_ADD, INDEX_SET, WRITES
from .apart import are_apart
from .executions import Execution, Path, impossible, in_order, loops_of, overlap
from .simplify import key_of

_ZEROS = ("zeros_of(x)", "np.zeros_like(a, dtype=None)", "np.zeros(shape, dtype=None)")


def store_first(block: Block, before: Iterable[Stmt] = ()) -> None:
    """Write what is added to zeros, in a block that may read what the statements `before` it define."""
    scene = _Scene(block, before)
    _join_clearing(scene)
    for chain in scene.chains():
        for position, path, stmt in chain.writes:
            if _adds(stmt) and _is_first(scene, chain, position, path, stmt):
                stmt.primitive = INDEX_SET


@dataclass
class _Chain:
    """The states of an array of zeros, linked by writes: each with its position and where it stands."""

    size: int
    path: Path
    sizes: tuple[Size, ...]
    states: set[Value] = field(default_factory=set)
    writes: list[tuple[int, Path, Apply]] = field(default_factory=list)


class _Scene:
    """What defines the values of a block, and where."""

    def __init__(self, block: Block, before: Iterable[Stmt]) -> None:
        self.definitions: dict[Value, Stmt] = {}
        self.home: dict[Value, Block] = {}
        self.paths: dict[Value, Path] = {}
        self.where: list[tuple[Block, Path]] = []
        self.readers: dict[Value, list[Stmt | None]] = {}
        for stmt in before:
            self._define(stmt)
        self._visit(block, ())

    def _define(self, stmt: Stmt) -> None:
        self.definitions.update(dict.fromkeys(stmt.outs, stmt))
        for block in blocks_of(stmt):
            for inner in block.statements:
                self._define(inner)

    def _visit(self, block: Block, path: Path) -> None:
        self.where.append((block, path))
        inside = bool(loops_of(path))
        if inside:
            self.paths.update(dict.fromkeys(block.params, path))
        for stmt in block.statements:
            for v in operands(stmt):
                self.readers.setdefault(v, []).append(stmt)
            for out in stmt.outs:
                self.definitions[out], self.home[out] = stmt, block
                if inside:
                    self.paths[out] = path
            for arm, inner in enumerate(blocks_of(stmt)):
                self._visit(inner, (*path, (stmt, arm if isinstance(stmt, If) else 0)))
        for v in values_in(block.yields):
            self.readers.setdefault(v, []).append(None)

    def chains(self) -> list[_Chain]:
        """The arrays of zeros of the block, each with all that is written to it one after the other."""
        found: list[_Chain] = []
        seen: set[Value] = set()
        for block, path in self.where:
            for stmt in reversed(block.statements):
                for out in stmt.outs:
                    if out in seen or (isinstance(stmt, Apply) and stmt.primitive not in WRITES):
                        continue
                    chain = _Chain(0, path, shape_of(out.type) or ())
                    if isinstance(out.type, Array) and _is_zeros(self._back(chain, out, block, path)):
                        seen |= chain.states
                        found.append(chain)
        return found

    def _back(self, chain: _Chain, atom: Any, block: Block, path: Path) -> Any:
        """Go back through writes: the array of zeros they began with, else what enters the block."""
        while isinstance(atom, Value) and self.home.get(atom) is block:
            chain.states.add(atom)
            stmt = self.definitions[atom]
            if isinstance(stmt, Apply):
                if stmt.primitive not in WRITES:
                    return stmt if stmt.primitive.name in _ZEROS else None
                chain.size -= 1
                chain.writes.append((chain.size, path, stmt))
                atom = stmt.args[0]
                continue
            atom = self._around(chain, stmt, stmt.outs.index(atom), path)
        return atom

    def _around(self, chain: _Chain, stmt: Stmt, k: int, path: Path) -> Any:
        """Go back through a branch or a loop that writes."""
        if isinstance(stmt, If):
            arms = [
                self._back(chain, b.yields[k], b, (*path, (stmt, arm)))
                for arm, b in enumerate((stmt.then, stmt.orelse))
            ]
            return arms[0] if arms[0] is arms[1] else None
        if not isinstance(stmt, (For, While)):
            return None
        body, param = stmt.body, stmt.body.params[k + isinstance(stmt, For)]
        entered = self._back(chain, body.yields[k + stmt.stops], body, (*path, (stmt, 0)))
        return stmt.init[k] if entered is param else None


def _is_zeros(made: Any) -> bool:
    return isinstance(made, Apply)


def _clears(stmt: Apply) -> bool:
    """Whether a statement sets elements to zero."""
    value = stmt.args[2]
    return stmt.primitive is INDEX_SET and isinstance(value, Literal) and value.value == 0


# -- what has just been cleared ------------------------------------------------------------------------------


def _join_clearing(scene: _Scene) -> None:
    """Write what is added to elements that have just been set to zero, and do not set them to zero."""
    for home, path in scene.where:
        for stmt in list(home.statements):
            if not _adds(stmt):
                continue
            clearing = _clearing(scene, stmt, home, path)
            if clearing is None:
                continue
            (gone,), old = clearing.outs, clearing.args[0]
            assert isinstance(old, Value)
            readers = scene.readers.pop(gone)
            for reader in readers:
                assert isinstance(reader, Apply)
                reader.args = tuple(map_arg(a, {gone: old}) for a in reader.args)
            scene.readers[old] = [*(r for r in scene.readers[old] if r is not clearing), *readers]
            home.statements = [s for s in home.statements if s is not clearing]
            stmt.primitive = INDEX_SET


def _adds(stmt: Stmt) -> TypeGuard[Apply]:
    """Whether a statement of a derivative adds to elements of an array."""
    return isinstance(stmt, Apply) and stmt.primitive is INDEX_ADD and stmt.adjoint


def _clearing(scene: _Scene, stmt: Apply, home: Block, path: Path) -> Apply | None:
    """The statement that has set to zero what a statement adds to, if nobody looks at that in between."""
    index = stmt.args[1]
    follower, state = stmt, stmt.args[0]
    while isinstance(state, Value) and scene.home.get(state) is home:
        write = scene.definitions[state]
        if not isinstance(write, Apply) or write.primitive not in WRITES or not write.adjoint:
            return None
        for reader in scene.readers[state]:
            if reader is follower:
                continue
            if not isinstance(reader, Apply) or reader.primitive is not GETITEM:
                return None
            if scene.home[reader.outs[0]] is not home or not _apart(scene, reader.args[1], stmt, path):
                return None
        if _clears(write) and key_of(write.args[1]) == key_of(index):
            return write
        if not _apart(scene, write.args[1], stmt, path):
            return None
        follower, state = write, write.args[0]
    return None


def _apart(scene: _Scene, index: Arg, stmt: Apply, path: Path) -> bool:
    """Whether an index selects nothing of what a statement writes in the same iteration of all loops."""
    if are_apart(index, stmt.args[1], scene.definitions):
        return True
    sizes = shape_of(stmt.outs[0].type) or ()
    mine = Execution(scene, "mine", path, None, ())
    other = Execution(scene, "other", path, mine, loops_of(path))
    regions = mine.region(stmt.args[1], sizes), other.region(index, sizes)
    meet = [*mine.facts, *other.facts, *overlap(*regions, sizes)]
    return impossible(meet, [*mine.choices, *other.choices])


# -- what has always been zero -------------------------------------------------------------------------------


def _is_first(scene: _Scene, chain: _Chain, position: int, path: Path, stmt: Apply) -> bool:
    """Whether no write that comes before a statement, or before it in time, touches what it adds to."""
    mine = Execution(scene, "mine", path, None, ())
    region = mine.region(stmt.args[1], chain.sizes)
    around, outside = loops_of(path), len(loops_of(chain.path))
    for at, there, write in chain.writes:
        if _clears(write):
            continue
        common, exclusive = _shared(path, there)
        levels = list(range(outside, common))
        if at < position and not exclusive and not are_apart(write.args[1], stmt.args[1], scene.definitions):
            levels.append(common)
        for level in levels:
            other = Execution(scene, "other", there, mine, around[:level])
            order = in_order(other, mine, around[level]) if level < common else []
            place = other.region(write.args[1], chain.sizes)
            meet = [*mine.facts, *other.facts, *order, *overlap(region, place, chain.sizes)]
            if not impossible(meet, [*mine.choices, *other.choices]):
                return False
    return True


def _shared(mine: Path, other: Path) -> tuple[int, bool]:
    """How many loops are around both of two statements, and whether an iteration runs one of them at most."""
    loops = 0
    for (stmt, arm), (there, which) in zip(mine, other, strict=False):
        if stmt is not there:
            break
        if arm != which:
            return loops, True
        loops += isinstance(stmt, (For, While))
    return loops, False
