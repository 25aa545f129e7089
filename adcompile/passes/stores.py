"""Where adding is storing: `x_bar[i] = c` in place of `x_bar[i] += c`.

In: a block. Out: the same block, in which what a derivative adds to elements that are certainly zero is
written there. They are zero in an array of zeros if nothing has been added to them before, in no earlier
iteration of a loop either; and where they have just been set to zero, which is then left out. What is added
to elements that are soon overwritten is added to what reads them. Not for repeated indices, and not for the
user's own sums: in those a zero has a sign.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from ..ir.build import Builder
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
from ..ir.types import Array, Scalar, Size, dtype_of, shape_of
from ..rules.indexing import GETITEM, INDEX_ADD, INDEX_SET, WRITES, index_type, is_basic
from ..rules.rule import OPERATORS
from ..rules.typing import typ
from .apart import are_apart
from .common import key_of
from .cotangents import same_shape
from .executions import Execution, Path, impossible, in_order, loops_of, overlap

_SUMS = _PLUS, _ = OPERATORS["+"], OPERATORS["-"]
ZEROS = ("zeros_of(x)", "np.zeros_like(a, dtype=None)", "np.zeros(shape, dtype=None)")


def join_writes(block: Block, before: Iterable[Stmt] = ()) -> None:
    """Write once where a derivative writes twice; a block may read what the statements `before` it define."""
    scene = Scene(block, before)
    _join_clearing(scene)
    _join_overwritten(scene)


def store_first(block: Block, before: Iterable[Stmt] = ()) -> None:
    """Write what is added to zeros, in a block that may read what the statements `before` it define."""
    scene = Scene(block, before)
    # other passes may have put an addition behind what clears its place
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


class Scene:
    """What defines the values of a block, and where."""

    def __init__(self, block: Block, before: Iterable[Stmt]) -> None:
        self.definitions: dict[Value, Stmt] = {}
        self.home: dict[Value, Block] = {}
        self.paths: dict[Value, Path] = {}
        self.where: list[tuple[Block, Path]] = []
        self.readers: dict[Value, list[Stmt | None]] = {}
        # statements that others have taken the place of
        self.gone: set[Stmt] = set()
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

    def exchange(self, home: Block, path: Path, stmt: Stmt, rows: list[Stmt]) -> None:
        """Put statements in the place of another one."""
        k = next(k for k, s in enumerate(home.statements) if s is stmt)
        home.statements[k : k + 1] = rows
        self.gone.add(stmt)
        for readers in map(self.readers.__getitem__, operands(stmt)):
            readers[:] = [r for r in readers if r is not stmt]
        for row in rows:
            for v in operands(row):
                self.readers.setdefault(v, []).append(row)
            for out in row.outs:
                self.definitions[out], self.home[out] = row, home
                if loops_of(path):
                    self.paths[out] = path

    def drop(self, home: Block, path: Path, write: Apply) -> None:
        """Leave out a write: whoever reads the array behind it reads the one before it."""
        (gone,), old = write.outs, write.args[0]
        assert isinstance(old, Value)
        for reader in self.readers.get(gone, ()):
            assert isinstance(reader, Apply)
            reader.args = tuple(map_arg(a, {gone: old}) for a in reader.args)
            self.readers[old].append(reader)
        self.exchange(home, path, write, [])

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
                    return stmt if stmt.primitive.name in ZEROS else None
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


def clears(stmt: Apply) -> bool:
    """Whether a statement sets elements to zero."""
    value = stmt.args[2]
    return stmt.primitive is INDEX_SET and isinstance(value, Literal) and value.value == 0


# -- what has just been cleared ------------------------------------------------------------------------------


def _join_clearing(scene: Scene) -> None:
    """Write what is added to elements that have just been set to zero, and do not set them to zero."""
    for home, path in scene.where:
        for stmt in list(home.statements):
            if not _adds(stmt):
                continue
            clearing = _clearing(scene, stmt, home, path)
            if clearing is None:
                continue
            scene.drop(home, path, clearing)
            stmt.primitive = INDEX_SET


def _adds(stmt: Stmt) -> TypeGuard[Apply]:
    """Whether a statement of a derivative adds to elements of an array."""
    return isinstance(stmt, Apply) and stmt.primitive is INDEX_ADD and stmt.adjoint


def _clearing(scene: Scene, stmt: Apply, home: Block, path: Path) -> Apply | None:
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
        if clears(write) and key_of(write.args[1]) == key_of(index):
            return write
        if not _apart(scene, write.args[1], stmt, path):
            return None
        follower, state = write, write.args[0]
    return None


def _apart(scene: Scene, index: Arg, stmt: Apply, path: Path) -> bool:
    """Whether an index selects nothing of what a statement writes in the same iteration of all loops."""
    if are_apart(index, stmt.args[1], scene.definitions):
        return True
    sizes = shape_of(stmt.outs[0].type) or ()
    mine = Execution(scene, "mine", path, None, ())
    other = Execution(scene, "other", path, mine, loops_of(path))
    regions = mine.region(stmt.args[1], sizes), other.region(index, sizes)
    meet = [*mine.facts, *other.facts, *overlap(*regions, sizes)]
    return impossible(meet, [*mine.choices, *other.choices])


# -- what is overwritten, or added to again ------------------------------------------------------------------


def _join_overwritten(scene: Scene) -> None:
    """Add to what is read, not to elements that are then overwritten; add at once what is added twice."""
    builder = Builder()
    builder.adjoint = True
    builder.definitions.update((v, s) for v, s in scene.definitions.items() if isinstance(s, Apply))
    for home, path in scene.where:
        pending = list(home.statements)
        for stmt in pending:
            if stmt in scene.gone or not _adds(stmt) or not _is_plain_sum(scene, stmt):
                continue
            found = _next_there(scene, stmt, home, path)
            if found is None:
                continue
            write, reads = found
            if reads:
                with builder.block() as rows, builder.at(reads[0].loc):
                    found = builder.append(GETITEM, *reads[0].args)
                    _sum(scene, builder, home, found, stmt.args[2])
                    last = builder.statements[-1]
                    assert isinstance(last, Apply)
                    last.outs = reads[0].outs
                scene.exchange(home, path, reads[0], rows)
            elif write.primitive is INDEX_ADD:
                with builder.block() as rows, builder.at(write.loc):
                    total = _sum(scene, builder, home, stmt.args[2], write.args[2])
                more = Apply(write.outs, INDEX_ADD, (*write.args[:2], total), write.loc, write.adjoint)
                scene.exchange(home, path, write, [*rows, more])
                pending.append(more)
            scene.drop(home, path, stmt)


def _sum(scene: Scene, builder: Builder, home: Block, total: Any, c: Any) -> Any:
    """A total with a term added to it, the parts of a sum of the same block one after the other."""
    made = scene.definitions.get(c) if scene.home.get(c) is home else None
    if isinstance(made, Apply) and made.adjoint and made.primitive in _SUMS and len(scene.readers[c]) == 1:
        return builder.apply(made.primitive, _sum(scene, builder, home, total, made.args[0]), made.args[1])
    return builder.apply(_PLUS, total, c)


def _is_plain_sum(scene: Scene, stmt: Apply) -> bool:
    """Whether what a statement adds, and where, are numbers or fresh vectors of one length and dtype."""
    place, c = index_type(*stmt.args[:2]), stmt.args[2]
    if dtype_of(typ(c)) != dtype_of(place) or not is_basic(stmt.args[1]):
        return False
    if shape_of(place) == ():
        return isinstance(typ(c), Scalar) and not isinstance(c, Literal)
    made = scene.definitions.get(c) if isinstance(c, Value) else None
    fresh = isinstance(made, Apply) and made.primitive.pointwise and made.primitive.effect == "pure"
    return fresh and len(shape_of(place) or (0, 0)) == 1 and same_shape(shape_of(typ(c)), shape_of(place))


def _next_there(scene: Scene, stmt: Apply, home: Block, path: Path) -> tuple[Apply, list[Apply]] | None:
    """The statement that next overwrites the elements that a statement adds to, or adds to them, and the one
    that reads them in between, if there is one.
    """
    index, state = stmt.args[1], stmt.outs[0]
    reads: list[Apply] = []
    while True:
        follower: Apply | None = None
        for reader in scene.readers.get(state, ()):
            if not isinstance(reader, Apply) or reader.args[0] is not state:
                return None
            if reader.primitive in WRITES and follower is None and scene.home[reader.outs[0]] is home:
                follower = reader
            elif reader.primitive is not GETITEM or scene.home[reader.outs[0]] is not home:
                return None
            elif key_of(reader.args[1]) == key_of(index):
                reads.append(reader)
            elif not _apart(scene, reader.args[1], stmt, path):
                return None
        if follower is None or not follower.adjoint or state in values_in(follower.args[1:]):
            return None
        if key_of(follower.args[1]) == key_of(index):
            overwritten = follower.primitive is INDEX_SET and len(reads) <= 1
            added = follower.primitive is INDEX_ADD and not reads and _is_plain_sum(scene, follower)
            return (follower, reads) if overwritten or added else None
        if not _apart(scene, follower.args[1], stmt, path):
            return None
        state = follower.outs[0]


# -- what has always been zero -------------------------------------------------------------------------------


def _is_first(scene: Scene, chain: _Chain, position: int, path: Path, stmt: Apply) -> bool:
    """Whether no write that comes before a statement, or before it in time, touches what it adds to."""
    mine = Execution(scene, "mine", path, None, ())
    region = mine.region(stmt.args[1], chain.sizes)
    around, outside = loops_of(path), len(loops_of(chain.path))
    for at, there, write in chain.writes:
        if clears(write):
            continue
        common, exclusive = shared(path, there)
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


def shared(mine: Path, other: Path) -> tuple[int, bool]:
    """How many loops are around both of two statements, and whether an iteration runs one of them at most."""
    loops = 0
    for (stmt, arm), (there, which) in zip(mine, other, strict=False):
        if stmt is not there:
            break
        if arm != which:
            return loops, True
        loops += isinstance(stmt, (For, While))
    return loops, False
