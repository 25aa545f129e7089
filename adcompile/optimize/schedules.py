"""Learning-rate schedules: functions from the number of an iteration, counted from 0, to a rate.

Any callable from int to float is one; these are the usual ones. Source of the formulas: Goodfellow, Bengio &
Courville, *Deep Learning* (2016), section 8.3; for the cosine Loshchilov & Hutter, "SGDR" (2017).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

from adcompile.errors import ArgumentError
from adcompile.numerical.points import is_whole

__all__ = ["Schedule", "constant", "cosine", "exponential", "inverse_time", "step"]


@dataclass(frozen=True)
class Schedule:
    """A learning rate for each iteration: a formula, and how it is written."""

    text: str
    formula: Callable[[int], float]

    def __call__(self, k: int) -> float:
        """The rate of iteration k."""
        return self.formula(k)

    def __repr__(self) -> str:
        return self.text


def constant(rate: float) -> Schedule:
    """The same rate throughout.

    Examples
    --------
    >>> constant(0.1)(1000)
    0.1
    """
    return Schedule(f"constant({rate})", functools.partial(_constant, rate))


def step(rate: float, every: int, factor: float = 0.5) -> Schedule:
    """A rate that is multiplied by a factor after every so many iterations.

    Examples
    --------
    >>> [step(0.8, every=2)(k) for k in range(5)]
    [0.8, 0.8, 0.4, 0.4, 0.2]
    """
    _check_steps("every", every)
    return Schedule(
        f"step({rate}, every={every}, factor={factor})", functools.partial(_step, rate, every, factor)
    )


def exponential(rate: float, factor: float) -> Schedule:
    """A rate that is multiplied by a factor after each iteration.

    Examples
    --------
    >>> [exponential(0.8, factor=0.5)(k) for k in range(3)]
    [0.8, 0.4, 0.2]
    """
    return Schedule(f"exponential({rate}, factor={factor})", functools.partial(_step, rate, 1, factor))


def cosine(rate: float, steps: int, final: float = 0.0) -> Schedule:
    """A rate that falls to its final value along half a cosine, in so many iterations.

    Examples
    --------
    >>> [round(cosine(0.8, steps=2)(k), 12) for k in range(4)]
    [0.8, 0.4, 0.0, 0.0]
    """
    _check_steps("steps", steps)
    return Schedule(
        f"cosine({rate}, steps={steps}, final={final})", functools.partial(_cosine, rate, steps, final)
    )


def inverse_time(rate: float, decay: float = 1.0) -> Schedule:
    """The rate divided by ``1 + decay * k``, which satisfies the conditions of Robbins & Monro (1951).

    Examples
    --------
    >>> [inverse_time(0.8)(k) for k in (0, 1, 3)]
    [0.8, 0.4, 0.2]
    """
    return Schedule(f"inverse_time({rate}, decay={decay})", functools.partial(_inverse_time, rate, decay))


def _constant(rate: float, k: int) -> float:
    return rate


def _step(rate: float, every: int, factor: float, k: int) -> float:
    return float(rate * factor ** (k // every))


def _cosine(rate: float, steps: int, final: float, k: int) -> float:
    return final + 0.5 * (rate - final) * (1.0 + math.cos(math.pi * min(k, steps) / steps))


def _inverse_time(rate: float, decay: float, k: int) -> float:
    return rate / (1.0 + decay * k)


def _check_steps(name: str, count: int) -> None:
    if not is_whole(count) or count < 1:
        raise ArgumentError("AD210", f"{name}={count!r}", None, "a whole number of steps, 1 or more")
