"""Reductions over axes, running sums, and sorting.

Ties: equal extremes share the derivative of np.max and np.min. The standard deviation of equal numbers
has derivative 0. Products are exact with zeros.
"""

from __future__ import annotations

from typing import Any

from ..ir.nodes import Literal
from . import results as types
from .arithmetic import may_be_complex
from .facts import Facts, rank_of
from .rule import composite, constant, general, linear


def restored(text: str, axis: Any, keepdims: Any, reduced: Any = None) -> str:
    """The text of a reduced operand, such that it broadcasts against the operand of the reduction.

    `reduced` are the facts of what the text computes, where it may be smaller than the reduction's result.
    """
    if keepdims or axis is None or rank_of(reduced) == 0:
        return text
    axes = axis if isinstance(axis, tuple) else (axis,)
    if set(axes) == set(range(len(axes))):
        return text  # leading axes come back by broadcasting
    return f"np.expand_dims({text}, axis)"


def adjoint(z: Any, z_bar: Any) -> str:
    """The text of an adjoint that may be smaller than the result, in the result's rank."""
    ranks = rank_of(z), rank_of(z_bar)
    if z_bar is None or ranks[1] == 0 or (ranks[0] is not None and ranks[0] == ranks[1]):
        return "z_bar"
    return "np.broadcast_to(z_bar, np.shape(z))"


def restored_adjoint(axis: Any, keepdims: Any, z: Any, z_bar: Any) -> str:
    """The text of the adjoint of a reduction, such that it broadcasts against the operand."""
    return restored(adjoint(z, z_bar), axis, keepdims, z_bar)


def count(axis: Any) -> str:
    """The text of the number of elements that are reduced to one."""
    if axis is None:
        return "np.size(a)"
    if isinstance(axis, tuple):
        return " * ".join(f"np.shape(a)[{k}]" for k in axis) or "1"
    return "np.shape(a)[axis]"


def _keepdims(keepdims: Any) -> str:
    return ", keepdims=True" if keepdims else ""


def _axis(axis: Any) -> str:
    return "" if axis is None else ", axis=axis"


# -- sums ----------------------------------------------------------------------------------------------------


def _mean(axis: Any, keepdims: Any, z: Any, z_bar: Any) -> str:
    number = count(axis)
    return f"{restored_adjoint(axis, keepdims, z, z_bar)} / {f'({number})' if '*' in number else number}"


linear(
    "np.sum(a, axis=None, dtype=None, keepdims=False)",
    restored_adjoint,
    types=types.reduces(types.summed),
    method="sum",
    lazy=True,
)
linear(
    "np.mean(a, axis=None, dtype=None, keepdims=False)",
    _mean,
    types=types.reduces(types.averaged),
    method="mean",
    lazy=True,
)


def _masked_pullback(axis: Any, keepdims: Any, z: Any, z_bar: Any) -> str:
    return f"np.where(where, {restored_adjoint(axis, keepdims, z, z_bar)}, 0)"


general(
    "masked_sum(a, axis, dtype, keepdims, initial, where)",
    pullbacks={"a": _masked_pullback, "initial": "np.sum(z_bar)"},
    pushforwards={
        "a": "masked_sum(a_dot, axis, dtype, keepdims, 0, where)",
        "initial": "initial_dot * np.ones_like(z)",
    },
    types=lambda a, axis, dtype, keepdims, initial, where: types.reduces(types.summed)(
        a, axis, dtype, keepdims
    ),
    masks=True,
)

# -- variances -----------------------------------------------------------------------------------------------


def _deviation(a: Any, axis: Any) -> str:
    """The text of the deviation from the mean, conjugated."""
    text = "(a - np.mean(a))" if axis is None else "(a - np.mean(a, axis=axis, keepdims=True))"
    return f"np.conj({text})" if may_be_complex(a) else text


def _freedom(axis: Any, ddof: Any) -> str:
    number = count(axis)
    return f"({number} - ddof)" if ddof else f"({number})" if "*" in number else number


def _var_pullback(a: Any, axis: Any, ddof: Any, keepdims: Any, z: Any, z_bar: Any) -> str:
    return (
        f"2 / {_freedom(axis, ddof)} * {restored_adjoint(axis, keepdims, z, z_bar)} * {_deviation(a, axis)}"
    )


def _correlation(a: Any, axis: Any, keepdims: Any) -> str:
    inner = f"{_deviation(a, axis)} * a_dot"
    inner = f"np.real({inner})" if may_be_complex(a) else inner
    return f"np.sum({inner}{_axis(axis)}{_keepdims(keepdims)})"


def _var_pushforward(a: Any, axis: Any, ddof: Any, keepdims: Any) -> str:
    return f"2 / {_freedom(axis, ddof)} * {_correlation(a, axis, keepdims)}"


def _std_pullback(a: Any, axis: Any, ddof: Any, keepdims: Any, z: Any, z_bar: Any) -> str:
    # where z is 0 every deviation is, and any divisor gives the 0 that is wanted
    scaled = restored(
        f"{adjoint(z, z_bar)} / ({_freedom(axis, ddof)} * np.where(z == 0, 1, z))", axis, keepdims
    )
    return f"{scaled} * {_deviation(a, axis)}"


def _std_pushforward(a: Any, axis: Any, ddof: Any, keepdims: Any) -> str:
    return f"{_correlation(a, axis, keepdims)} / ({_freedom(axis, ddof)} * np.where(z == 0, 1, z))"


general(
    "np.var(a, axis=None, dtype=None, ddof=0, keepdims=False)",
    pullbacks={"a": _var_pullback},
    pushforwards={"a": _var_pushforward},
    types=types.reduces(types.spread_of),
    method="var",
    lazy=True,
    real=True,
)
general(
    "np.std(a, axis=None, dtype=None, ddof=0, keepdims=False)",
    pullbacks={"a": _std_pullback},
    pushforwards={"a": _std_pushforward},
    types=types.reduces(types.spread_of),
    method="std",
    lazy=True,
    real=True,
)

# -- extremes ------------------------------------------------------------------------------------------------


def _hits(axis: Any, keepdims: Any) -> str:
    return f"(a == {restored('z', axis, keepdims)})"


def _number_of_hits(a: Any, axis: Any, keepdims: Any, initial: Any, keep: bool) -> str:
    # counting in the dtype of the operand keeps single precision single
    single = f", dtype=np.{a.dtype}" if isinstance(a, Facts) and a.dtype in ("float32", "float16") else ""
    found = f"np.sum({_hits(axis, keepdims)}{_axis(axis)}{single}{_keepdims(keep and axis is not None)})"
    if initial is None:
        return found
    return f"np.maximum(1, {found} + (initial == {restored('z', axis, keepdims) if keep else 'z'}))"


def _extreme_pullback(a: Any, axis: Any, keepdims: Any, initial: Any, z: Any, z_bar: Any) -> str:
    shared = (
        f"{restored_adjoint(axis, keepdims, z, z_bar)} / {_number_of_hits(a, axis, keepdims, initial, True)}"
    )
    return f"{shared} * {_hits(axis, keepdims)}"


def _extreme_pushforward(a: Any, axis: Any, keepdims: Any, initial: Any) -> str:
    hits = f"a_dot * {_hits(axis, keepdims)}"
    number = _number_of_hits(a, axis, keepdims, initial, bool(keepdims))
    return f"np.sum({hits}{_axis(axis)}{_keepdims(keepdims)}) / {number}"


for _name, _method in (("max", "max"), ("min", "min"), ("amax", None), ("amin", None)):
    general(
        f"np.{_name}(a, axis=None, keepdims=False, initial=None)",
        pullbacks={"a": _extreme_pullback},
        pushforwards={"a": _extreme_pushforward},
        types=types.extreme_type,
        method=_method,
        lazy=True,
        masks=True,
    )


def _ptp(axis: Any, keepdims: Any) -> str:
    along = f"{_axis(axis)}{_keepdims(keepdims)}"
    return f"np.max(a{along}) - np.min(a{along})"


composite("np.ptp(a, axis=None, keepdims=False)", _ptp)

# -- products ------------------------------------------------------------------------------------------------


def _others(a: Any, axis: Any) -> str:
    """The text of the product of all other elements, for each element."""
    rank = rank_of(a)
    if axis is None:
        return "prod_of_others(a)" if rank == 1 else "np.reshape(prod_of_others(np.ravel(a)), np.shape(a))"
    if not isinstance(axis, tuple):
        last = axis == -1 or (rank is not None and axis == rank - 1)
        return (
            "prod_of_others(a)" if last else "np.moveaxis(prod_of_others(np.moveaxis(a, axis, -1)), -1, axis)"
        )
    # several axes: brought to the end and flattened; those that stay are named from the front
    last = tuple(range(-len(axis), 0))
    moved = f"np.moveaxis(a, axis, {last})"
    shape = f"np.shape({moved})"
    flat = f"np.reshape({moved}, {shape}[:{-len(axis)}] + (-1,))"
    return f"np.moveaxis(np.reshape(prod_of_others({flat}), {shape}), {last}, axis)"


def _prod_pullback(a: Any, axis: Any, keepdims: Any, z: Any, z_bar: Any) -> str:
    return f"{restored_adjoint(axis, keepdims, z, z_bar)} * {_others(a, axis)}"


def _prod_pushforward(a: Any, axis: Any, keepdims: Any) -> str:
    return f"np.sum(a_dot * {_others(a, axis)}{_axis(axis)}{_keepdims(keepdims)})"


general(
    "np.prod(a, axis=None, dtype=None, keepdims=False)",
    pullbacks={"a": _prod_pullback},
    pushforwards={"a": _prod_pushforward},
    types=types.reduces(types.summed),
    method="prod",
    lazy=True,
)

# The product of all but two elements, as a matrix with zeros on the diagonal: replacing an element by 1
# leaves it out.
_DIAGONAL = "np.eye(np.shape(x)[-1], dtype=bool)"
_WITHOUT = f"np.where({_DIAGONAL}, 1, x[..., None, :])"
_PAIRS = f"np.where({_DIAGONAL}, 0, prod_of_others({_WITHOUT}))"
general(
    "prod_of_others(x)",
    pullbacks={"x": f"(z_bar[..., None, :] @ {_PAIRS})[..., 0, :]"},
    pushforwards={"x": f"({_PAIRS} @ x_dot[..., None])[..., 0]"},
    types=types.keeps,
)

# -- running sums and products -------------------------------------------------------------------------------


def _cumsum(a: Any, axis: Any) -> str:
    if axis is None:
        backwards = "np.cumsum(z_bar[::-1])[::-1]"
        return backwards if rank_of(a) == 1 else f"np.reshape({backwards}, np.shape(a))"
    if axis == 0:
        return "np.cumsum(z_bar[::-1], axis=0)[::-1]"
    return "np.flip(np.cumsum(np.flip(z_bar, axis), axis=axis), axis)"


# Entry [k, i] is the product of the first i + 1 elements without the k-th: exact with zeros, quadratic in
# length.
_LEFT_OUT = (
    "np.triu(np.cumprod(np.where(np.eye(np.shape({0})[-1], dtype=bool), 1, {0}[..., None, :]), axis=-1))"
)


def _cumprod(text: str) -> Any:
    def rule(a: Any, axis: Any) -> str:
        if axis is None:
            flat = "a" if rank_of(a) == 1 else "np.ravel(a)"
            found = text.format(matrix=_LEFT_OUT.format(flat), bar="z_bar", dot="np.ravel(a_dot)")
            return f"np.reshape({found}, np.shape(a))" if "z_bar" in found and flat != "a" else found
        if axis == -1 or axis + 1 == rank_of(a):
            return text.format(matrix=_LEFT_OUT.format("a"), bar="z_bar", dot="a_dot")
        along = "np.moveaxis({}, axis, -1)".format
        found = text.format(matrix=_LEFT_OUT.format(along("a")), bar=along("z_bar"), dot=along("a_dot"))
        return f"np.moveaxis({found}, -1, axis)"

    return rule


linear("np.cumsum(a, axis=None, dtype=None)", _cumsum, types=types.accumulates, method="cumsum")
general(
    "np.cumprod(a, axis=None, dtype=None)",
    pullbacks={"a": _cumprod("({matrix} @ {bar}[..., None])[..., 0]")},
    pushforwards={"a": _cumprod("({dot}[..., None, :] @ {matrix})[..., 0, :]")},
    types=types.accumulates,
    method="cumprod",
)

for _name in ("maximum", "minimum"):
    # of equal elements, the last one is the extreme; what comes before it is not read any more
    general(
        f"np.{_name}.accumulate(array, axis=0)",
        pullbacks={"array": "add_along_axis(array, running_places(array, z, axis), z_bar, axis)"},
        pushforwards={"array": "np.take_along_axis(array_dot, running_places(array, z, axis), axis)"},
        types=types.keeps,
        masks=True,
    )
constant("running_places(a, z, axis)", types=lambda a, z, axis: types.integer_array(a, axis))
linear(
    "np.add.reduceat(array, indices, axis=0, dtype=None)",
    "reduceat_back(z_bar, array, indices, axis)",
    types=types.sums_of_parts,
)
linear(
    "reduceat_back(c, x, indices, axis)",
    "np.add.reduceat(z_bar, indices, axis)",
    types=lambda c, x, indices, axis: types.shaped(c, x),
    constant=True,
)

# -- sorting -------------------------------------------------------------------------------------------------


def _sort_pullback(a: Any, axis: Any) -> str:
    if axis is None:
        return "np.reshape(put_back(z_bar, np.argsort(a, axis=None), 0), np.shape(a))"
    return "put_back(z_bar, np.argsort(a, axis=axis), axis)"


def _sort_pushforward(a: Any, axis: Any) -> str:
    if axis is None:
        return "np.ravel(a_dot)[np.argsort(a, axis=None)]"
    return "np.take_along_axis(a_dot, np.argsort(a, axis=axis), axis)"


general(
    "np.sort(a, axis=-1)",
    pullbacks={"a": _sort_pullback},
    pushforwards={"a": _sort_pushforward},
    types=types.sorted_type,
)


def _partition_pullback(axis: Any) -> str:
    # both orders are undone: which of the parts' inner orders NumPy's algorithm leaves is not known
    if axis is None:
        return "np.reshape(put_back(z_bar[np.argsort(z)], np.argsort(a, axis=None), 0), np.shape(a))"
    ordered = "np.take_along_axis(z_bar, np.argsort(z, axis=axis), axis)"
    return f"put_back({ordered}, np.argsort(a, axis=axis), axis)"


def _partition_pushforward(axis: Any) -> str:
    if axis is None:
        return "put_back(np.ravel(a_dot)[np.argsort(a, axis=None)], np.argsort(z), 0)"
    ordered = "np.take_along_axis(a_dot, np.argsort(a, axis=axis), axis)"
    return f"put_back({ordered}, np.argsort(z, axis=axis), axis)"


general(
    "np.partition(a, kth, axis=-1)",
    pullbacks={"a": _partition_pullback},
    pushforwards={"a": _partition_pushforward},
    types=lambda a, kth, axis: types.sorted_type(a, axis),
    decisive=("kth",),
)
linear(
    "np.take_along_axis(arr, indices, axis)",
    "add_along_axis(arr, indices, z_bar, axis)",
    types=types.rank_only(lambda rank, *rest: rank),
    masks=True,
    decisive=("indices",),
)
linear(
    "add_along_axis(x, i, c, axis)",
    "np.take_along_axis(z_bar, i, axis)",
    wrt=("c",),
    types=types.keeps,
    constant=True,
)
# the order holds each place once, so what was taken in it can be put back
linear(
    "put_back(c, order, axis)",
    "np.take_along_axis(z_bar, order, axis)",
    wrt=("c",),
    types=types.keeps,
    constant=True,
)

# -- no derivative -------------------------------------------------------------------------------------------

for _name in ("argmax", "argmin"):
    constant(f"np.{_name}(a, axis=None, keepdims=False)", types=types.index_of_extreme, method=_name)
for _name in ("any", "all"):
    constant(
        f"np.{_name}(a, axis=None, keepdims=False)",
        types=types.reduces(lambda dtype: "bool", has_dtype=False),
        method=_name,
    )
constant("np.count_nonzero(a, axis=None, keepdims=False)", types=types.count_type)
constant("np.argsort(a, axis=-1)", types=types.integer_array, method="argsort")
constant("np.searchsorted(a, v, side='left', sorter=None)", types=types.found_places, method="searchsorted")
constant("np.digitize(x, bins, right=False)", types=types.bins_of)
constant(
    "np.argpartition(a, kth, axis=-1)",
    types=lambda a, kth, axis: types.integer_array(a, axis),
    decisive=("kth",),
)
constant("np.argwhere(a)", types=types.places_in_rows)
for _name in ("places", "counts"):
    constant(f"unique_{_name}(a)", types=types.flat_places)
constant("unique_inverse(a)", types=lambda a: types.integer_array(a, Literal(-1)))
constant("np.lexsort(keys, axis=-1)", types=types.order_of_keys)
constant("np.flatnonzero(a)", types=types.flat_places)
