"""Reverse mode, graph to graph.

In: a block, the values to differentiate by, and seeds for its outputs. Out: the statements of the forward
sweep (the block's own, with what must be kept added to its loops) and those of the backward sweep, which read
values of the forward sweep as if they were all still there; `passes.keep` has made that true. Structural
recursion over the block, backwards (Griewank & Walther 2008, chapter 6). Not for shapes and dtypes of
adjoints: `passes.cotangents`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..ir.build import Builder
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
    all_statements,
    blocks_of,
    clone_block,
    clone_stmt,
    free_values,
    leaves,
    map_arg,
    substitute,
)
from ..ir.types import (
    FLOAT,
    ListOf,
    Record,
    Shape,
    Type,
    dtype_of,
    fills,
    is_differentiable,
    shape_of,
)
from ..ir.wording import word_of
from ..rules import indexing, lists
from ..rules.expand import expand, rule_environment, rule_facts
from ..rules.facts import call_rule, facts_of
from ..rules.rule import OPERATORS
from ..rules.typing import typ
from .activity import carried_params, carried_yields, refuse_inactive, useful_values, varied_values
from .adjoints import Adjoints, Bars
from .cotangents import adjoint_type, as_array, complete, full, reduce_to, zeros
from .guards import Guards
from .held import Held
from .invariance import without_influence
from .keep import ensure_defined, keep, recomputable
from .partial import Partial
from .recompute import make_repeatable
from .shapes import looking_at_shapes
from .snapshots import keep_snapshots
from .volatile import keep_reads


@dataclass
class Reversed:
    """The two sweeps of a block and the adjoints that they end with."""

    forward: list[Stmt]
    backward: list[Stmt]
    bars: list[Any]


def reverse(builder: Builder, block: Block, wrt: Sequence[Value], seeds: Sequence[Any]) -> Reversed:
    """Differentiate a block backwards.

    `seeds` are the adjoints of the block's yields, None where no derivative is asked for. The result's `bars`
    are the adjoints of `wrt`, None where a derivative is identically zero.
    """
    keep_reads(block)
    wanted = [y for y, s in zip(block.yields, seeds, strict=True) if s is not None]
    varied = varied_values(block, wrt, without_influence(block, wanted))
    useful = useful_values(block, wanted)
    refuse_inactive(block, varied, useful)
    sweep = _Sweep(builder, block, varied & useful, {}, varied, wanted)
    bars = Bars()
    with builder.block() as backward, builder.at(None, adjoint=True), looking_at_shapes(builder, block):
        for atom, seed in zip(block.yields, seeds, strict=True):
            if seed is not None:
                sweep.accumulate(bars, atom, seed)
        forward = sweep.block(block, bars)
        results = [sweep.settled(bars, v) for v in wrt]
    return Reversed(forward, backward, results)


@dataclass
class _Pair:
    """The derived forward and backward functions of a function that cannot be inlined."""

    forward: Function
    backward: Function
    # of a recomputed function, the arguments that its backward function reads
    reads: list[int] = field(default_factory=list)


class _Sweep(Adjoints):
    """State of one reversal: adjoints so far, what is active, and the derived functions."""

    def __init__(
        self,
        builder: Builder,
        block: Block,
        active: set[Value],
        pairs: dict[Any, _Pair],
        varied: set[Value],
        full: Iterable[Any],
    ) -> None:
        super().__init__(builder, active)
        self.pairs = pairs
        self.varied = varied
        self.partial = Partial(builder, block)
        self.held = Held(block)
        # the values of the block that is being reversed, those of blocks in it apart
        self.here: set[Value] = set()
        # shapes that values have if what they are written to, or computed for, does not raise
        self.fitting: dict[Value, Shape] = {}
        self.guards = Guards(block, full)
        # how many loops the statement being reversed stands in
        self.loops = 0

    # -- statements ------------------------------------------------------------------------------------------

    def block(self, block: Block, bars: Bars) -> list[Stmt]:
        """Reverse the statements of a block: forward statements are returned, backward ones appended."""
        forward: list[Any] = []
        outer, self.here = self.here, _defined(block.statements)
        for stmt in reversed(block.statements):
            with self.builder.at(stmt.loc):
                forward.append(_REVERSALS[type(stmt)](self, stmt, bars))
        self.here = outer
        forward.reverse()
        flattened: list[Stmt] = []
        for item in forward:
            flattened.extend(item if isinstance(item, list) else [item])
        return flattened

    def apply(self, stmt: Apply, bars: Bars) -> Stmt:
        found = [self.take(bars, out, stmt) for out in stmt.outs]
        if all(bar is None for bar in found):
            return stmt
        row = stmt.primitive
        if row in lists.STRUCTURE:
            self._structure(stmt, bars, found)
        elif row in indexing.WRITES:
            self._written(stmt, bars, found[0])
        elif row is indexing.GETITEM and isinstance(stmt.args[0], Value):
            self._item(bars, stmt, stmt.args[0], found[0])
        else:
            self._row(stmt, bars, found[0])
        return stmt

    def _item(self, bars: Bars, stmt: Apply, x: Value, z_bar: Any) -> None:
        new = indexing.new_axes(stmt.args[1]) if shape_of(x.type) else None
        if new is None:
            self.accumulate_at(bars, x, stmt.args[1], z_bar)
        elif x in self.active:
            # the whole array, with axes of length 1 put between
            if new:
                z_bar = full(self.builder, z_bar, stmt.outs[0])
                axis = Literal(new[0] if len(new) == 1 else new)
                z_bar = self.builder.expand("np.squeeze(z_bar, axis=axis)", z_bar=z_bar, axis=axis)
            self.accumulate(bars, x, z_bar)

    def _written(self, stmt: Apply, bars: Bars, z_bar: Any) -> None:
        """A write: the adjoint of its place is read before it is changed there."""
        env, facts = rule_environment(stmt), rule_facts(stmt)
        env["z_bar"] = as_array(self.builder, full(self.builder, z_bar, stmt.outs[0]), stmt.outs[0])
        facts["z_bar"] = facts_of(env["z_bar"])
        a, i, v = stmt.args
        if isinstance(v, Value) and v in self.active:
            place = env["z_bar"]
            if isinstance(i, Through):
                for row, rest in i.steps:
                    place = self.builder.apply(row, place, *rest)
                i = i.index
            text = call_rule(stmt.primitive.pullbacks["v"], facts)
            self._contribute(bars, stmt, v, text, {**env, "z_bar": place, "i": i})
        # an index of an array without axes takes all there is
        one = shape_of(stmt.outs[0].type) == () and indexing.is_basic(i)
        replaced = one and stmt.primitive is indexing.INDEX_SET
        if isinstance(a, Value) and a in self.active and not replaced:
            self._contribute(bars, stmt, a, call_rule(stmt.primitive.pullbacks["a"], facts), env)

    def _row(self, stmt: Apply, bars: Bars, z_bar: Any) -> None:
        row, z = stmt.primitive, stmt.outs[0]
        if not row.pointwise and not row.lazy:
            z_bar = full(self.builder, z_bar, z)
        if row.real and (dtype_of(typ(z_bar)) or "complex")[0] == "c":
            # contributions that are not known to be complex have not been cut to their real parts
            z_bar = self.builder.expand("np.real(x)", x=z_bar)
        env, facts = rule_environment(stmt), rule_facts(stmt)
        env["z_bar"], facts["z_bar"] = z_bar, facts_of(z_bar)
        env = self.guards.guarded(self.builder, stmt, env, facts)
        for param, arg in zip(row.params, stmt.args, strict=True):
            rule = row.pullbacks.get(param.name)
            if rule is None:
                continue
            if isinstance(arg, Value):
                if arg in self.active:
                    self._contribute(bars, stmt, arg, call_rule(rule, facts), env)
                continue
            for place, leaf in _places(arg):
                if isinstance(leaf, Value) and leaf in self.active:
                    k: Any = place[0] if len(place) == 1 else place
                    text = call_rule(rule, {**facts, "k": k})
                    at = Literal(k) if len(place) == 1 else tuple(map(Literal, place))
                    items = tuple(_top_items(arg))
                    self._contribute(bars, stmt, leaf, text, env | {param.name: items, "k": at, "item": leaf})

    def _contribute(self, bars: Bars, stmt: Apply, value: Value, text: str, env: dict[str, Any]) -> None:
        c = expand(self.builder, text, env)
        if isinstance(value.type, ListOf) and isinstance(value.type.element, ListOf):
            c = self.builder.expand("nested_lists(c, depth)", c=c, depth=Literal(list_depth(value.type)))
        if stmt.primitive.pointwise and not isinstance(value.type, (ListOf, Record)):
            whole = self.shape_of(stmt.outs[0])
            if not self._fills(value, whole):
                c = reduce_to(self.builder, c, value, stmt.outs[0], whole)
        elif stmt.primitive.effect == "update" and value is not stmt.args[0] and isinstance(c, Value):
            # what is written may be smaller than the place that it is written to
            if not self._fills(value, shape_of(c.type)):
                c = reduce_to(self.builder, c, value, c)
        elif not isinstance(value.type, (ListOf, Record)):
            c = c if shape_of(value.type) is not None else full(self.builder, c, value)
        self.accumulate(bars, value, c)

    def shape_of(self, value: Value) -> Shape:
        """What is known of the shape of a value, also from where the program writes it."""
        return self.fitting.get(value) or shape_of(value.type)

    def _fills(self, value: Value, place: Shape) -> bool:
        """Whether a value has the shape of a place, or else the program raises."""
        shape = self.shape_of(value)
        if not shape or place is None or len(shape) != len(place) or not all(map(fills, shape, place)):
            return False
        if value in self.here:
            # what reads it there runs whenever it is computed
            self.fitting[value] = place
        return True

    def _structure(self, stmt: Apply, bars: Bars, found: list[Any]) -> None:
        """Lists and records: what puts an item in, and what takes it out, are each other's transposes."""
        row, build = stmt.primitive, self.builder
        if row in lists.PUTTING:
            rest, item = build.apply(lists.opposite(row), found[0], *self._place(stmt, found[0]))
            if isinstance(stmt.outs[0].type, ListOf) and stmt.outs[0].type.holes:
                self.hollow.add(item)
            self.accumulate(bars, stmt.args[0], rest)
            self.accumulate(bars, stmt.args[-1], item)
        elif row is lists.LIST_SET:
            items, i, v = stmt.args
            if isinstance(v, Value) and v in self.active:
                item = build.apply(OPERATORS["[]"], found[0], i)
                t = items.type if isinstance(items, Value) else None
                if isinstance(t, ListOf) and t.holes:
                    self.hollow.add(item)
                self.accumulate(bars, v, item)
            if isinstance(v, Value) and is_differentiable(v.type):
                zero = zeros(build, v)
            elif isinstance(items, Value) and shape_of(getattr(items.type, "element", None) or FLOAT) != ():
                # what was there is an array, or a list: that what is put there is none tells no shape
                zero = build.expand("zeros_of(x[i])", x=items, i=i)
            else:
                zero = Literal(0.0)
            self.accumulate(bars, items, build.apply(row, found[0], i, zero))
        elif row in lists.TAKING:
            rest = found[0] if found[0] is not None else zeros(build, stmt.outs[0])
            # who takes it out of the list of adjoints counts on its shape
            item = complete(build, found[1], stmt.outs[1])
            place = self._place(stmt, rest)
            self.accumulate(bars, stmt.args[0], build.apply(lists.opposite(row), rest, *place, item))
        else:
            assert isinstance(stmt.args[0], Items)
            part = lists.FIELD if row is lists.RECORD else OPERATORS["[]"]
            for k, item in enumerate(stmt.args[0].items):
                if isinstance(item, Value) and item in self.active:
                    self.accumulate(bars, item, build.apply(part, found[0], Literal(k)))

    def _place(self, stmt: Apply, items: Any) -> tuple[Any, ...]:
        """Where in a list of adjoints the opposite happens of what a statement does to a list."""
        place = lists.CHANGES[stmt.primitive].place
        if place is None:
            return ()
        i = stmt.args[1]
        return (expand(self.builder, place(facts_of(i)), {"i": i, "items": items}),)

    def if_(self, stmt: If, bars: Bars) -> Stmt:
        out_bars = [self.take(bars, out, stmt) for out in stmt.outs]
        if not self._touches(stmt):
            return stmt
        for block in (stmt.then, stmt.orelse):
            for v in free_values(block):
                self.settled(bars, v)
        branches = [self._branch(b, bars, out_bars) for b in (stmt.then, stmt.orelse)]
        changed = [v for v in dict.fromkeys([*branches[0].bars, *branches[1].bars]) if any(
            b.bars.get(v) is not bars.sums.get(v) for b in branches)]  # fmt: skip
        forward, mapping = self._keep_branch(stmt, branches)
        outs, yields = [], ([], [])  # type: ignore[var-annotated]
        for v in changed:
            out = Value(adjoint_type(v.type), self.bar_name(v), v.named)
            for k, branch in enumerate(branches):
                with self._into(branch.backward):
                    bar = branch.bars.get(v)
                    if bar is None and self.partial.contradicts(v, stmt.test, k):
                        # this branch never assigns the value, so it has no adjoint here
                        yields[k].append(UNDEFINED)
                    else:
                        yields[k].append(complete(self.builder, bar, v))
            outs.append(out)
        blocks = [
            Block((), [substitute(s, m) for s in b.backward], tuple(map_arg(y, m) for y in ys))
            for b, ys, m in zip(branches, yields, mapping, strict=True)
        ]
        if any(b.statements for b in blocks) or outs:
            self.builder.statements.append(If(tuple(outs), stmt.test, blocks[0], blocks[1], stmt.loc, True))
        for v, out in zip(changed, outs, strict=True):
            if bars.sums.get(v) in self.accumulators:
                self.accumulators.add(out)
            bars.sums[v] = out
        return forward

    def _touches(self, stmt: Stmt) -> bool:
        """Whether a compound statement computes anything active."""
        if any(out in self.active for out in stmt.outs):
            return True
        if isinstance(stmt, Call):
            return False
        return any(v in self.active for b in blocks_of(stmt) for s in all_statements(b) for v in s.outs)

    def _branch(self, block: Block, bars: Bars, out_bars: list[Any]) -> _Branch:
        inner = bars.copy()
        with self.builder.block() as backward:
            for atom, bar in zip(block.yields, out_bars, strict=True):
                if bar is not None:
                    self.accumulate(inner, atom, bar)
            forward = self.block(block, inner)
            for v in [v for v in inner.places if v not in bars.places]:
                self.settled(inner, v)
        return _Branch(forward, backward, inner.sums)

    def _into(self, statements: list[Stmt]) -> Any:
        return _Redirect(self.builder, statements)

    def _keep_branch(self, stmt: If, branches: list[_Branch]) -> tuple[Stmt, list[dict[Value, Any]]]:
        """Hand what the backward branch needs of the forward branch out of the forward `If`."""
        mappings: list[dict[Value, Any]] = []
        outs = list(stmt.outs)
        yields = [list(stmt.then.yields), list(stmt.orelse.yields)]
        for k, branch in enumerate(branches):
            mapping: dict[Value, Any] = {}
            bar_atoms = tuple(a for a in branch.bars.values() if isinstance(a, Value))
            local = _defined(branch.forward)
            needed = [v for v in free_values(Block((), branch.backward, bar_atoms)) if v in local]
            if self.loops:
                # in a loop, whatever leaves the branch has to be saved: compute again what is cheap
                needed, again = recomputable(needed, branch.forward, self.held)
                branch.backward[:0] = [clone_stmt(s, mapping) for s in again]
            for v in needed:
                if v in local:
                    mapping[v] = Value(v.type, v.hint, v.named)
                    outs.append(mapping[v])
                    yields[k].append(v)
                    yields[1 - k].append(UNDEFINED)
            mappings.append(mapping)
        then = Block((), branches[0].forward, tuple(yields[0]))
        orelse = Block((), branches[1].forward, tuple(yields[1]))
        return If(tuple(outs), stmt.test, then, orelse, stmt.loc, stmt.adjoint), mappings

    def loop(self, stmt: For | While, bars: Bars) -> Any:
        out_bars = [self.take(bars, out, stmt) for out in stmt.outs]
        if not self._touches(stmt):
            return stmt
        params = carried_params(stmt)
        carried = [k for k, p in enumerate(params) if p in self.active or stmt.outs[k] in self.active]
        first = {k: complete(self.builder, out_bars[k], stmt.outs[k]) for k in carried}
        sweep = self._body(stmt, carried, {})
        steady = {k: first[k] for k in carried if sweep.leaving[k] is sweep.entering[k]}
        if steady:
            # an adjoint that no iteration changes is no variable of the loop
            sweep = self._body(stmt, carried, steady)
        moving = [k for k in carried if k not in steady]
        used = {v: (p, sweep.inner[v]) for v, p in sweep.sums.items() if sweep.inner[v] is not p}
        init = [first[k] for k in moving]
        for v in used:
            have = self.settled(bars, v)
            init.append(self.partial.zeros(v) if have is None else complete(self.builder, have, v))
        bar_params = tuple([*(sweep.entering[k] for k in moving), *(p for p, _ in used.values())])
        bar_yields = tuple([*(sweep.leaving[k] for k in moving), *(y for _, y in used.values())])
        body = Block(bar_params, sweep.backward, bar_yields)
        if isinstance(stmt, For) and stmt.snapshots is not None:
            kept = keep_snapshots(self.builder, stmt, sweep.forward, body, tuple(init), self.partial.choices)
        else:
            kept = keep(self.builder, stmt, sweep.forward, body, tuple(init), self.partial.choices, self.held)
        for v, out in zip(used, kept.bars[len(moving) :], strict=True):
            if bars.sums.get(v) in self.accumulators:
                self.accumulators.add(out)
            bars.sums[v] = out
        # what enters the loop gets its share on top of what the loop's reads of it have accumulated
        for k, out in [*zip(moving, kept.bars, strict=False), *steady.items()]:
            self.accumulate(bars, stmt.init[k], out)
        return kept.forward

    def _body(self, stmt: For | While, carried: list[int], steady: dict[int, Any]) -> _LoopSweep:
        """Reverse a loop body once; `steady` are the adjoints of carried values that no iteration changes."""
        params, yields = carried_params(stmt), carried_yields(stmt)
        captured = [v for v in free_values(stmt.body) if v in self.active]
        entering: dict[int, Any] = {
            k: steady[k]
            if k in steady
            else Value(adjoint_type(stmt.outs[k].type), self.bar_name(params[k]), params[k].named)
            for k in carried
        }
        sums = {v: Value(adjoint_type(v.type), self.bar_name(v), v.named) for v in captured}
        self.accumulators.update(sums.values())
        inner = Bars(dict(sums))
        with self.builder.block() as backward:
            for k in carried:
                self.accumulate(inner, yields[k], entering[k])
            self.loops += 1
            forward = self.block(stmt.body, inner)
            self.loops -= 1
            leaving = {k: self._leaving(inner, params[k]) for k in carried}
        return _LoopSweep(forward, backward, inner.sums, sums, entering, leaving)

    def _leaving(self, inner: Bars, param: Value) -> Any:
        bar = self.settled(inner, param)
        inner.sums.pop(param, None)
        return complete(self.builder, bar, param)

    def call(self, stmt: Call, bars: Bars) -> Any:
        out_bars = [self.take(bars, out, stmt) for out in stmt.outs]
        if all(bar is None for bar in out_bars):
            return stmt
        asked = tuple(
            bar is not None or out in self.active for bar, out in zip(out_bars, stmt.outs, strict=True)
        )
        reached = self.active if stmt.function.recomputed else self.varied
        active = tuple(isinstance(a, Value) and a in reached and is_differentiable(a.type) for a in stmt.args)
        full = frozenset(k for k, out in enumerate(stmt.outs) if asked[k] and self.guards.is_full(out))
        pair = derived_pair(self.builder, stmt.function, (active, asked, full), self.pairs)
        forward, kept = self._forward_call(stmt, pair)
        seeds = []
        for bar, out, wanted in zip(out_bars, stmt.outs, asked, strict=True):
            if wanted:
                seeds.append(complete(self.builder, bar, out))
        wrt = [
            a for a, is_active in zip(stmt.args, active, strict=True) if is_active and isinstance(a, Value)
        ]
        outs = tuple(Value(adjoint_type(a.type), self.bar_name(a), a.named) for a in wrt)
        self.builder.statements.append(Call(outs, pair.backward, (*kept, *seeds), stmt.loc, True))
        for arg, out in zip(wrt, outs, strict=True):
            self.accumulate(bars, arg, out)
        return forward

    def _forward_call(self, stmt: Call, pair: _Pair) -> tuple[Call, list[Any]]:
        """The call in the forward sweep, and what the backward one reads of it."""
        if stmt.function.recomputed:
            return stmt, [stmt.args[k] for k in pair.reads]
        named = next((out.hint for out in stmt.outs if out.named), "")
        saved = Value(Record(None), f"{named}_saved" if named else "saved", True)
        return Call((*stmt.outs, saved), pair.forward, stmt.args, stmt.loc), [saved]


@dataclass
class _LoopSweep:
    forward: list[Stmt]
    backward: list[Stmt]
    inner: dict[Value, Any]
    sums: dict[Value, Value]
    entering: dict[int, Any]
    leaving: dict[int, Any]


@dataclass
class _Branch:
    forward: list[Stmt]
    backward: list[Stmt]
    bars: dict[Value, Any]


class _Redirect:
    """Append to an existing list of statements for a while."""

    def __init__(self, builder: Builder, statements: list[Stmt]) -> None:
        self.builder, self.statements = builder, statements

    def __enter__(self) -> None:
        self.saved, self.builder.statements = self.builder.statements, self.statements

    def __exit__(self, *exc: object) -> None:
        self.builder.statements = self.saved


def _defined(statements: list[Stmt]) -> set[Value]:
    return {out for s in statements for out in s.outs}


def _top_items(arg: Arg) -> Sequence[Any]:
    if isinstance(arg, Items):
        return arg.items
    if isinstance(arg, tuple):
        return arg
    return tuple(leaves(arg)) if isinstance(arg, Slice) else (arg,)


def _places(arg: Arg, place: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Any]]:
    """The leaves of a nested sequence, each with the index under which an array of it holds the leaf."""
    for k, item in enumerate(_top_items(arg)):
        if isinstance(item, (tuple, Items)):
            yield from _places(item, (*place, k))
        else:
            yield (*place, k), item


def list_depth(t: Type | None) -> int:
    """How many lists are nested in a type."""
    return 1 + list_depth(t.element) if isinstance(t, ListOf) else 0


def derived_pair(
    builder: Builder,
    function: Function,
    wanted: tuple[tuple[bool, ...], tuple[bool, ...], frozenset[int]],
    pairs: dict[Any, _Pair],
) -> _Pair:
    """The forward function (results and residuals) and the backward function of one that is not inlined.

    `wanted` says which arguments are active, the adjoints of which results are given, and of which of those
    all elements are read.
    """
    key = (function, wanted)
    if key in pairs:
        return pairs[key]
    block = function.body
    assert block is not None
    if function.recomputed:
        # the function itself is called in the forward sweep
        block = clone_block(block, {})
        for stmt in block.statements:
            builder.record(stmt)
    active, asked, full = wanted
    wrt = [p for p, a in zip(block.params, active, strict=True) if a]
    pair = pairs[key] = _undefined_pair(function, wrt)
    dependent = [y for y, a in zip(block.yields, asked, strict=True) if a]
    varied = varied_values(block, wrt, without_influence(block, dependent))
    useful = useful_values(block, dependent)
    refuse_inactive(block, varied, useful)
    sweep = _Sweep(builder, block, varied & useful, pairs, varied, [block.yields[k] for k in full])
    bars = Bars()
    seeds = [Value(adjoint_type(y.type), "out_bar", True) for y in dependent]
    with builder.block() as statements, builder.at(None, adjoint=True), looking_at_shapes(builder, block):
        for atom, seed in zip(dependent, seeds, strict=True):
            sweep.accumulate(bars, atom, seed)
        forward_statements = sweep.block(block, bars)
        results = []
        for v in wrt:
            bar = sweep.settled(bars, v)
            results.append(complete(builder, bar, v))
    whole = Block(tuple(seeds), statements, tuple(results))
    if function.recomputed:
        _close_recomputing(pair, block, forward_statements, whole)
    else:
        with builder.at(None, adjoint=False):
            _close_pair(builder, pair, block, forward_statements, whole)
    return pair


def _undefined_pair(function: Function, wrt: list[Value]) -> _Pair:
    names = ", ".join(p.hint for p in wrt if p.hint)
    forward = Function(f"{function.name}_forward", None, function.loc)
    forward.notes["doc"] = f"Value of {function.place()}, and what its backward sweep reads."
    backward = Function(f"{function.name}_backward", None, function.loc, recomputed=function.recomputed)
    backward.notes["doc"] = f"Adjoints of {names} in {function.place()}, by the adjoint of its value."
    if function.recomputed:
        backward.notes["doc"] = f"Adjoints of {names} in {function.place()}, which is computed again."
    return _Pair(forward, backward)


def _close_recomputing(pair: _Pair, block: Block, forward: list[Stmt], backward: Block) -> None:
    """Let the backward function repeat the forward sweep, as far as it needs that."""
    whole = Block((), [*forward, *backward.statements], backward.yields)
    make_repeatable(whole)
    read = free_values(whole)
    pair.reads = [k for k, p in enumerate(block.params) if p in read]
    whole.params = (*(block.params[k] for k in pair.reads), *backward.params)
    pair.backward.body = whole


def _close_pair(builder: Builder, pair: _Pair, block: Block, forward: list[Stmt], backward: Block) -> None:
    """Pack what the backward function reads of the forward one into a record, and unpack it there."""
    local = _defined(forward) | set(block.params)
    needed = [v for v in free_values(backward) if v in local]
    definitions = {out: s for s in forward for out in s.outs}
    for v in needed:
        ensure_defined(v, definitions)
        v.hint = v.hint or (word_of(v, definitions[v]) if v in definitions else "")
    packed = Items(tuple(needed))
    with builder.block() as packing:
        record = builder.apply(lists.RECORD, packed)
    saved = Value(record.type, "saved", True)
    mapping: dict[Value, Any] = {}
    with builder.block() as unpacking:
        for k, v in enumerate(needed):
            field_value = Value(v.type, v.hint, v.named)
            unpacking.append(Apply((field_value,), lists.FIELD, (saved, Literal(k)), None))
            mapping[v] = field_value
    statements = [substitute(s, mapping) for s in backward.statements]
    yields = tuple(map_arg(y, mapping) for y in backward.yields)
    pair.forward.body = Block(block.params, [*forward, *packing], (*block.yields, record))
    pair.backward.body = Block((saved, *backward.params), [*unpacking, *statements], yields)


_REVERSALS: dict[type, Any] = {
    Apply: _Sweep.apply,
    If: _Sweep.if_,
    For: _Sweep.loop,
    While: _Sweep.loop,
    Call: _Sweep.call,
}
