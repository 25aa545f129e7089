"""Small versions of what people differentiate: networks, time stepping, statistics, root finding."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"
# ruff: noqa: B007, B905

import math
from functools import partial

import numpy as np

from tests.programs.program import Program, draw, positive, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)


def logistic_regression(weights, bias, features, labels):
    score = features @ weights + bias
    loss = np.mean(np.log1p(np.exp(-np.abs(score))) + np.maximum(score, 0.0) - labels * score)
    return loss + 0.01 * weights @ weights


add(
    logistic_regression,
    (draw(3), 0.2, draw(6, 3), np.array([0, 1, 1, 0, 1, 0])),
    argnums=(0, 1),
    features="broadcast, int array, @",
)


def two_layers(params, x, y):
    hidden = np.tanh(x @ params["w1"] + params["b1"])
    output = hidden @ params["w2"] + params["b2"]
    return np.mean((output - y) ** 2)


add(
    two_layers,
    ({"w1": draw(3, 4), "b1": draw(4), "w2": draw(4, 2), "b2": draw(2)}, draw(5, 3, seed=1), draw(5, 2)),
    argnums=(0,),
    holomorphic=True,
    features="dict of parameters",
)


def many_layers(layers, x):
    for weights, bias in layers[:-1]:
        x = np.maximum(x @ weights + bias, 0.0)
    weights, bias = layers[-1]
    logits = x @ weights + bias
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))


add(
    many_layers,
    ([(draw(3, 4), draw(4)), (draw(4, 4), draw(4, seed=1)), (draw(4, 2), draw(2))], draw(5, 3)),
    argnums=(0,),
    holomorphic=True,
    features="list of tuples, loop over layers",
)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def lstm(weights, bias, inputs, hidden_size):
    h = np.zeros(hidden_size)
    c = np.zeros(hidden_size)
    total = 0.0
    for x in inputs:
        gates = weights @ np.concatenate([x, h]) + bias
        i, f, o, g = gates[:2], gates[2:4], gates[4:6], gates[6:]
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        total = total + np.sum(h * h)
    return total, h


add(
    lstm,
    (draw(8, 5), draw(8), draw(4, 3), 2),
    argnums=(0, 1, 2),
    holomorphic=True,
    features="for over rows, call",
)


def gated_recurrent_unit(params, inputs):
    h = params["h0"]
    states = []
    for x in inputs:
        z = sigmoid(params["wz"] @ x + params["uz"] @ h)
        h = (1.0 - z) * h + z * np.tanh(params["wh"] @ x + params["uh"] @ h)
        states.append(h)
    return np.stack(states)


add(
    gated_recurrent_unit,
    (
        {
            "h0": draw(2),
            "wz": draw(2, 3),
            "uz": draw(2, 2),
            "wh": draw(2, 3, seed=1),
            "uh": draw(2, 2, seed=1),
        },
        draw(3, 3),
    ),
    holomorphic=True,
    features="dict of parameters, growing list",
)


def attention(q, k, v, causal):
    scores = q @ k.T / math.sqrt(q.shape[1])
    if causal:
        scores = np.where(np.tril(np.ones(scores.shape)) > 0.0, scores, -1e9)
    weights = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    return weights / np.sum(weights, axis=1, keepdims=True) @ v


add(
    attention,
    (draw(3, 2), draw(3, 2, seed=1), draw(3, 4), True),
    (draw(3, 2), draw(4, 2, seed=1), draw(4, 4), False),
    argnums=(0, 1, 2),
    holomorphic=True,
    features="np.where, keepdims, bool argument",
)


def convolution(signal, kernel):
    n = signal.shape[0] - kernel.shape[0] + 1
    out = np.zeros(n)
    for k in range(kernel.shape[0]):
        out = out + kernel[k] * signal[k : k + n]
    return np.tanh(out)


add(convolution, (draw(6), draw(3)), holomorphic=True, features="slices with loop index")


def runge_kutta(y0, rate, steps):
    y = y0
    h = 1.0 / steps
    for n in range(steps):
        k1 = pendulum(y, rate)
        k2 = pendulum(y + 0.5 * h * k1, rate)
        k3 = pendulum(y + 0.5 * h * k2, rate)
        k4 = pendulum(y + h * k3, rate)
        y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return y


def pendulum(y, rate):
    return np.array([y[1], -rate * np.sin(y[0]) - 0.1 * y[1]])


add(runge_kutta, (draw(2), 1.7, 4), argnums=(0, 1), holomorphic=True, features="for, call, np.array")


def euler_until(y, h, end):
    t = 0.0
    path = [y]
    while t < end:
        y = y + h * (1.0 - y) * y
        path.append(y)
        t += h
    return sum(path) / len(path) + path[-1] * path[2]


add(euler_until, (0.2, 0.25, 1.9), argnums=(0,), holomorphic=True, features="while, growing list")


def leapfrog(q, p, steps, h):
    p = p - 0.5 * h * q**3
    for i in range(steps):
        q = q + h * p
        if i != steps - 1:
            p = p - h * q**3
    p = p - 0.5 * h * q**3
    return 0.5 * p @ p + 0.25 * np.sum(q**4), q


add(leapfrog, (draw(2), draw(2, seed=1), 4, 0.1), argnums=(0, 1, 3), holomorphic=True, features="for, if")


def heat_equation(u, alpha, steps):
    for _ in range(steps):
        inner = u[1:-1] + alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        u = np.concatenate([u[:1], inner, u[-1:]])
    return np.sum(u**2)


add(heat_equation, (draw(6), 0.2, 4), argnums=(0, 1), holomorphic=True, features="slices, concatenate, loop")


def kalman_filter(measurements, noise, process):
    mean, variance = 0.0, 1.0
    log_likelihood = 0.0
    for z in measurements:
        variance = variance + process
        innovation = variance + noise
        gain = variance / innovation
        residual = z - mean
        log_likelihood = log_likelihood - 0.5 * (np.log(2.0 * np.pi * innovation) + residual**2 / innovation)
        mean = mean + gain * residual
        variance = (1.0 - gain) * variance
    return log_likelihood + mean


add(kalman_filter, (draw(5), 0.5, 0.1), holomorphic=True, features="for over array, recurrence")


def kalman_matrix(state, covariance, transition, observed):
    total = 0.0
    noise = 0.3 * np.eye(2)
    for z in observed:
        state = transition @ state
        covariance = transition @ covariance @ transition.T + 0.1 * np.eye(2)
        s = covariance + noise
        gain = covariance @ np.linalg.inv(s)
        residual = z - state
        total = total + residual @ np.linalg.solve(s, residual) + np.log(np.linalg.det(s))
        state = state + gain @ residual
        covariance = (np.eye(2) - gain) @ covariance
    return total


add(
    kalman_matrix,
    (draw(2), np.array([[1.0, 0.2], [0.2, 0.8]]), np.array([[0.9, 0.1], [-0.2, 0.7]]), draw(3, 2)),
    holomorphic=True,
    features="np.linalg, loop",
)


def gaussian_mixture(means, log_scales, logits, x):
    scaled = (x[:, None] - means) / np.exp(log_scales)
    terms = logits - np.log(np.sum(np.exp(logits))) - 0.5 * scaled**2 - log_scales
    top = terms.max(axis=1, keepdims=True)
    return np.sum(np.log(np.sum(np.exp(terms - top), axis=1)) + top[:, 0])


add(
    gaussian_mixture,
    (draw(3), draw(3, seed=1), draw(3, seed=2), draw(5)),
    holomorphic=True,
    features="broadcast, None index, max",
)


def hidden_markov(log_start, log_move, log_emit, observed):
    alpha = log_start + log_emit[:, observed[0]]
    for symbol in observed[1:]:
        scores = alpha[:, None] + log_move
        top = np.max(scores, axis=0)
        alpha = top + np.log(np.sum(np.exp(scores - top), axis=0)) + log_emit[:, symbol]
    return np.log(np.sum(np.exp(alpha)))


add(
    hidden_markov,
    (draw(3), draw(3, 3), draw(3, 4), np.array([1, 0, 3, 3])),
    argnums=(0, 1, 2),
    holomorphic=True,
    features="loop over int array, integer index",
)


def bisection(a):
    low, high = 0.0, 2.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        if middle**3 + middle > a:
            high = middle
        else:
            low = middle
    root = 0.5 * (low + high)
    return root - (root**3 + root - a) / (3.0 * root**2 + 1.0)


add(bisection, (1.7,), (0.4,), order=1, holomorphic=True, features="predicate on active value, Newton step")


def fixed_point(a, x):
    for _ in range(100):
        new = np.cos(a * x) * 0.5
        if abs(new - x) < 1e-14:
            break
        x = new
    return new


add(fixed_point, (0.9, 0.3), argnums=(0,), holomorphic=True, features="break, fixed point")


def gradient_descent(start, curvature, rate):
    x = start
    for _ in range(8):
        slope = curvature * x + np.sin(x)
        x = x - rate * slope
    return np.sum(x**2)


add(gradient_descent, (draw(3), positive(3), 0.1), holomorphic=True, features="for, array state")


def conjugate_gradient(a, b):
    matrix = a @ a.T + np.eye(3)
    x = np.zeros(3)
    r = b
    p = r
    rr = r @ r
    for _ in range(3):
        ap = matrix @ p
        alpha = rr / (p @ ap)
        x = x + alpha * p
        r = r - alpha * ap
        new = r @ r
        if new < 1e-20:
            break
        p = r + new / rr * p
        rr = new
    return x @ b


add(
    conjugate_gradient,
    (draw(3, 3), draw(3)),
    order=1,
    float32=False,
    holomorphic=True,
    features="loop, break",
)


def gram_schmidt(a):
    basis = []
    for v in a:
        for b in basis:
            v = v - (v @ b) * b
        basis.append(v / np.sqrt(v @ v))
    return np.stack(basis)


add(gram_schmidt, (draw(3, 3),), holomorphic=True, features="growing list iterated")


def finite_element_energy(positions, stiffness, rest):
    total = 0.0
    for k in range(len(positions) - 1):
        stretch = np.sqrt(np.sum((positions[k + 1] - positions[k]) ** 2)) - rest
        total += 0.5 * stiffness[k] * stretch**2
    return total


add(finite_element_energy, (draw(4, 2), positive(3), 0.7), holomorphic=True, features="for, integer index")


def lennard_jones(positions):
    energy = 0.0
    n = len(positions)
    for i in range(n):
        for j in range(i + 1, n):
            gap = positions[i] - positions[j]
            inverse = 1.0 / np.sum(gap * gap)
            energy += 4.0 * (inverse**6 - inverse**3)
    return energy


add(
    lennard_jones,
    (np.array([[0.0, 0.1], [1.2, 0.3], [0.4, 1.4]]),),
    holomorphic=True,
    features="nested for, integer index",
)


def option_by_monte_carlo(spot, volatility, normals):
    paths = spot * np.exp((0.02 - 0.5 * volatility**2) + volatility * normals)
    payoff = np.maximum(paths - 1.0, 0.0)
    return np.mean(payoff) + payoff.std() * 0.1


add(option_by_monte_carlo, (1.1, 0.3, draw(8)), argnums=(0, 1), features="np.maximum, std")


def beam_of_options(strike, steps):
    up = math.exp(0.2)
    values = [max(up ** (2 * k - steps) - strike, 0.0) for k in range(steps + 1)]
    for n in range(steps, 0, -1):
        values = [0.55 * values[k + 1] + 0.45 * values[k] for k in range(n)]
    return values[0]


add(
    beam_of_options,
    (0.9, 4),
    argnums=(0,),
    holomorphic=True,
    features="comprehension rebinding a list, reversed range",
)


def huber(residuals, delta):
    size = np.abs(residuals)
    return np.sum(np.where(size <= delta, 0.5 * residuals**2, delta * (size - 0.5 * delta)))


add(huber, (draw(5) * 2.0, 0.8), features="np.where, np.abs")


def batch_normalized(x, gain, shift):
    mean = np.mean(x, axis=0)
    return gain * (x - mean) / np.sqrt(np.var(x, axis=0) + 1e-3) + shift


add(batch_normalized, (draw(4, 3), positive(3), draw(3)), features="np.var, np.mean")


def rotation_chain(angles, lengths):
    x, y, heading = 0.0, 0.0, 0.0
    for angle, length in zip(angles, lengths):
        heading = heading + angle
        x = x + length * np.cos(heading)
        y = y + length * np.sin(heading)
    return np.array([x, y])


add(rotation_chain, (draw(3), positive(3)), holomorphic=True, features="zip, tuple assignment")


def spring_pendulum(state, steps):
    (x, y), (u, v) = state
    for _ in range(steps):
        r = np.sqrt(x * x + y * y)
        pull = (r - 1.0) / r
        u, v = u - 0.1 * pull * x, v - 0.1 * (pull * y + 1.0)
        x, y = x + 0.1 * u, y + 0.1 * v
    return (x, y), (u, v)


add(
    spring_pendulum,
    (((0.9, -0.6), (0.2, 0.4)), 4),
    argnums=(0,),
    holomorphic=True,
    features="nested tuples, loop",
)


def polynomial_fit(coefficients, x, y):
    design = np.stack([x**k for k in range(len(coefficients))], axis=1)
    residual = design @ coefficients - y
    return residual @ residual / len(x)


add(polynomial_fit, (draw(3), draw(5), draw(5, seed=1)), holomorphic=True, features="comprehension, np.stack")


def survival_likelihood(shape, scale, times, events):
    log_hazard = np.log(shape / scale) + (shape - 1.0) * np.log(times / scale)
    return np.sum(events * log_hazard - (times / scale) ** shape)


add(
    survival_likelihood,
    (1.4, 0.9, positive(4), np.array([True, False, True, True])),
    argnums=(0, 1),
    holomorphic=True,
    features="bool array, log",
)


def mandelbrot_like(a, b, n):
    x, y = 0.0, 0.0
    for _ in range(n):
        x, y = x * x - y * y + a, 2.0 * x * y + b
        if x * x + y * y > 4.0:
            break
    return x * x + y * y


add(
    mandelbrot_like,
    (0.3, 0.4, 6),
    (1.1, 0.9, 6),
    argnums=(0, 1),
    holomorphic=True,
    features="swap-like assignment, break",
)


def arithmetic_geometric_mean(a, b):
    while abs(a - b) > 1e-9:
        a, b = 0.5 * (a + b), math.sqrt(a * b)
    return a


add(arithmetic_geometric_mean, (1.7, 0.4), autograd=False, order=1, features="while, math.sqrt")
