"""The parts of the frontend import one another in one direction."""

import ast
import graphlib
from pathlib import Path

import adcompile.frontend

FOLDER = Path(adcompile.frontend.__file__).parent


def imported(path):
    """The modules beside this one that it imports, anywhere in its text."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            yield from [node.module] if node.module else [alias.name for alias in node.names]


def test_no_module_imports_itself_through_others():
    graph = {path.stem: set(imported(path)) for path in FOLDER.glob("*.py")}
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert order.index("parse") < order.index("branches") < order.index("interpreter")
