"""The truncated solutions of Newton's equations are what they are said to be."""

from __future__ import annotations

import math

import numpy as np
import pytest

from adcompile.optimize.newton import NotFiniteProduct, conjugate_gradients


def definite(seed, n=12):
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.standard_normal((n, n)))[0]
    return basis @ np.diag(np.exp(rng.uniform(-2.0, 2.0, n))) @ basis.T, rng.standard_normal(n)


def model(matrix, gradient, step):
    return gradient @ step + 0.5 * step @ matrix @ step


@pytest.mark.parametrize("seed", range(5))
def test_the_equations_are_solved(seed):
    matrix, gradient = definite(seed)
    step, curves_down = conjugate_gradients(matrix.__matmul__, gradient, 1e-11)
    assert not curves_down
    np.testing.assert_allclose(step, np.linalg.solve(matrix, -gradient), atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_a_truncated_solution_has_the_residual_that_was_asked_for(seed):
    matrix, gradient = definite(seed)
    products = []

    def product(vector):
        products.append(vector)
        return matrix @ vector

    tolerance = 0.5 * np.linalg.norm(gradient)
    step = conjugate_gradients(product, gradient, tolerance).step
    assert np.linalg.norm(matrix @ step + gradient) <= tolerance * (1.0 + 1e-12)
    assert 0 < len(products) < gradient.size and gradient @ step < 0.0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shift", [0.0, 1.0])
@pytest.mark.parametrize("radius", [1e-3, 0.1, 1.0, 100.0])
def test_steps_keep_within_the_radius(seed, shift, radius):
    matrix, gradient = definite(seed)
    matrix = matrix - shift * np.eye(gradient.size)
    step, curves_down = conjugate_gradients(matrix.__matmul__, gradient, 1e-10, radius)
    length = np.linalg.norm(step)
    assert length <= radius * (1.0 + 1e-12)
    if curves_down:
        assert math.isclose(length, radius, rel_tol=1e-12)
    # no worse than the best step against the gradient: the condition of convergence (Cauchy point)
    best = radius / np.linalg.norm(gradient)
    curvature = gradient @ matrix @ gradient
    if curvature > 0.0:
        best = min(best, gradient @ gradient / curvature)
    assert model(matrix, gradient, step) <= model(matrix, gradient, -best * gradient) * (1.0 - 1e-12)


def test_a_direction_that_curves_down():
    gradient = np.array([1.0, 2.0])
    step, curves_down = conjugate_gradients(lambda v: -v, gradient, 1e-10)
    assert curves_down and np.array_equal(step, -gradient)


def test_a_product_that_is_not_finite():
    with pytest.raises(NotFiniteProduct):
        conjugate_gradients(lambda v: v * math.nan, np.ones(2), 1e-10)
