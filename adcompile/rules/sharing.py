"""Which rows may return memory of their operands: an operand itself, or a view of one."""

from __future__ import annotations

from ..ir.nodes import Apply, Literal, Value, values_in
from ..ir.types import ListOf, Record, Scalar, ShapeOf, dtype_of, shape_of
from . import lists
from .indexing import GETITEM, is_basic
from .rule import HELPERS, METHODS, OPERATORS, Primitive
from .typing import typ

# pure functions that give back an operand, or a view of one, for some arguments
_SHOWING = frozenset((
    "np.einsum", "np.diff", "np.real_if_close", "np.nan_to_num", "np.split", "np.array_split", "np.hsplit",
    "np.vsplit", "np.dsplit", "np.meshgrid", "unpad", "split_like", "max", "min", "list",
))  # fmt: skip


def may_show(row: Primitive) -> bool:
    """Whether what a row returns may be an operand, or a view of one.

    Of NumPy's functions, and of our own, it is known; of a user's row it is not.
    """
    if row.effect != "pure":
        return row.effect == "view"
    name = row.name.split("(")[0]
    ours = name.startswith("np.") or name in HELPERS or row in OPERATORS.values() or row in METHODS.values()
    return name in _SHOWING or not ours


def copies(stmt: Apply) -> bool:
    """Whether the result of a row that may show an operand is certainly an object of its own."""
    row = stmt.primitive
    first = stmt.args[0] if stmt.args else None
    taken = row is GETITEM and isinstance(first, Value) and isinstance(first.type, (ListOf, Record))
    if row in lists.TAKING or taken or (row is GETITEM and not is_basic(stmt.args[1])):
        return True
    if row.name.startswith(_CASTING) and casts(stmt):
        return True
    if row.name.startswith("np.diag(") and isinstance(first, Value) and len(shape_of(first.type) or ()) == 1:
        return True  # a matrix with the diagonal, and not the diagonal of a matrix
    place = row.index.get("copy")
    copied = None if place is None else stmt.args[place]
    return isinstance(copied, Literal) and copied.value is True


# what gives its operand back if it has the dtype that is asked for
_CASTING = ("np.asarray(", "np.asanyarray(", "np.ascontiguousarray(", "x.astype(")


def casts(stmt: Apply) -> bool | None:
    """Whether a conversion to a dtype makes an array of another one, None where it is not known."""
    place = stmt.primitive.index["dtype"]
    asked, have = stmt.args[place], dtype_of(typ(stmt.args[0]))
    if isinstance(asked, Literal) and asked.value is None:
        return False
    want = dtype_of(stmt.outs[0].type)
    return None if have is None or want is None else have != want


def shown_by(stmt: Apply) -> list[Value]:
    """The operands whose memory the results of a statement may show, or be.

    An item that is taken from a list is an object of its own, not a view of the list.
    """
    row = stmt.primitive
    if not may_show(row) or all(isinstance(out.type, (Scalar, ShapeOf)) for out in stmt.outs):
        return []
    if copies(stmt):
        return []
    operands = stmt.args[:1] if row.effect == "view" else stmt.args
    if row.name.startswith("np.einsum(") and sum(1 for _ in values_in(operands)) > 1:
        return []  # a product is an array of its own
    return [v for v in values_in(operands) if not isinstance(v.type, (ListOf, Scalar, ShapeOf))]
