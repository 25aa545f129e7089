"""Arguments that share memory, for functions that write into one of them.

In: the inputs of a traced function, and which of their memories it has written. Out: the same function traced
anew, with one memory where there is one: the array that contains the others, which are views of it. And the
derivatives by such arguments: together they are that of the one array. Arguments that share memory and are
not written stay values of their own. Not for how two arrays are related: that is `relations`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import ArgumentError, Loc
from .frontend.inputs import Input, Inputs
from .frontend.memory import is_array
from .frontend.parse import Parser
from .ir.build import Builder
from .ir.nodes import Arg, Literal, Slice, Value
from .live import path_key
from .relations import DISTINCT, SAME, TANGLED, Relation, relation_of
from .rules.indexing import GETITEM, INDEX_SET
from .rules.python import AGREE, APART, ORDERED, TOGETHER

if TYPE_CHECKING:
    from .tracing import Traced


class NeedTogether(Exception):
    """Inputs that are written, each with one that shares memory with it: trace anew with one memory."""

    def __init__(self, pairs: Sequence[tuple[Input, Input]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


@dataclass(frozen=True)
class Member:
    """An input that is a part of the memory of another, the `root`; `kind` says which."""

    root: Input
    kind: str


def grouped(pairs: Sequence[tuple[Input, Input]], name: str, loc: Loc | None) -> dict[Any, Member]:
    """The inputs that are a part of another one, by their paths."""
    groups: list[dict[Any, Input]] = []
    for pair in pairs:
        keys = {path_key(i.path): i for i in pair}
        joined = [g for g in groups if g.keys() & keys.keys()]
        groups = [g for g in groups if g not in joined]
        groups.append({k: i for g in [*joined, keys] for k, i in g.items()})
    members: dict[Any, Member] = {}
    for group in groups:
        root = next((i for i in group.values() if i.root is not None and _contains(i, group)), None)
        if root is None:
            names = " and ".join(sorted({f"`{i.value.hint}`" for i in group.values()}))
            raise ArgumentError(
                "AD112",
                f"{name} writes into memory that {names} share, and none of these is all of it",
                loc,
                "copies; or as one of the arguments the array of which the others are slices",
            )
        for key, item in group.items():
            if item is not root:
                members[key] = Member(root, relation_of(root.example, item.example))
    return members


def _contains(root: Input, group: Mapping[Any, Input]) -> bool:
    kinds = [relation_of(root.example, i.example) for i in group.values() if i is not root]
    return not any(kind in (DISTINCT, TANGLED) for kind in kinds)


def index_of(builder: Builder, kind: str, own: Value) -> Arg:
    """The index of a view in its root; `own` has the shape of the view."""
    if kind == "...":
        return Literal(Ellipsis)
    parts: list[Arg] = []
    axis = 0
    none = Literal(None)
    for text in kind.split(", "):
        if ":" not in text:
            parts.append(Literal(int(text)))
            continue
        start, stop, step = (int(x) if x else None for x in text.split(":"))
        end: Any = none
        if stop is not None:
            # the length is that of the view, which differs from call to call
            length = f"np.shape(x)[{axis}]" if step is None else f"{step} * np.shape(x)[{axis}]"
            end = builder.expand(length if not start else f"{length} + {start}", x=own)
        parts.append(Slice(Literal(start), end, Literal(step)))
        axis += 1
    return parts[0] if len(parts) == 1 else tuple(parts)


def shown(builder: Builder, root: Any, kind: str, own: Value) -> Any:
    """The part of a root that a member is."""
    return root if kind == SAME else builder.append(GETITEM, root, index_of(builder, kind, own))


def settle_inputs(p: Parser, inputs: Inputs) -> None:
    """Test at each call what the code relies on: who shares memory with what is written.

    The tests are the statements that are appended.
    """
    arrays = [i for i in inputs.found if is_array(i.value)]
    written = [i for i in arrays if i.value in p.memory.written]
    parts = [i for i in arrays if path_key(i.path) in inputs.together]
    _relate(inputs, arrays, written)
    if written:
        others = [i for i in arrays if i not in written and i not in parts]
        p.builder.append(APART, tuple(i.value for i in written), tuple(i.value for i in others))
    for array in inputs.ordered:
        p.builder.append(ORDERED, array)
    for item in parts:
        member = inputs.together[path_key(item.path)]
        root = inputs.own(member.root)
        p.builder.append(TOGETHER, shown(p.builder, root, member.kind, item.value), item.value)


def _relate(inputs: Inputs, arrays: Sequence[Input], written: Sequence[Input]) -> None:
    """Note how what is written is related to all other arrays."""
    pairs: list[tuple[Input, Input]] = []
    for item in written:
        for other in arrays:
            examples = item.example, other.example
            if other is item or not all(isinstance(e, np.ndarray) for e in examples):
                continue
            kind = relation_of(*examples)
            member = inputs.together.get(path_key(other.path))
            known = member is not None and path_key(member.root.path) == path_key(item.path)
            if kind != DISTINCT and not known:
                pairs.append((item, other))
            inputs.relations.append(Relation(item.path, other.path, kind))
    if pairs:
        raise NeedTogether(pairs)
    parts = [i for i in arrays if path_key(i.path) in inputs.together]
    for one, two in itertools.combinations(parts, 2):
        if relation_of(one.example, two.example) == DISTINCT:
            inputs.relations.append(Relation(one.path, two.path, DISTINCT))


# -- derivatives ---------------------------------------------------------------------------------------------


def targets(traced: Traced, wrt: Sequence[Value]) -> list[Value]:
    """What to differentiate by in the place of arguments that share memory: each memory once."""
    return list(dict.fromkeys(traced.parts[v][0] if v in traced.parts else v for v in wrt))


def _groups(traced: Traced, wrt: Sequence[Value]) -> dict[Value, list[Value]]:
    """The arguments asked for that share memory, by their root."""
    found: dict[Value, list[Value]] = {}
    roots = {root for root, _ in traced.parts.values()}
    for v in wrt:
        if v in traced.parts or v in roots:
            found.setdefault(traced.parts[v][0] if v in traced.parts else v, []).append(v)
    return found


def _whole(traced: Traced, root: Value, asked: Sequence[Value]) -> Value | None:
    """The first of the arguments that is all of their root."""
    return next((v for v in asked if v is root or traced.parts[v][1] == SAME), None)


def distributed(traced: Traced, builder: Builder, wrt: Sequence[Value], bars: Sequence[Any]) -> list[Any]:
    """The adjoints of the arguments asked for, from those of what they share.

    The first that is the whole array has all of it, and the others none: so they add up to it.
    """
    known = dict(zip(targets(traced, wrt), bars, strict=True))
    found = {v: known[v] for v in wrt if v in known}
    for root, asked in _groups(traced, wrt).items():
        whole = _whole(traced, root, asked)
        if whole is None:
            _refuse_overlap(traced, asked)
        for v in asked:
            bar = known[root]
            if whole is not None or bar is None:
                found[v] = bar if v is whole else None
            else:
                found[v] = shown(builder, bar, traced.parts[v][1], v)
    return [found[v] for v in wrt]


def _refuse_overlap(traced: Traced, asked: Sequence[Value]) -> None:
    examples = {i.value: i.example for i in traced.parser.inputs.found}
    for one, two in itertools.combinations(asked, 2):
        if relation_of(examples[one], examples[two]) != DISTINCT:
            raise ArgumentError(
                "AD112",
                f"{traced.name} writes into memory that `{one.hint}` and `{two.hint}` share: its "
                "derivative is that of both",
                traced.loc,
                "a derivative by the array of which they are slices, or by one of them",
            )


def joined(traced: Traced, builder: Builder, wrt: Sequence[Value], dots: Sequence[Value]) -> list[Any]:
    """The tangents of what the arguments share, from those given, which have to agree."""
    given = dict(zip(wrt, dots, strict=True))
    for root, asked in _groups(traced, wrt).items():
        whole = _whole(traced, root, asked)
        if whole is None:
            total = builder.expand("np.zeros_like(x)", x=root)
            for v in asked:
                index = index_of(builder, traced.parts[v][1], v)
                total = builder.append(INDEX_SET, total, index, given[v])
        else:
            total = given[whole]
        for v in asked:
            if v is not whole:
                part = total if v is root else shown(builder, total, traced.parts[v][1], v)
                builder.append(AGREE, part, given[v])
        given[root] = total
    return [given[v] for v in targets(traced, wrt)]
