"""The definitions of `adcompile.library`, which are ordinary Python, beside what they define."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from row_calculus import Call, call
from row_samples_data import gaps, spaced

from adcompile.library import DEFINITIONS, METHOD_DEFINITIONS
from adcompile.library.callbacks import accumulated, reduced, vectorized

X, Y, A, C = spaced(6), spaced(3, seed=4), spaced(3, 4), spaced(2, 3, 4)
SQUARE = spaced(3, 3) + 3 * np.eye(3)
SINGLE = A.astype(np.float32)
ORDERED = np.cumsum(np.exp(X))


def scaled(row: Any, factor: float = 2.0) -> Any:
    return factor * row / np.sum(row * row)


def product(x: float, y: float) -> float:
    return x * y if x > y else x + y


CALLS: dict[str, list[Call]] = {
    "cov": [
        call(A),
        call(X),
        call(X, Y[[0, 1, 2, 0, 1, 2]]),
        call(A, rowvar=False),
        call(A, ddof=0),
        call(A, bias=True),
        call(A, A * A),
        call(SINGLE),
        call(A + 1j * A[::-1]),
        call([X, X * X]),
    ],
    "corrcoef": [
        call(A),
        call(X, X * X),
        call(X),
        call(A[:1]),
        call(A, rowvar=False),
        call([[1.0, 2.0], [3.0, 3.5]]),
    ],
    "average": [
        call(A),
        call(A, axis=1),
        call(A, axis=0, weights=A + 2),
        call(X, weights=X + 2),
        call(A, 1, X[:4] + 2),
        call(A, weights=A + 2, keepdims=True),
    ],
    "trapezoid": [
        call(A),
        call(A, np.sort(X[:4])),
        call(A, dx=0.5),
        call(A, axis=0),
        call(A, X[:3], axis=0),
        call(A, A * A),
        call(C, axis=1),
        call([1.0, 2.0, 4.0]),
    ],
    "gradient": [
        call(X),
        call(X[:2]),
        call(X, 0.5),
        call(A),
        call(A, 0.5, 2.0),
        call(A, 0.5, axis=1),
        call(A, axis=(1, -2)),
        call(X, ORDERED),
        call(A, np.array([0.0, 0.3, 1.0]), 0.5),
        call(A, edge_order=2),
        call(X, ORDERED, edge_order=2),
    ],
    "ediff1d": [call(X), call(A), call(X, to_end=[1.0, 2.0], to_begin=0.5)],
    "cumulative_sum": [call(X), call(A, axis=1), call(A, axis=0, include_initial=True)],
    "cumulative_prod": [call(X), call(A, axis=1), call(A, axis=-1, include_initial=True)],
    "diff": [
        call(X, prepend=0.5),
        call(A, prepend=A[:, :2]),
        call(A, 2, 0, append=A[:1]),
        call(A, axis=0, append=1.0),
    ],
    "sum": [
        call(spaced(40), where=spaced(40) > 0),
        call(A, axis=0, where=A > 0),
        call(X, initial=0.5),
        call(SINGLE, 1, keepdims=True, where=A > 0, initial=1.5),
    ],
    "prod": [call(X, where=X > 0), call(A, axis=0, where=A > 0, initial=2.0), call(A, initial=0.5)],
    "mean": [
        call(spaced(40), where=spaced(40) > 0),
        call(A, axis=0, where=A > -1.0),
        call(SINGLE, where=A[0] > -2.0),
    ],
    "max": [call(X, where=X > 0, initial=0.0), call(A, axis=0, where=A < 0, initial=-5.0)],
    "min": [call(X, where=X > 0, initial=1.0), call(A, axis=0, where=A < 0, initial=0.5)],
    "var": [call(X, correction=1), call(A, axis=0, correction=2)],
    "std": [call(X, correction=1), call(A, axis=0, correction=2)],
    "polyval": [call(Y, X), call([1.0, 2.0], 0.5), call(Y, A), call([1, 2], SINGLE)],
    "polynomial.polynomial.polyval": [call(X, Y), call(0.5, [1.0, 2.0])],
    "vander": [call(X), call(X, 3), call(X, 3, increasing=True), call(X, 1)],
    "polyfit": [
        call(ORDERED, X, 2),
        call(ORDERED, np.stack([X, X * X], axis=1), 1),
        call([1, 2, 3], [2, 1, 4], 1),
    ],
    "polyder": [call(X), call(X, 2)],
    "polyint": [call(X), call(X, 2)],
    "polyadd": [call(X, Y), call(Y, X), call(X, 1.0)],
    "polysub": [call(X, Y), call(Y, X)],
    "block": [
        call([[A, A[:, :1]], [A[:1], Y[:1]]]),
        call([X, Y]),
        call(X),
        call([[X, Y], [X, Y]]),
        call([0.5, X]),
    ],
    "dstack": [call((A, A)), call([X, X]), call([C, C])],
    "broadcast_arrays": [call(A, X[:4]), call(X[:, None], X), call(0.5, Y)],
    "diagflat": [call(X), call(A, 1)],
    "resize": [call(X, (2, 4)), call(A, (2, 2)), call(A, 20)],
    "logspace": [call(0.1, 1.2, 4), call(0.1, 1.2, 4, base=2.0), call(0.1, 1.2, endpoint=False)],
    "geomspace": [call(0.1, 1.2, 4), call(-2.0, -0.3), call(0.1, 1.2, 5, endpoint=False)],
    "linspace": [call(0.1, 1.2, 4, retstep=True), call(0.1, 1.2, 4, endpoint=False, retstep=True)],
    "astype": [call(A, np.float32)],
    "divmod": [call(X, 0.7), call(3.5, X)],
    "fft.hfft": [call(X + 1j * X), call(X, 7), call(A, norm="ortho"), call(A, norm="forward")],
    "fft.ihfft": [call(X), call(A, axis=0, norm="ortho"), call(X, norm="forward")],
    "compress": [call(X > 0, X), call([True, False, True], A, axis=0), call([False, True], A)],
    "extract": [call(X > 0, X), call(A > 0, A)],
    "delete": [
        call(X, 2),
        call(X, -1),
        call(X, [1, 3]),
        call(X, slice(1, 4, 2)),
        call(X, X > 0),
        call(A, 1),
        call(A, [0, 2], axis=1),
        call(C, 1, axis=-2),
    ],
    "insert": [call(X, 2, 0.5), call(X, 0, [1.0, 2.0]), call(X, -1, X[0]), call(A, 3, 7.0)],
    "choose": [call([0, 1, 0, 1, 2, 0], [X, 2 * X, 0.5]), call(np.array([[1], [0], [1]]), (A, 1.0))],
    "unique": [
        call(X),
        call(np.round(A)),
        call(np.round(X), return_index=True, return_inverse=True, return_counts=True),
        call(np.round(A), return_inverse=True),
    ],
    "union1d": [call(X, Y), call(np.round(A), np.round(X))],
    "tril_indices_from": [call(A), call(SQUARE, 1)],
    "triu_indices_from": [call(A), call(SQUARE, 1)],
    "diag_indices_from": [call(SQUARE)],
    "apply_along_axis": [
        call(scaled, 0, A),
        call(scaled, 1, A, 0.5),
        call(np.sum, 0, A),
        call(scaled, 1, C, factor=3.0),
        call(np.max, 0, X),
        call(np.sort, 0, X),
    ],
    "piecewise": [
        call(X, [X < 0, X >= 0], [np.square, np.sin]),
        call(A, [A < 0], [-1.0, np.cos]),
        call(X, X > 0, [scaled]),
        call(X, [X < 0, X > 1], [scaled, 2.0, np.exp]),
        call(X, [X > 5], [scaled]),
        call(X, [X > 0], [scaled], 0.3),
    ],
    "fromfunction": [call(lambda i, j: i * X[0] + j, (2, 3)), call(np.sin, (4,))],
    "fromiter": [call([0.5, 1.0], float), call([0.5, 1.0, 2.0], np.float32, 2)],
    "linalg.outer": [call(X, Y)],
    "linalg.matmul": [call(A, A.T), call(C, C.mT)],
    "linalg.tensordot": [call(A, A, axes=2), call(A, A.T, axes=1)],
    "linalg.cross": [call(A.T, A.T)],
    "linalg.vecdot": [call(X, X * X), call(A, A[0]), call(X * 1j, X + 1j)],
    "vecdot": [call(X, X * X), call(C, A), call(X * 1j, X + 1j)],
    "matvec": [call(A, X[:4]), call(C, A[0]), call(C, C[:, 0])],
    "vecmat": [call(Y, A), call(C[:, :, 0], C), call(Y * 1j, A)],
    "linalg.multi_dot": [
        call([A, A.T]),
        call([A, A.T, A]),
        call([Y, A, X[:4]]),
        call([A, X[:4, None], Y[None]]),
    ],
    "linalg.trace": [call(SQUARE), call(C, offset=1)],
    "linalg.diagonal": [call(SQUARE), call(C, offset=1)],
    "linalg.matrix_transpose": [call(A), call(C)],
    "linalg.vector_norm": [
        call(X),
        call(A),
        call(A, axis=1, ord=3),
        call(A, axis=0, keepdims=True),
        call(X, ord=1),
    ],
    "linalg.matrix_norm": [call(A), call(C), call(A, ord=2), call(A, ord="nuc", keepdims=True)],
    "linalg.cond": [
        call(SQUARE),
        call(SQUARE, 1),
        call(SQUARE, "fro"),
        call(SQUARE, -2),
        call(SQUARE, np.inf),
    ],
    "linalg.lstsq": [
        call(A.T, X[:4]),
        call(A, Y),
        call(A.T, A.T[:, :2]),
        call(A.T.astype(np.float32), X[:4]),
    ],
}


def resolved(path: str) -> Any:
    return functools.reduce(getattr, path.split("."), np)


def assert_same(found: Any, expected: Any, exact: bool) -> None:
    if isinstance(expected, (tuple, list)):
        assert len(found) == len(expected)
        for a, b in zip(found, expected, strict=True):
            assert_same(a, b, exact)
        return
    assert type(found) is type(expected)
    assert np.asarray(found).dtype == np.asarray(expected).dtype
    if exact:
        np.testing.assert_array_equal(found, expected)
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-15)


# NumPy adds products in another order, or takes points that are evenly spaced for such
ROUNDED = {
    "gradient",
    "vecdot",
    "linalg.vecdot",
    "matvec",
    "vecmat",
    "polyfit",
    "linalg.vector_norm",
    "logspace",
}


@pytest.mark.parametrize("path", CALLS)
def test_a_definition_says_what_the_function_does(path: str) -> None:
    if path not in ("trapezoid",) and not hasattr(np, path.split(".")[0]):
        pytest.skip("this NumPy does not have the function")
    original = resolved(path)
    for made in CALLS[path]:
        expected = original(*made.args, **made.keywords)
        found = DEFINITIONS[original](*made.args, **made.keywords)
        assert_same(found, expected, path not in ROUNDED)


def test_every_definition_has_calls() -> None:
    assert {resolved(path) for path in CALLS} | ({np.trapz} if hasattr(np, "trapz") else set()) == set(
        DEFINITIONS
    )


@pytest.mark.parametrize("name", METHOD_DEFINITIONS)
def test_a_definition_says_what_the_method_does(name: str) -> None:
    chosen = np.array([[1, 0], [0, 1]])
    arguments: dict[str, list[Any]] = {
        "tolist": [(A,), (X,), (np.array(0.5),)],
        "compress": [(A, [True, False], 1), (X, X > 0)],
        "choose": [(chosen, [A[:2, :2], 0.5])],
    }
    options = {"sum": {"where": A > 0}, "prod": {"where": A > 0}, "mean": {"where": A > 0}}
    extreme = {"where": A > 0, "initial": 0.5}
    for receiver, *args in arguments.get(name, [(A,)]):
        given: Any = {} if name in arguments else options.get(name, extreme)
        expected = getattr(receiver, name)(*args, **given)
        assert_same(METHOD_DEFINITIONS[name](receiver, *args, **given), expected, True)


@pytest.mark.parametrize("ufunc", [np.logaddexp, np.subtract, np.hypot, np.divide])
def test_functions_of_two_operands_are_applied_one_after_the_other(ufunc: Any) -> None:
    for made in (call(X), call(A), call(A, 1), call(C, axis=-1)):
        assert_same(
            accumulated(ufunc, *made.args, **made.keywords),
            ufunc.accumulate(*made.args, **made.keywords),
            True,
        )
        assert_same(
            reduced(ufunc, *made.args, **made.keywords), ufunc.reduce(*made.args, **made.keywords), True
        )
    assert_same(reduced(ufunc, A, keepdims=True), ufunc.reduce(A, keepdims=True), True)


def test_a_function_that_is_called_for_each_element() -> None:
    made = np.vectorize(product)
    for args in ((A, X[:4]), (A, 0.5), (0.3, 0.5), (X[:, None], X)):
        assert_same(vectorized(product, *args), made(*args), True)


def test_samples_with_gaps_have_gaps() -> None:
    assert np.isnan(gaps(5)).any()
