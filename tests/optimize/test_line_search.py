"""The line searches find lengths that satisfy the conditions that they promise."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adcompile.optimize import armijo, wolfe

ROUNDING = 10.0 * sys.float_info.epsilon
numbers = st.floats(-3.0, 3.0)


def phi_of(slope, bumps, growth):
    """A function with a negative slope at 0 that grows in the end, and its derivative."""

    def phi(a):
        waves = sum(h * math.sin(w * a + p) for h, w, p in bumps)
        slopes = sum(h * w * math.cos(w * a + p) for h, w, p in bumps)
        correction = sum(h * w * math.cos(p) for h, w, p in bumps)
        value = waves - (slope + correction) * a + growth * a * a
        return value, slopes - slope - correction + 2.0 * growth * a

    return phi


drawn = st.builds(
    phi_of,
    st.floats(0.01, 10.0),
    st.lists(st.tuples(numbers, numbers, numbers), max_size=3),
    st.floats(0.01, 5.0),
)


@settings(deadline=None)
@given(drawn, st.floats(1e-3, 100.0), st.sampled_from([0.1, 0.5, 0.9]))
def test_strong_wolfe_conditions(phi, first, c2):
    value, slope = phi(0.0)
    length = wolfe(phi, value, slope, first, c2=c2)
    assert length is not None and length > 0.0
    there, slope_there = phi(length)
    assert there <= value + 1e-4 * length * slope + ROUNDING * abs(value)
    assert abs(slope_there) <= c2 * abs(slope)


@settings(deadline=None)
@given(drawn, st.floats(1e-3, 100.0))
def test_armijo_condition(phi, first):
    value, slope = phi(0.0)
    length = armijo(lambda a: phi(a)[0], value, slope, first)
    assert length is not None
    assert phi(length)[0] <= value + 1e-4 * length * slope
    # it is the first that satisfies the condition
    halvings = round(math.log2(first / length))
    assert all(phi(first / 2**k)[0] > value + 1e-4 * first / 2**k * slope for k in range(halvings))


@pytest.mark.parametrize("search", [armijo, wolfe])
def test_no_length_along_an_ascent(search):
    assert search(lambda a: (a, 1.0), 0.0, 1.0) is None
    assert search(lambda a: (a, 1.0), 0.0, math.nan) is None


def test_no_length_where_the_slope_is_wrong():
    assert armijo(lambda a: a, 0.0, -1.0) is None
    assert wolfe(lambda a: (a, 1.0), 0.0, -1.0) is None


def test_no_length_on_an_endless_descent():
    assert wolfe(lambda a: (-a, -1.0), 0.0, -1.0) is None


@pytest.mark.parametrize("beyond", [math.nan, math.inf])
def test_lengths_that_leave_the_domain_are_too_long(beyond):
    def phi(a):
        return (a - math.log(1.0 + 5.0 * a) if a < 3.0 else beyond), 1.0 - 5.0 / (1.0 + 5.0 * a)

    value, slope = phi(0.0)
    assert 0.0 < wolfe(phi, value, slope, first=10.0) < 3.0
    assert 0.0 < armijo(lambda a: phi(a)[0], value, slope, first=10.0) < 3.0


def test_wolfe_lengthens_a_step_that_is_too_short():
    evaluations = []

    def phi(a):
        evaluations.append(a)
        return (a - 8.0) ** 2, 2.0 * (a - 8.0)

    length = wolfe(phi, 64.0, -16.0, first=0.25, c2=0.1)
    assert abs(length - 8.0) <= 0.8 and len(evaluations) <= 8
    assert np.all(np.diff(evaluations[:5]) > 0.0)
