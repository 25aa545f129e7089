"""Polynomials given by their coefficients, the highest power first."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

import numpy as np

from .registry import as_array, defines, refused


@defines("polyval")
def polyval(p, x):
    """np.polyval"""
    x = as_array(x)
    if x.dtype == np.float32:
        p = as_array(p)
    y = np.zeros_like(x)
    for coefficient in p:
        y = y * x + coefficient
    return y


@defines("polynomial.polynomial.polyval")
def polyval_rising(x, c, tensor=True):
    """np.polynomial.polynomial.polyval, where the lowest power comes first"""
    x, c = as_array(x), as_array(c)
    if np.ndim(c) != 1:
        refused("`polyval` of several polynomials", "one polynomial after the other")
    found = c[-1] + x * 0
    for k in range(2, np.shape(c)[0] + 1):
        found = c[-k] + found * x
    return found


@defines("vander")
def vander(x, N=None, increasing=False):
    """np.vander"""
    x = as_array(x)
    if x.dtype == np.float32:
        x = x.astype(np.float64)
    column = np.ones_like(x)
    columns = []
    for _ in range(len(x) if N is None else N):
        columns.append(column)
        column = column * x
    powers = np.stack(columns, axis=1)
    return powers if increasing else powers[:, ::-1].copy()


@defines("polyfit")
def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    """np.polyfit"""
    if full or w is not None or cov:
        refused("`np.polyfit` with `full`, `w` or `cov`", "np.linalg.lstsq of np.vander(x, deg + 1)")
    x, y = as_array(x) + 0.0, as_array(y) + 0.0
    powers = vander(x, deg + 1)
    scale = np.sqrt(np.sum(powers * powers, axis=0))
    if rcond is None:
        rcond = np.shape(x)[0] * (2.0**-23 if x.dtype == np.float32 else 2.0**-52)
    coefficients = np.linalg.lstsq(powers / scale, y, rcond)[0]
    return (coefficients.T / scale).T


@defines("polyder")
def polyder(p, m=1):
    """np.polyder"""
    p = as_array(p)
    for _ in range(m):
        p = p[:-1] * np.arange(len(p) - 1, 0, -1)
    return p


@defines("polyint")
def polyint(p, m=1, k=None):
    """np.polyint"""
    if k is not None:
        refused("`np.polyint` with constants of integration", "np.append(np.polyint(p)[:-1], k)")
    p = as_array(p)
    for _ in range(m):
        p = np.concatenate((p / np.arange(len(p), 0, -1), np.zeros(1)))
    return p


@defines("polyadd")
def polyadd(a1, a2):
    """np.polyadd"""
    a, b = np.atleast_1d(a1), np.atleast_1d(a2)
    length = max(len(a), len(b))
    return np.pad(a, (length - len(a), 0)) + np.pad(b, (length - len(b), 0))


@defines("polysub")
def polysub(a1, a2):
    """np.polysub"""
    a, b = np.atleast_1d(a1), np.atleast_1d(a2)
    length = max(len(a), len(b))
    return np.pad(a, (length - len(a), 0)) - np.pad(b, (length - len(b), 0))
