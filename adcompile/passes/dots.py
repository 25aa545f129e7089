"""Sums of products of arrays, written as their inner product.

The adjoint of a number that multiplies an array is a sum: `np.sum(z_bar * (s * y))`. In: a block. Out: the
same block in which such a sum, which only a derivative computes, is `s * np.dot(z_bar, y)`, and `np.vdot` of
matrices: one pass over the arrays, and none for the product. Not where an array is stretched along another
one, and not for the user's own sums.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

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
)
from ..ir.types import Array, Scalar, Shape, shape_of
from ..rules import tables  # noqa: F401  (enters the rows)
from ..rules.results import is_none
from ..rules.rule import FUNCTIONS, OPERATORS
from .cotangents import same_shape

_SUM, _DOT, _VDOT = FUNCTIONS[np.sum], FUNCTIONS[np.dot], FUNCTIONS[np.vdot]
_TIMES, _OVER, _NEGATE = OPERATORS["*"], OPERATORS["/"], OPERATORS["neg"]
# what has less than double precision needs NumPy's way to sum in pairs
_DTYPES = ("float64", "complex128")


def write_inner_products(block: Block) -> None:
    """Rewrite the sums of a block and of the blocks in it."""
    definitions = {out: s for s in all_statements(block) if isinstance(s, Apply) for out in s.outs}
    if any(s.adjoint and s.primitive is _SUM for s in definitions.values()):
        _InnerProducts(definitions, count_uses(block)).block(block)


@dataclass
class _Factors:
    """What is multiplied: numbers, each with its operator, and arrays."""

    numbers: list[tuple[Any, Arg]] = field(default_factory=list)
    arrays: list[Value] = field(default_factory=list)
    negated: bool = False


class _InnerProducts:
    def __init__(self, definitions: dict[Value, Apply], uses: dict[Value, int]) -> None:
        self.definitions = definitions
        self.uses = uses
        self.builder = Builder()
        self.builder.adjoint = True

    def block(self, block: Block) -> None:
        """Rewrite the sums of a block."""
        statements: list[Stmt] = []
        for stmt in block.statements:
            for inner in blocks_of(stmt):
                self.block(inner)
            statements += self._product(stmt) or [stmt]
        block.statements = statements

    def _product(self, stmt: Stmt) -> list[Stmt]:
        """The statements of an inner product in place of a sum; none for anything else."""
        if not isinstance(stmt, Apply) or not stmt.adjoint or stmt.primitive is not _SUM:
            return []
        summed, axis, dtype, keepdims = stmt.args
        kept = not (isinstance(keepdims, Literal) and keepdims.value is False)
        if kept or not is_none(axis) or not is_none(dtype) or not _is_summed(summed):
            return []
        assert isinstance(summed, Value)
        found = _Factors()
        shape = shape_of(summed.type)
        if not self._multiplied(found, summed, shape) or len(found.arrays) < 2:
            return []
        with self.builder.block() as statements, self.builder.at(stmt.loc):
            self._written(found)
        last = statements[-1]
        if not isinstance(last, Apply) or last.outs[0].type != stmt.outs[0].type:
            return []
        last.outs = stmt.outs
        return statements

    def _multiplied(self, found: _Factors, value: Value, shape: Shape, whole: bool = True) -> bool:
        """Append the factors of a product; False if not all are numbers and arrays of one shape."""
        stmt = self.definitions.get(value)
        if stmt is None or not self._is_open(stmt, shape, whole):
            found.arrays.append(value)
            return _is_like(value, shape)
        if stmt.primitive is _NEGATE:
            found.negated = not found.negated
        for k, arg in enumerate(stmt.args):
            if _is_number(arg):
                found.numbers.append((stmt.primitive if k else _TIMES, arg))
            elif not isinstance(arg, Value) or not self._multiplied(found, arg, shape, whole and k == 0):
                return False
        return True

    def _is_open(self, stmt: Apply, shape: Shape, whole: bool) -> bool:
        """Whether a statement multiplies, for this sum and nothing else: arrays, or an array by a number."""
        row, numbers, out = stmt.primitive, [_is_number(a) for a in stmt.args], stmt.outs[0]
        if self.uses.get(out) != 1 or out.named or not _is_summed(out):
            return False
        if row is _OVER:
            # a quotient on the right stays one: `a * (b / c)` is not `(a * b) / c` where that overflows
            return whole and numbers[1]
        if row is _TIMES and not any(numbers):
            # the user's own products of arrays tell by an error whether shapes fit
            return stmt.adjoint and all(isinstance(a, Value) and _is_like(a, shape) for a in stmt.args)
        return row in (_TIMES, _NEGATE)

    def _written(self, found: _Factors) -> None:
        """Append the product."""
        apply = self.builder.apply
        left, right = found.arrays[0], found.arrays[-1]
        for v in found.arrays[1:-1]:
            left = apply(_TIMES, left, v)
        total: Any = apply(_DOT if len(shape_of(right.type) or ()) == 1 else _VDOT, left, right)
        for operator, number in found.numbers:
            total = apply(operator, number, total) if operator is _TIMES else apply(operator, total, number)
        if found.negated:
            apply(_NEGATE, total)


def _is_number(arg: Arg) -> bool:
    if isinstance(arg, Literal):
        return type(arg.value) in (int, float) and arg.spelling is None
    return isinstance(arg, Value) and isinstance(arg.type, Scalar) and arg.type.dtype in ("int64", *_DTYPES)


def _is_summed(arg: Arg) -> bool:
    """Whether an argument is a vector, or a real array of more axes, of double precision."""
    if not isinstance(arg, Value) or not isinstance(arg.type, Array) or not arg.type.shape:
        return False
    # np.vdot conjugates
    return arg.type.dtype in (_DTYPES if len(arg.type.shape) == 1 else _DTYPES[:1])


def _is_like(value: Value, shape: Shape) -> bool:
    return _is_summed(value) and same_shape(shape_of(value.type), shape)
