"""Covariances, averages, integrals and slopes of samples."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

import numpy as np

from ..backend.sequences import masked_sum
from .registry import as_array, defines, refused


def in_double(x):
    """An array of samples in double precision."""
    x = as_array(x)
    return x.astype(np.float64) if x.dtype != np.float64 and x.dtype != np.complex128 else x


def covariances(m, y, rowvar, bias, ddof):
    """The covariances of all pairs of variables, as a matrix."""
    x = np.atleast_2d(in_double(m))
    if not rowvar and np.ndim(m) != 1:
        x = x.T
    if y is not None:
        more = np.atleast_2d(in_double(y))
        if not rowvar and np.ndim(y) != 1:
            more = more.T
        x = np.concatenate((x, more), axis=0)
    if ddof is None:
        ddof = 0 if bias else 1
    freedom = max(np.shape(x)[1] - ddof, 0)
    x = x - np.mean(x, axis=1)[:, None]
    return np.dot(x, np.conj(x.T)) * np.true_divide(1, freedom)


@defines("cov")
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    """np.cov"""
    if fweights is not None or aweights is not None or dtype is not None:
        refused("`np.cov` with weights or a dtype", "deviations from np.average, and a product of them")
    if np.ndim(m) > 2:
        raise ValueError("m has more than 2 dimensions")
    return np.squeeze(covariances(m, y, rowvar, bias, ddof))


@defines("corrcoef")
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    """np.corrcoef"""
    if dtype is not None:
        refused("`np.corrcoef` with a dtype", "no dtype")
    if np.ndim(x) > 2:
        raise ValueError("m has more than 2 dimensions")
    c = np.squeeze(covariances(x, y, rowvar, False, None))
    if c.dtype == np.complex128:
        refused("`np.corrcoef` of complex numbers", "np.cov")
    if np.ndim(c) == 0:
        return c / c
    deviations = np.sqrt(np.diag(c))
    c = c / deviations[:, None]
    c = c / deviations[None, :]
    return np.clip(c, -1, 1)


@defines("average")
def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    """np.average"""
    if returned:
        refused("`np.average` with `returned`", "the average and the sum of the weights")
    if weights is None:
        return np.mean(a, axis=axis, keepdims=keepdims)
    a, weights = as_array(a), as_array(weights)
    if np.ndim(weights) != np.ndim(a):
        if np.ndim(weights) != 1 or not isinstance(axis, int):
            refused("`np.average` with weights for some of the axes", "one weight for each element")
        weights = np.reshape(weights, [-1 if k == axis % np.ndim(a) else 1 for k in range(np.ndim(a))])
    total = np.sum(np.multiply(a, weights), axis=axis, keepdims=keepdims)
    return total / np.sum(weights, axis=axis, keepdims=keepdims)


@defines("trapz")
@defines("trapezoid")
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """np.trapezoid"""
    y = as_array(y)
    axis = axis % np.ndim(y)
    before = (slice(None),) * axis
    if x is None:
        step = dx
    elif np.ndim(x) == 1:
        step = np.diff(x)
        if axis < np.ndim(y) - 1:
            step = np.reshape(step, [-1 if k == axis else 1 for k in range(np.ndim(y))])
    else:
        step = np.diff(x, axis=axis)
    middles = y[(*before, slice(1, None))] + y[(*before, slice(None, -1))]
    return np.sum(step * middles / 2.0, axis=axis)


def slope(f, step, axis, edge_order):
    """The slope of f along an axis, for a distance or the distances between points."""
    before = (slice(None),) * axis
    first, second = f[(*before, 0)], f[(*before, 1)]
    last, last_but_one = f[(*before, -1)], f[(*before, -2)]
    left, right = f[(*before, slice(None, -2))], f[(*before, slice(2, None))]
    if np.ndim(step) == 0:
        inside = (right - left) / (2.0 * step)
        start, end = step, step
    else:
        along = step[(slice(None), *(None,) * (np.ndim(f) - 1 - axis))]
        a, b = along[:-1], along[1:]
        center = f[(*before, slice(1, -1))]
        inside = -b / (a * (a + b)) * left + (b - a) / (a * b) * center + a / (b * (a + b)) * right
        start, end = step[0], step[-1]
    if edge_order == 1:
        start, end = (second - first) / start, (last - last_but_one) / end
    elif np.ndim(step) == 0:
        start = -1.5 / step * first + 2.0 / step * second + -0.5 / step * f[(*before, 2)]
        end = 0.5 / step * f[(*before, -3)] + -2.0 / step * last_but_one + 1.5 / step * last
    else:
        start = parabola(step[0], step[1], first, second, f[(*before, 2)])
        end = parabola_behind(step[-2], step[-1], f[(*before, -3)], last_but_one, last)
    return np.concatenate([np.expand_dims(start, axis), inside, np.expand_dims(end, axis)], axis=axis)


def parabola(a, b, first, second, third):
    """The slope of a parabola through three points at the first one, by the distances between them."""
    weights = -(2.0 * a + b) / (a * (a + b)), (a + b) / (a * b), -a / (b * (a + b))
    return weights[0] * first + weights[1] * second + weights[2] * third


def parabola_behind(a, b, first, second, third):
    """The slope of a parabola through three points at the last one."""
    weights = b / (a * (a + b)), -(b + a) / (a * b), (2.0 * b + a) / (b * (a + b))
    return weights[0] * first + weights[1] * second + weights[2] * third


@defines("gradient")
def gradient(f, *varargs, axis=None, edge_order=1):
    """np.gradient"""
    f = as_array(f)
    rank = np.ndim(f)
    axes = tuple(range(rank)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(varargs) not in (0, 1, len(axes)):
        raise TypeError("invalid number of arguments")
    if len(varargs) == 1 and len(axes) > 1 and np.ndim(varargs[0]) != 0:
        raise TypeError("invalid number of arguments")
    found = []
    for n, k in enumerate(axes):
        given = varargs[n if len(varargs) > 1 else 0] if len(varargs) > 0 else 1.0
        if np.shape(f)[k] < edge_order + 1:
            raise ValueError(
                "Shape of array too small to calculate a numerical gradient, "
                "at least (edge_order + 1) elements are required."
            )
        part = slope(f, given if np.ndim(given) == 0 else np.diff(given), k % rank, edge_order)
        found.append(part.astype(f.dtype) if f.dtype == np.float32 else part)
    return found[0] if len(axes) == 1 else tuple(found)


@defines("ediff1d")
def ediff1d(ary, to_end=None, to_begin=None):
    """np.ediff1d"""
    found = np.diff(np.ravel(ary))
    if to_begin is not None:
        found = np.concatenate((np.ravel(to_begin), found))
    return found if to_end is None else np.concatenate((found, np.ravel(to_end)))


@defines("cumulative_sum")
def cumulative_sum(x, /, *, axis=None, dtype=None, include_initial=False):
    """np.cumulative_sum"""
    return cumulated(np.cumsum, x, axis, dtype, 0 if include_initial else None)


@defines("cumulative_prod")
def cumulative_prod(x, /, *, axis=None, dtype=None, include_initial=False):
    """np.cumulative_prod"""
    return cumulated(np.cumprod, x, axis, dtype, 1 if include_initial else None)


@defines("diff", given=("prepend", "append"))
def diff(a, n=1, axis=-1, prepend=None, append=None):
    """np.diff"""
    a = as_array(a)
    axis = axis % np.ndim(a)
    parts = []
    for part in (prepend, a, append):
        if part is not None:
            part = as_array(part)
            if np.ndim(part) == 0:
                shape = [1 if k == axis else length for k, length in enumerate(np.shape(a))]
                part = np.broadcast_to(part, shape)
            parts.append(part)
    return np.diff(np.concatenate(parts, axis=axis), n=n, axis=axis)


# -- reductions of some elements -----------------------------------------------------------------------------


@defines("sum", method="sum", given=("where", "initial"))
def total(a, axis=None, dtype=None, keepdims=False, initial=0, where=True):
    """np.sum"""
    return masked_sum(a, axis, dtype, keepdims, initial, where)


@defines("prod", method="prod", given=("where", "initial"))
def product(a, axis=None, dtype=None, keepdims=False, initial=1, where=True):
    """np.prod"""
    found = np.prod(np.where(where, a, 1), axis=axis, dtype=dtype, keepdims=keepdims)
    return found * initial


@defines("mean", method="mean", given=("where",))
def mean(a, axis=None, dtype=None, keepdims=False, *, where=True):
    """np.mean"""
    count = np.sum(np.broadcast_to(where, np.shape(a)), axis=axis, keepdims=keepdims)
    found = masked_sum(a, axis, dtype, keepdims, 0, where)
    return (found / count).astype(found.dtype) if found.dtype == np.float32 else found / count


@defines("max", method="max", given=("where",))
def largest(a, axis=None, keepdims=False, initial=None, where=True):
    """np.max"""
    if initial is None:
        refused("`np.max` with `where` and without `initial`", "`initial`, which NumPy asks for")
    return np.max(np.where(where, a, initial), axis=axis, keepdims=keepdims, initial=initial)


@defines("min", method="min", given=("where",))
def smallest(a, axis=None, keepdims=False, initial=None, where=True):
    """np.min"""
    if initial is None:
        refused("`np.min` with `where` and without `initial`", "`initial`, which NumPy asks for")
    return np.min(np.where(where, a, initial), axis=axis, keepdims=keepdims, initial=initial)


@defines("var", given=("correction",))
def var(a, axis=None, dtype=None, *, keepdims=False, correction=0):
    """np.var"""
    return np.var(a, axis=axis, dtype=dtype, ddof=correction, keepdims=keepdims)


@defines("std", given=("correction",))
def std(a, axis=None, dtype=None, *, keepdims=False, correction=0):
    """np.std"""
    return np.std(a, axis=axis, dtype=dtype, ddof=correction, keepdims=keepdims)


def cumulated(function, x, axis, dtype, initial):
    """Running sums or products, with what they begin with in front."""
    x = np.atleast_1d(x)
    if axis is None:
        if np.ndim(x) != 1:
            raise ValueError("For arrays which have more than one dimension ``axis`` argument is required.")
        axis = 0
    found = function(x, axis=axis, dtype=dtype)
    if initial is None:
        return found
    axis = axis % np.ndim(x)
    front = np.full_like(found[(*(slice(None),) * axis, slice(0, 1))], initial)
    return np.concatenate((front, found), axis=axis)
