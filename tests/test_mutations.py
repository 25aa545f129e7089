"""Deliberate faults in the reverse pass and its neighbours: the random programs must notice each of them.

A fault is planted by replacing a function of the package for the time of a test. The programs and the check
are those of `test_random_programs`; the fault has to be noticed within the number of programs that it tries.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from adcompile.backend import inplace, ownership
from adcompile.frontend import memory
from adcompile.ir import nodes
from adcompile.passes import adjoints, keep, reverse
from adcompile.rules import indexing
from tests.random_check import check
from tests.test_random_programs import SEEDS, is_nested
from tests.writing_programs import write_program

Fault = Callable[[pytest.MonkeyPatch], None]


def clearing_skipped(patch: pytest.MonkeyPatch) -> None:
    """The adjoint of a place that is overwritten is not set to zero."""
    patch.setitem(indexing.INDEX_SET.pullbacks, "a", "z_bar")


def written_value_forgotten(patch: pytest.MonkeyPatch) -> None:
    """What is written gets no adjoint."""
    patch.setitem(indexing.INDEX_SET.pullbacks, "v", "0.0 * z_bar[i]")


def every_repeated_write_counts(patch: pytest.MonkeyPatch) -> None:
    """Of several writes to one element not only the last one wins."""
    patch.setitem(indexing.INDEX_SET.pullbacks, "v", "z_bar[i]")


def repeated_reads_count_once(patch: pytest.MonkeyPatch) -> None:
    """Adjoints of elements that are read repeatedly are added by `x_bar[i] += c`."""
    patch.setattr(indexing, "is_distinct", lambda index: True)


def view_steps_ignored(patch: pytest.MonkeyPatch) -> None:
    """The adjoint of a write through a view of a view is read at the index in the view."""
    real = reverse._Sweep._written

    def written(self: Any, stmt: Any, bars: Any, z_bar: Any) -> None:
        a, i, v = stmt.args
        flat = i.index if isinstance(i, nodes.Through) else i
        real(self, dataclasses.replace(stmt, args=(a, flat, v)), bars, z_bar)

    patch.setattr(reverse._Sweep, "_written", written)


def contribution_replaces_the_sum(patch: pytest.MonkeyPatch) -> None:
    """Adjoints are assigned where they should be added up."""
    patch.setattr(adjoints, "plus", lambda builder, have, c, value: c)


def broadcasting_not_undone(patch: pytest.MonkeyPatch) -> None:
    """What was stretched gets the adjoint of one of its copies."""
    patch.setattr(reverse, "reduce_to", lambda builder, c, value, result: c)


def loop_not_reversed(patch: pytest.MonkeyPatch) -> None:
    """The backward loop runs over its indices in the order of the program."""

    def forwards(*args: Any, **keywords: Any) -> Any:
        if keywords.get("adjoint"):
            keywords["backwards"] = not keywords["backwards"]
        return nodes.For(*args, **keywords)

    patch.setattr(keep, "For", _stand_in(nodes.For, forwards))


def values_restored_in_the_wrong_order(patch: pytest.MonkeyPatch) -> None:
    """Two values that a loop saves are restored as each other."""
    real = keep._forward_loop

    def crossed(*args: Any) -> Any:
        stacks, *rest = real(*args)
        return (stacks[::-1], *rest)

    patch.setattr(keep, "_forward_loop", crossed)


def stop_ignored(patch: pytest.MonkeyPatch) -> None:
    """The backward loop runs over the whole range although the loop was left early."""
    real = reverse.keep

    def whole(builder: Any, loop: Any, *rest: Any) -> Any:
        kept = real(builder, loop, *rest)
        if isinstance(loop, nodes.For) and loop.stops:
            builder.statements[-1].range = loop.range
        return kept

    patch.setattr(reverse, "keep", whole)


def carried_adjoint_lost(patch: pytest.MonkeyPatch) -> None:
    """What an iteration hands to the one before it is zero."""
    patch.setattr(reverse._Sweep, "_leaving", lambda self, inner, param: reverse.zeros(self.builder, param))


def swap_not_swapped(patch: pytest.MonkeyPatch) -> None:
    """What a loop hands on under other names keeps its names on the way back."""
    real = reverse.carried_yields

    def unswapped(stmt: Any) -> Any:
        params, yields = reverse.carried_params(stmt), list(real(stmt))
        for k, atom in enumerate(real(stmt)):
            if atom in params and params.index(atom) != k:
                j = params.index(atom)
                yields[k], yields[j] = yields[j], yields[k]
                break
        return tuple(yields)

    patch.setattr(reverse, "carried_yields", unswapped)


def wrong_branch(patch: pytest.MonkeyPatch) -> None:
    """The backward sweep takes the other branch."""

    def turned(outs: Any, test: Any, then: Any, orelse: Any, *rest: Any) -> Any:
        backward = rest[1:] == (True,)
        return nodes.If(outs, test, *((orelse, then) if backward else (then, orelse)), *rest)

    patch.setattr(reverse, "If", _stand_in(nodes.If, turned))


def missed_alias(patch: pytest.MonkeyPatch) -> None:
    """A view is taken for an array of its own."""
    patch.setattr(memory, "is_view", lambda stmt: False)
    patch.setattr(memory, "shown_by", lambda stmt: ())


def everything_is_ours(patch: pytest.MonkeyPatch) -> None:
    """Every array is taken to be the derivative's own, and written in place."""
    patch.setattr(ownership.Ownership, "is_ours", lambda self, value: True)


def nobody_else_looks(patch: pytest.MonkeyPatch) -> None:
    """Memory is overwritten although another value of it is read later."""
    patch.setattr(ownership.Ownership, "others", lambda self, value, at: [])


def overwritten_is_live(patch: pytest.MonkeyPatch) -> None:
    """What an update overwrites is taken to be there afterwards."""
    patch.setattr(inplace, "_copy_before", lambda known, stmt, first, copied: copied.add(first))


def saved_without_a_copy(patch: pytest.MonkeyPatch) -> None:
    """Saved arrays are not copied although they are overwritten later."""
    patch.setattr(inplace, "_keep_apart", lambda block: None)
    # else a list is known to hold what is overwritten, and the copy is made there
    patch.setattr(ownership.Ownership, "_hold", lambda self, containers, items: None)


def _stand_in(kind: type, make: Callable[..., Any]) -> Any:
    """Something to call in place of a class of statements, which also is that class to `isinstance`."""

    class Meta(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, kind)

        def __call__(cls, *args: Any, **keywords: Any) -> Any:
            return make(*args, **keywords)

    return Meta(kind.__name__, (), {})


FAULTS: list[Fault] = [
    clearing_skipped,
    written_value_forgotten,
    every_repeated_write_counts,
    repeated_reads_count_once,
    view_steps_ignored,
    contribution_replaces_the_sum,
    broadcasting_not_undone,
    loop_not_reversed,
    values_restored_in_the_wrong_order,
    stop_ignored,
    carried_adjoint_lost,
    swap_not_swapped,
    wrong_branch,
    missed_alias,
    everything_is_ours,
    nobody_else_looks,
    overwritten_is_live,
    saved_without_a_copy,
]


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.__name__) for fault in FAULTS])
def test_random_programs_notice(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    seed = None
    with monkeypatch.context() as patch:
        fault(patch)
        for seed in SEEDS:
            try:
                check(write_program(seed), nested=is_nested(seed))
            except Exception as error:
                print(f"{fault.__name__}: program {seed}: {type(error).__name__} {str(error)[:90]!r}")
                break
        else:
            pytest.fail(f"no random program notices: {fault.__doc__}")
    check(write_program(seed), nested=is_nested(seed))
