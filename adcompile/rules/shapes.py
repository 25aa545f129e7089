"""Functions that rearrange, repeat or select the elements of one array. All are linear: their adjoints
put things back.
"""

from __future__ import annotations

from typing import Any

from ..errors import NoDerivative
from ..ir.nodes import Arg, Literal
from ..ir.types import ListOf, Scalar, Type
from . import results as types
from .facts import Facts, rank_of
from .rule import composite, constant, general, linear
from .typing import opaque


def known_rank(fact: Any, function: str) -> int:
    """The rank of an operand, for functions whose adjoint cannot be written without it."""
    rank = rank_of(fact)
    if rank is None:
        raise NoDerivative(
            "AD202",
            f"`{function}` of an array whose number of axes is not known",
            None,
            "an operand whose rank follows from the arguments: np.reshape(x, ...) says it",
        )
    return rank


# -- shape ---------------------------------------------------------------------------------------------------


def _reshape(order: Any) -> str:
    return "np.reshape(z_bar, np.shape(a))" if order == "C" else "np.reshape(z_bar, np.shape(a), order=order)"


linear(
    "np.reshape(a, shape, order='C')",
    _reshape,
    types=types.reshaped,
    method="reshape",
    effect="view",
    moves=True,
)
linear("np.ravel(a, order='C')", _reshape, types=types.raveled, method="ravel", effect="view", moves=True)
linear("a.flatten(order='C')", lambda order: _reshape(order), types=types.raveled, moves=True)
linear(
    "np.expand_dims(a, axis)", "np.squeeze(z_bar, axis=axis)", types=types.expanded, effect="view", moves=True
)


def _squeeze(axis: Any) -> str:
    return "np.reshape(z_bar, np.shape(a))" if axis is None else "np.expand_dims(z_bar, axis)"


linear(
    "np.squeeze(a, axis=None)", _squeeze, types=types.squeezed, method="squeeze", effect="view", moves=True
)
# un-broadcasting is the caller's, as for every element-wise function
linear("np.broadcast_to(x, shape)", "z_bar", types=types.broadcast_type, pointwise=True, effect="view")
linear(
    "np.atleast_1d(x)", "np.reshape(z_bar, np.shape(x))", types=types.at_least(1), effect="view", moves=True
)
linear(
    "np.atleast_2d(x)", "np.reshape(z_bar, np.shape(x))", types=types.at_least(2), effect="view", moves=True
)

linear(
    "np.atleast_3d(x)", "np.reshape(z_bar, np.shape(x))", types=types.at_least_3d, effect="view", moves=True
)

# -- order of axes -------------------------------------------------------------------------------------------


def _transpose(axes: Any) -> str:
    if axes is None:
        return "z_bar.T"
    found = types.transposed_axes(len(axes), axes)
    return f"np.transpose(z_bar, {tuple(found.index(k) for k in range(len(found)))})"


def _rollaxis(a: Any, axis: Any, start: Any) -> str:
    axes = types.rolled_axes(known_rank(a, "np.rollaxis"), axis, start)
    return f"np.transpose(z_bar, {tuple(axes.index(k) for k in range(len(axes)))})"


linear(
    "np.transpose(a, axes=None)",
    _transpose,
    types=types.permuted(types.transposed_axes),
    method="transpose",
    effect="view",
    moves=True,
)
linear(
    "x.T",
    "z_bar.T",
    types=lambda x: types.permuted(types.transposed_axes)(x),
    effect="view",
    cheap=True,
    moves=True,
)
linear("x.mT", "z_bar.mT", types=types.matrix_transposed, effect="view", cheap=True, moves=True)
linear("np.matrix_transpose(x)", "z_bar.mT", types=types.matrix_transposed, effect="view", moves=True)
linear(
    "np.swapaxes(a, axis1, axis2)",
    "np.swapaxes(z_bar, axis1, axis2)",
    types=types.permuted(types.swapped_axes),
    method="swapaxes",
    effect="view",
    moves=True,
)
linear(
    "np.moveaxis(a, source, destination)",
    "np.moveaxis(z_bar, destination, source)",
    types=types.permuted(types.moved_axes),
    effect="view",
    moves=True,
)
linear(
    "np.rollaxis(a, axis, start=0)",
    _rollaxis,
    types=types.permuted(types.rolled_axes),
    effect="view",
    moves=True,
    static=("start",),
)

# -- order of elements ---------------------------------------------------------------------------------------

linear(
    "np.flip(m, axis=None)",
    lambda axis: f"np.flip(z_bar{'' if axis is None else ', axis'})",
    types=types.keeps,
    effect="view",
    moves=True,
)
linear("np.fliplr(m)", "np.fliplr(z_bar)", types=types.keeps, effect="view", moves=True)
linear("np.flipud(m)", "np.flipud(z_bar)", types=types.keeps, effect="view", moves=True)


def _roll(shift: Any, axis: Any) -> str:
    back = (
        f"({', '.join(f'-shift[{k}]' for k in range(len(shift)))},)"
        if isinstance(shift, (tuple, list))
        else "-shift"
    )
    return f"np.roll(z_bar, {back}{'' if axis is None else ', axis=axis'})"


def _rot90(k: Any, axes: Any) -> str:
    return f"np.rot90(z_bar, {-k}{'' if axes == (0, 1) else ', axes'})"


linear("np.roll(a, shift, axis=None)", _roll, types=types.keeps, moves=True)
linear(
    "np.rot90(m, k=1, axes=(0, 1))",
    _rot90,
    types=types.rank_only(lambda rank, *rest: rank),
    effect="view",
    moves=True,
)

# -- copies of elements --------------------------------------------------------------------------------------


def _repeat(a: Any, repeats: Any, axis: Any) -> str:
    is_number = not isinstance(repeats, (tuple, list)) and rank_of(repeats) == 0
    if is_number and (axis is None or rank_of(a) == 1):
        copies = "np.sum(np.reshape(z_bar, (np.size(a), repeats)), axis=1)"
        return copies if rank_of(a) == 1 else f"np.reshape({copies}, np.shape(a))"
    return "unrepeat(z_bar, a, repeats, axis)"


linear(
    "np.repeat(a, repeats, axis=None)",
    _repeat,
    method="repeat",
    types=types.rank_only(lambda rank, repeats, axis: 1 if types.is_none(axis) else rank),
    decisive=("repeats",),
)
linear(
    "unrepeat(c, x, repeats, axis)",
    "np.repeat(z_bar, repeats, axis=axis)",
    types=lambda c, x, *rest: types.shaped(c, x),
    constant=True,
)
linear("np.tile(a, reps)", "untile(z_bar, a, reps)", types=types.tiled)
linear(
    "untile(c, x, reps)", "np.tile(z_bar, reps)", types=lambda c, x, reps: types.shaped(c, x), constant=True
)

# -- diagonals and triangles ---------------------------------------------------------------------------------


def _diag(v: Any) -> str:
    if known_rank(v, "np.diag") == 1:
        return "np.diag(z_bar, k)"
    return "from_diagonal(z_bar, v, k, 0, 1)"


def _trace(a: Any) -> str:
    if rank_of(a) == 2:
        single = f", dtype=np.{a.dtype}" if isinstance(a, Facts) and a.dtype in ("float32", "float16") else ""
        return f"z_bar * np.eye(np.shape(a)[0], np.shape(a)[1], k=offset{single})"
    return "from_diagonal(np.expand_dims(z_bar, -1), a, offset, axis1, axis2)"


linear("np.diag(v, k=0)", _diag, types=types.diag_type, effect="view", masks=True)
linear(
    "np.diagonal(a, offset=0, axis1=0, axis2=1)",
    "from_diagonal(z_bar, a, offset, axis1, axis2)",
    types=types.diagonal_type,
    method="diagonal",
    effect="view",
    masks=True,
)
linear("np.trace(a, offset=0, axis1=0, axis2=1)", _trace, types=types.trace_type, method="trace", masks=True)
linear(
    "from_diagonal(c, x, offset, axis1, axis2)",
    "unbroadcast(np.diagonal(z_bar, offset, axis1, axis2), c)",
    types=lambda c, x, *rest: types.shaped(c, x),
    constant=True,
)
linear("np.triu(m, k=0)", "np.triu(z_bar, k)", types=types.triangular, masks=True)
linear("np.tril(m, k=0)", "np.tril(z_bar, k)", types=types.triangular, masks=True)

# -- differences ---------------------------------------------------------------------------------------------


def _ends(n: Any, prepend: Any, append: Any) -> None:
    for end in (prepend, append):
        if end is not None and (n != 1 or rank_of(end) != 0):
            raise NoDerivative(
                "AD202",
                "`np.diff` with arrays put before or after, or more than one difference",
                None,
                "numbers for prepend and append, or np.concatenate before np.diff",
            )


def _diff_pullback(n: Any, axis: Any, prepend: Any, append: Any) -> str:
    _ends(n, prepend, append)
    text = "z_bar"
    if prepend is None and append is None:
        for _ in range(n):
            text = f"undiff({text}, axis)"
        return text
    along = "" if axis == -1 else ", axis=axis"
    # where the operand was not extended, the adjoint is, by a zero; where it was, the end drops out
    ends = (", prepend=0" if prepend is None else "") + (", append=0" if append is None else "")
    return f"-np.diff({text}{along}{ends})"


def _diff_pushforward(n: Any, axis: Any, prepend: Any, append: Any) -> str:
    _ends(n, prepend, append)
    ends = (", prepend=0" if prepend is not None else "") + (", append=0" if append is not None else "")
    return f"np.diff(a_dot{'' if n == 1 else ', n=n'}{'' if axis == -1 else ', axis=axis'}{ends})"


general(
    "np.diff(a, n=1, axis=-1, prepend=None, append=None)",
    pullbacks={"a": _diff_pullback},
    pushforwards={"a": _diff_pushforward},
    types=types.diff_type,
    static=("n",),
)
linear("undiff(c, axis)", "np.diff(z_bar, axis=axis)", types=types.undiff_type, constant=True)


# a running sum of jumps is added, which does not change
general(
    "np.unwrap(p, discont=None, axis=-1)",
    pullbacks={"p": "z_bar"},
    pushforwards={"p": "p_dot"},
    types=types.keeps,
)

# -- selection -----------------------------------------------------------------------------------------------


def _take(a: Any, indices: Any, axis: Any) -> str:
    if axis is None:
        flat = "index_add_at(zeros_of(np.ravel(a)), indices, z_bar)"
        return flat if rank_of(a) == 1 else f"np.reshape({flat}, np.shape(a))"
    if axis == 0:
        return "index_add_at(zeros_of(a), indices, z_bar)"
    rank = known_rank(indices, "np.take")
    axis = axis % known_rank(a, "np.take")
    front, here = tuple(range(rank)), tuple(range(axis, axis + rank))
    moved = f"np.moveaxis(z_bar, {here}, {front})" if rank else "z_bar"
    return f"np.moveaxis(index_add_at(zeros_of(np.moveaxis(a, {axis}, 0)), indices, {moved}), 0, {axis})"


linear(
    "np.take(a, indices, axis=None)",
    _take,
    types=types.taken,
    method="take",
    masks=True,
    decisive=("indices",),
)


# borders that consist of elements of the array
_REPEATING = ("edge", "reflect", "symmetric", "wrap")


def _refuse_border(mode: Any) -> None:
    if mode not in ("constant", *_REPEATING):
        modes = ", ".join(f'"{m}"' for m in _REPEATING)
        raise NoDerivative("AD202", f"`np.pad` with mode={mode!r}", None, f'mode="constant", {modes}')


def _pad_pullback(mode: Any) -> str:
    _refuse_border(mode)
    return f"unpad(z_bar, pad_width{', mode' if mode in _REPEATING else ''})"


def _pad_pushforward(mode: Any) -> str:
    _refuse_border(mode)
    return f"np.pad(array_dot, pad_width{', mode=mode' if mode in _REPEATING else ''})"


general(
    "np.pad(array, pad_width, mode='constant', constant_values=0)",
    pullbacks={"array": _pad_pullback},
    pushforwards={"array": _pad_pushforward},
    types=types.rank_only(lambda rank, *rest: rank),
)
linear(
    "unpad(c, pad_width, mode='constant')",
    lambda mode: f"np.pad(z_bar, pad_width{', mode=mode' if mode in _REPEATING else ''})",
    types=types.rank_only(lambda rank, *rest: rank),
    constant=True,
)


def _windows_type(x: Arg, window_shape: Arg, axis: Arg) -> Type:
    count = len(window_shape) if isinstance(window_shape, tuple) else 1
    if isinstance(window_shape, Literal) and isinstance(window_shape.value, tuple):
        count = len(window_shape.value)
    return types.rank_only(lambda rank: None if rank is None else rank + count)(x)


linear(
    "np.lib.stride_tricks.sliding_window_view(x, window_shape, axis=None)",
    "windows_back(z_bar, x, window_shape, axis)",
    types=_windows_type,
    effect="view",
)
linear(
    "windows_back(c, x, window_shape, axis)",
    "np.lib.stride_tricks.sliding_window_view(z_bar, window_shape, axis)",
    types=lambda c, x, window_shape, axis: types.shaped(c, x),
    constant=True,
)

# -- several results -----------------------------------------------------------------------------------------


def _meshgrid(xi: Any, indexing: Any) -> str | None:
    if any(rank_of(x) != 1 for x in xi) or indexing not in ("xy", "ij"):
        return None
    order = list(range(len(xi)))
    if indexing == "xy" and len(xi) > 1:
        order[:2] = [1, 0]
    shape = ", ".join(f"np.size(xi[{k}])" for k in order)
    grids = []
    for k in range(len(xi)):
        after = len(xi) - 1 - order.index(k)
        grids.append(f"np.copy(np.broadcast_to(xi[{k}][:{', None' * after}], ({shape},)))")
    return f"({', '.join(grids)},)"


composite("np.meshgrid(*xi, indexing='xy')", _meshgrid, static=("indexing",))
composite(
    "np.diag_indices(n, ndim=2)",
    lambda ndim: f"({'np.arange(n), ' * ndim})",
    types=opaque,
    static=("ndim",),
    constant=True,
)


def _nonzero(a: Any) -> str | None:
    """One array of places for each axis."""
    rank = rank_of(a)
    if rank == 1:
        return "(np.flatnonzero(a),)"
    return f"({', '.join(f'np.argwhere(a)[:, {k}]' for k in range(rank))})" if rank else None


composite("np.nonzero(a)", _nonzero, types=opaque, method="nonzero")


def _cross_index(args: Any) -> str | None:
    """Places along each axis, each as an array with an axis of its own."""
    parts = []
    for k, places in enumerate(args):
        part = _as_places(places, f"args[{k}]")
        if part is None:
            return None
        axes = ", ".join(":" if j == k else "None" for j in range(len(args)))
        parts.append(f"{part}[{axes}]" if len(args) > 1 else part)
    return f"({', '.join(parts)},)"


def _as_places(places: Any, text: str) -> str | None:
    """Places along an axis as an array of integers, None where it is not known what they are."""
    if isinstance(places, list):
        whole = all(type(i) is int or (isinstance(i, Facts) and _holds_integers(i)) for i in places)
        return f"np.array({text})" if places and whole else None
    if not isinstance(places, Facts):
        return None
    if isinstance(places.type, ListOf):
        element = places.type.element
        whole = isinstance(element, Scalar) and element.dtype[0] in "iu"
        return f"np.array({text}, dtype=int)" if whole else None
    if places.rank != 1 or places.dtype is None:
        return None
    if places.dtype == "bool":
        return f"np.flatnonzero({text})"
    return text if places.dtype[0] in "iu" else None


def _holds_integers(fact: Facts) -> bool:
    return fact.rank == 0 and (fact.dtype or "O")[0] in "iu"


composite("np.ix_(*args)", _cross_index, types=opaque, constant=True)

# what sets of integers have in common, or not: of other numbers these are elements, which have derivatives
for _text in (
    "np.setdiff1d(ar1, ar2, assume_unique=False)",
    "np.intersect1d(ar1, ar2, assume_unique=False)",
):
    general(_text, pullbacks={}, pushforwards={}, types=types.set_of_places)

constant("np.broadcast_shapes(*shapes)", types=types.broadcast_of_shapes)
