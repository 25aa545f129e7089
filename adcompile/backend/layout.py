"""Lines of the emitted code: indentation, docstrings, and where a line that is too long is broken.

In: texts of statements. Out: the lines of a function. Not for what the statements say: that is `statements`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

WIDTH = 100


class Page:
    """The lines written so far, and the depth of the next one."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth = 0

    def line(self, text: str) -> None:
        """Add a line at the present depth."""
        self.lines.append("    " * self.depth + text if text else "")

    @contextmanager
    def indented(self) -> Iterator[None]:
        """One step deeper."""
        self.depth += 1
        yield
        self.depth -= 1

    def docstring(self, doc: str) -> None:
        """A docstring, on one line where it fits."""
        lines = doc.splitlines()
        if len(lines) == 1 and len(doc) + 4 * self.depth + 6 <= WIDTH:
            self.line(f'"""{doc}"""')
            return
        self.line(f'"""{lines[0]}')
        for text in lines[1:]:
            self.line(text)
        self.line('"""')

    def assign(self, target: str, text: str) -> None:
        """An assignment, unless it would say nothing."""
        if target != text:
            self.line(self.broken(f"{target} = ", text))

    def broken(self, head: str, text: str, end: str = "") -> str:
        """A line that is not too long; broken inside the outermost brackets or at the top operators."""
        if 4 * self.depth + len(head) + len(text) + len(end) <= WIDTH:
            return head + text + end
        pieces = _pieces(text)
        if len(pieces) == 1:
            return head + text + end
        pad = "    " * (self.depth + 1)
        rows, row = [], ""
        for piece in pieces:
            if row and len(pad) + len(row) + len(piece) + 1 > WIDTH:
                rows.append(row.rstrip())
                row = ""
            row += piece
        rows.append(row.rstrip())
        body = f"\n{pad}".join(r.strip() for r in rows)
        return f"{head}(\n{pad}{body}\n{'    ' * self.depth}){end}"


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
