"""Functions that write into what they are given: what their derivatives take, give and leave alone."""

import copy
from typing import Any

import numpy as np
import pytest

import adcompile as ad

SCALE = np.array([3.0, 4.0])


def growth(x):
    return np.exp(x) * x


def scaled(x):
    return np.sum(x**2 * SCALE)


def rows(x):
    kept = []
    for row in x:
        kept.append(row * row)
    return sum(np.sum(squares * row) for squares, row in zip(kept, x, strict=True))


def squared_in_place(x):
    x[0] = x[0] ** 2
    return np.sum(x)


def parts(tree):
    return tree["a"][0] * tree["b"]


# -- what a pullback keeps -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "argument"),
    [
        (growth, np.array([0.5, 1.0])),
        (scaled, np.array([0.5, 1.0])),
        (rows, np.arange(1.0, 5.0).reshape(2, 2)),
        (parts, {"a": [np.array([1.0, 2.0])], "b": np.array([3.0, 5.0])}),
    ],
)
def test_a_pullback_reads_what_was_there_when_it_was_made(function: Any, argument: Any) -> None:
    out, pullback = ad.vjp(function, argument)
    cotangent = np.ones_like(out) if np.ndim(out) else 1.0
    expected = copy.deepcopy(pullback(cotangent))
    arrays = [argument] if isinstance(argument, np.ndarray) else [argument["a"][0], argument["b"]]
    for array in [*arrays, SCALE]:
        array *= 10.0
    if np.ndim(out):
        out[...] = 7.0
    try:
        found = pullback(cotangent)
    finally:
        SCALE[:] = 3.0, 4.0
    np.testing.assert_equal(found, expected)


def test_a_linear_function_stays_where_it_was_taken() -> None:
    x = np.array([3.0, 1.0])
    out, linear = ad.linearize(squared_in_place, x)
    assert out == 10.0
    assert x.tolist() == [3.0, 1.0]
    x[:] = 0.0
    assert linear(np.ones(2)) == 7.0


def test_a_linear_function_of_views_of_one_array() -> None:
    x = np.arange(5.0)
    out, linear = ad.linearize(lambda a, b: np.sum(a * b), x[1:], x[:-1])
    assert out == 20.0
    x[:] = 0.0
    assert linear(np.ones(4), np.zeros(4)) == 6.0


# -- arguments that the function sees in another way as well -------------------------------------------------

PAIR = [1.0, 2.0]
NESTED = {"pair": PAIR}


def doubles_first(v):
    v[0] = v[0] * 2.0
    return PAIR[0] * v[0]


def doubles_first_of_nested(v):
    v[0] = v[0] * 2.0
    return NESTED["pair"][0] * v[0]


class Cell:
    def __init__(self, x: float) -> None:
        self.x = x

    def absorb(self, other):
        other.x = other.x * 2.0
        return self.x * other.x


@pytest.mark.parametrize("function", [doubles_first, doubles_first_of_nested])
@pytest.mark.parametrize("cached", ["0", "1"])
def test_a_list_that_is_changed_and_read_as_a_global(
    function: Any, cached: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("ADCOMPILE_CACHE", cached)
    monkeypatch.setenv("ADCOMPILE_CACHE_DIR", str(tmp_path))
    derivative = ad.grad(function)
    for _ in range(2):
        assert derivative([1.0, 2.0]) == [2.0, 0.0]
        with pytest.raises(ad.NoDerivative, match="has changed a container that the function is given, or"):
            derivative(PAIR)
        derivative.cache_clear()
    assert derivative([1.0, 2.0]) == [2.0, 0.0]


def test_an_object_that_is_changed_and_is_the_one_of_the_method() -> None:
    cell = Cell(3.0)
    derivative = ad.grad(cell.absorb)
    assert derivative(Cell(4.0)).x == 6.0
    with pytest.raises(ad.NoDerivative, match="this changes a container that the function is given, or can"):
        derivative(cell)
    assert derivative(Cell(4.0)).x == 6.0
