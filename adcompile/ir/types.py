"""Abstract types: what is known of a value before the program runs.

In: Python objects (`type_of`) or other types (`join`). Out: frozen, hashable types. A type only ever
*describes*: a wrong or missing fact may cost speed, so every fact here must be true or absent (`None`,
`Unknown`). Not for values: those are `ir.nodes`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np

_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Dim:
    """A symbolic axis length. Two axes that share a key have the same length; `many` says: it is not 1.

    `also` holds the keys of other axes that are known to be as long, because they have met in an operation.
    """

    key: str
    many: bool = False
    also: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        # a length computed from lengths names them all: it would double with every step of a program
        if len(self.key) > _LONGEST:
            mark = "#" if "#" in self.key else ""
            digest = hashlib.blake2s(self.key.encode(), digest_size=8).hexdigest()
            object.__setattr__(self, "key", f"{mark}length-{digest}")

    def __str__(self) -> str:
        return self.key

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all axes that are known to have this length."""
        return self.also | {self.key}


Size = int | Dim | None
Shape = tuple[Size, ...] | None


@dataclass(frozen=True, slots=True)
class Type:
    """Anything a graph value can be."""


@dataclass(frozen=True, slots=True)
class Scalar(Type):
    """A Python number (`origin` "py"), a NumPy scalar ("np") or either ("any");
    `size` is set on known axis lengths.

    One that is `perhaps_int` is a Python int on some path, and a float on another one.
    """

    dtype: str
    origin: str = "py"
    size: Dim | None = None
    perhaps_int: bool = False

    def __str__(self) -> str:
        prefix = {"py": "", "np": "np.", "any": "?"}[self.origin]
        name = prefix + (self.dtype.rstrip("0123456789") if self.origin == "py" else self.dtype)
        return f"{name} or int" if self.perhaps_int else name


@dataclass(frozen=True, slots=True)
class Array(Type):
    """An ndarray; `shape` () may also be a NumPy scalar; `None` stands for what is not known."""

    dtype: str | None
    shape: Shape

    def __str__(self) -> str:
        dims = "..." if self.shape is None else ", ".join("?" if d is None else str(d) for d in self.shape)
        return f"{self.dtype or '?'}[{dims}]"


@dataclass(frozen=True, slots=True)
class Unknown(Type):
    """A number or an array of which nothing is known."""

    def __str__(self) -> str:
        return "?"


@dataclass(frozen=True, slots=True)
class ListOf(Type):
    """A run-time list whose length is not known; `element` is None for a list that has only been seen empty.

    One with `holes` may have None in places that are not read.
    """

    element: Type | None
    holes: bool = False

    def __str__(self) -> str:
        return f"list[{self.element or ''}{' or None' if self.holes else ''}]"


@dataclass(frozen=True, slots=True)
class ShapeOf(Type):
    """A run-time tuple of axis lengths, as `np.shape` returns it."""

    shape: Shape

    def __str__(self) -> str:
        dims = "..." if self.shape is None else ", ".join("?" if d is None else str(d) for d in self.shape)
        return f"shape({dims})"


@dataclass(frozen=True, slots=True)
class Extent(Type):
    """What has a shape and no elements: what arrays broadcast to, without computing anything of it."""

    shape: Shape

    def __str__(self) -> str:
        return f"extent{str(ShapeOf(self.shape)).removeprefix('shape')}"


@dataclass(frozen=True, slots=True)
class Record(Type):
    """A run-time tuple of values, as a derived forward function hands to its backward function."""

    fields: tuple[Type, ...] | None

    def __str__(self) -> str:
        return "record" if self.fields is None else f"({', '.join(map(str, self.fields))})"


@dataclass(frozen=True, slots=True)
class Opaque(Type):
    """A Python object that no derivative is taken of."""

    def __str__(self) -> str:
        return "object"


UNKNOWN = Unknown()
OPAQUE = Opaque()
FLOAT = Scalar("float64")
INT = Scalar("int64")
BOOL = Scalar("bool")

_PYTHON_SCALARS = {bool: BOOL, int: INT, float: FLOAT, complex: Scalar("complex128")}


@cache
def dtype_name(dtype: object) -> str:
    """The canonical name of a dtype (`np.float64`, `float`, `"f4"`)."""
    return np.dtype(dtype).name  # type: ignore[call-overload, no-any-return]


def type_of(value: object, name: str = "") -> Type:
    """The type of a run-time value; axes other than length 1 become symbols named after `name`."""
    scalar = _PYTHON_SCALARS.get(type(value))
    if scalar is not None:
        return scalar
    if isinstance(value, np.generic):
        return Scalar(value.dtype.name, "np") if value.dtype.kind in "fcbiu" else OPAQUE
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "fcbiu":
            return OPAQUE
        shape = tuple(1 if n == 1 else Dim(f"{name}.{axis}", True) for axis, n in enumerate(value.shape))
        return Array(value.dtype.name, shape)
    return OPAQUE


def dtype_of(t: Type) -> str | None:
    """The element dtype of a number or array, None where unknown."""
    if isinstance(t, Scalar):
        return None if t.perhaps_int else t.dtype
    return t.dtype if isinstance(t, Array) else None


def shape_of(t: Type) -> Shape:
    """The shape of a number, an array or what has nothing else, None where the rank is unknown."""
    if isinstance(t, Scalar):
        return ()
    return t.shape if isinstance(t, (Array, Extent)) else None


def is_numeric(t: Type) -> bool:
    """Whether a value of this type may be a number or an array."""
    return isinstance(t, (Scalar, Array, Unknown))


def is_differentiable(t: Type) -> bool:
    """Whether a value of this type can carry a derivative."""
    if isinstance(t, (Scalar, Array)):
        return t.dtype is None or t.dtype[0] in "fc"
    if isinstance(t, ListOf):
        return t.element is None or is_differentiable(t.element)
    if isinstance(t, Record):
        return t.fields is None or any(map(is_differentiable, t.fields))
    return isinstance(t, Unknown)


def is_python(t: Type) -> bool:
    """Whether this is a Python number, not one of NumPy's."""
    return isinstance(t, Scalar) and t.origin == "py"


def same_size(a: Size, b: Size) -> bool:
    """Whether two axis lengths are known to be equal."""
    if isinstance(a, Dim) and isinstance(b, Dim):
        return a.key == b.key or not a.keys.isdisjoint(b.keys)
    return a is not None and a == b


def met(a: Dim, b: Dim) -> Dim:
    """The length of two axes that have to be equally long, or else the program raises."""
    return Dim(a.key, a.many or b.many, (a.keys | b.keys) - {a.key})


_LONGER = "longer of "


def longer(a: Dim, b: Dim) -> Dim:
    """The length that results from broadcasting two axes either of which may be of length 1."""
    return Dim(_LONGER + " and ".join(sorted(_parts(a) | _parts(b))))


def _parts(dim: Dim) -> set[str]:
    return set(dim.key.removeprefix(_LONGER).split(" and "))


def fills(size: Size, place: Size) -> bool:
    """Whether what is written to a place has its length, and is not of length 1, or else the program raises.

    If the length of the place has been broadcast with others, these are as long, or of length 1: what is
    longer than a place of length 1 cannot be written there.
    """
    if same_size(size, place):
        return True
    return isinstance(size, Dim) and isinstance(place, Dim) and not place.keys.isdisjoint(_parts(size))


def join_size(a: Size, b: Size) -> Size:
    """What is known of an axis that is either the one or the other."""
    if a == b:
        return a
    if not isinstance(a, Dim) or not isinstance(b, Dim) or not same_size(a, b):
        return None
    shared = a.keys & b.keys
    key = a.key if a.key in shared else min(shared)
    return Dim(key, a.many and b.many, shared - {key})


def is_many(size: Size) -> bool:
    """Whether an axis is known not to have length 1."""
    return size != 1 if isinstance(size, int) else size is not None and size.many


def join_shape(a: Shape, b: Shape) -> Shape:
    """The shape that describes both."""
    if a is None or b is None or len(a) != len(b):
        return None
    return tuple(map(join_size, a, b))


def join(a: Type, b: Type) -> Type | None:
    """The most precise type that describes both, None if a variable cannot hold both."""
    if a == b:
        return a
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return _join_scalars(a, b)
    if isinstance(a, (Scalar, Array)) and isinstance(b, (Scalar, Array)):
        dtype = a.dtype if a.dtype == b.dtype else None
        shape_a, shape_b = shape_of(a), shape_of(b)
        if isinstance(a, Array) and isinstance(b, Array):
            return Array(dtype, join_shape(shape_a, shape_b))
        return Array(dtype, ()) if shape_a == shape_b == () else UNKNOWN
    if is_numeric(a) and is_numeric(b):
        return UNKNOWN
    if isinstance(a, ListOf) and isinstance(b, ListOf):
        holes = a.holes or b.holes
        if a.element is None or b.element is None:
            return ListOf(a.element or b.element, holes)
        element = join(a.element, b.element)
        return None if element is None else ListOf(element, holes)
    if isinstance(a, ShapeOf) and isinstance(b, ShapeOf):
        return ShapeOf(join_shape(a.shape, b.shape))
    if isinstance(a, Extent) and isinstance(b, Extent):
        return Extent(join_shape(a.shape, b.shape))
    if isinstance(a, Record) and isinstance(b, Record):
        return Record(None)
    return None


def _join_scalars(a: Scalar, b: Scalar) -> Type:
    origin = a.origin if a.origin == b.origin else "any"
    perhaps_int = a.perhaps_int or b.perhaps_int
    if a.dtype == b.dtype:
        size = join_size(a.size, b.size)
        return Scalar(a.dtype, origin, size if isinstance(size, Dim) else None, perhaps_int)
    if origin == "py":
        # one of two kinds of number: not a float for certain, if one of them is an int
        certain = a.dtype[0] == b.dtype[0] or not {a.dtype[0], b.dtype[0]} & {"f", "c"}
        mixed = not certain and bool({a.dtype[0], b.dtype[0]} & {"i", "b"})
        return Scalar(np.result_type(a.dtype, b.dtype).name, "py" if certain else "any", None, mixed)
    floats = [t for t in (a, b) if t.dtype[0] in "fc"]
    others = [t for t in (a, b) if t.dtype[0] not in "fc"]
    if len(floats) == 1 and others[0].origin == "py":
        # a Python int that starts a sum of floats: the float is what every iteration after the first holds
        return Scalar(floats[0].dtype, origin, perhaps_int=True)
    return UNKNOWN


def forget_sizes(t: Type) -> Type:
    """The type without the lengths that a single value defines:
    what holds of it in every iteration of a loop.
    """
    if isinstance(t, Scalar):
        size = _forget_size(t.size)
        return Scalar(t.dtype, t.origin, size if isinstance(size, Dim) else None, t.perhaps_int)
    if isinstance(t, Array):
        return Array(t.dtype, _forget(t.shape))
    if isinstance(t, ShapeOf):
        return ShapeOf(_forget(t.shape))
    if isinstance(t, Extent):
        return Extent(_forget(t.shape))
    if isinstance(t, ListOf) and t.element is not None:
        return ListOf(forget_sizes(t.element), t.holes)
    return t


def _forget(shape: Shape) -> Shape:
    return None if shape is None else tuple(map(_forget_size, shape))


def _forget_size(size: Size) -> Size:
    if not isinstance(size, Dim):
        return size
    lasting = frozenset(key for key in size.keys if "#" not in key)
    if not lasting:
        return None
    key = size.key if size.key in lasting else min(lasting)
    return Dim(key, size.many, lasting - {key})
