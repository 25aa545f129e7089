"""The few helpers that emitted code may call; each is written out with the code that calls it.

In and out: run-time numbers, arrays, lists and tuples. Every helper stands alone on NumPy and on helpers
of these files, so that its source can be copied as it is. Not for anything that the compiler can decide.
"""
# The sources are printed with the emitted code, so they carry no types, and a docstring may start with the
# name of a variable as it is spelt.
# mypy: disable-error-code="no-untyped-call"
# ruff: noqa: D403

from __future__ import annotations

import math

import numpy as np


def unbroadcast(c, x):  # type: ignore[no-untyped-def]
    """Sum c, which has the shape of an expression that x was broadcast in, down to the shape of x."""
    if type(c) is type(x) is np.ndarray and c.shape == x.shape:
        return c
    shape = np.shape(x)
    if np.shape(c) == shape:
        return c
    c = np.asarray(c)
    if c.ndim < len(shape):
        c = c.reshape((1,) * (len(shape) - c.ndim) + c.shape)
    elif any(n not in (1, m) for n, m in zip(shape[::-1], c.shape[::-1], strict=False)):
        raise ValueError(f"could not broadcast input array from shape {shape} into shape {c.shape}")
    c = c.sum(axis=tuple(range(c.ndim - len(shape))))
    kept = tuple(k for k, n in enumerate(shape) if n == 1 != c.shape[k])
    return c.sum(axis=kept, keepdims=True) if kept else c


def copied(x):  # type: ignore[no-untyped-def]
    """A copy of an array; what is a number or None as it is."""
    return x.copy() if hasattr(x, "copy") else x


def spread(c, x):  # type: ignore[no-untyped-def]
    """Broadcast c to the shape of x."""
    if type(c) is type(x) is np.ndarray and c.shape == x.shape:
        return c
    shape = np.shape(x)
    return c if c is None or np.shape(c) == shape else np.broadcast_to(c, shape)


def last_read(x, i):  # type: ignore[no-untyped-def]
    """x[i], and zero where i names an element again further on: what writing x[i] = v has kept of v."""
    found = x[i]
    count = np.arange(found.size).reshape(found.shape)
    last = np.empty(x.shape, int)
    last[i] = count
    return np.where(last[i] == count, found, 0)


def fit(x, shape):  # type: ignore[no-untyped-def]
    """Raise if an array cannot be broadcast to a shape, which it mostly has."""
    if x.shape != shape:
        np.broadcast_to(x, shape)


def summable(shape, other, axes):  # type: ignore[no-untyped-def]
    """Raise if arrays of two shapes cannot be summed over axes, as np.tensordot does it."""
    if isinstance(axes, int):
        left, right = shape[len(shape) - axes :], other[:axes]
    else:
        first, second = ([k] if isinstance(k, int) else k for k in axes)
        left, right = tuple(shape[k] for k in first), tuple(other[k] for k in second)
    if left != right:
        raise ValueError("shape-mismatch for sum")


def add_at(x, i, c):  # type: ignore[no-untyped-def]
    """np.add.at(x, i, c), which is quickest with one array of integers for each element that is added to."""
    places = i if isinstance(i, tuple) else (i,)
    integers = all(isinstance(k, np.ndarray) and k.dtype.kind in "iu" and k.size > 0 for k in places)
    if np.size(c) < 1000 or not integers or not x.flags.c_contiguous or len(places) > x.ndim:
        return np.add.at(x, i, c)
    flat = np.zeros((), np.intp)
    for k, n in zip(places, x.shape, strict=False):
        low, high = k.min(), k.max()
        if low < -n or high >= n:
            return np.add.at(x, i, c)  # raises
        k = k.astype(np.intp, copy=False)
        flat = flat * n + (k if low >= 0 else np.where(k < 0, k + n, k))
    rest = x.shape[len(places) :]
    c = np.broadcast_to(c, flat.shape + rest)
    if rest:
        flat = flat[..., None] * math.prod(rest) + np.arange(math.prod(rest))
    return np.add.at(x.reshape(-1), flat.reshape(-1), c.reshape(-1))


def apart(written, others):  # type: ignore[no-untyped-def]
    """Raise if an array that is written into is read-only, or shares memory with another argument."""
    for k, array in enumerate(written):
        if not array.flags.writeable:
            raise ValueError("the function writes into an argument that is read-only")
        for other in (*written[:k], *others):
            if isinstance(other, np.ndarray) and np.may_share_memory(array, other):
                raise ValueError(
                    "the function writes into an argument that shares memory with another one: pass copies"
                )


def enough_snapshots(steps):  # type: ignore[no-untyped-def]
    """The fewest snapshots of a loop that computes no step more than twice: about sqrt(2 * steps)."""
    return max((math.isqrt(8 * max(steps, 0) + 1) - 1) // 2, 1)


def next_snapshot(start, stop, most, taken):  # type: ignore[no-untyped-def]
    """The step at which a loop takes its next snapshot on the way from `start` to `stop`; `stop` if at none.

    One is taken at `start`; of `most` there may be, `taken` are held already. So placed, the fewest steps are
    computed again: with s snapshots, r times each, up to C(s + r, s) steps can be gone through backwards
    (A. Griewank and A. Walther, ACM Transactions on Mathematical Software 26, 2000).
    """
    steps, free = stop + 1 - start, most - taken
    if free == 1:
        return stop
    r = 1
    while math.comb(free + r, r) < steps:
        r += 1
    return start + min(math.comb(free + r - 1, r - 1), steps - math.comb(free + r - 2, r - 1))


def ordered(array):  # type: ignore[no-untyped-def]
    """Raise if the elements of an argument do not lie one after the other, as those of a new array do."""
    if not array.flags.c_contiguous:
        raise ValueError("the function writes into an argument through a view that only C order allows")


def together(part, array):  # type: ignore[no-untyped-def]
    """Raise if an argument is not that part of another one which it was when the code was made."""
    start, other = (x.__array_interface__["data"][0] for x in (part, array))
    axes = zip(part.shape, part.strides, array.strides, strict=False)
    if start != other or part.shape != array.shape or any(n > 1 and s != t for n, s, t in axes):
        raise ValueError(
            "the function writes into arguments that share other memory than those it was made for"
        )


def agree(whole, part):  # type: ignore[no-untyped-def]
    """Raise if two tangents of one array differ."""
    if not np.array_equal(whole, part, equal_nan=True):
        raise ValueError("the tangents of arguments that share memory have to agree")


def zeros_of(x):  # type: ignore[no-untyped-def]
    """Zeros of the structure, shape and dtype of x, integers counting as floats."""
    if isinstance(x, (list, tuple)):
        return type(x)([zeros_of(item) for item in x])
    if x is None:
        return None
    if isinstance(x, (np.ndarray, np.generic)):
        zeros = np.zeros(x.shape, np.result_type(x.dtype, np.float16) if x.dtype.kind in "biu" else x.dtype)
        return zeros if isinstance(x, np.ndarray) else zeros[()]
    return 0j if isinstance(x, complex) else 0.0


def added(a, b):  # type: ignore[no-untyped-def]
    """The sum of two adjoints of one structure."""
    if a is None or b is None:
        return a if b is None else b  # a path without it adds nothing
    if isinstance(a, (list, tuple)):
        return type(a)([added(x, y) for x, y in zip(a, b, strict=True)])
    return a + b


def like(c, x):  # type: ignore[no-untyped-def]
    """c with the shape, dtype and kind of x, in memory of its own."""
    if x is None:
        return None
    if isinstance(x, list):
        return [like(c_item, x_item) for c_item, x_item in zip(c, x, strict=True)]
    if isinstance(x, (np.ndarray, np.generic)):
        c = np.real(c) if x.dtype.kind == "f" else c
        result = np.array(np.broadcast_to(c, x.shape), dtype=x.dtype)
        return result if isinstance(x, np.ndarray) else result[()]
    return complex(c) if isinstance(x, complex) else float(np.real(c))


def log_or_zero(x):  # type: ignore[no-untyped-def]
    """log(x), and 0 where x is 0: the factor of x ** y in its derivative by y."""
    if isinstance(x, np.ndarray):
        return np.log(np.where(x == 0, 1, x))
    if isinstance(x, (float, int)) and not isinstance(x, np.generic):
        return math.log(x) if x > 0 else 0.0 if x == 0 else math.nan
    return np.log(x) if x != 0 else x * 0


def share(x, y, z):  # type: ignore[no-untyped-def]
    """exp(x - z), the share of exp(x) in exp(z) = exp(x) + exp(y); of infinities that are equal, one half."""
    if np.all(np.isfinite(z)):
        return np.exp(x - z)
    with np.errstate(invalid="ignore"):
        part = np.exp(x - z)
    return np.where(np.isinf(z) & (x == z), np.where(x == y, 0.5, 1.0), part).astype(part.dtype)[()]


def castable(v, a):  # type: ignore[no-untyped-def]
    """v, which is put into a in place: NumPy refuses what it has to make a number of another kind of."""
    have, want = np.asarray(v).dtype, a.dtype
    if not np.can_cast(have, want, "same_kind"):
        raise TypeError(f"cannot cast from {have!r} to {want!r} with casting rule 'same_kind'")
    return v


def as_stored(v, k):  # type: ignore[no-untyped-def]
    """v, which is put into an array: k is 0.0 if that keeps integers of it, which have no derivative."""
    return v


def holds_floats(a):  # type: ignore[no-untyped-def]
    """1.0 for an array of floats or complex numbers, 0.0 for one of integers."""
    return 1.0 if a.dtype.kind in "fc" else 0.0


def power_less(x, y, k):  # type: ignore[no-untyped-def]
    """x ** (y - k), which the k-th derivative of x ** y is a multiple of; 0 at x = 0 if that multiple is."""
    if isinstance(x, np.ndarray) or isinstance(y, np.ndarray):
        gone = (x == 0) & (y >= 0) & (y < k) & (y == np.floor(y))
        return np.power(np.where(gone, 1, x), y - k) * ~gone
    if x == 0 and y < k:
        return 0.0 if y >= 0 and y == math.floor(y) else math.inf
    return x ** (y - k)


def sign(x):  # type: ignore[no-untyped-def]
    """-1.0, 0.0 or 1.0 (NaN for NaN), as a Python number."""
    return x if x != x else float(x > 0) - float(x < 0)


def outer_products(terms, x):  # type: ignore[no-untyped-def]
    """The sum of outer products like x, each of two vectors and, if it has one, with its place in it."""
    whole = slice(None), slice(None)
    left, right = (np.zeros((len(terms), n), x.dtype) for n in x.shape)
    for k, (u, v, *place) in enumerate(terms):
        rows, columns = place or whole
        left[k, rows], right[k, columns] = u, v
    with np.errstate(all="ignore"):
        total = left.T @ right
    if not np.isfinite(total).all():
        # the zeros beside a slice have met infinity
        total = np.zeros_like(x)
        for u, v, *place in terms:
            total[tuple(place)] += np.outer(u, v)
    return total


def matmul_left(z_bar, x, y):  # type: ignore[no-untyped-def]
    """The adjoint of x in z = x @ y, for operands of any rank."""
    if np.ndim(y) == 1:
        return unbroadcast(np.multiply.outer(z_bar, y), x)
    if np.ndim(x) == 1:
        return unbroadcast((y @ np.asarray(z_bar)[..., None])[..., 0], x)
    return unbroadcast(z_bar @ np.swapaxes(y, -1, -2), x)


def matmul_right(z_bar, x, y):  # type: ignore[no-untyped-def]
    """The adjoint of y in z = x @ y, for operands of any rank."""
    if np.ndim(x) == 1:
        return unbroadcast(x[:, None] * np.asarray(z_bar)[..., None, :] if np.ndim(y) > 1 else x * z_bar, y)
    if np.ndim(y) == 1:
        return unbroadcast((np.swapaxes(x, -1, -2) @ np.asarray(z_bar)[..., None])[..., 0], y)
    return unbroadcast(np.swapaxes(x, -1, -2) @ z_bar, y)


def record_with(x, k, c):  # type: ignore[no-untyped-def]
    """The adjoint of a record x that is zero but for c at place k."""
    return tuple([c if n == k else zeros_of(item) for n, item in enumerate(x)])


def inverse(x):  # type: ignore[no-untyped-def]
    """1 / x, and infinity at 0, as NumPy has it."""
    return 1 / x if x != 0 else math.inf


def inverse_or_zero(x):  # type: ignore[no-untyped-def]
    """1 / x, and 0 at 0."""
    return 1 / x if x != 0 else 0.0


def ratio(x, y):  # type: ignore[no-untyped-def]
    """x / y, and 0 where y is 0."""
    return x / y if y != 0 else 0.0


def polygamma(n, x):  # type: ignore[no-untyped-def]
    """The n-th derivative of digamma: a recurrence up to large x, there the asymptotic series."""
    sign, factorial, total = (-1.0) ** (n + 1), math.factorial(n), 0.0
    while x < n + 16:
        total += factorial / x ** (n + 1)
        x += 1.0
    total += factorial / (2 * x ** (n + 1)) + (math.factorial(n - 1) / x**n if n else -math.log(x))
    numbers = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
    for k, bernoulli in enumerate(numbers, 1):
        total += bernoulli * math.factorial(2 * k + n - 1) / (math.factorial(2 * k) * x ** (2 * k + n))
    return sign * total


def sinc_derivative(x, n):  # type: ignore[no-untyped-def]
    """The n-th derivative of np.sinc: a power series near 0, else a recurrence; in double precision."""
    u = np.pi * np.asarray(x, np.result_type(x, np.float64))
    near = np.abs(u) < n + 3
    small, large = np.where(near, u, 0.0), np.where(near, 1.0, u)
    series = np.zeros_like(small)
    for k in range((n + 1) // 2, n + 24):
        series += (-1) ** k * small ** (2 * k - n) / ((2 * k + 1) * float(math.factorial(2 * k - n)))
    value = np.sin(large) / large
    for k in range(1, n + 1):
        value = (np.sin(large + k * np.pi / 2) - k * value) / large
    dtype = np.result_type(np.asarray(x).dtype, np.float16)
    return (np.where(near, series, value) * np.pi**n).astype(dtype)[()]


def prod_of_others(x):  # type: ignore[no-untyped-def]
    """For each element, the product of all others along the last axis; exact with zeros."""
    x = np.asarray(x)
    one = np.ones_like(x[..., :1])
    before = np.cumprod(np.concatenate([one, x[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([one, x[..., :0:-1]], axis=-1), axis=-1)
    return before * after[..., ::-1]


def split_like(c, items, axis):  # type: ignore[no-untyped-def]
    """A list of the parts of c, which has the shape of the concatenation of the items."""
    if axis is None:
        stops = np.cumsum([np.size(item) for item in items])[:-1]
        parts = np.split(c, stops)
        return [np.reshape(part, np.shape(item)) for part, item in zip(parts, items, strict=True)]
    stops = np.cumsum([np.shape(item)[axis] for item in items])[:-1]
    return np.split(c, stops, axis=axis)


def list_with_slice(x, i, c):  # type: ignore[no-untyped-def]
    """The adjoint of a list x that is zero but for the items c at the slice i."""
    result = [zeros_of(item) for item in x]
    result[i] = c
    return result


def unbroadcast_each(c, x):  # type: ignore[no-untyped-def]
    """The adjoint of a list x in sum(x): c, summed to the shape of each item."""
    return [unbroadcast(c, item) for item in x]


def untile(c, x, reps):  # type: ignore[no-untyped-def]
    """The adjoint of x in np.tile(x, reps): the sum of the copies."""
    reps = np.atleast_1d(reps)
    shape = np.shape(x)
    rank = max(len(reps), len(shape))
    counts = (1,) * (rank - len(reps)) + tuple(int(r) for r in reps)
    lengths = (1,) * (rank - len(shape)) + shape
    pairs = [n for pair in zip(counts, lengths, strict=True) for n in pair]
    return np.reshape(np.reshape(c, pairs).sum(axis=tuple(range(0, 2 * rank, 2))), shape)


def unrepeat(c, x, repeats, axis):  # type: ignore[no-untyped-def]
    """The adjoint of x in np.repeat(x, repeats, axis): the sum of the copies."""
    flat = np.reshape(x, -1) if axis is None else np.moveaxis(np.asarray(x), axis, 0)
    c = c if axis is None else np.moveaxis(c, axis, 0)
    result = np.zeros(flat.shape, c.dtype)
    np.add.at(result, np.repeat(np.arange(len(flat)), repeats), c)
    return np.reshape(result, np.shape(x)) if axis is None else np.moveaxis(result, 0, axis)


def resized(c, x, axis):  # type: ignore[no-untyped-def]
    """c, cut off or filled up with zeros along an axis to the length of x."""
    length, wanted = np.shape(c)[axis], np.shape(x)[axis]
    if length >= wanted:
        return np.moveaxis(np.moveaxis(c, axis, 0)[:wanted], 0, axis)
    widths = [(0, 0)] * np.ndim(c)
    widths[axis] = (0, wanted - length)
    return np.pad(c, widths)


def half_weights(z, axis):  # type: ignore[no-untyped-def]
    """How often each frequency of a real signal z counts: once at the ends, twice between them."""
    n = np.shape(z)[axis]
    weights = np.full(n // 2 + 1, 2.0, np.asarray(z).dtype)
    weights[0] = 1.0
    if n % 2 == 0:
        weights[-1] = 1.0
    shape = [1] * np.ndim(z)
    shape[axis] = -1
    return np.reshape(weights, shape)


def unpad(c, pad_width, mode="constant"):  # type: ignore[no-untyped-def]
    """The adjoint of x in np.pad(x, pad_width, mode): c without the border, which goes to what it shows."""
    widths = ((pad_width, pad_width),) * np.ndim(c)
    if not isinstance(pad_width, int):
        widths = np.broadcast_to(pad_width, (np.ndim(c), 2)).tolist()
    for axis, (before, after) in enumerate(widths):
        n = c.shape[axis] - before - after
        c = np.moveaxis(c, axis, 0) if axis else c
        inner, first, last = c[before : before + n], c[:before], c[before + n :]
        if mode != "constant" and before + after > 0:
            inner = inner.copy()
        if mode == "edge" and before > 0:
            inner[0] += first.sum(axis=0)
        if mode == "edge" and after > 0:
            inner[-1] += last.sum(axis=0)
        if mode not in ("constant", "edge") and before + after > 0:
            places = np.pad(np.arange(n), (before, after), mode=mode)
            np.add.at(inner, places[:before], first)
            np.add.at(inner, places[before + n :], last)
        c = np.moveaxis(inner, 0, axis) if axis else inner
    return c


def undiff(c, axis):  # type: ignore[no-untyped-def]
    """The adjoint of x in np.diff(x, axis=axis): what each element gave to the differences on its sides."""
    front = (slice(None),) * (axis % np.ndim(c))
    x_bar = np.empty([n + (k == len(front)) for k, n in enumerate(np.shape(c))], c.dtype)
    x_bar[(*front, 0)] = 0
    x_bar[(*front, slice(1, None))] = c
    x_bar[(*front, slice(None, -1))] -= c
    return x_bar


def kron_left(c, a, b):  # type: ignore[no-untyped-def]
    """The adjoint of a in np.kron(a, b)."""
    rank = max(np.ndim(a), np.ndim(b))
    lengths = [(1,) * (rank - np.ndim(x)) + np.shape(x) for x in (a, b)]
    blocks = np.reshape(c, [n for pair in zip(*lengths, strict=True) for n in pair])
    weights = np.reshape(b, [n for k in lengths[1] for n in (1, k)])
    return np.reshape((blocks * weights).sum(axis=tuple(range(1, 2 * rank, 2))), np.shape(a))


def kron_right(c, a, b):  # type: ignore[no-untyped-def]
    """The adjoint of b in np.kron(a, b)."""
    rank = max(np.ndim(a), np.ndim(b))
    lengths = [(1,) * (rank - np.ndim(x)) + np.shape(x) for x in (a, b)]
    blocks = np.reshape(c, [n for pair in zip(*lengths, strict=True) for n in pair])
    weights = np.reshape(a, [n for k in lengths[0] for n in (k, 1)])
    return np.reshape((blocks * weights).sum(axis=tuple(range(0, 2 * rank, 2))), np.shape(b))


def histogram_of(a, bins, range, weights):  # type: ignore[no-untyped-def]
    """The counts of np.histogram, or the sums of weights, without the edges."""
    return np.histogram(a, bins, range, weights=weights)[0]


def histogram_edges(a, bins, range):  # type: ignore[no-untyped-def]
    """The edges of np.histogram."""
    return np.histogram_bin_edges(a, bins, range)


def histogram_read(c, a, bins, range):  # type: ignore[no-untyped-def]
    """For each element of a, the element of c at its bin; 0 for what lies in none."""
    edges = np.histogram_bin_edges(a, bins, range)
    places = np.searchsorted(edges, a, side="right") - 1
    # the last bin is closed on both sides
    places = np.where(a == edges[-1], len(c) - 1, places)
    inside = (places >= 0) & (places < len(c))
    return np.where(inside, c[np.where(inside, places, 0)], 0)


def from_diagonal(c, x, offset, axis1, axis2):  # type: ignore[no-untyped-def]
    """Zeros of the shape of x with c on the diagonal that np.diagonal(x, offset, axis1, axis2) reads."""
    c = np.asarray(c)
    result = np.zeros(np.shape(x), c.dtype)
    view = np.moveaxis(result, (axis1, axis2), (-2, -1))
    rows, columns = view.shape[-2:]
    n = max(min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns), 0)
    k = np.arange(n)
    view[..., k - min(offset, 0), k + max(offset, 0)] = c
    return result


def add_along_axis(x, i, c, axis):  # type: ignore[no-untyped-def]
    """The adjoint of x in np.take_along_axis(x, i, axis)."""
    result = np.zeros(np.shape(x), np.asarray(c).dtype)
    places = list(np.ogrid[tuple(slice(n) for n in np.shape(i))])
    places[axis] = i
    add_at(result, tuple(places), c)
    return result


def put_back(c, order, axis):  # type: ignore[no-untyped-def]
    """The array from which np.take_along_axis takes c in the given order of its elements."""
    result = np.empty(np.shape(c), np.asarray(c).dtype)
    np.put_along_axis(result, order, c, axis)
    return result


def dot_left(z_bar, x, y):  # type: ignore[no-untyped-def]
    """The adjoint of x in z = np.dot(x, y), for operands of any rank."""
    if np.ndim(x) == 0 or np.ndim(y) == 0:
        return unbroadcast(z_bar * y, x)
    kept = np.ndim(x) - 1
    left = tuple(range(kept, np.ndim(z_bar)))
    right = (*range(np.ndim(y) - 2), np.ndim(y) - 1) if np.ndim(y) > 1 else ()
    return np.tensordot(z_bar, y, axes=(left, right))


def dot_right(z_bar, x, y):  # type: ignore[no-untyped-def]
    """The adjoint of y in z = np.dot(x, y), for operands of any rank."""
    if np.ndim(x) == 0 or np.ndim(y) == 0:
        return unbroadcast(z_bar * x, y)
    kept = tuple(range(np.ndim(x) - 1))
    found = np.tensordot(x, z_bar, axes=(kept, kept))
    return np.moveaxis(found, 0, -2) if np.ndim(y) > 1 else found


def rebuilt(cls, **attributes):  # type: ignore[no-untyped-def]
    """An instance of cls with the given attributes, made without running its constructor."""
    new = object.__new__(cls)
    for name, value in attributes.items():
        object.__setattr__(new, name, value)
    return new


def one_number(x):  # type: ignore[no-untyped-def]
    """x, which has to have one element for a gradient."""
    if x is None or np.size(x) != 1:
        raise TypeError(
            f"a gradient needs a function that returns one number, not an array of shape {np.shape(x)}: "
            "use jacobian, or vjp with a cotangent"
        )
    return x


def matching(c, x):  # type: ignore[no-untyped-def]
    """c, a tangent or cotangent of x, which has to have its shape."""
    if np.shape(c) != np.shape(x):
        raise TypeError(f"a tangent or cotangent of shape {np.shape(c)} for a value of shape {np.shape(x)}")
    return c


def nested_lists(c, depth):  # type: ignore[no-untyped-def]
    """An array's first axes as lists in lists."""
    return [nested_lists(item, depth - 1) for item in c] if depth else c


class watched:
    """A context manager that is not let hide an exception: what follows could not be differentiated."""

    def __init__(self, manager):  # type: ignore[no-untyped-def]
        self.manager = manager

    def __enter__(self):  # type: ignore[no-untyped-def]
        return self.manager.__enter__()

    def __exit__(self, kind, error, trace):  # type: ignore[no-untyped-def]
        if self.manager.__exit__(kind, error, trace) and error is not None:
            name = type(self.manager).__name__
            raise RuntimeError(f"{name} hid this exception, which a derivative cannot follow") from error
