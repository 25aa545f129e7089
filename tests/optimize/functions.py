"""Test functions of optimisation, with their minima."""

import numpy as np


def rosenbrock(x):
    return (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2


def rosenbrock_residuals(x):
    return np.sqrt(2.0) * np.stack([1.0 - x[0], 10.0 * (x[1] - x[0] ** 2)])


def himmelblau(x):
    return (x[0] ** 2 + x[1] - 11.0) ** 2 + (x[0] + x[1] ** 2 - 7.0) ** 2


def himmelblau_residuals(x):
    return np.sqrt(2.0) * np.stack([x[0] ** 2 + x[1] - 11.0, x[0] + x[1] ** 2 - 7.0])


def beale(x):
    return (
        (1.5 - x[0] + x[0] * x[1]) ** 2
        + (2.25 - x[0] + x[0] * x[1] ** 2) ** 2
        + (2.625 - x[0] + x[0] * x[1] ** 3) ** 2
    )


def beale_residuals(x):
    right = np.array([1.5, 2.25, 2.625])
    return np.sqrt(2.0) * (right - x[0] + x[0] * x[1] ** np.array([1.0, 2.0, 3.0]))


def quadratic(x, a, b):
    return 0.5 * np.sum(a * x**2) - np.sum(b * x)


def bowl(x):
    return np.sum((x - 1.0) ** 2)
