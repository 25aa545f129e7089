"""Which of a function's arguments, and of what it captures, are one object or share memory.

In: paths to two of them. Out: how they are related, now; compiled code that writes into one of the two holds
for one relation only. Light, as it is imported with the package. Not for what a relation means to the graph:
that is `aliases`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .live import Path, read, step

# one object; of two arrays, nothing in common, or something that no basic index says
SAME, DISTINCT, TANGLED = "same", "distinct", "tangled"
# of one array: its elements lie one after the other, the last index fastest
IN_ORDER = "in order"

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Relation:
    """What holds between the objects at two paths."""

    first: Path
    second: Path
    kind: str

    def holds(self, bound: Mapping[str, Any]) -> bool:
        """Whether it is so for these arguments, and for what is captured now."""
        first, second = at(self.first, bound), at(self.second, bound)
        return is_in_order(first) if self.kind == IN_ORDER else relation_of(first, second) == self.kind


def is_in_order(obj: Any) -> bool:
    """Whether an object is an array whose elements lie one after the other, the last index fastest."""
    return isinstance(obj, np.ndarray) and bool(obj.flags.c_contiguous)


def at(path: Path, bound: Mapping[str, Any]) -> Any:
    """The object that a path leads to, from an argument or from outside."""
    if path[0][0] != "arg":
        return read(path)
    obj: Any = bound[path[0][1]]
    for part in path[1:]:
        obj = step(obj, part)
    return obj


def relation_of(first: Any, second: Any) -> str:
    """How the second of two objects is related to the first.

    A view of an array is told by its index, as ``2``, ``::3`` or ``1:`` for each axis of that array. Where a
    slice ends before the array does is not told: ``1:0:2`` has the length that the view has.
    """
    if first is second:
        return SAME
    arrays = isinstance(first, np.ndarray) and isinstance(second, np.ndarray)
    if not arrays or not np.may_share_memory(first, second):
        return DISTINCT
    return _view(first, second) or TANGLED


def _view(base: Array, view: Array) -> str | None:
    """The index of a view of an array, None if there is none."""
    if base.dtype != view.dtype or base.ndim < view.ndim or 0 in view.shape:
        return None
    offset = _start(view) - _start(base)
    if not base.ndim:
        return None if offset else "..."
    for kept in itertools.combinations(range(base.ndim), view.ndim):
        index = _index(base, view, offset, kept)
        if index is not None:
            return index
    return None


def _start(array: Array) -> int:
    start: int = array.__array_interface__["data"][0]
    return start


def _index(base: Array, view: Array, offset: int, kept: tuple[int, ...]) -> str | None:
    """The index of a view whose axes are some of those of the base."""
    starts = [0] * base.ndim
    for axis in sorted(range(base.ndim), key=lambda k: -base.strides[k]):
        if base.shape[axis] > 1 and base.strides[axis] > 0:
            starts[axis] = min(offset // base.strides[axis], base.shape[axis] - 1)
            offset -= starts[axis] * base.strides[axis]
    if offset or min(starts) < 0:
        return None
    parts = [str(start) for start in starts]
    for axis, n, stride in zip(kept, view.shape, view.strides, strict=True):
        steps = 1 if n == 1 or not base.strides[axis] else stride // base.strides[axis]
        if steps < 1 or (n > 1 and steps * base.strides[axis] != stride):
            return None
        if starts[axis] + steps * (n - 1) >= base.shape[axis]:
            return None
        ends = starts[axis] + steps * n >= base.shape[axis]
        parts[axis] = f"{starts[axis] or ''}:{'' if ends else 0}:{steps if steps > 1 else ''}"
    return ", ".join(parts)
