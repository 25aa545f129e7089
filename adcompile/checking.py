"""Compare derivatives with differences of the function itself.

In: a function and arguments. Out: nothing, or an AssertionError with a table of what disagrees. Not for
making derivatives, and not for points where a function has a kink: differences know no convention there, nor
do they know `stop_gradient`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .copies import copied
from .engine import Engine
from .errors import ArgumentError
from .leaves import (
    Vector,
    flattened,
    in_double,
    joined,
    leaves,
    like,
    map_leaves,
    map_pairs,
    matching,
    unflattened,
)
from .products import grad, jvp, plain_outputs, vjp

__all__ = ["check_grads"]

_DIRECTIONS = 2


@dataclass(frozen=True)
class _Row:
    """One comparison: a derivative along one direction."""

    order: int
    mode: str
    direction: int
    derivative: Any
    difference: Any
    allowed: float

    @property
    def error(self) -> float:
        return float(np.abs(self.derivative - self.difference))

    @property
    def agrees(self) -> bool:
        return self.error <= self.allowed


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = ("fwd", "rev"),
    atol: float | None = None,
    rtol: float | None = None,
    outputs: Any = None,
) -> None:
    """Check the derivatives of a function against extrapolated central differences.

    Both modes are compared along random directions through all floating-point numbers of the arguments,
    however they are nested in containers; each number moves by parts of its size, or of 1 if it is small. The
    differences are taken in double precision and extrapolated to step 0 (Ridders, 1982). The directions are
    the same at every run.

    Parameters
    ----------
    f : callable
        The function. Its result may be a number, an array or a container of them.
    args : sequence
        Its positional arguments. Integers, strings and other values that carry no derivative stay as they
        are.
    order : int, default 2
        Up to which order to check: at 2 the gradient, as a function, is checked too, and so on.
    modes : sequence of {"fwd", "rev"}, default both
        Forward mode (`jvp`), reverse mode (`vjp`), or both.
    atol, rtol : float, optional
        Tolerances: an entry agrees if its error is at most ``atol + rtol * scale``, where ``scale`` is the
        largest entry of the derivative. By default both are 1e-6, or 1e-3 if single or half precision takes
        part.
    outputs : str, int or tuple, optional
        The arguments that hold the results after the call, as `vjp` takes them; by default what the function
        returns is its result. The arguments given here are not written into.

    Raises
    ------
    AssertionError
        If a derivative disagrees. The text is a table of all disagreements.
    ArgumentError
        If no argument holds a floating-point number, or a mode or the order is not known.

    Examples
    --------
    >>> import math
    >>> import adcompile as ad
    >>> def f(x, y):
    ...     return math.sin(x) * y
    >>> ad.check_grads(f, (0.5, 2.0))
    """
    args = tuple(args)
    unknown = [mode for mode in modes if mode not in ("fwd", "rev")]
    if unknown or not modes:
        raise ArgumentError("AD210", f"modes={modes!r}", None, '("fwd",), ("rev",) or ("fwd", "rev")')
    if order < 1:
        raise ArgumentError("AD210", f"order={order}", None, "1 or more")
    if not leaves(args):
        raise ArgumentError("AD210", "no argument holds a floating-point number", None, "a float: 2.0, not 2")
    default = 1e-3 if any(_is_short(leaf) for leaf in leaves(args)) else 1e-6
    tolerances = default if atol is None else atol, default if rtol is None else rtol
    name = getattr(f, "__name__", repr(f))
    checked = _Checked(f, plain_outputs(outputs))
    rows: list[_Row] = []
    for level in range(1, order + 1):
        rows += _check(checked, args, level, modes, tolerances)
        if level < order:
            checked = _gradient(checked, args)
    wrong = [row for row in rows if not row.agrees]
    if wrong:
        raise AssertionError(_table(name, wrong, len(rows)))


@dataclass(frozen=True)
class _Checked:
    """A function whose derivatives are checked, and which of its arguments hold its results."""

    function: Callable[..., Any]
    outputs: Any = None

    def __call__(self, *args: Any) -> Any:
        """Call the function on copies; returns its results."""
        return Engine(self.function, "vjp", {"outputs": self.outputs}).delivered(args, {})


def _check(
    f: _Checked,
    args: tuple[Any, ...],
    order: int,
    modes: Sequence[str],
    tolerances: tuple[float, float],
) -> list[_Row]:
    """Compare each mode along each direction, at one order."""
    rng = np.random.default_rng(order)
    rows = []
    out = f(*args)
    for k in range(_DIRECTIONS):
        direction = _together(args, map_leaves(lambda leaf: _direction(leaf, rng), args, other=_zero))
        expected = _ridders(f, args, direction)
        if "fwd" in modes:
            actual = joined(matching(out, jvp(f.function, args, direction, outputs=f.outputs)[1]))
            scale = float(np.max(np.abs(expected), initial=0.0))
            allowed = tolerances[0] + tolerances[1] * scale
            rows += [_Row(order, "fwd", k, a, e, allowed) for a, e in zip(actual, expected, strict=True)]
        if "rev" in modes:
            _, pullback = vjp(f.function, *args, outputs=f.outputs)
            weights = map_leaves(lambda leaf: _random(leaf, rng), out, other=_zero)
            terms = joined(matching(args, pullback(weights))) * flattened(direction)
            products = flattened(weights) * expected
            scale = float(np.sum(np.abs(terms)))
            allowed = tolerances[0] + tolerances[1] * scale
            rows.append(_Row(order, "rev", k, np.real(np.sum(terms)), np.real(np.sum(products)), allowed))
    return rows


def _gradient(f: _Checked, args: tuple[Any, ...]) -> _Checked:
    """Return the gradient of a function, by every argument that has one, as a function to check again."""
    argnums = tuple(k for k, arg in enumerate(args) if leaves(arg))
    out = f(*args)
    if np.isscalar(out) and not isinstance(out, (complex, np.complexfloating, str)):
        return _Checked(grad(f.function, argnums=argnums, outputs=f.outputs))
    rng = np.random.default_rng(0)
    weights = map_leaves(lambda leaf: _random(leaf, rng), out, other=_zero)
    function, outputs = f.function, f.outputs

    def pulled_back(*args):  # type: ignore[no-untyped-def]
        cotangents = vjp(function, *args, outputs=outputs)[1](weights)
        return tuple([cotangents[k] for k in argnums])

    return _Checked(pulled_back)


def _together(args: tuple[Any, ...], values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the values in arrays that share memory as those of the arguments do, if any of these do."""
    arrays = [leaf for leaf in leaves(args) if isinstance(leaf, np.ndarray)]
    if not any(np.may_share_memory(a, b) for a, b in itertools.combinations(arrays, 2)):
        return values

    def filled(array: Any, value: Any) -> Any:
        if not isinstance(array, np.ndarray):
            return value
        array.flags.writeable = True
        array[...] = value
        return array

    found: tuple[Any, ...] = map_pairs(filled, copied(args), values)
    return found


def _ridders(f: Callable[..., Any], args: tuple[Any, ...], direction: tuple[Any, ...]) -> Vector:
    """Return the derivative of f along a direction, by central differences extrapolated to step 0."""
    from . import numerical

    form, at, along = map_leaves(in_double, args), flattened(args), flattened(direction)

    def of_vector(vector: Vector) -> Vector:
        return flattened(f(*_together(args, unflattened(form, vector))))

    if not np.any(along):
        return np.zeros_like(of_vector(at))
    found: Vector = numerical.directional_derivative(of_vector, at, along, "ridders").value
    return found if np.any(found.imag) else found.real


def _is_short(leaf: Any) -> bool:
    return np.asarray(leaf).dtype.name in ("float16", "float32", "complex64")


def _zero(tree: Any) -> Any:
    """Return the direction of a value that carries no derivative."""
    return tree * 0 if isinstance(tree, (int, np.integer, np.ndarray)) else tree


def _random(leaf: Any, rng: np.random.Generator) -> Any:
    """Return a random value of the same type, dtype and shape."""
    values = rng.uniform(-1.0, 1.0, np.shape(leaf))
    if np.iscomplexobj(leaf):
        values = values + 1j * rng.uniform(-1.0, 1.0, np.shape(leaf))
    return like(leaf, np.asarray(values))


def _direction(leaf: Any, rng: np.random.Generator) -> Any:
    """Return a random direction, in which each number moves by parts of its size, or of 1 if it is small."""
    size = np.abs(in_double(leaf))
    return like(leaf, in_double(_random(leaf, rng)) * np.where(np.isfinite(size), np.maximum(size, 1.0), 1.0))


def _table(name: str, wrong: list[_Row], compared: int) -> str:
    """Return the table of disagreements."""
    head = ["order", "mode", "direction", "derivative", "difference", "error", "allowed"]
    body = [
        [
            str(row.order),
            row.mode,
            str(row.direction),
            f"{row.derivative:.10g}",
            f"{row.difference:.10g}",
            f"{row.error:.2e}",
            f"{row.allowed:.2e}",
        ]
        for row in wrong
    ]
    widths = [max(len(line[k]) for line in [head, *body]) for k in range(len(head))]
    lines = ["  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True)) for line in [head, *body]]
    title = f"derivatives of {name} disagree with differences ({len(wrong)} of {compared} comparisons)"
    return "\n".join([title, *(f"  {line}" for line in lines)])
