"""What users call: decorators, binding of arguments, types of results, derivatives of derivatives."""

import copy
import functools
import inspect
import linecache
import math
import pickle
import re
import subprocess
import sys
import threading
import traceback
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import adcompile as ad

VECTOR = np.array([0.5, 1.0, 2.0])
MATRIX = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]])


def volume(a, b, c):
    """a times b times c squared."""
    return a * b * c * c


def total_square(x):
    return np.sum(x * x)


def with_defaults(x, y=2.0, *, z=3.0):
    return x * y * z


def square_sum(*xs):
    return sum(x * x for x in xs)


def of_options(x, **options):
    return x * options["gain"]


def only_positional(x, /, y):
    return x * y


def cube(x):
    return x**3


def cubes(x):
    return np.sum(x**3)


def pair(x):
    return x * x, {"twice": 2.0 * x}


@ad.grad
def decorated(x):
    """A decorated function."""
    return x**3


@ad.grad(argnums=(0, 2))
def decorated_by_number(a, b, c):
    return a * b * c * c


@ad.grad(argnums="w")
def decorated_by_name(x, w):
    return x * w * w


class Model:
    """A model with a derivative in every form of method."""

    def __init__(self, w):
        self.w = w

    def loss(self, x):
        return self.w * x * x

    def __call__(self, x):
        return self.w * x

    @ad.grad
    def slope(self, x):
        return self.w * x * x

    @ad.grad(argnums=(0, 1))
    def slopes(self, x, y):
        return self.w * x * y

    @staticmethod
    @ad.grad
    def static_slope(x):
        return x * x

    @classmethod
    def of_class(cls, x):
        return x * x * x

    @ad.jacobian
    def matrix(self, x):
        return self.w * x * x

    @ad.grad(argnums="y")
    def by_name(self, x, y):
        return self.w * x * y

    curvature = ad.hessian(loss)
    bent = ad.hvp(loss, argnums="x")
    blocks = ad.hessian(loss, argnums=(0,))
    second = ad.derivative(loss, 2)
    third = ad.grad(ad.grad(loss))
    each = ad.elementwise_grad(loss)


class Point(NamedTuple):
    x: Any
    y: Any


@dataclass
class Layer:
    w: Any
    b: Any


# -- forms --------------------------------------------------------------------------------------------------


def test_decorator_forms():
    assert decorated(2.0) == 12.0
    assert decorated_by_number(1.0, 2.0, 3.0) == (18.0, 12.0)
    assert decorated_by_name(3.0, 2.0) == 12.0
    assert decorated_by_name(w=2.0, x=3.0) == 12.0


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [
        (0, 18.0),
        (1, 9.0),
        (-1, 12.0),
        (np.int64(1), 9.0),
        ("b", 9.0),
        ((0, 2), (18.0, 12.0)),
        ([1, 2], (9.0, 12.0)),
        ((-1, 0), (12.0, 18.0)),
        (("c", "a"), (12.0, 18.0)),
        ((0, "c"), (18.0, 12.0)),
        ((1,), (9.0,)),
        ((0, 0), (18.0, 18.0)),
        ((), ()),
    ],
)
def test_argnums(argnums, expected):
    assert ad.grad(volume, argnums=argnums)(1.0, 2.0, 3.0) == expected
    assert ad.grad(volume, argnums)(1.0, 2.0, 3.0) == expected
    assert ad.grad(volume, argnum=argnums)(1.0, 2.0, 3.0) == expected
    assert ad.grad(argnums=argnums)(volume)(1.0, 2.0, 3.0) == expected
    assert ad.value_and_grad(volume, argnums=argnums)(1.0, 2.0, 3.0) == (18.0, expected)
    assert ad.value_and_grad(argnums=argnums)(volume)(1.0, 2.0, 3.0) == (18.0, expected)


def test_value_and_grad_decorates_without_arguments():
    @ad.value_and_grad
    def f(x):
        return x * x

    assert f(3.0) == (9.0, 6.0)


# -- binding ------------------------------------------------------------------------------------------------


def test_keywords_bind_by_the_signature_of_the_primal():
    assert ad.grad(volume)(c=3.0, b=2.0, a=1.0) == 18.0
    assert ad.grad(volume, argnums=2)(1.0, c=3.0, b=2.0) == 12.0
    assert ad.grad(volume, argnums="c")(1.0, c=3.0, b=2.0) == 12.0


def test_defaults_and_keyword_only():
    assert ad.grad(with_defaults)(1.0) == 6.0
    assert ad.grad(with_defaults)(1.0, 4.0) == 12.0
    assert ad.grad(with_defaults, argnums="y")(1.0) == 3.0
    assert ad.grad(with_defaults, argnums="z")(1.0, z=5.0) == 2.0
    assert ad.grad(with_defaults, argnums=("x", "z"))(1.0, z=5.0) == (10.0, 2.0)


def test_variadic_arguments():
    assert ad.grad(square_sum)(1.0, 2.0, 3.0) == 2.0
    assert ad.grad(square_sum, argnums=2)(1.0, 2.0, 3.0) == 6.0
    assert ad.grad(square_sum, argnums=(0, 2))(1.0, 2.0, 3.0) == (2.0, 6.0)
    assert ad.grad(square_sum, argnums="xs")(1.0, 2.0, 3.0) == (2.0, 4.0, 6.0)
    assert ad.grad(square_sum)(1.0) == 2.0
    assert ad.jvp(square_sum, (1.0, 2.0), (0.0, 1.0)) == (5.0, 4.0)
    out, pullback = ad.vjp(square_sum, 1.0, 2.0)
    assert (out, pullback(1.0)) == (5.0, (2.0, 4.0))


def test_variadic_keywords():
    assert ad.grad(of_options)(1.0, gain=2.0) == 2.0
    assert ad.grad(of_options, argnums="options")(1.0, gain=2.0) == {"gain": 1.0}


def test_positional_only():
    assert ad.grad(only_positional)(1.0, y=2.0) == 2.0
    with pytest.raises(TypeError, match="positional"):
        ad.grad(only_positional)(x=1.0, y=2.0)


@pytest.mark.parametrize(
    ("args", "keywords", "text"),
    [
        ((), {}, "missing a required argument: 'x'"),
        ((1.0, 2.0, 3.0), {}, "too many positional"),
        ((1.0,), {"q": 1.0}, "unexpected keyword argument 'q'"),
        ((1.0,), {"x": 1.0}, "multiple values"),
    ],
)
def test_wrong_calls_raise_as_python_does(args, keywords, text):
    with pytest.raises(TypeError, match=text):
        ad.grad(with_defaults)(*args, **keywords)


# -- types of gradients -------------------------------------------------------------------------------------


def test_python_float_in_python_float_out():
    assert type(ad.grad(cube)(2.0)) is float
    assert type(ad.grad(math.sin)(2.0)) is float
    assert type(ad.grad(np.sin)(2.0)) is float
    assert type(ad.grad(lambda x: np.sum(x * VECTOR))(2.0)) is float
    value, slope = ad.value_and_grad(cube)(2.0)
    assert (type(value), type(slope)) == (float, float)
    assert type(ad.vjp(cube, 2.0)[1](1.0)[0]) is float


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.longdouble])
def test_dtype_and_shape_are_kept(kind):
    x = np.ones((2, 1, 3), kind)
    gradient = ad.grad(total_square)(x)
    assert (type(gradient), gradient.dtype, gradient.shape) == (np.ndarray, x.dtype, x.shape)
    assert type(ad.grad(cube)(kind(2.0))) is kind


def test_rank_zero_stays_an_array():
    gradient = ad.grad(cube)(np.array(2.0))
    assert isinstance(gradient, np.ndarray)
    assert gradient.shape == ()
    assert gradient == 12.0


def test_mixed_precision_keeps_the_type_of_each_argument():
    single, double = np.ones(3, np.float32), np.ones(3)
    first, second = ad.grad(lambda a, b: np.sum(a * b), argnums=(0, 1))(single, double)
    assert (first.dtype, second.dtype) == (np.float32, np.float64)


@pytest.mark.parametrize(
    ("function", "argument", "expected"),
    [
        (lambda p: p[0] * p[1], (2.0, 3.0), (3.0, 2.0)),
        (lambda p: p[0] * p[1], [2.0, 3.0], [3.0, 2.0]),
        (lambda p: p["a"] * p["b"], {"a": 2.0, "b": 3.0}, {"a": 3.0, "b": 2.0}),
        (lambda p: p.x * p.y, Point(2.0, 3.0), Point(3.0, 2.0)),
        (lambda p: p.w * p.b, Layer(2.0, 3.0), Layer(3.0, 2.0)),
        (lambda p: p["l"][0].w * p["l"][1], {"l": [Layer(2.0, 1.0), 3.0]}, {"l": [Layer(3.0, 0.0), 2.0]}),
    ],
)
def test_containers_keep_their_class(function, argument, expected):
    gradient = ad.grad(function)(argument)
    assert type(gradient) is type(expected)
    assert gradient == expected


def test_gradients_share_no_memory_with_arguments():
    x, y = np.ones(3), np.full(3, 2.0)
    by_x, by_y = ad.grad(lambda a, b: np.sum(a * b), argnums=(0, 1))(x, y)
    by_x[0] = by_y[0] = 9.0
    assert np.array_equal(x, np.ones(3))
    assert np.array_equal(y, np.full(3, 2.0))
    both = ad.grad(lambda a, b: np.sum(a + b), argnums=(0, 1))(x, y)
    assert not np.may_share_memory(*both)


def test_an_unused_argument_has_a_zero_gradient_of_its_kind():
    assert np.array_equal(ad.grad(lambda x, y: x, argnums=1)(1.0, VECTOR), np.zeros(3))
    assert ad.grad(lambda x, y: x, argnums=1)(1.0, 2.0) == 0.0
    assert ad.grad(lambda x: 3.0)(1.0) == 0.0


def test_integers():
    with pytest.raises(TypeError, match=r"argument `x` is an integer(.|\n)*write 2\.0"):
        ad.grad(cube)(2)
    with pytest.raises(TypeError, match="argument `x` is an integer"):
        ad.grad(total_square)(np.arange(3))
    assert ad.grad(lambda x, n: x * n)(2.0, 3) == 3.0
    assert ad.grad(lambda x, n: x * n, argnums=(0, 1), allow_int=True)(2.0, 3)[0] == 3.0


def test_results_with_several_elements():
    with pytest.raises(TypeError, match="jacobian, or vjp"):
        ad.grad(lambda x: x * x)(VECTOR)
    with pytest.raises(TypeError, match="jacobian, or vjp"):
        ad.grad(lambda x: (x, x))(1.0)
    assert np.array_equal(ad.grad(lambda x: x * x)(np.array([3.0])), [6.0])
    assert np.array_equal(ad.grad(lambda x: x * x)(np.array([[3.0]])), [[6.0]])
    assert np.array_equal(ad.grad(lambda x: np.sum(x, keepdims=True))(VECTOR), np.ones(3))
    with pytest.raises(TypeError, match="returns a truth value"):
        ad.grad(lambda x: np.allclose(x, 1.0) or x[0] > 2.0)(VECTOR)
    with pytest.raises(TypeError, match="one number, not a truth value"):
        ad.grad(lambda x: x * ad.grad(lambda y: y > 1.0)(x))(2.0)


def test_integers_have_zero_tangents_and_gradients():
    primal = {"x": 1.5, "n": np.array([1, 2]), "k": 3, "name": "s"}
    zero = {"x": 0.0, "n": [0, 0], "k": 0, "name": "s"}
    assert ad.jvp(lambda x: (x, 3, x > 0.0), (1.0,), (1.0,)) == ((1.0, 3, True), (1.0, 0, False))
    out_dot = ad.jvp(lambda p: {**p, "x": 4.0}, (primal,), (primal,))[1]
    assert {**out_dot, "n": out_dot["n"].tolist()} == zero
    (bar,) = ad.vjp(lambda p: p["x"] * 2.0, primal)[1](0.0)
    assert {**bar, "n": bar["n"].tolist()} == zero
    assert ad.grad(lambda x, n: x * n[0], argnums=1, allow_int=True)(2.0, np.array([1, 2])).tolist() == [0, 0]
    inner = ad.grad(lambda x: ad.vjp(lambda p: p["x"] * x, primal)[1](1.0)[0]["x"] ** 2)
    assert inner(2.0) == 4.0


def test_tangents_and_cotangents_have_the_type_of_what_they_belong_to():
    single, half = np.ones(3, np.float32), np.float64(0.5)
    assert ad.vjp(lambda x: x, VECTOR)[1](single)[0].dtype == np.float64
    assert ad.vjp(lambda x: x, single)[1](VECTOR)[0].dtype == np.float32
    assert type(ad.jvp(lambda x: x, (2.0,), (1,))[1]) is float
    assert type(ad.jvp(lambda x: x, (half,), (1.0,))[1]) is np.float64
    assert type(ad.grad(lambda x, y: x, argnums=1)(half, half)) is np.float64
    with pytest.raises(TypeError, match="a complex cotangent for the output, which is real"):
        ad.vjp(lambda x: x * x, VECTOR)[1](1j * VECTOR)


def test_holomorphic_and_real_functions_of_complex_numbers():
    assert ad.grad(lambda z: z**3, holomorphic=True)(1 + 2j) == pytest.approx(3 * (1 + 2j) ** 2)
    assert ad.grad(lambda z: (z * z).real)(1 + 2j) == pytest.approx(2 + 4j)
    with pytest.raises(TypeError, match="holomorphic=True"):
        ad.grad(lambda z: z**3)(1 + 2j)
    wide = np.ones(2, np.clongdouble)
    assert ad.grad(lambda z: np.real(np.sum(z**2)))(wide).dtype == np.clongdouble
    with pytest.raises(TypeError, match="holomorphic=True"):
        ad.grad(lambda x: abs(ad.grad(lambda z: z**3)(x + 2j)))(1.0)


def test_has_aux():
    assert ad.grad(pair, has_aux=True)(3.0) == (6.0, {"twice": 6.0})
    assert ad.value_and_grad(pair, has_aux=True)(3.0) == ((9.0, {"twice": 6.0}), 6.0)
    assert ad.jvp(pair, (3.0,), (1.0,), has_aux=True) == (9.0, 6.0, {"twice": 6.0})
    out, pullback, aux = ad.vjp(pair, 3.0, has_aux=True)
    assert (out, pullback(2.0), aux) == (9.0, (12.0,), {"twice": 6.0})


# -- what may be differentiated -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "args", "expected"),
    [
        (math.sin, (0.3,), math.cos(0.3)),
        (math.pow, (2.0, 3.0), 12.0),
        (np.sin, (0.3,), math.cos(0.3)),
        (np.multiply, (2.0, 3.0), 3.0),
        (np.sum, (VECTOR,), np.ones(3)),
        (np.mean, (VECTOR,), np.full(3, 1 / 3)),
        (np.dot, (VECTOR, 2 * VECTOR), 2 * VECTOR),
        (np.linalg.norm, (np.array([3.0, 4.0]),), np.array([0.6, 0.8])),
        (abs, (-2.0,), -1.0),
        (float, (2.0,), 1.0),
        (max, (2.0, 3.0), 0.0),
        (Model(2.0).loss, (3.0,), 12.0),
        (Model(2.0), (3.0,), 2.0),
        (Model.of_class, (3.0,), 27.0),
        (functools.partial(volume, 2.0), (3.0, 4.0), 32.0),
        (functools.partial(volume, b=2.0), (3.0,), None),
        (lambda x: x * x, (3.0,), 6.0),
        (ad.grad(cube), (2.0,), 12.0),
        (ad.grad(ad.grad(cube)), (2.0,), 6.0),
        (functools.lru_cache(cube), (2.0,), 12.0),
    ],
)
def test_any_callable(function, args, expected):
    if expected is None:
        assert ad.grad(function)(*args, c=4.0) == 32.0
        return
    assert np.allclose(ad.grad(function)(*args), expected, rtol=1e-14)
    assert np.allclose(ad.value_and_grad(function)(*args)[0], function(*args), rtol=1e-14)


def test_decorated_methods():
    model = Model(2.0)
    assert model.slope(3.0) == 12.0
    assert Model(5.0).slope(3.0) == 30.0
    assert model.slopes(3.0, 4.0) == (8.0, 6.0)
    assert Model.static_slope(3.0) == 6.0
    assert np.allclose(model.matrix(VECTOR), np.diag(4.0 * VECTOR))
    model.w = 7.0
    assert model.slope(3.0) == 42.0


def test_derivatives_of_methods_count_arguments_without_the_object():
    model = Model(2.0)
    assert Model.slope(model, 3.0) == model.slope(3.0) == 12.0
    assert Model.slope(self=model, x=3.0) == model.slope(x=3.0) == 12.0
    assert Model.slopes(model, 3.0, 4.0) == model.slopes(3.0, 4.0) == (8.0, 6.0)
    assert Model.by_name(model, 3.0, 4.0) == model.by_name(3.0, 4.0) == 6.0
    assert np.allclose(Model.matrix(model, VECTOR), model.matrix(VECTOR))
    assert np.allclose(Model.each(model, VECTOR), model.each(VECTOR))
    assert Model.curvature(model, 3.0) == model.curvature(3.0) == 4.0
    assert Model.bent(model, 3.0, 0.5) == model.bent(3.0, 0.5) == 2.0
    assert Model.blocks(model, 3.0) == model.blocks(3.0) == ((4.0,),)
    assert Model.second(model, 3.0) == model.second(3.0) == 4.0
    assert Model.third(model, 3.0) == model.third(3.0) == 4.0
    assert ad.grad(Model.loss, argnums=1)(model, 3.0) == 12.0
    assert Model.slope is Model.slope
    assert pickle.loads(pickle.dumps(Model.slope)) is Model.slope


def test_derivatives_of_methods_inside_functions():
    model = Model(2.0)
    assert ad.grad(lambda x: model.slope(x) * x)(3.0) == 24.0
    assert ad.grad(lambda x: Model.slope(model, x) * x)(3.0) == 24.0
    assert ad.grad(lambda x, m: m.second(x) * Model.curvature(m, x) * x)(3.0, model) == 16.0


# -- derivatives inside functions ---------------------------------------------------------------------------


def test_nested_derivatives():
    assert ad.grad(lambda x: ad.grad(cube)(x) * x)(2.0) == pytest.approx(36.0)
    assert ad.grad(lambda x: ad.jvp(cube, (x,), (x,))[1])(2.0) == pytest.approx(36.0)
    assert ad.grad(lambda x: ad.vjp(cube, x)[1](1.0)[0])(2.0) == pytest.approx(12.0)
    assert ad.jvp(ad.grad(cube), (2.0,), (1.0,)) == (12.0, 12.0)
    assert ad.grad(lambda x: ad.derivative(cube, 2)(x))(2.0) == 6.0
    assert ad.grad(lambda x: ad.value_and_grad(cube)(x)[1])(2.0) == 12.0
    assert ad.grad(ad.grad(lambda x, n: np.power(x, n)))(0.0, 0.0) == 0.0
    assert ad.grad(ad.grad(lambda x, n: x**n))(np.zeros(1), 0.0) == 0.0
    assert np.allclose(ad.grad(lambda x: np.sum(ad.hvp(cubes)(x, x)))(VECTOR), 12.0 * VECTOR)


def mixed_product(x, z):
    """An inner gradient by a real argument of a function that computes with complex numbers."""
    return ad.vjp(np.matmul, x, z)[1](z[0] * (1.0 + 2.0j))[0]


def test_nested_derivatives_have_the_type_of_their_argument():
    z = np.array([[0.3 + 1j, 2.0], [0.5, 1.0 - 1j]])
    x = np.array([0.4, -0.7])
    plain = mixed_product(x, z)
    for out in (ad.jvp(mixed_product, (x, z), (x, z))[0], ad.vjp(mixed_product, x, z)[0]):
        assert out.dtype == np.float64
        assert np.array_equal(out, plain)
    ad.check_grads(mixed_product, (x, z))
    part = ad.jvp(lambda z: ad.vjp(np.real, z)[1](1.0)[0], (z[0, 0],), (1j,))[0]
    assert type(part) is np.complex128
    slope = ad.jvp(lambda x: ad.grad(lambda y: np.sum(np.sin(y) * VECTOR))(x), (0.5,), (1.0,))
    assert [type(s) for s in slope] == [float, float]
    assert type(ad.jvp(lambda x: ad.jvp(np.angle, (x,), (x,))[1], (0.5,), (1.0,))[0]) is np.float64


def test_tangents_and_cotangents_inside_functions_have_to_fit():
    def along(x, v):
        return ad.jvp(lambda y: y * y, (x,), (v,))[1]

    def back(x, v):
        return ad.vjp(lambda y: y * y, x)[1](v)[0]

    for inner in (along, back):
        assert np.array_equal(ad.jvp(inner, (VECTOR, VECTOR), (VECTOR, VECTOR))[0], 2.0 * VECTOR**2)
        with pytest.raises(TypeError, match=r"tangent of type float64\[v.0, v.1\] for a value of type"):
            ad.jvp(inner, (VECTOR, MATRIX), (VECTOR, MATRIX))
    with pytest.raises(TypeError, match=r"of shape \(2,\) for a value of shape \(3,\)"):
        ad.value_and_grad(lambda x, v: ad.jvp(np.sum, (x,), (v,))[1], argnums=1)(VECTOR, VECTOR[:2])
    with pytest.raises(TypeError, match=r"of shape \(2,\) for a value of shape \(3,\)"):
        ad.hvp(total_square)(VECTOR, VECTOR[:2])


def test_products_share_no_memory_with_their_arguments():
    v = np.ones(3)
    found = ad.elementwise_grad(lambda x, c: x * c)(VECTOR, v)
    assert np.array_equal(found, v)
    assert not np.may_share_memory(found, v)
    assert found.flags.writeable


def test_a_newton_step_inside():
    def root(a):
        x = 1.0
        for _ in range(30):
            residual = lambda y: y * y * y - a
            x = x - residual(x) / ad.grad(residual)(x)
        return x

    assert root(8.0) == pytest.approx(2.0)
    assert ad.grad(root)(8.0) == pytest.approx(1.0 / 12.0)


# -- products and matrices ----------------------------------------------------------------------------------

JACOBIANS = [ad.jacfwd, ad.jacrev, ad.jacobian]
each_jacobian = pytest.mark.parametrize("make", JACOBIANS, ids=lambda make: make.__name__)


@each_jacobian
@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (lambda x: x * x, 3.0, 6.0),
        (lambda x: x * VECTOR, 3.0, VECTOR),
        (total_square, VECTOR, 2.0 * VECTOR),
        (lambda x: MATRIX @ x, VECTOR, MATRIX),
        (np.sin, VECTOR, np.diag(np.cos(VECTOR))),
        (lambda x: x.T, MATRIX, np.einsum("il,jk->ijkl", np.eye(3), np.eye(2))),
        (lambda x: np.outer(x, x), VECTOR, None),
        (lambda x: x * x, np.zeros(0), np.zeros((0, 0))),
    ],
)
def test_jacobians_against_closed_forms(make, function, x, expected):
    if expected is None:
        eye = np.eye(3)
        expected = np.einsum("ik,j->ijk", eye, x) + np.einsum("i,jk->ijk", x, eye)
    actual = make(function)(x)
    assert np.shape(actual) == np.shape(expected)
    assert np.allclose(actual, expected, rtol=1e-14)


@each_jacobian
def test_jacobian_arguments(make):
    def scaled(a, x):
        return a * x

    eye = np.diag([2.0, 2.0, 2.0])
    assert np.array_equal(make(scaled, argnums=1)(2.0, VECTOR), eye)
    assert np.array_equal(make(scaled, argnums=-1)(2.0, VECTOR), eye)
    assert np.array_equal(make(scaled, argnums="x")(2.0, x=VECTOR), eye)
    by_a, by_x = make(scaled, argnums=(0, 1))(2.0, VECTOR)
    assert np.array_equal(by_a, VECTOR)
    assert np.array_equal(by_x, eye)
    assert np.array_equal(
        make(lambda *xs: xs[0] * xs[1], argnums=1)(2.0 * VECTOR, VECTOR), np.diag(2.0 * VECTOR)
    )
    with pytest.raises(TypeError, match="floating-point"):
        make(scaled)(2, VECTOR)
    with pytest.raises(TypeError, match="floating-point"):
        make(lambda x: "text")(VECTOR)


def test_hessians():
    assert np.allclose(ad.hessian(cubes)(VECTOR), np.diag(6.0 * VECTOR))
    assert ad.hessian(cube)(2.0) == 12.0
    assert ad.hessian(cubes)(MATRIX).shape == (2, 3, 2, 3)
    assert np.allclose(ad.hessian(lambda x: x @ MATRIX.T @ MATRIX @ x)(VECTOR), 2.0 * MATRIX.T @ MATRIX)
    by_x = ad.hessian(lambda a, x: a * cubes(x), argnums=1)(2.0, VECTOR)
    assert np.allclose(by_x, np.diag(12.0 * VECTOR))
    (aa, ax), (xa, xx) = ad.hessian(lambda a, x: a * a * cubes(x), argnums=(0, 1))(2.0, VECTOR)
    assert np.allclose(aa, 2.0 * np.sum(VECTOR**3))
    assert np.allclose(ax, 12.0 * VECTOR**2)
    assert np.allclose(xa, ax)
    assert np.allclose(xx, np.diag(24.0 * VECTOR))


def test_hessian_vector_products():
    v = np.array([1.0, -1.0, 0.5])
    assert np.allclose(ad.hvp(cubes)(VECTOR, v), 6.0 * VECTOR * v)
    assert np.allclose(ad.hvp(lambda a, x: a * cubes(x), argnums=1)(2.0, VECTOR, v), 12.0 * VECTOR * v)
    assert ad.hvp(cube)(2.0, 3.0) == 36.0


def test_elementwise_gradients():
    assert np.allclose(ad.elementwise_grad(np.sin)(VECTOR), np.cos(VECTOR))
    assert np.allclose(ad.elementwise_grad(np.tanh)(MATRIX), 1.0 - np.tanh(MATRIX) ** 2)
    assert np.allclose(ad.elementwise_grad(lambda a, x: a * np.sin(x), 1)(2.0, VECTOR), 2.0 * np.cos(VECTOR))
    assert np.allclose(
        ad.elementwise_grad(lambda a, x: a * np.sin(x), "x")(2.0, x=VECTOR), 2.0 * np.cos(VECTOR)
    )


@pytest.mark.parametrize(("n", "expected"), [(1, 80.0), (2, 160.0), (3, 240.0), (4, 240.0)])
def test_higher_derivatives(n, expected):
    assert ad.derivative(lambda x: x**5, n=n)(2.0) == pytest.approx(expected)
    assert ad.derivative(lambda x: x**5, n)(2.0) == pytest.approx(expected)


def test_derivative_of_library_functions():
    assert ad.derivative(math.sin)(0.3) == math.cos(0.3)
    assert ad.derivative(math.sin, 3)(0.3) == pytest.approx(-math.cos(0.3))
    assert np.allclose(ad.derivative(np.exp, 2)(0.5), math.exp(0.5))
    with pytest.raises(ValueError, match="at least 1"):
        ad.derivative(cube, 0)


def test_linearize():
    out, linear = ad.linearize(lambda x: np.sin(x) * 2.0, VECTOR)
    assert np.array_equal(out, np.sin(VECTOR) * 2.0)
    once = linear(np.ones(3))
    assert np.allclose(once, 2.0 * np.cos(VECTOR))
    assert np.allclose(linear(np.full(3, 2.0)), 2.0 * once)


def test_jvp_and_vjp():
    assert ad.jvp(volume, (1.0, 2.0, 3.0), (1.0, 0.0, 0.0)) == (18.0, 18.0)
    assert ad.jvp(volume, [1.0, 2.0, 3.0], [0.0, 1.0, 0.0]) == (18.0, 9.0)
    out, pullback = ad.vjp(volume, 1.0, 2.0, 3.0)
    assert (out, pullback(1.0)) == (18.0, (18.0, 9.0, 12.0))
    assert pullback(2.0) == (36.0, 18.0, 24.0)
    out, pullback = ad.vjp(lambda x: (x * 2.0, {"a": x * x}), 3.0)
    assert out == (6.0, {"a": 9.0})
    assert pullback((1.0, {"a": 2.0})) == (14.0,)


def test_stop_gradient():
    assert ad.stop_gradient(3.0) == 3.0
    assert ad.grad(lambda x: x * ad.stop_gradient(x))(3.0) == 3.0
    assert ad.jvp(lambda x: x * ad.stop_gradient(x), (3.0,), (1.0,)) == (9.0, 3.0)
    assert np.array_equal(ad.grad(lambda x: np.sum(ad.stop_gradient(x) * x))(VECTOR), VECTOR)


# -- the object ---------------------------------------------------------------------------------------------


def test_lower():
    lowered = ad.lower(volume, 1.0, 2.0, 3.0, argnums=(0, 1))
    assert lowered.source.startswith("def volume_grad(a, b, c):\n")
    assert lowered.compile()(1.0, 2.0, 3.0) == (18.0, 9.0)
    assert ad.lower(volume, 1.0, 2.0, 3.0, mode="value_and_grad").compile()(1.0, 2.0, 3.0) == (18.0, 18.0)
    forward = ad.lower(volume, 1.0, 2.0, 3.0, mode="forward")
    assert forward.compile()(1.0, 2.0, 3.0, 1.0) == (18.0, 18.0)
    assert ad.grad(volume).lower(1.0, 2.0, 3.0).compile()(1.0, 2.0, 3.0) == 18.0
    assert ad.lower(volume).compile()(1.0, 2.0, 3.0) == 18.0


def test_source_shows_the_last_signature():
    slope = ad.grad(lambda x: np.sum(x * x))
    before = slope.source
    assert "def " in before
    slope(VECTOR)
    assert slope.source == slope.lower(VECTOR).source
    assert len(slope.source) < len(before)


def test_what_python_sees_of_a_derivative():
    slope = ad.grad(volume)
    assert slope.__name__ == "volume"
    assert slope.__qualname__ == "volume"
    assert slope.__module__ == __name__
    assert slope.__doc__ == "a times b times c squared."
    assert slope.primal is volume
    assert slope.__wrapped__ is volume
    assert inspect.signature(ad.grad(with_defaults)) == inspect.signature(with_defaults)
    assert repr(slope) == "<grad of volume>"


@pytest.mark.parametrize("make", [*JACOBIANS, ad.hessian, ad.elementwise_grad, ad.derivative])
def test_what_python_sees_of_a_composed_derivative(make):
    made = make(with_defaults)
    assert (made.__name__, made.__module__) == ("with_defaults", __name__)
    assert inspect.signature(made) == inspect.signature(with_defaults)
    assert repr(made).endswith(" of with_defaults>")


def test_signature_of_a_hessian_vector_product():
    assert str(inspect.signature(ad.hvp(volume))) == "(a, b, c, v, /)"


@pytest.mark.parametrize(
    ("derivative", "args"),
    [
        (ad.grad(volume), (1.0, 2.0, 3.0)),
        (ad.grad(volume, argnums=("c", 0)), (1.0, 2.0, 3.0)),
        (ad.value_and_grad(cube), (2.0,)),
        (ad.grad(pair, has_aux=True), (2.0,)),
        (ad.jacfwd(volume), (1.0, 2.0, 3.0)),
        (ad.jacrev(volume, argnums=(0, 1)), (1.0, 2.0, 3.0)),
        (ad.hessian(volume, argnums=2), (1.0, 2.0, 3.0)),
        (ad.hvp(volume, argnums=2), (1.0, 2.0, 3.0, 1.0)),
        (ad.elementwise_grad(cube), (2.0,)),
        (ad.derivative(cube, 2), (2.0,)),
        (ad.grad(ad.grad(cube)), (2.0,)),
        (ad.grad(math.sin), (2.0,)),
        (decorated, (2.0,)),
        (decorated_by_number, (1.0, 2.0, 3.0)),
    ],
)
def test_pickling(derivative, args):
    derivative(*args)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        loaded = pickle.loads(pickle.dumps(derivative, protocol))
        assert loaded(*args) == derivative(*args)
    assert copy.copy(derivative)(*args) == derivative(*args)


def test_eight_threads_compile_once():
    def f(x):
        for k in range(3):
            x = np.sin(x) * k + x
        return np.sum(x)

    slope = ad.grad(f)
    expected = ad.grad(lambda x: f(x))(VECTOR)
    barrier, results = threading.Barrier(8), []

    def work():
        barrier.wait()
        results.append(slope(VECTOR))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert all(np.array_equal(result, expected) for result in results)
    assert (slope.cache_info().misses, slope.cache_info().currsize) == (1, 1)


def test_cache():
    slope = ad.grad(lambda x: np.sum(x * x))
    assert slope.cache_info() == type(slope.cache_info())(hits=0, misses=0, currsize=0)
    slope(VECTOR)
    slope(2.0 * VECTOR)
    slope(np.ones(7))
    assert slope.cache_info().misses == 1
    assert slope.cache_info().hits == 2
    slope(MATRIX)
    slope(VECTOR.astype(np.float32))
    assert slope.cache_info().currsize == 3
    slope.cache_clear()
    assert slope.cache_info().currsize == 0
    assert np.array_equal(slope(VECTOR), 2.0 * VECTOR)
    assert slope.cache_info().misses == 1


def test_tracebacks_show_the_emitted_lines():
    def f(x):
        y = math.log(x)
        return y * y

    slope = ad.grad(f)
    assert slope(1.0) == 0.0
    linecache.clearcache()
    with pytest.raises(ValueError) as caught:
        slope(-1.0)
    shown = "".join(traceback.format_exception(caught.value))
    assert "math.log(x)" in shown
    assert "in f_grad" in shown


def test_getsource_of_emitted_code():
    compiled = ad.lower(volume, 1.0, 2.0, 3.0).compile()
    assert inspect.getsource(compiled) in ad.lower(volume, 1.0, 2.0, 3.0).source
    linecache.checkcache()
    assert inspect.getsource(compiled).startswith("def volume_grad(a, b, c):")


def test_globals_and_closures_are_live():
    scale = 2.0

    def f(x):
        return scale * x * x

    slope = ad.grad(f)
    assert slope(3.0) == 12.0
    scale = 5.0
    assert slope(3.0) == 30.0
    namespace: dict[str, Any] = {"K": 2.0}
    source = "def g(x):\n    return K * x\n"
    linecache.cache["<test_api g>"] = (len(source), None, source.splitlines(keepends=True), "<test_api g>")
    exec(compile(source, "<test_api g>", "exec"), namespace)
    slope = ad.grad(namespace["g"])
    assert slope(1.0) == 2.0
    namespace["K"] = 7.0
    assert slope(1.0) == 7.0


# -- checking -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (volume, (1.0, 2.0, 3.0)),
        (np.sin, (0.3,)),
        (lambda x: np.sin(x) * x, (VECTOR,)),
        (lambda p, n: {"out": p[0]["w"] * p[1] * n, "n": 3}, (({"w": MATRIX}, 2.0), 3)),
        (lambda p: np.sum(p.x) * p.y**2, (Point(VECTOR, 2.0),)),
        (lambda p: p.w**3 * p.b, (Layer(2.0, 3.0),)),
        (lambda m, x: m.w * x * x, (Model(2.0), 3.0)),
        (lambda x, kind: x**3 if kind == "cube" else x, (2.0, "cube")),
        (cubes, (VECTOR.astype(np.float32),)),
        (lambda z: np.sin(z) * z, (1 + 2j,)),
        (lambda z: np.sum(z * np.conj(z)).real, (np.array([1 + 2j, 3 - 1j]),)),
        (lambda x, y: (x * y, x / y), (1.3, 2.0)),
        (np.log, (0.2,)),
    ],
)
def test_check_grads_accepts_right_derivatives(function, args):
    before = copy.deepcopy(args)
    ad.check_grads(function, args, order=2)
    ad.check_grads(function, list(args), order=1, modes=["rev"])
    assert repr(args[-1]) == repr(before[-1]) or not isinstance(args[-1], np.ndarray)


def test_check_grads_to_third_order():
    ad.check_grads(lambda x: x**5, (1.3,), order=3)


def test_check_grads_shows_a_table():
    with pytest.raises(AssertionError) as caught:
        ad.check_grads(lambda x: x * ad.stop_gradient(x), (1.5,), order=1)
    first, head, *rows = str(caught.value).splitlines()
    assert first == "derivatives of <lambda> disagree with differences (4 of 4 comparisons)"
    assert head.split() == ["order", "mode", "direction", "derivative", "difference", "error", "allowed"]
    assert [row.split()[:3] for row in rows] == [
        ["1", "fwd", "0"],
        ["1", "rev", "0"],
        ["1", "fwd", "1"],
        ["1", "rev", "1"],
    ]
    assert len({len(row) for row in [head, *rows]}) == 1


def test_check_grads_finds_a_wrong_second_order():
    with pytest.raises(AssertionError, match=r"\n +2 +rev"):
        ad.check_grads(lambda x: ad.stop_gradient(x) * x - x * x / 2.0, (1.5,))


def test_check_grads_tolerances():
    def slightly_wrong(x):
        return x * x + 1e-3 * ad.stop_gradient(x)

    with pytest.raises(AssertionError):
        ad.check_grads(slightly_wrong, (1.0,), order=1)
    ad.check_grads(slightly_wrong, (1.0,), order=1, atol=1e-2)
    ad.check_grads(slightly_wrong, (1.0,), order=1, atol=0.0, rtol=1e-2)


@pytest.mark.parametrize(
    ("args", "options", "text"),
    [
        ((1,), {}, "no argument holds a floating-point number"),
        ((1.0,), {"modes": ("bwd",)}, "modes="),
        ((1.0,), {"modes": ()}, "modes="),
        ((1.0,), {"order": 0}, "order=0"),
    ],
)
def test_check_grads_refuses(args, options, text):
    with pytest.raises(ad.ArgumentError, match=text):
        ad.check_grads(lambda x: x * x, args, **options)


def test_import_loads_no_test_or_plotting_package():
    names = ("scipy", "matplotlib", "pytest", "autograd")
    code = f"import sys, adcompile; print([m for m in {names} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_an_integer_in_a_container_that_enters_the_result_is_refused() -> None:
    def product(p: Any) -> Any:
        return p[0] * p[1]

    with pytest.raises(TypeError, match=r"argument `p_0` is an integer"):
        ad.grad(product)([1, 2.0])


def test_an_integer_in_a_container_that_only_counts_has_gradient_zero() -> None:
    def grown(p: Any) -> Any:
        s = p["w"]
        for _ in range(p["n"]):
            s = s * 1.5
        return s

    assert ad.grad(grown)({"w": 2.0, "n": 3}) == {"w": 1.5**3, "n": 0}


def test_text_of_a_number_does_not_lose_its_derivative_silently() -> None:
    def through_text(x: Any) -> Any:
        return float(str(x))

    with pytest.raises(ad.NoDerivative, match="`float` of a text"):
        ad.grad(through_text)(2.0)


def test_cotangents_and_tangents_have_to_fit() -> None:
    def double(x: Any) -> Any:
        return x * 2.0

    _, pullback = ad.vjp(double, np.ones(3))
    with pytest.raises(TypeError, match="a cotangent of shape"):
        pullback(np.ones(2))
    with pytest.raises(TypeError, match="a tangent of shape"):
        ad.jvp(double, (np.ones(3),), (1.0,))


@pytest.mark.parametrize(
    ("cotangent", "text"),
    [
        (np.ones(3), "a cotangent of type ndarray for the output with the type tuple"),
        ((np.ones(3), 1.0), "a cotangent with 2 items for the output with 1"),
        (({"a": 1.0},), "a cotangent with the keys ['a'] for the output with the keys ['a', 'b']"),
        (((1.0, 1.0),), "a cotangent of type tuple for the output with the type dict"),
    ],
)
def test_cotangents_have_the_structure_of_the_output(cotangent: Any, text: str) -> None:
    def parts(x: Any) -> Any:
        return ({"a": x[0], "b": x[1]},)

    _, pullback = ad.vjp(parts, np.ones(3))
    with pytest.raises(ad.ArgumentError, match=re.escape(text)):
        pullback(cotangent)


def test_tangents_have_the_structure_of_the_primal() -> None:
    def first(p: Any) -> Any:
        return p["a"]

    with pytest.raises(ad.ArgumentError, match="a tangent of type float for primal 0 with the type dict"):
        ad.jvp(first, ({"a": 1.0},), (1.0,))


def test_shapes_that_do_not_fit_raise_also_where_the_value_is_not_needed() -> None:
    def inner(x: Any, y: Any) -> Any:
        return np.sum(x * y)

    with pytest.raises(ValueError, match="cannot be broadcast to a single shape"):
        ad.grad(inner)(np.ones(3), np.ones(4))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.roots([x, 2.0 * x]),
        lambda x: np.roots((x, 2.0 * x)),
    ],
)
def test_a_container_of_active_values_is_refused_by_a_function_without_a_rule(function: Any) -> None:
    with pytest.raises(ad.NoDerivative, match=r"`np\.roots` has no rule"):
        ad.grad(function)(2.0)
