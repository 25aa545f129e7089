"""Figures, colours and samples that all pictures share.

In: sizes, functions, points. Out: figures with empty axes, and arrays to draw. Not for what is drawn.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..calculus.variables import UNDEFINED, name_of, number
from ..errors import ArgumentError
from ..leaves import Vector

try:
    from matplotlib import pyplot
    from matplotlib.figure import Figure
    from matplotlib.widgets import Slider
except ImportError as missing:
    raise ImportError("adcompile.plot needs matplotlib: pip install 'adcompile[plot]'") from missing

CURVE, TANGENT, ADJOINT, MUTED, PALE = "#1f4fb8", "#0b7265", "#b0480b", "#576573", "#c3ccd6"
# for several lines in one picture: told apart also by those who do not tell red from green
PALETTE = ("#b0480b", "#0b7265", "#7a35c9", "#1f4fb8", "#9a7b00", "#c2185b", "#37474f")
SAMPLES = 401


class Sheet(Figure):
    """A figure that keeps its slider alive, if it has one."""

    slider: Slider | None = None


def sheet(rows: int = 1, size: tuple[float, float] = (7.0, 4.6), **options: Any) -> tuple[Sheet, list[Any]]:
    """A figure and its axes, one below the other, known to pyplot."""
    figure: Any = pyplot.figure(FigureClass=Sheet, figsize=size, layout="constrained")
    axes = np.atleast_1d(figure.subplots(rows, 1, **options)).tolist()
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(True, color=PALE, alpha=0.45, linewidth=0.7)
        ax.set_axisbelow(True)
    return figure, axes


def interval_of(interval: Any, x: float | None = None) -> tuple[float, float]:
    """The ends of an interval; by default a neighbourhood of x."""
    if interval is None and x is not None:
        reach = 2.0 * max(1.0, abs(x))
        return x - reach, x + reach
    try:
        low, high = (number(end, "the interval") for end in interval)
    except (TypeError, ValueError):
        raise ArgumentError("AD210", f"interval={interval!r}", None, "a pair (low, high)") from None
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ArgumentError("AD210", f"interval={interval!r}", None, "finite ends, the lower one first")
    return low, high


def sampled(f: Callable[[float], Any], xs: Sequence[float] | Vector) -> Vector:
    """A function of one number at many; NaN where it is not defined."""
    with np.errstate(all="ignore"):
        return np.array([_or_nan(f, float(x)) for x in xs])


def _or_nan(f: Callable[[float], Any], x: float) -> float:
    try:
        return float(f(x))
    except UNDEFINED:
        return float("nan")


def parameter_of(f: Any) -> str:
    """What the first argument of a function is called."""
    try:
        return next(iter(inspect.signature(f).parameters), "x")
    except (TypeError, ValueError):
        return "x"


def label_of(f: Any, order: int = 0) -> str:
    """A function, or a derivative of it, as one writes it."""
    primes = "′" * order if order <= 3 else f"⁽{order}⁾"
    name = name_of(f)
    return f"{'f' if name == '<lambda>' else name}{primes}({parameter_of(f)})"
