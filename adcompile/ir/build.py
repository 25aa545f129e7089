"""Building statements: the one place where an `Apply` is made and typed.

In: a primitive and its arguments. Out: the result atom, after cheap simplifications that are always safe. Not
for deciding what a call means (`frontend.calls`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import AdcompileError, Loc, NoDerivative
from .nodes import Apply, Arg, Atom, Literal, Stmt, Value, blocks_of, leaves, map_arg, values_in
from .types import BOOL, INT, UNKNOWN, Array, Scalar, Unknown, dtype_of, is_differentiable, join

if TYPE_CHECKING:
    from ..rules.rule import Primitive


class Builder:
    """Appends statements to the block that is open; `loc` and `adjoint` are stamped on each."""

    def __init__(self) -> None:
        self.statements: list[Stmt] = []
        self.loc: Loc | None = None
        self.adjoint = False
        self.definitions: dict[Value, Apply] = {}
        # how the operands of the program that is being parsed are read now; None once it has been parsed
        self.reads: Callable[[Primitive, tuple[Arg, ...]], tuple[Arg, ...]] | None = None
        # whether the program knows complex numbers: then a value of unknown dtype may be one
        self.complex = False
        # what the operands of a backward sweep are replaced by where only their shapes matter
        self.looks: Callable[[Builder, Primitive, tuple[Arg, ...]], tuple[Arg, ...]] | None = None

    def apply(self, primitive: Primitive, *args: Arg, hint: str = "", named: bool = False) -> Any:
        """Append primitive(args) and return its result (a tuple of results if it has several)."""
        if self.reads is not None:
            args = self.reads(primitive, args)
        return self.append(primitive, *args, hint=hint, named=named)

    def append(self, primitive: Primitive, *args: Arg, hint: str = "", named: bool = False) -> Any:
        """`apply` to operands that are taken as they are."""
        from ..passes.algebra import peephole

        simpler = peephole(self, primitive, args)
        if simpler is not None and not (self.reads is not None and self._is_other_memory(simpler, args)):
            return simpler
        if self.reads is not None and (equal := self._counted(primitive, args)) is not None:
            return equal
        types = _types_of(primitive, args)
        if self.looks is not None and self.adjoint:
            args = self.looks(self, primitive, args)
        several = isinstance(types, tuple)
        outs = tuple(Value(t, hint, named) for t in (types if several else (types,)))
        self.complex = self.complex or any(map(_is_complex, (*outs, *leaves(args))))
        if self.reads is not None:
            self._refuse_objects(outs, args)
        stmt = Apply(outs, primitive, args, self.loc, self.adjoint)
        self.statements.append(stmt)
        self.definitions.update(dict.fromkeys(outs, stmt))
        return outs if several else outs[0]

    def _counted(self, primitive: Primitive, args: tuple[Arg, ...]) -> Value | None:
        """A sum, difference or product of integers that the open block has just computed: slices up to either
        are of one length.
        """
        if primitive.name not in _COUNTING or not all(map(_is_integer, args)):
            return None
        for stmt in reversed(self.statements[-_NEAR:]):
            same = isinstance(stmt, Apply) and stmt.primitive is primitive
            if same and all(map(_is_same, stmt.args, args)):  # type: ignore[union-attr]
                return stmt.outs[0]
        return None

    def _refuse_objects(self, outs: tuple[Value, ...], args: tuple[Arg, ...]) -> None:
        """Refuse to put numbers where the dtype says nothing about them: what comes out again may be any."""
        hidden = any(dtype_of(out.type) == "object" for out in outs)
        if hidden and any(is_differentiable(v.type) for v in values_in(args)):
            raise NoDerivative(
                "AD206",
                "this puts numbers into an array of objects, of text or of records",
                self.loc,
                "an array of floats for each kind of number",
            )

    def record(self, stmt: Stmt) -> None:
        """Know what defines the values of a copied statement and of those in it."""
        if isinstance(stmt, Apply):
            self.definitions.update(dict.fromkeys(stmt.outs, stmt))
        for block in blocks_of(stmt):
            for inner in block.statements:
                self.record(inner)

    def _is_other_memory(self, result: Any, args: tuple[Arg, ...]) -> bool:
        """Whether a result is an operand itself, where the program makes an array of its own."""
        is_array = isinstance(result, Value) and isinstance(result.type, (Array, Unknown))
        return is_array and any(a is result for a in args)

    def expand(self, text: str, **env: Any) -> Any:
        """Append what an expression text says, its names bound by `env`."""
        from ..rules.expand import expand

        return expand(self, text, env)

    @contextmanager
    def block(self) -> Iterator[list[Stmt]]:
        """Collect the statements that are appended inside the `with` in a list of their own."""
        outer, self.statements = self.statements, []
        try:
            yield self.statements
        finally:
            self.statements = outer

    @contextmanager
    def within(self, statements: list[Stmt]) -> Iterator[None]:
        """Append what comes inside the `with` to a list that has been collected before."""
        outer, self.statements = self.statements, statements
        try:
            yield
        finally:
            self.statements = outer

    @contextmanager
    def as_they_are(self) -> Iterator[None]:
        """Inside the `with`, operands are graph values and not variables of a program."""
        reads, self.reads = self.reads, None
        try:
            yield
        finally:
            self.reads = reads

    @contextmanager
    def at(self, loc: Loc | None, adjoint: bool | None = None) -> Iterator[None]:
        """Stamp another location on what is appended inside the `with`, and on errors without one."""
        saved = self.loc, self.adjoint
        self.loc = loc if loc is not None else self.loc
        self.adjoint = self.adjoint if adjoint is None else adjoint
        try:
            yield
        except AdcompileError as error:
            # a rule does not know for which statement it is asked
            raise error.placed(self.loc) from error.__cause__
        finally:
            self.loc, self.adjoint = saved

    def negate(self, test: Atom) -> Atom:
        """`not test`."""
        from ..rules.rule import OPERATORS

        if isinstance(test, Literal):
            return Literal(not test.value)
        stmt = self.definitions.get(test)
        if stmt is not None and stmt.primitive is OPERATORS["not"]:
            inner = stmt.args[0]
            if isinstance(inner, Value) and inner.type == BOOL:
                return inner
        result: Atom = self.apply(OPERATORS["not"], test)
        return result


def _types_of(primitive: Primitive, args: tuple[Arg, ...]) -> Any:
    """The types of the results; of operands that are perhaps ints, what holds of ints and of floats."""
    mixed = {v: v.type for v in values_in(args) if isinstance(v.type, Scalar) and v.type.perhaps_int}
    if not mixed:
        return primitive.types(*args)
    certain = {v: Value(Scalar(t.dtype, t.origin)) for v, t in mixed.items()}
    kinds: Any = [
        primitive.types(*(map_arg(a, images) for a in args))
        for images in (certain, dict.fromkeys(mixed, Value(INT)))
    ]
    if isinstance(kinds[0], tuple):
        return tuple(join(a, b) or UNKNOWN for a, b in zip(*kinds, strict=True))
    return join(*kinds) or UNKNOWN


def _is_complex(atom: Atom) -> bool:
    if isinstance(atom, Literal):
        return isinstance(atom.value, complex)
    return (dtype_of(atom.type) or "").startswith("complex")


_COUNTING = ("x + y", "x - y", "x * y")
# how many statements are looked at: programs may be long
_NEAR = 200


def _is_integer(arg: Arg) -> bool:
    if isinstance(arg, Literal):
        return type(arg.value) is int
    return isinstance(arg, Value) and isinstance(arg.type, Scalar) and arg.type.dtype == "int64"


def _is_same(a: Arg, b: Arg) -> bool:
    if isinstance(a, Literal) and isinstance(b, Literal):
        return type(a.value) is type(b.value) and bool(a.value == b.value)
    return a is b
