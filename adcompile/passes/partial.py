"""Values that only some paths assign, told by the tests that guard them.

In: a block. Out: for each such value the tests, and on which side of them it is assigned. Two tests are the
same if they come from one value, be it through a branch or a negation. Not for deciding what a backward
branch yields: that is `passes.reverse`.
"""

from __future__ import annotations

from typing import Any

from ..ir.build import Builder
from ..ir.nodes import Apply, Block, If, Literal, Value, all_statements, is_absent
from ..ir.types import Scalar
from ..rules.rule import FUNCTIONS, HELPERS, OPERATORS
from .cotangents import zeros
from .keep import ensure_defined


class Partial:
    """The values of a block that some branches leave unassigned."""

    def __init__(self, builder: Builder, block: Block) -> None:
        self.builder = builder
        # what a value handed out of a branch comes from, where the other side leaves it unassigned
        self.source: dict[Value, Any] = {}
        self.choices: dict[Value, If] = {}
        for stmt in all_statements(block):
            if isinstance(stmt, If):
                self.choices.update(dict.fromkeys(stmt.outs, stmt))
                for out, a, b in zip(stmt.outs, stmt.then.yields, stmt.orelse.yields, strict=True):
                    if is_absent(a) != is_absent(b):
                        self.source[out] = b if is_absent(a) else a
        self.conditions = self._conditions(block)

    def contradicts(self, value: Value, test: Any, side: int) -> bool:
        """Whether a value is certainly unassigned on one side of a test."""
        test, flip = self.resolve(test)
        return (test, (1 - side) ^ flip) in self.conditions.get(value, ())

    def resolve(self, test: Any) -> tuple[Any, int]:
        """The value that a test comes from, and 1 if the test is its negation."""
        flip = 0
        while True:
            stmt = self.builder.definitions.get(test) if isinstance(test, Value) else None
            if test in self.source:
                test = self.source[test]
            elif stmt is not None and stmt.primitive is OPERATORS["not"]:
                test, flip = stmt.args[0], 1 - flip
            else:
                return test, flip

    def zeros(self, value: Value) -> Any:
        """The zero adjoint of a value; None where no path has assigned the value."""
        if value not in self.conditions or isinstance(value.type, Scalar):
            return zeros(self.builder, value)
        choice = self.choices[value]
        zero = Value(value.type)
        if len(self.conditions[value]) > 1:
            ensure_defined(value, self.choices)
            row = FUNCTIONS[HELPERS["zeros_of"]]
            self.builder.statements.append(Apply((zero,), row, (value,), self.builder.loc, True))
            return zero
        with self.builder.block() as making:
            made = zeros(self.builder, value)
        then, orelse = Block((), making, (made,)), Block((), [], (Literal(None),))
        if is_absent(choice.then.yields[choice.outs.index(value)]):
            then, orelse = orelse, then
        self.builder.statements.append(If((zero,), choice.test, then, orelse, self.builder.loc, True))
        return zero

    def _conditions(self, block: Block) -> dict[Value, set[tuple[Any, int]]]:
        """The tests that guard each value, and on which side of them it is assigned."""
        found: dict[Value, set[tuple[Any, int]]] = {}
        changed = True
        while changed:
            # an `If` is visited before the statements in it:
            # what is handed out through several takes several rounds
            changed = False
            for stmt in all_statements(block):
                if not isinstance(stmt, If):
                    continue
                test, flip = self.resolve(stmt.test)
                for out, *atoms in zip(stmt.outs, stmt.then.yields, stmt.orelse.yields, strict=True):
                    conditions: set[tuple[Any, int]] = set()
                    for side in (0, 1):
                        if is_absent(atoms[1 - side]) and not is_absent(atoms[side]):
                            conditions = {(test, side ^ flip), *found.get(atoms[side], ())}  # type: ignore[arg-type]
                    if not conditions <= found.get(out, set()):
                        found.setdefault(out, set()).update(conditions)
                        changed = True
        return found
