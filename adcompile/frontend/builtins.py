"""Python's builtins, and the few library functions that work on structure."""

from __future__ import annotations

import ast
import builtins
import dataclasses
import functools
import operator
from typing import Any

import numpy as np

from ..ir.nodes import Items, Literal, Value
from ..ir.types import OPAQUE, Array, ListOf, Scalar, ShapeOf
from ..rules.rule import FUNCTIONS, OPERATORS
from .attributes import call_special, get_attribute
from .cells import cell_of, static_key
from .inputs import expand_captured
from .iterate import backwards, counted, enumerated, fixed_items, iterable, mapped, require, zipped
from .loops import iterate
from .opaque import call_unknown, runtime_value
from .parse import Parser
from .values import (
    FALSE,
    NONE,
    TRUE,
    BoundMethod,
    Captured,
    Closure,
    DictCell,
    Fixed,
    GrownCell,
    Indexed,
    ListCell,
    ObjectCell,
    PartialVal,
    RangeVal,
    SliceVal,
    TupleVal,
    fresh_id,
    is_atom,
)


def _len(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    value = expand_captured(p, args[0], node)
    cell = cell_of(p, value, node)
    if isinstance(value, TupleVal):
        return Literal(len(value.items))
    if isinstance(cell, (ListCell, DictCell)):
        return Literal(len(cell.items))
    if isinstance(cell, GrownCell):
        return Literal(0) if cell.pattern is None else p.builder.expand("len(x)", x=cell.items[0])
    if isinstance(cell, ObjectCell):
        return call_special(p, value, "__len__", [], node)
    if isinstance(value, RangeVal):
        return p.builder.expand("range_length(a, b, c)", a=value.start, b=value.stop, c=value.step)
    if isinstance(value, Literal):
        return Literal(len(value.value))
    t = value.type if isinstance(value, Value) else None
    if isinstance(t, ShapeOf) and t.shape is not None:
        return Literal(len(t.shape))
    if isinstance(t, Array) and t.shape:
        shape = p.builder.expand("np.shape(x)", x=value)
        return (
            p.builder.apply(OPERATORS["[]"], shape, Literal(0))
            if not isinstance(t.shape[0], int)
            else Literal(t.shape[0])
        )
    return p.builder.expand("len(x)", x=value)


def _range(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    if len(args) == 1:
        return RangeVal(Literal(0), args[0], Literal(1))
    return RangeVal(args[0], args[1], args[2] if len(args) > 2 else Literal(1))


def _zip(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    return zipped(p, [iterable(p, a, node) for a in args], node)


def _enumerate(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    start = args[1] if len(args) > 1 else keywords.get("start", Literal(0))
    return enumerated(p, iterable(p, args[0], node), start)


def _reversed(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    return backwards(p, iterable(p, args[0], node))


def _map(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    sources = [iterable(p, a, node) for a in args[1:]]
    if len(sources) == 1:
        return mapped(p, sources[0], lambda v: p.call(args[0], [v], {}, node))
    return mapped(p, zipped(p, sources, node), lambda v: p.call(args[0], list(v.items), {}, node))


def _filter(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    from .branches import branch, truth
    from .growing import append
    from .loops import iterate
    from .values import fresh_id

    kept = p.new(ListCell(()))
    item_of: list[Any] = []

    def body() -> None:
        item = item_of[0]
        chosen = (
            item
            if isinstance(args[0], Literal) and args[0].value is None
            else p.call(args[0], [item], {}, node)
        )
        branch(p, truth(p, chosen, node), lambda: append(p, kept, item, node), lambda: None)

    iterate(
        p,
        iterable(p, args[1], node),
        fresh_id(),
        lambda v: item_of.__setitem__(slice(None), [v]),
        body,
        node,
        set(),
    )
    return kept


def _collect(p: Parser, source: Any, node: ast.AST) -> Any:
    """The items of an iterable as a list; a list of run-time length is taken as it is."""
    from .growing import extend

    if isinstance(source, Indexed) and source.of is not None:
        return source.of

    ref = p.new(ListCell(()))
    extend(p, ref, source, node)
    return ref


def _list(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    if not args:
        return p.new(ListCell(()))
    cell = cell_of(p, args[0], node)
    if isinstance(cell, (ListCell, GrownCell)):
        return p.new(cell)
    return _collect(p, args[0], node)


def _tuple(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    if not args:
        return TupleVal(())
    if isinstance(args[0], TupleVal):
        return TupleVal(args[0].items)
    if isinstance(args[0], Value) and isinstance(args[0].type, ShapeOf):
        return args[0]
    source = iterable(p, args[0], node)
    if isinstance(source, Indexed) and not isinstance(source.length, Literal):
        # of run-time length: a run-time list, which reads like the tuple
        return _collect(p, source, node)
    return TupleVal(tuple(fixed_items(p, source, node)))


def _dict(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    entries: dict[Any, Any] = {}
    if args:
        source = expand_captured(p, args[0], node)
        cell = cell_of(p, source, node)
        if isinstance(cell, DictCell):
            entries.update(zip(cell.keys, cell.items, strict=True))
        else:
            for item in fixed_items(p, source, node):
                key, value = fixed_items(p, item, node, 2)
                entries[static_key(p, key, node)] = value
    entries.update(keywords)
    return p.new(DictCell(tuple(entries), tuple(entries.values())))


def _sum(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    from .operators import binary

    start = args[1] if len(args) > 1 else keywords.get("start", Literal(0))
    source = iterable(p, args[0], node)
    zero = isinstance(start, Literal) and type(start.value) is int and start.value == 0
    if isinstance(source, Fixed) and len(source.items) <= 1:
        items: list[Any] = [start, *source.items]
    elif isinstance(source, Fixed):
        if zero and _all_floats(source.items):
            return p.builder.expand("sum(x)", x=Items(source.items))
        items = [start, *source.items]
    elif zero:
        columns = p.cell(_collect(p, source, node))
        if isinstance(columns, GrownCell) and is_atom(columns.pattern):
            return p.builder.expand("sum(x)", x=columns.items[0])
        items = [start]
        if isinstance(columns, ListCell):
            items += columns.items
    else:
        return _reduce(p, [Literal(operator.add), args[0], start], {}, node)
    total = items[0]
    for item in items[1:]:
        total = binary(p, "+", total, item, node)
    return total


def _all_floats(items: tuple[Any, ...]) -> bool:
    """Python numbers, which `sum` may add with compensation: the builtin itself has to be called."""
    return all(is_atom(i) and isinstance(i.type, Scalar) for i in items)


def _extreme(name: str) -> Any:
    row = FUNCTIONS[getattr(builtins, name)]

    def handler(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
        if "key" in keywords:
            p.no_derivative("AD202", f"`{name}` with `key=`", node, "comparisons written out")
        if len(args) == 1:
            source = iterable(p, args[0], node)
            if not isinstance(source, Fixed):
                value = args[0]
                if isinstance(value, Value) and isinstance(value.type, Array):
                    return p.builder.expand(f"np.{name}(x)", x=value)
                return _extreme_of_sequence(p, row, name, counted(p, source), node)
            args = list(source.items)
        if not args:
            if "default" in keywords:
                return keywords["default"]
            p.raise_at(ValueError(f"{name}() iterable argument is empty"))
        if all(isinstance(a, Literal) and isinstance(a.value, (int, str)) for a in args):
            return Literal(getattr(builtins, name)(a.value for a in args))
        result = args[0]
        for other in args[1:]:
            result = p.builder.apply(row, result, other)
        return result

    return handler


def _extreme_of_sequence(p: Parser, row: Any, name: str, source: Indexed, node: ast.AST) -> Any:
    """Max or min of a sequence of run-time length: one item after the other, as the builtin does."""
    require(p, "n < count", source.length, 1, ValueError(f"{name}() arg is an empty sequence"))
    rest = Indexed(
        p.builder.expand("n - 1", n=source.length), lambda k: source.get(p.builder.expand("k + 1", k=k))
    )
    best = ("%best", fresh_id())
    p.state.names[best] = source.get(Literal(0))
    item_of: list[Any] = []

    def body() -> None:
        item = p.builder.apply(row, p.state.names[best], item_of[0])
        p.state.names[best] = item

    iterate(p, rest, fresh_id(), lambda v: item_of.__setitem__(slice(None), [v]), body, node, None)
    return p.state.names.pop(best)


def _any_all(is_any: bool) -> Any:
    def handler(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
        from .branches import branch, truth

        source = iterable(p, args[0], node)
        if not isinstance(source, Fixed):
            name = "any" if is_any else "all"
            if isinstance(args[0], Value):
                return p.builder.expand(f"bool(np.{name}(x))", x=args[0])
            column = p.cell(_collect(p, source, node))
            assert isinstance(column, GrownCell)
            return p.builder.expand(f"bool(np.{name}(np.asarray(x)))", x=column.items[0])

        def chain(items: tuple[Any, ...]) -> Any:
            if not items:
                return FALSE if is_any else TRUE
            test = truth(p, items[0], node)
            if isinstance(test, Literal):
                return (TRUE if is_any else FALSE) if bool(test.value) is is_any else chain(items[1:])
            rest: Any = lambda: chain(items[1:])  # noqa: E731
            if is_any:
                return branch(p, test, lambda: TRUE, rest)
            return branch(p, test, rest, lambda: FALSE)

        return chain(source.items)

    return handler


def _cast(kind: type) -> Any:
    row = FUNCTIONS[kind]

    def handler(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
        if not args:
            return Literal(kind())
        value = args[0]
        if isinstance(value, Literal) and isinstance(value.value, (int, float, str, complex)):
            try:
                return Literal(kind(value.value)) if kind is not float or value.spelling is None else value
            except Exception as error:
                p.raise_at(error)
        if not is_atom(value):
            from .branches import truth

            if kind is bool:
                return truth(p, value, node)
            found = call_special(p, value, f"__{kind.__name__}__", [], node)
            if found is not None:
                return found
            return call_unknown(p, Literal(kind), args, {}, node)
        if len(args) > 1:
            return call_unknown(p, Literal(kind), args, {}, node)
        if kind in (float, complex) and isinstance(value, Value) and value.type == OPAQUE:
            p.no_derivative(
                "AD206",
                f"`{kind.__name__}` of a text or an object: what it was made of is lost",
                node,
                "the number itself",
            )
        return p.builder.apply(row, value)

    return handler


def _abs(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    if isinstance(args[0], Literal) and isinstance(args[0].value, int):
        return Literal(abs(args[0].value))
    if not is_atom(args[0]):
        found = call_special(p, args[0], "__abs__", [], node)
        if found is not None:
            return found
    return p.builder.apply(FUNCTIONS[abs], args[0])


def _round(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    value = args[0]
    if isinstance(value, Literal) and isinstance(value.value, int):
        return value
    digits = args[1] if len(args) > 1 else keywords.get("ndigits", NONE)
    return p.builder.expand("round(x, ndigits=n)", x=value, n=digits)


def _pow(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    from .operators import binary

    return binary(p, "**", args[0], args[1], node)


def _divmod(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    from .operators import binary

    return TupleVal((binary(p, "//", args[0], args[1], node), binary(p, "%", args[0], args[1], node)))


def _sorted(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    items = fixed_items(p, args[0], node)
    key, backwards_ = keywords.get("key", NONE), keywords.get("reverse", FALSE)
    known = isinstance(key, Literal) and key.value is None and isinstance(backwards_, Literal)
    if known and all(isinstance(i, Literal) for i in items):
        values = sorted((i.value for i in items), reverse=backwards_.value)
        return p.new(ListCell(tuple(Literal(v) for v in values)))
    p.no_derivative("AD206", "`sorted` of values known at run time only", node, "np.sort of an array")


def _isinstance(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    kinds = args[1].items if isinstance(args[1], TupleVal) else (args[1],)
    classes = tuple(k.value for k in kinds if isinstance(k, Literal))
    if len(classes) != len(kinds):
        p.no_derivative("AD209", "`isinstance` of a class known at run time only", node, "a class")
    flat: list[type] = []
    for c in classes:
        flat.extend(c if isinstance(c, tuple) else getattr(c, "__args__", (c,)))
    cls = class_of(p, args[0], node)
    if cls is None:
        return p.builder.apply(_ISINSTANCE, args[0], Literal(tuple(flat)))
    return TRUE if issubclass(cls, tuple(flat)) else FALSE


def class_of(p: Parser, value: Any, node: ast.AST) -> type | None:
    """The class of what an abstract value stands for, None if it is known at run time only."""
    if isinstance(value, Literal):
        return type(value.value)
    if isinstance(value, TupleVal):
        return value.cls
    if isinstance(value, Captured):
        return type(value.value)
    cell = cell_of(p, value, node)
    if isinstance(cell, (ListCell, GrownCell)):
        return list
    if isinstance(cell, (DictCell, ObjectCell)):
        return cell.cls
    if isinstance(value, (Closure, BoundMethod, PartialVal)):
        return type(class_of)
    if isinstance(value, (RangeVal,)):
        return range
    t = value.type if isinstance(value, Value) else None
    if isinstance(t, Scalar) and t.origin == "py":
        return {"float64": float, "int64": int, "bool": bool, "complex128": complex}[t.dtype]
    if isinstance(t, Scalar) and t.origin == "np":
        return np.dtype(t.dtype).type
    if isinstance(t, Array) and t.shape:
        return np.ndarray
    if isinstance(t, ListOf):
        return list
    return tuple if isinstance(t, ShapeOf) else None


def _type(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    cls = class_of(p, args[0], node)
    if cls is None:
        return p.builder.apply(_TYPE, args[0])
    return Literal(cls)


def _getattr(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    name = args[1].value if isinstance(args[1], Literal) else None
    if name is None:
        p.no_derivative("AD209", "`getattr` of a name known at run time only", node, "a constant name")
    if len(args) > 2 and _hasattr(p, args[:2], {}, node) is FALSE:
        return args[2]
    return get_attribute(p, args[0], name, node)


def _hasattr(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    name = args[1].value
    value = args[0]
    cell = cell_of(p, value, node)
    if isinstance(cell, ObjectCell):
        return TRUE if name in cell.keys or hasattr(cell.cls, name) else FALSE
    if isinstance(value, Captured):
        found = hasattr(value.value, name)
        p.inputs.guard(value.path, "has", (name, found))
        return TRUE if found else FALSE
    if isinstance(value, Literal):
        return TRUE if hasattr(value.value, name) else FALSE
    cls = class_of(p, value, node)
    if cls is None:
        p.no_derivative("AD209", "`hasattr` of an object known at run time only", node, "a class test")
    return TRUE if hasattr(cls, name) else FALSE


def _setattr(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    from .attributes import store_attribute

    cell = cell_of(p, args[0], node)
    if not isinstance(cell, ObjectCell) or not isinstance(args[1], Literal):
        p.no_derivative("AD209", "`setattr` on this object", node, "a plain assignment")
    store_attribute(p, args[0], cell, args[1].value, args[2], node)
    return NONE


def _object_setattr(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    return _setattr(p, args, keywords, node)


def _callable(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    value = args[0]
    if isinstance(value, Literal):
        return TRUE if callable(value.value) else FALSE
    if isinstance(value, Captured):
        return TRUE if callable(value.value) else FALSE
    cell = cell_of(p, value, node)
    if isinstance(cell, ObjectCell):
        return TRUE if hasattr(cell.cls, "__call__") else FALSE  # noqa: B004
    return FALSE if isinstance(value, (Value, TupleVal)) or cell is not None else TRUE


def _slice(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    if len(args) == 1:
        return SliceVal(NONE, args[0], NONE)
    return SliceVal(args[0], args[1], args[2] if len(args) > 2 else NONE)


def _print(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    call_unknown(p, Literal(print, "print"), [_shown(p, a, node) for a in args], keywords, node)
    return NONE


def _shown(p: Parser, value: Any, node: ast.AST) -> Any:
    return runtime_value(p, value, node)


def _text(kind: Any) -> Any:
    def handler(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
        if args and isinstance(args[0], Literal):
            return Literal(kind(args[0].value))
        return p.builder.apply(FUNCTIONS[kind], runtime_value(p, args[0], node))

    return handler


def _reduce(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    """functools.reduce"""
    from .loops import iterate
    from .values import fresh_id

    source = iterable(p, args[1], node)
    if isinstance(source, Fixed):
        items = [*args[2:], *source.items]
        if not items:
            p.raise_at(TypeError("reduce() of empty iterable with no initial value"))
        total = items[0]
        for item in items[1:]:
            total = p.call(args[0], [total, item], {}, node)
        return total
    if len(args) < 3:
        p.no_derivative(
            "AD209", "`reduce` over items known at run time only, without a start", node, "a start value"
        )
    key = ("%reduce", fresh_id())
    p.state.names[key] = args[2]
    item_of: list[Any] = []

    def body() -> None:
        p.state.names[key] = p.call(args[0], [p.state.names[key], item_of[0]], {}, node)

    iterate(p, source, fresh_id(), lambda v: item_of.__setitem__(slice(None), [v]), body, node, None)
    return p.state.names.pop(key)


def _replace(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    """dataclasses.replace"""
    from .classes import instantiate

    found = class_of(p, args[0], node)
    if not dataclasses.is_dataclass(found):
        p.raise_at(TypeError("replace() should be called on dataclass instances"))
    fields = {f.name: f for f in dataclasses.fields(found) if f.init}
    values = {n: keywords[n] if n in keywords else get_attribute(p, args[0], n, node) for n in fields}
    return instantiate(
        p, found, [], {**values, **{k: v for k, v in keywords.items() if k not in fields}}, node
    )


def _partial(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    return PartialVal(args[0], tuple(args[1:]), tuple(keywords.items()))


def _wraps(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    """functools.wraps(f) changes names and docstrings only."""
    return Literal(_identity)


def _identity(value: Any) -> Any:
    return value


def _identity_call(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    return args[0]


def _operator(op: str) -> Any:
    def handler(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
        from .operators import binary, compare

        if op in ("==", "!=", "<", "<=", ">", ">=", "is", "is not"):
            return compare(p, op, args[0], args[1], node)
        return binary(p, op, args[0], args[1], node)

    return handler


def _itemgetter_call(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    from .containers import get_item

    return get_item(p, args[0], args[1], node)


def _next_refused(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    p.no_derivative("AD206", "an iterator that is advanced by hand", node, "a for loop, or indexing")


def _python_row(text: str, types: Any) -> Any:
    from ..rules.rule import NAMESPACE, Param, Primitive, parse_expression

    names = [a.id for a in parse_expression(text).args]  # type: ignore[attr-defined]
    return Primitive(text, tuple(map(Param, names)), parse_expression(text), types, NAMESPACE, constant=True)


def _boolean_type(*args: Any) -> Any:
    from ..ir.types import BOOL

    return BOOL


def _opaque_type(*args: Any) -> Any:
    from ..ir.types import OPAQUE

    return OPAQUE


_ISINSTANCE = _python_row("isinstance(x, classes)", _boolean_type)
_TYPE = _python_row("type(x)", _opaque_type)

BUILTINS: dict[Any, Any] = {
    len: _len,
    range: _range,
    zip: _zip,
    enumerate: _enumerate,
    reversed: _reversed,
    map: _map,
    filter: _filter,
    list: _list,
    tuple: _tuple,
    dict: _dict,
    sum: _sum,
    max: _extreme("max"),
    min: _extreme("min"),
    any: _any_all(True),
    all: _any_all(False),
    float: _cast(float),
    int: _cast(int),
    bool: _cast(bool),
    complex: _cast(complex),
    abs: _abs,
    round: _round,
    pow: _pow,
    divmod: _divmod,
    sorted: _sorted,
    isinstance: _isinstance,
    type: _type,
    getattr: _getattr,
    hasattr: _hasattr,
    setattr: _setattr,
    object.__setattr__: _object_setattr,
    callable: _callable,
    slice: _slice,
    print: _print,
    str: _text(str),
    repr: _text(repr),
    iter: _identity_call,
    next: _next_refused,
    functools.reduce: _reduce,
    functools.partial: _partial,
    dataclasses.replace: _replace,
    functools.wraps: _wraps,
    _identity: _identity_call,
    staticmethod: _identity_call,
    operator.getitem: _itemgetter_call,
    operator.add: _operator("+"),
    operator.sub: _operator("-"),
    operator.mul: _operator("*"),
    operator.truediv: _operator("/"),
    operator.floordiv: _operator("//"),
    operator.mod: _operator("%"),
    operator.pow: _operator("**"),
    operator.matmul: _operator("@"),
    operator.eq: _operator("=="),
    operator.ne: _operator("!="),
    operator.lt: _operator("<"),
    operator.le: _operator("<="),
    operator.gt: _operator(">"),
    operator.ge: _operator(">="),
}


def _neg(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    return p.builder.apply(OPERATORS["neg"], args[0])


BUILTINS[operator.neg] = _neg
