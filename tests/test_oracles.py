"""The oracles judge everything else, so they are judged here: by closed forms, by each other and by
autograd."""

import contextlib
import copy
import functools
import io
import warnings
from collections.abc import Callable
from typing import Any

import autograd  # type: ignore[import-untyped]
import autograd.numpy  # type: ignore[import-untyped]
import numpy as np
import pytest
from autograd.numpy.numpy_boxes import ArrayBox  # type: ignore[import-untyped]

from tests import oracles
from tests.programs import PROGRAMS, Program, numpy_is
from tests.programs.containers import Body, Layer, Point

PAIRS = [(program, sample) for program in PROGRAMS for sample in range(len(program.samples))]
CASES = [pytest.param(*case, id=f"{case[0].name}-{case[1]}") for case in PAIRS]
SMOOTH = [pytest.param(*case, id=f"{case[0].name}-{case[1]}") for case in PAIRS if case[0].holomorphic]
TRACED = [pytest.param(*case, id=f"{case[0].name}-{case[1]}") for case in PAIRS if case[0].autograd]


def quietly(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function with its warnings and its printing kept away from the test's output."""
    with np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments)


def active_part(program: Program, sample: int) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return the program as a function of its active arguments, and these."""
    arguments = program.arguments(sample)
    function = oracles.restrict(program.function, arguments, program.argnums)
    return functools.partial(quietly, function), tuple(arguments[i] for i in program.argnums)


@pytest.mark.parametrize(("program", "sample"), CASES)
def test_differences_have_a_small_error_on_every_program(program: Program, sample: int) -> None:
    function, arguments = active_part(program, sample)
    for seed in (1, 2):
        direction = oracles.random_direction(arguments, seed)
        derivative, error = oracles.directional(function, arguments, direction)
        assert np.all(np.isfinite(derivative))
        assert np.all(error <= 1e-8 * np.maximum(1.0, np.abs(derivative))), (derivative, error)


@pytest.mark.parametrize(("program", "sample"), SMOOTH)
def test_complex_step_agrees_with_differences(program: Program, sample: int) -> None:
    function, arguments = active_part(program, sample)
    direction = oracles.random_direction(arguments, 1)
    exact, _ = oracles.directional(function, arguments, direction, "complex")
    derivative, error = oracles.directional(function, arguments, direction)
    oracles.assert_close(derivative, exact, error, scale=1.0, rtol=1e-9)


@pytest.mark.parametrize(("program", "sample"), TRACED)
def test_autograd_agrees_with_the_oracle(program: Program, sample: int) -> None:
    function, arguments = active_part(program, sample)
    direction = oracles.random_direction(arguments, 3)
    method: oracles.Method = "complex" if program.holomorphic else "ridders"
    expected, error = oracles.directional(function, arguments, direction, method)
    weights = np.random.default_rng(0).uniform(0.5, 1.5, expected.size)

    def scalar(vector: Any) -> Any:
        out = function(*oracles.unflatten(vector, arguments, keep_dtype=False))
        return sum_of_products(out, weights)

    start = oracles.flatten(arguments)
    with numpy_is(autograd.numpy), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gradient = autograd.grad(scalar)(start)
    terms = gradient * oracles.flatten(direction)
    scale = np.sum(np.abs(terms)) + np.abs(weights) @ np.abs(expected)
    oracles.assert_close(np.sum(terms), weights @ expected, weights @ error, scale=scale, rtol=1e-11)


def sum_of_products(tree: Any, weights: Any) -> Any:
    """Add up the leaves of an output that may be autograd's boxes, each element times its weight."""
    total, position = 0.0, 0
    stack = [tree]
    while stack:
        item = stack.pop(0)
        boxed = isinstance(item, ArrayBox)
        if boxed or oracles.is_leaf(item):
            size = np.size(item._value if boxed else item)
            flat = autograd.numpy.reshape(item, (size,))
            total = total + autograd.numpy.sum(flat * weights[position : position + size])
            position += size
            continue
        stack = [part for _, part in oracles.children(item)] + stack
    return total


@pytest.mark.parametrize(
    ("function", "x", "derivative"),
    [
        (np.sin, 0.7, np.cos(0.7)),
        (np.exp, 2.0, np.exp(2.0)),
        (lambda x: x**3 - 1.0 / x, -1.3, 3 * 1.3**2 + 1.3**-2),
        (np.log, 0.01, 100.0),
        (np.sqrt, 1e-3, 0.5 / np.sqrt(1e-3)),
        (lambda x: 3.0, 1.0, 0.0),
        (lambda x: np.tanh(50.0 * x), 0.01, 50.0 / np.cosh(0.5) ** 2),
    ],
)
def test_both_methods_meet_closed_forms(function: Callable[..., Any], x: float, derivative: float) -> None:
    exact, _ = oracles.directional(function, (x,), (1.0,), "complex")
    oracles.assert_close(exact, derivative, 0.0, rtol=1e-13)
    approximate, error = oracles.directional(function, (x,), (1.0,))
    assert np.all(error <= 1e-8 * max(1.0, abs(derivative)))
    oracles.assert_close(approximate, derivative, error, scale=1.0, rtol=1e-10)


def test_differences_report_a_kink_and_a_jump_as_large_error() -> None:
    _, error = oracles.directional(lambda x: np.maximum(x, 0.0) ** 0.5, (1e-9,), (1.0,))
    assert error[0] > 1e-4
    _, error = oracles.directional(lambda x: x * 2.0 if x > 1.0 else x, (1.0,), (1.0,))
    assert error[0] > 1e-4


def test_differences_see_a_branch_close_by_only_with_large_steps() -> None:
    def function(x: Any) -> Any:
        return x * x if x > 1.0 else 100.0 * x

    derivative, error = oracles.directional(function, (1.001,), (1.0,))
    assert error[0] < 1e-8
    oracles.assert_close(derivative, 2.002, error)


TREE = (
    {"w": np.arange(6.0).reshape(2, 3), "n": 3, "name": "layer"},
    [1.5, (np.float32(2.5), None)],
    Point(np.ones(2, np.float32), 4.0),
    Layer(np.zeros(2), 5.0),
    Body(np.ones(1), 2.0),  # type: ignore[no-untyped-call]
    np.arange(3),
)


def test_flatten_and_unflatten_are_inverse() -> None:
    vector = oracles.flatten(TREE)
    assert vector.dtype == np.float64
    assert vector.size == 6 + 2 + 3 + 3 + 3
    again = oracles.unflatten(vector, TREE)
    np.testing.assert_array_equal(oracles.flatten(again), vector)
    assert (again[0]["n"], again[0]["name"], again[1][1][1]) == (3, "layer", None)
    assert [type(part) for part in again] == [type(part) for part in TREE]
    assert again[2].x.dtype == np.float32
    assert isinstance(again[3].bias, float)
    assert again[3] is not TREE[3]
    assert again[4].label == "body"
    assert again[5] is TREE[5]


def test_paths_read_the_leaves() -> None:
    for path, leaf in oracles.leaves_with_paths(TREE):
        assert eval(f"tree{path}", {"tree": TREE}) is leaf


def test_identical_sees_every_difference() -> None:
    fresh = copy.deepcopy(TREE[:3])
    assert oracles.identical(fresh, TREE[:3])
    assert oracles.identical((np.nan, np.array([np.nan])), (np.nan, np.array([np.nan])))
    assert not oracles.identical(0.0, -0.0)
    assert not oracles.identical(1.0, np.float64(1.0))
    assert not oracles.identical(1.0, 1)
    assert not oracles.identical(np.ones(2), np.ones((1, 2)))
    assert not oracles.identical(np.ones(2), np.ones(2, np.float32))
    assert not oracles.identical([1.0, 2.0], [1.0])
    assert not oracles.identical({"a": 1.0}, {"b": 1.0})


def test_same_kind_names_the_difference() -> None:
    assert oracles.same_kind((1.0, np.ones(2)), (2.0, np.zeros(2))) == ""
    assert oracles.same_kind(np.float64(1.0), 1.0) == "float64 for float"
    assert oracles.same_kind(np.ones(2), np.ones((2, 1))) == "shape (2,) for (2, 1)"
    assert oracles.same_kind({"a": np.ones(2)}, {"a": np.ones(2, np.float32)}) == "dtype float64 for float32"
    assert oracles.same_kind([1.0], (1.0,)) == "list for tuple"


def test_assert_close_reports_each_wrong_number() -> None:
    with pytest.raises(AssertionError, match=r"1 of 2 wrong:\n  \[1\]"):
        oracles.assert_close([1.0, 2.0], [1.0, 2.1], [0.0, 1e-9])
    with pytest.raises(AssertionError, match="1 of 1 wrong"):
        oracles.assert_close(np.nan, 1.0, 0.0)
    with pytest.raises(AssertionError, match="2 numbers where the oracle has 1"):
        oracles.assert_close([1.0, 2.0], [1.0], 0.0)


def test_wrappers_restrict_and_weigh() -> None:
    def function(x: Any, n: Any, y: Any) -> Any:
        return {"p": x * n, "q": (y, n)}

    restricted = oracles.restrict(function, (2.0, 3, 5.0), (0, 2))
    assert restricted(2.0, 7.0) == {"p": 6.0, "q": (7.0, 3)}
    scalar = oracles.weighted(restricted, 2, restricted(2.0, 7.0), {"p": 10.0, "q": (100.0, 3)})
    assert scalar(2.0, 7.0) == 760.0
