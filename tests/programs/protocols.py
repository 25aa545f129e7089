"""What classes, containers and iterators do when Python asks them: special methods, aliases, laziness."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef, misc, operator"
# ruff: noqa: B007, RUF005, UP008

import abc
import functools
import itertools
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from tests.programs.program import Program, draw, positive, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)


class Point(NamedTuple):
    """A named tuple with arithmetic, which is not the concatenation of tuples."""

    x: Any
    y: Any

    def __add__(self, other):
        return Point(self.x + other.x, self.y + other.y)

    def __mul__(self, factor):
        return Point(self.x * factor, self.y * factor)

    def __neg__(self):
        return Point(-self.x, -self.y)

    def __lt__(self, other):
        return self.y < other.y

    def __eq__(self, other):
        return self.x == other.x

    def __len__(self):
        return 7

    def __bool__(self):
        return False

    def __contains__(self, value):
        return value > 1.0


def named_tuple_with_operators(x, y):
    p = (Point(x, 2.0) + Point(y, x)) * 3.0
    q = -p
    n = len(q) if Point(x, y) == Point(x, 5.0) else 2
    if p:
        n = n * 10
    if 2.0 in p:
        n = n + 1
    if Point(y, 0.1) < Point(x, 0.2):
        n = n + 100
    return p.x * q.y * n


add(named_tuple_with_operators, (0.7, 1.9), holomorphic=True, features="operators of a NamedTuple")


class Meter:
    """An object with in-place and reflected operators, an order, a length and items."""

    def __init__(self, value):
        self.value = value

    def __iadd__(self, other):
        self.value = self.value + other
        return self

    def __rsub__(self, other):
        return Meter(other - self.value)

    def __len__(self):
        return 0

    def __iter__(self):
        return iter((self.value, 2.0 * self.value))

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return True

    def __hash__(self):
        return 1


def operators_in_place(x, y):
    a = Meter(x)
    b = a
    a += y
    c = 1.0 - a
    if a:
        y = y * 100.0
    first, second = c
    if a == c and a != c:
        first = first * 3.0
    return b.value * first * second * y


add(
    operators_in_place,
    (0.7, 1.9),
    holomorphic=True,
    features="__iadd__, __rsub__, __len__ as truth, __iter__",
)


def lists_in_place(x):
    a = [x, 2.0]
    b = a
    b *= 2
    table = {"row": a}
    table["row"] += [x * x]
    d = {"k": x}
    e = d
    e |= {"k": x * x, "m": 3.0}
    return sum(a) * len(a) * d["k"] * len(d) + b[4]


add(lists_in_place, (0.7,), holomorphic=True, features="*= on a list, |= on a dict, += on an item")


class Cached:
    """A value that is computed when first asked for, and kept."""

    def __init__(self, base):
        self.base = base

    @functools.cached_property
    def square(self):
        return self.base * self.base


def cached_property_is_kept(x):
    c = Cached(x)
    before = c.square
    c.base = 5.0 * x
    return before * c.square + c.base


add(cached_property_is_kept, (0.7,), holomorphic=True, features="functools.cached_property")


@dataclass(frozen=True)
class Interval:
    """A frozen dataclass that fills a field in __post_init__."""

    low: Any
    high: Any = 2.0
    width: Any = None

    def __post_init__(self):
        object.__setattr__(self, "width", self.high - self.low)


def frozen_dataclass(x):
    return Interval(x).width * Interval(x, high=x * x).width


add(frozen_dataclass, (0.7,), holomorphic=True, features="frozen dataclass, object.__setattr__")


def dict_changes_while_read(x):
    d = {"a": x, "b": 1.0}
    keys, values = d.keys(), d.values()
    total = 0.0
    for name, value in d.items():
        d["b"] = d["b"] * value * 3.0
        total = total + value
    d["c"] = x * x
    return total * sum(values) * len(keys) * (2.0 if "c" in keys else 3.0)


add(dict_changes_while_read, (0.7,), holomorphic=True, features="views of a dict are live")


def list_changes_while_read(x, n):
    fixed = [x, 1.0, 2.0]
    total = 0.0
    for i, v in enumerate(fixed):
        if i < 2:
            fixed[i + 1] = fixed[i + 1] * v
        elif len(fixed) < 5:
            fixed.append(v * x)
        total = total + v
    grown = [x * (k + 1) for k in range(n)]
    for i, v in enumerate(grown):
        grown[(i + 1) % n] = grown[(i + 1) % n] * v
        total = total + v
    return total


add(list_changes_while_read, (0.7, 4), argnums=(0,), holomorphic=True, features="a list is read as it is now")


def late_map(x):
    factor = 2.0
    scaled = map(lambda v: v * factor, [x, 3.0])
    factor = x
    return sum(scaled) * factor


add(late_map, (0.7,), holomorphic=True, features="map is lazy")


def first_witness(x):
    count = 0

    def large(v):
        nonlocal count
        count += 1
        return v > 1.0

    found = any(large(last := v) for v in x)
    every = all(v < 5.0 for v in x for w in x if v > w)
    return last * count * (2.0 if found else 3.0) + (x[0] if every else x[1])


add(
    first_witness,
    (np.array([0.5, 1.5, 2.5]),),
    (np.array([0.5, 0.6, 0.7]),),
    holomorphic=True,
    features="any and all stop early, walrus in a generator",
)


def tuple_is_a_copy(x, n):
    items = [x * (k + 1) for k in range(n)]
    kept = tuple(items)
    items.append(10.0 * x)
    return sum(kept) * len(kept) + sum(items)


add(tuple_is_a_copy, (0.7, 3), argnums=(0,), holomorphic=True, features="tuple(list) does not grow")


def order_of_tuples(x, y):
    a = x if (1, x) < (1, y) else y
    b = x if (x, 2.0) >= (x, 3.0) else y
    c = x if [x] > [x, 1.0] else y
    d = x if ("b", x) <= ("a", y) else y
    return a * b * c * d + (1.0 if max((1, 3), (1, 2)) == (1, 3) else 2.0) * x


add(order_of_tuples, (0.7, 1.9), features="comparison of tuples and lists")


def extremes_by_key(x, y):
    nearest = min([x, y, 1.5], key=lambda v: (v - 1.0) ** 2)
    name, value = max({"a": x * y, "b": x - y}.items(), key=lambda entry: entry[1])
    longest = max((1, x), (1, y), (0, 5.0))
    return nearest * value * longest[1] * len(name) + max([[x], [x, y]], key=len)[1]


add(extremes_by_key, (0.7, 1.9), features="max and min with key, of tuples")


def equal_functions(x):
    f, g = (lambda v: v), (lambda v: 2.0 * v)
    return f(x) * (2.0 if f == g else 3.0) * (5.0 if f == f else 7.0) * g(x)


add(equal_functions, (0.7,), holomorphic=True, features="functions are equal by identity")


def power_with_modulus(x):
    return x * pow(7, 2, 5) + pow(x, 2)


add(power_with_modulus, (0.7,), holomorphic=True, features="pow with three arguments")


def strict_zip(x, y):
    total = 0.0
    for a, b in zip(x, y, strict=True):
        total = total + a * b
    for a, b in zip([x[0], 2.0], y, strict=True):
        total = total + a * b
    return total


add(strict_zip, (draw(2), draw(2, seed=1)), holomorphic=True, features="zip, strict")


def deleted_after_loop(x, n):
    for i in range(n):
        y = x * i
        z = y * y
    del z
    y += 1.0
    return y * x


add(deleted_after_loop, (0.7, 3), argnums=(0,), holomorphic=True, features="del of what a loop assigned")


def lists_of_lists_of_run_time_length(x, n):
    rows = []
    for i in range(n):
        row = []
        for j in range(i + 1):
            row.append(x * i + j * x * x)
        rows.append(row)
    table = [[x * i + j for j in range(n)] for i in range(n)]
    turned = [[table[j][i] for j in range(n)] for i in range(n)]
    return rows[1][1] * rows[-1][-1] * turned[1][2]


add(
    lists_of_lists_of_run_time_length,
    (0.7, 3),
    argnums=(0,),
    holomorphic=True,
    features="lists of lists, second derivatives",
)


def truth_of_a_growing_list(x, n):
    odd, even = [], []
    for i in range(n):
        if i % 2:
            odd.append(x * i)
        else:
            even.append(odd[-1] if odd else x * x)
    return sum(odd) * sum(even)


add(truth_of_a_growing_list, (0.7, 5), argnums=(0,), holomorphic=True, features="truth of a growing list")


def one_container_in_two_places(pair):
    (a, b), scale = pair
    return a[0] * b[0] ** 2 * scale


_SHARED = [positive(2)]
add(
    one_container_in_two_places,
    (((_SHARED, _SHARED), 1.9),),
    holomorphic=True,
    features="one list in two places",
)


def names_of_emitted_code(out_bar, pullback, x_bar):
    out = out_bar * pullback
    out_dot = out * x_bar
    spread = out_dot * out
    saved = spread + x_bar
    return saved * out_bar + spread * pullback


add(names_of_emitted_code, (0.7, 1.9, 1.3), holomorphic=True, features="names that emitted code uses")


def stacked_from_growing_lists(x, n):
    rows = []
    for i in range(n):
        rows.append(x * np.ones(2) * i)
    return np.stack(rows) * np.array(rows) + np.sum(np.concatenate(rows))


add(
    stacked_from_growing_lists,
    (0.7, 4),
    argnums=(0,),
    holomorphic=True,
    features="np.stack of a growing list, second derivatives",
)


def starts_as_none_or_zero(x, n):
    best = None
    for i in range(n):
        v = x * (i + 1)
        if best is None or v > best:
            best = v
    return best * (None or 0 or x or 7.0)


add(starts_as_none_or_zero, (0.7, 3), argnums=(0,), features="None becomes a number, second derivatives")


def shape_as_tuple(x):
    n, m = x.shape
    wider = x.reshape(x.shape[:1] + (m,) + (1,))
    factor = 2.0 if x.shape == (2, 3) and 3 in x.shape and x.shape < (3, 0) else 5.0
    match np.shape(x):
        case (2, columns):
            factor = factor * columns
        case _:
            factor = 0.0
    return np.sum(wider * factor * n) + np.zeros(np.shape(x[0, 0]))


add(
    shape_as_tuple,
    (draw(2, 3),),
    autograd=False,
    holomorphic=True,
    features="shapes compared, joined, matched",
)


def first_alternative(x):
    match (x, 2.0, "a"):
        case (first, 2.0, "b" | "c") | (first, _, "a"):
            return first * x
        case _:
            return x


add(first_alternative, (0.7,), holomorphic=True, features="match, alternatives that bind")


def test_of_while_changes_state(x):
    count = 0
    items = [x, 2.0 * x, 3.0]

    def small(v):
        nonlocal count
        count += 1
        return v < 2.0

    while small(x):
        x = x * 1.5
    while len(items) > 1 and items.pop() > 2.0:
        x = x + items[-1]
    return x * count * len(items)


add(test_of_while_changes_state, (0.7,), holomorphic=True, features="while, a test that changes variables")


class Base:
    """A class whose methods are reached past its children."""

    def __init__(self, w):
        self.w = w

    def apply(self, x):
        return self.w * x


class Child(Base):
    """Doubles what its parent does."""

    def apply(self, x):
        return 2.0 * super().apply(x)


class Grandchild(Child):
    """Calls its parent and its grandparent."""

    def apply(self, x):
        return super(Grandchild, self).apply(x) * super(Child, self).apply(x) + Base.apply(self, x)


def super_with_arguments(x):
    return Grandchild(x).apply(x) + Child(2.0).apply(x)


add(super_with_arguments, (0.7,), holomorphic=True, features="super with arguments")


def places_of_an_array(x):
    total = 0.0
    for i, j in np.ndindex(*x.shape):
        total = total * x[i, j] + i + j
    for place in np.ndindex(x.shape):
        total = total + x[place] * place[1]
    for (i, j), v in np.ndenumerate(x):
        total = total * v + i * j
    return total + sum(a * b for a, b in itertools.product([x[0, 0], 1.0], (2.0, x[1, 1])))


add(
    places_of_an_array,
    (draw(2, 3),),
    holomorphic=True,
    features="np.ndindex, np.ndenumerate, itertools.product",
)


def tried(x, table):
    try:
        eps = -np.finfo(x.dtype).eps * 3 + 0.25 * table["there"]
    except (AttributeError, ValueError):
        eps = 0.5
    try:
        scale = table["missing"]
    except KeyError:
        scale = table["there"]
    else:
        scale = 7.0
    finally:
        scale = scale * 2.0
    y = x * 1.0
    try:
        y[0] = 3.0 * y[1] * x[0]
        if x[0] > 100.0:
            raise ValueError("too large")
    finally:
        y[1] = scale * y[0]
    try:
        raise IndexError("never mind")
    except (KeyError, LookupError):
        return np.sum(y * y) * (1.0 + eps)


add(
    tried,
    (draw(3), {"there": 2.0}),
    argnums=(0,),
    autograd=False,
    holomorphic=True,
    features="try of what is known, try … finally",
)


class Kernel(abc.ABC):
    """An abstract class."""

    def __init__(self, scale):
        super().__init__()
        self.parameters = {"scale": scale}

    @abc.abstractmethod
    def of(self, x):
        raise NotImplementedError

    def __call__(self, x):
        return self.of(x) * self.parameters["scale"]


class Gaussian(Kernel):
    """What can be made of it."""

    def of(self, x):
        return np.exp(-np.sum(x * x) / np.size(x, 0))


def abstract_class(x, scale):
    return Gaussian(scale)(x) + np.size(x, axis=None) * x[0]


add(abstract_class, (draw(3), 0.7), holomorphic=True, features="abc.ABC, np.size of an axis")


def planes_of_a_list(x):
    lines, planes, cubes = [], [], []
    for row in x:
        lines.append(row * row)
        planes.append(x * row[0])
        cubes.append(x[:, :, None] * row[1])
    one, two, three = np.dstack(lines), np.dstack(planes), np.dstack(cubes)
    return np.sum(one[0] ** 2) + np.sum(two[:, :, 0] * two[:, :, -1]) + np.sum(three**3)


add(planes_of_a_list, (draw(2, 3),), holomorphic=True, features="np.dstack of lists")


def limits_of_dtypes(x, y):
    eps, tiny = np.finfo(float).eps, np.finfo(x.dtype).tiny
    kept = np.where(np.abs(x) > eps, x, tiny)
    scale = np.iinfo(np.int16).max * 1e-4 + np.finfo(np.float64).bits
    return np.sum(kept * kept) * scale + y * (1.0 + eps) / np.finfo(1.0).resolution * 1e-15


add(limits_of_dtypes, (draw(3), 0.7), float32=False, features="np.finfo, np.iinfo")


def tests_of_any_kind(x, n, names=(), scale=None):
    total = np.sum(x)
    if x.shape and n and scale is None and not names:
        total = total * x[0]
    if (names or n > 1) and (x[0] > 0.0 or x):
        total = total * x[0] - 2.0
    while total > 0.5 and (n or x.ndim) and not (names and total < 0.1):
        total = total * 0.5 * x[0] if n and names else total * 0.25
    return total * (3.0 if n and x.shape and "abc" else 5.0)


add(
    tests_of_any_kind,
    (np.array([0.7, 1.3]), 2),
    (np.array([0.7, 1.4]), 0),
    (np.array([1.7, 1.3]), 3, ("a",)),
    argnums=(0,),
    holomorphic=False,
    features="and, or, not of numbers, shapes, tuples and texts as tests",
)


def planes_in_depth(x, y):
    planes = np.dstack((x, y * y))
    np.multiply(planes, 2.0, out=planes, where=planes > 0.0)
    i, j = np.indices(x.shape)
    i += 1
    rows, columns = np.indices((2, 3))
    columns *= 2
    table = np.dstack([x[0], planes[0, :, 1]])
    total = np.sum(table * table) + np.sum(rows * columns * x)
    return total + np.sum(planes[:, :, 0] * planes[:, :, 1] * i * j)


add(planes_in_depth, (draw(2, 3), draw(2, 3)), features="np.dstack, np.indices, op= on what it gives")


def joined_by_index(x, y):
    row = np.r_[x, y, 0:3, 1.5, [y, 2]]
    table = np.c_[x, x * y, np.ones(len(x))]
    stacked = np.r_[table, np.c_[x, x, x]]
    return np.sum(row * row) + np.sum(stacked[:, 0] * stacked[:, 2]) + np.sum(np.c_[y, 2.0] ** 3)


add(joined_by_index, (draw(3), 0.7), float32=False, features="np.r_, np.c_")


def complex_of_parts(x, y):
    z = complex(x, y) * complex(imag=y) + complex(real=x * y, imag=2) + complex(1.5, -0.5)
    return abs(z) ** 2 + complex(y, x).real * complex(y, x).imag


add(complex_of_parts, (0.7, -0.3), autograd=False, features="complex(real, imag)")


def combined_iterators(x, n):
    total = 0.0
    for _ in itertools.repeat(None, n):
        total = total * x[1] + x[0]
    for _ in itertools.repeat(None, len(x)):
        total = total * 0.5 + x[2]
    for a, b in itertools.pairwise(x):
        total = total + a * b
    for a, b in itertools.pairwise([x[0], total, x[2]]):
        total = total + a * b
    for v in itertools.chain([x[0]], (x[1], total)):
        total = total + v * v
    for v in itertools.chain.from_iterable([[x[0], 2.0], (x[1],)]):
        total = total + v * total
    for k, v in enumerate(itertools.islice(x, 1, None, 2)):
        total = total + k * v * v
    for v in itertools.islice([x[0], x[1], x[2]], 2):
        total = total * v
    for (i, a), (j, b) in itertools.combinations(enumerate([x[0], x[1], total]), 2):
        total = total + ((i + 2 * j) * a * b)
    total = total + sum(itertools.starmap(lambda a, b: a * b, [(x[0], 2.0), (x[1], x[2])]))
    total = total + sum(itertools.accumulate([x[0], x[1], x[2]], lambda a, b: a * b, initial=2.0))
    total = total + sum(itertools.accumulate((x[0], x[1])))
    total = total + sum(a * b for a, b in itertools.zip_longest([x[0], x[1]], [x[2]], fillvalue=3.0))
    return total + sum(p[0] * p[1] ** 2 for p in itertools.permutations([x[0], x[1], x[2]], 2))


add(
    combined_iterators,
    (draw(3), 2),
    (draw(3), 0),
    argnums=(0,),
    holomorphic=True,
    features="itertools: repeat, pairwise, chain, islice, combinations, accumulate …",
)


def lists_among_arrays(s, x):
    joined = np.concatenate([[s], x, [2.0 * s, 3.0]]) ** 2
    rows = np.vstack([x, [s, 1.0], (s, x[0])]) + np.stack([x, [s, 1.0], [1.0, s]], axis=1).T
    side = np.hstack([s, x, [1.0, s]]) * joined + np.column_stack([x, [s, 1.0]])[0, 1]
    return np.sum(rows) * np.sum(side * np.arange(5)) + np.einsum("i,i", [s, 1.0], x)


add(
    lists_among_arrays,
    (0.7, draw(2)),
    autograd=False,
    holomorphic=True,
    features="lists among arrays to join",
)


def items_of_a_number(x):
    return x[()] * x[None][0] + x[...]


add(
    items_of_a_number,
    (np.float64(0.7),),
    autograd=False,
    holomorphic=True,
    features="indexing a NumPy number",
)


class Register:
    """Bitwise operators, divmod and round with meanings of their own."""

    def __init__(self, value):
        self.value = value

    def __and__(self, other):
        return Register(self.value * 3.0)

    def __ror__(self, other):
        return Register(self.value + other)

    def __lshift__(self, places):
        return Register(self.value * 2.0**places)

    def __invert__(self):
        return Register(-self.value)

    def __divmod__(self, other):
        return Register(self.value * 11.0), other

    def __round__(self, digits=None):
        return Register(self.value * 13.0)


def bitwise_operators_of_objects(x):
    r = ~(((2.0 | Register(x)) & Register(x)) << 2)
    quotient, rest = divmod(r, x)
    return round(quotient).value * rest


add(
    bitwise_operators_of_objects,
    (0.7,),
    holomorphic=True,
    features="__and__, __ror__, __divmod__, __round__",
)


def recursive_lambda(x, n):
    power = lambda k: x if k == 0 else power(k - 1) * x * k
    return power(n)


add(recursive_lambda, (0.7, 3), argnums=(0,), holomorphic=True, features="recursive lambda")


def int_or_float(x):
    y = 1 if x > 0 else 1.0
    return x * y + (2 if x < 0 else 3) + (5.0 if isinstance(y, int) else 7.0) * x


add(int_or_float, (0.7,), (-0.7,), features="an int on one path, a float on the other")


class Scaled:
    __factor = 2.0

    def __init__(self, x):
        self.__x = x
        self.__calls = 0

    def __times(self, k, *, __offset=1.5):
        def __shift(v):
            return v + __offset

        self.__calls += 1
        return __shift(self.__x * k * self.__factor)

    def total(self, __weight):
        return self.__times(3.0) * __weight + self.__calls * Scaled.__factor


class ScaledTwice(Scaled):
    __factor = 5.0

    def __init__(self, x):
        super().__init__(x * 2.0)
        self.__x = x

    def __times(self, k):
        return self.__x * k * self.__factor

    def total(self, weight):
        return self.__times(weight) + super().total(weight)


def private_names(x):
    return Scaled(x).total(x) * ScaledTwice(x * x).total(0.5)


add(private_names, (0.7,), holomorphic=True, features="private names of classes")
