"""Writes into what `reshape`, `ravel` and their kin give: views, copies, and what cannot be told."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"

from functools import partial

import numpy as np

from tests.programs.program import Program, draw, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS, autograd=False)

SQUARE = draw(4, 4)


def rows_taken_apart(a):
    m = a * 1.0
    flat = m[:2].reshape(8)
    flat[3] = m[3, 3]
    row = m[2, 1:].reshape(3, 1)
    row[0] *= 2.0
    block = m[1:3, :].ravel()
    block[1:3] += 1.0
    pairs = m[2:].reshape(2, 2, 2)
    for pair in pairs:
        pair[:, 0] *= m[0, 0]
    return m, flat, row, block


add(rows_taken_apart, (SQUARE,), features="reshape of slices of whole rows, written")


def copy_that_nobody_else_sees(a):
    c = a.T.reshape(-1)
    c[0] = 100.0 * c[1]
    for i in range(len(c) - 1):
        if c[i] > 0:
            c[i + 1] += c[i] * 0.5
    return c


add(copy_that_nobody_else_sees, (SQUARE,), features="reshape of a transposed array, written")


def heads_apart(a, w):
    out = (a @ w).reshape(2, 2, -1).transpose(0, 2, 1)
    np.maximum(out, 0.1, out=out)
    out[0] *= 2.0
    v = np.swapaxes(a * 2.0, 0, 1).reshape(2, 8)
    first = v[0]
    first += v[1]
    v.T[3] = 7.0 * first[0]
    return out, v, first


add(heads_apart, (SQUARE, draw(4, 3)), features="out= through reshape and transpose")


def square_in_a_loop(a):
    m = a.T * 1.0
    total = 0.0
    for i in range(3):
        m = (m.T + 1.0 * i).reshape(4, 4)
        m[i] *= 2.0
        total += m[0, 1]
    return total, m


add(square_in_a_loop, (SQUARE,), features="reshape of a transposed array in a loop, written")


def doubled_head(u):
    u[0] = u[1] * 2.0
    return u


def handed_to_a_writer(a, chosen):
    y = doubled_head(np.ravel((a * 2.0).T))
    z = doubled_head(y.reshape(2, 8).T.reshape(-1))
    v = a.T.reshape(-1) if chosen else a.ravel()
    w = (v * 1.0).reshape(4, 4).T.reshape(-1)
    if w[0] > 0.0:
        w[0] = w[1]
    return z * 2.0, w


add(
    handed_to_a_writer,
    (SQUARE, True),
    (-SQUARE, False),
    argnums=(0,),
    features="reshape handed to a function that writes",
)


def converted(x):
    a = x * 1.0
    same = np.asarray(a, dtype=np.float64)
    same[2] *= 2.0
    also = a.astype(float, copy=False)
    also[3] *= same[0]
    whole = np.ascontiguousarray(a)
    whole[1] = a[2] * 5.0
    apart = np.ascontiguousarray((a * 2.0)[::2])
    apart[0] = 3.0
    return a, same, also, apart


add(converted, (draw(6),), float32=False, features="conversions that give their operand back, written")


def results_in_order(a):
    sums = a.sum(axis=0).reshape(2, 2)
    sums[0] *= 2.0
    joined = np.concatenate([a, a * a]).reshape(-1)
    joined[3] = sums[0, 0]
    grown = np.exp(a).reshape(2, 8)
    grown[1, 1:] -= grown[0, :-1]
    return sums, joined, grown, a @ sums.reshape(4)


add(results_in_order, (SQUARE,), features="reshape of results in C order, written")


def imaginary_part_kept(x):
    z = x + 1j * x[::-1]
    real, imaginary = z.real, z.imag
    z[0] = x[1] * (2.0 + 1.0j)
    z *= 1.0 - 0.5j
    return real, imaginary, imaginary * real


add(imaginary_part_kept, (draw(6),), features="parts of a complex array that is written")
