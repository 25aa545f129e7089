"""Random programs in both modes and nested: those that only compute, and those that write into arrays.

The profile is fixed and derandomised, so that every run tries the same programs; set the environment variable
`ADCOMPILE_RANDOM_PROGRAMS` to try more. A failing program is printed whole, shrunk: by hypothesis, or by
`shrinking`. With `-s` the programs that write tell how many of them were refused, and with which codes.
"""

import collections
import copy
import os
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

import adcompile as ad
from tests import oracles
from tests.generator import RandomProgram, programs
from tests.random_check import check
from tests.shrinking import shrink
from tests.writing_programs import WritingProgram, runs, write_program

EXAMPLES = int(os.environ.get("ADCOMPILE_RANDOM_PROGRAMS", "100"))
# numbers of the programs that write, and how many of them are one test
SEEDS = range(2 * EXAMPLES)
CHUNK = 40
# one program in so many is differentiated twice
NESTED_SHARE = 6
# what share of the programs has to be accepted
ACCEPTED = 0.85
bounded = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)


def oracle(program: RandomProgram, seed: int) -> tuple[Any, float, float]:
    """Return a direction, the derivative along it and its error; give up on a program close to a kink."""
    direction = oracles.random_direction(program.arguments, seed)
    with np.errstate(all="ignore"):
        derivative, error = oracles.directional(program.function, program.arguments, direction)
        small = oracles.ridders(
            lambda t: oracles.flatten(program.function(*moved(program.arguments, direction, 0.1 * t)))
        )
    assume(np.isfinite(derivative[0]) and abs(derivative[0]) < 1e6)
    tolerance = 1e-6 * max(1.0, abs(derivative[0]))
    assume(error[0] < tolerance)
    assume(abs(10.0 * small[0][0] - derivative[0]) < tolerance)
    return direction, float(derivative[0]), float(error[0])


def moved(arguments: tuple[Any, ...], direction: tuple[Any, ...], t: float) -> Any:
    """Return the arguments moved along a direction."""
    return oracles.unflatten(oracles.flatten(arguments) + t * oracles.flatten(direction), arguments)


@given(programs())
@bounded
def test_reverse_and_forward_mode(program: RandomProgram) -> None:
    direction, expected, error = oracle(program, 1)
    before = copy.deepcopy(program.arguments)
    value, gradient = ad.value_and_grad(program.function, argnums=tuple(range(len(program.arguments))))(
        *program.arguments
    )
    assert oracles.identical(value, program.function(*program.arguments))
    assert oracles.same_kind(gradient, program.arguments) == ""
    terms = oracles.flatten(gradient) * oracles.flatten(direction)
    scale = max(1.0, float(np.sum(np.abs(terms))))
    oracles.assert_close(np.sum(terms), expected, error, scale=scale, rtol=1e-8)
    out, tangent = ad.jvp(program.function, program.arguments, direction)
    assert oracles.identical(out, value)
    oracles.assert_close(float(tangent), float(np.sum(terms)), 0.0, scale=scale, rtol=1e-11)
    assert oracles.identical(program.arguments, before)


@given(programs())
@settings(bounded, max_examples=max(1, EXAMPLES // 4))
def test_nested_modes(program: RandomProgram) -> None:
    oracle(program, 1)
    everywhere = tuple(range(len(program.arguments)))
    gradient = ad.grad(program.function, argnums=everywhere)
    direction = oracles.random_direction(program.arguments, 2)
    expected, error = oracles.directional(gradient, program.arguments, direction)
    scale = np.max(np.abs(expected), initial=1.0)
    assume(np.all(error < 1e-6 * scale))
    _, tangent = ad.jvp(gradient, program.arguments, direction)
    oracles.assert_close(oracles.flatten(tangent), expected, error, scale=scale, rtol=1e-7)
    along = oracles.weighted(gradient, len(program.arguments), program.arguments, direction)
    curvature = ad.grad(along, argnums=everywhere)(*program.arguments)
    oracles.assert_close(oracles.flatten(curvature), oracles.flatten(tangent), 0.0, scale=scale, rtol=1e-9)


@pytest.mark.parametrize("start", SEEDS[::CHUNK])
def test_programs_that_write(start: int) -> None:
    verdicts: collections.Counter[str] = collections.Counter()
    accepted = 0
    seeds = SEEDS[start : start + CHUNK]
    for seed in seeds:
        program = write_program(seed)
        try:
            verdict = check(program, nested=is_nested(seed))
        except Exception as error:
            small = smallest(program, type(error), nested=is_nested(seed))
            raise AssertionError(f"{type(error).__name__}: {error}\n\n{small!r}") from error
        verdicts[verdict.text] += 1
        accepted += verdict.accepted
    print(f"programs {start} to {seeds[-1]}: {dict(verdicts.most_common())}")
    assert accepted >= ACCEPTED * len(seeds)


def is_nested(seed: int) -> bool:
    """Whether a program is differentiated twice."""
    return seed % NESTED_SHARE == 0


def smallest(program: WritingProgram, error: type[Exception], *, nested: bool) -> WritingProgram:
    """Return a small program that fails with an error of the same type."""

    def fails(source: str) -> bool:
        candidate = WritingProgram(program.seed, source, program.arguments)
        try:
            if runs(candidate):
                check(candidate, nested=nested)
        except Exception as found:
            return type(found) is error
        return False

    return WritingProgram(program.seed, shrink(program.source, fails, rounds=300), program.arguments)
