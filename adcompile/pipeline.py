"""The passes in order, from a Python callable to the text of a derivative.

    trace      callable + example arguments → graph                      (frontend)
    derive     graph → graph: reverse (joint or split), forward          (passes.reverse, passes.forward)
    simplify   graph → graph                                             (passes.simplify)
    emit       graph → text                                              (backend.emit)

In: a callable, its bound arguments and what derivative is wanted. Out: a `Program`. Not for caches and
calling conventions: those are `api` and `backend`.
"""

from __future__ import annotations

import ast
import inspect
import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .backend.emit import Emitter, Interface
from .backend.expressions import Expressions, Namespace
from .backend.modules import module_text
from .errors import ArgumentError, Loc
from .frontend.inputs import MISSING, Inputs, NeedStatic
from .frontend.interpreter import Interpreter
from .frontend.parse import DeadPath, Frame, Parser
from .frontend.source import get_source
from .frontend.values import DictCell, GrownCell, ListCell, ObjectCell, Ref, State, TupleVal, is_atom
from .ir.build import Builder
from .ir.nodes import Block, Function, Literal, Value, clone_block
from .ir.types import (
    OPAQUE,
    Array,
    ListOf,
    Scalar,
    Unknown,
    is_differentiable,
    is_numeric,
    shape_of,
)
from .ir.verify import verify
from .live import path_key
from .passes.activity import varied_values
from .passes.cotangents import adjoint_type, full
from .passes.forward import forward
from .passes.reverse import reverse
from .passes.simplify import share, simplify
from .rules import tables  # noqa: F401  (enters all rows)
from .rules.indexing import OWN
from .saved import docstring

debug = False


@dataclass(frozen=True)
class Wanted:
    """What to derive: `kind` is "grad", "value_and_grad", "vjp", "jvp" or "value"."""

    kind: str
    argnums: tuple[Any, ...]
    bare: bool = True
    has_aux: bool = False
    holomorphic: bool = False
    allow_int: bool = False


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


def argument_tree(arguments: Mapping[str, Any], argnum: Any) -> Any:
    """What an argnum stands for: a parameter, or one item of the variable positional ones."""
    if isinstance(argnum, tuple):
        return arguments[argnum[0]].parts[argnum[1]]
    return arguments[argnum]


def argument_name(argnum: Any) -> str:
    """An argnum as error texts have it."""
    return f"{argnum[0]}[{argnum[1]}]" if isinstance(argnum, tuple) else argnum


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
    state: State
    loc: Loc | None
    name: str


def trace(target: Any, signature: inspect.Signature, bound: Mapping[str, Any], inputs: Inputs) -> Traced:
    """Parse a callable for bound arguments."""
    builder = Builder()
    p = Interpreter(builder, inputs)
    p.frame = Frame(_NoSource(), frozenset())  # type: ignore[arg-type]
    node: Any = ast.Pass()
    arguments: dict[str, Any] = {}
    args: list[Any] = []
    keywords: dict[str, Any] = {}
    for name, parameter in signature.parameters.items():
        value = bound.get(name, MISSING)
        if parameter.kind is parameter.VAR_POSITIONAL:
            given = () if value is MISSING else value
            items = tuple(
                inputs.argument(p, name, v, (("arg", name), ("item", k)), f"{name}_{k}")
                for k, v in enumerate(given)
            )
            arguments[name] = TupleVal(items)
            args += items
        elif parameter.kind is parameter.VAR_KEYWORD:
            named = {} if value is MISSING else value
            found = {
                k: inputs.argument(p, name, v, (("arg", name), ("item", k)), k) for k, v in named.items()
            }
            arguments[name] = p.new(DictCell(tuple(found), tuple(found.values())))
            keywords.update(found)
        else:
            arguments[name] = inputs.argument(p, name, value)
            if parameter.kind is parameter.KEYWORD_ONLY:
                keywords[name] = arguments[name]
            else:
                args.append(arguments[name])
    start = p.state.copy()
    callee = inputs.wrap_static(p, target)
    try:
        with builder.block() as statements:
            result = p.call(callee, args, keywords, node)
    except DeadPath:
        name = getattr(target, "__name__", None) or type(target).__name__
        message = f"{name} raises an exception on every path"
        raise NeverReturns(
            "AD204", message, definition(target), "a function that returns one number"
        ) from None
    params = tuple(i.value for i in inputs.found)
    final = State({}, {**start.heap, **p.state.heap})
    block = Block(params, statements, ())
    # optimise before differentiating: what is one value has one adjoint
    images: dict[Value, Any] = {}
    share(block, images, {})
    output = map_tree(_snapshot(final, result), lambda leaf: images.get(leaf, leaf))
    name = getattr(target, "__name__", None) or type(target).__name__
    initial = {k: _snapshot(start, v) for k, v in arguments.items()}
    return Traced(builder, p, block, initial, output, final, definition(target), name)


class NeverReturns(ArgumentError):
    """The function raises whatever its arguments are; a call of it tells what."""


def definition(target: Any) -> Loc | None:
    """Where a callable is defined."""
    function = getattr(target, "__func__", target)
    if not isinstance(function, types.FunctionType):
        return None
    source = get_source(function)
    return source.loc(source.node)


@dataclass(frozen=True)
class Node:
    """A container of a result or argument, taken out of the heap: `kind` and parts."""

    kind: str
    keys: tuple[Any, ...]
    parts: tuple[Any, ...]
    cls: Any = None


def _snapshot(state: State, value: Any) -> Any:
    """An abstract value as a tree of `Node`s and atoms."""
    if is_atom(value):
        return value
    if isinstance(value, TupleVal):
        kind = "tuple" if value.cls is tuple else "namedtuple"
        return Node(kind, (), tuple(_snapshot(state, v) for v in value.items), value.cls)
    if isinstance(value, Ref):
        cell = state.heap[value.id]
        if isinstance(cell, ListCell):
            return Node("list", (), tuple(_snapshot(state, v) for v in cell.items))
        if isinstance(cell, DictCell):
            return Node("dict", cell.keys, tuple(_snapshot(state, v) for v in cell.items), cell.cls)
        if isinstance(cell, ObjectCell):
            return Node("object", cell.keys, tuple(_snapshot(state, v) for v in cell.items), cell.cls)
        if isinstance(cell, GrownCell):
            if len(cell.items) == 1 and is_atom(cell.pattern):
                return cell.items[0]
            if cell.pattern is None:
                return Node("list", (), ())
            return Node("zip", (), cell.items, cell.pattern)
    return Node("opaque", (), (), value)


def leaves(tree: Any) -> list[Any]:
    """The atoms of a tree, in order."""
    if is_atom(tree):
        return [tree]
    return [leaf for part in tree.parts for leaf in leaves(part)]


def map_tree(tree: Any, function: Any) -> Any:
    """A tree of the same structure, with `function` applied to its atoms."""
    if is_atom(tree):
        return function(tree)
    return Node(tree.kind, tree.keys, tuple(map_tree(part, function) for part in tree.parts), tree.cls)


def tree_expression(tree: Any, supply: Any, x: Expressions) -> ast.expr:
    """The expression that builds a tree from the expressions of its leaves."""
    if is_atom(tree):
        found: ast.expr = next(supply)
        return found
    parts = [tree_expression(part, supply, x) for part in tree.parts]
    if tree.kind == "tuple":
        return ast.Tuple(parts, ast.Load())
    if tree.kind == "list":
        return ast.List(parts, ast.Load())
    if tree.kind == "dict":
        built = ast.Dict([x.constant(k) for k in tree.keys], parts)
        return built if tree.cls is dict else ast.Call(x.constant(tree.cls), [built], [])
    if tree.kind == "namedtuple":
        return ast.Call(x.namespace.refer(tree.cls, tree.cls.__name__), parts, [])
    if tree.kind == "object":
        from .rules.rule import HELPERS

        x.namespace.helpers["rebuilt"] = HELPERS["rebuilt"]
        keywords = [ast.keyword(k, v) for k, v in zip(tree.keys, parts, strict=True)]
        return ast.Call(
            ast.Name("rebuilt", ast.Load()), [x.namespace.refer(tree.cls, tree.cls.__name__)], keywords
        )
    if tree.kind == "zip":
        zipped = ast.Call(ast.Name("zip", ast.Load()), parts, [])
        return ast.Call(ast.Name("list", ast.Load()), [zipped], [])
    raise ArgumentError(
        "AD210",
        "the function returns an object that cannot be handed out of a derivative",
        None,
        "numbers, arrays and containers of them",
    )


def compile_program(
    target: Any, signature: inspect.Signature, bound: Mapping[str, Any], wanted: Wanted
) -> Program:
    """Run all passes; integers that decide about structure are fixed one after the other."""
    static: set[Any] = set()
    while True:
        inputs = Inputs(static=set(static))
        try:
            return _compile(target, signature, bound, wanted, inputs)
        except NeedStatic as need:
            key = path_key(need.path)
            if key in static:
                raise AssertionError("an integer was fixed twice") from None
            static.add(key)


def _compile(
    target: Any, signature: inspect.Signature, bound: Mapping[str, Any], wanted: Wanted, inputs: Inputs
) -> Program:
    traced = trace(target, signature, bound, inputs)
    derive = {"grad": _gradient, "value_and_grad": _gradient, "vjp": _vjp, "jvp": _jvp, "value": _value}[
        wanted.kind
    ]
    primal = _primal(traced)
    program = derive(traced, signature, wanted)
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


def _finish(
    traced: Traced,
    signature: inspect.Signature,
    wanted: Wanted,
    block: Block,
    result: Any,
    extra: dict[str, Any],
) -> Program:
    """Simplify and emit."""
    inputs = traced.parser.inputs
    block.params = tuple(
        dict.fromkeys([*block.params, *(i.value for i in inputs.found), *extra.get("params", ())])
    )
    pullback = extra.get("pullback")
    _check(block)
    if pullback is None:
        simplify(block)
    else:
        _simplify_split(block, pullback[1])
    _check(block)
    suffix = {
        "grad": "grad",
        "value_and_grad": "value_and_grad",
        "vjp": "vjp",
        "jvp": "jvp",
        "value": "value",
    }[wanted.kind]
    name = "".join(c if c.isalnum() or c == "_" else "_" for c in traced.name).strip("_") or "f"
    function = Function(f"{name}_{suffix}", block, traced.loc)
    namespace = Namespace()
    interface = _interface(traced, signature, wanted, block, result, extra, namespace)
    emitter = Emitter(namespace, commenting=wanted.kind != "jvp")
    emitter.function(function, interface)
    body = list(emitter.lines)
    done: set[Any] = set()
    helpers: list[list[str]] = []
    while emitter.called and any(f not in done for f in emitter.called):
        for called in [f for f in emitter.called if f not in done]:
            done.add(called)
            emitter.lines = []
            assert called.body is not None
            simplify(called.body)
            emitter.helper_function(called)
            helpers.append(emitter.lines)
    text = module_text(namespace, [*helpers, body])
    captured = [(emitter_name, i.path) for emitter_name, i in interface_captures(traced, block)]
    return Program(function.name, text, namespace.objects, inputs, captured, function, block,
                   {"wanted": wanted, "pullback": pullback and pullback[1]})  # fmt: skip


def _check(block: Block) -> None:
    if debug:
        verify(block)


def _simplify_split(block: Block, inner: Block) -> None:
    """Simplify two sweeps of which the second reads values of the first."""
    joined = Block(block.params, [*block.statements], block.yields)
    from .ir.nodes import free_values
    from .passes.simplify import remove_dead, share

    mapping: dict[Value, Any] = {}
    known: dict[Any, Any] = {}
    share(joined, mapping, known)
    share(inner, mapping, dict(known))
    remove_dead(inner)
    count = len(joined.yields)
    joined.yields = (*joined.yields, *free_values(inner))
    remove_dead(joined)
    block.statements, block.yields = joined.statements, joined.yields[:count]


def interface_captures(traced: Traced, block: Block) -> list[tuple[str, Any]]:
    """The captured inputs that the text needs, with their parameter names."""
    from .backend.order import count_uses

    used = set(count_uses(block)) | set(traced.parser.inputs_used)  # type: ignore[attr-defined]
    found = []
    names: set[str] = set(traced.arguments)
    for item in traced.parser.inputs.found:
        if item.root is None and item.value in used:
            base = item.value.hint or "captured"
            name, n = base, 1
            while name in names:
                n += 1
                name = f"{base}_{n}"
            names.add(name)
            item.value.hint = name
            found.append((name, item))
    return found


def _interface(
    traced: Traced,
    signature: inspect.Signature,
    wanted: Wanted,
    block: Block,
    result: Any,
    extra: dict[str, Any],
    namespace: Namespace,
) -> Interface:
    pullback = extra.get("pullback")
    traced.parser.inputs_used = []  # type: ignore[attr-defined]
    if pullback is not None:
        from .ir.nodes import free_values

        traced.parser.inputs_used = list(free_values(pullback[1]))  # type: ignore[attr-defined]
    captures = interface_captures(traced, block)
    direct: list[Value] = []
    unpack: list[tuple[Value, str]] = []
    for item in [*traced.parser.inputs.found, *extra.get("tangents", ())]:
        if item.root is None:
            continue
        if len(item.path) == 1:
            item.value.hint = item.root
            direct.append(item.value)
        else:
            unpack.append((item.value, access(item.root, item.path[1:])))
    direct += [item.value for _, item in captures]
    text = _signature_text(signature, namespace, [n for n, _ in captures], extra.get("extra_names", []))
    return Interface(
        signature=text,
        parameters=tuple(direct),
        unpack=unpack,
        result=result,
        doc=docstring(
            _doc(traced, wanted), wanted.kind, [block] if pullback is None else [block, pullback[1]]
        ),
        pullback=pullback,
        reserved=tuple({*signature.parameters, *extra.get("extra_names", ())} - {v.hint for v in direct}),
    )


def access(root: str, path: Sequence[tuple[str, Any]]) -> str:
    """The expression that reaches a path from a root."""
    return root + "".join(f".{k}" if kind == "attr" else f"[{k!r}]" for kind, k in path)


def _signature_text(
    signature: inspect.Signature, namespace: Namespace, captures: list[str], extra: list[str]
) -> str:
    """The parameters of the emitted function: those of the primal, then tangents and captured values."""
    parts: list[str] = []
    kinds = [q.kind for q in signature.parameters.values()]
    star = False
    plain = all(
        q.kind is q.POSITIONAL_OR_KEYWORD and q.default is q.empty for q in signature.parameters.values()
    )
    for k, (name, q) in enumerate(signature.parameters.items()):
        if q.kind is q.KEYWORD_ONLY and not star:
            parts.append("*")
            star = True
        prefix = "*" if q.kind is q.VAR_POSITIONAL else "**" if q.kind is q.VAR_KEYWORD else ""
        star |= q.kind is q.VAR_POSITIONAL
        default = "" if q.default is q.empty else f"={_default_text(q.default, name, namespace)}"
        parts.append(f"{prefix}{name}{default}")
        if q.kind is q.POSITIONAL_ONLY and (k + 1 == len(kinds) or kinds[k + 1] is not q.POSITIONAL_ONLY):
            parts.append("/")
    if plain:
        parts += extra
        extra = []
    after = extra + captures
    if after:
        at = len(parts) - 1 if parts and parts[-1].startswith("**") else len(parts)
        parts[at:at] = ([] if star else ["*"]) + after
    return ", ".join(parts)


def _default_text(default: Any, name: str, namespace: Namespace) -> str:
    if type(default) in (int, bool, str, type(None)) or (
        type(default) is float and default == default and abs(default) < 1e300
    ):
        return repr(default)
    node = namespace.refer(default, f"default_{name}")
    return node.id  # type: ignore[attr-defined, no-any-return]


_TITLES = {
    "grad": "Gradient of {f}",
    "value_and_grad": "Value and gradient of {f}",
    "vjp": "Value of {f} and its pullback",
    "jvp": "Value of {f} and its tangent",
    "value": "Value of {f}",
}


def _doc(traced: Traced, wanted: Wanted) -> str:
    where = f" ({traced.loc.short()})" if traced.loc is not None and traced.loc.text else ""
    head = _TITLES[wanted.kind].format(f=traced.name) + where
    if wanted.kind == "value":
        return f"{head}."
    return head + f" with respect to {', '.join(map(argument_name, wanted.argnums))}."


# -- the derivatives -----------------------------------------------------------------------------------------


def _independent(traced: Traced, wanted: Wanted) -> dict[Any, list[Value]]:
    """The leaves to differentiate by, for each argument asked for."""
    found: dict[Any, list[Value]] = {}
    for name in wanted.argnums:
        tree = argument_tree(traced.arguments, name)
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
        tree = argument_tree(traced.arguments, name)
        for leaf in [] if is_atom(tree) else leaves(tree):
            integer = isinstance(leaf, Value) and is_numeric(leaf.type) and not is_differentiable(leaf.type)
            if integer and output in varied_values(primal, [leaf]):
                _refuse_integer(traced, leaf.hint, leaf)


def _split_aux(traced: Traced, wanted: Wanted) -> tuple[Any, Any]:
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
    t = value.type
    if bar is None:
        if isinstance(t, Scalar) and t.origin == "py":
            return Literal(0j if t.dtype.startswith("complex") else 0.0)
        return (
            builder.expand("np.zeros_like(x)", x=value)
            if isinstance(t, (Array, Scalar))
            else builder.expand("zeros_of(x)", x=value)
        )
    bar = full(builder, bar, value)
    if isinstance(t, (Unknown, ListOf)) or (isinstance(t, Array) and (t.shape is None or t.dtype is None)):
        return builder.expand("like(c, x)", c=bar, x=value)
    have = bar.type
    if isinstance(t, Scalar):
        if have == Scalar(t.dtype, t.origin):
            return bar
        if t.origin == "py":
            return builder.expand("complex(x)" if t.dtype.startswith("complex") else "float(x)", x=bar)
        return builder.expand("like(c, x)", c=bar, x=value)
    assert isinstance(t, Array)
    if isinstance(bar, Literal) or (isinstance(have, Scalar) and t.shape != ()):
        return builder.expand("np.full_like(x, c)", x=value, c=bar)
    if isinstance(have, Array) and have.dtype == t.dtype and shape_of(have) != ():
        return builder.apply(OWN, bar)
    return builder.expand("like(c, x)", c=bar, x=value)


def _gradient(traced: Traced, signature: inspect.Signature, wanted: Wanted) -> Program:
    output, aux = _split_aux(traced, wanted)
    builder = traced.builder
    groups = _independent(traced, wanted)
    wrt = [v for values in groups.values() for v in values]
    seed, output = _seed(traced, builder, output, wanted)
    aux_leaves = [] if aux is None else leaves(aux)
    primal = Block(traced.block.params, traced.block.statements, (output, *aux_leaves))
    _refuse_integers_that_count(traced, wanted, primal, output)
    sweeps = reverse(builder, primal, wrt, (seed, *(None for _ in aux_leaves)))
    with builder.block() as ending, builder.at(None, adjoint=True):
        bars = [finalize(builder, b, v) for b, v in zip(sweeps.bars, wrt, strict=True)]
        name_gradients(bars, wrt)
        images = dict(zip(wrt, bars, strict=True))
        trees = [
            map_tree(argument_tree(traced.arguments, n), lambda leaf: images.get(leaf, _placeholder(leaf)))
            for n in wanted.argnums
        ]
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

    return _finish(traced, signature, wanted, block, result, {})


def name_gradients(bars: list[Any], wrt: list[Value]) -> None:
    """Name the gradients after what they belong to, where they have no name yet."""
    for bar, value in zip(bars, wrt, strict=True):
        if isinstance(bar, Value) and not bar.named and value.hint:
            bar.hint, bar.named = f"{value.hint}_bar", True


def _placeholder(leaf: Any) -> Any:
    """The gradient of a leaf that has none: zero for an integer, the thing itself for anything else."""
    if isinstance(leaf, Value) and isinstance(leaf.type, Scalar):
        return Literal(0)
    return leaf


def _seed(traced: Traced, builder: Builder, output: Any, wanted: Wanted) -> tuple[Any, Any]:
    """The adjoint of the result that a gradient starts from, and the result; checks that it is one number."""
    if not is_atom(output):
        _refuse_output(traced, "a container", "AD204")
    if isinstance(output, Literal):
        if not is_numeric(output.type):
            _refuse_output(traced, repr(output.value), "AD204")
        return Literal(1.0), output
    t = output.type
    if isinstance(t, (ListOf,)) or t == OPAQUE:
        _refuse_output(traced, "a list" if isinstance(t, ListOf) else "no number", "AD204")
    dtype = t.dtype if isinstance(t, (Scalar, Array)) else None
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


def _vjp(traced: Traced, signature: inspect.Signature, wanted: Wanted) -> Program:
    output, aux = _split_aux(traced, wanted)
    builder = traced.builder
    groups = _independent(traced, wanted)
    wrt = [v for values in groups.values() for v in values]
    out_leaves = leaves(output)
    seeds, paths = _cotangents(output)
    aux_leaves = [] if aux is None else leaves(aux)
    primal = Block(traced.block.params, traced.block.statements, (*out_leaves, *aux_leaves))
    sweeps = reverse(builder, primal, wrt, (*seeds, *(None for _ in aux_leaves)))
    with builder.block() as ending, builder.at(None, adjoint=True):
        bars = [finalize(builder, b, v) for b, v in zip(sweeps.bars, wrt, strict=True)]
        name_gradients(bars, wrt)
        images = dict(zip(wrt, bars, strict=True))
        trees = [
            map_tree(argument_tree(traced.arguments, n), lambda leaf: images.get(leaf, _placeholder(leaf)))
            for n in wanted.argnums
        ]
    grads = Node("tuple", (), tuple(trees))
    given = [s for s in seeds if s is not None]
    inner = Block(tuple(given), [*sweeps.backward, *ending], tuple(leaves(grads)))
    tree = output if aux is None else Node("tuple", (), (output, aux))
    block = Block(traced.block.params, sweeps.forward, tuple(leaves(tree)))
    single = is_atom(output)
    if single and given:
        given[0].hint = "out_bar"
        signature_text = "pullback(out_bar)"
    else:
        signature_text = "pullback(out_bar)"

    def result(texts: list[ast.expr], x: Expressions) -> ast.expr:
        value = tree_expression(tree, iter(texts), x)
        parts = value.elts if aux is not None and isinstance(value, ast.Tuple) else [value]
        return ast.Tuple([parts[0], ast.Name("pullback", ast.Load()), *parts[1:]], ast.Load())

    def inner_result(texts: list[ast.expr], x: Expressions) -> ast.expr:
        return tree_expression(grads, iter(texts), x)

    extra = {"pullback": (signature_text, inner, inner_result, paths)}
    return _finish(traced, signature, wanted, block, result, extra)


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


def _jvp(traced: Traced, signature: inspect.Signature, wanted: Wanted) -> Program:
    from .frontend.inputs import Input

    output, aux = _split_aux(traced, wanted)
    builder = traced.builder
    inputs: Inputs = traced.parser.inputs
    by_value = {i.value: i for i in inputs.found}
    wrt: list[Value] = []
    tangents: list[Input] = []
    for name in wanted.argnums:
        for leaf in leaves(argument_tree(traced.arguments, name)):
            if isinstance(leaf, Value) and is_differentiable(leaf.type) and leaf in by_value:
                item = by_value[leaf]
                dot = Value(leaf.type, f"{leaf.hint}_dot", True)
                wrt.append(leaf)
                root = f"{item.root}_dot"
                tangents.append(Input(dot, root, (("arg", root), *item.path[1:])))
    out_leaves = leaves(output)
    aux_leaves = [] if aux is None else leaves(aux)
    primal = Block(traced.block.params, traced.block.statements, (*out_leaves, *aux_leaves))
    statements, dots = forward(builder, primal, wrt, [t.value for t in tangents])
    with builder.block() as ending, builder.at(None, adjoint=True):
        supply = iter(dots)
        tangent_tree = map_tree(output, lambda leaf: _tangent_leaf(builder, leaf, next(supply)))
    parts = (output, tangent_tree) if aux is None else (output, tangent_tree, aux)
    tree = Node("tuple", (), parts)
    block = Block(traced.block.params, [*statements, *ending], tuple(leaves(tree)))

    def result(texts: list[ast.expr], x: Expressions) -> ast.expr:
        return tree_expression(tree, iter(texts), x)

    extra = {
        "params": tuple(t.value for t in tangents),
        "tangents": tangents,
        "extra_names": list(
            dict.fromkeys(f"{n[0] if isinstance(n, tuple) else n}_dot" for n in wanted.argnums)
        ),
    }
    return _finish(traced, signature, wanted, block, result, extra)


def _tangent_leaf(builder: Builder, leaf: Any, dot: Any) -> Any:
    if isinstance(leaf, Value) and is_differentiable(leaf.type):
        if dot is not None and isinstance(leaf.type, Scalar) and leaf.type.origin == "py":
            have = dot.type
            if have == Scalar(leaf.type.dtype):
                return dot
            return builder.expand(
                "complex(x)" if leaf.type.dtype.startswith("complex") else "float(x)", x=dot
            )
        return finalize(builder, dot, leaf)
    if isinstance(leaf, Literal) and isinstance(leaf.value, (float, complex)):
        return Literal(0.0)
    return _placeholder(leaf)


def _value(traced: Traced, signature: inspect.Signature, wanted: Wanted) -> Program:
    tree = traced.result
    block = Block(traced.block.params, traced.block.statements, tuple(leaves(tree)))

    def result(texts: list[ast.expr], x: Expressions) -> ast.expr:
        return tree_expression(tree, iter(texts), x)

    return _finish(traced, signature, wanted, block, result, {})
