"""Nested tuples and lists of arrays and floats: their leaves in order, and a new tree from new leaves.

For the benchmarks only; it knows no dicts and no classes because no benchmark has them.
"""

from __future__ import annotations


def leaves(tree):
    """The arrays and numbers of a nested tuple or list, from left to right."""
    if not isinstance(tree, tuple | list):
        return [tree]
    return [leaf for branch in tree for leaf in leaves(branch)]


def rebuild(tree, new_leaves):
    """A tree like `tree` that holds `new_leaves` in its places."""
    remaining = iter(new_leaves)

    def fill(branch):
        if not isinstance(branch, tuple | list):
            return next(remaining)
        return type(branch)(fill(b) for b in branch)

    return fill(tree)
