"""Factorisations and powers of matrices in numpy.linalg.

The derivative of the Cholesky factor is that of Murray (2016, "Differentiation of the Cholesky
decomposition"). NumPy reads the lower triangle of its operand only, and so does the derivative: the adjoint
of what is above the diagonal is 0.
"""

from __future__ import annotations

from typing import Any

from ..errors import NoDerivative
from . import assembled as made
from . import results as types
from .arithmetic import may_be_complex
from .linalg import transposed
from .rule import composite, general, linear

# -- the Cholesky factor -------------------------------------------------------------------------------------


def _cholesky_pullback(a: Any) -> str:
    _refuse_complex(a)
    lower = transposed(a, "z")
    half = transposed(a, f"lower_half({lower} @ z_bar)")
    solved = transposed(a, f"np.linalg.solve({lower}, {half})")
    return f"symmetric_half(np.linalg.solve({lower}, {solved}))"


def _cholesky_pushforward(a: Any) -> str:
    _refuse_complex(a)
    solved = transposed(a, "np.linalg.solve(z, from_lower(a_dot))")
    return f"z @ lower_half({transposed(a, f'np.linalg.solve(z, {solved})')})"


def _refuse_complex(a: Any) -> None:
    if may_be_complex(a):
        raise NoDerivative(
            "AD202", "`np.linalg.cholesky` of what may be complex", None, "a matrix of real numbers"
        )


general(
    "np.linalg.cholesky(a)",
    pullbacks={"a": _cholesky_pullback},
    pushforwards={"a": _cholesky_pushforward},
    types=made.matrix_float,
    decisive=("a",),
)
linear("lower_half(x)", "lower_half(z_bar)", types=types.keeps)
linear("from_lower(x)", "symmetric_half(z_bar)", types=types.keeps)
linear("symmetric_half(x)", "from_lower(z_bar)", types=types.keeps)

# -- powers --------------------------------------------------------------------------------------------------

_MOST = 64


def _matrix_power(a: Any, n: Any) -> str | None:
    """The products that NumPy forms, in its order: by repeated squaring."""
    if not isinstance(n, int) or not 0 < abs(n) <= _MOST:
        return None
    square = base = "a" if n > 0 else "np.linalg.inv(a)"
    if abs(n) == 3:
        return f"({base} @ {base}) @ {base}"
    power, left = "", abs(n)
    while left:
        left, bit = divmod(left, 2)
        if bit:
            power = f"({power} @ {square})" if power else square
        square = f"({square} @ {square})"
    return f"np.copy({power})" if power == "a" else power


composite("np.linalg.matrix_power(a, n)", _matrix_power, static=("n",), types=made.matrix_float)
