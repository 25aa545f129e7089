"""Derivatives kept on the disk: which entry belongs to a call, what it relies on, and whether that still
holds.

In: a callable, bound arguments, and what derivative is wanted; or what a compilation found. Out: the text of
an earlier process with its live objects, guards and captured paths; or nothing. An entry is the emitted
module followed by a manifest: one comment line of JSON that says what the text was compiled for. Its key is
what is known before parsing; the manifest says what parsing found. Entries of one key lie side by side as
variants, and the first whose manifest holds serves. What cannot be said in a manifest is not stored. Not for
files and their safety: that is `backend.cache`.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .backend.cache import DiskCache, Entry, default_cache, digest
from .describe import Unstorable, describe, object_text, signature_text
from .frontend.lines import lines_of
from .live import Guard, Path, read
from .log import logger
from .places import Place, Places, find
from .relations import Relation
from .signature import sharing

if TYPE_CHECKING:
    from .pipeline import Program

_MANIFEST = "# manifest: "
# Entries of one key beside each other; the last is overwritten when there are more.
_VARIANTS = 8


@dataclass(frozen=True)
class Stored:
    """An entry that serves: its text, and what belongs to it in this process."""

    name: str
    text: str
    source: str
    path: str | None
    objects: dict[str, Any]
    guards: list[Guard]
    static: list[tuple[Path, int]]
    captured: list[tuple[str, Path]]
    relations: list[Relation]


class _Stale(Exception):
    """An entry relies on something that is not so; the text says on what."""


@dataclass(frozen=True)
class Shelf:
    """The entries for one callable, signature and kind of derivative."""

    cache: DiskCache
    key: str
    stem: str
    target: Any
    bound: Mapping[str, Any]

    def get(self) -> Stored | None:
        """The first entry that is right in this process."""
        for variant in range(_VARIANTS):
            entry = self.cache.get(self._key(variant), self.stem)
            if entry is None:
                return None
            try:
                return _restored(entry, self.target, self.bound)
            except _Stale as reason:
                logger.info("cached source not used, %s: %s", reason, entry.path)
            except Exception as error:
                # A place that is not there any more raises what Python raises there: anything.
                logger.info(
                    "cached source not used, it does not fit this process (%r): %s", error, entry.path
                )
        return None

    def put(self, program: Program, static: list[tuple[Path, int]]) -> Entry | None:
        """Keep what was compiled; None if it cannot be found again in another process."""
        try:
            manifest = json.dumps(_manifest(program, static, self.target, self.bound))
        except (Unstorable, TypeError, ValueError) as reason:
            logger.debug("%s is kept in memory only: %s", program.name, reason)
            return None
        free = next(
            (v for v in range(_VARIANTS) if self.cache.get(self._key(v), self.stem) is None), _VARIANTS - 1
        )
        return self.cache.put(self._key(free), self.stem, f"{program.text}\n{_MANIFEST}{manifest}\n")

    def _key(self, variant: int) -> str:
        return digest((self.key, str(variant)))


def shelf(
    target: Any, signature: inspect.Signature, bound: Mapping[str, Any], kind: str,
    wanted: tuple[tuple[Any, ...], bool, dict[str, Any]],
) -> Shelf | None:  # fmt: skip
    """The shelf for a call; None if the disk is not used, or the call says nothing to another process."""
    cache = default_cache()
    if cache is None or _rules_were_added():
        return None
    name = getattr(target, "__name__", None) or type(target).__name__
    try:
        parts = [
            _target_text(target),
            kind,
            repr(wanted),
            *map(_parameter_text, signature.parameters.values()),
        ]
        parts += [f"{n}: {signature_text(v)}" for n, v in bound.items()]
        parts.append(repr(sharing(bound.values())))
    except (Unstorable, RecursionError) as reason:
        logger.debug("%s of %s is kept in memory only: %s", kind, name, reason)
        return None
    return Shelf(cache, digest([_compiler(), *parts]), f"{name}_{kind}", target, bound)


def _target_text(target: Any) -> str:
    if isinstance(target, functools.partial):
        return f"partial of {_target_text(target.func)}"
    if isinstance(target, types.MethodType):
        return f"{describe(target.__func__)} of {object_text(target.__self__)}"
    try:
        return describe(target)
    except Unstorable:
        return object_text(target)


def _parameter_text(parameter: inspect.Parameter) -> str:
    default = parameter.default
    simple = default is parameter.empty or type(default) in (int, float, bool, str, type(None))
    return (
        f"{parameter.kind.name} {parameter.name} {default!r}"
        if simple
        else f"{parameter.kind.name} {parameter.name} object"
    )


@functools.lru_cache(maxsize=1)
def _compiler() -> str:
    """A digest of what compiles: this package as it is installed, and the versions around it.

    Its files go in by size and time of change: to read them all would take longer than most derivatives.
    """
    folder = os.path.dirname(os.path.abspath(__file__))
    from . import __version__

    parts = [__version__, folder, sys.version, sys.implementation.cache_tag or "", np.__version__]
    for place in [folder, *sorted(entry.path for entry in os.scandir(folder) if entry.is_dir())]:
        for file in sorted(os.scandir(place), key=lambda entry: entry.name):
            if file.name.endswith(".py"):
                status = file.stat()
                parts.append(f"{file.path} {status.st_size} {status.st_mtime_ns}")
    scipy = sys.modules.get("scipy")
    return digest([*parts, getattr(scipy, "__version__", "")])


def _rules_were_added() -> bool:
    """Whether a program has declared primitives of its own: what they say is in no digest."""
    rules = sys.modules.get("adcompile.rules.rule")
    return bool(getattr(rules, "FOREIGN", ()))


# -- what a compilation found, written down ------------------------------------------------------------------


def _manifest(
    program: Program, static: list[tuple[Path, int]], target: Any, bound: Mapping[str, Any]
) -> dict[str, Any]:
    places = Places(target, bound)
    guards = _guards(program.inputs.guards, places)
    captured = [[name, places.of_path(path)] for name, path in program.captured]
    objects = {name: _object(value, places) for name, value in program.objects.items()}
    return {
        "name": program.name,
        "guards": guards,
        "texts": [[places.of_object(f), _text(f)] for f in _followed(program.inputs.guards)],
        "captured": captured,
        "objects": objects,
        "static": [[[list(part) for part in path], value] for path, value in static],
        "relations": [
            [_related_place(r.first, places), _related_place(r.second, places), r.kind]
            for r in program.inputs.relations
        ],
    }


def _related_place(path: Path, places: Places) -> Place:
    """The place of an argument, or of something captured, that is related to another."""
    if path[0][0] != "arg":
        return places.of_path(path)
    if not all(type(key) in (str, int) for _, key in path):
        raise Unstorable("an item of an argument under a key that is neither text nor an integer")
    return [list(part) for part in path]


def _guards(guards: list[Guard], places: Places) -> list[list[Any]]:
    """The guards with their places. One may be found only by way of another that comes later."""
    found: list[list[Any]] = []
    waiting = [g for g in guards if not _in_package(g)]
    while waiting:
        later: list[Guard] = []
        reason: Unstorable | None = None
        for guard in waiting:
            try:
                place = places.of_global(guard.path) if guard.kind == "absent" else places.of_path(guard.path)
            except Unstorable as error:
                later.append(guard)
                reason = error
                continue
            found.append([place, guard.kind, _expected(guard)])
        if reason is not None and len(later) == len(waiting):
            raise reason
        waiting = later
    return found


def _followed(guards: list[Guard]) -> list[types.FunctionType]:
    """The functions whose source was compiled."""
    own = [g for g in guards if g.path[-1] == ("attr", "__code__") and not _in_package(g)]
    return [f for f in (read(g.path[:-1]) for g in own) if isinstance(f, types.FunctionType)]


def _text(function: types.FunctionType) -> str:
    """A digest of the file that a function is from, as it is now."""
    return digest(["".join(lines_of(function))])


def _check_text(function: types.FunctionType, expected: str) -> None:
    """See that a function is still what its source says; where the file is another, by looking closely."""
    if _text(function) != expected:
        from .frontend.source import get_source

        get_source(function)


def _in_package(guard: Guard) -> bool:
    """Whether a guard is about the code of a function of this package, which the key has in it."""
    kind, key = guard.path[0]
    if kind == "global":
        return guard.kind == "absent" and str(key[0].get("__name__")).startswith("adcompile.")
    ours = isinstance(key, types.FunctionType) and (key.__module__ or "").startswith("adcompile.")
    return kind == "const" and ours and len(guard.path) == 2


def _expected(guard: Guard) -> Any:
    if guard.kind == "is":
        return describe(guard.expected)
    if guard.kind == "class":
        return object_text(read(guard.path))
    if guard.kind == "type":
        return signature_text(guard.expected)
    if guard.kind == "keys":
        if not all(type(k) in (str, int) for k in guard.expected):
            raise Unstorable("a dictionary with keys that are neither text nor integers")
        return list(guard.expected)
    return guard.expected


def _object(value: Any, places: Places) -> list[Any]:
    """An object that the emitted text names: a number, or where it is."""
    if isinstance(value, np.generic) and not value.dtype.hasobject:
        return ["numpy", value.dtype.str, value.tobytes().hex()]
    if type(value) is float:
        return ["float", value.hex()]
    if type(value) is complex:
        return ["complex", value.real.hex(), value.imag.hex()]
    return ["place", places.of_object(value)]


# -- what was written down, found again ----------------------------------------------------------------------


def _restored(entry: Entry, target: Any, bound: Mapping[str, Any]) -> Stored:
    source, mark, line = entry.body.rpartition(f"\n{_MANIFEST}")
    if not mark:
        raise _Stale("it has no manifest")
    manifest = json.loads(line)
    for part, value in manifest["static"]:
        if _argument(part, bound) != value:
            raise _Stale("it was compiled for another integer")
    guards = [_guard(place, kind, expected, target, bound) for place, kind, expected in manifest["guards"]]
    for place, text in manifest["texts"]:
        _check_text(find(place, target, bound)[1], text)
    captured = [(name, find(place, target, bound)[0]) for name, place in manifest["captured"]]
    relations = [
        Relation(_related_path(first, target, bound), _related_path(second, target, bound), kind)
        for first, second, kind in manifest["relations"]
    ]
    if not all(relation.holds(bound) for relation in relations):
        raise _Stale("it was compiled for arguments that share other memory")
    objects = {
        name: _live_object(*form, target=target, bound=bound) for name, form in manifest["objects"].items()
    }
    static = [(tuple((kind, key) for kind, key in part), value) for part, value in manifest["static"]]
    return Stored(
        manifest["name"], entry.text, source, entry.path, objects, guards, static, captured, relations
    )


def _related_path(place: Place, target: Any, bound: Mapping[str, Any]) -> Path:
    if place[0][0] == "arg":
        return tuple((kind, key) for kind, key in place)
    return find(place, target, bound)[0]


def _argument(path: list[list[Any]], bound: Mapping[str, Any]) -> Any:
    place = [["argument", path[0][1]], *path[1:]]
    value = find(place, None, bound)[1]
    return value if type(value) is int else None


def _guard(place: Place, kind: str, expected: Any, target: Any, bound: Mapping[str, Any]) -> Guard:
    """A guard for this process, if it holds."""
    if kind == "absent":
        space, name = find(place[:-1], target, bound)[1].__globals__, place[-1][1]
        if name in space:
            raise _Stale(f"a global hides {name!r}")
        return Guard((("global", (space, name)),), kind, None)
    path, value = find(place, target, bound)
    now: Any
    live: Any
    if kind == "is":
        now, live = describe(value), value
    elif kind == "class":
        now, live = object_text(value), type(value)
    elif kind == "type":
        now, live = signature_text(value), value
    elif kind == "keys":
        now, live = list(value), tuple(value)
    elif kind == "has":
        now = [expected[0], hasattr(value, expected[0])]
        live = tuple(now)
    elif kind == "own":
        now = [expected[0], expected[0] in getattr(value, "__dict__", ())]
        live = tuple(now)
    elif kind == "length":
        now = live = len(value)
    else:
        now = live = value if type(value) is int else None
    if now != expected:
        raise _Stale(f"{_shown(place)} has changed")
    return Guard(path, kind, live)


def _shown(place: Place) -> str:
    """A place as a reader would write it."""
    names = [
        str(part[1]) for part in place if part[0] not in ("target", "type", "mro", "cell") and len(part) > 1
    ]
    return ".".join(names) or "the function"


def _live_object(form: str, *parts: Any, target: Any, bound: Mapping[str, Any]) -> Any:
    if form == "numpy":
        return np.frombuffer(bytes.fromhex(parts[1]), parts[0])[0]
    if form == "float":
        return float.fromhex(parts[0])
    if form == "complex":
        return complex(*map(float.fromhex, parts))
    return find(parts[0], target, bound)[1]
