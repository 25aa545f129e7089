"""Implicit derivatives and related rates, against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from adcompile.calculus import implicit_derivative, related_rates
from adcompile.errors import ArgumentError


def circle(x, y):
    return x**2 + y**2 - 25


@pytest.mark.parametrize("angle", [0.1, 1.0, 2.5, 4.0])
def test_circle(angle):
    x, y = 5 * math.cos(angle), 5 * math.sin(angle)
    assert implicit_derivative(circle, x, y) == pytest.approx(-x / y, rel=1e-12)
    assert implicit_derivative(circle, x, y, order=2) == pytest.approx(-25 / y**3, rel=1e-12)
    assert implicit_derivative(circle, x, y, order=3) == pytest.approx(-75 * x / y**5, rel=1e-12)


def test_root_of_any_order():
    exact = [1 / 3, -2 / 9, 10 / 27, -80 / 81, 880 / 243]
    for order, factor in enumerate(exact, 1):
        found = implicit_derivative(lambda x, y: y**3 - x, 8, 2, order=order)
        assert found == pytest.approx(factor * 8.0 ** (1 / 3 - order), rel=1e-12)


def test_folium():
    # x³ + y³ = 6xy, at (3, 3)
    assert implicit_derivative(lambda x, y: x**3 + y**3 - 6 * x * y, 3, 3) == pytest.approx(-1.0, rel=1e-12)


def test_several_unknowns():
    """A circle and the line y1 = x y2: both unknowns by the slope of the line."""

    def equations(x, y):
        return np.array([y[0] ** 2 + y[1] ** 2 - 1.0, y[0] - x * y[1]])

    x = 0.75
    second = 1 / math.sqrt(1 + x * x)
    y = np.array([x * second, second])
    first = np.array([(1 + x * x) ** -1.5, -x * (1 + x * x) ** -1.5])
    np.testing.assert_allclose(implicit_derivative(equations, x, y), first, rtol=1e-12)
    higher = np.array([-3 * x * (1 + x * x) ** -2.5, (2 * x * x - 1) * (1 + x * x) ** -2.5])
    np.testing.assert_allclose(implicit_derivative(equations, x, y, order=2), higher, rtol=1e-12)


def test_by_an_array():
    def plane(x, z):
        return np.sum(x * x) + z * z - 9.0

    found = implicit_derivative(plane, np.array([1.0, 2.0]), 2.0)
    np.testing.assert_allclose(found, [-0.5, -1.0], rtol=1e-12)

    def equations(x, y):
        return np.array([y[0] - x[0] * x[1], y[1] - x[0] - x[2]])

    found = implicit_derivative(equations, np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0]))
    np.testing.assert_allclose(found, [[2.0, 1.0, 0.0], [1.0, 0.0, 1.0]], atol=1e-15)


def test_a_number_stays_one():
    assert type(implicit_derivative(circle, 3, 4)) is float
    assert type(implicit_derivative(circle, 3, 4, order=2)) is float


@pytest.mark.parametrize(
    ("x", "y", "order", "message"),
    [
        (3, 4.1, 1, r"circle is 0.81 at this point, and not zero .*\n.*a Newton step leads to 4.00121"),
        (5, 0, 1, r"circle does not determine the unknowns here: its derivative by them is singular"),
        (3, 4, 0, r"order=0"),
        ("a", 4, 1, r"x is of type str"),
    ],
)
def test_refusals(x, y, order, message):
    with pytest.raises(ArgumentError, match=message):
        implicit_derivative(circle, x, y, order)


def test_higher_by_an_array_is_refused():
    with pytest.raises(ArgumentError, match="order=2 by an array x"):
        implicit_derivative(lambda x, y: y - x[0], np.array([1.0]), 1.0, order=2)


def test_as_many_equations_as_unknowns():
    with pytest.raises(ArgumentError, match="<lambda> returns 1 numbers, and 2 are asked for"):
        implicit_derivative(lambda x, y: y[0] + y[1] - x, 2.0, np.array([1.0, 1.0]))


# -- related rates -------------------------------------------------------------------------------------------


def sphere(V, r):
    return V - 4 / 3 * math.pi * r**3


@pytest.mark.parametrize(("r", "rate"), [(3.0, 0.5), (0.25, -2.0)])
def test_sphere(r, rate):
    found = related_rates(sphere, {"V": 4 / 3 * math.pi * r**3, "r": r}, {"r": rate})
    assert found["V"] == pytest.approx(4 * math.pi * r * r * rate, rel=1e-12)
    back = related_rates(sphere, {"r": r, "V": 4 / 3 * math.pi * r**3}, {"V": found["V"]})
    assert back["r"] == pytest.approx(rate, rel=1e-12)
    assert back.solved == ("r",)


def test_ladder():
    found = related_rates(lambda x, y: x * x + y * y - 25, {"x": 3, "y": 4}, {"x": 1})
    assert found["y"] == pytest.approx(-0.75, rel=1e-12)
    assert str(found).splitlines() == [
        "related rates",
        "  quantity  value   rate",
        "  x             3      1   given",
        "  y             4  -0.75  solved",
    ]


def test_two_relations():
    """Water runs at 2 into a cone whose radius is half its height."""

    def cone(V, r, h):
        return V - math.pi * r * r * h / 3, r - h / 2

    found = related_rates(cone, {"V": 16 * math.pi / 3, "r": 2, "h": 4}, {"V": 2})
    assert found["h"] == pytest.approx(2 / (4 * math.pi), rel=1e-12)
    assert found["r"] == pytest.approx(found["h"] / 2, rel=1e-12)


@pytest.mark.parametrize(
    ("values", "rates", "message"),
    [
        ({"V": 1.0, "r": 3.0}, {"r": 0.5}, "sphere is -112.097 at this point, and not zero"),
        ({"V": 1.0}, {"r": 0.5}, "values of V .*\n  expected a value of each of V, r"),
        (
            {"V": 36 * math.pi, "r": 3.0},
            {"V": 1.0, "r": 0.5},
            "rates of V, r .*\n  expected some, but not all",
        ),
        ({"V": 36 * math.pi, "r": 3.0}, {}, "sphere returns 1 numbers, and 2 are asked for"),
    ],
)
def test_rates_that_do_not_follow(values, rates, message):
    with pytest.raises(ArgumentError, match=message):
        related_rates(sphere, values, rates)
