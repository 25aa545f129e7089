"""That a statement does not raise, because others would have raised before, or will.

In: a block of a derivative, and the values that it needs. Out: whether a statement whose value nobody needs
can be dropped although it may raise: for each thing that it may raise for there is a statement which is
executed whenever this one is, and raises for the same. The backward sweep reads `x_bar[i]` where the program
reads `x[i]`, and divides by what the program divides by. Or the loops and branches around it tell that an
index is within its bounds. Statements may stand in other loops, if these run over the same range, and in
other branches of the same test.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any

import numpy as np

from ..ir.affine import Affine, at_least, constant, plus, variable
from ..ir.nodes import Apply, Arg, Atom, Block, For, If, Items, Literal, Stmt, Value, blocks_of
from ..ir.types import Dim, ListOf, Size, is_python, shape_of
from ..rules.indexing import GETITEM, INDEX_SET, WRITES
from ..rules.lists import LIST_APPEND, LIST_EACH, LIST_MAKE, LIST_POP, LIST_SET
from ..rules.rule import ATTRIBUTES, FUNCTIONS
from ..rules.typing import typ
from .activity import carried_params, carried_yields
from .common import is_shareable, key_of
from .executions import Execution, Path, impossible, is_integer
from .fitting import SOLVE
from .raising import DIVISIONS, POWER, indexed, may_fail, places, undefined_at_zero
from .shapes import Shapes

_INV, _LEN = FUNCTIONS[np.linalg.inv], FUNCTIONS[len]
_TRANSPOSES = (ATTRIBUTES["T"], ATTRIBUTES["mT"])
# functions of the math module that are defined for the same numbers
_ALIKE = {
    f"math.{name}(x)": names
    for names in (("sin", "cos", "tan"), ("asin", "acos"), ("sinh", "cosh"))
    for name in names
}
Fact = Hashable
# of a length that is known to be as large, it is also noted that it is as large as these
_MOST = 16


class Proofs:
    """What the statements of a block that are executed anyway raise for."""

    def __init__(self, block: Block, shapes: Shapes, needed: set[Value], unread: Iterable[Apply]) -> None:
        self.shapes = shapes
        self.rows = {stmt.primitive for stmt in unread}
        self.definitions: dict[Value, Stmt] = {}
        # where the values stand that change in a loop, and all statements
        self.paths: dict[Value, Path] = {}
        self.places: dict[Stmt, Path] = {}
        self.numbers: dict[Any, int] = {}
        self.keys: dict[Value, Hashable] = {}
        self.proven: dict[Fact, list[Hashable]] = {}
        # for the lengths of axes that have to be equal another one of them
        self.lengths: dict[str, str] = {}
        self._define(block, ())
        self._compare(block)
        # what tells how long a list is
        self.counted: dict[Value, list[Value]] = {}
        for stmt in self.places:
            if isinstance(stmt, Apply) and stmt.primitive is _LEN and isinstance(stmt.args[0], Value):
                self.counted.setdefault(stmt.args[0], []).append(stmt.outs[0])
            if isinstance(stmt, Apply) and (
                not needed.isdisjoint(stmt.outs) or stmt.primitive.effect == "opaque"
            ):
                self.add(stmt)

    def add(self, stmt: Apply) -> None:
        """Take in a statement that is executed."""
        for fact in self._facts(stmt):
            self.proven.setdefault(fact, []).append(self._place(self.places[stmt]))

    def cannot_fail(self, stmt: Apply) -> bool:
        """Whether a statement, if the shapes of its operands fit, certainly does not raise."""
        if not may_fail(stmt):
            return True
        place = self._place(self.places[stmt])
        if self._is_proven(self._itself(stmt), place):
            return True
        found = list(self._wanted(stmt))
        return None not in found and all(fact is True or self._is_proven(fact, place) for fact in found)

    def _define(self, block: Block, path: Path) -> None:
        for stmt in block.statements:
            self.places[stmt] = path
            for out in stmt.outs:
                self.definitions[out] = stmt
            if path:
                self.paths.update(dict.fromkeys(stmt.outs, path))
            for arm, inner in enumerate(blocks_of(stmt)):
                self.paths.update(dict.fromkeys(inner.params, (*path, (stmt, arm))))
                self._define(inner, (*path, (stmt, arm)))

    def _compare(self, block: Block) -> None:
        """Note which axes are as long as others, because arrays of the program were broadcast."""
        for stmt in block.statements:
            if isinstance(stmt, Apply) and not stmt.adjoint:
                for out in stmt.outs:
                    for size in shape_of(out.type) or ():
                        if isinstance(size, Dim):
                            first, *others = sorted({self._length(key) for key in size.keys})
                            self.lengths.update(dict.fromkeys(others, first))

    def _length(self, key: str) -> str:
        while key in self.lengths:
            key = self.lengths[key]
        return key

    def _is_proven(self, fact: Fact, place: Any) -> bool:
        return any(place[: len(other)] == other for other in self.proven.get(fact, ()))  # type: ignore[arg-type]

    # -- what is the same wherever it is computed ------------------------------------------------------------

    def _place(self, path: Path) -> Hashable:
        """The loops and branches around a statement: equal for those that are executed as often, alike."""
        found: list[Hashable] = []
        for stmt, arm in path:
            if isinstance(stmt, For) and not stmt.stops:
                found.append(("for", self._key(stmt.range)))
            elif isinstance(stmt, If):
                found.append(("if", self._key(stmt.test), arm))
            else:
                found.append((id(stmt), arm))
        return tuple(found)

    def _key(self, arg: Arg) -> Hashable:
        """What is equal for operands that are equal in executions of statements at the same place."""
        return key_of(arg, self._number)  # type: ignore[no-any-return]

    def _number(self, value: Value) -> Hashable:
        if value not in self.keys:
            pushed = self._pushed(value)
            if pushed is None:
                self.keys[value] = self.numbers.setdefault(self._told(value), len(self.numbers))
            else:
                self.keys[value] = self._key(pushed)
        return self.keys[value]

    def _told(self, value: Value) -> Hashable:
        stmt, path = self.definitions.get(value), self.paths.get(value)
        loop = path[-1][0] if path else None
        if isinstance(loop, For) and not loop.stops and value is loop.body.params[0]:
            return "index", self._place(path or ())
        if not isinstance(stmt, Apply):
            return "value", value.serial
        if is_shareable(stmt) and len(stmt.outs) == 1:
            return id(stmt.primitive), self._key(stmt.args)
        return "value", value.serial

    def _pushed(self, value: Value) -> Atom | None:
        """What the forward sweep has put on a list where a backward one takes this value from it."""
        stmt = self.definitions.get(value)
        if not isinstance(stmt, Apply) or not stmt.adjoint:
            return None
        if stmt.primitive not in (LIST_POP, LIST_EACH) or value is not stmt.outs[-1]:
            return None
        items: Any = stmt.args[0]
        # the list as it was before the loops of the backward sweep
        while items in self.paths:
            made, loop = self.definitions.get(items), self.paths[items][-1][0]
            if made is None and isinstance(loop, For):
                items = loop.init[carried_params(loop).index(items)]
            else:
                items = self._pushed(items)
                break
        made, param = self.definitions.get(items), None
        while isinstance(made, For):
            k = made.outs.index(items)
            param, items = carried_params(made)[k], carried_yields(made)[k]
            made = self.definitions.get(items)
        if not isinstance(made, Apply) or made.primitive is not LIST_APPEND or made.args[0] is not param:
            return None
        same = self._place(self.places[made]) == self._place(self.places[stmt])
        return made.args[1] if same and isinstance(made.args[1], (Value, Literal)) else None

    # -- what a statement raises for -------------------------------------------------------------------------

    def _itself(self, stmt: Apply) -> Fact:
        return "itself", id(stmt.primitive), self._key(stmt.args)

    def _facts(self, stmt: Apply) -> Iterator[Fact]:
        """What is true once a statement has been executed."""
        if stmt.primitive in self.rows:
            yield self._itself(stmt)
        yield from (fact for fact in self._wanted(stmt, True) if fact is not None)

    def _wanted(self, stmt: Apply, executed: bool = False) -> Iterator[Fact | None]:
        """What has to be true for a statement not to raise: True where it is, None where nobody knows."""
        row = stmt.primitive
        if row is POWER and isinstance(stmt.args[1], Value):
            # of a power with an unknown exponent nobody knows what it tells
            yield True if not executed and self._is_natural(stmt.args[1], self.places[stmt]) else None
        elif row in DIVISIONS or row is POWER:
            zero = undefined_at_zero(row, stmt.args)
            # only what is certainly a number of Python raises
            told = zero is not None and not (executed and not all(is_python(typ(a)) for a in stmt.args))
            yield ("nonzero", self._key(zero)) if told and zero is not None else None
        elif row is INDEX_SET and executed and stmt.adjoint:
            # a place that is made zero for nothing is left as it is
            return
        elif row is GETITEM or row in WRITES:
            yield from self._bounds(stmt, executed)
        elif row in (SOLVE, _INV):
            a = stmt.args[0]
            made = self.definitions.get(a) if isinstance(a, Value) else None
            if isinstance(made, Apply) and made.primitive in _TRANSPOSES and len(shape_of(typ(a)) or ()) == 2:
                a = made.args[0]
            yield "regular", self._key(a)
        elif row.name in _ALIKE:
            yield _ALIKE[row.name], self._key(stmt.args[0])
        else:
            yield None

    def _bounds(self, stmt: Apply, executed: bool) -> Iterator[Fact | None]:
        place, index = indexed(stmt)
        if isinstance(place, Value) and isinstance(place.type, ListOf):
            within = (
                not executed and is_integer(index) and self._is_within_list(index, place, self.places[stmt])
            )
            yield True if within else ("within", ("list", self._key(place)), self._key(index))
            return
        found = places(typ(place), index)
        if found is None:
            yield None
            return
        for axis, (part, size) in enumerate(found):
            if not executed and is_integer(part) and self._is_within(part, size, self.places[stmt]):
                yield True
            else:
                length: Hashable = self._length(size.key) if isinstance(size, Dim) else size
                if length is None:
                    length = ("of", self.shapes.source(place).key if isinstance(place, Value) else None, axis)
                yield from _within(length, part, self._key(part), executed)

    def _is_natural(self, exponent: Value, path: Path) -> bool:
        """Whether an exponent is known to be an integer that is not negative."""
        if not is_integer(exponent):
            return False
        run = Execution(self, "", path, None, ())
        return impossible([*run.facts, at_least(constant(-1), run.affine(exponent))], run.choices)

    def _is_within_list(self, index: Any, items: Value, path: Path) -> bool:
        """Whether an index is known to be within a list of the program."""
        run = Execution(self, "", path, None, ())
        least = self._least_length(items, run)
        lengths = [run.affine(out) for out in self.counted.get(items, ())]
        return any(_is_between(run, index, n) for n in (*lengths, *(() if least is None else (least,))))

    def _least_length(self, items: Any, run: Execution) -> Affine | None:
        """How many items a list has at least: those that it began with, one more for each iteration."""
        made = self.definitions.get(items)
        if made is None:
            path = self.paths.get(items)
            loop = path[-1][0] if path else None
            if not isinstance(loop, For):
                return None
            k = carried_params(loop).index(items)
            # a loop that only writes into a list leaves it as long as it was
            return self._least_length(loop.init[k], run) if self._keeps(loop, k) else None
        if isinstance(made, For):
            k = made.outs.index(items)
            start = self._least_length(made.init[k], run)
            if start is None or self._keeps(made, k):
                return start
            left: Any = carried_yields(made)[k]
            last, (first, stop, step) = self.definitions.get(left), made.range
            if not isinstance(last, Apply) or last.primitive is not LIST_APPEND or made.stops:
                return None
            if last.args[0] is not carried_params(made)[k]:
                return None
            counts = isinstance(step, Literal) and step.value == 1 and is_integer(first) and is_integer(stop)
            return plus(plus(start, run.affine(stop)), run.affine(first), -1) if counts else None
        if not isinstance(made, Apply):
            return None
        if made.primitive is LIST_MAKE and isinstance(made.args[0], Items):
            return constant(len(made.args[0].items))
        if made.primitive in (LIST_SET, LIST_APPEND):
            least = self._least_length(made.args[0], run)
            return least if made.primitive is LIST_SET or least is None else plus(least, constant(1))
        return None

    def _keeps(self, loop: For, k: int) -> bool:
        """Whether an iteration hands on a list that is as long as it was."""
        items: Any = carried_yields(loop)[k]
        while items is not carried_params(loop)[k]:
            made = self.definitions.get(items)
            if isinstance(made, Apply) and made.primitive is LIST_SET:
                items = made.args[0]
            elif isinstance(made, For) and self._keeps(made, made.outs.index(items)):
                items = made.init[made.outs.index(items)]
            else:
                return False
        return True

    def _is_within(self, part: Any, size: Size, path: Path) -> bool:
        """Whether an index is known to be within an axis, because of the loops and branches around it."""
        if size is None:
            return False
        run = Execution(self, "", path, None, ())
        length, facts = _length(size)
        run.facts += facts
        return _is_between(run, part, length)


def _is_between(run: Execution, index: Any, length: Affine) -> bool:
    """Whether an index is certainly one of something so long, counted from the front or from the back."""
    at = run.affine(index)
    outside = at_least(at, length), at_least(plus({}, length, -1), at, 1)
    return all(impossible([*run.facts, fact], run.choices) for fact in outside)


def _within(length: Hashable, part: Arg, key: Hashable, executed: bool) -> Iterator[Fact]:
    """That an index is within a length, which for a number says how long it is at least."""
    if not isinstance(part, Literal) or type(part.value) is not int:
        yield "within", length, key
        return
    least = part.value + 1 if part.value >= 0 else -part.value
    yield "at least", length, least
    if executed:
        yield from (("at least", length, n) for n in range(1, min(least, _MOST)))


def _length(size: int | Dim) -> tuple[Affine, list[Affine]]:
    """The length of an axis as a sum, and what is known of it."""
    if isinstance(size, int):
        return constant(size), []
    found = variable(size.key)
    facts = [found]
    base, minus, cut = size.key.rpartition("-")
    if minus and cut.isdigit() and base:
        # of what is left of an axis when so many elements are cut off
        facts.append(at_least(found, plus(variable(base), constant(-int(cut)))))
    return found, facts
