"""Signatures of calls: which calls share compiled code.

In: the arguments of a call and the guards of a compilation. Out: hashable keys, and functions that check
captured state. Not for types of graph values: `ir.types`.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .live import Guard, Path, attributes_of, is_plain_object, step
from .relations import DISTINCT, IN_ORDER, Relation, relation_of


class _Identity:
    """An object as a key: equal only to itself, and kept alive."""

    __slots__ = ("obj",)

    def __init__(self, obj: Any) -> None:
        self.obj = obj

    def __hash__(self) -> int:
        return id(self.obj)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.obj is self.obj


def _array_key(value: np.ndarray[Any, Any]) -> Any:
    return (np.ndarray, value.dtype, tuple([n == 1 for n in value.shape]))


def _list_key(value: Any) -> Any:
    return (type(value), tuple([key_of(v) for v in value]))


def _dict_key(value: Any) -> Any:
    return (type(value), tuple(value), tuple([key_of(v) for v in value.values()]))


def _itself(value: Any) -> Any:
    return (type(value), value)


_KEYS: dict[type, Callable[[Any], Any]] = {
    float: type,
    int: type,
    complex: type,
    bool: _itself,
    str: _itself,
    type(None): _itself,
    np.ndarray: _array_key,
    list: _list_key,
    tuple: _list_key,
    dict: _dict_key,
}


def sharing(values: Iterable[Any]) -> tuple[int, ...]:
    """Which mutable containers among the arguments are one object; () if no two of them are."""
    seen: dict[int, int] = {}
    order: list[int] = []
    pending = list(values)
    while pending:
        value = pending.pop()
        if isinstance(value, tuple):
            pending.extend(value)
            continue
        if isinstance(value, list):
            parts: Iterable[Any] = value
        elif isinstance(value, dict):
            parts = value.values()
        elif is_plain_object(value):
            parts = attributes_of(value).values()
        else:
            continue
        order.append(seen.setdefault(id(value), len(order)))
        if order[-1] == len(order) - 1:
            pending.extend(parts)
    return () if len(seen) == len(order) else tuple(order)


def _containers(values: Iterable[Any]) -> int:
    """How many mutable containers the arguments have, two being as good as many."""
    count = 0
    pending = list(values)
    while pending and count < 2:
        value = pending.pop()
        if isinstance(value, tuple):
            pending.extend(value)
        elif isinstance(value, (list, dict)):
            count += 1
            pending.extend(value.values() if isinstance(value, dict) else value)
        elif is_plain_object(value):
            count += 1
            pending.extend(attributes_of(value).values())
    return count


def key_of(value: Any) -> Any:
    """The hashable signature of one argument."""
    known = _KEYS.get(type(value))
    if known is not None:
        return known(value)
    if isinstance(value, np.ndarray):
        return (type(value), *_array_key(value)[1:])
    if isinstance(value, np.generic):
        return type(value)
    if isinstance(value, tuple):
        return _list_key(value)
    if isinstance(value, dict):
        return _dict_key(value)
    if isinstance(value, list):
        return _list_key(value)
    if isinstance(value, (types.FunctionType, types.ModuleType, type, types.BuiltinFunctionType)):
        return _Identity(value)
    if isinstance(value, types.MethodType):
        return (types.MethodType, _Identity(value.__func__), _Identity(value.__self__))
    if is_plain_object(value):
        attributes = attributes_of(value)
        return (type(value), tuple(attributes), tuple([key_of(v) for v in attributes.values()]))
    return _Identity(value) if callable(value) else type(value)


def signature_of(target: Any) -> inspect.Signature:
    """The parameters of a callable; a NumPy ufunc takes its inputs by position."""
    positional = inspect.Parameter.POSITIONAL_ONLY
    if isinstance(target, np.ufunc):
        names = ["x"] if target.nin == 1 else [f"x{k + 1}" for k in range(target.nin)]
        return inspect.Signature([inspect.Parameter(n, positional) for n in names])
    try:
        signature = inspect.signature(target)
        return _of_numpy(signature) if isinstance(target, type(np.sum)) else signature
    except (TypeError, ValueError):
        return inspect.Signature([inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL)])


def _of_numpy(signature: inspect.Signature) -> inspect.Signature:
    """The parameters of a NumPy function without those that nobody differentiates with."""
    known: list[inspect.Parameter] = []
    complete = True
    for n, q in signature.parameters.items():
        if n != "keepdims" and (n in _UNUSED or q.default is np._NoValue):
            complete = False
            continue
        q = q.replace(default=False) if n == "keepdims" else q
        # behind one that is left out, the place of a parameter is not its place in a call
        movable = q.kind is q.POSITIONAL_OR_KEYWORD and not complete
        known.append(q.replace(kind=q.KEYWORD_ONLY) if movable else q)
    return inspect.Signature(known)


_UNUSED = ("out", "dtype", "where", "initial", "casting", "order", "subok", "like", "signature", "mode")


# -- functions generated for one compilation -----------------------------------------------------------------

# what an entry returns when it does not serve
MISS = object()
# containers with more parts than this are compared by their keys
_MANY = 24


def guard_check(guards: Sequence[Guard]) -> Callable[[], bool] | None:
    """A function that tells whether captured state is still what the code was compiled for;
    None if nothing is captured.
    """
    if not guards:
        return None
    names: dict[str, Any] = {"key_of": key_of}
    body = " and ".join(_conditions(guards, names))
    text = f"def check():\n    try:\n        return {body}\n    except Exception:\n        return False\n"
    exec(compile(text, "<adcompile check>", "exec", dont_inherit=True), names)
    check: Callable[[], bool] = names["check"]
    return check


def entry(
    function: Callable[..., Any],
    bound: Mapping[str, Any],
    guards: Sequence[Guard],
    static: Sequence[tuple[Path, int]],
    captured: Sequence[tuple[str, Path]],
    relations: Sequence[Relation],
) -> Callable[..., Any]:
    """One function that checks everything, calls the compiled code if it serves, and returns `MISS` if it
    does not.

    It takes the arguments by position. Being generated for the types of one call, it costs a few tests of
    identity.
    """
    names: dict[str, Any] = {"key_of": key_of, "MISS": MISS, "derivative": function, "ndarray": np.ndarray}
    places = {name: f"_{k}" for k, name in enumerate(bound)}
    conditions = ["not rest"]
    for name, value in bound.items():
        _argument(value, places[name], names, conditions)
    for path, expected in static:
        conditions.append(f"{_place_text(path, places, names)} == {expected}")
    if _containers(bound.values()) > 1:
        names["sharing"] = sharing
        conditions.append(f"sharing(({', '.join(places.values())},)) == {sharing(bound.values())}")
    conditions += _conditions(guards, names)
    if relations:
        names["relation_of"] = relation_of
    for relation in relations:
        first, second = (_place_text(path, places, names) for path in (relation.first, relation.second))
        test = f"relation_of({first}, {second}) == {relation.kind!r}"
        if relation.kind == IN_ORDER:
            test = f"{first}.flags.c_contiguous"
        if relation.kind == DISTINCT:
            # the quick way, by the bounds of two arrays
            names["may_share_memory"] = _may_share_memory
            test = f"({first} is not {second} and (not may_share_memory({first}, {second}) or {test}))"
        conditions.append(test)
    extra = [f"{name}={_path_text(path, f'c{k}', names)}" for k, (name, path) in enumerate(captured)]
    text = (
        f"def entry({''.join(f'{p}=MISS, ' for p in places.values())}*rest):\n"
        f"    try:\n        if not ({' and '.join(conditions)}):\n            return MISS\n"
        f"    except Exception:\n        return MISS\n"
        f"    return derivative({', '.join([*places.values(), *extra])})\n"
    )
    exec(compile(text, "<adcompile entry>", "exec", dont_inherit=True), names)
    made: Callable[..., Any] = names["entry"]
    return made


def _may_share_memory(first: Any, second: Any) -> bool:
    """Whether two objects are arrays of which it is not certain at once that they have nothing in common."""
    return isinstance(first, np.ndarray) and np.may_share_memory(first, second)


def _place_text(path: Path, places: Mapping[str, str], names: dict[str, Any]) -> str:
    """The expression that reads a path from the parameters of an entry, or a captured one."""
    if path[0][0] != "arg":
        return _path_text(path, f"r{len(names)}", names)
    text = places[path[0][1]]
    for kind, key in path[1:]:
        shown = repr(key) if type(key) in (int, str, bool) else _named(key, names)
        text += f".{key}" if kind == "attr" else f"[{shown}]"
    return text


def _argument(value: Any, text: str, names: dict[str, Any], conditions: list[str]) -> None:
    """Append the conditions under which the object that `text` reads has the signature of `value`."""
    kind = type(value)
    if kind in (float, int, complex):
        conditions.append(f"type({text}) is {kind.__name__}")
    elif value is None or kind is bool:
        conditions.append(f"{text} is {value}")
    elif kind is np.ndarray:
        name = _named(value.dtype, names)
        conditions.append(f"type({text}) is ndarray and ({text}.dtype is {name} or {text}.dtype == {name})")
        conditions.append(_shape_condition(value.shape, text))
    elif isinstance(value, np.generic):
        conditions.append(f"type({text}) is {_named(kind, names)}")
    elif kind in (list, tuple) and len(conditions) + len(value) < _MANY:
        conditions.append(f"type({text}) is {kind.__name__} and len({text}) == {len(value)}")
        for k, v in enumerate(value):
            _argument(v, f"{text}[{k}]", names, conditions)
    elif kind is dict and len(conditions) + len(value) < _MANY and all(type(k) in (str, int) for k in value):
        conditions.append(f"type({text}) is dict and tuple({text}) == {tuple(value)!r}")
        for key, v in value.items():
            _argument(v, f"{text}[{key!r}]", names, conditions)
    else:
        conditions.append(f"key_of({text}) == {_named(key_of(value), names)}")


def _shape_condition(shape: tuple[int, ...], text: str) -> str:
    """Which dimensions are 1 decides how an array broadcasts."""
    if 1 not in shape:
        return f"{text}.ndim == {len(shape)} and 1 not in {text}.shape" if shape else f"{text}.ndim == 0"
    parts = [f"{text}.shape[{k}] {'==' if n == 1 else '!='} 1" for k, n in enumerate(shape)]
    return " and ".join([f"{text}.ndim == {len(shape)}", *parts])


def _named(obj: Any, names: dict[str, Any]) -> str:
    name = f"a{len(names)}"
    names[name] = obj
    return name


def _conditions(guards: Iterable[Guard], names: dict[str, Any]) -> list[str]:
    return [_condition(guard, f"e{n}", names) for n, guard in enumerate(guards)]


def _condition(guard: Guard, expected: str, names: dict[str, Any]) -> str:
    if guard.kind == "absent":
        names[expected], name = guard.path[0][1]
        return f"{name!r} not in {expected}"
    text = _path_text(guard.path, expected, names)
    if guard.kind == "has":
        return f"hasattr({text}, {guard.expected[0]!r}) is {guard.expected[1]}"
    if guard.kind == "own":
        return f"({guard.expected[0]!r} in getattr({text}, '__dict__', ())) is {guard.expected[1]}"
    if guard.kind == "type":
        if type(guard.expected) in (float, int, complex):
            return f"type({text}) is {type(guard.expected).__name__}"
        names[expected] = key_of(guard.expected)
        return f"key_of({text}) == {expected}"
    if guard.kind == "is" and (guard.expected is None or type(guard.expected) is bool):
        return f"{text} is {guard.expected}"
    names[expected] = guard.expected
    if guard.kind == "is":
        return f"{text} is {expected}"
    if guard.kind == "class":
        return f"type({text}) is {expected}"
    if guard.kind == "keys":
        return f"tuple({text}) == {expected}"
    if guard.kind == "length":
        return f"len({text}) == {expected}"
    return f"type({text}) is int and {text} == {expected}"


def _path_text(path: Path, prefix: str, names: dict[str, Any]) -> str:
    """The expression that reads a captured path."""
    text = ""
    for k, (kind, key) in enumerate(path):
        name = f"{prefix}_{k}"
        if kind == "global":
            names[name] = key[0]
            text = f"{name}[{key[1]!r}]"
        elif kind == "cell":
            names[name] = key
            text = f"{name}.cell_contents"
        elif kind == "const":
            names[name] = key
            text = name
        elif kind == "attr":
            text = f"{text}.{key}"
        elif kind == "default":
            text = f"{text}.__defaults__[{key}]"
        elif kind == "kwdefault":
            text = f"{text}.__kwdefaults__[{key!r}]"
        elif type(key) in (int, str, bool):
            text = f"{text}[{key!r}]"
        else:
            names[name] = key
            text = f"{text}[{name}]"
    return text


def reader(path: Path) -> Callable[[], Any]:
    """A function that reads a captured value, now."""
    names: dict[str, Any] = {}
    text = _path_text(path, "p", names)
    exec(f"def value():\n    return {text}\n", names)
    found: Callable[[], Any] = names["value"]
    return found


def readings(captured: Iterable[tuple[str, Path]]) -> tuple[dict[str, str], dict[str, Any]]:
    """The expressions that read what a derivative captures, and the names that they need."""
    names: dict[str, Any] = {}
    return {name: _path_text(path, f"_captured_{k}", names) for k, (name, path) in enumerate(captured)}, names


def static_arguments(keys: Iterable[Path], bound: Mapping[str, Any]) -> list[tuple[Path, int]]:
    """The integers of arguments that were fixed, with their paths."""
    return [(key, argument_at(key, bound)) for key in keys if key[0][0] == "arg"]


def argument_at(path: Path, bound: Mapping[str, Any]) -> Any:
    """The part of the arguments that a path leads to."""
    obj: Any = bound[path[0][1]]
    for part in path[1:]:
        obj = step(obj, part)
    return obj


def tangent_name(name: str, names: Collection[str]) -> str:
    """What the tangent of an argument is called among arguments of these names."""
    found = f"{name}_dot"
    while found in names:
        found += "_"
    return found
