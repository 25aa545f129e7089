"""Generators that are run through before their items are asked for.

Python computes an item of a generator when its turn comes. Here all are computed at once, which is the same
as long as that changes nothing, nothing that it has read changes before the last item is asked for, and calls
that are kept for their effects do not change places.

In: what makes a list of the items. Out: an iterator over them that refuses where it would not be the same.
Not for `any` and `all`, which may end early: `calls`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from typing import Any

from ..errors import UnsupportedSyntax
from ..ir.nodes import Literal, next_serial
from ..ir.types import Scalar
from ..rules.typing import typ
from .iterate import iterable
from .parse import DeadPath, Parser, Reads
from .structure import leaves_of
from .values import Fixed, GrownCell, Indexed, Iterator, ListCell, State, fresh_id, is_atom


def run_early(p: Parser, node: ast.AST, items: Callable[[], Any], at_once: bool) -> Iterator:
    """An iterator over the list of items that a callable makes.

    `at_once` says that they are asked for one right after the other, and by nobody who sees what a generator
    changes in between.
    """
    reads = Reads(fresh_id(), next_serial())
    before, effects = p.state.copy(), p.effects
    p.readings.append(reads)
    try:
        made = items()
    finally:
        p.readings.remove(reads)
    if _has_changed(reads, before, p.state) and not (at_once and _are_numbers(p, made)):
        p.refuse("AD199", "each of these items changes variables, containers or arrays when it is asked for",
                 node, "a loop, or a list comprehension if all items are to be computed first")  # fmt: skip
    then, loc, last = p.state.copy(), p.frame.source.loc(node), p.effects

    def check() -> None:
        # random numbers that are drawn in another order are others
        if reads.differ(then, p.state) or (last != effects and p.effects != last):
            raise UnsupportedSyntax(
                "AD199",
                "what these items are computed of is changed before the last of them is asked for",
                loc,
                "a list comprehension, if the items are meant to be computed before that",
            )

    return Iterator(_checked(iterable(p, made, node), check), check=check)


def _checked(source: Fixed | Indexed, check: Callable[[], None]) -> Fixed | Indexed:
    """The same items, with a look at what has changed before each of them, and before the end."""

    def first(get: Callable[..., Any]) -> Callable[..., Any]:
        def checked(*args: Any) -> Any:
            check()
            return get(*args)

        return checked

    if isinstance(source, Fixed):
        return Fixed(first(source.size), first(source.get), source.over)
    return Indexed(source.length, first(source.get), source.of, source.over)


def refuse_asking_in_vain(p: Parser, sources: list[Any], node: ast.AST) -> None:
    """Refuse a `zip` that may ask for an item that changes something, and find that another has none."""
    for k, source in enumerate(sources):
        later = sources[k + 1 :]
        ask: Callable[[], Any] | None = None
        if isinstance(source, Fixed):
            least = min((s.size() for s in later if isinstance(s, Fixed)), default=source.size())
            ask = partial(source.get, least) if least < source.size() else None
        elif isinstance(source, Indexed) and later:
            ask = partial(source.get, Literal(0))
        if ask is not None and _would_change(p, ask):
            p.refuse("AD199", "an item that changes something may be asked for in vain at the end of the zip",
                     node, "a loop over an index, which asks for what it uses")  # fmt: skip


def _would_change(p: Parser, ask: Callable[[], Any]) -> bool:
    """Whether computing an item changes what is there; what is computed is dropped."""
    reads, before, effects = Reads(fresh_id(), next_serial()), p.state, p.effects
    p.state = before.copy()
    try:
        with p.builder.block():
            ask()
        return effects != p.effects or _has_changed(reads, before, p.state)
    except DeadPath:
        return True
    finally:
        p.state, p.effects = before, effects


def _has_changed(reads: Reads, before: State, after: State) -> bool:
    """Whether anything that was there before is another one now."""
    names = any(after.names.get(key, value) is not value for key, value in before.names.items())
    cells = any(after.heap.get(key, cell) is not cell for key, cell in before.heap.items())
    return names or cells or any(
        array.serial < reads.first_array and content is not before.memory.get(array, array)
        for array, content in after.memory.items()
    )  # fmt: skip


def _are_numbers(p: Parser, made: Any) -> bool:
    """Whether a list holds numbers only, which no write can change."""
    cell = p.cell(made)
    if isinstance(cell, GrownCell):
        return all(isinstance(typ(leaf), Scalar) for leaf in leaves_of(cell.pattern))
    return isinstance(cell, ListCell) and all(
        is_atom(item) and isinstance(typ(item), Scalar) for item in cell.items
    )
