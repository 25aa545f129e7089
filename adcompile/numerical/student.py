"""Student's t distribution, for confidence intervals.

In: how much of the distribution, and how many degrees of freedom. Out: how far from 0 that reaches. Not for
anything else that SciPy has; this much is needed without it.
"""

from __future__ import annotations

import math


def within(t: float, freedom: int) -> float:
    """The probability that a t-distributed number is no further from 0 than t.

    Parameters
    ----------
    t : float
        Not negative.
    freedom : int
        Degrees of freedom, 1 or more.

    Notes
    -----
    The finite sums of Abramowitz and Stegun, 26.7.3 and 26.7.4.

    Examples
    --------
    >>> round(within(1.0, 1), 12), round(within(12.706204736, 1), 9)
    (0.5, 0.95)
    """
    angle = math.atan2(t, math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    term = total = 0.0
    if freedom % 2:
        term = cosine
        for k in range(3, freedom + 1, 2):
            total += term
            term *= cosine * cosine * (k - 1) / k
        return 2.0 / math.pi * (angle + sine * total)
    term = 1.0
    for k in range(2, freedom + 1, 2):
        total += term
        term *= cosine * cosine * (k - 1) / k
    return sine * total


def quantile(confidence: float, freedom: int) -> float:
    """How far from 0 a t-distributed number is at most, with some probability.

    Parameters
    ----------
    confidence : float
        Between 0 and 1.
    freedom : int
        Degrees of freedom, 1 or more.

    Examples
    --------
    >>> round(quantile(0.95, 10), 6), round(quantile(0.99, 3), 6)
    (2.228139, 5.840909)
    """
    low, high = 0.0, 1.0
    while within(high, freedom) < confidence:
        high *= 2.0
    while True:
        middle = 0.5 * (low + high)
        if not low < middle < high:
            return middle
        if within(middle, freedom) < confidence:
            low = middle
        else:
            high = middle
