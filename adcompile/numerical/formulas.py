"""Difference formulas: which points, which weights, which order, and the step that suits them.

In: the name of a method and an order. Out: a formula, which makes a difference quotient of a function on a
line. Not for choosing lines: that is who differentiates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..leaves import Vector
from .extrapolation import Quotient

# a function on a line: from the distance of a point to the numbers of the result there
Line = Callable[[float], Vector]

# how many units in the last place a value of the function is taken to be wrong by
_ULPS = 4.0


@dataclass(frozen=True)
class Formula:
    """A finite difference on equidistant points.

    Attributes
    ----------
    name : str
        As results show it.
    derivative : int
        Of which order the derivative is, 1 or 2.
    order : int
        Which power of the step the error is of.
    weights : tuple of (int, float)
        The points, in steps from the middle, and the weight of each.
    """

    name: str
    derivative: int
    order: int
    weights: tuple[tuple[int, float], ...]

    def relative_step(self, accuracy: float) -> float:
        """The step for values of this relative accuracy, where function and argument are of size 1.

        Truncation grows as ``h**order`` and rounding as ``accuracy / h**derivative``; up to factors that
        depend on the function, their sum is smallest at ``h = accuracy**(1 / (order + derivative))``. It is
        rounded to a power of two, so that moving by it is exact.
        """
        return power_of_two(accuracy ** (1.0 / (self.order + self.derivative)))

    def quotient(self, line: Line, step: float, middle: Callable[[], Vector], reach: float) -> Quotient:
        """The difference quotient of a function on a line.

        Parameters
        ----------
        line : callable
            The function.
        step : float
            The distance between points.
        middle : callable
            Returns the value at distance 0, if a formula needs it.
        reach : float
            How far the numbers that are moved are from 0, in the units of the step.

        Returns
        -------
        Quotient
            With what rounding adds where values have a relative error of 1.
        """
        total: Any = 0.0
        peak: Any = 0.0
        sides: Any = 0.0
        for offset, weight in self.weights:
            value = middle() if offset == 0 else line(offset * step)
            sides = sides + value
            total = total + weight * value
            peak = np.maximum(peak, np.abs(value))
        slope = total / step**self.derivative
        spread = sum(abs(weight) for _, weight in self.weights)
        # the numbers are rounded when they are moved, unless the step is a power of two that is not too small
        moved = np.abs(slope) * (1.0 + reach / step)
        rounding = _ULPS * (spread * peak / step**self.derivative + moved)
        has_sides = {offset for offset, _ in self.weights} == {-1, 1}
        return Quotient(slope, rounding, step, sides if has_sides else None)

    def error(self, fine: Quotient, coarse: Quotient, middle: Callable[[], Vector]) -> Vector:
        """The estimated error of a quotient, from another one with twice the step.

        Richardson's estimate of the truncation, twice, and rounding. And where there is one point to each
        side, what the slopes to both sides differ by beyond what is proportional to the step: at a kink, a
        central difference is as quiet as anywhere, and that is the error.
        """
        truncation = 2.0 * np.abs(coarse.value - fine.value) / (2.0**self.order - 1.0)
        found: Vector = truncation + fine.rounding
        if fine.sides is None:
            return found
        bends = fine.bend(middle()), coarse.bend(middle())
        if bends[0] is None or bends[1] is None:
            return found
        kink = np.abs(2.0 * bends[0].value - bends[1].value)
        certain = kink > 2.0 * (2.0 * bends[0].rounding + bends[1].rounding)
        return np.where(certain, found + 2.0 * kink, found)


def power_of_two(step: float) -> float:
    """The power of two next to a positive number."""
    return float(2.0 ** np.round(np.log2(step)))


_FORWARD = {1: ((0, -1.0), (1, 1.0)), 2: ((0, 1.0), (1, -2.0), (2, 1.0))}
# B. Fornberg, Generation of finite difference formulas on arbitrarily spaced grids (1988), table 1
_CENTRAL = {
    (1, 2): {1: 1 / 2},
    (1, 4): {1: 2 / 3, 2: -1 / 12},
    (1, 6): {1: 3 / 4, 2: -3 / 20, 3: 1 / 60},
    (2, 2): {0: -2.0, 1: 1.0},
    (2, 4): {0: -5 / 2, 1: 4 / 3, 2: -1 / 12},
    (2, 6): {0: -49 / 18, 1: 3 / 2, 2: -3 / 20, 3: 1 / 90},
}


def formula_of(method: str, order: int | None, derivative: int = 1) -> Formula:
    """The formula of a method; that of Ridders' method is what it extrapolates.

    Parameters
    ----------
    method : {"forward", "backward", "central", "ridders"}
        Of Ridders' method, the central formula of order 2.
    order : int, optional
        2, 4 or 6, of the method "central"; 2 by default.
    derivative : int
        1 or 2.
    """
    if method == "forward":
        return Formula("forward differences", derivative, 1, _FORWARD[derivative])
    if method == "backward":
        sign = -1.0 if derivative == 1 else 1.0
        weights = tuple((-k, sign * weight) for k, weight in _FORWARD[derivative])
        return Formula("backward differences", derivative, 1, weights)
    order = order or 2
    half = _CENTRAL[derivative, order]
    sign = -1.0 if derivative == 1 else 1.0
    pairs = [((-k, sign * w), (k, w)) if k else ((0, w),) for k, w in half.items()]
    name = "Ridders' method" if method == "ridders" else f"central differences of order {order}"
    return Formula(name, derivative, order, tuple(entry for pair in pairs for entry in pair))


METHODS = ("forward", "backward", "central", "ridders", "complex-step")


def check_method(method: Any, order: Any, ordered: tuple[str, ...] = ("central",)) -> None:
    """Refuse what is no method, and an order where there is no choice of one."""
    if method not in METHODS:
        raise ArgumentError(
            "AD210", f"method={method!r}", None, ", ".join(f'"{name}"' for name in METHODS[:-1])
            + f' or "{METHODS[-1]}"'
        )  # fmt: skip
    if order is None:
        return
    if method not in ordered:
        which = " or ".join(f'method="{name}"' for name in ordered)
        raise ArgumentError("AD210", f"order={order!r} with method={method!r}", None, f"no order, or {which}")
    if order not in (2, 4, 6):
        raise ArgumentError("AD210", f"order={order!r}", None, "2, 4 or 6")
