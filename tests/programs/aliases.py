"""Arrays that branches and loops choose, swap and hand on while other names see them."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"
# ruff: noqa: B007

from functools import partial

import numpy as np

from tests.programs.program import Program, draw, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS, autograd=False)

HIGH = np.array([1.0, 2.0, 3.0])
LOW = np.array([0.1, 2.0, 3.0])
OTHER = np.array([0.5, 0.6, 0.7])


def choose_by_expression(a, b):
    a, b = a * 1.0, b * 1.0
    c = a if a[0] > b[0] else b
    c[1] = a[0] * b[2]
    c += a * b
    c[c > 2.0] *= 0.5
    np.add.at(c, [0, 0, 1], a)
    return a, b, c * a


add(choose_by_expression, (HIGH, OTHER), (LOW, OTHER), features="conditional alias")


def chosen_and_written_later(x, y, p, q):
    a, b = x * 1.0, y * 1.0
    c = a if p else b
    a[0] = x[1] * y[1]
    if q:
        c[1] = x[2] * 2.0
    return c


add(
    chosen_and_written_later,
    (draw(3), draw(3, seed=1), True, True),
    (draw(3), draw(3, seed=1), True, False),
    (draw(3), draw(3, seed=1), False, True),
    argnums=(0, 1),
    features="conditional alias, written behind its back",
)


def swap_in_a_branch(a, b):
    p, q = a * 1.0, b * 1.0
    a, b = p, q
    if p[0] > q[0]:
        p, q = q, p
    p[1] = q[0] * a[2]
    q[2] *= p[1] * b[1]
    return a * p, b * q


add(swap_in_a_branch, (HIGH, OTHER), (LOW, OTHER), features="swap in a branch, aliases live")


def swap_buffers(x, y, n):
    u, v = x * 1.0, y * 1.0
    a, b = u, v
    for i in range(n):
        b[1:-1] = a[:-2] * a[2:]
        u[0] += v[1] * 0.5
        a, b = b, a
    a[0] = 7.0 * b[1]
    return a, b, u, v


add(
    swap_buffers,
    *((draw(5), draw(5, seed=1), n) for n in range(4)),
    argnums=(0, 1),
    features="ping-pong, other names live, loop",
)


def rotate_three(x, n):
    a, b, c = x * 1.0, x * 2.0, np.sin(x)
    p, q, r = a, b, c
    for i in range(n):
        r[:] = p * q
        p, q, r = q, r, p
    return a, b * c, p + q * r


add(rotate_three, *((draw(3), n) for n in range(5)), argnums=(0,), features="rotated buffers, loop")


def old_or_copy(x, p):
    y = x * 1.0
    z = y if p else y.copy()
    z[0] = y[1] * y[2]
    w = np.asarray(z) if p else z * 2.0
    w[1:] += y[:2]
    return y, z * y, w


add(old_or_copy, (draw(3), True), (draw(3), False), argnums=(0,), features="alias or copy")


def copied_now_and_then(x, n):
    y = x * 1.0
    old = y
    for i in range(n):
        new = old.copy() if i % 2 else old
        new[0] += old[1] * old[2]
        old = new
    return y, old


add(copied_now_and_then, *((draw(3), n) for n in range(4)), argnums=(0,), features="alias or copy, loop")


def chosen_views(x, p):
    y, z = x * 1.0, x * x
    v = y[:2] if p else z[1:]
    w = v[::-1]
    v[0] = y[1] * z[2]
    w[0] *= 3.0
    y[1] *= 2.0
    z[1] = y[0]
    return y, z, v * w


add(chosen_views, (draw(3), True), (draw(3), False), argnums=(0,), features="conditional view, view of it")


def chosen_transpose(m, p):
    a = m * 1.0
    v = a.T if p else a
    v[0] += v[1] * a[0, 0]
    for i in range(3):
        v[i, 0] *= a[0, i]
    return a


add(chosen_transpose, (draw(3, 3), True), (draw(3, 3), False), argnums=(0,), features="conditional transpose")


def best_row(m):
    a = m * 1.0
    best = a[0]
    for row in a:
        if row.sum() > best.sum():
            best = row
    best *= 2.0
    a[0] += best
    row[0] = a[0, 1] * 3.0
    return a, best


add(
    best_row,
    (np.array([[0.1, 0.2], [0.9, -0.1], [0.3, 0.3]]),),
    (np.array([[0.8, 0.2], [0.9, -0.1], [0.3, 0.3]]),),
    (np.array([[0.1, 0.2], [0.9, -0.1], [0.3, 0.9]]),),
    features="row kept after its loop, view that moves",
)


def moving_window(x, n):
    a = x * 1.0
    v = a[:2]
    for i in range(n):
        v[0] *= a[2]
        v = a[i : i + 2]
        a[i] += v[1]
    v[:] = v * 2.0
    return a, v


add(moving_window, *((draw(5), n) for n in range(4)), argnums=(0,), features="slice that moves, loop")


def found_row(x, n):
    rows = np.stack([x, x * x, x * 2.0])

    def find(m):
        for i in range(3):
            if i == n:
                return m[i]
        return m[0]

    r = find(rows)
    r[0] = rows[1, 1] * rows[2, 2]
    rows[n % 3, 1] *= 3.0
    return rows, r


add(found_row, *((draw(3), n) for n in range(4)), argnums=(0,), features="view returned from a loop")


def three_ways(x, k):
    a, b = x * 1.0, x * 2.0
    match k:
        case 0:
            d = a
        case 1:
            d = b
        case _:
            d = a[::-1]
    d[0] = a[1] * b[2]
    return a, b, d


add(three_ways, *((draw(3), k) for k in range(3)), argnums=(0,), features="alias by match")


def nested_choices(x, n):
    a, b, s = x * 1.0, np.cos(x), 0.0
    for i in range(n):
        for j in range(i + 1):
            c = a if (i + j) % 2 == 0 else b
            d = b if a[0] > 0 else a
            c[j % 3] = d[0] * b[1]
            d[1] += c[2]
            s += c[0]
    return a, b, s


add(nested_choices, *((draw(3), n) for n in (0, 1, 3)), argnums=(0,), features="conditional alias, nest")


def nested_swaps(x, n):
    a, b = x * 1.0, x * 2.0
    u, w = a, b
    for i in range(n):
        for j in range(i):
            b[j % 3] = a[0] * b[1] + u[2]
            a, b = b, a
        w[1] *= 0.9
        if i == 1:
            a, b = b, a
    return a, b, u, w


add(nested_swaps, *((draw(3), n) for n in range(5)), argnums=(0,), features="swaps in nested loops")


def swap_while(x, y):
    a, b = x * 1.0, y * 1.0
    keep = a
    while a[0] < 5.0:
        b[0] = a[0] * 2.0 + abs(b[0]) + 1.0
        b[1] = a[1] * b[2]
        a, b = b, a
    return a, b, keep


add(swap_while, (HIGH, OTHER), (9.0 * HIGH, OTHER), features="swap in a while loop")


def leave_with_another(x, n):
    a, b = x * 1.0, x * 2.0
    c = a
    for i in range(n):
        if a[0] * b[0] < 0.5 * i:
            c = b
            break
        a[0] += b[1] * 0.3
    c[1] = a[0] * b[0]
    return a, b, c


add(
    leave_with_another,
    *((np.array([0.1, 0.2, 0.3]), n) for n in range(4)),
    (np.array([3.0, 0.2, 0.3]), 3),
    argnums=(0,),
    features="alias, break",
)


def closure_swaps(x, n):
    a, b = x * 1.0, x * 2.0

    def swap():
        nonlocal a, b
        a, b = b, a

    keep = a
    for i in range(n):
        b[0] = a[1] * b[2] + keep[0]
        swap()
    return a, b, keep


add(closure_swaps, *((draw(3), n) for n in range(4)), argnums=(0,), features="swap by a closure")


def write_chosen(x, y, p):
    a, b = x * 1.0, y * 1.0
    c = a if p else b

    def bump(k):
        c[k] += a[0] * b[1]
        a[1] = c[k] * 2.0

    def both(u, v):
        u[0] = v[1] * u[2]
        v[1] += u[0]

    bump(0)
    for i in range(2):
        bump(i)
    both(a if p else b, b)
    both(b[::-1] if p else a, a)
    return a, b, c


add(
    write_chosen,
    (draw(3), draw(3, seed=1), True),
    (draw(3), draw(3, seed=1), False),
    argnums=(0, 1),
    features="conditional alias, closure, callee",
)


class Field:
    """Two buffers of which the one is computed from the other."""

    def __init__(self, u):
        self.now = u.copy()
        self.next = u.copy()

    def step(self):
        self.next[1:-1] = self.now[:-2] * self.now[2:]
        self.now, self.next = self.next, self.now


def object_swaps(x, n):
    field = Field(x)
    first = field.now
    state = (x * 1.0, x * x)
    z = state[0]
    for t in range(n):
        field.step()
        a, b = state
        b[0] = a[1] * b[2]
        state = (b, a)
    return field.now, field.next * first, state[0], state[1] * z


add(object_swaps, *((draw(4), n) for n in range(4)), argnums=(0,), features="swap in an object and a tuple")


def dict_swaps(x, n):
    d = {"a": x * 1.0, "b": x * x}
    keep = d["a"]
    for t in range(n):
        d["b"][1:] = d["a"][:-1]
        d["b"][0] *= 2.0
        d["a"], d["b"] = d["b"], d["a"]
    keep[0] *= 3.0
    return d["a"], d["b"]


add(dict_swaps, *((draw(4), n) for n in range(4)), argnums=(0,), features="swap in a dict")


def one_array_for_two(x, n):
    a, b = x * 1.0, x * 2.0
    for i in range(n):
        c = a * b
        a = c
        b = c if i % 2 else c * 2.0
        b[0] += a[1]
        a[2] *= 1.5
    return a, b


add(one_array_for_two, *((draw(3), n) for n in range(4)), argnums=(0,), features="alias born in a loop")


def array_and_view_born_in_a_loop(x, n):
    a = x * 1.0
    v = a[1:]
    for i in range(n):
        a = a * x
        v = a[:2]
        v[0] += a[1]
    v[1] = 7.0 * a[0]
    a[0] = v[1]
    return a, v


add(
    array_and_view_born_in_a_loop,
    *((draw(3), n) for n in range(4)),
    argnums=(0,),
    features="view born in a loop",
)


def swap_arguments(a, b, n):
    for i in range(n):
        b[1:-1] = a[:-2] * a[2:]
        a, b = b, a
    return a


add(
    swap_arguments,
    *((draw(4), draw(4, seed=1), n) for n in (1, 2, 3)),
    argnums=(0, 1),
    writes=True,
    features="ping-pong, argument written",
)


def last_seen(x, n):
    a = x * 1.0
    last = None
    for t in range(n):
        if t == 1:
            last = a
        a[0] += a[1] * a[2]
    if last is None:
        return a
    return a * last


add(last_seen, *((draw(3), n) for n in (0, 1, 2, 4)), argnums=(0,), features="alias or None, loop")


def moving_while_tested(x):
    a, b = x * 1.0, x * 2.0
    p, q, k = a, b, 0
    while p[0] < 4.0 and k < 6:
        q[0] = abs(p[0]) + 1.0 + a[1] * 0.1
        p, q = q, p
        k += 1
    a[2] = p[0] * q[0]
    return a, b, p


add(moving_while_tested, (draw(3),), (9.0 * HIGH,), features="swap, read by the test of a while")


def list_rotates(x, n):
    arrays = [x * 1.0, x * 2.0, x * x]
    first = arrays[0]
    for i in range(n):
        arrays[0], arrays[1], arrays[2] = arrays[2], arrays[0], arrays[1]
        arrays[0][i % 3] = arrays[1][0] * arrays[2][1]
    first[0] *= 2.0
    return arrays[0], arrays[1], arrays[2]


add(list_rotates, *((draw(3), n) for n in range(5)), argnums=(0,), features="rotated items of a list, loop")


def reshaped_views(x, n):
    y = np.zeros((2, 2, 3))
    y[:] = x
    rows = y[0].reshape(3, 2)[1:]
    rows[0] = x[0, :2] * 2.0
    table = y.reshape(4, 3)
    table[1:3] *= table[0]
    y[0, 1] += rows[1, 0]
    z = y * 2.0
    flat = z.ravel()[::2]
    for i in range(n):
        flat[i] = flat[i - 1] * z[0, 0, 1]
        z[1, 0] *= flat[0]
    return y, table, z, flat * rows[0, 0]


add(reshaped_views, *((draw(2, 3), n) for n in (0, 1, 4)), argnums=(0,), features="view by reshape and ravel")


def split_and_folded(v, n):
    y = v * 1.0
    left, right = np.split(y, 2)
    square = y.reshape(2, 2)
    back = v[::-1].reshape(2, 2)
    for i in range(n):
        left[i] = right[0] * y[1]
        y[2] += left[0] * back[1, 0]
        square[1, 1] *= y[2]
    return y, left, square


add(split_and_folded, *((draw(4), n) for n in (0, 1, 2)), argnums=(0,), features="np.split, view by reshape")


def chosen_reshape(x, p):
    y, z = np.zeros(6), np.ones((2, 3))
    v = y.reshape(2, 3) if p else z
    v[0] = x[0] * x[1]
    y[0] *= 2.0
    z[1, 1] = y[1]
    return y, z, v


add(chosen_reshape, (draw(2, 3), True), (draw(2, 3), False), argnums=(0,), features="conditional reshape")


def reshaped_argument(a, m):
    m.reshape(-1)[0] = a * m[0, 1]
    v = m.reshape(3, 2)
    v[1] *= v[0]
    w = m[1].ravel()
    w += a
    return m * m * v[2, 1]


add(reshaped_argument, (0.7, draw(2, 3)), writes=True, features="write, reshape, ravel, argument")


def rows_of_a_list(x):
    rows = [np.zeros(3) for _ in range(3)]
    for i in range(3):
        for j in range(3):
            rows[i][j] = x[i] * x[j]
    rows[1] *= rows[0]
    return np.sum(np.array(rows) * np.arange(9.0).reshape(3, 3))


add(rows_of_a_list, (draw(3),), autograd=False, features="writes, items of a list, comprehension")


def rows_counted_by_an_argument(x, n):
    rows = []
    for i in range(n):
        rows.append(np.zeros(3))
        rows[-1][:2] = x[i] * 2.0
    for i in range(n):
        row = rows[i]
        row[1:] += x[:2] ** 2
    total = 0.0
    for row in rows:
        total += np.sum(row * row)
    return total


add(
    rows_counted_by_an_argument,
    (draw(3), 3),
    (draw(3), 1),
    (draw(3), 0),
    argnums=(0,),
    autograd=False,
    features="writes, items of a list, append",
)


def one_array_thrice_in_a_list(x):
    items = []
    y = np.zeros(3)
    for k in range(3):
        y[k] = x[k] ** 2
        items.append(y)
    items[0][1] *= x[0]
    return sum([np.sum(y * (k + 1)) for k, y in enumerate(items)])


add(one_array_thrice_in_a_list, (draw(3),), autograd=False, features="writes, aliases, items of a list")


def layers_of_state(x):
    states = [{"h": np.zeros(2), "c": np.ones(2)} for _ in range(2)]
    for t in range(3):
        below = x[t] * np.ones(2)
        for state in states:
            state["c"] *= 0.5
            state["c"] += np.tanh(below + state["h"])
            state["h"][:] = np.sin(state["c"])
            below = state["h"]
    return states[-1]["h"]


add(layers_of_state, (draw(3),), autograd=False, features="writes, dicts in a list, model")
