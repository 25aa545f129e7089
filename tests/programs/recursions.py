"""Functions that call themselves: what they write, what they read of outside, and what they give back."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"

from functools import partial

import numpy as np

from tests.programs.program import Program, draw, positive, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS, autograd=False)


def sort_between(a, low, high):
    if low < high:
        pivot, i = a[high], low
        for j in range(low, high):
            if a[j] < pivot:
                kept = a[i]
                a[i] = a[j]
                a[j] = kept
                i += 1
        kept = a[i]
        a[i] = a[high]
        a[high] = kept
        sort_between(a, low, i - 1)
        sort_between(a, i + 1, high)


def quicksort(x):
    a = x.copy()
    sort_between(a, 0, len(a) - 1)
    return a * a * np.arange(len(a))


add(quicksort, (draw(6),), (draw(1),), features="recursion, write, branches on values")


def transform(re, im):
    n = len(re)
    if n == 1:
        return
    even_re, even_im = re[::2].copy(), im[::2].copy()
    odd_re, odd_im = re[1::2].copy(), im[1::2].copy()
    transform(even_re, even_im)
    transform(odd_re, odd_im)
    angle = -2.0 * np.pi * np.arange(n // 2) / n
    c, s = np.cos(angle), np.sin(angle)
    t_re, t_im = c * odd_re - s * odd_im, c * odd_im + s * odd_re
    re[: n // 2], im[: n // 2] = even_re + t_re, even_im + t_im
    re[n // 2 :], im[n // 2 :] = even_re - t_re, even_im - t_im


def spectrum(x):
    re, im = x * 1.0, np.zeros(len(x))
    transform(re, im)
    return re**2 + im**2


add(spectrum, (draw(4),), features="recursion, write, two arrays")


def haar_in_place(a):
    n = len(a)
    if n == 1:
        return a
    h = n // 2
    haar_in_place(a[:h])
    second = haar_in_place(a[h:])
    second *= 2.0
    u, v = a[:h].copy(), a[h:].copy()
    a[:h] = u + v * v
    a[h:] = u - v
    return a


def haar(x):
    a = x.copy()
    b = haar_in_place(a)
    b[0] = b[1] * x[0]
    return a**2 * b


add(haar, (draw(4),), features="recursion, write, views, result that is the argument")


def merge_between(a, work, low, high):
    if high - low < 2:
        return
    middle = (low + high) // 2
    merge_between(a, work, low, middle)
    merge_between(a, work, middle, high)
    i, j = low, middle
    for k in range(low, high):
        if j >= high or (i < middle and a[i] <= a[j]):
            work[k] = a[i]
            i += 1
        else:
            work[k] = a[j]
            j += 1
    a[low:high] = work[low:high]


def mergesort(x):
    a = x.copy()
    merge_between(a, np.empty_like(a), 0, len(a))
    return a**3 * np.arange(len(a))


add(mergesort, (draw(5),), features="recursion, write, work array")


def alternate(a, b, k):
    if k == 0:
        return
    a[k] = b[k] * a[k - 1]
    alternate(b, a, k - 1)


def arrays_take_turns(x):
    a, b = x * 1.0, x * x
    alternate(a, b, len(x) - 1)
    return a * b


add(arrays_take_turns, (draw(4),), holomorphic=True, features="recursion, write, swapped arguments")


def halve_all(a, k):
    if k >= 0:
        a[k] *= 0.5 * a[0]
        halve_all(a, k - 1)


def halve_reversed_argument(a):
    halve_all(a[::-1], len(a) - 1)
    return a * a


add(halve_reversed_argument, (draw(3),), writes=True, features="recursion, write, argument, negative step")


def halve_one_of_two(x):
    a, b = x * 1.0, x * 2.0
    c = a if x[0] > 0.0 else b
    halve_all(c, len(x) - 1)
    return a * b


add(halve_one_of_two, (positive(3),), (-positive(3),), features="recursion, write, conditional alias")


def products_in_closure(x):
    out = np.zeros(len(x))

    def go(i):
        if i >= len(x):
            return
        out[i] = x[i] * (out[i - 1] if i > 0 else 1.0)
        go(i + 1)

    go(0)
    return out


add(products_in_closure, (draw(4),), features="recursion, write, closure")


def captured_arrays_change_between_calls(x):
    c = x * 1.0

    def power(k):
        return c[0] if k == 0 else power(k - 1) * c[1]

    first = power(2)
    c[0] = c[1] * 5.0
    second = power(2)
    c = x * x
    return first * second * power(1)


add(
    captured_arrays_change_between_calls,
    (draw(3),),
    holomorphic=True,
    features="recursion, closure, captured array written, captured name rebound",
)


def captured_numbers_change_between_calls(x, c):
    def power(k):
        return c if k == 0 else power(k - 1) * c

    first = power(2)
    c = x
    return first * power(2)


add(captured_numbers_change_between_calls, (0.7, 1.9), holomorphic=True, features="recursion, closure")


def counts_in_closure(x):
    s, calls = 0.0, 0

    def go(k):
        nonlocal s, calls
        calls += 1
        if k == 0:
            return
        s += x[k - 1] ** 2
        go(k - 1)
        s *= x[k - 1]

    go(len(x))
    return s * s * calls


add(counts_in_closure, (draw(3),), holomorphic=True, features="recursion, nonlocal")


def the_argument_itself(a, k):
    return a if k == 0 else the_argument_itself(a, k - 1)


def write_what_recursion_returns(x):
    a = x * 1.0
    b = the_argument_itself(a, 2)
    b[0] = 3.0 * x[1]
    return a * a * x


add(write_what_recursion_returns, (draw(3),), holomorphic=True, features="recursion, alias, write")


def flood_fill(x):
    grid = np.outer(x, x)

    def fill(i, j):
        if i < 0 or j < 0 or i >= grid.shape[0] or j >= grid.shape[1] or grid[i, j] < 0.2:
            return 0.0
        v = grid[i, j]
        grid[i, j] = 0.1 * v
        return v * v + fill(i + 1, j) + fill(i, j + 1) + fill(i - 1, j)

    return fill(0, 0) * np.sum(grid)


add(flood_fill, (positive(3),), features="recursion, write, closure, three calls")


def hanoi(x):
    pegs = x * 1.0

    def move(n, a, b, c):
        if n == 0:
            return
        move(n - 1, a, c, b)
        pegs[b] += pegs[a] * 0.5
        pegs[a] *= 0.5
        move(n - 1, c, b, a)

    move(3, 0, 1, 2)
    return pegs * pegs * x


add(hanoi, (draw(3),), holomorphic=True, features="recursion, write, closure, two calls")


def permanent(m):
    order = np.arange(3)
    total = np.zeros(1)

    def permute(k):
        if k == 3:
            total[0] += m[0, order[0]] * m[1, order[1]] * m[2, order[2]]
            return
        for i in range(k, 3):
            order[k], order[i] = order[i], order[k]
            permute(k + 1)
            order[k], order[i] = order[i], order[k]

    permute(0)
    return total[0]


add(permanent, (draw(3, 3),), features="recursion in a loop, write, integer array")


class Chain:
    def __init__(self, n):
        self.links = np.zeros(n)

    def fill(self, x, k):
        if k < len(self.links):
            self.links[k] = x[k] * (self.links[k - 1] if k > 0 else 1.0)
            self.fill(x, k + 1)


def recursion_on_an_object(x):
    chain = Chain(len(x))
    chain.fill(x, 0)
    return chain.links * x


add(recursion_on_an_object, (draw(4),), features="recursion, write, attribute")


def double_even(k, a):
    if k <= 0:
        return a
    a[k] = a[k] * 2.0 * a[0]
    return square_odd(k - 1, a)


def square_odd(k, a):
    if k <= 0:
        return a
    a[k] = a[k] ** 2
    return double_even(k - 1, a)


def even_and_odd(x):
    a = x * 1.0
    return double_even(len(a) - 1, a) * x


add(even_and_odd, (draw(4),), holomorphic=True, features="mutual recursion, write")


def power_of_anything(a, k):
    return 1.0 if k == 0 else a * power_of_anything(a, k - 1)


def one_recursion_for_many_ranks(x):
    m = power_of_anything(np.outer(x, x), 2)
    return power_of_anything(x[0], 2) * power_of_anything(x, 3) + np.sum(m)


add(one_recursion_for_many_ranks, (draw(3),), holomorphic=True, features="recursion, several ranks")


def write_the_captured_array_that_recursion_returns(x):
    a = x * 1.0

    def double(k):
        if k == 0:
            return a
        a[k] *= 2.0
        return double(k - 1)

    b = double(2)
    b[0] = b[1] * 5.0
    return a * a


add(
    write_the_captured_array_that_recursion_returns,
    (draw(3),),
    holomorphic=True,
    features="recursion, closure, alias, write",
)


def one_of_two_buffers(x):
    def smooth(source, target, k):
        if k == 0:
            return source
        target[1:] = source[:-1] * source[1:]
        target[0] = source[-1]
        return smooth(target, source, k - 1)

    a, b = x * 1.0, np.zeros_like(x)
    c = smooth(a, b, 3).copy()
    c[0] *= 2.0
    return a * 2.0 + b * x + c


add(one_of_two_buffers, (draw(3),), features="recursion, swapped arguments, write")
