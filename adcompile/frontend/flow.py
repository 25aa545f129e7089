"""Branches and loops.

In: statements with several paths. Out: `If`, `For` and `While` in the graph, and one state after them.
`break`, `continue` and `return` set flags in the state; what follows them is executed under the negated flag,
or in the other branch. The carried values of a loop and their types are a fixed point: the body is parsed
until what enters an iteration describes what leaves it. Not for what is iterated over: that is `iterate`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Set
from typing import Any

from ..ir.nodes import UNDEFINED, Block, For, If, Items, Literal, Stmt, Value, While
from ..ir.types import BOOL, INT, is_numeric
from .merge import (
    BranchMerge,
    carried_type,
    describe,
    grown,
    name_of_key,
    parts_of,
    rebuild,
    same_literal,
    same_structure,
)
from .names import live_names
from .parse import DeadPath, NeedUnroll, Parser, store
from .values import (
    DEAD,
    FALSE,
    TRUE,
    UNDEF,
    Conflict,
    DictCell,
    Fixed,
    GrownCell,
    Indexed,
    ListCell,
    ObjectCell,
    RangeVal,
    Ref,
    State,
    TupleVal,
    Undef,
    break_key,
    continue_key,
    fresh_id,
    is_atom,
    is_flag,
    return_key,
)


def truth(p: Parser, value: Any, node: ast.AST) -> Any:
    """The truth value of an abstract value: a constant where it is known, else an atom."""
    from .inputs import expand_captured

    value = expand_captured(p, value, node)
    if isinstance(value, Literal):
        return TRUE if bool(value.value) else FALSE
    if isinstance(value, TupleVal):
        return TRUE if value.items else FALSE
    if isinstance(value, Ref):
        cell = p.usable(p.state.heap[value.id], node, "this container")
        if isinstance(cell, (ListCell, DictCell)):
            return TRUE if cell.items else FALSE
        if isinstance(cell, ObjectCell):
            from .calls import call_special

            result = call_special(p, value, "__bool__", [], node)
            return TRUE if result is None else result
        return p.builder.expand("len(x)", x=cell.items[0])
    if isinstance(value, Value):
        return value
    return TRUE


RESULT = "%value"


def branch(p: Parser, test: Any, then: Callable[[], Any], orelse: Callable[[], Any]) -> Any:
    """Execute both branches of a test on abstract values; returns the joined results of the callables."""
    if isinstance(test, Literal):
        return then() if test.value else orelse()
    _fork(p, test, then, orelse, None)
    return p.state.names.pop(RESULT, None)


def choose(p: Parser, test: Any, then: Any, orelse: Any) -> Any:
    """One of two values that are computed already."""
    return branch(p, test, lambda: then, lambda: orelse)


def _fork(p: Parser, test: Any, then: Any, orelse: Any, rest: list[ast.stmt] | None) -> bool:
    """Execute both branches and join them; returns whether `rest` was executed inside one of them."""
    entry, loc = p.state, p.builder.loc
    states: list[State] = []
    blocks: list[list[Stmt]] = []
    for run in (then, orelse):
        p.state = entry.copy()
        with p.builder.block() as statements:
            _run_side(p, run)
        states.append(p.state)
        blocks.append(statements)
    moved = rest is not None and _move_rest(p, states, blocks, rest)
    merge = BranchMerge(p.builder, (states[0], states[1]), (blocks[0], blocks[1]), test)
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
        left.append(p.jumped() is TRUE)
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
    _fork(p, p.builder.negate(flag), lambda: p.run(rest), lambda: None, None)


def if_statement(p: Parser, node: ast.If, rest: list[ast.stmt]) -> bool:
    """Execute an `if`; returns whether the rest of the block has been executed as well."""
    from .expressions import evaluate

    test = truth(p, evaluate(p, node.test), node.test)
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
        _fork(p, test, then, orelse, None)
        return False
    if _fork(p, test, then, orelse, rest):
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


# -- loops ---------------------------------------------------------------------------------------------------


def for_statement(p: Parser, node: ast.For, rest: list[ast.stmt]) -> bool:
    """Execute a `for`; returns whether the rest of the block has been executed as well."""
    from .expressions import evaluate
    from .iterate import iterable

    source = iterable(p, evaluate(p, node.iter), node.iter)
    loop = fresh_id()

    def bind(item: Any) -> None:
        store(p, node.target, item)

    live = live_names(p.frame.node, node)
    iterate(p, source, loop, bind, lambda: p.run(node.body), node, live)
    return _after_loop(p, node, loop, rest)


def iterate(
    p: Parser, source: Any, loop: int, bind: Callable[[Any], None], body: Callable[[], None], node: ast.AST,
    live: Set[str] | None,
) -> None:  # fmt: skip
    """Execute a loop body for every item of an iterable."""
    if isinstance(source, Fixed):
        _unrolled(p, list(source.items), loop, bind, body)
        return
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
        _loop(
            p, loop, bind, body, live, (span, isinstance(source, RangeVal) and source.backwards, index, get)
        )
    except NeedUnroll as need:
        if need.index is not index or not all(isinstance(a, Literal) for a in span):
            raise
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
    _unrolled(p, items, loop, bind, body)


def _span(p: Parser, source: Any, node: ast.AST) -> tuple[Any, Any, str]:
    """The range that a loop runs over, how an index becomes an item, and a name for the index."""
    if isinstance(source, RangeVal):
        target = getattr(node, "target", None)
        hint = target.id if isinstance(target, ast.Name) else "i"
        return (source.start, source.stop, source.step), (lambda k: k), hint
    assert isinstance(source, Indexed)
    return (Literal(0), source.length, Literal(1)), source.get, ""


def _unrolled(
    p: Parser, items: list[Any], loop: int, bind: Callable[[Any], None], body: Callable[[], None]
) -> None:
    """One copy of the body for each item; a copy after a possible exit stands under the negated flag."""
    if not items:
        return

    def once() -> None:
        p.frame.loops.append(loop)
        try:
            bind(items[0])
            body()
        finally:
            p.frame.loops.pop()
        p.state.names.pop(continue_key(loop), None)
        if DEAD in p.state.names:
            raise DeadPath
        p.frame.loops.append(loop)
        flag = p.jumped()
        p.frame.loops.pop()
        if flag is TRUE:
            return
        if flag is FALSE:
            _unrolled(p, items[1:], loop, bind, body)
        elif len(items) > 1:
            _fork(
                p,
                p.builder.negate(flag),
                lambda: _unrolled(p, items[1:], loop, bind, body),
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
            _fork(p, p.builder.negate(left), lambda: p.run(node.orelse), lambda: None, None)
    if DEAD in p.state.names:
        raise DeadPath
    if p.jumped() is FALSE:
        return False
    guarded(p, rest)
    return True


def while_statement(p: Parser, node: ast.While, rest: list[ast.stmt]) -> bool:
    """Execute a `while`; returns whether the rest of the block has been executed as well."""
    from .expressions import evaluate

    loop = fresh_id()
    test: Any = node.test
    body = node.body
    if any(isinstance(n, ast.NamedExpr) for n in ast.walk(test)):
        # an assignment in the test belongs to the iteration: `while True: if not test: break`
        leave = ast.If(ast.UnaryOp(ast.Not(), test), [ast.Break()], [])
        ast.fix_missing_locations(ast.copy_location(leave, test))
        for n in ast.walk(leave):
            ast.copy_location(n, test) if isinstance(n, (ast.expr, ast.stmt)) and n is not test else None
        body, test = [leave, *body], ast.copy_location(ast.Constant(True), test)
    live = live_names(p.frame.node, node)

    def condition() -> Any:
        return truth(p, evaluate(p, test), test)

    _loop(p, loop, None, lambda: p.run(body), live, condition)
    return _after_loop(p, node, loop, rest)


_FLAG_NAMES = {"%break": "broke", "%continue": "continued", "%return": "returned"}


class _Carried:
    """What a loop carries: for each changed variable an abstract value whose changed atoms are parameters."""

    def __init__(self, p: Parser, entry: State) -> None:
        self.p = p
        self.entry = entry
        self.assumed_names: dict[Any, Any] = {}
        self.assumed_heap: dict[int, Any] = {}
        self.params: dict[Value, None] = {}
        self.initial: dict[Value, Any] = {}

    def start(self) -> State:
        state = self.entry.copy()
        state.names.update(self.assumed_names)
        state.heap.update(self.assumed_heap)
        return state

    def widen(self, start: State, end: State, live: Set[str] | None, frame: int) -> bool:
        """Take in what an iteration changed; returns whether the assumptions had to change."""
        changed = False
        scopes = set()
        scope: Any = self.p.frame
        while scope is not None:
            scopes.add(scope.id)
            scope = scope.parent
        for key in list(end.names):
            a, e = start.names.get(key, UNDEF), end.names[key]
            if a is e or not _carries(key, live, frame):
                continue
            if (
                isinstance(key, tuple)
                and isinstance(key[0], int)
                and key not in self.entry.names
                and key[0] not in scopes
            ):
                continue  # a variable of a call that the iteration has made
            if is_flag(key):
                changed |= self._flag(key)
                continue
            new = self._widen(self.entry.names.get(key, UNDEF), a, e, end, name_of_key(key))
            if new is not a:
                self.assumed_names[key] = new
                changed = True
        for ident, cell in end.heap.items():
            if ident not in start.heap or cell is start.heap[ident]:
                continue
            new = self._widen_cell(self.entry.heap.get(ident), start.heap[ident], cell, end, ident)
            if new is not start.heap[ident]:
                self.assumed_heap[ident] = new
                changed = True
        return changed

    def _flag(self, key: Any) -> bool:
        if key in self.assumed_names:
            return False
        self.assumed_names[key] = FALSE
        return False

    def param(self, t: Any, hint: str, initial: Any, named: bool) -> Value:
        value = Value(t, hint, named)
        self.params[value] = None
        self.initial[value] = initial
        return value

    def _widen(self, entry: Any, assumed: Any, exit: Any, end: State, hint: str) -> Any:
        """The assumption that covers both `assumed` and `exit`; `assumed` itself if it already does."""
        if assumed is exit or same_literal(assumed, exit) or isinstance(assumed, Conflict):
            return assumed
        if isinstance(exit, (Conflict, Undef)):
            return exit if isinstance(exit, Conflict) else Conflict("an iteration may delete it")
        if isinstance(assumed, Undef):
            return self._fresh(exit, end, hint)
        if is_atom(assumed) and is_atom(exit):
            return self._widen_atom(entry, assumed, exit, hint)
        if isinstance(assumed, Ref) and isinstance(exit, Ref):
            return self._widen_ref(assumed, exit, end)
        if not same_structure(assumed, exit):
            return Conflict(f"it is {describe(assumed)} before an iteration and {describe(exit)} after it")
        entries = parts_of(entry) if same_structure(entry, assumed) else (UNDEF,) * len(parts_of(assumed))
        new = tuple(
            self._widen(n, a, e, end, hint)
            for n, a, e in zip(entries, parts_of(assumed), parts_of(exit), strict=True)
        )
        unchanged = all(x is y for x, y in zip(new, parts_of(assumed), strict=True))
        return assumed if unchanged else rebuild(assumed, new)

    def _widen_atom(self, entry: Any, assumed: Any, exit: Any, hint: str) -> Any:
        known = assumed in self.params
        initial = self.initial[assumed] if known else assumed
        t = carried_type(initial, exit, assumed if known else None)
        if t is None:
            return Conflict(
                f"it is {describe(initial)} before the loop and {describe(exit)} after an iteration"
            )
        if known and t == assumed.type:
            return assumed
        if known:
            del self.params[assumed]
        named = bool(hint) or (isinstance(exit, Value) and exit.named)
        return self.param(t, hint or (exit.hint if isinstance(exit, Value) else ""), initial, named)

    def _fresh(self, exit: Any, end: State, hint: str) -> Any:
        """A variable that the first iteration finds unassigned."""
        if isinstance(exit, Literal) and not is_numeric(exit.type):
            return Conflict("only an iteration assigns it")
        if is_atom(exit):
            t = carried_type(UNDEFINED, exit, None)
            return (
                Conflict("only an iteration assigns it")
                if t is None
                else self.param(t, hint, UNDEFINED, bool(hint))
            )
        if isinstance(exit, Ref):
            if exit.id in self.entry.heap:
                return Conflict("only an iteration assigns it")
            cell = self._fresh(end.heap[exit.id], end, hint)
            if isinstance(cell, Conflict):
                return cell
            ident = fresh_id()
            self.assumed_heap[ident] = cell
            self.entry.heap[ident] = _undefined_like(cell)
            return Ref(ident)
        parts = tuple(self._fresh(x, end, hint) for x in parts_of(exit))
        for part in parts:
            if isinstance(part, Conflict):
                return part
        return rebuild(exit, parts) if parts else exit

    def _widen_ref(self, assumed: Ref, exit: Ref, end: State) -> Any:
        """A variable rebound to another container of the same structure: its contents are carried."""
        a, e = self.start().heap.get(assumed.id), end.heap.get(exit.id)
        if isinstance(a, Conflict) or isinstance(e, Conflict) or a is None or e is None:
            return Conflict("it is another container after an iteration")
        if assumed.id == exit.id:
            return assumed
        if references(end, exit.id) > 1 or (
            assumed.id in self.entry.heap and references(self.entry, assumed.id) > 1
        ):
            return Conflict("it is another container after an iteration, and other names share it")
        if not same_structure(a, e):
            return Conflict("it is a container of another structure after an iteration")
        entry_cell = self.entry.heap.get(assumed.id, a)
        new = tuple(
            self._widen(n, x, y, end, "")
            for n, x, y in zip(parts_of(entry_cell), parts_of(a), parts_of(e), strict=True)
        )
        if all(x is y for x, y in zip(new, parts_of(a), strict=True)):
            return assumed
        self.assumed_heap[assumed.id] = rebuild(a, new)
        self.moved = True
        return Ref(assumed.id)

    def _widen_cell(self, entry: Any, assumed: Any, exit: Any, end: State, ident: int) -> Any:
        if isinstance(assumed, ListCell) and not same_structure(assumed, exit):
            raise _Grows(ident)
        if isinstance(assumed, GrownCell) and isinstance(exit, GrownCell) and assumed.pattern is None:
            raise _Grows(ident, exit.pattern)
        return self._widen(entry, assumed, exit, end, "")


class _Grows(Exception):
    """A list changes its length in the loop: it has to be a run-time list from the start."""

    def __init__(self, ident: int, pattern: Any = None) -> None:
        super().__init__(ident)
        self.ident = ident
        self.pattern = pattern


def references(state: State, ident: int) -> int:
    """How many variables and containers hold a container."""
    count = 0
    stack = [v for v in state.names.values() if not is_atom(v)] + [
        p for c in state.heap.values() for p in parts_of(c)
    ]
    while stack:
        value = stack.pop()
        if isinstance(value, Ref):
            count += value.id == ident
        elif not is_atom(value):
            stack.extend(parts_of(value))
    return count


def _undefined_like(cell: Any) -> Any:
    if is_atom(cell):
        return UNDEFINED
    parts = tuple(_undefined_like(x) for x in parts_of(cell))
    return rebuild(cell, parts) if parts else cell


def _carries(key: Any, live: Set[str] | None, frame: int) -> bool:
    """Whether a changed variable matters to the next iteration or after the loop."""
    if not isinstance(key, tuple) or live is None or key[0] != frame:
        return True
    return key[1] in live


def _loop(
    p: Parser, loop: int, bind: Any, body: Callable[[], None], live: Set[str] | None, head: Any
) -> None:
    """Build a `For` (head: span, backwards, index, getter) or a `While` (head: the test) to a fixed point."""
    entry, statements = p.state, len(p.builder.statements)
    while True:
        try:
            carried = _Carried(p, entry.copy())
            _fixed_point(p, carried, loop, bind, body, live, head)
            return
        except _Grows as growth:
            p.state = entry
            del p.builder.statements[statements:]
            _make_grown(p, entry, growth)
            statements = len(p.builder.statements)


def _make_grown(p: Parser, entry: State, growth: _Grows) -> None:
    from ..rules import lists

    cell = entry.heap[growth.ident]
    if growth.pattern is not None:
        empty = tuple(p.builder.apply(lists.LIST_MAKE, Items(())) for _ in _leaves(growth.pattern))
        entry.heap[growth.ident] = GrownCell(growth.pattern, empty)
        return
    new = grown(p.builder, cell)
    entry.heap[growth.ident] = (
        new if new is not None else Conflict("a list of different items grows in the loop")
    )
    if new is None:
        p.no_derivative("AD208", "a list whose items have different structures grows in a loop", None,
                        "items of one kind: numbers, arrays, or tuples of them")  # fmt: skip


def _leaves(pattern: Any) -> list[Any]:
    from .merge import leaves_of

    return list(leaves_of(pattern))


def _fixed_point(
    p: Parser,
    carried: _Carried,
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
                test = head()
            if test is FALSE:
                p.state = carried.entry
                return
        with p.builder.block() as statements:
            stop = _iteration(p, loop, bind, body, head if is_for else None)
        end = p.state
        if DEAD in end.names:
            end = start.copy()
            stop = FALSE
        if not carried.widen(start, end, live, p.frame.id):
            break
    else:  # pragma: no cover
        raise AssertionError("the types of a loop did not settle")
    _emit_loop(p, carried, (start, end), statements, stop, head, (test_statements, test), live)


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
    p: Parser, carried: _Carried, states: tuple[State, State], statements: list[Stmt], stop: Any, head: Any,
    condition: tuple[list[Stmt], Any], live: Set[str] | None,
) -> None:  # fmt: skip
    end = states[1]
    params, init, yields = [], [], []
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
        _carry(carried, assumed, end.names.get(key, UNDEF), end, params, init, yields)
    exits = _exits(carried, end)
    for ident, assumed in carried.assumed_heap.items():
        _carry(carried, assumed, end.heap[exits.get(ident, ident)], end, params, init, yields)
    for param in params:
        outs.setdefault(param, Value(param.type, param.hint, param.named))
    loc, adjoint = p.builder.loc, p.builder.adjoint
    stops = stop is not FALSE
    body = Block(tuple(params), statements, ((stop, *yields) if stops else tuple(yields)))
    results = tuple(outs[x] for x in params)
    if isinstance(head, tuple):
        span, backwards, index, _ = head
        body.params = (index, *params)
        p.builder.statements.append(For(results, span, tuple(init), body, loc, stops, backwards, adjoint))
    else:
        test_statements, test = condition
        fresh = {x: Value(x.type, x.hint, x.named) for x in params}
        from ..ir.nodes import clone_stmt, map_arg

        mapping: dict[Value, Any] = dict(fresh)
        cloned = [clone_stmt(s, mapping) for s in test_statements]
        block = Block(tuple(fresh.values()), cloned, (map_arg(test, mapping),))
        p.builder.statements.append(While(results, tuple(init), block, body, loc, stops, adjoint))
    p.state = _after(carried, outs, flags, states, live, p.frame.id)


def _exits(carried: _Carried, end: State) -> dict[int, int]:
    """For each carried container, the one that stands in its place at the end of an iteration."""
    found: dict[int, int] = {}
    pending = [(a, end.names.get(k, UNDEF)) for k, a in carried.assumed_names.items() if not is_flag(k)]
    pending += [(a, end.heap.get(i)) for i, a in carried.assumed_heap.items() if i in carried.entry.heap]
    while pending:
        a, e = pending.pop()
        if isinstance(a, Ref) and isinstance(e, Ref):
            if found.get(a.id, e.id) != e.id:
                raise AssertionError(
                    "two variables that share a container leave an iteration with different ones"
                )
            if a.id not in found:
                found[a.id] = e.id
                pending.append((carried.assumed_heap.get(a.id), end.heap.get(e.id)))
        elif a is not None and e is not None and not is_atom(a) and same_structure(a, e):
            pending.extend(zip(parts_of(a), parts_of(e), strict=True))
    return found


def _carry(
    carried: _Carried,
    assumed: Any,
    exit: Any,
    end: State,
    params: list[Value],
    init: list[Any],
    yields: list[Any],
) -> None:
    if isinstance(assumed, Value) and assumed in carried.params:
        if assumed not in params:
            params.append(assumed)
            init.append(carried.initial[assumed])
            yields.append(exit if is_atom(exit) else UNDEFINED)
        return
    if isinstance(assumed, (Ref, Conflict)) or is_atom(assumed):
        return
    exits = parts_of(exit) if same_structure(assumed, exit) else (UNDEF,) * len(parts_of(assumed))
    for a, e in zip(parts_of(assumed), exits, strict=True):
        _carry(carried, a, e, end, params, init, yields)


def _after(
    carried: _Carried, outs: dict[Value, Value], flags: dict[Any, Value], states: tuple[State, State],
    live: Set[str] | None, frame: int,
) -> State:  # fmt: skip
    """The state behind the loop."""
    state = carried.entry.copy()
    start, end = states

    def image(value: Any) -> Any:
        if isinstance(value, Value):
            return outs.get(value, value)
        parts = parts_of(value)
        new = tuple(image(x) for x in parts)
        return value if all(x is y for x, y in zip(parts, new, strict=True)) else rebuild(value, new)

    for key, value in carried.assumed_names.items():
        state.names[key] = image(value)
    for ident, cell in carried.assumed_heap.items():
        state.heap[ident] = image(cell)
    for key, value in end.names.items():
        if not _carries(key, live, frame) and value is not start.names.get(key):
            state.names[key] = UNDEF
    for key in list(state.names):
        if is_flag(key) and key not in flags and key in carried.assumed_names:
            del state.names[key]
    state.names.update(flags)
    return state


