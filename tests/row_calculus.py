"""Evaluate rows of the calculus table on NumPy itself, without the compiler.

In: a row and the arguments of one call. Out: its result, its two products by their texts, and its type. What
the printer writes as a statement (`index_add`, `index_set`) is done here on copies. Not for programs: those
are `tests/programs`."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import oracles

from adcompile.backend.runtime import unbroadcast
from adcompile.ir.nodes import Arg, Items, Literal, Slice, Value
from adcompile.ir.types import (
    Array,
    Dim,
    ListOf,
    Record,
    Scalar,
    ShapeOf,
    Type,
    Unknown,
    forget_sizes,
    join,
    type_of,
)
from adcompile.rules import rule as table
from adcompile.rules import tables  # noqa: F401  (enters all rows)
from adcompile.rules.facts import call_rule, facts_of
from adcompile.rules.rule import HELPERS, NAMESPACE, REQUIRED, Primitive, find, form_of


class RunTimeList(list):  # type: ignore[type-arg]
    """A list of which the compiler knows the type of the items only."""


@dataclass(frozen=True)
class Known:
    """A number that is known when the derivative is compiled."""

    value: Any


@dataclass(frozen=True)
class Unknown_:
    """An integer that is known at run time only."""

    value: int


@dataclass(frozen=True)
class Call:
    args: tuple[Any, ...]
    keywords: dict[str, Any]


def call(*args: Any, **keywords: Any) -> Call:
    return Call(args, keywords)


def bind(row: Primitive, made: Call) -> list[Any]:
    """The arguments of a call, one for each parameter."""
    values: list[Any] = []
    rest = list(made.args)
    for param in row.params:
        if param.star:
            values.append(tuple(rest))
            rest = []
        elif rest:
            values.append(rest.pop(0))
        else:
            values.append(made.keywords.get(param.name, param.default))
        assert values[-1] is not REQUIRED, f"{row.name}: no {param.name} in the sample"
    assert not rest, f"{row.name}: too many arguments in the sample"
    return values


def plain(value: Any) -> Any:
    """The run-time value of a sample's argument."""
    if isinstance(value, (Known, Unknown_)):
        return value.value
    if isinstance(value, RunTimeList):
        return [plain(v) for v in value]
    if isinstance(value, (tuple, list)):
        return type(value)(plain(v) for v in value)
    return value


def argument(value: Any, name: str) -> Arg:
    """The argument as the passes see it: numbers and arrays have a type only, everything else is known."""
    if isinstance(value, Known):
        return Literal(value.value)
    if isinstance(value, Unknown_):
        return Value(Scalar("int64"))
    if isinstance(value, RunTimeList):
        return Value(list_type(value))
    if isinstance(value, (np.ndarray, np.generic, float, complex)):
        return Value(type_of(value, name))
    if isinstance(value, slice):
        return Slice(Literal(value.start), Literal(value.stop), Literal(value.step))
    if isinstance(value, (tuple, list)) and any(
        isinstance(argument(v, ""), (Value, tuple, Items, Slice)) for v in value
    ):
        parts = tuple(argument(v, f"{name}{k}") for k, v in enumerate(value))
        return parts if isinstance(value, tuple) else Items(parts)
    return Literal(value)


def list_type(items: list[Any]) -> ListOf:
    found: Type | None = None
    for k, item in enumerate(items):
        t = list_type(item) if isinstance(item, RunTimeList) else forget_sizes(type_of(item, f"#{k}"))
        found = t if found is None else join(found, t)
    return ListOf(found)


# -- results -------------------------------------------------------------------------------------------------


def _index_add(a: Any, i: Any, v: Any) -> Any:
    a = np.array(a)
    a[i] += v
    return a


def _index_add_at(a: Any, i: Any, v: Any) -> Any:
    a = np.array(a)
    np.add.at(a, i, v)
    return a


def _index_set(a: Any, i: Any, v: Any) -> Any:
    a = np.array(a)
    a[i] = v
    return a


def _list_add(items: Any, i: Any, v: Any) -> Any:
    return [*items[:i], items[i] + v, *items[i:][1:]]


STATEMENTS: dict[str, Any] = {
    "index_add": _index_add,
    "index_add_at": _index_add_at,
    "index_set": _index_set,
    "own": np.array,
    "accumulate": lambda a, c: a + c,
    "list_slice": lambda x, i: x[i],
    "list_repeat": lambda x, n: [x] * n,
    "list_add": _list_add,
    "list_join": lambda x, y: x + y,
    "list_reverse": lambda x: x[::-1],
    "list_equal": lambda x, y: x == y,
    "list_contains": lambda items, v: v in items,
    "list_index": lambda items, v: items.index(v),
    "list_count": lambda items, v: items.count(v),
    "range_length": lambda a, b, c: len(range(a, b, c)),
    "range_item": lambda a, b, c, k: range(a, b, c)[k],
    "field": lambda items, k: items[k],
}


def run(row: Primitive, values: list[Any]) -> Any:
    """The result of a row for run-time values."""
    form = form_of(row.name)
    if form.kind == "attribute":
        return getattr(values[0], form.key)
    if form.kind == "operator":
        return eval(row.name, {p.name: v for p, v in zip(row.params, values, strict=True)})
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    for param, value in zip(row.params, values, strict=True):
        if param.star:
            positional.extend(value)
        elif param.default is REQUIRED:
            positional.append(value)
        elif value is not param.default:
            keywords[param.name] = value
    if form.kind == "method":
        return getattr(positional[0], form.key)(*positional[1:], **keywords)
    function = STATEMENTS.get(form.key) or find(form.key, row.namespace)
    return function(*positional, **keywords)


def evaluate(text: str, names: dict[str, Any]) -> Any:
    """The value of a rule's text."""
    return eval(text.strip(), {**NAMESPACE, **HELPERS, **STATEMENTS, **names})


# -- products ------------------------------------------------------------------------------------------------


class Application:
    """One row applied to one list of arguments."""

    def __init__(self, row: Primitive, made: Call) -> None:
        self.row = row
        self.bound = bind(row, made)
        self.values = [plain(v) for v in self.bound]
        names = [p.name for p in row.params]
        self.args = [
            tuple(argument(v, f"{p.name}{k}") for k, v in enumerate(value))
            if p.star
            else argument(value, p.name)
            for p, value in zip(row.params, self.bound, strict=True)
        ]
        self.z = run(row, self.values)
        self.type = row.types(*self.args)
        self.facts = {n: facts_of(a) for n, a in zip(names, self.args, strict=True)}
        self.facts["z"] = facts_of(Value(self.type)) if not isinstance(self.type, tuple) else None
        self.env = dict(zip(names, self.values, strict=True), z=self.z)

    def active(self, place: int) -> bool:
        return differentiable(self.bound[place])

    def numeric(self, place: int, dot: Any) -> Any:
        """The directional derivative by extrapolated differences, as one real vector."""

        def along(t: float) -> Any:
            values = list(self.values)
            values[place] = moved(values[place], dot, t)
            return flat(run(self.row, values))

        return oracles.ridders(along)[0]

    def pushforward(self, place: int, dot: Any) -> Any:
        param = self.row.params[place]
        rule = self.row.pushforwards[param.name]
        if rule != "self":
            return evaluate(call_rule(rule, self.facts), {**self.env, f"{param.name}_dot": dot})
        if self.row.joint or not isinstance(dot, (tuple, list)) or isinstance(self.bound[place], RunTimeList):
            values = (
                [self._zero(k, v) for k, v in enumerate(self.values)] if self.row.joint else list(self.values)
            )
            values[place] = dot
            return run(self.row, values)
        total: Any = 0
        for k, item in enumerate(dot):
            values = list(self.values)
            values[place] = (*values[place][:k], item, *values[place][k + 1 :])
            total = total + run(self.row, values)
        return total

    def _zero(self, place: int, value: Any) -> Any:
        name = self.row.params[place].name
        return zero(value) if name in self.row.pushforwards and self.active(place) else value

    def texts(self, place: int, z_bar: Any) -> Iterator[tuple[str, dict[str, Any], Any]]:
        """The pullback's texts with their names, and the operand that each is for."""
        param = self.row.params[place]
        rule = self.row.pullbacks[param.name]
        facts = {**self.facts, "z_bar": facts_of(argument(z_bar, "z_bar"))}
        env = {**self.env, "z_bar": z_bar}
        value = self.values[place]
        if not isinstance(value, (tuple, list)) or isinstance(self.bound[place], RunTimeList):
            yield call_rule(rule, facts), env, value
            return
        for where, item in places(value):
            k = where[0] if len(where) == 1 else where
            yield call_rule(rule, {**facts, "k": k}), {**env, "k": k, "item": item}, item

    def pullback(self, place: int, z_bar: Any) -> list[tuple[Any, Any]]:
        """The operands with their adjoints."""
        found = []
        for text, env, operand in self.texts(place, z_bar):
            c = evaluate(text, env)
            if isinstance(operand, list):
                found.append((operand, c))
                continue
            if self.row.effect == "update":
                c = unbroadcast(c, operand)
            if self.row.pointwise:
                c = unbroadcast(np.broadcast_to(c, np.shape(self.z)), operand)
            found.append((operand, np.broadcast_to(c, np.shape(operand))))
        return found


def places(value: Any, where: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Any]]:
    for k, item in enumerate(value):
        if isinstance(item, (tuple, list)):
            yield from places(item, (*where, k))
        elif differentiable(item):
            yield (*where, k), item


def differentiable(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return any(map(differentiable, value))
    return isinstance(value, (float, complex)) or (
        isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "fc"
    )


def direction(value: Any, rng: np.random.Generator) -> Any:
    """A random tangent of the structure of a value; numbers that cannot move have none."""
    if isinstance(value, (tuple, list)):
        return type(value)(direction(v, rng) for v in value)
    if not differentiable(value):
        return np.zeros(np.shape(value)) if isinstance(value, np.ndarray) else 0.0
    found = rng.uniform(0.3, 1.0, np.shape(value)) * rng.choice([-1.0, 1.0], np.shape(value))
    if np.iscomplexobj(value):
        found = found + 1j * rng.uniform(-1.0, 1.0, np.shape(value))
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(found, value.dtype)[()] if np.ndim(value) == 0 else found.astype(value.dtype)
    return complex(found) if isinstance(value, complex) else float(found)


def moved(value: Any, dot: Any, t: float) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)(moved(v, d, t) for v, d in zip(value, dot, strict=True))
    return value + t * dot if differentiable(value) else value


def zero(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)(zero(v) for v in value)
    return np.zeros_like(value) if differentiable(value) else value


def flat(value: Any) -> Any:
    """All numbers in a value as one real vector."""
    if isinstance(value, (tuple, list)):
        return np.concatenate([flat(v) for v in value]) if value else np.zeros(0)
    found = np.asarray(value).ravel()
    return found.view(np.float64) if found.dtype == np.complex128 else found.astype(np.float64)


def pairing(bar: Any, dot: Any) -> float:
    """The change that an adjoint sees in a tangent."""
    if isinstance(bar, (tuple, list)):
        return math.fsum(pairing(b, d) for b, d in zip(bar, dot, strict=True))
    return float(np.sum(np.real(np.multiply(bar, dot))))


def expanded(row: Primitive, made: Call) -> tuple[Any, Any, list[str]]:
    """The result of a row, that of its expansion, and what in that is not in the table."""
    bound = bind(row, made)
    names = [p.name for p in row.params]
    args = [
        tuple(argument(v, f"{p.name}{k}") for k, v in enumerate(value)) if p.star else argument(value, p.name)
        for p, value in zip(row.params, bound, strict=True)
    ]
    assert row.expansion is not None
    text = call_rule(row.expansion, {n: facts_of(a) for n, a in zip(names, args, strict=True)})  # type: ignore[arg-type]
    values = [plain(v) for v in bound]
    env = dict(zip(names, values, strict=True))
    return run(row, values), evaluate(text, env), unknown_primitives(text, set(names))


# -- types ---------------------------------------------------------------------------------------------------


def wrong_type(app: Application) -> str:
    """What is untrue of the inferred type of a result, empty if nothing is."""
    lengths: dict[str, int] = {}
    for value, param in zip(app.bound, app.row.params, strict=True):
        _lengths(value, param.name, lengths)
    return _wrong(app.type, app.z, lengths)


def _lengths(value: Any, name: str, lengths: dict[str, int]) -> None:
    if isinstance(value, np.ndarray):
        lengths.update({f"{name}.{axis}": n for axis, n in enumerate(value.shape)})
    elif isinstance(value, (tuple, list)):
        for k, item in enumerate(value):
            _lengths(item, f"{name}{k}", lengths)


_PYTHON = {"bool": bool, "int64": int, "float64": float, "complex128": complex}


def _wrong(t: Type, z: Any, lengths: dict[str, int]) -> str:
    if isinstance(t, tuple):
        return next(filter(None, (_wrong(a, b, lengths) for a, b in zip(t, z, strict=True))), "")
    if isinstance(t, Scalar):
        if isinstance(z, np.generic):
            return "" if t.origin != "py" and z.dtype.name == t.dtype else f"{t} for {z!r}"
        return "" if t.origin != "np" and type(z) is _PYTHON.get(t.dtype) else f"{t} for {z!r}"
    if isinstance(t, Array):
        if t.dtype is not None and (not hasattr(z, "dtype") or z.dtype.name != t.dtype):
            return f"{t} for {z!r}"
        return _wrong_shape(t.shape, np.shape(z), lengths)
    if isinstance(t, ShapeOf):
        return _wrong_shape(t.shape, z, lengths)
    if isinstance(t, ListOf):
        if not isinstance(z, list):
            return f"{t} for {type(z).__name__}"
        return "" if t.element is None else next(filter(None, (_wrong(t.element, i, lengths) for i in z)), "")
    return (
        "" if isinstance(t, (Unknown, Record)) or not isinstance(z, (float, np.ndarray)) else f"{t} for {z!r}"
    )


def _wrong_shape(shape: Any, actual: tuple[int, ...], lengths: dict[str, int]) -> str:
    if shape is None:
        return ""
    if len(shape) != len(actual):
        return f"rank {len(shape)} for {actual}"
    for size, n in zip(shape, actual, strict=True):
        if isinstance(size, int) and size != n:
            return f"length {size} for {n}"
        if isinstance(size, Dim) and (lengths.get(size.key, n) != n or (size.many and n == 1)):
            return f"length {size} for {n}"
    return ""


# -- closure -------------------------------------------------------------------------------------------------


def unknown_primitives(text: str, names: set[str]) -> list[str]:
    """What a text uses that is no row of the table, or a row without derivatives."""
    found = []
    for node in ast.walk(table.parse_expression(text)):
        try:
            row = _row_of(node, names)
        except (KeyError, AttributeError):
            found.append(ast.unparse(node))
            continue
        if row is not None and not row.constant and not row.pullbacks:
            found.append(row.name)
    return found


def _row_of(node: ast.AST, names: set[str]) -> Primitive | None:
    if isinstance(node, ast.Call):
        if (
            isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in names
        ):
            return table.METHODS[node.func.attr]
        return table.FUNCTIONS[table.resolve(node.func, NAMESPACE)]
    if isinstance(node, (ast.BinOp, ast.UnaryOp)):
        return table.OPERATORS[table.operator_name(node.op)]
    if isinstance(node, ast.Compare):
        return table.OPERATORS[table.operator_name(node.ops[0])]
    if isinstance(node, ast.Attribute) and not (
        isinstance(node.value, ast.Name) and node.value.id in NAMESPACE
    ):
        return (
            None
            if node.attr in ("linalg",) or isinstance(node.value, ast.Attribute)
            else table.ATTRIBUTES[node.attr]
        )
    return None
