"""The two sources beside each other, line by line, and which lines belong together.

In: `Observed`. Out: lines of the primal, under keys that say which file and line they are, and lines of the
derivative with the keys of those that they were written for. Both coloured, as HTML.
"""

from __future__ import annotations

import ast
import html
import io
import linecache
import os
import textwrap
import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..backend.layout import Line
from ..errors import Loc
from ..inspection import pieces
from ..ir.nodes import all_statements
from .watching import Observed

_TAGS = {"keyword": "k", "comment": "c", "string": "s", "number": "n"}


@dataclass(frozen=True)
class SourceLine:
    """A line of the primal, or of the derivative: `keys` say what it is, or what it was written for."""

    number: int
    html: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class SourcePart:
    """A function of the primal and where it stands."""

    title: str
    lines: tuple[SourceLine, ...]


def key_of(loc: Loc) -> str:
    """What a line is known by."""
    return f"{loc.file}:{loc.line}"


def primal_parts(seen: Observed) -> list[SourcePart]:
    """The function and those that became part of its graph."""
    block = seen.function.body
    assert block is not None
    own = [] if seen.function.loc is None else [seen.function.loc]
    locs = [*own, *(s.loc for s in all_statements(block) if s.loc is not None)]
    parts: list[SourcePart] = []
    known: set[str] = set()
    for loc in locs:
        if key_of(loc) not in known:
            part = _part(loc)
            known.update(k for line in part.lines for k in line.keys)
            parts.append(part)
    return parts


def _part(loc: Loc) -> SourcePart:
    """The function definition around a place; the line alone where its file cannot be read."""
    lines = [text.rstrip("\n") for text in linecache.getlines(loc.file)]
    if loc.line > len(lines) or lines[loc.line - 1] != loc.text:
        return SourcePart(loc.short(), (SourceLine(loc.line, html.escape(loc.text.strip()), (key_of(loc),)),))
    first, last = _definition("\n".join(lines), loc.line)
    shown = textwrap.dedent("\n".join(lines[first - 1 : last]))
    numbered = enumerate(coloured(shown), first)
    title = f"{loc.function}, {os.path.basename(loc.file)}"
    return SourcePart(title, tuple(SourceLine(n, row, (f"{loc.file}:{n}",)) for n, row in numbered))


def _definition(text: str, line: int) -> tuple[int, int]:
    """The first and last line of the outermost function that holds a line."""
    found = (line, line)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Assign)):
            first, last = node.lineno, node.end_lineno or node.lineno
            if first <= line <= last and last - first >= found[1] - found[0]:
                found = first, last
    return found


def derivative_lines(seen: Observed) -> list[SourceLine]:
    """The module of the derivative, each line with the places it was written for."""
    rows = coloured(seen.program.text)
    origins: list[tuple[Loc, ...]] = [()] * len(rows)
    functions: Sequence[Sequence[Line]] = seen.program.notes["functions"]
    end = len(rows)
    for function in reversed(functions):
        found = [line.origin for line in function for _ in range(line.count("\n") + 1)]
        origins[end - len(found) : end] = found
        end -= len(found) + 2
    return [
        SourceLine(n, row, tuple(dict.fromkeys(map(key_of, locs))))
        for n, (row, locs) in enumerate(zip(rows, origins, strict=True), 1)
    ]


def coloured(text: str) -> list[str]:
    """Python source as lines of HTML."""
    text = text.rstrip("\n")
    try:
        parts: Iterable[tuple[str, str]] = pieces(text + "\n")
    except (tokenize.TokenError, IndentationError, SyntaxError):
        parts = [("plain", text)]
    out = io.StringIO()
    for kind, piece in parts:
        for k, row in enumerate(piece.split("\n")):
            shown = html.escape(row)
            out.write("\n" if k else "")
            out.write(f'<span class="{_TAGS[kind]}">{shown}</span>' if kind in _TAGS and row else shown)
    return out.getvalue().rstrip("\n").split("\n")
