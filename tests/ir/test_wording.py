"""What values without a name are called in emitted code."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import math
from collections import namedtuple
from random import Random as square
from random import getrandbits as total

import numpy as np
import pytest

import adcompile as ad


def halves(x, y):
    return (x * y) ** 2 / (1.0 + x * y)


def powers(z):
    return math.exp(z) * math.exp(z) + (z * z) * (z * z)


def neighbours(u):
    s = 0.0
    for i in range(1, len(u) - 1):
        s = s + u[i] * u[i] * (u[i - 1] * u[i - 1])
    return s


def rows(a):
    n = a.shape[0]
    return np.sum(a[0] * a[0]) / n + np.sum(a[-1] * a[-1])


@pytest.mark.parametrize(
    ("function", "args", "words"),
    [
        (halves, (0.5, 2.0), ("x_times_y = x * y", "total = 1.0 + x_times_y")),
        (powers, (0.5,), ("exp_z = math.exp(z)", "z_squared = z * z")),
        (neighbours, (np.ones(5),), ("u_i = u[i]", "i_minus_1 = i - 1")),
        (rows, (np.ones((3, 2)),), ("a_0 = a[0]", "a_last = a[-1]")),
    ],
)
def test_a_value_is_called_after_what_it_is(function, args, words):
    text = ad.lower(function, *args, mode="vjp").source
    assert [w for w in words if w not in text] == []


def shared(x, y, z):
    return (x * y + z) * math.sin(x * y + z)


def test_an_adjoint_is_called_after_its_value():
    text = ad.lower(shared, 0.5, 2.0, 1.0, argnums=(0, 1)).source
    assert "total_bar = " in text


def calls_what_is_called_like_a_word(x, n):
    z = (x + 1.0) * (x + 1.0)
    return z * z * float(total(n)) + (x - 1.0) ** 2 * square(n).random()


def test_a_word_hides_no_function_that_the_code_calls():
    gradient = ad.grad(calls_what_is_called_like_a_word)
    # one random bit, and the first number of a generator
    expected = [4 * 27.0 * bit + 2.0 * square(1).random() for bit in (0.0, 1.0)]
    assert gradient(2.0, 1) in [pytest.approx(e) for e in expected]


product = namedtuple("product", "a b")


def of_a_class_called_like_a_word(s):
    return (s.a * s.b + 1.0) * (s.a * s.b * 2.0) * (s.a * s.b * 2.0) * (s.a * s.b + 1.0)


def of_an_argument_called_like_its_class(product):
    return of_a_class_called_like_a_word(product)


@pytest.mark.parametrize("f", [of_a_class_called_like_a_word, of_an_argument_called_like_its_class])
def test_a_word_hides_no_class_of_a_result(f):
    at = product(1.0, 2.0)
    slope = 2.0 * 12.0 * 20.0
    assert ad.grad(f)(at) == product(2.0 * slope / 2.0, slope / 2.0)
    assert ad.vjp(f, at)[1](1.0)[0] == ad.grad(f)(at)
    assert ad.jvp(f, (at,), (product(1.0, 0.0),))[1] == ad.grad(f)(at).a


def unnamed_loops(x):
    s = 0.0
    for row in x:
        for item in row:
            s = s + item * item
    return s


def test_nested_loops_count_with_variables_of_their_own():
    text = ad.lower(unnamed_loops, np.ones((2, 3))).source
    assert "for i in reversed(range(" in text
    assert "for i_2 in reversed(range(" in text


def taken_over(x, n):
    y = x
    for _ in range(n):
        y = y * y
    return y


def test_an_adjoint_does_not_go_by_the_name_of_an_argument():
    text = ad.lower(taken_over, 0.5, 3, mode="vjp").source
    assert "y_bar = out_bar" in text
    assert "out_bar = " not in text.replace("y_bar = out_bar", "")


def lengths(a):
    n, _, k = a.shape
    return np.sum(a * a) * n / k


def test_lengths_are_read_in_one_assignment():
    assert "n, _, k = a.shape" in ad.lower(lengths, np.ones((2, 3, 4))).source
    assert ad.grad(lengths)(np.ones((2, 3, 4)))[0, 0, 0] == 1.0
