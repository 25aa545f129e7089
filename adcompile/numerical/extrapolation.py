"""Differences extrapolated to step 0, by Ridders' method.

In: a difference quotient of any number of outputs, as a function of its step. Out: its limit for each output,
with an estimate of the error, noise included. The only implementation here; whoever compares derivatives with
differences builds on it. Not for functions with much noise, which small steps amplify.

Steps that are long beside the scale on which a function varies do not tell: their quotients may agree with
each other and be wrong (those of ``sin(x)`` for steps of 10⁷ are all nearly zero). Only shorter ones tell, so
every limit is compared with a quotient of a far shorter step.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ..leaves import Vector

_SHRINK = 1.4
_ROWS = 10
_SETTLED = 1e-9
# from one first step to the next: about what the rows of one tableau cover
_APART = 20.0
# the shortest first step, in parts of the longest, at most
_SHORTEST = 1e-5
# how many quotients with the shortest steps of a tableau show how far they are apart
_LAST = 6
# how many powers of the step a series has of which noise is what is left over
_TERMS = 6
# how many standard deviations of noise are taken for what it adds at most
_DEVIATIONS = 2.0
# steps are short, in parts of the longest, where quotients of exactly 0 may be those between two roundings
_SHORT = 1e-4
# the smallest of many gaps between neighbours is small by luck, too
_CAUTION = 2.0

# what Python and NumPy raise where a function is not defined; anything else is an error of the program
UNDEFINED = (ValueError, ArithmeticError)


class Quotient(NamedTuple):
    """A difference quotient with one step.

    Attributes
    ----------
    value : ndarray of shape (m,)
        The quotient for each output.
    rounding : ndarray of shape (m,)
        What the rounding of the function's values may have added to it.
    step : float
        The step.
    sides : ndarray of shape (m,), optional
        The sum of the values at one step to either side, where that is all that it is made of.
    """

    value: Vector
    rounding: Vector
    step: float
    sides: Vector | None = None

    def bend(self, middle: Vector) -> Quotient | None:
        """Half of what the slope to the right is more than that to the left, given the values between."""
        if self.sides is None:
            return None
        value = (self.sides - 2.0 * middle) / (2.0 * self.step)
        return Quotient(value, 2.0 * self.rounding, self.step)


class Limit(NamedTuple):
    """The limit of a difference quotient, an estimate of its error, and how far quotients are around it."""

    value: Vector
    error: Vector
    spread: Vector

    def surer(self, longer: Limit, is_short: bool) -> Limit:
        """For each output, the limit from longer steps, if these do not contradict it and it has less error.

        Quotients that are exactly 0 tell nothing where steps are short: a function that computes in lower
        precision than it returns is a staircase. What is the first to tell something is as good as its
        quotients agree, for there may be a kink between them.
        """
        close = np.abs(longer.value - self.value) <= longer.error + np.maximum(self.error, self.spread)
        silent = ~np.isfinite(self.error) | (is_short & (self.value == 0.0) & np.isfinite(longer.error))
        wins = silent | (close & (longer.error < self.error))
        error = np.where(silent, np.maximum(longer.error, longer.spread), longer.error)
        pairs = zip(self, (longer.value, error, longer.spread), strict=True)
        return Limit(*[np.where(wins, new, old) for old, new in pairs])


def contradicts(short: Quotient, value: Vector, error: Vector) -> Vector:
    """For each output, whether a quotient with a short step is further from a derivative than both explain.

    One that is exactly 0 says nothing: the values are the same, as those of a staircase are.
    """
    apart = np.abs(short.value - value) > error + 2.0 * short.rounding
    lost = np.isfinite(value) & ~np.isfinite(short.value)
    found: Vector = (apart & (short.value != 0.0)) | lost
    return found


def extrapolated(
    quotient: Callable[[float], Quotient],
    step: float,
    middle: Vector,
    checks: Sequence[float] = (),
    derivative: int = 1,
) -> Limit:
    """The limit of a difference quotient whose error is a series in even powers of the step.

    Steps shrink by a constant factor, and Neville's tableau takes one power after the other off the error; of
    each output, the element is taken that agrees best with its neighbours. Where the function is not defined
    or not finite at a step, the estimate is poor, or a far shorter step contradicts it, all is done again
    from the shortest steps on, and each output keeps the surest limit that no shorter steps contradict.

    Parameters
    ----------
    quotient : callable
        From a step to a `Quotient`. It may raise ValueError or ArithmeticError, as a function does outside of
        its domain.
    step : float
        The first and largest step.
    middle : ndarray of shape (m,)
        The values of the function where the step is 0.
    checks : sequence of float
        Steps, far shorter, that may contradict the limit.
    derivative : int
        Of which order the derivative is: by which power of the step the quotients divide.

    Returns
    -------
    Limit
        NaN with an infinite error where no step gave a finite value.

    Notes
    -----
    C. J. F. Ridders, Accurate computation of F'(x) and F'(x)F''(x), Advances in Engineering Software 4
    (1982). The error is that of Press et al., Numerical Recipes, section 5.7, doubled, and what rounding and
    noise may add, which is all there is where the function is a polynomial of low degree. What noise the
    values have is seen as in Moré and Wild, Estimating computational noise (2011), section 3: it is what
    differences leave when all that is smooth has been taken off.
    """
    longest = _tableau(quotient, step, middle, derivative)
    settled = longest.error <= _SETTLED * max(1.0, float(np.max(np.abs(longest.value), initial=0.0)))
    shorts = (_quotient(quotient, h, middle) for h in checks)
    if np.all(settled) and not any(np.any(contradicts(short, *longest[:2])) for short in shorts):
        return longest
    shortest = min([*checks, _SHORTEST * step])
    best = _unknown(middle.size)
    for k in range(math.ceil(math.log(step / shortest, _APART)), 0, -1):
        first = step / _APART**k
        best = best.surer(_tableau(quotient, first, middle, derivative), first <= _SHORT * step)
    return best.surer(longest, False)


def _unknown(size: int) -> Limit:
    return Limit(np.full(size, np.nan), np.full(size, np.inf), np.full(size, np.inf))


def _quotient(quotient: Callable[[float], Quotient], step: float, middle: Vector) -> Quotient:
    """A quotient, not a number where the function is not defined."""
    try:
        return quotient(step)
    except UNDEFINED:
        return Quotient(np.full(middle.size, np.nan), np.full(middle.size, np.inf), step)


def _tableau(quotient: Callable[[float], Quotient], step: float, middle: Vector, derivative: int) -> Limit:
    """The limit by shrinking steps; at a kink, the error is what the slopes to both sides differ by."""
    try:
        taken = [quotient(step / _SHRINK**n) for n in range(_ROWS)]
    except UNDEFINED:
        return _unknown(middle.size)
    taken = _with_noise(taken, derivative)
    slope = _neville(taken, _SHRINK**2, middle.size)
    # of a smooth function, the bend is a series in odd powers, and vanishes
    bends = [bend for bend in (found.bend(middle) for found in taken) if bend is not None]
    kink = _neville(bends, _SHRINK, middle.size)
    jump = np.where(np.abs(kink.value) > 2.0 * kink.error, 2.0 * np.abs(kink.value), 0.0)
    error = np.maximum(slope.error, jump)
    return slope._replace(error=error, spread=_spread(taken))


def _spread(taken: Sequence[Quotient]) -> Vector:
    """How far the quotients with the shortest steps are apart: more than a lucky gap between two of them."""
    last = np.stack([found.value for found in taken[-_LAST:]])
    spread: Vector = np.max(np.abs(last - last[-1]), axis=0) + 2.0 * taken[-1].rounding
    return np.where(np.isfinite(spread), spread, np.inf)


def _with_noise(taken: Sequence[Quotient], derivative: int) -> list[Quotient]:
    """The quotients, of whose rounding noise of the values is a part, as far as it can be seen.

    A quotient with step h is a series in even powers of h, and ``noise / h**derivative``. So noise of one
    size is what a fit of the series leaves over, with ``h**derivative`` as the weights.
    """
    steps = np.array([found.step for found in taken])[:, None]
    weighted = np.stack([found.value for found in taken]) * steps**derivative
    with np.errstate(all="ignore"):
        left = np.sum(np.abs(_left_over(derivative) @ weighted) ** 2, axis=0) / (_ROWS - _TERMS)
    noise = _DEVIATIONS * np.sqrt(np.where(np.isfinite(left), left, 0.0))
    return [q._replace(rounding=np.maximum(q.rounding, noise / q.step**derivative)) for q in taken]


@functools.cache
def _left_over(derivative: int) -> Vector:
    """The projection of ten weighted quotients on what no series has."""
    steps = _SHRINK ** -np.arange(float(_ROWS))
    basis = np.linalg.qr(steps[:, None] ** (derivative + 2.0 * np.arange(_TERMS)))[0]
    found: Vector = np.eye(_ROWS) - basis @ basis.T
    return found


def _neville(rows: Sequence[Quotient], factor: float, size: int) -> Limit:
    """The limit of quotients whose errors are series in every other power of the step.

    Parameters
    ----------
    rows : sequence of Quotient
        With shrinking steps; the rest is left out when they make nothing better.
    factor : float
        By how much the first of these powers shrinks.
    size : int
        How many outputs there are.
    """
    best = _unknown(size)
    previous: list[Quotient] = []
    for first in rows:
        row, power = [first], factor
        for earlier in previous:
            last = row[-1]
            element = _eliminated(last, earlier, power)
            gap = np.maximum(np.abs(element.value - last.value), np.abs(element.value - earlier.value))
            best = _better(best, element.value, _CAUTION * gap + element.rounding)
            row.append(element)
            power *= _SHRINK**2
        if previous and np.all(np.abs(row[-1].value - previous[-1].value) >= 2.0 * best.error):
            break
        previous = row
    return best


def _eliminated(fine: Quotient, coarse: Quotient, factor: float) -> Quotient:
    """Two quotients without the error that is so many times as large in the second one."""
    value = (fine.value * factor - coarse.value) / (factor - 1.0)
    rounding = (fine.rounding * factor + coarse.rounding) / (factor - 1.0)
    return Quotient(value, rounding, fine.step)


def _better(best: Limit, value: Vector, error: Vector) -> Limit:
    """For each output, the value with the smaller error."""
    wins = error <= best.error
    return best._replace(value=np.where(wins, value, best.value), error=np.where(wins, error, best.error))
