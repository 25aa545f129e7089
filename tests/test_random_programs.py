"""Random programs in both modes and nested, against extrapolated differences.

The profile is fixed and derandomised, so that every run tries the same programs; set the environment variable
`ADCOMPILE_RANDOM_PROGRAMS` to try more. A failing program is printed whole, shrunk by hypothesis.
"""

import copy
import os
from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, given, settings

import adcompile as ad
from tests import oracles
from tests.generator import RandomProgram, programs

EXAMPLES = int(os.environ.get("ADCOMPILE_RANDOM_PROGRAMS", "100"))
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
