"""What one kernel of the corpus is.

In: a kernel as a NumPy user writes it, and what makes its arguments for given sizes. Out: a frozen `Kernel`
in the list of its family. `written` and `loss` are functions with source, made from the kernel's signature:
all that it delivers, and a weighted sum of that. Nothing here knows adcompile.
"""

import copy
import functools
import inspect
import linecache
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests import oracles
from tests.programs.program import is_active

Arguments = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Kernel:
    """A kernel with its arguments at two sizes.

    Attributes
    ----------
    name : str
        Unique among the kernels.
    function : callable
        Delivers by writing into arguments, by returning, or both.
    inputs : callable
        From sizes to fresh positional arguments, always the same for the same sizes.
    small, large : tuple of int
        Sizes for the tests, and for measuring: the plain call then takes 1 to 100 milliseconds.
    outputs : tuple of str
        Parameters that the kernel writes results into.
    returns : bool
        The kernel also returns a result.
    argnums : tuple of int
        Positions of the arguments that hold floats.
    holomorphic : bool
        The kernel runs on complex arrays as it is, and a complex step through it is exact.
    order : int
        2 if second derivatives are tested too.
    float32 : bool
        The kernel is also tried in single precision.
    """

    name: str
    function: Callable[..., Any]
    inputs: Callable[..., Arguments]
    small: tuple[int, ...]
    large: tuple[int, ...]
    outputs: tuple[str, ...]
    returns: bool
    argnums: tuple[int, ...]
    holomorphic: bool
    order: int
    float32: bool

    def arguments(self, *sizes: int) -> Arguments:
        """Return fresh arguments, by default the small ones."""
        return copy.deepcopy(self.inputs(*(sizes or self.small)))

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(inspect.signature(self.function).parameters)

    @functools.cached_property
    def written(self) -> Callable[..., Any]:
        """The function that calls the kernel and returns all that it delivers: a value or a tuple."""
        results = ", ".join(self._results)
        return self._define(f"{self.name}_written", self.parameters, f"    return {results}\n")

    @functools.cached_property
    def loss(self) -> Callable[..., Any]:
        """The function that calls the kernel and returns a weighted sum of all that it delivers.

        Its parameters are the kernel's, and then one array of weights for each result.
        """
        weights = tuple(f"{result}_weights" for result in self._results)
        terms = [
            f"np.sum({weight} * {result})" for weight, result in zip(weights, self._results, strict=True)
        ]
        ending = f"    return {' + '.join(terms)}\n"
        return self._define(f"{self.name}_loss", (*self.parameters, *weights), ending)

    def weights(self, *sizes: int) -> Arguments:
        """Return the weights that `loss` takes, of either sign and always the same."""
        results = self.written(*self.arguments(*sizes))
        return tuple(oracles.random_direction(r, k) for k, r in enumerate(self._as_tuple(results)))

    @property
    def _results(self) -> tuple[str, ...]:
        return (*self.outputs, *(("result",) if self.returns else ()))

    def _as_tuple(self, results: Any) -> tuple[Any, ...]:
        return results if len(self._results) > 1 else (results,)

    def _define(self, name: str, parameters: tuple[str, ...], ending: str) -> Callable[..., Any]:
        """Execute a caller of the kernel from source text that `inspect` finds again, named after it."""
        target = "result = " if self.returns else ""
        call = f"    {target}{self.function.__name__}({', '.join(self.parameters)})\n"
        source = f"def {name}({', '.join(parameters)}):\n{call}{ending}"
        filename = f"kernels/{name}.py"
        # found again through its loader, also after `linecache.clearcache()`
        loader = types.SimpleNamespace(get_source=lambda name: source)
        namespace = {
            "np": np, "__name__": self.function.__module__, "__loader__": loader,
            self.function.__name__: self.function,
        }  # fmt: skip
        linecache.lazycache(filename, namespace)
        exec(compile(source, filename, "exec"), namespace)
        return namespace[name]  # type: ignore[no-any-return]


def record(
    kernels: list[Kernel],
    function: Callable[..., Any],
    inputs: Callable[..., Arguments],
    *,
    small: tuple[int, ...],
    large: tuple[int, ...],
    writes: str = "",
    returns: bool | None = None,
    holomorphic: bool = True,
    order: int = 2,
    float32: bool = False,
) -> None:
    """Append a `Kernel` to `kernels`.

    Parameters
    ----------
    writes : str
        Names of the parameters that hold results, separated by commas.
    returns : bool, optional
        By default a kernel that writes no result returns one.
    """
    outputs = tuple(name.strip() for name in writes.split(",") if name.strip())
    returns = not outputs if returns is None else returns
    argnums = tuple(i for i, value in enumerate(inputs(*small)) if is_active(value))
    kernels.append(
        Kernel(
            function.__name__, function, inputs, small, large, outputs, returns, argnums, holomorphic, order,
            float32,
        )
    )  # fmt: skip


def draws(*shapes: tuple[int, ...], low: float = -1.0, high: float = 1.0) -> list[Any]:
    """Return arrays of uniform numbers, one for each shape, that depend on the parameters only."""
    rng = np.random.default_rng(len(shapes))
    return [rng.uniform(low, high, shape) for shape in shapes]
