"""Expressions: from a syntax node to an abstract value.

In: an expression node and the parser. Out: an abstract value, with statements appended for what has to be
computed. One function per accepted node; every other node is refused by name. Not for calls (`calls`) or
containers (`containers`).
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from ..ir.nodes import Literal, Value
from ..ir.types import OPAQUE, UNKNOWN, ListOf, Scalar, ShapeOf, is_numeric
from ..rules.rule import OPERATORS, operator_name
from .parse import Parser
from .primitives import as_operand
from .values import FALSE, TRUE, DictCell, ListCell, Ref, SliceVal, TupleVal, is_atom


def evaluate(p: Parser, node: ast.expr) -> Any:
    """The abstract value of an expression."""
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


_PYTHON: dict[str, Any] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "&": operator.and_, "|": operator.or_, "^": operator.xor,
    "<<": operator.lshift, ">>": operator.rshift,
    "neg": operator.neg, "pos": operator.pos, "~": operator.invert,
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge, "is": operator.is_, "is not": operator.is_not, "@": operator.matmul,
}  # fmt: skip
_SPECIAL: dict[str, tuple[str, str]] = {
    "+": ("__add__", "__radd__"), "-": ("__sub__", "__rsub__"), "*": ("__mul__", "__rmul__"),
    "/": ("__truediv__", "__rtruediv__"), "@": ("__matmul__", "__rmatmul__"), "**": ("__pow__", "__rpow__"),
    "//": ("__floordiv__", "__rfloordiv__"), "%": ("__mod__", "__rmod__"),
    "==": ("__eq__", "__eq__"), "!=": ("__ne__", "__ne__"),
    "<": ("__lt__", "__gt__"), ">": ("__gt__", "__lt__"),
    "<=": ("__le__", "__ge__"), ">=": ("__ge__", "__le__"),
}  # fmt: skip


def is_folded(x: Any) -> bool:
    """Whether arithmetic on a literal is done at compile time: only where it is exact and structural."""
    return isinstance(x, Literal) and isinstance(x.value, (int, str, bytes, tuple, type(None), type))


def binary(p: Parser, op: str, x: Any, y: Any, node: ast.AST) -> Any:
    """X op y for any abstract values."""
    from .calls import call_special
    from .containers import concatenate

    if is_folded(x) and is_folded(y) and op in _PYTHON:
        return _fold(p, op, x, y)
    if is_atom(x) and is_atom(y):
        return _on_atoms(p, op, x, y, node)
    found = concatenate(p, op, x, y, node)
    if found is not None:
        return found
    for receiver, other, name in (
        (x, y, _SPECIAL.get(op, ("", ""))[0]),
        (y, x, _SPECIAL.get(op, ("", ""))[1]),
    ):
        if name:
            result = call_special(p, receiver, name, [other], node)
            if result is not None:
                return result
    x, y = as_operand(p, x, node), as_operand(p, y, node)
    return _on_atoms(p, op, x, y, node)


def _fold(p: Parser, op: str, x: Literal, y: Literal) -> Any:
    try:
        return Literal(_PYTHON[op](x.value, y.value))
    except Exception as error:
        p.raise_at(error)


_BITWISE = frozenset(("&", "|", "^", "<<", ">>"))


def _on_atoms(p: Parser, op: str, x: Any, y: Any, node: ast.AST) -> Any:
    shapes = [isinstance(v, Value) and isinstance(v.type, ShapeOf) for v in (x, y)]
    if op == "+" and all(shapes):
        return p.builder.apply(OPERATORS[op], x, y)
    if op in _BITWISE and any(isinstance(v.type, Scalar) and v.type.dtype[0] in "fc" for v in (x, y)):
        names = [python_name(v.type) for v in (x, y)]
        p.raise_at(TypeError(f"unsupported operand type(s) for {op}: '{names[0]}' and '{names[1]}'"))
    for value in (x, y):
        if isinstance(value, Value) and isinstance(value.type, (ListOf, ShapeOf)):
            p.no_derivative(
                "AD206", f"`{op}` on a run-time {value.type}", node, "an array: np.array(...) of it"
            )
    return p.builder.apply(OPERATORS[op], x, y)


def python_name(t: Any) -> str:
    """The class name of a number, as Python's errors have it."""
    kind = t.dtype.rstrip("0123456789") if isinstance(t, Scalar) else "object"
    return kind if isinstance(t, Scalar) and t.origin == "py" else f"numpy.{getattr(t, 'dtype', 'ndarray')}"


def _unary(p: Parser, node: ast.UnaryOp) -> Any:
    value = evaluate(p, node.operand)
    op = operator_name(node.op)
    if op == "not":
        from .branches import truth

        return p.builder.negate(truth(p, value, node.operand))
    if (
        isinstance(value, Literal)
        and isinstance(value.value, (int, float))
        and value.spelling is None
        and op in ("neg", "pos")
    ):
        return Literal(_PYTHON[op](value.value))
    if is_folded(value):
        return Literal(_PYTHON[op](value.value))
    if not is_atom(value):
        from .calls import call_special

        name = {"neg": "__neg__", "pos": "__pos__", "~": "__invert__"}[op]
        result = call_special(p, value, name, [], node)
        if result is not None:
            return result
        value = as_operand(p, value, node)
    return p.builder.apply(OPERATORS[op], value)


def _boolean(p: Parser, node: ast.BoolOp) -> Any:
    """`and` / `or`, evaluated from left to right as far as needed."""
    is_and = isinstance(node.op, ast.And)

    def chain(values: list[ast.expr]) -> Any:
        from .branches import branch, truth

        value = evaluate(p, values[0])
        if len(values) == 1:
            return value
        test = truth(p, value, values[0])
        if isinstance(test, Literal):
            return chain(values[1:]) if bool(test.value) is is_and else value
        if is_and:
            return branch(p, test, lambda: chain(values[1:]), lambda: value)
        return branch(p, test, lambda: value, lambda: chain(values[1:]))

    return p.usable(chain(node.values), node, "the result")


def _compare(p: Parser, node: ast.Compare) -> Any:
    """A chain `a < b < c` is `a < b and b < c` with b evaluated once."""

    def chain(left: Any, ops: list[ast.cmpop], rest: list[ast.expr]) -> Any:
        from .branches import branch, truth

        right = evaluate(p, rest[0])
        first = compare(p, operator_name(ops[0]), left, right, node)
        if len(ops) == 1:
            return first
        test = truth(p, first, node)
        if isinstance(test, Literal):
            return chain(right, ops[1:], rest[1:]) if test.value else first
        return branch(p, test, lambda: chain(right, ops[1:], rest[1:]), lambda: first)

    return p.usable(chain(evaluate(p, node.left), node.ops, node.comparators), node, "the result")


def compare(p: Parser, op: str, x: Any, y: Any, node: ast.AST) -> Any:
    """X op y for one comparison."""
    from .containers import equal, membership

    if op in ("in", "not in"):
        return membership(p, op, x, y, node)
    if op in ("is", "is not"):
        return _identity(p, op, x, y, node)
    if is_folded(x) and is_folded(y):
        return _fold(p, op, x, y)
    if isinstance(x, Literal) and isinstance(y, Literal) and not (is_numeric(x.type) and is_numeric(y.type)):
        return _fold(p, op, x, y)
    if op in ("==", "!=") and not (is_atom(x) and is_atom(y)):
        found = equal(p, x, y, node)
        if found is not None:
            return found if op == "==" else p.builder.negate(found)
    if op in ("==", "!=") and any(isinstance(v, Literal) and v.value is None for v in (x, y)):
        return FALSE if op == "==" else TRUE
    return binary(p, op, x, y, node)


def _identity(p: Parser, op: str, x: Any, y: Any, node: ast.AST) -> Any:
    """`is`: decided by structure; two graph values are compared at run time."""
    from .inputs import unwrap

    x, y = unwrap(p, x), unwrap(p, y)
    same: bool
    if isinstance(x, Literal) and isinstance(y, Literal):
        same = x.value is y.value or (
            isinstance(x.value, (int, str)) and type(x.value) is type(y.value) and x.value == y.value
        )
    elif isinstance(x, Ref) and isinstance(y, Ref):
        same = x.id == y.id
    elif is_atom(x) and is_atom(y):
        literal, other = (x, y) if isinstance(x, Literal) else (y, x)
        if x is y:
            same = True
        elif not isinstance(literal, Literal) or other.type in (OPAQUE, UNKNOWN):
            return p.builder.apply(OPERATORS[op], x, y)
        else:
            # a number or an array is never None, a class, a function or a string
            same = False
            if is_numeric(literal.type):
                return p.builder.apply(OPERATORS[op], x, y)
    else:
        same = x is y
    return TRUE if same is (op == "is") else FALSE


def _ternary(p: Parser, node: ast.IfExp) -> Any:
    from .branches import branch, truth

    test = truth(p, evaluate(p, node.test), node.test)
    result = branch(p, test, lambda: evaluate(p, node.body), lambda: evaluate(p, node.orelse))
    return p.usable(result, node, "the result of this expression")


def _walrus(p: Parser, node: ast.NamedExpr) -> Any:
    value = evaluate(p, node.value)
    p.assign(node.target.id, value)
    return value


def _tuple(p: Parser, node: ast.Tuple) -> Any:
    return TupleVal(tuple(_elements(p, node.elts)))


def _list(p: Parser, node: ast.List) -> Any:
    return p.new(ListCell(tuple(_elements(p, node.elts))))


def _elements(p: Parser, elements: list[ast.expr]) -> list[Any]:
    from .iterate import fixed_items

    items: list[Any] = []
    for e in elements:
        if isinstance(e, ast.Starred):
            items.extend(fixed_items(p, evaluate(p, e.value), e))
        else:
            items.append(evaluate(p, e))
    return items


def _dict(p: Parser, node: ast.Dict) -> Any:
    from .containers import dict_items, static_key

    entries: dict[Any, Any] = {}
    for k, v in zip(node.keys, node.values, strict=True):
        if k is None:
            entries.update(dict_items(p, evaluate(p, v), v))
        else:
            key = static_key(p, evaluate(p, k), k)
            entries[key] = evaluate(p, v)
    return p.new(DictCell(tuple(entries), tuple(entries.values())))


def _set(p: Parser, node: ast.Set) -> Any:
    items = [evaluate(p, e) for e in node.elts]
    if all(isinstance(i, Literal) for i in items):
        return Literal(frozenset(i.value for i in items))
    p.refuse("AD199", "a set of values that are not constants", node, "a tuple or a list")


def _attribute(p: Parser, node: ast.Attribute) -> Any:
    from .containers import get_attribute

    return p.usable(get_attribute(p, evaluate(p, node.value), node.attr, node), node, f"`.{node.attr}`")


def _subscript(p: Parser, node: ast.Subscript) -> Any:
    from .containers import get_item

    value = evaluate(p, node.value)
    return p.usable(get_item(p, value, evaluate(p, node.slice), node), node, "this item")


def _slice(p: Parser, node: ast.Slice) -> Any:
    parts = [Literal(None) if n is None else evaluate(p, n) for n in (node.lower, node.upper, node.step)]
    return SliceVal(*parts)


def _call(p: Parser, node: ast.Call) -> Any:
    from .calls import call_expression

    return p.usable(call_expression(p, node), node, "the result of this call")


def _lambda(p: Parser, node: ast.Lambda) -> Any:
    from .functions import closure

    return closure(p, node, "<lambda>")


def _comprehension(p: Parser, node: Any) -> Any:
    from .comprehensions import comprehension

    return comprehension(p, node)


def _format(p: Parser, node: ast.JoinedStr) -> Any:
    """An f-string: text for the reader, computed where the program computes it."""
    from ..rules.python import FORMAT

    parts: list[Any] = []
    static = True
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(Literal(part.value))
            continue
        assert isinstance(part, ast.FormattedValue)
        value = evaluate(p, part.value)
        spec = _format(p, part.format_spec) if isinstance(part.format_spec, ast.JoinedStr) else Literal("")
        conversion = Literal(chr(part.conversion) if part.conversion > 0 else "")
        from .opaque import runtime_value

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
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.JoinedStr: _format,
}
