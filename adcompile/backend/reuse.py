"""Results that take the memory of an operand which is not needed any more.

In: a block in which updates are safe, and the values that are written inside expressions. Out: the same
block, in which element-wise statements that overwrite an operand are `Reuse`. The operand is an array that
this code made itself, of the dtype and shape of the result, and nothing reads its memory later: a fresh array
costs a pass over new memory, and the old one is kept until the function returns. Only where the text stays
plain: `t *= x` where the result goes by the name of its operand, and `np.exp(t, out=t)` for what the forward
sweep has left. Not for numbers, nor for the user's own sums and products.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.nodes import Apply, Block, Stmt, Value, all_statements, blocks_of, free_values, operands
from ..ir.types import Array, shape_of
from ..passes.cotangents import same_shape
from ..passes.simplify import is_effect
from ..rules.rule import Primitive, resolve
from .ownership import Ownership

_OPERATORS = {
    "x + y": np.add,
    "x - y": np.subtract,
    "x * y": np.multiply,
    "x / y": np.divide,
    "-x": np.negative,
}


@dataclass(slots=True, eq=False)
class Reuse(Apply):
    """A statement that writes its result over `memory`, one of its operands.

    `partial` says that the operand is part of the same adjoint, for which it may go by its name.
    """

    memory: Value = None  # type: ignore[assignment]
    partial: bool = False

    @property
    def name(self) -> str:
        """The name of NumPy's function that takes `out=`."""
        return str(ufunc_of(self.primitive).__name__)


def ufunc_of(row: Primitive) -> Any:
    """NumPy's function behind a row, None if it has none that can write into memory given to it."""
    if row.name in _OPERATORS:
        return _OPERATORS[row.name]
    if not row.pointwise or not row.name.startswith("np.") or "=" in row.name:
        return None
    function = resolve(row.template.func, row.namespace)  # type: ignore[attr-defined]
    return function if isinstance(function, np.ufunc) and function.nout == 1 else None


def reuse_memory(block: Block, nested: dict[Value, Stmt]) -> bool:
    """Rewrite the statements of a block and of the blocks in it; False if there are none."""
    return _Reuses(block, nested).block(block)


class _Reuses:
    def __init__(self, root: Block, nested: dict[Value, Stmt]) -> None:
        self.nested = nested
        self.known = Ownership(root)
        self.adjoint = {out for s in all_statements(root) if s.adjoint for out in s.outs}

    def block(self, block: Block) -> bool:
        changed = False
        for k, stmt in enumerate(block.statements):
            for inner in blocks_of(stmt):
                changed |= self.block(inner)
            if not isinstance(stmt, Apply) or len(stmt.outs) != 1 or stmt.outs[0] in self.nested:
                continue
            found = [v for v in _operands_alike(stmt) if self._is_free(v, stmt) and self._reads_well(v, stmt)]
            if found:
                # best where the result needs no name of its own
                memory = min(found, key=lambda v: not same_name(v, stmt.outs[0]))
                block.statements[k] = Reuse(
                    stmt.outs, stmt.primitive, stmt.args, stmt.loc, stmt.adjoint,
                    memory, memory in self.adjoint,
                )  # fmt: skip
                changed = True
        return changed

    def _is_free(self, memory: Value, stmt: Apply) -> bool:
        """Whether nothing but the statement needs the memory any more."""
        at = self.known.order.start[id(stmt)]
        return memory not in self.nested and self.known.is_free(memory, at)

    def _reads_well(self, memory: Value, stmt: Apply) -> bool:
        if not stmt.adjoint:
            return len(stmt.args) == 1
        if stmt.primitive.name in ("x - y", "x / y") and memory is not stmt.args[0]:
            return False
        if same_name(memory, stmt.outs[0]):
            return True
        if memory in self.adjoint:
            return not memory.named
        return stmt.primitive.name not in ("x + y", "x - y")


def same_name(a: Value, b: Value) -> bool:
    """Whether neither of two values has a name of its own, or both have the same."""
    return a.named == b.named and (not a.named or a.hint == b.hint)


def _operands_alike(stmt: Apply) -> list[Value]:
    """The operands that are arrays like the result, if NumPy can write the result into one."""
    out = stmt.outs[0].type
    if not isinstance(out, Array) or not out.shape or out.dtype is None or out.dtype[0] not in "fc":
        return []
    if ufunc_of(stmt.primitive) is None:
        return []
    return [
        arg
        for arg in stmt.args
        if isinstance(arg, Value)
        and isinstance(arg.type, Array)
        and arg.type.dtype == out.dtype
        and same_shape(arg.type.shape, out.shape)
    ]


# -- order ---------------------------------------------------------------------------------------------------


def read_early(block: Block) -> None:
    """Move what reads a few elements of an array before the statement that could overwrite it.

    `np.exp(shifted)` needs no memory of its own if `shifted[rows, labels]` was read before. Only past
    statements that neither raise nor have an effect.
    """
    _read_early(block, Ownership(block))


def _read_early(block: Block, known: Ownership) -> None:
    for stmt in list(block.statements):
        for inner in blocks_of(stmt):
            _read_early(inner, known)
        if not isinstance(stmt, Apply) or stmt.adjoint or len(stmt.args) != 1:
            continue
        for memory in _operands_alike(stmt):
            if known.is_alone(memory):
                _move_readers(block, stmt, memory)


def _move_readers(block: Block, stmt: Apply, memory: Value) -> None:
    place = block.statements.index(stmt)
    later = block.statements[place + 1 :]
    readers = [k for k, s in enumerate(later) if memory in (*operands(s), *_captured(s))]
    if not readers or memory in block.yields:
        return
    passed = later[: readers[-1] + 1]
    if not all(isinstance(s, Apply) and s.primitive.effect in ("pure", "view") for s in passed):
        return
    wanted = {v for k in readers for v in operands(later[k])}
    moved: list[Stmt] = [later[k] for k in readers]
    for s in reversed(passed):
        if s not in moved and wanted.intersection(s.outs):
            moved.append(s)
            wanted.update(operands(s))
    if wanted.intersection(stmt.outs) or any(s.adjoint for s in moved):
        return
    small = all(_is_small(later[k], memory) for k in readers)
    if small and not any(is_effect(s) for s in passed if s not in moved):
        rest = [s for s in later if s not in moved]
        block.statements[place:] = [*(s for s in passed if s in moved), stmt, *rest]


def _captured(stmt: Stmt) -> list[Value]:
    return [v for inner in blocks_of(stmt) for v in free_values(inner)]


def _is_small(stmt: Stmt, memory: Value) -> bool:
    """Whether a statement copies a part of an array that has fewer axes, or sums it up."""
    t, whole = stmt.outs[0].type, shape_of(memory.type)
    shape = shape_of(t)
    return shape is not None and whole is not None and len(shape) < len(whole)
