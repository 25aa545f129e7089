"""What a minimisation returns: the point, why it stopped, how it went."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adcompile.leaves import Vector, flattened, unflattened

from .problem import Evaluations

__all__ = ["NotFinite", "Result", "State", "Stop", "Trajectory"]

_SHOWN = 6


class Stop(enum.Enum):
    """Why a minimisation ended; the value is the reason in words."""

    GRADIENT = "the gradient is within gradient_tolerance"
    STEP = "the last step is within step_tolerance"
    VALUE = "the last change of the value is within value_tolerance"
    COMPLETED = "all steps are done"
    LARGER = "all steps are done, and the value is larger than at the start"
    ITERATIONS = "max_iterations is reached before a tolerance"
    CALLBACK = "the callback asked to stop"
    NO_STEP = "no step along the direction is accepted: rounding errors, a kink, or no minimum that way"
    CURVATURE = "the Hessian is not positive definite here"
    NOT_FINITE = "a value or a derivative is not finite"

    @property
    def success(self) -> bool:
        """Whether this is what a run is started for."""
        return self in (Stop.GRADIENT, Stop.STEP, Stop.VALUE, Stop.COMPLETED)


@dataclass(frozen=True)
class State:
    """Where a minimisation is after some iteration: what a callback is given.

    Attributes
    ----------
    iteration : int
        0 is the start.
    x : number, array or container
        The parameters, in the form of x0.
    value : float
        Of the function there; of the minibatch, where there are minibatches; of both evaluations of SPSA, the
        mean.
    gradient_norm : float
        The Euclidean norm of the gradient; NaN for SPSA, which knows none.
    rate : float
        The learning rate, step length, trust-region radius or damping of the step that led here; NaN at the
        start.
    """

    iteration: int
    x: Any
    value: float
    gradient_norm: float
    rate: float


@dataclass(frozen=True)
class Trajectory:
    """The points that a minimisation went through; item k is a `State`, and a slice has some of them.

    Attributes
    ----------
    iterations : ndarray, shape (points,)
        Their numbers, from 0; all of them unless `minimize` was told to record fewer.
    points : ndarray, shape (points, parameters)
        The numbers of the parameters, in the order of `adcompile.leaves`.
    values, gradient_norms, rates : ndarray, shape (points,)
        As in `State`.
    """

    iterations: Vector
    points: Vector
    values: Vector
    gradient_norms: Vector
    rates: Vector
    form: Any = field(repr=False)

    def __len__(self) -> int:
        return len(self.iterations)

    def __getitem__(self, k: Any) -> Any:
        if isinstance(k, slice):
            way = self.iterations[k], self.points[k], self.values[k], self.gradient_norms[k], self.rates[k]
            return Trajectory(*way, self.form)
        x = unflattened(self.form, self.points[k])
        numbers = (float(a[k]) for a in (self.values, self.gradient_norms, self.rates))
        return State(int(self.iterations[k]), x, *numbers)

    def __iter__(self) -> Iterator[State]:
        return (self[k] for k in range(len(self)))

    def __repr__(self) -> str:
        return f"<trajectory of {len(self)} points in {self.points.shape[1]} parameters>"


@dataclass(frozen=True)
class Result:
    """What `minimize` found.

    Attributes
    ----------
    x : number, array or container
        The last point, in the form, types and dtypes of x0.
    value : float
        The function there, on all data; for least squares half the sum of the squared residuals.
    gradient : number, array or container, or None
        The gradient there, in the form of x0; None for SPSA.
    gradient_norm : float
        Its Euclidean norm, NaN for SPSA.
    iterations : int
        Steps taken.
    evaluations : Evaluations
        How often the function and its derivatives were evaluated.
    trajectory : Trajectory
        The points on the way.
    reason : Stop
        Why it ended.
    method : str
        Its name.
    """

    x: Any
    value: float
    gradient: Any
    gradient_norm: float
    iterations: int
    evaluations: Evaluations
    trajectory: Trajectory
    reason: Stop
    method: str

    @property
    def success(self) -> bool:
        """Whether a tolerance is met, or, without tolerances, all steps are done."""
        return self.reason.success

    def __str__(self) -> str:
        rows = [
            ("value", f"{self.value:.6g}"),
            ("gradient norm", f"{self.gradient_norm:.3g}"),
            ("iterations", str(self.iterations)),
            ("evaluations", str(self.evaluations)),
            ("x", shown(self.x)),
        ]
        headline = f"{self.method}: {'success' if self.success else 'no success'}, {self.reason.value}"
        return "\n".join([headline, *(f"  {name:<14}{text}" for name, text in rows if text != "nan")])

    __repr__ = __str__


class NotFinite(FloatingPointError):
    """A minimisation came to a value or a derivative that is infinite or not a number.

    Attributes
    ----------
    result : Result
        The last point, and the whole way to it.
    """

    def __init__(self, message: str, result: Result) -> None:
        super().__init__(message)
        self.result = result

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (*self.args, self.result)


def shown(x: Any) -> str:
    """A container of parameters in one line."""
    numbers = flattened(x)
    if np.ndim(x) == 0 and numbers.size == 1 and not isinstance(x, (dict, list, tuple)):
        return f"{numbers[0]:.10g}"
    first = ", ".join(f"{number:.6g}" for number in numbers[:_SHOWN])
    more = f", … {numbers.size} numbers" if numbers.size > _SHOWN else ""
    whole = isinstance(x, np.ndarray) and x.ndim == 1
    return f"[{first}{more}]" + ("" if whole else f" in {type(x).__name__}")
