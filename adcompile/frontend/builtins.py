"""Python's builtins, and the few library functions that work on structure."""

from __future__ import annotations

import ast
import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir.nodes import Literal, Value
from ..ir.types import OPAQUE, Array, ShapeOf, dtype_of
from ..rules.rule import FUNCTIONS, OPERATORS
from .attributes import call_special
from .branches import truth
from .cells import cell_of, static_key
from .combining import ITERTOOLS
from .containers import get_item
from .definitions import vectorize
from .early import refuse_asking_in_vain
from .folds import FOLDS, collect
from .growing import at_run_time
from .inputs import expand_captured
from .introspection import OBJECTS
from .iterate import as_tuple, backwards, enumerated, fixed_items, iterable, mapped, zipped
from .iterators import advance, iterator
from .opaque import call_unknown, runtime_value
from .operators import binary, compare
from .parse import Parser
from .primitives import apply_primitive, as_operand
from .values import (
    FALSE,
    NONE,
    Captured,
    DictCell,
    DictView,
    Flat,
    GrownCell,
    GrownTuple,
    Indexed,
    Iterator,
    ListCell,
    ObjectCell,
    PartialVal,
    RangeVal,
    SliceVal,
    TupleVal,
    is_atom,
)


def _len(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    value = expand_captured(p, args[0], node)
    if isinstance(value, Iterator):
        p.raise_at(TypeError("object of type 'iterator' has no len()"))
    if isinstance(value, DictView):
        value = value.of
    if not is_atom(value):
        found = call_special(p, value, "__len__", [], node)
        if found is not None:
            return found
    if isinstance(value, Flat):
        return p.builder.expand("np.size(x)", x=value.array)
    cell = cell_of(p, value, node)
    if isinstance(value, TupleVal):
        return Literal(len(value.items))
    if isinstance(cell, (ListCell, DictCell)):
        return Literal(len(cell.items))
    if isinstance(cell, GrownCell):
        return Literal(0) if cell.pattern is None else p.builder.expand("len(x)", x=cell.items[0])
    if isinstance(cell, ObjectCell):
        p.raise_at(TypeError(f"object of type '{cell.cls.__name__}' has no len()"))
    if isinstance(value, RangeVal):
        return p.builder.expand("range_length(a, b, c)", a=value.start, b=value.stop, c=value.step)
    if isinstance(value, Literal):
        return Literal(len(value.value))
    if isinstance(value, Captured):
        value = runtime_value(p, value, node)
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


def _size(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    """np.size of an array, or the length of one of its axes."""
    given = dict(zip(("a", "axis"), args, strict=False)) | keywords
    if len(args) > 2 or given.keys() != {"a", "axis"}:
        return apply_primitive(p, FUNCTIONS[np.size], args, keywords, node)
    array, axis = as_operand(p, given["a"], node), given["axis"]
    if isinstance(axis, Literal) and axis.value is None:
        return p.builder.expand("np.size(x)", x=array)
    return get_item(p, p.builder.expand("np.shape(x)", x=array), axis, node)


def _range(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    if len(args) == 1:
        return RangeVal(Literal(0), args[0], Literal(1))
    return RangeVal(args[0], args[1], args[2] if len(args) > 2 else Literal(1))


def _zip(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    strict = truth(p, keywords.get("strict", FALSE), node)
    if not isinstance(strict, Literal):
        p.no_derivative("AD209", "`zip` with `strict=` known at run time only", node, "a constant")
    sources = [iterable(p, a, node) for a in args]
    refuse_asking_in_vain(p, sources, node)
    return Iterator(zipped(p, sources, bool(strict.value)))


def _enumerate(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    start = args[1] if len(args) > 1 else keywords.get("start", Literal(0))
    return Iterator(enumerated(p, iterable(p, args[0], node), start))


def _reversed(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    return Iterator(backwards(p, iterable(p, args[0], node)))


def _ndindex(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    """np.ndindex: the places of an array of the given lengths, in the order of its memory."""
    one_by_one = not args or is_atom(as_tuple(p, args[0]))
    lengths = args if one_by_one else fixed_items(p, args[0], node)
    return Iterator(_places(p, lengths, lambda place: place, node))


def _ndenumerate(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    lengths = fixed_items(p, p.builder.expand("np.shape(x)", x=args[0]), node)
    return Iterator(
        _places(p, lengths, lambda place: TupleVal((place, get_item(p, args[0], place, node))), node)
    )


def _places(p: Parser, lengths: list[Any], item: Callable[[TupleVal], Any], node: ast.AST) -> Indexed:
    count: Any = Literal(1)
    for n in lengths:
        count = binary(p, "*", count, n, node)

    def get(k: Any) -> Any:
        place: list[Any] = []
        for n in lengths[:0:-1]:
            place.insert(0, binary(p, "%", k, n, node))
            k = binary(p, "//", k, n, node)
        return item(TupleVal((k, *place) if lengths else ()))

    return Indexed(count, get)


def _map(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    sources = [iterable(p, a, node) for a in args[1:]]
    if len(sources) == 1:
        return Iterator(mapped(p, sources[0], lambda v: p.call(args[0], [v], {}, node)))
    return Iterator(mapped(p, zipped(p, sources), lambda v: p.call(args[0], list(v.items), {}, node)))


def _list(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    if not args:
        return p.new(ListCell(()))
    cell = cell_of(p, args[0], node)
    if isinstance(cell, (ListCell, GrownCell)):
        return p.new(cell)
    return collect(p, args[0], node)


def _tuple(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    if not args:
        return TupleVal(())
    if isinstance(args[0], GrownTuple):
        return args[0]
    if isinstance(args[0], TupleVal):
        return TupleVal(args[0].items)
    if isinstance(args[0], Value) and isinstance(args[0].type, ShapeOf):
        return args[0]
    source = iterable(p, args[0], node)
    if isinstance(source, Indexed) and not isinstance(source.length, Literal):
        return GrownTuple(at_run_time(p, cell_of(p, collect(p, source, node), node), node))
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


def _limits(kind: Any) -> Any:
    """np.finfo and np.iinfo of a dtype, whose attributes are constants where it is known."""

    def handler(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
        given = args[0] if len(args) == 1 and not keywords else None
        dtype = given.value if isinstance(given, Literal) else None
        if isinstance(given, Value):
            dtype = dtype_of(given.type)
        elif isinstance(dtype, (int, float, complex)):
            dtype = np.result_type(type(dtype))
        if dtype is None:
            return p.builder.apply(FUNCTIONS[kind], *args)
        try:
            found = kind(np.dtype(dtype))
        except (TypeError, ValueError) as error:
            p.raise_at(error)
        return Literal(found, f"np.{kind.__name__}('{found.dtype}')")

    return handler


def _of_parts(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    """complex(real, imag)"""
    parts = dict(zip(("real", "imag"), args, strict=False)) | keywords
    real, imag = parts.pop("real", Literal(0)), parts.pop("imag", Literal(0))
    if parts or not is_atom(real) or not is_atom(imag):
        return call_unknown(p, Literal(complex), args, keywords, node)
    if isinstance(real, Literal) and isinstance(imag, Literal):
        try:
            return Literal(complex(real.value, imag.value))
        except TypeError as error:
            p.raise_at(error)
    return p.builder.apply(FUNCTIONS[complex], real, imag)


def _cast(kind: type) -> Any:
    def handler(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
        if not args and not keywords:
            return Literal(kind())
        if kind is complex and (len(args) == 2 or keywords):
            return _of_parts(p, args, keywords, node)
        value = args[0]
        if isinstance(value, Literal) and isinstance(value.value, (int, float, str, complex)):
            try:
                return Literal(kind(value.value)) if kind is not float or value.spelling is None else value
            except Exception as error:
                p.raise_at(error)
        if not is_atom(value):
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
        return p.builder.apply(FUNCTIONS[kind], value, *([Literal(0)] if kind is complex else []))

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
    if not is_atom(value):
        found = call_special(p, value, "__round__", args[1:], node, keywords)
        if found is None:
            p.raise_at(TypeError("this object does not define __round__"))
        return found
    digits = args[1] if len(args) > 1 else keywords.get("ndigits", NONE)
    return p.builder.expand("round(x, ndigits=n)", x=value, n=digits)


def _pow(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    if len(args) != 2:
        return call_unknown(p, Literal(pow), args, keywords, node)
    return binary(p, "**", args[0], args[1], node)


def _divmod(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    for receiver, other, name in ((args[0], args[1], "__divmod__"), (args[1], args[0], "__rdivmod__")):
        found = call_special(p, receiver, name, [other], node)
        if found is not None:
            return found
    return TupleVal((binary(p, "//", args[0], args[1], node), binary(p, "%", args[0], args[1], node)))


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


def _partial(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    return PartialVal(args[0], tuple(args[1:]), tuple(keywords.items()))


def _wraps(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    """functools.wraps(f) changes names and docstrings only."""
    return Literal(_identity)


def _identity(value: Any) -> Any:
    return value


def _identity_call(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    return args[0]


def _neg(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    return p.builder.apply(OPERATORS["neg"], args[0])


def _operator(op: str) -> Any:
    def handler(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
        if op in ("==", "!=", "<", "<=", ">", ">=", "is", "is not"):
            return compare(p, op, args[0], args[1], node)
        return binary(p, op, args[0], args[1], node)

    return handler


def _itemgetter(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    """operator.itemgetter of known keys, an object that is called later"""
    if args and all(isinstance(a, Literal) for a in args):
        return Literal(operator.itemgetter(*(a.value for a in args)))
    return call_unknown(p, Literal(operator.itemgetter), args, keywords, node)


def _itemgetter_call(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    return get_item(p, args[0], args[1], node)


BUILTINS: dict[Any, Any] = {
    len: _len,
    range: _range,
    zip: _zip,
    enumerate: _enumerate,
    reversed: _reversed,
    map: _map,
    list: _list,
    tuple: _tuple,
    dict: _dict,
    float: _cast(float),
    int: _cast(int),
    bool: _cast(bool),
    complex: _cast(complex),
    np.size: _size,
    np.finfo: _limits(np.finfo),
    np.iinfo: _limits(np.iinfo),
    abs: _abs,
    round: _round,
    pow: _pow,
    divmod: _divmod,
    slice: _slice,
    print: _print,
    str: _text(str),
    repr: _text(repr),
    iter: iterator,
    np.ndindex: _ndindex,
    np.ndenumerate: _ndenumerate,
    np.vectorize: vectorize,
    next: advance,
    functools.partial: _partial,
    functools.wraps: _wraps,
    _identity: _identity_call,
    staticmethod: _identity_call,
    operator.getitem: _itemgetter_call,
    operator.itemgetter: _itemgetter,
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
    operator.neg: _neg,
    **FOLDS,
    **ITERTOOLS,
    **OBJECTS,
}
