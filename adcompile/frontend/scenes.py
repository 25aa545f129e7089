"""`with` statements.

In: a `with` whose managers set a scene. Out: the statements of its body between those that enter and leave
the managers, which are called at run time. A manager that hides an exception of the body is refused: here if
it is known to, else where it does, since which statements ran could not be told. The methods of an object
that the program has made are followed, as its other methods are.
"""

from __future__ import annotations

import ast
import contextlib
import decimal
import io
import threading
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.nodes import Literal, Value
from ..rules.python import ENTER, EXIT
from .attributes import call_special
from .brackets import Entered, enter_bracket, leave_bracket
from .branches import guarded
from .cells import cell_of
from .opaque import runtime_value
from .parse import Parser
from .values import DEAD, FALSE, NONE, Bracket, Captured, ObjectCell

_OPEN = (
    np.errstate,
    np.printoptions,
    warnings.catch_warnings,
    contextlib.nullcontext,
    contextlib.redirect_stdout,
    contextlib.redirect_stderr,
    decimal.localcontext,
    threading.Lock,
    open,
)
_OPEN_CLASSES = (
    np.errstate,
    warnings.catch_warnings,
    contextlib.nullcontext,
    type(threading.Lock()),
    type(threading.RLock()),
    io.IOBase,
)


def with_statement(p: Parser, node: ast.With, rest: list[ast.stmt]) -> bool:
    """Execute a `with`; returns whether the rest of the block has been executed as well."""
    managers: list[Any] = []
    for item in node.items:
        value = p.evaluate(item.context_expr)
        if isinstance(cell_of(p, value, node), ObjectCell):
            managers.append(_Followed(value))
            entered = call_special(p, value, "__enter__", [], item.context_expr)
            if entered is None:
                p.raise_at(TypeError("the object does not support the context manager protocol"))
        elif isinstance(value, Bracket):
            bracket, entered = enter_bracket(p, value, item.context_expr)
            managers.append(bracket)
        else:
            manager = runtime_value(p, value, item.context_expr)
            hides = _may_hide(p, value, item.context_expr)
            entered = p.builder.apply(ENTER, manager, Literal(hides))
            managers.append(manager)
        if item.optional_vars is not None:
            p.store(item.optional_vars, entered)
    p.run(node.body)
    if DEAD in p.state.names:
        return True
    for manager in reversed(managers):
        if isinstance(manager, _Followed):
            _leave(p, manager.value, node)
        elif isinstance(manager, Entered):
            leave_bracket(p, manager)
        else:
            p.builder.apply(EXIT, manager)
    if p.jumped() is FALSE:
        return False
    guarded(p, rest)
    return True


@dataclass(frozen=True)
class _Followed:
    """A manager whose methods are part of the program."""

    value: Any


def _leave(p: Parser, manager: Any, node: ast.With) -> None:
    """Leave a manager after a body without an exception; one that might hide an exception is refused."""
    hidden = call_special(p, manager, "__exit__", [NONE, NONE, NONE], node)
    if not (isinstance(hidden, Literal) and not hidden.value):
        what = "`__exit__` of this manager may hide which statements ran"
        p.refuse("AD106", what, node.items[0].context_expr, "`__exit__` that returns None")


def _may_hide(p: Parser, value: Any, node: ast.AST) -> bool:
    """Whether leaving a manager may hide an exception, as far as it is known what it is."""
    made = p.builder.definitions.get(value) if isinstance(value, Value) else None
    maker = made.args[0] if made is not None else None
    what: Any = maker.value if isinstance(maker, Literal) else None
    kind = type(value.value) if isinstance(value, Captured) else None
    if what is contextlib.suppress or kind is contextlib.suppress:
        p.refuse("AD106", "`contextlib.suppress` hides which statements ran", node,
                 "a test before the operation: `if x > 0: ... else: ...`")  # fmt: skip
    return not (
        any(what is known for known in _OPEN) or (kind is not None and issubclass(kind, _OPEN_CLASSES))
    )
