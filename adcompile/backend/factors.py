"""Helpers that emitted code may call, for factors of matrices; each is written out like those of `runtime`.

In and out: run-time arrays, and the tuples that NumPy's factorisations return. Every helper stands alone on
NumPy and on helpers of these files.
"""
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import numpy as np


def eigensystem(a):  # type: ignore[no-untyped-def]
    """The eigenvalues and eigenvectors of a symmetric matrix."""
    return np.linalg.eigh(a)


def upper_eigensystem(a):  # type: ignore[no-untyped-def]
    """The eigenvalues and eigenvectors of a symmetric matrix of which the upper triangle is read."""
    return np.linalg.eigh(a, "U")


def eigenvalues(a, e):  # type: ignore[no-untyped-def]
    """The eigenvalues in an eigensystem of a."""
    return e[0].copy()


def eigenvectors(a, e):  # type: ignore[no-untyped-def]
    """The eigenvectors in an eigensystem of a."""
    return e[1].copy()


def gaps(w):  # type: ignore[no-untyped-def]
    """1 / (w[j] - w[i]) at i, j, and 0 on the diagonal."""
    differences = w[..., None, :] - w[..., None]
    places = np.arange(np.shape(w)[-1])
    differences[..., places, places] = np.inf
    return 1 / differences


def svd_of(a, full):  # type: ignore[no-untyped-def]
    """The singular value decomposition of a."""
    return np.linalg.svd(a, full_matrices=full)


def thin(e):  # type: ignore[no-untyped-def]
    """A singular value decomposition, if it has as many left as right vectors."""
    if e[0].shape[-1] != e[2].shape[-2]:
        raise ValueError(
            "of a matrix that is not square, np.linalg.svd has a derivative with full_matrices=False only"
        )
    return e


def leading(e):  # type: ignore[no-untyped-def]
    """A singular value decomposition with those vectors that belong to singular values."""
    n = e[1].shape[-1]
    return e[0][..., :n], e[1], e[2][..., :n, :]


def left_vectors(a, e):  # type: ignore[no-untyped-def]
    """The left singular vectors in a decomposition of a."""
    return e[0].copy()


def singular_values(a, e):  # type: ignore[no-untyped-def]
    """The singular values in a decomposition of a."""
    return e[1].copy()


def right_vectors(a, e):  # type: ignore[no-untyped-def]
    """The right singular vectors in a decomposition of a, in rows."""
    return e[2].copy()


def qr_of(a):  # type: ignore[no-untyped-def]
    """The QR factors of a."""
    return np.linalg.qr(a)


def tall(e):  # type: ignore[no-untyped-def]
    """The QR factors of a matrix, if that has at least as many rows as columns."""
    if e[1].shape[-2] != e[1].shape[-1]:
        raise ValueError("of a matrix with more columns than rows, np.linalg.qr has no derivative")
    return e


def q_factor(a, e):  # type: ignore[no-untyped-def]
    """The orthogonal one of the QR factors of a."""
    return e[0].copy()


def r_factor(a, e):  # type: ignore[no-untyped-def]
    """The triangular one of the QR factors of a."""
    return e[1].copy()


def lower_half(x):  # type: ignore[no-untyped-def]
    """The lower triangle of a matrix, with half of its diagonal."""
    return (np.tril(x) + np.tril(x, -1)) / 2


def from_lower(x):  # type: ignore[no-untyped-def]
    """The symmetric matrix with the lower triangle of a matrix."""
    return np.tril(x) + np.swapaxes(np.tril(x, -1), -1, -2)


def symmetric_half(x):  # type: ignore[no-untyped-def]
    """The adjoint of x in from_lower(x): below the diagonal, what is above it is added."""
    return np.tril(x) + np.tril(np.swapaxes(x, -1, -2), -1)


def log_abs_det(a):  # type: ignore[no-untyped-def]
    """The logarithm of the absolute value of the determinant."""
    return np.linalg.slogdet(a)[1]


def sign_of_det(a):  # type: ignore[no-untyped-def]
    """The sign of the determinant."""
    return np.linalg.slogdet(a)[0]
