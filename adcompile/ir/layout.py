"""Layered layout of a graph whose nodes may hold graphs.

In: a `Panel` of boxes and groups, with edges between the boxes. Out: the same objects with positions, and a
path for each edge. The classic three steps (Sugiyama, Tagawa & Toda 1981): rows by longest path, order within
rows by barycentres, coordinates by least squares. A group is laid out first and then takes part as one big
box. Not for drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

ROW_GAP = 30.0
BOX_GAP = 16.0
MARGIN = 14.0
TITLE = 24.0
_SWEEPS = 12


@dataclass(eq=False)
class Box:
    """A node: its size is given, its top left corner is found. An exit is where an edge leaves a panel."""

    width: float
    height: float
    x: float = 0.0
    y: float = 0.0


@dataclass(eq=False)
class Edge:
    """From one box to another; straight lines and curves take turns between the points of its `path`."""

    source: Box
    target: Box
    # whether it ends at the border of a frame instead of at a box
    enters: bool = False
    path: list[tuple[float, float]] = field(default_factory=list)


@dataclass(eq=False)
class Panel:
    """One block: boxes that lie in the first row, those between, those in the last row."""

    first: list[Box]
    items: list[Box | Group]
    last: list[Box]
    edges: list[Edge]
    title: str = ""
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0


@dataclass(eq=False)
class Group:
    """Panels side by side in a frame, with a row of boxes below them that all lead to.

    `entry` is a point on the upper border, for edges that concern the whole frame.
    """

    title: str
    panels: list[Panel]
    outs: list[Box]
    edges: list[Edge]
    entry: Box = field(default_factory=lambda: Box(0.0, 0.0))
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0


@dataclass(eq=False)
class _Cell:
    """What takes part in one panel's layering: a box, a group, or a bend of an edge that spans rows."""

    width: float
    height: float
    item: Box | Group | None
    row: int = 0
    x: float = 0.0
    above: list[tuple[_Cell, float, float]] = field(default_factory=list)
    below: list[tuple[_Cell, float, float]] = field(default_factory=list)


def place(panel: Panel, x: float, y: float) -> None:
    """Lay a panel out with its top left corner at (x, y)."""
    for item in panel.items:
        if isinstance(item, Group):
            _measure(item)
    cells, owner = _cells(panel)
    chains = _layer(panel, cells, owner)
    rows = _rows([*cells, *(c for chain in chains for c in chain[1:-1])])
    _order(rows)
    _spread(rows)
    _finish(panel, rows, chains, x, y)


def _measure(group: Group) -> None:
    """Lay a group out at the origin, which gives its size."""
    group.x = group.y = 0.0
    x, height = MARGIN, 0.0
    for panel in group.panels:
        place(panel, x, TITLE)
        x += panel.width + MARGIN
        height = max(height, panel.height)
    for panel in group.panels:
        panel.height = height
    inner = sum(b.width for b in group.outs) + BOX_GAP * max(len(group.outs) - 1, 0)
    group.width = max(x, inner + 2 * MARGIN, 8.0 * len(group.title) + 2 * MARGIN)
    group.entry.x, group.entry.y = group.width / 2, 0.0
    _centre_panels(group, x)
    group.height = TITLE + height + MARGIN
    if group.outs:
        _place_outs(group, TITLE + height + ROW_GAP)
        group.height = TITLE + height + ROW_GAP + max(b.height for b in group.outs) + MARGIN


def _centre_panels(group: Group, used: float) -> None:
    extra = (group.width - used) / 2
    if extra > 0:
        for panel in group.panels:
            _shift_panel(panel, extra, 0.0)


def _place_outs(group: Group, y: float) -> None:
    """Put the boxes below the panels, each as near as possible to what leads to it."""
    wanted = []
    for box in group.outs:
        sources = [e.source.x + e.source.width / 2 for e in group.edges if e.target is box]
        wanted.append(sum(sources) / len(sources) if sources else group.width / 2)
    order = sorted(range(len(wanted)), key=lambda k: wanted[k])
    boxes = [group.outs[k] for k in order]
    lefts = _apart(
        [wanted[k] - b.width / 2 for k, b in zip(order, boxes, strict=True)], [b.width for b in boxes]
    )
    shift = max(MARGIN - lefts[0], 0.0) + min(group.width - MARGIN - lefts[-1] - boxes[-1].width, 0.0)
    for box, left in zip(boxes, lefts, strict=True):
        box.x, box.y = left + shift, y
    for edge in group.edges:
        x0, x1 = edge.source.x + edge.source.width / 2, edge.target.x + edge.target.width / 2
        edge.path = [(x0, edge.source.y), (x0, edge.source.y + edge.source.height), (x1, edge.target.y)]


def _cells(panel: Panel) -> tuple[list[_Cell], dict[Box, _Cell]]:
    """A cell for each box and group, and the cell that each box belongs to as the end of an edge."""
    cells: list[_Cell] = []
    owner: dict[Box, _Cell] = {}
    for item in [*panel.first, *panel.items, *panel.last]:
        cell = _Cell(item.width, item.height, item)
        cells.append(cell)
        if isinstance(item, Box):
            owner[item] = cell
        else:
            for box in [item.entry, *item.outs, *(b for p in item.panels for b in p.first)]:
                owner[box] = cell
    return cells, owner


def _layer(panel: Panel, cells: list[_Cell], owner: dict[Box, _Cell]) -> list[list[_Cell]]:
    """Give every cell its row and every edge its chain of cells, one for each row that it passes."""
    pairs = [(owner[e.source], owner[e.target]) for e in panel.edges]
    top = 1 if panel.first else 0
    first, last = len(panel.first), len(cells) - len(panel.last)
    # statements come in order, so every edge between them leads forward
    for cell in cells[first:last]:
        cell.row = max([top, *(a.row + 1 for a, b in pairs if b is cell)])
    for cell in reversed(cells[first:last]):
        if not any(b is cell for _, b in pairs):
            cell.row = max(
                min((b.row - 1 for a, b in pairs if a is cell and b in cells[first:last]), default=cell.row),
                top,
            )
    bottom = max([top, *(c.row + 1 for c in cells[first:last])])
    for cell in cells[last:]:
        cell.row = bottom
    chains = []
    for edge, (a, b) in zip(panel.edges, pairs, strict=True):
        bends = [_Cell(6.0, 0.0, None, row) for row in range(a.row + 1, b.row)]
        chain = [a, *bends, b]
        ends = (_offset(edge.source, a), _offset(edge.target, b))
        for k, (upper, lower) in enumerate(pairwise(chain)):
            at = ends[0] if k == 0 else 3.0
            to = ends[1] if k == len(chain) - 2 else 3.0
            upper.below.append((lower, to, at))
            lower.above.append((upper, at, to))
        chains.append(chain)
    return chains


def _offset(box: Box, cell: _Cell) -> float:
    """Where on its cell an end of an edge lies, from the left."""
    return box.width / 2 if cell.item is box else box.x + box.width / 2


def _rows(cells: Sequence[_Cell]) -> list[list[_Cell]]:
    rows: list[list[_Cell]] = [[] for _ in range(max((c.row for c in cells), default=-1) + 1)]
    for cell in cells:
        rows[cell.row].append(cell)
    return [row for row in rows if row]


def _order(rows: list[list[_Cell]]) -> None:
    """Sort rows by the mean place of the neighbours, down and up; keep the order with fewest crossings."""
    best, fewest = [list(row) for row in rows], _crossings(rows)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for row in rows[1:] if down else rows[-2::-1]:
            _number(rows)
            key = {id(c): _barycentre(c, down) for c in row}
            row.sort(key=lambda c: key[id(c)])
        count = _crossings(rows)
        if count < fewest:
            best, fewest = [list(row) for row in rows], count
    for row, kept in zip(rows, best, strict=True):
        row[:] = kept


def _number(rows: list[list[_Cell]]) -> None:
    for row in rows:
        x = 0.0
        for cell in row:
            cell.x = x
            x += cell.width + BOX_GAP


def _barycentre(cell: _Cell, down: bool) -> float:
    neighbours = cell.above if down else cell.below
    if not neighbours:
        return cell.x + cell.width / 2
    return sum(c.x + at for c, at, _ in neighbours) / len(neighbours)


def _crossings(rows: list[list[_Cell]]) -> int:
    _number(rows)
    count = 0
    for row in rows[:-1]:
        ends = [(cell.x + at, other.x + to) for cell in row for other, to, at in cell.below]
        count += sum((a[0] - b[0]) * (a[1] - b[1]) < 0 for k, a in enumerate(ends) for b in ends[:k])
    return count


def _spread(rows: list[list[_Cell]]) -> None:
    """Move cells under and over their neighbours; bends weigh more, so that long edges become straight."""
    _number(rows)
    for sweep in range(2 * _SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            wanted = [_desired(c, c.above if down else c.below) for c in row]
            weights = [4.0 if c.item is None else 1.0 for c in row]
            for cell, x in zip(row, _apart(wanted, [c.width for c in row], weights), strict=True):
                cell.x = x


def _desired(cell: _Cell, neighbours: list[tuple[_Cell, float, float]]) -> float:
    if not neighbours:
        return cell.x
    return sum(c.x + at - own for c, at, own in neighbours) / len(neighbours)


def _apart(
    wanted: Sequence[float], widths: Sequence[float], weights: Sequence[float] | None = None
) -> list[float]:
    """Left edges near the wanted ones, in order and not overlapping: pool adjacent violators."""
    heavy = list(weights) if weights is not None else [1.0] * len(wanted)
    starts: list[float] = []
    reach = 0.0
    for width in widths:
        starts.append(reach)
        reach += width + BOX_GAP
    pools: list[tuple[float, float, int]] = []
    for x, start, weight in zip(wanted, starts, heavy, strict=True):
        mean, total, count = x - start, weight, 1
        while pools and pools[-1][0] >= mean:
            other, more, n = pools.pop()
            mean = (mean * total + other * more) / (total + more)
            total, count = total + more, count + n
        pools.append((mean, total, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + start for mean, start in zip(means, starts, strict=True)]


def _finish(panel: Panel, rows: list[list[_Cell]], chains: list[list[_Cell]], x: float, y: float) -> None:
    """Turn rows into coordinates, move groups to their places, and give edges their paths."""
    left = min((c.x for row in rows for c in row), default=0.0)
    right = max((c.x + c.width for row in rows for c in row), default=0.0)
    panel.x, panel.y = x, y
    panel.width = max(right - left, 7.0 * len(panel.title)) + 2 * MARGIN
    top = y + MARGIN + (TITLE - 8 if panel.title else 0.0)
    tops: dict[int, tuple[float, float]] = {}
    for row in rows:
        height = max(c.height for c in row)
        tops[row[0].row] = (top, top + height)
        for cell in row:
            cell.x += x + MARGIN - left
            if isinstance(cell.item, Box):
                cell.item.x, cell.item.y = cell.x, top
            elif isinstance(cell.item, Group):
                _shift_group(cell.item, cell.x, top)
        top += height + ROW_GAP
    panel.height = top - ROW_GAP + MARGIN - y if rows else 2 * MARGIN
    for edge, chain in zip(panel.edges, chains, strict=True):
        start = edge.source.x + edge.source.width / 2
        path = [(start, edge.source.y + edge.source.height), (start, tops[chain[0].row][1])]
        for bend in chain[1:-1]:
            over, under = tops[bend.row]
            path += [(bend.x + 3.0, over), (bend.x + 3.0, under)]
        end = edge.target.x + edge.target.width / 2
        path += [(end, tops[chain[-1].row][0]), (end, edge.target.y)]
        edge.path = path


def _shift_group(group: Group, dx: float, dy: float) -> None:
    group.x, group.y = group.x + dx, group.y + dy
    for box in [group.entry, *group.outs]:
        box.x, box.y = box.x + dx, box.y + dy
    for edge in group.edges:
        edge.path = [(px + dx, py + dy) for px, py in edge.path]
    for panel in group.panels:
        _shift_panel(panel, dx, dy)


def _shift_panel(panel: Panel, dx: float, dy: float) -> None:
    panel.x, panel.y = panel.x + dx, panel.y + dy
    for item in [*panel.first, *panel.items, *panel.last]:
        if isinstance(item, Group):
            _shift_group(item, dx, dy)
        else:
            item.x, item.y = item.x + dx, item.y + dy
    for edge in panel.edges:
        edge.path = [(px + dx, py + dy) for px, py in edge.path]
