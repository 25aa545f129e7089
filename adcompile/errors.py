"""What goes wrong, as exceptions that say where, why and what to write instead.

In: a code, a message, a location and the way out, from whichever stage found the error. Out: exceptions whose
text is the report that the user reads. Not for deciding what is an error: each stage refuses its own. The
codes and their long explanations are in `codes.py`.
"""

from __future__ import annotations

import os
import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from adcompile.codes import CODES, Code

__all__ = [
    "CODES",
    "AdcompileError",
    "ArgumentError",
    "Code",
    "Loc",
    "NoDerivative",
    "SourceUnavailable",
    "UnsupportedSyntax",
    "combine",
    "explain",
]

_MARGIN = " " * 12
_TAB = 4


@dataclass(frozen=True, slots=True)
class Loc:
    """A place in the user's source.

    Attributes
    ----------
    file : str
        File name as Python knows it; ``<...>`` for a notebook cell or a doctest.
    line : int
        Line of the file, from 1.
    column, end_column : int
        Characters (not bytes) of that line, from 0; the end is exclusive.
    text : str
        The whole line without its newline; empty where it is not known.
    function : str
        Qualified name of the function that the place lies in.
    """

    file: str
    line: int
    column: int
    end_column: int
    text: str
    function: str

    def short(self) -> str:
        """Return the place as ``model.py:14``."""
        return f"{_basename(self.file)}:{self.line}"


class AdcompileError(Exception):
    """Base class of all errors of adcompile.

    Parameters
    ----------
    code : str
        Key of `CODES`.
    message : str
        What is wrong, in one line.
    loc : Loc, optional
        Where.
    expected : str, optional
        What was expected and what to write instead; printed after the word "expected".
    related : sequence of AdcompileError, optional
        The further errors of the same function, in source order.
    """

    def __init__(
        self,
        code: str,
        message: str,
        loc: Loc | None = None,
        expected: str = "",
        related: Sequence[AdcompileError] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.loc = loc
        self.expected = expected
        self.related = tuple(related)

    def __str__(self) -> str:
        return "\n\n".join(_report(error) for error in (self, *self.related))

    def placed(self, loc: Loc | None) -> AdcompileError:
        """The same error with a place, if it has none yet."""
        if self.loc is not None or loc is None:
            return self
        return type(self)(self.code, self.message, loc, self.expected, self.related)

    def __reduce__(self) -> tuple[object, ...]:
        # The default would call the class with `args`, which hold the message alone.
        arguments = (self.code, self.message, self.loc, self.expected, self.related)
        notes = getattr(self, "__notes__", None)
        return type(self), arguments, None if notes is None else {"__notes__": list(notes)}


class UnsupportedSyntax(AdcompileError, SyntaxError):
    """A construct of Python that adcompile does not differentiate."""

    def __init__(
        self,
        code: str,
        message: str,
        loc: Loc | None = None,
        expected: str = "",
        related: Sequence[AdcompileError] = (),
    ) -> None:
        super().__init__(code, message, loc, expected, related)
        # Python prints a SyntaxError from these attributes and never asks for its str: the way out and the
        # related errors have to be part of `msg`.
        lines = [_headline(self), *_expectation(self)]
        self.msg = "\n\n".join(["\n".join(lines), *map(_report, self.related)])
        if loc is None:
            return
        self.filename, self.text = loc.file, loc.text or None
        self.lineno, self.end_lineno = loc.line, loc.line
        self.offset, self.end_offset = loc.column + 1, loc.end_column + 1


class NoDerivative(AdcompileError, TypeError):
    """A value that is differentiated enters an operation that has no derivative."""


class SourceUnavailable(AdcompileError, OSError):
    """A function whose source cannot be had, or no longer is the code that runs.

    It is an `OSError` because `inspect.getsource` raises one for the same reason.
    """


class ArgumentError(AdcompileError, TypeError):
    """A wrong use of adcompile's own functions."""


def combine(errors: Sequence[AdcompileError]) -> AdcompileError:
    """Make one error of all errors of a function.

    Parameters
    ----------
    errors : sequence of AdcompileError
        At least one. Their own related errors are taken along.

    Returns
    -------
    AdcompileError
        The first in source order, with the others as its `related`, each once. Errors without a location come
        last; files keep the order in which they appear.
    """
    if not errors:
        raise ValueError("combine needs at least one error")
    found = [single for error in errors for single in (error, *error.related)]
    files: dict[str, int] = {}
    for error in found:
        if error.loc is not None:
            files.setdefault(error.loc.file, len(files))

    def position(error: AdcompileError) -> tuple[int, int, int]:
        if error.loc is None:
            return len(files), 0, 0
        return files[error.loc.file], error.loc.line, error.loc.column

    placed = {(type(e), e.code, e.message) for e in found if e.loc is not None}
    found = [e for e in found if e.loc is not None or (type(e), e.code, e.message) not in placed]
    unique = {(type(e), e.code, e.message, e.loc): e for e in reversed(found)}
    first, *others = sorted(reversed(unique.values()), key=position)
    if not others and not first.related:
        return first
    rest = [_alone(error) for error in others]
    return type(first)(first.code, first.message, first.loc, first.expected, rest)


def explain(code: str) -> str:
    """Return the title and the explanation of an error code.

    Parameters
    ----------
    code : str
        Such as ``"AD101"``; the case does not matter.

    Raises
    ------
    ArgumentError
        If there is no such code.
    """
    row = CODES.get(code.strip().upper())
    if row is None:
        raise ArgumentError("AD210", f"no error has the code {code!r}", None, f"one of {', '.join(CODES)}")
    why, _, example = row.explanation.partition("\n\n")
    return f"{row.code}: {row.title}\n\n{textwrap.fill(why, 79, break_on_hyphens=False)}\n\n{example}"


def _alone(error: AdcompileError) -> AdcompileError:
    if not error.related:
        return error
    return type(error)(error.code, error.message, error.loc, error.expected)


def _report(error: AdcompileError) -> str:
    """Return the text of one error, without the related ones."""
    place = "" if error.loc is None else f"{error.loc.short()}: "
    lines = [f"{place}{type(error).__name__}: {_headline(error)}", *_picture(error.loc), *_expectation(error)]
    return "\n".join(lines)


def _headline(error: AdcompileError) -> str:
    return f"{error.message} [{error.code}]"


def _expectation(error: AdcompileError) -> list[str]:
    if not error.expected:
        return []
    first, *rest = error.expected.splitlines()
    return [f"  expected {first}", *(f"  {line}".rstrip() for line in rest)]


def _picture(loc: Loc | None) -> list[str]:
    """Return the source line and the caret line under it, both moved to a fixed margin."""
    if loc is None or not loc.text.strip():
        return []
    indent = len(loc.text) - len(loc.text.lstrip())
    shown = loc.text.strip()
    start = min(max(loc.column - indent, 0), len(shown))
    end = min(max(loc.end_column - indent, start), len(shown))
    before, marked = _width(shown[:start]), _width(shown[:end])
    caret = " " * before + "^" * max(marked - before, 1)
    return [_MARGIN + shown.expandtabs(_TAB), _MARGIN + caret]


def _width(text: str) -> int:
    """Return how many columns a terminal gives to the text."""
    text = text.expandtabs(_TAB)
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(bool(unicodedata.combining(char)) for char in text)


def _basename(file: str) -> str:
    # `<ipython-input-1>` and `<doctest a/b.md[0]>` are names, not paths.
    return file if file.startswith("<") else os.path.basename(file)
