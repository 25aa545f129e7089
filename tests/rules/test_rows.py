"""Every row of the calculus table, tested the same way.

A row is closed under differentiation, agrees with differences in both modes, gives products that are each
other's transposes, follows the conventions at kinks, and states a type that is true of its result."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from row_calculus import (
    Application,
    Call,
    RunTimeList,
    call,
    direction,
    expanded,
    flat,
    pairing,
    unknown_primitives,
    wrong_type,
)
from row_samples import CALLS, COMPLEX, EDGES, EXPANDED, OF_ARRAYS, STRUCTURAL, A, array, elementwise

import adcompile
from adcompile.backend.runtime import polygamma
from adcompile.errors import NoDerivative
from adcompile.ir.types import Array
from adcompile.rules import rule as table
from adcompile.rules.facts import call_rule
from adcompile.rules.rule import Primitive, form_of

ROWS: list[Primitive] = list(
    dict.fromkeys(
        [
            *table.FUNCTIONS.values(),
            *table.OPERATORS.values(),
            *table.METHODS.values(),
            *table.ATTRIBUTES.values(),
        ]
    )
)
TESTED = [row for row in ROWS if row.name not in STRUCTURAL and row.expansion is None]


def samples(row: Primitive) -> Iterator[Call]:
    if row.name in CALLS:
        yield from CALLS[row.name]
        return
    short = form_of(row.name).key.removeprefix("np.")
    count = len(row.params) if row.pullbacks else sum(p.default is table.REQUIRED for p in row.params)
    if row.name in OF_ARRAYS or row.pullbacks or row.constant:
        yield from elementwise(row.name, count, short in COMPLEX)


def applications(row: Primitive) -> Iterator[Application]:
    for made in samples(row):
        yield Application(row, made)


def is_single(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return any(map(is_single, value))
    return getattr(value, "dtype", None) in (np.float32, np.complex64)


def each_row(rows: list[Primitive]) -> Any:
    return pytest.mark.parametrize("row", rows, ids=[row.name for row in rows])


@each_row(TESTED)
def test_a_row_has_samples(row: Primitive) -> None:
    empty = {
        "np.empty(shape, dtype=None)",
        "np.empty_like(a, dtype=None)",
        "np.float32(x)",
        "np.float16(x)",
        "np.complex64(x)",
    }
    assert row.name in empty or next(samples(row), None) is not None


def test_there_are_no_samples_without_a_row() -> None:
    assert set(CALLS) <= {row.name for row in ROWS} | {"math.cbrt(x)", "math.exp2(x)"}
    assert {name for name, _, _ in EDGES} <= {row.name for row in ROWS}


@each_row([row for row in TESTED if row.pullbacks])
def test_a_row_is_closed_under_differentiation(row: Primitive) -> None:
    names = {"z", "z_bar", "item", "k", *(p.name for p in row.params), *(f"{p.name}_dot" for p in row.params)}
    for app in applications(row):
        for place, param in enumerate(row.params):
            if param.name not in row.pullbacks or not app.active(place):
                continue
            texts = [text for text, _, _ in app.texts(place, app.z)]
            forward = row.pushforwards[param.name]
            if forward != "self":
                texts.append(call_rule(forward, app.facts))
            for text in texts:
                assert unknown_primitives(text, names) == [], text


@each_row([row for row in TESTED if row.pullbacks])
def test_products_agree_with_differences_and_with_each_other(row: Primitive) -> None:
    rng = np.random.default_rng(7)
    for app in applications(row):
        for place, param in enumerate(row.params):
            if param.name not in row.pullbacks or not app.active(place):
                continue
            dot, z_bar = direction(app.values[place], rng), direction(app.z, rng)
            forward = app.pushforward(place, dot)
            adjoints = app.pullback(place, z_bar)
            assert _shapes(forward) == _shapes(app.z) or np.broadcast_shapes(
                np.shape(forward), np.shape(app.z)
            ) == np.shape(app.z)
            backward = _paired(adjoints, dot)
            tolerance = 2e-4 if is_single(app.values) or is_single(app.z) else 1e-9
            expected = pairing(
                z_bar, np.broadcast_to(forward, np.shape(app.z)) if not isinstance(app.z, list) else forward
            )
            assert backward == pytest.approx(expected, rel=tolerance, abs=tolerance), (param.name, app.values)
            if tolerance == 1e-9:
                differences = app.numeric(place, dot)
                np.testing.assert_allclose(_spread(forward, app.z), differences, rtol=2e-7, atol=2e-7)


def _shapes(value: Any) -> Any:
    return [_shapes(v) for v in value] if isinstance(value, (tuple, list)) else np.shape(value)


def _spread(forward: Any, z: Any) -> Any:
    """A tangent that broadcasts to its value, as one real vector of the value's size."""
    if isinstance(z, list):
        return flat(forward)
    return flat(np.broadcast_to(forward, np.shape(z)).astype(np.result_type(z, np.float64)))


def _paired(adjoints: list[tuple[Any, Any]], dot: Any) -> float:
    """The adjoints of an operand's items against the operand's tangent."""
    bars = [bar for _, bar in adjoints]
    if len(adjoints) == 1 and (isinstance(adjoints[0][0], list) or not isinstance(dot, (tuple, list))):
        return pairing(bars[0], dot)
    return pairing(bars, [d for d in _leaves(dot)])


def _leaves(dot: Any) -> Iterator[Any]:
    for item in dot:
        if isinstance(item, (tuple, list)):
            yield from _leaves(item)
        elif not (isinstance(item, np.ndarray) and item.dtype.kind == "f" and not item.any() and item.ndim):
            yield item


@each_row([row for row in TESTED if row.lazy])
def test_a_lazy_pullback_accepts_an_adjoint_that_broadcasts(row: Primitive) -> None:
    for app in applications(row):
        for place, param in enumerate(row.params):
            if param.name not in row.pullbacks or not app.active(place):
                continue
            for z_bar in (0.7, np.full(np.shape(app.z)[1:], 0.7)):
                small = app.pullback(place, z_bar)
                whole = app.pullback(place, np.full(np.shape(app.z), 0.7))
                for (_, a), (_, b) in zip(small, whole, strict=True):
                    for one, other in zip(a, b, strict=True) if isinstance(a, list) else [(a, b)]:
                        np.testing.assert_allclose(one, other, rtol=1e-6)


@each_row([row for row in TESTED if row.constant])
def test_an_operand_without_a_rule_has_derivative_zero(row: Primitive) -> None:
    rng = np.random.default_rng(7)
    for app in applications(row):
        for place, param in enumerate(row.params):
            if param.name in row.pullbacks or not app.active(place) or is_single(app.values):
                continue
            if not _is_number(app.z) or isinstance(app.bound[place], RunTimeList):
                continue
            differences = app.numeric(place, direction(app.values[place], rng))
            np.testing.assert_allclose(differences, 0.0, atol=1e-9)


def _is_number(z: Any) -> bool:
    return isinstance(z, float) or (isinstance(z, (np.ndarray, np.generic)) and z.dtype.kind in "f")


@each_row(TESTED)
def test_the_type_of_a_result_is_true(row: Primitive) -> None:
    for app in applications(row):
        assert wrong_type(app) == "", (app.type, app.values)


@each_row([row for row in TESTED if row.pullbacks])
def test_single_precision_stays_single(row: Primitive) -> None:
    for app in applications(row):
        singles = [
            v
            for v in app.bound
            if isinstance(v, (np.ndarray, np.generic, float)) and not isinstance(v, (bool, int))
        ]
        if not singles or not all(isinstance(v, np.ndarray) and v.dtype == np.float32 for v in singles):
            continue
        if not is_single(app.z):
            continue
        for place, param in enumerate(row.params):
            if param.name in row.pullbacks and app.active(place) and row.name not in _SHARING:
                for _, bar in app.pullback(place, np.asarray(app.z)[()]):
                    assert bar.dtype == np.float32, param.name


# the shares of ties are halves in double precision, so a mask of them is; the adjoint is cast where it is
# accumulated
_SHARING = {
    "np.maximum(x, y)",
    "np.minimum(x, y)",
    "np.fmax(x, y)",
    "np.fmin(x, y)",
    "np.clip(a, a_min, a_max)",
    "a.clip(min=None, max=None)",
}


@pytest.mark.parametrize(("name", "args", "expected"), EDGES, ids=[f"{n} at {a}" for n, a, _ in EDGES])
def test_the_derivative_at_an_edge(name: str, args: tuple[Any, ...], expected: tuple[Any, ...]) -> None:
    row = next(r for r in ROWS if r.name == name)
    app = Application(row, call(*args))
    z_bar = np.ones(np.shape(app.z))[()] if np.ndim(app.z) else 1.0
    for place, want in zip(
        (k for k, p in enumerate(row.params) if p.name in row.pullbacks), expected, strict=False
    ):
        if want is None:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            bars = [bar for _, bar in app.pullback(place, z_bar)]
            np.testing.assert_allclose(bars if isinstance(want, tuple) else bars[0], want)
            if not isinstance(want, tuple) and np.isfinite(want).all():
                dot = np.ones(np.shape(args[place]))[()]
                assert pairing(
                    z_bar, np.broadcast_to(app.pushforward(place, dot), np.shape(app.z))
                ) == pytest.approx(np.sum(want))


@each_row([row for row in ROWS if row.expansion is not None])
def test_an_expansion_is_what_it_stands_for(row: Primitive) -> None:
    for made in EXPANDED[row.name]:
        z, found, missing = expanded(row, made)
        assert missing == []
        several = isinstance(z, (tuple, list))
        assert isinstance(found, (tuple, list)) == several
        for a, b in zip(z if several else [z], found if several else [found], strict=True):
            np.testing.assert_array_equal(a, b)
            assert np.asarray(a).dtype == np.asarray(b).dtype


def test_results_of_unknown_operands_are_typed_without_error() -> None:
    from adcompile.ir.nodes import Literal, Value
    from adcompile.ir.types import UNKNOWN

    for row in TESTED:
        for unknown in (UNKNOWN, Array(None, None), Array("float64", None)):
            for made in list(samples(row))[:3]:
                args = Application(row, made).args
                loose = [
                    Value(unknown) if isinstance(a, Value) and hasattr(a.type, "dtype") else a for a in args
                ]
                if all(isinstance(a, Literal) for a in loose):
                    continue
                assert row.types(*loose) is not None


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("np.linalg.norm(x, ord=None, axis=None, keepdims=False)", call(A + 1j * A, ord="nuc")),
        ("np.linalg.norm(x, ord=None, axis=None, keepdims=False)", call(array(2, 3, 4), ord=2, axis=(1, 2))),
        ("np.diff(a, n=1, axis=-1, prepend=None, append=None)", call(array(5), prepend=array(2))),
    ],
)
def test_what_a_rule_cannot_say_is_refused(name: str, made: Call) -> None:
    row = next(r for r in ROWS if r.name == name)
    with pytest.raises(NoDerivative):
        Application(row, made).pullback(0, 1.0)


def test_polygamma_at_known_values() -> None:
    assert polygamma(0, 1.0) == pytest.approx(-0.5772156649015329, rel=1e-14)
    assert polygamma(1, 1.0) == pytest.approx(math.pi**2 / 6, rel=1e-14)
    assert polygamma(2, 0.5) == pytest.approx(-14 * 1.2020569031595942, rel=1e-13)


@pytest.mark.parametrize("f", [np.log, np.log2, np.log10, np.log1p, np.arctanh])
def test_a_pullback_of_a_complex_number_is_differentiated_as_such(f):
    x, g = 0.92 + 0.074j, -1.55 + 0.0686j
    x_dot, g_dot = -0.62 + 0.1j, -0.38 - 0.12j
    weight = 0.3 + 0.7j

    def pulled(x, g):
        return adcompile.vjp(f, x)[1](g)[0]

    tangent = adcompile.jvp(pulled, (x, g), (x_dot, g_dot))[1]
    x_bar, g_bar = adcompile.vjp(pulled, x, g)[1](weight)
    assert np.real(weight * tangent) == pytest.approx(np.real(x_bar * x_dot + g_bar * g_dot), rel=1e-12)
