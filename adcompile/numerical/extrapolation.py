"""Differences extrapolated to step 0, by Ridders' method.

In: a difference quotient of any number of outputs, as a function of its step. Out: its limit for each output,
with an estimate of the error. The only implementation here; whoever compares derivatives with differences
builds on it. Not for functions with noise, which small steps amplify.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from ..leaves import Vector

_SHRINK = 1.4
_ROWS = 10
_STARTS = 6
_SETTLED = 1e-9
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
    """The limit of a difference quotient, and an estimate of the error, for each output."""

    value: Vector
    error: Vector


def extrapolated(quotient: Callable[[float], Quotient], step: float, middle: Vector) -> Limit:
    """The limit of a difference quotient whose error is a series in even powers of the step.

    Steps shrink by a constant factor, and Neville's tableau takes one power after the other off the error; of
    each output, the element is taken that agrees best with its neighbours. Where the function is not defined
    or not finite at a step, or the estimate is poor, all is done again with smaller steps, and each output
    keeps what was best.

    Parameters
    ----------
    quotient : callable
        From a step to a `Quotient`. It may raise ValueError or ArithmeticError, as a function does outside of
        its domain.
    step : float
        The first and largest step.
    middle : ndarray of shape (m,)
        The values of the function where the step is 0.

    Returns
    -------
    Limit
        NaN with an infinite error where no step gave a finite value.

    Notes
    -----
    C. J. F. Ridders, Accurate computation of F'(x) and F'(x)F''(x), Advances in Engineering Software 4
    (1982). The error is that of Press et al., Numerical Recipes, section 5.7, doubled, and what rounding may
    add, which is all there is where the function is a polynomial of low degree.
    """
    best = _unknown(middle.size)
    for start in range(_STARTS):
        try:
            best = _better(best, _tableau(quotient, step / 10.0**start, middle))
        except UNDEFINED:
            continue
        if np.all(np.isfinite(best.error)) and np.all(best.error <= _SETTLED * _scale(best.value)):
            break
    return best


def _unknown(size: int) -> Limit:
    return Limit(np.full(size, np.nan), np.full(size, np.inf))


def _scale(values: Vector) -> float:
    return max(1.0, float(np.max(np.abs(values), initial=0.0)))


def _tableau(quotient: Callable[[float], Quotient], step: float, middle: Vector) -> Limit:
    """The limit by shrinking steps; at a kink, the error is what the slopes to both sides differ by."""
    bends: list[Quotient] = []

    def rows() -> Iterator[Quotient]:
        for n in range(_ROWS):
            found = quotient(step / _SHRINK**n)
            bend = found.bend(middle)
            bends.extend([] if bend is None else [bend])
            yield found

    slope = _neville(rows(), _SHRINK**2, middle.size)
    # of a smooth function, the bend is a series in odd powers, and vanishes
    kink = _neville(bends, _SHRINK, middle.size)
    jump = np.where(np.abs(kink.value) > 2.0 * kink.error, 2.0 * np.abs(kink.value), 0.0)
    return Limit(slope.value, np.maximum(slope.error, jump))


def _neville(rows: Iterable[Quotient], factor: float, size: int) -> Limit:
    """The limit of quotients whose errors are series in every other power of the step.

    Parameters
    ----------
    rows : iterable of Quotient
        With shrinking steps; no more are taken when they make nothing better.
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
            best = _better(best, Limit(element.value, _CAUTION * gap + element.rounding))
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


def _better(first: Limit, second: Limit) -> Limit:
    """For each output, the limit with the smaller error."""
    wins = second.error <= first.error
    return Limit(np.where(wins, second.value, first.value), np.where(wins, second.error, first.error))
