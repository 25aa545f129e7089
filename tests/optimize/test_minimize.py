"""What all methods share: containers, stopping, callbacks, failures, what is shown."""

from __future__ import annotations

import builtins
import copy
import doctest
import importlib
import math
import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from optimize.functions import bowl, rosenbrock

import adcompile as ad
from adcompile import ArgumentError, UnsupportedSyntax, optimize
from adcompile.optimize import METHODS, NotFinite, Stop, cosine, minimize, problem

START = np.array([-1.2, 1.0])


@dataclass(frozen=True)
class Model:
    weights: np.ndarray
    bias: float
    name: str


def loss(model, rows, targets):
    return np.mean((rows @ model["layer"].weights + model["layer"].bias - targets) ** 2)


def squared(x):
    return (x - 3.0) ** 2


@pytest.mark.parametrize("method", ["gradient-descent", "newton", "damped-newton", "trust-region"])
def test_containers(method):
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((30, 2))
    targets = rows @ np.array([2.0, -1.0]) + 0.5
    start = {"layer": Model(np.zeros(2), 0.0, "dense"), "count": 7}
    result = minimize(loss, start, (rows, targets), method, gradient_tolerance=1e-9)
    found = result.x["layer"]
    assert result.success and isinstance(found, Model)
    assert found.name == "dense" and result.x["count"] == 7 and type(found.bias) is float
    np.testing.assert_allclose(found.weights, [2.0, -1.0], atol=1e-8)
    assert found.bias == pytest.approx(0.5, abs=1e-8)
    assert isinstance(result.gradient["layer"], Model)
    assert start["layer"].weights.tolist() == [0.0, 0.0]
    assert result.trajectory[0].x["layer"].bias == 0.0


@pytest.mark.parametrize("start", [0.0, np.float64(0.0), np.array(0.0)], ids=lambda x: type(x).__name__)
def test_numbers(start):
    result = minimize(squared, start)
    assert type(result.x) is type(start) and result.x == pytest.approx(3.0, abs=1e-6)
    assert type(result.value) is float and type(result.gradient_norm) is float


@pytest.mark.parametrize("method", ["gradient-descent", "adam", "newton", "trust-region"])
def test_single_precision(method):
    start = np.zeros(4, np.float32)
    options = {"learning_rate": 0.05} if method == "adam" else {}
    result = minimize(bowl, start, method=method, gradient_tolerance=1e-4, **options)
    assert result.success and result.x.dtype == np.float32 and result.gradient.dtype == np.float32
    assert result.trajectory[1].x.dtype == np.float32
    np.testing.assert_allclose(result.x, 1.0, atol=1e-4)
    # each point is one that single precision has
    points = result.trajectory.points
    assert np.array_equal(points, points.astype(np.float32))


@pytest.mark.parametrize("method", ["damped-newton", "trust-region"])
def test_rounding_errors_of_single_precision_do_not_hide_the_minimum(method):
    def high(x):
        return np.float32(1000.0) + np.sum(np.cosh(x - np.float32(1.0)))

    result = minimize(high, np.zeros(3, np.float32), method=method)
    assert result.success
    np.testing.assert_allclose(result.x, 1.0, atol=1e-6)


def test_trajectory():
    result = minimize(rosenbrock, START, method="damped-newton")
    way = result.trajectory
    assert len(way) == result.iterations + 1 == len(list(way))
    assert way.points.shape == (len(way), 2) and way.iterations.tolist() == list(range(len(way)))
    np.testing.assert_array_equal(way.points[0], START)
    np.testing.assert_array_equal(way[-1].x, result.x)
    np.testing.assert_allclose(way.values, [rosenbrock(x) for x in way.points], rtol=1e-12)
    assert np.all(np.diff(way.values) < 0.0)
    assert way[-1].value == result.value and way[-1].gradient_norm == result.gradient_norm
    assert math.isnan(way.rates[0]) and np.all(way.rates[1:] > 0.0)
    assert repr(way) == f"<trajectory of {len(way)} points in 2 parameters>"


def test_slices_of_a_trajectory():
    way = minimize(rosenbrock, START).trajectory
    some = way[1:8:3]
    assert some.iterations.tolist() == [1, 4, 7] and len(some) == 3
    np.testing.assert_array_equal(some[-1].x, way[7].x)
    with pytest.raises(IndexError):
        way[len(way)]


def test_results_can_be_kept():
    result = minimize(rosenbrock, {"x": START}["x"], method="adam", learning_rate=cosine(0.1, 50))
    for kept in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
        assert str(kept) == str(result) and kept.reason is result.reason
        np.testing.assert_array_equal(kept.trajectory.points, result.trajectory.points)


def test_a_trajectory_of_some_points():
    options = {"learning_rate": 0.01, "max_iterations": 25, "record": 10}
    result = minimize(bowl, np.zeros(2), method="gradient-descent", **options)
    assert result.trajectory.iterations.tolist() == [0, 10, 20, 25]
    np.testing.assert_allclose(result.trajectory.points[1], 1.0 - 0.98**10, rtol=1e-12)


def test_evaluations_are_counted():
    result = minimize(bowl, np.zeros(2), method="gradient-descent", learning_rate=0.1, max_iterations=7)
    assert (result.evaluations.gradients, result.evaluations.values) == (8, 0)
    result = minimize(bowl, np.zeros(2), method="newton")
    assert result.evaluations.gradients == 2 and result.evaluations.products == 1
    assert str(result.evaluations) == "2 gradients, 1 Hessian product"


STOPS = [
    ({"max_iterations": 3}, Stop.ITERATIONS, False),
    ({"gradient_tolerance": 0.1}, Stop.GRADIENT, True),
    ({"step_tolerance": 1e-3}, Stop.STEP, True),
    ({"value_tolerance": 1e-3}, Stop.VALUE, True),
    ({"callback": lambda state: state.iteration == 4}, Stop.CALLBACK, False),
    ({"max_iterations": 0}, Stop.ITERATIONS, False),
]


@pytest.mark.parametrize(("options", "reason", "success"), STOPS, ids=lambda v: getattr(v, "name", ""))
def test_reasons_to_stop(options, reason, success):
    result = minimize(bowl, np.zeros(2), method="gradient-descent", learning_rate=0.1, **options)
    assert result.reason is reason and result.success is success
    assert reason.value in str(result)


def test_the_start_may_be_the_minimum():
    result = minimize(bowl, np.ones(2))
    assert result.success and result.iterations == 0


@pytest.mark.parametrize("method", ["gradient-descent", "damped-newton"])
def test_rounding_errors_do_not_hide_the_minimum(method):
    def high(x):
        return 1e9 + np.sum(np.cosh(x - 1.0))

    result = minimize(high, np.zeros(2), method=method, line_search="wolfe", gradient_tolerance=1e-10)
    assert result.success
    np.testing.assert_allclose(result.x, 1.0, atol=1e-10)


def pulled(x):
    return x - 1.0, 1e-9 * (x + 1.0)


def pulled_squared(x):
    return 0.5 * ((x - 1.0) ** 2 + 1e-18 * (x + 1.0) ** 2)


@pytest.mark.parametrize(
    "method", sorted(set(METHODS) - {"sgd", "spsa", "momentum", "nesterov", "rmsprop", "adam"})
)
def test_no_step_is_left_where_it_would_not_move_x(method):
    f = pulled if method in ("gauss-newton", "levenberg-marquardt") else pulled_squared
    result = minimize(f, 2.0, method=method, gradient_tolerance=0.0)
    assert result.reason is Stop.NO_STEP and not result.success
    assert result.x == 1.0


@pytest.mark.parametrize("line_search", ["armijo", "wolfe"])
def test_no_step_where_the_derivative_is_not_that_of_the_value(line_search):
    def f(x):
        return x - 3.0 * ad.stop_gradient(x)

    result = minimize(f, 0.3, method="gradient-descent", line_search=line_search)
    assert not result.success and result.reason is Stop.NO_STEP


def test_callbacks_see_each_state():
    seen = []
    result = minimize(rosenbrock, {"x": START}["x"], callback=seen.append)
    assert [state.iteration for state in seen] == list(range(result.iterations + 1))
    assert seen[-1].value == result.value
    np.testing.assert_array_equal(seen[-1].x, result.x)


def test_a_callback_may_raise_stop_iteration():
    def callback(state):
        if state.value < 1.0:
            raise StopIteration

    result = minimize(rosenbrock, START, callback=callback)
    assert result.reason is Stop.CALLBACK
    assert result.value < 1.0 <= result.trajectory.values[-2]


def test_failure_of_a_method_that_diverges():
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(NotFinite) as caught:
        minimize(rosenbrock, START, method="gradient-descent", learning_rate=0.1)
    first, second, third = str(caught.value).splitlines()
    assert first == "gradient-descent, iteration 5: the value is not finite"
    assert second == "  at x = [6.49033e+169, 2.76165e+113], where the value is inf, after a step of rate 0.1"
    assert third == "  try a smaller learning_rate, or method='gradient-descent' with line_search='armijo'"
    result = caught.value.result
    assert result.reason is Stop.NOT_FINITE and not result.success
    assert len(result.trajectory) == 6 and result.trajectory[0].value == rosenbrock(START)
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value) and again.result.iterations == 5


def logarithm(x):
    return np.sum(x - np.log(x))


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"sgd", "gauss-newton", "levenberg-marquardt"}))
def test_failure_at_the_start(method):
    with np.errstate(invalid="ignore"), pytest.raises(NotFinite, match="try a start at which the function"):
        minimize(logarithm, np.array([1.0, -1.0]), method=method)


@pytest.mark.parametrize("method", ["gradient-descent", "damped-newton", "trust-region"])
@pytest.mark.filterwarnings("ignore:invalid value encountered in log")
def test_a_search_goes_round_what_is_not_finite(method):
    result = minimize(logarithm, np.array([40.0, 0.02]), method=method)
    assert result.success
    np.testing.assert_allclose(result.x, 1.0, atol=1e-5)


def steep(x):
    return math.exp(x) - x


def test_arithmetic_errors_of_python_numbers():
    with pytest.raises(NotFinite, match="the value is nan") as caught:
        minimize(steep, -10.0, method="newton")
    assert isinstance(caught.value.__cause__, OverflowError)
    assert minimize(steep, -10.0, method="damped-newton").x == pytest.approx(0.0, abs=1e-6)


def barrier(x):
    return x - 0.01 * math.log(x)


def rooted_misfit(x):
    return math.sqrt(x) - 0.1


@pytest.mark.parametrize("method", ["gradient-descent", "damped-newton", "trust-region"])
def test_a_search_goes_round_where_a_python_number_has_no_logarithm(method):
    result = minimize(barrier, 2.0, method=method)
    assert result.success and result.x == pytest.approx(0.01, abs=1e-8)


def test_a_step_out_of_the_domain_of_python_numbers():
    with pytest.raises(NotFinite) as caught:
        minimize(barrier, 2.0, method="gradient-descent", learning_rate=3.0)
    assert isinstance(caught.value.__cause__, ValueError) and len(caught.value.result.trajectory) == 2
    first = str(caught.value).splitlines()[0]
    assert first == "gradient-descent, iteration 1: the value is not finite (ValueError: math domain error)"
    fit = minimize(rooted_misfit, 2.0, method="levenberg-marquardt")
    assert fit.success and fit.x == pytest.approx(0.01, abs=1e-6)


def test_a_start_out_of_the_domain_is_an_error_of_the_program():
    with pytest.raises(ValueError, match="math domain error"):
        minimize(barrier, -1.0)


def of_batches(w, rows):
    return np.mean((rows.reshape(4, 2) @ w) ** 2)


def test_a_value_error_of_another_minibatch_goes_through():
    with pytest.raises(ValueError, match="reshape"):
        minimize(of_batches, np.ones(2), method="sgd", data=(np.ones((6, 2)),), batch_size=4)


def steep_misfit(x):
    return math.exp(x) - 1.0


def test_arithmetic_errors_of_residuals():
    with pytest.raises(NotFinite, match="the value is nan") as caught:
        minimize(steep_misfit, -10.0, method="gauss-newton")
    assert isinstance(caught.value.__cause__, OverflowError)
    assert minimize(steep_misfit, -10.0, method="levenberg-marquardt").x == pytest.approx(0.0, abs=1e-6)
    searched = minimize(steep_misfit, -10.0, method="gauss-newton", line_search="armijo")
    assert searched.x == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("method", ["newton", "damped-newton", "trust-region"])
def test_arithmetic_errors_of_the_hessian(method, monkeypatch):
    def raises(*arguments):
        raise OverflowError

    monkeypatch.setattr(problem, "hvp", lambda f: raises)
    with pytest.raises(NotFinite, match="iteration 0: the Hessian is not finite") as caught:
        minimize(squared, 0.0, method=method)
    assert isinstance(caught.value.__cause__, OverflowError)


def broken_hessian(x):
    return np.sum(x**1.5) + x[0]


def test_failure_of_the_hessian():
    with np.errstate(all="ignore"), pytest.raises(NotFinite, match="iteration 0: the Hessian is not"):
        minimize(broken_hessian, np.zeros(2), method="newton")


def test_failure_of_a_jacobian():
    with np.errstate(all="ignore"), pytest.raises(NotFinite, match="iteration 0: the gradient is not finite"):
        minimize(lambda x: np.sqrt(x), np.zeros(2), method="levenberg-marquardt")


def guarded(x):
    try:
        return x * x
    except ValueError:
        return x


@pytest.mark.parametrize("method", ["gradient-descent", "newton", "trust-region", "levenberg-marquardt"])
def test_refusals_go_through(method):
    with pytest.raises(UnsupportedSyntax, match=r"test_minimize\.py.*`try`"):
        minimize(guarded, 1.0, method=method)


WRONG = [
    ({"method": "bfgs"}, r"method='bfgs' \[AD210\]\n  expected one of 'gradient-descent',"),
    ({"method": "sgd"}, "method='sgd' without data"),
    ({"momentum": 0.9, "method": "adam"}, r"momentum= for method='adam' \[AD210\]\n  expected one of 'bet"),
    ({"momentum": 0.9}, r"momentum= for method='trust-region' \[AD210\]\n  expected one of 'radius'"),
    ({"learning_rate": 0.1}, r"learning_rate= for method='trust-region' \[AD210\]\n  expected it for one of"),
    ({"line_search": "wolfe", "method": "adam"}, "line_search= for method='adam'"),
    ({"line_search": "exact", "method": "damped-newton"}, "line_search='exact'"),
    ({"learning_rate": -1.0, "method": "adam"}, "the learning rate of step 0 is -1.0"),
    ({"learning_rate": lambda k: 0.1 - k, "method": "adam"}, "the learning rate of step 1 is -0.9"),
    ({"data": np.ones((3, 2)), "method": "sgd"}, "data is of type ndarray"),
    ({"data": (np.ones((0, 2)),), "method": "sgd"}, "data with 0 rows"),
    ({"args": np.ones(1)}, r"args is of type ndarray \[AD210\]\n  expected a tuple"),
    ({"radius": 0.0}, r"radius=0.0 \[AD210\]\n  expected a positive number"),
    ({"beta1": "0.9", "method": "adam"}, "beta1='0.9'"),
    ({"record": 0}, "record=0"),
    ({"data": (np.ones(3),)}, "data= for method='trust-region'"),
    ({"data": (np.ones(3), np.ones(4)), "method": "sgd"}, "data with 3, 4 rows"),
    ({"data": ([1.0],), "method": "sgd"}, "data with a list"),
    ({"data": (np.ones(3),), "method": "sgd", "batch_size": 0}, r"batch_size=0 \[AD210\]\n  expected a wh"),
    ({"data": (np.ones(3),), "method": "gradient-descent", "line_search": "armijo"}, "a line search on mi"),
    ({"max_iterations": -1}, "max_iterations=-1"),
    ({"max_iterations": True}, "max_iterations=True"),
    ({"method": ["adam"]}, r"method=\['adam'\] \[AD210\]\n  expected one of 'gradient-descent',"),
    ({"gradient_tolerance": -1e-3}, r"gradient_tolerance=-0.001 \[AD210\]\n  expected a number from 0 on"),
    ({"step_tolerance": math.nan}, "step_tolerance=nan"),
    ({"value_tolerance": None}, "value_tolerance=None"),
    ({"epochs": 5, "method": "adam"}, r"epochs=5 without data \[AD210\]\n  expected data="),
    ({"batch_size": 5, "method": "momentum"}, "batch_size=5 without data"),
    ({"beta1": 2.0, "method": "adam"}, r"beta1=2.0 \[AD210\]\n  expected a number from 0 to less than 1"),
    ({"decay": -0.1, "method": "rmsprop"}, "decay=-0.1"),
    ({"callback": 3}, r"callback=3 \[AD210\]\n  expected a function of a State"),
    ({"rng": "today", "method": "spsa"}, r"rng='today' \[AD210\]\n  expected a numpy.random.Generator"),
]


@pytest.mark.parametrize(("options", "text"), WRONG, ids=lambda v: v if isinstance(v, str) else "")
def test_wrong_arguments(options, text):
    with pytest.raises(ArgumentError, match=text):
        minimize(bowl, np.zeros(2), **options)


@pytest.mark.parametrize(
    ("f", "x0", "text"),
    [
        (bowl, 1, r"x0 holds no floating-point numbers \[AD210\]\n  expected numbers to change"),
        (bowl, np.ones(2) * 1j, "x0 holds complex numbers"),
        (3.0, np.ones(2), r"3.0 is not callable \[AD210\]\n  expected a function to minimise"),
        (lambda x: 2.0 * x, np.ones(2), r"returns ndarray of shape \(2,\)"),
    ],
)
def test_wrong_functions(f, x0, text):
    with pytest.raises(ArgumentError, match=text):
        minimize(f, x0, method="spsa")


def test_what_is_shown():
    result = minimize(bowl, np.zeros(2), method="newton")
    assert repr(result) == str(result)
    assert str(result) == (
        "newton: success, the gradient is within gradient_tolerance\n"
        "  value         0\n"
        "  gradient norm 0\n"
        "  iterations    1\n"
        "  evaluations   2 gradients, 1 Hessian product\n"
        "  x             [1, 1]"
    )
    assert str(minimize(squared, 0.0)).endswith("  x             3")
    shown = str(minimize(lambda p: bowl(p["w"]), {"w": np.zeros(9)})).splitlines()[-1]
    assert shown == "  x             [1, 1, 1, 1, 1, 1, … 9 numbers] in dict"


def test_progress(capsys):
    pytest.importorskip("tqdm")
    options = {"method": "gradient-descent", "learning_rate": 0.01, "max_iterations": 20}
    minimize(bowl, np.zeros(2), **options)
    assert capsys.readouterr().err == ""
    minimize(bowl, np.zeros(2), progress=True, **options)
    assert "gradient-descent: 100%" in capsys.readouterr().err


def test_progress_without_tqdm(monkeypatch):
    whole = builtins.__import__

    def without(name, *rest):
        if name == "tqdm":
            raise ImportError(name)
        return whole(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"needs tqdm: pip install 'adcompile\[optimize\]'"):
        minimize(bowl, np.zeros(2), progress=True)


@pytest.mark.parametrize("name", ["minimize", "line_search", "schedules", "rules"])
def test_examples(name):
    module = importlib.import_module(f"{optimize.__name__}.{name}")
    found = doctest.testmod(module)
    assert found.attempted and not found.failed


def test_the_page_mentions_every_public_name():
    text = (Path(__file__).parents[2] / "docs" / "optimize.md").read_text(encoding="utf-8")
    assert [
        name
        for name in optimize.__all__
        if f"`optimize.{name}`" not in text and f"optimize.{name}(" not in text
    ] == []
