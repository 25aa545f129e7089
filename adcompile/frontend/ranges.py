"""Items and parts of ranges: `range(n)[k]`, `range(n)[::-1]`.

In: a range whose bounds may be known at run time only, and an index. Out: a number, or another range. Not for
loops over ranges: `loops`.
"""

from __future__ import annotations

import ast
from typing import Any

from ..ir.nodes import Literal, Value
from ..rules.typing import value_of
from .parse import Parser
from .values import RangeVal, SliceVal


def get_range_item(p: Parser, value: RangeVal, index: Any, node: ast.AST) -> Any:
    """range(a, b, c)[index]"""
    if isinstance(index, SliceVal):
        return _part(p, value, index, node)
    if not isinstance(index, (Literal, Value)):
        p.raise_at(TypeError("range indices must be integers or slices"))
    bounds = (value.start, value.stop, value.step)
    if all(isinstance(atom, Literal) for atom in (*bounds, index)):
        start, stop, step, k = (value_of(atom) for atom in (*bounds, index))
        try:
            return Literal(range(start, stop, step)[k])
        except (IndexError, TypeError, ValueError) as error:
            p.raise_at(error)
    return p.builder.expand("range_item(a, b, c, k)", a=bounds[0], b=bounds[1], c=bounds[2], k=index)


def _part(p: Parser, value: RangeVal, index: SliceVal, node: ast.AST) -> RangeVal:
    """The range that a slice selects: what `slice.indices` gives, for a length known at run time only."""
    start, stop, step = (part.value if isinstance(part, Literal) else part for part in
                         (index.start, index.stop, index.step))  # fmt: skip
    if not all(part is None or isinstance(part, int) for part in (start, stop, step)):
        p.no_derivative("AD209", "a slice of a range with bounds known at run time only", node,
                        "constant bounds, or a range with the bounds that are meant")  # fmt: skip
    if step == 0:
        p.raise_at(ValueError("slice step cannot be zero"))
    step = 1 if step is None else step
    n = _length(p, value)
    if step > 0:
        first = _place(p, n, start, Literal(0), least=0)
        end = _place(p, n, stop, n, most=0)
    else:
        first = _place(p, n, start, p.builder.expand("n - 1", n=n), most=-1)
        end = _place(p, n, stop, Literal(-1), least=-1)
    number = {"a": value.start, "c": value.step}
    return RangeVal(
        p.builder.expand("a + k * c", k=first, **number),
        p.builder.expand("a + k * c", k=end, **number),
        p.builder.expand("c * k", c=value.step, k=Literal(step)),
    )


def _length(p: Parser, value: RangeVal) -> Any:
    """The number of items; of `range(n)` n, which is as good if it is negative."""
    start, stop, step = value.start, value.stop, value.step
    if isinstance(start, Literal) and start.value == 0 and isinstance(step, Literal) and step.value == 1:
        return stop
    return p.builder.expand("range_length(a, b, c)", a=start, b=stop, c=step)


def _place(
    p: Parser, n: Any, bound: int | None, default: Any, *, least: int | None = None, most: int | None = None
) -> Any:
    """A bound of a slice of n items, counted from the front: at least a number, or at most n and a number.

    The other side needs no limit, since the range between the two is empty beyond it.
    """
    if bound is None:
        return default
    if bound < 0:
        place = p.builder.expand("n + k", n=n, k=Literal(bound))
        return place if least is None else p.builder.expand("max(a, b)", a=place, b=Literal(least))
    if most is None:
        return Literal(bound)
    return p.builder.expand("min(a, n + k)", a=Literal(bound), n=n, k=Literal(most))
