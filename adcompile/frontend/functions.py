"""Calls of user functions: binding arguments, inlining, recursion.

In: a function (a Python object or one defined in the parsed code) and abstract arguments. Out: the abstract
result. A body is inlined, with names of its own; a function that is already being inlined becomes a
`Function` of the graph that calls itself. Not for functions with a rule (`primitives`).
"""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator
from typing import Any

from ..errors import AdcompileError, UnsupportedSyntax
from ..ir.nodes import Block, Call, Function, Literal, Value, all_statements, clone_stmt, free_values, map_arg
from ..ir.types import Type, forget_sizes, is_numeric, join
from .branches import branch
from .merge import describe, leaves_of, parts_of, rebuild
from .names import bound_names, declared_names
from .parse import DeadPath, Frame, Parser, Restart
from .source import Source, get_source
from .values import (
    DEAD,
    FALSE,
    NONE,
    UNDEF,
    Captured,
    Closure,
    DictCell,
    Ref,
    State,
    TupleVal,
    Undef,
    is_atom,
    result_key,
    return_key,
)

_DEEPEST = 200


def closure(p: Parser, node: ast.FunctionDef | ast.Lambda, name: str) -> Closure:
    """The value of a nested `def` or lambda; defaults are evaluated now, names late."""
    defaults = tuple(p.evaluate(d) for d in node.args.defaults)
    kw_defaults = tuple(UNDEF if d is None else p.evaluate(d) for d in node.args.kw_defaults)
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
    defaults = _defaults(p, function)
    kw_defaults = _keyword_defaults(p, function, source)
    bound = bind(p, source.node.args, function.__name__, args, keywords, defaults, kw_defaults, node)
    # by identity: code objects of two files are equal if their texts are
    environment = (function.__globals__, *(function.__closure__ or ()))
    key = (id(function.__code__), tuple(map(id, environment)))
    return _enter(p, frame, bound, key, function.__name__, node)


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
    active = [entry for entry in p.stack if entry[0] == key]
    pattern = _pattern(p, bound)
    identity = (key, pattern)
    if identity in p.recursive:
        return _call_recursive(p, identity, bound, node)
    if any(entry[1] == pattern for entry in active):
        raise _Recursion(identity)
    if len(p.stack) > _DEEPEST:
        p.no_derivative("AD209", f"`{name}` is called more than {_DEEPEST} calls deep", node,
                        "a recursion whose arguments are numbers or arrays, or a loop")  # fmt: skip
    saved, statements = p.state.copy(), len(p.builder.statements)
    p.stack.append((key, pattern))
    try:
        return inline(p, frame, bound)
    except _Recursion as found:
        if found.identity != identity:
            raise
        p.state = saved
        del p.builder.statements[statements:]
    finally:
        p.stack.pop()
    _build_recursive(p, frame, bound, identity, name, node)
    return _call_recursive(p, identity, bound, node)


class _Recursion(Restart):
    """A function calls itself with arguments of the same structure."""

    def __init__(self, identity: Any) -> None:
        super().__init__("recursion")
        self.identity = identity


def inline(p: Parser, frame: Frame, bound: dict[str, Any]) -> Any:
    """Execute a function body in its frame; returns its result."""
    names = {(frame.id, k): v for k, v in bound.items()}
    p.state.names.update(names)
    node = frame.node
    _refuse_unfit(p, frame, node)
    with p.in_frame(frame):
        if isinstance(node, ast.Lambda):
            with p.builder.at(frame.source.loc(node.body)):
                result = p.evaluate(node.body)
        else:
            p.run(node.body)
            if DEAD in p.state.names:
                del p.state.names[DEAD]
                raise DeadPath
            result = _result(p, frame, node)
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    has_functions = any(isinstance(n, (ast.FunctionDef, ast.Lambda)) for s in body for n in ast.walk(s))
    for k in [
        k for k in p.state.names if isinstance(k, tuple) and k[-1] == frame.id and str(k[0]).startswith("%")
    ]:
        del p.state.names[k]
    if not has_functions:
        for k in [k for k in p.state.names if isinstance(k, tuple) and k[0] == frame.id]:
            del p.state.names[k]
    return result


def _refuse_unfit(p: Parser, frame: Frame, node: Any) -> None:
    """Refuse coroutines and generators, also where what makes them so is never reached."""
    errors: list[AdcompileError] = []
    if isinstance(node, ast.AsyncFunctionDef):
        message, way_out = "`async def` makes a coroutine", "an ordinary function of the awaited data"
        errors.append(UnsupportedSyntax("AD102", message, frame.source.loc(node), way_out))
    else:
        message = "`yield` makes this function a generator"
        way_out = "a function that returns its result; collect the values in a list and return it"
        errors += [UnsupportedSyntax("AD101", message, frame.source.loc(n), way_out) for n in _yields(node)]
    if errors:
        p.reject(frame, errors)


def _yields(function: ast.FunctionDef | ast.Lambda) -> Iterator[ast.AST]:
    """The `yield`s of a function itself, not of those in it."""
    stack: list[Any] = list(function.body) if isinstance(function, ast.FunctionDef) else [function.body]
    while stack:
        n = stack.pop()
        if isinstance(n, (ast.Yield, ast.YieldFrom)):
            yield n
        if not isinstance(n, (ast.FunctionDef, ast.Lambda, ast.AsyncFunctionDef)):
            stack.extend(ast.iter_child_nodes(n))


def _result(p: Parser, frame: Frame, node: ast.AST) -> Any:
    returned = p.state.names.get(return_key(frame.id), FALSE)
    result = p.state.names.get(result_key(frame.id), UNDEF)
    if returned is FALSE or (isinstance(returned, Literal) and not returned.value):
        return NONE
    if isinstance(returned, Literal):
        return p.usable(result, node, "the result of this function")
    # some path falls off the end of the function and returns None there
    if isinstance(result, Literal) and result.value is None:
        return NONE

    def fell_through() -> None:
        p.raise_at(TypeError(f"{frame.source.qualname} returned None where a derivative needs a number"))

    branch(p, p.builder.negate(returned), fell_through, lambda: None)
    return p.usable(result, node, "the result of this function")


# -- recursion -----------------------------------------------------------------------------------------------


def _pattern(p: Parser, bound: dict[str, Any]) -> Any:
    """What must agree for two calls to be the same function of the graph."""
    return tuple((k, _shape_of(p, v)) for k, v in bound.items())


def _shape_of(p: Parser, value: Any) -> Any:
    if isinstance(value, Literal):
        return (
            ("number",)
            if is_numeric(value.type) and not isinstance(value.value, bool)
            else (id(value.value), repr(value.value)[:40])
        )
    if isinstance(value, Value):
        return ("number",)
    if isinstance(value, Ref):
        return ("cell", _shape_of(p, p.state.heap[value.id]))
    if isinstance(value, Captured):
        return id(value.value)
    parts = parts_of(value)
    keys = getattr(value, "keys", ())
    return (type(value), keys, tuple(_shape_of(p, x) for x in parts)) if parts else (type(value), id(value))


def deep_leaves(state: State, value: Any) -> list[Any]:
    """All atoms of a value, through the containers in it."""
    if is_atom(value):
        return [value]
    if isinstance(value, Ref):
        return deep_leaves(state, state.heap[value.id])
    return [leaf for part in parts_of(value) for leaf in deep_leaves(state, part)]


def _is_argument(leaf: Any) -> bool:
    return isinstance(leaf, Value) or (is_numeric(leaf.type) and not isinstance(leaf.value, bool))


def _with_deep_leaves(state: State, value: Any, leaves: Any) -> Any:
    if is_atom(value):
        leaf = next(leaves)
        return leaf
    if isinstance(value, Ref):
        return state.new(_with_deep_leaves(state, state.heap[value.id], leaves))
    return rebuild(value, tuple(_with_deep_leaves(state, x, leaves) for x in parts_of(value)))


class _Recursive:
    """A recursive function while it is built: its graph, and what is known of its result so far."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.result: Any = None
        self.types: list[Type] = []
        self.extras: tuple[Value, ...] = ()


def _build_recursive(
    p: Parser, frame: Frame, bound: dict[str, Any], identity: Any, name: str, node: ast.AST
) -> None:
    """Build the body until the types of the results that it assumes are those that it has."""
    record = p.recursive[identity] = _Recursive(Function(name, None, frame.source.loc(frame.node)))
    leaves = [leaf for v in bound.values() for leaf in deep_leaves(p.state, v)]
    types = [forget_sizes(leaf.type) for leaf in leaves]
    outer = p.state
    for _ in range(10):
        params = [Value(t, leaf.hint if isinstance(leaf, Value) else "", True) if _is_argument(leaf) else leaf
                  for t, leaf in zip(types, leaves, strict=True)]  # fmt: skip
        p.state = outer.copy()
        supply = iter(params)
        inner = {k: _with_deep_leaves(p.state, v, supply) for k, v in bound.items()}
        for (key, value), fresh in zip(bound.items(), inner.values(), strict=True):
            if isinstance(value, Value) and isinstance(fresh, Value):
                fresh.hint = key
        heap = dict(p.state.heap)
        fresh_frame = Frame(frame.source, frame.locals, frame.parent, frame.globals, frame.cells, frame.node)
        with p.builder.block() as statements:
            p.stack.append((identity[0], None))
            try:
                result = inline(p, fresh_frame, inner)
                found = [p.memory.current(x) for x in deep_leaves(p.state, result)]
            finally:
                p.stack.pop()
        if any(p.state.heap.get(k) is not c for k, c in heap.items()):
            p.no_derivative("AD206", f"`{name}` is recursive and changes a container that it was given", node,
                            "a recursive function that returns what it computes")  # fmt: skip
        given = [k for k in p.state.memory if _is_given(k, params)]
        if any(p.state.memory[k] is not outer.memory.get(k) for k in given):
            what = f"`{name}` is recursive and writes into an array that it was given"
            p.no_derivative("AD206", what, node,
                            "a recursive function that returns what it computes")  # fmt: skip
        if any(isinstance(x, Ref) for x in leaves_of(result)) or not _immutable(result):
            p.no_derivative("AD208", f"`{name}` is recursive and returns {describe(result)}", node,
                            "a number, an array or a tuple of them")  # fmt: skip
        new_types = [forget_sizes(x.type) for x in found]
        known = record.types
        if record.result is not None:
            new_types = [join(a, b) or a for a, b in zip(new_types, known, strict=True)]
        settled = record.result is not None and new_types == known
        record.result, record.types = result, new_types
        if settled:
            break
    p.state = outer
    _close(record, [x for x in params if isinstance(x, Value)], statements, found)


def _is_given(array: Value, params: list[Any]) -> bool:
    """Whether an array is older than a call of a recursive function, or one of its parameters."""
    oldest = min((q.serial for q in params if isinstance(q, Value)), default=0)
    return array in params or array.serial < oldest


def _immutable(value: Any) -> bool:
    return is_atom(value) or (isinstance(value, TupleVal) and all(map(_immutable, value.items)))


def _close(record: _Recursive, params: list[Value], statements: list[Any], yields: list[Any]) -> None:
    """Make the body a closed block: values from outside become parameters that inner calls hand on."""
    block = Block(tuple(params), statements, tuple(yields))
    extras = tuple(free_values(block))
    mapping = {v: Value(v.type, v.hint, v.named) for v in extras}
    record.extras = extras
    calls = [s for s in all_statements(block) if isinstance(s, Call) and s.function is record.function]
    for call in calls:
        call.args = (*call.args, *extras)
    images: dict[Value, Any] = dict(mapping)
    cloned = [clone_stmt(s, images) for s in statements]
    results = tuple(map_arg(y, images) for y in yields)
    for result in results:
        if isinstance(result, Value) and not result.named:
            result.hint, result.named = "out", True
    record.function.body = Block((*params, *mapping.values()), cloned, results)


def _call_recursive(p: Parser, identity: Any, bound: dict[str, Any], node: ast.AST) -> Any:
    record = p.recursive[identity]
    if record.result is None:
        # first pass: this path waits for the result that the others determine
        raise DeadPath
    leaves = [leaf for v in bound.values() for leaf in deep_leaves(p.state, v) if _is_argument(leaf)]
    args = [p.memory.current(leaf) for leaf in leaves]
    outs = tuple(Value(t, "") for t in record.types)
    p.results.update(outs)
    p.builder.statements.append(Call(outs, record.function, (*args, *record.extras), p.builder.loc))
    return _replace_atoms(record.result, iter(outs))


def _replace_atoms(pattern: Any, atoms: Any) -> Any:
    if is_atom(pattern):
        return next(atoms)
    return rebuild(pattern, tuple(_replace_atoms(x, atoms) for x in parts_of(pattern)))
