"""The passes in order, from a Python callable to the text of a derivative.

    trace      callable + example arguments → graph                      (tracing, frontend)
    hoist      graph → graph: what a loop does not change leaves it      (passes.hoist)
    derive     graph → graph: reverse (joint or split), forward          (deriving, passes)
    simplify   graph → graph                                             (passes.simplify)
    emit       graph → text                                              (interface, backend.emit)

In: a callable, its bound arguments and what derivative is wanted. Out: a `Program`. Not for caches and
calling conventions: those are `engine` and `backend`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .aliases import NeedTogether, grouped
from .backend.emit import Emitter
from .backend.expressions import Namespace
from .backend.layout import Line
from .backend.modules import module_text
from .deriving import Derived, Wanted, derive
from .errors import NoDerivative, UnsupportedSyntax
from .frontend.inputs import Inputs, NeedItems, NeedStatic
from .interface import interface_captures, interface_of
from .ir.nodes import Block, Function, Value, clone_block
from .ir.verify import verify
from .live import path_key
from .passes.algebra import multiply_out_squares
from .passes.hoist import hoist
from .passes.recompute import inline_calls
from .passes.simplify import simplify, simplify_split
from .passes.volatile import keep_reads
from .saved import find_saved
from .tracing import Traced, definition, trace
from .trees import leaves

# whether the graph is verified after every pass; the tests turn it on
debug = False


@dataclass
class Program:
    """The text of a derivative and what is needed to call it."""

    name: str
    text: str
    objects: dict[str, Any]
    inputs: Inputs
    captured: list[tuple[str, Any]]
    function: Function
    block: Block
    notes: dict[str, Any] = field(default_factory=dict)


def compile_program(
    target: Any,
    signature: inspect.Signature,
    bound: Mapping[str, Any],
    wanted: Wanted,
    watch: Callable[[Traced], None] | None = None,
) -> Program:
    """Run all passes; integers that decide about structure are fixed one after the other.

    `watch` may put statements into the traced function before it is differentiated.
    """
    static: set[Any] = set()
    pairs: list[Any] = []
    itemwise = False
    while True:
        name = getattr(target, "__name__", None) or type(target).__name__
        together = grouped(pairs, name, definition(target))
        inputs = Inputs(static=set(static), itemwise=itemwise, together=together)
        try:
            return _compile(target, signature, bound, wanted, inputs, watch)
        except NeedStatic as need:
            key = path_key(need.path)
            if key in static:
                raise AssertionError("an integer was fixed twice") from None
            static.add(key)
        except NeedTogether as need:
            pairs += need.pairs
        except NeedItems:
            itemwise = True


def _compile(
    target: Any,
    signature: inspect.Signature,
    bound: Mapping[str, Any],
    wanted: Wanted,
    inputs: Inputs,
    watch: Callable[[Traced], None] | None,
) -> Program:
    try:
        traced = trace(target, signature, bound, inputs, wanted.outputs, wanted.bare_output)
        keep_reads(traced.block)
        primal = _primal(traced)
        if watch is not None:
            watch(traced)
        _check(primal.body)
        if wanted.kind != "value":
            hoist(traced.block)
        derived = derive(traced, wanted)
    except (UnsupportedSyntax, NoDerivative) as first:
        from .refusing import whole_report

        raise whole_report(first, target, signature, bound, wanted, inputs.static) from None
    program = _emitted(traced, signature, wanted, derived)
    program.notes["primal"] = primal
    return program


def _primal(traced: Traced) -> Function:
    """A copy of the primal to look at, before the passes change it; `paths` tell whose the parameters are."""
    found = traced.parser.inputs.found
    mapping: dict[Value, Any] = {}
    params = tuple(dict.fromkeys([*traced.block.params, *(i.value for i in found)]))
    copy = clone_block(Block(params, traced.block.statements, tuple(leaves(traced.result))), mapping)
    paths = {mapping[i.value]: i.path if i.root is not None else () for i in found}
    return Function(traced.name, copy, traced.loc, {"paths": paths})


def _emitted(traced: Traced, signature: inspect.Signature, wanted: Wanted, derived: Derived) -> Program:
    """Simplify and emit."""
    inputs = traced.parser.inputs
    block, pullback = derived.block, derived.pullback
    block.params = tuple(
        dict.fromkeys([*block.params, *(i.value for i in inputs.found), *(t.value for t in derived.tangents)])
    )
    _check(block, pullback)
    if pullback is None:
        inline_calls(block)
        if wanted.kind == "grad" and not wanted.has_aux:
            multiply_out_squares(block)
        simplify(block)
    else:
        images: dict[Value, Any] = {}
        inline_calls(block, images)
        inline_calls(pullback[1], images)
        simplify_split(block, pullback[1])
    _check(block, pullback)
    name = "".join(c if c.isalnum() or c == "_" else "_" for c in traced.name).strip("_") or "f"
    function = Function(f"{name}_{wanted.kind}", block, traced.loc)
    namespace = Namespace()
    saved = find_saved([block] if pullback is None else [block, pullback[1]])
    interface = interface_of(traced, signature, wanted, derived, namespace)
    emitter = Emitter(namespace, commenting=wanted.kind != "jvp")
    emitter.function(function, interface)
    _check(block, pullback)
    body = emitter.take_lines()
    done: set[Any] = set()
    helpers: list[list[Line]] = []
    while emitter.called and any(f not in done for f in emitter.called):
        for called in [f for f in emitter.called if f not in done]:
            done.add(called)
            assert called.body is not None
            _check(called.body)
            # a function and what was derived of it may have statements in common
            called.body = clone_block(called.body, {})
            inline_calls(called.body)
            simplify(called.body)
            _check(called.body)
            emitter.helper_function(called)
            _check(called.body)
            helpers.append(emitter.take_lines())
    text = module_text(namespace, [*helpers, body])
    captured = [(emitter_name, i.path) for emitter_name, i in interface_captures(traced, derived)]
    return Program(function.name, text, namespace.objects, inputs, captured, function, block,
                   {"wanted": wanted, "pullback": pullback and pullback[1], "saved": saved,
                    "functions": [*helpers, body]})  # fmt: skip


def _check(block: Block | None, pullback: Any = None) -> None:
    """Verify a graph in debugging; a pullback reads what its function has computed."""
    if not debug:
        return
    assert block is not None
    verify(block)
    if pullback is not None:
        computed = (out for stmt in block.statements for out in stmt.outs)
        verify(pullback[1], frozenset((*block.params, *computed)))
