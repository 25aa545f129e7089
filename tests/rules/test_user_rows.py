"""Rows that a user adds: their texts may name whatever the row's namespace holds."""

import math
import types

import numpy as np
import pytest

import adcompile as ad
from adcompile.rules.rule import constant, linear, pointwise

library = types.ModuleType("library")


pytestmark = pytest.mark.usefixtures("own_rows")


def twice_sine(x):
    return 2.0 * float(np.frompyfunc(math.sin, 1, 1)(x))


def twice_cosine(x):
    return 2.0 * float(np.frompyfunc(math.cos, 1, 1)(x))


def blurred(x):
    return np.convolve(x, [1.0, 2.0, 1.0], "same")


library.twice_sine = twice_sine
library.twice_cosine = twice_cosine
library.blurred = blurred
library.HALF = 0.5
NAMES = {"library": library}


def same(x):
    return x.type


def f(x):
    return library.twice_sine(x) * x


def test_a_text_may_call_other_functions_and_read_constants_of_the_namespace():
    pointwise(
        "library.twice_sine(x)", "2 * library.HALF * library.twice_cosine(x)", types=same, namespace=NAMES
    )
    pointwise("library.twice_cosine(x)", "-library.twice_sine(x)", types=same, namespace=NAMES)
    x = 0.7
    assert math.isclose(ad.grad(f)(x), 2 * math.sin(x) + x * 2 * math.cos(x), rel_tol=1e-15)
    assert math.isclose(ad.jvp(f, (x,), (1.0,))[1], ad.grad(f)(x), rel_tol=1e-15)
    second = 2 * 2 * math.cos(x) - x * 2 * math.sin(x)
    assert math.isclose(ad.grad(ad.grad(f))(x), second, rel_tol=1e-14)


def energy(x):
    return np.sum(library.blurred(x) ** 2)


def test_a_linear_row_with_a_type_keeps_the_helpers_out():
    linear("library.blurred(x)", "library.blurred(z_bar)", types=same, namespace=NAMES)
    x = np.array([1.0, -2.0, 0.5, 3.0])
    assert np.array_equal(ad.grad(energy)(x), blurred(2 * blurred(x)))
    assert "def like" not in ad.grad(energy).source


def stepped(x):
    return x * library.twice_sine(x)


def test_a_constant_row():
    constant("library.twice_sine(x)", namespace=NAMES)
    assert ad.grad(stepped)(0.3) == twice_sine(0.3)
