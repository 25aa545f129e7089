"""The first-order methods follow their published formulas, step by step."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from optimize.functions import bowl, rosenbrock

from adcompile import ArgumentError
from adcompile.optimize import RULES, cosine, exponential, inverse_time, minimize, rule, step

START = np.array([-0.5, 0.8])
STEPS = 12


def gradient(x):
    return np.array([
        -2.0 * (1.0 - x[0]) - 400.0 * x[0] * (x[1] - x[0] ** 2),
        200.0 * (x[1] - x[0] ** 2),
    ])  # fmt: skip


def points(method, **options):
    result = minimize(
        rosenbrock, START, method=method, max_iterations=STEPS, gradient_tolerance=0.0, **options
    )
    assert result.iterations == STEPS and len(result.trajectory) == STEPS + 1
    return result.trajectory.points


def by_hand_gradient_descent(x):
    for _ in range(STEPS):
        yield (x := x - 1e-3 * gradient(x))


def by_hand_momentum(x):
    v = np.zeros(2)
    for _ in range(STEPS):
        v = 0.8 * v - 1e-3 * gradient(x)
        yield (x := x + v)


def by_hand_nesterov(x):
    """Sutskever, Martens, Dahl & Hinton (2013), eq. 3 and 4; what is followed is the point ahead."""
    theta, v = x, np.zeros(2)
    for _ in range(STEPS):
        v = 0.8 * v - 1e-3 * gradient(theta + 0.8 * v)
        theta = theta + v
        yield theta + 0.8 * v


def by_hand_rmsprop(x):
    square = np.zeros(2)
    for _ in range(STEPS):
        g = gradient(x)
        square = 0.9 * square + 0.1 * g * g
        yield (x := x - 1e-3 * g / (np.sqrt(square) + 1e-8))


def by_hand_adam(x):
    m, v = np.zeros(2), np.zeros(2)
    for t in range(1, STEPS + 1):
        g = gradient(x)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        yield (x := x - 1e-3 * (m / (1.0 - 0.9**t)) / (np.sqrt(v / (1.0 - 0.999**t)) + 1e-8))


@pytest.mark.parametrize(
    ("method", "by_hand", "options"),
    [
        ("gradient-descent", by_hand_gradient_descent, {}),
        ("momentum", by_hand_momentum, {"momentum": 0.8}),
        ("nesterov", by_hand_nesterov, {"momentum": 0.8}),
        ("rmsprop", by_hand_rmsprop, {}),
        ("adam", by_hand_adam, {}),
    ],
)
def test_trajectory(method, by_hand, options):
    expected = [START, *by_hand(START)]
    np.testing.assert_allclose(points(method, learning_rate=1e-3, **options), expected, rtol=1e-12)


def test_the_first_step_of_adam_is_the_rate_in_each_coordinate():
    moved = points("adam", learning_rate=0.01)[1] - START
    np.testing.assert_allclose(moved, -0.01 * np.sign(gradient(START)), rtol=1e-8)


def test_momentum_on_a_quadratic_is_the_heavy_ball():
    """Each coordinate obeys x₊ = x − r a x + β (x − x₋); complex roots of that have modulus √β."""
    result = minimize(
        lambda x: 0.5 * np.sum(np.array([1.0, 10.0]) * x**2),
        np.ones(2),
        method="momentum",
        learning_rate=0.1,
        momentum=0.81,
        max_iterations=200,
        gradient_tolerance=0.0,
    )
    x = result.trajectory.points
    rates = 0.1 * np.array([1.0, 10.0])
    np.testing.assert_allclose(x[2:], x[1:-1] * (1.81 - rates) - 0.81 * x[:-2], atol=1e-12)
    assert np.linalg.norm(x[-1]) < 10.0 * 0.9**200


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        (0.1, [0.1] * 4),
        (step(0.1, every=2, factor=0.1), [0.1, 0.1, 0.01, 0.01]),
        (exponential(0.1, 0.5), [0.1, 0.05, 0.025, 0.0125]),
        (inverse_time(0.1, 0.5), [0.1, 0.1 / 1.5, 0.05, 0.04]),
        (cosine(0.1, 2, final=0.02), [0.1, 0.06, 0.02, 0.02]),
        (lambda k: 0.1 / (k + 1), [0.1, 0.05, 0.1 / 3, 0.025]),
    ],
)
def test_schedules(schedule, rates):
    result = minimize(bowl, np.zeros(3), method="gradient-descent", learning_rate=schedule, max_iterations=4)
    np.testing.assert_allclose(result.trajectory.rates[1:], rates, rtol=1e-12)
    shrink = np.cumprod(1.0 - 2.0 * np.array(rates))
    np.testing.assert_allclose(result.trajectory.points[1:, 0], 1.0 - shrink, rtol=1e-12)


@pytest.mark.parametrize("steps", [0, -1, 2.5, True])
def test_schedules_take_whole_steps(steps):
    for make, name in ((lambda: cosine(0.1, steps), "steps"), (lambda: step(0.1, steps), "every")):
        with pytest.raises(ArgumentError, match=f"{name}={steps!r}"):
            make()


@pytest.mark.parametrize("schedule", [cosine(0.1, 9), step(0.1, 2), exponential(0.1, 0.9), inverse_time(0.1)])
def test_schedules_can_be_kept(schedule):
    kept = pickle.loads(pickle.dumps(schedule))
    assert repr(kept) == repr(schedule) and [kept(k) for k in range(5)] == [schedule(k) for k in range(5)]


def test_schedules_show_what_they_are():
    assert repr(cosine(0.1, 50)) == "cosine(0.1, steps=50, final=0.0)"


def test_a_rule_of_ones_own():
    sign = rule("sign", 0.25, {"flat": 0.0}, x="x - rate * (g / maximum(abs(g), flat))")
    result = minimize(bowl, np.zeros(2), method=sign, flat=1e-3, max_iterations=10)
    assert result.method == "sign" and result.success and result.iterations == 4


def test_a_rule_must_end_in_x():
    with pytest.raises(ArgumentError, match=r"the updates of 'odd' do not end in x \[AD210\]"):
        rule("odd", 0.1, x="x - rate * g", v="g")


def test_a_rule_shows_its_updates():
    shown = "momentum:\n    v = momentum * v - rate * g\n    x = x + v"
    assert str(RULES["momentum"]) == shown
