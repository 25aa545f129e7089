"""One HTML file that shows a function, its derivative and the numbers at a point.

In: a function and arguments. Out: the text of a page that needs no other file and works without a network.
The template lies beside this module: `index.html`, `style.css` and `app.js`, which has no other code to rely
on.
"""

from __future__ import annotations

import contextlib
import html
import importlib.resources
import io
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from .curve import moments, samples
from .data import page_data, short
from .drawing import picture
from .graph import chart
from .javascript import Script, script_of
from .watching import Watcher


def page(
    f: Callable[..., Any], *args: Any, argnums: int | str | Sequence[int | str] | None = None,
    outputs: int | str | Sequence[int | str] | None = None, **keywords: Any,
) -> str:  # fmt: skip
    """An interactive page about a function and its derivative at a point.

    Parameters
    ----------
    f : callable
        The function. One that returns several numbers is shown with the derivative of their sum.
    *args, **keywords
        The point: what `f` is called with.
    argnums : int, str or sequence of them, optional
        What to differentiate by; by default every argument that is a floating-point number, and if there is
        none the first that holds such numbers.
    outputs : int, str or sequence of them, optional
        The arguments that hold the results after the call, for a function that writes into them; "return"
        stands for what is returned.

    Returns
    -------
    str
        HTML: source and derivative beside each other, the computation graph with values, tangents and
        adjoints, step by step, and for functions of one or two numbers a plot. It refers to no other file.

    Raises
    ------
    AdcompileError
        If the function cannot be differentiated.

    Examples
    --------
    >>> import numpy as np
    >>> def f(x1, x2):
    ...     return np.sin(x1) + x1 * x2
    >>> text = page(f, 1.5, 0.5)
    >>> "http" in text
    False
    """
    with contextlib.redirect_stdout(io.StringIO()):
        # it runs many times, and what it prints is not about the page
        watcher = Watcher(f, args, keywords, argnums, outputs)
        seen = watcher.look()
        drawn = chart(seen)
        script = script_of(seen, drawn)
        plot = None if seen.summed else samples(watcher)
        moving = None
        if plot is not None and len(plot.names) == 1 and script is None:
            moving = moments(watcher, plot, seen.size)
    arguments = dict(watcher.bound.arguments)
    data = page_data(seen, drawn, arguments, plot, moving, script is not None)
    where = "" if seen.function.loc is None else seen.function.loc.short()
    return _filled(
        {
            "title": html.escape(f"{seen.function.name} and its derivative"),
            "heading": html.escape(_heading(arguments, seen.function.name)),
            "where": html.escape(where),
            "style": _template("style.css"),
            "graph": picture(seen, drawn),
            "data": json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
            "live": "null" if script is None else _live(script),
            "script": _template("app.js"),
        }
    )


def _heading(arguments: dict[str, Any], name: str) -> str:
    return f"{name}({', '.join(f'{n}={short(x)}' for n, x in arguments.items())})"


def _live(script: Script) -> str:
    """The functions of a script as one object of JavaScript."""
    nodes = ",\n".join(f"{k}: (v) => {text}" for k, text in script.nodes.items())
    edges = ",\n".join(f'"{a},{b}": (v) => {text}' for (a, b), text in script.edges.items())
    return f"{{\nnodes: {{\n{nodes}\n}},\nedges: {{\n{edges}\n}}}}"


def _template(name: str) -> str:
    return (importlib.resources.files(__package__) / "template" / name).read_text(encoding="utf-8")


def _filled(parts: dict[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _template("index.html"))
