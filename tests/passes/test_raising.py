"""Errors that a program raises, and so its derivatives, although no derivative needs what raises them."""

import math

import numpy as np
import pytest

import adcompile as ad

one = np.ones
# an operation of two operands, operands that it takes, and some that it raises for
CASES = {
    "concatenate": (lambda x, y: np.concatenate([x, y]),
        (one((2, 3)), one((4, 3))), (one((2, 3)), one((4, 2)))),
    "concatenate_columns": (lambda x, y: np.concatenate((x, y), axis=-1),
        (one((2, 3)), one((2, 1))), (one((2, 3)), one((4, 3)))),
    "append": (lambda x, y: np.append(x, y, axis=0), (one((2, 3)), one((4, 3))), (one((2, 3)), one((4, 2)))),
    "stack": (lambda x, y: np.stack([x, y]), (one(3), one(3)), (one(3), one(2))),
    "vstack": (lambda x, y: np.vstack([x, y]), (one(3), one((2, 3))), (one(3), one((2, 2)))),
    "hstack": (lambda x, y: np.hstack([x, y]), (one((2, 3)), one((2, 1))), (one((2, 3)), one((4, 3)))),
    "column_stack": (lambda x, y: np.column_stack([x, y]), (one(3), one(3)), (one(3), one(2))),
    "einsum": (lambda x, y: np.einsum("ij,jk->ik", x, y),
        (one((2, 3)), one((3, 4))), (one((2, 3)), one((2, 4)))),
    "einsum_all_shared": (lambda x, y: np.einsum("i,i", x, y), (one(3), one(3)), (one(3), one(2))),
    "vdot": (lambda x, y: np.vdot(x, y), (one(3), one(3)), (one(3), one(4))),
    "inv_singular": (lambda x, y: np.linalg.inv(x), (np.eye(3), 0.0), (one((3, 3)), 0.0)),
    "inv_not_square": (lambda x, y: np.linalg.inv(x), (np.eye(3), 0.0), (one((2, 3)), 0.0)),
    "det": (lambda x, y: np.linalg.det(x), (np.eye(3), 0.0), (one((2, 3)), 0.0)),
    "slogdet": (lambda x, y: np.linalg.slogdet(x)[1], (np.eye(3), 0.0), (one((2, 3)), 0.0)),
    "solve_singular": (lambda x, y: np.linalg.solve(x, y), (np.eye(3), one(3)), (one((3, 3)), one(3))),
    "solve_unfitting": (lambda x, y: np.linalg.solve(x, y), (np.eye(3), one(3)), (np.eye(3), one(2))),
    "cholesky": (lambda x, y: np.linalg.cholesky(x), (np.eye(3), 0.0), (-np.eye(3), 0.0)),
    "eigh": (lambda x, y: np.linalg.eigh(x)[0], (np.diag([1.0, 2.0]), 0.0), (one((2, 3)), 0.0)),
    "norm": (lambda x, y: np.linalg.norm(x, axis=1), (one((2, 3)), 0.0), (one(3), 0.0)),
    "index": (lambda x, y: x[4], (one(5), 0.0), (one(4), 0.0)),
    "index_from_the_end": (lambda x, y: x[-4], (one(5), 0.0), (one(3), 0.0)),
    "index_that_varies": (lambda x, y: x[y], (one(5), 3), (one(5), -6)),
    "index_of_two": (lambda x, y: x[y, 1], (one((3, 3)), 2), (one((3, 1)), 2)),
    "index_of_a_row": (lambda x, y: np.exp(x)[y][1:], (one((3, 3)), 2), (one((3, 3)), 3)),
    "index_of_a_shape": (lambda x, y: x.shape[y], (one((3, 3)), 1), (one((3, 3)), 2)),
    "index_of_a_list": (lambda x, y: [v * 2 for v in x][y], (one(3), 1), (one(3), 3)),
    "mask": (lambda x, y: x[y > 0], (one(3), one(3)), (one(3), one(4))),
    "gather": (lambda x, y: x[np.array([0, y])], (one(3), 2), (one(3), 3)),
    "take": (lambda x, y: np.take(x, [0, 4]), (one(5), 0.0), (one(3), 0.0)),
    "take_along_axis": (lambda x, y: np.take_along_axis(x, np.argsort(y), 0),
        (one(5), one(5)), (one(3), one(5))),
    "float": (lambda x, y: float(x[y:]) if y < 0 else 1.0, (one(2), 0), (one(2), -2)),
    "int": (lambda x, y: int(y), (one(1), 2.5), (one(1), math.nan)),
    "item": (lambda x, y: x.item(), (one(1), 0.0), (one(2), 0.0)),
    "bool": (lambda x, y: bool(x), (one(1), 0.0), (one(2), 0.0)),
    "split": (lambda x, y: np.split(x, 2)[0], (one(4), 0.0), (one(3), 0.0)),
    "swapaxes": (lambda x, y: np.swapaxes(x, 0, 1), (one((2, 3)), 0.0), (one(3), 0.0)),
    "transpose": (lambda x, y: np.transpose(x, (1, 0)), (one((2, 3)), 0.0), (one(3), 0.0)),
    "moveaxis": (lambda x, y: np.moveaxis(x, 0, 1), (one((2, 3)), 0.0), (one(3), 0.0)),
    "squeeze": (lambda x, y: np.squeeze(x, axis=1), (one((2, 1)), 0.0), (one((2, 2)), 0.0)),
    "expand_dims": (lambda x, y: np.expand_dims(x, 2), (one((2, 1)), 0.0), (one(2), 0.0)),
    "sum": (lambda x, y: np.sum(x, axis=1), (one((2, 3)), 0.0), (one(3), 0.0)),
    "sum_along_any": (lambda x, y: np.sum(x, axis=y), (one((2, 3)), 1), (one((2, 3)), 2)),
    "prod": (lambda x, y: np.prod(x, axis=1), (one((2, 3)), 0.0), (one(3), 0.0)),
    "std": (lambda x, y: np.std(x, axis=1), (one((2, 3)), 0.0), (one(3), 0.0)),
    "sort": (lambda x, y: np.sort(x, axis=1), (one((2, 3)), 0.0), (one(3), 0.0)),
    "roll": (lambda x, y: np.roll(x, y, axis=1), (one((2, 3)), 1), (one(3), 1)),
    "max": (lambda x, y: np.max(x), (one(3), 0.0), (one(0), 0.0)),
    "max_along": (lambda x, y: np.max(x * x, axis=1), (one((2, 3)), 0.0), (one((2, 0)), 0.0)),
    "argmin": (lambda x, y: np.argmin(x), (one(3), 0.0), (one(0), 0.0)),
    "min_of_items": (lambda x, y: min(x), (one(3), 0.0), (one(0), 0.0)),
    "max_of_a_list": (lambda x, y: max([v for v in x if v > y]), (one(3), 0.0), (one(3), 2.0)),
    "median": (lambda x, y: np.median(x, axis=1), (one((2, 3)), 0.0), (one(3), 0.0)),
    "quantile": (lambda x, y: np.quantile(x, y), (one(3), 0.5), (one(3), 1.5)),
    "interp": (lambda x, y: np.interp(0.5, x, y), (one(3), one(3)), (one(3), one(4))),
    "convolve": (lambda x, y: np.convolve(x, y), (one(3), one(3)), (one(0), one(3))),
    "cross": (lambda x, y: np.cross(x, y), (one(3), one(3)), (one(4), one(3))),
    "trapezoid": (lambda x, y: np.trapezoid(x, y), (one(3), one(3)), (one(3), one(4))),
    "repeat": (lambda x, y: np.repeat(x, [1, 2]), (one(2), 0.0), (one(3), 0.0)),
    "pad": (lambda x, y: np.pad(x, y), (one(2), 1), (one(2), -1)),
    "fft": (lambda x, y: np.fft.fft(x).real, (one(2), 0.0), (one(0), 0.0)),
    "searchsorted": (lambda x, y: np.searchsorted(x, y), (one(3), 0.5), (one((3, 3)), 0.5)),
    "bincount": (lambda x, y: np.bincount(np.arange(y), weights=x), (one(3), 3), (one(3), 4)),
    "lengths": (lambda x, y: np.zeros(y), (one(3), 2), (one(3), -1)),
    "division": (lambda x, y: 1.0 / y, (one(1), 1.0), (one(1), 0.0)),
    "division_of_integers": (lambda x, y: 3 // (y - 1), (one(1), 2), (one(1), 1)),
    "remainder": (lambda x, y: 3.5 % y, (one(1), 2.0), (one(1), 0.0)),
    "negative_power": (lambda x, y: y**-1.5, (one(1), 2.0), (one(1), 0.0)),
    "power_that_is_too_large": (lambda x, y: 10.0**y, (one(1), 2.0), (one(1), 1000.0)),
    "sqrt": (lambda x, y: math.sqrt(y), (one(1), 2.0), (one(1), -1.0)),
    "log": (lambda x, y: math.log(y), (one(1), 2.0), (one(1), -1.0)),
    "exp": (lambda x, y: math.exp(y), (one(1), 2.0), (one(1), 1000.0)),
    "acos": (lambda x, y: math.acos(y), (one(1), 0.5), (one(1), 2.0)),
    "sin": (lambda x, y: math.sin(y), (one(1), 0.5), (one(1), math.inf)),
    "fmod": (lambda x, y: math.fmod(1.0, y), (one(1), 0.3), (one(1), 0.0)),
    "floor": (lambda x, y: math.floor(y), (one(1), 0.3), (one(1), math.inf)),
    "factorial": (lambda x, y: math.factorial(y), (one(1), 3), (one(1), -1)),
    "dist": (lambda x, y: math.dist(x, y), (one(2), one(2)), (one(2), one(3))),
    "dictionary": (lambda x, y: {0: 1.0, 1: 2.0}[y], (one(1), 1), (one(1), 2)),
}  # fmt: skip
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def expect_the_same(program, derivative, good, bad):
    """Check that a derivative returns and raises where a program does."""
    with np.errstate(all="ignore"):
        assert failure(program, *good) is failure(derivative, *good) is None
        assert failure(program, *bad) is failure(derivative, *bad) is not None


def failure(f, *args):
    """Return the kind of the exception that a call on copies of the arguments raises; None if it returns."""
    try:
        f(*[a.copy() if isinstance(a, np.ndarray) else a for a in args])
    except Exception as error:
        return type(error)
    return None


@each_case
@pytest.mark.parametrize("mode", ["grad", "value_and_grad", "jvp", "vjp"])
def test_what_is_not_used_raises(case, mode):
    f, good, bad = case

    def unused(x, y, c):
        f(x, y)
        return np.sum(np.sin(c))

    def derivative(x, y, c):
        if mode in ("grad", "value_and_grad"):
            return getattr(ad, mode)(unused, argnums=2)(x, y, c)
        if mode == "jvp":
            return ad.jvp(lambda c: unused(x, y, c), (c,), (c,))
        return ad.vjp(lambda c: unused(x, y, c), c)[1](1.0)

    expect_the_same(unused, derivative, (*good, one(2)), (*bad, one(2)))


@each_case
def test_what_is_used_linearly_raises(case):
    f, good, bad = case

    def linear(x, y, c):
        return np.sum(c) + np.sum(f(x, y))

    expect_the_same(linear, ad.grad(linear, argnums=2), (*good, one(2)), (*bad, one(2)))


@each_case
def test_what_only_a_later_iteration_computes_raises_there(case):
    f, good, bad = case

    def guarded(x, y, c, n):
        for k in range(n):
            if k > 0:
                f(x, y)
        return np.sum(c * c)

    derivative = ad.grad(guarded, argnums=2)
    expect_the_same(guarded, derivative, (*good, one(2), 2), (*bad, one(2), 2))
    assert failure(derivative, *bad, one(2), 1) is None


def test_reads_that_the_backward_sweep_repeats_are_not_made_twice():
    def f(x, w, radius, c):
        s = 0.0
        for i in range(len(c)):
            left = max(i - radius, 0)
            s = s + x[left] * 2.0 + x[i] + w[left]
        return s + np.sum(w * c)

    args = one(4), one(4), 1, one(4)
    source = ad.lower(f, *args, argnums=(0, 1)).source
    assert "out of bounds" not in source
    assert "        w[left]  # raises if out of bounds" in ad.lower(f, *args, argnums=0).source


def test_indices_that_loops_and_branches_keep_within_bounds_are_not_checked():
    def f(x, a, c):
        n, m = a.shape
        s = 0.0
        for i in range(1, n - 1):
            for j in range(m):
                s = s + (a[i - 1, j] - a[i + 1, j]) * 2.0
                if j + 1 < m:
                    s = s + a[i, j + 1]
            s = s + a[i, -m]
        items = [0.0 for _ in range(n)]
        for i in range(n):
            items[i] = items[i] + 1.0
            s = s + items[i - 1] * 0.0 + x**i
        return s + np.sum(c)

    source = ad.lower(f, 2.0, one((3, 4)), one(2), argnums=2).source
    assert source.count("raises") == 1
    assert "items" not in source
    assert "        a[i, -m]  # raises if out of bounds" in source


def test_a_division_is_proven_by_one_of_the_backward_sweep():
    def f(x, y, c):
        return x / y + 1.0 / c

    assert "  # may raise" not in ad.lower(f, 1.0, 2.0, 3.0, argnums=(0, 2)).source
    assert "    x / y  # may raise" in ad.lower(f, 1.0, 2.0, 3.0, argnums=2).source
    # numbers of NumPy warn
    assert "raise" not in ad.lower(f, np.float64(1.0), np.float64(2.0), np.float64(3.0), argnums=2).source


def test_a_system_is_not_solved_twice():
    def f(a, b):
        return np.sum(np.linalg.solve(a, b))

    source = ad.lower(f, np.eye(3), one(3), argnums=1).source
    assert source.count(" = np.linalg.solve(") == 1
    assert "np.linalg.solve(a, b)  #" not in source
    assert "    a[:0] @ b  # raises if the shapes do not fit" in source


def test_arrays_are_not_joined_to_see_whether_they_fit():
    def f(x, y, c):
        z = np.concatenate([np.sin(x), y], axis=1)
        return np.sum(np.einsum("ij,ik->jk", z, x)) + np.max(np.exp(y)) + np.sum(c)

    source = ad.lower(f, one((2, 3)), one((2, 4)), one(2), argnums=2).source
    assert "np.concatenate([x[:, :0], y[:, :0]], axis=1)  # raises if the shapes do not fit" in source
    assert "np.max(y[:1])" in source
    assert "np.sin" not in source
    assert "np.exp" not in source


def test_what_no_iteration_changes_fails_before_the_loop_if_there_is_an_iteration():
    def f(x, n, c):
        for _ in range(n):
            x[3]
            np.linalg.cholesky(np.outer(x, x))
        return np.sum(c)

    source = ad.lower(f, one(4), 2, one(2), argnums=2).source
    assert "for _ in" not in source
    derivative = ad.grad(f, argnums=2)
    assert failure(derivative, one(3), 0, one(2)) is None
    assert failure(derivative, one(3), 1, one(2)) is IndexError
    assert failure(derivative, one(4), 1, one(2)) is np.linalg.LinAlgError


def inverse_factorial(n, x):
    return 1.0 / x if n == 0 else n * inverse_factorial(n - 1, x)


def test_calls_that_are_emitted_raise():
    def f(n, x, c):
        return c + inverse_factorial(n, x)

    expect_the_same(f, ad.grad(f, argnums=2), (3, 2.0, 1.0), (3, 0.0, 1.0))


def test_derivatives_of_derivatives_raise():
    def f(x, c):
        return np.sum(c**3) + x[2] + math.log(x[0])

    slope = ad.grad(lambda x, c: np.sum(ad.grad(f, argnums=1)(x, c)), argnums=1)
    for x in (one(3), one(2), -one(3)):
        assert failure(slope, x, one(2)) is failure(f, x, one(2))
