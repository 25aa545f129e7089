"""Functions that move, join, repeat or create array elements, as functions, methods and attributes."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"

from functools import partial

import numpy as np

from tests.programs.program import Program, draw, positive, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)


def reshapes(x):
    a = np.reshape(x, (3, 2)) * 2.0
    b = x.reshape(3, -1) * a
    c = x.reshape((6,)) * b.ravel()
    return np.ravel(c) * c.flatten() * np.reshape(a, -1) + x.reshape(-1)


add(reshapes, (draw(2, 3),), (draw(6),), (draw(1, 6),), holomorphic=True, features="reshape, ravel, flatten")


def transposes(x):
    a = x.T * 2.0
    b = np.transpose(x) * a
    c = x.transpose(1, 0) * b
    return c * np.transpose(x, (1, 0)) + x.transpose((1, 0)) * x.transpose()


add(transposes, (draw(2, 3),), holomorphic=True, autograd=False, features=".T, transpose")


def transposes_of_rank_three(x):
    a = np.transpose(x, (2, 0, 1)) * np.transpose(x, axes=(-1, -3, -2))
    b = np.swapaxes(x, 0, 2) * x.swapaxes(-1, 0)
    c = np.moveaxis(x, 0, -1) + np.moveaxis(x, [0, 1], [1, 2])[0, 0, 0]
    return a, b, c


add(transposes_of_rank_three, (draw(2, 3, 4),), holomorphic=True, features="swapaxes, moveaxis")


def rolled_axes(x):
    return np.rollaxis(x, 2) * np.rollaxis(x, 2, 0)


add(rolled_axes, (draw(2, 3, 4),), holomorphic=True, features="np.rollaxis")


def added_axes(x):
    a = np.expand_dims(x, 0) * np.expand_dims(x, -1)
    b = np.expand_dims(x, (0, 2)) * a
    return np.squeeze(b) * np.squeeze(b, axis=0) + b.squeeze(0)


add(added_axes, (draw(3),), holomorphic=True, features="expand_dims, squeeze")


def squeezed(x):
    return np.squeeze(x) * 2.0 + np.squeeze(x, axis=(0, 2)) * x.squeeze()


add(squeezed, (draw(1, 3, 1),), holomorphic=True, features="squeeze")


def broadcasts(x):
    a = np.broadcast_to(x, (2, 3)) * np.array([[1.0], [2.0]])
    return a * np.broadcast_to(np.sum(x), (2, 1)) + np.broadcast_to(x[:1], (3,))


add(broadcasts, (draw(3),), holomorphic=True, autograd=False, features="np.broadcast_to")


def concatenates(x, y):
    a = np.concatenate((x, y, x * y))
    b = np.concatenate([x, 2.0 * x], axis=0)
    return a[:4] * b[:4] + np.sum(a)


add(concatenates, (draw(2), draw(2, seed=1)), holomorphic=True, features="np.concatenate")


def concatenates_axes(x, y):
    a = np.concatenate([x, y], axis=1)
    b = np.concatenate([x.T, y.T, np.ones((1, 2))], axis=-2)
    c = np.concatenate([x, y], axis=None)
    return a @ b[:4] * c[0] + c[-1]


add(
    concatenates_axes,
    (draw(2, 1), draw(2, 3)),
    holomorphic=True,
    autograd=False,
    features="np.concatenate, axis",
)


def concatenates_constants(x):
    return np.concatenate([np.zeros(2), x, [1.0]]) * np.concatenate([x, np.arange(3.0)])


add(concatenates_constants, (draw(3),), holomorphic=True, features="np.concatenate, inactive part")


def stacks(x, y):
    a = np.stack([x, y, x * y]) * np.stack((x, y, y), axis=-1).T
    b = np.stack([x, y], axis=1)
    return np.sum(a, axis=0) * b[:, 0] + b[:, 1]


add(stacks, (draw(3), draw(3, seed=1)), holomorphic=True, features="np.stack")


def stacks_scalars(x, y):
    v = np.stack([x, y, x * y, 1.0])
    w = np.array([x, y * y, 2.0, x - y])
    return v * w + np.hstack([x, y, x, y])


add(stacks_scalars, (0.7, 1.9), holomorphic=True, features="np.stack, np.array of scalars")


def horizontal_and_vertical(x, y):
    a = np.hstack([x, y]) * 2.0
    b = np.vstack([x, y]) * np.vstack((y, x))
    return a, b, np.column_stack([x, y]) * np.array([1.0, 2.0])


add(
    horizontal_and_vertical,
    (draw(3), draw(3, seed=1)),
    holomorphic=True,
    features="np.hstack, np.vstack, np.column_stack",
)


def matrices_side_by_side(x, y):
    return np.hstack([x, y, x]) @ np.vstack([x.T, y.T, x.T]) + np.vstack((x, y.reshape(-1, 1)))[:2]


add(matrices_side_by_side, (draw(2, 1), draw(2, 2)), holomorphic=True, features="np.hstack, np.vstack")


def array_from_nested_lists(x, y):
    rotation = np.array([[np.cos(x), -np.sin(x)], [np.sin(x), np.cos(x)]])
    return rotation @ np.array([y, 1.0]) + np.array((x, y))


add(array_from_nested_lists, (0.7, 1.9), holomorphic=True, features="np.array of lists")


def array_from_rows(x):
    rows = [x * 2.0, x**2, np.sin(x)]
    return np.array(rows) @ np.asarray(x) + np.array([r[0] for r in rows])


add(array_from_rows, (draw(3),), holomorphic=True, autograd=False, features="np.array of arrays, np.asarray")


def copies(x):
    a = x.copy() * np.copy(x)
    b = np.array(x) + np.asarray(x, dtype=float) * np.array(a, copy=True)
    return a * b * np.ascontiguousarray(x)


add(copies, (draw(3),), autograd=False, features="copy, np.array, np.asarray")


def tiles(x):
    a = np.tile(x, 2) * 3.0
    b = np.tile(x, (2, 2)) * a[:4]
    return b[1] * np.tile(x, 2)


add(tiles, (draw(2),), holomorphic=True, features="np.tile")


def tiles_matrix(x):
    return np.tile(x, (1, 2)) * np.tile(x, 2) + np.tile(x, (2, 1, 2))


add(tiles_matrix, (draw(2, 3),), holomorphic=True, autograd=False, features="np.tile")


def repeats(x):
    a = np.repeat(x, 2)
    b = np.repeat(x, [1, 2, 3])
    return a * b + x.repeat(2)


add(repeats, (draw(3),), holomorphic=True, autograd=False, features="np.repeat")


def repeats_axes(x):
    return (
        np.repeat(x, 2, axis=0) * 2.0,
        np.repeat(x, 3, axis=-1) ** 2,
        np.repeat(x, np.array([2, 0, 1]), axis=1),
    )


add(repeats_axes, (draw(2, 3),), holomorphic=True, autograd=False, features="np.repeat, axis")


def flips(x):
    a = np.flip(x) * x
    b = np.flip(x, axis=0) * np.flip(x, 1)
    return a + b * np.fliplr(x) - np.flipud(x) + np.flip(x, axis=(0, 1)) ** 2


add(flips, (draw(2, 3),), holomorphic=True, autograd=False, features="np.flip")


def rolls(x):
    a = np.roll(x, 1) * x
    b = np.roll(x, -2, axis=0) * np.roll(x, 1, axis=1)
    return a + b * np.roll(x, (1, 2), axis=(0, 1))


add(rolls, (draw(3, 2),), holomorphic=True, autograd=False, features="np.roll")


def laplacian_by_rolls(u):
    return np.roll(u, 1) - 2.0 * u + np.roll(u, -1) + u**3


add(laplacian_by_rolls, (draw(5),), holomorphic=True, features="np.roll, model")


def diagonals(x):
    v = np.diag(x)
    m = np.diag(v * v)
    return m @ x + np.diag(v, k=0) * np.diagonal(x)


add(diagonals, (draw(3, 3),), holomorphic=True, autograd=False, features="np.diag, np.diagonal")


def off_diagonals(x):
    up = np.diag(x, 1)
    down = np.diag(x, k=-1)
    return np.diag(up, 1) @ np.diag(down, -1) + np.diag(up * down, k=1)


add(off_diagonals, (draw(3, 3),), holomorphic=True, features="np.diag, k")


def traces(x):
    return np.trace(x @ x) * np.trace(x, 1) + x.trace() * np.trace(x, offset=-1) + x.diagonal()[0]


add(traces, (draw(3, 3),), holomorphic=True, autograd=False, features="np.trace")


def triangles(x):
    a = np.triu(x) @ np.tril(x)
    return a * np.triu(x, 1) + np.tril(x, k=-1) * a + np.tril(x, 1)


add(triangles, (draw(3, 3),), (draw(2, 3)[:, :2],), holomorphic=True, features="np.triu, np.tril")


def creations(x):
    n = x.shape[0]
    a = np.zeros(n) + np.ones(n) * x + np.full(n, 2.5) * x
    b = np.zeros_like(x) + np.ones_like(x) * x + np.full_like(x, 1.5) * a
    c = np.eye(n) @ x + np.identity(n) @ b
    return c * np.arange(n) + np.linspace(0.0, 1.0, n) * x + np.empty((0, n)).sum(axis=0)


add(
    creations,
    (draw(3),),
    holomorphic=True,
    features="zeros, ones, full, eye, arange, linspace, *_like, empty",
)


def creation_types(x):
    n = len(x)
    mask = np.zeros(n, dtype=bool) | (np.arange(n) % 2 == 0)
    scale = np.ones((n,), dtype=x.dtype) * np.arange(1, 2 * n, 2, dtype=float)
    ramp = np.arange(0.5, n, 1.0) + np.linspace(-1.0, 1.0, num=n, endpoint=False)
    return x * mask * scale + ramp * x + np.empty_like(x).size * x + np.eye(n, k=1, dtype=float) @ x


add(creation_types, (draw(4),), holomorphic=True, features="dtype, creation, empty_like")


def full_of_active(x):
    a = np.full((2, 2), x) * np.array([[1.0, 2.0], [3.0, 4.0]])
    return np.sum(a * np.full_like(a, x * x)) + np.full(3, fill_value=x)[0]


add(full_of_active, (0.7,), autograd=False, holomorphic=True, features="np.full, active fill")


def linspace_of_active(x, y):
    grid = np.linspace(x, y, 5)
    return np.sum(np.sin(grid)) + np.linspace(0.0, x, 3)[1] * y


add(linspace_of_active, (0.3, 1.8), holomorphic=True, features="np.linspace, active ends")


def linspace_between_arrays(x, y):
    grid = np.linspace(x, y, 4)
    return np.sum(grid * grid, axis=0) + np.linspace(0.0, x, 3, endpoint=False)[1] * y


add(
    linspace_between_arrays,
    (draw(3), draw(3, seed=1)),
    (draw(2, 1), draw(3, seed=1)),
    (draw(3), 0.7),
    holomorphic=True,
    autograd=False,
    features="np.linspace, active array ends",
)


def shape_attributes(x):
    rows, columns = x.shape
    flat = x.reshape(rows * columns)
    return (
        flat * x.size
        + x.ndim * flat[::-1]
        + flat * len(x)
        + np.shape(x)[1] * flat[0]
        + np.ndim(x)
        + np.size(x)
    )


add(shape_attributes, (draw(2, 3),), holomorphic=True, features="shape, size, ndim, len")


def real_part_and_dtype(x):
    if x.dtype == np.float64:
        return x * 2.0
    return x * 3.0


add(real_part_and_dtype, (draw(2),), autograd=False, float32=False, features="dtype test")


def split_parts(x):
    a, b, c = np.split(x, 3)
    first, rest = np.split(x, [2])
    return a * b - c * first + rest[:2]


add(split_parts, (draw(6),), holomorphic=True, features="np.split")


def atleast(x):
    return np.atleast_1d(x) * 2.0 + np.atleast_2d(x) * x


add(atleast, (0.7,), (draw(3),), holomorphic=True, features="np.atleast_1d, np.atleast_2d")


def differences(x):
    return np.diff(x) * x[1:] + np.append(x, x[0])[1:-1]


add(differences, (draw(5),), holomorphic=True, features="np.diff, np.append")


def padded(x):
    return np.pad(x, 1) * np.pad(x, (1, 1), mode="constant")


add(padded, (draw(3),), holomorphic=True, autograd=False, features="np.pad")


def differences_of_padded(x, n):
    y = np.pad(x * x, ((1, 2), (0, n)), mode="edge")
    return np.diff(y, n=n, axis=0) * y[n:] + np.diff(np.diff(y, axis=0)[-1] * x[0, 0])[0]


add(
    differences_of_padded,
    (draw(2, 3), 1),
    (draw(2, 3), 2),
    holomorphic=True,
    autograd=False,
    features="np.pad, copied borders, np.diff",
)


def grids(x, y):
    gx, gy = np.meshgrid(x, y)
    return gx * gy + gx**2


add(grids, (draw(3), draw(2)), holomorphic=True, autograd=False, features="np.meshgrid")


def image_columns(image, kernel):
    size = kernel.shape[0]
    height, width = image.shape[0] - size + 1, image.shape[1] - size + 1
    rows = [np.sum(image[i : i + size, j : j + size] * kernel) for i in range(height) for j in range(width)]
    return np.array(rows).reshape(height, width)


add(image_columns, (draw(4, 5), draw(2, 2)), holomorphic=True, features="comprehension, np.array, model")


def attribute_chain(x):
    return x.T.reshape(-1).sum() * x.T.T.mean(axis=0).max() + (x @ x.T).T.trace()


add(attribute_chain, (positive(2, 3),), holomorphic=True, features="methods, .T")


def concatenation_in_many_steps(x):
    for weight in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0) * 4:
        x = np.concatenate([x[:1], weight * x[1:-1], x[-1:]]) + np.concatenate([x[1:2], x[1:]])
    return np.mean(x)


add(concatenation_in_many_steps, (draw(5),), holomorphic=True, features="lengths of lengths")


def shape_as_a_tuple(x, y):
    for length in np.shape(y):
        x = x * length
    column = np.reshape(x, x.shape + (1,)) * np.reshape(y, (1,) + np.shape(y)[:0] + (1,))  # noqa: RUF005
    return np.reshape(column, x.shape[:1] + np.shape(y)) + len(np.shape(y))


add(
    shape_as_a_tuple,
    (draw(3), 0.7),
    (draw(2), np.float64(0.3)),
    holomorphic=True,
    features="shape of a number",
)


def split_unevenly(x, parts):
    a, b = np.array_split(x, parts)
    top, bottom = np.vsplit(np.outer(x, x), [2])
    left, right = np.hsplit(top, [1])
    return np.sum(a) * b + np.sum(bottom * bottom) + np.sum(left * right) * np.hsplit(x, 5)[1]


add(split_unevenly, (draw(5), 2), holomorphic=True, autograd=False, features="np.array_split, np.vsplit")


def differences(x, **options):
    slope = np.gradient(x, 0.5)
    return np.diff(slope, **options) * np.diff(x * x, **options) + np.ndim(x)


def differences_of_order(x, n):
    return differences(x, n=n) + np.sum(np.repeat(x, 0)) + np.rollaxis(np.outer(x, x), n - 1)[0, 1]


add(differences_of_order, (draw(6), 2), holomorphic=True, autograd=False, features="order as argument")


def contracted(x, y):
    matrix = np.outer(x, y)
    full = np.tensordot(matrix, matrix * x[0], np.ndim(matrix))
    return full * np.einsum(matrix, [0, 1], y, [1], [0]) + np.einsum(x, [3], matrix, [3, ...], [...])[0]


add(contracted, (draw(3), draw(4)), holomorphic=True, autograd=False, features="einsum with lists of axes")


def chosen(x, y):
    parted = np.partition(x * y, 2)
    return np.select([x > 0.5, x > 0.0], [x * y, y**2], 0.5) * parted + np.atleast_3d(x)[0, :, 0]


add(chosen, (draw(5), draw(5, seed=1)), autograd=False, features="np.select, np.partition, np.atleast_3d")
