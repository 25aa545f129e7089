"""What is written inside the one expression that uses it, past the updates of other arrays."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import numpy as np
import pytest

import adcompile as ad

draw = np.random.default_rng(3).uniform


def doolittle(A):
    for i in range(len(A)):
        for j in range(i, len(A)):
            A[i, j] -= A[i, :i] @ A[:i, j]
    return np.sum(A**2)


def exchanged(x, y):
    for i in range(1, len(x)):
        x[i], y[i] = y[i] * x[i - 1], x[i] * y[i - 1]
        y[i - 1] *= x[i]
    return np.sum(x * y)


def view_of_what_changes(x):
    y = x * x
    for i in range(1, len(x)):
        part = y[i - 1 :]
        x[i] = part[0] * x[i - 1]
        y[i] = part[1] * x[i]
        part[0] = x[i]
    return np.sum(y) + np.sum(x)


def swapped(x, y):
    for i in range(len(x)):
        x, y = y, x
        y[i] = x[i] * y[i]
        x[i] = y[i] * np.sin(x[i])
    return np.sum(x * x * y)


@pytest.mark.parametrize("f", [doolittle, exchanged, view_of_what_changes, swapped])
def test_what_waits_is_read_before_it_changes(f):
    x, y = draw(0.5, 1.5, (2, 4))
    arguments = {doolittle: (draw(0.5, 1.5, (4, 4)),), view_of_what_changes: (x,)}.get(f, (x, y))
    ad.check_grads(f, arguments, order=2)


def test_contributions_pass_updates_of_other_arrays():
    source = ad.lower(doolittle, np.eye(3)).source
    assert "            A_bar[i, :i] -= negative_bar * A[:i, j]\n" in source
