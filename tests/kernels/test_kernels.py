"""Every kernel, in both modes, against oracles that do not know how a derivative was made.

The ids name the kernel.
"""

import copy
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import adcompile as ad
from tests import oracles
from tests.kernels import KERNELS, Kernel

COMPLEX_STEP_RTOL = 1e-10
DIFFERENCES_RTOL = 1e-7


def each(kernels: list[Kernel]) -> Any:
    return pytest.mark.parametrize("kernel", [pytest.param(kernel, id=kernel.name) for kernel in kernels])


each_kernel = each(KERNELS)
each_smooth_kernel = each([kernel for kernel in KERNELS if kernel.order >= 2])
each_single_kernel = each([kernel for kernel in KERNELS if kernel.float32])


@dataclass(frozen=True)
class Case:
    """All that a kernel delivers as a function of its float arguments, differentiated in both modes."""

    arguments: tuple[Any, ...]
    output: Any
    weights: Any
    direction: tuple[Any, ...]
    value: Any
    pullback: Any
    tangent: Any
    forward_value: Any


@functools.cache
def active_part(kernel: Kernel) -> Any:
    return oracles.restrict(kernel.written, kernel.arguments(), kernel.argnums)


def active_arguments(kernel: Kernel) -> tuple[Any, ...]:
    arguments = kernel.arguments()
    return tuple(arguments[i] for i in kernel.argnums)


@functools.cache
def differentiated(kernel: Kernel) -> Case:
    """Return the case; whatever is asked of it, the kernel is compiled once for each mode."""
    arguments = active_arguments(kernel)
    function = active_part(kernel)
    output = kernel.written(*kernel.arguments())
    weights = oracles.random_direction(output, 0)
    direction = oracles.random_direction(arguments, 1)
    value, pullback = ad.vjp(function, *arguments)
    forward_value, tangent = ad.jvp(function, arguments, direction)
    return Case(arguments, output, weights, direction, value, pullback, tangent, forward_value)


@functools.cache
def truth(kernel: Kernel) -> tuple[Any, float]:
    """Return the directional derivative by the oracle, and the relative precision to ask for."""
    arguments = active_arguments(kernel)
    direction = oracles.random_direction(arguments, 1)
    method: oracles.Method = "complex" if kernel.holomorphic else "ridders"
    derivative, _ = oracles.directional(active_part(kernel), arguments, direction, method)
    return derivative, COMPLEX_STEP_RTOL if kernel.holomorphic else DIFFERENCES_RTOL


@pytest.fixture(autouse=True)
def _quiet_numpy() -> Iterator[None]:
    """Let kernels compute NaN or infinity where they mean to discard it."""
    with np.errstate(all="ignore"):
        yield


@each_kernel
def test_value_is_that_of_the_plain_call(kernel: Kernel) -> None:
    case = differentiated(kernel)
    assert oracles.identical(case.value, case.output)
    assert oracles.identical(case.forward_value, case.output)


@each_kernel
def test_arguments_stay_untouched(kernel: Kernel) -> None:
    case = differentiated(kernel)
    gradient = case.pullback(case.weights)
    assert oracles.identical(case.arguments, active_arguments(kernel))
    assert oracles.identical(case.direction, oracles.random_direction(case.arguments, 1))
    assert oracles.identical(case.weights, oracles.random_direction(case.output, 0))
    owned = [leaf for leaf in oracles.leaves(case.arguments) if isinstance(leaf, np.ndarray)]
    for leaf in oracles.leaves((gradient, case.value, case.tangent)):
        assert not any(np.may_share_memory(leaf, other) for other in owned)


@each_kernel
def test_reverse_mode_agrees_with_the_oracle(kernel: Kernel) -> None:
    case = differentiated(kernel)
    expected, rtol = truth(kernel)
    gradient = case.pullback(case.weights)
    assert oracles.same_kind(gradient, case.arguments) == ""
    weights = oracles.flatten(case.weights)
    terms = oracles.flatten(gradient) * oracles.flatten(case.direction)
    scale = np.abs(weights) @ np.abs(expected)
    oracles.assert_close(np.sum(terms), weights @ expected, 0.0, scale=scale, rtol=rtol)


@each_kernel
def test_forward_mode_agrees_with_the_oracle(kernel: Kernel) -> None:
    case = differentiated(kernel)
    expected, rtol = truth(kernel)
    scale = np.max(np.abs(expected), initial=1.0)
    oracles.assert_close(oracles.flatten(case.tangent), expected, 0.0, scale=scale, rtol=rtol)


@each_kernel
def test_forward_and_reverse_are_adjoint(kernel: Kernel) -> None:
    case = differentiated(kernel)
    ahead = oracles.flatten(case.weights) * oracles.flatten(case.tangent)
    back = oracles.flatten(case.pullback(case.weights)) * oracles.flatten(case.direction)
    scale = np.sum(np.abs(ahead)) + np.sum(np.abs(back))
    oracles.assert_close(np.sum(back), np.sum(ahead), 0.0, scale=scale, rtol=1e-12)


@each_kernel
def test_pullback_may_be_called_again(kernel: Kernel) -> None:
    case = differentiated(kernel)
    first = case.pullback(case.weights)
    case.pullback(oracles.random_direction(case.output, 7))
    assert oracles.identical(case.pullback(case.weights), first)
    assert oracles.identical(case.value, case.output)


@each_kernel
def test_gradient_of_the_loss_is_that_of_the_pullback(kernel: Kernel) -> None:
    """The same without the wrapper that captures what is not differentiated."""
    case = differentiated(kernel)
    arguments, weights = kernel.arguments(), kernel.weights()
    gradient = ad.grad(kernel.loss, argnums=kernel.argnums)(*arguments, *weights)
    assert oracles.identical(arguments, kernel.arguments())
    assert oracles.identical(weights, kernel.weights())
    cotangents = weights if len(weights) > 1 else weights[0]
    expected = oracles.flatten(case.pullback(cotangents))
    scale = np.max(np.abs(expected), initial=1.0)
    oracles.assert_close(oracles.flatten(gradient), expected, 0.0, scale=scale)


@each_kernel
def test_written_arguments_as_outputs(kernel: Kernel) -> None:
    """The kernel itself, without a wrapper that returns what it writes."""
    case = differentiated(kernel)
    names = (*kernel.outputs, *(("return",) if kernel.returns else ()))
    outputs = names if len(names) > 1 else names[0]
    arguments = kernel.arguments()
    tangents = [np.zeros_like(a) if isinstance(a, np.ndarray) else 0.0 for a in arguments]
    for k, direction in zip(kernel.argnums, case.direction, strict=True):
        tangents[k] = direction
    out, tangent = ad.jvp(kernel.function, arguments, tangents, outputs=outputs)
    value, pullback = ad.vjp(kernel.function, *arguments, outputs=outputs)
    assert oracles.identical(arguments, kernel.arguments())
    assert oracles.identical(out, case.output)
    assert oracles.identical(value, case.output)
    cotangents = pullback(case.weights)
    for found, expected in (
        (tangent, case.tangent),
        ([cotangents[k] for k in kernel.argnums], case.pullback(case.weights)),
    ):
        flat = oracles.flatten(expected)
        scale = np.max(np.abs(flat), initial=1.0)
        oracles.assert_close(oracles.flatten(found), flat, 0.0, scale=scale)


@each_smooth_kernel
def test_forward_over_reverse(kernel: Kernel) -> None:
    case = differentiated(kernel)
    arity = len(case.arguments)
    loss = oracles.weighted(active_part(kernel), arity, case.output, case.weights)
    gradient = ad.grad(loss, argnums=tuple(range(arity)))
    direction = oracles.random_direction(case.arguments, 4)
    _, tangent = ad.jvp(gradient, case.arguments, direction)
    expected, error = oracles.directional(gradient, case.arguments, direction)
    scale = np.max(np.abs(expected), initial=1.0)
    oracles.assert_close(oracles.flatten(tangent), expected, error, scale=scale, rtol=DIFFERENCES_RTOL)


@each_single_kernel
def test_single_precision(kernel: Kernel) -> None:
    case = differentiated(kernel)
    single = oracles.to_single(case.arguments)
    output = active_part(kernel)(*copy.deepcopy(single))
    out, pullback = ad.vjp(active_part(kernel), *single)
    assert oracles.identical(out, output)
    gradient = pullback(oracles.unflatten(oracles.flatten(case.weights), output))
    assert oracles.same_kind(gradient, single) == ""
    expected = oracles.flatten(case.pullback(case.weights))
    size = np.max(np.abs(expected), initial=1e-3)
    oracles.assert_close(oracles.flatten(gradient), expected, 0.0, scale=size, rtol=2e-4)
