"""Matrices taken apart: eigenvalues, singular values, triangular factors, histograms."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"

from functools import partial

import numpy as np

from tests.programs.program import Program, draw, positive, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)

SQUARE = draw(3, 3, seed=7)
DEFINITE = SQUARE @ SQUARE.T + np.diag([0.5, 1.0, 2.0])


def eigen(a):
    s = a @ a.T
    w, v = np.linalg.eigh(s)
    return np.sum(np.sin(w)) + v[0] * w + np.linalg.eigvalsh(s)


add(eigen, (SQUARE,), autograd=False, features="np.linalg.eigh, eigvalsh")


def lower_triangle_only(a):
    w, v = np.linalg.eigh(a)
    return w * v[1] + np.linalg.cholesky(a)[-1]


add(lower_triangle_only, (DEFINITE,), autograd=False, features="np.linalg.eigh, cholesky of one triangle")


def vectors_with_a_sign(a):
    w, v = np.linalg.eigh(a @ a.T)
    for k in range(3):
        if v[0, k] < 0:
            v[:, k] *= -1
    w += 1.0
    return v @ (v[0] * w)


add(vectors_with_a_sign, (SQUARE,), autograd=False, features="eigh, writes into what it returns")


def matrix_square_root(a):
    w, v = np.linalg.eigh(a @ a.T)
    return (v * np.sqrt(w)) @ v.T


add(matrix_square_root, (SQUARE,), autograd=False, features="eigh, model")


def stacked_eigen(a):
    w, v = np.linalg.eigh(a @ np.swapaxes(a, -1, -2))
    return np.sum(v[..., 0, :] * w, axis=-1)


add(stacked_eigen, (np.stack([SQUARE, SQUARE.T + 0.3]),), autograd=False, features="eigh of a stack")


def singular(a):
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    return np.sum(np.log(s)) + u[0] * s + vt[:, 1]


add(singular, (draw(4, 2),), (draw(2, 4),), (SQUARE,), autograd=False, features="np.linalg.svd")


def singular_full(a):
    u, s, vt = np.linalg.svd(a)
    return u @ np.diag(s**2) @ vt


add(singular_full, (SQUARE,), autograd=False, features="np.linalg.svd with full matrices")


def singular_values_of_all(a):
    _, s, _ = np.linalg.svd(a)
    return np.log(s)


add(singular_values_of_all, (draw(4, 2),), autograd=False, features="np.linalg.svd, values only")


def nuclear_norm(a):
    return np.sum(np.linalg.svd(a, compute_uv=False)) + np.linalg.svdvals(a)[0]


add(nuclear_norm, (draw(3, 2),), autograd=False, features="svd without vectors, svdvals")


def triangular_factors(a):
    q, r = np.linalg.qr(a)
    return q[1] * np.diag(r) + np.linalg.qr(a, mode="r")[0]


add(triangular_factors, (draw(4, 3),), (SQUARE,), autograd=False, features="np.linalg.qr")


def pseudo_inverse_solution(a, b):
    return np.linalg.pinv(a) @ b


add(pseudo_inverse_solution, (draw(4, 2), draw(4, seed=1)), (draw(2, 4), draw(2, seed=1)), autograd=False,
    features="np.linalg.pinv")  # fmt: skip


def gaussian_likelihood(a, y):
    covariance = a @ a.T + np.eye(3)
    lower = np.linalg.cholesky(covariance)
    z = np.linalg.solve(lower, y)
    return -0.5 * z @ z - np.sum(np.log(np.diag(lower)))


add(gaussian_likelihood, (SQUARE, draw(3, seed=1)), features="np.linalg.cholesky, model")


def cholesky_written_back(a):
    a[:] = np.linalg.cholesky(a) + np.triu(a, k=1)
    return a * a


add(cholesky_written_back, (DEFINITE,), autograd=False, writes=True,
    features="np.linalg.cholesky, np.triu, a write")  # fmt: skip


def factors_in_a_loop(a, n):
    total = 0.0
    for _ in range(n):
        w, v = np.linalg.eigh(a @ a.T)
        a = 0.5 * (v * np.tanh(w)) @ v.T + a
        total += w[0]
    return total + np.sum(np.linalg.matrix_power(a, 3))


add(factors_in_a_loop, (SQUARE, 2), (SQUARE, 0), argnums=(0,), autograd=False,
    features="eigh in a loop, matrix_power")  # fmt: skip


def weighted_histogram(x, weights):
    sums, edges = np.histogram(x, 5, weights=weights)
    counts = np.histogram(x, bins=5)[0]
    return sums / (counts + 1) * np.diff(edges)


add(weighted_histogram, (np.array([0.1, 0.95, 0.33, 0.5, 0.7, 0.2]), positive(6)), autograd=False,
    features="np.histogram")  # fmt: skip


def uninitialised(x):
    buffer = np.ndarray((3, 2), dtype=x.dtype)
    for k in range(2):
        buffer[:, k] = np.sin(x) * k
    grid = np.linspace(x[0], x[1], 4, dtype=np.float64)
    return np.sum(buffer) + grid


add(uninitialised, (draw(3),), autograd=False, features="np.ndarray, linspace with dtype")
