"""What a value without a name of its own is called: by the operation that made it.

In: a statement. Out: a word that can be part of an identifier, as `product`, `n_minus_1` or `x_i`. It
depends on the statement and on the user's names in it only, so that a value, the list that it is saved on and
its adjoint are called alike. Not for choosing among equal names: that is `names`.
"""

from __future__ import annotations

from collections.abc import Mapping

from .nodes import Apply, Arg, Call, If, Literal, Stmt, Value
from .types import Array

_LONGEST = 20

_OPERATORS = {
    "x + y": ("total", "plus"),
    "x - y": ("difference", "minus"),
    "x * y": ("product", "times"),
    "x / y": ("quotient", "over"),
    "x // y": ("quotient", "floor"),
    "x % y": ("remainder", "mod"),
    "x ** y": ("power", "to_the"),
    "x @ y": ("product", "at"),
}

# what a function computes, where its name would be taken for the function
_RESULTS = {
    "abs": "magnitude",
    "absolute": "magnitude",
    "bool": "truth",
    "float": "number",
    "complex": "number",
    "int": "whole",
    "len": "length",
    "round": "rounded",
    "sum": "total",
    "max": "largest",
    "amax": "largest",
    "maximum": "larger",
    "min": "smallest",
    "amin": "smallest",
    "minimum": "smaller",
    "where": "chosen",
    "solve": "solution",
    "inv": "inverse",
    "copy": "copied",
    "broadcast_to": "whole",
    "concatenate": "joined",
    "unbroadcast": "reduced",
    "unbroadcast_each": "reduced",
    "split_like": "parts",
    "nested_lists": "items",
    "unpad": "inner",
    "undiff": "undone",
    "put_back": "unsorted",
    "spread": "whole",
    "reshape": "reshaped",
    "sign": "signs",
    "list": "items",
    "list_make": "items",
    "list_each": "item",
    "list_append": "items",
    "list_pop": "item",
    "list_pop_at": "item",
    "list_insert": "items",
    "list_join": "items",
    "list_reverse": "items",
    "reordered": "items",
    "sort_order": "order",
    "inverse_order": "order",
    "place_of_new": "place",
    "place_of_old": "place",
    "list_equal": "are_equal",
    "list_contains": "is_in",
    "list_index": "place",
    "list_count": "count",
    "list_slice": "items",
    "list_repeat": "items",
    "list_set": "items",
    "list_add": "items",
    "zeros_of": "sums",
    "one_number": "number",
    "ones_like": "ones",
    "zeros_like": "zeros",
    "empty_like": "empty",
    "range_length": "length",
    "range_item": "number",
    "format_string": "text",
    "make_tuple": "items",
    "make_list": "items",
    "make_dict": "items",
    "record": "kept",
    "field": "item",
    "call": "returned",
    "accumulate": "total",
    "index_add": "total",
    "index_add_at": "total",
    "index_set": "changed",
    "expand_dims": "expanded",
    "outer": "outer_product",
    "dot": "product",
    "vdot": "product",
    "matmul": "product",
    "matmul_left": "product",
    "matmul_right": "product",
    "dot_left": "product",
    "dot_right": "product",
    "einsum": "product",
    "tensordot": "product",
    "inner": "product",
    "inverse_or_zero": "inverse",
    "ratio": "quotient",
    "square": "square",
}


def word_for(stmt: Stmt, definition: Mapping[Value, Stmt] | None = None) -> str:
    """The word for the result of a statement; empty for what a branch or a loop hands out.

    `definition` are the statements of other values, if the word may come from those.
    """
    if isinstance(stmt, Call):
        return "result"
    if not isinstance(stmt, Apply):
        return ""
    name, args = stmt.primitive.name, stmt.args
    if name == "x[i]":
        return _extent(args, definition or {}) or _item(args[0], args[1])
    if name in _OPERATORS and len(args) == 2:
        return _binary(name, args)
    if name == "-x":
        return _with("minus", args[0], "negative")
    if name in ("x.T", "x.mT", "x.real", "x.imag"):
        return _after(args[0], name[2:], "transposed" if name.endswith("T") else name[2:])
    if name in ("np.shape(x)", "np.size(x)"):
        return _after(args[0], name[3:-3], name[3:-3])
    if "(" not in name:
        # comparisons, and what else has a truth value
        return "mask" if isinstance(stmt.outs[0].type, Array) else "test"
    if stmt.adjoint and name in ("zeros_of(x)", "np.zeros_like(a, dtype=None)"):
        return _after(args[0], "bar", "sums")
    return _function(name.partition("(")[0].rpartition(".")[2], args)


def word_of(value: Value, stmt: Stmt) -> str:
    """The word for a result of a statement; for what a branch hands out, that for what a side yields."""
    if not isinstance(stmt, If):
        return word_for(stmt)
    k = stmt.outs.index(value)
    for block in (stmt.then, stmt.orelse):
        atom = block.yields[k]
        made = next((s for s in block.statements if atom in s.outs), None)
        if isinstance(atom, Value) and (word := atom.hint or (word_of(atom, made) if made else "")):
            return word
    return ""


def _extent(args: tuple[Arg, ...], definition: Mapping[Value, Stmt]) -> str:
    """The word for an item of a shape; empty for any other item."""
    base, axis = args
    made = definition.get(base) if isinstance(base, Value) else None
    if not isinstance(made, Apply) or made.primitive.name != "np.shape(x)" or not _text(axis, last=True):
        return ""
    text = _text(axis, last=True)
    return (
        _with("len", made.args[0], "length") if text == "0" else _after(made.args[0], f"dim_{text}", "width")
    )


def _function(function: str, args: tuple[Arg, ...]) -> str:
    if function in ("array", "asarray", "asanyarray"):
        return _after(args[0], "array", "array")
    result = _RESULTS.get(function, function)
    if function in ("sum", "len", "abs") and _named(args[0]):
        return _with(function, args[0], result)
    return result if result != function or not args else _with(function, args[0], function)


def _binary(name: str, args: tuple[Arg, ...]) -> str:
    word, joint = _OPERATORS[name]
    a, b = args
    if name == "x * y" and a is b:
        return _after(a, "squared", "square")
    if name == "x ** y" and isinstance(b, Literal) and b.value in (2, 3):
        power = "squared" if b.value == 2 else "cubed"
        return _after(a, power, "square" if b.value == 2 else "cube")
    if name == "x // y" and isinstance(b, Literal) and b.value == 2:
        return _with("half", a, "half")
    texts = [_text(a), _text(b)]
    if any(t.endswith(("_bar", "_dot")) for t in texts):
        return word
    found = f"{texts[0]}_{joint}_{texts[1]}"
    return found if all(texts) and len(found) <= _LONGEST and not texts[0].isdigit() else word


def _item(base: Arg, index: Arg) -> str:
    name = _named(base)
    if not name:
        return "item"
    parts = index if isinstance(index, tuple) else (index,)
    texts = [_text(part, last=True) for part in parts]
    if not all(texts):
        return f"{name}_part" if any(not isinstance(p, (Value, Literal)) for p in parts) else f"{name}_item"
    joined = "".join(texts) if all(len(t) == 1 for t in texts) else "_".join(texts)
    return f"{name}_{joined}"


def _text(arg: Arg, last: bool = False) -> str:
    """A name or a small number, as part of a word; empty for anything else."""
    if isinstance(arg, Literal):
        if last and arg.value == -1:
            return "last"
        return str(arg.value) if type(arg.value) is int and arg.value >= 0 else ""
    return _named(arg)


def _named(arg: Arg) -> str:
    known = isinstance(arg, Value) and arg.named and arg.hint
    return str(known) if known and len(known) <= _LONGEST else ""


def _with(word: str, arg: Arg, otherwise: str) -> str:
    found = f"{word}_{_named(arg)}"
    return found if _named(arg) and len(found) <= _LONGEST else otherwise


def _after(arg: Arg, word: str, otherwise: str) -> str:
    found = f"{_named(arg)}_{word}"
    return found if _named(arg) and len(found) <= _LONGEST else otherwise
