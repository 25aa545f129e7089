"""Sequences of active numbers where NumPy takes an array: displays, nested ones, lists that have grown."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated"

import functools
from functools import partial

import numpy as np

from tests.programs.program import Program, draw, positive, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)


def display_elementwise(x, y):
    waves = np.exp([x, x * y]) * np.sin((y, 1.5))
    return np.sum(waves) + np.sum(np.power([x, y, 2.0], [2.0, y, x])) + np.maximum([x, y], [y * y, 0.1])[1]


add(display_elementwise, (0.7, 1.9), autograd=False, features="display as operand of a ufunc")


def display_reductions(x, y):
    spread = np.std([x, x * y]) + np.var([x, y, 2.0]) * np.linalg.norm([x, y])
    means = np.mean([[x, x * y], [1.0, y]], axis=0) @ np.sum(([x, 2.0], (y, x)), axis=1)
    return spread + means + np.prod([x, y]) + np.cumsum([x, y, x])[1]


add(display_reductions, (0.7, 1.9), autograd=False, features="display in a reduction")


def display_products(x, y):
    matrix = [[x, 1.0], [y, 2.0 + x * y]]
    product = np.matmul(matrix, [x, y]) + np.dot(matrix, np.array([y, 2.0]))
    solved = np.linalg.solve(matrix, [y, 1.0]) + np.einsum("ij,j->i", matrix, [x, 3.0])
    return np.outer([x, y], product) @ solved + np.inner([x, y], [y, y]) + np.trace(matrix)


add(display_products, (0.7, 1.9), autograd=False, features="nested display as a matrix")


def display_shapes(x, y):
    spread = np.broadcast_to([x, x * y], (3, 2)) * np.reshape([x, y, x, 1.0, y, 2.0], (3, 2))
    chosen = np.where([True, False], [x * x, 2.0], (y, x * y))
    return np.sum(np.tril([[x, y], [1.0, x]])) + np.sum(spread, axis=0) @ chosen + np.sort([x, -y, y])[0]


add(display_shapes, (0.7, 1.9), autograd=False, features="display reshaped and chosen from")


def display_joined(x, y):
    joined = np.concatenate(([x, x * y], np.array([y]), (1.0,)))
    rows = np.vstack(([x, y], [x * y, 2.0])) * np.stack([(y, x), [x, 1.0]])
    columns = np.column_stack(([x, y], np.array([[y, 1.0], [x, 2.0]])))
    ends = np.append([x, 2.0], [y]) + np.append([[x], [y]], x) + np.hstack([[x, y], x])
    return joined @ joined + np.sum(rows) * np.sum(columns, axis=0) @ ends


add(display_joined, (0.7, 1.9), autograd=False, features="displays joined")


def array_joined(x):
    stacked = np.stack(x) * np.stack(x, axis=1).T * 2.0
    joined = np.concatenate(x) * np.hstack(x) + np.ravel(np.vstack(x))
    return np.sum(stacked * stacked) + np.sum(joined * np.arange(6.0)) + np.sum(np.column_stack(x)[1])


add(array_joined, (draw(2, 3),), holomorphic=True, autograd=False, features="array as a sequence of rows")


def powers(x, n):
    found = []
    for k in range(n):
        found.append(x**k * (k + 1.0))
    return found


def grown_operands(x):
    terms = powers(x, 4)
    moments = np.mean(terms) * np.std(terms) + np.linalg.norm(terms) + np.sum(np.sin(terms))
    return (
        moments + np.dot(terms, np.arange(4.0)) + np.max(terms) + np.append(terms, x)[4] + np.cumsum(terms)[2]
    )


add(grown_operands, (0.7,), autograd=False, features="grown list as operand")


def shared_by_many(rows, y):
    total = 0.0
    for row in rows:
        total = total + row[0] + np.sum(row * y)
    return total


add(
    shared_by_many,
    ([draw(3, seed=k) for k in range(25)], draw(3)),
    holomorphic=True,
    features="many adjoints that begin as one array",
)


def largest_and_total(x):
    largest = max(x[k] * x[k] for k in range(4))
    return largest + sum(map(lambda k: x[k], range(3))) + functools.reduce(lambda a, b: a * b, x, 1.0)


add(largest_and_total, (draw(5),), autograd=False, features="max of a generator, sum of map, reduce")


def generators_that_change_nothing_that_they_read(x):
    weights, seen = np.ones(3), []
    for k, v in enumerate(x[j] * x[j + 1] for j in range(3)):
        weights[k] *= v
        seen.append(v)
    count = 0

    def numbered(v):
        nonlocal count
        count += 1
        return v * count

    total = sum(numbered(v) for v in x)
    for v, w in zip((weights[k] ** 2 for k in range(3)), filter(lambda v: v > -9.0, x), strict=False):
        total += v * w * count
    return total + sum(seen)


add(
    generators_that_change_nothing_that_they_read,
    (draw(4),),
    autograd=False,
    features="generators in loops that write",
)


def running_products(x, n):
    """Yield products of the first items, and then two items as they are."""
    total = 1.0
    for k in range(n):
        total *= x[k] + 2.0
        yield total
    yield from (x[0], x[1])


def sums_over_generators(x):
    first, *others = running_products(x, 2)
    weighted = 0.0
    for k, v in enumerate(running_products(x, len(x))):
        if v > 1e3:
            break
        weighted += k * v
    return (
        sum(v * v for v in running_products(x, 3))
        + max(running_products(x, 2))
        + weighted * first
        + others[1]
    )


add(sums_over_generators, (draw(4),), autograd=False, features="generator function, yield from")


def batches(inputs, targets, size):
    for start in range(0, len(inputs), size):
        yield inputs[start : start + size], targets[start : start + size]


def trained_on_batches(weights, inputs):
    weights = weights.copy()
    for _ in range(2):
        for x, y in batches(inputs, inputs[:, 0], 2):
            weights -= 0.1 * x.T @ (x @ weights - y)
    return weights


add(
    trained_on_batches,
    (draw(3), draw(5, 3)),
    autograd=False,
    features="generator of batches, writes in its loop",
)


class Signal:
    """Samples that can be run through, alone or in pairs of neighbours that agree in sign."""

    def __init__(self, samples):
        self.samples = samples

    def __iter__(self):
        for v in self.samples:
            yield v * 2.0

    def pairs(self):
        for k in range(1, len(self.samples)):
            if self.samples[k] * self.samples[k - 1] < 0.0:
                continue
            yield k, self.samples[k] - self.samples[k - 1]

    def states(self, decay):
        u = self.samples
        for _ in range(2):
            u = u * decay + self.samples[::-1]
            yield u


def signal_of_generators(x, decay):
    signal = Signal(x)
    total = 0.0
    for v in signal:
        total = total * decay + v
    for k, change in signal.pairs():
        total += k * change**2
    return [total * s for s in signal.states(decay)], np.array(list(signal.states(0.5)))


add(
    signal_of_generators,
    (draw(4), 0.7),
    (positive(4), 0.7),
    autograd=False,
    features="generator methods, __iter__ with yield",
)


class Collector:
    """What has been seen of samples, added up while they are run through."""

    def __init__(self, samples):
        self.samples = samples
        self.counts = {"weights": samples[:2] ** 2, "sum": 0.0}
        self.total = 0.0

    def __iter__(self):
        for v in self.samples:
            yield v * GAINS["first"]

    def run(self):
        for v in self:
            self.total += v * v
        for w in (self.counts["weights"][k] * self.samples[k] for k in range(2)):
            self.counts["sum"] += w
        return self.total * self.counts["sum"]


GAINS = {"first": 1.5}


def collected(x):
    return Collector(x).run()


add(collected, (draw(4),), autograd=False, features="generators that read other attributes than change")


def items_computed_when_it_is_their_turn(x):
    a, total = x.copy(), 0.0

    def scaled(v):
        a[0] *= v
        return a[0]

    for u, v in zip(a, map(scaled, (1.0, 2.0, 3.0)), strict=False):
        total += u * v * a[0]
    for v, u in zip(map(scaled, (0.5, 2.0)), a, strict=False):
        total += u * v
    for v, u in zip(map(lambda c: c * 2.0, x), x[1:], strict=False):
        total += u * v
    return total + sum([u * v for u, v in ((x[k], k + 1.0) for k in range(3))])


add(items_computed_when_it_is_their_turn, (draw(4),), autograd=False, features="zip of an array and map")
