"""Helpers that emitted code may call, for sequences and order statistics; each is written out like those of
`runtime`.

In and out: run-time numbers and arrays. Every helper stands alone on NumPy and on helpers of these files.
"""
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import numpy as np

# -- convolutions --------------------------------------------------------------------------------------------


def in_full(c, n, m, start):  # type: ignore[no-untyped-def]
    """A part of the full convolution of n and m elements, with zeros for the rest."""
    full = np.zeros(n + m - 1, np.asarray(c).dtype)
    full[start : start + len(c)] = c
    return full


def convolve_back(c, x, y, mode):  # type: ignore[no-untyped-def]
    """The adjoint of x in np.convolve(x, y, mode)."""
    shorter = min(len(x), len(y)) - 1
    start = {"full": 0, "same": shorter // 2, "valid": shorter}[mode]
    full = in_full(c, len(x), len(y), start)
    return np.correlate(full, np.conj(y), "valid")


def correlate_start(n, m, mode):  # type: ignore[no-untyped-def]
    """Where in the full correlation of n and m elements the one of a mode begins."""
    shorter = min(n, m) - 1
    return {"full": 0, "same": (shorter if n >= m else shorter + 1) // 2, "valid": shorter}[mode]


def correlate_left(c, a, v, mode):  # type: ignore[no-untyped-def]
    """The adjoint of a in np.correlate(a, v, mode)."""
    full = in_full(c, len(a), len(v), correlate_start(len(a), len(v), mode))
    return np.convolve(full, np.conj(v), "valid")


def correlate_right(c, a, v, mode):  # type: ignore[no-untyped-def]
    """The adjoint of v in np.correlate(a, v, mode)."""
    full = in_full(c, len(a), len(v), correlate_start(len(a), len(v), mode))
    return np.conj(np.correlate(full, np.conj(a), "valid")[::-1])


# -- interpolation -------------------------------------------------------------------------------------------


def segments(x, xp):  # type: ignore[no-untyped-def]
    """For each place, the knots to its left and right, how far apart they are, and whether it is between."""
    xp = np.asarray(xp)
    left = np.clip(np.searchsorted(xp, x, "right") - 1, 0, max(len(xp) - 2, 0))
    right = np.minimum(left + 1, len(xp) - 1)
    width = xp[right] - xp[left]
    return left, right, np.where(width == 0, 1, width), (x >= xp[0]) & (x <= xp[-1])


def interp_slope(x, xp, fp):  # type: ignore[no-untyped-def]
    """The slope of np.interp(x, xp, fp) at each place, 0 outside of the knots."""
    left, right, width, inside = segments(x, xp)
    return ((fp[right] - fp[left]) / width) * inside


def interp_spread(c, x, xp):  # type: ignore[no-untyped-def]
    """The adjoint of fp in np.interp(x, xp, fp)."""
    left, right, width, _ = segments(x, xp)
    share = np.clip((x - np.asarray(xp)[left]) / width, 0, 1)
    spread = np.zeros(len(xp), np.result_type(c, share))
    np.add.at(spread, left, c * (1 - share))
    np.add.at(spread, right, c * share)
    return spread


def interp_steps(c, x, xp):  # type: ignore[no-untyped-def]
    """The adjoint of fp in interp_slope(x, xp, fp)."""
    left, right, width, inside = segments(x, xp)
    steps = np.zeros(len(xp), np.result_type(c, width))
    np.add.at(steps, left, -(c * inside) / width)
    np.add.at(steps, right, (c * inside) / width)
    return steps


# -- running extremes and sums of parts ----------------------------------------------------------------------


def running_places(a, z, axis):  # type: ignore[no-untyped-def]
    """For each running extreme z of a, the place of the last element up to there that is it."""
    length = np.shape(a)[axis]
    places = np.reshape(
        np.arange(length), [length if k == axis % np.ndim(a) else 1 for k in range(np.ndim(a))]
    )
    return np.maximum.accumulate(np.where(a == z, places, 0), axis=axis)


def reduceat_back(c, x, indices, axis):  # type: ignore[no-untyped-def]
    """The adjoint of x in np.add.reduceat(x, indices, axis)."""
    x_bar = np.zeros(np.shape(x), np.asarray(c).dtype)
    parts, sums = np.moveaxis(x_bar, axis, 0), np.moveaxis(c, axis, 0)
    ends = [*indices[1:], len(parts)]
    for start, end, part in zip(indices, ends, sums, strict=True):
        if start < end:
            parts[start:end] += part
        else:
            parts[start] += part
    return x_bar


def masked_sum(a, axis, dtype, keepdims, initial, where):  # type: ignore[no-untyped-def]
    """The sum of the elements of a that a mask selects, and of what it begins with."""
    return np.sum(a, axis=axis, dtype=dtype, keepdims=keepdims, initial=initial, where=where)


# -- quantiles -----------------------------------------------------------------------------------------------


def quantile_weights(a, q, axis):  # type: ignore[no-untyped-def]
    """The weight of each element in the quantiles of a, with the axes of q in front; NaNs have none."""
    a, q = np.asarray(a), np.asarray(q)
    axes = tuple(range(a.ndim)) if axis is None else tuple(np.arange(a.ndim)[np.atleast_1d(axis)])
    behind = tuple(range(-len(axes), 0))
    moved = np.moveaxis(a, axes, behind)
    rows = np.reshape(moved, (*moved.shape[: a.ndim - len(axes)], -1))
    order = np.argsort(rows, axis=-1)
    count = np.sum(~np.isnan(rows), axis=-1, keepdims=True)
    kind = np.result_type(a.dtype, np.float16)
    weights = np.zeros((q.size, *rows.shape), kind)
    for part, level in zip(weights, q.ravel(), strict=True):
        at = level * np.maximum(count - 1, 0)
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, np.maximum(count - 1, 0))
        ranked = np.zeros(rows.shape, kind)
        np.put_along_axis(ranked, low, 1 - (at - low), -1)
        np.put_along_axis(ranked, high, np.take_along_axis(ranked, high, -1) + (at - low), -1)
        np.put_along_axis(part, order, ranked, -1)
    weights = np.reshape(weights, (*q.shape, *moved.shape)) * (count > 0).reshape(
        *count.shape[:-1], *(1 for _ in axes)
    )
    return np.moveaxis(weights, behind, tuple(k + q.ndim for k in axes))


# -- elements that differ ------------------------------------------------------------------------------------


def unique_places(a):  # type: ignore[no-untyped-def]
    """Where each of the elements of a stands first, in the order of their size."""
    return np.unique(a, return_index=True)[1]


def unique_inverse(a):  # type: ignore[no-untyped-def]
    """For each element of a, which of the different elements it is."""
    return np.unique(a, return_inverse=True)[1]


def unique_counts(a):  # type: ignore[no-untyped-def]
    """How often each of the different elements of a occurs."""
    return np.unique(a, return_counts=True)[1]


# -- least squares -------------------------------------------------------------------------------------------


def lstsq_of(a, b, rcond):  # type: ignore[no-untyped-def]
    """What np.linalg.lstsq returns."""
    return np.linalg.lstsq(a, b, rcond)


def least_squares(a, b, e):  # type: ignore[no-untyped-def]
    """The solution in what np.linalg.lstsq returned for a and b."""
    return e[0].copy()


def squared_residuals(a, b, e):  # type: ignore[no-untyped-def]
    """The sums of squared residuals in what np.linalg.lstsq returned for a and b."""
    return e[1].copy()


def lstsq_rank(e):  # type: ignore[no-untyped-def]
    """The rank in what np.linalg.lstsq returned."""
    return e[2]


def lstsq_values(a, e):  # type: ignore[no-untyped-def]
    """The singular values in what np.linalg.lstsq returned for a."""
    return e[3].copy()


# -- complex numbers -----------------------------------------------------------------------------------------


def from_parts(x, y):  # type: ignore[no-untyped-def]
    """The complex numbers with real parts x and imaginary parts y."""
    z = np.empty(np.broadcast_shapes(np.shape(x), np.shape(y)), np.result_type(x, y, np.complex64))
    z.real, z.imag = x, y
    return z


# -- windows -------------------------------------------------------------------------------------------------


def windows_back(c, x, window_shape, axis):  # type: ignore[no-untyped-def]
    """The adjoint of x in np.lib.stride_tricks.sliding_window_view(x, window_shape, axis)."""
    x_bar = np.zeros(np.shape(x), np.asarray(c).dtype)
    windows = np.lib.stride_tricks.sliding_window_view(x_bar, window_shape, axis, writeable=True)
    lengths = np.atleast_1d(window_shape)
    for place in np.ndindex(*lengths):
        # the elements at one place of all windows are different elements of x
        windows[(..., *place)] += c[(..., *place)]
    return x_bar


# -- lists ---------------------------------------------------------------------------------------------------


def place_of_new(i, n):  # type: ignore[no-untyped-def]
    """The place from the front at which a list of n items has an item that was inserted at i."""
    return min(i, n) if i >= 0 else max(i + n, 0)


def place_of_old(i, n):  # type: ignore[no-untyped-def]
    """The place from the front of item i of a list of n items."""
    return i if i >= 0 else i + n


def sort_order(keys, reverse):  # type: ignore[no-untyped-def]
    """The places of the items of a list when it is sorted by keys, of which `keys` has the parts."""
    keys = list(zip(*keys, strict=True))
    return sorted(range(len(keys)), key=keys.__getitem__, reverse=reverse)


def inverse_order(order):  # type: ignore[no-untyped-def]
    """The order that undoes an order."""
    return sorted(range(len(order)), key=order.__getitem__)


def reordered(x, order):  # type: ignore[no-untyped-def]
    """The items of a list in another order."""
    return [x[k] for k in order]
