"""Functions of NumPy that are differentiated by what they are defined as."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"

from functools import partial

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tests.programs.program import Program, draw, positive, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS, autograd=False)

# -- samples -------------------------------------------------------------------------------------------------


def covariance_matrices(x, y):
    return np.cov(x) @ np.cov(x, rowvar=False, bias=True)[:2, :2], np.cov(y, y * y)[0, 1] * np.cov(y)


add(covariance_matrices, (draw(2, 4), draw(5)), features="np.cov, rowvar, bias")


def correlation_of_series(x, y):
    return np.corrcoef(x, y)[0, 1] * np.corrcoef(np.stack([x, y, x * y]))[2, :2]


add(correlation_of_series, (draw(6), draw(6, seed=1)), features="np.corrcoef")


def covariances_in_a_loop(x):
    total = 0.0
    for k in range(1, 4):
        total = total + np.cov(x**k, np.sin(x))[0, 1] / k
    return total


add(covariances_in_a_loop, (draw(5),), features="np.cov, for")


def weighted_averages(x, w):
    rows = np.average(x, axis=0, weights=w[:3] ** 2)
    return rows * np.average(x, axis=1, weights=w**2 + 0.5)[0] + np.average(x, weights=x**2 + 1.0) * rows


add(weighted_averages, (draw(3, 4), draw(4)), features="np.average, weights")


def area_and_slope(t, y):
    area = np.trapezoid(y, t) + np.trapezoid(y * y, dx=0.5)
    slope = np.gradient(y, t) * np.gradient(y, 0.3, edge_order=2)
    return area, slope, np.gradient(y * y, t, edge_order=2)


add(area_and_slope, (np.cumsum(positive(6)), draw(6)), holomorphic=True, features="np.trapezoid, np.gradient")


def slopes_of_a_field(u):
    down, across = np.gradient(u, 0.5, np.array([0.0, 0.4, 1.0, 1.3]))
    return down * across + np.trapezoid(u, axis=0)


add(slopes_of_a_field, (draw(3, 4),), holomorphic=True, features="np.gradient, np.trapezoid, axis")


def steps_with_ends(x):
    return np.diff(x, prepend=x[-1:]) * np.ediff1d(x, to_end=x[0] ** 2) + np.diff(x, append=[0.5], n=1)


add(steps_with_ends, (draw(5),), holomorphic=True, features="np.diff, prepend, append, np.ediff1d")


def masked_reductions(x):
    inside = x > -0.5
    total = np.sum(x * x, where=inside) + np.mean(x, where=inside) * np.prod(x, where=inside, initial=0.5)
    return (
        total
        + x.sum(initial=x[0, 0])
        + np.max(x, where=x < 0.9, initial=-3.0) * x.min(where=inside, initial=9.0)
    )


add(masked_reductions, (draw(3, 4),), features="np.sum, np.mean, np.prod, np.max, where, initial")


def masked_rows(x):
    a = np.sum(x, axis=0, where=x > 0.0) * np.mean(x, axis=0, where=x > -1.4)
    return a, np.std(x, axis=1, correction=1), np.cumulative_sum(x, axis=1, include_initial=True)


add(masked_rows, (draw(4, 3),), features="np.sum, np.mean, np.std, where, correction, np.cumulative_sum")


def wrapped_phase(x):
    return np.unwrap(5.0 * x) * x


add(wrapped_phase, (draw(6),), features="np.unwrap")


def density(w):
    heights, _ = np.histogram(np.linspace(0.0, 1.0, 6), bins=3, weights=w * w, density=True)
    return heights**2


add(density, (positive(6),), float32=False, features="np.histogram, density")

# -- polynomials and least squares ---------------------------------------------------------------------------


def polynomial(c, x):
    y = np.polyval(c, x) + np.polyval([x[0], 2.0, -1.0], x) * np.polynomial.polynomial.polyval(x, [0.5, 1.0])
    return y + np.vander(x, 3) @ c[:3] + np.polyval(np.polyder(c), x) * np.polyval(np.polyint(c), 0.7)


add(polynomial, (draw(4), draw(5)), holomorphic=True, features="np.polyval, np.polyder, np.vander")


def fitted_curve(t, y):
    line = np.polyfit(t, y, 2)
    return np.polyval(line, 0.3) * line


add(fitted_curve, (np.cumsum(positive(6)), draw(6)), float32=False, features="np.polyfit")


def fitted_plane(a, b):
    x, residuals, rank, s = np.linalg.lstsq(a, b, rcond=None)
    return x * s[0] + np.sum(residuals) * rank


add(fitted_plane, (draw(5, 3), draw(5)), float32=False, features="np.linalg.lstsq")


def least_norm(a, b):
    return np.linalg.lstsq(a, b, rcond=None)[0]


add(
    least_norm,
    (draw(2, 4), draw(2)),
    (draw(5, 2), draw(5, 3)),
    float32=False,
    features="np.linalg.lstsq, several right-hand sides",
)


def norms_of_matrices(a):
    spectral = np.linalg.norm(a, 2) + np.linalg.norm(a, "nuc") * np.linalg.norm(a, -2)
    return spectral * np.linalg.norm(a, 1) + np.linalg.norm(a, np.inf) * np.linalg.matrix_norm(a)


add(norms_of_matrices, (draw(3, 4),), features="np.linalg.norm, ord")


def condition(a):
    return np.linalg.cond(a) + np.linalg.cond(a, 1) * np.linalg.vector_norm(a[0], ord=3)


add(condition, (draw(3, 3) + 3.0 * np.eye(3),), features="np.linalg.cond, np.linalg.vector_norm")


def products_by_name(a, x):
    y = np.linalg.multi_dot([a, a.T, a]) @ x + np.linalg.outer(x, x)[0, 0] * np.linalg.vecdot(a, x)
    return y + np.linalg.trace(a[:, :3]) * np.linalg.diagonal(a)


add(products_by_name, (draw(3, 4), draw(4)), features="np.linalg.multi_dot, np.linalg.trace")


def upper_triangle(a):
    values, vectors = np.linalg.eigh(a, UPLO="U")
    return values**2 * np.abs(vectors[0])


add(upper_triangle, (draw(3, 3),), features="np.linalg.eigh, UPLO")

# -- putting together and selecting --------------------------------------------------------------------------


def blocks(a, x):
    whole = np.block([[a, x[:, None]], [x * 2.0, np.ones((1, 1))]])
    return whole @ np.block([x, 0.5 * x[0]])


add(blocks, (draw(3, 3), draw(3)), holomorphic=True, features="np.block")


def assembled(x, a):
    left, right = np.broadcast_arrays(a, x)
    deep = np.dstack((left * right, a)) * np.resize(x, (1, 2))
    return np.sum(deep, axis=2) @ np.diagflat(x) + np.linspace(x[0], x[1], 3, retstep=True)[1]


add(assembled, (draw(3), draw(2, 3)), holomorphic=True, features="np.broadcast_arrays, np.dstack, np.resize")


def spaced_by_ratio(a, b):
    return np.geomspace(a, b, 5) * np.logspace(a, b, 5, base=2.0)


add(spaced_by_ratio, (0.4, 2.1), holomorphic=False, features="np.geomspace, np.logspace")


def without_some(x):
    a = np.delete(x, 1) * np.insert(np.delete(x, [0, 2]), 1, x[0] * x[1])
    return a, np.compress(x > 0, x * x), np.extract(x < 0.5, np.sin(x)), x.compress([True, False, True])


add(without_some, (draw(6),), features="np.delete, np.insert, np.compress, np.extract")


def chosen_by_number(x, y):
    return np.choose([0, 1, 1, 0], [x * y, np.sin(x)]) * np.choose(np.array([1, 0, 1, 0]), (x, 2.0))


add(chosen_by_number, (draw(4), draw(4, seed=1)), features="np.choose")


def different(x):
    values, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    return np.sum(values**2 * counts) + values[inverse] * x + np.unique(np.union1d(x, x * x))[0]


add(different, (draw(5),), features="np.unique, np.union1d")


def triangle(a):
    b = np.zeros_like(a)
    b[np.triu_indices_from(b, 1)] = a[np.tril_indices_from(a, -1)]
    return b * a[np.diag_indices_from(a)]


add(triangle, (draw(3, 3),), features="np.triu_indices_from, np.tril_indices_from, np.diag_indices_from")


def moving(x, k):
    windows = sliding_window_view(x, 3)
    return windows @ k + np.max(windows, axis=-1)


add(moving, (draw(7), draw(3)), features="sliding_window_view")


def moving_over_an_image(u, k):
    return np.einsum("ijkl,kl->ij", sliding_window_view(u, (2, 2)), k) ** 2


add(
    moving_over_an_image, (draw(4, 5), draw(2, 2)), holomorphic=True, features="sliding_window_view, two axes"
)


def windows_see_writes(x):
    y = x * 1.0
    windows = sliding_window_view(y, 2)
    total = 0.0
    for i in range(3):
        y[i] = y[i] * y[i + 1]
        total = total + np.sum(windows[i] ** 2)
    return total + windows * 0.5


add(windows_see_writes, (draw(5),), holomorphic=True, features="sliding_window_view, writes")


def listed(x):
    return (
        sum(a * b for a, b in zip(x.tolist(), [0.5, 2.0, -1.0], strict=True))
        + (x[:, None] * x).tolist()[1][2]
    )


add(listed, (draw(3),), holomorphic=True, float32=False, features="tolist")


def partitioned(x):
    y = x * 2.0
    y.partition(2)
    return y[2] ** 2 + y[:2].sum()


add(partitioned, (draw(6),), features="array.partition")

# -- functions of functions ----------------------------------------------------------------------------------


def normalised(row, weight=1.0):
    return weight * row / np.sqrt(np.sum(row * row) + 1.0)


def along_an_axis(x):
    a = np.apply_along_axis(normalised, 0, x) * np.apply_along_axis(normalised, 1, x, x[0, 0])
    return a, np.apply_along_axis(np.max, 0, x) * np.apply_along_axis(np.sum, 1, x)[0]


add(along_an_axis, (draw(3, 4),), features="np.apply_along_axis")


def by_pieces(x):
    a = np.piecewise(x, [x < -0.5, x > 0.5], [lambda t: t * t, np.sin, 2.0])
    return a * np.piecewise(x, [x < 0.0], [normalised])


add(by_pieces, (draw(3, 4),), (draw(5),), features="np.piecewise")


def larger_product(a, b):
    return a * b if a > b else a + b


def one_by_one(x, y):
    return np.vectorize(larger_product)(x, y) * each_square(x)


@np.vectorize
def each_square(v):
    return v * v + 1.0


add(one_by_one, (draw(3, 4), draw(4)), float32=False, features="np.vectorize")


def by_indices(a):
    grid = np.fromfunction(lambda i, j: np.sin(i * a) + j, (2, 3))
    return grid * np.fromiter((a * k for k in range(3)), dtype=float)


add(by_indices, (0.7,), holomorphic=False, features="np.fromfunction, np.fromiter")


def folded(x):
    a = np.logaddexp.reduce(x) + np.logaddexp.reduce(x * x, axis=1)[0]
    return a + np.hypot.reduce(x, axis=1, keepdims=True) * np.divide.accumulate(x + 3.0, axis=1)


add(folded, (draw(3, 4),), features="np.logaddexp.reduce, np.divide.accumulate")


def written_to_out(x):
    y = np.zeros(3)
    np.compress([True, True, True, False], x * x, out=y)
    return y * 2.0


add(written_to_out, (draw(4),), float32=False, features="np.compress, out")
