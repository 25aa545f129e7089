"""Factorisations of matrices and solutions of linear systems, in place."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from functools import partial

import numpy as np

from tests.kernels.kernel import Kernel, draws, record

KERNELS: list[Kernel] = []
add = partial(record, KERNELS)


def dominant(n, m=None):
    """A matrix on whose diagonal elimination without pivoting is safe."""
    (A,) = draws((n, n if m is None else m))
    return A + n * np.eye(*A.shape)


def definite(n):
    """A symmetric positive definite matrix."""
    (A,) = draws((n, n))
    return A @ A.T / n + 2.0 * np.eye(n)


def cholesky(A):
    """The factor L of A = L transpose(L), written over the lower triangle of A."""
    for i in range(A.shape[0]):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[j, :j]
            A[i, j] /= A[j, j]
        A[i, i] -= A[i, :i] @ A[i, :i]
        A[i, i] = np.sqrt(A[i, i])


add(cholesky, lambda n: (definite(n),), small=(4,), large=(120,), writes="A", float32=True)


def lu(A):
    """A = L U without pivoting: L below the diagonal, U on and above it."""
    n = len(A)
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            A[i, j] -= A[i, :i] @ A[:i, j]


add(lu, lambda n: (dominant(n),), small=(4,), large=(100,), writes="A")


def lu_outer(A):
    """The same factors, one update of the remaining block for each column."""
    for k in range(len(A) - 1):
        A[k + 1 :, k] /= A[k, k]
        A[k + 1 :, k + 1 :] -= np.outer(A[k + 1 :, k], A[k, k + 1 :])


add(lu_outer, lambda n: (dominant(n),), small=(4,), large=(200,), writes="A")


def ludcmp(A, b, x, y):
    """Solve A x = b by factors that replace A, forward and backward substitution."""
    n = len(b)
    lu_outer(A)
    for i in range(n):
        y[i] = b[i] - A[i, :i] @ y[:i]
    for i in range(n - 1, -1, -1):
        x[i] = (y[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]


add(
    ludcmp,
    lambda n: (dominant(n), *draws((n,), (n,), (n,))),
    small=(4,),
    large=(160,),
    writes="A, x, y",
)


def gramschmidt(A, Q, R):
    """A = Q R by the modified process; A is used up."""
    for k in range(A.shape[1]):
        R[k, k] = np.sqrt(np.sum(A[:, k] * A[:, k]))
        Q[:, k] = A[:, k] / R[k, k]
        for j in range(k + 1, A.shape[1]):
            R[k, j] = Q[:, k] @ A[:, j]
            A[:, j] -= Q[:, k] * R[k, j]


add(
    gramschmidt,
    lambda m, n: (dominant(m, n), *draws((m, n), (n, n))),
    small=(4, 3),
    large=(90, 80),
    writes="A, Q, R",
)


def durbin(r, y):
    """Solve the Yule-Walker equations of the symmetric Toeplitz matrix with first column (1, r)."""
    y[0] = -r[0]
    alpha = -r[0]
    beta = 1.0
    for k in range(1, len(r)):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(np.flip(r[:k]), y[:k])) / beta
        y[:k] += alpha * np.flip(y[:k])
        y[k] = alpha


add(
    durbin,
    lambda n: (0.9 ** np.arange(1.0, n + 1.0) * np.cos(np.arange(n)), *draws((n,))),
    small=(5,),
    large=(800,),
    writes="y",
)


def trisolv(L, x, b):
    """Solve L x = b for a lower triangular L, from top to bottom."""
    for i in range(len(b)):
        x[i] = b[i]
        for j in range(i):
            x[i] -= L[i, j] * x[j]
        x[i] /= L[i, i]


add(trisolv, lambda n: (dominant(n), *draws((n,), (n,))), small=(4,), large=(150,), writes="x")


def thomas(lower, diagonal, upper, x):
    """Solve a tridiagonal system; x holds the right-hand side and then the solution."""
    n = len(x)
    for i in range(1, n):
        factor = lower[i - 1] / diagonal[i - 1]
        diagonal[i] -= factor * upper[i - 1]
        x[i] -= factor * x[i - 1]
    x[-1] /= diagonal[-1]
    for i in range(n - 2, -1, -1):
        x[i] = (x[i] - upper[i] * x[i + 1]) / diagonal[i]


add(
    thomas,
    lambda n: (*draws((n - 1,)), 4.0 + draws((n,))[0], *draws((n - 1,), (n,))),
    small=(5,),
    large=(2000,),
    writes="x",
)


def householder(A, b):
    """Least squares: reflect A to a triangle and b with it, then substitute backwards."""
    n = A.shape[1]
    for k in range(n):
        v = A[k:, k].copy()
        v[0] += np.sqrt(np.sum(v * v))
        v /= np.sqrt(np.sum(v * v))
        A[k:, k:] -= 2.0 * np.outer(v, v @ A[k:, k:])
        b[k:] -= 2.0 * v * (v @ b[k:])
    x = np.zeros_like(b[:n])
    for k in reversed(range(n)):
        x[k] = (b[k] - A[k, k + 1 :] @ x[k + 1 :]) / A[k, k]
    return x


add(householder, lambda m, n: (dominant(m, n), *draws((m,))), small=(5, 3), large=(150, 100))


def givens(A, b):
    """Reduce A to a triangle, one rotation of two rows at a time, and b with it."""
    m, n = A.shape
    for j in range(n):
        for i in range(j + 1, m):
            r = np.sqrt(A[j, j] ** 2 + A[i, j] ** 2)
            c, s = A[j, j] / r, A[i, j] / r
            A[j], A[i] = c * A[j] + s * A[i], c * A[i] - s * A[j]
            b[j], b[i] = c * b[j] + s * b[i], c * b[i] - s * b[j]


add(givens, lambda m, n: (dominant(m, n), *draws((m,))), small=(4, 3), large=(45, 40), writes="A, b")


def gauss_jordan(A, inverse):
    """Invert A with partial pivoting, swapping rows in place."""
    n = A.shape[0]
    inverse[:] = np.eye(n)
    for k in range(n):
        pivot = k + np.argmax(np.abs(A[k:, k]))
        if pivot != k:
            A[[k, pivot]] = A[[pivot, k]]
            inverse[[k, pivot]] = inverse[[pivot, k]]
        inverse[k] /= A[k, k]
        A[k] /= A[k, k]
        for i in range(n):
            if i != k:
                inverse[i] -= A[i, k] * inverse[k]
                A[i] -= A[i, k] * A[k]


add(gauss_jordan, lambda n: tuple(draws((n, n), (n, n))), small=(4,), large=(40,), writes="inverse")


def conjugate_gradient(A, b, x, steps):
    """Improve a solution x of A x = b, for a symmetric positive definite A."""
    r = b - A @ x
    p = r.copy()
    rho = r @ r
    for _ in range(steps):
        q = A @ p
        alpha = rho / (p @ q)
        x += alpha * p
        r -= alpha * q
        rho, previous = r @ r, rho
        p *= rho / previous
        p += r


add(
    conjugate_gradient,
    lambda n, steps: (definite(n), *draws((n,), (n,)), steps),
    small=(4, 3),
    large=(600, 60),
    writes="x",
)


def jacobi_solver(A, b, digits):
    """Solve A x = b by sweeps until two of them agree to some digits."""
    x = np.zeros_like(b)
    new = np.empty_like(b)
    change = 1.0
    while change > 10.0**-digits:
        for i in range(len(b)):
            new[i] = (b[i] - A[i] @ x + A[i, i] * x[i]) / A[i, i]
        change = np.max(np.abs(new - x))
        x, new = new, x
    return x


add(jacobi_solver, lambda n: (dominant(n), *draws((n,)), 3), small=(4,), large=(600,), order=1)


def ldl(A, d):
    """A = L D transpose(L): the unit lower triangle replaces that of A, and d is the diagonal."""
    n = len(d)
    v = np.empty_like(d)
    for j in range(n):
        v[:j] = A[j, :j] * d[:j]
        d[j] = A[j, j] - A[j, :j] @ v[:j]
        A[j + 1 :, j] -= A[j + 1 :, :j] @ v[:j]
        A[j + 1 :, j] /= d[j]
        A[j, j] = 1.0


add(ldl, lambda n: (definite(n), *draws((n,))), small=(4,), large=(300,), writes="A, d")
