"""Arguments on which rows for sequences, order statistics and NaNs are tested; the other rows' are in
`row_samples`."""

from __future__ import annotations

from typing import Any

import numpy as np
from row_calculus import Call, Known, call


def spaced(*shape: int, seed: int = 3) -> Any:
    """Numbers between -1.5 and 1.5, no two of them near each other."""
    n = int(np.prod(shape))
    grid = -1.5 + 3.0 * (np.random.default_rng(seed).permutation(n) + 0.37) / max(n, 1)
    return grid.reshape(shape)


def gaps(*shape: int) -> Any:
    """Such numbers, with NaNs among them."""
    x = spaced(*shape)
    x.ravel()[1::3] = np.nan
    return x


def single(made: Call) -> Call:
    """The same call in single precision."""
    args = [v.astype(np.float32) if isinstance(v, np.ndarray) and v.dtype == float else v for v in made.args]
    return Call(tuple(args), made.keywords)


X, Y = spaced(5), spaced(3, seed=4)
COMPLEX = X + 1j * spaced(5, seed=8), Y - 0.3j * spaced(3, seed=9)
KNOTS, VALUES = np.array([-1.0, -0.2, 0.3, 1.1]), np.array([0.4, -1.3, 0.8, 0.1])
A, C = spaced(3, 4), spaced(2, 3, 4)
MODES = ("full", "same", "valid")
PAIRS = [
    (X, Y),
    (Y, X),
    (spaced(4), Y),
    (Y, spaced(4)),
    (spaced(2), X),
    (X, spaced(2)),
    COMPLEX,
    COMPLEX[::-1],
]
ALONG: list[dict[str, Any]] = [{}, {"axis": 0}, {"axis": -1}, {"axis": (0, 1)}, {"axis": 1, "keepdims": True}]
REDUCED = [call(gaps(5)), *(call(gaps(3, 4), **k) for k in ALONG), call(gaps(2, 3, 4), axis=(0, -1))]
REDUCED += [single(made) for made in REDUCED]
LEVELS = [0.3, 0.5, 1.0, [0.1, 0.75], np.array([0.0, 0.4])]


def _times(q: Any) -> Any:
    return [100 * v for v in q] if isinstance(q, list) else 100 * q


def _quantiles(scale: Any, arrays: list[Any]) -> list[Call]:
    return [
        call(a, Known(scale(q)) if isinstance(q, float) else scale(q), **k) for a, k in arrays for q in LEVELS
    ]


WHOLE: list[Any] = [(X, {}), (spaced(4), {}), *((A, k) for k in ALONG), (C, {"axis": (0, 2)})]
PARTS: list[Any] = [(gaps(6), {}), *((gaps(3, 5), k) for k in ALONG), (X, {})]

SAMPLES: dict[str, list[Call]] = {
    "np.convolve(a, v, mode='full')": [call(a, v, mode=m) for a, v in PAIRS for m in MODES]
    + [single(call(X, Y))],
    "np.correlate(a, v, mode='valid')": [call(a, v, mode=m) for a, v in PAIRS for m in MODES]
    + [single(call(X, Y))],
    "convolve_back(c, x, y, mode)": [
        call(np.convolve(x, y, m)[::-1] + 0.1, x, y, m) for x, y in PAIRS for m in MODES
    ],
    "correlate_left(c, a, v, mode)": [
        call(np.correlate(x, y, m)[::-1] + 0.1, x, y, m) for x, y in PAIRS for m in MODES
    ],
    "correlate_right(c, a, v, mode)": [
        call(np.correlate(x, y, m)[::-1] + 0.1, x, y, m) for x, y in PAIRS for m in MODES
    ],
    "np.interp(x, xp, fp, left=None, right=None, period=None)": [
        call(X, KNOTS, VALUES),
        call(0.7, KNOTS, VALUES),
        call(A, KNOTS, VALUES, left=0.3),
        call(A, KNOTS, VALUES, left=Known(0.0), right=-0.2),
        call(np.array(0.1), KNOTS, VALUES, right=0.5),
        call(X, KNOTS, VALUES + 0.5j),
    ],
    "interp_slope(x, xp, fp)": [call(X, KNOTS, VALUES), call(0.7, KNOTS, VALUES), call(A, KNOTS, VALUES)],
    "interp_spread(c, x, xp)": [
        call(spaced(5, seed=6), X, KNOTS),
        call(0.4, 0.7, KNOTS),
        call(A * A, A, KNOTS),
    ],
    "interp_steps(c, x, xp)": [
        call(spaced(5, seed=6), X, KNOTS),
        call(0.4, 0.7, KNOTS),
        call(A * A, A, KNOTS),
    ],
    **{
        f"np.{name}.accumulate(array, axis=0)": [
            call(X),
            call(A),
            call(A, axis=1),
            call(C, axis=-2),
            single(call(X)),
        ]
        for name in ("maximum", "minimum")
    },
    "running_places(a, z, axis)": [
        call(X, np.maximum.accumulate(X), 0),
        call(A, np.maximum.accumulate(A, 1), 1),
    ],
    "np.add.reduceat(array, indices, axis=0, dtype=None)": [
        call(X, [0, 2, 3]),
        call(X, [3, 1, 1, 4]),
        call(A, np.array([0, 2]), axis=1),
        single(call(A, [0, 2])),
    ],
    "reduceat_back(c, x, indices, axis)": [call(Y, X, [0, 2, 3], 0), call(Y, X, np.array([3, 1, 4]), 0)],
    "np.bincount(x, weights=None, minlength=0)": [
        call(np.array([0, 2, 2, 1, 4])),
        call(np.array([0, 2, 2, 1, 4]), weights=X),
        call([1, 1, 0], weights=Y, minlength=5),
    ],
    "np.searchsorted(a, v, side='left', sorter=None)": [
        call(np.sort(X), 0.5),
        call(np.sort(X), Y, side="right"),
    ],
    "np.digitize(x, bins, right=False)": [call(X, KNOTS), call(0.2, KNOTS), call(A, KNOTS, right=True)],
    "np.argpartition(a, kth, axis=-1)": [call(X, 2), call(A, 1, axis=0), call(A, 1, axis=None)],
    "np.argwhere(a)": [call(A > 0), call(X)],
    "np.lexsort(keys, axis=-1)": [call((X, X[::-1])), call(A)],
    **{
        f"np.{prefix}median(a, axis=None, keepdims=False)": [call(a, **k) for a, k in arrays]
        + [single(call(X))]
        for prefix, arrays in (("", WHOLE), ("nan", PARTS))
    },
    **{
        f"np.{prefix}quantile(a, q, axis=None, method='linear', keepdims=False)": _quantiles(
            lambda q: q, arrays
        )
        for prefix, arrays in (("", WHOLE), ("nan", PARTS))
    },
    **{
        f"np.{prefix}percentile(a, q, axis=None, method='linear', keepdims=False)": _quantiles(_times, arrays)
        for prefix, arrays in (("", WHOLE), ("nan", PARTS))
    },
    "quantile_weights(a, q, axis)": [
        call(X, Known(0.3), None),
        call(A, [0.2, 0.5], 1),
        call(A, Known(0.5), (0, 1)),
    ],
    "masked_sum(a, axis, dtype, keepdims, initial, where)": [
        call(X, None, None, False, 0.0, X > 0),
        call(A, Known(1), None, Known(True), 1.5, A > 0),
        call(A, Known((0, 1)), None, False, Known(0), A[0] > 0),
        single(call(A, Known(0), None, False, Known(0), A > 0)),
    ],
    "from_parts(x, y)": [call(X, X * X), call(A, A[0]), call(A, 0.5), single(call(X, X * X))],
    "np.unwrap(p, discont=None, axis=-1)": [call(9.0 * X), call(7.0 * A, axis=0)],
    "np.lib.stride_tricks.sliding_window_view(x, window_shape, axis=None)": [
        call(X, 2),
        call(A, (2, 3)),
        call(A, 2, 1),
        call(C, (2, 1), (1, 2)),
        single(call(X, 2)),
    ],
    "windows_back(c, x, window_shape, axis)": [
        call(spaced(4, 2), X, 2, None),
        call(spaced(2, 2, 2, 3), A, (2, 3), None),
        call(spaced(3, 3, 2), A, 2, 1),
    ],
    **{f"unique_{name}(a)": [call(X)] for name in ("places", "inverse", "counts")},
    "np.nansum(a, axis=None, dtype=None, keepdims=False)": REDUCED,
    "np.nanmean(a, axis=None, dtype=None, keepdims=False)": REDUCED,
    **{
        f"np.{name}(a, axis=None, dtype=None, ddof=0, keepdims=False)": [
            *REDUCED,
            call(gaps(3, 4), axis=0, ddof=1),
            call(gaps(5), ddof=1),
            call(gaps(5) + 1j * spaced(5)),
        ]
        for name in ("nanvar", "nanstd")
    },
    **{f"np.{name}(a, axis=None, keepdims=False)": REDUCED for name in ("nanmax", "nanmin")},
    **{
        f"np.{name}(a, axis=None, keepdims=False)": [
            made for made in REDUCED if not isinstance(made.keywords.get("axis"), tuple)
        ]
        for name in ("nanargmax", "nanargmin")
    },
}

EXPANSIONS: dict[str, list[Call]] = {
    "np.nanprod(a, axis=None, dtype=None, keepdims=False)": REDUCED,
    **{
        f"np.{name}(a, axis=None, dtype=None)": [call(gaps(5)), call(gaps(3, 4)), call(gaps(3, 4), axis=1)]
        for name in ("nancumsum", "nancumprod")
    },
}
