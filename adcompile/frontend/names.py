"""Facts about names that the syntax alone decides: what a function binds, and what is live around a loop."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@functools.lru_cache(maxsize=4096)
def bound_names(node: ast.FunctionDef | ast.Lambda) -> frozenset[str]:
    """The local names of a function: its parameters and everything that it binds."""
    a = node.args
    names = {x.arg for x in (*a.posonlyargs, *a.args, *a.kwonlyargs)}
    names |= {x.arg for x in (a.vararg, a.kwarg) if x is not None}
    declared: set[str] = set()
    if isinstance(node, ast.Lambda):
        names |= set(bound_in([node.body]))
    else:
        names |= set(bound_in(node.body))
        declared = set(declared_names(node))
    return frozenset(names - declared)


def declared_names(node: ast.AST) -> Iterator[str]:
    """The names that a function declares `global` or `nonlocal`."""
    stack: list[ast.AST] = list(ast.iter_child_nodes(node))
    while stack:
        n = stack.pop()
        if isinstance(n, (ast.Global, ast.Nonlocal)):
            yield from n.names
        elif not isinstance(n, _SCOPES):
            stack.extend(ast.iter_child_nodes(n))


def bound_in(nodes: list[ast.AST] | list[ast.stmt] | list[ast.expr]) -> Iterator[str]:
    """The names that statements or expressions bind in the function that they stand in."""
    stack: list[ast.AST] = list(nodes)
    while stack:
        n = stack.pop()
        if isinstance(n, ast.Name) and isinstance(n.ctx, (ast.Store, ast.Del)):
            yield n.id
        elif isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield n.name
            stack.extend(n.decorator_list)
            continue
        elif isinstance(n, ast.Lambda):
            continue
        elif isinstance(n, _COMPREHENSIONS):
            # its targets are its own; a walrus in it binds in the function
            yield from (w.target.id for w in ast.walk(n) if isinstance(w, ast.NamedExpr))
            continue
        elif isinstance(n, (ast.MatchAs, ast.MatchStar)) and n.name:
            yield n.name
        elif isinstance(n, ast.MatchMapping) and n.rest:
            yield n.rest
        elif isinstance(n, (ast.Import, ast.ImportFrom)):
            yield from imported_names(n)
        stack.extend(ast.iter_child_nodes(n))


def imported_names(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """The names that an import binds."""
    return (alias.asname or alias.name.partition(".")[0] for alias in node.names)


@functools.lru_cache(maxsize=4096)
def live_names(function: ast.FunctionDef | ast.Lambda, loop: ast.For | ast.While) -> frozenset[str]:
    """Names whose value at the end of an iteration may be read: by the next iteration or after the loop.

    Conservative: a name counts as read by the next iteration unless the body certainly assigns it first.
    """
    inside = set(ast.walk(loop))
    outside = {
        n.id
        for n in ast.walk(function)
        if isinstance(n, ast.Name) and isinstance(n.ctx, (ast.Load, ast.Del)) and n not in inside
    }
    outside |= {n.id for s in loop.orelse for n in ast.walk(s) if isinstance(n, ast.Name)}
    outside |= _target_reads(function)
    body = list(loop.body)
    assigned = (
        {n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)}
        if isinstance(loop, ast.For)
        else set()
    )
    exposed: set[str] = set()
    if isinstance(loop, ast.While):
        exposed |= reads(loop.test)
    _exposed(body, assigned, exposed)
    return frozenset(outside | exposed)


def _target_reads(function: ast.AST) -> set[str]:
    """Names read by augmented assignment and by nested functions, wherever those stand."""
    found: set[str] = set()
    for n in ast.walk(function):
        if isinstance(n, _SCOPES) and n is not function:
            found |= reads(n)
    return found


def reads(node: ast.AST) -> set[str]:
    """The names that a piece of code needs to be assigned."""
    return {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, (ast.Load, ast.Del))
    } | {
        n.target.id for n in ast.walk(node) if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name)
    }


def _stored(target: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


@functools.lru_cache(maxsize=4096)
def exposed_in(loop: ast.For | ast.While) -> frozenset[str]:
    """Names that an iteration of a loop may read before it assigns them."""
    exposed: set[str] = set() if isinstance(loop, ast.For) else set(reads(loop.test))
    _exposed(list(loop.body), _stored(loop.target) if isinstance(loop, ast.For) else set(), exposed)
    return frozenset(exposed)


def _exposed(statements: list[ast.stmt], assigned: set[str], exposed: set[str]) -> None:
    """Collect names read before they are certainly assigned; `assigned` grows along the statements."""
    for s in statements:
        if isinstance(s, ast.Assign):
            exposed |= reads(s.value) - assigned
            for t in s.targets:
                exposed |= reads(t) - assigned
                assigned |= _stored(t)
        elif isinstance(s, ast.If):
            exposed |= reads(s.test) - assigned
            first, second = set(assigned), set(assigned)
            _exposed(s.body, first, exposed)
            _exposed(s.orelse, second, exposed)
            assigned |= first & second
        elif isinstance(s, ast.For):
            # its target is assigned before its body reads it; after it, perhaps not
            exposed |= (reads(s.iter) | reads(s.target)) - assigned
            _exposed(s.body, assigned | _stored(s.target), exposed)
            _exposed(s.orelse, set(assigned), exposed)
        elif isinstance(s, ast.While):
            exposed |= reads(s) - assigned
        else:
            exposed |= reads(s) - assigned
            if isinstance(s, (ast.AnnAssign, ast.AugAssign)) and isinstance(s.target, ast.Name):
                assigned.add(s.target.id)
            elif isinstance(s, (ast.Import, ast.ImportFrom)):
                assigned.update(imported_names(s))
