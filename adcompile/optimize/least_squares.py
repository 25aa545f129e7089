"""Methods for sums of squares, which know the Jacobian of the residuals.

Source: Nocedal & Wright, *Numerical Optimization* (2nd edition, 2006), chapter 10; for the scaling Moré, "The
Levenberg-Marquardt algorithm: implementation and theory" (1978); for the damping Nielsen, "Damping parameter
in Marquardt's method" (1999).
"""

from __future__ import annotations

import math

import numpy as np

from .method import Settings, Step, Steps, length_along
from .newton import gain
from .problem import LeastSquares, Problem
from .results import Stop

__all__ = ["gauss_newton", "levenberg_marquardt"]


def gauss_newton(problem: Problem, settings: Settings) -> Steps:
    """Steps to the minimum of the linearised residuals; shortened by a line search, if one is asked for."""
    assert isinstance(problem, LeastSquares)
    x, rate = problem.start, math.nan
    while True:
        yield Step(x, *problem.value_and_gradient(x), rate)
        residuals, jacobian = problem.residuals_and_jacobian(x)
        step = np.linalg.lstsq(jacobian, -residuals, rcond=None)[0]
        length: float | None = 1.0
        if settings.line_search is not None:
            length = length_along(problem, x, step, settings.line_search)
        if length is None:
            return Stop.NO_STEP
        there = problem.rounded(x + length * step)
        if np.array_equal(there, x):
            return Stop.NO_STEP
        x, rate = there, length


def levenberg_marquardt(problem: Problem, settings: Settings) -> Steps:
    """Steps to the minimum of the linearised residuals and a damping term, which shrinks with success."""
    assert isinstance(problem, LeastSquares)
    x, damping, growth, rate = problem.start, settings.options["damping"], 2.0, math.nan
    scale = np.zeros(x.size)
    while True:
        value, gradient = problem.value_and_gradient(x)
        yield Step(x, value, gradient, rate)
        residuals, jacobian = problem.residuals_and_jacobian(x)
        scale = np.maximum(scale, np.linalg.norm(jacobian, axis=0))
        damper = np.diag(np.where(scale > 0.0, scale, 1.0))
        right = np.concatenate([-residuals, np.zeros(x.size)])
        while True:
            matrix = np.concatenate([jacobian, math.sqrt(damping) * damper])
            step = np.linalg.lstsq(matrix, right, rcond=None)[0]
            image, damped = jacobian @ step, damper @ step
            predicted = float(0.5 * (image @ image) + damping * (damped @ damped))
            there = problem.rounded(x + step)
            if np.array_equal(there, x):
                return Stop.NO_STEP
            ratio = gain(value, problem.value(there), predicted, problem.rounding)
            rate = damping
            if ratio > 1e-4:
                damping *= max(1.0 / 3.0, 1.0 - (2.0 * ratio - 1.0) ** 3)
                growth = 2.0
                break
            damping, growth = damping * growth, 2.0 * growth
        x = there
