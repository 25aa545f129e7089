"""The graph as text, for people and for tests.

In: a `Function` of the graph, or a bare `Block`. Out: text, one statement to a line, nested blocks indented,
every definition with its type, every statement with the line of the primal that it comes from. The same graph
gives the same text in every process. Not for Python source, which `backend.emit` writes, and not meant to be
read back.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from ..errors import Loc
from .nodes import (
    UNDEFINED,
    Apply,
    Arg,
    Block,
    Call,
    For,
    Function,
    If,
    Items,
    Literal,
    Slice,
    Stmt,
    Through,
    Value,
    While,
    all_statements,
    blocks_of,
    free_values,
)

_COMMENT_COLUMN = 72


class Naming:
    """A name for every value: its hint, numbered where the hint is taken, in order of definition."""

    def __init__(self, block: Block) -> None:
        self._names: dict[Value, str] = {}
        self._counts: dict[str, int] = {}
        self._taken: set[str] = set()
        self.add(block)

    def add(self, block: Block) -> None:
        """Name what a block defines, and before it what it reads from outside."""
        for value in free_values(block):
            self._name(value)
        self._define(block)

    def _define(self, block: Block) -> None:
        for value in block.params:
            self._name(value)
        for stmt in block.statements:
            for inner in blocks_of(stmt):
                self._define(inner)
            for value in stmt.outs:
                self._name(value)

    def _name(self, value: Value) -> None:
        if value in self._names:
            return
        base = value.hint
        count = self._counts.get(base, 0) + 1
        name = base if base and count == 1 else f"{base}_{count}"
        while name in self._taken:
            count += 1
            name = f"{base}_{count}"
        self._counts[base] = count
        self._taken.add(name)
        self._names[value] = name

    def __getitem__(self, value: Value) -> str:
        return self._names[value]


def argument_text(arg: Arg, names: Naming) -> str:
    """An argument as Python would write it, values by their names."""
    if isinstance(arg, Value):
        return names[arg]
    if isinstance(arg, Literal):
        return _literal_text(arg)
    if isinstance(arg, Through):
        steps = "".join(f"{row.name.split('(')[0]} -> " for row, _ in arg.steps)
        return steps + argument_text(arg.index, names)
    if isinstance(arg, Slice):
        start, stop, step = (
            "" if _is_none(a) else argument_text(a, names) for a in (arg.start, arg.stop, arg.step)
        )
        return f"{start}:{stop}" + (f":{step}" if step else "")
    if isinstance(arg, Items):
        return f"[{', '.join(argument_text(a, names) for a in arg.items)}]"
    items = ", ".join(argument_text(a, names) for a in arg)
    return f"({items},)" if len(arg) == 1 else f"({items})"


def _is_none(arg: Arg) -> bool:
    return isinstance(arg, Literal) and arg.value is None


def _literal_text(literal: Literal) -> str:
    if literal is UNDEFINED:
        return "undefined"
    if literal.spelling is not None:
        return literal.spelling
    value = literal.value
    if isinstance(
        value, (bool, int, float, complex, str, bytes, type(None), type(Ellipsis), list, tuple, dict)
    ):
        return "..." if value is ... else repr(value)
    # the default repr of an object holds its address, which no two processes share
    return getattr(value, "__qualname__", None) or f"<{type(value).__qualname__}>"


def expression_text(stmt: Apply | Call, names: Naming) -> str:
    """What a plain statement computes, written by its row with the operands in place."""
    args = [argument_text(a, names) for a in stmt.args]
    if isinstance(stmt, Call):
        return f"{stmt.function.name}({', '.join(args)})"
    row = stmt.primitive
    texts = dict(zip((p.name for p in row.params), args, strict=True))
    if not isinstance(row.template, ast.Call):
        return fill(row.name, texts)
    params = list(zip(row.params, stmt.args, strict=True))
    template = row.template
    function = fill(ast.unparse(template.func), texts)
    if isinstance(template.func, ast.Attribute) and isinstance(template.func.value, ast.Name):
        params = [(q, a) for q, a in params if q.name != template.func.value.id]
    shown: list[str] = []
    for param, arg in params:
        text = texts[param.name]
        if param.star:
            shown += [argument_text(a, names) for a in arg] if isinstance(arg, tuple) else [f"*{text}"]
        elif not _is_default(arg, param.default):
            keyword = shown_by_name(param.default)
            shown.append(f"{param.name}={text}" if keyword else text)
    return f"{function}({', '.join(shown)})"


def shown_by_name(default: object) -> bool:
    """Whether a parameter is written as a keyword: those with a default are."""
    from ..rules.rule import REQUIRED

    return default is not REQUIRED


def _is_default(arg: Arg, default: object) -> bool:
    if not isinstance(arg, Literal) or not shown_by_name(default):
        return False
    return arg.value is default or (type(arg.value) is type(default) and bool(arg.value == default))


def fill(text: str, operands: Mapping[str, str]) -> str:
    """A rule's text with the texts of operands in place of its names."""
    return ast.unparse(_Filled(operands).visit(_copy(text)))


def _copy(text: str) -> ast.expr:
    return ast.parse(text.strip(), mode="eval").body


class _Filled(ast.NodeTransformer):
    """Puts the texts of operands in place of a row's parameters."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts
        # -1.0 ** x would be read as -(1.0 ** x)
        self.signed = {name for name, text in texts.items() if text.startswith("-")}

    def visit_Name(self, node: ast.Name) -> ast.Name:
        text = self.texts.get(node.id, node.id)
        return ast.Name(f"({text})" if node.id in self.signed else text, ast.Load())

    def visit_Subscript(self, node: ast.Subscript) -> ast.Name:
        base = ast.unparse(self.visit(node.value))
        index = ast.unparse(self.visit(node.slice))
        if index.startswith("(") and index.endswith(")") and isinstance(node.slice, ast.Name):
            index = index[1:-1]
        return ast.Name(f"{base}[{index}]", ast.Load())


def header_text(stmt: Stmt, names: Naming) -> str:
    """What a loop or branch says on its own line, without its outputs."""
    if isinstance(stmt, If):
        return f"if {argument_text(stmt.test, names)}"
    if isinstance(stmt, For):
        start, stop, step = (argument_text(a, names) for a in stmt.range)
        args = (
            [stop] if (start, step) == ("0", "1") else [start, stop] if step == "1" else [start, stop, step]
        )
        span = f"range({', '.join(args)})"
        span = f"reversed({span})" if stmt.backwards else span
        if stmt.snapshots is not None:
            span = f"checkpointed({span}, snapshots={argument_text(stmt.snapshots, names)})"
        return f"for {names[stmt.body.params[0]]} in {span}"
    if isinstance(stmt, While):
        return "while"
    return expression_text(stmt, names)


def function_text(function: Function) -> str:
    """A function, followed by the functions that it calls.

    Parameters
    ----------
    function : Function
        A closed function of the graph.

    Returns
    -------
    str
        The text, ending in a newline.
    """
    printed: dict[Function, str] = {}
    pending = [function]
    while pending:
        current = pending.pop(0)
        if current in printed or current.body is None:
            continue
        printed[current] = _one_function(current)
        pending += [s.function for s in all_statements(current.body) if isinstance(s, Call)]
    return "\n\n".join(printed.values())


def block_text(block: Block) -> str:
    """A block's statements, as in `function_text`, without a heading."""
    printer = _Printer(Naming(block), None)
    printer.block(block, 0, "yield")
    return printer.text()


def _one_function(function: Function) -> str:
    assert function.body is not None
    names = Naming(function.body)
    printer = _Printer(names, function.loc)
    params = ", ".join(_typed(function.body.params, names))
    printer.line(0, f"{function.name}({params}):", "" if function.loc is None else function.loc.short())
    printer.block(function.body, 1, "return")
    return printer.text()


def _typed(values: Iterable[Value], names: Naming) -> list[str]:
    return [f"{names[v]}: {v.type}" for v in values]


class _Printer:
    """Collects lines and their comments, and aligns the comments."""

    def __init__(self, names: Naming, home: Loc | None) -> None:
        self.names = names
        self.home = home
        self.rows: list[tuple[str, str]] = []

    def line(self, depth: int, text: str, comment: str = "") -> None:
        self.rows.append(("    " * depth + text, comment))

    def text(self) -> str:
        longest = max(
            (len(row) for row, comment in self.rows if comment and len(row) <= _COMMENT_COLUMN), default=0
        )
        lines = [f"{row:<{longest}}  # {comment}" if comment else row for row, comment in self.rows]
        return "\n".join(lines) + "\n"

    def where(self, stmt: Stmt) -> str:
        """The line a statement comes from; the file only where it is not the function's own."""
        if stmt.loc is None:
            return "adjoint" if stmt.adjoint else ""
        at_home = self.home is None or self.home.file == stmt.loc.file
        place = f"line {stmt.loc.line}" if at_home else stmt.loc.short()
        return f"adjoint of {place}" if stmt.adjoint else place

    def block(self, block: Block, depth: int, ending: str) -> None:
        for stmt in block.statements:
            self.statement(stmt, depth)
        yields = ", ".join(argument_text(y, self.names) for y in block.yields)
        if yields or ending == "return":
            self.line(depth, f"{ending} {yields}".rstrip())
        elif not block.statements:
            self.line(depth, "pass")

    def statement(self, stmt: Stmt, depth: int) -> None:
        outs = ", ".join(_typed(stmt.outs, self.names))
        head = f"{outs} = " if outs else ""
        if isinstance(stmt, (Apply, Call)):
            self.line(depth, head + expression_text(stmt, self.names), self.where(stmt))
        elif isinstance(stmt, If):
            self.line(depth, f"{head}{header_text(stmt, self.names)}:", self.where(stmt))
            self.block(stmt.then, depth + 1, "yield")
            if stmt.orelse.statements or stmt.orelse.yields:
                self.line(depth, "else:")
                self.block(stmt.orelse, depth + 1, "yield")
        else:
            # the outputs have the types of what the loop carries, which follow on lines of their own
            head = f"{', '.join(self.names[v] for v in stmt.outs)} = " if stmt.outs else ""
            self.line(depth, f"{head}{header_text(stmt, self.names)}:", self.where(stmt))
            if isinstance(stmt, For):
                self._carried(stmt.body.params[1:], stmt.init, depth + 1)
            else:
                self._carried(stmt.test.params, stmt.init, depth + 1)
                self.block(stmt.test, depth + 1, "test")
                self.line(depth, "do:")
                self._carried(stmt.body.params, stmt.test.params, depth + 1)
            self.block(stmt.body, depth + 1, _loop_ending(stmt))

    def _carried(self, params: Iterable[Value], init: Iterable[Arg], depth: int) -> None:
        for param, atom in zip(_typed(params, self.names), init, strict=True):
            self.line(depth, f"with {param} = {argument_text(atom, self.names)}")


def _loop_ending(stmt: For | While) -> str:
    # the first atom that such a loop yields tells it to stop
    return "stop if" if stmt.stops else "yield"
