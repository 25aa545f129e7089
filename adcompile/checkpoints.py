"""Trading memory for time: `checkpoint`.

In: a function. Out: the same to everybody but the compiler, which keeps nothing of a checkpointed function
but its arguments. Not for what the compiler does with it: that is `frontend.checkpoint` and `passes.reverse`.
"""

from __future__ import annotations

import functools
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
