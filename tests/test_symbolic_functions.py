"""Functions of all kinds, whose derivatives SymPy makes from their formulas: they agree, or are refused.

The values agree as well, for those of the formula are compared with those of the program.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import adcompile as ad
from adcompile.errors import ArgumentError

pytest.importorskip("sympy")

from adcompile import symbolic

FACTOR = 0.37
MATRIX = np.array([[2.0, -1.0], [0.5, 1.5]])
VECTOR = np.array([0.5, 1.0, 2.0])


def ratio(x, k=2):
    return x**k / (1 + x * x)


def twice(g, x):
    return g(g(x))


class Model:
    scale = 1.7

    def __init__(self):
        self.shift = 0.3

    def __call__(self, x):
        return self.scale * math.tanh(x) + self.shift


MODEL = Model()


def branches(x):
    if x > 2:
        y = x * x
    elif x > 0:
        y = math.sin(x)
    else:
        y = -(x**3)
    return y * ratio(x)


def series(x):
    total = 0.0
    for k in range(1, 6):
        total += x**k / math.factorial(k)
    return total


def square_root(a):
    x = 1.0
    for _ in range(4):
        x = 0.5 * (x + a / x)
    return x


def counted(x):
    k, total = 0, x
    while k < 3:
        total = total * total + k
        k += 1
    return total


def first_above(x):
    for k in range(3):
        if x > k + 0.8:
            continue
        return x * k
    return -x


def many_branches(x):
    for _ in range(2):
        x = x * x if x < 1.05 else 0.9 * x
    return x


def softmax(v):
    e = np.exp(v - np.max(v))
    return e[0] / np.sum(e)


def written(v):
    w = v.copy()
    w[1:] = 2.0 * w[:-1]
    w[0] += v[2]
    return w.sum() * w[2]


def masked(v):
    w = v.copy()
    w[w > 0.7] = 3.0
    w[np.array([True, False, False])] = 3.0 * v[0]
    return np.sum(w * v)


def horner(x):
    def of(y, n):
        return y if n == 0 else of(y * x + 1, n - 1)

    return of(x, 4)


def parts(x):
    d = {"a": x, "b": [x * x, 3]}
    d["c"] = d["a"] * d["b"][0]
    a, (b, c) = x, (x * x, 3)
    a, b = b, a
    return d["c"] + len(d) + a * b + c


def logistic(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


ONE = [
    (lambda x: (x**3 - 2 * x + 1) / (x**2 + 1), [0.5, -1.2, 3.0]),
    (lambda x: x**x, [0.5, 2.5]),
    (lambda x: x**3 + (-x) ** 2 + x**-2, [-1.5, 2.0]),
    (lambda x: math.sqrt(x**2) * x + (x * x) ** 0.5, [0.7, -0.7]),
    (lambda x: (x * x) ** 1.5 + np.float_power(x, 2) + np.power(x, 3), [0.5, -0.3]),
    (lambda x: math.pow(x, 0.5) * x**-0.5 * x**0.25, [0.3, 0.7]),
    (lambda x: x**0 + 0.0**2 * x + x**1, [0.5, 0.0]),
    (lambda x: math.log(math.exp(x)) + np.log(x**2), [0.7, -0.7]),
    (lambda x: math.log(x, 3) + math.log2(x) + math.log10(x) + math.log1p(x) + math.expm1(x), [2.5]),
    (lambda x: np.exp2(x) * np.log2(x) + np.log10(x) / np.log1p(x), [2.5, 0.1]),
    (lambda x: math.sinh(x) * math.cosh(x) - math.tanh(x), [0.7, -0.7]),
    (lambda x: np.arcsinh(x) + np.arctanh(x / 2) + np.arccosh(2 + x * x), [0.7, -0.7]),
    (lambda x: math.asin(x) + math.acos(x) * math.atan(x), [0.3, -0.4]),
    (lambda x: math.erf(x) + math.erfc(2 * x) * x, [0.3, -0.4]),
    (lambda x: math.gamma(x) + math.lgamma(x), [2.3, 0.4, -0.5, -1.5]),
    (lambda x: math.tanh(x) ** 2 + 1 / math.cosh(x) ** 2, [0.5]),
    (lambda x: math.sin(x) ** 2 + math.cos(x) ** 2, [0.5]),
    (lambda x: twice(ratio, x) + twice(math.sin, x) + ratio(x, k=3) + ratio(k=1, x=2 * x), [0.5, -2.0]),
    (lambda x: MODEL(x) * FACTOR, [0.5, -2.0]),
    (lambda x: abs(x) * math.fabs(x - 1), [0.5, -2.0, 3.0]),
    (lambda x: x * math.floor(x) + x * math.ceil(x) + np.trunc(x) * x, [0.5, -2.5]),
    (lambda x: round(x) * x + np.rint(x) * x, [0.5, 1.5, 2.5, -2.5, 3.2]),
    (lambda x: np.clip(x * x * 4, 0.2, 0.8) + np.clip(x, -1, 0), [0.3, 0.4, -0.5]),
    (lambda x: np.sign(x) * x**2 + math.copysign(2.0, x) * x + np.copysign(x, -1.0), [0.5, -0.5]),
    (lambda x: np.heaviside(x, 0.25) * (x + 1), [0.0, 1.0, -1.0]),
    (lambda x: np.cbrt(x) + np.sinc(x) + np.square(x) + np.reciprocal(x + 2), [0.5, -0.5]),
    (lambda x: (x if x < 1 else 2 - x) * (1 if x > 0 and x < 1 else 3), [0.5, 1.5]),
    (lambda x: x if 0 < x < 1 else x * x, [0.5, 1.5]),
    (lambda x: 2 * x if x == 0.5 else x * x, [0.5, 1.0]),
    (lambda x: 2 * x if x <= 0.3 else x * x, [0.1, 0.3, 0.7]),
    (lambda x: (x > 0) * x + (x < 0) * 3 + True * x, [0.5, -0.5]),
    (lambda x: x if math.isfinite(x) and not math.isnan(x) else 0.0, [0.5]),
    (lambda x: x * (7 // 2) + x * (7 % 3) + 7 / 2 * x + 2**-1 * x + x * (-7 // 2), [0.5]),
    (lambda x: math.pi * x + math.e * x**2 + math.tau + 1e-3 * x + 1 / 3 * x + 0.1, [0.5]),
    (lambda x: x * math.copysign(2, -1) + np.sort(np.array([3.0, 1.0]))[0] * x + math.comb(5, 2), [0.5]),
    (lambda x: np.exp(-0.5 * ((x - FACTOR) / 1.3) ** 2) / (1.3 * math.sqrt(2 * math.pi)), [0.5]),
    (lambda x: 1 / (1 + x * x) + x * 1e-5, [1e-8, 1e8, -3e5]),
    (lambda x: 1 / (1 + np.exp(-x)), [700.0, -700.0]),
    (lambda x: sum([x**k for k in range(4)]) + math.prod([x + 1, x + 2]), [0.5]),
    (lambda x: sum(x**k for k in range(3) if k != 1) + math.fsum([x, x * x, 1.0]), [0.5]),
    (lambda x: math.dist([x, 1.0], [2.0, x * x]), [0.5]),
    (lambda x: (y := x * x) + y, [0.5]),
    (lambda x: ad.grad(lambda t: t**3 * x)(x), [0.5]),
    (lambda x: (np.exp(1j * x) * np.exp(1j * x)).real + np.real((1 + 2j * x) ** 2), [0.5]),
    (lambda x: abs(np.exp(1j * x) * x), [0.5]),
    (lambda x: np.array(x) * np.ones(3).sum() * np.asarray([x, x]).mean(), [0.5]),
    (branches, [2.3, 0.4, -1.0]),
    (series, [0.5]),
    (square_root, [0.5, 2.0]),
    (counted, [0.5]),
    (first_above, [0.5, 1.2, 2.0, 5.0]),
    (many_branches, [1.1, 0.9]),
    (horner, [0.5]),
    (parts, [0.5]),
    (logistic, [0.5, -0.5]),
]  # fmt: skip
SEVERAL = [
    (lambda x, y: x**y, [(0.5, 2.0), (1.5, -1.3)]),
    (lambda x, n: x**n * n, [(0.5, 3), (0.5, 1)]),
    (lambda x, y: max(x, y, x * y) * min(x, y), [(0.5, 1.0), (2.0, -1.0)]),
    (lambda x, y: np.maximum(x, y) * np.minimum(x * y, 1.0), [(0.5, 1.0), (2.0, -1.0)]),
    (lambda x, y: np.where(x > 0, np.log(np.abs(x) + 1), y * x), [(0.5, 1.0), (-2.0, 1.0), (0.0, 1.0)]),
    (lambda x, y: np.where(y > 0, np.sqrt(np.abs(y)), y**2) * x, [(0.5, 1.0), (2.0, -1.0)]),
    (lambda x, y: x % y + math.fmod(x, y) + x // y * x, [(0.5, 2.0), (-1.5, 0.7), (-1.5, -0.7)]),
    (lambda x, y: math.hypot(x, y) * math.atan2(y, x) * math.degrees(x), [(0.5, 2.0), (-1.5, -0.7)]),
    (lambda x, y: np.logaddexp(x, y) * np.logaddexp2(x, y), [(0.5, 0.2), (-3.0, 2.0)]),
    (lambda x, y: x * x, [(0.5, 2.0)]),
    (lambda b, m: np.sum(np.linalg.solve(m, b)), [(np.array([1.0, 2.0]), MATRIX)]),
    (lambda v: v @ MATRIX @ v + np.sum(MATRIX * np.outer(v, v)), [np.array([1.0, -2.0])]),
    (lambda m: np.linalg.det(m) + np.trace(m @ m) + np.linalg.inv(m)[0, 1], [MATRIX]),
    (lambda v: np.mean(v) * np.var(v) + np.std(v), [VECTOR]),
    (lambda v: np.linalg.norm(v) + np.sum(np.abs(v)) + np.max(v) - np.min(v) + np.ptp(v), [-VECTOR]),
    (lambda v: np.cumsum(v)[-1] * np.cumprod(v)[1] + np.prod(v), [VECTOR]),
    (lambda v: v.prod() if np.all(v > 0) else v.sum(), [VECTOR, -VECTOR]),
    (lambda v: v[0] if (v > 1).any() else v[1], [VECTOR, -VECTOR]),
    (lambda v: np.sum(np.select([v > 1, v > 0], [v * v, 3 * v], 0.0)), [VECTOR, -VECTOR]),
    (softmax, [VECTOR]),
    (written, [VECTOR]),
    (masked, [VECTOR, -VECTOR]),
]


@pytest.mark.parametrize(("f", "points"), ONE + SEVERAL)
def test_agree(f, points):
    found = symbolic.compare(f, points)
    assert found.agrees and not found.undecided, str(found)


@pytest.mark.parametrize(
    ("f", "point"),
    [
        (lambda x, y, z: max(x, y, z), (1.0, 1.0, 1.0)),
        (lambda x, y, z: np.minimum(np.minimum(x, y), z), (1.0, 1.0, 1.0)),
        (lambda v: np.max(v), np.ones(3)),
    ],
)
def test_where_three_are_the_largest_nothing_is_decided(f, point):
    """SymPy gives one half to each of them, which adds up to no slope."""
    found = symbolic.compare(f, [point], order=1)
    assert found.agrees and len(found.undecided) in (2, 3)


def test_at_a_kink_there_is_no_second_derivative():
    found = symbolic.compare(lambda x: abs(x) * math.fabs(x - 1), [0.0])
    assert found.agrees and [row.name for row in found.undecided] == ["∂²f/∂x²"]


def test_nothing_to_compare_is_told():
    found = symbolic.compare(lambda x: np.exp(x), [1e3])
    assert not found.agrees
    assert str(found).endswith("nothing was compared: there is no row where both have a value")


def test_a_wrong_second_derivative_beside_a_large_first_one_is_found():
    row = symbolic.compare(lambda x: 1e6 * x + 1e-3 * x**2, [1.0]).rows[-1]
    assert row.symbolic == pytest.approx(2e-3) and row.tolerance < 1e-8


def large(x):
    for _ in range(200):
        x = x - 0.01 * x * x
    return x


def branches_on_branches(x):
    for _ in range(8):
        x = x * x if x < 1.05 else 0.9 * x
    return x


@pytest.mark.parametrize("f", [large, branches_on_branches])
def test_a_formula_that_grows_with_each_iteration_is_refused_before_it_takes_forever(f):
    assert symbolic.steps(f, 1.1).gradient["x"] == pytest.approx(ad.grad(f)(1.1))
    with pytest.raises(ArgumentError, match=f"{f.__name__} is too large as a formula"):
        symbolic.compare(f, [1.1])


@pytest.mark.parametrize(
    ("f", "x", "why"),
    [
        (lambda v: np.sum(v[v > 0.7]), VECTOR, "the size of the result depends on a value"),
        (lambda v: v[np.argmax(v)], VECTOR, r"`np.argmax\(a, axis=None, keepdims=False\)` cannot be written"),
        (lambda x: ad.stop_gradient(x) * x, 0.5, r"`stop_gradient\(x\)` cannot be written"),
        (lambda x: float(np.float32(x)), 0.5, r"`np.float32\(x\)` cannot be written"),
        (lambda x: ((x + 1j) * (x - 2j)).imag, 0.5, "`x.imag` cannot be written"),
        (
            lambda v: np.einsum("i,i->", v, v),
            VECTOR,
            r"`np.einsum\(subscripts, \*operands, optimize=False\)`",
        ),
        (lambda x: round(x, 1) * x, 0.5, "rounding to digits"),
        (lambda x: np.interp(x, [0.0, 1.0], [2.0, 5.0]), 0.5, "`np.interp"),
    ],
)
def test_refused(f, x, why):
    with pytest.raises(ArgumentError, match=why) as caught:
        symbolic.compare(f, [x])
    assert caught.value.loc is not None
