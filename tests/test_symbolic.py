"""Formulas rebuilt from graphs, their derivatives beside the compiled ones, the chain rule step by step."""

from __future__ import annotations

import doctest
import importlib
import math
import subprocess
import sys

import numpy as np
import pytest

import adcompile as ad
from adcompile.errors import ArgumentError
from adcompile.leaves import flattened, leaves
from tests.programs import arithmetic, branches, calls, indexing, lists, loops

pytest.importorskip("sympy")

from adcompile import symbolic
from adcompile.symbolic.symbols import named, text_of, value_of

K = 3.0
WEIGHTS = np.array([1.0, 2.0])


@pytest.mark.parametrize("name", ["", ".comparing", ".stepping"])
def test_examples(name):
    found = doctest.testmod(importlib.import_module(f"adcompile.symbolic{name}"))
    assert found.failed == 0 and found.attempted > 0


# -- formulas ------------------------------------------------------------------------------------------------


def captures(x, y):
    return K * math.sin(x) * y + np.pi + 0.1 * x**2


def early_return(x):
    for k in range(3):
        if x > k:
            return x * k + x
    return -x


def breaks(x):
    total = 0.0
    for k in range(4):
        total += x**k
        if total > 3:
            break
    return total


def writes(p):
    squares = np.zeros(len(p))
    for k in range(len(p)):
        squares[k] = p[k] ** 2
    return squares @ squares


def power(x, n):
    return 1.0 if n == 0 else x * power(x, n - 1)


def counted(x, y):
    return (x > 0) * y + np.sum(np.array([x, y]) > 1.0) * x


FORMULAS = {
    "captures": (captures, (1.0, 2.0), "0.1*x**2 + 3*y*sin(x) + pi"),
    "weights": (lambda p: np.sum(p * WEIGHTS), (np.zeros(2),), "p[0] + 2*p[1]"),
    "writes": (writes, (np.ones(2),), "p[0]**4 + p[1]**4"),
    "recursion": (power, (2.0, 3), "x**3"),
    "containers": (lambda d: d["a"] * d["b"][1], ({"a": 1.0, "b": (2.0, 3.0)},), "d['a']*d['b'][1]"),
    "sqrt": (lambda x: x**0.5 + math.sqrt(x), (2.0,), "2*sqrt(x)"),
    "determinant": (
        lambda a: np.linalg.det(a),
        (np.eye(2),),
        "a[0, 0]*a[1, 1] - a[0, 1]*a[1, 0]",
    ),
    "branch": (lambda x: x * x if x > 0 else -x, (1.0,), "Piecewise((x**2, x > 0), (-x, True))"),
    "test and": (
        lambda x, y: x if x > 0 and y > 0 else y,
        (1.0, 1.0),
        "Piecewise((x, (x > 0) & (y > 0)), (y, True))",
    ),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_formula(name):
    f, args, text = FORMULAS[name]
    assert text_of(symbolic.expression(f, *args)) == text


@pytest.mark.parametrize("f", [early_return, breaks])
def test_leaving_a_loop_makes_pieces_of_a_formula(f):
    found = symbolic.compare(f, [-1.5, -0.5, 0.3, 0.9, 1.7, 5.0])
    assert found.agrees and not found.undecided
    assert len(set(found.expressions)) == 1


def test_integers_stay_what_they_are():
    one, two = symbolic.expression(power, 2.0, 1), symbolic.expression(power, 2.0, 2)
    assert (str(one), str(two)) == ("x", "x**2")


CORPUS = [
    program for theme in (arithmetic, branches, calls, indexing, lists, loops) for program in theme.PROGRAMS
]
NAMES = [
    "math_new_functions",
    "scalar_kinds_meet",
    "deep_expression",
    "logistic_growth",
    "branch_nested",
    "branch_defines_only_here",
    "branch_on_computed_value",
    "early_return",
    "early_return_in_else",
    "array_of_one_path_is_written_in_a_loop",
    "call_defaults",
    "call_variadic",
    "call_several_results",
    "read_integers",
    "read_out_of_range_slices",
    "read_with_computed_index",
    "list_grows_and_shrinks",
    "list_of_pairs_grows",
    "object_changed_in_loop",
    "loop_nonlinear",
    "loop_with_step",
    "loop_rebinds_index",
    "loop_uses_value_before",
    "and_or_values",
]


@pytest.mark.parametrize("program", [p for p in CORPUS if p.name in NAMES], ids=lambda p: p.name)
def test_programs_of_the_corpus(program):
    """What a formula is made of computes what the program computes, and so do its derivatives."""
    args = program.arguments()
    found = named(program.function, args)
    formula = symbolic.expression(program.function, *args)
    wrt = tuple(k for k, arg in enumerate(args) if leaves(arg))
    gradient = flattened(ad.grad(program.function, argnums=wrt)(*args))
    derivatives = [value_of(formula.diff(symbol), found.values) for symbol in found.symbols]
    assert value_of(formula, found.values) == pytest.approx(program.function(*program.arguments()), rel=1e-11)
    np.testing.assert_allclose(derivatives, gradient, rtol=1e-9, atol=1e-11 * np.max(np.abs(gradient)))


# -- comparison ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "points"),
    [
        (lambda x: x**3, [2.0, -1.5]),
        (lambda x: math.exp(x) * math.sin(x), [0.0, 1.0]),
        (lambda x: (x**2 + 1) ** 3, [0.5]),
        (lambda x, y: x**2 + y**2, [(1.0, 2.0)]),
        (lambda p: np.log(np.sum(np.exp(p))), [np.array([0.5, -1.0, 2.0])]),
        (lambda p: np.linalg.norm(p) * np.tanh(p[0]), [np.array([3.0, 4.0])]),
        (lambda x: x % 0.7 + math.floor(x) * x + x // 0.3, [1.0, -2.5]),
        (lambda x, y: math.atan2(y, x) + math.hypot(x, y), [(1.0, 2.0), (-3.0, 0.5)]),
        (lambda x: abs(x) + max(x, 0.5) + min(x, 2.0), [1.0, -3.0, 7.0]),
        (counted, [(1.5, 2.0), (-1.0, 0.5)]),
    ],
)
def test_compiled_derivatives_agree(f, points):
    found = symbolic.compare(f, points)
    assert found.agrees, str(found)
    assert not found.undecided


def test_conventions_at_a_kink_agree():
    found = symbolic.compare(lambda x, y: abs(x) + max(x, y), [(0.0, 0.0)], order=1)
    assert found.agrees and not found.undecided


def test_a_wrong_rule_is_found(own_rows):
    from adcompile.rules.rule import pointwise

    pointwise("np.tan(x)", "1 + z", safe=1.0)
    found = symbolic.compare(lambda x: np.tan(x), [0.5], order=1)
    assert not found.agrees
    assert "DISAGREES" in str(found) and str(found).endswith("they disagree")


def test_without_a_value_nothing_is_decided():
    found = symbolic.compare(lambda x: np.sqrt(x), [0.0, 1.0])
    assert found.agrees
    assert [(row.name, row.point) for row in found.undecided] == [("∂f/∂x", (0.0,)), ("∂²f/∂x²", (0.0,))]
    assert str(found).endswith("all agree where both have a value; 2 without")
    assert not symbolic.compare(lambda x: np.sqrt(x), [-1.0]).agrees


@pytest.mark.parametrize(("points", "order", "message"), [([], 2, "no points"), ([1.0], 3, "order=3")])
def test_wrong_arguments(points, order, message):
    with pytest.raises(ArgumentError, match=message):
        symbolic.compare(lambda x: x, points, order=order)


# -- refusals ------------------------------------------------------------------------------------------------


def halved(x):
    while x > 1.0:
        x = 0.5 * x
    return x


def sorted_first(p):
    return np.sort(p)[0]


def test_what_is_no_formula_is_refused_with_its_place():
    with pytest.raises(
        ArgumentError, match=r"`while x > 1.0:` cannot be written as a formula: the number of"
    ) as e:
        symbolic.expression(halved, 3.0)
    assert e.value.loc.text.strip() == "while x > 1.0:"
    with pytest.raises(ArgumentError, match=r"`np.sort\(a, axis=-1\)` cannot be written as a formula") as e:
        symbolic.expression(sorted_first, np.ones(2))
    assert "return np.sort(p)[0]" in str(e.value)


def test_long_loops_are_refused():
    def long(x):
        for _ in range(10_000):
            x = x + 1.0
        return x

    with pytest.raises(ArgumentError, match="long takes more than 5000 steps"):
        symbolic.expression(long, 1.0)


def test_no_floats():
    with pytest.raises(ArgumentError, match="no argument holds a floating-point number"):
        symbolic.expression(lambda n: 2.0 * n, 3)


WITHOUT = """
import sys

sys.modules["sympy"] = None
import adcompile

try:
    adcompile.symbolic
except ImportError as error:
    print(error)
"""


def test_without_sympy():
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == 'adcompile.symbolic needs SymPy: pip install "adcompile[symbolic]"'


# -- steps ---------------------------------------------------------------------------------------------------


def lesson(x1, x2):
    return math.sin(x1) + x1 * x2


def test_steps_are_the_chain_rule():
    found = symbolic.steps(lesson, 0.5, 2.0)
    assert found.value == pytest.approx(lesson(0.5, 2.0), rel=1e-15)
    gradient = ad.grad(lesson, argnums=(0, 1))(0.5, 2.0)
    assert tuple(found.gradient.values()) == pytest.approx(gradient, rel=1e-15)
    sine = found.steps[2]
    assert (sine.name, sine.formula, sine.partials[0][:2]) == ("v1", "sin(x1)", ("x1", "cos(x1)"))
    assert sine.line == lesson.__code__.co_firstlineno + 1


def test_steps_call_variables_by_their_names_and_take_branches_as_they_are():
    def f(x):
        total = 0.0
        for k in range(3):
            if x > 0:
                total = total * x
                total = total + k
            else:
                total = total - x
        return total

    for x in (2.0, -1.0):
        found = symbolic.steps(f, x)
        assert found.gradient == {"x": pytest.approx(ad.grad(f)(x))}
        assert found.steps[-1].name.startswith("total")
    assert "Piecewise" not in str(found)


def test_steps_of_arrays():
    found = symbolic.steps(writes, np.array([1.0, 2.0]))
    assert list(found.gradient.values()) == [4.0, 32.0]
