"""How far to go along a direction: Armijo's and Wolfe's conditions.

In: phi, the function along the direction, as a function of the length of the step. Out: a length, or None if
none was found. Source: Nocedal & Wright, *Numerical Optimization* (2nd edition, 2006), chapter 3.

Near a minimum a decrease is smaller than the rounding errors of the value. Wolfe's search takes values that
differ by no more than these as equal, and goes by the slopes there, as Hager & Zhang propose ("A new
conjugate gradient method with guaranteed descent and an efficient line search", 2005).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

__all__ = ["ROUNDING", "armijo", "wolfe"]

# what is taken to be the rounding error of a value, relative to it
ROUNDING = 10.0 * sys.float_info.epsilon

Along = Callable[[float], tuple[float, float]]
Point = tuple[float, float, float]


def armijo(
    phi: Callable[[float], float],
    value: float,
    slope: float,
    first: float = 1.0,
    c1: float = 1e-4,
    shrink: float = 0.5,
    trials: int = 60,
) -> float | None:
    """Backtracking until the decrease is sufficient (algorithm 3.1).

    Parameters
    ----------
    phi : callable
        The function at a length of the step. Where it is not finite, the step is too long.
    value, slope : float
        phi and its derivative at 0; the slope is negative.
    first : float, default 1.0
        The length that is tried first.
    c1 : float, default 1e-4
        The length a is accepted if ``phi(a) <= value + c1 * a * slope``.
    shrink : float, default 0.5
        By what a length that is not accepted is multiplied.
    trials : int, default 60
        How many lengths are tried.

    Returns
    -------
    float or None
        The length; None if none is accepted, or the slope is not negative.

    Examples
    --------
    >>> armijo(lambda a: (1.0 - a) ** 2, value=1.0, slope=-2.0, first=4.0)
    1.0
    """
    if not slope < 0.0:
        return None
    length = first
    for _ in range(trials):
        if phi(length) <= value + c1 * length * slope:
            return length
        length *= shrink
    return None


def wolfe(
    phi: Along,
    value: float,
    slope: float,
    first: float = 1.0,
    c1: float = 1e-4,
    c2: float = 0.9,
    trials: int = 60,
    rounding: float = ROUNDING,
) -> float | None:
    """A length that satisfies the strong Wolfe conditions (algorithms 3.5 and 3.6).

    Parameters
    ----------
    phi : callable
        The function and its derivative at a length of the step. Where either is not finite, the step is too
        long.
    value, slope : float
        phi and its derivative at 0; the slope is negative.
    first : float, default 1.0
        The length that is tried first.
    c1, c2 : float, default 1e-4 and 0.9
        The length a is accepted if ``phi(a) <= value + c1 * a * slope``, up to rounding errors, and
        ``|phi'(a)| <= c2 * |slope|``.
    trials : int, default 60
        How many lengths are tried.
    rounding : float, default 10 ε
        The rounding error of a value, relative to it.

    Returns
    -------
    float or None
        The length; None if none is found, or the slope is not negative.

    Examples
    --------
    >>> wolfe(lambda a: ((1.0 - a) ** 2, 2.0 * (a - 1.0)), value=1.0, slope=-2.0, first=4.0)
    1.0
    """
    if not slope < 0.0:
        return None
    low: Point = (0.0, value, slope)
    length, error = first, rounding * abs(value)
    for k in range(trials):
        here = _finite(phi, length)
        decreases = here[1] <= value + c1 * length * slope + error
        if not decreases or (k and here[1] > low[1] + error):
            return _zoom(phi, value + error, slope, low, here, c1, c2, trials - k, error)
        if abs(here[2]) <= -c2 * slope:
            return length
        if here[2] >= 0.0:
            return _zoom(phi, value + error, slope, here, low, c1, c2, trials - k, error)
        low, length = here, 2.0 * length
    return None


def _zoom(
    phi: Along,
    top: float,
    slope: float,
    low: Point,
    high: Point,
    c1: float,
    c2: float,
    trials: int,
    error: float,
) -> float | None:
    """A length between two, of which low is the better and the slope there points to high."""
    for _ in range(trials):
        length = _between(low, high)
        if length in (low[0], high[0]):
            return None
        here = _finite(phi, length)
        if here[1] > top + c1 * length * slope or here[1] > low[1] + error:
            high = here
            continue
        if abs(here[2]) <= -c2 * slope:
            return length
        if here[2] * (high[0] - low[0]) >= 0.0:
            high = low
        low = here
    return None


def _finite(phi: Along, length: float) -> Point:
    """Phi there; infinite if it or its derivative is not finite."""
    value, slope = phi(length)
    return (length, value, slope) if math.isfinite(value + slope) else (length, math.inf, math.nan)


def _between(low: Point, high: Point) -> float:
    """Where the cubic through two points is least (eq. 3.59), if not too near to either; else the middle."""
    (a, value_a, slope_a), (b, value_b, slope_b) = low, high
    middle = 0.5 * (a + b)
    if not math.isfinite(value_b):
        return middle
    d1 = slope_a + slope_b - 3.0 * (value_a - value_b) / (a - b)
    root = d1 * d1 - slope_a * slope_b
    if not root >= 0.0:
        return middle
    d2 = math.copysign(math.sqrt(root), b - a)
    bottom = slope_b - slope_a + 2.0 * d2
    if bottom == 0.0:
        return middle
    length = b - (b - a) * (slope_b + d2 - d1) / bottom
    margin = 0.1 * abs(b - a)
    return length if min(a, b) + margin <= length <= max(a, b) - margin else middle
