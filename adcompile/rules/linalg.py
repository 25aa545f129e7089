"""Products of arrays, and numpy.linalg.

Adjoints are the textbook ones (Giles 2008, "Collected matrix derivative results"). The derivative of a
norm is 0 at 0; equal largest elements share that of the maximum norm. The adjoint of a determinant needs
the inverse: a singular matrix raises NumPy's own error.
"""

from __future__ import annotations

from typing import Any

from ..errors import NoDerivative
from . import assembled as made
from . import results as types
from .arithmetic import matmul_left, matmul_right, matmul_type, may_be_complex
from .facts import Facts, rank_of
from .reductions import adjoint, restored, restored_adjoint
from .rule import composite, constant, general, linear
from .shapes import known_rank

# -- dot, matmul, inner, outer -------------------------------------------------------------------------------


def _dot_left(a: Any, b: Any) -> str:
    plain = _MATMUL_LEFT.get((rank_of(a), rank_of(b)))
    if plain is not None:
        return plain
    if rank_of(a) == 0 and rank_of(b) is not None:
        return "np.sum(z_bar * b)" if rank_of(b) else "z_bar * b"
    return "z_bar * b" if rank_of(b) == 0 else "dot_left(z_bar, a, b)"


def _dot_right(a: Any, b: Any) -> str:
    plain = _MATMUL_RIGHT.get((rank_of(a), rank_of(b)))
    if plain is not None:
        return plain
    if rank_of(b) == 0 and rank_of(a) is not None:
        return "np.sum(z_bar * a)" if rank_of(a) else "z_bar * a"
    return "z_bar * a" if rank_of(a) == 0 else "dot_right(z_bar, a, b)"


_MATMUL_LEFT: dict[tuple[int | None, int | None], str] = {
    (1, 1): "z_bar * b",
    (1, 2): "b @ z_bar",
    (2, 1): "np.outer(z_bar, b)",
    (2, 2): "z_bar @ b.T",
}
_MATMUL_RIGHT: dict[tuple[int | None, int | None], str] = {
    (1, 1): "z_bar * a",
    (1, 2): "np.outer(a, z_bar)",
    (2, 1): "z_bar @ a",
    (2, 2): "a.T @ z_bar",
}

linear("np.matmul(x, y)", matmul_left, matmul_right, types=matmul_type)
linear("np.dot(a, b)", _dot_left, _dot_right, types=made.dot_type, method="dot")
linear(
    "dot_left(g, x, y)",
    "np.dot(z_bar, y)",
    "dot_right(g, z_bar, y)",
    wrt=("g", "y"),
    constant=True,
    types=lambda g, x, y: types.shaped(g, x),
)
linear(
    "dot_right(g, x, y)",
    "np.dot(x, z_bar)",
    "dot_left(g, x, z_bar)",
    wrt=("g", "x"),
    constant=True,
    types=lambda g, x, y: types.shaped(g, y),
)

_INNER_LEFT: dict[tuple[int | None, int | None], str] = {
    (1, 1): "z_bar * b",
    (1, 2): "z_bar @ b",
    (2, 1): "np.outer(z_bar, b)",
    (2, 2): "z_bar @ b",
}
_INNER_RIGHT: dict[tuple[int | None, int | None], str] = {
    (1, 1): "z_bar * a",
    (1, 2): "np.outer(z_bar, a)",
    (2, 1): "z_bar @ a",
    (2, 2): "z_bar.T @ a",
}


def _inner_left(a: Any, b: Any) -> str:
    plain = _INNER_LEFT.get((rank_of(a), rank_of(b)))
    if plain is not None:
        return plain
    if 0 in (rank_of(a), rank_of(b)):
        return "unbroadcast(z_bar * b, a)"
    return (
        "dot_left(z_bar, a, b)"
        if known_rank(b, "np.inner") == 1
        else "dot_left(z_bar, a, np.swapaxes(b, -1, -2))"
    )


def _inner_right(a: Any, b: Any) -> str:
    plain = _INNER_RIGHT.get((rank_of(a), rank_of(b)))
    if plain is not None:
        return plain
    if 0 in (rank_of(a), rank_of(b)):
        return "unbroadcast(z_bar * a, b)"
    if known_rank(b, "np.inner") == 1:
        return "dot_right(z_bar, a, b)"
    return "np.swapaxes(dot_right(z_bar, a, np.swapaxes(b, -1, -2)), -1, -2)"


def _outer_left(a: Any) -> str:
    return "z_bar @ np.ravel(b)" if rank_of(a) == 1 else "np.reshape(z_bar @ np.ravel(b), np.shape(a))"


def _outer_right(b: Any) -> str:
    return "np.ravel(a) @ z_bar" if rank_of(b) == 1 else "np.reshape(np.ravel(a) @ z_bar, np.shape(b))"


def _vdot_left(a: Any, b: Any) -> str:
    text = "np.conj(z_bar * b)" if may_be_complex(a) or may_be_complex(b) else "z_bar * b"
    return text if rank_of(a) is not None and rank_of(a) == rank_of(b) else f"np.reshape({text}, np.shape(a))"


def _vdot_right(a: Any, b: Any) -> str:
    text = "z_bar * np.conj(a)" if may_be_complex(a) else "z_bar * a"
    return text if rank_of(a) is not None and rank_of(a) == rank_of(b) else f"np.reshape({text}, np.shape(b))"


def _rank_one(text: str, operand: str) -> Any:
    """A rule without np.ravel where an operand is known to be a vector."""

    def rule(a: Any, b: Any) -> str:
        found = _outer_left(a) if text == "left" else _outer_right(b)
        other = b if text == "left" else a
        return found.replace(f"np.ravel({operand})", operand) if rank_of(other) == 1 else found

    return rule


linear("np.inner(a, b)", _inner_left, _inner_right, types=made.inner_type)
linear("np.outer(a, b)", _rank_one("left", "b"), _rank_one("right", "a"), types=made.outer_type)
linear("np.vdot(a, b)", _vdot_left, _vdot_right, types=made.vdot_type)
linear(
    "np.cross(a, b)",
    "unbroadcast(np.cross(b, z_bar), a)",
    "unbroadcast(np.cross(z_bar, a), b)",
    types=made.cross_type,
)

# -- tensordot and kron --------------------------------------------------------------------------------------


def _tensordot(first: bool) -> Any:
    """The adjoint of an operand of np.tensordot:
    the other, contracted with the adjoint, in the right order.
    """

    def rule(a: Any, b: Any, axes: Any) -> str:
        ranks = known_rank(a, "np.tensordot"), known_rank(b, "np.tensordot")
        summed_a, summed_b = made.tensordot_axes(axes, *ranks)
        free_a = [k for k in range(ranks[0]) if k not in summed_a]
        free_b = [k for k in range(ranks[1]) if k not in summed_b]
        if first:
            mine, other, summed_mine, summed_other = free_a, "b", summed_a, summed_b
            places, free_other = tuple(range(len(free_a), len(free_a) + len(free_b))), tuple(free_b)
        else:
            mine, other, summed_mine, summed_other = free_b, "a", summed_b, summed_a
            places, free_other = tuple(range(len(free_a))), tuple(free_a)
        # the axes of the contraction: the free ones of this operand, then its summed ones in the other's
        # order
        order = [*mine, *(summed_mine[summed_other.index(k)] for k in sorted(summed_other))]
        text = f"np.tensordot(z_bar, {other}, axes=({places}, {free_other}))"
        back = tuple(order.index(k) for k in range(len(order)))
        return text if back == tuple(range(len(back))) else f"np.transpose({text}, {back})"

    return rule


linear("np.tensordot(a, b, axes=2)", _tensordot(True), _tensordot(False), types=made.tensordot_type)

linear("np.kron(a, b)", "kron_left(z_bar, a, b)", "kron_right(z_bar, a, b)", types=made.kron_type)
linear(
    "kron_left(c, a, b)",
    "np.kron(z_bar, b)",
    "kron_right(c, z_bar, b)",
    wrt=("c", "b"),
    constant=True,
    types=lambda c, a, b: types.shaped(c, a),
)
linear(
    "kron_right(c, a, b)",
    "np.kron(a, z_bar)",
    "kron_left(c, a, z_bar)",
    wrt=("c", "a"),
    constant=True,
    types=lambda c, a, b: types.shaped(c, b),
)

# -- systems, inverses, determinants -------------------------------------------------------------------------


def transposed(fact: Any, name: str) -> str:
    """The text of a matrix, or of a stack of them, with its last two axes exchanged."""
    return f"{name}.T" if rank_of(fact) == 2 else f"np.swapaxes({name}, -1, -2)"


def _fitting(text: str, fact: Any, other: Any, name: str) -> str:
    """Un-broadcasting, where stacks of matrices may have been broadcast."""
    plain = rank_of(fact) == 2 and rank_of(other) in (1, 2)
    return text if plain else f"unbroadcast({text}, {name})"


def _stack_of_vectors(a: Any, b: Any) -> bool:
    """Whether one vector is solved for with several matrices: NumPy reads a matrix where a stack of
    vectors is meant.
    """
    return rank_of(b) == 1 and rank_of(a) != 2


def _solve_right(a: Any, b: Any) -> str:
    if _stack_of_vectors(a, b):
        return f"unbroadcast(np.linalg.solve({transposed(a, 'a')}, z_bar[..., None])[..., 0], b)"
    return _fitting(f"np.linalg.solve({transposed(a, 'a')}, z_bar)", a, b, "b")


def _solve_left(a: Any, b: Any, z: Any) -> str:
    known_rank(b, "np.linalg.solve")
    if _stack_of_vectors(a, b):
        return f"unbroadcast(-(np.linalg.solve({transposed(a, 'a')}, z_bar[..., None]) * z[..., None, :]), a)"
    b_bar = f"np.linalg.solve({transposed(a, 'a')}, z_bar)"
    if rank_of(b) == 1:
        return f"-np.outer({b_bar}, z)"
    return _fitting(f"-({b_bar} @ {transposed(z, 'z')})", a, b, "a")


def _solve_forward(a: Any, b: Any) -> str:
    if _stack_of_vectors(a, b):
        return "-np.linalg.solve(a, a_dot @ z[..., None])[..., 0]"
    return "-np.linalg.solve(a, a_dot @ z)"


def _inv(a: Any) -> str:
    z = transposed(a, "z")
    return f"-({z} @ z_bar @ {z})"


def _det(a: Any) -> str:
    inverse = transposed(a, "np.linalg.inv(a)")
    return f"z_bar * z * {inverse}" if rank_of(a) == 2 else f"np.expand_dims(z_bar * z, (-1, -2)) * {inverse}"


def _trace_of_product(a: Any) -> str:
    return (
        "z * np.trace(np.linalg.solve(a, a_dot))"
        if rank_of(a) == 2
        else ("z * np.trace(np.linalg.solve(a, a_dot), axis1=-2, axis2=-1)")
    )


general(
    "np.linalg.solve(a, b)",
    pullbacks={"a": _solve_left, "b": _solve_right},
    pushforwards={"a": _solve_forward, "b": "np.linalg.solve(a, b_dot)"},
    types=made.solve_type,
    decisive=("a",),
)
general(
    "np.linalg.inv(a)",
    pullbacks={"a": _inv},
    pushforwards={"a": "-(z @ a_dot @ z)"},
    types=made.matrix_float,
    decisive=("a",),
)
general("np.linalg.det(a)", pullbacks={"a": _det}, pushforwards={"a": _trace_of_product}, types=made.det_type)


def _log_det(a: Any) -> str:
    inverse = transposed(a, "np.linalg.inv(a)")
    return f"z_bar * {inverse}" if rank_of(a) == 2 else f"np.expand_dims(z_bar, (-1, -2)) * {inverse}"


general(
    "log_abs_det(a)",
    pullbacks={"a": _log_det},
    types=made.det_type,
    pushforwards={"a": lambda a: _trace_of_product(a).removeprefix("z * ")},
    decisive=("a",),
)
constant("sign_of_det(a)", types=made.det_type, decisive=("a",))
composite("np.linalg.slogdet(a)", lambda: "(sign_of_det(a), log_abs_det(a))")

# -- norms ---------------------------------------------------------------------------------------------------


def _axis(axis: Any) -> str:
    return "" if axis is None else ", axis=axis"


_U, _V = "left_vectors(x, svd_of(x, False))", "right_vectors(x, svd_of(x, False))"


def _largest_sum(axis: int) -> str:
    """The derivative of the largest or smallest sum of absolute values along an axis; equal ones share."""
    hits = f"(np.sum(np.abs(x), axis={axis}, keepdims=True) == {{z}})"
    return f"np.sign(x) * ({hits} / np.sum({hits}))"


# of matrices, by the order of the norm
_MATRIX_NORMS = {
    2: f"{_U}[:, :1] @ {_V}[:1]",
    -2: f"{_U}[:, -1:] @ {_V}[-1:]",
    "nuc": f"{_U} @ {_V}",
    1: _largest_sum(0),
    -1: _largest_sum(0),
    float("inf"): _largest_sum(1),
    float("-inf"): _largest_sum(1),
}


def _norm_partial(x: Any, ord: Any, axis: Any, keepdims: Any) -> str:
    """The text of the derivative of a norm by its operand, with the norm restored to the operand's axes."""
    over_two = (isinstance(axis, tuple) and len(axis) == 2) or (
        axis is None and ord is not None and rank_of(x) == 2
    )
    if ord is None or (ord == "fro" and over_two) or (ord == 2 and not over_two and _is_vector(x, axis)):
        conjugated = "np.conj(x)" if may_be_complex(x) else "x"
        return f"{conjugated} / {restored('np.where(z == 0, 1, z)', axis, keepdims)}"
    is_matrix = rank_of(x) == 2 and axis in (None, (0, 1), (-2, -1))
    if is_matrix and ord in _MATRIX_NORMS and not may_be_complex(x):
        return _MATRIX_NORMS[ord].format(z=restored("z", axis, keepdims))
    if over_two or not _is_vector(x, axis) or isinstance(ord, (str, Facts)) or ord == 0:
        raise NoDerivative(
            "AD202",
            f"`np.linalg.norm` with ord={ord!r} of a matrix",
            None,
            "the Frobenius norm (ord=None), or a norm of vectors with one axis",
        )
    phase = "(np.conj(x) / np.where(x == 0, 1, np.abs(x)))" if may_be_complex(x) else "np.sign(x)"
    norm = restored("z", axis, keepdims)
    if ord == 1:
        return phase
    if ord in (float("inf"), float("-inf")):
        hits = f"(np.abs(x) == {norm})"
        kept = "" if axis is None else ", axis=axis, keepdims=True"
        return f"{phase} * {hits} / np.sum({hits}{kept})"
    norm = restored("np.where(z == 0, 1, z)", axis, keepdims)
    return f"{phase} * (np.abs(x) / {norm}) ** (ord - 1)"


def _is_vector(x: Any, axis: Any) -> bool:
    return isinstance(axis, int) or (isinstance(axis, tuple) and len(axis) == 1) or rank_of(x) == 1


def _norm_pullback(x: Any, ord: Any, axis: Any, keepdims: Any, z: Any, z_bar: Any) -> str:
    partial = _norm_partial(x, ord, axis, keepdims)
    if partial.startswith(("x /", "np.conj(x) /")):
        # one pass over the operand: the adjoint is divided by the norm first
        conjugated, _, _ = partial.partition(" /")
        return f"{restored(f'{adjoint(z, z_bar)} / np.where(z == 0, 1, z)', axis, keepdims)} * {conjugated}"
    return f"{restored_adjoint(axis, keepdims, z, z_bar)} * ({partial})"


def _norm_pushforward(x: Any, ord: Any, axis: Any, keepdims: Any) -> str:
    product = f"({_norm_partial(x, ord, axis, keepdims)}) * x_dot"
    product = f"np.real({product})" if may_be_complex(x) else product
    return f"np.sum({product}{_axis(axis)}{', keepdims=True' if keepdims else ''})"


general(
    "np.linalg.norm(x, ord=None, axis=None, keepdims=False)",
    pullbacks={"x": _norm_pullback},
    pushforwards={"x": _norm_pushforward},
    types=made.norm_type,
    lazy=True,
    real=True,
)
