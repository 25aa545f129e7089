"""Where a derivative may store what it would add, because nothing was there before."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import numpy as np
import pytest

import adcompile as ad
from tests.programs.program import draw

X = draw(7, seed=71)


def thirds(x):
    n = len(x) // 3
    return np.sum(np.sin(x[:n])) + np.sum(x[n:6] ** 2) + np.sum(x[6:] ** 3)


def multiples(x):
    n = x.shape[0]
    y = np.concatenate([x, x, x])
    return np.sum(np.sin(y[:n])) + np.sum(y[n : 2 * n] ** 2) + np.sum(y[2 * n :] ** 3)


def apart(x):
    return x[0] * x[1] + np.sum(x[2:4] ** 2) + np.sum(x[5:] ** 3)


def backwards(x, n):
    return np.sum(x[:n] ** 2) + np.sum(x[n:] ** 3)


def around_minus_one(x):
    n = len(x) - 8
    return np.sum(x[:n] ** 2) + np.sum(x[2 * n :] ** 3)


def crossing(x):
    return np.sum(x[:4] ** 2) + np.sum(x[3:] ** 3)


def twice(x):
    return np.sum(x[1:3] * x[1:3][::-1]) + x[2] ** 3 + x[-5] ** 2


def in_steps(x):
    return np.sum(x[::2] ** 2) + np.sum(x[1:] ** 3)


@pytest.mark.parametrize(
    ("function", "args", "stores"),
    [
        (thirds, (X,), 2),
        (multiples, (X,), 3),
        (apart, (X,), 4),
        (backwards, (X, 3), 2),
        (backwards, (X, -3), 2),
        (backwards, (X, 9), 2),
        (around_minus_one, (X,), 1),
        (crossing, (X,), 1),
        (in_steps, (X,), 1),
    ],
)
def test_what_nothing_else_writes_to_is_stored(function, args, stores):
    gradient = ad.grad(function)
    gradient(*args)
    rows = [row.strip() for row in gradient.source.splitlines()]
    assert sum(row.startswith(("x_bar[", "y_bar[")) and "] = " in row for row in rows) == stores
    ad.check_grads(lambda x: function(x, *args[1:]), (X,), order=2)


def test_elements_that_meet_are_added():
    ad.check_grads(twice, (X,), order=2)
