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
from tests.writing_expressions import (
    THRESHOLDS,
    Expressions,
    Scope,
    Shape,
    advanced_indices,
    basic_indices,
    indexed_shape,
)

PREAMBLE = """\
class Box:
    def __init__(self, u, s):
        self.u = u
        self.s = s


"""
WEIGHTS = np.array([0.31, -0.77, 0.58, 1.12, -0.43, 0.91, -1.07, 0.66, 0.39, -0.85, 0.74, -0.52])
NOTHING = "nothing"
ARRAY_SHAPES: tuple[Shape, ...] = ((4,), (4,), (3, 4), (3, 3), (1,), (3,))


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


class Statements(Expressions):
    """Writes a program line by line. Statements return the scope of what follows them."""

    def __init__(self, integer: Callable[[int, int], int]) -> None:
        super().__init__(integer)
        self.lines: list[str] = []
        # helpers that write: name, shape of the array, and what they return
        self.helpers: list[tuple[str, Shape, str]] = []

    def line(self, indent: int, text: str) -> None:
        """Append one line."""
        self.lines.append("    " * indent + text)

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
            (1, self.container), (1, self.masked), (1, self.chosen),
        ]  # fmt: skip
        if self.helpers:
            options.append((3, self.call_helper))
        if budget > 0:
            options += [
                (3, self.branch), (3, self.for_range), (1, self.rows), (1, self.while_loop),
                (1, self.triangle), (1, self.closure), (1, self.ping_pong), (1, self.buffer),
                (1, self.listed),
            ]  # fmt: skip
        if scope.loops:
            options.append((1, self.leave))
        if scope.returns is not None:
            options.append((1, self.return_early))
        return self.weighted(options)(indent, scope, budget)  # type: ignore[no-any-return]

    def target(self, scope: Scope) -> str | None:
        """An array that may be written."""
        found = [t for t, shape in reversed(scope.arrays.items()) if t not in scope.kept and 0 not in shape]
        return self.choose(found) if found else None

    # -- new arrays and names -------------------------------------------------------------------------------

    def new_array(self, indent: int, scope: Scope, budget: int) -> Scope:
        """A new array, under a new name or, of the same shape, under an old one."""
        shape = self.choose(ARRAY_SHAPES)
        old = [t for t in scope.of_shape(shape) if t in scope.bindable and t not in scope.kept]
        name = self.choose(old) if old and self.chance(3) else self.fresh("a")
        patterns = [f"{self.fit(scope, shape)}.copy()", f"{self.fit(scope, shape)} * 1.0"]
        patterns += [self.bounded(self.array(scope, shape, 1)) for _ in range(3)]
        patterns += [f"np.zeros({shape})", f"np.zeros_like({self.fit(scope, shape)})"]
        self.line(indent, f"{name} = {self.choose(patterns)}")
        return scope.with_array(name, shape)

    def buffer(self, indent: int, scope: Scope, budget: int) -> Scope:
        """An empty array that is filled piece by piece."""
        name = self.fresh("b")
        vector = self.choose((True, False))
        shape: Shape = (4,) if vector else (3, 4)
        like = scope.of_shape(shape)
        made = f"np.empty_like({self.choose(like)})" if like and self.chance(2) else f"np.empty({shape})"
        self.line(indent, f"{name} = {made}")
        kind = self.choose(("pieces", "loop", "whole"))
        if kind == "whole":
            self.line(indent, f"{name}[{self.choose((':', '...'))}] = {self.fitting(scope, shape)}")
        elif kind == "pieces":
            for index in self.choose((("1:", "0"), (":-1", "-1"), ("::2", "1::2"), (":2", "2:"))):
                part = indexed_shape(shape, index)
                assert part is not None
                self.line(indent, f"{name}[{index}] = {self.fitting(scope, part)}")
        else:
            i = self.fresh("i")
            head = self.choose(("range({})", "reversed(range({}))", "range({} - 1, -1, -1)")).format(shape[0])
            self.line(indent, f"for {i} in {head}:")
            inner = self.inside(scope, (i, shape[0]))
            self.line(indent + 1, f"{name}[{i}] = {self.fitting(inner, shape[1:])}")
        return scope.with_array(name, shape)

    def view(self, indent: int, scope: Scope, budget: int) -> Scope:
        """A name for a view of an array."""
        text = self.choose(list(scope.arrays))
        shape = scope.arrays[text]
        patterns = [
            f"{text}[{i}]" for i in basic_indices(shape) if 0 not in (indexed_shape(shape, i) or (0,))
        ]
        patterns = [self.choose(patterns)] * 4 if patterns else []
        if len(shape) == 2:
            patterns += [f"{text}.T", f"{text}.T", f"np.swapaxes({text}, 0, 1)", f"{text}.reshape(-1)",
                         f"{text}.ravel()"]  # fmt: skip
        elif shape == (4,):
            patterns += [f"{text}.reshape(2, 2)", f"np.flip({text})", f"{text}.reshape(-1)"]
        pattern = self.choose(patterns or [text])
        made = np.asarray(eval(pattern, {"np": np, **_stand_ins(scope)})).shape
        name = self.fresh("v")
        self.line(indent, f"{name} = {pattern}")
        scope = scope.with_array(name, made)
        unsure = ("reshape" in pattern or "ravel" in pattern) and not self.chance(3)
        return replace(scope, kept=scope.kept | {name}) if unsure or text in scope.kept else scope

    def alias(self, indent: int, scope: Scope, budget: int) -> Scope:
        """A second name for an array, or two for a new one."""
        text = self.choose(list(scope.arrays))
        shape = scope.arrays[text]
        name = self.fresh("c")
        if self.chance(3):
            other = self.fresh("c")
            self.line(indent, f"{name} = {other} = {self.bounded(self.array(scope, shape, 1))}")
            return scope.with_array(other, shape).with_array(name, shape)
        self.line(indent, f"{name} = {text}")
        scope = scope.with_array(name, shape)
        return replace(scope, kept=scope.kept | {name}) if text in scope.kept else scope

    def chosen(self, indent: int, scope: Scope, budget: int) -> Scope:
        """A name for one of two arrays."""
        first = self.choose(list(scope.arrays))
        shape = scope.arrays[first]
        second = self.choose(scope.of_shape(shape))
        name = self.fresh("c")
        self.line(indent, f"{name} = {first} if {self.condition(scope)} else {second}")
        kept = {name} if {first, second} & scope.kept else set()
        scope = scope.with_array(name, shape)
        return replace(scope, kept=scope.kept | kept)

    def swap(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Two arrays change their names."""
        names = [t for t in scope.arrays if t in scope.bindable and t not in scope.kept]
        pairs = [(a, b) for a in names for b in names if a < b and scope.arrays[a] == scope.arrays[b]]
        if not pairs:
            return self.write_item(indent, scope, budget)
        a, b = self.choose(pairs)
        self.line(indent, f"{a}, {b} = {b}, {a}")
        return scope

    def container(self, indent: int, scope: Scope, budget: int) -> Scope:
        """An array in a container, where it is found by a path."""
        text = self.choose(list(scope.arrays))
        shape = scope.arrays[text]
        other = self.choose(list(scope.arrays))
        name = self.fresh("d")
        kind = self.choose(("list", "tuple", "dict", "object"))
        value = self.choose((text, text, f"{text} * 1.0"))
        texts = {
            "list": (f"[{value}, {other}]", f"{name}[0]"),
            "tuple": (f"({other}, {value})", f"{name}[1]"),
            "dict": (f"{{'k': {value}, 's': {other}}}", f"{name}['k']"),
            "object": (f"Box({value}, {self.number(scope, 0)})", f"{name}.u"),
        }
        made, path = texts[kind]
        self.line(indent, f"{name} = {made}")
        scope = scope.with_array(path, shape, bindable=kind != "tuple")
        return replace(scope, kept=scope.kept | {path}) if text in scope.kept and value == text else scope

    def number_of(self, indent: int, scope: Scope, budget: int) -> Scope:
        """A number, under a new name or an old one."""
        old = [name for name in scope.floats if name in scope.bindable]
        name = self.choose(old) if old and self.chance(2) else self.fresh("s")
        self.line(indent, f"{name} = {self.bounded(self.number(scope, 2))}")
        floats = tuple(dict.fromkeys((*scope.floats, name)))
        return replace(scope, floats=floats, bindable=scope.bindable | {name})

    # -- writes ---------------------------------------------------------------------------------------------

    def place(self, scope: Scope, text: str) -> tuple[str, Shape]:
        """An index into an array, and the shape of what it selects."""
        shape = scope.arrays[text]
        if self.chance(3):
            return ", ".join(self.position(scope, n) for n in shape), ()
        options = basic_indices(shape)
        advanced = advanced_indices(shape)
        if advanced and self.chance(3):
            options = advanced
        index = self.choose(options) if options else "..."
        found = indexed_shape(shape, index)
        assert found is not None
        if len(shape) == 2 and found == (shape[1],) and self.chance(2):
            index = self.position(scope, shape[0])
        return index, found

    def write_item(self, indent: int, scope: Scope, budget: int) -> Scope:
        """array[index] = value"""
        text = self.target(scope)
        if text is None:
            return self.new_array(indent, scope, budget)
        index, shape = self.place(scope, text)
        self.line(indent, f"{text}[{index}] = {self.fitting(scope, shape, text)}")
        return scope

    def update_item(self, indent: int, scope: Scope, budget: int) -> Scope:
        """array[index] op= value"""
        text = self.target(scope)
        if text is None:
            return self.new_array(indent, scope, budget)
        index, shape = self.place(scope, text)
        op, value = self.operation(scope, shape, text)
        self.line(indent, f"{text}[{index}] {op} {value}")
        return scope

    def operation(self, scope: Scope, shape: Shape, text: str) -> tuple[str, str]:
        """An operator and a value that keep what is updated of order 1."""
        op = self.choose(("+=", "+=", "-=", "*=", "*=", "/="))
        value = self.bounded(self.array(scope, shape, 1, text) if shape and self.chance(2)
                             else self.number(scope))  # fmt: skip
        return op, f"1.5 + {value} ** 2" if op == "/=" else value

    def update_name(self, indent: int, scope: Scope, budget: int) -> Scope:
        """array op= value"""
        names = [t for t in scope.arrays if t in scope.bindable and t not in scope.kept]
        if not names:
            return self.update_item(indent, scope, budget)
        text = self.choose(names)
        op, value = self.operation(scope, scope.arrays[text], text)
        self.line(indent, f"{text} {op} {value}")
        return scope

    def masked(self, indent: int, scope: Scope, budget: int) -> Scope:
        """A write where a condition holds."""
        text = self.target(scope)
        if text is None:
            return self.new_array(indent, scope, budget)
        shape = scope.arrays[text]
        test = f"{self.choose(scope.of_shape(shape))} > {self.choose(THRESHOLDS)}"
        kind = self.choose(("number", "update", "read", "copyto", "out"))
        if kind == "number":
            self.line(indent, f"{text}[{test}] = {self.bounded(self.number(scope))}")
        elif kind == "update":
            self.line(
                indent, f"{text}[{test}] {self.choose(('*=', '+='))} {self.bounded(self.number(scope))}"
            )
        elif kind == "read":
            mask = self.fresh("k")
            self.line(indent, f"{mask} = {test}")
            value = self.bounded(f"{self.fit(scope, shape)}[{mask}]")
            self.line(indent, f"{text}[{mask}] = {value}")
        elif kind == "copyto":
            self.line(indent, f"np.copyto({text}, {self.fitting(scope, shape)}, where={test})")
        else:
            self.line(indent, f"np.sin({self.fit(scope, shape, text)}, out={text}, where={test})")
        return scope

    def method(self, indent: int, scope: Scope, budget: int) -> Scope:
        """A write by a method or function."""
        text = self.target(scope)
        if text is None:
            return self.new_array(indent, scope, budget)
        shape = scope.arrays[text]
        a, b = (self.fit(scope, shape, text) for _ in range(2))
        patterns = [
            f"{text}.fill({self.bounded(self.number(scope))})",
            f"np.copyto({text}, {self.fitting(scope, shape)})",
            f"np.multiply({a}, {self.choose((b, self.number(scope, 0)))}, out={text})",
            f"np.sin({self.array(scope, shape, 1)}, out={text})",
            f"np.add({a}, {self.bounded(self.number(scope))}, {text})",
            f"{text}[:] = {self.fitting(scope, shape)}",
        ]
        if shape in ((4,), (3, 4)):
            index = self.choose(([0, 2, 0], [1, 1, 2], [2, -1, 0]))
            places = f"[{', '.join(map(str, index))}]"
            rest: Shape = (3, *shape[1:])
            value = self.bounded(self.array(scope, rest, 1))
            patterns += [f"np.{self.choose(('add', 'subtract'))}.at({text}, {places}, {value})"] * 2
            patterns += [f"{text}[{places}] = {value}"]
        if len(shape) == 1:
            patterns.append(f"{text}.sort()")
        if shape == (4,):
            numbers = ", ".join(self.number(scope, 0) for _ in range(3))
            patterns.append(f"np.put({text}, [0, 3, 0], [{numbers}])")
        if shape == (3, 3):
            patterns.append(f"np.fill_diagonal({text}, {self.number(scope, 0)})")
        self.line(indent, self.choose(patterns))
        return scope

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
        self.line(0, f"def {name}(w, r=0.4):")
        self.block(1, scope, 1)
        self.line(1, "w[0] *= r" if returns == NOTHING else f"return {returns}")
        self.lines += ["", ""]
        self.helpers.append((name, shape, returns))

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
        call = f"{name}({self.choose(found)}, {self.bounded(self.number(scope))})"
        if returns == NOTHING or self.chance(4):
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

    def inside(self, scope: Scope, *integers: tuple[str, int]) -> Scope:
        """The scope of the body of a loop."""
        return replace(scope, integers=(*scope.integers, *integers), loops=scope.loops + 1)

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


def _stand_ins(scope: Scope) -> dict[str, Any]:
    """Arrays under the names of a scope; paths into containers lead to them."""
    found: dict[str, Any] = {}
    for text, shape in scope.arrays.items():
        head = text.split("[")[0].split(".")[0]
        array = np.empty(shape)
        if text == head:
            found[head] = array
        elif text.endswith(".u"):
            found[head] = SimpleNamespace(u=array)
        else:
            found[head] = {"k": array, 0: array, 1: array}
    return found


def write_program(seed: int) -> WritingProgram:
    """The program of a number: the first of its attempts that runs and keeps its values of order 1."""
    rng = random.Random(seed)
    while True:
        writer = Statements(rng.randint)
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
    except (TypeError, ValueError, IndexError, UnboundLocalError):
        return False
    flat = oracles.flatten(result)
    return bool(flat.size and np.all(np.isfinite(flat)) and np.max(np.abs(flat)) < 1e3)
