"""`out=` of another dtype than the operands: what is computed in which precision; and `out` by position."""

import re
from typing import Any

import numpy as np
import pytest

import adcompile as ad
from adcompile.frontend.primitives import _parameters_of, in_order, spelled
from adcompile.rules.rule import FUNCTIONS


def sums_of_single_precision(x):  # type: ignore[no-untyped-def]
    a = x.astype(np.float32)
    total, sums, products = np.zeros(()), np.zeros(len(x)), np.zeros((2, 2))
    np.sum(a, out=total)
    np.cumsum(a, out=sums)
    np.mean(a.reshape(2, 2), axis=1, out=sums[:2])
    np.max(a.reshape(2, 2), axis=1, out=sums[2:])
    np.matmul(a.reshape(2, 2), a.reshape(2, 2), out=products)
    low = np.clip(a, 0.5, 1.5, out=np.zeros(len(x)))
    return float(total) * np.sum(sums * low) + np.sum(products)


def sums_in_single_precision(x):  # type: ignore[no-untyped-def]
    rows, products = np.zeros(2, np.float32), np.zeros(2, np.float32)
    np.sum(x.reshape(2, -1), axis=1, out=rows)
    np.prod(x.reshape(2, -1), axis=1, out=products)
    np.add(rows, x[:2], out=rows)
    return float(np.sum(rows * products))


def arguments_by_position(x):  # type: ignore[no-untyped-def]
    total = np.zeros(3)
    np.sum(x, 0, None, total)
    highest = np.max(x, 0, None, True)
    spread = np.std(x, 1, None, None, 1, True)
    middle = np.median(x, 1, None, False, True)
    bounded = np.clip(x, 0.2, 2.0, None)
    return np.sum(total * highest + spread * x + middle * bounded) + np.sum(x.var(1, None, None, 1))


def by_differences(function: Any, x: Any, step: float = 1e-2) -> Any:
    unit = np.eye(len(x)) * step
    return np.array([(function(x + u) - function(x - u)) / (2.0 * step) for u in unit])


def test_reductions_compute_in_the_precision_of_what_they_write_into() -> None:
    x = np.array([0.7, 1.3, 0.9, 1.1]) + 1e-9 * np.arange(4)
    for function in (sums_of_single_precision, sums_in_single_precision):
        value, gradient = ad.value_and_grad(function)(x)
        assert value == function(x)
        assert gradient.dtype == np.float64
        np.testing.assert_allclose(gradient, by_differences(function, x), rtol=2e-3)
        _, tangent = ad.jvp(function, (x,), (np.ones(4),))
        np.testing.assert_allclose(tangent, np.sum(gradient), rtol=1e-6)


def test_arguments_by_position() -> None:
    x = np.array([[0.7, 1.3, 2.4], [0.9, 1.1, -0.3]])
    value, gradient = ad.value_and_grad(arguments_by_position)(x)
    assert value == arguments_by_position(x)
    expected = by_differences(lambda v: arguments_by_position(v.reshape(2, 3)), x.ravel(), 1e-6)
    np.testing.assert_allclose(gradient.ravel(), expected, rtol=1e-7)
    _, tangent = ad.jvp(arguments_by_position, (x,), (np.ones((2, 3)),))
    np.testing.assert_allclose(tangent, np.sum(gradient), rtol=1e-12)


def test_an_argument_by_position_and_by_name() -> None:
    with pytest.raises(TypeError, match=re.escape("max() got multiple values for argument 'keepdims'")):
        ad.grad(lambda x: np.sum(np.max(x, 0, None, True, keepdims=True)))(np.ones((2, 2)))


def test_rows_take_arguments_in_the_order_of_the_function() -> None:
    """By position or by name: whatever a row does not know, it is not taken for something else."""
    ordered = 0
    for function, row in FUNCTIONS.items():
        known, positional = _parameters_of(spelled(row))
        if not known or any(q.star for q in row.params):
            continue
        names = {q.name for q in row.params}
        for count in range(1, len(positional) + 1):
            args, keywords = in_order(None, row, list(positional[:count]), {})  # type: ignore[arg-type]
            bound = dict(zip((q.name for q in row.params), args, strict=False)) | keywords
            for name in names & set(known):
                assert bound.get(name, name) == name, (row.name, function, count)
            ordered += 1
    assert ordered > 300


def test_op_in_place_casts_like_numpy_where_a_dtype_is_known_at_run_time_only() -> None:
    def scaled(x, kind):  # type: ignore[no-untyped-def]
        generator = np.random.default_rng(0)
        factors = generator.integers(1, 5, 3) if kind == "int" else generator.standard_normal(3)
        places = np.zeros(3, np.float32)
        places += x
        places *= factors * 1j if kind == "complex" else factors
        return np.sum(places)

    x = np.array([0.5, 1.5, 2.5])
    for kind, factors in (
        ("int", np.random.default_rng(0).integers(1, 5, 3)),
        ("float", np.random.default_rng(0).standard_normal(3)),
    ):
        np.testing.assert_allclose(ad.grad(scaled)(x, kind), factors, rtol=1e-6)
    for call in (scaled, ad.grad(scaled), lambda *a: ad.jvp(scaled, a, (np.ones(3), None))):
        with pytest.raises(TypeError, match="same_kind"):
            call(x, "complex")


def test_call_with_the_items_of_an_array_of_another_length() -> None:
    def model(a, b, c):  # type: ignore[no-untyped-def]
        return a * b + c

    def loss(x):  # type: ignore[no-untyped-def]
        return model(*x)

    np.testing.assert_allclose(ad.grad(loss)(np.array([0.5, 1.5, 2.5])), [1.5, 0.5, 1.0])
    for x in (np.ones(2), np.ones(4)):
        with pytest.raises(TypeError):
            loss(x)
        with pytest.raises(TypeError, match="takes 3 positional arguments"):
            ad.grad(loss)(x)
