"""Writing a rule's text into the graph.

In: an expression text and the atoms that its names stand for. Out: the statements that compute it, appended
to a builder. The texts are Python expressions over the primitives of the table, so whatever a derivative
computes can be differentiated again. Not for user code: that is the frontend's, which accepts far more.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Mapping
from typing import Any

from ..ir.build import Builder
from ..ir.nodes import Apply, Block, If, Items, Literal, Slice, Value
from ..ir.types import UNKNOWN, ListOf, join
from . import rule as table
from .facts import facts_of
from .typing import typ

Env = Mapping[str, Any]
# the key of an environment that holds the namespace of the row whose text is written;
# no operand is spelt like this
NAMES = "%names"
Step = Callable[[Builder, Env], Any]


def expand(builder: Builder, text: str, env: Env) -> Any:
    """Append the statements of `text` and return the resulting atom."""
    return _compile_text(text)(builder, env)


@functools.lru_cache(maxsize=8192)
def _compile_text(text: str) -> Step:
    return _compile(table.parse_expression(text))


def _compile(node: ast.expr) -> Step:
    method = _COMPILERS.get(type(node))
    if method is None:
        raise ValueError(f"a rule text cannot say {ast.unparse(node)}")
    return method(node)


def _names(env: Env) -> Mapping[str, Any]:
    found: Mapping[str, Any] = env.get(NAMES, table.NAMESPACE)
    return found


def _constant(node: ast.Constant) -> Step:
    literal = Literal(node.value)
    return lambda builder, env: literal


def _name(node: ast.Name) -> Step:
    name = node.id

    def step(builder: Builder, env: Env) -> Any:
        if name in env:
            return env[name]
        return Literal(table.resolve(node, _names(env)), name)

    return step


def _unary(node: ast.UnaryOp) -> Step:
    operand, key = _compile(node.operand), table.operator_name(node.op)
    return lambda builder, env: builder.apply(table.OPERATORS[key], operand(builder, env))


def _binary(node: ast.BinOp) -> Step:
    left, right, key = _compile(node.left), _compile(node.right), table.operator_name(node.op)

    def step(builder: Builder, env: Env) -> Any:
        x = left(builder, env)
        return builder.apply(table.OPERATORS[key], x, right(builder, env))

    return step


def _compare(node: ast.Compare) -> Step:
    left, right, key = _compile(node.left), _compile(node.comparators[0]), table.operator_name(node.ops[0])
    return lambda builder, env: builder.apply(table.OPERATORS[key], left(builder, env), right(builder, env))


def _conditional(node: ast.IfExp) -> Step:
    test, body, orelse = _compile(node.test), _compile(node.body), _compile(node.orelse)

    def step(builder: Builder, env: Env) -> Any:
        condition = test(builder, env)
        if isinstance(condition, Literal):
            return (body if condition.value else orelse)(builder, env)
        with builder.block() as then:
            x = body(builder, env)
        with builder.block() as otherwise:
            y = orelse(builder, env)
        out = Value(join(typ(x), typ(y)) or UNKNOWN)
        blocks = Block((), then, (x,)), Block((), otherwise, (y,))
        builder.statements.append(If((out,), condition, *blocks, builder.loc, builder.adjoint))
        return out

    return step


def _attribute(node: ast.Attribute) -> Step:
    root: ast.expr = node
    while isinstance(root, ast.Attribute):
        root = root.value
    if isinstance(root, ast.Name) and root.id in table.NAMESPACE:
        literal = Literal(table.resolve(node, table.NAMESPACE), ast.unparse(node))
        return lambda builder, env: literal
    value, name = _compile(node.value), node.attr

    def step(builder: Builder, env: Env) -> Any:
        if isinstance(root, ast.Name) and root.id not in env and root.id in _names(env):
            return Literal(table.resolve(node, _names(env)))
        return builder.apply(table.ATTRIBUTES[name], value(builder, env))

    return step


def _subscript(node: ast.Subscript) -> Step:
    value, index = _compile(node.value), _compile(node.slice)

    def step(builder: Builder, env: Env) -> Any:
        x, i = value(builder, env), index(builder, env)
        is_part = isinstance(i, Slice) and isinstance(x.type, ListOf)
        row = table.FUNCTIONS[table.HELPERS["list_slice"]] if is_part else table.OPERATORS["[]"]
        return builder.apply(row, x, i)

    return step


def _slice(node: ast.Slice) -> Step:
    parts = [
        _constant(ast.Constant(None)) if n is None else _compile(n)
        for n in (node.lower, node.upper, node.step)
    ]
    return lambda builder, env: Slice(*(p(builder, env) for p in parts))


def _tuple(node: ast.Tuple) -> Step:
    items = [_compile(n) for n in node.elts]
    return lambda builder, env: tuple(i(builder, env) for i in items)


def _list(node: ast.List) -> Step:
    items = [_compile(n) for n in node.elts]
    return lambda builder, env: Items(tuple(i(builder, env) for i in items))


def _call(node: ast.Call) -> Step:
    args = [_compile(a.value if isinstance(a, ast.Starred) else a) for a in node.args]
    keywords = {str(k.arg): _compile(k.value) for k in node.keywords}
    if isinstance(node.func, ast.Attribute) and not table._is_function_path(node.func):
        # a method of an operand: `x.astype(dtype)`
        args.insert(0, _compile(node.func.value))
        name = node.func.attr
        return lambda builder, env: _apply(builder, env, table.METHODS[name], args, keywords)
    func = node.func

    def step(builder: Builder, env: Env) -> Any:
        if isinstance(func, ast.Name) and func.id in env:
            primitive = env[func.id]
        else:
            primitive = table.FUNCTIONS[table.resolve(func, _names(env))]
        return _apply(builder, env, primitive, args, keywords)

    return step


def _apply(
    builder: Builder, env: Env, primitive: table.Primitive, args: list[Step], keywords: dict[str, Step]
) -> Any:
    values: list[Any] = []
    given = [a(builder, env) for a in args]
    named = {k: v(builder, env) for k, v in keywords.items()}
    for k, param in enumerate(primitive.params):
        if param.star:
            rest = given[k:]
            values.append(rest[0] if len(rest) == 1 and isinstance(rest[0], tuple) else tuple(rest))
            given = given[:k]
        elif k < len(given):
            values.append(given[k])
        elif param.name in named:
            values.append(named[param.name])
        else:
            values.append(Literal(param.default))
    return builder.apply(primitive, *values)


_COMPILERS: dict[type, Callable[[Any], Step]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Call: _call,
}


def rule_environment(stmt: Apply) -> dict[str, Any]:
    """What the names in a row's texts stand for at one statement."""
    env: dict[str, Any] = {p.name: a for p, a in zip(stmt.primitive.params, stmt.args, strict=True)}
    env["z"] = stmt.outs[0]
    env[NAMES] = stmt.primitive.namespace
    return env


def rule_facts(stmt: Apply) -> dict[str, Any]:
    """What a rule that is a function may ask for at one statement."""
    facts = {p.name: facts_of(a) for p, a in zip(stmt.primitive.params, stmt.args, strict=True)}
    facts["z"] = facts_of(stmt.outs[0])
    return facts
