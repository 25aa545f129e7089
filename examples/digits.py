"""Train a classifier of handwritten digits with a derivative that adcompile wrote.

The data are the 1,797 images of 8 x 8 pixels that come with scikit-learn, the optimiser is SciPy's L-BFGS-B,
and the model is the plain Python and NumPy below. `ad.value_and_grad(loss)` turns `loss` into a function that
returns the loss and its gradient; at the end, its source is printed and saved beside the source of `loss`.

    python examples/digits.py
    python examples/digits.py --iterations 50 --output my_derivative.py
"""

from __future__ import annotations

import argparse
import inspect
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import tqdm

import adcompile as ad

LAYERS = (64, 32, 10)  # pixels, hidden units, digits
PENALTY = 1e-3
SEED = 0


def scores(params, images):
    """The network's score for each image and digit; params has one (weights, bias) for each layer."""
    h = images
    for weights, bias in params[:-1]:
        h = np.tanh(h @ weights + bias)
    weights, bias = params[-1]
    return h @ weights + bias


def loss(params, images, labels, penalty):
    """Mean cross-entropy of the softmax of the scores, plus an L2 penalty on the weights."""
    z = scores(params, images)
    top = np.max(z, axis=1, keepdims=True)  # exp cannot overflow below it
    log_total = np.log(np.sum(np.exp(z - top), axis=1)) + top[:, 0]
    misfit = np.mean(log_total - z[np.arange(len(labels)), labels])
    size = 0.0
    for weights, _ in params:
        size += np.sum(weights**2)
    return misfit + 0.5 * penalty * size


loss_and_grad = ad.value_and_grad(loss)  # with respect to params, the first argument


def initial_params(rng):
    """Small random weights and zero biases."""
    return [
        (rng.standard_normal((n_in, n_out)) / np.sqrt(n_in), np.zeros(n_out))
        for n_in, n_out in pairwise(LAYERS)
    ]


def flatten(params):
    """All parameters in one vector, which is what SciPy's optimisers work on."""
    return np.concatenate([array.ravel() for layer in params for array in layer])


def unflatten(vector):
    """The list of (weights, bias) that `flatten` made the vector from."""
    params = []
    start = 0
    for n_in, n_out in pairwise(LAYERS):
        middle, end = start + n_in * n_out, start + (n_in + 1) * n_out
        params.append((vector[start:middle].reshape(n_in, n_out), vector[middle:end]))
        start = end
    return params


def accuracy(params, images, labels):
    """The share of the images whose highest score is that of the right digit."""
    return np.mean(np.argmax(scores(params, images), axis=1) == labels)


def train(images, labels, iterations):
    """Minimise the loss with L-BFGS-B, and return the parameters."""

    def objective(vector):
        value, gradient = loss_and_grad(unflatten(vector), images, labels, PENALTY)
        return value, flatten(gradient)

    start = flatten(initial_params(np.random.default_rng(SEED)))
    with tqdm(total=iterations, desc="training", unit="step") as progress:

        def report(intermediate_result):
            progress.set_postfix(loss=f"{intermediate_result.fun:.4f}", refresh=False)
            progress.update()

        options = {"maxiter": iterations}
        result = minimize(objective, start, jac=True, method="L-BFGS-B", callback=report, options=options)
    return unflatten(result.x)


def save_derivative(path):
    """Write the primal and the derivative that adcompile made of it to one file."""
    primal = inspect.getsource(scores) + "\n\n" + inspect.getsource(loss)
    text = f"# The primal.\n\nimport numpy as np\n\n\n{primal}\n\n# Its derivative.\n\n{loss_and_grad.source}"
    path.write_text(text, encoding="utf-8")
    return text


def main(argv=None):
    """Train, report the accuracy on images that the training has not seen, and show the derivative."""
    parser = argparse.ArgumentParser(description="Train a classifier of handwritten digits.")
    parser.add_argument("--iterations", type=int, default=200, help="most steps of L-BFGS-B (default: 200)")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("digits_derivative.py"),
        help="where to save the derivative (default: digits_derivative.py)",
    )
    options = parser.parse_args(argv)

    digits = load_digits()
    train_images, test_images, train_labels, test_labels = train_test_split(
        digits.data / 16.0, digits.target, test_size=0.25, random_state=SEED, stratify=digits.target
    )
    params = train(train_images, train_labels, options.iterations)
    held_out = accuracy(params, test_images, test_labels)

    print(save_derivative(options.output))
    print(f"saved the derivative to {options.output}")
    print(f"training accuracy: {accuracy(params, train_images, train_labels):.3f}")
    print(f"held-out accuracy: {held_out:.3f} on {len(test_labels)} images")
    return held_out


if __name__ == "__main__":
    main()
