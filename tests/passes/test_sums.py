"""Sums of a derivative in which a term occurs more than once."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import numpy as np
import pytest

import adcompile as ad

draw = np.random.default_rng(5).normal


def diffused(u):
    c = u[1:-1]
    return np.sum(
        (c + 0.125 * (u[2:] - 2.0 * c + u[:-2]) + 0.125 * (u[2:] - 2.0 * c) + 0.125 * (u[:-2] - 2.0 * c)) ** 3
    )


def halved(u):
    return np.sum((u - 0.25 * u / 2.0 - 0.25 * u) ** 3)


def cancelled(u):
    return np.sum((u - 0.5 * u - 0.5 * u + u[0]) ** 3)


def stretched(u):
    m = np.outer(u, u)
    return np.sum((m + (u + u + u) * 0.5 - m * 0.25 - m * 0.25) ** 3)


@pytest.mark.parametrize("f", [diffused, halved, cancelled, stretched])
def test_the_sum_is_the_same(f):
    ad.check_grads(f, (draw(size=5),), order=2)


def test_terms_are_collected():
    # 3 times 1 - 0.125 - 0.25
    assert "u_bar = 1.875 * (" in ad.lower(halved, np.ones(5)).source


def test_what_cancels_stays():
    assert "u_bar -= (u_bar + u_bar) * 0.5\n" in ad.lower(cancelled, np.ones(5)).source


def test_the_arithmetic_of_the_program_stays():
    def f(u):
        return u + u + u + 0.25 * u

    value, _ = ad.vjp(f, u := draw(size=1000))
    np.testing.assert_array_equal(value, f(u))
