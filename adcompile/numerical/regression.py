"""Gradients of noisy functions by least squares.

In: a function whose values have random errors, and a point. Out: the gradient of a linear or quadratic model
that fits the values at points around, with what the noise may have done to it. Not for functions without
noise, of which differences take fewer calls.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..leaves import Vector
from .points import Point, is_number, is_whole
from .student import quantile

_RADIUS = 0.1
_CONDITION = 1e3


class ConditionWarning(UserWarning):
    """The points hardly determine the model: noise is amplified by the condition number."""


@dataclass(frozen=True)
class RegressionGradient:
    """A gradient estimated from values at random points.

    Attributes
    ----------
    value : object
        The gradient, in the form of the argument.
    standard_error : object
        The standard deviation of each number of it, as far as noise goes.
    low, high : object
        The ends of its confidence interval, for each number alone.
    confidence : float
        How often such an interval holds the gradient of the model.
    noise : float
        The standard deviation of the values around the model.
    condition : float
        The condition number of the least-squares problem; 1 at best.
    evaluations : int
        How many calls of the function that took.
    function_value : float
        The model at the point itself.
    hessian : ndarray of shape (n, n) or None
        The second derivatives of a quadratic model by all numbers of the argument, one after the other.
    """

    value: Any
    standard_error: Any
    low: Any
    high: Any
    confidence: float
    noise: float
    condition: float
    evaluations: int
    function_value: float
    hessian: Vector | None

    def __str__(self) -> str:
        found = f"noise {self.noise:.3g}, condition {self.condition:.3g}"
        return (
            f"{self.value}\n"
            f"  between {self.low}\n"
            f"      and {self.high} (each with {100.0 * self.confidence:g} % confidence)\n"
            f"  by regression on {self.evaluations} calls, {found}"
        )


def regression_gradient(
    f: Callable[..., Any],
    x: Any,
    *,
    samples: int | None = None,
    radius: float | None = None,
    quadratic: bool = False,
    weights: Callable[[Vector], Any] | None = None,
    confidence: float = 0.95,
    rng: Any = 0,
) -> RegressionGradient:
    """The gradient of a noisy function, by least squares on values at random points around x.

    Parameters
    ----------
    f : callable
        Returns one real number, with an independent random error of the same variance at each call.
    x : float, ndarray, container, or tuple of arguments
        Where; see `gradient`.
    samples : int, optional
        How many points, and calls. By default twice as many as the model has unknowns, and at least ten more.
    radius : float, or in the form of x, optional
        How far from x each number goes at most; by default ``0.1 * max(1, abs(x))`` for each number.
    quadratic : bool
        Whether the model has quadratic terms. It has ``1 + n`` unknowns without, and ``n*(n + 1)/2`` more
        with them.
    weights : callable, optional
        From the distances of the points, an array of numbers from 0 (at x) to 1 (at the radius, in any of the
        numbers), to their weights: points that are near can count for more. By default all count alike.
    confidence : float
        How often the interval shall hold the gradient.
    rng : int or numpy.random.Generator
        Where the points come from; the seed 0 by default, so that all runs give the same.

    Returns
    -------
    RegressionGradient

    Raises
    ------
    ArgumentError
        As `gradient`; if there are no more samples than unknowns, or the points do not determine the model;
        or if the function is not finite at one of them.

    Warns
    -----
    ConditionWarning
        If the condition number is above 1000.

    Notes
    -----
    Points are uniform in a box. With m of them, each number of a linear model's gradient has the variance
    ``3 * noise**2 / (m * radius**2)``, about: a larger radius averages noise away. It also takes in more of
    what the model leaves out. Second derivatives add to the noise only, for the points lie around x evenly;
    third derivatives move number i by ``radius**2 * f_iii / 10``, and by ``radius**2 * f_ijj / 6`` for each j
    that is not i, and quadratic terms do not change that. The interval knows of noise, not of that.

    Weights here tell which points matter, not how exact their values are: so the variance is that of weighted
    least squares under equal noise, and the degrees of freedom are Satterthwaite's. Theory: Draper and Smith,
    Applied Regression Analysis, chapters 2 and 9; weights: Cleveland and Loader (1996).

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.default_rng(1)
    >>> def measured(x):
    ...     return x[0] ** 2 - 3.0 * x[1] + 0.01 * noise.normal()
    >>> found = regression_gradient(measured, np.array([1.0, 2.0]), samples=200, radius=0.5)
    >>> np.round(found.value, 1).tolist()
    [2.0, -3.0]
    """
    point = Point(f, x)
    unknowns = 1 + point.size + (point.size * (point.size + 1) // 2 if quadratic else 0)
    count = max(2 * unknowns, unknowns + 10) if samples is None else samples
    if not is_whole(count) or count <= unknowns:
        expected = f"an int above {unknowns}, the number of unknowns"
        raise ArgumentError("AD210", f"samples={samples!r}", None, expected)
    if not (is_number(confidence) and 0.0 < confidence < 1.0):
        raise ArgumentError("AD210", f"confidence={confidence!r}", None, "a number between 0 and 1")
    radii = radii_of(point, radius, _RADIUS * point.sizes, "radius")
    moves = generator(rng).uniform(-1.0, 1.0, (count, point.size)) * radii
    # what a number really moved by, which in low precision is not what it should have
    places = np.stack([point.rounded(point.vector + move) for move in moves])
    values = np.array([point.value(place) for place in places])
    offsets = (places - point.vector) / radii
    fit = _Fit(_design(offsets, quadratic), values, _weights(weights, offsets))
    return _result(point, fit, radii, quadratic, confidence)


def radii_of(point: Point, radius: Any, default: Vector, what: str) -> Vector:
    """How far each number goes at most: as far as all others, or as the caller says in the form of x."""
    if radius is None:
        return default
    try:
        found = np.full(point.size, float(radius)) if is_number(radius) else point.like(radius)
    except (ValueError, TypeError):
        found = np.full(point.size, np.nan)
    if not np.all((found > 0.0) & (found < math.inf)):
        expected = "a positive number, one in the form of x for each number of it, or None"
        raise ArgumentError("AD210", f"{what}={radius!r}", None, expected)
    return found


def generator(rng: Any) -> np.random.Generator:
    """The generator, or the one of a seed."""
    if isinstance(rng, np.random.Generator):
        return rng
    if not is_whole(rng) or rng < 0:
        raise ArgumentError("AD210", f"rng={rng!r}", None, "a numpy.random.Generator, or a seed")
    return np.random.default_rng(int(rng))


def _design(offsets: Vector, quadratic: bool) -> Vector:
    """The terms of the model at each point, in units of the radius."""
    terms = [np.ones((len(offsets), 1)), offsets]
    if quadratic:
        first, second = np.triu_indices(offsets.shape[1])
        terms.append(offsets[:, first] * offsets[:, second])
    return np.concatenate(terms, axis=1)


def _weights(weights: Any, offsets: Vector) -> Vector:
    if weights is None:
        return np.ones(len(offsets))
    if not callable(weights):
        expected = "a function of an array of distances, or None"
        raise ArgumentError("AD210", f"weights of type {type(weights).__name__}", None, expected)
    found = np.asarray(weights(np.max(np.abs(offsets), axis=1)), float)
    if found.shape != (len(offsets),) or not np.all(np.isfinite(found)) or np.any(found < 0.0):
        raise ArgumentError(
            "AD210",
            "weights that are no array of positive numbers",
            None,
            "a function of an array of distances",
        )
    return found


class _Fit:
    """Weighted least squares, with the covariance of the unknowns under equal noise.

    Parameters
    ----------
    design : ndarray of shape (m, p)
        The terms at each point.
    values : ndarray of shape (m,)
        The function there.
    weights : ndarray of shape (m,)
        How much each point counts.
    """

    def __init__(self, design: Vector, values: Vector, weights: Vector) -> None:
        roots = np.sqrt(weights)[:, None]
        left, singular, right = np.linalg.svd(roots * design, full_matrices=False)
        if singular[-1] <= len(values) * np.finfo(float).eps * singular[0]:
            raise ArgumentError(
                "AD210", "the points do not determine the gradient", None, "more samples, or other weights"
            )
        self.condition = float(singular[0] / singular[-1])
        if self.condition > _CONDITION:
            text = f"the points hardly determine the gradient: the condition number is {self.condition:.3g}"
            warnings.warn(text, ConditionWarning, stacklevel=3)
        self.unknowns = right.T @ ((left.T @ (roots[:, 0] * values)) / singular)
        residual = values - design @ self.unknowns
        inverse = (right.T / singular**2) @ right
        second = inverse @ (design.T * weights**2) @ design
        third = inverse @ (design.T * weights**3) @ design
        # the mean of the weighted sum of squares, in units of the variance, and its degrees of freedom
        mean = float(np.sum(weights) - np.trace(second))
        spread = float(np.sum(weights**2) - 2.0 * np.trace(third) + np.trace(second @ second))
        # it is no smaller (Cauchy, Schwarz), but for rounding where a few points have nearly all the weight
        spread = max(spread, mean**2 / (len(values) - design.shape[1]))
        self.noise = math.sqrt(float(residual @ (weights * residual)) / mean)
        self.freedom = max(1, math.floor(mean**2 / spread + 1e-9))
        self.deviations = self.noise * np.sqrt(np.diag(second @ inverse))


def _result(point: Point, fit: _Fit, radii: Vector, quadratic: bool, confidence: float) -> RegressionGradient:
    n = point.size
    slopes, deviations = fit.unknowns[1 : n + 1] / radii, fit.deviations[1 : n + 1] / radii
    reach = quantile(confidence, fit.freedom) * deviations
    hessian = None
    if quadratic:
        half = np.zeros((n, n))
        half[np.triu_indices(n)] = fit.unknowns[n + 1 :]
        hessian = (half + half.T) / np.outer(radii, radii)
    form = point.like_argument
    return RegressionGradient(
        form(slopes), form(deviations), form(slopes - reach), form(slopes + reach), confidence, fit.noise,
        fit.condition, point.calls, float(fit.unknowns[0]), hessian,
    )  # fmt: skip
