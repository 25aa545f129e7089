"""The text of every refusal: where, what, and what to write instead.

Each case is a small file; the whole report is compared, so that the line, the caret and the way out are as a
person read them.
"""
# ruff: noqa: E501

import contextlib
import copy
import ctypes
import linecache
import math
import re
import textwrap
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest

import adcompile as ad
from adcompile.codes import CODES


@dataclass(frozen=True)
class Refused:
    """A file that defines `f`, the arguments of the call, and the report that it leads to."""

    name: str
    source: str
    arguments: str
    report: str


REFUSED = [
    Refused(
        "a changed list in a list of run-time length",
        """\
def f(x):
    rows = [[0.0, 0.0] for _ in range(len(x))]
    rows[0][1] += x[0]
    return rows[0][1]
""",
        "(np.ones(3),)",
        """\
model.py:3: NoDerivative: this changes a list that is an item of a list of run-time length [AD208]
            rows[0][1] += x[0]
            ^^^^^^^^^^
  expected an array of two axes, or a new inner list in its place""",
    ),
    Refused(
        "a repetition without an end",
        """\
import itertools

def f(x):
    return sum(a * b for a, b in zip(x, itertools.repeat(2.0)))
""",
        "(np.ones(3),)",
        """\
model.py:4: NoDerivative: `itertools.repeat` without a number of times has no end [AD206]
            return sum(a * b for a, b in zip(x, itertools.repeat(2.0)))
                                                ^^^^^^^^^^^^^^^^^^^^^
  expected `itertools.repeat(x, n)`, or the value itself""",
    ),
    Refused(
        "a chain of arrays",
        """\
import itertools

def f(x):
    return sum(itertools.chain(x, x))
""",
        "(np.ones(3),)",
        """\
model.py:4: NoDerivative: `itertools.chain` of items whose number is known at run time only [AD209]
            return sum(itertools.chain(x, x))
                       ^^^^^^^^^^^^^^^^^^^^^
  expected one loop after the other, or np.concatenate""",
    ),
    Refused(
        "accumulated items of an array",
        """\
import itertools

def f(x):
    return sum(itertools.accumulate(x))
""",
        "(np.ones(3),)",
        """\
model.py:4: NoDerivative: `itertools.accumulate` of items whose number is known at run time only [AD209]
            return sum(itertools.accumulate(x))
                       ^^^^^^^^^^^^^^^^^^^^^^^
  expected np.cumsum, or a loop that appends""",
    ),
    Refused(
        "groups of items",
        """\
from itertools import groupby

def f(x):
    return sum(k * 1.0 for k, _ in groupby(x))
""",
        "(np.ones(3),)",
        """\
model.py:4: NoDerivative: `itertools.groupby` is not understood [AD206]
            return sum(k * 1.0 for k, _ in groupby(x))
                                           ^^^^^^^^^^
  expected a loop that says the same""",
    ),
    Refused(
        "combinations of a number that is computed",
        """\
import itertools

def f(x, n):
    return sum(a * b for a, b in itertools.combinations([x, 2.0 * x, x * x], n))
""",
        "(0.5, np.array(2))",
        """\
model.py:4: NoDerivative: this number is known at run time only [AD209]
            return sum(a * b for a, b in itertools.combinations([x, 2.0 * x, x * x], n))
                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected a constant""",
    ),
    Refused(
        "lists chosen by the shape of an array of integers",
        """\
def f(x, H, lists):
    s = 0.0
    for i in range(H.shape[0]):
        s = s + x[lists[i][0]]
    return s
""",
        "(np.ones(3), np.ones((2, 2), int), [[0, 1], [1]])",
        """\
model.py:4: NoDerivative: a container of different items, indexed by a value known at run time only [AD209]
            s = s + x[lists[i][0]]
                      ^^^^^^^^
  expected a constant index, a loop over the container, or items of one kind""",
    ),
    Refused(
        "norm of a matrix",
        """\
def f(a):
    return np.sum(np.linalg.norm(a, "nuc", (1, 2)))
""",
        "(np.ones((2, 2)),)",
        """\
model.py:2: NoDerivative: `np.linalg.norm` with ord='nuc' of a matrix [AD202]
            return np.sum(np.linalg.norm(a, "nuc", (1, 2)))
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected the Frobenius norm (ord=None), or a norm of vectors with one axis""",
    ),
    Refused(
        "periodic interpolation",
        """\
def f(x):
    return np.interp(x, [0.0, 1.0], [2.0, 3.0], period=1.0)
""",
        "(0.3,)",
        """\
model.py:2: NoDerivative: `np.interp` with `period` [AD202]
            return np.interp(x, [0.0, 1.0], [2.0, 3.0], period=1.0)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected places in the first period, and knots repeated at its ends""",
    ),
    Refused(
        "quantiles of another method",
        """\
def f(x):
    return np.quantile(x, 0.3, method="lower")
""",
        "(np.ones(3),)",
        """\
model.py:2: NoDerivative: a quantile with method='lower' [AD202]
            return np.quantile(x, 0.3, method="lower")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected method="linear", the default""",
    ),
    Refused(
        "upper triangle",
        """\
def f(a):
    return np.linalg.eigvalsh(a, "U")[0]
""",
        "(np.ones((2, 2)),)",
        """\
model.py:2: NoDerivative: `np.linalg.eigvalsh` with `UPLO` [AD202]
            return np.linalg.eigvalsh(a, "U")[0]
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected the lower triangle, the default""",
    ),
    Refused(
        "try",
        """\
def f(x):
    try:
        y = math.sqrt(x)
    except ValueError:
        y = 0.0
    return y
""",
        "(2.0,)",
        """\
model.py:2: UnsupportedSyntax: `try` hides which statements ran [AD103]
            try:
            ^^^^
  expected a test before the operation: `if x > 0: ... else: ...`""",
    ),
    Refused(
        "yield",
        """\
def f(x):
    for k in range(3):
        yield x * k
""",
        "(2.0,)",
        """\
model.py:3: UnsupportedSyntax: `yield` makes this function a generator [AD101]
            yield x * k
            ^^^^^^^^^^^
  expected a function that returns its result; collect the values in a list and return it""",
    ),
    Refused(
        "async",
        """\
async def f(x):
    return x
""",
        "(2.0,)",
        """\
model.py:1: UnsupportedSyntax: `async def` makes a coroutine [AD102]
            async def f(x):
            ^^^^^^^^^^^^^^^
  expected an ordinary function of the awaited data""",
    ),
    Refused(
        "await",
        """\
def f(x):
    async def inner(y):
        return await y
    return inner(x)
""",
        "(2.0,)",
        """\
model.py:2: UnsupportedSyntax: `async def` makes a coroutine [AD102]
            async def inner(y):
            ^^^^^^^^^^^^^^^^^^^
  expected an ordinary function of the awaited data""",
    ),
    Refused(
        "class",
        """\
def f(x):
    class Box:
        size = 3
    return x * Box.size
""",
        "(2.0,)",
        """\
model.py:2: UnsupportedSyntax: a class is defined inside the function [AD104]
            class Box:
            ^^^^^^^^^^
  expected the class at the top of the module""",
    ),
    Refused(
        "import",
        """\
def f(x):
    import colorsys.hsv as m
    return m.sin(x)
""",
        "(2.0,)",
        """\
model.py:2: UnsupportedSyntax: the function imports `colorsys.hsv`, which is not loaded [AD107]
            import colorsys.hsv as m
            ^^^^^^^^^^^^^^^^^^^^^^^^
  expected the import at the top of the module""",
    ),
    Refused(
        "from_import",
        """\
def f(x):
    from math import sin, missing
    return sin(x)
""",
        "(2.0,)",
        """\
model.py:2: UnsupportedSyntax: the function imports `math.missing`, which is not loaded [AD107]
            from math import sin, missing
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected the import at the top of the module""",
    ),
    Refused(
        "del_attribute",
        """\
def f(x):
    class_ = x
    del x.shape
    return class_
""",
        "(2.0,)",
        """\
model.py:3: UnsupportedSyntax: `del` of something other than a name [AD105]
            del x.shape
                ^^^^^^^
  expected `del name`, or a container without the item""",
    ),
    Refused(
        "del_item",
        """\
def f(a):
    del a[0]
    return np.sum(a)
""",
        "(ARRAY,)",
        """\
model.py:2: UnsupportedSyntax: `del` of something other than a name or an item of a known container [AD105]
            del a[0]
                ^^^^
  expected `del name`, or a container without the item""",
    ),
    Refused(
        "unknown",
        """\
def f(x):
    y = x * 2.0
    return copy.copy(y) + np.linalg.tensorinv(y)
""",
        "(2.0,)",
        """\
model.py:3: NoDerivative: `numpy.linalg.tensorinv` has no rule and no source that could be followed [AD201]
            return copy.copy(y) + np.linalg.tensorinv(y)
                                  ^^^^^^^^^^^^^^^^^^^^^^
  expected a function with a rule; or register one: adcompile.pointwise("numpy.linalg.tensorinv(x)", ...), adcompile.general(...)""",
    ),
    Refused(
        "np_unknown",
        """\
def f(a):
    return np.sum(np.roots(a))
""",
        "(ARRAY,)",
        """\
model.py:2: NoDerivative: `np.roots` has no rule and no source that could be followed [AD201]
            return np.sum(np.roots(a))
                          ^^^^^^^^^^^
  expected a function with a rule; or register one: adcompile.pointwise("np.roots(x)", ...), adcompile.general(...)""",
    ),
    Refused(
        "keyword",
        """\
def f(a):
    return np.var(a, where=a > 0.0)
""",
        "(ARRAY,)",
        """\
model.py:2: NoDerivative: `np.var` is not understood with `where=` [AD202]
            return np.var(a, where=a > 0.0)
                   ^^^^^^^^^^^^^^^^^^^^^^^^
  expected its operands a, axis, dtype, ddof, keepdims only""",
    ),
    Refused(
        "keyword2",
        """\
def f(a):
    return np.sum(np.exp(a, casting="unsafe"))
""",
        "(ARRAY,)",
        """\
model.py:2: NoDerivative: `np.exp` is not understood with `casting=` [AD202]
            return np.sum(np.exp(a, casting="unsafe"))
                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected its operands x only""",
    ),
    Refused(
        "method_unknown",
        """\
def f(a):
    return np.sum(a.nosuch())
""",
        "(ARRAY,)",
        """\
model.py:2: NoDerivative: the attribute `nosuch` of a number or array has no derivative [AD201]
            return np.sum(a.nosuch())
            ^^^^^^^^^^^^^^^^^^^^^^^^^
  expected an attribute or method that NumPy documents as differentiable, such as `.T` or `.sum()`""",
    ),
    Refused(
        "method_np",
        """\
def f(a):
    return np.sum(a.choose([a, a]))
""",
        "(ARRAY,)",
        """\
model.py:2: NoDerivative: `np.choose` by floats [AD202]
            return np.sum(a.choose([a, a]))
                          ^^^^^^^^^^^^^^^^
  expected an array of integers""",
    ),
    Refused(
        "float_method",
        """\
def f(x):
    return x.hex()
""",
        "(2.0,)",
        """\
model.py:2: NoDerivative: the attribute `hex` of a number or array has no derivative [AD201]
            return x.hex()
            ^^^^^^^^^^^^^^
  expected an attribute or method that NumPy documents as differentiable, such as `.T` or `.sum()`""",
    ),
    Refused(
        "structure",
        """\
def f(x):
    if x > 0.0:
        y = (x, x)
    else:
        y = [x]
    return y[0]
""",
        "(2.0,)",
        """\
model.py:6: NoDerivative: `y` cannot be followed: it is a tuple of 2 items on one path and a list, dict or object on the other [AD208]
            return y[0]
                   ^
  expected one kind of value on every path, with the same structure and the same kind of items""",
    ),
    Refused(
        "structure2",
        """\
def f(x):
    if x > 0.0:
        y = (x, (x, x))
    else:
        y = (x, x, x)
    return y[0]
""",
        "(2.0,)",
        """\
model.py:6: NoDerivative: `y` cannot be followed: it is a tuple of 2 items on one path and a tuple of 3 items on the other [AD208]
            return y[0]
                   ^
  expected one kind of value on every path, with the same structure and the same kind of items""",
    ),
    Refused(
        "loop_structure",
        """\
def f(x, n):
    y = (x,)
    for _ in range(n):
        y = (*y, (x, 1.0))
    return y[0]
""",
        "(2.0, 2,)",
        """\
model.py:4: NoDerivative: `y` cannot be followed: it is a tuple of 1 item before an iteration and a tuple of 2 items after it [AD208]
            y = (*y, (x, 1.0))
                  ^
  expected one kind of value on every path, with the same structure and the same kind of items""",
    ),
    Refused(
        "set",
        """\
def f(x):
    s = {x, 2.0}
    return sum(s)
""",
        "(2.0,)",
        """\
model.py:2: UnsupportedSyntax: a set of values that are not constants [AD199]
            s = {x, 2.0}
                ^^^^^^^^
  expected a tuple or a list""",
    ),
    Refused(
        "set_comp",
        """\
def f(x):
    s = {k * x for k in range(3)}
    return sum(s)
""",
        "(2.0,)",
        """\
model.py:2: UnsupportedSyntax: a set of values that are not constants [AD199]
            s = {k * x for k in range(3)}
                ^^^^^^^^^^^^^^^^^^^^^^^^^
  expected a list comprehension""",
    ),
    Refused(
        "eval",
        """\
def f(x):
    return eval("x * 2")
""",
        "(2.0,)",
        """\
model.py:2: UnsupportedSyntax: `eval` reads variables that the source of the function does not name [AD199]
            return eval("x * 2")
                   ^^^^^^^^^^^^^
  expected the names or the expression themselves, or a dictionary""",
    ),
    Refused(
        "attribute",
        """\
def f(x):
    return x.nosuch * 2.0
""",
        "(2.0,)",
        """\
model.py:2: NoDerivative: arithmetic on an object that is no number or array [AD206]
            return x.nosuch * 2.0
                   ^^^^^^^^^^^^^^
  expected numbers and arrays""",
    ),
    Refused(
        "generator",
        """\
def f(x):
    g = (x * k for k in range(3))
    return next(g)
""",
        "(2.0,)",
        """\
model.py:2: UnsupportedSyntax: a generator that is kept for later [AD199]
            g = (x * k for k in range(3))
                ^^^^^^^^^^^^^^^^^^^^^^^^^
  expected a list comprehension, or the generator as an argument of a call""",
    ),
    Refused(
        "generator_in_loop",
        """\
def f(x):
    s = 0.0
    for v in (x * k for k in range(3)):
        x = x + v
        s = s + v
    return s
""",
        "(2.0,)",
        """\
model.py:3: UnsupportedSyntax: the loop assigns to a variable that its generator reads [AD199]
            for v in (x * k for k in range(3)):
                     ^^^^^^^^^^^^^^^^^^^^^^^^^
  expected a list comprehension, if the items are meant to be computed before the loop""",
    ),
    Refused(
        "next",
        """\
def f(x):
    g = zip([x, 2.0], [1.0, x])
    return next(g)[0]
""",
        "(2.0,)",
        """\
model.py:3: NoDerivative: an iterator that is advanced by hand [AD206]
            return next(g)[0]
                   ^^^^^^^
  expected a for loop, or indexing""",
    ),
    Refused(
        "iterator_twice",
        """\
def f(x):
    pairs = zip([x, 2.0], [3.0, x])
    return sum(a * b for a, b in pairs) + sum(a for a, b in pairs)
""",
        "(2.0,)",
        """\
model.py:3: NoDerivative: an iterator is used a second time, when its items may be gone [AD206]
            return sum(a * b for a, b in pairs) + sum(a for a, b in pairs)
                                                                    ^^^^^
  expected a list of the items: list(...)""",
    ),
    Refused(
        "array_special_method",
        """\
def f(x):
    y = x * 2.0
    y.__iadd__(x)
    return y[0]
""",
        "(np.ones(2),)",
        """\
model.py:3: UnsupportedSyntax: `__iadd__` writes into the array [AD108]
            y.__iadd__(x)
            ^^^^^^^^^^^^^
  expected a new array: np.full_like, np.sort, np.where""",
    ),
    Refused(
        "matrix",
        """\
def f(x):
    return np.sum(x * np.matrix([[1.0, 2.0], [3.0, 4.0]]))
""",
        "(np.ones((2, 2)),)",
        """\
model.py:2: NoDerivative: `matrix` makes arrays that have their own arithmetic [AD206]
            return np.sum(x * np.matrix([[1.0, 2.0], [3.0, 4.0]]))
                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected plain arrays""",
    ),
    Refused(
        "lambda_yield",
        """\
def f(x):
    f = lambda y: (yield y)
    return f(x)
""",
        "(2.0,)",
        """\
model.py:2: UnsupportedSyntax: `yield` makes this function a generator [AD101]
            f = lambda y: (yield y)
                           ^^^^^^^
  expected a function that returns its result; collect the values in a list and return it""",
    ),
    Refused(
        "kw_unknown",
        """\
def f(x):
    return math.sin(x, y=2)
""",
        "(2.0,)",
        """\
model.py:2: NoDerivative: `math.sin` is not understood with `y=` [AD202]
            return math.sin(x, y=2)
                   ^^^^^^^^^^^^^^^^
  expected its operands x only""",
    ),
    Refused(
        "locals",
        """\
def f(x):
    return locals()["x"] * 2.0
""",
        "(2.0,)",
        """\
model.py:2: UnsupportedSyntax: `locals` reads variables that the source of the function does not name [AD199]
            return locals()["x"] * 2.0
                   ^^^^^^^^
  expected the names or the expression themselves, or a dictionary""",
    ),
    *(
        Refused(
            f"generator_read_late_{name}",
            f"""\
def f(a):
    b, total = a.copy(), 0.0
    {statement}
        total += v
        b[1:] *= v
    return total
""",
            "(ARRAY,)",
            f"""\
model.py:3: UnsupportedSyntax: what these items are computed of is changed before the last of them is asked for [AD199]
            {statement}
            {" " * statement.index(marked)}{"^" * len(marked)}
  expected a list comprehension, if the items are meant to be computed before that""",
        )
        for name, statement, marked in (
            ("loop", "for v in (b[k] for k in range(3)):", "(b[k] for k in range(3))"),
            ("zip", "for v, w in zip((b[k] for k in range(3)), a):", "(b[k] for k in range(3))"),
            ("enumerate", "for k, v in enumerate(b[k] for k in range(3)):", "(b[k] for k in range(3))"),
            ("filter", "for v in filter(lambda v: v > b[1], a):", "filter(lambda v: v > b[1], a)"),
        )
    ),
    Refused(
        "generator_that_changes_what_it_has_yielded",
        """\
def states(a):
    u = a.copy()
    for k in range(3):
        u *= a
        yield u
def f(a):
    return sum(u[0] for u in states(a))
""",
        "(ARRAY,)",
        """\
model.py:7: UnsupportedSyntax: `states` changes what it has yielded [AD199]
            return sum(u[0] for u in states(a))
                                     ^^^^^^^^^
  expected a copy, `yield x.copy()`, or a loop in place of the generator""",
    ),
    Refused(
        "generator_of_containers_that_change",
        """\
def states(a):
    d = {"u": 1.0}
    for k in (0, 1):
        d["u"] = d["u"] * a[k]
        yield d
def f(a):
    return sum(d["u"] for d in states(a))
""",
        "(ARRAY,)",
        """\
model.py:7: UnsupportedSyntax: `states` changes what it has yielded [AD199]
            return sum(d["u"] for d in states(a))
                                       ^^^^^^^^^
  expected a copy, `yield x.copy()`, or a loop in place of the generator""",
    ),
    Refused(
        "generator_whose_caller_sees_what_it_changes",
        """\
def f(a):
    count = [0.0]
    def counted():
        for v in a:
            count[0] += 1.0
            yield v
    total = 0.0
    for v in counted():
        total += v * count[0]
    return total
""",
        "(ARRAY,)",
        """\
model.py:8: UnsupportedSyntax: each of these items changes variables, containers or arrays when it is asked for [AD199]
            for v in counted():
                     ^^^^^^^^^
  expected a loop, or a list comprehension if all items are to be computed first""",
    ),
    Refused(
        "generators_that_draw_in_turns",
        """\
def f(a):
    rng = np.random.default_rng(0)
    return sum([u * v * a[0] for u, v in zip((rng.normal() for _ in (1, 2)), (rng.normal() for _ in (1, 2)))])
""",
        "(ARRAY,)",
        """\
model.py:3: UnsupportedSyntax: what these items are computed of is changed before the last of them is asked for [AD199]
            return sum([u * v * a[0] for u, v in zip((rng.normal() for _ in (1, 2)), (rng.normal() for _ in (1, 2)))])
                                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected a list comprehension, if the items are meant to be computed before that""",
    ),
    Refused(
        "view_or_copy_that_is_returned",
        """\
def f(a):
    b = np.outer(a, a)
    c = b.T.reshape(-1)
    b[1] += b[0]
    return np.sum(b), c
""",
        "(ARRAY,)",
        """\
model.py:1: NoDerivative: `np.reshape` gave a view of an array or a copy of it, and the array has been written since [AD111]
            def f(a):
            ^^^^^^^^^
  expected a copy, `np.reshape(...).copy()`, or an index that surely gives a view""",
    ),
    Refused(
        "item_that_is_asked_for_in_vain",
        """\
def f(a):
    b, total = a.copy(), 0.0
    def scaled(v):
        b[0] *= v
        return v
    for u, v in zip(map(scaled, (1.0, 2.0, 3.0)), (0.5, 1.5)):
        total += u * v
    return total + b[0]
""",
        "(ARRAY,)",
        """\
model.py:6: UnsupportedSyntax: an item that changes something may be asked for in vain at the end of the zip [AD199]
            for u, v in zip(map(scaled, (1.0, 2.0, 3.0)), (0.5, 1.5)):
                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected a loop over an index, which asks for what it uses""",
    ),
    Refused(
        "list_that_grows_beside_an_array",
        """\
def f(a):
    items, total = [1.0, 2.0], 0.0
    for u, v in zip(a, items):
        total += u * v
        if len(items) < 3:
            items.append(v)
    return total
""",
        "(ARRAY,)",
        """\
model.py:3: NoDerivative: a list changes its length while a loop runs over it [AD208]
            for u, v in zip(a, items):
            ^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected a loop over a copy: `for v in list(items)`""",
    ),
    Refused(
        "generator_that_may_not_end",
        """\
def f(a):
    def numbers():
        k = 0
        while True:
            yield a[k]
            k += 1
    for v in numbers():
        if v > 0.0:
            return v
""",
        "(ARRAY,)",
        """\
model.py:5: UnsupportedSyntax: `yield` makes this function a generator [AD101]
            yield a[k]
            ^^^^^^^^^^
  expected a function that returns its result; collect the values in a list and return it""",
    ),
    Refused(
        "generator_kept_until_what_it_reads_has_changed",
        """\
def f(a):
    b = a.copy()
    items = enumerate(b[k] for k in range(3))
    b[1] = 0.0
    return sum([k * v for k, v in items])
""",
        "(ARRAY,)",
        """\
model.py:3: UnsupportedSyntax: what these items are computed of is changed before the last of them is asked for [AD199]
            items = enumerate(b[k] for k in range(3))
                             ^^^^^^^^^^^^^^^^^^^^^^^^
  expected a list comprehension, if the items are meant to be computed before that""",
    ),
    *(
        Refused(
            f"items_that_change_what_is_seen_{name}",
            f"""\
def f(a):
    total = np.zeros(1)
    def add(k):
        total[0] += a[k]
        return total
    return sum({items})[0]
""",
            "(ARRAY,)",
            f"""\
model.py:6: UnsupportedSyntax: each of these items changes variables, containers or arrays when it is asked for [AD199]
            return sum({items})[0]
            {marks}
  expected a loop, or a list comprehension if all items are to be computed first""",
        )
        for name, items, marks in (
            ("generator", "add(k) for k in (0, 1, 2)", " " * 10 + "^" * 27),
            ("map", "map(add, (0, 1, 2))", " " * 7 + "^" * 24),
        )
    ),
    Refused(
        "slice_of_a_range",
        """\
def f(a, n):
    return sum(a[i] for i in range(len(a))[int(n):])
""",
        "(ARRAY, 1.0)",
        """\
model.py:2: NoDerivative: a slice of a range with bounds known at run time only [AD209]
            return sum(a[i] for i in range(len(a))[int(n):])
                                     ^^^^^^^^^^^^^^^^^^^^^^
  expected constant bounds, or a range with the bounds that are meant""",
    ),
    Refused(
        "sorted",
        """\
def f(a):
    return sorted([a, 2.0 * a])[0][0]
""",
        "(ARRAY,)",
        """\
model.py:2: NoDerivative: the order of items that are no numbers, or tuples of numbers [AD206]
            return sorted([a, 2.0 * a])[0][0]
                   ^^^^^^^^^^^^^^^^^^^^
  expected a key that is a number: key=lambda v: ...""",
    ),
    Refused(
        "list_method",
        """\
def f(x):
    y = [x, 2.0 * x]
    return y.__reversed__()
""",
        "(2.0,)",
        """\
model.py:3: NoDerivative: method `__reversed__` of this container is not understood [AD206]
            return y.__reversed__()
                   ^^^^^^^^^^^^^^^^
  expected append, extend, pop, insert, sort, copy, keys, values, items, get, update, index or count""",
    ),
    Refused(
        "complex",
        """\
def f(x):
    return x * 1j
""",
        "(2.0,)",
        """\
model.py:1: ArgumentError: f returns a complex number [AD205]
            def f(x):
            ^^^^^^^^^
  expected a real result, e.g. abs(z) ** 2; or holomorphic=True""",
    ),
    Refused(
        "type_alias",
        """\
def f(x):
    return np.vectorize(lambda y: y * 2.0, otypes=[int])(x)
""",
        "(2.0,)",
        """\
model.py:2: NoDerivative: `np.vectorize` with these options [AD202]
            return np.vectorize(lambda y: y * 2.0, otypes=[int])(x)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected np.vectorize(function, otypes=[float])""",
    ),
    Refused(
        "apply",
        """\
def f(a):
    return np.sum(np.apply_over_axes(np.sum, a, [0]))
""",
        "(ARRAY,)",
        """\
model.py:2: NoDerivative: `np.apply_over_axes` has no rule and no source that could be followed [AD201]
            return np.sum(np.apply_over_axes(np.sum, a, [0]))
                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected a function with a rule; or register one: adcompile.pointwise("np.apply_over_axes(x)", ...), adcompile.general(...)""",
    ),
    Refused(
        "shape_write",
        """\
def f(a):
    a.shape = (3, 1)
    return np.sum(a)
""",
        "(ARRAY,)",
        """\
model.py:2: UnsupportedSyntax: this sets the shape of an array that was not made here, or is known elsewhere [AD108]
            a.shape = (3, 1)
            ^^^^^^^
  expected a new array: np.reshape(x, shape)""",
    ),
    Refused(
        "shape_of_what_may_be_another_array",
        """\
def f(a):
    b = a * 2.0
    c = np.asarray(b)
    b.shape = (3, 1)
    return np.sum(c)
""",
        "(ARRAY,)",
        """\
model.py:4: UnsupportedSyntax: this sets the shape of an array that was not made here, or is known elsewhere [AD108]
            b.shape = (3, 1)
            ^^^^^^^
  expected a new array: np.reshape(x, shape)""",
    ),
    Refused(
        "dtype_write",
        """\
def f(a):
    b = a * 2.0
    b.dtype = int
    return np.sum(b)
""",
        "(ARRAY,)",
        """\
model.py:3: UnsupportedSyntax: this sets `dtype` of a number or array [AD108]
            b.dtype = int
            ^^^^^^^
  expected a new array: np.reshape for its shape, astype for its dtype""",
    ),
    Refused(
        "imaginary part of reals",
        """\
def f(a):
    b = a * 2.0
    b.imag[0] = 1.0
    return np.sum(b)
""",
        "(ARRAY,)",
        """\
model.py:3: UnsupportedSyntax: this writes into the result of `x.imag`, which may be a view, a copy, or read-only [AD111]
            b.imag[0] = 1.0
            ^^^^^^^^^
  expected a copy that is written, `x.imag(...).copy()`, or a write into the array itself""",
    ),
    Refused(
        "put_with_a_mode",
        """\
def f(a):
    np.put(a, [7], 1.0, mode="clip")
    return np.sum(a)
""",
        "(ARRAY,)",
        """\
model.py:2: UnsupportedSyntax: `np.put` with these options is not understood [AD202]
            np.put(a, [7], 1.0, mode="clip")
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected np.put(x, indices, values)""",
    ),
    Refused(
        "resize",
        """\
def f(a):
    a.resize((3, 1))
    return a[0]
""",
        "(ARRAY,)",
        """\
model.py:2: UnsupportedSyntax: `resize` writes into the array [AD108]
            a.resize((3, 1))
            ^^^^^^^^^^^^^^^^
  expected a new array: np.full_like, np.sort, np.where""",
    ),
    Refused(
        "ufunc_at_two_indices",
        """\
def f(a):
    np.multiply.at(a, ([0], [1]), 2.0)
    return np.sum(a)
""",
        "(MATRIX,)",
        """\
model.py:2: NoDerivative: `np.multiply.at` with this index is not understood [AD206]
            np.multiply.at(a, ([0], [1]), 2.0)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected one array of integers with one axis; or a loop over the places""",
    ),
    Refused(
        "other_ufunc_at",
        """\
def f(a):
    np.negative.at(a, [0])
    return np.sum(a)
""",
        "(ARRAY,)",
        """\
model.py:2: NoDerivative: `ufunc.at` has no rule and no source that could be followed, and may write into the array or container that it is given [AD201]
            np.negative.at(a, [0])
            ^^^^^^^^^^^^^^^^^^^^^^
  expected a function with a rule; or register one: adcompile.pointwise("ufunc.at(x)", ...), adcompile.general(...)""",
    ),
    Refused(
        "write_into_a_reshaped_array",
        """\
def f(a):
    b = a.T * 2.0
    c = b.reshape(-1)
    c[0] = 1.0
    return np.sum(b)
""",
        "(MATRIX,)",
        """\
model.py:4: UnsupportedSyntax: this writes into the result of `np.reshape`, which may be a view, a copy, or read-only [AD111]
            c[0] = 1.0
            ^^^^
  expected a copy that is written, `np.reshape(...).copy()`, or a write into the array itself""",
    ),
    Refused(
        "write_into_a_read_only_view",
        """\
def f(a):
    b = np.broadcast_to(a, (2, 3))
    b[0] *= 2.0
    return np.sum(b)
""",
        "(ARRAY,)",
        """\
model.py:3: UnsupportedSyntax: this writes into the result of `np.broadcast_to`, which may be a view, a copy, or read-only [AD111]
            b[0] *= 2.0
            ^^^^^^^^^^^
  expected a copy that is written, `np.broadcast_to(...).copy()`, or a write into the array itself""",
    ),
    Refused(
        "write_into_one_of_two",
        """\
def ends(y):
    z = y * 2.0
    return z[:2], z[1:]


def f(a):
    if a[0] > 0.0:
        b, c = ends(a)
    else:
        b, c = a * 3.0, a * 4.0
    c[0] = 1.0
    return np.sum(b)
""",
        "(ARRAY,)",
        """\
model.py:11: UnsupportedSyntax: this writes into an array that may or may not be the one that `b` holds [AD112]
            c[0] = 1.0
            ^^^^
  expected a copy of the one or the other, or the write in each of the branches""",
    ),
    Refused(
        "write_into_what_a_list_holds",
        """\
def f(a):
    items = []
    for k in range(len(a)):
        b = a * k
        items.append(b)
        b[k] = 1.0
    return sum(np.sum(b) for b in items)
""",
        "(ARRAY,)",
        """\
model.py:6: UnsupportedSyntax: this writes into an array that a list of run-time length holds [AD112]
            b[k] = 1.0
            ^^^^
  expected a copy in the list, `items.append(x.copy())`, or a copy that is written""",
    ),
    Refused(
        "array_of_objects",
        """\
def f(a):
    b = np.empty(2, dtype=object)
    b[0] = a[0] * 2.0
    return a[1] * a[1]
""",
        "(ARRAY,)",
        """\
model.py:3: NoDerivative: this puts numbers into an array of objects, of text or of records [AD206]
            b[0] = a[0] * 2.0
            ^^^^^^^^^^^^^^^^^
  expected an array of floats for each kind of number""",
    ),
    Refused(
        "field_of_records",
        """\
def f(a):
    b = np.zeros(3, dtype=[("mass", float)])
    b["mass"] = a
    return np.sum(a)
""",
        "(ARRAY,)",
        """\
model.py:3: UnsupportedSyntax: this writes into a field of an array of records [AD113]
            b["mass"] = a
            ^^^^^^^^^
  expected an array for each field""",
    ),
    Refused(
        "recursive_writer",
        """\
def halve(b, c, depth):
    if depth > 0:
        b[depth] *= 0.5 * c[0]
        halve(b, c, depth - 1)

def f(a):
    b = a * 2.0
    halve(b[1:], b, 2)
    return np.sum(b)
""",
        "(ARRAY,)",
        """\
model.py:8: NoDerivative: `halve` is recursive and writes into an array that it has under two names [AD112]
            halve(b[1:], b, 2)
            ^^^^^^^^^^^^^^^^^^
  expected a copy of the array as one of its arguments""",
    ),
    Refused(
        "recursive_collector",
        """\
def walk(b, depth, found):
    if depth >= len(b):
        found.append(b[0])
    else:
        walk(b, depth + 1, found)

def f(a):
    found = []
    walk(a, 0, found)
    return found[0]
""",
        "(ARRAY,)",
        """\
model.py:9: NoDerivative: `walk` is recursive and changes a container that it was given [AD206]
            walk(a, 0, found)
            ^^^^^^^^^^^^^^^^^
  expected a recursive function that returns what it computes""",
    ),
    Refused(
        "views_of_views_in_a_loop",
        """\
def f(a):
    b = a * 2.0
    v = b[1:]
    for i in range(3):
        v[0] *= b[i]
        v = v[::-1]
    return np.sum(b)
""",
        "(ARRAY,)",
        """\
model.py:4: UnsupportedSyntax: `v` is in each iteration a view of what it was in the one before, and is written [AD112]
            for i in range(3):
            ^^^^^^^^^^^^^^^^^^
  expected a view of the array itself, by an index that each iteration computes""",
    ),
    Refused(
        "recursion_that_returns_one_of_two",
        """\
def swap(b, c, k):
    if k == 0:
        return b
    b[0] = c[k]
    return swap(c, b, k - 1)

def f(a):
    b, c = a * 2.0, a * 3.0
    d = swap(b, c, 2)
    d[1] = 0.0
    return np.sum(b)
""",
        "(ARRAY,)",
        """\
model.py:10: UnsupportedSyntax: this writes into an array that may or may not be the one that `b` holds [AD112]
            d[1] = 0.0
            ^^^^
  expected a copy of the one or the other, or the write in each of the branches""",
    ),
    Refused(
        "manager_that_hides",
        """\
class Hidden:
    def __init__(self, a):
        self.a = a
    def __enter__(self):
        return self.a
    def __exit__(self, kind, error, trace):
        return True

def f(a):
    with Hidden(a * 2.0) as b:
        b[0] = 1.0
    return np.sum(b)
""",
        "(ARRAY,)",
        """\
model.py:10: UnsupportedSyntax: `__exit__` of this manager may hide which statements ran [AD106]
            with Hidden(a * 2.0) as b:
                 ^^^^^^^^^^^^^^^
  expected `__exit__` that returns None""",
    ),
    Refused(
        "manager_of_two_yields",
        """\
from contextlib import contextmanager

@contextmanager
def one_or_other(a):
    if a[0] > 0.0:
        yield a
    else:
        yield a * 2.0

def f(a):
    with one_or_other(a * 2.0) as b:
        return np.sum(b)
""",
        "(ARRAY,)",
        """\
model.py:11: UnsupportedSyntax: this manager is made of a function that does more than `yield` once [AD106]
            with one_or_other(a * 2.0) as b:
                 ^^^^^^^^^^^^^^^^^^^^^
  expected statements, one `yield` and statements; `try ... finally` may enclose the `yield`""",
    ),
    Refused(
        "recursive_assigner",
        """\
def f(a):
    b = a * 2.0
    def halve(depth):
        nonlocal b
        if depth > 0:
            b = b * 0.5
            halve(depth - 1)
    halve(2)
    return np.sum(b)
""",
        "(ARRAY,)",
        """\
model.py:8: NoDerivative: `halve` is recursive and assigns `b`, a variable of an enclosing function [AD206]
            halve(2)
            ^^^^^^^^
  expected a recursive function that returns what it computes""",
    ),
    Refused(
        "floats_into_integers",
        """\
def f(a):
    b = np.arange(3)
    b += a
    return np.sum(b)
""",
        "(ARRAY,)",
        """\
model.py:3: UnsupportedSyntax: `op=` puts values of dtype float64 into an array of dtype int64 [AD113]
            b += a
            ^^^^^^
  expected an array of floats: x.astype(float)""",
    ),
    Refused(
        "list_changed_and_read_inside_a_derivative",
        """\
def f(a):
    items = [a, 2.0 * a]
    def inner(t):
        t[0] = t[0] * t[1]
        return np.sum(t[0] * items[0])
    return np.sum(ad.grad(inner)(items)[1])
""",
        "(ARRAY,)",
        """\
model.py:6: NoDerivative: the function changes a container that the function is given, or can reach, in several ways [AD206]
            return np.sum(ad.grad(inner)(items)[1])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected a copy of the container in one of the places: `list(items)`, `dict(entries)`""",
    ),
    Refused(
        "write_under_another_name_inside_a_derivative",
        """\
def f(a):
    def inner(t):
        t[0] = 2.0
        return np.sum(t * a)
    return np.sum(ad.grad(inner)(a))
""",
        "(ARRAY,)",
        """\
model.py:3: UnsupportedSyntax: the function writes into an array that it has under two names [AD112]
            t[0] = 2.0
            ^^^^^^^^^^
  expected a copy of the array as one of its arguments""",
    ),
    Refused(
        "yield_from",
        """\
def f(x):
    yield from (x, x)
""",
        "(2.0,)",
        """\
model.py:2: UnsupportedSyntax: `yield` makes this function a generator [AD101]
            yield from (x, x)
            ^^^^^^^^^^^^^^^^^
  expected a function that returns its result; collect the values in a list and return it""",
    ),
    Refused(
        "global_assignment",
        """\
TOTAL = 0.0

def f(x):
    global TOTAL
    TOTAL = TOTAL + x
    return TOTAL
""",
        "(2.0,)",
        """\
model.py:5: UnsupportedSyntax: `TOTAL` is a global that the function assigns to [AD109]
            TOTAL = TOTAL + x
            ^^^^^
  expected a function that returns the new value; the caller assigns it""",
    ),
    Refused(
        "global_dictionary",
        """\
TABLE = {"a": 1.0}

def f(x):
    TABLE["a"] = x
    return x
""",
        "(2.0,)",
        """\
model.py:4: UnsupportedSyntax: this changes an object from outside the function [AD109]
            TABLE["a"] = x
            ^^^^^^^^^^
  expected a function that returns the new value; the caller stores it""",
    ),
    Refused(
        "global_update",
        """\
TABLE = {"a": 1.0}

def f(x):
    TABLE.update(a=x)
    return x
""",
        "(2.0,)",
        """\
model.py:4: UnsupportedSyntax: `update` changes an object from outside the function [AD109]
            TABLE.update(a=x)
            ^^^^^^^^^^^^
  expected a function that returns the new value; the caller stores it""",
    ),
    Refused(
        "callee",
        """\
def helper(y):
    z = y * 2.0
    try:
        z = z / y
    except ZeroDivisionError:
        pass
    return z

def f(x):
    return helper(x) + 1.0
""",
        "(2.0,)",
        """\
model.py:3: UnsupportedSyntax: `try` hides which statements ran [AD103]
            try:
            ^^^^
  expected a test before the operation: `if x > 0: ... else: ...`""",
    ),
    Refused(
        "lambda_body",
        """\
f = lambda x: x * eval("x")
""",
        "(2.0,)",
        """\
model.py:1: UnsupportedSyntax: `eval` reads variables that the source of the function does not name [AD199]
            f = lambda x: x * eval("x")
                              ^^^^^^^^^
  expected the names or the expression themselves, or a dictionary""",
    ),
    Refused(
        "with_suppress",
        """\
def f(x):
    with contextlib.suppress(ValueError):
        x = x * x
    return x
""",
        "(2.0,)",
        """\
model.py:2: UnsupportedSyntax: `contextlib.suppress` hides which statements ran [AD106]
            with contextlib.suppress(ValueError):
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected a test before the operation: `if x > 0: ... else: ...`""",
    ),
    Refused(
        "wide_characters",
        """\
def f(x):
    return "变量" + eval("x")
""",
        "(2.0,)",
        """\
model.py:2: UnsupportedSyntax: `eval` reads variables that the source of the function does not name [AD199]
            return "变量" + eval("x")
                            ^^^^^^^^^
  expected the names or the expression themselves, or a dictionary""",
    ),
    Refused(
        "indented",
        """\
if True:
    class Model:
        @staticmethod
        def f(x):
            from . import parts
            return x
    f = Model.f
""",
        "(2.0,)",
        """\
model.py:5: UnsupportedSyntax: the function imports `.`, which is not loaded [AD107]
            from . import parts
            ^^^^^^^^^^^^^^^^^^^
  expected the import at the top of the module""",
    ),
    Refused(
        "several_lines",
        """\
def f(x):
    return np.linalg.tensorinv(
        x
    )
""",
        "(MATRIX,)",
        """\
model.py:2: NoDerivative: `numpy.linalg.tensorinv` has no rule and no source that could be followed [AD201]
            return np.linalg.tensorinv(
                   ^^^^^^^^^^^^^^^^^^^^
  expected a function with a rule; or register one: adcompile.pointwise("numpy.linalg.tensorinv(x)", ...), adcompile.general(...)""",
    ),
    Refused(
        "second_line_of_an_expression",
        """\
def f(x):
    return (x
            + eval("x"))
""",
        "(2.0,)",
        """\
model.py:3: UnsupportedSyntax: `eval` reads variables that the source of the function does not name [AD199]
            + eval("x"))
              ^^^^^^^^^
  expected the names or the expression themselves, or a dictionary""",
    ),
    Refused(
        "integer_argument",
        """\
def f(x, n):
    return x * n
""",
        "(2, 3.0,)",
        """\
model.py:1: ArgumentError: f: argument `x` is an integer, which has no derivative [AD203]
            def f(x, n):
                  ^
  expected a float: write 2.0 instead of 2, or float(x), or x.astype(float) for an array""",
    ),
    Refused(
        "integer_array",
        """\
def f(x):
    return np.sum(x * x)
""",
        "(np.arange(3),)",
        """\
model.py:1: ArgumentError: f: argument `x` is an integer, which has no derivative [AD203]
            def f(x):
                  ^
  expected a float: write 2.0 instead of 2, or float(x), or x.astype(float) for an array""",
    ),
    Refused(
        "string_argument",
        """\
def f(x):
    return x
""",
        '("a",)',
        """\
model.py:1: ArgumentError: f: argument `x` is of type str, which has no derivative [AD203]
            def f(x):
                  ^
  expected a float: write 2.0 instead of 2, or float(x), or x.astype(float) for an array""",
    ),
    Refused(
        "array_result",
        """\
def f(x):
    return x * x
""",
        "(ARRAY,)",
        """\
model.py:1: ArgumentError: f returns an array with 1 axis, and a gradient needs one number [AD204]
            def f(x):
            ^^^^^^^^^
  expected a function that returns one number; for several outputs use jacobian, or vjp with a cotangent""",
    ),
    Refused(
        "tuple_result",
        """\
def f(x):
    return x, x
""",
        "(2.0,)",
        """\
model.py:1: ArgumentError: f returns a container, and a gradient needs one number [AD204]
            def f(x):
            ^^^^^^^^^
  expected a function that returns one number; for several outputs use jacobian, or vjp with a cotangent""",
    ),
    Refused(
        "no_result",
        """\
def f(x):
    y = x * x
""",
        "(2.0,)",
        """\
model.py:1: ArgumentError: f returns None, and a gradient needs one number [AD204]
            def f(x):
            ^^^^^^^^^
  expected a function that returns one number; for several outputs use jacobian, or vjp with a cotangent""",
    ),
    Refused(
        "string_result",
        """\
def f(x):
    return "a"
""",
        "(2.0,)",
        """\
model.py:1: ArgumentError: f returns 'a', and a gradient needs one number [AD204]
            def f(x):
            ^^^^^^^^^
  expected a function that returns one number; for several outputs use jacobian, or vjp with a cotangent""",
    ),
    Refused(
        "class_pattern",
        """\
class Point:
    pass

def f(x):
    match [x, x]:
        case [*items] if len(items) > 3:
            return x
        case Point(y=1):
            return x * 2.0
    return x ** eval("2")
""",
        "(2.0,)",
        """\
model.py:10: UnsupportedSyntax: `eval` reads variables that the source of the function does not name [AD199]
            return x ** eval("2")
                        ^^^^^^^^^
  expected the names or the expression themselves, or a dictionary""",
    ),
    Refused(
        "random_numbers",
        """\
def f(x):
    return np.random.normal(x, 1.0)
""",
        "(2.0,)",
        """\
model.py:2: NoDerivative: `RandomState.normal` has no rule and no source that could be followed [AD201]
            return np.random.normal(x, 1.0)
                   ^^^^^^^^^^^^^^^^^^^^^^^^
  expected a function with a rule; or register one: adcompile.pointwise("RandomState.normal(x)", ...), adcompile.general(...)""",
    ),
    Refused(
        "delete_slice_of_array",
        """\
def f(a):
    del a[1:]
    return a
""",
        "(ARRAY,)",
        """\
model.py:2: UnsupportedSyntax: `del` of something other than a name or an item of a known container [AD105]
            del a[1:]
                ^^^^^
  expected `del name`, or a container without the item""",
    ),
    Refused(
        "async_for",
        """\
async def f(x):
    async for k in x:
        pass
    return x
""",
        "(2.0,)",
        """\
model.py:1: UnsupportedSyntax: `async def` makes a coroutine [AD102]
            async def f(x):
            ^^^^^^^^^^^^^^^
  expected an ordinary function of the awaited data""",
    ),
    Refused(
        "async_comprehension",
        """\
def f(x):
    async def g():
        return [y async for y in x]
    return x
""",
        "(2.0,)",
        """\
model.py:2: UnsupportedSyntax: `async def` makes a coroutine [AD102]
            async def g():
            ^^^^^^^^^^^^^^
  expected an ordinary function of the awaited data""",
    ),
    Refused(
        "sequence_pattern",
        """\
def f(a):
    items = []
    for v in a:
        items.append(v * 2.0)
    match items:
        case [x, *_]:
            return x
    return 0.0
""",
        "(ARRAY,)",
        """\
model.py:6: UnsupportedSyntax: a sequence pattern on a list of run-time length [AD110]
            case [x, *_]:
                 ^^^^^^^
  expected `if` with len(...)""",
    ),
    Refused(
        "key_known_at_run_time",
        """\
def f(x):
    table = {0: x, 1: (x, x)}
    return table[int(x)]
""",
        "(2.0,)",
        """\
model.py:3: NoDerivative: a dictionary key that is known at run time only [AD209]
            return table[int(x)]
                   ^^^^^^^^^^^^^
  expected a constant key, or a list""",
    ),
    Refused(
        "float_key",
        """\
def f(x):
    table = {1.0: x, 2.0: x * x}
    return table[x]
""",
        "(2.0,)",
        """\
model.py:3: NoDerivative: a dictionary key that is known at run time only [AD209]
            return table[x]
                   ^^^^^^^^
  expected a constant key, or a list""",
    ),
    Refused(
        "index_of_mixed_items",
        """\
def f(a):
    items = (a[0], (a[1], a[2]))
    total = 0.0
    for k in range(int(a[0])):
        total += items[k]
    return total
""",
        "(ARRAY,)",
        """\
model.py:5: NoDerivative: a container of different items, indexed by a value known at run time only [AD209]
            total += items[k]
                     ^^^^^^^^
  expected a constant index, a loop over the container, or items of one kind""",
    ),
    Refused(
        "two_errors",
        """\
def f(x):
    try:
        y = 1.0 / x
    except ZeroDivisionError:
        pass
    import math
    return y
""",
        "(2.0,)",
        """\
model.py:2: UnsupportedSyntax: `try` hides which statements ran [AD103]
            try:
            ^^^^
  expected a test before the operation: `if x > 0: ... else: ...`""",
    ),
    Refused(
        "set_flag",
        """\
def f(a):
    a.setflags(write=False)
    return np.sum(a)
""",
        "(ARRAY,)",
        """\
model.py:2: UnsupportedSyntax: `setflags` writes into the array [AD108]
            a.setflags(write=False)
            ^^^^^^^^^^^^^^^^^^^^^^^
  expected a new array: np.full_like, np.sort, np.where""",
    ),
    Refused(
        "object_gives_back",
        """\
def f(x):
    stack = SimpleQueue()
    stack.put_nowait(x * x)
    print(stack.qsize())
    return x + stack.get_nowait()
""",
        "(2.0,)",
        """\
model.py:5: NoDerivative: an object that was given a value that is differentiated may give it back here [AD201]
            return x + stack.get_nowait()
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected a list, a tuple or a dictionary of the function's own, or an attribute of an object;
  or store adcompile.stop_gradient(x) if it is a constant""",
    ),
    Refused(
        "object_gives_back_in_the_next_iteration",
        """\
def f(x):
    queue = SimpleQueue()
    total = 0.0
    for i in range(3):
        if i > 0:
            total = total + queue.get_nowait()
        queue.put_nowait(x)
    return total * x
""",
        "(2.0,)",
        """\
model.py:6: NoDerivative: an object that was given a value that is differentiated may give it back here [AD201]
            total = total + queue.get_nowait()
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected a list, a tuple or a dictionary of the function's own, or an attribute of an object;
  or store adcompile.stop_gradient(x) if it is a constant""",
    ),
    Refused(
        "attributes_of_an_iteration",
        """\
class Filter:
    def __init__(self, x):
        self.x = x

    def step(self, z):
        self.last, self.change = self.x, z - self.x
        self.x = self.x + 0.5 * self.change

def f(x):
    filter = Filter(x)
    for k in range(3):
        filter.step(k)
    return filter.x
""",
        "(2.0,)",
        """\
model.py:12: NoDerivative: this container cannot be followed: an iteration gives it the attributes last, change: assign them before the loop [AD208]
            filter.step(k)
            ^^^^^^^^^^^
  expected one kind of value on every path, with the same structure and the same kind of items""",
    ),
    Refused(
        "key_on_one_path",
        """\
def f(x):
    found = {"x": x}
    if x > 1.0:
        found["twice"] = 2.0 * x
    return found["x"]
""",
        "(2.0,)",
        """\
model.py:5: NoDerivative: this container cannot be followed: one path gives it the key 'twice': assign it before the branch [AD208]
            return found["x"]
                   ^^^^^^^^^^
  expected one kind of value on every path, with the same structure and the same kind of items""",
    ),
    Refused(
        "checkpoint_of_recursion",
        """\
@ad.checkpoint
def halved(x, n):
    return x if n == 0 else 0.5 * halved(np.sin(x), n - 1)

def f(x):
    return halved(x, 3)
""",
        "(2.0,)",
        """\
model.py:3: NoDerivative: the checkpointed function `halved` is recursive [AD206]
            return x if n == 0 else 0.5 * halved(np.sin(x), n - 1)
                                          ^^^^^^^^^^^^^^^^^^^^^^^^
  expected a checkpointed function that is called in a loop""",
    ),
    Refused(
        "checkpoint_returns_a_pullback",
        """\
def f(x):
    def pulled(y):
        return ad.vjp(np.sin, y)
    value, pullback = ad.checkpoint(pulled)(x)
    return value * pullback(1.0)[0]
""",
        "(2.0,)",
        """\
model.py:4: NoDerivative: the checkpointed function `pulled` returns a function or object [AD208]
            value, pullback = ad.checkpoint(pulled)(x)
                              ^^^^^^^^^^^^^^^^^^^^^^^^
  expected numbers, arrays, and tuples, lists or objects of them""",
    ),
    Refused(
        "checkpoint_returns_a_view",
        """\
def f(a):
    b = a * 2.0
    tail = ad.checkpoint(lambda c: c[1:])(b)
    b[1] = 3.0
    return np.sum(tail)
""",
        "(ARRAY,)",
        """\
model.py:4: UnsupportedSyntax: this writes into an array that may or may not be the one that `tail` holds [AD112]
            b[1] = 3.0
            ^^^^
  expected a copy of the one or the other, or the write in each of the branches""",
    ),
    Refused(
        "nested_class",
        """\
def f(x):
    def g(y):
        class Inner:
            pass
        return y
    return g(x)
""",
        "(2.0,)",
        """\
model.py:3: UnsupportedSyntax: a class is defined inside the function [AD104]
            class Inner:
            ^^^^^^^^^^^^
  expected the class at the top of the module""",
    ),
    Refused(
        "list_rebound_while_iterated",
        """\
def f(a):
    items = [v for v in a]
    total = 0.0
    for v in items:
        total = total + v * len(items)
        items = [2.0 * u for u in items]
    return total
""",
        "(ARRAY,)",
        """\
model.py:5: NoDerivative: `items` cannot be followed: it is another container after an iteration, and a loop runs over the one before [AD208]
            total = total + v * len(items)
                                    ^^^^^
  expected one kind of value on every path, with the same structure and the same kind of items""",
    ),
    Refused(
        "list_rebound_while_an_iterator_waits",
        """\
def f(a):
    items = [v for v in a]
    waiting = zip(items, a)
    k = 0
    while k < 3:
        items = [2.0 * u for u in items]
        k = k + 1
    return sum(v * w for v, w in waiting) + sum(items)
""",
        "(ARRAY,)",
        """\
model.py:6: NoDerivative: `items` cannot be followed: it is another container after an iteration, and other names share it [AD208]
            items = [2.0 * u for u in items]
                                      ^^^^^
  expected one kind of value on every path, with the same structure and the same kind of items""",
    ),
    Refused(
        "list_rebound_while_a_method_waits",
        """\
def f(a):
    items = [v for v in a]
    put = items.append
    k = 0
    while k < 3:
        items = [2.0 * u for u in items]
        k = k + 1
    put(a[0])
    return sum(items)
""",
        "(ARRAY,)",
        """\
model.py:6: NoDerivative: `items` cannot be followed: it is another container after an iteration, and other names share it [AD208]
            items = [2.0 * u for u in items]
                                      ^^^^^
  expected one kind of value on every path, with the same structure and the same kind of items""",
    ),
    Refused(
        "list_rebound_in_a_branch_with_another_name",
        """\
def f(a):
    items = []
    other = items
    for v in a:
        items.append(v)
        if v > 1.5:
            items = []
    return sum(items) + sum(other)
""",
        "(ARRAY,)",
        """\
model.py:5: NoDerivative: `items` cannot be followed: it is one container on one path and another one on the other [AD208]
            items.append(v)
            ^^^^^
  expected one kind of value on every path, with the same structure and the same kind of items""",
    ),
    Refused(
        "list_resized_before_its_iterator_is_used",
        """\
def f(a):
    items = [v for v in a]
    waiting = enumerate(items)
    items.append(a[0])
    return sum(k * v for k, v in waiting)
""",
        "(ARRAY,)",
        """\
model.py:3: NoDerivative: a list changes its length while a loop runs over it [AD208]
            waiting = enumerate(items)
                      ^^^^^^^^^^^^^^^^
  expected a loop over a copy: `for v in list(items)`""",
    ),
    Refused(
        "row_changed_after_it_was_kept",
        """\
def f(a):
    rows = []
    for v in a:
        row = [v, 2.0 * v]
        rows.append(row)
        row[1] = v * v
    return sum(r[1] for r in rows)
""",
        "(ARRAY,)",
        """\
model.py:6: NoDerivative: this changes a list that is an item of a list of run-time length [AD208]
            row[1] = v * v
            ^^^^^^^^^^^^^^
  expected an array of two axes, or a new inner list in its place""",
    ),
    Refused(
        "list_changed_after_it_was_kept",
        """\
def f(a):
    kept = []
    current = []
    for v in a:
        current.append(v)
        kept.append(current)
    return sum(sum(c) for c in kept)
""",
        "(ARRAY,)",
        """\
model.py:5: NoDerivative: this changes a list that is an item of a list of run-time length [AD208]
            current.append(v)
            ^^^^^^^^^^^^^^^^^
  expected an array of two axes, or a new inner list in its place""",
    ),
    Refused(
        "slice_deleted_from_the_middle",
        """\
def f(a):
    items = [v for v in a]
    del items[1:2]
    return sum(items)
""",
        "(ARRAY,)",
        """\
model.py:3: NoDerivative: `del` of a slice from the middle of a list of run-time length [AD209]
            del items[1:2]
                ^^^^^^^^^^
  expected `items = items[:i] + items[j:]`""",
    ),
    Refused(
        "order_of_pairs_of_arrays",
        """\
def f(a):
    items = [(v, v * a) for v in a]
    items.sort()
    return items[0][0]
""",
        "(ARRAY,)",
        """\
model.py:3: NoDerivative: the order of items that are no numbers, or tuples of numbers [AD206]
            items.sort()
            ^^^^^^^^^^^^
  expected a key that is a number: key=lambda v: ...""",
    ),
    Refused(
        "compared_lists_of_arrays",
        """\
def f(a):
    items = [v * a for v in a]
    return a[0] if items == items[:] else a[1]
""",
        "(ARRAY,)",
        """\
model.py:3: NoDerivative: a comparison of items of a list of run-time length that are no numbers [AD206]
            return a[0] if items == items[:] else a[1]
                           ^^^^^^^^^^^^^^^^^
  expected a loop that compares the items""",
    ),
    Refused(
        "tuple_of_run_time_length_as_an_index",
        """\
def f(a):
    places = ()
    for k in range(len(a) - 2):
        places += (k,)
    return a[places] ** 2
""",
        "(ARRAY,)",
        """\
model.py:5: NoDerivative: this cannot index an array [AD206]
            return a[places] ** 2
                   ^^^^^^^^^
  expected integers, slices, arrays of integers or a mask""",
    ),
    Refused(
        "items_of_different_kinds_in_order",
        """\
def f(x):
    items = [x, (x, 1.0)]
    items.sort(key=lambda v: v if isinstance(v, float) else v[0])
    return items[0]
""",
        "(2.0,)",
        """\
model.py:3: NoDerivative: this depends on values known at run time only, and the items of the list are of different kinds [AD209]
            items.sort(key=lambda v: v if isinstance(v, float) else v[0])
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  expected items of one kind""",
    ),
    Refused(
        "iterator_on_one_path",
        """\
def f(a):
    if a[0] > 0.0:
        waiting = iter(a)
    else:
        waiting = iter(2.0 * a)
    return next(waiting)
""",
        "(ARRAY,)",
        """\
model.py:6: NoDerivative: `waiting` cannot be followed: it is a function or object on one path and a function or object on the other [AD208]
            return next(waiting)
                        ^^^^^^^
  expected one kind of value on every path, with the same structure and the same kind of items""",
    ),
]


def load(name: str, source: str) -> Any:
    """Return the function `f` of a file model.py with that source."""
    filename = f"/refused/{name}/model.py"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace = {
        "np": np,
        "ad": ad,
        "math": math,
        "contextlib": contextlib,
        "copy": copy,
        "ctypes": ctypes,
        "SimpleQueue": SimpleQueue,
        "__name__": "refused",
    }
    exec(compile(source, filename, "exec"), namespace)
    return namespace["f"]


def arguments_of(case: Refused) -> Any:
    return eval(case.arguments, {"np": np, "ARRAY": np.array([1.0, 2.0, 3.0]), "MATRIX": np.eye(2) + 1.0})


each_refusal = pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in REFUSED])

# What a gradient asks of its arguments and result, a product does not.
each_construct = pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name)
        for case in REFUSED
        if not any(code in case.report for code in ("AD203", "AD204", "AD205"))
    ],
)


@each_refusal
def test_report_of_a_refusal(case: Refused) -> None:
    with pytest.raises(ad.AdcompileError) as caught:
        ad.grad(load(case.name, case.source))(*arguments_of(case))
    assert str(caught.value) == case.report


@each_construct
def test_forward_mode_refuses_what_reverse_mode_refuses(case: Refused) -> None:
    f, arguments = load(case.name, case.source), arguments_of(case)
    with pytest.raises(ad.AdcompileError) as caught:
        ad.jvp(f, arguments, arguments)
    assert str(caught.value) == case.report


WRITING = {
    "item": ("b = a * 2.0\n    b[0] = 1.0\n    return np.sum(b)", [0.0, 2.0, 2.0]),
    "slice of the argument": ("a[1:] *= 2.0\n    return np.sum(a)", [1.0, 2.0, 2.0]),
    "op= on a name": ("b = a * 2.0\n    b += a\n    return np.sum(b)", [3.0, 3.0, 3.0]),
    "sort": ("a.sort()\n    return a[0]", [0.0, 1.0, 0.0]),
    "fill": ("a.fill(3.0)\n    return a[0]", [0.0, 0.0, 0.0]),
    "out": ("b = np.zeros(3)\n    np.square(a, out=b)\n    return np.sum(b)", [4.0, 2.0, 6.0]),
    "out by position": ("np.multiply(a, a, a)\n    return np.sum(a)", [4.0, 2.0, 6.0]),
    "put": ("np.put(a, [0], 1.0)\n    return np.sum(a)", [0.0, 1.0, 1.0]),
    "at": ("np.add.at(a, [0], a[1:2])\n    return np.sum(a)", [1.0, 2.0, 1.0]),
    "callee": (
        "def clear(b):\n        b[0] = 0.0\n\n    b = a * 2.0\n    clear(b)\n    return np.sum(b)",
        [0.0, 2.0, 2.0],
    ),
}


@pytest.mark.parametrize("name", WRITING)
def test_writes_are_no_refusals(name: str) -> None:
    text, gradient = WRITING[name]
    f, a = load(f"writing {name}", f"def f(a):\n    {text}\n"), np.array([2.0, 1.0, 3.0])
    assert ad.grad(f)(a).tolist() == gradient
    assert ad.jvp(f, (a,), (np.ones(3),))[1] == sum(gradient)
    assert a.tolist() == [2.0, 1.0, 3.0]


@pytest.mark.parametrize("code", ["AD108", "AD111", "AD112", "AD113"])
def test_what_the_table_of_codes_shows_about_writes(code: str) -> None:
    _, before, after = re.split(r"\n\n(?:Instead of|write)\n\n", CODES[code].explanation)
    x = np.array([[0.5, 1.5, -0.5]]) if code == "AD111" else np.array([0.5, 1.5, -0.5])
    with pytest.raises(ad.AdcompileError) as caught:
        ad.grad(load(f"before {code}", textwrap.dedent(before)))(x)
    assert caught.value.code == code
    ad.check_grads(load(f"after {code}", textwrap.dedent(after)), (x,))


def report(function: Any, *arguments: Any, **options: Any) -> str:
    """Return the report of calling a derivative."""
    with pytest.raises(ad.AdcompileError) as caught:
        ad.grad(function, **options)(*arguments)
    return str(caught.value)


def test_function_without_source() -> None:
    namespace: dict[str, Any] = {}
    # a process that was started with `-c` has text of its own under this name, from Python 3.13 on
    linecache.cache.pop("<string>", None)
    exec("def f(x):\n    return x * x\n", namespace)
    with pytest.raises(ad.SourceUnavailable) as caught:
        ad.grad(namespace["f"])(2.0)
    assert str(caught.value) == (
        "<string>:1: SourceUnavailable: Python has not kept the source of `f` [AD301]\n"
        "  expected a function from a file, a notebook cell or a doctest; to use `exec`, "
        "put its text into `linecache`"
    )


def test_edited_function() -> None:
    filename = "/refused/edited/model.py"
    source = "def f(x):\n    return x * x\n"
    namespace: dict[str, Any] = {}
    exec(compile(source, filename, "exec"), namespace)
    edited = source.replace("x * x", "x * 3.0")
    linecache.cache[filename] = (len(edited), None, edited.splitlines(keepends=True), filename)
    with pytest.raises(ad.SourceUnavailable) as caught:
        ad.grad(namespace["f"])(2.0)
    assert str(caught.value) == (
        "model.py:1: SourceUnavailable: the source of `f` is not the code that runs; "
        "the file was edited since [AD303]\n"
        "  expected the text that was imported; reload the module with `importlib.reload`, or restart Python\n"
        "  (import hooks that rewrite functions have to leave this module alone)"
    )


def test_builtin_without_a_rule() -> None:
    assert report(np.linalg.tensorinv, np.eye(2)).splitlines()[0] == (
        "NoDerivative: `tensorinv` has no rule and no source that could be followed [AD201]"
    )


def test_c_function() -> None:
    function = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(lambda x: x)
    assert report(function, 2.0).splitlines()[0] == (
        "NoDerivative: `CFunctionType` has no rule and no source that could be followed [AD201]"
    )


def test_argnums_out_of_range() -> None:
    assert report(load("one", "def f(x, y):\n    return x * y\n"), 1.0, 2.0, argnums=2) == (
        "ArgumentError: argnums=2, but f has 2 parameters [AD210]\n  expected a number from -2 to 1, or a name"
    )


def test_argnums_that_no_parameter_has() -> None:
    assert report(load("two", "def f(x, y):\n    return x * y\n"), 1.0, 2.0, argnums="z") == (
        "ArgumentError: f has no parameter named 'z' [AD210]\n  expected one of x, y"
    )


@pytest.mark.parametrize("argnums", [1.5, None, [[0]], True])
def test_argnums_of_another_type(argnums: Any) -> None:
    with pytest.raises(ad.ArgumentError) as caught:
        ad.grad(math.sin, argnums=argnums)
    assert str(caught.value) == (
        f"ArgumentError: argnums={argnums!r} [AD210]\n  expected a number or a name, or a tuple of them"
    )


def test_no_function() -> None:
    with pytest.raises(ad.ArgumentError) as caught:
        ad.grad(3)  # type: ignore[call-overload]
    assert (
        str(caught.value)
        == "ArgumentError: 3 is not callable [AD210]\n  expected a function to differentiate"
    )


def test_aux_without_a_pair() -> None:
    f = load("three", "def f(x):\n    return x * x\n")
    assert report(f, 1.0, has_aux=True) == (
        "model.py:1: ArgumentError: f: with has_aux=True the function must return a pair [AD210]\n"
        "            def f(x):\n"
        "            ^^^^^^^^^\n"
        "  expected `return output, aux`"
    )


def test_number_of_tangents() -> None:
    with pytest.raises(ad.ArgumentError) as caught:
        ad.jvp(math.pow, (1.0, 2.0), (1.0,))
    assert str(caught.value) == (
        "ArgumentError: 2 primals and 1 tangents [AD210]\n  expected one tangent for each primal"
    )


def test_unknown_mode() -> None:
    with pytest.raises(ad.ArgumentError) as caught:
        ad.lower(math.sin, 1.0, mode="sideways")
    assert str(caught.value) == (
        "ArgumentError: mode='sideways' [AD210]\n"
        '  expected "reverse", "forward", "grad", "value_and_grad", "vjp" or "jvp"'
    )


@pytest.mark.parametrize(
    ("source", "kind", "text"),
    [
        ("def f(x):\n    return x * missing\n", NameError, "name 'missing' is not defined"),
        ("def f(x):\n    return {1: x}[2]\n", KeyError, "2"),
        ("def f(x):\n    return (x,)[3]\n", IndexError, "tuple index out of range"),
        ("def f(x):\n    raise ValueError('mine')\n", ValueError, "mine"),
        ("def f(x):\n    a, b = (x,)\n    return a\n", ValueError, "not enough values to unpack"),
        ("def f(x):\n    return math.nosuch(x)\n", AttributeError, "has no attribute 'nosuch'"),
        ("def f(x):\n    y = y * x\n    return y\n", UnboundLocalError, "local variable 'y'"),
        ("def f(x):\n    return math.sqrt(-x)\n", ValueError, "math domain error|nonnegative"),
        ("def f(x):\n    return np.ones(2) @ (np.ones(3) * x)\n", ValueError, "matmul|broadcast"),
    ],
)
def test_what_the_primal_raises_is_raised(source: str, kind: type[Exception], text: str) -> None:
    f = load(f"raises {hash(source)}", source)
    with pytest.raises(kind, match=text):
        f(2.0)
    for _ in range(2):
        with pytest.raises(kind, match=text):
            ad.grad(f)(2.0)


def test_a_missing_global_may_come_later() -> None:
    f = load("later", "def f(x):\n    return x * FACTOR\n")
    slope = ad.grad(f)
    with pytest.raises(NameError, match="FACTOR"):
        slope(2.0)
    f.__globals__["FACTOR"] = 3.0
    assert slope(2.0) == 3.0
