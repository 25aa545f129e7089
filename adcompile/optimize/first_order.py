"""Methods that know the gradient: the update rules of `rules`, on all data or minibatches, and descent
against the gradient with a line search.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from adcompile.leaves import Vector

from .method import Method, Settings, Step, Steps, length_along
from .problem import Problem
from .results import Stop
from .rules import Rule, Updating

__all__ = ["by_rule"]

_ADVICE = "a smaller learning_rate, or method='gradient-descent' with line_search='armijo'"
# of Armijo's condition: the gradient knows no scale, so a decrease in the order of what it promises is asked
# for (Boyd & Vandenberghe, *Convex Optimization*, 2004, section 9.2)
_DECREASE = 0.3


def by_rule(rule: Rule) -> Method:
    """The method that an update rule makes."""

    def run(problem: Problem, settings: Settings) -> Steps:
        if settings.line_search is not None:
            return descent(problem, settings, settings.line_search)
        return updated(problem, settings, rule)

    searches = {"line_search"} if rule.name == "gradient-descent" else set()
    takes = frozenset({"learning_rate", "data"} | searches)
    return Method(rule.name, run, rule.defaults, takes, Problem, _ADVICE)


def updated(problem: Problem, settings: Settings, rule: Rule) -> Steps:
    """Steps by an update rule."""
    x, rate = problem.start, float("nan")
    updating = Updating(rule, settings.options, x.size)
    for k, rows in enumerate(batches(problem, settings)):
        value, gradient = problem.value_and_gradient(x, rows)
        yield Step(x, value, gradient, rate, whole=rows is None)
        rate = rule.rate if settings.rate is None else float(settings.rate(k))
        x = problem.rounded(updating.step(x, gradient, rate, k + 1))
    yield Step(x, *problem.value_and_gradient(x), rate)
    return Stop.COMPLETED


def batches(problem: Problem, settings: Settings) -> Iterator[Vector | None]:
    """The rows of each minibatch, in another random order in each epoch; without data, None, without end."""
    if not problem.data:
        yield from itertools.repeat(None)
    count = len(problem.data[0])
    for _ in range(settings.epochs):
        order = settings.rng.permutation(count)
        yield from np.split(order, range(settings.batch_size, count, settings.batch_size))


def descent(problem: Problem, settings: Settings, search: str) -> Steps:
    """Steps against the gradient, of a length that a line search finds.

    The search begins at the learning rate, or at 1, and later at twice the length that was accepted last.
    """
    x, rate = problem.start, float("nan")
    first = 1.0 if settings.rate is None else float(settings.rate(0))
    while True:
        value, gradient = problem.value_and_gradient(x)
        yield Step(x, value, gradient, rate)
        length = length_along(problem, x, -gradient, search, first, _DECREASE)
        if length is None:
            return Stop.NO_STEP
        x = problem.rounded(x - length * gradient)
        rate, first = length, 2.0 * length
