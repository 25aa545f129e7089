"""From the graph to Python text.

In: a `Function` of the graph and how its parameters are reached from those of the user's function. Out: the
text of a module part that defines it. Statements, comments and line breaks are decided here; expressions by
`expressions`, names by `names`. The text depends on the graph only: the same input gives the same bytes.
"""

from __future__ import annotations

import ast
import textwrap
from dataclasses import dataclass, field
from typing import Any

from ..errors import Loc
from ..ir.nodes import UNDEFINED, Apply, Atom, Block, Call, For, Function, If, Literal, Stmt, Value, While
from ..ir.types import Array, Record, Scalar
from ..rules import indexing, lists, python
from ..rules.rule import HELPERS
from .expressions import Expressions, Namespace, to_text, with_slice_calls
from .fresh import first_writes
from .inplace import make_updates_safe
from .iterate import counts_trips, grown_by, iterate_saved, leading_items
from .names import choose_names, clean, helpers_called
from .nesting import choose_nested
from .order import count_uses, order_of
from .reuse import Reuse, read_early, reuse_memory
from .scenes import Scene, scene_at

_WIDTH = 100
_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_HEADERS = frozenset(("for", "while", "if", "elif", "else:", "with", "def", "match", "case", "lambda"))


@dataclass
class Interface:
    """How the emitted function looks from outside: its signature, how inputs are unpacked, what is returned.

    `unpack` pairs values with the expression text that reaches them (`params[0]["W"]`); `result` turns the
    yields' expressions into the returned expression.
    """

    signature: str
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
        self.lines: list[str] = []
        self.main = ""
        self.depth = 0
        # how many loops the line stands in
        self.loops = 0
        self.comment: Loc | None = None
        self.called: list[Function] = []
        self.function_names: dict[Function, str] = {}
        # the lists that a loop of this code made, one item an iteration
        self.lengths: dict[Value, For | While] = {}
        self.uses: dict[Value, int] = {}
        # what is added to zeros may as well be stored
        self.stores: set[Stmt] = set()
        self.expressions: Expressions = None  # type: ignore[assignment]

    def line(self, text: str) -> None:
        """Add a line at the present depth."""
        self.lines.append("    " * self.depth + text if text else "")

    def show(self, arg: Any) -> str:
        """The text of an argument."""
        return to_text(self.expressions.atom(arg))

    # -- functions -------------------------------------------------------------------------------------------

    def function(self, function: Function, interface: Interface) -> None:
        """Write a function definition."""
        block = function.body
        assert block is not None
        whole = block
        iterate_saved(block)
        grown_by(block, self.lengths)
        if interface.pullback is not None:
            inner = interface.pullback[1]
            iterate_saved(inner)
            whole = Block(block.params, block.statements, (*block.yields, *_free(inner)))
            make_updates_safe(inner)
        make_updates_safe(whole)
        self.stores = first_writes(whole)
        nested = self._nested(whole)
        self.uses = count_uses(whole)
        for v in whole.yields[len(block.yields) :]:
            # the pullback reads it by its name
            nested.pop(v, None)  # type: ignore[arg-type]
        self.expressions = Expressions(self.namespace, nested)
        order = order_of(whole, nested)
        reserved = {*interface.reserved, *self.namespace.objects}
        if interface.pullback is not None:
            # it sees the variables of the function around it
            reserved |= helpers_called(interface.pullback[1])
        parameters = tuple(v for v in interface.parameters if v in order.defined)
        self.namespace.hidden = {*(v.hint for v in parameters), *interface.reserved}
        self.expressions.names = choose_names(whole, parameters, order, nested, reserved)
        self.namespace.pullback = unused("pullback", set(self.expressions.names.name.values()))
        self.main = function.name
        self.line(f"def {function.name}({interface.signature}):")
        self.depth += 1
        if interface.doc:
            self._docstring(interface.doc)
        used = _used(whole)
        for value, text in interface.unpack:
            if value in used:
                self.line(f"{self.expressions.names[value]} = {text}")
        self._sweeps(block)
        outer = self.expressions
        if interface.pullback is not None:
            self._pullback(*interface.pullback)
        self.expressions = outer
        texts = [self.expressions.atom(y) for y in block.yields]
        self._return(interface.result(texts, self.expressions))
        self.depth -= 1

    def _pullback(self, signature: str, block: Block, result: Any, unpack: list[tuple[Value, str]]) -> None:
        """The backward function of a split derivative, inside the forward one:
        it reads what that has computed.
        """
        outer = self.expressions
        self.stores = first_writes(block)
        nested = self._nested(block)
        self.uses = count_uses(block)
        captured = _free(block)
        self.expressions = Expressions(self.namespace, nested)
        order = order_of(block, nested, tuple(captured))
        # the enclosing function's names are read here, so they keep their names and are taken
        reserved = {outer.names[v] for v in captured} | {self.namespace.pullback}
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
        names = choose_names(block, direct, order, nested, reserved)
        for v in captured:
            names.name[names.find(v)] = outer.names[v]
        self.expressions.names = names
        self.line("")
        self.line(f"def {signature}:")
        self.depth += 1
        used = _used(block)
        for value, text in unpack:
            if value in used and names[value] != text:
                self.line(f"{names[value]} = {text}")
        self.block(block.statements)
        texts = [self.expressions.atom(y) for y in block.yields]
        self._return(result(texts, self.expressions))
        self.depth -= 1
        self.line("")

    def _nested(self, block: Block) -> dict[Value, Stmt]:
        """What is written inside expressions, once it is known which statements overwrite an operand."""
        read_early(block)
        nested = choose_nested(block)
        return choose_nested(block) if reuse_memory(block, nested) else nested

    def _function_name(self, function: Function) -> str:
        """A name for a called function that no other function of the module has."""
        if function not in self.function_names:
            self.function_names[function] = unused(
                clean(function.name), {self.main, *self.function_names.values()}
            )
        return self.function_names[function]

    def helper_function(self, function: Function) -> None:
        """Write a function of the graph that others call: values in, a tuple out."""
        block = function.body
        assert block is not None
        names = ", ".join(f"{{{k}}}" for k in range(len(block.params)))

        def result(texts: list[ast.expr], x: Expressions) -> ast.expr:
            return texts[0] if len(texts) == 1 else ast.Tuple(texts, ast.Load())

        iterate_saved(block)
        grown_by(block, self.lengths)
        make_updates_safe(block)
        self.stores = first_writes(block)
        nested = self._nested(block)
        self.uses = count_uses(block)
        self.expressions = Expressions(self.namespace, nested)
        order = order_of(block, nested)
        self.expressions.names = choose_names(block, block.params, order, nested, set(self.namespace.objects))
        signature = names.format(*(self.expressions.names[v] for v in block.params))
        self.line(f"def {self._function_name(function)}({signature}):")
        self.depth += 1
        self._docstring(function.notes.get("doc") or f"{function.place()}.")
        self._sweeps(block)
        texts = [self.expressions.atom(y) for y in block.yields]
        self._return(result(texts, self.expressions))
        self.depth -= 1

    def _return(self, node: ast.expr) -> None:
        text = to_text(node)
        if isinstance(node, ast.Tuple) and len(node.elts) > 1 and text.startswith("("):
            text = text[1:-1]
        self.line(self._broken("return ", text))

    def _docstring(self, doc: str) -> None:
        lines = doc.splitlines()
        if len(lines) == 1 and len(doc) + 4 * self.depth + 6 <= _WIDTH:
            self.line(f'"""{doc}"""')
            return
        self.line(f'"""{lines[0]}')
        for text in lines[1:]:
            self.line(text)
        self.line('"""')

    def _sweeps(self, block: Block) -> None:
        """The statements of a body; the two sweeps get a heading each if both have something to say."""
        forward = [s for s in block.statements if not s.adjoint]
        backward = [s for s in block.statements if s.adjoint]
        split = (
            self.commenting
            and bool(backward)
            and block.statements == [*forward, *backward]
            and any(self._prints(s) for s in forward)
        )
        if not split or not any(self._prints(s) for s in backward):
            self.block(block.statements)
            return
        if any(isinstance(s, (For, While, If)) for s in forward):
            self.line("# forward sweep")
            self.block(forward)
            self.line("")
            self.line("# backward sweep")
            self.comment = None
            self.block(backward)
            return
        self.block(block.statements)

    def _prints(self, stmt: Stmt) -> bool:
        return not stmt.outs or stmt.outs[0] not in self.expressions.nested

    # -- statements ------------------------------------------------------------------------------------------

    def block(self, statements: list[Stmt]) -> None:
        """Print the statements of a block."""
        skipped = 0
        for k, stmt in enumerate(statements):
            if k < skipped or (stmt.outs and stmt.outs[0] in self.expressions.nested):
                continue
            self._comment(stmt)
            scene = scene_at(statements, k, self.uses)
            if scene is not None:
                self._with(scene)
                skipped = k + scene.length
                continue
            fields = fields_at(statements, k)
            if len(fields) > 1:
                self._unpack(fields)
                skipped = k + len(fields)
                continue
            if isinstance(stmt, Apply):
                self._apply(stmt)
            elif isinstance(stmt, If):
                self._if(stmt, None)
            elif isinstance(stmt, For):
                self._for(stmt)
            elif isinstance(stmt, While):
                self._while(stmt)
            else:
                self._call(stmt)

    def _comment(self, stmt: Stmt) -> None:
        """Name the line of the primal that a group of adjoint statements belongs to."""
        if not stmt.adjoint:
            self.comment = None
            return
        if isinstance(stmt, (For, While, If)):
            self.comment = None
            return
        if not self.commenting or stmt.loc is None or stmt.loc == self.comment or not stmt.loc.text:
            return
        if stmt.loc.text.split(maxsplit=1)[0] in _HEADERS or (
            isinstance(stmt, Apply) and stmt.primitive is indexing.OWN
        ):
            return
        self.comment = stmt.loc
        text = " ".join(stmt.loc.text.split())
        self.line(f"# line {stmt.loc.line}: {textwrap.shorten(text, 70, placeholder=' ...')}")

    def _assign(self, target: str, text: str) -> None:
        if target != text:
            self.line(self._broken(f"{target} = ", text))

    def _broken(self, head: str, text: str, end: str = "") -> str:
        """A line that is not too long; broken inside the outermost brackets or at the top operators."""
        if 4 * self.depth + len(head) + len(text) + len(end) <= _WIDTH:
            return head + text + end
        pieces = _pieces(text)
        if len(pieces) == 1:
            return head + text + end
        pad = "    " * (self.depth + 1)
        rows, row = [], ""
        for piece in pieces:
            if row and len(pad) + len(row) + len(piece) + 1 > _WIDTH:
                rows.append(row.rstrip())
                row = ""
            row += piece
        rows.append(row.rstrip())
        body = f"\n{pad}".join(r.strip() for r in rows)
        return f"{head}(\n{pad}{body}\n{'    ' * self.depth}){end}"

    def _apply(self, stmt: Apply) -> None:
        row, names = stmt.primitive, self.expressions.names
        if row.effect == "update":
            self._update(stmt)
        elif isinstance(stmt, Reuse):
            self._reuse(stmt)
        elif row is python.RAISE:
            kind, args = stmt.args
            shown = ", ".join(self.show(a) for a in args) if isinstance(args, tuple) else ""
            self.line(f"raise {self.show(kind)}({shown})")
        else:
            text = self._zeros(stmt) or to_text(self.expressions.apply(stmt))
            if row.effect == "opaque" and not names.order.is_read(stmt.outs[0]):
                self.line(text)
            elif not names.order.is_read(stmt.outs[0]):
                self.line(f"{text}  # raises if the shapes do not fit")
            else:
                self._assign(names[stmt.outs[0]], text)

    def _update(self, stmt: Apply) -> None:
        row, show = stmt.primitive, self.show
        target = show(stmt.args[0])
        out = self.expressions.names[stmt.outs[0]]
        if row is indexing.OWN:
            return
        if row is lists.LIST_APPEND:
            self.line(f"{target}.append({show(stmt.args[1])})")
        elif row is lists.LIST_POP:
            self.line(f"{self.expressions.names[stmt.outs[1]]} = {target}.pop()")
        elif row is lists.LIST_SET:
            self._assign(f"{target}[{show(stmt.args[1])}]", show(stmt.args[2]))
        elif row is lists.LIST_ADD:
            at = show(stmt.args[1])
            self._assign(f"{target}[{at}]", f"{target}[{at}] + {self._term(stmt.args[2])}")
        elif row in indexing.WRITES:
            self._write(stmt, target)
        elif isinstance(stmt.outs[0].type, (Array, Scalar)):
            self._add_to(target, stmt.args[1])
        else:
            self._assign(out, f"{target} + {self._term(stmt.args[1])}")

    def _zeros(self, stmt: Apply) -> str | None:
        """Zeros that every iteration makes anew, in a quarter of the time of `np.zeros_like`."""
        if stmt.primitive.name != "np.zeros_like(a, dtype=None)" or not stmt.adjoint or not self.loops:
            return None
        t, like = stmt.outs[0].type, stmt.args[0]
        if t != getattr(like, "type", None) or not isinstance(t, Array) or t.dtype is None or not t.shape:
            return None
        np_ = self.namespace.module("np")
        dtype = "" if t.dtype == "float64" else f", {np_}.{t.dtype}"
        return f"{np_}.zeros({self.show(like)}.shape{dtype})"

    def _reuse(self, stmt: Reuse) -> None:
        """`t *= x` where that says it, else with `out=`."""
        node = self.expressions.apply(stmt)
        target, memory = self.expressions.names[stmt.outs[0]], self.expressions.names[stmt.memory]
        if isinstance(node, ast.BinOp) and target == memory:
            commutes = isinstance(node.op, (ast.Add, ast.Mult))
            for operand, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(operand, ast.Name) and operand.id == target:
                    operator = _SIGNS[type(node.op)]
                    self.line(self._broken(f"{target} {operator}= ", to_text(other)))
                    return
                if not commutes:
                    break
        operands = [self.show(a) for a in stmt.args]
        function = f"{self.namespace.module('np')}.{stmt.name}"
        self._assign(target, f"{function}({', '.join([*operands, f'out={memory}'])})")

    def _add_to(self, target: str, arg: Any) -> None:
        """`target += arg`, or `-=` where that takes a sign away."""
        node, operator = self.expressions.atom(arg), "+"
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            node, operator = node.operand, "-"
        self.line(self._broken(f"{target} {operator}= ", to_text(node)))

    def _write(self, stmt: Apply, target: str) -> None:
        """A write into an array at an index: `a[i] = v`, or `a[i] += v` where it adds to what is there."""
        row, (_, at, value) = stmt.primitive, stmt.args
        target, at = self.expressions.place(target, at)
        place, node = f"{target}[{self._index(at)}]", self.expressions.atom(value)
        if row is indexing.INDEX_ADD_AT:
            add = f"{self.namespace.module('np')}.add.at"
            self.line(f"{add}({target}, {self._index(at, bare=False)}, {to_text(node)})")
            return
        if row is indexing.INDEX_ADD and stmt not in self.stores:
            self._add_to(place, value)
            return
        if isinstance(node, ast.BinOp) and type(node.op) in _SIGNS and to_text(node.left) == place:
            self.line(self._broken(f"{place} {_SIGNS[type(node.op)]}= ", to_text(node.right)))
            return
        self._assign(place, to_text(node))

    def _term(self, arg: Any) -> str:
        node = self.expressions.atom(arg)
        text = to_text(node)
        return text if isinstance(node, (ast.Name, ast.Call, ast.Subscript, ast.Constant)) else f"({text})"

    def _index(self, arg: Any, bare: bool = True) -> str:
        node = self.expressions.atom(arg)
        if bare:
            probe = to_text(ast.Subscript(ast.Name("_", ast.Load()), node, ast.Load()))
            return probe[2:-1]
        return to_text(with_slice_calls(node, self.namespace))

    def _call(self, stmt: Call) -> None:
        if stmt.function not in self.called:
            self.called.append(stmt.function)
        names = self.expressions.names
        args = ", ".join(self.show(a) for a in stmt.args)
        targets = ", ".join(names[o] if names.order.is_read(o) else "_" for o in stmt.outs)
        text = f"{self._function_name(stmt.function)}({args})"
        self.line(f"{targets} = {text}" if stmt.outs else text)

    def _unpack(self, fields: list[Apply]) -> None:
        """Read several fields of a record in one assignment."""
        record = fields[0].args[0]
        assert isinstance(record, Value) and isinstance(record.type, Record)
        targets = ["_"] * len(record.type.fields or ())
        for stmt in fields:
            targets[stmt.args[1].value] = self.expressions.names[stmt.outs[0]]  # type: ignore[union-attr]
        self.line(self._broken(f"{', '.join(targets)} = ", self.show(record)))

    def _with(self, scene: Scene) -> None:
        headers = []
        for made, enter in scene.managers:
            manager, watched = enter.args
            text = self.show(manager) if made is None else to_text(self.expressions.apply(made))
            if isinstance(watched, Literal) and watched.value:
                self.namespace.helpers["watched"] = HELPERS["watched"]
                text = f"watched({text})"
            entered = enter.outs[0]
            read = self.expressions.names.order.is_read(entered)
            headers.append(f"{text} as {self.expressions.names[entered]}" if read else text)
        self.line(f"with {', '.join(headers)}:")
        self.depth += 1
        start = len(self.lines)
        self.block(scene.body)
        if len(self.lines) == start:
            self.line("pass")
        self.depth -= 1

    # -- branches --------------------------------------------------------------------------------------------

    def _if(self, stmt: If, tail: _Tail | None) -> None:
        """Write a branch; `tail` is set for the last one of a loop body, which may leave the loop."""
        sides = []
        for block in (stmt.then, stmt.orelse):
            start = len(self.lines)
            self.depth += 1
            self.comment = None
            self.block(block.statements)
            skip = tail.flag if tail is not None else None
            self._copies([(o, y) for o, y in zip(stmt.outs, block.yields, strict=True) if o is not skip])
            if tail is not None:
                k = stmt.outs.index(tail.flag)
                if _is_true(block.yields[k]):
                    self._copies(tail.copies)
                    self.line("break")
            self.depth -= 1
            sides.append(self.lines[start:])
            del self.lines[start:]
        self.comment = None
        test = self.expressions.atom(stmt.test)
        if not sides[0] and not sides[1]:
            return
        if not sides[0]:
            sides.reverse()
            test = _negated(test)
        self.line(f"if {to_text(test)}:")
        self.lines += sides[0]
        if sides[1]:
            nested_if = sides[1][0].startswith("    " * (self.depth + 1) + "if ") and _one_statement(
                sides[1], self.depth + 1
            )
            if nested_if:
                self.line("el" + sides[1][0].strip())
                self.lines += [row[4:] for row in sides[1][1:]]
            else:
                self.line("else:")
                self.lines += sides[1]

    def _copies(self, pairs: list[tuple[Value, Atom]]) -> None:
        """Assign the yields of a block to the variables that receive them,
        as one parallel assignment if need be.
        """
        moves: list[tuple[str, ast.expr]] = []
        for target, source in pairs:
            if source is UNDEFINED:
                continue
            node = self.expressions.atom(source)
            name = self.expressions.names[target]
            if not (isinstance(node, ast.Name) and node.id == name):
                moves.append((name, node))
        if not moves:
            return
        written: set[str] = set()
        ordered = True
        for name, node in moves:
            ordered &= not any(isinstance(n, ast.Name) and n.id in written for n in ast.walk(node))
            written.add(name)
        if ordered:
            for name, node in moves:
                self._assign(name, to_text(node))
            return
        self.line(f"{', '.join(n for n, _ in moves)} = {', '.join(to_text(e) for _, e in moves)}")

    # -- loops -----------------------------------------------------------------------------------------------

    def _for(self, stmt: For) -> None:
        index, *params = stmt.body.params
        self._copies(list(zip(params, stmt.init, strict=True)))
        order, names = self.expressions.names.order, self.expressions.names
        targets, sources = [], []
        if order.is_read(index) or not counts_trips(stmt, self.lengths):
            targets.append(names[index] if order.is_read(index) else "_")
            sources.append(self._range(stmt))
        for item in leading_items(stmt):
            targets.append(names[item.outs[0]])
            sources.append(f"reversed({self.show(item.args[0])})")
        if len(sources) == 1:
            self.line(f"for {targets[0]} in {sources[0]}:")
        else:
            self.line(self._broken(f"for {', '.join(targets)} in ", f"zip({', '.join(sources)})", ":"))
        self._body(stmt, params)

    def _range(self, stmt: For) -> str:
        start, stop, step = (self.expressions.atom(a) for a in stmt.range)
        args = [start, stop, step]
        if isinstance(step, ast.Constant) and step.value == 1:
            args = [stop] if isinstance(start, ast.Constant) and start.value == 0 else [start, stop]
        text = f"range({', '.join(map(to_text, args))})"
        return f"reversed({text})" if stmt.backwards else text

    def _while(self, stmt: While) -> None:
        self._copies(list(zip(stmt.body.params, stmt.init, strict=True)))
        plain = all(s.outs and s.outs[0] in self.expressions.nested for s in stmt.test.statements)
        if plain:
            self.line(f"while {self.show(stmt.test.yields[0])}:")
            self._body(stmt, list(stmt.body.params))
            return
        self.line("while True:")
        self.depth += 1
        self.comment = None
        self.block(stmt.test.statements)
        self.line(f"if {to_text(_negated(self.expressions.atom(stmt.test.yields[0])))}:")
        self.line("    break")
        self.depth -= 1
        self._body(stmt, list(stmt.body.params))

    def _body(self, stmt: For | While, params: list[Value]) -> None:
        self.depth += 1
        self.loops += 1
        self.comment = None
        start = len(self.lines)
        yields = stmt.body.yields
        copies = list(zip(params, yields[1:] if stmt.stops else yields, strict=True))
        head = len(leading_items(stmt)) if isinstance(stmt, For) else 0
        statements = stmt.body.statements[head:]
        tail = self._tail(stmt, copies) if stmt.stops else None
        if tail is not None:
            self.block(statements[:-1])
            last = statements[-1]
            assert isinstance(last, If)
            self._if(last, tail)
            self._copies(copies)
        else:
            self.block(statements)
            self._copies(copies)
            if stmt.stops and not _is_false(yields[0]):
                if _is_true(yields[0]):
                    self.line("break")
                else:
                    self.line(f"if {self.show(yields[0])}:")
                    self.line("    break")
        if len(self.lines) == start:
            self.line("pass")
        self.depth -= 1
        self.loops -= 1
        self.comment = None
        self._copies(list(zip(stmt.outs, params, strict=True)))

    def _tail(self, stmt: For | While, copies: list[tuple[Value, Atom]]) -> _Tail | None:
        """The loop's last branch, if it alone decides whether the loop is left."""
        flag = stmt.body.yields[0]
        if not stmt.body.statements or not isinstance(flag, Value):
            return None
        last = stmt.body.statements[-1]
        if not isinstance(last, If) or flag not in last.outs or last.outs[0] in self.expressions.nested:
            return None
        k = last.outs.index(flag)
        decided = all(isinstance(b.yields[k], Literal) for b in (last.then, last.orelse))
        if not decided or any(source is flag for _, source in copies):
            return None
        return _Tail(flag, copies)


@dataclass
class _Tail:
    flag: Value
    copies: list[tuple[Value, Atom]]


def fields_at(statements: list[Stmt], start: int) -> list[Apply]:
    """The statements from here on that read fields of one record, whose fields are known."""
    found: list[Apply] = []
    for stmt in statements[start:]:
        if not isinstance(stmt, Apply) or stmt.primitive is not lists.FIELD:
            break
        record = stmt.args[0]
        known = isinstance(record, Value) and isinstance(record.type, Record) and record.type.fields
        if not known or (found and found[0].args[0] is not record):
            break
        found.append(stmt)
    return found


def _is_true(atom: Atom) -> bool:
    return isinstance(atom, Literal) and atom.value is True


def _is_false(atom: Atom) -> bool:
    return isinstance(atom, Literal) and atom.value is False


def _negated(test: ast.expr) -> ast.expr:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    return ast.UnaryOp(ast.Not(), test)


def _one_statement(lines: list[str], depth: int) -> bool:
    """Whether lines are one `if` statement with its own branches."""
    pad = "    " * depth
    tops = [row for row in lines[1:] if row.startswith(pad) and not row.startswith(pad + " ")]
    return all(row.startswith((f"{pad}elif ", f"{pad}else:")) for row in tops)


def _free(block: Block) -> list[Value]:
    from ..ir.nodes import free_values

    return list(free_values(block))


def unused(name: str, taken: set[str]) -> str:
    """The name, numbered if it is taken."""
    found, n = name, 1
    while found in taken:
        n += 1
        found = f"{name}_{n}"
    return found


def _used(block: Block) -> set[Value]:
    return set(count_uses(block))


def _pieces(text: str) -> list[str]:
    """The text cut after commas and before operators outside all brackets,
    else after the commas of the outermost ones.
    """
    for level in (0, 1):
        depth, start, pieces, quote = 0, 0, [], ""
        for k, c in enumerate(text):
            if quote:
                quote = "" if c == quote else quote
            elif c in "'\"":
                quote = c
            elif c in "([{":
                depth += 1
            elif c in ")]}":
                depth -= 1
            elif depth == level and c == " " and (text[k + 1 : k + 3] in ("+ ", "- ") or text[k - 1] == ","):
                pieces.append(text[start : k + 1])
                start = k + 1
        pieces.append(text[start:])
        if len(pieces) > 1:
            return pieces
    return [text]
