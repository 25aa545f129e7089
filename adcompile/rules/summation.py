"""np.einsum: the adjoint of an operand is another einsum, of the adjoint and the other operands.

Exact for every subscripts string: implicit outputs, ellipses, axes that appear in one operand only
(summed, so the adjoint is spread along them), and axes that one operand names twice (its diagonal, so the
adjoint is put on the diagonal).
"""

from __future__ import annotations

import string
from typing import Any

from ..errors import NoDerivative
from ..ir.nodes import Arg, Items, Literal
from ..ir.types import UNKNOWN, Array, Size, Type, is_many, shape_of
from .facts import Facts, rank_of
from .rule import linear
from .typing import as_array, broadcast_size, known, result_dtype, typ, value_of, with_shape


def spelled_out(subscripts: str, ranks: list[int | None]) -> tuple[list[str], str]:
    """The letters of each operand and of the output, ellipses replaced by letters that are still free."""
    text = subscripts.replace(" ", "")
    left, arrow, output = text.partition("->")
    inputs = left.split(",")
    letters = "".join(sorted({c for c in left if c.isalpha() and left.count(c) == 1}))
    if not arrow:
        output = ("..." if "..." in left else "") + letters
    free = [c for c in string.ascii_uppercase + string.ascii_lowercase if c not in text]
    widths = []
    for part, rank in zip(inputs, ranks, strict=True):
        if "..." not in part:
            widths.append(0)
        elif rank is None:
            raise NoDerivative(
                "AD202",
                "`np.einsum` with an ellipsis for an array of unknown rank",
                None,
                "the letters of all axes",
            )
        else:
            widths.append(rank - len(part) + 3)
    widest = max(widths, default=0)
    names = "".join(free[:widest])
    operands = [p.replace("...", names[widest - w :]) for p, w in zip(inputs, widths, strict=True)]
    return operands, output.replace("...", names)


def _single(letters: str, used: str) -> tuple[str, list[tuple[str, str, int]]]:
    """The operand's letters with repetitions renamed: (new letters, [(letter, its new name, axis)])."""
    free = iter(c for c in string.ascii_letters if c not in used)
    seen, renamed = "", []
    for axis, c in enumerate(letters):
        if c in seen:
            new = next(free)
            renamed.append((c, new, axis))
            c = new
        seen += c
    return seen, renamed


def _adjoint(subscripts: Any, operands: Any, k: Any) -> str:
    if not isinstance(subscripts, str):
        raise NoDerivative(
            "AD202", "`np.einsum` without a subscripts string", None, "np.einsum('ij,jk->ik', a, b)"
        )
    parts, output = spelled_out(subscripts, [rank_of(o) for o in operands])
    mine, renamed = _single(parts[k], "".join(parts) + output)
    others = [j for j in range(len(parts)) if j != k]
    inputs = [output, *(parts[j] for j in others), *(c + new for c, new, _ in renamed)]
    arguments = ["z_bar", *(f"operands[{j}]" for j in others)]
    arguments += [f"np.eye(np.shape(item)[{axis}])" for _, _, axis in renamed]
    available = set("".join(inputs))
    found = "".join(c for c in mine if c in available)
    if not output and len(others) == 1 and inputs[1:] == [mine]:
        return f"z_bar * {arguments[1]}"
    text = (
        "z_bar" if inputs == [found] else f"np.einsum('{','.join(inputs)}->{found}', {', '.join(arguments)})"
    )
    missing = tuple(axis for axis, c in enumerate(mine) if c not in available)
    if missing and missing != tuple(range(len(missing))):
        text = f"np.expand_dims({text}, {missing if len(missing) > 1 else missing[0]})"
    if _may_stretch(operands, parts, k):
        # an axis of length 1 goes with any length: its adjoint is the sum
        spread = f"np.broadcast_to({text}, {_full_shape(mine, parts, output)})" if missing else text
        return f"unbroadcast({spread}, item)"
    return text


def _full_shape(mine: str, parts: list[str], output: str) -> str:
    sizes = []
    for c in mine:
        if c in output:
            sizes.append(f"np.shape(z_bar)[{output.index(c)}]")
        else:
            j = next((j for j, p in enumerate(parts) if c in p), None)
            sizes.append("1" if j is None else f"np.shape(operands[{j}])[{parts[j].index(c)}]")
    return f"({', '.join(sizes)},)"


def _may_stretch(operands: Any, parts: list[str], k: int) -> bool:
    """Whether an axis of operand k may have length 1 where another operand's has not."""
    shape = operands[k].shape if isinstance(operands[k], Facts) else None
    for axis, c in enumerate(parts[k]):
        others = [
            (o, p.index(c)) for j, (o, p) in enumerate(zip(operands, parts, strict=True)) if j != k and c in p
        ]
        if not others:
            continue
        size = None if shape is None else shape[axis]
        if size is None or not is_many(size):
            lengths = [
                o.shape[a] if isinstance(o, Facts) and o.shape is not None else None for o, a in others
            ]
            if size is None or any(n != size for n in lengths):
                return True
    return False


def _type(subscripts: Arg, operands: Arg, optimize: Arg) -> Type:
    if (
        not isinstance(subscripts, Literal)
        or not isinstance(subscripts.value, str)
        or not isinstance(operands, tuple)
    ):
        return UNKNOWN
    types = [typ(o) for o in operands]
    dtype, shapes = result_dtype([as_array(t) for t in types]), [shape_of(t) for t in types]
    if any(s is None for s in shapes):
        return Array(dtype, None)
    try:
        parts, output = spelled_out(subscripts.value, [len(s or ()) for s in shapes])
    except ValueError:
        return Array(dtype, None)  # the primal raises
    sizes: dict[str, Size] = {}
    for part, shape in zip(parts, shapes, strict=True):
        for c, n in zip(part, shape or (), strict=False):
            sizes[c] = broadcast_size(sizes[c], n) if c in sizes else n
    return with_shape(dtype, tuple(sizes.get(c) for c in output))


_LETTERS = string.ascii_uppercase + string.ascii_lowercase


def _with_letters(*args: Arg) -> tuple[Arg, ...] | None:
    """The call `np.einsum(a, [0, 1], b, [1, 2], [0, 2])` with its axes as letters."""
    axes = [*args[1::2], *args[-1:]] if len(args) % 2 else list(args[1::2])
    if len(args) < 2 or not all(isinstance(a, (tuple, Items)) and known(a) for a in axes):
        return None
    texts = ["".join("..." if k is Ellipsis else _LETTERS[k] for k in value_of(a)) for a in axes]
    operands = args[0 : len(args) - len(args) % 2 : 2]
    left = ",".join(texts[: len(operands)])
    return Literal(left if len(args) % 2 == 0 else f"{left}->{texts[-1]}"), *operands


linear(
    "np.einsum(subscripts, *operands, optimize=False)",
    _adjoint,
    wrt=("operands",),
    types=_type,
    rewrite=_with_letters,
)
