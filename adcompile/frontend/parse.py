"""What parsing shares: the builder, the variables, the open frames, and how a program is refused.

Parsing is abstract interpretation: each statement is executed once on abstract values, so types and
structures are known where the graph is built. Every part of the frontend is a set of functions that take the
parser first; the operations that parts need of one another are methods of it. Statements are in `statements`,
expressions in `expressions`, branches in `branches`, loops in `loops`, calls in `calls`. Not for
differentiating.
"""

from __future__ import annotations

import ast
import builtins
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ..errors import AdcompileError, NoDerivative, UnsupportedSyntax, combine
from ..ir.build import Builder
from ..ir.nodes import Literal, Value, next_serial
from ..rules.python import RAISE
from ..rules.rule import OPERATORS
from .inputs import NeedItems
from .source import Source
from .values import (
    DEAD,
    FALSE,
    NONE,
    TRUE,
    UNDEF,
    Conflict,
    Maybe,
    State,
    Undef,
    break_key,
    continue_key,
    fresh_id,
    return_key,
)


class DeadPath(Exception):
    """The path being parsed ends in an exception of the user's program."""


class Restart(Exception):
    """Something that is open has to be parsed again in another way; whoever can do that catches it."""


class NeedUnroll(Restart):
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
    # of a generator, what it has yielded
    yielded: Any = None
    # the statement or call that is being executed
    at: Any = None
    # of a function whose names stand for what they always stand for, these names
    constants: Mapping[str, Any] | None = None
    # values with a lower serial number may be waited for: by the caller, or as items of an unrolled loop
    since: int = field(default_factory=next_serial)


@dataclass(eq=False)
class Reads:
    """What a piece of code has read of what was there before: variables, containers and arrays.

    What has come into being meanwhile has higher numbers than the first ones.
    """

    first_key: int
    first_array: int
    names: set[Any] = field(default_factory=set)
    cells: set[tuple[Any, Any]] = field(default_factory=set)
    arrays: set[Value] = field(default_factory=set)

    def differ(self, before: State, now: State) -> bool:
        """Whether anything of that is another one in another state."""
        names = (k for k in self.names if k[0] < self.first_key and k in now.names)
        cells = ((k, part) for k, part in self.cells if isinstance(k, int) and k < self.first_key)
        return (
            any(now.names[k] is not before.names.get(k) for k in names)
            or any(_part(now.heap.get(k), part) is not _part(before.heap.get(k), part) for k, part in cells)
            or any(now.memory.get(a, a) is not before.memory.get(a, a) for a in self.arrays)
        )


def _part(cell: Any, name: Any) -> Any:
    """An attribute of an object, what a dictionary has for a key, or all of a container."""
    return cell if name is None else dict(zip(cell.keys, cell.items, strict=True)).get(name)


class Parser(ABC):
    """What parsing shares: the builder, the variables, the open frames and the inputs found so far."""

    def __init__(self, builder: Builder, inputs: Any) -> None:
        self.builder = builder
        self.inputs = inputs
        self.state = State()
        self.frame: Frame = None  # type: ignore[assignment]
        self.stack: list[Any] = []
        self.recursive: dict[Any, Any] = {}
        # what calls that are not inlined return
        self.results: set[Value] = set()
        self.unrolled: set[Any] = set()
        self.loop_indices: dict[Value, Any] = {}
        self.open_loops: list[Value] = []
        # containers that open loops run over
        self.run_over: list[Any] = []
        # lists of run-time length that have become longer or shorter
        self.resized: set[int] = set()
        # how often that has happened
        self.resizings: Counter[int] = Counter()
        # containers of the caller that can be reached in several ways, and which of them are one object
        self.shared: dict[int, int] = {}
        # originals of containers that a function is given copies of, and which of them it has looked at
        self.watched: set[Any] = set()
        self.seen: set[Any] = set()
        self.frames: dict[int, Frame] = {}
        # what follows for the operands of `and` and `or` from an outcome
        self.implied: dict[tuple[Value, bool], tuple[Any, ...]] = {}
        # what the pieces of code read that are watched
        self.readings: list[Reads] = []
        # how many calls have been kept for their effects
        self.effects = 0
        # what is known of the arrays that are written: a `memory.Memory`
        self.memory: Any = None

    # -- errors ----------------------------------------------------------------------------------------------

    def refuse(self, code: str, message: str, node: ast.AST, expected: str) -> NoReturn:
        """Refuse syntax that is not understood, with the place of `node` and what is expected instead."""
        raise UnsupportedSyntax(code, message, self.frame.source.loc(node), expected)

    def no_derivative(self, code: str, message: str, node: ast.AST | None, expected: str) -> NoReturn:
        """Refuse what cannot be differentiated, with its place and what is expected instead."""
        raise NoDerivative(code, message, self.frame.source.loc(node) if node is not None else None, expected)

    def reject(self, frame: Frame, errors: list[AdcompileError]) -> None:
        """Refuse a function as a whole."""
        raise combine(errors)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Parse what is kept as a call if it is refused."""
        yield

    def new(self, cell: Any) -> Any:
        """A new mutable container in the state as it is when its contents have been computed."""
        return self.state.new(cell)

    def cell(self, ref: Any, part: Any = None) -> Any:
        """The contents of a container, now; `part` is the attribute or key that they are asked for."""
        self.look(ref.id, part)
        return self.state.heap[ref.id]

    def look(self, key: Any, part: Any = None) -> None:
        """A container is looked at, or an attribute or key of it."""
        for reads in self.readings:
            reads.cells.add((key, part))
        if key in self.watched:
            self.seen.add(key)

    def change(self, ref: Any, cell: Any) -> None:
        """Give a container other contents."""
        if ref.id in self.shared:
            self.refuse_shared("this changes")
        if ref.id in self.state.inner:
            self.refuse_inner_list(None)
        self.state.heap[ref.id] = cell

    def refuse_inner_list(self, node: ast.AST | None) -> NoReturn:
        """Refuse to change a list that is an item of one of run-time length, once loops were taken apart."""
        if not self.inputs.itemwise:
            raise NeedItems
        self.no_derivative("AD208", "this changes a list that is an item of a list of run-time length", node,
                           "an array of two axes, or a new inner list in its place")  # fmt: skip

    def resize(self, ref: Any) -> None:
        """Note that a list of run-time length becomes longer or shorter."""
        self.resized.add(ref.id)
        self.resizings[ref.id] += 1

    def refuse_shared(self, what: str) -> NoReturn:
        """Refuse to change a container that is seen elsewhere, or to see it there once it has changed."""
        raise NoDerivative(
            "AD206",
            f"{what} a container that the function is given, or can reach, in several ways",
            self.builder.loc,
            "a copy of the container in one of the places: `list(items)`, `dict(entries)`",
        )

    # -- variables -------------------------------------------------------------------------------------------

    def assign(self, name: str, value: Any) -> None:
        """Bind a name, and let a fresh graph value carry it."""
        fresh = isinstance(value, Value) and (value in self.builder.definitions or value in self.results)
        if fresh and not value.named:
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
                for reads in self.readings:
                    reads.names.add((frame.id, name))
                value = self.state.names.get((frame.id, name), UNDEF)
                return self._usable(name, value, node, frame)
            if frame.parent is None:
                break
            frame = frame.parent
        assert frame is not None
        if frame.constants is not None:
            found = frame.constants[name] if name in frame.constants else getattr(builtins, name)
            return Literal(found, name)
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
        return self.settled(value)

    def raise_at(self, error: Exception) -> NoReturn:
        """The program raises here: keep the exception in the graph and give up this path."""
        self.builder.apply(
            RAISE, Literal(type(error), type(error).__name__), tuple(Literal(a) for a in error.args)
        )
        raise DeadPath

    # -- tests -----------------------------------------------------------------------------------------------

    def assume(self, test: Any, holds: bool) -> None:
        """Go on where a test has this outcome."""
        test, holds = self._plain(test, holds)
        if isinstance(test, Value) and test not in self.state.facts:
            self.state.facts[test] = holds
            for operand in self.implied.get((test, holds), ()):
                self.assume(operand, holds)

    def decided(self, test: Any, state: State | None = None) -> bool | None:
        """The outcome of a test, None if the way here does not tell."""
        test, plain = self._plain(test, True)
        if isinstance(test, Literal):
            return bool(test.value) is plain
        found = (state or self.state).facts.get(test)
        return None if found is None else found is plain

    def _plain(self, test: Any, holds: bool) -> tuple[Any, bool]:
        """A test without the negations before it."""
        while True:
            stmt = self.builder.definitions.get(test) if isinstance(test, Value) else None
            if stmt is None or stmt.primitive is not OPERATORS["not"]:
                return test, holds
            test, holds = stmt.args[0], not holds

    def settled(self, value: Any, state: State | None = None) -> Any:
        """What may be None, as far as the way here tells whether it is."""
        while isinstance(value, Maybe):
            nothing = self.decided(value.nothing, state)
            if nothing is None:
                break
            value = NONE if nothing else value.value
        return value

    # -- statements ------------------------------------------------------------------------------------------

    def run(self, statements: list[ast.stmt]) -> None:
        """Execute statements until one of them leaves the block."""
        for k, node in enumerate(statements):
            if DEAD in self.state.names:
                return
            self.frame.at = node
            with self.builder.at(self.frame.source.loc(node)):
                try:
                    finished = self.execute(node, statements[k + 1 :])
                except DeadPath:
                    self.state.names[DEAD] = True
                    return
            if finished or self.surely_jumped():
                return

    def jumped(self) -> Any:
        """Whether the current path has left its block by return, break or continue: an atom."""
        if self.surely_jumped():
            return TRUE
        flags = self._flags()
        if not flags:
            return FALSE
        flag = flags[0]
        for other in flags[1:]:
            flag = self.builder.expand("a | b", a=flag, b=other)
        return flag

    def surely_jumped(self) -> bool:
        """Whether the current path has left its block whatever happens at run time."""
        return any(isinstance(f, Literal) for f in self._flags())

    def _flags(self) -> list[Any]:
        """The flags of which any may say that the current path has left its block."""
        keys: list[Any] = [return_key(self.frame.id)]
        if self.frame.loops:
            keys += [break_key(self.frame.loops[-1]), continue_key(self.frame.loops[-1])]
        flags = [self.state.names.get(k, FALSE) for k in keys]
        return [f for f in flags if not (isinstance(f, Literal) and f.value is False)]

    @contextmanager
    def in_frame(self, frame: Frame) -> Iterator[None]:
        """Parse with the variables of another function."""
        saved, self.frame = self.frame, frame
        self.frames[frame.id] = frame
        try:
            yield
        finally:
            self.frame = saved

    def forget(self, frame: Frame) -> None:
        """Drop the variables of a function that has returned, unless functions in it may still read them."""
        body = [frame.node.body] if isinstance(frame.node, ast.Lambda) else frame.node.body
        has_functions = any(isinstance(n, (ast.FunctionDef, ast.Lambda)) for s in body for n in ast.walk(s))
        for key in [k for k in self.state.names if isinstance(k, tuple)]:
            is_flag = key[-1] == frame.id and str(key[0]).startswith("%")
            if is_flag or (key[0] == frame.id and not has_functions):
                del self.state.names[key]

    # -- what the parts do through one another: `Interpreter` defines it ------------------------------------

    @abstractmethod
    def evaluate(self, node: ast.expr) -> Any:
        """The abstract value of an expression, which is None on every path or on none."""

    @abstractmethod
    def evaluate_optional(self, node: ast.expr) -> Any:
        """The abstract value of an expression that may be None on some paths."""

    @abstractmethod
    def evaluate_iterated(self, node: ast.expr, at_once: bool = False) -> Any:
        """The abstract value of an expression whose items are asked for."""

    @abstractmethod
    def binary(self, op: str, x: Any, y: Any, node: ast.AST) -> Any:
        """X op y for any abstract values."""

    @abstractmethod
    def call(self, function: Any, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
        """function(*args, **keywords) for any abstract callee."""

    @abstractmethod
    def store(self, target: ast.expr, value: Any) -> None:
        """Assign to a target: a name, an item, an attribute, or a pattern of them."""

    @abstractmethod
    def execute(self, node: ast.stmt, rest: list[ast.stmt]) -> Any:
        """Execute a statement; returns whether the rest of its block has been executed as well."""
