"""Adjoints that branches, loops and calls hand on have the dtype of their values."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import numpy as np
import pytest

import adcompile as ad

OFFSETS = np.ones(3)


def in_a_loop(x):
    for _ in range(3):
        x = np.sin(x) * x
    return np.sum(x**3) + np.sum(OFFSETS)


def in_a_branch(x):
    if x[0] > 0.0:
        x = np.sin(x) * x
    return np.sum(x**3) + np.sum(OFFSETS)


def descend(x, depth):
    return x if depth == 0 else np.sin(descend(x, depth - 1)) * OFFSETS


def in_a_recursion(x):
    return np.sum(descend(x, 3))


def in_a_checkpoint(x):
    for _ in range(3):
        x = ad.checkpoint(np.sin)(x)
    return np.sum(x**3) + np.sum(OFFSETS)


@pytest.mark.parametrize("f", [in_a_loop, in_a_branch, in_a_recursion, in_a_checkpoint])
def test_single_precision_stays(f):
    x = np.ones(3, np.float32)
    value, pullback = ad.vjp(f, x)
    assert pullback(value)[0].dtype == pullback(1.0)[0].dtype == ad.grad(f)(x).dtype == np.float32


def largest_and_total(x):
    return max(x[k] for k in range(5)) + sum([x[k] for k in range(3)])


def test_tangents_of_numbers_of_single_precision_stay() -> None:
    x = np.linspace(0.0, 1.0, 5, dtype=np.float32)
    value, tangent = ad.jvp(largest_and_total, (x,), (x,))
    assert value.dtype == tangent.dtype == ad.grad(largest_and_total)(x).dtype == np.float32
