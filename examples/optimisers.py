"""Compare optimisers on Rosenbrock's function, whose curved valley is easy to enter and hard to follow.

Every method starts at the same point, with derivatives that adcompile compiles from the functions below, and
goes on until the gradient is small. Printed is what it took: steps, and how often the function, its gradient,
its Hessian's product with a vector, or its Jacobian was evaluated; and the way, in a few points.

    python examples/optimisers.py
    python examples/optimisers.py --start 0 -1 --tolerance 1e-3
"""

from __future__ import annotations

import argparse

import numpy as np

from adcompile import optimize

POINTS = 5  # of each way


def rosenbrock(p):
    """The function; its minimum is 0, at (1, 1)."""
    return (1.0 - p["x"]) ** 2 + 100.0 * (p["y"] - p["x"] ** 2) ** 2


def residuals(p):
    """The same function as half a sum of squares."""
    return np.sqrt(2.0) * (1.0 - p["x"]), np.sqrt(200.0) * (p["y"] - p["x"] ** 2)


RUNS = [
    # method, options
    ("gradient-descent", {"line_search": "armijo"}),
    ("gradient-descent", {"learning_rate": 1e-3}),
    ("momentum", {"learning_rate": 1e-3}),
    ("nesterov", {"learning_rate": 1e-3}),
    ("rmsprop", {"learning_rate": optimize.exponential(0.01, 0.9995)}),
    ("adam", {"learning_rate": 0.05}),
    ("spsa", {"a": 0.01, "c": 0.01}),
    ("newton", {}),
    ("damped-newton", {"line_search": "wolfe"}),
    ("trust-region", {}),
    ("gauss-newton", {"line_search": "armijo"}),
    ("levenberg-marquardt", {}),
]


def way(trajectory):
    """Some points of a trajectory, evenly spread over its steps."""
    chosen = np.unique(np.linspace(0, len(trajectory) - 1, POINTS).round().astype(int))
    return " → ".join(f"({x:.2f}, {y:.2f})" for x, y in trajectory.points[chosen])


def described(options):
    """The options of a run, as text."""
    return ", ".join(f"{name}={value}" for name, value in options.items()) or "defaults"


def compare(start, iterations, tolerance):
    """Run all methods, print how they fare, and return their results."""
    results = []
    for method, options in RUNS:
        f = residuals if method in ("gauss-newton", "levenberg-marquardt") else rosenbrock
        result = optimize.minimize(
            f, start, method=method, max_iterations=iterations, gradient_tolerance=tolerance, **options
        )
        print(f"{method} ({described(options)})")
        print(f"    {result.reason.value}")
        print(f"    value {result.value:.3g} after {result.iterations} steps; {result.evaluations}")
        print(f"    {way(result.trajectory)}")
        results.append(result)
    return results


def main(argv=None):
    """Compare the optimisers from the command line."""
    parser = argparse.ArgumentParser(description="Compare optimisers on Rosenbrock's function.")
    parser.add_argument("--start", type=float, nargs=2, default=(-1.2, 1.0), metavar=("X", "Y"))
    parser.add_argument("--iterations", type=int, default=20_000, help="most steps of each (default: 20000)")
    parser.add_argument("--tolerance", type=float, default=1e-6, help="of the gradient (default: 1e-6)")
    options = parser.parse_args(argv)
    x, y = options.start
    return compare({"x": x, "y": y}, options.iterations, options.tolerance)


if __name__ == "__main__":
    main()
