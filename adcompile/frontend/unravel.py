"""Places in an array that are counted in one row, the last index changing fastest, as indices along its axes.

In: an array and places, in the graph. Out: an index. Not for what is done there: that is `flat`.
"""

from __future__ import annotations

from typing import Any

from ..ir.nodes import Literal, Value
from ..ir.types import shape_of
from ..rules.indexing import GETITEM
from .parse import Parser


def places(p: Parser, array: Value, at: Any) -> Any:
    """The numbers of the places that an index of `array.flat` selects."""
    return p.builder.apply(GETITEM, _of_shape(p, "np.arange(np.size(x))", array), at)


def _of_shape(p: Parser, text: str, array: Value, **env: Any) -> Any:
    """What depends on the shape of an array alone, which no write changes."""
    base, _ = p.memory.locate(array)
    if base in p.memory.pointers:
        return p.builder.expand(text, x=array, **env)
    with p.builder.as_they_are():
        return p.builder.expand(text, x=array, **env)


def unravelled(p: Parser, array: Value, at: Any, is_counted: bool = False) -> Any:
    """The index of what `at` selects of `array.flat`; `is_counted` if it is a number that is not negative."""
    rank = len(shape_of(array.type) or ())
    if rank == 1:
        return at
    known = is_counted or (isinstance(at, Literal) and type(at.value) is int and at.value >= 0)
    rest = at if known else places(p, array, at)
    found: list[Any] = []
    for k in reversed(range(1, rank)):
        length = _of_shape(p, "np.shape(x)[k]", array, k=Literal(k))
        found.append(p.builder.expand("i % n", i=rest, n=length))
        rest = p.builder.expand("i // n", i=rest, n=length)
    return (rest, *reversed(found))
