"""Private names: inside of a class `C`, Python reads `__x` as `_C__x`.

In: the syntax tree of a file and a definition in it. Out: the definition with the names that Python uses.
"""

from __future__ import annotations

import ast
import copy
from typing import Any, TypeVar

N = TypeVar("N", bound=ast.AST)


def class_around(tree: ast.AST, node: ast.AST) -> str:
    """The name of the innermost class whose text holds a node, empty if there is none."""
    stack: list[tuple[ast.AST, str]] = [(tree, "")]
    while stack:
        outer, name = stack.pop()
        if outer is node:
            return name
        inside = outer.name if isinstance(outer, ast.ClassDef) else name
        stack.extend((child, inside) for child in ast.iter_child_nodes(outer))
    return ""


def with_private_names(node: N, owner: str) -> N:
    """A definition in a class with its private names as Python has them; the same node if it has none."""
    owner = owner.lstrip("_")
    if not owner or not any(any(map(_is_private, _names_of(n))) for n in ast.walk(node)):
        return node
    changed = copy.deepcopy(node)
    for n in ast.walk(changed):
        if n is changed:
            # the name of a method is private to its class, which has it already
            continue
        for field in _FIELDS.get(type(n), ()):
            given = getattr(n, field)
            several = isinstance(given, list)
            names = [f"_{owner}{x}" if _is_private(x) else x for x in (given if several else [given])]
            setattr(n, field, names if several else names[0])
    return changed


def _names_of(node: ast.AST) -> list[Any]:
    """The names in a node that Python reads so; keywords of calls it takes as they are."""
    found = [getattr(node, field) for field in _FIELDS.get(type(node), ())]
    return [x for given in found for x in (given if isinstance(given, list) else [given])]


_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Name: ("id",),
    ast.Attribute: ("attr",),
    ast.arg: ("arg",),
    ast.FunctionDef: ("name",),
    ast.ExceptHandler: ("name",),
    ast.MatchAs: ("name",),
    ast.MatchStar: ("name",),
    ast.MatchMapping: ("rest",),
    ast.Global: ("names",),
    ast.Nonlocal: ("names",),
}


def _is_private(text: Any) -> bool:
    return isinstance(text, str) and text.startswith("__") and not text.endswith("__") and "." not in text
