"""Derivatives by extrapolated differences, to check others by.

In: a function and the values of its arguments. Out: for each number in an argument, the derivative by
Ridders' method beside those of the compiled reverse and forward modes, and the largest disagreement. Slow and
independent of everything that it checks. Not for computing derivatives in earnest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_SHRINK = 1.4
_STEPS = 10
_SETTLED = 1e-9


def ridders(f: Callable[[float], float], step: float = 0.1) -> tuple[float, float]:
    """The derivative of f at 0, and an estimate of its error.

    Central differences with shrinking steps, extrapolated to step 0 (C. J. F. Ridders, 1982). Where f is not
    defined or not finite at a step, or the estimate is poor, the steps start smaller.

    Parameters
    ----------
    f : callable
        From a float to a float.
    step : float
        The first and largest step.
    """
    best = math.nan, math.inf
    for shrunk in range(6):
        try:
            found = _extrapolated(f, step / 10**shrunk)
        except (ValueError, ArithmeticError):
            continue
        if math.isfinite(found[0]) and found[1] < best[1]:
            best = found
        if best[1] <= _SETTLED * max(1.0, abs(best[0])):
            break
    return best


def _extrapolated(f: Callable[[float], float], h: float) -> tuple[float, float]:
    best, error = math.nan, math.inf
    previous: list[float] = []
    for _ in range(_STEPS):
        row = [(f(h) - f(-h)) / (2 * h)]
        factor = _SHRINK**2
        for earlier in previous:
            row.append((row[-1] * factor - earlier) / (factor - 1))
            factor *= _SHRINK**2
            doubt = max(abs(row[-1] - row[-2]), abs(row[-1] - earlier))
            if doubt <= error:
                best, error = row[-1], doubt
        if previous and abs(row[-1] - previous[-1]) >= 2 * error:
            break
        previous = row
        h /= _SHRINK
    return best, error


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


def numbers(value: Any) -> list[np.ndarray[Any, Any]]:
    """The floating-point numbers in nested containers, one array for each leaf."""
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in numbers(item)]
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in numbers(item)]
    if isinstance(value, (float, np.floating)) or (isinstance(value, np.ndarray) and value.dtype.kind == "f"):
        return [np.asarray(value)]
    return []


def replaced(value: Any, leaves: list[np.ndarray[Any, Any]]) -> Any:
    """The same containers with other numbers; `leaves` is used up."""
    if isinstance(value, tuple):
        items = [replaced(item, leaves) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, list):
        return [replaced(item, leaves) for item in value]
    if isinstance(value, dict):
        return {k: replaced(item, leaves) for k, item in value.items()}
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return leaves.pop(0)
    if isinstance(value, np.floating):
        return type(value)(leaves.pop(0))
    return float(leaves.pop(0)) if isinstance(value, float) else value


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
        self.out = self.plain(arguments)
        self.weights = [_weights(leaf, k) for k, leaf in enumerate(numbers(self.out))]
        least = max((np.finfo(x.dtype).eps for n in names for x in numbers(arguments[n])), default=2.2e-16)
        self.rtol = rtol if rtol is not None else (1e-6 if least < 1e-12 else 2e-2)
        self.bars: dict[str, Any] = {}
        if "reverse" in modes:
            pulled: Any = Derivative(f, "vjp", options)
            _, pullback = call(pulled, arguments)[:2]
            cotangent = replaced(self.out, [w.copy() for w in self.weights])
            self.bars = dict(zip(names, pullback(cotangent), strict=True))

    def plain(self, arguments: Mapping[str, Any]) -> Any:
        """The results of the function itself."""
        engine = self.tangent._engine
        return self.call(lambda *args, **keywords: engine.delivered(args, keywords), arguments)

    def weighted(self, out: Any) -> float:
        pairs = zip(self.weights, numbers(out), strict=True)
        return float(sum(np.sum(w * np.asarray(x, np.float64)) for w, x in pairs))

    def row(self, name: str, most: int) -> Row:
        leaves = numbers(self.arguments[name])
        places = [(k, i) for k, leaf in enumerate(leaves) for i in range(leaf.size)]
        chosen = [places[n * len(places) // most] for n in range(most)] if len(places) > most else places
        bars = numbers(self.bars[name]) if self.bars else []
        worst = {mode: 0.0 for mode in self.modes}
        for leaf, place in chosen:
            size = max(1.0, abs(float(leaves[leaf].flat[place])))
            slope, doubt = ridders(lambda t, k=leaf, i=place: self.moved(name, k, i, t), 0.1 * size)  # type: ignore[misc]
            given = {"reverse": lambda k=leaf, i=place: float(bars[k].flat[i]),
                     "forward": lambda k=leaf, i=place: self.pushed(name, k, i)}  # fmt: skip
            for mode in self.modes:
                scale = max(1.0, abs(slope))
                # a difference that does not settle excuses a little, never everything
                error = max(abs(given[mode]() - slope) - min(4 * doubt, 1e-4 * scale), 0.0) / scale
                worst[mode] = error if worst[mode] < error or math.isnan(error) else worst[mode]
        return Row(name, len(chosen), len(places), worst.get("reverse"), worst.get("forward"), self.rtol)

    def moved(self, name: str, leaf: int, place: int, t: float) -> float:
        """The weighted result with one number of one argument moved by t."""
        leaves = [np.array(x) for x in numbers(self.arguments[name])]
        leaves[leaf].flat[place] += t
        with np.errstate(all="ignore"):
            return self.weighted(self.plain({**self.arguments, name: replaced(self.arguments[name], leaves)}))

    def pushed(self, name: str, leaf: int, place: int) -> float:
        """The derivative of the weighted result along one number of one argument, by forward mode."""
        tangents = {}
        for other in self.names:
            leaves = [np.zeros_like(x) for x in numbers(self.arguments[other])]
            if other == name:
                leaves[leaf].flat[place] = 1.0
            tangents[f"{other}_dot"] = replaced(self.arguments[other], leaves)

        def with_tangents(*args: Any, **keywords: Any) -> Any:
            return self.tangent._engine.call(args, keywords, tangents)

        return self.weighted(self.call(with_tangents, self.arguments)[1])


def _weights(leaf: np.ndarray[Any, Any], k: int) -> np.ndarray[Any, Any]:
    """The cotangent of one result: 1 for a single number, otherwise different everywhere."""
    if leaf.size == 1:
        return np.full(leaf.shape, 1.0 + k, leaf.dtype)
    return np.asarray(1.0 + 0.5 * np.sin(np.arange(leaf.size) + k).reshape(leaf.shape), leaf.dtype)
