"""Operators on abstract values: arithmetic, comparison, identity and membership.

In: an operator and its operands. Out: an abstract value. What is known is computed at once, if the result is
exact; containers are concatenated and compared by structure; numbers and arrays become statements.
"""

from __future__ import annotations

import ast
import enum
import operator
from typing import Any

from ..ir.nodes import Literal, Value
from ..ir.types import OPAQUE, UNKNOWN, Array, ListOf, Scalar, ShapeOf, is_numeric
from ..rules.rule import OPERATORS
from .attributes import call_special
from .branches import choose
from .cells import cell_of, demand_static, static_key
from .growing import extend
from .inputs import expand_captured, unwrap
from .iterate import fixed_items
from .merge import grown, leaves_of, parts_of
from .opaque import opaque_text
from .parse import Parser
from .primitives import as_operand
from .values import (
    FALSE,
    TRUE,
    Captured,
    DictCell,
    GrownCell,
    ListCell,
    ObjectCell,
    RangeVal,
    Ref,
    TupleVal,
    is_atom,
)


def concatenate(p: Parser, op: str, x: Any, y: Any, node: ast.AST) -> Any:
    """`+` and `*` of tuples and lists, None for anything else."""
    x, y = expand_captured(p, x, node), expand_captured(p, y, node)
    if op == "+":
        if isinstance(x, TupleVal) or isinstance(y, TupleVal):
            x, y = _known_shape(p, x, node), _known_shape(p, y, node)
        if isinstance(x, TupleVal) and isinstance(y, TupleVal):
            return TupleVal(x.items + y.items)
        a, b = cell_of(p, x, node), cell_of(p, y, node)
        if isinstance(a, ListCell) and isinstance(b, ListCell):
            return p.new(ListCell(a.items + b.items))
        if isinstance(a, (ListCell, GrownCell)) and isinstance(b, (ListCell, GrownCell)):
            copy = p.new(grown(p.builder, a))
            extend(p, copy, y, node)
            return copy
    if op == "|":
        a, b = cell_of(p, x, node), cell_of(p, y, node)
        if isinstance(a, DictCell) and isinstance(b, DictCell):
            entries = dict(zip(a.keys, a.items, strict=True)) | dict(zip(b.keys, b.items, strict=True))
            return p.new(DictCell(tuple(entries), tuple(entries.values()), a.cls))
    if op == "*":
        for sequence, count in ((x, y), (y, x)):
            cell = cell_of(p, sequence, node)
            if not (isinstance(sequence, TupleVal) or isinstance(cell, ListCell)) or not is_atom(count):
                continue
            if isinstance(count, Value) and not (
                isinstance(count.type, Scalar) and count.type.dtype[0] in "iu"
            ):
                continue
            demand_static(p, count)
            items = sequence.items if isinstance(sequence, TupleVal) else cell.items
            if isinstance(count, Literal):
                many = items * count.value
                return TupleVal(many) if isinstance(sequence, TupleVal) else p.new(ListCell(many))
            return _repeated(p, items, count, node)
    if op == "%" and isinstance(x, Literal) and isinstance(x.value, str):
        return opaque_text(p, x, y, node)
    return None


def _repeated(p: Parser, items: tuple[Any, ...], count: Value, node: ast.AST) -> Any:
    """`[v] * n` with n known at run time only."""
    if len(items) != 1 or not all(True for _ in leaves_of(items[0])):
        p.no_derivative(
            "AD209", "a list repeated a number of times known at run time only", node, "a comprehension"
        )
    columns = tuple(p.builder.expand("list_repeat(x, n)", x=leaf, n=count) for leaf in leaves_of(items[0]))
    return p.new(GrownCell(items[0], columns))


def membership(p: Parser, op: str, x: Any, y: Any, node: ast.AST) -> Any:
    """`in`: decided by structure where it can be."""
    y = expand_captured(p, y, node)
    cell = cell_of(p, y, node)
    if isinstance(cell, DictCell):
        known = static_key(p, x, node) in cell.keys
        return TRUE if known is (op == "in") else FALSE
    if isinstance(x, Literal) and isinstance(y, Literal):
        return TRUE if (x.value in y.value) is (op == "in") else FALSE
    if isinstance(y, TupleVal) or isinstance(cell, ListCell):
        items = y.items if isinstance(y, TupleVal) else cell.items
        result: Any = FALSE
        for item in items:
            same = compare(p, "==", x, item, node)
            if same is TRUE:
                result = TRUE
            elif result is FALSE:
                result = same
            elif result is not TRUE and same is not FALSE:
                result = choose(p, result, TRUE, same)
        return result if op == "in" else p.builder.negate(result)
    if isinstance(cell, ObjectCell):
        result = call_special(p, y, "__contains__", [x], node)
        if result is not None:
            return result if op == "in" else p.builder.negate(result)
    if isinstance(y, RangeVal) or not is_atom(y):
        p.no_derivative("AD206", "`in` on this object is not understood", node, "a comparison")
    return p.builder.apply(OPERATORS[op], x, y)


def _equal_captured(p: Parser, x: Any, y: Any, node: ast.AST) -> Any:
    """X == y where one is an object from outside: members of an enumeration are compared by identity."""
    if all(isinstance(v.value, enum.Enum) for v in (x, y) if isinstance(v, Captured)):
        x, y = unwrap(p, x), unwrap(p, y)
        return (
            (TRUE if x.value == y.value else FALSE)
            if isinstance(x, Literal) and isinstance(y, Literal)
            else None
        )
    first, second = expand_captured(p, x, node), expand_captured(p, y, node)
    if isinstance(first, Captured) or isinstance(second, Captured):
        return None
    return equal(p, first, second, node)


def equal(p: Parser, x: Any, y: Any, node: ast.AST) -> Any:
    """X == y of containers: a constant or a chain of comparisons; None where an operand is an array."""
    if isinstance(x, Captured) or isinstance(y, Captured):
        return _equal_captured(p, x, y, node)
    a = cell_of(p, x, node) if isinstance(x, Ref) else x
    b = cell_of(p, y, node) if isinstance(y, Ref) else y
    if isinstance(a, ObjectCell) or isinstance(b, ObjectCell):
        found = call_special(p, x, "__eq__", [y], node)
        return found if found is not None else (TRUE if x == y else FALSE)
    if is_atom(a) or is_atom(b):
        other = b if is_atom(a) else a
        atom = a if is_atom(a) else b
        if isinstance(atom, Value) and isinstance(atom.type, Array):
            return None
        return FALSE if isinstance(other, (TupleVal, ListCell, DictCell)) and not _is_shape(atom) else None
    if type(a) is not type(b) or len(parts_of(a)) != len(parts_of(b)):
        return FALSE
    if isinstance(a, DictCell) and a.keys != b.keys:
        return FALSE
    result: Any = TRUE
    for first, second in zip(parts_of(a), parts_of(b), strict=True):
        same = compare(p, "==", first, second, node)
        if same is FALSE:
            return FALSE
        if result is TRUE:
            result = same
        elif same is not TRUE:
            result = choose(p, result, same, result)
    return result


def _known_shape(p: Parser, value: Any, node: ast.AST) -> Any:
    """A shape of known rank as the tuple that it is; anything else as it is."""
    if not _is_shape(value) or value.type.shape is None:
        return value
    return TupleVal(tuple(fixed_items(p, value, node)))


def _is_shape(atom: Any) -> bool:
    return isinstance(atom, Value) and isinstance(atom.type, ShapeOf)


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


def compare(p: Parser, op: str, x: Any, y: Any, node: ast.AST) -> Any:
    """X op y for one comparison."""
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


def unary(p: Parser, op: str, value: Any, node: ast.AST) -> Any:
    """Op value, for an operator other than `not`."""
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
        name = {"neg": "__neg__", "pos": "__pos__", "~": "__invert__"}[op]
        result = call_special(p, value, name, [], node)
        if result is not None:
            return result
        value = as_operand(p, value, node)
    return p.builder.apply(OPERATORS[op], value)
