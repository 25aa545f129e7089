"""Derivatives taken inside a function that is being differentiated: `ad.grad(f)(x)` as part of a model.

In: a call of one of adcompile's own entry points on abstract arguments. Out: the abstract result, with the
statements of the derivative spliced into the graph, where they are statements like any other. Since
differentiation happens on the graph, inner and outer derivatives cannot be confused. Not for the entry points
themselves (`objects`).
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..ir.nodes import Block, Literal, Stmt, Value, blocks_of, clone_stmt, map_arg
from ..ir.types import dtype_of, is_differentiable, is_many, is_numeric, same_size, shape_of
from ..passes.cotangents import adjoint_type, finished, inert
from ..passes.forward import forward
from ..passes.reverse import reverse
from ..rules.python import AGREE, STOP
from ..rules.typing import typ
from ..transforms import DERIVED, view
from .cells import cell_of, demand_static
from .checkpoint import call_checkpointed, checkpointed_range
from .inputs import expand_captured
from .iterate import fixed_items
from .opened import Delivery, entered, leaves_in, map_leaves, own_copy, places_of
from .parse import Parser
from .values import Captured, Ref, Transformed, TupleVal, is_atom

_MATRICES = ("jacfwd", "jacrev", "jacobian", "hessian")
_OPTIONS = ("argnums", "argnum", "has_aux", "holomorphic", "allow_int", "outputs")


def transform(p: Parser, name: str, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    """A call of an entry point: `ad.grad(f, argnums=1)`, `ad.jvp(f, primals, tangents)`."""
    if name == "stop_gradient":
        return map_leaves(
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
        options["outputs"] = places_of(p, function.function, (outputs,), args, keywords, node, "outputs")[0]
    if function.kind in _MATRICES:
        _demand_array(p, function.kind, args, _argnums(options), node)
    implementation = made(**options)
    return p.call(Literal(implementation), [function.function, *args], keywords, node)


def _demand_array(p: Parser, kind: str, args: list[Any], argnum: Any, node: ast.AST) -> None:
    """Refuse a matrix of derivatives by a container: inside of programs, they are of arrays."""
    given = args[argnum] if isinstance(argnum, int) and -len(args) <= argnum < len(args) else None
    if isinstance(given, (TupleVal, Ref, Captured)):
        wrong = f"`{kind}` by a container inside a differentiated function"
        expected = "`jvp`, `vjp` or `grad`, which take containers, or a function of an array"
        p.no_derivative("AD202", wrong, node, expected)


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
    places = places_of(p, function.function, wanted, args, keywords, node)
    delivery = Delivery(options.get("outputs"), bool(options.get("has_aux")))
    opened, statements, result, aux = entered(p, function.function, args, keywords, places, delivery, node)
    form, params, actual = opened.form, opened.params, opened.actual
    if not params:
        p.no_derivative(
            "AD203", "the argument to differentiate by is no float", node, "a float: 2.0 instead of 2"
        )
    # the result is what it was when the function ended
    with p.builder.as_they_are(), p.builder.block() as seeding:
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
        bars = [own_copy(p, finished(p.builder, b, v)) for b, v in zip(bars, params, strict=True)]
    mapping: dict[Value, Any] = dict(zip(params, actual, strict=True))
    splice(p, [*forward_part, *backward, *ending], mapping)
    grads = _cotangents(p, form, params, bars, mapping)
    value = _substituted(p, result, mapping)
    grad = grads[0] if bare else TupleVal(tuple(grads))
    aux = None if aux is None else _substituted(p, aux, mapping)
    if function.kind == "value_and_grad":
        return TupleVal((value if aux is None else TupleVal((value, aux)), grad))
    return grad if aux is None else TupleVal((grad, aux))


def _cotangents(
    p: Parser, form: list[Any], params: Sequence[Value], bars: Sequence[Any], mapping: dict[Value, Any]
) -> list[Any]:
    """The adjoints of parameters in the form of the arguments; what is there twice has it the first time."""
    known = {v: map_arg(bar, mapping) for v, bar in zip(params, bars, strict=True)}

    def bar_of(leaf: Any) -> Any:
        if isinstance(leaf, Value) and leaf in known:
            return known.pop(leaf)
        return inert(p.builder, map_arg(leaf, mapping))

    return [map_leaves(p, v, bar_of) for v in form]


def _substituted(p: Parser, value: Any, mapping: dict[Value, Any]) -> Any:
    return map_leaves(p, value, lambda leaf: map_arg(leaf, mapping))


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
    delivery = Delivery(_static_outputs(p, keywords, node), has_aux)
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


def _pushed(p: Parser, function: Any, values: Sequence[Any], delivery: Delivery, node: ast.AST) -> _Pushed:
    opened, statements, result, aux = entered(p, function, values, {}, range(len(values)), delivery, node)
    form, params, actual = opened.form, opened.params, opened.actual
    outs = leaves_in(p, result)
    block = Block(tuple(params), statements, tuple(outs))
    dot_params = [Value(v.type, f"{v.hint}_dot" if v.hint else "", v.named) for v in params]
    with p.builder.as_they_are():
        done, results = forward(p.builder, block, params, dot_params)
    with p.builder.as_they_are(), p.builder.block() as ending, p.builder.at(None, adjoint=True):
        results = [
            own_copy(p, finished(p.builder, r, v))
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
    found: dict[Value, Any] = {}
    for form, tangent in zip(pushed.form, tangents, strict=True):
        for v, given in _tangents_of(p, form, tangent, params):
            dot = _fitted(p, given, pushed.known[v], "tangent", node)
            if found.setdefault(v, dot) is not dot:
                # an array under two names
                p.builder.append(AGREE, found[v], dot)
    dots = [found[v] for v in params]
    mapping = {**pushed.known, **dict(zip(pushed.dots, dots, strict=True))}
    splice(p, pushed.statements, mapping)
    images = iter([map_arg(r, mapping) for r in pushed.results])
    return mapping, map_leaves(p, pushed.result, lambda leaf: next(images))


def _jvp(p: Parser, function: Any, primals: Any, tangents: Any, delivery: Delivery, node: ast.AST) -> Any:
    values, directions = fixed_items(p, primals, node), fixed_items(p, tangents, node)
    pushed = _pushed(p, function, values, delivery, node)
    mapping, out_dot = _push(p, pushed, directions, node)
    pair = (_substituted(p, pushed.result, mapping), out_dot)
    return TupleVal(pair if pushed.aux is None else (*pair, _substituted(p, pushed.aux, mapping)))


def _linearize(p: Parser, function: Any, primals: list[Any], outputs: Any, node: ast.AST) -> Any:
    """ad.linearize: the derivative here, whatever becomes of the variables that the function reads."""
    pushed = _pushed(p, function, primals, Delivery(outputs), node)
    mapping = dict(pushed.known)
    splice(p, pushed.primal, mapping)
    linear = Transformed("linear", None, (("pushed", pushed),))
    return TupleVal((_substituted(p, pushed.result, mapping), linear))


def _tangents_of(p: Parser, value: Any, tangent: Any, params: list[Value]) -> list[tuple[Value, Any]]:
    """The parameters in a primal with the atoms of a tangent that belong to them."""
    primal, given = leaves_in(p, value), leaves_in(p, tangent)
    if len(primal) != len(given):
        p.no_derivative(
            "AD210", "primals and tangents have different structures", None, "tangents like the primals"
        )
    wanted = set(params)
    return [(v, t) for v, t in zip(primal, given, strict=True) if isinstance(v, Value) and v in wanted]


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


def _vjp(p: Parser, function: Any, primals: list[Any], delivery: Delivery, node: ast.AST) -> Any:
    opened, statements, result, aux = entered(p, function, primals, {}, range(len(primals)), delivery, node)
    form, params, actual = opened.form, opened.params, opened.actual
    outs = leaves_in(p, result)
    seeds = [
        Value(adjoint_type(o.type), "out_bar") if isinstance(o, Value) and is_differentiable(o.type) else None
        for o in outs
    ]
    with p.builder.as_they_are():
        sweeps = reverse(p.builder, Block(tuple(params), statements, tuple(outs)), params, seeds)
    with p.builder.as_they_are(), p.builder.block() as ending, p.builder.at(None, adjoint=True):
        bars = [own_copy(p, finished(p.builder, b, v)) for b, v in zip(sweeps.bars, params, strict=True)]
    mapping: dict[Value, Any] = dict(zip(params, actual, strict=True))
    splice(p, sweeps.forward, mapping)
    backward = ([*sweeps.backward, *ending], seeds, outs, bars, params, form, mapping)
    pullback = Transformed("pullback", None, (("backward", backward),))
    pair = (_substituted(p, result, mapping), pullback)
    return TupleVal(pair if aux is None else (*pair, _substituted(p, aux, mapping)))


def _pull_back(p: Parser, function: Transformed, args: list[Any], node: ast.AST) -> Any:
    statements, seeds, outs, bars, params, form, known = dict(function.options)["backward"]
    given = leaves_in(p, args[0])
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
    return TupleVal(tuple(_cotangents(p, form, params, bars, mapping)))
