"""Arrays that are written: in every spelling, through views, aliases, containers, closures and callees."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"
# ruff: noqa: B007, B905

import contextlib
from functools import partial

import numpy as np

from tests.programs.program import Program, draw, positive, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS, autograd=False)


def write_integers(x, a):
    y = np.zeros(4)
    y[0] = x * x
    y[-1] = np.sin(x) * a[1]
    y[1] = y[0] * y[-1]
    y[0] = a[0] * y[1]
    return y


add(write_integers, (0.7, draw(3)), features="write, integer index, overwritten")


def write_slices(x):
    y = x.copy()
    y[1:4] = x[:3] * y[2:5]
    y[::2] = 2.0
    y[1::2] = np.sin(y[1::2]) * x[0]
    return y * x


add(write_slices, (draw(6),), holomorphic=True, features="write, slices, broadcast")


def write_negative_steps(x):
    y = x * 2.0
    y[::-1] = x * x
    y[4:1:-2] = y[0] * x[:2]
    y[-1:-3:-1] *= x[-2:]
    return y * x[::-1]


add(write_negative_steps, (draw(5),), holomorphic=True, features="write, negative steps")


def write_ellipsis_and_new_axes(x, v):
    y = np.zeros((2, 3, 2))
    y[..., 0] = x
    y[0, ..., 1] = v * v
    y[1, :, None, 1] = x[1][:, None] * v[0]
    y[...] = y * y
    y[None, 0] *= 3.0
    return y


add(write_ellipsis_and_new_axes, (draw(2, 3), draw(3)), features="write, ellipsis, None index")


def write_integer_arrays(x, v, index):
    y = x * x
    y[index] = v
    y[[0, 1]] = y[[1, 0]] * 2.0
    return y * x


add(
    write_integer_arrays,
    (draw(5), draw(4), np.array([0, 3, 3, 1])),
    (draw(5), draw(4), np.array([-1, -1, 4, -1])),
    argnums=(0, 1),
    holomorphic=True,
    features="write, integer array index, repeated",
)


def write_crossed_integer_arrays(x, v):
    y = np.sin(x)
    y[[0, 2, 0], [1, 1, 1]] = v
    y[np.ix_([0, 1], [0, 2])] *= v[0]
    y[1, [0, 0]] = v[1:] * y[0, 0]
    return y


add(
    write_crossed_integer_arrays,
    (draw(3, 3), draw(3)),
    holomorphic=True,
    features="write, several index arrays",
)


def write_masks(x, v):
    y = x * 3.0
    y[x > 0.2] = 0.5
    y[y < 0.0] *= v[0]
    mask = np.array([True, False, True, False, True])
    y[mask] = v
    y[~mask] = x[~mask] ** 2
    return y * x


add(write_masks, (np.array([-0.4, 0.3, 0.9, -1.2, 0.1]), draw(3)), features="write, mask")


def write_masked_update(x):
    y = np.where(x > 0.0, x, 0.5 * x)
    y[y < 0.0] += x[y < 0.0] ** 2
    y[y > 0.5] -= y[y > 0.5].mean()
    return np.sum(y * y)


add(write_masked_update, (np.array([-0.4, 0.3, 0.9, -1.2, 0.7]),), features="write, mask, op=")


def update_names(x, y):
    a = x * y
    b = a
    a += x
    a *= y
    b -= 0.5
    a /= 2.0 + y * y
    b **= 2
    return a + x * b


add(update_names, (draw(3), draw(3)), holomorphic=True, features="op= on a name, alias")


def update_with_matmul(x, m):
    a = m @ m
    a @= m
    b = a.T
    b += x
    return a @ x


add(update_with_matmul, (draw(3), draw(3, 3)), features="op= on a name, @=, view")


def update_items(x, n):
    a = np.ones(4)
    for i in range(n):
        a[i % 4] *= x[i % 3] + 1.0
        a[(i + 1) % 4] -= x[0] * a[i % 4]
        a[i % 2 :] += x[1]
    return a


add(
    update_items,
    (draw(3), 6),
    (draw(3), 1),
    (draw(3), 0),
    argnums=(0,),
    features="op= on an item, loop, zero trips",
)


def update_slice_reads_after_the_right_side(x):
    def bump(a):
        a[0] = a[0] * x[1]
        return x[2]

    y = x.copy()
    y[0:2] *= bump(y)
    return y * x


add(update_slice_reads_after_the_right_side, (draw(3),), features="op= on an item, order of evaluation")


class Field:
    """Two arrays that a step of an integration writes."""

    def __init__(self, u, v):
        self.u = u
        self.v = v

    def step(self, h):
        self.v -= h * np.sin(self.u)
        self.u += h * self.v
        self.u[0] = 0.0


def update_attributes(u, v, h):
    field = Field(u * 1.0, v * 1.0)
    seen = field.u
    for _ in range(3):
        field.step(h)
    return seen * field.v


add(update_attributes, (draw(4), draw(4), 0.3), features="op= on an attribute, object, alias")


def write_broadcast(x, row, s):
    y = np.empty((3, 4))
    y[:] = row
    y[1:] = x[1:, None] * s
    y[:, 2] = s
    y[0, 1:3] = x[:1]
    return y * row


add(write_broadcast, (draw(3), draw(4), 0.6), features="write, broadcast into the target")


def fill_and_copyto(x, s):
    y = np.sin(x)
    z = y * x
    y.fill(s)
    np.copyto(z, y * x, where=x > 0.0)
    np.copyto(y, z)
    y[1:].fill(s * s)
    return y * z


add(fill_and_copyto, (np.array([-0.4, 0.3, 0.9, -1.2]), 0.7), features="fill, copyto, where=")


def put_and_putmask(x, s):
    y = x * x
    np.put(y, [0, 2, 0], [1.5, s, s * s])
    np.putmask(y, y < 0.3, s)
    y.put(1, x[0])
    return y * x


add(put_and_putmask, (np.array([-0.4, 0.3, 0.9, -1.2]), 0.7), features="put, putmask")


def fill_diagonals(x, s):
    a = x @ x.T
    b = x * 1.0
    np.fill_diagonal(a, s)
    np.fill_diagonal(b, x[0, 0] * s)
    return a @ b


add(fill_diagonals, (draw(2, 3), 0.7), holomorphic=True, features="fill_diagonal")


def results_into_buffers(x, y):
    buffer = np.empty(3)
    np.multiply(x, y, out=buffer)
    z = np.exp(buffer, out=buffer)
    np.add(z, x, buffer)
    total = np.empty((2, 3))
    np.sin(buffer, out=total[0])
    np.maximum(x, y, out=total[1])
    np.matmul(total, total.T, out=(square := np.empty((2, 2))))
    return total.T @ square + z[:, None]


add(results_into_buffers, (draw(3), draw(3, seed=1)), features="out=, views as buffers")


def results_where(x):
    y = np.zeros(4)
    np.sqrt(x, out=y, where=x > 0.0)
    np.square(y, y, where=y > 0.6)
    return y


add(results_where, (np.array([-0.4, 0.3, 0.9, 0.5]),), features="out=, where=")


def reductions_into_rows(a):
    r = np.empty((3, 3), dtype=a.dtype)
    np.sum(a, axis=0, out=r[0])
    a.mean(axis=1, out=r[1])
    np.cumsum(r[0], out=r[2])
    return r


add(reductions_into_rows, (draw(3, 3),), features="out=, reductions")


def unbuffered_additions(x, v, index):
    y = x * x
    np.add.at(y, index, v)
    np.subtract.at(y, index[:2], y[index[:2]] * v[0])
    np.add.at(y, 1, v[1])
    return y


add(
    unbuffered_additions,
    (draw(4), draw(3), np.array([0, 2, 0])),
    (draw(4), draw(3), np.array([-1, 1, 1])),
    argnums=(0, 1),
    features="add.at, subtract.at, repeated",
)


def histogram_of_weights(w, bins):
    h = np.zeros((3, 2))
    np.add.at(h, (bins, bins % 2), w)
    return h * h


add(
    histogram_of_weights,
    (draw(5), np.array([0, 2, 0, 0, 1])),
    argnums=(0,),
    features="add.at, several index arrays",
)


def sorted_in_place(x, a):
    y = x * 2.0
    low = y[0:2]
    y.sort()
    b = a.copy()
    b.sort(axis=0)
    b[1].sort()
    return low[1] * y + b


add(sorted_in_place, (draw(3), draw(3, 3)), features="sort, view")


def overlapping_windows(x):
    y = x.copy()
    y[1:] = y[:-1] * x[1:]
    y[:-1] += y[1:]
    y[::-1] -= y * 0.5
    y[2:] = y[1:-1]
    return y


add(overlapping_windows, (draw(5),), holomorphic=True, features="write, overlap")


def views_of_views(x):
    a = np.sin(x)
    rows = a[1:]
    block = rows[:, ::2]
    corner = block.T[0]
    corner[0] = x[0, 0] * 2.0
    block *= 3.0
    a[2, 2] = corner[0] * block[0, 1]
    rows[0][1] = a[1, 0]
    return rows * a[:-1] + corner[:, None]


add(views_of_views, (draw(3, 4),), holomorphic=True, features="views of views")


def transposed_views(x):
    a = x * 1.0
    t = a.T
    t[0] = x[0, 0]
    np.transpose(a)[1, 1:] *= x[1, 0]
    s = np.swapaxes(t, 0, 1)
    s[:, -1] += a[:, 0]
    a.swapaxes(0, 1)[2][0] = t[1, 1] ** 2
    return t @ a


add(transposed_views, (draw(3, 4),), holomorphic=True, features="transpose, swapaxes, views")


def moved_axes(x):
    a = x * x
    m = np.moveaxis(a, 0, -1)
    m[..., 0] = x[1]
    f = np.flip(a, axis=1)
    f[0, 0] = m[1, 0] * 2.0
    e = a[:, None]
    e[1, 0] += m[:, :, 0]
    return m * np.moveaxis(x, 0, -1)


add(moved_axes, (draw(2, 2, 2),), holomorphic=True, features="moveaxis, flip, None, views")


def view_sees_later_writes(x):
    a = np.cos(x)
    head = a[:2]
    before = head.sum()
    a[0] = x[2] * x[1]
    after = head.sum()
    head = head * 2.0
    a[1] = 0.0
    return before * after + head


add(view_sees_later_writes, (draw(3),), holomorphic=True, features="views, read after the base changed")


def rows_of_a_loop(x):
    a = x * 1.0
    total = 0.0
    for row in a:
        row *= row[0]
        row[-1] = total
        total = total + row.sum()
    return a * total


add(rows_of_a_loop, (draw(3, 3),), holomorphic=True, features="rows of a loop, views")


def write_what_is_there(x):
    a = x.copy()
    for row in a:
        a[:1] = a[:1]
        if row[0] > 0.0:
            a[1] = a[1]
    return a


add(write_what_is_there, (draw(3, 2),), holomorphic=True, features="rows of a loop, write of itself")


def square_in_some_iterations(x, n):
    a = x.copy()
    for i in range(n):
        if i % 2 == 0:
            a[1] *= x[0]
            a *= a
    return a


add(
    square_in_some_iterations,
    (draw(3), 3),
    (draw(3), 0),
    argnums=(0,),
    holomorphic=True,
    features="branch in a loop, op= on a name, saved in some iterations",
)


def rows_by_enumerate(x, w):
    a = np.zeros((3, 2))
    for i, (row, v) in enumerate(zip(a, w)):
        row[:] = x * v
        if i > 0:
            row += a[i - 1]
    return a


add(rows_by_enumerate, (draw(2), draw(3)), features="rows of a loop, zip, enumerate")


def chained_aliases(x):
    a = b = x * x
    c = b
    a[0] = 1.0
    b += x
    c[1:] = a[:-1]
    d = c.copy()
    d *= 2.0
    return a * b + c * d


add(chained_aliases, (draw(3),), holomorphic=True, features="chained assignment, alias, copy")


def conditional_alias(x, flag):
    a = np.sin(x)
    b = np.cos(x)
    c = a if flag else b
    c[0] = x[1] * x[2]
    c *= 2.0
    return a * x + b


add(conditional_alias, (draw(3), True), (draw(3), False), argnums=(0,), features="conditional alias")


def conditional_alias_at_run_time(x):
    a = np.sin(x)
    b = np.cos(x)
    c = a if x[0] > 0.0 else b
    c[0] = x[1] * x[2]
    c[1:] += x[0]
    return a * x + b


add(
    conditional_alias_at_run_time,
    (np.array([0.5, -0.3, 1.1]),),
    (np.array([-0.5, -0.3, 1.1]),),
    features="conditional alias, branch",
)


def swapped_arrays(x):
    a, b = x * 1.0, x * x
    a[0] = 2.0
    a, b = b, a
    a[0] *= 3.0
    b[1] = a[0]
    a, b = b, a
    return a - b * x


add(swapped_arrays, (draw(3),), holomorphic=True, features="swap")


def ping_pong(u, n):
    old = u * 1.0
    new = u * 1.0
    for _ in range(n):
        new[1:-1] = old[1:-1] + 0.2 * (old[2:] - 2.0 * old[1:-1] + old[:-2]) * old[1:-1]
        old, new = new, old
    return old * u


add(
    ping_pong,
    (draw(6), 5),
    (draw(6), 1),
    (draw(6), 0),
    argnums=(0,),
    holomorphic=True,
    features="ping-pong, loop",
)


def ping_pong_of_a_pair(u, n):
    pair = [u * 1.0, np.zeros_like(u)]
    for t in range(n):
        pair[1][0] = pair[0][-1]
        pair[1][1:] = pair[0][:-1] * pair[0][1:]
        pair.reverse()
    return pair[0]


add(ping_pong_of_a_pair, (draw(4), 2), (draw(4), 3), argnums=(0,), features="ping-pong, list, loop")


def arrays_in_containers(x):
    work = {"a": x * 1.0, "both": (x * x, [np.sin(x)])}
    first, (second,) = work["both"]
    first[0] = work["a"][1]
    work["a"] += first
    second[1:] = first[:-1]
    work["both"][1][0] *= 2.0
    alias = work["a"]
    alias[-1] = 0.25
    return work["a"] * first + second


add(arrays_in_containers, (draw(3),), holomorphic=True, features="arrays in dict, tuple, list")


def list_of_rows(x, n):
    rows = [x * 1.0, x * 2.0, x * x]
    for t in range(n):
        rows[1][t] += rows[0][t] * x[0]
        rows[-1][t] *= rows[1][t]
    return rows[0] + rows[2] * rows[1]


add(list_of_rows, (draw(3), 3), argnums=(0,), features="arrays in a list, loop")


def writing_closure(x):
    y = np.zeros(3)
    count = np.zeros(1)

    def put(i, v):
        y[i] = v * x[i]
        count[0] += v

    put(0, 2.0)
    put(2, x[1])
    put(0, y[2] * 3.0)
    return y * count[0]


add(writing_closure, (draw(3),), features="closure that writes")


def scale_rows(a, w):
    for i in range(a.shape[0]):
        a[i] *= w[i]


def solve_lower(m, b):
    for i in range(b.shape[0]):
        b[i] = (b[i] - m[i, :i] @ b[:i]) / m[i, i]


def callees_that_return_nothing(m, b):
    a = m + 3.0 * np.eye(3)
    y = b * 1.0
    scale_rows(a, b)
    solve_lower(a, y)
    scale_rows(a.T[:2], y)
    return a @ y


add(
    callees_that_return_nothing,
    (draw(3, 3), positive(3)),
    features="callee that writes its argument, view passed",
)


def copy_shifted(target, source):
    target[1:] = source[:-1]
    target[0] = source[-1] * target[1]


def same_array_twice(x):
    a = x * 1.0
    copy_shifted(a, a)
    copy_shifted(a[1:], a[:-1])
    return a * x


add(same_array_twice, (draw(4),), holomorphic=True, features="same array passed twice, overlap")


def break_and_continue(x, n):
    y = x * 1.0
    for i in range(n):
        if i == 1:
            continue
        y[i] = y[i - 1] * x[i]
        if y[i] > 1.0:
            y[i] = x[0]
            break
        y[0] += y[i]
    else:
        y[-1] *= 2.0
    return y


add(
    break_and_continue,
    (np.array([0.5, 0.4, 0.3, 0.8]), 4),
    (np.array([0.5, 1.4, 1.3, 0.8]), 4),
    (np.array([0.5, 1.4, 1.3, 0.8]), 0),
    argnums=(0,),
    features="break, continue, else, loop",
)


def while_it_is_large(x):
    y = x * 1.0
    k = 0
    while np.max(y) > 0.5:
        y *= 0.8
        y[k % 3] = y[k % 3] * y[(k + 1) % 3]
        k += 1
    return y


add(
    while_it_is_large,
    (np.array([0.9, 1.3, 0.8]),),
    (np.array([0.1, 0.2, 0.3]),),
    features="while, zero trips",
)


def triangular_nest(a, n):
    c = a + 3.0 * np.eye(4)
    for k in range(n):
        for i in range(k + 1, n):
            c[i, k] /= c[k, k]
            for j in range(k + 1, n):
                c[i, j] -= c[i, k] * c[k, j]
    return c


add(
    triangular_nest,
    (draw(4, 4), 4),
    (draw(4, 4), 1),
    (draw(4, 4), 0),
    argnums=(0,),
    holomorphic=True,
    features="triangular nest, in place, zero trips",
)


def cholesky_in_place(m):
    a = m @ m.T + 2.0 * np.eye(3)
    for i in range(3):
        for j in range(i):
            a[i, j] -= a[i, :j] @ a[j, :j]
            a[i, j] /= a[j, j]
        a[i, i] = np.sqrt(a[i, i] - a[i, :i] @ a[i, :i])
    return np.tril(a)


add(cholesky_in_place, (draw(3, 3),), holomorphic=True, features="triangular nest, in place")


def empty_filled_piecewise(x, y):
    out = np.empty((4, 3))
    out[0] = x
    out[1:3, :2] = y
    out[1:3, 2] = x[0] * y[0]
    for j in range(3):
        out[3, j] = out[0, j] * out[1, j]
    scratch = np.empty_like(x)
    scratch[:] = out[3]
    scratch[0] = x[1]
    return out * scratch


add(empty_filled_piecewise, (draw(3), draw(2)), features="empty filled piecewise, loop")


def reused_buffer(x, n):
    work = np.empty(3)
    total = np.zeros(3)
    for i in range(n):
        work[:] = x * (i + 1.0)
        work *= work
        work[0] = total[1]
        total += np.sin(work)
    return total


add(reused_buffer, (draw(3), 4), (draw(3), 0), argnums=(0,), features="buffer reused, loop, zero trips")


def single_precision_targets(x, y):
    a = np.zeros(3, dtype=x.dtype)
    a[:] = y
    b = x.copy()
    b += y
    b[1:] *= a[:2] * y[0]
    c = y.copy()
    c[0] = b[0]
    c *= b
    return a * c


add(
    single_precision_targets,
    (draw(3).astype(np.float32), draw(3, seed=1)),
    features="float32, cast by a write",
)


def list_of_single_precision(x, weights):
    items = []
    y = x.copy()
    for i in range(2):
        y[i + 1] = y[i] * 0.3
        items.append(y.copy())
    return np.sum(items[-1] * items[0]) + np.sum(y * weights)


add(
    list_of_single_precision,
    (draw(4).astype(np.float32), draw(4, seed=1)),
    argnums=(0,),
    features="float32, list of copies, write",
)


def write_float32(x, w):
    y = x.copy()
    y[1:] += y[:-1] * w
    y[0] = w[0] * 0.5
    y *= y
    return y


add(
    write_float32,
    (draw(4).astype(np.float32), draw(3).astype(np.float32)),
    features="float32, write, op=",
)


def write_integers_and_flags(x):
    order = np.zeros(3, dtype=int)
    order[0] = 2
    order[2] += 1
    chosen = np.zeros(3, dtype=bool)
    chosen[order[:2]] = True
    y = x[order]
    y[chosen] *= 2.0
    return y


add(write_integers_and_flags, (draw(3),), holomorphic=True, features="write into integers and flags")


def computed_indices(x, start):
    y = np.zeros(5)
    at = start
    for i in range(5):
        y[at] += x[i] * x[i]
        at = (at * 2 + i) % 5
    return y


add(computed_indices, (draw(5), 1), (draw(5), 4), argnums=(0,), features="data-dependent index, loop")


def recurrence(x, n):
    y = np.zeros(n + 1)
    y[0] = x
    for i in range(n):
        y[i + 1] = np.sin(y[i]) * x + y[i - 1] ** 2
    return y


add(recurrence, (0.7, 5), (0.7, 0), argnums=(0,), features="recurrence, loop, zero trips")


def stencil_in_place(u, n):
    a = u.copy()
    for _ in range(n):
        for i in range(1, a.shape[0] - 1):
            a[i] = 0.25 * (a[i - 1] + 2.0 * a[i] * a[i] + a[i + 1])
    return a


add(
    stencil_in_place,
    (draw(5), 3),
    (draw(5), 0),
    argnums=(0,),
    holomorphic=True,
    features="seidel, in place, nest",
)


def write_in_branches(x):
    y = x * 1.0
    if x[0] > 0.0:
        y[0] = x[1] * x[2]
        z = y[1:] * 2.0
    else:
        y[1] *= x[0]
        z = y[:-1].copy()
    y[1] += 1.0
    z[0] = y[0]
    return y[1] * y + z.sum()


add(
    write_in_branches,
    (np.array([0.5, -0.3, 1.1]),),
    (np.array([-0.5, -0.3, 1.1]),),
    features="write in branches",
)


def grown_by_concatenation(x, n):
    y = x[:1] * 1.0
    for i in range(n):
        y = np.concatenate([y, y[-1:] * x])
        y[0] += x[1]
        y[-1] = y[0]
    return np.sum(y * y)


add(grown_by_concatenation, (draw(2), 3), (draw(2), 0), argnums=(0,), features="grown, write, loop")


def write_own_argument(x, work):
    work[:2] = x * x
    work *= 2.0
    x[0] = work[1]
    return work[0] * x + work[2]


add(
    write_own_argument,
    (draw(2), draw(3)),
    writes=True,
    holomorphic=True,
    features="argument written, work array",
)


def kernel_returns_argument(a, b):
    b[1:-1] = (a[:-2] + a[1:-1] * a[2:]) / 3.0
    a[1:-1] = b[:-2] * b[2:]
    return a, b


add(
    kernel_returns_argument,
    (draw(5), draw(5)),
    writes=True,
    holomorphic=True,
    features="argument written and returned",
)


def write_into_arguments_of_a_dict(state, h):
    state["v"] -= h * state["u"] ** 3
    state["u"] += h * state["v"]
    return np.sum(state["u"] * state["v"])


add(
    write_into_arguments_of_a_dict,
    ({"u": draw(3), "v": draw(3, seed=1)}, 0.3),
    writes=True,
    holomorphic=True,
    features="argument written, dict",
)


def write_complex(x, y):
    z = np.zeros(3, dtype=complex)
    z[:] = x + 1j * y
    z[1:] *= z[:-1] * 1j
    z[0] = x[2]
    return (z.real * z.imag).sum() + np.abs(z[2]) ** 2


add(write_complex, (draw(3), draw(3, seed=1)), features="complex, write")


def update_reads_before_the_right_side(x):
    def bump(a):
        a[0] = a[0] * x[1]
        return x[2]

    y = x.copy()
    y[0] += bump(y)
    return y * x


add(update_reads_before_the_right_side, (draw(3),), features="op= on an item, order of evaluation")


def write_leading_ones(x):
    y = np.zeros(3)
    y[:] = (x * x)[None, :]
    z = np.zeros((2, 3))
    z[1] += y
    z[:, 0] = x[None, :2]
    return z


add(write_leading_ones, (draw(3),), features="write, broadcast of leading ones")


def normalise(v):
    s = np.sqrt(v @ v)
    if s < 0.5:
        v[:] = 0.0
        return
    v /= s
    if v[0] > 0.0:
        return
    v *= -1.0


def early_return_of_a_writer(x):
    y = x * 1.0
    normalise(y)
    z = 0.01 * x
    normalise(z[1:])
    return y + z * x


add(
    early_return_of_a_writer,
    (np.array([0.6, -0.3, 0.9]),),
    (np.array([-0.6, -0.3, 0.9]),),
    features="early return",
)


def return_inside_a_writing_loop(x, n):
    y = np.ones(3)
    for i in range(n):
        y[i % 3] *= x[i % 3] * 1.5
        if y[0] * y[1] > 1.2:
            return y * 2.0
    y[0] = x[0]
    return y


add(
    return_inside_a_writing_loop,
    (np.array([1.1, 0.9, 0.3]), 5),
    (np.array([0.2, 0.9, 0.3]), 5),
    (np.array([1.1, 0.9, 0.3]), 0),
    argnums=(0,),
    features="early return, loop",
)


def write_without_axes(x):
    c = np.zeros(())
    c[()] = np.sum(x)
    c[...] *= c
    c.fill(c[()] * x[0])
    for v in x:
        c[...] = c * v + v**2
    np.multiply(c, x[-1], out=c)
    return c * c


add(write_without_axes, (draw(3),), features="write, arrays without axes, loop")


def update_without_axes(x):
    c = np.zeros(())
    same = c
    c += x
    c *= x
    c[...] = c * same + 1.0
    c[None] *= x
    one = c.reshape(1)
    one[0] -= x
    c[c > 5.0] = 0.0
    return np.sin(same)


add(update_without_axes, (0.7,), (1.9,), features="write, arrays without axes, alias")


def update_views_without_axes(x):
    y = np.zeros((2, 3))
    v = y[1, 2, ...]
    v += x * x
    y[1] *= 2.0
    v *= v
    return np.sum(y) * v[()]


add(update_views_without_axes, (0.7,), features="write, arrays without axes, views")


def argument_without_axes(c, x):
    d = c
    c *= x
    c -= d * c
    c[()] = np.sin(c) * d
    return d + c


add(
    argument_without_axes,
    (np.array(0.3), 0.7),
    writes=True,
    features="write, arrays without axes, argument",
)


def write_flat(x):
    y = np.zeros((2, 3))
    y.flat = [x[0], x[1]]
    y.flat[[4, 5]] = x[2:4]
    y.flat[-1] *= 2.0
    y.T.flat[1] = x[5]
    y.flat[1:4] = x[:2] * x[2]
    z = y.T
    for i in range(y.size - 1):
        z.flat[i + 1] += z.flat[i] * 0.5
    z.flat[z.flat[:] > 0.8] = x[0]
    s = 0.0
    for v in z.flat:
        s += v * v * s + v
    return y * s + len(y.flat) * np.sum(y.flat)


add(write_flat, (positive(6),), features="write, flat, repeated values, transposed")


def write_flat_of_argument(m):
    m.flat[3] = m.flat[0] * m.flat[1]
    m.flat[::2] *= 2.0
    m.T.flat[:2] = m[1, :2]
    return m * m


add(write_flat_of_argument, (draw(2, 3),), writes=True, features="write, flat, argument")


def put_place_and_putmask(x):
    y = np.outer(x, x)
    np.place(y, y > 1.5, x[:2])
    np.putmask(y, y < 0.5, x)
    np.putmask(y[0], y[0] < 1.0, x * 3.0)
    np.put(y, [[1, -2], [3, 4]], x[:3])
    y.put([7], x[0])
    np.fill_diagonal(y, x)
    return y * y


add(put_place_and_putmask, (positive(4),), features="write, np.put, np.place, np.putmask, repeated values")


def methods_of_functions(x):
    m = np.multiply.outer(x, x[:2])
    s = np.add.reduce(m) + np.multiply.reduce(m, axis=0)
    t = np.add.accumulate(m, axis=1) * np.multiply.accumulate(x)[:, None]
    u = np.maximum.reduce(x) * np.minimum.reduce(m, axis=None) + np.add.outer(x, m)[0, 1]
    return np.sum(s) * t + u[0] * np.subtract.outer(2.0, x)[0] + np.add.reduce(m, axis=1, keepdims=True)


add(methods_of_functions, (positive(3),), features="np.add.reduce, np.add.accumulate, np.multiply.outer")


def functions_at_places(x):
    y = x * 1.0
    np.multiply.at(y, [0, 0, 1], x[:3])
    np.subtract.at(y, [1, 1], x[:2])
    np.add.at(y, (np.array([2, 2]),), x[0])
    np.divide.at(y, np.arange(2), x[2])
    np.maximum.at(y, [3, 3], [x[0] * 4.0, x[1]])
    np.multiply.at(y, y > 1.0, 0.5)
    z = np.outer(x, x)
    np.power.at(z, [1, 1], 2.0)
    return y[:, None] * z


add(functions_at_places, (positive(4),), features="ufunc.at, repeated index")


def write_through_index_functions(x):
    m = np.outer(x, x)
    m[np.triu_indices(3)] *= 2.0
    m[np.diag_indices(len(x))] += x
    m[np.where(m > 2.5)] -= x[0]
    m[np.ix_([0, 2], [1, 2])] *= x[0]
    np.put_along_axis(m, np.argmax(m, axis=1)[:, None], x[:, None] * 0.1, axis=1)
    rows, columns = np.indices((3, 3))
    m[rows < columns - 1] = 0.0
    return m * m


add(write_through_index_functions, (positive(3),), features="write, np.ix_, np.put_along_axis")


def padded_by_copies(h, u):
    for _ in range(2):
        u[1:-1] -= 0.1 * (h[1:] - h[:-1])
        h -= 0.1 * np.diff(u * np.pad(0.5 * (h[1:] + h[:-1]), 1, mode="edge"))
    around = np.pad(np.outer(h, u), ((1, 0), (0, 2)), mode="reflect")
    return around[1:] * np.pad(around[1:], 1, mode="wrap")[2:, 2:]


add(padded_by_copies, (positive(4), draw(5)), writes=True, features="write, np.pad, copied borders")


def number_made_when_needed(x):
    out = None
    for v in x:
        out = v * v if out is None else out + v * out
    y = np.zeros(3)
    y[0] = out
    return y * x[0] + y


add(number_made_when_needed, (draw(3),), features="write, None becomes a number in a loop")


def results_take_the_place_of_arrays(x):
    y = np.empty(len(x))
    same = y
    np.multiply(x, x, out=y)
    part = y[1:]
    np.exp(y, out=y)
    np.add(y[:2], x[:2], out=part)
    z = np.cumsum(y, out=np.empty(len(x)))
    np.sin(same, same)
    return part * z[1:] * np.sum(same)


add(results_take_the_place_of_arrays, (draw(3),), features="out=, alias, view")


def write_at_no_places(x):
    y, none = x * 1.0, []
    y[[]] = 5.0
    y[none] *= 2.0
    np.put(y, [], 1.0)
    np.place(y, y > 100.0, [1.0])
    return y * x + np.sum(y[[]])


add(write_at_no_places, (draw(3),), holomorphic=True, features="write, empty index")


class Scaled:
    def __init__(self, a, factor):
        self.a, self.factor = a, factor

    def __enter__(self):
        self.a *= self.factor
        return self.a

    def __exit__(self, kind, error, trace):
        self.a /= self.factor


def managers_that_write(x):
    a = x * 1.0
    total = 0.0
    for k in range(3):
        with Scaled(a, x[0]) as b, Scaled(b, 2.0):
            if a[0] > 4.0:
                break
            b += 1.0
            if k == 1:
                continue
            b[1] *= x[1]
            total += np.sum(a * a)
    return a * total


add(managers_that_write, (draw(3),), (positive(3),), holomorphic=True, features="with, manager that writes")


def write_through_atleast(x):
    a = x * 1.0
    b = np.atleast_2d(a)
    b[0, 1] = a[0] * 3.0
    a[2] *= b[0, 1]
    return b * x


add(write_through_atleast, (draw(3),), holomorphic=True, features="write, np.atleast_2d")


@contextlib.contextmanager
def scaled_while(a, factor):
    a *= factor
    try:
        yield a
    finally:
        a /= factor


@contextlib.contextmanager
def raised_at_both_ends(a):
    a[0] *= 2.0
    yield
    a[1] *= 3.0


def managers_made_of_generators(x):
    a = x * 1.0
    late = scaled_while(a, x[1])
    a[0] = 5.0 * x[1]
    with late as b:
        a[1] += b[0]
    for _ in range(3):
        with raised_at_both_ends(a), scaled_while(a, x[2]) as c:
            if a[0] > 2.0:
                break
            c += a[1]
    return a * x


add(managers_made_of_generators, (positive(3),), (draw(3),), holomorphic=True, features="contextmanager")


def places_reached_once_and_again(x, A, shift, cell):
    total = 0.0
    for i in range(len(x)):
        total += x[i] * A[i, (i + shift) % 3] + x[i // 2] * A[-1 - i, i]
    for i in range(-2, len(x)):
        total += A[i, 0] * x[i]
    for _ in range(2):
        for i in range(len(x)):
            for j in range(i + 1):
                if j != cell:
                    total += A[i, j] ** 2 * total
    y = x.copy()
    for i in range(len(x)):
        y[i], y[cell] = y[cell] * y[i], np.sin(y[i])
        y[cell] += y[cell - 1] * y[i]
    return total + np.sum(y**3) * A


add(
    places_reached_once_and_again,
    (draw(3), draw(3, 3), 1, 0),
    (draw(3), draw(3, 3), 2, -1),
    holomorphic=True,
    features="adjoints of elements in loops",
)


def steps_with_random_numbers(prices, drift):
    generator = np.random.default_rng(3)
    for _ in range(3):
        shocks = generator.standard_normal(prices.shape)
        prices *= np.exp(drift + 0.1 * shocks)
        prices[1:] += shocks[1:] * prices[:-1]
        np.multiply(prices, shocks, out=prices, where=prices > 0.5)
        np.add.at(prices, [0, 0], shocks[:2])
    return prices


add(
    steps_with_random_numbers,
    (positive(4), 0.3),
    writes=True,
    features="op= with values of a dtype known at run time only",
)


def prediction_errors(r):
    a = np.zeros(len(r))
    a[0] = 1.0
    error = r[0]
    for k in range(1, len(r)):
        reflection = -np.dot(a[:k], r[k:0:-1]) / error
        a[1 : k + 1] += reflection * a[k - 1 :: -1] if k > 0 else 0
        error *= 1.0 - reflection**2
    return a * error


add(prediction_errors, (np.array([2.0, 0.7, 0.3, 0.1]),), features="op= with an array or a number")


def spectrum_by_halves(x):
    def transform(v):
        if len(v) == 1:
            return v * (1 + 0j)
        even, odd = transform(v[::2]), transform(v[1::2])
        twiddle = np.exp(-2j * np.pi * np.arange(len(v) // 2) / len(v)) * odd
        return np.concatenate([even + twiddle, even - twiddle])

    spectrum = transform(x)
    spectrum[2:] *= 0.5
    spectrum -= spectrum[0]
    return np.abs(spectrum) ** 2


add(spectrum_by_halves, (draw(4),), features="op= on an array of unknown dtype, recursion, complex numbers")


def matrix_of_a_diagonal(x):
    main = np.diag(x)
    main[0, 1] = x[2] ** 2
    main[1] *= 2.0
    above = np.diag(x[:2], 1)
    above[2] += main[0]
    whole = main.view()
    whole[2, 0] = x[0]
    return main @ above + np.diag(main)[:, None] * x


add(matrix_of_a_diagonal, (draw(3),), features="writes into np.diag of a vector, view")


def normals_of_a_surface(points, faces):
    for _ in range(2):
        degrees = np.zeros(len(points))
        np.add.at(degrees, faces, 1.0)
        points = points + 0.3 * (points[::-1] / degrees[:, None] - points)
    normals = np.zeros_like(points)
    sides = points[faces]
    np.add.at(normals, faces, np.cross(sides[:, 1], sides[:, 2])[:, None, :])
    return normals


add(
    normals_of_a_surface,
    (draw(4, 3), np.array([[0, 1, 2], [0, 2, 3], [1, 2, 3]])),
    argnums=(0,),
    features="np.add.at of an array of unknown dtype",
)
