"""The examples of the lessons: three exact methods agree to 12 digits, every difference within its error."""

from __future__ import annotations

import math

import numpy as np
import pytest

import adcompile as ad
from adcompile import numerical

METHODS = [
    ("forward", None), ("backward", None), ("central", 2), ("central", 4), ("central", 6), ("ridders", None),
    ("complex-step", None),
]  # fmt: skip
X = np.array([0.5, 1.0, 1.5, 2.5, 4.0])
Y = np.array([1.1, 1.9, 3.2, 5.1, 7.8])


def cube(x):
    return x**3


def parabola(x):
    return x**2 - 4 * x + 3


def sine(x):
    return np.sin(x)


def cubic(x):
    return x**3 - 3 * x + 1


def wave(x):
    return np.exp(x) * np.sin(x)


def composed(x):
    return (x**2 + 1) ** 3


def three_fourths(x):
    return 3 * x**4


def fourth(x):
    return x**4


def upper_circle(x):
    return (25.0 - x**2) ** 0.5


def volume(t):
    radius = 3.0 + 0.5 * t
    return 4.0 / 3.0 * math.pi * radius**3


def squares(x, y):
    return x**2 + y**2


def line_loss(w, b):
    return np.mean((w * X + b - Y) ** 2)


def graph_example(x1, x2):
    return np.sin(x1) + x1 * x2


def residuals(w, b):
    return w * X + b - Y


ONE = [
    (cube, 2.0, 12.0),
    (parabola, 2.0, 0.0),
    (parabola, 0.0, -4.0),
    (sine, 0.0, 1.0),
    (sine, math.pi / 2, 0.0),
    (cubic, 1.0, 0.0),
    (cubic, -1.0, 0.0),
    (cubic, 2.0, 9.0),
    (wave, 0.7, math.exp(0.7) * (math.sin(0.7) + math.cos(0.7))),
    (composed, 1.5, 6 * 1.5 * (1.5**2 + 1) ** 2),
    (three_fourths, 2.0, 96.0),
    (fourth, 0.0, 0.0),
    (fourth, -1.3, 4 * (-1.3) ** 3),
    (upper_circle, 3.0, -3.0 / 4.0),
    (volume, 4.0, 4 * math.pi * 5.0**2 * 0.5),
]
SEVERAL = [
    (squares, (3.0, -2.0), (6.0, -4.0)),
    (line_loss, (1.5, 0.25), (2 * np.mean(residuals(1.5, 0.25) * X), 2 * np.mean(residuals(1.5, 0.25)))),
    (graph_example, (0.5, 4.2), (math.cos(0.5) + 4.2, 0.5)),
]


def close(found, exact):
    assert abs(found - exact) <= 1e-12 * max(1.0, abs(exact))


@pytest.mark.parametrize(("f", "x", "exact"), ONE)
def test_exact_methods_of_one_number(f, x, exact):
    close(ad.grad(f)(x), exact)
    close(ad.jvp(f, (x,), (1.0,))[1], exact)
    close(numerical.derivative(f, x, "complex-step").value, exact)


@pytest.mark.parametrize(("f", "x", "exact"), SEVERAL)
def test_exact_methods_of_several_numbers(f, x, exact):
    reverse = ad.grad(f, argnums=(0, 1))(*x)
    stepped = numerical.gradient(f, x, "complex-step").value
    for k, direction in enumerate([(1.0, 0.0), (0.0, 1.0)]):
        close(reverse[k], exact[k])
        close(stepped[k], exact[k])
        close(ad.jvp(f, x, direction)[1], exact[k])


@pytest.mark.parametrize(("method", "order"), METHODS)
@pytest.mark.parametrize(("f", "x", "exact"), ONE)
def test_every_method_is_within_its_error(f, x, exact, method, order):
    found = numerical.derivative(f, x, method, order=order)
    assert abs(found.value - exact) <= found.error <= 1e-6 * max(1.0, exact**2)


@pytest.mark.parametrize(("method", "order"), METHODS)
@pytest.mark.parametrize(("f", "x", "exact"), SEVERAL)
def test_every_method_is_within_its_errors(f, x, exact, method, order):
    found = numerical.gradient(f, x, method, order=order)
    for value, error, right in zip(found.value, found.error, exact, strict=True):
        assert abs(value - right) <= error <= 1e-5


ELEMENTARY = [
    np.sin, np.cos, np.exp, np.tanh, np.arctan, lambda x: x * x, lambda x: 1.0 / (1.0 + x * x),
    lambda x: np.sqrt(1.0 + x * x), lambda x: np.log(2.0 + x * x), cubic,
]  # fmt: skip


def composition(rng):
    """A random composition of elementary functions, analytic near the real numbers."""
    parts = [ELEMENTARY[k] for k in rng.integers(len(ELEMENTARY), size=rng.integers(1, 4))]
    factors = 2.0 * rng.normal(size=4)

    def f(x):
        y = factors[0] * x + factors[1]
        for part in parts:
            y = part(y)
        return y * factors[2] + factors[3]

    return f


@pytest.mark.parametrize(("method", "order"), METHODS)
def test_errors_are_within_their_estimates_nearly_always(method, order):
    rng = np.random.default_rng(1)
    within = []
    with np.errstate(all="ignore"):
        while len(within) < 200:
            f, x = composition(rng), float(rng.normal() * 10.0 ** rng.uniform(-2.0, 1.0))
            exact = f(x + 1e-30j).imag / 1e-30
            if abs(f(x)) < 1e6 and abs(exact) < 1e6:
                found = numerical.derivative(f, x, method, order=order)
                within.append(abs(found.value - exact) <= found.error)
    assert np.mean(within) >= 0.97


@pytest.mark.parametrize(("method", "order"), METHODS)
@pytest.mark.parametrize("x", [np.float32(2.0), np.float32(-0.7)])
def test_single_precision(x, method, order):
    found = numerical.derivative(cube, x, method, order=order)
    assert type(found.value) is np.float32
    exact = 3.0 * float(x) ** 2
    assert abs(float(found.value) - exact) <= float(found.error) <= 0.1


def test_the_circle_by_its_equation():
    slope = numerical.gradient(lambda x, y: x**2 + y**2 - 25.0, (3.0, 4.0), "complex-step").value
    close(-slope[0] / slope[1], -3.0 / 4.0)
