"""Lengths of slices, stand-ins for what only has a shape to give, and shapes that meet at run time."""

import itertools

import numpy as np
import pytest

import adcompile as ad
from adcompile.ir.nodes import Literal, Slice
from adcompile.ir.types import Dim, fills, longer
from adcompile.rules.indexing import slice_size
from tests.kernels import KERNELS

BOUNDS = (None, 0, 1, 2, 3, -1, -2, -3)
STEPS = (None, 1, 2, 3, -1, -2, -3)


def cut(size, start, stop, step):
    """Return the symbolic length of a slice of an axis."""
    return slice_size(size, Slice(Literal(start), Literal(stop), Literal(step)))


def test_slices_with_one_key_have_one_length():
    seen = {}
    again = [(None, None, None), (1, -1, None), (1, None, -1), (None, -2, 2)]
    for inner, bounds in itertools.product(again, itertools.product(BOUNDS, BOUNDS, STEPS)):
        size = cut(cut(Dim("n"), *inner), *bounds)
        lengths = [len(range(n)[slice(*inner)][slice(*bounds)]) for n in range(9)]
        assert seen.setdefault(str(size), lengths) == lengths, (inner, bounds)


def test_slices_of_one_length_have_one_key():
    n = Dim("n")
    inner = [(1, -1, None), (None, -2, None), (2, None, None), (-3, None, -1), (None, 1, -1)]
    assert len({str(cut(n, *bounds)) for bounds in inner}) == 1
    halves = [(1, -1, 2), (None, -2, 2), (2, None, 2)]
    assert len({str(cut(n, *bounds)) for bounds in halves}) == 1
    assert cut(n, None, None, None) == cut(n, None, None, -1) == n
    assert str(cut(cut(n, 1, None, None), None, -1, None)) == str(cut(n, 1, -1, None))


def test_a_broadcast_length_is_no_base_to_subtract_from():
    a, b = cut(Dim("a"), 1, -1, None), cut(Dim("b"), 1, -1, None)
    assert str(cut(longer(a, b), 1, None, None)) != str(longer(a, cut(b, 1, None, None)))


def test_what_is_written_fills_its_place_if_that_was_an_operand():
    a, b, c = Dim("a"), Dim("b"), Dim("c")
    assert fills(longer(longer(a, b), c), b)
    assert not fills(longer(a, c), b)
    assert not fills(b, longer(a, b))


def averaged(steps, A, B):
    for _ in range(steps):
        B[1:-1] = (A[:-2] + A[1:-1] + A[2:]) / 3.0
        A[1:-1] = (B[:-2] * B[1:-1] + B[2:]) / 3.0
    return np.sum(A * A) + np.sum(B * B)


def odd_and_even(steps, u, f):
    for _ in range(steps):
        u[1:-1:2] = 0.5 * (u[:-2:2] + u[2::2] + 0.3 * f[1:-1:2])
        u[2:-2:2] = 0.5 * (u[1:-3:2] + u[3:-1:2] + f[2:-2:2])
    return np.sum(u * u)


def swapped(steps, u, c):
    old, new = u.copy(), np.zeros_like(u)
    for _ in range(steps):
        flux = c * (old[1:] - old[:-1])
        new[1:-1] = old[1:-1] + flux[1:] - flux[:-1]
        old, new = new, old
    return np.sum(old * old)


def updated(steps, u, c):
    for _ in range(steps):
        u[1:] = c[1:]
        u[:-1] += c[:1] * u[1:]
    return np.sum(u * u)


def in_branches(steps, u, c):
    y = np.zeros_like(u)
    for i in range(steps):
        if i % 2:
            y = y + u * c
        else:
            y[1:] += u[1:] * c
    return np.sum(y * y)


def shrinking(steps, u, c):
    v = u
    for _ in range(steps):
        v = v[1:-1] * c
    return np.sum(v * v)


def growing(steps, u, c):
    v = u
    for _ in range(steps):
        v = np.sin(v) * c
    return np.sum(v * v)


def triangular(steps, u, c):
    total = 0.0
    for i in range(1, steps + 1):
        total = total + np.sum(u[:i] * c[:i] ** 2)
    return total


def written_if(steps, u, c):
    v = u * c
    if steps > 1:
        u[:] = v
    return np.sum(u * u) + np.sum(v * v)


def stretched(steps, u, c):
    y = np.broadcast_to(u, (steps + 2, c.shape[0])) * c
    return np.sum(y * y)


PROGRAMS = (
    averaged, odd_and_even, swapped, updated, in_branches, shrinking, growing, triangular, written_if,
    stretched,
)  # fmt: skip
LENGTHS = [
    (9, 9), (9, 8), (8, 9), (3, 9), (9, 3), (4, 4), (4, 3), (3, 4), (1, 5), (5, 1), (2, 1), (1, 1), (2, 2),
    (2, 5), (5, 2), (5, 4), (6, 4), (1, 2), (0, 1), (1, 0), (0, 0),
]  # fmt: skip


def outcome(f, *args):
    """Return the result of a call on copies of the arguments, or the exception that it raised."""
    try:
        return f(*[a.copy() if isinstance(a, np.ndarray) else a for a in args])
    except (ValueError, IndexError) as error:
        return error


def differences(f, args, k):
    """Return the gradient by argument `k` from central differences."""
    found = np.zeros_like(args[k])
    for i in np.ndindex(found.shape):
        ends = []
        for h in (1e-5, -1e-5):
            moved = [a.copy() if isinstance(a, np.ndarray) else a for a in args]
            moved[k][i] += h
            ends.append(f(*moved))
        found[i] = (ends[0] - ends[1]) / 2e-5
    return found


@pytest.mark.parametrize("f", PROGRAMS)
def test_shapes_that_meet_at_run_time(f):
    derivative = ad.grad(f, argnums=(1, 2))
    draw = np.random.default_rng(0).normal
    for steps, (n, m) in itertools.product(range(4), LENGTHS):
        args = (steps, draw(size=n), draw(size=m))
        value, bars = outcome(f, *args), outcome(derivative, *args)
        assert isinstance(value, Exception) == isinstance(bars, Exception), (args, value, bars)
        if not isinstance(value, Exception):
            for k, bar in enumerate(bars, 1):
                np.testing.assert_allclose(bar, differences(f, args, k), rtol=1e-5, atol=1e-7)


LINEAR = ("jacobi_1d", "jacobi_2d", "heat_3d", "seidel_2d", "red_black", "fdtd_2d")


@pytest.mark.parametrize("kernel", [k for k in KERNELS if k.name in LINEAR], ids=lambda k: k.name)
def test_a_linear_stencil_saves_nothing(kernel):
    derivative = ad.lower(kernel.loss, *kernel.arguments(), *kernel.weights(), argnums=kernel.argnums)
    assert derivative.saved == ()


def test_a_swapped_linear_stencil_saves_nothing():
    def heat(steps, u):
        old, new = u.copy(), np.zeros_like(u)
        for _ in range(steps):
            new[1:-1] = 0.25 * old[:-2] + 0.5 * old[1:-1] + 0.25 * old[2:]
            old, new = new, old
        return old

    assert ad.lower(lambda steps, u: np.sum(heat(steps, u) ** 2), 3, np.ones(5), argnums=1).saved == ()


def other(x):
    def read():
        return x

    return read


def test_what_has_one_name_need_not_have_one_shape():
    captured = other(np.arange(1.0, 5.0))

    def f(x):
        v = x[0] * captured()
        return np.sum(v[2:]) + v[3]

    np.testing.assert_array_equal(ad.grad(f)(np.ones(3)), [11.0, 0.0, 0.0])


def test_keys_that_look_like_paths_are_no_paths():
    def f(p):
        v = p["a"][0] * p["a.0"]
        return np.sum(v[2:])

    bars = ad.grad(f)({"a": (np.ones(1),), "a.0": np.arange(4.0)})
    np.testing.assert_array_equal(bars["a"][0], [5.0])
    np.testing.assert_array_equal(bars["a.0"], [0.0, 0.0, 1.0, 1.0])


def test_slices_up_to_equal_sums_are_equally_long():
    def f(a, x):
        for j in range(len(x) - 1):
            a[j + 1 :, j] -= a[j + 1 :, :j] @ x[:j]
            a[j + 1 :, j] /= x[j]
        return np.sum(a)

    n = 4
    a, x = np.random.default_rng(2).uniform(0.5, 1.5, (n, n)), np.linspace(1.0, 2.0, n)
    source = ad.lower(f, a, x, argnums=(0, 1)).source
    assert "unbroadcast" not in source
    assert "saved" not in source
    ad.check_grads(f, (a, x), order=2)


def test_sums_that_are_not_equal_are_not_taken_for_it():
    def f(x):
        i, s = 0, 0.0
        for _ in range(2):
            head = x[: i + 1]
            i = i + 1
            s = s + np.sum(head) * np.sum(x[: i + 1] ** 2) + x[i + True] * x[i + 1]
        return s

    x = np.array([0.5, 0.7, 1.1, 0.3, 0.9])
    assert f(x) == ad.value_and_grad(f)(x)[0]
    ad.check_grads(f, (x,), order=2)
