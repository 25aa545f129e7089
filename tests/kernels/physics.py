"""Time stepping of bodies, flows and the atmosphere."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from functools import partial

import numpy as np

from tests.kernels.kernel import Kernel, draws, record

KERNELS: list[Kernel] = []
add = partial(record, KERNELS)


def nbody(mass, position, velocity, dt, steps):
    """Leapfrog (kick, drift, kick) of bodies that attract each other; returns the energy at the end."""

    def acceleration():
        dx = position[None, :, :] - position[:, None, :]
        inverse = (np.sum(dx * dx, axis=-1) + 0.01) ** -1.5
        return np.einsum("ijk,ij,j->ik", dx, inverse, mass)

    a = acceleration()
    for _ in range(steps):
        velocity += 0.5 * dt * a
        position += dt * velocity
        a[:] = acceleration()
        velocity += 0.5 * dt * a
    return 0.5 * np.sum(mass[:, None] * velocity**2)


add(
    nbody,
    lambda n, steps: (*draws((n,), low=0.5), *draws((n, 3), (n, 3)), 0.02, steps),
    small=(3, 3),
    large=(60, 50),
    writes="position, velocity",
    returns=True,
)


def orbit(state, dt, steps, path):
    """Runge-Kutta steps of a planet, all states written into a preallocated path."""

    def slope(s, out):
        out[:2] = s[2:]
        out[2:] = -s[:2] / (s[0] ** 2 + s[1] ** 2) ** 1.5

    k1, k2, k3, k4 = np.empty((4, 4), dtype=state.dtype)
    for i in range(steps):
        path[i] = state
        slope(state, k1)
        slope(state + 0.5 * dt * k1, k2)
        slope(state + 0.5 * dt * k2, k3)
        slope(state + dt * k3, k4)
        state += dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)


add(
    orbit,
    lambda steps: (np.array([1.0, 0.1, -0.1, 0.9]), 0.05, steps, *draws((steps, 4))),
    small=(3,),
    large=(400,),
    writes="state, path",
)


def pressure_rhs(b, rho, dt, u, v, dx, dy):
    """The right-hand side of the pressure equation of an incompressible flow."""
    ux = (u[1:-1, 2:] - u[1:-1, :-2]) / (2 * dx)
    vy = (v[2:, 1:-1] - v[:-2, 1:-1]) / (2 * dy)
    uy = (u[2:, 1:-1] - u[:-2, 1:-1]) / (2 * dy)
    vx = (v[1:-1, 2:] - v[1:-1, :-2]) / (2 * dx)
    b[1:-1, 1:-1] = rho * ((ux + vy) / dt - ux**2 - 2 * uy * vx - vy**2)


def pressure_sweeps(p, b, dx, dy, sweeps):
    """Relax the pressure; its slope vanishes at the walls, and it is 0 at the lid."""
    for _ in range(sweeps):
        old = p.copy()
        p[1:-1, 1:-1] = (
            (old[1:-1, 2:] + old[1:-1, :-2]) * dy**2
            + (old[2:, 1:-1] + old[:-2, 1:-1]) * dx**2
            - b[1:-1, 1:-1] * dx**2 * dy**2
        ) / (2 * (dx**2 + dy**2))
        p[:, -1] = p[:, -2]
        p[:, 0] = p[:, 1]
        p[0, :] = p[1, :]
        p[-1, :] = 0


def advect(new, old, u, v, dt, dx, dy, nu):
    """One component of the velocity, carried upwind and diffused."""
    c = old[1:-1, 1:-1]
    new[1:-1, 1:-1] = (
        c
        - u[1:-1, 1:-1] * dt / dx * (c - old[1:-1, :-2])
        - v[1:-1, 1:-1] * dt / dy * (c - old[:-2, 1:-1])
        + nu * dt / dx**2 * (old[1:-1, 2:] - 2 * c + old[1:-1, :-2])
        + nu * dt / dy**2 * (old[2:, 1:-1] - 2 * c + old[:-2, 1:-1])
    )


def cavity_flow(steps, sweeps, u, v, p, rho, nu, dt):
    """A fluid in a box with a moving lid."""
    dx = 2 / (u.shape[1] - 1)
    dy = 2 / (u.shape[0] - 1)
    b = np.zeros_like(u)
    for _ in range(steps):
        un = u.copy()
        vn = v.copy()
        pressure_rhs(b, rho, dt, u, v, dx, dy)
        pressure_sweeps(p, b, dx, dy, sweeps)
        advect(u, un, un, vn, dt, dx, dy, nu)
        advect(v, vn, un, vn, dt, dx, dy, nu)
        u[1:-1, 1:-1] -= dt / (2 * rho * dx) * (p[1:-1, 2:] - p[1:-1, :-2])
        v[1:-1, 1:-1] -= dt / (2 * rho * dy) * (p[2:, 1:-1] - p[:-2, 1:-1])
        for wall in (u, v):
            wall[0, :] = 0
            wall[:, 0] = 0
            wall[:, -1] = 0
            wall[-1, :] = 0
        u[-1, :] = 1


add(
    cavity_flow,
    lambda n, steps, sweeps: (steps, sweeps, *draws((n, n), (n, n), (n, n)), 1.0, 0.1, 0.25 / n**2),
    small=(5, 2, 2),
    large=(60, 20, 20),
    writes="u, v, p",
)


def channel_flow(u, F, dt, nu, tolerance):
    """Flow between two plates that is periodic along them, until it does not change any more."""
    dy = 2.0 / (u.shape[0] - 1)
    change = 1.0
    count = 0
    while change > 10.0**-tolerance:
        un = u.copy()
        east = np.roll(un, -1, axis=1)
        west = np.roll(un, 1, axis=1)
        u[1:-1] = (
            un[1:-1]
            - un[1:-1] * dt / dy * (un[1:-1] - west[1:-1])
            + nu * dt / dy**2 * (east[1:-1] - 2 * un[1:-1] + west[1:-1])
            + nu * dt / dy**2 * (un[2:] - 2 * un[1:-1] + un[:-2])
            + F * dt
        )
        u[0] = 0.0
        u[-1] = 0.0
        change = np.abs((np.sum(u) - np.sum(un)) / np.sum(u))
        count += 1
    return count


add(
    channel_flow,
    lambda n, m, digits: (0.1 * draws((n, m))[0], 1.0, 1.25 / n**2, 0.1, digits),
    small=(5, 4, 1),
    large=(60, 60, 2),
    writes="u",
    order=1,
)


def vertical_advection(wind, u, stage, tendency, dt):
    """Implicit advection along the last axis: a tridiagonal solve in every column of air."""
    levels = u.shape[-1]
    c = np.zeros_like(u)
    d = np.zeros_like(u)
    for k in range(levels):
        above = 0.25 * (wind[1:, :, k] + wind[:-1, :, k])
        if k == 0:
            cs = above * (u[:, :, 1] - u[:, :, 0])
            b = 1.0 / dt - above
            c[:, :, 0] = above / b
            d[:, :, 0] = (u[:, :, 0] / dt + stage[:, :, 0] + tendency[:, :, 0] - cs) / b
            continue
        below = -0.25 * (wind[1:, :, k - 1] + wind[:-1, :, k - 1])
        correction = below * (u[:, :, k - 1] - u[:, :, k])
        if k < levels - 1:
            correction = correction + above * (u[:, :, k + 1] - u[:, :, k])
            b = 1.0 / dt - below - above
        else:
            b = 1.0 / dt - below
        divisor = 1.0 / (b - c[:, :, k - 1] * below)
        if k < levels - 1:
            c[:, :, k] = above * divisor
        rhs = u[:, :, k] / dt + stage[:, :, k] + tendency[:, :, k] - correction
        d[:, :, k] = (rhs - d[:, :, k - 1] * below) * divisor
    data = d[:, :, -1].copy()
    stage[:, :, -1] = (data - u[:, :, -1]) / dt
    for k in range(levels - 2, -1, -1):
        data = d[:, :, k] - c[:, :, k] * data
        stage[:, :, k] = (data - u[:, :, k]) / dt


add(
    vertical_advection,
    lambda i, j, k: (*draws((i + 1, j, k), (i, j, k), (i, j, k), (i, j, k)), 0.15),
    small=(2, 2, 4),
    large=(40, 40, 40),
    writes="stage",
)


def horizontal_diffusion(field, out, coefficient):
    """A Laplacian of a Laplacian whose fluxes are cut off where they point up the gradient."""
    laplacian = 4.0 * field[1:-1, 1:-1] - (
        field[2:, 1:-1] + field[:-2, 1:-1] + field[1:-1, 2:] + field[1:-1, :-2]
    )
    flux_x = laplacian[1:, 1:-1] - laplacian[:-1, 1:-1]
    flux_x[flux_x * (field[2:-1, 2:-2] - field[1:-2, 2:-2]) > 0] = 0.0
    flux_y = laplacian[1:-1, 1:] - laplacian[1:-1, :-1]
    flux_y = np.where(flux_y * (field[2:-2, 2:-1] - field[2:-2, 1:-2]) > 0, 0.0, flux_y)
    out[2:-2, 2:-2] = field[2:-2, 2:-2] - coefficient * (
        flux_x[1:] - flux_x[:-1] + flux_y[:, 1:] - flux_y[:, :-1]
    )


add(
    horizontal_diffusion,
    lambda n, m, k: tuple(draws((n + 4, m + 4, k), (n + 4, m + 4, k), (n, m, k))),
    small=(3, 2, 2),
    large=(90, 96, 40),
    writes="out",
)


def shallow_water(h, u, dt, steps):
    """A wave in a channel with walls: heights between staggered velocities, each updating the other."""
    for _ in range(steps):
        u[1:-1] -= dt * (h[1:] - h[:-1])
        h -= dt * np.diff(u * np.pad(0.5 * (h[1:] + h[:-1]), 1, mode="edge"))


add(
    shallow_water,
    lambda n, steps: (1.0 + 0.1 * draws((n,))[0], 0.1 * draws((n + 1,))[0], 0.1, steps),
    small=(5, 3),
    large=(5000, 100),
    writes="h, u",
)


def springs(x, v, pairs, rest, dt, steps):
    """Particles joined by springs; forces are added up at both ends by repeated indices."""
    left, right = pairs[:, 0], pairs[:, 1]
    for _ in range(steps):
        force = np.zeros_like(x)
        d = x[right] - x[left]
        length = np.sqrt(np.sum(d * d, axis=1))
        pull = ((1.0 - rest / length) * d.T).T
        np.add.at(force, left, pull)
        np.subtract.at(force, right, pull)
        v += dt * force
        x += dt * v


def spring_inputs(n, steps):
    pairs = np.stack([np.arange(n), (np.arange(n) * 3 + 1) % n], axis=1)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    return *draws((n, 2), (n, 2)), pairs, *draws((len(pairs),), low=0.5), 0.05, steps


add(springs, spring_inputs, small=(5, 3), large=(2000, 20), writes="x, v")
