"""The graph as a picture: Graphviz DOT text and SVG, the latter laid out here, without another program.

In: functions of the graph. Out: a `Graph`, which prints as text and shows itself in notebooks. Loops and
branches are frames around their bodies; a value that a body reads from outside enters its frame through a box
of its own. Colours follow the reader's light or dark setting. Not for deciding what to draw: that is
`inspection`.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ..errors import Loc
from .layout import MARGIN, Box, Edge, Group, Panel, place
from .nodes import (
    Apply,
    Arg,
    Block,
    Call,
    For,
    Function,
    If,
    Literal,
    Stmt,
    Value,
    While,
    all_statements,
    blocks_of,
    free_values,
    operands,
    values_in,
)
from .printer import Naming, argument_text, expression_text, function_text, header_text
from .types import ListOf

_LONGEST = 34
_CHARACTER = 7.25
_SMALL_CHARACTER = 6.05
_HEADING = 34.0

_STYLE = """
.adc text { font: 12px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #1f2933; }
.adc .small { font-size: 10px; fill: #67727e; }
.adc .heading { font-size: 13px; font-weight: bold; }
.adc .node { fill: #ffffff; stroke: #9aa5b1; }
.adc .input { fill: #e6f0fb; stroke: #5b8fc7; }
.adc .adjoint { fill: #fdf1e0; stroke: #d39a4a; }
.adc .result { fill: #e5f4e8; stroke: #5fa372; }
.adc .captured { fill: #f4f6f8; stroke: #9aa5b1; stroke-dasharray: 3 2; }
.adc .frame { fill: #66788a; fill-opacity: 0.06; stroke: #b4bec8; }
.adc .panel { fill: #66788a; fill-opacity: 0.05; stroke: #ccd4db; stroke-dasharray: 2 3; }
.adc .edge { fill: none; stroke: #8693a0; stroke-width: 1.2; }
.adc .arrow { fill: #8693a0; }
.adc .edge:hover { stroke: #c2410c; stroke-width: 2.5; }
@media (prefers-color-scheme: dark) {
.adc text { fill: #e4e7eb; }
.adc .small { fill: #9aa5b1; }
.adc .node { fill: #27313b; stroke: #6b7885; }
.adc .input { fill: #1d3550; stroke: #5b8fc7; }
.adc .adjoint { fill: #47341a; stroke: #c08a3e; }
.adc .result { fill: #1f3d29; stroke: #5fa372; }
.adc .captured { fill: #20272e; stroke: #6b7885; }
.adc .frame { fill: #ffffff; fill-opacity: 0.05; stroke: #52606d; }
.adc .panel { fill: #ffffff; fill-opacity: 0.04; stroke: #47535f; }
.adc .edge { stroke: #8795a3; }
.adc .arrow { fill: #8795a3; }
}
""".strip()


@dataclass(eq=False)
class Node(Box):
    """A box with its text: a main line, a small one, and the whole statement as a tooltip.
    It stands for `values` of the graph.
    """

    kind: str = "node"
    label: str = ""
    small: str = ""
    tooltip: str = ""
    values: tuple[Value, ...] = ()


@dataclass(eq=False)
class Frame(Group):
    """A frame around a loop or a branch, and where that stands."""

    small: str = ""
    stmt: Stmt | None = None


@dataclass(frozen=True)
class Graph:
    """Functions of the graph, to look at.

    ``str()`` gives text, `dot` text for Graphviz, `svg` a picture; a notebook shows the picture.

    Attributes
    ----------
    functions : tuple of Function
        Drawn from left to right, or below each other where they are wide.
    """

    functions: tuple[Function, ...]

    def __str__(self) -> str:
        return "\n".join(function_text(f) for f in self.functions)

    def dot(self) -> str:
        """The graph in the DOT language of Graphviz."""
        return _dot([_scene(f) for f in self.functions])

    def svg(self) -> str:
        """The graph as an SVG document that needs no other file and holds no script."""
        return _svg([_scene(f) for f in self.functions])

    def _repr_svg_(self) -> str:
        return self.svg()


@dataclass
class _Scene:
    """One function as boxes and edges, named for its heading."""

    title: str
    small: str
    panel: Panel


def node(kind: str, label: str, small: str = "", tooltip: str = "", values: tuple[Value, ...] = ()) -> Node:
    """A box as wide as its texts."""
    shown = label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"
    little = small if len(small) <= _LONGEST + 6 else small[: _LONGEST + 5] + "…"
    width = max(len(shown) * _CHARACTER, len(little) * _SMALL_CHARACTER) + 18
    return Node(
        max(width, 34.0),
        38.0 if small else 24.0,
        kind=kind,
        label=shown,
        small=little,
        tooltip=tooltip or label,
        values=values,
    )


def _value(atom: Arg) -> tuple[Value, ...]:
    return (atom,) if isinstance(atom, Value) else ()


def _scene(function: Function) -> _Scene:
    block = function.body
    assert block is not None
    builder = SceneBuilder(Naming(block), function.loc, read_values(block))
    return _Scene(
        function.name, "" if function.loc is None else function.loc.short(), builder.function(block)
    )


def read_values(block: Block) -> set[Value]:
    """All values that something reads."""
    found = set(values_in(block.yields))
    for stmt in all_statements(block):
        found.update(operands(stmt))
        for inner in blocks_of(stmt):
            found.update(values_in(inner.yields))
    return found


class SceneBuilder:
    """Turns blocks into panels. `at` maps values to their boxes in the panel being built."""

    def __init__(
        self, names: Naming, home: Loc | None, read: set[Value], node: Callable[..., Node] = node
    ) -> None:
        self.names = names
        self.home = home
        self.read = read
        self.node = node

    def function(self, block: Block) -> Panel:
        """The panel of a whole function."""
        at: dict[Value, Box] = {}
        first: list[Box] = []
        for value in [*free_values(block), *block.params]:
            at[value] = self.node(
                "input",
                self.names[value],
                str(value.type),
                f"{self.names[value]}: {value.type}",
                values=(value,),
            )
            first.append(at[value])
        panel = Panel(first, [], [], [])
        self._statements(block, panel, at)
        for atom in block.yields:
            box = self.node("result", argument_text(atom, self.names), "returned", values=_value(atom))
            panel.last.append(box)
            if isinstance(atom, Value):
                panel.edges.append(Edge(at[atom], box))
        return panel

    def _statements(self, block: Block, panel: Panel, at: dict[Value, Box]) -> None:
        for stmt in block.statements:
            if isinstance(stmt, (Apply, Call)):
                box = self._plain(stmt)
                panel.items.append(box)
                self._connect(panel, at, stmt.args, box)
                at.update(dict.fromkeys(stmt.outs, box))
            else:
                self._framed(stmt, panel, at)

    def _connect(self, panel: Panel, at: dict[Value, Box], args: tuple[Arg, ...], box: Box) -> None:
        for source in dict.fromkeys(at[v] for v in values_in(args)):
            panel.edges.append(Edge(source, box))

    def _plain(self, stmt: Apply | Call) -> Node:
        outs = ", ".join(self.names[v] for v in stmt.outs)
        text = expression_text(stmt, self.names)
        label = f"{outs} = {text}" if outs else text
        types = ", ".join(str(v.type) for v in stmt.outs)
        small = " · ".join(part for part in (types, self._where(stmt)) if part)
        source = f"\n{stmt.loc.text.strip()}" if stmt.loc is not None and stmt.loc.text else ""
        kind, tooltip = "adjoint" if stmt.adjoint else "node", f"{label}\n{small}{source}"
        return self.node(kind, label, small, tooltip, values=stmt.outs)

    def _where(self, stmt: Stmt) -> str:
        if stmt.loc is None:
            return ""
        return (
            f"line {stmt.loc.line}"
            if self.home is None or self.home.file == stmt.loc.file
            else stmt.loc.short()
        )

    def _framed(self, stmt: If | For | While, panel: Panel, at: dict[Value, Box]) -> None:
        where = self._where(stmt)
        group = Frame(header_text(stmt, self.names), [], [], [], small=where, stmt=stmt)
        kind = "adjoint" if stmt.adjoint else "node"
        outs: dict[Value, Box] = {}
        for v in stmt.outs:
            # a loop's result that nobody reads may still be carried from turn to turn;
            # what is left of a list is not shown
            if v in self.read or not (isinstance(stmt, If) or isinstance(v.type, ListOf)):
                outs[v] = self.node(kind, self.names[v], tooltip=f"{self.names[v]}: {v.type}", values=(v,))
        group.outs = list(outs.values())
        entries: list[tuple[Value, Box]] = []
        for block, title in self._blocks(stmt):
            inner: dict[Value, Box] = {}
            part = Panel([], [], [], [], title)
            self._ports(stmt, block, part, inner, entries)
            self._statements(block, part, inner)
            group.panels.append(part)
            self._leave(stmt, block, part, group, inner, outs)
        panel.items.append(group)
        deciding = (
            values_in((stmt.test,))
            if isinstance(stmt, If)
            else values_in((*stmt.range, stmt.snapshots or Literal(None)))
            if isinstance(stmt, For)
            else ()
        )
        for value, box in entries:
            panel.edges.append(Edge(at[value], box))
        for value in dict.fromkeys(deciding):
            panel.edges.append(Edge(at[value], group.entry, True))
        at.update(outs)

    def _blocks(self, stmt: If | For | While) -> list[tuple[Block, str]]:
        if isinstance(stmt, For):
            return [(stmt.body, "")]
        if isinstance(stmt, While):
            return [(stmt.test, "test"), (stmt.body, "body")]
        sides = [(stmt.then, "then"), (stmt.orelse, "else")]
        return [
            side for side in sides if side[0].statements or any(isinstance(y, Value) for y in side[0].yields)
        ]

    def _ports(
        self,
        stmt: If | For | While,
        block: Block,
        part: Panel,
        inner: dict[Value, Box],
        entries: list[tuple[Value, Box]],
    ) -> None:
        """Boxes at the top of a panel for what the block takes: parameters, and values from outside."""
        init: dict[Value, Arg] = {}
        params = block.params
        if isinstance(stmt, For):
            params = block.params[1:]
            index = block.params[0]
            inner[index] = self.node(
                "input", self.names[index], tooltip=f"{self.names[index]}: loop index", values=(index,)
            )
            part.first.append(inner[index])
        if isinstance(stmt, (For, While)):
            init = dict(zip(params, stmt.init, strict=True))
        for value in params:
            start = init[value]
            text = f"{self.names[value]} ← {argument_text(start, self.names)}"
            inner[value] = self.node(
                "input",
                text,
                tooltip=f"{self.names[value]}: {value.type}, carried from one turn to the next",
                values=(value,),
            )
            part.first.append(inner[value])
            if isinstance(start, Value):
                entries.append((start, inner[value]))
        for value in free_values(block):
            inner[value] = self.node(
                "captured",
                self.names[value],
                tooltip=f"{self.names[value]}: {value.type}, from outside",
                values=(value,),
            )
            part.first.append(inner[value])
            entries.append((value, inner[value]))

    def _leave(
        self, stmt: If | For | While, block: Block, part: Panel, group: Group, inner: dict[Value, Box],
        outs: dict[Value, Box],
    ) -> None:  # fmt: skip
        """Lead what a block yields to the boxes below it."""
        yields: list[Arg] = list(block.yields)
        if isinstance(stmt, While) and block is stmt.test:
            box = self.node(
                "result", f"while {argument_text(yields[0], self.names)}", values=_value(yields[0])
            )
            part.last.append(box)
            if isinstance(yields[0], Value):
                part.edges.append(Edge(inner[yields[0]], box))
            return
        if isinstance(stmt, (For, While)) and stmt.stops:
            box = self.node(
                "result", f"stop if {argument_text(yields[0], self.names)}", values=_value(yields[0])
            )
            part.last.append(box)
            if isinstance(yields[0], Value):
                part.edges.append(Edge(inner[yields[0]], box))
            yields = yields[1:]
        for atom, value in zip(yields, stmt.outs, strict=True):
            out = outs.get(value)
            if out is None:
                continue
            if isinstance(atom, Value):
                leaving = Box(4.0, 0.0)
                part.last.append(leaving)
                part.edges.append(Edge(inner[atom], leaving))
                group.edges.append(Edge(leaving, out))
            elif isinstance(atom, Literal) and isinstance(out, Node):
                out.tooltip += f"\n{part.title}: {argument_text(atom, self.names)}"


# -- SVG -----------------------------------------------------------------------------------------------------


@dataclass
class _Drawing:
    """The parts of the picture by layer: frames lie below edges, edges below boxes."""

    frames: list[str] = field(default_factory=list)
    edges: list[str] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)


def _svg(scenes: list[_Scene]) -> str:
    drawing = _Drawing()
    x, y, width, height = MARGIN, 0.0, 0.0, 0.0
    for scene in scenes:
        place(scene.panel, 0.0, 0.0)
    beside = sum(s.panel.width for s in scenes) <= 1500
    for scene in scenes:
        place(scene.panel, x, y + _HEADING)
        drawing.boxes.append(_text("heading", x + MARGIN, y + 22, scene.title))
        drawing.boxes.append(_text("small", x + MARGIN + 8.2 * len(scene.title) + 12, y + 22, scene.small))
        _draw_panel(scene.panel, drawing)
        heading = 8.2 * len(scene.title) + 6.1 * len(scene.small) + 40
        width = max(width, x + max(scene.panel.width, heading))
        height = max(height, y + _HEADING + scene.panel.height)
        if beside:
            x += max(scene.panel.width, heading) + MARGIN
        else:
            y = height
    w, h = f"{width + MARGIN:.0f}", f"{height + MARGIN:.0f}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="adc" width="{w}" height="{h}" viewBox="0 0 {w} {h}">'
    )
    body = "\n".join([*drawing.frames, *drawing.edges, *drawing.boxes])
    return f"{head}\n<style>\n{_STYLE}\n</style>\n{body}\n</svg>\n"


def _draw_panel(panel: Panel, drawing: _Drawing) -> None:
    for item in [*panel.first, *panel.items, *panel.last]:
        if isinstance(item, Group):
            _draw_group(item, drawing)
        elif isinstance(item, Node):
            drawing.boxes.append(_draw_node(item))
    drawing.edges += [_draw_edge(e) for e in panel.edges]


def _draw_group(group: Group, drawing: _Drawing) -> None:
    drawing.frames.append(_rect("frame", group.x, group.y, group.width, group.height, 8))
    small = group.small if isinstance(group, Frame) else ""
    drawing.boxes.append(_text("", group.x + 10, group.y + 16, group.title))
    drawing.boxes.append(
        _text("small", group.x + 10 + _CHARACTER * len(group.title) + 12, group.y + 16, small)
    )
    for panel in group.panels:
        if panel.title:
            drawing.frames.append(
                _rect("panel", panel.x + 2, panel.y + 2, panel.width - 4, panel.height - 4, 6)
            )
            drawing.boxes.append(_text("small", panel.x + 10, panel.y + 16, panel.title))
        _draw_panel(panel, drawing)
    drawing.boxes += [_draw_node(box) for box in group.outs if isinstance(box, Node)]
    drawing.edges += [_draw_edge(e) for e in group.edges]


def _draw_node(node: Node) -> str:
    middle = node.x + node.width / 2
    round_ = 11 if node.kind in ("input", "captured", "result") else 5
    lines = [
        f"<g><title>{html.escape(node.tooltip)}</title>",
        _rect(node.kind, node.x, node.y, node.width, node.height, round_),
    ]
    lines.append(_text("", middle, node.y + 16, node.label, "middle"))
    if node.small:
        lines.append(_text("small", middle, node.y + 30, node.small, "middle"))
    return "".join([*lines, "</g>"])


def _rect(kind: str, x: float, y: float, width: float, height: float, radius: int) -> str:
    size = f'width="{width:.1f}" height="{height:.1f}"'
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" {size} rx="{radius}"/>'


def _text(kind: str, x: float, y: float, text: str, anchor: str = "start") -> str:
    if not text:
        return ""
    style = f' class="{kind}"' if kind else ""
    return f'<text{style} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>'


def _draw_edge(edge: Edge) -> str:
    """An edge, with an arrow head where it meets a box or a frame."""
    line, head = edge_paths(edge)
    path = f'<path class="edge" d="{line}"/>'
    return f'{path}<path class="arrow" d="{head}"/>' if head else path


def edge_paths(edge: Edge) -> tuple[str, str]:
    """The line of an edge and its arrow head, which may be empty, as the data of SVG paths.

    The line is straight through rows and curved between them.
    """
    (x, y), *rest = edge.path
    head = isinstance(edge.target, Node) or edge.enters
    parts = [f"M{x:.1f} {y:.1f}"]
    for k, (px, py) in enumerate(rest):
        last = k == len(rest) - 1
        if last and head:
            py -= 5
        if k % 2 == 0:
            parts.append(f"L{px:.1f} {py:.1f}")
        else:
            bend = (py - y) / 2
            parts.append(f"C{x:.1f} {y + bend:.1f} {px:.1f} {py - bend:.1f} {px:.1f} {py:.1f}")
        x, y = px, py
    return "".join(parts), f"M{x:.1f} {y + 5:.1f}l-3.5 -7h7z" if head else ""


# -- DOT -----------------------------------------------------------------------------------------------------

_COLOURS = {
    "input": "#e6f0fb",
    "adjoint": "#fdf1e0",
    "result": "#e5f4e8",
    "captured": "#f4f6f8",
    "node": "#ffffff",
}


def _dot(scenes: list[_Scene]) -> str:
    lines = [
        "digraph adcompile {",
        '  node [shape=box, style="rounded,filled", fontname="monospace", fontsize=11];',
        '  edge [color="#8693a0"];',
        '  fontname="monospace";',
    ]
    ids: dict[int, str] = {}
    counter = iter(range(1, 1_000_000))
    edges: list[Edge] = []
    for scene in scenes:
        whole = Group(f"{scene.title}  {scene.small}".strip(), [scene.panel], [], [])
        _cluster(whole, lines, ids, counter, edges, 1)
    for edge in edges:
        lines.append(f"  {ids[id(edge.source)]} -> {ids[id(edge.target)]};")
    return "\n".join([*lines, "}"]) + "\n"


def _cluster(
    group: Group, lines: list[str], ids: dict[int, str], counter: Iterator[int], edges: list[Edge], depth: int
) -> None:
    pad = "  " * depth
    lines += [
        f"{pad}subgraph cluster_{next(counter)} {{",
        f"{pad}  label={_quoted(group.title)}; labeljust=l;",
    ]
    if depth > 1:
        _dot_node(group.entry, lines, ids, counter, pad + "  ")
    for panel in group.panels:
        nested = bool(panel.title)
        if nested:
            lines += [
                f"{pad}  subgraph cluster_{next(counter)} {{",
                f"{pad}    label={_quoted(panel.title)}; style=dashed;",
            ]
        for item in [*panel.first, *panel.items, *panel.last]:
            if isinstance(item, Group):
                _cluster(item, lines, ids, counter, edges, depth + 1 + nested)
                edges += item.edges
            else:
                _dot_node(item, lines, ids, counter, pad + "  " * (1 + nested))
        edges += panel.edges
        if nested:
            lines.append(f"{pad}  }}")
    for box in group.outs:
        _dot_node(box, lines, ids, counter, pad + "  ")
    lines.append(f"{pad}}}")


def _dot_node(box: Box, lines: list[str], ids: dict[int, str], counter: Iterator[int], pad: str) -> None:
    ids[id(box)] = name = f"n{next(counter)}"
    if not isinstance(box, Node):
        lines.append(f"{pad}{name} [shape=point, width=0.03];")
        return
    label = f"{box.label}\n{box.small}" if box.small else box.label
    colour, tooltip = _quoted(_COLOURS[box.kind]), _quoted(box.tooltip)
    lines.append(f"{pad}{name} [label={_quoted(label)}, fillcolor={colour}, tooltip={tooltip}];")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
