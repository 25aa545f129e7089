"""The computation graph with its numbers, forwards and backwards: what a lesson puts into a table.

The numbers are those of `adcompile.explore`, which looks at the compiled derivatives while they run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from matplotlib import pyplot
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path

from ..errors import ArgumentError
from ..explore.data import short
from ..explore.drawing import arrangement, midpoint
from ..explore.graph import Chart, GraphEdge, chart
from ..explore.watching import Observed, observe
from ..ir.draw import Node
from ..ir.layout import Edge, Group, Panel
from .canvas import ADJOINT, CURVE, MUTED, PALE, TANGENT, Sheet

_INCH = 76.0  # points of the layout to one inch
_MODES = ("forward", "reverse", "both")
_ROWS = (("value", CURVE), ("tangent", TANGENT), ("adjoint", ADJOINT))


def trace(
    f: Callable[..., Any], *args: Any, mode: str = "both",
    argnums: int | str | Sequence[int | str] | None = None, along: str | None = None,
    outputs: int | str | Sequence[int | str] | None = None, **keywords: Any,
) -> Sheet:  # fmt: skip
    """The computation graph of a function at a point, with the traces of forward and reverse mode.

    Parameters
    ----------
    f : callable
        The function.
    *args, **keywords
        The point: what `f` is called with.
    mode : {"both", "forward", "reverse"}
        What each box shows beside its value: the tangent, the adjoint, or both.
    argnums : int, str or sequence of them, optional
        What to differentiate by; by default every argument that is a floating-point number, and if there is
        none the first that holds such numbers.
    along : str, optional
        The argument that moves, for the tangents; by default the first.
    outputs : int, str or sequence of them, optional
        The arguments that hold the results after the call, for a function that writes into them; "return"
        stands for what is returned.

    Returns
    -------
    Sheet
        A matplotlib figure: boxes with numbers, and edges with partial derivatives. Loops and branches are
        frames, with the numbers of their last iteration.

    Raises
    ------
    AdcompileError
        If the function cannot be differentiated.

    Examples
    --------
    >>> import matplotlib
    >>> import numpy as np
    >>> matplotlib.use("agg")
    >>> def f(x1, x2):
    ...     return np.sin(x1) + x1 * x2
    >>> figure = trace(f, 1.5, 0.5)
    >>> texts = [text.get_text() for text in figure.axes[0].texts]
    >>> "sin_x1 = np.sin(x1)" in texts and "×0.0707372" in texts
    True
    """
    if mode not in _MODES:
        raise ArgumentError("AD210", f"mode={mode!r}", None, " or ".join(map(repr, _MODES)))
    seen = observe(f, args, keywords, argnums, outputs)
    directions = list(seen.tangents)
    direction = directions[0] if along is None and directions else along
    if direction not in seen.tangents:
        raise ArgumentError("AD210", f"along={along!r}", None, " or ".join(map(repr, directions)))
    drawn = chart(seen)
    rows = [r for r in _ROWS if mode == "both" or r[0] != ("adjoint" if mode == "forward" else "tangent")]
    panel = arrangement(seen, drawn, len(rows))
    size = (panel.width / _INCH, panel.height / _INCH + 0.5)
    figure: Any = pyplot.figure(FigureClass=Sheet, figsize=size, layout="constrained")
    ax = figure.add_subplot()
    ax.set(xlim=(0, panel.width), ylim=(panel.height, 0), aspect="equal")
    ax.axis("off")
    _Picture(ax, seen, drawn, direction, rows).panel(panel)
    title = f"{seen.function.name}: {'' if mode == 'both' else mode + ' trace, '}tangents along {direction}"
    ax.set_title(title if mode != "reverse" else f"{seen.function.name}: reverse trace", fontsize=11)
    return figure  # type: ignore[no-any-return]


class _Picture:
    """Draws the boxes and edges of a laid-out graph on axes."""

    def __init__(
        self, ax: Any, seen: Observed, drawn: Chart, direction: str, rows: Sequence[tuple[str, str]]
    ) -> None:
        self.ax = ax
        self.seen = seen
        self.rows = rows
        self.nodes = {node.number: node for node in drawn.nodes}
        self.edges = {(edge.source, edge.target): edge for edge in drawn.edges}
        self.histories = {
            "value": seen.values, "tangent": seen.tangents[direction], "adjoint": seen.adjoints,
        }  # fmt: skip
        last: dict[int, Any] = {}
        for loop in drawn.loops.values():
            if loop.at:
                last[loop.number] = loop.at[-1]
        self.last = last

    def panel(self, panel: Panel) -> None:
        for item in [*panel.first, *panel.items, *panel.last]:
            if isinstance(item, Group):
                self._group(item)
            elif isinstance(item, Node):
                self._box(item)
        for edge in panel.edges:
            self._edge(edge)

    def _group(self, group: Group) -> None:
        self._frame(group.x, group.y, group.width, group.height, "#50647818", PALE)
        self.ax.text(group.x + 10, group.y + 16, group.title, fontsize=8, color=MUTED, family="monospace")
        for panel in group.panels:
            if panel.title:
                self.ax.text(panel.x + 10, panel.y + 16, panel.title, fontsize=7, color=MUTED)
            self.panel(panel)
        for box in group.outs:
            if isinstance(box, Node):
                self._box(box)
        for edge in group.edges:
            self._edge(edge)

    def _frame(self, x: float, y: float, width: float, height: float, face: str, edge: str) -> None:
        style = "round,pad=0,rounding_size=7"
        box = FancyBboxPatch((x, y), width, height, boxstyle=style, facecolor=face, edgecolor=edge, zorder=2)
        self.ax.add_patch(box)

    def _numbers(self, node: Node) -> list[int]:
        return [self.seen.numbers[v] for v in node.values if v in self.seen.numbers]

    def _box(self, node: Node) -> None:
        faces = {"input": "#e8f0fc", "result": "#e6f5ea", "captured": "#ffffff"}
        self._frame(node.x, node.y, node.width, node.height, faces.get(node.kind, "#ffffff"), "#9aa8b6")
        middle = node.x + node.width / 2
        weight = "normal" if node.kind == "captured" else "bold"
        style = {"fontsize": 8, "family": "monospace", "zorder": 4}
        self.ax.text(middle, node.y + 16, node.label, ha="center", weight=weight, **style)
        numbers = self._numbers(node)
        if node.kind in ("captured", "result") or not numbers:
            return
        for k, (name, colour) in enumerate(self.rows if self.nodes[numbers[0]].active else self.rows[:1]):
            y = node.y + 33 + 15 * k
            self.ax.text(node.x + 9, y, name, fontsize=6.5, color=MUTED, zorder=4)
            shown = self._shown(numbers[0], name)
            self.ax.text(node.x + node.width - 9, y, shown, ha="right", color=colour, **style)

    def _at(self, number: int) -> Any:
        loops = self.nodes[number].loops
        return self.last.get(loops[-1]) if loops else ()

    def _shown(self, number: int, kind: str) -> str:
        at = self._at(number)
        if at is None or (number, at) not in self.seen.values:
            return ""
        return short(self.histories[kind].get((number, at), 0.0)).replace("-", "−")

    def _edge(self, edge: Edge) -> None:
        points = list(edge.path)
        codes, vertices = [Path.MOVETO], [points[0]]
        for k, (point, before) in enumerate(zip(points[1:], points, strict=False)):
            if k % 2 == 0:
                codes.append(Path.LINETO)
                vertices.append(point)
                continue
            bend = (point[1] - before[1]) / 2
            codes += [Path.CURVE4] * 3
            vertices += [(before[0], before[1] + bend), (point[0], point[1] - bend), point]
        line = PathPatch(Path(vertices, codes), facecolor="none", edgecolor="#8a98a6", linewidth=1, zorder=1)
        self.ax.add_patch(line)
        if isinstance(edge.target, Node) or edge.enters:
            x, y = points[-1]
            head = Polygon([(x, y), (x - 3.5, y - 7), (x + 3.5, y - 7)], facecolor="#8a98a6", zorder=3)
            self.ax.add_patch(head)
        known = self._joined(edge)
        partial = None if known is None else known.partials.get(self._at(known.target))
        if known is not None and known.kind == "rule" and partial is not None:
            x, y = midpoint(edge.path)
            text = f"×{short(partial)}".replace("-", "−")
            halo = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
            self.ax.text(x, y, text, fontsize=7, color=MUTED, ha="center", va="center", bbox=halo, zorder=3)

    def _joined(self, edge: Edge) -> GraphEdge | None:
        ends = [self._numbers(end) if isinstance(end, Node) else [] for end in (edge.source, edge.target)]
        return self.edges.get((ends[0][0], ends[1][0])) if all(ends) else None
