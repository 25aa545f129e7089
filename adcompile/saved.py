"""What a derivative saves: values that loops and calls of its forward sweep keep for its backward sweep.

In: the sweeps of a derivative. Out: one record for each saved value, and the sentence of a docstring that
tells of them. Not for deciding what to save: that is `passes.keep`, whose lists are recognised here by their
structure.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .ir.nodes import (
    Apply,
    Block,
    Call,
    For,
    Function,
    If,
    Literal,
    Stmt,
    Value,
    While,
    blocks_of,
    operands,
    values_in,
)
from .ir.printer import Naming, expression_text
from .ir.types import Array, ListOf, Record, Scalar, Type, dtype_of, shape_of
from .ir.wording import word_of
from .rules import lists
from .rules.helpers import ENOUGH_SNAPSHOTS, NEXT_SNAPSHOT
from .rules.rule import METHODS


@dataclass(frozen=True)
class Saved:
    """A value that the forward sweep keeps on a run-time list for the backward sweep.

    Attributes
    ----------
    name : str
        The variable, or the expression where it has no name.
    type : Type
        Of one saved value.
    line : int or None
        Where it is computed.
    read_by : tuple of int
        Lines whose derivative reads it.
    where : str
        Which loop or call saves it, as ``"each iteration of line 10"``.
    bytes : str
        A formula for the memory it takes, as ``"8 * n"``.
    """

    name: str
    type: Type
    line: int | None
    read_by: tuple[int, ...]
    where: str
    bytes: str


# the longest expression that tells of a value better than a word does
_LONGEST = 24
# what has neither a name nor a short expression
_NAMELESS = ("a value", "a list")

# how a backward sweep takes an item off a list
_TAKES = (lists.LIST_POP, lists.LIST_EACH)


def find_saved(blocks: Sequence[Block]) -> tuple[Saved, ...]:
    """The values that lists carry from the loops of a forward sweep to those of a backward sweep.

    Parameters
    ----------
    blocks : sequence of Block
        The sweeps of one derivative: one block if they are joint, two if they are split.
    """
    facts = _Facts()
    for block in blocks:
        facts.add(block, ())
    found: dict[int, tuple[Apply, set[int]]] = {}
    for pop in facts.pops:
        append = facts.origin(pop.args[0])
        if append is not None and isinstance(append.args[1], Value):
            found.setdefault(id(append), (append, set()))[1].update(facts.readers(pop.outs[-1]))
    records = []
    for append, lines in found.values():
        # a list of lists is how an inner loop's list survives the outer loop: the inner one tells it all, if
        # it is no list of the program
        place, inner = facts.places.get(id(append)), facts.origin(append.args[1])
        told = inner is not None and id(inner) in found
        if not told and not (place and place.args[0] is append.args[1]):
            records.append(facts.record(append, lines))
    for record in facts.records:
        kept = [v for v in values_in(record.args) if not isinstance(v.type, Record)]
        records += [facts.field_of(v, record) for v in kept]
    return tuple(sorted(records, key=lambda r: (r.line or 0, r.name)))


class _Facts:
    """Where each value of some blocks is defined, read and carried."""

    def __init__(self) -> None:
        self.definition: dict[Value, tuple[Stmt, int]] = {}
        self.carried: dict[Value, tuple[For | While, int]] = {}
        self.loops: dict[int, tuple[For | While, ...]] = {}
        self.reads: dict[Value, list[Stmt]] = {}
        self.pops: list[Apply] = []
        self.records: list[Apply] = []
        # what decides where the snapshots are that a statement takes
        self.places: dict[int, Apply] = {}
        self.owner: dict[int, Function] = {}
        self.functions: set[Function] = set()

    def add(self, block: Block, loops: tuple[For | While, ...], owner: Function | None = None) -> None:
        place: Apply | None = None
        for stmt in block.statements:
            if isinstance(stmt, Apply) and stmt.primitive is NEXT_SNAPSHOT:
                place = stmt
            if place is not None:
                self.places[id(stmt)] = place
            self.loops[id(stmt)] = loops
            for k, out in enumerate(stmt.outs):
                self.definition[out] = (stmt, k)
            for value in operands(stmt):
                self.reads.setdefault(value, []).append(stmt)
            if isinstance(stmt, Apply):
                if stmt.primitive in _TAKES and stmt.adjoint:
                    self.pops.append(stmt)
                if stmt.primitive is lists.RECORD and owner is not None:
                    self.records.append(stmt)
                if owner is not None:
                    self.owner[id(stmt)] = owner
            elif isinstance(stmt, Call):
                self._called(stmt.function)
            deeper = loops
            if isinstance(stmt, (For, While)):
                deeper = (*loops, stmt)
                params = stmt.body.params[1:] if isinstance(stmt, For) else stmt.body.params
                self.carried.update({p: (stmt, k) for k, p in enumerate(params)})
            for inner in blocks_of(stmt):
                self.add(inner, deeper, owner)

    def _called(self, function: Function) -> None:
        if function.body is not None and function not in self.functions:
            self.functions.add(function)
            self.add(function.body, (), function)

    def origin(self, value: Any, depth: int = 0) -> Apply | None:
        """The `list_append` that filled a list of the backward sweep; None if it is no such list."""
        if not isinstance(value, Value) or depth > 50:
            return None
        if value in self.carried:
            loop, k = self.carried[value]
            return self.origin(loop.init[k], depth + 1)
        if value not in self.definition:
            return None
        stmt, k = self.definition[value]
        if isinstance(stmt, (For, While)):
            yields = stmt.body.yields[1:] if stmt.stops else stmt.body.yields
            return self._appended(yields[k], depth)
        if isinstance(stmt, If):
            sides = (self._appended(b.yields[k], depth + 1) for b in (stmt.then, stmt.orelse))
            return next((side for side in sides if side is not None), None)
        if isinstance(stmt, Apply) and stmt.primitive in _TAKES:
            outer = self.origin(stmt.args[0], depth + 1)
            is_rest = len(stmt.outs) > 1 and k == 0
            return outer if is_rest or outer is None else self.origin(outer.args[1], depth + 1)
        if isinstance(stmt, Apply) and stmt.primitive is METHODS.get("copy"):
            return self.origin(stmt.args[0], depth + 1)
        return None

    def _appended(self, value: Any, depth: int) -> Apply | None:
        stmt = self.definition.get(value, (None, 0))[0] if isinstance(value, Value) else None
        if isinstance(stmt, Apply) and stmt.primitive is lists.LIST_APPEND:
            return stmt
        return self.origin(value, depth + 1)

    def readers(self, value: Value) -> set[int]:
        """The lines of the statements that read a value, in nested blocks too."""
        return {s.loc.line for s in self.reads.get(value, ()) if s.loc is not None}

    def record(self, append: Apply, lines: set[int]) -> Saved:
        value = append.args[1]
        assert isinstance(value, Value)
        loops = self.loops[id(append)]
        if id(append) in self.places:
            return self.snapshot(append, lines)
        where = " and ".join(f"line {s.loc.line}" for s in loops if s.loc is not None)
        size = _size(value.type, self.name(value))
        where = f"each iteration of {where}" if where else "each iteration"
        owner = self.owner.get(id(append))
        if owner is not None and owner.recomputed:
            where = f"{where}, in one call of {owner.name} at a time"
        return Saved(
            self.name(value),
            value.type,
            self.line(value),
            tuple(sorted(lines)),
            where,
            _volume(size, loops),
        )

    def snapshot(self, append: Apply, lines: set[int]) -> Saved:
        """A state that a checkpointed loop keeps now and then."""
        value, most = append.args[1], self.places[id(append)].args[2]
        *outer, loop = self.loops[id(append)]
        assert isinstance(value, Value)
        if isinstance(most, Value):
            made, _ = self.definition.get(most, (None, 0))
            enough = isinstance(made, Apply) and made.primitive is ENOUGH_SNAPSHOTS
            count = f"sqrt(2 * {_trips(loop) or 'iterations'})" if enough else self.name(most)
        else:
            assert isinstance(most, Literal)
            count = repr(most.value)
        where = "".join(f", each iteration of line {s.loc.line}" for s in outer if s.loc is not None)
        return Saved(
            self.name(value),
            value.type,
            self.line(value),
            tuple(sorted(lines)),
            f"at most {count} snapshots of line {loop.loc.line if loop.loc else '?'}{where}",
            f"at most {_volume(f'{_size(value.type, self.name(value))} * {count}', outer)}",
        )

    def field_of(self, value: Value, record: Apply) -> Saved:
        """A value that a recursive function hands to its own derivative."""
        function = self.owner[id(record)]
        name = self.name(value)
        called = function.name.removesuffix("_forward")
        return Saved(
            name,
            value.type,
            self.line(value),
            (),
            f"each call of {called}",
            f"{_size(value.type, name)} per call",
        )

    def name(self, value: Value, depth: int = 0) -> str:
        """What a reader calls a value: its variable, else a short expression that computes it."""
        if value.named and value.hint:
            return value.hint
        stmt, k = self.definition.get(value, (None, 0))
        if isinstance(stmt, If):
            for block in (stmt.then, stmt.orelse):
                atom = block.yields[k]
                if isinstance(atom, Value):
                    return self.name(atom, depth)
        if isinstance(stmt, Apply) and stmt.primitive in lists.CHANGES:
            # how a list came to be what it is would be a long story
            return value.hint or word_of(value, stmt)
        if isinstance(stmt, (Apply, Call)) and depth < 3:
            text = expression_text(stmt, _Expressions(self, depth + 1)).replace("_forward(", "(")
            unnamed = any(nameless in text for nameless in _NAMELESS)
            if not value.hint or (len(text) <= _LONGEST and not unnamed):
                return text
        return value.hint or _NAMELESS[isinstance(value.type, ListOf)]

    def line(self, value: Value) -> int | None:
        if value in self.carried:
            loop, k = self.carried[value]
            yields = loop.body.yields[1:] if loop.stops else loop.body.yields
            atom = yields[k]
            same = atom is value or not isinstance(atom, Value) or atom in self.carried
            if isinstance(atom, Value) and not same:
                return self.line(atom)
            return loop.loc.line if loop.loc is not None else None
        stmt, k = self.definition.get(value, (None, 0))
        if isinstance(stmt, If):
            for block in (stmt.then, stmt.orelse):
                atom = block.yields[k]
                if isinstance(atom, Value) and atom in self.definition:
                    return self.line(atom)
        return stmt.loc.line if stmt is not None and stmt.loc is not None else None


class _Expressions(Naming):
    """Names for a value inside an expression: parts without a name are written out."""

    def __init__(self, facts: _Facts, depth: int) -> None:
        self.facts = facts
        self.depth = depth

    def __getitem__(self, value: Value) -> str:
        name = self.facts.name(value, self.depth)
        return f"({name})" if " " in name and not value.hint else name


def _size(t: Type, name: str) -> str:
    """The bytes of one value, as a formula of its shape."""
    dtype, shape = dtype_of(t), shape_of(t)
    if dtype is None or shape is None or any(n is None or str(n).startswith("#") for n in shape):
        return (
            f"{name}.nbytes" if isinstance(t, Array) else "8" if isinstance(t, Scalar) else f"sizeof({name})"
        )
    factors = [str(np.dtype(dtype).itemsize)]
    for n in shape:
        if isinstance(n, int):
            factors += [str(n)] if n != 1 else []
        else:
            owner, _, axis = str(n).rpartition(".")
            factors.append(f"{owner}.shape[{axis}]" if owner and axis.isdigit() else str(n))
    return " * ".join(factors)


def _volume(size: str, loops: Sequence[For | While]) -> str:
    """The bytes of all iterations, where the number of iterations can be written down."""
    trips = [_trips(loop) for loop in loops]
    if any(t is None for t in trips):
        return f"{size} per iteration"
    most = "at most " if any(loop.stops for loop in loops) else ""
    return most + " * ".join([size, *(t for t in trips if t is not None)])


def _trips(loop: For | While) -> str | None:
    if isinstance(loop, While):
        return None
    texts = []
    for atom in loop.range:
        if isinstance(atom, Value):
            if not (atom.named and atom.hint):
                return None
            texts.append(atom.hint)
        else:
            texts.append(repr(atom.value))
    start, stop, step = texts
    if (start, step) == ("0", "1"):
        return stop
    return f"len(range({start}, {stop}))" if step == "1" else f"len(range({start}, {stop}, {step}))"


# how many values a docstring names
_MOST = 4


def saved_summary(kind: str, blocks: Sequence[Block]) -> str:
    """The sentence of an emitted docstring that says what is saved, empty where the question does not arise.

    Parameters
    ----------
    kind : str
        Of derivative, as in `deriving.Wanted`.
    blocks : sequence of Block
        The sweeps, as for `find_saved`.
    """
    if kind in ("jvp", "value"):
        return ""
    found = find_saved(blocks)
    if not found:
        return "Saves nothing."
    sentences = []
    looped: dict[str, set[int]] = {}
    for s in found:
        if s.where.startswith("each iteration"):
            looped.setdefault(s.name, set()).update(s.read_by)
    if len(looped) > _MOST:
        lines = sorted(set().union(*looped.values()))
        verb = "reads" if len(lines) == 1 else "read"
        sentences.append(f"Saves {len(looped)} values an iteration ({_lines(lines)} {verb} them).")
    elif looped:
        parts = [_who_reads(name, sorted(lines), k == 0) for k, (name, lines) in enumerate(looped.items())]
        if len(parts) == 1:
            name, reads = parts[0]
            sentences.append(f"Saves {name} each iteration{reads}.")
        else:
            shown = [name + reads for name, reads in parts]
            sentences.append(f"Saves in each iteration {', '.join(shown[:-1])} and {shown[-1]}.")
    snapshots: dict[str, list[str]] = {}
    for s in found:
        if s.where.startswith("at most"):
            snapshots.setdefault(s.where, []).append(s.name)
    for where, names in snapshots.items():
        most, _, rest = where.partition(" of ")
        sentences.append(f"Saves {most} of {' and '.join(names)} ({rest}), and computes the rest again.")
    calls = list(dict.fromkeys(s.where for s in found if s.where.startswith("each call")))
    sentences += [f"Saves the intermediate values of {where}." for where in calls]
    return " ".join(sentences)


def _who_reads(name: str, lines: Sequence[int], spelled: bool) -> tuple[str, str]:
    if not lines:
        return name, ""
    verb = f" read{'' if len(lines) > 1 else 's'} it" if spelled else ""
    return name, f" ({_lines(lines)}{verb})"


def _lines(lines: Sequence[int]) -> str:
    if len(lines) == 1:
        return f"line {lines[0]}"
    return f"lines {', '.join(map(str, lines[:-1]))} and {lines[-1]}"


def docstring(head: str, kind: str, blocks: Sequence[Block]) -> str:
    """A derivative's docstring: what it is, and what it saves; on one line where that is short enough."""
    saved = saved_summary(kind, blocks)
    if saved and len(head) + len(saved) < 85:
        return f"{head} {saved}"
    return "\n\n".join(
        textwrap.fill(text, 92, break_long_words=False, break_on_hyphens=False)
        for text in (head, saved)
        if text
    )
