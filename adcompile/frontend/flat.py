"""`array.flat`, and the functions of NumPy that count the elements of an array in one row.

In: an array and places in it, counted with the last index changing fastest. Out: what is there, or nothing
where it is written. Of what is written there are as many values as places: NumPy repeats them, or leaves the
rest out. Not for iterating over `array.flat`: that is `iterate`.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from ..ir.nodes import Literal, Slice, Value
from ..ir.types import shape_of
from ..passes.cotangents import same_shape
from ..rules.indexing import GETITEM
from ..rules.typing import typ
from .memory import is_array
from .parse import Parser
from .primitives import as_operand, to_index
from .unravel import places, unravelled
from .values import NONE, Flat
from .writes import WHOLE, target_of, write


def get_flat_item(p: Parser, flat: Flat, index: Any, node: ast.AST) -> Any:
    """array.flat[index]: a number, or a new array."""
    _refuse_unknown(p, flat.array, node)
    found = p.builder.apply(GETITEM, flat.array, unravelled(p, flat.array, to_index(p, index, node)))
    return p.builder.expand("x.copy()", x=found) if is_array(found) else found


def _refuse_unknown(p: Parser, array: Value, node: ast.AST) -> None:
    if not shape_of(array.type):
        p.refuse("AD113", "this counts the elements of an array whose axes are not known", node,
                 "an array of a known number of axes")  # fmt: skip


def set_flat_item(p: Parser, flat: Flat, index: Any, value: Any, node: ast.AST) -> None:
    """array.flat[index] = value."""
    array = target_of(p, flat.array, "flat", node)
    _write(p, array, to_index(p, index, node), as_operand(p, value, node), node)


def set_flat(p: Parser, array: Value, value: Any, node: ast.AST) -> None:
    """array.flat = value"""
    none = Literal(None)
    _write(p, target_of(p, array, "flat", node), Slice(none, none, none), as_operand(p, value, node), node)


def _write(p: Parser, array: Value, at: Any, value: Any, node: ast.AST) -> None:
    """Write at places that are counted in one row."""
    _refuse_unknown(p, array, node)
    value = p.memory.current(value)
    if shape_of(typ(value)) != ():
        value = _as_many(p, value, array, at)
    write(p, array, unravelled(p, array, at), value, node)


def _as_many(p: Parser, value: Any, array: Value, at: Any) -> Any:
    """The values in one row, as many as there are places."""
    if isinstance(at, Value) and len(shape_of(at.type) or ()) == 1 and at.type.dtype != "bool":  # type: ignore[attr-defined]
        selected = at
    else:
        selected = places(p, array, at)
    if same_shape(shape_of(typ(value)), shape_of(typ(selected))):
        return value
    row = p.builder.expand("np.ravel(x)", x=value)
    return p.builder.expand("x[np.arange(np.size(at)) % np.size(x)]", x=row, at=selected)


# -- functions -----------------------------------------------------------------------------------------------


def _put(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    array = target_of(p, args[0], "np.put", node)
    if len(args) != 3 or keywords:
        p.refuse("AD202", "`np.put` with these options is not understood", node, "np.put(x, indices, values)")
    at = to_index(p, args[1], node)
    if len(shape_of(typ(at)) or (0,) * 2) > 1:
        at = p.builder.expand("np.ravel(x)", x=at)
    _write(p, array, at, as_operand(p, args[2], node), node)
    return NONE


def _place(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    array = target_of(p, args[0], "np.place", node)
    if len(args) != 3 or keywords:
        p.raise_at(TypeError(f"place() takes 3 positional arguments but {len(args)} were given"))
    at = p.builder.expand("np.flatnonzero(x)", x=as_operand(p, args[1], node))
    _write(p, array, at, as_operand(p, args[2], node), node)
    return NONE


def _putmask(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    array = target_of(p, args[0], "np.putmask", node)
    mask, value = as_operand(p, args[1], node), as_operand(p, args[2], node)
    value = p.memory.current(value)
    if shape_of(typ(value)) != () and not same_shape(shape_of(typ(value)), shape_of(array.type)):
        # each element has its own value, whether the mask selects it or not
        row = p.builder.expand("np.ravel(x)", x=value)
        text = "np.reshape(v[np.arange(np.size(x)) % np.size(v)], np.shape(x))"
        value = p.builder.expand(text, v=row, x=array)
    write(p, array, WHOLE, p.builder.expand("np.where(c, x, y)", c=mask, x=value, y=array), node)
    return NONE


FLAT_WRITERS: dict[Any, Any] = {np.put: _put, np.place: _place, np.putmask: _putmask}
FLAT_METHODS: dict[str, Any] = {"put": _put}
