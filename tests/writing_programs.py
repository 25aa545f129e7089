"""Random programs that write into arrays: views, aliases, containers, callees, closures, loops.

In: a number. Out: a `WritingProgram`, always the same for that number: source text and arguments. Every
program runs as plain NumPy without an error and ends; its values are of order 1. Not for programs without
writes, which `generator` draws, and not for checking: that is `random_check`.
"""

import functools
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests import oracles
from tests.writing_expressions import Scope, Shape, basic_indices, indexed_shape
from tests.writing_statements import ARRAY_SHAPES, Statements

PREAMBLE = """\
class Box:
    def __init__(self, u, s):
        self.u = u
        self.s = s


"""
WEIGHTS = np.array([0.31, -0.77, 0.58, 1.12, -0.43, 0.91, -1.07, 0.66, 0.39, -0.85, 0.74, -0.52])
NOTHING = "nothing"
PAIR = "nothing, of two arrays"


@dataclass(frozen=True)
class WritingProgram:
    """Source text that defines `program`, and arguments for it; the floats among them are differentiated."""

    seed: int
    source: str
    arguments: tuple[Any, ...]

    @functools.cached_property
    def function(self) -> Callable[..., Any]:
        """The function, with its source registered for `inspect`."""
        return oracles.define(self.source, {"C": WEIGHTS}, "program")  # type: ignore[no-any-return]

    @functools.cached_property
    def complex_function(self) -> Callable[..., Any]:
        """The same in complex numbers: what is filled with numbers is made to hold complex ones."""
        names = {"C": WEIGHTS, "np": complex_numpy()}
        return oracles.define(self.source, names, "program")  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"WritingProgram(seed={self.seed}, arguments={self.arguments!r}, source:\n\n{self.source})"


@functools.cache
def complex_numpy() -> SimpleNamespace:
    """NumPy, but new arrays of floats are of complex numbers."""

    def complexly(make: Callable[..., Any]) -> Callable[..., Any]:
        def made(*args: Any, **keywords: Any) -> Any:
            array = make(*args, **keywords)
            return array.astype(complex) if array.dtype.kind == "f" else array

        return made

    makers = ("empty", "zeros", "ones", "full", "array")
    return SimpleNamespace(**{**vars(np), **{name: complexly(getattr(np, name)) for name in makers}})


class Programs(Statements):
    """Writes whole programs."""

    def __init__(self, integer: Callable[[int, int], int]) -> None:
        super().__init__(integer)
        # helpers that write: name, shape of the array, and what they return
        self.helpers: list[tuple[str, Shape, str]] = []

    def block(self, indent: int, scope: Scope, budget: int, most: int = 3) -> Scope:
        """Write some statements."""
        for _ in range(self.integer(1, most)):
            scope = self.statement(indent, scope, budget)
        return scope

    def statement(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Write one statement."""
        options: list[tuple[int, Any]] = [
            (2, self.new_array), (6, self.write_item), (5, self.update_item), (3, self.update_name),
            (3, self.view), (2, self.alias), (2, self.number_of), (3, self.method), (1, self.swap),
            (1, self.container), (1, self.masked), (1, self.chosen), (1, self.rebind),
            (1, self.read_only_view),
        ]  # fmt: skip
        if self.helpers:
            options.append((3, self.call_helper))
        if budget > 0:
            options += [
                (3, self.branch), (3, self.for_range), (1, self.rows), (1, self.while_loop),
                (1, self.triangle), (1, self.closure), (1, self.ping_pong), (1, self.buffer),
                (1, self.listed), (1, self.each), (1, self.in_turn),
            ]  # fmt: skip
        if scope.loops:
            options.append((1, self.leave))
        if scope.returns is not None:
            options.append((1, self.return_early))
        return self.weighted(options)(indent, scope, budget)  # type: ignore[no-any-return]

    # -- calls ----------------------------------------------------------------------------------------------

    def helper(self) -> None:
        """A function of the module that writes into its argument."""
        shape = self.choose(((4,), (3,), (3, 4)))
        name = self.fresh("helper")
        returns = self.choose((NOTHING, "w", "w[1:]", "w[0]"))
        if len(shape) == 2 and returns == "w[0]":
            returns = "w"
        scope = Scope({"w": shape}, frozenset({"r"}), ("r",), returns=None if returns == "w[1:]" else returns)
        if shape == (4,) and self.chance(4):
            self.recursive_helper(name)
            return
        if shape == (3,) and not self.chance(3):
            self.helper_of_two(name)
            return
        self.line(0, f"def {name}(w, r=0.4):")
        self.block(1, scope, 1)
        self.line(1, "w[0] *= r" if returns == NOTHING else f"return {returns}")
        self.lines += ["", ""]
        self.helpers.append((name, shape, returns))

    def helper_of_two(self, name: str) -> None:
        """A function of two arrays, which may be one, or overlap."""
        scope = Scope({"w": (3,), "q": (3,)}, frozenset({"r"}), ("r",), returns=NOTHING)
        self.line(0, f"def {name}(w, q, r=0.4):")
        self.block(1, scope, 1)
        self.line(1, "w[1:] *= q[:-1]")
        self.lines += ["", ""]
        self.helpers.append((name, (3,), PAIR))

    def recursive_helper(self, name: str) -> None:
        """A function that writes one element after the other by calling itself."""
        self.line(0, f"def {name}(w, r=0.4, k=3):")
        self.line(1, "if k == 0:")
        self.line(2, "return")
        scope = Scope({"w": (4,)}, frozenset({"w"}), ("r",), (("k", 4),))
        self.line(1, f"w[k] = {self.fitting(scope, (), 'w')}")
        self.line(1, f"w[k - 1] *= {self.bounded(self.number(scope))}")
        self.line(1, f"{name}(w, {self.bounded(self.number(scope))}, k - 1)")
        self.lines += ["", ""]
        self.helpers.append((name, (4,), NOTHING))

    def call_helper(self, indent: int, scope: Scope, budget: int) -> Scope:
        """A call of a function that writes into what it is given."""
        name, shape, returns = self.choose(self.helpers)
        found = [t for t in scope.of_shape(shape) if t not in scope.kept]
        if len(shape) == 1:
            for text, other in scope.arrays.items():
                cut = [i for i in basic_indices(other) if indexed_shape(other, i) == shape]
                if cut and text not in scope.kept:
                    found.append(f"{text}[{self.choose(cut)}]")
        if not found:
            return self.new_array(indent, scope, budget)
        second = f"{self.choose(found)}, " if returns == PAIR else ""
        call = f"{name}({self.choose(found)}, {second}{self.bounded(self.number(scope))})"
        if returns in (NOTHING, PAIR) or self.chance(4):
            self.line(indent, call)
            return scope
        result = self.fresh("h")
        self.line(indent, f"{result} = {call}")
        if returns == "w[0]":
            return replace(scope, floats=(*scope.floats, result), bindable=scope.bindable | {result})
        made = shape if returns == "w" else (shape[0] - 1, *shape[1:])
        return scope.with_array(result, made)

    def closure(self, indent: int, scope: Scope, budget: int) -> Scope:
        """A nested function that writes into captured arrays, called at once and perhaps later."""
        name, parameter = self.fresh("g"), self.fresh("z")
        self.line(indent, f"def {name}({parameter}):")
        inner = replace(scope, bindable=frozenset(), floats=(*scope.floats, parameter), loops=0, functions=(),
                        returns=None)  # fmt: skip
        inner = self.block(indent + 1, inner, 0, 2)
        self.line(indent + 1, f"return {self.bounded(self.number(inner))}")
        result = self.fresh("s")
        self.line(indent, f"{result} = {name}({self.number(scope, 0)})")
        floats = (*scope.floats, result)
        return replace(scope, floats=floats, functions=(*scope.functions, name),
                       bindable=scope.bindable | {result})  # fmt: skip

    # -- control --------------------------------------------------------------------------------------------

    def branch(self, indent: int, scope: Scope, budget: int) -> Scope:
        """An `if`; names that both arms give to arrays live on."""
        self.line(indent, f"if {self.condition(scope)}:")
        self.block(indent + 1, scope, budget - 1)
        shared = self.fresh("e")
        shape = self.choose(ARRAY_SHAPES)
        both = self.chance(3)
        if both:
            self.line(indent + 1, f"{shared} = {self.fit(scope, shape)}")
        if both or self.chance(2):
            self.line(indent, "else:")
            if not both or self.chance(2):
                self.block(indent + 1, scope, budget - 1)
            if both:
                self.line(indent + 1, f"{shared} = {self.bounded(self.array(scope, shape, 1))}")
        if not both:
            return scope
        scope = scope.with_array(shared, shape)
        return replace(scope, kept=scope.kept | {shared}) if self.chance(2) else scope

    def for_range(self, indent: int, scope: Scope, budget: int) -> Scope:
        """A loop over a range, perhaps backwards or without trips."""
        i = self.fresh("i")
        ranges = (("range(3)", 3), ("range(1, 4)", 4), ("range(3, 0, -1)", 4), ("range(0, 4, 2)", 3),
                  ("reversed(range(3))", 3), ("range(2)", 2), ("range(0)", 1), ("range(1)", 1),
                  ("range(4)", 4))  # fmt: skip
        text, bound = self.choose(ranges)
        self.line(indent, f"for {i} in {text}:")
        self.block(indent + 1, self.inside(scope, (i, bound)), budget - 1)
        self.carry(indent + 1, scope)
        return scope

    def carry(self, indent: int, scope: Scope) -> None:
        """At the end of a body, perhaps rebind what the loop carries."""
        names = [name for name in scope.floats if name in scope.bindable]
        if names and self.chance(2):
            self.line(indent, f"{self.choose(names)} = {self.bounded(self.number(scope))}")

    def triangle(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Nested loops whose bounds depend on the outer index."""
        text = self.target(scope)
        if text is None or scope.loops > 1:
            return self.write_item(indent, scope, budget)
        i, j = self.fresh("i"), self.fresh("j")
        n = scope.arrays[text][0]
        inner = self.choose(
            (f"range({i})", f"range({i}, {n})", f"range({i} + 1, {n})", f"range({i} - 1, -1, -1)")
        )
        self.line(indent, f"for {i} in range({n}):")
        self.line(indent + 1, f"for {j} in {inner}:")
        body = self.inside(self.inside(scope, (i, n)), (j, n))
        shape = scope.arrays[text][1:]
        op = self.choose(("=", "+=", "-=", "*="))
        value = self.bounded(
            self.combined(lambda: self.choose((f"{text}[{i}]", f"{text}[{j}]", self.number(body))))
        )
        self.line(indent + 2, f"{text}[{self.choose((i, j))}] {op} {value}")
        if self.chance(2):
            self.block(indent + 2, body, 0, 1)
        if not shape and self.chance(2):
            self.line(indent + 1, f"{text}[{i}] -= 0.3 * np.sum({text}[:{i}] * {text}[:{i}])")
        return scope

    def rows(self, indent: int, scope: Scope, budget: int) -> Scope:
        """A loop over the rows of a matrix, which are views, or over the elements of a vector."""
        text = self.choose(list(scope.arrays))
        shape = scope.arrays[text]
        item, i = self.fresh("r"), self.fresh("i")
        head = self.choose((f"for {item} in {text}:", f"for {i}, {item} in enumerate({text}):"))
        self.line(indent, head)
        inner = self.inside(scope, (i, shape[0])) if "enumerate" in head else self.inside(scope)
        if len(shape) == 1:
            inner = replace(inner, floats=(*inner.floats, item))
        else:
            inner = inner.with_array(item, shape[1:], bindable=True)
            if text in scope.kept:
                inner = replace(inner, kept=inner.kept | {item})
        self.block(indent + 1, inner, budget - 1, 2)
        self.carry(indent + 1, scope)
        return scope

    def while_loop(self, indent: int, scope: Scope, budget: int) -> Scope:
        """A `while` that a counter ends, perhaps sooner."""
        n = self.fresh("n")
        self.line(indent, f"{n} = 0")
        also = f" and {self.condition(scope)}" if self.chance(3) else ""
        self.line(indent, f"while {n} < {self.choose((2, 3, 1, 0))}{also}:")
        self.block(indent + 1, self.inside(scope, (n, 3)), budget - 1, 2)
        self.carry(indent + 1, scope)
        self.line(indent + 1, f"{n} += 1")
        return scope

    def leave(self, indent: int, scope: Scope, budget: int) -> Scope:
        """A conditional `break`, perhaps after a write."""
        self.line(indent, f"if {self.condition(scope)}:")
        text = self.target(scope)
        if text is not None and self.chance(2):
            self.line(indent + 1, f"{text}[0] = {self.fitting(scope, scope.arrays[text][1:], text)}")
        self.line(indent + 1, "break")
        return scope

    def return_early(self, indent: int, scope: Scope, budget: int) -> Scope:
        """A conditional return."""
        self.line(indent, f"if {self.condition(scope)}:")
        if scope.returns == NOTHING:
            self.line(indent + 1, "return")
        else:
            self.line(indent + 1, f"return {scope.returns or self.number(scope)}")
        return scope

    def ping_pong(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Two buffers that change their roles in a loop."""
        old, new, i = self.fresh("o"), self.fresh("o"), self.fresh("i")
        shape = self.choose(((4,), (3, 4)))
        self.line(indent, f"{old} = {self.fit(scope, shape)} * 1.0")
        self.line(
            indent, f"{new} = {self.choose((f'{old}.copy()', f'np.zeros_like({old})', f'{old} * 0.5'))}"
        )
        self.line(indent, f"for {i} in range({self.choose((2, 3, 1, 0))}):")
        body = self.inside(scope.with_array(old, shape).with_array(new, shape), (i, 3))
        index = self.choose(("1:-1", "1:", ":-1", "..."))
        part = indexed_shape(shape, index)
        assert part is not None
        self.line(indent + 1, f"{new}[{index}] = {self.bounded(self.array(body, part, 1, old))}")
        if self.chance(2):
            self.line(indent + 1, f"{new}[0] = {self.fitting(body, shape[1:], old)}")
        self.line(indent + 1, f"{old}, {new} = {new}, {old}")
        return scope.with_array(old, shape)

    def each(self, indent: int, scope: Scope, budget: int) -> Scope:
        """A loop over a container of arrays, each of which is written."""
        names = [t for t in scope.arrays if t not in scope.kept and 0 not in scope.arrays[t]]
        pairs = [(a, b) for a in names for b in names if a != b and scope.arrays[a] == scope.arrays[b]]
        if not pairs:
            return self.write_item(indent, scope, budget)
        first, second = self.choose(pairs)
        item, i = self.fresh("w"), self.fresh("i")
        head = self.choose(
            (
                f"for {item} in ({first}, {second}):",
                f"for {i}, {item} in enumerate([{first}, {second}]):",
                f"for {item}, {i} in (({first}, 0), ({second}, 1)):",
            )
        )
        self.line(indent, head)
        inner = self.inside(scope, (i, 2)) if i in head else self.inside(scope)
        inner = inner.with_array(item, scope.arrays[first])
        self.line(indent + 1, f"{item}[...] = {self.fitting(inner, scope.arrays[first], item)}")
        self.block(indent + 1, inner, 0, 2)
        return scope

    def in_turn(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Two arrays in a list that take turns in a loop."""
        text = self.choose(list(scope.arrays))
        shape = scope.arrays[text]
        name, i = self.fresh("p"), self.fresh("i")
        self.line(
            indent, f"{name} = [{text} * 1.0, {self.bounded(self.array(scope, shape, 0))} + 0.0 * {text}]"
        )
        self.line(indent, f"for {i} in range({self.choose((2, 3, 1))}):")
        swapped = self.chance(2)
        new, old = ("0", "1") if swapped else (f"{i} % 2", f"({i} + 1) % 2")
        body = self.inside(scope.with_array(f"{name}[{old}]", shape), (i, 3))
        self.line(indent + 1, f"{name}[{new}][...] = {self.fitting(body, shape, f'{name}[{old}]')}")
        if swapped:
            self.line(indent + 1, f"{name}[0], {name}[1] = {name}[1], {name}[0]")
        return scope.with_array(f"{name}[0]", shape).with_array(f"{name}[1]", shape)

    def listed(self, indent: int, scope: Scope, budget: int) -> Scope:
        """A list of copies of an array that a loop writes."""
        text = self.target(scope)
        if text is None:
            return self.new_array(indent, scope, budget)
        items, i, total = self.fresh("l"), self.fresh("i"), self.fresh("s")
        shape = scope.arrays[text]
        self.line(indent, f"{items} = []")
        self.line(indent, f"for {i} in range({self.choose((2, 3))}):")
        body = self.inside(scope, (i, 3))
        self.line(
            indent + 1, f"{text}[{self.position(body, shape[0])}] = {self.fitting(body, shape[1:], text)}"
        )
        self.line(indent + 1, f"{items}.append({text}.copy())")
        self.line(indent, f"{total} = np.sum({items}[{self.choose((0, -1, 1))}] * {items}[-1])")
        floats = (*scope.floats, total)
        return replace(scope, floats=floats, bindable=scope.bindable | {total})

    # -- the whole ------------------------------------------------------------------------------------------

    def program(self) -> tuple[Shape, ...]:
        """Write a program and return the shapes of its arguments."""
        for _ in range(self.integer(0, 2)):
            self.helper()
        shapes: tuple[Shape, ...] = ((), *(self.choose(ARRAY_SHAPES[:5]) for _ in range(self.integer(1, 3))))
        names = [f"x{k}" for k in range(len(shapes))]
        arrays = dict(zip(names[1:], shapes[1:], strict=True))
        owned = self.chance(3)
        kept = frozenset() if owned else frozenset(arrays)
        self.line(0, f"def program({', '.join(names)}):")
        scope = Scope(arrays, frozenset(names), (names[0],), kept=kept)
        scope = self.new_array(1, scope, 0)
        kind = self.choose(("number", "number", "number", "array", "pair"))
        if kind == "number":
            scope = replace(scope, returns="")
        for _ in range(self.integer(3, 7)):
            scope = self.statement(1, scope, 2)
        total = self.total(scope)
        latest = self.choose(list(scope.arrays)[-3:])
        results = {"number": total, "array": f"{latest} * ({total})", "pair": f"({latest}, {total})"}
        if kind == "array" and self.chance(2):
            results["array"] = latest
        self.line(1, f"return {results[kind]}")
        return shapes

    def total(self, scope: Scope) -> str:
        """A number in which every element of every array counts."""
        terms = list(scope.floats[-3:])
        for text, shape in scope.arrays.items():
            size = int(np.prod(shape))
            weights = f"C[:{size}]" + (f".reshape({shape})" if len(shape) > 1 else "")
            if len(shape) < 3:
                terms.append(
                    self.choose((f"np.sum({text} * {weights})", f"np.sum(np.sin({text}) * {weights})"))
                )
        return " + ".join(terms)


def write_program(seed: int) -> WritingProgram:
    """The program of a number: the first of its attempts that runs and keeps its values of order 1."""
    rng = random.Random(seed)
    while True:
        writer = Programs(rng.randint)
        shapes = writer.program()
        text = PREAMBLE + "\n".join(writer.lines) + "\n"
        single = rng.randint(1, 10) == 1
        values = np.random.default_rng(rng.randint(0, 1 << 30))
        arguments = tuple(_argument(values, shape, single) for shape in shapes)
        found = WritingProgram(seed, text, arguments)
        if runs(found):
            return found


def _argument(values: np.random.Generator, shape: Shape, single: bool) -> Any:
    if shape == ():
        return float(values.uniform(-1.2, 1.2))
    array = values.uniform(-1.2, 1.2, shape)
    return array.astype(np.float32) if single else array


def runs(program: WritingProgram) -> bool:
    """Whether a program runs without an error, with a result of order 1."""
    try:
        with np.errstate(all="ignore"):
            result = program.function(*oracles.copied(program.arguments))
    except (TypeError, ValueError, IndexError, NameError):
        return False
    flat = oracles.flatten(result)
    return bool(flat.size and np.all(np.isfinite(flat)) and np.max(np.abs(flat)) < 1e3)
