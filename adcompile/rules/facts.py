"""What the rules of a row may know of the operands.

In: a rule that is a function, and the operands of a statement. Out: the text that it gives for what is known
of them. Not for applying the text: that is `rules.expand`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from ..ir.nodes import Arg, Items, Literal, Through, Value
from ..ir.types import Type, dtype_of, shape_of

Text = TypeVar("Text")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule may know of an operand."""

    type: Type
    shape: tuple[Any, ...] | None
    dtype: str | None

    @property
    def rank(self) -> int | None:
        """The number of axes, None where it is not known."""
        return None if self.shape is None else len(self.shape)


def facts_of(arg: Arg) -> Any:
    """A rule's view of an argument: the Python value where it is known, else `Facts`."""
    if isinstance(arg, Value):
        return Facts(arg.type, shape_of(arg.type), dtype_of(arg.type))
    if isinstance(arg, Literal):
        return arg.value
    if isinstance(arg, tuple):
        return tuple(facts_of(a) for a in arg)
    if isinstance(arg, Items):
        return [facts_of(a) for a in arg.items]
    if isinstance(arg, Through):
        return facts_of(arg.index)
    return slice(facts_of(arg.start), facts_of(arg.stop), facts_of(arg.step))


def rank_of(fact: Any) -> int | None:
    """The rank of an operand as a rule sees it."""
    if isinstance(fact, Facts):
        return fact.rank
    if fact is None:
        return None
    return int(np.ndim(fact))


@functools.cache
def _wanted(rule: Callable[..., object]) -> tuple[str, ...] | None:
    code = rule.__code__
    if code.co_flags & 0x08:
        return None
    return tuple(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])


def call_rule(rule: str | Callable[..., Text], facts: Mapping[str, Any]) -> str | Text:
    """The text of a rule for given facts; a rule names the facts that it looks at as its parameters.

    Facts are the operands, the result `z`, the adjoint `z_bar`, and for an item of a sequence its place
    `k`; what is not given is None.
    """
    if isinstance(rule, str):
        return rule
    names = _wanted(rule)
    return rule(**facts) if names is None else rule(**{name: facts.get(name) for name in names})
