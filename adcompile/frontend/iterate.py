"""What a loop or an unpacking runs over: items that are all known, or a sequence indexed by a counter.

In: an abstract value. Out: `Fixed` items, a `RangeVal`, or an `Indexed` sequence. Not for running over them:
that is `loops`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from ..ir.nodes import Literal, Value
from ..ir.types import Array, ListOf, Record, Scalar, ShapeOf, Unknown
from ..rules import lists
from ..rules.indexing import GETITEM
from .branches import branch
from .cells import cell_of, demand_static
from .inputs import expand_captured
from .merge import with_leaves
from .parse import Parser
from .values import DictCell, Fixed, GrownCell, Indexed, ListCell, ObjectCell, RangeVal, TupleVal


def iterable(p: Parser, value: Any, node: ast.AST) -> Any:
    """The value as something to iterate over."""
    if isinstance(value, (Fixed, Indexed, RangeVal)):
        return value
    value = expand_captured(p, value, node)
    cell = cell_of(p, value, node)
    if isinstance(value, TupleVal):
        return Fixed(value.items)
    if isinstance(cell, ListCell):
        return Fixed(cell.items)
    if isinstance(cell, DictCell):
        return Fixed(tuple(p.inputs.wrap_static(p, k) for k in cell.keys))
    if isinstance(cell, GrownCell):
        if cell.pattern is None:
            return Fixed(())
        length = p.builder.expand("len(x)", x=cell.items[0])
        columns, pattern = cell.items, cell.pattern
        return Indexed(
            length,
            lambda k: with_leaves(pattern, iter([p.builder.apply(GETITEM, c, k) for c in columns])),
            value,
        )
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


def _constant_items(p: Parser, value: Literal, node: ast.AST) -> Any:
    if isinstance(value.value, (str, bytes, frozenset, tuple, list, range)):
        items = sorted(value.value, key=repr) if isinstance(value.value, frozenset) else list(value.value)
        return Fixed(tuple(p.inputs.wrap_static(p, v) for v in items))
    p.raise_at(TypeError(f"'{type(value.value).__name__}' object is not iterable"))


def _value_items(p: Parser, value: Value, node: ast.AST) -> Any:
    t = value.type
    if isinstance(t, ShapeOf) and t.shape is not None:
        return Fixed(tuple(p.builder.apply(GETITEM, value, Literal(k)) for k in range(len(t.shape))))
    if isinstance(t, Record) and t.fields is not None:
        return Fixed(tuple(p.builder.apply(lists.FIELD, value, Literal(k)) for k in range(len(t.fields))))
    if isinstance(t, Scalar):
        p.raise_at(TypeError(f"'{t}' object is not iterable"))
    if isinstance(t, (Array, ListOf, ShapeOf, Unknown)):
        length = p.builder.expand("len(x)", x=value)
        return Indexed(length, lambda k: p.builder.apply(GETITEM, value, k))
    p.no_derivative(
        "AD206", "iterating over an object that is not understood", node, "an array, a range or a list"
    )


def fixed_items(p: Parser, value: Any, node: ast.AST, count: int | None = None) -> list[Any]:
    """All items of an iterable, whose number has to be known (`count`: the number that the context needs)."""
    source = iterable(p, value, node)
    if isinstance(source, Fixed):
        return list(source.items)
    if isinstance(source, RangeVal):
        parts = (source.start, source.stop, source.step)
        for part in parts:
            demand_static(p, part)
        if all(isinstance(a, Literal) for a in parts):
            values = range(*(a.value for a in parts))  # type: ignore[union-attr]
            return [Literal(k) for k in (reversed(values) if source.backwards else values)]
    if isinstance(source, Indexed) and count is not None:
        size = _known_length(value)
        if size is None:
            require(p, "n != count", source.length, count, ValueError(f"expected {count} values to unpack"))
        return [source.get(Literal(k)) for k in range(count if size is None else size)]
    size = _known_length(value)
    if isinstance(source, Indexed) and size is not None:
        return [source.get(Literal(k)) for k in range(size)]
    p.no_derivative("AD209", "the number of items is known at run time only", node,
                    "a container of known length, or indexing")  # fmt: skip


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


def zipped(p: Parser, sources: list[Any], node: ast.AST, strict: bool = False) -> Any:
    """zip(*sources)"""
    if not sources:
        return Fixed(())
    known = [s for s in sources if isinstance(s, Fixed)]
    if len(known) == len(sources):
        n = min(len(s.items) for s in known)
        return Fixed(tuple(TupleVal(tuple(s.items[k] for s in sources)) for k in range(n)))
    if known and not strict:
        n = min(len(s.items) for s in known)
        return _zip_fixed(p, sources, n, node)
    parts = [counted(p, s) for s in sources if not isinstance(s, Fixed)]
    length = parts[0].length
    for other in parts[1:]:
        if not _same_length(length, other.length):
            length = p.builder.expand("min(a, b)", a=length, b=other.length)
    return Indexed(length, lambda k: TupleVal(tuple(s.get(k) for s in parts)))


def _same_length(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if isinstance(a, Literal) or isinstance(b, Literal):
        return isinstance(a, Literal) and isinstance(b, Literal) and a.value == b.value
    return isinstance(a.type, Scalar) and a.type.size is not None and a.type == b.type


def _zip_fixed(p: Parser, sources: list[Any], n: int, node: ast.AST) -> Any:
    """A container of n known items beside sequences: at run time they must be at least as long."""
    columns = []
    for s in sources:
        if isinstance(s, Fixed):
            columns.append(list(s.items[:n]))
            continue
        part = counted(p, s)
        if not (isinstance(part.length, Literal) and part.length.value >= n):
            require(
                p,
                "n < count",
                part.length,
                n,
                ValueError(f"a sequence is shorter than the {n} items that it is zipped with"),
            )
        columns.append([part.get(Literal(k)) for k in range(n)])
    return Fixed(tuple(TupleVal(items) for items in zip(*columns, strict=True)))


def enumerated(p: Parser, source: Any, start: Any) -> Any:
    """What `enumerate(source, start)` runs over."""
    if isinstance(source, Fixed):
        items = [
            TupleVal((p.binary("+", start, Literal(k), ast.Pass()), v)) for k, v in enumerate(source.items)
        ]
        return Fixed(tuple(items))
    inner = counted(p, source)

    def get(k: Any) -> Any:
        number = (
            k if isinstance(start, Literal) and start.value == 0 else _range_item(p, start, Literal(1), k)
        )
        return TupleVal((number, inner.get(k)))

    return Indexed(inner.length, get)


def backwards(p: Parser, source: Any) -> Any:
    """reversed(source)"""
    if isinstance(source, Fixed):
        return Fixed(source.items[::-1])
    if isinstance(source, RangeVal):
        return RangeVal(source.start, source.stop, source.step, not source.backwards)
    inner = counted(p, source)
    return Indexed(inner.length, lambda k: inner.get(p.builder.expand("n - 1 - k", n=inner.length, k=k)))


def mapped(p: Parser, source: Any, function: Callable[[Any], Any]) -> Any:
    """An iterable of function(item), evaluated as it is consumed."""
    if isinstance(source, Fixed):
        return Fixed(tuple(function(v) for v in source.items))
    inner = counted(p, source)
    return Indexed(inner.length, lambda k: function(inner.get(k)))
