"""Extremes that only shift an exponent are constants of the derivative, and others are not."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from queue import SimpleQueue

import numpy as np
import pytest

import adcompile as ad
from tests.programs.program import draw

SCORES = draw(4, 3, seed=81)
LABELS = np.array([2, 0, 1, 1])
WEIGHTS = draw(4, 3, seed=82)
BATCH = draw(2, 4, 3, seed=83)


def logsumexp(x):
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top)))


def logsumexp_of_columns(x):
    top = x.max(axis=0)
    return np.sum(WEIGHTS[0] * (top + np.log(np.exp(x - top).sum(axis=0))))


def logsumexp_with_index(x):
    top = np.amax(x, axis=1)
    return np.sum(WEIGHTS[:, 0] * (np.log(np.sum(np.exp(x - top[:, None]), axis=1)) + top))


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.sum(WEIGHTS * e / np.sum(e, axis=-1, keepdims=True))


def softmin(x):
    e = np.exp(np.min(x, axis=1, keepdims=True) - x)
    return np.sum(WEIGHTS * (e / e.sum(1)[:, np.newaxis]) ** 2)


def log_softmax(x):
    shifted = x - np.expand_dims(np.max(x, axis=1), 1)
    return np.mean(WEIGHTS * (shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))))


def cross_entropy(x, labels):
    shifted = x - np.max(x, axis=-1, keepdims=True)
    total = np.log(np.sum(np.exp(shifted), axis=-1))
    return np.mean(total - shifted[np.arange(len(labels)), labels])


def cross_entropy_of_sequences(x, labels):
    shifted = x - np.max(x, axis=-1, keepdims=True)
    total = np.log(np.sum(np.exp(shifted), axis=-1))
    rows, steps = np.arange(x.shape[0]), np.arange(x.shape[1])
    return np.mean(total - shifted[rows[:, None], steps[None, :], labels])


def normalized(scores):
    shifted = scores - scores.max(-1, keepdims=True)
    e = np.exp(shifted)
    return e / np.sum(e, -1, keepdims=True)


def attention(q, k, v):
    return np.sum(normalized(q @ k.T / 1.7) @ v)


def attention_divided_last(q, k, v):
    scores = q @ k.T
    e = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    return np.sum((e @ v) / np.sum(e, axis=1, keepdims=True))


def masked(x):
    keep = np.array([[True, True, False], [True, False, True], [True, True, True], [False, True, True]])
    top = np.max(x, axis=1, keepdims=True)
    e = np.where(keep, np.exp(x - top), 0.0)
    return np.sum(WEIGHTS * e / np.sum(e, axis=1, keepdims=True))


def in_a_loop(x):
    total = 0.0
    for k in range(3):
        y = x * (k + 1.0)
        top = np.max(y)
        total = total + top + np.log(np.sum(np.exp(y - top)))
    return total


def used_in_a_loop(x):
    top = np.max(x, axis=1)
    total = 0.0
    for k in range(4):
        total = total + np.log(np.sum(np.exp(x[k] - np.max(x[k])))) + np.max(x[k])
    return total + np.sum(np.log(np.sum(np.exp(x - top[:, None]), axis=1)) + top)


def with_a_branch(x, wide):
    top = np.max(x)
    e = np.exp(x - top) if wide else np.exp(2.0 * x - top - top) ** 0.5
    return np.log(np.sum(e)) + top


def across(x):
    # every column has the maximum of another row taken off
    y = x @ x.T
    e = np.exp(y - np.max(y, axis=1))
    return np.sum(y * e / np.sum(e, axis=0))


ATTENTION = (draw(4, 3, seed=84), draw(5, 3, seed=85), draw(5, 2, seed=86))
FIRE = [
    (logsumexp, (SCORES,)),
    (logsumexp_of_columns, (SCORES,)),
    (logsumexp_with_index, (SCORES,)),
    (softmax, (SCORES,)),
    (softmin, (SCORES,)),
    (log_softmax, (SCORES,)),
    (cross_entropy, (SCORES, LABELS)),
    (cross_entropy_of_sequences, (BATCH, np.array([[0, 1, 2, 2], [1, 1, 0, 2]]))),
    (attention, ATTENTION),
    (attention_divided_last, ATTENTION),
    (masked, (SCORES,)),
    (in_a_loop, (SCORES,)),
    (used_in_a_loop, (SCORES,)),
    (with_a_branch, (SCORES, True)),
    (with_a_branch, (SCORES, False)),
    (across, (SCORES,)),
]


def temperature(x):
    shifted = x - np.max(x)
    return np.log(np.sum(np.exp(shifted * x[0, 0])))


def returns_the_shifted(x):
    shifted = x - np.max(x, axis=1, keepdims=True)
    return np.sum(WEIGHTS * shifted) + np.log(np.sum(np.exp(shifted)))


def taken_off_twice(x):
    top = np.max(x)
    return np.log(np.sum(np.exp(x - top - top))) + top


def scaled(x):
    top = np.max(x)
    return np.log(np.sum(np.exp(x - top))) + 0.5 * top


def summed_over_the_other_axis(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return np.sum(WEIGHTS * e / np.sum(e, axis=0))


def added_to_the_other_axis(x):
    y = x @ x.T
    top = np.max(y, axis=1)
    return np.sum(y * (np.log(np.sum(np.exp(y - top[:, None]), axis=1)) + top[:, None]))


def with_one_more(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return np.sum(WEIGHTS * e / (1.0 + np.sum(e, axis=1, keepdims=True)))


def one_label(x):
    shifted = x - np.max(x, axis=1, keepdims=True)
    labels = np.array([1])
    total = np.log(np.sum(np.exp(shifted), axis=1))
    return np.mean(total - shifted[np.arange(labels.size), labels])


def other_rows(x):
    shifted = x - np.max(x, axis=1, keepdims=True)
    total = np.log(np.sum(np.exp(shifted), axis=1))
    return np.mean(WEIGHTS[:, 0] * (total - shifted[np.array([1, 1, 0, 3]), LABELS]))


def one_row(x):
    shifted = x - np.max(x, axis=1, keepdims=True)
    return np.sum(WEIGHTS[:, 1] * (np.log(np.sum(np.exp(shifted), axis=1)) - shifted[2, 0]))


def half_the_rows(x):
    top = np.max(x, axis=1)
    shifted = x - top[:, None]
    return np.sum(np.log(np.sum(np.exp(shifted), axis=1))) + np.sum(top[::2])


def of_a_logarithm_to_base_ten(x):
    top = np.max(x)
    return top + np.log10(np.sum(np.exp(x - top)))


def carried(x):
    total = 0.0
    top = np.max(x)
    for k in range(4):
        total = total + np.sum(np.exp(x[k] - top))
    return total


def kept_in_a_list(x):
    shifted = []
    for k in range(4):
        shifted.append(x[k] - np.max(x[k]))
    return np.sum(WEIGHTS * np.stack(shifted)) + np.log(np.sum(np.exp(np.stack(shifted))))


def one_branch_shifts(x):
    top = np.max(x)
    y = np.exp(x - top) if x[0, 0] > 5.0 else np.exp(x)
    return np.log(np.sum(y)) + top


STAY = [
    temperature,
    returns_the_shifted,
    taken_off_twice,
    scaled,
    summed_over_the_other_axis,
    added_to_the_other_axis,
    with_one_more,
    one_label,
    other_rows,
    one_row,
    half_the_rows,
    of_a_logarithm_to_base_ten,
    carried,
    kept_in_a_list,
    one_branch_shifts,
]


def active(function, args):
    return tuple(k for k, a in enumerate(args) if isinstance(a, np.ndarray) and a.dtype.kind == "f")


def compares(source):
    """Whether the derivative looks for the places of an extreme."""
    return "==" in source.split("\ndef ")[-1]


@pytest.mark.parametrize(("function", "args"), FIRE, ids=lambda p: getattr(p, "__name__", ""))
def test_the_extreme_is_a_constant(function, args):
    gradient = ad.grad(function, argnums=active(function, args))
    gradient(*args)
    assert not compares(gradient.source)
    ad.check_grads(function, args, order=2)
    tangents = [np.cos(args[k]) for k in active(function, args)]
    _, dot = ad.jvp(
        lambda *xs: function(*xs, *args[len(xs) :]), tuple(args[: len(tangents)]), tuple(tangents)
    )
    inner = sum(np.sum(g * t) for g, t in zip(gradient(*args), tangents, strict=True))
    np.testing.assert_allclose(dot, inner, rtol=1e-12)


@pytest.mark.parametrize("function", STAY)
def test_the_extreme_counts(function):
    gradient = ad.grad(function)
    gradient(SCORES)
    assert compares(gradient.source)
    ad.check_grads(function, (SCORES,), order=1)


def given_to_an_object(x):
    queue = SimpleQueue()
    top = np.max(x)
    queue.put_nowait(top)
    return np.log(np.sum(np.exp(x - top))) + top + queue.get_nowait()


def test_what_an_object_is_given_counts():
    with pytest.raises(ad.NoDerivative, match="may give it back"):
        ad.grad(given_to_an_object)(SCORES)


def test_ties_leave_no_trace():
    x = np.array([1.0, 3.0, 3.0])
    expected = np.exp(x) / np.sum(np.exp(x))
    np.testing.assert_allclose(ad.grad(logsumexp)(x), expected, rtol=1e-15)
