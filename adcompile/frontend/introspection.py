"""Python's builtins that ask for the class or the attributes of an object.

In: abstract arguments. Out: constants, where the class is known; else statements that ask at run time.
"""

from __future__ import annotations

import ast
import dataclasses
from typing import Any

import numpy as np

from ..ir.nodes import Literal, Value
from ..ir.types import BOOL, OPAQUE, Array, ListOf, Scalar, ShapeOf
from ..rules.rule import NAMESPACE, Param, Primitive, parse_expression
from .attributes import get_attribute, put_attribute, store_attribute
from .cells import cell_of
from .classes import instantiate
from .optional import either
from .parse import Parser
from .values import (
    FALSE,
    NONE,
    TRUE,
    BoundMethod,
    Captured,
    Closure,
    DictCell,
    GrownCell,
    GrownTuple,
    ListCell,
    ObjectCell,
    PartialVal,
    RangeVal,
    TupleVal,
)


def _isinstance(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    kinds = args[1].items if isinstance(args[1], TupleVal) else (args[1],)
    classes = tuple(k.value for k in kinds if isinstance(k, Literal))
    if len(classes) != len(kinds):
        p.no_derivative("AD209", "`isinstance` of a class known at run time only", node, "a class")
    flat: list[type] = []
    for c in classes:
        flat.extend(c if isinstance(c, tuple) else getattr(c, "__args__", (c,)))

    def of(value: Any) -> Any:
        cls = class_of(p, value, node)
        if cls is None:
            return p.builder.apply(_ISINSTANCE, value, Literal(tuple(flat)))
        return TRUE if issubclass(cls, tuple(flat)) else FALSE

    return either(p, args[0], node, of)


def class_of(p: Parser, value: Any, node: ast.AST) -> type | None:
    """The class of what an abstract value stands for, None if it is known at run time only."""
    if isinstance(value, Literal) and isinstance(value.value, frozenset):
        p.no_derivative("AD206", "whether this is a set or a frozenset is not known", node, "a tuple or dict")
    if isinstance(value, Literal):
        return type(value.value)
    if isinstance(value, TupleVal):
        return value.cls
    if isinstance(value, GrownTuple):
        return tuple
    if isinstance(value, Captured):
        return type(value.value)
    cell = cell_of(p, value, node)
    if isinstance(cell, (ListCell, GrownCell)):
        return list
    if isinstance(cell, (DictCell, ObjectCell)):
        return cell.cls
    if isinstance(value, (Closure, BoundMethod, PartialVal)):
        return type(class_of)
    if isinstance(value, (RangeVal,)):
        return range
    t = value.type if isinstance(value, Value) else None
    if isinstance(t, Scalar) and t.origin == "py":
        return {"float64": float, "int64": int, "bool": bool, "complex128": complex}[t.dtype]
    if isinstance(t, Scalar) and t.origin == "np":
        return np.dtype(t.dtype).type
    if isinstance(t, Array) and t.shape:
        return np.ndarray
    if isinstance(t, ListOf):
        return list
    return tuple if isinstance(t, ShapeOf) else None


def _type(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    cls = class_of(p, args[0], node)
    if cls is None:
        return p.builder.apply(_TYPE, args[0])
    return Literal(cls)


def _getattr(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    name = args[1].value if isinstance(args[1], Literal) else None
    if name is None:
        p.no_derivative("AD209", "`getattr` of a name known at run time only", node, "a constant name")
    if len(args) > 2 and _hasattr(p, args[:2], {}, node) is FALSE:
        return args[2]
    return get_attribute(p, args[0], name, node)


def _hasattr(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    name = args[1].value
    value = args[0]
    cell = cell_of(p, value, node)
    if isinstance(cell, ObjectCell):
        return TRUE if name in cell.keys or hasattr(cell.cls, name) else FALSE
    if isinstance(value, Captured):
        found = hasattr(value.value, name)
        p.inputs.guard(value.path, "has", (name, found))
        return TRUE if found else FALSE
    if isinstance(value, Literal):
        return TRUE if hasattr(value.value, name) else FALSE
    cls = class_of(p, value, node)
    if cls is None:
        p.no_derivative("AD209", "`hasattr` of an object known at run time only", node, "a class test")
    return TRUE if hasattr(cls, name) else FALSE


def _setattr(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    cell = cell_of(p, args[0], node)
    if not isinstance(cell, ObjectCell) or not isinstance(args[1], Literal):
        p.no_derivative("AD209", "`setattr` on this object", node, "a plain assignment")
    store_attribute(p, args[0], cell, args[1].value, args[2], node)
    return NONE


def _object_setattr(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    """object.__setattr__, with which a frozen dataclass is filled."""
    cell = cell_of(p, args[0], node)
    known = isinstance(cell, ObjectCell) and isinstance(args[1], Literal)
    if not known or hasattr(type(getattr(cell.cls, args[1].value, None)), "__set__"):
        p.no_derivative("AD209", "`object.__setattr__` on this object", node, "a plain assignment")
    put_attribute(p, args[0], cell, args[1].value, args[2])
    return NONE


def _callable(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    value = args[0]
    if isinstance(value, Literal):
        return TRUE if callable(value.value) else FALSE
    if isinstance(value, Captured):
        return TRUE if callable(value.value) else FALSE
    cell = cell_of(p, value, node)
    if isinstance(cell, ObjectCell):
        return TRUE if hasattr(cell.cls, "__call__") else FALSE  # noqa: B004
    return FALSE if isinstance(value, (Value, TupleVal)) or cell is not None else TRUE


def _replace(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    """dataclasses.replace"""
    found = class_of(p, args[0], node)
    if not dataclasses.is_dataclass(found):
        p.raise_at(TypeError("replace() should be called on dataclass instances"))
    fields = {f.name: f for f in dataclasses.fields(found) if f.init}
    values = {n: keywords[n] if n in keywords else get_attribute(p, args[0], n, node) for n in fields}
    return instantiate(
        p, found, [], {**values, **{k: v for k, v in keywords.items() if k not in fields}}, node
    )


def _python_row(text: str, types: Any) -> Any:
    names = [a.id for a in parse_expression(text).args]  # type: ignore[attr-defined]
    return Primitive(text, tuple(map(Param, names)), parse_expression(text), types, NAMESPACE, constant=True)


def _boolean_type(*args: Any) -> Any:
    return BOOL


def _opaque_type(*args: Any) -> Any:
    return OPAQUE


_ISINSTANCE = _python_row("isinstance(x, classes)", _boolean_type)


_TYPE = _python_row("type(x)", _opaque_type)


OBJECTS: dict[Any, Any] = {
    isinstance: _isinstance,
    type: _type,
    getattr: _getattr,
    hasattr: _hasattr,
    setattr: _setattr,
    object.__setattr__: _object_setattr,
    callable: _callable,
    dataclasses.replace: _replace,
}
