"""Guards of infinite partials, where a program leaves elements out.

An element that nothing reads has the adjoint zero; zero times the partial there is zero, but NaN in floating
point where the partial is infinite or NaN (`z = np.sqrt(x)`, of which only `z[x > 0]` is used). There, and
only there, an operand gives way to one with finite partials. So derivatives of the guarded derivative are
right, too: elsewhere it is the plain formula, also where an adjoint happens to be zero.

In: a block, which of its yields are read in full, and the statements that are reversed. Out: the names of
their texts, guarded where that takes it. Not for where partials are finite: that is `rules.regular`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..ir.build import Builder
from ..ir.nodes import (
    Apply,
    Arg,
    Block,
    Call,
    For,
    Function,
    If,
    Items,
    Literal,
    Stmt,
    Through,
    Value,
    While,
    all_statements,
    free_values,
    leaves,
    values_in,
)
from ..ir.types import Array, Scalar, is_differentiable
from ..rules.indexing import GETITEM, INDEX_SET, is_basic, new_axes
from ..rules.python import RAISE
from ..rules.regular import regular
from ..rules.rule import FUNCTIONS
from .activity import carried_params, carried_yields
from .common import key_of
from .ranges import Ranges


class Guards:
    """Which elements the values of a block are read in, and what that takes of their adjoints."""

    def __init__(self, block: Block, read: Iterable[Any]) -> None:
        self._block = block
        reads = _Reads(block, read)
        self._full, self._parts = reads.full, reads.parts - reads.wholes

    @functools.cached_property
    def _ranges(self) -> Ranges:
        return Ranges(self._block)

    def is_full(self, value: Value) -> bool:
        """Whether something reads every element of a value."""
        return value in self._full

    def guarded(
        self, builder: Builder, stmt: Apply, env: dict[str, Any], facts: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What the names in a row's texts stand for at one statement, guarded where elements are left out."""
        row, z = stmt.primitive, stmt.outs[0]
        edges = z in self._full
        if not row.pointwise or row.masks or row.is_linear or (edges and z not in self._parts):
            return env
        common = "" if self._ranges.is_regular(stmt) else regular(row, facts)
        if edges and (not common or any(_is_number(a) for a in values_in(stmt.args))):
            return env
        tests = {}
        for name, value in env.items():
            if name != "z_bar" and isinstance(value, Value) and is_differentiable(value.type):
                parts = [f"({common})"] if common else []
                parts += [] if edges or self._is_finite(stmt, name, common) else ["np.isfinite(v)"]
                tests[name] = " & ".join(parts)
        return _Guarded(builder, env, tests, row.safe) if any(tests.values()) else env

    def _is_finite(self, stmt: Apply, name: str, common: str) -> bool:
        """Whether an operand or the result is finite, the result where the partials are."""
        if name == "z" and common:
            return self._ranges.is_finite(stmt.args)
        value = stmt.outs[0] if name == "z" else stmt.args[stmt.primitive.index[name]]
        return self._ranges.is_finite(value)


class _Guarded(dict[str, Any]):
    """The names of a row's texts, guarded when they are asked for."""

    def __init__(self, builder: Builder, env: dict[str, Any], tests: dict[str, str], safe: float) -> None:
        super().__init__(env)
        self.builder, self.plain, self.tests, self.safe = builder, env, tests, Literal(safe)
        self.guarded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if not self.tests.get(name):
            return super().__getitem__(name)
        if name not in self.guarded:
            value, bar = self.plain[name], self.plain["z_bar"]
            test = f"(g != 0) | {self.tests[name]}"
            single = _is_number(value) and _is_number(bar)
            text = f"v if {test} else safe" if single else f"np.where({test}, v, safe)"
            self.guarded[name] = self.builder.expand(text, **self.plain, g=bar, v=value, safe=self.safe)
        return self.guarded[name]


def _is_number(atom: Any) -> bool:
    return isinstance(atom.type, Scalar) or (isinstance(atom.type, Array) and atom.type.shape == ())


class _Reads:
    """The values of a block that something reads in full, found from behind."""

    def __init__(self, block: Block, yields: Iterable[Any]) -> None:
        self.full = {v for v in yields if isinstance(v, Value)}
        # arrays that list numbers
        self.lists = {s.outs[0] for s in all_statements(block) if isinstance(s, Apply) and _is_list(s)}
        # arrays that are read in parts, or replaced in parts, and those that are read otherwise
        self.parts: set[Value] = set()
        self.wholes: set[Value] = set()
        # arrays of whose replaced elements nothing is left: those that the replacement reads are not left out
        self.replaced: set[tuple[Value, Any]] = set()
        self.visit(block.statements)

    def visit(self, statements: list[Stmt]) -> None:
        """Add the values of a block; those that are read in full behind it are there already."""
        for stmt in reversed(statements):
            _VISITS[type(stmt)](self, stmt)

    def inside(self, block: Block, yields: Iterable[tuple[bool, Any]]) -> set[Value]:
        """What is read in full behind a block and in it, by which of its yields are."""
        outer = self.full
        self.full = outer | {y for full, y in yields if full and isinstance(y, Value)}
        self.visit(block.statements)
        inner, self.full = self.full, outer
        return inner

    def apply(self, stmt: Apply) -> None:
        row, args = stmt.primitive, stmt.args
        if row.masks or not any(out in self.full for out in stmt.outs):
            return
        if row in (GETITEM, INDEX_SET) and self.chooses(args[1]) and isinstance(args[0], Value):
            place = (args[0], key_of(args[1]))
            if row is INDEX_SET:
                self.replaced.add(place)
                args = args[2:]
            elif place not in self.replaced:
                return
        self.full.update(values_in(args))
        if row in (GETITEM, INDEX_SET) and _is_edge(stmt.args[1]):
            self.parts.update(values_in(args[:1]))
            args = args[1:]
        self.wholes.update(values_in(args))

    def chooses(self, index: Arg) -> bool:
        """Whether an index takes some elements and leaves others; single numbers take each in turn."""
        values = (atom for atom in leaves(index) if isinstance(atom, Value))
        return any(not isinstance(v.type, Scalar) and v not in self.lists for v in values)

    def if_(self, stmt: If) -> None:
        arms = (stmt.then, stmt.orelse)
        then, orelse = (
            self.inside(
                block, ((out in self.full, y) for out, y in zip(stmt.outs, block.yields, strict=True))
            )
            for block in arms
        )
        raises = any(isinstance(s, Apply) and s.primitive is RAISE for b in arms for s in b.statements)
        outside = {v for b in arms for v in free_values(b)}
        self.full |= (then | orelse) if raises else (then & orelse) | ((then | orelse) - outside)

    def loop(self, stmt: For | While) -> None:
        """A loop is taken to run; what one of its iterations reads in full, or what follows, is read so."""
        params, yields = carried_params(stmt), carried_yields(stmt)
        carried = [out in self.full for out in stmt.outs]
        while True:
            inner = self.inside(stmt.body, zip(carried, yields, strict=True))
            more = [known or p in inner for known, p in zip(carried, params, strict=True)]
            if more == carried:
                break
            carried = more
        self.full |= inner
        self.full.update(
            a for a, p in zip(stmt.init, params, strict=True) if p in inner and isinstance(a, Value)
        )

    def call(self, stmt: Call) -> None:
        """What a call reads in full, by which of its results are."""
        found = _read_by(stmt.function, frozenset(k for k, out in enumerate(stmt.outs) if out in self.full))
        self.full.update(a for k, a in enumerate(stmt.args) if k in found and isinstance(a, Value))


def _is_list(stmt: Apply) -> bool:
    """Whether a statement makes an array of the numbers of a list, such as the places of two rows to swap."""
    items = stmt.args[0] if stmt.primitive in (FUNCTIONS[np.array], FUNCTIONS[np.asarray]) else None
    return isinstance(items, Items) and all(isinstance(v.type, Scalar) for v in values_in(items.items))


def _is_edge(index: Arg) -> bool:
    """Whether an index leaves out a fixed part of an array, as `[1:]` does; loops go through all of it."""
    if isinstance(index, Through):
        return _is_edge(index.index) or any(row is GETITEM and _is_edge(*rest) for row, rest in index.steps)
    if not is_basic(index) or new_axes(index) is not None:
        return False
    return all(isinstance(atom, Literal) for atom in leaves(index))


def _read_by(function: Function, wanted: frozenset[int]) -> frozenset[int]:
    """Which arguments of a function are read in full, where the wanted results are."""
    known = function.notes.setdefault("read in full", {})
    if wanted not in known:
        body = function.body
        assert body is not None
        # what a function that calls itself reads is looked for from above
        known[wanted] = frozenset(range(len(body.params)))
        reads = _Reads(body, (body.yields[k] for k in wanted))
        known[wanted] = frozenset(k for k, p in enumerate(body.params) if p in reads.full)
    return known[wanted]  # type: ignore[no-any-return]


_VISITS: dict[type, Any] = {
    Apply: _Reads.apply,
    If: _Reads.if_,
    For: _Reads.loop,
    While: _Reads.loop,
    Call: _Reads.call,
}
