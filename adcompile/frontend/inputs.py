"""Where the values of a function come from: its arguments, and what it captures.

In: Python objects (the example arguments; globals, closure cells and attributes at compile time). Out:
abstract values whose numbers and arrays are parameters of the graph, and the guards under which that holds.
Captured numbers are read live at each call; what was looked at to decide the structure is guarded. Not for
binding arguments to parameters.
"""

from __future__ import annotations

import ast
import functools
import itertools
import re
import types
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import NoDerivative
from ..ir.nodes import Literal, Value
from ..ir.types import OPAQUE, UNKNOWN, Scalar, Type, is_numeric, type_of
from ..library import FOLLOWED
from ..live import Guard, Path, attributes_of, is_plain_object, overriding, path_key
from ..relations import DISTINCT, IN_ORDER, Relation, is_in_order
from .values import BoundMethod, Captured, DictCell, ListCell, ObjectCell, TupleVal


@dataclass(frozen=True)
class Input:
    """A parameter of the graph and how to reach it: from a parameter of the primal, or captured."""

    value: Value
    root: str | None
    path: Path
    example: Any = None


class NeedStatic(Exception):
    """An integer argument or capture decides about structure: compile again with its value fixed."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = path


class NeedItems(Exception):
    """An array in a list of run-time length is written: compile again with short lists item by item."""


class Missing:
    """Stands for an argument of which nothing is known."""

    def __repr__(self) -> str:
        return "unknown"


MISSING = Missing()

LIBRARIES = ("numpy", "math", "cmath", "scipy", "builtins", "operator", "itertools", "functools", "typing",
             "collections", "warnings", "logging", "time", "sys", "os", "dataclasses", "enum", "abc",
             "random", "string", "re")  # fmt: skip
_STATIC = (str, bytes, type(None), bool, types.FunctionType, types.BuiltinFunctionType, types.ModuleType,
           type, np.ufunc, type(np.sum), np.dtype, type(Ellipsis), slice, frozenset, types.MethodType,
           types.MethodWrapperType, types.WrapperDescriptorType, types.MethodDescriptorType)  # fmt: skip


def is_library(module: types.ModuleType) -> bool:
    """Whether the attributes of a module are taken as constants of the language."""
    return module.__name__.split(".")[0] in LIBRARIES


@dataclass
class Inputs:
    """The parameters and guards of one compilation; `static` are the paths whose integers are fixed."""

    static: set[Any] = field(default_factory=set)
    found: list[Input] = field(default_factory=list)
    guards: list[Guard] = field(default_factory=list)
    _leaves: dict[Any, Value] = field(default_factory=dict)
    _paths: dict[Value, Path] = field(default_factory=dict)
    # whose axes are called by a name
    _axes: dict[str, Any] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    # the arrays whose elements have to lie one after the other
    ordered: list[Value] = field(default_factory=list)
    # whether loops that make short lists of arrays are taken apart
    itemwise: bool = False
    # inputs that are a part of another one's memory, by path; while `apart`, each is taken for its own
    together: dict[Any, Any] = field(default_factory=dict)
    apart: bool = False
    # the containers of the arguments: by identity, and what they were
    _objects: dict[int, Any] = field(default_factory=dict)
    _containers: dict[int, tuple[Path, Any, Any]] = field(default_factory=dict)
    _met: list[tuple[Path, Any]] = field(default_factory=list)
    _kept: list[Any] = field(default_factory=list)

    def leaf(self, path: Path, t: Type, root: str | None, hint: str, example: Any = None) -> Value:
        """The parameter of the graph for a number or array, made when its path is first asked for."""
        key = path_key(path)
        if key not in self._leaves:
            value = Value(t, hint, True)
            self._leaves[key] = value
            self._paths[value] = path
            self.found.append(Input(value, root, path, example))
        return self._leaves[key]

    def _type(self, path: Path, value: Any, name: str) -> Type:
        """The type of an input; axes of two inputs never share a name, as axes of one length do."""
        key = path_key(path)
        name = base = re.sub(r"[^\w.]", "_", name)
        others = itertools.count(2)
        while self._axes.setdefault(name, key) != key:
            name = f"{base}_{next(others)}"
        return type_of(value, name)

    def own(self, item: Input) -> Value:
        """The parameter for what is an input of another compilation as well."""
        key = path_key(item.path)
        if key not in self._leaves:
            t = self._type(item.path, item.example, _dotted(item.path))
            self.leaf(item.path, t, item.root, item.value.hint, item.example)
        return self._leaves[key]

    def _part(self, p: Any, path: Path, leaf: Value) -> Value:
        """The value of an input, which may be a part of another one."""
        member = self.together.get(path_key(path)) if self.together and not self.apart else None
        if member is None:
            return leaf
        from ..aliases import shown

        found: Value = shown(p.builder, self.own(member.root), member.kind, leaf)
        return found

    def forget_containers(self, p: Any) -> None:
        """Take the arguments apart once more, into containers of their own."""
        self._objects.clear()
        self._containers.clear()
        p.shared.clear()

    def is_in_order(self, value: Value) -> bool:
        """Whether an input is an array in C order; if it is, this is what the code is for."""
        item = next((i for i in self.found if i.value is value), None)
        if item is None or not is_in_order(item.example):
            return False
        relation = Relation(item.path, item.path, IN_ORDER)
        if relation not in self.relations:
            self.relations.append(relation)
            self.ordered.append(value)
        return True

    def is_input(self, value: Value) -> bool:
        """Whether a value comes from outside the function."""
        return value in self._paths

    def is_captured(self, value: Value) -> bool:
        """Whether a value comes from outside the function, and is no argument of it."""
        path = self._paths.get(value)
        return path is not None and bool(path[0][0] != "arg")

    def demand(self, value: Value) -> None:
        """Raise `NeedStatic` if the value is an integer input that can be fixed."""
        path, t = self._paths.get(value), value.type
        if path is not None and isinstance(t, Scalar) and t.origin == "py" and t.dtype[:3] == "int":
            raise NeedStatic(path)

    def fixed(self, path: Path, value: Any) -> bool:
        """Whether a value is an integer that is a constant of this compilation."""
        return type(value) is int and path_key(path) in self.static

    # -- arguments -------------------------------------------------------------------------------------------

    def argument(self, p: Any, name: str, value: Any, path: Path | None = None, hint: str = "") -> Any:
        """The abstract value of an argument, taken apart down to its numbers and arrays."""
        path = path if path is not None else (("arg", name),)
        hint = hint or name
        if value is MISSING:
            return self.leaf(path, UNKNOWN, name, hint)
        if isinstance(value, Type):
            return self.leaf(path, value, name, hint)
        if self.fixed(path, value):
            return Literal(value)
        self._refuse_overriding(p, value, f"the argument `{hint}`")
        t = self._type(path, value, _dotted(path))
        if is_numeric(t) and not isinstance(value, bool):
            return self._part(p, path, self.leaf(path, t, name, hint, value))
        if isinstance(value, _STATIC) or (callable(value) and not is_plain_object(value)):
            return self.wrap_static(p, value)
        if isinstance(value, (tuple, list, dict)) or is_plain_object(value):
            return self._structure(p, name, value, path, hint)
        return self.leaf(path, OPAQUE, name, hint, value)

    def _structure(self, p: Any, name: str, value: Any, path: Path, hint: str) -> Any:
        self._kept.append(value)
        if isinstance(value, (tuple, list)):
            names = getattr(value, "_fields", None)
            items = tuple(
                self.argument(p, name, v, (*path, ("item", k)), f"{hint}_{names[k] if names else k}")
                for k, v in enumerate(value)
            )
            if isinstance(value, tuple):
                return TupleVal(items, type(value))
            ref = p.new(ListCell(items))
        elif isinstance(value, dict):
            items = tuple(
                self.argument(
                    p, name, v, (*path, ("item", k)), f"{hint}_{k}" if str(k).isidentifier() else hint
                )
                for k, v in value.items()
            )
            ref = p.new(DictCell(tuple(value), items, type(value)))
        else:
            attributes = attributes_of(value)
            items = tuple(
                self.argument(p, name, v, (*path, ("attr", k)), f"{hint}_{k}") for k, v in attributes.items()
            )
            ref = p.new(ObjectCell(tuple(attributes), items, type(value)))
        self._containers[ref.id] = path, value, p.state.heap[ref.id]
        first = self._objects.setdefault(id(value), ref)
        if first is not ref:
            # each place has a derivative of its own, as two arguments that are one array have
            p.shared[ref.id] = p.shared[first.id] = first.id
        return ref

    # -- captures --------------------------------------------------------------------------------------------

    def from_global(self, p: Any, frame: Any, name: str, node: ast.AST) -> Any:
        """The abstract value of a global of the function."""
        return self.captured(p, (("global", (frame.globals, name)),), frame.globals[name], name)

    def from_cell(self, p: Any, frame: Any, name: str, node: ast.AST) -> Any:
        """The abstract value of a variable of an enclosing function."""
        cell = frame.cells[name]
        try:
            value = cell.cell_contents
        except ValueError:
            p.raise_at(
                NameError(f"cannot access free variable '{name}' where it is not associated with a value")
            )
        return self.captured(p, (("cell", cell),), value, name)

    def captured(self, p: Any, path: Path, value: Any, hint: str) -> Any:
        """The abstract value of something the function reads from outside its arguments."""
        if self.fixed(path, value):
            self.guard(path, "equals", value)
            return Literal(value)
        self._refuse_overriding(p, value, f"`{hint}`")
        t = self._type(path, value, hint)
        if is_numeric(t) and not isinstance(value, bool):
            self.guard(path, "type", value)
            return self._part(p, path, self.leaf(path, t, None, hint, value))
        if isinstance(value, _STATIC):
            self.guard(path, "is", value)
            return self.wrap_static(p, value, hint)
        self._meet(p, path, value)
        # an opaque callable (a cached function, a derivative) is known by nothing but itself
        structured = not callable(value) or isinstance(value, functools.partial) or is_plain_object(value)
        self.guard(path, "class" if structured else "is", type(value) if structured else value)
        return Captured(path, value)

    def _meet(self, p: Any, path: Path, value: Any) -> None:
        """Note a captured container, which may be one of the arguments: then neither is to change."""
        self._met.append((path, value))
        p.look(("captured", id(value)))
        given = self._objects.get(id(value))
        if given is not None:
            p.shared.setdefault(given.id, given.id)
            if p.state.heap[given.id] is not self._containers[given.id][2]:
                p.refuse_shared("the function has changed")

    def relate(self, p: Any) -> None:
        """Note how what the function has changed is related to what else it looks at."""
        for ref, (path, value, before) in self._containers.items():
            if p.state.heap.get(ref, before) is not before:
                self.relations += [
                    Relation(path, other, DISTINCT) for other, obj in self._met if type(obj) is type(value)
                ]

    def _refuse_overriding(self, p: Any, value: Any, what: str) -> None:
        name = overriding(value)
        if name is not None:
            kind = type(value)
            array = isinstance(value, np.ndarray)
            raise NoDerivative(
                "AD206",
                f"{what} is a `{kind.__module__}.{kind.__qualname__}`, which has its own "
                + ("arithmetic" if array else f"`{name}`"),
                p.builder.loc,
                "np.asarray of it" if array else "a list, a tuple or a dict",
            )

    def guard(self, path: Path, kind: str, expected: Any) -> None:
        """Note a condition under which the compiled code holds; one that is there already is not added."""
        if path[0][0] == "const" and len(path) == 1 and kind in ("is", "class", "type"):
            return
        new = Guard(path, kind, expected)
        exact = kind in ("has", "own")
        same = [g for g in self.guards if g.kind == kind and (not exact or g.expected == expected)]
        if not any(path_key(g.path) == path_key(path) for g in same):
            self.guards.append(new)

    def wrap_static(self, p: Any, value: Any, hint: str = "") -> Any:
        """The abstract value of a Python object that is a constant of the compilation."""
        value = _followed(value)
        if isinstance(value, (int, float, complex, *_STATIC)):
            if isinstance(value, types.FunctionType):
                self.guard_function(value)
            if isinstance(value, types.MethodType):
                return BoundMethod(self.receiver(p, value.__self__), Literal(value.__func__))
            return (
                Literal(value, hint or None)
                if isinstance(value, (types.ModuleType, types.FunctionType))
                else Literal(value)
            )
        if isinstance(value, tuple):
            return TupleVal(tuple(self.wrap_static(p, v) for v in value), type(value))
        path = (("const", value),)
        if is_numeric(type_of(value)):
            return self.leaf(path, self._type(path, value, hint or "c"), None, hint or "c", value)
        self._meet(p, path, value)
        return Captured(path, value)

    def receiver(self, p: Any, obj: Any) -> Any:
        """The object a method is bound to."""
        if isinstance(obj, _STATIC):
            return Literal(obj)
        self._kept.append(obj)
        path = (("const", obj),)
        self._meet(p, path, obj)
        return Captured(path, obj)

    def guard_function(self, function: types.FunctionType) -> None:
        """A function that is inlined is the function it was compiled from: same code, same defaults."""
        for attribute in ("__code__", "__defaults__", "__kwdefaults__"):
            path = (("const", function), ("attr", attribute))
            self.guard(path, "is", getattr(function, attribute))

    def guard_class(self, cls: type, name: str) -> None:
        """An attribute that was found on a class is still the one that is found there."""
        found = getattr(cls, name)
        if found is getattr(cls, name):  # a class method is made anew each time
            self.guard((("const", cls), ("attr", name)), "is", found)

    def static_attribute(self, p: Any, owner: Literal, name: str, node: ast.AST) -> Any:
        """An attribute of a module, class or other constant."""
        obj = owner.value
        if isinstance(obj, types.ModuleType) and not hasattr(obj, name):
            p.raise_at(AttributeError(f"module '{obj.__name__}' has no attribute '{name}'"))
        try:
            value = getattr(obj, name)
        except AttributeError as error:
            p.raise_at(error)
        if isinstance(obj, types.ModuleType) and is_library(obj):
            value = _followed(value)
            short = {"numpy": "np"}.get(obj.__name__, obj.__name__)
            if isinstance(value, (float, int, complex)):
                return Literal(value, f"{short}.{name}")
            return Literal(value, f"{short}.{name}")
        if isinstance(obj, (np.finfo, np.iinfo)) and isinstance(value, (np.number, int)):
            return Literal(value, f"{owner.spelling}.{name}")
        if isinstance(obj, types.FunctionType) and name in vars(obj):
            return self.captured(p, (("const", obj), ("attr", name)), value, name)
        if isinstance(obj, (int, float, complex, str, np.dtype, np.ufunc, types.FunctionType)):
            return Literal(value)
        if isinstance(value, types.MethodType):
            return BoundMethod(self.receiver(p, value.__self__), self.wrap_static(p, value.__func__))
        return self.captured(p, (("const", obj), ("attr", name)), value, name)


def _followed(value: Any) -> Any:
    """A class or function of Python that is followed as another one, as that; anything else as it is."""
    is_code = isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType))
    return FOLLOWED.get(value, value) if is_code else value


def _dotted(path: Path) -> str:
    return "".join(f".{k}" if n else str(k) for n, (_, k) in enumerate(path))


def expand_captured(p: Any, value: Any, node: ast.AST) -> Any:
    """A captured container, taken apart one level; anything else as it is."""
    if not isinstance(value, Captured):
        return value
    obj, path = value.value, value.path
    if isinstance(obj, dict):
        p.inputs.guard(path, "keys", tuple(obj))
        items = tuple(
            p.inputs.captured(p, (*path, ("item", k)), v, str(k) if str(k).isidentifier() else "item")
            for k, v in obj.items()
        )
        return p.new(DictCell(tuple(obj), items, type(obj)))
    if isinstance(obj, (list, tuple)):
        p.inputs.guard(path, "length", len(obj))
        base = path[-1][1] if path[-1][0] == "attr" else "item"
        items = tuple(p.inputs.captured(p, (*path, ("item", k)), v, f"{base}_{k}") for k, v in enumerate(obj))
        return TupleVal(items, type(obj)) if isinstance(obj, tuple) else p.new(ListCell(items))
    return value


def expand_object(p: Any, value: Any) -> Any:
    """A captured plain object as a container of its attributes; anything else as it is."""
    if not isinstance(value, Captured) or not is_plain_object(value.value):
        return value
    attributes = attributes_of(value.value)
    items = tuple(p.inputs.captured(p, (*value.path, ("attr", k)), v, k) for k, v in attributes.items())
    return p.new(ObjectCell(tuple(attributes), items, type(value.value)))


def unwrap(p: Any, value: Any) -> Any:
    """A captured constant as a literal, so that it can be compared by identity."""
    if not isinstance(value, Captured):
        return value
    p.inputs.guard(value.path, "is", value.value)
    return Literal(value.value)
