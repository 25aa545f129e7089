"""The chain rule on the graph: partial derivatives times adjoints are adjoints, times tangents tangents."""

import numpy as np
import pytest

from adcompile.explore.graph import chart
from adcompile.explore.watching import observe
from tests.explore import functions

STRAIGHT = [
    (functions.lesson, (1.5, 0.5)),
    (functions.rosenbrock, (-1.0, 1.5)),
    (functions.cubic, (0.7,)),
    (functions.kinked, (0.7,)),
    (functions.assorted, (0.7, 1.2)),
]


@pytest.mark.parametrize(("f", "args"), STRAIGHT, ids=lambda v: getattr(v, "__name__", ""))
def test_sums_over_edges(f, args):
    seen = observe(f, args, {})
    drawn = chart(seen)
    for node in drawn.nodes:
        if not node.active:
            continue
        k = node.number
        if node.kind != "input":
            for along in seen.tangents.values():
                terms = [
                    e.partials[()] * along.get((e.source, ()), 0.0)
                    for e in drawn.edges
                    if e.target == k and e.kind == "rule"
                ]
                np.testing.assert_allclose(along.get((k, ()), 0.0), sum(terms), rtol=1e-12, atol=1e-15)
        if k not in drawn.results:
            terms = [
                e.partials[()] * seen.adjoints.get((e.target, ()), 0.0)
                for e in drawn.edges
                if e.source == k and e.kind == "rule"
            ]
            np.testing.assert_allclose(seen.adjoints.get((k, ()), 0.0), sum(terms), rtol=1e-12, atol=1e-15)


def test_rules_in_words():
    seen = observe(functions.lesson, (1.5, 0.5), {})
    texts = {(e.source, e.target): (e.pullback, e.pushforward) for e in chart(seen).edges}
    assert texts == {
        (0, 2): ("sin_x1_bar * np.cos(x1)", "x1_dot * np.cos(x1)"),
        (0, 3): ("x1_times_x2_bar * x2", "x1_dot * x2"),
        (1, 3): ("x1_times_x2_bar * x1", "x2_dot * x1"),
        (2, 4): ("total_bar", "sin_x1_dot"),
        (3, 4): ("total_bar", "x1_times_x2_dot"),
    }


def test_an_operand_that_stands_twice():
    seen = observe(functions.rosenbrock, (-1.0, 1.5), {})
    drawn = chart(seen)
    by = {node.name: node.number for node in drawn.nodes}
    (edge,) = (e for e in drawn.edges if (e.source, e.target) == (by["x"], by["x_squared"]))
    assert edge.pullback == "x_squared_bar * x + x_squared_bar * x"
    assert edge.partials == {(): -2.0}


def test_how_loops_and_branches_hand_on():
    drawn = chart(observe(functions.branching, (0.8, 4), {}))
    by = {node.name: node.number for node in drawn.nodes}
    kinds = {(e.source, e.target): (e.kind, sorted(e.partials)) for e in drawn.edges if e.kind != "rule"}
    assert kinds[by["s_2"], by["s_4"]] == ("same", [(0,), (1,), (2,)])
    assert kinds[by["s_3"], by["s_4"]] == ("same", [(3,)])
    assert kinds[by["s_4"], by["s"]] == ("carry", [(1,), (2,), (3,)])
    assert kinds[by["s_4"], by["s_5"]] == ("leave", [()])
    assert kinds[by["s"], by["test"]] == ("none", [])


def test_linear_rules_of_arrays_are_shown_as_texts():
    rng = np.random.default_rng(0)
    seen = observe(functions.logistic, (np.zeros(3), rng.normal(size=(5, 3)), np.ones(5)), {})
    drawn = chart(seen)
    by = {node.name: node.number for node in drawn.nodes}
    edge = next(e for e in drawn.edges if e.source == by["w"])
    assert (edge.pullback, edge.pushforward, edge.partials) == ("X_at_w_bar @ X", "X @ w_dot", {})
    assert not next(n for n in drawn.nodes if n.name == "y").active
