"""`match` statements, lowered to branches.

In: a `match`. Out: the statements of its cases under tests: values, captures, wildcards, sequences, mappings,
classes and guards.
"""

from __future__ import annotations

import ast
from typing import Any

from ..ir.nodes import Literal
from .attributes import get_attribute
from .branches import conditional, tested, truth
from .cells import cell_of
from .inputs import expand_captured
from .introspection import class_of
from .iterate import as_tuple
from .operators import compare
from .parse import Parser
from .values import FALSE, TRUE, DictCell, ListCell, TupleVal


def match_statement(p: Parser, node: ast.Match, rest: list[ast.stmt]) -> bool:
    """Execute a `match`; returns whether the rest of the block has been executed as well."""
    subject = p.evaluate_optional(node.subject)

    def attempt(cases: list[ast.match_case]) -> bool:
        if not cases:
            return False
        case = cases[0]
        bindings: dict[str, Any] = {}
        test = pattern_test(p, case.pattern, subject, bindings)

        def enter() -> Any:
            for name, value in bindings.items():
                p.assign(name, value)
            if case.guard is None:
                return TRUE
            return tested(p, case.guard)

        if isinstance(test, Literal):
            if not test.value:
                return attempt(cases[1:])
            guard = enter()
            if isinstance(guard, Literal):
                if not guard.value:
                    return attempt(cases[1:])
                p.run(case.body)
                return False
            return conditional(
                p, guard, lambda: p.run(case.body), lambda: _ignore(attempt(cases[1:])), rest, node
            )

        def then() -> None:
            guard = enter()
            if isinstance(guard, Literal):
                p.run(case.body) if guard.value else attempt(cases[1:])
                return
            conditional(p, guard, lambda: p.run(case.body), lambda: _ignore(attempt(cases[1:])), [], node)

        return conditional(p, test, then, lambda: _ignore(attempt(cases[1:])), rest, node)

    return attempt(node.cases)


def _ignore(value: Any) -> None:
    return None


def pattern_test(p: Parser, pattern: ast.pattern, subject: Any, bindings: dict[str, Any]) -> Any:
    """Whether the subject matches: a constant or a truth value; captures go to `bindings`."""
    subject = as_tuple(p, expand_captured(p, subject, pattern))
    if isinstance(pattern, ast.MatchValue):
        return truth(p, compare(p, "==", subject, p.evaluate(pattern.value), pattern), pattern)
    if isinstance(pattern, ast.MatchSingleton):
        return truth(p, compare(p, "is", subject, Literal(pattern.value), pattern), pattern)
    if isinstance(pattern, ast.MatchAs):
        result = TRUE if pattern.pattern is None else pattern_test(p, pattern.pattern, subject, bindings)
        if pattern.name is not None:
            bindings[pattern.name] = subject
        return result
    if isinstance(pattern, ast.MatchOr):
        return _alternatives(p, pattern, subject, bindings)
    if isinstance(pattern, ast.MatchSequence):
        return _sequence(p, pattern, subject, bindings)
    if isinstance(pattern, ast.MatchMapping):
        return _mapping(p, pattern, subject, bindings)
    if isinstance(pattern, ast.MatchClass):
        return _class(p, pattern, subject, bindings)
    p.refuse("AD110", "this pattern is not understood", pattern, "`if` with the test written out")


def _alternatives(p: Parser, pattern: ast.MatchOr, subject: Any, bindings: dict[str, Any]) -> Any:
    """The first alternative that matches says what the names stand for."""
    tests: list[Any] = []
    for alternative in pattern.patterns:
        own: dict[str, Any] = {}
        test = pattern_test(p, alternative, subject, own)
        if test is FALSE:
            continue
        tests.append(test)
        if own and not (test is TRUE and len(tests) == 1):
            p.refuse(
                "AD110",
                "which alternative matches is known at run time only, and they bind names",
                pattern,
                "one `case` for each alternative",
            )
        bindings.update(own)
        if test is TRUE:
            break
    return _any(p, tests)


def _any(p: Parser, tests: list[Any]) -> Any:
    if any(t is TRUE for t in tests):
        return TRUE
    if not tests:
        return FALSE
    result = tests[0]
    for other in tests[1:]:
        result = p.builder.expand("a | b", a=result, b=other)
    return result


def _all(p: Parser, tests: list[Any]) -> Any:
    if any(t is FALSE for t in tests):
        return FALSE
    tests = [t for t in tests if t is not TRUE]
    if not tests:
        return TRUE
    result = tests[0]
    for other in tests[1:]:
        result = p.builder.expand("a & b", a=result, b=other)
    return result


def _sequence(p: Parser, pattern: ast.MatchSequence, subject: Any, bindings: dict[str, Any]) -> Any:
    cell = cell_of(p, subject, pattern)
    if isinstance(subject, TupleVal):
        items = subject.items
    elif isinstance(cell, ListCell):
        items = cell.items
    elif class_of(p, subject, pattern) in (tuple, list):
        p.refuse("AD110", "a sequence pattern on a list of run-time length", pattern, "`if` with len(...)")
    else:
        return FALSE
    stars = [k for k, q in enumerate(pattern.patterns) if isinstance(q, ast.MatchStar)]
    if not stars:
        if len(items) != len(pattern.patterns):
            return FALSE
        return _all(
            p, [pattern_test(p, q, v, bindings) for q, v in zip(pattern.patterns, items, strict=True)]
        )
    k, after = stars[0], len(pattern.patterns) - stars[0] - 1
    if len(items) < len(pattern.patterns) - 1:
        return FALSE
    star = pattern.patterns[k]
    assert isinstance(star, ast.MatchStar)
    if star.name is not None:
        bindings[star.name] = p.new(ListCell(tuple(items[k : len(items) - after])))
    tests = [pattern_test(p, q, v, bindings) for q, v in zip(pattern.patterns[:k], items, strict=False)]
    back = items[len(items) - after :] if after else ()
    tests += [pattern_test(p, q, v, bindings) for q, v in zip(pattern.patterns[k + 1 :], back, strict=True)]
    return _all(p, tests)


def _mapping(p: Parser, pattern: ast.MatchMapping, subject: Any, bindings: dict[str, Any]) -> Any:
    cell = cell_of(p, subject, pattern)
    if not isinstance(cell, DictCell):
        return FALSE
    entries = dict(zip(cell.keys, cell.items, strict=True))
    tests = []
    for key_node, q in zip(pattern.keys, pattern.patterns, strict=True):
        key = p.evaluate(key_node)
        if not isinstance(key, Literal) or key.value not in entries:
            return FALSE
        tests.append(pattern_test(p, q, entries.pop(key.value), bindings))
    if pattern.rest is not None:
        bindings[pattern.rest] = p.new(DictCell(tuple(entries), tuple(entries.values())))
    return _all(p, tests)


def _class(p: Parser, pattern: ast.MatchClass, subject: Any, bindings: dict[str, Any]) -> Any:
    cls = p.evaluate(pattern.cls)
    if not isinstance(cls, Literal) or not isinstance(cls.value, type):
        p.refuse("AD110", "this class pattern is not understood", pattern, "`if isinstance(...)`")
    found = class_of(p, subject, pattern)
    if found is None:
        p.refuse(
            "AD110",
            "a class pattern on a value whose class is known at run time only",
            pattern,
            "`if isinstance(...)`",
        )
    if not issubclass(found, cls.value):
        return FALSE
    if pattern.patterns and cls.value in (int, float, str, bool, bytes, list, tuple, dict):
        return pattern_test(p, pattern.patterns[0], subject, bindings)
    names = getattr(cls.value, "__match_args__", ())
    pairs = [
        *zip(names, pattern.patterns, strict=False),
        *zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True),
    ]
    return _all(p, [pattern_test(p, q, get_attribute(p, subject, n, pattern), bindings) for n, q in pairs])
