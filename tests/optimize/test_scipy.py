"""SciPy's solvers take containers and compiled derivatives."""

from __future__ import annotations

import builtins
import doctest
import importlib
import inspect
import subprocess
import sys

import numpy as np
import pytest

from adcompile import ArgumentError
from adcompile.optimize import scipy_least_squares, scipy_minimize, scipy_root

scipy = pytest.importorskip("scipy.optimize")

START = {"x": -1.2, "rest": np.array([1.0, 0.5])}
METHODS = [
    None, "CG", "BFGS", "Newton-CG", "L-BFGS-B", "TNC", "SLSQP", "trust-constr", "dogleg", "trust-ncg",
    "trust-exact", "trust-krylov", "Nelder-Mead", "COBYLA",
]  # fmt: skip


def rosenbrock(p, scale):
    x, y, z = p["x"], p["rest"][0], p["rest"][1]
    first = (1.0 - x) ** 2 + scale * (y - x**2) ** 2
    return first + (1.0 - y) ** 2 + scale * (z - y**2) ** 2


def bowl(p):
    return (p["x"] - 1.0) ** 2 + np.sum((p["rest"] - 2.0) ** 2)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.filterwarnings("ignore:delta_grad == 0.0")
def test_minimize(method):
    # dogleg asks for a Hessian that is positive definite on its way
    start = {"x": 0.9, "rest": np.array([0.9, 0.9])} if method == "dogleg" else START
    tolerances = {"Nelder-Mead": 1e-8, "COBYLA": 1e-8}
    options = {"options": {"maxiter": 5000}} if method in ("COBYLA", "trust-constr") else {}
    result = scipy_minimize(rosenbrock, start, (5.0,), method, tol=tolerances.get(method), **options)
    assert result.success, result
    assert type(result.x["x"]) is float
    np.testing.assert_allclose([result.x["x"], *result.x["rest"]], 1.0, atol=2e-3)
    if method in (None, "BFGS", "Newton-CG", "L-BFGS-B"):
        assert set(result.jac) == {"x", "rest"} and result.jac["rest"].shape == (2,)
    if method == "trust-constr":
        assert set(result.grad) == {"x", "rest"}


def test_derivatives_are_those_of_the_function_not_differences():
    result = scipy_minimize(rosenbrock, START, (5.0,), "BFGS", options={"gtol": 1e-9})
    assert result.nfev == result.njev
    np.testing.assert_allclose([result.x["x"], *result.x["rest"]], 1.0, atol=1e-8)


def on_circle(p, radius):
    return radius**2 - p["x"] ** 2 - np.sum(p["rest"] ** 2)


def nearest(radius):
    """The point of the ball that is nearest to (1, 2, 2), which lies at distance 3."""
    return radius / 3.0 * np.array([1.0, 2.0, 2.0])


@pytest.mark.parametrize("given", [False, True])
def test_constraints_in_dicts(given):
    constraint = {"type": "ineq", "fun": on_circle, "args": (1.5,)}
    if given:
        constraint["jac"] = lambda p, radius: -2.0 * np.array([p["x"], *p["rest"]])
    result = scipy_minimize(bowl, START, method="SLSQP", constraints=constraint)
    np.testing.assert_allclose([result.x["x"], *result.x["rest"]], nearest(1.5), atol=1e-5)


@pytest.mark.filterwarnings("ignore:delta_grad == 0.0")
def test_constraint_objects():
    ball = scipy.NonlinearConstraint(lambda p: p["x"] ** 2 + np.sum(p["rest"] ** 2), 0.0, 1.5**2)
    plane = scipy.LinearConstraint(np.eye(3), -5.0, 5.0)
    result = scipy_minimize(bowl, START, method="trust-constr", constraints=[ball, plane])
    np.testing.assert_allclose([result.x["x"], *result.x["rest"]], nearest(1.5), atol=1e-4)


def test_bounds():
    result = scipy_minimize(bowl, START, bounds=[(-2.0, 0.5), (None, None), (0.0, 1.0)])
    np.testing.assert_allclose([result.x["x"], *result.x["rest"]], [0.5, 2.0, 1.0], atol=1e-6)


def test_callbacks_see_containers():
    seen = []

    def with_x(x):
        seen.append(x)

    def with_result(intermediate_result):
        seen.append(intermediate_result.x)

    first = scipy_minimize(bowl, START, method="BFGS", callback=with_x)
    second = scipy_minimize(bowl, START, method="BFGS", callback=with_result)
    assert len(seen) == first.nit + second.nit
    assert all(set(x) == {"x", "rest"} for x in seen)


def decay(p, t, y):
    return {"first": p["a"] * np.exp(-p["rates"][0] * t) - y[0], "second": np.exp(-p["rates"][1] * t) - y[1]}


@pytest.mark.parametrize("method", ["trf", "dogbox", "lm"])
def test_least_squares(method):
    t = np.linspace(0.0, 2.0, 15)
    data = np.stack([2.0 * np.exp(-3.0 * t), np.exp(-0.5 * t)])
    start = {"a": 1.0, "rates": np.ones(2)}
    result = scipy_least_squares(decay, start, (t, data), method=method, xtol=1e-14, ftol=1e-14, gtol=1e-14)
    assert result.x["a"] == pytest.approx(2.0, abs=1e-9)
    np.testing.assert_allclose(result.x["rates"], [3.0, 0.5], atol=1e-9)
    assert result.jac.shape == (30, 3) and result.fun.shape == (30,)
    assert set(result.grad) == {"a", "rates"}


@pytest.mark.skipif(
    "callback" not in inspect.signature(scipy.least_squares).parameters, reason="an older SciPy"
)
def test_callbacks_of_least_squares():
    seen = []
    scipy_least_squares(bowl_residuals, START, callback=lambda x: seen.append(x))
    assert seen and all(set(x) == {"x", "rest"} for x in seen)


def bowl_residuals(p):
    return p["x"] - 1.0, p["rest"] - 2.0


def meeting(p):
    return {"circle": p["x"] ** 2 + np.sum(p["rest"] ** 2) - 9.0, "lines": p["rest"] - 2.0 * p["x"]}


@pytest.mark.parametrize("method", ["hybr", "lm", "krylov", "broyden1"])
def test_root(method):
    start = {"x": 0.8, "rest": np.array([1.5, 2.5])}
    result = scipy_root(meeting, start, method=method)
    assert result.success
    np.testing.assert_allclose([result.x["x"], *result.x["rest"]], [1.0, 2.0, 2.0], atol=1e-5)
    if method in ("hybr", "lm"):
        assert result.njev >= 1


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda **given: scipy_minimize(bowl, START, **given), "hessp"),
        (lambda **given: scipy_least_squares(meeting, START, **given), "jac"),
        (lambda **given: scipy_root(meeting, START, **given), "jac"),
    ],
)
def test_a_derivative_of_ones_own_is_refused(call, name):
    with pytest.raises(
        ArgumentError, match=rf"{name}= is given \[AD210\]\n  expected none: it is compiled from"
    ):
        call(**{name: bowl})


def test_without_scipy(monkeypatch):
    whole = builtins.__import__

    def without(name, *rest):
        if name.startswith("scipy"):
            raise ImportError(name)
        return whole(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"scipy_minimize needs SciPy: pip install 'adcompile\[optimize\]'"):
        scipy_minimize(bowl, START)


def test_the_package_loads_no_scipy():
    code = "import sys, adcompile.optimize; print({'scipy', 'tqdm'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_examples():
    found = doctest.testmod(importlib.import_module("adcompile.optimize.scipy"))
    assert found.attempted and not found.failed
