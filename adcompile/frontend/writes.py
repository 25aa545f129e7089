"""Writing into arrays, in the ways in which Python and NumPy spell it.

In: an array, a place in it and what is written there. Out: nothing; the state knows the new contents, and
everything that shares the array's memory sees them. A write into a view is a write into its base. Not for who
shares memory: that is `memory`.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from ..ir.nodes import Apply, Arg, Literal, Slice, Through, Value, map_arg, values_in
from ..ir.types import Array, Unknown, dtype_of, is_differentiable, is_numeric, same_size, shape_of
from ..passes.cotangents import same_shape
from ..rules.indexing import (
    GETITEM,
    INDEX_ADD,
    INDEX_SET,
    index_parts,
    is_basic,
    is_distinct,
    is_whole,
)
from ..rules.rule import Primitive
from ..rules.sharing import shown_by
from ..rules.typing import typ
from .branches import fork
from .inputs import NeedItems
from .memory import IN_A_LIST, is_array, is_part, is_reshape
from .operators import binary
from .parse import Parser
from .pointers import Either, Tree
from .primitives import apply_primitive, as_operand, in_order, spelled, to_index
from .values import NONE, TupleVal

WHOLE = Literal(Ellipsis)


def write(p: Parser, array: Value, index: Arg, value: Any, node: ast.AST, row: Primitive = INDEX_SET) -> None:
    """array[index] = value, or what else `row` does at an index."""
    if isinstance(index, Literal) and isinstance(index.value, str):
        what = "this writes into a field of an array of records"
        p.refuse("AD113", what, node, "an array for each field")
    p.memory.separate(array)
    _write_at(p, p.memory.tree(array), index, value, node, row)


def _write_at(p: Parser, tree: Tree, index: Arg, value: Any, node: ast.AST, row: Primitive) -> None:
    """A write into an array, at the place where it is."""
    if isinstance(tree, Either):
        then, orelse = tree.then, tree.orelse
        fork(
            p,
            tree.test,
            lambda: _write_at(p, then, index, value, node, row),
            lambda: _write_at(p, orelse, index, value, node, row),
            None,
        )
        return
    base, steps = tree.base, list(tree.steps)
    assert base is not None
    _refuse_unwritable(p, base, steps, node)
    _refuse_shared(p, base, node)
    now = {v: p.memory.current(v) for v in values_in((index, value)) if is_array(v)}
    index, value = map_arg(index, now), map_arg(value, now)
    content = p.memory.content(base)
    if dtype_of(content.type) is None and is_differentiable(typ(value)):
        # integers on some path: what is written there is cut off
        with p.builder.as_they_are():
            value = p.builder.expand("as_stored(v, holds_floats(a))", v=value, a=content)
    settle(p, base, _put(p, content, steps, index, value, row))


def replace(p: Parser, array: Value, content: Value, node: ast.AST) -> None:
    """An array contains something else from now on, of the same shape and dtype."""
    p.memory.separate(array)
    tree = p.memory.tree(array)
    if isinstance(tree, Either) or tree.steps:
        write(p, array, WHOLE, content, node)
        return
    assert tree.base is not None
    _refuse_unwritable(p, tree.base, [], node)
    _refuse_shared(p, tree.base, node)
    settle(p, tree.base, content)


def settle(p: Parser, base: Value, content: Value) -> None:
    """The memory `base` contains `content` from now on."""
    p.state.memory[base] = content
    p.memory.owner[content] = base
    p.memory.mark_written(base)
    content.hint, content.named = base.hint, base.named


def _put(p: Parser, content: Any, steps: list[Apply], index: Arg, value: Any, row: Primitive) -> Any:
    """The contents of a memory after a write into the view that the steps lead to."""
    for k, step in enumerate(steps):
        if is_reshape(step):
            whole = p.memory.replay(content, steps[:k])
            written = _put(p, p.memory.replay(whole, [step]), steps[k + 1 :], index, value, row)
            with p.builder.as_they_are():
                back = p.builder.expand("np.reshape(w, np.shape(x))", w=written, x=whole)
            return _put(p, content, steps[:k], WHOLE, back, INDEX_SET) if k else back
        if is_part(step):
            whole = p.memory.replay(content, steps[:k])
            part = p.memory.replay(whole, [step])
            written = _put(p, part, steps[k + 1 :], index, value, row)
            back = _with_part(p, whole, written, step.primitive.name.endswith("imag"))
            return _put(p, content, steps[:k], WHOLE, back, INDEX_SET) if k else back
    if len(steps) == 1 and steps[0].primitive is GETITEM:
        joined = _joined_index(steps[0].args[1], index)
        if joined is not None:
            return p.builder.append(row, content, joined, value)
    if steps:
        index = Through(tuple((step.primitive, step.args[1:]) for step in steps), index)
    return p.builder.append(row, content, index, value)


def _with_part(p: Parser, whole: Value, part: Any, is_imaginary: bool) -> Any:
    """An array with another real or imaginary part."""
    with p.builder.as_they_are():
        if (dtype_of(whole.type) or "")[0] != "c":
            return part
        text = "from_parts(x.real, y)" if is_imaginary else "from_parts(y, x.imag)"
        return p.builder.expand(text, x=whole, y=part)


def _joined_index(first: Arg, second: Arg) -> Arg | None:
    """The one index that selects what two do, one after the other; None where it takes both."""
    parts = index_parts(second)
    if len(parts) == 1 and (is_whole(parts[0]) or (isinstance(parts[0], Literal) and parts[0].value is ...)):
        return first
    rows = index_parts(first)
    if all(not isinstance(r, (Slice, Literal)) or type(getattr(r, "value", None)) is int for r in rows):
        return (*rows, *parts) if is_basic(second) else None
    return None


def _refuse_view(p: Parser, step: Apply, node: ast.AST) -> None:
    name = step.primitive.name.split("(")[0]
    p.refuse(
        "AD111",
        f"this writes into the result of `{name}`, which may be a view, a copy, or read-only",
        node,
        f"a copy that is written, `{name}(...).copy()`, or a write into the array itself",
    )


def _refuse_unwritable(p: Parser, base: Value, steps: list[Apply], node: ast.AST) -> None:
    unfit = next((s for s in steps if not p.memory.is_writable(s)), None) or p.memory.fixed.get(base)
    if unfit is not None:
        _refuse_view(p, unfit, node)
    stmt = p.builder.definitions.get(base)
    opaque = stmt is not None and (
        stmt.primitive.effect == "opaque" or stmt.primitive.name.startswith("attribute(")
    )
    if opaque or isinstance(base.type, Unknown):
        p.refuse(
            "AD113",
            "this writes into an array of which nothing is known",
            node,
            "an array that the function is given or makes; lower(f, *arguments) tells what it is given",
        )


def _refuse_shared(p: Parser, base: Value, node: ast.AST) -> None:
    """Refuse a write into what may be, or may be seen by, another live variable."""
    roots = p.memory.roots_of(base)
    if IN_A_LIST in roots or not roots.isdisjoint(p.state.listed):
        if not p.inputs.itemwise:
            raise NeedItems
        p.refuse(
            "AD112",
            "this writes into an array that a list of run-time length holds",
            node,
            "a copy in the list, `items.append(x.copy())`, or a copy that is written",
        )
    other = p.memory.others(p.state, base)
    if other is not None:
        p.refuse(
            "AD112",
            f"this writes into an array that may or may not be the one that `{other[0]}` holds",
            node,
            "a copy of the one or the other, or the write in each of the branches",
        )


# -- statements ----------------------------------------------------------------------------------------------


def augmented(p: Parser, op: str, old: Value, new: Any, node: ast.AST) -> None:
    """`array op= new`, in place."""
    result = cast_in_place(p, old, binary(p, op, old, new, node), node)
    p.memory.separate(old)
    base, steps = p.memory.locate(old)
    made = typ(result)
    same = same_shape(shape_of(made), shape_of(old.type)) and dtype_of(made) == dtype_of(old.type)
    fresh = isinstance(result, Value) and p.builder.statements and result in p.builder.statements[-1].outs
    if not steps and same and fresh and shape_of(old.type) != () and base not in p.memory.pointers:
        _refuse_unwritable(p, base, steps, node)
        _refuse_shared(p, base, node)
        settle(p, base, result)
        return
    write(p, old, WHOLE, result, node)


def augmented_item(p: Parser, op: str, array: Value, index: Any, node: ast.AugAssign) -> None:
    """`array[index] op= value`: read, computed and written back.

    What is no view is read before the value is evaluated, which may write there.
    """
    at = to_index(p, index, node)
    old = p.builder.apply(GETITEM, array, at)
    base, _ = p.memory.locate(array)
    before = p.memory.content(base)
    value = p.evaluate(node.value)
    untouched = is_array(old) or p.memory.content(base) is before
    result = binary(p, op, old, value, node)
    if is_array(old):
        result = cast_in_place(p, old, result, node)
    is_sum = op in ("+", "-") and (dtype_of(array.type) or "?")[0] in "fc"
    if is_sum and untouched and is_distinct(at) and is_numeric(typ(value)):
        # what was there stays a part of it, so its adjoint stays as it is
        value = cast_in_place(p, old, value, node) if is_array(old) else value
        write(p, array, at, value if op == "+" else p.builder.expand("-x", x=value), node, INDEX_ADD)
        return
    write(p, array, at, result, node)


def cast_in_place(p: Parser, old: Value, result: Any, node: ast.AST) -> Any:
    """What is put into an array in place: NumPy refuses floats for an array of integers, and so do we.

    Where a dtype is known at run time only, that is when it is refused.
    """
    have, want = dtype_of(typ(result)), dtype_of(old.type)
    if have is None or want is None:
        return p.builder.expand("castable(v, a)", v=result, a=old)
    if not np.can_cast(have, want, "same_kind"):
        p.refuse(
            "AD113",
            f"`op=` puts values of dtype {have} into an array of dtype {want}",
            node,
            "an array of floats: x.astype(float)",
        )
    return result


def set_array_item(p: Parser, array: Value, index: Any, value: Any, node: ast.AST) -> None:
    """array[index] = value"""
    write(p, array, to_index(p, index, node), as_operand(p, value, node), node)


# -- functions and methods -----------------------------------------------------------------------------------


def target_of(p: Parser, value: Any, name: str, node: ast.AST) -> Value:
    """The array that a function or attribute writes into."""
    if not isinstance(value, Value) or not isinstance(value.type, Array):
        p.refuse("AD113", f"`{name}` writes into something that is no array", node, "an array")
    return value


def _fill(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    if len(args) != 2 or keywords:
        p.raise_at(TypeError(f"fill() takes exactly one argument ({len(args) + len(keywords) - 1} given)"))
    write(p, target_of(p, args[0], "fill", node), WHOLE, as_operand(p, args[1], node), node)
    return NONE


def _sort(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    array = target_of(p, args[0], "sort", node)
    write(p, array, WHOLE, p.call(Literal(np.sort, "np.sort"), [array, *args[1:]], keywords, node), node)
    return NONE


def _partition(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    array = target_of(p, args[0], "partition", node)
    parts = p.call(Literal(np.partition, "np.partition"), [array, *args[1:]], keywords, node)
    write(p, array, WHOLE, parts, node)
    return NONE


def _copyto(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    array = target_of(p, args[0], "np.copyto", node)
    value = cast_in_place(p, array, as_operand(p, args[1], node), node)
    where = keywords.pop("where", Literal(True))
    if keywords or len(args) > 2:
        instead = "np.copyto(dst, src, where=mask)"
        p.refuse("AD202", "`np.copyto` with these options is not understood", node, instead)
    if not (isinstance(where, Literal) and where.value is True):
        value = p.builder.expand("np.where(c, x, y)", c=as_operand(p, where, node), x=value, y=array)
    write(p, array, WHOLE, value, node)
    return NONE


def _fill_diagonal(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    array = target_of(p, args[0], "np.fill_diagonal", node)
    if len(args) != 2 or keywords or len(shape_of(array.type) or ()) != 2:
        instead = "x[np.arange(n), np.arange(n)] = v"
        p.refuse("AD202", "`np.fill_diagonal` is understood for matrices", node, instead)
    places = p.builder.expand("np.arange(np.minimum(np.shape(x)[0], np.shape(x)[1]))", x=array)
    write(p, array, (places, places), as_operand(p, args[1], node), node)
    return NONE


def apply_with_out(
    p: Parser, row: Primitive, args: list[Any], keywords: dict[str, Any], node: ast.AST, function: Any = None
) -> Any:
    """A primitive that may be told where to write its result, which then is what the call returns."""
    args, keywords = in_order(p, row, args, keywords)
    out = keywords.pop("out", NONE)
    if isinstance(function, np.ufunc) and len(args) == function.nin + 1:
        out, args = args[-1], args[:-1]
    if isinstance(out, TupleVal) and len(out.items) == 1:
        out = out.items[0]
    if isinstance(out, Literal) and out.value is None:
        return apply_primitive(p, row, args, keywords, node)
    array = target_of(p, out, "out=", node)
    where = keywords.pop("where", Literal(True))
    if row.regular and not (isinstance(where, Literal) and where.value is True):
        # NumPy does not compute elsewhere: nor is anything infinite there
        where = as_operand(p, where, node)
        args = [_where_computed(p, where, as_operand(p, a, node), row.safe) for a in args]
    wanted = dtype_of(array.type)
    if spelled(row) in _COMPUTED_IN and "dtype" not in keywords and wanted is not None:
        given = keywords | {"dtype": Literal(np.dtype(wanted).type, f"np.{wanted}")}
        plain = apply_primitive(p, row, args, keywords, node)
        value = plain if dtype_of(typ(plain)) == wanted else apply_primitive(p, row, args, given, node)
    else:
        value = apply_primitive(p, row, args, keywords, node)
    cast = row.pointwise or spelled(row) in (*_COMPUTED_IN, *_CAST)
    return deliver(p, array, value, where, cast, node)


def _where_computed(p: Parser, where: Any, operand: Any, safe: float) -> Any:
    if not is_differentiable(typ(operand)):
        return operand
    return p.builder.expand("np.where(c, x, safe)", c=where, x=operand, safe=Literal(safe))


def deliver(p: Parser, array: Value, value: Any, where: Any, cast: bool, node: ast.AST) -> Value:
    """The result of a call, written into the array that `out=` names; `cast` if NumPy may cast it."""
    value = cast_in_place(p, array, value, node)
    if not cast and dtype_of(typ(value)) != dtype_of(array.type):
        p.refuse("AD202", "`out=` of another dtype than the result", node, "`dtype=` as well, or a cast")
    if not (isinstance(where, Literal) and where.value is True):
        value = p.builder.expand("np.where(c, x, y)", c=as_operand(p, where, node), x=value, y=array)
    if _becomes(p, array, value):
        replace(p, array, value, node)
    else:
        write(p, array, WHOLE, value, node)
    return array


def _becomes(p: Parser, array: Value, result: Any) -> bool:
    """Whether a result that is written into a whole array can take its place: it is new, and alike."""
    base, steps = p.memory.locate(array)
    have, want = shape_of(typ(result)), shape_of(array.type)
    stmt = p.builder.definitions.get(result) if isinstance(result, Value) else None
    if steps or base in p.memory.pointers or not have or not want or stmt is None:
        return False
    alike = len(have) == len(want) and all(map(same_size, have, want))
    fresh = p.builder.statements and p.builder.statements[-1] is stmt and not shown_by(stmt)
    return bool(alike and fresh and dtype_of(typ(result)) == dtype_of(array.type))


def _put_along_axis(p: Parser, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    given = dict(zip(("arr", "indices", "values", "axis"), args, strict=False)) | keywords
    if given.keys() != {"arr", "indices", "values", "axis"}:
        p.raise_at(TypeError("put_along_axis() missing required arguments"))
    array = target_of(p, given["arr"], "np.put_along_axis", node)
    shape, axis = shape_of(array.type), given["axis"]
    if shape is None or not isinstance(axis, Literal) or not isinstance(axis.value, int):
        p.refuse("AD202", "`np.put_along_axis` of an array or along an axis that is not known", node,
                 "a number as the axis")  # fmt: skip
    parts: list[Any] = []
    for k in range(len(shape)):
        if k == axis.value % len(shape):
            parts.append(as_operand(p, given["indices"], node))
            continue
        places = p.builder.expand("np.arange(np.shape(x)[k])", x=array, k=Literal(k))
        after = [Literal(None)] * (len(shape) - 1 - k)
        parts.append(p.builder.apply(GETITEM, places, (Literal(Ellipsis), *after)) if after else places)
    write(p, array, tuple(parts), as_operand(p, given["values"], node), node)
    return NONE


# what computes in the dtype of the array that it writes into, and what casts its result to it
_COMPUTED_IN = ("np.sum", "np.prod", "np.cumsum", "np.cumprod", "np.mean")
_CAST = ("np.matmul", "np.clip", "np.max", "np.min")

WRITERS: dict[Any, Any] = {
    np.copyto: _copyto,
    np.fill_diagonal: _fill_diagonal,
    np.put_along_axis: _put_along_axis,
}
WRITING_METHODS: dict[str, Any] = {"fill": _fill, "partition": _partition, "sort": _sort}
