"""Functions that make arrays, copy them, and change their dtype.

The adjoint of a change of dtype is the adjoint itself: whoever accumulates it brings it to the operand's
dtype.
"""

from __future__ import annotations

from typing import Any

from ..ir.nodes import Arg, Literal
from . import assembled as made
from . import results as types
from .rule import composite, constant, general, linear
from .typing import opaque

# -- constants -----------------------------------------------------------------------------------------------

for _name in ("zeros", "ones", "empty"):
    constant(f"np.{_name}(shape, dtype=None)", types=made.creation())
    constant(f"np.{_name}_like(a, dtype=None)", types=made.like_type)
constant("np.eye(N, M=None, k=0, dtype=None)", types=made.eye_type)
constant("np.identity(n, dtype=None)", types=made.identity_type)
constant("np.tri(N, M=None, k=0, dtype=None)", types=made.eye_type)
constant("np.indices(dimensions)", types=made.indices_type)
constant("np.dtype(dtype)", types=opaque)
# the class called with a shape: memory with anything in it
composite("np.ndarray(shape, dtype=None)", lambda: "np.empty(shape, dtype)")

# -- filled and counted --------------------------------------------------------------------------------------


def _fill(fill_value: Any) -> str:
    return "np.sum(z_bar)" if made.fact_rank(fill_value) == 0 else "unbroadcast(z_bar, fill_value)"


linear("np.full(shape, fill_value, dtype=None)", _fill, wrt=("fill_value",), types=made.full_type)


def _fill_like(fill_value: Any, z: Any) -> str:
    # an array of integers keeps whole numbers, which have no derivative
    return _fill(fill_value) + (" * holds_floats(z)" if z.dtype is None else "")


def _filled_like(z: Any) -> str:
    filled = "np.full_like(a, fill_value_dot, dtype=dtype)"
    return f"{filled} * holds_floats(z)" if z.dtype is None else filled


general(
    "np.full_like(a, fill_value, dtype=None)",
    pullbacks={"fill_value": _fill_like},
    pushforwards={"fill_value": _filled_like},
    types=made.full_like_type,
    constant=True,
)


_ONE = Literal(1)


def _arange_start(stop: Any) -> str:
    # np.arange(n): the one operand is where to stop, which moves no element
    return "0.0" if stop is None else "np.sum(z_bar)"


def _counted(start: Arg, stop: Arg | None = None, step: Arg = _ONE, *rest: Arg) -> tuple[Arg, ...] | None:
    """np.arange(0, n, 1) is np.arange(n), whose length is known."""
    if rest or stop is None or types.is_none(stop) or not _is_integer(step, 1):
        return None
    return (stop,) if _is_integer(start, 0) else (start, stop)


def _is_integer(arg: Arg, value: int) -> bool:
    return isinstance(arg, Literal) and type(arg.value) is int and arg.value == value


general(
    "np.arange(start, stop=None, step=None, dtype=None)",
    rewrite=_counted,
    pullbacks={"start": _arange_start, "step": "np.sum(z_bar * np.arange(np.size(z)))"},
    pushforwards={
        "start": lambda stop: "np.zeros(np.size(z))" if stop is None else "start_dot * np.ones(np.size(z))",
        "step": "step_dot * np.arange(np.size(z))",
    },
    types=made.arange_type,
    constant=True,
    decisive=("step",),
)


def _linspace(first: str, last: str) -> Any:
    def rule(start: Any, stop: Any, num: Any, endpoint: Any) -> str:
        points = "" if num == 50 and isinstance(num, int) else ", num=num"
        points += "" if endpoint else ", endpoint=False"
        weights = f"np.linspace({first}, {last}{points})"
        if made.fact_rank(start) == made.fact_rank(stop) == 0:
            return f"np.sum(z_bar * {weights})"
        end = "start" if first == "1.0" else "stop"
        return f"unbroadcast(np.tensordot({weights}, z_bar, 1), {end})"

    return rule


linear(
    "np.linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None)",
    _linspace("1.0", "0.0"),
    _linspace("0.0", "1.0"),
    types=made.linspace_type,
    joint=True,
)

# -- copies and casts ----------------------------------------------------------------------------------------

linear("np.copy(a)", "z_bar", types=types.keeps, lazy=True)
linear("x.copy()", "z_bar", types=types.keeps_kind, lazy=True)
linear("x.astype(dtype, copy=True)", "z_bar", types=made.astype_type, lazy=True, effect="view")
linear("x.item()", "z_bar", types=made.item_type, lazy=True)
for _name in ("float64", "float32", "float16", "complex128", "complex64"):
    linear(f"np.{_name}(x)", "z_bar", types=made.cast_type(_name), lazy=True)
for _name in ("int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8"):
    constant(f"np.{_name}(x)", types=made.cast_type(_name))
constant("np.bool_(x)", types=made.cast_type("bool"))
