"""Signals, geometry, sparse matrices, paths in graphs and integrals."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import math
from functools import partial

import numpy as np

from tests.kernels.kernel import Kernel, draws, record

KERNELS: list[Kernel] = []
add = partial(record, KERNELS)


def stockham_fft(re, im):
    """The discrete Fourier transform of 2**k numbers, self-sorting, between two pairs of buffers."""
    n = len(re)
    re2, im2 = np.empty_like(re), np.empty_like(im)
    blocks, stride = n // 2, 1
    while blocks >= 1:
        angle = -np.pi * np.arange(blocks) / blocks
        wr, wi = np.cos(angle)[:, None], np.sin(angle)[:, None]
        ar, ai = re.reshape(2, blocks, stride)
        br, bi = im.reshape(2, blocks, stride)
        outr, outi = re2.reshape(blocks, 2, stride), im2.reshape(blocks, 2, stride)
        outr[:, 0] = ar + ai
        outi[:, 0] = br + bi
        outr[:, 1] = (ar - ai) * wr - (br - bi) * wi
        outi[:, 1] = (ar - ai) * wi + (br - bi) * wr
        re, re2 = re2, re
        im, im2 = im2, im
        blocks, stride = blocks // 2, stride * 2
    return np.stack([re, im])


add(
    stockham_fft,
    lambda k: tuple(draws((2**k,), (2**k,))),
    small=(3,),
    large=(14,),
)


def butterflies(re, im):
    """The same transform in place: bit reversal, then butterflies on strided views."""
    n = re.size
    order = np.zeros(n, dtype=int)
    step = n // 2
    size = 1
    while size < n:
        order[size : 2 * size] = order[:size] + step
        size, step = 2 * size, step // 2
    re[:] = re[order]
    im[:] = im[order]
    half = 1
    while half < n:
        for k in range(half):
            wr, wi = math.cos(math.pi * k / half), -math.sin(math.pi * k / half)
            top, bottom = slice(k, n, 2 * half), slice(k + half, n, 2 * half)
            tr = wr * re[bottom] - wi * im[bottom]
            ti = wr * im[bottom] + wi * re[bottom]
            re[bottom] = re[top] - tr
            im[bottom] = im[top] - ti
            re[top] += tr
            im[top] += ti
        half *= 2


add(butterflies, lambda k: tuple(draws((2**k,), (2**k,))), small=(3,), large=(10,), writes="re, im")


def haar_wavelet(x):
    """The Haar transform by lifting, in place, level by level on ever coarser strided views."""
    stride = 1
    while stride < len(x):
        even, odd = x[:: 2 * stride], x[stride :: 2 * stride]
        odd -= even
        even += 0.5 * odd
        stride *= 2


add(haar_wavelet, lambda k: tuple(draws((2**k,))), small=(3,), large=(20,), writes="x")


def biquad(x, b0, b1, b2, a1, a2):
    """A recursive filter of second order over a signal, in place, with two numbers of memory."""
    s1 = s2 = 0.0
    for n in range(len(x)):
        value = x[n]
        x[n] = b0 * value + s1
        s1 = b1 * value - a1 * x[n] + s2
        s2 = b2 * value - a2 * x[n]


add(
    biquad,
    lambda n: (*draws((n,)), 0.3, 0.2, 0.1, -0.5, 0.2),
    small=(6,),
    large=(10000,),
    writes="x",
)


def lms_filter(signal, target, taps, rate):
    """An adaptive filter: the taps follow the error, sample by sample."""
    error = np.zeros(len(signal), dtype=signal.dtype)
    for n in range(len(taps), len(signal)):
        window = signal[n - len(taps) : n][::-1]
        error[n] = target[n] - taps @ window
        taps += rate * error[n] * window
    return error


add(
    lms_filter,
    lambda n, k: (*draws((n,), (n,), (k,)), 0.1),
    small=(7, 3),
    large=(4000, 32),
    writes="taps",
    returns=True,
)


def arc_distance(theta1, phi1, theta2, phi2):
    """Great-circle distances of pairs of points on the unit sphere."""
    h = np.sin((theta2 - theta1) / 2) ** 2
    h += np.cos(theta1) * np.cos(theta2) * np.sin((phi2 - phi1) / 2) ** 2
    np.sqrt(h, out=h)
    return 2 * np.arcsin(h)


add(arc_distance, lambda n: tuple(draws((n,), (n,), (n,), (n,))), small=(5,), large=(100000,))


def polygon_moments(vertices, moments):
    """Area and centre of a polygon, edge by edge."""
    moments[:] = 0.0
    previous = vertices[-1]
    for vertex in vertices:
        cross = previous[0] * vertex[1] - vertex[0] * previous[1]
        moments[0] += 0.5 * cross
        moments[1:] += (previous + vertex) * cross / 6.0
        previous = vertex
    moments[1:] /= moments[0]


add(polygon_moments, lambda n: (*draws((n, 2)), np.zeros(3)), small=(5,), large=(4000,), writes="moments")


def rotate_points(points, angles):
    """Points turned about the three axes in turn, pairs of columns updated together."""
    for axis, angle in enumerate(angles):
        x = points[:, (axis + 1) % 3]
        y = points[:, (axis + 2) % 3]
        c, s = np.cos(angle), np.sin(angle)
        x[:], y[:] = c * x - s * y, s * x + c * y


add(rotate_points, lambda n: tuple(draws((n, 3), (3,))), small=(4,), large=(200000,), writes="points")


def spmv(values, columns, starts, x, y):
    """A sparse matrix in compressed rows times a vector."""
    for i in range(len(y)):
        row = slice(starts[i], starts[i + 1])
        y[i] = values[row] @ x[columns[row]]


def sparse_inputs(n, filled):
    columns = (np.arange(n * filled) * 7 + np.arange(n * filled) // filled) % n
    return draws((n * filled,))[0], columns, np.arange(n + 1) * filled, *draws((n,), (n,))


add(spmv, sparse_inputs, small=(4, 3), large=(4000, 20), writes="y")


def spmv_coordinates(values, rows, columns, x):
    """The same product from coordinates: a gather, then a scatter that meets rows again and again."""
    y = np.zeros(len(x), dtype=x.dtype)
    for k in range(len(values)):
        y[rows[k]] += values[k] * x[columns[k]]
    return y


add(
    spmv_coordinates,
    lambda n, m: (*draws((m,)), np.arange(m) % n, np.arange(m) * 3 % n, *draws((n,))),
    small=(4, 7),
    large=(500, 10000),
)


def contour_integral(A, b, points, radius):
    """The moments of (z - A)^-1 b around a circle, in real and imaginary parts."""
    n = len(b)
    moments = np.zeros((2, n), dtype=A.dtype)
    block = np.zeros((2 * n, 2 * n), dtype=A.dtype)
    rhs = np.zeros(2 * n, dtype=A.dtype)
    rhs[:n] = b
    for k in range(points):
        angle = 2.0 * np.pi * (k + 0.5) / points
        re, im = radius * np.cos(angle), radius * np.sin(angle)
        block[:n, :n] = re * np.eye(n) - A
        block[n:, n:] = block[:n, :n]
        block[:n, n:] = -im * np.eye(n)
        block[n:, :n] = im * np.eye(n)
        solution = np.linalg.solve(block, rhs)
        moments[0] += (re * solution[:n] - im * solution[n:]) / points
        moments[1] += (re * solution[n:] + im * solution[:n]) / points
    return moments


add(
    contour_integral,
    lambda n, points: (*draws((n, n), (n,)), points, 3.0 * np.sqrt(n)),
    small=(3, 4),
    large=(60, 32),
)


def floyd_warshall(path):
    """Shortest paths between all pairs of nodes, in place."""
    n = path.shape[0]
    for k in range(n):
        path[:] = np.minimum(path, path[:, k, None] + path[None, k, :])


add(
    floyd_warshall,
    lambda n: tuple(draws((n, n), low=0.5, high=5.0)),
    small=(5,),
    large=(160,),
    writes="path",
    holomorphic=False,
)


def time_warping(x, y):
    """The soft distance of two series under warping, over a table that is filled cell by cell."""
    n, m = len(x), len(y)
    table = np.full((n + 1, m + 1), 1e3)
    table[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            steps = np.array([table[i - 1, j], table[i, j - 1], table[i - 1, j - 1]])
            least = np.min(steps)
            soft = least - np.log(np.sum(np.exp(least - steps)))
            table[i, j] = (x[i - 1] - y[j - 1]) ** 2 + soft
    return table[n, m]


add(time_warping, lambda n, m: tuple(draws((n,), (m,))), small=(3, 4), large=(40, 40), holomorphic=False)


def forward_algorithm(start, transition, emission, observed):
    """The likelihood of observations under a hidden Markov model, scaled step by step."""
    alpha = start * emission[:, observed[0]]
    logarithm = 0.0
    for symbol in observed[1:]:
        total = alpha.sum()
        logarithm += np.log(total)
        alpha /= total
        alpha[:] = (alpha @ transition) * emission[:, symbol]
    return logarithm + np.log(alpha.sum())


add(
    forward_algorithm,
    lambda states, steps: (
        *draws((states,), (states, states), (states, 3), low=0.2),
        np.arange(steps) * 2 % 3,
    ),
    small=(3, 5),
    large=(50, 1000),
)


def knapsack(weights, values, capacity, temperature):
    """A soft knapsack: one row of the table, overwritten from its end for each item."""
    best = np.zeros(capacity + 1)
    for i in range(len(weights)):
        w = weights[i]
        with_item = best[: capacity + 1 - w] + values[i]
        without = best[w:]
        best[w:] = temperature * np.logaddexp(without / temperature, with_item / temperature)
    return best


add(
    knapsack,
    lambda n, capacity: (1 + np.arange(n) % 3, *draws((n,), low=0.1), capacity, 0.5),
    small=(4, 6),
    large=(100, 1000),
    holomorphic=False,
)


def trapezoid_table(f, table):
    """Romberg's scheme: trapezoidal sums of finer grids, extrapolated column by column."""
    n = table.shape[0]
    count = len(f) - 1
    for i in range(n):
        stride = count >> i
        table[i, 0] = (np.sum(f[::stride]) - 0.5 * (f[0] + f[-1])) * stride / count
        for j in range(1, i + 1):
            table[i, j] = table[i, j - 1] + (table[i, j - 1] - table[i - 1, j - 1]) / (4.0**j - 1.0)


add(
    trapezoid_table,
    lambda k: (*draws((2**k + 1,)), np.zeros((k + 1, k + 1))),
    small=(3,),
    large=(21,),
    writes="table",
)
