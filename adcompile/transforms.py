"""Entry points and derivative objects, as the compiler sees them.

The compiler meets `ad.grad(f)` in the source of a function, and derivative objects among its values. What
they mean to it stands here, below both: `api` fills the tables, and derivative objects are `Transform`s. Not
for calling them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# the name of each entry point
TRANSFORMS: dict[Any, str] = {}
# the entry points that are programs of their own, by name: options → the function to compile
DERIVED: dict[str, Callable[..., Callable[..., Any]]] = {}

View = tuple[str, Any, tuple[tuple[str, Any], ...]]


class Transform:
    """An object that stands for a transformed function."""

    def _view(self) -> View | None:
        """The kind of transformation, the function and the options; None if it cannot be followed."""
        return None


def view(obj: Any) -> View | None:
    """What a derivative object is made of: its kind, function and options; None for anything else."""
    return obj._view() if isinstance(obj, Transform) else None
