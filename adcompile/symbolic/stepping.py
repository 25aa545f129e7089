"""The chain rule at one point, one line for each operation.

In: a function and arguments. Out: its operations in order, each with its value, its partial derivatives by
its operands, and the derivative of the result by it, as one would compute them by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy

from ..calculus.texts import table
from ..errors import ArgumentError
from ..ir.nodes import Apply
from .meaning import elementwise, is_symbolic
from .rebuild import evaluated, primal_of
from .symbols import named, text_of, value_of


@dataclass(frozen=True)
class Step:
    """One operation.

    Attributes
    ----------
    name : str
        What its result is called: a variable of the program, or v1, v2, …
    formula : str
        In the names of its operands; empty for an argument.
    value : float
        Of the result.
    partials : tuple of (str, str, float)
        For each operand: its name, the partial derivative by it as a formula, and its value.
    derivative : float
        Of the result of the function by the result of this operation.
    line : int or None
        Of the source.
    """

    name: str
    formula: str
    value: float
    partials: tuple[tuple[str, str, float], ...]
    derivative: float
    line: int | None


@dataclass(frozen=True)
class Steps:
    """The chain rule of a function at a point.

    Attributes
    ----------
    title : str
        Of which function.
    steps : tuple of Step
        First the arguments, then the operations in the order of the program.
    """

    title: str
    steps: tuple[Step, ...]

    @property
    def value(self) -> float:
        """Of the function."""
        return self.steps[-1].value

    @property
    def gradient(self) -> dict[str, float]:
        """The derivative by each argument."""
        return {step.name: step.derivative for step in self.steps if not step.formula}

    def __str__(self) -> str:
        rows = []
        for step in self.steps:
            partials = "   ".join(f"∂/∂{name} = {_both(text, value)}" for name, text, value in step.partials)
            rows.append((step.name, step.formula, f"{step.value:.6g}", partials, f"{step.derivative:.6g}"))
        head = ("", "is", "value", "partial derivatives", "derivative of the result")
        return "\n".join([self.title, *table(head, rows, left=(0, 1, 3))])


def _both(text: str, value: float) -> str:
    """A partial as formula and value, once where they are one."""
    shown = f"{value:.6g}"
    return shown if text == shown else f"{text} = {shown}"


def steps(f: Callable[..., Any], *args: Any) -> Steps:
    """The chain rule of a function at a point, operation by operation.

    The values are computed from the first line to the last. The derivative of the result by itself is 1; by
    anything else it is the sum, over all operations that read it, of their derivative times their partial
    derivative by it: computed from the last line to the first. Those of the arguments are the gradient.

    Parameters
    ----------
    f : callable
        A function that returns one number.
    *args : object
        Its arguments: floats, arrays, or containers of them. Branches are taken as they are at this point.

    Returns
    -------
    Steps
        To be printed; `.gradient` has the derivatives by name.

    Raises
    ------
    ArgumentError
        If an operation has no formula, with its place.
    AdcompileError
        If the function cannot be differentiated.

    Examples
    --------
    >>> import math
    >>> def f(x1, x2):
    ...     return math.sin(x1) + x1 * x2
    >>> print(steps(f, 0.5, 2.0))
    f at x1 = 0.5, x2 = 2
          is          value  partial derivatives                derivative of the result
      x1                0.5                                                      2.87758
      x2                  2                                                          0.5
      v1  sin(x1)  0.479426  ∂/∂x1 = cos(x1) = 0.877583                                1
      v2  x1*x2           1  ∂/∂x1 = x2 = 2   ∂/∂x2 = x1 = 0.5                         1
      v3  v1 + v2   1.47943  ∂/∂v1 = 1   ∂/∂v2 = 1                                     1
    """
    found = named(f, args)
    primal, paths = primal_of(f, args)
    tape = _Tape(dict(found.values))
    result = evaluated(primal, paths, found.arguments, tape.define, tape.decide)
    if not isinstance(result, sympy.Symbol):
        result = tape.entered(result, "", None)
    point = ", ".join(f"{symbol} = {value:.6g}" for symbol, value in found.values.items())
    return Steps(f"{primal.name} at {point}", tape.finished(found.symbols, result))


@dataclass(frozen=True)
class _Node:
    symbol: Any
    formula: Any
    partials: tuple[tuple[Any, Any, float], ...]
    line: int | None


class _Tape:
    """Operations in the order in which they were met, each with a symbol of its own."""

    def __init__(self, values: dict[Any, float]) -> None:
        self.values = values
        self.nodes: list[_Node] = []
        self.names = {str(symbol) for symbol in values}
        self.count = 0

    def define(self, stmt: Apply, result: Any) -> Any:
        """Name what an operation computes; what only selects or collects needs no name."""
        hint = stmt.outs[0].hint if stmt.outs and stmt.outs[0].named else ""
        line = None if stmt.loc is None else stmt.loc.line
        if isinstance(result, (list, tuple)) or not is_symbolic(result):
            return result
        return elementwise(lambda item: self.entered(item, hint, line))(result)

    def decide(self, condition: Any) -> bool:
        """The truth of a condition at the point."""
        found = condition.xreplace({s: sympy.Float(self.values[s], 30) for s in condition.free_symbols})
        if found not in (sympy.true, sympy.false):
            raise ArgumentError("AD210", f"{text_of(condition)} is not decided", None, "another point")
        return bool(found)

    def entered(self, item: Any, hint: str, line: int | None) -> Any:
        """The symbol for an expression of symbols."""
        if not isinstance(item, sympy.Expr) or isinstance(item, sympy.Symbol) or not item.free_symbols:
            return item
        symbol = sympy.Symbol(self._name(hint), real=True)
        operands = sorted(item.free_symbols, key=str)
        partials = []
        for operand in operands:
            partial = item.diff(operand)
            partials.append((operand, partial, self._number(partial)))
        self.values[symbol] = self._number(item)
        self.nodes.append(_Node(symbol, item, tuple(partials), line))
        return symbol

    def _number(self, expression: Any) -> float:
        value = value_of(expression, {s: self.values[s] for s in expression.free_symbols})
        if value is None:
            raise ArgumentError("AD210", f"{text_of(expression)} has no value here", None, "another point")
        return value

    def _name(self, hint: str) -> str:
        if not hint:
            self.count += 1
            hint = f"v{self.count}"
        name, k = hint, 1
        while name in self.names:
            k += 1
            name = f"{hint}_{k}"
        self.names.add(name)
        return name

    def finished(self, arguments: tuple[Any, ...], result: Any) -> tuple[Step, ...]:
        """The steps that the result depends on, with the derivatives of the result."""
        derivatives = {result: 1.0}
        for node in reversed(self.nodes):
            if node.symbol in derivatives:
                for operand, _, partial in node.partials:
                    more = derivatives[node.symbol] * partial
                    derivatives[operand] = derivatives.get(operand, 0.0) + more
        found = [
            Step(str(s), "", self.values[s], (), derivatives.get(s, 0.0), None)  #
            for s in arguments
        ]
        for node in self.nodes:
            if node.symbol in derivatives:
                partials = tuple((str(o), text_of(p), v) for o, p, v in node.partials)
                found.append(
                    Step(
                        str(node.symbol),
                        text_of(node.formula),
                        self.values[node.symbol],
                        partials,
                        derivatives[node.symbol],
                        node.line,
                    )
                )
        return tuple(found)
