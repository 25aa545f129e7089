"""Jacobians and Hessians of containers: containers like the result of containers like the argument."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import adcompile as ad
from adcompile import numerical
from adcompile.errors import ArgumentError, NoDerivative

VECTOR = np.array([0.5, 1.0, 2.0])
ZERO, EYE = np.zeros(3), np.eye(3)

each_jacobian = pytest.mark.parametrize(
    "make", [ad.jacfwd, ad.jacrev, ad.jacobian], ids=lambda make: make.__name__
)


@dataclass
class Layer:
    w: Any
    b: Any


class Pair(NamedTuple):
    first: Any
    second: Any


PARAMETERS = {"layer": Layer(VECTOR, 2.0), "gain": 1.5, "name": "net", "bias": None, "frozen": True}


def outcomes(p, x):
    return {
        "y": p["layer"].w * p["layer"].b + x,
        "pair": Pair(p["gain"] ** 2 * p["layer"].b, [np.sum(p["layer"].w ** 3)]),
        "name": p["name"],
    }


def loss(p, x):
    return np.sum(p["w"] ** 2 * x) * p["b"] ** 3


def assert_alike(actual, expected, **options):
    """Two containers have the same form, with numbers that are close."""
    assert type(actual) is type(expected)
    if isinstance(expected, Layer):
        actual, expected = vars(actual), vars(expected)
    if isinstance(expected, dict):
        assert list(actual) == list(expected)
        actual, expected = tuple(actual.values()), tuple(expected.values())
    if isinstance(expected, (tuple, list)):
        assert len(actual) == len(expected)
        for one, other in zip(actual, expected, strict=True):
            assert_alike(one, other, **options)
    elif isinstance(expected, (float, np.ndarray)):
        assert np.shape(actual) == np.shape(expected)
        np.testing.assert_allclose(actual, expected, **options)
    else:
        assert actual == expected


def like_parameters(w, b, gain):
    return {**PARAMETERS, "layer": Layer(w, b), "gain": gain}


@each_jacobian
def test_jacobians_of_containers(make):
    none = np.float64(0.0)
    expected = {
        "y": like_parameters(2.0 * EYE, VECTOR, ZERO),
        "pair": Pair(like_parameters(ZERO, 2.25, 6.0), [like_parameters(3.0 * VECTOR**2, none, none)]),
        "name": "net",
    }
    assert_alike(make(outcomes)(PARAMETERS, VECTOR), expected, rtol=1e-14)


@each_jacobian
def test_of_several_arguments_and_containers_the_result_is_outside(make):
    by_both = make(outcomes, argnums=(1, "p"))
    found = by_both(PARAMETERS, VECTOR)
    by_p, by_x = make(outcomes)(PARAMETERS, VECTOR), make(outcomes, 1)(PARAMETERS, VECTOR)
    expected = {
        "y": (by_x["y"], by_p["y"]),
        "pair": Pair(
            (by_x["pair"].first, by_p["pair"].first), [(by_x["pair"].second[0], by_p["pair"].second[0])]
        ),
        "name": "net",
    }
    assert_alike(found, expected)
    swapped = numerical.jacobian(lambda x, p: outcomes(p, x), (VECTOR, PARAMETERS), "ridders")
    assert_alike(swapped.value, expected, rtol=1e-10, atol=1e-10)
    for again in (copy.copy(by_both), pickle.loads(pickle.dumps(by_both))):
        assert_alike(again(PARAMETERS, VECTOR), expected)


@each_jacobian
def test_methods_have_jacobians_of_containers(make):
    class Model:
        def __init__(self, scale):
            self.scale = scale

        def __call__(self, p):
            return [self.scale * p["w"] * p["b"]]

    p = {"w": VECTOR, "b": 3.0}
    assert_alike(make(Model(2.0))(p), [{"w": 6.0 * EYE, "b": 2.0 * VECTOR}], rtol=1e-14)
    assert_alike(make(Model(2.0).__call__)(p), [{"w": 6.0 * EYE, "b": 2.0 * VECTOR}], rtol=1e-14)


@each_jacobian
def test_containers_in_other_places(make):
    def scaled(*parts):
        return parts[0]["a"] * parts[1]["a"]

    assert_alike(make(scaled, 1)({"a": VECTOR}, {"a": 3.0}), {"a": VECTOR})
    products = make(lambda p: p["a"] * p["b"])
    assert_alike(products({"a": np.zeros(0), "b": 1.0}), {"a": np.zeros((0, 0)), "b": np.zeros(0)})
    assert_alike(make(lambda p: [p[0] * 2.0])((np.zeros(0),)), [(np.zeros((0, 0)),)])
    single = products({"a": np.float32([1.0, 2.0]), "b": np.float32(3.0)})
    assert single["a"].dtype == single["b"].dtype == np.float32
    # of an array that is there twice, each place has a derivative of its own
    twice = make(lambda p: p[0] * p[1] ** 2)([VECTOR, VECTOR])
    assert_alike(twice, [np.diag(VECTOR**2), 2.0 * np.diag(VECTOR**2)])


@pytest.mark.parametrize(("rows", "calls"), [(2, 2), (20, 9)])
def test_the_mode_with_fewer_products_is_taken(rows, calls, capsys):
    def f(p):
        print("called")
        return {"y": p["a"] * np.ones(rows), "z": np.sum(p["b"])}

    found = ad.jacobian(f)({"a": 2.0, "b": np.ones(8)})
    assert_alike(found["y"], {"a": np.ones(rows), "b": np.zeros((rows, 8))})
    # the first column tells the size of the result; then come the other ones, or one run for all rows
    assert capsys.readouterr().out.count("called") == calls


def test_hessians_of_containers():
    p, x = {"w": VECTOR, "b": 2.0}, VECTOR + 1.0
    by_w = {"w": np.diag(16.0 * x), "b": 24.0 * VECTOR * x}
    by_b = {"w": 24.0 * VECTOR * x, "b": float(12.0 * np.sum(VECTOR**2 * x))}
    assert_alike(ad.hessian(loss)(p, x), {"w": by_w, "b": by_b}, rtol=1e-14)
    by_p_of_x = {"w": 16.0 * np.diag(VECTOR), "b": 12.0 * VECTOR**2}
    both = ad.hessian(loss, argnums=(0, 1))(p, x)
    of_p = {"w": (by_w, 16.0 * np.diag(VECTOR)), "b": (by_b, 12.0 * VECTOR**2)}
    assert_alike(both, (of_p, (by_p_of_x, np.zeros((3, 3)))), rtol=1e-14)
    assert_alike(numerical.hessian(loss, (p, x), "complex-step").value, both, rtol=1e-6, atol=1e-6)


@each_jacobian
@pytest.mark.parametrize(
    ("function", "x", "message"),
    [
        (lambda p: p["a"] * p["n"], {"a": 1.0, "n": 3}, "the argument `p` holds the integer 3"),
        (lambda p: p[0] * 1.0, (VECTOR, np.arange(2)), "the argument `p` holds an array of integers"),
        (lambda p: 1.0, {"name": "net"}, "the argument `p` holds no number"),
        (lambda p: (p, 3), VECTOR, "the result of the function holds the integer 3"),
        (lambda p: [None], VECTOR, "the result of the function holds no number"),
    ],
)
def test_integers_and_containers_without_numbers_are_refused(make, function, x, message):
    with pytest.raises(ArgumentError) as caught:
        make(function)(x)
    assert caught.value.message == f"{message}, and a Jacobian needs floating-point numbers"


@pytest.mark.parametrize("make", [ad.jacfwd, ad.jacrev, ad.jacobian, ad.hessian])
def test_matrices_by_containers_are_refused_inside_of_programs(make):
    def inner(p):
        return p["w"] * p["b"]

    def outer(w):
        return np.sum(make(inner)({"w": w, "b": 2.0})["w"])

    with pytest.raises(NoDerivative) as caught:
        ad.grad(outer)(3.0)
    assert caught.value.message == f"`{make.__name__}` by a container inside a differentiated function"
    assert "which take containers" in caught.value.expected


def test_directions_go_by_key():
    def f(p):
        return 10.0 * p["a"] + p["b"]

    along_b = {"b": 1.0, "a": 0.0}
    assert numerical.directional_derivative(f, {"a": 1.0, "b": 2.0}, along_b).value == pytest.approx(1.0)
    for other in ({"a": 1.0, "c": 1.0}, {"a": 1.0}, {"a": 1.0, "b": 0.0, "c": 1.0}, [1.0, 0.0]):
        with pytest.raises(ArgumentError, match="another form"):
            numerical.directional_derivative(f, {"a": 1.0, "b": 2.0}, other)
