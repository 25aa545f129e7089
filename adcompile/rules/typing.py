"""Type rules: from the arguments of a primitive to the type of its result.

In: arguments (atoms, tuples, slices). Out: a `Type`, never more precise than what NumPy guarantees. Not for
derivatives.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir.nodes import Arg, Items, Literal, Slice, Value, leaves
from ..ir.types import (
    BOOL,
    FLOAT,
    INT,
    OPAQUE,
    UNKNOWN,
    Array,
    Dim,
    ListOf,
    Scalar,
    Shape,
    ShapeOf,
    Size,
    Type,
    Unknown,
    dtype_of,
    is_many,
    is_numeric,
    longer,
    met,
    same_size,
    type_of,
)

if TYPE_CHECKING:
    from .rule import Form


def typ(arg: Arg) -> Type:
    """The type of an argument; nested sequences are typed as the array that NumPy would make of them."""
    if isinstance(arg, Value):
        return arg.type
    if isinstance(arg, Literal):
        if isinstance(arg.value, (np.ndarray, np.generic)):
            return type_of(arg.value)
        return arg.type
    if isinstance(arg, (tuple, Items)):
        return sequence(arg)
    return OPAQUE


def sequence(arg: tuple[Arg, ...] | Items) -> Type:
    """The type of the array that NumPy makes of a (nested) sequence."""
    items = arg if isinstance(arg, tuple) else arg.items
    if not items:
        return Array("float64", (0,))
    types = [typ(a) for a in items]
    if any(isinstance(t, (Unknown, ListOf, ShapeOf)) or t == OPAQUE for t in types):
        return UNKNOWN
    shapes = [_shape(t) for t in types]
    dtype = result_dtype(map(as_array, types))
    if any(s is None or len(s) != len(shapes[0] or ()) for s in shapes):
        return Array(dtype, None)
    inner = functools.reduce(_meet, shapes)
    return Array(dtype, (len(items), *(inner or ())))


def as_array(t: Type) -> Type:
    """A number as the array that NumPy makes of it: its dtype is not weak any more."""
    return Array(dtype_of(t), ()) if isinstance(t, Scalar) else t


def _meet(a: Shape, b: Shape) -> Shape:
    """The shape of operands that NumPy requires to be equal."""
    if a is None or b is None:
        return a or b
    return tuple(x if isinstance(x, int) or y is None else y for x, y in zip(a, b, strict=True))


def _shape(t: Type) -> Shape:
    if isinstance(t, Scalar):
        return ()
    return t.shape if isinstance(t, Array) else None


def broadcast_size(a: Size, b: Size) -> Size:
    """The length of an axis that results from broadcasting two."""
    if same_size(a, b) or b == 1:
        return a
    if a == 1:
        return b
    if isinstance(a, Dim) and isinstance(b, Dim) and a.many and b.many:
        return met(a, b)
    if is_many(a):
        return a
    if is_many(b):
        return b
    return longer(a, b) if isinstance(a, Dim) and isinstance(b, Dim) else None


def broadcast(shapes: Iterable[Shape]) -> Shape:
    """The shape that shapes broadcast to, as far as it is known."""
    result: tuple[Size, ...] = ()
    for shape in shapes:
        if shape is None:
            return None
        n = max(len(result), len(shape))
        left = (1,) * (n - len(result)) + result
        right = (1,) * (n - len(shape)) + shape
        result = tuple(broadcast_size(x, y) for x, y in zip(left, right, strict=True))
    return result


_WEAK = {"bool": bool, "int64": int, "float64": float, "complex128": complex}


@functools.lru_cache(maxsize=4096)
def _promote(keys: tuple[tuple[str, bool], ...]) -> str:
    if all(weak for _, weak in keys):
        return np.result_type(*(np.dtype(name) for name, _ in keys)).name
    parts = [_WEAK[name](0) if weak else np.dtype(name) for name, weak in keys]
    return np.result_type(*parts).name


def result_dtype(types: Iterable[Type]) -> str | None:
    """The dtype NumPy promotes to; Python numbers are weak. None if it is not known."""
    strong: list[tuple[str, bool]] = []
    either: list[tuple[str, bool]] = []
    for t in types:
        dtype = t.dtype if isinstance(t, (Scalar, Array)) else None
        if dtype is None:
            return None
        weak = isinstance(t, Scalar) and t.origin == "py"
        strong.append((dtype, weak))
        either.append((dtype, weak or (isinstance(t, Scalar) and t.origin == "any" and dtype in _WEAK)))
    first = _promote(tuple(strong))
    return first if strong == either or first == _promote(tuple(either)) else None


def _numeric(types: list[Type]) -> bool:
    return all(isinstance(t, (Scalar, Array, Unknown)) for t in types)


def with_shape(dtype: str | None, shape: Shape, origin: str = "np") -> Type:
    """A NumPy result: a scalar for rank 0, else an array."""
    if shape == () and dtype is not None:
        return Scalar(dtype, origin)
    return Array(dtype, shape)


def _origin(types: list[Type]) -> str:
    if any(isinstance(t, Scalar) and t.origin == "any" for t in types):
        return "any"
    return "np"


def arithmetic(op: str) -> Callable[..., Type]:
    """The type rule of a Python operator on numbers and arrays."""

    def rule(x: Arg, y: Arg) -> Type:
        tx, ty = typ(x), typ(y)
        if isinstance(tx, Scalar) and isinstance(ty, Scalar) and tx.origin == ty.origin == "py":
            return _python_arithmetic(op, x, y, tx, ty)
        types = [tx, ty]
        if isinstance(tx, ShapeOf) and isinstance(ty, ShapeOf):
            return ShapeOf(None if tx.shape is None or ty.shape is None else tx.shape + ty.shape)
        if not _numeric(types):
            text = any(isinstance(a, Literal) and isinstance(a.value, (str, bytes)) for a in (x, y))
            return OPAQUE if text or not any(map(is_numeric, types)) else UNKNOWN
        if any(isinstance(t, Unknown) for t in types):
            return UNKNOWN
        dtype = result_dtype(types)
        if dtype is not None and op == "/" and dtype[0] not in "fc":
            dtype = "float64"
        elif dtype == "bool" and op in "-*+//%**":
            dtype = "bool" if op in "*+" else None
        shape = broadcast(map(_shape, types))
        strong = [t for t in types if not (isinstance(t, Scalar) and t.origin == "py")]
        return with_shape(dtype, shape, _origin(strong))

    return rule


def _python_arithmetic(op: str, x: Arg, y: Arg, tx: Scalar, ty: Scalar) -> Type:
    kinds = {tx.dtype, ty.dtype}
    if "complex128" in kinds:
        return Scalar("complex128")
    if op == "/" or "float64" in kinds:
        return FLOAT
    if op == "**":
        known = isinstance(y, Literal) and y.value >= 0
        return INT if known else FLOAT
    size = _size_arithmetic(op, _size_of(x), _size_of(y))
    return Scalar("int64", size=size) if size is not None else INT


def _size_of(arg: Arg) -> Dim | None:
    if isinstance(arg, Literal):
        return Dim(str(arg.value)) if isinstance(arg.value, int) and arg.value >= 0 else None
    return arg.type.size if isinstance(arg, Value) and isinstance(arg.type, Scalar) else None


def _size_arithmetic(op: str, a: Dim | None, b: Dim | None) -> Dim | None:
    if a is None or b is None or op not in "+-*//":
        return None
    return Dim(f"({a.key}{op}{b.key})")


def comparison(x: Arg, y: Arg) -> Type:
    """The type of a comparison of two operands."""
    tx, ty = typ(x), typ(y)
    if isinstance(tx, Scalar) and isinstance(ty, Scalar) and tx.origin == ty.origin == "py":
        return BOOL
    if not _numeric([tx, ty]) or isinstance(tx, Unknown) or isinstance(ty, Unknown):
        return UNKNOWN
    return with_shape("bool", broadcast([_shape(tx), _shape(ty)]))


def truth(*args: Arg) -> Type:
    """A Python bool."""
    return BOOL


def integer(*args: Arg) -> Type:
    """A Python int."""
    return INT


def real(*args: Arg) -> Type:
    """A Python float."""
    return FLOAT


def opaque(*args: Arg) -> Type:
    """An object without numbers."""
    return OPAQUE


def unknown(*args: Arg) -> Type:
    """Nothing is known of the result."""
    return UNKNOWN


def same(x: Arg, *rest: Arg) -> Type:
    """The result has the type of the first operand (without being known to be an axis length)."""
    t = typ(x)
    return Scalar(t.dtype, t.origin) if isinstance(t, Scalar) else t


def unary_sign(x: Arg) -> Type:
    """The type of -x and +x: Python's bools count as ints there."""
    t = typ(x)
    if isinstance(t, Scalar):
        return Scalar("int64" if t.dtype == "bool" and t.origin == "py" else t.dtype, t.origin)
    return t


@functools.lru_cache(maxsize=4096)
def _ufunc_dtype(ufunc: np.ufunc, keys: tuple[tuple[str, bool], ...]) -> str | None:
    parts = [_WEAK[name] if weak and name in _WEAK else np.dtype(name) for name, weak in keys]
    if all(isinstance(p, type) for p in parts) or bool in parts:
        parts = [np.dtype(name) for name, _ in keys]
    try:
        return ufunc.resolve_dtypes((*parts, *(None,) * ufunc.nout))[ufunc.nin].name
    except TypeError:
        return None  # the primal itself raises: its own error is the one to see


def ufunc_type(ufunc: np.ufunc) -> Callable[..., Type]:
    """The type rule of a NumPy ufunc with one output."""

    def rule(*args: Arg) -> Type:
        types = [typ(a) for a in args[: ufunc.nin]]
        if not _numeric(types):
            return UNKNOWN
        shape = broadcast(map(_shape, types))
        dtypes = [t.dtype if isinstance(t, (Scalar, Array)) else None for t in types]
        if None in dtypes or any(isinstance(t, Unknown) for t in types):
            return UNKNOWN if shape is None else Array(None, shape)
        keys = [
            (str(d), isinstance(t, Scalar) and t.origin == "py") for d, t in zip(dtypes, types, strict=True)
        ]
        dtype = _ufunc_dtype(ufunc, tuple(keys))
        if any(isinstance(t, Scalar) and t.origin == "any" for t in types) and len(types) > 1:
            either = [
                (k, w or (isinstance(t, Scalar) and t.origin == "any" and k in _WEAK))
                for (k, w), t in zip(keys, types, strict=True)
            ]
            dtype = dtype if _ufunc_dtype(ufunc, tuple(either)) == dtype else None
        return with_shape(dtype, shape)

    return rule


def default_types(form: Form, namespace: Mapping[str, Any]) -> Callable[..., Type]:
    """The type rule of a row that gives none."""
    from .rule import find

    if form.kind == "operator" and len(form.params) == 2:
        return comparison if form.key in _COMPARISONS else arithmetic(form.key)
    if form.kind == "function":
        found = find(form.key, namespace)
        if isinstance(found, np.ufunc) and found.nout == 1:
            return ufunc_type(found)
        if getattr(found, "__module__", None) == "math":
            return real
    return unknown


_COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in"))


_LENGTHS = itertools.count()


def some_length() -> Dim:
    """A length of which nothing is known but that it is one:
    it equals itself in whatever is computed from the value.
    """
    return Dim(f"#some{next(_LENGTHS)}")


def known(arg: Arg) -> bool:
    """Whether an argument is a Python value at compile time."""
    return all(isinstance(a, Literal) for a in leaves(arg))


def value_of(arg: Arg) -> Any:
    """The Python value of a known argument."""
    if isinstance(arg, Literal):
        return arg.value
    if isinstance(arg, tuple):
        return tuple(value_of(a) for a in arg)
    if isinstance(arg, Items):
        return [value_of(a) for a in arg.items]
    assert isinstance(arg, Slice)
    return slice(value_of(arg.start), value_of(arg.stop), value_of(arg.step))


def axes_of(axis: Arg, rank: int) -> tuple[int, ...] | None:
    """The normalised axes of an axis argument, None if not known."""
    if not known(axis):
        return None
    value = value_of(axis)
    if value is None:
        return tuple(range(rank))
    values = value if isinstance(value, tuple) else (value,)
    return tuple(int(v) % rank if -rank <= v < rank else int(v) for v in values)


def reduction(a: Arg, axis: Arg, keepdims: Arg, dtype: str | None) -> Type:
    """The type of a reduction of `a` over `axis` with a result of the given dtype."""
    t = typ(a)
    shape = _shape(t)
    if known(axis) and value_of(axis) is None and known(keepdims) and not value_of(keepdims):
        return with_shape(dtype, ())
    if shape is None or not known(keepdims):
        return Array(dtype, None) if not isinstance(t, Unknown) else UNKNOWN
    axes = axes_of(axis, len(shape))
    if axes is None:
        return Array(dtype, None)
    if value_of(keepdims):
        return Array(dtype, tuple(1 if k in axes else n for k, n in enumerate(shape)))
    return with_shape(dtype, tuple(n for k, n in enumerate(shape) if k not in axes))


def shape_argument(arg: Arg) -> Shape:
    """The shape that a shape argument (int, tuple of ints, `np.shape(x)`) spells."""
    if isinstance(arg, (tuple, Items)):
        items = arg if isinstance(arg, tuple) else arg.items
        return tuple(size_argument(a) for a in items)
    if isinstance(arg, Value) and isinstance(arg.type, ShapeOf):
        return arg.type.shape
    if isinstance(arg, Literal) and isinstance(arg.value, (tuple, list)):
        return tuple(n if n >= 0 else None for n in arg.value)
    if isinstance(typ(arg), Scalar):
        return (size_argument(arg),)
    return None


def size_argument(arg: Arg) -> Size:
    """The axis length that an argument stands for."""
    if isinstance(arg, Literal):
        return int(arg.value) if not isinstance(arg.value, bool) and arg.value >= 0 else None
    if isinstance(arg, Value) and isinstance(arg.type, Scalar):
        # an unnamed int is its own symbol: the same value gives the same length
        return arg.type.size or Dim(f"#{arg.serial}")
    return None
