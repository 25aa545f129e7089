"""Values that are None until something assigns them: buffers, results of searches, state of objects, items of
lists, in every place where a program may look whether they are there."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, union-attr, operator, index"
# ruff: noqa: E711, SIM300

from functools import partial

import numpy as np

from tests.programs.program import Program, draw, positive, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)


def buffer_made_when_needed(x):
    buf = None
    for i in range(len(x)):
        if buf is None:
            buf = np.zeros(len(x))
        buf[i] = x[i] * x[i]
        buf[0] = buf[0] * 1.5 + buf[i] * buf[0]
    return buf * x


add(buffer_made_when_needed, (draw(3),), autograd=False, features="None, buffer made by the first iteration")


def buffer_made_in_while(x):
    buf, k = None, 0
    while k < len(x):
        if not (buf is not None):
            buf = np.zeros_like(x)
        buf[k] += x[k] * x[k - 1]
        k += 1
    return np.sum(buf * buf)


add(buffer_made_in_while, (draw(4),), autograd=False, features="None, while")


def buffer_made_on_condition(x):
    buf = None
    for i in range(len(x)):
        if x[i] > 0.6 and buf is None:
            buf = np.ones(len(x)) * x[i]
        if buf is not None:
            buf[i] = buf[i] * x[i] * x[i]
    return 0.0 if buf is None else np.sum(buf * buf)


add(
    buffer_made_on_condition,
    (np.array([0.5, 0.7, 0.9]),),
    (np.array([0.5, 0.3, 0.1]),),
    autograd=False,
    features="None on some paths",
)


def buffer_of_a_nest(x, n):
    buf = None
    for i in range(n):
        for j in range(len(x)):
            if buf is None:
                buf = np.zeros(len(x))
            buf[j] = buf[j] * x[j] + x[i] ** 2
    return buf if buf is not None else x


add(buffer_of_a_nest, (draw(3), 2), (draw(3), 0), autograd=False, features="None, nested loops")


def into(x, out=None):
    if out is None:
        out = np.empty_like(x)
    out[:] = x * x * 0.5
    return out


def buffer_of_the_caller_or_a_new_one(x):
    y = None
    for k in range(3):
        y = into(x if y is None else y * x, y if k > 1 else None)
    return y + into(y, y)


add(buffer_of_the_caller_or_a_new_one, (draw(3),), autograd=False, features="None as default of out=")


class Recorder:
    def __init__(self, n):
        self.n = n
        self.values = None
        self.count = 0

    def push(self, v):
        if self.values is None:
            self.values = np.zeros(self.n)
        self.values[self.count] = v * v
        self.count += 1

    @property
    def mean(self):
        if self.values is not None:
            return np.sum(self.values * self.values[0]) / self.count


def recorder_that_starts_empty(x):
    first, second = Recorder(len(x)), Recorder(len(x))
    for v in x:
        if v > 0.6:
            first.push(v)
    return (0.5 if first.mean is None else first.mean) * x + (second.mean or 2.0)


add(
    recorder_that_starts_empty,
    (np.array([0.5, 0.7, 0.9]),),
    (np.array([0.5, 0.3, 0.1]),),
    autograd=False,
    features="attribute that starts as None, function that may fall off its end",
)


class Momentum:
    def __init__(self):
        self.velocity = None

    def step(self, p, g):
        if self.velocity is None:
            self.velocity = np.zeros_like(g)
        self.velocity = 0.9 * self.velocity + g
        return p - 0.1 * self.velocity


def momentum(x, n):
    optimizer, p = Momentum(), x
    for _ in range(n):
        p = optimizer.step(p, 2.0 * p * x)
    return p


add(momentum, (positive(3), 4), features="attribute that starts as None")


def differences_of_neighbours(x):
    before = earlier = None
    s = 0.0
    for v in x:
        if earlier is not None:
            s += v * before * earlier
        elif before is not None:
            s += (v - before) ** 2
        earlier, before = before, v
    return s


add(differences_of_neighbours, (draw(4),), (draw(1),), features="None moved from name to name")


def steps_that_remember(x):
    before, now = None, x * 1.0
    for k in range(3):
        new = now * x if before is None else now * x + 0.1 * before
        before = now
        now = new
        before[k] = before[k] * x[0]
    return now * before


add(steps_that_remember, (draw(3),), autograd=False, features="None becomes an array that is written")


def best_so_far(x):
    best = value = None
    p = x
    for _ in range(4):
        p = np.sin(p) * 1.1
        v = np.sum(p * p)
        if value is None or v < value:
            best, value = p.copy(), v
        p[0] = p[0] * 0.9
    return best * x + value


add(best_so_far, (positive(3),), autograd=False, features="None, or")


def state_in_a_tuple(x):
    state = None
    for v in x:
        if state is None:
            state = (v, v * x)
        else:
            h, c = state
            state = (h * v + np.sum(c), c * v)
    return state[0] * state[1]


add(state_in_a_tuple, (draw(3),), features="None or a tuple")


def parts_of_a_tuple(x):
    state, entries = (None, 1.0), {"h": None}
    for v in x:
        h, c = state
        state = (v if h is None else h * v, c * v)
        entries["h"] = c if entries["h"] is None else entries["h"] * v
    return state[0] * state[1] + entries["h"]


add(parts_of_a_tuple, (draw(3),), features="None in a tuple, None in a dict")


def found_or_none(x):
    def find(limit):
        for i in range(len(x)):
            if x[i] > limit:
                return x[i] * x[i], x * x[i]
        return None

    total = x * 0.0
    for limit in (0.6, 2.0, 0.4):
        found = find(limit)
        if found is not None:
            v, row = found
            total = total + v * row
    return total


add(found_or_none, (np.array([0.5, 0.7, 0.9]),), features="early return of a tuple or None")


def fell_through(x):
    def look(v):
        if v > 0.6:
            return v * v
        elif v > 0.45:
            return None

    s = 0.0
    for v in x:
        if (r := look(v)) is not None:
            s += r
        s += look(v * 0.8) or v
        s *= 1.5 if look(v) == None else look(v)
    return s


add(fell_through, (np.array([0.5, 0.7, 0.9]),), features="None of a function, walrus, or, ==")


def both_results_optional(x):
    def split(v):
        if v > 0.6:
            return v * v, None
        return None, v

    s = 0.0
    for v in x:
        a, b = split(v)
        if a is not None:
            s += a
        if b is not None:
            s += 3.0 * b * v
    return s


add(both_results_optional, (np.array([0.5, 0.7, 0.9]),), features="tuple with None in it")


def asked_in_other_ways(x):
    a = b = c = d = None
    for v in x:
        a = v * v if isinstance(a, type(None)) else a * v
        b = v if not b else b + v * v
        match c:
            case None:
                c = v
            case _:
                c = c * v + v
        if None == d:
            d = v
            continue
        d = d * v
    assert a is not None and d is not None
    return a * b + c * d


add(asked_in_other_ways, (positive(3),), features="None, isinstance, truth, match, ==, continue")


def searched_for(x):
    r, k = None, 0
    while r is None:
        if x[k] > 0.6:
            r = x[k] * x[0]
        k += 1
    return r * r


add(searched_for, (np.array([0.5, 0.7, 0.9]),), features="while something is None")


def given_up(x):
    found = None
    for v in x:
        if v > 0.6:
            found = v * x[0]
            break
    else:
        found = x[1]
    tmp = None
    for v in x:
        if tmp is not None:
            found = found * tmp
        tmp = v if v < 0.8 else None
    return found


add(given_up, (np.array([0.5, 0.7, 0.9]),), (np.array([0.5, 0.3, 0.1]),), features="None again, break, else")


def alias_or_none(x):
    a = x * 2.0
    b = c = None
    if x[0] > 0.3:
        b, c = a, a[1:]
    a[1] = x[0] * x[2]
    if b is not None:
        b[0] = x[1] * x[1]
        c[1] = c[0] * x[1]
    return a * a


add(
    alias_or_none,
    (np.array([0.5, 0.7, 0.9]),),
    (np.array([0.2, 0.7, 0.9]),),
    autograd=False,
    features="second name or None, view or None, write",
)


def chosen_function(x):
    act = None
    s = 0.0
    for v in x:
        s = s + (v if act is None else act(v))
        act = np.tanh if v > 0.6 else np.sin
    return s * x[0]


add(chosen_function, (np.array([0.5, 0.7, 0.9]),), features="None or a function")


def slots(x, n):
    values, rows = [None] * n, [None for _ in range(n)]
    for i in range(n):
        values[i] = x[i] * x[i - 1]
        rows[i] = x * values[i]
    return np.sum(np.stack(rows) * np.array(values)[:, None]) + sum(values)


add(slots, (draw(3), 3), features="list of None that is filled")


def remembered(x, places):
    known = [None] * len(x)
    s = 0.0
    for i in places:
        if known[i] is None:
            known[i] = x[i] * x[i]
        s = s + known[i] * x[i]
    return s


add(remembered, (draw(3), np.array([0, 1, 1, 0])), features="list of None, look-up by a number")


def rows_with_gaps(x):
    rows, picked = [], []
    s = 0.0
    for i in range(len(x)):
        row = x * x[i] if x[i] > 0.6 else None
        rows.append(row)
        picked.append((x[i], None) if x[i] > 0.6 else (x[i] * x[0], x[i]))
        if row is not None:
            s = s + np.sum(row * row * row)
    for k, row in enumerate(rows):
        s = s + (np.sum(row * row) if row is not None else x[k])
    for a, b in picked:
        s = s + (a if b is None else a * b)
    while len(rows) > 0:
        row = rows.pop()
        s = s * x[0] if row is None else s + row[0]
    return s


add(rows_with_gaps, (np.array([0.5, 0.7, 0.9]),), features="list with None in it")


def rows_without_gaps(x):
    rows = [v * v if v > 0.6 else None for v in x]
    return sum([row for row in rows if row is not None])


add(rows_without_gaps, (np.array([0.5, 0.7, 0.9]),), features="comprehension that leaves None out")


def slots_that_are_cleared(x):
    rows, values = [None] * len(x), [None] * len(x)
    for i in range(len(x)):
        rows[i] = x * x[i]
        values[i] = x[i] * x[0]
    rows[1] = values[0] = None
    s = 0.0
    for row, v in zip(rows, values, strict=True):
        if row is not None:
            s = s + np.sum(row * row)
        s = s * x[1] if v is None else s + v
    return s


add(slots_that_are_cleared, (draw(3),), features="items of a list become None again")
