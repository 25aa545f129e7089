"""The graph: a structured, typed SSA with regions.

    Function = name, Block                 Block = params, statements, yields
    Stmt     = Apply | If | For | While | Call
    Atom     = Value | Literal

Every `Value` is defined once. Everything is pure but `Apply` of a primitive whose effect says otherwise;
containers of known structure do not exist here. An argument of a statement may nest atoms in tuples, lists
and slices, as index expressions and shapes need it. Not for types (`ir.types`) and not for building
(`ir.build`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import Loc
from .types import OPAQUE, Scalar, Type, type_of

if TYPE_CHECKING:
    from ..rules.rule import Primitive


_SERIALS = itertools.count()


def next_serial() -> int:
    """A serial number that no value has; greater than those of all values so far."""
    return next(_SERIALS)


class Value:
    """One value of the graph, defined exactly once.
    `named` says that `hint` is a name the user would recognise.
    """

    __slots__ = ("hint", "named", "serial", "type")

    def __init__(self, type: Type, hint: str = "", named: bool = False) -> None:
        self.serial = next(_SERIALS)
        self.type = type
        self.hint = hint
        self.named = named

    def __repr__(self) -> str:
        return f"%{self.hint or '_'}:{self.type}"


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A Python object known at compile time; `spelling` is how to write it (`np.pi`) where `repr` would not
    do.
    """

    value: Any
    spelling: str | None = None

    @property
    def type(self) -> Type:
        """The type of a number, opaque otherwise."""
        found = type_of(self.value)
        return found if isinstance(found, Scalar) else OPAQUE

    def __repr__(self) -> str:
        return self.spelling or repr(self.value)


class _Undefined:
    """What a variable holds on a path that never assigned it."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = Literal(_Undefined())


def is_absent(atom: object) -> bool:
    """Whether an atom stands for no number or array: a path does not assign it, or to None."""
    return atom is UNDEFINED or (isinstance(atom, Literal) and atom.value is None)


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice in an index expression."""

    start: Arg
    stop: Arg
    step: Arg


@dataclass(frozen=True, slots=True)
class Items:
    """A list display in an argument: `np.stack([a, b])`."""

    items: tuple[Arg, ...]


@dataclass(frozen=True, slots=True)
class Through:
    """An index into a view: how the view is made of the array, step by step, and the index there.

    Each step is a primitive with its operands but the first, which is what the step before has made.
    """

    steps: tuple[tuple[Primitive, tuple[Arg, ...]], ...]
    index: Arg


Atom = Value | Literal
Arg = Value | Literal | tuple["Arg", ...] | Slice | Items | Through


@dataclass(slots=True, eq=False)
class Block:
    """Statements in order; it takes `params` and gives back `yields`."""

    params: tuple[Value, ...]
    statements: list[Stmt]
    yields: tuple[Atom, ...]


@dataclass(slots=True, eq=False)
class Apply:
    """outs = primitive(args); `args` align with the primitive's parameters."""

    outs: tuple[Value, ...]
    primitive: Primitive
    args: tuple[Arg, ...]
    loc: Loc | None
    # True for statements of a derivative's backward sweep; the printer groups and comments them by line.
    adjoint: bool = False


@dataclass(slots=True, eq=False)
class If:
    """if test: then, else: orelse. The blocks take nothing and yield the outs."""

    outs: tuple[Value, ...]
    test: Atom
    then: Block
    orelse: Block
    loc: Loc | None
    adjoint: bool = False


@dataclass(slots=True, eq=False)
class For:
    """for index in range(*range) (backwards if `backwards`): body.params = index, *carried.

    With `stops` the body yields a stop flag first, tested after each iteration. Of a checkpointed loop
    `snapshots` is how many states a derivative keeps (a literal None: enough); of any other it is None.
    """

    outs: tuple[Value, ...]
    range: tuple[Atom, Atom, Atom]
    init: tuple[Atom, ...]
    body: Block
    loc: Loc | None
    stops: bool = False
    backwards: bool = False
    adjoint: bool = False
    snapshots: Atom | None = None


@dataclass(slots=True, eq=False)
class While:
    """while test: body. Test and body take the carried values;
    with `stops` the body yields a stop flag first.
    """

    outs: tuple[Value, ...]
    init: tuple[Atom, ...]
    test: Block
    body: Block
    loc: Loc | None
    stops: bool = False
    adjoint: bool = False


@dataclass(slots=True, eq=False)
class Call:
    """outs = function(*args), where inlining cannot do: the function is emitted beside the caller."""

    outs: tuple[Value, ...]
    function: Function
    args: tuple[Atom, ...]
    loc: Loc | None
    adjoint: bool = False


Stmt = Apply | If | For | While | Call


@dataclass(slots=True, eq=False)
class Function:
    """A closed block with a name. `body` is None only while a recursive function is being built.

    A `recomputed` function hands nothing to its own derivative, which computes it again from the arguments.
    One that is not `apart` is written where it is called.
    """

    name: str
    body: Block | None
    loc: Loc | None = None
    notes: dict[str, Any] = field(default_factory=dict)
    recomputed: bool = False
    apart: bool = True

    def place(self) -> str:
        """The name, and where the definition stands, as texts about a derivative have them."""
        known = self.loc is not None and self.loc.text
        return f"{self.name} ({self.loc.short()})" if self.loc is not None and known else self.name


def leaves(arg: Arg) -> Iterator[Atom]:
    """The atoms of an argument, in order."""
    if isinstance(arg, (Value, Literal)):
        yield arg
    elif isinstance(arg, tuple):
        for item in arg:
            yield from leaves(item)
    elif isinstance(arg, Slice):
        yield from leaves(arg.start)
        yield from leaves(arg.stop)
        yield from leaves(arg.step)
    elif isinstance(arg, Through):
        for _, operands_ in arg.steps:
            yield from leaves(operands_)
        yield from leaves(arg.index)
    else:
        for item in arg.items:
            yield from leaves(item)


def map_arg(arg: Arg, mapping: Mapping[Value, Any]) -> Any:
    """The argument with every value replaced by its image."""
    if isinstance(arg, Value):
        return mapping.get(arg, arg)
    if isinstance(arg, Literal):
        return arg
    if isinstance(arg, tuple):
        return tuple(map_arg(item, mapping) for item in arg)
    if isinstance(arg, Slice):
        return Slice(map_arg(arg.start, mapping), map_arg(arg.stop, mapping), map_arg(arg.step, mapping))
    if isinstance(arg, Through):
        steps = tuple((row, map_arg(rest, mapping)) for row, rest in arg.steps)
        return Through(steps, map_arg(arg.index, mapping))
    return Items(tuple(map_arg(item, mapping) for item in arg.items))


def values_in(args: Iterable[Arg]) -> Iterator[Value]:
    """The values (not literals) in a sequence of arguments."""
    for arg in args:
        if isinstance(arg, Value):
            yield arg
        elif not isinstance(arg, Literal):
            for atom in leaves(arg):
                if isinstance(atom, Value):
                    yield atom


def operands(stmt: Stmt) -> Iterator[Value]:
    """The values a statement reads directly, not those that its blocks read."""
    if isinstance(stmt, (Apply, Call)):
        return values_in(stmt.args)
    if isinstance(stmt, If):
        return values_in((stmt.test,))
    if isinstance(stmt, While):
        return values_in(stmt.init)
    counted = stmt.range if stmt.snapshots is None else (*stmt.range, stmt.snapshots)
    return values_in((*counted, *stmt.init))


def blocks_of(stmt: Stmt) -> tuple[Block, ...]:
    """The blocks inside a statement."""
    # asked most often of what has none
    if isinstance(stmt, Apply):
        return ()
    if isinstance(stmt, If):
        return (stmt.then, stmt.orelse)
    if isinstance(stmt, For):
        return (stmt.body,)
    if isinstance(stmt, While):
        return (stmt.test, stmt.body)
    return ()


def free_values(block: Block, reads: Callable[[Stmt], Iterable[Value]] = operands) -> dict[Value, None]:
    """Values that a block reads and does not define, in order of first use; `reads` says what is read."""
    found: dict[Value, None] = {}
    _collect_free(block, set(), found, reads)
    return found


def _collect_free(
    block: Block,
    outer: set[Value],
    found: dict[Value, None],
    reads: Callable[[Stmt], Iterable[Value]],
) -> None:
    # SSA: a name is defined once, so one set of definitions serves nested blocks as well
    defined = outer
    defined.update(block.params)
    for stmt in block.statements:
        for value in reads(stmt):
            if value not in defined:
                found.setdefault(value)
        for inner in blocks_of(stmt):
            _collect_free(inner, defined, found, reads)
        defined.update(stmt.outs)
    for value in values_in(block.yields):
        if value not in defined:
            found.setdefault(value)


def all_statements(block: Block) -> Iterator[Stmt]:
    """Every statement of a block and of the blocks in it, in textual order."""
    for stmt in block.statements:
        yield stmt
        for inner in blocks_of(stmt):
            yield from all_statements(inner)


def readers_of(block: Block) -> dict[Value, list[Stmt | None]]:
    """What reads each value in a block and in the blocks in it: statements, and None for a block that hands
    it on; once for each place.
    """
    found: dict[Value, list[Stmt | None]] = {}
    for stmt in all_statements(block):
        for v in operands(stmt):
            found.setdefault(v, []).append(stmt)
        for inner in blocks_of(stmt):
            for v in values_in(inner.yields):
                found.setdefault(v, []).append(None)
    for v in values_in(block.yields):
        found.setdefault(v, []).append(None)
    return found


def count_uses(block: Block) -> dict[Value, int]:
    """How many places in a block and in the blocks in it read each value."""
    return {v: len(readers) for v, readers in readers_of(block).items()}


def clone_block(block: Block, mapping: dict[Value, Any]) -> Block:
    """A copy that defines fresh values; `mapping` gives the images of free values and receives those of new
    ones.
    """
    params = tuple(_fresh(p, mapping) for p in block.params)
    statements = [clone_stmt(stmt, mapping) for stmt in block.statements]
    return Block(params, statements, tuple(map_arg(a, mapping) for a in block.yields))


def _fresh(value: Value, mapping: dict[Value, Any]) -> Value:
    copy = Value(value.type, value.hint, value.named)
    mapping[value] = copy
    return copy


def clone_stmt(stmt: Stmt, mapping: dict[Value, Any]) -> Stmt:
    """A copy of a statement, see `clone_block`."""
    if isinstance(stmt, Apply):
        args = tuple(map_arg(a, mapping) for a in stmt.args)
        return Apply(
            tuple(_fresh(o, mapping) for o in stmt.outs), stmt.primitive, args, stmt.loc, stmt.adjoint
        )
    if isinstance(stmt, Call):
        args = tuple(map_arg(a, mapping) for a in stmt.args)
        return Call(tuple(_fresh(o, mapping) for o in stmt.outs), stmt.function, args, stmt.loc, stmt.adjoint)
    if isinstance(stmt, If):
        test = map_arg(stmt.test, mapping)
        then, orelse = clone_block(stmt.then, mapping), clone_block(stmt.orelse, mapping)
        outs = tuple(_fresh(o, mapping) for o in stmt.outs)
        return If(outs, test, then, orelse, stmt.loc, stmt.adjoint)
    init = tuple(map_arg(a, mapping) for a in stmt.init)
    if isinstance(stmt, For):
        span = map_arg(stmt.range, mapping)
        body = clone_block(stmt.body, mapping)
        outs = tuple(_fresh(o, mapping) for o in stmt.outs)
        snapshots = None if stmt.snapshots is None else map_arg(stmt.snapshots, mapping)
        return For(outs, span, init, body, stmt.loc, stmt.stops, stmt.backwards, stmt.adjoint, snapshots)
    test_block, body = clone_block(stmt.test, mapping), clone_block(stmt.body, mapping)
    outs = tuple(_fresh(o, mapping) for o in stmt.outs)
    return While(outs, init, test_block, body, stmt.loc, stmt.stops, stmt.adjoint)


def substitute(stmt: Stmt, mapping: Mapping[Value, Any]) -> Stmt:
    """The statement with free values replaced, its own definitions unchanged."""
    if not mapping:
        return stmt
    if isinstance(stmt, (Apply, Call)):
        stmt.args = tuple(map_arg(a, mapping) for a in stmt.args)
        return stmt
    if isinstance(stmt, If):
        stmt.test = map_arg(stmt.test, mapping)
    elif isinstance(stmt, For):
        stmt.range = map_arg(stmt.range, mapping)
        stmt.snapshots = None if stmt.snapshots is None else map_arg(stmt.snapshots, mapping)
    if isinstance(stmt, (For, While)):
        stmt.init = tuple(map_arg(a, mapping) for a in stmt.init)
    for block in blocks_of(stmt):
        for inner in block.statements:
            substitute(inner, mapping)
        block.yields = tuple(map_arg(y, mapping) for y in block.yields)
    return stmt
