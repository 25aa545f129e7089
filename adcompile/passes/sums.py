"""Sums of a derivative in which a term occurs more than once: `c + (-d - d - d) * 2.0` with `d = c * 0.125`.

In: a block. Out: the same block in which such a sum of arrays, which only a derivative computes, is written
with one coefficient for each array, here `0.25 * c`, if that takes fewer passes over the arrays. Not where
terms cancel: what is left of infinity without itself is not nothing. Not for the user's own arithmetic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from ..ir.build import Builder
from ..ir.nodes import (
    Apply,
    Block,
    Literal,
    Stmt,
    Value,
    all_statements,
    blocks_of,
    readers_of,
)
from ..ir.types import Array, Type, dtype_of, shape_of
from ..rules import tables  # noqa: F401  (enters the rows)
from ..rules.rule import OPERATORS
from .cotangents import same_shape

_PLUS, _MINUS, _NEGATE = OPERATORS["+"], OPERATORS["-"], OPERATORS["neg"]
_TIMES, _OVER = OPERATORS["*"], OPERATORS["/"]


def collect_terms(block: Block) -> None:
    """Rewrite the sums of a block and of the blocks in it."""
    definitions = {out: s for s in all_statements(block) if isinstance(s, Apply) for out in s.outs}
    if any(s.adjoint and s.primitive in (_PLUS, _MINUS) for s in definitions.values()):
        _Sums(definitions, readers_of(block)).block(block)


@dataclass
class _Sum:
    """Arrays with their coefficients, and how many passes over arrays it takes to add them up as it is."""

    terms: dict[Value, float] = field(default_factory=dict)
    passes: int = 0

    @property
    def fewest(self) -> int:
        """How many passes it takes with one coefficient for each array."""
        return len(self.terms) - 1 + sum(abs(c) != 1 for c in self.terms.values())


class _Sums:
    def __init__(self, definitions: dict[Value, Apply], readers: dict[Value, list[Stmt | None]]) -> None:
        self.definitions = definitions
        self.readers = readers
        self.builder = Builder()
        self.builder.adjoint = True

    def block(self, block: Block) -> None:
        """Rewrite a block; a sum that is part of another one is left to that."""
        statements: list[Stmt] = []
        for stmt in block.statements:
            for inner in blocks_of(stmt):
                self.block(inner)
            statements += self._collected(stmt) or [stmt]
        block.statements = statements

    def _collected(self, stmt: Stmt) -> list[Stmt]:
        """The statements of a shorter sum; none if it is not shorter."""
        if not isinstance(stmt, Apply) or not stmt.adjoint or stmt.primitive not in (_PLUS, _MINUS):
            return []
        out, found = stmt.outs[0], _Sum()
        if not isinstance(out.type, Array) or not out.type.shape or (out.type.dtype or "?")[0] not in "fc":
            return []
        if self._is_inner(out):
            return []
        self._add(found, stmt, 1.0, out.type, True)
        usual = all(c and math.isfinite(c) for c in found.terms.values())
        if found.fewest >= found.passes or not usual:
            return []
        with self.builder.block() as statements, self.builder.at(stmt.loc):
            self._written(found)
        last = statements[-1] if statements else None
        if not isinstance(last, Apply) or last.outs[0].type != out.type:
            return []
        last.outs = stmt.outs
        return statements

    def _is_inner(self, out: Value) -> bool:
        """Whether a sum is a part of another one, or of a multiple of one, and nothing else."""
        readers = self.readers.get(out, [])
        reader = readers[0] if len(readers) == 1 else None
        return isinstance(reader, Apply) and reader.adjoint and not out.named and self._parts(reader) != []

    def _parts(self, stmt: Apply) -> list[tuple[Value, float]]:
        """The operands of a sum or of a multiple, each with its coefficient; nothing for something else."""
        row, args = stmt.primitive, stmt.args
        if row in (_PLUS, _MINUS) and all(isinstance(a, Value) for a in args):
            return [(args[0], 1.0), (args[1], 1.0 if row is _PLUS else -1.0)]  # type: ignore[list-item]
        if row is _NEGATE and isinstance(args[0], Value):
            return [(args[0], -1.0)]
        for a, b in (args, args[::-1]) if row is _TIMES else (args,) if row is _OVER else ():
            if isinstance(a, Value) and isinstance(b, Literal) and type(b.value) in (int, float) and b.value:
                return [(a, b.value if row is _TIMES else 1.0 / b.value)] if b.spelling is None else []
        return []

    def _add(self, found: _Sum, stmt: Apply, coefficient: float, t: Type, alone: bool) -> None:
        """Add what a statement adds up; it is spared if this sum `alone` reads it."""
        found.passes += alone
        for value, factor in self._parts(stmt):
            made = self.definitions.get(value)
            own = alone and len(self.readers[value]) == 1 and not value.named
            parts = self._parts(made) if made is not None and made.adjoint and _is_like(value, t) else []
            if made is not None and parts and (own or len(parts) == 1) and _are_like(parts, t):
                self._add(found, made, coefficient * factor, t, own)
            else:
                found.terms[value] = found.terms.get(value, 0.0) + coefficient * factor

    def _written(self, found: _Sum) -> None:
        """Append the sum, what is added before what is subtracted."""
        total: Any = None
        for value, c in sorted(found.terms.items(), key=lambda term: term[1] < 0):
            apply = self.builder.apply
            part = value if abs(c) == 1 else apply(_TIMES, Literal(abs(c)), value)
            if total is None:
                total = part if c > 0 else apply(_NEGATE, part)
            else:
                total = apply(_PLUS if c > 0 else _MINUS, total, part)


def _is_like(value: Value, t: Type) -> bool:
    return dtype_of(value.type) == dtype_of(t) and same_shape(shape_of(value.type), shape_of(t))


def _are_like(parts: list[tuple[Value, float]], t: Type) -> bool:
    """Whether nothing is broadcast to the type of a sum in a part of it."""
    return all(_is_like(value, t) for value, _ in parts)
