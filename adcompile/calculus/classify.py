"""What kind of critical point a point is, from the derivatives there.

In: a function and a point where its gradient is zero to rounding. Out: minimum, maximum, saddle, inflection,
or degenerate where the derivatives do not decide. Not for finding such points.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..leaves import Vector
from .newton import Scaled
from .roots import EPS
from .variables import Variables

HIGHEST = 8
_HIGHEST_ALONG = 4
# an eigenvalue below this part of the largest one, there or elsewhere in the box, is looked at more closely
_SMALL = 1e-4
# the terms of higher order within the rounding of a root, against that of the lowest order
_NEGLIGIBLE = 0.1


@dataclass(frozen=True)
class Verdict:
    """The kind of a critical point, and the order of the derivative that told it (0: none did)."""

    kind: str
    order: int


def on_a_line(derivative: Callable[[int], float], noise: float, highest: int = HIGHEST) -> Verdict:
    """Classify a root of f' by the first derivative of f that is not zero there.

    A root of f' is known to within the distance at which f' rises above its rounding. The derivative of order
    k decides if within that distance the terms of higher order of Taylor's formula do not matter: otherwise
    it differs from zero only because the point is not quite the root.

    Parameters
    ----------
    derivative : callable
        From an order, 2 or more, to the derivative of f of that order at the point.
    noise : float
        How far from zero rounding may have put f'.
    highest : int
        The highest order that is tried.
    """
    known: dict[int, float] = {}

    def term(order: int, distance: float) -> float:
        if order not in known:
            known[order] = derivative(order)
        return float(abs(known[order]) * distance ** (order - 1) / math.factorial(order - 1))

    for order in range(2, highest + 1):
        size = term(order, 1.0)
        if size == 0.0 or not math.isfinite(size):
            continue
        distance = (noise / size) ** (1.0 / (order - 1))
        higher = [term(k, distance) for k in range(order + 1, min(order + 2, highest) + 1)]
        if all(t <= _NEGLIGIBLE * noise for t in higher):
            if order % 2:
                return Verdict("inflection", order)
            return Verdict("minimum" if known[order] > 0.0 else "maximum", order)
    return Verdict("degenerate", 0)


def of_number(function: Variables, x: float, noise: float, extent: float) -> Verdict:
    """Classify a critical point of a function of one number.

    Rounding may be as large as elsewhere in the box, or as small as it is seen to be near the point: where
    that makes a difference the point stays undecided.
    """
    at, right = np.array([x]), np.ones(1)

    def derivative(order: int) -> float:
        if order == 2:
            return float(function.hessian(at)[0, 0])
        return function.along(at, right, order)

    step = EPS * max(abs(x), extent)
    near = [float(function.gradient(np.array([x + k * step]))[0]) for k in range(-4, 5)]
    local = float(np.max(np.abs(near)))
    verdict = on_a_line(derivative, noise)
    if local > 0.0 and on_a_line(derivative, local) != verdict:
        return Verdict("degenerate", 0)
    return verdict


def of_numbers(function: Scaled, x: Vector, hessian: Vector, noise: float, typical: float) -> Verdict:
    """Classify a critical point of several numbers by the eigenvalues of the Hessian.

    Along an eigenvector whose eigenvalue is small, higher derivatives tell whether the function goes up on
    one side and down on the other, so that the point is no extremum. That it does so along no line proves
    nothing (Peano's surface (y - x²)(y - 2x²)): then the point stays degenerate.
    """
    values, vectors = np.linalg.eigh(hessian)
    small = _SMALL * max(float(np.max(np.abs(values))), typical)
    signs: set[str] = set()
    order = 2
    for value, vector in zip(values, vectors.T, strict=True):
        if abs(value) > small:
            signs.add("minimum" if value > 0.0 else "maximum")
            continue
        verdict = on_a_line(_along(function, x, vector, float(value)), noise, _HIGHEST_ALONG)
        if verdict.kind == "inflection":
            return Verdict("saddle", verdict.order)
        signs.add(verdict.kind)
        order = order if verdict.order == 2 else 0 if verdict.order == 0 else max(order, verdict.order)
    if {"minimum", "maximum"} <= signs:
        return Verdict("saddle", order or 2)
    if order != 2 or len(signs) != 1:
        return Verdict("degenerate", order)
    return Verdict(signs.pop(), 2)


def _along(function: Scaled, x: Vector, vector: Vector, value: float) -> Callable[[int], float]:
    return lambda order: value if order == 2 else function.along(x, vector, order)
