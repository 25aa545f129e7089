"""Cleaning up: the passes that a finished block goes through, in order.

In: the block of a derivative, or the two blocks of a split one. Out: a block that computes the same with
less, and as a person would write it. What the passes do is said in their modules.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..ir.nodes import Block, Value, free_values
from .bundle import bundle
from .checks import add_checks, proven, quicken_checks
from .clears import drop_clears
from .common import share
from .dead import remove_dead
from .dots import write_inner_products
from .hoist import hoist, unsure_values
from .onto import add_directly
from .products import reassociate
from .sharpen import sharpen
from .stores import join_writes, store_first
from .sums import collect_terms


def simplify(block: Block) -> Block:
    """Share common subexpressions, drop what nothing needs, and write what is left as a person would."""
    share(block, {}, {})
    remove_unneeded(block)
    join_writes(block)
    polish(block)
    bundle(block)
    add_directly(block)
    store_first(block)
    drop_clears(block)
    quicken_checks(block)
    return block


def simplify_split(block: Block, inner: Block) -> None:
    """Simplify two sweeps of which the second reads values of the first."""
    joined = Block(block.params, [*block.statements], block.yields)
    mapping: dict[Value, Any] = {}
    known: dict[Any, Any] = {}
    share(joined, mapping, known)
    share(inner, mapping, dict(known))
    remove_dead(inner)
    join_writes(inner, joined.statements)
    polish(inner, unsure_values(joined))
    bundle(inner)
    add_directly(inner)
    store_first(inner, joined.statements)
    drop_clears(inner, joined.statements)
    count = len(joined.yields)
    joined.yields = (*joined.yields, *free_values(inner))
    remove_unneeded(joined)
    quicken_checks(joined)
    block.statements, block.yields = joined.statements, joined.yields[:count]


def remove_unneeded(block: Block) -> None:
    """Drop dead code, and what is there only to raise where something else raises."""
    # with it go branches, and so what they have tested
    remove_dead(block, checked=proven(block))
    remove_dead(block, checked=add_checks(block))


def polish(block: Block, unsure: Iterable[Value] = ()) -> None:
    """Sharpen the types of numbers, put products in order and move what is invariant out of loops, in a
    block without dead code; `unsure` are values of another block that may not have been assigned there.
    """
    sharpen(block)
    collect_terms(block)
    write_inner_products(block)
    reassociate(block)
    share(block, {}, {})
    hoist(block, unsure)
    share(block, {}, {})
    remove_dead(block)
