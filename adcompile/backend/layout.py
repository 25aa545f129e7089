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

    def head(self, name: str, parameters: list[str]) -> None:
        """The head of a function."""
        self.wrapped(f"def {name}(", parameters, "):")

    def fits(self, text: str) -> bool:
        """Whether a text is short enough for a line at the present depth."""
        return 4 * self.depth + len(text) <= WIDTH

    def broken(self, head: str, text: str, end: str = "") -> str:
        """A line that is not too long; broken inside the outermost brackets or at the top operators."""
        if self.fits(head + text + end):
            return head + text + end
        pieces = _pieces(text)
        if len(pieces) == 1:
            return head + text + end
        opening = pieces[0].find("(") + 1
        if opening and _closes_at_end(text, opening - 1) and "," in pieces[0]:
            # one call: its operands are what is broken
            pieces = [pieces[0][opening:], *pieces[1:-1], pieces[-1][:-1]]
            head, end = head + text[:opening], ")" + end
        else:
            head, end = f"{head}(", f"){end}"
        return "\n".join(self._rows(head, pieces, end))

    def wrapped(self, head: str, items: list[str], end: str) -> None:
        """A line with items between brackets, which get lines of their own if it is too long."""
        if self.fits(text := f"{head}{', '.join(items)}{end}"):
            self.line(text)
        else:
            self.line("\n".join(self._rows(head, _separated(items), end)))

    def unpacking(self, head: str, items: list[str], middle: str, source: str, end: str) -> None:
        """A line that unpacks a source into items, which get lines of their own."""
        rows = self._rows(head, _separated(items), "")[:-1]
        self.line("\n".join([*rows, "    " * self.depth + self.broken(middle, source, end)]))

    def _rows(self, head: str, pieces: list[str], end: str) -> list[str]:
        """A head, indented rows of pieces, and an end below the head."""
        pad = "    " * (self.depth + 1)
        rows, row = [], ""
        for piece in pieces:
            if row and len(pad) + len(row) + len(piece.rstrip()) > WIDTH:
                rows.append(row)
                row = ""
            row += piece
        rows.append(row)
        return [head, *(pad + r.strip() for r in rows), "    " * self.depth + end]


def _separated(items: list[str]) -> list[str]:
    return [f"{item}, " for item in items[:-1]] + items[-1:]


def _closes_at_end(text: str, opening: int) -> bool:
    """Whether a bracket is closed by the last character."""
    depth, quote = 0, ""
    for k, c in enumerate(text[opening:], opening):
        if quote:
            quote = "" if c == quote else quote
        elif c in "'\"":
            quote = c
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth == 0:
                return k == len(text) - 1
    return False


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
