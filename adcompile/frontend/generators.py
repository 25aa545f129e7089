"""Calls of generator functions, which are run through at once as generator expressions are.

In: the frame of a function with `yield` and what its parameters hold. Out: an iterator over what it yields.
Refused is where that is not the same: a `yield` in a `while`, which may only end because nobody asks any
more, in a `try` or a `with`, one whose value is used, and what changes after it has been yielded. The rest is
looked at by `early`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from collections.abc import Iterator as Found
from typing import Any

from ..errors import AdcompileError, UnsupportedSyntax
from ..ir.nodes import Value
from .early import run_early
from .growing import append
from .iterate import iterable, known_items
from .loops import iterate
from .memory import is_array
from .parse import DeadPath, Frame, Parser
from .structure import parts_of
from .values import DEAD, NONE, Iterator, ListCell, Ref, fresh_id, is_atom

_YIELDS = (ast.Yield, ast.YieldFrom)
_FUNCTIONS = (ast.FunctionDef, ast.Lambda, ast.AsyncFunctionDef)
_HOLDING = (ast.While, ast.Try, ast.With)


def yields(function: ast.FunctionDef | ast.Lambda) -> Found[tuple[ast.expr, bool]]:
    """The `yield`s of a function itself, not of those in it, and whether each can be followed."""
    body = function.body if isinstance(function, ast.FunctionDef) else [function.body]
    stack: list[tuple[ast.AST, bool]] = [(n, True) for n in body]
    while stack:
        n, fits = stack.pop()
        if isinstance(n, ast.Expr) and isinstance(n.value, _YIELDS):
            yield n.value, fits
            stack.extend((inner, False) for inner in ast.iter_child_nodes(n.value))
            continue
        if isinstance(n, _YIELDS):
            yield n, False
        if not isinstance(n, _FUNCTIONS):
            fits = fits and not isinstance(n, _HOLDING)
            stack.extend((inner, fits) for inner in ast.iter_child_nodes(n))


def is_generator(function: Any) -> bool:
    """Whether calls of a function make generators that can be followed."""
    found = [fits for _, fits in yields(function)] if isinstance(function, ast.FunctionDef) else []
    return bool(found) and all(found)


def refused_yields(frame: Frame, found: Iterable[ast.expr]) -> list[AdcompileError]:
    """What is said of `yield`s that cannot be followed."""
    message = "`yield` makes this function a generator"
    way_out = "a function that returns its result; collect the values in a list and return it"
    return [UnsupportedSyntax("AD101", message, frame.source.loc(n), way_out) for n in found]


def generator(p: Parser, frame: Frame, bound: dict[str, Any], key: Any, name: str, node: ast.AST) -> Iterator:
    """What a call of a generator function returns."""
    if not p.stack:
        # it is what is differentiated: there is nobody who asks for items
        p.reject(frame, refused_yields(frame, (n for n, _ in yields(frame.node))))
    if key in p.stack:
        p.no_derivative("AD206", f"`{name}` is a generator that runs through itself", node,
                        "a recursive function that returns a list")  # fmt: skip

    def items() -> Any:
        frame.yielded = Yielded(p.new(ListCell(())))
        p.state.names.update({(frame.id, k): v for k, v in bound.items()})
        p.stack.append(key)
        try:
            with p.in_frame(frame):
                p.run(frame.node.body)
        finally:
            p.stack.pop()
        if DEAD in p.state.names:
            del p.state.names[DEAD]
            raise DeadPath
        p.forget(frame)
        if frame.yielded.has_changed(p):
            p.refuse("AD199", f"`{name}` changes what it has yielded", node,
                     "a copy, `yield x.copy()`, or a loop in place of the generator")  # fmt: skip
        return frame.yielded.items

    return run_early(p, node, items, at_once=False)


def yield_statement(p: Parser, node: ast.Yield | ast.YieldFrom) -> None:
    """`yield x` or `yield from items`."""
    if isinstance(node, ast.Yield):
        _give(p, NONE if node.value is None else p.evaluate_optional(node.value), node)
        return
    source = iterable(p, p.evaluate_iterated(node.value), node)
    known = known_items(p, source)
    if known is not None:
        for item in known:
            _give(p, item, node)
        return
    item_of: list[Any] = []
    iterate(p, source, fresh_id(), lambda v: item_of.__setitem__(slice(None), [v]),
            lambda: _give(p, item_of[0], node), node, set())  # fmt: skip


def _give(p: Parser, value: Any, node: ast.AST) -> None:
    p.frame.yielded.remember(p, value)
    append(p, p.frame.yielded.items, value, node)


class Yielded:
    """The list of what a generator has yielded, and what its arrays and containers held then."""

    def __init__(self, items: Ref) -> None:
        self.items = items
        self.arrays: list[tuple[Value, Any]] = []
        self.cells: list[tuple[int, Any]] = []

    def remember(self, p: Parser, value: Any) -> None:
        """Note what a value holds that is being yielded."""
        if is_array(value):
            self.arrays += [(root, p.state.memory.get(root, root)) for root in p.memory.roots_of(value)]
        elif isinstance(value, Ref):
            cell = p.cell(value)
            if (value.id, cell) not in self.cells:
                self.cells.append((value.id, cell))
                for part in parts_of(cell):
                    self.remember(p, part)
        elif not is_atom(value):
            for part in parts_of(value):
                self.remember(p, part)

    def has_changed(self, p: Parser) -> bool:
        """Whether any of that is another one now."""
        state = p.state
        return any(state.memory.get(root, root) is not content for root, content in self.arrays) or any(
            state.heap.get(key) is not cell for key, cell in self.cells
        )
