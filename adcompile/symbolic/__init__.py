"""A second opinion from SymPy: the formula of a program, its derivatives, and the chain rule step by step.

To read the code: `meaning` (what primitives are in SymPy), `rebuild` (from the graph to a formula), then
`comparing` and `stepping`. Needs SymPy: `pip install "adcompile[symbolic]"`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

try:
    import sympy  # noqa: F401
except ImportError as error:
    raise ImportError('adcompile.symbolic needs SymPy: pip install "adcompile[symbolic]"') from error

from .comparing import Comparison, Row, compare
from .rebuild import evaluated, primal_of
from .stepping import Step, Steps, steps
from .symbols import named

__all__ = ["Comparison", "Row", "Step", "Steps", "compare", "expression", "steps"]


def expression(f: Callable[..., Any], *args: Any) -> Any:
    """The formula that a function computes.

    Parameters
    ----------
    f : callable
        A function that returns one number.
    *args : object
        Example arguments: floats, arrays, or containers of them. Each floating-point number becomes a symbol;
        integers, shapes and what the function captures stay what they are.

    Returns
    -------
    sympy.Expr
        In real symbols that are called like the arguments: ``x``, ``p[0]``, ``params['w'][1, 2]``.

    Raises
    ------
    ArgumentError
        If the function cannot be written as a formula, with the place of the statement.
    AdcompileError
        If the function cannot be differentiated.

    Examples
    --------
    >>> def f(x, n):
    ...     total = 0.0
    ...     for k in range(n):
    ...         total += x**k
    ...     return total if x < 1 else -x
    >>> expression(f, 0.5, 4)
    Piecewise((x**3 + x**2 + x + 1, x < 1), (-x, True))
    """
    return evaluated(*primal_of(f, args), named(f, args).arguments)
