"""Zeros in an adjoint of what a program overwrites: left out where no later read can see them."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import re

import numpy as np
import pytest

import adcompile as ad
from tests.programs.program import draw

X, W, A = draw(6, seed=81), draw(6, seed=82), draw(4, 5, seed=83)


def each_once(x, w):
    y = np.zeros(len(x))
    for i in range(len(x)):
        y[i] = np.sin(x[i])
    return np.sum(w * y**2)


def from_the_last_one(x, w):
    y = np.zeros(len(x))
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = np.sin(y[i - 1]) * x[i]
    return np.sum(w * y)


def from_two_further_on(x, w):
    n = len(x)
    y = np.ones(n)
    for i in range(n - 3, -1, -1):
        y[i] = y[i + 1] * x[i] + 0.5 * y[i + 2]
    return np.sum(w * y)


def rows_and_columns(a, w):
    m, n = a.shape
    y = np.zeros((m, n))
    for i in range(m):
        for j in range(n):
            y[i, j] = np.sin(a[i, j]) * w[j]
    return np.sum(y * y)


def in_both_arms(x, w):
    y = np.zeros(len(x))
    for i in range(len(x)):
        if i == 0:
            y[i] = x[i] ** 2
        else:
            y[i] = y[i - 1] * x[i]
    return np.sum(w * y)


DROPPED = [each_once, from_the_last_one, from_two_further_on, rows_and_columns, in_both_arms]


def twice_in_turns(x, w):
    y = np.ones(2)
    for i in range(len(x)):
        y[i % 2] = np.sin(x[i]) * w[i]
    return y[0] * y[1]


def overwritten_by_the_next(x, w):
    y = np.ones(len(x))
    for i in range(len(x) - 1):
        y[i] = np.sin(x[i])
        y[i + 1] = y[i] * w[i]
    return np.sum(y**2)


def overwritten_by_the_one_after(x, w):
    y = np.ones(len(x))
    for i in range(len(x) - 2):
        y[i] = np.sin(x[i])
        y[i + 2] = w[i] * y[i] ** 2
    return np.sum(y**2)


def whole_before(x, w):
    y = w * x
    total = np.sum(y**2)
    for i in range(len(x)):
        y[i] = np.cos(x[i])
    return total + np.sum(y**3)


def of_the_argument(x, w):
    for i in range(len(x)):
        x[i] = w[i] ** 2
    return np.sum(x**2)


def read_around(x, w):
    y = np.sin(x)
    total = 0.0
    for i in range(len(x)):
        total += y[0] * y[-1]
        y[i] = w[i] * x[i]
    return total + np.sum(y)


def round_after_round(x, w):
    y = np.zeros(len(x))
    for k in range(3):
        for i in range(len(x)):
            y[i] = np.sin(x[i] * (k + 1)) * w[i]
    return np.sum(y**2)


def in_a_while(x, w):
    y, i = np.ones(len(x)), 0
    while i < len(x):
        y[i] = y[i - 1] * x[i]
        i += 1
    return np.sum(w * y)


def backwards_by_a_negative_index(x, w):
    y = np.ones(len(x))
    for i in range(len(x)):
        y[i - 3] = y[i - 2] * x[i]
    return np.sum(w * y)


KEPT = [
    twice_in_turns, overwritten_by_the_next, overwritten_by_the_one_after, whole_before, of_the_argument,
    read_around, round_after_round, in_a_while, backwards_by_a_negative_index,
]  # fmt: skip


def arguments(function):
    return (A, W[:5]) if function is rows_and_columns else (X, W)


def zeros(function):
    source = ad.lower(function, *arguments(function), mode="reverse").source
    return re.findall(r"\w+_bar\[[^]]*\] = 0\.0", source)


@pytest.mark.parametrize("function", DROPPED)
def test_zeros_that_nothing_reads_are_left_out(function):
    ad.check_grads(function, arguments(function))
    assert not zeros(function)


@pytest.mark.parametrize("function", KEPT)
def test_zeros_that_something_reads_stay(function):
    ad.check_grads(function, arguments(function))
    assert zeros(function)


@pytest.mark.parametrize("function", DROPPED + KEPT)
def test_pullbacks_and_second_derivatives_see_the_same(function):
    args = arguments(function)
    expected = ad.grad(function, argnums=(0, 1))(*args)
    _, pullback = ad.vjp(function, *args)
    for _ in range(2):
        for found, wanted in zip(pullback(1.0), expected, strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)
