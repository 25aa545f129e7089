"""Products of a derivative, written as a person would: one constant in front, then numbers, then arrays.

The chain rule multiplies factor by factor, in the order of the program: `z_bar * 0.5 * 2 * x`. In: a block.
Out: the same block in which every chain of products that only a derivative computes has its constants folded
into one, and multiplies numbers with each other before it touches an array. The order of what is left stays,
quotients included. Only adjoints and tangents: the rounding of the user's own arithmetic is not ours to
change. Not for sums.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..ir.build import Builder
from ..ir.nodes import (
    Apply,
    Arg,
    Block,
    Literal,
    Stmt,
    Value,
    all_statements,
    blocks_of,
    count_uses,
    operands,
    values_in,
)
from ..ir.types import Array, Scalar, shape_of
from ..rules import tables  # noqa: F401  (enters the rows)
from ..rules.rule import OPERATORS

_ROWS = _TIMES, _OVER, _NEGATE = OPERATORS["*"], OPERATORS["/"], OPERATORS["neg"]
_PLUS = OPERATORS["+"]
_SUMS = (_PLUS, OPERATORS["-"])


def reassociate(block: Block) -> None:
    """Rewrite the products of a block and of the blocks in it."""
    builder = Builder()
    builder.adjoint = True
    builder.definitions.update(
        (out, stmt) for stmt in all_statements(block) if isinstance(stmt, Apply) for out in stmt.outs
    )
    _Products(builder, count_uses(block)).block(block)


@dataclass
class _Chain:
    """A product: `coefficient * numbers[0] ... * arrays[0] ...`, each factor with its operator."""

    coefficient: float = 1
    numbers: list[tuple[Any, Value]] = field(default_factory=list)
    arrays: list[tuple[Any, Value]] = field(default_factory=list)
    statements: list[Apply] = field(default_factory=list)
    literals: int = 0


class _Products:
    def __init__(self, builder: Builder, uses: dict[Value, int]) -> None:
        self.builder = builder
        self.uses = uses
        # products that are part of a longer one, not written yet
        self.inner: dict[Value, Apply] = {}
        # results that are added or subtracted: there a sign costs nothing
        self.summed: set[Value] = set()

    def block(self, block: Block) -> None:
        """Rewrite a block; what is part of a longer product is written where that is."""
        outer, self.inner = self.inner, {}
        readers: dict[Value, Stmt] = {}
        for stmt in block.statements:
            for v in operands(stmt):
                readers[v] = stmt
            if isinstance(stmt, Apply) and stmt.primitive in _SUMS and stmt.adjoint:
                self.summed.update(values_in(stmt.args if stmt.primitive is _PLUS else stmt.args[1:]))
        with self.builder.block() as statements:
            for stmt in block.statements:
                for inner in blocks_of(stmt):
                    self.block(inner)
                if not isinstance(stmt, Apply) or stmt.primitive not in _ROWS:
                    statements.append(stmt)
                elif self._is_inner(stmt, readers.get(stmt.outs[0])):
                    self.inner[stmt.outs[0]] = stmt
                elif stmt.adjoint:
                    self._write(stmt, statements)
                else:
                    statements.append(stmt)
        assert not self.inner, "a product is read by a later statement of its block"
        self.inner = outer
        block.statements = statements

    def _is_inner(self, stmt: Apply, reader: Stmt | None) -> bool:
        """Whether a product is read by a longer product of the derivative, and by nothing else."""
        out = stmt.outs[0]
        if self.uses.get(out) != 1 or not isinstance(reader, Apply) or not reader.adjoint:
            return False
        # the user's own products of arrays tell by an error whether shapes fit
        return reader.primitive in _ROWS and (not out.named if stmt.adjoint else isinstance(out.type, Scalar))

    def _write(self, stmt: Apply, statements: list[Stmt]) -> None:
        chain = _Chain()
        sound = self._flatten(stmt, chain, whole=True)
        start = len(statements)
        if sound and (chain.literals > 1 or _is_disordered(chain)):
            with self.builder.at(stmt.loc):
                result = self._product(chain, stmt.outs[0])
            if isinstance(result, Value) and result.type == stmt.outs[0].type and len(statements) > start:
                last = statements[-1]
                assert isinstance(last, Apply)
                if last.outs[0] is result:
                    last.outs = stmt.outs
                    self.builder.definitions[stmt.outs[0]] = last
                    return
            del statements[start:]
        statements.extend(chain.statements)

    def _flatten(self, stmt: Apply, chain: _Chain, whole: bool) -> bool:
        """Append a product's factors to a chain; False if one of them forbids to reorder."""
        row = stmt.primitive
        if row is _NEGATE:
            chain.coefficient = -chain.coefficient
            sound = self._factor(stmt.args[0], _TIMES, chain, whole)
        else:
            sound = self._factor(stmt.args[0], _TIMES, chain, whole)
            sound &= self._factor(stmt.args[1], row, chain, whole=False)
        chain.statements.append(stmt)
        return sound

    def _factor(self, arg: Arg, operator: Any, chain: _Chain, whole: bool) -> bool:
        if isinstance(arg, Literal):
            if type(arg.value) not in (int, float) or arg.spelling is not None or not arg.value:
                return False
            chain.coefficient = (
                chain.coefficient * arg.value if operator is _TIMES else chain.coefficient / arg.value
            )
            chain.literals += 1
            return True
        if not isinstance(arg, Value):
            return False
        inner = self.inner.get(arg)
        if inner is not None:
            # a quotient on the right stays one: `a * (b / c)` is not `(a * b) / c` where that overflows
            if whole or (operator is _TIMES and inner.primitive is not _OVER):
                del self.inner[arg]
                return self._flatten(inner, chain, whole)
            self._keep(self.inner.pop(arg), chain)
            return False
        t = arg.type
        if isinstance(t, Scalar):
            chain.numbers.append((operator, arg))
            return t.dtype != "bool"
        chain.arrays.append((operator, arg))
        return isinstance(t, Array) and bool(t.shape) and t.dtype is not None and t.dtype[0] in "fc"

    def _keep(self, stmt: Apply, chain: _Chain) -> None:
        """Leave a product as it is."""
        for v in operands(stmt):
            if v in self.inner:
                self._keep(self.inner.pop(v), chain)
        chain.statements.append(stmt)

    def _product(self, chain: _Chain, out: Value) -> Any:
        apply = self.builder.apply
        coefficient, negated = chain.coefficient, False
        if coefficient == -1 or (coefficient < 0 and out in self.summed):
            coefficient, negated = -coefficient, True
        total: Any = Literal(float(coefficient)) if coefficient != 1 else None
        arrays = chain.arrays
        if all(operator is _TIMES for operator, _ in arrays):
            arrays = sorted(arrays, key=lambda factor: len(shape_of(factor[1].type) or ()))
        for factors in (chain.numbers, arrays):
            if total is None:
                # start with a factor, not with 1 / a factor
                first = next((f for f in factors if f[0] is _TIMES), None)
                if first is not None:
                    total, factors = first[1], [f for f in factors if f is not first]
            for operator, v in factors:
                total = apply(operator, Literal(1.0) if total is None else total, v)
        return apply(_NEGATE, total) if negated else total


def _is_disordered(chain: _Chain) -> bool:
    """Whether an array is multiplied by several numbers, one after the other, or a constant stands inside."""
    steps = len(chain.numbers) + chain.literals
    constant_inside = chain.literals == 1 and chain.coefficient != 1
    return steps > 1 and (bool(chain.arrays) or constant_inside)
