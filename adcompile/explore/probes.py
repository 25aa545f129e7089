"""Probes in a traced function: what every value, tangent and adjoint is while a derivative runs.

A probe is the identity with a rule that looks: in place of `v` the program reads `note(k, at, v)`, whose
pullback notes the adjoint that comes back and whose pushforward notes the tangent that goes through. So the
sweeps that are watched are those of the compiler, and no second account of derivatives is kept here.

In: a traced function, before it is differentiated. Out: the same function with probes, a copy of its graph to
draw, and a `Recorder` that holds what the probes saw. Not for compiling or calling: that is `watching`.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..ir.nodes import (
    UNDEFINED,
    Apply,
    Atom,
    Block,
    For,
    If,
    Literal,
    Stmt,
    Value,
    While,
    blocks_of,
    clone_block,
    substitute,
)
from ..ir.types import INT, Array, Scalar, Unknown, is_differentiable
from ..passes.dead import remove_dead
from ..rules.rule import FUNCTIONS, NAMESPACE, OPERATORS, Param, Primitive, parse_expression
from ..rules.typing import opaque, typ
from ..tracing import Traced
from ..trees import leaves, map_tree

# of a long loop, so many iterations from its beginning and so many from its end are remembered
ENDS = 25

At = tuple[int, ...]


@dataclass
class History:
    """What one value was, by the iterations of the loops around it."""

    first: dict[At, Any] = field(default_factory=dict)
    last: deque[tuple[At, Any]] = field(default_factory=lambda: deque(maxlen=ENDS))
    count: int = 0

    def add(self, at: At, value: Any) -> None:
        """Remember a value, and forget one from the middle if there are too many."""
        self.count += 1
        if len(self.first) < ENDS:
            self.first[at] = value
        else:
            self.last.append((at, value))

    def items(self) -> dict[At, Any]:
        """What is remembered, in order."""
        return {**self.first, **dict(self.last)}


@dataclass
class Recorder:
    """What the probes of one function have seen.

    Attributes
    ----------
    values : dict
        The history of each node, by its number.
    adjoints, tangents : dict
        By number and iterations; what is absent is zero.
    """

    values: dict[int, History] = field(default_factory=dict)
    adjoints: dict[tuple[int, At], Any] = field(default_factory=dict)
    tangents: dict[tuple[int, At], Any] = field(default_factory=dict)
    backward: bool = False

    def clear(self) -> None:
        """Forget everything."""
        self.values.clear()
        self.adjoints.clear()
        self.tangents.clear()
        self.backward = False

    def value(self, k: int, at: At, x: Any) -> None:
        """Note a value on the way forward; when a backward sweep computes it again, that is no news."""
        if not self.backward:
            self.values.setdefault(k, History()).add(at, copied(x))

    def adjoint(self, k: int, at: At, x_bar: Any) -> None:
        """Note an adjoint on the way back."""
        self.backward = True
        self.adjoints[k, at] = copied(x_bar)

    def tangent(self, k: int, at: At, x_dot: Any) -> None:
        """Note a tangent."""
        self.tangents[k, at] = copied(x_dot)


def copied(x: Any) -> Any:
    """A number or array that nobody else can change."""
    return np.array(x) if isinstance(x, np.ndarray) else copy.copy(x)


# The compiled derivative calls these. They return a copy, since what a call returns may be written into.
def _note(recorder: Recorder, k: int, at: At, x: Any) -> Any:
    recorder.value(k, at, x)
    return copied(x)


def _note_adjoint(recorder: Recorder, k: int, at: At, x: Any) -> Any:
    recorder.adjoint(k, at, x)
    return copied(x)


def _note_tangent(recorder: Recorder, k: int, at: At, x: Any) -> Any:
    recorder.tangent(k, at, x)
    return copied(x)


_PARAMS = tuple(map(Param, ("recorder", "k", "at", "x")))
_NAMES: Mapping[str, Any] = {
    **NAMESPACE, "note": _note, "note_adjoint": _note_adjoint, "note_tangent": _note_tangent,
}  # fmt: skip


def _row(name: str, types: Any, **fields: Any) -> Primitive:
    text = f"{name}(recorder, k, at, x)"
    return Primitive(text, _PARAMS, parse_expression(text), types, _NAMES, **fields)


def _same(recorder: Any, k: Any, at: Any, x: Any) -> Any:
    return typ(x)


# what is not differentiated is looked at by a statement of its own
_LOOK = _row("note", opaque, effect="opaque", constant=True)
# What the result depends on goes through its probe, so that this is as pure as any other operation: the
# compiler may compute it again in a backward sweep, as it does with what is not worth saving.
_PROBE = _row(
    "note",
    _same,
    # what is masked on one side of a probe is masked on the other
    pointwise=True,
    pullbacks={"x": "note_adjoint(recorder, k, at, z_bar)"},
    pushforwards={"x": "note_tangent(recorder, k, at, x_dot)"},
)
_PRODUCTS = {
    _note_adjoint: _row("note_adjoint", _same, pointwise=True, constant=True),
    _note_tangent: _row("note_tangent", _same, pointwise=True, constant=True),
}


@contextmanager
def understood() -> Iterator[None]:
    """Inside the `with`, the compiler can write what the rules of probes say."""
    FUNCTIONS.update(_PRODUCTS)
    try:
        yield
    finally:
        for function in _PRODUCTS:
            FUNCTIONS.pop(function, None)


@dataclass
class Watched:
    """A function with probes.

    Attributes
    ----------
    recorder : Recorder
        Filled while a derivative of the function runs.
    block : Block
        A copy of its graph as it was without the probes.
    numbers : dict
        The number of each value of that copy that has a probe.
    inputs : dict
        How the parameters of the copy are reached, as `Input` objects.
    """

    recorder: Recorder
    block: Block
    numbers: dict[Value, int]
    inputs: dict[Value, Any]


def watch(traced: Traced) -> Watched:
    """Put probes on everything that a traced function computes."""
    results = [*leaves(traced.result), *leaves(traced.returned)]
    inputs = traced.parser.inputs.found
    params = tuple(dict.fromkeys([*traced.block.params, *(i.value for i in inputs)]))
    block = Block(params, traced.block.statements, tuple(results))
    remove_dead(block)
    mapping: dict[Value, Any] = {}
    shown = clone_block(Block(params, block.statements, tuple(leaves(traced.result))), mapping)
    recorder = Recorder()
    probed = {v: k for k, v in enumerate(_to_probe(block))}
    images = {v: Value(v.type, v.hint, v.named) for v in probed if is_differentiable(v.type)}
    for stmt in block.statements:
        substitute(stmt, images)
    _Probes(traced, recorder, probed, images).block(block, (), ())
    traced.block.statements = block.statements
    traced.result = map_tree(traced.result, lambda leaf: images.get(leaf, leaf))
    traced.returned = map_tree(traced.returned, lambda leaf: images.get(leaf, leaf))
    return Watched(
        recorder, shown, {mapping[v]: k for v, k in probed.items()}, {mapping[i.value]: i for i in inputs}
    )


def _to_probe(block: Block) -> list[Value]:
    """The numbers and arrays of a program in order of their definition, but those that some path lacks."""
    unsure: set[Value] = set()
    found: list[Value] = []
    _find(block, found, unsure)
    return [v for v in found if v not in unsure and isinstance(v.type, (Scalar, Array, Unknown))]


def _find(block: Block, found: list[Value], unsure: set[Value]) -> None:
    def doubtful(atom: Atom) -> bool:
        # what is None on some path is read with care by the compiler, which has to see where it comes from
        return atom is UNDEFINED or atom in unsure or (isinstance(atom, Literal) and atom.value is None)

    found += block.params
    for stmt in block.statements:
        if isinstance(stmt, (For, While)):
            params = stmt.body.params[1:] if isinstance(stmt, For) else stmt.body.params
            unsure.update(p for p, a in zip(params, stmt.init, strict=True) if doubtful(a))
            unsure.update(o for o, a in zip(stmt.outs, stmt.init, strict=True) if doubtful(a))
            if isinstance(stmt, While):
                unsure.update(stmt.test.params)
        for inner in blocks_of(stmt):
            _find(inner, found, unsure)
        if isinstance(stmt, If):
            for out, *atoms in zip(stmt.outs, stmt.then.yields, stmt.orelse.yields, strict=True):
                if any(map(doubtful, atoms)):
                    unsure.add(out)
        found += stmt.outs


class _Probes:
    """Writes the probes into the blocks; `at` are the indices of the loops around."""

    def __init__(
        self, traced: Traced, recorder: Recorder, numbers: dict[Value, int], images: dict[Value, Value]
    ) -> None:
        self.builder = traced.builder
        self.recorder = Literal(recorder, "recorder")
        self.numbers = numbers
        self.images = images

    def block(self, block: Block, at: tuple[Atom, ...], skipped: Iterable[Value]) -> None:
        statements: list[Stmt] = []
        self._probe([v for v in block.params if v not in skipped], at, statements)
        for stmt in block.statements:
            statements.append(stmt)
            if isinstance(stmt, If):
                self.block(stmt.then, at, ())
                self.block(stmt.orelse, at, ())
            elif isinstance(stmt, For):
                self.block(stmt.body, (*at, stmt.body.params[0]), ())
            elif isinstance(stmt, While):
                self._counted(stmt, at)
            self._probe(stmt.outs, at, statements, stmt)
        block.statements[:] = statements

    def _counted(self, stmt: While, at: tuple[Atom, ...]) -> None:
        """A loop without an index gets one."""
        tested, index, left = (Value(INT, "turn") for _ in range(3))
        self.block(stmt.test, (*at, tested), stmt.test.params)
        self.block(stmt.body, (*at, index), ())
        with self.builder.within(stmt.body.statements), self.builder.at(stmt.loc):
            following = self.builder.append(OPERATORS["+"], index, Literal(1))
        stmt.outs = (*stmt.outs, left)
        stmt.init = (*stmt.init, Literal(0))
        stmt.test.params = (*stmt.test.params, tested)
        stmt.body.params = (*stmt.body.params, index)
        stmt.body.yields = (*stmt.body.yields, following)

    def _probe(
        self, values: Iterable[Value], at: tuple[Atom, ...], into: list[Stmt], stmt: Stmt | None = None
    ) -> None:
        for value in values:
            if value not in self.numbers:
                continue
            args = (self.recorder, Literal(self.numbers[value]), at, value)
            image = self.images.get(value)
            out, row = (Value(opaque()), _LOOK) if image is None else (image, _PROBE)
            probe = Apply((out,), row, args, None if stmt is None else stmt.loc)
            self.builder.record(probe)
            into.append(probe)
