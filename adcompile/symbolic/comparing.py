"""Compiled derivatives beside those of SymPy.

In: a function and points. Out: its values, all first and all second partial derivatives there, each computed
twice, and whether they agree.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..calculus.texts import numbers_text, table
from ..calculus.variables import UNDEFINED, Variables, point_of
from ..errors import ArgumentError
from ..leaves import flattened
from .rebuild import evaluated, primal_of
from .symbols import named, text_of, value_of

_RTOL = 1e-9
_ROUNDING = 8.0 * sys.float_info.epsilon
# what is smaller than this has lost digits to underflow, or all of them
_LOST = sys.float_info.min / sys.float_info.epsilon


@dataclass(frozen=True)
class Row:
    """One derivative at one point, computed in both ways.

    Attributes
    ----------
    point : tuple of float
        All numbers of the arguments.
    name : str
        Such as "∂f/∂x".
    symbolic : float or None
        None where SymPy's expression has no real value.
    compiled : float or None
        None where the compiled derivative raises.
    tolerance : float
        By how much they may differ.
    """

    point: tuple[float, ...]
    name: str
    symbolic: float | None
    compiled: float | None
    tolerance: float

    @property
    def compared(self) -> bool:
        """Whether both have a value."""
        return self.symbolic is not None and self.compiled is not None

    @property
    def agrees(self) -> bool:
        """Whether the two values are one to rounding."""
        if self.symbolic is None or self.compiled is None:
            return self.symbolic is None and self.compiled is None
        return abs(self.symbolic - self.compiled) <= self.tolerance


@dataclass(frozen=True)
class Comparison:
    """A function's derivatives, compiled and symbolic.

    Attributes
    ----------
    expressions : tuple
        The SymPy expression of the function, one for each point; they differ if it takes integers.
    rows : tuple of Row
        What was compared.
    """

    expressions: tuple[Any, ...]
    rows: tuple[Row, ...]

    @property
    def agrees(self) -> bool:
        """Whether something was compared and everything that was agrees."""
        compared = [row for row in self.rows if row.compared]
        return bool(compared) and all(row.agrees for row in compared)

    @property
    def undecided(self) -> tuple[Row, ...]:
        """Rows without a value on one of the sides: at kinks, poles and edges of a domain."""
        return tuple(row for row in self.rows if not row.compared)

    def __str__(self) -> str:
        formulas = dict.fromkeys(f"f = {text_of(e)}" for e in self.expressions)
        body = [
            (row.name, numbers_text(row.point), _shown(row.symbolic), _shown(row.compiled), _verdict(row))
            for row in self.rows
        ]
        verdict = "all agree" if self.agrees else "they disagree"
        if len(self.undecided) == len(self.rows):
            verdict = "nothing was compared: there is no row where both have a value"
        elif self.undecided:
            verdict += f" where both have a value; {len(self.undecided)} without"
        return "\n".join([*formulas, *table(("", "at", "symbolic", "compiled", ""), body), verdict])


def _shown(value: float | None) -> str:
    return "none" if value is None else f"{value:.10g}"


def _verdict(row: Row) -> str:
    return "undecided" if not row.compared else "agrees" if row.agrees else "DISAGREES"


def compare(
    f: Callable[..., Any], points: Sequence[Any], *, order: int = 2, rtol: float = _RTOL
) -> Comparison:
    """Compare the compiled derivatives of a function with those that SymPy makes of its formula.

    The formula is rebuilt from the graph of the function, without a look at the rules of its derivatives: so
    it checks them independently, and exactly. What cannot be written as a formula is refused.

    Parameters
    ----------
    f : callable
        A function of numbers and arrays that returns one number.
    points : sequence
        Where to compare: numbers, tuples for separate arguments, arrays for one argument.
    order : {1, 2}, default 2
        Up to which order of derivatives.
    rtol : float, default 1e-9
        By how much values may differ, relative to the largest of their kind at the point. Beyond that, they
        may differ by the rounding of the largest of lower orders.

    Returns
    -------
    Comparison
        With a table to print, and `.agrees`.

    Raises
    ------
    ArgumentError
        If the function cannot be written as a formula, with the place of the statement.
    AdcompileError
        If the function cannot be differentiated.

    Examples
    --------
    >>> import math
    >>> def f(x, y):
    ...     return math.sin(x) + x * y
    >>> print(compare(f, [(0.5, 2.0)], order=1))
    f = x*y + sin(x)
                   at     symbolic     compiled
      f      (0.5, 2)  1.479425539  1.479425539  agrees
      ∂f/∂x  (0.5, 2)  2.877582562  2.877582562  agrees
      ∂f/∂y  (0.5, 2)          0.5          0.5  agrees
    all agree
    """
    if order not in (1, 2):
        raise ArgumentError("AD210", f"order={order!r}", None, "1 or 2")
    if len(points) == 0:
        raise ArgumentError("AD210", "no points", None, "one point or more")
    expressions, rows = [], []
    for point in points:
        form = point_of(point)
        found = named(f, form)
        expression = evaluated(*primal_of(f, form), found.arguments)
        expressions.append(expression)
        with np.errstate(all="ignore"):
            rows += _rows(expression, found.values, Variables(f, form), order, rtol)
    return Comparison(tuple(expressions), tuple(rows))


def _rows(
    expression: Any, values: dict[Any, float], function: Variables, order: int, rtol: float
) -> list[Row]:
    """Everything that is compared at one point."""
    symbols, vector = list(values), flattened(function.form)
    names = [str(symbol) for symbol in symbols]
    first = [expression.diff(symbol) for symbol in symbols]
    value, gradient = _or_none(lambda: function.value_and_gradient(vector), (None, None))
    slopes = [None] * len(symbols) if gradient is None else [float(g) for g in gradient]
    rows = _group([("f", expression, value)], values, rtol, [])
    entries = [(f"∂f/∂{n}", e, g) for n, e, g in zip(names, first, slopes, strict=True)]
    rows += _group(entries, values, rtol, rows)
    if order == 2:
        hessian = _or_none(lambda: function.hessian(vector), None)
        second = []
        for i, j in itertools.combinations_with_replacement(range(len(symbols)), 2):
            name = f"∂²f/∂{names[i]}²" if i == j else f"∂²f/∂{names[i]}∂{names[j]}"
            entry = None if hessian is None else float(hessian[i, j])
            second.append((name, first[i].diff(symbols[j]), entry))
        rows += _group(second, values, rtol, rows)
    return rows


def _group(
    entries: list[tuple[str, Any, float | None]], values: dict[Any, float], rtol: float, below: list[Row]
) -> list[Row]:
    """Rows of one kind, which share a scale: one that cancels is as exact as the others are large.

    Where all of them are nearly zero, what is left is the rounding of what is of lower orders.
    """
    exact = [value_of(expression, values) for _, expression, _ in entries]
    finite = [c if c is not None and np.isfinite(c) else None for _, _, c in entries]
    scale = max((abs(v) for v in [*exact, *finite] if v is not None), default=0.0)
    rounding = _ROUNDING * max((abs(row.compiled) for row in below if row.compiled is not None), default=0.0)
    point = tuple(values.values())
    return [
        Row(point, name, e, c, rtol * scale + rounding + _LOST)
        for (name, _, _), e, c in zip(entries, exact, finite, strict=True)
    ]


def _or_none(compute: Callable[[], Any], otherwise: Any) -> Any:
    try:
        return compute()
    except UNDEFINED:
        return otherwise
