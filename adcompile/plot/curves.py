"""Functions of one number: with a tangent that a slider moves, with their derivatives, with secants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.widgets import Slider

from .. import api, products
from ..calculus.variables import is_whole, number
from ..errors import ArgumentError
from .canvas import (
    ADJOINT,
    CURVE,
    MUTED,
    PALETTE,
    SAMPLES,
    TANGENT,
    Sheet,
    interval_of,
    label_of,
    parameter_of,
    sampled,
    sheet,
)


def tangent(f: Callable[[float], Any], x: float, interval: Any = None, *, slider: bool = True) -> Sheet:
    """A function and its tangent, which a slider moves.

    Parameters
    ----------
    f : callable
        From a float to a float.
    x : float
        Where the line touches at first.
    interval : (float, float), optional
        What is shown; by default twice as far as 1 or abs(x) to both sides.
    slider : bool
        Whether there is a slider; without, the figure is for paper.

    Returns
    -------
    Sheet
        A matplotlib figure. Its `slider` is the slider, which lives as long as the figure does.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> figure = tangent(lambda x: x * x, 1.5)
    >>> figure.slider.set_val(2.0)
    >>> figure.axes[0].get_title()
    'slope 4 at x = 2'
    """
    x = number(x, "the point")
    low, high = interval_of(interval, x)
    both = products.value_and_grad(f)
    figure, (ax,) = sheet()
    xs = np.linspace(low, high, SAMPLES)
    ax.plot(xs, sampled(f, xs), color=CURVE, label=label_of(f))
    (line,) = ax.plot([], [], color=TANGENT, label="tangent")
    (dot,) = ax.plot([], [], "o", color=ADJOINT)
    ax.set_xlim(low, high)
    # the curve decides how much is shown, and the tangent does not
    ax.set_ylim(ax.get_ylim())
    ax.set(xlabel=parameter_of(f), ylabel=label_of(f))

    def touch(at: float) -> None:
        value, slope = (float(v) for v in both(float(at)))
        ends = np.array([low, high])
        line.set_data(ends, value + slope * (ends - at))
        dot.set_data([at], [value])
        ax.set_title(f"slope {slope:.6g} at {parameter_of(f)} = {at:.6g}")

    touch(x)
    ax.legend(frameon=False)
    if slider:
        place = figure.add_axes((0.15, 0.02, 0.7, 0.04))
        layout: Any = figure.get_layout_engine()
        layout.set(rect=(0.0, 0.08, 1.0, 0.92))
        figure.slider = Slider(place, parameter_of(f), low, high, valinit=x, color=TANGENT)
        figure.slider.on_changed(touch)
        figure.slider.on_changed(lambda at: figure.canvas.draw_idle())
    return figure


def derivatives(f: Callable[[float], Any], interval: Any, *, order: int = 2, x: float | None = None) -> Sheet:
    """A function with its derivatives under it, up to an order, on the same axis.

    Parameters
    ----------
    f : callable
        From a float to a float.
    interval : (float, float)
        What is shown.
    order : int
        The highest derivative.
    x : float, optional
        A point to mark in all of them.

    Returns
    -------
    Sheet
        A matplotlib figure with ``order + 1`` axes.
    """
    if not is_whole(order) or order < 1:
        raise ArgumentError("AD210", f"order={order!r}", None, "a whole number from 1")
    low, high = interval_of(interval)
    xs = np.linspace(low, high, SAMPLES)
    figure, axes = sheet(order + 1, (7.0, 1.2 + 1.75 * (order + 1)), sharex=True)
    for n, ax in enumerate(axes):
        g = f if n == 0 else api.derivative(f, n)
        ax.axhline(0.0, color=MUTED, linewidth=0.8)
        ax.plot(xs, sampled(g, xs), color=CURVE if n == 0 else PALETTE[(n - 1) % len(PALETTE)])
        ax.set_ylabel(label_of(f, n))
        if x is not None:
            ax.axvline(x, color=MUTED, linewidth=0.8, linestyle=":")
            ax.plot([x], [float(g(float(x)))], "o", color=ADJOINT)
    axes[-1].set_xlim(low, high)
    axes[-1].set_xlabel(parameter_of(f))
    return figure


def secants(
    f: Callable[[float], Any], x: float, steps: Sequence[float] = (2.0, 1.0, 0.5, 0.1), interval: Any = None
) -> Sheet:
    """Secants through x and x + h that close on the tangent as h becomes small.

    Parameters
    ----------
    f : callable
        From a float to a float.
    x : float
        Where the tangent touches.
    steps : sequence of float
        The values of h, which may be negative.
    interval : (float, float), optional
        What is shown; by default twice as far as 1 or abs(x) to both sides.

    Returns
    -------
    Sheet
        A matplotlib figure; the legend has the slope of each line.
    """
    x = number(x, "the point")
    hs = [number(h, "a step") for h in steps]
    if 0.0 in hs or not hs:
        raise ArgumentError("AD210", f"steps={tuple(steps)!r}", None, "at least one step, and none of them 0")
    low, high = interval_of(interval, x)
    xs = np.linspace(low, high, SAMPLES)
    figure, (ax,) = sheet()
    ax.plot(xs, sampled(f, xs), color=CURVE, label=label_of(f))
    ax.set_xlim(low, high)
    ax.set_ylim(ax.get_ylim())
    value, slope = (float(v) for v in products.value_and_grad(f)(x))
    ends = np.array([low, high])
    for k, h in enumerate(hs):
        there = float(f(x + h))
        quotient = (there - value) / h
        shade = 0.3 + 0.55 * (k + 1) / len(hs)
        text = f"h = {h:g}: slope {quotient:.5g}"
        ax.plot(ends, value + quotient * (ends - x), color=ADJOINT, alpha=shade, linewidth=1.2, label=text)
        ax.plot([x + h], [there], "o", color=ADJOINT, alpha=shade, markersize=5)
    line = value + slope * (ends - x)
    ax.plot(ends, line, color=TANGENT, linewidth=2.2, label=f"tangent: slope {slope:.5g}")
    ax.plot([x], [value], "o", color=TANGENT)
    ax.set(xlabel=parameter_of(f), ylabel=label_of(f))
    ax.legend(frameon=False, fontsize=9)
    return figure
