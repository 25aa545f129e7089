"""Every error of a program that is refused, in one report.

In: the first error, and what was to be derived. Out: that error with all the others. Not for finding them in
the source: that is `frontend.recovery`.
"""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Mapping
from typing import Any

from .deriving import Wanted
from .errors import AdcompileError, combine
from .frontend.functions import call_function
from .frontend.inputs import LIBRARIES, Inputs
from .frontend.recovery import ErrorFinder
from .ir.build import Builder
from .ir.nodes import Block, Value
from .ir.types import is_differentiable
from .passes.activity import refuse_inactive, useful_values, varied_values
from .tracing import argument_of, bound_values, nowhere
from .trees import leaves, snapshot


def whole_report(
    first: AdcompileError, target: Any, signature: inspect.Signature, bound: Mapping[str, Any],
    wanted: Wanted, static: set[Any],
) -> AdcompileError:  # fmt: skip
    """The error with all other errors of the program, in the order of the source."""
    finder = ErrorFinder(Builder(), Inputs(static=set(static), itemwise=True))
    finder.frame = nowhere()
    for error in (first, *first.related):
        finder.errors[error.code, error.loc] = error
    try:
        _find(finder, target, signature, bound, wanted)
    except AdcompileError as error:
        finder.record(error)
    except Exception:
        pass  # what the rest depends on is refused
    return combine(list(finder.errors.values()))


def _find(
    finder: ErrorFinder, target: Any, signature: inspect.Signature, bound: Mapping[str, Any], wanted: Wanted
) -> None:
    arguments, args, keywords = bound_values(finder, signature, bound)
    trees = {name: snapshot(finder.state, value) for name, value in arguments.items()}
    with finder.builder.block() as statements:
        try:
            finder.want(_call(finder, target, args, keywords))
            for n in wanted.outputs or ():
                if n != "return":
                    finder.want(argument_of(arguments, n))
        except AdcompileError as error:
            finder.record(error)
        except Exception:
            pass
    block = Block((), statements, ())
    independent = [
        leaf
        for n in wanted.argnums
        for leaf in leaves(argument_of(trees, n))
        if isinstance(leaf, Value) and is_differentiable(leaf.type)
    ]
    refuse_inactive(block, varied_values(block, independent), useful_values(block, finder.wanted))


def _call(finder: ErrorFinder, target: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
    """The call of the function, whose errors are looked for even if it could be kept as a call."""
    node: Any = ast.Pass()
    function = getattr(target, "__func__", target)
    known = isinstance(function, types.FunctionType)
    if not known or (function.__module__ or "").split(".")[0] in LIBRARIES:
        return finder.call(finder.inputs.wrap_static(finder, target), args, keywords, node)
    if isinstance(target, types.MethodType):
        args = [finder.inputs.receiver(finder, target.__self__), *args]
    return call_function(finder, function, args, keywords, node)
