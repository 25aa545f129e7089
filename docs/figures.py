"""The figures of the lessons and of the page on pictures, made by `adcompile.plot`.

``python docs/figures.py`` writes them; a test tells whether they are up to date. The same program and the
same matplotlib write the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

import adcompile as ad
from adcompile import numerical
from adcompile.plot.canvas import ADJOINT, CURVE, TANGENT

FOLDER = Path(__file__).parent / "lessons" / "figures"
STYLE = {
    "svg.hashsalt": "adcompile",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "savefig.facecolor": "white",
    "figure.dpi": 100,
}


def cubic(x):
    return x**3 - 3.0 * x + 1.0


def wave(x):
    return np.exp(x) * np.sin(x)


def product(x):
    return math.exp(x) * math.sin(x)


def f(x1, x2):
    return np.sin(x1) + x1 * x2


def rosenbrock(x, y):
    return (1.0 - x) ** 2 + 100.0 * (y - x * x) ** 2


def bowl(x, y):
    return x * x + x * y + 3.0 * y * y


def saddle(x, y):
    return x * x - y * y


def valley(p):
    return 0.5 * (p[0] ** 2 + 25.0 * p[1] ** 2)


def of_points(p):
    return rosenbrock(p[0], p[1])


def residuals(p):
    return np.stack([1.0 - p[0], 10.0 * (p[1] - p[0] ** 2)])


def squared_error(w, b, X, y):
    return np.mean((X @ w + b - y) ** 2)


def zigzag() -> Any:
    """Steepest descent in a valley, each step as long as is best, from the worst start."""
    p = np.array([25.0, 1.0])
    path = [p]
    for _ in range(25):
        g = ad.grad(valley)(p)
        p = p - (g @ g) / (g @ ad.hvp(valley)(p, g)) * g
        path.append(p)
    return np.array(path)


def optimisers() -> dict[str, Any]:
    """How optimisers go through the valley of Rosenbrock's function."""
    start = np.array([-1.2, 1.0])
    options: dict[str, dict[str, Any]] = {
        "gradient-descent": {"max_iterations": 300},
        "momentum": {"learning_rate": 1e-3, "max_iterations": 300},
        "adam": {"learning_rate": 0.05, "max_iterations": 300},
        "trust-region": {},
    }
    found = {m: ad.optimize.minimize(of_points, start, method=m, **o) for m, o in options.items()}
    method = "levenberg-marquardt"
    return {**found, method: ad.optimize.minimize(residuals, start, method=method)}


def regression() -> Any:
    """The reverse trace of the loss of a linear regression."""
    X = np.array([[1.0, 0.5], [-0.5, 2.0], [0.0, -1.0]])
    data = np.array([0.5, -0.2]), 0.3, X, np.array([1.0, 0.0, 2.0])
    return ad.plot.trace(squared_error, *data, mode="reverse", argnums=("w", "b"))


def descent(rate: float, momentum: float) -> Any:
    """The points of gradient descent on Rosenbrock's function, with or without momentum."""
    gradient = ad.grad(rosenbrock, argnums=(0, 1))
    point, speed = np.array([-1.5, 2.0]), np.zeros(2)
    path = [point]
    for _ in range(400):
        speed = momentum * speed - rate * np.array(gradient(*point.tolist()))
        point = point + speed
        path.append(point)
    return np.array(path)


def reciprocal(x):
    return 1.0 / x


def of_steps() -> Any:
    """Errors of all formulas on 1 / x at 1.5, for powers of two: such divisions round alike everywhere."""
    methods = ["forward", "central", "central 4", "central 6", "complex-step"]
    steps = np.ldexp(1.0, np.arange(-47, 0))
    return ad.plot.step_errors(numerical.step_study(reciprocal, 1.5, methods=methods, steps=steps))


def of_noise() -> Any:
    """Errors of central differences of 1 / x at 1.5, with noise of three sizes: the best step moves."""
    rng = np.random.default_rng(0)
    steps = np.ldexp(1.0, np.arange(-20, 0))
    errors = {}
    for name, sigma in {"σ = 10⁻⁸": 1e-8, "σ = 10⁻⁵": 1e-5, "σ = 0.01": 1e-2}.items():
        noise = sigma * math.sqrt(3.0) * rng.uniform(-1.0, 1.0, (2, 500, steps.size))
        ahead, behind = reciprocal(1.5 + steps) + noise[0], reciprocal(1.5 - steps) + noise[1]
        found = (ahead - behind) / (2.0 * steps)
        errors[name] = np.sqrt(np.mean((found + 1.0 / 1.5**2) ** 2, axis=0))
    return ad.plot.step_errors(steps, errors)


def folium(x, y):
    return x**3 + y**3 - 6.0 * x * y


def implicit() -> Any:
    """The folium as a contour line, and its tangent at (3, 3) by implicit differentiation."""
    figure = ad.plot.contour(folium, ((-4.0, 4.5), (-4.0, 4.5)), arrows=0)
    (ax,) = figure.axes
    x = np.linspace(-4.0, 4.5, 401)
    y = x[:, None]
    ax.contour(x, x, folium(x, y), levels=[0.0], colors=CURVE, linewidths=2.2)
    slope = ad.calculus.implicit_derivative(folium, 3, 3)
    label = f"slope {slope:g}".replace("-", "−")
    ends = np.array([1.6, 4.4])
    ax.plot(ends, 3.0 + slope * (ends - 3.0), color=TANGENT, linewidth=2.2, label=label)
    ax.plot(3.0, 3.0, "o", color=ADJOINT, markersize=7)
    ax.legend(frameon=True, framealpha=0.9, edgecolor="none")
    return figure


def paths() -> dict[str, Any]:
    """Two descents into the valley of Rosenbrock's function."""
    return {
        "gradient descent": descent(1e-3, 0.0),
        "with momentum": descent(1e-3, 0.9),
    }


FIGURES: dict[str, Callable[[], Any]] = {
    "tangent": lambda: ad.plot.tangent(cubic, 1.5, (-2.2, 2.6), slider=False),
    "derivatives": lambda: ad.plot.derivatives(wave, (-3.0, 3.0), order=3, x=1.0),
    "secants": lambda: ad.plot.secants(lambda x: 0.25 * x**3, 1.0, interval=(-1.0, 3.5)),
    "limit": lambda: ad.plot.secants(lambda x: x**3, 2.0, interval=(0.0, 3.2)),
    "descent": lambda: ad.plot.contour(rosenbrock, ((-2.0, 2.0), (-1.0, 3.0)), paths=paths()),
    "gradient": lambda: ad.plot.contour(lambda x, y: x * x + y * y, ((-5, 5), (-5, 5)), lengths=True),
    "zigzag": lambda: ad.plot.contour(
        valley, ((-18, 27), (-6, 6)), arrows=0, paths={"steepest descent": zigzag()}
    ),
    "optimisers": lambda: ad.plot.contour(
        of_points, ((-1.8, 1.8), (-0.7, 2.4)), arrows=0, paths=optimisers()
    ),
    "regression": regression,
    "curvature": lambda: ad.plot.curvature_ellipse(bowl, (0.0, 0.0)),
    "saddle": lambda: ad.plot.curvature_ellipse(saddle, (0.0, 0.0)),
    "steps": of_steps,
    "noise": of_noise,
    "implicit": implicit,
    "chain": lambda: ad.plot.trace(product, 0.5, mode="reverse"),
    "trace": lambda: ad.plot.trace(f, 1.5, 0.5),
    "forward-x1": lambda: ad.plot.trace(f, 1.5, 0.5, mode="forward"),
    "forward-x2": lambda: ad.plot.trace(f, 1.5, 0.5, mode="forward", along="x2"),
    "reverse": lambda: ad.plot.trace(f, 1.5, 0.5, mode="reverse"),
}


def write(folder: Path) -> list[Path]:
    """Make all figures, and return their files."""
    folder.mkdir(parents=True, exist_ok=True)
    matplotlib.use("agg")
    files = []
    for name, make in FIGURES.items():
        with matplotlib.rc_context(STYLE):
            figure = make()
            files.append(folder / f"{name}.svg")
            figure.savefig(files[-1], metadata={"Date": None})
            matplotlib.pyplot.close(figure)
    return files


if __name__ == "__main__":
    for file in write(FOLDER):
        print(file)
