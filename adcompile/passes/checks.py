"""What is left of a statement of the program that a derivative needs for nothing but the error it may raise.

A gradient does not need `w * C`, but where their shapes do not fit the program raises, and so must the
gradient. In: a finished block. Out: the same block with statements that compare shapes of arrays which are
there anyway (`np.broadcast(w, C)`, `x[:0] @ y`), and the statements in whose place these raise. Not for
statements whose values are needed: those raise by themselves. That a check leaves the loops which do not
change its outcome is up to `hoist`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir.build import Builder
from ..ir.nodes import (
    Apply,
    Arg,
    Block,
    Call,
    For,
    If,
    Literal,
    Stmt,
    Through,
    Value,
    While,
    all_statements,
    blocks_of,
    operands,
    values_in,
)
from ..ir.types import Array, shape_of
from ..rules.helpers import FIT, SUMMABLE
from ..rules.indexing import GETITEM, TOGETHER, WRITES, is_basic
from ..rules.rule import FUNCTIONS, OPERATORS
from ..rules.typing import known, typ
from .activity import carried_params, carried_yields
from .common import key_of
from .fitting import CONTRACTIONS, RESHAPE, SOLVE, TENSORDOT, VDOT, may_not_fit, place_shape
from .free import FIRST, has_free_axis, replace_free_axes
from .proofs import Proofs
from .raising import may_raise
from .shapes import Shapes, Source, emptied, made, made_array, shape_made, view_of

_NONE = Literal(None)
_BROADCAST_TO = FUNCTIONS[np.broadcast_to]
_SHAPES = FUNCTIONS[np.broadcast_shapes]


def add_checks(block: Block) -> Collection[Stmt]:
    """Insert checks in a block and in the blocks in it; the statements that need not raise now."""
    needed = _needed(block)
    unread = _unread(block, needed)
    if not unread:
        return ()
    shapes = Shapes(block, assembled=True)
    proofs = Proofs(block, shapes, needed, unread)
    kept = [stmt for stmt in unread if not proofs.cannot_fail(stmt) and not _has_stand_in(stmt)]
    if kept:
        needed = _needed(block, kept)
        unread = [stmt for stmt in unread if needed.isdisjoint(stmt.outs)]
        proofs = Proofs(block, shapes, needed, unread)
    checks = _Checks(shapes, needed, proofs, set(unread))
    checks.block(block, ())
    return checks.checked


def proven(block: Block) -> Collection[Stmt]:
    """The statements of a block and of the blocks in it that need not raise because others do."""
    needed = _needed(block)
    unread = _unread(block, needed)
    if not unread:
        return ()
    proofs = Proofs(block, Shapes(block, assembled=True), needed, unread)
    return {stmt for stmt in unread if not may_not_fit(stmt) and proofs.cannot_fail(stmt)}


def _unread(block: Block, needed: set[Value]) -> list[Apply]:
    """The statements that may raise, and are there for nothing else."""
    return [
        stmt
        for stmt in all_statements(block)
        if isinstance(stmt, Apply) and not stmt.adjoint and needed.isdisjoint(stmt.outs) and may_raise(stmt)
    ]


def quicken_checks(block: Block) -> None:
    """Let loops see quickly that an array has the shape that it is to be broadcast to."""
    read = {v for stmt in all_statements(block) for v in (*operands(stmt), *_yielded(stmt))}
    read.update(values_in(block.yields))
    for loop in all_statements(block):
        for inner in blocks_of(loop) if isinstance(loop, (For, While)) else ():
            for stmt in all_statements(inner):
                if not isinstance(stmt, Apply) or stmt.primitive is not _BROADCAST_TO:
                    continue
                if read.isdisjoint(stmt.outs) and isinstance(typ(stmt.args[0]), Array):
                    stmt.primitive = FIT


def _yielded(stmt: Stmt) -> Iterator[Value]:
    for block in blocks_of(stmt):
        yield from values_in(block.yields)


def _needed(block: Block, kept: Collection[Apply] = ()) -> set[Value]:
    """The values that results, effects and the paths of a block need, and the statements that are `kept`."""
    sources: dict[Value, list[Value]] = {}
    roots: list[Any] = [*block.yields, *(v for stmt in kept for v in (*stmt.outs, *operands(stmt)))]
    for stmt in all_statements(block):
        if isinstance(stmt, (Apply, Call)):
            inputs = list(operands(stmt))
            for out in stmt.outs:
                sources.setdefault(out, []).extend(inputs)
            if isinstance(stmt, Call) or stmt.primitive.effect == "opaque":
                roots += inputs
        elif isinstance(stmt, If):
            roots.append(stmt.test)
            for inner in (stmt.then, stmt.orelse):
                for out, atom in zip(stmt.outs, inner.yields, strict=True):
                    sources.setdefault(out, []).extend(values_in((atom,)))
        else:
            _needed_by_loop(stmt, sources, roots)
    found: set[Value] = set()
    pending = list(values_in(roots))
    while pending:
        v = pending.pop()
        if v not in found:
            found.add(v)
            pending += sources.get(v, ())
    for stmt in all_statements(block):
        if isinstance(stmt, (For, While)):
            # what a loop hands on it hands out as well
            found.update(o for o, p in zip(stmt.outs, carried_params(stmt), strict=True) if p in found)
    return found


def _needed_by_loop(stmt: For | While, sources: dict[Value, list[Value]], roots: list[Any]) -> None:
    params, yields = carried_params(stmt), carried_yields(stmt)
    tested = stmt.test.params if isinstance(stmt, While) else params
    for out, param, test, *atoms in zip(stmt.outs, params, tested, stmt.init, yields, strict=True):
        for v in {out: None, param: None, test: None}:
            sources.setdefault(v, []).extend(values_in(atoms))  # type: ignore[arg-type]
    if isinstance(stmt, While):
        roots += stmt.test.yields
    else:
        roots += stmt.range
    if stmt.stops:
        roots.append(stmt.body.yields[0])


@dataclass(frozen=True)
class _Check:
    """What is compared, and how."""

    kind: str
    # the sources of the shapes, by their keys
    keys: frozenset[Any]
    # which of them is the one that the others are to fit
    place: Any = None

    def implies(self, other: _Check) -> bool:
        """Whether another check passes if this one does."""
        return self == other or (other.kind == "together" and self.kind != "@" and other.keys <= self.keys)


@dataclass
class _Group:
    """A statement, or those that have been added for a check, and what has passed once they are executed."""

    check: _Check | None
    statements: list[Stmt]
    added: bool = False


class _Checks:
    def __init__(self, shapes: Shapes, needed: set[Value], proofs: Proofs, unread: set[Apply]) -> None:
        self.shapes = shapes
        self.needed = needed
        self.proofs = proofs
        self.unread = unread
        self.checked: set[Stmt] = set()
        self.builder = Builder()
        self.loops = 0

    def block(self, block: Block, outer: tuple[_Check, ...]) -> None:
        """Insert the checks of a block; `outer` are those that are made before it."""
        groups: list[_Group] = []
        for stmt in block.statements:
            self.loops += isinstance(stmt, (For, While))
            for inner in blocks_of(stmt):
                self.block(inner, (*outer, *_made(groups)))
            self.loops -= isinstance(stmt, (For, While))
            itself = _Group(None, [stmt])
            if stmt in self.unread:
                assert isinstance(stmt, Apply)
                groups = self._replaced(stmt, groups, outer)
            elif isinstance(stmt, Apply) and not stmt.adjoint and may_not_fit(stmt):
                itself.check = self._check(stmt)[0]
                groups = _without(groups, itself.check)
            groups.append(itself)
        block.statements = [stmt for group in groups for stmt in group.statements]

    def _replaced(self, stmt: Apply, groups: list[_Group], outer: tuple[_Check, ...]) -> list[_Group]:
        """What stands before a statement that nothing needs, with what raises in its place."""
        parts = []
        if not self.proofs.cannot_fail(stmt):
            parts.append(self._stand_in(stmt))
            self.proofs.add(stmt)
        if may_not_fit(stmt):
            parts.append(self._check(stmt))
        if not all(check is not None for check, _ in parts):
            return groups
        self.checked.add(stmt)
        for check, found in parts:
            assert check is not None
            implied = any(earlier.implies(check) for earlier in (*outer, *_made(groups)))
            if any(map(_raises, found)) and not implied:
                groups = [*_without(groups, check), _Group(check, found, True)]
        return groups

    def _stand_in(self, stmt: Apply) -> tuple[_Check | None, list[Stmt]]:
        """What fails if a statement does, of arrays of the same shapes that need not be computed."""
        row = stmt.primitive
        with self.builder.block() as found, self.builder.at(stmt.loc):
            if row is GETITEM or row in WRITES:
                check = self._indexed(*stmt.args[:2])
            elif _has_stand_in(stmt):
                check = self._emptied(stmt)
            else:
                check = None
        return check, found

    def _indexed(self, a: Any, index: Arg) -> _Check:
        """A read at the same index."""
        place = self._source(a)
        if isinstance(index, Through):
            for row, rest in index.steps:
                place = view_of(row, place, rest)
            index = index.index
        self.builder.append(GETITEM, made_array(self.builder, place), index)
        return _Check("index", frozenset(), (place.key, key_of(index)))

    def _emptied(self, stmt: Apply) -> _Check:
        """The same of arrays that have no elements along an axis of which the length does not matter."""
        sources = []

        def without(arg: Arg, axis: int | None, short: bool) -> Arg:
            assert isinstance(arg, Value)
            source = self._source(arg)
            sources.append(source.key)
            if axis is not None:
                source = view_of(GETITEM, source, (FIRST,)) if short else emptied(source, axis)
            return made_array(self.builder, source)  # type: ignore[no-any-return]

        args = replace_free_axes(stmt, without)
        assert args is not None
        self.builder.append(stmt.primitive, *args)
        return _Check("same", frozenset(), (id(stmt.primitive), *sources, *map(key_of, args)))

    def _check(self, stmt: Apply) -> tuple[_Check | None, list[Stmt]]:
        """What raises if a statement does, so that it need not be computed; None if nothing else does."""
        with self.builder.block() as found, self.builder.at(stmt.loc):
            if stmt.primitive in CONTRACTIONS or stmt.primitive in (SOLVE, VDOT):
                check = self._contraction(*stmt.args)
            elif stmt.primitive is TENSORDOT:
                check = self._summed(*stmt.args)
            elif stmt.primitive is RESHAPE:
                check = self._reshaped(*stmt.args)
            elif stmt.primitive in WRITES:
                check = self._written(*stmt.args)
            elif _is_elementwise(stmt):
                check = self._together([v for v in operands(stmt) if shape_of(v.type) != ()])
            else:
                check = None
        return check, found

    def _source(self, value: Value) -> Source:
        """Where a shape comes from: outside of loops, the value itself if it is computed anyway."""
        if value in self.needed and not self.loops:
            return Source(value)
        return self.shapes.source(value)

    def _parts(self, values: list[Value]) -> dict[Any, Source]:
        """The sources of arrays that are broadcast with each other, each once, by key."""
        return {part.key: part for v in values for part in self._source(v).parts}

    def _together(self, arrays: list[Value]) -> _Check:
        """What is broadcast with each other: all the arrays that it was made of."""
        parts = self._parts(arrays)
        if len(parts) > 1 and any(part.is_assembled for part in parts.values()):
            self.builder.append(_SHAPES, tuple(shape_made(self.builder, part) for part in parts.values()))
        elif len(parts) > 1:
            made(self.builder, Source(None, TOGETHER, tuple(parts.values())))
        return _Check("together", frozenset(parts))

    def _written(self, a: Any, index: Any, v: Any) -> _Check | None:
        """What is written, part by part, broadcast to the shape of its place; None if an array tells that."""
        axes, own = place_shape(a, index), shape_of(v.type)
        if axes is None or own is None or len(own) > len(axes):
            return None
        if not is_basic(index.index if isinstance(index, Through) else index):
            return None
        place, parts = self._source(a), self._parts([v])
        for row, rest in index.steps if isinstance(index, Through) else ():
            place = view_of(row, place, rest)
        place = view_of(GETITEM, place, (index.index if isinstance(index, Through) else index,))
        for key, part in parts.items():
            if key != place.key:
                x, whole = made(self.builder, part), made(self.builder, place)
                self.builder.expand("np.broadcast_to(x, np.shape(a))", x=x, a=whole)
        return _Check("=", frozenset((*parts, place.key)), place.key)

    def _summed(self, x: Any, y: Any, axes: Arg) -> _Check | None:
        """The lengths of the axes that are summed over; None if the axes are not known."""
        if not known(axes):
            return None
        sources = [self._source(v) for v in (x, y)]
        self.builder.append(SUMMABLE, *(shape_made(self.builder, s) for s in sources), axes)
        return _Check("summable", frozenset(), (*(s.key for s in sources), key_of(axes)))

    def _reshaped(self, a: Any, *shape: Arg) -> _Check | None:
        """An array of as many elements, given that shape; None where there is none for its shape alone."""
        source = self._source(a)
        if not isinstance(source.value, Value):
            return None
        made(self.builder, view_of(RESHAPE, source, shape))
        return _Check("reshape", frozenset(), (source.key, key_of(shape)))

    def _contraction(self, x: Any, y: Any) -> _Check | None:
        """A product of the same lengths that multiplies nothing; None for stacks of matrices."""
        ranks = tuple(len(shape_of(v.type) or ()) for v in (x, y))
        if not {*ranks} <= {1, 2}:
            return None
        left, right = (self._source(v) for v in (x, y))
        keys = left.key, right.key
        if ranks == (1, 1):
            left = view_of(GETITEM, left, (_NONE,))
        if ranks == (1, 2):
            right = emptied(right, 1)
        else:
            left = emptied(left, 0)
        self.builder.append(OPERATORS["@"], *(made_array(self.builder, source) for source in (left, right)))
        return _Check("@", frozenset(), keys)


def _without(groups: list[_Group], check: _Check | None) -> list[_Group]:
    """What stands before a check, without those that it implies, as far as nothing else is done between."""
    kept: list[_Group] = []
    for k in reversed(range(len(groups))):
        group = groups[k]
        if not all(isinstance(s, Apply) and s.primitive.effect != "opaque" for s in group.statements):
            return [*groups[: k + 1], *reversed(kept)]
        if not (check and group.check and group.added and check.implies(group.check)):
            kept.append(group)
    return kept[::-1]


def _made(groups: list[_Group]) -> list[_Check]:
    return [group.check for group in groups if group.check is not None]


def _has_stand_in(stmt: Apply) -> bool:
    """Whether something that costs nothing fails if a statement does."""
    row = stmt.primitive
    if row is GETITEM or row in WRITES:
        return isinstance(typ(stmt.args[0]), Array)
    return has_free_axis(stmt)


def _raises(stmt: Stmt) -> bool:
    return isinstance(stmt, Apply) and may_raise(stmt)


def _is_elementwise(stmt: Apply) -> bool:
    """Whether a statement broadcasts its operands with each other."""
    row = stmt.primitive
    return row.pointwise and row.effect == "pure" and all(isinstance(a, (Value, Literal)) for a in stmt.args)
