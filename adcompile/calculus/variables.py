"""Functions of several numbers, however they take them, as functions of one vector.

In: a function with a point or a box in the caller's form: one number, numbers as separate arguments, or one
array. Out: values, gradients, Hessians and derivatives along a line, in vectors; points in the caller's form.
Not for containers of parameters: a critical point or a tangent plane of those is nobody's picture.
"""

from __future__ import annotations

import functools
import inspect
import numbers
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import api, products
from ..errors import ArgumentError
from ..leaves import Vector, flattened, unflattened

Function = Callable[..., Any]

# what Python and NumPy raise where a formula has no value; anything else is an error of the program
UNDEFINED = (ValueError, ArithmeticError)


def name_of(f: Any) -> str:
    """What a function is called in texts."""
    return str(getattr(f, "__name__", type(f).__name__))


def number(value: Any, what: str) -> float:
    """A real number as a float."""
    if isinstance(value, np.ndarray) and value.shape == ():
        value = value[()]
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise ArgumentError("AD210", f"{what} is of type {type(value).__name__}", None, "a real number")
    return float(value)


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def check_count(name: str, count: Any, least: int) -> None:
    """Refuse what is no whole number, or too small; None stands for the default."""
    if count is not None and not (is_whole(count) and count >= least):
        raise ArgumentError("AD210", f"{name}={count!r}", None, f"a whole number from {least} on")


def point_of(x: Any, what: str = "the point") -> tuple[Any, ...]:
    """The arguments that a point stands for: numbers as floats, arrays as arrays of floats."""
    items = x if isinstance(x, tuple) else (x,)
    return tuple(_coordinate(item, what) for item in items)


def _coordinate(item: Any, what: str) -> Any:
    if isinstance(item, np.ndarray) and item.ndim > 0 and item.dtype.kind in "fiu":
        return item.astype(float)
    if isinstance(item, (list, tuple, np.ndarray)):
        raise ArgumentError(
            "AD210",
            f"{what} holds a {type(item).__name__}",
            None,
            "a number, a tuple of numbers for separate arguments, or an array for one argument",
        )
    return number(item, what)


def vector_of(args: tuple[Any, ...], like: tuple[Any, ...]) -> Vector:
    """The numbers of arguments that have to be of the form of others."""
    found = point_of(args)
    if [np.shape(item) for item in found] != [np.shape(item) for item in like]:
        shapes = ", ".join(
            "a number" if np.ndim(x) == 0 else f"an array of shape {np.shape(x)}" for x in like
        )
        raise ArgumentError("AD210", "these arguments are not of the form of the point", None, shapes)
    return flattened(found)


@dataclass(frozen=True)
class Variables:
    """A function of numbers, and the form in which it takes them.

    Attributes
    ----------
    f : callable
        Returns one number.
    form : tuple
        Example arguments: floats, or arrays of floats.
    """

    f: Function
    form: tuple[Any, ...]

    def at(self, vector: Vector) -> tuple[Any, ...]:
        """The arguments for a vector."""
        arguments: tuple[Any, ...] = unflattened(self.form, vector)
        return arguments

    def point(self, vector: Vector) -> Any:
        """A vector as the caller writes points: a number, a tuple of numbers, or an array."""
        arguments = self.at(vector)
        return arguments[0] if len(arguments) == 1 else arguments

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return sum(int(np.size(item)) for item in self.form)

    @functools.cached_property
    def _argnums(self) -> tuple[int, ...]:
        return tuple(range(len(self.form)))

    @functools.cached_property
    def _both(self) -> Any:
        return products.value_and_grad(self.f, argnums=self._argnums)

    @functools.cached_property
    def _hessian(self) -> Any:
        return api.hessian(self.f, argnums=self._argnums)

    @functools.cached_property
    def _higher(self) -> dict[int, Any]:
        """The compiled derivatives of a function of one number, by their order."""
        return {}

    def value(self, vector: Vector) -> float:
        """The function at a vector."""
        found = self.f(*self.at(vector))
        if np.ndim(found) != 0 or np.iscomplexobj(found):
            kind = "a complex number" if np.ndim(found) == 0 else f"an array of shape {np.shape(found)}"
            raise ArgumentError("AD210", f"{name_of(self.f)} returns {kind}", None, "one real number")
        return float(found)

    def value_and_gradient(self, vector: Vector) -> tuple[float, Vector]:
        """The function and its gradient at a vector."""
        value, gradient = self._both(*self.at(vector))
        return float(value), flattened(gradient)

    def gradient(self, vector: Vector) -> Vector:
        """The gradient at a vector."""
        return self.value_and_gradient(vector)[1]

    def hessian(self, vector: Vector) -> Vector:
        """The matrix of second derivatives at a vector."""
        blocks = self._hessian(*self.at(vector))
        sizes = [int(np.size(item)) for item in self.form]
        rows = [
            [np.reshape(block, (m, n)) for block, n in zip(row, sizes, strict=True)]
            for row, m in zip(blocks, sizes, strict=True)
        ]
        matrix: Vector = np.block(rows)
        return 0.5 * (matrix + matrix.T)

    def along(self, vector: Vector, direction: Vector, order: int) -> float:
        """The derivative of some order along a line, at the vector."""
        if len(self.form) == 1 and isinstance(self.form[0], float):
            if order not in self._higher:
                self._higher[order] = api.derivative(self.f, order)
            return float(self._higher[order](float(vector[0]))) * float(direction[0]) ** order
        f, point, steps = self.f, self.at(vector), self.at(direction)

        def on_the_line(t):  # type: ignore[no-untyped-def]
            return f(*[x + t * step for x, step in zip(point, steps, strict=True)])

        return float(api.derivative(on_the_line, order)(0.0))

    @property
    def names(self) -> tuple[str, ...]:
        """What the numbers are called, one after the other."""
        try:
            parameters = list(inspect.signature(self.f).parameters)
        except (TypeError, ValueError):
            parameters = []
        found: list[str] = []
        for k, item in enumerate(self.form):
            base = parameters[k] if k < len(parameters) else f"x{k}"
            if isinstance(item, np.ndarray):
                found += [f"{base}[{', '.join(map(str, index))}]" for index in np.ndindex(item.shape)]
            else:
                found.append(base)
        return tuple(found)


@dataclass(frozen=True)
class Box:
    """An interval for each number.

    Attributes
    ----------
    low, high : ndarray of shape (n,)
        The ends.
    form : tuple
        Example arguments for a function that takes points of the box.
    """

    low: Vector
    high: Vector
    form: tuple[Any, ...]

    @property
    def extent(self) -> float:
        """The longest side."""
        return float(np.max(self.high - self.low))

    @property
    def digits(self) -> int:
        """How many digits tell the places of the box apart: six, and more where it is far from zero."""
        far = np.maximum(np.abs(self.low), np.abs(self.high)) / (self.high - self.low)
        return 6 + max(int(np.log10(np.max(far))), 0)

    def contains(self, vector: Vector, margin: float = 0.0) -> bool:
        """Whether a point lies in the box, or outside of it by no more than a part of its sides."""
        slack = margin * (self.high - self.low)
        return bool(np.all(vector >= self.low - slack) and np.all(vector <= self.high + slack))

    def text(self, names: Sequence[str]) -> str:
        """The box as one writes it."""
        sides, digits = zip(names, self.low, self.high, strict=True), self.digits
        return ", ".join(f"{name} in [{low:.{digits}g}, {high:.{digits}g}]" for name, low, high in sides)


def box_of(f: Function, box: Any) -> Box:
    """The box of a function: a pair for one number, else a sequence of pairs.

    A sequence of one pair is for an array of one number.

    The numbers are separate arguments if the function takes as many, and one array if it takes one argument.
    """
    pairs = np.asarray(box, dtype=float) if _is_numeric(box) else np.zeros(0)
    single = pairs.shape == (2,)
    if pairs.ndim not in (1, 2) or pairs.shape[-1] != 2 or pairs.size == 0:
        raise ArgumentError(
            "AD210", f"box={box!r}", None, "a pair (low, high), or a sequence of pairs, one for each number"
        )
    low, high = np.atleast_2d(pairs).T
    if not np.all(np.isfinite(pairs)) or not np.all(low < high):
        raise ArgumentError("AD210", f"box={box!r}", None, "finite ends, the lower one first")
    form = _form(f, len(low))
    return Box(low.copy(), high.copy(), (0.0,) if single else form)


def _is_numeric(box: Any) -> bool:
    try:
        return np.asarray(box).dtype.kind in "fiu"
    except ValueError:  # of unequal lengths
        return False


def _form(f: Function, count: int) -> tuple[Any, ...]:
    """Whether a function takes separate numbers or one array."""
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(f).parameters.values()
    needed = [p for p in parameters if p.kind in positional and p.default is p.empty]
    if len(needed) == 1:
        return (np.zeros(count),)
    if len(needed) == count:
        return (0.0,) * count
    raise ArgumentError(
        "AD210",
        f"the box has {count} pairs, and {name_of(f)} takes {len(needed)} arguments",
        None,
        "as many arguments as pairs, or one argument for an array of all numbers",
    )
