"""Trading time for memory: `checkpoint` and `checkpointed`.

In: a function, or the range of a loop. Out: the same to everybody but the compiler, which keeps nothing of a
checkpointed function but its arguments, and of a checkpointed loop some snapshots. Not for what the compiler
does with them: that is `frontend.checkpoint`, `passes.recompute` and `passes.snapshots`.
"""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Callable
from typing import Any, Generic

from .errors import ArgumentError
from .objects import P, R
from .transforms import Transform, View


class Checkpointed(Transform, Generic[P, R]):
    """A function that derivatives compute again instead of keeping its intermediate values.

    Called, it is the function.
    """

    def __init__(self, primal: Callable[P, R]) -> None:
        self.primal = primal
        functools.update_wrapper(self, primal, updated=())

    def __call__(self, /, *args: P.args, **keywords: P.kwargs) -> R:
        """What the function returns."""
        return self.primal(*args, **keywords)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """The checkpointed method of an object."""
        return self if instance is None else Checkpointed(self.primal.__get__(instance, owner))

    def __repr__(self) -> str:
        return f"<checkpoint of {getattr(self.primal, '__qualname__', repr(self.primal))}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        name: str = getattr(self, "__qualname__", "")
        found: Any = sys.modules.get(self.__module__)
        for part in name.split("."):
            found = getattr(found, part, None)
        # decorated: the name of the function stands for what was made of it
        return name if found is self else (Checkpointed, (self.primal,))

    def _view(self) -> View:
        return "checkpoint", self.primal, ()


def checkpoint(f: Callable[P, R]) -> Checkpointed[P, R]:
    """The same function, of which a derivative saves the arguments only: it is computed again."""
    if not callable(f):
        raise ArgumentError("AD210", f"{f!r} is not callable", None, "a function to checkpoint")
    return Checkpointed(f)


def checkpointed(steps: range, snapshots: int | None = None) -> range:
    """The same range; of a loop over it a derivative keeps `snapshots` states, and computes the others again.

    Without a number, as many as are enough to compute no iteration again more than once.
    """
    if not isinstance(steps, range):
        raise TypeError(f"{steps!r} is no range")
    if snapshots is not None and operator.index(snapshots) < 1:
        raise ValueError("snapshots must be at least 1")
    return steps
