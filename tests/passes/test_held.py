"""What arrays held before a loop, or hold after it, is not saved, and nothing else is taken from them.

Programs with drawn indices read and write elements, rows and slices of two arrays in nested loops; a wrong
claim about any of them gives a wrong gradient, which the complex step tells.
"""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import adcompile as ad
from adcompile.ir.affine import at_least, constant, contradictory, plus, variable
from adcompile.passes.held import Held
from tests import oracles

SIZE = 5
RANGES = (
    "range(n)",
    "range(1, n)",
    "range(2, n - 1)",
    "range(n - 1, 0, -1)",
    "range(1, n, 2)",
    "reversed(range(1, n))",
)
INNER = (
    "range({0})",
    "range({0}, n)",
    "range({0} + 1, n)",
    "range({0} - 1, -1, -1)",
    "range(max(0, {0} - 1), n)",
)
ELEMENTS = ("{0}", "{0} - 1", "{0} + 1", "-1", "0", "n - 1 - {0}", "2", "-{0}", "n - {0}")
SLICES = (
    ":{0}", "{0}:", "{0} + 1:", ":-1", "1:", "{0} - 1:{0} + 1", "::2", ":", "-2:", ":n - {0}", "{0}:n:2"
)  # fmt: skip
TESTS = ("{0} > 0", "{0} != {1}", "{0} < {1}", "not {0} == 2", "{0} >= {1} + 1", "c[{0}] > 0")


@st.composite
def programs(draw):
    """Source text of a program that writes into A and y."""
    lines = []

    def one_of(choices, *loops):
        return draw(st.sampled_from(choices)).format(*loops)

    def index(loops):
        return one_of(ELEMENTS, draw(st.sampled_from(loops)))

    def number(loops):
        """An element, or a number made of a slice."""
        kind = draw(st.integers(0, 5))
        if kind == 0:
            part = one_of(SLICES, draw(st.sampled_from(loops)))
            return f"(A[{index(loops)}, {part}] @ y[{part}])"
        if kind == 1:
            return f"np.sum(A[{one_of(SLICES, draw(st.sampled_from(loops)))}, {index(loops)}] ** 2)"
        return f"y[{index(loops)}]" if kind < 4 else f"A[{index(loops)}, {index(loops)}]"

    def statement(depth, loops):
        pad = "    " * depth
        kind = draw(st.integers(0, 7))
        if kind == 0:
            part = one_of(SLICES, draw(st.sampled_from(loops)))
            row = f"0.5 * np.sin(A[{index(loops)}, {part}])"
            lines.append(f"{pad}A[{index(loops)}, {part}] = {row} * {number(loops)} + y[{part}]")
        elif kind == 1:
            lines.append(f"{pad}A[{index(loops)}] *= 0.7 + 0.2 * y")
        elif kind == 2:
            lines.append(f"{pad}s = np.cos({number(loops)}) * s + {number(loops)}")
        elif kind == 3:
            lines.append(f"{pad}y[{index(loops)}] = np.exp(0.2 * {number(loops)}) / (2.0 + s * s)")
        elif kind == 4:
            test = one_of(TESTS, draw(st.sampled_from(loops)), draw(st.sampled_from(loops)))
            lines.append(f"{pad}if {test}:")
            statement(depth + 1, loops)
            if draw(st.booleans()):
                lines.append(f"{pad}else:")
                statement(depth + 1, loops)
        else:
            place = f"A[{index(loops)}, {index(loops)}]" if kind == 5 else f"y[{index(loops)}]"
            lines.append(f"{pad}{place} = 0.4 * {number(loops)} * {number(loops)} + 0.1 * s")

    def loop(depth, loops):
        pad = "    " * depth
        name = "ijk"[len(loops)]
        span = one_of(INNER, loops[-1]) if loops and draw(st.booleans()) else one_of(RANGES)
        lines.append(f"{pad}for {name} in {span}:")
        inner = [*loops, name]
        for _ in range(draw(st.integers(1, 2))):
            statement(depth + 1, inner)
        if len(inner) < 3 and draw(st.booleans()):
            loop(depth + 1, inner)
            if draw(st.booleans()):
                statement(depth + 1, inner)

    lines.append("def program(A, y, c):")
    lines.append("    A, y, n, s = A.copy(), y.copy(), len(y), 0.3")
    loop(1, [])
    if draw(st.booleans()):
        lines.append("    y[0] = y[1] * y[2]")
    lines.append("    return np.sum(A * A) + np.sum(y) + s")
    return "\n".join(lines) + "\n"


@settings(
    max_examples=100,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(programs())
def test_what_is_read_from_arrays_of_other_times_is_what_was_there(source):
    program = oracles.define(source, {}, "program")
    rng = np.random.default_rng(0)
    signs = np.array([1, -1, 1, 1, -1])
    arguments = (rng.uniform(0.2, 1.0, (SIZE, SIZE)), rng.uniform(0.2, 1.0, SIZE), signs)
    direction = (rng.uniform(-1.0, 1.0, (SIZE, SIZE)), rng.uniform(-1.0, 1.0, SIZE))
    moved = [a + 1e-30j * d for a, d in zip(arguments, direction, strict=False)]
    try:
        with np.errstate(all="ignore"):
            expected = program(*moved, arguments[2]).imag / 1e-30
    except (IndexError, ValueError):
        return
    if not abs(expected) < 1e6:
        return
    found = ad.grad(program, argnums=(0, 1))(*arguments)
    along = sum(np.sum(g * d) for g, d in zip(found, direction, strict=True))
    assert along == pytest.approx(expected, rel=1e-9, abs=1e-11), source


@pytest.mark.parametrize("claim", ["_stays", "_was"])
def test_a_wrong_claim_is_noticed(monkeypatch, claim):
    monkeypatch.setattr(Held, claim, lambda *args: True)
    with pytest.raises(AssertionError):
        test_what_is_read_from_arrays_of_other_times_is_what_was_there()


def partial_products(x):
    y = np.empty(len(x))
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = np.exp(y[i - 1] * x[i])
    return y


def doolittle(A):
    A = A.copy()
    n = len(A)
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            A[i, j] -= A[i, :i] @ A[:i, j]
    return A


def row_by_row(x):
    h = np.zeros_like(x)
    for t in range(len(x)):
        h[t] = np.tanh(x[t])
        if t > 0:
            h[t] *= h[t - 1]
    return h


def back_substitution(A):
    x = np.ones(len(A))
    for k in range(len(A) - 1, -1, -1):
        x[k] = np.exp(x[k + 1 :] @ A[k, k + 1 :])
    return x


@pytest.mark.parametrize(
    "function, saved",
    [
        (partial_products, []),
        (doolittle, []),
        (row_by_row, ["np.tanh(x[t])", "h[t]"]),
        (back_substitution, []),
    ],
    ids=lambda item: getattr(item, "__name__", ""),
)
def test_what_the_result_holds_is_not_saved(function, saved):
    x = np.random.default_rng(0).uniform(0.5, 1.0, (4, 4))
    x = x[0] if function is partial_products else x
    derivative = ad.lower(lambda x: np.sum(function(x) ** 2), x)
    assert [record.name for record in derivative.saved] == saved


def rows_times_a_matrix(x):
    y, work, n = x.copy(), np.empty(len(x)), len(x)
    for i in range(n):
        for j in range(n):
            work[j] = y[i] @ x[j]
        y[i] = work
    return y


def from_above(x):
    y, n = x.copy(), len(x)
    for i in range(n):
        for j in range(n):
            y[i, j] += y[i + 1 :, j] @ y[i + 1 :, i]
    return y


def where_positive(x):
    y, n = x - 0.7, len(x)
    for i in range(n):
        for j in range(n):
            if j > i:
                y[i, j] *= y[i, j]
            elif i > j:
                y[i, j] = np.sin(y[i, j])
    return y


@pytest.mark.parametrize("function", [rows_times_a_matrix, from_above, where_positive])
def test_what_entered_the_loop_is_not_saved(function):
    x = np.random.default_rng(0).uniform(0.5, 1.0, (4, 4))
    assert ad.lower(lambda x: np.sum(function(x) ** 2), x).saved == ()
    ad.check_grads(function, (x,), order=2)


def test_what_is_read_before_it_is_written_needs_no_forward_sweep():
    def scaled(c, x):
        for i in range(len(x)):
            x[i] *= c[i]
            x[i] += x[0, 0] * c[i]
        return np.sum(x)

    def doubled(c, x):
        for i in range(1, len(x)):
            x[i] *= c[i]
        return np.sum(x)

    arguments = np.ones(3), np.ones((3, 2))
    assert "in range(" in ad.lower(scaled, *arguments).source
    assert "in range(" not in ad.lower(doubled, *arguments).source


def test_a_pullback_may_be_called_when_its_result_has_been_changed():
    x = np.array([0.3, 0.5, 0.7, 0.2])
    y, pullback = ad.vjp(partial_products, x)
    expected = pullback(np.ones(4))[0]
    y[:] = 100.0
    assert np.array_equal(pullback(np.ones(4))[0], expected)


def wrapped(y):
    for i in range(len(y)):
        y[i] = y[i - 1] * y[i]  # at first the last element, which is written later
    return np.sum(y)


def written_again(y):
    for i in range(1, len(y)):
        y[i] = y[i] * y[i - 1]
    for i in range(len(y)):
        y[i] = y[i] * y[i]
    return np.sum(y)


def swept_down_and_up(y):
    for i in range(1, len(y)):
        y[i] = y[i] * y[i - 1]
    for i in range(len(y) - 1):
        y[i] = y[i] * y[i + 1]
    return np.sum(y * y)


def swept_twice(y):
    for _ in range(2):
        for i in range(1, len(y)):
            y[i] = y[i] * y[i - 1]
    return np.sum(y)


def chosen_array(y):
    z = y * 2.0
    for i in range(1, len(y)):
        y[i] = y[i - 1] * z[i]
        if i == 2:
            y = z
    return np.sum(y)


def repeated(y):
    z = np.zeros((len(y), 2), y.dtype)
    for i in range(len(y)):
        z[i] = np.exp(y[i : i + 1])
    return np.sum(z)


def maybe_written(y):
    for i in range(1, len(y)):
        v = np.exp(y[i] * y[i - 1])
        if y[i].real > 0.6:
            y[i - 1] = v
    return np.sum(y)


def squared_thrice(y):
    for i in range(len(y)):
        for _ in range(3):
            y[i] = y[i] * np.sin(y[i])
    return np.sum(y)


def from_the_end(y):
    for i in range(len(y) - 2, -1, -1):
        y[i] = y[i] * y[i + 1]
    return np.sum(y)


def with_the_next(y):
    for i in range(len(y) - 1):
        y[i + 1] = np.exp(y[i + 1] * y[i])
        y[i] = y[i] * y[i]
    return np.sum(y)


def every_second_first(y):
    y = y + 0.0
    for k in range(2):
        y[k::2] = y[k::2] * y[1::2]
    return np.sum(y)


def until_small(y):
    i = 0
    while i < len(y):
        y[i] = y[i] * y[i] * y[0]
        i += 1
    return np.sum(y)


@pytest.mark.parametrize(
    "function",
    [
        wrapped, written_again, swept_down_and_up, swept_twice, chosen_array, repeated, maybe_written,
        squared_thrice, from_the_end, with_the_next, every_second_first, until_small,
    ],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_what_is_overwritten_is_saved(function):
    y = np.array([0.9, 0.5, 0.7, 0.4])
    found = ad.grad(function)(y)
    direction = np.arange(1.0, 5.0)
    expected = function(y + 1e-30j * direction).imag / 1e-30
    assert found @ direction == pytest.approx(expected, rel=1e-12)


def test_a_loop_begins_with_one_copy_of_what_is_read_again():
    derivative = ad.lower(swept_down_and_up, np.ones(4))
    assert derivative.source.count(".copy()") == 2, derivative.source


HERE, THERE, END = variable("i"), variable("j"), variable("n")
ODD = plus(constant(1), THERE, 2)
BETWEEN = [at_least(HERE, constant(0)), at_least(THERE, HERE, 1), at_least(END, THERE, 1)]


@pytest.mark.parametrize(
    "inequalities, expected",
    [
        ([at_least(HERE, THERE, 1), at_least(THERE, HERE)], True),
        ([at_least(HERE, THERE), at_least(THERE, HERE)], False),
        # two times an integer is not odd
        ([at_least(plus(HERE, HERE), ODD), at_least(ODD, plus(HERE, HERE))], True),
        ([*BETWEEN, at_least(constant(1), END)], True),
        ([*BETWEEN, at_least(constant(2), END)], False),
        ([], False),
        ([constant(-1)], True),
    ],
)
def test_inequalities_that_contradict_each_other(inequalities, expected):
    assert contradictory(inequalities) is expected
