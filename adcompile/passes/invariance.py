"""Extremes that only shift an exponent: values on which no result depends, although it is computed from them.

In: a block and those of its yields that are differentiated. Out: the results of `np.max` and `np.min` in it
through which no derivative passes, so that both modes may take them for constants. `softmax`, `logsumexp`
and their kin subtract a maximum to keep `exp` from overflowing, and all that it contributes cancels. Not for
values that nothing reads, and not for what depends on no input: that is `passes.activity`.

Why it is exact. Let t be such a value, an array, and δ any array of its shape. For every value v that is
computed from t one of these is shown, as an identity of real functions, the other operands held fixed:

    v(t + δ) = v(t)                    invariant
    v(t + δ) = v(t) + k δ              a shift by k
    v(t + δ) = v(t) exp(k δ)           a scale by k

where k is a constant and δ is laid along axes of v, constant along all others. Whatever is not understood
*depends*. If all that leaves the block of t is invariant, then ∂/∂t of it is zero at every point, the chain
rule adds zero for t, and leaving t out changes no derivative. Two such values may be left out together:
if G(x, s, t) does not depend on t, and G(x, s, t(x, s)) not on s, then ∂G/∂s is zero as well. Integers,
truth values and the operands for which a row has no derivative are held fixed, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isfinite, isinf

from ..ir.nodes import (
    UNDEFINED,
    Apply,
    Arg,
    Atom,
    Block,
    Call,
    For,
    If,
    Literal,
    Slice,
    Stmt,
    Value,
    While,
    all_statements,
    blocks_of,
    free_values,
    operands,
    values_in,
)
from ..ir.types import Size, is_differentiable, is_many, same_size, shape_of
from ..rules.indexing import GETITEM, index_parts, is_whole, with_ellipsis
from ..rules.results import moved_axes, swapped_axes, transposed_axes
from ..rules.typing import axes_of, known, typ, value_of
from .activity import carried_params, carried_yields, depends

# for every axis of a value, the axis of t along which its share of δ varies
Axes = tuple[int | None, ...]


@dataclass(frozen=True)
class _Change:
    """How a value changes with t: `kind` is "shift" or "scale", or "depends" where it is not known."""

    kind: str
    k: Fraction = Fraction(0)
    axes: Axes = ()


_DEPENDS = _Change("depends")
Changes = dict[Value, _Change]
_EXTREMES = ("np.max", "np.min", "np.amax", "np.amin")


def without_influence(block: Block, wanted: Iterable[Atom]) -> set[Value]:
    """The extremes in a block on which what is wanted of it does not depend."""
    found: set[Value] = set()
    applied = [s for s in all_statements(block) if isinstance(s, Apply)]
    if any(_name(s) in _EXTREMES for s in applied):
        definitions = {out: s for s in applied for out in s.outs}
        _search(block, tuple(wanted), definitions, found)
    return found


def _search(
    block: Block, leaving: tuple[Atom, ...], definitions: Mapping[Value, Apply], found: set[Value]
) -> None:
    for at, stmt in enumerate(block.statements):
        for inner in blocks_of(stmt):
            _search(inner, inner.yields, definitions, found)
        if not isinstance(stmt, Apply) or _name(stmt) not in _EXTREMES:
            continue
        (t,) = stmt.outs
        shape = shape_of(t.type)
        if shape is None or not is_differentiable(t.type):
            continue
        axes = tuple(None if n == 1 else axis for axis, n in enumerate(shape))
        seen = _Seen({t: _Change("shift", Fraction(1), axes)}, definitions)
        for later in block.statements[at + 1 :]:
            _statement(later, seen)
        if not seen.escaped and not any(v in seen.changes for v in values_in(leaving)):
            found.add(t)


def _name(stmt: Apply) -> str:
    return stmt.primitive.name.split("(")[0]


# -- statements ----------------------------------------------------------------------------------------------


def _statement(stmt: Stmt, seen: _Seen) -> None:
    if isinstance(stmt, Apply):
        _apply(stmt, seen)
    elif isinstance(stmt, If):
        _branches(stmt, seen)
    elif not _reads_any(stmt, seen):
        return
    elif isinstance(stmt, Call):
        seen.escaped = True
    elif not _carries_nothing(stmt, seen):
        seen.add(stmt.outs, _DEPENDS)


def _reads_any(stmt: Stmt, seen: _Seen) -> bool:
    captured = (v for block in blocks_of(stmt) for v in free_values(block))
    return any(v in seen.changes for v in (*operands(stmt), *captured))


def _apply(stmt: Apply, seen: _Seen) -> None:
    if not any(v in seen.changes for v in depends(stmt)):
        return
    seen.escaped |= stmt.primitive.effect == "opaque"
    rule = _RULES.get(stmt.primitive.name) or _RULES.get(_name(stmt))
    change = rule(stmt, seen) if rule is not None and len(stmt.outs) == 1 else _DEPENDS
    if change is not None and (change.k or change.kind == "depends"):
        seen.add(stmt.outs, change)


def _branches(stmt: If, seen: _Seen) -> None:
    for inner in (stmt.then, stmt.orelse):
        for s in inner.statements:
            _statement(s, seen)
    for out, *atoms in zip(stmt.outs, stmt.then.yields, stmt.orelse.yields, strict=True):
        found = {seen.of(a) for a in atoms if a is not UNDEFINED}
        if found != {None}:
            same = found.pop() if len(found) == 1 else None
            seen.add((out,), _DEPENDS if same is None else same)


def _carries_nothing(stmt: For | While, seen: _Seen) -> bool:
    """Whether a loop that reads what depends on t hands on nothing that does."""
    if any(v in seen.changes for v in operands(stmt)):
        return False
    for block in blocks_of(stmt):
        for s in block.statements:
            _statement(s, seen)
    carried = zip(carried_params(stmt), carried_yields(stmt), strict=True)
    return not any(y in seen.changes and is_differentiable(p.type) for p, y in carried)


# -- rules ---------------------------------------------------------------------------------------------------


class _Seen:
    """How the values seen so far change with t, and what defines each value."""

    def __init__(self, changes: Changes, definitions: Mapping[Value, Apply]) -> None:
        self.changes = changes
        self.definitions = definitions
        # whether a function or an object that is not looked into was given what depends on t
        self.escaped = False

    def add(self, outs: Iterable[Value], change: _Change) -> None:
        """Enter results; those that carry no derivative are held fixed."""
        self.changes.update((out, change) for out in outs if is_differentiable(out.type))

    def of(self, arg: Arg) -> _Change | None:
        """How an operand changes, None if it does not."""
        if isinstance(arg, Value):
            return self.changes.get(arg)
        return _DEPENDS if any(v in self.changes for v in values_in((arg,))) else None

    def spread(self, arg: Arg, out: Value) -> _Change | None:
        """How an operand of an element-wise statement changes, laid along the axes of the result."""
        change = self.of(arg)
        if change is None or change.kind == "depends":
            return change
        own, whole = shape_of(typ(arg)), shape_of(out.type)
        if own is None or whole is None or len(own) > len(whole):
            return _DEPENDS
        before = len(whole) - len(own)
        # an axis along which δ varies may not be stretched: δ would no longer be that of its place
        for axis, n, size in zip(change.axes, own, whole[before:], strict=True):
            if axis is not None and not _alike(n, size):
                return _DEPENDS
        return replace(change, axes=(*(None,) * before, *change.axes))

    def counted_axis(self, part: Arg) -> int | None:
        """The axis, from the last one, along which an index array counts 0, 1, 2, ...; None if it does not.

        It counts two or more, so nothing that it is paired with repeats it.
        """
        stmt = self.definitions.get(part) if isinstance(part, Value) else None
        if stmt is not None and stmt.primitive is GETITEM and isinstance(stmt.args[0], Value):
            index = index_parts(stmt.args[1])
            if not all(_is_constant(p, None) or is_whole(p) for p in index) or sum(map(is_whole, index)) != 1:
                return None
            found = self.counted_axis(stmt.args[0])
            return None if found is None else [is_whole(p) for p in index].index(True) - len(index)
        if stmt is None or _name(stmt) != "np.arange":
            return None
        if not all(_is_constant(a, None) for a in stmt.args[1:3]):
            return None
        shape = shape_of(stmt.outs[0].type)
        return -1 if shape is not None and len(shape) == 1 and is_many(shape[0]) else None


def _alike(a: Size, b: Size) -> bool:
    """Whether two axes that fit each other are equally long."""
    return same_size(a, b) or (is_many(a) and is_many(b))


def _combined(kind: str, parts: Sequence[tuple[int, _Change | None]]) -> _Change | None:
    """The sum of shifts, or the product of scales, each times a sign."""
    total, axes = Fraction(0), None
    for sign, change in parts:
        if change is None:
            continue
        if change.kind != kind or (axes is not None and axes != change.axes):
            return _DEPENDS
        total, axes = total + sign * change.k, change.axes
    return None if axes is None else _Change(kind, total, axes)


def _sum(sign: int) -> Callable[[Apply, _Seen], _Change | None]:
    def rule(stmt: Apply, seen: _Seen) -> _Change | None:
        x, y = (seen.spread(a, stmt.outs[0]) for a in stmt.args[:2])
        if x is not None and y is not None and x.kind == "scale" and x == y:
            return x
        return _combined("shift", ((1, x), (sign, y)))

    return rule


def _product(sign: int) -> Callable[[Apply, _Seen], _Change | None]:
    def rule(stmt: Apply, seen: _Seen) -> _Change | None:
        a, b = stmt.args[:2]
        x, y = seen.spread(a, stmt.outs[0]), seen.spread(b, stmt.outs[0])
        for change, other in ((x, b), (y, a)):
            if change is not None and change.kind == "shift":
                factor = _number(other)
                if factor is None or (sign < 0 and change is y):
                    return _DEPENDS
                return replace(change, k=change.k * (factor if sign > 0 else 1 / factor))
        return _combined("scale", ((1, x), (sign, y)))

    return rule


def _number(arg: Arg) -> Fraction | None:
    """A constant factor, exactly, None if it is not known or zero."""
    value = arg.value if isinstance(arg, Literal) else None
    return Fraction(value) if type(value) in (int, float) and value and isfinite(value) else None


def _negative(stmt: Apply, seen: _Seen) -> _Change | None:
    change = seen.spread(stmt.args[0], stmt.outs[0])
    return replace(change, k=-change.k) if change is not None and change.kind == "shift" else change


def _turn(before: str, after: str) -> Callable[[Apply, _Seen], _Change | None]:
    """The rule of `exp`, which makes a scale of a shift, and of `log`."""

    def rule(stmt: Apply, seen: _Seen) -> _Change | None:
        change = seen.spread(stmt.args[0], stmt.outs[0])
        return replace(change, kind=after) if change is not None and change.kind == before else _DEPENDS

    return rule


def _scaled(power: Fraction) -> Callable[[Apply, _Seen], _Change | None]:
    def rule(stmt: Apply, seen: _Seen) -> _Change | None:
        change = seen.spread(stmt.args[0], stmt.outs[0])
        if change is None or change.kind != "scale":
            return _DEPENDS
        return replace(change, k=change.k * power)

    return rule


def _power(stmt: Apply, seen: _Seen) -> _Change | None:
    exponent = _number(stmt.args[1])
    return _DEPENDS if exponent is None else _scaled(exponent)(stmt, seen)


def _alternatives(stmt: Apply, seen: _Seen) -> _Change | None:
    """Elements of one operand or the other: both have to change alike.

    Zero times exp(k δ) is zero, and infinity plus k δ is infinity.
    """
    found = set()
    for arg in stmt.args[-2:]:
        change = seen.spread(arg, stmt.outs[0])
        value = arg.value if isinstance(arg, Literal) and type(arg.value) in (int, float) else None
        neutral = {"scale": value == 0, "shift": value is not None and isinf(value)}
        found.add((change, neutral["scale"], neutral["shift"]))
    changes = {change for change, *_ in found if change is not None}
    if len(changes) != 1:
        return _DEPENDS
    (change,) = changes
    fixed = [scale if change.kind == "scale" else shift for c, scale, shift in found if c is None]
    return change if all(fixed) else _DEPENDS


def _extreme(stmt: Apply, seen: _Seen) -> _Change | None:
    """The rule of `maximum`, `minimum` and `logaddexp`: a shift of both operands is one of the result."""
    change = _alternatives(stmt, seen)
    scaled = change is not None and change.kind == "scale"
    return _DEPENDS if scaled and _name(stmt) == "np.logaddexp" else change


def _stretched(stmt: Apply, seen: _Seen) -> _Change | None:
    return seen.spread(stmt.args[0], stmt.outs[0])


def _reduction(kinds: tuple[str, ...]) -> Callable[[Apply, _Seen], _Change | None]:
    """The rule of a reduction that takes shifts, scales or both out of itself."""

    def rule(stmt: Apply, seen: _Seen) -> _Change | None:
        args = dict(zip((p.name for p in stmt.primitive.params), stmt.args, strict=True))
        change, initial = seen.of(args["a"]), args.get("initial")
        if change is None or change.kind not in kinds or not (initial is None or _is_constant(initial, None)):
            return _DEPENDS
        reduced = axes_of(args["axis"], len(change.axes))
        if reduced is None or not known(args["keepdims"]) or any(change.axes[k] is not None for k in reduced):
            return _DEPENDS
        keep = bool(value_of(args["keepdims"]))
        return replace(change, axes=tuple(b for k, b in enumerate(change.axes) if keep or k not in reduced))

    return rule


def _permuted(order: Callable[..., tuple[int, ...]]) -> Callable[[Apply, _Seen], _Change | None]:
    def rule(stmt: Apply, seen: _Seen) -> _Change | None:
        change = seen.of(stmt.args[0])
        if change is None or change.kind == "depends" or not all(map(known, stmt.args[1:])):
            return _DEPENDS
        axes = order(len(change.axes), *map(value_of, stmt.args[1:]))
        return replace(change, axes=tuple(change.axes[k] for k in axes))

    return rule


def _expanded(stmt: Apply, seen: _Seen) -> _Change | None:
    change, whole = seen.of(stmt.args[0]), shape_of(stmt.outs[0].type)
    if change is None or change.kind == "depends" or whole is None or not known(stmt.args[1]):
        return _DEPENDS
    new = axes_of(stmt.args[1], len(whole)) or ()
    rest = iter(change.axes)
    return replace(change, axes=tuple(None if k in new else next(rest) for k in range(len(whole))))


def _squeezed(stmt: Apply, seen: _Seen) -> _Change | None:
    change = seen.of(stmt.args[0])
    if change is None or change.kind == "depends" or _is_constant(stmt.args[1], None):
        return _DEPENDS
    gone = axes_of(stmt.args[1], len(change.axes))
    if gone is None or any(change.axes[k] is not None for k in gone):
        return _DEPENDS
    return replace(change, axes=tuple(b for k, b in enumerate(change.axes) if k not in gone))


def _item(stmt: Apply, seen: _Seen) -> _Change | None:
    """Reading at an index: along an axis where δ varies everything, in order."""
    change, whole = seen.of(stmt.args[0]), shape_of(stmt.outs[0].type)
    if change is None or change.kind == "depends" or whole is None:
        return _DEPENDS
    parts = with_ellipsis(index_parts(stmt.args[1]))
    arrays = [p for p in parts if isinstance(p, Value) and shape_of(p.type) != ()]
    picked: list[int | None] = [None] * max((len(shape_of(p.type) or ()) for p in arrays), default=0)
    taken = sum(not _is_constant(p, None) and not _is_constant(p, Ellipsis) for p in parts)
    axes: list[int | None] = []
    places: list[int] = []
    at = 0
    for place, part in enumerate(parts):
        if _is_constant(part, None):
            axes.append(None)
            continue
        if _is_constant(part, Ellipsis):
            rest = len(change.axes) - taken
            axes += change.axes[at : at + rest]
            at += rest
            continue
        along = change.axes[at] if at < len(change.axes) else None
        at += 1
        if isinstance(part, Slice):
            if along is not None and not is_whole(part):
                return _DEPENDS
            axes.append(along)
            continue
        if not places:
            first = len(axes)
        places.append(place)
        if along is not None:
            counted = seen.counted_axis(part)
            if counted is None:
                return _DEPENDS
            picked[counted] = along
    if not arrays:
        return replace(change, axes=tuple(axes)) if len(axes) == len(whole) else _DEPENDS
    first = first if places[-1] - places[0] == len(places) - 1 else 0
    axes[first:first] = picked
    return replace(change, axes=tuple(axes)) if len(axes) == len(whole) else _DEPENDS


def _is_constant(part: Arg, value: object) -> bool:
    return isinstance(part, Literal) and part.value is value


def _matrix_product(stmt: Apply, seen: _Seen) -> _Change | None:
    """A product of matrices of which one is scaled, along an axis that is not summed."""
    x, y = (seen.of(a) for a in stmt.args)
    change = x or y
    ranks = [len(shape_of(typ(a)) or ()) for a in stmt.args]
    if change is None or change.kind != "scale" or (x and y) or ranks != [2, 2]:
        return _DEPENDS
    kept, summed = change.axes if x else change.axes[::-1]
    if summed is not None:
        return _DEPENDS
    return replace(change, axes=(kept, None) if x else (None, kept))


_BOTH = ("shift", "scale")
_IDENTITY = _permuted(lambda rank: tuple(range(rank)))
_RULES: dict[str, Callable[[Apply, _Seen], _Change | None]] = {
    "x + y": _sum(1),
    "x - y": _sum(-1),
    "x * y": _product(1),
    "x / y": _product(-1),
    "-x": _negative,
    "+x": _IDENTITY,
    "x ** y": _power,
    "x[i]": _item,
    "x @ y": _matrix_product,
    "x.T": _permuted(transposed_axes),
    "np.add": _sum(1),
    "np.subtract": _sum(-1),
    "np.multiply": _product(1),
    "np.divide": _product(-1),
    "np.negative": _negative,
    "np.exp(x)": _turn("shift", "scale"),
    "np.log(x)": _turn("scale", "shift"),
    "math.exp(x)": _turn("shift", "scale"),
    "math.log(x)": _turn("scale", "shift"),
    "np.sqrt": _scaled(Fraction(1, 2)),
    "np.square": _scaled(Fraction(2)),
    "np.reciprocal": _scaled(Fraction(-1)),
    "np.power": _power,
    "np.where": _alternatives,
    "np.maximum": _extreme,
    "np.minimum": _extreme,
    "np.logaddexp": _extreme,
    "np.sum": _reduction(("scale",)),
    "np.mean": _reduction(_BOTH),
    **dict.fromkeys(_EXTREMES, _reduction(_BOTH)),
    "np.copy": _IDENTITY,
    "x.copy()": _IDENTITY,
    "np.broadcast_to": _stretched,
    "np.expand_dims": _expanded,
    "np.squeeze": _squeezed,
    "np.transpose": _permuted(transposed_axes),
    "np.swapaxes": _permuted(swapped_axes),
    "np.moveaxis": _permuted(moved_axes),
}
