"""The picture of an observed graph, as SVG that a page fills with numbers.

In: `Observed` and its `Chart`. Out: SVG text: a group `node` for each box, with its number in `data-node` and
room for a value, a tangent and an adjoint; paths with the numbers of the nodes that they join. Colours are
the page's. Not for layout: that is `ir.layout`.
"""

from __future__ import annotations

import functools
import html
from collections.abc import Mapping
from typing import Any

from ..ir.draw import Frame, Node, SceneBuilder, edge_paths, read_values
from ..ir.draw import node as plain_node
from ..ir.layout import MARGIN, Box, Edge, Group, Panel, place
from ..ir.nodes import Value
from ..ir.types import Scalar
from .graph import Chart
from .watching import Observed

_ROW = 15.0
_HEAD = 22.0
# room for a number, and for the first items of an array
_WIDTH, _WIDE = 158.0, 208.0
# graphs with more statements than this have no edges that pass more than so many of them
_LARGE, _FAR = 100, 8
ROWS = ("value", "tangent", "adjoint")


def arrangement(seen: Observed, drawn: Chart, rows: int = len(ROWS)) -> Panel:
    """Boxes with room for so many numbers, laid out."""
    block = seen.function.body
    assert block is not None
    numbers = {n.value: rows if n.active else 1 for n in drawn.nodes}
    node = functools.partial(_node, numbers)
    panel = SceneBuilder(drawn.names, seen.function.loc, read_values(block), node).function(block)
    if len(panel.items) > _LARGE:
        _name_from_afar(panel)
    place(panel, 0.0, 0.0)
    return panel


def _name_from_afar(panel: Panel) -> None:
    """In a large graph, let a small box beside the reader stand for what was computed long before."""
    at: dict[Box | Group, int] = {item: k for k, item in enumerate(panel.items)}
    items: dict[Box | Group, list[Box | Group]] = {item: [item] for item in panel.items}
    for edge in panel.edges:
        source, reader = edge.source, edge.target
        if reader in at and isinstance(source, Node) and at[reader] - at.get(source, -1) > _FAR:
            name = source.label.partition(" = ")[0].partition(" ← ")[0]
            edge.source = plain_node("captured", name, "", source.tooltip, source.values)
            items[reader].insert(0, edge.source)
    panel.items = [item for group in items.values() for item in group]


def picture(seen: Observed, drawn: Chart) -> str:
    """The SVG element of a graph."""
    panel = arrangement(seen, drawn)
    drawing = _Drawing(seen.numbers)
    drawing.panel(panel)
    w, h = f"{panel.width + MARGIN:.0f}", f"{panel.height + MARGIN:.0f}"
    body = "\n".join([*drawing.frames, *drawing.edges, *drawing.boxes])
    label = html.escape(f"Computation graph of {seen.function.name}")
    size = f'width="{w}" height="{h}" viewBox="0 0 {w} {h}"'
    return f'<svg class="graph" {size} role="group" aria-label="{label}">\n{body}\n</svg>'


def _node(rows: Mapping[Value, int], kind: str, label: str, small: str = "", tooltip: str = "",
          values: tuple[Value, ...] = ()) -> Node:  # fmt: skip
    """A box with room for numbers, if they are known."""
    made = plain_node(kind, label, "", tooltip, values)
    if kind in ("captured", "result") or not values or values[0] not in rows:
        return made
    made.height = _HEAD + rows[values[0]] * _ROW + 6.0
    made.width = max(made.width, _WIDTH if isinstance(values[0].type, Scalar) else _WIDE)
    return made


class _Drawing:
    """The parts of the picture by layer: frames lie below edges, edges below boxes."""

    def __init__(self, numbers: Mapping[Value, int]) -> None:
        self.numbers = numbers
        self.frames: list[str] = []
        self.edges: list[str] = []
        self.boxes: list[str] = []
        self.drawn: set[int] = set()

    def panel(self, panel: Panel) -> None:
        for item in [*panel.first, *panel.items, *panel.last]:
            if isinstance(item, Group):
                self._group(item)
            elif isinstance(item, Node):
                self._box(item)
        self.edges += [self._edge(e) for e in panel.edges]

    def _group(self, group: Group) -> None:
        self.frames.append(_rect("frame", group, 8))
        small = group.small if isinstance(group, Frame) else ""
        self.boxes.append(_text("title", group.x + 10, group.y + 16, f"{group.title}  {small}".rstrip()))
        for panel in group.panels:
            if panel.title:
                self.frames.append(_rect("side", panel, 6, 2.0))
                self.boxes.append(_text("small", panel.x + 10, panel.y + 16, panel.title))
            self.panel(panel)
        for box in group.outs:
            if isinstance(box, Node):
                self._box(box)
        self.edges += [self._edge(e) for e in group.edges]

    def _ids(self, box: Box) -> list[int]:
        values = box.values if isinstance(box, Node) else ()
        return [self.numbers[v] for v in values if v in self.numbers]

    def _box(self, node: Node) -> None:
        ids = self._ids(node)
        own = bool(ids) and node.kind not in ("captured", "result") and ids[0] not in self.drawn
        middle = node.x + node.width / 2
        parts = [f"<title>{html.escape(node.tooltip)}</title>", _rect("box", node, 7)]
        parts.append(_text("label", middle, node.y + 16, node.label, "middle"))
        if own:
            self.drawn.add(ids[0])
            rows = int((node.height - _HEAD) // _ROW)
            parts += [_row(name, node, k) for k, name in enumerate(ROWS[:rows])]
        mark = f' data-node="{ids[0]}"' if own else f' data-same="{ids[0]}"' if ids else ""
        focus = f' tabindex="0" role="button" aria-label="{html.escape(node.label)}"' if own else ""
        self.boxes.append(f'<g class="node {node.kind}"{mark}{focus}>{"".join(parts)}</g>')

    def _edge(self, edge: Edge) -> str:
        line, head = edge_paths(edge)
        sources, targets = self._ids(edge.source), self._ids(edge.target)
        ends = "".join(
            f' data-{name}="{ids[0]}"' for name, ids in (("from", sources), ("to", targets)) if ids
        )
        arrow = f'<path class="arrow" d="{head}"/>' if head else ""
        x, y = midpoint(edge.path)
        label = f'<text class="partial" x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle"></text>'
        label = label if sources and targets else ""
        return f'<g class="edge"{ends}><path class="line" d="{line}"/>{arrow}{label}</g>'


def midpoint(path: list[tuple[float, float]]) -> tuple[float, float]:
    """Where the label of an edge has room: between two rows of boxes, the gap that is nearest to half way."""
    curves = list(zip(path[1::2], path[2::2], strict=False))
    (x0, y0), (x1, y1) = curves[(len(curves) - 1) // 2]
    return (x0 + x1) / 2, (y0 + y1) / 2


def _row(name: str, node: Node, k: int) -> str:
    y = node.y + _HEAD + _ROW * k + 11.0
    left = _text(f"what {name}", node.x + 9, y, name)
    return f'{left}<text class="number {name}" x="{node.x + node.width - 9:.1f}" y="{y:.1f}"></text>'


def _rect(kind: str, at: Any, radius: int, inset: float = 0.0) -> str:
    x, y = at.x + inset, at.y + inset
    size = f'width="{at.width - 2 * inset:.1f}" height="{at.height - 2 * inset:.1f}"'
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" {size} rx="{radius}"/>'


def _text(kind: str, x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>'
