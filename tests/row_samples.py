"""Arguments on which the rows of the calculus table are tested, and the points where a derivative is a
convention.

A row that works element by element is tested on every kind and combination of shapes, so its samples are
only where its operands may lie; every other row has its calls listed."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from row_calculus import Call, Known, RunTimeList, Unknown_, call
from row_samples_data import EXPANSIONS, SAMPLES


def array(*shape: int, low: float = -1.5, high: float = 1.5, dtype: Any = float) -> Any:
    """Numbers that depend on the shape and range alone, no two of them near each other or near 0."""
    rng = np.random.default_rng([*shape, zlib.crc32(repr((low, high)).encode())])
    n = int(np.prod(shape))
    grid = low + (high - low) * (rng.permutation(n) + 0.37) / max(n, 1)
    return grid.reshape(shape).astype(dtype)


def matrix(*shape: int) -> Any:
    """Well-conditioned square matrices."""
    return array(*shape) + 3 * np.eye(shape[-1])


def definite(n: int) -> Any:
    """A symmetric matrix with positive eigenvalues."""
    return array(n, n) @ array(n, n).T + np.eye(n)


def number(low: float, high: float, k: int) -> float:
    return low + (high - low) * (0.29, 0.71, 0.43)[k]


INF = float("inf")
REAL = (-1.6, 1.7)
POSITIVE = (0.3, 1.9)
ANY = {
    "np.arcsin(x)": [(-0.8, 0.8)],
    "np.arccos(x)": [(-0.8, 0.8)],
    "np.arctanh(x)": [(-0.8, 0.8)],
    "math.asin(x)": [(-0.8, 0.8)],
    "math.acos(x)": [(-0.8, 0.8)],
    "math.atanh(x)": [(-0.8, 0.8)],
    "np.arccosh(x)": [(1.2, 3.0)],
    "math.acosh(x)": [(1.2, 3.0)],
    "np.tan(x)": [(-1.0, 1.0)],
    "math.tan(x)": [(-1.0, 1.0)],
    "math.gamma(x)": [(0.5, 4.0)],
    "math.lgamma(x)": [(0.5, 4.0)],
    "x % y": [(0.1, 0.9), (1.1, 1.9)],
    "np.remainder(x, y)": [(0.1, 0.9), (1.1, 1.9)],
    "np.fmod(x, y)": [(0.1, 0.9), (1.1, 1.9)],
    "math.fmod(x, y)": [(2.1, 2.9), (1.6, 1.9)],
    "math.remainder(x, y)": [(2.5, 2.9), (1.5, 1.6)],
    "x // y": [(0.1, 0.9), (1.1, 1.9)],
    "np.floor_divide(x, y)": [(0.1, 0.9), (1.1, 1.9)],
    "np.fmax(x, y)": [(-1.6, 1.7), (-1.45, 1.85)],
    "np.fmin(x, y)": [(-1.6, 1.7), (-1.45, 1.85)],
    "np.maximum(x, y)": [(-1.6, 1.7), (-1.45, 1.85)],
    "np.minimum(x, y)": [(-1.6, 1.7), (-1.45, 1.85)],
    "max(x, y)": [(-1.6, 1.7), (-1.45, 1.85)],
    "min(x, y)": [(-1.6, 1.7), (-1.45, 1.85)],
    "np.clip(a, a_min, a_max)": [(-2.0, 2.0), (-0.93, -0.81), (0.71, 0.86)],
    "a.clip(min=None, max=None)": [(-2.0, 2.0), (-0.93, -0.81), (0.71, 0.86)],
    "np.heaviside(x, y)": [(0.3, 1.9), (0.2, 0.8)],
}
ON_POSITIVE = {
    "np.log(x)",
    "np.log2(x)",
    "np.log10(x)",
    "np.log1p(x)",
    "np.sqrt(x)",
    "np.cbrt(x)",
    "math.log2(x)",
    "math.log10(x)",
    "math.log1p(x)",
    "math.sqrt(x)",
    "math.cbrt(x)",
    "x ** y",
    "np.power(x, y)",
    "np.float_power(x, y)",
    "math.pow(x, y)",
    "x / y",
    "np.divide(x, y)",
    "np.reciprocal(x)",
    "inverse(x)",
    "inverse_or_zero(x)",
    "ratio(x, y)",
    "log_or_zero(x)",
    "np.hypot(x, y)",
    "np.arctan2(y, x)",
    "math.atan2(y, x)",
}
# element by element, of Python numbers only
OF_NUMBERS = {"max(x, y)", "min(x, y)", "inverse(x)", "inverse_or_zero(x)", "ratio(x, y)"}
OF_ARRAYS = {"a.clip(min=None, max=None)", "x.real", "x.imag", "x.conjugate()"}
SHAPES = ((), (3,), (2, 3), (1, 3), (2, 1), (2, 1, 3))


def elementwise(name: str, count: int, complex_too: bool) -> Iterator[Call]:
    """Calls of an element-wise row on numbers and on arrays that broadcast, in both precisions."""
    ranges = ANY.get(name, [POSITIVE if name in ON_POSITIVE else REAL] * count)
    numbers = [number(*r, k) for k, r in enumerate(ranges)]
    if name not in OF_ARRAYS:
        yield call(*numbers)
    if name in OF_NUMBERS or name.startswith("math."):
        return
    if name not in OF_ARRAYS:
        yield call(*map(np.float64, numbers))
        yield call(*map(np.float32, numbers))
    shapes = (
        [(s,) for s in SHAPES[1:]]
        if count == 1
        else [s for s in _pairs(count) if s[0] or name not in OF_ARRAYS]
    )
    for shape in shapes:
        parts = [
            array(*s, low=r[0], high=r[1]) if s else v for s, r, v in zip(shape, ranges, numbers, strict=True)
        ]
        yield call(*parts)
        yield call(*(p.astype(np.float32) if isinstance(p, np.ndarray) else p for p in parts))
    if complex_too:
        yield call(*(array(3, low=r[0], high=r[1]) + 0.4j for r in ranges))


def _pairs(count: int) -> Iterator[tuple[tuple[int, ...], ...]]:
    for first, second in itertools.product(SHAPES, SHAPES):
        if first or second:
            yield (first, second, *((),) * (count - 2))


COMPLEX = {
    "sin",
    "cos",
    "tan",
    "sinh",
    "cosh",
    "tanh",
    "exp",
    "log",
    "sqrt",
    "square",
    "reciprocal",
    "arctan",
    "absolute",
    "real",
    "imag",
    "conj",
    "angle",
    "abs",
}
A, B, V = array(3, 4), array(4, 2), array(4)
C = array(3, 4) + 1j * array(3, 4, low=0.2)
LISTS = [RunTimeList([0.5, -1.2, 2.0]), RunTimeList([array(3), array(3, low=0.2)])]
REDUCED = [
    call(array(4)),
    call(A),
    call(A, axis=0),
    call(A, axis=1),
    call(A, axis=-1),
    call(A, axis=1, keepdims=True),
    call(A, keepdims=True),
    call(array(2, 3, 4), axis=(0, 2)),
    call(array(2, 3, 4), axis=(0, 1)),
    call(array(2, 3, 4), axis=1),
    call(array(2, 3, 4), axis=(1, 2), keepdims=True),
    call(A.astype(np.float32), axis=1),
    call(A.astype(np.float32)),
    call(np.float64(0.7)),
    call(0.7),
]
JOINED = [
    call((array(2, 3), array(4, 3)), axis=0),
    call([array(2, 3), array(2, 1), array(2, 2)], axis=1),
    call((array(2, 3), array(2, 2)), axis=-1),
    call([array(2), array(3)]),
    call((array(2, 3), array(4)), axis=None),
    call((array(2, 3, 2), array(2, 1, 2)), axis=-2),
    call(RunTimeList([array(2, 3), array(1, 3)])),
    call(RunTimeList([array(3, 2), array(3, 1)]), axis=1),
    call([array(2).astype(np.float32), np.arange(3)]),
]
STACKED = [
    call((array(3), array(3, low=0.1))),
    call([A, 2 * A, A + 1], axis=1),
    call([A, 2 * A], axis=-1),
    call([A, 2 * A], axis=-2),
    call([0.5, 1.5]),
    call(LISTS[0]),
    call(LISTS[1]),
    call(LISTS[1], axis=1),
]
MATRICES = [
    call(array(3), array(3)),
    call(A, V),
    call(array(3), A),
    call(A, B),
    call(array(2, 3, 4), V),
    call(array(2, 3, 4), B),
    call(array(2, 3, 4), array(2, 4, 5)),
    call(array(3, 4), array(2, 4, 5)),
    call(array(2, 1, 3, 4), array(5, 4, 2)),
    call(array(4), array(2, 4, 3)),
    call(A.astype(np.float32), B.astype(np.float32)),
]
DOTS = [
    *MATRICES[:6],
    call(array(2, 3, 4), array(5, 4, 2)),
    call(A, array(2, 4, 3)),
    call(0.5, A),
    call(A, 0.5),
    call(0.3, 2.0),
    call(array(4), array(2, 4, 3)),
    call(A, V + 0.5j),
]
I34 = np.array([[0, 2, 1, 1], [2, 0, 0, 1], [1, 1, 2, 0]])

CALLS: dict[str, list[Call]] = {
    # arithmetic and helpers
    "float(x)": [call(0.4), call(np.float64(0.4))],
    "np.real(val)": [call(C), call(A), call(0.3 + 0.2j)],
    "np.imag(val)": [call(C), call(A), call(0.3 + 0.2j)],
    "x.real": [call(C), call(A)],
    "x.imag": [call(C), call(A)],
    "np.angle(x, deg=False)": [call(C), call(C, deg=True), call(0.3 + 0.2j)],
    "np.broadcast_to(x, shape)": [call(array(3), (2, 3)), call(0.5, (3,)), call(array(2, 1), (4, 2, 3))],
    "np.where(condition, x, y)": [
        call(A > 0, A, 2.0 * A),
        call(A > 0, A, Known(0)),
        call(array(4) > 0, 0.5, A),
        call(A > 0, array(3, 1), array(4)),
        call(True, 0.5, 1.5),
        call(A > 0, A.astype(np.float32), Known(0.0)),
    ],
    "np.ldexp(x, k)": [call(A, 2), call(A, np.arange(4))],
    "as_stored(v, k)": [call(A, 1.0), call(0.5, 1.0)],
    "power_less(x, y, k)": [
        call(x, y, k)
        for x, y in ((0.7, 2.6), (np.float64(0.7), 0.5), (array(3, low=0.4, high=2.0), array(2, 3)))
        for k in (1, 2)
    ],
    "castable(v, a)": [call(A, 2 * A), call(0.5, A)],
    "share(x, y, s)": [call(A, 0.5 * A, A + 0.5), call(0.5, 0.2, 1.0), call(array(4), A, A + 1.0)],
    "sinc_derivative(x, n)": [call(array(7, low=-6, high=6), n) for n in range(4)],
    "polygamma(n, x)": [call(n, x) for n in range(4) for x in (0.3, 2.5, 30.0, -1.4)],
    "np.nan_to_num(x, copy=True, nan=0.0)": [call(A), call(0.5)],
    "sum(x)": [call([0.5, 1.5]), call([array(3), 0.5, array(2, 3)]), call(LISTS[0]), call(LISTS[1])],
    "unbroadcast(c, x)": [call(A, array(4)), call(A, array(3, 1)), call(A, 0.5), call(A, A)],
    "spread(c, x)": [call(array(4), A), call(0.5, A)],
    "matching(c, x)": [call(2 * A, A), call(0.5, 1.5)],
    "like(c, x)": [call(0.5, A), call(array(4), A), call(0.5, 1.5)],
    "added(a, b)": [call(A, 2 * A), call(RunTimeList([0.5, 1.0]), RunTimeList([1.5, 2.0]))],
    "accumulate(a, c)": [call(A, 2 * A)],
    "one_number(x)": [call(0.5), call(array(1))],
    "own(a)": [call(A)],
    "copied(x)": [call(A)],
    "index_add(a, i, v)": [call(A, (1, slice(1, 3)), array(2))],
    "index_add_at(a, i, v)": [call(array(4), np.array([0, 2, 0]), array(3))],
    "index_set(a, i, v)": [
        call(A, (1, slice(1, 3)), array(2)),
        call(array(4), np.array([True, False, True, False]), array(2)),
        call(array(4), np.array([0, 2, 0]), array(3)),
        call(array(4), slice(1, 3), 0.7),
        call(A, 1, array(4)),
    ],
    "last_read(x, i)": [call(array(4), np.array([0, 2, 0])), call(array(4), slice(1, 3))],
    "matmul_left(g, x, y)": [call(array(3, 2), A, B), call(array(2, 3, 2), array(2, 3, 4), B)],
    "matmul_right(g, x, y)": [call(array(3, 2), A, B), call(array(2, 3, 2), array(2, 3, 4), B)],
    # run-time lists
    "list_slice(x, i)": [call(LISTS[0], slice(1, 3)), call(LISTS[1], slice(None, None, -1))],
    "list_repeat(x, n)": [call(0.5, 3), call(array(2), Unknown_(2))],
    "np.setdiff1d(ar1, ar2, assume_unique=False)": [call(np.arange(6), np.array([0, 5]))],
    "np.intersect1d(ar1, ar2, assume_unique=False)": [call(np.arange(6), np.array([0, 5]))],
    "list_join(x, y)": [call(LISTS[0], RunTimeList([0.3, -0.6])), call(LISTS[1], LISTS[1])],
    "list_reverse(x)": [call(LISTS[0]), call(LISTS[1])],
    "list_equal(x, y)": [call(LISTS[0], RunTimeList([0.3, -0.6, 0.2]))],
    "list_contains(items, v)": [call(LISTS[0], 0.3)],
    "list_index(items, v)": [call(LISTS[0], -1.2)],
    "list_count(items, v)": [call(LISTS[0], -1.2)],
    "reordered(x, order)": [
        call(LISTS[0], RunTimeList([2, 0, 1])),
        call(LISTS[1], RunTimeList([1, 0])),
    ],
    "inverse_order(order)": [call(RunTimeList([2, 0, 1]))],
    "sort_order(keys, reverse)": [call([LISTS[0]], False), call([LISTS[0], LISTS[0]], True)],
    "place_of_new(i, n)": [call(k, 3) for k in (-5, -2, 0, 2, 7)],
    "place_of_old(i, n)": [call(k, 3) for k in (-3, -1, 0, 2)],
    "list_with_slice(x, i, c)": [call(LISTS[0], slice(1, 3), RunTimeList([0.2, 0.3]))],
    "unbroadcast_each(c, x)": [call(array(3), LISTS[1])],
    "split_like(c, items, axis)": [
        call(array(6), RunTimeList([array(2), array(4)]), 0),
        call(array(6), RunTimeList([array(1, 2), array(4)]), None),
    ],
    "nested_lists(c, depth)": [call(array(3), 1), call(A, 2)],
    "list(x)": [call(array(3)), call(A)],
    "list_add(items, i, v)": [call(LISTS[0], 1, 0.3)],
    # creation
    "np.full(shape, fill_value, dtype=None)": [
        call((2, 3), 0.5),
        call((2, 3), array(3)),
        call(4, np.float32(0.5)),
    ],
    "np.full_like(a, fill_value, dtype=None)": [call(A, 0.5), call(A, array(4))],
    "np.arange(start, stop=None, step=None, dtype=None)": [call(0.3, 4.1), call(0.3, 4.1, 0.9), call(3.5)],
    "np.linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None)": [
        call(0.2, 1.3, 5, dtype=np.float64),
        call(np.float32(0.2), np.float32(1.3), 5, dtype=np.float32),
        call(0.2, 1.3, 5),
        call(0.2, 1.3, num=4, endpoint=False),
        call(0.2, 3.0),
        call(array(2, 1), array(3), 5),
        call(0.2, array(3), num=4, endpoint=False),
    ],
    "np.copy(a)": [call(A), call(0.5)],
    "x.copy()": [call(A), call(np.float64(0.5))],
    "x.astype(dtype, copy=True)": [call(A, np.float64), call(A, float), call(A, complex)],
    "x.item()": [call(array(1)), call(array(1, 1)), call(np.float64(0.5))],
    "np.float64(x)": [call(0.5), call(A)],
    "np.complex128(x)": [call(0.5), call(A)],
    "np.array(x, dtype=None, copy=True)": [
        call(A),
        call([0.5, 1.5]),
        call([[0.5, 1.5], [2.5, 0.1]]),
        call(LISTS[0]),
        call(LISTS[1]),
        call(0.5),
        call([array(2), array(2, low=0.1)]),
    ],
    "np.asarray(x, dtype=None, copy=None)": [call(A), call([0.5, 1.5]), call(LISTS[0])],
    "np.asanyarray(x, dtype=None)": [call(A), call([0.5, 1.5])],
    **{
        f"np.{n}(x, dtype=None)": [call(A), call([0.5, 1.5])]
        for n in ("ascontiguousarray", "asfortranarray", "asarray_chkfinite")
    },
    # rearrangements
    "np.reshape(a, shape, order='C')": [
        call(A, (4, 3)),
        call(A, (2, -1)),
        call(A, -1),
        call(A, (2, 6), order="F"),
        call(A, (3, -1, 2)),
        call(A, (3, 4, -1)),
    ],
    "np.ravel(a, order='C')": [call(A), call(array(3)), call(0.5), call(A, order="F")],
    "a.flatten(order='C')": [call(A), call(A, order="F")],
    "np.expand_dims(a, axis)": [call(A, 0), call(A, -1), call(A, (0, 2)), call(0.5, 0)],
    "np.squeeze(a, axis=None)": [
        call(array(1, 3, 1)),
        call(array(1, 3, 1), axis=0),
        call(array(1, 3, 1), axis=(0, -1)),
    ],
    **{
        f"np.fft.{name}(a, n=None, axis=-1, norm=None)": [
            call(a),
            call(a, norm="ortho"),
            call(a, 7, axis=0, norm="forward"),
            call(a, 3),
            call(a, axis=0),
        ]
        for name, a in (("fft", C), ("ifft", C), ("irfft", C))
    },
    "np.fft.rfft(a, n=None, axis=-1, norm=None)": [
        call(A),
        call(array(3, 5), norm="ortho"),
        call(A, 7, axis=0),
        call(A, 3),
        call(array(6)),
    ],
    "resized(c, x, axis)": [call(A, array(5, 4), 0), call(A, array(3, 2), -1), call(A, A, 1)],
    "half_weights(z, axis)": [call(A, 0), call(A, 1)],
    "np.atleast_1d(x)": [call(0.5), call(A)],
    "np.atleast_2d(x)": [call(0.5), call(array(3)), call(A)],
    "np.transpose(a, axes=None)": [
        call(A),
        call(array(2, 3, 4), axes=(2, 0, 1)),
        call(array(2, 3, 4), axes=(-1, 0, 1)),
        call(array(3)),
    ],
    "x.T": [call(A), call(array(3))],
    "x.mT": [call(A), call(array(2, 3, 4))],
    "np.matrix_transpose(x)": [call(array(2, 3, 4))],
    "np.swapaxes(a, axis1, axis2)": [call(array(2, 3, 4), 0, -1)],
    "np.moveaxis(a, source, destination)": [
        call(array(2, 3, 4), 0, -1),
        call(array(2, 3, 4), (0, 1), (2, 0)),
    ],
    "np.atleast_3d(x)": [call(0.5), call(array(3)), call(A), call(array(2, 3, 4))],
    "np.rollaxis(a, axis, start=0)": [
        call(array(2, 3, 4), 2),
        call(array(2, 3, 4), 0, start=2),
        call(array(2, 3, 4), 1, start=3),
    ],
    "np.flip(m, axis=None)": [call(A), call(A, axis=1), call(A, axis=(0, 1))],
    "np.fliplr(m)": [call(A)],
    "np.flipud(m)": [call(A)],
    "np.roll(a, shift, axis=None)": [
        call(A, 1),
        call(A, -2, axis=1),
        call(A, (1, 2), axis=(0, 1)),
        call(A, Unknown_(2)),
    ],
    "np.rot90(m, k=1, axes=(0, 1))": [call(A), call(A, k=3), call(array(2, 3, 4), k=-1, axes=(0, 2))],
    "np.repeat(a, repeats, axis=None)": [
        call(A, 0),
        call(array(3), 2),
        call(A, 2),
        call(A, 3, axis=1),
        call(array(3), np.array([1, 0, 2])),
        call(A, np.array([2, 1, 0]), axis=0),
        call(array(3), Unknown_(2)),
        call(0.5, 3),
    ],
    "unrepeat(c, x, repeats, axis)": [call(array(6), array(3), 2, 0), call(array(3, 6), array(3, 2), 3, 1)],
    "np.tile(a, reps)": [
        call(array(3), 2),
        call(A, (2, 1)),
        call(array(3), (2, 2)),
        call(0.5, 3),
        call(array(2, 2, 2), 3),
    ],
    "untile(c, x, reps)": [call(array(6), array(3), 2), call(array(2, 6), array(3), (2, 2))],
    "np.diag(v, k=0)": [
        call(array(3)),
        call(array(3), k=1),
        call(A),
        call(A, k=-1),
        call(A, k=2),
        call(array(3, 3)),
    ],
    "np.diagonal(a, offset=0, axis1=0, axis2=1)": [
        call(A),
        call(A, offset=1),
        call(array(2, 3, 4), offset=-1, axis1=2, axis2=0),
    ],
    "np.trace(a, offset=0, axis1=0, axis2=1)": [
        call(A),
        call(A, offset=1),
        call(array(2, 3, 4), axis1=1, axis2=2),
        call(A.astype(np.float32)),
    ],
    "from_diagonal(c, x, offset, axis1, axis2)": [
        call(array(3), A, 0, 0, 1),
        call(array(1), A, 1, 0, 1),
        call(array(2, 3), array(2, 3, 4), 0, 1, 2),
    ],
    "np.triu(m, k=0)": [call(A), call(A, k=1), call(array(2, 3, 3), k=-1)],
    "np.tril(m, k=0)": [call(A), call(A, k=1)],
    "np.diff(a, n=1, axis=-1, prepend=None, append=None)": [
        call(array(5)),
        call(A),
        call(A, axis=0),
        call(array(6), n=2),
        call(array(5), prepend=0),
        call(array(5), prepend=0, append=0),
        call(A, n=3, axis=1),
    ],
    "np.take(a, indices, axis=None)": [
        call(array(5), np.array([0, 3, 0])),
        call(A, np.array([[0, 5], [11, 0]])),
        call(A, np.array([0, 2, 0]), axis=0),
        call(array(2, 3, 4), I34[:2, :2], axis=1),
        call(A, 1, axis=1),
    ],
    "x[i]": [
        call(A, 1),
        call(A, (slice(None), slice(None, None, -1))),
        call(A, np.array([0, 0, 2])),
        call(A, A > 0),
        call(A, (None, Ellipsis, 1)),
        call(LISTS[0], 1),
        call(array(2, 3, 4), (0, slice(1, 3))),
    ],
    "np.partition(a, kth, axis=-1)": [
        call(array(7), 3),
        call(array(3, 9), 4),
        call(array(9, 3), (2, 5), axis=0),
        call(array(3, 4), 6, axis=None),
    ],
    "np.take_along_axis(arr, indices, axis)": [call(A, I34, 1), call(A, I34 % 3, 0)],
    "add_along_axis(x, i, c, axis)": [call(A, I34, A, 1)],
    "put_back(c, order, axis)": [call(A, np.argsort(A, axis=0), 0), call(array(4), np.argsort(array(4)), -1)],
    # joins
    "np.concatenate(arrays, axis=0)": JOINED,
    "np.stack(arrays, axis=0)": STACKED,
    "np.hstack(tup)": [
        call((array(2), array(3))),
        call([A, array(3, 2)]),
        call((0.5, array(2), 1.5)),
        call(LISTS[0]),
        call(LISTS[1]),
        call(RunTimeList([A, array(3, 1)])),
    ],
    "np.vstack(tup)": [
        call((array(3), array(3, low=0.2))),
        call([A, array(2, 4)]),
        call((array(4), A)),
        call((0.5, 1.5)),
        call(LISTS[0]),
        call(LISTS[1]),
        call(RunTimeList([A, array(1, 4)])),
    ],
    "np.column_stack(tup)": [
        call((array(3), array(3, low=0.2))),
        call([A, array(3)]),
        call(LISTS[0]),
        call(LISTS[1]),
        call(RunTimeList([A, array(3, 2)])),
        call((0.5, 1.5)),
    ],
    "np.append(arr, values, axis=None)": [
        call(A, array(3)),
        call(array(3), 0.5),
        call(A, array(2, 4), axis=0),
        call(A, array(3, 2), axis=-1),
    ],
    # reductions
    "np.sum(a, axis=None, dtype=None, keepdims=False)": [
        *REDUCED,
        call(A > 0),
        call(np.arange(3, dtype=np.int32)),
        call(A, axis=()),
    ],
    "np.mean(a, axis=None, dtype=None, keepdims=False)": REDUCED,
    "np.var(a, axis=None, dtype=None, ddof=0, keepdims=False)": [
        *REDUCED,
        call(A, axis=1, ddof=1),
        call(C),
        call(C, axis=0),
    ],
    "np.std(a, axis=None, dtype=None, ddof=0, keepdims=False)": [c for c in REDUCED if np.size(c.args[0]) > 1]
    + [call(A, axis=1, ddof=1), call(C)],
    **{
        f"np.{n}(a, axis=None, keepdims=False, initial=None)": [
            *REDUCED,
            call(A, initial=0.2),
            call(A, axis=1, initial=-0.2),
        ]
        for n in ("max", "min", "amax", "amin")
    },
    "np.prod(a, axis=None, dtype=None, keepdims=False)": [
        *REDUCED,
        call(np.array([0.5, 0.0, 2.0])),
        call(np.array([0.0, 0.0, 2.0])),
    ],
    "prod_of_others(x)": [
        call(A),
        call(array(4)),
        call(np.array([0.5, 0.0, 2.0])),
        call(np.array([0.0, 0.0, 2.0])),
    ],
    "np.cumsum(a, axis=None, dtype=None)": [
        call(array(4)),
        call(A),
        call(A, axis=0),
        call(A, axis=1),
        call(A, axis=-1),
    ],
    "np.cumprod(a, axis=None, dtype=None)": [
        call(array(4)),
        call(A),
        call(A, axis=0),
        call(A, axis=1),
        call(np.array([0.5, 0.0, 2.0])),
        call(np.array([0.0, 0.5, 0.0])),
    ],
    "np.sort(a, axis=-1)": [call(array(5)), call(A), call(A, axis=0), call(A, axis=None)],
    # linear algebra
    "x @ y": MATRICES,
    "np.matmul(x, y)": MATRICES,
    "np.dot(a, b)": DOTS,
    "dot_left(g, x, y)": [call(array(3, 2), A, B), call(array(2, 3, 5, 2), array(2, 3, 4), array(5, 4, 2))],
    "dot_right(g, x, y)": [call(array(3, 2), A, B), call(array(2, 3, 5, 2), array(2, 3, 4), array(5, 4, 2))],
    "np.inner(a, b)": [
        call(array(3), array(3)),
        call(A, V),
        call(V, A),
        call(A, array(2, 4)),
        call(array(2, 3, 4), array(5, 4)),
        call(A, array(2, 5, 4)),
        call(array(2, 3, 4), V),
        call(0.5, A),
        call(A, 0.5),
    ],
    "np.outer(a, b)": [call(array(3), array(2)), call(A, array(2)), call(array(2), B), call(0.5, array(2))],
    "np.vdot(a, b)": [
        call(array(3), array(3)),
        call(A, A + 1),
        call(A, array(12)),
        call(C, C + 1),
        call(A, C),
    ],
    "np.cross(a, b)": [call(array(3), array(3, low=0.1)), call(array(2, 3), array(3))],
    "np.tensordot(a, b, axes=2)": [
        call(array(2, 3, 4), array(3, 4, 5)),
        call(array(2, 3, 4), array(4, 5), axes=1),
        call(array(2, 3, 4), array(4, 5, 2), axes=((0, 2), (2, 0))),
        call(A, B, axes=(-1, 0)),
        call(array(2), array(3), axes=0),
        call(array(2, 3, 4), array(4, 3, 2), axes=([1, 0], [1, 2])),
    ],
    "np.linalg.solve(a, b)": [
        call(matrix(3, 3), array(3)),
        call(matrix(3, 3), array(3, 2)),
        call(matrix(2, 3, 3), array(2, 3, 4)),
        call(matrix(2, 3, 3), array(3, 4)),
        call(matrix(3, 3).astype(np.float32), array(3).astype(np.float32)),
        call(matrix(2, 3, 3), array(3)),
    ],
    "np.linalg.inv(a)": [call(matrix(3, 3)), call(matrix(2, 3, 3))],
    "histogram_of(a, bins, range, weights)": [
        call(array(7), 5, None, array(7)),
        call(array(7), 4, (-0.7, 0.9), array(7)),
        call(array(7), np.array([-1.0, 0.2, 0.6, 1.0]), None, array(7)),
        call(array(2, 3), 4, None, array(2, 3).astype(np.float32)),
    ],
    "histogram_read(c, a, bins, range)": [
        call(array(5), array(7), 5, None),
        call(array(4), array(7), 4, (-0.7, 0.9)),
    ],
    "histogram_edges(a, bins, range)": [
        call(array(7), 5, None),
        call(array(7), 4, (-0.7, 0.9)),
        call(array(7), np.array([-1.0, 0.2, 0.5]), None),
    ],
    "gaps(w)": [call(array(3)), call(array(2, 3))],
    "np.linalg.eigvalsh(a, UPLO='L')": [call(definite(3)), call(np.stack([definite(3), -definite(3)]))],
    "np.linalg.svdvals(x)": [call(A), call(A.T), call(array(2, 3, 4))],
    "np.linalg.pinv(a)": [call(A), call(A.T), call(array(2, 3, 4)), call(matrix(3, 3))],
    "np.linalg.cholesky(a)": [
        call(definite(3)),
        call(definite(1)),
        call(np.stack([definite(3), 2 * definite(3)])),
        call(definite(3).astype(np.float32)),
    ],
    "lower_half(x)": [call(array(3, 3)), call(array(2, 3, 3))],
    "from_lower(x)": [call(array(3, 3)), call(array(2, 3, 3))],
    "symmetric_half(x)": [call(array(3, 3)), call(array(2, 3, 3))],
    "np.linalg.det(a)": [call(matrix(3, 3)), call(matrix(2, 3, 3))],
    "np.linalg.norm(x, ord=None, axis=None, keepdims=False)": [
        *(call(A, ord=Known(n)) for n in (2, -2, "nuc", 1, -1, INF, -INF)),
        call(A.T, ord=2, axis=(0, 1), keepdims=True),
        call(A.T, ord=1, axis=(-2, -1), keepdims=True),
        call(array(3)),
        call(C, ord=3, axis=1),
        call(C, ord=1, axis=0),
        call(C, ord=Known(float("inf")), axis=0),
        call(A),
        call(A, axis=1),
        call(A, axis=0, keepdims=True),
        call(A, ord="fro"),
        call(array(3), ord=2),
        call(array(3), ord=1),
        call(array(3), ord=Known(np.inf)),
        call(array(3), ord=Known(-np.inf)),
        call(array(3), ord=3),
        call(A, ord=1, axis=1),
        call(A, ord=Known(np.inf), axis=0),
        call(A, ord=Known(2.5), axis=-1, keepdims=True),
        call(array(2, 3, 4), axis=(0, 2)),
        call(C),
        call(C, axis=1),
        call(array(2, 3, 4)),
        call(A, keepdims=True),
        call(A.astype(np.float32), axis=1),
    ],
    "np.einsum(subscripts, *operands, optimize=False)": [
        call("ij,jk->ik", A, B),
        call("ij,jk", A, B),
        call("ij->j", A),
        call("ij->", A),
        call("ii->i", array(3, 3)),
        call("ii", array(3, 3)),
        call("ij,ij->i", A, A + 1),
        call("...j,jk->...k", array(2, 3, 4), B),
        call("i,j->ji", array(2), array(3)),
        call("ij,kl->jl", A, B),
        call("...,...", array(2, 3), array(3)),
        call("ij,ij->ij", array(1, 4), A),
        call("iji->j", array(2, 3, 2)),
        call("i, i ->", V, V),
        call("b...j,...->...b", array(2, 3, 4), array(3)),
        call("ijk,ijl->", array(2, 3, 4), array(2, 3, 2)),
        call("i,ij,j", array(3), A, V),
        call("ij,ij->i", A, array(1, 4)),
        call("i->i", array(3)),
        call("...ij->...ji", array(2, 3, 4)),
    ],
    # math
    "math.log(*args)": [call(0.7), call(0.7, 2.3), call(np.float64(0.7))],
    "math.ldexp(x, i)": [call(0.7, 3)],
    "math.hypot(*coordinates)": [call(0.7, -1.2), call(0.7, -1.2, 2.1), call(0.7)],
    "math.fsum(seq)": [call([0.5, 1.5]), call(LISTS[0])],
    "math.degrees(x)": [call(0.7)],
    "math.dist(p, q)": [
        call((0.3, 1.2), (0.5, -0.4)),
        call([0.3], (0.5,)),
        call(array(3), array(3, low=0.2)),
    ],
    "math.prod(iterable, start=1)": [
        call([0.5, 1.5, 2.5]),
        call((0.5,), start=2.0),
        call(LISTS[0]),
        call(array(3)),
        call([0.5, 0.0, 2.0]),
    ],
    "np.pad(array, pad_width, mode='constant', constant_values=0)": [
        call(array(3), 1),
        call(A, ((1, 0), (2, 1))),
        call(A, (1, 2)),
        call(array(3), 1, constant_values=2.0),
        call(A, 1, mode="edge"),
        call(A, ((1, 0), (2, 1)), mode="symmetric"),
        call(array(3), (2, 1), mode="reflect"),
        call(array(3), (4, 5), mode="wrap"),
    ],
    "undiff(c, axis)": [call(array(4), -1), call(A, 0), call(A, 1), call(array(1), 0)],
    "unpad(c, pad_width, mode='constant')": [
        call(array(8, 9), ((2, 3), (1, 4)), mode="edge"),
        call(array(5, 6), 1, mode="edge"),
        call(array(5), 1),
        call(array(6), (2, 1), mode="wrap"),
    ],
    "np.kron(a, b)": [call(A, B), call(array(3), array(2)), call(A, array(2)), call(array(2), A)],
    "kron_left(c, a, b)": [call(array(12, 8), A, B)],
    "kron_right(c, a, b)": [call(array(12, 8), A, B)],
    "log_abs_det(a)": [call(matrix(3, 3)), call(matrix(2, 3, 3))],
    "complex(real, imag=0)": [call(0.5), call(0.5 + 0.2j), call(0.5, -0.3), call(0.2, 0.3 - 0.1j)],
    # no derivative
    "sign_of_det(a)": [call(matrix(3, 3))],
    "int(x)": [call(0.5)],
    "bool(x)": [call(0.5)],
    "len(x)": [call(A), call(LISTS[0])],
    "round(x, ndigits=None)": [call(0.52), call(0.52, ndigits=1)],
    "np.round(a, decimals=0)": [call(A), call(0.52, decimals=1)],
    "np.around(a, decimals=0)": [call(A)],
    "np.fix(x)": [call(A)],
    **{
        f"np.{n}(shape, dtype=None)": [call((2, 3)), call(3), call((2,), dtype=np.float32)]
        for n in ("zeros", "ones")
    },
    **{
        f"np.{n}_like(a, dtype=None)": [call(A), call(0.5), call(A, dtype=np.float32)]
        for n in ("zeros", "ones")
    },
    "np.empty(shape, dtype=None)": [],
    "np.empty_like(a, dtype=None)": [],
    "np.eye(N, M=None, k=0, dtype=None)": [call(3), call(3, M=4, k=1), call(2, dtype=np.float32)],
    "np.identity(n, dtype=None)": [call(3)],
    "np.tri(N, M=None, k=0, dtype=None)": [call(3), call(3, M=4, k=1)],
    "np.indices(dimensions)": [call((2, 3))],
    "np.dtype(dtype)": [call("f4")],
    "np.finfo(dtype)": [call(float)],
    **{f"np.{n}(x)": [call(1.7), call(A)] for n in ("int64", "int32", "int16", "int8", "bool_")},
    **{
        f"np.{n}(x)": [call(1.7), call(array(3, low=0.5, high=9.0))]
        for n in ("uint64", "uint32", "uint16", "uint8")
    },
    **{f"np.{n}(x)": [] for n in ("float32", "float16", "complex64")},
    "np.isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False)": [call(A, A + 1), call(0.5, 0.6)],
    "np.allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False)": [call(A, A + 1)],
    "np.array_equal(a1, a2, equal_nan=False)": [call(A, A + 1)],
    "np.isreal(x)": [call(A)],
    "np.iscomplex(x)": [call(A)],
    "np.iscomplexobj(x)": [call(A)],
    "np.isscalar(element)": [call(0.5)],
    "zeros_of(x)": [call(A), call(0.5), call(LISTS[0])],
    "holds_floats(a)": [call(A)],
    "sign(x)": [call(0.5), call(-0.5)],
    "np.shape(x)": [call(A), call(0.5)],
    "np.size(x)": [call(A)],
    "np.broadcast_shapes(*shapes)": [call((2, 1), (3,))],
    **{f"np.{n}(a, axis=None, keepdims=False)": REDUCED[:9] for n in ("argmax", "argmin") for _ in (0,)},
    **{f"np.{n}(a, axis=None, keepdims=False)": REDUCED for n in ("any", "all")},
    "np.count_nonzero(a, axis=None, keepdims=False)": REDUCED[:10],
    "np.argsort(a, axis=-1)": [call(A), call(A, axis=None), call(array(4))],
    "np.flatnonzero(a)": [call(A)],
    "range_length(a, b, c)": [call(0, 7, 2)],
    "range_item(a, b, c, k)": [call(0, 7, 2, -1)],
    "next_snapshot(start, stop, most, taken)": [call(2, 9, 3, 1)],
    "enough_snapshots(steps)": [call(9)],
    **{f"math.{n}(x)": [call(1.3)] for n in ("ulp", "floor", "ceil", "trunc", "isnan", "isinf", "isfinite")},
    **{f"math.{n}(x)": [call(4)] for n in ("factorial", "isqrt")},
    "math.comb(n, k)": [call(5, 2)],
    "math.perm(n, k)": [call(5, 2)],
    "math.gcd(*integers)": [call(4, 6)],
    "math.lcm(*integers)": [call(4, 6)],
    "math.isclose(a, b, rel_tol=1e-09, abs_tol=0.0)": [call(0.5, 0.6)],
    **{f"np.{n}(x)": [call(np.array([3, 5]))] for n in ("invert",)},
    **{
        f"np.{n}(x, y)": [call(np.array([3, 5]), np.array([1, 2]))]
        for n in ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift", "gcd", "lcm")
    },
    **{f"x {op} y": [call(3, 5), call(np.array([3, 5]), 1)] for op in ("&", "|", "^", "<<", ">>")},
    "~x": [call(3), call(np.array([3, 5]))],
    "not x": [call(0.5)],
    "x is y": [call(0.5, 0.6)],
    "x is not y": [call(0.5, 0.6)],
    "x in y": [call(1, (1, 2))],
    "x not in y": [call(1, (1, 2))],
    # numbers that stop derivatives are zero wherever they have one
    "np.spacing(x)": [call(0.7)],
}
CALLS.update(SAMPLES)
# the extremes of several axes are one argument short
for _name in ("argmax", "argmin"):
    CALLS[f"np.{_name}(a, axis=None, keepdims=False)"] = [
        c for c in REDUCED if not isinstance(c.keywords.get("axis"), tuple)
    ]

# said in other rows where they are called: text and operands
EXPANDED: dict[str, list[Call]] = {
    "np.modf(x)": [call(A)],
    "math.modf(x)": [call(1.7), call(-0.3)],
    "np.split(ary, indices_or_sections, axis=0)": [
        call(array(6), 3),
        call(array(4, 6), 2, axis=1),
        call(array(6), [2, 5]),
        call(array(4, 6), (1,), axis=-1),
        call(array(4, 6), [1, 2], axis=-2),
    ],
    **{
        f"np.fft.{name}{suffix}(a, s=None, axes={axes}, norm=None)": [
            call(a),
            call(a, norm="ortho"),
            call(a, (4, 5), axes=(-2, -1)),
            call(a, s=(4, 3), axes=(1, 0)),
            *([call(a, axes=(2, 0)), call(a, axes=(1,))] if suffix == "n" else []),
        ]
        for suffix, axes in (("2", (-2, -1)), ("n", None))
        for name, a in (
            ("fft", array(2, 3, 4) + 1j * array(2, 3, 4, low=0.1)),
            ("ifft", array(2, 3, 4) + 1j * array(2, 3, 4, low=0.1)),
            ("rfft", array(2, 3, 4)),
            ("irfft", array(2, 3, 4) + 1j * array(2, 3, 4, low=0.1)),
        )
    },
    "np.fft.fftshift(x, axes=None)": [call(array(5)), call(A), call(A, axes=1), call(A, axes=(0, -1))],
    "np.fft.ifftshift(x, axes=None)": [call(array(5)), call(A), call(A, axes=1), call(A, axes=(0, -1))],
    "np.array_split(ary, indices_or_sections, axis=0)": [
        call(array(7), 3),
        call(array(4, 7), 4, axis=1),
        call(array(2), 3),
        call(array(5, 3), 2, axis=-2),
        call(array(6), [2, 5]),
    ],
    "np.dstack(tup)": [
        call((array(3), array(3))),
        call((array(2, 3), array(2, 3))),
        call((array(2, 3, 2), array(2, 3))),
    ],
    "np.vsplit(ary, indices_or_sections)": [call(array(4, 3), 2), call(array(4, 3, 2), [1])],
    "np.hsplit(ary, indices_or_sections)": [
        call(array(6), 3),
        call(array(2, 6), 3),
        call(array(2, 6), [1, 4]),
    ],
    "np.dsplit(ary, indices_or_sections)": [call(array(2, 3, 4), 2), call(array(2, 3, 4), [1, 3])],
    "np.select(condlist, choicelist, default=0)": [
        call([A > 0.5, A > 0], [A, 2.0 * A]),
        call([A > 0], [array(4)], default=1.5),
        call([A > 0.5, A > 0], [A, Known(2)], default=0.5),
    ],
    "np.real_if_close(a, tol=100)": [call(A), call(0.5)],
    "np.ndim(x)": [call(A), call(0.5)],
    "np.diag_indices(n, ndim=2)": [call(3), call(2, ndim=3)],
    "np.meshgrid(*xi, indexing='xy')": [
        call(array(3), array(4)),
        call(array(3), array(4), indexing="ij"),
        call(array(2), array(3), array(4)),
        call(array(3)),
    ],
    "np.nonzero(a)": [call(array(4) > 0), call(A > 0), call(array(2, 3, 2) > 0)],
    "np.ix_(*args)": [
        call(np.array([2, 0]), np.array([1, 3, 1])),
        call(np.array([True, False, True]), np.array([1, 0])),
        call([2, 0], RunTimeList([1, 3, 1])),
        call(np.array([2, 0])),
    ],
    "np.linalg.slogdet(a)": [call(matrix(3, 3))],
    "np.histogram(a, bins=10, range=None, density=None, weights=None)": [
        call(array(7), 5, weights=array(7, low=0.1)),
        call(array(7), 5, weights=array(7, low=0.1), density=True),
        call(array(7), 4, density=True),
        call(array(7), 5),
    ],
    "np.linalg.eigh(a, UPLO='L')": [
        call(definite(3)),
        call(np.stack([definite(3), 2 * definite(3)])),
        call(matrix(3, 3), UPLO="U"),
    ],
    "np.linalg.svd(a, full_matrices=True, compute_uv=True, hermitian=False)": [
        call(A),
        call(A.T, full_matrices=False),
        call(A, compute_uv=False),
    ],
    "np.linalg.qr(a, mode='reduced')": [call(A.T), call(A), call(A, mode="r")],
    "np.linalg.matrix_power(a, n)": [call(matrix(3, 3), Known(n)) for n in (1, 2, 3, 5, 6, -1, -3)],
    "np.ndarray(shape, dtype=None)": [],
    "np.ptp(a, axis=None, keepdims=False)": [call(A), call(A, axis=1), call(A, axis=0, keepdims=True)],
}
EXPANDED.update(EXPANSIONS)
# written by the printer or kept for their effect; tested with the passes that make them
STRUCTURAL = {
    # factors of a matrix, which move with it: tests/programs/factors.py takes matrices apart
    "eigensystem(a)",
    "upper_eigensystem(a)",
    "lstsq_of(a, b, rcond)",
    "least_squares(a, b, e)",
    "squared_residuals(a, b, e)",
    "lstsq_rank(e)",
    "lstsq_values(a, e)",
    "eigenvalues(a, e)",
    "eigenvectors(a, e)",
    "svd_of(a, full)",
    "thin(e)",
    "leading(e)",
    "left_vectors(a, e)",
    "singular_values(a, e)",
    "right_vectors(a, e)",
    "qr_of(a)",
    "tall(e)",
    "q_factor(a, e)",
    "r_factor(a, e)",
    "copied(x)",
    "print(*args)",
    "str(x)",
    "repr(x)",
    "list_append(items, v)",
    "list_insert(items, i, v)",
    "list_pop_at(items, i)",
    "list_set(items, i, v)",
    "list_pop(items)",
    "list_each(items)",
    "list_make(items)",
    "record(items)",
    "field(items, k)",
    "record_with(x, k, c)",
}

# row, arguments, and the derivative by each operand where it is a convention or a limit
EDGES: list[tuple[str, tuple[Any, ...], tuple[Any, ...]]] = [
    ("abs(x)", (0.0,), (0.0,)),
    ("np.absolute(x)", (np.zeros(2),), (np.zeros(2),)),
    ("np.fabs(x)", (0.0,), (0.0,)),
    ("math.fabs(x)", (0.0,), (0.0,)),
    ("np.absolute(x)", (np.zeros(2, complex),), (np.zeros(2),)),
    ("np.maximum(x, y)", (np.ones(2), np.ones(2)), ([0.5, 0.5], [0.5, 0.5])),
    ("np.minimum(x, y)", (np.ones(2), 1.0), ([0.5, 0.5], 1.0)),
    ("np.maximum(x, y)", (np.array([-1.0, 0.0, 2.0]), Known(0)), ([0.0, 0.5, 1.0],)),
    ("np.maximum(x, y)", (Known(1.0), np.array([-1.0, 1.0, 2.0])), (None, [0.0, 0.5, 1.0])),
    ("np.minimum(x, y)", (np.array([-1.0, 0.0, 2.0]), Known(0)), ([1.0, 0.5, 0.0],)),
    (
        "np.clip(a, a_min, a_max)",
        (np.array([-1.0, 1.0, 2.0, 3.0, 4.0]), Known(1), Known(3.0)),
        ([0.0, 0.5, 1.0, 0.5, 0.0],),
    ),
    ("max(x, y)", (1.0, 1.0), (0.5, 0.5)),
    ("min(x, y)", (1.0, 1.0), (0.5, 0.5)),
    ("np.fmax(x, y)", (np.array([np.nan, 1.0]), np.array([1.0, 1.0])), ([0.0, 0.5], [1.0, 0.5])),
    (
        "np.clip(a, a_min, a_max)",
        (np.array([-1.0, 1.0, 2.0, 3.0, 4.0]), 1.0, 3.0),
        ([0.0, 0.5, 1.0, 0.5, 0.0], 1.5, 1.5),
    ),
    ("np.hypot(x, y)", (np.zeros(2), np.zeros(2)), (np.zeros(2), np.zeros(2))),
    ("np.max(a, axis=None, keepdims=False, initial=None)", (np.array([1.0, 3.0, 3.0]),), ([0.0, 0.5, 0.5],)),
    (
        "np.min(a, axis=None, keepdims=False, initial=None)",
        (np.array([[1.0, 1.0], [2.0, 3.0]]), Known(1)),
        ([[0.5, 0.5], [1.0, 0.0]],),
    ),
    ("np.std(a, axis=None, dtype=None, ddof=0, keepdims=False)", (np.ones(4),), (np.zeros(4),)),
    ("np.linalg.norm(x, ord=None, axis=None, keepdims=False)", (np.zeros(3),), (np.zeros(3),)),
    (
        "np.linalg.norm(x, ord=None, axis=None, keepdims=False)",
        (np.zeros((2, 3)), Known(None), Known(1)),
        (np.zeros((2, 3)),),
    ),
    (
        "np.linalg.norm(x, ord=None, axis=None, keepdims=False)",
        (np.array([1.0, -1.0]), Known(INF)),
        ([0.5, -0.5],),
    ),
    ("np.prod(a, axis=None, dtype=None, keepdims=False)", (np.array([0.0, 2.0, 3.0]),), ([6.0, 0.0, 0.0],)),
    ("x ** y", (0.0, Known(0)), (0.0,)),
    ("x ** y", (0.0, Known(2)), (0.0,)),
    ("x ** y", (0.0, 2.0), (0.0, 0.0)),
    ("x ** y", (0.0, 1.0), (1.0, 0.0)),
    ("x ** y", (0.0, 0.5), (INF, 0.0)),
    ("x ** y", (0.0, Known(0.5)), (INF,)),
    ("x ** y", (np.array([0.0, -2.0]), Known(3)), ([0.0, 12.0],)),
    ("x ** y", (np.array([0.0, -2.0]), np.float64(0.0)), ([0.0, 0.0], None)),
    ("np.power(x, y)", (np.array([-2.0, 3.0]), Known(-2)), ([0.25, -2 / 27],)),
    ("math.sqrt(x)", (0.0,), (INF,)),
    ("math.asin(x)", (1.0,), (INF,)),
    ("math.hypot(*coordinates)", (0.0, 0.0), ((0.0, 0.0),)),
    ("np.sinc(x)", (np.zeros(2),), (np.zeros(2),)),
    (
        "np.where(condition, x, y)",
        (np.array([True, False]), np.ones(2), np.full(2, INF)),
        ([1.0, 0.0], [0.0, 1.0]),
    ),
]
