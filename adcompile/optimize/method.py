"""What a method of minimisation is: a generator of steps, and a row that says what it can be told."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcompile.leaves import Vector

from .line_search import armijo, wolfe
from .problem import Problem, norm
from .results import Stop

__all__ = ["Method", "NotFiniteProduct", "Settings", "Step", "Steps", "length_along"]


@dataclass(frozen=True)
class Step:
    """Where a method is: a point, what it knows of the function there, and how far it went to come there.

    `whole` tells that value and gradient are those of the whole function, and no estimate.
    """

    x: Vector
    value: float
    gradient: Vector | None
    rate: float = math.nan
    whole: bool = True

    @property
    def gradient_norm(self) -> float:
        """The norm of the gradient, NaN if it is not known."""
        return math.nan if self.gradient is None else norm(self.gradient)


# the first step is the start; what is returned is why no step is left
Steps = Generator[Step, None, Stop]


@dataclass(frozen=True)
class Settings:
    """What a method is told."""

    rate: Callable[[int], float] | None
    line_search: str | None
    batch_size: int
    epochs: int
    max_iterations: int
    rng: np.random.Generator
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Method:
    """A method of minimisation.

    Attributes
    ----------
    name : str
    run : callable
        The generator of its steps.
    defaults : mapping
        What it can be told beside `takes`, with defaults.
    takes : set of str
        Which of "learning_rate", "line_search", "data" it takes.
    kind : type
        How it sees the function: `Problem` or `LeastSquares`.
    advice : str
        What to try where it comes to values that are not finite.
    estimates : bool
        Whether it knows estimates only, of value and gradient: then no tolerance is looked at.
    """

    name: str
    run: Callable[[Problem, Settings], Steps]
    defaults: Mapping[str, Any]
    takes: frozenset[str]
    kind: type[Problem]
    advice: str
    estimates: bool = False


class NotFiniteProduct(ArithmeticError):
    """The Hessian times a vector has entries that are not finite."""


def length_along(
    problem: Problem, x: Vector, direction: Vector, kind: str, first: float = 1.0, c1: float = 1e-4
) -> float | None:
    """The length of a step from x along a direction by a line search, None if it finds none that moves x."""
    value, gradient = problem.value_and_gradient(x)
    slope = float(gradient @ direction)

    def point(a: float) -> Vector:
        return problem.rounded(x + a * direction)

    def along(a: float) -> tuple[float, float]:
        there, gradient_there = problem.value_and_gradient(point(a))
        return there, float(gradient_there @ direction)

    if kind == "armijo":
        length = armijo(lambda a: problem.value(point(a)), value, slope, first, c1)
    else:
        length = wolfe(along, value, slope, first, c1, rounding=problem.rounding)
    return None if length is None or np.array_equal(point(length), x) else length
