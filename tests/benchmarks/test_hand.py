"""The hand-written derivatives are right: their values, and their gradients against differences."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest
from hand import CASES, black_scholes_closed_form, black_scholes_hand
from trees import leaves, rebuild

ARRAY_CASES = [case for case in CASES if not case.scalar]


def gradients_by_hand(case, args):
    if case.scalar:
        return case.hand(*args)
    return case.hand(*args)[1]


def slope(f, step):
    """Derivative of f at 0 by central differences, extrapolated three times from steps that halve."""
    table = [(f(h) - f(-h)) / (2.0 * h) for h in (step, step / 2, step / 4, step / 8)]
    for order in range(1, len(table)):
        factor = 4.0**order
        table = [(factor * fine - coarse) / (factor - 1.0) for coarse, fine in itertools.pairwise(table)]
    return table[0]


def along(case, args, directions):
    """The primal as a function of one number: how far its active arguments go along the directions."""
    active = (case.argnums,) if isinstance(case.argnums, int) else case.argnums

    def moved(length):
        new = list(args)
        rest = list(directions)
        for i in active:
            here = leaves(args[i])
            new[i] = rebuild(args[i], [x + length * rest.pop(0) for x in here])
        return float(case.primal(*new))

    return moved


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_gradient_agrees_with_differences(case):
    args = case.inputs(True)
    gradients = leaves(gradients_by_hand(case, args))
    rng = np.random.default_rng(3)
    for _ in range(6):
        directions = [rng.standard_normal(np.shape(g)) for g in gradients]
        if case.scalar:
            directions = [float(d) for d in directions]
        expected = slope(along(case, args, directions), 1e-2)
        got = sum(float(np.sum(g * d)) for g, d in zip(gradients, directions, strict=True))
        assert got == pytest.approx(expected, rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("case", ARRAY_CASES, ids=lambda case: case.name)
def test_value_and_structure(case):
    args = case.inputs(True)
    before = copy.deepcopy(args)
    value, gradients = case.hand(*args)
    assert value == pytest.approx(case.primal(*args), rel=1e-14)

    active = args[case.argnums] if isinstance(case.argnums, int) else [args[i] for i in case.argnums]
    for got, argument in zip(leaves(gradients), leaves(active), strict=True):
        assert np.shape(got) == np.shape(argument)
    for now, then in zip(leaves(args), leaves(before), strict=True):
        np.testing.assert_array_equal(now, then)


def test_both_black_scholes_agree():
    args = (100.0, 95.0, 0.75, 0.03, 0.25)
    assert black_scholes_hand(*args) == pytest.approx(black_scholes_closed_form(*args), rel=1e-12)
