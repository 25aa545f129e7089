"""Derivatives of what an equation defines: implicit functions, and rates that are related.

In: a function that is zero, and a point where it is. Out: derivatives of some of its arguments by others. Not
for solving the equation: the point has to be known.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import api
from ..errors import ArgumentError
from ..leaves import Vector
from .texts import table
from .variables import Function, is_whole, name_of, number, point_of

# how far from the curve a point may be, relative to its size
_ON_THE_CURVE = 1e-8
_SINGULAR = 1e12


def implicit_derivative(F: Function, x: Any, y: Any, order: int = 1) -> Any:
    """The derivative of y by x, where y is defined by F(x, y) = 0.

    Of order 1, dy/dx = -(∂F/∂y)⁻¹ ∂F/∂x, by the implicit function theorem (Rudin, Principles of Mathematical
    Analysis, theorem 9.28). Of higher order, the derivatives of F(x + t, y(t)) by t at 0 are zero, which one
    after the other are linear equations for the derivatives of y.

    Parameters
    ----------
    F : callable
        A function of x and y, that returns as many numbers as y has.
    x : float or ndarray
        By what y is differentiated; for an order above 1, a number.
    y : float or ndarray
        A solution for that x.
    order : int, default 1
        Of the derivative.

    Returns
    -------
    float or ndarray
        Of shape ``shape(y) + shape(x)``; a float if both are numbers.

    Raises
    ------
    ArgumentError
        If F(x, y) is not zero to rounding, or does not determine y there: ∂F/∂y is singular.
    AdcompileError
        If the function cannot be differentiated.

    Examples
    --------
    On a circle of radius 5, dy/dx = -x/y and d²y/dx² = -25/y³:

    >>> def circle(x, y):
    ...     return x**2 + y**2 - 25
    >>> implicit_derivative(circle, 3, 4)
    -0.75
    >>> implicit_derivative(circle, 3, 4, order=2)
    -0.390625
    """
    (x,), (y,) = point_of((x,), "x"), point_of((y,), "y")
    if not is_whole(order) or order < 1:
        raise ArgumentError("AD210", f"order={order!r}", None, "an int, 1 or more")
    if order > 1 and np.ndim(x):
        raise ArgumentError("AD210", f"order={order} by an array x", None, "a number for that")
    by_y = _matrix(api.jacobian(F, argnums=1)(x, y), np.size(y))
    _check_regular(F, by_y)
    _check_on_curve(F, x, y, np.ravel(F(x, y)), by_y)
    if order == 1:
        by_x = _matrix(api.jacobian(F, argnums=0)(x, y), np.size(x))
        found = -np.linalg.solve(by_y, by_x)
    else:
        found = _higher(F, x, y, by_y, order)
    shape = np.shape(y) + np.shape(x)
    return found.reshape(shape) if shape else float(found.reshape(()))


def _matrix(derivative: Any, columns: int) -> Vector:
    matrix: Vector = np.reshape(np.asarray(derivative, dtype=float), (-1, columns))
    return matrix


def _higher(F: Function, x: float, y: Any, by_y: Vector, order: int) -> Vector:
    """The derivative of some order: what makes that of F along the curve zero."""
    coefficients = [y]
    found = np.zeros(np.shape(y))
    for k in range(1, order + 1):
        slope = _along(F, x, [*coefficients, 0.0 * coefficients[0]], k)
        found = -np.linalg.solve(by_y, np.ravel(slope)).reshape(np.shape(y))
        coefficients.append(found / math.factorial(k) if np.ndim(y) else float(found) / math.factorial(k))
    return found


def _along(F: Function, x: float, coefficients: Sequence[Any], order: int) -> Any:
    """The derivative of F along the curve whose y has these Taylor coefficients, at t = 0."""

    def on_the_curve(t):  # type: ignore[no-untyped-def]
        y = coefficients[-1]
        for c in coefficients[-2::-1]:
            y = y * t + c
        return F(x + t, y)

    return api.derivative(on_the_curve, order)(0.0)


def _check_regular(F: Function, by_y: Vector) -> None:
    rows, columns = by_y.shape
    if rows != columns:
        raise ArgumentError(
            "AD210",
            f"{name_of(F)} returns {rows} numbers, and {columns} are asked for",
            None,
            "as many equations as unknowns",
        )
    if not np.all(np.isfinite(by_y)) or not np.linalg.cond(by_y) < _SINGULAR:
        raise ArgumentError(
            "AD210",
            f"{name_of(F)} does not determine the unknowns here: its derivative by them is singular",
            None,
            "a point where the curve is not vertical, or the other variable as the unknown",
        )


def _check_on_curve(F: Function, x: Any, y: Any, value: Vector, by_y: Vector) -> None:
    """Refuse a point that no small change of y brings onto the curve."""
    change = np.linalg.solve(by_y, value)
    size = max(float(np.max(np.abs(x), initial=0.0)), float(np.max(np.abs(y), initial=0.0)))
    if not np.max(np.abs(change)) <= _ON_THE_CURVE * size:
        shown = ", ".join(f"{v:.6g}" for v in value)
        nearby = ", ".join(f"{v:.10g}" for v in np.ravel(y) - change)
        raise ArgumentError(
            "AD210",
            f"{name_of(F)} is {shown} at this point, and not zero",
            None,
            f"a point on the curve; a Newton step leads to {nearby} for the unknowns",
        )


@dataclass(frozen=True)
class RelatedRates:
    """The rates of change of quantities that an equation relates.

    Attributes
    ----------
    values, rates : dict of str to float
        Of all quantities, by name.
    solved : tuple of str
        Those whose rates follow from the others.
    """

    values: dict[str, float]
    rates: dict[str, float]
    solved: tuple[str, ...]

    def __getitem__(self, name: str) -> float:
        return self.rates[name]

    def __str__(self) -> str:
        rows = [
            (name, f"{value:.6g}", f"{self.rates[name]:.6g}", "solved" if name in self.solved else "given")
            for name, value in self.values.items()
        ]
        return "\n".join(["related rates", *table(("quantity", "value", "rate", ""), rows)])


def related_rates(
    relation: Function, values: Mapping[str, float], rates: Mapping[str, float]
) -> RelatedRates:
    """The rates of change that follow from others, for quantities which an equation relates.

    While the relation holds, its derivative by the time is zero: the sum of its partial derivatives times the
    rates. That is solved for the rates that are not given.

    Parameters
    ----------
    relation : callable
        A function of the quantities that is zero; for several unknown rates, a tuple or array of as many
        numbers.
    values : mapping of str to float
        The quantities, by the names of the parameters of `relation`.
    rates : mapping of str to float
        The rates that are known.

    Returns
    -------
    RelatedRates
        Its items are the rates.

    Raises
    ------
    ArgumentError
        If the relation does not hold, or determines the unknown rates not at all or more than once.
    AdcompileError
        If the relation cannot be differentiated.

    Examples
    --------
    A balloon of radius 3 whose radius grows by 0.5 a second:

    >>> import math
    >>> def sphere(V, r):
    ...     return V - 4 / 3 * math.pi * r**3
    >>> found = related_rates(sphere, {"V": 36 * math.pi, "r": 3}, {"r": 0.5})
    >>> round(found["V"] / math.pi, 12)
    18.0
    """
    names = _quantities(relation, values, rates)
    at = [number(values[name], f"the value of {name}") for name in names]
    known = {name: number(rate, f"the rate of {name}") for name, rate in rates.items()}
    solved = tuple(name for name in names if name not in known)

    def equations(*quantities):  # type: ignore[no-untyped-def]
        return np.ravel(np.array(relation(*quantities)))

    partials = api.jacobian(equations, argnums=tuple(range(len(names))))(*at)
    columns = {name: np.ravel(p) for name, p in zip(names, partials, strict=True)}
    unknown = np.stack([columns[name] for name in solved], axis=1)
    _check_regular(relation, unknown)
    unknowns = np.array([values[name] for name in solved], dtype=float)
    _check_on_curve(relation, np.array(at), unknowns, np.ravel(np.array(relation(*at))), unknown)
    driven = sum((columns[name] * rate for name, rate in known.items()), np.zeros(len(solved)))
    found = dict(zip(solved, map(float, -np.linalg.solve(unknown, driven)), strict=True))
    return RelatedRates(
        dict(zip(names, at, strict=True)), {name: {**known, **found}[name] for name in names}, solved
    )


def _quantities(
    relation: Function, values: Mapping[str, float], rates: Mapping[str, float]
) -> tuple[str, ...]:
    """The parameters of a relation, if these are the names for which there are values."""
    names = tuple(inspect.signature(relation).parameters)
    if set(names) != set(values):
        raise ArgumentError(
            "AD210", f"values of {', '.join(values)}", None, f"a value of each of {', '.join(names)}"
        )
    if not set(rates) < set(names):
        raise ArgumentError(
            "AD210", f"rates of {', '.join(rates)}", None, f"some, but not all, of {', '.join(names)}"
        )
    return names
