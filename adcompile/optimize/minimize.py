"""The one way to start a minimisation.

In: a function, a start and what the user wants. Out: a `Result`, or `NotFinite`. Not for the loop, which is
in `running`, and not for how a step is made: that is a method's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .progress import progress_bar
from .results import Result, State
from .rules import Rule
from .running import Limits, Run
from .told import (
    check_callback,
    check_count,
    check_tolerances,
    checked_data,
    checked_method,
    checked_settings,
)

__all__ = ["minimize"]


def minimize(
    f: Callable[..., Any],
    x0: Any,
    args: Sequence[Any] = (),
    method: str | Rule = "trust-region",
    *,
    learning_rate: float | Callable[[int], float] | None = None,
    line_search: str | None = None,
    data: Sequence[Any] = (),
    batch_size: int | None = None,
    epochs: int | None = None,
    max_iterations: int | None = None,
    gradient_tolerance: float = 1e-6,
    step_tolerance: float = 0.0,
    value_tolerance: float = 0.0,
    callback: Callable[[State], Any] | None = None,
    progress: bool | None = None,
    record: int = 1,
    rng: int | np.random.Generator = 0,
    **options: float,
) -> Result:
    """Minimise a function, by derivatives that are compiled from it.

    Parameters
    ----------
    f : callable
        Called as ``f(x, *data, *args)``. It returns one real number; for "gauss-newton" and
        "levenberg-marquardt" the residuals, an array or a container of arrays, of which half the sum of
        squares is minimised.
    x0 : float, array or container
        The start, and the form of x: floating-point numbers and arrays in tuples, lists, dicts, dataclasses
        and objects. What is in it beside them stays as it is.
    args : sequence
        Further arguments.
    method : str or Rule
        ================================================= ================================================
        "gradient-descent", "momentum", "nesterov",       first order; with `data` on minibatches
        "rmsprop", "adam"
        "sgd"                                             gradient descent on minibatches
        "newton", "damped-newton", "trust-region"         Hessian-vector products, conjugate gradients
        "gauss-newton", "levenberg-marquardt"             the Jacobian of residuals
        "spsa"                                            no derivative: two evaluations a step
        ================================================= ================================================

        or an update rule of one's own, made by `rule`.
    learning_rate : float or callable, optional
        Of the first-order methods: a number, or a schedule, which is a function of the number of the step,
        counted from 0. By default the rule's own. With a line search the length that is tried first; for
        "spsa" the gains themselves.
    line_search : {"armijo", "wolfe"}, optional
        How "gradient-descent", "damped-newton" and "gauss-newton" find the length of a step. By default
        "gradient-descent" searches ("armijo") if it is given no learning rate and no data, "damped-newton"
        searches ("wolfe"), and "gauss-newton" takes the full step.
    data : sequence of arrays
        Arrays with one row, along the first axis, for each example: each step sees `batch_size` rows of them,
        in another random order in each of the `epochs`.
    batch_size, epochs : int, optional
        Of the minibatches; by default 32 and 10.
    max_iterations : int, optional
        By default 1000; with data, what the epochs come to.
    gradient_tolerance, step_tolerance, value_tolerance : float
        The run ends when the norm of the gradient is at most the first, or the norm of a step, relative to
        ``1 + norm(x)``, or the change of the value, relative to ``1 + abs(value)``, is less than the others;
        0 turns one off. With minibatches and for "spsa" none is looked at, for what these know are estimates.
    callback : callable, optional
        Called with a `State` at the start and after each step. The run ends if it returns True or raises
        `StopIteration`.
    progress : bool, optional
        Whether to show a progress bar, which needs tqdm; by default if the run takes more than a second, in a
        terminal, where tqdm is installed.
    record : int, default 1
        At k, the trajectory has every k-th point, and always the first and the last.
    rng : int or Generator, default 0
        For the order of the rows and the directions of "spsa". A run is the same each time.
    **options : float
        What the method can be told beside these: ``momentum`` of "momentum" and "nesterov" (0.9); ``decay``
        (0.9) and ``epsilon`` (1e-8) of "rmsprop"; ``beta1`` (0.9), ``beta2`` (0.999) and ``epsilon`` (1e-8)
        of "adam"; ``cg_tolerance`` (1e-10) of "newton"; ``radius`` (1) and ``max_radius`` (1e10) of
        "trust-region"; ``damping`` (1e-3) of "levenberg-marquardt"; ``a`` (0.1), ``c`` (0.1), ``alpha``
        (0.602) and ``gamma`` (0.101) of "spsa".

    Returns
    -------
    Result
        The last point, in the form and the dtypes of x0, the value and gradient there, the reason to stop,
        the trajectory and the number of evaluations. A gradient of zero is found at saddle points, too.

    Raises
    ------
    NotFinite
        If a value, a gradient or the Hessian is infinite or not a number at a point that the method goes to,
        or Python's own numbers raise an `ArithmeticError` there, or a `ValueError`, as ``math.log(-1.0)``
        does, where the function could be evaluated before. The error holds the way to it. (A line search, a
        trust region and damping go round such points.)
    ArgumentError
        If the method is not known or does not take what it is given; x0 holds no real numbers; f returns
        something else.
    NoDerivative, UnsupportedSyntax
        As `adcompile.grad` raises them, for what cannot be differentiated.

    Examples
    --------
    >>> from adcompile import optimize
    >>> def rosenbrock(p):
    ...     return (1.0 - p["x"]) ** 2 + 100.0 * (p["y"] - p["x"] ** 2) ** 2
    >>> result = optimize.minimize(rosenbrock, {"x": -1.2, "y": 1.0})
    >>> result.success, round(result.x["x"], 4), round(result.x["y"], 4)
    (True, 1.0, 1.0)
    """
    arrays = checked_data(data)
    chosen = checked_method(method, bool(arrays))
    check_count("record", record, 1)
    check_callback(callback)
    check_tolerances(
        gradient_tolerance=gradient_tolerance, step_tolerance=step_tolerance, value_tolerance=value_tolerance
    )
    if method == "gradient-descent" and learning_rate is None and not arrays:
        line_search = line_search or "armijo"
    settings = checked_settings(
        chosen, learning_rate, line_search, bool(arrays), batch_size, epochs, max_iterations, rng, options
    )
    problem = chosen.kind(f, x0, args, arrays)
    limits = Limits(settings.max_iterations, gradient_tolerance, step_tolerance, value_tolerance)
    total = None if max_iterations is None and arrays else settings.max_iterations
    with progress_bar(progress, chosen.name, total) as bar:
        run = Run(problem, replace(chosen, estimates=chosen.estimates or bool(arrays)), record)
        return run.to_end(settings, limits, callback, bar)
