"""Which values carry derivatives: varied (depend on an input) and useful (an output depends on them).

In: a block, its independent values and its dependent ones. Out: two sets of values; their intersection is
active. Both are least fixed points over loops (Hascoët & Pascual 2013, section 4). An active value that
enters a primitive without a derivative there is refused here, by both modes alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from ..errors import AdcompileError, NoDerivative, combine
from ..ir.nodes import (
    Apply,
    Arg,
    Block,
    Call,
    For,
    If,
    Stmt,
    Value,
    While,
    all_statements,
    operands,
    values_in,
)
from ..ir.types import is_differentiable
from .objects import Objects, is_python


def differentiable_args(stmt: Apply) -> Iterable[tuple[str, Arg]]:
    """The arguments of a statement that its row has a derivative for."""
    for param, arg in zip(stmt.primitive.params, stmt.args, strict=True):
        if param.name in stmt.primitive.pullbacks or _structural(stmt):
            yield param.name, arg


def _structural(stmt: Apply) -> bool:
    """Whether a primitive only moves values into and out of containers: all operands carry derivatives."""
    return stmt.primitive.name.startswith(("list_", "record(", "make_"))


def depends(stmt: Stmt) -> Iterable[Value]:
    """The values whose derivatives reach the outputs of a plain statement."""
    if isinstance(stmt, Apply):
        if stmt.primitive.effect == "opaque":
            return values_in(stmt.args)
        return values_in(arg for _, arg in differentiable_args(stmt))
    return operands(stmt)


def varied_values(
    block: Block, independent: Iterable[Value], constant: AbstractSet[Value] = frozenset()
) -> set[Value]:
    """All values whose value depends differentiably on `independent`, not by way of `constant` ones."""
    varied = set(independent)
    _forward(block, varied, Objects(block), constant)
    return varied


def _forward(block: Block, varied: set[Value], objects: Objects, constant: AbstractSet[Value]) -> None:
    for stmt in block.statements:
        if isinstance(stmt, If):
            _forward(stmt.then, varied, objects, constant)
            _forward(stmt.orelse, varied, objects, constant)
            for out, a, b in zip(stmt.outs, stmt.then.yields, stmt.orelse.yields, strict=True):
                if (a in varied or b in varied) and is_differentiable(out.type):
                    varied.add(out)
        elif isinstance(stmt, (For, While)):
            _forward_loop(stmt, varied, objects, constant)
        elif any(v in varied for v in depends(stmt)) or objects.may_give_back(operands(stmt)):
            outs = stmt.outs
            if isinstance(stmt, Call) and not objects.may_give_back(operands(stmt)):
                outs = _varied_results(stmt, varied)
            varied.update(o for o in outs if is_differentiable(o.type) and o not in constant)
            if isinstance(stmt, Call) or is_python(stmt):
                objects.give(operands(stmt))


def _varied_results(stmt: Call, varied: set[Value]) -> tuple[Value, ...]:
    """The results of a call that depend on varied arguments, as far as that is known."""
    body = stmt.function.body
    if not stmt.function.recomputed or body is None:
        return stmt.outs
    found = varied_values(body, (q for q, a in zip(body.params, stmt.args, strict=True) if a in varied))
    return tuple(out for out, y in zip(stmt.outs, body.yields, strict=True) if y in found)


def _useful_arguments(stmt: Call, useful: set[Value]) -> list[object]:
    """The arguments of a call that useful results depend on, as far as that is known."""
    body = stmt.function.body
    if not stmt.function.recomputed or body is None:
        return list(stmt.args)
    found = useful_values(body, (y for out, y in zip(stmt.outs, body.yields, strict=True) if out in useful))
    return [a for q, a in zip(body.params, stmt.args, strict=True) if q in found]


def carried_params(stmt: For | While) -> tuple[Value, ...]:
    """The parameters of a loop's body that are carried from iteration to iteration."""
    return stmt.body.params[1:] if isinstance(stmt, For) else stmt.body.params


def carried_yields(stmt: For | While) -> tuple[object, ...]:
    """What an iteration hands on, in the order of the carried parameters."""
    return stmt.body.yields[1:] if stmt.stops else stmt.body.yields


def _forward_loop(
    stmt: For | While, varied: set[Value], objects: Objects, constant: AbstractSet[Value]
) -> None:
    params, yields = carried_params(stmt), carried_yields(stmt)
    tested = stmt.test.params if isinstance(stmt, While) else params
    before = (-1, -1)
    while before != (len(varied), len(objects.holding)):
        before = len(varied), len(objects.holding)
        for param, test, *sources in zip(params, tested, stmt.init, yields, strict=True):
            if is_differentiable(param.type) and any(a in varied for a in sources):
                varied |= {param, test}
        if isinstance(stmt, While):
            _forward(stmt.test, varied, objects, constant)
        _forward(stmt.body, varied, objects, constant)
    for out, param, last in zip(stmt.outs, params, yields, strict=True):
        if (param in varied or last in varied) and is_differentiable(out.type):
            varied.add(out)


def useful_values(block: Block, dependent: Iterable[object]) -> set[Value]:
    """All values that `dependent` depends on differentiably."""
    useful = {v for v in dependent if isinstance(v, Value)}
    _backward(block, useful)
    return useful


def _add(useful: set[Value], atoms: Iterable[object]) -> None:
    useful.update(a for a in atoms if isinstance(a, Value) and is_differentiable(a.type))


def _backward(block: Block, useful: set[Value]) -> None:
    for stmt in reversed(block.statements):
        if isinstance(stmt, If):
            for out, a, b in zip(stmt.outs, stmt.then.yields, stmt.orelse.yields, strict=True):
                if out in useful:
                    _add(useful, (a, b))
            _backward(stmt.then, useful)
            _backward(stmt.orelse, useful)
        elif isinstance(stmt, (For, While)):
            _backward_loop(stmt, useful)
        elif any(out in useful for out in stmt.outs):
            _add(useful, _useful_arguments(stmt, useful) if isinstance(stmt, Call) else depends(stmt))


def _backward_loop(stmt: For | While, useful: set[Value]) -> None:
    params, yields = carried_params(stmt), carried_yields(stmt)
    _add(useful, (y for out, y in zip(stmt.outs, yields, strict=True) if out in useful))
    while True:
        _backward(stmt.body, useful)
        again = [y for p, y in zip(params, yields, strict=True) if p in useful]
        before = len(useful)
        _add(useful, again)
        if len(useful) == before:
            break
    _add(
        useful,
        (a for p, a, out in zip(params, stmt.init, stmt.outs, strict=True) if p in useful or out in useful),
    )


def refuse_inactive(block: Block, varied: set[Value], useful: set[Value]) -> None:
    """Raise `NoDerivative` for every statement that an active value passes through without a rule."""
    errors: list[AdcompileError] = []
    objects = Objects(block)
    refused: set[Value] = set()
    for stmt in all_statements(block):
        if not isinstance(stmt, Apply) or not any(o in useful for o in stmt.outs):
            continue
        row = stmt.primitive
        reads = {v: bool(objects.of(v)) for v in values_in(stmt.args) if v in varied or objects.of(v)}
        if reads and all(reads.values()) and any(o in varied for o in stmt.outs):
            if not refused.intersection(reads):
                errors.append(_given_back(stmt))
            refused.update(stmt.outs)
            continue
        if row.constant or _structural(stmt):
            continue
        for param, arg in zip(row.params, stmt.args, strict=True):
            if param.name not in row.pullbacks and any(v in varied for v in values_in((arg,))):
                errors.append(_no_rule(stmt, param.name))
                refused.update(stmt.outs)
                break
    if errors:
        raise combine(errors)


def _given_back(stmt: Apply) -> AdcompileError:
    return NoDerivative(
        "AD201",
        "an object that was given a value that is differentiated may give it back here",
        stmt.loc,
        "a list, a tuple or a dictionary of the function's own, or an attribute of an object;\n"
        "or store adcompile.stop_gradient(x) if it is a constant",
    )


def _no_rule(stmt: Apply, param: str) -> AdcompileError:
    from ..rules.python import ATTRIBUTE

    row = stmt.primitive
    if row.refusal is not None:
        return row.refusal
    if row is ATTRIBUTE:
        name = getattr(stmt.args[1], "value", "attribute")
        return NoDerivative(
            "AD201",
            f"the attribute `{name}` of a number or array has no derivative",
            stmt.loc,
            "an attribute or method that NumPy documents as differentiable, such as `.T` or `.sum()`",
        )
    spelled = row.name.split("(")[0]
    return NoDerivative(
        "AD201",
        f"`{spelled}` has no derivative with respect to `{param}`",
        stmt.loc,
        f'a rule: register one with adcompile.pointwise("{row.name}", ...) or adcompile.general(...), '
        "or wrap the value in adcompile.stop_gradient if it is a constant",
    )
