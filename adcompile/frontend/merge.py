"""Joining what variables hold at the end of branches and around loops.

In: abstract values of two paths. Out: one abstract value, with graph values where the paths differ. A branch
hands out values through an `If`; a loop carries them. What cannot be one value becomes a `Conflict`, refused
when it is used. Not for running statements: `statements`, `branches` and `loops` do that.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ..ir.nodes import UNDEFINED, Literal, Stmt, Value, is_absent
from ..ir.types import BOOL, OPAQUE, Scalar, Type, forget_sizes, is_numeric, join
from .columns import alike, grown, grown_tuple, pattern_of_tuples
from .parse import Parser
from .pointers import Either, Join, Tree
from .references import references
from .structure import parts_of, rebuild, same_literal, same_structure
from .values import (
    DEAD,
    FALSE,
    NONE,
    TRUE,
    UNDEF,
    BoundMethod,
    Choice,
    Closure,
    Conflict,
    DictCell,
    GrownCell,
    GrownTuple,
    ListCell,
    Maybe,
    ObjectCell,
    PartialVal,
    Ref,
    State,
    TupleVal,
    Undef,
    as_maybe,
    is_atom,
    is_flag,
    is_none,
    is_place,
    is_result,
)


def joined_type(a: Any, b: Any) -> Type | None:
    """The type of a graph value that is one of two atoms, None if there is no such value."""
    if isinstance(a, Literal) and isinstance(b, Literal) and not (is_numeric(a.type) and is_numeric(b.type)):
        # two strings or two flags of a kind may be chosen from at run time;
        # functions, None and others may not
        same_kind = type(a.value) is type(b.value) and isinstance(a.value, (str, bytes))
        return OPAQUE if same_kind else None
    found = join(a.type, b.type)
    if found == OPAQUE and (isinstance(a, Literal) or isinstance(b, Literal)):
        literal = a if isinstance(a, Literal) else b
        return OPAQUE if isinstance(literal.value, str) else None
    return found


class BranchMerge:
    """Joins the states at the end of two branches; collects the outputs of their `If`."""

    def __init__(
        self,
        p: Parser,
        states: tuple[State, State],
        statements: tuple[list[Stmt], list[Stmt]],
        test: Any = None,
    ) -> None:
        self.p = p
        self.builder = p.builder
        self.test = test
        self.states = states
        self.statements = statements
        self.outs: list[Value] = []
        self.yields: tuple[list[Any], list[Any]] = ([], [])
        self.dead = [DEAD in s.names for s in states]
        self.merged = State()
        self._refs: dict[tuple[int, int], Any] = {}
        self._atoms: dict[tuple[int, int], Value] = {}
        # the arrays that were handed out, and what each was on the two paths
        self._arrays: dict[Value, tuple[Any, Any]] = {}
        # what the path that does not assign a value has in its place
        self._missing = UNDEFINED
        # how many statements of each branch have been looked at, and what they define
        self._known: list[tuple[int, set[Value]]] = [(0, set()), (0, set())]

    def run(self, entry: State) -> State:
        """The state after the branches; what has to be handed out is in `outs` and `yields`."""
        first, second = self.states
        if all(self.dead):
            dead = entry.copy()
            dead.names[DEAD] = True
            return dead
        for side in (0, 1):
            if self.dead[side]:
                return self._one_sided(1 - side)
        self.merged.facts = {k: v for k, v in first.facts.items() if second.facts.get(k) is v}
        for key in dict.fromkeys([*first.names, *second.names]):
            if is_place(key) and not (key in first.names and key in second.names):
                continue
            missing = FALSE if is_flag(key) else UNDEF
            a, b = first.names.get(key, missing), second.names.get(key, missing)
            if is_result(key) and all(isinstance(v, Undef) or is_none(v) for v in (a, b)):
                # a function that does not return returns None
                a = b = NONE
            self.merged.names[key] = self.value(a, b, name_of_key(key))
        for key in dict.fromkeys([*first.heap, *second.heap]):
            a, b = first.heap.get(key), second.heap.get(key)
            if a is not None and b is not None:
                self.merged.heap[key] = self.cell(a, b)
            else:
                # a container of one branch only: reachable from a merged value of that branch, or not at all
                self.merged.heap[key] = self._export(a if a is not None else b, 0 if a is not None else 1)
        self._memories(entry)
        return self.merged

    def _memories(self, entry: State) -> None:
        """What arrays contain where the paths meet, and which of them may be one."""
        first, second = self.states
        self.merged.listed = first.listed | second.listed
        self.merged.inner |= first.inner | second.inner
        for born in dict.fromkeys([*first.memory, *second.memory]):
            if any(self._defined(born, side) for side in (0, 1)):
                continue  # made by a branch: what that hands out is its contents
            a, b = first.memory.get(born, born), second.memory.get(born, born)
            if a is b:
                self.merged.memory[born] = a
                continue
            out = self.merged.memory[born] = self._out(a.type, born.hint, born.named)
            self.p.memory.owner[out] = born
            self.yields[0].append(a)
            self.yields[1].append(b)
        self._separate()

    def _separate(self) -> None:
        """Find out which memories the arrays are that are handed out."""
        memory = self.p.memory
        columns = self._columns()

        def inside(k: int, base: Value) -> bool:
            return self._defined(base, k)

        anchored = memory.anchored(self.merged, self._arrays, columns, inside)
        loose = [lambda b, k=k: b not in anchored or inside(k, b) for k in (0, 1)]
        join = Join(columns, loose, memory.roots_of)
        memory.keep_roots(
            join, self.merged.listed, Value(OPAQUE, "shared"), lambda b: inside(0, b) or inside(1, b)
        )
        for out in self._arrays:
            if not join.is_own(out):
                self._point(join, out)
        state, self.p.state = self.p.state, self.merged
        for out in self._arrays:
            if out in memory.pointers:
                memory.point(out, memory.pointers[out], is_value=True)
        self.p.state = state

    def _columns(self) -> tuple[dict[Value, Tree], dict[Value, Tree]]:
        """For each branch, where the arrays are that are handed out."""
        columns: tuple[dict[Value, Tree], dict[Value, Tree]] = ({}, {})
        for out, atoms in self._arrays.items():
            for side, atom in enumerate(atoms):
                if atom is not None:
                    columns[side][out] = self.p.memory.tree(atom)
        return columns

    def _point(self, join: Join, out: Value) -> None:
        """An array that is at one of several places behind the branches."""
        memory = self.p.memory

        def own(array: Value) -> Value:
            if join.is_own(array):
                return array
            found: Value = memory.own_of(array)
            self.merged.memory.setdefault(found, array)
            return found

        sides = [join.moved(side, out, own, partial(self._atom_out, side))
                 for side in (0, 1) if out in join.columns[side]]  # fmt: skip
        memory.pointers[out] = sides[0] if len(sides) == 1 else Either(self.test, *sides)

    def _atom_out(self, side: int, atom: Any) -> Any:
        """An operand of a view or a test that was computed in a branch."""
        return self._handed_out(atom, side, atom.hint, atom.named) if isinstance(atom, Value) else atom

    def _now(self, value: Any, side: int) -> Any:
        """An atom as it is at the end of a branch; what has to be read again for that is read there."""
        state, self.p.state = self.p.state, self.states[side]
        with self.builder.within(self.statements[side]):
            found = self.p.memory.current(value)
        self.p.state = state
        return found

    def _one_sided(self, side: int) -> State:
        """The other path never gets here: what this one holds, handed out of its block."""
        state = self.states[side]
        for key, value in state.names.items():
            self.merged.names[key] = self._export(value, side, name_of_key(key))
        for ident, cell in state.heap.items():
            self.merged.heap[ident] = self._export(cell, side)
        self.merged.listed, self.merged.inner = state.listed, state.inner
        self.merged.facts = state.facts
        for born, content in state.memory.items():
            if not self._defined(born, side):
                self.merged.memory[born] = out = self._handed_out(content, side, born.hint, born.named)
                if out is not content:
                    self.p.memory.owner[out] = born
        self._separate()
        return self.merged

    def _export(self, value: Any, side: int, hint: str = "") -> Any:
        if isinstance(value, Value):
            if not self._defined(value, side):
                return value
            now = self._now(value, side)
            out = self._handed_out(now, side, hint or value.hint, bool(hint) or value.named)
            if out is not now and is_numeric(value.type):
                self._arrays.setdefault(out, (value, None) if side == 0 else (None, value))
            return out
        parts = parts_of(value)
        new = tuple(self._export(p, side) for p in parts)
        return value if all(x is y for x, y in zip(parts, new, strict=True)) else rebuild(value, new)

    def _handed_out(self, value: Value, side: int, hint: str, named: bool) -> Value:
        """A value of one branch as an output."""
        if not self._defined(value, side):
            return value
        pair = (side, value.serial)
        if pair not in self._atoms:
            self._atoms[pair] = self._out(value.type, hint, named)
            self.yields[side].append(value)
            self.yields[1 - side].append(self._missing)
        elif self._missing is NONE:
            self.yields[1 - side][self.outs.index(self._atoms[pair])] = NONE
        return self._atoms[pair]

    def _defined(self, value: Value, side: int) -> bool:
        count, known = self._known[side]
        known.update(out for s in self.statements[side][count:] for out in s.outs)
        self._known[side] = len(self.statements[side]), known
        return self.p.memory.chosen_by.get(value, value) in known

    def _out(self, type: Type, hint: str, named: bool) -> Value:
        out = Value(type, hint, named)
        self.outs.append(out)
        return out

    def value(self, a: Any, b: Any, hint: str = "") -> Any:
        """The one value that stands for a variable's values on the two paths."""
        if a is b or same_literal(a, b):
            return a
        if isinstance(a, Conflict) or isinstance(b, Conflict):
            return a if isinstance(a, Conflict) else b
        for side, other in ((0, b), (1, a)):
            if isinstance(other, Undef):
                return self._assigned((a, b)[side], side, hint)
        a, b = (self.p.settled(v, state) for v, state in zip((a, b), self.states, strict=True))
        if a is b or same_literal(a, b):
            return a
        if any(isinstance(v, Maybe) or is_none(v) for v in (a, b)):
            return self._optional(as_maybe(a), as_maybe(b), hint)
        if is_atom(a) and is_atom(b):
            return self._atom(a, b, hint)
        if isinstance(a, Ref) and isinstance(b, Ref):
            return self._ref(a, b)
        if same_structure(a, b):
            parts = zip(parts_of(a), parts_of(b), strict=True)
            return rebuild(a, tuple(self.value(x, y) for x, y in parts))
        pair = self._grown_tuples(a, b)
        if pair is not None:
            return self.value(*pair, hint)
        if self.test is not None and is_callable(a) and is_callable(b):
            return Choice(self.test, a, b)
        return Conflict(f"it is {describe(a)} on one path and {describe(b)} on the other")

    def _grown_tuples(self, a: Any, b: Any) -> tuple[Any, Any] | None:
        """Tuples of different lengths as tuples of run-time length, None if they are something else."""
        pattern = pattern_of_tuples(a, b)
        if pattern is None:
            return None
        pair = []
        for side, value in ((0, a), (1, b)):
            with self.builder.within(self.statements[side]):
                pair.append(grown_tuple(self.builder, value, pattern))
        return pair[0], pair[1]

    def _optional(self, a: Maybe, b: Maybe, hint: str) -> Any:
        """A value that is None on some of the paths that meet."""
        if a.nothing is TRUE and b.nothing is FALSE and self.test is not None:
            nothing = self._as_bool(self.test)
        elif a.nothing is FALSE and b.nothing is TRUE and self.test is not None:
            nothing = self.builder.negate(self.test)
        else:
            nothing = self.value(a.nothing, b.nothing, f"{hint}_is_none" if hint else "")
        known = [v for v in (a.value, b.value) if not isinstance(v, Undef)]
        constant = len(known) == 1 and isinstance(known[0], Literal)
        outer, self._missing = self._missing, NONE
        value = known[0] if constant else self.value(a.value, b.value, hint)
        self._missing = outer
        return value if isinstance(value, Conflict) else Maybe(nothing, value)

    def _as_bool(self, test: Any) -> Any:
        return test if test.type == BOOL else self.builder.negate(self.builder.negate(test))

    def _assigned(self, value: Any, side: int, hint: str) -> Any:
        """Assigned on one path only: the emitted code raises Python's own error where it is unassigned."""
        if isinstance(value, Literal) and is_numeric(value.type):
            out = self._out(value.type, hint, bool(hint))
            self.yields[side].append(value)
            self.yields[1 - side].append(self._missing)
            return out
        if isinstance(value, Literal):
            return Conflict("it is assigned on one path only")
        return self._export(value, side, hint)

    def _atom(self, a: Any, b: Any, hint: str) -> Any:
        key = (a.serial, b.serial) if isinstance(a, Value) and isinstance(b, Value) else None
        if key is not None and key in self._atoms:
            return self._atoms[key]
        t = joined_type(a, b)
        if t is None and self.test is not None and is_callable(a) and is_callable(b):
            return Choice(self.test, a, b)
        if t is None:
            return Conflict(f"it is {describe(a)} on one path and {describe(b)} on the other")
        same = isinstance(a, Value) and isinstance(b, Value) and a.hint == b.hint
        named = bool(hint) or (same and a.named)
        out = self._out(t, hint or (a.hint if same else ""), named)
        self.yields[0].append(self._now(a, 0))
        self.yields[1].append(self._now(b, 1))
        if not isinstance(t, Scalar):
            self._arrays[out] = (a, b)
        if key is not None:
            self._atoms[key] = out
        return out

    def _ref(self, a: Ref, b: Ref) -> Any:
        if (a.id, b.id) in self._refs:
            return self._refs[a.id, b.id]
        first, second = self.states
        for side, ref in ((0, a), (1, b)):
            # what was there before the paths parted: nobody else may see that one of them replaces it
            if ref.id in self.states[1 - side].heap and not self._is_alone(side, ref.id):
                return Conflict("it is one container on one path and another one on the other")
        if any(a.id == x or b.id == y for x, y in self._refs):
            return Conflict("the paths share containers in different ways")
        cell = self.cell(first.heap[a.id], second.heap[b.id])
        if isinstance(cell, Conflict):
            return cell
        self._refs[a.id, b.id] = ref = self.merged.new(cell)
        if a.id in first.inner or b.id in second.inner:
            self.merged.inner |= {ref.id}
        return ref

    def _is_alone(self, side: int, ident: int) -> bool:
        """Whether only one variable holds a container at the end of a branch, and nobody in the other one."""
        counts = [references(self.p, state, ident, lambda key: True) for state in self.states]
        return counts[side] == 1 and counts[1 - side] == 0

    def cell(self, a: Any, b: Any) -> Any:
        """The one content that stands for a container's contents on the two paths."""
        if a is b:
            return a
        if isinstance(a, Conflict) or isinstance(b, Conflict):
            return a if isinstance(a, Conflict) else b
        if (
            isinstance(a, (ListCell, GrownCell))
            and isinstance(b, (ListCell, GrownCell))
            and not same_structure(a, b)
        ):
            pair = []
            for side, cell in ((0, a), (1, b)):
                outer, self.builder.statements = self.builder.statements, self.statements[side]
                pair.append(grown(self.builder, cell))
                self.builder.statements = outer
            a, b = alike(self.builder, pair, self.statements)
        if a is None or b is None or not same_structure(a, b):
            return Conflict(
                added(a, b, "one path", "branch")
                or added(b, a, "one path", "branch")
                or "it has different items on the two paths"
            )
        merged = tuple(self.value(x, y) for x, y in zip(parts_of(a), parts_of(b), strict=True))
        return rebuild(a, merged)


def is_callable(value: Any) -> bool:
    """Whether an abstract value can only be called, not computed with."""
    if isinstance(value, Literal):
        return callable(value.value)
    return isinstance(value, (Closure, BoundMethod, PartialVal, Choice))


def name_of_key(key: Any) -> str:
    """The user's name for a key of the state, empty for what has none."""
    return key[1] if isinstance(key, tuple) and isinstance(key[0], int) else ""


def describe(value: Any) -> str:
    """A few words for an error text."""
    if isinstance(value, Literal):
        return "None" if value.value is None else repr(value.value)
    if isinstance(value, Value):
        return f"a value of type {value.type}"
    if isinstance(value, Maybe):
        return f"None or {describe(value.value)}"
    if isinstance(value, (TupleVal, ListCell)):
        what = "tuple" if isinstance(value, TupleVal) else "list"
        return f"a {what} of {len(value.items)} item{'s' * (len(value.items) != 1)}"
    if isinstance(value, (DictCell, ObjectCell)):
        return f"an instance of {value.cls.__name__}"
    names = {
        Ref: "a list, dict or object", GrownCell: "a list of run-time length", Undef: "undefined",
        GrownTuple: "a tuple of run-time length",
    }  # fmt: skip
    return names.get(type(value), "a function or object")


def added(before: Any, after: Any, who: str, where: str) -> str:
    """A few words for an error text: the attributes or keys that a container has got, empty if none."""
    if not isinstance(before, (DictCell, ObjectCell)) or type(before) is not type(after):
        return ""
    new = [key for key in after.keys if key not in before.keys]
    if not new:
        return ""
    what, shown = ("attribute", map(str, new)) if isinstance(after, ObjectCell) else ("key", map(repr, new))
    ending, it = ("", "it") if len(new) == 1 else ("s", "them")
    return f"{who} gives it the {what}{ending} {', '.join(shown)}: assign {it} before the {where}"


def carried_type(entry: Any, exit: Any, previous: Any) -> Type | None:
    """The type of a variable around a loop."""
    t: Type | None = None
    for atom in (previous, entry, exit):
        if atom is None or is_absent(atom):
            continue
        if t is None:
            t = atom.type if isinstance(atom, Value) or is_numeric(atom.type) else None
            if t is None:
                t = OPAQUE if isinstance(atom.value, str) else None
            if t is None:
                return None
            continue
        found = join(t, atom.type)
        if found is None or (
            found == OPAQUE and isinstance(atom, Literal) and not isinstance(atom.value, str)
        ):
            return None
        t = found
    return None if t is None else forget_sizes(t)
