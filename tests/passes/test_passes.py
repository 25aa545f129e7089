"""Each pass on one small graph: text in, text out."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import numpy as np
import pytest

from adcompile.ir.build import Builder
from adcompile.ir.nodes import Apply, Block, Literal, Value
from adcompile.ir.types import FLOAT
from adcompile.ir.verify import verify
from adcompile.passes.activity import useful_values, varied_values
from adcompile.passes.dead import remove_dead
from adcompile.passes.forward import forward
from adcompile.passes.products import reassociate
from adcompile.passes.reverse import reverse
from adcompile.passes.sharpen import sharpen
from adcompile.passes.simplify import simplify
from adcompile.rules.rule import OPERATORS

from .graphs import graph_of, names, text


def lines(graph):
    return graph.strip().splitlines()


def geometric(x, y, n):
    total = 0.0
    term = x * y
    for _ in range(n):
        total = total + term
        term = term * x
    return total


PRIMAL = """
term: float = x * y
total_3, term_4 = for _ in range(n):
    with total: float = 0.0
    with term_2: float = term
    total_2: float = total + term_2
    term_3: float = term_2 * x
    yield total_2, term_3
yield total_3
"""


def gradient(f, *args, wrt):
    block = graph_of(f, *args)
    builder = Builder()
    found = reverse(builder, block, [block.params[k] for k in wrt], [Literal(1.0)])
    return Block(block.params, [*found.forward, *found.backward], tuple(found.bars))


def test_a_function_becomes_a_graph():
    assert text(graph_of(geometric, 1.0, 2.0, 3)) == lines(PRIMAL)


def test_what_depends_on_an_argument_is_varied_and_what_the_result_depends_on_is_useful():
    def f(x, y):
        unused = x * 2.0
        constant = y * y
        result = x * constant
        return result, unused

    block = graph_of(f, 1.0, 2.0)
    assert names(varied_values(block, [block.params[0]])) == {"x", "unused", "result"}
    assert names(useful_values(block, block.yields[:1])) == {"x", "y", "constant", "result"}


def test_forward_puts_tangents_beside_the_primal():
    block = graph_of(geometric, 1.0, 2.0, 3)
    x_dot = Value(FLOAT, "x_dot", True)
    statements, dots = forward(Builder(), block, [block.params[0]], [x_dot])
    graph = text(Block((*block.params, x_dot), statements, tuple(dots)))
    assert graph == lines("""
term: float = x * y
term_dot: float = x_dot * y
total_3, term_4, total_dot_3, term_dot_4 = for _ in range(n):
    with total: float = 0.0
    with term_2: float = term
    with total_dot: ?float64 = 0.0
    with term_dot_2: ?float64 = term_dot
    total_2: float = total + term_2
    total_dot_2: ?float64 = total_dot + term_dot_2
    term_3: float = term_2 * x
    _1: ?float64 = term_dot_2 * x
    _2: float = x_dot * term_2
    term_dot_3: ?float64 = _1 + _2
    yield total_2, term_3, total_dot_2, term_dot_3
yield total_dot_3
""")


def test_reverse_keeps_what_the_way_back_reads():
    assert text(gradient(geometric, 1.0, 2.0, 3, wrt=(0, 1))) == lines("""
term: float = x * y
term_saved: list[float] = list_make([])
total_3, term_4, term_saved_4 = for _ in range(n):
    with total: float = 0.0
    with term_2: float = term
    with term_saved_2: list[float] = term_saved
    term_saved_3: list[float] = list_append(term_saved_2, term_2)
    total_2: float = total + term_2
    term_3: float = term_2 * x
    yield total_2, term_3, term_saved_3
term_bar_2, x_bar_2, term_saved_7 = for __2 in reversed(range(n)):
    with term_bar: ?float64 = 0.0
    with x_bar: ?float64 = 0.0
    with term_saved_5: list[float] = term_saved_4
    term_saved_6: list[float], term_5: float = list_pop(term_saved_5)
    _1: ?float64 = term_bar * x
    _2: ?float64 = term_bar * term_5
    _3: ?float64 = x_bar + _2
    _4: ?float64 = _1 + 1.0
    yield _4, _3, term_saved_6
_5: ?float64 = term_bar_2 * y
_6: ?float64 = x_bar_2 + _5
_7: ?float64 = term_bar_2 * x
yield _6, _7
""")


def test_simplify_drops_what_only_the_value_needs():
    assert text(simplify(gradient(geometric, 1.0, 2.0, 3, wrt=(0, 1)))) == lines("""
term: float = x * y
term_saved: list[float] = list_make([])
term_4, term_saved_4 = for _ in range(n):
    with term_2: float = term
    with term_saved_2: list[float] = term_saved
    term_saved_3: list[float] = list_append(term_saved_2, term_2)
    term_3: float = term_2 * x
    yield term_3, term_saved_3
term_bar_2, x_bar_2, term_saved_7 = for __2 in reversed(range(n)):
    with term_bar: float = 0.0
    with x_bar: float = 0.0
    with term_saved_5: list[float] = term_saved_4
    term_saved_6: list[float], term_5: float = list_pop(term_saved_5)
    _1: float = term_bar * x
    _2: float = term_bar * term_5
    _3: float = x_bar + _2
    _4: float = _1 + 1.0
    yield _4, _3, term_saved_6
_5: float = term_bar_2 * y
_6: float = x_bar_2 + _5
_7: float = term_bar_2 * x
yield _6, _7
""")


def test_the_adjoint_of_a_branch_is_a_branch():
    def f(x, y):
        z = np.sin(y)
        if x > 1.0:
            z = z * x
        return z

    assert text(simplify(gradient(f, 1.0, 2.0, wrt=(0, 1)))) == lines("""
z: np.float64 = np.sin(y)
_1: bool = x > 1.0
z_bar: float, x_bar: ?float64 = if _1:
    yield x, z
else:
    yield 1.0, 0.0
_2: np.float64 = np.cos(y)
_3: np.float64 = z_bar * _2
yield x_bar, _3
""")


def test_products_have_one_constant_then_numbers_then_arrays():
    def f(a, x):
        return np.sum(3.0 * np.sin(x) * a * 2.0)

    block = gradient(f, 2.0, np.ones(3), wrt=(1,))
    assert text(block)[-5:] == lines("""
product_bar: float = 2.0 * a
sin_x_bar: float = product_bar * 3.0
_6: float64[x.0] = np.cos(x)
_7: float64[x.0] = sin_x_bar * _6
yield _7
""")
    reassociate(block)
    remove_dead(block)
    assert text(block) == lines("""
_1: float64[x.0] = np.cos(x)
_2: float = 6.0 * a
_3: float64[x.0] = _2 * _1
yield _3
""")


def test_sharpen_finds_out_whose_numbers_they_are():
    block = gradient(geometric, 1.0, 2.0, 3, wrt=(0,))
    assert "?float64" in "\n".join(text(block))
    sharpen(block)
    assert "?float64" not in "\n".join(text(block))


def test_verify_names_what_is_wrong():
    x, y = Value(FLOAT, "x", True), Value(FLOAT, "y", True)
    product = Apply((y,), OPERATORS["*"], (x, x), None)
    verify(Block((x,), [product], (y,)))
    with pytest.raises(AssertionError, match=r"read before it is defined, by Apply x \* y"):
        verify(Block((), [product], (y,)))
    with pytest.raises(AssertionError, match=r"is defined twice, the second time by Apply x \* y"):
        verify(Block((x, y), [product], (y,)))
    with pytest.raises(AssertionError, match="is yielded by a block that does not define it"):
        verify(Block((x,), [], (y,)))
    with pytest.raises(AssertionError, match=r"Apply x \* y .* has 1 arguments"):
        verify(Block((x,), [Apply((y,), OPERATORS["*"], (x,), None)], (y,)))
