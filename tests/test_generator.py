"""The generator of random programs: they run, end, stay of moderate size, and are varied and shrinkable."""

import ast
import re

import numpy as np
from hypothesis import HealthCheck, find, given, settings

from tests import oracles
from tests.generator import RandomProgram, programs
from tests.shrinking import shrink
from tests.writing_programs import write_program

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


def test_every_kind_of_write_is_generated() -> None:
    source = "\n".join(write_program(seed).source for seed in range(400))
    patterns = [
        r"^ +\w+\[0\] = ", r"\[1:-1\] = |\[1:\] = ", r"\[-1\] = ", r"\[::-1\] = ", r"\[3:0:-1\]",
        r"\[\.\.\.\] = ", r"\[:\] = ", r"\[None\] ", r"\[\[0, 2, 2\]\] = ", r"\[\[\[0, 1\], \[2, 0\]\]\]",
        r"\[\[True, False, True, True\]\] ", r"\[k\d+\] = ", r"\[2:2\]", r"\[i\d+\] = ", r"\[i\d+\] \+= ",
        r"\[::2\] \*= ", r"^ +\w+ /= ", r"^ +\w+ -= ", r"\.fill\(", r"np\.copyto\(", r"where=",
        r"np\.put\(", r"out=", r"np\.add\.at\(", r"np\.subtract\.at\(", r"\.sort\(\)", r"\.T$",
        r"\.reshape\(-1\)", r"\.reshape\(2, 2\)", r"\.ravel\(\)", r"np\.swapaxes\(", r"np\.flip\(",
        r"np\.argmax\(", r"np\.argsort\(", r"c\d+ = \w+ if .* else \w+$", r"c\d+ = c\d+ = ",
        r"^ +(\w+), (\w+) = \2, \1$", r"Box\(", r"\.u\[.*\] [-+*]?= ", r"\['k'\]", r"d\d+\[[01]\]\[",
        r"def helper\d+\(w, r=0.4, k=3\)", r"^ +helper\d+\(", r"h\d+ = helper", r"helper\d+\(\w+\[",
        r"def g\d+\(z\d+\):\n +\w+\[", r"np\.empty\(", r"np\.empty_like\(", r"np\.zeros\(",
        r"for i\d+ in range\(0\)", r"in reversed\(range", r"for j\d+ in range\(i\d+\)", r"for r\d+ in ",
        r"in enumerate\(", r"while n\d+ < 0", r"while n\d+ < 3", r"^ +break$", r"^ +return$", r"\.append\(",
        r"np\.fill_diagonal\(", r"\[1:\] = .*\[:-1\]|\[:-1\] = .*\[1:\]",
    ]  # fmt: skip
    assert [pattern for pattern in patterns if not re.search(pattern, source, re.MULTILINE)] == []


def test_arguments_of_programs_that_write_are_varied() -> None:
    found = [write_program(seed) for seed in range(60)]
    arrays = [a for program in found for a in program.arguments if isinstance(a, np.ndarray)]
    assert {a.dtype.name for a in arrays} == {"float64", "float32"}
    assert {a.shape for a in arrays} >= {(4,), (1,), (3, 4), (3, 3)}
    assert found[7].source == write_program(7).source
    changed = []
    for program in found:
        arguments = oracles.copied(program.arguments)
        program.function(*arguments)
        changed.append(not oracles.identical(arguments, program.arguments))
    assert any(changed)
    assert not all(changed)


def test_programs_that_write_shrink_to_little() -> None:
    program = next(p for p in map(write_program, range(100)) if ".fill(" in p.source)
    small = shrink(program.source, lambda source: ".fill(" in source)
    assert len(small.splitlines()) <= 5
