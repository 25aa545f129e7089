"""Which arrays may share memory at some time of a run: a partition of the values, coarse but quick.

In: a block. Out: classes of values that may share memory, or show that of each other, and in which of them
some statement writes once updates are in place. Not for who owns what, and when: that is `backend.ownership`.
"""

from __future__ import annotations

from ..ir.nodes import Apply, Block, For, If, Value, While, blocks_of
from ..rules.sharing import shown_by
from .activity import carried_params, carried_yields


class Classes:
    """The classes of a block's values, in whose memory something is written or not."""

    def __init__(self) -> None:
        self.parent: dict[Value, Value] = {}
        self.updates: list[Value] = []
        self.made: set[Value] = set()
        self.blocks: list[Block] = []

    def find(self, value: Value) -> Value:
        """The value that stands for a class."""
        while value in self.parent:
            value = self.parent[value]
        return value

    def unite(self, *atoms: object) -> None:
        """Let values be of one class."""
        roots = {self.find(a): None for a in atoms if isinstance(a, Value)}
        for root in list(roots)[1:]:
            self.parent[root] = next(iter(roots))

    @property
    def updated(self) -> set[Value]:
        """The classes in whose memory something is written."""
        return {self.find(v) for v in self.updates}

    def block(self, block: Block) -> None:
        """Enter the statements of a block."""
        self.blocks.append(block)
        for stmt in block.statements:
            if isinstance(stmt, Apply):
                self.made.update(stmt.outs)
            memory = getattr(stmt, "memory", None)
            if memory is not None:
                self.updates.append(memory)
                self.unite(memory, *stmt.outs)
            elif isinstance(stmt, Apply) and stmt.primitive.effect == "update":
                self.updates.append(stmt.outs[0])
                self.unite(stmt.outs[0], stmt.args[0])
            elif isinstance(stmt, Apply) and (shown := shown_by(stmt)):
                self.unite(*stmt.outs, *shown)
            elif isinstance(stmt, If):
                for out, a, b in zip(stmt.outs, stmt.then.yields, stmt.orelse.yields, strict=True):
                    self.unite(out, a, b)
            elif isinstance(stmt, (For, While)):
                params = carried_params(stmt)
                for group in zip(params, stmt.outs, stmt.init, carried_yields(stmt), strict=True):
                    self.unite(*group)
            for inner in blocks_of(stmt):
                self.block(inner)
