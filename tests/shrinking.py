"""Shrinks the source text of a failing program.

In: source text and a test that tells whether a text still fails. Out: a text that still fails of which no
statement can be deleted and no expression replaced by a part of it. Not for finding failures.
"""

import ast
import copy
from collections.abc import Callable, Iterator


def shrink(source: str, fails: Callable[[str], bool], *, rounds: int = 2000) -> str:
    """Return a smaller program that fails as well; at most `rounds` candidates are tried."""
    best = ast.unparse(ast.parse(source)) + "\n"
    if not fails(best):
        return source
    tried = 0
    progress = True
    while progress and tried < rounds:
        progress = False
        for candidate in candidates(ast.parse(best)):
            tried += 1
            if len(candidate) < len(best) and _compiles(candidate) and fails(candidate):
                best, progress = candidate, True
                break
            if tried >= rounds:
                break
    return best


def candidates(tree: ast.Module) -> Iterator[str]:
    """Yield smaller texts, those that drop most first."""
    for size in (8, 4, 2, 1):
        yield from _without_statements(tree, size)
    yield from _unwrapped(tree)
    yield from _smaller_expressions(tree)


def _lists(tree: ast.AST) -> list[tuple[ast.AST, str]]:
    """The fields that hold statements."""
    return [
        (node, field)
        for node in ast.walk(tree)
        for field in ("body", "orelse")
        if isinstance(getattr(node, field, None), list) and getattr(node, field)
    ]


def _without_statements(tree: ast.Module, size: int) -> Iterator[str]:
    for k, (node, field) in enumerate(_lists(tree)):
        statements = getattr(node, field)
        for start in range(0, len(statements), size):
            if size > 1 and len(statements) < size:
                continue
            other = copy.deepcopy(tree)
            twin, _ = _lists(other)[k]
            del getattr(twin, field)[start : start + size]
            if not getattr(twin, field) and field == "body":
                getattr(twin, field).append(ast.Pass())
            yield _text(other)


def _unwrapped(tree: ast.Module) -> Iterator[str]:
    """Replace a compound statement by its body."""
    for k, (node, field) in enumerate(_lists(tree)):
        for j, statement in enumerate(getattr(node, field)):
            if isinstance(statement, (ast.If, ast.For, ast.While)):
                for inner in ("body", "orelse"):
                    other = copy.deepcopy(tree)
                    twin, _ = _lists(other)[k]
                    getattr(twin, field)[j : j + 1] = getattr(getattr(twin, field)[j], inner)
                    yield _text(other)


def _smaller_expressions(tree: ast.Module) -> Iterator[str]:
    """Replace an expression by one of its parts, or by a number."""
    count = sum(1 for _ in ast.walk(tree))
    for k in range(count):
        node = _nth(tree, k)
        for field, value in ast.iter_fields(node):
            places = enumerate(value) if isinstance(value, list) else [(None, value)]
            for j, part in places:
                if not isinstance(part, ast.expr) or isinstance(part, (ast.Constant, ast.Name)):
                    continue
                inner = [p for p in ast.walk(part) if isinstance(p, ast.expr) and p is not part]
                for replacement in [*inner, ast.Constant(0.5)]:
                    if isinstance(getattr(part, "ctx", None), ast.Store):
                        continue
                    other = copy.deepcopy(tree)
                    twin = _nth(other, k)
                    if j is None:
                        setattr(twin, field, copy.deepcopy(replacement))
                    else:
                        getattr(twin, field)[j] = copy.deepcopy(replacement)
                    yield _text(other)


def _nth(tree: ast.AST, k: int) -> ast.AST:
    return list(ast.walk(tree))[k]


def _text(tree: ast.Module) -> str:
    try:
        return ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    except (AttributeError, ValueError, TypeError):
        return ""


def _compiles(source: str) -> bool:
    try:
        compile(source, "<candidate>", "exec")
    except (SyntaxError, ValueError, TypeError):
        return False
    return "def program" in source
