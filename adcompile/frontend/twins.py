"""Containers of which a function that is differentiated in another one is given a copy.

In: the containers and their copies, which hold the parameters of the derivative. Out: refusals, where the
function changes a copy and also looks at the original, as the two are one object to it. Not for arrays, whose
memory the graph knows: those are in `nested`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .inputs import expand_captured, expand_object
from .parse import Parser
from .structure import parts_of
from .values import Captured, Ref, is_atom


@contextmanager
def twins(p: Parser, originals: list[Any], copies: list[Any]) -> Iterator[None]:
    """Look out, inside the `with`, for originals that are read; refuse, at its end, if a copy was changed."""
    pairs = [pair for a, b in zip(originals, copies, strict=True) for pair in _pairs(p, a, b)]
    before = {copy.id: p.state.heap[copy.id] for _, copy in pairs}
    outer_watched, outer_seen = p.watched, p.seen
    p.watched, p.seen = p.watched | {key for key, _ in pairs}, set()
    try:
        yield
        keys = [key for key, _ in pairs]
        for key, copy in pairs:
            changed = p.state.heap.get(copy.id, before[copy.id]) is not before[copy.id]
            if changed and (key in p.seen or keys.count(key) > 1):
                p.refuse_shared("the function changes")
    finally:
        p.watched, p.seen = outer_watched, outer_seen | p.seen


def _pairs(p: Parser, original: Any, copy: Any) -> Iterator[tuple[Any, Ref]]:
    """The containers in a value, by what tells them from others, and their copies."""
    if is_atom(original):
        return
    if isinstance(copy, Ref):
        if isinstance(original, Captured):
            yield ("captured", id(original.value)), copy
            original = expand_object(p, expand_captured(p, original, ast.Pass()))
        else:
            yield original.id, copy
        original, copy = p.state.heap[original.id], p.state.heap[copy.id]
    elif isinstance(original, Captured):
        original = expand_captured(p, original, ast.Pass())
    for a, b in zip(parts_of(original), parts_of(copy), strict=False):
        yield from _pairs(p, a, b)
