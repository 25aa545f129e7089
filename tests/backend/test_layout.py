"""Breaking a line changes nothing but where it is broken."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import ast

import pytest

from adcompile.backend import layout
from tests.test_golden import GOLDEN


def tree(text):
    return ast.dump(ast.parse(text), include_attributes=False)


@pytest.mark.parametrize("golden", [pytest.param(golden, id=golden.name) for golden in GOLDEN])
def test_narrow_text_means_the_same(golden, monkeypatch):
    def code(width):
        monkeypatch.setattr(layout, "WIDTH", width)
        return without_docstrings(ast.parse(golden.emit()))

    wide = code(10**6)
    for width in (30, 60, 100):
        assert code(width) == wide


def without_docstrings(module):
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(module)


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("first + second - third", "x = (\n    first + second\n    - third\n)"),
        ("f(first, second, third)", "x = f(\n    first, second,\n    third\n)"),
        ("first * g(second)[0] * h", "x = (\n    first\n    * g(second)[0]\n    * h\n)"),
        ("f(key=a[first] + b[second])", "x = f(\n    key=a[first]\n    + b[second]\n)"),
        (
            "f(g(first, second), third)",
            "x = f(\n    g(\n        first,\n        second\n    ),\n    third\n)",
        ),
        ("'a, b, c, d, e, f, g'", "x = 'a, b, c, d, e, f, g'"),
    ],
)
def test_where_a_line_is_broken(text, broken, monkeypatch):
    monkeypatch.setattr(layout, "WIDTH", 18)
    found = layout.Page().broken("x = ", text)
    assert found == broken
    assert tree(found) == tree(f"x = {text}")


@pytest.mark.parametrize(
    "text", ["first == second + third", "-first(second) - third", "a if b else first + second"]
)
def test_no_bracket_goes_around_a_part(text, monkeypatch):
    monkeypatch.setattr(layout, "WIDTH", 9)
    assert tree(layout.Page().broken("x = ", text)) == tree(f"x = {text}")
