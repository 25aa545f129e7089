"""What a loop carries from iteration to iteration.

In: the state before a loop and the state after one iteration. Out: assumptions that cover both, and the state
after the loop. Not for executing the body: that is `loops`.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Any

from ..errors import UnsupportedSyntax
from ..ir.nodes import UNDEFINED, Apply, Literal, Value
from ..ir.types import BOOL, OPAQUE, is_numeric
from ..rules.rule import OPERATORS
from .columns import pattern_of_tuples
from .memory import IN_A_LIST, Roots
from .merge import added, carried_type, describe, name_of_key
from .parse import Parser
from .pointers import Join, Place, Tree, map_places, places
from .references import references
from .structure import all_as, parts_of, rebuild, same_literal, same_structure
from .tracked import Tracked
from .values import (
    FALSE,
    NONE,
    TRUE,
    UNDEF,
    Conflict,
    GrownCell,
    ListCell,
    Maybe,
    Ref,
    State,
    TupleVal,
    Undef,
    as_maybe,
    fresh_id,
    is_atom,
    is_flag,
    is_none,
    is_place,
)

# what may be None in what may be None, and so on, grows with each iteration
_DEEPEST = 5
# more places than that for one array come from views of views
_MOST_PLACES = 24


class Carried:
    """What a loop carries: for each changed variable an abstract value whose changed atoms are parameters."""

    def __init__(self, p: Parser, entry: State, index: Any = None, span: Any = None) -> None:
        self.p = p
        self.entry = entry
        self.index = index
        # of a loop that counts upwards or downwards from the start, where it starts, ends, and how it counts
        self.span = span
        # whether an iteration is the first one
        self.first: Value | None = None
        # the variables that are read after an iteration, None if that is not known
        self.live: Set[str] | None = None
        self.assumed_names: dict[Any, Any] = {}
        self.assumed_heap: dict[int, Any] = {}
        self.params: dict[Value, None] = {}
        self.initial: dict[Value, Any] = {}
        # the contents of the arrays that the loop writes, by what they were born as
        self.memory: dict[Value, Value] = {}
        self.shared = Value(OPAQUE, "shared")
        # arrays that iterations move from memory to memory, and those of which it is not known
        self.tracked: dict[Value, Tracked] = {}
        self.trees: dict[Value, tuple[Tree | None, Tree | None]] = {}
        self.anchored: Roots = frozenset()
        self.untold: set[Value] = set()

    def start(self) -> State:
        """The state that an iteration is assumed to begin with."""
        state = self.entry.copy()
        state.names.update(self.assumed_names)
        state.heap.update(self.assumed_heap)
        state.memory.update(self.memory)
        state.memory.update({t.own: param for param, t in self.tracked.items() if t.keeps_own})
        return state

    def begin(self) -> None:
        """Open the block of an iteration: whether it is the first, and where the arrays are that move."""
        if self.first is not None and self.first not in self.params:
            row, loc, operands = OPERATORS["=="], self.p.builder.loc, (self.index, self.span[0])
            stmt = Apply((self.first,), row, operands, loc, self.p.builder.adjoint)
            self.p.builder.statements.append(stmt)
            self.p.builder.definitions[self.first] = stmt
        self.point()

    def is_first(self) -> Value:
        """Whether an iteration is the first one: then what each iteration sets may still be None."""
        if self.first is None:
            counts = self.span is not None
            self.first = Value(BOOL, "is_first") if counts else self.param(BOOL, "is_first", TRUE, False)
        return self.first

    def never(self) -> Any:
        """Whether the loop had no iteration at all."""
        start, stop, step = self.span
        if all(isinstance(a, Literal) for a in self.span):
            return FALSE if range(start.value, stop.value, step.value) else TRUE
        return self.p.builder.expand("a >= b" if step.value > 0 else "a <= b", a=start, b=stop)

    def point(self) -> None:
        """Say where the arrays are that move, by the parameters of the block that is open."""
        for param, tracked in self.tracked.items():
            self.p.memory.point(param, tracked.tree(self.p, lambda v: v), tracked.keeps_own)

    def widen(self, start: State, end: State, live: Set[str] | None, frame: int) -> bool:
        """Take in what an iteration changed; returns whether the assumptions had to change."""
        changed = False
        self.live = live
        scopes = set()
        scope: Any = self.p.frame
        while scope is not None:
            scopes.add(scope.id)
            scope = scope.parent
        for key in list(end.names):
            a, e = start.names.get(key, UNDEF), end.names[key]
            made = is_place(key) and key not in self.entry.names
            if a is e or made or not carries(key, live, frame):
                continue
            if (
                isinstance(key, tuple)
                and isinstance(key[0], int)
                and key not in self.entry.names
                and key[0] not in scopes
            ):
                continue  # a variable of a call that the iteration has made
            if is_flag(key):
                changed |= self._flag(key)
                continue
            if a is self.entry.names.get(key) and isinstance(a, TupleVal) and not same_structure(a, e):
                pattern = pattern_of_tuples(a, e)
                if pattern is not None:
                    raise Grows(key, pattern)
            new = self._widen(self.entry.names.get(key, UNDEF), a, e, end, name_of_key(key))
            if new is not a:
                self.assumed_names[key] = new
                changed = True
        for ident, cell in end.heap.items():
            if ident not in start.heap or cell is start.heap[ident]:
                continue
            new = self._widen_cell(self.entry.heap.get(ident), start.heap[ident], cell, end, ident)
            if new is not start.heap[ident]:
                self.assumed_heap[ident] = new
                changed = True
        return changed | self._widen_memory(end) | self._widen_inner(end)

    def _widen_inner(self, end: State) -> bool:
        """Take in which lists the iteration has put on lists."""
        if not end.inner:
            return False
        start = self.start()
        exits = exit_containers(self, start, end)
        lasting = {ident for ident in start.heap if exits.get(ident, ident) in end.inner}
        new = not lasting <= self.entry.inner
        self.entry.inner |= lasting
        return new

    def is_inside(self, value: Value) -> bool:
        """Whether a value is made in an iteration."""
        new = value.serial > self.shared.serial or value is self.index
        return new and not self.p.inputs.is_input(value)

    def _widen_memory(self, end: State) -> bool:
        """Carry what the iteration has written, and what it has put on lists."""
        changed = False
        for born, content in end.memory.items():
            known = born in self.memory or self.is_inside(born)
            if known or content is self.entry.memory.get(born, born):
                continue
            # a write changes neither shape nor dtype
            self.memory[born] = param = Value(born.type, born.hint, born.named)
            self.p.memory.owner[param] = born
            changed = True
        if end.listed:
            lasting = {v for v in end.listed if not self.is_inside(v)} | {IN_A_LIST}
            changed |= not lasting <= self.entry.listed
            self.entry.listed |= lasting
        return changed

    def track(self, arrays: dict[Value, tuple[Any, Any]], start: State, end: State) -> bool:
        """Find out where the arrays are that the loop carries; returns whether anything is new."""
        memory = self.p.memory
        columns = tuple({x: memory.tree(pair[k]) for x, pair in arrays.items() if pair[k] is not UNDEFINED}
                        for k in (0, 1))  # fmt: skip

        def inside(k: int, base: Value) -> bool:
            return k == 1 and self.is_inside(base)

        anchored = self.anchored | memory.anchored(start, arrays, columns, inside)
        loose = [lambda b, k=k: b not in anchored or inside(k, b) for k in (0, 1)]
        join = Join(columns, loose, memory.roots_of, frozenset(self.tracked))
        join.untold |= self.untold
        self.anchored, self.untold = anchored, join.untold
        moving = [x for x in arrays if not join.is_own(x)]
        new = self._choose_tracked(moving)
        grown = new
        for x in moving:
            grown |= self._widen_tree(join, x, new)
        return memory.keep_roots(join, end.listed, self.shared, self.is_inside) or grown

    def _choose_tracked(self, moving: list[Value]) -> bool:
        """Track these arrays; the places of the others are theirs, so all are taken anew if any is new."""
        if set(moving) == set(self.tracked):
            return False
        memory = self.p.memory
        for gone in set(self.tracked) - set(moving):
            memory.pointers.pop(gone, None)
        self.tracked = {x: Tracked(x, memory.own_of(x)) for x in moving}
        return True

    def _widen_tree(self, join: Join, x: Value, new: bool) -> bool:
        """Take in where an array is, before the loop and after an iteration.

        An iteration that did not know yet that its arrays move tells nothing about where they are themselves.
        """

        def own(array: Value) -> Value:
            return array if join.is_own(array) else self.p.memory.own_of(array)

        def is_outside(atom: Any) -> bool:
            return not isinstance(atom, Value) or not self.is_inside(atom)

        first, after = (join.moved(k, x, own, lambda a: a) if x in join.columns[k] else None for k in (0, 1))
        self.trees[x] = first, after
        tracked = self.tracked[x]
        known = [place for tree in (first, after) if tree is not None for place in places(tree)]
        if new:
            others = [place for place in known if place.base is not tracked.own]
            known = list(places(first)) if first is not None else others or known
        found = any([tracked.widen(place, is_outside) for place in known])
        if len(tracked.targets) > _MOST_PLACES:
            raise UnsupportedSyntax(
                "AD112",
                f"`{x.hint}` is in each iteration a view of what it was in the one before, and is written",
                self.p.builder.loc,
                "a view of the array itself, by an index that each iteration computes",
            )
        return found

    def places(self, after: bool) -> list[Any]:
        """The atoms that tell where the arrays are before the loop, or after an iteration."""
        found: list[Any] = []
        for x, tracked in self.tracked.items():
            tree = self.trees[x][after]
            n = len(tracked.parameters())
            found += [Literal(0)] * n if tree is None else tracked.encode(self.p, tree)
        return found

    def leave(self, outs: dict[Value, Value], arrays: Iterable[Value], state: State) -> None:
        """Say what is known of the arrays behind the loop."""
        memory = self.p.memory
        owns: dict[Any, Any] = {**outs, **{t.own: memory.own_of(outs[x]) for x, t in self.tracked.items()}}
        for x in arrays:
            inner = self.tracked[x].own if x in self.tracked else x
            memory.hand_on(inner, owns[inner])
        for x, tracked in self.tracked.items():
            if tracked.keeps_own:
                state.memory[owns[tracked.own]] = outs[x]
        for x, tracked in self.tracked.items():
            tree = tracked.tree(self.p, lambda v: outs.get(v, v))
            tree = map_places(tree, lambda q: Place(owns.get(q.base, q.base), q.steps), lambda t: t)
            memory.point(outs[x], tree, tracked.keeps_own)

    def _flag(self, key: Any) -> bool:
        if key in self.assumed_names:
            return False
        self.assumed_names[key] = FALSE
        return False

    def param(self, t: Any, hint: str, initial: Any, named: bool) -> Value:
        """A new parameter of the loop's body, with what it is before the first iteration."""
        value = Value(t, hint, named)
        self.params[value] = None
        self.initial[value] = initial
        return value

    def _widen(self, entry: Any, assumed: Any, exit: Any, end: State, hint: str) -> Any:
        """The assumption that covers both `assumed` and `exit`; `assumed` itself if it already does."""
        if assumed is exit or same_literal(assumed, exit) or isinstance(assumed, Conflict):
            return assumed
        if isinstance(exit, (Conflict, Undef)):
            return exit if isinstance(exit, Conflict) else Conflict("an iteration may delete it")
        exit = self.p.settled(exit, end)
        if assumed is exit or same_literal(assumed, exit):
            return assumed
        if isinstance(assumed, Undef):
            return self._fresh(exit, end, hint)
        if any(isinstance(v, Maybe) or is_none(v) for v in (assumed, exit)):
            return self._widen_optional(entry, assumed, exit, end, hint)
        if is_atom(assumed) and is_atom(exit):
            return self._widen_atom(entry, assumed, exit, hint)
        if isinstance(assumed, Ref) and isinstance(exit, Ref):
            return self._widen_ref(assumed, exit, end)
        if not same_structure(assumed, exit):
            return Conflict(
                added(assumed, exit, "an iteration", "loop")
                or f"it is {describe(assumed)} before an iteration and {describe(exit)} after it"
            )
        entries = parts_of(entry) if same_structure(entry, assumed) else (UNDEF,) * len(parts_of(assumed))
        new = tuple(
            self._widen(n, a, e, end, hint)
            for n, a, e in zip(entries, parts_of(assumed), parts_of(exit), strict=True)
        )
        unchanged = all(x is y for x, y in zip(new, parts_of(assumed), strict=True))
        return assumed if unchanged else rebuild(assumed, new)

    def _widen_optional(self, entry: Any, assumed: Any, exit: Any, end: State, hint: str) -> Any:
        """A value that is None before the loop or after some iteration."""
        known, found = as_maybe(assumed), as_maybe(exit)
        before = parts_of(as_maybe(entry)) if not isinstance(entry, Undef) else (UNDEF, UNDEF)
        flag = f"{hint}_is_none" if hint else ""
        nothing = known.nothing
        if found.nothing is FALSE and nothing is TRUE:
            nothing = self.is_first()
        elif nothing is self.first and found.nothing is not FALSE:
            nothing = self.param(BOOL, flag, TRUE, bool(flag))
        elif nothing is not self.first:
            nothing = self._widen(before[0], nothing, found.nothing, end, flag)
        value = known.value
        if isinstance(value, Undef):
            value = self._fresh(found.value, end, hint, NONE)
        elif not isinstance(found.value, Undef):
            value = self._widen(before[1], value, found.value, end, hint)
        for part in (nothing, value):
            if isinstance(part, Conflict):
                return part
        if _depth(value) > _DEEPEST:
            return Conflict("each iteration puts into it what it was in the one before")
        unchanged = nothing is known.nothing and value is known.value
        return assumed if unchanged and isinstance(assumed, Maybe) else Maybe(nothing, value)

    def _widen_atom(self, entry: Any, assumed: Any, exit: Any, hint: str) -> Any:
        known = assumed in self.params
        initial = self.initial[assumed] if known else assumed
        t = carried_type(initial, exit, assumed if known else None)
        if t is None:
            return Conflict(
                f"it is {describe(initial)} before the loop and {describe(exit)} after an iteration"
            )
        if known and t == assumed.type:
            return assumed
        if known:
            del self.params[assumed]
        named = bool(hint) or (isinstance(exit, Value) and exit.named)
        return self.param(t, hint or (exit.hint if isinstance(exit, Value) else ""), initial, named)

    def _fresh(self, exit: Any, end: State, hint: str, before: Any = UNDEFINED) -> Any:
        """A variable that the first iteration finds unassigned, or as None."""
        if isinstance(exit, Literal) and not is_numeric(exit.type):
            return Conflict("only an iteration assigns it") if before is UNDEFINED else exit
        if is_atom(exit):
            t = carried_type(UNDEFINED, exit, None)
            return (
                Conflict("only an iteration assigns it")
                if t is None
                else self.param(t, hint, before, bool(hint))
            )
        if isinstance(exit, Ref):
            if exit.id in self.entry.heap:
                return Conflict("only an iteration assigns it")
            cell = self._fresh(end.heap[exit.id], end, hint, before)
            if isinstance(cell, Conflict):
                return cell
            ident = fresh_id()
            self.assumed_heap[ident] = cell
            self.entry.heap[ident] = all_as(cell, before)
            return Ref(ident)
        parts = tuple(self._fresh(x, end, hint, before) for x in parts_of(exit))
        for part in parts:
            if isinstance(part, Conflict):
                return part
        return rebuild(exit, parts) if parts else exit

    def _widen_ref(self, assumed: Ref, exit: Ref, end: State) -> Any:
        """A variable rebound to another container of the same structure: its contents are carried."""
        a, e = self.start().heap.get(assumed.id), end.heap.get(exit.id)
        if isinstance(a, Conflict) or isinstance(e, Conflict) or a is None or e is None:
            return Conflict("it is another container after an iteration")
        if assumed.id == exit.id:
            return assumed
        if any(ref.id == assumed.id for ref in self.p.run_over):
            return Conflict("it is another container after an iteration, and a loop runs over the one before")
        if self._is_shared(end, exit.id) or (
            assumed.id in self.entry.heap and self._is_shared(self.entry, assumed.id)
        ):
            return Conflict("it is another container after an iteration, and other names share it")
        if isinstance(e, (ListCell, GrownCell)):
            self._grow(assumed.id, a, e)
        if not same_structure(a, e):
            return Conflict("it is a container of another structure after an iteration")
        entry_cell = self.entry.heap.get(assumed.id, a)
        new = tuple(
            self._widen(n, x, y, end, "")
            for n, x, y in zip(parts_of(entry_cell), parts_of(a), parts_of(e), strict=True)
        )
        if all(x is y for x, y in zip(new, parts_of(a), strict=True)):
            return assumed
        self.assumed_heap[assumed.id] = rebuild(a, new)
        self.moved = True
        return Ref(assumed.id)

    def _is_shared(self, state: State, ident: int) -> bool:
        """Whether several of the variables that are read later, or of other things, hold a container."""
        # a loop that the frontend makes of an expression is told of no variable
        live = self.live or None
        return references(self.p, state, ident, lambda key: carries(key, live, self.p.frame.id)) > 1

    def _widen_cell(self, entry: Any, assumed: Any, exit: Any, end: State, ident: int) -> Any:
        self._grow(ident, assumed, exit)
        return self._widen(entry, assumed, exit, end, "")

    def _grow(self, ident: int, assumed: Any, exit: Any) -> None:
        """Begin anew with a list of run-time length, or with one for other items, where it takes one."""
        if isinstance(assumed, ListCell) and not same_structure(assumed, exit):
            raise Grows(ident)
        both = isinstance(assumed, GrownCell) and isinstance(exit, GrownCell)
        if both and (assumed.pattern is None or len(assumed.items) < len(exit.items)):
            # the first items of all, or the first that are None
            raise Grows(ident, exit.pattern)


class Grows(Exception):
    """A list changes its length in the loop: it has to be a run-time list from the start.

    A list is told by its key in the heap, a tuple by the variable that holds it.
    """

    def __init__(self, ident: Any, pattern: Any = None) -> None:
        super().__init__(ident)
        self.ident = ident
        self.pattern = pattern


def _depth(value: Any) -> int:
    """How often what may be None is a part of what may be None."""
    inner = max(map(_depth, parts_of(value)), default=0)
    return inner + isinstance(value, Maybe)


def carries(key: Any, live: Set[str] | None, frame: int) -> bool:
    """Whether a changed variable matters to the next iteration or after the loop."""
    if not isinstance(key, tuple) or live is None or key[0] != frame:
        return True
    return key[1] in live


def exit_containers(carried: Carried, start: State, end: State) -> dict[int, int]:
    """For each container that an iteration begins with, the one that stands in its place at the end."""
    found: dict[int, int] = {}
    frame = carried.p.frame.id
    pending = [
        (a, end.names.get(k, UNDEF))
        for k, a in start.names.items()
        if not is_flag(k) and carries(k, carried.live, frame)
    ]
    pending += [(a, end.heap.get(i)) for i, a in start.heap.items() if a is not end.heap.get(i)]
    while pending:
        a, e = pending.pop()
        if isinstance(a, Maybe):
            e = as_maybe(carried.p.settled(e, end))
        if isinstance(a, Ref) and isinstance(e, Ref):
            if found.get(a.id, e.id) != e.id:
                raise AssertionError(
                    "two variables that share a container leave an iteration with different ones"
                )
            if a.id not in found:
                found[a.id] = e.id
                pending.append((start.heap.get(a.id), end.heap.get(e.id)))
        elif a is not None and e is not None and not is_atom(a) and same_structure(a, e):
            pending.extend(zip(parts_of(a), parts_of(e), strict=True))
    return found


def carry(
    carried: Carried,
    assumed: Any,
    exit: Any,
    end: State,
    params: list[Value],
    init: list[Any],
    yields: list[Any],
) -> None:
    """Collect the parameters in an assumed value, with what they begin as and what they go on as."""
    if isinstance(assumed, Value) and assumed in carried.params:
        if assumed not in params:
            params.append(assumed)
            init.append(carried.initial[assumed])
            yields.append(exit if is_atom(exit) else UNDEFINED)
        return
    if isinstance(assumed, (Ref, Conflict)) or is_atom(assumed):
        return
    exit = carried.p.settled(exit, end)
    if isinstance(assumed, Maybe):
        exit = as_maybe(exit)
        if isinstance(exit.value, Undef):
            exit = Maybe(exit.nothing, all_as(assumed.value, NONE))
    exits = parts_of(exit) if same_structure(assumed, exit) else (UNDEF,) * len(parts_of(assumed))
    for a, e in zip(parts_of(assumed), exits, strict=True):
        carry(carried, a, e, end, params, init, yields)


def state_after(
    carried: Carried, outs: dict[Value, Value], flags: dict[Any, Value], states: tuple[State, State],
    live: Set[str] | None, frame: int,
) -> State:  # fmt: skip
    """The state behind the loop."""
    state = carried.entry.copy()
    start, end = states

    def image(value: Any) -> Any:
        if isinstance(value, Value):
            return outs.get(value, value)
        parts = parts_of(value)
        new = tuple(image(x) for x in parts)
        return value if all(x is y for x, y in zip(parts, new, strict=True)) else rebuild(value, new)

    for key, value in carried.assumed_names.items():
        state.names[key] = image(value)
    for ident, cell in carried.assumed_heap.items():
        state.heap[ident] = image(cell)
    for born, param in carried.memory.items():
        state.memory[born] = outs[param]
    for key, value in end.names.items():
        if not carries(key, live, frame) and value is not start.names.get(key):
            state.names[key] = UNDEF
    for key in list(state.names):
        if is_flag(key) and key not in flags and key in carried.assumed_names:
            del state.names[key]
    state.names.update(flags)
    return state
