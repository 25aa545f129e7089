"""Derivatives by calling a function: what one has without a compiler, and what to check a compiler by.

To read the code: `extrapolation` and `formulas` (the mathematics on one line), `points` (a function and its
argument in containers), `guard` (numbers that complex steps may not take), `lines` and `complexstep`
(derivatives along lines), then `first`, `second` and `study`; for noisy functions `regression` and `spsa`.
"""

from __future__ import annotations

from .first import derivative, directional_derivative, gradient, jacobian
from .regression import ConditionWarning, RegressionGradient, regression_gradient
from .results import NumericalDerivative
from .second import hessian
from .spsa import SpsaGradient, spsa_gradient
from .study import StepStudy, step_study

__all__ = [
    "ConditionWarning", "NumericalDerivative", "RegressionGradient", "SpsaGradient", "StepStudy",
    "derivative", "directional_derivative", "gradient", "hessian", "jacobian", "regression_gradient",
    "spsa_gradient", "step_study",
]  # fmt: skip
