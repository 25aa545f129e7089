"""The real roots of a function of one number on an interval, those that only touch zero included.

In: a function, its derivative and an interval. Out: roots, and what looks like one and is none: jumps, pieces
that are zero throughout, places where nothing is defined. The interval is sampled, and sampled more densely
where the cubic through two samples does not tell others; between two samples that do, a pair of roots is
seen only if the function has its extremum there. Not for roots in several dimensions.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..leaves import Vector
from .variables import UNDEFINED

Line = Callable[[float], float]
# from a place to the function and its derivative there
Samples = dict[float, tuple[float, float]]

EPS = float(np.finfo(float).eps)
# a root that touches is one to rounding: relative to the largest value, or to a million times that nearby
_ROUNDING = 8.0 * EPS
_RANGE = 1e6
_NEARBY = 8
# by how much of the samples beside it another one may differ from the cubic through these
_RESOLVED = 0.02
# where between two samples those are: no simple fractions, for waves have zeros at those
_BETWEEN = (0.381966, 0.724492)
# how often a part of the interval is halved, and how many parts there are at most, in those at first
_HALVINGS = 12
_MOST = 64


@dataclass(frozen=True)
class Root:
    """A root; `noise` is how far from zero rounding may have put the function there."""

    x: float
    noise: float
    touches: bool = False


@dataclass(frozen=True)
class Roots:
    """The roots on an interval, in order.

    Attributes
    ----------
    roots : tuple of Root
        Isolated ones.
    flat : tuple of (float, float)
        Intervals with samples all of which are zero.
    jumps : tuple of float
        Where the sign changes without a root.
    undefined : int
        How many of the samples at first have no value.
    unresolved : int
        How many parts between two samples vary faster than these show, and are too many to be halved.
    """

    roots: tuple[Root, ...]
    flat: tuple[tuple[float, float], ...]
    jumps: tuple[float, ...]
    undefined: int
    unresolved: int = 0


def guarded(function: Callable[[float], object]) -> Line:
    """A function that is NaN where the given one has no value."""

    def value(x: float) -> float:
        try:
            return float(function(x))  # type: ignore[arg-type]
        except UNDEFINED:
            return float("nan")

    return value


def find_roots(
    function: Line, slope: Line, low: float, high: float, samples: int, rounding: float = 0.0
) -> Roots:
    """Find the roots of a function on an interval.

    Parameters
    ----------
    function, slope : callable
        The function and its derivative.
    low, high : float
        The ends, which belong to the interval.
    samples : int
        Into how many parts the interval is cut at first.
    rounding : float
        How far from zero rounding may have put the function in any case.

    Raises
    ------
    Exception
        That of the function, if it has no value at any sample.
    """
    with np.errstate(all="ignore"):
        return _Search(guarded(function), guarded(slope), (low, high), samples, rounding).run(function)


class _Search:
    """A search on one interval; collects what it finds."""

    def __init__(
        self, function: Line, slope: Line, interval: tuple[float, float], samples: int, rounding: float
    ) -> None:
        low, high = interval
        self.function = function
        self.slope = slope
        self.rounding = rounding
        self.x: Vector = np.linspace(low, high, samples + 1)
        self.y: Vector = np.array([function(float(x)) for x in self.x])
        self.cell = (high - low) / samples
        self.found: list[Root] = []
        self.jumps: list[float] = []
        self.unresolved = 0

    def run(self, unguarded: Line) -> Roots:
        missing = ~np.isfinite(self.y)
        if np.all(missing):
            unguarded(float(self.x[0]))
        self._sample_densely()
        flat = self._flat()
        for k in range(len(self.x)):
            if self.y[k] == 0.0:
                if not any(a <= self.x[k] <= b for a, b in flat):
                    self._zero_sample(k)
            elif k + 1 < len(self.x) and _opposite(self.y[k], self.y[k + 1]):
                self._bracket(k, float(self.x[k]), float(self.x[k + 1]))
            else:
                self._touch(k)
        roots = tuple(sorted(self.found, key=lambda root: root.x))
        return Roots(roots, flat, tuple(self.jumps), int(np.sum(missing)), self.unresolved)

    def _sample_densely(self) -> None:
        """Halve the parts of the interval that samples do not resolve, until they do or are many."""
        most = _MOST * (len(self.x) - 1)
        noise = _ROUNDING * float(np.max(np.abs(self.y[np.isfinite(self.y)])))
        samples = {float(x): (float(y), self.slope(float(x))) for x, y in zip(self.x, self.y, strict=True)}
        parts = [(a, b) for a, b in pairwise(samples) if not self._resolves(a, b, samples, noise)]
        for _ in range(_HALVINGS):
            if not parts or len(samples) + len(parts) > most:
                break
            halves = []
            for a, b in parts:
                middle = 0.5 * (a + b)
                samples[middle] = self.function(middle), self.slope(middle)
                halves += [(a, middle), (middle, b)] if a < middle < b else []
            parts = [(a, b) for a, b in halves if not self._resolves(a, b, samples, noise)]
        else:
            parts = []
        self.unresolved = len(parts)
        self.x = np.array(sorted(samples))
        self.y = np.array([samples[float(x)][0] for x in self.x])

    def _resolves(self, a: float, b: float, samples: Samples, noise: float) -> bool:
        """Whether the cubic through two samples tells the value between them; not at the edge of a domain."""
        (at_a, slope_a), (at_b, slope_b) = samples[a], samples[b]
        if not (math.isfinite(at_a) and math.isfinite(at_b)):
            return not (math.isfinite(at_a) or math.isfinite(at_b))
        width, allowed = b - a, _RESOLVED * max(abs(at_a), abs(at_b)) + noise

        def cubic(t: float) -> float:
            left = (1.0 + 2.0 * t) * at_a + t * width * slope_a
            right = (3.0 - 2.0 * t) * at_b + (t - 1.0) * width * slope_b
            return (1.0 - t) ** 2 * left + t * t * right

        return all(abs(self.function(a + t * width) - cubic(t)) <= allowed for t in _BETWEEN)

    def noise(self, k: int) -> float:
        """How large rounding may leave the function near the k-th sample, where it is zero."""
        sizes = np.abs(self.y[np.isfinite(self.y)])
        near = np.abs(self.y[max(k - _NEARBY, 0) : k + _NEARBY + 1])
        size = min(float(np.max(sizes)), _RANGE * float(np.max(near[np.isfinite(near)], initial=0.0)))
        return max(_ROUNDING * size, self.rounding)

    def _flat(self) -> tuple[tuple[float, float], ...]:
        zero = np.concatenate([[False], self.y == 0.0, [False]])
        starts = np.flatnonzero(~zero[:-1] & zero[1:]).tolist()
        ends = (np.flatnonzero(zero[:-1] & ~zero[1:]) - 1).tolist()
        pairs = [(a, b) for a, b in zip(starts, ends, strict=True) if b > a]
        return tuple((self._edge(a, a - 1), self._edge(b, b + 1)) for a, b in pairs)

    def _edge(self, k: int, beyond: int) -> float:
        """How far the zeros reach from a sample towards the next one, which is none."""
        zero = float(self.x[k])
        if not 0 <= beyond < len(self.x):
            return zero
        other = float(self.x[beyond])
        while abs(other - zero) > EPS * max(abs(zero), abs(other), self.cell):
            middle = 0.5 * (zero + other)
            zero, other = (middle, other) if self.function(middle) == 0.0 else (zero, middle)
        return 0.0 if abs(zero) <= EPS * self.cell else zero

    def _zero_sample(self, k: int) -> None:
        x = float(self.x[k])
        if self._jumps_at(x, k):
            self.jumps.append(x)
            return
        around = [self.y[j] for j in (k - 1, k + 1) if 0 <= j < len(self.y)]
        same = len(around) == 2 and _alike(*around)
        self.found.append(Root(x, self.noise(k), same))

    def _bracket(self, k: int, low: float, high: float) -> None:
        x = bracketed(self.function, self.slope, low, high)
        if self._jumps_at(x, k):
            self.jumps.append(x)
        else:
            self.found.append(Root(x, self.noise(k)))

    def _jumps_at(self, x: float, k: int) -> bool:
        """Whether the function does not come down to zero on both sides: a kink or a pole of the primal."""

        def gap(h: float) -> float:
            left, right = max(x - h, float(self.x[0])), min(x + h, float(self.x[-1]))
            return abs(self.function(right) - self.function(left))

        beside = self.x[max(k - 1, 0) : k + 2]
        shortest = max(1e-6 * float(np.min(np.diff(beside))), 64.0 * EPS * abs(x))
        far, near = gap(1e3 * shortest), gap(shortest)
        return not np.isfinite(near) or (near > 0.5 * far and near > 100.0 * self.noise(k))

    def _touch(self, k: int) -> None:
        """Look for a root that only touches zero, near a sample that is nearer to it than its neighbours."""
        here = float(self.y[k])
        if k in (0, len(self.x) - 1):
            if abs(here) <= self.noise(k):
                self.found.append(Root(float(self.x[k]), self.noise(k)))
            return
        before, after = float(self.y[k - 1]), float(self.y[k + 1])
        # of two equal samples the first is taken; what is not a number fails every comparison
        if not (abs(here) < abs(before) and abs(here) <= abs(after)):
            return
        if not (_alike(here, before) and _alike(here, after)):
            return
        low, high = float(self.x[k - 1]), float(self.x[k + 1])
        if not _opposite(self.slope(low), self.slope(high)):
            return
        x = bracketed(self.slope, lambda _: 0.0, low, high)
        value = self.function(x)
        if abs(value) <= self.noise(k):
            self.found.append(Root(x, self.noise(k), True))
        elif _opposite(value, here):
            self._bracket(k, low, x)
            self._bracket(k, x, high)


def _opposite(first: float, second: float) -> bool:
    """Whether two numbers have opposite signs, also if their product is too small for a number."""
    return bool(np.sign(first) * np.sign(second) < 0.0)


def _alike(first: float, second: float) -> bool:
    """Whether two numbers that are not zero have the same sign."""
    return bool(np.sign(first) * np.sign(second) > 0.0)


def bracketed(function: Line, slope: Line, low: float, high: float) -> float:
    """The root between two places where a function has different signs, to the last digit.

    Newton's method, with bisection where it leaves the bracket or does not halve it (Press et al., Numerical
    Recipes, section 9.4).
    """
    at_low, at_high = function(low), function(high)
    if at_low == 0.0 or at_high == 0.0:
        return low if at_low == 0.0 else high
    tiny = 1e-4 * EPS * (high - low)
    x, wide = 0.5 * (low + high), high - low
    while True:
        y = function(x)
        if y == 0.0 or not np.isfinite(y):
            return x
        if (y < 0.0) == (at_low < 0.0):
            low, at_low = x, y
        else:
            high, at_high = x, y
        width = high - low
        if width <= max(2.0 * EPS * max(abs(low), abs(high)), tiny):
            return _best(function, low, high)
        steep = slope(x)
        step = x - y / steep if steep != 0.0 else low
        x = step if low < step < high and width <= 0.5 * wide else 0.5 * (low + high)
        wide = width
        if x in (low, high):
            return _best(function, low, high)


def _best(function: Line, low: float, high: float) -> float:
    """Of the places that are left, the one where the function is smallest; 0 if it is one of them."""
    places = [x for x in (0.0, low, high) if low <= x <= high]
    return min(places, key=lambda x: abs(function(x)))
