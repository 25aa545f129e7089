"""The arguments of a function that is differentiated inside of another one, and what it does with them.

In: a function, its arguments, and which of them to differentiate by. Out: these with parameters of the
graph for their numbers and arrays, the statements of the function, and its result. Not for derivatives: those
are in `nested`.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import UnsupportedSyntax
from ..ir.nodes import Block, Literal, Stmt, Value, free_values
from ..ir.types import FLOAT, Array, is_differentiable, is_numeric
from ..rules.indexing import OWN
from .inputs import expand_captured, expand_object
from .memory import is_array
from .parse import Parser
from .returned import name_of, returned
from .structure import parts_of, rebuild
from .twins import twins
from .values import BoundMethod, Closure, Ref, Transformed, TupleVal, is_atom


@dataclass(frozen=True)
class _Kept:
    """A container as it was: what a function does to its argument is not done to its gradient."""

    cell: Any


def _kept(p: Parser, value: Any) -> Any:
    if isinstance(value, Ref):
        return _Kept(_kept(p, p.state.heap[value.id]))
    parts = () if is_atom(value) else parts_of(value)
    return rebuild(value, tuple(_kept(p, x) for x in parts)) if parts else value


def map_leaves(p: Parser, value: Any, change: Any) -> Any:
    """A value of the same structure, in new containers, with its atoms changed."""
    value = expand_object(p, expand_captured(p, value, ast.Pass()))
    if is_atom(value):
        return change(value)
    if isinstance(value, _Kept):
        return p.new(map_leaves(p, value.cell, change))
    if isinstance(value, Ref):
        return p.new(map_leaves(p, p.state.heap[value.id], change))
    parts = parts_of(value)
    return rebuild(value, tuple(map_leaves(p, x, change) for x in parts)) if parts else value


def leaves_in(p: Parser, value: Any) -> list[Any]:
    """The atoms of a value, in order."""
    found: list[Any] = []

    def collect(leaf: Any) -> Any:
        found.append(leaf)
        return leaf

    map_leaves(p, value, collect)
    return found


@dataclass(frozen=True)
class Opened:
    """The arguments to differentiate by, with parameters for their differentiable atoms.

    Attributes
    ----------
    values, form : list
        The arguments with parameters, and the same as they were before the function was called.
    originals : list
        The arguments themselves.
    params, atoms, actual : list
        The parameters, the atoms that they stand for, and what these contain.
    """

    originals: list[Any]
    values: list[Any]
    form: list[Any]
    params: list[Value]
    atoms: list[Any]
    actual: list[Any]


def _opened(p: Parser, values: Sequence[Any], arrays: dict[Value, Value] | None) -> Opened:
    """Arguments with parameters for their differentiable atoms.

    `arrays` collects the parameters by the arrays that they stand for, if one array is to have one.
    """
    params: list[Value] = []
    atoms: list[Any] = []
    actual: list[Any] = []

    def fresh(leaf: Any) -> Any:
        known = _alike(p, leaf, arrays)
        if known is not leaf:
            return known
        if isinstance(leaf, Literal) and is_numeric(leaf.type) and isinstance(leaf.value, float):
            param = Value(FLOAT, "x")
        elif isinstance(leaf, Value) and is_differentiable(leaf.type):
            param = Value(leaf.type, leaf.hint, leaf.named)
        else:
            return leaf
        if is_array(leaf):
            p.memory.originals[param] = p.memory.stands_for(leaf)
            if p.memory.is_surely_array(leaf):
                p.memory.arrays.add(param)
            if p.memory.in_order(leaf):
                p.memory.ordered.add(param)
            base, steps = p.memory.locate(leaf)
            if arrays is not None and not steps:
                arrays[base] = param
        params.append(param)
        atoms.append(leaf)
        actual.append(p.memory.current(leaf))
        return param

    opened = [map_leaves(p, v, fresh) for v in values]
    return Opened(list(values), opened, [_kept(p, v) for v in opened], params, atoms, actual)


def _alike(p: Parser, leaf: Any, arrays: dict[Value, Value] | None) -> Any:
    """The parameter for an array that has one under another name as well; anything else as it is."""
    if not arrays or not is_array(leaf):
        return leaf
    base, steps = p.memory.locate(leaf)
    return leaf if steps else arrays.get(base, leaf)


@dataclass(frozen=True)
class Delivery:
    """What counts as the result of a function: `outputs` names arguments, or None what is returned."""

    outputs: Any = None
    has_aux: bool = False


class _TwoNames(Exception):
    """The function writes into an array that it has under two names."""

    def __init__(self, refusal: UnsupportedSyntax) -> None:
        super().__init__(refusal)
        self.refusal = refusal


def entered(
    p: Parser, function: Any, args: Sequence[Any], keywords: dict[str, Any], places: Sequence[Any],
    delivery: Delivery, node: ast.AST,
) -> tuple[Opened, list[Stmt], Any, Any]:  # fmt: skip
    """The arguments at some places, opened, and what the function does and returns.

    Arguments that are one array are so only if the function writes into it: else each has its own derivative.
    """
    before = p.state.copy()
    try:
        return _with_parameters(p, function, args, keywords, places, None, delivery, node)
    except _TwoNames:
        p.state.become(before)
    try:
        return _with_parameters(p, function, args, keywords, places, {}, delivery, node)
    except _TwoNames as found:
        raise found.refusal from None


def _with_parameters(
    p: Parser, function: Any, args: Sequence[Any], keywords: dict[str, Any], places: Sequence[Any],
    arrays: dict[Value, Value] | None, delivery: Delivery, node: ast.AST,
) -> tuple[Opened, list[Stmt], Any, Any]:  # fmt: skip
    opened = _opened(p, [keywords[n] if isinstance(n, str) else args[n] for n in places], arrays)
    new_args = [_alike(p, a, arrays) for a in args]
    new_keywords = {k: _alike(p, a, arrays) for k, a in keywords.items()}
    for n, value in zip(places, opened.values, strict=True):
        if isinstance(n, str):
            new_keywords[n] = value
        else:
            new_args[n] = value
    return opened, *_executed(p, function, new_args, new_keywords, opened, delivery, node)


def _executed(
    p: Parser, function: Any, args: list[Any], keywords: dict[str, Any], opened: Opened,
    delivery: Delivery, node: ast.AST,
) -> tuple[list[Stmt], Any, Any]:  # fmt: skip
    """The statements of a function that is differentiated here, its result and the auxiliary one.

    What it writes into arrays stays inside, as a derivative that is called writes into copies.
    """
    before, mark = dict(p.state.memory), Value(FLOAT).serial
    with p.builder.block() as statements:
        with twins(p, opened.originals, opened.values):
            value = returned(p, p.call(function, args, keywords, node), name_of(function))
        result, aux = _delivered(p, function, args, keywords, value, delivery, node)
        result = map_leaves(p, result, p.memory.current)
        aux = None if aux is None else map_leaves(p, aux, p.memory.current)
    changed = [b for b, content in p.state.memory.items() if before.get(b, b) is not content]
    _refuse_two_names(p, [b for b in changed if b.serial < mark], opened, Block((), statements, ()), node)
    p.state.memory = before
    return statements, result, aux


def _refuse_two_names(
    p: Parser, changed: Sequence[Value], opened: Opened, block: Block, node: ast.AST
) -> None:
    """Refuse to write into an array that the function also has under another name.

    What it is differentiated by has a parameter in the place of the array, so that the other name would not
    see the write.
    """
    originals = {v: a for v, a in zip(opened.params, opened.atoms, strict=True) if is_array(a)}
    read = [v for v in free_values(block) if is_array(v) and v not in originals]
    for base in changed:
        if base in originals:
            roots = p.memory.stands_for(originals[base])
            p.memory.written.update(dict.fromkeys(roots, p.memory.written.get(base)))
            others = [*(a for v, a in originals.items() if v is not base), *read]
        else:
            roots, others = p.memory.stands_for(base), list(originals.values())
        if any(not roots.isdisjoint(p.memory.stands_for(other)) for other in others):
            raise _TwoNames(
                UnsupportedSyntax(
                    "AD112",
                    "the function writes into an array that it has under two names",
                    p.memory.written.get(base) or p.frame.source.loc(node),
                    "a copy of the array as one of its arguments",
                )
            )


def _delivered(
    p: Parser, function: Any, args: list[Any], keywords: dict[str, Any], returned: Any, delivery: Delivery,
    node: ast.AST,
) -> tuple[Any, Any]:  # fmt: skip
    """The result of a call and the auxiliary one."""
    outputs = delivery.outputs
    if outputs is None:
        if not delivery.has_aux:
            return returned, None
        if not isinstance(returned, TupleVal) or len(returned.items) != 2:
            p.no_derivative("AD210", "with has_aux=True the function must return a pair", node,
                            "`return output, aux`")  # fmt: skip
        return returned.items
    bare = isinstance(outputs, (int, str))
    found = []
    for n in places_of(p, function, (outputs,) if bare else outputs, args, keywords, node, "outputs"):
        value = returned if n == "return" else keywords[n] if isinstance(n, str) else args[n]
        if n == "return":
            found.append(value)
            continue
        if is_atom(value) and not is_array(value):
            p.no_derivative("AD210", "`outputs` names an argument that is no array", node,
                            "an array, or a container of arrays")  # fmt: skip
        # what an argument holds is handed out as an array of its own
        held = map_leaves(p, value, p.memory.current)
        found.append(map_leaves(p, held, lambda leaf: own_copy(p, leaf)))
    return found[0] if bare else TupleVal(tuple(found)), returned if delivery.has_aux else None


def places_of(
    p: Parser, function: Any, wanted: Sequence[Any], args: list[Any], keywords: dict[str, Any], node: ast.AST,
    option: str = "argnums",
) -> list[Any]:  # fmt: skip
    """The positions and names among the arguments of a call that argnums or outputs stand for."""
    known = _parameters(function)
    # of a function that says nothing of its parameters, those that are given
    positional, others = known if known is not None else ([*map(str, range(len(args)))], [*keywords])
    names = [*positional, *others]
    places: list[Any] = []
    for n in wanted:
        if option == "outputs" and n == "return":
            places.append(n)
            continue
        if isinstance(n, int) and -len(names) <= n < len(names):
            n = names[n]
        k = positional.index(n) if n in positional else n
        if isinstance(k, int) and 0 <= k < len(args):
            places.append(k)
        elif n in keywords:
            places.append(n)
        else:
            p.no_derivative(
                "AD210",
                f"`{option}` names no argument of this call",
                node,
                "the position or name of an argument",
            )
    return places


def _parameters(function: Any) -> tuple[list[str], list[str]] | None:
    """The names of the positional and of the other parameters of a callee, None if they are not known."""
    if isinstance(function, Closure):
        a = function.node.args
        return [x.arg for x in (*a.posonlyargs, *a.args)], [x.arg for x in a.kwonlyargs]
    if isinstance(function, BoundMethod):
        found = _parameters(function.function)
        return None if found is None else (found[0][1:], found[1])
    if isinstance(function, Transformed):
        return _parameters(function.function)
    if isinstance(function, Literal) and isinstance(function.value, types.FunctionType):
        code = function.value.__code__
        names, n = code.co_varnames, code.co_argcount
        return list(names[:n]), list(names[n : n + code.co_kwonlyargcount])
    return None


def own_copy(p: Parser, leaf: Any) -> Any:
    """A derivative in memory that no argument has, as one that is called returns it."""
    own = isinstance(leaf, Value) and isinstance(leaf.type, Array)
    return p.builder.apply(OWN, leaf) if own else leaf
