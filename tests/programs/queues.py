"""Lists that shrink and are put in order, queues, heaps, iterators and tuples that grow in a loop."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated"
# ruff: noqa: B007, B905, F841, RUF005, SIM108

import bisect
import heapq
from collections import deque
from functools import partial
from heapq import heappop, heappush

import numpy as np

from tests.programs.program import Program, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS, autograd=False)

SAMPLE = np.array([0.7, -0.3, 1.2, 0.4, -0.8, 0.55])


class Box:
    """An object with a list."""

    def __init__(self, h):
        self.h = h


def windowed(x, n):
    q = deque(maxlen=n)
    s = 0.0
    for v in x:
        q.append(v)
        if len(q) == q.maxlen:
            s += max(q) * min(q) + sum(q) / len(q)
    return s


def window_by_pop(x):
    w = []
    s = 0.0
    for v in x:
        w.append(v)
        if len(w) > 3:
            w.pop(0)
        s += sum(w) ** 2 / len(w)
    return s


add(window_by_pop, (SAMPLE,), features="pop(0), window")


def window_by_del(x):
    w = []
    s = 0.0
    for v in x:
        w.append(v)
        if len(w) > 3:
            del w[0]
        s += sum(w) ** 2
    return s


add(window_by_del, (SAMPLE,), features="del items[0], window")


def window_by_slice(x):
    w = []
    s = 0.0
    for v in x:
        w.append(v * v)
        s += sum(w[-3:]) ** 2
    return s


add(window_by_slice, (SAMPLE,), features="items[-3:]")


def window_made_anew(x):
    w = []
    s = 0.0
    for v in x:
        w = w[-2:] + [v * v]
        s += sum(w) ** 2
    return s


add(window_made_anew, (SAMPLE,), features="items[-2:] + [v], list rebound in a loop")


def batches_made_anew(x):
    b = []
    s = 0.0
    for v in x:
        b.append(v * v)
        if len(b) == 3:
            s += sum(b) ** 2
            b = []
    return s + sum(b)


add(batches_made_anew, (SAMPLE,), features="list rebound in a branch")


def batches_cleared(x):
    b = []
    s = 0.0
    for v in x:
        b.append(v * v)
        if len(b) == 3:
            s += sum(b) ** 2
            b.clear()
    return s + sum(b)


add(batches_cleared, (SAMPLE,), features="clear")


def queue_of_pairs(x):
    q = [(0, x[0])]
    s = 0.0
    while q:
        i, v = q.pop(0)
        s += v * v
        if 2 * i + 1 < len(x):
            q.append((2 * i + 1, v * x[2 * i + 1]))
        if 2 * i + 2 < len(x):
            q.append((2 * i + 2, v + x[2 * i + 2]))
    return s


add(queue_of_pairs, (SAMPLE,), features="pop(0) of tuples, queue")


def insertion_sort(x):
    h = []
    for v in x:
        k = 0
        while k < len(h) and h[k] < v:
            k += 1
        h.insert(k, v)
    s = 0.0
    for k in range(len(h)):
        s += (k + 1) * h[k] ** 2
    return s


add(insertion_sort, (SAMPLE,), features="insert at a run-time place")


def popped_from_the_middle(x):
    h = [v * v for v in x]
    s = 0.0
    n = len(x)
    k = 0
    while len(h) > 1:
        a = h.pop(len(h) // 2)
        s += (k + 1) * a * h[0]
        k += 1
    return s


add(popped_from_the_middle, (SAMPLE,), features="pop(i)")


def smallest_first(x):
    h = []
    for v in x:
        h.append(v * v)
    s = 0.0
    k = 1
    while h:
        j = 0
        for i in range(len(h)):
            if h[i] < h[j]:
                j = i
        s += k * h.pop(j) ** 2
        k += 1
    return s


add(smallest_first, (SAMPLE,), features="pop(i) in while")


def smallest_deleted(x):
    h = []
    for v in x:
        h.append(v * v)
    s = 0.0
    k = 1
    while len(h) > 0:
        j = int(np.argmin(h))
        s += k * h[j]
        del h[j]
        k += 1
    return s


add(smallest_deleted, (SAMPLE,), features="del items[i], argmin of a list")


def sorted_in_place_by_key(x):
    h = []
    for v in x:
        h.append(v)
    h.sort(key=lambda v: -abs(v))
    s = 0.0
    for k, v in enumerate(h):
        s += k * v * v
    return s


add(sorted_in_place_by_key, (SAMPLE,), features="sort(key=)")


def sorted_in_place_backwards(x):
    h = []
    for v in x:
        h.append(v)
    h.sort(reverse=True)
    s = 0.0
    for k, v in enumerate(h):
        s += k * v * v
    return s


add(sorted_in_place_backwards, (SAMPLE,), features="sort(reverse=)")


def pairs_sorted(x):
    h = []
    for i in range(len(x)):
        h.append((x[i] * x[i], i))
    h.sort()
    s = 0.0
    for k, (v, i) in enumerate(h):
        s += k * v * (i + 1)
    return s


add(pairs_sorted, (SAMPLE,), features="sort of tuples")


def pairs_sorted_by_key(x):
    h = []
    for i in range(len(x)):
        h.append((i, x[i] * x[i]))
    h = sorted(h, key=lambda t: t[1])
    s = 0.0
    for k, (i, v) in enumerate(h):
        s += k * v * (i + 1)
    return s


add(pairs_sorted_by_key, (SAMPLE,), features="sorted(key=)")


def running_median(x):
    w = []
    s = 0.0
    for v in x:
        w.append(v)
        if len(w) > 3:
            w.pop(0)
        s += sorted(w)[len(w) // 2] ** 2
    return s


add(running_median, (SAMPLE,), features="sorted of a window")


def cheapest_merges(x):
    h = []
    for v in x:
        h.append(v * v)
    cost = 0.0
    while len(h) > 1:
        h.sort()
        a = h.pop(0)
        b = h.pop(0)
        cost += (a + b) ** 2
        h.append(a + b)
    return cost


add(cheapest_merges, (SAMPLE,), features="sort and pop(0) in while")


def equal_lists(x):
    a = []
    b = []
    for v in x:
        a.append(v)
        b.append(v * 1.0)
    if a == b:
        return sum(a) ** 2
    return 0.0 * a[0]


add(equal_lists, (SAMPLE,), features="== of lists")


def indices_removed(x):
    idx = list(range(len(x)))
    s = 0.0
    while idx:
        j = idx[len(idx) // 2]
        s += (len(idx)) * x[j] ** 2
        idx.remove(j)
    return s


add(indices_removed, (SAMPLE,), features="remove, while over a list")


def known_indices(x):
    h = []
    for k in range(len(x)):
        if x[k] > 0:
            h.append(k)
    s = 0.0
    for k in range(len(x)):
        if k in h:
            s += x[k] ** 2
    return s


add(known_indices, (SAMPLE,), features="in a run-time list")


def place_of_the_largest(x):
    h = []
    for v in x:
        h.append(v * v)
    k = h.index(max(h))
    return h[k] * h[0]


add(place_of_the_largest, (SAMPLE,), features="index")


def knots_inserted(x):
    t = [v for v in np.cumsum(x**2 + 0.1)]
    k = 0
    while k < len(t) - 1:
        if t[k + 1] - t[k] > 0.5:
            t.insert(k + 1, 0.5 * (t[k] + t[k + 1]))
        else:
            k += 1
    s = 0.0
    for k, v in enumerate(t):
        s += (k + 1) * v * v
    return s


add(knots_inserted, (SAMPLE,), features="insert in while")


def corner_cutting(x):
    p = list(x)
    for it in range(2):
        q = []
        for i in range(len(p) - 1):
            q.append(0.75 * p[i] + 0.25 * p[i + 1])
            q.append(0.25 * p[i] + 0.75 * p[i + 1])
        p = q
    return sum(v * v for v in p)


add(corner_cutting, (SAMPLE,), features="list rebound to another one")


def lists_joined(x):
    a = []
    b = []
    for v in x:
        a.append(v)
        b.append(v * v)
    c = a + b
    s = 0.0
    for k, v in enumerate(c):
        s += k * v * v
    return s


add(lists_joined, (SAMPLE,), features="list + list of run-time length")


def list_grown_by_addition(x):
    c = []
    for v in x:
        c = c + [v, v * v]
    s = 0.0
    for k, v in enumerate(c):
        s += k * v * v
    return s


add(list_grown_by_addition, (SAMPLE,), features="list + display in a loop")


def limited_memory_directions(x):
    S = []
    Y = []
    y = x.copy()

    def g(z):
        return z**3 + z

    for k in range(4):
        q = g(y)
        alphas = []
        for s_, y_ in zip(reversed(S), reversed(Y)):
            a = (s_ @ q) / (y_ @ s_)
            alphas.append(a)
            q = q - a * y_
        for s_, y_, a in zip(S, Y, reversed(alphas)):
            b = (y_ @ q) / (y_ @ s_)
            q = q + s_ * (a - b)
        new = y - 0.1 * q
        S.append(new - y)
        Y.append(g(new) - g(y))
        if len(S) > 2:
            S.pop(0)
            Y.pop(0)
        y = new
    return np.sum(y**2)


add(limited_memory_directions, (SAMPLE,), features="history of arrays, pop(0)")


def last_two_iterates(x):
    G = []
    F = []
    y = x.copy()
    for k in range(4):
        gy = np.cos(y)
        F.append(gy - y)
        G.append(gy)
        if len(F) > 2:
            F = F[-2:]
            G = G[-2:]
        y = 0.5 * (G[0] + G[-1]) + 0.1 * F[0]
    return np.sum(y**2)


add(last_two_iterates, (SAMPLE,), features="history of arrays, slices")


def delay_line(x):
    buf = [0.0] * 3
    s = 0.0
    for v in x:
        d = buf.pop(0)
        y = v + 0.5 * d
        buf.append(y)
        s += y * y
    return s


add(delay_line, (SAMPLE,), features="pop(0) of a list of known length")


def inserted_past_the_end(x):
    h = []
    for v in x:
        h.insert(100, v)
    s = 0.0
    for k, v in enumerate(h):
        s += (k + 1) * v * v
    return s


add(inserted_past_the_end, (SAMPLE,), features="insert beyond the end")


def inserted_from_the_end(x):
    h = []
    for v in x:
        h.append(v * v)
    h.insert(-1, x[0] * x[1])
    s = 0.0
    for k, v in enumerate(h):
        s += (k + 1) * v * v
    return s


add(inserted_from_the_end, (SAMPLE,), features="insert(-1)")


def popped_from_the_end(x):
    h = []
    for v in x:
        h.append(v * v)
    a = h.pop(-2)
    return sum(h) * a


add(popped_from_the_end, (SAMPLE,), features="pop(-2)")


def tuple_grown(x):
    t = (x[0],)
    for i in range(1, len(x)):
        t = t + (t[-1] * x[i] + 1.0,)
    return sum(t)


add(tuple_grown, (SAMPLE,), features="t + (v,) in a loop")


def tuple_grown_in_place(x):
    t = ()
    s = 0.0
    for v in x:
        s += v * v
        t += (s,)
    return t[-1] * t[0] + len(t)


add(tuple_grown_in_place, (SAMPLE,), features="t += (v,)")


def tuple_of_star(x):
    t = ()
    i = 0
    while i < len(x):
        t = (*t, x[i] ** 2)
        i += 1
    return np.sum(np.array(t) ** 2)


add(tuple_of_star, (SAMPLE,), features="(*t, v) in while")


def places_of_a_matrix(x):
    A = np.outer(x, x)
    i, j = np.nonzero(A > 0.1)
    return np.sum(A[i, j] ** 2)


add(places_of_a_matrix, (SAMPLE,), features="np.nonzero of two axes")


def places_where(x):
    A = np.outer(x, x)
    i, j = np.where(A > 0.1)
    return np.sum(A[i, j] ** 2)


add(places_where, (SAMPLE,), features="np.where of one argument")


def stiffness_with_free_nodes(x):
    n = len(x)
    K = np.zeros((n + 1, n + 1))
    for e in range(n):
        k = 1.0 + x[e] ** 2
        K[e : e + 2, e : e + 2] += k * np.array([[1.0, -1.0], [-1.0, 1.0]])
    f = np.arange(1, n)
    b = np.ones(n + 1)
    u = np.zeros(n + 1)
    u[f] = np.linalg.solve(K[np.ix_(f, f)], b[f])
    return np.sum(u**2)


add(stiffness_with_free_nodes, (SAMPLE,), features="np.ix_, np.linalg.solve")


def free_nodes_left_over(x):
    n = len(x)
    K = np.zeros((n + 1, n + 1))
    for e in range(n):
        dofs = [e, e + 1]
        K[np.ix_(dofs, dofs)] += (1.0 + x[e] ** 2) * np.array([[1.0, -1.0], [-1.0, 1.0]])
    free = np.setdiff1d(np.arange(n + 1), [0, n])
    b = np.ones(n + 1)
    u = np.linalg.solve(K[np.ix_(free, free)], b[free])
    return b[free] @ u


add(free_nodes_left_over, (SAMPLE,), features="np.setdiff1d, np.ix_")


def displacements_given(x):
    n = len(x)
    K = np.zeros((n + 1, n + 1))
    for e in range(n):
        K[e : e + 2, e : e + 2] += (1.0 + x[e] ** 2) * np.array([[1.0, -1.0], [-1.0, 1.0]])
    fixed = [0, n]
    free = [i for i in range(n + 1) if i not in fixed]
    u = np.zeros(n + 1)
    u[n] = x[0]
    rhs = np.ones(n + 1) - K @ u
    u[free] = np.linalg.solve(K[np.ix_(free, free)], rhs[free])
    return u @ K @ u


add(displacements_given, (SAMPLE,), features="np.ix_ of a list")


def active_set_from_a_list(x):
    A = np.outer(x, x) + 3.0 * np.eye(len(x))
    P = []
    for i in range(len(x)):
        if x[i] > 0:
            P.append(i)
    z = np.linalg.solve(A[np.ix_(P, P)], x[P])
    return np.sum(z**2)


add(active_set_from_a_list, (SAMPLE,), features="np.ix_, list as an index")


def neighbours_by_hand(x):
    it = iter(x)
    a = next(it)
    s = a * a
    for v in it:
        s += a * v
        a = v
    return s


add(neighbours_by_hand, (SAMPLE,), features="next(iter)")


def first_that_is_large(x):
    return next((v for v in x if v > 1.0), 0.0) ** 2


add(first_that_is_large, (SAMPLE,), features="next of a generator with a default")


def two_names_of_a_list(x):
    h = []
    b = h
    for v in x:
        h.insert(0, v)
    return sum(b) * b[0] + len(b)


add(two_names_of_a_list, (SAMPLE,), features="aliases, insert")


def popped_under_another_name(x):
    h = [v * v for v in x]
    b = h
    s = 0.0
    while len(b) > 2:
        s += h.pop(0) * b[-1]
    return s * sum(b)


add(popped_under_another_name, (SAMPLE,), features="aliases, pop(0)")


def function_that_pops(x):
    def take(q, j):
        return q.pop(j)

    h = [v * v for v in x]
    s = take(h, 0) * take(h, -1) + take(h, 1)
    return s + sum(h) * h[0]


add(function_that_pops, (SAMPLE,), features="aliases, calls")


def sorted_under_another_name(x):
    h = [v * v for v in x]
    b = h
    h.sort()
    c = sorted(b, reverse=True)
    return sum(k * v for k, v in enumerate(b)) + 3 * c[0] * b[0]


add(sorted_under_another_name, (SAMPLE,), features="aliases, sort")


def reversed_while_iterated(x):
    h = [v * v for v in x]
    s = 0.0
    for k, v in enumerate(h):
        s += k * v
        h.reverse()
    return s + h[0]


add(reversed_while_iterated, (SAMPLE,), features="reverse in a loop over the list")


def sorted_while_iterated(x):
    h = [v for v in x]
    s = 0.0
    for k, v in enumerate(h):
        s += (k + 1) * v * v
        if k == 2:
            h.sort()
    return s + h[0]


add(sorted_while_iterated, (SAMPLE,), features="sort in a loop over the list")


def histories_kept(x):
    hist = []
    cur = []
    for v in x:
        cur.append(v)
        hist.append(cur)
        cur = list(cur)
    return sum(sum(c) * len(c) for c in hist)


add(histories_kept, (SAMPLE,), features="list of lists")


def popped_array_written(x):
    h = []
    for k in range(4):
        h.append(x * (k + 1))
    a = h.pop(1)
    a[0] = 0.0
    b = h[1]
    return np.sum(a * a) + sum(np.sum(c**3) for c in h) + b[0]


add(popped_array_written, (SAMPLE,), features="pop of arrays, writes")


def one_array_many_times(x):
    a = x * 2
    h = []
    for k in range(4):
        h.insert(0, a)
    b = h.pop(2)
    b[0] = 3.0
    return sum(np.sum(c * c) for c in h)


add(one_array_many_times, (SAMPLE,), features="aliases of arrays in a list")


def part_that_shares_arrays(x):
    h = []
    for k in range(4):
        h.append(x * (k + 1))
    g = h[1:]
    g[0][0] = 7.0
    return sum(np.sum(c * c) for c in h) + sum(np.sum(c) for c in g)


add(part_that_shares_arrays, (SAMPLE,), features="slices, aliases of arrays")


def inserted_in_branches(x):
    h = []
    for v in x:
        if v > 0:
            h.insert(0, v * v)
        else:
            h.append(3.0 * v)
    return sum((k + 1) * v * v for k, v in enumerate(h))


add(inserted_in_branches, (SAMPLE,), features="insert, append")


def batches_kept(x):
    h = []
    out = []
    for v in x:
        h.append(v * v)
        if len(h) == 3:
            out.append(h)
            h = []
    return sum(h) + sum(sum(o) ** 2 for o in out)


add(batches_kept, (SAMPLE,), features="list rebound in a branch, list of lists")


def window_in_a_dictionary(x):
    d = {"h": []}
    for v in x:
        d["h"].append(v * v)
        if len(d["h"]) > 2:
            d["h"] = d["h"][1:]
    return sum(d["h"]) ** 2


add(window_in_a_dictionary, (SAMPLE,), features="list rebound in a dictionary")


def buffers_swapped(x):
    a = [x[0]]
    b = [x[1]]
    for v in x:
        a.append(v * v)
        a, b = b, a
    return sum(a) * 2 + sum(b) * 3


add(buffers_swapped, (SAMPLE,), features="swap of lists")


def generations(x):
    cur = [v for v in x]
    for k in range(3):
        nxt = []
        for i in range(len(cur)):
            nxt.append(cur[i] * cur[i - 1] + 0.1)
        cur = nxt
    return sum(cur)


add(generations, (SAMPLE,), features="list rebound to a dead one")


def rows_inserted(x):
    rows = []
    for i in range(3):
        row = []
        for j in range(2):
            row.insert(0, x[2 * i + j] ** 2)
        rows.insert(0, row)
    rows.pop(1)
    return sum(r[0] * r[1] for r in rows)


add(rows_inserted, (SAMPLE,), features="list of lists, insert")


def places_without_value(x):
    h = []
    for v in x:
        h.insert(0, v * v if v > 0 else None)
    h.pop(1)
    h.reverse()
    s = 0.0
    for k, v in enumerate(h):
        if v is not None:
            s += k * v
    return s


add(places_without_value, (SAMPLE,), features="None in a list, pop(i)")


def none_inserted(x):
    h = []
    for v in x:
        h.append(v)
    h.insert(0, None)
    h.insert(len(h), None)
    s = 0.0
    for k in range(len(h)):
        v = h[k]
        if v is not None:
            s += k * v * v
    return s


add(none_inserted, (SAMPLE,), features="None in a list, insert")


def integers_between(x):
    h = []
    for v in x:
        h.append(0)
        h.insert(1, v)
    return sum((k + 1) * v * v for k, v in enumerate(h))


add(integers_between, (SAMPLE,), features="insert of floats among integers")


def sorted_by_two_keys(x):
    h = []
    for k in range(len(x)):
        h.append((k, x[k]))
    h.sort(key=lambda t: (t[0] % 2, -t[1]))
    return sum((k + 1) * t[1] ** 2 for k, t in enumerate(h))


add(sorted_by_two_keys, (SAMPLE,), features="sort by a tuple")


def three_sorted(x):
    a, b, c = sorted([x[0], x[1] * x[2], x[3]])
    return a + 2 * b * c


add(three_sorted, (SAMPLE,), features="sorted, unpacking")


def order_of_places(x):
    order = sorted(range(len(x)), key=lambda i: x[i])
    s = 0.0
    for k, i in enumerate(order):
        s += (k + 1) * x[i] ** 2
    return s


add(order_of_places, (SAMPLE,), features="sorted(range, key=)")


def ends_deleted(x):
    h = [v for v in x]
    for k in range(3):
        if h[0] > 0.5:
            del h[0]
        else:
            del h[-1]
    return sum((k + 1) * v * v for k, v in enumerate(h))


add(ends_deleted, (SAMPLE,), features="del in branches")


def places_of_either_sign(x):
    h = [v for v in x]
    s = 0.0
    for k in range(3):
        j = k - 2
        s += h.pop(j) * (k + 1) * h[0]
        h.insert(j, x[0] * x[1])
    return s + sum((k + 1) * v for k, v in enumerate(h))


add(places_of_either_sign, (SAMPLE,), features="pop and insert at run-time places")


def places_out_of_range(x):
    h = [v for v in x]
    for k in range(4):
        h.insert(3 * k - 9, x[k] ** 2)
        h.insert(5 * k, x[k] ** 3)
    return sum((k + 1) * v for k, v in enumerate(h))


add(places_out_of_range, (SAMPLE,), features="insert beyond both ends")


def comparisons_of_lists(x):
    a = []
    b = []
    for v in x:
        a.append(v)
        b.append(v)
    b.reverse()
    s = 0.0
    if a == b:
        s += sum(a)
    b.reverse()
    if a == b:
        s += 2 * sum(a)
    if a != b[:-1]:
        s += 3 * a[0] ** 2
    if a == []:
        s += 100 * a[1]
    b.clear()
    if b == []:
        s += 5 * a[2] ** 2
    if b == a[:0]:
        s += 7 * a[3] ** 2
    if b != []:
        s += 1000 * a[0]
    return s


add(comparisons_of_lists, (SAMPLE,), features="== and != of lists, clear")


def dictionary_of_a_window(x):
    d = {"h": [x[0], x[1]]}
    for v in x:
        d["h"].append(v * v)
        d["h"] = d["h"][1:]
    return sum(d["h"]) ** 2


add(dictionary_of_a_window, (SAMPLE,), features="list changed and rebound in a dictionary")


def attribute_of_a_window(x):
    b = Box([x[0], x[1]])
    for v in x:
        b.h.append(v * v)
        b.h = b.h[1:]
    return sum(b.h) ** 2


add(attribute_of_a_window, (SAMPLE,), features="list changed and rebound in an object")


def changed_and_restored(x):
    h = [x[0], x[1]]
    s = 0.0
    for v in x:
        g = h.copy()
        h.append(v * v)
        s += sum(h)
        h = g
    return s * sum(h)


add(changed_and_restored, (SAMPLE,), features="list rebound to a copy")


def chain_of_lists(x):
    hist = []
    cur = [0.0]
    for v in x:
        nxt = cur + [v]
        hist.append(nxt)
        cur = nxt
    return sum(sum(c) * len(c) for c in hist)


add(chain_of_lists, (SAMPLE,), features="list of lists that go on")


def pairs_by_hand(x):
    it = iter(x)
    s = next(it)
    k = 1
    while k < len(x):
        v = next(it)
        s = s * v + v
        k += 1
    return s


add(pairs_by_hand, (SAMPLE,), features="next in while")


def taken_when_positive(x):
    it = iter(x)
    s = 0.0
    for k in range(4):
        if x[k] > 0:
            s += (k + 1) * next(it) ** 2
    return s + next(it)


add(taken_when_positive, (SAMPLE,), features="next in branches")


def rest_of_an_iterator(x):
    it = iter(x)
    a = next(it)
    b = next(it)
    s = a * b
    for v in it:
        s += a * v
        a = v
    return s


add(rest_of_an_iterator, (SAMPLE,), features="next before a loop")


def iterator_run_out(x):
    it = iter(x)
    s = 0.0
    for k in range(10):
        s += (k + 1) * next(it, 1.0) ** 2
    return s


add(iterator_run_out, (SAMPLE,), features="next with a default")


def window_of_a_deque(x):
    return windowed(x, 3)


add(window_of_a_deque, (SAMPLE,), features="deque(maxlen=)")


def deque_of_arrays(x):
    q = deque(maxlen=2)
    y = x.copy()
    s = 0.0
    for k in range(4):
        y = np.sin(y) + 0.1 * k
        q.append(y)
        s += np.sum(q[0] * q[-1])
    return s


add(deque_of_arrays, (SAMPLE,), features="deque of arrays")


def deque_methods(x):
    q = deque([x[0], x[1], x[2]])
    q[1] = x[3] * q[0]
    del q[0]
    q.extendleft([x[4], x[5]])
    q.rotate(-1)
    q.reverse()
    return sum((k + 1) * v * v for k, v in enumerate(q))


add(deque_methods, (SAMPLE,), features="deque")


def breadth_first(x):
    adj = np.array([[1, 2], [3, 3], [4, 4], [5, 5], [5, 5], [5, 5]])
    dist = [0.0] * 6
    seen = [True] + [False] * 5
    q = deque([0])
    while q:
        u = q.popleft()
        for v in adj[u]:
            if not seen[v]:
                seen[v] = True
                dist[v] = dist[u] + x[v] ** 2
                q.append(v)
    return sum(dist)


add(breadth_first, (SAMPLE,), features="deque as a queue of integers")


def deque_of_pairs(x):
    q = deque()
    q.append((0, x[0]))
    s = 0.0
    while q:
        i, v = q.popleft()
        s += v * v
        if 2 * i + 1 < len(x):
            q.append((2 * i + 1, v * x[2 * i + 1]))
        if 2 * i + 2 < len(x):
            q.append((2 * i + 2, v + x[2 * i + 2]))
    return s


add(deque_of_pairs, (SAMPLE,), features="deque of tuples")


def sliding_maximum(x):
    q = deque()
    s = 0.0
    for i in range(len(x)):
        while q and x[q[-1]] <= x[i]:
            q.pop()
        q.append(i)
        if q[0] <= i - 3:
            q.popleft()
        s += x[q[0]] ** 2
    return s


add(sliding_maximum, (SAMPLE,), features="deque as a stack and a queue")


def delay_of_a_deque(x):
    q = deque([0.0] * 3, maxlen=3)
    s = 0.0
    for v in x:
        y = v + 0.5 * q[0]
        q.append(y)
        s += y * y
    return s


add(delay_of_a_deque, (SAMPLE,), features="deque of known items")


def deque_as_an_array(x):
    q = deque(maxlen=3)
    s = 0.0
    for v in x:
        q.append(v)
        s += np.mean(q) ** 2 + np.sum(np.array(q) ** 3)
    return s


add(deque_as_an_array, (SAMPLE,), features="np.array of a deque")


def converged_window(x):
    hist = deque(maxlen=4)
    y = 0.1
    for k in range(20):
        y = np.cos(y * x[0]) * x[1] + x[2]
        hist.append(y)
        if len(hist) == 4 and max(hist) - min(hist) < 1e-2:
            break
    return sum(hist) / len(hist)


add(converged_window, (SAMPLE,), features="deque, break")


def tuple_put_back(x):
    t = ()
    for v in x:
        u = t
        t = t + (v * v,)
        if len(u) > 2:
            t = u
    return sum(t) * t[0]


add(tuple_put_back, (SAMPLE,), features="tuples grown, aliases")


def tuples_kept(x):
    t = ()
    out = []
    for v in x:
        t = t + (v,)
        out.append(t)
    return sum(sum(q) * len(q) for q in out)


add(tuples_kept, (SAMPLE,), features="list of tuples of run-time length")


def tuple_window(x):
    t = (0.0, 0.0)
    s = 0.0
    for v in x:
        t = t[1:] + (v,)
        s += t[0] * t[1]
    return s


add(tuple_window, (SAMPLE,), features="t[1:] + (v,)")


def tuple_at_both_ends(x):
    t = ()
    for v in x:
        if v > 0:
            t = t + (v * v,)
        else:
            t = (v,) + t
    return sum((k + 1) * v * v for k, v in enumerate(t))


add(tuple_at_both_ends, (SAMPLE,), features="tuples grown in branches")


def tuple_begun_anew(x):
    t = ()
    s = 0.0
    for v in x:
        t += (v * v,)
        if len(t) == 3:
            s += t[0] * t[1] * t[2]
            t = ()
    return s + sum(t)


add(tuple_begun_anew, (SAMPLE,), features="tuples grown and emptied")


def tuple_of_pairs(x):
    t = ()
    for k in range(len(x)):
        t = t + ((k, x[k] ** 2),)
    return sum(k * v for k, v in t) + t[1][1] + t[-1][0]


add(tuple_of_pairs, (SAMPLE,), features="tuples of tuples")


def comparisons_of_tuples(x):
    t = ()
    u = ()
    for v in x:
        t += (v,)
        u = u + (v,)
    s = 0.0
    if t == u:
        s += x[0] ** 2
    if t == list(u):
        s += x[1] ** 2
    if t != (x[0],):
        s += x[2] ** 2
    if x[3] in t:
        s += x[3] ** 2
    if isinstance(t, tuple) and not isinstance(t, list):
        s += x[4] ** 2
    return s


add(comparisons_of_tuples, (SAMPLE,), features="== of tuples, isinstance")


def list_of_star(x):
    h = []
    for v in x:
        h = [*h, v * v]
    g = [1.0, *h, x[0]]
    return sum(g) * g[1]


add(list_of_star, (SAMPLE,), features="[*h, v]")


def shortest_paths(x):
    n = 6
    dist = [1e9] * n
    dist[0] = 0.0
    done = [False] * n
    h = [(0.0, 0)]
    while h:
        d, u = heappop(h)
        if done[u]:
            continue
        done[u] = True
        for v in range(n):
            if v != u:
                w = x[u] ** 2 + x[v] ** 2 * abs(u - v) ** 1.5
                if d + w < dist[v]:
                    dist[v] = d + w
                    heappush(h, (dist[v], v))
    return sum(d * d for d in dist)


add(shortest_paths, (SAMPLE,), features="heapq")


def heap_functions(x):
    h = [v for v in x]
    heapq.heapify(h)
    s = sum((k + 1) * v for k, v in enumerate(h))
    a = heapq.heapreplace(h, x[0] * x[1])
    b = heapq.heappushpop(h, x[2] * x[3])
    return s + a * b + sum((k + 1) * v * v for k, v in enumerate(h))


add(heap_functions, (SAMPLE,), features="heapq")


def two_heaps(x):
    lo = []
    hi = []
    s = 0.0
    for v in x:
        heappush(lo, -heapq.heappushpop(hi, v))
        if len(lo) > len(hi):
            heappush(hi, -heappop(lo))
        s += hi[0] ** 2 if len(hi) > len(lo) else 0.25 * (hi[0] - lo[0]) ** 2
    return s


add(two_heaps, (SAMPLE,), features="heapq")


def kept_sorted(x):
    h = []
    for v in x:
        bisect.insort(h, v * v)
    return sum((k + 1) * v * v for k, v in enumerate(h))


add(kept_sorted, (SAMPLE,), features="bisect.insort")


def found_by_bisection(x):
    h = sorted([v for v in x])
    return h[bisect.bisect_left(h, 0.3)] ** 2 + bisect.bisect(h, 100.0) * x[0]


add(found_by_bisection, (SAMPLE,), features="bisect")
