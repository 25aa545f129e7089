"""Gradients of noisy functions: bias, variance and coverage against theory, at fixed seeds.

Where a mean of N independent numbers of known variance is compared with its expectation, five standard errors
are allowed: a right estimator fails that once in a million seeds, and the seeds are fixed.
"""

from __future__ import annotations

import doctest
import importlib
import math
import warnings

import numpy as np
import pytest

from adcompile import numerical
from adcompile.errors import ArgumentError
from adcompile.numerical.student import quantile, within

SLOPES = np.array([2.0, -1.0, 0.5])
ORIGIN = np.array([1.0, -2.0, 30.0])
SIGMA = 0.3


@pytest.mark.parametrize("name", ["regression", "spsa", "student"])
def test_examples(name):
    found = doctest.testmod(importlib.import_module(f"adcompile.numerical.{name}"))
    assert found.failed == 0 and found.attempted > 0


def assert_mean(samples, expected, variance):
    """The mean of independent numbers is what is expected of it, within five standard errors."""
    allowed = 5.0 * np.sqrt(np.asarray(variance) / len(samples))
    assert np.all(np.abs(np.mean(samples, axis=0) - expected) <= allowed)


def assert_variance(samples, expected):
    """The variance of nearly normal numbers is what is expected, within five standard errors of it."""
    ratio = np.var(samples, axis=0, ddof=1) / expected
    assert np.all(np.abs(ratio - 1.0) <= 5.0 * math.sqrt(2.0 / (len(samples) - 1)))


# -- regression ----------------------------------------------------------------------------------------------


def regressions(f, x, count, **options):
    points = np.random.default_rng(10)
    return [numerical.regression_gradient(f, x, rng=points, **options) for _ in range(count)]


def noisy_plane(seed):
    rng = np.random.default_rng(seed)
    return lambda x: float(SLOPES @ x) + SIGMA * rng.normal()


@pytest.mark.parametrize("options", [{}, {"weights": lambda r: 1.0 - 0.8 * r**2}, {"quadratic": True}])
def test_regression_is_unbiased_with_the_variance_it_tells(options):
    found = regressions(noisy_plane(1), ORIGIN, 300, samples=25, radius=0.5, **options)
    values = np.array([one.value for one in found])
    deviations = np.array([one.standard_error for one in found])
    assert_mean(values, SLOPES, np.mean(deviations**2, axis=0))
    # of the true variances given the points, the estimated ones are unbiased estimates
    assert_variance((values - SLOPES) / np.sqrt(np.mean(deviations**2, axis=0)), 1.0)
    noises = np.array([one.noise**2 for one in found])
    assert_mean(noises, SIGMA**2, np.var(noises))


@pytest.mark.parametrize("options", [{}, {"weights": lambda r: 1.0 - 0.8 * r**2}, {"quadratic": True}])
@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_intervals_hold_the_gradient_as_often_as_they_say(confidence, options):
    found = regressions(noisy_plane(2), ORIGIN, 300, samples=20, radius=0.5, confidence=confidence, **options)
    held = [(one.low[0] <= SLOPES[0] <= one.high[0]) for one in found]
    assert_mean(np.array(held, float), confidence, confidence * (1.0 - confidence))


def test_the_variance_of_many_points_is_that_of_the_formula():
    samples, radius = 200, 0.25
    found = regressions(noisy_plane(3), ORIGIN, 100, samples=samples, radius=radius)
    values = np.array([one.value for one in found])
    # the formula leaves out what is of the order of 1/samples
    assert_variance(values, 3.0 * SIGMA**2 / (samples * radius**2) * (1.0 + 5.0 / samples))


@pytest.mark.parametrize("quadratic", [False, True])
def test_the_third_derivative_is_a_bias(quadratic):
    radius = 0.5
    found = regressions(lambda x: x**3, 0.0, 300, samples=60, radius=radius, quadratic=quadratic)
    values = np.array([one.value for one in found])
    # x³ has the third derivative 6; what is of the order of 1/samples is left out, and so is added to what
    # the mean may be off
    bias = radius**2 * 6.0 / 10.0
    assert abs(np.mean(values) - bias) <= 5.0 * np.std(values) / math.sqrt(len(values)) + bias * 5.0 / 60.0
    assert np.mean(values) > 0.8 * bias


def test_mixed_third_derivatives_are_a_bias_too():
    radius = 0.5
    found = regressions(lambda x: x[0] * x[1] ** 2, np.zeros(2), 300, samples=60, radius=radius)
    values = np.array([one.value for one in found])
    # f_011 is 2
    bias = np.array([radius**2 * 2.0 / 6.0, 0.0])
    allowed = 5.0 * np.std(values, axis=0) / math.sqrt(len(values)) + radius**2 / 3.0 * 5.0 / 60.0
    assert np.all(np.abs(np.mean(values, axis=0) - bias) <= allowed)


def test_a_quadratic_model_takes_in_a_quadratic_function():
    def f(x):
        return 3.0 + x[0] ** 2 * 2.0 - x[0] * x[1] + 0.5 * x[1]

    x = np.array([1.0, 2.0])
    found = numerical.regression_gradient(f, x, quadratic=True)
    assert found.evaluations == 16
    np.testing.assert_allclose(found.value, [2.0, -0.5], rtol=1e-12)
    np.testing.assert_allclose(found.hessian, [[4.0, -1.0], [-1.0, 0.0]], atol=1e-11)
    assert found.function_value == pytest.approx(f(x), rel=1e-12)
    assert found.noise < 1e-13
    assert numerical.regression_gradient(f, x).hessian is None


def test_weights_near_the_point_lower_the_bias():
    # in one dimension the bias on x³ is the mean of w·u⁴ over that of w·u²: 3/5 for equal weights
    for weights, bias in [(None, 3.0 / 5.0), (lambda r: (1.0 - r) ** 2, 2.0 / 7.0)]:
        found = numerical.regression_gradient(lambda x: x**3, 0.0, samples=2000, radius=1.0, weights=weights)
        assert abs(found.value - bias) <= 5.0 * found.standard_error < 0.05


def test_regression_takes_containers_and_keeps_their_precision():
    x = {"w": np.array([1.0, 2.0], np.float32), "b": 3.0, "name": "net"}
    found = numerical.regression_gradient(lambda p: float(np.sum(p["w"]) * 2.0 + p["b"]), x)
    assert found.value["w"].dtype == np.float32 and found.value["name"] == "net"
    np.testing.assert_allclose(found.value["w"], 2.0, rtol=1e-6)
    assert type(found.value["b"]) is float and found.value["b"] == pytest.approx(1.0, rel=1e-6)


def test_a_run_is_the_same_each_time_and_a_generator_goes_on():
    f = lambda x: x @ x
    first, second = (numerical.regression_gradient(f, ORIGIN).value for _ in range(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, numerical.regression_gradient(f, ORIGIN, rng=1).value)
    rng = np.random.default_rng(0)
    assert np.array_equal(first, numerical.regression_gradient(f, ORIGIN, rng=rng).value)
    assert not np.array_equal(first, numerical.regression_gradient(f, ORIGIN, rng=rng).value)


def test_points_that_hardly_determine_the_gradient_are_told():
    def nearly_all(r):
        return np.where(np.argsort(np.argsort(r)) < 2, 1.0, 1e-9)

    with pytest.warns(numerical.ConditionWarning, match="the condition number is"):
        found = numerical.regression_gradient(lambda x: x @ x, ORIGIN, weights=nearly_all)
    assert found.condition > 1e3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert numerical.regression_gradient(lambda x: x @ x, ORIGIN).condition < 10.0


def test_the_text_of_a_regression():
    found = numerical.regression_gradient(lambda x: 2.0 * x, 1.0, samples=20)
    lines = str(found).splitlines()
    assert lines[1].startswith("  between ") and lines[2].endswith("(each with 95 % confidence)")
    assert lines[3].startswith("  by regression on 20 calls, noise ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": 4}, "samples=4"),
        ({"samples": 10.0}, "samples=10.0"),
        ({"samples": 10, "quadratic": True}, "samples=10"),
        ({"radius": 0.0}, "radius=0.0"),
        ({"confidence": 1.0}, "confidence=1.0"),
        ({"rng": "seed"}, "rng='seed'"),
        ({"weights": [1.0, 2.0]}, "weights of type list"),
        ({"weights": lambda r: -r}, "weights that are no array of positive numbers"),
        ({"weights": lambda r: 1.0}, "weights that are no array of positive numbers"),
        ({"weights": lambda r: 1.0 * (r == np.max(r))}, "the points do not determine the gradient"),
    ],
)
def test_wrong_options_of_regression(options, message):
    with pytest.raises(ArgumentError) as caught:
        numerical.regression_gradient(lambda x: x @ x, ORIGIN, **options)
    assert caught.value.message == message


def test_values_that_are_not_finite_are_refused():
    def f(x):
        return math.inf

    for tool in (numerical.regression_gradient, numerical.spsa_gradient):
        with pytest.raises(ArgumentError, match="f returns inf near x"):
            tool(f, 1.0)
        with pytest.raises(ArgumentError, match="returns an array of shape"):
            tool(lambda x: x, ORIGIN)


# -- simultaneous perturbation -------------------------------------------------------------------------------


def estimates(f, x, count, **options):
    source = np.random.default_rng(20)
    return np.array([numerical.spsa_gradient(f, x, rng=source, **options).value for _ in range(count)])


def test_spsa_takes_two_calls_whatever_the_dimension():
    calls = []

    def f(x):
        calls.append(1)
        return float(x @ x)

    found = numerical.spsa_gradient(f, np.ones(5000))
    assert found.evaluations == len(calls) == 2
    assert np.all(np.isnan(found.standard_error))
    assert numerical.spsa_gradient(f, np.ones(5000), averages=5).evaluations == 10


@pytest.mark.parametrize("sigma", [0.0, SIGMA])
def test_spsa_is_unbiased_on_a_quadratic_with_the_variance_of_the_formula(sigma):
    rng = np.random.default_rng(5)
    matrix = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, -1.0], [0.0, -1.0, 3.0]])
    x, c, count = np.array([1.0, -0.5, 0.25]), 0.1, 2000

    def f(x):
        return 0.5 * float(x @ matrix @ x) + sigma * rng.normal()

    exact = matrix @ x
    found = estimates(f, x, count, c=c)
    variance = np.sum(exact**2) - exact**2 + sigma**2 / (2.0 * c * c)
    assert_mean(found, exact, variance)
    # the fourth moment of a sum of signs is at most that of a normal number of the same variance
    assert_variance(found, variance)


def test_the_bias_of_spsa_is_that_of_the_formula():
    c, x = 0.5, np.array([0.3, -0.2])
    found = estimates(lambda x: float(x[0] ** 3 + 2.0 * x[0] * x[1] ** 2), x, 4000, c=c)
    exact = np.array([3.0 * x[0] ** 2 + 2.0 * x[1] ** 2, 4.0 * x[0] * x[1]])
    # f_000 = 6 and f_011 = 4, f_100 = 0 and f_111 = 0
    bias = c * c / 6.0 * np.array([6.0 + 3.0 * 4.0, 0.0])
    assert_mean(found, exact + bias, np.var(found, axis=0))
    assert bias[0] > 50.0 * np.std(found[:, 0]) / math.sqrt(len(found))


def test_the_standard_error_of_averages_is_that_of_the_formula():
    slopes, averages = np.array([3.0, 4.0, 12.0]), 4000
    found = numerical.spsa_gradient(lambda x: float(slopes @ x), np.zeros(3), averages=averages)
    expected = np.sqrt((np.sum(slopes**2) - slopes**2) / averages)
    np.testing.assert_allclose(found.standard_error, expected, rtol=5.0 * math.sqrt(2.0 / averages))
    assert np.all(np.abs(found.value - slopes) <= 5.0 * expected)


def test_common_random_numbers_cancel_noise():
    def f(x, rng):
        return float(x) ** 2 + rng.normal()

    found = estimates(f, 3.0, 20, c=1e-3, common_random_numbers=True)
    np.testing.assert_allclose(found, 6.0, rtol=1e-9)
    # noise that x scales cancels no more than its slope
    scaled = estimates(lambda x, rng: x * rng.normal(), 3.0, 2000, c=1e-3, common_random_numbers=True)
    assert_mean(scaled, 0.0, 1.0)
    assert_variance(scaled, 1.0)


def test_spsa_takes_containers_and_single_precision():
    x = [np.float32(100.0), {"b": 2.0}]
    found = numerical.spsa_gradient(lambda p: float(p[0]) * 0.5, x, c=1e-3)
    # 100 ± 0.001 is rounded in single precision, and the quotient knows
    assert type(found.value[0]) is np.float32 and found.value[0] == 0.5
    assert abs(found.value[1]["b"]) == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"averages": 0}, "averages=0"),
        ({"averages": 1.5}, "averages=1.5"),
        ({"c": -1.0}, "c=-1.0"),
        ({"rng": None}, "rng=None"),
    ],
)
def test_wrong_options_of_spsa(options, message):
    with pytest.raises(ArgumentError) as caught:
        numerical.spsa_gradient(lambda x: x @ x, ORIGIN, **options)
    assert caught.value.message == message


@pytest.mark.parametrize("x", [np.array([0.0, 2.0]), np.array([0.0, 2.0], np.float32)])
def test_a_move_that_rounding_takes_back_is_refused(x):
    with pytest.raises(ArgumentError) as caught:
        numerical.spsa_gradient(lambda x: x @ x, x, c=1e-17)
    assert caught.value.message == "c=1e-17 is lost in x=2"
    assert caught.value.expected == "a larger c, which changes x"


def test_the_text_of_spsa():
    found = numerical.spsa_gradient(lambda x: 2.0 * x, 1.0, c=0.5, averages=3)
    assert str(found) == "2.0\n  by simultaneous perturbation, mean of 3, 6 calls"


# -- Student's distribution ----------------------------------------------------------------------------------


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 30, 101])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_quantiles_are_those_of_scipy(confidence, freedom):
    stats = pytest.importorskip("scipy.stats")
    t = quantile(confidence, freedom)
    assert t == pytest.approx(stats.t.ppf(0.5 + 0.5 * confidence, freedom), rel=1e-9)
    assert within(t, freedom) == pytest.approx(confidence, rel=1e-12)
