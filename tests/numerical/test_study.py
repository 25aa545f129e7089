"""Errors against steps: truncation with the order of the formula, rounding with the inverse of the step."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest

import adcompile as ad
from adcompile import numerical
from adcompile.errors import ArgumentError
from adcompile.numerical import study as module


def test_examples():
    found = doctest.testmod(module)
    assert found.failed == 0 and found.attempted > 0


@pytest.mark.parametrize(
    ("name", "largest", "smallest", "order"),
    [
        ("forward", 1e-1, 1e-6, 1), ("backward", 1e-1, 1e-6, 1), ("central", 1e-1, 1e-4, 2),
        ("central 4", 1e-1, 1e-2, 4), ("central 6", 1e-1, 3e-2, 6), ("complex-step", 1e-1, 1e-7, 2),
    ],
)  # fmt: skip
def test_truncation_has_the_order_of_the_formula(name, largest, smallest, order):
    study = numerical.step_study(np.exp, 1.0, steps=np.geomspace(1e-1, 1e-7, 61))
    assert study.slope(name, largest, smallest) == pytest.approx(order, abs=0.1)


def test_rounding_grows_as_steps_shrink_except_for_complex_steps():
    study = numerical.step_study(np.exp, 1.0, steps=np.geomspace(1e-1, 1e-14, 131))
    for name in ("forward", "backward", "central", "central 4", "central 6"):
        assert study.slope(name, 1e-9, 1e-14) == pytest.approx(-1.0, abs=0.25)
    assert np.all(study.errors["complex-step"][study.steps < 1e-9] < 1e-15)


def test_the_best_steps_are_near_those_that_formulas_choose():
    study = numerical.step_study(np.exp, 1.0, steps=np.geomspace(1e-1, 1e-12, 111))
    eps = 2.0**-52
    for name, power in [("forward", 1 / 2), ("central", 1 / 3), ("central 4", 1 / 5), ("central 6", 1 / 7)]:
        step, error = study.best[name]
        assert eps**power / 100.0 < step < eps**power * 100.0
        assert error < eps ** (1.0 - power)


def test_the_exact_derivative_is_the_compiled_one_or_given():
    f = lambda x: x**3
    assert numerical.step_study(f, 2).exact == ad.grad(f)(2.0) == 12.0
    assert numerical.step_study(lambda x: eval("x * x"), 1.0, exact=2.0).best["complex-step"][1] == 0.0
    with pytest.raises(ad.AdcompileError):
        numerical.step_study(lambda x: eval("x * x"), 1.0)


def test_errors_are_relative_to_large_derivatives():
    study = numerical.step_study(lambda x: 1e6 * x**2, 1.0, steps=[1e-3], methods=["forward"])
    assert study.errors["forward"][0] == pytest.approx(1e-3 / 2.0, rel=1e-9)


def test_a_function_that_is_not_fit_for_complex_steps_is_studied_without():
    study = numerical.step_study(lambda x: abs(x) ** 3, 1.0)
    assert "complex-step" not in study.values
    assert study.refused["complex-step"].startswith("<lambda> is not fit for complex steps: ")
    assert str(study).splitlines()[-1].startswith("  complex-step is not there: <lambda> is not fit")


def test_steps_outside_of_the_domain_are_nan():
    study = numerical.step_study(math.sqrt, 0.05, methods=["central"], steps=[0.1, 1e-4])
    assert math.isnan(study.errors["central"][0]) and study.errors["central"][1] < 1e-4
    assert study.best["central"][0] == 1e-4


def test_the_table():
    study = numerical.step_study(lambda x: x**2, 1.0, steps=[0.5, 0.25], methods=["forward", "central"])
    assert str(study).splitlines() == [
        "error of the derivative at x = 1, which is 2, by step",
        "      step       forward       central",
        "   5.0e-01       2.5e-01       0.0e+00",
        "   2.5e-01       1.2e-01       0.0e+00",
    ]


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (1.0, {"methods": ["newton"]}, "methods=['newton']"),
        (1.0, {"methods": "forward"}, "methods='forward'"),
        (1.0, {"steps": [0.0]}, "steps=[0.0]"),
        (np.ones(1), {}, "x is not one number"),
    ],
)
def test_wrong_options(x, options, message):
    with pytest.raises(ArgumentError) as caught:
        numerical.step_study(lambda x: np.sum(x), x, **options)
    assert caught.value.message == message


def test_a_slope_needs_two_steps():
    with pytest.raises(ArgumentError, match=r"largest=1\.0, smallest=0\.5"):
        numerical.step_study(np.sin, 1.0).slope("forward", 1.0, 0.5)
