"""Context managers around what is differentiated: entered and left as Python does it.

Each manager notes what happens to it; the notes of a derivative have to be those of the plain call.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import contextlib
import threading

import numpy as np
import pytest

import adcompile as ad

NOTES: list[str] = []


class Noting:
    """A manager that notes how it is entered and left, and may hide exceptions."""

    def __init__(self, name, hides=False):
        self.name = name
        self.hides = hides

    def __enter__(self):
        NOTES.append(f"enter {self.name}")
        return 3.0

    def __exit__(self, kind, error, trace):
        NOTES.append(f"leave {self.name} {error!r}")
        return self.hides


outer, inner, hiding = Noting("outer"), Noting("inner"), Noting("hiding", hides=True)
lock = threading.Lock()


@contextlib.contextmanager
def noting():
    NOTES.append("begin")
    try:
        yield
    finally:
        NOTES.append("end")


def may_raise(x):
    with outer, inner:
        if x < 0.0:
            raise ValueError("negative")
        y = x * x
    return y * x


def raises_in_a_loop(x):
    for k in range(3):
        with outer:
            x = x * x
            if k == 1:
                with inner:
                    if x > 10.0:
                        raise OverflowError(f"step {k}")
    return x


def leaves_early(x):
    for k in range(4):
        with outer as three:
            if x > 100.0:
                return x
            if k == 2:
                break
            x = x * three
    return x * x


def generator(x):
    with noting():
        y = x * x
        if y > 10.0:
            raise ValueError("large")
    return y


def locked(x):
    with lock, np.errstate(divide="ignore"):
        assert lock.locked()
        y = x * x
    return y * x


def always_raises(x):
    with outer:
        raise ValueError("always")


def outcome(function, *args):
    """What a call leads to: its result or error, and the notes of the managers."""
    NOTES.clear()
    try:
        found = function(*args)
    except (ValueError, OverflowError, AssertionError) as error:
        found = repr(error)
    return found, list(NOTES)


CASES = [
    (may_raise, 2.0),
    (may_raise, -2.0),
    (raises_in_a_loop, 1.1),
    (raises_in_a_loop, 3.0),
    (leaves_early, 0.5),
    (leaves_early, 50.0),
    (generator, 2.0),
    (generator, 4.0),
    (locked, 2.0),
    (always_raises, 2.0),
]


@pytest.mark.parametrize(("function", "x"), CASES)
def test_managers_are_entered_and_left_as_in_the_plain_call(function, x):
    expected = outcome(function, x)
    assert outcome(lambda x: ad.value_and_grad(function)(x)[0], x) == expected
    assert outcome(lambda x: ad.jvp(function, (x,), (1.0,))[0], x) == expected
    assert outcome(lambda x: ad.vjp(function, x)[0], x) == expected
    assert not lock.locked()


def test_a_manager_that_hides_an_exception_is_refused_when_it_does():
    def f(x):
        with hiding:
            if x < 0.0:
                raise ValueError("negative")
            x = x * x
        return x

    assert ad.grad(f)(3.0) == 6.0
    with pytest.raises(RuntimeError, match="Noting hid this exception, which a derivative cannot follow"):
        ad.grad(f)(-3.0)


def test_what_is_computed_inside_stays_inside():
    def f(x):
        with np.errstate(divide="ignore"):
            return np.sum(np.exp(np.log(x)))

    x = np.array([0.0, 1.0])
    with np.errstate(divide="raise"):
        assert ad.vjp(f, x)[0] == 1.0


def test_a_with_is_written_as_a_with():
    slope = ad.grad(locked)
    assert slope(2.0) == 12.0
    assert "    with lock, errstate(divide='ignore'):\n" in slope.source
    assert "__enter__" not in slope.source
