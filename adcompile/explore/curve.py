"""Samples of a function of one or two numbers around a point, for a plot.

In: a function, its arguments and the names of those that are numbers to differentiate by. Out: values and
derivatives on a grid whose middle is the point. Where the function raises, is not finite or does not come to
an end, there is a gap.
"""

from __future__ import annotations

import inspect
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np

from ..products import value_and_grad

# how many samples along a curve and along each side of a field, and how long they may take
ALONG, SIDE = 161, 41
_SECONDS = 4.0
# how many lines of Python more than at the point a sample may take: a search need not end everywhere
_LONGER, _LINES = 20, 2000


class _TooLong(Exception):
    """A sample takes longer than it should."""


class _Counted:
    """Lines of Python that are executed, up to a limit."""

    def __init__(self) -> None:
        self.lines = 0
        self.limit = sys.maxsize

    def trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            self.lines += 1
            if self.lines > self.limit:
                raise _TooLong
        return self.trace

    @contextmanager
    def counting(self) -> Iterator[None]:
        before, self.lines = sys.gettrace(), 0
        sys.settrace(self.trace)
        try:
            yield
        finally:
            sys.settrace(before)


def samples(f: Callable[..., Any], bound: inspect.BoundArguments, names: tuple[str, ...]) -> Any:
    """A curve or a field of samples as plain data; None for functions of more numbers, or of arrays."""
    if not 1 <= len(names) <= 2 or not all(_is_number(bound.arguments[n]) for n in names):
        return None
    both = value_and_grad(f, argnums=names)
    counted = _Counted()

    def at(point: tuple[float, ...]) -> tuple[float, ...]:
        moved = inspect.BoundArguments(bound.signature, {**bound.arguments})
        moved.arguments.update({n: type(bound.arguments[n])(x) for n, x in zip(names, point, strict=True)})
        try:
            with counted.counting():
                value, slopes = both(*moved.args, **moved.kwargs)
        except Exception:  # outside of its domain a function may raise anything
            return (math.nan,) * (1 + len(names))
        return (float(np.reshape(value, ())), *map(float, slopes))

    centre = [float(bound.arguments[n]) for n in names]
    with np.errstate(all="ignore"):
        at(tuple(centre))  # which compiles it
        start = time.perf_counter()
        at(tuple(centre))
        count = _affordable(time.perf_counter() - start, len(names))
        counted.limit = _LONGER * counted.lines + _LINES
        axes = [_axis(c, count) for c in centre]
        points = [(x,) for x in axes[0]] if len(names) == 1 else [(x, y) for y in axes[1] for x in axes[0]]
        found = [at(p) for p in points]
    columns = [list(column) for column in zip(*found, strict=True)]
    return {"names": list(names), "axes": axes, "values": columns[0], "slopes": columns[1:]}


def _is_number(x: Any) -> bool:
    return isinstance(x, (float, np.floating))


def _affordable(seconds: float, sides: int) -> int:
    """An odd number of samples along each side, fewer where each of them takes long."""
    most = ALONG if sides == 1 else SIDE
    could = int((_SECONDS / max(seconds, 1e-9)) ** (1 / sides))
    return max(min(most, could) // 2 * 2 + 1, 9)


def _axis(centre: float, count: int) -> list[float]:
    reach = 2.0 * max(1.0, abs(centre))
    half = count // 2
    return [centre + reach * (k - half) / half for k in range(count)]
