"""Moments, filters of series, and estimates from samples."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from functools import partial

import numpy as np

from tests.kernels.kernel import Kernel, draws, record

KERNELS: list[Kernel] = []
add = partial(record, KERNELS)


def correlation(data, corr):
    """Correlations of the columns; the data are standardised in place on the way."""
    n, m = data.shape
    data -= np.mean(data, axis=0)
    deviation = np.sqrt(np.mean(data * data, axis=0))
    deviation[deviation <= 0.1] = 1.0
    data /= np.sqrt(n) * deviation
    for i in range(m - 1):
        corr[i, i] = 1.0
        corr[i, i + 1 :] = data[:, i] @ data[:, i + 1 :]
        corr[i + 1 :, i] = corr[i, i + 1 :]
    corr[-1, -1] = 1.0


add(
    correlation,
    lambda n, m: tuple(draws((n, m), (m, m))),
    small=(5, 3),
    large=(500, 250),
    writes="corr",
    holomorphic=False,
)


def covariance(data):
    """Covariances of the columns, both triangles filled from one product a column."""
    n, m = data.shape
    data -= data.mean(axis=0)
    cov = np.empty((m, m), dtype=data.dtype)
    for i in range(m):
        cov[i:, i] = cov[i, i:] = data[:, i] @ data[:, i:] / (n - 1.0)
    return cov


add(covariance, lambda n, m: tuple(draws((n, m))), small=(5, 3), large=(500, 300), float32=True)


def welford(x, mean, m2):
    """Running mean and sum of squares of each column, one observation at a time."""
    mean[:] = 0
    m2[:] = 0
    for k, row in enumerate(x, start=1):
        delta = row - mean
        mean += delta / k
        m2 += delta * (row - mean)


add(
    welford,
    lambda n, m: tuple(draws((n, m), (m,), (m,))),
    small=(4, 3),
    large=(1000, 1000),
    writes="mean, m2",
)


def exponential_smoothing(x, alpha, level, trend, beta):
    """Holt's method: level and trend of a series, each from the one before."""
    level[0] = x[0]
    trend[0] = x[1] - x[0]
    for t in range(1, x.size):
        level[t] = alpha * x[t] + (1 - alpha) * (level[t - 1] + trend[t - 1])
        trend[t] = beta * (level[t] - level[t - 1]) + (1 - beta) * trend[t - 1]


add(
    exponential_smoothing,
    lambda n: (*draws((n,)), 0.4, *draws((n,), (n,)), 0.3),
    small=(5,),
    large=(5000,),
    writes="level, trend",
)


def soft_histogram(x, counts, width):
    """Each sample shared between the two bins that it lies between, with repeated bins."""
    position = x / width
    left = np.floor(position.real).astype(int)
    share = position - left
    np.add.at(counts, left, 1.0 - share)
    np.add.at(counts, left + 1, share)


add(
    soft_histogram,
    lambda n, bins: (*draws((n,), low=0.1, high=bins - 1.1), np.zeros(bins + 1), 1.0),
    small=(9, 4),
    large=(600000, 100),
    writes="counts",
)


def kernel_density(samples, points, bandwidth):
    """A Gaussian density estimate at some points, one sample after the other into one array."""
    density = np.zeros_like(points)
    z = np.empty_like(points)
    for s in samples:
        np.subtract(points, s, out=z)
        np.divide(z, bandwidth, out=z)
        np.multiply(z, z, out=z)
        z *= -0.5
        np.exp(z, out=z)
        density += z
    density /= len(samples) * bandwidth * np.sqrt(2.0 * np.pi)
    return density


add(kernel_density, lambda n, m: (*draws((n,), (m,)), 0.7), small=(3, 4), large=(1000, 2000))


def kalman_series(y, q, r, mean, variance):
    """The local level model: filter forwards, then smooth backwards over what the filter wrote."""
    n = len(y)
    mean[0] = y[0]
    variance[0] = r
    for t in range(1, n):
        predicted = variance[t - 1] + q
        gain = predicted / (predicted + r)
        mean[t] = mean[t - 1] + gain * (y[t] - mean[t - 1])
        variance[t] = (1.0 - gain) * predicted
    for t in range(n - 2, -1, -1):
        gain = variance[t] / (variance[t] + q)
        mean[t] += gain * (mean[t + 1] - mean[t])
        variance[t] += gain * gain * (variance[t + 1] - variance[t] - q)


add(
    kalman_series,
    lambda n: (*draws((n,)), 0.3, 0.5, *draws((n,), (n,))),
    small=(5,),
    large=(3000,),
    writes="mean, variance",
)


def weighted_median_loss(residuals, weights):
    """Sorted residuals in place, and the cumulated weights of a quantile loss."""
    residuals.sort()
    total = np.cumsum(weights)
    total /= total[-1]
    return np.sum(residuals * total)


add(
    weighted_median_loss,
    lambda n: (draws((n,))[0], *draws((n,), low=0.5)),
    small=(6,),
    large=(500000,),
    writes="residuals",
    returns=True,
    holomorphic=False,
)


def gram_matrix(x, length):
    """A squared exponential covariance of points on a line, with a little on its diagonal."""
    K = np.subtract.outer(x, x)
    K **= 2
    K /= -2.0 * length**2
    np.exp(K, out=K)
    K[np.diag_indices(len(x))] += 1e-3
    return K


add(
    gram_matrix,
    lambda n: (*draws((n,)), 0.5),
    small=(4,),
    large=(500,),
)
