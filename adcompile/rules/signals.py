"""Convolutions and correlations of sequences, and piecewise linear interpolation.

A convolution is linear in each of its sequences. What interpolation gives is linear in the values at the
knots; by a place it has the slope of the segment that the place lies in. At a knot that is the segment on the
right, at the last knot the one on the left; outside of the knots the slope is 0.
"""

from __future__ import annotations

from typing import Any

from ..errors import NoDerivative
from ..ir.nodes import Arg
from ..ir.types import Array, Type, dtype_of, shape_of
from .facts import rank_of
from .results import shaped
from .rule import general, linear
from .typing import as_array, result_dtype, some_length, typ, with_shape

# -- convolutions --------------------------------------------------------------------------------------------


def _sequence_type(a: Arg, v: Arg, mode: Arg) -> Type:
    return Array(result_dtype([as_array(typ(a)), as_array(typ(v))]), (some_length(),))


def _of_sequences(name: str, text: str) -> Any:
    def rule(a: Any, v: Any) -> str:
        if rank_of(a) != 1 or rank_of(v) != 1:
            raise NoDerivative("AD202", f"`{name}` of what may be no sequence", None, "arrays with one axis")
        return text

    return rule


linear(
    "np.convolve(a, v, mode='full')",
    _of_sequences("np.convolve", "convolve_back(z_bar, a, v, mode)"),
    _of_sequences("np.convolve", "convolve_back(z_bar, v, a, mode)"),
    types=_sequence_type,
    static=("mode",),
)
linear(
    "convolve_back(c, x, y, mode)",
    "np.convolve(z_bar, y, mode)",
    "convolve_back(c, y, z_bar, mode)",
    wrt=("c", "y"),
    constant=True,
    types=lambda c, x, y, mode: shaped(c, x),
)
linear(
    "np.correlate(a, v, mode='valid')",
    _of_sequences("np.correlate", "correlate_left(z_bar, a, v, mode)"),
    _of_sequences("np.correlate", "correlate_right(z_bar, a, v, mode)"),
    types=_sequence_type,
    static=("mode",),
)
linear(
    "correlate_left(c, a, v, mode)",
    "np.correlate(z_bar, v, mode)",
    "correlate_right(c, z_bar, v, mode)",
    wrt=("c", "v"),
    constant=True,
    types=lambda c, a, v, mode: shaped(c, a),
)
linear(
    "correlate_right(c, a, v, mode)",
    "np.correlate(a, z_bar, mode)",
    "correlate_left(c, a, z_bar, mode)",
    wrt=("c", "a"),
    constant=True,
    types=lambda c, a, v, mode: shaped(c, v),
)

# -- interpolation -------------------------------------------------------------------------------------------


def _interpolated_type(x: Arg, xp: Arg, fp: Arg, *rest: Arg) -> Type:
    dtype = dtype_of(typ(fp))
    return with_shape("complex128" if dtype and dtype[0] == "c" else "float64", shape_of(typ(x)))


def _between(left: Any, right: Any, period: Any) -> str:
    """The text of the factors that are 0 where a value outside of the knots has been given."""
    if period is not None:
        instead = "places in the first period, and knots repeated at its ends"
        raise NoDerivative("AD202", "`np.interp` with `period`", None, instead)
    factors = " * (x >= xp[0])" if left is not None else ""
    return factors + (" * (x <= xp[-1])" if right is not None else "")


def _knots_pullback(left: Any, right: Any, period: Any) -> str:
    return f"interp_spread(z_bar{_between(left, right, period)}, x, xp)"


def _values_pushforward(left: Any, right: Any, period: Any) -> str:
    _between(left, right, period)
    ends = (", left=0.0" if left is not None else "") + (", right=0.0" if right is not None else "")
    return f"np.interp(x, xp, fp_dot{ends})"


def _sloped(text: str) -> Any:
    def rule(left: Any, right: Any, period: Any) -> str:
        _between(left, right, period)
        return text

    return rule


general(
    "np.interp(x, xp, fp, left=None, right=None, period=None)",
    pullbacks={
        "x": _sloped("z_bar * interp_slope(x, xp, fp)"),
        "xp": _sloped("-interp_spread(z_bar * interp_slope(x, xp, fp), x, xp)"),
        "fp": _knots_pullback,
        "left": _sloped("np.sum(z_bar * (x < xp[0]))"),
        "right": _sloped("np.sum(z_bar * (x > xp[-1]))"),
    },
    pushforwards={
        "x": _sloped("x_dot * interp_slope(x, xp, fp)"),
        "xp": _sloped("-(interp_slope(x, xp, fp) * np.interp(x, xp, xp_dot))"),
        "fp": _values_pushforward,
        "left": _sloped("left_dot * (x < xp[0])"),
        "right": _sloped("right_dot * (x > xp[-1])"),
    },
    types=_interpolated_type,
)
general(
    "interp_slope(x, xp, fp)",
    pullbacks={
        "xp": "-interp_steps(z_bar * z, x, xp)",
        "fp": "interp_steps(z_bar, x, xp)",
    },
    pushforwards={
        "xp": "-(z * interp_slope(x, xp, xp_dot))",
        "fp": "interp_slope(x, xp, fp_dot)",
    },
    constant=True,
    types=_interpolated_type,
)


def _spread_type(c: Arg, x: Arg, xp: Arg) -> Type:
    return shaped(c, xp)


general(
    "interp_spread(c, x, xp)",
    pullbacks={
        "c": "np.interp(x, xp, z_bar)",
        "x": "c * interp_slope(x, xp, z_bar)",
        "xp": "-interp_spread(c * interp_slope(x, xp, z_bar), x, xp)",
    },
    pushforwards={
        "c": "interp_spread(c_dot, x, xp)",
        "x": "interp_steps(c * x_dot, x, xp)",
        "xp": "-interp_steps(c * np.interp(x, xp, xp_dot), x, xp)",
    },
    types=_spread_type,
)
general(
    "interp_steps(c, x, xp)",
    pullbacks={
        "c": "interp_slope(x, xp, z_bar)",
        "xp": "-interp_steps(c * interp_slope(x, xp, z_bar), x, xp)",
    },
    pushforwards={
        "c": "interp_steps(c_dot, x, xp)",
        "xp": "-interp_steps(c * interp_slope(x, xp, xp_dot), x, xp)",
    },
    constant=True,
    types=_spread_type,
)
