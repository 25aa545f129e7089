"""Run-time lists: made, grown, shrunk, reordered and read.

Lists are values like any other: `list_append` returns the list with one more item. The printer writes it as
the method call that it is, in place, because the frontend lets nobody see the list as it was before.

What changes a list in place is one row of `CHANGES`: how it is printed, and the statement that its adjoint
is. Putting an item in and taking it out are each other's adjoint, at the same place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..ir.nodes import Arg, Items, Literal, Value, is_absent
from ..ir.types import BOOL, INT, UNKNOWN, Array, ListOf, Record, Scalar, Type, forget_sizes, join, shape_of
from .facts import Facts
from .indexing import stacked
from .rule import (
    HELPERS,
    NAMESPACE,
    Primitive,
    constant,
    form_of,
    linear,
    parse_expression,
    register,
)
from .typing import arithmetic, typ


def _placeholder(name: str) -> Any:
    def function(*args: Any) -> Any:
        raise NotImplementedError(f"{name} is written as a statement")

    function.__name__ = name
    return function


_NAMES = {
    n: _placeholder(n)
    for n in (
        "list_append",
        "list_insert",
        "list_pop",
        "list_pop_at",
        "list_each",
        "list_set",
        "list_make",
        "list_add",
        "record",
        "field",
        "range_length",
        "range_item",
        "list_slice",
        "list_repeat",
        "list_join",
        "list_reverse",
        "list_equal",
        "list_contains",
        "list_index",
        "list_count",
    )
}
HELPERS.update(_NAMES)


def _append_type(items: Arg, v: Arg) -> Type:
    t = typ(items)
    assert isinstance(t, ListOf)
    if is_absent(v):
        return ListOf(t.element, True)
    element = forget_sizes(typ(v))
    return ListOf(element if t.element is None else (join(t.element, element) or UNKNOWN), t.holes)


def _pop_type(items: Arg) -> tuple[Type, Type]:
    t = typ(items)
    return t, (t.element if isinstance(t, ListOf) and t.element is not None else UNKNOWN)


def _put_type(items: Arg, i: Arg, v: Arg) -> Type:
    return _append_type(items, v)


def _pop_at_type(items: Arg, i: Arg) -> tuple[Type, Type]:
    return _pop_type(items)


def _first(items: Arg, *rest: Arg) -> Type:
    return typ(items)


def _list(text: str, types: Any, effect: Any = "update", **fields: Any) -> Primitive:
    names = {**NAMESPACE, **_NAMES}
    row = Primitive(text, form_of(text).params, parse_expression(text), types, names, effect=effect, **fields)
    return register(row)


@dataclass(frozen=True, slots=True)
class Change:
    """A statement that changes a list.

    Attributes
    ----------
    written : str
        How it is printed, in its operands; the item that it takes out is `v`.
    undone_by : str
        What does the opposite, which is its adjoint: the name of another row. Empty if it leaves as many
        items as there were.
    place : callable, optional
        Where that is done, as a text in its own place `i` and in the list of adjoints `items`, from what is
        known of `i`.
    """

    written: str
    undone_by: str = ""
    place: Callable[[Any], str] | None = None


CHANGES: dict[Primitive, Change] = {}


def _change(
    text: str, types: Any, written: str, undone_by: str = "", place: Any = None, **fields: Any
) -> Primitive:
    row = _list(text, types, **fields)
    CHANGES[row] = Change(written, undone_by, place)
    return row


def _where_put(i: Any) -> str:
    """The place from the front of an item that was put at `i`, as Python's `insert` takes it."""
    return "i" if type(i) is int and i == 0 else "place_of_new(i, len(items) - 1)"


def _where_taken(i: Any) -> str:
    """Where to insert an item that was taken from `i`."""
    if type(i) is int:
        return "i" if i >= 0 else "i + 1" if i < -1 else "len(items)"
    return "place_of_old(i, len(items) + 1)"


LIST_APPEND = _change("list_append(items, v)", _append_type, "{items}.append({v})", "list_pop")
LIST_POP = _change("list_pop(items)", _pop_type, "{v} = {items}.pop()", "list_append")
LIST_INSERT = _change(
    "list_insert(items, i, v)", _put_type, "{items}.insert({i}, {v})", "list_pop_at", _where_put
)
LIST_POP_AT = _change(
    "list_pop_at(items, i)", _pop_at_type, "{v} = {items}.pop({i})", "list_insert", _where_taken
)
LIST_SET = _change("list_set(items, i, v)", _put_type, "{items}[{i}] = {v}")
# the next item from the end, one an iteration: what `for x in reversed(items)` gives
LIST_EACH = _list("list_each(items)", lambda items: _pop_type(items)[1], effect="view")
LIST_ADD = _change(
    "list_add(items, i, v)",
    _first,
    "{items}[{i}] = {items}[{i}] + {v}",
    constant=True,
    joint=True,
    pullbacks={"items": "z_bar", "v": "z_bar[i]"},
    pushforwards={"items": "self", "v": "self"},
)
LIST_MAKE = _list("list_make(items)", stacked, effect="pure")


def _record_type(items: Arg) -> Type:
    assert isinstance(items, Items)
    return Record(tuple(typ(i) for i in items.items))


RECORD = _list("record(items)", _record_type, effect="pure")


def _field_type(items: Arg, k: Arg) -> Type:
    t = typ(items)
    if not isinstance(t, Record) or t.fields is None or not isinstance(k, Literal):
        return UNKNOWN
    found: Type = t.fields[k.value]
    return found


FIELD = _list(
    "field(items, k)",
    _field_type,
    effect="pure",
    joint=True,
    pullbacks={"items": "record_with(items, k, z_bar)"},
    pushforwards={"items": "self"},
)


# rows with whose operands the passes deal one by one, in all their results
STRUCTURE = frozenset((LIST_APPEND, LIST_INSERT, LIST_POP, LIST_POP_AT, LIST_SET, LIST_MAKE, RECORD))
# what puts values where they are told apart
KEEPING = frozenset((LIST_APPEND, LIST_INSERT, LIST_SET, LIST_MAKE, RECORD))
# what puts an item into a list, and whose adjoint takes it out
PUTTING = frozenset((LIST_APPEND, LIST_INSERT))
# whose last result has been taken out of a list or record
TAKING = frozenset((LIST_POP, LIST_POP_AT, LIST_EACH, FIELD))
_UNDOING = {row.name.split("(")[0]: row for row in CHANGES}


def opposite(row: Primitive) -> Primitive:
    """The statement that does the opposite of one that changes a list."""
    return _UNDOING[CHANGES[row].undone_by]


# -- reading, repeating and adding up ------------------------------------------------------------------------

RANGE_LENGTH = _list("range_length(a, b, c)", lambda a, b, c: INT, effect="pure", constant=True, cheap=True)
_list("range_item(a, b, c, k)", lambda a, b, c, k: INT, effect="pure", constant=True, cheap=True)


def _repeat_type(x: Arg, n: Arg) -> Type:
    return ListOf(None, True) if is_absent(x) else ListOf(forget_sizes(typ(x)))


def _join_type(x: Arg, y: Arg) -> Type:
    a, b = typ(x), typ(y)
    assert isinstance(a, ListOf) and isinstance(b, ListOf)
    if a.element is None or b.element is None:
        return ListOf(a.element or b.element, a.holes or b.holes)
    return ListOf(join(a.element, b.element) or UNKNOWN, a.holes or b.holes)


LIST_SLICE = _list(
    "list_slice(x, i)",
    _first,
    effect="pure",
    pullbacks={"x": "list_with_slice(x, i, z_bar)"},
    pushforwards={"x": "self"},
)
LIST_REPEAT = _list(
    "list_repeat(x, n)",
    _repeat_type,
    effect="pure",
    constant=True,
    pullbacks={"x": "sum(z_bar)"},
    pushforwards={"x": "self"},
)
LIST_REVERSE = _list(
    "list_reverse(x)",
    _first,
    effect="pure",
    pullbacks={"x": "list_reverse(z_bar)"},
    pushforwards={"x": "self"},
)
LIST_JOIN = _list(
    "list_join(x, y)",
    _join_type,
    effect="pure",
    joint=True,
    pullbacks={"x": "z_bar[:len(x)]", "y": "z_bar[len(x):]"},
    pushforwards={"x": "self", "y": "self"},
)
linear("list_with_slice(x, i, c)", "list_slice(z_bar, i)", wrt=("c",), types=_first, constant=True)


def _sum_type(x: Arg) -> Type:
    """The type of sum(x): of the items added to 0."""
    if isinstance(x, (tuple, Items)):
        total: Type | None = None
        for item in x if isinstance(x, tuple) else x.items:
            total = typ(item) if total is None else arithmetic("+")(Value(total), item)
        return INT if total is None else _not_a_size(total)
    element = typ(x).element if isinstance(typ(x), ListOf) else None  # type: ignore[attr-defined]
    if isinstance(element, Scalar):
        return Scalar(element.dtype, "py" if element.origin == "py" else "any")
    return element if isinstance(element, Array) and element.shape is not None else UNKNOWN


def _not_a_size(t: Type) -> Type:
    return Scalar(t.dtype, t.origin) if isinstance(t, Scalar) else t


def _sum_pullback(x: Any, z: Any) -> str:
    """The adjoint of each item; of a run-time list, a list."""
    if not isinstance(x, Facts) or not isinstance(x.type, ListOf):
        return "z_bar"
    element = x.type.element
    if element is not None and shape_of(element) == ():
        return "list_repeat(z_bar, len(x))"
    return "unbroadcast_each(np.broadcast_to(z_bar, np.shape(z)), x)"


linear("sum(x)", _sum_pullback, types=_sum_type, pointwise=True, joint=True, items=True)
linear("unbroadcast_each(c, x)", "sum(z_bar)", types=lambda c, x: typ(x), constant=True)


# -- places and orders of items ------------------------------------------------------------------------------


_INTEGERS = ListOf(INT)

linear("reordered(x, order)", "reordered(z_bar, inverse_order(order))", types=_first)
constant("sort_order(keys, reverse)", types=lambda keys, reverse: _INTEGERS)
constant("inverse_order(order)", types=lambda order: _INTEGERS)
constant("place_of_new(i, n)", types=lambda i, n: INT, cheap=True)
constant("place_of_old(i, n)", types=lambda i, n: INT, cheap=True)
for _text, _result in (
    ("list_equal(x, y)", BOOL),
    ("list_contains(items, v)", BOOL),
    ("list_index(items, v)", INT),
    ("list_count(items, v)", INT),
):
    _list(_text, lambda items, v, result=_result: result, effect="pure", constant=True)
