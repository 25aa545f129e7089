"""A function of parameters in a container, as a function of one vector, which counts its evaluations.

In: what the user minimises. Out: its values and derivatives at vectors, in double precision. Not for deciding
where to evaluate: that is what the methods do.
"""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcompile.api import hvp
from adcompile.errors import ArgumentError
from adcompile.leaves import Vector, flattened, leaves, unflattened
from adcompile.products import linearize, value_and_grad, vjp

from .line_search import ROUNDING

__all__ = ["Evaluations", "LeastSquares", "Problem"]

# what Python and NumPy raise where a function is not defined; see `Problem._not_finite`
UNDEFINED = (ArithmeticError, ValueError)


@dataclass
class Evaluations:
    """How often a function and its derivatives were evaluated.

    Attributes
    ----------
    values : int
        Of the function alone.
    gradients : int
        Of the function and its gradient together.
    products : int
        Of its Hessian times a vector.
    jacobians : int
        Of the residuals and their Jacobian together.
    """

    values: int = 0
    gradients: int = 0
    products: int = 0
    jacobians: int = 0

    def __str__(self) -> str:
        counts = [
            (self.values, "value"),
            (self.gradients, "gradient"),
            (self.products, "Hessian product"),
            (self.jacobians, "Jacobian"),
        ]
        shown = [f"{count} {name}{'' if count == 1 else 's'}" for count, name in counts if count]
        return ", ".join(shown) or "none"


class Problem:
    """A function that returns one number, of parameters that are taken as one vector.

    Parameters
    ----------
    f : callable
        Called as ``f(x, *data, *args)``.
    x0 : number, array or container
        The form of the parameters.
    args : sequence
        Further arguments.
    data : sequence of arrays, optional
        Further arguments of which a minibatch is some rows.
    """

    def __init__(
        self, f: Callable[..., Any], x0: Any, args: Sequence[Any] = (), data: Sequence[Any] = ()
    ) -> None:
        if not callable(f):
            raise ArgumentError("AD210", f"{f!r} is not callable", None, "a function to minimise")
        if not isinstance(args, (tuple, list)):
            raise ArgumentError("AD210", f"args is of type {type(args).__name__}", None, "a tuple: args=(a,)")
        self.function, self.form = f, x0
        self.args, self.data = tuple(args), tuple(data)
        self.start = flattened(x0)
        self.evaluations = Evaluations()
        self._is_double = all(np.asarray(leaf).dtype == float for leaf in leaves(x0))
        self._last: tuple[Vector, Any] | None = None
        self._epsilon = sys.float_info.epsilon
        self.raised: Exception | None = None
        self._is_defined_somewhere = False
        if not self.start.size:
            raise ArgumentError(
                "AD210", "x0 holds no floating-point numbers", None, "numbers to change, such as 1.0 for 1"
            )
        if np.iscomplexobj(self.start):
            raise ArgumentError(
                "AD210", "x0 holds complex numbers", None, "real parameters: the real and imaginary parts"
            )

    @functools.cached_property
    def _derivative(self) -> Any:
        return value_and_grad(self.function)

    @functools.cached_property
    def _product(self) -> Any:
        return hvp(self.function)

    @property
    def rounding(self) -> float:
        """What is taken to be the rounding error of a value, relative to it."""
        return ROUNDING / sys.float_info.epsilon * self._epsilon

    def container(self, x: Vector) -> Any:
        """The parameters in the form of x0."""
        return unflattened(self.form, x)

    def rounded(self, x: Vector) -> Vector:
        """The vector as the parameters hold it, in their precision."""
        return x if self._is_double else flattened(unflattened(self.form, x))

    def value(self, x: Vector) -> float:
        """The function at x."""
        self.evaluations.values += 1
        try:
            value = self.function(self.container(x), *self.data, *self.args)
        except UNDEFINED as error:
            return self._not_finite(error)
        self._evaluated()
        return self._number(value)

    def value_and_gradient(self, x: Vector, rows: Vector | None = None) -> tuple[float, Vector]:
        """The function and its gradient at x, on all data or on some rows of them."""
        data = self.data if rows is None else tuple(array[rows] for array in self.data)
        if rows is None and self._last is not None and np.array_equal(self._last[0], x):
            found: tuple[float, Vector] = self._last[1]
            return found
        self.evaluations.gradients += 1
        try:
            value, gradient = self._derivative(self.container(x), *data, *self.args)
        except UNDEFINED as error:
            return self._not_finite(error, rows is None), np.full(x.shape, math.nan)
        self._evaluated()
        result = self._number(value), flattened(gradient)
        if rows is None:
            self._last = x.copy(), result
        return result

    def hessian_product(self, x: Vector, vector: Vector) -> Vector:
        """The Hessian at x times a vector."""
        self.evaluations.products += 1
        arguments = (self.container(x), *self.data, *self.args, self.container(vector))
        try:
            return flattened(self._product(*arguments))
        except UNDEFINED as error:
            return np.full(x.shape, self._not_finite(error))

    def _number(self, value: Any) -> float:
        """The one number that the function returns, whose precision is noted."""
        self._note_precision([value])
        return number(value)

    def _note_precision(self, values: Sequence[Any]) -> None:
        dtypes = [np.asarray(value).dtype for value in values]
        coarsest = [float(np.finfo(dtype).eps) for dtype in dtypes if dtype.kind == "f"]
        self._epsilon = max(self._epsilon, *coarsest)

    def _evaluated(self) -> None:
        self._is_defined_somewhere, self.raised = True, None

    def _not_finite(self, error: Exception, same_shapes: bool = True) -> float:
        """NaN, which Python's own numbers raise errors for where arrays hold it.

        A ValueError is one of the domain, as that of ``math.log(-1.0)``, if the function has been evaluated
        elsewhere, on arrays of the same shapes. Others are errors of the program, and go on.
        """
        if isinstance(error, ValueError) and not (same_shapes and self._is_defined_somewhere):
            raise error
        self.raised = error
        return math.nan


class LeastSquares(Problem):
    """Half the sum of squares of the residuals that a function returns.

    The residuals may be an array or a container of arrays. All parameters are as for `Problem`.
    """

    def value(self, x: Vector) -> float:
        """Half the sum of the squared residuals at x."""
        try:
            residuals = self.residuals(x)
        except UNDEFINED as error:
            return self._not_finite(error)
        self._evaluated()
        return half_square(residuals)

    def value_and_gradient(self, x: Vector, rows: Vector | None = None) -> tuple[float, Vector]:
        """Half the sum of the squared residuals at x, and its gradient."""
        try:
            residuals, jacobian = self.residuals_and_jacobian(x)
        except UNDEFINED as error:
            return self._not_finite(error), np.full(x.shape, math.nan)
        self._evaluated()
        with np.errstate(over="ignore", invalid="ignore"):
            return half_square(residuals), jacobian.T @ residuals

    def residuals(self, x: Vector) -> Vector:
        """The residuals at x."""
        self.evaluations.values += 1
        found = self.function(self.container(x), *self.data, *self.args)
        self._note_precision(leaves(found))
        return flattened(found)

    def residuals_and_jacobian(self, x: Vector) -> tuple[Vector, Vector]:
        """The residuals at x and their Jacobian, of shape (residuals, parameters)."""
        if self._last is not None and np.array_equal(self._last[0], x):
            found: tuple[Vector, Vector] = self._last[1]
            return found
        self.evaluations.jacobians += 1
        result = jacobian_of(self.function, self.container(x), (*self.data, *self.args))
        self._last = x.copy(), result
        return result


def jacobian_of(f: Callable[..., Any], x: Any, args: Sequence[Any]) -> tuple[Vector, Vector]:
    """The numbers that a function returns, and their Jacobian by the numbers in its first argument.

    It is made of directional derivatives where there are more results than parameters, else of gradients.
    """

    def of_parameters(parameters: Any) -> Any:
        return f(parameters, *args)

    form = flattened(x)
    results, push = linearize(of_parameters, x)
    values = flattened(results)
    if values.size >= form.size:
        columns = [flattened(push(unflattened(x, unit))) for unit in np.eye(form.size)]
        return values, np.stack(columns, axis=1)
    results, pull = vjp(of_parameters, x)
    rows = [flattened(pull(unflattened(results, unit))[0]) for unit in np.eye(values.size)]
    return values, np.stack(rows) if rows else np.zeros((0, form.size))


def norm(vector: Vector) -> float:
    """The Euclidean norm, also where the squares would overflow."""
    largest = float(np.max(np.abs(vector), initial=0.0))
    if largest == 0.0 or not math.isfinite(largest):
        return largest
    return largest * float(np.linalg.norm(vector / largest))


def half_square(residuals: Vector) -> float:
    """Half the sum of squares; infinite where that is too large."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(0.5 * (residuals @ residuals))


def number(value: Any) -> float:
    """The one number that a function returns, as a float."""
    if np.size(value) != 1 or np.iscomplexobj(value):
        raise ArgumentError(
            "AD210",
            f"the function returns {type(value).__name__} of shape {np.shape(value)}",
            None,
            "one real number; a function that returns residuals is for method='levenberg-marquardt'",
        )
    return float(np.reshape(value, ()))
