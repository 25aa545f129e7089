"""Compiled derivatives beside differences, number by number.

In: a function and the values of its arguments. Out: for each argument, the largest disagreement between the
compiled reverse and forward modes and Ridders' method. Slow and independent of everything that it checks. Not
for the differences themselves: those are in `numerical`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import numerical
from .leaves import Vector, flattened, joined, leaves, matching, unflattened
from .signature import tangent_name


@dataclass(frozen=True)
class Row:
    """How well one argument's derivative agrees with differences.

    Attributes
    ----------
    name : str
        The argument.
    checked, total : int
        How many of its numbers were checked, and how many it has.
    reverse, forward : float or None
        The largest error of each mode, relative where the derivative is larger than 1; None if not asked for.
    allowed : float
        What that error may be.
    """

    name: str
    checked: int
    total: int
    reverse: float | None
    forward: float | None
    allowed: float

    @property
    def good(self) -> bool:
        """Whether no error is larger than allowed; NaN is."""
        return all(e <= self.allowed for e in (self.reverse, self.forward) if e is not None)


def compare(
    f: Callable[..., Any],
    arguments: Mapping[str, Any],
    call: Callable[[Callable[..., Any], Mapping[str, Any]], Any],
    names: Sequence[str],
    modes: Sequence[str] = ("reverse", "forward"),
    rtol: float | None = None,
    most: int = 24,
    outputs: Any = None,
) -> list[Row]:
    """Compare compiled derivatives with differences, number by number.

    Parameters
    ----------
    f : callable
        The primal.
    arguments : mapping
        Its arguments by parameter.
    call : callable
        ``call(f, arguments)`` calls it with them.
    names : sequence of str
        The arguments to check.
    modes : sequence of {"reverse", "forward"}
        What to check.
    rtol : float, optional
        The error allowed, relative where the derivative is larger than 1; by default 1e-6, and 2e-2 where an
        argument is less than double precision.
    most : int
        How many numbers of an argument to check at most, evenly chosen.
    outputs : str, int or tuple, optional
        The arguments that hold the results after the call.
    """
    checker = _Checker(f, arguments, call, names, modes, rtol, outputs)
    return [checker.row(name, most) for name in names]


class _Checker:
    def __init__(
        self,
        f: Callable[..., Any],
        arguments: Mapping[str, Any],
        call: Callable[[Callable[..., Any], Mapping[str, Any]], Any],
        names: Sequence[str],
        modes: Sequence[str],
        rtol: float | None,
        outputs: Any,
    ) -> None:
        from .objects import Derivative

        options = {"argnums": tuple(names), **({} if outputs is None else {"outputs": outputs})}
        self.arguments, self.call, self.names, self.modes = dict(arguments), call, tuple(names), modes
        self.tangent: Any = Derivative(f, "jvp", options)
        out = self.plain(arguments)
        weights = [_weights(leaf, k) for k, leaf in enumerate(leaves(out))]
        cotangent = unflattened(out, joined(weights))
        self.weights = flattened(cotangent)
        epsilons = [float(np.finfo(np.asarray(x).dtype).eps) for n in names for x in leaves(arguments[n])]
        self.epsilon = max(epsilons, default=float(np.finfo(float).eps))
        self.rtol = rtol if rtol is not None else (1e-6 if self.epsilon < 1e-12 else 2e-2)
        self.bars: dict[str, Vector] = {}
        if "reverse" in modes:
            pulled: Any = Derivative(f, "vjp", options)
            _, pullback = call(pulled, arguments)[:2]
            found = zip(names, pullback(cotangent), strict=True)
            self.bars = {name: joined(matching(arguments[name], bar)) for name, bar in found}

    def plain(self, arguments: Mapping[str, Any]) -> Any:
        """The results of the function itself."""
        engine = self.tangent._engine
        return self.call(lambda *args, **keywords: engine.delivered(args, keywords), arguments)

    def weighted(self, out: Any) -> float:
        """The real part of the weighted sum of the results."""
        return float(np.sum(self.weights * flattened(out)).real)

    def row(self, name: str, most: int) -> Row:
        """Check the numbers of one argument."""
        value = self.arguments[name]
        total = flattened(value).size
        chosen = [n * total // most for n in range(most)] if total > most else range(total)
        is_complex = [np.iscomplexobj(leaf) for leaf in leaves(value) for _ in range(np.size(leaf))]
        worst = {mode: 0.0 for mode in self.modes}
        for place in chosen:
            for unit in (1.0, 1.0j) if is_complex[place] else (1.0,):
                for mode, error in self.errors(name, place, unit).items():
                    worst[mode] = error if worst[mode] < error or math.isnan(error) else worst[mode]
        return Row(name, len(chosen), total, worst.get("reverse"), worst.get("forward"), self.rtol)

    def errors(self, name: str, place: int, unit: complex) -> dict[str, float]:
        """How far each mode is from differences, as one number of one argument moves along a unit."""
        vector = flattened(self.arguments[name])
        direction = np.zeros_like(vector)
        direction[place] = unit
        found = numerical.directional_derivative(
            lambda moved: self.moved(name, moved), vector, direction, "ridders", accuracy=self.epsilon
        )
        scale = max(1.0, abs(found.value))
        # a difference that does not settle excuses a little, never everything
        excuse = min(2.0 * found.error, 1e-4 * scale)
        given = {}
        if "reverse" in self.modes:
            given["reverse"] = float((self.bars[name][place] * unit).real)
        if "forward" in self.modes:
            given["forward"] = self.pushed(name, place, unit)
        return {mode: max(abs(slope - found.value) - excuse, 0.0) / scale for mode, slope in given.items()}

    def moved(self, name: str, vector: Vector) -> float:
        """The weighted result with other numbers in one argument."""
        return self.weighted(self.plain({**self.arguments, name: unflattened(self.arguments[name], vector)}))

    def pushed(self, name: str, place: int, unit: complex) -> float:
        """The derivative of the weighted result along one number of one argument, by forward mode."""
        tangents = {}
        names = self.tangent._engine.signature.parameters
        for other in self.names:
            vector = np.zeros_like(flattened(self.arguments[other]))
            if other == name:
                vector[place] = unit
            tangents[tangent_name(other, names)] = unflattened(self.arguments[other], vector)

        def with_tangents(*args: Any, **keywords: Any) -> Any:
            return self.tangent._engine.call(args, keywords, tangents)

        return self.weighted(self.call(with_tangents, self.arguments)[1])


def _weights(leaf: Any, k: int) -> Vector:
    """The cotangent of one result: 1 for a single number, otherwise different everywhere."""
    size = np.size(leaf)
    weights = np.array([1.0 + k]) if size == 1 else 1.0 + 0.5 * np.sin(np.arange(size) + k)
    # so that the imaginary part of a complex result counts too
    return weights * (1.0 - 0.5j) if np.iscomplexobj(leaf) else weights
