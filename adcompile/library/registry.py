"""Which function a definition stands for, and how a definition refuses what it does not say."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

import numpy as np

DEFINITIONS: dict[Any, FunctionType] = {}
# methods of arrays, by name
METHOD_DEFINITIONS: dict[str, FunctionType] = {}
# of functions with a row, definitions for calls with one of these options
OPTIONS: dict[FunctionType, frozenset[str]] = {}


def defines(path: str, *, method: str | None = None, given: tuple[str, ...] = ()) -> Callable[[Any], Any]:
    """Enter a definition for the function that a path from NumPy leads to, if this NumPy has it.

    A definition for some options serves calls that give one of them by name.
    """

    def enter(definition: Any) -> Any:
        with contextlib.suppress(AttributeError):
            DEFINITIONS[functools.reduce(getattr, path.split("."), np)] = definition
        if method is not None:
            METHOD_DEFINITIONS[method] = definition
        if given:
            OPTIONS[definition] = frozenset(given)
        return definition

    return enter


def defines_method(name: str) -> Callable[[Any], Any]:
    """Enter a definition for a method of arrays."""

    def enter(definition: Any) -> Any:
        METHOD_DEFINITIONS[name] = definition
        return definition

    return enter


def definition_of(found: FunctionType | None, keywords: Iterable[str]) -> FunctionType | None:
    """A definition, if it is the one that serves a call with some keywords."""
    if found is None or (found in OPTIONS and OPTIONS[found].isdisjoint(keywords)):
        return None
    return found


def refused(what: str, instead: str) -> None:
    """Refuse a call whose meaning a definition does not say."""
    raise NotImplementedError(f"{what}; expected {instead}")


def is_surely_float(x: Any) -> bool:
    """Whether a number is known to be a float when the derivative is compiled."""
    return isinstance(x, float)


def as_array(x: Any) -> Any:
    """An array of x; what is one already is not even mentioned."""
    return np.asarray(x)
