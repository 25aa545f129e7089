"""Calls of primitives, and abstract values as their operands.

In: a row of the table and abstract arguments. Out: a statement. Containers that NumPy would read as sequences
become nested arguments, and containers in arithmetic arrays. Not for calls without a row: that is `opaque`.
"""

from __future__ import annotations

import ast
import functools
import inspect
from dataclasses import replace
from typing import Any

from .. import library
from ..errors import AdcompileError
from ..ir.nodes import Items, Literal, Slice, Value, leaves
from ..ir.types import ListOf, is_differentiable
from ..rules.facts import call_rule, facts_of
from ..rules.rule import FOREIGN, NAMESPACE, Param, Primitive, find
from .cells import cell_of, demand_static
from .inputs import expand_captured
from .iterate import fixed_items
from .optional import present, without_none
from .parse import Parser
from .values import (
    Flat,
    GrownCell,
    GrownTuple,
    Iterator,
    ListCell,
    ObjectCell,
    RangeVal,
    SliceVal,
    TupleVal,
    is_atom,
)

# operands that decide about shapes: they have to be known when the derivative is compiled
_STATIC_NAMES = frozenset(
    ["axis", "keepdims", "axes", "ord", "subscripts", "source", "destination", "axis1", "axis2", "dtype",
     "ddof", "k", "offset", "full_matrices", "decimals"]
)  # fmt: skip


# with `copy=False` these write into their operand
_CHANGED_UNLESS_COPIED = frozenset(["np.nan_to_num"])


# keywords that are accepted where they say nothing
_IGNORED = {"out": None, "where": True, "dtype": None, "order": None, "casting": "same_kind", "subok": True,
            "optimize": False, "initial": None, "like": None, "overwrite_input": False}  # fmt: skip


def in_order(
    p: Parser, row: Primitive, args: list[Any], keywords: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Arguments by position, as far as a row has the order of the function, and the rest by name.

    NumPy's functions have parameters that a row does not have, such as `out`, and some of them are not last.
    """
    known, positional = _parameters_of(spelled(row))
    count = 0
    for k, param in enumerate(row.params):
        if param.name in known and positional[k : k + 1] != [param.name]:
            break
        count += 1
    if any(q.star for q in row.params) or not count < len(args) <= len(positional):
        return args, dict(keywords)
    rest = dict(zip(positional[count:], args[count:], strict=False))
    twice = next((name for name in rest if name in keywords), None)
    if twice is not None:
        p.raise_at(TypeError(f"{spelled(row)}() got multiple values for argument '{twice}'"))
    return args[:count], {**rest, **keywords}


@functools.cache
def _parameters_of(path: str) -> tuple[tuple[str, ...], list[str]]:
    """The names of all parameters of a function, and of those that may be given by position, in its order."""
    try:
        found = inspect.signature(find(path, NAMESPACE)).parameters
    except (ValueError, TypeError, AttributeError):
        # written in C, or the name of a method or an operator
        return (), []
    by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return tuple(found), [name for name, q in found.items() if q.kind in by_position]


def apply_primitive(
    p: Parser, row: Primitive, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    """Bind the arguments to the row's parameters and append the statement."""
    bound: list[Any] = []
    names = [q.name for q in row.params]
    rest = _rewritten(p, row, args, node)
    keywords = dict(keywords)
    for q in row.params:
        if q.star:
            bound.append(tuple(as_argument(p, v, node) for v in rest))
            rest = []
        elif rest:
            if q.name in keywords:
                p.raise_at(TypeError(f"{spelled(row)}() got multiple values for argument '{q.name}'"))
            bound.append(_operand(p, row, q.name, rest.pop(0), node))
        elif q.name in keywords:
            bound.append(_operand(p, row, q.name, keywords.pop(q.name), node))
        elif repr(q.default) == "required":
            p.raise_at(TypeError(f"{spelled(row)}() missing required argument '{q.name}'"))
        else:
            bound.append(Literal(q.default))
        bound[-1] = _as_array(p, row, q, bound[-1], node)
    if rest:
        p.no_derivative("AD202", f"`{spelled(row)}` with {len(args)} arguments is not understood", node,
                        f"{row.name}")  # fmt: skip
    for key, value in keywords.items():
        if (
            key == "copy"
            and isinstance(value, Literal)
            and value.value is True
            and spelled(row) == "np.array"
        ):
            continue
        if key in _IGNORED and isinstance(value, Literal) and value.value is _IGNORED[key]:
            continue
        known = ", ".join(names)
        p.no_derivative(
            "AD202", f"`{spelled(row)}` is not understood with `{key}=`", node, f"its operands {known} only"
        )
    try:
        return _structured(p, _written(p, row, bound))
    except AdcompileError as error:
        # a rule does not know where it is asked
        raise error.placed(p.frame.source.loc(node)) from error.__cause__


def _written(p: Parser, row: Primitive, bound: list[Any]) -> Any:
    """The call of a row, or what it stands for in other primitives."""
    if row.expansion is not None:
        text = call_rule(row.expansion, {q.name: facts_of(a) for q, a in zip(row.params, bound, strict=True)})
        if text is not None:
            items = [a.items if isinstance(a, Items) else a for a in bound]
            env = {q.name: a for q, a in zip(row.params, items, strict=True)}
            return p.builder.expand(text, **env)
    return p.builder.apply(row, *bound)


def _rewritten(p: Parser, row: Primitive, args: list[Any], node: ast.AST) -> list[Any]:
    """The arguments in the spelling that a row understands."""
    if row.rewrite is None:
        return list(args)
    given = [as_argument(p, v, node) for v in args]
    given = [p.builder.expand("np.asarray(x)", x=a) if _is_active_sequence(a) else a for a in given]
    for arg in filter(is_sequence, given):
        for atom in leaves(arg):
            if isinstance(atom, Value):
                demand_static(p, atom)
    return list(row.rewrite(*given) or args)


def _as_array(p: Parser, row: Primitive, param: Param, arg: Any, node: ast.AST) -> Any:
    """The array that NumPy makes of a sequence, for a row whose rules are about arrays."""
    if row.rows and param.name in row.pullbacks:
        return _rows(p, arg)
    if param.star and not row.items:
        return tuple(_as_array(p, row, replace(param, star=False), a, node) for a in arg)
    if row.items or not is_sequence(arg):
        return arg
    if param.name not in row.pullbacks and not (row.expansion and any(map(_is_active_kind, leaves(arg)))):
        return arg
    if row.name in FOREIGN:
        p.no_derivative(
            "AD206",
            f"`{spelled(row)}` is given a sequence of numbers, and its rule is about one",
            node,
            f"an array: {spelled(row)}(np.array(...)); or a rule declared with items=True",
        )
    return p.builder.expand("np.asarray(x)", x=arg)


def _rows(p: Parser, arg: Any) -> Any:
    """A sequence of arrays: sequences in it are made arrays, and an array stands for the list of its rows."""
    if isinstance(arg, Value) and not isinstance(arg.type, ListOf) and is_differentiable(arg.type):
        return p.builder.expand("list(x)", x=arg)
    if not isinstance(arg, (tuple, Items)):
        return arg
    found = [
        p.builder.expand("np.asarray(x)", x=item) if _is_active_sequence(item) else item
        for item in (arg.items if isinstance(arg, Items) else arg)
    ]
    return Items(tuple(found)) if isinstance(arg, Items) else tuple(found)


def is_sequence(arg: Any) -> bool:
    """Whether an argument is a display or a run-time list."""
    return isinstance(arg, (tuple, Items)) or (isinstance(arg, Value) and isinstance(arg.type, ListOf))


def _is_active_sequence(arg: Any) -> bool:
    return is_sequence(arg) and any(map(_is_active_kind, leaves(arg)))


def _is_active_kind(atom: Any) -> bool:
    return isinstance(atom, Value) and is_differentiable(atom.type)


def _structured(p: Parser, result: Any) -> Any:
    """What a row computes as a Python value: displays become tuples and lists."""
    if isinstance(result, tuple):
        return TupleVal(tuple(_structured(p, r) for r in result))
    if isinstance(result, Items):
        return p.new(ListCell(tuple(_structured(p, r) for r in result.items)))
    return result


def _operand(p: Parser, row: Primitive, name: str, value: Any, node: ast.AST) -> Any:
    if isinstance(value, Iterator) and row.name.startswith("math."):
        # Python's own functions run through whatever gives items
        value = p.call(Literal(list, "list"), [value], {}, node)
    arg = as_argument(p, value, node)
    copied = isinstance(arg, Literal) and arg.value is True
    if name == "copy" and not copied and spelled(row) in _CHANGED_UNLESS_COPIED:
        p.refuse("AD108", f"`{spelled(row)}` with `copy=` may write into its argument", node, "`copy=True`")
    if (name in _STATIC_NAMES and name not in row.pullbacks) or name in row.static:
        # of a sequence that only the row asks for, the structure is enough
        for atom in leaves(arg) if name in _STATIC_NAMES else (arg,):
            if isinstance(atom, Value):
                demand_static(p, atom)
                p.no_derivative(
                    "AD209", f"`{name}` of `{spelled(row)}` is known at run time only", node, "a constant"
                )
    return arg


def spelled(row: Primitive) -> str:
    """The name under which a primitive is called."""
    return row.name.split("(")[0]


def as_argument(p: Parser, value: Any, node: ast.AST) -> Any:
    """An abstract value as an argument of a statement."""
    value = present(p, value, node)
    if is_atom(value):
        return value
    if isinstance(value, TupleVal):
        return tuple(as_argument(p, v, node) for v in value.items)
    found = sequence_argument(p, value, node)
    if found is not None:
        return found
    if isinstance(value, SliceVal):
        return to_index(p, value, node)
    p.no_derivative(
        "AD206",
        "this object cannot be an operand of a NumPy function",
        node,
        "numbers, arrays and lists of them",
    )


def sequence_argument(p: Parser, value: Any, node: ast.AST) -> Any:
    """A container as an argument that NumPy reads as a sequence, None for other objects."""
    if isinstance(value, Flat):
        return p.builder.expand("a.flatten()", a=value.array)
    value = expand_captured(p, value, node)
    cell = cell_of(p, value, node)
    if isinstance(cell, ObjectCell) and cell.cls is library.deque:
        return sequence_argument(p, cell.items[0], node)
    if isinstance(value, TupleVal):
        return tuple(as_argument(p, v, node) for v in value.items)
    if isinstance(cell, ListCell):
        return Items(tuple(as_argument(p, v, node) for v in cell.items))
    if isinstance(cell, GrownCell):
        cell = without_none(p, cell, node)
        if len(cell.items) == 1 and is_atom(cell.pattern):
            return cell.items[0]
        if cell.pattern is None:
            return Items(())
    if isinstance(value, RangeVal):
        return Items(tuple(as_argument(p, v, node) for v in fixed_items(p, value, node)))
    return None


def as_operand(p: Parser, value: Any, node: ast.AST) -> Any:
    """A container beside an array, in arithmetic or written into one: the array that NumPy makes of it."""
    value = present(p, value, node)
    found = value if is_atom(value) else sequence_argument(p, value, node)
    if found is None:
        p.no_derivative(
            "AD206", "arithmetic on an object that is no number or array", node, "numbers and arrays"
        )
    return p.builder.expand("np.asarray(x)", x=found) if is_sequence(found) else found


def to_index(p: Parser, index: Any, node: ast.AST) -> Any:
    """An abstract index as an argument of the graph."""
    index = present(p, index, node)
    if is_atom(index):
        return index
    if isinstance(index, SliceVal):
        return Slice(*(to_index(p, i, node) for i in (index.start, index.stop, index.step)))
    if isinstance(index, TupleVal):
        if len(index.items) == 1:
            return to_index(p, index.items[0], node)
        return tuple(to_index(p, i, node) for i in index.items)
    found = None if isinstance(index, GrownTuple) else sequence_argument(p, index, node)
    if found is None:
        p.no_derivative(
            "AD206", "this cannot index an array", node, "integers, slices, arrays of integers or a mask"
        )
    if isinstance(found, Items) and not found.items:
        return p.builder.expand("np.arange(0)")
    if isinstance(found, (tuple, Items)):
        return p.builder.expand("np.asarray(x)", x=found)
    return found
