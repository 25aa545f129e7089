"""What primitives that take arrays and lists as wholes mean in SymPy.

In: as in `meaning`, with arrays of expressions as NumPy's arrays of objects, and lists of run time as lists.
Out: the same. What only adds, multiplies or rearranges is left to NumPy.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy

from .meaning import (
    boxed,
    chosen,
    divided,
    elementwise,
    hypotenuse,
    is_condition,
    is_symbolic,
    logical,
    plain,
    settled,
)


def _total(x: Any) -> Any:
    return sum(x, 0)


def _written(a: Any, i: Any, v: Any) -> Any:
    if is_mask(i):
        return _where(i, v, a)
    out = np.array(a, dtype=object)
    out[i] = v
    return out


def _added(a: Any, i: Any, v: Any) -> Any:
    return _written(a, i, a[i] + v)


def is_mask(i: Any) -> bool:
    """Whether an index is an array of truth values, some of which depend on symbols."""
    return isinstance(i, np.ndarray) and all(isinstance(x, bool) or is_condition(x) for x in i.flat)


def _where(mask: Any, value: Any, a: Any) -> Any:
    """An array with a value where a mask is true."""
    if np.shape(mask) != np.shape(a) or np.ndim(value) != 0:
        raise NotImplementedError("values for the places of a mask that depends on values")
    return elementwise(lambda at, new, old: chosen(at, new, old))(mask, boxed(value), a)


def _item(x: Any, i: Any) -> Any:
    if is_mask(i) and is_symbolic(i):
        raise NotImplementedError("the size of the result depends on a value")
    if is_symbolic(i):
        raise NotImplementedError("an index depends on a value")
    return x[i]


def _norm(x: Any, ord: Any, axis: Any, keepdims: Any) -> Any:
    if ord is not None or keepdims or (axis is not None and np.ndim(x) != 1):
        raise NotImplementedError("norm of other kinds")
    return hypotenuse(*np.ravel(x))


def _matrix(x: Any) -> Any:
    if np.ndim(x) != 2:
        raise NotImplementedError("stacks of matrices")
    return sympy.Matrix(x)


def _solved(a: Any, b: Any) -> Any:
    found = np.array(_matrix(a).LUsolve(sympy.Matrix(b)), dtype=object)
    return found.reshape(np.shape(b))


def _variance(a: Any, axis: Any, dtype: Any, ddof: Any, keepdims: Any) -> Any:
    if axis is not None or dtype is not None or keepdims:
        raise NotImplementedError("variance along axes")
    around = np.ravel(a) - divided(_total(np.ravel(a)), np.size(a))
    return divided(_total(around * around), np.size(a) - ddof)


def _real_dtype(dtype: Any) -> None:
    if dtype is not None and np.dtype(dtype) != np.dtype(float):
        raise NotImplementedError(f"numbers of dtype {np.dtype(dtype)}")


def _array(x: Any, dtype: Any, *copy: Any) -> Any:
    _real_dtype(dtype)
    out = np.array(x, dtype=object)
    return settled(out) if is_symbolic(out) or dtype is not None else settled(np.array(settled(x)))


def _cast(x: Any, dtype: Any, copy: Any) -> Any:
    _real_dtype(dtype)
    return x


def _square_root_of_variance(*operands: Any) -> Any:
    return sympy.sqrt(_variance(*operands))


def _no() -> Any:
    raise NotImplementedError("no meaning in SymPy")


def _same_object(x: Any, y: Any) -> Any:
    return x is y if x is None or y is None else _no()


def _constant(x: Any) -> Any:
    """What must not depend on symbols."""
    return x if not is_symbolic(x) else _no()


def _product(x: Any, y: Any) -> Any:
    return np.dot(x, y) if np.ndim(y) < 3 else _no()


# by the text of the row; the operands in its order, those of `*args` as one tuple
WHOLE: dict[str, Callable[..., Any]] = {
    "x[i]": _item, "index_set(a, i, v)": _written, "index_add(a, i, v)": _added,
    "list_make(items)": list, "list_append(items, v)": lambda items, v: [*items, v],
    "list_pop(items)": lambda items: (items[:-1], items[-1]), "list(x)": list,
    "list_insert(items, i, v)": lambda items, i, v: [*items[:i], v, *items[i:]],
    "list_pop_at(items, i)": lambda items, i: ([*items[:i], *items[i:][1:]], items[i]),
    "list_join(x, y)": operator.add, "list_reverse(x)": lambda x: x[::-1],
    "list_set(items, i, v)": lambda items, i, v: [*items[:i], v, *items[i:][1:]],
    "list_slice(x, i)": operator.getitem, "list_repeat(x, n)": lambda x, n: [x] * n,
    "range_length(a, b, c)": lambda a, b, c: len(range(a, b, c)), "len(x)": len, "sum(x)": _total,
    "range_item(a, b, c, k)": lambda a, b, c, k: range(a, b, c)[k],
    "record(items)": tuple, "field(items, k)": operator.getitem, "make_tuple(items)": tuple,
    "own(a)": lambda a: a, "x @ y": _product, "x.T": np.transpose,
    "x.copy()": lambda x: x, "x.item()": lambda x: np.ravel(boxed(x))[0], "x.astype(dtype, copy=True)": _cast,
    "x.real": elementwise(sympy.re), "np.array(x, dtype=None, copy=True)": _array,
    "np.asarray(x, dtype=None, copy=None)": _array,
    "np.linalg.norm(x, ord=None, axis=None, keepdims=False)": _norm,
    "np.linalg.det(a)": lambda a: _matrix(a).det(),
    "np.linalg.inv(a)": lambda a: np.array(_matrix(a).inv(), dtype=object), "np.linalg.solve(a, b)": _solved,
    "np.var(a, axis=None, dtype=None, ddof=0, keepdims=False)": _variance,
    "np.std(a, axis=None, dtype=None, ddof=0, keepdims=False)": _square_root_of_variance,
    "math.fsum(seq)": _total, "x is y": _same_object,
    "math.prod(iterable, start=1)": lambda iterable, start: functools.reduce(operator.mul, iterable, start),
    "math.dist(p, q)": lambda p, q: hypotenuse(*[a - b for a, b in zip(p, q, strict=True)]),
    "x is not y": lambda x, y: not _same_object(x, y), "stop_gradient(x)": _constant,
    "int(x)": lambda x: int(_constant(x)), "bool(x)": lambda x: plain(sympy.Ne(x, 0)),
    "print(*args)": lambda *args: None,
    "np.all(a, axis=None, keepdims=False)": lambda a, axis, keepdims: _folded(sympy.And, a, axis),
    "np.any(a, axis=None, keepdims=False)": lambda a, axis, keepdims: _folded(sympy.Or, a, axis),
}  # fmt: skip


def _folded(join: Any, a: Any, axis: Any) -> Any:
    return plain(join(*[logical(x) for x in np.ravel(a)])) if axis is None else _no()


def _extreme(name: str, of: Any) -> Callable[..., Any]:
    def extreme(a: Any, axis: Any, keepdims: Any, initial: Any) -> Any:
        if axis is not None or keepdims or initial is not None:
            raise NotImplementedError(f"{name} along axes")
        return plain(of(*np.ravel(a)))

    return extreme


for _name, _of in (("max", sympy.Max), ("amax", sympy.Max), ("min", sympy.Min), ("amin", sympy.Min)):
    WHOLE[f"np.{_name}(a, axis=None, keepdims=False, initial=None)"] = _extreme(_name, _of)

# these of NumPy's functions compute, and take conditions for numbers
COMPUTING = frozenset(f"np.{name}" for name in ("sum", "prod", "mean", "dot", "cumsum", "cumprod", "matmul"))
# NumPy's own function does what is meant with arrays of expressions: it only adds, multiplies or rearranges
NATIVE = frozenset(
    f"np.{name}"
    for name in (
        "shape", "size", "sum", "prod", "mean", "dot", "matmul", "inner", "outer", "vdot", "trace", "cumsum",
        "cumprod", "diff", "zeros", "ones", "eye", "identity", "full", "zeros_like", "ones_like", "full_like",
        "empty", "empty_like", "arange", "reshape", "ravel", "transpose", "swapaxes", "moveaxis", "squeeze",
        "expand_dims", "atleast_1d", "atleast_2d", "concatenate", "stack", "vstack", "hstack", "column_stack",
        "flip", "fliplr", "flipud", "roll", "repeat", "tile", "broadcast_to", "take", "copy", "diag",
        "diagonal", "tril", "triu", "kron", "append", "cross", "tensordot", "asanyarray", "ascontiguousarray",
    )
)  # fmt: skip
