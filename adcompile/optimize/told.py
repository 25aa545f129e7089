"""What a minimisation is told, checked: the method, its settings and the data."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from adcompile.errors import ArgumentError

from .first_order import by_rule
from .method import Method, Settings
from .methods import METHODS
from .rules import Rule

__all__ = ["checked_data", "checked_method", "checked_settings"]

_ITERATIONS = 1000
_SEARCHES = ("armijo", "wolfe")


def checked_method(method: Any, with_data: bool) -> Method:
    """The method of a name or an update rule."""
    if isinstance(method, Rule):
        return by_rule(method)
    if method not in METHODS:
        raise ArgumentError("AD210", f"method={method!r}", None, f"one of {_listed(METHODS)}, or a rule")
    if method == "sgd" and not with_data:
        raise ArgumentError(
            "AD210",
            "method='sgd' without data",
            None,
            "data=(...), of which each step sees a minibatch; method='gradient-descent' does without",
        )
    return METHODS[method]


def checked_settings(
    method: Method,
    learning_rate: Any,
    line_search: Any,
    with_data: bool,
    batch_size: int,
    epochs: int,
    max_iterations: int | None,
    rng: Any,
    options: Mapping[str, Any],
) -> Settings:
    """What a method is told, if it is something that it takes."""
    given = {
        "learning_rate": learning_rate is not None,
        "line_search": line_search is not None,
        "data": with_data,
    }
    for name, is_given in given.items():
        if is_given and name not in method.takes:
            takers = [row.name for row in METHODS.values() if name in row.takes]
            raise ArgumentError(
                "AD210", f"{name}= for method={method.name!r}", None, f"it for one of {_listed(takers)}"
            )
    if with_data and line_search is not None:
        raise ArgumentError(
            "AD210",
            "a line search on minibatches",
            None,
            "either; what is least along a line differs from one minibatch to the next",
        )
    if line_search not in (None, *_SEARCHES):
        raise ArgumentError("AD210", f"line_search={line_search!r}", None, f"one of {_listed(_SEARCHES)}")
    unknown = sorted(set(options) - set(method.defaults))
    if unknown:
        expected = f"one of {_listed(method.defaults)}" if method.defaults else "no options"
        raise ArgumentError("AD210", f"{unknown[0]}= for method={method.name!r}", None, expected)
    counts = (("batch_size", batch_size, 1), ("epochs", epochs, 1), ("max_iterations", max_iterations, 0))
    for name, count, least in counts:
        if count is not None and count < least:
            raise ArgumentError("AD210", f"{name}={count!r}", None, f"a whole number from {least} on")
    if max_iterations is None:
        max_iterations = sys.maxsize if with_data else _ITERATIONS
    return Settings(
        rate=_schedule(learning_rate),
        line_search=line_search,
        batch_size=batch_size,
        epochs=epochs,
        max_iterations=max_iterations,
        rng=np.random.default_rng(rng),
        options={**method.defaults, **options},
    )


def _schedule(rate: Any) -> Callable[[int], float] | None:
    """A learning rate as a function of the number of the step."""
    if rate is None or callable(rate):
        schedule: Callable[[int], float] | None = rate
        return schedule
    if isinstance(rate, (int, float, np.number)) and rate > 0:
        value = float(rate)
        return lambda k: value
    raise ArgumentError("AD210", f"learning_rate={rate!r}", None, "a positive number or a schedule")


def checked_data(data: Sequence[Any]) -> tuple[Any, ...]:
    """The arrays of which minibatches are made, which have as many rows each."""
    arrays = tuple(data)
    bad = [type(a).__name__ for a in arrays if not isinstance(a, np.ndarray) or a.ndim == 0]
    if bad:
        raise ArgumentError("AD210", f"data with a {bad[0]}", None, "arrays with one row for each example")
    if len({len(array) for array in arrays}) > 1:
        rows = ", ".join(str(len(array)) for array in arrays)
        raise ArgumentError("AD210", f"data with {rows} rows", None, "arrays with as many rows each")
    return arrays


def _listed(names: Any) -> str:
    return ", ".join(map(repr, names))
