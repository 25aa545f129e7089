"""Where adding to zeros is storing: `x_bar[i] = c` in place of `x_bar[i] += c`.

In: a block. Out: the `index_add` statements that write to elements of an array of zeros which nothing has
written to before. Not for repeated indices.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..ir.nodes import Apply, Arg, Block, Literal, Slice, Stmt, Value, all_statements
from ..ir.types import Scalar, ShapeOf
from ..rules.indexing import GETITEM, INDEX_ADD, index_parts
from ..rules.typing import typ
from .order import count_uses

_ZEROS = ("zeros_of(x)", "np.zeros_like(a, dtype=None)", "np.zeros(shape, dtype=None)")


def first_writes(block: Block) -> set[Stmt]:
    """The statements of a block, and of the blocks in it, that may store what they add."""
    uses = count_uses(block)
    applied = [s for s in all_statements(block) if isinstance(s, Apply)]
    definitions = {out: s for s in applied for out in s.outs}
    # for an array of zeros that only one statement reads, the indices that have been written to
    written: dict[Value, tuple[Arg, ...]] = {
        s.outs[0]: () for s in applied if s.primitive.name in _ZEROS and uses.get(s.outs[0]) == 1
    }
    found: set[Stmt] = set()
    for stmt in applied:
        if stmt.primitive is not INDEX_ADD or not isinstance(stmt.args[0], Value):
            continue
        before = written.get(stmt.args[0])
        if before is None:
            continue
        if all(_are_disjoint(stmt.args[1], index, definitions) for index in before):
            found.add(stmt)
        if uses.get(stmt.outs[0]) == 1:
            written[stmt.outs[0]] = (*before, stmt.args[1])
    return found


def _are_disjoint(a: Arg, b: Arg, definitions: dict[Value, Apply]) -> bool:
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


def _ends_before(x: Arg, y: Arg, definitions: dict[Value, Apply]) -> bool:
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


def _is_at_most(a: Arg, b: Arg, definitions: dict[Value, Apply]) -> bool:
    """Whether a bound is at most another one, both not negative: known numbers, or multiples of a length."""
    (m, of), (n, other) = _multiple(a, definitions), _multiple(b, definitions)
    return m is not None and n is not None and of is other and m <= n


def _multiple(bound: Arg, definitions: dict[Value, Apply]) -> tuple[int | None, Value | None]:
    """A bound as a number times the length of an axis; a number of None where it is not known to be one."""
    if isinstance(bound, Literal):
        return (bound.value if type(bound.value) is int and bound.value >= 0 else None), None
    if not isinstance(bound, Value):
        return None, None
    stmt = definitions.get(bound)
    if stmt is None:
        return None, None
    if stmt.primitive.name == "x * y":
        return _product(stmt.args, definitions)
    is_length = stmt.primitive.name in ("np.size(x)", "len(x)") or (
        stmt.primitive is GETITEM and isinstance(typ(stmt.args[0]), ShapeOf)
    )
    return (1, bound) if is_length and isinstance(bound.type, Scalar) else (None, None)


def _product(factors: Iterable[Arg], definitions: dict[Value, Apply]) -> tuple[int | None, Value | None]:
    number, length = 1, None
    for factor in factors:
        n, of = _multiple(factor, definitions)
        if n is None or (of is not None and length is not None):
            return None, None
        number, length = number * n, of or length
    return number, length
