"""Methods of containers of known structure, and of arrays."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from ..ir.nodes import Literal, Value
from ..ir.types import OPAQUE, ListOf, shape_of
from ..library import METHOD_DEFINITIONS, definition_of
from ..rules.indexing import GETITEM
from ..rules.rule import METHODS
from ..rules.typing import typ
from .cells import cell_of, dict_items, static_key
from .definitions import call_defined
from .flat import FLAT_METHODS
from .growing import append, clear, extend, insert, pop
from .iterate import iterable
from .opaque import call_unknown
from .ordering import count_of, ordered, place_of, reverse
from .parse import Parser
from .values import (
    NONE,
    ArrayMethod,
    ContainerMethod,
    DictCell,
    DictView,
    GrownCell,
    GrownTuple,
    ListCell,
    TupleVal,
)
from .writes import WRITING_METHODS, apply_with_out


def call_container_method(
    p: Parser, method: ContainerMethod, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    """container.name(*args, **keywords)"""
    receiver, name = method.receiver, method.name
    cell = cell_of(p, receiver, node)
    is_tuple = isinstance(receiver, (TupleVal, GrownTuple))
    kind = DictCell if isinstance(cell, DictCell) else TupleVal if is_tuple else type(cell)
    if isinstance(receiver, Value):
        kind = ListOf
    handler = _METHODS.get((kind, name))
    if handler is None:
        p.no_derivative(
            "AD206",
            f"method `{name}` of this container is not understood",
            node,
            "append, extend, pop, insert, sort, copy, keys, values, items, get, update, index or count",
        )
    return handler(p, receiver, cell, args, keywords, node)


def _append(p: Parser, ref: Any, cell: Any, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    append(p, ref, args[0], node)
    return NONE


def _extend(p: Parser, ref: Any, cell: Any, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    extend(p, ref, args[0], node)
    return NONE


def _pop(p: Parser, ref: Any, cell: Any, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    return pop(p, ref, args[0] if args else Literal(-1), node)


def _insert(p: Parser, ref: Any, cell: Any, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    insert(p, ref, args[0], args[1], node)
    return NONE


def _remove(p: Parser, ref: Any, cell: Any, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    pop(p, ref, place_of(p, ref, args[0], node), node)
    return NONE


def _reverse(p: Parser, ref: Any, cell: Any, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    reverse(p, ref, node)
    return NONE


def _sort(p: Parser, ref: Any, cell: Any, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    p.change(ref, ordered(p, iterable(p, ref, node), keywords, node))
    return NONE


def _clear(p: Parser, ref: Any, cell: Any, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    if isinstance(cell, DictCell):
        p.change(ref, DictCell((), (), cell.cls))
    else:
        clear(p, ref, node)
    return NONE


def _copy(p: Parser, ref: Any, cell: Any, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    return p.new(cell)


def _keys(p: Parser, ref: Any, cell: DictCell, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    return DictView(ref, "keys")


def _values(p: Parser, ref: Any, cell: DictCell, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    return DictView(ref, "values")


def _items(p: Parser, ref: Any, cell: DictCell, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    return DictView(ref, "items")


def _get(p: Parser, ref: Any, cell: DictCell, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    key = static_key(p, args[0], node)
    return cell.items[cell.keys.index(key)] if key in cell.keys else (args[1] if len(args) > 1 else NONE)


def _setdefault(p: Parser, ref: Any, cell: DictCell, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    key = static_key(p, args[0], node)
    if key in cell.keys:
        return cell.items[cell.keys.index(key)]
    value = args[1] if len(args) > 1 else NONE
    p.change(ref, DictCell((*cell.keys, key), (*cell.items, value), cell.cls))
    return value


def _update(
    p: Parser, ref: Any, cell: DictCell, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    entries = dict(zip(cell.keys, cell.items, strict=True))
    if args:
        entries.update(dict_items(p, args[0], node))
    entries.update(keywords)
    p.change(ref, DictCell(tuple(entries), tuple(entries.values()), cell.cls))
    return NONE


def _dict_pop(p: Parser, ref: Any, cell: DictCell, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    key = static_key(p, args[0], node)
    entries = dict(zip(cell.keys, cell.items, strict=True))
    if key not in entries:
        if len(args) > 1:
            return args[1]
        p.raise_at(KeyError(key))
    value = entries.pop(key)
    p.change(ref, DictCell(tuple(entries), tuple(entries.values()), cell.cls))
    return value


def _index(p: Parser, receiver: Any, cell: Any, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    return place_of(p, receiver, args[0], node)


def _count(p: Parser, receiver: Any, cell: Any, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    return count_of(p, receiver, args[0], node)


def _namedtuple_replace(
    p: Parser, receiver: TupleVal, cell: Any, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    fields = receiver.cls._fields  # type: ignore[attr-defined]
    items = tuple(keywords.get(f, v) for f, v in zip(fields, receiver.items, strict=True))
    return TupleVal(items, receiver.cls)


def _namedtuple_asdict(
    p: Parser, receiver: TupleVal, cell: Any, args: list[Any], keywords: Any, node: ast.AST
) -> Any:
    return p.new(DictCell(tuple(receiver.cls._fields), receiver.items))  # type: ignore[attr-defined]


_METHODS: dict[tuple[Any, str], Any] = {
    (ListCell, "append"): _append,
    (GrownCell, "append"): _append,
    (ListCell, "extend"): _extend,
    (GrownCell, "extend"): _extend,
    (ListCell, "pop"): _pop,
    (GrownCell, "pop"): _pop,
    (ListCell, "insert"): _insert,
    (GrownCell, "insert"): _insert,
    (ListCell, "remove"): _remove,
    (GrownCell, "remove"): _remove,
    (ListCell, "reverse"): _reverse,
    (GrownCell, "reverse"): _reverse,
    (ListCell, "sort"): _sort,
    (GrownCell, "sort"): _sort,
    (ListCell, "clear"): _clear,
    (GrownCell, "clear"): _clear,
    (DictCell, "clear"): _clear,
    (ListCell, "copy"): _copy,
    (GrownCell, "copy"): _copy,
    (DictCell, "copy"): _copy,
    (DictCell, "keys"): _keys,
    (DictCell, "values"): _values,
    (DictCell, "items"): _items,
    (DictCell, "get"): _get,
    (DictCell, "setdefault"): _setdefault,
    (DictCell, "update"): _update,
    (DictCell, "pop"): _dict_pop,
    (TupleVal, "index"): _index,
    (ListCell, "index"): _index,
    (GrownCell, "index"): _index,
    (TupleVal, "count"): _count,
    (ListCell, "count"): _count,
    (GrownCell, "count"): _count,
    (TupleVal, "_replace"): _namedtuple_replace,
    (TupleVal, "_asdict"): _namedtuple_asdict,
}

# methods of arrays that take their axes or shape as separate arguments as well
_VARIADIC = {"reshape": "newshape", "transpose": "axes"}


# methods of arrays that have no row and leave the array as it is
_READING = frozenset(
    [
        "all", "any", "argmax", "argmin", "argpartition", "argsort", "as_integer_ratio", "bit_count",
        "choose", "compress", "conj", "conjugate", "cumprod", "dump", "dumps", "hex", "is_integer", "item",
        "nonzero", "searchsorted", "tobytes", "tofile", "tolist",
    ]
)  # fmt: skip


def call_array_method(
    p: Parser, method: ArrayMethod, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    """array.name(*args, **keywords)"""
    name = method.name
    writer = WRITING_METHODS.get(name) or FLAT_METHODS.get(name)
    if writer is not None:
        return writer(p, [method.receiver, *args], dict(keywords), node)
    is_object = isinstance(method.receiver, Value) and method.receiver.type == OPAQUE
    definition = None if is_object else definition_of(METHOD_DEFINITIONS.get(name), keywords)
    if definition is not None and isinstance(method.receiver, Value):
        return call_defined(p, method, definition, args, keywords, node)
    if name == "view" and not args and not keywords and shape_of(typ(method.receiver)):
        return p.builder.apply(GETITEM, method.receiver, Literal(...))
    row = METHODS.get(name)
    unknown = not is_object and row is None and isinstance(method.receiver, Value)
    if unknown and hasattr(np.ndarray, name) and name not in _READING:
        p.refuse(
            "AD108", f"`{name}` writes into the array", node, "a new array: np.full_like, np.sort, np.where"
        )
    if row is None or is_object:
        return call_unknown(p, method, args, keywords, node)
    if name in _VARIADIC and len(args) > 1:
        args = [TupleVal(tuple(args))]
    elif name == "transpose" and not args and "axes" not in keywords:
        args = []
    return apply_with_out(p, row, [method.receiver, *args], keywords, node)
