"""Python's builtins that run over an iterable and give one result.

In: abstract arguments. Out: the abstract result; over a sequence of run-time length a loop.
"""

from __future__ import annotations

import ast
import builtins
import functools
import operator
from typing import Any

from ..ir.nodes import Items, Literal, Value
from ..ir.types import Array, ListOf, Scalar
from ..rules.rule import FUNCTIONS
from .branches import branch, truth
from .early import run_early
from .growing import append, extend
from .iterate import counted, iterable, require
from .loops import iterate
from .operators import binary, compare
from .optional import without_none
from .ordering import ordered
from .parse import Parser
from .values import (
    FALSE,
    NONE,
    TRUE,
    Fixed,
    GrownCell,
    Indexed,
    ListCell,
    fresh_id,
    is_atom,
    is_none,
)


def _filter(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    return run_early(p, node, lambda: _kept(p, args, node), at_once=False)


def _kept(p: Parser, args: list[Any], node: ast.AST) -> Any:
    """The list of what `filter` lets through."""
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


def collect(p: Parser, source: Any, node: ast.AST) -> Any:
    """The items of an iterable as a list; a list of run-time length is taken as it is."""
    if isinstance(source, Indexed) and source.of is not None:
        return source.of

    ref = p.new(ListCell(()))
    extend(p, ref, source, node)
    return ref


def _taken(p: Parser, source: Fixed, node: ast.AST, at_once: bool = True) -> Fixed:
    """Items taken before they are combined; computing one does not change the others."""
    taken: Fixed = run_early(p, node, lambda: p.new(ListCell(source.items)), at_once).source
    return taken


def _sum(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    start = args[1] if len(args) > 1 else keywords.get("start", Literal(0))
    source = iterable(p, args[0], node)
    if isinstance(source, Fixed):
        source = _taken(p, source, node)
    zero = isinstance(start, Literal) and type(start.value) is int and start.value == 0
    if isinstance(source, Fixed) and len(source.items) <= 1:
        items: list[Any] = [start, *source.items]
    elif isinstance(source, Fixed):
        if zero and _all_floats(source.items):
            return p.builder.expand("sum(x)", x=Items(source.items))
        items = [start, *source.items]
    elif zero:
        columns = p.cell(collect(p, source, node))
        if isinstance(columns, GrownCell):
            columns = without_none(p, columns, node)
            if not is_atom(columns.pattern):
                p.no_derivative("AD206", "`sum` of items that are no numbers or arrays", node,
                                "a loop that adds them up")  # fmt: skip
            return p.builder.expand("sum(x)", x=columns.items[0])
        items = [start]
        if isinstance(columns, ListCell):
            items += columns.items
    else:
        return _reduce(p, [Literal(operator.add), source, start], {}, node)
    total = items[0]
    for item in items[1:]:
        total = binary(p, "+", total, item, node)
    return total


def _all_floats(items: tuple[Any, ...]) -> bool:
    """Python numbers, which `sum` may add with compensation: the builtin itself has to be called."""
    return all(is_atom(i) and isinstance(i.type, Scalar) for i in items)


def _extreme(name: str) -> Any:
    def handler(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
        key = keywords.get("key", NONE)
        plain = is_none(key)
        if len(args) == 1:
            source = iterable(p, args[0], node)
            if not isinstance(source, Fixed):
                return _extreme_at_run_time(p, name, args[0], counted(p, source), keywords, node)
            args = list(_taken(p, source, node, at_once=plain).items)
        if not args:
            if "default" in keywords:
                return keywords["default"]
            p.raise_at(ValueError(f"{name}() iterable argument is empty"))
        if all(isinstance(a, Literal) and isinstance(a.value, (int, str)) for a in args):
            return Literal(getattr(builtins, name)(a.value for a in args))
        if not plain or not all(map(is_atom, args)):
            keys = args if plain else [p.call(key, [a], {}, node) for a in args]
            return _first_extreme(p, ">" if name == "max" else "<", args, keys, node)
        result = args[0]
        for other in args[1:]:
            result = p.builder.apply(FUNCTIONS[getattr(builtins, name)], result, other)
        return result

    return handler


def _extreme_at_run_time(
    p: Parser, name: str, value: Any, source: Indexed, keywords: dict[str, Any], node: ast.AST
) -> Any:
    """Max or min of a value whose items are `source`, or what it is to be if there is none."""
    key = keywords.get("key", NONE)

    def found() -> Any:
        if is_none(key) and isinstance(value, Value) and isinstance(value.type, Array):
            return p.builder.expand(f"np.{name}(x)", x=value)
        return _extreme_of_sequence(p, name, source, key, node)

    if "default" not in keywords:
        return found()
    is_empty = p.builder.expand("n < 1", n=source.length)
    return p.usable(branch(p, is_empty, lambda: keywords["default"], found), node, "the result of this call")


def _first_extreme(p: Parser, op: str, items: list[Any], keys: list[Any], node: ast.AST) -> Any:
    """The first item whose key is not surpassed by another's."""
    if len(items) == 1:
        return items[0]
    test = truth(p, compare(p, op, keys[1], keys[0], node), node)
    rest, rest_keys = items[2:], keys[2:]
    result = branch(
        p,
        test,
        lambda: _first_extreme(p, op, [items[1], *rest], [keys[1], *rest_keys], node),
        lambda: _first_extreme(p, op, [items[0], *rest], [keys[0], *rest_keys], node),
    )
    return p.usable(result, node, "the result of this call")


def _extreme_of_sequence(p: Parser, name: str, source: Indexed, key: Any, node: ast.AST) -> Any:
    """Max or min of a sequence of run-time length: one item after the other, as the builtin does."""
    require(p, "n < count", source.length, 1, ValueError(f"{name}() arg is an empty sequence"))
    rest = Indexed(
        p.builder.expand("n - 1", n=source.length),
        lambda k: source.get(p.builder.expand("k + 1", k=k)),
        None,
        source.over,
    )
    best = ("%best", fresh_id())
    p.state.names[best] = source.get(Literal(0))
    item_of: list[Any] = []

    def body() -> None:
        items = [p.usable(p.state.names[best], node, "the result of this call"), *item_of]
        if is_none(key) and all(is_atom(i) and not isinstance(i.type, ListOf) for i in items):
            p.state.names[best] = p.builder.apply(FUNCTIONS[getattr(builtins, name)], *items)
            return
        keys = items if is_none(key) else [p.call(key, [item], {}, node) for item in items]
        p.state.names[best] = _first_extreme(p, ">" if name == "max" else "<", items, keys, node)

    iterate(p, rest, fresh_id(), lambda v: item_of.__setitem__(slice(None), [v]), body, node, None)
    return p.usable(p.state.names.pop(best), node, "the result of this call")


def _any_all(is_any: bool) -> Any:
    def handler(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
        source = iterable(p, args[0], node)
        if not isinstance(source, Fixed):
            name = "any" if is_any else "all"
            if isinstance(args[0], Value):
                return p.builder.expand(f"bool(np.{name}(x))", x=args[0])
            column = p.cell(collect(p, source, node))
            assert isinstance(column, GrownCell)
            if not is_atom(column.pattern):
                p.no_derivative("AD206", f"`{name}` of items that are no numbers", node, "a loop over them")
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


def _sorted(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    return p.new(ordered(p, iterable(p, args[0], node), keywords, node))


def _reduce(p: Parser, args: list[Any], keywords: Any, node: ast.AST) -> Any:
    """functools.reduce"""
    source = iterable(p, args[1], node)
    if isinstance(source, Fixed):
        if len(args) < 3 and source.size() == 0:
            p.raise_at(TypeError("reduce() of empty iterable with no initial value"))
        total, k = (args[2], 0) if len(args) > 2 else (source.get(0), 1)
        while k < source.size():
            total, k = p.call(args[0], [total, source.get(k)], {}, node), k + 1
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


FOLDS: dict[Any, Any] = {
    filter: _filter,
    sum: _sum,
    max: _extreme("max"),
    min: _extreme("min"),
    any: _any_all(True),
    all: _any_all(False),
    sorted: _sorted,
    functools.reduce: _reduce,
}
