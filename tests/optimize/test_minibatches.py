"""Minibatches: each epoch sees each row once, and training on real data comes to the minimum."""

from __future__ import annotations

import numpy as np
import pytest

import adcompile as ad
from adcompile.optimize import Stop, exponential, inverse_time, minimize, scipy_minimize


def seen(w, rows, targets, scale):
    return scale * np.mean((rows @ w - targets) ** 2)


def rows_and_targets(count):
    rng = np.random.default_rng(5)
    rows = rng.standard_normal((count, 3))
    return rows, rows @ np.array([1.0, -2.0, 0.5])


def test_each_epoch_sees_each_row_once():
    rows = np.eye(10)

    def loss(w, rows):
        return np.sum(rows @ w)

    result = minimize(
        loss, np.zeros(10), method="sgd", data=(rows,), batch_size=4, epochs=3, learning_rate=1.0
    )
    assert result.iterations == 9  # batches of 4, 4 and 2
    steps = -np.diff(result.trajectory.points, axis=0)
    assert steps.sum(axis=1).tolist() == [4.0, 4.0, 2.0] * 3
    for epoch in range(3):
        assert steps[3 * epoch : 3 * epoch + 3].sum(axis=0).tolist() == [1.0] * 10
    assert not np.array_equal(steps[:3], steps[3:6])


@pytest.mark.parametrize("method", ["sgd", "momentum", "nesterov", "rmsprop", "adam"])
def test_consistent_equations_are_solved(method):
    data = rows_and_targets(64)
    rates = {"sgd": 0.1, "momentum": 0.02, "nesterov": 0.02}
    result = minimize(
        seen, np.zeros(3), (2.0,), method, data=data, batch_size=8, epochs=200,
        learning_rate=rates.get(method, inverse_time(0.05, 0.02)),
    )  # fmt: skip
    assert result.success and result.reason is Stop.COMPLETED
    assert result.iterations == 1600
    np.testing.assert_allclose(result.x, [1.0, -2.0, 0.5], atol=2e-3)
    assert result.value == pytest.approx(float(seen(result.x, *data, 2.0)), rel=1e-12)


def test_a_run_is_the_same_each_time_and_another_with_another_seed():
    data = rows_and_targets(20)
    first, again, other = (
        minimize(seen, np.zeros(3), (1.0,), "sgd", data=data, batch_size=5, rng=rng)
        for rng in (0, np.random.default_rng(0), 1)
    )
    assert np.array_equal(first.trajectory.points, again.trajectory.points)
    assert not np.array_equal(first.trajectory.points, other.trajectory.points)


def test_stopped_early_the_value_is_that_of_all_data():
    data = rows_and_targets(20)
    result = minimize(seen, np.zeros(3), (1.0,), "sgd", data=data, batch_size=5, max_iterations=3)
    assert result.iterations == 3 and result.reason is Stop.COMPLETED
    assert result.value == pytest.approx(float(seen(result.x, *data, 1.0)), rel=1e-12)


def logistic_loss(p, images, labels, penalty):
    z = images @ p["w"] + p["b"]
    return np.mean(np.logaddexp(0.0, z) - labels * z) + 0.5 * penalty * np.sum(p["w"] ** 2)


@pytest.fixture(scope="module")
def cancer():
    data = pytest.importorskip("sklearn.datasets").load_breast_cancer()
    rows = (data.data - data.data.mean(axis=0)) / data.data.std(axis=0)
    return rows, data.target.astype(float)


@pytest.fixture(scope="module")
def regressed(cancer):
    """The optimum by scikit-learn's own solver: C is the reciprocal of the penalty on the sum."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    penalty = 0.01
    model = linear_model.LogisticRegression(
        C=1.0 / (penalty * len(cancer[0])), solver="newton-cholesky", tol=1e-12
    )
    model.fit(*cancer)
    return model.coef_[0], model.intercept_[0]


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("gradient-descent", {}),
        ("gradient-descent", {"learning_rate": 0.5, "max_iterations": 20_000, "record": 1000}),
        ("gradient-descent", {"line_search": "wolfe"}),
        ("momentum", {"learning_rate": 0.2}),
        ("nesterov", {"learning_rate": 0.2}),
        ("rmsprop", {"learning_rate": exponential(0.02, 0.998), "max_iterations": 20_000, "record": 1000}),
        ("adam", {"learning_rate": 0.05}),
        ("newton", {"gradient_tolerance": 1e-10}),
        ("damped-newton", {"gradient_tolerance": 1e-10}),
        ("trust-region", {"gradient_tolerance": 1e-10}),
    ],
)
def test_logistic_regression(cancer, regressed, method, options):
    start = {"w": np.zeros(30), "b": 0.0}
    options = {"gradient_tolerance": 1e-8, **options}
    result = minimize(logistic_loss, start, (*cancer, 0.01), method, **options)
    assert result.success and result.reason is Stop.GRADIENT
    # where the gradient is so small, x is as far from the minimum as the flattest direction allows
    curvature = np.linalg.eigvalsh(ad.hessian(flat_loss)(np.append(*regressed), *cancer))[0]
    assert curvature > 0.005
    found = np.append(result.x["w"], result.x["b"])
    assert (
        np.linalg.norm(found - np.append(*regressed))
        <= 2.0 * options["gradient_tolerance"] / curvature + 1e-9
    )
    assert type(result.x["b"]) is float


def flat_loss(x, images, labels):
    return logistic_loss({"w": x[:-1], "b": x[-1]}, images, labels, 0.01)


def test_scipy_finds_the_same_logistic_regression(cancer, regressed):
    pytest.importorskip("scipy.optimize")
    start = {"w": np.zeros(30), "b": 0.0}
    found = scipy_minimize(logistic_loss, start, (*cancer, 0.01), "BFGS", options={"gtol": 1e-9})
    np.testing.assert_allclose(np.append(found.x["w"], found.x["b"]), np.append(*regressed), atol=1e-6)


def excess(result, cancer, regressed):
    """How much a loss is above the least."""
    optimum = logistic_loss({"w": regressed[0], "b": regressed[1]}, *cancer, 0.01)
    assert logistic_loss(result.x, *cancer, 0.01) == pytest.approx(result.value, rel=1e-12)
    return result.value - optimum


def test_logistic_regression_by_values_alone(cancer, regressed):
    start = {"w": np.zeros(30), "b": 0.0}
    result = minimize(
        logistic_loss, start, (*cancer, 0.01), "spsa", learning_rate=0.01, c=1e-3, max_iterations=30_000,
        record=1000,
    )  # fmt: skip
    assert 0.0 < excess(result, cancer, regressed) < 1e-5


@pytest.mark.parametrize(
    ("method", "rate"),
    [
        ("sgd", inverse_time(0.5, 0.01)),
        ("momentum", inverse_time(0.05, 0.01)),
        ("nesterov", inverse_time(0.05, 0.01)),
        ("rmsprop", inverse_time(0.02, 0.02)),
        ("adam", inverse_time(0.05, 0.02)),
    ],
)
def test_logistic_regression_on_minibatches(cancer, regressed, method, rate):
    start = {"w": np.zeros(30), "b": 0.0}
    result = minimize(logistic_loss, start, (0.01,), method, data=cancer, epochs=20, learning_rate=rate)
    assert result.iterations == 20 * 18
    assert 0.0 < excess(result, cancer, regressed) < 1e-3
