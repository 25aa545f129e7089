"""First derivatives by calling a function: of numbers, gradients, Jacobians, along a direction.

In: a function and a point. Out: a `NumericalDerivative`. Not for noisy functions, whose differences are
noise: those are in `regression` and `spsa`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..leaves import Vector
from .complexstep import ComplexStep
from .formulas import check_method, formula_of
from .lines import Axis, Columns, Extrapolated, OneStep, axes_of, axis_along
from .points import Point
from .results import Assessment, NumericalDerivative

Form = Callable[[Vector], Any]


def derivative(
    f: Callable[..., Any],
    x: Any,
    method: str = "central",
    *,
    order: int | None = None,
    step: float | None = None,
    accuracy: float | None = None,
) -> NumericalDerivative:
    """The derivative of a function of one number.

    Parameters
    ----------
    f : callable
        Takes one number; returns a number, an array or a container of them.
    x : float
        Where.
    method : {"central", "forward", "backward", "ridders", "complex-step"}
        See `gradient`.
    order, step, accuracy
        See `gradient`.

    Returns
    -------
    NumericalDerivative
        With a value in the form of the function's result.

    Raises
    ------
    ArgumentError
        As `gradient`, and if `x` is no single number.

    Examples
    --------
    >>> result = derivative(lambda x: x**3, 2.0)
    >>> round(result.value, 8), result.evaluations
    (12.0, 2)
    >>> abs(result.value - 12.0) <= result.error
    True
    """
    point = Point(f, x, accuracy)
    if point.separate or point.size != 1 or np.shape(point.arguments[0]) != ():
        raise ArgumentError("AD210", "x is not one number", None, "a number; `gradient` takes the others")
    return _along_axes(point, method, order, step, lambda matrix: point.like_result(matrix[:, 0]))


def gradient(
    f: Callable[..., Any],
    x: Any,
    method: str = "central",
    *,
    order: int | None = None,
    step: float | None = None,
    accuracy: float | None = None,
) -> NumericalDerivative:
    """The gradient of a function that returns one number.

    Parameters
    ----------
    f : callable
        Returns one real number.
    x : float, ndarray, container, or tuple of arguments
        Where: the argument of the function, in any nesting of containers, or a tuple of its arguments. (So
        one argument that is a tuple is written as a tuple that holds it.) Floats and arrays of floats are
        moved; strings, None and bools stay as they are, integers in containers are refused. An argument that
        is an int stands for the float. No array of the caller is written into.
    method : {"central", "forward", "backward", "ridders", "complex-step"}
        With n numbers in `x`: "central" takes n times `order` calls; "forward" and "backward" take n + 1, and
        their error is of the first order. "ridders" extrapolates central differences to step 0 and takes 23
        calls or more for each number, for the most exact differences there are. "complex-step" moves into the
        complex plane, takes n calls and is exact to rounding, with 12 to 52 more calls that see whether the
        program takes complex numbers as it takes real ones; it refuses where that is not so.
    order : {2, 4, 6}, optional
        Of "central": which power of the step the error is of; 2 by default.
    step : float, optional
        How far numbers are moved; of "ridders", the first and largest step. By default, see below.
    accuracy : float, optional
        The relative error of the function's values. By default the machine epsilon of the dtype of each
        number in `x`; to be given where the function computes in lower precision, or iterates to a
        tolerance.

    Returns
    -------
    NumericalDerivative
        With a value in the form of `x`.

    Raises
    ------
    ArgumentError
        If `x` holds no floating-point number, or an integer or a complex one, the function does not return
        one real number, a method, order, step or accuracy is none, or the function is not fit for the complex
        step.

    Notes
    -----
    The error of a difference has two parts: truncation, which grows with the step h as ``h**p`` for a formula
    of order p, and rounding, which grows as ``accuracy / h``. Their sum is smallest near
    ``h = accuracy**(1 / (p + 1))``, which leaves an error of about ``accuracy**(p / (p + 1))``: 1e-8 for
    "forward", 1e-11 for "central" in double precision. That step is multiplied by ``max(1, abs(x))`` for each
    number, because functions tend to vary on the scale of their arguments, and rounded to a power of two, so
    that moving a number by it is exact (Dennis and Schnabel, Numerical Methods for Unconstrained Optimization
    and Nonlinear Equations, section 5.4). Nobody can know the scale from x alone: where a function varies on
    a much shorter one, `error` shows it, which also looks at a step far shorter than all that is sensible;
    and `step` or "ridders", which then takes shorter steps by itself, helps.

    Formulas of order 4 and 6: Fornberg (1988). Complex step: Squire and Trapp, Using complex variables to
    estimate derivatives of real functions (1998).

    Examples
    --------
    >>> import numpy as np
    >>> parameters = {"w": np.array([1.0, 2.0]), "b": 3.0}
    >>> result = gradient(lambda p: p["w"] @ p["w"] + p["b"], parameters, "forward")
    >>> result.evaluations
    4
    >>> np.round(result.value["w"], 6).tolist(), round(result.value["b"], 6)
    ([2.0, 4.0], 1.0)
    >>> gradient(lambda x, y: x**2 * y, (3.0, 2.0), "complex-step").value
    (12.0, 9.0)
    """
    point = Point(f, x, accuracy)
    return _along_axes(point, method, order, step, lambda matrix: point.like_argument(matrix[0]), one=True)


def jacobian(
    f: Callable[..., Any],
    x: Any,
    method: str = "central",
    *,
    order: int | None = None,
    step: float | None = None,
    accuracy: float | None = None,
) -> NumericalDerivative:
    """The Jacobian of a function.

    Parameters
    ----------
    f : callable
        Returns a number, an array or a container of them.
    x : float, ndarray, container, or tuple of arguments
        See `gradient`.
    method, order, step, accuracy
        See `gradient`.

    Returns
    -------
    NumericalDerivative
        With a value of shape out + in, as `adcompile.jacobian` has it; of a tuple of arguments, a tuple. In
        general, a container like the result of containers like `x` of such arrays.

    Raises
    ------
    ArgumentError
        As `gradient`, and if the result is not of the same size everywhere.

    Examples
    --------
    >>> import numpy as np
    >>> result = jacobian(lambda x: np.array([x[0] * x[1], x[0]]), np.array([2.0, 3.0]), "complex-step")
    >>> result.value
    array([[3., 2.],
           [1., 0.]])
    """
    point = Point(f, x, accuracy)
    return _along_axes(
        point, method, order, step, lambda matrix: point.blocks(matrix, point.result, point.columns)
    )


def directional_derivative(
    f: Callable[..., Any],
    x: Any,
    direction: Any,
    method: str = "central",
    *,
    order: int | None = None,
    step: float | None = None,
    accuracy: float | None = None,
) -> NumericalDerivative:
    """The derivative of a function along a direction: what `adcompile.jvp` computes.

    Parameters
    ----------
    f : callable
        Returns a number, an array or a container of them.
    x : float, ndarray, container, or tuple of arguments
        See `gradient`. It may hold complex numbers, except for "complex-step".
    direction : object
        In the form of `x`. It is not normalised: the derivative is that of ``f(x + t * direction)`` by t.
    method, order, step, accuracy
        See `gradient`; a given step is one in t. The number of calls is that for one number, however many
        there are.

    Returns
    -------
    NumericalDerivative
        With a value in the form of the function's result.

    Raises
    ------
    ArgumentError
        As `gradient`, and if the direction has another form than `x`.

    Examples
    --------
    >>> import numpy as np
    >>> result = directional_derivative(lambda x: x @ x, np.array([1.0, 2.0]), np.array([0.6, 0.8]))
    >>> float(round(result.value, 8)), result.evaluations
    (4.4, 2)
    """
    check_method(method, order)
    point = Point(f, x, accuracy, complex_allowed=method != "complex-step")
    axis = axis_along(point, point.direction(direction), step)
    return _found(point, [axis], method, order, lambda m: point.like_result(m[:, 0]), lambda v: float(v[0]))


def _along_axes(
    point: Point, method: str, order: int | None, step: float | None, form: Form, one: bool = False
) -> NumericalDerivative:
    check_method(method, order)
    axes = axes_of(point, step, exact=method != "complex-step")
    return _found(point, axes, method, order, form, point.like_argument, one)


def _found(
    point: Point,
    axes: Sequence[Axis],
    method: str,
    order: int | None,
    form: Form,
    steps_form: Form,
    one: bool = False,
) -> NumericalDerivative:
    """The derivatives along lines, as columns of a matrix, in some form."""
    columns: Columns
    if method == "complex-step":
        columns = ComplexStep(point, axes)
    else:
        kind = Extrapolated if method == "ridders" else OneStep
        columns = kind(point, axes, formula_of(method, order))
    found = columns.values()
    if one:
        point.check_one_number()
    value, calls = form(found), point.calls

    def assess() -> Assessment:
        before = point.calls
        errors = columns.errors()
        return Assessment(form(errors), point.calls - before)

    return NumericalDerivative(value, columns.name, calls, steps_form(np.array(columns.steps)), assess)
