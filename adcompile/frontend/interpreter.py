"""The parser with all its parts.

The parts of the frontend need one another: a call runs statements, which evaluate expressions, which call.
What a part needs of one above it, it asks of the parser that it is handed; here each such operation gets its
meaning. Not for anything else.
"""

from __future__ import annotations

import ast
from typing import Any

from ..ir.build import Builder
from .calls import call
from .comprehensions import iterated
from .expressions import evaluate, evaluate_optional
from .memory import Memory
from .operators import binary
from .parse import Parser
from .statements import execute, store


class Interpreter(Parser):
    """What parsing shares, with the operations that the parts do through one another."""

    def __init__(self, builder: Builder, inputs: Any) -> None:
        super().__init__(builder, inputs)
        self.memory = Memory(self)
        builder.reads = self.memory.operands

    def evaluate(self, node: ast.expr) -> Any:
        """The abstract value of an expression, which is None on every path or on none."""
        return evaluate(self, node)

    def evaluate_optional(self, node: ast.expr) -> Any:
        """The abstract value of an expression that may be None on some paths."""
        return evaluate_optional(self, node)

    def evaluate_iterated(self, node: ast.expr, at_once: bool = False) -> Any:
        """The abstract value of an expression whose items are asked for."""
        return iterated(self, node, at_once)

    def binary(self, op: str, x: Any, y: Any, node: ast.AST) -> Any:
        """X op y for any abstract values."""
        return binary(self, op, x, y, node)

    def call(self, function: Any, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
        """function(*args, **keywords) for any abstract callee."""
        return call(self, function, args, keywords, node)

    def store(self, target: ast.expr, value: Any) -> None:
        """Assign to a target: a name, an item, an attribute, or a pattern of them."""
        store(self, target, value)

    def execute(self, node: ast.stmt, rest: list[ast.stmt]) -> Any:
        """Execute a statement; returns whether the rest of its block has been executed as well."""
        return execute(self, node, rest)
