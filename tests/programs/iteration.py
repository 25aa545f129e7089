"""Loops over arrays and sequences, and `while` loops, with each way of leaving them."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"
# ruff: noqa: B905

import math
from functools import partial

import numpy as np

from tests.programs.program import Program, draw, positive, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)


def loop_over_array(x):
    total = 0.0
    product = 1.0
    for v in x:
        total = total + v * v
        product = product * v
    return total * product


add(loop_over_array, (draw(4),), (draw(0),), holomorphic=True, features="for over array")


def loop_over_rows(x):
    state = np.zeros(3)
    for row in x:
        state = np.tanh(state + row * row[0])
    return state


add(loop_over_rows, (draw(4, 3),), (draw(0, 3),), holomorphic=True, features="for over rows")


def loop_over_array_indexed(x):
    total = 0.0
    for i in range(len(x)):
        if x[i] > 0.0:
            total += x[i] * x[i - 1]
        else:
            total += np.sin(x[i])
    return total


add(loop_over_array_indexed, (draw(5),), (draw(1),), holomorphic=True, features="for, integer index, len")


def loop_over_list_of_constants(x):
    y = x
    for c in [0.5, 1.5, -2.0]:
        y = y * c + x
    for k in (1, 2):
        y = y**k
    return y


add(loop_over_list_of_constants, (0.7,), holomorphic=True, features="for over list, tuple")


def loop_enumerate(x):
    total = 0.0
    for i, v in enumerate(x):
        total = total + v**i
    for k, w in enumerate(x[:2], start=1):
        total = total * w + k
    return total


add(loop_enumerate, (draw(4),), holomorphic=True, features="enumerate")


def loop_zip(x, y):
    total = 0.0
    for a, b in zip(x, y):
        total = total + a * b * total + a
    for i, (a, b) in enumerate(zip(x, y[1:])):
        total = total + a * b * i
    return total


add(loop_zip, (draw(4), draw(3)), (draw(0), draw(3)), holomorphic=True, features="zip, enumerate, unpacking")


def loop_reversed(x):
    y = 0.0
    for v in reversed(x):
        y = y * 0.7 + v
    for i in reversed(range(1, 8, 3)):
        y = y * i + x[0]
    return y


add(loop_reversed, (draw(4),), holomorphic=True, features="reversed")


def horner(coefficients, x):
    y = 0.0
    for c in coefficients[::-1]:
        y = y * x + c
    return y


add(horner, (draw(4), 0.8), (draw(1), 0.8), holomorphic=True, features="for over array")


def while_growth(x, limit):
    y = x
    while y < limit:
        y = y * y + x
    return y


add(while_growth, (1.3, 10.0), (1.3, 1.0), argnums=(0,), holomorphic=True, features="while, zero trips")


def while_counter(x, n):
    i = 0
    y = x
    while i < n:
        y = np.sin(y) + i * x
        i += 1
    return y * i


add(while_counter, (0.7, 4), (0.7, 0), argnums=(0,), holomorphic=True, features="while")


def while_else(x, limit):
    y = x
    steps = 0
    while y < limit:
        y = y * 1.7
        steps += 1
        if steps == 4:
            break
    else:
        y = y * x
    return y


add(while_else, (0.7, 2.0), (0.7, 50.0), (0.7, 0.1), argnums=(0,), holomorphic=True, features="while else")


def while_true(x):
    y = x
    while True:
        y = y * 0.6 + 0.1 * np.cos(y)
        if y < 0.5:
            return y * x
        if y > 100.0:
            break
    return y


add(while_true, (3.7,), (500.0,), holomorphic=True, features="while True, return, break")


def while_continue(x, n):
    i = 0
    y = x
    while i < n:
        i += 1
        if i % 2:
            continue
        y = y * x + i
    return y


add(while_continue, (0.7, 5), argnums=(0,), holomorphic=True, features="while, continue")


def while_tuple_test(x, y):
    n = 0
    while x > 0.1 and (y < 9.0 or n < 2) and not n > 20:
        x, y = x * 0.7, y + x * y
        n += 1
    return x * y + n


add(while_tuple_test, (1.7, 0.8), (0.05, 0.8), holomorphic=True, features="while, and, or, not")


def while_nested(x, n):
    i = 0
    y = x
    while i < n:
        j = i
        while j > 0:
            y = y * 0.9 + x * j
            j -= 1
        i += 1
    return y


add(while_nested, (0.7, 4), argnums=(0,), holomorphic=True, features="nested while")


def while_pops_list(x):
    stack = [x, x * x, np.sin(x)]
    total = 0.0
    while stack:
        v = stack.pop()
        total = total * v + v
    return total


add(while_pops_list, (0.7,), holomorphic=True, features="while, list pop")


def collatz_steps(x, n):
    y = x
    while n != 1:
        if n % 2 == 0:
            n //= 2
            y = y * 1.1
        else:
            n = 3 * n + 1
            y = np.cos(y) + x
    return y


add(collatz_steps, (0.7, 6), (0.7, 1), argnums=(0,), holomorphic=True, features="while, if, //=")


def newton_root(a):
    x = a
    for _ in range(50):
        step = (x * x - a) / (2.0 * x)
        x = x - step
        if abs(step) < 1e-13:
            break
    return x


add(newton_root, (2.0,), (0.3,), holomorphic=True, features="break, Newton")


def newton_while(a, x):
    error = 1.0
    while error > 1e-10:
        change = (x**3 + a * x - 1.0) / (3.0 * x * x + a)
        x = x - change
        error = math.fabs(change)
    return x


add(
    newton_while,
    (0.8, 1.0),
    (2.0, 0.1),
    argnums=(0,),
    autograd=False,
    features="while, Newton",
)


def scan_with_flag(x):
    found = False
    best = 0.0
    for v in x:
        if not found and v > 0.5:
            best = v * v
            found = True
    if found:
        return best
    return np.sum(x)


add(scan_with_flag, (np.array([0.2, 0.7, 0.9]),), (np.array([0.2, 0.1]),), holomorphic=True, features="flag")


def running_maximum(x):
    best = x[0]
    for v in x[1:]:
        best = max(best, v)
    worst = x[0]
    for v in x[1:]:
        if v < worst:
            worst = v
    return best * worst


add(running_maximum, (draw(5),), (draw(1),), holomorphic=True, features="max, if")


def loop_array_state(x, n):
    y = x
    for i in range(n):
        y = np.sin(y) * x[i % 3] + y[::-1]
    return y


add(loop_array_state, (draw(3), 4), (draw(3), 0), argnums=(0,), holomorphic=True, features="for, array state")


def loop_growing_array(x, n):
    y = x
    for _ in range(n):
        y = np.concatenate([y, y[-1:] * x[:1]])
    return np.sum(y * y)


add(loop_growing_array, (positive(2), 3), argnums=(0,), holomorphic=True, features="shape grows in loop")


def loop_state_kind_changes(x, n):
    total = 0
    for i in range(n):
        total = total + x * i
    return total


add(
    loop_state_kind_changes,
    (draw(3), 3),
    (0.7, 3),
    (np.array(0.5), 2),
    argnums=(0,),
    holomorphic=True,
    features="int becomes array in loop",
)


def ladder_of_returns(x, n):
    for i in range(n):
        if i == 2:
            if x > 0.0:
                return x * i
            for j in range(3):
                if j == 1:
                    return x * x * j
        x = x * 1.2
    else:
        return x - 1.0


add(
    ladder_of_returns,
    (0.7, 5),
    (-0.7, 5),
    (0.7, 2),
    argnums=(0,),
    holomorphic=True,
    features="return in nested loops, for else",
)


def ranges_from_the_end(x):
    n = len(x)
    y = np.zeros(n)
    for i in range(n)[::-1]:
        y[i] = x[i] + (0.5 * y[i + 1] if i + 1 < n else 0.0)
    for i in range(1, n)[:-1]:
        y[i] *= y[i - 1]
    for i in range(0, n, 2)[-2:]:
        y[i] += x[range(n)[-1]]
    for i in range(n - 9)[:7:-3]:
        y[i] -= 1e3
    for i in range(n, -2, -1)[1:4]:
        y[i % n] *= x[range(n)[int(x[0] > 9.0) - 1]]
    return y


add(ranges_from_the_end, (draw(6),), (draw(2),), autograd=False, features="items and slices of a range")


def heads_of_generators(q, k, v, x):
    query, key, value = (x @ w for w in (q, k, v))
    first, *others = (head[0] for head in (query, key, value))
    return query @ key.T @ value * first[0] + sum(others)[0]


add(
    heads_of_generators,
    (draw(3, 2), draw(3, 2, seed=1), draw(3, 2, seed=2), draw(4, 3)),
    features="unpacking of a generator",
)
