"""Expressions: from a syntax node to an abstract value.

In: an expression node and the parser. Out: an abstract value, with statements appended for what has to be
computed. One function per accepted node; every other node is refused by name. Not for what operators mean
(`operators`), nor for calls (`calls`) or items (`containers`).
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from typing import Any

from ..ir.nodes import Literal, Value
from ..rules.python import FORMAT
from ..rules.rule import operator_name
from .attributes import get_attribute
from .branches import branch, tested, truth
from .calls import call_expression
from .cells import cell_of, dict_items, static_key
from .comprehensions import comprehension
from .containers import get_item
from .functions import closure
from .growing import append, extend, joined
from .iterate import fixed_items
from .opaque import runtime_value
from .operators import binary, compare, unary
from .optional import present
from .parse import Parser
from .values import DictCell, GrownCell, GrownTuple, ListCell, SliceVal, TupleVal


def evaluate(p: Parser, node: ast.expr) -> Any:
    """The abstract value of an expression, which is None on every path or on none."""
    return present(p, evaluate_optional(p, node), node)


def evaluate_optional(p: Parser, node: ast.expr) -> Any:
    """The abstract value of an expression that may be None on some paths."""
    method = _EXPRESSIONS.get(type(node))
    if method is None:
        code, message, expected = _REFUSED.get(
            type(node),
            (
                "AD199",
                f"`{type(node).__name__}` is not understood",
                "arithmetic, calls, containers and indexing",
            ),
        )
        p.refuse(code, message, node, expected)
    return method(p, node)


_REFUSED: dict[type, tuple[str, str, str]] = {
    ast.Yield: ("AD101", "`yield` makes this function a generator",
                "a function that returns its result; collect the values in a list and return it"),
    ast.YieldFrom: ("AD101", "`yield from` makes this function a generator",
                    "a function that returns its result; collect the values in a list and return it"),
    ast.Await: ("AD102", "`await` suspends the function", "an ordinary function of the awaited data"),
    ast.Starred: ("AD199", "a starred expression is not understood here", "the items written out"),
}  # fmt: skip


def _constant(p: Parser, node: ast.Constant) -> Any:
    return Literal(node.value)


def _name(p: Parser, node: ast.Name) -> Any:
    return p.lookup(node.id, node)


def _binary(p: Parser, node: ast.BinOp) -> Any:
    left = evaluate(p, node.left)
    return binary(p, operator_name(node.op), left, evaluate(p, node.right), node)


def _unary(p: Parser, node: ast.UnaryOp) -> Any:
    op = operator_name(node.op)
    return tested(p, node) if op == "not" else unary(p, op, evaluate(p, node.operand), node)


def _boolean(p: Parser, node: ast.BoolOp) -> Any:
    """`and` / `or`, evaluated from left to right as far as needed."""
    is_and = isinstance(node.op, ast.And)

    def chain(values: list[ast.expr]) -> Any:
        value = evaluate_optional(p, values[0])
        if len(values) == 1:
            return value
        test = truth(p, value, values[0])
        if isinstance(test, Literal):
            return chain(values[1:]) if bool(test.value) is is_and else value
        rest: list[Any] = []

        def go_on() -> Any:
            rest.append(chain(values[1:]))
            return rest[0]

        result = branch(p, test, go_on, lambda: value) if is_and else branch(p, test, lambda: value, go_on)
        if isinstance(result, Value):
            # all operands of an `and` that holds do so, and none of an `or` that does not
            p.implied[result, is_and] = (test, *rest)
        return result

    return p.usable(chain(node.values), node, "the result")


def _generator(p: Parser, node: ast.GeneratorExp) -> Any:
    p.refuse("AD199", "a generator that is kept for later", node,
             "a list comprehension, or the generator as an argument of a call")  # fmt: skip


def _compare(p: Parser, node: ast.Compare) -> Any:
    """A chain `a < b < c` is `a < b and b < c` with b evaluated once."""

    def chain(left: Any, ops: list[ast.cmpop], rest: list[ast.expr]) -> Any:
        right = evaluate_optional(p, rest[0])
        first = compare(p, operator_name(ops[0]), left, right, node)
        if len(ops) == 1:
            return first
        test = truth(p, first, node)
        if isinstance(test, Literal):
            return chain(right, ops[1:], rest[1:]) if test.value else first
        return branch(p, test, lambda: chain(right, ops[1:], rest[1:]), lambda: first)

    return p.usable(chain(evaluate_optional(p, node.left), node.ops, node.comparators), node, "the result")


def _ternary(p: Parser, node: ast.IfExp) -> Any:
    test = tested(p, node.test)
    then, orelse = node.body, node.orelse
    result = branch(p, test, lambda: evaluate_optional(p, then), lambda: evaluate_optional(p, orelse))
    return p.usable(result, node, "the result of this expression")


def _walrus(p: Parser, node: ast.NamedExpr) -> Any:
    value = evaluate_optional(p, node.value)
    p.assign(node.target.id, value)
    return value


def _tuple(p: Parser, node: ast.Tuple) -> Any:
    """A tuple; one with `*items`, a list or tuple of run-time length, is of run-time length."""
    parts: list[Any] = []
    for e in node.elts:
        if not isinstance(e, ast.Starred):
            parts.append(ListCell((evaluate_optional(p, e),)))
            continue
        items = p.evaluate_iterated(e.value, at_once=True)
        cell = cell_of(p, items, e)
        parts.append(cell if isinstance(cell, GrownCell) else ListCell(tuple(fixed_items(p, items, e))))
    if not any(isinstance(part, GrownCell) for part in parts):
        return TupleVal(tuple(item for part in parts for item in part.items))
    return GrownTuple(functools.reduce(lambda a, b: joined(p, a, b, node), parts, GrownCell(None, ())))


def _list(p: Parser, node: ast.List) -> Any:
    """A list with its items one after the other, of which `*items` may be of run-time length."""
    made = p.new(ListCell(()))
    for e in node.elts:
        if not isinstance(e, ast.Starred):
            append(p, made, evaluate_optional(p, e), e)
            continue
        items = p.evaluate_iterated(e.value, at_once=True)
        cell = cell_of(p, items, e)
        if isinstance(cell, GrownCell):
            p.change(made, joined(p, p.cell(made), cell, e))
        else:
            extend(p, made, items, e)
    return made


def _dict(p: Parser, node: ast.Dict) -> Any:
    entries: dict[Any, Any] = {}
    for k, v in zip(node.keys, node.values, strict=True):
        if k is None:
            entries.update(dict_items(p, evaluate(p, v), v))
        else:
            key = static_key(p, evaluate(p, k), k)
            entries[key] = evaluate_optional(p, v)
    return p.new(DictCell(tuple(entries), tuple(entries.values())))


def _set(p: Parser, node: ast.Set) -> Any:
    items = [evaluate(p, e) for e in node.elts]
    if all(isinstance(i, Literal) for i in items):
        return Literal(frozenset(i.value for i in items))
    p.refuse("AD199", "a set of values that are not constants", node, "a tuple or a list")


def _attribute(p: Parser, node: ast.Attribute) -> Any:
    return p.usable(get_attribute(p, evaluate(p, node.value), node.attr, node), node, f"`.{node.attr}`")


def _subscript(p: Parser, node: ast.Subscript) -> Any:
    value = evaluate(p, node.value)
    return p.usable(get_item(p, value, evaluate(p, node.slice), node), node, "this item")


def _slice(p: Parser, node: ast.Slice) -> Any:
    parts = [Literal(None) if n is None else evaluate(p, n) for n in (node.lower, node.upper, node.step)]
    return SliceVal(*parts)


def _call(p: Parser, node: ast.Call) -> Any:
    return p.usable(call_expression(p, node), node, "the result of this call")


def _lambda(p: Parser, node: ast.Lambda) -> Any:
    return closure(p, node, "<lambda>")


def _format(p: Parser, node: ast.JoinedStr) -> Any:
    """An f-string: text for the reader, computed where the program computes it."""
    parts: list[Any] = []
    static = True
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(Literal(part.value))
            continue
        assert isinstance(part, ast.FormattedValue)
        value = evaluate_optional(p, part.value)
        spec = _format(p, part.format_spec) if isinstance(part.format_spec, ast.JoinedStr) else Literal("")
        conversion = Literal(chr(part.conversion) if part.conversion > 0 else "")
        value = runtime_value(p, value, part)
        static &= isinstance(value, Literal) and isinstance(spec, Literal)
        parts.append((value, conversion, spec))
    if static:
        return Literal("".join(_formatted(part) for part in parts))
    return p.builder.apply(FORMAT, tuple(parts))


def _formatted(part: Any) -> str:
    if isinstance(part, Literal):
        return str(part.value)
    value, conversion, spec = part
    convert: dict[str, Callable[[Any], Any]] = {"r": repr, "s": str, "a": ascii, "": lambda x: x}
    return format(convert[conversion.value](value.value), spec.value)


_EXPRESSIONS: dict[type, Any] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.IfExp: _ternary,
    ast.NamedExpr: _walrus,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Dict: _dict,
    ast.Set: _set,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.Call: _call,
    ast.Lambda: _lambda,
    ast.ListComp: comprehension,
    ast.SetComp: comprehension,
    ast.DictComp: comprehension,
    ast.GeneratorExp: _generator,
    ast.JoinedStr: _format,
}
