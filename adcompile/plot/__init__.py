"""Pictures of derivatives, with matplotlib: ``pip install 'adcompile[plot]'``.

Each function takes a plain function, differentiates it by the public API, and returns a matplotlib figure.
The road: `canvas` makes figures and samples functions; `curves` draws functions of one number, `fields` those
of two, `errors` the errors of numerical derivatives, and `graphs` the computation graph with its numbers,
which are those of `adcompile.explore`.
"""

from __future__ import annotations

from .canvas import Sheet
from .curves import derivatives, secants, tangent
from .errors import step_errors
from .fields import contour, curvature_ellipse
from .graphs import trace

__all__ = [
    "Sheet", "contour", "curvature_ellipse", "derivatives", "secants", "step_errors", "tangent", "trace",
]  # fmt: skip
