"""Products of vectors and matrices, norms and least squares."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

import numpy as np

from ..backend.sequences import least_squares, lstsq_of, lstsq_rank, lstsq_values, squared_residuals
from .registry import as_array, defines, refused

# -- products ------------------------------------------------------------------------------------------------


@defines("linalg.outer")
def outer(x1, x2, /):
    """np.linalg.outer"""
    return np.outer(x1, x2)


@defines("linalg.matmul")
def matmul(x1, x2, /):
    """np.linalg.matmul"""
    return np.matmul(x1, x2)


@defines("linalg.tensordot")
def tensordot(x1, x2, /, *, axes=2):
    """np.linalg.tensordot"""
    return np.tensordot(x1, x2, axes=axes)


@defines("linalg.cross")
def cross(x1, x2, /, *, axis=-1):
    """np.linalg.cross"""
    if axis != -1:
        refused("`np.linalg.cross` along another axis than the last one", "np.moveaxis before it")
    return np.cross(x1, x2)


@defines("linalg.vecdot")
@defines("vecdot")
def vecdot(x1, x2, /, *, axis=-1):
    """np.vecdot"""
    if axis != -1:
        refused("`np.vecdot` along another axis than the last one", "np.moveaxis before it")
    x1, x2 = as_array(x1), as_array(x2)
    if np.ndim(x1) == 1 and np.ndim(x2) == 1:
        return np.conj(x1) @ x2
    return (np.conj(x1)[..., None, :] @ x2[..., None])[..., 0, 0]


@defines("matvec")
def matvec(x1, x2, /):
    """np.matvec"""
    x1, x2 = as_array(x1), as_array(x2)
    return x1 @ x2 if np.ndim(x2) == 1 else (x1 @ x2[..., None])[..., 0]


@defines("vecmat")
def vecmat(x1, x2, /):
    """np.vecmat"""
    x1, x2 = as_array(x1), as_array(x2)
    return np.conj(x1) @ x2 if np.ndim(x1) == 1 else (np.conj(x1)[..., None, :] @ x2)[..., 0, :]


@defines("linalg.multi_dot")
def multi_dot(arrays):
    """np.linalg.multi_dot"""
    if len(arrays) == 2:
        return np.dot(arrays[0], arrays[1])
    if len(arrays) != 3:
        refused("`np.linalg.multi_dot` of more than three arrays", "`@` with parentheses")
    a, b, c = arrays
    rows = 1 if np.ndim(a) == 1 else np.shape(a)[0]
    columns = 1 if np.ndim(c) == 1 else np.shape(c)[1]
    first, second = np.shape(b)
    if rows * second * (first + columns) < first * columns * (rows + second):
        return np.dot(np.dot(a, b), c)
    return np.dot(a, np.dot(b, c))


# -- diagonals -----------------------------------------------------------------------------------------------


@defines("linalg.trace")
def trace(x, /, *, offset=0, dtype=None):
    """np.linalg.trace"""
    if dtype is not None:
        refused("`np.linalg.trace` with a dtype", "a cast of the result")
    return np.trace(x, offset, axis1=-2, axis2=-1)


@defines("linalg.diagonal")
def diagonal(x, /, *, offset=0):
    """np.linalg.diagonal"""
    return np.diagonal(x, offset, axis1=-2, axis2=-1)


@defines("linalg.matrix_transpose")
def matrix_transpose(x, /):
    """np.linalg.matrix_transpose"""
    return np.swapaxes(x, -1, -2)


# -- norms ---------------------------------------------------------------------------------------------------


@defines("linalg.vector_norm")
def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    """np.linalg.vector_norm"""
    x = as_array(x)
    if axis is None and not keepdims:
        return np.linalg.norm(np.ravel(x), ord, axis=0)
    if not isinstance(axis, int):
        refused("`np.linalg.vector_norm` over several axes", "np.reshape before it")
    return np.linalg.norm(x, ord, axis=axis, keepdims=keepdims)


@defines("linalg.matrix_norm")
def matrix_norm(x, /, *, keepdims=False, ord="fro"):
    """np.linalg.matrix_norm"""
    return np.linalg.norm(x, ord, axis=(-2, -1), keepdims=keepdims)


@defines("linalg.cond")
def cond(x, p=None):
    """np.linalg.cond"""
    if p is None or p == 2 or p == -2:
        s = np.linalg.svd(x, compute_uv=False)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return np.linalg.norm(x, p, axis=(-2, -1)) * np.linalg.norm(np.linalg.inv(x), p, axis=(-2, -1))


# -- least squares -------------------------------------------------------------------------------------------


@defines("linalg.lstsq")
def lstsq(a, b, rcond=None):
    """np.linalg.lstsq"""
    a, b = as_array(a), as_array(b)
    found = lstsq_of(a, b, rcond)
    residuals = squared_residuals(a, b, found)
    return least_squares(a, b, found), residuals, lstsq_rank(found), lstsq_values(a, found)
