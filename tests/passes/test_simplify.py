"""Algebra of adjoints: what is left out, and what is not."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import math

import numpy as np
import pytest

import adcompile as ad


def log_of_quotient(s, k):
    return math.log(s / k)


def log_of_quotients(s, k):
    return np.sum(np.log(s / k))


def test_a_function_of_a_quotient_loses_the_quotient():
    lowered = ad.lower(log_of_quotient, 3.0, 7.0, argnums=(0, 1))
    assert "    s_bar = 1.0 / s\n    k_bar = -(1.0 / k)\n" in lowered.source
    assert lowered.compile()(3.0, 7.0) == (1.0 / 3.0, -1.0 / 7.0)


def test_a_quotient_that_broadcasts_stays():
    s, k = np.full((2, 3), 3.0), np.full(3, 7.0)
    s_bar, k_bar = ad.grad(log_of_quotients, argnums=(0, 1))(s, k)
    np.testing.assert_allclose(s_bar, 1.0 / s, rtol=1e-15)
    np.testing.assert_allclose(k_bar, -2.0 / k, rtol=1e-15)
    s_bar, k_bar = ad.grad(log_of_quotients, argnums=(0, 1))(np.full(1, 3.0), k)
    np.testing.assert_allclose(s_bar, [1.0], rtol=1e-15)
    np.testing.assert_allclose(k_bar, -1.0 / k, rtol=1e-15)


def test_the_arithmetic_of_the_user_keeps_its_quotients():
    def f(x, y, z):
        return (x / y) * (y / z), x / (y / z) / z

    value, _ = ad.vjp(f, 0.1, 0.3, 0.7)
    assert value == f(0.1, 0.3, 0.7)
    assert ad.jvp(f, (0.1, 0.3, 0.7), (1.0, 1.0, 1.0))[0] == f(0.1, 0.3, 0.7)


def overwritten(x, y):
    y[:] = np.exp(x)
    y[...] = y * x
    x[:, :] = y * y
    return np.sum(x * x)


def written_as_a_whole(x, y):
    y[:] = np.sin(y)
    for k in range(2):
        x[:] = np.minimum(x, x[:, k, None] + y[None, k, :])
    return np.sum(x * y)


def stretched_over_a_whole(x, y):
    x[:] = y[0]
    x[:] = x * y
    x[:, :, ...] = y[:, 1:2] * x
    return np.sum(x**2)


def cleared(x, y):
    y[:] = 0.0
    x[...] = 2.0
    return np.sum(x * y + x)


@pytest.mark.parametrize("f", [overwritten, written_as_a_whole, stretched_over_a_whole, cleared])
def test_whole_arrays_are_no_views(f):
    x, y = np.random.default_rng(4).uniform(0.5, 1.5, (2, 3, 3))
    gradient = ad.grad(f, argnums=(0, 1))
    given = x.copy(), y.copy()
    gradient(x, y)
    assert np.array_equal(x, given[0]) and np.array_equal(y, given[1])
    assert "_bar[:]" not in gradient.source and "_bar[...]" not in gradient.source, gradient.source
    ad.check_grads(f, (x, y), order=2)


def test_what_has_just_been_stored_is_not_read_back():
    def f(x):
        for i in range(len(x)):
            row = x[: i + 1]
            row /= np.sum(row)
            np.exp(row, out=row)
            row *= row
        return np.sum(x)

    x = np.array([0.5, 0.7, 1.1])
    source = ad.lower(f, x).source
    assert source.count("x_bar[:i_plus_1]") == 2, source
    ad.check_grads(f, (x,), order=2)


def test_what_is_written_back_as_it_is_is_not_written():
    def f(c, a, b):
        for i in range(len(c)):
            for k in range(len(b)):
                row = c[i, : i + 1]
                row += a[k] * b[k]
        return np.sum(c * c)

    c, a, b = np.ones((3, 3)), np.array([0.5, 0.7]), np.array([1.5, 1.3])
    assert "c_bar[" not in ad.lower(f, c, a, b).source.replace("c_bar[i, :i_plus_1])", "")
    ad.check_grads(f, (c, a, b), order=2)
