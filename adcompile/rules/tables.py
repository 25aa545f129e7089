"""All tables of the calculus; importing this module enters their rows."""

from . import (  # noqa: F401
    arithmetic,
    complexes,
    counting,
    creation,
    decompositions,
    elementwise,
    fft,
    helpers,
    indexing,
    joining,
    linalg,
    lists,
    mathmodule,
    python,
    reductions,
    shapes,
    spectral,
    splitting,
    summation,
)
