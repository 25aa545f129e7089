"""Statements and expressions that are easily forgotten, and traps of scope, reuse and evaluation order."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"
# ruff: noqa: RUF021

import contextlib
import operator
from functools import partial

import numpy as np
from numpy import linalg as la
from numpy import sin

from tests.programs.program import Program, draw, positive, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)

COUNT = 2


def imported_names(x, a):
    return sin(x) * la.norm(a) + operator.mul(x, x) + operator.add(x, a[0])


add(imported_names, (0.7, positive(3)), features="from import, module alias, operator")


def unpackings(x, y):
    (a, b), c = (x, y), x * y
    [d, e] = [a, b]
    first, *middle, last = (x, y, c, d, e)
    *start, end = [a, b, c]
    f, (g, *h) = x, (y, x, c)
    return a * b + c * d - e * first + len(middle) * middle[0] * last + start[1] * end + f * g - h[1]


add(unpackings, (0.7, 1.9), holomorphic=True, features="unpacking, starred")


def unpack_array(v):
    a, b, c = v
    first, *rest = v
    (p, q), (r, s) = np.outer(v[:2], v[1:])
    return a * b - c * first + rest[0] * rest[1] + p * s - q * r * a


add(unpack_array, (draw(3),), holomorphic=True, features="unpacking of arrays")


def swaps(x, y, z):
    x, y = y, x
    y, z, x = x, y, z * 2.0
    return x**3 + y**2 + z


add(swaps, (0.7, 1.9, -0.4), holomorphic=True, features="swap")


def chained_assignment(x):
    a = b = c = x * x
    b = b + 1.0
    c += a
    return a * b * c


add(chained_assignment, (0.7,), holomorphic=True, features="chained assignment")


def augmented_assignment(x, y):
    a = x
    a += y
    a -= 2.0 * x
    a *= y
    a /= 1.0 + x * x
    a **= 2
    b = 7.5 * x
    b //= 2.0
    b %= 3.0
    n = 5
    n <<= 2
    n |= 3
    n >>= 1
    n &= 14
    n ^= 1
    return a + b * x + n * y


add(augmented_assignment, (0.7, 1.9), (1.7, -0.9), autograd=False, features="augmented assignment")


def walrus(x):
    if (y := x * x) > 1.0:
        y = y * x
    z = (w := y + 1.0) * w
    total = 0.0
    while (w := w * 0.7) > 0.3:
        total = total + w
    return y + z + total + [u := x, u * u][1] + u


add(walrus, (0.7,), (1.7,), holomorphic=True, features="walrus")


def walrus_in_comprehension(x):
    values = [s for v in x if (s := v * v) > 0.2]
    return sum(values) + s


add(walrus_in_comprehension, (draw(4, seed=3),), holomorphic=True, features="walrus in comprehension")


def match_on_string(x, kind):
    match kind:
        case "sin":
            y = np.sin(x)
        case "square" | "pow":
            y = x * x
        case _:
            y = x
    return y * x


add(
    match_on_string,
    (0.7, "sin"),
    (0.7, "square"),
    (0.7, "pow"),
    (0.7, "?"),
    argnums=(0,),
    holomorphic=True,
    features="match",
)


def match_on_number(x, n):
    match n:
        case 0:
            return x
        case 1 | 2:
            x = x * n
        case None:
            x = -x
        case k if k > 10:
            x = x**2 + k
        case other:
            x = x * other * 2.0
    return x * x


add(
    match_on_number,
    (0.7, 0),
    (0.7, 2),
    (0.7, 12),
    (0.7, None),
    (0.7, 5),
    argnums=(0,),
    holomorphic=True,
    features="match, guard, capture",
)


def match_on_structure(command):
    match command:
        case ("scale", factor, x):
            return factor * x
        case ("add", *terms):
            return sum(terms)
        case {"x": x, "y": y}:
            return x * y
        case [x]:
            return x**3
    return command * 2.0


add(
    match_on_structure,
    (("scale", 2.0, 0.7),),
    (("add", 1.0, 2.0, 3.0),),
    ({"x": 0.7, "y": 3.0},),
    ([0.7],),
    (1.5,),
    holomorphic=True,
    argnums=(0,),
    autograd=False,
    features="match, sequence and mapping patterns",
)


def formatted(x, name):
    label = f"{name}: {3:>4d} {'!'!r}"
    if label.startswith("model") and f"{name}{{}}" == "model{}":
        x = x * 2.0
    return x * len(label)


add(formatted, (0.7, "model"), (0.7, "other"), argnums=(0,), holomorphic=True, features="f-string")


def prints(x):
    print(f"x is {float(np.real(x)):.2f}", end="\n")
    y = x * x
    print("y", "done")
    return y * x


add(prints, (0.7,), autograd=False, holomorphic=True, features="print")


def asserts(x, n):
    assert n > 0, "n must be positive"
    assert isinstance(n, int)
    if n > 100:
        raise ValueError(f"too many: {n}")
    y = x**n
    assert y == y
    return y * x


add(asserts, (0.7, 3), argnums=(0,), holomorphic=True, features="assert, raise")


def raises_elsewhere(x, mode):
    if mode == "square":
        return x * x
    elif mode == "cube":
        return x**3
    else:
        raise NotImplementedError(mode)


add(raises_elsewhere, (0.7, "square"), (0.7, "cube"), argnums=(0,), holomorphic=True, features="raise")


def with_errstate(x):
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.where(x > 0.0, np.log(np.abs(x)), x)
        z = y * x
    return z + y


add(with_errstate, (draw(4),), features="with np.errstate")


def with_several(x):
    with np.errstate(all="ignore"), contextlib.nullcontext():
        if x > 1.0:
            return x * x
        y = x * 3.0
    with contextlib.nullcontext(5) as five:
        y = y * five
    return y


add(with_several, (0.7,), (1.7,), holomorphic=True, features="with, return inside with, as")


def docstring_and_constants(x):
    """Multiply x by constants of many kinds."""
    ...
    "a string statement"
    nothing = None
    big = 1_000
    text = "ab"
    return x * big / 0x10 + x * 1e-3 + (nothing is None) * x + len(text) * x


add(docstring_and_constants, (0.7,), holomorphic=True, features="docstring, constants")


def deletes(x, y):
    z = x * y
    w = z + x
    del z
    z = w * w
    del w, y
    return z * x


add(deletes, (0.7, 1.9), holomorphic=True, features="del")


def reads_global(x):
    global COUNT
    return x**COUNT * COUNT


add(reads_global, (0.7,), holomorphic=True, features="global")


def comparisons_as_values(x, y):
    larger = x > y
    same = x == x
    ordered = 0.0 < x < 10.0
    return x * larger + y * (not larger) * same + ordered * x * y


add(comparisons_as_values, (0.7, 1.9), (1.9, 0.7), holomorphic=True, features="comparison value")


def lazy_evaluation(x, items):
    value = items[0] if items else x
    safe = items and items[-1] * 2.0 or x * x
    denominator = x > 0.0 and 1.0 / x or 0.5
    return value * safe + denominator


add(
    lazy_evaluation,
    (0.7, []),
    (0.7, [1.5, 2.5]),
    (-0.7, []),
    argnums=(0,),
    holomorphic=True,
    features="lazy and, or",
)


def evaluation_order(x):
    trace = []

    def note(value, tag):
        trace.append(tag)
        return value

    y = note(x, "a") * note(x * x, "b") + note(2.0, "c")
    return y * len(trace) if trace == ["a", "b", "c"] else 0.0


add(evaluation_order, (0.7,), holomorphic=True, features="evaluation order")


def unicode_names(θ, λ):
    σ = np.sin(θ) * λ
    return σ**2 + λ


add(unicode_names, (0.7, 1.9), holomorphic=True, features="unicode names")


def names_of_builtins(sum, list, np_):
    max = sum * list
    return max * np_ + sum


add(names_of_builtins, (0.7, 1.9, -0.4), holomorphic=True, features="shadowed builtins")


def builtins_in_loops(x, range, reversed, zip, len, float):
    y = x * 1.0
    state = range
    for i in [0, 1, 2, 3]:
        y[i] = np.sin(y[i - 1] * zip) * reversed
    for v in y:
        state = np.cos(state * v) * len
    return state * float, f"{len:.1f}"


add(
    builtins_in_loops,
    (draw(4), 0.7, 1.9, -0.4, 1.2, 0.3),
    autograd=False,
    features="parameters that hide builtins which the emitted code calls",
)


def names_of_tangents(x, x_dot, y, y_bar, out_bar):
    x_saved = x * x_dot
    z_bar = y_bar
    for _ in range(3):
        z_bar = np.sin(z_bar * x_saved + y) * out_bar
    return z_bar * x_saved


add(
    names_of_tangents,
    (draw(3), 0.7, 1.9, -0.4, 1.2),
    holomorphic=True,
    features="parameters with the names of tangents and adjoints",
)


def names_of_numpy(x, np):
    return x * np + np**2


add(names_of_numpy, (0.7, 1.9), holomorphic=True, features="parameter called np")


def names_used_by_adjoints(x_bar, y_dot, saved, tmp):
    y_bar = x_bar * y_dot
    x_bar_saved = y_bar * saved
    for i in range(3):
        y_bar = y_bar * x_bar_saved + tmp
        x_bar_saved = x_bar_saved * 0.5 + i
    return y_bar * x_bar


add(
    names_used_by_adjoints,
    (0.7, 1.9, -0.4, 0.3),
    holomorphic=True,
    features="names that generated code might use",
)


def one_letter_underscores(_, __, x_):
    _x = _ * __
    return _x * x_ + _


add(one_letter_underscores, (0.7, 1.9, -0.4), holomorphic=True, features="underscore names")


def reused_name(x):
    y = x
    y = np.sin(y)
    y = np.array([y, y * y])
    y = y @ y
    y = {"a": y, "b": x}
    y = y["a"] * y["b"]
    return y


add(reused_name, (0.7,), holomorphic=True, features="name of changing type")


# fmt: off
def long_expression_lines(x, y):
    result = (
        x * y
        + np.sin(
            x,
        )
        - (y if x > 0 else x)
    ) * \
        y
    return (
        result
        if result > 0.0
        else -result
    )

# fmt: on

add(long_expression_lines, (0.7, 1.9), holomorphic=True, features="line breaks")


# fmt: off
def semicolons(x): y = x * x; z = y + x; return z * y  # noqa: E702

# fmt: on

add(semicolons, (0.7,), holomorphic=True, features="several statements on one line")


# fmt: off
def one_line_bodies(x, n):
    y = x
    for i in range(n): y = y * x + i  # noqa: E701
    if y > 1.0: y = y * 0.5  # noqa: E701
    while y > 0.4: y = y * 0.6  # noqa: E701
    return y

# fmt: on

add(one_line_bodies, (0.7, 3), argnums=(0,), holomorphic=True, features="bodies on one line")


product_as_lambda = lambda x, y: x * y + np.sin(x)
add(product_as_lambda, (0.7, 1.9), name="product_as_lambda", holomorphic=True, features="lambda")


def string_and_set_tests(x, mode):
    options = {"fast", "slow"}
    if mode.upper() in ("FAST", "SLOW") and mode in options and mode[0] != "s":
        return x * x
    return x * len(mode)


add(
    string_and_set_tests,
    (0.7, "fast"),
    (0.7, "slow"),
    argnums=(0,),
    holomorphic=True,
    features="str methods, sets",
)


def slices_as_values(x):
    head = slice(None, 2)
    step = slice(0, None, 2)
    return x[head] * x[step][:2]


add(slices_as_values, (draw(4),), holomorphic=True, features="slice objects")


def inactive_numpy(x):
    grid = np.arange(6).reshape(2, 3)
    mask = grid > 2
    rng = np.random.default_rng(7)
    noise = rng.normal(size=3)
    return x * grid[mask].sum() + x * noise.sum() + x**2 * np.sum(np.unique([1, 2, 2]))


add(inactive_numpy, (0.7,), holomorphic=True, features="inactive NumPy calls")


def float_of_integer_division(x, n):
    mid = n / 2
    half = n // 2
    return x**mid + x**half + divmod(n, 3)[1] * x


add(
    float_of_integer_division,
    (0.7, 5),
    argnums=(0,),
    holomorphic=True,
    features="int division, divmod of ints",
)


def type_tests(x):
    if isinstance(x, np.ndarray) and x.ndim == 1:
        return np.sum(x * x)
    if callable(x) or hasattr(x, "missing_attribute"):
        return 0.0
    return x * 3.0


add(type_tests, (draw(2),), autograd=False, holomorphic=True, features="isinstance, callable, hasattr")


def none_default(x, scale=None):
    if scale is None:
        scale = x * 2.0
    return x * scale


add(none_default, (0.7,), (0.7, 3.0), argnums=(0,), holomorphic=True, features="None default")


def unused_loop_target(x):
    total = 0.0
    for total_ in [1.0, 2.0]:
        total += total_ * x
    for _ in "abc":
        total = total * x
    return total


add(unused_loop_target, (0.7,), holomorphic=True, features="for over list, str")


def ellipsis_and_matrix_multiplication(a, b):
    c = a @ b
    return c[..., 0] @ (a @ b)[0, ...]


add(ellipsis_and_matrix_multiplication, (draw(2, 3), draw(3, 2)), holomorphic=True, features="@, ellipsis")


def imports_inside(x, n):
    import math
    import os.path
    from math import exp
    from math import sin as sine

    total = 0.0
    for k in range(n):
        import numpy as numeric
        from numpy import linalg

        total = total + numeric.cos(x * k) + linalg.norm([x, 1.0])

    def inner(y):
        return math.tanh(y) * sine(y)

    return total * exp(-x) + inner(x) + len(os.path.sep)


add(imports_inside, (0.7, 3), (0.7, 0), argnums=(0,), autograd=False, features="import inside a function")
