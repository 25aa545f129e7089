"""Whether two indices of an array select no element in common, told by how they are written.

In: two indices, and what defines the values in them. Out: True if they are certainly apart, whatever the
lengths of the axes. Not for indices of loops: those are compared by `passes.executions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..ir.nodes import Apply, Arg, Literal, Slice, Stmt, Value
from ..ir.types import Scalar, ShapeOf
from ..rules.indexing import GETITEM, index_parts
from ..rules.typing import typ


def are_apart(a: Arg, b: Arg, definitions: Mapping[Value, Stmt]) -> bool:
    """Whether two indices select no element in common: apart along one axis at least."""
    for x, y in zip(index_parts(a), index_parts(b), strict=False):
        if not _is_plain(x) or not _is_plain(y):
            return False
        if any(_ends_before(*pair, definitions) for pair in ((x, y), (y, x))):
            return True
    return False


def _is_plain(part: Arg) -> bool:
    """Whether a part of an index takes one axis, in order: the parts behind it are of the next axes."""
    if isinstance(part, Slice):
        return isinstance(part.step, Literal) and part.step.value in (None, 1)
    if isinstance(part, Literal):
        return type(part.value) is int
    return isinstance(part, Value) and isinstance(part.type, Scalar) and part.type.dtype[0] in "iu"


def _ends_before(x: Arg, y: Arg, definitions: Mapping[Value, Stmt]) -> bool:
    """Whether one part of an index selects only what lies before all that another one does."""
    if isinstance(x, Literal) and isinstance(y, Literal) and x.value < 0 and y.value < 0:
        return bool(x.value < y.value)
    x, y = _as_slice(x), _as_slice(y)
    if not isinstance(x, Slice) or not isinstance(y, Slice):
        return False
    # the same bound means the same place in both, whether it is negative or too large
    return _alike(x.stop, y.start) or _is_at_most(x.stop, y.start, definitions)


def _as_slice(part: Arg) -> Arg:
    """A known index that is not negative as the slice of length one."""
    if isinstance(part, Literal) and part.value >= 0:
        return Slice(part, Literal(part.value + 1), Literal(None))
    return part


def _alike(a: Arg, b: Arg) -> bool:
    if isinstance(a, Literal) and isinstance(b, Literal):
        return type(a.value) is type(b.value) is int and a.value == b.value
    return a is b and isinstance(a, Value)


def _is_at_most(a: Arg, b: Arg, definitions: Mapping[Value, Stmt]) -> bool:
    """Whether a bound is at most another one, both not negative: known numbers, or multiples of a length."""
    (m, of), (n, other) = _multiple(a, definitions), _multiple(b, definitions)
    return m is not None and n is not None and of is other and m <= n


def _multiple(bound: Arg, definitions: Mapping[Value, Stmt]) -> tuple[int | None, Value | None]:
    """A bound as a number times the length of an axis; a number of None where it is not known to be one."""
    if isinstance(bound, Literal):
        return (bound.value if type(bound.value) is int and bound.value >= 0 else None), None
    if not isinstance(bound, Value):
        return None, None
    stmt = definitions.get(bound)
    if not isinstance(stmt, Apply):
        return None, None
    if stmt.primitive.name == "x * y":
        return _product(stmt.args, definitions)
    is_length = stmt.primitive.name in ("np.size(x)", "len(x)") or (
        stmt.primitive is GETITEM and isinstance(typ(stmt.args[0]), ShapeOf)
    )
    return (1, bound) if is_length and isinstance(bound.type, Scalar) else (None, None)


def _product(factors: Iterable[Arg], definitions: Mapping[Value, Stmt]) -> tuple[int | None, Value | None]:
    number, length = 1, None
    for factor in factors:
        n, of = _multiple(factor, definitions)
        if n is None or (of is not None and length is not None):
            return None, None
        number, length = number * n, of or length
    return number, length
