"""Errors of shapes that are raised although nothing that raises them is computed."""

import itertools

import numpy as np
import pytest

import adcompile as ad


def weighted(steps, w, u):
    for _ in range(steps):
        u[1:-1] = 0.5 * (u[:-2] + u[2:])
    return np.sum(w * u)


def written(steps, w, u):
    for _ in range(steps):
        u[1:-1] = w
    return np.sum(u * u)


def shifted(steps, w, u):
    for _ in range(steps):
        u[1:-1] = u[2:] + w[1:-1]
    return np.sum(u)


def projected(steps, w, u):
    s = 0.0
    for i in range(steps):
        s = s + (np.ones((3, 4))[i] @ w) * 2.0
    return s + np.sum(u)


def several(steps, w, u):
    y = np.ones((2, 4)) @ w
    return np.sum(y) * steps + np.sum(u)


def leading(steps, w, u):
    for _ in range(steps):
        u[1:] = w[None, :-1]
    return np.sum(u * u)


def through_views(steps, w, u):
    a = np.zeros((2, len(u)))
    for _ in range(steps):
        a.T[:, 0] = w
    return np.sum(a) * np.sum(u)


def picked(steps, w, u):
    for _ in range(steps):
        u[np.arange(2)] = w
    return np.sum(u)


def nested(steps, w, u):
    for i in range(steps):
        for _ in range(i):
            u[:] = u + w
    return np.sum(u)


def branched(steps, w, u):
    s = 0.0
    for i in range(steps):
        s = s + np.sum(u + w if i > 0 else u)
    return s


def stretched(steps, w, u):
    return np.sum(np.broadcast_to(w, (steps, 4))) + np.sum(u)


def stacked(steps, w, u):
    return np.sum(np.array([w[:2], u[-2:]])) + np.sum(np.stack([w, u])) * steps


def twice(steps, w, u):
    for _ in range(steps):
        v = u + w
        u[1:] += v[1:]
        u[:] += w
    return np.sum(u)


def shrinking(steps, w, u):
    while len(u) > 2:
        u = u[1:] * w[0] + w[-1:]
    return np.sum(u + w)


def interleaved(steps, w, u):
    for i in range(steps):
        u[i::2] += w[i + 1 :: 2]
        u[: len(w) - i] -= w[i:]
    return np.sum(u)


def multiplied(steps, w, u):
    square = np.outer(w, np.ones(2)) @ np.outer(np.ones(2), u)
    return np.sum(square + np.outer(u, w)) * steps


def multiplied_in_a_loop(steps, w, u):
    a = np.outer(w, u)
    for i in range(steps):
        u[:] += a[i:, :] @ u * 0.1 + w[i:]
        u[1:] = w[:-1] @ a[:-1, 1:]
    return np.sum(u)


def of_parts(steps, w, u):
    a, b = np.ones((2, 5, 4)), np.ones((4, 5))
    for i in range(steps):
        u[1:] += a[i, ..., 1:] @ w[1:] * (w[2:] @ b[2:, i:])[0]
        u[:1] += (w[i:] @ a[0][None, 2, i:])[..., None] + (a[..., 0][i : i + 1] @ w)[0]
    return np.sum(u)


def summed_up(steps, w, u):
    for _ in range(steps):
        u[:] = np.sum(np.outer(w, np.ones(3)), axis=1) + np.mean(np.outer(np.ones(3), u), axis=0)
    return np.sum(u)


def broadcast_by_hand(steps, w, u):
    return np.sum(u) * len(np.broadcast_shapes(w.shape, u.shape)) + np.sum(w)


def outcome(f, *args):
    """Return the kind of the exception that a call on copies of the arguments raises; None if it returns."""
    try:
        f(*[a.copy() if isinstance(a, np.ndarray) else a for a in args])
    except (ValueError, IndexError) as error:
        return type(error)
    return None


PROGRAMS = [
    weighted, written, shifted, projected, several, leading, through_views, picked, nested, branched,
    stretched, stacked, twice, shrinking, interleaved, multiplied, multiplied_in_a_loop, of_parts,
    summed_up, broadcast_by_hand,
]  # fmt: skip
LENGTHS = [(9, 9), (9, 7), (7, 9), (3, 3), (1, 3), (5, 3), (2, 2), (4, 2), (4, 5), (1, 1), (3, 1), (4, 4)]


@pytest.mark.parametrize("argnums", [1, 2, (1, 2)])
@pytest.mark.parametrize("f", PROGRAMS)
def test_a_derivative_raises_where_the_program_does(f, argnums):
    derivative = ad.grad(f, argnums=argnums)
    for steps, (n, m) in itertools.product((0, 2), LENGTHS):
        args = (steps, np.ones(n), np.ones(m))
        assert outcome(f, *args) == outcome(derivative, *args), (steps, n, m)


PRODUCTS = {
    "dot": (lambda x, y: np.dot(x, y), ((2, 4), (4,)), ((2, 4), (3,))),
    "dot_of_vectors": (lambda x, y: np.dot(x, y), ((4,), (4,)), ((4,), (3,))),
    "dot_of_stacks": (lambda x, y: x.dot(y), ((2, 3, 4), (2, 4, 5)), ((2, 3, 4), (2, 3, 5))),
    "dot_with_a_number": (lambda x, y: np.dot(2.0, x) + np.sum(y), ((2, 4), (4,)), None),
    "matmul": (lambda x, y: np.matmul(x, y), ((2, 4), (4, 3)), ((2, 4), (3, 3))),
    "inner": (lambda x, y: np.inner(x, y), ((2, 4), (3, 4)), ((2, 4), (4, 3))),
    "tensordot": (lambda x, y: np.tensordot(x[1:], y, 1), ((2, 4), (4, 5)), ((2, 4), (3, 5))),
    "tensordot_of_axes": (lambda x, y: np.tensordot(x, y, ([0], [1])), ((2, 4), (3, 2)), ((2, 4), (2, 4))),
    "tensordot_over_all": (lambda x, y: np.tensordot(x, y), ((2, 4), (2, 4)), ((2, 4), (4, 2))),
    "reshape": (lambda x, y: x.reshape(y.shape), ((2, 4), (4, 2)), ((2, 4), (3, 3))),
    "reshape_to_the_rest": (lambda x, y: x.reshape(len(y), -1), ((2, 4), (4, 2)), ((2, 4), (3, 3))),
    "reshape_of_a_result": (lambda x, y: np.sin(x).reshape(-1, len(y))[0], ((2, 4), (2,)), ((2, 4), (3,))),
}


@pytest.mark.parametrize("case", PRODUCTS.values(), ids=PRODUCTS)
def test_products_and_new_shapes_that_nobody_needs_raise(case):
    f, fitting, unfitting = case

    def linear(x, y, c):
        return np.sum(c) + np.sum(f(x, y))

    derivative = ad.grad(linear, argnums=2)
    for shapes in (fitting, unfitting) if unfitting else (fitting,):
        args = (*map(np.ones, shapes), np.ones(2))
        assert (
            outcome(linear, *args)
            == outcome(derivative, *args)
            == (None if shapes is fitting else ValueError)
        )


def test_sizes_that_are_known_are_not_checked():
    def f(x, c):
        y = np.reshape(x, -1)[:6].reshape(2, 3)
        return np.sum(np.tensordot(y, np.ones((3, 2)), 1)) + np.sum(x.reshape(x.shape)) + np.sum(c)

    source = ad.lower(f, np.ones((3, 4)), np.ones(3), argnums=1).source
    assert "reshape(x.shape" not in source
    assert "tensordot" not in source


def test_a_linear_program_has_no_forward_sweep():
    source = ad.lower(weighted, 3, np.ones(5), np.ones(5), argnums=2).source
    assert "np.broadcast(w, u)  # raises if the shapes do not fit" in source
    assert source.count("    for _ in ") == 1


def test_what_no_iteration_changes_is_checked_once_if_there_is_an_iteration():
    source = ad.lower(shifted, 3, np.ones(5), np.ones(5), argnums=2).source
    head, _, _ = source.partition("    for _ in ")
    assert "    if steps > 0:\n" in head
    # `w` fits into its place: nothing else remains of the sum
    assert head.count("  # raises if the shapes do not fit") == source.count("  # raises") == 1


def test_an_update_that_is_made_anyway_is_its_own_check():
    def f(w, u):
        for i in range(2):
            u[1:] = u[1:] * u[:-1] - w[i] * w[1:]
        return np.sum(u)

    def g(w, u):
        for i in range(2):
            u[1:] -= w[i] * w[1:] * u[0]
        return np.sum(u * u)

    for function in (f, g):
        source = ad.lower(function, np.ones(4), np.ones(4), argnums=(0, 1)).source
        assert "np.broadcast(w" not in source, source


def test_loops_that_only_hand_on_what_nobody_reads_are_gone():
    def f(x, n):
        out = np.zeros((n, len(x)))
        for i in range(n):
            for j in range(len(x)):
                out[i, j] = i * x[j]
        return np.sum(out)

    assert "for i in range" not in ad.lower(f, np.ones(3), 2).source


def test_loops_compare_shapes_before_they_broadcast():
    source = ad.lower(interleaved, 2, np.ones(5), np.ones(5), argnums=2).source
    assert "        fit(w[i + 1::2], u[i::2].shape)  # raises if the shapes do not fit" in source


def test_a_product_is_not_computed_for_its_shape():
    def f(x, y, a, b):
        return np.sum(x + a @ y) + np.sum(b + np.tensordot(a, a.T, 1))

    a = np.ones((3, 4))
    source = ad.lower(f, np.ones(3), np.ones(4), a, np.ones((3, 3)), argnums=(0, 3)).source
    assert "    np.broadcast_shapes(x_shape, (len_a,))  # raises if the shapes do not fit" in source
    assert "tensordot" not in source
    assert source.count("@") == 1  # of no rows: a[:0] @ y


def test_a_product_in_a_loop_is_checked_before_it():
    def f(x, a, out):
        for i in range(len(out)):
            out[i] = x[: i + 1] @ a[: i + 1]
        return np.sum(out)

    source = ad.lower(f, np.ones(3), np.ones((3, 4)), np.ones((3, 4)), argnums=0).source
    assert "        np.broadcast_to(np.broadcast_to(0.0, (a.shape[1],)), out[0].shape)  # raises" in source
    assert "        x[:i_plus_1] @ a[:i_plus_1, :0]  # raises if the shapes do not fit" in source
