"""Programs that ask for derivatives themselves: an inner gradient, a Newton step, a curvature inside a model.

Importing this needs the compiler. Each program comes with the same function written without inner
derivatives, in `BY_HAND`, so that the oracles can judge it.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import adcompile as ad
from tests.programs.program import Program, draw, positive, record

NESTED: list[Program] = []
BY_HAND: dict[str, Callable[..., Any]] = {}


def add(function, by_hand, *samples, **options):
    """Record a program together with its equivalent without inner derivatives."""
    record(NESTED, function, *samples, **options)
    BY_HAND[function.__name__] = by_hand


def cubic(x):
    return x**3 + 2.0 * x


def energy(x, stiffness):
    return np.sum(stiffness * x**4) + np.sum(x[1:] * x[:-1])


def energy_gradient_by_hand(x, stiffness):
    zero = np.zeros(1)
    return 4.0 * stiffness * x**3 + np.concatenate([x[1:], zero]) + np.concatenate([zero, x[:-1]])


def gradient_inside(x):
    return ad.grad(cubic)(x) * x


def gradient_inside_by_hand(x):
    return (3.0 * x**2 + 2.0) * x


add(gradient_inside, gradient_inside_by_hand, (0.7,), (-1.2,), holomorphic=True, features="grad inside")

cubic_slope = ad.grad(cubic)


def global_gradient(x):
    return cubic_slope(x) * cubic_slope(2.0 * x)


def global_gradient_by_hand(x):
    return (3.0 * x**2 + 2.0) * (12.0 * x**2 + 2.0)


add(global_gradient, global_gradient_by_hand, (0.7,), holomorphic=True, features="derivative as global")


@ad.grad
def decorated_slope(x):
    return np.sin(x) * x


def decorated_inside(x):
    return decorated_slope(x) ** 2


def decorated_inside_by_hand(x):
    return (np.cos(x) * x + np.sin(x)) ** 2


add(decorated_inside, decorated_inside_by_hand, (0.7,), holomorphic=True, features="decorated derivative")


def newton_step(a):
    x = 1.0
    for _ in range(4):
        residual = lambda z: z**3 + a * z - 1.0
        x = x - residual(x) / ad.grad(residual)(x)
    return x


def newton_step_by_hand(a):
    x = 1.0
    for _ in range(4):
        x = x - (x**3 + a * x - 1.0) / (3.0 * x**2 + a)
    return x


add(newton_step, newton_step_by_hand, (0.8,), (2.5,), holomorphic=True, features="Newton step, closure, loop")


def inner_descent(start, stiffness):
    x = start
    for _ in range(3):
        x = x - 0.1 * ad.grad(energy)(x, stiffness)
    return energy(x, stiffness)


def inner_descent_by_hand(start, stiffness):
    x = start
    for _ in range(3):
        x = x - 0.1 * energy_gradient_by_hand(x, stiffness)
    return energy(x, stiffness)


add(
    inner_descent,
    inner_descent_by_hand,
    (draw(3), positive(3)),
    holomorphic=True,
    features="inner optimisation",
)


def value_and_gradient_inside(x, stiffness):
    value, slope = ad.value_and_grad(energy)(x, stiffness)
    return value * slope


def value_and_gradient_inside_by_hand(x, stiffness):
    return energy(x, stiffness) * energy_gradient_by_hand(x, stiffness)


add(
    value_and_gradient_inside,
    value_and_gradient_inside_by_hand,
    (draw(3), positive(3)),
    holomorphic=True,
    features="value_and_grad inside",
)


def two_gradients_inside(x, stiffness):
    slope, by_stiffness = ad.grad(energy, argnums=(0, 1))(x, stiffness)
    return slope @ by_stiffness


def two_gradients_inside_by_hand(x, stiffness):
    return energy_gradient_by_hand(x, stiffness) @ x**4


add(
    two_gradients_inside,
    two_gradients_inside_by_hand,
    (draw(3), positive(3)),
    holomorphic=True,
    features="grad inside, argnums",
)


def tangent_inside(x, v):
    out, out_dot = ad.jvp(np.sin, (x,), (v,))
    return out * out_dot


def tangent_inside_by_hand(x, v):
    return np.sin(x) * np.cos(x) * v


add(
    tangent_inside,
    tangent_inside_by_hand,
    (0.7, 1.3),
    (draw(3), draw(3, seed=1)),
    holomorphic=True,
    features="jvp inside",
)


def pullback_inside(x, w):
    out, pullback = ad.vjp(lambda z: z * z[::-1], x)
    (x_bar,) = pullback(w)
    return out @ x_bar


def pullback_inside_by_hand(x, w):
    return (x * x[::-1]) @ (w * x[::-1] + (w * x)[::-1])


add(
    pullback_inside,
    pullback_inside_by_hand,
    (draw(3), draw(3, seed=1)),
    holomorphic=True,
    features="vjp inside",
)


def second_derivative_inside(x):
    return ad.grad(ad.grad(cubic))(x) * x


def second_derivative_inside_by_hand(x):
    return 6.0 * x * x


add(
    second_derivative_inside,
    second_derivative_inside_by_hand,
    (0.7,),
    holomorphic=True,
    features="grad of grad inside",
)


def hessian_product_inside(x, v, stiffness):
    return ad.hvp(energy)(x, stiffness, v) @ x


def hessian_product_inside_by_hand(x, v, stiffness):
    zero = np.zeros(1)
    product = 12.0 * stiffness * x**2 * v + np.concatenate([v[1:], zero]) + np.concatenate([zero, v[:-1]])
    return product @ x


add(
    hessian_product_inside,
    hessian_product_inside_by_hand,
    (draw(3), draw(3, seed=1), positive(3)),
    holomorphic=True,
    features="hvp inside",
)


def perturbation_confusion(x):
    return ad.grad(lambda y: x * ad.grad(lambda z: z * y * x)(2.0))(3.0) * x


def perturbation_confusion_by_hand(x):
    return x * x * x


add(
    perturbation_confusion,
    perturbation_confusion_by_hand,
    (0.7,),
    holomorphic=True,
    features="grad in grad, closures",
)


def derivative_of_partial(x, scale):
    slope = ad.grad(partial(scaled_square, scale=scale))
    return slope(x) + scale


def scaled_square(x, scale):
    return scale * x * x


def derivative_of_partial_by_hand(x, scale):
    return 2.0 * scale * x + scale


add(
    derivative_of_partial,
    derivative_of_partial_by_hand,
    (0.7, 1.3),
    holomorphic=True,
    features="grad of partial inside",
)


def gradient_of_container_inside(params):
    bar = ad.grad(lambda p: np.sum(p["w"] ** 3) * p["b"])(params)
    return np.sum(bar["w"]) * bar["b"]


def gradient_of_container_inside_by_hand(params):
    w, b = params["w"], params["b"]
    return np.sum(3.0 * w**2 * b) * np.sum(w**3)


add(
    gradient_of_container_inside,
    gradient_of_container_inside_by_hand,
    ({"w": draw(3), "b": 0.7},),
    holomorphic=True,
    features="grad inside, container",
)


def stopped(x):
    return ad.stop_gradient(x) * x


def stopped_by_hand(x):
    return 0.7 * x


add(stopped, stopped_by_hand, (0.7,), order=1, features="stop_gradient")


def diffuse(u, k):
    for _ in range(3):
        u = np.concatenate([u[:1], u[1:-1] + k * (u[2:] - 2.0 * u[1:-1] + u[:-2]), u[-1:]])
    return np.sum(u * u)


def pullback_of_a_heat_equation(u, k):
    heat, pullback = ad.vjp(diffuse, u, k)
    return pullback(heat)[0]


def pullback_of_a_heat_equation_by_hand(u, k):
    n = len(u)
    second_difference = np.eye(n, k=1) - 2.0 * np.eye(n) + np.eye(n, k=-1)
    step = np.eye(n) + k * second_difference * (np.arange(n) % (n - 1) != 0)[:, None]
    steps = step @ step @ step
    return (u @ steps.T @ steps @ u) * 2.0 * (steps.T @ steps @ u)


add(
    pullback_of_a_heat_equation,
    pullback_of_a_heat_equation_by_hand,
    (draw(6), 0.3),
    holomorphic=True,
    features="vjp of a loop of slices",
)


def convolve(x, w):
    total = 0.0
    for j in range(len(w)):
        total = total + w[j] * x[j : len(x) - len(w) + 1 + j]
    return np.sin(total)


def pullback_of_a_convolution(x, w):
    out, pullback = ad.vjp(convolve, x, w)
    return pullback(out)


def pullback_of_a_convolution_by_hand(x, w):
    n, m = len(x), len(w)
    total = sum(w[j] * x[j : n - m + 1 + j] for j in range(m))
    bar = np.sin(total) * np.cos(total)
    x_bar = sum(np.concatenate([np.zeros(j), w[j] * bar, np.zeros(m - 1 - j)]) for j in range(m))
    return x_bar, np.stack([np.sum(bar * x[j : n - m + 1 + j]) for j in range(m)])


add(
    pullback_of_a_convolution,
    pullback_of_a_convolution_by_hand,
    (draw(6), draw(3, seed=1)),
    holomorphic=True,
    features="vjp of a convolution",
)


def linear_map_inside(x):
    slope = 2.0
    out, push = ad.linearize(lambda a, b: {"p": a * b * slope, "q": [a * a]}, x, x * x)
    back_out, pull = ad.vjp(lambda a: a * a * slope, x)
    slope = 9.0
    dot = push(x, 1.0)
    return dot["p"] * dot["q"][0] * slope + out["p"] + pull(x)[0] * back_out


def linear_map_inside_by_hand(x):
    dp, dq = 2.0 * x * x * x + 2.0 * x, 2.0 * x * x
    return dp * dq * 9.0 + 2.0 * x**3 + 4.0 * x * x * (2.0 * x * x)


add(
    linear_map_inside,
    linear_map_inside_by_hand,
    (0.7,),
    holomorphic=True,
    features="linearize, late binding",
)


def argnums_of_every_kind(x):
    f = lambda a, b=2.0, *, c=3.0: a * a * b * c
    by_name = ad.grad(f, argnums="b")(x, x) + ad.grad(f, argnums="a")(b=x, a=x)
    by_position = ad.grad(f, argnums=1)(x, b=x) + ad.grad(f, argnums=-2)(x, b=x)
    return by_name + by_position + ad.grad(f, argnums=-1)(x, c=x) + ad.grad(f, argnums=("c", 0))(x, c=x)[0]


def argnums_of_every_kind_by_hand(x):
    return 3.0 * x * x + 6.0 * x * x + 6.0 * x * x + 4.0 * x * x


add(
    argnums_of_every_kind,
    argnums_of_every_kind_by_hand,
    (0.7,),
    holomorphic=True,
    features="argnums inside",
)


def kinds_of_inner_gradients(x):
    slopes = [ad.grad(lambda v, k=k: v ** (k + 1))(x) for k in range(3)]
    return ad.grad(np.sin)(x) * sum(slopes) + ad.grad(lambda v: 3.0)(x) + ad.jvp(np.cos, (x,), (1.0,))[1]


def kinds_of_inner_gradients_by_hand(x):
    return float(np.cos(x) * (1.0 + 2.0 * x + 3.0 * x * x)) - np.sin(x)


add(kinds_of_inner_gradients, kinds_of_inner_gradients_by_hand, (0.7,), features="kinds of inner gradients")


def jacobians_of_numbers_inside(x):
    return ad.jacrev(np.sin)(x) * ad.jacfwd(lambda v: v * v)(x) * ad.jacobian(np.cos)(x)


def jacobians_of_numbers_inside_by_hand(x):
    return -np.cos(x) * 2.0 * x * np.sin(x)


add(
    jacobians_of_numbers_inside,
    jacobians_of_numbers_inside_by_hand,
    (0.7,),
    holomorphic=True,
    features="jacobian of a number",
)


def gradient_of_a_function_that_changes_its_argument(x):
    def area(sides):
        sides["a"] = sides["a"] * sides["b"]
        sides["c"] = 1.0
        return sides["a"] * sides["b"]

    bar = ad.grad(area)({"a": x, "b": x * x})
    out, dot = ad.jvp(area, ({"a": x, "b": x * x},), ({"a": 1.0, "b": x},))
    return bar["a"] * bar["b"] + len(bar) + out * dot


def gradient_of_a_function_that_changes_its_argument_by_hand(x):
    return x**4 * (2.0 * x**3) + 2.0 + x**5 * (x**4 + 2.0 * x**4)


add(
    gradient_of_a_function_that_changes_its_argument,
    gradient_of_a_function_that_changes_its_argument_by_hand,
    (0.7,),
    holomorphic=True,
    features="an inner function changes its argument",
)


def smooth_in_place(target, source, gain):
    target[1:-1] = gain * source[:-2] * source[2:]
    source[0] = target[1] ** 2


def kernel_inside(x, gain):
    work = np.ones(len(x))
    out, pullback = ad.vjp(smooth_in_place, work, x, gain, outputs=("target", 1))
    bars = pullback((x, out[0]))
    _, slope = ad.jvp(smooth_in_place, (work, x, gain), (work, x, 1.0), outputs="target")
    return np.sum(bars[1]) + bars[2] * slope[1] + np.sum(work * slope)


def kernel_inside_by_hand(x, gain):
    target, ones = x * 0.0 + 1.0, x * 0.0 + 1.0
    target[1:-1] = gain * x[:-2] * x[2:]
    bar = x.copy()
    bar[1] += 2.0 * target[1] * target[0]
    middle = bar[1:-1] * gain
    total = np.sum(target[1:]) + np.sum(middle * x[2:]) + np.sum(middle * x[:-2])
    gain_bar = np.sum(bar[1:-1] * x[:-2] * x[2:])
    slope = ones * 1.0
    slope[1:-1] = x[:-2] * x[2:] + 2.0 * gain * x[:-2] * x[2:]
    return total + gain_bar * slope[1] + np.sum(slope)


add(
    kernel_inside,
    kernel_inside_by_hand,
    (draw(5, seed=60), 0.8),
    holomorphic=True,
    features="outputs inside",
)


def gradient_is_written(c):
    slope = ad.grad(lambda x: np.sum(x * c))(c * 2.0)
    slope[0] = 5.0
    _, push = ad.linearize(lambda x: x, c)
    moved = push(c)
    moved *= 3.0
    return slope * c * moved


def gradient_is_written_by_hand(c):
    slope = c * 1.0
    slope[0] = 5.0
    return slope * c * c * 3.0


add(
    gradient_is_written,
    gradient_is_written_by_hand,
    (draw(4, seed=61),),
    holomorphic=True,
    features="a gradient that would be an argument is written",
)


def cotangent_is_written(x):
    out, pullback = ad.vjp(lambda y: y * y, x)
    direction = x * 1.0
    first = pullback(direction)[0]
    out[0] = 100.0
    direction[0] = 9.0
    _, push = ad.linearize(lambda y: y * y, x)
    direction[1] = 5.0
    return pullback(direction)[0] * first + push(direction)


def cotangent_is_written_by_hand(x):
    direction = x * 1.0
    direction[0] = 9.0
    direction[1] = 5.0
    return 2.0 * x * direction * 2.0 * x * x + 2.0 * x * direction


add(
    cotangent_is_written,
    cotangent_is_written_by_hand,
    (draw(4, seed=63),),
    holomorphic=True,
    features="a cotangent and a result are written",
)


def writes_outside_stay_inside(a):
    b = a * 2.0

    def inner(t):
        b[0] = t
        return t * t * b[0]

    return ad.grad(inner)(a[0]) + b[0] * b[1]


def writes_outside_stay_inside_by_hand(a):
    return 3.0 * a[0] ** 2 + 4.0 * a[0] * a[1]


add(
    writes_outside_stay_inside,
    writes_outside_stay_inside_by_hand,
    (draw(3, seed=62),),
    holomorphic=True,
    features="a derivative writes into nothing from outside",
)


def mixed_derivative_of_a_power(x, y):
    slope = ad.grad(lambda b: ad.grad(lambda a: a**b)(x))(0.0)
    twice = [ad.grad(ad.grad(lambda a, n=n: a**n * y))(0.0) for n in range(4)]
    return slope * sum(twice)


def mixed_derivative_of_a_power_by_hand(x, y):
    return 2.0 * y / x


add(
    mixed_derivative_of_a_power,
    mixed_derivative_of_a_power_by_hand,
    (0.7, 1.9),
    features="x ** 0 and 0 ** n, second derivatives",
)


def jacobians_of_numbers(x, gain):
    return ad.jacfwd(cubic)(x) * ad.hessian(lambda a, y: a * cubic(y), argnums=1)(gain, x) + ad.jacrev(cubic)(
        gain
    )


def jacobians_of_numbers_by_hand(x, gain):
    return (3.0 * x**2 + 2.0) * gain * 6.0 * x + 3.0 * gain**2 + 2.0


add(
    jacobians_of_numbers,
    jacobians_of_numbers_by_hand,
    (0.7, 1.3),
    holomorphic=True,
    features="Jacobian inside",
)
