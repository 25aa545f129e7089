"""Helpers of emitted code beside what they stand for."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import numpy as np
import pytest

from adcompile.backend.runtime import add_at

RNG = np.random.default_rng(5)
ROWS, COLUMNS = RNG.integers(-6, 6, (30, 40)), RNG.integers(0, 7, (30, 40))
SMALL = RNG.integers(0, 6, 1500).astype(np.int8)
VALUES = RNG.normal(size=(30, 40))

PLACES = {
    "pairs": ((ROWS, COLUMNS), VALUES),
    "negative_ones": ((-1 - COLUMNS % 6, -1 - COLUMNS), VALUES),
    "broadcast_against_each_other": ((ROWS[:, :1], COLUMNS[:1]), VALUES),
    "rows": (ROWS, RNG.normal(size=(30, 40, 7))),
    "rows_in_a_tuple": ((ROWS,), RNG.normal(size=(30, 40, 7))),
    "the_same_for_all_rows": (ROWS, RNG.normal(size=(30, 40, 1))),
    "small_integers": ((SMALL, SMALL), RNG.normal(size=1500)),
    "unsigned": ((SMALL.astype(np.uint64), SMALL), RNG.normal(size=1500)),
    "few": ((ROWS[0], COLUMNS[0]), VALUES[0]),
    "a_slice": ((ROWS, slice(1, 4)), RNG.normal(size=(30, 40, 3))),
    "a_number": ((ROWS, 2), VALUES),
    "a_mask": (np.arange(42).reshape(6, 7) % 2 == 0, 1.5),
    "another_dtype": ((ROWS, COLUMNS), VALUES.astype(np.float32)),
    "none": (np.zeros((0, 3), int), np.ones((0, 3, 7))),
}


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("order", ["C", "F"])
def test_adding_at_places_is_what_numpy_does(name, order):
    places, values = PLACES[name]
    expected = np.array(RNG.normal(size=(6, 7)), order=order)
    found = expected.copy(order="K")
    np.add.at(expected, places, values)
    add_at(found, places, values)
    np.testing.assert_array_equal(found, expected)


def test_complex_numbers_are_added_at_places():
    expected, found = np.zeros((6, 7), complex), np.zeros((6, 7), complex)
    np.add.at(expected, (ROWS, COLUMNS), VALUES * 1j)
    add_at(found, (ROWS, COLUMNS), VALUES * 1j)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("rows", "values"), [(ROWS + 1, VALUES), (ROWS - 1, VALUES), (ROWS, VALUES[:, :9])])
def test_what_numpy_refuses_is_refused(rows, values):
    with pytest.raises((IndexError, ValueError)):
        add_at(np.zeros((6, 7)), (rows, COLUMNS), values)
