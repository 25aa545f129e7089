"""Critical points and minima: where they are, of which kind, and what is refused or left open."""

from __future__ import annotations

import math

import numpy as np
import pytest

from adcompile.calculus import find_critical_points, find_min
from adcompile.errors import ArgumentError, UnsupportedSyntax

DIGITS = 1e-12


def parabola(x):
    return x**2 - 4 * x + 3


def cubic(x):
    return x**3 - 3 * x + 1


def himmelblau(x, y):
    return (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2


def himmelblau_of_array(p):
    return (p[0] ** 2 + p[1] - 11) ** 2 + (p[0] + p[1] ** 2 - 7) ** 2


SQUARE = [(-5, 5), (-5, 5)]


def kinds(points):
    return [(point.kind, point.order) for point in points]


# -- one number ----------------------------------------------------------------------------------------------


def test_parabola():
    (point,) = find_critical_points(parabola, (0, 5))
    assert point.x == pytest.approx(2.0, abs=DIGITS) and point.value == pytest.approx(-1.0, abs=DIGITS)
    assert (point.kind, point.eigenvalues, point.degenerate) == ("minimum", (2.0,), False)


def test_cubic():
    left, right = find_critical_points(cubic, (-2.1, 3))
    assert (left.kind, right.kind) == ("maximum", "minimum")
    assert left.x == pytest.approx(-1.0, abs=DIGITS) and right.x == pytest.approx(1.0, abs=DIGITS)
    assert left.value == pytest.approx(3.0, abs=DIGITS) and right.value == pytest.approx(-1.0, abs=DIGITS)


def test_sine():
    found = find_critical_points(lambda x: math.sin(x), (0, 20))
    np.testing.assert_allclose([p.x for p in found], (np.arange(6) + 0.5) * np.pi, atol=1e-14, rtol=1e-15)
    assert [p.kind for p in found] == ["maximum", "minimum"] * 3


@pytest.mark.parametrize("box", [(-1, 1), (-0.7, 1.9), (0, 1)])
@pytest.mark.parametrize("power", [3, 4, 5, 6])
def test_powers_are_told_by_the_derivative_of_their_order(power, box):
    (point,) = find_critical_points(lambda x: x**power, box)
    assert point.x == pytest.approx(0.0, abs=DIGITS)
    assert (point.kind, point.order) == ("inflection" if power % 2 else "minimum", power)
    assert point.degenerate


@pytest.mark.parametrize("box", [(-1, 2), (-1, 2.3), (0.1, 1.7)])
def test_powers_of_a_difference_multiplied_out(box):
    """Rounding hides the root: the second derivative is not zero at any place near it that is tried."""
    (third,) = find_critical_points(lambda x: x**3 - 3 * x * x + 3 * x - 1, box)
    assert (third.kind, third.order) == ("inflection", 3)
    (fourth,) = find_critical_points(lambda x: x**4 - 4 * x**3 + 6 * x**2 - 4 * x + 1, box)
    assert (fourth.kind, fourth.order) == ("minimum", 4)
    assert third.x == pytest.approx(1.0, abs=1e-4) and fourth.x == pytest.approx(1.0, abs=1e-4)


def test_a_small_second_derivative_is_not_taken_for_zero():
    (point,) = find_critical_points(lambda x: 1e-5 * x**2 - 1e-9 * x**4, (-10, 10.3))
    assert (point.kind, point.order) == ("minimum", 2)


def test_two_between_samples_are_found_at_the_extremum_of_the_slope():
    left, right = find_critical_points(lambda x: (x - 0.3) ** 3 - 1e-9 * (x - 0.3), (-1, 1.1))
    half = math.sqrt(1e-9 / 3.0)
    assert left.x == pytest.approx(0.3 - half, abs=1e-10) and right.x == pytest.approx(0.3 + half, abs=1e-10)
    assert (left.kind, right.kind) == ("maximum", "minimum")


@pytest.mark.parametrize(
    ("f", "where"),
    [(lambda x: abs(x), 0.0), (lambda x: abs(x - 0.3) + x**4, 0.3), (lambda x: 1.0 / x**2, 0.0)],
    ids=["kink", "kink of a curve", "pole"],
)
def test_a_slope_that_jumps_over_zero_is_no_root_of_it(f, where):
    found = find_critical_points(f, (-1, 1.37))
    assert found.jumps == pytest.approx((where,), abs=1e-9)
    assert all(abs(point.x - where) > 1e-3 for point in found)
    assert "the derivative jumps over zero at" in str(found)


def test_a_flat_piece_is_one_point_that_is_not_isolated():
    (point,) = find_critical_points(lambda x: max(x, 0.0) ** 2, (-1, 1.1))
    assert (point.kind, point.isolated) == ("degenerate", False)
    assert point.x == pytest.approx(-0.5, abs=1e-9)
    assert point.description == "degenerate, not isolated"


def test_places_without_a_value_are_counted():
    found = find_critical_points(lambda x: x * math.log(x), (-1, 1), samples=200)
    (point,) = found
    assert point.x == pytest.approx(math.exp(-1.0), abs=DIGITS) and point.kind == "minimum"
    assert found.undefined == 101
    assert str(found).endswith("no value at 101 of the places that were tried")


def test_no_value_anywhere_is_the_error_of_the_function():
    with pytest.raises(ValueError, match=r"math domain error|expected a positive input"):
        find_critical_points(lambda x: math.log(x), (-2, -1))


# -- several -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [himmelblau, himmelblau_of_array])
def test_himmelblau_has_nine(f):
    found = find_critical_points(f, SQUARE)
    assert sorted(p.kind for p in found) == ["maximum"] + ["minimum"] * 4 + ["saddle"] * 4
    for point in found:
        x, y = point.x
        slopes = (
            4 * x * (x * x + y - 11) + 2 * (x + y * y - 7),
            2 * (x * x + y - 11) + 4 * y * (x + y * y - 7),
        )
        # a gradient that is zero to rounding, by Hessians of condition 5 at most
        assert np.max(np.abs(slopes)) < 2e-12
    exact = min(found, key=lambda p: abs(p.x[0] - 3.0))
    np.testing.assert_allclose(exact.x, [3.0, 2.0], atol=DIGITS)
    top = found.of_kind("maximum")[0]
    np.testing.assert_allclose(top.x, [-0.270844590667, -0.923038556480], atol=DIGITS)
    assert isinstance(exact.x, tuple if f is himmelblau else np.ndarray)


def test_bowl_saddle_and_dome():
    for signs, kind in [((1, 1), "minimum"), ((1, -1), "saddle"), ((-1, -1), "maximum")]:
        (point,) = find_critical_points(
            lambda x, y, a=signs[0], b=signs[1]: a * x**2 + 2 * b * (y - 0.5) ** 2, SQUARE
        )
        np.testing.assert_allclose(point.x, (0.0, 0.5), atol=DIGITS)
        assert point.kind == kind
        assert point.eigenvalues == tuple(sorted((2.0 * signs[0], 4.0 * signs[1])))


@pytest.mark.parametrize(
    ("f", "kind", "order"),
    [
        (lambda x, y: x**3 - 3 * x * y**2, "saddle", 3),
        (lambda x, y: x**3 + y**2, "saddle", 3),
        (lambda x, y: x**4 - y**2, "saddle", 4),
        (lambda x, y: x**4 + y**2, "degenerate", 4),
        (lambda x, y: x**4 + y**4, "degenerate", 4),
        (lambda x, y: (y - x * x) * (y - 2 * x * x), "degenerate", 4),
    ],
    ids=["monkey", "fold", "saddle of order 4", "bowl of order 4", "flat bowl", "Peano"],
)
def test_where_the_hessian_is_singular(f, kind, order):
    (point,) = find_critical_points(f, [(-2, 2), (-2, 2)])
    np.testing.assert_allclose(point.x, (0.0, 0.0), atol=DIGITS)
    assert (point.kind, point.order, point.degenerate, point.isolated) == (kind, order, True, True)


def test_a_ridge_is_one_point_that_is_not_isolated():
    ring, dome = sorted(
        find_critical_points(lambda x, y: (x * x + y * y - 1) ** 2, [(-2, 2), (-2, 2)]), key=lambda p: p.value
    )
    assert (ring.kind, ring.isolated) == ("degenerate", False)
    assert math.hypot(*ring.x) == pytest.approx(1.0, abs=1e-6)
    assert (dome.kind, dome.isolated) == ("maximum", True)


def test_a_tail_is_not_taken_for_a_root():
    found = find_critical_points(lambda x, y: math.exp(-(x * x) - y * y), [(-20, 20), (-20, 20)], samples=50)
    assert kinds(found) == [("maximum", 2)]


@pytest.mark.parametrize("shift", [0.0, 0.1])
def test_a_singular_hessian_alone_makes_no_critical_point(shift):
    """At the centre, where the search starts, the Hessian is singular and the gradient is not zero."""
    found = find_critical_points(lambda x, y: x**3 - 3 * x + (y - shift) ** 2, [(-2, 2), (-2, 2)])
    assert kinds(found) == [("saddle", 2), ("minimum", 2)]
    assert len(find_critical_points(lambda x, y: x**4 + y, [(-2, 2), (-2, 2)])) == 0
    assert len(find_critical_points(lambda x, y: x + 2 * y, [(-2, 2), (-2, 2)])) == 0


def test_units_do_not_matter():
    unit = 1e-6
    found = find_critical_points(lambda x, y: himmelblau(x / unit, y), [(-5 * unit, 5 * unit), (-5, 5)])
    assert [p.kind for p in found] == [
        "minimum", "saddle", "minimum", "maximum", "saddle", "saddle", "minimum", "saddle", "minimum",
    ]  # fmt: skip


def test_the_same_at_every_run():
    assert str(find_critical_points(himmelblau, SQUARE)) == str(find_critical_points(himmelblau, SQUARE))


def test_as_a_table():
    assert str(find_critical_points(lambda a, b: a**2 - b**2, [(-1, 1), (-1, 1)])) == (
        "critical points of <lambda>, a in [-1, 1], b in [-1, 1]\n"
        "  kind    a  b  value  eigenvalues of the Hessian\n"
        "  saddle  0  0      0                       -2, 2"
    )
    assert str(find_critical_points(lambda x: x, (0, 1))) == (
        "critical points of <lambda>, x in [0, 1]\n  none found"
    )


def test_far_from_zero_as_many_digits_are_shown_as_tell_the_points_apart():
    lines = str(find_critical_points(lambda x: math.cos(x), (1e6, 1e6 + 7))).splitlines()
    assert lines[0] == "critical points of <lambda>, x in [1000000, 1000007]"
    assert [line.split()[1] for line in lines[2:]] == [f"{k * math.pi:.4f}" for k in (318310, 318311, 318312)]


# -- minima --------------------------------------------------------------------------------------------------


def test_minimum_of_a_parabola():
    found = find_min(parabola, (0, 5.1))
    assert found.x == pytest.approx(2.0, abs=DIGITS) and found.value == -1.0 and not found.on_boundary


def rosenbrock(p):
    return np.sum(100 * (p[1:] - p[:-1] ** 2) ** 2 + (1 - p[:-1]) ** 2)


def test_minimum_of_rosenbrock():
    found = find_min(rosenbrock, [(-2, 2)] * 4)
    np.testing.assert_allclose(found.x, 1.0, atol=DIGITS)


def test_minimum_of_higher_order():
    assert find_min(lambda x: x**4, (-1, 2.3)).x == 0.0
    assert find_min(lambda x: 3 * (x - 1) ** 4, (-1, 2.3)).x == pytest.approx(1.0, abs=DIGITS)


def test_the_lowest_of_several():
    found = find_min(lambda x: x**4 - 4 * x * x + 0.1 * x, (-3, 3))
    assert found.x == pytest.approx(-1.4204, abs=1e-3)
    assert 4 * found.x**3 - 8 * found.x + 0.1 == pytest.approx(0.0, abs=1e-13)


def test_minimum_on_the_boundary():
    found = find_min(lambda x, y: x + (y - 0.25) ** 2, [(0, 1), (-1, 2)])
    assert found.x[0] == 0.0 and found.x[1] == pytest.approx(0.25, abs=DIGITS)
    assert found.on_boundary == ("x",)
    assert found.gradient[0] == 1.0 and abs(found.gradient[1]) < DIGITS
    assert "x on the boundary" in str(found)


def test_minimum_beside_what_is_undefined():
    found = find_min(lambda x: x * math.log(x), (0, 1))
    assert found.x == pytest.approx(math.exp(-1.0), abs=DIGITS)


# -- refusals ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("search", [find_critical_points, find_min])
@pytest.mark.parametrize(
    ("box", "message"),
    [
        ((3, 1), r"box=\(3, 1\) .*\n  expected finite ends, the lower one first"),
        ((0, math.inf), r"finite ends"),
        ("ab", r"box='ab' .*\n  expected a pair \(low, high\), or a sequence of pairs"),
        ([(0, 1, 2)], r"a pair \(low, high\)"),
        ([(0, 1), (0, 1), (0, 1)], r"the box has 3 pairs, and himmelblau takes 2 arguments"),
    ],
)
def test_what_is_no_box(search, box, message):
    with pytest.raises(ArgumentError, match=message):
        search(himmelblau, box)


def test_too_large_a_grid():
    with pytest.raises(ArgumentError, match="a grid of 10 places for each of 8 numbers"):
        find_min(rosenbrock, [(0, 1)] * 8, grid=10)


def test_samples():
    with pytest.raises(ArgumentError, match="samples=0"):
        find_critical_points(cubic, (0, 1), samples=0)


def test_what_cannot_be_differentiated_is_refused_as_ever():
    def counted(x):
        global calls
        calls = 1
        return x * x

    with pytest.raises(UnsupportedSyntax, match="AD109"):
        find_critical_points(counted, (0, 1))
