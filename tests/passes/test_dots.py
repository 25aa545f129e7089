"""Sums of products of arrays in a derivative."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import numpy as np
import pytest

import adcompile as ad

draw = np.random.default_rng(8).normal


def scaled(s, x, w):
    return np.sum((s * x - w) ** 3)


def scaled_thrice(s, t, x, w):
    return np.sum(np.sin(s * (t * (x / t))) * w)


def stretched(s, x, m):
    return np.sum(s * x * m, axis=0) @ x


def stretched_one(s, one, x):
    return np.sum((s * one * x) ** 2)


def of_matrices(s, m):
    return np.sum((s * m) ** 3)


def read_twice(s, x):
    y = s * x
    return np.sum(y) * np.sum(np.exp(y))


def in_a_loop(a, b, x):
    for i in range(len(b)):
        x = np.tanh(a * x[::-1]) * b[i]
    return np.sum(x)


VECTOR = draw(size=5)
PROGRAMS = [
    (scaled, (0.7, VECTOR, draw(size=5))),
    (scaled_thrice, (0.7, 1.3, VECTOR, draw(size=5))),
    (stretched, (0.7, VECTOR, draw(size=(4, 5)))),
    (stretched_one, (0.7, draw(size=1), VECTOR)),
    (of_matrices, (0.7, draw(size=(3, 4)))),
    (read_twice, (0.7, VECTOR)),
    (in_a_loop, (0.7, draw(size=3), VECTOR)),
    (scaled, (0.7, draw(size=0), draw(size=0))),
    (scaled, (0.7 + 0.2j, VECTOR + 0.1j, VECTOR * 1j)),
]


@pytest.mark.parametrize(("f", "args"), PROGRAMS)
def test_the_sum_is_the_same(f, args):
    if not any(np.iscomplexobj(a) for a in args):
        ad.check_grads(f, args, order=2)
        return
    found = ad.grad(f, holomorphic=True)(*args)
    step = 1e-5
    slope = (f(args[0] + step, *args[1:]) - f(args[0] - step, *args[1:])) / (2 * step)
    np.testing.assert_allclose(found, slope, rtol=1e-8)


def test_a_number_that_multiplies_a_vector_gets_a_dot_product():
    source = ad.lower(scaled, 0.7, VECTOR, VECTOR).source
    assert "np.dot(" in source
    assert "np.sum" not in source


def test_matrices_of_which_nothing_is_complex_get_one_as_well():
    assert "np.vdot(" in ad.lower(of_matrices, 0.7, draw(size=(3, 4))).source
    assert "np.sum(" in ad.grad(of_matrices, holomorphic=True).lower(0.7j, draw(size=(3, 4)) * 1j).source


def test_numbers_are_multiplied_last():
    def f(s, t, x, w):
        return np.sum(w * (s * (t * x)))

    assert "s_bar = float(t * np.dot(w, x))" in ad.lower(f, 0.7, 1.3, VECTOR, VECTOR).source


def test_a_vector_that_may_be_stretched_is_not_multiplied_by_a_dot_product():
    def f(s, x, k, w):
        part = x[:k]
        return np.sum(w * (s * part))

    gradient = ad.grad(f)
    assert gradient(2.0, VECTOR, 1, np.ones(5)) == pytest.approx(5 * VECTOR[0])
    assert gradient(2.0, VECTOR, 5, np.ones(5)) == pytest.approx(np.sum(VECTOR))


def test_single_precision_is_summed_pairwise():
    source = ad.lower(scaled, np.float32(0.7), *(draw(size=(2, 5)).astype(np.float32))).source
    assert "np.dot" not in source
    assert "np.sum" in source


def test_the_sums_of_the_program_stay():
    def f(x, y):
        return np.sum(x * y)

    value, _ = ad.vjp(f, u := draw(size=1000), v := draw(size=1000))
    assert value == f(u, v)


def test_a_quotient_on_the_right_stays_one():
    def f(s, x, c, w):
        return np.sum(w * (s * (x / c)))

    large = np.full(3, 1e200)
    assert ad.grad(f)(1.0, large, 1e200, large) == pytest.approx(3e200)
