"""Sums of integers with integer factors, and whether inequalities between them can hold together.

In: linear inequalities over named integers. Out: whether they certainly contradict each other, by eliminating
one name after the other (Fourier and Motzkin), with constants rounded because everything is whole. "No" only
says that no contradiction was found. Not for where the inequalities come from: that is `passes.executions`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from math import gcd

# factors by name; the constant stands under ONE
Affine = dict[Hashable, int]
ONE = ""
_MOST = 600


def constant(number: int) -> Affine:
    """A sum that is a number."""
    return {ONE: number}


def variable(name: Hashable) -> Affine:
    """A sum that is one integer."""
    return {name: 1}


def plus(a: Affine, b: Affine, factor: int = 1) -> Affine:
    """The sum of a and of a multiple of b."""
    result = dict(a)
    for name, k in b.items():
        result[name] = result.get(name, 0) + factor * k
    return result


def at_least(a: Affine, b: Affine, gap: int = 0) -> Affine:
    """The inequality a ≥ b + gap, as a sum that is not negative."""
    return plus(plus(a, b, -1), constant(gap), -1)


def contradictory(inequalities: Iterable[Affine]) -> bool:
    """Whether sums are known not to be all ≥ 0, whatever integers their names stand for."""
    rows: dict[frozenset[tuple[Hashable, int]], int] = {}
    for a in inequalities:
        if not _add(rows, a):
            return True
    while rows:
        names = {name for terms in rows for name, _ in terms}
        if not names or len(rows) > _MOST:
            return False
        name = min(names, key=lambda n: (_growth(rows, n), repr(n)))
        found = _without(rows, name)
        if found is None:
            return True
        rows = found
    return False


def _add(rows: dict[frozenset[tuple[Hashable, int]], int], a: Affine) -> bool:
    """Take an inequality in, as strict as whole numbers allow; False if it cannot hold."""
    terms = {name: k for name, k in a.items() if name != ONE and k}
    number = a.get(ONE, 0)
    if not terms:
        return number >= 0
    divisor = gcd(*terms.values())
    key = frozenset((name, k // divisor) for name, k in terms.items())
    number //= divisor
    rows[key] = min(number, rows.get(key, number))
    return True


def _growth(rows: dict[frozenset[tuple[Hashable, int]], int], name: Hashable) -> int:
    factors = [k for terms in rows for other, k in terms if other == name]
    up = sum(k > 0 for k in factors)
    return up * (len(factors) - up) - len(factors)


def _without(
    rows: dict[frozenset[tuple[Hashable, int]], int], name: Hashable
) -> dict[frozenset[tuple[Hashable, int]], int] | None:
    """What the inequalities say of all other names, None if they contradict each other."""
    result: dict[frozenset[tuple[Hashable, int]], int] = {}
    up: list[Affine] = []
    down: list[Affine] = []
    for terms, number in rows.items():
        a: Affine = {**dict(terms), ONE: number}
        factor = a.get(name, 0)
        if factor:
            (up if factor > 0 else down).append(a)
        else:
            result[terms] = number
    for a in up:
        for b in down:
            joined = plus({n: -b[name] * k for n, k in a.items()}, b, a[name])
            if not _add(result, joined):
                return None
    return result
