"""Imports inside a function.

In: an import statement. Out: its names bound to modules, or to what modules hold. A module that is loaded is
only looked up, and so it is here; one that is not would be run at the first call, and is refused. Not for
imports at the top of a module: those are globals like any other.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from typing import Any

from ..ir.nodes import Literal
from .parse import Parser


def import_module(p: Parser, node: ast.Import, rest: list[ast.stmt]) -> None:
    """Execute `import a.b` or `import a.b as c`."""
    for alias in node.names:
        module = _loaded(p, alias.name, node)
        top, _, below = alias.name.partition(".")
        if alias.asname is None and below:
            module = _loaded(p, top, node)
        name = alias.asname or top
        _bind(p, name, Literal(module, name), node)


def import_from(p: Parser, node: ast.ImportFrom, rest: list[ast.stmt]) -> None:
    """Execute `from a import b` or `from .a import b as c`."""
    source = "." * node.level + (node.module or "")
    if node.level:
        try:
            source = importlib.util.resolve_name(source, p.frame.globals.get("__package__"))
        except ImportError:
            _refuse(p, source, node)
    module = _loaded(p, source, node)
    for alias in node.names:
        if hasattr(module, alias.name):
            value = p.inputs.static_attribute(p, Literal(module, module.__name__), alias.name, node)
        else:
            value = Literal(_loaded(p, f"{source}.{alias.name}", node), alias.asname or alias.name)
        _bind(p, alias.asname or alias.name, value, node)


def _loaded(p: Parser, name: str, node: ast.AST) -> Any:
    module = sys.modules.get(name)
    if module is None:
        _refuse(p, name, node)
    p.inputs.guard((("const", sys), ("attr", "modules"), ("item", name)), "is", module)
    return module


def _refuse(p: Parser, name: str, node: ast.AST) -> Any:
    p.refuse("AD107", f"the function imports `{name}`, which is not loaded", node,
             "the import at the top of the module")  # fmt: skip


def _bind(p: Parser, name: str, value: Any, node: ast.AST) -> None:
    p.store(ast.copy_location(ast.Name(name, ast.Store()), node), value)
