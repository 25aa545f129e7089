"""Arrays of which it is known at run time only which memory they are.

In: for the arrays that a join of paths hands out, what each of them is on every path. Out: for each array
a tree: by the value of this test it is this place or that one. A write goes to the place where the array is,
and a read finds it there, so aliases that branches and loops choose are followed exactly. A place is a memory
and the views that lead from it. A memory that nothing else refers to needs no place: it goes on as the array
that is handed out. Not for what memories contain: that is `memory`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..ir.nodes import Apply, Items, Literal, Slice, Through, Value


@dataclass(frozen=True, eq=False)
class Place:
    """A memory and the steps from there to an array; no memory for what is no array."""

    base: Value | None
    steps: tuple[Apply, ...] = ()


@dataclass(frozen=True, eq=False)
class Either:
    """One tree or the other, by a test."""

    test: Any
    then: Tree
    orelse: Tree


Tree = Place | Either
NOWHERE = Place(None)


def places(tree: Tree) -> Iterator[Place]:
    """The places that an array may be at."""
    if isinstance(tree, Place):
        yield tree
    else:
        yield from places(tree.then)
        yield from places(tree.orelse)


def map_places(tree: Tree, change: Callable[[Place], Place], test: Callable[[Any], Any]) -> Tree:
    """The same tree with other places and tests."""
    if isinstance(tree, Place):
        return change(tree)
    then, orelse = map_places(tree.then, change, test), map_places(tree.orelse, change, test)
    return Either(test(tree.test), then, orelse)


def with_atoms(step: Apply, atom: Callable[[Any], Any]) -> Apply:
    """A step of a view with every atom in its operands replaced."""
    args = (step.args[0], *(_with_leaves(a, atom) for a in step.args[1:]))
    return Apply(step.outs, step.primitive, args, step.loc, step.adjoint)


def _with_leaves(arg: Any, atom: Callable[[Any], Any]) -> Any:
    if isinstance(arg, (Value, Literal)):
        return atom(arg)
    if isinstance(arg, tuple):
        return tuple(_with_leaves(a, atom) for a in arg)
    if isinstance(arg, Slice):
        return Slice(*(_with_leaves(a, atom) for a in (arg.start, arg.stop, arg.step)))
    if isinstance(arg, Items):
        return Items(tuple(_with_leaves(a, atom) for a in arg.items))
    return Through(
        tuple((row, _with_leaves(rest, atom)) for row, rest in arg.steps), _with_leaves(arg.index, atom)
    )


@dataclass
class Join:
    """What the arrays that a join hands out are, and which of them stand for which memories.

    Attributes
    ----------
    columns : sequence of dict
        For each path, the tree of each array there.
    loose : sequence of callables
        For each path, whether a memory may go on as one of the arrays that are handed out.
    roots : callable
        The memories that a memory may be a part of.
    moving : frozenset
        Arrays that are known to be no memories of their own.
    """

    columns: Sequence[Mapping[Value, Tree]]
    loose: Sequence[Callable[[Value], bool]]
    roots: Callable[[Value], frozenset[Value]]
    moving: frozenset[Value] = frozenset()
    users: list[dict[Value, list[Value]]] = field(init=False)
    homes: list[dict[Value, Value]] = field(init=False)
    # arrays that may be one, and nothing tells whether they are
    untold: set[Value] = field(init=False)

    def __post_init__(self) -> None:
        self.users, self.homes, self.untold = [], [], set()
        for column, is_loose in zip(self.columns, self.loose, strict=True):
            users: dict[Value, list[Value]] = {}
            for out, tree in column.items():
                for base in {p.base: None for p in places(tree) if p.base is not None}:
                    users.setdefault(base, []).append(out)
            self.users.append(users)
            self.homes.append(self._homes(column, users, is_loose))
            self._find_untold(users)

    def _homes(
        self, column: Mapping[Value, Tree], users: dict[Value, list[Value]], is_loose: Callable[[Value], bool]
    ) -> dict[Value, Value]:
        """For each loose memory the array that goes on as it."""
        homes = {}
        for base, outs in users.items():
            if not is_loose(base):
                continue
            whole = [o for o in outs if _is_whole(column[o], base)]
            if len(outs) == 1 or whole:
                homes[base] = outs[0] if len(outs) == 1 else whole[0]
            else:
                self.untold.update(outs)
        return homes

    def _find_untold(self, users: dict[Value, list[Value]]) -> None:
        """Memories that may be one, as what a function returned that may return its operand."""
        found = {base: self.roots(base) for base in users}
        for base, roots in found.items():
            for other, theirs in found.items():
                if other is not base and roots != {base} and not roots.isdisjoint(theirs):
                    self.untold.update(users[base], users[other])

    def is_own(self, out: Value) -> bool:
        """Whether an array is a memory of its own, whatever the path."""
        if out in self.untold:
            return True
        return out not in self.moving and all(
            place.base is None or self._is_home(k, out, place)
            for k, column in enumerate(self.columns)
            if out in column
            for place in places(column[out])
        )

    def _is_home(self, k: int, out: Value, place: Place) -> bool:
        assert place.base is not None
        if self.homes[k].get(place.base) is not out:
            return False
        return len(self.users[k][place.base]) == 1 or not place.steps

    def moved(self, k: int, out: Value, own: Callable[[Value], Value], atom: Callable[[Any], Any]) -> Tree:
        """The tree of an array on path `k`, as it is behind the join."""

        def change(place: Place) -> Place:
            if place.base is None or self._is_home(k, out, place):
                return Place(own(out))
            home = self.homes[k].get(place.base)
            steps = tuple(with_atoms(s, atom) for s in place.steps)
            return Place(place.base if home is None else own(home), steps)

        return map_places(self.columns[k][out], change, atom)


def _is_whole(tree: Tree, base: Value) -> bool:
    return isinstance(tree, Place) and tree.base is base and not tree.steps
