"""Sweeps over grids, and time stepping of partial differential equations."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from functools import partial

import numpy as np

from tests.kernels.kernel import Kernel, draws, record

KERNELS: list[Kernel] = []
add = partial(record, KERNELS)


def jacobi_1d(steps, A, B):
    """Averages of three neighbours, there and back between two buffers."""
    for _ in range(steps):
        B[1:-1] = (A[:-2] + A[1:-1] + A[2:]) / 3.0
        A[1:-1] = (B[:-2] + B[1:-1] + B[2:]) / 3.0


add(
    jacobi_1d,
    lambda steps, n: (steps, *draws((n,), (n,))),
    small=(3, 7),
    large=(200, 20000),
    writes="A, B",
    float32=True,
)


def jacobi_2d(steps, A, B):
    """Averages of five points of a plane, there and back between two buffers."""
    for _ in range(steps):
        B[1:-1, 1:-1] = 0.2 * (A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1])
        A[1:-1, 1:-1] = 0.2 * (B[1:-1, 1:-1] + B[1:-1, :-2] + B[1:-1, 2:] + B[2:, 1:-1] + B[:-2, 1:-1])


add(
    jacobi_2d,
    lambda steps, n: (steps, *draws((n, n), (n, n))),
    small=(2, 5),
    large=(30, 250),
    writes="A, B",
)


def seidel_2d(steps, A):
    """Averages of nine points, each point seeing its neighbours' newest values."""
    n = A.shape[0]
    for _ in range(steps):
        for i in range(1, n - 1):
            A[i, 1:-1] += (
                A[i - 1, :-2] + A[i - 1, 1:-1] + A[i - 1, 2:]
                + A[i, 2:]
                + A[i + 1, :-2] + A[i + 1, 1:-1] + A[i + 1, 2:]
            )  # fmt: skip
            for j in range(1, n - 1):
                A[i, j] += A[i, j - 1]
                A[i, j] /= 9.0


add(seidel_2d, lambda steps, n: (steps, *draws((n, n))), small=(2, 5), large=(3, 60), writes="A")


def red_black(steps, u, f):
    """Gauss-Seidel for -u'' = f, odd points and then even points."""
    h2 = (len(u) - 1.0) ** -2
    for _ in range(steps):
        u[1:-1:2] = 0.5 * (u[:-2:2] + u[2::2] + h2 * f[1:-1:2])
        u[2:-2:2] = 0.5 * (u[1:-3:2] + u[3:-1:2] + h2 * f[2:-2:2])


add(
    red_black,
    lambda steps, n: (steps, *draws((n,), (n,))),
    small=(3, 9),
    large=(200, 20001),
    writes="u",
)


def heat_3d(steps, A, B):
    """Diffusion in a box, there and back between two buffers."""

    def diffuse(old, new):
        c = old[1:-1, 1:-1, 1:-1]
        new[1:-1, 1:-1, 1:-1] = (
            c
            + 0.125 * (old[2:, 1:-1, 1:-1] - 2.0 * c + old[:-2, 1:-1, 1:-1])
            + 0.125 * (old[1:-1, 2:, 1:-1] - 2.0 * c + old[1:-1, :-2, 1:-1])
            + 0.125 * (old[1:-1, 1:-1, 2:] - 2.0 * c + old[1:-1, 1:-1, :-2])
        )

    for _ in range(steps):
        diffuse(A, B)
        diffuse(B, A)


add(
    heat_3d,
    lambda steps, n: (steps, *draws((n, n, n), (n, n, n))),
    small=(2, 4),
    large=(8, 40),
    writes="A, B",
)


def heat_swapped(steps, u, conductivity):
    """Diffusion in a rod with two buffers that swap their roles after each step."""
    old, new = u.copy(), np.zeros_like(u)
    for _ in range(steps):
        flux = conductivity * (old[1:] - old[:-1])
        new[1:-1] = old[1:-1] + flux[1:] - flux[:-1]
        new[0] = new[1]
        new[-1] = new[-2]
        old, new = new, old
    return old


add(
    heat_swapped,
    lambda steps, n: (steps, *draws((n,)), 0.1 + 0.1 * np.arange(n - 1.0) / n),
    small=(3, 6),
    large=(200, 10000),
)


def heat_nonlinear(steps, u):
    """Diffusion whose conductivity falls with the temperature, updated in place."""
    for _ in range(steps):
        middle = 0.5 * (u[1:] + u[:-1])
        flux = 0.2 * (u[1:] - u[:-1]) / (1.0 + middle**2)
        u[1:-1] += flux[1:] - flux[:-1]


add(heat_nonlinear, lambda steps, n: (steps, *draws((n,))), small=(3, 6), large=(200, 10000), writes="u")


def fdtd_2d(ex, ey, hz, source):
    """Electric and magnetic fields in a plane, leapfrogging; the source drives one edge."""
    for t in range(len(source)):
        ey[0, :] = source[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])


add(
    fdtd_2d,
    lambda steps, n, m: tuple(draws((n, m), (n, m), (n, m), (steps,))),
    small=(3, 4, 5),
    large=(30, 200, 220),
    writes="ex, ey, hz",
)


def adi(steps, u):
    """Alternating direction implicit diffusion: tridiagonal solves along columns, then along rows."""
    n = u.shape[0]
    v = np.zeros_like(u)
    p = np.zeros_like(u)
    q = np.zeros_like(u)
    a = -0.5 * steps / n
    b = 1.0 - 2.0 * a
    d = 1.0 + a
    for _ in range(steps):
        for source, target in ((u.T, v), (v.T, u)):
            target[0, 1:-1] = 1.0
            p[1:-1, 0] = 0.0
            q[1:-1, 0] = target[0, 1:-1]
            for j in range(1, n - 1):
                p[1:-1, j] = -a / (a * p[1:-1, j - 1] + b)
                explicit = -a * source[:-2, j] + (1.0 + 2.0 * a) * source[1:-1, j] + d * source[2:, j]
                q[1:-1, j] = (explicit - a * q[1:-1, j - 1]) / (a * p[1:-1, j - 1] + b)
            target[-1, 1:-1] = 1.0
            for j in range(n - 2, 0, -1):
                target[j, 1:-1] = p[1:-1, j] * target[j + 1, 1:-1] + q[1:-1, j]


add(adi, lambda steps, n: (steps, *draws((n, n))), small=(2, 5), large=(5, 100), writes="u")


def wave(steps, u, speed):
    """A vibrating string; three levels in time take turns in three buffers."""
    before, now, after = u.copy(), u.copy(), np.zeros_like(u)
    for _ in range(steps):
        after[1:-1] = 2.0 * now[1:-1] - before[1:-1]
        after[1:-1] += speed[1:-1] ** 2 * (now[2:] - 2.0 * now[1:-1] + now[:-2])
        before, now, after = now, after, before
    return now


add(wave, lambda steps, n: (steps, *draws((n,), (n,))), small=(4, 6), large=(200, 10000))


def burgers(steps, u, dt):
    """The inviscid Burgers equation on a ring, upwind by the sign of the velocity."""
    for _ in range(steps):
        flux = 0.5 * u**2
        left = flux - np.roll(flux, 1)
        right = np.roll(flux, -1) - flux
        positive = u > 0.0
        change = np.empty_like(u)
        change[positive] = left[positive]
        change[~positive] = right[~positive]
        u -= dt * change


add(burgers, lambda steps, n: (steps, *draws((n,)), 0.1), small=(3, 7), large=(100, 10000), writes="u")
