"""Numbers are taken out of containers and put back without a change of form, type or dtype."""

from __future__ import annotations

import collections
import doctest
from dataclasses import dataclass

import numpy as np
import pytest

from adcompile import leaves as module
from adcompile.leaves import flattened, leaves, unflattened

Pair = collections.namedtuple("Pair", ["first", "second"])


@dataclass(frozen=True)
class Layer:
    weights: np.ndarray
    name: str


TREE = {
    "layer": Layer(np.arange(6.0).reshape(2, 3), "dense"),
    "pair": Pair(np.float32(0.5), [1.0, 7, "text"]),
    "empty": np.zeros((0, 2), np.float32),
    "complex": 1 + 2j,
    "count": np.arange(3),
}


def test_round_trip():
    vector = flattened(TREE)
    assert vector.tolist() == [0, 1, 2, 3, 4, 5, 0.5, 1, 1 + 2j]
    again = unflattened(TREE, vector * 2)
    assert isinstance(again["layer"], Layer)
    assert again["layer"].weights.tolist() == [[0, 2, 4], [6, 8, 10]]
    assert again["pair"] == Pair(1.0, [2.0, 7, "text"])
    assert type(again["pair"].first) is np.float32 and type(again["pair"].second[0]) is float
    assert again["empty"].dtype == np.float32 and again["empty"].shape == (0, 2)
    assert again["complex"] == 2 + 4j
    assert again["count"] is TREE["count"]


def test_nothing_of_the_given_tree_is_written_or_shared():
    x = np.arange(3.0)
    vector = flattened([x])
    again = unflattened([x], vector)
    vector[:] = -1.0
    again[0][:] = -2.0
    assert x.tolist() == [0.0, 1.0, 2.0]


def test_no_numbers():
    assert leaves((1, "a", None)) == []
    assert unflattened((1, "a"), flattened((1, "a"))) == (1, "a")


@pytest.mark.parametrize("size", [2, 4])
def test_wrong_number_of_numbers(size):
    with pytest.raises(ValueError, match=r"3 numbers are needed, in one axis; the vector has shape"):
        unflattened(np.zeros(3), np.zeros(size))


def test_complex_numbers_for_a_real_leaf():
    with pytest.raises(ValueError, match=r"a real float cannot hold complex numbers"):
        unflattened(1.0, np.array([1j]))


def test_examples():
    assert doctest.testmod(module).failed == 0
