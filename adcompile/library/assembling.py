"""Arrays that are put together, and elements that are selected."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

import numpy as np

from ..backend.sequences import unique_counts, unique_inverse, unique_places
from .registry import as_array, defines, defines_method, refused

# -- putting together ----------------------------------------------------------------------------------------


@defines("block")
def block(arrays):
    """np.block"""
    depth = nesting(arrays)
    return joined(arrays, depth, max(depth, most_axes(arrays)))


def nesting(arrays):
    """How deep lists are nested."""
    return 1 + nesting(arrays[0]) if isinstance(arrays, list) else 0


def most_axes(arrays):
    """The largest number of axes of arrays in nested lists."""
    return max([most_axes(a) for a in arrays]) if isinstance(arrays, list) else np.ndim(arrays)


def joined(arrays, level, rank):
    """Nested lists of arrays, joined along the axes that belong to their levels."""
    if isinstance(arrays, list):
        return np.concatenate([joined(a, level - 1, rank) for a in arrays], axis=-level)
    array = as_array(arrays)
    return array[(None,) * (rank - np.ndim(array))] if np.ndim(array) < rank else array


@defines("dstack")
def dstack(tup):
    """np.dstack"""
    return np.concatenate([np.atleast_3d(a) for a in tup], axis=2)


@defines("broadcast_arrays")
def broadcast_arrays(*args):
    """np.broadcast_arrays"""
    shape = np.broadcast_shapes(*[np.shape(a) for a in args])
    return tuple([np.broadcast_to(as_array(a), shape) for a in args])


def mgrid(starts, stops, steps):
    """np.mgrid of integers."""
    axes = [np.arange(a, b, c) for a, b, c in zip(starts, stops, steps, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"))


def ogrid(starts, stops, steps):
    """np.ogrid of integers."""
    found, rank = [], len(starts)
    for k in range(rank):
        axis = np.arange(starts[k], stops[k], steps[k])
        found.append(axis[(*(None,) * k, slice(None), *(None,) * (rank - 1 - k))])
    return tuple(found)


@defines("diagflat")
def diagflat(v, k=0):
    """np.diagflat"""
    return np.diag(np.ravel(v), k)


@defines("resize")
def resize(a, new_shape):
    """np.resize"""
    flat = np.ravel(a)
    places = np.arange(np.prod(new_shape)) % np.size(flat)
    return np.reshape(flat[places], new_shape)


@defines("logspace")
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None):
    """np.logspace"""
    if dtype is not None:
        refused("`np.logspace` with a dtype", "a cast of the result")
    return np.power(base, np.linspace(start, stop, num=num, endpoint=endpoint))


@defines("geomspace")
def geomspace(start, stop, num=50, endpoint=True, dtype=None):
    """np.geomspace"""
    if dtype is not None or np.ndim(start) > 0 or np.ndim(stop) > 0:
        refused("`np.geomspace` of arrays or with a dtype", "numbers to start and stop at")
    sign = np.sign(start)
    low, high = np.log10(start / sign), np.log10(stop / sign)
    found = np.power(10.0, np.linspace(low, high, num=num, endpoint=endpoint))
    if num > 0:
        found[0] = start / sign
        if num > 1 and endpoint:
            found[-1] = stop / sign
    return found * sign


@defines("linspace", given=("retstep",))
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None):
    """np.linspace"""
    found = np.linspace(start, stop, num=num, endpoint=endpoint, dtype=dtype)
    parts = num - 1 if endpoint else num
    return (found, np.true_divide(stop - start, parts)) if retstep else found


@defines("astype")
def astype(x, dtype, /, *, copy=True):
    """np.astype"""
    return as_array(x).astype(dtype, copy=copy)


@defines("divmod")
def quotient_and_rest(x1, x2, /):
    """np.divmod"""
    return np.floor_divide(x1, x2), np.remainder(x1, x2)


@defines("fft.hfft")
def hfft(a, n=None, axis=-1, norm=None):
    """np.fft.hfft"""
    return np.fft.irfft(np.conj(a), n, axis, norm=other_way(norm))


@defines("fft.ihfft")
def ihfft(a, n=None, axis=-1, norm=None):
    """np.fft.ihfft"""
    return np.conj(np.fft.rfft(a, n, axis, norm=other_way(norm)))


def other_way(norm):
    """The normalisation of a transform in the other direction."""
    return "ortho" if norm == "ortho" else "backward" if norm == "forward" else "forward"


# -- selecting -----------------------------------------------------------------------------------------------


@defines("compress")
def compress(condition, a, axis=None):
    """np.compress"""
    return np.take(a, np.flatnonzero(condition), axis=axis)


@defines_method("compress")
def compressed(a, condition, axis=None):
    """array.compress"""
    return np.take(a, np.flatnonzero(condition), axis=axis)


@defines("extract")
def extract(condition, arr):
    """np.extract"""
    return np.take(arr, np.flatnonzero(condition))


@defines("delete")
def delete(arr, obj, axis=None):
    """np.delete"""
    arr = as_array(arr)
    if axis is None:
        arr = np.ravel(arr)
        axis = 0
    axis = axis % np.ndim(arr)
    kept = np.ones(np.shape(arr)[axis], dtype=bool)
    kept[obj] = False
    return np.take(arr, np.flatnonzero(kept), axis=axis)


@defines("insert")
def insert(arr, obj, values, axis=None):
    """np.insert"""
    arr = as_array(arr)
    if axis is None:
        arr = np.ravel(arr)
    elif np.ndim(arr) != 1:
        refused("`np.insert` into an array of several axes", "np.concatenate of the parts")
    if np.ndim(obj) != 0:
        refused("`np.insert` at several places", "np.concatenate of the parts")
    return np.concatenate((arr[:obj], np.ravel(values).astype(arr.dtype), arr[obj:]))


@defines("choose", method="choose")
def choose(a, choices, mode="raise"):
    """np.choose"""
    if mode != "raise":
        refused(f"`np.choose` with mode={mode!r}", "mode='raise'")
    if len(choices) < 2:
        refused("`np.choose` among fewer than two arrays", "np.broadcast_to")
    a = as_array(a)
    if a.dtype == np.float64 or a.dtype == np.float32:
        refused("`np.choose` by floats", "an array of integers")
    if np.any((a < 0) | (a >= len(choices))):
        raise ValueError("invalid entry in choice array")
    found = choices[0]
    for k, choice in enumerate(choices[1:], 1):
        found = np.where(a == k, choice, found)
    return found


@defines("unique")
def unique(
    ar,
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    *,
    equal_nan=True,
    sorted=True,
):
    """np.unique"""
    if axis is not None or not equal_nan:
        refused("`np.unique` along an axis, or of NaNs that differ", "the unique elements of a whole array")
    ar = as_array(ar)
    flat = np.ravel(ar)
    places = unique_places(flat)
    found = [flat[places]]
    if return_index:
        found.append(places)
    if return_inverse:
        found.append(np.reshape(unique_inverse(flat), np.shape(ar)))
    if return_counts:
        found.append(unique_counts(flat))
    return found[0] if len(found) == 1 else tuple(found)


@defines("union1d")
def union1d(ar1, ar2):
    """np.union1d"""
    return unique(np.concatenate((np.ravel(ar1), np.ravel(ar2))))


@defines("tril_indices_from")
def tril_indices_from(arr, k=0):
    """np.tril_indices_from"""
    return np.tril_indices(np.shape(arr)[0], k, np.shape(arr)[1])


@defines("triu_indices_from")
def triu_indices_from(arr, k=0):
    """np.triu_indices_from"""
    return np.triu_indices(np.shape(arr)[0], k, np.shape(arr)[1])


@defines("diag_indices_from")
def diag_indices_from(arr):
    """np.diag_indices_from"""
    return (np.arange(np.shape(arr)[0]),) * np.ndim(arr)


@defines_method("tolist")
def tolist(a):
    """array.tolist"""
    if np.ndim(a) == 0:
        return a.item()
    if np.ndim(a) == 1:
        return [x.item() for x in a]
    if np.ndim(a) > 2:
        refused("`tolist` of an array of more than two axes", "loops over the array itself")
    return [[x.item() for x in row] for row in a]
