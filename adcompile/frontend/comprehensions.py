"""Comprehensions and generator expressions: loops that append.

In: a comprehension. Out: the list, dictionary or set of its items.
"""

from __future__ import annotations

import ast
from typing import Any

from ..ir.nodes import Literal
from .branches import branch, tested
from .cells import static_key
from .early import run_early
from .growing import append
from .iterate import iterable
from .loops import iterate
from .names import bound_in
from .parse import Frame, Parser
from .values import DictCell, ListCell, fresh_id


def iterated(p: Parser, node: ast.expr, at_once: bool) -> Any:
    """An expression whose items are asked for: a generator may be as good as a list."""
    if isinstance(node, ast.GeneratorExp):
        return run_early(p, node, lambda: comprehension(p, node), at_once)
    return p.evaluate_optional(node)


def comprehension(p: Parser, node: Any) -> Any:
    """A comprehension or generator expression: nested loops that append to a new list or fill a dict."""
    generators = node.generators
    if any(g.is_async for g in generators):
        p.refuse(
            "AD102", "an asynchronous comprehension", node, "an ordinary comprehension over the awaited data"
        )
    first = p.evaluate_iterated(generators[0].iter)
    targets = frozenset(n for g in generators for n in bound_in([g.target]))
    frame = Frame(p.frame.source, targets, p.frame, p.frame.globals, p.frame.cells, p.frame.node)
    frame.id = fresh_id()
    frame.at = p.frame.at
    is_dict = isinstance(node, ast.DictComp)
    out = p.new(DictCell((), ()) if is_dict else ListCell(()))
    outer = p.frame
    with p.in_frame(frame):
        _comprehend(p, node, generators, first, out, outer)
    if not any(isinstance(n, ast.Lambda) for n in ast.walk(node)):
        for key in [k for k in p.state.names if isinstance(k, tuple) and k[0] == frame.id]:
            del p.state.names[key]
    if isinstance(node, ast.SetComp):
        cell = p.state.heap[out.id]
        if isinstance(cell, ListCell) and all(isinstance(i, Literal) for i in cell.items):
            return Literal(frozenset(i.value for i in cell.items))
        p.refuse("AD199", "a set of values that are not constants", node, "a list comprehension")
    return out


def _comprehend(p: Parser, node: Any, generators: list[Any], first: Any, out: Any, outer: Frame) -> None:
    generator, rest = generators[0], generators[1:]
    source = iterable(p, first, generator.iter)
    # a function made inside may read the variables of the comprehension later
    live: set[str] | None = None if any(isinstance(n, ast.Lambda) for n in ast.walk(node)) else set()

    def body(conditions: list[ast.expr]) -> None:
        if conditions:
            test = tested(p, conditions[0])
            branch(p, test, lambda: body(conditions[1:]), lambda: None)
        elif rest:
            _comprehend(p, node, rest, p.evaluate_iterated(rest[0].iter), out, outer)
        elif isinstance(node, ast.DictComp):
            key = static_key(p, p.evaluate(node.key), node.key)
            cell = p.state.heap[out.id]
            assert isinstance(cell, DictCell)
            entries = dict(zip(cell.keys, cell.items, strict=True))
            entries[key] = p.evaluate_optional(node.value)
            p.state.heap[out.id] = DictCell(tuple(entries), tuple(entries.values()))
        else:
            append(p, out, p.evaluate_optional(node.elt), node)

    iterate(
        p,
        source,
        fresh_id(),
        lambda item: p.store(generator.target, item),
        lambda: body(generator.ifs),
        node,
        live,
    )
