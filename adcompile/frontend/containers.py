"""Items of containers: reading, setting, deleting and unpacking.

In: abstract values and an index or key. Out: abstract values; the heap is updated for mutable containers. A
list of run-time length is one run-time list for each leaf of an item. Not for attributes (`attributes`), nor
for what operators do with containers (`operators`).
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from .. import library
from ..ir.nodes import Literal, Value
from ..ir.types import ListOf, Opaque, Scalar, ShapeOf, Unknown, dtype_of
from ..rules import lists
from ..rules.indexing import GETITEM
from ..rules.rule import operator_name
from ..rules.typing import typ
from .attributes import call_special, get_attribute, store_attribute
from .cells import cell_of, demand_static, refuse_captured, static_key
from .columns import fitted, grown, widened, with_holes
from .flat import get_flat_item, set_flat_item
from .growing import at_run_time, extend, frozen, pop, sliced, without_slice
from .inputs import expand_captured
from .iterate import fixed_items, iterable, require
from .memory import is_array
from .operators import inplace
from .optional import present
from .parse import Parser
from .primitives import as_operand, to_index
from .ranges import get_range_item
from .reshaping import set_array_attribute
from .structure import with_leaves
from .values import (
    Captured,
    DictCell,
    Flat,
    GrownCell,
    GrownTuple,
    Indexed,
    Iterator,
    ListCell,
    ObjectCell,
    RangeVal,
    Ref,
    SliceVal,
    TupleVal,
    is_atom,
)
from .writes import augmented, augmented_item, set_array_item


def get_item(p: Parser, value: Any, index: Any, node: ast.AST) -> Any:
    """value[index]"""
    value, index = present(p, value, node), present(p, index, node)
    if isinstance(value, Flat):
        return get_flat_item(p, value, index, node)
    if isinstance(value, Literal) and (value.value is np.mgrid or value.value is np.ogrid):
        return _grid(p, value, index, node)
    if isinstance(value, Literal) and (value.value is np.r_ or value.value is np.c_):
        return _joined(p, value, index, node)
    value = expand_captured(p, value, node)
    overloaded = None if is_atom(value) else call_special(p, value, "__getitem__", [index], node)
    if overloaded is not None:
        return overloaded
    cell = cell_of(p, value, node, index.value if isinstance(index, Literal) else None)
    if isinstance(value, TupleVal) or isinstance(cell, ListCell):
        items = value.items if isinstance(value, TupleVal) else cell.items
        return _sequence_item(p, value, items, index, node)
    if isinstance(cell, DictCell):
        key = static_key(p, index, node)
        if key in cell.keys:
            return cell.items[cell.keys.index(key)]
        if "__missing__" not in dir(cell.cls):
            p.raise_at(KeyError(key))
        p.no_derivative(
            "AD209", "a missing key of a dictionary with a default", node, "the key set before it is read"
        )
    if isinstance(cell, GrownCell):
        return _grown_item(p, value, cell, index, node)
    if isinstance(value, RangeVal):
        return get_range_item(p, value, index, node)
    if isinstance(value, Literal) and isinstance(index, Literal) and not isinstance(value.value, np.ndarray):
        try:
            return p.inputs.wrap_static(p, value.value[index.value])
        except Exception as error:
            p.raise_at(error)
    if not is_atom(value):
        p.no_derivative("AD206", "this object cannot be indexed", node, "an array, a tuple, a list or a dict")
    if isinstance(value, Value) and isinstance(value.type, ShapeOf) and isinstance(index, SliceVal):
        return p.builder.apply(GETITEM, value, to_index(p, index, node))
    return p.builder.apply(GETITEM, value, to_index(p, index, node))


def _sequence_item(p: Parser, value: Any, items: tuple[Any, ...], index: Any, node: ast.AST) -> Any:
    if isinstance(index, SliceVal):
        bounds = []
        for part in (index.start, index.stop, index.step):
            demand_static(p, part)
            if not isinstance(part, Literal):
                p.no_derivative("AD209", "a slice of a container with bounds known at run time only", node,
                                "constant bounds, or an array")  # fmt: skip
            bounds.append(part.value)
        chosen = items[slice(*bounds)]
        return TupleVal(chosen) if isinstance(value, TupleVal) else p.new(ListCell(chosen))
    if isinstance(index, Literal):
        if not isinstance(index.value, int):
            p.raise_at(
                TypeError(f"list indices must be integers or slices, not {type(index.value).__name__}")
            )
        if not -len(items) <= index.value < len(items):
            kind = "tuple" if isinstance(value, TupleVal) else "list"
            p.raise_at(IndexError(f"{kind} index out of range"))
        return items[index.value]
    demand_static(p, index)
    cell = grown(p.builder, ListCell(items))
    if cell is None or not items:
        p.no_derivative(
            "AD209",
            "a container of different items, indexed by a value known at run time only",
            node,
            "a constant index, a loop over the container, or items of one kind",
        )
    return _grown_item(p, value, cell, index, node)


def _grown_item(p: Parser, value: Any, cell: GrownCell, index: Any, node: ast.AST) -> Any:
    if isinstance(index, SliceVal):
        part = sliced(p, cell, to_index(p, index, node))
        return GrownTuple(part) if isinstance(value, GrownTuple) else p.new(part)
    if cell.pattern is None:
        p.raise_at(IndexError("list index out of range"))
    atoms = [p.builder.apply(GETITEM, column, index) for column in cell.items]
    return with_leaves(cell.pattern, iter(atoms))


def set_item(p: Parser, target: ast.Subscript, value: Any) -> None:
    """container[index] = value"""
    container = p.evaluate(target.value)
    index = p.evaluate(target.slice)
    update_item(p, container, index, value, target)


def update_item(p: Parser, container: Any, index: Any, value: Any, node: ast.AST) -> None:
    """container[index] = value."""
    container, index = present(p, container, node), present(p, index, node)
    if isinstance(container, Captured):
        refuse_captured(p, node)
    if isinstance(container, Flat):
        set_flat_item(p, container, index, value, node)
        return
    if isinstance(container, (TupleVal, GrownTuple)):
        p.raise_at(TypeError("'tuple' object does not support item assignment"))
    cell = cell_of(p, container, node)
    if isinstance(cell, DictCell):
        key = static_key(p, index, node)
        entries = dict(zip(cell.keys, cell.items, strict=True))
        entries[key] = value
        p.change(container, DictCell(tuple(entries), tuple(entries.values()), cell.cls))
        return
    if isinstance(cell, ListCell):
        demand_static(p, index)
        if not (isinstance(index, Literal) and isinstance(index.value, int)):
            column = grown(p.builder, cell)
            if column is None or column.pattern is None:
                p.no_derivative(
                    "AD209",
                    "an item of a list of different items is set at a place known at run time only",
                    node,
                    "a constant place, or a list of items of one kind",
                )
            p.change(container, column)
            _set_grown(p, container, column, index, value, node)
            return
        items = list(cell.items)
        if not -len(items) <= index.value < len(items):
            p.raise_at(IndexError("list assignment index out of range"))
        items[index.value] = value
        p.change(container, ListCell(tuple(items)))
        return
    if isinstance(cell, GrownCell):
        _set_grown(p, container, cell, index, value, node)
        return
    if (
        isinstance(cell, ObjectCell)
        and call_special(p, container, "__setitem__", [index, value], node) is not None
    ):
        return
    t = container.type if isinstance(container, Value) else None
    if isinstance(t, ListOf):
        p.refuse_inner_list(node)
    if isinstance(t, (Opaque, Unknown)):
        p.no_derivative("AD206", "this changes an object that is known at run time only", node,
                        "a list, a dict or an object made by a class of your own")  # fmt: skip
    if isinstance(container, Value):
        set_array_item(p, container, index, value, node)
        return
    what = "this writes into something that is no array or container"
    p.refuse("AD113", what, node, "an array, a list or a dict")


def _set_grown(p: Parser, ref: Ref, cell: GrownCell, index: Any, value: Any, node: ast.AST) -> None:
    """items[index] = value in a list of run-time length."""
    value = frozen(p, value, node)
    wide = widened(p.builder, cell, value)
    if not is_atom(index) or wide is None:
        p.no_derivative(
            "AD208",
            "an item of different structure is put into a list of run-time length",
            node,
            "items of one kind",
        )
    columns = []
    for column, leaf in zip(wide.items, fitted(wide.pattern, value), strict=True):
        changed = p.builder.apply(lists.LIST_SET, column, index, leaf)
        if isinstance(column, Value):
            changed.hint, changed.named = column.hint, column.named
        columns.append(changed)
    p.change(ref, with_holes(GrownCell(wide.pattern, tuple(columns))))


def _grid(p: Parser, maker: Literal, index: Any, node: ast.AST) -> Any:
    """np.mgrid[a:b, c:d] of integers; a grid of floats is made when the function runs, and is constant."""
    axes = index.items if isinstance(index, TupleVal) else (index,)
    bounds = [(s.start, s.stop, s.step) for s in axes if isinstance(s, SliceVal)]
    if len(bounds) < len(axes) or not all(map(_is_integer_or_none, (b for s in bounds for b in s))):
        return p.builder.apply(GETITEM, maker, to_index(p, index, node))
    starts = TupleVal(tuple(Literal(0) if _is_none(a) else a for a, _, _ in bounds))
    stops = TupleVal(tuple(b for _, b, _ in bounds))
    steps = TupleVal(tuple(Literal(1) if _is_none(c) else c for _, _, c in bounds))
    function = library.mgrid if maker.value is np.mgrid else library.ogrid
    found = p.call(Literal(function), [starts, stops, steps], {}, node)
    return found if isinstance(index, TupleVal) else get_item(p, found, Literal(0), node)


def _joined(p: Parser, maker: Literal, index: Any, node: ast.AST) -> Any:
    """np.r_[a, b:c] and np.c_[a, b], of what needs no cast."""
    parts = []
    for item in index.items if isinstance(index, TupleVal) else (index,):
        if isinstance(item, SliceVal) and all(map(_is_integer_or_none, (item.start, item.stop, item.step))):
            bounds = [Literal(0) if _is_none(item.start) else item.start, item.stop]
            bounds += [] if _is_none(item.step) else [item.step]
            item = p.call(Literal(np.arange, "np.arange"), bounds, {}, node)
        elif not isinstance(item, SliceVal):
            item = as_operand(p, item, node)
        if not isinstance(item, (Value, Literal)) or dtype_of(item.type) not in _WIDE:
            return p.builder.apply(GETITEM, maker, to_index(p, index, node))
        parts.append(item)
    if maker.value is np.c_:
        return p.call(Literal(np.column_stack, "np.column_stack"), [TupleVal(tuple(parts))], {}, node)
    parts = [p.call(Literal(np.atleast_1d, "np.atleast_1d"), [v], {}, node) for v in parts]
    return p.call(Literal(np.concatenate, "np.concatenate"), [TupleVal(tuple(parts))], {}, node)


# of two of these, the wider one is what NumPy casts to, whether they are numbers or arrays
_WIDE = ("int64", "float64", "complex128")


def _is_none(value: Any) -> bool:
    return isinstance(value, Literal) and value.value is None


def _is_integer_or_none(value: Any) -> bool:
    return _is_none(value) or (isinstance(typ(value), Scalar) and typ(value).dtype == "int64")  # type: ignore[attr-defined]


def augmented_assign(p: Parser, node: ast.AugAssign) -> None:
    """Target op= value, with the target's container and index evaluated once."""
    op = operator_name(node.op)
    target = node.target
    if isinstance(target, ast.Name):
        old = present(p, p.lookup(target.id, target), target)
        new = p.evaluate(node.value)
        if target.id in p.frame.declared_global:
            p.refuse("AD109", f"`{target.id}` is a global that the function assigns to", target,
                     "a function that returns the new value; the caller assigns it")  # fmt: skip
        p.assign(target.id, _updated(p, op, old, new, node))
        return
    if isinstance(target, ast.Attribute):
        container = p.evaluate(target.value)
        old = present(p, get_attribute(p, container, target.attr, target), target)
        value = p.evaluate(node.value)
        new = _updated(p, op, old, value, node)
        if isinstance(container, Value):
            if new is not old:
                set_array_attribute(p, container, target, new)
            return
        cell = cell_of(p, container, target)
        if not isinstance(cell, ObjectCell):
            refuse_captured(p, target)
        store_attribute(p, container, cell, target.attr, new, target)
        return
    container = p.evaluate(target.value)
    index = p.evaluate(target.slice)
    if is_array(container):
        augmented_item(p, op, container, index, node)
        return
    old = present(p, get_item(p, container, index, target), target)
    value = p.evaluate(node.value)
    update_item(p, container, index, _updated(p, op, old, value, node), target)


def _updated(p: Parser, op: str, old: Any, value: Any, node: ast.AugAssign) -> Any:
    """What the target of `op=` holds afterwards: the same array, changed, or a new value."""
    return old if _in_place(p, op, old, value, node) else inplace(p, op, old, value, node)


def _in_place(p: Parser, op: str, old: Any, value: Any, node: ast.AugAssign) -> bool:
    """`a op= b` of an array changes it for all its names; False for what is not changed but replaced."""
    if not is_array(old):
        return False
    if isinstance(old.type, Unknown) or (old.type.shape == () and not p.memory.is_surely_array(old)):
        # perhaps a number: replaced or changed makes a difference only to another name
        other = p.memory.sharer(p.state, old)
        if other is not None:
            p.refuse("AD113", f"`op=` on what may be a number or an array, which `{other}` may hold as well",
                     node, "`a = a + b`, which makes a new object")  # fmt: skip
        return False
    augmented(p, op, old, value, node)
    return True


def delete_item(p: Parser, target: ast.Subscript) -> None:
    """Del container[index]."""
    container = p.evaluate(target.value)
    index = p.evaluate(target.slice)
    if isinstance(container, GrownTuple):
        p.raise_at(TypeError("'tuple' object doesn't support item deletion"))
    cell = cell_of(p, container, target)
    if isinstance(cell, DictCell):
        entries = dict(zip(cell.keys, cell.items, strict=True))
        key = static_key(p, index, target)
        if key not in entries:
            p.raise_at(KeyError(key))
        del entries[key]
        p.change(container, DictCell(tuple(entries), tuple(entries.values()), cell.cls))
        return
    if isinstance(cell, (ListCell, GrownCell)):
        _delete_from_list(p, container, cell, index, target)
        return
    if call_special(p, container, "__delitem__", [index], target) is not None:
        return
    p.refuse("AD105", "`del` of something other than a name or an item of a known container", target,
             "`del name`, or a container without the item")  # fmt: skip


def _delete_from_list(p: Parser, ref: Any, cell: Any, index: Any, node: ast.AST) -> None:
    """Del items[index]; what a slice takes out of a list of run-time length is at one of its ends."""
    if is_atom(index):
        pop(p, ref, index, node)
        return
    bounds = [index.start, index.stop, index.step]
    if isinstance(cell, ListCell):
        for b in bounds:
            demand_static(p, b)
        if all(isinstance(b, Literal) for b in bounds):
            items = list(cell.items)
            del items[slice(*(b.value for b in bounds))]
            p.change(ref, ListCell(tuple(items)))
            return
    without_slice(p, ref, at_run_time(p, cell, node), index, node)


def unpack(p: Parser, targets: list[ast.expr], value: Any, node: ast.AST) -> list[tuple[ast.expr, Any]]:
    """Pair the targets of an unpacking with their values."""
    starred = [k for k, t in enumerate(targets) if isinstance(t, ast.Starred)]
    source = iterable(p, value, node)
    value = source if isinstance(value, Iterator) else value
    if starred and isinstance(source, Indexed) and not isinstance(source.length, Literal):
        return _unpack_run_time(p, targets, starred[0], source, node)
    items = fixed_items(p, value, node, None if starred else len(targets))
    if not starred:
        if len(items) != len(targets):
            few = len(items) < len(targets)
            text = f"not enough values to unpack (expected {len(targets)}, got {len(items)})" if few else (
                f"too many values to unpack (expected {len(targets)})")  # fmt: skip
            p.raise_at(ValueError(text))
        return list(zip(targets, items, strict=True))
    k, after = starred[0], len(targets) - starred[0] - 1
    if len(items) < len(targets) - 1:
        p.raise_at(
            ValueError(
                f"not enough values to unpack (expected at least {len(targets) - 1}, got {len(items)})"
            )
        )
    middle = p.new(ListCell(tuple(items[k : len(items) - after])))
    star = targets[k]
    assert isinstance(star, ast.Starred)
    front = list(zip(targets[:k], items[:k], strict=True))
    back = list(zip(targets[k + 1 :], items[len(items) - after :], strict=True)) if after else []
    return [*front, (star.value, middle), *back]


def _unpack_run_time(
    p: Parser, targets: list[ast.expr], k: int, source: Indexed, node: ast.AST
) -> list[tuple[ast.expr, Any]]:
    """A starred unpacking of a sequence of run-time length: the middle is a run-time list."""
    after = len(targets) - k - 1
    require(p, "n < count", source.length, len(targets) - 1, ValueError("not enough values to unpack"))
    star = targets[k]
    assert isinstance(star, ast.Starred)
    middle = p.new(ListCell(()))
    count = p.builder.expand("n - count", n=source.length, count=Literal(len(targets) - 1))
    inner = Indexed(
        count,
        lambda j: source.get(p.builder.expand("j + k", j=j, k=Literal(k)) if k else j),
        None,
        source.over,
    )
    extend(p, middle, inner, node)
    front = [(t, source.get(Literal(j))) for j, t in enumerate(targets[:k])]
    back = [
        (t, source.get(p.builder.expand("n - j", n=source.length, j=Literal(after - j))))
        for j, t in enumerate(targets[k + 1 :])
    ]
    return [*front, (star.value, middle), *back]
