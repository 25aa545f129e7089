"""What every value of a function is at a point, with its tangents and its adjoint.

In: a function and arguments. Out: `Observed`, numbers by node and iteration, as the compiled derivatives of
the function with probes have computed them. Not for showing them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..deriving import Wanted
from ..engine import Engine
from ..errors import ArgumentError
from ..ir.nodes import Function, Value
from ..leaves import is_leaf, leaves, map_leaves
from ..objects import Lowered
from ..pipeline import Program, compile_program
from ..products import plain_outputs
from ..saved import Saved
from ..signature import tangent_name
from .probes import At, Watched, understood, watch

Seen = dict[tuple[int, At], Any]

# tangents are shown in so many directions
_DIRECTIONS = 8


@dataclass(frozen=True)
class Observed:
    """A function at a point.

    Attributes
    ----------
    function : Function
        Its graph.
    numbers : dict
        The number of each value of the graph whose history is known.
    values : dict
        What each numbered value was, by number and iteration: the indices of the loops around it. Of long
        loops the middle is left out.
    adjoints : dict
        The derivative of the result with respect to each; what is absent is zero.
    tangents : dict
        For each direction, named after the argument that moves, the derivatives along it.
    counts : dict
        How often each was computed.
    result : object
        What the function returns, or what its outputs hold after the call.
    outputs : tuple of str
        The arguments that are the outputs; none if that is what the function returns.
    summed : bool
        Whether that is more than one number: adjoints are then those of the sum of all.
    program : Program
        The derivative without probes.
    names : tuple of str
        The arguments that it is differentiated by.
    inputs : dict
        The numbers of the parameters of the graph that are arguments, not captured.
    """

    function: Function
    numbers: dict[Value, int]
    values: Seen
    adjoints: Seen
    tangents: dict[str, Seen]
    counts: dict[int, int]
    result: Any
    outputs: tuple[str, ...]
    summed: bool
    program: Program
    names: tuple[str, ...]
    inputs: dict[int, Any]

    @property
    def size(self) -> int:
        """How many values, adjoints and tangents there are."""
        return len(self.values) + len(self.adjoints) + sum(map(len, self.tangents.values()))

    @property
    def saved(self) -> tuple[Saved, ...]:
        """What the derivative saves."""
        found: tuple[Saved, ...] = self.program.notes["saved"]
        return found


class Watcher:
    """A function whose derivatives have been compiled with probes, to be looked at here and there.

    Raises
    ------
    AdcompileError
        If the function cannot be differentiated, or returns nothing and has no outputs.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        keywords: dict[str, Any],
        argnums: Any = None,
        outputs: Any = None,
    ) -> None:
        self.f = f
        self.options = {} if outputs is None else {"outputs": plain_outputs(outputs)}
        plain = Engine(f, "grad", {"argnums": 0, **self.options})
        self.bound = plain.signature.bind(*args, **keywords)
        self.bound.apply_defaults()
        self.names = _differentiable(plain.signature, self.bound.arguments, argnums)
        self.outputs = plain.wanted(self.bound.arguments)[2].get("outputs", ())
        with np.errstate(all="ignore"):
            self._backwards, self._reverse = self._compiled("vjp")
            self._forwards, self._forward = self._compiled("jvp")
        self._program: Program | None = None

    def moved(self, arguments: Mapping[str, Any]) -> inspect.BoundArguments:
        """The arguments with others in the place of some, which must be of the same types."""
        moved = inspect.BoundArguments(self.bound.signature, {**self.bound.arguments})
        moved.arguments.update(arguments)
        return moved

    def look(self, bound: inspect.BoundArguments | None = None) -> Observed:
        """Every value at a point, by default the one that was given at first."""
        bound = self.bound if bound is None else bound
        watched, recorder = self._backwards, self._backwards.recorder
        recorder.clear()
        with np.errstate(all="ignore"):
            result, pullback = self._reverse(*bound.args, **bound.kwargs)
            if result is None:
                raise ArgumentError(
                    "AD204",
                    f"{getattr(self.f, '__name__', 'the function')} returns None",
                    None,
                    "the arguments that it writes its results into as outputs",
                )
            pullback(_numbers(map_leaves(np.ones_like, result)))
            tangents = self._tangents(bound)
        values = {(k, at): x for k, h in recorder.values.items() for at, x in h.items().items()}
        summed = not is_leaf(result) or np.size(result) != 1
        program = self._plain("vjp" if summed else "grad")
        return Observed(
            Function(program.function.name.rpartition("_")[0], watched.block, program.function.loc),
            watched.numbers,
            values,
            _shaped(recorder.adjoints, values),
            {label: _shaped(seen, values) for label, seen in tangents.items()},
            {k: h.count for k, h in recorder.values.items()},
            result,
            self.outputs,
            summed,
            program,
            self.names,
            {watched.numbers[v]: i for v, i in watched.inputs.items() if v in watched.numbers and i.root},
        )

    def _plain(self, kind: str) -> Program:
        """The derivative without probes."""
        if self._program is None:
            argnums = self.names if len(self.names) > 1 else self.names[0]
            engine = Engine(self.f, kind, {"argnums": argnums, **self.options})
            self._program = engine.program(self.bound.arguments)
        return self._program

    def _compiled(self, kind: str) -> tuple[Watched, Callable[..., Any]]:
        """A derivative with probes, and what they are."""
        engine = Engine(self.f, kind, {"argnums": self.names, **self.options})
        chosen, bare, flags = engine.wanted(self.bound.arguments)
        found: list[Watched] = []
        with understood():
            program = compile_program(
                engine.target, engine.signature, self.bound.arguments, Wanted(kind, chosen, bare, **flags),
                lambda traced: found.append(watch(traced)),
            )  # fmt: skip
        return found[-1], Lowered(program).compile()

    def _tangents(self, bound: inspect.BoundArguments) -> dict[str, Seen]:
        """The tangents of every value along the directions that a reader would ask for first."""
        recorder = self._forwards.recorder
        zeros = {n: map_leaves(np.zeros_like, bound.arguments[n]) for n in self.names}
        found: dict[str, Seen] = {}
        for name in self.names:
            whole = bound.arguments[name]
            for k, leaf in enumerate(leaves(whole)):
                if len(found) == _DIRECTIONS:
                    return found
                label = name if is_leaf(whole) else f"{name}, part {k + 1}"
                dots = {**zeros, name: _ones_in(whole, k)}
                recorder.clear()
                names = bound.signature.parameters
                tangents = {tangent_name(n, names): _numbers(d) for n, d in dots.items()}
                self._forward(*bound.args, **bound.kwargs, **tangents)
                found[f"{label} (all ones)" if np.size(leaf) != 1 else label] = dict(recorder.tangents)
        return found


def observe(
    f: Callable[..., Any],
    args: Sequence[Any],
    keywords: dict[str, Any],
    argnums: Any = None,
    outputs: Any = None,
) -> Observed:
    """Differentiate a function at a point, forwards and backwards, and look at every value on the way."""
    return Watcher(f, args, keywords, argnums, outputs).look()


def _differentiable(signature: inspect.Signature, bound: dict[str, Any], argnums: Any) -> tuple[str, ...]:
    """The names of the arguments to differentiate by: those asked for, else all that are numbers, else the
    first one that holds any.
    """
    if argnums is not None:
        parameters = list(signature.parameters)
        given = argnums if isinstance(argnums, (tuple, list)) else (argnums,)
        return tuple(n if isinstance(n, str) else parameters[n] for n in given)
    fixed = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    able = [n for n, v in bound.items() if signature.parameters[n].kind not in fixed and leaves(v)]
    found = [n for n in able if is_leaf(bound[n]) and np.ndim(bound[n]) == 0] or able[:1]
    if not found:
        raise ArgumentError(
            "AD210",
            "no argument holds floating-point numbers, so there is nothing to differentiate by",
            None,
            "floats: x=2.0 instead of x=2",
        )
    return tuple(found)


def _ones_in(tree: Any, place: int) -> Any:
    """The direction in which one leaf of a tree moves, by one in each of its elements."""
    counted = iter(range(len(leaves(tree))))
    return map_leaves(lambda x: np.ones_like(x) if next(counted) == place else np.zeros_like(x), tree)


def _numbers(tree: Any) -> Any:
    """Numbers as numbers: rank-0 arrays are not what a caller would give."""
    return map_leaves(lambda x: x[()] if isinstance(x, np.ndarray) and x.ndim == 0 else x, tree)


def _shaped(found: Seen, values: Seen) -> Seen:
    """Derivatives in the shapes of what they belong to, and real where that is."""
    return {key: _like(derivative, values[key]) for key, derivative in found.items() if key in values}


def _like(derivative: Any, value: Any) -> Any:
    if np.iscomplexobj(derivative) and not np.iscomplexobj(value):
        derivative = np.real(derivative)
    if isinstance(value, np.ndarray) and np.shape(derivative) != value.shape:
        return np.broadcast_to(derivative, value.shape)
    return derivative
