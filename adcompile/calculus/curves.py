"""The shape of curves: curvature, where a graph bends which way, and where it is as steep as its chord.

In: a function of one number, and a place or an interval. Out: frozen records of what holds there. What is
found on an interval rests on samples of it, as `roots` says.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import api
from ..errors import ArgumentError
from ..leaves import Vector
from .roots import EPS, Line, Roots, find_roots, guarded
from .texts import numbers_text
from .variables import Function, check_count, name_of, number

_SAMPLES = 256


@dataclass(frozen=True)
class Curvature:
    """How a plane curve bends at a point.

    Attributes
    ----------
    curvature : float
        Positive where the curve turns left, in the direction of the growing parameter.
    point, tangent, normal : tuple of float
        The place; the unit vectors along the curve and, turned left, across it.
    """

    curvature: float
    point: tuple[float, float]
    tangent: tuple[float, float]
    normal: tuple[float, float]

    @property
    def radius(self) -> float:
        """The radius of the circle that fits best; infinite where the curve is straight."""
        return math.inf if self.curvature == 0.0 else 1.0 / abs(self.curvature)

    @property
    def centre(self) -> tuple[float, float] | None:
        """The centre of that circle, None where the curve is straight."""
        if self.curvature == 0.0:
            return None
        x, y = (p + n / self.curvature for p, n in zip(self.point, self.normal, strict=True))
        return x, y

    def __str__(self) -> str:
        return f"curvature {self.curvature:.6g} at {numbers_text(self.point)}, radius {self.radius:.6g}"


def curvature(f: Function, t: float) -> Curvature:
    """The signed curvature of a plane curve: a graph, or one with a parameter.

    (x′ y″ - y′ x″) / (x′² + y′²)^(3/2), which for a graph is f″ / (1 + f′²)^(3/2) (do Carmo, Differential
    Geometry of Curves and Surfaces, section 1.5).

    Parameters
    ----------
    f : callable
        A function of one number. It returns one number, and its graph is the curve; or it returns the two
        coordinates, as a tuple or an array.
    t : float
        The place: x, or the parameter.

    Returns
    -------
    Curvature
        With the circle that fits best.

    Raises
    ------
    ArgumentError
        If `f` returns neither, or the curve stands still there.
    AdcompileError
        If the function cannot be differentiated.

    Examples
    --------
    >>> import math
    >>> print(curvature(lambda x: x**2, 0))
    curvature 2 at (0, 0), radius 0.5
    >>> print(curvature(lambda t: (3 * math.cos(t), 3 * math.sin(t)), 1.5707963267948966))
    curvature 0.333333 at (1.83697e-16, 3), radius 3
    """
    t = number(t, "t")
    value = f(t)
    first, second = api.derivative(f)(t), api.derivative(f, 2)(t)
    if np.ndim(value) == 0:
        point, velocity, acceleration = (t, float(value)), (1.0, float(first)), (0.0, float(second))
    elif np.shape(value) == (2,):
        point, velocity, acceleration = (_pair(v) for v in (value, first, second))
    else:
        raise ArgumentError(
            "AD210",
            f"{name_of(f)} returns an object of shape {np.shape(value)}",
            None,
            "one number for a graph, or two coordinates for a plane curve",
        )
    speed = math.hypot(*velocity)
    if speed == 0.0:
        raise ArgumentError(
            "AD210", f"the curve stands still at {t:g}", None, "a parameter that moves along the curve"
        )
    turn = velocity[0] * acceleration[1] - velocity[1] * acceleration[0]
    along = (velocity[0] / speed, velocity[1] / speed)
    return Curvature(turn / speed**3, point, along, (-along[1], along[0]))


def _pair(value: Any) -> tuple[float, float]:
    x, y = value
    return float(x), float(y)


@dataclass(frozen=True)
class Concavity:
    """Which way a graph bends on the parts of an interval.

    Attributes
    ----------
    pieces : tuple of (float, float, str)
        From, to, and "convex" (bends up), "concave" (bends down), "straight", or "undefined" where the second
        derivative has no value.
    inflections : tuple of float
        Where it changes from convex to concave or back, and is smooth.
    breaks : tuple of float
        Where the slope jumps or has no finite value: kinks, cusps and poles.
    """

    pieces: tuple[tuple[float, float, str], ...]
    inflections: tuple[float, ...]
    breaks: tuple[float, ...]

    def __str__(self) -> str:
        lines = [f"{kind} on [{low:.6g}, {high:.6g}]" for low, high, kind in self.pieces]
        if self.inflections:
            lines.append(f"inflections at {numbers_text(self.inflections)}")
        if self.breaks:
            lines.append(f"not smooth at {numbers_text(self.breaks)}")
        return "\n".join(lines)


def concavity(f: Function, low: float, high: float, *, samples: int = _SAMPLES) -> Concavity:
    """Tell where the graph of a function is convex and where concave.

    The second derivative is sampled, and the changes of its sign are followed to the last digit.

    Parameters
    ----------
    f : callable
        A function of one number that returns one number.
    low, high : float
        The interval.
    samples : int, default 256
        Into how many parts it is cut.

    Returns
    -------
    Concavity
        The parts, from left to right.

    Raises
    ------
    ArgumentError
        If the interval is empty.
    AdcompileError
        If the function cannot be differentiated.

    Examples
    --------
    >>> print(concavity(lambda x: x**3 - 3 * x + 1, -2, 2))
    concave on [-2, 0]
    convex on [0, 2]
    inflections at 0
    """
    low, high = _interval(low, high)
    check_count("samples", samples, 1)
    slope, bend = guarded(api.derivative(f)), guarded(api.derivative(f, 2))
    found = find_roots(api.derivative(f, 2), api.derivative(f, 3), low, high, samples)
    with np.errstate(all="ignore"):
        places = np.linspace(low, high, samples + 1)
        missing = {float(x) for x in places if not math.isfinite(bend(float(x)) + slope(float(x)))}
        rough = {x for x in found.jumps if _is_rough(slope, x, (high - low) / samples)}
        least = 1e-9 * (high - low) / samples
        breaks = _apart({*_kinks(slope, bend, places), *missing, *rough}, least)
        pieces = _pieces(bend, _ends(found, breaks, (low, high), least), found)
    joints = itertools.pairwise(pieces)
    changes = {b for (_, b, kind), (_, _, then) in joints if {kind, then} == _CURVED}
    return Concavity(_merged(pieces, breaks), tuple(sorted(changes.difference(breaks))), breaks)


_CURVED = {"convex", "concave"}


def _apart(places: set[float], least: float) -> tuple[float, ...]:
    """Places in order, one for those that were found twice."""
    kept: list[float] = []
    for place in sorted(places):
        if not kept or place - kept[-1] > least:
            kept.append(place)
    return tuple(kept)


def _interval(low: Any, high: Any) -> tuple[float, float]:
    low, high = number(low, "the lower end"), number(high, "the upper end")
    if not low < high or not math.isfinite(high - low):
        raise ArgumentError(
            "AD210", f"the interval [{low:g}, {high:g}]", None, "finite ends, the lower one first"
        )
    return low, high


def _ends(
    found: Roots, breaks: tuple[float, ...], interval: tuple[float, float], least: float
) -> list[float]:
    """Where one piece may end and another begin."""
    roots = (root.x for root in found.roots)
    flat = (end for part in found.flat for end in part)
    # a break that was found twice is one end
    jumps = (x for x in found.jumps if all(abs(x - place) > least for place in breaks))
    return sorted({*interval, *roots, *jumps, *breaks, *flat})


def _pieces(bend: Line, ends: list[float], found: Roots) -> list[tuple[float, float, str]]:
    pieces = []
    for a, b in itertools.pairwise(ends):
        value = bend(0.5 * (a + b))
        flat = any(low <= a and b <= high for low, high in found.flat)
        kind = "straight" if flat or value == 0.0 else "convex" if value > 0.0 else "concave"
        pieces.append((a, b, "undefined" if math.isnan(value) else kind))
    return pieces


def _merged(
    pieces: list[tuple[float, float, str]], breaks: tuple[float, ...]
) -> tuple[tuple[float, float, str], ...]:
    """Pieces joined where they bend alike and nothing happens between them."""
    merged: list[tuple[float, float, str]] = []
    for a, b, kind in pieces:
        if merged and merged[-1][2] == kind and a not in breaks:
            merged[-1] = (merged[-1][0], b, kind)
        else:
            merged.append((a, b, kind))
    return tuple(merged)


def _kinks(slope: Line, bend: Line, places: Vector) -> tuple[float, ...]:
    """Where the slope changes by more than the second derivative says, however near one looks."""
    found = []
    slopes = [slope(float(x)) for x in places]
    for k in range(len(places) - 1):
        low, high = float(places[k]), float(places[k + 1])
        change = abs(_surplus(slope, bend, low, high))
        if not change > 0.1 * abs(slopes[k + 1] - slopes[k]):
            continue
        for _ in range(40):
            middle = 0.5 * (low + high)
            halves = [(low, middle), (middle, high)]
            low, high = max(halves, key=lambda half: abs(_surplus(slope, bend, *half)))
        rounding = 64.0 * EPS * max(abs(slopes[k]), abs(slopes[k + 1]))
        # a difference that is not a number is a place without a slope
        if not abs(slope(high) - slope(low)) <= max(0.5 * change, rounding):
            # one at a sample is found from both sides
            ends = [x for x in (0.0, *map(float, places[k : k + 2])) if low <= x <= high]
            found.append(ends[0] if ends else 0.5 * (low + high))
    return tuple(dict.fromkeys(found))


def _is_rough(slope: Line, x: float, cell: float) -> bool:
    """Whether the slope jumps or grows without bound where the second derivative jumps."""
    far, near = [(slope(x - h), slope(x + h)) for h in (1e-3 * cell, 1e-6 * cell)]
    size = max(map(abs, far))
    gap = abs(near[1] - near[0])
    return max(map(abs, near)) > 10.0 * size or gap > max(0.5 * abs(far[1] - far[0]), 64.0 * EPS * size)


def _surplus(slope: Line, bend: Line, low: float, high: float) -> float:
    """How much of the change of the slope the second derivative does not explain, by Simpson's rule."""
    middle = 0.5 * (low + high)
    explained = (high - low) * (bend(low) + 4.0 * bend(middle) + bend(high)) / 6.0
    surplus = slope(high) - slope(low) - explained
    return surplus if math.isfinite(surplus) else 0.0


@dataclass(frozen=True)
class MeanValue:
    """Where a function is as steep as its chord.

    Attributes
    ----------
    slope : float
        Of the chord.
    points : tuple of float
        The places, inside of the interval.
    intervals : tuple of (float, float)
        Parts on which the function runs along a parallel to the chord.
    jumps : tuple of float
        Where the derivative jumps over that slope: the theorem does not promise a point then.
    """

    slope: float
    points: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...] = ()
    jumps: tuple[float, ...] = ()

    def __str__(self) -> str:
        parts = [f"slope {self.slope:.6g} of the chord"]
        if self.points:
            parts.append(f"at {numbers_text(self.points)}")
        parts += [f"all along [{a:.6g}, {b:.6g}]" for a, b in self.intervals]
        if self.jumps:
            parts.append(f"jumped over at {numbers_text(self.jumps)}")
        return ", ".join(parts)


def mean_value_points(f: Function, low: float, high: float, *, samples: int = _SAMPLES) -> MeanValue:
    """Find the places where the derivative is the slope of the chord, as the mean value theorem promises.

    Parameters
    ----------
    f : callable
        A function of one number that returns one number.
    low, high : float
        The ends of the chord.
    samples : int, default 256
        Into how many parts the interval is cut for the search.

    Returns
    -------
    MeanValue
        The slope, and the places.

    Raises
    ------
    ArgumentError
        If the interval is empty.
    AdcompileError
        If the function cannot be differentiated.

    Examples
    --------
    >>> print(mean_value_points(lambda x: x**3, -1, 1))
    slope 1 of the chord, at (-0.57735, 0.57735)
    """
    low, high = _interval(low, high)
    check_count("samples", samples, 1)
    at_low, at_high = float(f(low)), float(f(high))
    slope = (at_high - at_low) / (high - low)
    rounding = 8.0 * EPS * max(abs(at_low), abs(at_high)) / (high - low)
    derivative = api.derivative(f)

    def surplus(x: float) -> float:
        steep = float(derivative(x))
        return 0.0 if abs(steep - slope) <= rounding else steep - slope

    found = find_roots(surplus, api.derivative(f, 2), low, high, samples, rounding)
    points = tuple(root.x for root in found.roots if low < root.x < high)
    return MeanValue(slope, points, found.flat, found.jumps)
