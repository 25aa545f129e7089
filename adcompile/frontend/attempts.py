"""`try`: what is known when the derivative is compiled, and cleaning up.

In: a `try` statement. Out: the effects of the parts that run. Which statements of a body run before one of
them raises is known only if nothing that happens at run time can raise. Without handlers it does not matter:
nobody sees what a function has done that raises. Anything else is refused.
"""

from __future__ import annotations

import ast
from typing import Any, NoReturn

from ..ir.nodes import Apply, Literal, Stmt, Value
from ..ir.types import Scalar
from ..rules.python import RAISE
from ..rules.rule import OPERATORS
from .parse import DeadPath, Parser
from .values import DEAD, TupleVal

_HARMLESS = [OPERATORS[name] for name in ("+", "-", "*", "neg")]
_LEAVING = (ast.Return, ast.Break, ast.Continue)


def try_statement(p: Parser, node: ast.Try, rest: list[ast.stmt]) -> None:
    """Execute a `try`."""
    if any(isinstance(n, _LEAVING) for stmt in node.body + node.finalbody for n in ast.walk(stmt)):
        _refuse(p, node)
    with p.builder.block() as statements:
        p.run(node.body)
    raises = DEAD in p.state.names
    if not node.handlers:
        p.builder.statements.extend(statements)
    elif raises:
        del p.state.names[DEAD]
        p.run(_handler(p, node, statements).body)
    elif all(map(_cannot_raise, statements)):
        p.builder.statements.extend(statements)
    else:
        _refuse(p, node)
    if not raises:
        p.run(node.orelse)
    elif not node.handlers or DEAD in p.state.names:
        raise DeadPath
    if node.finalbody:
        left = p.jumped()
        if not isinstance(left, Literal) or left.value:
            _refuse(p, node)
        p.run(node.finalbody)


def _cannot_raise(stmt: Stmt) -> bool:
    """Whether a statement adds, subtracts or multiplies numbers."""
    if not isinstance(stmt, Apply) or stmt.primitive not in _HARMLESS:
        return False
    return all(isinstance(a, (Value, Literal)) and isinstance(a.type, Scalar) for a in stmt.args)


def _handler(p: Parser, node: ast.Try, statements: list[Stmt]) -> ast.ExceptHandler:
    """The handler of what a body raises, of which that is all that happens at run time."""
    (raising,) = statements if len(statements) == 1 else (None,)
    kind = raising.args[0] if isinstance(raising, Apply) and raising.primitive is RAISE else None
    if not isinstance(kind, Literal):
        _refuse(p, node)
    for handler in node.handlers:
        kinds = Literal(BaseException) if handler.type is None else p.evaluate(handler.type)
        caught: Any = kinds.items if isinstance(kinds, TupleVal) else (kinds,)
        if not all(isinstance(k, Literal) and isinstance(k.value, type) for k in caught):
            _refuse(p, node)
        if issubclass(kind.value, tuple(k.value for k in caught)):
            if handler.name is not None:
                _refuse(p, node)
            return handler
    _refuse(p, node)


def _refuse(p: Parser, node: ast.Try) -> NoReturn:
    p.refuse("AD103", "`try` hides which statements ran", node,
             "a test before the operation: `if x > 0: ... else: ...`")  # fmt: skip
