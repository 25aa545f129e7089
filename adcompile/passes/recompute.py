"""Code that the backward sweep repeats, and functions that are written where they are called.

In: a block that recomputes what the forward sweep has computed before, or a finished block with calls. Out:
the block without what must not happen twice, or without the calls. What a call of Python returned cannot be
had again: it is refused where the repeated code needs it. Not for deciding what to repeat: that is `reverse`
and `keep`.
"""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from ..errors import AdcompileError, NoDerivative, combine
from ..ir.nodes import (
    Apply,
    Atom,
    Block,
    Call,
    For,
    Function,
    Literal,
    Stmt,
    all_statements,
    blocks_of,
    clone_block,
    clone_stmt,
    leaves,
    map_arg,
)
from ..ir.types import Array, Scalar, ShapeOf
from .common import rewrite_operands
from .dead import has_effects, remove_dead


def make_repeatable(block: Block, functions: dict[Function, Function] | None = None) -> None:
    """Drop from repeated code what was there for its effect, and refuse what cannot be repeated.

    `functions` are the copies of called functions that have been made so far.
    """
    copies = {} if functions is None else functions
    remove_dead(block, effects=False)
    statements = list(all_statements(block))
    errors = [_refusal(s) for s in statements if isinstance(s, Apply) and not _gives_the_same(s)]
    if errors:
        raise combine(errors)
    for stmt in statements:
        if isinstance(stmt, Call) and has_effects(stmt.function):
            stmt.function = _repeatable(stmt.function, copies)


_MODULES = ("numpy", "math", "cmath", "scipy.special", "scipy.linalg", "scipy.fft")
_FILES = frozenset(("load", "loadtxt", "genfromtxt", "fromfile", "fromregex"))
_PLAIN = (int, float, complex, str, bool, tuple, np.dtype, np.number, type(None))


def _gives_the_same(stmt: Apply) -> bool:
    """Whether a statement has the same results whenever it is executed.

    Of Python that is kept as it is, functions of NumPy and its kin do if they are given numbers and arrays.
    """
    if stmt.primitive.effect != "opaque":
        return True
    callee: Any = getattr(stmt.args[0], "value", None) if len(stmt.args) == 3 else None
    if not isinstance(callee, (types.FunctionType, types.BuiltinFunctionType, np.ufunc, type(np.sum))):
        return False
    module = getattr(callee, "__module__", None) or ""
    known = any(module == m or module.startswith(f"{m}._") for m in _MODULES)
    return known and callee.__name__ not in _FILES and all(map(_is_plain, leaves(stmt.args[1:])))


def _is_plain(atom: Atom) -> bool:
    """Whether a call cannot change an operand, nor use it up."""
    if isinstance(atom, Literal):
        return isinstance(atom.value, (*_PLAIN, type))
    return isinstance(atom.type, (Scalar, Array, ShapeOf))


def _refusal(stmt: Apply) -> AdcompileError:
    return NoDerivative(
        "AD211",
        "the backward sweep needs what this returned, and would have to call it again: "
        "of checkpointed code no results are kept",
        stmt.loc,
        "the call before the checkpointed code, and its result as an argument",
    )


def _repeatable(function: Function, copies: dict[Function, Function]) -> Function:
    """A copy of a function for repeated code."""
    if function not in copies:
        assert function.body is not None
        copy = copies[function] = Function(
            function.name, clone_block(function.body, {}), function.loc, dict(function.notes),
            function.recomputed, function.apart,
        )  # fmt: skip
        assert copy.body is not None
        make_repeatable(copy.body, copies)
    return copies[function]


def inline_calls(block: Block, images: dict[Any, Any] | None = None) -> None:
    """Write functions that are not emitted apart where they are called, and checkpointed loops as others."""
    images = {} if images is None else images
    statements: list[Stmt] = []
    for stmt in block.statements:
        rewrite_operands(stmt, images)
        if isinstance(stmt, For):
            stmt.snapshots = None
        if not isinstance(stmt, Call) or stmt.function.apart:
            for inner in blocks_of(stmt):
                inline_calls(inner, images)
            statements.append(stmt)
            continue
        body = stmt.function.body
        assert body is not None
        mapping: dict[Any, Any] = dict(zip(body.params, stmt.args, strict=True))
        copy = Block((), [clone_stmt(s, mapping) for s in body.statements], ())
        inline_calls(copy, images)
        statements += copy.statements
        images.update(zip(stmt.outs, (images.get(y, y) for y in map_arg(body.yields, mapping)), strict=True))
        _name(stmt, images)
    block.statements = statements
    block.yields = tuple(map_arg(y, images) for y in block.yields)


def _name(stmt: Call, images: dict[Any, Any]) -> None:
    """A result that the caller has a name for has it inside as well, if it has none there."""
    for out in stmt.outs:
        image = images[out]
        if out.named and not getattr(image, "named", True):
            image.hint, image.named = out.hint, True
