"""Small programs at the corners of the language, each after a way in which derivatives have gone wrong."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef, operator"
# ruff: noqa: B002, B007, B020, B023, B905, RUF005, UP033

import functools
import logging
import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from tests.programs import calls
from tests.programs.program import Program, draw, positive, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)

LOG = logging.getLogger("tests.programs")
WEIGHTS = [0.5, 1.5, 2.5]


def signs_and_powers(x, y):
    a = -(x**2) + (-x) ** 2 * 3.0 + (-2.0) ** 2 * x - 2.0**2 * y + 2.0**-x
    b = (x**2) ** 3 - x ** (2**3) + x**-2 * (-1.5) ** 3
    return a * b + -x * -y - -(-y)


add(signs_and_powers, (0.7, 1.9), holomorphic=True, features="precedence of - and **")


def order_of_operations(x, y, z):
    a = (x - y) - z + (x - (y - z))
    b = x / (y / z) + (x / y) / z + x / y * z
    return a * (b - (a - b)) + (x + y) * z // 1.0 * 0.0 + (x % 5.0) ** (y * z)


add(order_of_operations, (0.7, 1.9, 1.3), autograd=False, features="associativity")


def zero_times_array(x):
    return 0 * x + x**0 + 0.0 * np.sum(x) + (x - x)


add(zero_times_array, (draw(2, 3),), holomorphic=True, features="0 * x keeps its shape")


def infinities(x):
    best, worst = np.inf, -math.inf
    for v in x:
        best = min(best, v)
        worst = max(worst, v)
    if best == float("inf") or worst != worst:
        return 0.0
    return best * worst


add(infinities, (draw(4),), holomorphic=True, features="infinity as a start")


def best_starts_as_none(x):
    best = None
    for v in x:
        if best is None or v * v > best:
            best = v * v
    return best + x[0]


add(best_starts_as_none, (draw(4),), (draw(1),), holomorphic=True, features="None becomes a number in a loop")


def flag_in_while_test(x):
    going = True
    y = x
    while going:
        y = y * 1.4 + 0.1
        going = y < 3.0
        x = x + 0.1 * y
    return x * y


add(flag_in_while_test, (0.7,), (5.0,), holomorphic=True, features="predicate overwritten, while")


def bound_rebound_in_body(x, n):
    y = x
    while n > 0:
        n = n - 2
        if n > 1:
            n = n - 1
        y = y * n + x
    return y + n


add(
    bound_rebound_in_body,
    (0.7, 7),
    (0.7, 0),
    argnums=(0,),
    holomorphic=True,
    features="while, rebound bound",
)


def range_from_changed_values(x, n):
    start, stop = 0, n
    y = x
    for i in range(start, stop):
        start, stop = stop, start
        y = y * x + start - stop + i
    return y * start


add(range_from_changed_values, (0.7, 3), argnums=(0,), holomorphic=True, features="rebound bound")


def index_array_changed_later(x, index):
    a = x[index]
    index = (index + 1) % 3
    b = x[index] * a
    index = index[::-1]
    return b * x[index]


add(
    index_array_changed_later,
    (draw(3), np.array([0, 0, 2])),
    argnums=(0,),
    holomorphic=True,
    features="rebound index array",
)


def loop_backwards_over_indices(x):
    y = 0.0
    for i in range(len(x) - 1, -1, -1):
        y = y * x[i] + x[-(i + 1)]
    for i in range(len(x) - 2, 0, -2):
        y = y + x[i] * x[i + 1] * x[i - 1]
    return y


add(
    loop_backwards_over_indices,
    (draw(5),),
    (draw(1),),
    holomorphic=True,
    features="reversed range, negative index",
)


def loop_over_linspace(x, n):
    total = 0.0
    for t in np.linspace(0.0, 1.0, n):
        total = total + np.sin(x * t) * t
    for t in np.arange(0.5, 2.0, 0.5):
        total = total * t + x
    return total


add(
    loop_over_linspace, (0.7, 4), (0.7, 0), argnums=(0,), holomorphic=True, features="for over inactive array"
)


def loop_over_transposed(x):
    total = 0.0
    for column in x.T:
        first, *others = column
        total = total * first + sum(others)
    for (a, b), c in zip([(1.0, 2.0), (x[0, 0], 3.0)], x[1]):
        total = total + a * b * c
    return total


add(
    loop_over_transposed,
    (draw(3, 2),),
    holomorphic=True,
    features="for over columns, starred and nested targets",
)


def builtins_on_arrays(x):
    rows = sum(x)
    return rows * max(x[0]) + min(x[1]) * abs(x[0]) + sum(list(x[0])) * len(x) + sum(tuple(x[:, 0]), 1.0)


add(builtins_on_arrays, (draw(2, 3),), features="sum, max, min, abs, len, list, tuple of arrays")


def products_of_pairs(x, y):
    total = sum(a * b for a in x for b in y if a > b)
    return total + sum(x[i] * y[j] for i in range(2) for j in range(i, 2))


add(products_of_pairs, (draw(3), draw(2)), holomorphic=True, features="generator with two loops and a test")


def lambdas_in_comprehension(x):
    late = [lambda z: z * k for k in range(3)]
    bound = [lambda z, k=k: z + k * x for k in range(3)]
    return late[0](x) * bound[1](x) + late[2](x) * bound[2](x)


add(lambdas_in_comprehension, (0.7,), holomorphic=True, features="late binding in a comprehension")


def lambdas_with_stars(x, y):
    total = lambda *terms, scale=1.0: scale * sum(terms)
    named = lambda **values: values["a"] * values["b"]
    return total(x, y, x * y) * named(a=x, b=y) + total(scale=x) + total(y, scale=y)


add(lambdas_with_stars, (0.7, 1.9), holomorphic=True, features="lambda *args, **kwargs")


def callee_chosen_by_expression(x):
    y = (np.sin if x > 0.0 else np.cos)(x)
    return (lambda z: z * z if z > 0.5 else z)(y) + {"f": np.tanh}["f"](y) + [abs, calls.square][1](y)


add(
    callee_chosen_by_expression,
    (0.7,),
    (-0.7,),
    holomorphic=True,
    features="callee is an expression, function of a module",
)


def functions_in_arguments(layers, x):
    for layer in layers:
        x = layer["activation"](x * layer["w"])
    return x


add(
    functions_in_arguments,
    ([{"w": 0.7, "activation": np.tanh}, {"w": 1.9, "activation": calls.square}], draw(2)),
    holomorphic=True,
    features="functions inside a parameter",
)


def accumulator_in_default(n, x, total=1.0):
    if n == 0:
        return total
    return accumulator_in_default(n - 1, x, total * x + n)


add(accumulator_in_default, (4, 0.7), argnums=(1,), holomorphic=True, features="recursion, default")


def unreachable_code(x):
    if x > 100.0:
        return x
        x = x * 5.0
    while True:
        x = x * 0.5
        if x < 1.0:
            return x * x
    return x * 7.0


add(unreachable_code, (0.7,), (3.0,), holomorphic=True, features="unreachable code, while True")


def bubble_sort(x):
    items = [v * 1.0 for v in x]
    for i in range(len(items)):
        for j in range(len(items) - 1 - i):
            if items[j] > items[j + 1]:
                items[j], items[j + 1] = items[j + 1], items[j]
    return items[0] * 2.0 + items[1] * items[2]


add(bubble_sort, (draw(3),), (draw(3, seed=5),), holomorphic=True, features="swap of list items in a loop")


def dict_filled_by_names(x, y):
    table = {}
    for k, name in enumerate(("a", "b", "c")):
        table[name] = x**k * y
    for name in ["a", "c"]:
        table[name] += table["b"]
    return table["a"] * table["c"]


add(dict_filled_by_names, (0.7, 1.9), holomorphic=True, features="dict filled in an unrolled loop")


def shared_inner_list(x):
    row = [x, 1.0]
    table = [row, row]
    table[0][1] = x * x
    other = [list(row), row[:]]
    other[0][0] = 5.0
    return table[1][1] * row[0] + other[0][1] * other[1][0]


add(shared_inner_list, (0.7,), holomorphic=True, features="aliased inner list, shallow copy")


def list_rebound_not_changed(x):
    items = [x, 2.0]
    same = items
    items = items + [x * x]
    same.append(3.0)
    return items[2] * len(items) + same[0] * same[2] + len(same)


add(list_rebound_not_changed, (0.7,), holomorphic=True, features="rebinding is not mutation")


def list_added_in_place(x):
    items = [x, 2.0]
    same = items
    items += [x * x]
    return same[2] * len(same)


add(list_added_in_place, (0.7,), holomorphic=True, features="list += is mutation")


def prints_active_values(x, a):
    print("x", x, a.shape)
    print(f"mean {np.mean(a):.3f}", a[0] > 0.0)
    LOG.debug("x is %s", x)
    return x * a


add(
    prints_active_values,
    (0.7, draw(2)),
    autograd=False,
    holomorphic=True,
    features="print and logging of active values",
)


@functools.lru_cache(maxsize=None)
def coefficients(n):
    return tuple(1.0 / (k + 1) for k in range(n))


def cached_helper(x, n):
    total = 0.0
    for c in coefficients(n):
        total = total * x + c
    return total


add(cached_helper, (0.7, 4), argnums=(0,), holomorphic=True, features="functools.lru_cache, inactive call")


def math_of_numpy_scalar(a):
    return math.exp(np.mean(a)) * a[0] + math.sqrt(a[1] * a[1] + 1.0) * math.pow(a[0], 2)


add(math_of_numpy_scalar, (draw(2),), autograd=False, features="math of NumPy scalar")


@dataclass
class Disc:
    """A dataclass that computes a field and caches nothing."""

    radius: Any
    height: Any = 2.0
    area: Any = None

    def __post_init__(self):
        if self.area is None:
            self.area = np.pi * self.radius**2

    @property
    def volume(self):
        return self.area * self.height


def dataclass_with_post_init(x, y):
    disc = Disc(x)
    disc.height = disc.height * y
    return disc.volume + Disc(y, x).volume * Disc(x, y, area=1.0).volume


add(dataclass_with_post_init, (0.7, 1.9), holomorphic=True, features="__post_init__, property")


def reads_global_list(x):
    total = 0.0
    for w in WEIGHTS:
        total = total * x + w
    return total * WEIGHTS[-1]


add(reads_global_list, (0.7,), holomorphic=True, features="global list")


def same_argument_twice(x):
    return calls.scaled(x, x, shift=x) * np.dot(x, x)


add(same_argument_twice, (0.7,), (draw(3),), holomorphic=True, features="one value in several places")


def argument_returned_in_container(x, y):
    return x, [y, x], {"y": y}


add(argument_returned_in_container, (draw(2), 1.9), holomorphic=True, features="result contains the argument")


def views_of_the_argument(x):
    return x.T, x[0], x.reshape(-1), np.ravel(x)[::2]


add(views_of_the_argument, (draw(2, 3),), holomorphic=True, features="result is a view of the argument")


def loop_keeps_first_and_last(x):
    first = last = None
    for k, v in enumerate(x):
        if k == 0:
            first = v * 2.0
        last = v * v
    return first * last


add(loop_keeps_first_and_last, (draw(4),), (draw(1),), holomorphic=True, features="defined in some iteration")


def branch_in_loop_defines(x, n):
    for i in range(n):
        if i == 0:
            y = x * x
        elif i == 2:
            y = y + x
        x = x + 0.5 * y
    return x


add(
    branch_in_loop_defines,
    (0.7, 4),
    argnums=(0,),
    holomorphic=True,
    features="defined in one branch only, loop",
)


def break_skips_else_and_rest(x):
    total = 0.0
    for v in x:
        if v > 1.0:
            total = total + 10.0 * v
            break
        total = total + v
        if v < -1.0:
            continue
        total = total * 1.1
    else:
        total = total * x[0]
    return total


add(
    break_skips_else_and_rest,
    (np.array([0.5, -1.2, 1.3, 0.7]),),
    (np.array([0.5, -1.2, 0.3, 0.7]),),
    (np.array([1.7]),),
    holomorphic=True,
    features="break, continue, for else",
)


def inner_loop_reuses_index(x, n):
    total = 0.0
    for i in range(n):
        for i in range(i):
            total = total + x * i
        total = total * x + i
    return total


add(inner_loop_reuses_index, (0.7, 4), argnums=(0,), holomorphic=True, features="nested loops with one index")


def comprehension_leaves_index(x, n):
    i = 7
    values = [x * i for i in range(n)]
    total = sum(values) * i
    for i in range(n):
        total = total + [i * v for v in values][i]
    return total * i


add(comprehension_leaves_index, (0.7, 3), argnums=(0,), holomorphic=True, features="comprehension scope")


def closure_over_loop_variable(x, n):
    def term(z):
        return z * i + y

    total = 0.0
    y = x
    for i in range(n):
        y = y * x
        total = total + term(x)
    return total


add(
    closure_over_loop_variable,
    (0.7, 4),
    argnums=(0,),
    holomorphic=True,
    features="late binding to loop state",
)


def deep_recursion(x, n):
    if n == 0:
        return x
    return np.sin(deep_recursion(x, n - 1)) + 0.1 * x


add(deep_recursion, (0.7, 40), argnums=(0,), holomorphic=True, features="recursion, saved values")


def long_loop(x):
    y = x
    for i in range(500):
        y = y + 0.01 * np.sin(y) * (1.0 - 2.0 * (i % 2))
    return y


add(long_loop, (0.7,), holomorphic=True, features="long loop")


def several_kinds_of_zero_trips(x, a):
    y = x
    for _ in range(0):
        y = y * 5.0
    for v in a[:0]:
        y = y * v
    for v in []:
        y = y * v
    while y != y:
        y = y * 2.0
    return y * x + np.sum(a[5:])


add(several_kinds_of_zero_trips, (0.7, draw(3)), holomorphic=True, features="zero trips")


def keyword_order(x, y):
    return calls.only_positional(x, z=y, y=2.0) if False else calls.scaled(shift=x, factor=y, x=x * y)


add(keyword_order, (0.7, 1.9), holomorphic=True, features="keyword call, constant test")


def broadcast_scalar_parameter(s, x):
    return np.sum(s + x) + np.sum(s * x[:, None] * x) + np.sum(np.where(x > 0.0, s, x * s))


add(
    broadcast_scalar_parameter,
    (0.7, draw(3)),
    autograd=False,
    holomorphic=True,
    features="un-broadcast to a number",
)


def divide_array_by_its_norm(x):
    return x / np.sqrt(np.sum(x**2, axis=-1, keepdims=True)) - x / np.max(np.abs(x), axis=0)


add(divide_array_by_its_norm, (positive(2, 3),), features="un-broadcast, /")


def helpers_as_names(spread, ratio, like):
    sign = np.abs(spread) + ratio
    unbroadcast = np.sort(spread * ratio) * np.linalg.norm(spread, axis=-1, keepdims=True)
    log_or_zero = sign**like + np.outer(unbroadcast, sign)
    zeros_of = [log_or_zero[0], sign * unbroadcast]
    return np.sum(zeros_of[0]) * zeros_of[1] + abs(ratio)


add(helpers_as_names, (positive(3), 0.7, positive(3, seed=1)), features="variables named like helpers")


def whole_numbers_on_one_path(x):
    k, n = 1, np.arange(3)
    if x[0] > 0.6:
        k, n = x[0], x
    a, b, c, n = np.full(3, k), np.array([k, k]), np.arange(3) * k, n * 2
    for array in (a, b, c, n):
        array[0] = x[1]
        array[1] = array[1] + x[2]
    a[:2] = b
    return a[0] * x + a[1] * c + n * np.full_like(n, x[2])


add(
    whole_numbers_on_one_path,
    (np.array([0.5, 0.7, 0.9]),),
    (np.array([0.7, 0.6, 0.9]),),
    autograd=False,
    float32=False,
    features="int on one path, writes that are cut off",
)


def number_of_either_kind(x):
    k = 7
    if x[0] > 0.6:
        k = 7.5
    s = 0
    for v in x[:-1]:
        s = s + v
    return (k // 2) * x[1] + (k % 2) * x[0] + x[1] ** k + s * s * k + np.sum(np.full(2, s))


add(
    number_of_either_kind,
    (np.array([0.5, 0.7, 0.9]),),
    (np.array([0.7, 0.6, 0.9]),),
    (np.array([0.7, 0.6])[:1].repeat(2),),
    float32=False,
    features="int on one path, sum that starts with an int",
)


def array_without_axes_becomes_a_number(x):
    s = np.array(1.0)
    for v in x:
        s = s * v
    t = np.ones(())
    for v in x:
        t = v - t * v
    return s + t


add(array_without_axes_becomes_a_number, (draw(3),), features="rank-0 array, number in a loop")


def sum_takes_the_place_of_an_array(x):
    b = x
    for _ in range(2):
        b = np.sum(b * x)
    return b


add(sum_takes_the_place_of_an_array, (draw(3),), features="array before a loop, number after it")


def numbers_of_branches_and_loops_in_constant_arrays(x):
    k, m = (x[1] if x[0] > 0.6 else x[2]), x[0]
    for _ in range(2):
        m = m * x[1]
    a = np.zeros(3) + k
    b = m - np.ones((2, 3))
    a[0] = x[1]
    return np.sum(a) + np.sum(np.arange(4.0) - k) + np.sum(b, axis=0) * np.prod(np.ones(2) + m)


add(
    numbers_of_branches_and_loops_in_constant_arrays,
    (np.array([0.5, 0.7, 0.9]),),
    (np.array([0.7, 0.6, 0.9]),),
    autograd=False,
    features="broadcasting of what a branch or a loop hands on",
)
