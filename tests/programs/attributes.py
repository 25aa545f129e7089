"""Attributes of arrays that are set: the shape of an object, and the parts of complex numbers."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"

from functools import partial

import numpy as np

from tests.programs.program import Program, draw, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS, autograd=False)


def reshaped_in_place(x):
    y = x * x
    same, view = y, y[1:]
    box = {"y": [y]}
    y.shape = (2, -1)
    same[0, 1] = 5.0 * x[0]
    return y @ box["y"][0][0] + np.sum(view) * same[1, 0], view * 2.0


add(reshaped_in_place, (draw(6),), holomorphic=True, features="shape=, aliases, views")


def several_at_once(x):
    a, b = x * 2.0, np.stack([x[:3], x[3:]])
    a.shape = b.shape = b.size
    a.shape += (1,)
    return a * b


add(several_at_once, (draw(6),), holomorphic=True, features="shape=, chained, op=")


def row_as_a_column(x):
    y = x * 3.0
    row = y[0]
    row.shape = (3, 1)
    row[1, 0] = x[1, 2] ** 2
    return y * row.sum()


add(row_as_a_column, (draw(2, 3),), holomorphic=True, features="shape=, views, writes")


def as_matrix(v):
    found = v**2
    found.shape = (2, 3)
    return found


def reshaped_in_a_callee_and_a_loop(x):
    total = as_matrix(x)
    for k in range(1, 3):
        part = x * k
        part.shape = (2, 3)
        total = total + np.sin(part)
    return total


add(reshaped_in_a_callee_and_a_loop, (draw(6),), features="shape=, callee, for")


def escape_times(x, y):
    rows, columns = np.mgrid[0:2, 0:3]
    c = x[rows] + y[columns] * 1j
    last = np.zeros(c.shape, dtype=np.complex128)
    rows.shape = columns.shape = c.shape = 6
    z = np.zeros(c.shape, np.complex128)
    for _ in range(5):
        if not len(z):
            break
        np.multiply(z, z, z)
        np.add(z, c, z)
        outside = abs(z) > 1.4
        last[rows[outside], columns[outside]] = z[outside]
        np.logical_not(outside, outside)
        z, c = z[outside], c[outside]
        rows, columns = rows[outside], columns[outside]
    return np.abs(last.T) ** 2


add(escape_times, (draw(2), draw(3)), float32=False, features="shape=, np.mgrid, complex numbers")


def integer_grids(x):
    i, j = np.ogrid[0:2, 1:4]
    rows, _ = np.mgrid[:2, 0:3]
    return x * i + j * rows * x[0, 0] + np.mgrid[0 : x.shape[1]] * x


add(integer_grids, (draw(2, 3),), holomorphic=True, features="np.ogrid, np.mgrid")


def parts_are_set(x, y):
    z = np.zeros(4, complex)
    z.real = x
    z.imag = y * y
    z[1:3].imag = 0.5
    z.imag *= x
    return np.abs(z * z) + z.real


add(parts_are_set, (draw(4), draw(4, seed=1)), float32=False, features="real=, imag=, op=")


def parts_are_views(x):
    z = x * (1.0 + 2.0j)
    real, imaginary = z.real, z.imag
    real[0] = x[1] ** 2
    z[1:3] = x[2] * 1j
    imaginary *= x
    z.real[2:] += x[:2]
    return np.abs(z) ** 2 + real * 2.0, imaginary


add(parts_are_views, (draw(4),), float32=False, features="array.real, array.imag, views, writes")


def without_phase(x):
    z = np.fft.rfft(x)
    z.imag = 0.0
    z[2:].real *= 0.5
    return np.fft.irfft(z, 6)


add(without_phase, (draw(6),), float32=False, features="imag=, np.fft")


def real_part_of_reals(x):
    y = x * 2.0
    y.real[0] = x[1] ** 2
    return y


add(real_part_of_reals, (draw(4),), features="array.real, writes")
