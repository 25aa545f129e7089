"""Reading by index, its adjoint (adding at an index), and axis lengths."""

from __future__ import annotations

from typing import Any

from ..ir.nodes import Arg, Items, Literal, Slice, Value, is_absent
from ..ir.types import (
    INT,
    OPAQUE,
    UNKNOWN,
    Array,
    Dim,
    Extent,
    ListOf,
    Record,
    Scalar,
    Shape,
    ShapeOf,
    Size,
    Type,
    forget_sizes,
    join,
    shape_of,
)
from .facts import Facts, rank_of
from .rule import (
    HELPERS,
    NAMESPACE,
    Param,
    Primitive,
    Rule,
    composite,
    constant,
    linear,
    parse_expression,
    register,
)
from .typing import broadcast, known, typ, value_of, with_shape


def index_parts(index: Arg) -> tuple[Arg, ...]:
    """The parts of an index, one for each item of a tuple."""
    return index if isinstance(index, tuple) else (index,)


def _is_integer(t: Type) -> bool:
    return isinstance(t, Scalar) and t.dtype[0] in "iu"


def is_basic(index: Arg) -> bool:
    """Whether an index is known to select without repetition and to give a view:
    integers, slices, None and `...`.
    """
    return all(_is_basic_part(part) for part in index_parts(index))


def _is_basic_part(part: Arg) -> bool:
    if isinstance(part, Slice):
        return True
    if isinstance(part, Literal):
        return part.value is None or part.value is Ellipsis or type(part.value) is int
    return isinstance(part, Value) and _is_integer(part.type)


def is_whole(part: Arg) -> bool:
    """Whether a part of an index is the slice `:`."""
    return isinstance(part, Slice) and all(
        isinstance(bound, Literal) and bound.value is None for bound in (part.start, part.stop, part.step)
    )


def is_forward(part: Slice) -> bool:
    """Whether a slice is known to take elements that are next to each other, in their order."""
    return isinstance(part.step, Literal) and part.step.value in (None, 1)


def new_axes(index: Arg) -> tuple[int, ...] | None:
    """The axes that an index adds to an array that it reads as a whole; None if it may leave elements out."""
    parts = index_parts(index)
    found, at = [], 0
    for k, part in enumerate(parts):
        if isinstance(part, Literal) and part.value is Ellipsis:
            at = -len(parts)
        elif isinstance(part, Literal) and part.value is None:
            found.append(at + k)
        elif not is_whole(part):
            return None
    return tuple(found)


def is_mask(index: Arg) -> bool:
    """Whether an index is one boolean array, which never selects an element twice."""
    t = typ(index)
    return isinstance(t, Array) and t.dtype == "bool"


def is_distinct(index: Arg) -> bool:
    """Whether an index is known to select no element twice."""
    return is_basic(index) or is_mask(index)


def _int_or_none(part: Arg) -> int | bool | None:
    """The literal bound of a slice; False where it is not known."""
    if isinstance(part, Literal) and (part.value is None or type(part.value) is int):
        return part.value
    return False


def _bound_key(part: Arg) -> str:
    if isinstance(part, Literal):
        return "" if part.value is None else str(part.value)
    return f"#{part.serial}" if isinstance(part, Value) else "?"


def slice_size(size: Size, part: Slice) -> Size:
    """The length of a sliced axis; equal selections of equal axes get equal keys."""
    start, stop, step = _int_or_none(part.start), _int_or_none(part.stop), _int_or_none(part.step)
    literal = start is not False and stop is not False and step is not False
    if stop == 0 and literal and (step is None or step > 0):
        return 0
    if isinstance(size, int) and literal:
        return len(range(*slice(start, stop, step).indices(size)))
    if size is None:
        return None
    if literal and step != 0:
        cut = _cut_off(start, stop, 1 if step is None else step)
        if cut is not None:
            return _shortened(size, cut, abs(step or 1))
    return Dim(f"{_base(size)}[{_bound_key(part.start)}:{_bound_key(part.stop)}:{_bound_key(part.step)}]")


def _cut_off(start: int | None, stop: int | None, step: int) -> int | None:
    """How many elements the bounds of a slice leave out at both ends; None if that depends on the length."""
    if step < 0:
        first, last = (-1 if start is None else start), (-1 if stop is None else stop)
        # from -k down to behind what stands at `last`
        return last - first if first < 0 and (last >= 0 or stop is None) else None
    low = 0 if start is None else start
    if low < 0 or (stop is not None and stop >= 0):
        return None
    return low - (stop or 0)


def _base(size: int | Dim) -> str:
    """The key of a length as part of a longer key."""
    key = str(size)
    return f"({key.replace(' and ', '|')})" if " " in key else key


def _shortened(size: int | Dim, cut: int, step: int) -> Dim | int:
    """The length of what is left of an axis without `cut` elements, of which every step-th is taken."""
    base = _base(size)
    start, _, before = base.rpartition("-")
    if start and before.isdigit():
        base, cut = start, cut + int(before)
    if step == 1:
        return Dim(f"{base}-{cut}") if cut else size
    return Dim(f"({base}-{cut})/{step}")


def index_type(x: Arg, i: Arg) -> Type:
    """The type of x[i]."""
    t = typ(x)
    if isinstance(t, ListOf):
        return UNKNOWN if t.element is None else t.element
    if isinstance(t, ShapeOf):
        return _shape_item(t, i)
    if isinstance(t, Record):
        return t.fields[value_of(i)] if t.fields is not None and known(i) else UNKNOWN
    if t == OPAQUE:
        return UNKNOWN
    if not isinstance(t, Array) or t.shape is None:
        return UNKNOWN
    shape = _indexed_shape(t.shape, index_parts(i))
    if shape is None:
        return Array(t.dtype, None)
    has_ellipsis = any(isinstance(p, Literal) and p.value is Ellipsis for p in index_parts(i))
    return Array(t.dtype, shape) if has_ellipsis else with_shape(t.dtype, shape)


def _shape_item(t: ShapeOf, i: Arg) -> Type:
    if isinstance(i, Slice):
        if t.shape is None or not known(i):
            return ShapeOf(None)
        return ShapeOf(t.shape[value_of(i)])
    if t.shape is None or not known(i) or not -len(t.shape) <= value_of(i) < len(t.shape):
        return INT
    return _length(t.shape[value_of(i)])


def _length(size: Size) -> Scalar:
    """The type of the length of an axis."""
    return Scalar("int64", size=Dim(str(size), size != 1) if isinstance(size, int) else size)


def _size_type(x: Arg) -> Type:
    shape = shape_of(typ(x))
    return _length(shape[0]) if shape is not None and len(shape) == 1 else INT


def _indexed_shape(shape: tuple[Size, ...], parts: tuple[Arg, ...]) -> Shape:
    """The shape of an indexing result, None if its rank is not known."""
    consumed = 0
    for part in parts:
        width = _consumes(part)
        if width is None:
            return None
        consumed += width
    if consumed > len(shape):
        return None
    result: list[Any] = []
    advanced: list[Shape] = []
    places: list[int] = []
    axis = 0
    for position, part in enumerate(with_ellipsis(parts)):
        if isinstance(part, Slice):
            result.append(slice_size(shape[axis], part))
            axis += 1
        elif isinstance(part, Literal) and part.value is None:
            result.append(1)
        elif isinstance(part, Literal) and part.value is Ellipsis:
            rest = len(shape) - consumed
            result += shape[axis : axis + rest]
            axis += rest
        else:
            inner = _advanced_shape(part)
            if inner is None:
                return None
            advanced.append(inner)
            places.append(position)
            result.append("advanced")
            axis += _consumes(part) or 0
    return _place_advanced(result, advanced, places)


def _consumes(part: Arg) -> int | None:
    """How many axes an index part takes, None if unknown."""
    if isinstance(part, Slice):
        return 1
    if isinstance(part, Literal):
        return 0 if part.value is None or part.value is Ellipsis else 1
    t = typ(part)
    if isinstance(t, Array) and t.dtype == "bool":
        return None if t.shape is None else len(t.shape)
    if isinstance(t, Scalar) and t.dtype[0] in "iu":
        return 1
    if _is_list_of_integers(t):
        return 1
    return 1 if isinstance(t, Array) and t.dtype is not None and t.dtype[0] in "iu" else None


def _is_list_of_integers(t: Type) -> bool:
    return isinstance(t, ListOf) and t.element is not None and _is_integer(t.element) and not t.holes


def with_ellipsis(parts: tuple[Arg, ...]) -> tuple[Arg, ...]:
    """The parts of an index that says where the axes are that it leaves out."""
    if any(isinstance(p, Literal) and p.value is Ellipsis for p in parts):
        return parts
    return (*parts, Literal(Ellipsis))


def _advanced_shape(part: Arg) -> Shape:
    t = typ(part)
    if isinstance(t, Array) and t.dtype == "bool":
        # the same mask selects the same number of elements of every array
        return (Dim(f"#true{part.serial}") if isinstance(part, Value) else None,)
    if isinstance(t, Scalar):
        return ()
    if _is_list_of_integers(t):
        return (Dim(f"#list{part.serial}") if isinstance(part, Value) else None,)
    return t.shape if isinstance(t, Array) else None


def _place_advanced(result: list[Any], advanced: list[Shape], places: list[int]) -> Shape:
    """Put the broadcast shape of the index arrays where NumPy puts it:
    at their place if adjacent, else in front.
    """
    plain = [n for n in result if n != "advanced"]
    if all(s == () for s in advanced):
        return tuple(plain)
    inner = broadcast(advanced)
    if inner is None:
        return None
    if places[-1] - places[0] == len(places) - 1:
        first = result.index("advanced")
        return (*result[:first], *inner, *plain[first:])
    return (*inner, *plain)


def _first(a: Arg, *rest: Arg) -> Type:
    return typ(a)


def _getitem(x: Any, i: Any) -> str:
    """The adjoint of an array that is read at i; integer arrays may read an element more than once."""
    if isinstance(x, Facts) and isinstance(x.type, ListOf):
        return "list_add(zeros_of(x), i, z_bar)"
    parts = i if isinstance(i, tuple) else (i,)
    repeats = any(isinstance(p, Facts) and p.shape != () and p.dtype != "bool" for p in parts)
    return f"index_add{'_at' if repeats else ''}(zeros_of(x), i, z_bar)"


GETITEM = linear("x[i]", _getitem, types=index_type, effect="view", cheap=True)


def _update(text: str, params: tuple[str, ...], pullbacks: dict[str, Rule], jvp: dict[str, str]) -> Primitive:
    """A primitive that returns its first operand with something changed;
    the printer writes it as a statement.
    """
    template = parse_expression(text)
    return register(
        Primitive(
            text, tuple(map(Param, params)), template, _first, {**NAMESPACE, **_PLACEHOLDERS},
            effect="update", pullbacks=pullbacks, pushforwards=jvp, joint=True, constant=True,
        )
    )  # fmt: skip


def index_add(a: Any, i: Any, v: Any) -> Any:
    """The array a with v added at the distinct places i; written `a[i] += v`."""
    raise NotImplementedError("written as a statement")


def index_add_at(a: Any, i: Any, v: Any) -> Any:
    """The array a with v added at the places i, repeated ones repeatedly; written `np.add.at(a, i, v)`."""
    raise NotImplementedError("written as a statement")


def index_set(a: Any, i: Any, v: Any) -> Any:
    """The array a with v at the places i; written `a[i] = v`."""
    raise NotImplementedError("written as a statement")


def own(a: Any) -> Any:
    """The array a itself, in memory of its own."""
    raise NotImplementedError("written as a statement")


_PLACEHOLDERS = {"index_add": index_add, "index_add_at": index_add_at, "index_set": index_set, "own": own}
HELPERS.update(_PLACEHOLDERS)
INDEX_ADD = _update(
    "index_add(a, i, v)", ("a", "i", "v"), {"a": "z_bar", "v": "z_bar[i]"}, {"a": "self", "v": "self"}
)
INDEX_ADD_AT = _update(
    "index_add_at(a, i, v)", ("a", "i", "v"), {"a": "z_bar", "v": "z_bar[i]"}, {"a": "self", "v": "self"}
)


def _written(i: Any) -> str:
    """The adjoint of what is written at i; of several writes to an element, the last one wins."""
    parts = i if isinstance(i, tuple) else (i,)
    repeats = any(
        isinstance(p, list) or (isinstance(p, Facts) and p.shape != () and p.dtype != "bool") for p in parts
    )
    return "last_read(z_bar, i)" if repeats else "z_bar[i]"


# what was there before the write no longer matters: its adjoint is zero
INDEX_SET = _update(
    "index_set(a, i, v)",
    ("a", "i", "v"),
    {"a": "index_set(z_bar, i, 0.0)", "v": _written},
    {"a": "self", "v": "self"},
)
# the rows that change an array at an index, which may lead through views
WRITES = (INDEX_ADD, INDEX_ADD_AT, INDEX_SET)

linear("last_read(x, i)", "index_set(zeros_of(x), i, z_bar)", types=lambda x, i: index_type(x, i))

# x in memory that nobody else refers to: written as nothing, or as a copy where that is not so already
OWN = _update("own(a)", ("a",), {"a": "z_bar"}, {"a": "self"})


def _shape_type(x: Arg) -> Type:
    t = typ(x)
    if isinstance(t, Scalar):
        return ShapeOf(())
    return ShapeOf(shape_of(t))


SHAPE = constant("np.shape(x)", types=_shape_type, cheap=True)
composite(
    "np.ndim(x)",
    lambda x: None if rank_of(x) is None else str(rank_of(x)),
    types=lambda x: INT,
    constant=True,
    cheap=True,
)
constant("np.size(x)", types=_size_type, cheap=True)


def _together(arrays: tuple[Arg, ...]) -> Type:
    return Extent(broadcast([shape_of(typ(a)) for a in arrays]))


# the shape that arrays broadcast to, at the cost of no array; nothing that a program may call
TOGETHER = Primitive(
    "np.broadcast(*arrays)",
    (Param("arrays", star=True),),
    None,
    _together,
    NAMESPACE,
    constant=True,
    cheap=True,
)


def stacked(items: Items | tuple[Arg, ...]) -> Type:
    """The type of a run-time list of the items."""
    values = items.items if isinstance(items, Items) else items
    element: Type | None = None
    for item in values:
        if is_absent(item):
            continue
        t = forget_sizes(typ(item))
        element = t if element is None else (join(element, t) or UNKNOWN)
    return ListOf(element, any(map(is_absent, values)))
