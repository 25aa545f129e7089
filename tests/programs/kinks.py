"""Points without a derivative, or where a formula is singular: the gradient that the conventions promise.

Ties of max and min share equally; abs, sign, norm and std give 0 at 0; a branch that `np.where` did not
select gives exactly 0, never NaN. The gradients are written down by hand.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"

import math

import numpy as np

from tests.programs.program import KnownGradient


def absolute(x):
    return abs(x) + 2.0 * x


def absolute_array(x):
    return np.abs(x) * 3.0


def absolute_math(x):
    return math.fabs(x) + x


def sums_of_impossible(x, y):
    return np.logaddexp(x, y) + np.logaddexp2(x, y)


def sign_times(x):
    return np.sign(x) * x


def maximum_of_two(x, y):
    return np.maximum(x, y)


def minimum_of_two(x, y):
    return np.minimum(x, y) * 2.0


def maximum_of_itself(x):
    return np.maximum(x, x)


def maximum_with_constant(x):
    return np.maximum(x, 0.0)


def builtin_max(x, y):
    return max(x, y)


def builtin_min_of_three(x, y, z):
    return min(x, y, z)


def max_of_array(x):
    return np.max(x)


def max_of_axis(x):
    return np.max(x, axis=0) * np.array([1.0, 2.0])


def min_method(x):
    return x.min(axis=1, keepdims=True)


def clip_at_the_bounds(x):
    return np.clip(x, -1.0, 1.0)


def where_square_root(x):
    return np.where(x > 0, np.sqrt(x), 0.0)


def where_logarithm(x):
    return np.where(x > 0, np.log(x), -x)


def where_after_branch(x, natural):
    y = np.log(x) if natural else x
    return np.sum(np.where(x > 0, y, 0.0))


def where_after_loop(x, n):
    y = x
    for _ in range(n):
        y = np.sqrt(y)
    return np.sum(np.where(x > 0, 2.0 * np.log(y), 0.0))


def _doubled(x, n):
    return np.log(x) if n == 0 else 2.0 * _doubled(x, n - 1)


def where_after_calls(x, n):
    return np.sum(np.where(x > 0, _doubled(x, n), 0.0))


def where_division(x, y):
    return np.where(y != 0, x / y, x)


def where_norm(x):
    size = np.sqrt(np.sum(x * x))
    return np.where(size > 0, size, 0.0)


def branch_square_root(x):
    if x > 0.0:
        return np.sqrt(x)
    return 0.0 * x


def relu_by_where(x):
    return np.where(x > 0.0, x, 0.0)


def relu_by_mask(x):
    return x * (x > 0.0)


def relu_by_branch(x):
    return x if x > 0.0 else 0.0


def norm_at_zero(x):
    return np.linalg.norm(x) + np.sum(x)


def norm_of_zero_row(x):
    return np.linalg.norm(x, axis=1)


def deviation_of_equal_values(x):
    return np.std(x) + np.sum(x)


def power_of_zero(x):
    return x**2 + x**1 + x**0


def power_zero_array(x):
    return x**0 + x ** np.array([1, 2, 0])


def zero_base_variable_exponent(x, y):
    return x**y


def product_of_zeros(x):
    return np.prod(x)


def hypotenuse_at_zero(x, y):
    return np.hypot(x, y) + x


def floor_at_integer(x):
    return np.floor(x) + x


def infinite_slope(x):
    return np.sqrt(x)


def step_branch(x):
    if x >= 1.0:
        return 2.0 * x
    return 5.0 * x


def exact_zero_times_infinity(x):
    y = np.where(x > 0.0, 1.0 / x, 0.0)
    return np.where(x > 0.0, np.exp(-y), 0.0)


def casts(x):
    y = x.astype(np.float32).astype(float)
    return y.astype("float64", copy=False) * x.astype(int)


def at_knots(x):
    return np.interp(x, [0.0, 1.0, 2.0], [0.0, 2.0, 1.0])


def running_maximum(x):
    return np.maximum.accumulate(x) * np.array([1.0, 10.0, 100.0, 1000.0])


def middle(x):
    return np.median(x)


KINKS: tuple[KnownGradient, ...] = (
    KnownGradient(
        "interp_at_knots",
        at_knots,
        (np.array([-1.0, 0.0, 1.0, 2.0, 3.0]),),
        (np.array([0.0, 2.0, -1.0, -1.0, 0.0]),),
    ),
    KnownGradient(
        "running_maximum_tie",
        running_maximum,
        (np.array([1.0, 1.0, 0.0, 1.0]),),
        (np.array([1.0, 110.0, 0.0, 1000.0]),),
    ),
    KnownGradient("median_tie", middle, (np.array([2.0, 0.0, 2.0, 2.0]),), (np.array([0.5, 0.0, 0.5, 0.0]),)),
    KnownGradient("abs_at_zero", absolute, (0.0,), (2.0,)),
    KnownGradient("abs_array", absolute_array, (np.array([0.0, -1.0, 2.0]),), (np.array([0.0, -3.0, 3.0]),)),
    KnownGradient("abs_negative_zero", absolute_array, (np.array([-0.0]),), (np.array([0.0]),)),
    KnownGradient("fabs_at_zero", absolute_math, (0.0,), (1.0,)),
    KnownGradient("sign_at_zero", sign_times, (0.0,), (0.0,)),
    KnownGradient("maximum_tie", maximum_of_two, (1.5, 1.5), (0.5, 0.5), (0, 1)),
    KnownGradient(
        "maximum_tie_array",
        maximum_of_two,
        (np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])),
        (np.array([0.5, 0.0, 1.0]), np.array([0.5, 1.0, 0.0])),
        (0, 1),
    ),
    KnownGradient(
        "maximum_tie_broadcast",
        maximum_of_two,
        (np.array([[1.0], [2.0]]), np.array([1.0, 2.0])),
        (np.array([[0.5], [1.5]]), np.array([0.5, 1.5])),
        (0, 1),
    ),
    KnownGradient("maximum_tie_itself", maximum_of_itself, (1.5,), (1.0,)),
    KnownGradient("minimum_tie", minimum_of_two, (1.5, 1.5), (1.0, 1.0), (0, 1)),
    KnownGradient(
        "maximum_with_constant",
        maximum_with_constant,
        (np.array([0.0, 1.0, -1.0]),),
        (np.array([0.5, 1.0, 0.0]),),
    ),
    KnownGradient("builtin_max_tie", builtin_max, (1.5, 1.5), (0.5, 0.5), (0, 1)),
    KnownGradient("builtin_min_tie", builtin_min_of_three, (2.0, 2.0, 5.0), (0.5, 0.5, 0.0), (0, 1, 2)),
    KnownGradient(
        "max_tie", max_of_array, (np.array([3.0, 1.0, 3.0, 3.0]),), (np.array([1.0, 0.0, 1.0, 1.0]) / 3.0,)
    ),
    KnownGradient(
        "max_axis_tie",
        max_of_axis,
        (np.array([[1.0, 2.0], [1.0, 0.0]]),),
        (np.array([[0.5, 2.0], [0.5, 0.0]]),),
    ),
    KnownGradient(
        "min_keepdims_tie",
        min_method,
        (np.array([[1.0, 1.0], [1.0, 0.0]]),),
        (np.array([[0.5, 0.5], [0.0, 1.0]]),),
    ),
    KnownGradient(
        "clip_inside_and_outside",
        clip_at_the_bounds,
        (np.array([-2.0, 0.5, 2.0]),),
        (np.array([0.0, 1.0, 0.0]),),
    ),
    KnownGradient(
        "where_sqrt_at_zero", where_square_root, (np.array([0.0, 4.0, -1.0]),), (np.array([0.0, 0.25, 0.0]),)
    ),
    KnownGradient("where_sqrt_scalar", where_square_root, (0.0,), (0.0,)),
    KnownGradient(
        "where_log", where_logarithm, (np.array([0.0, 2.0, -1.0]),), (np.array([-1.0, 0.5, -1.0]),)
    ),
    KnownGradient(
        "where_division",
        where_division,
        (np.array([1.0, 2.0]), np.array([0.0, 4.0])),
        (np.array([1.0, 0.25]), np.array([0.0, -0.125])),
        (0, 1),
    ),
    KnownGradient(
        "where_after_branch", where_after_branch, (np.array([0.0, 2.0]), True), (np.array([0.0, 0.5]),)
    ),
    KnownGradient("where_after_loop", where_after_loop, (np.array([0.0, 4.0]), 2), (np.array([0.0, 0.125]),)),
    KnownGradient("where_after_calls", where_after_calls, (np.array([0.0, 2.0]), 2), (np.array([0.0, 2.0]),)),
    KnownGradient("where_norm", where_norm, (np.zeros(2),), (np.zeros(2),)),
    KnownGradient(
        "where_infinite_exponent",
        exact_zero_times_infinity,
        (np.array([0.0, 1.0]),),
        (np.array([0.0, np.exp(-1.0)]),),
    ),
    KnownGradient("branch_not_taken", branch_square_root, (0.0,), (0.0,)),
    KnownGradient("relu_where", relu_by_where, (np.array([0.0, 1.0, -1.0]),), (np.array([0.0, 1.0, 0.0]),)),
    KnownGradient("relu_mask", relu_by_mask, (np.array([0.0, 1.0, -1.0]),), (np.array([0.0, 1.0, 0.0]),)),
    KnownGradient("relu_branch", relu_by_branch, (0.0,), (0.0,)),
    KnownGradient("norm_at_zero", norm_at_zero, (np.zeros(3),), (np.ones(3),)),
    KnownGradient(
        "norm_of_zero_row",
        norm_of_zero_row,
        (np.array([[0.0, 0.0], [3.0, 4.0]]),),
        (np.array([[0.0, 0.0], [0.6, 0.8]]),),
    ),
    KnownGradient("std_of_equal_values", deviation_of_equal_values, (np.full(3, 2.0),), (np.ones(3),)),
    KnownGradient("power_of_zero", power_of_zero, (0.0,), (1.0,)),
    KnownGradient("power_of_zero_array", power_zero_array, (np.zeros(3),), (np.array([1.0, 0.0, 0.0]),)),
    KnownGradient("zero_base", zero_base_variable_exponent, (0.0, 2.0), (0.0,)),
    KnownGradient(
        "product_of_zeros", product_of_zeros, (np.array([0.0, 2.0, 3.0]),), (np.array([6.0, 0.0, 0.0]),)
    ),
    KnownGradient("hypot_at_zero", hypotenuse_at_zero, (0.0, 0.0), (1.0, 0.0), (0, 1)),
    *(
        KnownGradient(f"logaddexp_{name}", sums_of_impossible, (x, y), (first, second), (0, 1))
        for name, x, y, first, second in (
            ("of_zeros", -np.inf, -np.inf, 1.0, 1.0),
            ("of_one_zero", -np.inf, 0.3, 0.0, 2.0),
            ("of_infinities", np.inf, np.inf, 1.0, 1.0),
            ("of_one_infinity", np.inf, 0.3, 2.0, 0.0),
        )
    ),
    KnownGradient("floor_at_integer", floor_at_integer, (2.0,), (1.0,)),
    KnownGradient("sqrt_at_zero", infinite_slope, (0.0,), (math.inf,)),
    KnownGradient("casts", casts, (np.array([1.3, -2.6, 3.7]),), (np.array([1.0, -2.0, 3.0]),), rtol=1e-7),
    KnownGradient("branch_at_its_edge", step_branch, (1.0,), (2.0,)),
)
