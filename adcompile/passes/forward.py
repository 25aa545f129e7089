"""Forward mode, graph to graph: tangents beside primals.

In: a block, its independent values and their tangents. Out: the block's statements with tangent statements
among them, and the tangents of its yields. One pass in the order of the program, from the same rows as
reverse mode. Not for shapes and dtypes of tangents: `passes.cotangents`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
    Stmt,
    Value,
    While,
    is_absent,
    values_in,
)
from ..ir.types import is_differentiable
from ..rules import indexing, lists
from ..rules.expand import rule_environment, rule_facts
from ..rules.facts import call_rule
from ..rules.rule import Primitive
from .activity import carried_params, carried_yields, refuse_inactive, useful_values, varied_values
from .cotangents import adjoint_type, as_array, full, in_kind, zeros
from .invariance import without_influence

Dots = dict[Value, Any]


def forward(
    builder: Builder, block: Block, wrt: Sequence[Value], tangents: Sequence[Any]
) -> tuple[list[Stmt], list[Any]]:
    """Differentiate a block forwards: its statements with tangents, and the tangents of its yields."""
    varied = varied_values(block, wrt, without_influence(block, block.yields))
    useful = useful_values(block, block.yields)
    refuse_inactive(block, varied, useful)
    sweep = _Tangents(builder, varied & useful, {}, varied)
    dots: Dots = {v: t for v, t in zip(wrt, tangents, strict=True) if v in sweep.active}
    with builder.block() as statements:
        sweep.block(block, dots)
        results = [sweep.of(dots, y) for y in block.yields]
    return statements, results


def tangent_of(value: Value) -> Value:
    """A fresh value for the tangent of another."""
    return Value(adjoint_type(value.type), f"{value.hint}_dot" if value.hint else "", value.named)


class _Tangents:
    def __init__(
        self, builder: Builder, active: set[Value], functions: dict[Any, Function], varied: set[Value]
    ) -> None:
        self.builder = builder
        self.active = active
        self.functions = functions
        self.varied = varied
        # the tangents that branches and loops hand on, each with its value: of full shape for that, and not
        # to be filled up by looking at a value that only some paths assign
        self.filled: dict[Value, Value] = {}

    def handed_on(self, value: Value) -> Value:
        """A variable for the tangent of a value that a branch or loop hands on."""
        dot = tangent_of(value)
        self.filled[dot] = value
        return dot

    def of(self, dots: Dots, atom: Any) -> Any:
        """The tangent of an atom, filled up to its shape; None if it is zero."""
        dot = dots.get(atom) if isinstance(atom, Value) else None
        if dot is None or self.filled.get(dot) is atom:
            return dot
        return full(self.builder, dot, atom)

    def some(self, dots: Dots, atom: Any) -> Any:
        """The tangent of an atom, zero written out."""
        dot = self.of(dots, atom)
        if dot is not None:
            return dot
        if isinstance(atom, Value):
            return zeros(self.builder, atom)
        # what is nothing has nothing for a tangent: it stands for a value that a path does not assign
        return atom if is_absent(atom) else Literal(0.0)

    def leaving(self, dots: Dots, atom: Any) -> Any:
        """The tangent of what a branch or an iteration hands on, in the dtype of the value."""
        dot = self.some(dots, atom)
        done = not isinstance(atom, Value) or self.filled.get(dot) is atom
        return dot if done else in_kind(self.builder, dot, atom)

    def block(self, block: Block, dots: Dots) -> None:
        for stmt in block.statements:
            with self.builder.at(stmt.loc):
                _TANGENTS[type(stmt)](self, stmt, dots)

    def name(self, dot: Any, value: Value) -> None:
        if isinstance(dot, Value) and not dot.named and value.hint and dot in self.builder.definitions:
            dot.hint, dot.named = f"{value.hint}_dot", value.named

    def apply(self, stmt: Apply, dots: Dots) -> None:
        row, build = stmt.primitive, self.builder
        build.statements.append(stmt)
        if not any(out in self.active for out in stmt.outs):
            return
        if row in lists.STRUCTURE:
            self._structure(stmt, dots)
            return
        dotted = [
            (q.name, arg)
            for q, arg in zip(row.params, stmt.args, strict=True)
            if q.name in row.pushforwards and any(dots.get(v) is not None for v in values_in((arg,)))
        ]
        if not dotted:
            return
        with build.at(None, adjoint=True):
            dot = self._joint(stmt, dots) if row.joint else self._terms(stmt, dotted, dots)
        dots[stmt.outs[0]] = dot
        self.name(dot, stmt.outs[0])

    def _tangent_arg(self, arg: Arg, dots: Dots, pointwise: bool) -> Any:
        """The argument with every value replaced by its tangent."""
        if isinstance(arg, Value):
            if pointwise and dots.get(arg) is not None:
                return dots[arg]
            return self.some(dots, arg)
        if isinstance(arg, Literal):
            return (
                self.builder.expand("np.zeros_like(x)", x=arg)
                if not isinstance(arg.value, (int, float))
                else Literal(0.0)
            )
        if isinstance(arg, tuple):
            return tuple(self._tangent_arg(a, dots, pointwise) for a in arg)
        assert isinstance(arg, Items)
        return Items(tuple(self._tangent_arg(a, dots, pointwise) for a in arg.items))

    def _joint(self, stmt: Apply, dots: Dots) -> Any:
        """A primitive that is linear in all its operands together: itself, of the tangents."""
        row = stmt.primitive
        args = [
            self._tangent_arg(arg, dots, row.pointwise) if q.name in row.pushforwards else arg
            for q, arg in zip(row.params, stmt.args, strict=True)
        ]
        if row.name == "accumulate(a, c)":
            return self.builder.expand("a + c", a=args[0], c=args[1])
        if row in indexing.WRITES:
            args[0] = as_array(self.builder, args[0], stmt.outs[0])
        return self.builder.apply(row, *args)

    def _terms(self, stmt: Apply, dotted: list[tuple[str, Arg]], dots: Dots) -> Any:
        """The sum of what each operand's tangent contributes."""
        row, total = stmt.primitive, None
        env = rule_environment(stmt)
        for name, arg in dotted:
            rule = row.pushforwards[name]
            if rule == "self":
                term = self._linear_term(stmt, name, arg, dots)
            elif isinstance(arg, Value):
                dot = dots[arg] if row.pointwise else self.of(dots, arg)
                text = call_rule(rule, rule_facts(stmt))
                term = self.builder.expand(text, **env, **{f"{name}_dot": dot})
            else:
                dot = self._tangent_arg(arg, dots, False)
                text = call_rule(rule, rule_facts(stmt))
                term = self.builder.expand(text, **env, **{f"{name}_dot": dot})
            total = term if total is None else self.builder.expand("a + b", a=total, b=term)
        return total

    def _linear_term(self, stmt: Apply, name: str, arg: Arg, dots: Dots) -> Any:
        """The primitive with one operand replaced by its tangent; of several items, one after the other."""
        row: Primitive = stmt.primitive
        place = row.index[name]
        if row.params[place].star:
            assert isinstance(arg, tuple)
            total = None
            for k, item in enumerate(arg):
                if not any(dots.get(v) is not None for v in values_in((item,))):
                    continue
                items = (*arg[:k], self._tangent_arg(item, dots, False), *arg[k + 1 :])
                term = self.builder.apply(row, *stmt.args[:place], items, *stmt.args[place + 1 :])
                total = term if total is None else self.builder.expand("a + b", a=total, b=term)
            return total
        dot = self._tangent_arg(arg, dots, row.pointwise)
        return self.builder.apply(row, *stmt.args[:place], dot, *stmt.args[place + 1 :])

    def _structure(self, stmt: Apply, dots: Dots) -> None:
        """The same, done to lists of tangents at the same places."""
        row = stmt.primitive
        args = [
            arg if q.name == "i" else self._tangent_item(arg, dots)
            for q, arg in zip(row.params, stmt.args, strict=True)
        ]
        made = self.builder.apply(row, *args)
        for out, dot in zip(stmt.outs, made if len(stmt.outs) > 1 else (made,), strict=True):
            if out is stmt.outs[0] or is_differentiable(out.type):
                dots[out] = dot
            self.name(dot, out)

    def _tangent_item(self, arg: Arg, dots: Dots) -> Any:
        if isinstance(arg, Items):
            return Items(tuple(self.some(dots, i) for i in arg.items))
        return self.some(dots, arg)

    def if_(self, stmt: If, dots: Dots) -> None:
        active = [k for k, out in enumerate(stmt.outs) if out in self.active]
        blocks = []
        for block in (stmt.then, stmt.orelse):
            inner = dict(dots)
            with self.builder.block() as statements:
                self.block(block, inner)
                extra = tuple(self.leaving(inner, block.yields[k]) for k in active)
            blocks.append(Block((), statements, (*block.yields, *extra)))
        outs = [self.handed_on(stmt.outs[k]) for k in active]
        for k, out in zip(active, outs, strict=True):
            dots[stmt.outs[k]] = out
        self.builder.statements.append(
            If((*stmt.outs, *outs), stmt.test, blocks[0], blocks[1], stmt.loc, stmt.adjoint)
        )

    def loop(self, stmt: For | While, dots: Dots) -> None:
        params, yields = carried_params(stmt), carried_yields(stmt)
        active = [k for k, q in enumerate(params) if q in self.active or stmt.outs[k] in self.active]
        init = tuple(self.some(dots, stmt.init[k]) for k in active)

        entering = {k: self.handed_on(params[k]) for k in active}
        inner = dict(dots)
        inner.update({params[k]: entering[k] for k in active})
        with self.builder.block() as statements:
            self.block(stmt.body, inner)
            extra = tuple(self.leaving(inner, yields[k]) for k in active)
        body = Block((*stmt.body.params, *entering.values()), statements, (*stmt.body.yields, *extra))
        outs = tuple(self.handed_on(stmt.outs[k]) for k in active)
        for k, out in zip(active, outs, strict=True):
            dots[stmt.outs[k]] = out
        both = (*stmt.outs, *outs)
        if isinstance(stmt, For):
            new: Stmt = For(
                both,
                stmt.range,
                (*stmt.init, *init),
                body,
                stmt.loc,
                stmt.stops,
                stmt.backwards,
                stmt.adjoint,
                stmt.snapshots,
            )
        else:
            spare = tuple(Value(v.type, v.hint, v.named) for v in entering.values())
            test = Block((*stmt.test.params, *spare), stmt.test.statements, stmt.test.yields)
            new = While(both, (*stmt.init, *init), test, body, stmt.loc, stmt.stops, stmt.adjoint)
        self.builder.statements.append(new)

    def call(self, stmt: Call, dots: Dots) -> None:
        active = tuple(
            isinstance(a, Value) and a in self.varied and is_differentiable(a.type) for a in stmt.args
        )
        if not any(out in self.active for out in stmt.outs):
            self.builder.statements.append(stmt)
            return
        function = self._derived(stmt.function, active)
        extra = tuple(self.some(dots, a) for a, is_active in zip(stmt.args, active, strict=True) if is_active)
        outs = tuple(tangent_of(o) for o in stmt.outs)
        self.builder.statements.append(
            Call((*stmt.outs, *outs), function, (*stmt.args, *extra), stmt.loc, stmt.adjoint)
        )
        for out, dot in zip(stmt.outs, outs, strict=True):
            if is_differentiable(out.type):
                dots[out] = dot

    def _derived(self, function: Function, active: tuple[bool, ...]) -> Function:
        """The function that returns results and their tangents."""
        key = (function, active)
        if key in self.functions:
            return self.functions[key]
        derived = self.functions[key] = Function(
            f"{function.name}_with_tangent", None, function.loc,
            recomputed=function.recomputed, apart=function.apart,
        )  # fmt: skip
        derived.notes["doc"] = f"Value of {function.place()} and its tangent."
        block = function.body
        assert block is not None
        from ..ir.nodes import clone_block

        block = clone_block(block, {})
        wrt = [q for q, a in zip(block.params, active, strict=True) if a]
        varied = varied_values(block, wrt, without_influence(block, block.yields))
        useful = useful_values(block, block.yields)
        refuse_inactive(block, varied, useful)
        sweep = _Tangents(self.builder, varied & useful, self.functions, varied)
        seeds = [tangent_of(v) for v in wrt]
        dots: Dots = dict(zip(wrt, seeds, strict=True))
        with self.builder.block() as statements:
            sweep.block(block, dots)
            results = tuple(sweep.some(dots, y) for y in block.yields)
        derived.body = Block((*block.params, *seeds), statements, (*block.yields, *results))
        return derived


_TANGENTS: dict[type, Any] = {
    Apply: _Tangents.apply,
    If: _Tangents.if_,
    For: _Tangents.loop,
    While: _Tangents.loop,
    Call: _Tangents.call,
}
