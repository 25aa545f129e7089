"""Axes whose lengths need not fit to anything.

In: a statement that joins arrays, sums products of them, or looks whether there are elements. Out: its
operands, of which those axes can be told apart that may have any length: the axis along which arrays are put
together, one that a single operand of `np.einsum` has, the points of `np.interp`. Without elements there, the
same statement costs nothing, and raises as it did; the maximum of an array raises as that of one row does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from ..ir.nodes import Apply, Arg, Items, Literal, Slice, Value
from ..ir.types import Array
from ..rules.rule import FUNCTIONS
from ..rules.typing import typ

_JOINED_ALONG = {FUNCTIONS[np.vstack]: 0, FUNCTIONS[np.hstack]: 1, FUNCTIONS[np.column_stack]: 1}
_CONCATENATE, _APPEND, _EINSUM = (FUNCTIONS[f] for f in (np.concatenate, np.append, np.einsum))
_INTERP = FUNCTIONS[np.interp]
# what raises for arrays without elements only, along the axis that is looked at
_OF_SOME = frozenset(
    FUNCTIONS[f] for f in (np.max, np.min, np.argmax, np.argmin, np.median, np.quantile, np.percentile)
)
# the first row, or none
FIRST = Slice(Literal(None), Literal(1), Literal(None))
# what stands for an array: without the elements along an axis, or if that is said, with the first row only
Replace = Callable[[Arg, int | None, bool], Arg]


def replace_free_axes(stmt: Apply, replace: Replace) -> tuple[Arg, ...] | None:
    """The operands of a statement, each array replaced by what `replace` says of it and its free axis, None
    where it has none; None if none has one.
    """
    row, args = stmt.primitive, stmt.args
    if row is _EINSUM:
        return _products(args, replace)
    if row is _INTERP or row in _OF_SOME:
        return (replace(args[0], 0, row in _OF_SOME), *args[1:]) if _rank(args[0]) else None
    arrays = args[:2] if row is _APPEND else args[0] if args else ()
    axis = args[row.index["axis"]] if row in (_CONCATENATE, _APPEND) else Literal(_JOINED_ALONG.get(row))
    if not isinstance(arrays, (tuple, Items)) or not isinstance(axis, Literal) or type(axis.value) is not int:
        return None
    items = arrays if isinstance(arrays, tuple) else arrays.items
    ranks = {_rank(a) for a in items}
    if len(ranks) != 1:
        return None
    rank = ranks.pop()
    if rank is None or not (rank > 1 or (axis.value in (0, -1) and row not in _JOINED_ALONG)):
        return None
    if not -rank <= axis.value < rank:
        return None
    replaced = tuple(replace(a, axis.value % rank, False) for a in items)
    if row is _APPEND:
        return (*replaced, *args[2:])
    return (replaced if isinstance(arrays, tuple) else Items(replaced), *args[1:])


def has_free_axis(stmt: Apply) -> bool:
    """Whether a statement can be had without the elements of its arrays."""
    return replace_free_axes(stmt, lambda arg, axis, short: arg) is not None


def _rank(arg: Arg) -> int | None:
    t = typ(arg) if isinstance(arg, Value) else None
    return len(t.shape) if isinstance(t, Array) and t.shape else None


def _products(args: tuple[Arg, ...], replace: Replace) -> tuple[Arg, ...] | None:
    """The operands of np.einsum; one label that no other axis has is free."""
    subscripts, factors = args[:2]
    if (
        not isinstance(subscripts, Literal)
        or not isinstance(subscripts.value, str)
        or not isinstance(factors, tuple)
    ):
        return None
    labels = str(subscripts.value).replace(" ", "").partition("->")[0]
    parts = labels.split(",")
    free = next((c for c, n in Counter(labels).items() if n == 1 and c.isalpha()), None)
    if "." in labels or free is None or [_rank(a) for a in factors] != [len(part) for part in parts]:
        return None
    found = tuple(
        replace(a, part.index(free) if free in part else None, False)
        for a, part in zip(factors, parts, strict=True)
    )
    return (subscripts, found, *args[2:])
