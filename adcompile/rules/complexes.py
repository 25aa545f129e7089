"""Complex numbers: parts, conjugates, angles and absolute values.

The adjoint of a complex value multiplies by the holomorphic derivative without conjugation, as autograd
and JAX have it: z_bar is such that the real part of z_bar * z_dot is the change of the result.
"""

from __future__ import annotations

from typing import Any

from . import results as types
from .arithmetic import may_be_complex
from .facts import Facts
from .rule import composite, general, linear
from .typing import same


def _imaginary(val: Any) -> str:
    return "-1j * z_bar" if may_be_complex(val) else "0.0 * z_bar"


def _conjugate(x: Any) -> str:
    return "np.conj(z_bar)" if may_be_complex(x) else "z_bar"


linear("np.real(val)", "z_bar", types=types.real_part, pointwise=True, effect="view", real=True)
linear("np.imag(val)", _imaginary, types=types.real_part, pointwise=True, effect="view", real=True)
linear("x.real", "z_bar", types=types.real_part, pointwise=True, effect="view", real=True)
linear("x.imag", lambda x: _imaginary(x), types=types.real_part, pointwise=True, effect="view", real=True)
linear(
    "from_parts(x, y)",
    "np.real(z_bar)",
    "-np.imag(z_bar)",
    types=types.whole,
    joint=True,
    pointwise=True,
)
linear("np.conj(x)", _conjugate, pointwise=True, method="conj")
linear("x.conjugate()", lambda x: _conjugate(x), types=same, pointwise=True, effect="view")


def _angle_pullback(z: Any, deg: Any) -> str:
    if not may_be_complex(z):
        return "0.0 * z_bar"
    scale = "57.29577951308232" if deg else "1"
    return f"{scale} * z_bar * (-1j * np.conj(x) / np.where(x == 0, 1, np.real(x * np.conj(x))))"


def _angle_pushforward(x: Any, deg: Any) -> str:
    if not may_be_complex(x):
        return "0.0 * x_dot"
    scale = "57.29577951308232" if deg else "1"
    return f"{scale} * np.imag(x_dot * np.conj(x)) / np.where(x == 0, 1, np.real(x * np.conj(x)))"


general(
    "np.angle(x, deg=False)",
    pullbacks={"x": lambda x, deg: _angle_pullback(x, deg)},
    pushforwards={"x": _angle_pushforward},
    types=types.angle_type,
    pointwise=True,
    real=True,
    static=("deg",),
)
general(
    "complex(real, imag=0)",
    pullbacks={"real": "z_bar", "imag": "1j * z_bar"},
    pushforwards={"real": "complex(real_dot)", "imag": "1j * imag_dot"},
    types=types.complex_number,
)


def _real_if_close(a: Any) -> str | None:
    """Nothing happens to real numbers; whether complex ones become real is decided when the function runs."""
    dtype = a.dtype if isinstance(a, Facts) else None
    return "np.asanyarray(a)" if dtype is not None and not dtype.startswith("complex") else None


composite("np.real_if_close(a, tol=100)", _real_if_close)
