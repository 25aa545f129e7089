"""What one entry of the corpus is.

In: a user-style function and sample arguments. Out: a frozen `Program` in the list of its theme. Nothing
here knows adcompile: the entries run with plain Python and NumPy, and every test chooses what to ask of
them.
"""

import contextlib
import copy
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Program:
    """A function of the corpus with the arguments that it is tried on.

    Attributes
    ----------
    name : str
        Unique in the corpus.
    function : callable
        A module-level function whose source can be read.
    samples : tuple of tuple
        Positional arguments; one tuple for each path worth trying.
    argnums : tuple of int
        Positions of the arguments to differentiate.
    holomorphic : bool
        A complex step through the function is exact.
    autograd : bool
        The function runs under autograd once its module's `np` is `autograd.numpy`.
    order : int
        2 if the function is twice differentiable at the samples, else 1.
    float32 : bool
        The function is still meant when its arrays are of single precision.
    writes : bool
        The function writes into its arguments.
    features : tuple of str
        The constructs that it stands for.
    """

    name: str
    function: Callable[..., Any]
    samples: tuple[tuple[Any, ...], ...]
    argnums: tuple[int, ...]
    holomorphic: bool = False
    autograd: bool = True
    order: int = 2
    float32: bool = True
    writes: bool = False
    features: tuple[str, ...] = ()

    def arguments(self, sample: int = 0) -> tuple[Any, ...]:
        """Return fresh arguments of one sample, equal at every call."""
        return copy.deepcopy(self.samples[sample])


@dataclass(frozen=True, eq=False)
class KnownGradient:
    """A function at a point where differences fail, with the gradient that the conventions promise.

    `gradient` is that of the sum of the output, one entry for each of `argnums`.
    """

    name: str
    function: Callable[..., Any]
    sample: tuple[Any, ...]
    gradient: tuple[Any, ...]
    argnums: tuple[int, ...] = (0,)
    # how closely forward mode has to agree; a program that rounds to single precision rounds its tangent
    rtol: float = 1e-14

    def arguments(self) -> tuple[Any, ...]:
        """Return fresh arguments, equal at every call."""
        return copy.deepcopy(self.sample)


def is_active(value: Any) -> bool:
    """Tell whether a sample argument holds something to differentiate, looked at without its nesting."""
    if isinstance(value, (bool, int, str, bytes, type(None), np.integer, np.bool_)):
        return False
    if isinstance(value, np.ndarray):
        return bool(np.issubdtype(value.dtype, np.inexact))
    if isinstance(value, (tuple, list)):
        return any(is_active(item) for item in value)
    return not callable(value) or type(value).__module__.startswith("tests.")


def record(
    programs: list[Program],
    function: Callable[..., Any],
    *samples: tuple[Any, ...],
    argnums: tuple[int, ...] | None = None,
    holomorphic: bool = False,
    autograd: bool = True,
    order: int = 2,
    float32: bool = True,
    writes: bool = False,
    name: str = "",
    features: str = "",
) -> None:
    """Append a `Program` to `programs`; by default every argument that can be active is.

    Parameters
    ----------
    name : str
        For a function that has none of its own.
    features : str
        Separated by commas.
    """
    if argnums is None:
        argnums = tuple(i for i, value in enumerate(samples[0]) if is_active(value))
    name = name or function.__name__
    features_ = tuple(feature.strip() for feature in features.split(",") if feature.strip())
    programs.append(
        Program(name, function, samples, argnums, holomorphic, autograd, order, float32, writes, features_)
    )


def draw(*shape: int, seed: int = 0, low: float = -1.5, high: float = 1.5) -> np.ndarray:
    """Return an array of uniform numbers that depends on the parameters only."""
    return np.random.default_rng([seed, *shape]).uniform(low, high, shape)


def positive(*shape: int, seed: int = 0) -> np.ndarray:
    """Return an array of numbers between 0.4 and 2."""
    return draw(*shape, seed=seed, low=0.4, high=2.0)


@contextlib.contextmanager
def numpy_is(namespace: Any) -> Iterator[None]:
    """Rebind the global `np` of every theme of the corpus for a while."""
    themes = [
        vars(module)
        for name, module in sys.modules.items()
        if name.startswith("tests.programs.") and name != __name__ and hasattr(module, "np")
    ]
    try:
        for theme in themes:
            theme["np"] = namespace
        yield
    finally:
        for theme in themes:
            theme["np"] = np
