"""Lists that are filled by one loop and read by another one, made one list of tuples.

In: the sweeps of a derivative, whose loops save each value on a list of its own. Out: the same sweeps, in
which values that are saved in one iteration and read in one iteration are one item: `saved.append((a, b))`,
and `for a, b in reversed(saved)`. They are appended where the last of them is known, as long as none of their
variables is assigned anew before that; a loop may need two lists then. Lists of inner lists are joined with
them. Not for whose memory it is that a list holds: that is settled before, by `inplace`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..ir.nodes import Apply, Block, For, If, Items, Stmt, Value, While, blocks_of, count_uses
from ..ir.types import ListOf, Record
from ..passes.activity import carried_params, carried_yields
from ..rules import lists
from .iterate import leading_items


def join_saved(blocks: Sequence[Block]) -> None:
    """Rewrite the loops of some blocks that belong to one derivative."""
    joining = _Joining(blocks)
    for depth in range(joining.deepest, 0, -1):
        for group in joining.groups(depth):
            _join(group)


@dataclass(eq=False)
class _Kept:
    """A list that a loop fills with one value an iteration."""

    made: Apply
    home: Block
    loop: For | While
    append: Apply
    out: Value
    # what reads it: a loop over its items, perhaps an item of an outer list
    reader: Apply | None = None
    reading: For | None = None
    outer: _Kept | None = None

    def chain(self) -> list[_Kept]:
        """The list, the list that holds it, and so on."""
        return [self, *(self.outer.chain() if self.outer is not None else [])]

    def path(self) -> tuple[int, ...] | None:
        """Which loops fill and read the list and those that hold it; None if it is read otherwise."""
        found: list[int] = []
        for kept in self.chain():
            if kept.reading is None:
                return None
            found += [id(kept.loop), id(kept.reading)]
        return tuple(found)

    def values(self) -> Iterator[Value]:
        """The list as it is made, filled and handed out."""
        yield from (*self.made.outs, *self.append.outs, self.out)
        yield carried_params(self.loop)[self.loop.outs.index(self.out)]

    def drop(self) -> None:
        """Take the list out of the code, with the lists that hold nothing else."""
        _remove(self.home.statements, self.made)
        _remove(self.loop.body.statements, self.append)
        if self.reading is not None and self.reader is not None:
            _remove(self.reading.body.statements, self.reader)
        k = self.loop.outs.index(self.out)
        loop = self.loop
        loop.outs, loop.init = _without(loop.outs, k), _without(loop.init, k)
        if isinstance(loop, While):
            loop.test.params = _without(loop.test.params, k)
        at = k + 1 if isinstance(loop, For) else k
        loop.body.params = _without(loop.body.params, at)
        loop.body.yields = _without(loop.body.yields, k + loop.stops)
        if self.outer is not None:
            self.outer.drop()


class _Joining:
    """The lists of a derivative that may be joined."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.uses: dict[Value, int] = {}
        self.makes: dict[Value, tuple[Apply, Block]] = {}
        self.readers: dict[Value, tuple[Apply, For]] = {}
        self.kept: list[_Kept] = []
        for block in blocks:
            for value, n in count_uses(block).items():
                self.uses[value] = self.uses.get(value, 0) + n
        for block in blocks:
            self._find(block)
        by_append = {id(kept.append): kept for kept in self.kept}
        appended = {
            kept.append.args[1]: by_append[id(kept.append)]
            for kept in self.kept
            if isinstance(kept.append.args[1], Value)
        }
        for kept in self.kept:
            self._follow(kept, appended)
        self.deepest = max((len(kept.chain()) for kept in self.kept), default=0)

    def groups(self, depth: int) -> Iterator[list[_Kept]]:
        """The lists inside `depth - 1` others that are filled and read together, in order."""
        found: dict[tuple[int, ...], list[_Kept]] = {}
        for kept in self.kept:
            path = kept.path()
            if path is not None and len(kept.chain()) == depth and kept.out in kept.loop.outs:
                found.setdefault(path, []).append(kept)
        yield from found.values()

    def _find(self, block: Block) -> None:
        for stmt in block.statements:
            if isinstance(stmt, Apply) and stmt.primitive is lists.LIST_MAKE and stmt.args == (Items(()),):
                self.makes[stmt.outs[0]] = stmt, block
            if isinstance(stmt, For):
                self.readers.update({s.args[0]: (s, stmt) for s in leading_items(stmt)})  # type: ignore[misc]
            if isinstance(stmt, (For, While)):
                self._filled_by(stmt)
            for inner in blocks_of(stmt):
                self._find(inner)

    def _filled_by(self, loop: For | While) -> None:
        appends = {
            s.outs[0]: s
            for s in loop.body.statements
            if isinstance(s, Apply) and s.primitive is lists.LIST_APPEND
        }
        for out, init, param, last in zip(
            loop.outs, loop.init, carried_params(loop), carried_yields(loop), strict=True
        ):
            append = appends.get(last)  # type: ignore[call-overload]
            if append is None or init not in self.makes or append.args[0] is not param:
                continue
            if all(self.uses.get(v) == 1 for v in (param, init, append.outs[0])):
                made, home = self.makes[init]
                self.kept.append(_Kept(made, home, loop, append, out))

    def _follow(self, kept: _Kept, appended: dict[Value, _Kept]) -> None:
        if self.uses.get(kept.out) != 1:
            return
        value = kept.out
        outer = appended.get(value)
        if outer is not None and self.uses.get(outer.out) == 1 and outer.out in self.readers:
            kept.outer = outer
            value = self.readers[outer.out][0].outs[0]
        if self.uses.get(value) == 1 and value in self.readers:
            kept.reader, kept.reading = self.readers[value]


def _join(group: list[_Kept]) -> None:
    """Join lists that are filled and read by the same loops, as far as their values are known together."""
    if len(group) < 2:
        return
    body = group[0].loop.body
    appends = [kept.append for kept in group]
    body.statements = [s for s in body.statements if not any(s is a for a in appends)]
    spans = {id(kept): _span(kept, body) for kept in group}
    waiting = sorted(group, key=lambda kept: spans[id(kept)])
    places: list[tuple[int, Apply]] = []
    while waiting:
        last = min(spans[id(kept)][1] for kept in waiting)
        joined = [kept for kept in waiting if spans[id(kept)][0] <= last]
        waiting = [kept for kept in waiting if kept not in joined]
        places.append((max(spans[id(kept)][0] for kept in joined), joined[0].append))
        if len(joined) > 1:
            _merge(joined)
    places.sort(key=lambda place: place[0])
    for at, append in reversed(places):
        body.statements.insert(at, append)
    order = [append for _, append in places]
    left = sorted((k for k in group if k.out in k.loop.outs), key=lambda k: order.index(k.append))
    _reorder(left[0].home.statements, [kept.made for kept in left])
    assert left[0].reading is not None
    _reorder(left[0].reading.body.statements, [kept.reader for kept in left if kept.reader is not None])


def _reorder(statements: list[Stmt], wanted: Sequence[Stmt]) -> None:
    """Put some of the statements, which do not depend on each other, into another order."""
    places = [k for k, s in enumerate(statements) if any(s is w for w in wanted)]
    for k, stmt in zip(places, wanted, strict=True):
        statements[k] = stmt


def _merge(joined: list[_Kept]) -> None:
    first, *others = joined
    assert first.reader is not None
    append, reader = first.append, first.reader
    values = tuple(kept.append.args[1] for kept in joined)
    items = tuple(kept.reader.outs[0] for kept in joined if kept.reader is not None)
    for kept in others:
        kept.drop()
    append.args = (append.args[0], values)
    reader.outs = items
    t = ListOf(Record(tuple(item.type for item in items)))
    for value in (*first.values(), reader.args[0]):
        assert isinstance(value, Value)
        value.type, value.hint = t, "saved" if first.outer is None else "inner_saved"
    for kept in first.chain()[1:]:
        for value in kept.values():
            value.hint = "saved" if kept.outer is None else "inner_saved"


def _span(kept: _Kept, body: Block) -> tuple[int, int]:
    """The first and the last place in a body where a value may be appended to its list."""
    value = kept.append.args[1]
    assert isinstance(value, Value)
    first = next((k + 1 for k, s in enumerate(body.statements) if value in s.outs), 0)
    following: set[Value] = set()
    for param, atom in zip(carried_params(kept.loop), carried_yields(kept.loop), strict=True):
        if param is value and isinstance(atom, Value):
            following.add(atom)
    for k, stmt in enumerate(body.statements[first:], first):
        if _ends(value, following, stmt):
            return first, k
    return first, len(body.statements)


def _ends(value: Value, following: set[Value], stmt: Stmt) -> bool:
    """Whether a statement may assign the variable of a value anew."""
    if isinstance(stmt, (For, While)) and value in stmt.init:
        return True
    if isinstance(stmt, If) and value in (*stmt.then.yields, *stmt.orelse.yields):
        return True
    if any(v in following or (v.named and v.hint == value.hint) for v in stmt.outs):
        return True
    for block in blocks_of(stmt):
        if any(v.named and v.hint == value.hint for v in block.params):
            return True
        if any(_ends(value, following, s) for s in block.statements):
            return True
    return False


def _remove(statements: list[Stmt], stmt: Stmt) -> None:
    statements[:] = [s for s in statements if s is not stmt]


def _without(items: tuple[object, ...], k: int) -> tuple:  # type: ignore[type-arg]
    return items[:k] + items[k + 1 :]
