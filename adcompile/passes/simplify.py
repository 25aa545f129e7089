"""Cleaning up: algebra while building, then common subexpressions and dead code.

In: an `Apply` about to be appended (`peephole`), or a finished block (`simplify`). Out: a simpler atom, or a
block that computes the same with less. Algebra is applied only where it is exact for every value, NaN and
signed zeros included, and keeps dtype and shape; adjoints additionally drop a literal zero summand, since an
adjoint's zero has no sign to lose.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import numpy as np

from ..ir.build import Builder
from ..ir.nodes import (
    Apply,
    Arg,
    Block,
    Call,
    For,
    Function,
    If,
    Items,
    Literal,
    Slice,
    Stmt,
    Through,
    Value,
    While,
    all_statements,
    blocks_of,
    free_values,
    map_arg,
    operands,
    values_in,
)
from ..ir.types import Array, ListOf, Record, Scalar, is_numeric, shape_of
from ..rules.results import is_none
from ..rules.rule import FUNCTIONS, OPERATORS, Primitive
from ..rules.typing import axes_of, known, result_dtype, typ, value_of
from .activity import carried_params, carried_yields
from .raising import may_raise

# -- algebra -------------------------------------------------------------------------------------------------


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
    """What is left where a whole array is cleared; nothing of what has just been written to that place."""
    stored = _stored(builder, a, i)
    if stored is not None:
        return builder.apply(stored.primitive, stored.args[0], i, v)
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

# -- whole blocks --------------------------------------------------------------------------------------------


def simplify(block: Block) -> Block:
    """Share common subexpressions, drop what nothing needs, and write what is left as a person would."""
    from .bundle import bundle
    from .checks import add_checks, quicken_checks
    from .clears import drop_clears
    from .onto import add_directly
    from .stores import join_writes, store_first

    share(block, {}, {})
    remove_dead(block, checked=add_checks(block))
    join_writes(block)
    polish(block)
    bundle(block)
    add_directly(block)
    store_first(block)
    drop_clears(block)
    quicken_checks(block)
    return block


def simplify_split(block: Block, inner: Block) -> None:
    """Simplify two sweeps of which the second reads values of the first."""
    from .bundle import bundle
    from .checks import add_checks, quicken_checks
    from .clears import drop_clears
    from .hoist import unsure_values
    from .onto import add_directly
    from .stores import join_writes, store_first

    joined = Block(block.params, [*block.statements], block.yields)
    mapping: dict[Value, Any] = {}
    known: dict[Any, Any] = {}
    share(joined, mapping, known)
    share(inner, mapping, dict(known))
    remove_dead(inner)
    join_writes(inner, joined.statements)
    polish(inner, unsure_values(joined))
    bundle(inner)
    add_directly(inner)
    store_first(inner, joined.statements)
    drop_clears(inner, joined.statements)
    count = len(joined.yields)
    joined.yields = (*joined.yields, *free_values(inner))
    remove_dead(joined, checked=add_checks(joined))
    quicken_checks(joined)
    block.statements, block.yields = joined.statements, joined.yields[:count]


def multiply_out_squares(block: Block) -> None:
    """Write `x ** 2` of numbers as `x * x`, which is quicker, where no result has to be that of the program
    to the bit.
    """
    for stmt in all_statements(block):
        if isinstance(stmt, Apply) and stmt.primitive is OPERATORS["**"]:
            x, y = stmt.args
            if _is_number(y, 2.0) and _is_float(x, y) and isinstance(stmt.outs[0].type, Scalar):
                stmt.primitive, stmt.args = OPERATORS["*"], (x, x)


def polish(block: Block, unsure: Iterable[Value] = ()) -> None:
    """Sharpen the types of numbers, put products in order and move what is invariant out of loops, in a
    block without dead code; `unsure` are values of another block that may not have been assigned there.
    """
    from .dots import write_inner_products
    from .hoist import hoist
    from .products import reassociate
    from .sharpen import sharpen
    from .sums import collect_terms

    sharpen(block)
    collect_terms(block)
    write_inner_products(block)
    reassociate(block)
    share(block, {}, {})
    hoist(block, unsure)
    share(block, {}, {})
    remove_dead(block)


def key_of(arg: Arg) -> Any:
    """What two arguments have in common if they are certainly equal."""
    if isinstance(arg, Value):
        return arg.serial
    if isinstance(arg, Literal):
        value = arg.value
        # 0.0 and -0.0, 1 and 1.0 and True are different constants
        return (
            (type(value), repr(value))
            if isinstance(value, (int, float, complex, str))
            else (type(value), id(value))
        )
    if isinstance(arg, tuple):
        return tuple(key_of(a) for a in arg)
    if isinstance(arg, Slice):
        return ("slice", key_of(arg.start), key_of(arg.stop), key_of(arg.step))
    if isinstance(arg, Through):
        return ("through", *((id(row), key_of(rest)) for row, rest in arg.steps), key_of(arg.index))
    return ("items", *(key_of(a) for a in arg.items))


def share(block: Block, mapping: dict[Value, Any], known: dict[Any, Any]) -> None:
    """Replace pure statements, and branches of nothing else, by equal earlier ones that are visible."""
    statements: list[Stmt] = []
    for stmt in block.statements:
        rewrite_operands(stmt, mapping)
        if isinstance(stmt, Apply) and stmt.adjoint and _is_cast_to_itself(stmt):
            mapping[stmt.outs[0]] = stmt.args[0]
            continue
        if isinstance(stmt, Apply) and is_shareable(stmt):
            key = (stmt.primitive.name, id(stmt.primitive), tuple(key_of(a) for a in stmt.args))
            earlier = known.get(key)
            if earlier is not None:
                for old, new in zip(stmt.outs, earlier.outs, strict=True):
                    mapping[old] = new
                    if old.named and not new.named and stmt.adjoint == earlier.adjoint:
                        new.hint, new.named = old.hint, True
                continue
            known[key] = stmt
        elif isinstance(stmt, If):
            for inner in (stmt.then, stmt.orelse):
                share(inner, mapping, dict(known))
            for out, a, b in zip(stmt.outs, stmt.then.yields, stmt.orelse.yields, strict=True):
                if a is b and isinstance(a, Value):
                    mapping[out] = a
            checks = _check_key(stmt, {})
            if checks is not None and known.setdefault(checks, stmt) is not stmt:
                continue
        elif isinstance(stmt, For):
            share(stmt.body, mapping, dict(known))
        elif isinstance(stmt, While):
            share(stmt.test, mapping, dict(known))
            share(stmt.body, mapping, dict(known))
        statements.append(stmt)
    block.statements = statements
    block.yields = tuple(map_arg(y, mapping) for y in block.yields)


def _check_key(stmt: Stmt, numbers: dict[Any, Any]) -> Any:
    """What is equal for statements that are the same pure code; of branches, only if they hand nothing out.

    `numbers` are the values that this code has defined so far.
    """
    if isinstance(stmt, If) and not stmt.outs and not stmt.orelse.statements:
        inner = [_check_key(s, numbers) for s in stmt.then.statements]
        return None if None in inner else ("if", _numbered(key_of(stmt.test), numbers), *inner)
    if not isinstance(stmt, Apply) or not is_shareable(stmt):
        return None
    key = id(stmt.primitive), _numbered(tuple(map(key_of, stmt.args)), numbers)
    for out in stmt.outs:
        numbers[out.serial] = "own", len(numbers)
    return key


def _numbered(key: Any, numbers: dict[Any, Any]) -> Any:
    if isinstance(key, tuple):
        return tuple(_numbered(k, numbers) for k in key)
    return numbers.get(key, key)


def _is_cast_to_itself(stmt: Apply) -> bool:
    """Whether a statement makes a Python number of what is one already."""
    return stmt.primitive.name in ("float(x)", "complex(x)") and typ(stmt.args[0]) == stmt.outs[0].type


def is_shareable(stmt: Apply) -> bool:
    """Pure, and not memory that somebody may go on to change in place."""
    row = stmt.primitive
    if row.effect not in ("pure", "view") or row.name in _COPIES:
        return False
    if row.constant and row.name.split("(")[0] in _FRESH:
        return False
    return not any(isinstance(o.type, (ListOf, Record)) for o in stmt.outs)


# who asks for a copy means to have one of his own
_COPIES = ("x.copy()", "np.copy(a)")
_FRESH = frozenset(
    ["zeros_of", "np.zeros", "np.zeros_like", "np.empty", "np.empty_like", "np.ones", "np.full", "list_make",
     "call", "attribute"]
)  # fmt: skip


def rewrite_operands(stmt: Stmt, mapping: dict[Value, Any]) -> None:
    """Replace what a statement reads directly, not what its blocks read."""
    if not mapping:
        return
    if isinstance(stmt, (Apply, Call)):
        stmt.args = tuple(map_arg(a, mapping) for a in stmt.args)
    elif isinstance(stmt, If):
        stmt.test = map_arg(stmt.test, mapping)
    elif isinstance(stmt, For):
        stmt.range = map_arg(stmt.range, mapping)
        stmt.snapshots = None if stmt.snapshots is None else map_arg(stmt.snapshots, mapping)
        stmt.init = tuple(map_arg(a, mapping) for a in stmt.init)
    else:
        stmt.init = tuple(map_arg(a, mapping) for a in stmt.init)


def remove_dead(block: Block, effects: bool = True, checked: Collection[Stmt] = ()) -> None:
    """Drop statements, loop variables and branch outputs that neither an effect nor a result needs.

    Without `effects`, also those that are there for an effect only; and those that other statements check.
    """

    def stays(stmt: Stmt) -> bool:
        return effects and is_effect(stmt, checked)

    _Liveness(stays).block(block)


def is_effect(stmt: Stmt, checked: Collection[Stmt] = ()) -> bool:
    """Whether a statement has to stay although nothing needs its results.

    Of those that are `checked`, another statement raises the errors.
    """
    if isinstance(stmt, Apply):
        raises = not stmt.adjoint and stmt not in checked and may_raise(stmt)
        return raises or stmt.primitive.effect == "opaque"
    # a loop without an end is an effect, too: a `while` is kept if its test can be false no more than once
    if isinstance(stmt, (If, For, While)):
        return any(is_effect(s, checked) for b in blocks_of(stmt) for s in b.statements)
    return has_effects(stmt.function)


def has_effects(function: Function, seen: frozenset[Function] = frozenset()) -> bool:
    """Whether a call of a function may do something beside computing its results."""
    if function.body is None or function in seen:
        return False
    seen = seen | {function}
    for stmt in all_statements(function.body):
        if isinstance(stmt, Apply) and stmt.primitive.effect == "opaque":
            return True
        if isinstance(stmt, Call) and has_effects(stmt.function, seen):
            return True
    return False


class _Liveness:
    """Backward liveness over structured blocks; `live` holds what later statements read."""

    def __init__(self, stays: Callable[[Stmt], bool]) -> None:
        self.live: set[Value] = set()
        self.stays = stays

    def block(self, block: Block) -> None:
        self.live.update(values_in(block.yields))
        kept: list[Stmt] = []
        for stmt in reversed(block.statements):
            if not self.stays(stmt) and not any(o in self.live for o in stmt.outs):
                continue
            if isinstance(stmt, If):
                self._if(stmt)
            elif isinstance(stmt, (For, While)):
                self._loop(stmt)
            self.live.update(operands(stmt))
            kept.append(stmt)
        block.statements = kept[::-1]

    def _if(self, stmt: If) -> None:
        wanted = [k for k, o in enumerate(stmt.outs) if o in self.live]
        stmt.outs = tuple(stmt.outs[k] for k in wanted)
        for inner in (stmt.then, stmt.orelse):
            inner.yields = tuple(inner.yields[k] for k in wanted)
            self.block(inner)

    def _loop(self, stmt: For | While) -> None:
        shift = 1 if isinstance(stmt, For) else 0
        first = 1 if stmt.stops else 0
        params, yields = carried_params(stmt), stmt.body.yields[first:]
        keep = sorted(_wanted(stmt, self.live, self.stays)[0])
        stmt.outs = tuple(stmt.outs[k] for k in keep)
        stmt.init = tuple(stmt.init[k] for k in keep)
        stmt.body.params = (*stmt.body.params[:shift], *(params[k] for k in keep))
        stmt.body.yields = (*stmt.body.yields[:first], *(yields[k] for k in keep))
        self.block(stmt.body)
        if isinstance(stmt, While):
            stmt.test.params = tuple(stmt.test.params[k] for k in keep)
            self.block(stmt.test)


def _wanted(
    stmt: For | While, live: set[Value], stays: Callable[[Stmt], bool]
) -> tuple[set[int], set[Value]]:
    """Which of the values that a loop carries matter if `live` is read behind it, and what it reads then."""
    params, yields = carried_params(stmt), carried_yields(stmt)
    tested = stmt.test.params if isinstance(stmt, While) else params
    wanted = {k for k, o in enumerate(stmt.outs) if o in live}
    while True:
        reads = _reads_of_body(stmt, [yields[k] for k in sorted(wanted)], stays)
        more = {k for k, p in enumerate(params) if p in reads or tested[k] in reads}
        if more <= wanted:
            return wanted, reads
        wanted |= more


def _reads_of_body(stmt: For | While, wanted: list[Any], stays: Callable[[Stmt], bool]) -> set[Value]:
    """What a loop reads, in itself and its blocks, if only the `wanted` yields matter; nothing is changed."""
    found: set[Value] = set(values_in(wanted))
    if stmt.stops:
        found.update(values_in(stmt.body.yields[:1]))
    _collect(stmt.body, found, stays)
    if isinstance(stmt, While):
        found.update(values_in(stmt.test.yields))
        _collect(stmt.test, found, stays)
    return found


def _collect(block: Block, found: set[Value], stays: Callable[[Stmt], bool]) -> None:
    for stmt in reversed(block.statements):
        if not stays(stmt) and not any(o in found for o in stmt.outs):
            continue
        if isinstance(stmt, (For, While)):
            wanted, reads = _wanted(stmt, found, stays)
            found.update(reads)
            found.update(values_in(stmt.init[k] for k in wanted))
            if isinstance(stmt, For):
                found.update(values_in((*stmt.range, *(() if stmt.snapshots is None else (stmt.snapshots,)))))
            continue
        found.update(operands(stmt))
        if isinstance(stmt, If):
            for inner in (stmt.then, stmt.orelse):
                found.update(
                    a
                    for o, a in zip(stmt.outs, inner.yields, strict=True)
                    if o in found and isinstance(a, Value)
                )
                if any(o in found for o in stmt.outs) or stays(stmt):
                    _collect(inner, found, stays)
