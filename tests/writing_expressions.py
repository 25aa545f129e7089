"""Random expressions over arrays of known shapes, for the generator of programs that write into them.

In: a source of random integers and what names are known. Out: texts. Values stay of order 1: what is computed
passes through a bounded function. What can be indexed how is found by indexing, not by a table of shapes.
"""

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

Item = TypeVar("Item")
Shape = tuple[int, ...]

BOUNDED = ("np.sin({})", "np.tanh({})", "0.7 * np.cos({})", "0.5 * ({}) / (1.2 + np.sin({}))")
UNARY = ("np.sin({})", "np.cos({})", "-{}", "{} ** 2", "np.exp(-({} ** 2))", "np.sqrt(1.5 + {} ** 2)",
         "np.tanh({})", "1.0 / (2.0 + np.sin({}))")  # fmt: skip
BINARY = ("{} * {}", "{} + {}", "{} - {}", "{} / (1.5 + {} ** 2)", "{} * np.cos({})")
CONSTANTS = ("0.5", "1.3", "-0.7", "2.0", "0.25")
# off the values that fills and buffers have, where a comparison would be at its edge
THRESHOLDS = ("0.11", "-0.23", "0.37", "-0.05", "0.61")
# as a vector is written or read in full, in part, in another order, and repeatedly
SLICES = ("1:", ":-1", ":", "...", "::2", "1::2", "::-1", "1:3", "2::-1", "3:0:-1", ":2", "-2:", "None",
          "2:2", ":1")  # fmt: skip
LISTS = ("[0, 2, 2]", "[1, 3]", "[3, 0, 3, 1]", "[-1, 1]", "[[0, 1], [2, 0]]", "[2, 1, 0]", "[0, 0]")
MASKS = ("[True, False, True, True]", "[False, True, True, False]", "[True, False, True]")


@dataclass(frozen=True)
class Scope:
    """What the statements of a block may use.

    Attributes
    ----------
    arrays : dict
        From the text of each array, a name or a path into a container, to its shape.
    bindable : frozenset
        The texts that may be assigned to.
    floats, functions : tuple
        Names of numbers, and of functions of one number.
    integers : tuple
        Names of integers, each with a bound that it stays below.
    kept : frozenset
        The arrays that may not be written.
    """

    arrays: dict[str, Shape] = field(default_factory=dict)
    bindable: frozenset[str] = frozenset()
    floats: tuple[str, ...] = ()
    integers: tuple[tuple[str, int], ...] = ()
    functions: tuple[str, ...] = ()
    kept: frozenset[str] = frozenset()
    loops: int = 0
    returns: str | None = None

    def with_array(self, text: str, shape: Shape, *, bindable: bool = True) -> "Scope":
        """The scope with one more array."""
        arrays = {k: v for k, v in self.arrays.items() if k != text}
        names = self.bindable | {text} if bindable else self.bindable
        return replace(self, arrays={**arrays, text: shape}, bindable=names, kept=self.kept - {text})

    def of_shape(self, shape: Shape) -> list[str]:
        """The arrays of one shape, the latest first."""
        return [text for text, known in reversed(self.arrays.items()) if known == shape]


@functools.cache
def indexed_shape(shape: Shape, index: str) -> Shape | None:
    """The shape of what an index selects, None if it does not fit."""
    try:
        return np.empty(shape)[eval(f"np.s_[{index}]", {"np": np})].shape  # type: ignore[no-any-return]
    except IndexError:
        return None


@functools.cache
def basic_indices(shape: Shape) -> tuple[str, ...]:
    """Indices that give views."""
    if len(shape) == 1:
        return tuple(i for i in (*SLICES, "0", "-1", "1") if indexed_shape(shape, i) is not None)
    rows = ("0", "-1", "1", "1:", ":-1", "::-1", ":", "::2", "2:0:-1")
    pairs = [f"{a}, {b}" for a in rows for b in (*rows, "1:3", "3:0:-1")]
    candidates = (*rows, *pairs, "..., 0", "..., 1:", "...", "None, 1", ":, None, 0", "1, None")
    return tuple(i for i in candidates if indexed_shape(shape, i) is not None)


@functools.cache
def advanced_indices(shape: Shape) -> tuple[str, ...]:
    """Indices that give copies: lists with repeats, and masks."""
    vector = (*LISTS, *MASKS)
    if len(shape) > 1:
        crossed = [f"{a}, {b}" for a in (*LISTS, "1", "1:") for b in (*LISTS, ":", "1:", "0")]
        vector = (*vector, *[c for c in crossed if "[" in c])
    return tuple(i for i in vector if indexed_shape(shape, i) not in (None, ()))


@functools.cache
def cuts(shape: Shape, wanted: Shape) -> tuple[str, ...]:
    """The indices that cut an array of one shape to another."""
    found = [
        i for i in (*basic_indices(shape), *advanced_indices(shape)) if indexed_shape(shape, i) == wanted
    ]
    return tuple(found)


class Expressions:
    """Draws expressions."""

    def __init__(self, integer: Callable[[int, int], int]) -> None:
        self.integer = integer
        self.used = 0

    def choose(self, options: Sequence[Item]) -> Item:
        """Draw one of the options."""
        return options[self.integer(0, len(options) - 1)]

    def weighted(self, options: Iterable[tuple[int, Item]]) -> Item:
        """Draw one of the options by their weights."""
        return self.choose([item for weight, item in options for _ in range(weight)])

    def chance(self, of: int) -> bool:
        """Once in `of` times."""
        return self.integer(1, of) == 1

    def fresh(self, stem: str) -> str:
        """A new name."""
        self.used += 1
        return f"{stem}{self.used}"

    def bounded(self, text: str) -> str:
        """The expression kept small."""
        return self.choose(BOUNDED).replace("{}", text)

    # -- indices --------------------------------------------------------------------------------------------

    def position(self, scope: Scope, n: int) -> str:
        """An index into an axis of n elements."""
        options = [str(self.integer(0, n - 1)), str(-self.integer(1, n))]
        for name, bound in scope.integers:
            if bound <= n:
                options += [name, name, f"{n - 1} - {name}", f"-1 - {name}"]
            options += [f"({name} + 1) % {n}", f"{name} % {n}"]
        vectors = [text for text, shape in scope.arrays.items() if len(shape) == 1 and 1 < shape[0] <= n]
        if vectors and self.chance(6):
            options = [f"np.argmax({self.choose(vectors)})", f"np.argsort({self.choose(vectors)})[0]"]
        return self.choose(options)

    def element(self, scope: Scope, text: str) -> str:
        """One element of an array."""
        shape = scope.arrays[text]
        if 0 in shape:
            return f"np.sum({text})"
        return f"{text}[{', '.join(self.position(scope, n) for n in shape)}]"

    # -- numbers --------------------------------------------------------------------------------------------

    def number(self, scope: Scope, depth: int = 1) -> str:
        """An expression for a number."""
        arrays = list(scope.arrays)
        options: list[tuple[int, Callable[[], str]]] = [(1, lambda: self.choose(CONSTANTS))]
        if scope.floats:
            options.append((3, lambda: self.choose(scope.floats)))
        if arrays:
            options.append((4, lambda: self.element(scope, self.choose(arrays))))
        if depth > 0:
            options += [
                (2, lambda: self.choose(UNARY).replace("{}", f"({self.number(scope, depth - 1)})")),
                (3, lambda: self.combined(lambda: f"({self.number(scope, depth - 1)})")),
            ]
            if arrays:
                options.append((2, lambda: self.reduction(scope)))
            if scope.functions:
                options.append(
                    (2, lambda: f"{self.choose(scope.functions)}({self.number(scope, depth - 1)})")
                )
            options.append((1, lambda: self.selected(scope, depth)))
        return self.weighted(options)()

    def selected(self, scope: Scope, depth: int) -> str:
        """One of two numbers."""
        a, b = (self.number(scope, depth - 1) for _ in range(2))
        return f"({a} if {self.condition(scope)} else {b})"

    def combined(self, part: Callable[[], str]) -> str:
        """Two parts combined."""
        return self.choose(BINARY).format(part(), part())

    def reduction(self, scope: Scope) -> str:
        """A number made of an array."""
        text = self.choose(list(scope.arrays))
        shape = scope.arrays[text]
        patterns = ["np.sum({})", "({} ** 2).sum()", "np.sum(np.sin({}))"]
        if 0 not in shape:
            patterns += ["np.mean({})"]
        if len(shape) == 1:
            other = self.choose(scope.of_shape(shape))
            patterns += [f"{{}} @ {other}"] * 2
        return self.choose(patterns).replace("{}", text)

    def condition(self, scope: Scope) -> str:
        """A test."""
        options = [f"({self.number(scope, 0)}) {self.choose('<>')} {self.choose(THRESHOLDS)}"] * 2
        options += [f"{name} % 2 == 0" for name, _ in scope.integers]
        options += [f"{name} > 0" for name, _ in scope.integers]
        return self.choose(options)

    # -- arrays ---------------------------------------------------------------------------------------------

    def fit(self, scope: Scope, wanted: Shape, first: str | None = None) -> str:
        """An array of a shape: one that is there, or a part of one; `first` is taken most often."""
        if first is not None and self.chance(2):
            found = cuts(scope.arrays[first], wanted)
            if found:
                return f"{first}[{self.choose(found)}]"
        whole = scope.of_shape(wanted)
        if whole and not self.chance(3):
            return self.choose(whole)
        parts = [text for text, shape in scope.arrays.items() if cuts(shape, wanted)]
        if parts:
            text = self.choose(parts)
            return f"{text}[{self.choose(cuts(scope.arrays[text], wanted))}]"
        if whole:
            return self.choose(whole)
        shape = f"({wanted[0]},)" if len(wanted) == 1 else str(wanted)
        return f"np.full({shape}, {self.number(scope, 0)})"

    def array(self, scope: Scope, shape: Shape, depth: int = 1, first: str | None = None) -> str:
        """An expression for an array of a shape."""
        if depth <= 0:
            return self.fit(scope, shape, first)
        part = lambda: f"({self.array(scope, shape, depth - 1, first)})"
        options: list[tuple[int, Callable[[], str]]] = [
            (2, lambda: self.fit(scope, shape, first)),
            (3, lambda: self.choose(UNARY).replace("{}", part())),
            (4, lambda: self.combined(part)),
            (3, lambda: self.choose(BINARY).format(part(), f"({self.number(scope, 0)})")),
            (1, lambda: f"np.where({part()} > {self.choose(THRESHOLDS)}, {part()}, {part()})"),
        ]
        if len(shape) == 1:
            options += [
                (1, lambda: f"np.cumsum({part()})"),
                (1, lambda: f"np.maximum({part()}, {part()})"),
                (1, lambda: f"{part()}[::-1]"),
            ]
            matrices = [t for t, s in scope.arrays.items() if len(s) == 2 and s[1] == shape[0]]
            if matrices:
                options.append((1, lambda: f"np.sum({self.choose(matrices)}, axis=0)"))
        if len(shape) == 2:
            row, column = (shape[1],), (shape[0],)
            options += [
                (1, lambda: f"np.outer({self.fit(scope, column)}, {self.fit(scope, row)})"),
                (1, lambda: f"({self.fit(scope, column)})[:, None] * ({self.fit(scope, row)})"),
            ]
        return self.weighted(options)()

    def fitting(self, scope: Scope, shape: Shape, first: str | None = None) -> str:
        """What may be written into a place of a shape: an array, or what is stretched to it."""
        options: list[tuple[int, Callable[[], Any]]] = [
            (5, lambda: self.bounded(self.array(scope, shape, self.integer(0, 2), first))),
            (2, lambda: self.fit(scope, shape, first)),
            (1, lambda: self.bounded(self.number(scope))),
            (1, lambda: self.choose(CONSTANTS)),
        ]
        if len(shape) == 2:
            options.append((1, lambda: self.bounded(self.array(scope, (shape[1],), 1, first))))
            options.append((1, lambda: self.bounded(f"({self.fit(scope, (shape[0],))})[:, None]")))
        if shape == ():
            options = [(5, lambda: self.bounded(self.number(scope, 2))), (1, lambda: self.number(scope, 0))]
            if first is not None:
                options.append((4, lambda: self.bounded(
                    self.combined(lambda: self.choose((self.element(scope, first), self.number(scope, 0))))
                )))  # fmt: skip
        return self.weighted(options)()  # type: ignore[no-any-return]
