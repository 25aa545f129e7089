"""What a loop saves together is one tuple."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import numpy as np
import pytest

import adcompile as ad
from tests.programs.program import draw

X = draw(4, seed=77)


def known_at_once(x, n):
    y = x
    for _ in range(n):
        s = np.sin(y)
        y = s * np.cos(y) * y
    return np.sum(y)


def known_before_and_after(x, n):
    y = x
    z = x
    for _ in range(n):
        y = np.sin(y) * z
        z = np.tanh(y) * np.tanh(z)
    return np.sum(y * z)


def written_in_between(x, n):
    a = np.zeros(4)
    s = x
    for _ in range(n):
        a[:] = np.sin(s)
        t = a * a
        a[1:] = t[1:] * s[:-1]
        s = s * t + a**3
    return np.sum(s)


def nested(x, n, m):
    y = x
    for _ in range(n):
        for _ in range(m):
            y = np.sin(y) * np.cos(y) * y
        y = y * np.exp(y)
    return np.sum(y)


def until(x, limit):
    y = x
    while np.sum(y * y) < limit:
        z = np.exp(0.1 * y)
        y = y * z + z * z
    return np.sum(y * y)


def leaves_early(x, n):
    y = x
    for i in range(n):
        z = np.exp(0.1 * y)
        y = y * z + z * z * i
        if np.sum(y) > 6.0:
            break
    return np.sum(y * y)


PROGRAMS = [
    (known_at_once, (X, 3)),
    (known_before_and_after, (X, 3)),
    (written_in_between, (X, 3)),
    (nested, (X, 2, 2)),
    (until, (np.abs(X), 20.0)),
    (leaves_early, (np.abs(X), 5)),
]


@pytest.mark.parametrize(("function", "args"), PROGRAMS)
def test_the_derivative_is_right_in_both_orders(function, args):
    ad.check_grads(lambda x: function(x, *args[1:]), args[:1], order=2)


@pytest.mark.parametrize(("function", "args"), PROGRAMS)
def test_a_pullback_may_be_called_twice(function, args):
    _, pullback = ad.vjp(lambda x: function(x, *args[1:]), args[0])
    (first,), (again,) = pullback(1.0), pullback(1.0)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, ad.grad(function)(*args))


def test_what_is_known_at_once_is_one_tuple():
    text = ad.lower(known_at_once, X, 3).source
    assert text.count(".append((") == 1
    assert text.count("= []") == 1
    assert " in reversed(saved):" in text


def test_inner_lists_are_joined_with_what_holds_them():
    text = ad.lower(nested, X, 2, 2).source
    assert text.count("inner_saved.append((") == 1
    assert text.count(" saved.append((") == 1


def test_a_value_is_saved_before_its_variable_is_assigned_anew():
    text = ad.lower(known_before_and_after, X, 3).source
    assert "y_2" not in text
    assert "z_2" not in text


def test_the_graph_shows_the_tuples():
    graph = str(ad.lower(known_at_once, X, 3).graph)
    assert "list_append(saved" in graph
