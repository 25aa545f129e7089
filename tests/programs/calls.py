"""Calls: every way Python binds arguments, nested functions, closures, lambdas and their scopes."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"
# ruff: noqa: B023

from functools import partial

import numpy as np

from tests.programs.program import Program, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)


def square(x):
    return x * x


def scaled(x, factor=2.0, *, shift=0.0):
    return factor * x + shift


def only_positional(x, y, /, z=1.0):
    return x * y - z


def weighted_sum(*terms, weight=1.0):
    total = 0.0
    for term in terms:
        total = total + weight * term
    return total


def polynomial(x, **coefficients):
    return coefficients["a"] * x * x + coefficients.get("b", 0.0) * x + len(coefficients)


def call_simple(x, y):
    return square(x) * square(y) + square(square(x + y))


add(call_simple, (0.7, -1.2), holomorphic=True, features="call")


def call_defaults(x):
    return scaled(x) + scaled(x, 3.0) * scaled(x, factor=x) + scaled(x, shift=x * x) + scaled(factor=x, x=2.0)


add(call_defaults, (0.7,), holomorphic=True, features="defaults, keyword-only, keyword call")


def call_positional_only(x, y):
    return only_positional(x, y) * only_positional(y, x, z=x) + only_positional(x, x, y)


add(call_positional_only, (0.7, -1.2), holomorphic=True, features="positional-only")


def call_variadic(x, y):
    terms = (x, y, x * y)
    return (
        weighted_sum() + weighted_sum(x) * weighted_sum(x, y, weight=y) + weighted_sum(*terms, 2.0, weight=x)
    )


add(call_variadic, (0.7, -1.2), holomorphic=True, features="*args, starred call")


def call_keywords(x, y):
    options = {"a": x, "b": y}
    return polynomial(y, a=x) + polynomial(x, **options) * polynomial(x, a=y, **{"b": x, "c": 1.0})


add(call_keywords, (0.7, -1.2), holomorphic=True, features="**kwargs, double starred call")


def forward_everything(*args, **kwargs):
    return scaled(*args, **kwargs)


def call_forwarded(x, y):
    return forward_everything(x, y, shift=x) * forward_everything(x, factor=y)


add(call_forwarded, (0.7, -1.2), holomorphic=True, features="*args, **kwargs, forwarding")


def top_level_defaults(x, y=3.0, *rest, scale=2.0, **options):
    for r in rest:
        y = y * r
    return scale * x * y + len(options)


add(
    top_level_defaults,
    (0.7,),
    (0.7, 1.1),
    (0.7, 1.1, 0.3, -0.4),
    argnums=(0,),
    holomorphic=True,
    features="top-level *args, defaults",
)


def several_results(x, y):
    return x * y, x + y, {"ratio": x / y}


def call_several_results(x, y):
    product, total, extra = several_results(x, y)
    return product * total + extra["ratio"] * several_results(y, x)[0]


add(call_several_results, (0.7, -1.2), holomorphic=True, features="tuple result")


def returns_none(x):
    x * 2.0


def call_without_result(x):
    nothing = returns_none(x)
    if nothing is None:
        return x * x
    return x


add(call_without_result, (0.7,), holomorphic=True, features="implicit None")


def early_helper(x):
    if x > 1.0:
        return x
    for i in range(4):
        if x * i > 0.5:
            return x * i
    return x * x


def call_early_return(x):
    return early_helper(x) * early_helper(x + 1.0) + early_helper(0.1 * x)


add(call_early_return, (0.7,), (1.7,), holomorphic=True, features="early return in callee")


def nested_function(x, y):
    def inner(z):
        return z * x + y

    return inner(x) * inner(2.0)


add(nested_function, (0.7, -1.2), holomorphic=True, features="nested def, closure")


def closure_binds_late(x):
    factor = 2.0

    def inner(z):
        return factor * z

    first = inner(x)
    factor = x * x
    return first + inner(x)


add(closure_binds_late, (0.7,), holomorphic=True, features="late binding")


def closures_in_loop(x):
    functions = []
    for k in range(3):
        functions.append(lambda z: z * k)
    fixed = [lambda z, k=k: z**k for k in range(3)]
    return functions[0](x) + functions[1](x) * fixed[0](x) + fixed[1](x) * fixed[2](x)


add(closures_in_loop, (0.7,), holomorphic=True, features="late binding, lambda default, lambdas in list")


def closure_reads_later_definition(x):
    def inner():
        return later * x

    later = x + 3.0
    return inner()


add(closure_reads_later_definition, (0.7,), holomorphic=True, features="late binding")


def nested_three_deep(x):
    def outer(a):
        def middle(b):
            def inner(c):
                return a * b * c * x

            return inner(b + a)

        return middle(a * 2.0)

    return outer(x + 1.0)


add(nested_three_deep, (0.7,), holomorphic=True, features="nested def")


def nonlocal_counter(x):
    count = 0
    total = 0.0

    def visit(value):
        nonlocal count, total
        count += 1
        total = total + value * count

    visit(x)
    visit(x * x)
    return total * count


add(nonlocal_counter, (0.7,), holomorphic=True, features="nonlocal")


def shadowed_names(x):
    y = x

    def inner(x):
        y = x * 3.0
        return y + x

    z = inner(y * y)
    return z * y + x


add(shadowed_names, (0.7,), holomorphic=True, features="shadowing")


def make_scaler(factor):
    def scale(x):
        return factor * x

    return scale


def returned_closure(x):
    double = make_scaler(2.0)
    by_x = make_scaler(x)
    return by_x(double(x)) + make_scaler(x * x)(3.0)


add(returned_closure, (0.7,), holomorphic=True, features="returned closure")


def lambdas_on_one_line(x):
    f, g, h = lambda z: z * 2.0, lambda z: z * z, lambda z, w=3.0: z - w
    return f(x) + g(f(x)) * h(x) + (lambda z: z**3)(x) + (lambda: x)()


add(lambdas_on_one_line, (0.7,), holomorphic=True, features="several lambdas on one line")


def lambdas_in_containers(x):
    table = {"sin": lambda z: np.sin(z), "twice": lambda z: 2.0 * z}
    pair = (lambda z: z + 1.0, lambda z: z * z)
    y = x
    for name in ("sin", "twice", "sin"):
        y = table[name](y)
    for function in pair:
        y = function(y)
    return y


add(lambdas_in_containers, (0.7,), holomorphic=True, features="lambdas in containers")


def lambda_in_default(x, f=lambda z: z * z + 1.0, g=np.cos):
    return f(x) * g(x)


add(lambda_in_default, (0.7,), holomorphic=True, features="lambda in default argument")


def apply_twice(f, x):
    return f(f(x))


def callables_as_arguments(x):
    return apply_twice(square, x) + apply_twice(np.sin, x) + apply_twice(lambda z: z * x, x)


add(callables_as_arguments, (0.7,), holomorphic=True, features="callable argument")


def callable_top_level_argument(f, x):
    return f(x) * x


add(
    callable_top_level_argument,
    (np.tanh, 0.7),
    (square, 0.7),
    argnums=(1,),
    holomorphic=True,
    features="callable argument",
)


def decay(t, height, rate, floor):
    return height * np.exp(-rate * t) + floor


def parameters_from_an_array(x):
    line = lambda a, b: a * 2.0 + b * b
    curve = decay(np.arange(3.0), *x) * decay(0.5, *x[:2], floor=x[2])
    return np.sum(curve) + line(*x[1:])


add(
    parameters_from_an_array,
    (np.array([0.7, 1.3, -0.4]),),
    autograd=False,
    holomorphic=True,
    features="f(*array)",
)
