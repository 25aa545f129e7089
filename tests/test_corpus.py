"""Every program of the corpus, in every mode, against oracles that do not know how a derivative was made.

One test function for each property that a derivative promises; the ids name program and sample.
"""

import copy
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import adcompile as ad
from tests import oracles
from tests.programs import KINKS, PROGRAMS, KnownGradient, Program
from tests.programs.nested import BY_HAND, NESTED

SEEDS = (1, 2)


def has_single(tree: Any) -> bool:
    """Tell whether a leaf is of single precision."""
    return any(np.asarray(leaf).dtype == np.float32 for leaf in oracles.leaves(tree))


def cases(programs: list[Program] | tuple[Program, ...]) -> list[Any]:
    """Return a pytest parameter for each sample of each program."""
    return [
        pytest.param(program, sample, id=f"{program.name}-{sample}")
        for program in programs
        for sample in range(len(program.samples))
    ]


each_case = pytest.mark.parametrize(("program", "sample"), cases(PROGRAMS))
each_case_of_several = pytest.mark.parametrize(
    ("program", "sample"), cases([p for p in PROGRAMS if len(p.argnums) > 1])
)
each_smooth_case = pytest.mark.parametrize(
    ("program", "sample"), cases([p for p in PROGRAMS if p.order >= 2])
)
each_single_case = pytest.mark.parametrize(
    ("program", "sample"),
    [
        case
        for case in cases([p for p in PROGRAMS if p.float32])
        if has_single(oracles.to_single(case.values[0].arguments(case.values[1])))
    ],
)
each_nested_case = pytest.mark.parametrize(("program", "sample"), cases(NESTED))
each_kink = pytest.mark.parametrize("kink", [pytest.param(kink, id=kink.name) for kink in KINKS])


@pytest.fixture(autouse=True)
def _quiet_numpy() -> Iterator[None]:
    """Let programs compute NaN or infinity where they mean to discard it."""
    with np.errstate(all="ignore"):
        yield


@dataclass(frozen=True)
class Case:
    """A program as a function of its active arguments only, with what the tests ask of it."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    output: Any
    weights: Any

    @property
    def everywhere(self) -> tuple[int, ...]:
        return tuple(range(len(self.arguments)))

    @property
    def is_scalar(self) -> bool:
        return oracles.is_leaf(self.output) and np.size(self.output) == 1

    @property
    def is_single(self) -> bool:
        """Whether float32 arrays leave their rounding in the derivative."""
        return has_single((self.arguments, self.output))


@functools.cache
def restricted(program: Program, sample: int) -> Callable[..., Any]:
    """Return the program as a function of its active arguments, one object for all tests."""
    return oracles.restrict(program.function, program.arguments(sample), program.argnums)


def prepare(program: Program, sample: int) -> Case:
    """Return the case with fresh arguments."""
    arguments = program.arguments(sample)
    active = tuple(arguments[i] for i in program.argnums)
    output = restricted(program, sample)(*copy.deepcopy(active))
    return Case(restricted(program, sample), active, output, oracles.random_direction(output, 0))


@functools.cache
def scalar_function(program: Program, sample: int) -> Callable[..., Any]:
    """Return the case's function itself if its result is a number, else the weighted sum of its results."""
    case = prepare(program, sample)
    if case.is_scalar:
        return case.function
    return oracles.weighted(case.function, len(case.arguments), case.output, case.weights)


@functools.cache
def truth(program: Program, sample: int, seed: int) -> tuple[Any, Any, float]:
    """Return a directional derivative by the oracle, its error and the relative precision to ask for."""
    case = prepare(program, sample)
    direction = oracles.random_direction(case.arguments, seed)
    if program.holomorphic:
        rtol = 1e-5 if case.is_single else 1e-12
        return *oracles.directional(case.function, case.arguments, direction, "complex"), rtol
    return *oracles.directional(case.function, case.arguments, direction), 1e-5 if case.is_single else 1e-9


def assert_same_derivative(program: Program, sample: int, seed: int, gradient: Any, case: Case) -> None:
    """Assert that a reverse-mode result agrees with the oracle in one direction."""
    expected, error, rtol = truth(program, sample, seed)
    direction = oracles.flatten(oracles.random_direction(case.arguments, seed))
    weights = oracles.flatten(case.weights)
    terms = oracles.flatten(gradient) * direction
    scale = np.sum(np.abs(terms)) + np.abs(weights) @ np.abs(expected)
    oracles.assert_close(np.sum(terms), weights @ expected, np.abs(weights) @ error, scale=scale, rtol=rtol)


@each_case
def test_value_is_that_of_the_plain_call(program: Program, sample: int) -> None:
    case = prepare(program, sample)
    direction = oracles.random_direction(case.arguments, 1)
    out, _ = ad.vjp(case.function, *case.arguments)
    assert oracles.identical(out, case.output), f"vjp: {out!r}, plain call {case.output!r}"
    out, _ = ad.jvp(case.function, case.arguments, direction)
    assert oracles.identical(out, case.output), f"jvp: {out!r}, plain call {case.output!r}"
    if case.is_scalar:
        out, _ = ad.value_and_grad(case.function, argnums=case.everywhere)(*case.arguments)
        assert oracles.identical(out, case.output), f"value_and_grad: {out!r}, plain call {case.output!r}"


@each_case
def test_reverse_mode_agrees_with_the_oracle(program: Program, sample: int) -> None:
    case = prepare(program, sample)
    _, pullback = ad.vjp(case.function, *case.arguments)
    gradient = pullback(case.weights)
    for seed in SEEDS:
        assert_same_derivative(program, sample, seed, gradient, case)


@each_case
def test_grad_with_argnums_agrees_with_the_oracle(program: Program, sample: int) -> None:
    """The same without the wrapper: inactive arguments are passed, and one argnum gives a bare gradient."""
    case = prepare(program, sample)
    arguments = program.arguments(sample)
    if not case.is_scalar:
        function = oracles.weighted(program.function, len(arguments), case.output, case.weights)
    else:
        function = program.function
        case = replace(case, weights=oracles.unflatten(np.ones(1), case.output))
    gradient = ad.grad(function, argnums=program.argnums)(*arguments)
    for seed in SEEDS:
        assert_same_derivative(program, sample, seed, gradient, case)
    if len(program.argnums) == 1:
        bare = ad.grad(function, argnums=program.argnums[0])(*arguments)
        assert oracles.identical(bare, gradient[0])


@each_case_of_several
def test_gradient_of_one_argument_is_its_entry_of_all(program: Program, sample: int) -> None:
    case = prepare(program, sample)
    function = scalar_function(program, sample)
    together = ad.grad(function, argnums=case.everywhere)(*case.arguments)
    for i in case.everywhere:
        alone = oracles.flatten(ad.grad(function, argnums=i)(*case.arguments))
        scale = np.max(np.abs(alone), initial=1.0)
        rtol = 1e-5 if case.is_single else 1e-12
        oracles.assert_close(alone, oracles.flatten(together[i]), 0.0, scale=scale, rtol=rtol)


@each_case
def test_forward_mode_agrees_with_the_oracle(program: Program, sample: int) -> None:
    case = prepare(program, sample)
    for seed in SEEDS:
        expected, error, rtol = truth(program, sample, seed)
        direction = oracles.random_direction(case.arguments, seed)
        _, tangent = ad.jvp(case.function, case.arguments, direction)
        scale = np.max(np.abs(expected), initial=1.0)
        oracles.assert_close(oracles.flatten(tangent), expected, error, scale=scale, rtol=rtol)


@each_case
def test_forward_and_reverse_are_adjoint(program: Program, sample: int) -> None:
    case = prepare(program, sample)
    direction = oracles.random_direction(case.arguments, 3)
    _, tangent = ad.jvp(case.function, case.arguments, direction)
    _, pullback = ad.vjp(case.function, *case.arguments)
    ahead = oracles.flatten(case.weights) * oracles.flatten(tangent)
    back = oracles.flatten(pullback(case.weights)) * oracles.flatten(direction)
    scale = np.sum(np.abs(ahead)) + np.sum(np.abs(back))
    oracles.assert_close(
        np.sum(back), np.sum(ahead), 0.0, scale=scale, rtol=1e-5 if case.is_single else 1e-12
    )


@each_case
def test_pullback_may_be_called_again(program: Program, sample: int) -> None:
    case = prepare(program, sample)
    _, pullback = ad.vjp(case.function, *case.arguments)
    first = pullback(case.weights)
    oracles.flatten(pullback(case.weights))
    assert oracles.identical(pullback(case.weights), first)


@each_case
def test_arguments_stay_untouched_and_gradients_share_no_memory(program: Program, sample: int) -> None:
    case = prepare(program, sample)
    before = prepare(program, sample).arguments
    direction = oracles.random_direction(case.arguments, 1)
    _, pullback = ad.vjp(case.function, *case.arguments)
    gradient = pullback(case.weights)
    ad.jvp(case.function, case.arguments, direction)
    assert oracles.identical(case.arguments, before)
    assert oracles.identical(direction, oracles.random_direction(before, 1))
    owned = [leaf for leaf in oracles.leaves(case.arguments) if isinstance(leaf, np.ndarray)]
    for leaf in oracles.leaves(gradient):
        assert not any(np.may_share_memory(leaf, other) for other in owned)


@each_case
def test_gradient_is_like_its_argument(program: Program, sample: int) -> None:
    case = prepare(program, sample)
    _, pullback = ad.vjp(case.function, *case.arguments)
    gradient = pullback(case.weights)
    assert type(gradient) is tuple
    assert oracles.same_kind(gradient, case.arguments) == ""


@each_single_case
def test_single_precision(program: Program, sample: int) -> None:
    case = prepare(program, sample)
    single = oracles.to_single(case.arguments)
    output = case.function(*copy.deepcopy(single))
    out, pullback = ad.vjp(case.function, *single)
    assert oracles.identical(out, output)
    gradient = pullback(oracles.unflatten(oracles.flatten(case.weights), output))
    assert oracles.same_kind(gradient, single) == ""
    _, double_pullback = ad.vjp(case.function, *oracles.to_double(single))
    expected = oracles.flatten(double_pullback(case.weights))
    size = np.max(np.abs(expected), initial=1e-3)
    oracles.assert_close(oracles.flatten(gradient), expected, 0.0, scale=size, rtol=2e-4)


@functools.cache
def curvature(program: Program, sample: int) -> tuple[Any, Any]:
    """Return the derivative of the gradient in a direction, by differences of the gradient, and its error."""
    case = prepare(program, sample)
    gradient = ad.grad(scalar_function(program, sample), argnums=case.everywhere)
    return oracles.directional(gradient, case.arguments, oracles.random_direction(case.arguments, 4))


def assert_curvature(program: Program, sample: int, actual: Any) -> None:
    """Assert that a second derivative agrees with differences of the first."""
    expected, error = curvature(program, sample)
    scale = np.max(np.abs(expected), initial=1.0)
    rtol = 1e-5 if prepare(program, sample).is_single else 1e-8
    oracles.assert_close(oracles.flatten(actual), expected, error, scale=scale, rtol=rtol)


@each_smooth_case
def test_forward_over_reverse(program: Program, sample: int) -> None:
    case = prepare(program, sample)
    gradient = ad.grad(scalar_function(program, sample), argnums=case.everywhere)
    direction = oracles.random_direction(case.arguments, 4)
    _, tangent = ad.jvp(gradient, case.arguments, direction)
    assert_curvature(program, sample, tangent)


@each_smooth_case
def test_reverse_over_reverse(program: Program, sample: int) -> None:
    case = prepare(program, sample)
    gradient = ad.grad(scalar_function(program, sample), argnums=case.everywhere)
    direction = oracles.random_direction(case.arguments, 4)
    along = oracles.weighted(gradient, len(case.arguments), case.arguments, direction)
    assert_curvature(program, sample, ad.grad(along, argnums=case.everywhere)(*case.arguments))


@each_smooth_case
def test_reverse_over_forward(program: Program, sample: int) -> None:
    case = prepare(program, sample)
    direction = oracles.random_direction(case.arguments, 4)
    names = ", ".join(f"a{i}" for i in case.everywhere)
    source = f"def along({names}):\n    return ad.jvp(function, ({names},), direction)[1]\n"
    namespace = {"ad": ad, "function": scalar_function(program, sample), "direction": direction}
    along = oracles.define(source, namespace, "along")
    assert_curvature(program, sample, ad.grad(along, argnums=case.everywhere)(*case.arguments))


@each_nested_case
def test_programs_that_differentiate_inside(program: Program, sample: int) -> None:
    arguments = program.arguments(sample)
    by_hand = BY_HAND[program.name]
    direction = oracles.random_direction(arguments, 1)
    method: oracles.Method = "complex" if program.holomorphic else "ridders"
    expected, error = oracles.directional(by_hand, arguments, direction, method)
    output = by_hand(*arguments)
    weights = oracles.random_direction(output, 0)
    value = program.function(*arguments)
    oracles.assert_close(oracles.flatten(value), oracles.flatten(output), 0.0, scale=1.0)
    _, tangent = ad.jvp(program.function, arguments, direction)
    oracles.assert_close(oracles.flatten(tangent), expected, error, scale=1.0)
    _, pullback = ad.vjp(program.function, *arguments)
    terms = oracles.flatten(pullback(weights)) * oracles.flatten(direction)
    total = oracles.flatten(weights) @ expected
    oracles.assert_close(np.sum(terms), total, np.max(error), scale=1.0 + np.sum(np.abs(terms)))


@each_kink
def test_reverse_mode_keeps_the_conventions_at_kinks(kink: KnownGradient) -> None:
    arguments = kink.arguments()
    output = kink.function(*arguments)
    function = kink.function
    if np.size(output) != 1 or np.ndim(output):
        function = oracles.weighted(kink.function, len(arguments), output, np.ones_like(output))
    gradient = ad.grad(function, argnums=kink.argnums)(*arguments)
    for actual, expected in zip(gradient, kink.gradient, strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-15, atol=0.0)


@each_kink
def test_forward_mode_agrees_with_reverse_at_kinks(kink: KnownGradient) -> None:
    arguments = kink.arguments()
    active = tuple(arguments[i] for i in kink.argnums)
    function = oracles.restrict(kink.function, arguments, kink.argnums)
    direction = oracles.random_direction(active, 1)
    _, tangent = ad.jvp(function, active, direction)
    expected = oracles.flatten(kink.gradient) @ oracles.flatten(direction)
    np.testing.assert_allclose(np.sum(tangent), expected, rtol=kink.rtol)
