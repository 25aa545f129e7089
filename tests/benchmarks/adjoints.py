"""Adjoints of six kernels, as an expert would write them by hand.

What comes in: the kernels of `tests/kernels`. What goes out: `ADJOINTS`, by name, functions with the
parameters of the kernel's `loss` that return its gradients, for `ratios.py` to measure against and
`test_ratios.py` to verify. It is not for timing: nothing here reads a clock.

An adjoint here keeps the algorithm of its kernel and is what a careful person gets who works through it
backwards: in place, with nothing saved that is still there, and nothing computed twice.
"""

from __future__ import annotations

import numpy as np


def jacobi_2d(steps, A, B, A_weights, B_weights):
    def back(new_bar, old_bar):
        middle = new_bar[1:-1, 1:-1]
        share = 0.2 * middle
        middle[:] = 0.0
        old_bar[1:-1, 1:-1] += share
        old_bar[1:-1, :-2] += share
        old_bar[1:-1, 2:] += share
        old_bar[2:, 1:-1] += share
        old_bar[:-2, 1:-1] += share

    A_bar, B_bar = A_weights.copy(), B_weights.copy()
    for _ in range(steps):
        back(A_bar, B_bar)
        back(B_bar, A_bar)
    return A_bar, B_bar


def heat_3d(steps, A, B, A_weights, B_weights):
    def back(new_bar, old_bar):
        middle = new_bar[1:-1, 1:-1, 1:-1]
        share = 0.125 * middle
        middle[:] = 0.0
        old_bar[2:, 1:-1, 1:-1] += share
        old_bar[:-2, 1:-1, 1:-1] += share
        old_bar[1:-1, 2:, 1:-1] += share
        old_bar[1:-1, :-2, 1:-1] += share
        old_bar[1:-1, 1:-1, 2:] += share
        old_bar[1:-1, 1:-1, :-2] += share
        # of the middle: 1 - 3 * 0.125 * 2
        share *= 2.0
        old_bar[1:-1, 1:-1, 1:-1] += share

    A_bar, B_bar = A_weights.copy(), B_weights.copy()
    for _ in range(steps):
        back(A_bar, B_bar)
        back(B_bar, A_bar)
    return A_bar, B_bar


def seidel_2d(steps, A, A_weights):
    n = A.shape[0]
    A_bar = A_weights.copy()
    for _ in range(steps):
        for i in range(n - 2, 0, -1):
            for j in range(n - 2, 0, -1):
                A_bar[i, j] /= 9.0
                A_bar[i, j - 1] += A_bar[i, j]
            share = A_bar[i, 1:-1].copy()
            A_bar[i - 1, :-2] += share
            A_bar[i - 1, 1:-1] += share
            A_bar[i - 1, 2:] += share
            A_bar[i, 2:] += share
            A_bar[i + 1, :-2] += share
            A_bar[i + 1, 1:-1] += share
            A_bar[i + 1, 2:] += share
    return A_bar


def lu(A, A_weights):
    n = len(A)
    A = A.copy()
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            A[i, j] -= A[i, :i] @ A[:i, j]

    # what the kernel reads are factors already, which it does not change any more
    A_bar = A_weights.copy()
    for i in range(n - 1, -1, -1):
        for j in range(n - 1, i - 1, -1):
            e = A_bar[i, j]
            A_bar[i, :i] -= e * A[:i, j]
            A_bar[:i, j] -= e * A[i, :i]
        for j in range(i - 1, -1, -1):
            e = A_bar[i, j] / A[j, j]
            A_bar[i, j] = e
            A_bar[j, j] -= e * A[i, j]
            A_bar[i, :j] -= e * A[:j, j]
            A_bar[:j, j] -= e * A[i, :j]
    return A_bar


def conv2d(x, weights, bias, result_weights):
    k = len(weights)
    h, w = x.shape[1] - k + 1, x.shape[2] - k + 1
    x_bar, weights_bar = np.zeros_like(x), np.zeros_like(weights)
    for i in range(h):
        for j in range(w):
            pixel_bar = result_weights[:, i, j, :]
            x_bar[:, i : i + k, j : j + k, :] += np.tensordot(pixel_bar, weights, axes=(1, 3))
            weights_bar += np.tensordot(x[:, i : i + k, j : j + k, :], pixel_bar, axes=(0, 0))
    return x_bar, weights_bar, np.sum(result_weights, axis=(0, 1, 2))


def lstm(x, W, U, b, h, c, h_weights, c_weights):
    units = c.shape[1]
    h, c = h.copy(), c.copy()
    steps = []
    for t in range(len(x)):
        z = x[t] @ W + b
        if t > 0:
            z += h[t - 1] @ U
        gates = 1.0 / (1.0 + np.exp(-z[: 3 * units]))
        forget, enter, leave = np.split(gates, 3)
        fresh = np.tanh(z[3 * units :])
        c[t] = enter * fresh
        if t > 0:
            c[t] += forget * c[t - 1]
        squashed = np.tanh(c[t])
        h[t] = leave * squashed
        steps.append((gates, fresh, squashed))

    x_bar, W_bar, U_bar, b_bar = np.empty_like(x), np.zeros_like(W), np.zeros_like(U), np.zeros_like(b)
    h_bar, c_bar = h_weights.copy(), c_weights.copy()
    z_bar = np.empty_like(b)
    for t in range(len(x) - 1, -1, -1):
        gates, fresh, squashed = steps[t]
        forget, enter, leave = np.split(gates, 3)
        forget_bar, enter_bar, leave_bar, fresh_bar = np.split(z_bar, 4)
        leave_bar[:] = h_bar[t] * squashed
        cell_bar = c_bar[t] + h_bar[t] * leave * (1.0 - squashed * squashed)
        enter_bar[:] = cell_bar * fresh
        fresh_bar[:] = cell_bar * enter * (1.0 - fresh * fresh)
        if t > 0:
            forget_bar[:] = cell_bar * c[t - 1]
            c_bar[t - 1] += cell_bar * forget
        else:
            forget_bar[:] = 0.0
        z_bar[: 3 * units] *= gates * (1.0 - gates)
        if t > 0:
            U_bar += np.outer(h[t - 1], z_bar)
            h_bar[t - 1] += U @ z_bar
        b_bar += z_bar
        W_bar += np.outer(x[t], z_bar)
        x_bar[t] = W @ z_bar
    # every row was overwritten
    h_bar[:] = 0.0
    c_bar[:] = 0.0
    return x_bar, W_bar, U_bar, b_bar, h_bar, c_bar


ADJOINTS = {f.__name__: f for f in (jacobi_2d, heat_3d, seidel_2d, lu, conv2d, lstm)}
