"""Derivatives by calling a function: what one has without a compiler, and what to check a compiler by.

To read the code: `extrapolation` and `formulas` (the mathematics on one line), `points` (a function and its
argument in containers), `lines` and `complexstep` (derivatives along lines), then `first`, `second` and
`study`; for noisy functions `regression` and `spsa`.
"""

from __future__ import annotations

from .first import derivative, directional_derivative, gradient, jacobian
from .results import NumericalDerivative
from .second import hessian

__all__ = [
    "NumericalDerivative", "derivative", "directional_derivative", "gradient", "hessian", "jacobian",
]  # fmt: skip
