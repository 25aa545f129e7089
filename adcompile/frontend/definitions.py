"""Functions of NumPy that are differentiated by what they are defined as.

In: a function that the table has no row for, and abstract arguments. Out: the abstract result of its
definition in `library`, which is inlined like a function of the program, at the line of the call. Not for
functions with a row: these are `primitives`.
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from functools import partial
from types import FunctionType
from typing import Any

import numpy as np

from .. import library
from ..errors import AdcompileError, Loc
from ..ir.nodes import Literal, Value
from ..ir.types import Array, Scalar, Unknown, is_differentiable
from ..rules.typing import typ
from .functions import bind, function_frame, inline
from .iterate import fixed_items
from .opaque import call_unknown
from .parse import Parser
from .recursion import Callee, enter
from .source import Source, get_source
from .values import UNDEF, ArrayMethod, Captured, Closure, Iterator, PartialVal, Ref
from .writes import deliver, target_of


@dataclass(frozen=True)
class _Elsewhere(Source):
    """A source of which everything stands where it is called."""

    place: Loc | None = None

    def loc(self, node: ast.AST) -> Loc:
        """Return where the call stands."""
        return self.place  # type: ignore[return-value]


def is_definition(function: Any) -> bool:
    """Whether a function is a definition, or belongs to one."""
    return isinstance(function, FunctionType) and (function.__module__ or "").startswith(
        f"{library.__name__}."
    )


def call_defined(
    p: Parser,
    original: Any,
    definition: Any,
    args: list[Any],
    keywords: dict[str, Any],
    node: ast.AST,
    before: Any = None,
) -> Any:
    """A call of a function or method that has a definition, which may take something before the arguments.

    It is kept as it is where no number can be differentiated through it.
    """
    before = original.receiver if isinstance(original, ArrayMethod) else before
    given = args if before is None else [before, *args]
    if not any(_may_be_active(p, v) for v in (*given, *keywords.values())):
        return call_unknown(p, original, args, keywords, node)
    saved, statements = p.state.copy(), len(p.builder.statements)
    frame, depth = p.frame, len(p.stack)
    try:
        with p.attempt():
            return _inlined(p, definition, given, dict(keywords), node)
    except AdcompileError as error:
        p.state, p.frame = saved, frame
        del p.builder.statements[statements:]
        del p.stack[depth:]
        try:
            return call_unknown(p, original, args, keywords, node, error)
        except AdcompileError:
            raise error from None


def _may_be_active(p: Parser, value: Any) -> bool:
    if isinstance(value, Value):
        return is_differentiable(value.type) or isinstance(value.type, Unknown)
    if isinstance(value, Ref):
        return _may_be_active(p, p.cell(value))
    if isinstance(value, (Captured, Closure, Iterator, PartialVal)) or isinstance(
        getattr(value, "value", None), FunctionType
    ):
        return True
    return any(_may_be_active(p, v) for v in getattr(value, "items", ()))


def _inlined(
    p: Parser, definition: FunctionType, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    out = keywords.pop("out", None)
    signature = inspect.signature(definition)
    try:
        signature.bind(*args, **keywords)
    except TypeError:
        parameters = ", ".join(signature.parameters)
        p.no_derivative("AD202", f"`{definition.__name__}` is not understood with these arguments", node,
                        f"its operands {parameters} only")  # fmt: skip
    if out is None or (isinstance(out, Literal) and out.value is None):
        return call_definition(p, definition, args, keywords, node)
    array = target_of(p, out, "out=", node)
    return deliver(p, array, call_definition(p, definition, args, keywords, node), Literal(True), False, node)


def call_definition(
    p: Parser, definition: FunctionType, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    """A definition, inlined at the place of a call."""
    found = get_source(definition)
    fields = {
        name: getattr(found, name) for name in ("node", "filename", "lines", "function", "qualname", "digest")
    }
    frame = function_frame(definition, _Elsewhere(**fields, place=p.frame.source.loc(node)))
    frame.constants, frame.globals, frame.cells = definition.__globals__, {}, {}
    defaults = tuple(Literal(v) for v in definition.__defaults__ or ())
    named = definition.__kwdefaults__ or {}
    kw_defaults = tuple(
        Literal(named[a.arg]) if a.arg in named else UNDEF for a in found.node.args.kwonlyargs
    )
    bound = bind(p, found.node.args, definition.__name__, args, keywords, defaults, kw_defaults, node)
    key = id(definition.__code__)
    return enter(p, Callee(frame, key, definition.__name__, partial(inline, p)), bound, node)


def call_vectorized(
    p: Parser, original: Any, made: Any, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    """A call of an object that np.vectorize made."""
    plain = (
        made.otypes in (None, "d") and made.excluded == set() and not made.cache and made.signature is None
    )
    if not plain or keywords:
        return call_unknown(p, original, args, keywords, node)
    definition = library.vectorized if made.otypes is None else library.vectorized_to_floats
    function = p.inputs.captured(p, (*original.path, ("attr", "pyfunc")), made.pyfunc, "pyfunc")
    return call_defined(p, original, definition, args, keywords, node, function)


def vectorize(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    """np.vectorize(function), an object that is called later."""
    otypes = keywords.get("otypes")
    to_floats = otypes is not None and _names_float(p, otypes, node)
    if len(args) != 1 or keywords.keys() - {"otypes"} or (otypes is not None and not to_floats):
        instead = "np.vectorize(function, otypes=[float])"
        p.no_derivative("AD202", "`np.vectorize` with these options", node, instead)
    definition = library.vectorized_to_floats if to_floats else library.vectorized
    return PartialVal(Literal(definition), (args[0],), ())


def _names_float(p: Parser, otypes: Any, node: ast.AST) -> bool:
    """Whether dtypes of results are the one of Python's floats."""
    items = [otypes] if isinstance(otypes, Literal) else fixed_items(p, otypes, node)
    return len(items) == 1 and isinstance(items[0], Literal) and np.dtype(items[0].value) == np.float64


# -- what definitions ask of the compiler --------------------------------------------------------------------


def _refuse(p: Parser, args: list[Any], node: ast.AST) -> Any:
    what, instead = (a.value for a in args)
    p.no_derivative("AD202", what, node, instead)


def _is_surely_float(p: Parser, args: list[Any], node: ast.AST) -> Any:
    t = typ(args[0])
    return Literal(isinstance(t, Scalar) and t.dtype == "float64" and t.origin in ("py", "np"))


def _as_array(p: Parser, args: list[Any], node: ast.AST) -> Any:
    value = args[0]
    if isinstance(value, Value) and isinstance(value.type, Array):
        return value
    return p.call(Literal(np.asarray, "np.asarray"), [value], {}, node)


QUESTIONS: dict[Any, Any] = {
    library.refused: _refuse,
    library.is_surely_float: _is_surely_float,
    library.as_array: _as_array,
}
