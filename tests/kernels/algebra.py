"""Products of dense matrices and vectors, written into what the caller hands in."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from functools import partial

import numpy as np

from tests.kernels.kernel import Kernel, draws, record

KERNELS: list[Kernel] = []
add = partial(record, KERNELS)


def gemm(alpha, beta, C, A, B):
    """C = alpha A B + beta C"""
    C *= beta
    C += alpha * (A @ B)


add(
    gemm,
    lambda n, m, k: (1.5, 1.2, *draws((n, m), (n, k), (k, m))),
    small=(3, 4, 5),
    large=(400, 420, 380),
    writes="C",
    float32=True,
)


def two_mm(alpha, beta, A, B, C, D, product):
    """D = alpha A B C + beta D, with the first product in a work array."""
    product[:] = alpha * A @ B
    D[:] = product @ C + beta * D


add(
    two_mm,
    lambda n, m: (1.5, 1.2, *draws((n, m), (m, n), (n, m), (n, m), (n, n))),
    small=(3, 4),
    large=(300, 320),
    writes="D",
)


def three_mm(A, B, C, D):
    """(A B)(C D), each product into memory that was made for it."""
    E = np.empty((A.shape[0], B.shape[1]), dtype=A.dtype)
    F = np.empty((C.shape[0], D.shape[1]), dtype=A.dtype)
    np.matmul(A, B, out=E)
    np.matmul(C, D, out=F)
    return E @ F


add(
    three_mm,
    lambda n, m, k: tuple(draws((n, m), (m, k), (k, n), (n, m))),
    small=(3, 4, 5),
    large=(240, 250, 260),
)


def atax(A, x, y):
    """y = transpose(A) A x, row by row."""
    y[:] = 0.0
    for row in A:
        y += row * (row @ x)


add(atax, lambda m, n: tuple(draws((m, n), (n,), (n,))), small=(4, 3), large=(900, 1000), writes="y")


def bicg(A, s, q, p, r):
    """s = transpose(A) r and q = A p, both in one pass over the rows."""
    s.fill(0.0)
    for i in range(A.shape[0]):
        s += r[i] * A[i]
        q[i] = A[i] @ p


add(
    bicg,
    lambda n, m: tuple(draws((n, m), (m,), (n,), (m,), (n,))),
    small=(4, 3),
    large=(900, 1000),
    writes="s, q",
)


def mvt(x1, x2, y1, y2, A):
    """x1 += A y1 and x2 += transpose(A) y2"""
    x1 += A @ y1
    x2 += y2 @ A


add(mvt, lambda n: tuple(draws((n,), (n,), (n,), (n,), (n, n))), small=(4,), large=(2000,), writes="x1, x2")


def gemver(alpha, beta, A, u1, v1, u2, v2, w, x, y, z):
    """Two updates of rank one, and two products with the updated matrix."""
    A += np.outer(u1, v1) + np.outer(u2, v2)
    x += beta * A.T @ y
    x += z
    w += alpha * A @ x


add(
    gemver,
    lambda n: (1.5, 1.2, *draws((n, n), *[(n,)] * 8)),
    small=(4,),
    large=(1200,),
    writes="A, w, x",
)


def gesummv(alpha, beta, A, B, x):
    """alpha A x + beta B x, summed entry by entry."""
    y = np.zeros_like(x)
    for i in range(len(x)):
        y[i] += alpha * (A[i] @ x)
        y[i] += beta * (B[i] @ x)
    return y


add(gesummv, lambda n: (1.5, 1.2, *draws((n, n), (n, n), (n,))), small=(4,), large=(1000,))


def symm(alpha, beta, C, A, B):
    """C = alpha A B + beta C, where A is symmetric and only its lower triangle is read."""
    m, n = C.shape
    above = np.empty(n, dtype=C.dtype)
    for i in range(m):
        for j in range(n):
            C[:i, j] += alpha * B[i, j] * A[i, :i]
            above[j] = B[:i, j] @ A[i, :i]
        C[i] = beta * C[i] + alpha * (B[i] * A[i, i] + above)


add(
    symm,
    lambda m, n: (1.5, 1.2, *draws((m, n), (m, m), (m, n))),
    small=(4, 3),
    large=(60, 60),
    writes="C",
)


def syrk(alpha, beta, C, A):
    """The lower triangle of alpha A transpose(A) + beta C."""
    for i in range(len(C)):
        C[i, : i + 1] *= beta
        for k in range(A.shape[1]):
            C[i, : i + 1] += alpha * A[i, k] * A[: i + 1, k]


add(syrk, lambda n, m: (1.5, 1.2, *draws((n, n), (n, m))), small=(4, 3), large=(80, 80), writes="C")


def syr2k(alpha, beta, C, A, B):
    """The lower triangle of alpha (A transpose(B) + B transpose(A)) + beta C, through views of its rows."""
    for i in range(len(C)):
        row = C[i, : i + 1]
        row *= beta
        for k in range(A.shape[1]):
            row += alpha * A[: i + 1, k] * B[i, k] + alpha * B[: i + 1, k] * A[i, k]


add(syr2k, lambda n, m: (1.5, 1.2, *draws((n, n), (n, m), (n, m))), small=(4, 3), large=(60, 60), writes="C")


def trmm(alpha, A, B):
    """B = alpha transpose(A) B in place, for A lower triangular with ones on its diagonal."""
    m, n = B.shape
    for i in range(m):
        for j in range(n):
            B[i, j] += A[i + 1 :, i] @ B[i + 1 :, j]
    B *= alpha


add(trmm, lambda m, n: (1.5, *draws((m, m), (m, n))), small=(4, 3), large=(80, 80), writes="B")


def doitgen(A, C4):
    """Each row A[r, q] becomes its product with C4; one work array serves all rows."""
    nr, nq, np_ = A.shape
    total = np.empty(np_, dtype=A.dtype)
    for r in range(nr):
        for q in range(nq):
            for p in range(np_):
                total[p] = A[r, q] @ C4[:, p]
            A[r, q, :] = total


add(doitgen, lambda r, q, p: tuple(draws((r, q, p), (p, p))), small=(2, 3, 4), large=(10, 12, 40), writes="A")


def kronecker(A, B):
    """The Kronecker product, block by block into a preallocated matrix."""
    (m, n), (p, q) = A.shape, B.shape
    out = np.empty((m * p, n * q), dtype=A.dtype)
    for i in range(m):
        for j in range(n):
            np.multiply(A[i, j], B, out=out[i * p : (i + 1) * p, j * q : (j + 1) * q])
    return out


add(kronecker, lambda m, n: tuple(draws((m, n), (n, m))), small=(2, 3), large=(40, 42))
