"""What a valid graph is. In: a block. Out: nothing, or `AssertionError` naming the statement that breaks a
rule.

Every value is defined once and before it is read, in a block that encloses the reader; blocks yield as many
values as their statement has outputs (and a stop flag where it may stop); arguments align with the
primitive's parameters.
"""

from __future__ import annotations

from .nodes import Apply, Block, Call, For, If, Stmt, Value, While, operands, values_in


def verify(block: Block, outer: frozenset[Value] = frozenset()) -> None:
    """Check a block whose free values are `outer`."""
    _Verifier().block(block, set(outer))


class _Verifier:
    def __init__(self) -> None:
        self.defined: set[Value] = set()

    def define(self, values: tuple[Value, ...], visible: set[Value], what: object) -> None:
        for v in values:
            if v in self.defined:
                raise AssertionError(f"{v} is defined twice, the second time by {what}")
            self.defined.add(v)
            visible.add(v)

    def block(self, block: Block, visible: set[Value]) -> None:
        self.define(block.params, visible, "a block's parameters")
        for stmt in block.statements:
            for v in operands(stmt):
                if v not in visible:
                    raise AssertionError(f"{v} is read before it is defined, by {describe(stmt)}")
            self.stmt(stmt, visible)
            self.define(stmt.outs, visible, describe(stmt))
        for v in values_in(block.yields):
            if v not in visible:
                raise AssertionError(f"{v} is yielded by a block that does not define it")

    def stmt(self, stmt: Stmt, visible: set[Value]) -> None:
        if isinstance(stmt, Apply):
            if len(stmt.args) != len(stmt.primitive.params):
                raise AssertionError(f"{describe(stmt)} has {len(stmt.args)} arguments")
        elif isinstance(stmt, If):
            for inner in (stmt.then, stmt.orelse):
                self.count(len(inner.yields), len(stmt.outs), stmt)
                self.block(inner, set(visible))
        elif isinstance(stmt, (For, While)):
            n = len(stmt.outs)
            self.count(len(stmt.init), n, stmt)
            self.count(len(stmt.body.params), n + isinstance(stmt, For), stmt)
            self.count(len(stmt.body.yields), n + stmt.stops, stmt)
            if isinstance(stmt, While):
                self.count(len(stmt.test.params), n, stmt)
                self.count(len(stmt.test.yields), 1, stmt)
                self.block(stmt.test, set(visible))
            self.block(stmt.body, set(visible))

    def count(self, found: int, expected: int, stmt: Stmt) -> None:
        if found != expected:
            raise AssertionError(f"{describe(stmt)}: {found} where {expected} are expected")


def describe(stmt: Stmt) -> str:
    """A few words for a statement."""
    name = (
        stmt.primitive.name
        if isinstance(stmt, Apply)
        else stmt.function.name
        if isinstance(stmt, Call)
        else ""
    )
    return f"{type(stmt).__name__} {name} ({stmt.loc.short() if stmt.loc else 'no location'})"
