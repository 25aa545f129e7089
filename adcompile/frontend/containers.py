"""Containers of known structure: reading, updating, unpacking, comparing.

In: abstract values and the operation on them. Out: abstract values; the heap is updated for mutable ones. A
list of run-time length is read through the graph. Writes into arrays are refused here. Not for iteration
(`iterate`).
"""

from __future__ import annotations

import ast
import enum
import types
from typing import Any

import numpy as np

from ..ir.nodes import Literal, Value
from ..ir.types import Array, ListOf, Record, Scalar, ShapeOf, Unknown, is_numeric, shape_of
from ..rules import lists
from ..rules.indexing import GETITEM
from ..rules.rule import ATTRIBUTES, METHODS
from .merge import grown, leaves_of, parts_of, with_leaves
from .parse import NeedUnroll, Parser
from .values import (
    FALSE,
    TRUE,
    ArrayMethod,
    BoundMethod,
    Captured,
    Closure,
    ContainerMethod,
    DictCell,
    GrownCell,
    Indexed,
    ListCell,
    ObjectCell,
    RangeVal,
    Ref,
    SliceVal,
    Transformed,
    TupleVal,
    is_atom,
)


def cell_of(p: Parser, value: Any, node: ast.AST) -> Any:
    """The cell of a mutable container, None for anything else."""
    if isinstance(value, Ref):
        return p.usable(p.state.heap[value.id], node, "this container")
    return None


def static_key(p: Parser, key: Any, node: ast.AST) -> Any:
    """A dictionary key, which has to be known at compile time."""
    if isinstance(key, TupleVal):
        return tuple(static_key(p, k, node) for k in key.items)
    if isinstance(key, Literal):
        return key.value
    demand_static(p, key)
    p.no_derivative(
        "AD209", "a dictionary key that is known at run time only", node, "a constant key, or a list"
    )


def demand_static(p: Parser, index: Any) -> None:
    """Ask for a loop to be unrolled, or for an integer argument to be fixed, if that makes `index` known."""
    if not isinstance(index, Value):
        return
    pending, seen = [index], set()
    while pending:
        v = pending.pop()
        if v in seen:
            continue
        seen.add(v)
        if v in p.loop_indices and all(isinstance(a, Literal) for a in p.loop_indices[v]):
            raise NeedUnroll(v)
        if v in p.loop_indices:
            pending.extend(a for a in p.loop_indices[v] if isinstance(a, Value))
        p.inputs.demand(v)
        stmt = p.builder.definitions.get(v)
        if stmt is not None:
            from ..ir.nodes import values_in

            pending.extend(values_in(stmt.args))


def get_item(p: Parser, value: Any, index: Any, node: ast.AST) -> Any:
    """value[index]"""
    from .inputs import expand_captured
    from .primitives import to_index

    value = expand_captured(p, value, node)
    cell = cell_of(p, value, node)
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
        return _grown_item(p, cell, index, node)
    if isinstance(cell, ObjectCell):
        from .calls import call_special

        result = call_special(p, value, "__getitem__", [index], node)
        if result is not None:
            return result
    if isinstance(value, RangeVal):
        return p.builder.expand("a + k * s", a=value.start, k=index, s=value.step)
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
    return _grown_item(p, cell, index, node)


def _grown_item(p: Parser, cell: GrownCell, index: Any, node: ast.AST) -> Any:
    if cell.pattern is None:
        p.raise_at(IndexError("list index out of range"))
    if isinstance(index, SliceVal):
        from .primitives import to_index

        at = to_index(p, index, node)
        return p.new(
            GrownCell(
                cell.pattern, tuple(p.builder.expand("list_slice(x, i)", x=c, i=at) for c in cell.items)
            )
        )
    atoms = [p.builder.apply(GETITEM, column, index) for column in cell.items]
    return with_leaves(cell.pattern, iter(atoms))


def set_item(p: Parser, target: ast.Subscript, value: Any) -> None:
    """container[index] = value"""
    container = p.evaluate(target.value)
    index = p.evaluate(target.slice)
    update_item(p, container, index, value, target)


def update_item(p: Parser, container: Any, index: Any, value: Any, node: ast.AST) -> None:
    """container[index] = value."""
    if isinstance(container, Captured):
        _refuse_captured(p, node)
    cell = cell_of(p, container, node)
    if isinstance(cell, DictCell):
        key = static_key(p, index, node)
        entries = dict(zip(cell.keys, cell.items, strict=True))
        entries[key] = value
        p.state.heap[container.id] = DictCell(tuple(entries), tuple(entries.values()), cell.cls)
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
            p.state.heap[container.id] = column
            _set_grown(p, container, column, index, value, node)
            return
        items = list(cell.items)
        if not -len(items) <= index.value < len(items):
            p.raise_at(IndexError("list assignment index out of range"))
        items[index.value] = value
        p.state.heap[container.id] = ListCell(tuple(items))
        return
    if isinstance(cell, GrownCell):
        _set_grown(p, container, cell, index, value, node)
        return
    if isinstance(cell, ObjectCell):
        from .calls import call_special

        if call_special(p, container, "__setitem__", [index, value], node) is not None:
            return
    if isinstance(container, TupleVal):
        p.raise_at(TypeError("'tuple' object does not support item assignment"))
    p.refuse("AD108", "this writes into an array", node,
             "a new array: np.where(mask, new, old), np.concatenate or np.stack of the parts")  # fmt: skip


def _set_grown(p: Parser, ref: Ref, cell: GrownCell, index: Any, value: Any, node: ast.AST) -> None:
    """items[index] = value in a list of run-time length."""
    from .methods import frozen

    value = frozen(p, value, node)
    leaves = list(leaves_of(value))
    if not is_atom(index) or len(leaves) != len(cell.items):
        p.no_derivative(
            "AD208",
            "an item of different structure is put into a list of run-time length",
            node,
            "items of one kind",
        )
    columns = []
    for column, leaf in zip(cell.items, leaves, strict=True):
        changed = p.builder.apply(lists.LIST_SET, column, index, leaf)
        if isinstance(column, Value):
            changed.hint, changed.named = column.hint, column.named
        columns.append(changed)
    p.state.heap[ref.id] = GrownCell(cell.pattern, tuple(columns))


def _refuse_captured(p: Parser, node: ast.AST) -> None:
    p.refuse("AD109", "this changes an object from outside the function", node,
             "a function that returns the new value; the caller stores it")  # fmt: skip


def set_attribute(p: Parser, target: ast.Attribute, value: Any) -> None:
    """object.name = value"""
    container = p.evaluate(target.value)
    cell = cell_of(p, container, target)
    if isinstance(container, Value):
        p.refuse("AD108", f"this sets `{target.attr}` of a number or array", target,
                 "a new array: np.reshape for its shape, astype for its dtype")  # fmt: skip
    if not isinstance(cell, ObjectCell):
        _refuse_captured(p, target)
        return
    store_attribute(p, container, cell, target.attr, value, target)


def store_attribute(p: Parser, ref: Ref, cell: ObjectCell, name: str, value: Any, node: ast.AST) -> None:
    """ref.name = value, for an object whose attributes are known."""
    found = getattr(cell.cls, name, None)
    if isinstance(found, property):
        if found.fset is None:
            p.raise_at(AttributeError(f"property '{name}' of '{cell.cls.__name__}' object has no setter"))

        p.call(Literal(found.fset), [ref, value], {}, node)
        return
    if "__setattr__" in _python_methods(cell.cls):
        p.no_derivative("AD206", f"`{cell.cls.__name__}` defines __setattr__", node, "a plain attribute")
    entries = dict(zip(cell.keys, cell.items, strict=True))
    entries[name] = value
    p.state.heap[ref.id] = ObjectCell(tuple(entries), tuple(entries.values()), cell.cls)


def _python_methods(cls: type) -> set[str]:
    return {n for c in cls.__mro__[:-1] for n in vars(c)}


def augmented_assign(p: Parser, node: ast.AugAssign) -> None:
    """Target op= value, with the target's container and index evaluated once."""
    from ..rules.rule import operator_name
    from .expressions import binary

    op = operator_name(node.op)
    target = node.target
    if isinstance(target, ast.Name):
        old = p.lookup(target.id, target)
        new = p.evaluate(node.value)
        if isinstance(old, Ref) and op == "+" and isinstance(cell_of(p, old, node), (ListCell, GrownCell)):
            from .methods import extend

            extend(p, old, new, node)
            return
        _refuse_array_update(p, old, node)
        if target.id in p.frame.declared_global:
            p.refuse("AD109", f"`{target.id}` is a global that the function assigns to", target,
                     "a function that returns the new value; the caller assigns it")  # fmt: skip
        p.assign(target.id, binary(p, op, old, new, node))
        return
    if isinstance(target, ast.Attribute):
        container = p.evaluate(target.value)
        old = get_attribute(p, container, target.attr, target)
        _refuse_array_update(p, old, node)
        new = binary(p, op, old, p.evaluate(node.value), node)
        cell = cell_of(p, container, target)
        if not isinstance(cell, ObjectCell):
            _refuse_captured(p, target)
        store_attribute(p, container, cell, target.attr, new, target)
        return
    container = p.evaluate(target.value)
    index = p.evaluate(target.slice)
    if is_atom(container):
        update_item(p, container, index, None, target)
    old = get_item(p, container, index, target)
    _refuse_array_update(p, old, node)
    update_item(p, container, index, binary(p, op, old, p.evaluate(node.value), node), target)


def _refuse_array_update(p: Parser, old: Any, node: ast.AugAssign) -> None:
    """`a += b` changes the array in place, for all its other names too."""
    if isinstance(old, Value) and isinstance(old.type, Array):
        p.refuse("AD108", "`op=` on an array writes into it", node,
                 "a new array: `a = a + b` instead of `a += b`")  # fmt: skip


def delete_item(p: Parser, target: ast.Subscript) -> None:
    """Del container[index], for a container whose items are known."""
    container = p.evaluate(target.value)
    index = p.evaluate(target.slice)
    cell = cell_of(p, container, target)
    if isinstance(cell, DictCell):
        entries = dict(zip(cell.keys, cell.items, strict=True))
        key = static_key(p, index, target)
        if key not in entries:
            p.raise_at(KeyError(key))
        del entries[key]
        p.state.heap[container.id] = DictCell(tuple(entries), tuple(entries.values()), cell.cls)
        return
    if isinstance(cell, ListCell):
        bounds = [index] if is_atom(index) else [index.start, index.stop, index.step]
        for b in bounds:
            demand_static(p, b)
        if all(isinstance(b, Literal) for b in bounds):
            items = list(cell.items)
            try:
                del items[bounds[0].value if is_atom(index) else slice(*(b.value for b in bounds))]
            except IndexError as error:
                p.raise_at(error)
            p.state.heap[container.id] = ListCell(tuple(items))
            return
    p.refuse("AD105", "`del` of something other than a name or an item of a known container", target,
             "`del name`, or a container without the item")  # fmt: skip


def unpack(p: Parser, targets: list[ast.expr], value: Any, node: ast.AST) -> list[tuple[ast.expr, Any]]:
    """Pair the targets of an unpacking with their values."""
    from .iterate import fixed_items, iterable

    starred = [k for k, t in enumerate(targets) if isinstance(t, ast.Starred)]
    source = iterable(p, value, node)
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
    from .iterate import require
    from .methods import extend

    after = len(targets) - k - 1
    require(p, "n < count", source.length, len(targets) - 1, ValueError("not enough values to unpack"))
    star = targets[k]
    assert isinstance(star, ast.Starred)
    middle = p.new(ListCell(()))
    count = p.builder.expand("n - count", n=source.length, count=Literal(len(targets) - 1))
    inner = Indexed(count, lambda j: source.get(p.builder.expand("j + k", j=j, k=Literal(k)) if k else j))
    extend(p, middle, inner, node)
    front = [(t, source.get(Literal(j))) for j, t in enumerate(targets[:k])]
    back = [
        (t, source.get(p.builder.expand("n - j", n=source.length, j=Literal(after - j))))
        for j, t in enumerate(targets[k + 1 :])
    ]
    return [*front, (star.value, middle), *back]


def dict_items(p: Parser, value: Any, node: ast.AST) -> dict[Any, Any]:
    """The entries of a dictionary that is unpacked by `**`."""
    from .inputs import expand_captured

    cell = cell_of(p, expand_captured(p, value, node), node)
    if not isinstance(cell, DictCell):
        p.no_derivative(
            "AD209", "`**` needs a dictionary whose keys are known", node, "a dict display or a dict argument"
        )
    return dict(zip(cell.keys, cell.items, strict=True))


def get_attribute(p: Parser, value: Any, name: str, node: ast.AST) -> Any:
    """value.name"""
    from .inputs import captured_attribute

    if isinstance(value, Captured):
        return captured_attribute(p, value, name, node)
    if isinstance(value, Transformed) and value.kind == "super":
        return _super_attribute(p, value, name, node)
    cell = cell_of(p, value, node)
    if isinstance(cell, ObjectCell):
        return _object_attribute(p, value, cell, name, node)
    if isinstance(value, TupleVal) and value.cls is not tuple:
        fields = value.cls._fields  # type: ignore[attr-defined]
        if name in fields:
            return value.items[fields.index(name)]
        if name in ("_replace", "_asdict", "index", "count"):
            return ContainerMethod(value, name)
        found = _class_attribute(p, value, value.cls, name, node)
        return found if found is not None else ContainerMethod(value, name)
    if isinstance(value, TupleVal) or cell is not None:
        return ContainerMethod(value, name)
    if isinstance(value, Literal):
        return p.inputs.static_attribute(p, value, name, node)
    if isinstance(value, Value):
        return _array_attribute(p, value, name, node)
    if isinstance(value, BoundMethod) and name == "__self__":
        return value.receiver
    if isinstance(value, Closure) and name == "__name__":
        return Literal(value.name)
    p.no_derivative(
        "AD206", f"attribute `{name}` of this object is not understood", node, "a plain attribute"
    )


def _super_attribute(p: Parser, value: Transformed, name: str, node: ast.AST) -> Any:
    """super().name: looked up in the classes behind the one that the method is defined in."""
    receiver, behind = value.function, dict(value.options)["cls"]
    cell = cell_of(p, receiver, node)
    cls = (
        cell.cls
        if isinstance(cell, ObjectCell)
        else receiver.value
        if isinstance(receiver, Literal)
        else type(receiver.value)
    )
    order = cls.__mro__
    for c in order[order.index(behind) + 1 :]:
        if name in vars(c):
            found = vars(c)[name]
            if isinstance(found, types.FunctionType):
                return BoundMethod(receiver, Literal(found))
            if isinstance(found, classmethod):
                return BoundMethod(Literal(cls), Literal(found.__func__))
            if isinstance(found, staticmethod):
                return Literal(found.__func__)
            if isinstance(found, property):
                return p.call(Literal(found.fget), [receiver], {}, node)
            if c is object and name == "__init__":
                return Literal(_nothing)
            break
    p.no_derivative("AD206", f"`super().{name}` is not understood", node, "a method of a parent class")


def _nothing(*args: Any) -> None:
    return None


def _array_attribute(p: Parser, value: Value, name: str, node: ast.AST) -> Any:
    t = value.type
    if name == "shape" and is_numeric(t):
        return p.builder.expand("np.shape(x)", x=value)
    if name == "ndim" and shape_of(t) is not None:
        return Literal(len(shape_of(t) or ()))
    if name in ("ndim", "size") and is_numeric(t):
        return p.builder.expand(f"np.{name}(x)", x=value)
    if name == "dtype" and isinstance(t, (Array, Scalar)) and t.dtype is not None:
        return Literal(np.dtype(t.dtype))
    if name in ATTRIBUTES and is_numeric(t):
        return p.builder.apply(ATTRIBUTES[name], value)
    if isinstance(t, (Array, Scalar)) or (isinstance(t, Unknown) and name in METHODS):
        return ArrayMethod(value, name)
    if isinstance(t, (ListOf, ShapeOf, Record)):
        return ContainerMethod(value, name)
    return ArrayMethod(value, name)


def _object_attribute(p: Parser, ref: Ref, cell: ObjectCell, name: str, node: ast.AST) -> Any:
    found = class_member(p, cell.cls, name)
    if isinstance(found, property):
        return p.call(Literal(found.fget), [ref], {}, node)
    if name in cell.keys:
        return cell.items[cell.keys.index(name)]
    if name == "__class__":
        return Literal(cell.cls)
    result = _class_attribute(p, ref, cell.cls, name, node)
    if result is not None:
        return result
    getter = _lookup_class(cell.cls, "__getattr__")
    if getter is not None:
        return p.call(Literal(getter), [ref, Literal(name)], {}, node)
    p.raise_at(AttributeError(f"'{cell.cls.__name__}' object has no attribute '{name}'"))


def _lookup_class(cls: type, name: str) -> Any:
    for c in cls.__mro__:
        if name in vars(c):
            return vars(c)[name]
    return None


def class_member(p: Parser, cls: type, name: str) -> Any:
    """What a class or its parents define under a name, guarded: it may be replaced later."""
    for c in cls.__mro__:
        if name in vars(c):
            found = vars(c)[name]
            seen = getattr(cls, name)
            if c is not object and isinstance(seen, types.MethodType):
                p.inputs.guard((("const", cls), ("attr", name), ("attr", "__func__")), "is", seen.__func__)
            elif c is not object:
                p.inputs.guard((("const", cls), ("attr", name)), "is", seen)
            return found
    return None


def _class_attribute(p: Parser, receiver: Any, cls: type, name: str, node: ast.AST) -> Any:
    """An attribute found on the class: a method bound to the receiver, or a plain value."""
    found = class_member(p, cls, name)
    if found is None:
        return None
    p.inputs.guard_class(cls, name)
    if isinstance(found, property):
        return p.call(Literal(found.fget), [receiver], {}, node)
    if isinstance(found, types.FunctionType):
        return BoundMethod(receiver, Literal(found))
    if isinstance(found, staticmethod):
        return Literal(found.__func__)
    if isinstance(found, classmethod):
        return BoundMethod(Literal(cls), Literal(found.__func__))
    if hasattr(type(found), "__get__") and not isinstance(found, type):
        cached = getattr(found, "func", None)
        if type(found).__name__ == "cached_property" and cached is not None:
            return p.call(Literal(cached), [receiver], {}, node)
        if isinstance(receiver, TupleVal):
            return None
        p.no_derivative(
            "AD206", f"`{name}` is a descriptor that is not understood", node, "a property or a method"
        )
    return p.inputs.wrap_static(p, found)


def concatenate(p: Parser, op: str, x: Any, y: Any, node: ast.AST) -> Any:
    """`+` and `*` of tuples and lists, None for anything else."""
    from .inputs import expand_captured

    x, y = expand_captured(p, x, node), expand_captured(p, y, node)
    if op == "+":
        if isinstance(x, TupleVal) and isinstance(y, TupleVal):
            return TupleVal(x.items + y.items)
        a, b = cell_of(p, x, node), cell_of(p, y, node)
        if isinstance(a, ListCell) and isinstance(b, ListCell):
            return p.new(ListCell(a.items + b.items))
        if isinstance(a, (ListCell, GrownCell)) and isinstance(b, (ListCell, GrownCell)):
            from .methods import extend

            copy = p.new(grown(p.builder, a))
            extend(p, copy, y, node)
            return copy
    if op == "|":
        a, b = cell_of(p, x, node), cell_of(p, y, node)
        if isinstance(a, DictCell) and isinstance(b, DictCell):
            entries = dict(zip(a.keys, a.items, strict=True)) | dict(zip(b.keys, b.items, strict=True))
            return p.new(DictCell(tuple(entries), tuple(entries.values()), a.cls))
    if op == "*":
        for sequence, count in ((x, y), (y, x)):
            cell = cell_of(p, sequence, node)
            if not (isinstance(sequence, TupleVal) or isinstance(cell, ListCell)) or not is_atom(count):
                continue
            if isinstance(count, Value) and not (
                isinstance(count.type, Scalar) and count.type.dtype[0] in "iu"
            ):
                continue
            demand_static(p, count)
            items = sequence.items if isinstance(sequence, TupleVal) else cell.items
            if isinstance(count, Literal):
                many = items * count.value
                return TupleVal(many) if isinstance(sequence, TupleVal) else p.new(ListCell(many))
            return _repeated(p, items, count, node)
    if op == "%" and isinstance(x, Literal) and isinstance(x.value, str):
        from .opaque import opaque_text

        return opaque_text(p, x, y, node)
    return None


def _repeated(p: Parser, items: tuple[Any, ...], count: Value, node: ast.AST) -> Any:
    """`[v] * n` with n known at run time only."""
    if len(items) != 1 or not all(True for _ in leaves_of(items[0])):
        p.no_derivative(
            "AD209", "a list repeated a number of times known at run time only", node, "a comprehension"
        )
    columns = tuple(p.builder.expand("list_repeat(x, n)", x=leaf, n=count) for leaf in leaves_of(items[0]))
    return p.new(GrownCell(items[0], columns))


def membership(p: Parser, op: str, x: Any, y: Any, node: ast.AST) -> Any:
    """`in`: decided by structure where it can be."""
    from .branches import choose
    from .expressions import compare
    from .inputs import expand_captured

    y = expand_captured(p, y, node)
    cell = cell_of(p, y, node)
    if isinstance(cell, DictCell):
        known = static_key(p, x, node) in cell.keys
        return TRUE if known is (op == "in") else FALSE
    if isinstance(x, Literal) and isinstance(y, Literal):
        return TRUE if (x.value in y.value) is (op == "in") else FALSE
    if isinstance(y, TupleVal) or isinstance(cell, ListCell):
        items = y.items if isinstance(y, TupleVal) else cell.items
        result: Any = FALSE
        for item in items:
            same = compare(p, "==", x, item, node)
            if same is TRUE:
                result = TRUE
            elif result is FALSE:
                result = same
            elif result is not TRUE and same is not FALSE:
                result = choose(p, result, TRUE, same)
        return result if op == "in" else p.builder.negate(result)
    if isinstance(cell, ObjectCell):
        from .calls import call_special

        result = call_special(p, y, "__contains__", [x], node)
        if result is not None:
            return result if op == "in" else p.builder.negate(result)
    if isinstance(y, RangeVal) or not is_atom(y):
        p.no_derivative("AD206", "`in` on this object is not understood", node, "a comparison")
    from ..rules.rule import OPERATORS

    return p.builder.apply(OPERATORS[op], x, y)


def _equal_captured(p: Parser, x: Any, y: Any, node: ast.AST) -> Any:
    """X == y where one is an object from outside: members of an enumeration are compared by identity."""
    from .inputs import expand_captured, unwrap

    if all(isinstance(v.value, enum.Enum) for v in (x, y) if isinstance(v, Captured)):
        x, y = unwrap(p, x), unwrap(p, y)
        return (
            (TRUE if x.value == y.value else FALSE)
            if isinstance(x, Literal) and isinstance(y, Literal)
            else None
        )
    first, second = expand_captured(p, x, node), expand_captured(p, y, node)
    if isinstance(first, Captured) or isinstance(second, Captured):
        return None
    return equal(p, first, second, node)


def equal(p: Parser, x: Any, y: Any, node: ast.AST) -> Any:
    """X == y of containers: a constant or a chain of comparisons; None where an operand is an array."""
    from .branches import choose
    from .expressions import compare

    if isinstance(x, Captured) or isinstance(y, Captured):
        return _equal_captured(p, x, y, node)
    a = cell_of(p, x, node) if isinstance(x, Ref) else x
    b = cell_of(p, y, node) if isinstance(y, Ref) else y
    if isinstance(a, ObjectCell) or isinstance(b, ObjectCell):
        from .calls import call_special

        found = call_special(p, x, "__eq__", [y], node)
        return found if found is not None else (TRUE if x == y else FALSE)
    if is_atom(a) or is_atom(b):
        other = b if is_atom(a) else a
        atom = a if is_atom(a) else b
        if isinstance(atom, Value) and isinstance(atom.type, Array):
            return None
        return FALSE if isinstance(other, (TupleVal, ListCell, DictCell)) and not _is_shape(atom) else None
    if type(a) is not type(b) or len(parts_of(a)) != len(parts_of(b)):
        return FALSE
    if isinstance(a, DictCell) and a.keys != b.keys:
        return FALSE
    result: Any = TRUE
    for first, second in zip(parts_of(a), parts_of(b), strict=True):
        same = compare(p, "==", first, second, node)
        if same is FALSE:
            return FALSE
        if result is TRUE:
            result = same
        elif same is not TRUE:
            result = choose(p, result, same, result)
    return result


def _is_shape(atom: Any) -> bool:
    return isinstance(atom, Value) and isinstance(atom.type, ShapeOf)
