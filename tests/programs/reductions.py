"""Reductions and cumulations, with axis, keepdims, negative and tuple axes, as functions and as methods."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"

from functools import partial

import numpy as np

from tests.programs.program import Program, draw, positive, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)


def sum_all(x):
    return np.sum(x * x) + x.sum() * 2.0


add(sum_all, (draw(4),), (draw(2, 3),), (0.7 * np.ones((1, 1)),), holomorphic=True, features="np.sum")


def sum_axes(x):
    a = np.sum(x, axis=0).T @ np.sum(x * x, axis=(1, 2))
    b = np.sum(x, axis=-1, keepdims=True) * x
    c = np.sum(b, axis=(0, -1), keepdims=True) * x.sum(axis=1, keepdims=True)
    return a, b, c


add(sum_axes, (draw(3, 3, 2),), holomorphic=True, features="np.sum, axis, keepdims, tuple axis")


def sum_positional_axis(x):
    return np.sum(x, 0) * np.sum(x * x, 1)[0] + x.sum(-1)[0] + np.sum(x, (0, 1))


add(sum_positional_axis, (draw(3, 2),), holomorphic=True, features="np.sum, positional axis")


def sum_empty_axis(x):
    return np.sum(x, axis=()) * x + np.sum(x, axis=None)


add(sum_empty_axis, (draw(3, 2),), holomorphic=True, features="np.sum, axis=(), axis=None")


def sum_with_dtype(x):
    return np.sum(x * x, dtype=np.float64) * 2.0 + x.sum(dtype=float)


add(
    sum_with_dtype,
    (draw(4).astype(np.float32),),
    float32=False,
    features="np.sum, dtype",
)


def mean_axes(x):
    a = np.mean(x) * x.mean(axis=0)
    b = np.mean(x * x, axis=-1, keepdims=True) / (2.0 + x.mean(axis=(0, 1), keepdims=True))
    return a, b


add(mean_axes, (draw(3, 2),), holomorphic=True, features="np.mean, axis, keepdims")


def product(x):
    return np.prod(x) + x.prod() * np.prod(x * x)


add(product, (draw(4, seed=1),), (draw(2, 2, seed=1),), holomorphic=True, features="np.prod")


def product_axes(x):
    return np.prod(x, axis=0) * np.prod(x, axis=-1, keepdims=True) + x.prod(axis=(0, 1))


add(product_axes, (draw(2, 3, seed=1),), holomorphic=True, features="np.prod, axis, tuple axis")


def product_with_one_zero(x):
    return np.prod(x) + np.prod(x, axis=0)[0]


add(
    product_with_one_zero,
    (np.array([[1.5, -0.5], [0.0, 2.0]]),),
    (np.array([[0.0, -0.5], [0.0, 2.0]]),),
    holomorphic=True,
    autograd=False,
    features="np.prod, zero factor",
)


def largest(x):
    return np.max(x) * np.min(x) + x.max() ** 2 - x.min() + np.amax(x) * np.amin(x * 2.0)


add(largest, (draw(5, seed=2),), (draw(2, 3, seed=2),), holomorphic=True, features="np.max, np.min")


def largest_axes(x):
    a = np.max(x, axis=0) * np.min(x, axis=-1, keepdims=True)
    return a + x.max(axis=(0, 1)) * x - x.min(axis=1, keepdims=True)


add(
    largest_axes,
    (draw(3, 4, seed=3),),
    holomorphic=True,
    features="np.max, np.min, axis, keepdims, tuple axis",
)


def largest_with_floor(x):
    return np.max(x, initial=0.25) * x.sum()


add(
    largest_with_floor,
    (np.array([0.5, 0.1]),),
    (np.array([0.1, -0.1]),),
    autograd=False,
    holomorphic=True,
    features="np.max, initial",
)


def spread(x):
    return np.var(x) * np.std(x) + x.var() / x.std()


add(spread, (draw(5, seed=4),), (draw(2, 3, seed=4),), features="np.var, np.std")


def spread_axes(x):
    a = np.var(x, axis=0, keepdims=True) * np.std(x, axis=-1, keepdims=True)
    return a + x.var(axis=(0, 1), ddof=1) * x.std(axis=1, ddof=1, keepdims=True)


add(spread_axes, (draw(3, 4, seed=4),), features="np.var, np.std, ddof, axis")


def cumulative(x):
    return np.cumsum(x) * np.sum(x) + x.cumsum() ** 2


add(cumulative, (draw(5),), holomorphic=True, features="np.cumsum")


def cumulative_axes(x):
    a = np.cumsum(x, axis=0) * np.cumsum(x, axis=-1)
    return a + np.cumsum(x * x)[2] * x.cumsum(1)


add(cumulative_axes, (draw(3, 2),), holomorphic=True, features="np.cumsum, axis")


def logsumexp(x):
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top)))


add(
    logsumexp,
    (draw(5, seed=6),),
    (draw(5, seed=6) * 500.0,),
    holomorphic=True,
    features="np.max, np.exp, model",
)


def softmax_rows(x):
    shifted = x - np.max(x, axis=-1, keepdims=True)
    weights = np.exp(shifted)
    return weights / np.sum(weights, axis=-1, keepdims=True)


add(softmax_rows, (draw(3, 4, seed=7),), holomorphic=True, features="np.max, keepdims, model")


def log_softmax_loss(x, labels):
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.mean(log_p[np.arange(len(labels)), labels])


add(
    log_softmax_loss,
    (draw(4, 3, seed=8), np.array([0, 2, 1, 2])),
    argnums=(0,),
    holomorphic=True,
    features="integer array index, np.arange, len, model",
)


def standardize(x):
    return (x - np.mean(x, axis=0)) / np.std(x, axis=0)


add(standardize, (draw(4, 3, seed=9),), features="np.mean, np.std, model")


def layer_norm(x, gain, bias):
    centered = x - x.mean(axis=-1, keepdims=True)
    variance = (centered**2).mean(axis=-1, keepdims=True)
    return gain * centered / np.sqrt(variance + 1e-5) + bias


add(layer_norm, (draw(2, 4, seed=9), positive(4), draw(4)), holomorphic=True, features="keepdims, model")


def argmax_selects(x):
    best = np.argmax(x)
    worst = int(x.argmin())
    order = np.argsort(x)
    return x[best] ** 2 * x[worst] + np.sum(x[order] * np.arange(1.0, len(x) + 1.0))


add(argmax_selects, (draw(5, seed=10),), holomorphic=True, features="np.argmax, np.argsort, index")


def norm_of_rows(x):
    return np.linalg.norm(x, axis=1) * np.sum(x, axis=1) + np.linalg.norm(x)


add(norm_of_rows, (draw(3, 2, seed=11),), features="np.linalg.norm, axis")


def norm_orders(x):
    a = np.linalg.norm(x, ord=1, axis=0) * np.linalg.norm(x, 2, axis=0, keepdims=True)
    b = np.linalg.norm(x, np.inf, axis=-1) + np.linalg.norm(x, "fro") + np.linalg.norm(x, ord=3, axis=1)
    return a, b


add(norm_orders, (draw(2, 2, seed=12),), autograd=False, features="np.linalg.norm, ord, keepdims")


def norm_of_vector(x):
    return np.linalg.norm(x) + np.linalg.norm(x, 1) + np.linalg.norm(x, np.inf) * np.linalg.norm(x, ord=2)


add(norm_of_vector, (draw(4, seed=13),), autograd=False, features="np.linalg.norm, ord")


def count_based(x):
    n = np.count_nonzero(x > 0.0)
    return np.sum(x) / max(n, 1) + x.size * x[0]


add(count_based, (draw(5, seed=14),), holomorphic=True, features="np.count_nonzero, size")


def mean_of_mask(x):
    return np.mean(x > 0.0) * np.sum(x) + (x > 0.5).sum() * x[0]


add(mean_of_mask, (draw(5, seed=14),), holomorphic=True, features="mean of bool array")


def reduce_size_one_axes(x):
    return np.sum(x, axis=0) + np.mean(x, axis=1, keepdims=True) * np.max(x, axis=0) + np.prod(x, axis=1)


add(
    reduce_size_one_axes,
    (draw(1, 1),),
    (draw(1, 3),),
    (draw(3, 1),),
    holomorphic=True,
    features="size-1 axes",
)


def all_any_branch(x):
    if np.all(x > 0.0):
        return np.sum(np.log(x))
    return np.sum(x * x)


add(all_any_branch, (positive(3),), (draw(3),), holomorphic=True, features="np.all, branch")


def means_of_means(table, row):
    for _ in range(2):
        pairs = np.stack([np.array([table[1, 0], 3, table[1, -1]]), np.array([1.5, row[-1], table[1, -1]])])
        mean = np.mean(pairs, axis=1, keepdims=True)
        scaled = mean * np.array([row[-1], table[1, -1], 1.5])
        table = 0.5 * np.cos(np.mean(scaled, axis=1, keepdims=True) * row)
    return np.sum(table * table)


add(means_of_means, (draw(2, 3), draw(3)), holomorphic=True, features="np.mean(keepdims) of a product, loop")
