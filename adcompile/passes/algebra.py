"""Algebra while a graph is built.

In: an `Apply` about to be appended. Out: a simpler atom, if there is one that is exact for every value, NaN
and signed zeros included, and has its dtype and shape; adjoints additionally drop a literal zero summand,
since an adjoint's zero has no sign to lose.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ir.build import Builder
from ..ir.nodes import (
    Apply,
    Arg,
    Block,
    Items,
    Literal,
    Slice,
    Value,
    all_statements,
)
from ..ir.types import Array, Scalar, is_numeric, shape_of
from ..rules.results import is_none
from ..rules.rule import FUNCTIONS, OPERATORS, Primitive
from ..rules.typing import axes_of, known, result_dtype, typ, value_of
from .common import key_of


def peephole(builder: Builder, primitive: Primitive, args: tuple[Arg, ...]) -> Any:
    """A simpler atom equal to primitive(args), None if there is none."""
    rule = _PEEPHOLES.get(primitive.name)
    found = rule(builder, *args) if rule is not None else None
    if found is None and builder.adjoint and primitive.name in _ARITHMETIC:
        return _in_floats(builder, primitive, *args)
    return found


_ARITHMETIC = ("x + y", "x - y", "x * y", "x / y")


def _in_floats(builder: Builder, primitive: Primitive, x: Arg, y: Arg) -> Any:
    """`2.0 * x` for `2 * x` of floats: Python is quicker where both are floats."""
    for k, (number, other) in enumerate(((x, y), (y, x))):
        if isinstance(number, Literal) and type(number.value) is int and number.spelling is None:
            exact = abs(number.value) < 2**53
            if exact and isinstance(other, Value) and _is_float(other, number):
                as_float = Literal(float(number.value))
                return builder.apply(primitive, *((as_float, other) if k == 0 else (other, as_float)))
    return None


def _is_number(arg: Arg, value: float) -> bool:
    return (
        isinstance(arg, Literal)
        and type(arg.value) in (int, float)
        and arg.value == value
        and arg.spelling is None
    )


def _is_float(arg: Arg, other: Arg) -> bool:
    """Whether combining with the number `other` leaves the dtype of `arg` as it is."""
    t = typ(arg)
    if not isinstance(t, (Scalar, Array)) or t.dtype is None or t.dtype[0] not in "fc":
        return False
    if isinstance(arg, Value) and isinstance(t, Array) and t.shape == ():
        return False  # a rank-0 array would become a NumPy scalar
    return result_dtype([t, typ(other)]) == t.dtype


def _is_zeros_like(builder: Builder, arg: Arg, other: Arg) -> bool:
    """Whether a value is an array of zeros of the type of another one."""
    from .cotangents import same_shape

    stmt = builder.definitions.get(arg) if isinstance(arg, Value) else None
    if stmt is None or not stmt.adjoint or not stmt.primitive.name.startswith("np.zeros_like("):
        return False
    t, own = typ(other), stmt.outs[0].type
    if not isinstance(t, Array) or not isinstance(own, Array) or not t.shape:
        return False
    return t.dtype == own.dtype and same_shape(t.shape, own.shape)


def _negated(builder: Builder, arg: Arg) -> Any:
    """X if arg is -x, else None."""
    if isinstance(arg, Value):
        stmt = builder.definitions.get(arg)
        if stmt is not None and stmt.primitive is OPERATORS["neg"]:
            return stmt.args[0]
    return None


def _add(builder: Builder, x: Arg, y: Arg) -> Any:
    if builder.adjoint:
        for zero, other in ((x, y), (y, x)):
            if _is_number(zero, 0.0) and (_is_float(other, zero) or isinstance(other, Literal)):
                return other
            if _is_zeros_like(builder, zero, other):
                return other
        first, second = _negated(builder, x), _negated(builder, y)
        if first is not None and second is not None:
            return builder.apply(OPERATORS["neg"], builder.apply(OPERATORS["+"], first, second))
        if second is not None:
            return builder.apply(OPERATORS["-"], x, second)
        if first is not None:
            return builder.apply(OPERATORS["-"], y, first)
    return None


def _subtract(builder: Builder, x: Arg, y: Arg) -> Any:
    if builder.adjoint:
        if _is_number(y, 0.0) and _is_float(x, y):
            return x
        first, second = _negated(builder, x), _negated(builder, y)
        if second is not None:
            return builder.apply(OPERATORS["+"], x, second)
        if first is not None:
            # the sign is no work where this is added or subtracted
            return builder.apply(OPERATORS["neg"], builder.apply(OPERATORS["+"], first, y))
    return None


def _multiply(builder: Builder, x: Arg, y: Arg) -> Any:
    for one, other in ((x, y), (y, x)):
        if _is_number(one, 1.0) and _is_float(other, one):
            return other
    if not builder.adjoint:
        return None
    for one, other in ((x, y), (y, x)):
        if _is_number(one, -1.0) and _is_float(other, one):
            return builder.apply(OPERATORS["neg"], other)
    if isinstance(x, Literal) and isinstance(y, Literal) and _plain(x) and _plain(y):
        return Literal(x.value * y.value)
    for a, b, swapped in ((x, y, False), (y, x, True)):
        inner = _negated(builder, a)
        if inner is not None:
            return builder.apply(
                OPERATORS["neg"], builder.apply(OPERATORS["*"], *((b, inner) if swapped else (inner, b)))
            )
    # (a / b) * (b / c), in either order
    quotients = _quotient(builder, x), _quotient(builder, y)
    for (a, b), (above, c) in (quotients, quotients[::-1]):
        if b is not None and b is above and _are_numbers(a, b, c):
            return builder.apply(OPERATORS["/"], a, c)
    return None


def _quotient(builder: Builder, arg: Arg | None) -> tuple[Any, Any]:
    """`a` and `b` if arg is a / b, else None and None."""
    stmt = builder.definitions.get(arg) if isinstance(arg, Value) else None
    if stmt is None or stmt.primitive is not OPERATORS["/"]:
        return None, None
    a, b = stmt.args
    return a, b


def _are_numbers(*args: Arg) -> bool:
    """Whether all are floats of one kind: then none decides about the shape or dtype of a product."""
    first = typ(args[0])
    return isinstance(first, Scalar) and first.dtype[0] in "fc" and all(typ(x) == first for x in args)


def _plain(literal: Literal) -> bool:
    return type(literal.value) in (int, float) and literal.spelling is None


def _divide(builder: Builder, x: Arg, y: Arg) -> Any:
    if _is_number(y, 1.0) and _is_float(x, y):
        return x
    if builder.adjoint:
        inner = _negated(builder, x)
        if inner is not None:
            return builder.apply(OPERATORS["neg"], builder.apply(OPERATORS["/"], inner, y))
        # the derivative of a function of b / c: (a / (b / c)) / c
        a, quotient = _quotient(builder, x)
        b, c = _quotient(builder, quotient)
        if c is not None and c is y and _are_numbers(a, b, c):
            return builder.apply(OPERATORS["/"], a, b)
    return None


def _power(builder: Builder, x: Arg, y: Arg) -> Any:
    if _is_number(y, 1.0) and _is_float(x, y):
        return x
    if builder.adjoint and _is_number(y, 2.0) and _is_float(x, y):
        return builder.apply(OPERATORS["*"], x, x)
    return None


def _negate(builder: Builder, x: Arg) -> Any:
    inner = _negated(builder, x)
    if inner is not None:
        return inner
    if builder.adjoint and isinstance(x, Literal) and _plain(x):
        return Literal(-x.value)
    return None


def _sum(builder: Builder, a: Arg, *rest: Arg) -> Any:
    if not builder.adjoint:
        return None
    t = typ(a)
    if isinstance(t, Scalar) and t.dtype[0] in "fc":
        return a
    inner = _negated(builder, a)
    if inner is not None:
        return builder.apply(OPERATORS["neg"], builder.apply(FUNCTIONS[np.sum], inner, *rest))
    return None


def _squeeze(builder: Builder, a: Arg, axis: Arg) -> Any:
    """A sum that need not keep the axes that are dropped behind it."""
    stmt = builder.definitions.get(a) if isinstance(a, Value) else None
    if stmt is None or not builder.adjoint or not stmt.adjoint:
        return None
    if stmt.primitive is OPERATORS["neg"]:
        inner = _squeeze(builder, stmt.args[0], axis)
        return None if inner is None else builder.apply(OPERATORS["neg"], inner)
    rank = len(shape_of(typ(a)) or ())
    if stmt.primitive is not FUNCTIONS[np.sum] or not rank or not known(axis) or not known(stmt.args[1]):
        return None
    summed, dtype, keepdims = stmt.args[1:]
    if is_none(axis) or is_none(summed) or axes_of(summed, rank) != axes_of(axis, rank):
        return None
    if not (isinstance(keepdims, Literal) and keepdims.value is True):
        return None
    return builder.apply(FUNCTIONS[np.sum], stmt.args[0], summed, dtype, Literal(False))


def _expand_dims(builder: Builder, a: Arg, axis: Arg) -> Any:
    """`a[:, None]`, which is quicker than the function."""
    shape = shape_of(typ(a))
    if not builder.adjoint or not shape or not known(axis):
        return None
    added = value_of(axis)
    rank = len(shape) + (len(added) if isinstance(added, tuple) else 1)
    places = axes_of(axis, rank)
    if not places or not all(0 <= k < rank for k in places):
        return None
    whole = Slice(Literal(None), Literal(None), Literal(None))
    parts = [Literal(None) if k in places else whole for k in range(max(places) + 1)]
    return builder.apply(OPERATORS["[]"], a, tuple(parts))


def _zeros_of(builder: Builder, x: Arg) -> Any:
    t = typ(x)
    if isinstance(t, Scalar) and not isinstance(x, Literal):
        return Literal(0j if t.dtype.startswith("complex") else 0.0)
    if isinstance(t, Array) and t.dtype is not None and t.dtype[0] in "fc":
        return builder.expand("np.zeros_like(x)", x=x)
    return None


def _spread(builder: Builder, c: Arg, x: Arg) -> Any:
    from .cotangents import same_shape

    if same_shape(shape_of(typ(c)), shape_of(typ(x))) and is_numeric(typ(c)):
        return c
    return None


def _broadcast_to(builder: Builder, c: Arg, shape: Arg, *rest: Arg) -> Any:
    from ..rules.typing import shape_argument
    from .cotangents import same_shape

    if builder.adjoint and same_shape(shape_of(typ(c)), shape_argument(shape)):
        return c
    return None


def _signed(text: str, *names: str) -> Any:
    """Take a sign out of a linear function, as out of products: there it is no work where this is added."""

    def rule(builder: Builder, c: Arg, *rest: Arg) -> Any:
        inner = _negated(builder, c) if builder.adjoint else None
        if inner is None:
            return None
        found = builder.expand(text, **dict(zip(names, (inner, *rest), strict=True)))
        return builder.apply(OPERATORS["neg"], found)

    return rule


def _shape(builder: Builder, x: Arg) -> Any:
    if isinstance(x, Value) and isinstance(x.type, Scalar):
        return ()
    return None


def _getitem(builder: Builder, x: Arg, i: Arg) -> Any:
    """An axis length that was just asked for, or a whole array."""
    if builder.adjoint and _is_all_of(x, i):
        return x
    stored = _stored(builder, x, i)
    if stored is not None:
        return stored.args[2]
    if isinstance(x, Items) and isinstance(i, Literal):
        return x.items[i.value]
    if isinstance(x, tuple) and isinstance(i, Literal):
        return x[i.value]
    if isinstance(x, tuple) and isinstance(i, Slice):
        bounds: list[Any] = [b.value if isinstance(b, Literal) else b for b in (i.start, i.stop, i.step)]
        if all(b is None or isinstance(b, int) for b in bounds):
            return x[slice(*bounds)]
    return None


def _real(builder: Builder, x: Arg) -> Any:
    t = typ(x)
    if builder.adjoint and isinstance(t, (Scalar, Array)) and t.dtype is not None and t.dtype[0] == "f":
        return x
    return None


def _is_all_of(x: Arg, i: Arg) -> bool:
    """Whether an index selects a whole array, as it is."""
    from ..rules.indexing import is_whole

    if isinstance(i, Literal):
        return i.value is Ellipsis
    parts = i if isinstance(i, tuple) else (i,)
    return len(shape_of(typ(x)) or ()) >= len(parts) and all(map(is_whole, parts))


def _stored(builder: Builder, a: Arg, i: Arg) -> Apply | None:
    """The statement of a derivative that has just written what is read at an index; None if there is none."""
    from ..rules.indexing import INDEX_SET
    from .held import gives_back

    stmt = builder.definitions.get(a) if builder.adjoint and isinstance(a, Value) else None
    if stmt is None or stmt.primitive is not INDEX_SET or not stmt.adjoint:
        return None
    base, index, v = stmt.args
    if not isinstance(base, Value) or not isinstance(v, Value) or key_of(index) != key_of(i):
        return None
    # an array without axes is read as a number
    is_one = isinstance(v.type, Array) and v.type.shape == ()
    return stmt if gives_back(v, base, i) and not is_one else None


def _index_set(builder: Builder, a: Arg, i: Arg, v: Arg) -> Any:
    """What is left where a whole array is cleared, where that place has just been written, and where what is
    there is written once more.
    """
    stored = _stored(builder, a, i)
    if stored is not None:
        return builder.apply(stored.primitive, stored.args[0], i, v)
    read = builder.definitions.get(v) if builder.adjoint and isinstance(v, Value) else None
    if read is not None and read.adjoint and read.primitive is OPERATORS["[]"] and read.args[0] is a:
        return a if key_of(read.args[1]) == key_of(i) else None
    t = typ(a)
    if not builder.adjoint or not _is_number(v, 0.0) or not isinstance(t, Array) or not t.shape:
        return None
    known = t.dtype is not None and t.dtype[0] in "fc"
    return builder.expand("np.zeros_like(x)", x=a) if known and _is_all_of(a, i) else None


def _index_add(builder: Builder, a: Arg, i: Arg, v: Arg) -> Any:
    """What is added to a place that has just been cleared is written there."""
    from ..rules.indexing import INDEX_SET

    stmt = builder.definitions.get(a) if isinstance(a, Value) else None
    if stmt is None or stmt.primitive is not INDEX_SET or not stmt.adjoint or not builder.adjoint:
        return None
    if _is_number(stmt.args[2], 0.0) and key_of(stmt.args[1]) == key_of(i):
        return builder.append(INDEX_SET, stmt.args[0], i, v)
    return None


_PEEPHOLES: dict[str, Any] = {
    "index_add(a, i, v)": _index_add,
    "index_set(a, i, v)": _index_set,
    "x + y": _add,
    "x - y": _subtract,
    "x * y": _multiply,
    "x / y": _divide,
    "x ** y": _power,
    "-x": _negate,
    "np.sum(a, axis=None, dtype=None, keepdims=False)": _sum,
    "np.squeeze(a, axis=None)": _squeeze,
    "np.expand_dims(a, axis)": _expand_dims,
    "zeros_of(x)": _zeros_of,
    "spread(c, x)": _spread,
    "unbroadcast(c, x)": _signed("unbroadcast(c, x)", "c", "x"),
    "undiff(c, axis)": _signed("undiff(c, axis)", "c", "axis"),
    "unpad(c, pad_width, mode='constant')": _signed("unpad(c, width, mode)", "c", "width", "mode"),
    "np.broadcast_to(x, shape)": _broadcast_to,
    "np.shape(x)": _shape,
    "x[i]": _getitem,
    "np.real(x)": _real,
    "np.conj(x)": _real,
}


def multiply_out_squares(block: Block) -> None:
    """Write `x ** 2` of numbers as `x * x`, which is quicker, where no result has to be that of the program
    to the bit.
    """
    for stmt in all_statements(block):
        if isinstance(stmt, Apply) and stmt.primitive is OPERATORS["**"]:
            x, y = stmt.args
            if _is_number(y, 2.0) and _is_float(x, y) and isinstance(stmt.outs[0].type, Scalar):
                stmt.primitive, stmt.args = OPERATORS["*"], (x, x)
