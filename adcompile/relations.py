"""Which of a function's arguments, and of what it captures, are one object or share memory.

In: paths to two of them. Out: how they are related, now; compiled code that writes into one of the two holds
for one relation only. Light, as it is imported with the package. Not for what a relation means to the graph:
that is `tracing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .live import Path, read, step

# of two containers: they are not one object
DISTINCT = "distinct"


@dataclass(frozen=True)
class Relation:
    """What holds between the objects at two paths."""

    first: Path
    second: Path
    kind: str

    def holds(self, bound: Mapping[str, Any]) -> bool:
        """Whether it is so for these arguments, and for what is captured now."""
        return relation_of(at(self.first, bound), at(self.second, bound)) == self.kind


def at(path: Path, bound: Mapping[str, Any]) -> Any:
    """The object that a path leads to, from an argument or from outside."""
    if path[0][0] != "arg":
        return read(path)
    obj: Any = bound[path[0][1]]
    for part in path[1:]:
        obj = step(obj, part)
    return obj


def relation_of(first: Any, second: Any) -> str:
    """How two objects are related."""
    return "same" if first is second else DISTINCT
