"""Calls of user functions: binding arguments, inlining.

In: a function (a Python object or one defined in the parsed code) and abstract arguments. Out: the abstract
result. A body is inlined, with names of its own. Not for functions with a rule (`primitives`), nor for those
that call themselves (`recursion`).
"""

from __future__ import annotations

import ast
import inspect
import types
from functools import partial
from typing import Any

from ..errors import AdcompileError, UnsupportedSyntax
from ..ir.nodes import Literal
from .branches import branch
from .generators import generator, is_generator, refused_yields, yields
from .names import bound_names, declared_names
from .parse import DeadPath, Frame, Parser
from .recursion import Callee, enter
from .source import Source, get_source
from .values import (
    DEAD,
    FALSE,
    NONE,
    TRUE,
    UNDEF,
    BoundMethod,
    Closure,
    DictCell,
    Maybe,
    TupleVal,
    Undef,
    as_maybe,
    result_key,
    return_key,
)

_DEEPEST = 200


def closure(p: Parser, node: ast.FunctionDef | ast.Lambda, name: str) -> Closure:
    """The value of a nested `def` or lambda; defaults are evaluated now, names late."""
    defaults = tuple(p.evaluate_optional(d) for d in node.args.defaults)
    kw_defaults = tuple(UNDEF if d is None else p.evaluate_optional(d) for d in node.args.kw_defaults)
    return Closure(node, p.frame, defaults, kw_defaults, name)


def call_closure(
    p: Parser, function: Closure, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    """A call of a function defined in the parsed code."""
    outer = function.frame
    frame = Frame(outer.source, bound_names(function.node), outer, outer.globals, outer.cells, function.node)
    frame.declared_global = frozenset(
        n for n in declared_names(function.node) if not _enclosing_local(outer, n)
    )
    bound = bind(
        p, function.node.args, function.name, args, keywords, function.defaults, function.kw_defaults, node
    )
    return _enter(p, frame, bound, (function.node, outer.id), function.name, node)


def call_function(
    p: Parser, function: types.FunctionType, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    """A call of a Python function object."""
    source = get_source(function)
    p.inputs.guard_function(function)
    frame = function_frame(function, source)
    bound = bound_call(p, function, source, args, keywords, node)
    # by identity: code objects of two files are equal if their texts are
    environment = (function.__globals__, *(function.__closure__ or ()))
    key = (id(function.__code__), tuple(map(id, environment)))
    return _enter(p, frame, bound, key, function.__name__, node)


def bound_call(
    p: Parser, function: types.FunctionType, source: Source, args: list[Any], keywords: dict[str, Any],
    node: ast.AST,
) -> dict[str, Any]:  # fmt: skip
    """What the parameters of a Python function hold in a call."""
    defaults = _defaults(p, function)
    kw_defaults = _keyword_defaults(p, function, source)
    return bind(p, source.node.args, function.__name__, args, keywords, defaults, kw_defaults, node)


def _enclosing_local(frame: Frame | None, name: str) -> bool:
    """Whether an enclosing function of the parsed code binds a name: then `nonlocal` reaches it."""
    while frame is not None:
        if name in frame.locals:
            return True
        frame = frame.parent
    return False


def function_frame(function: types.FunctionType, source: Source) -> Frame:
    """The variables of a Python function: its own names, its globals and its closure."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    node: Any = source.node
    frame = Frame(source, bound_names(node), None, function.__globals__, cells, node)
    frame.declared_global = frozenset(declared_names(node))
    return frame


def _defaults(p: Parser, function: types.FunctionType) -> tuple[Any, ...]:
    found = function.__defaults__ or ()
    return tuple(_default(p, function, ("default", k), v) for k, v in enumerate(found))


def _keyword_defaults(p: Parser, function: types.FunctionType, source: Source) -> tuple[Any, ...]:
    found = function.__kwdefaults__ or {}
    names = [a.arg for a in source.node.args.kwonlyargs]
    return tuple(_default(p, function, ("kwdefault", n), found[n]) if n in found else UNDEF for n in names)


def _default(p: Parser, function: types.FunctionType, part: tuple[str, Any], value: Any) -> Any:
    """A default value: the function object guards it, so a number is a constant."""
    if isinstance(value, (bool, int, float, complex, str, type(None))):
        return Literal(value)
    return p.inputs.captured(p, (("const", function), part), value, "default")


def awaited(function: Any, node: ast.Call, others: int) -> int | None:
    """How many items `*items` must have in a call that has so many others by position, if that is known."""
    names = _positional(function)
    starred = [a for a in node.args if isinstance(a, ast.Starred)]
    if names is None or len(starred) > 1 or any(k.arg is None for k in node.keywords):
        return None
    return max(len(names) - sum(k.arg in names for k in node.keywords) - others, 0)


def _positional(function: Any) -> list[str] | None:
    """The names of positional parameters, if all have to be given and there are no others."""
    if isinstance(function, BoundMethod):
        names = _positional(function.function)
        return names and names[1:]
    if isinstance(function, Closure):
        spec = function.node.args
        return None if spec.vararg or function.defaults else [a.arg for a in (*spec.posonlyargs, *spec.args)]
    python = function.value if isinstance(function, Literal) else None
    if not isinstance(python, types.FunctionType) or python.__defaults__:
        return None
    code = python.__code__
    return None if code.co_flags & inspect.CO_VARARGS else list(code.co_varnames[: code.co_argcount])


def bind(
    p: Parser, spec: ast.arguments, name: str, args: list[Any], keywords: dict[str, Any],
    defaults: tuple[Any, ...], kw_defaults: tuple[Any, ...], node: ast.AST,
) -> dict[str, Any]:  # fmt: skip
    """Bind arguments to parameters as Python does, with Python's errors."""
    positional = [a.arg for a in (*spec.posonlyargs, *spec.args)]
    by_position_only = {a.arg for a in spec.posonlyargs}
    bound = dict(zip(positional, args, strict=False))
    extra = args[len(positional) :]
    if extra and spec.vararg is None:
        p.raise_at(
            TypeError(f"{name}() takes {len(positional)} positional arguments but {len(args)} were given")
        )
    rest: dict[str, Any] = {}
    keyword_only = [a.arg for a in spec.kwonlyargs]
    for key, value in keywords.items():
        if key in bound and key not in by_position_only:
            p.raise_at(TypeError(f"{name}() got multiple values for argument '{key}'"))
        if (key in positional and key not in by_position_only) or key in keyword_only:
            bound[key] = value
        elif spec.kwarg is not None:
            rest[key] = value
        else:
            p.raise_at(TypeError(f"{name}() got an unexpected keyword argument '{key}'"))
    for key, value in zip(positional[::-1], defaults[::-1], strict=False):
        bound.setdefault(key, value)
    for key, value in zip(keyword_only, kw_defaults, strict=True):
        if not isinstance(value, Undef):
            bound.setdefault(key, value)
    missing = [k for k in (*positional, *keyword_only) if k not in bound]
    if missing:
        listed = " and ".join(f"'{m}'" for m in missing)
        p.raise_at(
            TypeError(
                f"{name}() missing {len(missing)} required argument{'s' * (len(missing) > 1)}: {listed}"
            )
        )
    if spec.vararg is not None:
        bound[spec.vararg.arg] = TupleVal(tuple(extra))
    if spec.kwarg is not None:
        bound[spec.kwarg.arg] = p.new(DictCell(tuple(rest), tuple(rest.values())))
    return bound


def _enter(p: Parser, frame: Frame, bound: dict[str, Any], key: Any, name: str, node: ast.AST) -> Any:
    """Inline the body, or call the function if it is being inlined already."""
    if is_generator(frame.node):
        return generator(p, frame, bound, key, name, node)
    if len(p.stack) > _DEEPEST:
        p.no_derivative("AD209", f"`{name}` is called more than {_DEEPEST} calls deep", node,
                        "a recursion whose arguments are numbers or arrays, or a loop")  # fmt: skip
    return enter(p, Callee(frame, key, name, partial(inline, p)), bound, node)


def inline(p: Parser, frame: Frame, bound: dict[str, Any]) -> Any:
    """Execute a function body in its frame; returns its result."""
    names = {(frame.id, k): v for k, v in bound.items()}
    p.state.names.update(names)
    node = frame.node
    _refuse_unfit(p, frame, node)
    with p.in_frame(frame):
        if isinstance(node, ast.Lambda):
            with p.builder.at(frame.source.loc(node.body)):
                result = p.evaluate_optional(node.body)
        else:
            p.run(node.body)
            if DEAD in p.state.names:
                del p.state.names[DEAD]
                raise DeadPath
            result = _result(p, frame, node)
    p.forget(frame)
    return result


def _refuse_unfit(p: Parser, frame: Frame, node: Any) -> None:
    """Refuse coroutines and generators, also where what makes them so is never reached."""
    errors: list[AdcompileError] = []
    if isinstance(node, ast.AsyncFunctionDef):
        message, way_out = "`async def` makes a coroutine", "an ordinary function of the awaited data"
        errors.append(UnsupportedSyntax("AD102", message, frame.source.loc(node), way_out))
    else:
        errors += refused_yields(frame, (n for n, fits in yields(node) if not fits))
    if errors:
        p.reject(frame, errors)


def _result(p: Parser, frame: Frame, node: ast.AST) -> Any:
    returned = p.state.names.get(return_key(frame.id), FALSE)
    result = p.state.names.get(result_key(frame.id), UNDEF)
    if returned is FALSE or (isinstance(returned, Literal) and not returned.value):
        return NONE
    if isinstance(returned, Literal):
        return p.usable(result, node, "the result of this function")
    # some path falls off the end of the function and returns None there
    result = as_maybe(p.usable(result, node, "the result of this function"))
    if result.nothing is TRUE:
        return NONE
    nothing = p.builder.negate(returned)
    if result.nothing is not FALSE:
        nothing = branch(p, returned, lambda: result.nothing, lambda: TRUE)
    return p.settled(Maybe(nothing, result.value))
