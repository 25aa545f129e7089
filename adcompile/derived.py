"""Derivatives made of derivatives: Jacobians, Hessians, Hessian-vector products, elementwise and higher
derivatives.

Each is a plain function of `f` and its arguments, written with `grad`, `jvp` and `vjp` and compiled like user
code. Not for the objects that users call: those are in `jacobians`.
"""
# the functions are compiled as those of users are, who need not write types
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import products as ad


def delivered(f, args, outputs):  # type: ignore[no-untyped-def]
    """What a call of f delivers: what it returns, or what the argument `outputs` holds afterwards."""
    returned = f(*args)
    return returned if outputs is None or outputs == "return" else args[outputs]


def jacfwd(argnums: int = 0, outputs: Any = None) -> Callable[..., Any]:
    """The Jacobian column by column, one tangent for each input element; shape out + in."""

    def jacobian_forward(f, *args):  # type: ignore[no-untyped-def]
        x = args[argnums]
        basis = np.eye(np.size(x), dtype=np.asarray(x).dtype)

        def along(direction):  # type: ignore[no-untyped-def]
            def of_one(value):  # type: ignore[no-untyped-def]
                return delivered(f, (*args[:argnums], value, *args[argnums + 1 :]), outputs)

            return ad.jvp(of_one, (x,), (np.reshape(direction, np.shape(x)),))[1]

        columns = [along(basis[k]) for k in range(np.size(x))]
        stacked = np.stack(columns, axis=-1)
        return np.reshape(stacked, np.shape(stacked)[:-1] + np.shape(x))

    return jacobian_forward


def jacrev(argnums: int = 0, outputs: Any = None) -> Callable[..., Any]:
    """The Jacobian row by row, one cotangent for each output element; shape out + in."""

    def jacobian_reverse(f, *args):  # type: ignore[no-untyped-def]
        x = args[argnums]

        def of_one(value):  # type: ignore[no-untyped-def]
            return delivered(f, (*args[:argnums], value, *args[argnums + 1 :]), outputs)

        out, pullback = ad.vjp(of_one, x)
        basis = np.eye(np.size(out), dtype=np.asarray(out).dtype)
        rows = [pullback(np.reshape(basis[k], np.shape(out)))[0] for k in range(np.size(out))]
        return np.reshape(np.stack(rows), np.shape(out) + np.shape(x))

    return jacobian_reverse


def hessian(argnums: int = 0, outputs: Any = None) -> Callable[..., Any]:
    """Forward over reverse: the Jacobian of the gradient."""
    of_gradient = jacfwd(argnums)

    def hessian_matrix(f, *args):  # type: ignore[no-untyped-def]
        return of_gradient(ad.grad(f, argnums=argnums, outputs=outputs), *args)

    return hessian_matrix


def hvp(argnums: int = 0, outputs: Any = None) -> Callable[..., Any]:
    """The Hessian times a vector, forward over reverse, without the matrix."""

    def hessian_vector_product(f, *args):  # type: ignore[no-untyped-def]
        def gradient(value):  # type: ignore[no-untyped-def]
            values = (*args[:argnums], value, *args[argnums + 1 : -1])
            return ad.grad(f, argnums=argnums, outputs=outputs)(*values)

        return ad.jvp(gradient, (args[argnums],), (args[-1],))[1]

    return hessian_vector_product


def elementwise_grad(argnums: int = 0, outputs: Any = None) -> Callable[..., Any]:
    """The derivative of each output element by the input element at the same place:
    the gradient of the sum.
    """

    def elementwise(f, *args):  # type: ignore[no-untyped-def]
        def total(*values):  # type: ignore[no-untyped-def]
            return np.sum(delivered(f, values, outputs))

        return ad.grad(total, argnums=argnums)(*args)

    return elementwise


def derivative(n: int = 1, argnums: int = 0) -> Callable[..., Any]:
    """The n-th derivative of a function of one number, forward mode n times.

    With `argnums` 1, of a method: a function of its object and one number.
    """
    if n < 1:
        raise ValueError(f"the order of a derivative is at least 1, not {n}")
    if argnums == 1:
        of_number = derivative(n)

        def of_method(f, receiver, x):  # type: ignore[no-untyped-def]
            return of_number(lambda value: f(receiver, value), x)

        return of_method
    if n == 1:

        def first_derivative(f, x):  # type: ignore[no-untyped-def]
            return ad.jvp(f, (x,), (1.0,))[1]

        return first_derivative
    lower = derivative(n - 1)

    def higher_derivative(f, x):  # type: ignore[no-untyped-def]
        def below(value):  # type: ignore[no-untyped-def]
            return lower(f, value)

        return ad.jvp(below, (x,), (1.0,))[1]

    return higher_derivative


DERIVED: dict[str, Callable[..., Callable[..., Any]]] = {
    "jacfwd": jacfwd,
    "jacrev": jacrev,
    "jacobian": jacrev,
    "hessian": hessian,
    "hvp": hvp,
    "elementwise_grad": elementwise_grad,
    "derivative": derivative,
}
