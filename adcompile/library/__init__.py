"""Functions of NumPy as what they are defined as, in NumPy that has rules.

In: what the function is called with. Out: what NumPy returns. The definitions are ordinary Python, which the
frontend inlines where a program calls the function and a number may be differentiated through it. They
compute in the order in which NumPy does, so that the values are the same. Not for functions with a row: those
are `rules`.
"""

from . import assembling, callbacks, matrices, polynomials, statistics  # noqa: F401
from .assembling import mgrid, ogrid
from .callbacks import accumulated, reduced, vectorized, vectorized_to_floats
from .queues import FOLLOWED, deque
from .registry import DEFINITIONS, METHOD_DEFINITIONS, as_array, definition_of, is_surely_float, refused

__all__ = [
    "DEFINITIONS", "FOLLOWED", "METHOD_DEFINITIONS", "accumulated", "as_array", "definition_of", "deque",
    "is_surely_float", "mgrid", "ogrid", "reduced", "refused", "vectorized", "vectorized_to_floats",
]  # fmt: skip
