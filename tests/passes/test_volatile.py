"""What is read of Python objects whose methods change them."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated"

import array
import types

import numpy as np
import pytest

import adcompile as ad
from tests import oracles

X = np.array([1.5, 2.0, 0.5, 4.0])
SEEN = set()
SPACE = types.SimpleNamespace(seen=set())


def length(x):
    bytes_, total = bytearray(), 0.0
    for i in range(len(x)):
        bytes_.append(i)
        total += len(bytes_) * x[i] ** 2
    return total


def item_and_membership(x):
    numbers, total = array.array("d"), 0.0
    for i in range(len(x)):
        numbers.append(float(i))
        total += numbers[-1] * x[i] ** 2 + (1.0 in numbers) * x[i]
    return total


def visited(x):
    seen, total = set(), 0.0
    for i in range(len(x)):
        if i // 2 in seen:
            total += x[i] ** 2
        seen.add(i // 2)
        total += len(seen) * x[i]
    return total


def truth(x):
    seen, total = set(), 0.0
    for i in range(len(x)):
        if seen:
            total += x[i] ** 2
        seen.add(i)
    return total


def truth_in_a_loop(x):
    left, total, i = bytearray(b"abc"), 0.0, 0
    while left:
        left.pop()
        total += len(left) * x[i] ** 2
        i += 1
    return total


def by_another_name(x):
    first, total = bytearray(), 0.0
    for i in range(len(x)):
        first.append(i)
        second = first if i % 2 else bytearray(b"abc")
        total += len(second) * x[i] ** 2
    return total


class Memo:
    def __init__(self):
        self.seen = set()

    def mark(self, key):
        self.seen.add(key)


def in_an_attribute(x):
    memo, total = Memo(), 0.0
    for i in range(len(x)):
        memo.mark(i // 2)
        total += len(memo.seen) * x[i] ** 2
    return total


def from_outside(x):
    SEEN.clear()
    total = 0.0
    for i in range(len(x)):
        SEEN.add(i // 2)
        total += len(SEEN) * x[i] ** 2
    return total


def _counted(x, seen, i):
    if i == len(x):
        return 0.0
    seen.add(i)
    return len(seen) * x[i] ** 2 + _counted(x, seen, i + 1)


def in_a_recursion(x):
    return _counted(x, set(), 0)


def _entered(seen, n):
    if n == 0:
        return 0
    seen.add(n)
    return _entered(seen, n - 1)


def by_a_recursion(x):
    seen, total = set(), 0.0
    for i in range(len(x)):
        _entered(seen, i + 1)
        total += len(seen) * x[i] ** 2
    return total


def in_a_namespace(x):
    SPACE.seen.clear()
    total = 0.0
    for i in range(len(x)):
        SPACE.seen.add(i)
        total += len(SPACE.seen) * x[i] ** 2
    return total


PROGRAMS = [
    length, item_and_membership, visited, truth, truth_in_a_loop, by_another_name, in_an_attribute,
    from_outside, in_a_recursion, by_a_recursion, in_a_namespace,
]  # fmt: skip


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_objects_are_read_when_the_program_reads_them(f):
    direction = (np.array([0.3, -1.0, 0.7, 0.2]),)
    expected, error = oracles.directional(f, (X,), direction, "complex")
    value, gradient = ad.value_and_grad(f)(X)
    assert value == f(X)
    oracles.assert_close(gradient @ direction[0], expected[0], error[0], scale=10.0)
    oracles.assert_close(ad.jvp(f, (X,), direction)[1], expected[0], error[0], scale=10.0)
    # the gradients of these functions are linear
    change = ad.grad(f)(X + direction[0]) - gradient
    for product in (
        ad.hvp(f)(X, direction[0]),
        ad.jvp(ad.grad(f), (X,), direction)[1],
        ad.grad(lambda x: ad.grad(f)(x) @ direction[0])(X),
    ):
        np.testing.assert_allclose(product, change, rtol=1e-12, atol=1e-12)
