"""Making instances of classes.

In: a class and abstract arguments. Out: an object of known attributes, where its construction can be
followed; named tuples and data classes are made field by field. Not for attributes and methods.
"""

from __future__ import annotations

import abc
import ast
import inspect
import types
from collections.abc import Sequence
from typing import Any

from ..ir.nodes import Literal
from .attributes import call_special, class_member
from .inputs import LIBRARIES
from .opaque import call_unknown
from .parse import Parser
from .values import ObjectCell, Ref, TupleVal


def instantiate(p: Parser, cls: type, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    """cls(*args, **keywords) for classes whose construction can be followed."""
    import dataclasses

    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        fields = cls._fields
        made: Any = next(c for c in cls.__mro__ if "_fields" in vars(c) and "_make" in vars(c))
        if any(getattr(cls, name) is not getattr(made, name) for name in ("__new__", "__init__")):
            return call_unknown(p, Literal(cls), args, keywords, node)
        defaults = cls._field_defaults  # type: ignore[attr-defined]
        _check_arguments(p, cls, "__new__", fields, args, keywords)
        bound = dict(zip(fields, args, strict=False)) | keywords
        for f, v in defaults.items():
            if f not in bound:
                bound[f] = p.inputs.wrap_static(p, v)
        if len(bound) < len(fields):
            missing = ", ".join(repr(f) for f in fields if f not in bound)
            p.raise_at(TypeError(f"{cls.__name__}.__new__() missing required arguments: {missing}"))
        return TupleVal(tuple(bound[f] for f in fields), cls)
    if issubclass(cls, (dict, list, tuple, set)) or not _constructible(cls) or _is_library_class(cls):
        return call_unknown(p, Literal(cls), args, keywords, node)
    if inspect.isabstract(cls):
        try:
            object.__new__(cls)
        except TypeError as error:
            p.raise_at(error)
    ref = p.new(ObjectCell((), (), cls))
    if dataclasses.is_dataclass(cls) and "__init__" in vars(cls):
        _init_dataclass(p, ref, cls, args, keywords, node)
        return ref
    init = class_member(p, cls, "__init__")
    if isinstance(init, types.FunctionType):
        p.call(p.inputs.wrap_static(p, init), [ref, *args], keywords, node)
    elif args or keywords:
        p.raise_at(TypeError(f"{cls.__name__}() takes no arguments"))
    return ref


def _check_arguments(
    p: Parser, cls: type, method: str, fields: Sequence[str], args: list[Any], keywords: dict[str, Any]
) -> None:
    """Raise what a generated constructor raises for too many arguments, unknown ones, or one given twice."""
    name = f"{cls.__name__}.{method}"
    if len(args) > len(fields):
        given = f"{len(fields) + 1} positional arguments but {len(args) + 1} were given"
        p.raise_at(TypeError(f"{name}() takes {given}"))
    for key in keywords:
        if key in fields[: len(args)]:
            p.raise_at(TypeError(f"{name}() got multiple values for argument '{key}'"))
        if key not in fields and method == "__new__":
            p.raise_at(TypeError(f"{name}() got an unexpected keyword argument '{key}'"))


def _is_library_class(cls: type) -> bool:
    return cls.__module__.split(".")[0] in (*LIBRARIES, "contextlib", "threading")


def _constructible(cls: type) -> bool:
    plain_new: Any = object.__new__
    return (
        cls.__new__ is plain_new
        and bool(cls.__flags__ & (1 << 9))
        and type(cls) in (type, abc.ABCMeta)
        and not issubclass(cls, BaseException)
    )


def _init_dataclass(
    p: Parser, ref: Ref, cls: Any, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> None:
    import dataclasses

    fields = [f for f in dataclasses.fields(cls) if f.init]
    by_position = [f.name for f in fields if not f.kw_only]
    _check_arguments(p, cls, "__init__", by_position, args, keywords)
    bound = dict(zip(by_position, args, strict=False))
    names = {f.name for f in fields}
    for key, value in keywords.items():
        if key not in names or key in bound:
            p.raise_at(TypeError(f"{cls.__name__}.__init__() got an unexpected keyword argument '{key}'"))
        bound[key] = value
    entries: dict[str, Any] = {}
    for f in dataclasses.fields(cls):
        if f.name in bound:
            entries[f.name] = bound[f.name]
        elif f.default is not dataclasses.MISSING:
            entries[f.name] = p.inputs.wrap_static(p, f.default)
        elif f.default_factory is not dataclasses.MISSING:
            entries[f.name] = p.call(Literal(f.default_factory), [], {}, node)
        elif f.init:
            p.raise_at(TypeError(f"{cls.__name__}.__init__() missing required argument: '{f.name}'"))
    p.state.heap[ref.id] = ObjectCell(tuple(entries), tuple(entries.values()), cls)
    call_special(p, ref, "__post_init__", [], node)
