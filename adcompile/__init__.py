"""adcompile: source-to-source automatic differentiation for Python and NumPy.

To read the code, follow the road of a function: `api` (what users call), `pipeline` (the passes in order),
`frontend` (source to graph), `ir` (the graph), `rules` (the calculus as a table), `passes` (graph to graph),
`backend` (graph to text).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .api import derivative, elementwise_grad, hessian, hvp, jacfwd, jacobian, jacrev, lower
from .checking import check_grads
from .checkpoints import checkpoint, checkpointed
from .errors import AdcompileError, ArgumentError, NoDerivative, SourceUnavailable, UnsupportedSyntax
from .objects import Derivative
from .products import grad, jvp, linearize, stop_gradient, value_and_grad, vjp

if TYPE_CHECKING:
    from .rules.rule import constant, general, linear, pointwise

__version__ = "0.1.0"

__all__ = [
    "AdcompileError", "ArgumentError", "Derivative", "NoDerivative", "SourceUnavailable", "UnsupportedSyntax",
    "check_grads", "checkpoint", "checkpointed", "constant", "derivative", "elementwise_grad", "general",
    "grad", "hessian", "hvp", "jacfwd", "jacobian", "jacrev", "jvp", "linear", "linearize", "lower",
    "pointwise", "stop_gradient", "value_and_grad", "vjp",
]  # fmt: skip

_RULES = ("constant", "general", "linear", "pointwise")
# what can be done with derivatives, beside making them; loaded when it is asked for
_TOOLS = ("calculus", "explore", "numerical", "optimize", "plot", "symbolic")


def __getattr__(name: str) -> Any:
    if name in _TOOLS:
        return importlib.import_module(f"{__name__}.{name}")
    # the calculus table is loaded when something is compiled, or when somebody adds to it
    if name not in _RULES:
        raise AttributeError(f"module 'adcompile' has no attribute {name!r}")
    from .rules import rule, tables  # noqa: F401

    return getattr(rule, name)
