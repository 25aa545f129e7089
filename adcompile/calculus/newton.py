"""Newton's method on the gradient, from starts that fill a box.

In: a function of several numbers and a box. Out: the places in it where the gradient is zero to rounding,
each once. Not for minimising: every root of the gradient is as good as every other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..leaves import Vector
from .roots import EPS
from .variables import UNDEFINED, Box, Variables

_ITERATIONS = 200
_HALVINGS = 8
_LONGEST = 0.5
# two roots are one if they are nearer to each other than this part of the box; where the Hessian is singular,
# half as many digits of a root are known, or less
_APART = 1e-8
_APART_SINGULAR = 1e-4
_SINGULAR = 1e-4
# the part of the gradient that a Newton step may leave
_LEFT = 1e-3


@dataclass(frozen=True)
class Scaled:
    """A function in units in which numbers matter alike, so that no unit of the caller's does.

    Points are those of the function; directions, gradients and Hessians are in units of their own, of which
    `in_box` are in the side of a box. Where the function depends on one number far less than on another, a
    unit of that is longer.
    """

    function: Variables
    sides: Vector
    in_box: Vector

    @property
    def units(self) -> Vector:
        """The units, in those of the function."""
        found: Vector = self.sides * self.in_box
        return found

    def length(self, step: Vector) -> float:
        """The length of a step, in parts of the box."""
        return float(np.linalg.norm(self.in_box * step))

    def size(self, gradient: Vector) -> float:
        """The size of a gradient, of which no part is too small beside another to be seen."""
        return float(np.linalg.norm(self.in_box * gradient))

    def balanced(self, gradients: list[Vector]) -> Scaled:
        """The same in units by which these gradients say that numbers matter alike."""
        typical = np.median(np.abs(gradients), axis=0) if gradients else np.zeros(len(self.sides))
        known = np.where(typical > 0.0, typical, np.max(typical, initial=0.0))
        units = np.sqrt(np.max(known) / known) if np.any(known) else self.in_box
        return Scaled(self.function, self.sides, units)

    def value(self, x: Vector) -> float:
        """The function at a point."""
        return self.function.value(x)

    def gradient(self, x: Vector) -> Vector:
        """The gradient at a point."""
        found: Vector = self.units * self.function.gradient(x)
        return found

    def hessian(self, x: Vector) -> Vector:
        """The matrix of second derivatives at a point."""
        found: Vector = self.units[:, None] * self.function.hessian(x) * self.units
        return found

    def along(self, x: Vector, direction: Vector, order: int) -> float:
        """The derivative of some order along a line, at the point."""
        return self.function.along(x, self.units * direction, order)

    def moved(self, x: Vector, step: Vector) -> Vector:
        """The point a step away."""
        found: Vector = x + self.units * step
        return found


@dataclass(frozen=True)
class GradientRoot:
    """A root of the gradient, with the Hessian and the size of the gradient there, in units of `Scaled`."""

    x: Vector
    hessian: Vector
    size: float

    def singular(self, typical: float) -> bool:
        """Whether the Hessian is nearly singular, beside its typical size."""
        return bool(np.min(np.abs(np.linalg.eigvalsh(self.hessian))) <= _SINGULAR * typical)


@dataclass(frozen=True)
class Found:
    """The roots of the gradient in a box.

    Attributes
    ----------
    function : Scaled
        In whose units all sizes are.
    roots : list of GradientRoot
        Each once.
    noise : float
        How far from zero rounding may leave the gradient.
    typical, height : float
        Sizes of the Hessian and of the function in the box.
    undefined : int
        How many starts have no value.
    """

    function: Scaled
    roots: list[GradientRoot]
    noise: float
    typical: float
    height: float
    undefined: int

    @property
    def isolated(self) -> int:
        """How many roots have a Hessian that is not singular: of others, there may be a curve."""
        return sum(not root.singular(self.typical) for root in self.roots)


def starting_points(box: Box, count: int) -> Vector:
    """Points that fill a box evenly, its centre first: the additive sequence of the generalised golden ratio.

    M. Roberts, The unreasonable effectiveness of quasirandom sequences (2018).
    """
    size = len(box.low)
    ratio = 1.5
    for _ in range(60):
        ratio = (1.0 + ratio) ** (1.0 / (size + 1))
    steps = ratio ** -np.arange(1.0, size + 1.0)
    places = np.mod(0.5 + np.outer(np.arange(count), steps), 1.0)
    points: Vector = box.low + places * (box.high - box.low)
    return points


def gradient_roots(function: Variables, box: Box, starts: Vector) -> Found:
    """Go to roots of the gradient from each start, and keep each root in the box once."""
    values, gradients, hessians, good, error = [], [], [], [], None
    plain = Scaled(function, box.high - box.low, np.ones(len(box.low)))
    for start in starts:
        try:
            value, gradient, hessian = plain.value(start), plain.gradient(start), plain.hessian(start)
        except UNDEFINED as raised:
            error = raised
            continue
        if np.isfinite(value) and np.all(np.isfinite(gradient)) and np.all(np.isfinite(hessian)):
            values.append(abs(value))
            gradients.append(gradient)
            hessians.append(hessian)
            good.append(start)
    if not good and error is not None:
        raise error
    scaled = plain.balanced(gradients)
    units = scaled.in_box
    typical = _median([float(np.linalg.norm(units[:, None] * hessian * units, 2)) for hessian in hessians])
    # a gradient in those units is multiplied by them, and measured by them again
    noise = 8.0 * EPS * _median([scaled.size(units * gradient) for gradient in gradients])
    ends = [_newton(scaled, box, start, noise) for start in good]
    roots = [end for end in ends if end is not None and box.contains(end.x, 1e-9)]
    kept = _distinct(roots, scaled, typical)
    return Found(scaled, kept, noise, typical, _median(values), len(starts) - len(good))


def _median(sizes: list[float]) -> float:
    return float(np.median(sizes)) if sizes else 0.0


def _newton(function: Scaled, box: Box, start: Vector, noise: float) -> GradientRoot | None:
    """The root of the gradient that damped Newton steps lead to; None if they lead to none."""
    x, before = start, np.zeros_like(start)
    try:
        gradient, hessian = function.gradient(x), function.hessian(x)
        step = _step(function, hessian, gradient)
        for _ in range(_ITERATIONS):
            moved = _improved(function, x, [*_extended(step, before), step], function.size(gradient))
            if moved is None:
                break
            x, gradient = moved
            if not box.contains(x, 1.0):
                return None
            hessian = function.hessian(x)
            before, step = step, _step(function, hessian, gradient)
            if function.length(step) <= 0.01 * EPS:
                break
    except UNDEFINED:
        return None
    size, length = function.size(gradient), function.length(step)
    # where the Hessian is singular a step may be short because it leaves a part of the gradient as it is
    leads_there = function.size(hessian @ step + gradient) <= _LEFT * size
    near = (length <= _APART and leads_there) or (length <= _APART_SINGULAR and size <= noise)
    return GradientRoot(x, hessian, size) if near and np.all(np.isfinite(hessian)) else None


def _step(function: Scaled, hessian: Vector, gradient: Vector) -> Vector:
    """The Newton step, the shortest one where the Hessian is singular, and no longer than half the box."""
    if not np.all(np.isfinite(hessian)) or not np.all(np.isfinite(gradient)):
        raise ArithmeticError("no finite derivatives here")
    step: Vector = np.linalg.lstsq(hessian, -gradient, rcond=1e-12)[0]
    length = function.length(step)
    return step if length <= _LONGEST else step * (_LONGEST / length)


def _extended(step: Vector, before: Vector) -> list[Vector]:
    """The step to the limit of steps that shrink by a constant factor, as they do at a root of higher order.

    Of order m the factor is 1 - 1/m (Schröder, 1870).
    """
    length, previous = float(np.linalg.norm(step)), float(np.linalg.norm(before))
    if previous == 0.0 or not 0.4 < length / previous < 0.9 or step @ before < 0.99 * length * previous:
        return []
    return [step * (previous / (previous - length))]


def _improved(function: Scaled, x: Vector, steps: list[Vector], size: float) -> tuple[Vector, Vector] | None:
    """The point a step away where the gradient is smaller; of the last step a part may do as well."""
    if size == 0.0 or not np.any(steps[-1]):
        return None
    for step in [*steps, *[steps[-1] / 2.0**k for k in range(1, _HALVINGS)]]:
        there = function.moved(x, step)
        gradient = function.gradient(there)
        if function.size(gradient) < size:
            return there, gradient
    return None


def _distinct(roots: list[GradientRoot], function: Scaled, typical: float) -> list[GradientRoot]:
    """The best of each group of roots that are one to the accuracy with which they are known."""
    kept: list[GradientRoot] = []
    for root in sorted(roots, key=lambda r: r.size):
        apart = _APART_SINGULAR if root.singular(typical) else _APART
        if all(float(np.max(np.abs(root.x - other.x) / function.sides)) > apart for other in kept):
            kept.append(root)
    return kept


def is_isolated(function: Scaled, box: Box, root: GradientRoot) -> bool:
    """Whether Newton's method comes back to a root when it starts a little beside it.

    Along a curve of roots it goes to the nearest one instead.
    """
    values, vectors = np.linalg.eigh(root.hessian)
    beside = 1e-2
    for vector in vectors.T[np.argsort(np.abs(values))]:
        for sign in (1.0, -1.0):
            step = sign * beside / function.length(vector) * vector
            end = _newton(function, box, function.moved(root.x, step), 0.0)
            if end is None:
                continue
            distance = float(np.linalg.norm((end.x - root.x) / function.sides))
            if _APART_SINGULAR < distance < 2.0 * beside:
                return False
    return True
