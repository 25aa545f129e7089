"""Which values are written inside the one expression that uses them, as a person would write them.

In: a block. Out: the set of values that get no variable of their own, with the statement that computes each.
A value is nested if it has no name that the user gave it, is used once, later in the same block, and nothing
in between could change what it reads. Not for printing.
"""

from __future__ import annotations

from ..ir.nodes import (
    Apply,
    Block,
    For,
    If,
    Literal,
    Stmt,
    Value,
    While,
    blocks_of,
    count_uses,
    operands,
    values_in,
)
from ..ir.types import ListOf
from ..passes.alias import Classes
from ..rules import lists
from ..rules.indexing import GETITEM
from ..rules.python import ENTER, EXIT
from .inplace import is_update
from .reuse import Reuse

_LONGEST = 72
_NEVER = (lists.LIST_MAKE, lists.LIST_EACH, lists.FIELD)


def choose_nested(block: Block) -> dict[Value, Stmt]:
    """The values to write inside other expressions."""
    uses = count_uses(block)
    nested: dict[Value, Stmt] = {}
    updated = _updated(block)
    classes = Classes()
    classes.block(block)
    _Nesting(uses, nested, updated, classes).block(block)
    return nested


def _updated(block: Block) -> set[Value]:
    """Values whose memory is written at some point."""
    found: set[Value] = set()
    for stmt in block.statements:
        if is_update(stmt):
            found.update(values_in(stmt.args[:1]))  # type: ignore[union-attr]
            found.update(stmt.outs)
        elif isinstance(stmt, Reuse):
            found.update((stmt.memory, *stmt.outs))
        for inner in blocks_of(stmt):
            found |= _updated(inner)
    return found


class _Nesting:
    def __init__(
        self, uses: dict[Value, int], nested: dict[Value, Stmt], updated: set[Value], classes: Classes
    ) -> None:
        self.uses = uses
        # what an update may change while an expression that reads it waits to be written
        self.classes = classes
        self.changing = classes.updated
        self.nested = nested
        self.updated = updated
        self.width: dict[Value, int] = {}
        # the classes of memory that an expression reads; None for that of all lists
        self.reads: dict[Value, set[Value | None]] = {}
        # what has waited while other memory was written: only an update may still contain it, or else arrays
        # would live longer
        self.late: set[Value] = set()

    def block(self, block: Block) -> None:
        """Decide for every statement of a block, in order;
        `open` holds candidates that may still be nested.
        """
        open_: dict[Value, Stmt] = {}
        for stmt in block.statements:
            for inner in blocks_of(stmt):
                self.block(inner)
            self._consume(stmt, open_)
            if isinstance(stmt, Apply) and stmt.primitive in (ENTER, EXIT):
                # what is computed inside a `with` stays inside, and what is not stays outside
                open_.clear()
            elif isinstance(stmt, Apply) and (
                stmt.primitive.effect in ("update", "opaque") or isinstance(stmt, Reuse)
            ):
                for v in [v for v in open_ if self.reads[v]]:
                    self.late.add(v)
                    if self._may_change(stmt, v):
                        del open_[v]
            elif not isinstance(stmt, Apply) and not self._is_expression(stmt):
                open_.clear()
            if self._may_nest(stmt):
                open_[stmt.outs[0]] = stmt
        for v in values_in(block.yields):
            if v in open_ and v not in self.late:
                self._nest(v, open_.pop(v))

    def _consume(self, stmt: Stmt, open_: dict[Value, Stmt]) -> None:
        reads = list(operands(stmt))
        if is_update(stmt):
            # what is overwritten has to be a variable
            reads = list(values_in(stmt.args[1:]))  # type: ignore[union-attr]
        if isinstance(stmt, (For, While)):
            reads = list(values_in(stmt.range)) if isinstance(stmt, For) else []
        total = sum(self.width.get(v, 8) for v in reads)
        for v in reads:
            if v in open_ and total < _LONGEST and (v not in self.late or is_update(stmt)):
                self._nest(v, open_.pop(v))

    def _may_change(self, stmt: Apply, value: Value) -> bool:
        """Whether a statement may change what an expression reads."""
        reads = self.reads[value]
        if stmt.primitive.effect == "opaque" or None in reads:
            return bool(reads)
        memory = stmt.memory if isinstance(stmt, Reuse) else stmt.outs[0]
        return self.classes.find(memory) in reads

    def _nest(self, value: Value, stmt: Stmt) -> None:
        self.nested[value] = stmt

    def _may_nest(self, stmt: Stmt) -> bool:
        if len(stmt.outs) != 1:
            return False
        out = stmt.outs[0]
        reads = list(operands(stmt))
        if isinstance(stmt, If):
            if not self._is_expression(stmt):
                return False
            reads += [v for b in (stmt.then, stmt.orelse) for v in values_in(b.yields)]
        elif (
            not isinstance(stmt, Apply)
            or stmt.primitive.effect not in ("pure", "view")
            or stmt.primitive in _NEVER
        ):
            return False
        found = self.reads[out] = set[Value | None]()
        for v in reads:
            # what has a variable of its own is read before the memory changes, unless it shows that memory
            if v in self.nested:
                found |= self.reads[v]
            if isinstance(v.type, ListOf):
                found.add(None)
            elif (own := self.classes.find(v)) in self.changing:
                found.add(own)
        self.width[out] = sum(
            self.width.get(v, len(v.hint) or 6) if v in self.nested else len(v.hint) or 3 for v in reads
        ) + (4 if not isinstance(stmt, Apply) or stmt.primitive is GETITEM else _own_width(stmt))
        if out in self.updated:
            return False
        return self.uses.get(out, 0) == 1 and not out.named

    def _is_expression(self, stmt: Stmt) -> bool:
        """Whether a branch can be written as a conditional expression."""
        if not isinstance(stmt, If) or len(stmt.outs) != 1:
            return False
        for block in (stmt.then, stmt.orelse):
            if any(s.outs == () or s.outs[0] not in self.nested for s in block.statements):
                return False
            if isinstance(block.yields[0], Literal) and not isinstance(
                block.yields[0].value, (int, float, str, type(None))
            ):
                return False
        return True


def _own_width(stmt: Apply) -> int:
    name = stmt.primitive.name
    return len(name.split("(")[0]) + 2 if "(" in name else 3
