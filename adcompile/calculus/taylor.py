"""Taylor polynomials, and what is known of the remainder.

In: a function, a point and an order. Out: the polynomial, as an object to call and to read. A bound of the
remainder needs a bound of a derivative on an interval: that of the caller is taken at its word, and one that
is taken from samples says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import api
from ..errors import ArgumentError
from ..leaves import Vector, flattened
from .roots import guarded
from .tangents import variable_name
from .texts import shifted, signed_sum
from .variables import Function, Variables, is_whole, name_of, number, point_of, vector_of

_SAMPLES = 1024


@dataclass(frozen=True)
class Remainder:
    """A bound of the difference between a function and its Taylor polynomial.

    Attributes
    ----------
    bound : float
        No difference on the interval (or in the ball) is larger.
    derivative_bound : float
        The bound of the next derivative that this follows from.
    sampled : bool
        Whether that bound is the largest of samples, which is an estimate and no proof.
    where : str
        The interval or ball.
    """

    bound: float
    derivative_bound: float
    sampled: bool
    where: str

    def __str__(self) -> str:
        how = "the largest of samples, no proof" if self.sampled else "given"
        return (
            f"|remainder| <= {self.bound:.6g} for {self.where}"
            f" (next derivative at most {self.derivative_bound:.6g}, {how})"
        )


@dataclass(frozen=True)
class TaylorPolynomial:
    """The Taylor polynomial of a function of one number.

    Attributes
    ----------
    f : callable
        The function.
    x0 : float
        The point.
    derivatives : tuple of float
        The function and its derivatives there, from order 0.
    name : str
        What the number is called.
    """

    f: Function
    x0: float
    derivatives: tuple[float, ...]
    name: str = "x"

    @property
    def order(self) -> int:
        """The order of the highest derivative."""
        return len(self.derivatives) - 1

    @property
    def coefficients(self) -> tuple[float, ...]:
        """The factors of (x - x0)**k, from k = 0."""
        return tuple(d / math.factorial(k) for k, d in enumerate(self.derivatives))

    def __call__(self, x: Any) -> Any:
        """The value of the polynomial; of an array, its values."""
        total, distance = 0.0, x - self.x0
        for c in reversed(self.coefficients):
            total = total * distance + c
        return total

    def remainder(self, low: float, high: float, bound: float | None = None) -> Remainder:
        """Bound the difference to the function on an interval, by Lagrange's form of the remainder.

        |f(x) - p(x)| <= M |x - x0|**(n + 1) / (n + 1)!, where M bounds the derivative of order n + 1 between
        x0 and x (Apostol, Calculus I, section 7.7).

        Parameters
        ----------
        low, high : float
            The interval. If `x0` lies outside, the derivative is looked at on the way there, too.
        bound : float, optional
            The bound M, if it is known. By default the largest of 1025 samples of the derivative: an
            estimate, which is too small where the derivative is larger between two of them.

        Examples
        --------
        >>> import math
        >>> print(taylor(math.sin, 0, 3).remainder(-0.5, 0.5, bound=1))
        |remainder| <= 0.00260417 for x in [-0.5, 0.5] (next derivative at most 1, given)
        """
        low, high = number(low, "low"), number(high, "high")
        if not low < high:
            raise ArgumentError("AD210", f"the interval [{low:g}, {high:g}]", None, "the lower end first")
        most = self._sampled(low, high) if bound is None else abs(number(bound, "bound"))
        distance = max(abs(low - self.x0), abs(high - self.x0))
        size = most * distance ** (self.order + 1) / math.factorial(self.order + 1)
        return Remainder(size, most, bound is None, f"{self.name} in [{low:g}, {high:g}]")

    def _sampled(self, low: float, high: float) -> float:
        derivative = api.derivative(self.f, self.order + 1)
        places = np.linspace(min(low, self.x0), max(high, self.x0), _SAMPLES + 1)
        with np.errstate(all="ignore"):
            sizes = [abs(guarded(derivative)(float(x))) for x in places]
        if not all(map(math.isfinite, sizes)):
            raise ArgumentError(
                "AD210",
                f"the derivative of order {self.order + 1} is not finite on [{places[0]:g}, {places[-1]:g}]",
                None,
                "an interval on which the function is smooth",
            )
        return max(sizes)

    def __str__(self) -> str:
        shift = shifted(self.name, self.x0)
        powers = ["", shift, *(f"{shift}^{k}" for k in range(2, self.order + 1))]
        return signed_sum(list(zip(self.coefficients, powers, strict=False)))


@dataclass(frozen=True)
class TaylorModel:
    """The Taylor polynomial of a function of several numbers, of order 1 or 2.

    Attributes
    ----------
    point : ndarray of shape (n,)
        Where, all numbers in one vector.
    value : float
        The function there.
    gradient : ndarray of shape (n,)
        Its first derivatives there.
    hessian : ndarray of shape (n, n), or None
        Its second derivatives there, for order 2.
    names : tuple of str
        What the numbers are called.
    form : tuple
        The point as arguments of the function.
    """

    point: Vector
    value: float
    gradient: Vector
    hessian: Vector | None
    names: tuple[str, ...]
    form: tuple[Any, ...] = field(repr=False)

    @property
    def order(self) -> int:
        """The order of the highest derivatives."""
        return 1 if self.hessian is None else 2

    def __call__(self, *args: Any) -> float:
        """The value of the polynomial, at arguments as the function takes them."""
        step = vector_of(args, self.form) - self.point
        curved = 0.0 if self.hessian is None else 0.5 * float(step @ self.hessian @ step)
        return float(self.value + self.gradient @ step) + curved

    def remainder(self, radius: float, bound: float) -> Remainder:
        """Bound the difference to the function in a ball around the point.

        Parameters
        ----------
        radius : float
            Of the ball.
        bound : float
            A bound of the size of the derivative of the next order in the ball: of the norm of the Hessian
            for order 1, of the third derivative along any unit vector for order 2.
        """
        radius, most = abs(number(radius, "radius")), abs(number(bound, "bound"))
        size = most * radius ** (self.order + 1) / math.factorial(self.order + 1)
        return Remainder(size, most, False, f"a distance of {radius:g} from the point")

    def __str__(self) -> str:
        factors = [shifted(name, float(x)) for name, x in zip(self.names, self.point, strict=True)]
        terms = [(self.value, ""), *zip(map(float, self.gradient), factors, strict=True)]
        if self.hessian is not None:
            for k, first in enumerate(factors):
                terms.append((0.5 * float(self.hessian[k, k]), f"{first}^2"))
                mixed = enumerate(factors[k + 1 :], k + 1)
                terms += [(float(self.hessian[k, j]), f"{first}·{second}") for j, second in mixed]
        return signed_sum(terms)


def taylor(f: Function, x0: Any, order: int) -> Any:
    """The Taylor polynomial of a function at a point.

    Parameters
    ----------
    f : callable
        Returns one number.
    x0 : float, tuple or ndarray
        A number; for a function of several, a tuple for separate arguments or an array for one argument.
    order : int
        Of one number any, from 0; of several, 1 or 2.

    Returns
    -------
    TaylorPolynomial or TaylorModel
        For one number, or for several.

    Raises
    ------
    ArgumentError
        If the order is not one of those.
    AdcompileError
        If the function cannot be differentiated.

    Examples
    --------
    >>> import math
    >>> print(taylor(lambda x: math.exp(x) * math.sin(x), 0, 3))
    x + x^2 + 0.333333·x^3
    >>> print(taylor(lambda x, y: x**2 * y, (1, 2), 2))
    2 + 4·(x - 1) + (y - 2) + 2·(x - 1)^2 + 2·(x - 1)·(y - 2)
    """
    if not is_whole(order) or order < 0:
        raise ArgumentError("AD210", f"order={order!r}", None, "an int, 0 or more")
    form = point_of(x0, "x0")
    if len(form) == 1 and isinstance(form[0], float):
        x = form[0]
        higher = [float(api.derivative(f, k)(x)) for k in range(1, order + 1)]
        return TaylorPolynomial(f, x, (float(f(x)), *higher), variable_name(f))
    if order not in (1, 2):
        raise ArgumentError(
            "AD210", f"order={order} for {name_of(f)}, a function of several numbers", None, "1 or 2"
        )
    function = Variables(f, form)
    vector = flattened(form)
    value, gradient = function.value_and_gradient(vector)
    hessian = function.hessian(vector) if order == 2 else None
    return TaylorModel(vector, value, gradient, hessian, function.names, form)
