"""Lines of the emitted code: indentation, docstrings, and where a line that is too long is broken.

In: texts of statements. Out: the lines of a function. Not for what the statements say: that is `statements`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import Loc

WIDTH = 100
Origin = tuple[Loc, ...]


class Line(str):
    """A line, or several of one statement, that knows the places of the primal it was written for."""

    __slots__ = ("origin",)
    origin: Origin

    def __new__(cls, text: str, origin: Origin) -> Line:
        """A line of this text."""
        made = super().__new__(cls, text)
        made.origin = origin
        return made

    def outdented(self) -> Line:
        """The line one step less deep."""
        return Line(self[4:], self.origin)


class Page:
    """The lines written so far, the depth of the next one, and the places it is written for."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.depth = 0
        self.origin: Origin = ()

    def line(self, text: str) -> None:
        """Add a line at the present depth."""
        self.lines.append(Line("    " * self.depth + text if text else "", self.origin))

    @contextmanager
    def written_for(self, origin: Origin) -> Iterator[None]:
        """What is added inside the `with` is there for these places, if there are any."""
        outer, self.origin = self.origin, origin or self.origin
        yield
        self.origin = outer

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
        """A line that is not too long: broken at commas and operators, else inside the longest bracket."""
        if self.fits(head + text + end):
            return head + text + end
        pieces = _pieces(text)
        if len(pieces) == 1 and _longest_bracket(text)[1] != len(text) - 1:
            pieces = _pieces(text, _FACTORS)
        if len(pieces) == 1:
            return self._inside(head, text, end)
        return "\n".join(self._rows(f"{head}(", pieces, f"){end}"))

    def _inside(self, head: str, text: str, end: str) -> str:
        """A line that is broken inside its longest bracket."""
        opening, closing = _longest_bracket(text)
        if closing - opening < 2 or self.fits(head + text + end):
            return head + text + end
        head, inner, end = head + text[: opening + 1], text[opening + 1 : closing], text[closing:] + end
        return "\n".join(self._rows(head, _pieces(inner), end))

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
        rows, row = [], ""
        with self.indented():
            pad = "    " * self.depth
            for k, piece in enumerate(pieces):
                if row and not self.fits((row + piece).rstrip()):
                    rows.append(pad + row.rstrip())
                    row = ""
                row += piece
                if not self.fits(row.rstrip()):
                    whole = k == 0 or pieces[k - 1].endswith(", ")
                    rows.append(
                        pad + self._piece(row, whole and (k == len(pieces) - 1 or row.endswith(", ")))
                    )
                    row = ""
            if row:
                rows.append(pad + row.rstrip())
        return [head, *rows, "    " * self.depth + end]

    def _piece(self, text: str, whole: bool) -> str:
        """A piece that is too long for a row; brackets may be put around it if it is a whole expression."""
        comma = "," if text.endswith(", ") else ""
        text = text.rstrip().removesuffix(comma)
        keyword = _KEYWORD.match(text)
        head = keyword[0] if keyword else ""
        if whole and _is_expression(text[len(head) :]):
            return self.broken(head, text[len(head) :], comma)
        return self._inside("", text, comma)


_KEYWORD = re.compile(r"\w+=(?!=)")


def _is_expression(text: str) -> bool:
    try:
        ast.parse(f"({text})", mode="eval")
    except SyntaxError:
        return False
    return True


def _separated(items: list[str]) -> list[str]:
    return [f"{item}, " for item in items[:-1]] + items[-1:]


def _nesting(text: str) -> Iterator[tuple[int, str, int]]:
    """The characters of a text outside quotes, with their places and how deep in brackets they stand."""
    depth, quote = 0, ""
    for k, c in enumerate(text):
        if quote:
            quote = "" if c == quote else quote
        elif c in "'\"":
            quote = c
        else:
            depth -= c in ")]}"
            yield k, c, depth
            depth += c in "([{"


_TERMS = ("+ ", "- ")
_FACTORS = ("* ", "/ ", "@ ", "// ", "% ", "== ", "!= ", "< ", "> ", "<= ", ">= ")


def _pieces(text: str, operators: tuple[str, ...] = _TERMS) -> list[str]:
    """The text cut after commas and before operators that stand outside all brackets."""
    start, pieces = 0, []
    for k, c, depth in _nesting(text):
        if depth == 0 and c == " " and (text[k - 1] == "," or text.startswith(operators, k + 1)):
            pieces.append(text[start : k + 1])
            start = k + 1
    return [*pieces, text[start:]]


def _longest_bracket(text: str) -> tuple[int, int]:
    """Where the longest pair of outermost brackets opens and closes; no length if there is none."""
    found, opening = (0, 0), 0
    for k, c, depth in _nesting(text):
        if depth == 0 and c in "([{":
            opening = k
        elif depth == 0 and c in ")]}" and k - opening > found[1] - found[0]:
            found = opening, k
    return found
