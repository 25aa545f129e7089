"""What the probes see is what the compiled derivatives compute."""

import numpy as np
import pytest

import adcompile as ad
from adcompile.explore.graph import chart
from adcompile.explore.probes import ENDS
from adcompile.explore.watching import observe
from adcompile.live import step
from tests.explore import functions

RNG = np.random.default_rng(3)
X = RNG.normal(size=(5, 3))
CASES = [
    (functions.lesson, (1.5, 0.5)),
    (functions.rosenbrock, (-1.0, 1.5)),
    (functions.branching, (0.8, 4)),
    (functions.nested, (0.8, 4)),
    (functions.newton, (2.0,)),
    (functions.logistic, (RNG.normal(size=3), X, np.array([0, 1, 1, 0, 1.0]))),
    (functions.masked, (np.array([1.0, -1.0, 2.0]),)),
    (functions.layered, ({"w": RNG.normal(size=(2, 3)), "b": np.zeros(2)}, np.ones(3))),
    (functions.power, (1.3, 3)),
    (functions.last_seen, (np.array([1.2, 1.1, -0.5]), 4)),
    (functions.kinked, (0.7,)),
    (functions.assorted, (0.7, 1.2)),
]
each_case = pytest.mark.parametrize(("f", "args"), CASES, ids=lambda v: getattr(v, "__name__", ""))


def named(seen):
    """The numbers of the nodes by name."""
    return {node.name: node.number for node in chart(seen).nodes}


@each_case
def test_adjoints_of_inputs_are_the_gradient(f, args):
    seen = observe(f, args, {})
    gradient = dict(zip(seen.names, ad.grad(f, argnums=seen.names)(*args), strict=True))
    for number, item in seen.inputs.items():
        if item.root in gradient:
            expected = gradient[item.root]
            for part in item.path[1:]:
                expected = step(expected, part)
            np.testing.assert_allclose(seen.adjoints[number, ()], expected, rtol=1e-12)


@each_case
def test_the_result_and_its_tangents(f, args):
    seen = observe(f, args, {})
    assert not seen.summed
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(seen.result, f(*args), rtol=1e-14)
    for result in chart(seen).results:
        assert seen.values[result, ()] == seen.result
        assert seen.adjoints[result, ()] == 1.0
        for along in seen.tangents.values():
            assert np.ndim(along[result, ()]) == 0


def test_tangents_along_numbers_are_the_partial_derivatives():
    seen = observe(functions.lesson, (1.5, 0.5), {})
    (result,) = chart(seen).results
    assert seen.tangents["x1"][result, ()] == np.cos(1.5) + 0.5
    assert seen.tangents["x2"][result, ()] == 1.5


def test_the_lesson_by_hand():
    seen = observe(functions.lesson, (1.5, 0.5), {})
    node = named(seen)
    assert list(node) == ["x1", "x2", "sin_x1", "x1_times_x2", "total"]
    assert {n: float(seen.values[k, ()]) for n, k in node.items()} == {
        "x1": 1.5, "x2": 0.5, "sin_x1": np.sin(1.5), "x1_times_x2": 0.75, "total": np.sin(1.5) + 0.75,
    }  # fmt: skip
    assert {n: float(seen.adjoints[k, ()]) for n, k in node.items()} == {
        "x1": np.cos(1.5) + 0.5, "x2": 1.5, "sin_x1": 1.0, "x1_times_x2": 1.0, "total": 1.0,
    }  # fmt: skip


def test_a_loop_by_hand():
    x = 0.8
    seen = observe(functions.branching, (x, 4), {})
    node = named(seen)
    carried, t, s_3 = node["s"], node["t"], node["s_3"]
    values = [1.0, x, x * x + 1, (x * x + 1) * x + 2]
    assert [seen.values[carried, (k,)] for k in range(4)] == values
    slope = np.cos(values[3])
    expected = [slope * x**3, slope * x**2, slope * x, slope]
    np.testing.assert_allclose([seen.adjoints[carried, (k,)] for k in range(4)], expected, rtol=1e-14)
    assert (t, (3,)) not in seen.values and (t, (3,)) not in seen.adjoints
    assert [at for k, at in seen.values if k == s_3] == [(3,)]
    assert chart(seen).loops[0].at == [(0,), (1,), (2,), (3,)]


def test_loops_in_loops_and_loops_that_search():
    seen = observe(functions.nested, (0.8, 4), {})
    outer, inner = chart(seen).loops.values()
    assert (outer.title, inner.title, inner.outer) == ("for i in range(n)", "for j in range(i)", (0,))
    assert inner.at == [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)]
    searched = chart(observe(functions.newton, (2.0,), {})).loops[0]
    assert searched.title == "while" and searched.at == [(k,) for k in range(len(searched.at))]


def test_of_long_loops_both_ends_are_remembered():
    def long(x):
        for _ in range(1000):
            x = x * 0.99
        return x

    seen = observe(long, (1.0,), {})
    (loop,) = chart(seen).loops.values()
    assert loop.count == 1000
    assert loop.at == [(k,) for k in [*range(ENDS), *range(1000 - ENDS, 1000)]]


def test_several_results_are_summed():
    seen = observe(functions.outputs, (0.5, 2.0), {})
    assert seen.summed
    by = {item.root: seen.adjoints[k, ()] for k, item in seen.inputs.items()}
    np.testing.assert_allclose([by["x"], by["y"]], [2.0 + np.exp(0.5) - 1.0, 0.5 + 1.0], rtol=1e-15)
    assert "outputs_vjp" in seen.program.text


def test_arguments_stay_as_they_are():
    x = np.array([1.0, -1.0, 2.0])

    def writes(x):
        x[0] = 2.0 * x[1]
        return np.sum(x * x)

    seen = observe(writes, (x,), {})
    assert x.tolist() == [1.0, -1.0, 2.0]
    assert seen.adjoints[0, ()].tolist() == [0.0, -10.0, 4.0]


def scan(A, b):
    A[1:] += b * A[:-1]


def test_outputs():
    A = np.array([1.0, 2.0, 4.0])
    seen = observe(scan, (A, 0.5), {}, ("A", "b"), "A")
    assert A.tolist() == [1.0, 2.0, 4.0] and seen.outputs == ("A",)
    assert seen.result.tolist() == [1.0, 2.5, 5.0]
    by = {item.root: seen.adjoints[k, ()] for k, item in seen.inputs.items()}
    assert by["A"].tolist() == [1.5, 1.5, 1.0] and by["b"] == 3.0
    assert not observe(scan, (A[:1], 0.5), {}, "b", "A").summed
    with pytest.raises(ad.ArgumentError, match="has no parameter named 'C'"):
        observe(scan, (A, 0.5), {}, outputs="C")


def test_a_function_that_returns_nothing_needs_outputs():
    with pytest.raises(ad.ArgumentError) as caught:
        observe(scan, (np.ones(3), 0.5), {})
    assert str(caught.value) == (
        "ArgumentError: scan returns None [AD204]\n"
        "  expected the arguments that it writes its results into as outputs"
    )


def test_what_is_masked_stays_zero():
    seen = observe(functions.masked, (np.array([0.0, 0.0, 2.0]),), {})
    assert seen.adjoints[0, ()].tolist() == [0.0, 2.0, 0.5]


def test_what_is_differentiated_by():
    assert observe(functions.logistic, (np.zeros(3), X, np.ones(5)), {}).names == ("w",)
    assert observe(functions.branching, (0.8, 4), {}).names == ("x",)
    assert observe(functions.lesson, (1.5, 0.5), {}, "x2").names == ("x2",)
    assert observe(functions.lesson, (1.5, 0.5), {}, (1, 0)).names == ("x2", "x1")
    with pytest.raises(ad.ArgumentError, match="no argument holds floating-point numbers"):
        observe(functions.power, (2, 3), {})


def test_refusals_go_through_unchanged():
    def refused(x):
        yield x

    with pytest.raises(ad.UnsupportedSyntax, match="`yield` makes this function a generator"):
        observe(refused, (1.0,), {})


def test_nothing_of_the_probes_stays_in_the_table():
    from adcompile.rules.rule import FUNCTIONS

    before = dict(FUNCTIONS)
    observe(functions.lesson, (1.5, 0.5), {})
    assert before == FUNCTIONS
