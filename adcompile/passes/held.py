"""Elements that a loop reads or writes, and that its arrays hold before it begins or when it is done.

In: a block that is to be reversed. Out: for a value of a loop, the statement that reads it from the array
as it is when the outermost loop around it is done, or before that; None if neither is known to hold it. With
`y[i] = f(y[i - 1])` the backward sweep finds `y[i - 1]` in `y`, and with `y[i] = f(y[i])` it finds `y[i]` in
the `y` that entered the loop. What has to be shown is that no write that comes after the read, or before it,
in its iteration or in another one of any loop around both, can touch what it reads. Indices are linear in the
indices of the loops and in integers that do not change; `passes.executions` looks for two executions
that meet in an element, and if it cannot exclude them, nothing is claimed. Arrays are values here: no other
name can write into one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..ir.nodes import Apply, Arg, Atom, Block, For, If, Literal, Stmt, Value, While, leaves, values_in
from ..ir.types import Array, Size, dtype_of, is_python, same_size, shape_of
from ..rules.indexing import GETITEM, INDEX_SET, OWN, WRITES, index_type, is_basic, new_axes
from .executions import Execution, Loop, Path, impossible, in_order, is_integer, loops_of, overlap


@dataclass
class _Chain:
    """The states of an array that a loop carries, linked by writes.

    Attributes
    ----------
    last : Value
        The array when the loop is done.
    first : Value
        The array that enters the loop.
    states : dict of Value to (int, Path)
        Each state with its position, and where it begins.
    writes : list of (int, Path, Apply)
        What leads from a state to the next one.
    """

    last: Value
    first: Atom
    states: dict[Value, tuple[int, Path]] = field(default_factory=dict)
    writes: list[tuple[int, Path, Apply]] = field(default_factory=list)
    position: int = 0

    def back(self) -> int:
        """The next position, from the end to the beginning."""
        self.position -= 1
        return self.position


class Held:
    """What the arrays of a block hold before its outermost loops and when these are done."""

    def __init__(self, block: Block) -> None:
        self.definitions: dict[Value, Stmt] = {}
        self.home: dict[Value, Block] = {}
        # of what changes within an outermost loop
        self.paths: dict[Value, Path] = {}
        # the same but for the indices of loops, which are counted again
        self.changing: dict[Value, Path] = {}
        # arrays that a write changes in place, before and after
        self.overwritten: set[Value] = set()
        self.chains: dict[Value, _Chain] = {}
        self.stores: dict[Value, list[Apply]] = {}
        self.found: dict[Value, Apply | None] = {}
        self._visit(block, ())
        self.changing.update((v, p) for v, p in self.paths.items() if not self._is_index(v))

    def reading(self, value: Value) -> Apply | None:
        """The statement that reads a value of a loop from the finished array, from the one that entered the
        loop, or from what has just been written; None if none of them is known to hold it.
        """
        if value not in self.found:
            self.found[value] = self._reading(value)
        return self.found[value]

    def _reading(self, value: Value) -> Apply | None:
        stmt = self.definitions.get(value)
        if isinstance(stmt, Apply) and stmt.primitive is INDEX_SET and new_axes(stmt.args[1]) == ():
            # an array that is overwritten as a whole is what has been written
            written = stmt.args[2]
            if isinstance(written, Value) and gives_back(written, value, stmt.args[1]):
                return Apply((value,), GETITEM, (written, Literal(Ellipsis)), stmt.loc)
        if isinstance(stmt, Apply) and stmt.primitive is GETITEM and stmt.args[0] in self.chains:
            state, index = stmt.args[0], stmt.args[1]
            assert isinstance(state, Value)
            chain = self.chains[state]
            if is_basic(index) and self._stays(chain, state, self.paths[value], index):
                return Apply((value,), GETITEM, (chain.last, index), stmt.loc)
            if is_basic(index) and self._was(chain, state, self.paths[value], index):
                return Apply((value,), GETITEM, (chain.first, index), stmt.loc)
        for store in self.stores.get(value, ()):
            state, index = store.outs[0], store.args[1]
            if state not in self.chains or not gives_back(value, state, index):
                continue
            # only what is written whenever it is computed is there, at an index that can be had without it
            if self.home.get(value) is not self.home[state] or not all(map(self._counts, leaves(index))):
                continue
            chain = self.chains[state]
            if self._stays(chain, state, self.paths[state], index):
                return Apply((value,), GETITEM, (chain.last, index), store.loc)
        return None

    def _counts(self, atom: Any) -> bool:
        """Whether an integer follows from the indices of loops and from what does not change."""
        if isinstance(atom, Literal) or atom not in self.paths:
            return True
        if self._is_index(atom):
            return True
        stmt = self.definitions.get(atom)
        return isinstance(stmt, Apply) and all(is_integer(a) and self._counts(a) for a in stmt.args)

    def _is_index(self, value: Value) -> bool:
        """Whether a value of a loop is the index of one."""
        loop = self.paths[value][-1][0]
        return isinstance(loop, For) and value is loop.body.params[0]

    # -- what there is -----------------------------------------------------------------------------------

    def _visit(self, block: Block, path: Path) -> None:
        inside = any(isinstance(stmt, (For, While)) for stmt, _ in path)
        if inside:
            self.paths.update(dict.fromkeys(block.params, path))
        for stmt in block.statements:
            for out in stmt.outs:
                self.definitions[out], self.home[out] = stmt, block
                if inside:
                    self.paths[out] = path
            if isinstance(stmt, Apply) and stmt.primitive.effect == "update":
                self.overwritten.update(values_in((*stmt.args[:1], *stmt.outs)))
            if isinstance(stmt, Apply) and stmt.primitive is INDEX_SET and isinstance(stmt.args[2], Value):
                self.stores.setdefault(stmt.args[2], []).append(stmt)
            elif isinstance(stmt, If):
                self._visit(stmt.then, (*path, (stmt, 0)))
                self._visit(stmt.orelse, (*path, (stmt, 1)))
            elif isinstance(stmt, While):
                self._visit(stmt.test, (*path, (stmt, 0)))
            if isinstance(stmt, (For, While)):
                self._visit(stmt.body, (*path, (stmt, 0)))
                if not inside and not (isinstance(stmt, For) and stmt.snapshots is not None):
                    self._link(stmt)

    def _link(self, loop: Loop) -> None:
        """Find the arrays that an outermost loop carries from write to write."""
        for k, out in enumerate(loop.outs):
            if not isinstance(out.type, Array):
                continue
            chain = _Chain(out, loop.init[k])
            if self._through(chain, loop, k, ()):
                self.chains.update(dict.fromkeys(chain.states, chain))

    def _through(self, chain: _Chain, loop: Loop, k: int, path: Path) -> bool:
        """Go back through a loop: whether what it hands on is what it was given, with writes."""
        body = loop.body
        inner: Path = (*path, (loop, 0))
        param = body.params[k + isinstance(loop, For)]
        if self._back(chain, body.yields[k + loop.stops], body, inner) is not param:
            return False
        chain.states[param] = chain.back(), inner
        return True

    def _back(self, chain: _Chain, atom: Any, block: Block, path: Path) -> Any:
        """Go back to what enters a block; None if there is more in between than writes."""
        while isinstance(atom, Value) and self.home.get(atom) is block:
            stmt = self.definitions[atom]
            chain.states[atom] = chain.back(), path
            if isinstance(stmt, Apply) and stmt.primitive in (*WRITES, OWN):
                if stmt.primitive is not OWN:
                    chain.writes.append((chain.back(), path, stmt))
                atom = stmt.args[0]
                continue
            if isinstance(stmt, Apply) or not isinstance(stmt, (If, For, While)):
                return None
            k = stmt.outs.index(atom)
            if isinstance(stmt, If):
                arms = [
                    self._back(chain, b.yields[k], b, (*path, (stmt, arm)))
                    for arm, b in enumerate((stmt.then, stmt.orelse))
                ]
                if arms[0] is not arms[1]:
                    return None
                atom = arms[0]
            elif self._through(chain, stmt, k, path):
                atom = stmt.init[k]
            else:
                return None
        return atom if isinstance(atom, Value) else None

    # -- what is shown -----------------------------------------------------------------------------------

    def _stays(self, chain: _Chain, state: Value, path: Path, index: Arg) -> bool:
        """Whether what is read of a state is in the last one as well."""
        return self._is_untouched(chain, state, path, index, later=True)

    def _was(self, chain: _Chain, state: Value, path: Path, index: Arg) -> bool:
        """Whether what is read of a state was in the array that entered the loop."""
        return isinstance(chain.first, Value) and self._is_untouched(chain, state, path, index, later=False)

    def _is_untouched(self, chain: _Chain, state: Value, path: Path, index: Arg, later: bool) -> bool:
        """Whether no write after a state, or before it, touches what is read of it."""
        position, begin = chain.states[state]
        reader = Execution(self, "reader", path, None, ())
        region = reader.region(index, _sizes(chain))
        around = loops_of(begin)
        for at, there, write in chain.writes:
            common = 0
            for mine, other in zip(around, loops_of(there), strict=False):
                if mine is not other:
                    break
                common += 1
            levels = list(range(common)) + ([common] if (at > position) is later else [])
            for level in levels:
                writer = Execution(self, "writer", there, reader, around[:level])
                early, late = (reader, writer) if later else (writer, reader)
                order = in_order(early, late, around[level]) if level < common else []
                place = writer.region(write.args[1], _sizes(chain))
                meet = [*reader.facts, *writer.facts, *order, *overlap(region, place, _sizes(chain))]
                if not impossible(meet, [*reader.choices, *writer.choices]):
                    return False
        return True


def _sizes(chain: _Chain) -> tuple[Size, ...]:
    """The lengths of the axes of all states, as far as they are known."""
    known = shape_of(chain.first.type) or shape_of(chain.last.type)
    return () if known is None else known


def gives_back(value: Value, state: Value, index: Arg) -> bool:
    """Whether what is written at an index is what would be read there: no number of Python's, which has
    another type, nothing that is rounded, and nothing that is repeated.
    """
    read = index_type(state, index)
    if not is_basic(index) or is_python(value.type) or dtype_of(value.type) is None:
        return False
    if dtype_of(read) != dtype_of(value.type):
        return False
    mine, there = shape_of(value.type), shape_of(read)
    if mine is None or there is None or len(mine) != len(there):
        return False
    return all(map(same_size, mine, there))
