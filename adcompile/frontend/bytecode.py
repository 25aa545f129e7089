"""Whether two code objects are the same program.

In: code objects. Out: yes or no. File names, line tables and qualified names do not count; everything that
changes what the code computes does. Not for reading bytecode: nothing here depends on its instructions.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator

__all__ = ["codes_within", "is_rewritten", "same_code"]

# The name under which pytest puts its helper into a module whose asserts it has rewritten.
_PYTEST = "@pytest_ar"

_COMPARED = (
    "co_name",
    "co_code",
    "co_names",
    "co_varnames",
    "co_freevars",
    "co_cellvars",
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
)
_SIGNATURE = ("co_name", "co_freevars", "co_argcount", "co_posonlyargcount", "co_kwonlyargcount")


def same_code(running: types.CodeType, compiled: types.CodeType) -> bool:
    """Say whether the code that runs is what the compiler makes of the source.

    Parameters
    ----------
    running : types.CodeType
        Of a live function. pytest may have rewritten its ``assert`` statements; such code is compared by its
        signature and the names it uses.
    compiled : types.CodeType
        Fresh from the compiler.
    """
    # `types.coroutine` sets its flag afterwards.
    if (running.co_flags ^ compiled.co_flags) & ~inspect.CO_ITERABLE_COROUTINE:
        return False
    if _PYTEST in running.co_names:
        return _same_but_for_asserts(running, compiled)
    if any(getattr(running, name) != getattr(compiled, name) for name in _COMPARED):
        return False
    # Where handlers begin and end, since Python 3.11.
    if getattr(running, "co_exceptiontable", b"") != getattr(compiled, "co_exceptiontable", b""):
        return False
    return _same_constant(running.co_consts, compiled.co_consts)


def is_rewritten(code: types.CodeType) -> bool:
    """Say whether pytest has rewritten an ``assert`` in the code or in a function inside it."""
    return _PYTEST in code.co_names or any(
        is_rewritten(constant) for constant in code.co_consts if isinstance(constant, types.CodeType)
    )


def codes_within(code: types.CodeType, name: str, line: int) -> Iterator[types.CodeType]:
    """Yield the code objects of a name and a first line, at any depth."""
    for constant in code.co_consts:
        if not isinstance(constant, types.CodeType):
            continue
        if constant.co_name == name and constant.co_firstlineno == line:
            yield constant
        yield from codes_within(constant, name, line)


def _same_but_for_asserts(running: types.CodeType, compiled: types.CodeType) -> bool:
    """Compare what a rewritten ``assert`` leaves alone: it adds names and variables and takes none away."""
    return (
        all(getattr(running, name) == getattr(compiled, name) for name in _SIGNATURE)
        and _arguments(running) == _arguments(compiled)
        and set(compiled.co_names) <= set(running.co_names)
        and set(compiled.co_varnames) <= set(running.co_varnames)
    )


def _arguments(code: types.CodeType) -> tuple[str, ...]:
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _same_constant(a: object, b: object) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, types.CodeType) and isinstance(b, types.CodeType):
        return same_code(a, b)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_same_constant, a, b))
    if isinstance(a, frozenset) and isinstance(b, frozenset):
        return {(type(item), item) for item in a} == {(type(item), item) for item in b}
    if isinstance(a, float | complex):
        # Equality would take 0.0 for -0.0 and tell nan from nan.
        return repr(a) == repr(b)
    return a == b
