"""The closed forms of the lessons, which are those of the table in docs/lessons/index.md: by every method.

Reverse mode, forward mode and complex steps agree with them to 12 digits, and each numerical method does so
within the error that it tells. Where there is an extremum, it is found and told as what it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import adcompile as ad
from adcompile import calculus, numerical

TABLE = Path(__file__).parents[2] / "docs" / "lessons" / "index.md"
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


def circle(x, y):
    return x**2 + y**2 - 25.0


def volume(t):
    radius = 3.0 + 0.5 * t
    return 4.0 / 3.0 * math.pi * radius**3


def sphere(V, r):
    return V - 4.0 / 3.0 * math.pi * r**3


def squares(x, y):
    return x**2 + y**2


def line_loss(w, b):
    return np.mean((w * X + b - Y) ** 2)


def graph_example(x1, x2):
    return np.sin(x1) + x1 * x2


def residuals(w, b):
    return w * X + b - Y


class Example(NamedTuple):
    """A function with its partial derivatives at a point, and the row of the table that it belongs to."""

    row: str
    f: Callable[..., Any]
    x: tuple[float, ...]
    exact: tuple[float, ...]


#   row of the table     function       point             closed form
EXAMPLES = [Example(*each) for each in [
    ("x³",               cube,          (2.0,),           (12.0,)),
    ("x² − 4x + 3",      parabola,      (2.0,),           (0.0,)),
    ("x² − 4x + 3",      parabola,      (0.0,),           (-4.0,)),
    ("sin x",            sine,          (0.0,),           (1.0,)),
    ("sin x",            sine,          (math.pi / 2,),   (0.0,)),
    ("x³ − 3x + 1",      cubic,         (1.0,),           (0.0,)),
    ("x³ − 3x + 1",      cubic,         (-1.0,),          (0.0,)),
    ("x³ − 3x + 1",      cubic,         (2.0,),           (9.0,)),
    ("x² + y²",          squares,       (3.0, -2.0),      (6.0, -4.0)),
    ("linear regression", line_loss,    (1.5, 0.25),
     (2.0 * np.mean(residuals(1.5, 0.25) * X), 2.0 * np.mean(residuals(1.5, 0.25)))),
    ("circle",           upper_circle,  (3.0,),           (-3.0 / 4.0,)),
    ("circle",           circle,        (3.0, 4.0),       (6.0, 8.0)),
    ("sphere",           volume,        (4.0,),           (4.0 * math.pi * 5.0**2 * 0.5,)),
    ("sphere",           sphere,        (36.0, 3.0),      (1.0, -36.0 * math.pi)),
    ("eˣ sin x",         wave,          (0.7,),           (math.exp(0.7) * (math.sin(0.7) + math.cos(0.7)),)),
    ("(x² + 1)³",        composed,      (1.5,),           (6.0 * 1.5 * (1.5**2 + 1.0) ** 2,)),
    ("(x² + 1)³",        composed,      (2.0,),           (300.0,)),
    ("3x⁴",              three_fourths, (2.0,),           (96.0,)),
    ("x⁴",               fourth,        (0.0,),           (0.0,)),
    ("x⁴",               fourth,        (-1.3,),          (4.0 * (-1.3) ** 3,)),
    ("sin x₁ + x₁x₂",    graph_example, (0.5, 4.2),       (math.cos(0.5) + 4.2, 0.5)),
]]  # fmt: skip
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.f.__name__}{e.x}")


def close(found, exact):
    assert abs(found - exact) <= 1e-12 * max(1.0, abs(exact))


def units(example):
    """The direction of each argument."""
    return [tuple(map(float, row)) for row in np.eye(len(example.x))]


def test_the_table_of_the_lessons_has_these_examples():
    rows = re.findall(
        r"^\| ([^|]+?) \| [^|]+ \| \[[^|]+\]\(([a-z]+\.md)\)", TABLE.read_text("utf-8"), re.MULTILINE
    )
    assert [name for name, _ in rows] == list(dict.fromkeys(example.row for example in EXAMPLES))
    for _, page in rows:
        assert (TABLE.parent / page).is_file()


@each_example
def test_exact_methods(example):
    f, x, exact = example.f, example.x, example.exact
    reverse = ad.grad(f, argnums=tuple(range(len(x))))(*x)
    stepped = numerical.gradient(f, x, "complex-step").value
    for k, direction in enumerate(units(example)):
        close(reverse[k], exact[k])
        close(ad.jvp(f, x, direction)[1], exact[k])
        close(stepped[k], exact[k])


@pytest.mark.parametrize(("method", "order"), METHODS)
@each_example
def test_every_method_is_within_its_error(example, method, order):
    found = numerical.gradient(example.f, example.x, method, order=order)
    for value, error, exact in zip(found.value, found.error, example.exact, strict=True):
        assert abs(value - exact) <= error <= 1e-6 * max(1.0, exact**2)


@pytest.mark.parametrize(("method", "order"), METHODS)
@each_example
def test_every_method_is_within_its_error_along_directions(example, method, order):
    direction = (0.6, -0.8)[: len(example.x)]
    exact = sum(d * partial for d, partial in zip(direction, example.exact, strict=True))
    found = numerical.directional_derivative(example.f, example.x, direction, method, order=order)
    assert abs(found.value - exact) <= found.error <= 1e-6 * max(1.0, *np.square(example.exact))


def third_derivatives(example):
    """The third derivatives f_ijj, of shape (i, j)."""
    f = example.f
    of_vector = (lambda v: f(v[0])) if len(example.x) == 1 else (lambda v: f(v[0], v[1]))
    third = ad.jacobian(ad.hessian(of_vector))(np.array(example.x))
    return np.einsum("ijj->ij", third)


@each_example
def test_every_estimate_under_noise_is_within_its_error_and_bias(example):
    noise = np.random.default_rng(3)
    f, x, third = example.f, example.x, third_derivatives(example)
    own, radius, width = np.diag(third), 0.05, 0.05

    def noisy(*arguments):
        return f(*arguments) + 1e-4 * noise.normal()

    # the biases are those of the documentation, up to higher powers of the radius
    bias = radius**2 * (own / 10.0 + (third.sum(axis=1) - own) / 6.0)
    fitted = numerical.regression_gradient(noisy, x, samples=200, radius=radius, quadratic=True)
    assert np.all(np.abs(np.subtract(fitted.value, example.exact) - bias)
                  <= 5.0 * np.array(fitted.standard_error) + 0.1 * np.abs(bias))  # fmt: skip
    assert np.all(np.array(fitted.standard_error) < 1e-2)
    bias = width**2 / 6.0 * (3.0 * third.sum(axis=1) - 2.0 * own)
    moved = numerical.spsa_gradient(noisy, x, c=width, averages=400)
    assert np.all(np.abs(np.subtract(moved.value, example.exact) - bias)
                  <= 5.0 * np.array(moved.standard_error) + 0.1 * np.abs(bias))  # fmt: skip
    assert np.all(np.array(moved.standard_error) <= 0.06 * np.max(np.abs(example.exact)) + 1e-4)


#            function    kinds in [-3, 3], or [0, π]      places                 values
EXTREMA = [
    (parabola, (-3, 3), ["minimum"],                      [2.0],                 [-1.0]),
    (sine,     (0, math.pi), ["maximum"],                 [math.pi / 2],         [1.0]),
    (cubic,    (-3, 3), ["maximum", "minimum"],           [-1.0, 1.0],           [3.0, -1.0]),
    (composed, (-3, 3), ["minimum"],                      [0.0],                 [1.0]),
    (fourth,   (-3, 3), ["minimum"],                      [0.0],                 [0.0]),
    (three_fourths, (-3, 3), ["minimum"],                 [0.0],                 [0.0]),
    (squares,  [(-3, 3), (-3, 3)], ["minimum"],           [(0.0, 0.0)],          [0.0]),
]  # fmt: skip


@pytest.mark.parametrize(("f", "box", "kinds", "places", "values"), EXTREMA)
def test_extrema(f, box, kinds, places, values):
    points = calculus.find_critical_points(f, box)
    assert [point.kind for point in points] == kinds
    for point, place, value in zip(points, places, values, strict=True):
        np.testing.assert_allclose(point.x, place, rtol=1e-12, atol=1e-12)
        close(point.value, value)


def test_the_circle_by_its_equation():
    """dy/dx = -x/y by each exact method, and by every numerical one within what its errors allow."""
    partials = {
        "reverse": ad.grad(circle, argnums=(0, 1))(3.0, 4.0),
        "forward": [ad.jvp(circle, (3.0, 4.0), along)[1] for along in ((1.0, 0.0), (0.0, 1.0))],
        "complex": numerical.gradient(circle, (3.0, 4.0), "complex-step").value,
    }
    for by_x, by_y in partials.values():
        close(-by_x / by_y, -3.0 / 4.0)
    close(calculus.implicit_derivative(circle, 3.0, 4.0), -3.0 / 4.0)
    for method, order in METHODS:
        found = numerical.gradient(circle, (3.0, 4.0), method, order=order)
        (by_x, by_y), (error_x, error_y) = found.value, found.error
        allowed = (error_x + 3.0 / 4.0 * error_y) / (by_y - error_y)
        assert abs(-by_x / by_y + 3.0 / 4.0) <= allowed < 1e-6


def test_the_rate_of_the_sphere():
    rate = calculus.related_rates(sphere, {"V": 36.0 * math.pi, "r": 3.0}, {"r": 0.5})["V"]
    close(rate, 4.0 * math.pi * 3.0**2 * 0.5)


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
