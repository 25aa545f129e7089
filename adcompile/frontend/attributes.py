"""Attributes of objects, classes, arrays and modules.

In: an abstract value and a name. Out: the attribute, or the object with another one. Properties and special
methods are called; what is found on a class is guarded. Not for items: that is `containers`.
"""

from __future__ import annotations

import ast
import types
from typing import Any

import numpy as np

from ..ir.nodes import Literal, Value
from ..ir.types import Array, ListOf, Record, Scalar, ShapeOf, Unknown, is_numeric, shape_of
from ..live import attributes_of, is_plain_object
from ..rules.rule import ATTRIBUTES, METHODS
from ..transforms import view
from .cells import cell_of, refuse_captured
from .inputs import expand_captured
from .parse import Parser
from .values import (
    ArrayMethod,
    BoundMethod,
    Captured,
    Closure,
    ContainerMethod,
    Flat,
    ObjectCell,
    Ref,
    Transformed,
    TupleVal,
)


def get_attribute(p: Parser, value: Any, name: str, node: ast.AST) -> Any:
    """value.name"""
    if isinstance(value, Captured):
        return captured_attribute(p, value, name, node)
    if isinstance(value, Transformed) and value.kind == "super":
        return _super_attribute(p, value, name, node)
    cell = cell_of(p, value, node, name)
    if isinstance(cell, ObjectCell):
        return _object_attribute(p, value, cell, name, node)
    if isinstance(value, TupleVal) and value.cls is not tuple:
        fields = value.cls._fields  # type: ignore[attr-defined]
        if name in fields:
            return value.items[fields.index(name)]
        if name in ("_replace", "_asdict", "index", "count"):
            return ContainerMethod(value, name)
        found = _class_attribute(p, value, value.cls, name, node)
        return found if found is not None else ContainerMethod(value, name)
    if isinstance(value, TupleVal) or cell is not None:
        return ContainerMethod(value, name)
    if isinstance(value, Literal) and isinstance(value.value, frozenset) and not hasattr(frozenset, name):
        p.no_derivative("AD206", f"`{name}` changes a set", node, "a list or a dict, or a new set")
    if isinstance(value, Literal):
        return p.inputs.static_attribute(p, value, name, node)
    if isinstance(value, Value):
        return _array_attribute(p, value, name, node)
    if isinstance(value, BoundMethod) and name == "__self__":
        return value.receiver
    if isinstance(value, Closure) and name == "__name__":
        return Literal(value.name)
    p.no_derivative(
        "AD206", f"attribute `{name}` of this object is not understood", node, "a plain attribute"
    )


def _super_attribute(p: Parser, value: Transformed, name: str, node: ast.AST) -> Any:
    """super().name: looked up in the classes behind the one that the method is defined in."""
    receiver, behind = value.function, dict(value.options)["cls"]
    cell = cell_of(p, receiver, node)
    cls = (
        cell.cls
        if isinstance(cell, ObjectCell)
        else receiver.value
        if isinstance(receiver, Literal)
        else type(receiver.value)
    )
    order = cls.__mro__
    for c in order[order.index(behind) + 1 :]:
        if name in vars(c):
            found = vars(c)[name]
            if isinstance(found, types.FunctionType):
                return BoundMethod(receiver, Literal(found))
            if isinstance(found, classmethod):
                return BoundMethod(Literal(cls), Literal(found.__func__))
            if isinstance(found, staticmethod):
                return Literal(found.__func__)
            if isinstance(found, property):
                return p.call(Literal(found.fget), [receiver], {}, node)
            if c is object and name == "__init__":
                return Literal(_nothing)
            break
    p.no_derivative("AD206", f"`super().{name}` is not understood", node, "a method of a parent class")


def _nothing(*args: Any) -> None:
    return None


def _array_attribute(p: Parser, value: Value, name: str, node: ast.AST) -> Any:
    t = value.type
    if name == "shape" and is_numeric(t):
        shape = p.builder.expand("np.shape(x)", x=value)
        return TupleVal(shape) if isinstance(shape, tuple) else shape
    if name == "ndim" and shape_of(t) is not None:
        return Literal(len(shape_of(t) or ()))
    if name in ("ndim", "size") and is_numeric(t):
        return p.builder.expand(f"np.{name}(x)", x=value)
    if name == "dtype" and isinstance(t, (Array, Scalar)) and t.dtype is not None:
        return Literal(np.dtype(t.dtype))
    if name in ATTRIBUTES and is_numeric(t):
        return p.builder.apply(ATTRIBUTES[name], value)
    if name == "flat" and isinstance(t, Array):
        return Flat(value)
    if isinstance(t, (Array, Scalar)) or (isinstance(t, Unknown) and name in METHODS):
        return ArrayMethod(value, name)
    if isinstance(t, (ListOf, ShapeOf, Record)):
        return ContainerMethod(value, name)
    return ArrayMethod(value, name)


def _object_attribute(p: Parser, ref: Ref, cell: ObjectCell, name: str, node: ast.AST) -> Any:
    found = class_member(p, cell.cls, name)
    if isinstance(found, property):
        return p.call(Literal(found.fget), [ref], {}, node)
    if name in cell.keys:
        return cell.items[cell.keys.index(name)]
    if name == "__class__":
        return Literal(cell.cls)
    result = _class_attribute(p, ref, cell.cls, name, node)
    if result is not None:
        return result
    getter = _lookup_class(cell.cls, "__getattr__")
    if getter is not None:
        return p.call(Literal(getter), [ref, Literal(name)], {}, node)
    p.raise_at(AttributeError(f"'{cell.cls.__name__}' object has no attribute '{name}'"))


def _lookup_class(cls: type, name: str) -> Any:
    for c in cls.__mro__:
        if name in vars(c):
            return vars(c)[name]
    return None


def class_member(p: Parser, cls: type, name: str) -> Any:
    """What a class or its parents define under a name, guarded: it may be replaced later."""
    for c in cls.__mro__:
        if name in vars(c):
            found = vars(c)[name]
            try:
                seen = getattr(cls, name)
            except Exception:
                return found  # a descriptor of the user's, which has no value on the class
            if c is not object and isinstance(seen, types.MethodType):
                p.inputs.guard((("const", cls), ("attr", name), ("attr", "__func__")), "is", seen.__func__)
            elif c is not object:
                p.inputs.guard((("const", cls), ("attr", name)), "is", seen)
            return found
    return None


def _class_attribute(p: Parser, receiver: Any, cls: type, name: str, node: ast.AST) -> Any:
    """An attribute found on the class: a method bound to the receiver, or a plain value."""
    found = class_member(p, cls, name)
    if found is None:
        return None
    if isinstance(found, property):
        return p.call(Literal(found.fget), [receiver], {}, node)
    if isinstance(found, types.FunctionType):
        return BoundMethod(receiver, Literal(found))
    if isinstance(found, staticmethod):
        return Literal(found.__func__)
    if isinstance(found, classmethod):
        return BoundMethod(Literal(cls), Literal(found.__func__))
    made = view(found)
    if made is not None:
        kind, primal, options = made
        return Transformed(kind, BoundMethod(receiver, p.inputs.wrap_static(p, primal)), options)
    if hasattr(type(found), "__get__") and not isinstance(found, type):
        cached = getattr(found, "func", None)
        if type(found).__name__ == "cached_property" and cached is not None:
            value = p.call(Literal(cached), [receiver], {}, node)
            owner = cell_of(p, receiver, node)
            if isinstance(owner, ObjectCell):
                put_attribute(p, receiver, owner, name, value)
            return value
        if isinstance(receiver, TupleVal):
            return None
        p.no_derivative(
            "AD206", f"`{name}` is a descriptor that is not understood", node, "a property or a method"
        )
    p.inputs.guard_class(cls, name)
    return p.inputs.wrap_static(p, found)


def set_attribute(p: Parser, container: Any, target: ast.Attribute, value: Any) -> None:
    """container.name = value"""
    cell = cell_of(p, container, target)
    if not isinstance(cell, ObjectCell):
        refuse_captured(p, target)
        return
    store_attribute(p, container, cell, target.attr, value, target)


def store_attribute(p: Parser, ref: Ref, cell: ObjectCell, name: str, value: Any, node: ast.AST) -> None:
    """ref.name = value, for an object whose attributes are known."""
    found = getattr(cell.cls, name, None)
    if isinstance(found, property):
        if found.fset is None:
            p.raise_at(AttributeError(f"property '{name}' of '{cell.cls.__name__}' object has no setter"))

        p.call(Literal(found.fset), [ref, value], {}, node)
        return
    if "__setattr__" in _python_methods(cell.cls):
        p.no_derivative("AD206", f"`{cell.cls.__name__}` defines __setattr__", node, "a plain attribute")
    put_attribute(p, ref, cell, name, value)


def put_attribute(p: Parser, ref: Ref, cell: ObjectCell, name: str, value: Any) -> None:
    """Give an object an attribute of its own."""
    entries = {**dict(zip(cell.keys, cell.items, strict=True)), name: value}
    p.change(ref, ObjectCell(tuple(entries), tuple(entries.values()), cell.cls))


def _python_methods(cls: type) -> set[str]:
    return {n for c in cls.__mro__[:-1] for n in vars(c)}


def captured_attribute(p: Any, owner: Captured, name: str, node: ast.AST) -> Any:
    """owner.name for an object from outside the function."""
    obj = owner.value
    if is_plain_object(obj):
        found = _lookup_class(type(obj), name)
        attributes = attributes_of(obj)
        if isinstance(found, property) or name not in attributes:
            result = _class_attribute(p, owner, type(obj), name, node)
            if result is not None:
                if not isinstance(found, property):
                    p.inputs.guard(owner.path, "own", (name, False))
                return result
        if name not in attributes:
            p.raise_at(AttributeError(f"'{type(obj).__name__}' object has no attribute '{name}'"))
        return p.inputs.captured(p, (*owner.path, ("attr", name)), attributes[name], name)
    if isinstance(obj, (list, tuple, dict)):
        names = getattr(obj, "_fields", ())
        if name in names:
            return p.inputs.captured(p, (*owner.path, ("attr", name)), getattr(obj, name), name)
        if name in ("keys", "values", "items", "get", "index", "count", "copy"):
            return ContainerMethod(expand_captured(p, owner, node), name)
        p.refuse("AD109", f"`{name}` changes an object from outside the function", node,
                 "a function that returns the new value; the caller stores it")  # fmt: skip
    if not hasattr(obj, name):
        p.raise_at(AttributeError(f"'{type(obj).__name__}' object has no attribute '{name}'"))
    value = getattr(obj, name)
    if callable(value):
        return ArrayMethod(owner, name)
    return p.inputs.captured(p, (*owner.path, ("attr", name)), value, name)


def call_special(
    p: Parser,
    receiver: Any,
    name: str,
    args: list[Any],
    node: ast.AST,
    keywords: dict[str, Any] | None = None,
) -> Any:
    """A special method of an object, None if its class does not define it."""
    cell = cell_of(p, receiver, node, name)
    cls: Any = None
    if isinstance(cell, ObjectCell):
        cls = cell.cls
    elif isinstance(receiver, Captured):
        cls = type(receiver.value)
    elif isinstance(receiver, TupleVal) and receiver.cls is not tuple:
        cls = receiver.cls
    method = class_member(p, cls, name) if cls is not None else None
    if not isinstance(method, types.FunctionType) and view(method) is None:
        return None
    result = p.call(p.inputs.wrap_static(p, method), [receiver, *args], keywords or {}, node)
    return None if isinstance(result, Literal) and result.value is NotImplemented else result
