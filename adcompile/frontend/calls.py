"""What a call means: a primitive, a user function, a builtin, a class, or Python without a derivative.

In: an abstract callee and abstract arguments. Out: the abstract result. Primitives become statements
(`primitives`), user functions are inlined (`functions`), containers and classes are followed structurally,
and anything else is kept as an opaque call (`opaque`).
"""

from __future__ import annotations

import ast
import functools
import math
import operator
import types
from typing import Any

import numpy as np

from ..errors import AdcompileError
from ..ir.nodes import Literal, Value
from ..library import DEFINITIONS, definition_of
from ..live import is_plain_object
from ..rules.rule import FUNCTIONS
from ..transforms import TRANSFORMS
from .attributes import call_special, get_attribute
from .brackets import is_bracket
from .branches import branch
from .builtins import BUILTINS
from .cells import dict_items
from .classes import instantiate
from .containers import get_item
from .definitions import QUESTIONS, call_defined, call_definition, call_vectorized, is_definition
from .flat import FLAT_WRITERS
from .functions import awaited, call_closure, call_function
from .inputs import LIBRARIES
from .iterate import fixed_items
from .methods import call_array_method, call_container_method
from .nested import call_transformed, derivative_call, transform
from .opaque import call_unknown
from .optional import present, takes_none
from .parse import Parser
from .ufuncs import call_method, method_of
from .values import (
    ArrayMethod,
    BoundMethod,
    Bracket,
    Captured,
    Choice,
    Closure,
    ContainerMethod,
    PartialVal,
    Ref,
    Transformed,
    TupleVal,
)
from .writes import WRITERS, apply_with_out


def call_expression(p: Parser, node: ast.Call) -> Any:
    """A call as it is written."""
    if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args:
        return _super(p, node)
    if isinstance(node.func, ast.Name) and node.func.id == "super" and len(node.args) == 2:
        behind, receiver = (p.evaluate(a) for a in node.args)
        if isinstance(behind, Literal) and isinstance(behind.value, type):
            return Transformed("super", receiver, (("cls", behind.value),))
    function = p.evaluate(node.func)
    first = node.args[0] if len(node.args) == 1 and not node.keywords else None
    if isinstance(first, ast.GeneratorExp) and isinstance(function, Literal) and function.value in (any, all):
        return _first_that_decides(p, first, function.value is any)
    frame = p.frame
    args: list[Any] = []
    builtin = function.value if isinstance(function, Literal) else None
    at_once = not node.keywords and any(builtin is f for f in _AT_ONCE)
    for position, a in enumerate(node.args):
        if isinstance(a, ast.Starred):
            items = p.evaluate_iterated(a.value, at_once=True)
            count = awaited(function, node, len(args) + len(node.args) - 1 - position)
            error = TypeError(f"this call takes {count} positional arguments")
            args.extend(fixed_items(p, items, a, count, error))
        else:
            args.append(p.evaluate_iterated(a, at_once))
    keywords: dict[str, Any] = {}
    for k in node.keywords:
        if k.arg is None:
            keywords.update(dict_items(p, p.evaluate(k.value), k.value))
        else:
            keywords[k.arg] = p.evaluate_optional(k.value)
    # while the call is being executed, what comes after it is what its own function still reads
    outer, frame.at = frame.at, node
    try:
        return call(p, function, args, keywords, node)
    finally:
        frame.at = outer


# what asks for one item right after the other, and calls nothing in between
_AT_ONCE = (sum, min, max, list, tuple, sorted, math.prod, math.fsum, np.fromiter)


def _first_that_decides(p: Parser, node: ast.GeneratorExp, is_any: bool) -> Any:
    """`any` or `all` of a generator: a search that ends with the item that decides."""
    test: ast.expr = node.elt if is_any else ast.UnaryOp(ast.Not(), node.elt)
    body: list[ast.stmt] = [ast.If(test, [ast.Return(ast.Constant(is_any))], [])]
    for part in reversed(node.generators):
        for condition in reversed(part.ifs):
            body = [ast.If(condition, body, [])]
        # the first iterable is evaluated outside, where the targets do not hide its names
        source = ast.Name(".0", ast.Load()) if part is node.generators[0] else part.iter
        body = [ast.For(part.target, source, body, [])]
    outer = [w.target.id for w in ast.walk(node) if isinstance(w, ast.NamedExpr)]
    declared: list[ast.stmt] = [ast.Nonlocal(outer)] if outer else []
    function = ast.FunctionDef(
        "<genexpr>",
        ast.arguments([], [ast.arg(".0")], None, [], [], None, []),
        [*declared, *body, ast.Return(ast.Constant(not is_any))],
        [],
    )
    for n in ast.walk(function):
        if isinstance(n, (ast.expr, ast.stmt)) and not hasattr(n, "lineno"):
            ast.copy_location(n, node)
    first = p.evaluate(node.generators[0].iter)
    return call_closure(p, Closure(function, p.frame, (), (), "<genexpr>"), [first], {}, node)


def call(p: Parser, function: Any, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    """function(*args, **keywords) for any abstract callee."""
    if isinstance(function, Literal):
        return _call_object(p, function, args, keywords, node)
    if isinstance(function, Closure):
        return call_closure(p, function, args, keywords, node)
    if isinstance(function, BoundMethod):
        return call(p, function.function, [function.receiver, *args], keywords, node)
    if isinstance(function, Choice):
        first, second = function.then, function.orelse
        result = branch(
            p,
            function.test,
            lambda: call(p, first, args, dict(keywords), node),
            lambda: call(p, second, args, dict(keywords), node),
        )
        return p.usable(result, node, "the result of this call")
    if isinstance(function, PartialVal):
        merged = {**dict(function.keywords), **keywords}
        return call(p, function.function, [*function.args, *args], merged, node)
    if isinstance(function, ArrayMethod):
        return call_array_method(p, function, *_present(p, args, keywords, node), node)
    if isinstance(function, ContainerMethod):
        return call_container_method(p, function, args, keywords, node)
    if isinstance(function, Transformed):
        return call_transformed(p, function, *_present(p, args, keywords, node), node)
    if isinstance(function, Captured):
        return _call_captured(p, function, args, keywords, node)
    if isinstance(function, Ref):
        found = call_special(p, function, "__call__", args, node, keywords)
        if found is not None:
            return found
    if isinstance(function, Value):
        return call_unknown(p, function, args, keywords, node)
    p.raise_at(TypeError("this object is not callable"))


def _present(
    p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a call that can do nothing with None, or something else than with values."""
    places: Any = [*node.args, *(k.value for k in node.keywords)] if isinstance(node, ast.Call) else []
    if len(places) != len(args) + len(keywords):
        places = [node] * (len(args) + len(keywords))
    found = [present(p, v, at) for v, at in zip((*args, *keywords.values()), places, strict=True)]
    return found[: len(args)], dict(zip(keywords, found[len(args) :], strict=True))


def _call_object(
    p: Parser, function: Literal, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    obj = function.value
    if obj is np.where and len(args) == 1:
        obj = np.nonzero  # what np.where is with one argument
    hashable = getattr(type(obj), "__hash__", None) is not None
    if not (isinstance(obj, (types.FunctionType, types.MethodType, type)) or takes_none(obj)):
        args, keywords = _present(p, args, keywords, node)
    if hashable and obj in BUILTINS:
        return BUILTINS[obj](p, args, keywords, node)
    if hashable and obj in QUESTIONS:
        return QUESTIONS[obj](p, args, node)
    for writers in (WRITERS, FLAT_WRITERS):
        if hashable and obj in writers:
            return writers[obj](p, args, dict(keywords), node)
    definition = definition_of(DEFINITIONS.get(obj), keywords) if hashable else None
    if definition is not None:
        return call_defined(p, function, definition, args, keywords, node)
    if hashable and obj in FUNCTIONS:
        return apply_with_out(p, FUNCTIONS[obj], args, keywords, node, obj)
    if is_definition(obj):
        return call_definition(p, obj, args, keywords, node)
    method = method_of(obj)
    if method is not None:
        return call_method(p, *method, args, dict(keywords), node)
    name = TRANSFORMS.get(obj) if hashable else None
    if name is not None:
        return transform(p, name, args, keywords, node)
    if isinstance(obj, types.FunctionType):
        return _call_python(p, obj, args, keywords, node)
    if isinstance(obj, types.MethodType):
        return call(p, Literal(obj.__func__), [p.inputs.receiver(p, obj.__self__), *args], keywords, node)
    if isinstance(obj, (types.MethodDescriptorType, types.WrapperDescriptorType)) and args:
        return call(p, get_attribute(p, args[0], obj.__name__, node), args[1:], keywords, node)
    if isinstance(obj, type):
        return instantiate(p, obj, args, keywords, node)
    if isinstance(obj, operator.itemgetter) and len(args) == 1:
        found = [get_item(p, args[0], Literal(k), node) for k in obj.__reduce__()[1]]
        return found[0] if len(found) == 1 else TupleVal(tuple(found))
    made = derivative_call(p, obj, args, keywords, node)
    return call_unknown(p, function, args, keywords, node) if made is None else made


def _call_python(
    p: Parser, function: types.FunctionType, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    """Inline a Python function; one that cannot be followed is kept as a call without a derivative."""
    if (function.__module__ or "").split(".")[0] in LIBRARIES:
        return call_unknown(p, Literal(function), args, keywords, node)
    saved, statements = p.state.copy(), len(p.builder.statements)
    frame, depth = p.frame, len(p.stack)
    try:
        with p.attempt():
            return call_function(p, function, args, keywords, node)
    except AdcompileError as error:
        p.state, p.frame = saved, frame
        del p.builder.statements[statements:]
        del p.stack[depth:]
        try:
            return call_unknown(p, Literal(function), args, keywords, node, error)
        except AdcompileError:
            if is_bracket(function):
                return Bracket(function.__wrapped__, tuple(args), tuple(keywords.items()))  # type: ignore[attr-defined]
            raise error from None


def _call_captured(
    p: Parser, function: Captured, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    obj = function.value
    if isinstance(obj, functools.partial):
        bound = [
            p.inputs.captured(p, (*function.path, ("attr", "args"), ("item", k)), v, "arg")
            for k, v in enumerate(obj.args)
        ]
        named = {
            k: p.inputs.captured(p, (*function.path, ("attr", "keywords"), ("item", k)), v, k)
            for k, v in obj.keywords.items()
        }
        inner = p.inputs.captured(p, (*function.path, ("attr", "func")), obj.func, "func")
        return call(p, inner, [*bound, *args], {**named, **keywords}, node)
    if isinstance(obj, np.vectorize):
        return call_vectorized(p, function, obj, args, keywords, node)
    found = derivative_call(p, obj, args, keywords, node)
    if found is not None:
        return found
    if is_plain_object(obj):
        found = call_special(p, function, "__call__", args, node, keywords)
        if found is not None:
            return found
    wrapped = getattr(obj, "__wrapped__", None)
    if isinstance(wrapped, types.FunctionType):
        # functools.cache and its like: the same values, computed again
        return call(p, p.inputs.wrap_static(p, wrapped), args, keywords, node)
    return call_unknown(p, function, args, keywords, node)


def _super(p: Parser, node: ast.Call) -> Any:
    """super() inside a method: the receiver seen as an instance of the next class."""
    frame: Any = p.frame
    first = [a.arg for a in (*frame.node.args.posonlyargs, *frame.node.args.args)][:1]
    cell = frame.cells.get("__class__")
    if cell is None or not first:
        p.refuse("AD199", "`super()` outside a method", node, "a call of the parent class's method by name")
    receiver = p.state.names[frame.id, first[0]]
    return Transformed("super", receiver, (("cls", cell.cell_contents),))
