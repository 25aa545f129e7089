"""The graph as text."""

import numpy as np

import adcompile as ad
from adcompile.ir.nodes import Apply, Block, Function, If, Literal, Slice, Value, While
from adcompile.ir.printer import Naming, argument_text, block_text, expression_text, function_text
from adcompile.ir.types import BOOL, FLOAT, INT, Array
from adcompile.rules import tables  # noqa: F401
from adcompile.rules.indexing import GETITEM
from adcompile.rules.rule import FUNCTIONS, OPERATORS


def value(name, t=FLOAT):
    return Value(t, name, True)


def test_a_straight_line():
    x, y, product, total = value("x"), value("y"), Value(FLOAT), value("z")
    body = Block(
        (x, y),
        [
            Apply((product,), OPERATORS["*"], (x, y), None),
            Apply((total,), OPERATORS["+"], (product, Literal(-1.0)), None),
        ],
        (total,),
    )
    assert function_text(Function("f", body)) == (
        "f(x: float, y: float):\n    _1: float = x * y\n    z: float = _1 + (-1.0)\n    return z\n"
    )


def test_names_are_numbered_where_a_hint_is_taken():
    a, b, c, d = value("x"), value("x"), Value(FLOAT), value("x_2")
    names = Naming(Block((a, b, c, d), [], ()))
    assert [names[v] for v in (a, b, c, d)] == ["x", "x_2", "_1", "x_2_2"]


def test_subscripts_and_keywords_are_written_as_in_python():
    x, row, total = value("x", Array("float64", (None, None))), value("row"), value("s")
    index = (Slice(Literal(1), Literal(None), Literal(2)), Literal(0))
    read = Apply((row,), GETITEM, (x, index), None)
    names = Naming(Block((x, row, total), [], ()))
    assert expression_text(read, names) == "x[1::2, 0]"
    row_of_sum = FUNCTIONS[np.sum]
    args = tuple(
        x if k == 0 else Literal(1) if p.name == "axis" else Literal(p.default)
        for k, p in enumerate(row_of_sum.params)
    )
    assert expression_text(Apply((total,), row_of_sum, args, None), names) == "np.sum(x, axis=1)"


def test_literals_do_not_show_addresses():
    names = Naming(Block((), [], ()))
    assert argument_text(Literal(object()), names) == "<object>"
    assert argument_text(Literal(np.sin), names) == "sin"
    assert argument_text(Literal(np.pi, "np.pi"), names) == "np.pi"
    assert argument_text((Literal(3),), names) == "(3,)"


def branchy(x, n):
    s = 1.0
    for i in range(n):
        if x > 0.5:
            s = s * x
            s = s + i
        else:
            s = np.sin(s)
    return s


def test_loops_and_branches_are_indented_and_tell_their_lines():

    text = str(ad.lower(branchy, 0.3, 4).graph)
    assert "for i in range(n):" in text
    assert "        with s: " in text
    assert "    else:\n" in text
    line = branchy.__code__.co_firstlineno
    assert f"# line {line + 5}" in text
    assert f"test_printer.py:{line}" in text.splitlines()[0]


def test_while_prints_its_test_and_its_body():
    x, t, b, p, test_p, out = value("x"), value("t"), Value(BOOL), value("p"), value("q"), value("out")
    loop = While(
        (out,), (x,), Block((test_p,), [Apply((b,), OPERATORS[">"], (test_p, Literal(1.0)), None)], (b,)),
        Block((p,), [Apply((t,), OPERATORS["*"], (p, Literal(0.5)), None)], (t,)), None,
    )  # fmt: skip
    assert block_text(Block((x,), [loop], (out,))) == (
        "out = while:\n"
        "    with q: float = x\n"
        "    _1: bool = q > 1.0\n"
        "    test _1\n"
        "do:\n"
        "    with p: float = q\n"
        "    t: float = p * 0.5\n"
        "    yield t\n"
        "yield out\n"
    )


def test_a_branch_without_values():
    b, n = Value(BOOL, "b"), value("n", INT)
    inside = Apply((), OPERATORS["+"], (n, n), None)
    assert block_text(Block((b, n), [If((), b, Block((), [inside], ()), Block((), [], ()), None)], ())) == (
        "if b:\n    n + n\n"
    )


def test_called_functions_follow():
    def down(x, k):
        return x if k == 0 else np.sin(x) * down(x, k - 1)

    text = str(ad.lower(down, 0.5, 3).graph)
    heads = [line.split("(")[0] for line in text.splitlines() if line and not line.startswith(" ")]
    assert any("_forward" in h for h in heads)
    assert any("_backward" in h for h in heads)


def test_the_text_is_the_same_each_time():
    assert str(ad.lower(branchy, 0.3, 4).graph) == str(ad.lower(branchy, 0.3, 4).graph)
