"""Derivatives by a step into the complex plane, for programs that compute there as on the real numbers.

In: a function at a point, and lines. Out: the derivatives along them, exact to rounding; or a refusal. Not
for programs with absolute values, norms, conjugates, or arrays of real numbers that results are written into:
those lose the imaginary part without a word, so that each use is checked.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import ArgumentError
from ..leaves import Vector, flattened, leaves, map_leaves, unflattened
from .formulas import formula_of, power_of_two
from .guard import guarded, loss_behind, lost_in
from .lines import Axis, axis_along, quotient, stacked
from .points import Point, is_whole

_ULPS = 16.0
# how far what should be equal may be apart, relatively, and in units of the accuracy
_CLOSE = 1e-9
_CLOSE_ULPS = 1e3
# differences that are less sure than this tell nothing
_SURE = 1e-3
# ... and in low precision, so many times as much as they are sure of at best
_UNSURE = 30.0
# by what the step of differences is divided, where one is not enough
_SHORTER = (64.0**5, 64.0**4, 64.0**3, 64.0**2, 64.0)
_WAY_OUT = 'method="ridders", or the compiled derivative'


class Comparison(NamedTuple):
    """A difference quotient, how far it may be off, and how far it may at most to tell anything."""

    value: Vector
    doubt: Vector
    limit: Vector

    def agrees(self, slope: Vector) -> Any:
        """For each output, whether it confirms a derivative."""
        return (np.abs(self.value - slope) <= self.doubt) & (self.doubt <= self.limit)

    def surer(self, longer: Comparison) -> Comparison:
        """For each output, the one with a longer step if it agrees with this and has less doubt."""
        close = ~(np.abs(longer.value - self.value) > longer.doubt + self.doubt)
        wins = close & (longer.doubt < self.doubt)
        pairs = zip(self, longer, strict=True)
        return Comparison(*[np.where(wins, second, first) for first, second in pairs])


class ComplexStep:
    """Complex steps on each line, after a check that the program is fit for them.

    The check is along one line that moves all numbers. There, the result must not depend on absolute values,
    conjugates or parts of complex numbers, as far as a guard can follow them; the real part of the complex
    result must be the result at the point; the quotients with two steps must agree; and both must agree with
    real differences that know their own error. So must the columns when they are found.
    """

    name = "complex steps"

    def __init__(self, point: Point, axes: Sequence[Axis]) -> None:
        self.point, self.axes = point, axes
        self.steps = [_step(axis) if axis.step is None else axis.step for axis in axes]
        self._form = map_leaves(_in_complex, point.arguments)
        self._values: Vector = np.zeros((0, 0))
        self.close = max(_CLOSE, _CLOSE_ULPS * float(np.max(point.accuracies, initial=0.0)))

    def values(self) -> Vector:
        """The matrix of shape (m, lines)."""
        check = self.check()
        pairs = zip(self.axes, self.steps, strict=True)
        self._values = stacked(self.point, [self.quotient(axis, step) for axis, step in pairs])
        if check is not None:
            self._compare_columns(*check)
        return self._values

    def errors(self) -> Vector:
        """Estimates of the errors of its elements: rounding, and what another step changes."""
        pairs = zip(self.axes, self.steps, strict=True)
        again = [self.quotient(axis, 0.7 * step) for axis, step in pairs]
        accuracy = max(self.point.accuracy, float(np.max(self.point.accuracies, initial=0.0)))
        values = np.abs(self.point.middle)
        columns = zip(self._values.T, self.axes, strict=True)
        sizes = stacked(self.point, [np.abs(found) + values / axis.size for found, axis in columns])
        # truncation is in the square of the step, of which the change is about a half
        changed: Vector = 2.0 * np.abs(stacked(self.point, again) - self._values)
        return changed + _ULPS * accuracy * sizes

    # -- steps -----------------------------------------------------------------------------------------------

    def moved(self, axis: Axis, step: float, origin: Vector | None = None) -> Vector:
        """The result at a point off the real ones."""
        point = self.point
        start = point.vector if origin is None else origin
        arguments = unflattened(self._form, axis.moved(start, 1j * step))
        point.calls += 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                result = point.f(*arguments)
        except Exception as error:
            raise self.refusal(f"it fails with {type(error).__name__}: {error}") from error
        found = np.array([float(result)]) if is_whole(result) else flattened(result)
        if found.shape != point.middle.shape:
            raise self.refusal(f"its result has {found.size} numbers instead of {point.middle.size}")
        return found

    def quotient(self, axis: Axis, step: float, origin: Vector | None = None) -> Vector:
        """The derivative along a line."""
        return self.moved(axis, step, origin).imag / step

    # -- the check -------------------------------------------------------------------------------------------

    def refusal(self, why: str) -> ArgumentError:
        """The error for a program that is not fit."""
        return ArgumentError(
            "AD210", f"{self.point.name} is not fit for complex steps: {why}", None, _WAY_OUT
        )

    @functools.cached_property
    def _trial(self) -> Axis:
        """A line on which all numbers move, about as far as their size; of one line, that."""
        if len(self.axes) == 1:
            return self.axes[0]
        rng = np.random.default_rng(0)
        signs = rng.choice([-1.0, 1.0], self.point.size)
        direction = signs * rng.uniform(0.5, 1.0, self.point.size) * self.point.sizes
        return axis_along(self.point, direction, None)

    def check(self) -> tuple[Axis, Vector] | None:
        """The line and the derivative along it, by complex steps that agree with differences."""
        middle = self.point.middle
        if any(np.iscomplexobj(leaf) for leaf in leaves(self.point.result)):
            raise self.refusal("it returns complex numbers at real ones")
        if self.point.size == 0 or not self.axes:
            return None
        if not np.all(np.isfinite(middle)):
            raise self.refusal("it is not finite at x")
        axis = self._trial
        step = _step(axis)
        first = self.moved(axis, step)
        self._check_guarded(axis, step)
        slope = first.imag / step
        # a step moves the values by its square, and the derivatives too: that alone may be all there is
        size = np.abs(middle) + np.abs(slope) * axis.size
        if not np.all(np.abs(first.real - middle) <= self.close * size + step):
            shown = _pair(first.real, middle, np.abs(first.real - middle) - self.close * size)
            raise self.refusal(f"the real part of its result is {shown[0]} instead of {shown[1]}")
        second = self.quotient(axis, step / 8.0)
        if not np.all(np.abs(second - slope) <= self.close * size / axis.size + step):
            shown = _pair(slope, second, np.abs(second - slope))
            raise self.refusal(f"the derivative depends on the step: {shown[0]} or {shown[1]}")
        self._compare_differences(axis, slope)
        return axis, slope

    def _check_guarded(self, axis: Axis, step: float) -> None:
        """Refuse if the result depends on what has no derivative in the complex plane."""
        point = self.point
        arguments = guarded(unflattened(self._form, axis.moved(point.vector, 1j * step)))
        point.calls += 1
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                why = lost_in(point.f(*arguments))
        except Exception as error:
            # a program that takes no other arrays than NumPy's own is left to the differences
            why = loss_behind(error)
        if why is not None:
            raise self.refusal(why)

    def _compare_differences(self, axis: Axis, slope: Vector) -> None:
        """Refuse if the derivative is not that of differences.

        They take one step. If that does not settle it, they take shorter ones, from the shortest on, and each
        output keeps the surest of those that agree: a longer step may have missed how fast a function varies.
        """
        best = self._difference(axis, slope, 1.0)
        if np.all(best.agrees(slope)):
            return
        longest, best = best, self._difference(axis, slope, _SHORTER[0])
        for other in (*(self._difference(axis, slope, divisor) for divisor in _SHORTER[1:]), longest):
            best = best.surer(other)
        if np.all(best.agrees(slope)):
            return
        wrong = np.abs(best.value - slope) - best.doubt
        if np.any(wrong > 0.0):
            shown = _pair(slope, best.value, wrong)
            raise self.refusal(f"along a line they give {shown[0]} and differences {shown[1]}")
        raise self.refusal("differences along a line are not sure enough to check them by")

    def _difference(self, axis: Axis, slope: Vector, divisor: float) -> Comparison:
        formula = formula_of("central", 4)
        step = power_of_two(axis.size) * formula.relative_step(axis.accuracy) / divisor
        with np.errstate(all="ignore"):
            fine, coarse = (quotient(self.point, axis, formula, factor * step) for factor in (1.0, 2.0))
        doubt = 2.0 * formula.error(fine, coarse, lambda: self.point.middle) + self.close * np.abs(fine.value)
        # what values as large as those on the line would give
        typical = fine.rounding * step / (axis.accuracy * axis.size)
        sure = max(_SURE, _UNSURE * axis.accuracy ** (4.0 / 5.0))
        limit = sure * (typical + np.abs(fine.value) + np.abs(slope))
        return Comparison(fine.value, np.where(np.isfinite(doubt), doubt, np.inf), limit)

    def _compare_columns(self, axis: Axis, slope: Vector) -> None:
        """Refuse if the columns, one for each number, do not add up to the derivative along the line."""
        if len(self.axes) == 1:
            return
        terms = self._values * axis.amounts
        size = np.abs(terms).sum(axis=1) + np.abs(self.point.middle) / axis.size
        if not np.all(np.abs(terms.sum(axis=1) - slope) <= self.close * size + max(self.steps)):
            raise self.refusal("the derivatives by its numbers do not add up to the one along a line")


def _step(axis: Axis) -> float:
    """A step whose square is far below rounding, and that is no number that underflows soon."""
    return power_of_two(axis.size) * power_of_two(min(axis.accuracy, 1e-6) ** 1.25)


def _in_complex(leaf: Any) -> Any:
    """A number or array as a complex one of the same precision."""
    if not isinstance(leaf, (np.ndarray, np.generic)):
        return complex(leaf)
    return leaf.astype(np.result_type(leaf.dtype, np.complex64))


def _pair(first: Vector, second: Vector, wrong: Vector) -> tuple[str, str]:
    """The two numbers that disagree most, with as many digits as it takes to see that."""
    k = int(np.argmax(wrong))
    shown = [(f"{first[k]:.{digits}g}", f"{second[k]:.{digits}g}") for digits in (6, 9, 12, 17)]
    return next((pair for pair in shown if pair[0] != pair[1]), shown[-1])
