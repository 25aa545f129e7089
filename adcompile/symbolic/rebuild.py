"""The expression that a program computes, rebuilt from its graph.

In: a function and example arguments. Out: a SymPy expression in one symbol for each number of the arguments.
The graph is run once, statement by statement, on expressions: loops whose range is known are unrolled,
branches whose tests depend on the symbols become piecewise. What has no meaning in SymPy is refused with its
place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy

from ..api import lower
from ..errors import ArgumentError, Loc
from ..ir.nodes import (
    UNDEFINED,
    Apply,
    Arg,
    Block,
    Call,
    For,
    Function,
    If,
    Items,
    Literal,
    Slice,
    Stmt,
    Through,
    Value,
    While,
)
from ..ir.printer import Naming, expression_text, header_text
from ..leaves import leaves
from ..live import read
from ..rules.rule import REQUIRED, find, form_of
from ..signature import argument_at
from .arrays import COMPUTING, NATIVE, WHOLE
from .meaning import (
    LOGICAL,
    POINTWISE,
    chosen,
    elementwise,
    floating,
    is_condition,
    is_symbolic,
    numeric,
    settled,
)

# how many statements are run before a program is called too long to be written as a formula
_LONGEST = 5_000
# how many operations a formula has, written out, before SymPy takes too long with it; how many a condition
# has that depends on earlier ones, which SymPy works out for all pieces
_LARGEST = 5_000
_LARGEST_TEST = 400


class _Raises(Exception):
    """The program raises on this path."""


Define = Callable[[Apply, Any], Any]
Decide = Callable[[Any], Any]


def primal_of(f: Any, args: Sequence[Any]) -> tuple[Function, list[tuple[Any, ...]]]:
    """The graph of a function that returns one number, and the paths of the parameters of that graph."""
    wrt = tuple(k for k, arg in enumerate(args) if leaves(arg))
    program = lower(f, *args, argnums=wrt).program
    primal: Function = program.notes["primal"]
    assert primal.body is not None
    if len(primal.body.yields) != 1:
        raise ArgumentError("AD210", f"{primal.name} returns a container", primal.loc, "one number")
    return primal, [found.path for found in program.inputs.found]


def evaluated(
    primal: Function,
    paths: Sequence[tuple[Any, ...]],
    arguments: Mapping[str, Any],
    define: Define = lambda stmt, value: value,
    decide: Decide = lambda condition: condition,
) -> Any:
    """Run a graph on symbolic arguments.

    Parameters
    ----------
    primal : Function
        The graph.
    paths : sequence of paths
        Where its parameters come from.
    arguments : mapping of str to object
        The arguments of the function, with symbols in place of numbers.
    define : callable
        From a statement and its result to what takes the place of the result.
    decide : callable
        From a condition on symbols to a truth value, or to the condition.
    """
    assert primal.body is not None
    interpreter = _Interpreter(primal, define, decide)
    for parameter, path in zip(primal.body.params, paths, strict=True):
        found = argument_at(path, arguments) if path[0][0] == "arg" else read(path)
        interpreter.values[parameter] = settled(found)
    try:
        (result,) = interpreter.block(primal.body)
    except _Raises:
        raise ArgumentError(
            "AD210", f"{primal.name} raises an exception for these arguments", primal.loc, "other arguments"
        ) from None
    except RecursionError:
        raise interpreter.too_long(primal.loc) from None
    return sympy.sympify(settled(result))


@dataclass
class _Interpreter:
    """The values of the graph so far."""

    primal: Function
    define: Define
    decide: Decide
    values: dict[Value, Any] = field(default_factory=dict)
    sizes: dict[int, tuple[Any, int]] = field(default_factory=dict)
    count: int = 0

    def block(self, block: Block) -> tuple[Any, ...]:
        for stmt in block.statements:
            self.count += 1
            if self.count > _LONGEST:
                raise self.too_long(stmt.loc)
            self.statement(stmt)
        return tuple(self.argument(y) for y in block.yields)

    def statement(self, stmt: Stmt) -> None:
        if isinstance(stmt, Apply):
            self.bind(stmt.outs, self.applied(stmt))
        elif isinstance(stmt, Call):
            self.bind(stmt.outs, self.called(stmt))
        elif isinstance(stmt, If):
            self.bind(stmt.outs, self.branched(stmt))
        elif isinstance(stmt, For):
            self.bind(stmt.outs, self.looped(stmt))
        else:
            self.bind(stmt.outs, self.repeated(stmt))

    def bind(self, outs: Sequence[Value], results: Sequence[Any]) -> None:
        self.values.update(zip(outs, results, strict=True))

    def argument(self, arg: Arg) -> Any:
        """An operand, with its value in place of its name."""
        if isinstance(arg, Value):
            return self.values[arg]
        if isinstance(arg, Literal):
            return _constant(arg)
        if isinstance(arg, tuple):
            return tuple(self.argument(item) for item in arg)
        if isinstance(arg, Items):
            return [self.argument(item) for item in arg.items]
        if isinstance(arg, Slice):
            return slice(self.argument(arg.start), self.argument(arg.stop), self.argument(arg.step))
        assert isinstance(arg, Through)
        raise NotImplementedError("an index into a view")

    # -- statements ------------------------------------------------------------------------------------------

    def applied(self, stmt: Apply) -> Sequence[Any]:
        row = stmt.primitive
        if row.name == "raise_(kind, args)":
            raise _Raises
        try:
            operands = [self.argument(arg) for arg in stmt.args]
            result = settled(_meaning(row.name, row.namespace, operands))
        except (NotImplementedError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise self.refused(stmt, str(error)) from None
        if self.size(result) > _LARGEST:
            raise self.too_large(stmt.loc)
        if len(stmt.outs) != 1:
            return tuple(result) if isinstance(result, tuple) else (None,) * len(stmt.outs)
        return (self.define(stmt, result),)

    def called(self, stmt: Call) -> Sequence[Any]:
        body = stmt.function.body
        assert body is not None
        outer = self.values
        self.values = dict(outer)
        self.bind(body.params, [self.argument(arg) for arg in stmt.args])
        results = self.block(body)
        self.values = outer
        return results

    def branched(self, stmt: If) -> Sequence[Any]:
        test = self.test(self.argument(stmt.test))
        if isinstance(test, bool):
            return self.block(stmt.then if test else stmt.orelse)
        try:
            yes = self.block(stmt.then)
        except _Raises:
            return self.block(stmt.orelse)
        try:
            no = self.block(stmt.orelse)
        except _Raises:
            return yes
        return [self.merged(stmt, test, a, b) for a, b in zip(yes, no, strict=True)]

    def looped(self, stmt: For) -> Sequence[Any]:
        bounds = [self.argument(bound) for bound in stmt.range]
        if is_symbolic(bounds):
            raise self.refused(stmt, "the number of iterations depends on a value")
        places = range(*bounds)
        carried = tuple(self.argument(atom) for atom in stmt.init)
        return self.iterated(stmt, list(reversed(places) if stmt.backwards else places), carried)

    def iterated(self, stmt: For, places: list[int], carried: tuple[Any, ...]) -> Sequence[Any]:
        for n, place in enumerate(places):
            self.bind(stmt.body.params, (place, *carried))
            results = self.block(stmt.body)
            if not stmt.stops:
                carried = results
                continue
            stop, carried = self.test(results[0]), results[1:]
            if stop is True:
                return carried
            if stop is not False:
                # where it does not stop, the rest of the iterations follows
                rest = self.iterated(stmt, places[n + 1 :], carried)
                return [self.merged(stmt, stop, a, b) for a, b in zip(carried, rest, strict=True)]
        return carried

    def repeated(self, stmt: While) -> Sequence[Any]:
        carried = tuple(self.argument(atom) for atom in stmt.init)
        while True:
            self.bind(stmt.test.params, carried)
            (going,) = self.block(stmt.test)
            going = self.test(going)
            if not isinstance(going, bool):
                raise self.refused(stmt, "the number of iterations depends on a value")
            if not going:
                return carried
            self.bind(stmt.body.params, carried)
            results = self.block(stmt.body)
            if not stmt.stops:
                carried = results
                continue
            stop, carried = self.test(results[0]), results[1:]
            if not isinstance(stop, bool):
                raise self.refused(stmt, "the number of iterations depends on a value")
            if stop:
                return carried

    # -- conditions ------------------------------------------------------------------------------------------

    def test(self, value: Any) -> Any:
        """The truth of a value: Python's where it is known, else a condition."""
        if not is_symbolic(value):
            return bool(value)
        condition = value if is_condition(value) else sympy.Ne(value, 0)
        decided = self.decide(condition)
        if (
            not isinstance(decided, bool)
            and decided.has(sympy.Piecewise)
            and self.size(decided) > _LARGEST_TEST
        ):
            raise self.too_large(self.primal.loc)
        return decided

    def size(self, value: Any) -> int:
        """How many operations a value has when it is written out, what it shares counted each time."""
        if isinstance(value, np.ndarray):
            return max(map(self.size, value.flat), default=0) if value.dtype == object else 0
        if isinstance(value, (tuple, list)):
            return max(map(self.size, value), default=0)
        if not isinstance(value, sympy.Basic):
            return 0
        known = self.sizes.get(id(value))
        if known is None:
            # the value is kept, or another one might get its identity
            known = self.sizes[id(value)] = value, 1 + sum(map(self.size, value.args))
        return known[1]

    def merged(self, stmt: Stmt, condition: Any, yes: Any, no: Any) -> Any:
        """What a variable holds that is one or the other."""
        if yes is UNDEFINED.value or no is UNDEFINED.value:
            return no if yes is UNDEFINED.value else yes
        if isinstance(yes, (tuple, list)) and isinstance(no, (tuple, list)) and len(yes) == len(no):
            return type(yes)(self.merged(stmt, condition, a, b) for a, b in zip(yes, no, strict=True))
        numbers = (bool, int, sympy.Basic, np.ndarray)
        if isinstance(yes, numbers) and isinstance(no, numbers) and np.shape(yes) == np.shape(no):
            return elementwise(lambda a, b: chosen(condition, a, b))(yes, no)
        if type(yes) is type(no) and not isinstance(yes, np.ndarray) and yes == no:
            return yes
        raise self.refused(stmt, "the branches hold things that are no numbers, or have other shapes")

    # -- refusals --------------------------------------------------------------------------------------------

    def refused(self, stmt: Stmt, why: str) -> ArgumentError:
        body = self.primal.body
        assert body is not None
        text = stmt.loc.text.strip() if stmt.loc is not None else _text(stmt, body)
        what = f"`{stmt.primitive.name}`" if isinstance(stmt, Apply) else f"`{text}`"
        return ArgumentError(
            "AD210",
            f"{what} cannot be written as a formula{f': {why}' if why else ''}",
            stmt.loc,
            "arithmetic, elementary functions, branches, and loops whose range is known",
        )

    def too_large(self, loc: Loc | None) -> ArgumentError:
        return ArgumentError(
            "AD210",
            f"{self.primal.name} is too large as a formula, in which what is used twice is written twice",
            loc,
            "fewer iterations, or fewer branches on what branches gave",
        )

    def too_long(self, loc: Loc | None) -> ArgumentError:
        return ArgumentError(
            "AD210",
            f"{self.primal.name} takes more than {_LONGEST} steps, too many for a formula",
            loc,
            "fewer iterations",
        )


def _text(stmt: Stmt, body: Block) -> str:
    names = Naming(body)
    return expression_text(stmt, names) if isinstance(stmt, (Apply, Call)) else header_text(stmt, names)


def _constant(literal: Literal) -> Any:
    if literal.spelling is not None and literal.spelling.split(".")[-1] == "pi":
        return sympy.pi
    return settled(literal.value)


def _meaning(name: str, namespace: Mapping[str, Any], operands: list[Any]) -> Any:
    """The result of a primitive."""
    if name in POINTWISE:
        if name.split("(")[-1].startswith("*"):
            operands = list(operands[0])
        operands = [
            settled(np.array(x, dtype=object)) if isinstance(x, (list, tuple)) else x for x in operands
        ]
        return elementwise(POINTWISE[name])(*(operands if name in LOGICAL else map(numeric, operands)))
    if name in WHOLE:
        return WHOLE[name](*operands)
    form = form_of(name)
    if form.kind != "function" or not (form.key in NATIVE or not is_symbolic(operands)):
        raise NotImplementedError("")
    if form.key not in NATIVE:
        operands = [floating(x) for x in operands]
    if form.key in COMPUTING:
        operands = [numeric(x) for x in operands]
    positional, keywords = [], {}
    for parameter, operand in zip(form.params, operands, strict=True):
        if parameter.star:
            positional += list(operand)
        elif parameter.default is REQUIRED:
            positional.append(operand)
        elif not _is_default(operand, parameter.default):
            if parameter.name == "dtype" and np.dtype(operand).kind != "f":
                raise NotImplementedError(f"numbers of dtype {np.dtype(operand)}")
            keywords[parameter.name] = operand
    return find(form.key, namespace)(*positional, **keywords)


def _is_default(operand: Any, default: Any) -> bool:
    return isinstance(operand, (bool, int, str, type(None))) and operand == default
