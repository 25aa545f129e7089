"""What a gradient allocates at its peak is what `.saved` says that it keeps, and little beside."""

import tracemalloc

import numpy as np
import pytest

import adcompile as ad

CELLS, STEPS = 2000, 400
FIELD = 8 * CELLS


def conduction(u, steps):
    """A field with a flux that depends on it, made anew in every step."""
    for _ in range(steps):
        flux = (u[1:] - u[:-1]) / (1.0 + 0.25 * (u[1:] + u[:-1]) ** 2)
        u = u.copy()
        u[1:-1] += 0.1 * (flux[1:] - flux[:-1])
    return np.sum(u * u)


def reaction(u, steps):
    """A field that is changed in place."""
    u = u.copy()
    for _ in range(steps):
        laplacian = u[2:] - 2.0 * u[1:-1] + u[:-2]
        u[1:-1] += 0.1 * laplacian / (1.0 + u[1:-1] ** 2)
    return np.sum(u * u)


def one_buffer(u, steps):
    """One buffer for all intermediate results."""
    z = np.empty_like(u)
    total = np.zeros_like(u)
    for k in range(steps):
        np.subtract(u, 0.1 * k, out=z)
        np.multiply(z, z, out=z)
        total += np.exp(-z)
    return np.sum(total)


def diffusion(u, steps):
    """Linear: nothing has to be known of it."""
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u * u)


def rows(u, steps):
    """Each row from the one before: all of them are in the result."""
    h = np.zeros((steps, len(u)))
    h[0] = u
    for k in range(1, steps):
        h[k] = h[k - 1] * (1.0 - 0.01 * h[k - 1])
    return np.sum(h)


def peak(function, *args):
    """Bytes that a call allocates at most, beyond what is there before."""
    tracemalloc.start()
    try:
        function(*args)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "function, saved",
    [(conduction, 1), (reaction, 1), (one_buffer, 1), (diffusion, 0), (rows, 0)],
    ids=lambda item: getattr(item, "__name__", ""),
)
def test_the_peak_is_what_is_saved(function, saved):
    u = np.linspace(0.0, 1.0, CELLS)
    records = ad.lower(function, u, STEPS).saved
    predicted = sum(eval(r.bytes, {"u": u, "steps": STEPS, "len": len, "range": range}) for r in records)
    assert predicted == saved * FIELD * STEPS
    gradient = ad.grad(function)
    gradient(u, 2)
    # `rows` has them in its result and an adjoint of that
    beside = 2 * FIELD * STEPS if function is rows else 0
    assert predicted + beside <= peak(gradient, u, STEPS) <= 1.1 * (predicted + beside) + 20 * FIELD
