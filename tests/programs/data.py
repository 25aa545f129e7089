"""Sequences and samples: interpolation, convolution, order statistics, histograms, what leaves NaNs out."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"

from functools import partial

import numpy as np

from tests.programs.program import Program, draw, positive, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS, autograd=False)


def interpolated(x, fp):
    knots = np.linspace(-2.0, 2.0, 5)
    inside = np.interp(x, knots, fp)
    return inside * x + np.interp(2.0 * x, knots, fp * fp, left=0.5, right=fp[0])


add(interpolated, (draw(6), draw(5)), (0.3, draw(5)), features="np.interp, left, right")


def warped(times, readings):
    grid = np.cumsum(np.exp(times))
    return np.interp(np.array([0.9, 1.3, 4.0, 100.0]), grid, readings) ** 2


add(warped, (draw(6), draw(6, seed=1)), features="np.interp, knots that move")


def filtered_by_convolution(x, k):
    full = np.convolve(x, k)
    same = np.convolve(x, k * k, mode="same")
    return np.sum(full**2) + same @ x + np.convolve(x, k, "valid") * 0.5


add(
    filtered_by_convolution,
    (draw(7), draw(3)),
    (draw(7), draw(4)),
    holomorphic=True,
    features="np.convolve, full, same, valid",
)


def correlated(x, k):
    return np.correlate(x, k) * np.sum(np.correlate(k, x, "full") ** 2), np.correlate(x, k, mode="same")


add(correlated, (draw(6), draw(3)), (draw(6), draw(4)), features="np.correlate, full, same, valid")


def high_water(x):
    level = np.maximum.accumulate(x)
    return np.sum((level - x) ** 2) + np.minimum.accumulate(x * x)[-1]


add(high_water, (draw(7),), features="np.maximum.accumulate, np.minimum.accumulate")


def high_water_rows(x):
    return np.maximum.accumulate(x, axis=1) * np.minimum.accumulate(x, axis=0)


add(high_water_rows, (draw(3, 4),), features="np.maximum.accumulate, axis")


def sums_of_segments(x):
    starts = np.array([0, 2, 3])
    return np.add.reduceat(x * x, starts) * np.add.reduceat(np.sin(x), [3, 1, 4])


add(sums_of_segments, (draw(6),), features="np.add.reduceat")


def weighted_counts(w):
    bins = np.array([0, 2, 2, 1, 4, 0])
    return np.bincount(bins, weights=w * w, minlength=6) * np.bincount(bins, minlength=6)


add(weighted_counts, (draw(6),), float32=False, features="np.bincount, weights, minlength")


def table_lookup(x, slopes):
    edges = np.array([-1.0, 0.0, 0.8])
    return slopes[np.digitize(x, edges)] * x + slopes[np.searchsorted(edges, x, side="right")]


add(table_lookup, (draw(6), draw(4, seed=1)), features="np.digitize, np.searchsorted, side")


def smallest_three(x):
    chosen = x[np.argpartition(x, 3)[:3]]
    ordered = x[np.lexsort((x, x > 0))]
    return np.sum(np.exp(chosen)) + ordered[0] * ordered[-1] + x[np.argwhere(x > 0)[:, 0]].sum()


add(smallest_three, (draw(7),), features="np.argpartition, np.lexsort, np.argwhere")


def robust_scale(x):
    center = np.median(x)
    spread = np.median(np.abs(x - center))
    return (x - center) / (spread + 1.0)


add(robust_scale, (draw(7),), (draw(6),), features="np.median")


def quartiles(x):
    low, high = np.percentile(x, [25, 75])
    return (high - low) * np.quantile(x, 0.9) + np.percentile(x, 30)


add(quartiles, (draw(7),), (draw(5),), features="np.percentile, np.quantile")


def quantiles_along_axes(x):
    a = np.median(x, axis=0) * np.quantile(x, 0.3, axis=0)
    b = np.percentile(x, [10.0, 60.0], axis=1, keepdims=True)
    return a, b, np.median(x, axis=(0, 1), keepdims=True) * x


add(quantiles_along_axes, (draw(3, 4),), features="np.median, np.percentile, axis, keepdims")


def with_gaps(x):
    y = np.where(x < -0.6, np.nan, x)
    return np.nanmean(y) * np.nanstd(y) + np.nanvar(y, ddof=1) + np.nanmax(y) * np.nanmin(y) + np.nansum(y)


add(with_gaps, (draw(8),), (draw(3, 4),), features="np.nanmean, np.nanstd, np.nanvar, np.nanmax, np.nansum")


def gaps_along_axes(x):
    y = np.where(x > 0.9, np.nan, x)
    a = np.nanmean(y, axis=0) + np.nanmax(y, axis=0) * np.nanstd(y, axis=0)
    return a, np.nanvar(y, axis=1, keepdims=True) * np.nanmin(y, axis=1, keepdims=True)


add(gaps_along_axes, (draw(4, 3),), features="np.nanmean, np.nanmax, axis, keepdims")


def running_with_gaps(x):
    y = np.where(x < 0.0, np.nan, x)
    return np.nancumsum(y) * np.nancumprod(y) + np.nanprod(y) + np.nanmedian(y) * np.nanpercentile(y, 40)


add(
    running_with_gaps,
    (draw(7),),
    (positive(3),),
    features="np.nancumsum, np.nancumprod, np.nanprod, np.nanmedian",
)


def best_reading(x):
    y = np.where(x > 1.0, np.nan, x)
    return y[np.nanargmax(y)] * y[np.nanargmin(y)]


add(best_reading, (draw(7),), features="np.nanargmax, np.nanargmin")
