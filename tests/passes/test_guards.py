"""Infinite partials of elements that a program leaves out: the adjoint there is 0, and not NaN."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import math

import numpy as np
import pytest

import adcompile as ad

ZERO = np.array([0.0, 4.0, 9.0])
W = np.array([0.5, 2.0, 3.0])
HALF = np.array([0.0, 0.25, 1.0 / 6.0])


def overwritten_by_a_mask(x):
    z = np.sqrt(x)
    z[x == 0] = 1.0
    return z.sum()


def read_by_a_mask(x):
    z = np.sqrt(x)
    return z[z > 0].sum()


def read_by_places(x):
    z = np.sqrt(x)
    return z[np.flatnonzero(x)].sum()


def read_by_a_slice(x):
    z = np.sqrt(x)
    return z[1:].sum()


def overwritten_at_its_end(x):
    z = np.sqrt(x)
    z[0] = 7.0
    return z.sum()


def overwritten_through_a_view(x):
    z = np.sqrt(x)[::-1]
    z[2] = 7.0
    return z.sum()


def largest(x):
    return np.sum(np.maximum(np.sqrt(x), 0.5))


def clipped(x):
    return np.sum(np.clip(np.sqrt(x), 0.5, 10.0))


def a_triangle(x):
    return np.sum(np.triu(np.sqrt(x * np.ones((3, 1))), 1)[0])


def used_in_one_arm(x):
    total = 0.0
    for v in x:
        r = np.sqrt(v)
        if r > 0:
            total += r
    return total


def skipped_by_continue(x):
    total, k = 0.0, -1
    while k < 2:
        k += 1
        r = math.sqrt(x[k])
        if r == 0.0:
            continue
        total += r
    return total


def early_return(x):
    total = 0.0
    for v in x:
        total = total + _root_or_nothing(v)
    return total


def _root_or_nothing(v):
    r = v**0.5
    if v == 0:
        return 0.0
    return r


def from_a_list(x):
    roots = []
    for v in x:
        roots.append(np.sqrt(v))
    total = 0.0
    for r in roots:
        if r > 0:
            total += r
    return total


def written_one_by_one(x):
    y = np.zeros(3)
    for i in range(3):
        y[i] = np.sqrt(x[i])
    y[x == 0] = 5.0
    return y.sum()


def summed_before(x):
    rows = np.sum(np.sqrt(np.stack([x, x])), axis=0)
    return np.sum(rows[rows > 0]) / 2.0


def _root(n, x):
    return np.sqrt(x) if n == 0 else _root(n - 1, x)


def by_recursion(x, n):
    z = _root(n, x)
    return z[z > 0].sum()


ROOTS = [
    overwritten_by_a_mask, read_by_a_mask, read_by_places, read_by_a_slice, overwritten_at_its_end,
    overwritten_through_a_view, largest, clipped, a_triangle, used_in_one_arm, skipped_by_continue,
    early_return,
    from_a_list, written_one_by_one, summed_before,
]  # fmt: skip


@pytest.mark.parametrize("f", ROOTS, ids=lambda f: f.__name__)
def test_the_gradient_of_roots_of_which_that_of_zero_is_left_out(f):
    np.testing.assert_allclose(ad.grad(f)(ZERO), HALF, rtol=1e-15, atol=0.0)
    np.testing.assert_allclose(ad.grad(f)(np.append(1.0, ZERO[1:]))[1:], HALF[1:], rtol=1e-15)


def test_a_recursion_of_which_elements_are_left_out():
    np.testing.assert_allclose(ad.grad(by_recursion)(ZERO, 2), HALF, rtol=1e-15)


def quotient(x, w):
    with np.errstate(all="ignore"):
        z = w / x
    z[~np.isfinite(z)] = 0.0
    return z.sum()


def quotient_where(x, w):
    return np.sum(np.divide(w, x, out=np.zeros_like(w), where=x != 0))


def power(x, w):
    with np.errstate(all="ignore"):
        z = x**-1.0
    z[np.isinf(z)] = 0.0
    return np.sum(w * z)


def logarithm(x, w):
    with np.errstate(all="ignore"):
        z = np.log(x)
    return np.sum(np.where(x > 0, w * z, 0.0))


def entropy(x, w):
    with np.errstate(all="ignore"):
        z = w * x * np.log(x)
    z[np.isnan(z)] = 0.0
    return z.sum()


INVERSE = np.array([0.0, 0.25, 1.0 / 9.0])
LOGS = np.array([0.0, np.log(4.0), np.log(9.0)])
QUOTIENTS = [
    (quotient, -W * INVERSE**2, INVERSE),
    (quotient_where, -W * INVERSE**2, INVERSE),
    (power, -W * INVERSE**2, INVERSE),
    (logarithm, W * INVERSE, LOGS),
    (entropy, W * (LOGS + np.array([0.0, 1.0, 1.0])), ZERO * LOGS),
]


@pytest.mark.parametrize(("f", "by_x", "by_w"), QUOTIENTS, ids=[f.__name__ for f, *_ in QUOTIENTS])
def test_the_gradient_of_quotients_of_which_that_by_zero_is_left_out(f, by_x, by_w):
    x_bar, w_bar = ad.grad(f, (0, 1))(ZERO, W)
    np.testing.assert_allclose(x_bar, by_x, rtol=1e-15, atol=0.0)
    np.testing.assert_allclose(w_bar, by_w, rtol=1e-15, atol=0.0)


def pairs_once(x):
    r = np.sqrt((x[:, None] - x) ** 2)
    i, j = np.triu_indices(len(x), 1)
    return np.sum(1.0 / r[i, j])


def pairs_without_the_diagonal(x):
    r = np.sqrt((x[:, None] - x) ** 2)
    np.fill_diagonal(r, np.inf)
    return np.sum(1.0 / r) / 2.0


def pairs_one_by_one(x):
    total = 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            d = x[i] - x[j]
            r = np.sqrt(d * d)
            if i != j:
                total += 0.5 / r
    return total


@pytest.mark.parametrize(
    "f", [pairs_once, pairs_without_the_diagonal, pairs_one_by_one], ids=lambda f: f.__name__
)
def test_distances_of_all_pairs_of_points_but_those_of_a_point_to_itself(f):
    x = np.array([0.0, 1.0, 3.0])
    # 1 / (b - a) + 1 / (c - a) + 1 / (c - b)
    expected = [1.0 + 1.0 / 9.0, -1.0 + 1.0 / 4.0, -1.0 / 9.0 - 1.0 / 4.0]
    np.testing.assert_allclose(ad.grad(f)(x), expected, rtol=1e-14)


def softplus(x):
    with np.errstate(over="ignore"):
        return np.sum(np.where(x > 30.0, x, np.log1p(np.exp(x))))


def test_an_exponential_that_grows_too_large_where_it_is_left_out():
    x = np.array([1000.0, 1.0])
    np.testing.assert_allclose(ad.grad(softplus)(x), [1.0, 1.0 / (1.0 + np.exp(-1.0))], rtol=1e-15)


# -- an adjoint that happens to be zero --------------------------------------------------------------------


def weighted_where(x, w):
    return np.sum(np.where(x > 0, w * np.sqrt(x), 0.0))


def weighted_mask(x, w):
    z = np.sqrt(x)
    z[x == 0] = 1.0
    return np.sum(w * z)


def weighted_arm(x, w):
    total = 0.0
    for k in range(3):
        r = math.sqrt(x[k])
        if r > 0:
            total = total + w[k] * r
    return total


@pytest.mark.parametrize("f", [weighted_where, weighted_mask, weighted_arm], ids=lambda f: f.__name__)
def test_the_derivative_of_an_adjoint_that_is_zero_at_the_point(f):
    x, w = np.array([1.0, 4.0, 9.0]), np.zeros(3)
    mixed = ad.grad(lambda x, w: np.sum(ad.grad(f)(x, w)), 1)(x, w)
    np.testing.assert_allclose(mixed, 0.5 / np.sqrt(x), rtol=1e-15)
    _, tangent = ad.jvp(lambda w: ad.grad(f)(x, w), (w,), (np.ones(3),))
    np.testing.assert_allclose(tangent, 0.5 / np.sqrt(x), rtol=1e-15)
    _, tangent = ad.jvp(lambda w: ad.grad(f)(ZERO, w), (w,), (np.ones(3),))
    np.testing.assert_allclose(tangent[1:], HALF[1:], rtol=1e-15)


# -- no guard where there is nothing to guard ----------------------------------------------------------------


def products(x, w):
    return np.sum(np.where(x > 0, w * np.sin(x) * x, 0.0))


def above_one(x, w):
    return np.sum(np.where(x > 0, w / np.sqrt(1.0 + x * x) + np.log(1.0 + np.exp(-(x * x))), 0.0))


def kernel(x, w):
    return np.sum(np.where(x > 0, w * np.exp(-(x**2) / (2.0 * len(x))), 0.0))


def whole_rows(x, w):
    z = w / x
    for k in range(len(z)):
        z[k] = z[k] ** 2
    return np.sum(z)


def in_both_arms(x, w):
    r = math.sqrt(x[0])
    return r * w[0] if w[1] > 0 else r * w[1]


def also_in_full(x, w):
    z = np.sqrt(x)
    return np.sum(w * z) + z[x > 0].sum()


def rows_swapped(x, w):
    z = w / x
    i, j = np.argmax(x), np.argmin(x)
    z[[i, j]] = z[[j, i]]
    return np.sum(z * w)


PLAIN = [products, above_one, kernel, whole_rows, in_both_arms, also_in_full, rows_swapped]


@pytest.mark.parametrize("f", PLAIN, ids=lambda f: f.__name__)
def test_no_guard_where_partials_are_finite_or_all_elements_are_read(f):
    x, w = np.array([1.0, 2.0, 0.5]), np.array([0.5, 2.0, 3.0])
    source = ad.lower(ad.grad(f, (0, 1)), x, w).source
    backward = source.split("backward sweep")[-1]
    assert "!= 0" not in backward.replace("if r != 0 else math.inf", "")
    assert "isfinite" not in source
    ad.check_grads(f, (x, w))


# -- rows of users -----------------------------------------------------------------------------------------


def root_of(x):
    return np.sqrt(x)


def other_root_of(x):
    return np.sqrt(x)


def by_a_row(x):
    z = root_of(x)
    return z[z > 0].sum()


def by_another_row(x):
    z = other_root_of(x)
    return z[z > 0].sum()


@pytest.mark.parametrize(
    ("f", "name", "told"),
    [(by_a_row, "root_of", {"regular": "z > 0"}), (by_another_row, "other_root_of", {})],
    ids=["told", "not told"],
)
def test_rows_say_where_their_partials_are_finite_or_are_asked_for_them(f, name, told):
    ad.pointwise(f"{name}(x)", "0.5 / z", namespace={name: globals()[name]}, **told)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(ad.grad(f)(ZERO), HALF, rtol=1e-15, atol=0.0)
    source = ad.lower(ad.grad(f), ZERO).source
    assert ("np.isfinite(" in source) == (not told)
