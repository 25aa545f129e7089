"""Layers and small networks on arrays, with buffers that are filled piece by piece."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from functools import partial

import numpy as np

from tests.kernels.kernel import Kernel, draws, record

KERNELS: list[Kernel] = []
add = partial(record, KERNELS)


def relu(x):
    return np.maximum(x, 0.0)


def softmax_rows(x):
    """Softmax of each row, in place."""
    x -= np.max(x, axis=-1, keepdims=True)
    np.exp(x, out=x)
    x /= np.sum(x, axis=-1, keepdims=True)


add(
    softmax_rows,
    lambda n, m: tuple(draws((n, m))),
    small=(3, 4),
    large=(1000, 1200),
    writes="x",
    float32=True,
    holomorphic=False,
)


def mlp(x, w1, b1, w2, b2, w3, b3):
    """Three dense layers, rectified, and a softmax in place."""
    x = relu(x @ w1 + b1)
    x = relu(x @ w2 + b2)
    x = x @ w3 + b3
    softmax_rows(x)
    return x


add(
    mlp,
    lambda n, a, b, c: tuple(draws((n, a), (a, b), (b,), (b, b), (b,), (b, c), (c,))),
    small=(2, 3, 4, 3),
    large=(300, 300, 400, 10),
    float32=True,
    holomorphic=False,
)


def conv2d(x, weights, bias):
    """Images (n, h, w, c) with filters (k, k, c, d): one product of a window for each output pixel."""
    k, _, _, d = weights.shape
    n, h, w = x.shape[0], x.shape[1] - k + 1, x.shape[2] - k + 1
    out = np.empty((n, h, w, d), dtype=x.dtype)
    for i in range(h):
        for j in range(w):
            out[:, i, j, :] = np.tensordot(x[:, i : i + k, j : j + k, :], weights, axes=3)
    return out + bias


add(
    conv2d,
    lambda n, s, k, c, d: tuple(draws((n, s, s, c), (k, k, c, d), (d,))),
    small=(2, 4, 2, 2, 3),
    large=(4, 24, 3, 8, 16),
)


def maxpool(x):
    """The largest of each square of two by two pixels."""
    n, h, w, c = x.shape
    out = np.empty((n, h // 2, w // 2, c), dtype=x.dtype)
    for i in range(h // 2):
        for j in range(w // 2):
            out[:, i, j] = np.max(x[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2], axis=(1, 2))
    return out


add(
    maxpool,
    lambda n, s, c: tuple(draws((n, s, s, c))),
    small=(2, 4, 3),
    large=(8, 60, 16),
    holomorphic=False,
)


def lenet(x, conv1, bias1, conv2, bias2, w1, b1, w2, b2):
    """Convolution, pooling, convolution, pooling, two dense layers."""
    x = maxpool(relu(conv2d(x, conv1, bias1)))
    x = maxpool(relu(conv2d(x, conv2, bias2)))
    x = x.reshape(x.shape[0], -1)
    x = relu(x @ w1 + b1)
    return x @ w2 + b2


def lenet_inputs(n, s, c, d):
    after = ((s - 2) // 2 - 2) // 2
    shapes = (
        (n, s, s, 1), (3, 3, 1, c), (c,), (3, 3, c, d), (d,), (after * after * d, 5), (5,), (5, 3), (3,)
    )  # fmt: skip
    return tuple(draws(*shapes))


add(lenet, lenet_inputs, small=(2, 10, 2, 2), large=(4, 26, 6, 12), holomorphic=False)


def normalise(x, scale, shift):
    """Batch normalisation in place, over all axes but the last."""
    axes = (0, 1, 2)
    x -= np.mean(x, axis=axes)
    x /= np.sqrt(np.mean(x * x, axis=axes) + 1e-5)
    x *= scale
    x += shift


def residual_block(x, conv1, conv2, scales, shifts):
    """Two normalised convolutions of padded images, added to what came in."""
    n, h, w, c = x.shape
    padded = np.zeros((n, h + 2, w + 2, c), dtype=x.dtype)
    padded[:, 1:-1, 1:-1] = x
    y = conv2d(padded, conv1, 0.0)
    normalise(y, scales[0], shifts[0])
    np.maximum(y, 0.0, out=y)
    padded[:, 1:-1, 1:-1] = y
    y = conv2d(padded, conv2, 0.0)
    normalise(y, scales[1], shifts[1])
    y += x
    return np.maximum(y, 0.0)


add(
    residual_block,
    lambda n, s, c: tuple(draws((n, s, s, c), (3, 3, c, c), (3, 3, c, c), (2, c), (2, c))),
    small=(2, 3, 2),
    large=(4, 20, 8),
    holomorphic=False,
)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def lstm(x, W, U, b, h, c):
    """A recurrent layer that writes its hidden and cell states of every step."""
    units = c.shape[1]
    for t in range(len(x)):
        z = x[t] @ W + b
        if t > 0:
            z += h[t - 1] @ U
        gates = sigmoid(z[: 3 * units])
        forget, enter, leave = np.split(gates, 3)
        c[t] = enter * np.tanh(z[3 * units :])
        if t > 0:
            c[t] += forget * c[t - 1]
        h[t] = leave * np.tanh(c[t])


add(
    lstm,
    lambda t, n, u: tuple(draws((t, n), (n, 4 * u), (u, 4 * u), (4 * u,), (t, u), (t, u))),
    small=(3, 2, 2),
    large=(300, 60, 80),
    writes="h, c",
)


def layer_norm(x, gain, bias, epsilon):
    """Rows normalised one by one, each a view that is updated in place."""
    for row in x:
        row -= row.mean()
        row /= np.sqrt(np.mean(row**2) + epsilon)
    x *= gain
    x += bias


add(
    layer_norm,
    lambda n, m: (*draws((n, m), (m,), (m,)), 1e-3),
    small=(3, 4),
    large=(1000, 300),
    writes="x",
)


def attention(q, k, v, out):
    """Causal attention; each query sees the keys up to its own, through slices of one score buffer."""
    n, width = q.shape
    scores = np.empty(n, dtype=q.dtype)
    for i in range(n):
        visible = scores[: i + 1]
        visible[:] = k[: i + 1] @ q[i]
        visible /= np.sqrt(width)
        np.exp(visible, out=visible)
        visible /= visible.sum()
        out[i] = visible @ v[: i + 1]


add(
    attention,
    lambda n, width: tuple(draws((n, width), (n, width), (n, width), (n, width))),
    small=(4, 3),
    large=(400, 60),
    writes="out",
)


def momentum(w, velocity, x, y, rate, steps):
    """Gradient descent with momentum on a linear model, parameters and velocity updated in place."""
    for _ in range(steps):
        residual = x @ w - y
        gradient = x.T @ residual / len(y)
        velocity *= 0.9
        velocity -= rate * gradient
        w += velocity


add(
    momentum,
    lambda n, m, steps: (*draws((m,), (m,), (n, m), (n,)), 0.1, steps),
    small=(4, 3, 3),
    large=(2000, 150, 50),
    writes="w, velocity",
)
