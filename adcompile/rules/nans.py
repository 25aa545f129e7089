"""Reductions that leave NaNs out: an element that is NaN has derivative 0.

A reduction of nothing but NaNs is what NumPy says it is, and its derivative is 0.
"""

from __future__ import annotations

from typing import Any

from . import results as types
from .arithmetic import may_be_complex
from .facts import Facts
from .reductions import adjoint, restored, restored_adjoint
from .rule import composite, constant, general


def _along(axis: Any, keepdims: Any) -> str:
    return f"{'' if axis is None else ', axis=axis'}{', keepdims=True' if keepdims else ''}"


def _single(a: Any) -> str:
    # counting in the dtype of the operand keeps single precision single
    return f", dtype=np.{a.dtype}" if isinstance(a, Facts) and a.dtype in ("float32", "float16") else ""


def _count(a: Any, axis: Any, keepdims: Any) -> str:
    """The text of the number of elements that are no NaNs, where there are any."""
    return f"np.maximum(np.sum(~np.isnan(a){_single(a)}{_along(axis, keepdims)}), 1)"


# -- sums and products ---------------------------------------------------------------------------------------


def _sum_pushforward(axis: Any, keepdims: Any) -> str:
    return f"np.sum(np.where(np.isnan(a), 0, a_dot){_along(axis, keepdims)})"


general(
    "np.nansum(a, axis=None, dtype=None, keepdims=False)",
    pullbacks={
        "a": lambda axis, keepdims, z, z_bar: f"{restored_adjoint(axis, keepdims, z, z_bar)} * ~np.isnan(a)"
    },
    pushforwards={"a": _sum_pushforward},
    types=types.reduces(types.summed),
    lazy=True,
)


def _mean_pullback(a: Any, axis: Any, keepdims: Any, z: Any, z_bar: Any) -> str:
    scaled = f"({adjoint(z, z_bar)} / {_count(a, axis, keepdims)})"
    return f"{restored(scaled, axis, keepdims)} * ~np.isnan(a)"


def _mean_pushforward(a: Any, axis: Any, keepdims: Any) -> str:
    return f"{_sum_pushforward(axis, keepdims)} / {_count(a, axis, keepdims)}"


general(
    "np.nanmean(a, axis=None, dtype=None, keepdims=False)",
    pullbacks={"a": _mean_pullback},
    pushforwards={"a": _mean_pushforward},
    types=types.reduces(types.averaged),
)
composite(
    "np.nanprod(a, axis=None, dtype=None, keepdims=False)",
    lambda axis, keepdims: f"np.prod(np.where(np.isnan(a), 1, a), dtype=dtype{_along(axis, keepdims)})",
)
composite(
    "np.nancumsum(a, axis=None, dtype=None)", lambda: "np.cumsum(np.where(np.isnan(a), 0, a), axis, dtype)"
)
composite(
    "np.nancumprod(a, axis=None, dtype=None)", lambda: "np.cumprod(np.where(np.isnan(a), 1, a), axis, dtype)"
)

# -- variances -----------------------------------------------------------------------------------------------


def _deviation(a: Any, axis: Any) -> str:
    """The text of the deviation from the mean, conjugated, and 0 where there is no number."""
    mean = "np.nanmean(a)" if axis is None else "np.nanmean(a, axis=axis, keepdims=True)"
    text = f"np.where(np.isnan(a), 0, a - {mean})"
    return f"np.conj({text})" if may_be_complex(a) else text


def _freedom(a: Any, axis: Any, ddof: Any, keepdims: Any) -> str:
    return f"({_count(a, axis, keepdims)} - ddof)" if ddof else _count(a, axis, keepdims)


def _correlation(a: Any, axis: Any, keepdims: Any) -> str:
    inner = f"{_deviation(a, axis)} * np.where(np.isnan(a), 0, a_dot)"
    inner = f"np.real({inner})" if may_be_complex(a) else inner
    return f"np.sum({inner}{_along(axis, keepdims)})"


def _var_pullback(a: Any, axis: Any, ddof: Any, keepdims: Any, z: Any, z_bar: Any) -> str:
    scaled = f"(2 * {adjoint(z, z_bar)} / {_freedom(a, axis, ddof, keepdims)})"
    return f"{restored(scaled, axis, keepdims)} * {_deviation(a, axis)}"


def _var_pushforward(a: Any, axis: Any, ddof: Any, keepdims: Any) -> str:
    return f"2 * {_correlation(a, axis, keepdims)} / {_freedom(a, axis, ddof, keepdims)}"


def _std_pullback(a: Any, axis: Any, ddof: Any, keepdims: Any, z: Any, z_bar: Any) -> str:
    scaled = f"({adjoint(z, z_bar)} / ({_freedom(a, axis, ddof, keepdims)} * np.where(z == 0, 1, z)))"
    return f"{restored(scaled, axis, keepdims)} * {_deviation(a, axis)}"


def _std_pushforward(a: Any, axis: Any, ddof: Any, keepdims: Any) -> str:
    return (
        f"{_correlation(a, axis, keepdims)} / ({_freedom(a, axis, ddof, keepdims)} * np.where(z == 0, 1, z))"
    )


for _name, _pull, _push in (
    ("nanvar", _var_pullback, _var_pushforward),
    ("nanstd", _std_pullback, _std_pushforward),
):
    general(
        f"np.{_name}(a, axis=None, dtype=None, ddof=0, keepdims=False)",
        pullbacks={"a": _pull},
        pushforwards={"a": _push},
        types=types.reduces(types.spread_of),
        real=True,
    )

# -- extremes ------------------------------------------------------------------------------------------------


def _hits(axis: Any, keepdims: Any) -> str:
    return f"(a == {restored('z', axis, keepdims)})"


def _number_of_hits(a: Any, axis: Any, keepdims: Any) -> str:
    return f"np.maximum(np.sum({_hits(axis, keepdims)}{_single(a)}{_along(axis, keepdims)}), 1)"


def _extreme_pullback(a: Any, axis: Any, keepdims: Any, z: Any, z_bar: Any) -> str:
    shared = f"({adjoint(z, z_bar)} / {_number_of_hits(a, axis, keepdims)})"
    return f"{restored(shared, axis, keepdims)} * {_hits(axis, keepdims)}"


def _extreme_pushforward(a: Any, axis: Any, keepdims: Any) -> str:
    hits = f"np.where({_hits(axis, keepdims)}, a_dot, 0)"
    return f"np.sum({hits}{_along(axis, keepdims)}) / {_number_of_hits(a, axis, keepdims)}"


for _name in ("nanmax", "nanmin"):
    general(
        f"np.{_name}(a, axis=None, keepdims=False)",
        pullbacks={"a": _extreme_pullback},
        pushforwards={"a": _extreme_pushforward},
        types=types.reduces(lambda dtype: dtype, has_dtype=False),
    )
for _name in ("nanargmax", "nanargmin"):
    constant(f"np.{_name}(a, axis=None, keepdims=False)", types=types.index_of_extreme)
