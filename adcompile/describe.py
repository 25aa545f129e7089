"""Python objects as text: what another process must find again for compiled code to be right there.

In: functions, classes, modules and constants. Out: texts that are equal in two processes only if a derivative
compiled with the one is right with the other; `Unstorable` where no such text exists. Functions are described
by their code, which is what runs, and not by files, which may have been edited. Not for finding objects
again: that is `places`.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import os
import types
from collections.abc import Mapping
from typing import Any

import numpy as np

from .backend.cache import digest
from .live import attributes_of, is_plain_object
from .transforms import view


class Unstorable(Exception):
    """Something that compiled code relies on and that means nothing in another process."""


_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis), slice, np.dtype)
_NAMED = (types.BuiltinFunctionType, np.ufunc, types.MethodDescriptorType, types.WrapperDescriptorType)
# parts of a class that say nothing about what its methods do
_SILENT = frozenset(
    (
        "__dict__",
        "__weakref__",
        "__module__",
        "__doc__",
        "__firstlineno__",
        "__static_attributes__",
        "__annotations__",
        "__annotate__",
        "__annotate_func__",
        "__annotations_cache__",
        "__dataclass_params__",
        "_abc_impl",
        "__parameters__",
        "__orig_bases__",
    )
)
_VERSIONED = frozenset((
    "builtins", "numpy", "scipy", "math", "cmath", "operator", "functools", "collections", "abc", "typing",
    "enum", "dataclasses", "adcompile", "types", "itertools",
))  # fmt: skip


def code_text(code: types.CodeType) -> str:
    """The digest of everything in a code object, its place in its file included, since comments name it."""
    lines = getattr(code, "co_linetable", b"")
    parts = [
        code.co_name,
        os.path.basename(code.co_filename),
        code.co_code.hex(),
        lines.hex(),
        str(code.co_firstlineno),
    ]
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    parts += [str(counts), repr((code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars))]
    parts += [getattr(code, "co_exceptiontable", b"").hex(), *map(_constant, code.co_consts)]
    return digest(parts)


def _constant(value: Any) -> str:
    """A constant of a code object: of the types that the compiler puts there, each told from the others."""
    if isinstance(value, types.CodeType):
        return code_text(value)
    if isinstance(value, tuple):
        return f"({','.join(map(_constant, value))})"
    if isinstance(value, frozenset):
        return f"{{{','.join(sorted(map(_constant, value)))}}}"
    return f"{type(value).__name__}:{value!r}"


def function_text(function: types.FunctionType) -> str:
    """A function by its name and code; what it captures is guarded by itself."""
    return f"function {function.__module__}.{function.__qualname__} {code_text(function.__code__)}"


def describe(value: Any) -> str:
    """The text of a constant, function, class or module."""
    if type(value) in _PLAIN or isinstance(value, np.dtype):
        return f"{type(value).__name__}:{value!r}"
    if isinstance(value, types.CodeType):
        return code_text(value)
    if isinstance(value, types.FunctionType):
        return function_text(value)
    if isinstance(value, types.ModuleType):
        return f"module {value.__name__}"
    if isinstance(value, type):
        return class_text(value)
    if isinstance(value, _NAMED):
        return _named(value)
    if isinstance(value, frozenset):
        return f"frozenset {sorted(map(describe, value))}"
    if isinstance(value, (tuple, dict)):
        return _container(value)
    if isinstance(value, (property, staticmethod, classmethod, functools.cached_property)):
        return loosely(value)
    if isinstance(value, np.generic) and not value.dtype.hasobject:
        return f"{value.dtype.str}:{value.tobytes().hex()}"
    if isinstance(value, enum.Enum):
        return object_text(value)
    if isinstance(value, types.MethodType):
        return f"method {describe(value.__func__)} of {class_text(type(value.__self__))}"
    return _wrapper(value)


def _wrapper(value: Any) -> str:
    """The text of a callable around others."""
    seen = view(value)
    if seen is not None:
        return f"{seen[0]} {seen[2]!r} of {describe(seen[1])}"
    if isinstance(value, functools.partial):
        return f"partial {describe(value.func)} {_container(value.args)} {_container(value.keywords)}"
    wrapped = getattr(value, "__wrapped__", None)
    if isinstance(wrapped, types.FunctionType):
        return f"{type(value).__qualname__} of {function_text(wrapped)}"
    raise Unstorable(f"a {type(value).__qualname__} that is known by its identity")


def _named(value: Any) -> str:
    owner = getattr(value, "__self__", None)
    if owner is not None and not isinstance(owner, types.ModuleType):
        raise Unstorable(f"a method of one {type(owner).__qualname__}")
    name = getattr(value, "__qualname__", value.__name__)
    return f"{type(value).__name__} {getattr(value, '__module__', None)}.{name}"


def _container(value: Any) -> str:
    """Defaults and the like: what is in them and no constant is guarded by itself where it is read."""
    if isinstance(value, Mapping):
        return f"dict {[(repr(k), loosely(v)) for k, v in value.items()]}"
    return f"{type(value).__qualname__} {[loosely(v) for v in value]}"


def loosely(value: Any) -> str:
    """The text of a part: a constant as it is, a function by its code, of anything else the type."""
    if isinstance(value, type):
        return f"class {value.__module__}.{value.__qualname__}"
    if isinstance(value, (types.FunctionType, *_PLAIN, np.dtype, np.generic)):
        return describe(value)
    if isinstance(value, (tuple, dict)):
        return _container(value)
    if isinstance(value, (staticmethod, classmethod)):
        return f"{type(value).__name__} {loosely(value.__func__)}"
    if isinstance(value, property):
        return f"property {[loosely(f) for f in (value.fget, value.fset)]}"
    inner = getattr(value, "func", None) or getattr(value, "__wrapped__", None)
    of_function = loosely(inner) if isinstance(inner, types.FunctionType) else ""
    return f"object of {type(value).__qualname__} {of_function}"


def class_text(cls: type) -> str:
    """A class, and the code of all its methods and those that it inherits."""
    return f"class {'; '.join(map(_own_text, cls.__mro__))}"


def _own_text(cls: type) -> str:
    name = f"{cls.__module__}.{cls.__qualname__}"
    if cls.__module__.split(".")[0] in _VERSIONED:
        return name
    parts = []
    for key, member in vars(cls).items():
        if key == "__dataclass_fields__":
            parts += [f"{f.name} {loosely(f.default)} {loosely(f.default_factory)} {f.init} {f.kw_only}"
                      for f in dataclasses.fields(cls)]  # fmt: skip
        elif key not in _SILENT:
            parts.append(f"{key} {loosely(member)}")
    return f"{name} {digest(parts)}"


def object_text(value: Any) -> str:
    """What is fixed of an object that is otherwise read live: its class, and which attributes it has."""
    text = class_text(type(value))
    if isinstance(value, enum.Enum):
        return f"{text} {value.name}"
    if is_plain_object(value):
        return f"{text} {list(attributes_of(value))}"
    return text


def signature_text(value: Any) -> str:
    """The signature of an argument: `signature.key_of`, for another process."""
    kind = type(value)
    if kind in (float, int, complex):
        return kind.__name__
    if isinstance(value, np.ndarray):
        if value.dtype.names is not None or value.dtype.hasobject:
            raise Unstorable("an array of records or objects")
        return f"{kind.__qualname__} {value.dtype.str} {[n == 1 for n in value.shape]}"
    if isinstance(value, np.generic):
        return f"{kind.__qualname__} {value.dtype.str}"
    if kind in _PLAIN:
        return describe(value)
    if isinstance(value, (list, tuple)):
        return f"{class_text(kind)} {[signature_text(v) for v in value]}"
    if isinstance(value, dict):
        return f"{class_text(kind)} {[(describe(k), signature_text(v)) for k, v in value.items()]}"
    if is_plain_object(value):
        return f"{object_text(value)} {[signature_text(v) for v in attributes_of(value).values()]}"
    return describe(value) if callable(value) or isinstance(value, types.ModuleType) else class_text(kind)
