"""Arguments and results as trees: containers of atoms, taken out of the heap.

In: an abstract value and a state. Out: a tree, and the expression that builds the like of it. Not for values
while a function is being parsed: those are the frontend's.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from .backend.expressions import Expressions
from .errors import ArgumentError
from .frontend.structure import parts_of
from .frontend.values import (
    DictCell,
    GrownCell,
    GrownTuple,
    ListCell,
    Maybe,
    ObjectCell,
    Ref,
    State,
    TupleVal,
    is_atom,
)


@dataclass(frozen=True)
class Node:
    """A container of a result or argument, taken out of the heap: `kind` and parts."""

    kind: str
    keys: tuple[Any, ...]
    parts: tuple[Any, ...]
    cls: Any = None


def snapshot(state: State, value: Any) -> Any:
    """An abstract value as a tree of `Node`s and atoms."""
    if is_atom(value):
        return value
    if isinstance(value, TupleVal):
        kind = "tuple" if value.cls is tuple else "namedtuple"
        return Node(kind, (), tuple(snapshot(state, v) for v in value.items), value.cls)
    if isinstance(value, (Ref, GrownTuple)):
        cell = state.heap[value.id] if isinstance(value, Ref) else value.cell
        if isinstance(cell, ListCell):
            return Node("list", (), tuple(snapshot(state, v) for v in cell.items))
        if isinstance(cell, DictCell):
            return Node("dict", cell.keys, tuple(snapshot(state, v) for v in cell.items), cell.cls)
        if isinstance(cell, ObjectCell):
            return Node("object", cell.keys, tuple(snapshot(state, v) for v in cell.items), cell.cls)
        if isinstance(cell, GrownCell):
            if len(cell.items) == 1 and is_atom(cell.pattern):
                return cell.items[0]
            if cell.pattern is None:
                return Node("list", (), ())
            if any(isinstance(x, Maybe) for x in (cell.pattern, *parts_of(cell.pattern))):
                raise ArgumentError(
                    "AD210",
                    "the function returns a list of run-time length with items that may be None",
                    None,
                    "a list of numbers, arrays and containers of them",
                )
            return Node("zip", (), cell.items, cell.pattern)
    return Node("opaque", (), (), value)


def leaves(tree: Any) -> list[Any]:
    """The atoms of a tree, in order."""
    if is_atom(tree):
        return [tree]
    return [leaf for part in tree.parts for leaf in leaves(part)]


def map_tree(tree: Any, function: Any) -> Any:
    """A tree of the same structure, with `function` applied to its atoms."""
    if is_atom(tree):
        return function(tree)
    return Node(tree.kind, tree.keys, tuple(map_tree(part, function) for part in tree.parts), tree.cls)


def tree_expression(tree: Any, supply: Any, x: Expressions) -> ast.expr:
    """The expression that builds a tree from the expressions of its leaves."""
    if is_atom(tree):
        found: ast.expr = next(supply)
        return found
    parts = [tree_expression(part, supply, x) for part in tree.parts]
    if tree.kind == "tuple":
        return ast.Tuple(parts, ast.Load())
    if tree.kind == "list":
        return ast.List(parts, ast.Load())
    if tree.kind == "dict":
        built = ast.Dict([x.constant(k) for k in tree.keys], parts)
        return built if tree.cls is dict else ast.Call(x.constant(tree.cls), [built], [])
    if tree.kind == "namedtuple":
        return ast.Call(x.namespace.refer(tree.cls, tree.cls.__name__), parts, [])
    if tree.kind == "object":
        rebuilt = x.namespace.helper("rebuilt")
        keywords = [ast.keyword(k, v) for k, v in zip(tree.keys, parts, strict=True)]
        return ast.Call(rebuilt, [x.namespace.refer(tree.cls, tree.cls.__name__)], keywords)
    if tree.kind == "zip":
        zipped = ast.Call(x.namespace.builtin("zip"), parts, [])
        return ast.Call(x.namespace.builtin("list"), [zipped], [])
    raise ArgumentError(
        "AD210",
        "the function returns an object that cannot be handed out of a derivative",
        None,
        "numbers, arrays and containers of them",
    )
