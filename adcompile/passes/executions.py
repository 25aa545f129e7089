"""Executions of statements in loops: whether two of them can meet in an element of an array.

In: where statements stand, and the indices that they read or write at. Out: inequalities between integers,
linear in the indices of loops and in integers that do not change, that hold if two executions touch the same
element; `ir.affine` shows that they contradict each other, or nothing is claimed. Not for what follows from
that: `passes.held` asks.
"""

from __future__ import annotations

from typing import Any, Protocol

from ..ir.affine import Affine, at_least, constant, contradictory, plus, variable
from ..ir.nodes import Apply, Arg, Atom, For, If, Literal, Slice, Stmt, Value, While
from ..ir.types import Dim, Scalar, Size, dtype_of, is_python
from ..rules.indexing import index_parts
from ..rules.rule import OPERATORS

Loop = For | While
# where a statement stands: the loops and the arms of branches around it, the outermost first
Path = tuple[tuple[Any, int], ...]


class Known(Protocol):
    """What is known of a block: what defines each value, and where those stand that change in a loop."""

    definitions: dict[Value, Stmt]
    paths: dict[Value, Path]


def loops_of(path: Path) -> tuple[Loop, ...]:
    """The loops around a statement, the outermost first."""
    return tuple(stmt for stmt, _ in path if isinstance(stmt, (For, While)))


def impossible(facts: list[Affine], choices: list[tuple[Affine, Affine]]) -> bool:
    """Whether facts contradict each other, and whichever of two further ones holds."""
    if contradictory(facts):
        return True
    return bool(choices) and all(impossible([*facts, fact], choices[1:]) for fact in choices[0])


def _length(size: Size) -> Affine | None:
    if isinstance(size, Dim):
        return variable(size.key)
    return None if size is None else constant(size)


def overlap(a: Region, b: Region, sizes: tuple[Size, ...]) -> list[Affine]:
    """That one element is in both regions."""
    facts = []
    for axis in range(min(len(a), len(b))):
        x = variable(("element", axis))
        for low, high in (a[axis], b[axis]):
            facts += [] if low is None else [at_least(x, low)]
            facts += [] if high is None else [at_least(high, x, 1)]
        size = _length(sizes[axis]) if axis < len(sizes) else None
        facts.append(x)
        facts += [] if size is None else [at_least(size, x, 1)]
    return facts


def in_order(first: Execution, second: Execution, loop: Loop) -> list[Affine]:
    """That the one executes in an earlier iteration of a loop than the other."""
    step = _step(loop)
    if step is None:
        return []
    assert isinstance(loop, For)
    index = loop.body.params[0]
    early, late = first.affine(index), second.affine(index)
    return [at_least(late, early, step) if step > 0 else at_least(early, late, -step)]


def _step(loop: Loop) -> int | None:
    """What the index of a loop changes by in an iteration."""
    if not isinstance(loop, For):
        return None
    step = loop.range[2]
    if not isinstance(step, Literal) or type(step.value) is not int or step.value == 0:
        return None
    return -step.value if loop.backwards else step.value


# from where to where (exclusive) along each axis; None where that is not known
Region = list[tuple[Affine | None, Affine | None]]
_WHOLE = (None, None)


class Execution:
    """One execution of a statement: what its integers are, told by names, and what is known of them.

    `equal` are the loops that are in the same iteration as in the execution of `other`, with which their
    integers are shared. The integers of all other loops have names of this execution.
    """

    def __init__(
        self, known: Known, tag: str, path: Path, other: Execution | None, equal: tuple[Loop, ...]
    ) -> None:
        self.known, self.tag, self.other, self.equal = known, tag, other, equal
        self.facts: list[Affine] = []
        # pairs of facts of which one holds
        self.choices: list[tuple[Affine, Affine]] = []
        for stmt, arm in path:
            if isinstance(stmt, For):
                self._within(stmt)
            elif isinstance(stmt, If):
                self._tested(stmt.test, arm == 0)

    def affine(self, atom: Any) -> Affine:
        """An integer of the program, as a sum."""
        if isinstance(atom, Literal):
            return constant(atom.value)
        stmt = self.known.definitions.get(atom)
        if isinstance(stmt, Apply) and all(map(is_integer, stmt.args)):
            row, args = stmt.primitive, [self.affine(a) for a in stmt.args]
            if row in (OPERATORS["+"], OPERATORS["-"]):
                return plus(args[0], args[1], 1 if row is OPERATORS["+"] else -1)
            if row is OPERATORS["neg"]:
                return plus({}, args[0], -1)
            for place, factor in enumerate(stmt.args):
                if row is OPERATORS["*"] and isinstance(factor, Literal):
                    return plus({}, args[1 - place], factor.value)
        return variable(self._name(atom))

    def _name(self, value: Value) -> Any:
        size = value.type.size if isinstance(value.type, Scalar) else None
        path = self.known.paths.get(value)
        if size is not None and (path is None or "#" not in size.key):
            return size.key
        if path is None:
            return f"#{value.serial}"
        around = loops_of(path)
        shared = self.other is not None and around == self.equal[: len(around)]
        return (self.other.tag if self.other is not None and shared else self.tag, value.serial)

    def _within(self, loop: For) -> None:
        """The index of a loop is between the bounds of its range."""
        step = _step(loop)
        start, stop, _ = loop.range
        if step is None or not is_integer(start) or not is_integer(stop):
            return
        low, high = self.affine(start), plus(self.affine(stop), constant(-1))
        if (step < 0) != loop.backwards:
            low, high = plus(self.affine(stop), constant(1)), self.affine(start)
        index = self.affine(loop.body.params[0])
        self.facts += [at_least(index, low), at_least(high, index)]

    def _tested(self, test: Atom, holds: bool) -> None:
        """What a branch has tested."""
        stmt = self.known.definitions.get(test) if isinstance(test, Value) else None
        if not isinstance(stmt, Apply) or len(stmt.args) != 2 or not all(map(is_integer, stmt.args)):
            return
        sign = next((s for s in _OPPOSITE if stmt.primitive is OPERATORS[s]), None)
        if sign is None:
            return
        a, b = (self.affine(x) for x in stmt.args)
        sign = sign if holds else _OPPOSITE[sign]
        if sign in ("<", "<="):
            self.facts.append(at_least(b, a, int(sign == "<")))
        elif sign in (">", ">="):
            self.facts.append(at_least(a, b, int(sign == ">")))
        elif sign == "==":
            self.facts += [at_least(a, b), at_least(b, a)]
        elif len(self.choices) < _MOST_CHOICES:
            self.choices.append((at_least(a, b, 1), at_least(b, a, 1)))

    def region(self, index: Arg, sizes: tuple[Size, ...]) -> Region:
        """What an index selects, or more than that; axes at the end that are missing are whole."""
        found: Region = []
        for part in index_parts(index):
            size = _length(sizes[len(found)]) if len(found) < len(sizes) else None
            if isinstance(part, Literal) and part.value is None:
                continue
            if isinstance(part, Slice):
                found.append(self._sliced(part, size))
            elif is_integer(part):
                found.append(self._element(part, size))
            else:
                break
        return found

    def _element(self, part: Any, size: Affine | None) -> tuple[Affine | None, Affine | None]:
        at = self._bound(part, size)
        if at is None:
            return _WHOLE
        if size is not None:
            # or else the program raises
            self.facts.append(at_least(size, at, 1))
        return at, plus(at, constant(1))

    def _sliced(self, part: Slice, size: Affine | None) -> tuple[Affine | None, Affine | None]:
        step = part.step.value if isinstance(part.step, Literal) else 0
        if step is not None and (type(step) is not int or step < 1):
            return _WHOLE
        bounds: list[Affine | None] = []
        for bound in (part.start, part.stop):
            none = isinstance(bound, Literal) and bound.value is None
            bounds.append(None if none else self._bound(bound, size))
            if not none and bounds[-1] is None:
                return _WHOLE
        return bounds[0], bounds[1]

    def _bound(self, part: Arg, size: Affine | None) -> Affine | None:
        """The place that an integer names along an axis, None if it may be counted from the end."""
        if not is_integer(part):
            return None
        at = self.affine(part)
        if isinstance(part, Literal) and part.value < 0:
            return None if size is None else plus(size, at)
        negative = at_least(constant(-1), at)
        return at if impossible([*self.facts, negative], self.choices) else None


# what is shown for either of two facts is shown twice as often for each further pair
_MOST_CHOICES = 3
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def is_integer(arg: Arg) -> bool:
    """Whether an argument is an integer of Python, whose arithmetic is exact."""
    if isinstance(arg, Literal):
        return type(arg.value) is int
    return isinstance(arg, Value) and is_python(arg.type) and dtype_of(arg.type) == "int64"
