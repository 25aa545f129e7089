"""Common subexpressions: what is computed twice is computed once.

In: a block. Out: the same block without statements that compute what another one has computed before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..ir.nodes import (
    Apply,
    Arg,
    Block,
    Call,
    For,
    If,
    Literal,
    Slice,
    Stmt,
    Through,
    Value,
    While,
    map_arg,
)
from ..ir.types import ListOf, Record
from ..rules.typing import typ


def key_of(arg: Arg, of_value: Callable[[Value], Any] = lambda v: v.serial) -> Any:
    """What two arguments have in common if they are certainly equal; `of_value` says it of values."""
    if isinstance(arg, Value):
        return of_value(arg)
    if isinstance(arg, Literal):
        value = arg.value
        # 0.0 and -0.0, 1 and 1.0 and True are different constants
        return (
            (type(value), repr(value))
            if isinstance(value, (int, float, complex, str))
            else (type(value), id(value))
        )
    if isinstance(arg, tuple):
        return tuple(key_of(a, of_value) for a in arg)
    if isinstance(arg, Slice):
        return ("slice", *(key_of(a, of_value) for a in (arg.start, arg.stop, arg.step)))
    if isinstance(arg, Through):
        steps = ((id(row), key_of(rest, of_value)) for row, rest in arg.steps)
        return ("through", *steps, key_of(arg.index, of_value))
    return ("items", *(key_of(a, of_value) for a in arg.items))


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
