"""Reads of Python objects that their methods may change.

In: a block. Out: the same block, in which what is read of such an object (`len(seen)` where `seen.add(i)`
is called somewhere) is read where the program does it, and as often: not shared, moved or computed again.
Not for containers and arrays, whose changes the frontend follows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from ..rules.rule import FUNCTIONS
from .activity import carried_params, carried_yields


def keep_reads(block: Block) -> None:
    """Keep the reads of changing objects in a block and in the functions that it calls."""
    main = _Scene(block)
    scenes: dict[Function | None, _Scene] = {None: main}
    pending = [main]
    while pending:
        for call in pending.pop().calls:
            if call.function not in scenes and call.function.body is not None:
                scenes[call.function] = _Scene(call.function.body)
                pending.append(scenes[call.function])
    while any([scene.follow_calls(scenes) for scene in scenes.values()]):
        # what a function does to its parameters, it does to the arguments of its calls
        pass
    for scene in scenes.values():
        if scene.changing:
            scene.keep()


class _Scene:
    """The statements of a block, and which of its values stand for objects that change."""

    def __init__(self, block: Block) -> None:
        self.block = block
        statements = list(all_statements(block))
        self.calls = [stmt for stmt in statements if isinstance(stmt, Call)]
        self.applied = [stmt for stmt in statements if isinstance(stmt, Apply)]
        called = {stmt.args[0] for stmt in self.applied if stmt.primitive.name.startswith("call(")}
        read = [stmt for stmt in self.applied if stmt.primitive is ATTRIBUTE]
        self.methods = [stmt for stmt in read if stmt.outs[0] in called]
        self.same = _same_objects(block)
        self.changing: set[Value] = set()
        for stmt in self.methods:
            if not _only_reads(stmt.args[1]):
                self._change(stmt.args[0])

    def _change(self, atom: Any) -> bool:
        """Let an object change; whether that is news."""
        if not isinstance(atom, Value) or atom.type not in (OPAQUE, UNKNOWN) or self.changes(atom):
            return False
        self.changing.add(self.same(atom))
        return True

    def changes(self, atom: Any) -> bool:
        """Whether a value stands for an object that changes."""
        return isinstance(atom, Value) and self.same(atom) in self.changing

    def follow_calls(self, scenes: Mapping[Function | None, _Scene]) -> bool:
        """Let the arguments change whose parameters do; whether that is news."""
        found = False
        for call in self.calls:
            inner = scenes.get(call.function)
            if inner is not None:
                pairs = zip(call.args, inner.block.params, strict=True)
                found |= any([self._change(arg) for arg, param in pairs if inner.changes(param)])
        return found

    def keep(self) -> None:
        """Keep what reads objects that change."""
        for stmt in self.applied:
            reads = stmt.primitive.effect in ("pure", "view") and stmt not in self.methods
            if reads and any(map(self.changes, values_in(stmt.args))):
                stmt.primitive = replace(stmt.primitive, effect="opaque", cheap=False)
        _keep_tests(self.block, self.changes)


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
    return Apply((Value(BOOL),), replace(FUNCTIONS[bool], effect="opaque", cheap=False), (test,), stmt.loc)


def _only_reads(name: Any) -> bool:
    """Whether a method is one that arrays have, too: those that change them are not kept."""
    return isinstance(name, Literal) and hasattr(np.ndarray, str(name.value))


def _same_objects(block: Block) -> Callable[[Value], Value]:
    """For each value, one that stands for all that branches and loops may make the same object, and for the
    object of which it is an attribute.
    """
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
        elif isinstance(stmt, Apply):
            if stmt.primitive is ATTRIBUTE:
                unite([*stmt.outs, stmt.args[0]])
        elif not isinstance(stmt, Call):
            params = carried_params(stmt)
            tested = stmt.test.params if isinstance(stmt, While) else params
            for column in zip(stmt.outs, params, tested, stmt.init, carried_yields(stmt), strict=True):
                unite(list(column))
    return root
