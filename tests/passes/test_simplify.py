"""Algebra of adjoints: what is left out, and what is not."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import math

import numpy as np

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
