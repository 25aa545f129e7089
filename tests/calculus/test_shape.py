"""Tangents, Taylor polynomials, curvature, concavity and mean values, against closed forms."""

from __future__ import annotations

import doctest
import importlib
import math

import numpy as np
import pytest

import adcompile as ad
from adcompile import calculus
from adcompile.calculus import (
    concavity,
    curvature,
    mean_value_points,
    tangent_line,
    tangent_plane,
    taylor,
)
from adcompile.errors import ArgumentError

MODULES = ["critical", "curves", "implicit", "minimum", "tangents", "taylor"]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    found = doctest.testmod(importlib.import_module(f"adcompile.calculus.{name}"))
    assert found.failed == 0 and found.attempted > 0


def test_it_is_loaded_when_asked_for():
    assert ad.calculus is calculus
    assert all(getattr(calculus, name).__doc__ for name in calculus.__all__)


# -- tangents ------------------------------------------------------------------------------------------------


def test_tangent_line():
    line = tangent_line(lambda x: x**3, 2)
    assert line.coefficients == (-16.0, 12.0)
    assert line(2.0) == 8.0
    np.testing.assert_array_equal(line(np.array([0.0, 3.0])), [-16.0, 20.0])
    assert str(tangent_line(lambda t: math.sin(t), 0)) == "t"
    assert str(tangent_line(lambda x: 3.0 - x, -1.0)) == "4 - (x + 1)"


def test_tangent_plane():
    plane = tangent_plane(lambda x, y: x**2 + y**2, (1, 2))
    assert plane(1, 2) == 5.0 and plane(2, 4) == 15.0 and plane.intercept == -5.0
    np.testing.assert_array_equal(plane.normal, [-2.0, -4.0, 1.0])
    of_array = tangent_plane(lambda p: np.sum(p * p), np.array([1.0, 2.0]))
    assert of_array(np.array([2.0, 4.0])) == 15.0
    assert str(of_array) == "5 + 2·(p[0] - 1) + 4·(p[1] - 2)"


def test_arguments_of_another_form():
    plane = tangent_plane(lambda p: np.sum(p * p), np.array([1.0, 2.0]))
    model = taylor(lambda x, y: x * y, (1, 2), 2)
    for call in (lambda: plane(1.0), lambda: plane(1.0, 2.0), lambda: model(1.0), lambda: model(np.ones(2))):
        with pytest.raises(ArgumentError, match="these arguments are not of the form of the point"):
            call()


@pytest.mark.parametrize("point", [[1.0, 2.0], "a", None, (1.0, "b"), 1j])
def test_what_is_no_point(point):
    with pytest.raises(ArgumentError, match="AD210"):
        tangent_plane(lambda x, y: x * y, point)


# -- Taylor --------------------------------------------------------------------------------------------------


def test_taylor_of_the_exponential_and_sine():
    found = taylor(lambda x: math.exp(x) * math.sin(x), 0, 6)
    # e^x sin x = Im exp((1 + i) x)
    exact = [((1 + 1j) ** k).imag / math.factorial(k) for k in range(7)]
    np.testing.assert_allclose(found.coefficients, exact, atol=1e-14)
    x = np.linspace(-0.1, 0.1, 5)
    np.testing.assert_allclose(found(x), np.exp(x) * np.sin(x), atol=1e-9)


@pytest.mark.parametrize(
    ("f", "derivatives"),
    [
        (lambda x: x**3, (8.0, 12.0, 12.0, 6.0, 0.0)),
        (lambda x: (x**2 + 1) ** 3, (125.0, 300.0, 630.0, 1104.0, 1512.0)),
        (lambda x: 3 * x**4, (48.0, 96.0, 144.0, 144.0, 72.0)),
        (lambda x: x**4, (16.0, 32.0, 48.0, 48.0, 24.0)),
    ],
)
def test_taylor_of_polynomials_is_exact(f, derivatives):
    found = taylor(f, 2, 4)
    np.testing.assert_allclose(found.derivatives, derivatives, rtol=1e-12)


def test_taylor_as_text():
    assert str(taylor(lambda x: x**3, 2, 3)) == "8 + 12·(x - 2) + 6·(x - 2)^2 + (x - 2)^3"
    assert str(taylor(lambda x: math.cos(x), 0, 4)) == "1 - 0.5·x^2 + 0.0416667·x^4"
    assert str(taylor(lambda x: 0.0 * x, 1, 2)) == "0"


def test_remainder_holds_and_says_how_it_is_known():
    polynomial = taylor(lambda x: math.sin(x), 0, 5)
    given = polynomial.remainder(-1, 1, bound=1)
    x = np.linspace(-1, 1, 101)
    assert given.bound == pytest.approx(1 / 720) and not given.sampled
    assert np.max(np.abs(polynomial(x) - np.sin(x))) <= given.bound
    sampled = polynomial.remainder(-1, 1)
    assert sampled.sampled and sampled.derivative_bound == pytest.approx(math.sin(1.0))
    assert np.max(np.abs(polynomial(x) - np.sin(x))) <= sampled.bound <= given.bound
    assert "the largest of samples, no proof" in str(sampled)


def test_remainder_looks_at_the_way_from_the_point():
    assert taylor(lambda x: math.exp(-x), 0, 1).remainder(1, 2).derivative_bound == pytest.approx(1.0)


def test_remainder_across_a_pole():
    with pytest.raises(ArgumentError, match=r"the derivative of order 2 is not finite on \[-1, 1\]"):
        taylor(lambda x: 1.0 / x, 1, 1).remainder(-1, 1)


def test_taylor_of_several():
    model = taylor(lambda x, y: x**2 * y + math.exp(y), (1, 0), 2)
    assert model(1.0, 0.0) == 1.0
    np.testing.assert_allclose(model.gradient, [0.0, 2.0])
    np.testing.assert_allclose(model.hessian, [[0.0, 2.0], [2.0, 1.0]])
    assert str(model) == "1 + 2·y + 2·(x - 1)·y + 0.5·y^2"
    first = taylor(lambda x, y: x * y, (1, 2), 1)
    assert first.order == 1 and first(2.0, 3.0) == 5.0
    # |xy - p| = |(x - 1)(y - 2)|, of which the Hessian has norm 1
    assert first.remainder(0.1, bound=1.0).bound == pytest.approx(0.005)


@pytest.mark.parametrize(("x0", "order"), [(0.0, -1), (0.0, 1.5), ((0.0, 0.0), 3), ((0.0, 0.0), 0)])
def test_orders_that_there_are_not(x0, order):
    with pytest.raises(ArgumentError, match="order="):
        taylor(lambda *x: sum(x), x0, order)


# -- curves --------------------------------------------------------------------------------------------------


def test_curvature_of_a_circle_and_an_ellipse():
    circle = curvature(lambda t: (2 + 3 * math.cos(t), 3 * math.sin(t)), 0.7)
    assert circle.curvature == pytest.approx(1 / 3, rel=1e-12)
    np.testing.assert_allclose(circle.centre, (2.0, 0.0), atol=1e-12)
    ellipse = curvature(lambda t: np.array([2 * np.cos(t), np.sin(t)]), 0.0)
    assert ellipse.curvature == pytest.approx(2.0, rel=1e-12)
    clockwise = curvature(lambda t: (math.sin(t), math.cos(t)), 0.0)
    assert clockwise.curvature == pytest.approx(-1.0, rel=1e-12)


def test_curvature_of_a_graph():
    found = curvature(lambda x: x**2, 1)
    assert found.curvature == pytest.approx(2 / 5**1.5, rel=1e-12)
    np.testing.assert_allclose(found.centre, (-4.0, 3.5), rtol=1e-12)
    straight = curvature(lambda x: 3 * x + 1, 1)
    assert straight.curvature == 0.0 and straight.radius == math.inf and straight.centre is None


def test_curvature_that_there_is_not():
    with pytest.raises(ArgumentError, match="the curve stands still at 0"):
        curvature(lambda t: (t**2, t**3), 0)
    with pytest.raises(ArgumentError, match=r"an object of shape \(3,\)"):
        curvature(lambda t: (t, t, t), 0)


CONCAVITY = {
    "cubic": (lambda x: x**3 - 3 * x + 1, ["concave", "convex"], (0.0,), ()),
    "bell": (lambda x: math.exp(-x * x), ["convex", "concave", "convex"], (-(0.5**0.5), 0.5**0.5), ()),
    "quartic": (lambda x: x**4, ["convex"], (), ()),
    "line": (lambda x: 3 * x + 1, ["straight"], (), ()),
    "kink": (lambda x: abs(x), ["straight", "straight"], (), (0.0,)),
    "kink in a curve": (lambda x: abs(x - 0.3) + x**2, ["convex", "convex"], (), (0.3,)),
    "kink at a sample": (lambda x: abs(x - 1.0) + x**2, ["convex", "convex"], (), (1.0,)),
    "jump of f''": (lambda x: abs(x) * x, ["concave", "convex"], (0.0,), ()),
    "half a parabola": (lambda x: max(x, 0.0) ** 2, ["straight", "convex"], (), ()),
    "pole": (lambda x: 1 / x, ["concave", "convex"], (), (0.0,)),
    "cusp": (lambda x: math.sqrt(abs(x)), ["concave", "concave"], (), (0.0,)),
}


@pytest.mark.parametrize("high", [2.0, 2.1])
@pytest.mark.parametrize("name", CONCAVITY)
def test_concavity(name, high):
    f, pieces, inflections, breaks = CONCAVITY[name]
    found = concavity(f, -2, high)
    assert [kind for _, _, kind in found.pieces] == pieces
    assert found.inflections == pytest.approx(inflections, abs=1e-12)
    assert found.breaks == pytest.approx(breaks, abs=1e-9)
    assert found.pieces[0][0] == -2.0 and found.pieces[-1][1] == high


def test_mean_values():
    found = mean_value_points(lambda x: x**3, -1, 1)
    np.testing.assert_allclose(found.points, [-(3**-0.5), 3**-0.5], rtol=1e-12)
    assert mean_value_points(lambda x: x * x, 0, 3).points == pytest.approx((1.5,), abs=1e-12)
    everywhere = mean_value_points(lambda x: 3 * x + 0.1, 0, 7.3)
    assert everywhere.points == () and everywhere.intervals == ((0.0, 7.3),)
    jumped = mean_value_points(lambda x: abs(x), -1, 2)
    assert jumped.points == () and jumped.jumps == pytest.approx((0.0,), abs=1e-9)
    assert "jumped over" in str(jumped)


@pytest.mark.parametrize("ask", [concavity, mean_value_points])
def test_empty_interval(ask):
    with pytest.raises(ArgumentError, match=r"the interval \[1, 1\]"):
        ask(lambda x: x, 1, 1)
