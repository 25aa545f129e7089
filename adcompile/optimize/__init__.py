"""Minimisation by compiled derivatives.

`minimize` runs the textbook methods on functions of parameters in containers, and keeps the whole trajectory:
the tool to learn, compare and adapt with. `scipy_minimize`, `scipy_least_squares` and `scipy_root` hand
the derivatives to SciPy's solvers: the tool for everything that SciPy does well. `find_min` and
`find_critical_points`, which need a box and no start, are those of `adcompile.calculus`.

To read the code: `minimize` (where it starts), `running` (the loop that all methods share), `rules` (the
first-order methods as a table), `first_order`, `newton`, `least_squares` and `spsa` (the methods),
`line_search`, `schedules`, `problem` (the function on vectors), `results`, `scipy`.
"""

from __future__ import annotations

from ..calculus import find_critical_points, find_min
from .line_search import armijo, wolfe
from .methods import METHODS
from .minimize import minimize
from .problem import Evaluations
from .results import NotFinite, Result, State, Stop, Trajectory
from .rules import RULES, Rule, rule
from .schedules import Schedule, constant, cosine, exponential, inverse_time, step
from .scipy import scipy_least_squares, scipy_minimize, scipy_root

__all__ = [
    "METHODS", "RULES", "Evaluations", "NotFinite", "Result", "Rule", "Schedule", "State", "Stop",
    "Trajectory", "armijo", "constant", "cosine", "exponential", "find_critical_points",
    "find_min", "inverse_time", "minimize", "rule",
    "scipy_least_squares", "scipy_minimize", "scipy_root", "step", "wolfe",
]  # fmt: skip
