"""Setting attributes of arrays: the shape, and the parts of complex numbers.

In: an array and the new attribute. Out: what all variables hold from then on. A shape belongs to the object
and not to its memory: whoever holds the object sees it change, and views that were made of it do not. So the
object has to be one that the function has made itself, and of which it is known who holds it.
"""

from __future__ import annotations

import ast
from typing import Any

from ..ir.nodes import Apply, Value, values_in
from ..ir.types import Array, dtype_of
from ..rules.indexing import GETITEM
from ..rules.rule import ATTRIBUTES
from ..rules.sharing import shown_by
from .memory import is_array
from .parse import Parser
from .primitives import as_argument, as_operand
from .structure import parts_of, rebuild
from .values import State
from .writes import WHOLE, write

# of these, a result that shows the operand is an object of its own
_NEW_VIEWS = (
    "x.T", "x.mT", "np.transpose(", "np.swapaxes(", "np.moveaxis(", "np.rollaxis(", "np.expand_dims(",
    "np.flip(", "np.diagonal(", "np.matrix_transpose(", "np.reshape(", "np.ravel(", "np.lib.stride_tricks.",
    "np.stack(", "np.hstack(", "np.vstack(", "np.column_stack(",
)  # fmt: skip


def set_array_attribute(p: Parser, array: Value, node: ast.Attribute, value: Any) -> None:
    """array.name = value"""
    name = node.attr
    if name == "shape" and is_array(array):
        _set_shape(p, array, value, node)
    elif name in ("real", "imag") and (dtype_of(array.type) or "").startswith("complex"):
        write(p, p.builder.apply(ATTRIBUTES[name], array), WHOLE, as_operand(p, value, node), node)
    else:
        p.refuse("AD108", f"this sets `{name}` of a number or array", node,
                 "a new array: np.reshape for its shape, astype for its dtype")  # fmt: skip


def _set_shape(p: Parser, array: Value, value: Any, node: ast.AST) -> None:
    stmt = p.builder.definitions.get(array)
    made_here = stmt is not None and any(s is stmt for s in reversed(p.builder.statements))
    made_here = made_here and array.serial > p.frame.since and _is_statement(p.frame.at, node)
    if stmt is None or not made_here or not _is_its_own(p, array, stmt):
        what = "this sets the shape of an array that was not made here, or is known elsewhere"
        p.refuse("AD108", what, node, "a new array: np.reshape(x, shape)")
    seen = p.builder.expand("np.reshape(x, s)", x=array, s=as_argument(p, value, node))
    seen.hint, seen.named = array.hint, array.named
    p.memory.certain.add(seen)
    _replace(p.state, array, seen)


def _is_statement(statement: Any, target: ast.AST) -> bool:
    """Whether nothing has been evaluated that is still waited for while a target is assigned."""
    alone = target is getattr(statement, "target", None) and not isinstance(statement, ast.For)
    return alone or any(target is t for t in getattr(statement, "targets", ()))


def _is_its_own(p: Parser, array: Value, stmt: Apply) -> bool:
    """Whether an array is an object that nothing but the variables which hold its value refers to."""
    if not _is_new(stmt) or not p.memory.roots_of(array).isdisjoint(p.state.listed):
        return False
    others = (s for s in p.builder.definitions.values() if not _is_new(s) and is_array(s.outs[0]))
    return all(p.memory.owner.get(v, v) is not array for s in others for v in values_in(s.args))


def _is_new(stmt: Apply) -> bool:
    """Whether the result of a statement is certainly an object that nothing else refers to."""
    if stmt.primitive.effect == "opaque":
        return False
    if stmt.primitive is GETITEM:
        return isinstance(stmt.args[0], Value) and isinstance(stmt.args[0].type, Array)
    return not shown_by(stmt) or stmt.primitive.name.startswith(_NEW_VIEWS)


def _replace(state: State, old: Value, new: Value) -> None:
    """Let all variables and containers that hold a value hold another one."""

    def changed(held: Any) -> Any:
        if held is old:
            return new
        parts = parts_of(held)
        found = tuple(map(changed, parts))
        return held if all(a is b for a, b in zip(parts, found, strict=True)) else rebuild(held, found)

    state.names = {key: changed(held) for key, held in state.names.items()}
    state.heap = {key: changed(cell) for key, cell in state.heap.items()}
