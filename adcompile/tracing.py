"""From a callable and example arguments to its graph.

In: a callable, its signature and bound arguments. Out: the graph, with arguments and result as trees over it.
Not for what the source means: that is the frontend.
"""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .aliases import settle_inputs
from .errors import ArgumentError, Loc, NoDerivative
from .frontend.inputs import MISSING, Inputs
from .frontend.interpreter import Interpreter
from .frontend.memory import is_array
from .frontend.parse import DeadPath, Frame, Parser
from .frontend.returned import returned
from .frontend.source import get_source
from .frontend.values import DictCell, State, TupleVal, is_atom
from .ir.build import Builder
from .ir.nodes import Block, Value
from .live import path_key
from .passes.common import share
from .rules import tables  # noqa: F401  (enters all rows)
from .transforms import view
from .trees import Node, map_tree, snapshot


class _NoSource:
    """Stands for the source of a callable that is not a Python function."""

    filename = "<callable>"
    lines: tuple[str, ...] = ()
    qualname = "callable"

    def loc(self, node: Any) -> Loc | None:
        return None


@dataclass
class Traced:
    """The primal as a graph: its arguments and result as abstract values over the block."""

    builder: Builder
    parser: Parser
    block: Block
    arguments: dict[str, Any]
    result: Any
    returned: Any
    state: State
    loc: Loc | None
    name: str
    # arguments that are a part of another one, with that and which part
    parts: dict[Value, tuple[Value, str]]
    # the parameters, and what is passed by keyword beside them
    names: frozenset[str]


def bound_values(
    p: Parser, signature: inspect.Signature, bound: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Any], dict[str, Any]]:
    """The abstract values of bound arguments: by parameter, and as they are passed."""
    arguments: dict[str, Any] = {}
    args: list[Any] = []
    keywords: dict[str, Any] = {}
    take = p.inputs.argument
    for name, parameter in signature.parameters.items():
        value = bound.get(name, MISSING)
        if parameter.kind is parameter.VAR_POSITIONAL:
            given = () if value is MISSING else value
            items = tuple(
                take(p, name, v, (("arg", name), ("item", k)), f"{name}_{k}") for k, v in enumerate(given)
            )
            arguments[name] = TupleVal(items)
            args += items
        elif parameter.kind is parameter.VAR_KEYWORD:
            named = {} if value is MISSING else value
            found = {k: take(p, name, v, (("arg", name), ("item", k)), k) for k, v in named.items()}
            arguments[name] = p.new(DictCell(tuple(found), tuple(found.values())))
            keywords.update(found)
        else:
            arguments[name] = take(p, name, value)
            if parameter.kind is parameter.KEYWORD_ONLY:
                keywords[name] = arguments[name]
            else:
                args.append(arguments[name])
    return arguments, args, keywords


def _arguments(
    p: Parser, signature: inspect.Signature, bound: Mapping[str, Any], inputs: Inputs
) -> tuple[dict[str, Any], dict[str, Any], list[Any], dict[str, Any]]:
    """The arguments as what is differentiated by, and as the function sees them: some may be one array."""
    if not inputs.together:
        arguments, args, keywords = bound_values(p, signature, bound)
        return arguments, arguments, args, keywords
    inputs.apart = True
    initial, _, _ = bound_values(p, signature, bound)
    inputs.apart = False
    inputs.forget_containers(p)
    return initial, *bound_values(p, signature, bound)


def nowhere() -> Frame:
    """The frame of the call of the function itself."""
    return Frame(_NoSource(), frozenset())  # type: ignore[arg-type]


def trace(
    target: Any,
    signature: inspect.Signature,
    bound: Mapping[str, Any],
    inputs: Inputs,
    outputs: Sequence[Any] | None = None,
    bare_output: bool = True,
) -> Traced:
    """Parse a callable for bound arguments; `outputs` are the arguments that hold its results."""
    builder = Builder()
    p = Interpreter(builder, inputs)
    p.frame = nowhere()
    node: Any = ast.Pass()
    with builder.block() as opening:
        initial, arguments, args, keywords = _arguments(p, signature, bound, inputs)
    start = p.state.copy()
    callee = inputs.wrap_static(p, target)
    name = getattr(target, "__name__", None) or type(target).__name__
    try:
        with builder.block() as statements:
            value = returned(p, p.call(callee, args, keywords, node), name)
            try:
                tree = map_tree(snapshot(p.state, value), p.memory.current)
            except NoDerivative as error:
                # the function has been left
                raise error.placed(definition(target)) from None
            result = tree
            if outputs is not None:
                found = [_output(p, target, arguments, n, tree) for n in outputs]
                result = found[0] if bare_output else Node("tuple", (), tuple(found))
    except DeadPath:
        message = f"{name} raises an exception on every path"
        raise NeverReturns(
            "AD204", message, definition(target), "a function that returns one number"
        ) from None
    builder.reads = None
    inputs.relate(p)
    with builder.block() as tests:
        settle_inputs(p, inputs)
    statements[:0] = [*tests, *opening]
    params = tuple(i.value for i in inputs.found)
    final = State({}, {**start.heap, **p.state.heap})
    block = Block(params, statements, ())
    # optimise before differentiating: what is one value has one adjoint
    images: dict[Value, Any] = {}
    share(block, images, {})
    output, whole = (map_tree(t, lambda leaf: images.get(leaf, leaf)) for t in (result, tree))
    initial = {k: snapshot(start, v) for k, v in initial.items()}
    parts = {
        i.value: (inputs.own(member.root), member.kind)
        for i in inputs.found
        if (member := inputs.together.get(path_key(i.path))) is not None
    }
    names = frozenset(signature.parameters).union(keywords)
    loc = definition(target)
    return Traced(builder, p, block, initial, output, whole, final, loc, name, parts, names)


def _output(p: Parser, target: Any, arguments: Mapping[str, Any], name: Any, returned: Any) -> Any:
    """What an argument holds after the call, as a tree; or what was returned."""
    if name == "return":
        return returned
    value = argument_of(arguments, name)
    tree = snapshot(p.state, value)
    if is_atom(tree) and not is_array(tree):
        kind = str(tree.type) if isinstance(tree, Value) else type(tree.value).__name__
        raise ArgumentError(
            "AD210",
            f"outputs: `{argument_name(name)}` is of type {kind}, and no function writes into that",
            definition(target),
            'an array, or a container of arrays; "return" stands for what is returned',
        )
    return map_tree(tree, p.memory.current)


def argument_of(arguments: Mapping[str, Any], argnum: Any) -> Any:
    """What an argnum stands for: a parameter, or one item of the variable positional ones."""
    if isinstance(argnum, tuple):
        found = arguments[argnum[0]]
        return (found.items if isinstance(found, TupleVal) else found.parts)[argnum[1]]
    return arguments[argnum]


def argument_name(argnum: Any) -> str:
    """An argnum as error texts have it."""
    return f"{argnum[0]}[{argnum[1]}]" if isinstance(argnum, tuple) else str(argnum)


class NeverReturns(ArgumentError):
    """The function raises whatever its arguments are; a call of it tells what."""


def definition(target: Any) -> Loc | None:
    """Where a callable is defined."""
    made = view(target)
    if made is not None and made[0] == "checkpoint":
        return definition(made[1])
    function = getattr(target, "__func__", target)
    if not isinstance(function, types.FunctionType):
        return None
    source = get_source(function)
    return source.loc(source.node)
