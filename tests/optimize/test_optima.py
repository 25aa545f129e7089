"""Every method finds the known minima of the usual test functions."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from optimize.functions import (
    beale,
    beale_residuals,
    himmelblau,
    himmelblau_residuals,
    quadratic,
    rosenbrock,
    rosenbrock_residuals,
)

import adcompile as ad
from adcompile.optimize import METHODS, Stop, exponential, minimize

MINIMA = {
    "rosenbrock": (rosenbrock, rosenbrock_residuals, [-1.2, 1.0], [1.0, 1.0]),
    "himmelblau": (himmelblau, himmelblau_residuals, [2.0, 1.0], [3.0, 2.0]),
    "beale": (beale, beale_residuals, [1.0, 0.5], [3.0, 0.5]),
}
OPTIONS = {
    "gradient-descent": {"max_iterations": 40_000, "record": 1000},
    "momentum": {"learning_rate": 1e-3, "max_iterations": 10_000},
    "nesterov": {"learning_rate": 1e-3, "max_iterations": 10_000},
    "rmsprop": {"learning_rate": exponential(0.02, 0.999), "max_iterations": 20_000, "record": 1000},
    "adam": {"learning_rate": 0.02, "max_iterations": 20_000, "record": 1000},
    "damped-newton": {},
    "trust-region": {},
    "gauss-newton": {"line_search": "armijo"},
    "levenberg-marquardt": {},
}


@pytest.mark.parametrize("method", OPTIONS)
@pytest.mark.parametrize("name", MINIMA)
def test_minimum(name, method):
    f, residuals, start, minimum = MINIMA[name]
    function = residuals if method in ("gauss-newton", "levenberg-marquardt") else f
    result = minimize(function, np.array(start), method=method, **OPTIONS[method])
    assert result.success and result.reason is Stop.GRADIENT
    # where the gradient is at most 1e-6, x is as far from the minimum as the flattest direction allows
    curvature = np.linalg.eigvalsh(ad.hessian(f)(np.array(minimum)))[0]
    assert np.linalg.norm(result.x - minimum) <= 2e-6 / curvature
    assert result.value == pytest.approx(f(result.x), rel=1e-12)


@pytest.mark.parametrize("name", MINIMA)
def test_the_minima_are_those_of_scipy(name):
    scipy = pytest.importorskip("scipy.optimize")
    f, _, start, minimum = MINIMA[name]
    found = scipy.minimize(
        ad.value_and_grad(f), np.array(start), jac=True, method="BFGS", options={"gtol": 1e-9}
    )
    np.testing.assert_allclose(found.x, minimum, atol=1e-8)


@pytest.mark.parametrize("name", MINIMA)
def test_newton_finds_the_minimum_where_the_way_curves_up(name):
    """It has no other way: from two of the usual starts, it says that the Hessian is not definite there."""
    f, _, start, minimum = MINIMA[name]
    result = minimize(f, np.array(start), method="newton")
    if name == "rosenbrock":
        assert result.success
        np.testing.assert_allclose(result.x, minimum, atol=1e-8)
    else:
        assert not result.success and result.reason is Stop.CURVATURE
        near = minimize(f, np.array(minimum) - [0.3, 0.1], method="newton")
        assert near.success
        np.testing.assert_allclose(near.x, minimum, atol=1e-8)


@pytest.mark.parametrize(
    ("name", "rate", "steps"),
    [("rosenbrock", 1e-3, 40_000), ("himmelblau", 2e-3, 5000), ("beale", 4e-3, 20_000)],
)
def test_spsa_finds_the_minimum(name, rate, steps):
    f, _, start, minimum = MINIMA[name]
    result = minimize(
        f, np.array(start), method="spsa", learning_rate=rate, c=0.01, max_iterations=steps, record=1000
    )
    assert result.success and result.evaluations.values == 2 * steps + 2
    # the difference to both sides adds c²/6 of third derivatives to a gradient that is 0
    np.testing.assert_allclose(result.x, minimum, atol=1e-3)


@pytest.mark.parametrize(
    ("name", "rate", "epochs"),
    [("rosenbrock", 4e-4, 25_000), ("himmelblau", 4e-3, 1000), ("beale", 8e-3, 3000)],
)
def test_sgd_finds_the_minimum_of_a_residual_at_a_time(name, rate, epochs):
    """All residuals are 0 at the minimum, so that it stays there at any rate that is small enough."""
    _, residuals, start, minimum = MINIMA[name]
    count = len(residuals(np.array(start)))

    def of_rows(x, rows):
        return 0.5 * count * np.mean((rows @ residuals(x)) ** 2)

    result = minimize(
        of_rows, np.array(start), method="sgd", data=(np.eye(count),), batch_size=1, epochs=epochs,
        learning_rate=rate, record=1000,
    )  # fmt: skip
    assert result.success
    np.testing.assert_allclose(result.x, minimum, atol=1e-3)


def test_every_method_is_run_on_these():
    assert {*OPTIONS, "newton", "spsa", "sgd"} == {*METHODS}


@pytest.mark.parametrize("name", MINIMA)
def test_newton_is_quadratic_near_the_minimum(name):
    f, _, _, minimum = MINIMA[name]
    result = minimize(f, np.array(minimum) + 0.02, method="newton", gradient_tolerance=1e-10)
    points = result.trajectory.points
    errors = np.linalg.norm(points - minimum, axis=1)
    assert result.success and errors[-1] < 1e-12
    # Nocedal & Wright, theorem 3.5: the Lipschitz constant of the Hessian by its least eigenvalue
    hessian = ad.hessian(f)
    at_minimum = hessian(np.array(minimum))
    lipschitz = 2.0 * np.linalg.norm(hessian(points[0]) - at_minimum, 2) / errors[0]
    factor = lipschitz / np.linalg.eigvalsh(at_minimum)[0]
    assert np.all(errors[1:] <= factor * errors[:-1] ** 2 + 1e-13)


@pytest.mark.parametrize("method", ["damped-newton", "trust-region"])
def test_scipy_agrees(method):
    scipy = pytest.importorskip("scipy.optimize")
    start = np.array([0.3, -0.7, 1.2, 0.1, 0.9])
    value_and_grad = ad.value_and_grad(chained_rosenbrock)
    expected = scipy.minimize(value_and_grad, start, jac=True, method="BFGS", options={"gtol": 1e-9})
    result = minimize(chained_rosenbrock, start, method=method, gradient_tolerance=1e-9)
    np.testing.assert_allclose(result.x, expected.x, atol=1e-8)


def chained_rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


@functools.cache
def large_quadratic():
    rng = np.random.default_rng(3)
    return np.exp(rng.uniform(0.0, 3.0, 1000)), rng.standard_normal(1000)


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("gradient-descent", {}),
        ("gradient-descent", {"learning_rate": 0.09}),
        ("gradient-descent", {"line_search": "wolfe"}),
        ("momentum", {"learning_rate": 0.05, "momentum": 0.6}),
        ("nesterov", {"learning_rate": 0.04, "momentum": 0.6}),
        ("rmsprop", {"learning_rate": exponential(0.05, 0.998), "max_iterations": 20_000, "record": 1000}),
        ("adam", {"learning_rate": 0.05}),
        ("newton", {}),
        ("damped-newton", {"line_search": "armijo"}),
        ("trust-region", {}),
    ],
)
def test_quadratic_in_a_thousand_dimensions(method, options):
    a, b = large_quadratic()
    result = minimize(quadratic, np.zeros(1000), (a, b), method, **options)
    assert result.success
    # the error in each direction is the gradient divided by the curvature, which is at least 1
    assert np.linalg.norm(result.x - b / a) <= 1e-6
    if method == "newton":
        assert result.iterations == 1


def test_least_squares_in_a_thousand_dimensions():
    a, b = large_quadratic()
    residuals = lambda x, a, b: np.sqrt(a) * (x - b / a)
    result = minimize(residuals, np.zeros(1000), (a, b), "gauss-newton")
    assert result.success and result.iterations == 1
    assert np.linalg.norm(result.x - b / a) <= 1e-9


def test_sgd_in_a_thousand_dimensions():
    a, b = large_quadratic()
    rows = np.random.default_rng(8).standard_normal((4000, 1000))
    half_of_squares = lambda x, rows, targets: 0.5 * np.mean((rows @ x - targets) ** 2)
    result = minimize(
        half_of_squares, np.zeros(1000), method="sgd", data=(rows, rows @ (b / a)), batch_size=400, epochs=60,
        learning_rate=0.25, record=100,
    )  # fmt: skip
    assert result.success
    assert np.linalg.norm(result.x - b / a) <= 1e-9


def test_spsa_in_a_thousand_dimensions():
    """A step of two values is as noisy as the whole gradient is long: the rate is below 1 over the trace."""
    a, b = large_quadratic()
    result = minimize(
        quadratic, np.zeros(1000), (a, b), "spsa", learning_rate=0.8 / np.sum(a), c=1e-3,
        max_iterations=30_000, record=10_000,
    )  # fmt: skip
    assert result.success
    assert np.linalg.norm(result.x - b / a) <= 0.03 * np.linalg.norm(b / a)


def exponential_fit(p, t):
    return {"fast": p["a"] * np.exp(-p["rates"][0] * t), "slow": np.exp(-p["rates"][1] * t)}


def misfit(p, t, y):
    found = exponential_fit(p, t)
    return {name: found[name] - y[name] for name in found}


@pytest.mark.parametrize("method", ["gauss-newton", "levenberg-marquardt"])
@pytest.mark.parametrize("points", [1, 20])
def test_least_squares_on_containers(method, points):
    t = np.linspace(0.1, 2.0, points)
    truth = {"a": 2.0, "rates": np.array([3.0, 0.5])}
    y = exponential_fit(truth, t)
    start = {"a": 1.8, "rates": np.array([2.5, 0.8])}
    result = minimize(misfit, start, (t, y), method, gradient_tolerance=1e-12)
    assert result.success and result.value < 1e-20
    assert result.evaluations.gradients == 0 and result.evaluations.jacobians == result.iterations + 1
    if points > 1:
        assert result.x["a"] == pytest.approx(2.0, abs=1e-9)
        np.testing.assert_allclose(result.x["rates"], [3.0, 0.5], atol=1e-9)


def saddle(x):
    return x[0] ** 2 - x[1] ** 2 + 0.25 * x[1] ** 4


def test_newton_stops_where_the_hessian_curves_down():
    result = minimize(saddle, np.array([0.5, 0.1]), method="newton")
    assert not result.success and result.reason is Stop.CURVATURE


@pytest.mark.parametrize("method", ["damped-newton", "trust-region"])
def test_damped_methods_leave_a_saddle(method):
    result = minimize(saddle, np.array([0.5, 0.1]), method=method)
    assert result.success
    np.testing.assert_allclose(result.x, [0.0, np.sqrt(2.0)], atol=1e-6)


def noisy_free(x):
    return np.sum((x - np.arange(5.0)) ** 2)


def test_spsa_comes_near_the_minimum():
    result = minimize(noisy_free, np.zeros(5), method="spsa", a=0.5, max_iterations=2000)
    assert result.success and result.reason is Stop.COMPLETED
    assert result.gradient is None
    np.testing.assert_allclose(result.x, np.arange(5.0), atol=1e-3)
    # two a step, and both ends
    assert result.evaluations.values == 2 * 2000 + 2


def test_spsa_takes_gains_and_ends_early():
    result = minimize(
        noisy_free,
        np.zeros(5),
        method="spsa",
        learning_rate=0.1,
        callback=lambda state: state.iteration == 7,
    )
    assert result.reason is Stop.CALLBACK and result.iterations == 7
    assert np.all(result.trajectory.rates[1:] == 0.1)
    assert result.value == noisy_free(result.x)


def test_spsa_needs_no_derivative():
    result = minimize(lambda x: float(np.round(noisy_free(x), 3)), np.ones(5), method="spsa", a=0.5)
    assert result.value < 0.1


def test_spsa_that_diverges_is_no_success():
    result = minimize(rosenbrock, np.array([-1.2, 1.0]), method="spsa", max_iterations=50, a=1.0)
    assert not result.success and result.reason is Stop.LARGER
