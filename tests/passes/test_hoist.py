"""What leaves a loop, and what stays in it because somebody could tell the difference."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# ruff: noqa: SIM108

import inspect
import textwrap
import warnings

import numpy as np
import pytest

import adcompile as ad
from adcompile.frontend.inputs import Inputs
from adcompile.ir.nodes import Block
from adcompile.ir.printer import block_text
from adcompile.ir.verify import verify
from adcompile.passes.hoist import hoist
from adcompile.tracing import trace
from adcompile.trees import leaves
from tests.programs.program import draw

X = draw(4, seed=95)
W = draw(4, seed=96)


def hoisted(function, *args):
    """The graph of a function after the pass, without types and lines."""
    signature = inspect.signature(function)
    traced = trace(function, signature, dict(zip(signature.parameters, args, strict=True)), Inputs())
    block = Block(traced.block.params, traced.block.statements, tuple(leaves(traced.result)))
    hoist(block)
    verify(block)
    lines = []
    for row in block_text(block).splitlines():
        head, equals, rest = row.partition("#")[0].rstrip().partition(" = ")
        lines.append(head.partition(": ")[0] + equals + rest if equals else head)
    return "\n".join(lines)


def text(expected):
    return textwrap.dedent(expected).strip()


def scaled(x, w, n):
    for _ in range(n):
        x = x * np.exp(w)
    return x


def test_what_may_warn_leaves_a_loop_under_the_condition_that_it_runs():
    assert hoisted(scaled, X, W, 3) == text("""
        _1 = n > 0
        _3 = if _1:
            _2 = np.exp(w)
            yield _2
        else:
            yield undefined
        x_4 = for _ in range(n):
            with x_2 = x
            x_3 = x_2 * _3
            yield x_3
        yield x_4
    """)


def twice(x, w):
    for _ in range(2):
        x = x * np.exp(w)
    return x


def test_a_loop_that_certainly_runs_needs_no_condition():
    assert hoisted(twice, X, W) == text("""
        _1 = np.exp(w)
        x_4 = for _ in range(2):
            with x_2 = x
            x_3 = x_2 * _1
            yield x_3
        yield x_4
    """)


def nested(x, w, n):
    for _ in range(n):
        for _ in range(n):
            x = x * np.exp(w)
    return x


def test_a_loop_in_a_loop_over_the_same_range_runs_if_that_one_does():
    found = hoisted(nested, X, W, 3)
    assert found.count("n > 0") == 1
    assert found.index("np.exp") < found.index("for")
    ad.check_grads(lambda x, w: nested(x, w, 2), (X, W), order=2)


def free(x, w, n):
    for _ in range(n):
        x = x * w[1:] + 2.0 * 3.0
    return x


def test_views_and_arithmetic_of_numbers_stay_where_they_are():
    found = hoisted(free, X[1:], W, 3)
    assert found.startswith("x_4 = for")


def halved(x, w, digits):
    change = 1.0
    while change > 10.0**-digits + np.sum(np.exp(w) ** 2):
        change = 0.5 * change
        x = x * np.cos(w)
    return x


def test_of_a_while_loop_only_work_in_its_test_leaves_it():
    found = hoisted(halved, X, W, 3)
    before, after = found.split("while")
    assert "np.exp(w)" in before
    assert "np.sum" in before
    assert "np.cos(w)" in after
    assert "10.0 **" in after
    assert "10.0 **" not in before


def chosen(x, w, n):
    for i in range(n):
        if i > 1:
            x = x * np.exp(w)
    return x


def test_what_a_branch_computes_stays_in_it():
    found = hoisted(chosen, X, W, 3)
    assert found.index("for") < found.index("np.exp")


def decided(x, w, n, power):
    for _ in range(n):
        if power > 1:
            v = np.exp(w)
        else:
            v = w
        x = x * v
    return x


def test_a_branch_that_an_iteration_does_not_change_leaves_as_a_whole():
    found = hoisted(decided, X, W, 3, 2)
    assert found.index("np.exp") < found.index("for")
    ad.check_grads(lambda x, w: decided(x, w, 2, 2), (X, W), order=2)


def written(x, w, n):
    total = 0.0
    for i in range(n):
        v = w * w
        v[i] = x[i]
        total = total + np.sum(v)
    return total


def test_an_array_that_is_written_to_is_new_in_every_iteration():
    found = hoisted(written, X, W, 3)
    assert found.index("for") < found.index("w * w")
    ad.check_grads(lambda x, w: written(x, w, 3), (X, W))


def listed(w, n):
    rows = []
    for _ in range(n):
        rows.append(np.exp(w))
    return rows


def test_what_goes_on_a_list_is_new_in_every_iteration():
    found = hoisted(listed, W, 3)
    assert found.index("for") < found.index("np.exp")


def quiet(x, w, n):
    for _ in range(n):
        with np.errstate(over="ignore"):
            x = x * np.exp(w)
    return x


def test_nothing_leaves_a_with_statement():
    found = hoisted(quiet, X, W, 3)
    assert found.index("for") < found.index("np.exp")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ad.grad(lambda x, w: np.sum(quiet(x, w, 2)))(np.ones(4), np.full(4, 1e3))


def shifted(x, a, b, n):
    for i in range(n):
        x = x * x[i + 4] + 1.0 / a / b
    return x


def test_an_error_does_not_overtake_another_one():
    found = hoisted(shifted, X, 2.0, 3.0, 2)
    assert found.index("for") < found.index("1.0 / a")
    with pytest.raises(IndexError):
        ad.grad(lambda x, a: np.sum(shifted(x, a, 3.0, 2)))(X, 0.0)


def first(x, a, n):
    for _ in range(n):
        x = x * np.sqrt(1.0 / a)
    return x


def test_what_may_raise_leaves_if_it_is_the_first_to_be_computed():
    found = hoisted(first, X, 2.0, 2)
    assert found.index("1.0 / a") < found.index("for")
    gradient = ad.grad(lambda x, a, n: np.sum(first(x, a, n)))
    np.testing.assert_array_equal(gradient(X, 0.0, 0), np.ones(4))
    with pytest.raises(ZeroDivisionError):
        gradient(X, 0.0, 1)


@pytest.mark.parametrize("mode", ["grad", "jvp"])
def test_a_loop_that_does_not_run_warns_of_nothing(mode):
    def total(x, w, n):
        return np.sum(scaled(x, w, n))

    huge = np.full(4, 1e3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if mode == "grad":
            x_bar, w_bar = ad.grad(total, argnums=(0, 1))(X, huge, 0)
            np.testing.assert_array_equal(x_bar, np.ones(4))
            np.testing.assert_array_equal(w_bar, np.zeros(4))
        else:
            _, tangent = ad.jvp(total, (X, huge, 0), (X, W, None))
            np.testing.assert_allclose(tangent, np.sum(X))
    with pytest.warns(RuntimeWarning, match="overflow"):
        ad.grad(total)(X, huge, 1)


def wave(u, speed, steps):
    for _ in range(steps):
        u = u * u + np.tanh(speed) ** 2 * u
    return np.sum(u)


def test_what_leaves_a_loop_is_not_saved_and_its_derivative_leaves_as_well():
    gradient = ad.grad(wave, argnums=(0, 1))
    gradient(X, W, 2)
    source = gradient.source
    assert source.count("_saved = []") == 1
    assert source.count("= np.tanh") == 1
    # the derivative of the hyperbolic tangent comes after the backward loop
    assert source.index("reversed(") < source.index("1.0 - ")
    ad.check_grads(lambda u, speed: wave(u, speed, 3), (0.3 * X, W), order=2)


def rated(w, x, y, rate, steps):
    for _ in range(steps):
        w = w - rate / len(y) * (x.T @ (x @ w - y))
    return np.sum(w)


def test_factors_of_a_backward_sweep_leave_it():
    gradient = ad.grad(rated)
    gradient(W, draw(3, 4, seed=97), draw(3, seed=98), 0.1, 2)
    backward = gradient.source.partition("# backward sweep")[2]
    assert backward.index("rate / ") < backward.index("for ")


def partly(x, n, c):
    if c > 0:
        w = x * x
    s = 0.0
    for i in range(n):
        if c > 0:
            s = s + np.sum(w * x[i])
    return s + np.sum(x)


@pytest.mark.parametrize("c", [1.0, -1.0])
def test_an_array_that_only_one_path_assigns_may_be_read_by_a_loop(c):
    ad.check_grads(lambda x: partly(x, 2, c), (X,), order=2)


@pytest.mark.parametrize("n", [0, 2])
def test_a_pullback_takes_nothing_out_of_a_loop_that_the_other_sweep_may_not_have_assigned(n):
    def f(x, y, n):
        for _ in range(n):
            y = np.sin(y / (1.5 + x**2))
        return y

    y = draw(3, seed=97)
    out, pullback = ad.vjp(f, 0.4, y, n)
    x_bar, y_bar = pullback(np.ones(3))[:2]
    assert np.array_equal(out, f(0.4, y, n))
    step = 1e-20
    assert np.isclose(x_bar, np.sum(f(0.4 + step * 1j, y, n)).imag / step, rtol=1e-14, atol=0)
    assert np.allclose(y_bar, f(0.4, y + step * 1j, n).imag / step, rtol=1e-14, atol=0)
