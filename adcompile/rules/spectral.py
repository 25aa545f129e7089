"""Eigenvalues, singular values, QR factors, pseudo-inverses and least squares, of real matrices.

A factorisation is computed once: its factors are rows that take the matrix, by which they are differentiated,
and what `np.linalg` returned for it, of which they are copies, since a program may write into them. The
derivatives are those of Giles (2008, "Collected matrix derivative results"), of Townsend (2016,
"Differentiating the singular value decomposition"), of Walter and Lehmann (2010, "Algorithmic differentiation
of linear algebra functions") for QR, and of Golub and Pereyra (1973) for the pseudo-inverse of a matrix of
constant rank.

`eigh` and `eigvalsh` read the lower triangle of their operand; the adjoint of the other one is 0. The vectors
that belong to equal eigenvalues or singular values have no derivative: it is not finite there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import NoDerivative
from ..ir.nodes import Arg
from ..ir.types import Array, Scalar, Type, dtype_of, shape_of
from . import assembled as made
from .arithmetic import may_be_complex
from .facts import Facts, rank_of
from .linalg import transposed
from .rule import Rule, composite, constant, general
from .typing import opaque, result_dtype, some_length, typ, with_shape


def _of_real(what: str, text: Any) -> Rule:
    """A rule for real matrices, whose text may depend on the rank of a stack of them."""

    def rule(a: Any, x: Any, UPLO: Any) -> str:
        a = x if a is None else a
        if UPLO not in (None, "L"):
            raise NoDerivative("AD202", f"`{what}` with `UPLO`", None, "the lower triangle, the default")
        if may_be_complex(a):
            raise NoDerivative("AD202", f"`{what}` of what may be complex", None, "a matrix of real numbers")
        return str(text(_Texts(a)))

    return rule


class _Texts:
    """Writes texts for a matrix, or for a stack of matrices."""

    def __init__(self, a: Any) -> None:
        self.a = a

    def turned(self, text: str) -> str:
        """A matrix with its axes exchanged."""
        return transposed(self.a, text)

    def columns(self, text: str) -> str:
        """A vector, as factors of the columns of a matrix."""
        return text if rank_of(self.a) == 2 else f"{text}[..., None, :]"

    def over(self, text: str, lower: str) -> str:
        """A matrix times the inverse of another one."""
        return self.turned(f"np.linalg.solve({self.turned(lower)}, {self.turned(f'({text})')})")


def _vector_type(a: Arg, *rest: Arg) -> Type:
    return _shaped(a, lambda shape: (None,))


def _eigenvalues_type(a: Arg, *rest: Arg) -> Type:
    return _shaped(a, lambda shape: shape[-1:])


def _factor_type(a: Arg, *rest: Arg) -> Type:
    return _shaped(a, lambda shape: (None, None))


def _pinv_type(a: Arg) -> Type:
    return _shaped(a, lambda shape: shape[:-3:-1])


def _r_type(a: Arg, *rest: Arg) -> Type:
    return _shaped(a, lambda shape: (None, shape[-1]))


def _q_type(a: Arg, *rest: Arg) -> Type:
    return _shaped(a, lambda shape: (shape[-2], None))


def _shaped(a: Arg, last: Callable[[Any], Any]) -> Type:
    """The type of a factor of a matrix, by the lengths of the matrix."""
    shape = shape_of(typ(a))
    dtype = dtype_of(made.matrix_float(a))
    return with_shape(dtype, None if shape is None or len(shape) < 2 else (*shape[:-2], *last(shape)))


def _square_type(a: Arg, *rest: Arg) -> Type:
    return made.matrix_float(a)


general(
    "gaps(w)",
    pullbacks={"w": "np.sum(z_bar * z * z, axis=-1) - np.sum(z_bar * z * z, axis=-2)"},
    pushforwards={"w": "-(z * z * (w_dot[..., None, :] - w_dot[..., None]))"},
    types=lambda w: with_shape(dtype_of(typ(w)), _pairs(shape_of(typ(w)))),
)


def _pairs(shape: Any) -> Any:
    return None if shape is None else (*shape, shape[-1])


# -- eigenvalues ---------------------------------------------------------------------------------------------


def _spread(v: str) -> Any:
    return lambda t: f"symmetric_half(({v} * {t.columns('z_bar')}) @ {t.turned(v)})"


def _along(v: str) -> Any:
    return lambda t: f"np.sum({v} * (from_lower(a_dot) @ {v}), axis=-2)"


_VECTORS = "eigenvectors(a, eigensystem(a))"


def _eigh(a: Any, UPLO: Any) -> str:
    if UPLO == "U":
        # the lower triangle of the transpose
        return "(eigenvalues(a.mT, upper_eigensystem(a)), eigenvectors(a.mT, upper_eigensystem(a)))"
    if UPLO != "L":
        raise NoDerivative("AD202", f"`np.linalg.eigh` with UPLO={UPLO!r}", None, '"L", the default, or "U"')
    return f"(eigenvalues(a, eigensystem(a)), {_VECTORS})"


constant("eigensystem(a)", types=opaque, decisive=("a",))
constant("upper_eigensystem(a)", types=opaque, decisive=("a",))
composite(
    "np.linalg.eigh(a, UPLO='L')",
    _eigh,
    static=("UPLO",),
)
general(
    "np.linalg.eigvalsh(a, UPLO='L')",
    pullbacks={"a": _of_real("np.linalg.eigvalsh", _spread(_VECTORS))},
    pushforwards={"a": _of_real("np.linalg.eigvalsh", _along(_VECTORS))},
    types=_eigenvalues_type,
)
general(
    "eigenvalues(a, e)",
    pullbacks={"a": _of_real("np.linalg.eigh", _spread("eigenvectors(a, e)"))},
    pushforwards={"a": _of_real("np.linalg.eigh", _along("eigenvectors(a, e)"))},
    types=_eigenvalues_type,
)
general(
    "eigenvectors(a, e)",
    pullbacks={
        "a": _of_real(
            "np.linalg.eigh",
            lambda t: (
                f"symmetric_half(z @ (gaps(eigenvalues(a, e)) * ({t.turned('z')} @ z_bar)) @ {t.turned('z')})"
            ),
        )
    },
    pushforwards={
        "a": _of_real(
            "np.linalg.eigh",
            lambda t: f"z @ (gaps(eigenvalues(a, e)) * ({t.turned('z')} @ from_lower(a_dot) @ z))",
        )
    },
    types=_square_type,
)

# -- singular values -----------------------------------------------------------------------------------------

_U, _S, _V = "left_vectors(a, thin(e))", "singular_values(a, thin(e))", "right_vectors(a, thin(e))"


def _svd(full_matrices: Any, compute_uv: Any, hermitian: Any) -> str:
    if hermitian is not False:
        raise NoDerivative("AD202", "`np.linalg.svd` with `hermitian`", None, "np.linalg.eigh")
    if not compute_uv:
        return "np.linalg.svdvals(a)"
    e = f"svd_of(a, {bool(full_matrices)})"
    return f"(left_vectors(a, {e}), singular_values(a, {e}), right_vectors(a, {e}))"


def _left_pullback(t: _Texts) -> str:
    product = f"{t.turned('z')} @ z_bar"
    inner = f"gaps({_S} * {_S}) * ({product} - {t.turned(f'({product})')})"
    turning = f"(z @ ({inner})) * {t.columns(_S)}"
    leaving = f"(z_bar - z @ ({product})) / {t.columns(_S)}"
    return f"({turning} + {leaving}) @ {_V}"


def _left_pushforward(t: _Texts) -> str:
    moved = f"a_dot @ {t.turned(_V)}"
    p = f"({t.turned('z')} @ ({moved}))"
    inner = f"{p} * {t.columns(_S)}"
    inner = f"gaps({_S} * {_S}) * ({inner} + {t.turned(f'({inner})')})"
    return f"z @ ({inner}) + ({moved} - z @ {p}) / {t.columns(_S)}"


def _right_pullback(t: _Texts) -> str:
    product = f"z @ {t.turned('z_bar')}"
    inner = f"gaps({_S} * {_S}) * ({product} - {t.turned(f'({product})')})"
    turning = f"(({_U} * {t.columns(_S)}) @ ({inner})) @ z"
    leaving = f"({_U} / {t.columns(_S)}) @ (z_bar - {t.turned(f'({product})')} @ z)"
    return f"{turning} + {leaving}"


def _right_pushforward(t: _Texts) -> str:
    moved = f"{t.turned('a_dot')} @ {_U}"
    p = f"(z @ ({moved}))"
    inner = f"{p} * {t.columns(_S)}"
    inner = f"gaps({_S} * {_S}) * ({inner} + {t.turned(f'({inner})')})"
    v = t.turned("z")
    return t.turned(f"({v} @ ({inner}) + ({moved} - {v} @ {p}) / {t.columns(_S)})")


def _values_pullback(u: str, v: str) -> Any:
    return lambda t: f"({u} * {t.columns('z_bar')}) @ {v}"


def _values_pushforward(u: str, v: str, dot: str = "a_dot") -> Any:
    return lambda t: f"np.sum({u} * ({dot} @ {t.turned(v)}), axis=-2)"


_ALONE = "left_vectors(x, svd_of(x, False))", "right_vectors(x, svd_of(x, False))"

_OF_A = "left_vectors(a, svd_of(a, False))", "right_vectors(a, svd_of(a, False))"
_LEADING = "left_vectors(a, leading(e))", "right_vectors(a, leading(e))"

constant("svd_of(a, full)", types=opaque, decisive=("a",))
constant("leading(e)", types=opaque)
constant("thin(e)", types=opaque)
composite(
    "np.linalg.svd(a, full_matrices=True, compute_uv=True, hermitian=False)",
    _svd,
    static=("full_matrices", "compute_uv", "hermitian"),
)
general(
    "np.linalg.svdvals(x)",
    pullbacks={"x": _of_real("np.linalg.svdvals", _values_pullback(*_ALONE))},
    pushforwards={"x": _of_real("np.linalg.svdvals", _values_pushforward(*_ALONE, "x_dot"))},
    types=_vector_type,
)
general(
    "singular_values(a, e)",
    pullbacks={"a": _of_real("np.linalg.svd", _values_pullback(*_LEADING))},
    pushforwards={"a": _of_real("np.linalg.svd", _values_pushforward(*_LEADING))},
    types=_vector_type,
)
general(
    "left_vectors(a, e)",
    pullbacks={"a": _of_real("np.linalg.svd", _left_pullback)},
    pushforwards={"a": _of_real("np.linalg.svd", _left_pushforward)},
    types=_q_type,
)
general(
    "right_vectors(a, e)",
    pullbacks={"a": _of_real("np.linalg.svd", _right_pullback)},
    pushforwards={"a": _of_real("np.linalg.svd", _right_pushforward)},
    types=_r_type,
)

# -- QR ------------------------------------------------------------------------------------------------------

_Q, _R = "q_factor(a, tall(e))", "r_factor(a, tall(e))"


def _qr(mode: Any) -> str:
    if mode not in ("reduced", "r"):
        raise NoDerivative("AD202", f"`np.linalg.qr` with mode={mode!r}", None, 'mode="reduced" or mode="r"')
    if mode == "r":
        return "r_factor(a, qr_of(a))"
    return "(q_factor(a, qr_of(a)), r_factor(a, qr_of(a)))"


def _skew(t: _Texts) -> tuple[str, str]:
    """What turns the columns of Q, and Qᵀ ȧ R⁻¹."""
    inner = f"({t.turned(_Q)} @ {t.over('a_dot', _R)})"
    strict = f"np.tril({inner}, -1)"
    return f"({strict} - {t.turned(strict)})", inner


def _q_pushforward(t: _Texts) -> str:
    skew, inner = _skew(t)
    return f"z @ {skew} + {t.over('a_dot', _R)} - z @ {inner}"


def _r_pushforward(t: _Texts) -> str:
    skew, inner = _skew(t)
    return f"({inner} - {skew}) @ z"


constant("qr_of(a)", types=opaque, decisive=("a",))
constant("tall(e)", types=opaque)
composite("np.linalg.qr(a, mode='reduced')", _qr, static=("mode",))
general(
    "q_factor(a, e)",
    pullbacks={
        "a": _of_real(
            "np.linalg.qr",
            lambda t: t.over(f"z_bar - z @ from_lower({t.turned('z_bar')} @ z)", t.turned(_R)),
        )
    },
    pushforwards={"a": _of_real("np.linalg.qr", _q_pushforward)},
    types=_q_type,
)
general(
    "r_factor(a, e)",
    pullbacks={
        "a": _of_real(
            "np.linalg.qr",
            lambda t: t.over(f"{_Q} @ from_lower(z @ {t.turned('z_bar')})", t.turned("r_factor(a, tall(e))")),
        )
    },
    pushforwards={"a": _of_real("np.linalg.qr", _r_pushforward)},
    types=_r_type,
)

# -- pseudo-inverses and least squares -----------------------------------------------------------------------


def _pinv_pullback(z: str, z_bar: str) -> Any:
    def text(t: _Texts) -> str:
        zt, bar = t.turned(z), t.turned(z_bar)
        first = f"-({zt} @ {z_bar} @ {zt})"
        second = f"({bar} - a @ ({z} @ {bar})) @ {z} @ {zt}"
        third = f"{zt} @ {z} @ ({bar} - ({bar} @ {z}) @ a)"
        return f"{first} + {second} + {third}"

    return text


def _pinv_pushforward(z: str) -> Any:
    def text(t: _Texts) -> str:
        zt, dot = t.turned(z), t.turned("a_dot")
        first = f"-({z} @ a_dot @ {z})"
        second = f"{z} @ {zt} @ ({dot} - ({dot} @ a) @ {z})"
        third = f"({dot} - {z} @ (a @ {dot})) @ {zt} @ {z}"
        return f"{first} + {second} + {third}"

    return text


general(
    "np.linalg.pinv(a)",
    pullbacks={"a": _of_real("np.linalg.pinv", _pinv_pullback("z", "z_bar"))},
    pushforwards={"a": _of_real("np.linalg.pinv", _pinv_pushforward("z"))},
    types=_pinv_type,
)


def _least_squares_type(a: Arg, b: Arg, e: Arg) -> Type:
    t, other = made.matrix_float(a), typ(b)
    dtype = result_dtype([t, other]) if dtype_of(other) in ("float64", "float32") else None
    shape, right = shape_of(t), shape_of(other)
    return Array(dtype, None if shape is None or not right else (shape[-1], *right[1:]))


def _fitted(text: Callable[[str, str], str], what: str = "np.linalg.lstsq") -> Rule:
    """A rule for real least squares, whose text may depend on how a rank-one matrix is written."""

    def rule(a: Any, b: Any) -> str:
        if may_be_complex(a) or may_be_complex(b):
            raise NoDerivative("AD202", f"`{what}` of what may be complex", None, "real numbers")
        if rank_of(b) not in (1, 2):
            raise NoDerivative("AD202", f"`{what}` of what may have any axes", None, "a vector or a matrix")
        return text("np.outer({}, {})" if rank_of(b) == 1 else "({}) @ ({}).T", "np.linalg.pinv(a)")

    return rule


def _least_squares_pullback(product: str, inverse: str) -> str:
    back = f"{inverse}.T @ z_bar"
    first = product.format(back, "z")
    second = product.format("b - a @ z", f"{inverse} @ ({back})")
    third = product.format(f"{inverse}.T @ z", f"z_bar - {inverse} @ (a @ z_bar)")
    return f"-({first}) + ({second}) + ({third})"


def _least_squares_pushforward(product: str, inverse: str) -> str:
    moved = f"(a_dot.T @ ({inverse}.T @ z))"
    second = f"{inverse} @ ({inverse}.T @ (a_dot.T @ (b - a @ z)))"
    return f"-({inverse} @ (a_dot @ z)) + {second} + {moved} - {inverse} @ (a @ {moved})"


constant("lstsq_of(a, b, rcond)", types=opaque, decisive=("a",))
constant("lstsq_rank(e)", types=lambda e: Scalar("int32", "np"))
general(
    "least_squares(a, b, e)",
    pullbacks={
        "a": _fitted(_least_squares_pullback),
        "b": _fitted(lambda product, inverse: f"{inverse}.T @ z_bar"),
    },
    pushforwards={
        "a": _fitted(_least_squares_pushforward),
        "b": _fitted(lambda product, inverse: f"{inverse} @ b_dot"),
    },
    types=_least_squares_type,
)

general(
    "lstsq_values(a, e)",
    pullbacks={"a": _of_real("np.linalg.lstsq", _values_pullback(*_OF_A))},
    pushforwards={"a": _of_real("np.linalg.lstsq", _values_pushforward(*_OF_A))},
    types=_vector_type,
)

_LEFT_OVER = "(b - a @ least_squares(a, b, e))"


def _of_vector(text: str) -> Rule:
    """A rule for the sum of squared residuals of one right-hand side, which np.linalg.lstsq may leave out."""

    def rule(b: Any) -> str:
        if not isinstance(b, Facts) or b.rank != 1 or may_be_complex(b):
            instead = "np.sum((b - a @ x) ** 2, axis=0)"
            raise NoDerivative("AD202", "the residuals of several right-hand sides", None, instead)
        return text

    return rule


# the solution is where they are least, so that it does not matter how it moves
general(
    "squared_residuals(a, b, e)",
    pullbacks={
        "a": _of_vector(f"np.outer((-2 * np.sum(z_bar)) * {_LEFT_OVER}, least_squares(a, b, e))"),
        "b": _of_vector(f"(2 * np.sum(z_bar)) * {_LEFT_OVER}"),
    },
    pushforwards={
        "a": _of_vector(f"(-2 * ({_LEFT_OVER} @ (a_dot @ least_squares(a, b, e)))) * np.ones_like(z)"),
        "b": _of_vector(f"(2 * ({_LEFT_OVER} @ b_dot)) * np.ones_like(z)"),
    },
    types=lambda a, b, e: Array(dtype_of(_least_squares_type(a, b, e)), (some_length(),)),
)
