"""The text of errors, their behaviour as exceptions, and the table of codes."""

from __future__ import annotations

import ast
import copy
import pickle
import re
import traceback
from pathlib import Path
from textwrap import dedent

import pytest

import adcompile
from adcompile.errors import (
    CODES,
    AdcompileError,
    ArgumentError,
    Loc,
    NoDerivative,
    SourceUnavailable,
    UnsupportedSyntax,
    combine,
    explain,
)

YIELD = Loc("/home/me/model.py", 14, 8, 19, "        yield x * y", "f")
TRY = Loc("/home/me/model.py", 17, 4, 8, "    try:", "f")
KINDS = [AdcompileError, UnsupportedSyntax, NoDerivative, SourceUnavailable, ArgumentError]


def a_yield() -> UnsupportedSyntax:
    return UnsupportedSyntax(
        "AD101",
        "`yield` makes this function a generator",
        YIELD,
        "a function that returns its result; collect the values in a list and return it",
    )


def at(line: int, file: str = "m.py", message: str = "no") -> NoDerivative:
    return NoDerivative("AD201", message, Loc(file, line, 0, 1, "x", "f"))


def picture(text: str, column: int, end_column: int) -> list[str]:
    loc = Loc("m.py", 1, column, end_column, text, "f")
    return str(AdcompileError("AD199", "no", loc)).splitlines()[1:]


def test_the_report_has_place_text_caret_and_way_out() -> None:
    assert str(a_yield()) == (
        "model.py:14: UnsupportedSyntax: `yield` makes this function a generator [AD101]\n"
        "            yield x * y\n"
        "            ^^^^^^^^^^^\n"
        "  expected a function that returns its result; collect the values in a list and return it"
    )


def test_an_error_without_a_place_is_one_line() -> None:
    assert str(ArgumentError("AD210", "no such argument")) == "ArgumentError: no such argument [AD210]"


def test_an_unknown_text_leaves_the_picture_out() -> None:
    error = SourceUnavailable("AD301", "no source", Loc("<string>", 3, 0, 0, "", "f"))
    assert str(error) == "<string>:3: SourceUnavailable: no source [AD301]"


def test_every_line_of_what_is_expected_is_indented() -> None:
    assert str(AdcompileError("AD199", "no", None, "this:\n    y = x\nor that")).splitlines()[1:] == [
        "  expected this:",
        "      y = x",
        "  or that",
    ]


@pytest.mark.parametrize(
    ("text", "column", "end_column", "shown", "caret"),
    [
        ("    return f(x)", 11, 15, "return f(x)", "       ^^^^"),
        ("\t\treturn f(x)", 9, 13, "return f(x)", "       ^^^^"),
        ("a\t= f(x)", 4, 8, "a   = f(x)", "      ^^^^"),
        ("größe = f(x)", 8, 12, "größe = f(x)", "        ^^^^"),
        ('s = "文字" + f(x)', 11, 15, 's = "文字" + f(x)', "             ^^^^"),
        ("e\u0301 = f(x)", 5, 9, "e\u0301 = f(x)", "    ^^^^"),
        ("    x", 4, 4, "x", "^"),
        ("    x", 90, 99, "x", " ^"),
        ("    x   ", 0, 8, "x", "^"),
    ],
)
def test_the_caret_stands_under_the_text(
    text: str, column: int, end_column: int, shown: str, caret: str
) -> None:
    assert picture(text, column, end_column) == [" " * 12 + shown, " " * 12 + caret]


def test_a_place_is_short_without_its_folder_and_a_cell_keeps_its_name() -> None:
    assert YIELD.short() == "model.py:14"
    assert Loc("<doctest a/b.md[0]>", 2, 0, 1, "x", "f").short() == "<doctest a/b.md[0]>:2"


@pytest.mark.parametrize(
    ("kind", "base"),
    [
        (UnsupportedSyntax, SyntaxError),
        (NoDerivative, TypeError),
        (SourceUnavailable, OSError),
        (ArgumentError, TypeError),
    ],
)
def test_errors_are_what_python_would_raise(kind: type[AdcompileError], base: type[Exception]) -> None:
    with pytest.raises(base, match=r"m\.py:3: .*nothing \[AD199\]"):
        raise kind("AD199", "nothing", Loc("m.py", 3, 0, 1, "x", "f"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_errors_survive_copy_and_pickle(kind: type[AdcompileError], again) -> None:
    error = kind("AD199", "nothing", YIELD, "more", [at(3), a_yield()])
    error.__notes__ = ["a note"]
    other = again(error)
    assert type(other) is kind
    assert str(other) == str(error)
    assert (other.code, other.message, other.loc, other.expected) == ("AD199", "nothing", YIELD, "more")
    assert [type(e) for e in other.related] == [NoDerivative, UnsupportedSyntax]
    assert other.__notes__ == ["a note"]


def test_python_prints_the_caret_and_the_whole_report() -> None:
    error = combine([a_yield(), UnsupportedSyntax("AD103", "`try` is not followed", TRY)])
    assert "".join(traceback.format_exception_only(type(error), error)) == dedent(
        """\
          File "/home/me/model.py", line 14
            yield x * y
            ^^^^^^^^^^^
        adcompile.errors.UnsupportedSyntax: `yield` makes this function a generator [AD101]
          expected a function that returns its result; collect the values in a list and return it

        model.py:17: UnsupportedSyntax: `try` is not followed [AD103]
                    try:
                    ^^^^
        """
    )


def test_syntax_without_a_place_prints_too() -> None:
    error = UnsupportedSyntax("AD199", "nothing")
    printed = "".join(traceback.format_exception_only(type(error), error))
    assert printed.endswith("UnsupportedSyntax: nothing [AD199]\n")


def test_combine_reports_all_errors_in_source_order() -> None:
    late, early = UnsupportedSyntax("AD103", "`try` is not followed", TRY, "a test"), a_yield()
    error = combine([late, early])
    assert type(error) is UnsupportedSyntax
    assert str(error) == f"{early}\n\n{late}"
    assert [e.code for e in error.related] == ["AD103"]


def test_combine_takes_related_errors_along_and_drops_repetitions() -> None:
    error = combine([at(3), combine([at(5), at(4)]), at(3), at(4), at(3, message="other")])
    assert [(e.loc.line, e.message) for e in (error, *error.related) if e.loc] == [
        (3, "no"),
        (3, "other"),
        (4, "no"),
        (5, "no"),
    ]
    assert all(not e.related for e in error.related)


def test_combine_keeps_files_together_and_puts_the_unplaced_last() -> None:
    unplaced = ArgumentError("AD210", "no")
    error = combine([unplaced, at(9, "z.py"), at(1, "a.py"), at(2, "z.py")])
    places = [e.loc.short() if e.loc else None for e in (error, *error.related)]
    assert places == ["z.py:2", "z.py:9", "a.py:1", None]


def test_combine_of_one_error_is_that_error() -> None:
    error = a_yield()
    assert combine([error, error]) is error


def test_combine_of_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one"):
        combine([])


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_explained_with_python_that_parses(code: str) -> None:
    row = CODES[code]
    assert row.code == code
    assert re.fullmatch(r"AD[123]\d\d", code)
    why, before, after = re.split(r"\n\n(?:Instead of|write)\n\n", row.explanation)
    assert len(why) > 80
    assert "\n" not in why
    assert why.endswith((".", ")"))
    assert ast.dump(ast.parse(dedent(before))) != ast.dump(ast.parse(dedent(after)))
    shown = explain(code.lower())
    assert shown.startswith(f"{code}: {row.title}\n\n")
    assert " ".join(shown.split()) == " ".join(f"{code}: {row.title} {row.explanation}".split())
    assert max(map(len, shown.splitlines())) < 80


def test_explain_of_an_unknown_code_names_the_known_ones() -> None:
    with pytest.raises(
        ArgumentError, match=r"no error has the code 'AD999' \[AD210\]\n  expected one of AD101, "
    ):
        explain("AD999")


def test_every_code_that_is_raised_is_in_the_table() -> None:
    package = Path(adcompile.__file__).parent
    used = {
        (path.name, code)
        for path in package.rglob("*.py")
        for code in re.findall(r"\bAD\d{3}\b", path.read_text(encoding="utf-8"))
    }
    assert sorted(name for name, code in used if code not in CODES) == []
