"""The floating-point numbers in nested containers of values: taken out, changed, put back.

In: arguments, results or parameters as a caller holds them: numbers and arrays in tuples, lists, dicts,
named tuples, dataclasses and plain objects. Out: their leaves, containers of the same form with other leaves,
or one vector of all numbers and the way back. Not for the values of a program that is being parsed: those
are in `trees`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .live import attributes_of, is_plain_object

Vector = np.ndarray[Any, np.dtype[Any]]


def is_leaf(value: Any) -> bool:
    """Tell whether a value carries a derivative: a floating-point or complex number, or an array of them."""
    if isinstance(value, (float, complex)):
        return True
    return isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "fc"


def children(tree: Any) -> tuple[Any, ...] | None:
    """The parts of a container, None if it is none."""
    if isinstance(tree, (tuple, list)):
        return tuple(tree)
    if isinstance(tree, dict):
        return tuple(tree.values())
    return tuple(attributes_of(tree).values()) if is_plain_object(tree) else None


def rebuilt(tree: Any, parts: Sequence[Any]) -> Any:
    """A container like the given one, with other parts."""
    if isinstance(tree, dict):
        return type(tree)(zip(tree, parts, strict=True))
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*parts)
    if isinstance(tree, (tuple, list)):
        return type(tree)(parts)
    changed = copy.copy(tree)
    for name, part in zip(attributes_of(tree), parts, strict=True):
        object.__setattr__(changed, name, part)
    return changed


def leaves(tree: Any) -> list[Any]:
    """The leaves of a tree, in order."""
    if is_leaf(tree):
        return [tree]
    return [leaf for part in children(tree) or () for leaf in leaves(part)]


def _same(tree: Any) -> Any:
    return tree


def map_leaves(function: Callable[[Any], Any], tree: Any, other: Callable[[Any], Any] = _same) -> Any:
    """The tree with a function applied to its leaves, and another to what else is in it."""
    if is_leaf(tree):
        return function(tree)
    parts = children(tree)
    return other(tree) if parts is None else rebuilt(tree, [map_leaves(function, p, other) for p in parts])


def map_pairs(function: Callable[[Any, Any], Any], tree: Any, second: Any) -> Any:
    """The tree with a function applied to its leaves and those of a tree of the same form."""
    if is_leaf(tree):
        return function(tree, second)
    if children(tree) is None:
        return tree
    return rebuilt(tree, [map_pairs(function, part, other) for part, other in _pairs(tree, second)])


def matching(tree: Any, second: Any) -> list[Any]:
    """What the second tree has where the first has leaves; ValueError if it has another structure.

    Examples
    --------
    >>> matching({"w": 1.0, "name": "net", "b": 2.0}, {"b": 4.0, "name": None, "w": 3.0})
    [3.0, 4.0]
    """
    if is_leaf(tree):
        return [second]
    if not leaves(tree):
        return []
    return [leaf for part, other in _pairs(tree, second) for leaf in matching(part, other)]


def _pairs(tree: Any, second: Any) -> list[tuple[Any, Any]]:
    """The parts of a container and of another one: those of the same key, attribute or place."""
    first, other = children(tree) or (), children(second) or ()
    keys, others = _keys(tree), _keys(second)
    if len(first) != len(other) or {*keys} != {*others}:
        raise ValueError(f"a {type(second).__name__} of another structure than the {type(tree).__name__}")
    by_key = dict(zip(others, other, strict=True))
    return [(part, by_key[key]) for key, part in zip(keys, first, strict=True)]


def _keys(tree: Any) -> list[Any]:
    """The keys, attributes or places of the parts of a container."""
    if isinstance(tree, (tuple, list)):
        return [*range(len(tree))]
    return [*tree] if isinstance(tree, dict) else [*attributes_of(tree)]


def in_double(leaf: Any) -> Any:
    """A number or array in double precision, of the same kind."""
    if isinstance(leaf, (float, complex)):
        return leaf
    return leaf.astype(complex if leaf.dtype.kind == "c" else float)


def flattened(tree: Any) -> Vector:
    """All numbers of a tree, one after the other, in double precision.

    Examples
    --------
    >>> import numpy as np
    >>> flattened({"w": np.ones((2, 2)), "b": 3.0}).tolist()
    [1.0, 1.0, 1.0, 1.0, 3.0]
    """
    return joined(leaves(tree))


def joined(values: Sequence[Any]) -> Vector:
    """All numbers of a list of leaves, one after the other, in double precision."""
    return np.concatenate([np.zeros(0), *[np.ravel(in_double(leaf)) for leaf in values]])


def unflattened(tree: Any, vector: Vector) -> Any:
    """A tree of the same form, types, dtypes and shapes, with its numbers taken from a vector.

    Parameters
    ----------
    tree : object
        The form. What carries no derivative is taken from it as it is.
    vector : ndarray
        As many numbers as `flattened` has for that tree. Where a leaf is real, so must they be.

    Raises
    ------
    ValueError
        If there are more or fewer numbers than that, or one of a real leaf is not real.

    Examples
    --------
    >>> import numpy as np
    >>> unflattened((0.0, np.zeros(2)), np.arange(3.0))
    (0.0, array([1., 2.]))
    """
    sizes = [np.size(leaf) for leaf in leaves(tree)]
    if vector.shape != (sum(sizes),):
        raise ValueError(f"{sum(sizes)} numbers are needed, in one axis; the vector has shape {vector.shape}")
    pieces = iter(np.split(vector, np.cumsum(sizes[:-1]))) if sizes else iter(())
    return map_leaves(lambda leaf: like(leaf, next(pieces)), tree)


def like(leaf: Any, values: Vector) -> Any:
    """A leaf of the same type, dtype and shape, with other numbers."""
    if np.iscomplexobj(values) and not np.iscomplexobj(leaf):
        if np.any(values.imag):
            raise ValueError(f"a real {type(leaf).__name__} cannot hold complex numbers")
        values = values.real
    if isinstance(leaf, np.ndarray):
        return values.reshape(leaf.shape).astype(leaf.dtype)
    number = values.reshape(())[()]
    return leaf.dtype.type(number) if isinstance(leaf, np.generic) else type(leaf)(number)
