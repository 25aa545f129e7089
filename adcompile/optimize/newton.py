"""Methods that know the Hessian by its products with vectors: Newton's, damped and in a trust region.

The Newton equations are solved by conjugate gradients, so the matrix is never formed. Source: Nocedal &
Wright, *Numerical Optimization* (2nd edition, 2006), chapters 4 and 7; Steihaug, "The conjugate gradient
method and trust regions in large scale optimization" (1983).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from adcompile.leaves import Vector

from .method import NotFiniteProduct, Settings, Step, Steps, length_along
from .problem import Problem, norm
from .results import Stop

__all__ = ["Solution", "conjugate_gradients", "damped_newton", "newton", "trust_region"]


class Solution(NamedTuple):
    """A step towards the minimum of a quadratic model, and whether the model curves down somewhere."""

    step: Vector
    curves_down: bool


def conjugate_gradients(
    product: Callable[[Vector], Vector], gradient: Vector, tolerance: float, radius: float = math.inf
) -> Solution:
    """The step p of least ``gradient·p + ½ p·H p`` by conjugate gradients, truncated.

    Parameters
    ----------
    product : callable
        H times a vector.
    gradient : ndarray
        At the point where the step begins.
    tolerance : float
        The norm of the residual ``H p + gradient`` at which the iteration ends.
    radius : float, default infinity
        The largest norm of the step. A step that would be longer, and one along a direction in which the
        model curves down, ends there (Steihaug).

    Returns
    -------
    Solution
        Where the model curves down and there is no radius, the step so far, or else that against the
        gradient.
    """
    step = np.zeros_like(gradient)
    residual, direction = gradient, -gradient
    size = float(residual @ residual)
    for _ in range(10 * gradient.size):
        if math.sqrt(size) <= tolerance:
            break
        image = product(direction)
        curvature = float(direction @ image)
        if not math.isfinite(curvature):
            raise NotFiniteProduct("the Hessian is not finite")
        if curvature <= 0.0:
            if math.isfinite(radius):
                return Solution(_at_radius(step, direction, radius), True)
            return Solution(step if step.any() else direction, True)
        longer = step + (size / curvature) * direction
        if norm(longer) >= radius:
            return Solution(_at_radius(step, direction, radius), False)
        residual = residual + (size / curvature) * image
        last, size = size, float(residual @ residual)
        step, direction = longer, (size / last) * direction - residual
    return Solution(step, False)


def _at_radius(step: Vector, direction: Vector, radius: float) -> Vector:
    """The step, gone on along a direction to the given norm."""
    a, b = float(direction @ direction), 2.0 * float(step @ direction)
    c = float(step @ step) - radius**2
    root = math.sqrt(max(b * b - 4.0 * a * c, 0.0))
    # of the two forms of the positive root that without cancellation
    length = (root - b) / (2.0 * a) if b < 0.0 else -2.0 * c / (root + b)
    return step + length * direction


def _tolerance(gradient_norm: float) -> float:
    """How exactly to solve Newton's equations, so that steps near a minimum are superlinear (eq. 7.3).

    Far from it 0.1 takes fewer products in total, on the problems of Moré, Garbow & Hillstrom, than 0.5,
    which lets the steps follow the gradient across a valley.
    """
    return min(0.1, math.sqrt(gradient_norm)) * gradient_norm


def newton(problem: Problem, settings: Settings) -> Steps:
    """Full Newton steps."""
    x, rate = problem.start, math.nan
    while True:
        value, gradient = problem.value_and_gradient(x)
        yield Step(x, value, gradient, rate)
        tolerance = settings.options["cg_tolerance"] * norm(gradient)
        step, curves_down = conjugate_gradients(
            functools.partial(problem.hessian_product, x), gradient, tolerance
        )
        if curves_down:
            return Stop.CURVATURE
        there = problem.rounded(x + step)
        if np.array_equal(there, x):
            return Stop.NO_STEP
        x, rate = there, 1.0


def damped_newton(problem: Problem, settings: Settings) -> Steps:
    """Newton steps, truncated, of a length that a line search finds (algorithm 7.1)."""
    x, rate = problem.start, math.nan
    while True:
        value, gradient = problem.value_and_gradient(x)
        yield Step(x, value, gradient, rate)
        product = functools.partial(problem.hessian_product, x)
        step = conjugate_gradients(product, gradient, _tolerance(norm(gradient))).step
        length = length_along(problem, x, step, settings.line_search or "wolfe")
        if length is None:
            return Stop.NO_STEP
        x, rate = problem.rounded(x + length * step), length


def trust_region(problem: Problem, settings: Settings) -> Steps:
    """Newton steps within a radius in which the quadratic model is trusted (algorithm 4.1)."""
    x, radius, largest = problem.start, settings.options["radius"], settings.options["max_radius"]
    rate = math.nan
    while True:
        value, gradient = problem.value_and_gradient(x)
        yield Step(x, value, gradient, rate)
        tolerance = _tolerance(norm(gradient))
        product = functools.partial(problem.hessian_product, x)
        while True:
            step = conjugate_gradients(product, gradient, tolerance, radius).step
            predicted = -float(gradient @ step + 0.5 * (step @ product(step)))
            there = problem.rounded(x + step)
            if np.array_equal(there, x):
                return Stop.NO_STEP
            if not math.isfinite(predicted):
                raise NotFiniteProduct("the Hessian is not finite")
            ratio = gain(value, problem.value(there), predicted, problem.rounding)
            length = norm(step)
            rate = radius
            if ratio < 0.25:
                radius = 0.25 * length
            elif ratio > 0.75 and length >= 0.99 * radius:
                radius = min(2.0 * radius, largest)
            if ratio > 0.1:
                break
        x = there


def gain(value: float, there: float, predicted: float, rounding: float) -> float:
    """How much of the decrease that a model predicts is seen; -∞ if the new value is not finite.

    Decreases in the order of the rounding errors of the value count as seen: Conn, Gould & Toint,
    *Trust-Region Methods* (2000), section 17.4.2.
    """
    if not math.isfinite(there):
        return -math.inf
    error = rounding * abs(value) + float(np.finfo(float).tiny)
    return (value - there + error) / (predicted + error)
