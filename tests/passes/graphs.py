"""Graphs of small functions, for tests that show what one pass does to a graph."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from adcompile.frontend.inputs import Inputs
from adcompile.ir.nodes import Block, Value
from adcompile.ir.printer import block_text
from adcompile.ir.verify import verify
from adcompile.tracing import trace
from adcompile.trees import leaves


def graph_of(f: Callable[..., Any], *args: Any) -> Block:
    """The primal's graph for example arguments, before any pass."""
    signature = inspect.signature(f)
    traced = trace(f, signature, signature.bind(*args).arguments, Inputs(static=set()))
    found = [i.value for i in traced.parser.inputs.found]
    block = Block(tuple(found), traced.block.statements, tuple(leaves(traced.result)))
    verify(block)
    return block


def text(block: Block) -> list[str]:
    """The lines of a graph, which is valid, without the places in the source."""
    verify(block)
    return [line.split("  # ")[0].rstrip() for line in block_text(block).splitlines()]


def names(values: set[Value]) -> set[str]:
    """The user's names among some values."""
    return {v.hint for v in values if v.named}
