"""Histograms: counts are constant wherever they have a derivative, sums of weights are linear in the weights.

Edges between the least and the greatest element move with these two; which of several equal ones is meant
nobody can tell, so they share the adjoint.
"""

from __future__ import annotations

from typing import Any

from ..ir.nodes import Arg
from ..ir.types import Array, Scalar, Type, dtype_of, shape_of
from .facts import Facts
from .results import is_none
from .rule import composite, general, linear
from .typing import size_argument, some_length, typ, with_shape


def _counts_type(a: Arg, bins: Arg, range: Arg, weights: Arg) -> Type:
    return Array("int64" if is_none(weights) else dtype_of(typ(weights)), (_number(bins),))


def _edges_type(a: Arg, bins: Arg, range: Arg) -> Type:
    t = typ(bins)
    return Array(dtype_of(t), shape_of(t)) if isinstance(t, Array) else Array(None, (None,))


def _number(bins: Arg) -> Any:
    return size_argument(bins) if isinstance(typ(bins), Scalar) else None


def _read_type(c: Arg, a: Arg, bins: Arg, range: Arg) -> Type:
    return with_shape(dtype_of(typ(c)), shape_of(typ(a)))


def _histogram(density: Any) -> str:
    counts, edges = "histogram_of(a, bins, range, weights)", "histogram_edges(a, bins, range)"
    if density:
        return f"({counts} / np.diff({edges}) / np.sum({counts}), {edges})"
    return f"({counts}, {edges})"


composite("np.histogram(a, bins=10, range=None, density=None, weights=None)", _histogram, static=("density",))
linear(
    "histogram_of(a, bins, range, weights)",
    "histogram_read(z_bar, a, bins, range)",
    wrt=("weights",),
    constant=True,
    types=_counts_type,
    decisive=("a",),
)
linear(
    "histogram_read(c, a, bins, range)",
    "histogram_of(a, bins, range, z_bar)",
    wrt=("c",),
    constant=True,
    types=_read_type,
)


def _bins_type(x: Arg, weights: Arg, minlength: Arg) -> Type:
    return Array("int64" if is_none(weights) else "float64", (some_length(),))


linear(
    "np.bincount(x, weights=None, minlength=0)",
    lambda x: "z_bar[np.asarray(x)]" if isinstance(x, (list, tuple)) else "z_bar[x]",
    wrt=("weights",),
    types=_bins_type,
    constant=True,
    decisive=("x",),
)

# -- edges ---------------------------------------------------------------------------------------------------


def _follow(bins: Any, range: Any) -> bool:
    """Whether the edges lie between the least and the greatest element."""
    counted = isinstance(bins, int) or (isinstance(bins, Facts) and isinstance(bins.type, Scalar))
    return counted and range is None


def _edges_pullback(bins: Any, range: Any) -> str:
    if not _follow(bins, range):
        return "zeros_of(a)"
    low, high = (
        f"np.sum(z_bar * np.linspace({ends}, bins + 1)) * ({hit}) / np.sum({hit})"
        for ends, hit in (("1.0, 0.0", "a == np.min(a)"), ("0.0, 1.0", "a == np.max(a)"))
    )
    return f"{low} + {high}"


def _edges_pushforward(bins: Any, range: Any) -> str:
    if not _follow(bins, range):
        return "np.zeros_like(z)"
    low, high = (
        f"np.linspace({ends}, bins + 1) * (np.sum(a_dot * ({hit})) / np.sum({hit}))"
        for ends, hit in (("1.0, 0.0", "a == np.min(a)"), ("0.0, 1.0", "a == np.max(a)"))
    )
    return f"{low} + {high}"


general(
    "histogram_edges(a, bins, range)",
    pullbacks={"a": _edges_pullback},
    pushforwards={"a": _edges_pushforward},
    types=_edges_type,
)
