"""The smallest value of a function in a box: on a grid first, then refined.

In: a function and a box. Out: the lowest place that was found, also if it lies on the boundary. Not for many
parameters: that is `adcompile.optimize`, which needs a start and no grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..leaves import Vector
from .roots import EPS
from .texts import numbers_text
from .variables import UNDEFINED, Box, Function, Variables, box_of, check_count, name_of

_PLACES = 4096
_MOST = 1_000_000
_REFINED = 8
_ITERATIONS = 200
_SUFFICIENT = 1e-4
_HALVINGS = 30


@dataclass(frozen=True)
class Minimum:
    """The lowest place of a function that was found in a box.

    Attributes
    ----------
    x : float, tuple of float, or ndarray
        Where, in the form in which the function takes it.
    value : float
        The function there.
    gradient : ndarray of shape (n,)
        The partial derivatives there; not zero in general where `on_boundary`.
    on_boundary : tuple of str
        The numbers that are at an end of their interval.
    evaluations : int
        How many values were computed, with or without derivatives.
    """

    x: Any
    value: float
    gradient: Vector
    on_boundary: tuple[str, ...]
    evaluations: int

    def __str__(self) -> str:
        where = numbers_text(np.ravel(np.asarray(self.x)))
        edge = f", {', '.join(self.on_boundary)} on the boundary" if self.on_boundary else ""
        return f"minimum {self.value:.6g} at {where}{edge} ({self.evaluations} evaluations)"


def find_min(f: Function, box: Any, *, grid: int | None = None) -> Minimum:
    """Find the smallest value of a function in a box.

    The function is computed on a grid, boundary included. The lowest places of it that are lower than their
    neighbours are refined by Newton's method, projected into the box (Bertsekas, 1982). A valley that
    is narrower than the grid is not seen: more points make that less likely. Where the function has a kink,
    the place is known to fewer digits.

    Parameters
    ----------
    f : callable
        A function of one number, of several, or of one array, that returns one number.
    box : (low, high) or sequence of them
        As `find_critical_points` takes it.
    grid : int, optional
        How many places each side has; by default some 4000 in all.

    Returns
    -------
    Minimum
        The lowest place that was found.

    Raises
    ------
    ArgumentError
        If the box is none, or the grid would have more than a million places.
    AdcompileError
        If the function cannot be differentiated.

    Examples
    --------
    >>> print(find_min(lambda x: x**2 - 4 * x + 3, (0, 5), grid=11))
    minimum -1 at 2 (12 evaluations)
    >>> find_min(lambda x, y: x + y * y, [(0, 1), (-1, 2)]).on_boundary
    ('x',)
    """
    where = box_of(f, box)
    function = Variables(f, where.form)
    check_count("grid", grid, 2)
    count = grid if grid is not None else max(int(_PLACES ** (1.0 / function.size) + 0.5), 2)
    if count**function.size > _MOST:
        raise ArgumentError(
            "AD210",
            f"a grid of {count} places for each of {function.size} numbers",
            None,
            "a million in all; for many numbers, a start and adcompile.optimize",
        )
    with np.errstate(all="ignore"):
        places, values = _on_grid(function, where, count)
        ends = [_refine(function, where, places[k]) for k in _lowest(values)]
        if not ends:
            function.value(places[0])
            raise ArgumentError("AD210", f"{name_of(f)} is finite nowhere on the grid", None, "another box")
    best = min(ends, key=lambda end: end.value)
    at_end = (best.x == where.low) | (best.x == where.high)
    return Minimum(
        function.point(best.x),
        best.value,
        best.gradient,
        tuple(name for name, edge in zip(function.names, at_end, strict=True) if edge),
        len(places) + sum(end.evaluations for end in ends),
    )


def _on_grid(function: Variables, box: Box, count: int) -> tuple[Vector, Vector]:
    """The places of a grid, one to a row, and the values there, one axis for each number."""
    sides = [np.linspace(low, high, count) for low, high in zip(box.low, box.high, strict=True)]
    places: Vector = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, len(sides))
    values = np.full(len(places), np.nan)
    for k, place in enumerate(places):
        try:
            values[k] = function.value(place)
        except UNDEFINED:
            continue
    return places, values.reshape((count,) * len(sides))


def _lowest(values: Vector) -> list[int]:
    """The lowest places that are not higher than their neighbours along the axes."""
    finite = np.where(np.isfinite(values), values, np.inf)
    padded = np.pad(finite, 1, constant_values=np.inf)
    low = np.isfinite(finite)
    inner = [slice(1, -1)] * values.ndim
    for axis in range(values.ndim):
        for shift in (slice(0, -2), slice(2, None)):
            low &= finite <= padded[tuple([*inner[:axis], shift, *inner[axis + 1 :]])]
    candidates = np.flatnonzero(low)
    order = np.argsort(finite.ravel()[candidates], kind="stable")
    return [int(k) for k in candidates[order][:_REFINED]]


@dataclass
class _End:
    x: Vector
    value: float
    gradient: Vector
    evaluations: int = 1


def _refine(function: Variables, box: Box, x: Vector) -> _End:
    """Go down from a place of the grid by Newton steps, projected into the box."""
    value, gradient = function.value_and_gradient(x)
    end = _End(x, value, gradient)
    for _ in range(_ITERATIONS):
        step = _descent(function, box, end)
        if not np.any(step) or not _moved(function, box, end, step):
            break
    return _at_zero(function, box, end)


def _at_zero(function: Variables, box: Box, end: _End) -> _End:
    """The place with zeros for what is zero to rounding, if it is as low."""
    x = np.where(np.abs(end.x) <= EPS * box.extent, 0.0, end.x)
    if np.all(x == end.x):
        return end
    try:
        value, gradient = function.value_and_gradient(x)
    except UNDEFINED:
        return end
    return _End(x, value, gradient, end.evaluations + 1) if value <= end.value else end


def _descent(function: Variables, box: Box, end: _End) -> Vector:
    """The Newton step of the numbers that may move, down also where the function is not convex."""
    g = end.gradient
    stuck = ((end.x == box.low) & (g > 0.0)) | ((end.x == box.high) & (g < 0.0))
    free = np.flatnonzero(~stuck)
    step = np.zeros_like(g)
    if not len(free):
        return step
    values, vectors = np.linalg.eigh(function.hessian(end.x)[np.ix_(free, free)])
    largest = float(np.max(np.abs(values)))
    values = np.maximum(np.abs(values), 1e-12 * largest) if largest > 0.0 else np.ones_like(values)
    step[free] = -vectors @ ((vectors.T @ g[free]) / values)
    return step


def _moved(function: Variables, box: Box, end: _End, step: Vector) -> bool:
    """Move down along a step, projected into the box; False if there is no way down that rounding shows."""
    for k in range(_HALVINGS):
        x = np.clip(end.x + step / 2.0**k, box.low, box.high)
        if np.all(np.abs(x - end.x) <= 0.5 * EPS * np.maximum(np.abs(x), 1e-3 * box.extent)):
            return False
        try:
            value, gradient = function.value_and_gradient(x)
        except UNDEFINED:
            continue
        end.evaluations += 1
        if not np.isfinite(value) or not np.all(np.isfinite(gradient)):
            continue
        lower = value <= end.value + _SUFFICIENT * float(end.gradient @ (x - end.x)) and value < end.value
        # where the values differ by rounding only, the gradient still knows the way
        level = abs(value - end.value) <= 8.0 * EPS * abs(end.value) + np.finfo(float).tiny
        nearer = np.linalg.norm(_projected(box, x, gradient)) < np.linalg.norm(
            _projected(box, end.x, end.gradient)
        )
        if lower or (level and nearer):
            end.x, end.value, end.gradient = x, value, gradient
            return True
    return False


def _projected(box: Box, x: Vector, gradient: Vector) -> Vector:
    """The part of the gradient along which one can go down without leaving the box."""
    stuck = ((x == box.low) & (gradient > 0.0)) | ((x == box.high) & (gradient < 0.0))
    return np.where(stuck, 0.0, gradient)
