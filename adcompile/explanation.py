"""The chain rule step by step: each statement of the primal beside what its row makes of it.

In: the graph of a primal and what derivative is wanted of it. Out: a table in plain text. Its formulas are
those of the rows, before the passes simplify them. Not for the emitted source, which says the same in fewer
statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .ir.nodes import (
    Apply,
    Block,
    Call,
    For,
    Function,
    If,
    Stmt,
    Value,
    While,
    all_statements,
    blocks_of,
    leaves,
    operands,
)
from .ir.printer import Naming, argument_text, expression_text, fill, header_text
from .ir.types import is_differentiable
from .rules import lists
from .rules.facts import call_rule, facts_of
from .saved import Saved

if TYPE_CHECKING:
    from .deriving import Wanted

_PLAIN = "Nothing is differentiated here: the function is made of other derivatives, see its source."


@dataclass
class _Row:
    line: str = ""
    primal: str = ""
    step: str = ""
    keeps: str = ""


def explain(primal: Function, wanted: Wanted, saved: Sequence[Saved]) -> str:
    """Each step of the chain rule beside the statement that it comes from.

    Reverse mode shows the statements backwards, with what each adds to the adjoints of its operands; forward
    mode shows them in order, with their tangents. The last column says which values that a step reads were
    saved by a loop.
    """
    if wanted.kind == "value":
        return _PLAIN + "\n"
    assert primal.body is not None
    paths = primal.notes["paths"]
    asked = [p for p in primal.body.params if any(_within(paths.get(p, ()), n) for n in wanted.argnums)]
    table = _table(_Explanation(primal.body, asked, wanted.kind, saved).rows)
    for called in _called_functions(primal.body):
        assert called.body is not None
        rows = _Explanation(called.body, called.body.params, "call", saved).rows
        why = "which is computed again" if called.recomputed else "which calls itself"
        table += f"\n{called.name}, {why}\n\n{_table(rows)}"
    mode = "forward" if wanted.kind == "jvp" else "reverse"
    where = "" if primal.loc is None else f" ({primal.loc.short()})"
    by = ", ".join(f"{n[0]}[{n[1]}]" if isinstance(n, tuple) else n for n in wanted.argnums)
    return f"{primal.name}{where}, {mode} mode, with respect to {by}\n\n{table}"


def _called_functions(block: Block) -> list[Function]:
    """The functions that are not inlined, each once."""
    found: dict[Function, None] = {}
    pending = [block]
    while pending:
        for stmt in all_statements(pending.pop()):
            if isinstance(stmt, Call) and stmt.function.body is not None and stmt.function not in found:
                found[stmt.function] = None
                pending.append(stmt.function.body)
    return list(found)


class _Explanation:
    """Walks the primal as the derivative does and writes down what the rows say."""

    def __init__(self, body: Block, asked: Sequence[Value], kind: str, saved: Sequence[Saved]) -> None:
        from .passes.activity import useful_values, varied_values
        from .passes.invariance import without_influence

        self.names = Naming(body)
        self.forward = kind == "jvp"
        self.suffix = "_dot" if self.forward else "_bar"
        self.saved = {(s.name, line) for s in saved for line in s.read_by}
        self.rows: list[_Row] = []
        wrt = [p for p in asked if is_differentiable(p.type)]
        outputs = [y for y in body.yields if isinstance(y, Value) and is_differentiable(y.type)]
        varied = varied_values(body, wrt, without_influence(body, outputs))
        self.active = varied & useful_values(body, outputs)
        if self.forward:
            self.block(body, 0)
            self.rows += [_Row(step=f"returns {self.bar(y)}") for y in outputs]
        else:
            self.rows += [_Row(step=f"{self.bar(y)} = {_seed(kind)}") for y in outputs if y in self.active]
            self.block(body, 0)
            self.rows += [_Row(step=f"returns {self.bar(v)}") for v in wrt]

    def bar(self, value: Value) -> str:
        return f"{self.names[value]}{self.suffix}"

    def block(self, block: Block, depth: int) -> None:
        for stmt in block.statements if self.forward else reversed(block.statements):
            if not self._touches(stmt):
                continue
            if isinstance(stmt, Apply):
                self._apply(stmt, depth)
            elif isinstance(stmt, Call):
                outs = ", ".join(self.bar(v) for v in stmt.outs)
                self._add(stmt, depth, f"by the derivative of {stmt.function.name}, from {outs}")
            else:
                self._compound(stmt, depth)

    def _touches(self, stmt: Stmt) -> bool:
        if any(out in self.active for out in stmt.outs):
            return True
        return any(out in self.active for b in blocks_of(stmt) for s in all_statements(b) for out in s.outs)

    def _compound(self, stmt: If | For | While, depth: int) -> None:
        head = header_text(stmt, self.names)
        if isinstance(stmt, If):
            self._add(stmt, depth, head + ":", primal=head)
            self._edges(stmt.then, stmt.outs, depth + 1)
            if stmt.orelse.statements or any(isinstance(y, Value) for y in stmt.orelse.yields):
                self.rows.append(_Row(step=_indent(depth) + "else:"))
                self._edges(stmt.orelse, stmt.outs, depth + 1)
            return
        params = stmt.body.params[1:] if isinstance(stmt, For) else stmt.body.params
        yields = stmt.body.yields[1:] if stmt.stops else stmt.body.yields
        text = head if self.forward else f"backwards over {head}"
        self._add(stmt, depth, text + ":", primal=head)
        if self.forward:
            self._moves(params, stmt.init, depth)
            self.block(stmt.body, depth + 1)
            self._moves(params, yields, depth + 1)
            self._moves(stmt.outs, params, depth)
            return
        for out, p, y in zip(stmt.outs, params, yields, strict=True):
            if out in self.active or p in self.active:
                self._contribution(y, self.bar(out) if out in self.active else "0", depth + 1, self.bar(p))
        self.block(stmt.body, depth + 1)
        self._moves_back(stmt.init, params, depth)

    def _contribution(self, target: Any, source: str, depth: int, carried: str) -> None:
        if isinstance(target, Value) and target in self.active:
            text = f"{self.bar(target)} += {source} (last iteration), {carried} (the others)"
            self.rows.append(_Row(step=_indent(depth) + text))

    def _edges(self, block: Block, outs: Sequence[Value], depth: int) -> None:
        """One side of a branch, with what its results are called outside."""
        if self.forward:
            self.block(block, depth)
            self._moves(outs, block.yields, depth)
            return
        self._moves_back(block.yields, outs, depth)
        self.block(block, depth)

    def _moves(self, targets: Sequence[Value], sources: Sequence[Any], depth: int) -> None:
        for target, source in zip(targets, sources, strict=True):
            if target in self.active:
                text = self.bar(source) if isinstance(source, Value) and source in self.active else "0"
                self.rows.append(_Row(step=f"{_indent(depth)}{self.bar(target)} = {text}"))

    def _moves_back(self, targets: Sequence[Any], sources: Sequence[Value], depth: int) -> None:
        for target, source in zip(targets, sources, strict=True):
            if isinstance(target, Value) and target in self.active and source in self.active:
                self.rows.append(_Row(step=f"{_indent(depth)}{self.bar(target)} += {self.bar(source)}"))

    def _apply(self, stmt: Apply, depth: int) -> None:
        row, out = stmt.primitive, stmt.outs[0]
        facts: dict[str, Any] = {q.name: facts_of(a) for q, a in zip(row.params, stmt.args, strict=True)}
        facts["z"], facts["z_bar"] = facts_of(out), facts_of(out)
        texts = {q.name: argument_text(a, self.names) for q, a in zip(row.params, stmt.args, strict=True)}
        texts["z"] = self.names[out]
        texts["z_bar"] = self.bar(out)
        rules = row.pushforwards if self.forward else row.pullbacks
        steps: list[tuple[str, str]] = []
        for param, arg in zip(row.params, stmt.args, strict=True):
            moving = [v for v in leaves(arg) if isinstance(v, Value) and v in self.active]
            rule = rules.get(param.name)
            for k, leaf in enumerate(v for v in leaves(arg) if v in moving):
                if rule is None:
                    steps.append((self.bar(leaf), self._moved(stmt, param.name)))
                    continue
                text = call_rule(rule, {**facts, "k": k})
                steps.append((self.bar(leaf), self._filled(text, texts, param.name, leaf, k, stmt)))
        self._write(stmt, steps, depth)

    def _moved(self, stmt: Apply, param: str) -> str:
        """What a list or record hands on: it has no rule, its parts go where they came from."""
        bar = self.bar(stmt.outs[0])
        if stmt.primitive is not lists.LIST_APPEND or self.forward:
            return bar
        return f"{bar}[-1]" if param == "v" else f"{bar}[:-1]"

    def _filled(self, text: str, texts: dict[str, str], param: str, leaf: Value, k: int, stmt: Apply) -> str:
        if text == "self":
            shown = expression_text(stmt, self.names)
            return f"the same of {self.bar(leaf)}: {shown}"
        more = {f"{param}_dot": self.bar(leaf), "item": self.names[leaf], "k": str(k)}
        return fill(text, {**texts, **more})

    def _write(self, stmt: Apply, steps: list[tuple[str, str]], depth: int) -> None:
        first = _Row(self._line(stmt), self._shown(stmt), keeps=self._keeps(stmt))
        if self.forward:
            total = " + ".join(text for _, text in steps) or "0"
            first.step = f"{_indent(depth)}{self.bar(stmt.outs[0])} = {total}"
            self.rows.append(first)
            return
        for k, (target, text) in enumerate(steps):
            row = first if k == 0 else _Row()
            row.step = f"{_indent(depth)}{target} += {text}"
            self.rows.append(row)

    def _keeps(self, stmt: Apply) -> str:
        """Which of the values that the step reads were saved in a loop."""
        if stmt.loc is None or self.forward:
            return ""
        read = {v.hint or self.names[v] for v in (*operands(stmt), *stmt.outs)}
        found = sorted(name for name, line in self.saved if line == stmt.loc.line and name in read)
        return f"{', '.join(found)} saved" if found else ""

    def _shown(self, stmt: Stmt) -> str:
        outs = ", ".join(self.names[v] for v in stmt.outs)
        return f"{outs} = {expression_text(stmt, self.names)}" if isinstance(stmt, (Apply, Call)) else ""

    def _line(self, stmt: Stmt) -> str:
        return "" if stmt.loc is None else str(stmt.loc.line)

    def _add(self, stmt: Stmt, depth: int, step: str, primal: str = "") -> None:
        self.rows.append(_Row(self._line(stmt), primal or self._shown(stmt), _indent(depth) + step))


def _within(path: Any, argnum: Any) -> bool:
    """Whether an input is (part of) the argument that an argnum stands for."""
    start = (("arg", argnum[0]), ("item", argnum[1])) if isinstance(argnum, tuple) else (("arg", argnum),)
    return tuple(path[: len(start)]) == start


def _seed(kind: str) -> str:
    return "1.0" if kind in ("grad", "value_and_grad") else "the cotangent that is given"


def _indent(depth: int) -> str:
    return "    " * depth


def _table(rows: Iterable[_Row]) -> str:
    """Rows under headings, columns as wide as they need to be."""
    cells = [("line", "primal", "chain-rule step", "kept")] + [
        (r.line, r.primal, r.step, r.keeps) for r in rows
    ]
    if not any(r[3] for r in cells[1:]):
        cells = [(*r[:3], "") for r in cells]
    widths = [max(len(r[k]) for r in cells) for k in range(4)]
    cells.insert(1, tuple("-" * w for w in widths))  # type: ignore[arg-type]
    lines = [f"{a:>{widths[0]}}  {b:<{widths[1]}}  {c:<{widths[2]}}  {d}".rstrip() for a, b, c, d in cells]
    return "\n".join(lines) + "\n"
