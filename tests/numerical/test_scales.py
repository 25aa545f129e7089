"""Functions that vary on another scale than the numbers they are given: errors, steps and checks know it."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest

import adcompile as ad
from adcompile import differences, numerical
from adcompile.errors import ArgumentError
from adcompile.numerical.formulas import METHODS

DIFFERENCES = METHODS[:-1]
SHAPES = {
    "sin": (np.sin, np.cos),
    "gauss": (lambda u: np.exp(-u * u), lambda u: -2.0 * u * np.exp(-u * u)),
    "fraction": (lambda u: 1.0 / (1.0 + u * u), lambda u: -2.0 * u / (1.0 + u * u) ** 2),
    "log": (lambda u: np.log(u), lambda u: 1.0 / u),
    "inverse": (lambda u: 1.0 / u, lambda u: -1.0 / u**2),
    "cubic": (lambda u: u**3 - u, lambda u: 3.0 * u**2 - 1.0),
}


def at_scales(name):
    """A function stretched to many scales, with a point and the exact derivative there."""
    shape, slope = SHAPES[name]
    rng = np.random.default_rng(0)
    for k in range(60):
        x = 10.0 ** rng.uniform(-8.0, 8.0)
        width = (x if k % 2 else min(x, 1.0)) / 10.0 ** rng.uniform(-3.0, 3.0)
        if x / width < 1e8:
            yield (lambda t, w=width: shape(t / w)), x, slope(x / width) / width


@pytest.mark.parametrize("method", DIFFERENCES)
@pytest.mark.parametrize("name", SHAPES)
def test_errors_are_honest_at_every_scale(name, method):
    with np.errstate(all="ignore"):
        within = []
        for f, x, exact in at_scales(name):
            found = numerical.derivative(f, x, method)
            within.append(not abs(found.value - exact) > found.error)
    assert np.mean(within) >= 0.97


@pytest.mark.parametrize("name", SHAPES)
def test_ridders_finds_the_scale(name):
    with np.errstate(all="ignore"):
        errors = [
            abs(numerical.derivative(f, x, "ridders").value / exact - 1.0)
            for f, x, exact in at_scales(name)
            if abs(exact) > 1e-100
        ]
    assert np.quantile(errors, 0.9) < 1e-8


@pytest.mark.parametrize(
    ("f", "x", "exact"),
    [
        (np.sin, 1e8, math.cos(1e8)),
        (np.log, 1e-8, 1e8),
        (lambda x: 1.0 / x, 1e-8, -1e16),
        (np.sqrt, 1e-8, 5e3),
        (lambda x: x**3, 1e8, 3e16),
    ],
)
def test_complex_steps_are_confirmed_where_steps_have_to_be_short(f, x, exact):
    found = numerical.derivative(f, x, "complex-step")
    assert found.value == pytest.approx(exact, rel=1e-14) and abs(found.value - exact) <= found.error
    assert abs(numerical.derivative(f, x, "ridders").value / exact - 1.0) < 1e-6


def test_the_error_of_a_complex_step_is_that_of_its_truncation_where_that_is_all():
    found = numerical.derivative(lambda x: x**3, 0.0, "complex-step")
    assert 0.0 < abs(found.value) <= found.error < 1e-38


def test_a_step_that_jumps_over_a_pole_is_not_believed():
    found = numerical.derivative(lambda x: 1.0 / x, 1e-8)
    assert abs(found.value + 1e16) > 1e15 and abs(found.value + 1e16) <= found.error


def test_the_curvature_of_a_wave_is_within_its_error():
    found = numerical.hessian(np.sin, 1e6)
    assert abs(found.value + math.sin(1e6)) <= found.error


def test_noise_leaves_ridders_a_derivative():
    noise = np.random.default_rng(2)
    found = [
        numerical.derivative(lambda x: math.sin(x) + 1e-6 * noise.normal(), 1.1, "ridders") for _ in range(20)
    ]
    assert max(abs(one.value - math.cos(1.1)) for one in found) < 0.05


NOISES = {
    "normal": lambda value, size, rng: value + size * rng.normal(),
    "uniform": lambda value, size, rng: value + size * rng.uniform(-1.0, 1.0),
    "relative": lambda value, size, rng: value * (1.0 + size * rng.normal()),
}


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize("size", [1e-12, 1e-9, 1e-6, 1e-3])
@pytest.mark.parametrize("kind", NOISES)
def test_the_error_of_ridders_knows_noise_that_nobody_told_it(kind, size, second):
    rng = np.random.default_rng(4)
    within, bounds = [], []
    for _ in range(60):
        x, rate = rng.normal(), rng.uniform(0.5, 3.0)
        f = lambda t, rate=rate: NOISES[kind](math.sin(rate * t) + 2.0, size, rng)
        if second:
            found, exact = numerical.hessian(f, x, "ridders"), -(rate**2) * math.sin(rate * x)
        else:
            found, exact = numerical.derivative(f, x, "ridders"), rate * math.cos(rate * x)
        within.append(abs(found.value - exact) <= found.error)
        bounds.append(found.error)
    assert np.mean(within) >= 0.95
    # and it is no worse than noise is with the first step, times what extrapolation makes of it
    assert np.median(bounds) <= (5e4 if second else 1e3) * size


def hidden(x):
    return float(np.float32(np.sin(np.float32(x))))


def test_a_staircase_leaves_ridders_a_derivative():
    assert abs(numerical.derivative(hidden, 1.1, "ridders").value - math.cos(1.1)) < 0.01
    known = numerical.derivative(hidden, 1.1, "ridders", accuracy=2.0**-23)
    assert abs(known.value - math.cos(1.1)) <= known.error < 1e-3


@pytest.mark.parametrize("method", ["forward", "central", "ridders"])
@pytest.mark.parametrize("digits", [2, 4, 6, 8])
def test_with_its_accuracy_known_the_error_of_a_staircase_is_honest(method, digits):
    rng = np.random.default_rng(1)
    f = lambda x: float(np.round(np.sin(x) + 2.0, digits))
    for x in rng.normal(size=40):
        found = numerical.derivative(f, x, method, accuracy=10.0**-digits)
        assert abs(found.value - math.cos(x)) <= found.error <= 50.0 * 10.0 ** (-0.4 * digits)


def cube(x):
    return x**3


def wave(x):
    return math.sin(x)


def inverse(x):
    return 1.0 / x


def squares(x):
    return np.sum(x * x)


def mixed(x):
    return np.sum(x**2) + x[0] * x[1]


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (cube, 1e8), (cube, 1e-8), (cube, -1e15), (wave, 1e3), (wave, 1e6), (inverse, 1e-8), (inverse, 1e8),
        (mixed, np.array([1e8, 1e-8, 1.0])), (mixed, np.array([1e4, 1.0], np.float32)),
        (squares, np.zeros(0)),
    ],
)  # fmt: skip
def test_checks_raise_no_false_alarm_at_any_scale(f, x):
    ad.check_grads(f, (x,))


@pytest.mark.parametrize(("f", "x"), [(cube, 1e8), (wave, 1e6), (inverse, 1e-8)])
def test_the_check_command_raises_no_false_alarm_at_any_scale(f, x):
    (row,) = differences.compare(f, {"x": x}, lambda function, values: function(**values), ["x"])
    assert row.good and row.reverse is not None and row.reverse < 1e-9


@pytest.mark.parametrize("x", [1e8, 1e-8, 1e3])
def test_checks_find_a_wrong_derivative_at_any_scale(x):
    with pytest.raises(AssertionError, match="disagree"):
        ad.check_grads(lambda x: inverse(x) * ad.stop_gradient(x), (x,), order=1)


def test_a_derivative_can_be_kept():
    found = numerical.gradient(lambda x: np.sum(x**2), np.ones(3))
    for kept in (pickle.loads(pickle.dumps(found)), copy.copy(found), copy.deepcopy(found)):
        assert np.array_equal(kept.value, found.value) and np.array_equal(kept.error, found.error)
        assert kept.error_evaluations == found.error_evaluations and str(kept) == str(found)


def plane(p):
    return 3.0 * p["a"] + np.sum(p["b"])


def test_each_number_may_have_its_own_radius():
    x = {"a": 1e8, "b": np.array([1e-8, 1.0])}
    far = {"a": 1e3, "b": np.array([1e-9, 0.5])}
    with np.errstate(all="ignore"):
        found = numerical.regression_gradient(plane, x, radius=far)
    assert found.value["a"] == pytest.approx(3.0, rel=1e-9)
    assert found.value["b"][1] == pytest.approx(1.0, rel=1e-5)
    assert numerical.spsa_gradient(plane, x, c=far).evaluations == 2


@pytest.mark.parametrize("radius", ["a", True, np.ones(2), np.array([1.0, 0.0, 1.0]), math.inf, 0])
def test_what_is_no_radius_is_refused(radius):
    for tool, name in ((numerical.regression_gradient, "radius"), (numerical.spsa_gradient, "c")):
        with pytest.raises(ArgumentError, match=f"{name}=") as caught:
            tool(lambda x: float(np.sum(x)), np.ones(3), **{name: radius})
        assert (
            caught.value.expected == "a positive number, one in the form of x for each number of it, or None"
        )


@pytest.mark.parametrize("options", [{"accuracy": "x"}, {"accuracy": True}, {"step": "x"}, {"step": True}])
def test_what_is_no_number_is_refused(options):
    ((name, value),) = options.items()
    with pytest.raises(ArgumentError) as caught:
        numerical.derivative(cube, 1.0, **options)
    assert caught.value.message == f"{name}={value!r}"


def test_numbers_of_any_type_are_numbers():
    assert numerical.derivative(cube, 1.0, step=np.int64(1)).value == 4.0
    with pytest.raises(ArgumentError, match="confidence='95'"):
        numerical.regression_gradient(lambda x: float(x), 1.0, confidence="95")
