"""Symbols for the numbers of arguments, and SymPy expressions as numbers and as text.

In: arguments as a caller gives them. Out: the same with a symbol for each floating-point number; the values
of expressions at a point, to thirty digits.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy

from ..errors import ArgumentError
from ..leaves import is_leaf

_DIGITS = 30


@dataclass(frozen=True)
class Named:
    """Arguments of a function, and their numbers by name.

    Attributes
    ----------
    arguments : dict of str to object
        By parameter, with symbols in place of floating-point numbers.
    symbols : tuple
        In the order of the arguments.
    values : dict
        The numbers that the symbols stand for.
    """

    arguments: dict[str, Any]
    symbols: tuple[Any, ...]
    values: dict[Any, float]


def named(f: Callable[..., Any], args: tuple[Any, ...]) -> Named:
    """Give a symbol to each floating-point number of the arguments."""
    bound = inspect.signature(f).bind(*args)
    values: dict[Any, float] = {}
    arguments = {name: _symbolic(value, name, values) for name, value in bound.arguments.items()}
    bound.apply_defaults()
    arguments = {**bound.arguments, **arguments}
    if not values:
        raise ArgumentError("AD210", "no argument holds a floating-point number", None, "a float: 2.0, not 2")
    return Named(arguments, tuple(values), values)


def _symbolic(value: Any, name: str, values: dict[Any, float]) -> Any:
    if is_leaf(value) and np.ndim(value) == 0:
        return _symbol(value, name, values)
    if isinstance(value, np.ndarray) and value.dtype.kind in "fc":
        out = np.empty(value.shape, dtype=object)
        for index in np.ndindex(value.shape):
            out[index] = _symbol(value[index], f"{name}[{', '.join(map(str, index))}]", values)
        return out
    if isinstance(value, (tuple, list)) and not hasattr(value, "_fields"):
        return type(value)(_symbolic(item, f"{name}[{k}]", values) for k, item in enumerate(value))
    if isinstance(value, dict):
        return {key: _symbolic(item, f"{name}[{key!r}]", values) for key, item in value.items()}
    return value


def _symbol(value: Any, name: str, values: dict[Any, float]) -> Any:
    if np.iscomplexobj(value):
        raise ArgumentError("AD210", f"{name} is complex", None, "real numbers")
    symbol = sympy.Symbol(name, real=True)
    values[symbol] = float(value)
    return symbol


def value_of(expression: Any, values: Mapping[Any, float]) -> float | None:
    """An expression at a point, None where it has no real value there."""
    exact = {symbol: sympy.Float(value, _DIGITS + 20) for symbol, value in values.items()}
    # what is written in the program is a float, and has no digits but those
    exact |= {c: sympy.Float(c, _DIGITS + 20) for c in expression.atoms(sympy.Float)}
    exact[sympy.pi] = sympy.Float(float(sympy.pi), _DIGITS + 20)
    try:
        if any(_is_tie(step.args[0], exact) for step in expression.atoms(sympy.Heaviside)):
            return None
        found = sympy.N(expression.xreplace(exact), _DIGITS)
    except (TypeError, ValueError, ArithmeticError):
        return None
    # at a kink, what is no function there is left as it is
    if not isinstance(found, (sympy.Float, sympy.Rational)):
        return None
    number = float(found)
    return number if np.isfinite(number) else None


def _is_tie(gap: Any, exact: Mapping[Any, Any]) -> bool:
    """Whether more than two are the largest or smallest, for which SymPy's derivatives add up to no slope."""
    return bool(gap.has(sympy.Max, sympy.Min)) and bool(sympy.N(gap.xreplace(exact), _DIGITS) == 0)


def text_of(expression: Any) -> str:
    """An expression as text, with floats as short as they can be."""
    return str(sympy.sstr(expression, full_prec=False))
