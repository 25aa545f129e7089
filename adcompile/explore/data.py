"""What a page shows, as plain data for JSON.

In: `Observed`, its chart, sources and samples. Out: dicts, lists, texts and numbers. Not for what the page
looks like: that is its template.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..engine import RETURN
from .curve import Sampled
from .graph import Chart, GraphEdge, GraphLoop, GraphNode, chart
from .probes import At
from .sources import SourceLine, derivative_lines, key_of, primal_parts
from .watching import Observed

_SHOWN = 60


Moving = tuple[int, list[Observed | None]] | None


def page_data(
    seen: Observed,
    drawn: Chart,
    arguments: dict[str, Any],
    plot: Sampled | None,
    moving: Moving,
    script: bool,
) -> Any:
    """Everything that a page knows."""
    return {
        "name": seen.function.name,
        "arguments": [[name, short(x)] for name, x in arguments.items()],
        "by": list(seen.names),
        "summed": seen.summed,
        "outputs": ["what is returned" if name == RETURN else name for name in seen.outputs],
        "live": script,
        "directions": list(seen.tangents),
        "primal": [{"title": part.title, "lines": _lines(part.lines)} for part in primal_parts(seen)],
        "derivative": _lines(derivative_lines(seen)),
        "nodes": [_node(seen, n) for n in drawn.nodes],
        "edges": [_edge(e) for e in drawn.edges],
        "loops": [_loop(drawn, loop) for loop in drawn.loops.values()],
        "results": drawn.results,
        "inputs": {
            item.root: k for k, item in seen.inputs.items() if len(item.path) == 1 and item.root is not None
        },
        "plot": None if plot is None else plain({**vars(plot), "names": list(plot.names)}),
        "moments": None if moving is None else [_moment(moment) for moment in moving[1]],
        "stride": 1 if moving is None else moving[0],
    }


def _moment(seen: Observed | None) -> Any:
    """The numbers of a graph at another point, in a few digits."""
    if seen is None:
        return None
    drawn = chart(seen)
    found = {
        "nodes": {
            n.number: [
                _history(seen.values, n.number),
                _history(seen.adjoints, n.number),
                [_history(along, n.number) for along in seen.tangents.values()],
            ]
            for n in drawn.nodes
        },
        "edges": [{_key(at): encoded(x) for at, x in e.partials.items()} for e in drawn.edges],
        "loops": [_loop(drawn, loop) for loop in drawn.loops.values()],
    }
    return _rounded(found)


def _rounded(x: Any) -> Any:
    if isinstance(x, dict):
        return {k: _rounded(v) for k, v in x.items()}
    if isinstance(x, list):
        return [_rounded(v) for v in x]
    return float(f"{x:.7g}") if isinstance(x, float) else x


def _lines(lines: Iterable[SourceLine]) -> list[Any]:
    return [{"number": row.number, "html": row.html, "keys": list(row.keys)} for row in lines]


def _node(seen: Observed, node: GraphNode) -> Any:
    loc = node.loc if node.loc is not None else seen.function.loc if node.kind == "input" else None
    return {
        "id": node.number,
        "name": node.name,
        "text": node.text,
        "type": node.type,
        "kind": node.kind,
        "key": None if loc is None else key_of(loc),
        "loops": list(node.loops),
        "active": node.active,
        "values": _history(seen.values, node.number),
        "adjoints": _history(seen.adjoints, node.number),
        "tangents": [_history(along, node.number) for along in seen.tangents.values()],
    }


def _edge(edge: GraphEdge) -> Any:
    return {
        "from": edge.source,
        "to": edge.target,
        "kind": edge.kind,
        "pullback": edge.pullback,
        "pushforward": edge.pushforward,
        "partials": {_key(at): encoded(x) for at, x in edge.partials.items()},
    }


def _loop(drawn: Chart, loop: GraphLoop) -> Any:
    """A loop with what it carries: an iteration that has those is a whole one."""
    depth = len(loop.outer)
    inside = [n for n in drawn.nodes if n.loops[depth : depth + 1] == (loop.number,) and n.kind == "carried"]
    return {
        "id": loop.number,
        "title": loop.title,
        "outer": list(loop.outer),
        "at": [_key(at) for at in loop.at],
        "count": loop.count,
        "carried": [n.number for n in inside],
    }


def _history(seen: dict[tuple[int, At], Any], number: int) -> Any:
    return {_key(at): encoded(x) for (k, at), x in seen.items() if k == number}


def _key(at: At) -> str:
    return ",".join(str(int(i)) for i in at)


def encoded(x: Any) -> Any:
    """A number as a number, or a text where JSON has none for it; an array as a short and a long text."""
    if isinstance(x, np.ndarray) and x.ndim:
        return {"short": short(x), "long": np.array2string(x, threshold=_SHOWN, precision=6)}
    if isinstance(x, (bool, np.bool_)):
        return str(bool(x))
    if isinstance(x, (int, float, np.integer, np.floating)) or getattr(x, "shape", None) == ():
        return plain(x.item() if hasattr(x, "item") else x)
    return short(x)


def plain(x: Any) -> Any:
    """Data without numbers that JSON does not have."""
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, list):
        return [plain(v) for v in x]
    if isinstance(x, float) and not math.isfinite(x):
        return "nan" if x != x else "inf" if x > 0 else "-inf"
    return str(x) if isinstance(x, complex) else x


def short(x: Any) -> str:
    """A value in a few characters."""
    if isinstance(x, np.ndarray) and x.ndim:
        items = [_digits(v) for v in x.ravel()[:2]]
        inside = ", ".join([*items, "…"] if x.size > 2 else items)
        shape = "×".join(map(str, x.shape))
        return f"[{inside}] {shape}" if x.ndim > 1 else f"[{inside}]"
    if isinstance(x, (float, np.floating)):
        return f"{float(x):.6g}"
    text = str(x)
    return text if len(text) <= 40 else text[:39] + "…"


def _digits(x: Any) -> str:
    return f"{x:.2g}" if isinstance(x, (float, np.floating)) else str(x)
