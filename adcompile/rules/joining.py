"""Functions that put several arrays together, and making an array of a sequence.

The operand is a sequence of known length, a tuple or list display, or a run-time list. A rule is asked
once for each item of a sequence, by its place `k`, and once for a run-time list, whose adjoint is a list.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ir.types import ListOf, shape_of
from . import assembled as made
from .facts import Facts
from .rule import FUNCTIONS, composite, linear
from .shapes import known_rank


def is_list(fact: Any) -> bool:
    """Whether an operand is a run-time list."""
    return isinstance(fact, Facts) and isinstance(fact.type, ListOf)


def element_rank(fact: Any, function: str) -> int:
    """The rank of the items of a run-time list."""
    element = fact.type.element
    shape = None if element is None else shape_of(element)
    return known_rank(Facts(fact.type, shape, None), function)


def along(axis: int, part: str) -> str:
    """The text of an index that selects `part` along an axis, counted from the front or from the back."""
    if axis >= 0:
        return f"[{':, ' * axis}{part}]"
    return f"[..., {part}{', :' * (-axis - 1)}]"


def span(sizes: list[str], k: int) -> str:
    """The text of the slice that item k takes, given the text of every item's length."""

    def total(parts: list[str]) -> str:
        number, rest = sum(int(p) for p in parts if p.isdigit()), [p for p in parts if not p.isdigit()]
        return " + ".join([*rest, *([str(number)] if number or not rest else [])])

    start = total(sizes[:k]) if k else ""
    stop = total(sizes[: k + 1]) if k < len(sizes) - 1 else ""
    return f"{start}:{stop}"


def _concatenate(arrays: Any, axis: Any, k: Any) -> str:
    if is_list(arrays):
        return "split_like(z_bar, arrays, axis)"
    if axis is None:
        sizes = [f"np.size(arrays[{j}])" for j in range(len(arrays))]
        return f"np.reshape(z_bar[{span(sizes, k)}], np.shape(item))"
    sizes = [f"np.shape(arrays[{j}])[axis]" for j in range(len(arrays))]
    return f"z_bar{along(axis, span(sizes, k))}"


def _stack(arrays: Any, axis: Any, k: Any) -> str:
    if is_list(arrays):
        return "list(z_bar)" if axis == 0 else "list(np.moveaxis(z_bar, axis, 0))"
    return f"z_bar{along(axis, 'k')}"


def _hstack(tup: Any, k: Any) -> str:
    if is_list(tup):
        rank = element_rank(tup, "np.hstack")
        return "list(z_bar)" if rank == 0 else f"split_like(z_bar, tup, {min(rank - 1, 1)})"
    ranks = [known_rank(t, "np.hstack") for t in tup]
    if max(ranks) > 1:
        return f"z_bar[:, {span([f'np.shape(tup[{j}])[1]' for j in range(len(tup))], k)}]"
    part = span([f"np.size(tup[{j}])" if r else "1" for j, r in enumerate(ranks)], k)
    return f"z_bar[{part.split(':')[0] or '0'}]" if ranks[k] == 0 else f"z_bar[{part}]"


def _vstack(tup: Any, k: Any) -> str:
    if is_list(tup):
        rank = element_rank(tup, "np.vstack")
        return ("list(z_bar[:, 0])", "list(z_bar)", "split_like(z_bar, tup, 0)")[min(rank, 2)]
    ranks = [known_rank(t, "np.vstack") for t in tup]
    part = span([f"np.shape(tup[{j}])[0]" if r > 1 else "1" for j, r in enumerate(ranks)], k)
    if ranks[k] > 1:
        return f"z_bar[{part}]"
    return f"z_bar[{part.split(':')[0] or '0'}{', 0' if ranks[k] == 0 else ''}]"


def _column_stack(tup: Any, k: Any) -> str:
    if is_list(tup):
        rank = element_rank(tup, "np.column_stack")
        return ("list(z_bar[0])", "list(z_bar.T)", "split_like(z_bar, tup, 1)")[min(rank, 2)]
    ranks = [known_rank(t, "np.column_stack") for t in tup]
    part = span([f"np.shape(tup[{j}])[1]" if r > 1 else "1" for j, r in enumerate(ranks)], k)
    if ranks[k] > 1:
        return f"z_bar[:, {part}]"
    return f"z_bar[{':' if ranks[k] else '0'}, {part.split(':')[0] or '0'}]"


def _dstack(tup: Any) -> str | None:
    if is_list(tup):
        rank = element_rank(tup, "np.dstack")
        if rank > 2:
            return "np.concatenate(tup, axis=2)"
        return ("np.stack(tup)[None, None]", "np.stack(tup, axis=1)[None]", "np.stack(tup, axis=2)")[rank]
    if not isinstance(tup, (tuple, list)):
        return None
    return f"np.concatenate(({''.join(f'np.atleast_3d(tup[{k}]), ' for k in range(len(tup)))}), axis=2)"


def _item(x: Any, k: Any) -> str:
    """The adjoint of np.array(x): of an array itself, of an item its place, of a run-time list a list."""
    if is_list(x):
        return "list(z_bar)"
    return "z_bar" if k is None else "z_bar[k]"


def _appended(name: str) -> Any:
    def rule(axis: Any) -> str:
        part = ":{}" if name == "arr" else "{}:"
        if axis is None:
            return f"np.reshape(z_bar[{part.format('np.size(arr)')}], np.shape({name}))"
        return f"z_bar{along(axis, part.format('np.shape(arr)[axis]'))}"

    return rule


linear(
    "np.concatenate(arrays, axis=0)",
    _concatenate,
    types=made.concatenated,
    rows=True,
    joint=True,
    moves=True,
)
linear(
    "np.stack(arrays, axis=0)",
    _stack,
    types=made.stacked_arrays,
    rows=True,
    joint=True,
    moves=True,
    effect="view",
)
linear("np.hstack(tup)", _hstack, types=made.widened(1, 1), rows=True, joint=True, moves=True, effect="view")
linear("np.vstack(tup)", _vstack, types=made.widened(2, 0), rows=True, joint=True, moves=True, effect="view")
if hasattr(np, "row_stack"):
    FUNCTIONS[np.row_stack] = FUNCTIONS[np.vstack]  # its old name
linear(
    "np.column_stack(tup)",
    _column_stack,
    types=made.widened(2, 1, column=True),
    rows=True,
    joint=True,
    moves=True,
)
composite("np.dstack(tup)", _dstack, items=True)
linear(
    "np.append(arr, values, axis=None)",
    _appended("arr"),
    _appended("values"),
    types=made.appended,
    joint=True,
    moves=True,
)
linear(
    "np.array(x, dtype=None, copy=True)",
    _item,
    types=made.array_type,
    items=True,
    joint=True,
    moves=True,
    effect="view",
)
linear(
    "np.asarray(x, dtype=None, copy=None)",
    _item,
    types=made.array_type,
    items=True,
    joint=True,
    moves=True,
    effect="view",
)
linear(
    "np.asanyarray(x, dtype=None)",
    _item,
    types=made.array_type,
    items=True,
    joint=True,
    moves=True,
    effect="view",
)
for _name in ("ascontiguousarray", "asfortranarray", "asarray_chkfinite"):
    linear(
        f"np.{_name}(x, dtype=None)",
        _item,
        types=made.array_type,
        items=True,
        joint=True,
        moves=True,
        effect="view",
    )
linear(
    "split_like(c, items, axis)",
    "np.concatenate(z_bar, axis=axis)",
    types=lambda c, items, axis: made.list_like(items),
    constant=True,
)


# in a program the frontend decides what `list` means; in a rule's text it makes a run-time list
linear("list(x)", "np.stack(z_bar)", types=made.list_of_rows)
