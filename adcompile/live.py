"""Live state: how compiled code finds what a function reads from outside, and what it relies on there.

In: paths (a root and steps from it) and guards. Out: the objects they lead to, now. Light: this is imported
with the package, long before anything is compiled. Not for deciding what is captured: that is
`frontend.inputs`.
"""

from __future__ import annotations

import collections
import types
from dataclasses import dataclass
from typing import Any

import numpy as np

Path = tuple[Any, ...]


@dataclass(frozen=True)
class Guard:
    """A fact about captured state that compiled code relies on: the object at `path` is (like) `expected`.

    The kinds: "is" (this object), "class", "type" (the signature of a number or array), "keys", "length",
    "equals" (this integer), "has" (whether it has the named attribute), "own" (whether it has it itself, not
    from its class), and "absent" (no such global, so that a builtin is meant).
    """

    path: Path
    kind: str
    expected: Any


def step(obj: Any, part: tuple[str, Any]) -> Any:
    """One step of a path."""
    kind, key = part
    if kind == "attr":
        return getattr(obj, key)
    if kind == "item":
        return obj[key]
    if kind == "global":
        return key[0][key[1]]
    if kind == "cell":
        return key.cell_contents
    if kind == "default":
        return obj.__defaults__[key]
    if kind == "kwdefault":
        return obj.__kwdefaults__[key]
    return key  # "const"


def read(path: Path) -> Any:
    """The object that a captured path leads to, now."""
    obj: Any = None
    for part in path:
        obj = step(obj, part)
    return obj


def path_key(path: Path) -> Any:
    """A hashable key of a path; objects count by identity."""
    return tuple(
        (k, (id(v[0]), v[1]) if k == "global" else id(v) if k in ("cell", "const") else v) for k, v in path
    )


def attributes_of(obj: Any) -> dict[str, Any]:
    """The instance attributes of a plain object."""
    found = dict(getattr(obj, "__dict__", {}))
    for cls in type(obj).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(obj, name):
                found.setdefault(name, getattr(obj, name))
    return found


# what a subclass of a container may define without changing what the container does
_HARMLESS = frozenset(
    f"__{name}__"
    for name in (
        "module", "doc", "dict", "weakref", "slots", "annotations", "annotate", "annotations_cache", "init",
        "new", "orig_bases", "parameters", "qualname", "firstlineno", "static_attributes", "class_getitem",
        "init_subclass", "repr", "str", "array_finalize", "match_args",
    )
)  # fmt: skip
_CONTAINERS = (list, tuple, dict, np.ndarray)
# these differ from what they are made of in ways that are known, or that do not matter to reading
_KNOWN = (collections.OrderedDict, collections.defaultdict, np.memmap)


def overriding(value: Any) -> str | None:
    """What makes a container or array behave unlike its base, by name; None if nothing does.

    A named tuple is an exception: its methods are looked up like those of any object.
    """
    cls = type(value)
    if cls in _CONTAINERS or not isinstance(value, _CONTAINERS) or hasattr(cls, "_fields"):
        return None
    base = next(kind for kind in _CONTAINERS if isinstance(value, kind))
    for parent in cls.__mro__:
        if parent in _CONTAINERS or parent in _KNOWN:
            break
        for name in vars(parent):
            if name not in _HARMLESS and hasattr(base, name):
                return name
    return "__class__" if base in (list, tuple) else None


def is_plain_object(value: Any) -> bool:
    """An instance of a class written in Python, whose attributes are all there is to it."""
    cls = type(value)
    if isinstance(value, (type, types.ModuleType, types.FunctionType, np.ndarray, np.generic)):
        return False
    if cls.__module__.split(".")[0] in (
        "numpy",
        "functools",
        "random",
        "scipy",
        "logging",
        "adcompile",
        "builtins",
    ):
        return False
    return bool(cls.__flags__ & (1 << 9)) and (hasattr(value, "__dict__") or hasattr(cls, "__slots__"))
