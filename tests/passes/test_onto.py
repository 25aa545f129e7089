"""Adjoints that are made of zeros only to be added to another one: what is added goes there at once."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import numpy as np
import pytest

import adcompile as ad
from tests.programs.program import draw

A, X = draw(4, 5, seed=91), draw(6, seed=92)


def relaxed(a, n):
    a = a.copy()
    for _ in range(n):
        old = a.copy()
        a[1:-1, 1:-1] = np.sin(old[2:, 1:-1]) * old[:-2, 1:-1] + old[1:-1, 2:]
    return np.sum(a**2)


def with_the_middle(a, n):
    a = a.copy()
    for _ in range(n):
        old = a.copy()
        a[1:-1, 1:-1] = old[2:, 1:-1] + old[1:-1, 1:-1] * old[1:-1, 2:]
    return np.sum(a**2)


def of_repeated_places(x, n):
    x = x.copy()
    for _ in range(n):
        old = x.copy()
        x[::2] = np.sin(old[[0, 1, 1]]) * old[[5, 1, 0]]
    return np.sum(x**2)


JOINED = [(relaxed, A), (with_the_middle, A), (of_repeated_places, X)]


def read_as_a_whole(a, n):
    a = a.copy()
    for _ in range(n):
        old = np.sin(a)
        a[1:-1, 1:-1] = old[2:, 1:-1] * old[:-2, 1:-1]
    return np.sum(a**2)


def stretched(x, n):
    total = 0.0
    for k in range(n):
        rows = np.reshape(x, (1, -1))
        table = rows + np.cos(x)[:, None]
        total = total + np.sum(rows[:, 1:] * k) * x[0] + np.sum(table**2)
    return total


def kept_for_later(x, n):
    y, total = x.copy(), 0.0
    for _ in range(n):
        z = y.copy()
        total = total + np.sum(y[1:] * z[:-1]) + z[0] ** 2
        y = y * 0.5 + z
    return total


@pytest.mark.parametrize(("function", "x"), JOINED)
def test_what_is_added_to_zeros_is_added_to_the_adjoint(function, x):
    ad.check_grads(function, (x, 3))
    source = ad.lower(function, x, 3, mode="reverse").source
    assert "old_bar" not in source
    assert "zeros" not in source


@pytest.mark.parametrize(
    ("function", "x"), [*JOINED, (read_as_a_whole, A), (stretched, X), (kept_for_later, X)]
)
def test_pullbacks_see_the_same(function, x):
    ad.check_grads(function, (x, 3))
    _, pullback = ad.vjp(function, x, 3)
    for _ in range(2):
        np.testing.assert_allclose(pullback(1.0)[0], ad.grad(function)(x, 3), rtol=1e-12, atol=1e-14)


def differences(x, n):
    x = x.copy()
    for _ in range(n):
        flux = np.sin(x[1:]) * x[:-1]
        x[1:-1] += flux[1:] - flux[:-1]
    return np.sum(x**2)


def overlapping_differences(x, n):
    for k in range(n):
        y = np.sin(x) * x
        x = x + np.sum((y[2:] - y[:-2]) * y[k]) - y[3]
    return np.sum(x**2)


@pytest.mark.parametrize("function", [differences, overlapping_differences])
def test_what_has_a_sign_is_subtracted_from_what_has_none(function):
    ad.check_grads(function, (X, 3))
    source = ad.lower(function, X, 3, mode="reverse").source
    assert "] = -" not in source
    assert "-= " in source
