"""Random programs: a hypothesis strategy that writes Python source as a person might.

Out: `RandomProgram`, source text with arguments to call it on. A program always ends, stays of moderate size
and never writes into arrays; it may have kinks, which the caller must recognise by an oracle's error. Choices
are ordered so that hypothesis shrinks towards fewer statements, smaller expressions and plainer constructs.
"""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st

from tests import oracles

Item = TypeVar("Item")

FLOAT, VECTOR, MATRIX, PAIR, RECORD = "float", "vector", "matrix", "pair", "record"
VECTOR_LENGTH, MATRIX_ROWS = 3, 2
# Off the round numbers that the programs compare with, so that no argument sits on a kink by accident.
SAMPLES = (0.7163, -0.4391, 1.2847, -1.1629, 0.2318, 0.9127, -0.8534, 1.6412)
CONSTANTS = ("0.5", "2.0", "1.5", "-0.75", "3", "0.25")
ELEMENTWISE = (
    "np.sin({})",
    "np.cos({})",
    "np.tanh({})",
    "-{}",
    "np.exp(-{} ** 2)",
    "np.arctan({})",
    "np.sqrt(1.0 + {} ** 2)",
    "np.log(1.5 + {} ** 2)",
    "{} ** 2",
    "np.tanh({}) ** 3",
    "1.0 / (2.0 + np.sin({}))",
    "abs({})",
)
MATH_FUNCTIONS = (
    "math.sin({})",
    "math.exp(-math.fabs({}))",
    "math.atan({})",
    "math.erf({})",
    "math.sqrt(2.0 + {} ** 2)",
)
OPERATORS = ("{} + {}", "{} - {}", "{} * {}", "{} / (1.5 + {} ** 2)")
COMPARISONS = ("<", ">", "<=", ">=")
BOUNDED = ("np.sin({})", "np.tanh({})", "0.5 * np.cos({})")


@dataclass(frozen=True)
class RandomProgram:
    """Source text that defines `program`, and arguments for it."""

    source: str
    arguments: tuple[Any, ...]

    @functools.cached_property
    def function(self) -> Callable[..., Any]:
        """The function, with its source registered for `inspect`."""
        return oracles.define(self.source, {"math": math}, "program")  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"RandomProgram(arguments={self.arguments!r}, source:\n\n{self.source})"


@dataclass(frozen=True)
class Scope:
    """What a block may read: names with their kinds, functions of one float, integers, and loop facts."""

    kinds: dict[str, str]
    functions: tuple[str, ...] = ()
    integers: tuple[str, ...] = ()
    in_loop: bool = False
    may_return: bool = True

    def names(self, kind: str) -> list[str]:
        """Return the names of one kind, the latest first."""
        return [name for name, known in reversed(self.kinds.items()) if known == kind]


class Writer:
    """Writes one program line by line; the state is the text so far and the number of names used."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any], *, with_math: bool) -> None:
        self.draw = draw
        self.with_math = with_math
        self.lines: list[str] = []
        self.used = 0

    def choose(self, options: Sequence[Item]) -> Item:
        """Draw one of the options; earlier ones are plainer."""
        position: int = self.draw(st.integers(0, len(options) - 1))
        return options[position]

    def fresh(self, stem: str) -> str:
        """Return a name that no other variable has."""
        self.used += 1
        return f"{stem}{self.used}"

    def line(self, indent: int, text: str) -> None:
        """Append one line."""
        self.lines.append("    " * indent + text)

    # Expressions, by kind and remaining depth.

    def expression(self, kind: str, scope: Scope, depth: int) -> str:
        """Return an expression of a kind."""
        if kind == FLOAT:
            return self.number(scope, depth)
        if kind == VECTOR:
            return self.vector(scope, depth)
        return self.matrix(scope, depth)

    def operand(self, kind: str, scope: Scope, depth: int) -> str:
        """Return an expression that may stand beside any operator."""
        text = self.expression(kind, scope, depth)
        return text if text.isidentifier() or text[0].isdigit() else f"({text})"

    def combined(self, kind: str, scope: Scope, depth: int) -> str:
        """Return an operation whose result has the kind, by broadcasting where a part is smaller."""
        smaller = {FLOAT: (FLOAT,), VECTOR: (VECTOR, FLOAT), MATRIX: (MATRIX, VECTOR, FLOAT)}[kind]
        parts = [self.operand(kind, scope, depth - 1), self.operand(self.choose(smaller), scope, depth - 1)]
        if self.draw(st.booleans()):
            parts.reverse()
        return self.choose(OPERATORS).format(*parts)

    def elementwise(self, kind: str, scope: Scope, depth: int) -> str:
        """Return a smooth function of an expression of the kind."""
        functions = ELEMENTWISE + (MATH_FUNCTIONS if self.with_math and kind == FLOAT else ())
        return self.choose(functions).format(self.operand(kind, scope, depth - 1))

    def number(self, scope: Scope, depth: int) -> str:
        """Return an expression for a single number."""
        # Twice, because programs of mostly constants test little.
        reads = 2 * self.number_reads(scope)
        if depth <= 0:
            return self.choose([*reads, *CONSTANTS])
        options: list[Callable[[], str]] = [
            lambda: self.choose([*reads, *CONSTANTS]),
            lambda: self.combined(FLOAT, scope, depth),
            lambda: self.elementwise(FLOAT, scope, depth),
            lambda: self.reduction(scope, depth),
            lambda: self.choice_between(scope, depth),
        ]
        if scope.functions:
            options.append(lambda: f"{self.choose(scope.functions)}({self.number(scope, depth - 1)})")
        return self.choose(options)()

    def number_reads(self, scope: Scope) -> list[str]:
        """Return what reads a number from the scope without computing anything."""
        reads = scope.names(FLOAT)
        indices = ["0", "-1", *[f"{name} % {VECTOR_LENGTH}" for name in scope.integers]]
        reads += [f"{name}[{index}]" for name in scope.names(VECTOR) for index in indices]
        reads += [f"{name}[1, {index}]" for name in scope.names(MATRIX) for index in indices]
        reads += [f"{name}[{index}]" for name in scope.names(PAIR) for index in "01"]
        reads += [f"{name}['a']" for name in scope.names(RECORD)]
        return reads + list(scope.integers)

    def reduction(self, scope: Scope, depth: int) -> str:
        """Return an expression that makes one number of an array."""
        if not scope.names(VECTOR) and not scope.names(MATRIX):
            return self.combined(FLOAT, scope, depth)
        kind = VECTOR if scope.names(VECTOR) else MATRIX
        array = self.operand(kind, scope, depth - 1)
        if kind == MATRIX:
            return self.choose(("np.sum({})", "np.mean({})", "{}[0] @ {}[1]")).replace("{}", array)
        other = self.operand(VECTOR, scope, depth - 1)
        pattern = self.choose(
            ("np.sum({0})", "{0} @ {1}", "np.mean({0})", "sum([0.5 * e * e for e in {0}])", "np.max({0})")
        )
        return pattern.format(array, other)

    def choice_between(self, scope: Scope, depth: int) -> str:
        """Return a conditional expression, or the larger or smaller of two numbers."""
        first, second = self.operand(FLOAT, scope, depth - 1), self.operand(FLOAT, scope, depth - 1)
        pattern = self.choose(("{0} if {2} else {1}", "max({0}, {1})", "np.minimum({0}, {1})"))
        return pattern.format(first, second, self.condition(scope))

    def vector(self, scope: Scope, depth: int) -> str:
        """Return an expression for an array of `VECTOR_LENGTH` numbers."""
        reads = scope.names(VECTOR) + [f"{name}[0]" for name in scope.names(MATRIX)]
        reads += [f"{name}['b']" for name in scope.names(RECORD)]
        built = f"np.array([{', '.join(self.number(scope, 0) for _ in range(VECTOR_LENGTH))}])"
        if depth <= 0:
            return self.choose([*reads, built])
        options: list[Callable[[], str]] = [
            lambda: self.choose([*reads, built]),
            lambda: self.combined(VECTOR, scope, depth),
            lambda: self.elementwise(VECTOR, scope, depth),
            lambda: self.operand(VECTOR, scope, depth - 1) + self.choose(("[::-1]", "[[0, 2, 2]]")),
            lambda: f"np.cumsum({self.vector(scope, depth - 1)})",
            lambda: self.where(scope, depth),
            lambda: self.rolled(scope, depth),
            lambda: self.stretched(VECTOR, scope, depth),
        ]
        if scope.names(MATRIX):
            options.append(lambda: f"np.sum({self.matrix(scope, depth - 1)}, axis=0)")
        return self.choose(options)()

    def where(self, scope: Scope, depth: int) -> str:
        """Return an elementwise selection."""
        parts = [self.vector(scope, depth - 1) for _ in range(2)]
        return f"np.where({self.operand(VECTOR, scope, 0)} > {self.choose(CONSTANTS)}, {', '.join(parts)})"

    def rolled(self, scope: Scope, depth: int) -> str:
        """Return a vector put together from slices."""
        array = self.operand(VECTOR, scope, depth - 1)
        return f"np.concatenate([{array}[1:], {array}[:1]])"

    def stretched(self, kind: str, scope: Scope, depth: int) -> str:
        """Return an expression whose shape comes from a constant array."""
        shape = VECTOR_LENGTH if kind == VECTOR else (MATRIX_ROWS, VECTOR_LENGTH)
        smaller = (FLOAT,) if kind == VECTOR else (VECTOR, FLOAT)
        pattern = self.choose(("np.zeros({0}) + {1}", "np.ones({0}) * {1}", "{1} - np.full({0}, 0.5)"))
        # mostly a variable: what a branch or a loop hands on has to be stretched as well
        named = [name for part in smaller for name in scope.names(part)]
        inner = self.choose([*named, *named, self.operand(self.choose(smaller), scope, depth - 1)])
        return pattern.format(shape, inner)

    def matrix(self, scope: Scope, depth: int) -> str:
        """Return an expression for an array of `MATRIX_ROWS` rows."""
        rows = ", ".join(self.vector(scope, 0) for _ in range(MATRIX_ROWS))
        if depth <= 0:
            return self.choose([*scope.names(MATRIX), f"np.stack([{rows}])"])
        options: list[Callable[[], str]] = [
            lambda: self.choose([*scope.names(MATRIX), f"np.stack([{rows}])"]),
            lambda: self.combined(MATRIX, scope, depth),
            lambda: self.elementwise(MATRIX, scope, depth),
            lambda: (
                f"np.outer({self.operand(VECTOR, scope, depth - 1)}[:2], {self.vector(scope, depth - 1)})"
            ),
            lambda: self.row_means(scope, depth),
            lambda: self.stretched(MATRIX, scope, depth),
        ]
        return self.choose(options)()

    def row_means(self, scope: Scope, depth: int) -> str:
        """Return a column of a matrix that broadcasts against a vector."""
        column = f"np.mean({self.matrix(scope, depth - 1)}, axis=1, keepdims=True)"
        return f"{column} * {self.operand(VECTOR, scope, 0)}"

    def condition(self, scope: Scope, depth: int = 1) -> str:
        """Return a test on numbers or loop counters."""
        simple = f"{self.operand(FLOAT, scope, 0)} {self.choose(COMPARISONS)} {self.choose(CONSTANTS)}"
        options = [simple, *[f"{name} % 2 == 0" for name in scope.integers]]
        if depth > 0:
            second = self.condition(scope, depth - 1)
            options += [
                f"{simple} and {second}",
                f"{simple} or {second}",
                f"not {simple}",
                f"-1.5 < {simple}",
            ]
        return self.choose(options)

    # Statements. Each returns the scope of the statements after it.

    def block(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Write statements and return the scope after them."""
        for _ in range(self.draw(st.integers(1, 3))):
            scope = self.statement(indent, scope, budget)
        return scope

    def statement(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Write one statement."""
        writers = [self.assign, self.augment, self.swap, self.containers]
        if budget > 0:
            writers += [
                self.branch,
                self.for_range,
                self.define_inner,
                self.for_items,
                self.while_loop,
                self.grow_list,
                self.make_when_needed,
            ]
        if scope.in_loop:
            writers += [self.leave_iteration, self.shift_index]
        if scope.may_return:
            writers.append(self.return_early)
        return self.choose(writers)(indent, scope, budget)

    def assign(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Write an assignment to a new name, or to an old one of the same kind."""
        kind = self.choose((FLOAT, VECTOR, MATRIX))
        old = scope.names(kind)
        name = (
            self.choose(old) if old and (scope.in_loop or self.draw(st.booleans())) else self.fresh(kind[0])
        )
        text = self.expression(kind, scope, 2)
        self.line(indent, f"{name} = {self.bounded(text) if scope.in_loop else text}")
        return Scope(
            {**scope.kinds, name: kind}, scope.functions, scope.integers, scope.in_loop, scope.may_return
        )

    def bounded(self, text: str) -> str:
        """Return the expression kept small, so that loops do not blow up."""
        return self.choose(BOUNDED).format(text)

    def augment(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Write an augmented assignment to a number."""
        names = scope.names(FLOAT)
        if not names:
            return self.assign(indent, scope, budget)
        operator = self.choose(("+=", "-=", "*="))
        self.line(indent, f"{self.choose(names)} {operator} {self.bounded(self.number(scope, 1))}")
        return scope

    def swap(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Write a parallel assignment."""
        names = scope.names(FLOAT)
        if len(names) < 2:
            return self.assign(indent, scope, budget)
        first, second = self.choose(names[:-1]), names[-1]
        if first == second:
            return scope
        self.line(indent, f"{first}, {second} = {second}, {self.bounded(self.number(scope, 1))}")
        return scope

    def containers(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Build a tuple or a dict, or replace an entry of a dict."""
        records = scope.names(RECORD)
        if records and self.draw(st.booleans()):
            self.line(indent, f"{self.choose(records)}['a'] = {self.bounded(self.number(scope, 1))}")
            return scope
        kind = self.choose((PAIR, RECORD))
        old = scope.names(kind)
        name = self.choose(old) if old and scope.in_loop else self.fresh(kind[0])
        number = self.bounded(self.number(scope, 1))
        if kind == PAIR:
            self.line(indent, f"{name} = ({number}, {self.number(scope, 0)})")
        else:
            vector = self.bounded(self.vector(scope, 1))
            self.line(indent, f"{name} = {{'a': {number}, 'b': {vector}}}")
        return self.with_name(scope, name, kind)

    def with_name(self, scope: Scope, name: str, kind: str) -> Scope:
        """Return the scope with one more name."""
        kinds = {**scope.kinds, name: kind}
        return Scope(kinds, scope.functions, scope.integers, scope.in_loop, scope.may_return)

    def branch(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Write an `if` with up to three arms; a number that all arms define stays known."""
        name = self.fresh("f")
        arms = self.choose((("if", "else"), ("if", "elif", "else")))
        for arm in arms:
            test = "" if arm == "else" else f" {self.condition(scope)}"
            self.line(indent, f"{arm}{test}:")
            inside = self.block(indent + 1, scope, budget - 1) if self.draw(st.booleans()) else scope
            self.line(indent + 1, f"{name} = {self.number(inside, 1)}")
        return self.with_name(scope, name, FLOAT)

    def loop_scope(self, scope: Scope, *integers: str, numbers: Sequence[str] = ()) -> Scope:
        """Return the scope of a loop's body."""
        kinds = {**scope.kinds, **dict.fromkeys(numbers, FLOAT)}
        return Scope(kinds, scope.functions, (*scope.integers, *integers), True, scope.may_return)

    def for_range(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Write a loop over a range, with any step, perhaps without trips, perhaps with an `else`."""
        index = self.fresh("i")
        trips = self.choose(("2", "3", "1, 4", "0, 5, 2", "4, 0, -1", "5, -1, -2", "0", "3, 1"))
        self.line(indent, f"for {index} in range({trips}):")
        self.block(indent + 1, self.loop_scope(scope, index), budget - 1)
        self.loop_else(indent, scope)
        return scope

    def loop_else(self, indent: int, scope: Scope) -> None:
        """Write the `else` of a loop, sometimes."""
        names = scope.names(FLOAT)
        if names and self.draw(st.integers(0, 4)) == 4:
            self.line(indent, "else:")
            self.line(indent + 1, f"{self.choose(names)} = {self.bounded(self.number(scope, 1))}")

    def for_items(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Write a loop over the elements of an array."""
        item, index = self.fresh("e"), self.fresh("i")
        array = self.vector(scope, 1)
        integers: tuple[str, ...] = ()
        numbers = [item]
        head = self.choose(("plain", "enumerate", "zip", "reversed"))
        if head == "plain":
            text = f"for {item} in {array}:"
        elif head == "enumerate":
            text, integers = f"for {index}, {item} in enumerate({array}):", (index,)
        elif head == "zip":
            numbers.append(self.fresh("e"))
            text = f"for {item}, {numbers[1]} in zip({array}, {self.vector(scope, 0)}):"
        else:
            text = f"for {item} in reversed({array}):"
        self.line(indent, text)
        self.block(indent + 1, self.loop_scope(scope, *integers, numbers=numbers), budget - 1)
        self.loop_else(indent, scope)
        return scope

    def while_loop(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Write a `while` that a counter ends, perhaps with a second condition on numbers."""
        counter = self.fresh("n")
        self.line(indent, f"{counter} = 0")
        also = f" and ({self.condition(scope)})" if self.draw(st.booleans()) else ""
        self.line(indent, f"while {counter} < {self.choose(('2', '3', '0'))}{also}:")
        self.line(indent + 1, f"{counter} += 1")
        self.block(indent + 1, self.loop_scope(scope, counter), budget - 1)
        self.loop_else(indent, scope)
        return scope

    def grow_list(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Write a list that grows in a loop, and a number made of it."""
        items, index, total = self.fresh("items"), self.fresh("i"), self.fresh("f")
        self.line(indent, f"{items} = [{self.number(scope, 0)}]")
        self.line(indent, f"for {index} in range({self.choose(('2', '3', '0'))}):")
        inside = self.loop_scope(scope, index)
        inside = self.block(indent + 1, inside, budget - 1) if self.draw(st.booleans()) else inside
        self.line(indent + 1, f"{items}.append({self.bounded(self.number(inside, 1))} * {items}[-1])")
        pattern = self.choose(
            ("sum({0})", "{0}[-1] * {0}[0]", "sum([e * e for e in {0}])", "np.sum(np.stack({0}) ** 2)")
        )
        self.line(indent, f"{total} = {pattern.format(items)}")
        return self.with_name(scope, total, FLOAT)

    def make_when_needed(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Write a value that is None until an iteration makes it, and a number made of it."""
        name, index, total = self.fresh("o"), self.fresh("i"), self.fresh("f")
        kind = self.choose((FLOAT, VECTOR))
        self.line(indent, f"{name} = None")
        self.line(indent, f"for {index} in range({self.choose(('3', '2', '0'))}):")
        inside = self.loop_scope(scope, index)
        test = self.choose(("{0} is None", "{0} is None or {1}", "not ({0} is not None and {1})"))
        self.line(indent + 1, f"if {test.format(name, self.condition(inside, 0))}:")
        self.line(indent + 2, f"{name} = {self.bounded(self.expression(kind, inside, 1))}")
        self.line(indent + 1, "else:")
        known = self.with_name(inside, name, kind)
        self.line(indent + 2, f"{name} = {self.bounded(self.expression(kind, known, 2))}")
        if self.draw(st.booleans()):
            self.line(indent + 1, f"if {self.condition(inside)}:")
            self.line(indent + 2, f"{name} = None")
        value = f"{name} * {name}" if kind == FLOAT else f"np.sum({name} * {name})"
        self.line(indent, f"{total} = {self.number(scope, 1)} if {name} is None else {value}")
        return self.with_name(scope, total, FLOAT)

    def define_inner(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Write a nested function or lambda that reads names of its surroundings."""
        name, parameter = self.fresh("g"), self.fresh("z")
        inside = Scope({**scope.kinds, parameter: FLOAT}, scope.functions, scope.integers, may_return=False)
        if self.draw(st.booleans()):
            self.line(
                indent, f"{name} = lambda {parameter}, w=0.5: {self.bounded(self.number(inside, 1))} * w"
            )
        else:
            self.line(indent, f"def {name}({parameter}):")
            self.line(indent + 1, f"if {self.condition(inside)}:")
            self.line(indent + 2, f"return {self.bounded(self.number(inside, 1))}")
            self.line(indent + 1, f"return {self.bounded(self.number(inside, 2))}")
        return Scope(scope.kinds, (*scope.functions, name), scope.integers, scope.in_loop, scope.may_return)

    def leave_iteration(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Write a conditional `break` or `continue`."""
        self.line(indent, f"if {self.condition(scope)}:")
        self.line(indent + 1, self.choose(("break", "continue")))
        return scope

    def shift_index(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Rebind a `for` index inside its loop; counters of `while` loops are left alone."""
        names = [name for name in scope.integers if name.startswith("i")]
        if not names:
            return self.assign(indent, scope, budget)
        self.line(indent, f"{names[-1]} += 1")
        return scope

    def return_early(self, indent: int, scope: Scope, budget: int) -> Scope:
        """Write a conditional return."""
        self.line(indent, f"if {self.condition(scope)}:")
        self.line(indent + 1, f"return 0.5 * {self.operand(FLOAT, scope, 2)}")
        return scope

    def helper(self) -> str:
        """Write a module-level function of one float with a default, and return its name."""
        name = self.fresh("helper")
        self.line(0, f"def {name}(a, b=0.5):")
        scope = self.block(1, Scope({"a": FLOAT, "b": FLOAT}), 1)
        self.line(1, f"return {self.bounded(self.number(scope, 1))}")
        self.line(0, "")
        self.line(0, "")
        return name


@st.composite
def programs(draw: Callable[[st.SearchStrategy[Any]], Any], *, with_math: bool = True) -> RandomProgram:
    """Draw a program of one to four arguments that returns a number.

    Parameters
    ----------
    with_math : bool
        Use the functions of `math`, which take nothing but floats.
    """
    writer = Writer(draw, with_math=with_math)
    functions = tuple(writer.helper() for _ in range(draw(st.integers(0, 2))))
    kinds = [FLOAT] + [writer.choose((FLOAT, VECTOR, MATRIX)) for _ in range(draw(st.integers(0, 3)))]
    parameters = {f"{kind[0]}{'xyzw'[i]}": kind for i, kind in enumerate(kinds)}
    writer.line(0, f"def program({', '.join(parameters)}):")
    scope = writer.block(1, Scope(dict(parameters), functions), 2)
    scope = writer.block(1, scope, 2)
    terms = [
        f"0.5 * {writer.operand(FLOAT, scope, 1)}",
        *scope.names(FLOAT)[:3],
        *[f"{n}[0]" for n in scope.names(PAIR)[:1]],
    ]
    terms += [f"np.sum({name} * {name})" for name in (scope.names(VECTOR) + scope.names(MATRIX))[:3]]
    writer.line(1, f"return {' + '.join(terms)}")
    return RandomProgram("\n".join(writer.lines) + "\n", tuple(sample(draw, kind) for kind in kinds))


def sample(draw: Callable[[st.SearchStrategy[Any]], Any], kind: str) -> Any:
    """Draw an argument of a kind."""
    start = draw(st.integers(0, len(SAMPLES) - 1))
    numbers = np.roll(SAMPLES, -start)
    if kind == FLOAT:
        return float(numbers[0])
    if kind == VECTOR:
        return numbers[:VECTOR_LENGTH].copy()
    return numbers[: MATRIX_ROWS * VECTOR_LENGTH].reshape(MATRIX_ROWS, VECTOR_LENGTH).copy()
