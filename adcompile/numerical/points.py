"""A function and a point, as a function of one vector of all numbers.

In: a function and its argument, or a tuple of arguments, in any containers. Out: the numbers of its results
at moved points, in vectors, with a count of the calls; derivatives in the caller's form. Not for how far to
move: that is a formula's.
"""

from __future__ import annotations

import functools
import math
import numbers
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..leaves import Vector, flattened, is_leaf, leaves, map_leaves, matching, unflattened


class Point:
    """A function at a point, which counts how often it is called.

    Parameters
    ----------
    f : callable
        The function.
    x : object
        Its argument; a tuple for separate arguments, and so a tuple in a tuple for one that is a tuple.
    accuracy : float, optional
        The relative error of its values; by default that of their dtype.
    complex_allowed : bool
        Whether the argument may hold complex numbers.
    """

    def __init__(
        self, f: Callable[..., Any], x: Any, accuracy: float | None = None, complex_allowed: bool = False
    ) -> None:
        self.f = f
        self.name = str(getattr(f, "__name__", type(f).__name__))
        self.separate = type(x) is tuple
        given = x if self.separate else (x,)
        self.arguments: tuple[Any, ...] = tuple([float(a) if is_whole(a) else a for a in given])
        map_leaves(_itself, self.arguments, other=_refuse_integer)
        if not leaves(self.arguments):
            raise ArgumentError(
                "AD210",
                "x holds no floating-point number",
                None,
                "a float, or an array of floats, anywhere in it",
            )
        if not complex_allowed and any(np.iscomplexobj(leaf) for leaf in leaves(self.arguments)):
            raise ArgumentError(
                "AD210", "x holds complex numbers", None, "a function of real and imaginary parts"
            )
        if accuracy is not None and not (is_number(accuracy) and 0.0 < accuracy < 1.0):
            raise ArgumentError("AD210", f"accuracy={accuracy!r}", None, "a number between 0 and 1, or None")
        self.vector = flattened(self.arguments)
        self.calls = 0
        self._accuracy = accuracy
        self._form: Any = None

    @property
    def size(self) -> int:
        """How many numbers the argument has."""
        return int(self.vector.size)

    # -- values ----------------------------------------------------------------------------------------------

    def values(self, vector: Vector) -> Vector:
        """The numbers of the result at another vector."""
        self.calls += 1
        result = self.f(*unflattened(self.arguments, vector))
        return self.numbers(result)

    def numbers(self, result: Any) -> Vector:
        """The numbers of a result, which are as many at every point."""
        result = float(result) if is_whole(result) else result
        found = flattened(result)
        if self._form is None:
            if not leaves(result):
                raise ArgumentError(
                    "AD210",
                    f"{self.name} returns no floating-point number",
                    None,
                    "a float or an array of them",
                )
            self._form = result
        elif found.size != flattened(self._form).size:
            raise ArgumentError(
                "AD210",
                f"{self.name} returns {found.size} numbers, and {flattened(self._form).size} elsewhere",
                None,
                "as many numbers everywhere",
            )
        return found

    @functools.cached_property
    def middle(self) -> Vector:
        """The numbers of the result at the point itself."""
        return self.values(self.vector)

    @property
    def result(self) -> Any:
        """A result of the function, for its form."""
        if self._form is None:
            self.middle  # noqa: B018 (evaluated for the form)
        return self._form

    def value(self, vector: Vector) -> float:
        """The one number that the function returns at another vector, which has to be finite."""
        found = self.values(vector)
        self.check_one_number()
        if not math.isfinite(found[0]):
            raise ArgumentError("AD210", f"{self.name} returns {found[0]} near x", None, "points nearer to x")
        return float(found[0])

    def check_one_number(self) -> None:
        """Refuse a function that does not return one real number."""
        if not is_leaf(self.result) or np.shape(self.result) != () or np.iscomplexobj(self.result):
            raise ArgumentError(
                "AD210",
                f"{self.name} returns {_described(self.result)}",
                None,
                "one real number for a gradient or a Hessian; `jacobian` takes others",
            )

    # -- steps -----------------------------------------------------------------------------------------------

    @functools.cached_property
    def sizes(self) -> Vector:
        """The size of each number, and 1 where it is smaller: what steps are multiples of."""
        return np.maximum(1.0, np.abs(self.vector))

    @functools.cached_property
    def accuracies(self) -> Vector:
        """The relative error of the function's values where each number is moved, as the argument tells."""
        if self._accuracy is not None:
            return np.full(self.size, self._accuracy)
        parts = [np.full(np.size(leaf), _epsilon(leaf)) for leaf in leaves(self.arguments)]
        return np.concatenate(parts)

    @property
    def accuracy(self) -> float:
        """The relative error of the function's values, as their dtype tells."""
        if self._accuracy is not None:
            return self._accuracy
        return max(map(_epsilon, leaves(self.result)))

    def snapped(self, k: int, step: float) -> float:
        """The step by which number k really moves, which is representable there."""
        moved = self.vector.copy()
        moved[k] += step
        found = float((self.rounded(moved) - self.vector)[k].real)
        if found <= 0.0 or not math.isfinite(found):
            raise ArgumentError(
                "AD210", f"step={step!r} is lost in x={self.vector[k]!s}", None, "a step that changes x"
            )
        return found

    def rounded(self, vector: Vector) -> Vector:
        """A vector as the argument can hold it."""
        return flattened(unflattened(self.arguments, vector))

    # -- forms -----------------------------------------------------------------------------------------------

    def like_argument(self, vector: Vector) -> Any:
        """A vector in the form of the argument."""
        found = unflattened(self.arguments, vector)
        return found if self.separate else found[0]

    def like_result(self, vector: Vector) -> Any:
        """A vector in the form of the result, real where the vector is."""
        form = self.result
        return unflattened(form if np.iscomplexobj(vector) else _real(form), vector)

    def direction(self, direction: Any) -> Vector:
        """The numbers of a direction, which has the form of the argument."""
        try:
            return self.like(direction)
        except (ValueError, TypeError) as error:
            raise ArgumentError(
                "AD210", "the direction has another form than x", None, "a direction like x"
            ) from error

    def like(self, given: Any) -> Vector:
        """The numbers of what has the form of the argument; ValueError or TypeError if it has not."""
        parts = matching(self.arguments, given if self.separate else (given,))
        pairs = zip(leaves(self.arguments), parts, strict=True)
        return np.concatenate([_spread(leaf, part) for leaf, part in pairs])

    def blocks(self, matrix: Vector, rows: Any, columns: Any) -> Any:
        """A matrix as a container like the rows' of containers like the columns' of arrays rows + columns."""
        top = 0

        def row(leaf: Any) -> Any:
            nonlocal top
            part = matrix[top : top + np.size(leaf)]
            top += np.size(leaf)
            left = 0

            def block(other: Any) -> Any:
                nonlocal left
                piece = part[:, left : left + np.size(other)].reshape(np.shape(leaf) + np.shape(other))
                left += np.size(other)
                return _typed(piece, leaf, other)

            return map_leaves(block, columns)

        return map_leaves(row, rows)

    @property
    def columns(self) -> Any:
        """The argument, or the tuple of them."""
        return self.arguments if self.separate else self.arguments[0]


def is_whole(value: Any) -> bool:
    """Whether a value is one integer, which stands for a number wherever it is alone."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether a value is one real number."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _itself(leaf: Any) -> Any:
    return leaf


def _refuse_integer(value: Any) -> Any:
    """Refuse integers in arrays and containers, which cannot be moved, as `adcompile.grad` does."""
    if is_whole(value) or (isinstance(value, np.ndarray) and value.dtype.kind in "iu"):
        shown = (
            "an array of integers"
            if isinstance(value, np.ndarray) and value.shape
            else f"the integer {value}"
        )
        raise ArgumentError(
            "AD210",
            f"x holds {shown}",
            None,
            "2.0 instead of 2, x.astype(float), or a function that holds it",
        )
    return value


def _epsilon(leaf: Any) -> float:
    dtype = np.asarray(leaf).dtype
    return max(float(np.finfo(dtype).eps), float(np.finfo(np.float64).eps))


def _real(form: Any) -> Any:
    return map_leaves(lambda leaf: leaf.real, form)


def _spread(leaf: Any, part: Any) -> Vector:
    """The numbers of one part of a direction."""
    values = np.asarray(part)
    kinds = "fiuc" if np.iscomplexobj(leaf) else "fiu"
    if values.shape != np.shape(leaf) or values.dtype.kind not in kinds:
        raise ValueError("of another shape or kind")
    return np.ravel(values).astype(complex if values.dtype.kind == "c" else float)


def _typed(block: Vector, row: Any, column: Any) -> Any:
    """A block of a Jacobian as `adcompile.jacobian` returns it: a float for a float by a float."""
    of_numpy = [leaf for leaf in (row, column) if isinstance(leaf, (np.generic, np.ndarray))]
    if not of_numpy:
        return block.item()
    real = not np.iscomplexobj(block)
    dtypes = [leaf.real.dtype if real else leaf.dtype for leaf in of_numpy]
    typed = block.astype(np.result_type(*dtypes) if real else np.result_type(np.complex64, *dtypes))
    return typed if typed.shape else typed[()]


def _described(result: Any) -> str:
    if isinstance(result, (np.ndarray, np.generic)):
        return f"an array of shape {result.shape}" if result.shape else f"a {result.dtype} number"
    return f"a {type(result).__name__}"
