"""Arrays that follow what has no derivative in the complex plane through a program."""

import numpy as np
import pytest

from adcompile.numerical.guard import Guarded, Lost, guarded, loss_behind, lost_in

X = np.array([1.0, -2.0, 3.0]) + 0j


def newton(x):
    y = x[0] * 0.0 + 1.0
    for _ in range(50):
        change = (y * y - x[0]) / (2.0 * y)
        y = y - change
        if np.max(np.abs(change)) < 1e-12:
            break
    return y


def written(x):
    y = np.zeros_like(x)
    y[1:] = x[:-1] ** 2
    y += 1.0
    np.add.at(y, [0, 0], x[:2])
    return np.sum(y)


FIT = {
    "reductions": lambda x: x.sum() * x.prod() + np.mean(x) + np.max(x) + np.sort(x)[0] + np.cumsum(x)[1],
    "products": lambda x: x @ x + np.einsum("i,i->", x, x) + np.dot(x, x) + np.trace(np.outer(x, x)),
    "linear algebra": lambda x: np.linalg.det(np.diag(x) + 1.0) + np.sum(np.linalg.solve(np.diag(x), x)),
    "joined": lambda x: np.sum(np.concatenate([x, x**2])) + np.sum(np.stack([x, x])[1]),
    "branches": lambda x: np.sum(np.where(x > 0, x**2, x)) + max(x[0], x[1]),
    "reals that decide": lambda x: x[0] if x[0].real > 0 and x.imag.max() < 1 else x[1],
    "jumps": lambda x: np.sum(x * np.sign(x.real)) + x[int(abs(x[0]))] * np.floor(abs(x[1])),
    "a norm that decides": lambda x: x[0] / 2.0 if np.linalg.norm(x) > 1.0 else x[1],
    "tests": lambda x: x[0] if np.allclose(x, x) and np.isfinite(x).all() and x[1] else x[1],
    "constants": lambda x: x[0] * np.sum(np.ones_like(x, dtype=float) + np.where(x, 1.0, 2.0)),
    "a form": lambda x: x[0] + np.sum(np.zeros_like(abs(x))) + np.sum(np.full_like(x, 2.0, dtype=float)),
    "a loop": lambda x: sum(v**2 for v in x),
    "an iteration": newton,
    "writes": written,
    "words": lambda x: x[len(f"{x} {x[0]:.3f} {abs(x)!r} {abs(x[0]):.3f} {x!r}") * 0],
    "numbers of others": lambda x: np.linalg.norm([3.0, 4.0]) * x[0] * np.float64(2.0) / 2j,
}
UNFIT = {
    "absolute": lambda x: np.sum(np.where(x > 0, x, abs(x))),
    "conjugate": lambda x: np.sum(x * x.conj()),
    "real": lambda x: (x * x).real @ np.ones(3),
    "imag": lambda x: 2.0 * x.imag,
    "norm": lambda x: x / np.linalg.norm(x),
    "std": lambda x: [0.0, {"deviation": x.std()}],
    "var": lambda x: np.var(x) ** 2,
    "vdot": lambda x: np.vdot(x, x),
    "svd": lambda x: np.linalg.svd(np.outer(x, x))[1][0],
    "cholesky": lambda x: np.linalg.cholesky(np.outer(x, x) + 9.0 * np.eye(3))[0, 0],
    "polyfit": lambda x: np.polyfit(x, [1.0, 2.0, 0.5], 1)[0],
    "real_if_close": lambda x: np.real_if_close(x)[0],
    "angle": lambda x: np.max(np.angle(x))[()] + 1.0,
}


def total(x):
    y = np.zeros(3)
    y[0] = abs(x[1])
    return y.sum()


def added(x):
    y = 2.0 * x
    y += np.abs(x)
    return y


ESCAPING = {
    "into a list of numbers": lambda x: np.array([x[0], abs(x[1])]),
    "into another array": total,
    "into a guarded array": added,
    "through out=": lambda x: np.abs(x, out=np.zeros(3)),
    "by np.copyto": lambda x: np.copyto(x, abs(x)),
    "by np.add.at": lambda x: np.add.at(x, [0], abs(x[0])),
    "by a method": lambda x: x.fill(abs(x[0])),
    "through float": lambda x: float(abs(x[0])),
    "a sign through float": lambda x: float(np.sign(x[0].real) * abs(x[0])),
}


@pytest.mark.parametrize("name", FIT)
def test_what_has_a_derivative_goes_through(name):
    found = FIT[name](guarded(X))
    assert isinstance(found, Guarded) and lost_in(found) is None
    assert np.array_equal(np.asarray(found), FIT[name](X))


@pytest.mark.parametrize("name", UNFIT)
def test_what_has_none_is_followed_to_the_result(name):
    why = lost_in(UNFIT[name](guarded(X)))
    line = UNFIT[name].__code__.co_firstlineno
    assert why == f"`{name}` of a complex number has no derivative (test_guard.py:{line})"


@pytest.mark.parametrize("name", ESCAPING)
def test_what_has_none_does_not_get_away(name):
    with pytest.raises(Exception) as caught:
        ESCAPING[name](guarded(X))
    assert loss_behind(caught.value).startswith("`absolute` of a complex number has no derivative (")


def test_other_errors_are_not_taken_for_it():
    assert loss_behind(ValueError("of the program")) is None


def test_lost_values_are_values():
    lost = abs(guarded(X))
    assert isinstance(lost, Lost) and len(lost) == lost.size == 3 and lost.shape == (3,)
    assert (2.0 * lost[1:].max() / np.float64(3.0)).plain == 2.0
    assert (lost > 1.5).tolist() == [False, True, True]
    assert lost_in([(1.0, "a"), {"b": lost}]) == lost.why
    assert lost_in([(1.0, "a"), {"b": X, "c": None}]) is None


def test_arguments_are_copied():
    x = X.copy()
    found = guarded({"a": x, "b": 1j})
    found["a"][0] = 5.0
    assert x[0] == 1.0 and found["b"].shape == () and np.asarray(found["a"])[0] == 5.0
