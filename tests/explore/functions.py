"""Functions that the tests of the explorer look at."""

import numpy as np


def lesson(x1, x2):
    return np.sin(x1) + x1 * x2


def rosenbrock(x, y):
    a = 1.0 - x
    b = y - x * x
    return a * a + 100.0 * b * b


def branching(x, n):
    s = 1.0
    for i in range(n):
        if s < 2.0:
            t = s * x
            s = t + i
        else:
            s = np.sin(s)
    return s


def nested(x, n):
    s = x
    for i in range(n):
        for j in range(i):
            s = s * 0.5 + x * j
    return s


def newton(a):
    x = a
    while abs(x * x - a) > 1e-9:
        x = 0.5 * (x + a / x)
    return x


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def logistic(w, X, y):
    p = sigmoid(X @ w)
    return -np.mean(y * np.log(p) + (1.0 - y) * np.log(1.0 - p))


def masked(x):
    a = np.where(x > 0, np.log(x), 0.0)
    a[0] = 2.0 * x[1]
    return np.sum(a)


def layered(params, x):
    h = np.tanh(params["w"] @ x + params["b"])
    return np.sum(h * h)


def outputs(x, y):
    return x * y, [np.exp(x), y - x]


def last_seen(x, n):
    a = x * 1.0
    last = None
    for t in range(n):
        if t == 1:
            last = a
        a[0] += a[1] * a[2]
    if last is None:
        return np.sum(a)
    return np.sum(a * last)


def power(x, n):
    if n == 0:
        return 1.0
    return x * power(x, n - 1)


def cubic(x):
    return x**3 - 3.0 * x + 1.0


def kinked(x):
    return abs(x - 1.0) + max(x, 0.5) + np.maximum(x, -1.0) ** 2 + np.hypot(x, 2.0)


def assorted(x, y):
    a = np.arctan2(y, 2.0 + x * x) * np.exp2(0.3 * x)
    b = np.where(x > y, np.sinh(x), y * y) + np.sqrt(4.0 + x * x) / (1.0 + y**2)
    return a * b + np.log1p(y * y) - np.logaddexp(x, y) + 2.0**y + np.tanh(x)
