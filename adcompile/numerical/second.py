"""Second derivatives by calling a function.

In: a function of any numbers that returns one, and a point. Out: the Hessian as a `NumericalDerivative`. Not
for third and higher derivatives, of which differences leave no digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..leaves import Vector
from .complexstep import ComplexStep
from .formulas import check_method, formula_of, power_of_two
from .lines import Axis, Columns, Extrapolated, OneStep, axes_of
from .points import Point
from .results import Assessment, NumericalDerivative


def hessian(
    f: Callable[..., Any],
    x: Any,
    method: str = "central",
    *,
    order: int | None = None,
    step: float | None = None,
    accuracy: float | None = None,
) -> NumericalDerivative:
    """The matrix of second derivatives of a function that returns one number.

    Parameters
    ----------
    f : callable
        Returns one real number.
    x : float, ndarray, container, or tuple of arguments
        See `gradient`.
    method : {"central", "forward", "backward", "ridders", "complex-step"}
        See `gradient`. With n numbers, "central" of order 2, "forward" and "backward" take ``n*n + n + 1``
        calls. "complex-step" takes central differences of complex steps, which are as exact as differences
        of first derivatives are.
    order : {2, 4, 6}, optional
        Of "central" and "complex-step": which power of the step the error is of; 2 by default.
    step, accuracy
        See `gradient`; of "complex-step", the step of the differences.

    Returns
    -------
    NumericalDerivative
        With a value of shape in + in, as `adcompile.hessian` has it; of a tuple of arguments, a tuple of
        tuples of blocks. It is symmetric by construction.

    Raises
    ------
    ArgumentError
        As `gradient`.

    Notes
    -----
    A second derivative on a line is a difference quotient with h² below it. So rounding weighs more, and the
    step is larger: ``accuracy**(1 / (order + 2))``. The mixed derivatives are those along diagonals, by
    polarisation: ``d_ij = (D(i + j) - D(i) - D(j)) / 2``, where D is the second derivative along a line.

    Examples
    --------
    >>> import numpy as np
    >>> result = hessian(lambda x, y: x**2 * y, (3.0, 2.0), order=4)
    >>> np.round(result.value, 6).tolist()
    [[4.0, 6.0], [6.0, 0.0]]
    """
    check_method(method, order, ("central", "complex-step"))
    point = Point(f, x, accuracy)
    point.check_one_number()
    axes = axes_of(point, step)
    mixed = method == "complex-step"
    pairs = Mixed(point, axes, order) if mixed else Polarised(point, axes, method, order)

    def form(matrix: Vector) -> Any:
        return point.blocks(matrix, point.columns, point.columns)

    value, calls = form(pairs.values()), point.calls

    def assess() -> Assessment:
        before = point.calls
        errors = form(pairs.errors())
        return Assessment(errors, point.calls - before)

    return NumericalDerivative(value, pairs.name, calls, point.like_argument(np.array(pairs.steps)), assess)


def _pairs(n: int) -> Iterator[tuple[int, int]]:
    return ((i, j) for i in range(n) for j in range(i, n))


class Polarised:
    """Second derivatives along the axes and along the diagonals between two of them."""

    def __init__(self, point: Point, axes: list[Axis], method: str, order: int | None) -> None:
        formula = formula_of(method, order, derivative=2)
        # in units in which all steps are alike, so that a diagonal treats its two numbers alike
        self.units = [power_of_two(axis.size) if axis.step is None else axis.step for axis in axes]
        lines = [self._line(axes, i, j) for i, j in _pairs(len(axes))]
        kind = Extrapolated if method == "ridders" else OneStep
        self.columns: Columns = kind(point, lines, formula)
        self.name, self.count = self.columns.name, len(axes)
        first = next(iter(self.columns.steps), 1.0)
        self.steps = [unit * first for unit in self.units]

    def _line(self, axes: list[Axis], i: int, j: int) -> Axis:
        first, second = axes[i], axes[j]
        places, amounts = np.array([i]), np.array([self.units[i]])
        if i != j:
            places, amounts = np.array([i, j]), np.array([self.units[i], self.units[j]])
        given = None if first.step is None else 1.0
        return Axis(places, amounts, 1.0, max(first.accuracy, second.accuracy), 0.0, given)

    def values(self) -> Vector:
        """The Hessian."""
        return self._matrix(self.columns.values()[0], -1.0)

    def errors(self) -> Vector:
        """Estimates of its errors."""
        return self._matrix(self.columns.errors()[0], 1.0)

    def _matrix(self, along: Vector, sign: float) -> Vector:
        """From second derivatives along lines; with sign 1, the largest sums of their errors."""
        found = dict(zip(_pairs(self.count), along, strict=True))
        matrix = np.zeros((self.count, self.count))
        for (i, j), value in found.items():
            mixed = value if i == j else 0.5 * (value + sign * (found[i, i] + found[j, j]))
            matrix[i, j] = matrix[j, i] = mixed / (self.units[i] * self.units[j])
        return matrix


class Mixed:
    """Central differences of derivatives by complex steps."""

    def __init__(self, point: Point, axes: list[Axis], order: int | None) -> None:
        self.point, self.axes, self.formula = point, axes, formula_of("central", order)
        self.name = f"{self.formula.name} of complex steps"
        # the step into the complex plane is always its own
        self.inner = ComplexStep(point, [replace(axis, step=None) for axis in axes])
        self.steps = [
            power_of_two(axis.size) * self.formula.relative_step(axis.accuracy)
            if axis.step is None else axis.step
            for axis in axes
        ]  # fmt: skip
        self._fine: dict[tuple[int, int], Any] = {}

    def _quotients(self, factor: float) -> dict[tuple[int, int], Any]:
        found = {}
        for i, j in _pairs(len(self.axes)):
            outer, inner, depth = self.axes[i], self.axes[j], self.inner.steps[j]

            def slope(t: float, outer=outer, inner=inner, depth=depth) -> Vector:  # type: ignore[no-untyped-def]
                return self.inner.quotient(inner, depth, outer.moved(self.point.vector, t))

            step = factor * self.steps[i]
            quotient = self.formula.quotient(slope, step, lambda: self.point.middle, outer.reach)
            rounding = quotient.rounding * max(outer.accuracy, inner.accuracy, self.point.accuracy)
            found[i, j] = quotient._replace(rounding=rounding)
        return found

    def values(self) -> Vector:
        """The Hessian."""
        self.inner.check()
        self._fine = self._quotients(1.0)
        return self._matrix({pair: found.value[0] for pair, found in self._fine.items()})

    def errors(self) -> Vector:
        """Estimates of its errors."""
        coarse = self._quotients(2.0)
        return self._matrix({p: self._error(fine, coarse[p]) for p, fine in self._fine.items()})

    def _error(self, fine: Any, coarse: Any) -> float:
        # the slope at the middle would take another call, and kinks are what the check refuses
        found = self.formula.error(fine._replace(sides=None), coarse, lambda: self.point.middle)
        return float(found[0])

    def _matrix(self, values: dict[tuple[int, int], float]) -> Vector:
        matrix = np.zeros((len(self.axes), len(self.axes)))
        for (i, j), value in values.items():
            matrix[i, j] = matrix[j, i] = value
        return matrix
