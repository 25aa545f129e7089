"""Straight-line functions of numbers as JavaScript, so that a page can move the point.

In: the nodes of a chart. Out: for each node a function of the array `v` of values, and for each edge one that
gives its partial derivative, made from the same texts of the table that the derivative is made from. A
function with anything else in it than real numbers and known operations has no such form. Not for loops and
arrays: a page shows samples of those.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.nodes import Apply, Literal, Value, leaves
from ..ir.types import dtype_of, shape_of
from ..rules.facts import call_rule, facts_of
from ..rules.rule import HELPERS, resolve
from .graph import Chart, GraphNode
from .watching import Observed


@dataclass(frozen=True)
class Script:
    """JavaScript of the nodes by number, and of the edges by the numbers of their ends."""

    nodes: dict[int, str]
    edges: dict[tuple[int, int], str]


class _Untranslatable(Exception):
    """A text that says something that numbers in a browser do not have."""


def script_of(seen: Observed, drawn: Chart) -> Script | None:
    """The JavaScript of a function; None if it has none."""
    if drawn.loops or seen.summed or len(drawn.results) != 1:
        return None
    try:
        return _script(seen, drawn)
    except _Untranslatable:
        return None


def _script(seen: Observed, drawn: Chart) -> Script:
    nodes: dict[int, str] = {}
    edges: dict[tuple[int, int], str] = {}
    for node in drawn.nodes:
        if node.kind == "input":
            if shape_of(node.value.type) != () or (dtype_of(node.value.type) or "c")[0] == "c":
                raise _Untranslatable
            continue
        stmt = node.stmt
        if not isinstance(stmt, Apply) or len(stmt.outs) != 1:
            raise _Untranslatable
        names = _operands(seen, stmt)
        nodes[node.number] = javascript(stmt.primitive.template, names, stmt.primitive.namespace)
        _partials(seen, node, stmt, names, edges)
    return Script(nodes, edges)


def _partials(
    seen: Observed, node: GraphNode, stmt: Apply, names: Mapping[str, str], edges: dict[tuple[int, int], str]
) -> None:
    row, out = stmt.primitive, stmt.outs[0]
    facts: dict[str, Any] = {q.name: facts_of(a) for q, a in zip(row.params, stmt.args, strict=True)}
    facts["z"] = facts["z_bar"] = facts_of(out)
    for param, arg in zip(row.params, stmt.args, strict=True):
        rule = row.pullbacks.get(param.name)
        for k, leaf in enumerate(leaves(arg)):
            if not isinstance(leaf, Value) or rule is None:
                continue
            tree = ast.parse(call_rule(rule, {**facts, "k": k}).strip(), mode="eval").body
            here = {"z": f"v[{node.number}]", "z_bar": "1", "item": _operand(seen, leaf)}
            text = javascript(tree, {**names, **here}, row.namespace)
            key = (seen.numbers[leaf], node.number)
            edges[key] = f"{edges[key]} + {text}" if key in edges else text


def _operands(seen: Observed, stmt: Apply) -> dict[str, str]:
    """The operands by the names of the row; those of a star together, and each by its place."""
    names: dict[str, str] = {}
    for param, arg in zip(stmt.primitive.params, stmt.args, strict=True):
        if param.star and isinstance(arg, tuple):
            items = [_operand(seen, item) for item in arg]
            names |= {f"{param.name}[{k}]": item for k, item in enumerate(items)}
            names[param.name] = ", ".join(items)
        elif not (isinstance(arg, Literal) and arg.value is param.default):
            names[param.name] = _operand(seen, arg)
    return names


def _operand(seen: Observed, arg: Any) -> str:
    if isinstance(arg, Value) and shape_of(arg.type) == () and arg in seen.numbers:
        return f"v[{seen.numbers[arg]}]"
    if isinstance(arg, Literal) and isinstance(arg.value, (int, float, np.floating, np.integer)):
        return _number(arg.value)
    raise _Untranslatable


def _number(value: Any) -> str:
    number = float(value)
    if not math.isfinite(number):
        return "NaN" if number != number else "Infinity" if number > 0 else "(-Infinity)"
    return f"({number!r})" if math.copysign(1, number) < 0 else repr(number)


_UNARY = {ast.USub: "-", ast.UAdd: "+"}
_BINARY = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_TESTS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "===", ast.NotEq: "!=="}

# what a function of NumPy or of math is called in JavaScript; `lib` is defined by the page
_FUNCTIONS: dict[Any, str] = {
    **{getattr(np, n): f"Math.{n}" for n in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1",
                                             "log", "log1p", "log2", "log10", "sqrt", "cbrt", "floor",
                                             "ceil", "hypot", "sign")},
    **{getattr(np, f"arc{n}"): f"Math.a{n}" for n in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "tan2")},
    **{getattr(math, n): f"Math.{n}" for n in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1",
                                               "log1p", "log2", "log10", "sqrt", "asin", "acos", "atan",
                                               "asinh", "acosh", "atanh", "atan2", "hypot", "floor", "ceil")},
    math.log: "lib.log", math.pow: "lib.power", abs: "Math.abs", np.abs: "Math.abs", np.fabs: "Math.abs",
    math.fabs: "Math.abs", np.maximum: "Math.max", np.minimum: "Math.min", np.square: "lib.square",
    np.reciprocal: "lib.reciprocal", np.negative: "-", np.positive: "+", np.power: "lib.power",
    np.where: "lib.where", np.exp2: "lib.exp2", np.logaddexp: "lib.logaddexp", max: "Math.max",
    min: "Math.min", float: "+", np.float64: "+", np.real: "+", np.conj: "+",
    **{HELPERS[n]: f"lib.{n}" for n in ("inverse", "inverse_or_zero", "ratio", "sign", "log_or_zero",
                                        "power_less", "share")},
}  # fmt: skip


def javascript(node: ast.expr, names: Mapping[str, str], namespace: Mapping[str, Any]) -> str:
    """An expression of the table as one of JavaScript, its operands by what `names` calls them."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return _number(node.value)
    if isinstance(node, ast.Name) and node.id in names:
        return names[node.id]
    if isinstance(node, ast.Subscript) and ast.unparse(node) in names:
        return names[ast.unparse(node)]
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        return f"({_UNARY[type(node.op)]}{javascript(node.operand, names, namespace)})"
    if isinstance(node, ast.BinOp):
        return _binary(node, names, namespace)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _TESTS:
        left, right = (javascript(n, names, namespace) for n in (node.left, node.comparators[0]))
        return f"({left} {_TESTS[type(node.ops[0])]} {right})"
    if isinstance(node, ast.IfExp):
        test, body, orelse = (javascript(n, names, namespace) for n in (node.test, node.body, node.orelse))
        return f"({test} ? {body} : {orelse})"
    if isinstance(node, ast.Call):
        return _call(node, names, namespace)
    if isinstance(node, (ast.Attribute, ast.Name)):
        found = _resolved(node, namespace)
        if isinstance(found, (int, float)):
            return _number(found)
    raise _Untranslatable


def _binary(node: ast.BinOp, names: Mapping[str, str], namespace: Mapping[str, Any]) -> str:
    left, right = (javascript(n, names, namespace) for n in (node.left, node.right))
    if type(node.op) in _BINARY:
        return f"({left} {_BINARY[type(node.op)]} {right})"
    if isinstance(node.op, ast.Pow):
        return f"lib.power({left}, {right})"
    raise _Untranslatable


def _call(node: ast.Call, names: Mapping[str, str], namespace: Mapping[str, Any]) -> str:
    # what has its default is not written
    plain = (a.value if isinstance(a, ast.Starred) else a for a in node.args)
    given = [a for a in plain if not (isinstance(a, ast.Name) and a.id not in names)]
    function = _FUNCTIONS.get(_resolved(node.func, namespace))
    if function is None or any(k.arg in names for k in node.keywords):
        raise _Untranslatable
    args = ", ".join(javascript(a, names, namespace) for a in given)
    return f"{function}({args})"


def _resolved(node: ast.expr, namespace: Mapping[str, Any]) -> Any:
    try:
        found = resolve(node, namespace)
        hash(found)
    except (ValueError, AttributeError, KeyError, TypeError):
        raise _Untranslatable from None
    return found
