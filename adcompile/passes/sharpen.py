"""Which numbers of a derivative are Python's: what a loop carries is known once its body is.

An adjoint that a loop carries may be a Python number or NumPy's, and while the loop is built nobody knows
which. In: a finished block. Out: the same block, with the type of every number that is certainly a Python
number, or certainly NumPy's, sharpened to that. Optimistic: a loop variable is taken to be what it starts as,
and that is taken back where an iteration turns it into something else. Not for shapes and dtypes.
"""

from __future__ import annotations

from dataclasses import replace

from ..ir.nodes import Apply, Atom, Block, For, If, Stmt, Value, While
from ..ir.types import Scalar, Type
from .activity import carried_params, carried_yields

Undo = dict[Value, Type]


def sharpen(block: Block) -> None:
    """Sharpen the types of the numbers in a block."""
    _block(block, {})


def _block(block: Block, undo: Undo) -> None:
    for stmt in block.statements:
        _statement(stmt, undo)


def _statement(stmt: Stmt, undo: Undo) -> None:
    if isinstance(stmt, (For, While)):
        _loop(stmt, undo)
    elif isinstance(stmt, If):
        _block(stmt.then, undo)
        _block(stmt.orelse, undo)
        for out, a, b in zip(stmt.outs, stmt.then.yields, stmt.orelse.yields, strict=True):
            if _fits(a, out) and _origin(a) == _origin(b) and _fits(b, out):
                _settle(out, _origin(a), undo)
    elif isinstance(stmt, Apply) and any(_is_open(out) for out in stmt.outs):
        types = stmt.primitive.types(*stmt.args)
        for out, t in zip(stmt.outs, types if isinstance(types, tuple) else (types,), strict=True):
            if isinstance(t, Scalar) and t.dtype == getattr(out.type, "dtype", None):
                _settle(out, t.origin, undo)


def _loop(stmt: For | While, undo: Undo) -> None:
    params, yields = carried_params(stmt), carried_yields(stmt)
    assumed = {k for k, p in enumerate(params) if _is_open(p) and _fits(stmt.init[k], p)}
    while True:
        trial: Undo = {}
        for k in assumed:
            _settle(params[k], _origin(stmt.init[k]), trial)
            if isinstance(stmt, While):
                _settle(stmt.test.params[k], _origin(stmt.init[k]), trial)
        if isinstance(stmt, While):
            _block(stmt.test, trial)
        _block(stmt.body, trial)
        wrong = {k for k in assumed if yields[k].type != params[k].type}  # type: ignore[attr-defined]
        if not wrong:
            break
        for value, t in trial.items():
            value.type = t
        assumed -= wrong
    undo.update({v: t for v, t in trial.items() if v not in undo})
    for k in assumed:
        _settle(stmt.outs[k], _origin(params[k]), undo)


def _is_open(value: Value) -> bool:
    return isinstance(value.type, Scalar) and value.type.origin == "any"


def _fits(atom: Atom, value: Value) -> bool:
    """Whether an atom is a number of the dtype of an open value, and known to be Python's or NumPy's."""
    known = isinstance(atom.type, Scalar) and isinstance(value.type, Scalar)
    return known and atom.type.dtype == value.type.dtype and _origin(atom) != "any"  # type: ignore[attr-defined]


def _origin(atom: Atom) -> str:
    return atom.type.origin if isinstance(atom.type, Scalar) else "any"


def _settle(value: Value, origin: str, undo: Undo) -> None:
    t = value.type
    if isinstance(t, Scalar) and t.origin == "any" and origin != "any":
        undo.setdefault(value, t)
        value.type = replace(t, origin=origin)
