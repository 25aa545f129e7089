"""Checkpointed loops: as many snapshots as are allowed, as few iterations again as are possible."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import functools
import inspect
import math
import tracemalloc

import numpy as np
import pytest

import adcompile as ad
from adcompile.backend.runtime import enough_snapshots, next_snapshot
from adcompile.ir.types import Scalar
from tests.programs.checkpoints import heat_with_snapshots, snapshots_in_loops
from tests.programs.program import draw

CALLS = 0


def probe(x):
    global CALLS
    CALLS += 1
    return np.sin(x)


@pytest.fixture
def counted(own_rows):
    """Let `probe` count its calls, those of derivatives included."""
    number = Scalar("float64", "any")
    ad.pointwise("probe(x)", "np.cos(x)", types=lambda x: number, namespace={"probe": probe})


def probed(x, n, k):
    for _ in ad.checkpointed(range(n), snapshots=k):
        x = probe(x)
    return x


def probed_backwards(x, n, k):
    for i in ad.checkpointed(range(2 * n, 0, -2), snapshots=k):
        x = probe(x) * i
    return x


def conduction(u, steps):
    for _ in range(steps):
        u[1:-1] += 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def talking(x):
    for k in ad.checkpointed(range(4), snapshots=2):
        print(k)
        x = np.sin(x) * x
    return x


def left_early(x, n, k, limit):
    for _ in ad.checkpointed(range(n), snapshots=k):
        if x > limit:
            break
        x = probe(x) + x
    return x


def noisy(x):
    for _ in ad.checkpointed(range(4)):
        x = np.sin(x) * np.random.rand()
    return x


def selecting(x):
    scales = (x, 2.0, (3.0,))
    for k in ad.checkpointed(range(2)):
        x = x * scales[k]
    return x


def of_an_array(x):
    total = 0.0
    for v in ad.checkpointed(x):
        total = total + v * v
    return total


def recorded(u, n):
    history = np.zeros((n, len(u)))
    energy = 0.0
    for t in ad.checkpointed(range(n), snapshots=2):
        u = u - 0.2 * np.sin(u) * u
        history[t] = u
        energy += np.sum(u**2)
    return energy + np.sum(history**3)


def only_read(x, n):
    total = 0.0
    for k in ad.checkpointed(range(n), snapshots=2):
        total = total + np.sum(x * x) * k
    return total


# -- the places of snapshots


def gone_through(steps, most):
    """How many steps a derivative computes again, and how many snapshots it holds at most."""
    held, again, highest = [], 0, 0

    def advance(start, stop):
        nonlocal highest
        due = start
        for step in range(start, stop):
            if step == due:
                due = next_snapshot(step, stop, most, len(held))
                held.append(step)
                highest = max(highest, len(held))
        return stop - start

    advance(0, steps)
    for step in reversed(range(steps)):
        again += advance(held.pop(), step)
    assert held == []
    return again, highest


@functools.cache
def fewest(steps, snapshots):
    """The fewest steps forward with which some steps are gone through backwards, by trying everything.

    The state that they begin with is the first snapshot; the last step is not gone forward.
    """
    if steps == 1:
        return 0
    if snapshots == 1:
        return steps * (steps - 1) // 2
    return min(j + fewest(steps - j, snapshots - 1) + fewest(j, snapshots) for j in range(1, steps))


def proven_minimum(steps, snapshots):
    """The same in closed form (Griewank & Walther 2000, equation 2)."""
    r = 0
    while math.comb(snapshots + r, r) < steps:
        r += 1
    return r * steps - math.comb(snapshots + r, r - 1) if r else 0


def test_the_closed_form_is_the_minimum():
    for steps in range(1, 50):
        for snapshots in range(1, 12):
            assert proven_minimum(steps, snapshots) == fewest(steps, snapshots)


@pytest.mark.parametrize("most", [1, 2, 3, 5, 8, 13, 40])
def test_no_schedule_computes_fewer_steps_again(most):
    # what comes behind the loop is its last step: all before it are gone forward once by the program itself
    for steps in range(60):
        again, held = gone_through(steps, most)
        assert again == proven_minimum(steps + 1, most) - steps
        assert held <= most


def test_long_loops_compute_no_more_again_than_they_have_to():
    for most in (10, 50, 140):
        assert gone_through(10_000, most)[0] == proven_minimum(10_001, most) - 10_000


def test_enough_snapshots_are_the_fewest_that_repeat_no_step_twice():
    for steps in range(1, 400):
        most = enough_snapshots(steps)
        assert gone_through(steps, most)[0] <= steps
        assert most == 1 or math.comb(most + 1, 2) < steps + 1
    assert enough_snapshots(10_000) == 140
    assert enough_snapshots(0) == enough_snapshots(-3) == 1


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize("f", [probed, probed_backwards])
@pytest.mark.parametrize(("n", "k"), [(0, 2), (1, 1), (2, 1), (7, 1), (7, 2), (20, 3), (20, 19), (20, 50)])
def test_a_derivative_computes_as_many_iterations_as_it_has_to(f, n, k):
    global CALLS
    g = ad.grad(f)
    g(0.5, n, k)
    CALLS = 0
    g(0.5, n, k)
    assert proven_minimum(n + 1, k) == CALLS


@pytest.mark.usefixtures("counted")
def test_a_loop_that_is_left_early_goes_back_from_there():
    global CALLS
    g, counts = ad.grad(left_early), {}
    CALLS = 0
    left_early(0.5, 50, 1, 3.0)
    steps = CALLS
    whole = g(0.5, steps, steps, np.inf)
    for k in (1, 2, 50):
        CALLS = 0
        assert g(0.5, 50, k, 3.0) == whole
        counts[k] = CALLS
    assert 2 < steps < 50
    assert counts[50] == steps
    # the iteration that leaves is one as well, but for the step
    assert counts[1] == proven_minimum(steps + 2, 1) - 1
    assert steps < counts[2] <= counts[1]


# -- what a program sees of it


def test_outside_of_derivatives_it_is_the_range():
    assert ad.checkpointed(range(3), snapshots=2) == ad.checkpointed(range(3)) == range(3)
    with pytest.raises(ValueError, match="snapshots must be at least 1"):
        ad.checkpointed(range(3), snapshots=0)
    with pytest.raises(TypeError, match=r"\[1, 2\] is no range"):
        ad.checkpointed([1, 2])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="'float' object cannot be interpreted as an integer"):
        ad.checkpointed(range(3), snapshots=2.0)  # type: ignore[arg-type]


@pytest.mark.usefixtures("counted")
def test_a_number_of_snapshots_that_is_known_late_is_tested_late():
    g = ad.grad(probed)
    assert g(0.5, 3, 1) == g(0.5, 3, 3)
    for derivative in (g, lambda *args: ad.jvp(lambda x: probed(x, *args[1:]), args[:1], (1.0,))):
        with pytest.raises(ValueError, match="snapshots must be at least 1"):
            derivative(0.5, 3, 0)


def test_effects_happen_once(capsys):
    ad.grad(talking)(0.5)
    assert capsys.readouterr().out == "0\n1\n2\n3\n"


def line_of(f, offset):
    return inspect.getsourcelines(f)[1] + offset


def test_what_cannot_be_repeated_is_refused():
    with pytest.raises(ad.NoDerivative, match=rf"test_snapshots.py:{line_of(noisy, 2)}: .*call it again"):
        ad.grad(noisy)(0.5)


def test_the_lengths_and_items_of_containers_are_refused():
    with pytest.raises(ad.NoDerivative) as caught:
        ad.grad(selecting)(0.5)
    assert "the index of a checkpointed loop selects from a container [AD209]" in str(caught.value)
    assert "expected an array, or `checkpoint` around what an iteration calls" in str(caught.value)


def test_something_else_than_a_range_is_refused():
    report = "`checkpointed` is given something else than a range"
    with pytest.raises(ad.NoDerivative, match=report):
        ad.lower(of_an_array, np.ones(3))


# -- what is kept


def test_saved_tells_of_the_snapshots():
    (record,) = ad.lower(heat_with_snapshots, draw(6), 9, 3).saved
    line = line_of(heat_with_snapshots, 2)
    assert (record.name, record.where) == ("u", f"at most k snapshots of line {line}")
    assert record.bytes == "at most 8 * u.shape[0] * k"
    source = ad.lower(heat_with_snapshots, draw(6), 9, 3).source
    assert f"Saves at most k snapshots of u (line {line}), and computes the rest again." in source


def test_saved_tells_of_as_many_as_are_enough():
    (record,) = ad.lower(lambda u, n: heat_with_snapshots(u, n, None), draw(6), 9).saved
    assert record.bytes == "at most 8 * u.shape[0] * sqrt(2 * n)"


def test_saved_tells_of_the_loops_around():
    found = ad.lower(snapshots_in_loops, draw(3), 3, 2).saved
    (record,) = [r for r in found if r.name == "u" and r.where.startswith("at most")]
    assert record.where.endswith(f", each iteration of line {line_of(snapshots_in_loops, 1)}")
    assert record.bytes == "at most 8 * u.shape[0] * 2 * m"


def test_only_what_the_iterations_need_is_kept():
    ad.check_grads(lambda u: recorded(u, 6), (draw(3),))
    (record,) = ad.lower(recorded, draw(3), 6).saved
    assert record.name == "u"
    assert ad.lower(only_read, draw(3), 4).saved == ()
    assert "next_snapshot" not in ad.lower(only_read, draw(3), 4).source


def beyond(primal, derivative, *args):
    """MiB that a derivative needs beyond its primal."""
    peaks = []
    for f in (primal, derivative):
        tracemalloc.start()
        try:
            f(*args)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    return (peaks[1] - peaks[0]) / 2**20


def test_memory_of_a_linear_heat_equation():
    gradient = ad.grad(conduction)
    gradient(np.ones(5), 2)
    assert beyond(lambda u, n: conduction(u.copy(), n), gradient, draw(1000), 10_000) < 1.0


def test_memory_of_products_with_the_hessian():
    products = ad.hvp(heat_with_snapshots)
    u, v = draw(500), draw(500, seed=1)
    products(u[:5], 2, 1, v[:5])
    assert beyond(lambda u, n, k, v: heat_with_snapshots(u, n, k), products, u, 500, 30, v) < 0.5


def test_memory_of_a_heat_equation_with_snapshots():
    gradient = ad.grad(heat_with_snapshots)
    gradient(np.ones(5), 2, 1)
    assert beyond(heat_with_snapshots, gradient, draw(1000), 10_000, 140) < 2.0
