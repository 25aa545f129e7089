"""Directional derivatives that owe nothing to a compiler, over nested containers of floats.

In: a function, its arguments and a direction. Out: the derivative of the function's output, as one flat
vector, with an estimate of its error. Two methods: the complex step for functions declared holomorphic,
else central differences extrapolated by Ridders' method. Not for speed, and not for functions that write
into their arguments.
"""

import copy
import dataclasses
import functools
import itertools
import linecache
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[Any]
Method = Literal["complex", "ridders"]

COMPLEX_STEP = 1e-40
FIRST_STEP = 0.05
STEP_RATIO = 1.6
ROWS = 12
LAST_STEP = 1e-9
# What a function may raise when a large step leaves its domain; the smaller steps decide then.
OUT_OF_DOMAIN = (ArithmeticError, ValueError, IndexError, RecursionError, np.linalg.LinAlgError)
# Holders of attributes that are no parameters.
OPAQUE = (
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.ModuleType,
    functools.partial,
    np.ufunc,
)

_serial = itertools.count()


def is_leaf(value: Any) -> bool:
    """Tell whether a value is a number or an array that has a derivative."""
    if isinstance(value, (float, complex)):
        return True
    return isinstance(value, (np.ndarray, np.generic)) and np.issubdtype(value.dtype, np.inexact)


def children(tree: Any) -> list[tuple[str, Any]]:
    """Return the parts of a container, each with the expression suffix that reads it."""
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return [(f".{name}", getattr(tree, name)) for name in tree._fields]
    if isinstance(tree, (tuple, list)):
        return [(f"[{i}]", item) for i, item in enumerate(tree)]
    if isinstance(tree, dict):
        return [(f"[{key!r}]", item) for key, item in tree.items()]
    if isinstance(tree, (np.ndarray, np.generic, *OPAQUE)):
        return []
    if dataclasses.is_dataclass(tree):
        return [(f".{field.name}", getattr(tree, field.name)) for field in dataclasses.fields(tree)]
    if hasattr(tree, "__dict__"):
        return [(f".{name}", item) for name, item in vars(tree).items()]
    return []


def with_children(tree: Any, items: Sequence[Any]) -> Any:
    """Return a container like `tree` with other parts, in the order of `children`."""
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*items)
    if isinstance(tree, (tuple, list)):
        return type(tree)(items)
    if isinstance(tree, dict):
        return type(tree)(zip(tree, items, strict=True))
    changed = copy.copy(tree)
    for (suffix, _), item in zip(children(tree), items, strict=True):
        object.__setattr__(changed, suffix[1:], item)
    return changed


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """Apply a function to every float leaf; everything else stays the object that it is."""
    if is_leaf(tree):
        return function(tree)
    parts = children(tree)
    return with_children(tree, [map_leaves(function, part) for _, part in parts]) if parts else tree


def leaves(tree: Any) -> list[Any]:
    """Return the float leaves in order."""
    return [leaf for _, leaf in leaves_with_paths(tree)]


def leaves_with_paths(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each float leaf with the expression suffix that reads it from the whole."""
    if is_leaf(tree):
        yield path, tree
        return
    for suffix, part in children(tree):
        yield from leaves_with_paths(part, path + suffix)


def flatten(tree: Any) -> Vector:
    """Return all float leaves as one vector of float64 (complex128 if a leaf is complex)."""
    parts = [np.asarray(leaf).ravel() for leaf in leaves(tree)]
    return np.concatenate([np.zeros(0), *parts])


def unflatten(vector: Any, like: Any, *, keep_dtype: bool = True) -> Any:
    """Return a tree like `like` whose leaves are taken from `vector`.

    Parameters
    ----------
    keep_dtype : bool
        Convert each leaf to the type of its model; otherwise arrays keep the vector's dtype (or are boxes of
        a tracing library), and single numbers are what indexing the vector gives.
    """
    position = 0

    def take(leaf: Any) -> Any:
        nonlocal position
        start, position = position, position + np.size(leaf)
        if isinstance(leaf, np.ndarray):
            part = vector[start:position].reshape(leaf.shape)
            return part.astype(leaf.dtype) if keep_dtype else part
        return type(leaf)(vector[start]) if keep_dtype else vector[start]

    return map_leaves(take, like)


def to_double(tree: Any) -> Any:
    """Return the tree with its float32 leaves in double precision."""

    def convert(leaf: Any) -> Any:
        if isinstance(leaf, np.ndarray):
            return leaf.astype(np.float64)
        return np.float64(leaf) if isinstance(leaf, np.generic) else leaf

    return map_leaves(convert, tree)


def to_single(tree: Any) -> Any:
    """Return the tree with its arrays and NumPy scalars in single precision; Python floats stay."""

    def convert(leaf: Any) -> Any:
        if isinstance(leaf, np.ndarray):
            return leaf.astype(np.float32)
        return np.float32(leaf) if isinstance(leaf, np.generic) else leaf

    return map_leaves(convert, tree)


def random_direction(tree: Any, seed: int) -> Any:
    """Return a tree like `tree` of numbers of either sign between 0.25 and 1 in size, always the same."""
    rng = np.random.default_rng(seed)
    size = flatten(tree).size
    return unflatten(rng.uniform(0.25, 1.0, size) * rng.choice([-1.0, 1.0], size), tree)


def directional(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    direction: Sequence[Any],
    method: Method = "ridders",
) -> tuple[Vector, Vector]:
    """Differentiate `function(*arguments)` along a direction.

    Parameters
    ----------
    function : callable
        May return any container; what is not a float is ignored.
    arguments : sequence
        Nested containers of floats.
    direction : sequence
        One tree like each argument.
    method : {"complex", "ridders"}
        The complex step is exact to rounding, and wrong without notice unless the function is holomorphic.

    Returns
    -------
    derivative, error : ndarray
        One number for each element of the flattened output.
    """
    if method == "complex":
        derivative = complex_step(function, arguments, direction)
        return derivative, 1e-15 * np.abs(derivative)
    start, tangent = flatten(arguments), flatten(direction)
    promoted = to_double(tuple(arguments))

    def along(t: float) -> Vector:
        return flatten(function(*unflatten(start + t * tangent, promoted)))

    return ridders(along)


def complex_step(function: Callable[..., Any], arguments: Sequence[Any], direction: Sequence[Any]) -> Vector:
    """Return Im f(x + ih·v)/h with a step so small that only rounding is left."""
    vector = flatten(arguments) + 1j * COMPLEX_STEP * flatten(direction)
    with np.errstate(all="ignore"):
        out = function(*copy.deepcopy(unflatten(vector, tuple(arguments), keep_dtype=False)))
    return np.asarray(flatten(out).imag / COMPLEX_STEP, dtype=np.float64)


def ridders(along: Callable[[float], Vector]) -> tuple[Vector, Vector]:
    """Differentiate a vector function of one number at 0 by extrapolated central differences.

    Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering Software 4 (1982). Each
    new row of the tableau starts with a smaller step and removes one more even power of it; the entry that
    differs least from its two parents wins, element by element.
    """
    size = along(0.0).size
    best, error = np.full(size, np.nan), np.full(size, np.inf)
    above: list[Vector] = []
    step = FIRST_STEP
    while len(above) < ROWS and step > LAST_STEP:
        row = [central_difference(along, step, size)]
        step /= STEP_RATIO
        if not np.all(np.isfinite(row[0])):
            above = []
            continue
        power = 1.0
        with np.errstate(all="ignore"):
            for j in range(len(above)):
                power *= STEP_RATIO**2
                row.append(row[j] + (row[j] - above[j]) / (power - 1.0))
                guess = np.maximum(np.abs(row[j + 1] - row[j]), np.abs(row[j + 1] - above[j]))
                better = guess < error
                best, error = np.where(better, row[j + 1], best), np.where(better, guess, error)
        above = row
    return best, error


def central_difference(along: Callable[[float], Vector], step: float, size: int) -> Vector:
    """Return (f(h) - f(-h)) / 2h, or NaN where a step leaves the domain or the output changes its size."""
    try:
        with np.errstate(all="ignore"):
            ahead, behind = along(step), along(-step)
    except OUT_OF_DOMAIN:
        return np.full(size, np.nan)
    if ahead.size != size or behind.size != size:
        return np.full(size, np.nan)
    return np.asarray((ahead - behind) / (2.0 * step))


def assert_close(actual: Any, expected: Any, error: Any, *, scale: Any = 0.0, rtol: float = 1e-12) -> None:
    """Assert that numbers agree with an oracle to `rtol` of their size plus ten times its own error.

    Parameters
    ----------
    actual, expected, error : array_like
        Flat vectors of one length, or numbers.
    scale : array_like
        Size of the terms that were added to get `actual`, where they may cancel.
    """
    actual, expected = np.atleast_1d(actual), np.atleast_1d(expected)
    if actual.shape != expected.shape:
        raise AssertionError(f"{actual.size} numbers where the oracle has {expected.size}")
    tolerance = (
        rtol * np.maximum(np.abs(expected), np.atleast_1d(scale)) + 10.0 * np.atleast_1d(error) + COMPLEX_STEP
    )
    wrong = ~(np.abs(actual - expected) <= tolerance)
    if np.any(wrong):
        lines = [
            f"  [{i}] {actual[i]!r}, oracle {expected[i]!r}, off by {abs(actual[i] - expected[i]):.2e}"
            for i in np.flatnonzero(wrong)[:10]
        ]
        raise AssertionError("\n".join([f"{np.count_nonzero(wrong)} of {wrong.size} wrong:", *lines]))


def copied(arguments: Sequence[Any]) -> Any:
    """Return arguments that a function may write into."""
    return copy.deepcopy(tuple(arguments))


def identical(a: Any, b: Any) -> bool:
    """Tell whether two trees agree in type, structure, dtype, shape and every bit (NaN equals NaN)."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (np.ndarray, np.generic)):
        return (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    if isinstance(a, float):
        return np.float64(a).tobytes() == np.float64(b).tobytes()
    parts_a, parts_b = children(a), children(b)
    if parts_a or parts_b:
        return len(parts_a) == len(parts_b) and all(
            p == q and identical(x, y) for (p, x), (q, y) in zip(parts_a, parts_b, strict=True)
        )
    return a is b or bool(a == b)


def same_kind(gradient: Any, argument: Any) -> str:
    """Describe where a gradient first differs from its argument in container, shape or dtype, if it does."""
    if is_leaf(argument):
        if type(gradient) is not type(argument):
            return f"{type(gradient).__name__} for {type(argument).__name__}"
        if np.shape(gradient) != np.shape(argument):
            return f"shape {np.shape(gradient)} for {np.shape(argument)}"
        if isinstance(argument, (np.ndarray, np.generic)) and gradient.dtype != argument.dtype:
            return f"dtype {gradient.dtype} for {argument.dtype}"
        return ""
    if not leaves(argument):
        return ""
    if type(gradient) is not type(argument):
        return f"{type(gradient).__name__} for {type(argument).__name__}"
    differences = (
        same_kind(part, model)
        for (_, part), (_, model) in zip(children(gradient), children(argument), strict=True)
    )
    return next((text for text in differences if text), "")


def define(source: str, namespace: dict[str, Any], name: str) -> Any:
    """Execute source text that `inspect` can find again, and return what it calls `name`."""
    filename = f"<tests.oracles {next(_serial)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace = {"np": np, "__name__": "tests.oracles.generated", **namespace}
    exec(compile(source, filename, "exec"), namespace)
    return namespace[name]


def restrict(
    function: Callable[..., Any], arguments: Sequence[Any], argnums: Sequence[int]
) -> Callable[..., Any]:
    """Return the function of its active arguments only; a small wrapper captures the others as globals."""
    if tuple(argnums) == tuple(range(len(arguments))):
        return function
    active = ", ".join(f"a{i}" for i in argnums)
    every = ", ".join(f"a{i}" for i in range(len(arguments)))
    captured = {f"a{i}": value for i, value in enumerate(arguments) if i not in argnums}
    source = f"def restricted({active}):\n    return function({every})\n"
    return define(source, {"function": function, **captured}, "restricted")  # type: ignore[no-any-return]


def weighted(function: Callable[..., Any], arity: int, output: Any, weights: Any) -> Callable[..., Any]:
    """Return the scalar function that adds up the output's leaves, each multiplied by its weight.

    Parameters
    ----------
    arity : int
        Number of positional arguments.
    output : tree
        What the function returns, for its structure.
    weights : tree
        Of the same structure.
    """
    names = ", ".join(f"a{i}" for i in range(arity))
    paths = [path for path, _ in leaves_with_paths(output)]
    captured = {f"w{k}": weight for k, weight in enumerate(leaves(weights))}
    terms = [f"np.sum(w{k} * out{path})" for k, path in enumerate(paths)]
    source = f"def scalar({names}):\n    out = function({names})\n    return {' + '.join(terms) or '0.0'}\n"
    return define(source, {"function": function, **captured}, "scalar")  # type: ignore[no-any-return]
