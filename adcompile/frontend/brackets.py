"""Managers that `contextlib.contextmanager` makes of a function with one `yield`.

In: the call of such a function, and a `with` that enters what it returns. Out: the statements before the
`yield` are executed where the manager is entered, and those behind it where it is left, in one frame. Not for
managers that are called at run time, nor for the body of the `with`: `scenes`.
"""

from __future__ import annotations

import ast
import contextlib
import types
from dataclasses import dataclass
from typing import Any

from .functions import bound_call, function_frame
from .parse import Frame, Parser
from .source import get_source
from .values import NONE, Bracket


@contextlib.contextmanager
def _any() -> Any:
    yield


_MADE: types.CodeType = _any.__code__


def is_bracket(function: types.FunctionType) -> bool:
    """Whether a function returns a manager made of a generator."""
    made_of = getattr(function, "__wrapped__", None)
    return function.__code__ is _MADE and isinstance(made_of, types.FunctionType)


@dataclass(frozen=True)
class Entered:
    """A manager that has been entered: its frame, and the statements that leave it."""

    frame: Frame
    after: list[ast.stmt]


def enter_bracket(p: Parser, value: Bracket, node: ast.AST) -> tuple[Entered, Any]:
    """Execute what comes before the `yield`; returns the manager and what it yields."""
    function = value.function
    source = get_source(function)
    before, point, after = _halves(p, source.node, node)
    p.inputs.guard_function(function)
    frame = function_frame(function, source)
    bound = bound_call(p, function, source, list(value.args), dict(value.keywords), node)
    p.state.names.update({(frame.id, k): v for k, v in bound.items()})
    with p.in_frame(frame):
        p.run(before)
        result = NONE if point.value is None else p.evaluate_optional(point.value)
    return Entered(frame, after), result


def leave_bracket(p: Parser, entered: Entered) -> None:
    """Execute what comes behind the `yield`."""
    with p.in_frame(entered.frame):
        p.run(entered.after)


def _halves(p: Parser, function: Any, node: ast.AST) -> tuple[list[ast.stmt], ast.Yield, list[ast.stmt]]:
    """The statements before and behind the one `yield` of a function, which `try ... finally` may enclose."""
    found = [n for n in ast.walk(function) if isinstance(n, (ast.Yield, ast.YieldFrom, ast.Return))]
    statements: list[ast.stmt] = list(function.body)
    if len(found) == 1 and isinstance(found[0], ast.Yield):
        for k, stmt in enumerate(statements):
            before, after = statements[:k], statements[k + 1 :]
            if isinstance(stmt, ast.Expr) and stmt.value is found[0]:
                return before, found[0], after
            if isinstance(stmt, ast.Try) and not stmt.handlers and not stmt.orelse:
                for j, inner in enumerate(stmt.body):
                    if isinstance(inner, ast.Expr) and inner.value is found[0]:
                        rest = [*stmt.body[j + 1 :], *stmt.finalbody, *after]
                        return [*before, *stmt.body[:j]], found[0], rest
    p.refuse("AD106", "this manager is made of a function that does more than `yield` once", node,
             "statements, one `yield` and statements; `try ... finally` may enclose the `yield`")  # fmt: skip
