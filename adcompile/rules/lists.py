"""Run-time lists: made, grown, shrunk and read. Append and pop are each other's adjoint.

Lists are values like any other: `list_append` returns the list with one more item. The printer writes
both as the method calls they are, in place, because the frontend lets nobody see the list as it was
before.
"""

from __future__ import annotations

from typing import Any

from ..ir.nodes import Arg, Items, Literal, Value, is_absent
from ..ir.types import INT, UNKNOWN, Array, ListOf, Record, Scalar, Type, forget_sizes, join, shape_of
from .indexing import stacked
from .rule import HELPERS, NAMESPACE, Facts, Param, Primitive, linear, parse_expression, register
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
        "list_pop",
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


def _set_type(items: Arg, i: Arg, v: Arg) -> Type:
    return _append_type(items, v)


def _first(items: Arg, *rest: Arg) -> Type:
    return typ(items)


def _list(text: str, params: tuple[str, ...], types: Any, effect: Any = "update", **fields: Any) -> Primitive:
    names = {**NAMESPACE, **_NAMES}
    row = Primitive(
        text, tuple(map(Param, params)), parse_expression(text), types, names, effect=effect, **fields
    )
    return register(row)


LIST_APPEND = _list("list_append(items, v)", ("items", "v"), _append_type)
LIST_POP = _list("list_pop(items)", ("items",), _pop_type)
# the next item from the end, one an iteration: what `for x in reversed(items)` gives
LIST_EACH = _list("list_each(items)", ("items",), lambda items: _pop_type(items)[1], effect="view")
LIST_ADD = _list(
    "list_add(items, i, v)",
    ("items", "i", "v"),
    _first,
    constant=True,
    joint=True,
    pullbacks={"items": "z_bar", "v": "z_bar[i]"},
    pushforwards={"items": "self", "v": "self"},
)
LIST_SET = _list("list_set(items, i, v)", ("items", "i", "v"), _set_type)
LIST_MAKE = _list("list_make(items)", ("items",), stacked, effect="pure")


def _record_type(items: Arg) -> Type:
    assert isinstance(items, Items)
    return Record(tuple(typ(i) for i in items.items))


RECORD = _list("record(items)", ("items",), _record_type, effect="pure")


def _field_type(items: Arg, k: Arg) -> Type:
    t = typ(items)
    if not isinstance(t, Record) or t.fields is None or not isinstance(k, Literal):
        return UNKNOWN
    found: Type = t.fields[k.value]
    return found


FIELD = _list(
    "field(items, k)",
    ("items", "k"),
    _field_type,
    effect="pure",
    joint=True,
    pullbacks={"items": "record_with(items, k, z_bar)"},
    pushforwards={"items": "self"},
)


# -- reading, repeating and adding up ------------------------------------------------------------------------

RANGE_LENGTH = _list(
    "range_length(a, b, c)", ("a", "b", "c"), lambda a, b, c: INT, effect="pure", constant=True, cheap=True
)
_list(
    "range_item(a, b, c, k)",
    ("a", "b", "c", "k"),
    lambda a, b, c, k: INT,
    effect="pure",
    constant=True,
    cheap=True,
)


def _repeat_type(x: Arg, n: Arg) -> Type:
    return ListOf(None, True) if is_absent(x) else ListOf(forget_sizes(typ(x)))


LIST_SLICE = _list(
    "list_slice(x, i)",
    ("x", "i"),
    _first,
    effect="pure",
    pullbacks={"x": "list_with_slice(x, i, z_bar)"},
    pushforwards={"x": "self"},
)
LIST_REPEAT = _list(
    "list_repeat(x, n)",
    ("x", "n"),
    _repeat_type,
    effect="pure",
    constant=True,
    pullbacks={"x": "sum(z_bar)"},
    pushforwards={"x": "self"},
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
