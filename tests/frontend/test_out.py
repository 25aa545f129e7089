"""`out=` of another dtype than the operands: what is computed in which precision."""

from typing import Any

import numpy as np

import adcompile as ad


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
