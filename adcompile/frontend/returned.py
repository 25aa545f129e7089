"""What a function that is differentiated hands out.

In: its result, of which parts may be None on some paths. Out: the result for the paths that have one, with
its parts as objects that may be none. Not for what `return` does: that is `statements`.
"""

from __future__ import annotations

from typing import Any

from .branches import branch
from .opaque import runtime_value
from .parse import Parser
from .structure import parts_of, rebuild
from .values import Maybe, Ref


def returned(p: Parser, value: Any, name: str) -> Any:
    """What a function returns, as its derivative hands it out: a derivative of None there is not."""
    value = p.settled(value)
    if isinstance(value, Maybe):
        error = TypeError(f"{name} returned None where a derivative needs a number")
        branch(p, value.nothing, lambda: p.raise_at(error), lambda: None)
        return returned(p, value.value, name)
    return _with_objects(p, value, set())


def name_of(function: Any) -> str:
    """What an error calls a function."""
    name = getattr(getattr(function, "value", None), "__qualname__", None) or getattr(function, "name", None)
    return name or "the function"


def _with_objects(p: Parser, value: Any, seen: set[int]) -> Any:
    """A container with what may be None in it as objects that may be none."""
    if isinstance(value, Maybe):
        return runtime_value(p, value, p.frame.at)
    if isinstance(value, Ref):
        if value.id not in seen:
            seen.add(value.id)
            p.state.heap[value.id] = _with_objects(p, p.state.heap[value.id], seen)
        return value
    parts = parts_of(value)
    new = tuple(_with_objects(p, x, seen) for x in parts)
    return value if all(x is y for x, y in zip(new, parts, strict=True)) else rebuild(value, new)
