"""What a numerical derivative is, beside its value.

In: values, and how they were found. Out: frozen records to read and to print.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..leaves import flattened


@dataclass(frozen=True)
class Assessment:
    """An estimate of an error, and how many calls it took."""

    error: Any
    evaluations: int = 0


@dataclass(frozen=True)
class NumericalDerivative:
    """A derivative found by calling a function.

    Attributes
    ----------
    value : object
        The derivative, in the form that `adcompile` returns it in.
    method : str
        How it was found.
    evaluations : int
        How many calls of the function that took.
    step : object
        How far each number was moved, in the form of the argument; of Ridders' method, the first and largest
        step; of a derivative along a direction, in units of the direction.
    """

    value: Any
    method: str
    evaluations: int
    step: Any
    _assess: Callable[[], Assessment] = field(repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        """What is kept in a pickle or a copy: the error, and not the function that tells it."""
        assessed = self._assessment
        return {**self.__dict__, "_assessment": assessed, "_assess": None}

    @functools.cached_property
    def _assessment(self) -> Assessment:
        return self._assess()

    @property
    def error(self) -> Any:
        """An estimate of the error, in the form of the value.

        Ridders' method has it already. For the other methods the function is called when this is first asked
        for, about twice as often as for the derivative: those calls are counted in `error_evaluations`.
        """
        return self._assessment.error

    @property
    def error_evaluations(self) -> int:
        """How many more calls of the function the error takes."""
        return self._assessment.evaluations

    def __str__(self) -> str:
        steps = np.unique(flattened(self.step))
        span = [f"{steps[0]:.3g}"] if len(steps) == 1 else [f"{steps[0]:.3g}", f"{steps[-1]:.3g}"]
        calls = "call" if self.evaluations == 1 else "calls"
        return f"{self.value}\n  by {self.method}, step {' to '.join(span)}, {self.evaluations} {calls}"
