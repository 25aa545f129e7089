"""What a random program that writes has to satisfy in every mode.

In: a `WritingProgram`. Out: a `Verdict`, or `AssertionError` if a derivative is wrong. The oracle is the
complex step, which is exact: new arrays of the program are made to hold complex numbers. A refusal is a
verdict as well, and it is the caller's to count.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

import adcompile as ad
from tests import oracles
from tests.writing_programs import WritingProgram

SHIFT = 1e-6
SINGLE = 3e-3


@dataclass(frozen=True)
class Verdict:
    """What came of a program: "right", "kink" where the oracle has no answer, or the code of a refusal."""

    text: str

    @property
    def accepted(self) -> bool:
        """Whether the program has been differentiated."""
        return not self.text.startswith("AD")


def check(program: WritingProgram, *, nested: bool = False) -> Verdict:
    """Differentiate a program in both modes, and once more in both if `nested`."""
    direction = oracles.random_direction(program.arguments, 1)
    with np.errstate(all="ignore"):
        expected = derivative(program, direction)
        if expected is None:
            return Verdict("kink")
        try:
            compare(program, direction, expected)
            if nested and not has_single(program):
                compare_nested(program, direction)
        except ad.AdcompileError as error:
            return Verdict(error.code)
        except AssertionError:
            if at_kink(program, direction, expected):
                return Verdict("kink")
            raise
    return Verdict("right")


def has_single(program: WritingProgram) -> bool:
    """Whether an argument is of single precision."""
    return any(np.asarray(leaf).dtype == np.float32 for leaf in program.arguments)


def derivative(program: WritingProgram, direction: Any, shift: float = 0.0) -> Any:
    """The derivative along a direction, at the arguments or beside them, None where there is none."""
    promoted = oracles.to_double(program.arguments)
    moved = oracles.flatten(promoted) + shift * oracles.flatten(oracles.random_direction(promoted, 3))
    arguments = oracles.unflatten(moved, promoted)
    found = oracles.complex_step(program.complex_function, arguments, direction)
    return found if np.all(np.isfinite(found)) and np.max(np.abs(found), initial=0.0) < 1e5 else None


def at_kink(program: WritingProgram, direction: Any, expected: Any) -> bool:
    """Whether the derivative jumps at the arguments."""
    sides = [derivative(program, direction, shift) for shift in (SHIFT, -SHIFT)]
    scale = np.max(np.abs(expected), initial=1.0)
    return any(s is None or np.max(np.abs(s - expected), initial=0.0) > 1e3 * SHIFT * scale for s in sides)


def compare(program: WritingProgram, direction: Any, expected: Any) -> None:
    """Value, forward mode, reverse mode in one function and in two, and what happens to the arguments."""
    function, fresh = program.function, oracles.copied(program.arguments)
    plain = function(*oracles.copied(fresh))
    rtol = SINGLE if has_single(program) else 1e-9
    scale = np.max(np.abs(expected), initial=1.0)
    out, tangent = ad.jvp(function, fresh, direction)
    assert oracles.identical(out, plain), f"jvp has the value {out!r} where plain Python has {plain!r}"
    difference = oracles.same_kind(tangent, out)
    assert difference == "", f"a tangent is a {difference}"
    oracles.assert_close(oracles.flatten(tangent), expected, 0.0, scale=scale, rtol=rtol)
    weights = oracles.random_direction(plain, 2)
    total = float(oracles.flatten(weights) @ expected)
    value, pullback = ad.vjp(function, *fresh)
    assert oracles.identical(value, plain), f"vjp has the value {value!r} where plain Python has {plain!r}"
    first = pullback(weights)
    kept = oracles.copied(first)
    projected(first, program.arguments, direction, total, rtol)
    scribble(first)
    assert oracles.identical(pullback(weights), kept), "the second call of the pullback differs"
    assert oracles.identical(value, plain), "a pullback changed the value"
    if oracles.is_leaf(plain) and np.ndim(plain) == 0:
        joint = ad.value_and_grad(function, argnums=tuple(range(len(fresh))))
        value, gradient = joint(*fresh)
        assert oracles.identical(value, plain), f"value_and_grad has {value!r} where Python has {plain!r}"
        projected(gradient, program.arguments, direction, float(expected[0]), rtol)
    assert oracles.identical(fresh, oracles.copied(program.arguments)), "arguments have been changed"


def projected(gradient: Any, arguments: Any, direction: Any, expected: float, rtol: float) -> None:
    """Assert that a gradient has the kind of its arguments, and the right product with the direction."""
    difference = oracles.same_kind(gradient, arguments)
    assert difference == "", f"a gradient is a {difference}"
    terms = oracles.flatten(gradient) * oracles.flatten(direction)
    scale = max(1.0, float(np.sum(np.abs(terms))))
    oracles.assert_close(np.sum(terms), expected, 0.0, scale=scale, rtol=rtol)


def scribble(tree: Any) -> None:
    """Write over the arrays of a result, which belong to the caller."""
    for leaf in oracles.leaves(tree):
        if isinstance(leaf, np.ndarray):
            leaf[...] = np.nan


def compare_nested(program: WritingProgram, direction: Any) -> None:
    """Forward over reverse and reverse over reverse, against differences of the gradient."""
    function = program.function
    plain = function(*oracles.copied(program.arguments))
    weights = oracles.random_direction(plain, 2)
    scalar = oracles.weighted(function, len(program.arguments), plain, weights)
    everywhere = tuple(range(len(program.arguments)))
    gradient = ad.grad(scalar, argnums=everywhere)
    expected, error = oracles.directional(gradient, program.arguments, direction)
    scale = np.max(np.abs(expected), initial=1.0)
    if not np.all(error < 1e-6 * scale):
        return
    _, tangent = ad.jvp(gradient, program.arguments, direction)
    oracles.assert_close(oracles.flatten(tangent), expected, error, scale=scale, rtol=1e-6)
    along = oracles.weighted(gradient, len(program.arguments), program.arguments, direction)
    curvature = ad.grad(along, argnums=everywhere)(*program.arguments)
    oracles.assert_close(oracles.flatten(curvature), oracles.flatten(tangent), 0.0, scale=scale, rtol=1e-8)
