"""Functions that write into what they are given: what their derivatives take, give and leave alone."""

import copy
from typing import Any

import numpy as np
import pytest

import adcompile as ad

SCALE = np.array([3.0, 4.0])


def growth(x):
    return np.exp(x) * x


def scaled(x):
    return np.sum(x**2 * SCALE)


def rows(x):
    kept = []
    for row in x:
        kept.append(row * row)
    return sum(np.sum(squares * row) for squares, row in zip(kept, x, strict=True))


def squared_in_place(x):
    x[0] = x[0] ** 2
    return np.sum(x)


def parts(tree):
    return tree["a"][0] * tree["b"]


# -- what a pullback keeps -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "argument"),
    [
        (growth, np.array([0.5, 1.0])),
        (scaled, np.array([0.5, 1.0])),
        (rows, np.arange(1.0, 5.0).reshape(2, 2)),
        (parts, {"a": [np.array([1.0, 2.0])], "b": np.array([3.0, 5.0])}),
    ],
)
def test_a_pullback_reads_what_was_there_when_it_was_made(function: Any, argument: Any) -> None:
    out, pullback = ad.vjp(function, argument)
    cotangent = np.ones_like(out) if np.ndim(out) else 1.0
    expected = copy.deepcopy(pullback(cotangent))
    arrays = [argument] if isinstance(argument, np.ndarray) else [argument["a"][0], argument["b"]]
    for array in [*arrays, SCALE]:
        array *= 10.0
    if np.ndim(out):
        out[...] = 7.0
    try:
        found = pullback(cotangent)
    finally:
        SCALE[:] = 3.0, 4.0
    np.testing.assert_equal(found, expected)


def test_a_linear_function_stays_where_it_was_taken() -> None:
    x = np.array([3.0, 1.0])
    out, linear = ad.linearize(squared_in_place, x)
    assert out == 10.0
    assert x.tolist() == [3.0, 1.0]
    x[:] = 0.0
    assert linear(np.ones(2)) == 7.0


def test_a_linear_function_of_views_of_one_array() -> None:
    x = np.arange(5.0)
    out, linear = ad.linearize(lambda a, b: np.sum(a * b), x[1:], x[:-1])
    assert out == 20.0
    x[:] = 0.0
    assert linear(np.ones(4), np.zeros(4)) == 6.0


# -- results in arguments ------------------------------------------------------------------------------------


def leap(steps, position, velocity):
    for _ in range(steps):
        velocity += -0.1 * position**3
        position += 0.1 * velocity


def leap_wrapped(steps, position, velocity):
    position, velocity = position.copy(), velocity.copy()
    leap(steps, position, velocity)
    return position, velocity


def totals(x, total):
    total[...] = np.sum(x**3)
    return x * 2.0


def cubes_into(x, y):
    y[:] = x**3


def scatter(store, *rows):
    store["sum"] = rows[0] * store["scale"]
    rows[1][:] = store["sum"] * 2.0


def state():
    return 3, np.array([1.0, 0.5]), np.array([-0.5, 2.0])


@pytest.mark.parametrize(
    ("outputs", "pick"),
    [
        ("position", lambda pair: pair[0]),
        (2, lambda pair: pair[1]),
        (-1, lambda pair: pair[1]),
        (("position", "velocity"), lambda pair: pair),
        (["velocity", 1], lambda pair: pair[::-1]),
        (("velocity",), lambda pair: pair[1:]),
    ],
)
def test_products_of_what_is_written(outputs: Any, pick: Any) -> None:
    arguments, tangents = state(), (0, np.ones(2), np.zeros(2))
    out, pullback = ad.vjp(leap, *arguments, outputs=outputs)
    expected_out, expected_pullback = ad.vjp(lambda *args: pick(leap_wrapped(*args)), *arguments)
    np.testing.assert_equal(out, expected_out)
    np.testing.assert_allclose(pullback(out)[1:], expected_pullback(out)[1:], rtol=1e-14)
    pushed = ad.jvp(leap, arguments, tangents, outputs=outputs)
    expected = ad.jvp(lambda *args: pick(leap_wrapped(*args)), arguments, tangents)
    np.testing.assert_equal(pushed[0], out)
    np.testing.assert_allclose(pushed[1], expected[1], rtol=1e-14)
    value, linear = ad.linearize(leap, *arguments, outputs=outputs)
    np.testing.assert_equal(value, out)
    np.testing.assert_equal(linear(*tangents), pushed[1])
    np.testing.assert_equal(arguments, state())
    ad.check_grads(leap, arguments, outputs=outputs)
    np.testing.assert_equal(arguments, state())


def test_gradients_of_what_is_written() -> None:
    x, total = np.array([1.0, 2.0]), np.zeros(())
    value, gradient = ad.value_and_grad(totals, outputs="total")(x, total)
    assert (value, gradient.tolist()) == (9.0, [3.0, 12.0])
    (value, aux), gradient = ad.value_and_grad(totals, outputs="total", has_aux=True)(x, total)
    assert (value, aux.tolist(), gradient.tolist()) == (9.0, [2.0, 4.0], [3.0, 12.0])
    assert ad.hessian(totals, outputs="total")(x, total).tolist() == [[6.0, 0.0], [0.0, 12.0]]
    assert ad.hvp(totals, outputs=1)(x, total, np.ones(2)).tolist() == [6.0, 12.0]
    assert ad.elementwise_grad(cubes_into, outputs="y")(x, np.zeros(2)).tolist() == [3.0, 12.0]
    assert total == 0.0


def test_jacobians_of_what_is_written() -> None:
    arguments = state()
    for make in (ad.jacfwd, ad.jacrev, ad.jacobian):
        expected = ad.jacrev(lambda *args: leap_wrapped(*args)[1], argnums=1)(*arguments)
        np.testing.assert_allclose(make(leap, 1, outputs="velocity")(*arguments), expected, rtol=1e-14)
        blocks = make(leap, ("position", 2), outputs=(1, "velocity"))(*arguments)
        np.testing.assert_allclose(blocks[1][0], expected, rtol=1e-14)
        assert [len(row) for row in blocks] == [2, 2]
    np.testing.assert_equal(arguments, state())


def test_what_is_returned_counts_only_where_it_is_named() -> None:
    x, total = np.array([1.0, 2.0]), np.zeros(())
    out, pullback = ad.vjp(totals, x, total, outputs=("return", "total"))
    assert (out[0].tolist(), out[1]) == ([2.0, 4.0], 9.0)
    assert pullback((np.ones(2), np.ones(())))[0].tolist() == [5.0, 14.0]
    assert ad.vjp(totals, x, total, outputs="return")[0].tolist() == [2.0, 4.0]


def test_an_output_that_is_not_written_is_what_it_was() -> None:
    x, total = np.array([1.0, 2.0]), np.zeros(())
    out, pullback = ad.vjp(totals, x, total, outputs="x")
    assert out.tolist() == x.tolist()
    assert not np.shares_memory(out, x)
    assert pullback(x)[0].tolist() == x.tolist()


def test_containers_as_outputs() -> None:
    store, row, target = {"scale": 2.0}, np.array([1.0, 3.0]), np.zeros(2)
    out, pullback = ad.vjp(scatter, store, row, target, outputs=("store", 2))
    assert out[0]["sum"].tolist() == [2.0, 6.0]
    assert out[1].tolist() == [4.0, 12.0]
    bars = pullback(({"scale": 0.0, "sum": np.ones(2)}, np.ones(2)))
    assert bars[0] == {"scale": 12.0}
    assert (bars[1].tolist(), bars[2].tolist()) == ([6.0, 6.0], [0.0, 0.0])
    assert store == {"scale": 2.0}


class Stepper:
    def step(self, x, y):
        y[:] = x * x

    slope = ad.grad(step, outputs=1)
    matrix = ad.jacobian(step, outputs="y")


def test_outputs_of_methods_count_without_the_object() -> None:
    x, y = np.array([3.0]), np.zeros(1)
    stepper = Stepper()
    assert stepper.slope(x, y) == Stepper.slope(stepper, x, y) == [6.0]
    assert stepper.matrix(x, y) == Stepper.matrix(stepper, x, y) == [[6.0]]


def test_what_an_emitted_derivative_says_of_its_outputs() -> None:
    text = ad.lower(cubes_into, np.ones(2), np.ones(2), mode="vjp", outputs="y").source
    assert "with respect to x; the result is y after the call." in " ".join(text.split())


@pytest.mark.parametrize(
    ("outputs", "text"),
    [
        (
            "z",
            "leap has no parameter named 'z' [AD210]\n  expected one of steps, position, velocity, or",
        ),
        (3, "outputs=3, but leap has 3 parameters [AD210]\n  expected a number from -3 to 2, or a name"),
        ("steps", "outputs: `steps` is of type int, and no function writes into that [AD210]"),
        (
            (),
            'outputs=() [AD210]\n  expected the name or position of an argument, "return", or a tuple of',
        ),
        (True, "outputs=True [AD210]"),
        ((None,), "outputs=(None,) [AD210]"),
    ],
)
def test_outputs_that_are_none(outputs: Any, text: str) -> None:
    with pytest.raises(ad.ArgumentError) as refusal:
        ad.vjp(leap, *state(), outputs=outputs)
    assert text in str(refusal.value)


def test_one_output_where_one_is_meant() -> None:
    with pytest.raises(ad.ArgumentError, match="expected one output: its name or position"):
        ad.hvp(totals, outputs=("total", "x"))
    with pytest.raises(ad.ArgumentError, match="totals returns a container, and a gradient needs one number"):
        ad.grad(totals, outputs=("total",))(np.ones(2), np.zeros(()))


# -- arguments that the function sees in another way as well -------------------------------------------------

PAIR = [1.0, 2.0]
NESTED = {"pair": PAIR}


def doubles_first(v):
    v[0] = v[0] * 2.0
    return PAIR[0] * v[0]


def doubles_first_of_nested(v):
    v[0] = v[0] * 2.0
    return NESTED["pair"][0] * v[0]


class Cell:
    def __init__(self, x: float) -> None:
        self.x = x

    def absorb(self, other):
        other.x = other.x * 2.0
        return self.x * other.x


@pytest.mark.parametrize("function", [doubles_first, doubles_first_of_nested])
@pytest.mark.parametrize("cached", ["0", "1"])
def test_a_list_that_is_changed_and_read_as_a_global(
    function: Any, cached: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("ADCOMPILE_CACHE", cached)
    monkeypatch.setenv("ADCOMPILE_CACHE_DIR", str(tmp_path))
    derivative = ad.grad(function)
    for _ in range(2):
        assert derivative([1.0, 2.0]) == [2.0, 0.0]
        with pytest.raises(ad.NoDerivative, match="has changed a container that the function is given, or"):
            derivative(PAIR)
        derivative.cache_clear()
    assert derivative([1.0, 2.0]) == [2.0, 0.0]


def test_an_object_that_is_changed_and_is_the_one_of_the_method() -> None:
    cell = Cell(3.0)
    derivative = ad.grad(cell.absorb)
    assert derivative(Cell(4.0)).x == 6.0
    with pytest.raises(ad.NoDerivative, match="this changes a container that the function is given, or can"):
        derivative(cell)
    assert derivative(Cell(4.0)).x == 6.0


# -- arguments that share memory -----------------------------------------------------------------------------


def entangled(a, b):
    b[0] = b[1] * a[0]
    a[-1] = a[-1] * b[0]
    return np.sum(a) * np.sum(b * b)


def adds_row(a, row):
    row *= 2.0
    a[1] += row
    return np.sum(a**3)


def adds_column(row, a):
    return adds_row(a.T, row)


def by_differences(function: Any, x: np.ndarray) -> np.ndarray:
    """The gradient of a function that writes, at arrays that share memory as the given ones do."""
    found, step = np.zeros_like(x), 1e-4
    for k in range(x.size):
        sides = []
        for shift in (step, -step, 2 * step, -2 * step):
            moved = x.copy()
            moved.flat[k] += shift
            sides.append(function(moved))
        found.flat[k] = (8.0 * (sides[0] - sides[1]) - (sides[2] - sides[3])) / (12.0 * step)
    return found


VECTOR = np.array([1.0, 2.0, -0.5, 1.5, 0.5])
MATRIX = np.arange(6.0).reshape(2, 3) / 4.0 + 1.0


@pytest.mark.parametrize(
    ("function", "given", "views"),
    [
        (entangled, VECTOR, lambda z: (z, z)),
        (entangled, VECTOR, lambda z: (z, z[:])),
        (entangled, VECTOR, lambda z: (z, z[1:])),
        (entangled, VECTOR, lambda z: (z[1:4], z)),
        (entangled, VECTOR, lambda z: (z[::2], z)),
        (entangled, VECTOR, lambda z: (z, z[1:4:2])),
        (adds_row, MATRIX, lambda z: (z, z[0])),
        (adds_row, MATRIX, lambda z: (z, z[1])),
        (adds_column, MATRIX.T.copy(), lambda z: (z[:, 0], z)),
    ],
)
@pytest.mark.parametrize("cached", ["0", "1"])
def test_arguments_that_share_memory(
    function: Any, given: Any, views: Any, cached: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("ADCOMPILE_CACHE", cached)
    monkeypatch.setenv("ADCOMPILE_CACHE_DIR", str(tmp_path))
    expected = by_differences(lambda z: function(*views(z)), given)
    arguments = views(given)
    total = 0 if arguments[0].size == given.size else 1
    for _ in range(2):
        both = ad.grad(function, argnums=(0, 1))
        pair = both(*arguments)
        np.testing.assert_allclose(pair[total], expected, rtol=1e-9, atol=1e-9)
        assert not np.any(pair[1 - total])
        both.cache_clear()
    for k in (0, 1):
        alone = views(expected)[k]
        np.testing.assert_allclose(ad.grad(function, k)(*arguments), alone, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(ad.jacfwd(function, k)(*arguments), alone, rtol=1e-9, atol=1e-9)
    direction = np.cos(np.arange(given.size)).reshape(given.shape)
    _, slope = ad.jvp(function, arguments, views(direction))
    np.testing.assert_allclose(slope, np.sum(expected * direction), rtol=1e-9)
    with pytest.raises(ValueError, match="the tangents of arguments that share memory have to agree"):
        ad.jvp(function, arguments, (arguments[0], 2.0 * arguments[1]))
    # the same types apart, with code of their own, and back
    copies = tuple(array.copy() for array in arguments)
    separate = ad.grad(function, argnums=(0, 1))(*copies)
    assert np.any(separate[0]) and np.any(separate[1])
    np.testing.assert_allclose(ad.grad(function, argnums=(0, 1))(*arguments)[total], pair[total])


def test_slices_without_the_array_that_they_are_of() -> None:
    x = np.arange(1.0, 6.0)
    expected = by_differences(lambda z: adds_ends(z, z[:2], z[3:]), x)
    head, tail = ad.grad(adds_ends, argnums=(1, 2))(x, x[:2], x[3:])
    np.testing.assert_allclose(head, expected[:2], rtol=1e-9)
    np.testing.assert_allclose(tail, expected[3:], rtol=1e-9)
    with pytest.raises(ad.ArgumentError, match="adds_ends writes into memory that `head` and `tail` share"):
        ad.grad(adds_ends, argnums=(1, 2))(x, x[:2], x[1:3])


def adds_ends(x, head, tail):
    x[2] = head[0] * tail[1]
    tail[0] *= 3.0
    return np.sum(x * x)


SHARED = np.array([1.0, 2.0, 3.0])


def writes_what_is_captured(v):
    v[0] = v[1] * 3.0
    return np.sum(SHARED * v)


def test_an_argument_that_is_a_global_as_well() -> None:
    derivative = ad.grad(writes_what_is_captured)
    for _ in range(2):
        assert derivative(SHARED).tolist() == [0.0, 40.0, 6.0]
        assert derivative(SHARED.copy()).tolist() == [0.0, 5.0, 3.0]
    assert SHARED.tolist() == [1.0, 2.0, 3.0]


def first_of_list(items):
    items[0][0] = items[1][1] * 2.0
    return np.sum(items[0] * items[1])


def test_arrays_in_containers_that_are_one() -> None:
    x = np.array([1.5, 2.0, 3.0])
    expected = by_differences(lambda z: first_of_list([z, z]), x)
    first, second = ad.grad(first_of_list)([x, x])
    np.testing.assert_allclose(first, expected, rtol=1e-9, atol=1e-9)
    assert second.tolist() == [0.0, 0.0, 0.0]


def only_last_is_written(a, b, c):
    c[0] = a[0] * b[0]
    return np.sum(a * b * c)


def test_arrays_that_are_one_and_not_written_have_derivatives_of_their_own() -> None:
    x = np.array([1.5, 2.0])
    derivative = ad.grad(only_last_is_written, argnums=(0, 1))
    first, second = derivative(x, x, np.ones(2))
    np.testing.assert_allclose(first, second)
    derivative(x, x.copy(), np.ones(2))
    assert derivative.cache_info().misses == 1


def identity_counts(a, b):
    a[0] = 7.0 * a[1] if a is b else a[2]
    return np.sum(a * b)


def test_one_array_is_one_object() -> None:
    x = np.array([1.5, 2.0, 3.0])
    assert ad.grad(identity_counts)(x, x).tolist() == [0.0, 200.0, 6.0]
    assert ad.grad(identity_counts)(x, x.copy()).tolist() == [0.0, 2.0, 4.5]


def shifts(a, b):
    b[1:] = a[:-1] * a[1:]


def test_outputs_that_are_one_array() -> None:
    x = np.array([1.5, 2.0, 3.0])
    out, pullback = ad.vjp(shifts, x, x, outputs=("a", "b"))
    assert out[0].tolist() == out[1].tolist() == [1.5, 3.0, 6.0]
    first, second = pullback((np.ones(3), np.zeros(3)))
    assert (first.tolist(), second.tolist()) == ([3.0, 4.5, 2.0], [0.0, 0.0, 0.0])


def test_memory_that_overlaps_otherwise_is_refused() -> None:
    x = np.arange(5.0)
    for arguments in ((x[:-1], x[1:]), (x, x[::-1])):
        with pytest.raises(ad.ArgumentError) as refusal:
            ad.grad(entangled)(*arguments)
        assert (
            "entangled writes into memory that `a` and `b` share, and none of these is all of it [AD112]"
        ) in str(refusal.value)
        assert "copies; or as one of the arguments the array of which the others are slices" in str(
            refusal.value
        )


def test_the_text_of_a_derivative_for_one_array_holds_for_one_array_only() -> None:
    x = np.array([1.0, 2.0, 3.0])
    compiled = ad.lower(entangled, x, x[1:]).compile()
    assert np.any(compiled(x, x[1:]))
    for other in (x[1:].copy(), x[:2], x[::2]):
        with pytest.raises(ValueError, match="share other memory than those it was made for"):
            compiled(x, other)


def cubes_of_two(a, b):
    a[0] = a[1] ** 2
    return np.sum(a**3 * b)


def wrong_cubes_of_two(a, b):
    a[0] = ad.stop_gradient(a[1]) ** 2
    return np.sum(a**3 * b)


def curvature_of_one_array(u):
    return ad.grad(lambda v: np.sum(ad.grad(cubes_of_two)(v, u)))(u)


def curvature_of_two_arrays(u):
    return ad.grad(lambda v: np.sum(ad.grad(cubes_of_two)(v, u * 1.0)))(u)


def test_one_array_under_two_names_inside_derivatives() -> None:
    x = np.array([1.5, 2.0, 3.0])
    text = "the function writes into an array that it has under two names"
    calls = [
        lambda: ad.hvp(cubes_of_two)(x, x, x),
        lambda: ad.vjp(curvature_of_one_array, x),
    ]
    for call in calls:
        with pytest.raises(ad.UnsupportedSyntax, match=text):
            call()
    one = ad.hessian(lambda y: np.sum(np.array([y[1] ** 2, y[1], y[2]]) ** 4))(x)
    np.testing.assert_allclose(ad.hessian(cubes_of_two)(x, x), one)
    rows = ad.hessian(cubes_of_two)(x, x.copy())
    np.testing.assert_allclose(ad.hvp(cubes_of_two)(x, x.copy(), x), rows @ x)
    out, _ = ad.vjp(curvature_of_two_arrays, x)
    np.testing.assert_allclose(out, np.sum(rows, axis=0))


def pushed_and_pulled(u):
    out, tangent = ad.jvp(cubes_of_two, (u, u), (u, u))
    first, second = ad.vjp(cubes_of_two, u, u)[1](1.0)
    return out * tangent + np.sum(first * u) - np.sum(second)


def pushed_apart(u):
    return ad.jvp(cubes_of_two, (u, u), (u, 2.0 * u))[1]


def test_products_of_one_array_under_two_names_inside_derivatives() -> None:
    x = np.array([1.5, 2.0, 3.0])
    u = x.copy()
    u[0] = u[1] ** 2
    slope = np.array([0.0, 8.0 * u[0] ** 3 * x[1] + 4.0 * x[1] ** 3, 4.0 * x[2] ** 3])
    value = np.sum(u**4)
    expected = value * (slope @ x) + slope @ x
    np.testing.assert_allclose(ad.value_and_grad(pushed_and_pulled)(x)[0], expected)
    ad.check_grads(pushed_and_pulled, (x,))
    with pytest.raises(ValueError, match="the tangents of arguments that share memory have to agree"):
        ad.grad(pushed_apart)(x)


def test_check_grads_moves_arguments_that_share_memory_together() -> None:
    x = np.linspace(0.5, 1.0, 5)
    ad.check_grads(cubes_of_two, (x, x))
    ad.check_grads(entangled, (x, x[::2]), order=1)
    ad.check_grads(entangled, (x.astype(np.float32),) * 2, order=1)
    ad.check_grads(lambda a, b: np.sum(a * b**2), (x, x[1:2]))
    with pytest.raises(AssertionError, match="cubes_of_two disagree"):
        ad.check_grads(wrong_cubes_of_two, (x, x), order=1)


# -- arguments that are reshaped -----------------------------------------------------------------------------


def writes_reshaped(m):
    v = m.reshape(-1)
    v[1] = v[0] * v[3]
    r = m.ravel()
    r[2] *= r[1]
    return np.sum(m**2)


def test_writes_through_a_reshaped_argument_are_for_its_order() -> None:
    m = np.arange(6.0).reshape(2, 3) / 4.0 + 1.0
    derivative = ad.grad(writes_reshaped)
    np.testing.assert_allclose(derivative(m), by_differences(writes_reshaped, m), rtol=1e-8)
    ad.check_grads(writes_reshaped, (m,))
    with pytest.raises(ad.UnsupportedSyntax, match="which may be a view, a copy, or read-only"):
        derivative(np.asfortranarray(m))
    derivative(m.copy())
    assert derivative.cache_info().hits == 1
    alone = ad.lower(writes_reshaped, m).compile()
    np.testing.assert_array_equal(alone(m), derivative(m))
    with pytest.raises(ValueError, match="through a view that only C order allows"):
        alone(np.asfortranarray(m))


def test_a_reshaped_argument_that_is_kept_between_processes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("ADCOMPILE_CACHE", "1")
    monkeypatch.setenv("ADCOMPILE_CACHE_DIR", str(tmp_path))
    m = np.arange(6.0).reshape(2, 3) / 4.0 + 1.0
    expected = ad.grad(writes_reshaped)(m)
    again = ad.grad(writes_reshaped)
    np.testing.assert_array_equal(again(m), expected)
    with pytest.raises(ad.UnsupportedSyntax, match="which may be a view, a copy, or read-only"):
        again(np.asfortranarray(m))
