"""The graph of an observed function as data for a page: nodes, edges with partial derivatives, and loops.

In: `Observed`. Out: a `Chart`. Which rule connects two nodes is read off the table of primitives, and its
partial derivative is that rule evaluated at the point with the adjoint 1. Not for drawing: that is `drawing`.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import Loc
from ..ir.nodes import (
    Apply,
    Block,
    Call,
    For,
    If,
    Items,
    Literal,
    Slice,
    Stmt,
    Value,
    While,
    all_statements,
    blocks_of,
    leaves,
    values_in,
)
from ..ir.printer import Naming, argument_text, expression_text, fill, header_text
from ..ir.types import is_differentiable
from ..ir.wording import word_of
from ..passes.activity import useful_values, varied_values
from ..rules.facts import call_rule, facts_of
from ..rules.rule import HELPERS
from .probes import At
from .watching import Observed


@dataclass
class GraphNode:
    """A value of the graph.

    `kind` is "input", "carried" (from one iteration to the next), "index" or "step"; `loops` are the numbers
    of the loops around it. It is active if it has a tangent and an adjoint.
    """

    number: int
    name: str
    text: str
    type: str
    kind: str
    loc: Loc | None
    loops: tuple[int, ...]
    active: bool
    value: Value
    stmt: Stmt | None


@dataclass
class GraphEdge:
    """How one node enters another.

    Attributes
    ----------
    pullback, pushforward : str
        What it adds to the adjoint of the source and to the tangent of the target; empty if that is not a
        text of the table.
    kind : str
        "rule"; "same" where a value is handed on as it is, into a branch's result; "enter", "carry" and
        "leave" where a loop does so; "none" where nothing is known of a partial derivative.
    partials : dict
        By iteration.
    """

    source: int
    target: int
    kind: str
    pullback: str = ""
    pushforward: str = ""
    partials: dict[At, Any] = field(default_factory=dict)


@dataclass
class GraphLoop:
    """A loop, the loops around it, and the iterations that are remembered, of so many."""

    number: int
    title: str
    outer: tuple[int, ...]
    at: list[At]
    count: int


@dataclass
class Chart:
    """Nodes in the order in which they are computed, edges and loops."""

    names: Naming
    nodes: list[GraphNode]
    edges: list[GraphEdge]
    loops: dict[int, GraphLoop]
    results: list[int]


def chart(seen: Observed) -> Chart:
    """The graph of an observed function."""
    assert seen.function.body is not None
    body = seen.function.body
    _name_by_operation(body)
    builder = _Chart(seen)
    for value in body.params:
        builder.node(value, "input", None, ())
    builder.block(body, ())
    results = [seen.numbers[v] for v in values_in(body.yields) if v in seen.numbers]
    return Chart(builder.names, builder.nodes, builder.merged(), builder.loops, results)


class _Chart:
    def __init__(self, seen: Observed) -> None:
        assert seen.function.body is not None
        self.seen = seen
        self.numbers = seen.numbers
        self.names = Naming(seen.function.body)
        self.nodes: list[GraphNode] = []
        self.edges: list[GraphEdge] = []
        self.loops: dict[int, GraphLoop] = {}
        self.history: dict[int, dict[At, Any]] = {}
        for (k, at), x in seen.values.items():
            self.history.setdefault(k, {})[at] = x
        self.active = {v for v in _active(seen) if v in self.numbers}

    # -- nodes -----------------------------------------------------------------------------------------------

    def node(self, value: Value, kind: str, stmt: Stmt | None, loops: tuple[int, ...]) -> None:
        number = self.numbers.get(value)
        if number is None:
            return
        name = self.names[value]
        text = expression_text(stmt, self.names) if isinstance(stmt, (Apply, Call)) else ""
        loc = None if stmt is None else stmt.loc
        active = value in self.active
        node = GraphNode(number, name, text, str(value.type), kind, loc, loops, active, value, stmt)
        self.nodes.append(node)

    def block(self, block: Block, loops: tuple[int, ...]) -> None:
        for stmt in block.statements:
            if isinstance(stmt, (For, While)):
                self._loop(stmt, loops)
            elif isinstance(stmt, If):
                for side in blocks_of(stmt):
                    self.block(side, loops)
                    self._handed(side.yields, stmt.outs, "same")
            for out in stmt.outs:
                self.node(out, "step", stmt, loops)
            if isinstance(stmt, Apply):
                self._rules(stmt)
            elif isinstance(stmt, Call):
                self._handed_all(stmt)

    def _loop(self, stmt: For | While, loops: tuple[int, ...]) -> None:
        number = len(self.loops)
        title = f"{header_text(stmt, self.names)}" if isinstance(stmt, For) else "while"
        inside = (*loops, number)
        self.loops[number] = GraphLoop(number, title, loops, [], 0)
        if isinstance(stmt, For):
            self.node(stmt.body.params[0], "index", stmt, inside)
            params = stmt.body.params[1:]
        else:
            params = stmt.body.params
            self.block(stmt.test, inside)
        for value in params:
            self.node(value, "carried", stmt, inside)
        self.block(stmt.body, inside)
        yields = stmt.body.yields[1:] if stmt.stops else stmt.body.yields
        self._handed(stmt.init, params, "enter")
        self._handed(yields, params, "carry")
        self._handed(yields, stmt.outs, "leave")
        self._iterations(self.loops[number], inside)

    def _iterations(self, loop: GraphLoop, inside: tuple[int, ...]) -> None:
        """The iterations that something in the loop remembers; a test that fails is none."""
        own = [n.number for n in self.nodes if n.loops[: len(inside)] == inside]
        found = {at[: len(inside)]: None for k in own for at in self.history.get(k, {})}
        loop.at = list(found)
        counts = [self.seen.counts.get(k, 0) for k in own if self._depth(k) == len(inside)]
        loop.count = max(counts, default=0)

    def _depth(self, number: int) -> int:
        return len(next(iter(self.history.get(number, {(): None}))))

    # -- edges -----------------------------------------------------------------------------------------------

    def _handed(self, sources: Sequence[Any], targets: Sequence[Value], kind: str) -> None:
        for source, target in zip(sources, targets, strict=True):
            if isinstance(source, Value) and source in self.numbers and target in self.numbers:
                bar, dot = self.names[target], self.names[source]
                edge = GraphEdge(self.numbers[source], self.numbers[target], kind, f"{bar}_bar", f"{dot}_dot")
                edge.partials = dict.fromkeys(self._taken(edge), 1.0)
                self.edges.append(edge)

    def _taken(self, edge: GraphEdge) -> list[At]:
        """The iterations in which a value is handed on."""
        known = list(self.history.get(edge.target, {}))
        if edge.kind == "same":
            return [at for at in known if at in self.history.get(edge.source, {})]
        if edge.kind == "leave":
            return known
        first = {at[:-1]: at for at in reversed(known)}
        return [at for at in known if (at == first[at[:-1]]) == (edge.kind == "enter")]

    def _handed_all(self, stmt: Call) -> None:
        """A call that is not looked into."""
        for source in dict.fromkeys(values_in(stmt.args)):
            for target in stmt.outs:
                if source in self.numbers and target in self.numbers:
                    self.edges.append(GraphEdge(self.numbers[source], self.numbers[target], "none"))

    def _rules(self, stmt: Apply) -> None:
        row, out = stmt.primitive, stmt.outs[0]
        if out not in self.numbers:
            return
        facts: dict[str, Any] = {q.name: facts_of(a) for q, a in zip(row.params, stmt.args, strict=True)}
        facts["z"], facts["z_bar"] = facts_of(out), facts_of(out)
        texts = {q.name: argument_text(a, self.names) for q, a in zip(row.params, stmt.args, strict=True)}
        texts |= {"z": self.names[out], "z_bar": f"{self.names[out]}_bar"}
        for param, arg in zip(row.params, stmt.args, strict=True):
            for k, leaf in enumerate(leaves(arg)):
                if not isinstance(leaf, Value) or leaf not in self.numbers:
                    continue
                edge = GraphEdge(self.numbers[leaf], self.numbers[out], "none")
                self.edges.append(edge)
                if not is_differentiable(leaf.type) or not is_differentiable(out.type):
                    continue
                more = {"item": self.names[leaf], "k": str(k), f"{param.name}_dot": f"{self.names[leaf]}_dot"}
                pullback = _text(row.pullbacks, param.name, {**facts, "k": k})
                pushforward = _text(row.pushforwards, param.name, {**facts, "k": k})
                if pullback is not None:
                    edge.kind, edge.pullback = "rule", fill(pullback, {**texts, **more})
                    self._evaluate(edge, stmt, pullback, param.name, leaf)
                if pushforward == "self":
                    edge.pushforward = expression_text(stmt, _Moving(self.names, leaf))
                elif pushforward is not None:
                    edge.pushforward = fill(pushforward, {**texts, **more})

    def _evaluate(self, edge: GraphEdge, stmt: Apply, pullback: str, param: str, leaf: Value) -> None:
        """The partial derivative at each iteration, where it is one factor for each element."""
        arg = stmt.args[stmt.primitive.index[param]]
        if not isinstance(arg, Value):
            return
        for at, z in self.history.get(edge.target, {}).items():
            operand = self._known(leaf, at)
            if stmt.primitive.pointwise or (np.ndim(operand) == 0 and np.ndim(z) == 0):
                found = self._partial(stmt, pullback, at, z)
                if found is not None:
                    edge.partials[at] = found

    def _partial(self, stmt: Apply, pullback: str, at: At, z: Any) -> Any:
        row = stmt.primitive
        try:
            operands = {
                q.name: self._given(a, at) for q, a in zip(row.params, stmt.args, strict=True) if not q.star
            }
            one = np.ones_like(z) if np.ndim(z) else 1.0
            names = {**vars(builtins), **HELPERS, **row.namespace, **operands, "z": z, "z_bar": one}
            with np.errstate(all="ignore"):
                return eval(pullback, names)
        except (NameError, LookupError):  # a text may name other rows, which only the compiler can write
            return None

    def _given(self, arg: Any, at: At) -> Any:
        """What an operand was."""
        if isinstance(arg, Value):
            return self._known(arg, at)
        if isinstance(arg, Literal):
            return arg.value
        if isinstance(arg, Slice):
            return slice(*(self._given(a, at) for a in (arg.start, arg.stop, arg.step)))
        if isinstance(arg, Items):
            return [self._given(a, at) for a in arg.items]
        if isinstance(arg, tuple):
            return tuple(self._given(a, at) for a in arg)
        raise LookupError("an index into a view")

    def _known(self, value: Value, at: At) -> Any:
        """What a value was in the iteration of another one that reads it: it may lie outside the loop."""
        history = self.history[self.numbers[value]]
        for depth in range(len(at), -1, -1):
            if at[:depth] in history:
                return history[at[:depth]]
        raise LookupError("not remembered")

    def merged(self) -> list[GraphEdge]:
        """One edge between two nodes, however often the one enters the other."""
        found: dict[tuple[int, int, bool], GraphEdge] = {}
        for edge in self.edges:
            key = (edge.source, edge.target, edge.kind in ("enter", "carry"))
            have = found.get(key)
            if have is None:
                found[key] = edge
                continue
            if edge.kind == have.kind == "rule":
                have.pullback = f"{have.pullback} + {edge.pullback}"
                have.pushforward = f"{have.pushforward} + {edge.pushforward}"
                both = have.partials.keys() & edge.partials.keys()
                have.partials = {at: have.partials[at] + edge.partials[at] for at in sorted(both)}
            elif edge.kind == "same":
                # both sides of a branch may hand on the same value
                have.partials |= edge.partials
        return list(found.values())


class _Moving(Naming):
    """Names with the tangent of one value in its place."""

    def __init__(self, names: Naming, moving: Value) -> None:
        self.names = names
        self.moving = moving

    def __getitem__(self, value: Value) -> str:
        return f"{self.names[value]}_dot" if value is self.moving else self.names[value]


def _name_by_operation(block: Block) -> None:
    """Call what has no name by what computes it, as the emitted code does."""
    for stmt in all_statements(block):
        for out in stmt.outs:
            if not out.hint:
                out.hint = word_of(out, stmt)


def _active(seen: Observed) -> set[Value]:
    """The values that depend on what the function is differentiated by, and that the result depends on."""
    body = seen.function.body
    assert body is not None
    number = {k: v for v, k in seen.numbers.items()}
    wrt = [number[k] for k, item in seen.inputs.items() if item.root in seen.names]
    outputs = [y for y in body.yields if isinstance(y, Value) and is_differentiable(y.type)]
    independent = [v for v in wrt if is_differentiable(v.type)]
    return varied_values(body, independent) & useful_values(body, outputs)


def _text(rules: Mapping[str, Any], name: str, facts: Mapping[str, Any]) -> str | None:
    rule = rules.get(name)
    return None if rule is None else call_rule(rule, facts)
