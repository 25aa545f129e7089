"""What a minimisation is told, checked: the method, its settings and the data."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from adcompile.errors import ArgumentError
from adcompile.numerical.points import is_number, is_whole
from adcompile.numerical.regression import generator

from .first_order import by_rule
from .method import Method, Settings
from .methods import METHODS
from .rules import Rule

__all__ = [
    "check_callback", "check_count", "check_tolerances", "checked_data", "checked_method", "checked_settings",
]  # fmt: skip

_ITERATIONS = 1000
_BATCH_SIZE = 32
_EPOCHS = 10
_SEARCHES = ("armijo", "wolfe")
_POSITIVE = ("radius", "max_radius", "damping", "a", "c")
# of the rules of this package: those of others may call anything so
_FRACTIONS = ("beta1", "beta2", "decay")


def checked_method(method: Any, with_data: bool) -> Method:
    """The method of a name or an update rule."""
    if isinstance(method, Rule):
        return by_rule(method)
    if not isinstance(method, str) or method not in METHODS:
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
    batch_size: int | None,
    epochs: int | None,
    max_iterations: int | None,
    rng: Any,
    options: Mapping[str, Any],
) -> Settings:
    """What a method is told, if it is something that it takes."""
    _check_taken(method, learning_rate=learning_rate, line_search=line_search, data=with_data or None)
    _check_line_search(line_search, with_data)
    _check_options(method, options)
    batch_size = _of_minibatches("batch_size", batch_size, _BATCH_SIZE, with_data)
    epochs = _of_minibatches("epochs", epochs, _EPOCHS, with_data)
    if max_iterations is None:
        max_iterations = sys.maxsize if with_data else _ITERATIONS
    check_count("max_iterations", max_iterations, 0)
    return Settings(
        rate=_schedule(learning_rate),
        line_search=line_search,
        batch_size=batch_size,
        epochs=epochs,
        max_iterations=max_iterations,
        rng=generator(rng),
        options={**method.defaults, **options},
    )


def _check_taken(method: Method, **given: Any) -> None:
    for name, value in given.items():
        if value is not None and name not in method.takes:
            takers = [row.name for row in METHODS.values() if name in row.takes]
            raise ArgumentError(
                "AD210", f"{name}= for method={method.name!r}", None, f"it for one of {_listed(takers)}"
            )


def _check_line_search(line_search: Any, with_data: bool) -> None:
    if line_search is None:
        return
    if line_search not in _SEARCHES:
        raise ArgumentError("AD210", f"line_search={line_search!r}", None, f"one of {_listed(_SEARCHES)}")
    if with_data:
        raise ArgumentError(
            "AD210",
            "a line search on minibatches",
            None,
            "either; what is least along a line differs from one minibatch to the next",
        )


def _check_options(method: Method, options: Mapping[str, Any]) -> None:
    for name, value in options.items():
        if name not in method.defaults:
            expected = f"one of {_listed(method.defaults)}" if method.defaults else "no options"
            raise ArgumentError("AD210", f"{name}= for method={method.name!r}", None, expected)
        is_number = isinstance(value, (int, float, np.number)) and math.isfinite(value)
        if not is_number or (name in _POSITIVE and value <= 0):
            kind = "a positive number" if name in _POSITIVE else "a number"
            raise ArgumentError("AD210", f"{name}={value!r}", None, kind)
        if name in _FRACTIONS and method.name in METHODS and not 0.0 <= value < 1.0:
            raise ArgumentError("AD210", f"{name}={value!r}", None, "a number from 0 to less than 1")


def _of_minibatches(name: str, count: int | None, default: int, with_data: bool) -> int:
    """What is told of minibatches, where there are any."""
    if count is None:
        return default
    check_count(name, count, 1)
    if not with_data:
        expected = "data=(...), of which each step sees some rows; max_iterations counts steps without"
        raise ArgumentError("AD210", f"{name}={count!r} without data", None, expected)
    return count


def check_tolerances(**tolerances: Any) -> None:
    """Refuse what is no tolerance: each is a number, and 0 turns one off."""
    for name, value in tolerances.items():
        if not is_number(value) or not value >= 0.0:
            raise ArgumentError("AD210", f"{name}={value!r}", None, "a number from 0 on; 0 turns it off")


def check_callback(callback: Any) -> None:
    """Refuse what cannot be called."""
    if callback is not None and not callable(callback):
        raise ArgumentError("AD210", f"callback={callback!r}", None, "a function of a State, or None")


def check_count(name: str, count: Any, least: int) -> None:
    """Refuse what is not a whole number, or too small."""
    if not is_whole(count) or count < least:
        raise ArgumentError("AD210", f"{name}={count!r}", None, f"a whole number from {least} on")


def _schedule(rate: Any) -> Callable[[int], float] | None:
    """A learning rate as a function of the number of the step."""
    if rate is None:
        return None
    given = rate if callable(rate) else lambda k: rate

    def schedule(k: int) -> float:
        value = given(k)
        if not isinstance(value, (int, float, np.number)) or not value >= 0:
            raise ArgumentError(
                "AD210", f"the learning rate of step {k} is {value!r}", None, "a positive number"
            )
        return float(value)

    if not callable(rate):
        schedule(0)
    return schedule


def checked_data(data: Any) -> tuple[Any, ...]:
    """The arrays of which minibatches are made, which have as many rows each."""
    if not isinstance(data, (tuple, list)):
        raise ArgumentError(
            "AD210", f"data is of type {type(data).__name__}", None, "a tuple of arrays: data=(rows,)"
        )
    bad = [type(a).__name__ for a in data if not isinstance(a, np.ndarray) or a.ndim == 0]
    if bad:
        raise ArgumentError("AD210", f"data with a {bad[0]}", None, "arrays with one row for each example")
    counts = [len(array) for array in data]
    if 0 in counts or len(set(counts)) > 1:
        rows = ", ".join(map(str, counts))
        raise ArgumentError("AD210", f"data with {rows} rows", None, "arrays with as many rows each")
    return tuple(data)


def _listed(names: Any) -> str:
    return ", ".join(map(repr, names))
