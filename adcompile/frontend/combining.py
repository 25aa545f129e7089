"""The iterators of itertools, as what a loop runs over.

In: abstract iterables. Out: an `Iterator` over known items, or over a sequence that is indexed by a counter.
What would need the items one after the other at run time is refused: a loop says it as well.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterable
from typing import Any

from ..ir.nodes import Literal
from .early import run_early
from .iterate import counted, fixed_items, iterable, mapped
from .operators import binary
from .parse import Parser
from .values import NONE, Fixed, Indexed, Iterator, ListCell, RangeVal, TupleVal

Builtin = Callable[[Parser, list[Any], dict[str, Any], ast.AST], Any]


def _given(p: Parser, name: str, names: tuple[str, ...], args: list[Any], keywords: dict[str, Any]) -> Any:
    """The arguments of a function by name; those that are not given are None."""
    if len(args) > len(names) or not keywords.keys() <= set(names[len(args) :]):
        p.raise_at(TypeError(f"{name}() takes the arguments {', '.join(names)}"))
    found = dict(zip(names, args, strict=False)) | keywords
    return [found.get(n) for n in names]


def _product(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    items = [fixed_items(p, a, node) for a in args] * _number(p, keywords.get("repeat", Literal(1)), node)
    return _of_tuples(itertools.product(*items))


def _repeat(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    value, times = _given(p, "repeat", ("object", "times"), args, keywords)
    if times is None:
        p.no_derivative("AD206", "`itertools.repeat` without a number of times has no end", node,
                        "`itertools.repeat(x, n)`, or the value itself")  # fmt: skip
    return Iterator(mapped(p, RangeVal(Literal(0), times, Literal(1)), lambda k: value))


def _chain(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    return _one_after_another(p, args, node)


def _chain_items(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    return _one_after_another(p, fixed_items(p, args[0], node), node)


def _one_after_another(p: Parser, values: list[Any], node: ast.AST) -> Any:
    sources = [iterable(p, v, node) for v in values]
    if not all(isinstance(s, Fixed) for s in sources):
        p.no_derivative("AD209", "`itertools.chain` of items whose number is known at run time only", node,
                        "one loop after the other, or np.concatenate")  # fmt: skip
    return _taken(p, node, lambda: [item for s in sources for item in s.items])


def _pairwise(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    source = iterable(p, args[0], node)
    if isinstance(source, Fixed):
        return _taken(p, node, lambda: map(_tuple, itertools.pairwise(source.items)))
    inner = counted(p, source)
    length = p.builder.expand("range_length(a, b, c)", a=Literal(1), b=inner.length, c=Literal(1))

    def get(k: Any) -> Any:
        return TupleVal((inner.get(k), inner.get(binary(p, "+", k, Literal(1), node))))

    return Iterator(Indexed(length, get, None, inner.over))


def _islice(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    source = iterable(p, args[0], node)
    bounds = [None if _is_none(a) else a for a in (args[1:] if len(args) > 2 else [NONE, *args[1:]])]
    start, stop, step = [*bounds, None, None][:3]
    if isinstance(source, Fixed):
        known = slice(*(a if a is None else _number(p, a, node) for a in (start, stop, step)))
        return _taken(p, node, lambda: source.items[known])
    inner = counted(p, source)
    start, step = Literal(0) if start is None else start, Literal(1) if step is None else step
    stop = inner.length if stop is None else p.builder.expand("min(a, b)", a=inner.length, b=stop)
    length = p.builder.expand("range_length(a, b, c)", a=start, b=stop, c=step)

    def get(k: Any) -> Any:
        return inner.get(binary(p, "+", start, binary(p, "*", k, step, node), node))

    return Iterator(Indexed(length, get, None, inner.over))


def _starmap(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    function, items = args
    return Iterator(
        mapped(p, iterable(p, items, node), lambda v: p.call(function, fixed_items(p, v, node), {}, node))
    )


def _accumulate(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    items, function = _given(p, "accumulate", ("iterable", "func"), args,
                             {k: v for k, v in keywords.items() if k != "initial"})  # fmt: skip
    initial = keywords.get("initial", NONE)
    source = iterable(p, items, node)
    if not isinstance(source, Fixed):
        p.no_derivative("AD209", "`itertools.accumulate` of items whose number is known at run time only",
                        node, "np.cumsum, or a loop that appends")  # fmt: skip
    adds = function is None or _is_none(function)

    def totals() -> list[Any]:
        found: list[Any] = [] if _is_none(initial) else [initial]
        for item in source.items:
            if found and adds:
                item = binary(p, "+", found[-1], item, node)
            elif found:
                item = p.call(function, [found[-1], item], {}, node)
            found.append(item)
        return found

    return _taken(p, node, totals)


def _zip_longest(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    filled = keywords.get("fillvalue", NONE)

    def tuples() -> Any:
        columns = [fixed_items(p, a, node) for a in args]
        return map(_tuple, itertools.zip_longest(*columns, fillvalue=filled))

    return _taken(p, node, tuples)


def _choosing(function: Callable[..., Any]) -> Builtin:
    """combinations, permutations and their like, of known items."""

    def chosen(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
        items, number = _given(p, function.__name__, ("iterable", "r"), args, keywords)
        known = fixed_items(p, items, node)
        return _of_tuples(function(known, len(known) if number is None else _number(p, number, node)))

    return chosen


def _refused(name: str) -> Builtin:
    def refused(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
        p.no_derivative("AD206", f"`itertools.{name}` is not understood", node, "a loop that says the same")

    return refused


def _of_tuples(chosen: Any) -> Iterator:
    return Iterator(Fixed.of(tuple(map(_tuple, chosen))))


def _tuple(items: Any) -> TupleVal:
    return TupleVal(tuple(items))


def _taken(p: Parser, node: ast.AST, items: Callable[[], Iterable[Any]]) -> Iterator:
    """An iterator over items that are known one by one, and taken now."""
    return run_early(p, node, lambda: p.new(ListCell(tuple(items()))), at_once=False)


def _is_none(value: Any) -> bool:
    return isinstance(value, Literal) and value.value is None


def _number(p: Parser, value: Any, node: ast.AST) -> int:
    if isinstance(value, Literal) and isinstance(value.value, int):
        return value.value
    p.no_derivative("AD209", "this number is known at run time only", node, "a constant")


_REFUSED = (
    "count", "cycle", "compress", "dropwhile", "filterfalse", "groupby", "takewhile", "tee", "batched",
)  # fmt: skip

ITERTOOLS: dict[Any, Builtin] = {
    **{getattr(itertools, name): _refused(name) for name in _REFUSED if hasattr(itertools, name)},
    itertools.product: _product,
    itertools.repeat: _repeat,
    itertools.chain: _chain,
    itertools.chain.from_iterable: _chain_items,
    itertools.pairwise: _pairwise,
    itertools.islice: _islice,
    itertools.starmap: _starmap,
    itertools.accumulate: _accumulate,
    itertools.zip_longest: _zip_longest,
    itertools.combinations: _choosing(itertools.combinations),
    itertools.combinations_with_replacement: _choosing(itertools.combinations_with_replacement),
    itertools.permutations: _choosing(itertools.permutations),
}
