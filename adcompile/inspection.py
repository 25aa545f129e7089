"""What a derivative shows of itself: its graph, what it saves, the chain rule, a page for notebooks.

In: a compiled `Program`. Out: graphs, records, text and HTML. Nothing here changes a program or decides
anything about it.
"""

from __future__ import annotations

import html
import io
import keyword
import tokenize
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import explanation
from .ir.draw import Graph
from .ir.nodes import Function, Value, clone_block
from .saved import Saved

if TYPE_CHECKING:
    from .pipeline import Program

__all__ = ["Graph", "Saved", "derivative_graph", "explain", "page", "pieces", "saved_values", "whole_graph"]


def _primal(program: Program) -> Function:
    """The primal without what it computes in vain."""
    from .passes.common import share
    from .passes.dead import remove_dead

    kept: Function = program.notes["primal"]
    assert kept.body is not None
    mapping: dict[Value, Any] = {}
    body = clone_block(kept.body, mapping)
    paths = {mapping[v]: path for v, path in kept.notes["paths"].items()}
    share(body, {}, {})
    remove_dead(body)
    return Function(kept.name, body, kept.loc, {"paths": paths})


def derivative_graph(program: Program) -> Graph:
    """The graph of the emitted derivative."""
    return Graph(_emitted(program))


def whole_graph(program: Program) -> Graph:
    """The graphs of the primal and of the emitted derivative."""
    return Graph((_primal(program), *_emitted(program)))


def _emitted(program: Program) -> tuple[Function, ...]:
    inner = program.notes.get("pullback")
    backward = () if inner is None else (Function("pullback", inner, program.function.loc),)
    return (program.function, *backward)


def saved_values(program: Program) -> tuple[Saved, ...]:
    """What a compiled derivative saves, in the order of its source."""
    found: tuple[Saved, ...] = program.notes["saved"]
    return found


def explain(program: Program) -> str:
    """Each step of the chain rule beside the statement that it comes from."""
    return explanation.explain(_primal(program), program.notes["wanted"], saved_values(program))


# -- notebooks -----------------------------------------------------------------------------------------------

_PAGE_STYLE = """
.adc-view { display: flex; flex-wrap: wrap; gap: 16px; align-items: flex-start; }
.adc-view > div { overflow: auto; max-width: 100%; max-height: 720px; }
.adc-view > div { border: 1px solid #ccd4db; border-radius: 6px; }
.adc-view pre { margin: 0; padding: 12px 14px; }
.adc-view pre { font: 12px/1.45 ui-monospace, 'DejaVu Sans Mono', Menlo, monospace; }
.adc-view pre, .adc-view > div { color: #1f2933; background: #ffffff; }
.adc-view .k { color: #8a3ffc; } .adc-view .c { color: #6f7a85; font-style: italic; }
.adc-view .s { color: #2b7a3d; } .adc-view .n { color: #b0530e; }
@media (prefers-color-scheme: dark) {
.adc-view pre, .adc-view > div { color: #e4e7eb; background: #161c22; border-color: #47535f; }
.adc-view .k { color: #c4a0ff; } .adc-view .c { color: #8f9ba6; } .adc-view .s { color: #86d19a; }
.adc-view .n { color: #f0a868; }
}
""".strip()


def page(source: str, graph: Graph) -> str:
    """Source and graph side by side, as HTML that needs no other file and holds no script."""
    return (
        f'<style>\n{_PAGE_STYLE}\n</style>\n<div class="adc-view">\n'
        f"<div><pre>{_coloured_html(source)}</pre></div>\n<div>{graph.svg()}</div>\n</div>\n"
    )


def plain_page(text: str) -> str:
    """A text as HTML."""
    return f"<pre>{html.escape(text)}</pre>"


def _coloured_html(source: str) -> str:
    tags = {"keyword": "k", "comment": "c", "string": "s", "number": "n"}
    parts = []
    for kind, text in pieces(source):
        shown = html.escape(text)
        parts.append(f'<span class="{tags[kind]}">{shown}</span>' if kind in tags else shown)
    return "".join(parts)


@dataclass
class _Cutter:
    """The rest of a text to be cut into pieces, by positions as `tokenize` gives them."""

    lines: list[str]
    at: tuple[int, int] = (1, 0)
    found: list[tuple[str, str]] = field(default_factory=list)

    def upto(self, end: tuple[int, int], kind: str) -> None:
        (row, column), (last, stop) = self.at, end
        if row == last:
            text = self.lines[row - 1][column:stop]
        else:
            middle = "".join(self.lines[row : last - 1])
            tail = self.lines[last - 1][:stop] if last <= len(self.lines) else ""
            text = self.lines[row - 1][column:] + middle + tail
        if text:
            self.found.append((kind, text))
        self.at = end


def pieces(source: str) -> list[tuple[str, str]]:
    """Python source cut into keywords, comments, strings, numbers and the rest."""
    kinds = {tokenize.COMMENT: "comment", tokenize.STRING: "string", tokenize.NUMBER: "number"}
    cutter = _Cutter(source.splitlines(keepends=True))
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        kind = kinds.get(token.type, "plain")
        if token.type == tokenize.NAME and keyword.iskeyword(token.string):
            kind = "keyword"
        if kind != "plain":
            cutter.upto(token.start, "plain")
            cutter.upto(token.end, kind)
    cutter.upto((len(cutter.lines) + 1, 0), "plain")
    return cutter.found
