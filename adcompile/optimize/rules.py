"""The update rules of the first-order methods, as a table.

A row has the rule's name, its usual learning rate, what it can be told with defaults, and the updates that an
iteration makes, in order, as Python: each assigns to a quantity of the rule, which starts at 0, or to the
parameters `x`. An update may name the gradient `g` at x, the learning rate `rate`, the number `k` of the
iteration, counted from 1, what the rule can be told, its quantities, as far as updated, and `sqrt`, `abs` and
`maximum`. All of them act on each parameter by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any

import numpy as np

from adcompile.errors import ArgumentError
from adcompile.leaves import Vector

__all__ = ["RULES", "Rule", "rule"]

_FUNCTIONS = {"__builtins__": {}, "sqrt": np.sqrt, "abs": np.abs, "maximum": np.maximum}


@dataclass(frozen=True)
class Rule:
    """A first-order method: what one iteration does to the parameters.

    Attributes
    ----------
    name : str
    rate : float
        The learning rate, where the user gives none.
    defaults : mapping of str to float
        What the rule can be told.
    updates : mapping of str to str
        For each quantity, in order, its new value as Python; the last is that of `x`.
    """

    name: str
    rate: float
    defaults: Mapping[str, float]
    updates: Mapping[str, str]

    def __post_init__(self) -> None:
        if list(self.updates)[-1:] != ["x"]:
            raise ArgumentError(
                "AD210", f"the updates of {self.name!r} do not end in x", None, "x='...' as the last"
            )

    def compiled(self) -> list[tuple[str, CodeType]]:
        """The updates as code."""
        return [(name, compile(text, f"<{self.name}>", "eval")) for name, text in self.updates.items()]

    def __str__(self) -> str:
        return "\n".join([f"{self.name}:", *(f"    {name} = {text}" for name, text in self.updates.items())])


def rule(name: str, rate: float, defaults: Mapping[str, float] | None = None, **updates: str) -> Rule:
    """A first-order method by its updates, for `minimize`.

    Parameters
    ----------
    name : str
        How results call it.
    rate : float
        The learning rate, where the user gives none.
    defaults : mapping of str to float, optional
        What the rule can be told, by keywords of `minimize`.
    **updates : str
        For each quantity its new value, in order; the last is `x`. See the module for what they may name.

    Examples
    --------
    AdaGrad (Duchi, Hazan & Singer, 2011):

    >>> from adcompile import optimize
    >>> adagrad = optimize.rule("adagrad", 0.5, s="s + g**2", x="x - rate * g / (sqrt(s) + 1e-10)")
    >>> optimize.minimize(lambda x: (x - 3.0) ** 2, 0.0, method=adagrad, max_iterations=200).success
    True
    """
    return Rule(name, rate, dict(defaults or {}), updates)


class Updating:
    """A rule at work: its quantities, from one iteration to the next."""

    def __init__(self, rule: Rule, options: Mapping[str, float], size: int) -> None:
        self._code = rule.compiled()
        self._options = options
        self._quantities: dict[str, Any] = {name: np.zeros(size) for name in rule.updates if name != "x"}

    def step(self, x: Vector, gradient: Vector, rate: float, k: int) -> Vector:
        """The parameters after iteration k."""
        names = {**self._options, **self._quantities, "x": x, "g": gradient, "rate": rate, "k": k}
        for name, code in self._code:
            names[name] = eval(code, dict(_FUNCTIONS), names)
        self._quantities = {name: names[name] for name in self._quantities}
        return np.asarray(names["x"], dtype=float)


_RULES = (
    # Cauchy, 1847
    rule("gradient-descent", 0.01,
         x="x - rate * g"),
    # the same on minibatches: Robbins & Monro, 1951
    rule("sgd", 0.01,
         x="x - rate * g"),
    # Polyak, "Some methods of speeding up the convergence of iteration methods", 1964
    rule("momentum", 0.01, {"momentum": 0.9},
         v="momentum * v - rate * g",
         x="x + v"),
    # Nesterov, 1983, as Bengio, Boulanger-Lewandowski & Pascanu, 2013, eq. 7 write it: x is the point ahead,
    # where the gradient is taken
    rule("nesterov", 0.01, {"momentum": 0.9},
         v="momentum * v - rate * g",
         x="x + momentum * v - rate * g"),
    # Tieleman & Hinton, "Lecture 6.5: RMSProp", 2012
    rule("rmsprop", 0.001, {"decay": 0.9, "epsilon": 1e-8},
         s="decay * s + (1 - decay) * g**2",
         x="x - rate * g / (sqrt(s) + epsilon)"),
    # Kingma & Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1
    rule("adam", 0.001, {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
         m="beta1 * m + (1 - beta1) * g",
         v="beta2 * v + (1 - beta2) * g**2",
         x="x - rate * (m / (1 - beta1**k)) / (sqrt(v / (1 - beta2**k)) + epsilon)"),
)  # fmt: skip

RULES = {row.name: row for row in _RULES}
