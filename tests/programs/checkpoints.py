"""Checkpointed functions and loops: wherever they may stand, with everything that a body may do.

Importing this needs the compiler; running a program does not, and gives what it would without `checkpoint`.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated"

from functools import partial

import numpy as np

import adcompile as ad
from tests.programs.program import Program, draw, positive, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)


@ad.checkpoint
def layer(w, x):
    h = np.tanh(w @ x)
    return h * np.sin(h) + x


def checkpoint_in_loop(w, x, n):
    for _ in range(n):
        x = layer(w, x)
    return np.sum(x * x)


add(
    checkpoint_in_loop, (0.5 * draw(3, 3), draw(3), 3), (0.5 * draw(3, 3), draw(3), 0), argnums=(0, 1),
    holomorphic=True, features="checkpoint, decorator",
)  # fmt: skip


def softened(x, scale=1.0, *, shift=0.0):
    return np.sqrt(1.0 + (scale * x + shift) ** 2)


def checkpoint_called_at_once(x, scale):
    y = ad.checkpoint(softened)(x, scale=scale, shift=scale * scale)
    return y * ad.checkpoint(softened)(y) + ad.checkpoint(np.exp)(-x)


add(checkpoint_called_at_once, (0.7, 1.3), holomorphic=True, features="checkpoint, keyword-only, defaults")


def checkpoint_of_lambda(x, y):
    power = ad.checkpoint(lambda a, n=3: a**n * y)
    return power(x) + power(y, n=2) + ad.checkpoint(partial(softened, x))(scale=y)


add(checkpoint_of_lambda, (0.7, 1.3), holomorphic=True, features="checkpoint, lambda, partial")


class Oscillator:
    def __init__(self, stiffness):
        self.stiffness = stiffness
        self.count = 0.0

    @ad.checkpoint
    def force(self, x):
        self.count = self.count + np.sum(x * x)
        return -np.sin(self.stiffness * x)

    @ad.checkpoint
    def __call__(self, x):
        return x + 0.1 * self.force(x)

    def energy(self, x):
        return np.sum(self.stiffness * np.cosh(x))


def checkpoint_of_methods(stiffness, x):
    oscillator = Oscillator(stiffness)
    for _ in range(3):
        x = oscillator(x)
    return ad.checkpoint(oscillator.energy)(x) + oscillator.count


add(checkpoint_of_methods, (1.3, draw(4)), features="checkpoint, method, attribute written")

FIXED = Oscillator(0.8)


def checkpoint_of_a_method_of_a_global(x):
    return FIXED.energy(x) * ad.checkpoint(FIXED.energy)(x)


add(checkpoint_of_a_method_of_a_global, (draw(4),), features="checkpoint, method")


def checkpoint_of_a_nested_function(x, y):
    total = 0.0

    @ad.checkpoint
    def note(a):
        nonlocal total
        total = total + np.sin(a * y)
        return a * a * y

    first = note(x)
    y = y * 2.0
    return note(first) * total


add(checkpoint_of_a_nested_function, (0.7, 1.3), holomorphic=True, features="checkpoint, closure, nonlocal")


@ad.checkpoint
def affine(params, x):
    out = [np.tanh(w * x + b) for w, b in params["layers"]]
    return {"out": out[-1], "all": (out[0], params["scale"] * out[1])}


def checkpoint_of_containers(layers, scale, x):
    found = affine({"layers": layers, "scale": scale}, x)
    return np.sum(found["out"]) + np.sum(found["all"][0] * found["all"][1])


add(
    checkpoint_of_containers, ([(0.5, 0.1), (0.3, -0.2), (draw(3), 0.4)], 1.5, draw(3)),
    features="checkpoint, list, dict, tuple",
)  # fmt: skip


@ad.checkpoint
def smooth(u, flux):
    flux[:] = (u[1:] - u[:-1]) / (1.0 + u[1:] ** 2)
    u[1:-1] += 0.2 * (flux[1:] - flux[:-1])


def checkpoint_that_writes(u, n):
    u = u.copy()
    flux = np.zeros(len(u) - 1)
    for _ in range(n):
        smooth(u, flux)
    return np.sum(u**3) + np.sum(flux)


add(checkpoint_that_writes, (draw(6), 3), (draw(6), 0), argnums=(0,), autograd=False,
    features="checkpoint, writes into arguments")  # fmt: skip


def checkpoint_that_writes_what_is_captured(x):
    y = np.zeros(4)
    view = y[1:]

    @ad.checkpoint
    def fill(k):
        view[k] = np.sin(x[k]) * y[0]
        y[0] += x[k] * x[k]

    y[0] = x[3]
    for k in range(3):
        fill(k)
    return np.sum(view * y[:3]) + y[0]


add(checkpoint_that_writes_what_is_captured, (draw(4),), autograd=False,
    features="checkpoint, closure, writes, views")  # fmt: skip


@ad.checkpoint
def inner_part(x):
    return x[1:-1], x * x


def checkpoint_that_returns_a_view(x):
    part, square = inner_part(x)
    return np.sum(np.exp(part)) * np.sum(square)


add(checkpoint_that_returns_a_view, (draw(5),), features="checkpoint, views")


@ad.checkpoint
def searched(x, limit):
    total = 0.0
    for k in range(len(x)):
        if x[k] > limit:
            return total * x[k]
        if x[k] < -limit:
            continue
        total = total + np.exp(x[k])
        while total > 3.0:
            total = total * 0.5
    return total


def checkpoint_with_control_flow(x, limit):
    y = searched(x, limit)
    if y > 1.0:
        y = searched(x * y, 2.0 * limit)
    return y * searched(x, 10.0)


add(
    checkpoint_with_control_flow, (positive(5), 1.4), (positive(5), 0.1), (positive(5), 9.0), argnums=(0,),
    features="checkpoint, branch, break, early return, while",
)  # fmt: skip


@ad.checkpoint
def twice(w, x):
    return layer(w, layer(w, x))


def checkpoint_in_checkpoint(w, x):
    for _ in range(2):
        x = twice(w, x)
    return np.sum(x**2)


add(checkpoint_in_checkpoint, (0.5 * draw(3, 3), draw(3)), holomorphic=True, features="checkpoint, nested")


@ad.checkpoint
def grown(items, x):
    items.append(x * x)
    items.append(np.sin(x))
    return len(items)


def checkpoint_that_appends(x):
    items = [x]
    for _ in range(3):
        n = grown(items, items[-1])
    return sum(items) * n


add(checkpoint_that_appends, (0.7,), features="checkpoint, list that grows")


def recursive_sum(x, depth):
    if depth == 0:
        return np.sum(ad.checkpoint(softened)(x))
    return recursive_sum(0.5 * x, depth - 1) + recursive_sum(np.sin(x), depth - 1)


def checkpoint_in_recursion(x, depth):
    return recursive_sum(x, depth)


add(checkpoint_in_recursion, (draw(3), 3), (draw(3), 0), argnums=(0,), features="checkpoint, recursion")


@ad.checkpoint
def halvings(x, limit):
    return x if x < limit else 0.5 * halvings_below(x * 0.7, limit)


def halvings_below(x, limit):
    return np.sin(x) if x < limit else halvings_below(0.6 * x, limit) * x


def checkpoint_of_recursion(x, limit):
    return halvings(x, limit) + halvings(2.0 * x, limit)


add(checkpoint_of_recursion, (3.0, 0.5), argnums=(0,), features="checkpoint, recursion")


# -- loops


def heat_with_snapshots(u, n, k):
    u = u.copy()
    for _ in ad.checkpointed(range(n), snapshots=k):
        flux = (u[1:] - u[:-1]) / (1.0 + u[1:] ** 2)
        u[1:-1] += 0.1 * (flux[1:] - flux[:-1])
    return np.sum(u**2)


add(
    heat_with_snapshots, (draw(6), 9, 3), (draw(6), 0, 3), (draw(6), 1, 1), (draw(6), 5, 1), (draw(6), 4, 9),
    argnums=(0,), holomorphic=True, autograd=False, features="checkpointed, writes",
)  # fmt: skip


def snapshots_of_numbers(x, y, n):
    for k in ad.checkpointed(range(n)):
        x, y = np.sin(x) * y + 0.1 * k, x * y
    return x + y * k


add(snapshots_of_numbers, (0.7, 1.1, 8), (0.7, 1.1, 1), argnums=(0, 1), holomorphic=True,
    features="checkpointed, index after the loop")  # fmt: skip


def snapshots_of_any_range(x, a, b, c):
    total = 0.0
    for k in ad.checkpointed(range(a, b, c), snapshots=2):
        x = x * np.cos(x * k)
        total += x * x
    return total + x


add(
    snapshots_of_any_range, (0.7, 2, 9, 2), (0.7, 5, -3, -1), (0.7, 3, 3, 1), argnums=(0,), holomorphic=True,
    features="checkpointed, negative step",
)  # fmt: skip


def snapshots_in_loops(u, n, m):
    for j in range(m):
        for k in ad.checkpointed(range(j + n), snapshots=2):
            for i in range(k):
                u = np.sin(u) * (1.0 + 0.1 * i)
            u = u * u + 0.3
    return np.sum(u)


add(snapshots_in_loops, (draw(3), 3, 2), argnums=(0,), holomorphic=True,
    features="checkpointed, nested loops")  # fmt: skip


def snapshots_in_snapshots(u, n):
    for j in ad.checkpointed(range(n), snapshots=2):
        w = u * 0.5
        for _ in ad.checkpointed(range(j + 1), snapshots=1):
            w = np.sin(w) + w * u
        u = u + 0.1 * np.sin(w)
    return np.sum(u * w)


add(snapshots_in_snapshots, (draw(3), 4), argnums=(0,), holomorphic=True,
    features="checkpointed, nested loops, value after the loop")  # fmt: skip


def snapshots_in_branches(x, n, limit):
    best = x[0]
    if n > 2:
        for k in ad.checkpointed(range(n), snapshots=2):
            if k % 3 == 1:
                continue
            y = np.exp(-x * k)
            if np.sum(y) > limit:
                x = x * 0.9
                best = y[1] * x[0]
            else:
                x = np.sin(x) + y
            while x[0] > 0.5:
                x = x * 0.7
    return best * np.sum(x)


add(snapshots_in_branches, (positive(3), 7, 1.0), (positive(3), 2, 1.0), argnums=(0,),
    features="checkpointed, branch, continue, while")  # fmt: skip


def snapshots_until(x, n, limit):
    for k in ad.checkpointed(range(3, n), snapshots=2):
        x = np.sin(x) * x + 0.1 * k
        if np.sum(x) > limit:
            return x[0] * k
        if x[0] < -limit:
            break
    else:
        x = x * 2.0
    return np.sum(x) * k


add(
    snapshots_until, (positive(3), 9, 20.0), (positive(3), 9, 1.5), (positive(3), 9, -20.0), argnums=(0,),
    features="checkpointed, break, early return, else",
)  # fmt: skip


def snapshots_with_a_history(u, n):
    history = np.zeros((n, len(u)))
    loss = []
    for t in ad.checkpointed(range(n), snapshots=2):
        u = u - 0.2 * np.sin(u) * u
        history[t] = u
        if t > 0:
            loss.append(np.sum(history[t] * history[t - 1]))
    return sum(loss) + np.sum(history**2)


add(snapshots_with_a_history, (draw(3), 6), argnums=(0,), autograd=False,
    features="checkpointed, writes, list that grows")  # fmt: skip


def snapshots_of_swapped_buffers(u, n):
    new = np.zeros(len(u))
    state = {"u": u.copy(), "energy": 0.0}
    for _ in ad.checkpointed(range(n), snapshots=3):
        old = state["u"]
        new[0] = old[-1]
        new[1:] = old[1:] * np.cos(old[:-1])
        state["energy"] += np.sum(new**3)
        state["u"] = new.copy()
    return state["energy"] * np.sum(state["u"])


add(snapshots_of_swapped_buffers, (draw(5), 6), argnums=(0,), autograd=False,
    features="checkpointed, dict, writes")  # fmt: skip


@ad.checkpoint
def advanced(w, x, n):
    for k in ad.checkpointed(range(n), snapshots=2):
        x = layer(w * (1.0 + 0.1 * k), x)
    return x


def snapshots_of_checkpoints(w, x, n):
    for _ in ad.checkpointed(range(n)):
        x = advanced(w, x, n)
    return np.sum(x**2)


add(snapshots_of_checkpoints, (0.3 * draw(3, 3), draw(3), 3), argnums=(0, 1), holomorphic=True,
    features="checkpointed, checkpoint")  # fmt: skip


def snapshots_of_what_the_loop_captures(x, n):
    total = 0.0

    def step(y):
        nonlocal total
        total = total + np.sum(y * x)
        return np.sin(y * x)

    y = x
    for _ in ad.checkpointed(range(n), snapshots=2):
        y = step(y)
    return total * np.sum(y)


add(snapshots_of_what_the_loop_captures, (draw(3), 5), argnums=(0,), holomorphic=True,
    features="checkpointed, closure, nonlocal")  # fmt: skip
