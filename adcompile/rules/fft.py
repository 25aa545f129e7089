"""numpy.fft: the discrete Fourier transforms, which are linear.

A transform is a symmetric matrix, so its adjoint, without conjugation, is the transform itself; what the
transform cut off or filled up with zeros is filled up or cut off in the adjoint. The transforms of several
axes are written as those of one axis after the other, in NumPy's own order.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..ir.nodes import Arg
from ..ir.types import ShapeOf, Size, Type, dtype_of, shape_of
from . import results as types
from .facts import Facts, rank_of
from .rule import composite, constant, linear
from .shapes import known_rank
from .typing import known, size_argument, some_length, typ, value_of

# -- types ---------------------------------------------------------------------------------------------------


@functools.cache
def _spectral(dtype: str | None, name: str) -> str | None:
    """The dtype of a transform of numbers of a dtype."""
    if dtype is None:
        return None
    found: str = getattr(np.fft, name)(np.ones(2, dtype)).dtype.name
    return found


def _transform_type(name: str) -> Any:
    def rule(a: Arg, n: Arg, axis: Arg, norm: Arg) -> Type:
        t = typ(a)
        shape, dtype = shape_of(t), _spectral(dtype_of(t), name)
        if not shape or not known(axis):
            return types.array_of(dtype, None, t)
        place = value_of(axis) % len(shape)
        length: Size = some_length()
        if name in ("fft", "ifft"):
            length = shape[place] if types.is_none(n) else size_argument(n)
        return types.array_of(dtype, tuple(length if k == place else m for k, m in enumerate(shape)), t)

    return rule


# -- one axis ------------------------------------------------------------------------------------------------

_OPTIONS = "axis=axis, norm=norm"


def _own_adjoint(name: str) -> Any:
    def rule(n: Any) -> str:
        text = f"np.fft.{name}(z_bar, {_OPTIONS})"
        return text if n is None else f"resized({text}, a, axis)"

    return rule


def _of_real(n: Any) -> str:
    if n is None:
        return f"np.real(np.fft.fft(z_bar, n=np.shape(a)[axis], {_OPTIONS}))"
    return f"resized(np.real(np.fft.fft(z_bar, n=n, {_OPTIONS})), a, axis)"


def _to_real(n: Any) -> str:
    # the frequencies between the ends stand for themselves and their conjugates
    half = f"resized(np.fft.ifft(z_bar, {_OPTIONS}), half_weights(z, axis), axis) * half_weights(z, axis)"
    return half if n is None else f"resized({half}, a, axis)"


for _name, _rule in (
    ("fft", _own_adjoint("fft")),
    ("ifft", _own_adjoint("ifft")),
    ("rfft", _of_real),
    ("irfft", _to_real),
):
    linear(
        f"np.fft.{_name}(a, n=None, axis=-1, norm=None)",
        _rule,
        types=_transform_type(_name),
        real=_name == "irfft",
    )

linear(
    "resized(c, x, axis)",
    "resized(z_bar, c, axis)",
    types=lambda c, x, axis: types.rank_only(lambda rank: rank)(c),
    constant=True,
)
constant("half_weights(z, axis)")


# -- several axes --------------------------------------------------------------------------------------------


def _axes(a: Any, s: Any, axes: Any, name: str) -> list[tuple[int, str]] | None:
    """Each axis with the text of the length that is asked for along it."""
    count = None
    if isinstance(s, Facts) and isinstance(s.type, ShapeOf) and s.type.shape is not None:
        count = len(s.type.shape)
    elif isinstance(s, (tuple, list)):
        count = len(s)
    elif s is not None:
        return None
    if axes is None:
        axes = range(known_rank(a, f"np.fft.{name}")) if count is None else range(-count, 0)
    lengths = ["None"] * len(axes) if count is None else [f"s[{k}]" for k in range(count)]
    rank = known_rank(a, f"np.fft.{name}")
    if len(lengths) != len(axes) or not all(-rank <= k < rank for k in axes):
        return None  # the primal raises
    return [(k % rank, length) for k, length in zip(axes, lengths, strict=True)]


def _step(name: str, text: str, axis: int, length: str) -> str:
    size = "" if length == "None" else f", n={length}"
    return f"np.fft.{name}({text}{size}, axis={axis}, norm=norm)"


def _several(name: str, first: str, rest: str) -> Any:
    """A transform of several axes: `first` along the last one, `rest` along the others, from the back."""

    def rule(a: Any, s: Any, axes: Any) -> str | None:
        found = _axes(a, s, axes, name)
        if not found:
            return None
        text = _step(first, "a", *found[-1])
        for axis, length in reversed(found[:-1]):
            text = _step(rest, text, axis, length)
        return text

    return rule


def _several_to_real(name: str) -> Any:
    def rule(a: Any, s: Any, axes: Any) -> str | None:
        found = _axes(a, s, axes, name)
        if not found:
            return None
        text = "a"
        for axis, length in found[:-1]:
            text = _step("ifft", text, axis, length)
        return _step("irfft", text, *found[-1])

    return rule


for _suffix, _default in (("2", "(-2, -1)"), ("n", "None")):
    for _name, _expansion in (
        ("fft", _several(f"fft{_suffix}", "fft", "fft")),
        ("ifft", _several(f"ifft{_suffix}", "ifft", "ifft")),
        ("rfft", _several(f"rfft{_suffix}", "rfft", "fft")),
        ("irfft", _several_to_real(f"irfft{_suffix}")),
    ):
        composite(f"np.fft.{_name}{_suffix}(a, s=None, axes={_default}, norm=None)", _expansion)


def _shift(sign: str) -> Any:
    """The zero frequency in the middle, or back at the start: a roll by half of each axis."""

    def rule(x: Any, axes: Any) -> str | None:
        rank = rank_of(x)
        if axes is None:
            if rank is None:
                return None
            axes = tuple(range(rank))
        if isinstance(axes, int):
            return f"np.roll(x, {sign}(np.shape(x)[axes] // 2), axes)"
        shifts = ", ".join(f"{sign}(np.shape(x)[{k}] // 2)" for k in axes)
        return f"np.roll(x, ({shifts},), {tuple(axes)})" if axes else None

    return rule


composite("np.fft.fftshift(x, axes=None)", _shift(""))
composite("np.fft.ifftshift(x, axes=None)", _shift("-"))
