"""Results that take the memory of an operand which is not needed any more.

In: a block in which updates are safe, and the values that are written inside expressions. Out: the same
block, in which element-wise statements that overwrite an operand are `Reuse`. The operand is an array that
this code made itself, of the dtype and shape of the result, and nothing reads its memory later: a fresh array
costs a pass over new memory, and the old one is kept until the function returns. Only where the text stays
plain: `t *= x` where the result goes by the name of its operand, and `np.exp(t, out=t)` for what the forward
sweep has left. Not for numbers, nor for those of the user's own sums and products that he gives another name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.nodes import Apply, Block, For, Stmt, Value, While, all_statements, blocks_of, free_values, operands
from ..ir.types import Array, shape_of
from ..passes.activity import carried_params, carried_yields
from ..passes.cotangents import same_shape
from ..passes.dead import is_effect
from ..rules.rule import Primitive, resolve
from .inplace import copy_what_enters
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

    `partial` says that the operand is part of the same adjoint, for which it may go by its name; `plain` that
    the memory is taken only if both turn out to be one variable.
    """

    memory: Value = None  # type: ignore[assignment]
    partial: bool = False
    plain: bool = False

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
    reuses, entered = _own_what_enters(block, nested)
    return reuses.block(block) or entered


def _own_what_enters(root: Block, nested: dict[Value, Stmt]) -> tuple[_Reuses, bool]:
    """Copy before a loop what its iterations could overwrite but for that it entered from outside.

    Returns what is known afterwards, and whether there was anything to copy.
    """
    done = False
    tried: set[Value] = set()
    while True:
        reuses = _Reuses(root, nested)
        found = next(reuses.held_back(root, tried), None)
        if found is None:
            return reuses, done
        stmt, memory = found
        tried |= reuses.known.of(memory)
        before = [(s, s.init) for s in all_statements(root) if isinstance(s, (For, While))]
        blocks = [(b, list(b.statements)) for b in (root, *_blocks_in(root))]
        copied: set[Value] = set()
        if not copy_what_enters(reuses.known, memory, copied):
            continue
        if _Reuses(root, nested).is_free(memory, stmt):
            done = True
            continue
        for loop, init in before:
            loop.init = init
        for block, statements in blocks:
            block.statements[:] = statements


def _blocks_in(root: Block) -> list[Block]:
    return [b for s in all_statements(root) for b in blocks_of(s)]


class _Reuses:
    def __init__(self, root: Block, nested: dict[Value, Stmt]) -> None:
        self.nested = nested
        self.known = Ownership(root)
        self.adjoint = {out for s in all_statements(root) if s.adjoint for out in s.outs}
        loops = [s for s in all_statements(root) if isinstance(s, (For, While))]
        self.carried = {param for loop in loops if loop.adjoint for param in carried_params(loop)}
        # what an iteration hands on, with the variable that holds it next
        self.next = {
            left: param
            for loop in loops
            for param, left in zip(carried_params(loop), carried_yields(loop), strict=True)
            if isinstance(left, Value)
        }

    def block(self, block: Block) -> bool:
        changed = False
        for k, stmt in enumerate(block.statements):
            for inner in blocks_of(stmt):
                changed |= self.block(inner)
            if not isinstance(stmt, Apply):
                continue
            found = [v for v in self._candidates(stmt) if self.is_free(v, stmt) and self._reads_well(v, stmt)]
            if found:
                # best where the result needs no name of its own
                memory = min(found, key=lambda v: not same_name(v, stmt.outs[0]))
                kin = memory in self.adjoint or memory in self.carried
                plain = kin and memory.named and stmt.primitive.name in _OPERATORS
                block.statements[k] = Reuse(
                    stmt.outs, stmt.primitive, stmt.args, stmt.loc, stmt.adjoint,
                    memory, memory in self.adjoint, plain,
                )  # fmt: skip
                changed = True
        return changed

    def _candidates(self, stmt: Apply) -> list[Value]:
        """The operands that the result of a statement may be written over, if it has a variable for it."""
        if len(stmt.outs) != 1:
            return []
        found = _operands_alike(stmt)
        if stmt.outs[0] not in self.nested:
            return found
        # an expression at the end of an iteration may as well be a statement before it
        return [v for v in found if v is self.next.get(stmt.outs[0]) and stmt.primitive.name in _OPERATORS]

    def held_back(self, block: Block, tried: set[Value]) -> Iterator[tuple[Apply, Value]]:
        """What could be reused if it had not entered a loop from outside."""
        for stmt in all_statements(block):
            if not isinstance(stmt, Apply):
                continue
            at = self.known.order.start[id(stmt)]
            for v in self._candidates(stmt):
                mine = self.known.of(v)
                if self.known.borrowed.isdisjoint(mine) or not tried.isdisjoint(mine) or v in self.nested:
                    continue
                if not self.known.order.live_after(v, at) and self._reads_well(v, stmt):
                    yield stmt, v

    def is_free(self, memory: Value, stmt: Apply) -> bool:
        """Whether nothing but the statement needs the memory any more."""
        at = self.known.order.start[id(stmt)]
        return memory not in self.nested and self.known.is_free(memory, at)

    def _reads_well(self, memory: Value, stmt: Apply) -> bool:
        if stmt.primitive.name in ("x - y", "x / y") and memory is not stmt.args[0]:
            return False
        if not stmt.adjoint:
            return len(stmt.args) == 1 or (memory.named and same_name(memory, stmt.outs[0]))
        if same_name(memory, stmt.outs[0]) or memory in self.carried:
            return True
        if memory in self.adjoint:
            return not memory.named or stmt.primitive.name in _OPERATORS
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
