"""Least-squares problems with published minima: Moré, Garbow & Hillstrom, "Testing unconstrained optimization
software" (1981). The minima are sums of squares, of which `minimize` has one half.
"""

from __future__ import annotations

import numpy as np
import pytest

from adcompile.optimize import minimize

BARD = np.array([0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39])
KOWALIK = np.array([0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246])
KOWALIK_AT = np.array([4.0, 2.0, 1.0, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625])
MEYER = np.array([
    34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261, 7030, 6005, 5147, 4427, 3820, 3307, 2872
], dtype=float)  # fmt: skip
GAUSSIAN = np.array([0.0009, 0.0044, 0.0175, 0.054, 0.1295, 0.242, 0.3521, 0.3989])


def freudenstein_roth(x):
    return np.stack([
        -13.0 + x[0] + ((5.0 - x[1]) * x[1] - 2.0) * x[1],
        -29.0 + x[0] + ((x[1] + 1.0) * x[1] - 14.0) * x[1],
    ])  # fmt: skip


def bard(x):
    u = np.arange(1.0, 16.0)
    v = 16.0 - u
    return BARD - (x[0] + u / (v * x[1] + np.minimum(u, v) * x[2]))


def kowalik_osborne(x):
    u = KOWALIK_AT
    return KOWALIK - x[0] * (u**2 + u * x[1]) / (u**2 + u * x[2] + x[3])


def meyer(x):
    return x[0] * np.exp(x[1] / (45.0 + 5.0 * np.arange(1.0, 17.0) + x[2])) - MEYER


def gaussian(x):
    t = (7.0 - np.arange(15.0)) / 2.0
    y = np.concatenate([GAUSSIAN, GAUSSIAN[-2::-1]])
    return x[0] * np.exp(-x[1] * (t - x[2]) ** 2 / 2.0) - y


def powell_singular(x):
    return np.stack([
        x[0] + 10.0 * x[1],
        np.sqrt(5.0) * (x[2] - x[3]),
        (x[1] - 2.0 * x[2]) ** 2,
        np.sqrt(10.0) * (x[0] - x[3]) ** 2,
    ])  # fmt: skip


def wood(x):
    return np.stack([
        10.0 * (x[1] - x[0] ** 2),
        1.0 - x[0],
        np.sqrt(90.0) * (x[3] - x[2] ** 2),
        1.0 - x[2],
        np.sqrt(10.0) * (x[1] + x[3] - 2.0),
        (x[1] - x[3]) / np.sqrt(10.0),
    ])  # fmt: skip


def brown_dennis(x):
    t = np.arange(1.0, 21.0) / 5.0
    return (x[0] + t * x[1] - np.exp(t)) ** 2 + (x[2] + x[3] * np.sin(t) - np.cos(t)) ** 2


#     residuals          start                    minimum      gradient
PROBLEMS = [
    (freudenstein_roth,  [0.5, -2.0],             48.9842,     1e-6),
    (bard,               [1.0, 1.0, 1.0],         8.21487e-3,  1e-8),
    (kowalik_osborne,    [0.25, 0.39, 0.415, 0.39], 3.07505e-4, 1e-9),
    (meyer,              [0.02, 4000.0, 250.0],   87.9458,     1e-2),
    (gaussian,           [0.4, 1.0, 0.0],         1.12793e-8,  1e-12),
    (powell_singular,    [3.0, -1.0, 0.0, 1.0],   0.0,         1e-9),
    (wood,               [-3.0, -1.0, -3.0, -1.0], 0.0,        1e-8),
    (brown_dennis,       [25.0, 5.0, -5.0, -1.0], 85822.2,     1e-2),
]  # fmt: skip


def half_of_squares(x, residuals):
    return 0.5 * np.sum(residuals(x) ** 2)


METHODS = ("levenberg-marquardt", "trust-region", "damped-newton")
# the curvatures of Meyer's function differ by a factor of 1e13: only scaled steps get to the minimum
RUNS = [(p, m) for p in PROBLEMS for m in METHODS if p[0] is not meyer or m == "levenberg-marquardt"]


@pytest.mark.parametrize(
    ("problem", "method"), RUNS, ids=lambda v: v if isinstance(v, str) else v[0].__name__
)
def test_published_minimum(problem, method):
    residuals, start, minimum, gradient = problem
    f, args = (residuals, ()) if method == "levenberg-marquardt" else (half_of_squares, (residuals,))
    with np.errstate(over="ignore", invalid="ignore"):
        result = minimize(f, np.array(start), args, method, gradient_tolerance=gradient)
    assert result.success
    # the published minima have six digits
    assert 2.0 * result.value == pytest.approx(minimum, rel=5e-6, abs=1e-12)
