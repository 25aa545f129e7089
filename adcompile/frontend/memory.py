"""Array memory: writes into arrays as values, and who sees them.

In the graph an array is a value and nothing is ever written to. A variable holds the value that its array was
*born* as, whatever has been written into it since; the state knows what that memory contains *now*
(`State.memory`), and a view is read from its base anew once the base has changed. So all names of one array,
and all views of it, see every write, and the graph has a new value after each. In: births, writes, and the
joins of paths. Out: the present contents. What cannot be told apart at compile time (one array or another?)
is refused when one of the two is written while the other is still needed. Not for how a write is spelt: that
is `writes`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ..errors import Loc, NoDerivative
from ..ir.nodes import Apply, Arg, Block, If, Literal, Slice, Stmt, Value, map_arg, values_in
from ..ir.types import Array, ListOf, Opaque, Scalar, ShapeOf, Unknown, dtype_of, shape_of
from ..rules.indexing import GETITEM, index_parts, is_forward, is_whole
from ..rules.lists import KEEPING, TAKING
from ..rules.rule import Primitive
from ..rules.sharing import casts, shown_by
from .names import exposed_in, reads
from .parse import Frame, Parser
from .pointers import NOWHERE, Join, Place, Tree, map_places, places
from .structure import parts_of
from .values import Ref, State, is_atom

# stands for the array of any item of a run-time list
IN_A_LIST = Value(Array(None, None), "an item of a list")

# what makes arrays in C order, whatever it is given
_MADE_IN_ORDER = (
    "np.zeros(", "np.ones(", "np.empty(", "np.full(", "np.eye(", "np.identity(", "np.tri(", "x.copy()",
)  # fmt: skip

# what makes arrays in C order of arrays in C order, beside what works element by element
_LEAVING_ORDER = (
    "np.copy(", "np.array(", "x.astype(", "np.zeros_like(", "np.ones_like(", "np.empty_like(",
    "np.full_like(", "x @ y", "np.matmul(", "np.dot(", "np.outer(", "np.tensordot(", "np.sum(", "np.prod(",
    "np.mean(", "np.var(", "np.std(", "np.max(", "np.min(", "np.cumsum(", "np.cumprod(", "np.sort(",
    "np.diff(", "np.roll(", "np.repeat(", "np.tile(", "np.pad(", "np.take(", "np.concatenate(", "np.stack(",
    "np.tril(", "np.triu(",
)  # fmt: skip

# views with the elements of an array in their order, if they are views
_WHOLE_VIEWS = (
    "np.asarray(", "np.asanyarray(", "np.ascontiguousarray(", "np.expand_dims(", "np.squeeze(",
    "np.atleast_",
)  # fmt: skip

# what gives a view or a copy, where it cannot be told which: a copy if nobody can tell
_VIEW_OR_COPY = (
    "np.reshape(", "np.ravel(", "np.asarray(", "np.asanyarray(", "np.ascontiguousarray(", "x.astype(",
)  # fmt: skip

# what makes arrays of whatever it is given, also where these have no axes
_MAKING_ARRAYS = (
    *_MADE_IN_ORDER, "np.zeros_like(", "np.ones_like(", "np.empty_like(", "np.full_like(", "np.array(",
    "np.asarray(", "np.asanyarray(", "np.copy(",
)  # fmt: skip

Roots = frozenset[Value]


class Memory:
    """What is known of the arrays of a program, beside the contents that the state holds.

    Attributes
    ----------
    owner : dict
        From the contents of a memory, one value after each write, to the value that it was born as.
    roots : dict
        For a value that a join made, the memories that it may be; any other value is a memory of its own.
    originals : dict
        For a parameter of a derivative inside of a function, the memories that it stands for.
    ordered : set
        Those whose elements are known to lie one after the other.
    written : dict
        The memories that the program has written into, with the place where it did so first.
    arrays : set
        Such parameters that stand for what is known to be an array, and no NumPy number.
    """

    def __init__(self, p: Parser) -> None:
        self.p = p
        self.owner: dict[Value, Value] = {}
        self.roots: dict[Value, Roots] = {}
        self.written: dict[Value, Loc | None] = {}
        self.originals: dict[Value, Roots] = {}
        self.arrays: set[Value] = set()
        self.ordered: set[Value] = set()
        # the arrays that a join chose among memories, and the memories that only they are
        self.pointers: dict[Value, Tree] = {}
        self.own: dict[Value, Value] = {}
        self.chosen_by: dict[Value, Value] = {}
        # what the memories of such an array contained where the graph has it as a value
        self.snapshots: dict[Value, tuple[Value, ...]] = {}
        # the memories that went on as another one behind a join
        self.sources: dict[Value, set[Value]] = {}
        # what may not be written, with the view that it is
        self.fixed: dict[Value, Apply] = {}
        # views of which it is known that they are none of a copy
        self.certain: set[Value] = set()
        self._found: dict[Value, tuple[list[Stmt], tuple[Value, ...], Value]] = {}

    # -- where a value lives -------------------------------------------------------------------------------

    def locate(self, value: Value) -> tuple[Value, list[Apply]]:
        """The memory that an array is or is a view of, and the steps from there to the view."""
        steps: list[Apply] = []
        while True:
            if value in self.owner:
                return self.owner[value], steps[::-1]
            if value in self.pointers:
                return value, steps[::-1]
            stmt = self.p.builder.definitions.get(value)
            if stmt is None or not is_view(stmt):
                return value, steps[::-1]
            steps.append(stmt)
            value = stmt.args[0]  # type: ignore[assignment]

    def roots_of(self, value: Value) -> Roots:
        """The memories that an array may be a part of."""
        base, _ = self.locate(value)
        if base in self.pointers:
            bases = (q.base for q in places(self.pointers[base]))
            return frozenset().union(*(self.roots_of(b) for b in bases if b is not None))
        stmt = self.p.builder.definitions.get(base)
        if stmt is not None and _comes_from_list(stmt):
            return frozenset((IN_A_LIST,))
        roots = self.roots.get(base, frozenset((base,)))
        if stmt is not None and not is_view(stmt):
            # a function that may return an operand, or a view of one
            roots = roots.union(*(self.roots_of(v) for v in shown_by(stmt) if is_array(v)))
        return roots

    def stands_for(self, value: Value) -> Roots:
        """The memories that an array may be a part of, its parameter of a derivative being what it is for."""
        roots = self.roots_of(value)
        return roots.union(*(self.originals.get(root, ()) for root in roots))

    def tree(self, value: Any) -> Tree:
        """The places that an array may be at, by the tests that tell which it is."""
        if not is_array(value):
            return NOWHERE
        base, steps = self.locate(value)
        if base not in self.pointers:
            return Place(base, tuple(steps))
        return map_places(self.pointers[base], lambda q: Place(q.base, (*q.steps, *steps)), lambda t: t)

    def content(self, base: Value) -> Value:
        """What a memory contains now."""
        if base not in self.pointers:
            return self.p.state.memory.get(base, base)
        tree = self.pointers[base]
        contents = tuple(self.content(q.base) for q in places(tree) if q.base is not None)
        if self.snapshots.get(base) == contents:
            return base
        statements = self.p.builder.statements
        known = self._found.get(base)
        if known is not None and known[0] is statements and known[1] == contents:
            return known[2]
        found = self._read(base, tree)
        self._found[base] = statements, contents, found
        return found

    def _read(self, like: Value, tree: Tree) -> Value:
        """What an array contains that is at one of several places."""
        if isinstance(tree, Place):
            assert tree.base is not None
            return self.replay(self.content(tree.base), tree.steps)
        blocks = []
        for side in (tree.then, tree.orelse):
            with self.p.builder.block() as statements:
                blocks.append(Block((), statements, (self._read(like, side),)))
        out = Value(like.type, like.hint, like.named)
        then, orelse = blocks
        self.p.builder.statements.append(If((out,), tree.test, then, orelse, self.p.builder.loc))
        self.owner[out] = like
        return out

    def replay(self, content: Value, steps: Iterable[Apply]) -> Value:
        """The view that some steps lead to, of what a memory contains now."""
        found: Any = content
        for step in steps:
            if not self.shares(step):
                self.refuse_unsure(step)
            found = self.p.builder.append(step.primitive, found, *step.args[1:])
        return found  # type: ignore[no-any-return]

    def point(self, out: Value, tree: Tree, is_value: bool) -> None:
        """Note where an array is; `is_value` if the graph has it, as it is now."""
        self.pointers[out] = tree
        self.snapshots.pop(out, None)
        self._found.pop(out, None)
        if is_value:
            self.snapshots[out] = tuple(self.content(q.base) for q in places(tree) if q.base is not None)

    def own_of(self, out: Value) -> Value:
        """The memory that only the array `out` is, where a join did not choose another one."""
        if out not in self.own:
            self.own[out] = own = Value(out.type, out.hint, out.named)
            self.chosen_by[own] = out
        return self.own[out]

    def close(self, value: Value, content: Value) -> None:
        """Forget how a value was made that contains `content` now; what it may share memory with remains."""
        if not is_array(value) or value in self.owner:
            return
        roots = self.roots_of(value) | {value}
        self.roots[value] = roots
        self.pointers.pop(value, None)
        self.snapshots.pop(value, None)
        if content is not value:
            self.p.state.memory[value] = content
            self.owner[content] = value

    # -- reading -------------------------------------------------------------------------------------------

    def operands(self, primitive: Primitive, args: tuple[Arg, ...]) -> tuple[Arg, ...]:
        """The operands of a statement of the program, each as it is now."""
        state = self.p.state
        if primitive in KEEPING:
            arrays = [v for v in values_in(args) if is_array(v)]
            state.listed = state.listed.union(*(self.roots_of(v) for v in arrays))
        self.p.effects += primitive.effect == "opaque"
        for watched in self.p.readings:
            watched.arrays.update(*(self.roots_of(v) for v in values_in(args) if is_array(v)))
        if not state.memory and not self.pointers:
            return args
        mapping = {v: self.current(v) for v in values_in(args) if is_array(v)}
        return tuple(map_arg(a, mapping) for a in args)

    def current(self, value: Any) -> Any:
        """An atom as it is now: what its memory contains, seen through the views that led to it."""
        if not (self.p.state.memory or self.pointers) or not is_array(value):
            return value
        base, steps = self.locate(value)
        content = self.content(base)
        if not steps:
            return content
        if steps[0].args[0] is content:
            return value
        found = self.replay(content, steps)
        if not found.named:
            found.hint, found.named = value.hint, value.named
        return found

    def shares(self, step: Apply) -> bool:
        """Whether a view is a view whatever the layout of its operand, or that is known."""
        if step.outs[0] in self.certain:
            return True
        operand, name = step.args[0], step.primitive.name
        assert isinstance(operand, Value)
        if name.startswith(("np.asarray(", "np.asanyarray(")):
            return isinstance(operand.type, Array) and casts(step) is False
        if name.startswith("np.ascontiguousarray("):
            return casts(step) is False and bool(shape_of(operand.type)) and self.in_order(operand)
        if name.startswith("x.astype("):
            return casts(step) is False
        if name.startswith(("x.imag", "np.imag(")):
            return (dtype_of(operand.type) or "")[:1] == "c"
        if is_reshape(step):
            # an axis can always be split
            one = name.startswith("np.reshape(") and len(shape_of(operand.type) or ()) == 1
            return one or self.in_order(operand)
        return name.startswith(_SURE)

    def is_writable(self, step: Apply) -> bool:
        """Whether a write into a view is a write into what it is a view of."""
        name, operand = step.primitive.name, step.args[0]
        dtype = dtype_of(operand.type) if isinstance(operand, Value) else None
        if name.startswith(_PARTS):
            # of real numbers, the imaginary parts are an array of zeros that cannot be written
            return is_part(step) and dtype is not None and (dtype[0] == "c" or name == "x.real")
        return self.shares(step) and not name.startswith(_NOT_WRITTEN)

    def in_order(self, value: Value) -> bool:
        """Whether the elements of an array are known to lie one after another, the last index fastest."""
        base, steps = self.locate(value)
        if base in self.pointers or not all(map(self._keeps_order, steps)):
            return False
        stmt = self.p.builder.definitions.get(base)
        if stmt is None:
            return base in self.ordered or self.p.inputs.is_in_order(base)
        name = stmt.primitive.name
        if name.startswith(_MADE_IN_ORDER) or len(shape_of(base.type) or ()) == 1:
            return True
        if not stmt.primitive.pointwise and not name.startswith(_LEAVING_ORDER):
            return False
        operands = [v for v in values_in(stmt.args) if not isinstance(v.type, (Scalar, ShapeOf))]
        return all(is_array(v) and self.in_order(v) for v in operands)

    def separate(self, array: Value) -> None:
        """Take what may be a view or a copy for a memory of its own, where nobody could tell: before a write.

        What it may be a view of must not be seen but through it.
        """
        base, steps = self.locate(array)
        unsure = [k for k, step in enumerate(steps) if not self.shares(step)]
        if not unsure or base in self.pointers or not self._is_hidden(base, steps[: unsure[-1] + 1]):
            return
        copy = steps[unsure[-1]].outs[0]
        if self.current(copy) is copy:
            self.roots[copy] = self.roots_of(copy) | {copy}
            self.owner[copy] = copy

    def _is_hidden(self, base: Value, steps: list[Apply]) -> bool:
        """Whether a memory is not seen from now on but through a view."""
        unfit = any(step.primitive.name.startswith((*_NOT_WRITTEN, *_PARTS)) for step in steps)
        if unfit or not steps[-1].primitive.name.startswith(_VIEW_OR_COPY):
            return False
        roots = self.roots_of(base)
        if IN_A_LIST in roots or not roots.isdisjoint(self.p.state.listed):
            return False
        if any(self.p.inputs.is_captured(root) for root in roots):
            return False
        if any(q.base is base for tree in self.pointers.values() for q in places(tree)):
            return False
        through = steps[-1].outs[0]
        return all(
            any(step.outs[0] is through for step in self.locate(leaf)[1])
            for _, leaf in self.holders(self.p.state, also_now=True)
            if not roots.isdisjoint(self.roots_of(leaf))
        )

    def is_surely_array(self, value: Value) -> bool:
        """Whether a value without axes is known to be an array, and not a NumPy number."""
        base, steps = self.locate(value)
        if steps:
            index = steps[-1].args[1] if steps[-1].primitive is GETITEM else ()
            return any(isinstance(i, Literal) and i.value is Ellipsis for i in index_parts(index))
        stmt = self.p.builder.definitions.get(base)
        if stmt is not None:
            return stmt.primitive.name.startswith(_MAKING_ARRAYS)
        return base in self.arrays or (isinstance(base.type, Array) and self.p.inputs.is_input(base))

    def _keeps_order(self, step: Apply) -> bool:
        name = step.primitive.name
        if step.primitive is not GETITEM:
            return is_reshape(step) or (name.startswith(_WHOLE_VIEWS) and self.shares(step))
        # of the axes that are left, all but the first are whole
        is_first = True
        for i in index_parts(step.args[1]):
            if isinstance(i, Literal) and i.value is None:
                continue
            if isinstance(i, (Value, Literal)) and isinstance(i.type, Scalar):
                if not is_first:
                    return False
                continue
            rest = isinstance(i, Literal) and i.value is Ellipsis
            part = isinstance(i, Slice) and is_forward(i) and (is_first or is_whole(i))
            if not (rest or part):
                return False
            is_first = False
        return True

    def refuse_unsure(self, step: Apply) -> None:
        """Refuse to read through what may be a view or a copy, after the base has been written."""
        name = step.primitive.name.split("(")[0]
        raise NoDerivative(
            "AD111",
            f"`{name}` gave a view of an array or a copy of it, and the array has been written since",
            self.p.builder.loc,
            f"a copy, `{name}(...).copy()`, or an index that surely gives a view",
        )

    # -- who else looks at a memory ------------------------------------------------------------------------

    def holders(self, state: State, *, also_now: bool = False) -> Iterator[tuple[str, Value]]:
        """The arrays that live variables hold, also in containers, with the name of the variable.

        With `also_now` those that the statements which are being executed name are live.
        """
        for key, held in state.names.items():
            found = list(_leaves(state, held, set()))
            name = key[1] if isinstance(key, tuple) and isinstance(key[0], int) else ""
            if found and (not name or self._is_live(key[0], name, also_now)):
                yield from ((name, leaf) for leaf in found)

    def _is_live(self, frame: int, name: str, also_now: bool) -> bool:
        found = self.p.frames.get(frame)
        return found is None or is_read_later(found, name) or (also_now and is_read_now(found, name))

    def others(self, state: State, base: Value) -> tuple[str, Value] | None:
        """A live variable that may hold the memory `base` without being known to."""
        mine = self.roots_of(base)
        for name, leaf in self.holders(state):
            found = {q.base for q in places(self.tree(leaf))} - {base, None}
            if any(not mine.isdisjoint(self.roots_of(other)) for other in found if other is not None):
                return name, leaf
        return None

    def sharer(self, state: State, array: Value) -> str | None:
        """The name of a second live variable that holds an array, or may hold it."""
        roots = self.roots_of(array)
        names = [name for name, leaf in self.holders(state) if not roots.isdisjoint(self.roots_of(leaf))]
        listed = not roots.isdisjoint(state.listed)
        return "a list" if listed else names[1] if len(names) > 1 else None

    def anchored(
        self, state: State, outs: Iterable[Value], columns: Sequence[dict[Value, Tree]],
        inside: Callable[[int, Value], bool],
    ) -> Roots:  # fmt: skip
        """The memories that keep their names where paths meet: others hold them, or several arrays are they.

        `outs` are the arrays that the join hands out, `inside` tells what was born on a path.
        """
        new = set(outs)
        found = {r for _, leaf in self.holders(state) if leaf not in new for r in self.roots_of(leaf)}
        for k, column in enumerate(columns):
            seen: set[Value] = set()
            for tree in column.values():
                bases = {q.base for q in places(tree) if q.base is not None and not inside(k, q.base)}
                found |= seen & bases
                seen |= bases
        return frozenset(found | state.listed)

    def keep_roots(self, join: Join, listed: Roots, shared: Value, inside: Callable[[Value], bool]) -> bool:
        """Note what memories that a join hands out may be beside themselves; returns whether it is new."""
        grown = False
        outs = {out: None for column in join.columns for out in column}
        for out in outs:
            own = out if join.is_own(out) else self.own_of(out)
            before = self.roots.get(own, frozenset())
            found = {own}
            for k, column in enumerate(join.columns):
                for place in places(column.get(out, NOWHERE)):
                    if out in join.untold and place.base is not None:
                        found |= self._taken_over(own, place)
                    elif place.base is not None and join.homes[k].get(place.base) is out:
                        found |= self._taken_over(own, place) - {place.base}
            if out in join.untold:
                found.add(shared)
            if not found.isdisjoint(listed) or IN_A_LIST in found:
                found.add(IN_A_LIST)
            found = {r for r in found if r is IN_A_LIST or r in (own, shared) or not inside(r)}
            self.roots[own] = before | found
            grown |= self.roots[own] != before
        return grown

    def _taken_over(self, own: Value, place: Place) -> Roots:
        """What a memory may be that goes on behind a join as one of the arrays."""
        assert place.base is not None
        unfit = next((s for s in place.steps if not self.is_writable(s)), None) or self.fixed.get(place.base)
        if unfit is not None:
            self.fixed[own] = unfit
        self.sources.setdefault(own, set()).add(place.base)
        return self.roots_of(place.base)

    def hand_on(self, inner: Value, outer: Value) -> None:
        """What is known of a memory in a loop is known of it behind the loop."""
        self.roots[outer] = frozenset((outer,)) | (self.roots.get(inner, frozenset()) - {inner})
        self.sources.setdefault(outer, set()).add(inner)
        if inner in self.fixed:
            self.fixed[outer] = self.fixed[inner]

    def mark_written(self, base: Value) -> None:
        """A memory is written, and with it those that went on as it behind a join."""
        if base not in self.written:
            self.written[base] = self.p.builder.loc
            for source in self.sources.get(base, ()):
                self.mark_written(source)


def is_array(value: Any) -> bool:
    """Whether a value may be an array, which has memory that others may see."""
    return isinstance(value, Value) and isinstance(value.type, (Array, Unknown))


def is_view(stmt: Apply) -> bool:
    """Whether the result of a statement may share memory with its first operand, an array."""
    first = stmt.args[0] if stmt.args else None
    return is_array(first) and is_array(stmt.outs[0]) and first in shown_by(stmt)


_SURE = (
    "x[i]", "x.T", "x.mT", "np.transpose(", "np.swapaxes(", "np.moveaxis(", "np.expand_dims(", "np.squeeze(",
    "np.atleast_", "np.broadcast_to(", "np.flip(", "np.diagonal(", "np.matrix_transpose(", "np.rollaxis(",
    "x.real", "np.real(", "x.imag", "np.imag(", "np.lib.stride_tricks.sliding_window_view(",
)  # fmt: skip

_PARTS = ("x.real", "x.imag", "np.real(", "np.imag(")

# views that cannot be written
_NOT_WRITTEN = ("np.broadcast_to(", "np.diagonal(", "np.lib.stride_tricks.sliding_window_view(")


def is_part(stmt: Apply) -> bool:
    """Whether a view is that of the real or the imaginary parts."""
    return stmt.primitive.name in ("x.real", "x.imag")


def is_reshape(stmt: Apply) -> bool:
    """Whether a view has its elements in the order of its operand, under other indices."""
    named = stmt.primitive.name.startswith(("np.reshape(", "np.ravel("))
    order = stmt.args[-1]
    return named and isinstance(order, Literal) and order.value == "C"


def _comes_from_list(stmt: Apply) -> bool:
    first = stmt.args[0] if stmt.args else None
    is_list = isinstance(first, Value) and isinstance(first.type, (ListOf, Opaque))
    return is_list and (stmt.primitive is GETITEM or stmt.primitive in TAKING)


def _leaves(state: State, value: Any, seen: set[int]) -> Iterator[Value]:
    """The arrays in a value, through the containers in it."""
    if isinstance(value, Value):
        if is_array(value):
            yield value
    elif isinstance(value, Ref):
        if value.id not in seen and value.id in state.heap:
            seen.add(value.id)
            yield from _leaves(state, state.heap[value.id], seen)
    elif not is_atom(value):
        for part in parts_of(value):
            yield from _leaves(state, part, seen)


def is_read_later(frame: Frame, name: str) -> bool:
    """Whether the text of a function may read a name after the place where its execution stands.

    A loop around that place reads again what an iteration reads before it assigns it; a nested function may
    read at any time.
    """
    if frame.node is None or frame.at is None:
        return True
    end = (frame.at.end_lineno, frame.at.end_col_offset)
    stack: list[ast.AST] = [frame.node]
    while stack:
        node = stack.pop()
        nested = node is not frame.node and isinstance(node, (ast.FunctionDef, ast.Lambda))
        if nested and name in reads(node):
            return True
        around = isinstance(node, (ast.For, ast.While)) and _encloses(node, frame.at)
        if around and name in exposed_in(node):
            return True
        if isinstance(node, ast.comprehension) and name in reads(node):
            return True
        changed: Any = node.target if isinstance(node, ast.AugAssign) else node
        read = isinstance(changed, ast.Name) and changed.id == name and (
            changed is not node or not isinstance(changed.ctx, ast.Store)
        )  # fmt: skip
        if read and (changed.lineno, changed.col_offset) >= end:
            return True
        stack.extend(ast.iter_child_nodes(node))
    return False


def is_read_now(frame: Frame, name: str) -> bool:
    """Whether the statement at which the execution of a function stands names a variable.

    Of a call that is being executed the arguments have been read.
    """
    if frame.node is None or frame.at is None:
        return True
    around = [n for n in ast.walk(frame.node) if isinstance(n, ast.stmt) and _encloses(n, frame.at)]
    stack: list[ast.AST] = [max(around, key=lambda n: (n.lineno, n.col_offset), default=frame.node)]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name) and node.id == name:
            return True
        stack.extend(n for n in ast.iter_child_nodes(node) if n is not frame.at)
    return False


def _encloses(node: Any, place: Any) -> bool:
    start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    return start <= (place.lineno, place.col_offset) and (place.end_lineno, place.end_col_offset) <= end
