"""A module around emitted functions: imports, the helpers that they call, the functions.

In: what the functions refer to, and their lines. Out: the text of the module, which stands alone.
"""

from __future__ import annotations

import dis
import functools
import inspect
import re
import types
from collections.abc import Iterable
from typing import Any

from .expressions import Namespace


@functools.cache
def helper_source(function: Any) -> str:
    """The source of a run-time helper, without the comments that concern its own project."""
    text = inspect.getsource(function)
    return re.sub(r"  # type: ignore\[[^\]]*\]", "", text).strip()


def module_text(namespace: Namespace, functions: Iterable[Iterable[str]]) -> str:
    """The module's text."""
    helpers = _closed(namespace.helpers)
    sources = [helper_source(f) for f in helpers.values()]
    imports = dict(namespace.modules)
    for source in sources:
        if "np." in source:
            imports["np"] = "import numpy as np"
        if "math." in source:
            imports["math"] = "import math"
    blocks = []
    if imports:
        blocks.append("\n".join(sorted(imports.values(), key=lambda s: (" as " in s, s))))
    blocks += sources
    if namespace.aliases:
        blocks.append("\n".join(f"{name} = {helper}" for name, helper in sorted(namespace.aliases.items())))
    blocks += ["\n".join(lines) for lines in functions]
    return "\n\n\n".join(blocks) + "\n"


def _names_in(code: types.CodeType) -> list[str]:
    """The global names that code reads, those of its comprehensions included."""
    inner = [n for c in code.co_consts if isinstance(c, types.CodeType) for n in _names_in(c)]
    return [*(i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"), *inner]


def _closed(helpers: dict[str, Any]) -> dict[str, Any]:
    """The helpers and those that they call themselves, callees first."""
    from ..rules.rule import HELPERS

    found: dict[str, Any] = {}

    def visit(name: str) -> None:
        if name in found:
            return
        function = HELPERS[name]
        members = vars(function).values() if isinstance(function, type) else [function]
        codes = [m.__code__ for m in members if isinstance(m, types.FunctionType)]
        for other in (name for code in codes for name in _names_in(code)):
            if other in HELPERS and other != name:
                visit(other)
        found[name] = function

    for name in sorted(helpers):
        visit(name)
    return found
