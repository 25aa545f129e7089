"""Loops.

In: what is iterated over, or a test, and a body. Out: a `For` or `While` in the graph, and one state after.
The body is parsed until what enters an iteration describes what leaves it; a loop over a known structure is
taken apart. Not for what is iterated over: that is `iterate`, nor for what is carried: that is `carried`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Set
from typing import Any

from ..ir.nodes import Block, For, Literal, Stmt, Value, While, clone_stmt, map_arg, next_serial
from ..ir.types import BOOL, INT
from .branches import fork, guarded, tested
from .carried import Carried, Grows, carry, exit_containers, state_after
from .columns import grown, grown_tuple, pattern_of_tuples, widened
from .iterate import iterable, refuse_resized
from .memory import is_array
from .names import bound_in, live_names, reads
from .parse import DeadPath, NeedUnroll, Parser
from .structure import same_structure
from .values import (
    DEAD,
    FALSE,
    TRUE,
    UNDEF,
    CheckpointedRange,
    Conflict,
    Fixed,
    GrownCell,
    GrownTuple,
    Indexed,
    ListCell,
    RangeVal,
    Ref,
    State,
    TupleVal,
    break_key,
    continue_key,
    fresh_id,
    is_flag,
    return_key,
)


def for_statement(p: Parser, node: ast.For, rest: list[ast.stmt]) -> bool:
    """Execute a `for`; returns whether the rest of the block has been executed as well."""
    if isinstance(node.iter, ast.GeneratorExp) and reads(node.iter) & set(bound_in(node.body)):
        p.refuse("AD199", "the loop assigns to a variable that its generator reads", node.iter,
                 "a list comprehension, if the items are meant to be computed before the loop")  # fmt: skip
    source = iterable(p, p.evaluate_iterated(node.iter), node.iter)
    loop = fresh_id()

    def bind(item: Any) -> None:
        p.store(node.target, item)

    live = live_names(p.frame.node, node)
    iterate(p, source, loop, bind, lambda: p.run(node.body), node, live)
    return _after_loop(p, node, loop, rest)


def iterate(
    p: Parser, source: Any, loop: int, bind: Callable[[Any], None], body: Callable[[], None], node: ast.AST,
    live: Set[str] | None,
) -> None:  # fmt: skip
    """Execute a loop body for every item of an iterable."""
    over = () if isinstance(source, RangeVal) else source.over
    p.run_over.extend(over)
    resized = p.resized
    p.resized = set()
    try:
        if isinstance(source, Fixed):
            _unrolled(p, source, 0, loop, bind, body, node)
        else:
            _counted(p, source, loop, bind, body, node, live)
    finally:
        del p.run_over[len(p.run_over) - len(over) :]
        found, p.resized = p.resized, p.resized | resized
    read = set() if isinstance(source, Fixed) else {ref.id for ref in over}
    if read & found:
        refuse_resized(p, node)


def _counted(
    p: Parser, source: Any, loop: int, bind: Callable[[Any], None], body: Callable[[], None], node: ast.AST,
    live: Set[str] | None,
) -> None:  # fmt: skip
    """A loop over a range or a sequence that is indexed by a counter."""
    span, get, hint = _span(p, source, node)
    if all(isinstance(a, Literal) for a in span):
        key = (node, len(p.stack))
        if key in p.unrolled:
            _unroll_range(p, span, source, loop, bind, body, node)
            return
    saved = p.state.copy(), len(p.builder.statements)
    index = Value(INT, hint, bool(hint))
    p.loop_indices[index] = span
    depth = len(p.open_loops)
    p.open_loops.append(index)
    try:
        backwards = isinstance(source, RangeVal) and source.backwards
        snapshots = source.snapshots if isinstance(source, CheckpointedRange) else None
        _loop(p, loop, bind, body, live, (span, backwards, index, get, snapshots))
    except NeedUnroll as need:
        if need.index is not index or not all(isinstance(a, Literal) for a in span):
            raise
        if isinstance(source, CheckpointedRange):
            p.no_derivative("AD209", "the index of a checkpointed loop selects from a container", node,
                            "an array, or `checkpoint` around what an iteration calls")  # fmt: skip
        p.unrolled.add((node, len(p.stack)))
        p.state = saved[0]
        del p.builder.statements[saved[1] :]
        del p.open_loops[depth:]
        _unroll_range(p, span, source, loop, bind, body, node)
    finally:
        del p.open_loops[depth:]


_MOST_UNROLLED = 2000


def _unroll_range(p: Parser, span: Any, source: Any, loop: int, bind: Any, body: Any, node: ast.AST) -> None:
    values = list(range(*(a.value for a in span)))
    if len(values) > _MOST_UNROLLED:
        p.no_derivative("AD209", f"a structure is indexed in a loop of {len(values)} iterations", node,
                        "an array indexed by the loop, or a shorter loop over the structure")  # fmt: skip
    if isinstance(source, RangeVal):
        items: list[Any] = [Literal(v) for v in (reversed(values) if source.backwards else values)]
    else:
        items = [source.get(Literal(v)) for v in values]
    _unrolled(p, Fixed.of(items), 0, loop, bind, body, node)


def _span(p: Parser, source: Any, node: ast.AST) -> tuple[Any, Any, str]:
    """The range that a loop runs over, how an index becomes an item, and a name for the index."""
    if isinstance(source, RangeVal):
        target = getattr(node, "target", None)
        hint = target.id if isinstance(target, ast.Name) else "i"
        return (source.start, source.stop, source.step), (lambda k: k), hint
    assert isinstance(source, Indexed)
    return (Literal(0), source.length, Literal(1)), source.get, ""


def _unrolled(
    p: Parser, source: Fixed, k: int, loop: int, bind: Callable[[Any], None], body: Callable[[], None],
    node: ast.AST,
) -> None:  # fmt: skip
    """One copy of the body for each item from number k on.

    A copy after a possible exit stands under the negated flag.
    """
    if k >= source.size():
        return
    if k >= _MOST_UNROLLED:
        p.no_derivative("AD209", f"a loop over a container of more than {_MOST_UNROLLED} items", node,
                        "an array, or a loop over a range")  # fmt: skip

    def once() -> None:
        p.frame.loops.append(loop)
        before, p.frame.since = p.frame.since, next_serial()
        try:
            bind(source.get(k))
            body()
        finally:
            p.frame.loops.pop()
            p.frame.since = before
        p.state.names.pop(continue_key(loop), None)
        if DEAD in p.state.names:
            raise DeadPath
        p.frame.loops.append(loop)
        flag = p.jumped()
        p.frame.loops.pop()
        if flag is TRUE:
            return
        if flag is FALSE:
            _unrolled(p, source, k + 1, loop, bind, body, node)
        elif k + 1 < source.size():
            fork(
                p,
                p.builder.negate(flag),
                lambda: _unrolled(p, source, k + 1, loop, bind, body, node),
                lambda: None,
                None,
            )

    once()


def _after_loop(p: Parser, node: ast.For | ast.While, loop: int, rest: list[ast.stmt]) -> bool:
    """The `else` clause, and the rest of the block under the negated return flag."""
    broke = p.state.names.pop(break_key(loop), FALSE)
    if node.orelse:
        left: Any = broke
        returned = p.state.names.get(return_key(p.frame.id), FALSE)
        if returned is not FALSE:
            left = returned if broke is FALSE else p.builder.expand("a | b", a=broke, b=returned)
        if isinstance(left, Literal):
            if not left.value:
                p.run(node.orelse)
        else:
            fork(p, p.builder.negate(left), lambda: p.run(node.orelse), lambda: None, None)
    if DEAD in p.state.names:
        raise DeadPath
    if p.jumped() is FALSE:
        return False
    guarded(p, rest)
    return True


def while_statement(p: Parser, node: ast.While, rest: list[ast.stmt]) -> bool:
    """Execute a `while`; returns whether the rest of the block has been executed as well."""
    loop = fresh_id()
    live = live_names(p.frame.node, node)

    def condition() -> Any:
        if any(isinstance(n, ast.NamedExpr) for n in ast.walk(node.test)):
            raise _TestAssigns
        before = p.state.copy()
        test = tested(p, node.test)
        names, heap = p.state.names, p.state.heap
        if any(names.get(k) is not v for k, v in before.names.items()) or any(
            heap[k] is not v for k, v in before.heap.items()
        ):
            raise _TestAssigns
        return test

    saved = p.state.copy(), len(p.builder.statements), len(p.frame.loops)
    try:
        _loop(p, loop, None, lambda: p.run(node.body), live, condition)
    except _TestAssigns:
        p.state = saved[0]
        del p.builder.statements[saved[1] :]
        del p.frame.loops[saved[2] :]
        always: ast.expr = ast.copy_location(ast.Constant(True), node.test)
        body = [_leave_unless(node.test), *node.body]
        _loop(p, loop, None, lambda: p.run(body), live, lambda: tested(p, always))
    return _after_loop(p, node, loop, rest)


class _TestAssigns(Exception):
    """The test of a `while` changes variables or containers: it belongs to the iteration."""


def _leave_unless(test: ast.expr) -> ast.stmt:
    """`if not test: break`"""
    leave = ast.If(ast.UnaryOp(ast.Not(), test), [ast.Break()], [])
    for n in (leave, leave.test, *leave.body):
        ast.copy_location(n, test)
    return leave


_FLAG_NAMES = {"%break": "broke", "%continue": "continued", "%return": "returned"}


def _loop(
    p: Parser, loop: int, bind: Any, body: Callable[[], None], live: Set[str] | None, head: Any
) -> None:
    """Build a `For` or a `While` to a fixed point.

    Of a `For`, `head` is span, backwards, index, getter and snapshots; of a `While`, its test.
    """
    entry, statements = p.state, len(p.builder.statements)
    while True:
        try:
            carried = Carried(p, entry.copy(), *_counting(head))
            _fixed_point(p, carried, loop, bind, body, live, head)
            return
        except Grows as growth:
            p.state = entry
            del p.builder.statements[statements:]
            _make_grown(p, entry, growth)
            statements = len(p.builder.statements)


def _counting(head: Any) -> tuple[Any, Any]:
    """The index of a loop, and its span if that tells where the loop starts and whether it does."""
    if not isinstance(head, tuple):
        return None, None
    span, backwards, index = head[:3]
    step = span[2]
    is_plain = not backwards and isinstance(step, Literal) and step.value != 0
    return index, span if is_plain else None


def _make_grown(p: Parser, entry: State, growth: Grows) -> None:
    if growth.ident in entry.names:
        entry.names[growth.ident] = grown_tuple(p.builder, entry.names[growth.ident], growth.pattern)
        return
    cell = entry.heap[growth.ident]
    new = grown(p.builder, cell)
    if new is not None and growth.pattern is not None:
        new = widened(p.builder, new, growth.pattern)
    entry.heap[growth.ident] = (
        new if new is not None else Conflict("a list of different items grows in the loop")
    )
    if new is None:
        p.no_derivative("AD208", "a list whose items have different structures grows in a loop", None,
                        "items of one kind: numbers, arrays, or tuples of them")  # fmt: skip


def _fixed_point(
    p: Parser,
    carried: Carried,
    loop: int,
    bind: Any,
    body: Callable[[], None],
    live: Set[str] | None,
    head: Any,
) -> None:
    is_for = isinstance(head, tuple)
    for _ in range(50):
        start = carried.start()
        p.state = start.copy()
        test_statements: list[Stmt] = []
        test: Any = TRUE
        if not is_for:
            with p.builder.block() as test_statements:
                carried.point()
                test = head()
            if test is FALSE:
                p.state = carried.entry
                return
        with p.builder.block() as statements:
            carried.begin()
            stop = _iteration(p, loop, bind, body, head if is_for else None)
            _lists_alike(p, start)
        end = p.state
        if DEAD in end.names:
            end = start.copy()
            stop = FALSE
        if not carried.widen(start, end, live, p.frame.id):
            p.state = end
            if not carried.track(_arrays(carried, end), start, end):
                break
    else:  # pragma: no cover
        raise AssertionError("the types of a loop did not settle")
    _emit_loop(p, carried, (start, end), statements, stop, head, (test_statements, test), live)


def _lists_alike(p: Parser, start: State) -> None:
    """Take the lists that an iteration ends with for ones of run-time length, as those it began with."""
    ends: list[tuple[Any, int]] = [(cell, ident) for ident, cell in start.heap.items()]
    ends += [(start.heap.get(a.id), e.id) for key, a in start.names.items()
             if isinstance(a, Ref) and isinstance(e := p.state.names.get(key), Ref)]  # fmt: skip
    for key, a in start.names.items():
        e = p.state.names.get(key)
        if isinstance(a, GrownTuple) and isinstance(e, (TupleVal, GrownTuple)):
            pattern = pattern_of_tuples(a, e)
            if pattern is not None and not same_structure(a, e):
                p.state.names[key] = grown_tuple(p.builder, e, pattern)
    for before, ident in ends:
        after = p.state.heap.get(ident)
        if not isinstance(before, GrownCell) or after is before or before.pattern is None:
            continue
        if isinstance(after, ListCell) or (isinstance(after, GrownCell) and after.pattern is None):
            new = grown(p.builder, after)
            if new is not None:
                p.state.heap[ident] = widened(p.builder, new, before.pattern) or new


def _iteration(p: Parser, loop: int, bind: Any, body: Callable[[], None], head: Any) -> Any:
    """Execute the body once; returns the stop flag."""
    p.frame.loops.append(loop)
    try:
        if head is not None:
            bind(head[3](head[2]))
        body()
    except DeadPath:
        p.state.names[DEAD] = True
    finally:
        p.frame.loops.pop()
    p.state.names.pop(continue_key(loop), None)
    p.frame.loops.append(loop)
    stop = p.jumped()
    p.frame.loops.pop()
    return stop


def _emit_loop(
    p: Parser, carried: Carried, states: tuple[State, State], statements: list[Stmt], stop: Any, head: Any,
    condition: tuple[list[Stmt], Any], live: Set[str] | None,
) -> None:  # fmt: skip
    end = states[1]
    params: list[Value] = []
    init: list[Any] = []
    yields: list[Any] = []
    outs: dict[Value, Value] = {}
    flags: dict[Any, Value] = {}
    for key, assumed in carried.assumed_names.items():
        if is_flag(key):
            if end.names.get(key, FALSE) is FALSE:
                continue
            param = Value(BOOL, _FLAG_NAMES[key[0]])
            params.append(param)
            init.append(FALSE)
            yields.append(end.names[key])
            flags[key] = outs[param] = Value(BOOL, _FLAG_NAMES[key[0]])
            continue
        carry(carried, assumed, end.names.get(key, UNDEF), end, params, init, yields)
    _carry_containers(carried, end, params, init, yields)
    arrays = [x for x in params if is_array(x)]
    # an array is carried with what has been written into it
    p.state = carried.entry
    init = [*map(p.memory.current, init), *carried.places(after=False)]
    with p.builder.within(statements):
        p.state = end
        yields = [*map(p.memory.current, yields), *carried.places(after=True)]
    params += [x for tracked in carried.tracked.values() for x in tracked.parameters()]
    for born, param in carried.memory.items():
        params.append(param)
        init.append(carried.entry.memory.get(born, born))
        yields.append(end.memory[born])
    for param in params:
        outs.setdefault(param, Value(param.type, param.hint, param.named))
    for born, param in carried.memory.items():
        p.memory.owner[outs[param]] = born
    loc, adjoint = p.builder.loc, p.builder.adjoint
    stops = stop is not FALSE
    body = Block(tuple(params), statements, ((stop, *yields) if stops else tuple(yields)))
    results = tuple(outs[x] for x in params)
    if isinstance(head, tuple):
        span, backwards, index, _, snapshots = head
        body.params = (index, *params)
        p.builder.statements.append(
            For(results, span, tuple(init), body, loc, stops, backwards, adjoint, snapshots)
        )
    else:
        test_statements, test = condition
        fresh = {x: Value(x.type, x.hint, x.named) for x in params}
        mapping: dict[Value, Any] = dict(fresh)
        cloned = [clone_stmt(s, mapping) for s in test_statements]
        block = Block(tuple(fresh.values()), cloned, (map_arg(test, mapping),))
        p.builder.statements.append(While(results, tuple(init), block, body, loc, stops, adjoint))
    if carried.first is not None and carried.first not in outs:
        outs[carried.first] = carried.never()
    p.state = state_after(carried, outs, flags, states, live, p.frame.id)
    carried.leave(outs, arrays, p.state)


def _carry_containers(
    carried: Carried, end: State, params: list[Value], init: list[Any], yields: list[Any]
) -> None:
    exits = exit_containers(carried, carried.start(), end)
    for ident, assumed in carried.assumed_heap.items():
        carry(carried, assumed, end.heap[exits.get(ident, ident)], end, params, init, yields)


def _arrays(carried: Carried, end: State) -> dict[Value, tuple[Any, Any]]:
    """The arrays that variables of a loop hold: before it, and after an iteration."""
    params: list[Value] = []
    init: list[Any] = []
    yields: list[Any] = []
    for key, assumed in carried.assumed_names.items():
        if not is_flag(key):
            carry(carried, assumed, end.names.get(key, UNDEF), end, params, init, yields)
    _carry_containers(carried, end, params, init, yields)
    return {x: (a, b) for x, a, b in zip(params, init, yields, strict=True) if is_array(x)}
