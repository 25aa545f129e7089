"""Pictures, by the data in them: what is drawn is what the compiled derivative computes."""

import doctest
import math
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")

import adcompile as ad  # noqa: E402
from adcompile import plot  # noqa: E402


@pytest.fixture(autouse=True)
def _close():
    yield
    matplotlib.pyplot.close("all")


def cubic(x):
    return x**3 - 3.0 * x + 1.0


def rosenbrock(x, y):
    return (1.0 - x) ** 2 + 100.0 * (y - x * x) ** 2


def bowl(v):
    return v[0] ** 2 + v[0] * v[1] + 3.0 * v[1] ** 2


def lesson(x1, x2):
    return np.sin(x1) + x1 * x2


def line_of(ax, label):
    return next(line for line in ax.lines if line.get_label().startswith(label))


def test_tangent():
    figure = plot.tangent(cubic, 1.5, (-2.0, 3.0))
    ax = figure.axes[0]
    xs, ys = line_of(ax, "cubic").get_data()
    np.testing.assert_allclose(ys, [cubic(x) for x in xs.tolist()], rtol=1e-14)
    for x in (1.5, -0.5):
        figure.slider.set_val(x)
        (a, b), (fa, fb) = line_of(ax, "tangent").get_data()
        slope = ad.grad(cubic)(x)
        assert (a, b) == (-2.0, 3.0)
        np.testing.assert_allclose([fa, fb], cubic(x) + slope * (np.array([a, b]) - x), rtol=1e-14)
        assert ax.get_title() == f"slope {slope:.6g} at x = {x:.6g}"
    assert plot.tangent(cubic, 1.5, slider=False).slider is None


def test_a_curve_has_gaps_where_the_function_has_no_value():
    ys = plot.tangent(math.log, 1.0).axes[0].lines[0].get_ydata()
    xs = plot.tangent(math.log, 1.0).axes[0].lines[0].get_xdata()
    assert np.array_equal(np.isnan(ys), xs <= 0)


def test_derivatives():
    def f(x):
        return np.exp(x) * np.sin(x)

    figure = plot.derivatives(f, (-1.0, 2.0), order=3, x=0.5)
    forms = [
        f,
        lambda x: np.exp(x) * (np.sin(x) + np.cos(x)),
        lambda x: 2 * np.exp(x) * np.cos(x),
        lambda x: 2 * np.exp(x) * (np.cos(x) - np.sin(x)),
    ]
    assert [ax.get_ylabel() for ax in figure.axes] == ["f(x)", "f′(x)", "f′′(x)", "f′′′(x)"]
    for ax, form in zip(figure.axes, forms, strict=True):
        curve = next(line for line in ax.lines if len(line.get_xdata()) > 100)
        np.testing.assert_allclose(curve.get_ydata(), form(curve.get_xdata()), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(ax.lines[-1].get_ydata(), [form(0.5)], rtol=1e-12)


def test_secants_close_on_the_tangent():
    ax = plot.secants(cubic, 1.0, (1.0, 0.1, 0.001)).axes[0]
    slopes = [np.diff(line.get_ydata())[0] / np.diff(line.get_xdata())[0] for line in ax.lines[1:7:2]]
    np.testing.assert_allclose(slopes, [(cubic(1 + h) - cubic(1)) / h for h in (1.0, 0.1, 0.001)], rtol=1e-12)
    tangent = line_of(ax, "tangent").get_ydata()
    np.testing.assert_allclose(tangent, [cubic(1.0)] * 2, rtol=1e-14)
    assert line_of(ax, "h = 0.1").get_label() == "h = 0.1: slope 0.31"


@pytest.mark.parametrize("lengths", [False, True])
def test_arrows_are_the_compiled_gradient(lengths):
    figure = plot.contour(rosenbrock, ((-2, 2), (-1, 3)), arrows=7, lengths=lengths)
    quiver = figure.axes[0].collections[-1]
    gradient = ad.grad(rosenbrock, argnums=(0, 1))
    expected = np.array([gradient(float(x), float(y)) for x, y in quiver.XY])
    norms = np.hypot(*expected.T)
    if not lengths:
        np.testing.assert_allclose(quiver.get_array(), np.log10(norms), rtol=1e-12)
        expected = expected / norms[:, None]
    np.testing.assert_allclose(np.column_stack([quiver.U, quiver.V]), expected, rtol=1e-12)
    assert len(expected) == 49


def test_functions_of_one_array():
    figure = plot.contour(bowl, ((-1, 1), (-1, 1)), arrows=3)
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("v[0]", "v[1]")


def test_paths():
    path = np.array([[0.0, 0.0], [0.5, 0.2], [1.0, 1.0]])
    trajectory = SimpleNamespace(points=path)
    result = SimpleNamespace(trajectory=trajectory, method="adam")
    for given, label in (
        ({"by hand": path}, "by hand, 2 steps"), (path, "path 1, 2 steps"), (result, "adam, 2 steps"),
        ([result], "adam, 2 steps"), (path.tolist(), "path 1, 2 steps"), (trajectory, "path 1, 2 steps"),
    ):  # fmt: skip
        ax = plot.contour(rosenbrock, ((-2, 2), (-1, 3)), arrows=0, points=21, paths=given).axes[0]
        line = ax.lines[0]
        assert line.get_label() == label
        assert np.column_stack(line.get_data()).tolist() == path.tolist()


def test_curvature_ellipse():
    hessian = np.array([[2.0, 1.0], [1.0, 6.0]])
    figure = plot.curvature_ellipse(bowl, np.array([0.5, -0.5]))
    ax = figure.axes[0]
    (ellipse,) = ax.patches
    values, vectors = np.linalg.eigh(hessian)
    np.testing.assert_allclose(ellipse.width / ellipse.height, np.sqrt(values[1] / values[0]), rtol=1e-12)
    # on the rim the quadratic form has one value
    rim = np.array([*ellipse.get_vertices(), *ellipse.get_co_vertices()]) - np.array([0.5, -0.5])
    forms = np.einsum("ki,ij,kj->k", rim, hessian, rim)
    np.testing.assert_allclose(forms, forms[0], rtol=1e-12)
    labels = [line.get_label() for line in ax.lines[:2]]
    assert labels == [f"λ = {v:.5g}" for v in values]
    direction = np.diff(np.column_stack(ax.lines[0].get_data()), axis=0)[0]
    np.testing.assert_allclose(abs(direction @ vectors[:, 0]), np.linalg.norm(direction), rtol=1e-12)
    assert "minimum-like" in ax.get_title()


def test_curvature_at_other_points():
    saddle = plot.curvature_ellipse(lambda x, y: x * x - 2 * y * y, (0.0, 0.0))
    assert "saddle-like" in saddle.axes[0].get_title()
    with pytest.raises(ad.ArgumentError, match=r"the Hessian is singular .* its eigenvalues are 0 and 2"):
        plot.curvature_ellipse(lambda x, y: x * x + y, (0.0, 0.0))


def test_step_errors():
    h = np.logspace(-12, 0, 25)
    errors = {"forward": np.abs((np.exp(h) - 1) / h - 1), "exact": np.zeros(25)}
    ax = plot.step_errors(h, errors).axes[0]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    np.testing.assert_array_equal(line_of(ax, "forward").get_xdata(), h)
    np.testing.assert_array_equal(line_of(ax, "forward").get_ydata(), errors["forward"])
    assert np.isnan(line_of(ax, "exact").get_ydata()).all()


def test_step_errors_of_a_study():
    study = ad.numerical.step_study(np.exp, 1.0)
    ax = plot.step_errors(study).axes[0]
    for name, errors in study.errors.items():
        np.testing.assert_array_equal(line_of(ax, name).get_xdata(), study.steps)
        np.testing.assert_array_equal(line_of(ax, name).get_ydata(), np.where(errors > 0, errors, np.nan))


def texts_of(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def numbers_of(figure, colour):
    shown = [t.get_text().replace("−", "-") for t in figure.axes[0].texts if t.get_color() == colour]
    return sorted(map(float, filter(None, shown)))


def test_trace_of_the_lesson():
    figure = plot.trace(lesson, 1.5, 0.5)
    texts = texts_of(figure)
    labels = ("x1", "x2", "sin_x1 = np.sin(x1)", "x1_times_x2 = x1 * x2", "total = sin_x1 + x1_times_x2")
    assert set(labels) <= set(texts)
    by_x1, by_x2 = ad.grad(lesson, argnums=(0, 1))(1.5, 0.5)
    adjoints = [by_x1, by_x2, 1, 1, 1]
    np.testing.assert_allclose(numbers_of(figure, plot.canvas.ADJOINT), sorted(adjoints), rtol=1e-5)
    tangents = [1, 0, np.cos(1.5), 0.5, by_x1]
    np.testing.assert_allclose(numbers_of(figure, plot.canvas.TANGENT), sorted(tangents), rtol=1e-5)
    values = [1.5, 0.5, np.sin(1.5), 0.75, lesson(1.5, 0.5)]
    np.testing.assert_allclose(numbers_of(figure, plot.canvas.CURVE), sorted(values), rtol=1e-5)
    assert sorted(t for t in texts if t.startswith("×")) == ["×0.0707372", "×0.5", "×1", "×1", "×1.5"]


def test_trace_of_one_mode():
    assert "adjoint" not in texts_of(plot.trace(lesson, 1.5, 0.5, mode="forward", along="x2"))
    reverse = plot.trace(lesson, 1.5, 0.5, mode="reverse")
    assert "tangent" not in texts_of(reverse) and "adjoint" in texts_of(reverse)


def test_trace_of_a_loop():
    def power(x, n):
        s = 1.0
        for _ in range(n):
            s = s * x
        return s

    texts = texts_of(plot.trace(power, 2.0, 3))
    assert "for _ in range(n)" in texts and "×2" in texts


@pytest.mark.parametrize(("call", "message"), [
    (lambda: plot.tangent(cubic, "1"), "the point is of type str"),
    (lambda: plot.tangent(cubic, 1.0, (2.0, 1.0)), r"interval=\(2.0, 1.0\)"),
    (lambda: plot.derivatives(cubic, 3.0), "interval=3.0"),
    (lambda: plot.derivatives(cubic, (0, 1), order=0), "order=0"),
    (lambda: plot.secants(cubic, 1.0, (1.0, 0.0)), "none of them 0"),
    (lambda: plot.contour(cubic, (0, 1)), "two pairs, for a function of two numbers"),
    (lambda: plot.contour(rosenbrock, ((0, 1), (0, 1)), paths=np.zeros((3, 3))), r"the shape \(3, 3\)"),
    (lambda: plot.contour(lambda x, y: math.nan * x, ((0, 1), (0, 1))), "no finite value in the box"),
    (lambda: plot.curvature_ellipse(cubic, 1.0), "a point of two numbers"),
    (lambda: plot.step_errors([1.0]), "there are steps, but no errors"),
    (lambda: plot.step_errors([1.0], {"a": [1.0, 2.0]}), "1 steps and 2 errors of 'a'"),
    (lambda: plot.trace(lesson, 1.5, 0.5, mode="sideways"), "mode='sideways'"),
    (lambda: plot.trace(lesson, 1.5, 0.5, along="y"), "along='y'"),
])  # fmt: skip
def test_wrong_arguments(call, message):
    with pytest.raises(ad.ArgumentError, match=message):
        call()


def test_docstrings():
    for module in (plot.canvas, plot.curves, plot.fields, plot.errors, plot.graphs):
        assert doctest.testmod(module).failed == 0, module.__name__


def test_without_matplotlib():
    script = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import adcompile\n"
        "try:\n    adcompile.plot\nexcept ImportError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "adcompile.plot needs matplotlib: pip install 'adcompile[plot]'\n"
