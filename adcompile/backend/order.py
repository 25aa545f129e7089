"""The order in which emitted code runs: positions of statements, and when each value is still needed.

In: a block and the values that are written inside another expression (`nested`). Out: for each value the
position where it is defined and the spans of positions in which it is live, exact along every path: a value
that only one branch reads is not live in the other, one that a loop reads from outside is live until the loop
ends. Reads happen at even positions, definitions at odd ones. Not for choosing names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from ..ir.nodes import Block, For, If, Stmt, Value, While, free_values, operands, values_in
from ..passes.shapes import Contents

Span = tuple[int, int]


@dataclass
class Order:
    """Positions (`start` and `end` of statements by `id`, `close` of blocks by `id`) and spans of life."""

    defined: dict[Value, int] = field(default_factory=dict)
    spans: dict[Value, list[Span]] = field(default_factory=dict)
    start: dict[int, int] = field(default_factory=dict)
    end: dict[int, int] = field(default_factory=dict)
    open: dict[int, int] = field(default_factory=dict)
    close: dict[int, int] = field(default_factory=dict)

    def live_after(self, value: Value, at: int) -> bool:
        """Whether a path that has passed position `at` goes on to read the value."""
        return any(a <= at < b for a, b in self.spans.get(value, ()))

    def is_read(self, value: Value) -> bool:
        """Whether anything reads the value."""
        return value in self.spans


def expression_inputs(stmt: Stmt) -> Iterator[Value]:
    """What a statement reads when it is written as an expression."""
    yield from operands(stmt)
    if isinstance(stmt, If):
        yield from values_in(stmt.then.yields)
        yield from values_in(stmt.orelse.yields)


def order_of(block: Block, nested: dict[Value, Stmt], params: tuple[Value, ...] = ()) -> Order:
    """Positions and spans of a function body; `params` are further values that it gets from outside."""
    order = Order()
    _Positions(order, nested).function(block, params)
    _Lives(order, nested, operands).function(block)
    return order


def order_of_contents(block: Block) -> Order:
    """Positions and spans of a function body, if looking at the shape of an array is not reading it."""
    order = Order()
    _Positions(order, {}).function(block, ())
    _Lives(order, {}, Contents(block).read_by).function(block)
    return order


class _Positions:
    """Numbers the statements that are printed."""

    def __init__(self, order: Order, nested: dict[Value, Stmt]) -> None:
        self.order = order
        self.nested = nested
        self.clock = 0

    def tick(self) -> int:
        self.clock += 2
        return self.clock

    def define(self, values: Iterable[Value], at: int) -> None:
        for v in values:
            self.order.defined[v] = at

    def function(self, block: Block, params: tuple[Value, ...]) -> None:
        self.define(params, 1)
        self.block(block)

    def block(self, block: Block) -> None:
        at = self.tick()
        self.order.open[id(block)] = at
        self.define(block.params, at + 1)
        for stmt in block.statements:
            if not (stmt.outs and stmt.outs[0] in self.nested):
                self.stmt(stmt)
        self.order.close[id(block)] = self.tick()

    def stmt(self, stmt: Stmt) -> None:
        at = self.order.start[id(stmt)] = self.tick()
        if isinstance(stmt, If):
            self.block(stmt.then)
            self.block(stmt.orelse)
            at = self.tick()
        elif isinstance(stmt, For):
            self.block(stmt.body)
            at = self.tick()
        elif isinstance(stmt, While):
            self.block(stmt.test)
            self.block(stmt.body)
            at = self.tick()
        self.order.end[id(stmt)] = at
        self.define(stmt.outs, at + 1)


class _Lives:
    """Backward liveness; `live` maps a live value to the position up to which it is needed on the
    current path.
    """

    def __init__(
        self, order: Order, nested: dict[Value, Stmt], reads: Callable[[Stmt], Iterable[Value]]
    ) -> None:
        self.order = order
        self.nested = nested
        self.reads = reads

    def read(self, values: Iterable[Value], at: int, live: dict[Value, int]) -> None:
        for v in values:
            if v in self.nested:
                self.read(expression_inputs(self.nested[v]), at, live)
            else:
                live.setdefault(v, at)

    def span(self, value: Value, begin: int, end: int) -> None:
        self.order.spans.setdefault(value, []).append((begin, end))

    def kill(self, values: Iterable[Value], at: int, live: dict[Value, int]) -> None:
        for v in values:
            if v in live:
                self.span(v, at, live.pop(v))

    def function(self, block: Block) -> None:
        live: dict[Value, int] = {}
        self.block(block, live)
        for v, end in live.items():
            self.span(v, 1, end)

    def block(self, block: Block, live: dict[Value, int]) -> None:
        """Walk a block backwards; `live` enters with what is needed after it, leaves with what it needs."""
        self.read(values_in(block.yields), self.order.close[id(block)], live)
        for stmt in reversed(block.statements):
            if not (stmt.outs and stmt.outs[0] in self.nested):
                self.stmt(stmt, live)
        self.kill(block.params, self.order.open[id(block)] + 1, live)

    def stmt(self, stmt: Stmt, live: dict[Value, int]) -> None:
        start, end = self.order.start[id(stmt)], self.order.end[id(stmt)]
        self.kill(stmt.outs, end + 1, live)
        if isinstance(stmt, If):
            self.branch(stmt, start, end, live)
        elif isinstance(stmt, (For, While)):
            self.loop(stmt, start, end, live)
        self.read(self.reads(stmt), start, live)

    def branch(self, stmt: If, start: int, end: int, live: dict[Value, int]) -> None:
        after = dict(live)
        for v, stop in after.items():
            self.span(v, end, stop)
        live.clear()
        for block in (stmt.then, stmt.orelse):
            close = self.order.close[id(block)]
            inner = dict.fromkeys(after, close + 1)
            self.block(block, inner)
            for v, stop in inner.items():
                self.span(v, self.order.open[id(block)], stop)
                live[v] = start + 1

    def loop(self, stmt: For | While, start: int, end: int, live: dict[Value, int]) -> None:
        after = dict(live)
        for v, stop in after.items():
            self.span(v, end, stop)
        blocks = [stmt.body] if isinstance(stmt, For) else [stmt.test, stmt.body]
        outside = dict.fromkeys((*after, *self.free(blocks)))
        for v in outside:
            # needed again by the next iteration, or after the loop: live throughout
            self.span(v, start, end)
        for block in reversed(blocks):
            close = self.order.close[id(block)] + 1
            inner = dict.fromkeys(outside, close)
            if isinstance(stmt, While) and block is stmt.test:
                # the body, or what follows the loop, finds the carried variables as they were before the test
                inner.update(dict.fromkeys(self.needed_after_test(stmt, after), close))
            self.block(block, inner)
        live.clear()
        live.update(dict.fromkeys(outside, start + 1))
        if isinstance(stmt, For):
            # the range is written behind the assignments of the carried variables, so it is read after those
            head = self.order.open[id(stmt.body)] + 2
            for v in values_in(stmt.range):
                for u in self.expanded(v):
                    self.span(u, start, head)

    def needed_after_test(self, stmt: While, after: dict[Value, int]) -> list[Value]:
        """The parameters of a test that stand for variables which are read behind it."""
        carried = zip(stmt.test.params, stmt.body.params, stmt.outs, strict=True)
        return [spare for spare, param, out in carried if self.order.is_read(param) or out in after]

    def free(self, blocks: list[Block]) -> list[Value]:
        found: list[Value] = []
        for block in blocks:
            for v in free_values(block, self.reads):
                found.extend(self.expanded(v))
        return found

    def expanded(self, value: Value) -> Iterator[Value]:
        if value in self.nested:
            for v in expression_inputs(self.nested[value]):
                yield from self.expanded(v)
        else:
            yield value
