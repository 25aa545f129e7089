"""From the graph of a function to the graph of a derivative.

In: a traced function and what is wanted. Out: the derivative as a graph, and how its result is built.
Gradients, products and plain values differ in what they seed and in what they hand out. Not for the sweeps
themselves: those are `passes`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from .aliases import distributed, joined, targets
from .backend.expressions import Expressions
from .errors import ArgumentError, Loc
from .frontend.inputs import Input, Inputs
from .frontend.values import is_atom
from .ir.build import Builder
from .ir.nodes import Block, Literal, Value
from .ir.types import OPAQUE, Array, ListOf, Scalar, is_differentiable, is_numeric, shape_of
from .passes.activity import varied_values
from .passes.cotangents import adjoint_type, finished, inert
from .passes.forward import forward
from .passes.reverse import reverse
from .rules.indexing import OWN
from .signature import tangent_name
from .tracing import Traced, argument_name, argument_of
from .trees import Node, leaves, map_tree, tree_expression


@dataclass(frozen=True)
class Wanted:
    """What to derive: `kind` is "grad", "value_and_grad", "vjp", "jvp" or "value"."""

    kind: str
    argnums: tuple[Any, ...]
    bare: bool = True
    has_aux: bool = False
    holomorphic: bool = False
    allow_int: bool = False
    # the arguments whose contents after the call are the result, or "return"; None: what is returned
    outputs: tuple[Any, ...] | None = None
    bare_output: bool = True


@dataclass
class Derived:
    """A derivative as a graph, and how it is handed out.

    Attributes
    ----------
    block : Block
        What is computed, down to the leaves of the result.
    result : callable
        From the expressions of the leaves to the expression of the result.
    pullback : tuple or None
        Of the second function of `vjp`: its head, block and result, and the leaves of the cotangent.
    tangents : list
        The inputs that are tangents.
    tangent_names : list
        The parameters for them.
    """

    block: Block
    result: Callable[[list[ast.expr], Expressions], ast.expr]
    pullback: Any = None
    tangents: list[Input] = field(default_factory=list)
    tangent_names: list[str] = field(default_factory=list)


def derive(traced: Traced, wanted: Wanted) -> Derived:
    """The derivative of a traced function."""
    kinds = {"grad": _gradient, "value_and_grad": _gradient, "vjp": _vjp, "jvp": _jvp, "value": _value}
    return kinds[wanted.kind](traced, wanted)


def _independent(traced: Traced, wanted: Wanted) -> dict[Any, list[Value]]:
    """The leaves to differentiate by, for each argument asked for."""
    found: dict[Any, list[Value]] = {}
    for name in wanted.argnums:
        tree = argument_of(traced.arguments, name)
        values = [leaf for leaf in leaves(tree) if isinstance(leaf, Value) and is_differentiable(leaf.type)]
        if is_atom(tree) and not values and not wanted.allow_int:
            _refuse_integer(traced, argument_name(name), tree)
        found[name] = values
    return found


def _refuse_integer(traced: Traced, name: str, atom: Any) -> None:
    kind = str(atom.type) if isinstance(atom, Value) else type(atom.value).__name__
    raise ArgumentError(
        "AD203",
        f"{traced.name}: argument `{name}` is {'an integer' if 'int' in kind else f'of type {kind}'}, "
        "which has no derivative",
        _place_of_parameter(traced.loc, name),
        f"a float: write 2.0 instead of 2, or float({name}), or {name}.astype(float) for an array",
    )


def _place_of_parameter(loc: Loc | None, name: str) -> Loc | None:
    """Where a parameter stands in the line of a definition; the definition itself if in another line."""
    if loc is None:
        return None
    found = re.compile(rf"\b{re.escape(name)}\b(?!\s*\()").search(loc.text, loc.column)
    return loc if found is None else replace(loc, column=found.start(), end_column=found.end())


def _refuse_integers_that_count(traced: Traced, wanted: Wanted, primal: Block, output: Any) -> None:
    """Refuse an integer in a container to differentiate by if the result depends on its value."""
    if wanted.allow_int:
        return
    for name in wanted.argnums:
        tree = argument_of(traced.arguments, name)
        for leaf in [] if is_atom(tree) else leaves(tree):
            integer = isinstance(leaf, Value) and is_numeric(leaf.type) and not is_differentiable(leaf.type)
            if integer and output in varied_values(primal, [leaf]):
                _refuse_integer(traced, leaf.hint, leaf)


def _results(traced: Traced, wanted: Wanted) -> tuple[Any, Any]:
    """The result to differentiate, and the auxiliary one."""
    if wanted.outputs is not None:
        # what arguments hold is handed out as an array of its own, like what is computed
        with traced.builder.block() as ending:
            output = map_tree(traced.result, lambda leaf: _owned(traced.builder, leaf))
        traced.block.statements.extend(ending)
        return output, traced.returned if wanted.has_aux else None
    if not wanted.has_aux:
        return traced.result, None
    tree = traced.result
    if is_atom(tree) or tree.kind not in ("tuple", "namedtuple") or len(tree.parts) != 2:
        raise ArgumentError(
            "AD210",
            f"{traced.name}: with has_aux=True the function must return a pair",
            traced.loc,
            "`return output, aux`",
        )
    output, aux = tree.parts
    return output, aux


def finalize(builder: Builder, bar: Any, value: Value) -> Any:
    """A gradient as the user gets it: shape, dtype and kind of the argument, in memory of its own."""
    return _owned(builder, finished(builder, bar, value))


def _owned(builder: Builder, leaf: Any) -> Any:
    """An array in memory of its own; anything else is returned as it is."""
    return builder.apply(OWN, leaf) if isinstance(leaf, Value) and isinstance(leaf.type, Array) else leaf


def _gradient(traced: Traced, wanted: Wanted) -> Derived:
    output, aux = _results(traced, wanted)
    builder = traced.builder
    groups = _independent(traced, wanted)
    wrt = [v for values in groups.values() for v in values]
    seed, output = _seed(traced, builder, output, wanted)
    aux_leaves = [] if aux is None else leaves(aux)
    primal = Block(traced.block.params, traced.block.statements, (output, *aux_leaves))
    _refuse_integers_that_count(traced, wanted, primal, output)
    sweeps = reverse(builder, primal, targets(traced, wrt), (seed, *(None for _ in aux_leaves)))
    with builder.block() as ending, builder.at(None, adjoint=True):
        bars = _gradients(builder, distributed(traced, builder, wrt, sweeps.bars), wrt)
        images = dict(zip(wrt, bars, strict=True))

        def bar_of(leaf: Any) -> Any:
            return images[leaf] if leaf in images else inert(builder, leaf)

        trees = [map_tree(argument_of(traced.arguments, n), bar_of) for n in wanted.argnums]
    grads = trees[0] if wanted.bare else Node("tuple", (), tuple(trees))
    parts: list[Any] = []
    if wanted.kind == "value_and_grad":
        parts.append(output if aux is None else Node("tuple", (), (output, aux)))
    parts.append(grads)
    if wanted.kind == "grad" and aux is not None:
        parts.append(aux)
    tree = parts[0] if len(parts) == 1 else Node("tuple", (), tuple(parts))
    block = Block(traced.block.params, [*sweeps.forward, *sweeps.backward, *ending], tuple(leaves(tree)))

    def result(texts: list[ast.expr], x: Expressions) -> ast.expr:
        return tree_expression(tree, iter(texts), x)

    return Derived(block, result)


def _gradients(builder: Builder, bars: list[Any], wrt: list[Value]) -> list[Any]:
    """The gradients as the user gets them, named after what they belong to."""
    done = [finished(builder, b, v) for b, v in zip(bars, wrt, strict=True)]
    for bar, value in zip(done, wrt, strict=True):
        made = builder.definitions.get(bar) if isinstance(bar, Value) else None
        if made is not None and made.adjoint and made.primitive.pointwise:
            name_gradients([bar], [value])
    owned = [_owned(builder, bar) for bar in done]
    name_gradients(owned, wrt)
    return owned


def name_gradients(bars: list[Any], wrt: list[Value]) -> None:
    """Name the gradients after what they belong to, where they have no name yet."""
    for bar, value in zip(bars, wrt, strict=True):
        if isinstance(bar, Value) and not bar.named and value.hint:
            bar.hint, bar.named = f"{value.hint}_bar", True


def _seed(traced: Traced, builder: Builder, output: Any, wanted: Wanted) -> tuple[Any, Any]:
    """The adjoint of the result that a gradient starts from, and the result; checks that it is one number."""
    if not is_atom(output):
        _refuse_output(traced, "a container", "AD204")
    if isinstance(output, Literal):
        if not is_numeric(output.type) or isinstance(output.value, bool):
            _refuse_output(traced, repr(output.value), "AD204")
        return Literal(1.0), output
    t = output.type
    if isinstance(t, (ListOf,)) or t == OPAQUE:
        _refuse_output(traced, "a list" if isinstance(t, ListOf) else "no number", "AD204")
    dtype = t.dtype if isinstance(t, (Scalar, Array)) else None
    if dtype == "bool":
        _refuse_output(traced, "a truth value", "AD204")
    if dtype is not None and dtype.startswith("complex") and not wanted.holomorphic:
        raise ArgumentError("AD205", f"{traced.name} returns a complex number", traced.loc,
                            "a real result, e.g. abs(z) ** 2; or holomorphic=True")  # fmt: skip
    shape = shape_of(t)
    if shape == ():
        return Literal(1.0), output
    if shape is not None and all(n == 1 for n in shape):
        with builder.block() as seeding:
            seed = builder.expand("np.ones_like(x)", x=output)
        traced.block.statements.extend(seeding)
        return seed, output
    if shape is not None and any(
        n != 1 and (isinstance(n, int) or (n is not None and n.many)) for n in shape
    ):
        _refuse_output(traced, _array_text(shape), "AD204")
    with builder.block() as checking:
        checked = builder.expand("one_number(x)", x=output)
        seed = builder.expand("np.ones_like(x)", x=checked)
    traced.block.statements.extend(checking)
    return seed, checked


def _array_text(shape: tuple[Any, ...]) -> str:
    if all(isinstance(n, int) for n in shape):
        return f"an array of shape {shape}"
    return f"an array with {len(shape)} {'axis' if len(shape) == 1 else 'axes'}"


def _refuse_output(traced: Traced, what: str, code: str) -> None:
    raise ArgumentError(
        code,
        f"{traced.name} returns {what}, and a gradient needs one number",
        traced.loc,
        "a function that returns one number; for several outputs use jacobian, or vjp with a cotangent",
    )


def _vjp(traced: Traced, wanted: Wanted) -> Derived:
    output, aux = _results(traced, wanted)
    builder = traced.builder
    groups = _independent(traced, wanted)
    wrt = [v for values in groups.values() for v in values]
    out_leaves = leaves(output)
    seeds, paths = _cotangents(output)
    aux_leaves = [] if aux is None else leaves(aux)
    primal = Block(traced.block.params, traced.block.statements, (*out_leaves, *aux_leaves))
    sweeps = reverse(builder, primal, targets(traced, wrt), (*seeds, *(None for _ in aux_leaves)))
    with builder.block() as ending, builder.at(None, adjoint=True):
        bars = _gradients(builder, distributed(traced, builder, wrt, sweeps.bars), wrt)
        images = dict(zip(wrt, bars, strict=True))

        def bar_of(leaf: Any) -> Any:
            return images[leaf] if leaf in images else inert(builder, leaf)

        trees = [map_tree(argument_of(traced.arguments, n), bar_of) for n in wanted.argnums]
    grads = Node("tuple", (), tuple(trees))
    given = [s for s in seeds if s is not None]
    inner = Block(tuple(given), [*sweeps.backward, *ending], tuple(leaves(grads)))
    tree = output if aux is None else Node("tuple", (), (output, aux))
    block = Block(traced.block.params, sweeps.forward, tuple(leaves(tree)))
    if is_atom(output) and given:
        given[0].hint = "out_bar"

    def result(texts: list[ast.expr], x: Expressions) -> ast.expr:
        value = tree_expression(tree, iter(texts), x)
        parts = value.elts if aux is not None and isinstance(value, ast.Tuple) else [value]
        return ast.Tuple([parts[0], ast.Name(x.namespace.pullback, ast.Load()), *parts[1:]], ast.Load())

    def inner_result(texts: list[ast.expr], x: Expressions) -> ast.expr:
        return tree_expression(grads, iter(texts), x)

    return Derived(block, result, pullback=("pullback(out_bar)", inner, inner_result, paths))


def _cotangents(output: Any) -> tuple[list[Any], list[tuple[Value, str]]]:
    """A seed for every differentiable leaf of the result, and how it is reached in the cotangent."""
    seeds: list[Any] = []
    paths: list[tuple[Value, str]] = []

    def visit(tree: Any, text: str) -> None:
        if is_atom(tree):
            if isinstance(tree, Value) and is_differentiable(tree.type):
                hint = "out_bar" if text == "out_bar" else f"out_{len(seeds)}_bar"
                seed = Value(adjoint_type(tree.type), hint, True)
                seeds.append(seed)
                paths.append((seed, text))
            else:
                seeds.append(None)
            return
        for k, part in enumerate(tree.parts):
            if tree.kind == "dict":
                visit(part, f"{text}[{tree.keys[k]!r}]")
            elif tree.kind == "object":
                visit(part, f"{text}.{tree.keys[k]}")
            elif tree.kind == "zip":
                visit(part, f"[item[{k}] for item in {text}]")
            else:
                visit(part, f"{text}[{k}]")

    visit(output, "out_bar")
    return seeds, paths


def _jvp(traced: Traced, wanted: Wanted) -> Derived:
    output, aux = _results(traced, wanted)
    builder = traced.builder
    inputs: Inputs = traced.parser.inputs
    by_value = {i.value: i for i in inputs.found}
    wrt: list[Value] = []
    tangents: list[Input] = []
    for name in wanted.argnums:
        for leaf in leaves(argument_of(traced.arguments, name)):
            if isinstance(leaf, Value) and is_differentiable(leaf.type) and leaf in by_value:
                item = by_value[leaf]
                dot = Value(leaf.type, f"{leaf.hint}_dot", True)
                wrt.append(leaf)
                root = tangent_name(str(item.root), traced.names)
                tangents.append(Input(dot, root, (("arg", root), *item.path[1:])))
    out_leaves = leaves(output)
    aux_leaves = [] if aux is None else leaves(aux)
    primal = Block(traced.block.params, traced.block.statements, (*out_leaves, *aux_leaves))
    with builder.block() as joining:
        given = joined(traced, builder, wrt, [t.value for t in tangents])
    statements, dots = forward(builder, primal, targets(traced, wrt), given)
    with builder.block() as ending, builder.at(None, adjoint=True):
        supply = iter(dots)
        tangent_tree = map_tree(output, lambda leaf: _tangent_leaf(builder, leaf, next(supply)))
    parts = (output, tangent_tree) if aux is None else (output, tangent_tree, aux)
    tree = Node("tuple", (), parts)
    block = Block(traced.block.params, [*joining, *statements, *ending], tuple(leaves(tree)))

    def result(texts: list[ast.expr], x: Expressions) -> ast.expr:
        return tree_expression(tree, iter(texts), x)

    roots = [n[0] if isinstance(n, tuple) else n for n in wanted.argnums]
    names = dict.fromkeys(tangent_name(root, traced.names) for root in roots)
    return Derived(block, result, tangents=tangents, tangent_names=list(names))


def _tangent_leaf(builder: Builder, leaf: Any, dot: Any) -> Any:
    if isinstance(leaf, Value) and is_differentiable(leaf.type):
        return finalize(builder, dot, leaf)
    return inert(builder, leaf)


def _value(traced: Traced, wanted: Wanted) -> Derived:
    """The function itself, which computes derivatives: like them, its arrays are in memory of their own."""
    builder = traced.builder
    with builder.block() as ending:
        tree = map_tree(traced.result, lambda leaf: _owned(builder, leaf))
    block = Block(traced.block.params, [*traced.block.statements, *ending], tuple(leaves(tree)))

    def result(texts: list[ast.expr], x: Expressions) -> ast.expr:
        return tree_expression(tree, iter(texts), x)

    return Derived(block, result)
