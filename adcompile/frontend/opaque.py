"""Python that is kept as it is.

In: a callee with neither source nor row, and abstract arguments. Out: a statement that calls it at run time,
refused later if an active value passes through it. Not for what can be followed: that is `calls`.
"""

from __future__ import annotations

import ast
import inspect
from typing import Any

import numpy as np

from ..errors import AdcompileError, NoDerivative
from ..ir.nodes import Block, If, Items, Literal, Value
from ..ir.types import OPAQUE, UNKNOWN, Array, ListOf, Unknown
from ..rules.python import ATTRIBUTE, DICT, LIST, TUPLE, opaque_call
from ..rules.rule import OPERATORS
from .cells import cell_of
from .parse import Parser
from .primitives import sequence_argument
from .values import (
    NONE,
    ArrayMethod,
    Captured,
    DictCell,
    GrownCell,
    GrownTuple,
    ListCell,
    Maybe,
    Ref,
    TupleVal,
    is_atom,
)

_PURE_MODULES = ("numpy", "math", "scipy", "operator", "cmath")


# what these make is called an array, and multiplies in its own way
_MAKERS = ("numpy.ma", "numpy.matrixlib", "scipy.sparse")


_WRITERS = frozenset(["copyto", "put", "place", "putmask", "fill_diagonal", "shuffle", "put_along_axis"])


def call_unknown(
    p: Parser,
    function: Any,
    args: list[Any],
    keywords: dict[str, Any],
    node: ast.AST,
    error: AdcompileError | None = None,
) -> Any:
    """A call that is kept: refused later if an active value passes through it."""
    name = _name_of(function)
    if isinstance(function, Literal) and any(function.value is f for f in _SCOPE_READERS):
        p.refuse("AD199", f"`{name}` reads variables that the source of the function does not name", node,
                 "the names or the expression themselves, or a dictionary")  # fmt: skip
    refusal = error or NoDerivative(
        "AD201",
        f"`{name}` has no rule and no source that could be followed",
        p.frame.source.loc(node),
        "a function with a rule; or register one: "
        f'adcompile.pointwise("{name}(x)", ...), adcompile.general(...)',
    )
    module = getattr(getattr(function, "value", None), "__module__", None) or ""
    if module.startswith(_MAKERS) or getattr(function, "value", None) in (np.matrix, np.asmatrix, np.bmat):
        p.no_derivative(
            "AD206", f"`{name}` makes arrays that have their own arithmetic", node, "plain arrays"
        )
    writes = name.split(".")[-1] in _WRITERS and module.split(".")[0] == "numpy"
    if writes or _writes(function, args, keywords):
        p.refuse(
            "AD108",
            f"`{name}` writes into its argument",
            node,
            "a new array: np.where, np.concatenate or np.stack",
        )
    trusted = module.split(".")[0] in _PURE_MODULES or name.split(".")[-1] in _HARMLESS
    passed = [_runtime_argument(p, a, node, trusted, refusal) for a in args]
    named = tuple((k, _runtime_argument(p, v, node, trusted, refusal)) for k, v in keywords.items())
    callee = _runtime_callee(p, function, node)
    pairs = tuple((Literal(k), v) for k, v in named)
    result = p.builder.apply(opaque_call(refusal), callee, tuple(passed), pairs)
    return result


def _writes(function: Any, args: list[Any], keywords: dict[str, Any]) -> bool:
    """Whether a library is asked to write into an array: `out=`, `overwrite_a=True`, `copy=False`."""
    callee: Any = getattr(function, "value", None)
    if isinstance(callee, np.ufunc):
        named = {**dict(zip(["out"] * len(args), args[callee.nin :], strict=False)), **keywords}
    else:
        try:
            named = dict(inspect.signature(callee).bind_partial(*args, **keywords).arguments)
        except (TypeError, ValueError):
            named = dict(keywords)
    for name, value in named.items():
        known = value.value if isinstance(value, Literal) else value
        if (name == "out" and known is not None) or (name == "copy" and known not in (True, None)):
            return True
        if name.startswith("overwrite") and known is not False:
            return True
    # what methods of arrays take last is where the result goes
    of_array = isinstance(function, ArrayMethod) and isinstance(function.receiver, Value)
    return of_array and any(isinstance(a, Value) for a in args[1:])


_SCOPE_READERS = (eval, exec, locals, vars, globals, dir)


_HARMLESS = frozenset(
    (
        "print",
        "repr",
        "str",
        "format",
        "id",
        "hash",
        "debug",
        "info",
        "warning",
        "error",
        "perf_counter",
    )
)


def _name_of(function: Any) -> str:
    if isinstance(function, Literal):
        return function.spelling or getattr(function.value, "__qualname__", None) or repr(function.value)
    if isinstance(function, ArrayMethod):
        return function.name
    if isinstance(function, Captured):
        return type(function.value).__name__
    return "this object"


def _runtime_callee(p: Parser, function: Any, node: ast.AST) -> Any:
    if isinstance(function, ArrayMethod):
        return p.builder.apply(ATTRIBUTE, runtime_value(p, function.receiver, node), Literal(function.name))
    return runtime_value(p, function, node)


def _runtime_argument(p: Parser, value: Any, node: ast.AST, trusted: bool, refusal: AdcompileError) -> Any:
    if not trusted and _is_writable(p, value):
        raise NoDerivative(
            "AD201", f"{refusal.message}, and may write into the array or container that it is given",
            refusal.loc, refusal.expected,
        )  # fmt: skip
    return runtime_value(p, value, node)


def _is_writable(p: Parser, value: Any) -> bool:
    if isinstance(value, Value):
        return isinstance(value.type, (Array, ListOf, Unknown))
    if isinstance(value, TupleVal):
        return any(_is_writable(p, v) for v in value.items)
    return isinstance(value, Ref)


def runtime_value(p: Parser, value: Any, node: ast.AST) -> Any:
    """The run-time object that an abstract value stands for."""
    value = p.settled(value)
    if isinstance(value, Maybe):
        return _object_or_none(p, value, node)
    if is_atom(value):
        return value
    if isinstance(value, TupleVal):
        items = tuple(runtime_value(p, v, node) for v in value.items)
        if all(isinstance(i, Literal) for i in items) and value.cls is tuple:
            return Literal(tuple(i.value for i in items))
        return p.builder.apply(TUPLE, items)
    if isinstance(value, Captured):
        return p.inputs.leaf(value.path, OPAQUE, None, _hint_of(value.path), value.value)
    cell = cell_of(p, value, node)
    if isinstance(cell, (ListCell, GrownCell)) and not isinstance(value, GrownTuple):
        found = sequence_argument(p, value, node)
        if isinstance(found, Items):
            return p.builder.apply(LIST, tuple(runtime_value(p, v, node) for v in cell.items))
        if found is not None:
            return found
    if isinstance(cell, DictCell):
        items = tuple(runtime_value(p, v, node) for v in cell.items)
        return p.builder.apply(DICT, Literal(cell.keys), items)
    p.no_derivative(
        "AD201",
        "this object is passed to Python code that is not followed",
        node,
        "numbers, arrays and strings",
    )


def _object_or_none(p: Parser, value: Maybe, node: ast.AST) -> Value:
    """What may be None as one object, which may be none."""
    with p.builder.block() as statements:
        inner = p.memory.current(runtime_value(p, value.value, node))
    out = Value(OPAQUE if inner.type == OPAQUE else UNKNOWN, getattr(inner, "hint", ""))
    then, orelse = Block((), [], (NONE,)), Block((), statements, (inner,))
    p.builder.statements.append(If((out,), value.nothing, then, orelse, p.builder.loc))
    return out


def _hint_of(path: Any) -> str:
    names = [str(k[1] if kind == "global" else k) for kind, k in path if kind in ("attr", "global")]
    return names[-1] if names else "captured"


def opaque_text(p: Parser, template: Literal, value: Any, node: ast.AST) -> Any:
    """`template % value`: text, which carries no derivative."""
    return p.builder.apply(OPERATORS["%"], template, runtime_value(p, value, node))
