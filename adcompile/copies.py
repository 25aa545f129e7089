"""Copies of what a caller gives, for derivatives that outlive the call that made them.

In: arguments, or a pullback that reads them. Out: arguments that the caller cannot change any more, which
share memory among each other as the given ones do; or the pullback, reading copies. Not for arrays that the
function itself writes into: the emitted code copies those.
"""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from .live import attributes_of, is_plain_object

Arrays = list[np.ndarray[Any, Any]]


def arrays_in(values: Iterable[Any]) -> Iterator[np.ndarray[Any, Any]]:
    """The arrays in arguments or results, through the containers and plain objects in them."""
    pending, seen = list(values), set()
    while pending:
        value = pending.pop()
        if isinstance(value, np.ndarray):
            yield value
            continue
        if isinstance(value, (list, tuple, set, frozenset)):
            parts: Iterable[Any] = value
        elif isinstance(value, dict):
            parts = value.values()
        elif is_plain_object(value):
            parts = attributes_of(value).values()
        else:
            continue
        if id(value) not in seen:
            seen.add(id(value))
            pending.extend(parts)


def copied(values: Any) -> Any:
    """A deep copy in which arrays that share memory still do, and read-only ones still are."""
    arrays = {id(a): a for a in arrays_in((values,)) if not a.dtype.hasobject}
    memo: dict[int, Any] = {}
    for low, high, group in _together(arrays.values()):
        # within one piece of memory, each array gets the place that it has in the original
        shift = low % _ALIGNED
        memory = np.empty(high - low + shift if len(group) > 1 else 0, np.uint8)
        for array in group:
            if len(group) == 1:
                fresh = array.copy(order="K")
            else:
                start = array.__array_interface__["data"][0] - low + shift
                fresh = np.ndarray(array.shape, array.dtype, memory.data, start, array.strides)
                np.copyto(fresh, array)
                fresh = fresh.view(type(array))
            memo[id(array)] = fresh
        for array in group:
            memo[id(array)].flags.writeable = array.flags.writeable
    return copy.deepcopy(values, memo)


_ALIGNED = 16


def _together(arrays: Iterable[np.ndarray[Any, Any]]) -> list[tuple[int, int, Arrays]]:
    """The arrays by the pieces of memory that they lie in, with the bounds of the pieces."""
    pieces: list[tuple[int, int, Arrays]] = []
    for low, high, array in sorted(((*byte_bounds(a), a) for a in arrays), key=lambda item: item[:2]):
        if pieces and low < pieces[-1][1]:
            first, last, group = pieces[-1]
            pieces[-1] = (first, max(last, high), [*group, array])
        else:
            pieces.append((low, high, [array]))
    return pieces


def detached(pullback: Callable[..., Any], foreign: Iterable[Any]) -> Callable[..., Any]:
    """The pullback, which reads copies of those arrays that the caller holds as well."""
    cells: tuple[types.CellType, ...] = getattr(pullback, "__closure__", None) or ()
    held = [(cell, cell.cell_contents) for cell in cells if _is_filled(cell)]
    if any(isinstance(value, (np.ndarray, list, tuple)) for _, value in held):
        arrays = list(arrays_in(foreign))
        for cell, value in held:
            cell.cell_contents = _apart(value, arrays)
    return pullback


def _is_filled(cell: types.CellType) -> bool:
    """Whether the variable was assigned, which may be so on some paths only."""
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _apart(value: Any, arrays: Arrays) -> Any:
    """A value without memory of the arrays."""
    if isinstance(value, np.ndarray):
        shares = any(np.may_share_memory(value, other) for other in arrays)
        return value.copy(order="K") if shares else value
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value)([_apart(item, arrays) for item in value])
    return value
