"""Reads of Python objects that their methods may change.

In: a block. Out: the same block, in which what is read of such an object (`len(seen)` where `seen.add(i)`
is called somewhere) is read where the program does it, and as often: not shared, moved or computed again.
Not for containers and arrays, whose changes the frontend follows.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..ir.nodes import (
    Apply,
    Block,
    Call,
    Function,
    If,
    Literal,
    Stmt,
    Value,
    While,
    all_statements,
    blocks_of,
    values_in,
)
from ..ir.types import BOOL, OPAQUE, UNKNOWN
from ..rules.python import ATTRIBUTE
from ..rules.rule import FUNCTIONS, Primitive
from .activity import carried_params, carried_yields


def keep_reads(block: Block, seen: set[Function] | None = None) -> None:
    """Keep the reads of changing objects in a block and in the functions that it calls."""
    seen = set() if seen is None else seen
    statements = list(all_statements(block))
    for stmt in statements:
        if isinstance(stmt, Call) and stmt.function.body is not None and stmt.function not in seen:
            seen.add(stmt.function)
            keep_reads(stmt.function.body, seen)
    applied = [stmt for stmt in statements if isinstance(stmt, Apply)]
    methods = {stmt.outs[0]: stmt for stmt in applied if stmt.primitive is ATTRIBUTE}
    called = {stmt.args[0] for stmt in applied if _is_call(stmt)}
    receivers = {m.args[0] for out, m in methods.items() if out in called and not _only_reads(m.args[1])}
    changing = {v for v in receivers if isinstance(v, Value) and v.type in (OPAQUE, UNKNOWN)}
    if not changing:
        return
    same = _same_objects(block)
    roots = {same(v) for v in changing}
    for stmt in applied:
        is_method = stmt.outs and stmt.outs[0] in methods and stmt.outs[0] in called
        reads = stmt.primitive.effect in ("pure", "view") and not is_method
        if reads and any(same(v) in roots for v in values_in(stmt.args)):
            stmt.primitive = _kept(stmt.primitive)
    _keep_tests(block, lambda test: isinstance(test, Value) and same(test) in roots)


def _keep_tests(block: Block, changes: Callable[[Any], bool]) -> None:
    """Let branches and loops test what an object was when the program looked at it."""
    statements: list[Stmt] = []
    for stmt in block.statements:
        for inner in blocks_of(stmt):
            _keep_tests(inner, changes)
        if isinstance(stmt, If) and changes(stmt.test):
            statements.append(_truth(stmt.test, stmt))
            stmt.test = statements[-1].outs[0]
        elif isinstance(stmt, While) and changes(stmt.test.yields[0]):
            stmt.test.statements.append(_truth(stmt.test.yields[0], stmt))
            stmt.test.yields = stmt.test.statements[-1].outs
        statements.append(stmt)
    block.statements = statements


def _truth(test: Any, stmt: If | While) -> Apply:
    return Apply((Value(BOOL),), _kept(FUNCTIONS[bool]), (test,), stmt.loc)


def _is_call(stmt: Apply) -> bool:
    return stmt.primitive.name.startswith("call(")


def _only_reads(name: Any) -> bool:
    """Whether a method is one that arrays have, too: those that change them are not kept."""
    return isinstance(name, Literal) and hasattr(np.ndarray, str(name.value))


@functools.cache
def _kept(row: Primitive) -> Primitive:
    """A row that is executed in order, as often as it is written."""
    return replace(row, effect="opaque", cheap=False)


def _same_objects(block: Block) -> Callable[[Value], Value]:
    """For each value, one that stands for all that branches and loops may make the same object."""
    parent: dict[Value, Value] = {}

    def root(value: Value) -> Value:
        while value in parent:
            value = parent[value]
        return value

    def unite(group: list[Any]) -> None:
        roots = list(dict.fromkeys(root(v) for v in group if isinstance(v, Value)))
        parent.update(dict.fromkeys(roots[1:], roots[0]))

    for stmt in all_statements(block):
        if isinstance(stmt, If):
            for group in zip(stmt.outs, stmt.then.yields, stmt.orelse.yields, strict=True):
                unite(list(group))
        elif not isinstance(stmt, (Apply, Call)):
            params = carried_params(stmt)
            tested = stmt.test.params if isinstance(stmt, While) else params
            for column in zip(stmt.outs, params, tested, stmt.init, carried_yields(stmt), strict=True):
                unite(list(column))
    return root
