"""Outer products that a loop adds to a matrix, one an iteration: bundled, they are one product of matrices.

Adding an outer product passes over the whole matrix; a product of matrices adds many in one pass. In: a block
without dead code, after the last derivative has been taken. Out: the same block, in whose backward loops the
vectors wait on a list, together with their places, until there are enough of them. Not for matrices that the
loop reads, and not for outer products that only one branch of it computes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..ir.build import Builder
from ..ir.nodes import (
    Apply,
    Arg,
    Block,
    For,
    If,
    Items,
    Literal,
    Slice,
    Stmt,
    Value,
    all_statements,
    blocks_of,
    readers_of,
)
from ..ir.types import Array, ListOf, dtype_of, shape_of
from ..rules import lists
from ..rules.helpers import ACCUMULATE, OUTER_PRODUCTS, SLICE, WHOLE
from ..rules.indexing import INDEX_ADD, index_parts, is_whole
from ..rules.rule import OPERATORS
from .activity import carried_params
from .cotangents import same_shape

# how many outer products wait for each other: more do not make it quicker
_BUNDLE = 64
# what is behind these is an outer product as well: vectors of length 1 fill the places where they wait
_SEEN_THROUGH = ("x.T", "np.broadcast_to(x, shape)", "spread(c, x)")


@dataclass(frozen=True)
class _Term:
    """An outer product that is added to a matrix: its vectors and its place, and what computes it."""

    left: Any
    right: Any
    negated: bool
    place: tuple[Slice, ...]
    made: tuple[Apply, ...]


def bundle(block: Block) -> None:
    """Bundle the outer products of the backward loops in a block."""
    loops = [s for s in all_statements(block) if isinstance(s, For) and s.adjoint]
    if not any(_is_outer(s) for loop in loops for s in loop.body.statements):
        return
    _Bundles(readers_of(block)).block(block)


class _Bundles:
    def __init__(self, uses: dict[Value, list[Stmt | None]]) -> None:
        # the statements that read each value; None for a block that hands it on
        self.uses = uses
        self.builder = Builder()
        self.builder.adjoint = True

    def block(self, block: Block) -> None:
        """Bundle what the loops of a block add up, and those of the blocks in it."""
        statements: list[Stmt] = []
        definitions = {out: s for s in block.statements if isinstance(s, Apply) for out in s.outs}
        # what is written in place of a statement: behind it, or instead of it
        behind: dict[int, list[Stmt]] = {}
        for stmt in block.statements:
            for inner in blocks_of(stmt):
                self.block(inner)
            if id(stmt) in behind and not isinstance(stmt, For):
                statements += behind[id(stmt)]
                continue
            statements.append(stmt)
            if not isinstance(stmt, For) or not stmt.adjoint or stmt.stops or _is_short(stmt):
                continue
            for k in range(len(stmt.init)):
                chain = self._chain(stmt, k)
                if any(term is not None for _, term in chain):
                    later = self._later(stmt.outs[k], definitions)
                    statements.insert(-1, self._wait(stmt, k, chain, later, behind))
            statements += behind.get(id(stmt), [])
        block.statements = statements

    def _chain(self, loop: For, k: int) -> list[tuple[Apply, _Term | None]]:
        """What is added to a matrix, one after the other; nothing if the loop reads it otherwise."""
        value = carried_params(loop)[k]
        if not isinstance(value.type, Array) or len(value.type.shape or ()) != 2:
            return []
        definitions = {out: s for s in loop.body.statements if isinstance(s, Apply) for out in s.outs}
        chain: list[tuple[Apply, _Term | None]] = []
        while True:
            readers = self.uses.get(value, [])
            if readers == [None] and loop.body.yields[k] is value:
                return chain
            stmt = readers[0] if len(readers) == 1 else None
            if not isinstance(stmt, Apply) or stmt.outs[0] not in definitions or stmt.args[0] is not value:
                return []
            if stmt.primitive not in (INDEX_ADD, ACCUMULATE):
                return []
            chain.append((stmt, self._term(stmt, value, definitions)))
            value = stmt.outs[0]

    def _later(self, value: Value, definitions: dict[Value, Apply]) -> list[tuple[Apply, _Term]]:
        """The outer products that are added behind a loop to what it has added up, before anything else."""
        found: list[tuple[Apply, _Term]] = []
        while True:
            readers = self.uses.get(value, [])
            stmt = readers[0] if len(readers) == 1 else None
            if not isinstance(stmt, Apply) or stmt.outs[0] not in definitions or not stmt.adjoint:
                return found
            if stmt.primitive is not OPERATORS["+"] and (
                stmt.primitive not in (INDEX_ADD, ACCUMULATE) or stmt.args[0] is not value
            ):
                return found
            term = self._term(stmt, value, definitions)
            if term is None or not same_shape(shape_of(stmt.outs[0].type), shape_of(value.type)):
                return found
            found.append((stmt, term))
            value = stmt.outs[0]

    def _term(self, stmt: Apply, matrix: Value, definitions: dict[Value, Apply]) -> _Term | None:
        """The outer product that a statement adds to a matrix, if it adds one."""
        place = _place(stmt.args[1]) if stmt.primitive is INDEX_ADD else ()
        added: Any = stmt.args[0] if stmt.args[-1] is matrix else stmt.args[-1]
        made = [stmt]
        turned = negated = False
        while isinstance(added, Value) and added in definitions and len(self.uses[added]) == 1:
            maker = definitions[added]
            made.append(maker)
            if _is_outer(maker):
                left, right = maker.args[::-1] if turned else maker.args
                if place is None or not _are_vectors(matrix, left, right):
                    return None
                return _Term(left, right, negated, place, tuple(made))
            if maker.primitive is not OPERATORS["neg"] and maker.primitive.name not in _SEEN_THROUGH:
                return None
            negated ^= maker.primitive is OPERATORS["neg"]
            turned ^= maker.primitive.name == "x.T"
            added = maker.args[0]
        return None

    def _wait(
        self,
        loop: For,
        k: int,
        chain: list[tuple[Apply, _Term | None]],
        later: list[tuple[Apply, _Term]],
        behind: dict[int, list[Stmt]],
    ) -> Stmt:
        """Let the vectors of a chain wait in a loop, and add the last ones behind it, with those that come
        `later`; the list of them.
        """
        param, old, loc = carried_params(loop)[k], loop.outs[k], chain[-1][0].loc
        terms = {id(stmt): term for stmt, term in chain if term is not None}
        gone = {id(s) for term in terms.values() for s in term.made}
        first = waiting = Value(ListOf(None), f"{param.hint}_terms" if param.hint else "terms", True)
        total = param
        with self.builder.block() as body:
            for stmt in loop.body.statements:
                term = terms.get(id(stmt))
                if term is not None:
                    with self.builder.at(stmt.loc):
                        waiting = self._append(waiting, term)
                elif any(stmt is link for link, _ in chain):
                    assert isinstance(stmt, Apply)
                    stmt.args, total = (total, *stmt.args[1:]), stmt.outs[0]
                if id(stmt) not in gone:
                    body.append(stmt)
            with self.builder.at(loc):
                total, rest = self._flush(total, waiting)
        with self.builder.block() as before, self.builder.at(loc):
            empty = self._list(waiting)
        loop.init = (*loop.init, empty)
        left, inner = _like(waiting), _like(old)
        first.type = waiting.type
        yields = (*loop.body.yields[:k], total, *loop.body.yields[k + 1 :], rest)
        loop.body = Block((*loop.body.params, first), body, yields)
        loop.outs = (*loop.outs[:k], inner, *loop.outs[k + 1 :], left)
        last = later[-1][0] if later else None
        for term in (t for _, t in later):
            behind.update((id(s), []) for s in term.made)
        rows = behind.setdefault(id(last or loop), [])
        for stmt, term in later:
            with self.builder.within(rows), self.builder.at(stmt.loc):
                left = self._append(left, term)
        with self.builder.within(rows), self.builder.at(last.loc if last else loc):
            self._add(inner, left, last.outs[0] if last else old)
        return before[0]

    def _append(self, waiting: Value, term: _Term) -> Value:
        """The list with one more term."""
        build = self.builder
        left = build.append(OPERATORS["neg"], term.left) if term.negated else term.left
        place = [
            build.append(WHOLE, p.stop) if is_whole(p) else build.append(SLICE, p.start, p.stop)
            for p in term.place
        ]
        record = build.append(lists.RECORD, Items((left, term.right, *place)))
        longer = build.append(lists.LIST_APPEND, waiting, record, hint=waiting.hint, named=True)
        assert isinstance(longer, Value)
        return longer

    def _flush(self, total: Value, waiting: Value) -> tuple[Value, Value]:
        """Add what waits if it is enough: the matrix and what waits then."""
        build = self.builder
        test = build.expand("len(x) >= n", x=waiting, n=Literal(_BUNDLE))
        new = _like(total)
        with build.block() as inner:
            self._add(total, waiting, new)
            empty = self._list(waiting)
        outs = _like(total), _like(waiting)
        then, orelse = Block((), inner, (new, empty)), Block((), [], (total, waiting))
        build.statements.append(If(outs, test, then, orelse, build.loc, True))
        return outs

    def _list(self, waiting: Value) -> Value:
        """A list like another one, with nothing on it."""
        empty = self.builder.append(lists.LIST_MAKE, Items(()), hint=waiting.hint, named=True)
        assert isinstance(empty, Value)
        empty.type = waiting.type
        return empty

    def _add(self, total: Value, waiting: Value, out: Value) -> None:
        """Add what waits to a matrix."""
        products = self.builder.append(OUTER_PRODUCTS, waiting, total)
        last = Apply((out,), ACCUMULATE, (total, products), self.builder.loc, True)
        self.builder.statements.append(last)


def _like(value: Value) -> Value:
    return Value(value.type, value.hint, value.named)


def _are_vectors(matrix: Value, left: Any, right: Any) -> bool:
    """Whether two operands are vectors of the dtype of a matrix."""
    vectors = all(isinstance(v, Value) and len(shape_of(v.type) or ()) == 1 for v in (left, right))
    return vectors and {dtype_of(v.type) for v in (matrix, left, right)} in ({"float64"}, {"float32"})


def _is_outer(stmt: Stmt) -> bool:
    return isinstance(stmt, Apply) and stmt.primitive.name == "np.outer(a, b)"


def _is_short(loop: For) -> bool:
    """Whether a loop is known to have only a few iterations."""
    span = [a.value for a in loop.range if isinstance(a, Literal)]
    return len(span) == 3 and len(range(*span)) < 4


def _place(index: Arg) -> tuple[Slice, ...] | None:
    """The slices of the rows and of the columns that an index selects; None if it selects otherwise."""
    parts = [p for p in index_parts(index) if isinstance(p, Slice) and _has_no_step(p)]
    if len(parts) != len(index_parts(index)) or len(parts) > 2:
        return None
    none = Literal(None)
    return (*parts, *(Slice(none, none, none),) * (2 - len(parts)))


def _has_no_step(part: Slice) -> bool:
    return isinstance(part.step, Literal) and part.step.value in (None, 1)
