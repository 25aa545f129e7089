"""Whether NumPy accepts operands of certain types, found by asking it.

In: a statement. Out: whether its function returns for stand-ins of its operands: for arrays, ones of lengths
that are equal only where the types say so, and then with lengths of 1 and 0; for sequences of unknown length,
short and empty ones; for what nothing is known of, arrays of some ranks. What passes all that raises for no
shape. Not for functions that are not defined for all numbers (`Primitive.decisive`), and not for indices:
numbers are taken to be 1.
"""

from __future__ import annotations

import builtins
import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir.nodes import Apply, Arg, Items, Literal, Slice, Value, leaves
from ..ir.types import FLOAT, Array, Dim, ListOf, Scalar, ShapeOf, Size, Type, Unknown
from ..rules.rule import REQUIRED, Primitive, find, form_of
from ..rules.typing import typ
from .common import key_of

_LENGTHS = (2, 3, 5, 7, 11, 13)
_LARGEST = 64
_WHOLE_NUMBERS = (0, 7, -7)
# what an array of which nothing is known may have
_RANKS = (0, 1, 2, 3)
_found: dict[Any, bool] = {}
_MOST_FOUND = 4096


class _Unknown(Exception):
    """An operand of which there is no stand-in."""


def accepted(stmt: Apply) -> bool:
    """Whether a statement is known to raise for no operands of its types, whatever their numbers are."""
    key = stmt.primitive.name, id(stmt.primitive), tuple(map(_key, stmt.args))
    if key not in _found:
        if len(_found) >= _MOST_FOUND:
            _found.clear()
        _found[key] = _is_accepted(stmt)
    return _found[key]


def is_callable(row: Primitive) -> bool:
    """Whether a row is a function that programs call, and not a helper of derivatives."""
    form = form_of(row.name)
    root = form.key.partition(".")[0]
    return form.kind != "function" or root in ("np", "math") or hasattr(builtins, root)


def _key(arg: Arg) -> Any:
    """What is equal for operands that have the same stand-ins."""
    if isinstance(arg, Value):
        return arg.type
    if isinstance(arg, (tuple, Items)):
        parts = arg if isinstance(arg, tuple) else arg.items
        return (type(arg), *map(_key, parts))
    return key_of(arg) if isinstance(arg, Literal) else ("slice", *map(_key, (arg.start, arg.stop, arg.step)))  # type: ignore[union-attr]


def _is_accepted(stmt: Apply) -> bool:
    try:
        run = _runner(stmt.primitive)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for few, rank in itertools.product((None, 1, 0), _RANKS if _has_unknown(stmt) else (0,)):
                lengths = _Lengths(stmt, few, rank)
                for number in _WHOLE_NUMBERS if lengths.has_integers else _WHOLE_NUMBERS[:1]:
                    run([lengths.stand_in(arg, number) for arg in stmt.args])
    except Exception:
        # this is the question: any error says that the statement may raise, and so it stays
        return False
    return True


def _runner(row: Primitive) -> Callable[[list[Any]], Any]:
    """The function of a row, of one operand for each parameter."""
    form = form_of(row.name)
    if form.kind == "operator":
        code = compile(row.name, "<row>", "eval")
        return lambda values: eval(code, dict(zip(row.index, values, strict=True)))
    if form.kind == "attribute":
        return lambda values: getattr(values[0], form.key)

    def run(values: list[Any]) -> Any:
        positional: list[Any] = []
        keywords: dict[str, Any] = {}
        for param, value in zip(row.params, values, strict=True):
            if param.star:
                positional.extend(value)
            elif param.default is REQUIRED:
                positional.append(value)
            elif value is not param.default:
                keywords[param.name] = value
        if form.kind == "method":
            return getattr(positional[0], form.key)(*positional[1:], **keywords)
        return find(form.key, row.namespace)(*positional, **keywords)

    return run


class _Lengths:
    """The lengths of the axes in the operands of a statement; `few` is what those have that may be short,
    and `rank` of how many axes arrays are of which nobody knows.
    """

    def __init__(self, stmt: Apply, few: int | None, rank: int) -> None:
        self.few = few
        self.rank = rank
        self.found: list[tuple[frozenset[str], int]] = []
        types = [typ(a) for a in leaves(stmt.args)]
        self.has_integers = any(isinstance(t, Scalar) and _is_free_integer(t) for t in types)
        taken = {n for t in types if isinstance(t, (Array, ShapeOf)) for n in t.shape or ()}
        self.lengths = iter([n for n in _LENGTHS if n not in taken])

    def length(self, size: Size) -> int:
        if isinstance(size, int):
            return size if size <= _LARGEST else self._different(Dim(str(size)))
        if size is None or self.few is None or (self.few == 1 and size.many):
            return self._different(size)
        return self.few

    def _different(self, size: Dim | None) -> int:
        keys = frozenset() if size is None else size.keys
        same = [k for k, (others, _) in enumerate(self.found) if not keys.isdisjoint(others)]
        n = self.found[same[0]][1] if same else next(self.lengths, None)
        if n is None or len({self.found[k][1] for k in same}) > 1:
            raise _Unknown
        self.found.append((keys, n))
        return n

    def stand_in(self, arg: Arg, number: int) -> Any:
        if isinstance(arg, Literal):
            large = isinstance(arg.value, int) and abs(arg.value) > _LARGEST
            # what is made of so many elements raises as what is made of fewer does
            return max(-_LARGEST, min(arg.value, _LARGEST)) if large else arg.value
        if isinstance(arg, tuple):
            return tuple(self.stand_in(a, number) for a in arg)
        if isinstance(arg, Items):
            return [self.stand_in(a, number) for a in arg.items]
        if isinstance(arg, Slice):
            return slice(*(self.stand_in(a, number) for a in (arg.start, arg.stop, arg.step)))
        if not isinstance(arg, Value):
            raise _Unknown
        return self._of_type(arg.type, number)

    def _of_type(self, t: Type, number: int) -> Any:
        if isinstance(t, Array) and t.shape is not None:
            return np.ones(tuple(map(self.length, t.shape)), t.dtype or "float64")
        if isinstance(t, ShapeOf) and t.shape is not None:
            return tuple(map(self.length, t.shape))
        if isinstance(t, (Unknown, Array)):
            return np.ones([self._different(None) for _ in range(self.rank)])
        if isinstance(t, ListOf):
            return [] if self.few == 0 else [self._of_type(t.element or FLOAT, number) for _ in range(2)]
        if not isinstance(t, Scalar):
            raise _Unknown
        if t.size is not None:
            return self.length(t.size)
        value = number if _is_free_integer(t) else np.ones((), t.dtype)
        return np.dtype(t.dtype).type(value) if t.origin == "np" else np.asarray(value).item()


def _has_unknown(stmt: Apply) -> bool:
    types = {typ(a) for a in leaves(stmt.args)}
    types |= {t.element for t in types if isinstance(t, ListOf) and t.element is not None}
    return any(isinstance(t, Unknown) or (isinstance(t, Array) and t.shape is None) for t in types)


def _is_free_integer(t: Scalar) -> bool:
    return t.size is None and t.dtype[0] == "i"
