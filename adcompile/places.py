"""Places: how an object is reached from a function and its arguments, in this process and in others.

In: the paths and objects that a compilation found. Out: places, lists of plain values that can be written
down, and from a place the live object and path again. A place starts at the function, an argument or an
importable name, and goes on by globals, closure cells, attributes and items. Not for whether what is found
there is still the same: that is `describe`.
"""

from __future__ import annotations

import functools
import importlib
import sys
import types
from collections.abc import Mapping
from typing import Any

from .describe import Unstorable
from .live import Path, attributes_of, is_plain_object, step

Place = list[list[Any]]

_IMPORTED_AT_WILL = frozenset(
    ("adcompile", "numpy", "scipy", "math", "cmath", "operator", "functools", "builtins")
)


class Places:
    """The places of the objects met so far in one compilation."""

    def __init__(self, target: Any, bound: Mapping[str, Any]) -> None:
        self._known: dict[int, Place] = {}
        self._globals: dict[int, Place] = {}
        self._cells: dict[int, Place] = {}
        self._kept: list[Any] = []
        self.functions: list[tuple[types.FunctionType, Place]] = []
        self.enter(target, [["target"]])
        for name, value in bound.items():
            self._enter_argument(value, [["argument", name]])

    def _enter_argument(self, value: Any, place: Place) -> None:
        if isinstance(value, (list, tuple)):
            for k, v in enumerate(value):
                self._enter_argument(v, [*place, ["item", k]])
        elif isinstance(value, dict):
            for key, v in value.items():
                if type(key) in (str, int):
                    self._enter_argument(v, [*place, ["item", key]])
        else:
            self.enter(value, place)
            for name, v in attributes_of(value).items() if is_plain_object(value) else ():
                self._enter_argument(v, [*place, ["attr", name]])

    def enter(self, value: Any, place: Place) -> None:
        """Note an object, and what belongs to it."""
        if id(value) in self._known or isinstance(value, (str, int, float, complex, bytes, type(None))):
            return
        self._known[id(value)] = place
        self._kept.append(value)
        if isinstance(value, types.FunctionType):
            self._enter_function(value, place)
        elif isinstance(value, types.MethodType):
            self.enter(value.__func__, [*place, ["attr", "__func__"]])
            self.enter(value.__self__, [*place, ["attr", "__self__"]])
        elif isinstance(value, type):
            self._enter_class(value, place)
        elif isinstance(value, functools.partial):
            self.enter(value.func, [*place, ["attr", "func"]])
            for k, v in enumerate(value.args):
                self.enter(v, [*place, ["attr", "args"], ["item", k]])
        elif not isinstance(value, types.ModuleType):
            for name in ("primal", "__wrapped__"):
                inner = getattr(value, "__dict__", {}).get(name)
                if inner is not None:
                    self.enter(inner, [*place, ["attr", name]])
            self.enter(type(value), [*place, ["type"]])

    def _enter_function(self, function: types.FunctionType, place: Place) -> None:
        self.functions.append((function, place))
        self._globals.setdefault(id(function.__globals__), place)
        for k, cell in enumerate(function.__closure__ or ()):
            self._cells.setdefault(id(cell), [*place, ["cell", k]])
            self._kept.append(cell)
        for k, value in enumerate(function.__defaults__ or ()):
            self.enter(value, [*place, ["default", k]])
        for name, value in (function.__kwdefaults__ or {}).items():
            self.enter(value, [*place, ["kwdefault", name]])

    def _enter_class(self, cls: type, place: Place) -> None:
        for k, base in enumerate(cls.__mro__):
            if base.__module__.split(".")[0] in _IMPORTED_AT_WILL:
                continue
            self._known.setdefault(id(base), [*place, ["mro", k]])
            for name, member in vars(base).items():
                here = [*place, ["mro", k], ["member", name]]
                if isinstance(member, types.FunctionType):
                    self.enter(member, here)
                for part in ("fget", "__func__", "func"):
                    inner = getattr(member, part, None)
                    if isinstance(inner, types.FunctionType):
                        self.enter(inner, [*here, ["attr", part]])

    def of_object(self, value: Any) -> Place:
        """The place of an object."""
        place = self._known.get(id(value))
        if place is None:
            place = _import_place(value)
            self.enter(value, place)
        return place

    def of_global(self, path: Path) -> Place:
        """The place that a global would have, were there one."""
        space, name = path[0][1]
        return [*self._owner(self._globals, space, "global"), ["global", name]]

    def of_path(self, path: Path) -> Place:
        """A captured path as a place; what is found there is entered, too."""
        kind, key = path[0]
        if kind == "global":
            place = self.of_global(path)
            value = key[0][key[1]]
        elif kind == "cell":
            place, value = self._owner(self._cells, key, "closure"), key.cell_contents
        else:
            place, value = self.of_object(key), key
        self.enter(value, place)
        for part in path[1:]:
            if type(part[1]) not in (str, int):
                raise Unstorable(f"an item under a key of type {type(part[1]).__qualname__}")
            place, value = [*place, list(part)], step(value, part)
            if part[1] not in ("__code__", "__defaults__", "__kwdefaults__"):
                self.enter(value, place)
        return place

    @staticmethod
    def _owner(owners: dict[int, Place], key: Any, what: str) -> Place:
        place = owners.get(id(key))
        if place is None:
            raise Unstorable(f"a {what} variable of a function that cannot be found again")
        return place


def _import_place(value: Any) -> Place:
    """The place of a module, or of what can be imported by its name."""
    if isinstance(value, types.ModuleType):
        place: Place = [["module", value.__name__]]
    else:
        module, name = (
            getattr(value, "__module__", None),
            getattr(value, "__qualname__", getattr(value, "__name__", None)),
        )
        if not isinstance(module, str) or not isinstance(name, str) or "<" in name:
            raise Unstorable(f"a {type(value).__qualname__} that has no place of its own")
        place = [["module", module], *(["attr", part] for part in name.split("."))]
    try:
        found = find(place, None, {})[1]
    except Exception:
        found = None
    if found is not value:
        raise Unstorable(f"{getattr(value, '__qualname__', value)!r} is not found under its name")
    return place


def find(place: Place, target: Any, bound: Mapping[str, Any]) -> tuple[Path, Any]:
    """The live path and object of a place; raises whatever goes wrong if there is none."""
    value: Any = None
    path: list[Any] = []
    for kind, *rest in place:
        if kind in ("attr", "item", "default", "kwdefault"):
            value = step(value, (kind, rest[0]))
            path.append((kind, rest[0]))
        elif kind == "global":
            path = [("global", (value.__globals__, rest[0]))]
            value = value.__globals__[rest[0]]
        elif kind == "cell":
            path = [("cell", value.__closure__[rest[0]])]
            value = value.__closure__[rest[0]].cell_contents
        else:
            value = _root(kind, rest, value, target, bound)
            path = [("const", value)]
    return tuple(path), value


def _root(kind: str, rest: list[Any], value: Any, target: Any, bound: Mapping[str, Any]) -> Any:
    """What a step leads to that starts a path of its own."""
    if kind == "target":
        return target
    if kind == "argument":
        return bound[rest[0]]
    if kind == "type":
        return type(value)
    if kind == "mro":
        return value.__mro__[rest[0]]
    if kind == "member":
        return vars(value)[rest[0]]
    if rest[0].split(".")[0] in _IMPORTED_AT_WILL:
        return importlib.import_module(rest[0])
    return sys.modules[rest[0]]
