"""What a backward sweep keeps of a loop: shapes in place of arrays of which it reads nothing else."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import numpy as np
import pytest

import adcompile as ad
from tests.programs.program import draw

X = draw(12, seed=31)


def first_rows(x, n):
    total = 0.0
    for k in range(1, n):
        rows = np.reshape(np.sin(x), (-1, k))
        total = total + k * np.sum(rows[0])
    return total


def written_rows(x, n):
    for k in range(1, n):
        rows = x.reshape(-1, k)
        rows[0] = rows[1] + k * x[:k]
    return np.sum(x**2)


def rows_in_an_inner_loop(x, n):
    total = 0.0
    for k in range(1, n):
        rows = np.reshape(3.0 * x, (k, -1))
        for i in range(k):
            total = total + np.sum(np.cos(x[0]) * rows[i])
    return total


def rows_of_some_iterations(x, n):
    total = 0.0
    for k in range(1, n):
        if k % 2:
            rows = np.reshape(x, (-1, k))
        total = total + np.sum(np.reshape(rows * k, (-1,))[:2]) * x[0]
    return total


def contents_as_well(x, n):
    total = 0.0
    for k in range(1, n):
        rows = np.reshape(np.sin(x), (-1, k))
        total = total + np.sum(rows[0] ** 2 * rows[1:])
    return total


ALL = [first_rows, written_rows, rows_in_an_inner_loop, rows_of_some_iterations, contents_as_well]


@pytest.mark.parametrize("function", ALL)
def test_shapes_of_a_loop_are_those_of_their_iteration(function):
    ad.check_grads(function, (X, 4))


def test_a_shape_is_saved_and_not_the_array():
    derivative = ad.lower(first_rows, X, 4, mode="reverse")
    assert [record.name for record in derivative.saved] == ["np.shape(rows)"]
    assert "rows_shape_saved.append(rows.shape)" in derivative.source
