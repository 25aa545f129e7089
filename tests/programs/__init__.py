"""The corpus: programs as people write them, on which every mode of differentiation is tried.

Out: `PROGRAMS`, all themes in one tuple; `KINKS`, points where only a convention gives the derivative.
`NESTED`, the programs that take derivatives themselves, lives in `tests.programs.nested`. Those of
`checkpoints` call adcompile as well, but for what changes no result.
"""

from tests.programs import (
    aliases,
    arithmetic,
    attributes,
    branches,
    callables,
    calls,
    checkpoints,
    containers,
    data,
    elementwise,
    factors,
    indexing,
    iteration,
    layouts,
    library,
    linear,
    lists,
    loops,
    models,
    optional,
    protocols,
    queues,
    recursions,
    reductions,
    sequences,
    shapes,
    syntax,
    traps,
    writes,
)
from tests.programs.kinks import KINKS
from tests.programs.program import KnownGradient, Program, numpy_is

THEMES = (
    arithmetic,
    elementwise,
    factors,
    reductions,
    sequences,
    data,
    library,
    shapes,
    indexing,
    linear,
    branches,
    loops,
    iteration,
    calls,
    callables,
    checkpoints,
    containers,
    lists,
    queues,
    syntax,
    traps,
    models,
    optional,
    protocols,
    recursions,
    writes,
    attributes,
    aliases,
    layouts,
)
PROGRAMS: tuple[Program, ...] = tuple(program for theme in THEMES for program in theme.PROGRAMS)

__all__ = ["KINKS", "PROGRAMS", "THEMES", "KnownGradient", "Program", "numpy_is"]
