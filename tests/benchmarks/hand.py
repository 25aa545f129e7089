"""Primal functions, and their derivatives as an expert would write them by hand.

What comes in: nothing. What goes out: `CASES`, one `Case` per function with its hand-written derivative and
inputs of two sizes, for `run.py` to measure against and `test_hand.py` to verify. It is not for timing:
nothing here reads a clock.

A hand-written derivative here keeps the algorithm of its primal and is what a careful person gets who works
through it backwards: nothing is computed twice, buffers are reused where that is safe, contributions that are
known to cancel are left out. It does not replace the algorithm by a better one. The one exception is marked
`rewritten`: the closed form of the Black-Scholes sensitivities, which rests on an identity of finance.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

SQRT_2 = math.sqrt(2.0)
SQRT_2_PI = math.sqrt(2.0 * math.pi)


@dataclass(frozen=True)
class Case:
    """One function to measure.

    `hand` returns the gradients with respect to `argnums`, as a tuple, if `scalar`; else `(value, gradients)`
    with `gradients` as `value_and_grad(primal, argnums)` returns them. `inputs(small)` gives the arguments.
    """

    name: str
    primal: Callable[..., Any]
    hand: Callable[..., Any]
    inputs: Callable[[bool], tuple[Any, ...]]
    argnums: int | tuple[int, ...]
    scalar: bool = False
    rewritten: bool = False


# ---------------------------------------------------------------- scalar functions with math.*


def sin_plus_product(x1, x2):
    return math.sin(x1) + x1 * x2


def sin_plus_product_hand(x1, x2):
    return math.cos(x1) + x2, x1


def rosenbrock(x, y):
    return (1.0 - x) ** 2 + 100.0 * (y - x**2) ** 2


def rosenbrock_hand(x, y):
    t = 200.0 * (y - x * x)
    return -2.0 * (1.0 - x) - 2.0 * x * t, t


def black_scholes(s, k, t, r, sigma):
    """Price of a European call: spot s, strike k, years t, rate r, volatility sigma."""
    spread = sigma * math.sqrt(t)
    d1 = (math.log(s / k) + (r + 0.5 * sigma**2) * t) / spread
    d2 = d1 - spread
    discounted = k * math.exp(-r * t)
    return s * 0.5 * (1.0 + math.erf(d1 / SQRT_2)) - discounted * 0.5 * (1.0 + math.erf(d2 / SQRT_2))


def black_scholes_hand(s, k, t, r, sigma):
    root = math.sqrt(t)
    spread = sigma * root
    drift = r + 0.5 * sigma * sigma
    d1 = (math.log(s / k) + drift * t) / spread
    d2 = d1 - spread
    discount = math.exp(-r * t)
    discounted = k * discount
    below1 = 0.5 * (1.0 + math.erf(d1 / SQRT_2))
    below2 = 0.5 * (1.0 + math.erf(d2 / SQRT_2))

    d2_bar = -discounted * math.exp(-0.5 * d2 * d2) / SQRT_2_PI
    d1_bar = s * math.exp(-0.5 * d1 * d1) / SQRT_2_PI + d2_bar
    top_bar = d1_bar / spread
    spread_bar = -top_bar * d1 - d2_bar
    s_bar = below1 + top_bar / s
    k_bar = -below2 * discount - top_bar / k
    t_bar = top_bar * drift + below2 * discounted * r + spread_bar * sigma * 0.5 / root
    r_bar = top_bar * t + below2 * discounted * t
    sigma_bar = top_bar * t * sigma + spread_bar * root
    return s_bar, k_bar, t_bar, r_bar, sigma_bar


def black_scholes_closed_form(s, k, t, r, sigma):
    """The sensitivities as textbooks give them: s φ(d1) = k exp(-r t) φ(d2) cancels most of the work."""
    root = math.sqrt(t)
    spread = sigma * root
    d1 = (math.log(s / k) + (r + 0.5 * sigma * sigma) * t) / spread
    discount = math.exp(-r * t)
    delta = 0.5 * (1.0 + math.erf(d1 / SQRT_2))
    below2 = 0.5 * (1.0 + math.erf((d1 - spread) / SQRT_2))
    density = s * math.exp(-0.5 * d1 * d1) / SQRT_2_PI
    return (
        delta,
        -below2 * discount,
        0.5 * density * sigma / root + r * k * discount * below2,
        t * k * discount * below2,
        density * root,
    )


def newton(a, x):
    """Twenty Newton steps from x towards the square root of a."""
    for _ in range(20):
        x = 0.5 * (x + a / x)
    return x


def newton_hand(a, x):
    steps = []
    for _ in range(20):
        steps.append(x)
        x = 0.5 * (x + a / x)
    a_bar = 0.0
    x_bar = 1.0
    for x in reversed(steps):
        half = 0.5 * x_bar
        ratio_bar = half / x
        a_bar += ratio_bar
        x_bar = half - ratio_bar * a / x
    return a_bar, x_bar


# ---------------------------------------------------------------- functions of arrays


def logistic(w, b, features, labels):
    """Mean log loss of a logistic regression; labels are 0.0 or 1.0."""
    z = features @ w + b
    return np.mean(np.logaddexp(0.0, z) - labels * z)


def logistic_hand(w, b, features, labels):
    z = features @ w + b
    soft = np.logaddexp(0.0, z)
    value = np.mean(soft - labels * z)
    z_bar = np.exp(z - soft)
    z_bar -= labels
    z_bar /= z.size
    return value, (features.T @ z_bar, float(np.sum(z_bar)))


def mlp(params, features, targets):
    """Mean squared error of a network with one hidden layer."""
    (w1, b1), (w2, b2) = params
    hidden = np.tanh(features @ w1 + b1)
    return np.mean((hidden @ w2 + b2 - targets) ** 2)


def mlp_hand(params, features, targets):
    (w1, b1), (w2, b2) = params
    hidden = np.tanh(features @ w1 + b1)
    miss = hidden @ w2 + b2 - targets
    value = np.mean(miss**2)

    miss *= 2.0 / miss.size
    w2_bar = hidden.T @ miss
    b2_bar = np.sum(miss, axis=0)
    z_bar = miss @ w2.T
    z_bar *= 1.0 - hidden**2
    return value, [(features.T @ z_bar, np.sum(z_bar, axis=0)), (w2_bar, b2_bar)]


def softmax_cross_entropy(logits, labels):
    """Mean cross-entropy of the softmax over the last axis; labels are class numbers."""
    shifted = logits - np.max(logits, axis=-1, keepdims=True)
    log_total = np.log(np.sum(np.exp(shifted), axis=-1))
    return np.mean(log_total - shifted[np.arange(labels.size), labels])


def softmax_cross_entropy_hand(logits, labels):
    # The maximum only shifts the exponent: what reaches it through either term cancels.
    shifted = logits - np.max(logits, axis=-1, keepdims=True)
    rows = np.arange(labels.size)
    chosen = shifted[rows, labels]
    weights = np.exp(shifted, out=shifted)
    total = np.sum(weights, axis=-1)
    value = np.mean(np.log(total) - chosen)

    weights /= (total * labels.size)[:, None]
    weights[rows, labels] -= 1.0 / labels.size
    return value, weights


def lstm(params, inputs, targets):
    """Mean squared error of the hidden states of an LSTM; inputs are (time, batch, feature).

    The three gates are one sigmoid, as in the derivative by hand: both keep one algorithm.
    """
    w_in, w_rec, b = params
    batch, width = targets.shape[1:]
    h = np.zeros((batch, width))
    c = np.zeros((batch, width))
    states = []
    for x in inputs:
        z = x @ w_in + h @ w_rec + b
        gates = 1.0 / (1.0 + np.exp(-z[:, : 3 * width]))
        keep, write, show = gates[:, :width], gates[:, width : 2 * width], gates[:, 2 * width :]
        fresh = np.tanh(z[:, 3 * width :])
        c = keep * c + write * fresh
        h = show * np.tanh(c)
        states.append(h)
    return np.mean((np.stack(states) - targets) ** 2)


def lstm_hand(params, inputs, targets):
    w_in, w_rec, b = params
    batch, width = targets.shape[1:]
    h = np.zeros((batch, width))
    c = np.zeros((batch, width))
    states = []
    steps = []
    for x in inputs:
        z = x @ w_in + h @ w_rec + b
        gates = 1.0 / (1.0 + np.exp(-z[:, : 3 * width]))
        keep, write, show = gates[:, :width], gates[:, width : 2 * width], gates[:, 2 * width :]
        fresh = np.tanh(z[:, 3 * width :])
        c_old, h_old = c, h
        c = keep * c + write * fresh
        squashed = np.tanh(c)
        h = show * squashed
        states.append(h)
        steps.append((x, h_old, c_old, gates, fresh, squashed))
    miss = np.stack(states) - targets
    value = np.mean(miss**2)

    miss *= 2.0 / miss.size
    w_in_bar, w_rec_bar, b_bar = np.zeros_like(w_in), np.zeros_like(w_rec), np.zeros_like(b)
    h_bar = np.zeros((batch, width))
    c_bar = np.zeros((batch, width))
    z_bar = np.empty((batch, 4 * width))
    for miss_bar, (x, h_old, c_old, gates, fresh, squashed) in zip(
        reversed(miss), reversed(steps), strict=True
    ):
        keep, write, show = gates[:, :width], gates[:, width : 2 * width], gates[:, 2 * width :]
        h_bar += miss_bar
        c_bar += h_bar * show * (1.0 - squashed**2)
        z_bar[:, :width] = c_bar * c_old
        z_bar[:, width : 2 * width] = c_bar * fresh
        z_bar[:, 2 * width : 3 * width] = h_bar * squashed
        z_bar[:, : 3 * width] *= gates * (1.0 - gates)
        z_bar[:, 3 * width :] = c_bar * write * (1.0 - fresh**2)
        w_in_bar += x.T @ z_bar
        w_rec_bar += h_old.T @ z_bar
        b_bar += np.sum(z_bar, axis=0)
        h_bar = z_bar @ w_rec.T
        c_bar *= keep
    return value, (w_in_bar, w_rec_bar, b_bar)


def pairwise(x, y):
    """Mean Euclidean distance between the rows of x and the rows of y, kept smooth at zero."""
    diff = x[:, None, :] - y[None, :, :]
    return np.mean(np.sqrt(np.sum(diff**2, axis=-1) + 1e-6))


def pairwise_hand(x, y):
    diff = x[:, None, :] - y[None, :, :]
    distance = np.sqrt(np.sum(diff**2, axis=-1) + 1e-6)
    value = np.mean(distance)

    diff *= (1.0 / (distance.size * distance))[:, :, None]
    return value, (np.sum(diff, axis=1), -np.sum(diff, axis=0))


# ---------------------------------------------------------------- inputs


def _rng() -> np.random.Generator:
    return np.random.default_rng(20)


def logistic_inputs(small):
    rows, columns = (12, 4) if small else (20_000, 200)
    rng = _rng()
    features = rng.standard_normal((rows, columns))
    labels = (rng.random(rows) < 0.5).astype(float)
    return 0.1 * rng.standard_normal(columns), 0.3, features, labels


def mlp_inputs(small):
    rows, sizes = (7, (4, 5, 3)) if small else (512, (100, 64, 10))
    rng = _rng()
    params = [
        (rng.standard_normal((a, b)) / math.sqrt(a), 0.1 * rng.standard_normal(b))
        for a, b in itertools.pairwise(sizes)
    ]
    return params, rng.standard_normal((rows, sizes[0])), rng.standard_normal((rows, sizes[-1]))


def softmax_inputs(small):
    rows, classes = (6, 5) if small else (2000, 100)
    rng = _rng()
    return rng.standard_normal((rows, classes)), rng.integers(0, classes, rows)


def lstm_inputs(small):
    steps, batch, features, width = (4, 2, 3, 2) if small else (100, 16, 32, 32)
    rng = _rng()
    params = (
        rng.standard_normal((features, 4 * width)) / math.sqrt(features),
        rng.standard_normal((width, 4 * width)) / math.sqrt(width),
        0.1 * rng.standard_normal(4 * width),
    )
    return params, rng.standard_normal((steps, batch, features)), rng.standard_normal((steps, batch, width))


def pairwise_inputs(small):
    left, right, width = (4, 3, 2) if small else (300, 200, 8)
    rng = _rng()
    return rng.standard_normal((left, width)), rng.standard_normal((right, width))


def always(*args):
    return lambda small: args


CALL = always(100.0, 95.0, 0.75, 0.03, 0.25)

CASES = (
    Case("sin(x1) + x1*x2", sin_plus_product, sin_plus_product_hand, always(0.7, 1.3), (0, 1), scalar=True),
    Case("Rosenbrock", rosenbrock, rosenbrock_hand, always(-1.2, 1.1), (0, 1), scalar=True),
    Case("Black-Scholes", black_scholes, black_scholes_hand, CALL, (0, 1, 2, 3, 4), scalar=True),
    Case(
        "Black-Scholes, closed form",
        black_scholes,
        black_scholes_closed_form,
        CALL,
        (0, 1, 2, 3, 4),
        scalar=True,
        rewritten=True,
    ),
    Case("Newton, 20 steps", newton, newton_hand, always(7.3, 3.0), (0, 1), scalar=True),
    Case("logistic regression", logistic, logistic_hand, logistic_inputs, (0, 1)),
    Case("two-layer network", mlp, mlp_hand, mlp_inputs, 0),
    Case("softmax cross-entropy", softmax_cross_entropy, softmax_cross_entropy_hand, softmax_inputs, 0),
    Case("LSTM, 100 steps", lstm, lstm_hand, lstm_inputs, 0),
    Case("pairwise distances", pairwise, pairwise_hand, pairwise_inputs, (0, 1)),
)
