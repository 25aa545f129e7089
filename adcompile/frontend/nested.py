"""Derivatives taken inside a function that is being differentiated: `ad.grad(f)(x)` as part of a model.

In: a call of one of adcompile's own entry points on abstract arguments. Out: the abstract result, with the
statements of the derivative spliced into the graph, where they are statements like any other. Since
differentiation happens on the graph, inner and outer derivatives cannot be confused. Not for the entry points
themselves (`objects`).
"""

from __future__ import annotations

import ast
import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..ir.nodes import Block, Literal, Stmt, Value, blocks_of, clone_stmt, free_values, map_arg
from ..ir.types import FLOAT, Array, dtype_of, is_differentiable, is_many, is_numeric, same_size, shape_of
from ..passes.cotangents import adjoint_type, finished, inert
from ..passes.forward import forward
from ..passes.reverse import reverse
from ..rules.indexing import OWN
from ..rules.python import STOP
from ..rules.typing import typ
from ..transforms import DERIVED, view
from .cells import cell_of, demand_static
from .checkpoint import call_checkpointed, checkpointed_range
from .inputs import expand_captured, expand_object
from .iterate import fixed_items
from .memory import is_array
from .merge import parts_of, rebuild
from .parse import Parser
from .twins import twins
from .values import BoundMethod, Closure, Ref, Transformed, TupleVal, is_atom

_OPTIONS = ("argnums", "argnum", "has_aux", "holomorphic", "allow_int", "outputs")


def transform(p: Parser, name: str, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    """A call of an entry point: `ad.grad(f, argnums=1)`, `ad.jvp(f, primals, tangents)`."""
    if name == "stop_gradient":
        return _map_leaves(
            p, args[0], lambda leaf: p.builder.apply(STOP, leaf) if isinstance(leaf, Value) else leaf
        )
    if name == "checkpointed":
        return checkpointed_range(p, args, keywords, node)
    if name in ("jvp", "vjp"):
        return _immediate(p, name, args, keywords, node)
    if name == "linearize" and args and keywords.keys() <= {"outputs"}:
        return _linearize(p, args[0], args[1:], _static_outputs(p, keywords, node), node)
    if not args:
        p.no_derivative("AD210", f"`{name}` without a function", node, f"adcompile.{name}(f)")
    options = [(k, _static(p, v, node)) for k, v in keywords.items()]
    if len(args) > 1:
        options.append(("n" if name == "derivative" else "argnums", _static(p, args[1], node)))
    for key, _ in options:
        if key not in (("n",) if name == "derivative" else _OPTIONS):
            p.no_derivative(
                "AD202", f"`{name}` with `{key}=` inside a differentiated function", node, ", ".join(_OPTIONS)
            )
    return Transformed(name, args[0], tuple(options))


def _static(p: Parser, value: Any, node: ast.AST) -> Any:
    value = expand_captured(p, value, node)
    if isinstance(value, TupleVal):
        return tuple(_static(p, v, node) for v in value.items)
    if isinstance(value, Ref):
        return tuple(_static(p, v, node) for v in cell_of(p, value, node).items)
    demand_static(p, value)
    if not isinstance(value, Literal):
        p.no_derivative("AD209", "an option of a derivative is known at run time only", node, "a constant")
    return value.value


def derivative_call(p: Parser, obj: Any, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    """A call of a derivative object, None for any other object."""
    found = view(obj)
    if found is None:
        return None
    kind, primal, options = found
    return call_transformed(
        p, Transformed(kind, p.inputs.wrap_static(p, primal), options), args, keywords, node
    )


def call_transformed(
    p: Parser, function: Transformed, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    """A call of what an entry point returned."""
    if function.kind in ("grad", "value_and_grad"):
        return _gradient(p, function, args, keywords, node)
    if function.kind == "checkpoint":
        return call_checkpointed(p, function.function, args, keywords, node)
    if function.kind == "pullback":
        return _pull_back(p, function, args, node)
    if function.kind == "linear":
        return _push(p, dict(function.options)["pushed"], args, node)[1]
    made = DERIVED[function.kind]
    options = dict(function.options)
    if "argnum" in options:
        options["argnums"] = options.pop("argnum")
    if options.get("outputs") is not None:
        outputs = options["outputs"]
        if not isinstance(outputs, (int, str)):
            p.no_derivative("AD202", f"`{function.kind}` of several outputs inside a differentiated function",
                            node, "one of the outputs, as a name")  # fmt: skip
        options["outputs"] = _places(p, function.function, (outputs,), args, keywords, node, "outputs")[0]
    implementation = made(**options)
    return p.call(Literal(implementation), [function.function, *args], keywords, node)


@dataclass(frozen=True)
class _Kept:
    """A container as it was: what a function does to its argument is not done to its gradient."""

    cell: Any


def _kept(p: Parser, value: Any) -> Any:
    if isinstance(value, Ref):
        return _Kept(_kept(p, p.state.heap[value.id]))
    parts = () if is_atom(value) else parts_of(value)
    return rebuild(value, tuple(_kept(p, x) for x in parts)) if parts else value


def _map_leaves(p: Parser, value: Any, change: Any) -> Any:
    """A value of the same structure, in new containers, with its atoms changed."""
    value = expand_object(p, expand_captured(p, value, ast.Pass()))
    if is_atom(value):
        return change(value)
    if isinstance(value, _Kept):
        return p.new(_map_leaves(p, value.cell, change))
    if isinstance(value, Ref):
        return p.new(_map_leaves(p, p.state.heap[value.id], change))
    parts = parts_of(value)
    return rebuild(value, tuple(_map_leaves(p, x, change) for x in parts)) if parts else value


def _leaves(p: Parser, value: Any) -> list[Any]:
    found: list[Any] = []

    def collect(leaf: Any) -> Any:
        found.append(leaf)
        return leaf

    _map_leaves(p, value, collect)
    return found


@dataclass(frozen=True)
class _Opened:
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


def _opened(p: Parser, values: Sequence[Any]) -> _Opened:
    """Arguments with parameters for their differentiable atoms."""
    params: list[Value] = []
    atoms: list[Any] = []
    actual: list[Any] = []

    def fresh(leaf: Any) -> Any:
        if isinstance(leaf, Literal) and is_numeric(leaf.type) and isinstance(leaf.value, float):
            param = Value(FLOAT, "x")
        elif isinstance(leaf, Value) and is_differentiable(leaf.type):
            param = Value(leaf.type, leaf.hint, leaf.named)
        else:
            return leaf
        if is_array(leaf):
            p.memory.originals[param] = p.memory.stands_for(leaf)
        params.append(param)
        atoms.append(leaf)
        actual.append(p.memory.current(leaf))
        return param

    opened = [_map_leaves(p, v, fresh) for v in values]
    return _Opened(list(values), opened, [_kept(p, v) for v in opened], params, atoms, actual)


@dataclass(frozen=True)
class _Delivery:
    """What counts as the result of a function: `outputs` names arguments, or None what is returned."""

    outputs: Any = None
    has_aux: bool = False


def _executed(
    p: Parser, function: Any, args: list[Any], keywords: dict[str, Any], opened: _Opened,
    delivery: _Delivery, node: ast.AST,
) -> tuple[list[Stmt], Any, Any]:  # fmt: skip
    """The statements of a function that is differentiated here, its result and the auxiliary one.

    What it writes into arrays stays inside, as a derivative that is called writes into copies.
    """
    before, mark = dict(p.state.memory), Value(FLOAT).serial
    with p.builder.block() as statements:
        with twins(p, opened.originals, opened.values):
            returned = p.call(function, args, keywords, node)
        result, aux = _delivered(p, function, args, keywords, returned, delivery, node)
        result = _map_leaves(p, result, p.memory.current)
        aux = None if aux is None else _map_leaves(p, aux, p.memory.current)
    changed = [b for b, content in p.state.memory.items() if before.get(b, b) is not content]
    _refuse_two_names(p, [b for b in changed if b.serial < mark], opened, Block((), statements, ()), node)
    p.state.memory = before
    return statements, result, aux


def _refuse_two_names(
    p: Parser, changed: Sequence[Value], opened: _Opened, block: Block, node: ast.AST
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
            p.memory.written.update(dict.fromkeys(roots))
            others = [*(a for v, a in originals.items() if v is not base), *read]
        else:
            roots, others = p.memory.stands_for(base), list(originals.values())
        if any(not roots.isdisjoint(p.memory.stands_for(other)) for other in others):
            p.refuse(
                "AD112",
                "the function writes into an array that it has under two names",
                node,
                "a copy of the array as one of its arguments",
            )


def _delivered(
    p: Parser, function: Any, args: list[Any], keywords: dict[str, Any], returned: Any, delivery: _Delivery,
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
    for n in _places(p, function, (outputs,) if bare else outputs, args, keywords, node, "outputs"):
        value = returned if n == "return" else keywords[n] if isinstance(n, str) else args[n]
        if n == "return":
            found.append(value)
            continue
        if is_atom(value) and not is_array(value):
            p.no_derivative("AD210", "`outputs` names an argument that is no array", node,
                            "an array, or a container of arrays")  # fmt: skip
        # what an argument holds is handed out as an array of its own
        held = _map_leaves(p, value, p.memory.current)
        found.append(_map_leaves(p, held, lambda leaf: _own(p, leaf)))
    return found[0] if bare else TupleVal(tuple(found)), returned if delivery.has_aux else None


def splice(p: Parser, statements: list[Stmt], mapping: dict[Value, Any]) -> None:
    """Append copies of statements, as statements of the primal."""
    for stmt in statements:
        new = clone_stmt(stmt, mapping)
        _as_primal(new)
        p.builder.statements.append(new)
        p.builder.record(new)


def _as_primal(stmt: Stmt) -> None:
    stmt.adjoint = False
    for block in blocks_of(stmt):
        for inner in block.statements:
            _as_primal(inner)


def _argnums(options: dict[str, Any]) -> Any:
    return options.get("argnums", options.get("argnum", 0))


def _gradient(
    p: Parser, function: Transformed, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    options = dict(function.options)
    argnums = _argnums(options)
    bare = isinstance(argnums, (int, str))
    wanted = (argnums,) if bare else tuple(argnums)
    places = _places(p, function.function, wanted, args, keywords, node)
    values = [keywords[n] if isinstance(n, str) else args[n] for n in places]
    opened = _opened(p, values)
    form, params, actual = opened.form, opened.params, opened.actual
    if not params:
        p.no_derivative(
            "AD203", "the argument to differentiate by is no float", node, "a float: 2.0 instead of 2"
        )
    new_args, new_keywords = list(args), dict(keywords)
    for n, value in zip(places, opened.values, strict=True):
        if isinstance(n, str):
            new_keywords[n] = value
        else:
            new_args[n] = value

    delivery = _Delivery(options.get("outputs"), bool(options.get("has_aux")))
    statements, result, aux = _executed(p, function.function, new_args, new_keywords, opened, delivery, node)
    with p.builder.block() as seeding:
        seed = _seed(p, result, bool(options.get("holomorphic")), node)
    statements += seeding
    if isinstance(result, Literal):
        statements, sweeps = [], None
        forward_part: list[Stmt] = []
        bars: list[Any] = [None] * len(params)
        backward: list[Stmt] = []
    else:
        with p.builder.as_they_are():
            sweeps = reverse(p.builder, Block(tuple(params), statements, (result,)), params, (seed,))
        forward_part, backward, bars = sweeps.forward, sweeps.backward, sweeps.bars
    with p.builder.as_they_are(), p.builder.block() as ending, p.builder.at(None, adjoint=True):
        bars = [_own(p, finished(p.builder, b, v)) for b, v in zip(bars, params, strict=True)]
    mapping: dict[Value, Any] = dict(zip(params, actual, strict=True))
    splice(p, [*forward_part, *backward, *ending], mapping)
    images = iter([map_arg(b, mapping) for b in bars])
    wanted_ids = {id(x) for x in params}
    grads = [
        _map_leaves(p, v, lambda leaf: next(images) if id(leaf) in wanted_ids else inert(p.builder, leaf))
        for v in form
    ]
    value = _substituted(p, result, mapping)
    grad = grads[0] if bare else TupleVal(tuple(grads))
    aux = None if aux is None else _substituted(p, aux, mapping)
    if function.kind == "value_and_grad":
        return TupleVal((value if aux is None else TupleVal((value, aux)), grad))
    return grad if aux is None else TupleVal((grad, aux))


def _places(
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


def _own(p: Parser, leaf: Any) -> Any:
    """A derivative in memory that no argument has, as one that is called returns it."""
    own = isinstance(leaf, Value) and isinstance(leaf.type, Array)
    return p.builder.apply(OWN, leaf) if own else leaf


def _substituted(p: Parser, value: Any, mapping: dict[Value, Any]) -> Any:
    return _map_leaves(p, value, lambda leaf: map_arg(leaf, mapping))


def _seed(p: Parser, result: Any, holomorphic: bool, node: ast.AST) -> Any:
    """The adjoint that the gradient of a function with this result starts from."""
    if not is_atom(result):
        _refuse_result(p, "a container", node)
    t = result.type
    dtype = dtype_of(t)
    if dtype == "bool" or not is_numeric(t):
        _refuse_result(p, "a truth value" if dtype == "bool" else "no number", node)
    if dtype is not None and dtype.startswith("complex") and not holomorphic:
        p.no_derivative(
            "AD205",
            "a gradient of a function that returns a complex number",
            node,
            "a real result, e.g. abs(z) ** 2; or holomorphic=True",
        )
    shape = shape_of(t)
    if shape == ():
        return Literal(1.0)
    if shape is not None and any(map(is_many, shape)):
        _refuse_result(p, f"an array of type {t}", node)
    return p.builder.expand("np.ones_like(one_number(x))", x=result)


def _refuse_result(p: Parser, what: str, node: ast.AST) -> None:
    p.no_derivative(
        "AD204",
        f"a gradient needs a function that returns one number, not {what}",
        node,
        "a function that returns one number; for several outputs use jacobian, or vjp",
    )


def _immediate(p: Parser, name: str, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    has_aux = bool(_static(p, keywords.pop("has_aux"), node)) if "has_aux" in keywords else False
    delivery = _Delivery(_static_outputs(p, keywords, node), has_aux)
    if name == "jvp":
        spec = dict(zip(("f", "primals", "tangents"), args, strict=False)) | keywords
        return _jvp(p, spec["f"], spec["primals"], spec["tangents"], delivery, node)
    return _vjp(p, args[0], list(args[1:]), delivery, node)


def _static_outputs(p: Parser, keywords: dict[str, Any], node: ast.AST) -> Any:
    """Take the option `outputs` out of the keywords of a call."""
    return _static(p, keywords.pop("outputs"), node) if "outputs" in keywords else None


@dataclass(frozen=True)
class _Pushed:
    """A forward derivative that waits for its tangents `dots`; `known` says what its parameters stand for."""

    primal: list[Stmt]
    statements: list[Stmt]
    dots: list[Value]
    results: list[Any]
    form: list[Any]
    result: Any
    aux: Any
    known: dict[Value, Any]


def _pushed(p: Parser, function: Any, values: Sequence[Any], delivery: _Delivery, node: ast.AST) -> _Pushed:
    opened = _opened(p, values)
    form, params, actual = opened.form, opened.params, opened.actual
    statements, result, aux = _executed(p, function, opened.values, {}, opened, delivery, node)
    outs = _leaves(p, result)
    block = Block(tuple(params), statements, tuple(outs))
    dot_params = [Value(v.type, f"{v.hint}_dot" if v.hint else "", v.named) for v in params]
    with p.builder.as_they_are():
        done, results = forward(p.builder, block, params, dot_params)
    with p.builder.as_they_are(), p.builder.block() as ending, p.builder.at(None, adjoint=True):
        results = [
            _own(p, finished(p.builder, r, v))
            if isinstance(v, Value) and is_differentiable(v.type)
            else inert(p.builder, v)
            for r, v in zip(results, outs, strict=True)
        ]
    known = dict(zip(params, actual, strict=True))
    return _Pushed(statements, [*done, *ending], dot_params, results, form, result, aux, known)


def _push(p: Parser, pushed: _Pushed, tangents: Sequence[Any], node: ast.AST) -> tuple[dict[Value, Any], Any]:
    """Append the statements of a forward derivative for given tangents; returns the tangent of the result."""
    if len(pushed.form) != len(tangents):
        p.no_derivative(
            "AD210", "primals and tangents have different structures", node, "tangents like the primals"
        )
    params = list(pushed.known)
    found = [d for v, t in zip(pushed.form, tangents, strict=True) for d in _tangents_of(p, v, t, params)]
    dots = [_fitted(p, d, v, "tangent", node) for d, v in zip(found, pushed.known.values(), strict=True)]
    mapping = {**pushed.known, **dict(zip(pushed.dots, dots, strict=True))}
    splice(p, pushed.statements, mapping)
    images = iter([map_arg(r, mapping) for r in pushed.results])
    return mapping, _map_leaves(p, pushed.result, lambda leaf: next(images))


def _jvp(p: Parser, function: Any, primals: Any, tangents: Any, delivery: _Delivery, node: ast.AST) -> Any:
    values, directions = fixed_items(p, primals, node), fixed_items(p, tangents, node)
    pushed = _pushed(p, function, values, delivery, node)
    mapping, out_dot = _push(p, pushed, directions, node)
    pair = (_substituted(p, pushed.result, mapping), out_dot)
    return TupleVal(pair if pushed.aux is None else (*pair, _substituted(p, pushed.aux, mapping)))


def _linearize(p: Parser, function: Any, primals: list[Any], outputs: Any, node: ast.AST) -> Any:
    """ad.linearize: the derivative here, whatever becomes of the variables that the function reads."""
    pushed = _pushed(p, function, primals, _Delivery(outputs), node)
    mapping = dict(pushed.known)
    splice(p, pushed.primal, mapping)
    linear = Transformed("linear", None, (("pushed", pushed),))
    return TupleVal((_substituted(p, pushed.result, mapping), linear))


def _tangents_of(p: Parser, value: Any, tangent: Any, params: list[Value]) -> list[Any]:
    """The atoms of a tangent that belong to the parameters in a primal."""
    primal, given = _leaves(p, value), _leaves(p, tangent)
    if len(primal) != len(given):
        p.no_derivative(
            "AD210", "primals and tangents have different structures", None, "tangents like the primals"
        )
    wanted = set(params)
    return [t for v, t in zip(primal, given, strict=True) if isinstance(v, Value) and v in wanted]


def _differ(a: Any, b: Any) -> bool:
    """Whether two axis lengths are known to be different."""
    return (a == 1 and is_many(b)) or (b == 1 and is_many(a))


def _fitted(p: Parser, given: Any, like: Any, what: str, node: ast.AST) -> Any:
    """A tangent or cotangent, as it is now, in the type of its value; shapes have to be equal."""
    given = p.memory.current(given)
    if not is_atom(given) or not is_numeric(given.type):
        p.no_derivative("AD210", f"a {what} that is no number", node, f"a {what} like what it belongs to")
    have, want = shape_of(typ(given)), shape_of(typ(like))
    if have is None or want is None:
        equal = False
    else:
        if len(have) != len(want) or any(map(_differ, have, want)):
            p.no_derivative(
                "AD210",
                f"a {what} of type {typ(given)} for a value of type {typ(like)}",
                node,
                f"a {what} of the shape of what it belongs to",
            )
        equal = all(map(same_size, have, want))
    if not equal:
        given = p.builder.expand("matching(c, x)", c=given, x=like)
    if isinstance(given, Literal):
        return Literal(float(given.value)) if isinstance(given.value, int) else given
    return finished(p.builder, given, like)


def _vjp(p: Parser, function: Any, primals: list[Any], delivery: _Delivery, node: ast.AST) -> Any:
    opened = _opened(p, primals)
    form, params, actual = opened.form, opened.params, opened.actual
    statements, result, aux = _executed(p, function, opened.values, {}, opened, delivery, node)
    outs = _leaves(p, result)
    seeds = [
        Value(adjoint_type(o.type), "out_bar") if isinstance(o, Value) and is_differentiable(o.type) else None
        for o in outs
    ]
    with p.builder.as_they_are():
        sweeps = reverse(p.builder, Block(tuple(params), statements, tuple(outs)), params, seeds)
    with p.builder.as_they_are(), p.builder.block() as ending, p.builder.at(None, adjoint=True):
        bars = [_own(p, finished(p.builder, b, v)) for b, v in zip(sweeps.bars, params, strict=True)]
    mapping: dict[Value, Any] = dict(zip(params, actual, strict=True))
    splice(p, sweeps.forward, mapping)
    backward = ([*sweeps.backward, *ending], seeds, outs, bars, params, form, mapping)
    pullback = Transformed("pullback", None, (("backward", backward),))
    pair = (_substituted(p, result, mapping), pullback)
    return TupleVal(pair if aux is None else (*pair, _substituted(p, aux, mapping)))


def _pull_back(p: Parser, function: Transformed, args: list[Any], node: ast.AST) -> Any:
    statements, seeds, outs, bars, params, form, known = dict(function.options)["backward"]
    given = _leaves(p, args[0])
    if len(given) != len(seeds):
        p.no_derivative(
            "AD210",
            "the cotangent has another structure than the result",
            node,
            "a cotangent like the result",
        )
    mapping: dict[Value, Any] = dict(known)
    for seed, out, bar in zip(seeds, outs, given, strict=True):
        if seed is not None:
            mapping[seed] = _fitted(p, bar, map_arg(out, known), "cotangent", node)
    splice(p, statements, mapping)
    images = iter([map_arg(b, mapping) for b in bars])
    wanted = set(params)

    def bar_of(leaf: Any) -> Any:
        return next(images) if isinstance(leaf, Value) and leaf in wanted else inert(p.builder, leaf)

    grads = [_map_leaves(p, v, bar_of) for v in form]
    return TupleVal(tuple(grads))
