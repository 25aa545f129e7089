"""Outer products that a backward loop adds up: bundled where they can be, and the same sum."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import numpy as np
import pytest

import adcompile as ad

draw = np.random.default_rng(3).normal


def applied(A, x, n):
    for i in range(n):
        x = np.sin(A @ x) + i
    return np.sum(x)


def twice(A, x, n):
    for _ in range(n):
        x = np.tanh(0.1 * (x @ A)) - np.cos(A @ x)
    return np.sum(x)


def thrice(A, x, n):
    for _ in range(n):
        x = np.tanh(0.1 * (x @ A)) - np.cos(A @ x) + 0.2 * (A @ np.sin(x))
    return np.sum(x)


def transposed(A, x, n):
    for _ in range(n):
        x = np.sin(A.T @ x)
    return np.sum(x)


def in_places(A, x, n):
    s = 0.0
    for i in range(n):
        k = i % 3
        s = s + np.sum(np.sin(A[k:, : k + 1] @ x[: k + 1])) + np.sum(np.sin(x[-1:] @ A[-1:]))
    return s


def counted_down(A, x, n):
    s = 0.0
    for i in range(-n, 0):
        s = s + np.sum(np.sin(A[:, i % 3 - 3 :] @ x[i % 3 - 3 :]))
    return s


def read_as_well(A, x, n):
    B = A.copy()
    for _ in range(n):
        x = np.sin(B @ x)
        B[0] = B[0] * 0.5
    return np.sum(x)


def in_a_nest(A, x, n):
    s = 0.0
    for i in range(n):
        y = x
        for _ in range(i % 3):
            y = np.sin(A @ y)
        s = s + np.sum(y)
    return s


def prepared(A, x, n):
    x = np.cos(A.T @ (x - A[:, 1:] @ x[1:]))
    for _ in range(n):
        x = np.sin(A @ x)
    return np.sum(x) * 0.5


def prepared_elsewhere(A, x, n):
    x = np.cos(A @ x) + np.sum(A[0] ** 2)
    for _ in range(n):
        x = np.sin(A @ x)
    return np.sum(x)


PROGRAMS = [
    applied, twice, thrice, transposed, in_places, counted_down, read_as_well, in_a_nest, prepared,
    prepared_elsewhere,
]  # fmt: skip


@pytest.mark.parametrize("f", PROGRAMS)
def test_the_sum_is_the_same(f):
    A, x = draw(size=(3, 3)), draw(size=3)
    for n in (0, 1, 2, 7):
        ad.check_grads(lambda A, x, n=n, f=f: f(A, x, n), (A, x), order=2 if n < 3 else 1)
    # more than one bundle, the last one not full
    n = 150
    A_bar = ad.grad(f)(0.3 * A, x, n)
    direction = draw(size=(3, 3))
    _, expected = ad.jvp(lambda A, f=f: f(A, x, n), (0.3 * A,), (direction,))
    np.testing.assert_allclose(np.sum(A_bar * direction), expected, rtol=1e-10)


def test_what_is_bundled():
    bundled = {f for f in PROGRAMS if "outer_products(" in ad.lower(f, np.ones((3, 3)), np.ones(3), 5).source}
    assert bundled == set(PROGRAMS) - {read_as_well}


def test_what_comes_behind_a_loop_joins_its_terms():
    source = ad.lower(prepared, np.ones((3, 3)), np.ones(3), 5).source
    _, _, behind = source.partition("A_bar_terms = []\n    ")
    assert behind.count("    A_bar_terms.append(") == 3
    assert "np.outer(" not in behind
    assert behind.count("    A_bar += outer_products(A_bar_terms, A_bar)\n") == 2


def test_few_iterations_are_not_bundled():
    def few(A, x):
        for _ in range(3):
            x = np.sin(A @ x)
        return np.sum(x)

    assert "outer_products(" not in ad.lower(few, np.ones((3, 3)), np.ones(3)).source


def test_a_pullback_bundles_and_may_be_called_again():
    A, x = draw(size=(3, 3)), draw(size=3)
    _, pullback = ad.vjp(lambda A: applied(A, x, 100), A)
    np.testing.assert_array_equal(pullback(1.0)[0], pullback(1.0)[0])
    np.testing.assert_allclose(2.0 * pullback(1.0)[0], pullback(2.0)[0])


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_infinity_stays_in_its_place(value):
    def f(A, x):
        s = 0.0
        for i in range(len(A)):
            s = s + np.sum(A[:, i:] @ x[i:])
        return s

    x = np.array([value, 1.0, 2.0, 3.0, 4.0])
    A_bar = ad.grad(f)(np.ones((5, 5)), x)
    np.testing.assert_array_equal(A_bar, np.tile(x * np.arange(1.0, 6.0), (5, 1)))


def test_single_precision_stays():
    A_bar = ad.grad(applied)(draw(size=(3, 3)).astype(np.float32), draw(size=3).astype(np.float32), 80)
    assert A_bar.dtype == np.float32
