"""Truth and branches.

In: a test and two paths. Out: an `If` in the graph, and one state after it. `break`, `continue` and `return`
set flags in the state; what follows them is executed under the negated flag, or in the other branch. Not for
how the states of two paths become one: that is `merge`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from ..ir.nodes import Block, If, Literal, Stmt, Value
from ..ir.types import ShapeOf
from .attributes import call_special
from .cells import cell_of
from .inputs import expand_captured
from .merge import BranchMerge
from .parse import DeadPath, Parser
from .values import (
    DEAD,
    FALSE,
    TRUE,
    DictCell,
    GrownTuple,
    ListCell,
    Maybe,
    ObjectCell,
    Ref,
    State,
    TupleVal,
)


def truth(p: Parser, value: Any, node: ast.AST) -> Any:
    """The truth value of an abstract value: a constant where it is known, else an atom."""
    value = p.settled(expand_captured(p, value, node))
    if isinstance(value, Maybe):
        inner = value.value
        return branch(p, value.nothing, lambda: FALSE, lambda: truth(p, inner, node))
    if not isinstance(value, (Value, Literal)):
        for name in ("__bool__", "__len__"):
            result = call_special(p, value, name, [], node)
            if result is not None:
                return truth(p, result, node)
    if isinstance(value, Literal):
        return TRUE if bool(value.value) else FALSE
    if isinstance(value, TupleVal):
        return TRUE if value.items else FALSE
    if isinstance(value, (Ref, GrownTuple)):
        cell = cell_of(p, value, node)
        if isinstance(cell, (ListCell, DictCell)):
            return TRUE if cell.items else FALSE
        if isinstance(cell, ObjectCell):
            return TRUE
        return FALSE if cell.pattern is None else p.builder.expand("len(x) > 0", x=cell.items[0])
    if isinstance(value, Value):
        shape = value.type.shape if isinstance(value.type, ShapeOf) else None
        return value if shape is None else TRUE if shape else FALSE
    return TRUE


def tested(p: Parser, node: ast.expr) -> Any:
    """The truth value of a test: which of its values `and` or `or` chooses does not matter."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return p.builder.negate(tested(p, node.operand))
    if not isinstance(node, ast.BoolOp):
        return truth(p, p.evaluate_optional(node), node)
    is_and = isinstance(node.op, ast.And)

    def chain(tests: list[ast.expr]) -> Any:
        test = tested(p, tests[0])
        if len(tests) == 1:
            return test
        if isinstance(test, Literal):
            return chain(tests[1:]) if bool(test.value) is is_and else test
        if is_and:
            return branch(p, test, lambda: chain(tests[1:]), lambda: test)
        return branch(p, test, lambda: test, lambda: chain(tests[1:]))

    return p.usable(chain(node.values), node, "the result")


RESULT = "%value"


def branch(p: Parser, test: Any, then: Callable[[], Any], orelse: Callable[[], Any]) -> Any:
    """Execute both branches of a test on abstract values; returns the joined results of the callables."""
    if isinstance(test, Literal):
        return then() if test.value else orelse()
    fork(p, test, then, orelse, None)
    return p.state.names.pop(RESULT, None)


def choose(p: Parser, test: Any, then: Any, orelse: Any) -> Any:
    """One of two values that are computed already."""
    return branch(p, test, lambda: then, lambda: orelse)


def fork(p: Parser, test: Any, then: Any, orelse: Any, rest: list[ast.stmt] | None) -> bool:
    """Execute both branches and join them; returns whether `rest` was executed inside one of them."""
    entry, loc = p.state, p.builder.loc
    states: list[State] = []
    blocks: list[list[Stmt]] = []
    for run, holds in ((then, True), (orelse, False)):
        p.state = entry.copy()
        p.assume(test, holds)
        with p.builder.block() as statements:
            _run_side(p, run)
        states.append(p.state)
        blocks.append(statements)
    moved = rest is not None and _move_rest(p, states, blocks, rest)
    merge = BranchMerge(p, (states[0], states[1]), (blocks[0], blocks[1]), test)
    p.state = merge.run(entry)
    first, second = (Block((), b, tuple(y)) for b, y in zip(blocks, merge.yields, strict=True))
    if merge.outs or blocks[0] or blocks[1]:
        p.builder.statements.append(If(tuple(merge.outs), test, first, second, loc, p.builder.adjoint))
    if DEAD in p.state.names:
        raise DeadPath
    return moved


def _run_side(p: Parser, run: Callable[[], Any]) -> None:
    p.state.names.pop(RESULT, None)
    try:
        result = run()
    except DeadPath:
        p.state.names[DEAD] = True
        return
    if result is not None:
        p.state.names[RESULT] = result


def _move_rest(p: Parser, states: list[State], blocks: list[list[Stmt]], rest: list[ast.stmt]) -> bool:
    """Where one branch leaves the block for certain, what follows belongs to the other branch."""
    left, dead = [], []
    for state in states:
        p.state = state
        dead.append(DEAD in state.names)
        left.append(p.surely_jumped())
    if any(dead) or left[0] == left[1]:
        return False
    side = 1 if left[0] else 0
    p.state = states[side]
    outer, p.builder.statements = p.builder.statements, blocks[side]
    try:
        guarded(p, rest)
    finally:
        p.builder.statements = outer
    states[side] = p.state
    return True


def guarded(p: Parser, rest: list[ast.stmt]) -> None:
    """Execute statements unless a flag says that the path has left the block."""
    flag = p.jumped()
    if flag is TRUE:
        return
    if flag is FALSE:
        p.run(rest)
        return
    fork(p, p.builder.negate(flag), lambda: p.run(rest), lambda: None, None)


def if_statement(p: Parser, node: ast.If, rest: list[ast.stmt]) -> bool:
    """Execute an `if`; returns whether the rest of the block has been executed as well."""
    test = tested(p, node.test)
    return conditional(p, test, lambda: p.run(node.body), lambda: p.run(node.orelse), rest, node)


def conditional(
    p: Parser,
    test: Any,
    then: Callable[[], Any],
    orelse: Callable[[], Any],
    rest: list[ast.stmt],
    node: ast.stmt,
) -> bool:
    """A branch followed by the rest of its block."""
    if isinstance(test, Literal):
        then() if test.value else orelse()
        if DEAD in p.state.names:
            raise DeadPath
        return False
    if not _contains_jump(node):
        fork(p, test, then, orelse, None)
        return False
    if fork(p, test, then, orelse, rest):
        return True
    if p.jumped() is FALSE:
        return False
    guarded(p, rest)
    return True


def _contains_jump(node: ast.AST) -> bool:
    """Whether a statement can leave the block that it stands in."""
    stack: list[ast.AST] = [node]
    while stack:
        n = stack.pop()
        if isinstance(n, (ast.Return, ast.Break, ast.Continue, ast.Raise)):
            return True
        if isinstance(n, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            continue
        stack.extend(ast.iter_child_nodes(n))
    return False
