"""NumPy's elementwise functions on arrays: every ufunc, broadcasting in every operator, mixed dtypes."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"

from functools import partial

import numpy as np

from tests.programs.program import Program, draw, positive, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)


def trigonometric(x):
    return np.sin(x) * np.cos(x) + np.tan(x) + np.arcsin(x / 2) - np.arccos(x / 3) * np.arctan(x)


add(trigonometric, (draw(5),), (0.3,), holomorphic=True, features="np.sin, np.cos, np.tan, np.arc*")


def hyperbolic(x):
    return np.sinh(x) + np.cosh(x) * np.tanh(x) - np.arcsinh(x) + np.arccosh(1.5 + x**2) * np.arctanh(x / 2)


add(hyperbolic, (draw(2, 3),), (0.3,), holomorphic=True, features="np.sinh, np.tanh, np.arc*h")


def exponentials(x):
    return np.exp(x) * np.expm1(x) + np.exp2(x) - np.log(x) * np.log2(x) + np.log10(x) + np.log1p(x)


add(exponentials, (positive(4),), (0.7,), holomorphic=True, features="np.exp*, np.log*")


def roots(x):
    return np.sqrt(x) + np.cbrt(x) * np.square(x) - np.reciprocal(x)


add(roots, (positive(4),), (0.7,), autograd=False, features="np.sqrt, np.cbrt, np.square, np.reciprocal")


def named_operators(x, y):
    a = np.add(x, y) * np.subtract(x, 1.0) - np.multiply(x, y)
    b = np.divide(x, y) + np.true_divide(y, 3.0) + np.negative(x) * np.positive(y)
    return a * b + np.power(y, x) + np.float_power(y, 2)


add(
    named_operators,
    (draw(3), positive(3)),
    (0.5, 1.5),
    autograd=False,
    holomorphic=True,
    features="np.add, np.power, np.float_power",
)


def remainders(x, y):
    a = np.mod(x, y) + np.remainder(y, x) * x
    return a + np.fmod(x, y) + np.floor_divide(x, y) * y + x % y + (x // y) * x


add(
    remainders,
    (np.array([3.3, -4.1, 5.7]), np.array([1.3, 1.7, -2.1])),
    autograd=False,
    features="np.mod, np.fmod, //, %",
)


def absolute_and_sign(x):
    return np.abs(x) * x + np.absolute(x) ** 2 + np.fabs(x) + np.sign(x) * x**2 + abs(x)


add(absolute_and_sign, (draw(4, seed=1),), (-0.8,), features="np.abs, np.sign, np.fabs")


def two_argument_functions(x, y):
    a = np.arctan2(x, y) + np.hypot(x, y) * np.logaddexp(x, y)
    return a + np.logaddexp2(x, y) + np.copysign(x, y) * y


add(
    two_argument_functions,
    (draw(4, seed=2), draw(4, seed=3)),
    (0.4, -0.9),
    autograd=False,
    features="np.arctan2, np.hypot, np.logaddexp, np.copysign",
)


def log_sum_pairs(x, y):
    return np.arctan2(x, y) + np.logaddexp(x, y)


add(log_sum_pairs, (draw(3, 1, seed=2), draw(4, seed=3)), features="np.arctan2, np.logaddexp, broadcast")


def angles(x):
    return np.degrees(x) * np.radians(x) + np.deg2rad(x) - np.rad2deg(x) / 50.0


add(angles, (draw(3),), features="np.degrees, np.radians")


def rounding(x):
    steps = np.floor(x) + np.ceil(x) * 2.0 + np.trunc(x) + np.rint(x) + np.round(x, 1)
    return steps * x


add(rounding, (draw(5, seed=4) * 3.0,), features="np.floor, np.ceil, np.trunc, np.rint, np.round")


def extremes(x, y):
    return np.maximum(x, y) * np.minimum(x, 0.5) + np.fmax(x, y) - np.fmin(x, y * y)


add(
    extremes,
    (draw(5, seed=5), draw(5, seed=6)),
    (0.7, 0.2),
    (0.2, 0.7),
    holomorphic=True,
    features="np.maximum, np.minimum, np.fmax",
)


def clipping(x, low, high):
    return np.clip(x, -0.5, 0.75) * x + np.clip(x, low, high) + x.clip(-1.0, 1.0) + np.clip(x, None, 0.2)


add(
    clipping, (draw(6, seed=7), -0.4, 0.6), autograd=False, holomorphic=True, features="np.clip, ndarray.clip"
)


def clip_bounds(x, low, high):
    return np.clip(x, low, high) * x


add(
    clip_bounds,
    (draw(6, seed=7), draw(6, seed=8) - 2.0, positive(6)),
    autograd=False,
    holomorphic=True,
    features="np.clip",
)


def selection(x, y):
    return np.where(x > y, x * y, np.sin(y)) + np.where(x < 0.0, 2.0, x)


add(selection, (draw(6, seed=9), draw(6, seed=10)), (0.4, 0.2), holomorphic=True, features="np.where")


def selection_broadcast(x, y, s):
    return np.where(x > 0.0, y, s) * x


add(
    selection_broadcast,
    (draw(3, 1, seed=9), draw(4, seed=10), 0.4),
    autograd=False,
    holomorphic=True,
    features="np.where, broadcast",
)


def nested_selection(x):
    return np.where(x > 1.0, np.log(np.where(x > 1.0, x, 1.0)), np.where(x > 0.0, x - 1.0, -x * x))


add(nested_selection, (draw(8, seed=3, low=-2.0, high=3.0),), holomorphic=True, features="np.where")


def predicates(x, y):
    mask = np.logical_and(x > 0.0, np.logical_not(y > 0.5)) | np.logical_or(x < -1.0, np.isnan(y))
    other = np.logical_xor(np.greater(x, y), np.less_equal(x, 0.3)) & np.isfinite(x) & ~np.isinf(x)
    return mask * x + other * y * x + np.equal(x, y) + np.signbit(x) * y


add(
    predicates,
    (draw(6, seed=11), draw(6, seed=12)),
    autograd=False,
    features="np.logical_*, np.isnan, masks as numbers",
)


def step_functions(x):
    return np.heaviside(x, 0.5) * x + np.ldexp(x, 3) + np.modf(x)[0] * x


add(step_functions, (draw(4, seed=13),), autograd=False, features="np.heaviside, np.ldexp, np.modf")


def broadcast_add(x, y):
    return x + y


add(
    broadcast_add,
    (draw(3, 1), draw(4)),
    (draw(1), draw(2, 3)),
    (draw(2, 1, 3), draw(4, 1)),
    (0.5, draw(3)),
    (draw(3), 0.5),
    (draw(1, 1), 0.5),
    holomorphic=True,
    features="broadcast",
)


def broadcast_subtract(x, y):
    return (x - y) * 2.0 - (y - x * 3.0)


add(broadcast_subtract, (draw(3, 1), draw(1, 4)), (0.5, draw(1, 3)), holomorphic=True, features="broadcast")


def broadcast_multiply(x, y):
    return x * y


add(
    broadcast_multiply,
    (draw(3, 1), draw(4)),
    (draw(1), draw(2, 3)),
    (2.0, draw(2, 2)),
    holomorphic=True,
    features="broadcast",
)


def broadcast_divide(x, y):
    return x / y + y / x


add(
    broadcast_divide,
    (positive(3, 1), positive(4)),
    (positive(1), positive(2, 3)),
    (2.0, positive(2, 2)),
    (positive(2, 2), 2.0),
    holomorphic=True,
    features="broadcast, /",
)


def broadcast_power(x, y):
    return x**y


add(
    broadcast_power,
    (positive(3, 1), draw(4)),
    (positive(1), draw(2, 3)),
    (2.0, draw(2, 2)),
    (positive(2, 2), 2.5),
    holomorphic=True,
    features="broadcast, **",
)


def broadcast_extremes(x, y):
    return np.maximum(x, y) - 2.0 * np.minimum(x, y)


add(
    broadcast_extremes,
    (draw(3, 1, seed=1), draw(4, seed=2)),
    (draw(2, 3), 0.2),
    holomorphic=True,
    features="broadcast, np.maximum",
)


def broadcast_three(x, y, z):
    return x * y / (1.5 + z * z) + z


add(broadcast_three, (draw(4, 1, 1), draw(3, 1), draw(2)), holomorphic=True, features="broadcast")


def broadcast_one_to_empty(x, y):
    return x * y


add(
    broadcast_one_to_empty,
    (draw(1), draw(0)),
    (draw(3, 1), draw(1, 0)),
    holomorphic=True,
    features="broadcast, empty",
)


def empty_array_sum(x):
    return np.sum(np.exp(x)) + 1.0


add(empty_array_sum, (np.zeros(0),), (np.zeros((2, 0)),), holomorphic=True, features="empty array")


def rank_zero_array(x):
    return x * x + np.sin(x)


add(rank_zero_array, (np.array(0.7),), holomorphic=True, features="rank-0 array")


def array_integer_powers(x):
    return x**2 + x**3 - x**1 + x**0 + x ** (-1)


add(
    array_integer_powers,
    (draw(4, seed=14),),
    (draw(2, 2, seed=14),),
    holomorphic=True,
    features="**, negative base",
)


def array_exponents(x):
    return x ** np.array([0, 1, 2, 3]) + np.array([2.0, 3.0, 0.5, 1.0]) ** x


add(
    array_exponents,
    (draw(4, seed=14),),
    (np.array([-1.5, -0.5, -2.0, 2.0]),),
    holomorphic=True,
    features="**, int array exponent",
)


def negative_base_float_exponent_array(x):
    return x ** np.array([2.0, 3.0, 0.0, -1.0])


add(
    negative_base_float_exponent_array,
    (np.array([-1.5, -0.5, -2.0, -0.7]),),
    holomorphic=True,
    features="**, negative base",
)


def integer_array_factor(x, counts):
    return x * counts + counts / x + counts**2


add(
    integer_array_factor,
    (positive(3), np.array([1, 2, 3])),
    argnums=(0,),
    holomorphic=True,
    features="int array, mixed dtypes",
)


def boolean_array_factor(x, mask):
    return x * mask + np.sin(x) * ~mask


add(
    boolean_array_factor,
    (draw(3), np.array([True, False, True])),
    argnums=(0,),
    holomorphic=True,
    features="bool array, mixed dtypes, ~",
)


def mixed_precision(single, double):
    return single * double + single**2 - double


add(
    mixed_precision,
    (draw(3).astype(np.float32), draw(3, seed=1)),
    float32=False,
    holomorphic=True,
    features="float32, mixed dtypes",
)


def single_precision(x):
    return np.tanh(x) * 2.0 + x / 3 - np.float32(0.5) * x


add(single_precision, (draw(4).astype(np.float32),), holomorphic=True, features="float32")


def cast_to_single_inside(x):
    return np.sin(x) * 2.0


add(cast_to_single_inside, (np.float32(0.75),), holomorphic=True, features="np.float32 scalar")


def scalar_times_array(s, x):
    return s * x + x / s - (s - x) ** 2


add(scalar_times_array, (1.7, draw(2, 3)), (np.float64(0.7), draw(3)), holomorphic=True, features="broadcast")


def gaussian_curve(x, mean, width):
    return np.exp(-0.5 * ((x - mean) / width) ** 2) / (width * np.sqrt(2.0 * np.pi))


add(gaussian_curve, (draw(5), 0.2, 0.8), holomorphic=True, features="broadcast, model")


def softplus_stable(x):
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


add(softplus_stable, (draw(5, seed=15) * 20.0,), features="np.maximum, np.log1p, model")


def long_chain(x):
    return np.sum(np.sqrt(1.0 + np.square(np.tanh(np.sin(x) * np.exp(-x * x)) + np.arctan(x))))


add(long_chain, (draw(3, 2),), holomorphic=True, features="chain")


def operators_on_lists_of_numbers(x):
    return x * [1.0, 2.0, 3.0] + (0.5, 0.25, 0.125) - np.array([1, 2, 3]) / x


add(operators_on_lists_of_numbers, (positive(3),), holomorphic=True, features="sequence operand")


def array_comparison_all(x, y):
    if (x > y).all():
        return x - y
    if np.any(x > y):
        return x * y
    return x / y


add(
    array_comparison_all,
    (np.array([2.0, 3.0]), np.array([1.0, 2.0])),
    (np.array([2.0, 1.5]), np.array([1.0, 2.0])),
    (np.array([0.5, 1.5]), np.array([1.0, 2.0])),
    holomorphic=True,
    features="all, any, branch",
)


def unknown_to_numpy(x):
    """What `np.hamming` returns is not known to be real, nor what it is multiplied with to be complex."""
    window = np.hamming(np.size(x))
    waves = x * window * np.exp(1j * x * window)
    parts = np.real(waves) * np.imag(waves) + np.abs(waves) + np.angle(waves + 2.0)
    spread = np.std(waves) + np.var(waves * 1j) + np.linalg.norm(waves) + np.abs(np.vdot(waves, waves))
    return parts + spread * np.real(x * window) + np.linalg.norm(x * (1.0 + 1j * x), ord=3)


add(unknown_to_numpy, (positive(5),), autograd=False, features="complex numbers of unknown dtype")


def unknown_beside_complex(x, weights):
    window = np.hamming(np.size(x))
    cubes = np.sum(np.abs(x * (1.0 + 1j * x)) ** 3)
    return np.sum(weights * (x * window + cubes))


add(unknown_beside_complex, (positive(3), draw(3)), autograd=False, features="real adjoints of unknown dtype")


def numbers_that_become_complex(x):
    z = 0.0
    for v in x:
        z = z * 1j + v
    return abs(z) + z.real * z.imag


add(
    numbers_that_become_complex,
    (positive(4),),
    autograd=False,
    features="float that becomes complex in a loop",
)


def complex_on_one_path(x):
    z = x
    if x[1] > 0.0:
        z = x + 1j * x[::-1]
    return np.sum(np.abs(z * z)) + np.sum(np.real(z * x))


add(
    complex_on_one_path,
    (positive(3),),
    (-positive(3),),
    autograd=False,
    features="real or complex array",
)


def parts_of_a_python_complex(x, y):
    z = complex(x, y)
    return (z**2).real / abs(z) + z.conjugate().imag


add(
    parts_of_a_python_complex,
    (np.float64(0.7), np.float64(1.9)),
    autograd=False,
    features="real part of a Python number",
)


def rotated_and_padded(w, p):
    cross = np.array([[0.0, -w[2], w[1]], [w[2], 0.0, -w[0]], [-w[1], w[0], 0.0]])
    return cross @ p + np.append(p[:2], 1.0) * p + np.dot(2.0, p) + np.kron(2.0, p)


add(rotated_and_padded, (draw(3), draw(3, seed=1)), features="Python numbers among items of single precision")
