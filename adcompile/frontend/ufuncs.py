"""Methods of NumPy's element-wise functions: `np.add.reduce`, `np.multiply.outer`, `np.maximum.at`.

In: a function, the name of a method and abstract arguments. Out: the abstract result, by the function that
NumPy has for that, or by the function itself. Not for calls of the functions: those have rows.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from .. import library
from ..ir.nodes import Literal, Value
from ..ir.types import Scalar, dtype_of, shape_of
from ..rules.indexing import GETITEM, INDEX_ADD_AT, is_distinct
from ..rules.rule import FUNCTIONS
from ..rules.typing import typ
from .definitions import call_defined
from .parse import Parser
from .primitives import as_operand, to_index
from .values import NONE, is_atom
from .writes import cast_in_place, target_of, write

_REDUCED: dict[Any, tuple[Any, str]] = {
    np.add: (np.sum, "np.sum"),
    np.multiply: (np.prod, "np.prod"),
    np.maximum: (np.max, "np.max"),
    np.minimum: (np.min, "np.min"),
    np.logical_and: (np.all, "np.all"),
    np.logical_or: (np.any, "np.any"),
}
_ACCUMULATED: dict[Any, tuple[Any, str]] = {
    np.add: (np.cumsum, "np.cumsum"),
    np.multiply: (np.cumprod, "np.cumprod"),
    np.maximum: (np.maximum.accumulate, "np.maximum.accumulate"),
    np.minimum: (np.minimum.accumulate, "np.minimum.accumulate"),
}


def method_of(obj: Any) -> tuple[np.ufunc, str] | None:
    """The function and the name of the method, if `obj` is one that is understood."""
    ufunc, name = getattr(obj, "__self__", None), getattr(obj, "__name__", "")
    if not isinstance(ufunc, np.ufunc):
        return None
    known = {
        "reduce": ufunc in _REDUCED or _is_followed(ufunc),
        "accumulate": ufunc in _ACCUMULATED or _is_followed(ufunc),
        "outer": ufunc.nin == 2 and ufunc.signature is None,
        "at": ufunc.nin == 2 and ufunc.nout == 1,
    }
    return (ufunc, name) if known.get(name) else None


def _is_followed(ufunc: np.ufunc) -> bool:
    """Whether the function has derivatives by two operands, so that it can be applied to them one by one."""
    row = FUNCTIONS.get(ufunc)
    return ufunc.nin == 2 and row is not None and len(row.pullbacks) == 2


def call_method(
    p: Parser, ufunc: np.ufunc, name: str, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    """ufunc.name(*args, **keywords)"""
    if name == "at":
        return _at(p, ufunc, args, keywords, node)
    if name == "outer":
        return _outer(p, ufunc, args, keywords, node)
    if ufunc not in (_REDUCED if name == "reduce" else _ACCUMULATED):
        definition = library.reduced if name == "reduce" else library.accumulated
        original = Literal(getattr(ufunc, name), f"np.{ufunc.__name__}.{name}")
        return call_defined(p, original, definition, args, keywords, node, _itself(ufunc))
    function, spelling = (_REDUCED if name == "reduce" else _ACCUMULATED)[ufunc]
    given = dict(zip(("array", "axis", "dtype", "out", "keepdims"), args, strict=False)) | keywords
    given.setdefault("axis", Literal(0))
    array = given.pop("array")
    return p.call(Literal(function, spelling), [array], given, node)


def _outer(p: Parser, ufunc: np.ufunc, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    """All pairs of elements: the first operand gets an axis of length 1 for each of the second."""
    if len(args) != 2:
        p.raise_at(TypeError(f"outer() takes exactly 2 arguments ({len(args)} given)"))
    first, second = (_array(p, a, node) for a in args)
    ranks = [shape_of(typ(p.memory.current(a))) for a in (first, second)]
    if None in ranks:
        p.no_derivative("AD209", f"`np.{ufunc.__name__}.outer` of an array whose axes are not known", node,
                        "arrays of a known number of axes")  # fmt: skip
    if ranks[0] and ranks[1]:
        first = p.builder.apply(GETITEM, first, (Literal(Ellipsis), *[Literal(None)] * len(ranks[1])))
    return p.call(_itself(ufunc), [first, second], keywords, node)


def _array(p: Parser, value: Any, node: ast.AST) -> Any:
    """An operand as these methods take it: a Python number is an array of its own dtype to them."""
    found = as_operand(p, value, node)
    t = typ(found)
    is_number = isinstance(t, Scalar) and t.origin != "np"
    return p.builder.expand("np.asarray(x)", x=found) if is_number else found


def _itself(ufunc: np.ufunc) -> Literal:
    return Literal(ufunc, f"np.{ufunc.__name__}")


def _at(p: Parser, ufunc: np.ufunc, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    """What is at some places is replaced by the function of it; at repeated places repeatedly."""
    if len(args) != 3 or keywords:
        p.raise_at(TypeError("second operand needed for ufunc"))
    array, value = target_of(p, args[0], f"np.{ufunc.__name__}.at", node), _array(p, args[2], node)
    at = to_index(p, args[1], node)
    if ufunc in (np.add, np.subtract) and (dtype_of(array.type) or "f")[0] in "fc":
        value = value if ufunc is np.add else p.builder.expand("-x", x=value)
        write(p, array, at, cast_in_place(p, array, value, node), node, INDEX_ADD_AT)
        return NONE
    if is_distinct(at):
        old = p.builder.apply(GETITEM, array, at)
        result = p.call(_itself(ufunc), [old, value], {}, node)
        write(p, array, at, cast_in_place(p, array, result, node), node)
        return NONE
    if not isinstance(at, Value) or len(shape_of(at.type) or ()) != 1 or not is_atom(value):
        p.no_derivative("AD206", f"`np.{ufunc.__name__}.at` with this index is not understood", node,
                        "one array of integers with one axis; or a loop over the places")  # fmt: skip
    p.call(Literal(_one_by_one), [_itself(ufunc), array, at, value], {}, node)
    return NONE


def _one_by_one(ufunc, array, at, value):  # type: ignore[no-untyped-def]
    """What `ufunc.at` does, compiled as programs are."""
    values = np.broadcast_to(value, np.shape(array[at]))
    for k in range(np.size(at)):
        array[at[k]] = ufunc(array[at[k]], values[k])
