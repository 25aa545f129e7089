"""Who refers to a container.

In: a state, and the key of a container in its heap. Out: how many variables, containers, iterators, functions
and open loops hold it. Where a variable is bound to another container, the one it held before goes on under
the same key only if nobody else would see that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .parse import Parser
from .structure import parts_of
from .values import (
    Bracket,
    Closure,
    ContainerMethod,
    DictView,
    Fixed,
    Indexed,
    Ref,
    State,
    Transformed,
    is_atom,
)
from .values import Iterator as IteratorVal


def references(p: Parser, state: State, ident: int, matters: Callable[[Any], bool]) -> int:
    """How many of the variables that matter, and of the containers and open loops, hold a container."""
    count: int = sum(ref.id == ident for ref in p.run_over)
    stack = [v for key, v in state.names.items() if matters(key) and not is_atom(v)]
    stack += [v for cell in state.heap.values() for v in parts_of(cell)]
    while stack:
        value = stack.pop()
        if isinstance(value, Ref):
            count += value.id == ident
        elif not is_atom(value):
            stack.extend(_held_by(value))
    return count


def _held_by(value: Any) -> Iterator[Any]:
    """What a value holds on to, also what is not a part of its structure."""
    yield from parts_of(value)
    if isinstance(value, IteratorVal):
        yield value.source
    elif isinstance(value, (Fixed, Indexed)):
        yield from value.over
    elif isinstance(value, DictView):
        yield value.of
    elif isinstance(value, ContainerMethod):
        yield value.receiver
    elif isinstance(value, Closure):
        yield from (*value.defaults, *value.kw_defaults)
    elif isinstance(value, Bracket):
        yield from (*value.args, *(v for _, v in value.keywords))
    elif isinstance(value, Transformed):
        yield value.function
