"""What a loop or an unpacking runs over: items that are all known, or a sequence indexed by a counter.

In: an abstract value. Out: `Fixed` items, a `RangeVal`, or an `Indexed` sequence. Not for running over them:
that is `loops`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from ..ir.nodes import Literal, Value
from ..ir.types import Array, ListOf, Record, Scalar, ShapeOf, Unknown
from ..rules import lists
from ..rules.indexing import GETITEM
from .attributes import call_special
from .branches import branch
from .cells import cell_of, demand_static
from .inputs import expand_captured
from .optional import present
from .parse import Parser
from .structure import with_leaves
from .unravel import unravelled
from .values import (
    DictCell,
    DictView,
    Fixed,
    Flat,
    GrownCell,
    GrownTuple,
    Indexed,
    Iterator,
    ListCell,
    ObjectCell,
    RangeVal,
    Ref,
    TupleVal,
    is_atom,
)


def iterable(p: Parser, value: Any, node: ast.AST) -> Any:
    """The value as something to iterate over."""
    value = present(p, value, node)
    if isinstance(value, (Fixed, Indexed, RangeVal)):
        return value
    if isinstance(value, Iterator):
        return _run_through(p, value, node)
    if isinstance(value, DictView):
        return _dict_entries(p, value.of, value.kind, node)
    if isinstance(value, Flat):
        return _elements(p, value.array)
    value = expand_captured(p, value, node)
    if not is_atom(value):
        overloaded = call_special(p, value, "__iter__", [], node)
        if overloaded is not None:
            return iterable(p, overloaded, node)
    if isinstance(value, GrownTuple):
        value = p.new(value.cell)
    cell = cell_of(p, value, node)
    if isinstance(value, TupleVal):
        return Fixed.of(value.items)
    if isinstance(cell, ListCell):
        return Fixed(lambda: len(_list_now(p, value, node)), lambda k: _list_now(p, value, node)[k], (value,))
    if isinstance(cell, DictCell):
        return _dict_entries(p, value, "keys", node)
    if isinstance(cell, GrownCell):
        if cell.pattern is None:
            return Fixed.of(())
        length, resizings = p.builder.expand("len(x)", x=cell.items[0]), p.resizings[value.id]

        def item(k: Any) -> Any:
            now = cell_of(p, value, node)
            if p.resizings[value.id] != resizings:
                refuse_resized(p, node)
            return with_leaves(now.pattern, iter([p.builder.apply(GETITEM, c, k) for c in now.items]))

        return Indexed(length, item, value, (value,))
    if isinstance(cell, ObjectCell):
        p.no_derivative(
            "AD206", f"iterating over a `{cell.cls.__name__}`", node, "a list or tuple attribute of it"
        )
    if isinstance(value, Literal):
        return _constant_items(p, value, node)
    if isinstance(value, Value):
        return _value_items(p, value, node)
    p.no_derivative(
        "AD206", "this object cannot be iterated over", node, "an array, a range, a list, a tuple or a dict"
    )


def refuse_resized(p: Parser, node: ast.AST | None) -> NoReturn:
    """Refuse a list that becomes longer or shorter before its iteration has ended."""
    p.no_derivative("AD208", "a list changes its length while a loop runs over it", node,
                    "a loop over a copy: `for v in list(items)`")  # fmt: skip


def _elements(p: Parser, array: Value) -> Indexed:
    """All elements of an array, the last index changing fastest."""
    size = p.builder.expand("np.size(x)", x=array)
    return Indexed(size, lambda k: p.builder.apply(GETITEM, array, unravelled(p, array, k, is_counted=True)))


def place_of(p: Parser, value: Iterator, node: ast.AST) -> Any:
    """How many items an iterator has given to `next`."""
    if value.place not in p.state.names:
        p.no_derivative(
            "AD206", "an iterator that only some paths have made", node, "a for loop, or indexing"
        )
    return p.usable(p.state.names[value.place], node, "this iterator")


def _run_through(p: Parser, value: Iterator, node: ast.AST) -> Any:
    """The items of an iterator, which is used up by this."""
    if value.consumed:
        p.no_derivative("AD206", "an iterator is used a second time, when its items may be gone", node,
                        "a list of the items: list(...)")  # fmt: skip
    value.consumed = True
    if value.check is not None:
        value.check()
    given = Literal(0) if value.place is None else place_of(p, value, node)
    if isinstance(given, Literal) and given.value == 0:
        return value.source
    source = value.source
    if isinstance(source, Fixed):
        if not isinstance(given, Literal):
            p.no_derivative("AD209", "how many items an iterator has given is known at run time only", node,
                            "an iterator over an array, or indexing")  # fmt: skip
        gone = given.value
        return Fixed(lambda: max(source.size() - gone, 0), lambda k: source.get(k + gone), source.over)
    items = counted(p, source)
    left = p.builder.expand("max(n - k, 0)", n=items.length, k=given)
    return Indexed(left, lambda k: items.get(p.builder.expand("j + k", j=given, k=k)), None, items.over)


def _list_now(p: Parser, ref: Any, node: ast.AST) -> tuple[Any, ...]:
    """The items of a list, which a loop over it may have changed."""
    cell = cell_of(p, ref, node)
    if isinstance(cell, ListCell):
        return cell.items
    p.no_derivative("AD208", "a list becomes one of run-time length while a loop runs over it", node,
                    "a loop over a copy: `for v in list(items)`")  # fmt: skip


def _dict_entries(p: Parser, ref: Any, kind: str, node: ast.AST) -> Fixed:
    """What a dictionary holds, entry by entry; entries that come or go meanwhile are Python's error."""
    keys = cell_of(p, ref, node).keys

    def size() -> int:
        now = cell_of(p, ref, node).keys
        if now != keys:
            changed = "size" if len(now) != len(keys) else "keys"
            p.raise_at(RuntimeError(f"dictionary {changed} changed during iteration"))
        return len(keys)

    def get(k: int) -> Any:
        key, value = p.inputs.wrap_static(p, keys[k]), cell_of(p, ref, node).items[k]
        return {"keys": key, "values": value, "items": TupleVal((key, value))}[kind]

    return Fixed(size, get, (ref,) if isinstance(ref, Ref) else ())


def as_tuple(p: Parser, value: Any) -> Any:
    """The shape of an array of known rank as a tuple of lengths; anything else as it is."""
    t = value.type if isinstance(value, Value) else None
    if not isinstance(t, ShapeOf) or t.shape is None:
        return value
    return TupleVal(tuple(p.builder.apply(GETITEM, value, Literal(k)) for k in range(len(t.shape))))


def _constant_items(p: Parser, value: Literal, node: ast.AST) -> Any:
    if isinstance(value.value, (str, bytes, frozenset, tuple, list, range)):
        items = sorted(value.value, key=repr) if isinstance(value.value, frozenset) else list(value.value)
        return Fixed.of(tuple(p.inputs.wrap_static(p, v) for v in items))
    p.raise_at(TypeError(f"'{type(value.value).__name__}' object is not iterable"))


def _value_items(p: Parser, value: Value, node: ast.AST) -> Any:
    t = value.type
    if isinstance(t, ShapeOf) and t.shape is not None:
        return Fixed.of(tuple(p.builder.apply(GETITEM, value, Literal(k)) for k in range(len(t.shape))))
    if isinstance(t, Record) and t.fields is not None:
        return Fixed.of(tuple(p.builder.apply(lists.FIELD, value, Literal(k)) for k in range(len(t.fields))))
    if isinstance(t, Scalar):
        p.raise_at(TypeError(f"'{t}' object is not iterable"))
    if isinstance(t, (Array, ListOf, ShapeOf, Unknown)):
        length = p.builder.expand("len(x)", x=value)
        return Indexed(length, lambda k: p.builder.apply(GETITEM, value, k))
    p.no_derivative(
        "AD206", "iterating over an object that is not understood", node, "an array, a range or a list"
    )


def fixed_items(
    p: Parser, value: Any, node: ast.AST, count: int | None = None, error: Exception | None = None
) -> list[Any]:
    """All items of an iterable, whose number has to be known.

    If it is known at run time only, `count` is the number that the context needs, and `error` what it raises
    for another one.
    """
    source = iterable(p, value, node)
    items = known_items(p, source)
    if items is not None:
        return items
    size = _known_length(value)
    if not isinstance(source, Indexed) or (size is None and count is None):
        p.no_derivative("AD209", "the number of items is known at run time only", node,
                        "a container of known length, or indexing")  # fmt: skip
    if size is None and count is not None:
        size = count
        error = error or ValueError(f"expected {count} values to unpack")
        require(p, "n != count", source.length, count, error)
    return [source.get(Literal(k)) for k in range(size or 0)]


def known_items(p: Parser, source: Any) -> list[Any] | None:
    """The items of what `iterable` returns, if they are known one by one."""
    if isinstance(source, Fixed):
        return list(source.items)
    if isinstance(source, RangeVal):
        parts = (source.start, source.stop, source.step)
        for part in parts:
            demand_static(p, part)
        if all(isinstance(a, Literal) for a in parts):
            values = range(*(a.value for a in parts))  # type: ignore[union-attr]
            return [Literal(k) for k in (reversed(values) if source.backwards else values)]
    return None


def require(p: Parser, failure: str, length: Any, count: int, error: Exception) -> None:
    """Raise at run time if a length is not what the code was compiled for."""
    test = p.builder.expand(failure, n=length, count=Literal(count))
    branch(p, test, lambda: p.raise_at(error), lambda: None)


def _known_length(value: Any) -> int | None:
    t = value.type if isinstance(value, Value) else None
    if isinstance(t, Array) and t.shape and isinstance(t.shape[0], int):
        return t.shape[0]
    return None


def counted(p: Parser, source: Any) -> Indexed:
    """A range or sequence as items numbered from 0."""
    if isinstance(source, Indexed):
        return source
    assert isinstance(source, RangeVal)
    start, stop, step = source.start, source.stop, source.step
    simple = isinstance(start, Literal) and start.value == 0 and isinstance(step, Literal) and step.value == 1
    if simple and not source.backwards:
        return Indexed(stop, lambda k: k)
    length = p.builder.expand("range_length(a, b, c)", a=start, b=stop, c=step)
    if source.backwards:
        return Indexed(
            length, lambda k: p.builder.expand("a + (n - 1 - k) * c", a=start, n=length, k=k, c=step)
        )
    return Indexed(length, lambda k: _range_item(p, start, step, k))


def _range_item(p: Parser, start: Any, step: Any, k: Any) -> Any:
    offset = k if isinstance(step, Literal) and step.value == 1 else p.binary("*", k, step, ast.Pass())
    return (
        offset
        if isinstance(start, Literal) and start.value == 0
        else p.binary("+", start, offset, ast.Pass())
    )


def zipped(p: Parser, sources: list[Any], strict: bool = False) -> Any:
    """What `zip(*sources)` runs over."""
    if not sources:
        return Fixed.of(())
    known = [s for s in sources if isinstance(s, Fixed)]
    over = tuple(ref for s in sources if isinstance(s, (Fixed, Indexed)) for ref in s.over)
    if len(known) == len(sources):
        if strict and len({s.size() for s in known}) > 1:
            p.raise_at(ValueError("zip() arguments of different lengths"))
        return Fixed(
            lambda: min(s.size() for s in known), lambda k: TupleVal(tuple(s.get(k) for s in known)), over
        )
    if known:
        return _zip_fixed(p, sources, min(s.size() for s in known), strict, over)
    parts = [counted(p, s) for s in sources]
    length = parts[0].length
    for other in parts[1:]:
        if _same_length(length, other.length):
            continue
        if strict:
            _require_equal(p, length, other.length)
        else:
            length = p.builder.expand("min(a, b)", a=length, b=other.length)
    return Indexed(length, lambda k: TupleVal(tuple(s.get(k) for s in parts)), None, over)


def _require_equal(p: Parser, a: Any, b: Any) -> None:
    test = p.builder.expand("a != b", a=a, b=b)
    error = ValueError("zip() arguments of different lengths")
    branch(p, test, lambda: p.raise_at(error), lambda: None)


def _same_length(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if isinstance(a, Literal) or isinstance(b, Literal):
        return isinstance(a, Literal) and isinstance(b, Literal) and a.value == b.value
    return isinstance(a.type, Scalar) and a.type.size is not None and a.type == b.type


def _zip_fixed(p: Parser, sources: list[Any], n: int, strict: bool, over: tuple[Ref, ...]) -> Any:
    """A container of n known items beside sequences: at run time they must be at least as long."""
    columns: list[Callable[[int], Any]] = []
    for s in sources:
        if isinstance(s, Fixed):
            columns.append(s.get)
            continue
        part = counted(p, s)
        if strict:
            _require_equal(p, part.length, Literal(n))
        elif not (isinstance(part.length, Literal) and part.length.value >= n):
            require(
                p,
                "n < count",
                part.length,
                n,
                ValueError(f"a sequence is shorter than the {n} items that it is zipped with"),
            )
        columns.append(partial(_numbered, part))
    known = [s for s in sources if isinstance(s, Fixed)]

    def size() -> int:
        now = min(s.size() for s in known)
        if now > n:
            refuse_resized(p, None)
        return now

    return Fixed(size, lambda k: TupleVal(tuple(get(k) for get in columns)), over)


def _numbered(source: Indexed, k: int) -> Any:
    return source.get(Literal(k))


def enumerated(p: Parser, source: Any, start: Any) -> Any:
    """What `enumerate(source, start)` runs over."""
    if isinstance(source, Fixed):
        return Fixed(
            source.size,
            lambda k: TupleVal((p.binary("+", start, Literal(k), ast.Pass()), source.get(k))),
            source.over,
        )
    inner = counted(p, source)

    def get(k: Any) -> Any:
        number = (
            k if isinstance(start, Literal) and start.value == 0 else _range_item(p, start, Literal(1), k)
        )
        return TupleVal((number, inner.get(k)))

    return Indexed(inner.length, get, None, inner.over)


def backwards(p: Parser, source: Any) -> Any:
    """reversed(source)"""
    if isinstance(source, Fixed):
        count = source.size()
        return Fixed(lambda: count, lambda k: source.get(count - 1 - k), source.over)
    if isinstance(source, RangeVal):
        return RangeVal(source.start, source.stop, source.step, not source.backwards)
    inner = counted(p, source)
    return Indexed(
        inner.length,
        lambda k: inner.get(p.builder.expand("n - 1 - k", n=inner.length, k=k)),
        None,
        inner.over,
    )


def mapped(p: Parser, source: Any, function: Callable[[Any], Any]) -> Any:
    """An iterable of function(item), evaluated as it is consumed."""
    if isinstance(source, Fixed):
        return Fixed(source.size, lambda k: function(source.get(k)), source.over)
    inner = counted(p, source)
    return Indexed(inner.length, lambda k: function(inner.get(k)), None, inner.over)
