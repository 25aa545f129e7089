"""Loops over `range`: forwards, backwards, never, nested, left early, with every kind of carried value."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"
# ruff: noqa: B007, SIM108

from functools import partial

import numpy as np

from tests.programs.program import Program, draw, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)


def loop_sum(x, n):
    total = 0.0
    for i in range(n):
        total += x * i + np.sin(x)
    return total


add(loop_sum, (0.7, 5), (0.7, 1), (0.7, 0), argnums=(0,), holomorphic=True, features="for, zero trips")


def loop_product(x, n):
    y = 1.0
    for _ in range(n):
        y = y * x
    return y


add(loop_product, (-1.3, 4), (0.0, 3), (0.7, 0), argnums=(0,), holomorphic=True, features="for, zero trips")


def loop_nonlinear(x, n):
    y = x
    for i in range(n):
        y = np.sin(y) * (i + 1) + x * y
    return y


add(loop_nonlinear, (0.7, 6), (0.7, 0), argnums=(0,), holomorphic=True, features="for, saved values")


def loop_with_step(x, start, stop, step):
    y = x
    for i in range(start, stop, step):
        y = y * 0.5 + np.cos(x * i) * y
    return y


add(
    loop_with_step,
    (0.7, 0, 10, 3),
    (0.7, 10, 0, -3),
    (0.7, 7, -2, -4),
    (0.7, 5, 0, 2),
    (0.7, 1, 2, 10),
    (0.7, -5, 6, 4),
    argnums=(0,),
    holomorphic=True,
    features="range step that does not divide, reversed",
)


def loop_range_start(x, n):
    y = 1.0
    for i in range(2, n):
        y = y + x**i / i
    return y


add(
    loop_range_start,
    (0.7, 6),
    (0.7, 2),
    (0.7, -1),
    argnums=(0,),
    holomorphic=True,
    features="range(start, stop)",
)


def loop_rebinds_bound(x, n):
    y = x
    for i in range(n):
        n = n - 1
        y = y * x + n * i
    return y * n


add(loop_rebinds_bound, (0.7, 4), argnums=(0,), holomorphic=True, features="rebound bound")


def loop_rebinds_index(x, n):
    y = x
    for i in range(n):
        y = y * x + i
        i = i * 2 + 1
        y = y + np.sin(i * x)
    return y


add(loop_rebinds_index, (0.7, 4), argnums=(0,), holomorphic=True, features="rebound index")


def loop_index_afterwards(x, n):
    i = 10
    y = x
    for i in range(n):
        y = y * x + 1.0
    return y * i


add(loop_index_afterwards, (0.7, 4), (0.7, 0), argnums=(0,), holomorphic=True, features="index after loop")


def loop_uses_value_before(x, n):
    before = np.exp(x)
    y = x
    for i in range(n):
        y = y * before
        before = before * 0.5 + i
    after = y + before
    return after * x


add(loop_uses_value_before, (0.7, 4), (0.7, 0), argnums=(0,), holomorphic=True, features="value from before")


def loop_value_before_used_after(x, n):
    y = x * x
    z = y
    for _ in range(n):
        y = np.sin(y)
    return z * y + z


add(
    loop_value_before_used_after,
    (0.7, 3),
    (0.7, 0),
    argnums=(0,),
    holomorphic=True,
    features="value from before",
)


def loop_swaps(x, y, n):
    for _ in range(n):
        x, y = y, x * 0.5 + y
    return x * y


add(loop_swaps, (0.7, 1.3, 5), (0.7, 1.3, 0), argnums=(0, 1), holomorphic=True, features="swap, loop")


def loop_nested(x, n, m):
    y = 1.0
    for i in range(n):
        for j in range(i, m):
            y = y + x * j * np.sin(y)
        y = y * x
    return y


add(loop_nested, (0.3, 3, 4), (0.3, 3, 0), argnums=(0,), holomorphic=True, features="nested for")


def loop_nested_accumulators(x, n):
    total = 0.0
    for i in range(n):
        row = x
        for j in range(i):
            row = row * x + j
        total = total + row * row
    return total


add(loop_nested_accumulators, (0.3, 4), argnums=(0,), holomorphic=True, features="nested for, triangular")


def loop_with_branch(x, n):
    y = x
    for i in range(n):
        if i % 2 == 0:
            y = np.sin(y) + x
        elif i == 3:
            y = y * y
        else:
            y = y * x
    return y


add(loop_with_branch, (0.7, 6), argnums=(0,), holomorphic=True, features="for, if")


def loop_branch_on_value(x, n):
    y = x
    for _ in range(n):
        if y > 1.0:
            y = y * 0.4
        else:
            y = y + x * y
    return y * x


add(
    loop_branch_on_value,
    (0.7, 7),
    (1.9, 4),
    argnums=(0,),
    holomorphic=True,
    features="for, predicate on active value",
)


def loop_break(x, n):
    y = x
    for i in range(n):
        y = y * 1.5 + 0.1 * i
        if y > 4.0:
            break
        y = y + x
    return y * x


add(loop_break, (0.7, 10), (0.1, 3), (5.0, 4), (0.1, 0), argnums=(0,), holomorphic=True, features="break")


def loop_continue(x, n):
    y = x
    for i in range(n):
        if i % 3 == 1:
            continue
        y = y * x + i
        if y > 2.0:
            continue
        y = np.sin(y)
    return y


add(loop_continue, (0.7, 8), (1.4, 5), argnums=(0,), holomorphic=True, features="continue")


def loop_break_continue(x, values):
    total = x
    for v in values:
        if v < 0.0:
            continue
        if v > 2.0:
            break
        total = total * v + x
    return total


add(
    loop_break_continue,
    (0.7, np.array([0.5, -1.0, 1.5, 2.5, 9.0])),
    (0.7, np.array([0.5, 1.5])),
    (0.7, np.array([3.0])),
    holomorphic=True,
    features="break, continue, for over array",
)


def loop_return(x, n):
    y = x
    for i in range(n):
        y = y * y + 0.3
        if y > 2.0:
            return y * i
    return y - x


add(loop_return, (0.9, 10), (0.1, 4), (0.1, 0), argnums=(0,), holomorphic=True, features="return in loop")


def loop_nested_break(x, n):
    total = 0.0
    for i in range(n):
        y = x * (i + 1)
        for j in range(n):
            y = y * 1.3 + j
            if y > 3.0:
                break
            total = total + y
        else:
            total = total + 10.0 * x
        if total > 25.0:
            break
    return total * y


add(loop_nested_break, (0.3, 3), (1.3, 8), argnums=(0,), holomorphic=True, features="nested break, for else")


def loop_nested_return(x, n):
    total = x
    for i in range(n):
        for j in range(n):
            if i * j == 4:
                return total * x
            if j > i:
                continue
            total = total + x * j
        total = total * 1.1
    return total


add(loop_nested_return, (0.3, 5), (0.3, 2), argnums=(0,), holomorphic=True, features="return in nested loops")


def loop_else(x, n, limit):
    y = x
    for _ in range(n):
        y = y * 1.5
        if y > limit:
            y = y + x
            break
    else:
        y = y * x
    return y


add(
    loop_else,
    (0.7, 3, 2.0),
    (0.7, 3, 20.0),
    (0.7, 0, 2.0),
    argnums=(0,),
    holomorphic=True,
    features="for else",
)


def loop_else_without_break(x, n):
    y = x
    for i in range(n):
        y = y + i * x
    else:
        y = y * y
    return y


add(loop_else_without_break, (0.7, 3), (0.7, 0), argnums=(0,), holomorphic=True, features="for else")


def loop_unused(x, n):
    y = x * 2.0
    for i in range(n):
        z = i * y
        z = z + 1.0
    return y


add(loop_unused, (0.7, 3), argnums=(0,), holomorphic=True, features="dead loop")


def loop_overwrites_input(x, n):
    for _ in range(n):
        x = x * x - 0.5
    return x


add(loop_overwrites_input, (0.7, 5), (0.7, 0), argnums=(0,), holomorphic=True, features="rebound argument")


def loop_fresh_variable(x, n):
    y = 0.0
    for i in range(n):
        fresh = x**i
        y = y + fresh
    return y * fresh


add(loop_fresh_variable, (0.7, 3), argnums=(0,), holomorphic=True, features="defined in loop, used after")


def loop_carried_late(x, n):
    previous = x
    older = 0.0
    for i in range(n):
        current = previous * x + older
        older = previous
        previous = current
    return previous - older * x


add(loop_carried_late, (0.7, 5), argnums=(0,), holomorphic=True, features="recurrence")


def return_in_a_loop_of_unknown_type(x, n):
    factor = float.fromhex("0x1.8p1")
    for k in range(n):
        for _ in range(2):
            if np.sum(x) > 10.0:
                return x * factor
            x = x * factor
        if k == 2:
            break
    return x * x


add(
    return_in_a_loop_of_unknown_type,
    (draw(3, low=0.1), 4),
    (draw(3, low=0.001, high=0.01), 4),
    (0.7, 3),
    argnums=(0,),
    features="return in a nested loop, a number of unknown type",
)


def break_of_a_known_loop_after_a_return(x, y):
    for i in range(2):
        if x > 1.0:
            return y * i
    for k, e in enumerate([x, y, 2.0 * x]):
        if k * y > 0.5:
            y = y * e
        elif e > 0.5:
            break
    return x * y


add(
    break_of_a_known_loop_after_a_return,
    (1.2, 0.7),
    (0.7, 0.3),
    (0.2, 0.3),
    features="break of an unrolled loop, early return",
)


def loop_invariant(x, w, n):
    y = x
    for i in range(n):
        scale = np.exp(-(w**2)) / (1.0 + w**2)
        for _ in range(n):
            y = y * scale + np.sum(np.sin(w)) * x[i]
    return y


add(
    loop_invariant,
    (draw(3), draw(3), 2),
    (draw(3), draw(3), 0),
    (draw(3), 0.4, 2),
    argnums=(0, 1),
    holomorphic=True,
    features="invariants of nested loops",
)


def loop_invariant_branch(x, w, n, squared):
    y = 0.0
    for i in range(n):
        if squared:
            v = w * w
        else:
            v = np.cos(w)
        if i > 0:
            y = y + np.sum(v * x) * i
    return y


add(
    loop_invariant_branch,
    (draw(3), draw(3), 3, True),
    (draw(3), draw(3), 3, False),
    (draw(3), draw(3), 0, True),
    argnums=(0, 1),
    holomorphic=True,
    features="an invariant branch",
)


def loop_invariant_last(x, w, n):
    v = x
    for _ in range(n):
        u = np.tanh(w)
        x = x * u
        v = u * u
    return np.sum(x) + np.sum(v * v)


add(
    loop_invariant_last,
    (draw(3), draw(3), 2),
    (draw(3), draw(3), 0),
    argnums=(0, 1),
    holomorphic=True,
    features="a loop variable that is invariant but at first",
)


def while_invariant(x, w):
    y = x
    while np.sum(y * y) < 10.0 + np.sum(np.exp(w)):
        y = y * (1.5 + np.cos(w) ** 2)
    return np.sum(y)


add(
    while_invariant,
    (draw(3, low=0.5), draw(3)),
    (draw(3, low=50.0, high=60.0), draw(3)),
    features="invariants of a while loop",
)


def loop_reads_of_one_path(x, n, c):
    if c > 0.0:
        w = x * x
    s = 0.0
    for i in range(n):
        if c > 0.0:
            s = s + np.sum(w * x[i])
    return s + np.sum(x)


add(
    loop_reads_of_one_path,
    (draw(3), 2, 1.0),
    (draw(3), 2, -1.0),
    argnums=(0,),
    holomorphic=True,
    features="a loop reads what only one path assigns",
)
