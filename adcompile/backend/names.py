"""Names of the emitted code: which values share a variable, and what it is called.

In: a block, the values written inside expressions, and the lifetimes of the others. Out: a name for each
value. Values that a loop carries or a branch yields share a variable where their lifetimes allow, so that no
copies are written. Deterministic: it depends on the order of the statements only.
"""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..ir.nodes import Apply, Atom, Block, Call, For, If, Stmt, Value, While, blocks_of, leaves
from ..ir.wording import word_for
from ..passes.activity import carried_params, carried_yields
from ..rules.helpers import COPIED
from ..rules.lists import LIST_APPEND, LIST_EACH
from ..rules.rule import HELPERS, METHODS
from .inplace import is_update
from .order import Order, Span
from .reuse import Reuse, same_name


class Names:
    """Union-find over values, with the lifetimes of each class."""

    def __init__(self, order: Order, reserved: Iterable[str], facts: Facts, foreign: Iterable[Value]) -> None:
        self.order = order
        # variables of an enclosing function: one that is assigned here would be another variable
        self.foreign = set(foreign)
        self.facts = facts
        self.parent: dict[Value, Value] = {}
        self.spans: dict[Value, list[Span]] = {}
        self.reserved = set(reserved)
        self.name: dict[Value, str] = {}

    def find(self, value: Value) -> Value:
        """The value that stands for all that share a variable with this one."""
        root = value
        while self.parent.get(root, root) is not root:
            root = self.parent[root]
        while self.parent.get(value, value) is not root:
            self.parent[value], value = root, self.parent[value]
        return root

    def span(self, value: Value) -> list[Span]:
        """The lifetimes of the variable that holds the value."""
        root = self.find(value)
        if root not in self.spans:
            at = self.order.defined[root]
            # even a value that nothing reads is written somewhere
            self.spans[root] = [(at, at + 1), *self.order.spans.get(root, ())]
            if root in self.facts.bodies and not root.named:
                # no loop inside counts with the same variable
                self.spans[root].append((at, self.order.close[id(self.facts.bodies[root])]))
        return self.spans[root]

    def unite(self, a: Value, b: Value, force: bool = False) -> bool:
        """Let two values share a variable if their lifetimes do not overlap."""
        ra, rb = self.find(a), self.find(b)
        if ra is rb:
            return True
        spans_a, spans_b = self.span(ra), self.span(rb)
        foreign = bool(self.foreign & {ra, rb})
        apart = foreign or not self._alike(ra, rb) or any(overlap(x, y) for x in spans_a for y in spans_b)
        if apart and not force:
            return False
        # the class keeps the name a reader would expect: the user's own before an invented one
        if (rb.named, bool(rb.hint), -rb.serial) > (ra.named, bool(ra.hint), -ra.serial):
            ra, rb = rb, ra
        self.parent[rb] = ra
        if foreign:
            self.foreign.add(ra)
        self.spans[ra] = spans_a + spans_b
        return True

    def _alike(self, a: Value, b: Value) -> bool:
        """Whether one variable for both would have one meaning."""
        if a.named and b.named:
            return a.hint == b.hint
        return not (a.hint or b.hint) or (a in self.facts.adjoint) == (b in self.facts.adjoint)

    def __getitem__(self, value: Value) -> str:
        return self.name[self.find(value)]


def overlap(x: Span, y: Span) -> bool:
    """Whether two spans share a position."""
    return x[0] < y[1] and y[0] < x[1]


def choose_names(
    block: Block,
    params: tuple[Value, ...],
    order: Order,
    nested: dict[Value, Stmt],
    reserved: set[str],
    foreign: Iterable[Value] = (),
) -> Names:
    """Name every value of a function body that is not written inside an expression; an enclosing function
    names the `foreign` ones.
    """
    facts = Facts(block)
    names = Names(order, reserved | helpers_called(block) | facts.referred, facts, foreign)
    _updates(block, names, nested)
    _coalesce(block, names, nested)
    _reuses(block, names)
    taken: dict[str, list[Span]] = {}
    for v in params:
        # a parameter keeps its name whatever it hides: callers pass it by that name
        if not v.hint or v.hint in taken:
            _assign(names, v, taken, v.hint or "x")
            continue
        names.name[names.find(v)] = v.hint
        taken.setdefault(v.hint, []).extend(names.span(v))
    # in the order of their definition; what is defined at once stays in its order
    for v in sorted(order.defined, key=lambda v: order.defined[v]):
        if v not in nested and names.find(v) not in names.name:
            _assign(names, v, taken, facts.word(names.find(v)))
    return names


_COUNTERS = ("i", "j", "k", "m", "n")


class Facts:
    """What the statements of a function tell of its values: where they are made, and what else is named."""

    def __init__(self, block: Block) -> None:
        self.definition: dict[Value, Stmt] = {}
        # what a loop or a branch hands on, with what it may be
        self.sources: dict[Value, tuple[Atom, ...]] = {}
        self.bodies: dict[Value, Block] = {}
        # tests that end a loop
        self.flags: set[Atom] = set()
        # what belongs to a backward sweep
        self.adjoint: set[Value] = set()
        # names of the user's, which no other value goes by
        self.users = {v.hint for v in block.params if v.named}
        # names of objects that the text may refer to
        self.referred: set[str] = set()
        self._add(block)

    def _add(self, block: Block) -> None:
        for stmt in block.statements:
            made = [*stmt.outs, *(v for inner in blocks_of(stmt) for v in inner.params)]
            self.users.update(v.hint for v in made if v.named)
            if stmt.adjoint:
                self.adjoint.update(made)
            if isinstance(stmt, (Apply, Call)):
                self.definition.update(dict.fromkeys(stmt.outs, stmt))
            elif isinstance(stmt, If):
                self.sources.update(
                    zip(stmt.outs, zip(stmt.then.yields, stmt.orelse.yields, strict=True), strict=True)
                )
            else:
                last = carried_yields(stmt)
                for k, (out, param) in enumerate(zip(stmt.outs, carried_params(stmt), strict=True)):
                    atoms: tuple[Any, ...] = (stmt.init[k], last[k])
                    self.sources[out] = self.sources[param] = atoms
            if isinstance(stmt, (For, While)) and stmt.stops:
                self.flags.add(stmt.body.yields[0])
            if isinstance(stmt, For):
                self.bodies[stmt.body.params[0]] = stmt.body
            if isinstance(stmt, Apply):
                self.referred |= stmt.primitive.namespace.keys() & _names_in(stmt.primitive.template)
            self.referred.update(name for a in _arguments(stmt) if (name := _referred(a)))
            for inner in blocks_of(stmt):
                self._add(inner)

    def word(self, value: Atom, depth: int = 0) -> str:
        """What to call a value: by its own name, else by what it is."""
        if not isinstance(value, Value) or depth > 5:
            return ""
        if value.hint:
            return value.hint
        if value in self.bodies:
            return next((c for c in _COUNTERS if c not in self.users), "k")
        if value in self.flags:
            return "stop"
        if value in self.definition:
            return word_for(self.definition[value], self.definition)
        words = (self.word(a, depth + 1) for a in self.sources.get(value, ()))
        return next((w for w in words if w), "value")

    def saved_as(self, value: Value) -> Value | None:
        """What a backward sweep takes off a list, as the forward sweep has put it there; None if unknown."""
        stmt = self.definition.get(value)
        if not isinstance(stmt, Apply) or stmt.primitive is not LIST_EACH:
            return None
        kept = self._appended(stmt.args[0])
        found = kept[stmt.outs.index(value)] if isinstance(kept, tuple) else kept
        copy = self.definition.get(found) if isinstance(found, Value) else None
        if isinstance(copy, Apply) and copy.primitive in (METHODS["copy"], COPIED):
            found = copy.args[0]
        return found if isinstance(found, Value) else None

    def _appended(self, items: object) -> object:
        """What is appended to a list in each iteration of the loop that fills it."""
        if not isinstance(items, Value):
            return None
        if items in self.sources:
            last = self.sources[items][1]
            stmt = self.definition.get(last) if isinstance(last, Value) else None
            appended = isinstance(stmt, Apply) and stmt.primitive is LIST_APPEND
            return stmt.args[1] if appended else None  # type: ignore[union-attr]
        return self._appended(self.saved_as(items))


def _arguments(stmt: Stmt) -> Iterator[Atom]:
    yield from leaves(stmt.args) if isinstance(stmt, (Apply, Call)) else ()
    for inner in blocks_of(stmt):
        yield from inner.yields


def _referred(atom: Atom) -> str:
    """The name by which the text refers to an object; empty for a value and for what is written out."""
    if isinstance(atom, Value) or isinstance(atom.value, _WRITTEN_OUT):
        return ""
    return str(atom.spelling or getattr(atom.value, "__name__", "")).rpartition(".")[2]


_WRITTEN_OUT = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis), tuple, list, np.dtype)


def _names_in(template: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(template) if isinstance(n, ast.Name)}


def helpers_called(block: Block) -> set[str]:
    """The names of the helpers that a block may call, which none of its variables may hide."""
    found = {"rebuilt"}  # builds results, which are no statements
    for stmt in block.statements:
        if isinstance(stmt, Apply):
            name = stmt.primitive.name.partition("(")[0]
            found |= {name} & HELPERS.keys()
        for inner in blocks_of(stmt):
            found |= helpers_called(inner)
    return found


def _assign(names: Names, value: Value, taken: dict[str, list[Span]], hint: str) -> None:
    root = names.find(value)
    spans = names.span(root)
    if not root.named:
        # a variable that is computed from another one does not take its name
        spans = [(a - 2, b) for a, b in spans]
    base = clean(hint)
    barred = names.reserved if root.named else names.reserved | names.facts.users
    origin = names.facts.saved_as(root)
    name, n = names.name.get(names.find(origin), base) if origin is not None else base, 1
    while name in barred or any(overlap(x, y) for x in taken.get(name, ()) for y in spans):
        n += 1
        name = f"{base}_{n}"
    taken.setdefault(name, []).extend(spans)
    names.name[root] = name


def clean(hint: str) -> str:
    """A hint as an identifier that hides nothing."""
    name = "".join(c if c.isalnum() or c == "_" else "_" for c in hint).lstrip("%")
    if not name or name[0].isdigit():
        name = f"v{name}"
    if keyword.iskeyword(name) or name in ("np", "math") or (hasattr(builtins, name) and name in _CALLED):
        name += "_"
    return name


_CALLED = frozenset((
    "abs", "bool", "complex", "dict", "float", "format", "int", "isinstance", "len", "list", "max", "min",
    "print", "range", "repr", "reversed", "round", "slice", "str", "sum", "tuple", "type", "zip",
))  # fmt: skip


def _updates(block: Block, names: Names, nested: dict[Value, Stmt]) -> None:
    """An update and what it overwrites are one variable, whatever else."""
    for stmt in block.statements:
        if stmt.outs and stmt.outs[0] in nested:
            continue
        if is_update(stmt):
            assert isinstance(stmt, Apply)
            first = stmt.args[0]
            if isinstance(first, Value) and first not in nested:
                names.unite(first, stmt.outs[0], force=True)
        for inner in blocks_of(stmt):
            _updates(inner, names, nested)


def _reuses(block: Block, names: Names) -> None:
    """A result and the memory that it takes are one variable, unless that would have two meanings."""
    for stmt in block.statements:
        if isinstance(stmt, Reuse):
            memory, out = names.find(stmt.memory), names.find(stmt.outs[0])
            if same_name(memory, out) or (stmt.partial and not memory.named):
                names.unite(memory, out)
        for inner in blocks_of(stmt):
            _reuses(inner, names)


def _coalesce(block: Block, names: Names, nested: dict[Value, Stmt]) -> None:
    for stmt in block.statements:
        if stmt.outs and stmt.outs[0] in nested:
            continue
        if isinstance(stmt, (For, While)):
            _coalesce_loop(stmt, names, nested)
        for inner in blocks_of(stmt):
            _coalesce(inner, names, nested)
        if isinstance(stmt, If):
            for k, out in enumerate(stmt.outs):
                for inner in (stmt.then, stmt.orelse):
                    atom = inner.yields[k]
                    if isinstance(atom, Value) and atom not in nested:
                        names.unite(out, atom)


def _coalesce_loop(stmt: Stmt, names: Names, nested: dict[Value, Stmt]) -> None:
    assert isinstance(stmt, (For, While))
    params = stmt.body.params[1:] if isinstance(stmt, For) else stmt.body.params
    yields = stmt.body.yields[1:] if stmt.stops else stmt.body.yields
    for k, p in enumerate(params):
        if isinstance(stmt, While):
            names.unite(p, stmt.test.params[k], force=True)
        names.unite(p, stmt.outs[k])
        for atom in (yields[k], stmt.init[k]):
            if isinstance(atom, Value) and atom not in nested:
                names.unite(p, atom)
