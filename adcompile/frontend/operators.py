"""Operators on abstract values: arithmetic, comparison, identity and membership.

In: an operator and its operands. Out: an abstract value. What is known is computed at once, if the result is
exact; containers are concatenated and compared by structure; numbers and arrays become statements.
"""

from __future__ import annotations

import ast
import enum
import operator
from collections.abc import Callable
from typing import Any

from ..ir.nodes import Literal, Value
from ..ir.types import OPAQUE, UNKNOWN, Array, ListOf, Scalar, ShapeOf, is_numeric
from ..rules.rule import OPERATORS
from .attributes import call_special
from .branches import branch, choose, truth
from .cells import cell_of, demand_static, static_key
from .growing import at_run_time, extend, joined
from .inputs import expand_captured, unwrap
from .introspection import class_of
from .iterate import as_tuple, fixed_items
from .opaque import opaque_text
from .optional import either, is_absent, present
from .parse import Parser
from .primitives import as_operand
from .searching import contains, equal_lists
from .structure import leaves_of, parts_of
from .values import (
    FALSE,
    TRUE,
    Captured,
    DictCell,
    DictView,
    GrownCell,
    GrownTuple,
    Iterator,
    ListCell,
    Maybe,
    ObjectCell,
    RangeVal,
    Ref,
    SliceVal,
    TupleVal,
    is_atom,
    is_none,
)


def concatenate(p: Parser, op: str, x: Any, y: Any, node: ast.AST) -> Any:
    """`+` and `*` of tuples and lists, None for anything else."""
    x, y = expand_captured(p, x, node), expand_captured(p, y, node)
    if op == "+":
        if isinstance(x, TupleVal) or isinstance(y, TupleVal):
            x, y = _known_shape(p, x, node), _known_shape(p, y, node)
        if isinstance(x, TupleVal) and isinstance(y, TupleVal):
            return TupleVal(x.items + y.items)
        if GrownTuple in (type(x), type(y)):
            first, second = _items_of_tuple(x), _items_of_tuple(y)
            return None if None in (first, second) else GrownTuple(joined(p, first, second, node))
        a, b = cell_of(p, x, node), cell_of(p, y, node)
        if isinstance(a, ListCell) and isinstance(b, ListCell):
            return p.new(ListCell(a.items + b.items))
        if isinstance(a, (ListCell, GrownCell)) and isinstance(b, (ListCell, GrownCell)):
            return p.new(joined(p, a, b, node))
    if op == "|":
        a, b = cell_of(p, x, node), cell_of(p, y, node)
        if isinstance(a, DictCell) and isinstance(b, DictCell):
            entries = dict(zip(a.keys, a.items, strict=True)) | dict(zip(b.keys, b.items, strict=True))
            return p.new(DictCell(tuple(entries), tuple(entries.values()), a.cls))
    if op == "*":
        for sequence, count in ((x, y), (y, x)):
            cell = cell_of(p, sequence, node)
            if isinstance(sequence, GrownTuple):
                copies = _extended(p, p.new(sequence.cell), sequence.cell, count, node)
                return GrownTuple(at_run_time(p, p.cell(copies), node))
            if not (isinstance(sequence, TupleVal) or isinstance(cell, (ListCell, GrownCell))):
                continue
            if not (is_atom(count) and isinstance(count.type, Scalar) and count.type.dtype[0] in "iub"):
                continue
            demand_static(p, count)
            if isinstance(cell, GrownCell):
                return _extended(p, sequence, cell, count, node)
            items = sequence.items if isinstance(sequence, TupleVal) else cell.items
            if isinstance(count, Literal):
                many = items * count.value
                return TupleVal(many) if isinstance(sequence, TupleVal) else p.new(ListCell(many))
            return _repeated(p, items, count, node)
    if op == "%" and isinstance(x, Literal) and isinstance(x.value, str):
        return opaque_text(p, x, y, node)
    return None


def _items_of_tuple(value: Any) -> Any:
    """The items of a tuple as those of a list, None for anything else."""
    if isinstance(value, GrownTuple):
        return value.cell
    return ListCell(value.items) if isinstance(value, TupleVal) and value.cls is tuple else None


def _extended(p: Parser, sequence: Any, cell: GrownCell, count: Any, node: ast.AST) -> Any:
    """`items * n` of a list of run-time length: the list, extended by itself."""
    if not isinstance(count, Literal):
        what = "a list of run-time length, repeated a number of times known at run time only"
        p.no_derivative("AD209", what, node, "a loop that extends a list")
    copy = p.new(cell if count.value > 0 else ListCell(()))
    for _ in range(count.value - 1):
        extend(p, copy, sequence, node)
    return copy


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
    if isinstance(y, (DictView, Iterator)):
        keys = isinstance(y, DictView) and y.kind == "keys"
        y = y.of if keys else TupleVal(tuple(fixed_items(p, y, node)))  # type: ignore[union-attr]
    overloaded = None if is_atom(y) else call_special(p, y, "__contains__", [x], node)
    if overloaded is not None:
        overloaded = truth(p, overloaded, node)
        return overloaded if op == "in" else p.builder.negate(overloaded)
    cell = cell_of(p, y, node)
    if isinstance(cell, DictCell):
        known = static_key(p, x, node) in cell.keys
        return TRUE if known is (op == "in") else FALSE
    if isinstance(cell, GrownCell):
        found = contains(p, cell, x, node)
        return found if op == "in" else p.builder.negate(found)
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


# what is equal if its parts are
_COMPARED = (TupleVal, ListCell, GrownCell, DictCell, SliceVal, RangeVal)


_LISTS = (ListCell, GrownCell)


def equal(p: Parser, x: Any, y: Any, node: ast.AST) -> Any:
    """X == y of containers: a constant or a chain of comparisons; None where an operand is an array."""
    if isinstance(x, Captured) or isinstance(y, Captured):
        return _equal_captured(p, x, y, node)
    if GrownTuple in (type(x), type(y)):
        first, second = _items_of_tuple(x), _items_of_tuple(y)
        return FALSE if None in (first, second) else equal_lists(p, first, second, node)
    a = cell_of(p, x, node) if isinstance(x, Ref) else x
    b = cell_of(p, y, node) if isinstance(y, Ref) else y
    if isinstance(a, ObjectCell) or isinstance(b, ObjectCell):
        return TRUE if x == y else FALSE
    if is_atom(a) or is_atom(b):
        other = b if is_atom(a) else a
        atom = a if is_atom(a) else b
        if isinstance(atom, Value) and isinstance(atom.type, Array):
            return None
        return FALSE if isinstance(other, (TupleVal, ListCell, DictCell)) and not _is_shape(atom) else None
    if not all(isinstance(v, _COMPARED) for v in (a, b)):
        if isinstance(x, DictView) or isinstance(y, DictView):
            p.no_derivative("AD206", "a comparison of the views of a dictionary", node,
                            "list(d.keys()), or a comparison of the dictionaries")  # fmt: skip
        return TRUE if x is y else FALSE
    if isinstance(a, _LISTS) and isinstance(b, _LISTS) and GrownCell in (type(a), type(b)):
        return equal_lists(p, a, b, node)
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


_ARITHMETIC = frozenset(("+", "-", "*", "/", "@", "**", "//", "%", "&", "|", "^", "<<", ">>"))


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
    "&": ("__and__", "__rand__"), "|": ("__or__", "__ror__"), "^": ("__xor__", "__rxor__"),
    "<<": ("__lshift__", "__rlshift__"), ">>": ("__rshift__", "__rrshift__"),
}  # fmt: skip


def is_folded(x: Any) -> bool:
    """Whether arithmetic on a literal is done at compile time: only where it is exact and structural."""
    return isinstance(x, Literal) and isinstance(x.value, (int, str, bytes, tuple, type(None), type))


def binary(p: Parser, op: str, x: Any, y: Any, node: ast.AST) -> Any:
    """X op y for any abstract values."""
    x, y = present(p, x, node), present(p, y, node)
    if is_folded(x) and is_folded(y) and op in _PYTHON:
        return _fold(p, op, x, y)
    if is_atom(x) and is_atom(y):
        return _on_atoms(p, op, x, y, node)
    x, y = as_tuple(p, x), as_tuple(p, y)
    found = overloaded(p, op, x, y, node)
    if found is None:
        found = concatenate(p, op, x, y, node)
    if found is not None:
        return found
    if not any(_may_be_numpy(v) for v in (x, y)):
        names = [getattr(class_of(p, v, node), "__name__", "object") for v in (x, y)]
        kinds = f"'{names[0]}' and '{names[1]}'"
        p.raise_at(TypeError(f"unsupported operand type(s) for {op}: {kinds}"))
    x, y = as_operand(p, x, node), as_operand(p, y, node)
    return _on_atoms(p, op, x, y, node)


def _may_be_numpy(value: Any) -> bool:
    """Whether an operand may be an array or a NumPy number, which take lists as arrays."""
    if not is_atom(value):
        return not isinstance(value, (Ref, TupleVal))
    return not (isinstance(value.type, Scalar) and value.type.origin == "py")


def overloaded(p: Parser, op: str, x: Any, y: Any, node: ast.AST) -> Any:
    """`x op y` by the special methods of their classes, None if these do not say."""
    name, reflected = _SPECIAL.get(op, ("", ""))
    if not name or (is_atom(x) and is_atom(y)):
        return None
    tries = [(x, name, y), (y, reflected, x)]
    classes = None if is_atom(x) or is_atom(y) else (class_of(p, x, node), class_of(p, y, node))
    if classes is not None and None not in classes:
        first, second = classes
        if first is not second and issubclass(second, first):  # type: ignore[arg-type]
            tries.reverse()
        elif first is second and op in _ARITHMETIC:
            del tries[1]
    for receiver, method, other in tries:
        result = call_special(p, receiver, method, [other], node)
        if result is not None:
            return result
    return None


def inplace(p: Parser, op: str, old: Any, value: Any, node: ast.AST) -> Any:
    """What `old op= value` binds: the changed object where its class has a method for that."""
    if is_atom(old):
        if isinstance(old, Literal) and isinstance(old.value, frozenset):
            p.refuse("AD199", "`op=` on a set, which other names may share", node, "`s = s | t`")
        return binary(p, op, old, value, node)
    name = _SPECIAL.get(op, ("", ""))[0]
    if name:
        found = call_special(p, old, f"__i{name[2:]}", [value], node)
        if found is not None:
            return found
    return old if _update_in_place(p, op, old, value, node) else binary(p, op, old, value, node)


def _update_in_place(p: Parser, op: str, old: Any, value: Any, node: ast.AST) -> bool:
    """`old op= value` for a list or dictionary, which keeps its identity; False for anything else."""
    cell = cell_of(p, old, node) if isinstance(old, Ref) else None
    if op == "+" and isinstance(cell, (ListCell, GrownCell)):
        extend(p, old, value, node)
        return True
    if (op == "*" and isinstance(cell, (ListCell, GrownCell))) or (op == "|" and isinstance(cell, DictCell)):
        changed = concatenate(p, op, old, value, node)
        if changed is not None:
            p.change(old, p.cell(changed))
            return True
    return False


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
    if any(isinstance(v.type, Array) for v in (x, y)):
        x, y = as_operand(p, x, node), as_operand(p, y, node)
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
    for value, other in ((p.settled(x), y), (p.settled(y), x)):
        if op in ("is", "is not") and isinstance(value, Maybe) and is_none(other):
            nothing = is_absent(p, value)
            return nothing if op == "is" else p.builder.negate(nothing)
    if op in ("is", "is not", "==", "!=") and any(isinstance(p.settled(v), Maybe) for v in (x, y)):
        return either(p, x, node, lambda x: either(p, y, node, lambda y: compare(p, op, x, y, node)))
    if op in ("is", "is not"):
        return _identity(p, op, x, y, node)
    x, y = present(p, x, node), present(p, y, node)
    if is_folded(x) and is_folded(y):
        return _fold(p, op, x, y)
    if isinstance(x, Literal) and isinstance(y, Literal) and not (is_numeric(x.type) and is_numeric(y.type)):
        return _fold(p, op, x, y)
    x, y = as_tuple(p, x), as_tuple(p, y)
    found = overloaded(p, op, x, y, node)
    if found is not None:
        return found
    if op in ("==", "!=") and not (is_atom(x) and is_atom(y)):
        found = equal(p, x, y, node)
        if found is not None:
            return found if op == "==" else p.builder.negate(found)
    if op in ("==", "!=") and any(isinstance(v, Literal) and v.value is None for v in (x, y)):
        return FALSE if op == "==" else TRUE
    if not (is_atom(x) and is_atom(y)) and all(_is_sequence(p, v, node) for v in (x, y)):
        return _lexicographic(p, op, x, y, node)
    return binary(p, op, x, y, node)


def _is_sequence(p: Parser, value: Any, node: ast.AST) -> bool:
    value = expand_captured(p, value, node)
    return isinstance(value, TupleVal) or isinstance(cell_of(p, value, node), ListCell)


def _lexicographic(p: Parser, op: str, x: Any, y: Any, node: ast.AST) -> Any:
    """The order of tuples or lists: that of the first items that differ."""
    first, second = fixed_items(p, x, node), fixed_items(p, y, node)
    if not first or not second:
        return TRUE if _PYTHON[op](len(first), len(second)) else FALSE
    rest_x, rest_y = TupleVal(tuple(first[1:])), TupleVal(tuple(second[1:]))
    same = truth(p, compare(p, "==", first[0], second[0], node), node)
    decided: Callable[[], Any] = lambda: compare(p, op, first[0], second[0], node)  # noqa: E731
    result = branch(p, same, lambda: _lexicographic(p, op, rest_x, rest_y, node), decided)
    return p.usable(result, node, "the result of this comparison")


def _identity(p: Parser, op: str, x: Any, y: Any, node: ast.AST) -> Any:
    """`is`: decided by structure; two graph values are compared at run time."""
    x, y = p.settled(unwrap(p, x)), p.settled(unwrap(p, y))
    for ref, other in ((x, y), (y, x)):
        if isinstance(ref, Ref) and isinstance(other, Literal) and ref.id in p.shared:
            p.no_derivative("AD206", "`is` of an argument and an object that the function captures", node,
                            "a comparison by value, or a flag")  # fmt: skip
    same: bool
    if isinstance(x, Literal) and isinstance(y, Literal):
        same = x.value is y.value or (
            isinstance(x.value, (int, str)) and type(x.value) is type(y.value) and x.value == y.value
        )
    elif isinstance(x, Ref) and isinstance(y, Ref):
        same = p.shared.get(x.id, x.id) == p.shared.get(y.id, y.id)
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
    value = present(p, value, node)
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
