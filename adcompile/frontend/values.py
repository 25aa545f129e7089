"""What a Python variable can hold while a function is being parsed.

Numbers and arrays are atoms of the graph. Everything whose structure is known (containers, objects,
functions, ranges) lives here and never reaches the graph. Mutable containers are `Ref`s into the state's
heap, so that aliases see one another's updates. Not for deciding anything: plain data.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..ir.nodes import Atom, Literal, Value

NONE = Literal(None)

_ids = itertools.count(1)


def fresh_id() -> int:
    """A number that nothing else has: for frames, loops and cells of the heap."""
    return next(_ids)


@dataclass(frozen=True, eq=False, slots=True)
class TupleVal:
    """A tuple, or a NamedTuple of class `cls`."""

    items: tuple[Any, ...]
    cls: type = tuple


@dataclass(frozen=True, slots=True)
class Ref:
    """A mutable container: the key of its cell in the heap."""

    id: int


@dataclass(frozen=True, eq=False, slots=True)
class ListCell:
    """A list whose items are known one by one."""

    items: tuple[Any, ...]


@dataclass(frozen=True, eq=False, slots=True)
class DictCell:
    """A dictionary, or an object of the subclass `cls`, with known keys."""

    keys: tuple[Any, ...]
    items: tuple[Any, ...]
    cls: type = dict


@dataclass(frozen=True, eq=False, slots=True)
class ObjectCell:
    """An instance with attributes of known names; `keys` are the attribute names."""

    keys: tuple[str, ...]
    items: tuple[Any, ...]
    cls: type


@dataclass(frozen=True, eq=False, slots=True)
class GrownCell:
    """A list of a length known at run time only: a run-time list for each leaf of the item `pattern`."""

    pattern: Any
    items: tuple[Atom, ...]


@dataclass(frozen=True, eq=False, slots=True)
class GrownTuple:
    """A tuple of a length known at run time only, as the list of its items, which nobody can change."""

    cell: GrownCell


@dataclass(frozen=True, eq=False, slots=True)
class SliceVal:
    """A slice as a value: `x[a:b]`, `slice(a, b)`."""

    start: Any
    stop: Any
    step: Any


@dataclass(frozen=True, eq=False, slots=True)
class RangeVal:
    """A range; `backwards` if it is iterated over by `reversed`."""

    start: Atom
    stop: Atom
    step: Atom
    backwards: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class CheckpointedRange(RangeVal):
    """A range of which a loop keeps a number of `snapshots` (None: as many as are enough)."""

    snapshots: Atom = NONE


@dataclass(frozen=True, eq=False, slots=True)
class Indexed:
    """A sequence of run-time length: item `k` (from 0) is `get(k)`.

    `of` is the list that it is, if it is one; `over` are the lists that it reads.
    """

    length: Atom
    get: Callable[[Atom], Any]
    of: Any = None
    over: tuple[Ref, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Fixed:
    """An iterable whose items are known: `get(k)`, asked for when it is their turn, of `size()` as of now.

    `over` are the containers that it reads.
    """

    size: Callable[[], int]
    get: Callable[[int], Any]
    over: tuple[Ref, ...] = ()

    @staticmethod
    def of(items: Sequence[Any]) -> Fixed:
        """Items that do not change."""
        return Fixed(lambda: len(items), items.__getitem__)

    @property
    def items(self) -> tuple[Any, ...]:
        """All items, taken now."""
        found: list[Any] = []
        while len(found) < self.size():
            found.append(self.get(len(found)))
        return tuple(found)


@dataclass(frozen=True, eq=False, slots=True)
class DictView:
    """`dict.keys()`, `.values()` or `.items()`: what the dictionary holds whenever it is looked at."""

    of: Any
    kind: str


@dataclass(eq=False, slots=True)
class Iterator:
    """What `zip`, `map`, `iter`, a generator and their like return: it can be run through once.

    Of one that `next` may advance, the state holds under the key `place` how many items it has given.
    """

    source: Any
    consumed: bool = False
    # what looks whether the items are still those that Python would give
    check: Callable[[], None] | None = None
    place: Any = None


@dataclass(frozen=True, eq=False, slots=True)
class Closure:
    """A function or lambda defined in the code that is being parsed."""

    node: ast.FunctionDef | ast.Lambda
    frame: Any
    defaults: tuple[Any, ...]
    kw_defaults: tuple[Any, ...]
    name: str


@dataclass(frozen=True, eq=False, slots=True)
class BoundMethod:
    """A method of an object with the object."""

    receiver: Any
    function: Any


@dataclass(frozen=True, eq=False, slots=True)
class PartialVal:
    """`functools.partial(function, *args, **keywords)`."""

    function: Any
    args: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Bracket:
    """What a function returns that `contextlib.contextmanager` has made of a generator, not entered yet."""

    function: Any
    args: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Choice:
    """One of two functions, by a test known at run time only: a call becomes a branch."""

    test: Atom
    then: Any
    orelse: Any


@dataclass(frozen=True, eq=False, slots=True)
class Maybe:
    """None where `nothing` is true, else `value`, which the paths that lead to None do not assign."""

    nothing: Atom
    value: Any


@dataclass(frozen=True, eq=False, slots=True)
class ArrayMethod:
    """A method of an array, not called yet."""

    receiver: Any
    name: str


@dataclass(frozen=True, eq=False, slots=True)
class Flat:
    """`array.flat`: all elements of an array, the last index changing fastest."""

    array: Any


@dataclass(frozen=True, eq=False, slots=True)
class ContainerMethod:
    """A method of a list, dict or tuple of known structure, not called yet."""

    receiver: Any
    name: str


@dataclass(frozen=True, eq=False, slots=True)
class Transformed:
    """`ad.grad(f)` and its relatives, inside a function that is being differentiated."""

    kind: str
    function: Any
    options: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Captured:
    """A container or object from outside the function's arguments; `path` spells how to reach it."""

    path: tuple[Any, ...]
    value: Any


@dataclass(frozen=True, eq=False, slots=True)
class Undef:
    """A variable that is not assigned yet."""

    name: str


@dataclass(frozen=True, eq=False, slots=True)
class Conflict:
    """A variable that holds different kinds of things on different paths; refused when it is used."""

    reason: str


# the contents of a mutable container
Cell = ListCell | DictCell | ObjectCell | GrownCell | Conflict


UNDEF = Undef("")
TRUE = Literal(True)
FALSE = Literal(False)


def is_atom(value: Any) -> bool:
    """Whether a value is one of the graph, and not a structure that the frontend knows."""
    return isinstance(value, (Value, Literal))


def is_none(value: Any) -> bool:
    """Whether a value is None on every path."""
    return isinstance(value, Literal) and value.value is None


def as_maybe(value: Any) -> Maybe:
    """Any value as one that may be None."""
    if isinstance(value, Maybe):
        return value
    return Maybe(TRUE, UNDEF) if is_none(value) else Maybe(FALSE, value)


class State:
    """All variables of all live frames, the heap of mutable containers, and what arrays contain.

    `memory` has the present contents of every array that has been written, under the value that it was born
    as; `listed` are the arrays that run-time lists hold, `inner` the lists that these have taken in as items;
    `facts` are the tests that have been made on the way here, with their outcomes.
    """

    __slots__ = ("facts", "heap", "inner", "listed", "memory", "names")

    def __init__(
        self,
        names: dict[Any, Any] | None = None,
        heap: dict[int, Cell] | None = None,
        memory: dict[Value, Value] | None = None,
        listed: frozenset[Value] = frozenset(),
        facts: dict[Value, bool] | None = None,
        inner: frozenset[int] = frozenset(),
    ) -> None:
        self.names: dict[Any, Any] = {} if names is None else names
        self.heap: dict[int, Cell] = {} if heap is None else heap
        self.memory: dict[Value, Value] = {} if memory is None else memory
        self.listed = listed
        self.inner = inner
        self.facts: dict[Value, bool] = {} if facts is None else facts

    def copy(self) -> State:
        """A state that changes on its own; values and cells are immutable and shared."""
        return State(
            dict(self.names), dict(self.heap), dict(self.memory), self.listed, dict(self.facts), self.inner
        )

    def become(self, other: State) -> None:
        """Take over all that another state holds."""
        self.names, self.heap = other.names, other.heap
        self.memory, self.listed = other.memory, other.listed
        self.facts, self.inner = other.facts, other.inner

    def new(self, cell: Cell) -> Ref:
        """A new container with these contents."""
        ref = Ref(fresh_id())
        self.heap[ref.id] = cell
        return ref


# keys of the control-flow flags that a state carries beside the variables
DEAD = "%dead"


def break_key(loop: int) -> tuple[str, int]:
    """Whether the loop was left by `break`."""
    return ("%break", loop)


def continue_key(loop: int) -> tuple[str, int]:
    """Whether the iteration was ended by `continue`."""
    return ("%continue", loop)


def return_key(frame: int) -> tuple[str, int]:
    """Whether the function has returned."""
    return ("%return", frame)


def result_key(frame: int) -> tuple[str, int]:
    """What the function has returned."""
    return ("%result", frame)


def is_result(key: Any) -> bool:
    """Whether a key is that of what a function has returned."""
    return isinstance(key, tuple) and key[0] == "%result"


def place_key(iterator: int) -> tuple[str, int]:
    """How many items an iterator has given to `next`; missing where a path has not made the iterator."""
    return ("%place", iterator)


def is_place(key: Any) -> bool:
    """Whether a key is that of the place of an iterator."""
    return isinstance(key, tuple) and key[0] == "%place"


def is_flag(key: Any) -> bool:
    """Whether a key is that of a flag; a flag that is not there is False."""
    return isinstance(key, tuple) and isinstance(key[0], str) and key[0] in ("%break", "%continue", "%return")
