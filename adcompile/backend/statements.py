"""Statements of the emitted code, with the comments that say where adjoints come from.

In: the statements of a function body, and the names of their values. Out: lines on a page. Not for what a
function looks like from outside, which is `emit`, nor for expressions, which are `expressions`.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..errors import Loc
from ..ir.nodes import (
    UNDEFINED,
    Apply,
    Atom,
    Call,
    For,
    Function,
    If,
    Literal,
    Stmt,
    Value,
    While,
    operands,
    values_in,
)
from ..ir.types import Array, Record, Scalar, shape_of
from ..passes.fitting import may_not_fit
from ..passes.free import has_free_axis
from ..rules import indexing, lists, python
from ..rules.rule import HELPERS
from .expressions import Expressions, to_text, with_slice_calls
from .iterate import counts_trips, leading_items
from .layout import Line, Origin, Page
from .names import clean
from .reuse import Reuse
from .scenes import Scene, scene_at

_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
# how long a choice between two values may be that is written in one line
_SHORT = 60
_HEADERS = frozenset(("for", "while", "if", "elif", "else:", "with", "def", "match", "case", "lambda"))


@dataclass
class Calls:
    """The functions of the graph that emitted code calls, in the order of first calls, and their names."""

    main: str = ""
    called: list[Function] = field(default_factory=list)
    names: dict[Function, str] = field(default_factory=dict)

    def name_of(self, function: Function) -> str:
        """A name for a called function that no other function of the module has."""
        if function not in self.names:
            self.names[function] = unused(clean(function.name), {self.main, *self.names.values()})
        return self.names[function]


class Statements:
    """Prints the statements of one function body."""

    def __init__(
        self,
        page: Page,
        expressions: Expressions,
        calls: Calls,
        uses: dict[Value, int],
        lengths: dict[Value, For | While],
        commenting: bool,
    ) -> None:
        self.page = page
        self.expressions = expressions
        self.namespace = expressions.namespace
        self.calls = calls
        self.uses = uses
        # the lists that a loop of this code made, one item an iteration
        self.lengths = lengths
        self.commenting = commenting
        # how many loops the line stands in
        self.loops = 0
        self.comment: Loc | None = None
        # the lines of the primal that comments of the present block have shown
        self.shown: list[Loc] = []

    def show(self, arg: Any) -> str:
        """The text of an argument."""
        return to_text(self.expressions.atom(arg))

    def prints(self, stmt: Stmt) -> bool:
        """Whether a statement has lines of its own."""
        return not stmt.outs or stmt.outs[0] not in self.expressions.nested

    def block(self, statements: list[Stmt]) -> None:
        """Print the statements of a block."""
        outer, self.shown = self.shown, []
        self._block(statements)
        self.shown = outer

    def _block(self, statements: list[Stmt]) -> None:
        skipped = 0
        for k, stmt in enumerate(statements):
            if k < skipped or not self.prints(stmt):
                continue
            with self.page.written_for(self._origin(stmt)):
                skipped = k + self._written(statements, k)

    def _written(self, statements: list[Stmt], k: int) -> int:
        """Print the statement at a place; how many are printed with it."""
        stmt = statements[k]
        before, comment = len(self.page.lines), self.comment
        self._comment(stmt)
        commented = len(self.page.lines)
        scene = scene_at(statements, k, self.uses)
        if scene is not None:
            self._with(scene)
            return scene.length
        lengths = lengths_at(statements, k, self.uses)
        if lengths and all(map(self.prints, lengths)):
            self._unpack_lengths(stmt, lengths)
            return 1 + len(lengths)
        fields = fields_at(statements, k)
        if len(fields) > 1:
            self._unpack(fields)
            return len(fields)
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
        if len(self.page.lines) == commented:
            # an update may have nothing to say, and a block of comments is none
            del self.page.lines[before:]
            self.comment = comment
        return 1

    def _origin(self, stmt: Stmt) -> Origin:
        """The places that a statement is printed for: its own, and those of what is nested in it."""
        own = () if stmt.loc is None else (stmt.loc,)
        return (*own, *self._origins(operands(stmt)))

    def _origins(self, values: Iterable[Value]) -> Origin:
        nested = (self.expressions.nested.get(v) for v in values)
        return tuple(loc for stmt in nested if stmt is not None for loc in self._origin(stmt))

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
        if stmt.loc in self.shown:
            self.page.line(f"# line {stmt.loc.line}")
            return
        self.shown.append(stmt.loc)
        text = " ".join(stmt.loc.text.split())
        self.page.line(f"# line {stmt.loc.line}: {textwrap.shorten(text, 70, placeholder=' ...')}")

    def _apply(self, stmt: Apply) -> None:
        row, names = stmt.primitive, self.expressions.names
        if row.effect == "update":
            self._update(stmt)
        elif isinstance(stmt, Reuse):
            self._reuse(stmt)
        elif row is python.RAISE:
            kind, args = stmt.args
            shown = ", ".join(self.show(a) for a in args) if isinstance(args, tuple) else ""
            self.page.line(f"raise {self.show(kind)}({shown})")
        else:
            node = self._zeros(stmt) or self.expressions.apply(stmt)
            text = to_text(node)
            if row.effect == "opaque" and not names.order.is_read(stmt.outs[0]):
                self.page.line(text)
            elif not names.order.is_read(stmt.outs[0]):
                self.page.line(f"{text}  # {_reason(stmt)}")
            else:
                self._assign(stmt.outs[0], names[stmt.outs[0]], node, stmt)

    def _update(self, stmt: Apply) -> None:
        row, show = stmt.primitive, self.show
        target = show(stmt.args[0])
        out = self.expressions.names[stmt.outs[0]]
        if row is indexing.OWN:
            return
        if row is lists.LIST_APPEND:
            kept = stmt.args[1]
            if isinstance(kept, tuple):
                self.page.wrapped(f"{target}.append((", [show(v) for v in kept], "))")
            else:
                self.page.line(self.page.broken("", f"{target}.append({show(kept)})"))
        elif row in lists.CHANGES:
            self._change(stmt)
        elif row in indexing.WRITES:
            self._write(stmt, target)
        elif isinstance(stmt.outs[0].type, (Array, Scalar)):
            self._add_to(target, stmt.args[1])
        else:
            self.page.assign(out, f"{target} + {self._term(stmt.args[1])}")

    def _change(self, stmt: Apply) -> None:
        """A change of a list: a call of its method, or `items[i] = v`."""
        names = self.expressions.names
        shown = {
            q.name: (self._term if stmt.primitive is lists.LIST_ADD and q.name == "v" else self.show)(arg)
            for q, arg in zip(stmt.primitive.params, stmt.args, strict=True)
        }
        left, equals, right = lists.CHANGES[stmt.primitive].written.partition(" = ")
        if len(stmt.outs) > 1 and not names.order.is_read(stmt.outs[1]):
            self.page.line(right.format(**shown))
        elif len(stmt.outs) > 1:
            self.page.line(f"{names[stmt.outs[1]]} = {right.format(**shown)}")
        elif equals:
            self.page.assign(left.format(**shown), right.format(**shown))
        else:
            self.page.line(self.page.broken("", left.format(**shown)))

    def _zeros(self, stmt: Apply) -> ast.expr | None:
        """Zeros that every iteration makes anew, in a quarter of the time of `np.zeros_like`."""
        if stmt.primitive.name != "np.zeros_like(a, dtype=None)" or not stmt.adjoint or not self.loops:
            return None
        t, like = stmt.outs[0].type, stmt.args[0]
        if t != getattr(like, "type", None) or not isinstance(t, Array) or t.dtype is None or not t.shape:
            return None
        np_ = self.namespace.module("np")
        dtype = "" if t.dtype == "float64" else f", {np_}.{t.dtype}"
        return ast.parse(f"{np_}.zeros({self.show(like)}.shape{dtype})", mode="eval").body

    def _reuse(self, stmt: Reuse) -> None:
        """`t *= x` where that says it, else with `out=` or as it is."""
        node = self.expressions.apply(stmt)
        target, memory = self.expressions.names[stmt.outs[0]], self.expressions.names[stmt.memory]
        if isinstance(node, ast.BinOp) and target == memory:
            commutes = isinstance(node.op, (ast.Add, ast.Mult))
            for operand, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(operand, ast.Name) and operand.id == target:
                    operator = _SIGNS[type(node.op)]
                    self.page.line(self.page.broken(f"{target} {operator}= ", to_text(other)))
                    return
                if not commutes:
                    break
        if stmt.plain:
            self.page.assign(target, to_text(node))
            return
        operands = [self.show(a) for a in stmt.args]
        function = f"{self.namespace.module('np')}.{stmt.name}"
        self.page.assign(target, f"{function}({', '.join([*operands, f'out={memory}'])})")

    def _add_to(self, target: str, arg: Any) -> None:
        """`target += arg`, or `-=` where that takes a sign away."""
        node, operator = self.expressions.atom(arg), "+"
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            node, operator = node.operand, "-"
        self.page.line(self.page.broken(f"{target} {operator}= ", to_text(node)))

    def _write(self, stmt: Apply, target: str) -> None:
        """A write into an array at an index: `a[i] = v`, or `a[i] += v` where it adds to what is there."""
        row, (_, at, value) = stmt.primitive, stmt.args
        target, at = self.expressions.place(target, at)
        place, node = f"{target}[{self._index(at)}]", self.expressions.atom(value)
        if row is indexing.INDEX_ADD_AT:
            add = self._adding(stmt)
            self.page.line(f"{add}({target}, {self._index(at, bare=False)}, {to_text(node)})")
            return
        if row is indexing.INDEX_ADD:
            self._add_to(place, value)
            return
        if isinstance(node, ast.BinOp) and type(node.op) in _SIGNS and to_text(node.left) == place:
            self.page.line(self.page.broken(f"{place} {_SIGNS[type(node.op)]}= ", to_text(node.right)))
            return
        self.page.assign(place, to_text(node))

    def _adding(self, stmt: Apply) -> str:
        """What adds at places: in a derivative a quicker function, where there is not just one axis."""
        shape = shape_of(stmt.args[0].type)  # type: ignore[union-attr]
        if not stmt.adjoint or (shape is not None and len(shape) == 1):
            return f"{self.namespace.module('np')}.add.at"
        self.namespace.helpers["add_at"] = HELPERS["add_at"]
        return "add_at"

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
        if stmt.function not in self.calls.called:
            self.calls.called.append(stmt.function)
        names = self.expressions.names
        args = ", ".join(self.show(a) for a in stmt.args)
        targets = ", ".join(names[o] if names.order.is_read(o) else "_" for o in stmt.outs)
        text = f"{self.calls.name_of(stmt.function)}({args})"
        self.page.line(f"{targets} = {text}" if stmt.outs else text)

    def _unpack(self, fields: list[Apply]) -> None:
        """Read several fields of a record in one assignment."""
        record = fields[0].args[0]
        assert isinstance(record, Value) and isinstance(record.type, Record)
        targets = ["_"] * len(record.type.fields or ())
        for stmt in fields:
            targets[stmt.args[1].value] = self.expressions.names[stmt.outs[0]]  # type: ignore[union-attr]
        self.page.line(self.page.broken(f"{', '.join(targets)} = ", self.show(record)))

    def _unpack_lengths(self, stmt: Stmt, lengths: list[Apply]) -> None:
        """Read several lengths of an array in one assignment."""
        targets = ["_"] * len(shape_of(stmt.args[0].type))  # type: ignore[union-attr, arg-type]
        for item in lengths:
            targets[item.args[1].value] = self.expressions.names[item.outs[0]]  # type: ignore[union-attr]
        self.page.line(f"{', '.join(targets)} = {to_text(self.expressions.apply(stmt))}")  # type: ignore[arg-type]

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
        self.page.line(f"with {', '.join(headers)}:")
        with self.page.indented():
            start = len(self.page.lines)
            self.block(scene.body)
            if len(self.page.lines) == start:
                self.page.line("pass")

    # -- branches --------------------------------------------------------------------------------------------

    def _if(self, stmt: If, tail: _Tail | None) -> None:
        """Write a branch; `tail` is set for the last one of a loop body, which may leave the loop."""
        sides = []
        for block in (stmt.then, stmt.orelse):
            start = len(self.page.lines)
            with self.page.indented():
                self.comment = None
                self.block(block.statements)
                skip = tail.flag if tail is not None else None
                self._copies([(o, y) for o, y in zip(stmt.outs, block.yields, strict=True) if o is not skip])
                if tail is not None:
                    k = stmt.outs.index(tail.flag)
                    if _is_true(block.yields[k]):
                        self._copies(tail.copies)
                        self.page.line("break")
            sides.append(self.page.lines[start:])
            del self.page.lines[start:]
        self.comment = None
        test = self.expressions.atom(stmt.test)
        if not sides[0] and not sides[1]:
            return
        if stmt.adjoint and len(stmt.outs) == len(sides[0]) == len(sides[1]) == 1:
            name = self.expressions.names[stmt.outs[0]]
            then, orelse = (_assigned(rows[0], name) for rows in sides)
            if then and orelse and len(choice := to_text(ast.IfExp(test, then, orelse))) <= _SHORT:
                self.page.assign(name, choice)
                return
        if not sides[0]:
            sides.reverse()
            test = _negated(test)
        self.page.line(f"if {to_text(test)}:")
        self.page.lines += sides[0]
        if sides[1]:
            nested_if = sides[1][0].startswith("    " * (self.page.depth + 1) + "if ") and _one_statement(
                sides[1], self.page.depth + 1
            )
            if nested_if:
                with self.page.written_for(sides[1][0].origin):
                    self.page.line("el" + sides[1][0].strip())
                self.page.lines += [row.outdented() for row in sides[1][1:]]
            else:
                self.page.line("else:")
                self.page.lines += sides[1]

    def _copies(self, pairs: list[tuple[Value, Atom]]) -> None:
        """Assign the yields of a block to the variables that receive them,
        as one parallel assignment where each needs what another one overwrites.
        """
        moves: list[tuple[Value, str, ast.expr, Atom, set[str], Origin]] = []
        for target, source in pairs:
            if source is UNDEFINED:
                continue
            node = self.expressions.atom(source)
            name = self.expressions.names[target]
            if not (isinstance(node, ast.Name) and node.id == name):
                reads = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                moves.append((target, name, node, source, reads, self._origins(values_in((source,)))))
        while moves:
            free = [m for m in moves if not any(m[1] in other[4] for other in moves if other is not m)]
            if not free:
                targets, sources = [m[1] for m in moves], [to_text(m[2]) for m in moves]
                self.page.line(self.page.broken(f"{', '.join(targets)} = ", ", ".join(sources)))
                return
            target, name, node, source, _, origin = free[0]
            made = self.expressions.nested.get(source) if isinstance(source, Value) else None
            with self.page.written_for(origin):
                self._assign(target, name, node, made)
            moves.remove(free[0])

    def _assign(self, target: Value, name: str, node: ast.expr, made: Stmt | None) -> None:
        """`x = …`, or `x += …` for a number that is added to; an array without axes would change by that."""
        names = self.expressions.names
        old = [] if made is None else [v for v in operands(made) if names.name.get(names.find(v)) == name]
        number = all(isinstance(v.type, Scalar) for v in (target, *old))
        if number and isinstance(node, ast.BinOp) and type(node.op) in _SIGNS and to_text(node.left) == name:
            self.page.line(self.page.broken(f"{name} {_SIGNS[type(node.op)]}= ", to_text(node.right)))
        else:
            self.page.assign(name, to_text(node))

    # -- loops -----------------------------------------------------------------------------------------------

    def _for(self, stmt: For) -> None:
        index, *params = stmt.body.params
        self._copies(list(zip(params, stmt.init, strict=True)))
        order, names = self.expressions.names.order, self.expressions.names
        targets: list[list[str]] = []
        sources = []
        if order.is_read(index) or not counts_trips(stmt, self.lengths):
            targets.append([names[index] if order.is_read(index) else "_"])
            sources.append(self._range(stmt, order.is_read(index)))
        for items in leading_items(stmt):
            targets.append([names[v] if order.is_read(v) else "_" for v in items.outs])
            sources.append(f"{self._builtin('reversed')}({self.show(items.args[0])})")
        self._for_line(targets, sources)
        self._body(stmt, params)

    def _for_line(self, targets: list[list[str]], sources: list[str]) -> None:
        """The head of a loop; the longest tuple of targets gets lines of its own if need be."""
        texts = [t[0] if len(t) == 1 else f"({', '.join(t)})" for t in targets]
        if len(targets) == 1:
            texts = [", ".join(targets[0])]
        source = sources[0] if len(sources) == 1 else f"{self._builtin('zip')}({', '.join(sources)})"
        text = f"for {', '.join(texts)} in "
        widest = max(range(len(targets)), key=lambda k: len(targets[k]))
        if self.page.fits(f"{text}{source}:") or (
            len(targets[widest]) == 1 and self.page.fits(f"{text}zip(")
        ):
            self.page.line(self.page.broken(text, source, ":"))
            return
        before = "".join(f"{t}, " for t in texts[:widest])
        after = "".join(f", {t}" for t in texts[widest + 1 :])
        self.page.unpacking(f"for {before}(", targets[widest], f"){after} in ", source, ":")

    def _range(self, stmt: For, ordered: bool) -> str:
        start, stop, step = (self.expressions.atom(a) for a in stmt.range)
        args = [start, stop, step]
        if isinstance(step, ast.Constant) and step.value == 1:
            args = [stop] if isinstance(start, ast.Constant) and start.value == 0 else [start, stop]
        text = f"{self._builtin('range')}({', '.join(map(to_text, args))})"
        return f"{self._builtin('reversed')}({text})" if stmt.backwards and ordered else text

    def _builtin(self, name: str) -> str:
        return to_text(self.expressions.namespace.builtin(name))

    def _while(self, stmt: While) -> None:
        self._copies(list(zip(stmt.body.params, stmt.init, strict=True)))
        plain = all(s.outs and s.outs[0] in self.expressions.nested for s in stmt.test.statements)
        if plain:
            self.page.line(f"while {self.show(stmt.test.yields[0])}:")
            self._body(stmt, list(stmt.body.params))
            return
        self.page.line("while True:")
        with self.page.indented():
            self.comment = None
            self.block(stmt.test.statements)
            self.page.line(f"if {to_text(_negated(self.expressions.atom(stmt.test.yields[0])))}:")
            self.page.line("    break")
        self._body(stmt, list(stmt.body.params))

    def _body(self, stmt: For | While, params: list[Value]) -> None:
        with self.page.indented():
            self.loops += 1
            self.comment = None
            start = len(self.page.lines)
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
                        self.page.line("break")
                    else:
                        self.page.line(f"if {self.show(yields[0])}:")
                        self.page.line("    break")
            if len(self.page.lines) == start:
                self.page.line("pass")
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


def lengths_at(statements: list[Stmt], start: int, uses: dict[Value, int]) -> list[Apply]:
    """The statements that read items of the shape that a statement makes, if nothing else reads it."""
    stmt = statements[start]
    if not isinstance(stmt, Apply) or stmt.primitive.name != "np.shape(x)" or stmt.outs[0].named:
        return []
    shape, array = stmt.outs[0], stmt.args[0]
    rank = len(shape_of(array.type) or ()) if isinstance(array, Value) else 0
    found: dict[int, Apply] = {}
    for item in statements[start + 1 :]:
        if not isinstance(item, Apply) or item.primitive is not indexing.GETITEM or item.args[0] is not shape:
            break
        axis = item.args[1].value if isinstance(item.args[1], Literal) else None
        if type(axis) is not int or not 0 <= axis < rank or axis in found:
            break
        found[axis] = item
    return list(found.values()) if 1 < len(found) == uses.get(shape) else []


def _reason(stmt: Apply) -> str:
    """Why a statement is there although nothing reads its result."""
    if stmt.primitive is indexing.GETITEM:
        return "raises if out of bounds"
    return "raises if the shapes do not fit" if may_not_fit(stmt) or has_free_axis(stmt) else "may raise"


def _is_true(atom: Atom) -> bool:
    return isinstance(atom, Literal) and atom.value is True


def _is_false(atom: Atom) -> bool:
    return isinstance(atom, Literal) and atom.value is False


def _assigned(line: Line, name: str) -> ast.expr | None:
    """What a line assigns to a name; None if it does something else, or is itself a choice."""
    (stmt,) = ast.parse(line.strip()).body
    if not isinstance(stmt, ast.Assign) or isinstance(stmt.value, (ast.IfExp, ast.Tuple, ast.Lambda)):
        return None
    return stmt.value if ast.unparse(stmt.targets[0]) == name else None


def _negated(test: ast.expr) -> ast.expr:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    return ast.UnaryOp(ast.Not(), test)


def _one_statement(lines: list[Line], depth: int) -> bool:
    """Whether lines are one `if` statement with its own branches."""
    pad = "    " * depth
    tops = [row for row in lines[1:] if row.startswith(pad) and not row.startswith(pad + " ")]
    return all(row.startswith((f"{pad}elif ", f"{pad}else:")) for row in tops)


def unused(name: str, taken: set[str]) -> str:
    """The name, numbered if it is taken."""
    found, n = name, 1
    while found in taken:
        n += 1
        found = f"{name}_{n}"
    return found
