"""Loop-invariant motion: what every iteration would compute alike is computed once, before the loop.

In: a block. Out: the same block, in which pure statements whose operands a loop does not change stand before
the loop. They go only where nobody can tell: they never raise and never warn, or else they are put under the
condition that the loop runs at all, and pass nothing that could have raised or had an effect before them.
What is for free stays in its place, as does what becomes memory that is written to, or goes on a list.
Applied to a program before it is differentiated, the work of its derivative leaves the loop as well; applied
to a derivative, its partials do. Not for what only one branch in a loop computes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..ir.build import Builder
from ..ir.nodes import (
    UNDEFINED,
    Apply,
    Arg,
    Atom,
    Block,
    Call,
    For,
    If,
    Literal,
    Slice,
    Stmt,
    Value,
    While,
    all_statements,
    blocks_of,
    clone_stmt,
    free_values,
    operands,
    readers_of,
    values_in,
)
from ..ir.types import Array, Scalar, ShapeOf, is_differentiable, is_python
from ..rules import lists
from ..rules.indexing import GETITEM, index_parts
from ..rules.rule import OPERATORS
from ..rules.typing import typ
from .alias import Classes
from .common import is_shareable
from .fitting import may_not_fit
from .keep import is_cheap
from .raising import may_fail
from .shapes import Contents

Range = tuple[Atom, Atom, Atom]

# what may happen when a statement runs, in the order of what it may pass
_NOTHING, _WARNING, _ERROR, _EFFECT = range(4)


def hoist(block: Block, unsure: Iterable[Value] = ()) -> None:
    """Move what is invariant out of the loops of a block and of the blocks in it.

    `unsure` are values of another block that may not have been assigned there, as `unsure_values` finds them.
    """
    if any(isinstance(stmt, (For, While)) for stmt in all_statements(block)):
        _Motion(block, unsure).block(block, ())


def unsure_values(block: Block) -> set[Value]:
    """The values of a block that only some paths may have assigned."""
    return {out for s in all_statements(block) if not isinstance(s, Apply) for out in (*s.outs, *_carried(s))}


class _Motion:
    def __init__(self, root: Block, unsure: Iterable[Value]) -> None:
        classes = Classes()
        classes.block(root)
        fixed = {*classes.updated, *(classes.find(v) for v in _kept(root))}
        # arrays that have to be new in each iteration
        self.fresh = {v for v in classes.parent.keys() | fixed if classes.find(v) in fixed}
        # of which only the shape is looked at, whatever becomes of the memory
        self.bare = Contents(root).bare
        self.read = readers_of(root).keys()
        self.unsure = {*unsure, *unsure_values(root)}

    def block(self, block: Block, running: tuple[Range, ...]) -> None:
        """Move what is invariant in a block; the ranges `running` are known not to be empty."""
        statements: list[Stmt] = []
        for stmt in block.statements:
            inside = (*running, stmt.range) if isinstance(stmt, For) else running
            for inner in blocks_of(stmt):
                self.block(inner, inside)
            if isinstance(stmt, For):
                taken = self._taken(stmt, stmt.body, _ERROR)
                statements += taken if _is_running(stmt, running) else self._guarded(stmt, taken)
            elif isinstance(stmt, While):
                # the test is computed once at least; nobody knows whether the body is
                statements += self._taken(stmt, stmt.test, _ERROR)
                statements += self._taken(stmt, stmt.body, _NOTHING)
            statements.append(stmt)
        block.statements = statements

    def _taken(self, loop: For | While, body: Block, worst: int) -> list[Stmt]:
        """The statements of a body that go before the loop; they are removed from it.

        `worst` is the most that may happen in one of them.
        """
        inside = _defined(loop)
        # `while x > 10.0 ** -digits` says what it means where it stands
        numbers = isinstance(loop, For) or loop.adjoint
        wanted = self._closure(self._invariant(body, inside), numbers, loop.adjoint)
        before = _NOTHING
        taken: list[Stmt] = []
        for stmt in body.statements:
            risk = self._risk(stmt)
            # a warning may come before an error that follows from the same operands, but not an error
            # of two errors one comes up, and that of a shape may be the one
            most = _ERROR if self._looks(stmt) else _WARNING + _ERROR - risk
            passes = risk == _NOTHING or (risk <= worst and before <= most)
            if stmt in wanted and passes and inside.isdisjoint(_reads(stmt)):
                taken.append(stmt)
                inside.difference_update(stmt.outs)
            else:
                before = max(before, risk)
        found = self._closure(taken, numbers, loop.adjoint)
        body.statements = [s for s in body.statements if s not in found]
        if loop.adjoint:
            for stmt in found:
                stmt.adjoint = True
        return found

    def _closure(self, statements: list[Stmt], numbers: bool, adjoint: bool) -> list[Stmt]:
        """Of some statements, those that are work, and those that these need.

        `numbers` says that work on numbers counts, and `adjoint` that this is the loop of a backward sweep.
        """
        needed: set[Value] = set()
        found: list[Stmt] = []
        for stmt in reversed(statements):
            if self._checks(stmt) or _is_work(stmt, numbers, adjoint) or needed.intersection(stmt.outs):
                found.append(stmt)
                needed.update(_reads(stmt))
        return found[::-1]

    def _checks(self, stmt: Stmt) -> bool:
        """Whether a statement is there for the error that it may raise."""
        return isinstance(stmt, Apply) and self.read.isdisjoint(stmt.outs) and may_fail(stmt)

    def _invariant(self, body: Block, inside: set[Value]) -> list[Stmt]:
        """The pure statements of a body that read nothing which an iteration computes, but one another."""
        inside = set(inside)
        found: list[Stmt] = []
        for stmt in body.statements:
            if self._is_pure(stmt) and inside.isdisjoint(_reads(stmt)):
                found.append(stmt)
                inside.difference_update(stmt.outs)
        return found

    def _is_pure(self, stmt: Stmt) -> bool:
        if isinstance(stmt, If):
            whole = all(map(self._is_pure, (*stmt.then.statements, *stmt.orelse.statements)))
        else:
            whole = isinstance(stmt, Apply) and is_shareable(stmt)
        return whole and all(out not in self.fresh or out in self.bare for out in stmt.outs)

    def _looks(self, stmt: Stmt) -> bool:
        """Whether a statement only looks at shapes, and raises if they are not what they should be."""
        if isinstance(stmt, If):
            inner = (*stmt.then.statements, *stmt.orelse.statements)
            return all(self._risk(s) == _NOTHING or self._looks(s) for s in inner)
        return isinstance(stmt, Apply) and self.bare.issuperset(stmt.outs)

    def _risk(self, stmt: Stmt) -> int:
        """What may happen when a statement runs."""
        if isinstance(stmt, (Call, While)):
            return _EFFECT
        if not isinstance(stmt, Apply):
            return max([_WARNING, *(self._risk(s) for b in blocks_of(stmt) for s in b.statements)])
        row = stmt.primitive
        if row.effect == "opaque":
            return _EFFECT
        if row in (lists.LIST_POP, lists.LIST_APPEND, lists.LIST_INSERT, lists.LIST_MAKE):
            return _NOTHING
        if _is_silent(stmt):
            return _WARNING if self.unsure.intersection(operands(stmt)) else _NOTHING
        return _WARNING if _only_warns(stmt) else _ERROR

    def _guarded(self, loop: For, taken: list[Stmt]) -> list[Stmt]:
        """The statements that go before a loop; what could be noticed is computed only if the loop runs."""
        late: set[Value] = set()
        noticed: list[Stmt] = []
        for stmt in taken:
            if not late.isdisjoint(_reads(stmt)) or self._risk(stmt) != _NOTHING:
                noticed.append(stmt)
                late.update(stmt.outs)
        if not noticed:
            return taken
        # what only these need goes with them
        elsewhere = set(free_values(loop.body))
        guarded: list[Stmt] = []
        silent: list[Stmt] = []
        for stmt in reversed(taken):
            if stmt in noticed or elsewhere.isdisjoint(stmt.outs):
                guarded.insert(0, stmt)
            else:
                silent.insert(0, stmt)
                elsewhere.update(_reads(stmt))
        builder = Builder()
        with builder.block() as testing, builder.at(loop.loc, loop.adjoint):
            test = _runs(builder, *loop.range)
        mapping: dict[Value, Any] = {}
        inner = [clone_stmt(stmt, mapping) for stmt in guarded]
        made = [out for stmt in guarded for out in stmt.outs]
        self.bare.update(mapping[out] for out in made if out in self.bare)
        outs = tuple(out for out in made if out in elsewhere)
        self.unsure.update(outs)
        then = Block((), inner, tuple(mapping[out] for out in outs))
        orelse = Block((), [], (UNDEFINED,) * len(outs))
        return [*silent, *testing, If(outs, test, then, orelse, loop.loc, loop.adjoint)]


def _reads(stmt: Stmt) -> list[Value]:
    return [*operands(stmt), *(v for b in blocks_of(stmt) for v in free_values(b))]


def _defined(loop: For | While) -> set[Value]:
    """All values that a loop defines, in itself and in the blocks in it."""
    found: set[Value] = set()
    pending = list(blocks_of(loop))
    while pending:
        block = pending.pop()
        found.update(block.params)
        for stmt in block.statements:
            found.update(stmt.outs)
            pending.extend(blocks_of(stmt))
    return found


def _carried(stmt: Stmt) -> tuple[Value, ...]:
    if isinstance(stmt, For):
        return stmt.body.params[1:]
    return (*stmt.test.params, *stmt.body.params) if isinstance(stmt, While) else ()


def _kept(root: Block) -> Iterable[Value]:
    """The arrays that go where they are told apart: on lists, and into calls."""
    for stmt in all_statements(root):
        if isinstance(stmt, Call):
            yield from stmt.outs
            yield from values_in(stmt.args)
        elif isinstance(stmt, Apply) and (
            stmt.primitive in lists.KEEPING or stmt.primitive.effect == "opaque"
        ):
            yield from (v for v in values_in(stmt.args) if not isinstance(v.type, (Scalar, ShapeOf)))


# -- what it is worth ----------------------------------------------------------------------------------------


def _is_work(stmt: Stmt, numbers: bool, adjoint: bool) -> bool:
    """Whether a statement costs more than the reader gains who sees it in its place.

    The cheap arithmetic of the program stays where it is, that of a derivative does not. Sums of indices do.
    """
    if not isinstance(stmt, Apply):
        return any(_is_work(s, numbers, adjoint) for b in blocks_of(stmt) for s in b.statements)
    row = stmt.primitive
    if not stmt.adjoint and may_not_fit(stmt):
        return True
    if row.effect == "view" or row.name == "np.shape(x)":
        return False
    if not numbers and all(isinstance(v.type, Scalar) for v in (*stmt.outs, *operands(stmt))):
        return False
    if not is_cheap(stmt):
        return True
    return (adjoint or stmt.adjoint) and row.pointwise and is_differentiable(stmt.outs[0].type)


# -- what may happen -----------------------------------------------------------------------------------------

_SUMS = ("x + y", "x - y", "x * y", "x < y", "x > y", "x <= y", "x >= y", "x == y", "x != y")
_MOVES = ("x.T", "-x", "+x", "np.shape(x)", "np.copy(a)", "x.copy()", "np.absolute(x)")


def _is_silent(stmt: Apply) -> bool:
    """Whether a statement neither raises nor warns, whatever its operands are."""
    row = stmt.primitive
    if row is GETITEM:
        return _is_silent_read(stmt)
    types = [typ(a) for a in stmt.args]
    if row.name in _SUMS:
        # of Python's numbers of one kind: an int may be too large for a float
        kinds = {v.type.dtype for v in values_in(stmt.args) if isinstance(v.type, Scalar)}
        return all(map(is_python, types)) and kinds <= {"float64", "int64"} and len(kinds) == 1
    if row.name == "np.sqrt(x)":
        # of the length of an axis
        return isinstance(types[0], Scalar) and types[0].size is not None
    return row.name in _MOVES and isinstance(types[0], (Array, Scalar)) and types[0].dtype != "bool"


def _is_silent_read(stmt: Apply) -> bool:
    """Whether a read is of a slice, or of a length that is there."""
    t, index = typ(stmt.args[0]), stmt.args[1]
    parts = index_parts(index)
    if isinstance(t, ShapeOf):
        rank = None if t.shape is None else len(t.shape)
        return rank is not None and isinstance(index, Literal) and -rank <= index.value < rank
    if not isinstance(t, Array) or t.shape is None or len(parts) > len(t.shape):
        return False
    return all(isinstance(p, Slice) and _is_sliceable(p) for p in parts)


def _is_sliceable(part: Slice) -> bool:
    step = isinstance(part.step, Literal) and part.step.value != 0
    return step and all(isinstance(b, Literal) or isinstance(typ(b), Scalar) for b in (part.start, part.stop))


_REDUCTIONS = ("np.sum(", "np.mean(", "np.outer(")


def _only_warns(stmt: Apply) -> bool:
    """Whether no more than a warning can come of a statement: arithmetic of NumPy's numbers that fit."""
    row = stmt.primitive
    types = [typ(a) for a in stmt.args]
    if row.name == "x @ y" or row.name.startswith(_REDUCTIONS):
        certain = isinstance(types[0], Array) and types[0].dtype is not None and types[0].dtype[0] in "fc"
        return certain and not may_not_fit(stmt) and all(map(_is_plain, stmt.args[1:]))
    if not row.pointwise or not (row.name.startswith("np.") or row in OPERATORS.values()):
        return False
    if not all(isinstance(t, (Scalar, Array)) and t.dtype is not None for t in types) or may_not_fit(stmt):
        return False
    numpy = row.name.startswith("np.") or any(not isinstance(t, Scalar) or t.origin == "np" for t in types)
    out = stmt.outs[0].type
    return numpy and isinstance(out, (Scalar, Array)) and (out.dtype or "?")[0] in "fcb"


def _is_plain(arg: Arg) -> bool:
    """Whether an argument is an option that is known, or an operand of a known kind."""
    t = typ(arg) if isinstance(arg, (Value, Literal)) else None
    return isinstance(arg, Literal) or (isinstance(t, (Scalar, Array)) and t.dtype is not None)


# -- loops that may not run ----------------------------------------------------------------------------------


def _is_running(loop: For, running: tuple[Range, ...]) -> bool:
    """Whether a loop certainly runs: its range is known, or that of a loop around it."""
    if all(isinstance(a, Literal) for a in loop.range):
        return len(range(*(a.value for a in loop.range))) > 0  # type: ignore[union-attr]
    return any(all(map(_is_same, loop.range, other)) for other in running)


def _is_same(a: Atom, b: Atom) -> bool:
    return a is b or (isinstance(a, Literal) and isinstance(b, Literal) and bool(a.value == b.value))


def _runs(builder: Builder, start: Atom, stop: Atom, step: Atom) -> Any:
    """The test whether a range is not empty."""
    if isinstance(step, Literal):
        first, last = (start, stop) if step.value > 0 else (stop, start)
        return builder.apply(OPERATORS[">"], last, first)
    length = builder.expand("range_length(a, b, c)", a=start, b=stop, c=step)
    return builder.apply(OPERATORS[">"], length, Literal(0))
