"""What the step does to the error: truncation on one side, rounding on the other.

In: a function of one number and a point. Out: the error of each method for each of many steps, as a record to
read, to print and to plot. Not for choosing a step: a formula chooses its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..leaves import Vector
from .complexstep import ComplexStep
from .formulas import Formula, formula_of
from .lines import Axis
from .points import Point

_FORMULAS: dict[str, tuple[str, int | None]] = {
    "forward": ("forward", None),
    "backward": ("backward", None),
    "central": ("central", 2),
    "central 4": ("central", 4),
    "central 6": ("central", 6),
}
_COMPLEX = "complex-step"
_NAMES = (*_FORMULAS, _COMPLEX)
# the smallest error that is shown and plotted, where a difference is exact
_LEAST = 1e-17


@dataclass(frozen=True)
class StepStudy:
    """The errors of difference formulas against the step.

    Attributes
    ----------
    x : float
        Where.
    exact : float
        The derivative that the others are compared with.
    steps : ndarray of shape (s,)
        The steps, the largest first.
    values : mapping of str to ndarray of shape (s,)
        For each method, the derivative with each step.
    refused : mapping of str to str
        Why a method is not there.
    """

    x: float
    exact: float
    steps: Vector
    values: Mapping[str, Vector]
    refused: Mapping[str, str]

    @property
    def errors(self) -> dict[str, Vector]:
        """For each method, the error with each step; relative where the derivative is larger than 1."""
        scale = max(1.0, abs(self.exact))
        return {name: np.abs(values - self.exact) / scale for name, values in self.values.items()}

    @property
    def best(self) -> dict[str, tuple[float, float]]:
        """For each method, the step with the smallest error, and that error."""
        found = {}
        for name, errors in self.errors.items():
            k = int(np.nanargmin(errors)) if np.any(np.isfinite(errors)) else 0
            found[name] = float(self.steps[k]), float(errors[k])
        return found

    def slope(self, name: str, largest: float, smallest: float) -> float:
        """The power of the step that a method's error grows with, between two steps.

        Parameters
        ----------
        name : str
            The method.
        largest, smallest : float
            The steps between which a line is fitted to the logarithms of the errors.
        """
        errors = np.maximum(self.errors[name], _LEAST)
        chosen = (self.steps <= largest) & (self.steps >= smallest) & np.isfinite(errors)
        if np.count_nonzero(chosen) < 2:
            expected = "two steps of the study between them, at least"
            raise ArgumentError("AD210", f"largest={largest!r}, smallest={smallest!r}", None, expected)
        return float(np.polyfit(np.log(self.steps[chosen]), np.log(errors[chosen]), 1)[0])

    def __str__(self) -> str:
        names = list(self.values)
        lines = [f"error of the derivative at x = {self.x:.6g}, which is {self.exact:.6g}, by step"]
        lines.append("".join(["      step", *(name.rjust(14) for name in names)]))
        for k, step in enumerate(self.steps):
            cells = [f"{self.errors[name][k]:.1e}".rjust(14) for name in names]
            lines.append("".join([f"{step:.1e}".rjust(10), *cells]))
        lines += [f"  {name} is not there: {why}" for name, why in self.refused.items()]
        return "\n".join(lines)


def step_study(
    f: Callable[..., Any],
    x: float,
    *,
    methods: Sequence[str] = _NAMES,
    steps: Any = None,
    exact: float | None = None,
) -> StepStudy:
    """The error of each method against the step.

    Parameters
    ----------
    f : callable
        A function of one number that returns one.
    x : float
        Where.
    methods : sequence of {"forward", "backward", "central", "central 4", "central 6", "complex-step"}
        Which; all by default. Where the function is not fit for complex steps, the study tells so and goes
        on.
    steps : array of float, optional
        The steps; by default 1e-1, 1e-2, …, 1e-15. They are not rounded, so that the rounding of ``x + h`` is
        in the errors too.
    exact : float, optional
        The derivative; by default the compiled one, `adcompile.grad`.

    Returns
    -------
    StepStudy

    Raises
    ------
    ArgumentError
        If `x` is no number, a method is none, or a step is not positive.
    AdcompileError
        If `exact` is not given and the function cannot be differentiated.

    Notes
    -----
    On logarithmic axes each formula makes a V. To the right its error is truncation, on a line whose slope is
    the order; to the left it is rounding, on a line of slope -1. Complex steps have no left side.

    Examples
    --------
    >>> import numpy as np
    >>> study = step_study(np.sin, 1.0)
    >>> round(study.slope("forward", 1e-1, 1e-6)), round(study.slope("central", 1e-1, 1e-4))
    (1, 2)
    >>> study.best["complex-step"][1] < 1e-15 < study.best["forward"][1]
    True
    """
    unknown = [name for name in methods if name not in _NAMES]
    if unknown or isinstance(methods, str):
        raise ArgumentError("AD210", f"methods={methods!r}", None, f"some of {', '.join(_NAMES)}")
    point = Point(f, x)
    if point.size != 1 or np.shape(point.columns) != ():
        raise ArgumentError("AD210", "x is not one number", None, "a number")
    point.check_one_number()
    chosen = _steps(steps)
    right = _compiled(f, point) if exact is None else float(exact)
    axis = Axis(slice(None), np.ones(1), float(point.sizes[0]), float(point.accuracies[0]), 0.0)
    values, refused = {}, {}
    for name in methods:
        if name != _COMPLEX:
            values[name] = _differences(point, axis, formula_of(*_FORMULAS[name]), chosen)
            continue
        try:
            values[name] = _complex_steps(point, axis, chosen)
        except ArgumentError as error:
            refused[name] = error.message
    return StepStudy(float(point.vector[0]), right, chosen, values, refused)


def _steps(steps: Any) -> Vector:
    if steps is None:
        return 10.0 ** -np.arange(1.0, 16.0)
    found = np.sort(np.ravel(np.asarray(steps, float)))[::-1]
    if found.size == 0 or not np.all((found > 0.0) & (found < math.inf)):
        raise ArgumentError("AD210", f"steps={steps!r}", None, "positive numbers")
    return found


def _compiled(f: Callable[..., Any], point: Point) -> float:
    from ..products import grad

    return float(grad(f)(*point.arguments))


def _differences(point: Point, axis: Axis, formula: Formula, steps: Vector) -> Vector:
    """The quotients with each step; NaN where the function is not defined."""
    found = []
    line = axis.line(point)
    for step in steps:
        try:
            with np.errstate(all="ignore"):
                quotient = formula.quotient(line, float(step), lambda: point.middle, axis.reach)
        except (ValueError, ArithmeticError):
            found.append(math.nan)
            continue
        found.append(float(quotient.value[0]))
    return np.array(found)


def _complex_steps(point: Point, axis: Axis, steps: Vector) -> Vector:
    columns = ComplexStep(point, [axis])
    columns.check()
    return np.array([float(columns.quotient(axis, float(step))[0]) for step in steps])
