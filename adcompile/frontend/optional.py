"""Values that are None on some paths.

In: such a value, a flag with what it is where the flag is false. Out: the value itself, behind a test that
the program has made or that is made here. Not for how paths are joined: that is `merge`.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

from .branches import branch
from .parse import Parser
from .values import NONE, TRUE, GrownCell, Maybe

# what may be asked of None, or does nothing with it but hand it on
_TAKING_NONE = (
    isinstance, bool, dict, list, tuple, getattr, setattr, object.__setattr__, dataclasses.replace,
    print, repr, str,
)  # fmt: skip


def takes_none(function: Any) -> bool:
    """Whether a function of Python may be given what is None on some paths."""
    return any(function is f for f in _TAKING_NONE)


def present(p: Parser, value: Any, node: ast.AST) -> Any:
    """The value where it is not None; where it is, the derivative raises as the program does."""
    value = p.settled(value)
    while isinstance(value, Maybe):
        text = ast.unparse(node) if isinstance(node, ast.expr) else "a value"
        error = TypeError(f"{text} is None where a value is needed")
        branch(p, value.nothing, partial(p.raise_at, error), lambda: None)
        value = p.settled(value.value)
    return value


def either(p: Parser, value: Any, node: ast.AST, what: Callable[[Any], Any]) -> Any:
    """What a question has for an answer, asked of None and of the value."""
    value = p.settled(value)
    if not isinstance(value, Maybe):
        return what(value)
    inner = value.value
    result = branch(p, value.nothing, lambda: what(NONE), lambda: either(p, inner, node, what))
    return p.usable(result, node, "the result")


def is_absent(p: Parser, value: Maybe) -> Any:
    """Whether a value is None."""
    inner = p.settled(value.value)
    if not isinstance(inner, Maybe):
        return value.nothing
    return branch(p, value.nothing, lambda: TRUE, lambda: is_absent(p, inner))


def without_none(p: Parser, cell: GrownCell, node: ast.AST) -> GrownCell:
    """A list of run-time length of which no item is None; where one is, the derivative raises."""
    if not isinstance(cell.pattern, Maybe):
        return cell
    text = ast.unparse(node) if isinstance(node, ast.expr) else "a list"
    error = TypeError(f"{text} needs values, and an item is None")
    some = p.builder.expand("bool(np.any(np.asarray(x)))", x=cell.items[0])
    branch(p, some, lambda: p.raise_at(error), lambda: None)
    return GrownCell(cell.pattern.value, cell.items[1:])
