"""From Python source to the graph: the parser's state and its statements.

In: the syntax tree of a function and abstract arguments. Out: statements appended to a builder, and the
abstract result. One method per accepted statement; every other node is refused by name. Expressions are in
`expressions`, branches in `branches`, loops in `loops`, calls in `calls`. Parsing is abstract interpretation:
each statement is executed once on abstract values, so types and structures are known where the graph is
built. Not for differentiating.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ..errors import AdcompileError, NoDerivative, UnsupportedSyntax
from ..ir.build import Builder
from ..ir.nodes import Literal, Value
from .source import Source
from .values import (
    DEAD,
    FALSE,
    TRUE,
    UNDEF,
    Closure,
    Conflict,
    State,
    Undef,
    fresh_id,
    result_key,
    return_key,
)


class DeadPath(Exception):
    """The path being parsed ends in an exception of the user's program."""


class NeedUnroll(Exception):
    """A structure is indexed by the counter of this loop: the loop has to be taken apart."""

    def __init__(self, index: Value) -> None:
        super().__init__("unroll")
        self.index = index


@dataclass(eq=False)
class Frame:
    """One activation of a function: where its names live and what its text is."""

    source: Source
    locals: frozenset[str]
    parent: Frame | None = None
    globals: Mapping[str, Any] = field(default_factory=dict)
    cells: Mapping[str, Any] = field(default_factory=dict)
    node: Any = None
    id: int = field(default_factory=fresh_id)
    # loops that are open in this frame, innermost last
    loops: list[int] = field(default_factory=list)
    declared_global: frozenset[str] = frozenset()


class Parser:
    """What parsing shares: the builder, the variables, the open frames and the inputs found so far."""

    def __init__(self, builder: Builder, inputs: Any) -> None:
        self.builder = builder
        self.inputs = inputs
        self.state = State()
        self.frame: Frame = None  # type: ignore[assignment]
        self.stack: list[Any] = []
        self.recursive: dict[Any, Any] = {}
        self.unrolled: set[Any] = set()
        self.loop_indices: dict[Value, Any] = {}
        self.open_loops: list[Value] = []

    # -- errors ----------------------------------------------------------------------------------------------

    def refuse(self, code: str, message: str, node: ast.AST, expected: str) -> NoReturn:
        """Refuse syntax that is not understood, with the place of `node` and what is expected instead."""
        raise UnsupportedSyntax(code, message, self.frame.source.loc(node), expected)

    def no_derivative(self, code: str, message: str, node: ast.AST | None, expected: str) -> NoReturn:
        """Refuse what cannot be differentiated, with its place and what is expected instead."""
        raise NoDerivative(code, message, self.frame.source.loc(node) if node is not None else None, expected)

    def new(self, cell: Any) -> Any:
        """A new mutable container in the state as it is when its contents have been computed."""
        return self.state.new(cell)

    def cell(self, ref: Any) -> Any:
        """The contents of a container, now."""
        return self.state.heap[ref.id]

    # -- variables -------------------------------------------------------------------------------------------

    def assign(self, name: str, value: Any) -> None:
        """Bind a name, and let a fresh graph value carry it."""
        if isinstance(value, Value) and not value.named and value in self.builder.definitions:
            value.hint, value.named = name, True
        frame = self.frame
        while name not in frame.locals and frame.parent is not None:
            frame = frame.parent
        self.state.names[frame.id, name] = value

    def lookup(self, name: str, node: ast.AST) -> Any:
        """What a name stands for, by Python's scoping rules."""
        frame: Frame | None = self.frame
        while frame is not None:
            if name in frame.locals:
                value = self.state.names.get((frame.id, name), UNDEF)
                return self._usable(name, value, node, frame)
            if frame.parent is None:
                break
            frame = frame.parent
        assert frame is not None
        if name in frame.cells and name not in frame.declared_global:
            return self.inputs.from_cell(self, frame, name, node)
        if name in frame.globals:
            return self.inputs.from_global(self, frame, name, node)
        self.inputs.guard((("global", (frame.globals, name)),), "absent", None)
        if hasattr(builtins, name):
            return Literal(getattr(builtins, name), name)
        self.raise_at(NameError(f"name '{name}' is not defined"))

    def _usable(self, name: str, value: Any, node: ast.AST, frame: Frame) -> Any:
        if isinstance(value, Undef):
            if frame is not self.frame:
                self.raise_at(
                    NameError(f"cannot access free variable '{name}' where it is not associated with a value")
                )
            self.raise_at(
                UnboundLocalError(
                    f"cannot access local variable '{name}' where it is not associated with a value"
                )
            )
        return self.usable(value, node, f"`{name}`")

    def usable(self, value: Any, node: ast.AST, what: str) -> Any:
        """The value, refused if paths disagree about what it is."""
        if isinstance(value, Conflict):
            self.no_derivative(
                "AD208",
                f"{what} cannot be followed: {value.reason}",
                node,
                "one kind of value on every path, with the same structure and the same kind of items",
            )
        return value

    def raise_at(self, error: Exception) -> NoReturn:
        """The program raises here: keep the exception in the graph and give up this path."""
        from ..rules.python import RAISE

        self.builder.apply(
            RAISE, Literal(type(error), type(error).__name__), tuple(Literal(a) for a in error.args)
        )
        raise DeadPath

    # -- statements ------------------------------------------------------------------------------------------

    def run(self, statements: list[ast.stmt]) -> None:
        """Execute statements until one of them leaves the block."""
        for k, node in enumerate(statements):
            if DEAD in self.state.names:
                return
            method = _STATEMENTS.get(type(node))
            if method is None:
                self._refuse_statement(node)
            with self.builder.at(self.frame.source.loc(node)):
                try:
                    finished = method(self, node, statements[k + 1 :])
                except DeadPath:
                    self.state.names[DEAD] = True
                    return
            if finished or self.jumped() is TRUE:
                return

    def jumped(self) -> Any:
        """Whether the current path has left its block by return, break or continue: an atom."""
        from .values import break_key, continue_key

        keys: list[Any] = [return_key(self.frame.id)]
        if self.frame.loops:
            keys += [break_key(self.frame.loops[-1]), continue_key(self.frame.loops[-1])]
        flags = [self.state.names.get(k, FALSE) for k in keys]
        flags = [f for f in flags if f is not FALSE and not (isinstance(f, Literal) and f.value is False)]
        if any(isinstance(f, Literal) for f in flags):
            return TRUE
        if not flags:
            return FALSE
        flag = flags[0]
        for other in flags[1:]:
            flag = self.builder.expand("a | b", a=flag, b=other)
        return flag

    def _refuse_statement(self, node: ast.stmt) -> NoReturn:
        code, message, expected = _REFUSED.get(
            type(node),
            ("AD199", f"`{type(node).__name__}` is not understood", "assignments, branches, loops and calls"),
        )
        self.refuse(code, message, node, expected)

    @contextmanager
    def in_frame(self, frame: Frame) -> Iterator[None]:
        """Parse with the variables of another function."""
        saved, self.frame = self.frame, frame
        try:
            yield
        finally:
            self.frame = saved


_REFUSED: dict[type, tuple[str, str, str]] = {
    ast.Try: (
        "AD103",
        "`try` hides which statements ran",
        "a test before the operation: `if x > 0: ... else: ...`",
    ),
    ast.AsyncFunctionDef: (
        "AD102",
        "`async def` makes a coroutine",
        "an ordinary function of the awaited data",
    ),
    ast.AsyncFor: ("AD102", "`async for` suspends the function", "an ordinary loop over the awaited data"),
    ast.AsyncWith: (
        "AD102",
        "`async with` suspends the function",
        "an ordinary function of the awaited data",
    ),
    ast.ClassDef: ("AD104", "a class is defined inside the function", "the class at the top of the module"),
    ast.Import: ("AD107", "an import inside the function", "the import at the top of the module"),
    ast.ImportFrom: ("AD107", "an import inside the function", "the import at the top of the module"),
}
if hasattr(ast, "TryStar"):
    _REFUSED[ast.TryStar] = _REFUSED[ast.Try]
if hasattr(ast, "TypeAlias"):
    _REFUSED[ast.TypeAlias] = (
        "AD199",
        "a type alias inside the function",
        "the alias at the top of the module",
    )


def _expression(p: Parser, node: ast.Expr, rest: list[ast.stmt]) -> None:
    if isinstance(node.value, ast.Constant):
        return  # a docstring or a bare constant does nothing
    from .expressions import evaluate

    evaluate(p, node.value)


def _assign(p: Parser, node: ast.Assign, rest: list[ast.stmt]) -> None:
    from .expressions import evaluate

    value = evaluate(p, node.value)
    for target in node.targets:
        store(p, target, value)


def _annotated(p: Parser, node: ast.AnnAssign, rest: list[ast.stmt]) -> None:
    from .expressions import evaluate

    if node.value is not None:
        store(p, node.target, evaluate(p, node.value))


def _augmented(p: Parser, node: ast.AugAssign, rest: list[ast.stmt]) -> None:
    from .containers import augmented_assign

    augmented_assign(p, node)


def store(p: Parser, target: ast.expr, value: Any) -> None:
    """Assign to a target: a name, an item, an attribute, or a pattern of them."""
    from .containers import set_attribute, set_item, unpack

    if isinstance(target, ast.Name):
        if target.id in p.frame.declared_global:
            p.refuse("AD109", f"`{target.id}` is a global that the function assigns to", target,
                     "a function that returns the new value; the caller assigns it")  # fmt: skip
        p.assign(target.id, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for element, item in unpack(p, target.elts, value, target):
            store(p, element, item)
    elif isinstance(target, ast.Subscript):
        set_item(p, target, value)
    elif isinstance(target, ast.Attribute):
        set_attribute(p, target, value)
    else:
        p.refuse(
            "AD199", f"cannot assign to `{type(target).__name__}`", target, "a name, an item or an attribute"
        )


def _delete(p: Parser, node: ast.Delete, rest: list[ast.stmt]) -> None:
    for target in node.targets:
        if isinstance(target, ast.Subscript):
            from .containers import delete_item

            delete_item(p, target)
            continue
        if not isinstance(target, ast.Name):
            p.refuse(
                "AD105",
                "`del` of something other than a name",
                target,
                "`del name`, or a container without the item",
            )
        p.lookup(target.id, target)
        p.state.names[p.frame.id, target.id] = UNDEF


def _pass(p: Parser, node: ast.stmt, rest: list[ast.stmt]) -> None:
    return


def _nonlocal(p: Parser, node: ast.Global | ast.Nonlocal, rest: list[ast.stmt]) -> None:
    """Declarations were taken into account when the frame was made; assigning is refused there."""


def _return(p: Parser, node: ast.Return, rest: list[ast.stmt]) -> None:
    from .expressions import evaluate

    value = Literal(None) if node.value is None else evaluate(p, node.value)
    p.state.names[result_key(p.frame.id)] = value
    p.state.names[return_key(p.frame.id)] = TRUE


def _raise(p: Parser, node: ast.Raise, rest: list[ast.stmt]) -> None:
    from ..rules.python import RAISE
    from .calls import runtime_value
    from .expressions import evaluate

    if node.exc is None or node.cause is not None:
        p.refuse("AD199", "this form of `raise` is not understood", node, "`raise SomeError(message)`")
    call = node.exc
    if isinstance(call, ast.Call) and not call.keywords:
        kind = evaluate(p, call.func)
        args = tuple(runtime_value(p, evaluate(p, a), a) for a in call.args)
    else:
        kind, args = evaluate(p, call), ()
    if not (
        isinstance(kind, Literal) and isinstance(kind.value, type) and issubclass(kind.value, BaseException)
    ):
        p.refuse("AD199", "this form of `raise` is not understood", node, "`raise SomeError(message)`")
    p.builder.apply(RAISE, kind, args)
    raise DeadPath


def _assert(p: Parser, node: ast.Assert, rest: list[ast.stmt]) -> None:
    from .branches import branch, truth
    from .expressions import evaluate

    test = truth(p, evaluate(p, node.test), node.test)

    def fail() -> None:
        message = [node.msg] if node.msg is not None else []
        call = ast.Call(func=ast.Name("AssertionError", ast.Load()), args=message, keywords=[])
        _raise(p, ast.copy_location(ast.Raise(ast.copy_location(call, node), None), node), [])

    branch(p, p.builder.negate(test), fail, lambda: None)


def _function(p: Parser, node: ast.FunctionDef, rest: list[ast.stmt]) -> None:
    from .expressions import evaluate
    from .functions import closure

    value: Any = closure(p, node, node.name)
    for decorator in reversed(node.decorator_list):
        from .calls import call

        value = call(p, evaluate(p, decorator), [value], {}, decorator)
    p.assign(node.name, value)


def _jump(key: Any) -> Any:
    def statement(p: Parser, node: ast.stmt, rest: list[ast.stmt]) -> None:
        p.state.names[key(p.frame.loops[-1])] = TRUE

    return statement


def _with(p: Parser, node: ast.With, rest: list[ast.stmt]) -> bool:
    from .calls import with_statement

    return with_statement(p, node, rest)


def _if(p: Parser, node: ast.If, rest: list[ast.stmt]) -> bool:
    from .branches import if_statement

    return if_statement(p, node, rest)


def _for(p: Parser, node: ast.For, rest: list[ast.stmt]) -> bool:
    from .loops import for_statement

    return for_statement(p, node, rest)


def _while(p: Parser, node: ast.While, rest: list[ast.stmt]) -> bool:
    from .loops import while_statement

    return while_statement(p, node, rest)


def _match(p: Parser, node: Any, rest: list[ast.stmt]) -> bool:
    from .match import match_statement

    return match_statement(p, node, rest)


def _register() -> dict[type, Any]:
    from .values import break_key, continue_key

    return {
        ast.Expr: _expression,
        ast.Assign: _assign,
        ast.AnnAssign: _annotated,
        ast.AugAssign: _augmented,
        ast.Delete: _delete,
        ast.Pass: _pass,
        ast.Global: _nonlocal,
        ast.Nonlocal: _nonlocal,
        ast.Return: _return,
        ast.Raise: _raise,
        ast.Assert: _assert,
        ast.FunctionDef: _function,
        ast.Break: _jump(break_key),
        ast.Continue: _jump(continue_key),
        ast.With: _with,
        ast.If: _if,
        ast.For: _for,
        ast.While: _while,
        ast.Match: _match,
    }


_STATEMENTS = _register()
__all__ = ["AdcompileError", "Closure", "DeadPath", "Frame", "NeedUnroll", "Parser", "store"]
