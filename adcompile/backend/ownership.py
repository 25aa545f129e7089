"""Whose memory a value of the graph is when the graph runs with its updates in place.

In: a block. Out: for each value the objects (arrays and lists of run time) that it may be, for each list what
it may hold, which objects belong to this code alone, and who else would see a change. An object is named by
the value that it is made as; a loop variable and what a branch hands out name objects of their own, as long
as nobody else refers to what enters and leaves them. That is assumed first and taken back where it does not
hold, until nothing changes (a greatest fixed point). Not for deciding what to copy: that is `inplace`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..ir.nodes import Apply, Block, Call, For, If, Stmt, Value, While, blocks_of, values_in
from ..ir.types import Array, ListOf, Record, Unknown
from ..passes.activity import carried_params, carried_yields
from ..rules import lists
from ..rules.indexing import GETITEM
from ..rules.rule import METHODS
from ..rules.sharing import copies, shown_by
from .order import order_of_contents

Objects = frozenset[Value]
_NONE: Objects = frozenset()
_CONTAINERS = (ListOf, Record)
# functions whose results are made anew, with all that they hold
_DEEP = ("zeros_of(x)", "added(a, b)")


def is_memory(value: Any) -> bool:
    """Whether a value is an object that can change: an array, a list, or something of unknown type."""
    return isinstance(value, Value) and isinstance(value.type, (Array, Unknown, ListOf, Record))


class Ownership:
    """The objects of a block."""

    def __init__(self, root: Block) -> None:
        self.order = order_of_contents(root)
        self.definition: dict[Value, Stmt] = {}
        self.blocks: dict[int, Block] = {}
        self.loops: list[For | While] = []
        self.branches: list[If] = []
        self.loop_of: dict[Value, tuple[For | While, int]] = {}
        # objects that others may refer to: they are never changed in place
        self.shared: set[Value] = set()
        # loop variables whose object is ours but for what enters the loop, there or through another of them
        self.borrowed: set[Value] = set()
        self.entering: set[Value] = set()
        self.objects: dict[Value, Objects] = {}
        self.contents: dict[Value, set[Value]] = {}
        self.holders: dict[Value, list[Value]] = {}
        # objects that may be one after all, where a loop or a branch hands on what others have as well
        self.links: dict[Value, set[Value]] = {}
        # the same of loop variables and what enters them, which is not what an iteration has made
        self.entries: dict[Value, set[Value]] = {}
        # what is taken from lists, with the lists
        self.taken: dict[Value, Objects] = {}
        self._collect(root)
        self.changed = True
        while self.changed:
            self.changed = False
            self._block(root)
        self._find_holders()
        self._settle()

    def _collect(self, block: Block) -> None:
        for stmt in block.statements:
            self.blocks[id(stmt)] = block
            self.definition.update(dict.fromkeys(stmt.outs, stmt))
            if isinstance(stmt, If):
                self.branches.append(stmt)
            elif isinstance(stmt, (For, While)):
                self.loops.append(stmt)
                self.loop_of.update({p: (stmt, k) for k, p in enumerate(carried_params(stmt))})
            for inner in blocks_of(stmt):
                self._collect(inner)

    # -- what may be what ----------------------------------------------------------------------------------

    def of(self, value: Any) -> Objects:
        """The objects that a value may be; a value from outside is its own."""
        if not is_memory(value):
            return _NONE
        if value not in self.objects:
            self.objects[value] = frozenset((value,))
            self.shared.add(value)
        return self.objects[value]

    def inside(self, objects: Iterable[Value]) -> Objects:
        """The objects that containers may hold, also in containers that they hold."""
        found: set[Value] = set()
        pending = list(objects)
        while pending:
            for item in self.contents.get(pending.pop(), ()):
                if item not in found:
                    found.add(item)
                    pending.append(item)
        return frozenset(found)

    def _define(self, value: Value, objects: Objects) -> None:
        if is_memory(value) and self.objects.get(value) != objects:
            self.objects[value] = objects
            self.changed = True

    def _hold(self, containers: Objects, items: Iterable[Value]) -> None:
        for container in containers:
            held = self.contents.setdefault(container, set())
            new = set(items) - held
            if new:
                held |= new
                self.changed = True

    def _block(self, block: Block) -> None:
        for stmt in block.statements:
            if isinstance(stmt, Apply):
                self._apply(stmt)
            elif isinstance(stmt, Call):
                for out in stmt.outs:
                    self._define(out, frozenset((out,)))
                    self.shared.add(out)
                for arg in stmt.args:
                    self.shared |= self.of(arg) | self.inside(self.of(arg))
            elif isinstance(stmt, If):
                self._block(stmt.then)
                self._block(stmt.orelse)
                for out, *atoms in zip(stmt.outs, stmt.then.yields, stmt.orelse.yields, strict=True):
                    sides = {self.of(a) for a in atoms if is_memory(a)}
                    # the same object on both sides, else one of its own
                    self._define(out, sides.pop() if len(sides) == 1 and all(map(is_memory, atoms))
                                 else frozenset((out,)))  # fmt: skip
                    self._hold(self.of(out), self.inside(o for a in atoms for o in self.of(a)))
            else:
                self._loop(stmt)

    def _loop(self, stmt: For | While) -> None:
        params = carried_params(stmt)
        for param in params:
            self._define(param, frozenset((param,)))
        if isinstance(stmt, While):
            for spare, param in zip(stmt.test.params, params, strict=True):
                self._define(spare, frozenset((param,)))
        for inner in blocks_of(stmt):
            self._block(inner)
        for out, param, *atoms in zip(stmt.outs, params, stmt.init, carried_yields(stmt), strict=True):
            self._define(out, frozenset((out,)))
            held = self.inside(o for a in atoms for o in self.of(a))
            self._hold(self.of(param) | self.of(out), held)

    def _apply(self, stmt: Apply) -> None:
        row = stmt.primitive
        given = frozenset(o for v in values_in(stmt.args) for o in self.of(v))
        if row in lists.TAKING or (row is GETITEM and _is_container(stmt.args[0])):
            first = self.of(stmt.args[0])
            rest = stmt.outs[:-1] if row in lists.CHANGES else ()
            for out in rest:
                self._define(out, first)
            for item in stmt.outs[len(rest) :]:
                self._define(item, self.inside(first) or frozenset((item,)))
                self.taken[item] = first
        elif row.effect == "update":
            first = self.of(stmt.args[0])
            self._define(stmt.outs[0], first or frozenset(stmt.outs))
            if _is_container(stmt.outs[0]):
                added = [o for v in values_in(stmt.args[1:]) for o in self.of(v)]
                self._hold(self.of(stmt.outs[0]), {*added, *self.inside(added)})
        elif is_view(stmt):
            shown = frozenset(o for v in shown_by(stmt) for o in self.of(v))
            self._define(stmt.outs[0], shown or frozenset(stmt.outs))
            if not shown:
                self.shared |= self.of(stmt.outs[0])
        else:
            shown = frozenset(o for v in shown_by(stmt) for o in self.of(v))
            for out in stmt.outs:
                self._define(out, shown | {out})
                if _is_container(out) or (isinstance(out.type, Unknown) and not row.pointwise):
                    items = self.inside(given) if row is METHODS["copy"] else given | self.inside(given)
                    self._hold(self.of(out), () if row.name in _DEEP else items)
            if row.effect == "opaque":
                self.shared |= given | self.inside(given) | set(stmt.outs)

    # -- who refers to what --------------------------------------------------------------------------------

    def _find_holders(self) -> None:
        for value in list(self.objects):
            own = self.of(value)
            for obj in own | self.inside(own):
                self.holders.setdefault(obj, []).append(value)

    def others(self, value: Value, at: int, entries: bool = True) -> list[Value]:
        """The values that are read after position `at` and may be the object of `value`, or hold it; without
        `entries`, if it is not what has entered a loop.
        """
        objects = self._linked(self.of(value), entries)
        found = dict.fromkeys(v for obj in objects for v in self.holders.get(obj, ()) if v is not value)
        return [v for v in found if self.order.live_after(v, at)]

    def _linked(self, objects: Iterable[Value], entries: bool = True) -> set[Value]:
        found, pending = set(objects), list(objects)
        while pending:
            obj = pending.pop()
            new = self.links.get(obj, set()) | (self.entries.get(obj, set()) if entries else set())
            pending += new - found
            found |= new
        return found

    def _link(self, obj: Value, *atoms: Any, entry: bool = False) -> None:
        links = self.entries if entry else self.links
        for other in (o for a in atoms for o in self.of(a) if o is not obj):
            links.setdefault(obj, set()).add(other)
            links.setdefault(other, set()).add(obj)

    def is_ours(self, value: Value) -> bool:
        """Whether the object of a value belongs to this code alone."""
        objects = self.of(value)
        return bool(objects) and objects.isdisjoint(self.shared) and objects.isdisjoint(self.borrowed)

    def is_free(self, value: Value, at: int) -> bool:
        """Whether a value's object is ours, and nothing reads it after position `at`."""
        if not self.is_ours(value) or not self.is_whole(value):
            return False
        return not self.order.live_after(value, at) and not self.others(value, at)

    def is_alone(self, value: Value) -> bool:
        """Whether a value's object is ours, and no other value is it, shows it or holds it."""
        if not self.is_ours(value) or not self.is_whole(value):
            return False
        return all(self.holders[obj] == [value] for obj in self.of(value))

    def is_whole(self, value: Any) -> bool:
        """Whether a value is an object itself, and not a view of one."""
        stmt = self.definition.get(value)
        if isinstance(stmt, If):
            k = stmt.outs.index(value)
            return self.is_whole(stmt.then.yields[k]) and self.is_whole(stmt.orelse.yields[k])
        return not isinstance(stmt, Apply) or not is_view(stmt)

    def _settle(self) -> None:
        """Take back what was assumed of loops and branches, until all of it holds."""
        # an item belongs to whom its list does
        self.shared.update(item for item, of in self.taken.items() if not of.isdisjoint(self.shared))
        while True:
            before = self._doubts()
            for stmt in self.loops:
                self._check_loop(stmt)
            for branch in self.branches:
                self._check_branch(branch)
            if self._doubts() == before:
                return

    def _doubts(self) -> tuple[int, ...]:
        links = (*self.links.values(), *self.entries.values())
        return len(self.shared), len(self.borrowed), sum(map(len, links))

    def _check_loop(self, stmt: For | While) -> None:
        start, close = self.order.start[id(stmt)], self.order.close[id(stmt.body)]
        yields = carried_yields(stmt)
        for k, (param, out) in enumerate(zip(carried_params(stmt), stmt.outs, strict=True)):
            if not is_memory(param):
                continue
            if not self._handed_on(yields, k, close, entries=False):
                self.shared |= {param, out}
                self._link(param, out, stmt.init[k], yields[k])
            elif not self._handed_on(stmt.init, k, start) or self._is_borrowed(stmt.init[k]):
                self.entering.add(param)
                self.borrowed |= {param, out}
                self._link(param, out, yields[k])
                self._link(param, stmt.init[k], entry=True)
            elif self._is_borrowed(yields[k]):
                self.borrowed |= {param, out}
                self._link(param, out, yields[k])

    def _check_branch(self, stmt: If) -> None:
        for k, out in enumerate(stmt.outs):
            if self.of(out) != frozenset((out,)):
                continue
            for block in (stmt.then, stmt.orelse):
                close = self.order.close[id(block)]
                end = self.order.end[id(stmt)]
                if not self._handed_on(block.yields, k, close, end) or self._is_borrowed(block.yields[k]):
                    self.shared.add(out)
                    self._link(out, stmt.then.yields[k], stmt.orelse.yields[k])

    def _is_borrowed(self, atom: Any) -> bool:
        return not self.of(atom).isdisjoint(self.borrowed)

    def _handed_on(self, atoms: tuple[Any, ...], k: int, *places: int, entries: bool = True) -> bool:
        """Whether the object of atom `k` changes hands: it is ours, whole, and nobody else has it then;
        without `entries`, if it is not what has entered a loop.
        """
        atom = atoms[k]
        if not is_memory(atom):
            return True
        mine = self.of(atom)
        if not mine or not mine.isdisjoint(self.shared) or not self.is_whole(atom):
            return False
        for j, other in enumerate(atoms):
            # what is not its own object may be any that it was chosen among
            own = self.of(other) | self._linked(self.of(other) & self.shared, entries)
            if j != k and not mine.isdisjoint(own | self.inside(own)):
                return False
        return not any(self.order.live_after(atom, p) or self.others(atom, p, entries) for p in places)


def is_view(stmt: Apply) -> bool:
    """Whether the result of a statement may be a view of what it reads, or read-only."""
    return stmt.primitive.effect == "view" and not copies(stmt)


def _is_container(value: Any) -> bool:
    return isinstance(value, Value) and isinstance(value.type, _CONTAINERS)
