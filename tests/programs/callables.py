"""Callables that are more than a `def`: recursion, partials, decorators, objects, methods, functions as
values."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"
# ruff: noqa: B006

import functools
from collections.abc import Callable
from functools import partial, reduce
from typing import Any

import numpy as np

from tests.programs.calls import only_positional, scaled, square
from tests.programs.program import Program, draw, positive, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)

GAIN = 1.5
SETTINGS: dict[str, Any] = {"rate": 0.25, "steps": 3}


def factorial_like(x, n):
    if n == 0:
        return 1.0
    return (x + n) * factorial_like(x, n - 1)


add(factorial_like, (0.7, 4), (0.7, 0), argnums=(0,), holomorphic=True, features="recursion")


def fibonacci_like(x, n):
    if n < 2:
        return x if n else 1.0
    return fibonacci_like(x, n - 1) * x + fibonacci_like(x, n - 2)


add(fibonacci_like, (0.7, 5), argnums=(0,), holomorphic=True, features="recursion, two calls")


def even_power(x, n):
    if n == 0:
        return 1.0
    return x * odd_power(np.sin(x), n - 1)


def odd_power(x, n):
    if n == 0:
        return x
    return x + even_power(x, n - 1)


def mutual_recursion(x, n):
    return even_power(x, n)


add(
    mutual_recursion,
    (0.7, 4),
    (0.7, 3),
    (0.7, 0),
    argnums=(0,),
    holomorphic=True,
    features="mutual recursion",
)


def recursion_on_value(x):
    if abs(x) < 0.5:
        return x * x
    return recursion_on_value(x * 0.6) + np.cos(x)


add(recursion_on_value, (1.9,), (0.2,), holomorphic=True, features="recursion, predicate on active value")


def nested_recursion(x, n):
    def power(k):
        if k == 0:
            return 1.0
        return x * power(k - 1)

    return power(n) + power(n - 1)


add(nested_recursion, (0.7, 3), argnums=(0,), holomorphic=True, features="recursion of nested def")


def sum_of_halves(x):
    n = len(x)
    if n == 1:
        return np.sin(x[0])
    return sum_of_halves(x[: n // 2]) * sum_of_halves(x[n // 2 :]) + x[0]


add(sum_of_halves, (draw(5),), (draw(1),), holomorphic=True, features="recursion, slices")


def tree_value(tree):
    if isinstance(tree, tuple):
        left, right = tree
        return tree_value(left) * 0.5 + tree_value(right)
    return tree * tree


add(
    tree_value,
    (((0.5, (1.5, -0.7)), 2.0),),
    (0.3,),
    holomorphic=True,
    features="recursion over containers, isinstance",
)


def partials(x, y):
    by_three = partial(scaled, factor=3.0)
    shifted = functools.partial(by_three, shift=x)
    first = partial(only_positional, x)
    return by_three(x) * shifted(y) + first(y) + partial(np.power, x)(2)


add(partials, (0.7, -1.2), holomorphic=True, features="functools.partial")


def reduced(x):
    return reduce(lambda a, b: a * b + 1.0, [x, x * x, 2.0]) + reduce(lambda a, b: a + b, (x, 3.0), x)


add(reduced, (0.7,), holomorphic=True, features="functools.reduce")


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs) + 1.0

    return wrapper


def repeated(times):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(x):
            for _ in range(times):
                x = function(x)
            return x

        return wrapper

    return decorate


@logged
def decorated_helper(x, scale=2.0):
    return scale * x * x


@repeated(times=3)
@logged
def twice_decorated(x):
    return np.sin(x)


def call_decorated(x):
    return decorated_helper(x) * decorated_helper(x, scale=x) + twice_decorated(x)


add(call_decorated, (0.7,), holomorphic=True, features="decorator, functools.wraps")


@logged
def decorated_itself(x, y):
    return x * np.cos(y)


add(decorated_itself, (0.7, -1.2), holomorphic=True, features="decorator, functools.wraps")


class Scaler:
    """A callable object with state, properties and every kind of method."""

    bias = 0.5

    def __init__(self, factor, offset=1.0):
        self.factor = factor
        self.offset = offset

    def __call__(self, x):
        return self.factor * x + self.offset

    def square(self, x):
        return self(x) * self.twice(x)

    def twice(self, x):
        return self(self(x)) + self.bias

    @property
    def ratio(self):
        return self.factor / self.offset

    @staticmethod
    def cube(x):
        return x**3

    @classmethod
    def default(cls, x):
        return cls(x, 2.0)(x) + cls.bias


class ShiftedScaler(Scaler):
    """A subclass that calls the method it overrides."""

    bias = 1.5

    def twice(self, x):
        return super().twice(x) - self.ratio


SCALER = Scaler(3.0, offset=-0.5)


def callable_object(x):
    return SCALER(x) * SCALER(x * x)


add(callable_object, (0.7,), holomorphic=True, features="callable object, global object")


def methods(x):
    bound = SCALER.square
    return bound(x) + SCALER.twice(x) * SCALER.cube(x) + Scaler.cube(2.0 * x) + SCALER.ratio * x


add(methods, (0.7,), holomorphic=True, features="bound method, staticmethod, property")


def class_methods(x):
    return Scaler.default(x) * ShiftedScaler.default(x) + ShiftedScaler(x, 2.0).twice(x)


add(class_methods, (0.7,), holomorphic=True, features="classmethod, inheritance, super, object built")


def object_argument(scaler, x):
    return scaler(x) + scaler.ratio * scaler.square(x)


add(
    object_argument,
    (Scaler(0.8, 1.3), 0.7),
    (ShiftedScaler(0.8, 1.3), 0.7),
    holomorphic=True,
    features="object parameter",
)


class Network:
    """Parameters held by an object; the forward pass is a method."""

    def __init__(self, layers, activation):
        self.layers = layers
        self.activation = activation

    def forward(self, x):
        for weights, bias in self.layers:
            x = self.activation(x @ weights + bias)
        return x


def network_object(network, x):
    return np.sum(network.forward(x) ** 2)


add(
    network_object,
    (Network([(draw(3, 4), draw(4)), (draw(4, 2), draw(2))], np.tanh), draw(5, 3)),
    argnums=(0, 1),
    holomorphic=True,
    features="object parameter, method, callable attribute",
)


def global_values(x):
    y = x
    for _ in range(SETTINGS["steps"]):
        y = y * GAIN - SETTINGS["rate"] * x
    return y


add(global_values, (0.7,), holomorphic=True, features="globals")


def mapped(x, y):
    a = sum(map(square, [x, y, x * y]))
    b, c = map(lambda p, q: p * q, (x, y), (y, 2.0))
    return a * b + c * max(map(abs, (x, y))) + sum(list(map(square, (x, y))), start=x)


add(mapped, (0.7, -1.2), features="map, sum, max")


def filtered(x, y):
    kept = [v for v in filter(lambda v: v > 0.0, [x, y, -x])]
    return sum(v * v for v in kept) + x * len(kept)


add(filtered, (0.7, -1.2), holomorphic=True, features="filter")


def any_all(x, y):
    if all(v > 0.0 for v in (x, y)) or any([x > 5.0, y > 5.0]):
        return x * y
    if any(v < -1.0 for v in [x, y]) and not all([x > 0.0, True]):
        return x - y
    return x / y


add(
    any_all,
    (0.7, 1.2),
    (-0.7, -1.2),
    (0.7, -1.2),
    (-0.7, 5.5),
    holomorphic=True,
    features="any, all, generator in call",
)


def sorted_inactive(x, names):
    total = x
    for i, name in enumerate(sorted(names)):
        total = total * x + len(name) * i
    for k in sorted([3, 1, 2], reverse=True):
        total = total + x**k
    return total


add(sorted_inactive, (0.7, ("bb", "a", "ccc")), argnums=(0,), holomorphic=True, features="sorted, inactive")


def redefined(x):
    def f(z):
        return z * z

    a = f(x)

    def f(z):
        return z * 3.0

    return a * f(x)


add(redefined, (0.7,), holomorphic=True, features="redefinition")


def choose(name):
    if name == "square":
        return square
    return lambda z: z * 5.0


def function_chosen_at_run_time(x, name):
    f = choose(name)
    return f(x) + f(f(x))


add(
    function_chosen_at_run_time,
    (0.7, "square"),
    (0.7, "other"),
    argnums=(0,),
    holomorphic=True,
    features="function returned",
)


def mutable_default(x, history=[1.0, 2.0]):
    return x * history[0] + history[-1] * x * x


add(mutable_default, (0.7,), holomorphic=True, features="mutable default")


def callee_assigns_its_parameter(x):
    x = x * 2.0
    return x + 1.0


def caller_keeps_its_value(x):
    y = callee_assigns_its_parameter(x)
    return x * y


add(caller_keeps_its_value, (0.7,), holomorphic=True, features="scoping")


def same_names_everywhere(x, y):
    def inner(y, x):
        x = x + y
        return x * y

    x_bar = inner(x, y)
    y_bar = inner(y, x_bar)
    x_dot = x_bar * y_bar
    return x_dot + x


add(same_names_everywhere, (0.7, -1.2), holomorphic=True, features="names that generated code might use")


def helper_with_loop(x, n):
    y = x
    for i in range(n):
        y = y * 0.9 + np.sin(i * x)
    return y


def calls_in_loop(x, n):
    total = 0.0
    for i in range(n):
        total = total + helper_with_loop(x, i) * scaled(total, shift=x)
    return total


add(calls_in_loop, (0.7, 4), argnums=(0,), holomorphic=True, features="call in loop, loop in callee")


def composed(*functions):
    def run(x):
        for function in functions:
            x = function(x)
        return x

    return run


PIPELINE = composed(np.sin, square, lambda z: z * 2.0 + 1.0)


def pipeline_of_functions(x):
    return PIPELINE(x) * composed(square, np.exp)(x)


add(pipeline_of_functions, (0.7,), holomorphic=True, features="closure over *args, global closure")


def typed_signature(x: float, steps: int = 2, *, f: Callable[[float], float] = square) -> float:
    y: float = x
    total: float
    total = 0.0
    for _ in range(steps):
        y = f(y)
        total = total + y
    return total


add(typed_signature, (0.7,), (0.7, 3), argnums=(0,), holomorphic=True, features="annotations")


def vector_helper(a, axis=0, keep=False):
    return np.sum(a * a, axis=axis, keepdims=keep)


def keyword_arguments_to_numpy(a):
    return vector_helper(a, axis=1) + vector_helper(a, keep=True, axis=1)[:, 0] * vector_helper(a, 0)[0]


add(keyword_arguments_to_numpy, (positive(3, 2),), holomorphic=True, features="keywords passed through")
