"""Gradients from two calls, however many dimensions: simultaneous perturbation.

In: a function, noisy or expensive, and a point. Out: a random vector whose mean is the gradient, nearly. Not
for those who need each number of the gradient: its variance is that of all the others together.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..leaves import Vector
from .formulas import formula_of
from .points import Point, is_whole
from .regression import generator, radii_of


@dataclass(frozen=True)
class SpsaGradient:
    """A gradient estimated along random directions.

    Attributes
    ----------
    value : object
        The mean of the estimates, in the form of the argument.
    standard_error : object
        The standard deviation of each number of that mean, from how the estimates scatter; NaN of one.
    averages : int
        How many estimates.
    evaluations : int
        How many calls of the function that took: two for each.
    """

    value: Any
    standard_error: Any
    averages: int
    evaluations: int

    def __str__(self) -> str:
        return (
            f"{self.value}\n  by simultaneous perturbation, mean of {self.averages}, {self.evaluations} calls"
        )


def spsa_gradient(
    f: Callable[..., Any],
    x: Any,
    *,
    c: float | None = None,
    averages: int = 1,
    common_random_numbers: bool = False,
    rng: Any = 0,
) -> SpsaGradient:
    """The gradient by simultaneous perturbation: two calls for each estimate, whatever the dimension.

    Parameters
    ----------
    f : callable
        Returns one real number. It may have noise.
    x : float, ndarray, container, or tuple of arguments
        Where; see `gradient`.
    c : float, or in the form of x, optional
        How far each number is moved, up or down. By default the step of central differences, which is for
        functions without noise; with noise, about its standard deviation is a good start (Spall).
    averages : int
        How many estimates to take the mean of.
    common_random_numbers : bool
        Whether the function takes its randomness from a keyword argument `rng`, a numpy.random.Generator.
        Both calls of an estimate then get generators in the same state, so that noise which does not depend
        on x cancels.
    rng : int or numpy.random.Generator
        Where directions and seeds come from; the seed 0 by default, so that all runs give the same.

    Returns
    -------
    SpsaGradient

    Raises
    ------
    ArgumentError
        As `gradient`, if `averages` is no positive int, `c` is too small to move a number, or the function is
        not finite at a point.

    Notes
    -----
    All numbers move at once, by c up or down at random, Δ = ±1. The difference of the two values over 2cΔ_i
    estimates derivative i: what the other numbers add has a random sign, and mean 0. So for one estimate

    - the variance of number i is the sum of the squares of all other derivatives, and ``noise**2 / (2*c*c)``;
    - the bias is ``c*c/6`` times the sum over j of 3*f_ijj, with f_iii instead of three times that for j = i;

    up to higher powers of c. The mean of K estimates has that variance over K. Spall, Multivariate stochastic
    approximation using a simultaneous perturbation gradient approximation (1992).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(1000.0)
    >>> found = spsa_gradient(lambda x: x @ x, x)
    >>> found.evaluations
    2
    >>> def noisy(x, rng):
    ...     return x @ x + rng.normal()
    >>> found = spsa_gradient(noisy, np.array([3.0]), c=0.1, common_random_numbers=True)
    >>> np.round(found.value, 6).tolist()
    [6.0]
    """
    if not is_whole(averages) or averages < 1:
        raise ArgumentError("AD210", f"averages={averages!r}", None, "an int, 1 or more")
    point = Point(f, x)
    formula = formula_of("central", None)
    relative = np.array([formula.relative_step(accuracy) for accuracy in point.accuracies])
    widths = radii_of(point, c, relative * point.sizes, "c")
    source = generator(rng)
    estimates = np.stack(
        [_estimate(point, f, widths, source, common_random_numbers) for _ in range(averages)]
    )
    mean = estimates.mean(axis=0)
    deviation = estimates.std(axis=0, ddof=1) if averages > 1 else np.full(point.size, np.nan)
    error = deviation / np.sqrt(averages)
    return SpsaGradient(point.like_argument(mean), point.like_argument(error), int(averages), point.calls)


def _estimate(
    point: Point, f: Callable[..., Any], widths: Vector, source: np.random.Generator, common: bool
) -> Vector:
    move = widths * source.choice([-1.0, 1.0], point.size)
    places = [point.rounded(point.vector + sign * move) for sign in (1.0, -1.0)]
    still = places[0] == places[1]
    if np.any(still):
        k = int(np.argmax(still))
        text = f"c={widths[k]:.3g} is lost in x={point.vector[k]:.6g}"
        raise ArgumentError("AD210", text, None, "a larger c, which changes x")
    seed = int(source.integers(2**63)) if common else 0
    values = []
    for place in places:
        if common:
            point.f = functools.partial(f, rng=np.random.default_rng(seed))
        values.append(point.value(place))
    # what a number really moved by, which in low precision is not what it should have
    moved: Vector = (values[0] - values[1]) / (places[0] - places[1])
    return moved
