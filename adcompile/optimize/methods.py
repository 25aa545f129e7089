"""The methods of minimisation by name, each with what it can be told and what to try when it fails."""

from __future__ import annotations

from .first_order import by_rule
from .least_squares import gauss_newton, levenberg_marquardt
from .method import Method
from .newton import damped_newton, newton, trust_region
from .problem import LeastSquares, Problem
from .rules import RULES
from .spsa import spsa

__all__ = ["METHODS"]

_NOTHING: frozenset[str] = frozenset()
_SEARCH = frozenset({"line_search"})
_EXACT = {"cg_tolerance": 1e-10}
_RADII = {"radius": 1.0, "max_radius": 1e10}
_DAMPING = {"damping": 1e-3}
_DAMPED = "method='damped-newton', which shortens steps, or another x0"
_START = "another x0"
_MARQUARDT = "method='levenberg-marquardt' or line_search='armijo', which shorten steps, or another x0"
_GAINS = "smaller gains: a, or a learning_rate"

_SECOND_ORDER = (
    #      name                   run                  defaults        takes     kind          advice
    Method("newton",              newton,              _EXACT,         _NOTHING, Problem,      _DAMPED),
    Method("damped-newton",       damped_newton,       {},             _SEARCH,  Problem,      _START),
    Method("trust-region",        trust_region,        _RADII,         _NOTHING, Problem,      _START),
    Method("gauss-newton",        gauss_newton,        {},             _SEARCH,  LeastSquares, _MARQUARDT),
    Method("levenberg-marquardt", levenberg_marquardt, _DAMPING,       _NOTHING, LeastSquares, _START),
)  # fmt: skip

_WITHOUT_DERIVATIVES = Method(
    "spsa",
    spsa,
    {"a": 0.1, "c": 0.1, "alpha": 0.602, "gamma": 0.101},
    frozenset({"learning_rate"}),
    Problem,
    _GAINS,
    estimates=True,
)

METHODS = {
    method.name: method for method in (*map(by_rule, RULES.values()), *_SECOND_ORDER, _WITHOUT_DERIVATIVES)
}
