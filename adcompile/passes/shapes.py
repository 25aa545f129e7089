"""Values that have the shape of another one, and are there without computing it.

A backward sweep often reads a value only for its shape: to sum an adjoint down to it, or to make zeros like
it. In: a block. Out: for each array of it a stand-in of the same shape: the array that it was born as,
whatever has been written into it since, an operand of equal shape, a view of one, `np.broadcast` of several,
or lengths of axes of others. So nothing is computed or saved to know a shape. Not for shapes that are known
when compiling: those are part of the types.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.build import Builder
from ..ir.nodes import (
    Apply,
    Arg,
    Block,
    For,
    If,
    Literal,
    Slice,
    Stmt,
    Value,
    While,
    all_statements,
    blocks_of,
    operands,
    values_in,
)
from ..ir.types import Array, Dim, Extent, Shape, dtype_of, shape_of
from ..rules import tables  # noqa: F401  (enters the rows)
from ..rules.indexing import GETITEM, TOGETHER, index_parts, is_basic
from ..rules.rule import FUNCTIONS, METHODS, OPERATORS, Primitive
from ..rules.typing import broadcast
from .activity import carried_params, carried_yields
from .cotangents import same_shape

# the operand of which a row looks at the shape alone
_LOOKS = {
    "unbroadcast(c, x)": 1,
    "spread(c, x)": 1,
    "np.shape(x)": 0,
    "np.size(x)": 0,
    "np.zeros_like(a, dtype=None)": 0,
    "like(c, x)": 1,
    "outer_products(terms, x)": 1,
}
# rows that look at the dtype as well
_TYPED = ("np.zeros_like(a, dtype=None)", "like(c, x)", "outer_products(terms, x)")
# rows that make an array like their first operand
_LIKE = ("np.zeros_like", "np.ones_like", "np.empty_like", "np.full_like", "np.copy", "copied", "matching")
_LONGEST = 4
_BROADCAST_TO = FUNCTIONS[np.broadcast_to]
_NONE = Literal(None)
_ALL, _NOTHING = Slice(_NONE, _NONE, _NONE), Slice(_NONE, Literal(0), _NONE)


@dataclass(frozen=True)
class Source:
    """A value, a view of another source, what several sources broadcast to, or a number that is broadcast to
    lengths: constants, and axes of values.
    """

    value: Value | None
    row: Primitive | None = None
    of: tuple[Source, ...] = ()
    rest: tuple[Arg, ...] = ()

    @property
    def size(self) -> int:
        """How many steps it takes to make the stand-in."""
        return 1 + sum(s.size for s in self.of)

    @property
    def key(self) -> Any:
        """What is equal for sources that are the same."""
        from .common import key_of

        own = None if self.value is None else self.value.serial
        return own, id(self.row), key_of(self.rest), *(s.key for s in self.of)

    @property
    def is_assembled(self) -> bool:
        """Whether this is put together from lengths."""
        return self.row is _BROADCAST_TO

    @property
    def parts(self) -> tuple[Source, ...]:
        """What is broadcast with each other."""
        return self.of if self.row is TOGETHER else (self,)


@contextmanager
def looking_at_shapes(builder: Builder, block: Block) -> Iterator[None]:
    """Inside the `with`, what a backward sweep of a block reads for its shape alone is a stand-in."""
    outer, builder.looks = builder.looks, Shapes(block).stand_in
    try:
        yield
    finally:
        builder.looks = outer


class Shapes:
    """The stand-ins of the arrays of a block and of the blocks in it.

    If `assembled`, a shape may also be put together from the lengths of other arrays.
    """

    def __init__(self, block: Block, assembled: bool = False) -> None:
        self.sources: dict[Value, Source] = {}
        # the first axis of each length that the types tell
        self.axes: dict[str, tuple[Value, Literal]] = {}
        self.assembled = assembled
        # the first value of a shape that the types tell
        self.first: dict[Shape, Value] = {}
        # loop variables that change their shape, or may
        self.varying: set[Value] = set()
        for param in block.params:
            self._offer(param)
        self._block(block)

    def stand_in(self, builder: Builder, row: Primitive, args: tuple[Arg, ...]) -> tuple[Arg, ...]:
        """The operands of a row, with a stand-in for the one of which only the shape matters."""
        place = _LOOKS.get(row.name)
        if place is None:
            return args
        value = args[place]
        found = self.like(builder, value, typed=row.name in _TYPED)
        return (*args[:place], found, *args[place + 1 :])

    def like(self, builder: Builder, value: Any, typed: bool = False) -> Any:
        """A value of the same shape, and the same dtype if `typed`; the value itself if there is no other."""
        if not isinstance(value, Value) or not _is_array(value):
            return value
        source = self.source(value)
        if typed and not _has_dtype(source, dtype_of(value.type)):
            return value
        return made(builder, source)

    def source(self, value: Value) -> Source:
        """Where the shape of a value comes from."""
        return self.sources.get(value) or Source(value)

    # -- one pass over the block, in order -------------------------------------------------------------------

    def _offer(self, value: Value) -> None:
        shape = shape_of(value.type)
        lasting = shape and all(isinstance(n, (int, Dim)) and "#" not in str(n) for n in shape)
        if lasting and isinstance(value.type, Array):
            self.first.setdefault(_key(shape), value)
        for axis, n in enumerate(shape or ()) if lasting and self.assembled else ():
            if isinstance(n, Dim):
                self.axes.setdefault(n.key, (value, Literal(axis)))

    def _block(self, block: Block) -> None:
        for stmt in block.statements:
            if isinstance(stmt, Apply):
                for out in stmt.outs:
                    if _is_array(out):
                        self.sources[out] = self._named(out) or self._applied(stmt, out)
            elif isinstance(stmt, If):
                self._block(stmt.then)
                self._block(stmt.orelse)
                for out, a, b in zip(stmt.outs, stmt.then.yields, stmt.orelse.yields, strict=True):
                    self._joined(stmt, out, a, b)
            elif isinstance(stmt, (For, While)):
                self._loop(stmt)

    def _named(self, value: Value) -> Source | None:
        """The parameter that has the shape which the type tells."""
        found = self.first.get(_key(shape_of(value.type)))
        return None if found is None else Source(found)

    def _lengths(self, value: Value) -> Source | None:
        """The lengths of the axes of an array, if its type tells of each where it comes from."""
        found: list[Arg] = []
        for n in shape_of(value.type) or ():
            axis = Literal(n) if isinstance(n, int) else None if n is None else self.axes.get(n.key)
            if axis is None:
                return None
            found.append(axis)
        return Source(None, _BROADCAST_TO, (), tuple(found)) if found else None

    def _applied(self, stmt: Apply, out: Value) -> Source:
        row, own = stmt.primitive, Source(out)
        first = stmt.args[0] if stmt.args else None
        if not isinstance(first, Value) or not _is_array(first):
            return self._pointwise(stmt, out) if row.pointwise else own
        if row.effect == "update" or row is METHODS["copy"] or row.name.split("(")[0] in _LIKE:
            return self.source(first)
        if row is METHODS["astype"]:
            return self.source(first)
        if _is_view(stmt):
            source = view_of(row, self.source(first), stmt.args[1:])
            return own if source.size > _LONGEST else source
        if row.pointwise:
            return self._pointwise(stmt, out)
        return (None if row.constant else self._lengths(out)) or own

    def _pointwise(self, stmt: Apply, out: Value) -> Source:
        arrays = [v for v in stmt.args if isinstance(v, Value) and shape_of(v.type) != ()]
        if not all(map(_is_array, arrays)) or not all(isinstance(a, (Value, Literal)) for a in stmt.args):
            return Source(out)
        for v in arrays:
            if same_shape(shape_of(v.type), shape_of(out.type)):
                return self.source(v)
        parts = {part.key: part for v in arrays for part in self.source(v).parts}
        whole = Source(None, TOGETHER, tuple(parts.values()))
        broadcasts = same_shape(broadcast(shape_of(v.type) for v in arrays), shape_of(out.type))
        return whole if broadcasts and parts and whole.size <= 2 * _LONGEST else Source(out)

    def _joined(self, stmt: If, out: Value, a: Any, b: Any) -> None:
        if not _is_array(out):
            return
        found = self._named(out)
        if found is None and all(isinstance(x, Value) and _is_array(x) for x in (a, b)):
            one, other = self.source(a), self.source(b)
            inner = {v for block in blocks_of(stmt) for v in _defined(block)}
            if one.key == other.key and not inner.intersection(_values(one)):
                found = one
        self.sources[out] = found or Source(out)

    def _loop(self, stmt: For | While) -> None:
        params, yields = carried_params(stmt), carried_yields(stmt)
        if isinstance(stmt, While):
            self._block(stmt.test)
        while True:
            for param, start in zip(params, stmt.init, strict=True):
                if _is_array(param):
                    self.sources[param] = self._named(param) or self._entering(param, start)
            self._block(stmt.body)
            changing = {
                param
                for param, left in zip(params, yields, strict=True)
                if _is_array(param) and param not in self.varying and not self._returns(param, left)
            }
            if not changing:
                break
            self.varying |= changing
        for out, param in zip(stmt.outs, params, strict=True):
            if _is_array(out):
                source = self.source(param)
                self.sources[out] = self._named(out) or (
                    Source(out) if param in self.varying or not _is_array(param) else source
                )

    def _entering(self, param: Value, start: Any) -> Source:
        known = isinstance(start, Value) and _is_array(start) and param not in self.varying
        if not known:
            self.varying.add(param)
        return self.source(start) if known else Source(param)

    def _returns(self, param: Value, left: Any) -> bool:
        """Whether an iteration hands on an array of the shape that it was given."""
        return isinstance(left, Value) and _is_array(left) and self.source(left).key == self.source(param).key


class Contents:
    """Which values are read for what they contain, and not only for their shape."""

    def __init__(self, block: Block) -> None:
        # what is there for its shape alone, or for the error of making it
        self.bare: set[Value] = set()
        read: set[Value] = set(values_in(block.yields))
        statements = list(all_statements(block))
        for stmt in statements:
            for inner in blocks_of(stmt):
                read.update(values_in(inner.yields))
        for stmt in reversed(statements):
            if isinstance(stmt, Apply) and _may_be_bare(stmt) and stmt.outs[0] not in read:
                self.bare.add(stmt.outs[0])
            read.update(self.read_by(stmt))

    def read_by(self, stmt: Stmt) -> Iterator[Value]:
        """The values whose contents a statement reads directly."""
        if not isinstance(stmt, Apply):
            yield from operands(stmt)
            return
        place, bare = _LOOKS.get(stmt.primitive.name), stmt.outs[0] in self.bare
        for k, arg in enumerate(stmt.args):
            for v in values_in((arg,)):
                if not isinstance(v.type, Extent) and not ((bare or k == place) and _is_array(v)):
                    yield v


def _may_be_bare(stmt: Apply) -> bool:
    """Whether the contents of the operands do not matter where those of the result do not."""
    row = stmt.primitive
    if row is OPERATORS["@"]:
        # a product without elements is made of none
        return 0 in (shape_of(stmt.outs[0].type) or ())
    stretched = row.name == "np.broadcast_to(x, shape)" and _is_array(stmt.args[0])
    return stretched or _is_view(stmt) or row is TOGETHER


def _is_view(stmt: Apply) -> bool:
    """Whether a statement makes a view by basic means, whose shape follows from that of its operand."""
    row, first = stmt.primitive, stmt.args[0] if stmt.args else None
    basic = row.effect == "view" and row.cheap and _is_array(first) and len(stmt.outs) == 1
    return basic and (row is not GETITEM or is_basic(stmt.args[1]))


def _is_array(value: Any) -> bool:
    return isinstance(value, Value) and isinstance(value.type, Array) and bool(value.type.shape)


def view_of(row: Primitive, source: Source, rest: tuple[Arg, ...]) -> Source:
    """Where the shape of a view of an array comes from."""
    return Source(None, row, (source,), (_anywhere(rest[0]),) if row is GETITEM else rest)


def emptied(source: Source, axis: int) -> Source:
    """The view of a source that has no elements along one of its axes, and is as long along the others."""
    index = (*(_ALL,) * axis, _NOTHING)
    parts = index_parts(source.rest[0]) if source.row is GETITEM else (Literal(Ellipsis),)
    # the parts that leave an axis
    left = [k for k, part in enumerate(parts) if isinstance(part, Slice) or _is_new(part)]
    anywhere = any(isinstance(part, Literal) and part.value is Ellipsis for part in parts)
    if anywhere or (axis < len(left) and _is_new(parts[left[axis]])):
        return Source(None, GETITEM, (source,), (index if axis else _NOTHING,))
    if axis < len(left):
        parts = (*parts[: left[axis]], _NOTHING, *parts[left[axis] + 1 :])
    else:
        parts = (*parts, *index[len(left) :])
    return Source(None, GETITEM, source.of, (parts if len(parts) > 1 else parts[0],))


def _is_new(part: Arg) -> bool:
    return isinstance(part, Literal) and part.value is None


def _anywhere(index: Arg) -> Arg:
    """An index of the same shape: where an integer leads to does not matter."""
    parts = index if isinstance(index, tuple) else (index,)
    found = tuple(Literal(0) if isinstance(part, Value) else part for part in parts)
    return found if isinstance(index, tuple) else found[0]


def _key(shape: Shape) -> Any:
    return None if shape is None else tuple(n.key if isinstance(n, Dim) else n for n in shape)


def _has_dtype(source: Source, dtype: str | None) -> bool:
    if source.row is TOGETHER or source.is_assembled or dtype is None:
        return False
    if source.value is not None:
        return dtype_of(source.value.type) == dtype
    return _has_dtype(source.of[0], dtype)


def _values(source: Source) -> set[Value]:
    """The values that a stand-in is made of."""
    found = set(values_in(source.rest))
    if source.value is not None:
        found.add(source.value)
    return found.union(*map(_values, source.of))


def made(builder: Builder, source: Source) -> Any:
    """What has the shape of a source."""
    if source.value is not None:
        return source.value
    assert source.row is not None
    if source.is_assembled:
        return builder.append(_BROADCAST_TO, Literal(0.0), shape_made(builder, source))
    if source.row is not TOGETHER:
        return builder.append(source.row, *(made_array(builder, s) for s in source.of), *source.rest)
    parts = tuple(made(builder, s) for s in source.of)
    return parts[0] if len(parts) == 1 else builder.append(TOGETHER, parts)


def shape_made(builder: Builder, source: Source) -> Any:
    """The shape of a source."""
    if not source.is_assembled:
        return builder.expand("np.shape(x)", x=made(builder, source))
    return tuple(
        builder.expand("np.shape(x)[k]", x=n[0], k=n[1]) if isinstance(n, tuple) else n for n in source.rest
    )


def made_array(builder: Builder, source: Source) -> Any:
    """An array of the shape of a source, which can be indexed."""
    found = made(builder, source)
    if isinstance(found.type, Extent):
        found = builder.expand("np.broadcast_to(0.0, np.shape(x))", x=found)
    return found


def _defined(block: Block) -> set[Value]:
    found = {*block.params}
    for stmt in block.statements:
        found.update(stmt.outs)
        for inner in blocks_of(stmt):
            found |= _defined(inner)
    return found
