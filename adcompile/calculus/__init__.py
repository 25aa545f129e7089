"""What derivatives tell of a function: its critical points, tangents, Taylor polynomials, implicit curves.

To read the code: `variables` (how a function takes its numbers), then any of `critical` with `roots`,
`newton` and `classify`, `minimum`, `tangents`, `taylor`, `implicit`, `curves`. All derivatives are those of
`adcompile`: nothing here is approximated but where its docstring says so.
"""

from __future__ import annotations

from .critical import CriticalPoint, CriticalPoints, find_critical_points
from .curves import Concavity, Curvature, MeanValue, concavity, curvature, mean_value_points
from .implicit import RelatedRates, implicit_derivative, related_rates
from .minimum import Minimum, find_min
from .tangents import TangentLine, TangentPlane, tangent_line, tangent_plane
from .taylor import Remainder, TaylorModel, TaylorPolynomial, taylor

__all__ = [
    "Concavity", "CriticalPoint", "CriticalPoints", "Curvature", "MeanValue", "Minimum", "RelatedRates",
    "Remainder", "TangentLine", "TangentPlane", "TaylorModel", "TaylorPolynomial", "concavity", "curvature",
    "find_critical_points", "find_min", "implicit_derivative", "mean_value_points", "related_rates",
    "tangent_line", "tangent_plane", "taylor",
]  # fmt: skip
