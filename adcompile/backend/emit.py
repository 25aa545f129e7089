"""From the graph to Python text: functions.

In: a `Function` of the graph and how its parameters are reached from those of the user's function. Out: the
text of a module part that defines it. Which values have a variable, and what it is called, is settled here
with `nesting` and `names`; the body is written by `statements`. The text depends on the graph only: the same
input gives the same bytes.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from ..ir.nodes import Block, For, Function, If, Stmt, Value, While, count_uses, free_values
from ..passes.absent import absent_values
from .expressions import Expressions, Namespace, to_text
from .inplace import make_updates_safe
from .iterate import grown_by, iterate_saved
from .layout import Line, Page
from .names import Names, choose_names, helpers_called
from .nesting import choose_nested
from .order import order_of
from .reuse import read_early, reuse_memory
from .statements import Calls, Statements, unused
from .together import join_saved


@dataclass
class Interface:
    """How the emitted function looks from outside: its signature, how inputs are unpacked, what is returned.

    `unpack` pairs values with the expression text that reaches them (`params[0]["W"]`); `result` turns the
    yields' expressions into the returned expression.
    """

    signature: list[str]
    parameters: tuple[Value, ...]
    unpack: list[tuple[Value, str]] = field(default_factory=list)
    result: Any = None
    doc: str = ""
    pullback: tuple[str, Block, Any, list[tuple[Value, str]]] | None = None
    reserved: tuple[str, ...] = ()


class Emitter:
    """Writes one function, and the functions that it calls."""

    def __init__(self, namespace: Namespace, commenting: bool = True) -> None:
        self.namespace = namespace
        self.commenting = commenting
        self.page = Page()
        self.calls = Calls()
        # the lists that a loop of this code made, one item an iteration
        self.lengths: dict[Value, For | While] = {}
        # what may be None in the code that is written
        self.absent: set[Value] = set()

    @property
    def called(self) -> list[Function]:
        """The functions of the graph that are called by what has been written."""
        return self.calls.called

    def take_lines(self) -> list[Line]:
        """The lines written since the last time."""
        lines, self.page = self.page.lines, Page()
        return lines

    def function(self, function: Function, interface: Interface) -> None:
        """Write a function definition."""
        block = function.body
        assert block is not None
        inner = interface.pullback[1] if interface.pullback is not None else None
        whole = self._prepared(block, inner)
        self.absent = absent_values(whole)
        if inner is not None:
            self.absent = absent_values(inner, self.absent)
        nested = _nested(whole)
        uses = count_uses(whole)
        for v in whole.yields[len(block.yields) :]:
            # the pullback reads it by its name
            nested.pop(v, None)  # type: ignore[arg-type]
        order = order_of(whole, nested)
        parameters = tuple(v for v in interface.parameters if v in order.defined)
        self.namespace.hidden = {*(v.hint for v in parameters), *interface.reserved}
        self._refer(block, interface.result)
        if interface.pullback is not None:
            self._refer(interface.pullback[1], interface.pullback[2])
        reserved = {*interface.reserved, *self.namespace.objects}
        if interface.pullback is not None:
            # it sees the variables of the function around it
            reserved |= helpers_called(interface.pullback[1])
        names = choose_names(whole, parameters, order, nested, reserved)
        self.namespace.pullback = unused("pullback", set(names.name.values()))
        self.calls.main = function.name
        body = self._body(nested, names, uses)
        self.page.head(function.name, interface.signature)
        with self.page.indented():
            if interface.doc:
                self.page.docstring(interface.doc)
            for value, text in interface.unpack:
                if value in uses:
                    self.page.line(f"{names[value]} = {text}")
            self._sweeps(block, body)
            if interface.pullback is not None:
                self._pullback(*interface.pullback, names)
            self._return(block, interface.result, body.expressions)

    def _pullback(
        self, signature: str, block: Block, result: Any, unpack: list[tuple[Value, str]], outer: Names
    ) -> None:
        """The backward function of a split derivative, inside the forward one:
        it reads what that has computed.
        """
        nested = _nested(block)
        captured = list(free_values(block))
        order = order_of(block, nested, tuple(captured))
        # the enclosing function's names are read here, so they keep their names and are taken
        reserved = {outer[v] for v in captured} | {self.namespace.pullback, *self.namespace.objects}
        signature = signature.replace("pullback", self.namespace.pullback, 1)
        parameter = unused("out_bar", reserved)
        if parameter != "out_bar":
            signature = signature.replace("out_bar", parameter)
            unpack = [(v, text.replace("out_bar", parameter, 1)) for v, text in unpack]
            for v, text in unpack:
                v.hint = text if text == parameter else v.hint
        if any(text != parameter for _, text in unpack):
            reserved.add(parameter)
        direct = tuple(v for v, text in unpack if text == v.hint)
        names = choose_names(block, direct, order, nested, reserved, captured)
        for v in captured:
            names.name[names.find(v)] = outer[v]
        uses = count_uses(block)
        body = self._body(nested, names, uses)
        self.page.line("")
        self.page.line(f"def {signature}:")
        with self.page.indented():
            for value, text in unpack:
                if value in uses and names[value] != text:
                    self.page.line(f"{names[value]} = {text}")
            body.block(block.statements)
            self._return(block, result, body.expressions)
        self.page.line("")

    def helper_function(self, function: Function) -> None:
        """Write a function of the graph that others call: values in, a tuple out."""
        block = function.body
        assert block is not None

        def result(texts: list[ast.expr], x: Expressions) -> ast.expr:
            return texts[0] if len(texts) == 1 else ast.Tuple(texts, ast.Load())

        self._prepared(block)
        self.absent = absent_values(block, block.params)
        nested = _nested(block)
        order = order_of(block, nested)
        self.namespace.hidden = {v.hint for v in block.params}
        names = choose_names(block, block.params, order, nested, set(self.namespace.objects))
        body = self._body(nested, names, count_uses(block))
        self.page.head(self.calls.name_of(function), [names[v] for v in block.params])
        with self.page.indented():
            self.page.docstring(function.notes.get("doc") or f"{function.place()}.")
            self._sweeps(block, body)
            self._return(block, result, body.expressions)

    def _prepared(self, block: Block, inner: Block | None = None) -> Block:
        """Turn the statements of a function into what can be written; with what its pullback reads."""
        parts = [block] if inner is None else [block, inner]
        for part in parts:
            iterate_saved(part)
        whole = _with_captured(block, inner)
        if inner is not None:
            make_updates_safe(inner)
        make_updates_safe(whole)
        join_saved(parts)
        grown_by(block, self.lengths)
        return _with_captured(block, inner)

    def _body(self, nested: dict[Value, Stmt], names: Names, uses: dict[Value, int]) -> Statements:
        expressions = Expressions(self.namespace, nested, self.absent)
        expressions.names = names
        return Statements(self.page, expressions, self.calls, uses, self.lengths, self.commenting)

    def _refer(self, block: Block, result: Any) -> None:
        """Settle what the objects of a result are called, before variables get their names."""
        blanks: list[ast.expr] = [ast.Name("_", ast.Load()) for _ in block.yields]
        result(blanks, Expressions(self.namespace, {}))

    def _return(self, block: Block, result: Any, x: Expressions) -> None:
        node = result([x.atom(y) for y in block.yields], x)
        text = to_text(node)
        if isinstance(node, ast.Tuple) and len(node.elts) > 1 and text.startswith("("):
            text = text[1:-1]
        self.page.line(self.page.broken("return ", text))

    def _sweeps(self, block: Block, body: Statements) -> None:
        """The statements of a body; the two sweeps get a heading each if both have something to say."""
        forward = [s for s in block.statements if not s.adjoint]
        backward = [s for s in block.statements if s.adjoint]
        split = (
            self.commenting
            and block.statements == [*forward, *backward]
            and any(body.prints(s) for s in backward)
            and _is_long([s for s in forward if body.prints(s)])
        )
        if not split:
            body.block(block.statements)
            return
        self.page.line("# forward sweep")
        body.block(forward)
        self.page.line("")
        self.page.line("# backward sweep")
        body.comment = None
        body.block(backward)


def _is_long(statements: list[Stmt]) -> bool:
    """Whether a forward sweep is so long that a reader looks for its end."""
    return len(statements) > 4 or any(isinstance(s, (For, While, If)) for s in statements)


def _with_captured(block: Block, inner: Block | None) -> Block:
    """A block that also yields what the function inside it reads."""
    if inner is None:
        return block
    return Block(block.params, block.statements, (*block.yields, *free_values(inner)))


def _nested(block: Block) -> dict[Value, Stmt]:
    """What is written inside expressions, once it is known which statements overwrite an operand."""
    read_early(block)
    nested = choose_nested(block)
    return choose_nested(block) if reuse_memory(block, nested) else nested
