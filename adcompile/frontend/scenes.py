"""`with` statements.

In: a `with` whose managers set a scene. Out: the statements of its body between those that enter and leave
the managers, which are called at run time. A manager that hides an exception of the body is refused: here if
it is known to, else where it does, since which statements ran could not be told. Not for managers that are
made of values to differentiate.
"""

from __future__ import annotations

import ast
import contextlib
import decimal
import io
import threading
import warnings
from typing import Any

import numpy as np

from ..ir.nodes import Literal, Value
from ..rules.python import ENTER, EXIT
from .branches import guarded
from .opaque import runtime_value
from .parse import Parser
from .values import DEAD, FALSE, Captured

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
    managers = []
    for item in node.items:
        value = p.evaluate(item.context_expr)
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
        p.builder.apply(EXIT, manager)
    if p.jumped() is FALSE:
        return False
    guarded(p, rest)
    return True


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
