"""Which results take the memory of an operand, and that nothing else notices."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import numpy as np
import pytest

import adcompile as ad
from tests.programs.program import draw

X = draw(4, 3, seed=91)
Y = draw(4, 3, seed=92)


def body(source):
    """The lines of an emitted function, without docstring and comments."""
    lines = [row.strip() for row in source.split("\ndef ")[-1].splitlines()[1:]]
    return [row for row in lines if row and not row.startswith(("#", '"""'))]


def entropy(x, rows):
    shifted = x - np.max(x, axis=1, keepdims=True)
    total = np.sum(np.exp(shifted), axis=1)
    return np.mean(np.log(total) - shifted[rows, rows])


def test_the_exponential_takes_the_place_of_what_it_is_taken_of():
    rows = np.array([0, 2, 1, 2])
    gradient = ad.value_and_grad(entropy)
    gradient(X, rows)
    text = gradient.source
    assert "np.exp(shifted, out=shifted)" in text
    # what reads an element of `shifted` comes first
    assert text.index("shifted[rows, rows]") < text.index("np.exp(")
    ad.check_grads(lambda x: entropy(x, rows), (X,), order=2)


def rank_three(x):
    difference = x[:, None, :] - x[None, :, :]
    return np.sum(np.sqrt(np.sum(difference**2, axis=-1) + 1.0))


def test_a_product_takes_the_memory_of_what_the_forward_sweep_left():
    gradient = ad.grad(rank_three)
    gradient(X)
    assert "out=difference" in gradient.source
    ad.check_grads(rank_three, (X,), order=2)


def returned_as_well(x):
    y = np.sin(x)
    return np.sum(y * y), y


def test_a_result_is_not_overwritten():
    (_, aux), gradient = ad.value_and_grad(returned_as_well, has_aux=True)(X)
    np.testing.assert_array_equal(aux, np.sin(X))
    np.testing.assert_allclose(gradient, 2 * np.sin(X) * np.cos(X), rtol=1e-14)


def seen_through_a_view(x):
    y = np.sin(x) * 2.0
    top = y[1:]
    z = np.exp(y)
    return np.sum(z) + np.sum(top * top * z[1:])


def kept_in_a_list(x):
    kept = []
    y = np.cos(x) * 2.0
    for _ in range(3):
        kept.append(y)
        y = np.exp(y * 0.1)
    return np.sum(kept[0] * kept[2] * y)


def read_by_both_branches(x, flag):
    y = np.cos(x) * 2.0
    z = np.exp(y)
    if flag:
        z = z + y
    return np.sum(z * z)


def handed_on_by_a_branch(x, flag):
    y = np.cos(x) * 2.0
    kept = y if flag else y * 2.0
    z = np.exp(y)
    return np.sum(z * kept)


def an_argument(x, y):
    z = np.exp(x)
    return np.sum(z * y) + np.sum(np.exp(y) * z)


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (seen_through_a_view, (X,)),
        (kept_in_a_list, (X,)),
        (read_by_both_branches, (X, True)),
        (read_by_both_branches, (X, False)),
        (handed_on_by_a_branch, (X, True)),
        (handed_on_by_a_branch, (X, False)),
        (an_argument, (X, Y)),
    ],
)
def test_memory_that_is_still_read_is_left_alone(function, args):
    before = [np.copy(a) for a in args]
    ad.check_grads(function, args, order=2)
    for a, b in zip(args, before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("function", [rank_three, seen_through_a_view, kept_in_a_list])
def test_a_pullback_may_be_called_again(function):
    _, pullback = ad.vjp(function, X)
    first, second, third = (np.copy(pullback(seed)[0]) for seed in (1.0, 2.0, 1.0))
    np.testing.assert_array_equal(first, third)
    np.testing.assert_allclose(second, 2 * first, rtol=1e-14)


def narrow(x, w):
    return np.sum(np.exp(x + w) * w)


def test_a_result_of_another_dtype_or_shape_gets_memory_of_its_own():
    single = X.astype(np.float32)
    gradient = ad.grad(narrow, argnums=(0, 1))
    got, other = gradient(single, Y)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, np.exp(single + Y) * Y, rtol=1e-6)
    got, other = gradient(X[:1], Y)
    np.testing.assert_allclose(got, np.sum(np.exp(X[:1] + Y) * Y, axis=0, keepdims=True), rtol=1e-14)
    np.testing.assert_allclose(other, np.exp(X[:1] + Y) * (1 + Y), rtol=1e-14)


def carried(x, n):
    y = x
    for _ in range(n):
        y = y * x
    return np.sum(y)


def test_a_sum_that_a_loop_carries_is_added_to():
    gradient = ad.grad(carried)
    gradient(X, 3)
    assert any(row.startswith("x_bar += ") for row in body(gradient.source))
    ad.check_grads(lambda x: carried(x, 3), (X,), order=2)
    ad.check_grads(lambda x: carried(x, 0), (X,), order=1)


def same(x):
    return x


def gives_its_operand_back(x):
    y = np.einsum("ij->ji", x)
    return np.sum(np.exp(y) * y)


def splits(x):
    y = np.sin(x) * 2.0
    upper, lower = np.split(y, 2)
    z = np.exp(y)
    return np.sum(z) + np.sum(upper * lower)


def sums_back(x):
    y = np.einsum("ij->ij", np.cos(x))
    return np.sum(np.sin(y) * y) + y[0, 0] ** 3


@pytest.mark.parametrize("function", [gives_its_operand_back, splits, sums_back])
def test_a_function_that_may_return_its_operand_makes_no_memory(function):
    before = X.copy()
    ad.check_grads(function, (X,), order=2)
    value, pullback = ad.vjp(function, X)
    seed = np.ones_like(value)
    np.testing.assert_array_equal(pullback(seed)[0], pullback(seed)[0])
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(seed, 1.0)


def test_a_row_of_the_user_may_return_its_operand(own_rows):
    names = {"same": same}
    ad.linear("same(x)", "same(z_bar)", namespace=names)

    def f(x):
        y = same(x)
        z = np.exp(y)
        return np.sum(z * z) + np.sum(y)

    before = X.copy()
    gradient = ad.grad(f)(X)
    np.testing.assert_array_equal(X, before)
    np.testing.assert_allclose(gradient, 2 * np.exp(2 * X) + 1, rtol=1e-14)


def descended(w, velocity, x, steps):
    for _ in range(steps):
        velocity *= 0.9
        velocity -= x * w
        w += velocity
    return np.sum(w * w)


def test_what_is_updated_in_place_by_the_program_is_by_the_derivative():
    args = X.copy(), Y.copy(), np.abs(X), 3
    gradient = ad.grad(descended, argnums=(0, 1, 2))
    got = gradient(*args)
    loop = body(gradient.source)
    assert "velocity_2 *= 0.9" in loop
    # one copy before the loop, for what the caller owns
    assert loop.index("velocity_2 = velocity.copy()") < loop.index("velocity_2 *= 0.9")
    np.testing.assert_array_equal(args[1], Y)
    w_dot, velocity_dot, x_dot = draw(4, 3, seed=93), draw(4, 3, seed=94), draw(4, 3, seed=99)

    def along(t):
        return descended(X + t * w_dot, Y + t * velocity_dot, np.abs(X) + t * x_dot, 3)

    slope = (along(1e-5) - along(-1e-5)) / 2e-5
    total = sum(np.sum(g * d) for g, d in zip(got, (w_dot, velocity_dot, x_dot), strict=True))
    np.testing.assert_allclose(total, slope, rtol=1e-7)


def handed_in(a, weights):
    n = a.shape[0]
    out = np.empty((n, n))
    for i in range(n):
        out[i, i:] = out[i:, i] = a[i] * a[i:]
    return np.sum(weights * out)


def test_a_cotangent_of_the_caller_is_copied_once_and_not_in_every_iteration():
    a, weights = draw(4, seed=95), draw(4, 4, seed=96)
    gradient = ad.grad(handed_in)
    gradient(a, weights)
    lines = gradient.source.splitlines()
    copies = [row for row in lines if "weights.copy()" in row]
    assert copies == ["    out_bar = weights.copy()"]
    ad.check_grads(lambda a: handed_in(a, weights), (a,), order=2)
    np.testing.assert_array_equal(weights, draw(4, 4, seed=96))


def three_buffers(u, steps):
    before, now, after = u.copy(), u.copy(), np.zeros_like(u)
    for _ in range(steps):
        after[1:-1] = 2.0 * now[1:-1] - before[1:-1] + now[2:] * now[:-2]
        before, now, after = now, after, before
    return np.sum(now * now)


def test_two_copies_of_an_array_are_two_arrays():
    u = draw(6, seed=97)
    gradient = ad.grad(three_buffers)
    gradient(u, 3)
    forward = gradient.source.partition("# backward sweep")[0]
    assert forward.count("u.copy()") == 2
    ad.check_grads(lambda u: three_buffers(u, 3), (u,), order=2)
