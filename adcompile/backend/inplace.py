"""Making updates safe to write in place.

In: a block in which updates (`index_add`, `list_append`, `accumulate`, …) are pure functions of their first
operand. Out: the same block with copies inserted, such that every update may overwrite its first operand: its
memory belongs to the derivative, nothing reads the old contents later, and no view or list still refers to
it. Not for printing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..ir.nodes import (
    Apply,
    Arg,
    Block,
    Call,
    For,
    If,
    Literal,
    Stmt,
    Value,
    While,
    blocks_of,
    operands,
    values_in,
)
from ..ir.types import Array, ListOf, Record, Scalar, ShapeOf
from ..passes.activity import carried_yields
from ..rules import lists
from ..rules.indexing import GETITEM, index_parts
from ..rules.rule import HELPERS, METHODS, OPERATORS, Primitive
from .order import Order, order_of

_ESCAPES = (lists.LIST_APPEND, lists.LIST_SET, lists.LIST_MAKE, lists.RECORD)

_GROWING = (lists.LIST_APPEND, lists.LIST_SET)


def make_updates_safe(block: Block) -> Block:
    """Insert the copies that in-place updates need."""
    while Updates(block).run():
        pass
    return block


def is_update(stmt: Stmt) -> bool:
    """Whether a statement changes its first operand when it is printed."""
    return isinstance(stmt, Apply) and stmt.primitive.effect == "update"


def shown_by(stmt: Apply) -> list[Value]:
    """The operands whose memory the results of a statement may show, or be."""
    row = stmt.primitive
    if not may_show(row) or all(isinstance(out.type, (Scalar, ShapeOf)) for out in stmt.outs):
        return []
    if row is GETITEM and any(
        isinstance(part, Value) and isinstance(part.type, Array) and part.type.shape
        for part in index_parts(stmt.args[1])
    ):
        return []  # index arrays copy
    # an item of a list is an object of its own, not a view of the list
    operands_ = stmt.args[:1] if row.effect == "view" else stmt.args
    return [v for v in values_in(operands_) if not isinstance(v.type, (ListOf, Scalar, ShapeOf))]


def may_show(row: Primitive) -> bool:
    """Whether what a row returns may be an operand, or a view of one.

    Of NumPy's functions, and of our own, it is known; of a user's row it is not.
    """
    if row.effect != "pure":
        return row.effect == "view"
    name = row.name.split("(")[0]
    ours = name.startswith("np.") or name in HELPERS or row in OPERATORS.values() or row in METHODS.values()
    return name in _SHOWING or not ours


# pure functions that give back an operand, or a view of one, for some arguments
_SHOWING = frozenset((
    "np.einsum", "np.diff", "np.real_if_close", "np.nan_to_num", "np.split", "np.array_split", "np.hsplit",
    "np.vsplit", "np.dsplit", "np.meshgrid", "unpad", "split_like", "max", "min", "list",
))  # fmt: skip


class Updates:
    """Who owns the memory of each value of a block, and when it is read for the last time."""

    def __init__(self, root: Block) -> None:
        self.root = root
        self.order: Order = order_of(root, {})
        self.definition: dict[Value, tuple[Stmt | None, int]] = {}
        self.params: dict[Value, tuple[For | While, int, Block]] = {}
        # the values that may be, or show, the memory of another
        self.views: dict[Value, list[Value]] = {}
        # how many lists, records and calls have been given a value
        self.escaped: Counter[Value] = Counter()
        self.memo: dict[Value, bool] = {}
        self._index(root)

    def _index(self, block: Block) -> None:
        for stmt in block.statements:
            for k, out in enumerate(stmt.outs):
                self.definition[out] = (stmt, k)
            if isinstance(stmt, Apply):
                shown = shown_by(stmt)
                if any(isinstance(out.type, (ListOf, Record)) for out in stmt.outs):
                    self.escaped.update(shown)
                for v in shown:
                    self.views.setdefault(v, []).extend(stmt.outs)
                if stmt.primitive in _ESCAPES:
                    self.escaped.update(values_in(stmt.args[1:] if stmt.primitive in _GROWING else stmt.args))
                if stmt.primitive.effect == "opaque":
                    self.escaped.update(operands(stmt))
            if isinstance(stmt, Call):
                self.escaped.update(values_in(stmt.args))
            if isinstance(stmt, (For, While)):
                params = stmt.body.params[1:] if isinstance(stmt, For) else stmt.body.params
                for k, p in enumerate(params):
                    self.params[p] = (stmt, k, block)
                for param, out, *atoms in zip(
                    params, stmt.outs, stmt.init, carried_yields(stmt), strict=True
                ):
                    for v in (a for a in atoms if isinstance(a, Value)):
                        self.views.setdefault(v, []).extend((param, out))
            if isinstance(stmt, If):
                for out, *atoms in zip(stmt.outs, stmt.then.yields, stmt.orelse.yields, strict=True):
                    for v in (a for a in atoms if isinstance(a, Value)):
                        self.views.setdefault(v, []).append(out)
            for inner in blocks_of(stmt):
                self._index(inner)

    def run(self) -> bool:
        """Insert copies; False if none was needed. Where some were, positions are no longer right."""
        return self._block(self.root)

    def _block(self, block: Block) -> bool:
        changed = False
        for stmt in list(block.statements):
            if isinstance(stmt, Apply) and is_update(stmt):
                first = stmt.args[0]
                if isinstance(first, Literal) or isinstance(first.type, Scalar):  # type: ignore[union-attr]
                    continue
                assert isinstance(first, Value)
                at = self.order.start[id(stmt)]
                if not (self.owned(first) and self.dies(first, at)):
                    self._copy(block, stmt, first, at)
                    changed = True
            for inner in blocks_of(stmt):
                changed |= self._block(inner)
        return changed

    def _copy(self, block: Block, stmt: Apply, first: Value, at: int) -> None:
        """Copy what is about to be overwritten: before the loop if a loop carries it, else right here."""
        source = self.params.get(first)
        if source is not None and self.dies(first, at) and self._yield_owned(first):
            loop, k, outer = source
            old = loop.init[k]
            assert isinstance(old, Value)
            fresh = self._insert_copy(outer, loop, old, first)
            loop.init = (*loop.init[:k], fresh, *loop.init[k + 1 :])
            # what hung on the loop's own memory is known anew
            self.memo.clear()
        else:
            fresh = self._insert_copy(block, stmt, first, first)
            stmt.args = (fresh, *stmt.args[1:])

    def _insert_copy(self, block: Block, before: Stmt, value: Value, named: Value) -> Value:
        """Insert a copy; nothing but the statement before which it stands reads it."""
        fresh = Value(value.type, named.hint, named.named)
        copy = Apply((fresh,), METHODS["copy"], (value,), before.loc, before.adjoint)
        place = next(i for i, s in enumerate(block.statements) if s is before)
        block.statements.insert(place, copy)
        self.definition[fresh] = (copy, 0)
        return fresh

    def dies(self, value: Value, at: int, heirs: tuple[Value, ...] = ()) -> bool:
        """Whether nothing reads the value's memory after position `at`, but those that it is handed to."""
        pending, seen = [value], {*heirs}
        while pending:
            v = pending.pop()
            if v in seen:
                continue
            seen.add(v)
            if v in self.escaped or self.order.live_after(v, at):
                return False
            pending += self.views.get(v, ())
        return True

    def owned(self, value: Value) -> bool:
        """Whether a value's memory was made by this code and is known under no other name."""
        if value not in self.memo:
            self.memo[value] = True  # a loop may assume what it proves
            self.memo[value] = self._owned(value)
        return self.memo[value]

    def _owned(self, value: Value) -> bool:
        if value in self.params:
            return self._param_owned(value)
        if value not in self.definition:
            return False
        stmt, k = self.definition[value]
        if isinstance(stmt, Apply):
            row = stmt.primitive
            if row is lists.LIST_POP:
                if k == 0:
                    return True
                # what comes off a list is ours if the list and all that was put on it is
                return isinstance(value.type, ListOf) and self._deeply_owned(stmt.args[0], set())
            return row is not lists.FIELD and row.effect != "opaque" and not may_show(row)
        if isinstance(stmt, If):
            return all(self._consumed(b, b.yields[k], value) for b in (stmt.then, stmt.orelse))
        if isinstance(stmt, (For, While)):
            params = stmt.body.params[1:] if isinstance(stmt, For) else stmt.body.params
            return self.owned(params[k])
        return False

    def _deeply_owned(self, atom: object, seen: set[Value]) -> bool:
        """Whether a list was made here, so that its items are referred to by nothing else."""
        if not isinstance(atom, Value) or atom in seen:
            return True
        seen.add(atom)
        if atom in self.params:
            loop, k, _ = self.params[atom]
            yields = loop.body.yields[1:] if loop.stops else loop.body.yields
            return self._deeply_owned(loop.init[k], seen) and self._deeply_owned(yields[k], seen)
        if atom not in self.definition:
            return False
        stmt, k = self.definition[atom]
        if isinstance(stmt, Apply):
            if stmt.primitive in (lists.LIST_APPEND, lists.LIST_POP, lists.LIST_SET, lists.LIST_ADD):
                given = stmt.args[-1:] if stmt.primitive in _GROWING else ()
                return self._handed_over(given, stmt) and self._deeply_owned(stmt.args[0], seen)
            if stmt.primitive is lists.LIST_MAKE:
                return self._handed_over(stmt.args, stmt)
            return stmt.primitive.name == "zeros_of(x)"
        if isinstance(stmt, If):
            return all(self._deeply_owned(b.yields[k], seen) for b in (stmt.then, stmt.orelse))
        if isinstance(stmt, (For, While)):
            params = stmt.body.params[1:] if isinstance(stmt, For) else stmt.body.params
            return self._deeply_owned(params[k], seen)
        return False

    def _handed_over(self, items: Iterable[Arg], stmt: Stmt) -> bool:
        """Whether items that are put on a list are known by that list alone from then on."""
        at = self.order.start[id(stmt)]
        return all(
            self.owned(v) and self.escaped[v] == 1 and not self.order.live_after(v, at)
            for v in values_in(items)
            if isinstance(v.type, ListOf)
        )

    def _consumed(self, block: Block, atom: object, *heirs: Value) -> bool:
        """Whether a yield hands over memory that nothing else than its heirs refers to."""
        if not isinstance(atom, Value):
            return True
        once = sum(y is atom for y in block.yields) == 1
        return once and self.owned(atom) and self.dies(atom, self.order.close[id(block)], heirs)

    def _param_owned(self, value: Value) -> bool:
        loop, k, _ = self.params[value]
        init = loop.init[k]
        if isinstance(init, Value):
            once = sum(a is init for a in loop.init) == 1
            at = self.order.start[id(loop)]
            if not (once and self.owned(init) and self.dies(init, at, (value, loop.outs[k]))):
                return False
        return self._yield_owned(value)

    def _yield_owned(self, value: Value) -> bool:
        loop, k, _ = self.params[value]
        yields = loop.body.yields[1:] if loop.stops else loop.body.yields
        atom = yields[k]
        if atom is value:
            return sum(y is atom for y in yields) == 1
        return self._consumed(loop.body, atom, value, loop.outs[k])
