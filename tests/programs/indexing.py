"""Reading array elements: integers, slices, steps, ellipsis, None,
integer arrays and boolean masks."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"

from functools import partial

import numpy as np

from tests.programs.program import Program, draw, positive, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)


def read_integers(x):
    return x[0] * x[-1] + x[2] ** 2 - x[1] * x[0]


add(read_integers, (draw(4),), holomorphic=True, features="integer index")


def read_matrix_entries(x):
    return x[0, 1] * x[1][2] + x[-1, -1] * x[1, 0] + x[0] @ x[1]


add(read_matrix_entries, (draw(2, 3),), holomorphic=True, features="integer index")


def read_slices(x):
    return x[1:] * x[:-1] + x[1:5] - x[-4:] * x[0:4] + x[:4:1] + x[slice(0, 4)]


add(read_slices, (draw(5),), holomorphic=True, features="slices")


def read_steps(x):
    return x[::2] * x[1::2] + x[::-1][:3] * x[4::-2] + x[-1:-4:-1] + x[5:2:-1]


add(read_steps, (draw(6),), holomorphic=True, features="negative steps")


def read_out_of_range_slices(x):
    return np.sum(x[2:100]) + np.sum(x[10:]) + np.sum(x[-100:2] ** 2) + x[3:1].size


add(read_out_of_range_slices, (draw(5),), holomorphic=True, features="slices, empty")


def read_blocks(x):
    return x[1:, :2] @ x[:2, ::2] * x[:2, :2] + x[..., 0][:2] - x[..., 1:2, 2]


add(read_blocks, (draw(3, 3),), holomorphic=True, features="slices, ellipsis")


def read_new_axes(x):
    return x[:, None] * x[None, :] + x[np.newaxis, :, None][0] + x[..., None] - x[None, ...]


add(read_new_axes, (draw(3),), holomorphic=True, features="None index")


def read_mixed(x):
    return x[0, ..., 1:] * x[1, :, None, :-1][:, 0] + x[..., -1, 1:] - x[:, 0, ::2]


add(read_mixed, (draw(2, 2, 3),), holomorphic=True, features="mixed index")


def read_integer_list(x):
    return x[[0, 2, 1]] * x[[1, 1, 1]] + x[[-1, 0, -1]] ** 2


add(read_integer_list, (draw(4),), holomorphic=True, features="integer array index, repeated")


def read_integer_array(x, index):
    return x[index] * np.sin(x[index]) + x[index + 1] - x[index[0]]


add(
    read_integer_array,
    (draw(5), np.array([0, 3, 3, 1])),
    (draw(5), np.array([[0, 3], [3, 1]])),
    (draw(5), np.array([-5, -2])),
    holomorphic=True,
    argnums=(0,),
    features="integer array index, repeated",
)


def read_pairs(x, rows, columns):
    return x[rows, columns] * x[columns, rows] + x[rows][:, 0] - x[:, columns][0]


add(
    read_pairs,
    (draw(3, 3), np.array([0, 1, 1]), np.array([2, 0, 0])),
    holomorphic=True,
    argnums=(0,),
    features="integer array index, repeated",
)


def read_array_and_slice(x, index):
    return x[index, 1:] * x[:2, index][:, :2] + x[1:, index].T[:2, :2] + x[index, None, 0]


add(
    read_array_and_slice,
    (draw(3, 3), np.array([2, 2])),
    holomorphic=True,
    argnums=(0,),
    features="integer array index, mixed index",
)


def read_grid(x):
    return x[np.ix_([0, 2], [1, 1])] * 2.0 + x[np.array([[0], [1]]), np.array([0, 2])]


add(read_grid, (draw(3, 3),), holomorphic=True, features="np.ix_, integer array index")


def read_mask(x):
    return np.sum(x[x > 0.0] ** 2) + np.prod(x[x < -0.2]) * x[~(x > 0.0)].sum()


add(read_mask, (draw(6),), (positive(3),), holomorphic=True, features="boolean mask")


def read_mask_argument(x, mask):
    return x[mask] * 2.0 - x[mask] ** 2


add(
    read_mask_argument,
    (draw(4), np.array([True, False, True, True])),
    (draw(2, 2), np.array([[True, False], [False, True]])),
    (draw(2, 3), np.array([False, True])),
    (draw(3), np.array([False, False, False])),
    holomorphic=True,
    argnums=(0,),
    features="boolean mask, empty",
)


def read_mask_and_column(x, mask):
    return x[mask, 1] * x[mask][:, 0] + x[mask, :2].sum(axis=1)


add(
    read_mask_and_column,
    (draw(4, 3), np.array([True, False, True, True])),
    holomorphic=True,
    argnums=(0,),
    features="boolean mask, mixed index",
)


def read_nonzero(x):
    (where,) = np.nonzero(x > 0.0)
    return np.sum(x[where] ** 3) + np.sum(x[np.where(x < 0.0)]) + np.sum(x[np.flatnonzero(x > 0.5)])


add(read_nonzero, (draw(6),), holomorphic=True, features="np.nonzero, np.where with one argument")


def read_take(x):
    return np.take(x, [0, 2, 2]) * x.take(1) + np.take(x.reshape(2, 2), 1, axis=1)[0]


add(read_take, (draw(4),), autograd=False, holomorphic=True, features="np.take")


def read_along(x):
    order = np.argsort(x, axis=1)
    return np.take_along_axis(x, order, axis=1) * np.arange(1.0, 4.0)


add(read_along, (draw(2, 3),), autograd=False, holomorphic=True, features="np.take_along_axis")


def read_sorted(x):
    return np.sort(x) * np.arange(1.0, 5.0)


add(read_sorted, (draw(4, seed=3),), holomorphic=True, features="np.sort")


def read_with_computed_index(x, n):
    i = n // 2
    j = (n + 1) % len(x)
    return x[i] * x[j] + x[i:j].sum() + x[-n - 1]


add(
    read_with_computed_index,
    (draw(5), 2),
    (draw(5), 3),
    argnums=(0,),
    holomorphic=True,
    features="computed index",
)


def read_index_of_float(x, position):
    i = int(position)
    weight = position - i
    return x[i] * (1.0 - weight) + x[i + 1] * weight


add(
    read_index_of_float,
    (draw(5), 2.3),
    (draw(5), 0.75),
    autograd=False,
    features="int, interpolation",
)


def read_tuple_index(x):
    index = (0, slice(None, 2))
    pair = (slice(1, None), 1)
    return x[index] * x[pair] + x[tuple([0, 0])]


add(read_tuple_index, (draw(3, 3),), holomorphic=True, features="tuple index")


def read_row_then_entry(x):
    total = 0.0
    for i in range(x.shape[0]):
        row = x[i]
        total = total + row[i] * row[-1] + row[i - 1]
    return total


add(read_row_then_entry, (draw(3, 3),), holomorphic=True, features="loop, integer index")


def gather_embedding(table, tokens):
    vectors = table[tokens]
    return np.tanh(vectors.mean(axis=0)) * vectors[-1]


add(
    gather_embedding,
    (draw(5, 3), np.array([1, 4, 1, 0])),
    argnums=(0,),
    holomorphic=True,
    features="integer array index, repeated, model",
)


def look_up_often(image, rows, columns):
    return np.mean(np.sin(image[rows, columns]) * image[rows, columns - 1], axis=1)


add(
    look_up_often,
    (draw(3, 4), np.arange(1200).reshape(2, 600) % 3, np.arange(1200).reshape(2, 600) % 7 % 4),
    argnums=(0,),
    holomorphic=True,
    features="integer array index, repeated",
)


def gather_often(table, tokens):
    return np.mean(table[tokens] ** 2 * table[tokens - 2], axis=0)


add(
    gather_often,
    (draw(3, 2), np.arange(600) % 5 % 3),
    argnums=(0,),
    holomorphic=True,
    features="integer array index, repeated",
)


def moving_average(x, width):
    return np.array([np.mean(x[i : i + width]) for i in range(len(x) - width + 1)]) * x[width - 1 :]


add(
    moving_average,
    (draw(6), 2),
    (draw(6), 6),
    argnums=(0,),
    holomorphic=True,
    features="slices, comprehension",
)


def finite_difference_energy(u, h):
    slope = (u[2:] - u[:-2]) / (2.0 * h)
    return h * np.sum(slope**2) + h * np.sum((1.0 - u[1:-1] ** 2) ** 2)


add(finite_difference_energy, (draw(6), 0.3), holomorphic=True, features="slices, model")


def stencil_two_dimensions(u):
    return u[1:-1, 2:] + u[1:-1, :-2] + u[2:, 1:-1] + u[:-2, 1:-1] - 4.0 * u[1:-1, 1:-1] * u[1:-1, 1:-1]


add(stencil_two_dimensions, (draw(4, 5),), holomorphic=True, features="slices, model")


def index_changed_later(x):
    i = 0
    a = x[i]
    i = i + 2
    b = x[i] * a
    i -= 1
    return a * b + x[i]


add(index_changed_later, (draw(4),), holomorphic=True, features="rebound index")


def read_rank_zero(x):
    return x[()] * 2.0 + x[...] * x[None][0]


add(read_rank_zero, (np.array(0.75),), holomorphic=True, features="rank-0 array, empty index")


def read_in_part_and_whole(x):
    total = x[1] * x[:2] + np.sum(x * x)
    return total * x[[0, 0]] + x[-2:]


add(read_in_part_and_whole, (draw(4, seed=41),), holomorphic=True, features="elements and the whole")


def read_in_part_in_a_branch(x, deep):
    y = np.sin(x)
    first = y[0] * y[0]
    if deep:
        first = first + y[1] * np.sum(y) + y[0]
    return first * y + y[2]


add(
    read_in_part_in_a_branch,
    (draw(3, seed=42), True),
    (draw(3, seed=42), False),
    holomorphic=True,
    features="elements and the whole, if",
)


def read_in_part_around_a_loop(x, n):
    y = np.cos(x)
    before = y[0] * y[1]
    for i in range(n):
        before = before * y[i] + np.sum(y) * y[-1]
    return before * y + y[2] * y[0]


add(
    read_in_part_around_a_loop,
    (draw(3, seed=43), 2),
    (draw(3, seed=43), 0),
    holomorphic=True,
    features="elements and the whole, for",
)


def read_with_new_axes(x, y):
    table = x[:, None, :] * y[None, :, :]
    flat = x[..., None] + y[..., None, :, :][0, ..., None][:3]
    return np.sum(table, axis=(0, 1)) + np.sum(flat) * x[:][None, 0][0]


add(
    read_with_new_axes,
    (draw(3, 2, seed=44), draw(4, 2, seed=45)),
    holomorphic=True,
    features="None, ellipsis, full slices",
)
