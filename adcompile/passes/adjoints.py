"""Adjoints while contributions come in: sums of whole ones, and what waits for elements.

In: contributions, in the order of the backward sweep. Out: finished adjoints. Not for what contributes
(`passes.reverse`) and not for shapes and dtypes (`passes.cotangents`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..errors import Loc
from ..ir.build import Builder
from ..ir.nodes import Arg, Stmt, Value
from ..ir.types import Array, ListOf, Scalar, shape_of
from ..ir.wording import word_for
from ..rules import indexing, lists
from ..rules.rule import OPERATORS, Primitive
from ..rules.typing import typ
from .cotangents import as_array, cast, cast_to, complete, plus, zeros


@dataclass(frozen=True)
class _Addend:
    """What is still to be added at some places of an adjoint."""

    row: Primitive
    index: Arg
    c: Any
    loc: Loc | None


@dataclass
class Bars:
    """Adjoints while contributions come in.

    `sums` holds the sum of what belongs to whole values. What belongs to some elements only waits in
    `places` until an adjoint is asked for: added in place to a finished sum it costs no array of zeros.
    """

    sums: dict[Value, Any] = field(default_factory=dict)
    places: dict[Value, tuple[_Addend, ...]] = field(default_factory=dict)

    def copy(self) -> Bars:
        """Adjoints that another path may go on with."""
        return Bars(dict(self.sums), dict(self.places))


class Adjoints:
    """What adds to adjoints: the builder of the backward sweep, and which values have adjoints at all."""

    def __init__(self, builder: Builder, active: set[Value]) -> None:
        self.builder = builder
        self.active = active
        # adjoints that a loop accumulates in memory of their own
        self.accumulators: set[Value] = set()
        # adjoints of items that are not there in all places of a list: None where they are not
        self.hollow: set[Any] = set()

    def accumulate(self, bars: Bars, value: Any, c: Any) -> None:
        """Add a contribution to the adjoint of a value."""
        if not isinstance(value, Value) or value not in self.active:
            return
        c = cast(self.builder, c, value)
        have = bars.sums.get(value)
        if have is None:
            bars.sums[value] = c
            return
        if have in self.accumulators and isinstance(value.type, Array):
            bars.sums[value] = self.builder.expand("accumulate(a, c)", a=have, c=c)
        else:
            bars.sums[value] = self._plus(have, c, value)
        if have in self.accumulators:
            self.accumulators.add(bars.sums[value])

    def _plus(self, a: Any, b: Any, value: Value) -> Any:
        if self.hollow.isdisjoint((a, b)):
            return plus(self.builder, a, b, value)
        total = self.builder.expand("added(a, b)", a=a, b=b)
        self.hollow.add(total)
        return total

    def accumulate_at(self, bars: Bars, x: Value, index: Arg, c: Any) -> None:
        """Add a contribution to some elements of the adjoint of an array or list."""
        if x not in self.active:
            return
        if shape_of(x.type) == ():
            # x[()], x[None]: all there is to a number, or to an array without axes
            self.accumulate(bars, x, self.builder.expand("np.sum(c)", c=c))
            return
        if isinstance(x.type, ListOf):
            self._add_to_item(bars, x, index, c)
            return
        distinct = indexing.is_distinct(index) or self._counts(index)
        row = indexing.INDEX_ADD if distinct else indexing.INDEX_ADD_AT
        bars.places[x] = (*bars.places.get(x, ()), _Addend(row, index, c, self.builder.loc))
        if bars.sums.get(x) in self.accumulators:
            self.settled(bars, x)

    def _add_to_item(self, bars: Bars, items: Value, index: Arg, c: Any) -> None:
        assert isinstance(items.type, ListOf)
        have = bars.sums.get(items)
        base = zeros(self.builder, items) if have is None else have
        if isinstance(items.type.element, (Scalar, Array)) and not items.type.holes:
            c = cast_to(self.builder, c, items.type.element)
            total = self.builder.apply(lists.LIST_ADD, base, index, c)
        else:
            # what `+` means for the items is known at run time only: lists are added item by item,
            # and None counts as zero
            item = self.builder.expand("added(a, b)", a=self.builder.apply(OPERATORS["[]"], base, index), b=c)
            total = self.builder.apply(lists.LIST_SET, base, index, item)
        bars.sums[items] = total
        if have in self.accumulators:
            self.accumulators.add(total)

    def settled(self, bars: Bars, value: Value) -> Any:
        """The adjoint of a value with all that belongs to some of its elements; None if there is none."""
        have = bars.sums.get(value)
        waiting = bars.places.pop(value, ())
        if not waiting:
            return have
        with self.builder.at(waiting[0].loc):
            total = as_array(self.builder, complete(self.builder, have, value), value)
        for addend in waiting:
            with self.builder.at(addend.loc):
                total = self.builder.apply(addend.row, total, addend.index, addend.c)
        bars.sums[value] = total
        if have in self.accumulators:
            self.accumulators.add(total)
        return total

    def _counts(self, index: Arg) -> bool:
        """Whether an index has a part that takes every value once, as in `x[np.arange(n), labels]`."""
        for part in indexing.index_parts(index):
            stmt = self.builder.definitions.get(part) if isinstance(part, Value) else None
            if stmt is not None and stmt.primitive.name.startswith("np.arange("):
                # stretched along another axis it would repeat its values
                own = shape_of(typ(part))
                shapes = [shape_of(p.type) for p in indexing.index_parts(index) if isinstance(p, Value)]
                return all(shape in ((), own) or len(shape or (0, 0)) == 1 for shape in shapes)
        return False

    def take(self, bars: Bars, out: Value, stmt: Stmt) -> Any:
        """The finished adjoint of a result of a statement, named after it."""
        bar = self.settled(bars, out)
        bars.sums.pop(out, None)
        made = self.builder.definitions.get(bar) if isinstance(bar, Value) and not bar.named else None
        name = self.bar_name(out, stmt)
        if made is not None and made.adjoint and name and (out.named or not bar.hint):
            bar.hint, bar.named = name, out.named
        return bar

    def bar_name(self, value: Value, stmt: Stmt | None = None) -> str:
        """What to call the adjoint of a value, which a statement has made; empty if the value has no name."""
        stmt = stmt or self.builder.definitions.get(value)
        word = value.hint or (word_for(stmt) if stmt is not None else "")
        return f"{word}_bar" if word else ""
