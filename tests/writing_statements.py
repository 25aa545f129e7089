"""Random statements that make, view, share and write arrays, for the generator of programs that write.

In: a scope. Out: lines of a program, and the scope of what follows them. Not for calls and control: those are
`writing_programs`.
"""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.writing_expressions import (
    THRESHOLDS,
    Expressions,
    Scope,
    Shape,
    advanced_indices,
    basic_indices,
    indexed_shape,
)

ARRAY_SHAPES: tuple[Shape, ...] = ((4,), (4,), (3, 4), (3, 3), (1,), (3,))


class Statements(Expressions):
    """Writes statements line by line. Each returns the scope of what follows it."""

    def __init__(self, integer: Callable[[int, int], int]) -> None:
        super().__init__(integer)
        self.lines: list[str] = []

    def line(self, indent: int, text: str) -> None:
        """Append one line."""
        self.lines.append("    " * indent + text)

    def inside(self, scope: Scope, *integers: tuple[str, int]) -> Scope:
        """The scope of the body of a loop."""
        return replace(scope, integers=(*scope.integers, *integers), loops=scope.loops + 1)

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

    def rebind(self, indent: int, scope: Scope, budget: int) -> Scope:
        """An old name for another array: where paths meet, it is one of two."""
        names = [t for t in scope.arrays if t in scope.bindable and t not in scope.kept]
        pairs = [
            (a, b) for a in names for b in scope.of_shape(scope.arrays[a]) if a != b and b not in scope.kept
        ]
        if not pairs:
            return self.alias(indent, scope, budget)
        name, other = self.choose(pairs)
        self.line(indent, f"{name} = {other}")
        return scope

    def read_only_view(self, indent: int, scope: Scope, budget: int) -> Scope:
        """A view that is read later, made in a way that is not for writing."""
        text = self.choose(list(scope.arrays))
        shape = scope.arrays[text]
        name = self.fresh("v")
        if len(shape) == 2 and shape[0] <= shape[1]:
            self.line(indent, f"{name} = {self.choose((f'np.diagonal({text})', f'{text}.diagonal()'))}")
            made: Shape = (shape[0],)
        elif shape[0] == 4:
            self.line(indent, f"{name} = np.split({text}, 2)[{self.choose((0, 1))}]")
            made = (2, *shape[1:])
        else:
            self.line(indent, f"{name} = np.asarray({text})")
            made = shape
        scope = scope.with_array(name, made)
        return replace(scope, kept=scope.kept | {name})

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
