"""Which values are certainly finite, and what is known of their signs.

In: a block, whose parameters are taken to be finite. Out: what is known of its values. That sums and products
grow too large is not counted, that an exponential does is. Not for what a derivative does about a pole:
that is `passes.guards`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..ir.nodes import Apply, Block, Call, For, If, Literal, Value, While, leaves
from ..ir.types import Array, Scalar, dtype_of
from ..rules.expand import rule_facts
from ..rules.regular import regular
from .activity import carried_params, carried_yields

# signs: an odd number says that the value may be zero; negative ones are the same below zero
POSITIVE, NOT_NEGATIVE, ANY = 2, 1, 0

# where this operand is positive, the partials are finite
_REGULAR_IF_POSITIVE = {
    "x / y": 1, "np.divide": 1, "x % y": 1, "x ** y": 0, "np.power": 0, "np.sqrt": 0, "math.sqrt": 0,
    "np.log": 0, "np.log2": 0, "np.log10": 0, "np.log1p": 0, "np.reciprocal": 0, "np.cbrt": 0,
}  # fmt: skip
_FINITE_IF_NOT_NEGATIVE = ("np.sqrt", "math.sqrt", "np.cbrt", "np.log1p")
_MAY_OVERFLOW = tuple(f"{m}.{f}" for m in ("np", "math") for f in ("exp", "exp2", "expm1", "sinh", "cosh"))
_KEEP_ZEROS = ("abs", "np.absolute", "np.fabs", "math.fabs", "np.square", "np.sqrt", "math.sqrt")
_NOT_NEGATIVE = (
    *_KEEP_ZEROS, "np.exp", "math.exp", "np.exp2", "np.hypot", "math.hypot", "math.dist", "np.linalg.norm",
)  # fmt: skip
_SUMS, _DIFFERENCES, _NEGATIONS = ("x + y", "np.add"), ("x - y", "np.subtract"), ("-x", "np.negative")
_DIVISIONS = ("x / y", "np.divide")
_PRODUCTS = ("x * y", "np.multiply", *_DIVISIONS)
_POWERS = ("x ** y", "np.power", "math.pow")
_LARGER = ("np.maximum", "max")
# each element of the result is one of the operands'
_SELECTIONS = (
    "np.minimum", "min", "np.where", "x[i]", "index_set", "own", "x.T", "np.reshape", "np.copy", "x.copy",
    "np.ravel", "np.broadcast_to", "np.max", "np.min", "np.expand_dims", "np.squeeze", "np.transpose",
)  # fmt: skip
_REDUCTIONS = ("np.sum", "np.mean", "sum")


class Ranges:
    """What is known of the values of a block."""

    def __init__(self, block: Block) -> None:
        # values that a pole may make infinite or NaN
        self._wild: set[Value] = set()
        self._signs: dict[Value, int] = {}
        self._block(block)

    def is_finite(self, atom: object) -> bool:
        """Whether a value, a number, or all atoms of an argument are certainly finite."""
        if isinstance(atom, Value):
            return atom not in self._wild
        if isinstance(atom, Literal):
            return not isinstance(atom.value, (float, complex)) or math.isfinite(abs(atom.value))
        return all(map(self.is_finite, leaves(atom)))  # type: ignore[arg-type]

    def sign(self, atom: object) -> int:
        """What is known of the sign of a value or a number."""
        if isinstance(atom, Value):
            # what has no elements needs no guard: a length is not zero
            length = isinstance(atom.type, Scalar) and atom.type.size is not None
            return POSITIVE if length else self._signs.get(atom, ANY)
        number = atom.value if isinstance(atom, Literal) else None
        if not isinstance(number, (int, float)):
            return ANY
        return POSITIVE if number > 0 else -POSITIVE if number < 0 else NOT_NEGATIVE if number == 0 else ANY

    def is_regular(self, stmt: Apply) -> bool:
        """Whether the partials of a row are finite where its operands are."""
        row, name = stmt.primitive, _word(stmt)
        k = _REGULAR_IF_POSITIVE.get(name)
        sign = ANY if k is None else self.sign(stmt.args[k])
        if sign == POSITIVE or (sign == -POSITIVE and name in _DIVISIONS):
            return True
        return row.is_linear or not regular(row, rule_facts(stmt))

    # -- the statements --------------------------------------------------------------------------------------

    def _block(self, block: Block) -> None:
        for stmt in block.statements:
            _VISITS[type(stmt)](self, stmt)

    def _join(self, out: Value, atoms: Sequence[object]) -> bool:
        """Let a value be one of several; whether that was not known of it."""
        wild, sign = any(not self.is_finite(a) for a in atoms), _either(list(map(self.sign, atoms)))
        news = (out in self._wild) != wild or self._signs.get(out, ANY) != sign
        (self._wild.add if wild else self._wild.discard)(out)
        self._signs[out] = sign
        return news

    def _if(self, stmt: If) -> None:
        self._block(stmt.then)
        self._block(stmt.orelse)
        for out, *atoms in zip(stmt.outs, stmt.then.yields, stmt.orelse.yields, strict=True):
            self._join(out, atoms)

    def _loop(self, stmt: For | While) -> None:
        params, yields = carried_params(stmt), carried_yields(stmt)
        for p, entering in zip(params, stmt.init, strict=True):
            self._join(p, [entering])
        if isinstance(stmt, For):
            start, _, step = stmt.range
            up = self.sign(step) == POSITIVE
            self._signs[stmt.body.params[0]] = self.sign(start) if up else ANY
        news = True
        while news:
            # what is known only becomes less
            self._block(stmt.body)
            found = [self._join(p, [p, y]) for p, y in zip(params, yields, strict=True)]
            news = any(found)
        for out, p in zip(stmt.outs, params, strict=True):
            self._join(out, [p])

    def _call(self, stmt: Call) -> None:
        self._wild.update(stmt.outs)

    def _apply(self, stmt: Apply) -> None:
        sign = self._sign_of(stmt)
        wild = not self._stays_finite(stmt)
        for out in stmt.outs:
            (self._wild.add if wild and _may_be_infinite(out) else self._wild.discard)(out)
            self._signs[out] = sign

    def _stays_finite(self, stmt: Apply) -> bool:
        name = _word(stmt)
        if not all(map(self.is_finite, stmt.args)):
            return False
        if name in _MAY_OVERFLOW:
            return name.endswith(("exp", "exp2", "expm1")) and self.sign(stmt.args[0]) < ANY
        if name in _FINITE_IF_NOT_NEGATIVE and self.sign(stmt.args[0]) >= NOT_NEGATIVE:
            return True
        return not stmt.primitive.pointwise or self.is_regular(stmt)

    def _sign_of(self, stmt: Apply) -> int:
        name, args = _word(stmt), stmt.args
        if name in _NOT_NEGATIVE:
            return POSITIVE if name in _KEEP_ZEROS and self.sign(args[0]) == POSITIVE else NOT_NEGATIVE
        signs = [self.sign(a) for a in args]
        if name in _LARGER:
            return max(signs)
        if name in _SUMS:
            return _sum(*signs)
        if name in _DIFFERENCES:
            return _sum(signs[0], -signs[1])
        if name in _PRODUCTS:
            square = args[0] is args[1] and not _may_be_complex(stmt.outs[0])
            return NOT_NEGATIVE if square else _product(*signs)
        if name in _NEGATIONS:
            return -signs[0]
        if name in _POWERS:
            return self._sign_of_power(signs[0], args[1], stmt.outs[0])
        if name in _SELECTIONS:
            names = [p.name for p in stmt.primitive.params]
            return _either([sign for name, sign in zip(names, signs, strict=True) if name in "axyv"])
        return max(-1, min(signs[0], 1)) if name in _REDUCTIONS else ANY

    def _sign_of_power(self, sign: int, y: object, z: Value) -> int:
        exponent = y.value if isinstance(y, Literal) else None
        even = isinstance(exponent, (int, float)) and exponent % 2 == 0 and not _may_be_complex(z)
        return max(sign, NOT_NEGATIVE if even else ANY)


def _either(signs: Sequence[int]) -> int:
    """The sign of one of several values."""
    low, high = min(signs), max(signs)
    return low if low > 0 else high if high < 0 else ANY


def _sum(x: int, y: int) -> int:
    low, high = sorted((x, y))
    return high if low > 0 else low if high < 0 else ANY


def _product(x: int, y: int) -> int:
    least = min(abs(x), abs(y))
    return least if x * y > 0 else -least


def _word(stmt: Apply) -> str:
    """The name of a row, without its parameters."""
    return stmt.primitive.name.split("(")[0]


def _may_be_infinite(out: Value) -> bool:
    """Whether a value is of a kind that can be infinite: not an integer, and not a truth value."""
    return not isinstance(out.type, (Scalar, Array)) or out.type.dtype is None or out.type.dtype[0] in "fc"


def _may_be_complex(out: Value) -> bool:
    dtype = dtype_of(out.type)
    return dtype is None or dtype[0] == "c"


_VISITS: dict[type, Any] = {
    Apply: Ranges._apply,
    If: Ranges._if,
    For: Ranges._loop,
    While: Ranges._loop,
    Call: Ranges._call,
}
