"""SciPy's solvers with compiled derivatives, on containers of parameters.

In: a function of a container and a start. Out: SciPy's own result, with its point and gradient as containers.
What is not said here is passed to SciPy as it is. Not for what these solvers do: see SciPy's reference.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adcompile.errors import ArgumentError
from adcompile.leaves import Vector, flattened, unflattened

from .problem import LeastSquares, Problem, jacobian_of

__all__ = ["scipy_least_squares", "scipy_minimize", "scipy_root"]

_WITHOUT_DERIVATIVES = ("nelder-mead", "powell", "cobyla", "cobyqa")
_WITH_PRODUCTS = ("newton-cg", "trust-ncg", "trust-krylov", "trust-constr")
_WITH_HESSIAN = ("dogleg", "trust-exact")
_ROOT_WITH_JACOBIAN = ("hybr", "lm")


def scipy_minimize(
    f: Callable[..., Any],
    x0: Any,
    args: Sequence[Any] = (),
    method: Any = None,
    *,
    constraints: Any = (),
    callback: Callable[..., Any] | None = None,
    **keywords: Any,
) -> Any:
    """Minimise a function by `scipy.optimize.minimize`, with compiled derivatives.

    Parameters
    ----------
    f : callable
        Called as ``f(x, *args)``; it returns one real number.
    x0 : float, array or container
        The start, and the form of x.
    args : sequence
        Further arguments.
    method : str or callable, optional
        SciPy's. Methods that take it get the gradient; "Newton-CG", "trust-ncg", "trust-krylov" and
        "trust-constr" get Hessian-vector products, too, and "dogleg" and "trust-exact" the Hessian.
    constraints : dict, constraint object or sequence of them
        SciPy's. Those with a function of x have one of the container, whose Jacobian is compiled unless it is
        given. A `LinearConstraint` acts on the numbers of x one after the other, as do ``bounds``.
    callback : callable, optional
        As SciPy calls it, with x as a container.
    **keywords
        ``bounds``, ``tol`` and ``options``, as SciPy takes them.

    Returns
    -------
    scipy.optimize.OptimizeResult
        With ``x``, and the gradient ``jac``, in the form of x0.

    Raises
    ------
    ImportError
        If SciPy is missing.
    ArgumentError
        If x0 holds no real numbers, f returns something else, or a derivative is given.

    Examples
    --------
    >>> from adcompile import optimize
    >>> def rosenbrock(p):
    ...     return (1.0 - p["x"]) ** 2 + 100.0 * (p["y"] - p["x"] ** 2) ** 2
    >>> result = optimize.scipy_minimize(rosenbrock, {"x": -1.2, "y": 1.0}, method="trust-ncg")
    >>> bool(result.success), round(result.x["x"], 4), round(result.x["y"], 4)
    (True, 1.0, 1.0)
    """
    scipy = _scipy("scipy_minimize")
    _check_underived(keywords, ("jac", "hess", "hessp"))
    problem = Problem(f, x0, args)
    name = method.lower() if isinstance(method, str) else method
    if name in _WITHOUT_DERIVATIVES:
        function: Callable[..., Any] = problem.value
    else:
        function, keywords["jac"] = _value_and_gradient(problem), True
    if name in _WITH_PRODUCTS:
        keywords["hessp"] = problem.hessian_product
    if name in _WITH_HESSIAN:
        keywords["hess"] = functools.partial(_hessian, problem)
    several = constraints if isinstance(constraints, (list, tuple)) else [constraints]
    result = scipy.minimize(
        function,
        problem.start,
        method=method,
        constraints=[_constraint(scipy, problem, c) for c in several],
        callback=_callback(callback, problem),
        **keywords,
    )
    return _in_containers(result, problem)


def scipy_least_squares(
    f: Callable[..., Any],
    x0: Any,
    args: Sequence[Any] = (),
    *,
    callback: Callable[..., Any] | None = None,
    **keywords: Any,
) -> Any:
    """Minimise a sum of squares by `scipy.optimize.least_squares`, with a compiled Jacobian.

    Parameters
    ----------
    f : callable
        Called as ``f(x, *args)``; it returns the residuals, an array or a container of arrays.
    x0 : float, array or container
        The start, and the form of x.
    args : sequence
        Further arguments.
    callback : callable, optional
        As SciPy calls it, with x as a container.
    **keywords
        ``bounds``, ``method``, ``loss`` and so on, as SciPy takes them; bounds and scales are of the numbers
        of x one after the other.

    Returns
    -------
    scipy.optimize.OptimizeResult
        With ``x`` and the gradient ``grad`` in the form of x0; ``fun`` has the residuals in one vector, and
        ``jac`` is their Jacobian, of shape (residuals, parameters).

    Raises
    ------
    ImportError
        If SciPy is missing.
    ArgumentError
        If x0 holds no real numbers, or ``jac`` is given.

    Examples
    --------
    >>> import numpy as np
    >>> from adcompile import optimize
    >>> def residuals(p, t, y):
    ...     return p["a"] * np.exp(-p["rate"] * t) - y
    >>> t = np.linspace(0.0, 2.0, 9)
    >>> data = t, 3.0 * np.exp(-0.5 * t)
    >>> result = optimize.scipy_least_squares(residuals, {"a": 1.0, "rate": 1.0}, data)
    >>> round(result.x["a"], 6), round(result.x["rate"], 6)
    (3.0, 0.5)
    """
    scipy = _scipy("scipy_least_squares")
    _check_underived(keywords, ("jac",))
    problem = LeastSquares(f, x0, args)
    if callback is not None:
        keywords["callback"] = _callback(callback, problem)
    result = scipy.least_squares(problem.residuals, problem.start, jac=_jacobian(problem), **keywords)
    return _in_containers(result, problem)


def scipy_root(
    f: Callable[..., Any],
    x0: Any,
    args: Sequence[Any] = (),
    method: str = "hybr",
    *,
    callback: Callable[..., Any] | None = None,
    **keywords: Any,
) -> Any:
    """Solve equations by `scipy.optimize.root`, with a compiled Jacobian.

    Parameters
    ----------
    f : callable
        Called as ``f(x, *args)``; it returns as many numbers as there are in x, in an array or a container.
    x0 : float, array or container
        The start, and the form of x.
    args : sequence
        Further arguments.
    method : str, default "hybr"
        SciPy's. "hybr" and "lm" get the Jacobian; the others take none.
    callback : callable, optional
        As SciPy calls it, with x as a container.
    **keywords
        ``tol`` and ``options``, as SciPy takes them.

    Returns
    -------
    scipy.optimize.OptimizeResult
        With ``x`` in the form of x0.

    Raises
    ------
    ImportError
        If SciPy is missing.
    ArgumentError
        If x0 holds no real numbers, or ``jac`` is given.

    Examples
    --------
    >>> from adcompile import optimize
    >>> def circle_and_line(p):
    ...     return p["x"] ** 2 + p["y"] ** 2 - 25.0, p["x"] - p["y"] + 1.0
    >>> result = optimize.scipy_root(circle_and_line, {"x": 1.0, "y": 2.0})
    >>> round(result.x["x"], 9), round(result.x["y"], 9)
    (3.0, 4.0)
    """
    scipy = _scipy("scipy_root")
    _check_underived(keywords, ("jac",))
    problem = LeastSquares(f, x0, args)
    if method.lower() in _ROOT_WITH_JACOBIAN:
        keywords["jac"] = _jacobian(problem)
    wrapped = _callback(callback, problem)
    result = scipy.root(problem.residuals, problem.start, method=method, callback=wrapped, **keywords)
    return _in_containers(result, problem)


def _scipy(name: str) -> Any:
    """The module `scipy.optimize`."""
    try:
        from scipy import optimize
    except ImportError as error:
        raise ImportError(f"{name} needs SciPy: pip install 'adcompile[optimize]'") from error
    return optimize


def _check_underived(keywords: dict[str, Any], names: Sequence[str]) -> None:
    for name in names:
        if name in keywords:
            raise ArgumentError(
                "AD210",
                f"{name}= is given",
                None,
                "none: it is compiled from the function; to use one of your own, call scipy.optimize itself",
            )


def _value_and_gradient(problem: Problem) -> Callable[[Vector], tuple[float, Vector]]:
    """The function and its gradient, which SciPy may write into."""

    def function(x: Vector) -> tuple[float, Vector]:
        value, gradient = problem.value_and_gradient(x)
        return value, gradient.copy()

    return function


def _hessian(problem: Problem, x: Vector) -> Vector:
    """The matrix, whose columns are products with unit vectors."""
    return np.stack([problem.hessian_product(x, unit) for unit in np.eye(x.size)], axis=1)


def _jacobian(problem: LeastSquares) -> Callable[[Vector], Vector]:
    return lambda x: problem.residuals_and_jacobian(x)[1].copy()


def _constraint(scipy: Any, problem: Problem, constraint: Any) -> Any:
    """A constraint on the container, as one on the vector."""
    if isinstance(constraint, dict):
        function, args = constraint["fun"], tuple(constraint.get("args", ()))
        jac = constraint.get("jac")
        return {**constraint, **_on_vectors(problem, function, args, jac), "args": ()}
    if isinstance(constraint, scipy.NonlinearConstraint):
        jac = constraint.jac if callable(constraint.jac) else None
        pair = _on_vectors(problem, constraint.fun, (), jac)
        return scipy.NonlinearConstraint(
            pair["fun"],
            constraint.lb,
            constraint.ub,
            pair["jac"],
            constraint.hess,
            constraint.keep_feasible,
        )
    return constraint


def _on_vectors(
    problem: Problem, function: Callable[..., Any], args: tuple[Any, ...], jac: Callable[..., Any] | None
) -> dict[str, Callable[[Vector], Any]]:
    """A function of the container and its Jacobian, as functions of the vector."""

    def values(x: Vector) -> Vector:
        return flattened(function(problem.container(x), *args))

    def jacobian(x: Vector) -> Any:
        if jac is not None:
            return jac(problem.container(x), *args)
        return jacobian_of(function, problem.container(x), args)[1]

    return {"fun": values, "jac": jacobian}


def _callback(callback: Callable[..., Any] | None, problem: Problem) -> Callable[..., Any] | None:
    """A callback that is given the container, called as SciPy finds it by its signature."""
    if callback is None:
        return None
    if set(inspect.signature(callback).parameters) == {"intermediate_result"}:

        def with_result(intermediate_result: Any) -> Any:
            shown = type(intermediate_result)(intermediate_result)
            return callback(intermediate_result=_in_containers(shown, problem))

        return with_result

    def with_x(x: Vector, *more: Any) -> Any:
        return callback(problem.container(np.asarray(x, dtype=float)), *more)

    return with_x


def _in_containers(result: Any, problem: Problem) -> Any:
    """SciPy's result with its point and gradient in the form of x0."""
    for name in ("x", "jac", "grad"):
        numbers = result.get(name)
        if isinstance(numbers, np.ndarray) and numbers.shape == problem.start.shape:
            result[name] = unflattened(problem.form, numbers)
    return result
