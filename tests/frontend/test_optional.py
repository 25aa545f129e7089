"""Values that are None on some paths: where they are needed and not there, and where nothing can be said."""
# mypy: disable-error-code="no-untyped-def"

import re

import numpy as np
import pytest

import adcompile as ad


def last(x):
    found = None
    for v in x:
        found = v * v
    return found


def doubled(x):
    found = None
    for v in x:
        if v > 0.5:
            found = v
    return found * 2.0


def total(x):
    rows = [None] * len(x)
    for i in range(len(x)):
        if x[i] > 0.5:
            rows[i] = x[i]
    return sum(rows)


@pytest.mark.parametrize(
    ("function", "x", "text"),
    [
        (last, [], "last returned None where a derivative needs a number"),
        (doubled, [0.1], "found is None where a value is needed"),
        (total, [0.1, 0.7], "sum(rows) needs values, and an item is None"),
    ],
)
def test_what_is_not_there_is_an_error(function, x, text) -> None:
    x = np.array(x)

    def again(x):
        return np.sum(ad.grad(function)(x))

    for derivative in (ad.grad(function), lambda x: ad.jvp(function, (x,), (x,)), ad.grad(again)):
        with pytest.raises(TypeError, match=re.escape(text)):
            derivative(x)


def test_a_test_for_none_is_a_bool() -> None:
    def f(x):
        found = None
        if x > 1.0:
            found = x
        return (x, found is None, found)

    (value, missing, found), (dot, _, found_dot) = ad.jvp(f, (0.5,), (1.0,))
    assert (value, missing, found, dot, found_dot) == (0.5, True, None, 1.0, None)
    (value, missing, found), (dot, _, found_dot) = ad.jvp(f, (1.5,), (1.0,))
    assert (value, missing, found, dot, found_dot) == (1.5, False, 1.5, 1.0, 1.0)
    assert type(missing) is bool


def test_a_list_with_none_in_it_cannot_be_handed_out() -> None:
    def f(x):
        return [v if v > 0.5 else None for v in x]

    with pytest.raises(ad.ArgumentError, match="a list of run-time length with items that may be None"):
        ad.jvp(f, (np.ones(2),), (np.ones(2),))


def test_items_of_another_structure_are_refused() -> None:
    def f(x):
        rows = []
        for v in x:
            rows.append((v,) if v > 0.5 else v)
        return rows[0]

    with pytest.raises(ad.NoDerivative, match="a value of type"):
        ad.grad(f)(np.ones(2))

    def g(x):
        rows = []
        for v in x:
            if v > 0.5:
                rows.append((v,))
            else:
                rows.append(v)
        return rows[0][0]

    with pytest.raises(ad.NoDerivative, match="items of different structure are appended to one list"):
        ad.grad(g)(np.ones(2))


def test_sums_of_tuples_are_refused() -> None:
    def f(x):
        return sum([(v, v) for v in x])

    with pytest.raises(ad.NoDerivative, match="`sum` of items that are no numbers or arrays"):
        ad.grad(f)(np.ones(2))
    # of a list whose items are known, Python's own error
    with pytest.raises(TypeError):
        ad.grad(lambda x: sum([(x, x)]))(1.0)

    def g(x):
        pairs = [(v, v) for v in x]
        return x[0] if any(pairs) else x[1]

    with pytest.raises(ad.NoDerivative, match="`any` of items that are no numbers"):
        ad.grad(g)(np.ones(2))


def test_objects_are_handed_to_python_as_they_are(capsys) -> None:
    def f(x):
        found = None
        for v in x:
            print(found, f"{found}")
            found = v if found is None else found * v
        return found

    assert ad.grad(f)(np.array([2.0, 3.0])).tolist() == [3.0, 2.0]
    assert capsys.readouterr().out == "None None\n2.0 2.0\n"


def test_chains_that_grow_with_each_iteration_are_refused() -> None:
    def f(x):
        chain = None
        for v in x:
            chain = (chain, v)
        return chain[1]

    with pytest.raises(ad.NoDerivative, match="each iteration puts into it what it was in the one before"):
        ad.grad(f)(np.ones(2))
