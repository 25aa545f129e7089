"""The generator of random programs: they run, end, stay of moderate size, and are varied and shrinkable."""

import ast

import numpy as np
from hypothesis import HealthCheck, find, given, settings

from tests import oracles
from tests.generator import RandomProgram, programs

bounded = settings(
    max_examples=100,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@given(programs())
@bounded
def test_programs_run_and_are_deterministic(program: RandomProgram) -> None:
    before = oracles.flatten(program.arguments)
    first, second = program.function(*program.arguments), program.function(*program.arguments)
    assert np.ndim(first) == 0
    assert np.isfinite(first)
    assert oracles.identical(first, second)
    np.testing.assert_array_equal(oracles.flatten(program.arguments), before)


@given(programs())
@bounded
def test_programs_read_as_source(program: RandomProgram) -> None:
    tree = ast.parse(program.source)
    assert all(isinstance(node, ast.FunctionDef) for node in tree.body)
    assert program.source in repr(program)


def test_every_construct_is_generated() -> None:
    seen: set[str] = set()

    @given(programs())
    @settings(bounded, max_examples=300)
    def collect(program: RandomProgram) -> None:
        seen.update(type(node).__name__ for node in ast.walk(ast.parse(program.source)))

    collect()
    wanted = """
        If For While Break Continue Return AugAssign Lambda FunctionDef Dict Tuple List IfExp BoolOp ListComp
        Slice
    """
    assert [name for name in wanted.split() if name not in seen] == []


def test_most_programs_are_far_from_kinks() -> None:
    errors: list[float] = []

    @given(programs())
    @bounded
    def collect(program: RandomProgram) -> None:
        direction = oracles.random_direction(program.arguments, 1)
        derivative, error = oracles.directional(program.function, program.arguments, direction)
        errors.append(float(error[0] / max(1.0, abs(derivative[0]))))

    collect()
    assert np.mean(np.array(errors) < 1e-8) > 0.8


def test_programs_shrink_to_little() -> None:
    smallest = find(
        programs(),
        lambda program: "while" in program.source,
        settings=settings(bounded, max_examples=500),
    )
    assert len(smallest.source.splitlines()) <= 10
