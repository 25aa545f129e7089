"""Medians, percentiles and quantiles: each is a weighted sum of one or two elements.

Which elements these are does not change where there is a derivative, so the weights are constant. Of equal
elements, those have the weights that np.argsort puts there.
"""

from __future__ import annotations

from typing import Any

from ..errors import NoDerivative
from ..ir.nodes import Arg, Items
from ..ir.types import Array, Scalar, Type, dtype_of, shape_of
from .facts import rank_of
from .reductions import restored_adjoint
from .results import averaged
from .rule import general
from .shapes import known_rank
from .typing import reduction, typ


def _levels(q: Any) -> int:
    """The rank of the levels, which may be a sequence of numbers."""
    rank = 1 if isinstance(q, (tuple, list)) else rank_of(q)
    if rank not in (0, 1):
        raise NoDerivative("AD202", "quantiles at levels with more than one axis", None, "one axis of levels")
    return rank


def _moved(a: Any, axis: Any) -> tuple[int, ...]:
    """The reduced axes, behind the one of the levels."""
    rank = known_rank(a, "np.quantile")
    axes = range(rank) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(k % rank + 1 for k in axes)


def _weights(q: Any, level: str) -> str:
    """The text of the weights of all elements."""
    if level == "percent":
        level = "np.true_divide(q, 100)" if _levels(q) else "q / 100"
    return f"quantile_weights(a, {level}, axis)"


def _weighted(level: str) -> tuple[Any, Any]:
    """The products of a quantile, whose level is 0.5, q, or q percent."""

    def pullback(a: Any, q: Any, axis: Any, method: Any, keepdims: Any, z: Any, z_bar: Any) -> str:
        _refuse_method(method)
        weights = _weights(q, level)
        if level == "0.5" or not _levels(q):
            return f"{restored_adjoint(axis, keepdims, z, z_bar)} * {weights}"
        restored = "z_bar" if keepdims else f"np.expand_dims(z_bar, {_moved(a, axis)})"
        return f"np.sum({restored} * {weights}, axis=0)"

    def pushforward(a: Any, q: Any, axis: Any, method: Any, keepdims: Any) -> str:
        _refuse_method(method)
        kept = ", keepdims=True" if keepdims else ""
        if level == "0.5" or not _levels(q):
            return f"np.sum(a_dot * {_weights(q, level)}{'' if axis is None else ', axis=axis'}{kept})"
        return f"np.sum(a_dot * {_weights(q, level)}, axis={_moved(a, axis)}{kept})"

    return pullback, pushforward


def _refuse_method(method: Any) -> None:
    if method not in (None, "linear"):
        raise NoDerivative(
            "AD202", f"a quantile with method={method!r}", None, 'method="linear", the default'
        )


def _quantile_type(a: Arg, q: Arg, axis: Arg, method: Arg, keepdims: Arg) -> Type:
    t, levels = typ(a), typ(q)
    # a level that is no Python number may widen the result
    dtype = averaged(dtype_of(t)) if isinstance(levels, Scalar) and levels.origin == "py" else None
    dtype = "float64" if dtype_of(t) in ("float64", "int64") else dtype
    shape = shape_of(levels)
    if isinstance(q, (tuple, Items)):
        shape = (len(q if isinstance(q, tuple) else q.items),)
    if shape is None:
        return Array(dtype, None)
    found = reduction(a, axis, keepdims, dtype)
    if not shape:
        return found
    rest = shape_of(found)
    return Array(dtype, None if rest is None else (*shape, *rest))


def _median_type(a: Arg, axis: Arg, keepdims: Arg) -> Type:
    return reduction(a, axis, keepdims, averaged(dtype_of(typ(a))))


def _weights_type(a: Arg, q: Arg, axis: Arg) -> Type:
    t, levels = typ(a), shape_of(typ(q))
    shape = shape_of(t)
    dtype = dtype_of(t) if dtype_of(t) in ("float64", "float32") else None
    return Array(dtype, None if shape is None or levels is None else (*levels, *shape))


# in the levels it is not constant, and has no rule
general(
    "quantile_weights(a, q, axis)",
    pullbacks={"a": "zeros_of(a)"},
    pushforwards={"a": "np.zeros_like(z)"},
    types=_weights_type,
)
for _prefix in ("", "nan"):
    _back, _forward = _weighted("0.5")
    general(
        f"np.{_prefix}median(a, axis=None, keepdims=False)",
        pullbacks={"a": _back},
        pushforwards={"a": _forward},
        types=_median_type,
    )
    for _name, _level in (("quantile", "q"), ("percentile", "percent")):
        _back, _forward = _weighted(_level)
        general(
            f"np.{_prefix}{_name}(a, q, axis=None, method='linear', keepdims=False)",
            pullbacks={"a": _back},
            pushforwards={"a": _forward},
            types=_quantile_type,
            static=("method",),
            decisive=("q",),
        )
