"""Tangent lines and tangent planes.

In: a function and a point. Out: the linear function that touches it there, as an object to call and to read.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import products
from ..leaves import Vector, flattened
from .texts import shifted, signed_sum
from .variables import Function, Variables, number, point_of, vector_of


@dataclass(frozen=True)
class TangentLine:
    """The line that touches a function of one number.

    Attributes
    ----------
    x0, value, slope : float
        The point, and the function and its derivative there.
    name : str
        What the number is called.
    """

    x0: float
    value: float
    slope: float
    name: str = "x"

    @property
    def intercept(self) -> float:
        """The value of the line at 0."""
        return self.value - self.slope * self.x0

    @property
    def coefficients(self) -> tuple[float, float]:
        """The value at 0 and the slope, as `numpy.polynomial` orders them."""
        return self.intercept, self.slope

    def __call__(self, x: Any) -> Any:
        """The value of the line; of an array, its values."""
        return self.value + self.slope * (x - self.x0)

    def __str__(self) -> str:
        return signed_sum([(self.value, ""), (self.slope, shifted(self.name, self.x0))])


@dataclass(frozen=True)
class TangentPlane:
    """The plane that touches a function of several numbers.

    Attributes
    ----------
    point : ndarray of shape (n,)
        Where, all numbers in one vector.
    value : float
        The function there.
    gradient : ndarray of shape (n,)
        The partial derivatives there, which are the coefficients of the plane.
    names : tuple of str
        What the numbers are called.
    form : tuple
        The point as arguments of the function.
    """

    point: Vector
    value: float
    gradient: Vector
    names: tuple[str, ...]
    form: tuple[Any, ...] = field(repr=False)

    @property
    def intercept(self) -> float:
        """The value of the plane at the origin."""
        return float(self.value - self.gradient @ self.point)

    @property
    def normal(self) -> Vector:
        """The vector of shape (n + 1,) that stands on the plane z = plane(…)."""
        return np.append(-self.gradient, 1.0)

    def __call__(self, *args: Any) -> float:
        """The value of the plane, at arguments as the function takes them."""
        return float(self.value + self.gradient @ (vector_of(args, self.form) - self.point))

    def __str__(self) -> str:
        factors = [shifted(name, float(x)) for name, x in zip(self.names, self.point, strict=True)]
        return signed_sum([(self.value, ""), *zip(map(float, self.gradient), factors, strict=True)])


def tangent_line(f: Function, x0: float) -> TangentLine:
    """The tangent of a function of one number.

    Parameters
    ----------
    f : callable
        A function of one number that returns one number.
    x0 : float
        Where it touches.

    Returns
    -------
    TangentLine
        To be called with a number or an array of them.

    Raises
    ------
    ArgumentError
        If `x0` is not a real number.
    AdcompileError
        If the function cannot be differentiated.

    Examples
    --------
    >>> line = tangent_line(lambda x: x**3, 2)
    >>> print(line)
    8 + 12·(x - 2)
    >>> line(3.0), line.intercept
    (20.0, -16.0)
    """
    x = number(x0, "x0")
    value, slope = products.value_and_grad(f)(x)
    return TangentLine(x, float(value), float(slope), variable_name(f))


def tangent_plane(f: Function, point: Any) -> TangentPlane:
    """The tangent plane of a function of several numbers.

    Parameters
    ----------
    f : callable
        Returns one number.
    point : tuple or ndarray
        A tuple for separate arguments, an array for one argument.

    Returns
    -------
    TangentPlane
        To be called like `f`.

    Raises
    ------
    ArgumentError
        If `point` is neither.
    AdcompileError
        If the function cannot be differentiated.

    Examples
    --------
    >>> plane = tangent_plane(lambda x, y: x**2 + y**2, (1, 2))
    >>> print(plane)
    5 + 2·(x - 1) + 4·(y - 2)
    >>> plane(1.5, 2.0)
    6.0
    """
    form = point_of(point)
    function = Variables(f, form)
    x = flattened(form)
    value, gradient = function.value_and_gradient(x)
    return TangentPlane(x, value, gradient, function.names, form)


def variable_name(f: Function) -> str:
    """What a function calls its first argument."""
    try:
        return next(iter(inspect.signature(f).parameters), "x")
    except (TypeError, ValueError):
        return "x"
