"""Difference quotients along lines through a point: with one step, or extrapolated.

In: a function at a point, lines, and a formula. Out: the derivative along each line, as the columns of a
matrix, and the errors in another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..errors import ArgumentError
from ..leaves import Vector
from .extrapolation import Limit, Quotient, contradicts, extrapolated
from .formulas import Formula, Line, formula_of, power_of_two
from .points import Point, is_number

_RIDDERS_STEP = 0.1


@dataclass(frozen=True)
class Axis:
    """A line through a point, and what its steps depend on.

    Attributes
    ----------
    places : slice or ndarray of int
        Which numbers move on it. One axis of many names its own only, for n axes of n numbers would be much
        memory.
    amounts : ndarray
        By how much they move in one unit.
    size : float
        The distance on it that a relative step is multiplied by.
    accuracy : float
        The relative error that the function's values have, as far as the argument tells.
    reach : float
        How far the numbers that are moved are from 0, in units of the direction.
    step : float, optional
        The step, if the caller has chosen it.
    """

    places: Any
    amounts: Vector
    size: float
    accuracy: float
    reach: float
    step: float | None = None

    def line(self, point: Point) -> Line:
        """The function on the line."""
        return lambda t: point.values(self.moved(point.vector, t))

    def moved(self, vector: Vector, t: complex) -> Vector:
        """A vector on the parallel line through a point, at some distance from it."""
        found = vector.astype(np.result_type(vector, type(t)))
        found[self.places] += t * self.amounts
        return found


class Columns(Protocol):
    """The derivatives along lines, as columns of a matrix."""

    name: str
    steps: list[float]

    def values(self) -> Vector:
        """The matrix of shape (m, lines); called once."""

    def errors(self) -> Vector:
        """Estimates of the errors of its elements; called after it."""


def axes_of(point: Point, step: Any, exact: bool = True) -> list[Axis]:
    """The line on which each number of a point moves.

    Parameters
    ----------
    point : Point
        The point.
    step : float, optional
        The step that the caller has chosen.
    exact : bool
        Whether to change it, by rounding, to the step by which a number really moves.
    """
    check_step(step)
    axes = []
    for k in range(point.size):
        size, given = float(point.sizes[k]), None if step is None else float(step)
        if given is not None and exact:
            given = point.snapped(k, given)
        reach = abs(float(point.vector[k]))
        axes.append(Axis(np.array([k]), np.ones(1), size, float(point.accuracies[k]), reach, given))
    return axes


def axis_along(point: Point, direction: Vector, step: Any) -> Axis:
    """The line along a direction."""
    check_step(step)
    longest = float(np.max(np.abs(direction) / point.sizes, initial=0.0))
    if not np.isfinite(longest) or longest == 0.0:
        raise ArgumentError("AD210", "the direction is zero or not finite", None, "a direction to go")
    size = 1.0 / longest
    reach = size * float(np.max((np.abs(point.vector) / point.sizes)[direction != 0.0]))
    return Axis(
        slice(None),
        direction,
        size,
        float(np.max(point.accuracies)),
        reach,
        None if step is None else float(step),
    )


def check_step(step: Any) -> None:
    """Refuse what is no step."""
    if step is not None and not (is_number(step) and 0.0 < step < np.inf):
        raise ArgumentError("AD210", f"step={step!r}", None, "a positive number, or None")


def stacked(point: Point, columns: Sequence[Vector]) -> Vector:
    """Columns as a matrix, also if there are none."""
    return np.stack(columns, axis=1) if columns else np.zeros((point.middle.size, 0))


def quotient(point: Point, axis: Axis, formula: Formula, step: float) -> Quotient:
    """A difference quotient on a line, with what rounding adds to it."""
    found = formula.quotient(axis.line(point), step, lambda: point.middle, axis.reach)
    return found._replace(rounding=found.rounding * max(axis.accuracy, point.accuracy))


def limit(point: Point, axis: Axis, formula: Formula, step: float) -> Limit:
    """The derivative on a line by Ridders' method, from a first step."""
    middle, checks = point.middle, short_steps(point, axis, step)
    # points where a function is not defined are passed over in silence
    with np.errstate(all="ignore"):
        return extrapolated(
            lambda h: quotient(point, axis, formula, h), step, middle, checks, formula.derivative
        )


def short_steps(point: Point, axis: Axis, step: float) -> list[float]:
    """Steps that tell whether another one is short enough.

    Their quotients have few digits; but where a function varies on a scale so short that the other step does
    not show it, derivatives are large beside rounding. Where a step reaches over 0, one of them is short
    beside the distance from 0, too.
    """
    relative = max(axis.accuracy, point.accuracy) ** (2.0 / 3.0)
    sizes = [axis.size, axis.reach] if 0.0 < axis.reach < step else [axis.size]
    found = [power_of_two(size) * power_of_two(relative) for size in sizes]
    return [short for short in found if 0.0 < short < step / 8.0]


def first_step(axis: Axis) -> float:
    """The step with which Ridders' method begins."""
    return _RIDDERS_STEP * axis.size if axis.step is None else axis.step


class OneStep:
    """Difference quotients with one step on each line."""

    def __init__(self, point: Point, axes: Sequence[Axis], formula: Formula) -> None:
        self.point, self.axes, self.formula, self.name = point, axes, formula, formula.name
        self.steps = [self._step(axis) for axis in axes]
        self._fine: list[Quotient] = []

    def _step(self, axis: Axis) -> float:
        if axis.step is not None:
            return axis.step
        return power_of_two(axis.size) * self.formula.relative_step(axis.accuracy)

    def _quotients(self, factor: float) -> list[Quotient]:
        pairs = zip(self.axes, self.steps, strict=True)
        return [quotient(self.point, axis, self.formula, factor * step) for axis, step in pairs]

    def values(self) -> Vector:
        """The matrix of shape (m, lines)."""
        self._fine = self._quotients(1.0)
        return stacked(self.point, [found.value for found in self._fine])

    def errors(self) -> Vector:
        """Estimates of the errors of its elements, from quotients with twice the step."""
        lines = zip(self.axes, self._fine, self._quotients(2.0), strict=True)
        return stacked(self.point, [self._error(*line) for line in lines])

    def _error(self, axis: Axis, fine: Quotient, coarse: Quotient) -> Vector:
        """What both quotients tell, or one with a shorter step, if it knows better."""
        error = self.formula.error(fine, coarse, lambda: self.point.middle)
        with np.errstate(all="ignore"):
            for step in short_steps(self.point, axis, fine.step):
                error = np.maximum(error, self._contradiction(axis, step, fine.value, error))
        return error

    def _contradiction(self, axis: Axis, step: float, value: Vector, error: Vector) -> Vector:
        """For each output, how far a quotient with a short step is from a derivative, where that is sure."""
        formula = self.formula
        if formula.order > 2:
            formula = formula_of("central", 2, formula.derivative)
        short = quotient(self.point, axis, formula, step)
        wrong = contradicts(short, value, error)
        if not np.any(wrong):
            return error
        noise = np.abs(quotient(self.point, axis, formula, 2.0 * step).value - short.value)
        gap = np.abs(short.value - value) + 2.0 * (noise + short.rounding)
        return np.where(wrong & ~(gap <= 4.0 * noise), np.where(np.isfinite(gap), gap, np.inf), error)


class Extrapolated:
    """Difference quotients extrapolated to step 0 on each line."""

    def __init__(self, point: Point, axes: Sequence[Axis], formula: Formula) -> None:
        self.point, self.axes, self.formula, self.name = point, axes, formula, formula.name
        self.steps = [first_step(axis) for axis in axes]
        self._limits: list[Limit] = []

    def values(self) -> Vector:
        """The matrix of shape (m, lines)."""
        pairs = zip(self.axes, self.steps, strict=True)
        self._limits = [limit(self.point, axis, self.formula, step) for axis, step in pairs]
        return stacked(self.point, [found.value for found in self._limits])

    def errors(self) -> Vector:
        """Estimates of the errors of its elements."""
        return stacked(self.point, [found.error for found in self._limits])
