"""What the search for critical points finds where they are many, near to each other, or of mixed units."""

from __future__ import annotations

import math

import numpy as np
import pytest

from adcompile.calculus import concavity, find_critical_points, find_min, mean_value_points, taylor
from adcompile.errors import ArgumentError


@pytest.mark.parametrize("waves", [64, 128, 200])
def test_every_extremum_of_a_wave_is_found_also_where_samples_are_in_step_with_it(waves):
    found = find_critical_points(lambda x: math.sin(waves * x), (0, 2 * math.pi))
    assert found.unresolved == 0
    np.testing.assert_allclose([p.x for p in found], (np.arange(2 * waves) + 0.5) * np.pi / waves, rtol=1e-14)
    assert [p.kind for p in found] == ["maximum", "minimum"] * waves


def test_extrema_that_crowd_together():
    found = find_critical_points(lambda x: math.sin(1 / x), (0.01, 1))
    exact = np.sort(1 / ((np.arange(32) + 0.5) * np.pi))
    np.testing.assert_allclose([p.x for p in found], exact, rtol=1e-13)


def test_extrema_next_to_the_edge_of_the_domain():
    found = find_critical_points(lambda x: math.cos(40 * math.acos(x)), (-1, 1))
    np.testing.assert_allclose([p.x for p in found], np.cos(np.arange(39, 0, -1) * np.pi / 40), atol=1e-12)


def test_a_narrow_pair_between_two_samples():
    found = find_critical_points(lambda x: x + 0.01 * math.exp(-(((x - 0.30017) / 1e-3) ** 2)), (-1, 1))
    assert [p.kind for p in found] == ["maximum", "minimum"]


def test_what_samples_do_not_resolve_is_told():
    found = find_critical_points(lambda x: math.sin(1e6 * x), (0, 1), samples=4)
    assert found.unresolved > 0
    assert str(found).splitlines()[-1].startswith("incomplete: the derivative varies too fast in ")


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_the_size_of_the_function_does_not_matter(scale):
    (point,) = find_critical_points(lambda x: scale * (x - 0.3) ** 2, (-1, 1))
    assert point.x == pytest.approx(0.3, abs=1e-15) and point.kind == "minimum"


# -- several numbers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", [1.0, 1e3, 1e6, 1e10])
def test_numbers_of_other_units_are_not_left_where_they_are(unit):
    def f(x, y):
        return (x - unit) ** 2 + (y - 1 / unit) ** 2

    (point,) = find_critical_points(f, [(0, 3 * unit), (0, 2 / unit)])
    np.testing.assert_allclose(point.x, (unit, 1 / unit), rtol=1e-12)
    assert (point.kind, point.eigenvalues) == ("minimum", (2.0, 2.0))


def test_kinds_are_told_in_mixed_units():
    found = find_critical_points(
        lambda x, y: (x - 1e6) ** 2 + 1e-6 * math.cos(1e6 * y), [(0, 2e6), (-1e-6, 7e-6)]
    )
    assert [p.kind for p in found] == ["saddle", "minimum", "saddle"]
    np.testing.assert_allclose([p.x[1] for p in found], [0.0, np.pi * 1e-6, 2e-6 * np.pi], atol=1e-17)


def test_many_points_take_more_starts():
    found = find_critical_points(lambda x, y: math.sin(x) * math.sin(y), [(-5, 5), (-5, 5)])
    assert (len(found.of_kind("saddle")), len(found)) == (9, 25)
    wide = find_critical_points(lambda x, y: math.sin(x) * math.sin(y), [(-8, 8), (-8, 8)])
    assert (len(wide.of_kind("saddle")), len(wide)) == (25, 61)


# -- what is typed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 2.5, "many", True])
def test_what_is_no_number_of_samples(count):
    calls = [
        lambda: find_critical_points(lambda x: x * x, (0, 1), samples=count),
        lambda: concavity(lambda x: x * x, 0, 1, samples=count),
        lambda: mean_value_points(lambda x: x * x, 0, 1, samples=count),
    ]
    for call in calls:
        with pytest.raises(ArgumentError, match=f"samples={count!r}") as caught:
            call()
        assert caught.value.expected == "a whole number from 1 on"
    with pytest.raises(ArgumentError, match=f"grid={count!r}"):
        find_min(lambda x: x * x, (0, 1), grid=count)


def test_integers_of_numpy_are_whole_numbers():
    assert taylor(lambda x: x**2, 1, np.int64(2)).coefficients == (1.0, 2.0, 1.0)
    assert len(find_critical_points(lambda x: x * x, (-1, 1), samples=np.int32(8))) == 1


@pytest.mark.parametrize("search", [find_critical_points, find_min])
def test_a_pair_for_a_function_of_two_numbers(search):
    with pytest.raises(ArgumentError, match=r"the box has 1 pairs, and .* takes 2 arguments"):
        search(lambda x, y: x * y, (-1, 1))


def test_a_list_of_one_pair_is_for_an_array():
    assert find_critical_points(lambda x: x[0] ** 2, [(-1, 1)])[0].x.tolist() == [0.0]
    with pytest.raises(ArgumentError, match=r"returns an array of shape \(1,\)"):
        find_min(lambda x: x * x, [(-1, 1)])


def test_a_break_is_told_once():
    found = concavity(lambda x: math.tan(x), -3, 3)
    np.testing.assert_allclose(found.breaks, [-math.pi / 2, math.pi / 2], rtol=1e-12)
    assert [kind for _, _, kind in found.pieces] == ["convex", "concave", "convex", "concave"]
