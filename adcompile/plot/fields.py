"""Functions of two numbers: contours with gradients and trajectories, and how they bend at a point."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.patches import Ellipse

from ..calculus.variables import UNDEFINED, Box, Variables, box_of, point_of
from ..errors import ArgumentError
from ..leaves import Vector, flattened
from .canvas import ADJOINT, CURVE, MUTED, PALETTE, TANGENT, Sheet, sheet

_MARKERS = "osD^vP*"


def contour(
    f: Callable[..., Any], box: Any, *, paths: Any = None, arrows: int = 15, lengths: bool = False,
    levels: int = 16, points: int = 121,
) -> Sheet:  # fmt: skip
    """Contour lines, the field of gradients, and the paths of optimisers.

    Parameters
    ----------
    f : callable
        Of two numbers, or of one array of two.
    box : ((float, float), (float, float))
        What is shown: the ends of the first axis, and of the second.
    paths : mapping from str to path, or one path, optional
        A path is an array of shape (n, 2), a trajectory with such an array as its `points`, or a result of an
        optimiser that has one as its `trajectory`.
    arrows : int
        How many gradients to draw along each side; 0 for none.
    lengths : bool
        Whether arrows are as long as the gradients. By default all have one length, and the colour tells that
        of the gradient, on a logarithmic scale.
    levels, points : int
        How many contour lines, with as many samples between any two, and samples along each side.

    Returns
    -------
    Sheet
        A matplotlib figure.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> figure = contour(lambda x, y: x * x + 3 * y * y, ((-2, 2), (-1, 1)), arrows=5)
    >>> len(figure.axes[0].collections)
    2
    """
    area = box_of(f, box)
    if area.low.size != 2:
        raise ArgumentError("AD210", f"box={box!r}", None, "two pairs, for a function of two numbers")
    function = Variables(f, area.form)
    figure, (ax,) = sheet(size=(7.0, 5.6))
    _lines(ax, function, area, levels, points)
    if arrows:
        _arrows(ax, function, area, arrows, lengths)
    for k, (name, path) in enumerate(_named(paths).items()):
        _path(ax, name, path, k)
    if paths is not None:
        ax.legend(frameon=True, framealpha=0.9, edgecolor="none", fontsize=9)
    _frame(ax, function, area)
    sides = area.high - area.low
    if np.max(sides) <= 3.0 * np.min(sides):
        # in equal units gradients stand perpendicular on the contour lines, also for the eye
        ax.set_aspect("equal")
    return figure


def curvature_ellipse(f: Callable[..., Any], x: Any, box: Any = None) -> Sheet:
    """How a function bends at a point: the ellipse of its Hessian, on its contour lines.

    Along the principal axes the second derivative is an eigenvalue λ of the Hessian. The ellipse has the
    half-axes ``c / sqrt(abs(λ))``: to its rim, the function bends away from its tangent plane by the same
    amount in all directions (at a saddle, up along one axis and down along the other).

    Parameters
    ----------
    f : callable
        Of two numbers, or of one array of two.
    x : (float, float) or ndarray of shape (2,)
        The point, in the form in which `f` takes it.
    box : ((float, float), (float, float)), optional
        What is shown; by default 1.5 to all sides.

    Returns
    -------
    Sheet
        A matplotlib figure; the legend has the eigenvalues.

    Raises
    ------
    ArgumentError
        If the Hessian is singular there: along one of its axes the function does not bend at all.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> figure = curvature_ellipse(lambda x, y: x * x + 4 * y * y, (0.0, 0.0))
    >>> ellipse = figure.axes[0].patches[0]
    >>> float(round(ellipse.width / ellipse.height, 12))
    2.0
    """
    form = point_of(x)
    centre = flattened(form)
    if centre.size != 2:
        raise ArgumentError("AD210", f"x={x!r}", None, "a point of two numbers")
    box = [(c - 1.5, c + 1.5) for c in centre] if box is None else box
    low, high = np.asarray(box, dtype=float).T
    area = Box(low, high, form)
    function = Variables(f, form)
    values, vectors = np.linalg.eigh(function.hessian(centre))
    if np.min(np.abs(values)) <= 1e-12 * np.max(np.abs(values)):
        raise ArgumentError(
            "AD210",
            f"the Hessian is singular at the point: its eigenvalues are {values[0]:.6g} and {values[1]:.6g}",
            None,
            "a point where the function bends in both directions",
        )
    figure, (ax,) = sheet(size=(6.4, 5.6))
    _lines(ax, function, area, 16, 121)
    halves = 1.0 / np.sqrt(np.abs(values))
    halves *= 0.32 * np.min(high - low) / np.max(halves)
    angle = math.degrees(math.atan2(vectors[1, 0], vectors[0, 0]))
    style = {"facecolor": CURVE, "edgecolor": CURVE, "linewidth": 1.8, "alpha": 0.25}
    ax.add_patch(Ellipse(tuple(centre), 2 * halves[0], 2 * halves[1], angle=angle, **style))
    for value, vector, half, colour in zip(values, vectors.T, halves, (ADJOINT, TANGENT), strict=True):
        ends = np.array([centre - half * vector, centre + half * vector])
        label = f"λ = {value:.5g}".replace("-", "−")
        ax.plot(ends[:, 0], ends[:, 1], color=colour, linewidth=2.2, label=label)
    ax.plot(*centre, "o", color="black", markersize=5)
    kind = "minimum-like" if values[0] > 0 else "maximum-like" if values[1] < 0 else "saddle-like"
    ax.set_title(f"curvature at ({centre[0]:g}, {centre[1]:g}): {kind}")
    ax.legend(frameon=True, framealpha=0.9, edgecolor="none")
    _frame(ax, function, area)
    ax.set_aspect("equal")
    return figure


def _frame(ax: Any, function: Variables, area: Box) -> None:
    names = function.names
    ax.set(xlim=(area.low[0], area.high[0]), ylim=(area.low[1], area.high[1]))
    ax.set(xlabel=names[0], ylabel=names[1])


def _grid(area: Box, count: int, margin: float = 0.0) -> tuple[Vector, Vector]:
    spare = margin * (area.high - area.low)
    low, high = area.low + spare, area.high - spare
    return np.linspace(low[0], high[0], count), np.linspace(low[1], high[1], count)


def _lines(ax: Any, function: Variables, area: Box, levels: int, points: int) -> None:
    """Contour lines with as many samples between any two: valleys show as well as slopes."""
    xs, ys = _grid(area, points)
    with np.errstate(all="ignore"):
        values = np.array([[_or_nan(function, x, y) for x in xs] for y in ys])
    known = values[np.isfinite(values)]
    if not known.size:
        raise ArgumentError("AD210", "the function has no finite value in the box", None, "another box")
    heights = np.unique(np.quantile(known, np.linspace(0.0, 1.0, levels + 2)[1:-1]))
    ax.contour(xs, ys, values, levels=heights, cmap="Blues_r", linewidths=1.0, alpha=0.9)


def _or_nan(function: Variables, x: float, y: float) -> float:
    try:
        return function.value(np.array([x, y]))
    except UNDEFINED:
        return math.nan


def _arrows(ax: Any, function: Variables, area: Box, count: int, lengths: bool) -> None:
    xs, ys = _grid(area, count, 0.5 / count)
    places = list(itertools.product(xs, ys))
    found = []
    with np.errstate(all="ignore"):
        for place in places:
            try:
                found.append(function.gradient(np.array(place)))
            except UNDEFINED:
                found.append(np.full(2, math.nan))
    gradients = np.array(found)
    norms = np.hypot(*gradients.T)
    u, v = gradients.T if lengths else gradients.T / np.where(norms > 0, norms, 1.0)
    x, y = np.array(places).T
    options = {"angles": "xy", "width": 0.0032, "pivot": "mid", "alpha": 0.85}
    if lengths:
        ax.quiver(x, y, u, v, color=MUTED, **options)
        return
    with np.errstate(divide="ignore"):
        logs = np.log10(norms)
    ax.quiver(x, y, u, v, logs, cmap="YlOrBr", scale=count * 1.6, **options)


def _named(paths: Any) -> dict[str, Vector]:
    """Paths by name, as arrays."""
    if paths is None:
        return {}
    if isinstance(paths, Mapping):
        return {str(name): _points(path, str(name)) for name, path in paths.items()}
    several = isinstance(paths, Sequence) and len(paths) > 0 and np.ndim(_raw(paths[0])) == 2
    listed = list(paths) if several else [paths]
    names = [getattr(p, "method", None) or f"path {k + 1}" for k, p in enumerate(listed)]
    return {str(n): _points(p, str(n)) for n, p in zip(names, listed, strict=True)}


def _raw(path: Any) -> Any:
    path = getattr(path, "trajectory", path)
    return getattr(path, "points", path)


def _points(path: Any, name: str) -> Vector:
    found = np.asarray(_raw(path), dtype=float)
    if found.ndim != 2 or found.shape[1] != 2:
        raise ArgumentError("AD210", f"{name} has the shape {found.shape}", None, "the shape (n, 2)")
    return found


def _path(ax: Any, name: str, path: Vector, k: int) -> None:
    colour = PALETTE[k % len(PALETTE)]
    style = {"color": colour, "linewidth": 1.5, "label": f"{name}, {len(path) - 1} steps"}
    # the points of a long path would hide its line
    marks = {"marker": _MARKERS[k % len(_MARKERS)], "markersize": 3.5, "markevery": max(len(path) // 40, 1)}
    ax.plot(path[:, 0], path[:, 1], "-", **style, **marks)
    ax.plot(*path[-1], marker="X", color=colour, markersize=9, markeredgecolor="white")
