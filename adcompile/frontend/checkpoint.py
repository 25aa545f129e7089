"""Checkpointed functions and loops.

In: a callee and abstract arguments. Out: the abstract result. The body is parsed where it is called, like
that of any function, and becomes a `Call` of a function of the graph: its parameters are the values that it
reads, its results those that are known to the program afterwards. Not for what a derivative keeps: that is
`passes.reverse`.
"""

from __future__ import annotations

import ast
import collections.abc
import contextlib
import types
from typing import Any

from ..errors import Loc, SourceUnavailable
from ..ir.nodes import (
    Block,
    Call,
    Function,
    Literal,
    Stmt,
    Value,
    all_statements,
    clone_stmt,
    free_values,
    map_arg,
)
from ..ir.types import Unknown, dtype_of
from ..passes.common import share
from .branches import branch
from .merge import describe
from .parse import DeadPath, Parser
from .returned import returned
from .source import get_source
from .structure import parts_of
from .values import (
    NONE,
    ArrayMethod,
    BoundMethod,
    CheckpointedRange,
    Closure,
    ContainerMethod,
    DictView,
    Fixed,
    Indexed,
    Iterator,
    PartialVal,
    RangeVal,
    Ref,
    Transformed,
    is_atom,
)


def call_checkpointed(
    p: Parser, function: Any, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    """The call of a function of which derivatives keep the arguments only."""
    name, loc = _definition(p, function)
    with p.builder.block() as statements:
        try:
            result = returned(p, p.call(function, args, keywords, node), name)
            outs = _results(p, result, {out for s in statements for out in s.outs})
        except DeadPath:
            result = None
    if result is None:
        p.builder.statements += statements
        raise DeadPath
    _refuse_unfit(p, name, result, node)
    inner = all_statements(Block((), statements, ()))
    if any(isinstance(s, Call) and s.function.body is None for s in inner):
        p.no_derivative("AD206", f"the checkpointed function `{name}` is recursive", node,
                        "a checkpointed function that is called in a loop")  # fmt: skip
    body, read = _closed(statements, outs)
    for stmt in body.statements:
        p.builder.record(stmt)
    graph = Function(name, body, loc, recomputed=True, apart=False)
    p.builder.statements.append(Call(outs, graph, read, p.builder.loc, p.builder.adjoint))
    return result


def _definition(p: Parser, function: Any) -> tuple[str, Loc | None]:
    """The name of a callee, and where it is defined."""
    while isinstance(function, (BoundMethod, PartialVal)):
        function = function.function
    if isinstance(function, Closure):
        source = function.frame.source
        name = function.name if function.name.isidentifier() else "checkpointed"
        return name, source.loc(function.node)
    if isinstance(function, Literal) and isinstance(function.value, types.FunctionType):
        name = function.value.__name__
        name = name if name.isidentifier() else "checkpointed"
        with contextlib.suppress(SourceUnavailable):
            source = get_source(function.value)
            return name, source.loc(source.node)
        return name, p.builder.loc
    return "checkpointed", p.builder.loc


def _refuse_unfit(p: Parser, name: str, result: Any, node: ast.AST) -> None:
    """Refuse a result that refers to values of the body in ways of its own."""
    pending, seen = [result], set()
    while pending:
        value = pending.pop()
        if isinstance(value, Ref) and value.id not in seen:
            seen.add(value.id)
            pending.append(p.state.heap[value.id])
        elif isinstance(value, _UNFIT) and not _is_plain(value):
            p.no_derivative("AD208", f"the checkpointed function `{name}` returns {describe(value)}", node,
                            "numbers, arrays, and tuples, lists or objects of them")  # fmt: skip
        elif not is_atom(value):
            pending.extend(parts_of(value))


_UNFIT = (ArrayMethod, ContainerMethod, DictView, Fixed, Indexed, Iterator, Transformed)


def _is_plain(value: Any) -> bool:
    """Whether a transformed function is known by its name and options alone."""
    return isinstance(value, Transformed) and value.kind not in ("pullback", "linear")


def _results(p: Parser, result: Any, inside: set[Value]) -> tuple[Value, ...]:
    """The values of a body that the program may read after it.

    Outside, nobody knows how they were made. An array is what it contains now, and may be any memory that it
    was known to be, or to be a view of.
    """
    held = dict.fromkeys(v for v in _held(p, result) if v in inside)
    found: dict[Value, None] = {}
    for value in held:
        content = p.memory.current(value)
        p.memory.close(value, content)
        found[content] = None
    memory = p.state.memory
    for born in [b for b in memory if p.memory.chosen_by.get(b, b) in inside and b not in held]:
        del memory[born]
    found.update(dict.fromkeys(v for v in memory.values() if v in inside))
    for value in (*held, *found):
        p.builder.definitions.pop(value, None)
    p.results.update(found)
    return tuple(found)


def _held(p: Parser, result: Any) -> collections.abc.Iterator[Value]:
    """All values that a result and the variables and containers of the program hold."""
    pending = [result, *p.state.names.values(), *p.state.heap.values()]
    while pending:
        value = pending.pop()
        if isinstance(value, Value):
            yield value
        elif isinstance(value, Closure):
            pending.extend((*value.defaults, *value.kw_defaults))
        elif not is_atom(value):
            pending.extend(parts_of(value))


def _closed(statements: list[Stmt], outs: tuple[Value, ...]) -> tuple[Block, tuple[Value, ...]]:
    """Statements as a block of their own values, and what it reads from outside."""
    read = tuple(free_values(Block((), statements, outs)))
    mapping: dict[Value, Any] = {v: Value(v.type, v.hint, v.named) for v in read}
    params = tuple(mapping.values())
    body = [clone_stmt(s, mapping) for s in statements]
    block = Block(params, body, tuple(map_arg(out, mapping) for out in outs))
    share(block, {}, {})
    return block, read


def checkpointed_range(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    """`checkpointed(range(n), snapshots=k)`: a range that a loop is told by what to keep of it."""
    given = dict(zip(("steps", "snapshots"), args, strict=False)) | keywords
    if len(args) > 2 or not {"steps"} <= set(given) <= {"steps", "snapshots"}:
        p.raise_at(TypeError("checkpointed() takes a range and the number of snapshots"))
    steps, snapshots = given["steps"], given.get("snapshots", NONE)
    if not isinstance(steps, RangeVal):
        p.no_derivative("AD202", "`checkpointed` is given something else than a range", node,
                        "`checkpointed(range(len(items)))`, and the items by their index")  # fmt: skip
    if not is_atom(snapshots) or not (_is_none(snapshots) or _may_be_integer(snapshots)):
        p.raise_at(TypeError("snapshots is no integer"))
    if isinstance(snapshots, Literal) and snapshots.value is not None and snapshots.value < 1:
        p.raise_at(ValueError("snapshots must be at least 1"))
    if isinstance(snapshots, Value):
        error = ValueError("snapshots must be at least 1")
        branch(p, p.builder.expand("k < 1", k=snapshots), lambda: p.raise_at(error), lambda: None)
    return CheckpointedRange(steps.start, steps.stop, steps.step, steps.backwards, snapshots)


def _is_none(atom: Any) -> bool:
    return isinstance(atom, Literal) and atom.value is None


def _may_be_integer(atom: Any) -> bool:
    return isinstance(atom.type, Unknown) or (dtype_of(atom.type) or "").startswith(("int", "uint"))
