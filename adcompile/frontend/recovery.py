"""Finding every error of a program that has one.

In: a program that parsing has refused at its first error. Out: all its errors. The program is parsed once
more, and what is refused leaves poison behind: the names that it would have bound. What needs a poisoned name
says nothing, for it may be right. The graph that this leaves is good for finding further errors only. Not for
programs that are accepted.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import AdcompileError, combine
from ..ir.build import Builder
from ..ir.nodes import Value
from .interpreter import Interpreter
from .names import bound_in
from .parse import DeadPath, Frame, Restart
from .recursion import deep_leaves
from .values import DEAD, TRUE, Conflict, Ref, fresh_id, result_key, return_key
from .values import Iterator as IteratorVal


class Poisoned(Exception):
    """Nothing can be said: it depends on what has been refused."""


POISON = Conflict("it depends on what is refused")
# expressions whose parts are evaluated, each, whatever the others are
_WHOLE = (
    ast.BinOp, ast.UnaryOp, ast.Compare, ast.Call, ast.Attribute, ast.Subscript, ast.Slice, ast.Tuple,
    ast.List, ast.Dict, ast.Set, ast.NamedExpr, ast.JoinedStr,
)  # fmt: skip
# parts of expressions that are no expressions by themselves
_JOINTS = (ast.keyword, ast.Starred, ast.FormattedValue)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_LEAVING = (ast.Return, ast.Raise, ast.Break, ast.Continue)


class ErrorFinder(Interpreter):
    """An interpreter that goes on behind errors.

    Attributes
    ----------
    errors : dict
        The errors found, by code and place: a loop is parsed several times.
    wanted : list of Value
        What refused code reads: whatever it depends on is of use.
    """

    def __init__(self, builder: Builder, inputs: Any) -> None:
        super().__init__(builder, inputs)
        self.errors: dict[Any, AdcompileError] = {}
        self.wanted: list[Value] = []
        self.told: set[tuple[str, str]] = set()

    def record(self, error: AdcompileError) -> None:
        """Keep an error and those that it brings along."""
        for e in (error, *error.related):
            self.errors.setdefault((e.code, e.loc), e)

    def want(self, value: Any) -> None:
        """Take a value as one that the result depends on."""
        self.wanted += [v for v in deep_leaves(self.state, value) if isinstance(v, Value)]

    # -- what is refused otherwise ---------------------------------------------------------------------------

    def usable(self, value: Any, node: ast.AST, what: str) -> Any:
        """The value, if it can be told what it is."""
        if value is POISON:
            raise Poisoned
        if isinstance(value, Conflict):
            # the first use tells it
            if (what, value.reason) in self.told:
                raise Poisoned
            self.told.add((what, value.reason))
        return super().usable(value, node, what)

    def reject(self, frame: Frame, errors: list[AdcompileError]) -> None:
        """Look through a function that is refused as a whole."""
        for error in errors:
            self.record(error)
        if not isinstance(frame.node, ast.Lambda):
            before = dict(self.errors)
            with self.in_frame(frame):
                self.run(frame.node.body)
            if isinstance(frame.node, ast.AsyncFunctionDef):
                # what waits inside is no error of its own
                self.errors = {k: e for k, e in self.errors.items() if k in before or e.code != "AD102"}
        raise Poisoned

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Parse what is kept as a call if it is refused: its errors count only if that is refused, too."""
        before, self.errors = self.errors, {}
        try:
            yield
        except Poisoned:
            if not self.errors:
                raise
        except AdcompileError as error:
            self.record(error)
        finally:
            found, self.errors = list(self.errors.values()), before
        if found:
            raise combine(found)

    def run(self, statements: list[ast.stmt]) -> None:
        """Execute statements until one of them leaves the block; none is missed for one that is refused."""
        for k, node in enumerate(statements):
            if DEAD in self.state.names:
                return
            with self.builder.at(self.frame.source.loc(node)):
                finished = self._survive(node, statements[k + 1 :])
            if finished or self.surely_jumped():
                return

    def _survive(self, node: ast.stmt, rest: list[ast.stmt]) -> bool:
        """Execute a statement; returns whether the rest of its block has been executed, or is not reached."""
        with self._aside() as state:
            try:
                finished = bool(self.execute(node, rest))
            except DeadPath:
                state.names[DEAD] = True
                return True
            except Restart:
                raise
            except AdcompileError as error:
                self.record(error)
            except Exception:
                pass  # of a poisoned value, or of a graph that poison has left without sense
            else:
                state.become(self.state)
                return finished
        self._look_into(node)
        self._poison(node)
        if isinstance(node, ast.Return):
            self.state.names[result_key(self.frame.id)] = POISON
            self.state.names[return_key(self.frame.id)] = TRUE
        return isinstance(node, _LEAVING)

    @contextmanager
    def _aside(self) -> Iterator[Any]:
        """Try something: afterwards everything is as it was."""
        saved, statements = self.state.copy(), self.builder.statements
        frame, depth = self.frame, len(self.stack)
        iterators = [(v, v.consumed) for v in saved.names.values() if isinstance(v, IteratorVal)]
        try:
            yield saved
        finally:
            self.state, self.builder.statements = saved, statements
            self.frame = frame
            del self.stack[depth:]
            for iterator, consumed in iterators:
                iterator.consumed = consumed

    # -- what a refused statement consists of ----------------------------------------------------------------

    def _look_into(self, node: ast.stmt) -> None:
        """Find the errors in the expressions of a refused statement, and in the blocks in it."""
        if isinstance(node, _SCOPES):
            return
        for expression in _headers(node):
            self._look_at(expression)
            for part in ast.walk(expression):
                if isinstance(part, ast.Name):
                    self.want(self._held(part.id))
        for binders, statements in _blocks(node):
            with self._aside() as before:
                before = before.copy()
                for name in binders:
                    self.assign(name, POISON)
                self.frame.loops.append(fresh_id())
                try:
                    self.run(statements)
                finally:
                    self.frame.loops.pop()
                for key, value in self.state.names.items():
                    if value is not before.names.get(key):
                        self.want(value)

    def _look_at(self, node: ast.AST) -> None:
        """Find the errors in an expression; in the parts of one that is refused."""
        if isinstance(node, ast.GeneratorExp):
            # whether it may stand there, and what it runs over, only what it stands in can tell
            return
        if isinstance(node, ast.expr) and not isinstance(node, _JOINTS):
            with self._aside():
                try:
                    self.want(self.evaluate(node))
                    return
                except AdcompileError as error:
                    self.record(error)
                except Exception:
                    pass
        if isinstance(node, (*_WHOLE, *_JOINTS)):
            for part in ast.iter_child_nodes(node):
                if isinstance(part, (ast.expr, ast.keyword)):
                    self._look_at(part)

    def _held(self, name: str) -> Any:
        return self.state.names.get((self.frame.id, name))

    def _poison(self, node: ast.stmt) -> None:
        """Poison the names that a statement binds, and those of the containers that it may change."""
        sometimes = any(statements for _, statements in _blocks(node))
        for name in bound_in([node]):
            if sometimes:
                self.want(self._held(name))
            self.assign(name, POISON)
        for part in ast.walk(node):
            called = isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute)
            stored = isinstance(part, (ast.Attribute, ast.Subscript)) and not isinstance(part.ctx, ast.Load)
            root: Any = part
            while isinstance(root, (ast.Attribute, ast.Subscript, ast.Call)):
                root = root.func if isinstance(root, ast.Call) else root.value
            if (called or stored) and isinstance(root, ast.Name) and isinstance(self._held(root.id), Ref):
                self.assign(root.id, POISON)


def _headers(node: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement that it evaluates itself."""
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.withitem):
            yield part.context_expr
        elif isinstance(part, ast.expr) and isinstance(getattr(part, "ctx", ast.Load()), ast.Load):
            yield part


def _blocks(node: ast.stmt) -> Iterator[tuple[list[str], list[ast.stmt]]]:
    """The blocks of a compound statement, each with the names that are bound at its beginning."""
    targets = [getattr(node, "target", None), *(i.optional_vars for i in getattr(node, "items", []))]
    names = list(bound_in([t for t in targets if t is not None]))
    for field in ("body", "orelse", "finalbody"):
        yield names if field == "body" else [], getattr(node, field, [])
    for handler in getattr(node, "handlers", []):
        yield [handler.name] if handler.name else [], handler.body
    for case in getattr(node, "cases", []):
        yield list(bound_in([case.pattern])), case.body
