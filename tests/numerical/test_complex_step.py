"""Complex steps are exact where a program is fit for complex numbers, and refused elsewhere."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

import adcompile as ad
from adcompile import numerical
from adcompile.errors import ArgumentError

POINT = np.array([0.3, -1.2, 2.0])
MATRIX = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 4.0]])


def filled(x):
    out = np.zeros(3)
    for k in range(3):
        out[k] = x[k] ** 2
    return out.sum()


GOOD = {
    "elementwise": lambda x: np.sum(np.exp(x) * np.sin(x)),
    "where": lambda x: np.sum(np.where(x > 0, x**2, -x)),
    "max": lambda x: np.max(x) ** 2,
    "sort": lambda x: np.sort(x) @ np.arange(3.0),
    "maximum": lambda x: np.sum(np.maximum(x, 0.0) * x),
    "clip": lambda x: np.sum(np.clip(x, -1.0, 1.0) * x),
    "solve": lambda x: np.sum(np.linalg.solve(MATRIX + np.diag(x), x)),
    "det": lambda x: np.linalg.det(MATRIX + np.diag(x)),
    "abs by the sign": lambda x: np.sum(x * np.sign(x.real)),
    "constant": lambda x: 3.0 + 0.0 * x[0],
    "flat": lambda x: (x[0] - 0.3) ** 3 + (x[1] + 1.2) ** 2,
    "waves": lambda x: np.sum(np.sin(200.0 * x)),
    "short waves": lambda x: np.sum(np.sin(1e6 * x)),
    "near a kink": lambda x: np.sum(np.maximum(x - 0.3 + 1e-7, 0.0)) * x[1],
}
BAD = {
    "abs": (lambda x: np.sum(np.abs(x)), "`absolute` of a complex number has no derivative (test_complex"),
    "builtin abs": (lambda x: sum(abs(v) for v in x), "`absolute` of a complex number has no derivative"),
    "norm": (lambda x: np.linalg.norm(x), "`norm` of a complex number has no derivative"),
    "conjugate": (lambda x: np.vdot(x, x), "`vdot` of a complex number has no derivative"),
    "sign": (lambda x: np.sum(np.sign(x) * x), "`sign` of a complex number has no derivative"),
    "std": (lambda x: np.std(x), "`std` of a complex number has no derivative"),
    "real": (lambda x: np.sum(x.real**2), "`real` of a complex number has no derivative"),
    "eigenvalues": (
        lambda x: np.linalg.eigvalsh(MATRIX + np.outer(x, x))[0],
        "`eigvalsh` of a complex number has no derivative",
    ),
    "a part beside a large value": (lambda x: 1e15 + abs(x[1]), "`absolute` of a complex number"),
    "a part beside a large slope": (lambda x: 1e15 * x[0] ** 2 + abs(x[1]), "`absolute` of a complex number"),
    "out of the guard": (
        lambda x: np.sum(np.abs(np.array([x[0], x[1]]))),
        "along a line they give 0 and differences -0.0894298",
    ),
    "a small part out of the guard": (
        lambda x: np.exp(x[0]) * 1000.0 + 0.01 * abs(complex(x[1])),
        "along a line they give 702.584 and differences 702.578",
    ),
    "a tiny part out of the guard": (
        lambda x: 1e6 * x[0] + abs(complex(x[1])),
        "along a line they give 520487 and differences 520486",
    ),
    "a cast": (lambda x: np.sum(x.astype(float) ** 2), "ComplexWarning: Casting complex values"),
    "a real array": (filled, "ComplexWarning: Casting complex values"),
    "math": (lambda x: math.sin(x[0]), "ComplexWarning: Casting complex values"),
    "a comparison": (
        lambda x: x[0].item() if x[0].item() > 0.0 else 0.0,
        "it fails with TypeError: '>' not supported between instances of 'complex' and 'float'",
    ),
    "a kink": (lambda x: np.sqrt((x[0] - 0.3) ** 2), "and differences 0"),
    "a pole": (lambda x: 1.0 / (x[0] - 0.3) ** 2, "it is not finite at x"),
    "complex results": (lambda x: np.sum(x) * 1j, "it returns complex numbers at real ones"),
    "another size": (
        lambda x: np.ones(2) if np.iscomplexobj(x) else x,
        "its result has 2 numbers instead of 3",
    ),
    "another value": (
        lambda x: np.sum(x) + np.iscomplexobj(x),
        "the real part of its result is 2.1 instead of 1.1",
    ),
    "an infinite slope": (lambda x: np.sqrt(x[0] - 0.3), "the derivative depends on the step: "),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_gradients_are_exact(name):
    f = GOOD[name]
    with np.errstate(all="raise", under="ignore"):
        found = numerical.gradient(f, POINT, "complex-step")
    exact = numerical.gradient(f, POINT, "ridders")
    assert np.all(np.abs(found.value - exact.value) <= found.error + exact.error)
    assert np.all(found.error <= 1e-10 * np.maximum(1.0, np.abs(found.value)))


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("name", BAD)
def test_programs_that_are_not_fit_are_refused(name):
    f, why = BAD[name]
    with pytest.raises(ArgumentError) as caught:
        numerical.jacobian(f, POINT, "complex-step")
    assert caught.value.code == "AD210"
    assert " is not fit for complex steps: " in caught.value.message and why in caught.value.message
    assert caught.value.expected == 'method="ridders", or the compiled derivative'


def test_the_error_of_the_program_is_kept():
    with pytest.raises(ArgumentError) as caught:
        numerical.derivative(math.sin, 1.0, "complex-step")
    assert isinstance(caught.value.__cause__, TypeError)


def test_a_hessian_is_refused_where_a_gradient_is():
    with pytest.raises(ArgumentError, match="is not fit for complex steps"):
        numerical.hessian(lambda x: np.linalg.norm(x), POINT, "complex-step")


def test_rough_functions_are_not_believed():
    rng = np.random.default_rng(0)

    def noisy(x):
        return np.sin(x) + 0.01 * rng.normal()

    with pytest.raises(ArgumentError, match="is not fit for complex steps"):
        numerical.derivative(noisy, 1.0, "complex-step")


@pytest.mark.parametrize("x", [0.0, 1e-20])
def test_a_kink_nearer_than_any_step_is_seen(x):
    with pytest.raises(ArgumentError, match="`absolute` of a complex number has no derivative"):
        numerical.derivative(np.abs, x, "complex-step")


def test_absolute_values_may_decide_when_to_stop():
    def root(x):
        y = 1.0 + 0.0 * x
        while abs(y * y - x) > 1e-14:
            y = 0.5 * (y + x / y)
        return y

    found = numerical.derivative(root, 2.0, "complex-step")
    assert abs(found.value - 0.5 / math.sqrt(2.0)) <= found.error < 1e-13


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
def test_other_precisions(dtype):
    found = numerical.gradient(lambda x: np.sum(x**3), np.array([0.5, 2.0], dtype), "complex-step")
    assert found.value.dtype == dtype
    assert np.all(np.abs(found.value - np.array([0.75, 12.0])) <= found.error)


@pytest.mark.parametrize("x", [1e-8, 1e8])
def test_small_and_large_numbers(x):
    assert numerical.derivative(np.log1p, x, "complex-step").value == pytest.approx(
        1.0 / (1.0 + x), rel=1e-14
    )


@pytest.mark.parametrize("direction", [2.0, -0.25])
def test_a_direction_of_one_number_need_not_be_a_unit(direction):
    found = numerical.directional_derivative(lambda x: x**2, 3.0, direction, "complex-step")
    assert found.value == pytest.approx(6.0 * direction, rel=1e-14)


def test_many_numbers_take_no_more_memory_than_they_are():
    tracemalloc.start()
    point = np.linspace(0.0, 1.0, 3000)
    found = numerical.gradient(lambda x: x @ x, point, "complex-step")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_allclose(found.value, 2.0 * point, rtol=1e-14)
    assert most < point.nbytes * point.size / 4


def test_directions():
    x, direction = {"a": POINT, "b": 2.0}, {"a": np.ones(3), "b": -1.0}

    def f(p):
        return p["a"] * np.exp(p["b"])

    found = numerical.directional_derivative(f, x, direction, "complex-step")
    exact = ad.jvp(f, (x,), (direction,))[1]
    assert np.all(np.abs(found.value - exact) <= found.error) and np.all(found.error < 1e-12)
    assert found.evaluations == 13
