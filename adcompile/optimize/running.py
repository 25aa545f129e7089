"""The loop that all methods share: it takes their steps, records and reports them, and stops.

In: a problem, a method and its settings. Out: a `Result`, or `NotFinite`. Not for how a step is made: that is
a method's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from adcompile.leaves import Vector

from .method import Method, NotFiniteProduct, Settings, Step
from .problem import Problem, norm
from .progress import Progress
from .results import NotFinite, Result, State, Stop, Trajectory, shown

__all__ = ["Limits", "Run"]


@dataclass(frozen=True)
class Limits:
    """When a minimisation ends."""

    iterations: int
    gradient: float
    step: float
    value: float


class Run:
    """One minimisation under way: the last step, and what is kept of those before.

    Parameters
    ----------
    problem : Problem
        The function, and the start.
    method : Method
        What makes the steps.
    record : int
        The trajectory has every so many points, and the last.
    """

    def __init__(self, problem: Problem, method: Method, record: int) -> None:
        self._problem, self._method, self._record = problem, method, record
        self._number = -1
        self._step = Step(problem.start, math.nan, None)
        self._way: list[tuple[int, Vector, float, float, float]] = []

    def to_end(
        self, settings: Settings, limits: Limits, callback: Callable[[State], Any] | None, bar: Progress
    ) -> Result:
        """Take steps until there is a reason to stop."""
        steps = self._method.run(self._problem, settings)
        at_start = self._problem.value(self._problem.start) if self._method.estimates else math.inf
        reason: Stop | None = None
        while reason is None:
            last = self._step
            try:
                step = next(steps)
            except StopIteration as end:
                reason = end.value
                break
            except NotFiniteProduct as error:
                raise self._not_finite(str(error)) from self._problem.raised
            self._take(step)
            bar(self._number, step.value)
            reason = self._reason(last, step, limits)
            if callback is not None and _asks_to_stop(callback, self._state()):
                reason = reason or Stop.CALLBACK
        self._complete()
        if reason is Stop.COMPLETED and self._step.value > at_start:
            reason = Stop.LARGER
        assert reason is not None
        return self._result(reason)

    def _take(self, step: Step) -> None:
        """Go on to a step, which must be finite."""
        if self._number >= 0 and self._number % self._record == 0:
            self._way.append(self._recorded())
        self._number += 1
        self._step = step
        self._check_finite()

    def _recorded(self) -> tuple[int, Vector, float, float, float]:
        step = self._step
        return self._number, step.x, step.value, step.gradient_norm, step.rate

    def _check_finite(self) -> None:
        step = self._step
        gradient = 0.0 if step.gradient is None else step.gradient
        for name, values in (("point", step.x), ("value", step.value), ("gradient", gradient)):
            if not np.all(np.isfinite(values)):
                raised = self._problem.raised
                why = "" if raised is None else f" ({type(raised).__name__}: {raised})"
                raise self._not_finite(f"the {name} is not finite{why}") from raised

    def _reason(self, last: Step, step: Step, limits: Limits) -> Stop | None:
        if not self._method.estimates:
            if step.gradient_norm <= limits.gradient:
                return Stop.GRADIENT
            if self._number and norm(step.x - last.x) < limits.step * (1.0 + norm(step.x)):
                return Stop.STEP
            if self._number and abs(step.value - last.value) < limits.value * (1.0 + abs(step.value)):
                return Stop.VALUE
        if self._number < limits.iterations:
            return None
        if not self._method.estimates:
            return Stop.ITERATIONS
        # a method that has evaluated the whole function has no step left, and says so
        return None if step.whole else Stop.COMPLETED

    def _complete(self) -> None:
        """Evaluate the whole function at the last point, where an estimate is all that is known."""
        step = self._step
        if step.whole:
            return
        if step.gradient is None:
            self._step = Step(step.x, self._problem.value(step.x), None, step.rate)
        else:
            self._step = Step(step.x, *self._problem.value_and_gradient(step.x), step.rate)
        self._check_finite()

    def _state(self) -> State:
        number, x, *numbers = self._recorded()
        return State(number, self._problem.container(x), *numbers)

    def _result(self, reason: Stop) -> Result:
        step = self._step
        numbers, points, values, norms, rates = zip(*self._way, self._recorded(), strict=True)
        trajectory = Trajectory(
            iterations=np.array(numbers),
            points=np.array(points),
            values=np.array(values),
            gradient_norms=np.array(norms),
            rates=np.array(rates),
            form=self._problem.form,
        )
        return Result(
            x=self._problem.container(step.x),
            value=step.value,
            gradient=None if step.gradient is None else self._problem.container(step.gradient),
            gradient_norm=step.gradient_norm,
            iterations=self._number,
            evaluations=replace(self._problem.evaluations),
            trajectory=trajectory,
            reason=reason,
            method=self._method.name,
        )

    def _not_finite(self, what: str) -> NotFinite:
        result = self._result(Stop.NOT_FINITE)
        step = self._step
        advice = self._method.advice
        if self._number == 0:
            advice = "a start at which the function and its derivatives are finite"
        rate = "" if math.isnan(step.rate) else f", after a step of rate {step.rate:.3g}"
        lines = [
            f"{self._method.name}, iteration {self._number}: {what}",
            f"  at x = {shown(result.x)}, where the value is {step.value:.6g}{rate}",
            f"  try {advice}",
        ]
        return NotFinite("\n".join(lines), result)


def _asks_to_stop(callback: Callable[[State], Any], state: State) -> bool:
    try:
        answer = callback(state)
    except StopIteration:
        return True
    return isinstance(answer, (bool, np.bool_)) and bool(answer)
