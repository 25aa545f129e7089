"""Statements: one function per accepted node; every other node is refused by name.

In: a statement, the rest of its block and the parser. Out: changed variables, with statements appended to the
graph for what has to be computed. Not for what branches, loops and `match` are: `branches`, `loops`, `match`.
"""

from __future__ import annotations

import ast
from typing import Any

from ..ir.nodes import Literal, Value
from ..rules.python import RAISE
from .attempts import try_statement
from .attributes import set_attribute
from .branches import branch, if_statement, tested
from .containers import augmented_assign, delete_item, set_item, unpack
from .flat import set_flat
from .functions import closure
from .generators import yield_statement
from .imports import import_from, import_module
from .loops import for_statement, while_statement
from .match import match_statement
from .memory import is_array
from .opaque import runtime_value
from .parse import DeadPath, Parser
from .reshaping import set_array_attribute
from .scenes import with_statement
from .values import TRUE, UNDEF, break_key, continue_key, result_key, return_key

_REFUSED: dict[type, tuple[str, str, str]] = {
    ast.AsyncFunctionDef: (
        "AD102",
        "`async def` makes a coroutine",
        "an ordinary function of the awaited data",
    ),
    ast.AsyncFor: ("AD102", "`async for` suspends the function", "an ordinary loop over the awaited data"),
    ast.AsyncWith: (
        "AD102",
        "`async with` suspends the function",
        "an ordinary function of the awaited data",
    ),
    ast.ClassDef: ("AD104", "a class is defined inside the function", "the class at the top of the module"),
}
if hasattr(ast, "TryStar"):
    _REFUSED[ast.TryStar] = (
        "AD103",
        "`try` with `except*` hides which statements ran",
        "a test before the operation: `if x > 0: ... else: ...`",
    )
if hasattr(ast, "TypeAlias"):
    _REFUSED[ast.TypeAlias] = (
        "AD199",
        "a type alias inside the function",
        "the alias at the top of the module",
    )


def _expression(p: Parser, node: ast.Expr, rest: list[ast.stmt]) -> None:
    if isinstance(node.value, ast.Constant):
        return  # a docstring or a bare constant does nothing

    if isinstance(node.value, (ast.Yield, ast.YieldFrom)) and p.frame.yielded is not None:
        yield_statement(p, node.value)
        return
    p.evaluate_optional(node.value)


def _assign(p: Parser, node: ast.Assign, rest: list[ast.stmt]) -> None:
    # a pattern runs through what it is given at once
    unpacked = len(node.targets) == 1 and isinstance(node.targets[0], (ast.Tuple, ast.List))
    value = p.evaluate_iterated(node.value, at_once=True) if unpacked else p.evaluate_optional(node.value)
    for target in node.targets:
        store(p, target, value)


def _annotated(p: Parser, node: ast.AnnAssign, rest: list[ast.stmt]) -> None:
    if node.value is not None:
        store(p, node.target, p.evaluate_optional(node.value))


def _augmented(p: Parser, node: ast.AugAssign, rest: list[ast.stmt]) -> None:
    augmented_assign(p, node)


def store(p: Parser, target: ast.expr, value: Any) -> None:
    """Assign to a target: a name, an item, an attribute, or a pattern of them."""
    if isinstance(target, ast.Name):
        if target.id in p.frame.declared_global:
            p.refuse("AD109", f"`{target.id}` is a global that the function assigns to", target,
                     "a function that returns the new value; the caller assigns it")  # fmt: skip
        p.assign(target.id, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for element, item in unpack(p, target.elts, value, target):
            store(p, element, item)
    elif isinstance(target, ast.Subscript):
        set_item(p, target, value)
    elif isinstance(target, ast.Attribute):
        container = p.evaluate(target.value)
        if target.attr == "flat" and is_array(container):
            set_flat(p, container, value, target)
        elif isinstance(container, Value):
            set_array_attribute(p, container, target, value)
        else:
            set_attribute(p, container, target, value)
    else:
        p.refuse(
            "AD199", f"cannot assign to `{type(target).__name__}`", target, "a name, an item or an attribute"
        )


def _delete(p: Parser, node: ast.Delete, rest: list[ast.stmt]) -> None:
    for target in node.targets:
        if isinstance(target, ast.Subscript):
            delete_item(p, target)
            continue
        if not isinstance(target, ast.Name):
            p.refuse(
                "AD105",
                "`del` of something other than a name",
                target,
                "`del name`, or a container without the item",
            )
        p.lookup(target.id, target)
        p.state.names[p.frame.id, target.id] = UNDEF


def _pass(p: Parser, node: ast.stmt, rest: list[ast.stmt]) -> None:
    return


def _nonlocal(p: Parser, node: ast.Global | ast.Nonlocal, rest: list[ast.stmt]) -> None:
    """Declarations were taken into account when the frame was made; assigning is refused there."""


def _return(p: Parser, node: ast.Return, rest: list[ast.stmt]) -> None:
    value = Literal(None) if node.value is None else p.evaluate_optional(node.value)
    p.state.names[result_key(p.frame.id)] = value
    p.state.names[return_key(p.frame.id)] = TRUE


def _raise(p: Parser, node: ast.Raise, rest: list[ast.stmt]) -> None:
    if node.exc is None or node.cause is not None:
        p.refuse("AD199", "this form of `raise` is not understood", node, "`raise SomeError(message)`")
    call = node.exc
    if isinstance(call, ast.Call) and not call.keywords:
        kind = p.evaluate(call.func)
        args = tuple(runtime_value(p, p.evaluate_optional(a), a) for a in call.args)
    else:
        kind, args = p.evaluate(call), ()
    if not (
        isinstance(kind, Literal) and isinstance(kind.value, type) and issubclass(kind.value, BaseException)
    ):
        p.refuse("AD199", "this form of `raise` is not understood", node, "`raise SomeError(message)`")
    p.builder.apply(RAISE, kind, args)
    raise DeadPath


def _assert(p: Parser, node: ast.Assert, rest: list[ast.stmt]) -> None:
    test = tested(p, node.test)

    def fail() -> None:
        message = [node.msg] if node.msg is not None else []
        call = ast.Call(func=ast.Name("AssertionError", ast.Load()), args=message, keywords=[])
        _raise(p, ast.copy_location(ast.Raise(ast.copy_location(call, node), None), node), [])

    branch(p, p.builder.negate(test), fail, lambda: None)


def _function(p: Parser, node: ast.FunctionDef, rest: list[ast.stmt]) -> None:
    value: Any = closure(p, node, node.name)
    for decorator in reversed(node.decorator_list):
        value = p.call(p.evaluate(decorator), [value], {}, decorator)
    p.assign(node.name, value)


def _jump(key: Any) -> Any:
    def statement(p: Parser, node: ast.stmt, rest: list[ast.stmt]) -> None:
        p.state.names[key(p.frame.loops[-1])] = TRUE

    return statement


_STATEMENTS: dict[type, Any] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Delete: _delete,
    ast.Pass: _pass,
    ast.Global: _nonlocal,
    ast.Nonlocal: _nonlocal,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.FunctionDef: _function,
    ast.Break: _jump(break_key),
    ast.Continue: _jump(continue_key),
    ast.Import: import_module,
    ast.ImportFrom: import_from,
    ast.With: with_statement,
    ast.Try: try_statement,
    ast.If: if_statement,
    ast.For: for_statement,
    ast.While: while_statement,
    ast.Match: match_statement,
}


def execute(p: Parser, node: ast.stmt, rest: list[ast.stmt]) -> Any:
    """Execute a statement; returns whether the rest of its block has been executed as well."""
    method = _STATEMENTS.get(type(node))
    if method is None:
        code, message, expected = _REFUSED.get(
            type(node),
            ("AD199", f"`{type(node).__name__}` is not understood", "assignments, branches, loops and calls"),
        )
        p.refuse(code, message, node, expected)
    return method(p, node, rest)
