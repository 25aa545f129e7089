"""Functions that take an array apart: each is written as slices of it where it is called.

In: the array's rank and the places or the number of parts, as far as they are known. Out: the text of a list
display of the parts. Functions that put arrays together are in `joining`.
"""

from __future__ import annotations

from typing import Any

from .facts import rank_of
from .rule import composite


def _slices(axis: int, starts: list[str], stops: list[str]) -> str:
    """The text of the parts between pairs of places along an axis."""
    before = ":, " * axis if axis >= 0 else "..., "
    after = ", :" * (-axis - 1) if axis < 0 else ""
    bounds = zip(starts, stops, strict=True)
    return f"[{', '.join(f'ary[{before}{low}:{high}{after}]' for low, high in bounds)}]"


def split(ary: Any, indices_or_sections: Any, axis: Any) -> str | None:
    """The text of slices at known places, or of the rows of a reshaped array, whose reshaping raises where
    parts would differ.
    """
    if isinstance(indices_or_sections, (tuple, list)):
        stops = [f"indices_or_sections[{k}]" for k in range(len(indices_or_sections))]
        return _slices(axis, ["", *stops], [*stops, ""])
    rank = rank_of(ary)
    if not isinstance(indices_or_sections, int) or rank is None:
        return None
    axis %= rank
    lengths = [f"np.shape(ary)[{k}]" for k in range(rank)]
    lengths[axis : axis + 1] = [str(indices_or_sections), f"{lengths[axis]} // {indices_or_sections}"]
    parts = f"np.reshape(ary, ({', '.join(lengths)},))"
    before = ":, " * axis
    return f"[{', '.join(f'{parts}[{before}{k}]' for k in range(indices_or_sections))}]"


def _array_split(ary: Any, indices_or_sections: Any, axis: Any) -> str | None:
    """Parts of which the first ones may be longer by one."""
    if isinstance(indices_or_sections, (tuple, list)):
        return split(ary, indices_or_sections, axis)
    parts = indices_or_sections
    if not isinstance(parts, int) or rank_of(ary) is None:
        return None
    size = f"np.shape(ary)[{axis}]"
    places = [f"{k} * ({size} // {parts}) + min({k}, {size} % {parts})" for k in range(1, parts)]
    return _slices(axis, ["", *places], [*places, ""])


def _along(axis: int, least: int) -> Any:
    """The expansion of a function that splits arrays of a least rank along an axis."""

    def rule(ary: Any, indices_or_sections: Any) -> str | None:
        rank = rank_of(ary)
        if rank is None or rank < least:
            return None  # nothing is known, or the primal raises
        return split(ary, indices_or_sections, min(axis, rank - 1))

    return rule


_PLACES = ("indices_or_sections",)
composite("np.split(ary, indices_or_sections, axis=0)", split, static=_PLACES)
composite("np.array_split(ary, indices_or_sections, axis=0)", _array_split, static=_PLACES)
composite("np.vsplit(ary, indices_or_sections)", _along(0, 2), static=_PLACES)
composite("np.hsplit(ary, indices_or_sections)", _along(1, 1), static=_PLACES)
composite("np.dsplit(ary, indices_or_sections)", _along(2, 3), static=_PLACES)
