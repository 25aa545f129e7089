"""Simultaneous perturbation stochastic approximation: two evaluations a step, and no derivative.

Source: Spall, "Implementation of the simultaneous perturbation algorithm for stochastic optimization" (1998),
whose exponents and whose stability constant are the defaults here.
"""

from __future__ import annotations

import math

from .method import Settings, Step, Steps
from .problem import Problem
from .results import Stop

__all__ = ["spsa"]

_STABILITY = 0.1  # of max_iterations


def spsa(problem: Problem, settings: Settings) -> Steps:
    """Steps along a random direction, by the difference of the function along it.

    The gains are ``a / (A + k + 1) ** alpha`` with A a tenth of max_iterations, unless a learning rate gives
    them. The difference is taken over ``c / (k + 1) ** gamma`` to either side.
    """
    options, x, gain = settings.options, problem.start, math.nan
    stability = _STABILITY * settings.max_iterations
    for k in range(settings.max_iterations):
        width = options["c"] / (k + 1.0) ** options["gamma"]
        direction = settings.rng.choice([-1.0, 1.0], size=x.size)
        above = problem.value(problem.rounded(x + width * direction))
        below = problem.value(problem.rounded(x - width * direction))
        yield Step(x, 0.5 * (above + below), None, gain, whole=False)
        if settings.rate is None:
            gain = options["a"] / (stability + k + 1.0) ** options["alpha"]
        else:
            gain = float(settings.rate(k))
        # an entry of the direction is its own reciprocal
        x = problem.rounded(x - gain * (above - below) / (2.0 * width) * direction)
    yield Step(x, problem.value(x), None, gain)
    return Stop.COMPLETED
