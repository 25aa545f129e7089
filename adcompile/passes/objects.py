"""Python objects that are not followed, and which of them may give back a value that they were given.

In: a block. Out: for a value, the objects that it is, is a method of, or may be a part of. What one
holds is not in the graph: after a call that hands it a value, what is read from it may depend on that value.
Not for containers, which the frontend takes apart.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..ir.nodes import Apply, Block, For, If, Stmt, Value, While, all_statements, values_in
from ..ir.types import OPAQUE, UNKNOWN


class Objects:
    """The objects of a block; `holding` are those that have been given a value that is differentiated."""

    def __init__(self, block: Block) -> None:
        self.holding: set[Value] = set()
        self._behind: dict[Value, list[Value]] = {}
        self._made: set[Value] = set()
        self._known: dict[Value, frozenset[Value]] = {}
        for stmt in all_statements(block):
            self._enter(stmt)

    def _enter(self, stmt: Stmt) -> None:
        if isinstance(stmt, If):
            for out, *atoms in zip(stmt.outs, stmt.then.yields, stmt.orelse.yields, strict=True):
                self._behind[out] = list(values_in(atoms))
        elif isinstance(stmt, (For, While)):
            params = stmt.body.params[1:] if isinstance(stmt, For) else stmt.body.params
            tested = stmt.test.params if isinstance(stmt, While) else params
            yields = stmt.body.yields[1:] if stmt.stops else stmt.body.yields
            for out, param, test, *atoms in zip(stmt.outs, params, tested, stmt.init, yields, strict=True):
                for value in (out, param, test):
                    self._behind[value] = list(values_in(atoms))
        elif isinstance(stmt, Apply) and is_python(stmt):
            self._made.update(stmt.outs)
            for out in stmt.outs:
                self._behind[out] = list(values_in(stmt.args))

    def of(self, value: Value) -> frozenset[Value]:
        """The objects that reading a value, or calling it, may reach; none for a number or an array."""
        if value.type not in (OPAQUE, UNKNOWN):
            return frozenset()
        if value not in self._known:
            found = {value}
            pending = [value]
            while pending:
                new = [v for v in self._behind.get(pending.pop(), ()) if v.type in (OPAQUE, UNKNOWN)]
                pending += [v for v in new if v not in found]
                found.update(new)
            is_object = any(v.type == OPAQUE or v in self._made for v in found)
            self._known[value] = frozenset(found if is_object else ())
        return self._known[value]

    def give(self, values: Iterable[Value]) -> None:
        """One of the values is differentiated and the others may be objects that keep it."""
        for value in values:
            self.holding |= self.of(value)

    def may_give_back(self, values: Iterable[Value]) -> bool:
        """Whether an operand is an object that holds something."""
        return bool(self.holding) and any(self.of(v) & self.holding for v in values)


def is_python(stmt: Apply) -> bool:
    """Whether a statement is a call or a read of Python that is kept as it is."""
    return stmt.primitive.effect == "opaque" or stmt.primitive.name.startswith("attribute(")
