"""Scalar programs: Python's operators, powers and their traps, and the functions of `math`."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"
# ruff: noqa: B002, RUF021

import math
import sys
from functools import partial

import numpy as np

from tests.programs.program import Program, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)


def sine_product(x1, x2):
    return np.sin(x1) + x1 * x2


add(sine_product, (0.5, 1.3), (-2.0, 0.0), holomorphic=True, features="+, *, np.sin")


def every_operator(x, y):
    a = x + y
    b = a - 2.0 * y
    c = b * a / (3.0 + y * y)
    d = -c + +a
    return d**3 - x / y


add(
    every_operator,
    (0.7, 1.9),
    (-1.2, 0.6),
    holomorphic=True,
    autograd=False,
    features="+, -, *, /, **, unary",
)


def floor_and_remainder(x, y):
    return x // y + x % y * x + (7.5 % x) - (x // 2.0) * y


add(floor_and_remainder, (7.3, 2.1), (-7.3, 2.1), (5.2, -1.7), autograd=False, features="//, %")


def rosenbrock(x, y):
    return (1.0 - x) ** 2 + 100.0 * (y - x**2) ** 2


add(rosenbrock, (-1.2, 1.0), (1.0, 1.0), holomorphic=True, features="**")


def negative_base(x):
    return x**3 + 2.0 * x**2 - x**-1 + x**5


add(negative_base, (-1.3,), (0.8,), holomorphic=True, features="**, negative base")


def float_exponent_of_integer_value(x):
    return x**2.0 + x**3.0 - 0.5 * x**-2.0


add(float_exponent_of_integer_value, (-1.7,), (2.5,), holomorphic=True, features="**, negative base")


def integer_exponent_argument(x, n):
    return x**n + n * x


add(
    integer_exponent_argument,
    (-1.5, 3),
    (1.5, 0),
    (0.7, 1),
    (0.9, -2),
    holomorphic=True,
    features="**, int argument",
)


def power_zero(x):
    return x**0 + x**0.0 * 3.0 + x


add(power_zero, (2.0,), (-3.0,), holomorphic=True, features="** 0")


def variable_exponent(x, y):
    return x**y + 2.0**x - (x * y) ** (y - x)


add(variable_exponent, (1.4, 0.6), (0.3, 2.2), holomorphic=True, features="**")


def power_tower(x):
    return x**x**x


add(power_tower, (1.3,), (0.6,), holomorphic=True, features="**")


def zero_times(x, y):
    return 0 * x + 0.0 * y * x + x * 0 + y


add(zero_times, (3.0, -2.0), holomorphic=True, features="0 * x")


def one_times(x):
    return 1 * x + x * 1.0 + x / 1 + x**1 + (x - 0) + (0 + x) - (-(-x))


add(one_times, (1.7,), holomorphic=True, features="identities")


def repeated_use(x):
    y = x * x
    z = y * y + x * y
    return z * z - y / x + x


add(repeated_use, (0.9,), (-1.1,), holomorphic=True, features="accumulation")


def constant_result(x):
    return 3.0


add(constant_result, (1.0,), autograd=False, holomorphic=True, features="inactive output")


def identity(x):
    return x


add(identity, (1.25,), holomorphic=True, features="identity")


def unused_argument(x, y):
    return x * x


add(unused_argument, (1.5, 2.5), holomorphic=True, features="unused argument")


def dead_code(x):
    unused = np.exp(x) * x
    also = unused + 1.0
    kept = x * 3.0
    also = kept
    return also * kept


add(dead_code, (0.4,), holomorphic=True, features="dead code")


def common_subexpressions(x, y):
    return np.sin(x * y) * np.cos(x * y) + np.sin(x * y) / (1.0 + np.sin(x * y) ** 2)


add(common_subexpressions, (0.8, 1.4), holomorphic=True, features="common subexpressions")


def integers_inside(x):
    n = 7 // 2
    k = n << 2 | 1
    m = (k ^ 5) & 14
    shift = ~m + (k >> 1)
    return x * n + x * x * k - m * x**shift + 17 % n


add(integers_inside, (0.9,), (1.4,), holomorphic=True, features="<<, >>, |, &, ^, ~, //, %")


def boolean_arithmetic(x, y):
    big = x > y
    return x * big + y * (not big) + (x > 0.0) + True * x


add(boolean_arithmetic, (1.5, 0.5), (0.5, 1.5), (-0.5, -0.7), holomorphic=True, features="bool as number")


def ternary(x):
    return x * x if x > 0.0 else -3.0 * x


add(ternary, (1.5,), (-1.5,), holomorphic=True, features="ternary")


def ternary_chain(x):
    return np.sin(x) if x < -1.0 else x**3 if x < 1.0 else np.log(x)


add(ternary_chain, (-2.0,), (0.3,), (2.5,), holomorphic=True, features="ternary")


def and_or_values(x, y):
    first = x and y
    second = (x - x) or y * y
    third = x > 2.0 and y or x * y
    return first + second * third


add(and_or_values, (1.5, 2.5), (3.0, 0.5), (-1.0, 2.0), holomorphic=True, features="and, or")


def chained_comparison(x, low, high):
    if low < x <= high:
        return x * x
    if not low < x:
        return low + 0.5 * x
    return high * x


add(
    chained_comparison,
    (0.5, 0.0, 1.0),
    (-1.0, 0.0, 1.0),
    (2.0, 0.0, 1.0),
    holomorphic=True,
    features="chained comparison",
)


def membership_and_identity(x, kind, scale):
    factor = 2.0 if kind in ("double", "twice") else 1.0
    if scale is None:
        scale = 0.5
    if kind not in {"plain": 1} and kind is not None:
        factor = factor + x
    return x * factor * scale


add(
    membership_and_identity,
    (1.5, "double", None),
    (1.5, "plain", 3),
    (1.5, "other", None),
    argnums=(0,),
    holomorphic=True,
    features="in, is, None argument, str argument",
)


def math_trigonometry(x):
    a = math.sin(x) + math.cos(2.0 * x) * math.tan(x)
    b = math.asin(x / 2.0) - math.acos(x / 3.0) + math.atan(x)
    return a * b + math.atan2(x, 1.5) * math.atan2(-0.5, x)


add(math_trigonometry, (0.6,), (-0.8,), autograd=False, features="math")


def math_hyperbolic(x):
    a = math.sinh(x) * math.cosh(x) - math.tanh(x)
    b = math.asinh(x) + math.acosh(1.5 + x * x) * math.atanh(x / 3.0)
    return a + b


add(math_hyperbolic, (0.6,), (-1.1,), autograd=False, features="math")


def math_exponential(x):
    a = math.exp(x) + math.expm1(x / 2.0) * math.pow(x, 1.5)
    b = math.log(x) + math.log(x, 3.0) + math.log10(x) * math.log2(x) - math.log1p(x)
    return a + b * math.sqrt(x) + math.log(5.0, x + 1.0)


add(math_exponential, (0.6,), (2.1,), autograd=False, features="math")


def math_special(x):
    return math.erf(x) * x + math.erfc(x) ** 2


add(math_special, (0.6,), (-0.3,), autograd=False, features="math.erf, math.erfc")


def math_gamma(x):
    return math.gamma(x) + math.lgamma(x) * x


add(math_gamma, (2.3,), (0.7,), autograd=False, order=1, features="math.gamma, math.lgamma")


def math_rounding(x, y):
    a = math.floor(x) + math.ceil(y) + math.trunc(x * y) * x
    b = math.fabs(x) + math.fmod(x, y) + math.remainder(x, 1.3) + math.copysign(x, -y)
    return a * b + math.ldexp(x, 2) + math.modf(x)[0] * y


add(math_rounding, (2.6, 1.1), (-3.4, 1.3), autograd=False, features="math")


def math_geometry(x, y, z):
    a = math.hypot(x, y) + math.hypot(x, y, z) * math.dist((x, y), (z, 1.0))
    return a + math.degrees(x) / 90.0 + math.radians(y) + math.pi * math.e - math.tau


add(math_geometry, (0.6, 1.1, -0.4), autograd=False, features="math")


def math_collections(x, y):
    return math.fsum([x, y * y, x * y]) + math.prod([x, 2.0, y]) * math.prod((x, y), start=x)


add(math_collections, (0.6, 1.7), autograd=False, features="math.fsum, math.prod")


def math_tests(x):
    if math.isnan(x) or math.isinf(x) or not math.isfinite(x):
        return 0.0
    if math.isclose(x, 1.0, rel_tol=0.1):
        return x**3
    return x * x


add(math_tests, (1.02,), (2.0,), autograd=False, features="math.isnan, math.isclose")


def math_new_functions(x):
    return math.cbrt(x) + math.exp2(x) * x


if sys.version_info >= (3, 11):
    add(math_new_functions, (0.7,), (1.6,), autograd=False, features="math.cbrt, math.exp2")


def builtin_functions(x, y):
    a = abs(x) + pow(x, 2) + pow(y, x)
    b = max(x, y) * min(x, y, 0.75) + sum([x, y, x * y])
    return a * b + float(x) * 2.0 + int(y) * x + round(y) * x - bool(x)


add(
    builtin_functions,
    (1.4, 0.8),
    (0.4, 2.2),
    autograd=False,
    features="abs, pow, max, min, sum, float, int, round",
)


def builtin_extremes(values, x):
    top = max(values)
    low = min([v * v for v in values])
    return top * low + max(x, 0.1) + max((x, -x)) + max([], default=x)


add(
    builtin_extremes,
    ([0.3, 1.8, -0.9], 0.4),
    ([2.3, -1.8, 0.9], -1.4),
    holomorphic=True,
    features="max, min, key, default",
)


def black_scholes(spot, strike, volatility, rate, years):
    root = volatility * math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate + volatility**2 / 2) * years) / root
    d2 = d1 - root
    call = spot * normal_cdf(d1) - strike * math.exp(-rate * years) * normal_cdf(d2)
    return call


def normal_cdf(x):
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


add(black_scholes, (100.0, 95.0, 0.3, 0.02, 1.5), autograd=False, features="math, call, model")


def numpy_scalar_argument(x):
    y = x * 2
    return y.item() * x + np.float64(3.0) * y


add(
    numpy_scalar_argument, (np.float64(1.5),), autograd=False, holomorphic=True, features="NumPy scalar, item"
)


def scalar_kinds_meet(x, a):
    z = np.sum(a) * x
    w = float(z) + a[0] * 2
    return w * z + a[1]


add(scalar_kinds_meet, (1.5, np.array([0.3, -0.8, 1.2])), autograd=False, features="float, NumPy scalar")


def deep_expression(x):
    return ((((x + 1.0) * x - 2.0) * x + 0.5) * x - 1.0) * (x - (x - (x - (x - 1.0) * x) * x) * x)


add(deep_expression, (0.7,), (-1.3,), holomorphic=True, features="nesting")


def big_and_small(x):
    return (x * 1e-200) * 1e200 + (x * 1e150) / 1e149


add(big_and_small, (0.7,), holomorphic=True, features="range of floats")


def logistic_growth(x):
    return 1.0 / (1.0 + np.exp(-x))


add(logistic_growth, (0.7,), (-30.0,), holomorphic=True, features="np.exp")


def comparison_chain_on_equal(x, y):
    return x * y if x == y or x != x else x - y


add(comparison_chain_on_equal, (1.5, 0.5), holomorphic=True, features="==, !=")


def extremes_of_sequences(x, y):
    first, k = max((v * v, k) for k, v in enumerate(x))
    nearest = min(range(len(x)), key=lambda i: abs(x[i] - y))
    largest = max(x, key=lambda v: np.cos(v))
    return (
        first * y
        + x[k] * x[nearest] ** 2
        + largest * max((v for v in x[:0]), default=y)
        + min(x[3:], default=y)
    )


add(
    extremes_of_sequences,
    (np.array([0.3, -1.2, 0.8]), 0.4),
    autograd=False,
    features="max and min with key=, of tuples, default=",
)
