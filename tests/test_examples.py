"""The examples run: here for a few steps, by the name that a user would start them by."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture
def digits():
    for package in ("scipy", "sklearn", "tqdm"):
        pytest.importorskip(package)
    return runpy.run_path(str(EXAMPLES / "digits.py"), run_name="digits")


def test_digits_trains_and_saves_its_derivative(digits, tmp_path, capsys):
    path = tmp_path / "derivative.py"
    held_out = digits["main"](["--iterations", "25", "--output", str(path)])

    assert held_out >= 0.9
    printed = capsys.readouterr().out
    saved = path.read_text(encoding="utf-8")
    assert saved in printed
    assert f"held-out accuracy: {held_out:.3f}" in printed

    compile(saved, str(path), "exec")
    assert saved.index("def loss(") < saved.index("# Its derivative.") < saved.index("_bar")


def test_digits_flatten_and_unflatten_are_inverse(digits):
    import numpy as np

    params = digits["initial_params"](np.random.default_rng(1))
    again = digits["unflatten"](digits["flatten"](params))
    for (weights, bias), (weights_again, bias_again) in zip(params, again, strict=True):
        np.testing.assert_array_equal(weights, weights_again)
        np.testing.assert_array_equal(bias, bias_again)


@pytest.fixture
def optimisers():
    return runpy.run_path(str(EXAMPLES / "optimisers.py"), run_name="optimisers")


def test_optimisers_compares_all_methods(optimisers, capsys):
    results = optimisers["main"](["--start", "0", "-1", "--iterations", "300"])
    printed = capsys.readouterr().out
    assert len(results) == len(optimisers["RUNS"]) == 12
    for result in results:
        assert f"\n    value {result.value:.3g} after {result.iterations} steps" in printed
        assert result.value < optimisers["rosenbrock"]({"x": 0.0, "y": -1.0})
        if result.evaluations.products or result.evaluations.jacobians:
            assert result.success and abs(result.x["x"] - 1.0) < 1e-5 and abs(result.x["y"] - 1.0) < 1e-5


@pytest.fixture
def greeks_example():
    return runpy.run_path(str(EXAMPLES / "greeks.py"), run_name="greeks")


@pytest.mark.parametrize("call", [True, False])
@pytest.mark.parametrize(
    "market", [(100.0, 105.0, 0.03, 0.2, 0.5), (100.0, 100.0, 0.0, 0.35, 2.0), (80.0, 120.0, 0.05, 0.6, 0.1)]
)
def test_greeks_are_those_of_the_textbook(greeks_example, market, call):
    compiled = greeks_example["greeks"](*market, call)
    formulas = greeks_example["closed_formulas"](*market, call)
    assert compiled == pytest.approx(formulas, rel=1e-12)


def test_greeks_prints_both(greeks_example, capsys):
    greeks_example["main"](["--put", "--years", "1"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[3:]] == [
        "delta",
        "vega",
        "theta",
        "rho",
        "gamma",
        "vanna",
        "volga",
    ]
    assert all(line.split()[1] == line.split()[2] for line in lines[3:])
