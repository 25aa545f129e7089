"""Arrays that a loop moves from memory to memory, and how a loop carries where they are.

In: for an array that a loop carries, the places where it was before the loop and is after an iteration. Out:
a number that tells which of the places it is, carried with the indices of the views among them. Not for what
else a loop carries: that is `carried`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..ir.nodes import Block, If, Literal, Value, leaves
from ..ir.types import BOOL, INT, Scalar
from ..rules.rule import OPERATORS
from .parse import Parser
from .pointers import Either, Place, Tree, with_atoms

_ZERO = Literal(0)


@dataclass(eq=False)
class Target:
    """One of the places where an array may be; numbers in its views that iterations change are holes."""

    place: Place
    shape: Any
    atoms: list[Any]
    holes: dict[int, Value] = field(default_factory=dict)


class Tracked:
    """Where an array is that a loop carries.

    Attributes
    ----------
    targets : list of Target
        The places, in the order of their numbers.
    tag : Value
        The parameter that tells the number.
    """

    def __init__(self, param: Value, own: Value) -> None:
        self.param = param
        self.own = own
        self.targets: list[Target] = []
        self.tag = Value(INT, f"{param.hint}_place" if param.hint else "place", param.named)
        self.keeps_own = False

    def widen(self, place: Place, is_outside: Callable[[Value], bool]) -> bool:
        """Take in a place where the array may be; returns whether it is new."""
        target = self._target(place)
        if target is None:
            self.targets.append(Target(place, shape_of_place(place), numbers_in(place)))
            self.keeps_own |= place.base is self.own
            return True
        grown = False
        for k, (known, atom) in enumerate(zip(target.atoms, numbers_in(place), strict=True)):
            if k not in target.holes and not (_is_same(known, atom) and is_outside(atom)):
                target.holes[k] = Value(INT, getattr(atom, "hint", ""), getattr(atom, "named", False))
                grown = True
        return grown

    def _target(self, place: Place) -> Target | None:
        shape = shape_of_place(place)
        return next((t for t in self.targets if t.shape == shape), None)

    def parameters(self) -> list[Value]:
        """What the loop carries: the number of the place, and the holes of all places."""
        holes = [h for t in self.targets for h in t.holes.values()]
        return [self.tag, *holes] if len(self.targets) > 1 else holes

    def tree(self, p: Parser, image: Callable[[Value], Value]) -> Tree:
        """The places, by the parameters or what stands for them."""
        found: Tree | None = None
        for number, target in reversed(list(enumerate(self.targets))):
            place = self._filled(target, image)
            if found is None:
                found = place
                continue
            test = p.builder.append(OPERATORS["=="], image(self.tag), Literal(number))
            found = Either(test, place, found)
        assert found is not None
        return found

    def _filled(self, target: Target, image: Callable[[Value], Value]) -> Place:
        """A place with what stands for its holes."""
        atoms = iter([image(target.holes[k]) if k in target.holes else a for k, a in enumerate(target.atoms)])
        steps = (with_atoms(s, lambda a: next(atoms) if is_number(a) else a) for s in target.place.steps)
        return Place(target.place.base, tuple(steps))

    def encode(self, p: Parser, tree: Tree) -> list[Any]:
        """The atoms for the parameters that say that the array is where a tree tells."""
        if isinstance(tree, Either):
            sides = []
            for side in (tree.then, tree.orelse):
                with p.builder.block() as statements:
                    sides.append((statements, self.encode(p, side)))
            return _either(p, tree.test, *sides)
        target = self._target(tree)
        assert target is not None
        atoms: list[Any] = [Literal(self.targets.index(target))] if len(self.targets) > 1 else []
        for other in self.targets:
            numbers = numbers_in(tree) if other is target else []
            atoms += [numbers[k] if other is target else _ZERO for k in other.holes]
        return atoms


def _either(p: Parser, test: Any, then: Any, orelse: Any) -> list[Any]:
    """The atoms of one list or the other."""
    blocks: tuple[list[Any], list[Any]] = ([], [])
    outs: list[Value] = []
    found: list[Any] = []
    for a, b in zip(then[1], orelse[1], strict=True):
        if _is_same(a, b):
            found.append(a)
            continue
        out = Value(INT)
        outs.append(out)
        found.append(out)
        blocks[0].append(a)
        blocks[1].append(b)
    if outs or then[0] or orelse[0]:
        first, second = Block((), then[0], tuple(blocks[0])), Block((), orelse[0], tuple(blocks[1]))
        p.builder.statements.append(If(tuple(outs), test, first, second, p.builder.loc))
    return found


def _is_same(a: Any, b: Any) -> bool:
    return a is b or (isinstance(a, Literal) and isinstance(b, Literal) and a.value == b.value)


def is_number(atom: Any) -> bool:
    """Whether an atom in a view is an integer that may differ from iteration to iteration."""
    if isinstance(atom, Literal):
        return type(atom.value) is int
    return isinstance(atom.type, Scalar) and atom.type != BOOL


def numbers_in(place: Place) -> list[Any]:
    """The integers in the views of a place."""
    return [a for s in place.steps for arg in s.args[1:] for a in leaves(arg) if is_number(a)]


def shape_of_place(place: Place) -> Any:
    """What two places have in common that differ in integers only."""
    return place.base, tuple((s.primitive, tuple(map(_pattern, s.args[1:]))) for s in place.steps)


def _pattern(arg: Any) -> Any:
    if isinstance(arg, Value):
        return "number" if is_number(arg) else arg
    if isinstance(arg, Literal):
        return "number" if is_number(arg) else (type(arg.value), repr(arg.value))
    if isinstance(arg, tuple):
        return tuple(map(_pattern, arg))
    return (type(arg), *(_pattern(getattr(arg, name)) for name in arg.__dataclass_fields__))
