"""Where what is added to zeros goes: to another adjoint at once, and what has a sign not first.

In: a block. Out: the same block, in which `old_bar = zeros`, `old_bar[i] += c` and `x_bar + old_bar` are
`x_bar[i] += c`: two passes over the whole array less. Where elements of `x_bar` have just been cleared, what
is added to them comes first. And `zeros[i] += -c` and `zeros[j] += d` are in the other order: what comes
first is stored, and what comes then is subtracted. Not for zeros that something else reads as well, nor for
sums that are spread.
"""

from __future__ import annotations

from typing import Any

from ..ir.nodes import Apply, Block, Stmt, Value, blocks_of, count_uses
from ..ir.types import Array, dtype_of, shape_of
from ..rules.helpers import ACCUMULATE
from ..rules.indexing import INDEX_ADD, INDEX_ADD_AT, INDEX_SET
from ..rules.rule import OPERATORS
from .common import key_of
from .cotangents import same_shape
from .stores import ZEROS


def add_directly(block: Block) -> None:
    """Add to an adjoint what is added to zeros before."""
    _visit(block, count_uses(block))


def _visit(block: Block, uses: dict[Value, int]) -> None:
    definitions = {out: stmt for stmt in block.statements for out in stmt.outs}
    for stmt in list(block.statements):
        for inner in blocks_of(stmt):
            _visit(inner, uses)
        if not isinstance(stmt, Apply) or not _is_sum(stmt):
            continue
        for place in (1, 0) if stmt.primitive is OPERATORS["+"] else (1,):
            chain = _chain(stmt.args[place], definitions, uses)
            base = stmt.args[1 - place]
            if chain and all(_is_alike(v, stmt.outs[0]) for v in (base, chain[0].outs[0])):
                _join(block, stmt, base, chain, definitions)
                break
    _subtract_later(block, definitions, uses)


def _subtract_later(block: Block, definitions: dict[Value, Stmt], uses: dict[Value, int]) -> None:
    """Exchange what is added to zeros first, if it has a sign, and what comes next, if that has none."""
    for then in list(block.statements):
        first = _adding(then, definitions)
        zeros = None if first is None else _made(first.args[0], definitions)
        if not isinstance(then, Apply) or first is None or zeros is None or zeros.primitive.name not in ZEROS:
            continue
        sign, other = (_made(s.args[2], definitions) for s in (first, then))
        alone = uses.get(first.outs[0]) == uses.get(zeros.outs[0]) == 1
        if not alone or not _is_negation(sign) or _is_negation(other):
            continue
        assert sign is not None
        moved = [first] if uses.get(sign.outs[0]) != 1 else [sign, first]
        rest = [s for s in block.statements if s not in moved]
        place = rest.index(then) + 1
        block.statements = [*rest[:place], *moved, *rest[place:]]
        first.outs, then.outs = then.outs, first.outs
        then.args, first.args = (zeros.outs[0], *then.args[1:]), (then.outs[0], *first.args[1:])
        definitions.update({s.outs[0]: s for s in (first, then)})


def _adding(stmt: Stmt, definitions: dict[Value, Stmt]) -> Apply | None:
    """The statement that adds to an array before another one does."""
    if not isinstance(stmt, Apply) or stmt.primitive is not INDEX_ADD or not stmt.adjoint:
        return None
    before = _made(stmt.args[0], definitions)
    adds = before is not None and before.primitive is INDEX_ADD and before.adjoint
    return before if adds else None


def _made(value: Any, definitions: dict[Value, Stmt]) -> Apply | None:
    stmt = definitions.get(value) if isinstance(value, Value) else None
    return stmt if isinstance(stmt, Apply) else None


def _is_negation(stmt: Apply | None) -> bool:
    return stmt is not None and stmt.primitive is OPERATORS["neg"]


def _is_sum(stmt: Apply) -> bool:
    return stmt.adjoint and stmt.primitive in (OPERATORS["+"], ACCUMULATE)


def _chain(state: Any, definitions: dict[Value, Stmt], uses: dict[Value, int]) -> list[Apply]:
    """What has been added to zeros, the last first, and the zeros; nothing if something else reads them."""
    found: list[Apply] = []
    while isinstance(state, Value) and uses.get(state) == 1:
        stmt = definitions.get(state)
        if not isinstance(stmt, Apply) or not stmt.adjoint:
            break
        found.append(stmt)
        if stmt.primitive.name in ZEROS:
            return found if len(found) > 1 else []
        if stmt.primitive not in (INDEX_ADD, INDEX_ADD_AT):
            break
        state = stmt.args[0]
    return []


def _is_alike(term: Any, total: Value) -> bool:
    """Whether a term of a sum certainly has its shape and its dtype."""
    if not isinstance(term, Value) or not isinstance(term.type, Array) or term.type.dtype is None:
        return False
    alike = same_shape(term.type.shape, shape_of(total.type))
    return alike and term.type.dtype == dtype_of(total.type)


def _join(block: Block, total: Apply, base: Any, chain: list[Apply], definitions: dict[Value, Stmt]) -> None:
    """Put the additions in place of the sum."""
    adding = chain[-2::-1]
    before = definitions.get(base)
    if isinstance(before, Apply) and before.primitive is INDEX_SET:
        cleared = key_of(before.args[1])
        adding.sort(key=lambda s: key_of(s.args[1]) != cleared)
    state: Any = base
    for stmt in adding:
        stmt.args = (state, *stmt.args[1:])
        state = Value(base.type, base.hint, base.named)
        stmt.outs = (state,)
    adding[-1].outs = total.outs
    gone = set(chain)
    block.statements = [
        s for old in block.statements if old not in gone for s in (adding if old is total else [old])
    ]
    definitions.update({out: s for s in adding for out in s.outs})
