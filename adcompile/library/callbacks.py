"""Functions of NumPy that call a function which they are given."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

import numpy as np

from .registry import as_array, defines, is_surely_float, refused


@defines("apply_along_axis")
def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    """np.apply_along_axis"""
    arr = as_array(arr)
    axis = axis % np.ndim(arr)
    moved = np.moveaxis(arr, axis, -1)
    around = np.shape(moved)[:-1]
    rows = np.reshape(moved, (-1, np.shape(moved)[-1]))
    found = np.stack([as_array(func1d(row, *args, **kwargs)) for row in rows])
    if np.ndim(found) == 1:
        return np.reshape(found, around)
    if np.ndim(found) > 2:
        refused("`np.apply_along_axis` of a function that gives matrices", "a loop over the rows")
    return np.moveaxis(np.reshape(found, (*around, -1)), -1, axis)


@defines("piecewise")
def piecewise(x, condlist, funclist, *args, **kw):
    """np.piecewise"""
    x = as_array(x)
    if np.ndim(x) == 0:
        refused("`np.piecewise` of a number", "`if`, or np.where")
    conditions = condlist if isinstance(condlist, (list, tuple)) else [condlist]
    conditions = [as_array(c) for c in conditions]
    if len(funclist) == len(conditions) + 1:
        rest = ~np.any(np.stack(conditions), axis=0)
        conditions = [*conditions, rest]
    y = np.zeros_like(x)
    for condition, function in zip(conditions, funclist, strict=True):
        if callable(function):
            selected = x[condition]
            if np.size(selected) > 0:
                y[condition] = function(selected, *args, **kw)
        else:
            y[condition] = function
    return y


@defines("fromfunction")
def fromfunction(function, shape, *, dtype=float, **kwargs):
    """np.fromfunction"""
    grids = np.meshgrid(*[np.arange(n, dtype=dtype) for n in shape], indexing="ij")
    return function(*grids, **kwargs)


@defines("fromiter")
def fromiter(iter, dtype, count=-1):
    """np.fromiter"""
    found = np.array(list(iter), dtype=dtype)
    if count != -1:
        found = found[:count]
    return found


def vectorized(function, *args):
    """A call of np.vectorize(function)."""
    return each(function, args, False)


def vectorized_to_floats(function, *args):
    """A call of np.vectorize(function, otypes=[float])."""
    return each(function, args, True)


def each(function, args, to_floats):
    """A function of the elements of arrays; without a dtype, the first value decides about it."""
    arrays = np.broadcast_arrays(*args)
    if np.ndim(arrays[0]) == 0:
        found = [function(*[a.item() for a in arrays])]
    else:
        flat = [np.ravel(a) for a in arrays]
        found = [function(*[a[k].item() for a in flat]) for k in range(np.size(flat[0]))]
    if not to_floats and not is_surely_float(found[0]):
        refused("`np.vectorize` of a function that may give integers first", "`otypes=[float]`")
    return np.reshape(np.array(found, dtype=np.float64), np.shape(arrays[0]))


def reduced(function, array, axis=0, dtype=None, *, keepdims=False):
    """The method `reduce` of a function of two operands."""
    if dtype is not None:
        refused("`reduce` with a dtype", "a cast of the array")
    array = as_array(array)
    if axis is None:
        if keepdims or np.ndim(array) != 1:
            refused("`reduce` over all axes", "np.ravel before it")
        axis = 0
    rows = np.moveaxis(array, axis, 0)
    if np.shape(rows)[0] == 0:
        raise ValueError("a reduction of no elements is not differentiated")
    found = rows[0]
    for k in range(1, np.shape(rows)[0]):
        found = function(found, rows[k])
    return np.expand_dims(found, axis) if keepdims else found


def accumulated(function, array, axis=0, dtype=None):
    """The method `accumulate` of a function of two operands."""
    if dtype is not None:
        refused("`accumulate` with a dtype", "a cast of the array")
    rows = np.moveaxis(as_array(array), axis, 0)
    found = np.empty_like(rows)
    if np.shape(rows)[0] > 0:
        found[0] = rows[0]
    for k in range(1, np.shape(rows)[0]):
        found[k] = function(found[k - 1], rows[k])
    return np.moveaxis(found, 0, axis)
