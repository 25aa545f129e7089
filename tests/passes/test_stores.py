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


def each(x):
    total = 0.0
    for i in range(len(x)):
        total += x[i] ** 2
    return total


def rows(A):
    total = 0.0
    for i in range(len(A)):
        for j in range(i):
            total += A[i, j] ** 2
        total += A[i, i] ** 3
    return total


def in_order(x):
    total = 0.0
    for i in range(1, len(x)):
        total += x[i] ** 2 * x[i - 1] ** 3
    return total


def pieces(x):
    total = 0.0
    for i in range(0, 6, 3):
        total += np.sum(x[i : i + 3] ** 3)
    return total


def overlapping(x):
    total = 0.0
    for i in range(4):
        total += np.sum(x[i : i + 3] ** 3)
    return total


def wrapped(x):
    total = 0.0
    for i in range(-3, len(x) - 3):
        total += x[i] ** 2
    for i in range(-3, len(x)):
        total += x[i] ** 3
    return total


def halves(x):
    total = 0.0
    for i in range(len(x)):
        total += x[i // 2] ** 2
    return total


def again(x, times):
    total = 0.0
    for _ in range(times):
        for i in range(len(x)):
            total += total * x[i] + x[i] ** 2
    return total


def one_or_other(x):
    total = 0.0
    for i in range(len(x)):
        total += x[i] ** 2 if i > 3 else x[i] ** 3
    return total


def both_ends(x):
    total = 0.0
    for i in range(len(x)):
        total += x[i] ** 2 * x[len(x) - 1 - i]
    return total


def found(x):
    total, i = 0.0, 0
    while i < 6:
        total += x[i] ** 2
        i += 1 + i % 2
    return total


def rotated(x):
    x = x.copy()
    for i in range(1, len(x)):
        x[i], x[i - 1] = np.sin(x[i - 1]) * x[i], np.cos(x[i]) + x[i - 1]
    return np.sum(x**3)


def rotated_any(x, i, j):
    x = x.copy()
    for _ in range(2):
        x[i], x[j] = np.sin(x[j]) * x[i], np.cos(x[i]) + x[j]
    return np.sum(x**3)


def smoothed(x):
    x = x.copy()
    for i in range(1, len(x) - 1):
        x[i : i + 2] = x[i : i + 2] ** 2 + x[i - 1 : i + 1]
    return np.sum(x**3)


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
        (each, (X,), 1),
        (rows, (np.outer(X, X),), 2),
        # what the next iteration adds has to meet what this one has stored
        (in_order, (X,), 1),
        (pieces, (X,), 1),
        (overlapping, (X,), 0),
        (wrapped, (X,), 0),
        (halves, (X,), 0),
        (again, (X, 2), 0),
        (one_or_other, (X,), 2),
        (both_ends, (X,), 0),
        (found, (X,), 0),
        # instead of clearing what is added to afterwards
        (rotated, (X,), 2),
        # two places that may be one
        (rotated_any, (X, 2, 4), 1),
        (rotated_any, (X, 2, -5), 1),
        (smoothed, (X,), 0),
    ],
)
def test_what_nothing_else_writes_to_is_stored(function, args, stores):
    gradient = ad.grad(function)
    gradient(*args)
    rows = [row.strip() for row in gradient.source.splitlines()]
    stored = [row for row in rows if row.startswith(("x_bar[", "y_bar[", "A_bar[")) and "] = " in row]
    assert len([row for row in stored if not row.endswith("= 0.0")]) == stores
    ad.check_grads(lambda x: function(x, *args[1:]), args[:1], order=2)


def recursive(x, a, b):
    x = x.copy()
    total = 0.0
    for i in range(len(x)):
        value = x[i]
        x[i] = a * value + total
        total = b * value * x[i] - a * x[i]
    return np.sum(x**2) + total


def smoothed_twice(x, a):
    level, trend = x.copy(), np.zeros_like(x)
    for i in range(1, len(x)):
        level[i] = a * x[i] + level[i - 1] * trend[i - 1]
        trend[i] = a * (level[i] - level[i - 1])
    return np.sum(level**2 * trend)


def parts(x, k):
    y = x.copy()
    for i in range(2, 5):
        y[:i] = y[:i] * x[i] + np.sin(y[:i]) * y[k]
        y[i] = y[i - 1] * y[i - 2] + y[i - 1]
    return np.sum(y**2)


def one_with_another(x, j, k):
    y = x.copy()
    for i in range(1, 4):
        y[i] = y[j] * y[i - 1] + y[k] * y[j] + y[i - 1] ** 2
    return np.sum(y**3)


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (recursive, (X, 0.3, 0.7)),
        (smoothed_twice, (X, 0.7)),
        *((parts, (X, k)) for k in (0, 3, 6, -7, -3)),
        *((one_with_another, (X, j, k)) for j in (0, 2, -4) for k in (0, 3, -6)),
    ],
)
def test_writes_that_are_joined_add_up_to_the_same(function, args):
    ad.check_grads(lambda x: function(x, *args[1:]), args[:1], order=2)


def test_what_is_overwritten_is_added_to_what_reads_it():
    source = ad.lower(recursive, X, 0.3, 0.7).source
    assert "x_bar[i] += " not in source
    assert " = x_bar[i] + " in source or " = x_bar[i] - " in source


def test_what_is_added_twice_is_added_at_once():
    source = ad.lower(smoothed_twice, X, 0.7).source
    assert source.count("        level_bar[i_minus_1] ") == 1


def test_elements_that_meet_are_added():
    ad.check_grads(twice, (X,), order=2)


def test_zeros_of_the_program_keep_their_sign():
    def signs(x):
        y = np.zeros(2)
        y[1] += x[0]
        return np.copysign(1.0, y) * x[1]

    value, _ = ad.vjp(signs, x := np.array([-0.0, 3.0]))
    np.testing.assert_array_equal(value, signs(x))


def test_an_arm_stores_what_no_earlier_iteration_can_have_reached():
    def f(x, where):
        total = 0.0
        for i in range(len(x)):
            if where[i]:
                total += x[i] ** 3
            elif i > 0:
                total += x[i - 1] ** 2
        return total

    where = np.array([True, False, True, False, False, True, False])
    source = ad.lower(f, X, where).source
    assert "x_bar[i] += " in source
    assert "x_bar[i_minus_1] = " in source
    ad.check_grads(lambda x: f(x, where), (X,), order=2)
