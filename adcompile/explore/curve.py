"""Samples of a function of one or two numbers around a point, for a plot.

In: a function that is watched. Out: values and derivatives on a grid whose middle is the point, and what
every value of the function is there. Where the function raises, is not finite or does not come to
an end, there is a gap.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from ..products import value_and_grad
from .watching import Observed, Watcher

# how many samples along a curve and along each side of a field, and how long they may take
ALONG, SIDE = 161, 41
_SECONDS = 4.0
# how many lines of Python more than at the point a sample may take: a search need not end everywhere
_LONGER, _LINES = 20, 2000
# how many numbers of the graph a page may hold
_NUMBERS = 40_000


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

    def limit_to_more(self) -> None:
        """Allow as many lines as the last time, and some times more."""
        self.limit = _LONGER * self.lines + _LINES

    @contextmanager
    def counting(self) -> Iterator[None]:
        before, self.lines = sys.gettrace(), 0
        sys.settrace(self.trace)
        try:
            yield
        finally:
            sys.settrace(before)


@dataclass(frozen=True)
class Sampled:
    """Samples of a function of one or two numbers.

    Attributes
    ----------
    names : tuple of str
        The arguments that move.
    axes : list of list of float
        Where the samples lie.
    values, slopes : list
        The function, and its derivatives by each of the names; the first axis moves fastest.
    """

    names: tuple[str, ...]
    axes: list[list[float]]
    values: list[float]
    slopes: list[list[float]]


def samples(watcher: Watcher) -> Sampled | None:
    """A curve or a field of samples; None for functions of more numbers, or of arrays."""
    names, given = watcher.names, watcher.bound.arguments
    if not 1 <= len(names) <= 2 or not all(_is_number(given[n]) for n in names):
        return None
    both = value_and_grad(watcher.f, argnums=names, **watcher.options)
    counted = _Counted()

    def at(point: tuple[float, ...]) -> tuple[float, ...]:
        moved = watcher.moved(_like(given, names, point))
        try:
            with counted.counting():
                value, slopes = both(*moved.args, **moved.kwargs)
        except Exception:  # outside of its domain a function may raise anything
            return (math.nan,) * (1 + len(names))
        return (float(np.reshape(value, ())), *map(float, slopes))

    centre = tuple(float(given[n]) for n in names)
    with np.errstate(all="ignore"):
        both(*watcher.bound.args, **watcher.bound.kwargs)  # compiles it, which must not be counted
        start = time.perf_counter()
        at(centre)
        count = _affordable(time.perf_counter() - start, len(names))
        counted.limit_to_more()
        axes = [_axis(c, count) for c in centre]
        points = [(x,) for x in axes[0]] if len(names) == 1 else [(x, y) for y in axes[1] for x in axes[0]]
        found = [at(p) for p in points]
    values, *slopes = (list(column) for column in zip(*found, strict=True))
    return Sampled(names, axes, values, slopes)


def moments(watcher: Watcher, sampled: Sampled, size: int) -> tuple[int, list[Observed | None]] | None:
    """What every value is at the samples of a curve, or at every so many of them; None if that is too much.

    `size` is how many numbers there are at one of them.
    """
    (name,), (axis,) = sampled.names, sampled.axes
    strides = (
        n for n in (2, 4, 8, 16) if (len(axis) // n + 1) * size <= _NUMBERS and len(axis) // 2 % n == 0
    )
    stride = next(strides, None)
    if stride is None:
        return None
    counted = _Counted()
    with counted.counting():
        watcher.look()
    counted.limit_to_more()
    found: list[Observed | None] = []
    for x in axis[::stride]:
        try:
            with counted.counting():
                found.append(watcher.look(watcher.moved(_like(watcher.bound.arguments, (name,), (x,)))))
        except Exception:  # as above
            found.append(None)
    return stride, found


def _like(given: Mapping[str, Any], names: tuple[str, ...], point: tuple[float, ...]) -> dict[str, Any]:
    """Numbers of the types that are given."""
    return {n: type(given[n])(x) for n, x in zip(names, point, strict=True)}


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
