"""Forms, counts, steps and refusals of numerical derivatives."""

from __future__ import annotations

import doctest
import importlib
import math
from dataclasses import dataclass

import numpy as np
import pytest

import adcompile as ad
from adcompile import numerical
from adcompile.errors import ArgumentError
from adcompile.numerical.formulas import METHODS, formula_of

MODULES = ["first", "second"]
POINT = np.array([0.3, -1.2, 2.0])


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    found = doctest.testmod(importlib.import_module(f"adcompile.numerical.{name}"))
    assert found.failed == 0 and found.attempted > 0


def test_it_is_loaded_when_asked_for():
    assert ad.numerical is numerical
    assert all(getattr(numerical, name).__doc__ for name in numerical.__all__)


class Counted:
    def __init__(self, f):
        self.f, self.calls = f, 0

    def __call__(self, *args):
        self.calls += 1
        return self.f(*args)


def bent(x):
    return np.sum(np.exp(x) * np.sin(x)) * x[0] + x[1] * x[2] ** 3


# -- counts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "order", "calls", "more"),
    [("forward", None, 4, 6), ("backward", None, 4, 6), ("central", None, 6, 13), ("central", 4, 12, 18)],
)
def test_calls_of_a_gradient(method, order, calls, more):
    f = Counted(bent)
    found = numerical.gradient(f, POINT, method, order=order)
    assert found.evaluations == f.calls == calls
    assert found.error.shape == (3,)
    assert f.calls == calls + more and found.error_evaluations == more
    assert found.error is found.error


@pytest.mark.parametrize("method", METHODS)
def test_all_calls_are_counted(method):
    for tool in (numerical.gradient, numerical.jacobian, numerical.hessian):
        f = Counted(bent)
        found = tool(f, POINT, method)
        assert found.evaluations == f.calls
        assert np.all(found.error >= 0.0)
        assert found.evaluations + found.error_evaluations == f.calls


def test_calls_along_a_direction_do_not_depend_on_the_dimension():
    f = Counted(lambda x: x @ x)
    assert numerical.directional_derivative(f, np.ones(1000), np.ones(1000)).evaluations == f.calls == 2


# -- forms ---------------------------------------------------------------------------------------------------


@dataclass
class Layer:
    weights: np.ndarray
    scale: float
    name: str


def test_a_gradient_has_the_form_of_the_argument():
    x = {"layer": Layer(np.ones((2, 2), np.float32), 2.0, "dense"), "rest": [np.float64(0.5), None]}

    def f(p):
        layer = p["layer"]
        return np.sum(layer.weights**2) * layer.scale + p["rest"][0] ** 2

    found = numerical.gradient(f, x, "complex-step").value
    assert isinstance(found["layer"], Layer) and found["layer"].weights.dtype == np.float32
    assert found["layer"].weights.tolist() == [[4.0, 4.0], [4.0, 4.0]]
    assert type(found["layer"].scale) is float and found["layer"].scale == pytest.approx(4.0)
    assert found["layer"].name == "dense" and found["rest"][1] is None
    assert type(found["rest"][0]) is np.float64 and found["rest"][0] == 1.0


def test_a_tuple_is_separate_arguments_and_one_in_a_tuple_is_not():
    assert numerical.gradient(lambda x, y: x * y, (2.0, 3.0), "complex-step").value == (3.0, 2.0)
    assert numerical.gradient(lambda pair: pair[0] * pair[1], ((2.0, 3.0),), "complex-step").value == (
        (3.0, 2.0),
    )


def curve(t):
    return np.array([np.cos(t), np.sin(t)])


def field(x):
    return np.array([[x[0] * x[1], x[2]], [np.sin(x[0]), 1.0]]) * x[2]


@pytest.mark.parametrize("method", METHODS)
def test_jacobians_are_those_of_the_compiled_derivatives(method):
    found = numerical.jacobian(field, POINT, method)
    exact = ad.jacobian(field)(POINT)
    assert found.value.shape == exact.shape == (2, 2, 3)
    assert np.all(np.abs(found.value - exact) <= found.error)
    found = numerical.derivative(curve, 0.4, method)
    assert np.all(np.abs(found.value - [-np.sin(0.4), np.cos(0.4)]) <= found.error)


def test_a_jacobian_of_containers_has_blocks():
    found = numerical.jacobian(
        lambda a, b: {"product": a * b, "sum": np.sum(b)}, (2.0, POINT), "complex-step"
    ).value
    assert list(found) == ["product", "sum"]
    assert found["product"][0].shape == (3,) and found["product"][1].shape == (3, 3)
    assert found["sum"][0] == 0.0 and found["sum"][1].tolist() == [1.0, 1.0, 1.0]
    assert type(numerical.jacobian(lambda x: x * x, 3.0).value) is float


@pytest.mark.parametrize("method", METHODS)
def test_directions_agree_with_forward_mode(method):
    x, direction = (2.0, POINT), (0.5, np.array([1.0, 0.0, -2.0]))

    def f(a, b):
        return a * np.sin(b) + a**2

    found = numerical.directional_derivative(f, x, direction, method)
    assert np.all(np.abs(found.value - ad.jvp(f, x, direction)[1]) <= found.error)


def test_complex_arguments_along_a_direction_and_complex_results():
    found = numerical.directional_derivative(lambda z: z * z, 1.0 + 2.0j, 1.0j, "ridders")
    assert abs(found.value - 2.0 * (1.0 + 2.0j) * 1.0j) <= abs(found.error) < 1e-11
    found = numerical.derivative(lambda x: np.exp(1j * x), 0.5)
    assert abs(found.value - 1j * np.exp(0.5j)) <= found.error
    assert found.error.dtype == np.float64


@pytest.mark.parametrize("method", METHODS)
def test_hessians(method):
    found = numerical.hessian(bent, POINT, method)
    exact = ad.hessian(bent)(POINT)
    assert np.all(np.abs(found.value - exact) <= found.error)
    assert np.all(found.error <= 0.01)
    assert np.array_equal(found.value, found.value.T)


@pytest.mark.parametrize(("method", "order"), [("central", 4), ("central", 6), ("complex-step", 4)])
def test_hessians_of_higher_order(method, order):
    found = numerical.hessian(bent, POINT, method, order=order)
    assert np.all(np.abs(found.value - ad.hessian(bent)(POINT)) <= found.error)
    assert np.all(found.error <= 1e-7)


def test_hessians_of_several_arguments_have_blocks():
    def f(a, b):
        return a**2 * np.sum(b) + np.prod(b)

    found = numerical.hessian(f, (2.0, POINT), "ridders")
    exact = ad.hessian(f, argnums=(0, 1))(2.0, POINT)
    for row, error, right in zip(found.value, found.error, exact, strict=True):
        for block, doubt, other in zip(row, error, right, strict=True):
            assert np.shape(block) == np.shape(other)
            assert np.all(np.abs(block - other) <= doubt)
    assert type(found.value[0][0]) is float


def test_no_array_of_the_caller_is_written_or_handed_out():
    x = POINT.copy()

    def f(y):
        y *= 2.0
        return y @ y

    found = numerical.gradient(f, x)
    assert np.array_equal(x, POINT)
    assert found.value == pytest.approx(8.0 * POINT, abs=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_empty_arrays(method):
    assert numerical.gradient(lambda x: np.sum(x), np.zeros((0, 2)), method).value.shape == (0, 2)
    assert numerical.jacobian(lambda x: np.ones(3), np.zeros(0), method).value.shape == (3, 0)
    assert numerical.hessian(lambda x: np.sum(x), np.zeros(0), method).value.shape == (0, 0)


def test_whole_numbers():
    assert numerical.gradient(lambda x, y: x**2 * y, (3, 2), "complex-step").value == (12.0, 9.0)
    assert numerical.derivative(lambda x: x**3, 2, "complex-step").value == pytest.approx(12.0)
    # a result that is an int at some points only
    assert numerical.derivative(lambda x: max(0, x), -1.0).value == 0.0


# -- steps ---------------------------------------------------------------------------------------------------


def test_steps_are_powers_of_two_that_grow_with_the_number():
    found = numerical.gradient(lambda x: x @ x, np.array([0.0, 1.0, 1000.0, -1e6]))
    ratios = found.step / found.step[0]
    assert ratios.tolist() == [1.0, 1.0, 1024.0, 2.0**20]
    assert np.all(np.frexp(found.step)[0] == 0.5)


def test_the_step_depends_on_the_precision_and_on_what_the_caller_knows():
    single = numerical.derivative(np.sin, np.float32(1.0)).step
    double = numerical.derivative(np.sin, 1.0).step
    assert single == 2.0**-8 and double == 2.0**-17
    assert numerical.derivative(np.sin, 1.0, accuracy=1e-7).step == 2.0**-8


def coarse(x):
    return float(np.float32(x) ** 2)


def test_an_accuracy_that_is_given_makes_up_for_hidden_rounding():
    found = numerical.derivative(coarse, 1.1, accuracy=2.0**-23)
    assert abs(found.value - 2.2) <= found.error < 1e-2
    assert abs(numerical.derivative(coarse, 1.1).value - 2.2) > 1e-4


def test_a_step_that_is_given_is_the_step_by_which_the_number_moves():
    found = numerical.derivative(lambda x: x, 1.1, "forward", step=1e-9)
    assert found.value == 1.0
    assert found.step == (1.1 + 1e-9) - 1.1


@pytest.mark.parametrize("order", [2, 4, 6])
@pytest.mark.parametrize("derivative", [1, 2])
def test_formulas_are_exact_on_polynomials(order, derivative):
    weights = formula_of("central", order, derivative).weights
    for power in range(order + derivative):
        value = sum(weight * float(offset) ** power for offset, weight in weights)
        assert value == pytest.approx(math.factorial(derivative) if power == derivative else 0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("method", "order", "expected"), [("forward", None, 1), ("central", 2, 2), ("central", 4, 4)]
)
def test_errors_shrink_with_the_order_of_the_formula(method, order, expected):
    errors = [
        abs(numerical.derivative(np.exp, 1.0, method, order=order, step=h).value - math.e)
        for h in (2.0**-5, 2.0**-6)
    ]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(expected, abs=0.05)


def test_ridders_is_as_exact_as_it_says():
    found = numerical.derivative(math.exp, 1.0, "ridders")
    assert abs(found.value - math.e) <= found.error < 1e-11
    single = numerical.derivative(lambda x: np.sin(x), np.float32(1.0), "ridders")
    assert abs(float(single.value) - math.cos(1.0)) <= single.error < 1e-4


@pytest.mark.parametrize("method", ["central", "ridders"])
@pytest.mark.parametrize(
    ("f", "x", "left", "right"),
    [
        (abs, 0.0, -1.0, 1.0),
        (lambda x: max(x, 0.0) + x**2, 0.0, 0.0, 1.0),
        (lambda x: abs(x - 1.5) * 3.0 + math.sin(x), 1.5, math.cos(1.5) - 3.0, math.cos(1.5) + 3.0),
        (lambda x: 3.0 * np.maximum(x, np.float32(0.0)) + x**2, np.float32(0.0), 0.0, 3.0),
        (lambda x: max(x - 1e-7, 0.0), 0.0, 0.0, 0.0),
    ],
)
def test_central_differences_know_kinks(f, x, left, right, method):
    found = numerical.derivative(f, x, method)
    assert found.value - found.error <= left + 1e-5 and right - 1e-5 <= found.value + found.error


def test_what_is_smooth_once_is_no_kink():
    found = numerical.derivative(lambda x: x * abs(x), 0.0, "ridders")
    assert abs(found.value) < 1e-6 and found.error < 1e-6


def test_ridders_knows_nothing_where_nothing_is_finite():
    found = numerical.derivative(lambda t: math.nan, 1.0, "ridders")
    assert math.isnan(found.value) and found.error == math.inf


def test_ridders_finds_steps_inside_the_domain():
    found = numerical.derivative(math.sqrt, 0.001, "ridders")
    assert abs(found.value - 0.5 / math.sqrt(0.001)) <= found.error < 1e-6
    assert numerical.derivative(math.log, 1e-3, "ridders").value == pytest.approx(1e3, rel=1e-8)


# -- texts ---------------------------------------------------------------------------------------------------


def test_a_result_shows_how_it_was_found():
    found = numerical.gradient(lambda x: x @ x, np.array([0.5, 100.0]), "forward")
    text = "by forward differences, step 1.49e-08 to 1.91e-06, 3 calls"
    assert str(found).splitlines()[1].strip() == text
    assert "method='forward differences', evaluations=3" in repr(found)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "newton"}, "method='newton'"),
        ({"method": "forward", "order": 4}, "order=4 with method='forward'"),
        ({"order": 3}, "order=3"),
        ({"step": -1.0}, "step=-1.0"),
        ({"step": "small"}, "step='small'"),
        ({"step": 1e-30}, "step=1e-30 is lost in x=2.0"),
        ({"accuracy": 2.0}, "accuracy=2.0"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ArgumentError) as caught:
        numerical.gradient(lambda x: x**2, 2.0, **options)
    assert caught.value.code == "AD210" and caught.value.message == message and caught.value.expected


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ("a", "x holds no floating-point number"),
        (np.array([1, 2]), "x holds an array of integers"),
        ({"w": 1.0, "n": 3}, "x holds the integer 3"),
        ((1.0, np.array(3)), "x holds the integer 3"),
        (1.0j, "x holds complex numbers"),
    ],
)
def test_wrong_points_are_refused(x, message):
    with pytest.raises(ArgumentError) as caught:
        numerical.gradient(lambda x: x**2, x)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (1.0j, "f returns a complex"),
        (np.ones(3), "f returns an array of shape (3,)"),
        ([1.0], "f returns a list"),
        ("text", "f returns no floating-point number"),
        (None, "f returns no floating-point number"),
    ],
)
def test_wrong_results_are_refused(result, message):
    def f(x):
        return result

    for tool in (numerical.gradient, numerical.hessian):
        with pytest.raises(ArgumentError) as caught:
            tool(f, 2.0)
        assert caught.value.message == message


def test_a_result_of_changing_size_is_refused():
    with pytest.raises(ArgumentError, match="returns 3 numbers, and 2 elsewhere"):
        numerical.jacobian(lambda x: np.ones(3 if x > 1.0 else 2), 1.0)


@pytest.mark.parametrize("direction", [np.ones(2), [1.0, 1.0, 1.0, 1.0], np.ones(3) * 1j, "up", 1.0])
def test_directions_of_another_form_are_refused(direction):
    with pytest.raises(ArgumentError, match="the direction has another form than x"):
        numerical.directional_derivative(lambda x: x @ x, POINT, direction)


def test_a_zero_direction_is_refused():
    with pytest.raises(ArgumentError, match="the direction is zero or not finite"):
        numerical.directional_derivative(lambda x: x @ x, POINT, np.zeros(3))


def test_a_derivative_is_of_one_number():
    with pytest.raises(ArgumentError, match="x is not one number"):
        numerical.derivative(lambda x: x @ x, POINT)


def test_errors_of_the_function_go_through():
    with pytest.raises(ValueError, match="math domain error"):
        numerical.derivative(math.log, 0.0)
