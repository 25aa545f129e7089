"""The page in a browser: what a reader points at, steps through and moves."""

import math
import os
import shutil

import numpy as np
import pytest

import adcompile as ad
from adcompile.explore import page as made
from tests.explore import functions

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: see Set up in CONTRIBUTING.md")
FLAGS = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
RNG = np.random.default_rng(3)


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    # root has no sandbox of its own
    flags = [*FLAGS, "--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else list(FLAGS)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def show(browser, tmp_path):
    """Open a page about a function; no script may fail, and nothing be asked for on a network."""
    contexts, problems = [], []

    def open_(f, *args, scheme="light", width=1400, **options):
        file = tmp_path / f"{f.__name__}.html"
        file.write_text(made(f, *args, **options), encoding="utf-8")
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
        contexts.append(context)
        shown = context.new_page()
        shown.on("pageerror", lambda error: problems.append(str(error)))
        shown.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        shown.on("request", lambda r: None if r.url.startswith("file:") else problems.append(r.url))
        shown.goto(file.as_uri())
        return shown

    yield open_
    for context in contexts:
        context.close()
    assert not problems


def text_of(shown, selector):
    return [" ".join(element.split()) for element in shown.locator(selector).all_text_contents()]


def numbers(shown, name):
    """Value, tangent and adjoint of a node, as its box has them."""
    node = shown.evaluate("(name) => data.nodes.find((n) => n.name === name).id", name)
    found = []
    for kind in ("value", "tangent", "adjoint"):
        text = shown.locator(f'[data-node="{node}"] .number.{kind}').first.text_content()
        found.append(float(text.replace("−", "-")) if text else None)
    return found


def box(shown, name):
    node = shown.evaluate("(name) => data.nodes.find((n) => n.name === name).id", name)
    return shown.locator(f'[data-node="{node}"]')


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-9)


def test_all_numbers_at_first(show):
    shown = show(functions.lesson, 1.5, 0.5)
    close(numbers(shown, "x1"), [1.5, 1.0, math.cos(1.5) + 0.5])
    close(numbers(shown, "x2"), [0.5, 0.0, 1.5])
    close(numbers(shown, "sin_x1"), [math.sin(1.5), math.cos(1.5), 1.0])
    close(numbers(shown, "total"), [math.sin(1.5) + 0.75, math.cos(1.5) + 0.5, 1.0])
    shown.select_option("#direction", label="x2")
    close(numbers(shown, "x1"), [1.5, 0.0, math.cos(1.5) + 0.5])
    close(numbers(shown, "total")[1], 1.5)


def test_hovering_a_line(show):
    shown = show(functions.branching, 0.8, 4)
    shown.hover("#primal .line:has-text('np.sin(s)')")
    assert text_of(shown, "#primal .lit .text") == ["s = np.sin(s)"]
    assert text_of(shown, "#derivative .lit .text") == ["s = np.sin(s)", "s_bar *= np.cos(s)"]
    assert text_of(shown, "#graph .lit .label") == ["s_3 = np.sin(s)"]
    shown.hover("#derivative .line:has-text('x_bar += s_bar * s')")
    assert text_of(shown, "#primal .lit .text") == ["t = s * x"]
    assert text_of(shown, "#graph .lit .label") == ["t = s * x"]
    box(shown, "t").hover()
    assert text_of(shown, "#primal .lit .text") == ["t = s * x"]
    assert text_of(shown, "#graph .lit .label") == ["t = s * x"]
    shown.hover("h1")
    assert shown.locator(".lit").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_edge_runs_through_the_number_on_it(show, scheme, tmp_path):
    image = pytest.importorskip("matplotlib.image")
    shown = show(functions.lesson, 1.5, 0.5, scheme=scheme)
    shown.add_style_tag(content=".graph .edge .line, .graph .edge.active .line { stroke: rgb(255, 0, 0) }")
    labels = shown.locator(".graph .partial:not(:empty)")
    assert labels.count() == 5
    for label in labels.all():
        room = label.bounding_box()
        # without what is drawn around the digits
        x, y = room["x"] + room["width"] / 2, room["y"] + room["height"] / 2
        width = label.evaluate("e => e.getComputedTextLength()")
        clip = {"x": x - width / 2 + 1, "y": y - 3, "width": width - 2, "height": 6}
        shown.screenshot(path=tmp_path / "label.png", clip=clip)
        red, green, blue = np.moveaxis(image.imread(tmp_path / "label.png")[..., :3], -1, 0)
        assert not np.any((red > 0.6) & (green < 0.3) & (blue < 0.3)), label.text_content()


def test_lines_by_keyboard(show):
    shown = show(functions.branching, 0.8, 4)
    shown.locator("#primal [tabindex='0']").focus()
    assert text_of(shown, "#primal .lit .text") == ["def branching(x, n):"]
    for _ in range(3):
        shown.keyboard.press("ArrowDown")
    assert text_of(shown, "#primal .lit .text") == ["t = s * x"]
    assert "x_bar += s_bar * s" in text_of(shown, "#derivative .lit .text")
    shown.keyboard.press("ArrowUp")
    assert text_of(shown, "#primal .lit .text") == ["if s < 2.0:"]


def test_steps_by_button_and_by_key(show):
    shown = show(functions.lesson, 1.5, 0.5)
    shown.click("#first")
    assert text_of(shown, "#where") == ["0 of 10"]
    assert numbers(shown, "x1") == [None, None, None]
    assert shown.locator("#back").is_disabled() and not shown.locator("#next").is_disabled()
    shown.click("#next")
    assert text_of(shown, "#detail-title") == ["Forwards: x1"]
    assert numbers(shown, "x1") == [1.5, 1.0, None]
    for _ in range(2):
        shown.keyboard.press("ArrowRight")
    assert text_of(shown, "#where") == ["3 of 10, forwards"]
    assert text_of(shown, "#detail-body .what") == ["sin_x1 = np.sin(x1)"]
    assert text_of(shown, "#detail-body .rule") == ["+ x1_dot * np.cos(x1)"]
    assert text_of(shown, "#detail-body .worth") == ["1 × 0.0707372 = 0.0707372"]
    close(numbers(shown, "sin_x1")[:2], [math.sin(1.5), math.cos(1.5)])
    assert numbers(shown, "total") == [None, None, None]
    assert shown.locator(".edge.active").count() == 1
    for _ in range(3):
        shown.keyboard.press("ArrowRight")
    assert text_of(shown, "#where") == ["6 of 10, backwards"]
    assert "its adjoint is seeded with 1" in shown.locator("#detail-body").text_content()
    assert numbers(shown, "total")[2] == 1.0 and numbers(shown, "sin_x1")[2] is None
    shown.keyboard.press("End")
    assert text_of(shown, "#detail-body .rule") == ["+ sin_x1_bar * np.cos(x1)", "+ x1_times_x2_bar * x2"]
    assert text_of(shown, "#detail-body .worth") == ["1 × 0.0707372 = 0.0707372", "1 × 0.5 = 0.5"]
    shown.keyboard.press("Home")
    assert text_of(shown, "#where") == ["0 of 10"]
    shown.fill("#step", "4")
    assert text_of(shown, "#detail-title") == ["Forwards: x1_times_x2"]


def test_a_box_by_mouse_and_by_key(show):
    shown = show(functions.lesson, 1.5, 0.5)
    box(shown, "sin_x1").click()
    assert text_of(shown, "#detail-title") == ["Backwards: sin_x1"]
    box(shown, "x2").focus()
    shown.keyboard.press("Enter")
    assert text_of(shown, "#detail-title") == ["Backwards: x2"]
    shown.click("#first")
    box(shown, "total").click()
    assert text_of(shown, "#detail-title") == ["Forwards: total"]


def test_partial_derivatives_on_the_edges(show):
    shown = show(functions.lesson, 1.5, 0.5)
    labels = [t for t in text_of(shown, ".partial") if t]
    assert sorted(labels) == ["×0.0707372", "×0.5", "×1", "×1", "×1.5"]


def test_iterations(show):
    shown = show(functions.branching, 0.8, 4)
    slider = shown.locator("[data-loop='0']")
    assert text_of(shown, "#loops output") == ["index 3, 4 of 4"]
    s = [1.0, 0.8, 1.64, 1.64 * 0.8 + 2]
    slope = math.cos(s[3])
    close(numbers(shown, "s_3"), [math.sin(s[3]), numbers(shown, "s_5")[1], 1.0])
    assert numbers(shown, "t") == [None, None, None]
    for k in range(3):
        slider.fill(str(k))
        close(numbers(shown, "s")[0], s[k])
        close(numbers(shown, "s")[2], slope * 0.8 ** (3 - k))
        assert numbers(shown, "s_3") == [None, None, None]
    box(shown, "x").click()
    assert "summed over 3 iterations" in shown.locator("#detail-body").text_content()
    gradient = ad.grad(functions.branching)(0.8, 4)
    assert f"= {gradient:.6g}".replace("-", "−") in shown.locator("#detail-body .worth").first.text_content()
    shown.click("#first")
    assert numbers(shown, "s") == [None, None, None]


def test_loops_in_loops(show):
    shown = show(functions.nested, 0.8, 4)
    assert text_of(shown, "#loops output") == ["index 3, 4 of 4", "index 2, 3 of 3"]
    shown.locator("[data-loop='0']").fill("1")
    assert text_of(shown, "#loops output") == ["index 1, 2 of 4", "index 0, 1 of 1"]
    shown.locator("[data-loop='0']").fill("0")
    assert text_of(shown, "#loops output")[1] == "no iteration"


@pytest.mark.parametrize(("f", "point", "moved"), [
    (functions.cubic, (0.5,), (1.2,)),
    (functions.kinked, (0.7,), (-0.4,)),
    (functions.rosenbrock, (-1.0, 1.5), (0.3, 0.9)),
    (functions.assorted, (0.7, 1.2), (1.4, -0.6)),
])  # fmt: skip
def test_the_browser_computes_what_the_derivative_does(show, f, point, moved):
    shown = show(f, *point)
    names = shown.evaluate("data.plot.names")
    for name, x in zip(names, moved, strict=True):
        shown.locator(f"input[data-input='{name}']").fill(str(x))
    value, gradient = ad.value_and_grad(f, argnums=tuple(range(len(point))))(*moved)
    found = shown.evaluate("atPoint()")
    np.testing.assert_allclose(found["value"], value, rtol=1e-12)
    np.testing.assert_allclose(found["slopes"], gradient, rtol=1e-12)
    close([numbers(shown, name)[2] for name in names], gradient)
    assert f"{f.__name__}({names[0]}=" in shown.locator("#readout").text_content()


def test_the_tangent_follows_the_slider(show):
    shown = show(functions.cubic, 0.5)
    shown.locator("input[data-input='x']").fill("2")
    slope = shown.evaluate("""() => {
        const line = document.querySelector("#plot-picture line.tangent");
        const [x1, y1, x2, y2] = ["x1", "y1", "x2", "y2"].map((k) => Number(line.getAttribute(k)));
        const range = rangeOf(plot.values), y = scale(...range, HEIGHT - BOTTOM, TOP);
        return (y.back(y2) - y.back(y1)) / (plot.x.back(x2) - plot.x.back(x1));
    }""")
    close(slope, 9.0)
    before = shown.evaluate("point.x")
    shown.locator("input[data-input='x']").press("ArrowLeft")
    assert shown.evaluate("point.x") < before
    assert text_of(shown, "#where") == ["10 of 10, backwards"]  # the arrow moved the point, not the step


def test_samples_where_the_browser_cannot_compute(show):
    shown = show(functions.branching, 0.8, 4)
    slider = shown.locator("input[data-input='x']")
    for x in (1.3, -0.5):
        slider.fill(str(x))
        at = shown.evaluate("point.x")
        assert abs(at - x) < 0.05
        value, slope = ad.value_and_grad(functions.branching)(at, 4)
        found = shown.evaluate("atPoint()")
        np.testing.assert_allclose([found["value"], found["slopes"][0]], [value, slope], rtol=1e-13)
        # the graph follows
        close([numbers(shown, "x")[0], numbers(shown, "x")[2]], [at, slope])
        close(numbers(shown, "s_5")[:2], [value, slope])
        assert text_of(shown, "h1") == [f"branching(x={at:.5g}, n=4)".replace("-", "−")]
        shown.locator("[data-loop='0']").fill("1")
        close(numbers(shown, "s")[0], at)


def test_searches_of_other_lengths(show):
    shown = show(functions.newton, 2.0)
    slider = shown.locator("input[data-input='a']")
    for a in (4.9, 1.1):
        slider.fill(str(a))
        at = shown.evaluate("point.a")
        close(numbers(shown, "x_4"), [math.sqrt(at), 0.5 / math.sqrt(at), 1.0])
    slider.fill("-1.5")
    assert numbers(shown, "x_4") == [None, None, None]
    assert text_of(shown, "#loops output") == ["no iteration"]


def test_fields_of_samples(show):
    def field(x, y):
        s = x
        for _ in range(3):
            s = s * y + 0.5 * x
        return s

    shown = show(field, 0.5, 0.7)
    shown.locator("input[data-input='y']").fill("1.1")
    x, y = shown.evaluate("[point.x, point.y]")
    found = shown.evaluate("atPoint()")
    np.testing.assert_allclose(found["slopes"], ad.grad(field, argnums=(0, 1))(x, y), rtol=1e-12)
    assert "the graph keeps the numbers" in shown.locator("#plot-note").text_content()


def test_dragging_the_point(show):
    shown = show(functions.lesson, 1.5, 0.5)
    area = shown.locator("#plot-picture svg").bounding_box()
    shown.mouse.move(area["x"] + area["width"] * 0.3, area["y"] + area["height"] * 0.4)
    shown.mouse.down()
    shown.mouse.move(area["x"] + area["width"] * 0.6, area["y"] + area["height"] * 0.3)
    shown.mouse.up()
    x1, x2 = shown.evaluate("[point.x1, point.x2]")
    assert (x1, x2) != (1.5, 0.5)
    found = shown.evaluate("atPoint()")
    np.testing.assert_allclose(found["slopes"], ad.grad(functions.lesson, argnums=(0, 1))(x1, x2), rtol=1e-12)


def test_themes(show):
    for scheme, first, second in (("light", "Dark", "Light"), ("dark", "Light", "Dark")):
        shown = show(functions.lesson, 1.5, 0.5, scheme=scheme)
        ground = "() => getComputedStyle(document.body).backgroundColor"
        before = shown.evaluate(ground)
        assert text_of(shown, "#theme") == [first]
        shown.locator("#theme").focus()
        shown.keyboard.press("Enter")
        assert text_of(shown, "#theme") == [second]
        assert shown.evaluate(ground) != before
        assert shown.evaluate("() => document.documentElement.dataset.theme") != scheme


def test_nothing_jumps_while_stepping(show):
    shown = show(functions.rosenbrock, -1.0, 1.5)
    place = "() => ['board', 'plot', 'detail'].map((id) => $(id).getBoundingClientRect().top)"
    shown.click("#first")
    tops = shown.evaluate(place)
    for _ in range(18):
        shown.keyboard.press("ArrowRight")
        assert shown.evaluate(place) == tops


def test_narrow_windows(show):
    for width in (1400, 1000, 700, 360):
        shown = show(functions.rosenbrock, -1.0, 1.5, width=width)
        assert shown.evaluate("() => document.documentElement.scrollWidth") <= width


def test_arrays(show):
    args = (np.zeros(3), RNG.normal(size=(5, 3)), np.array([0, 1, 1, 0, 1.0]))
    shown = show(functions.logistic, *args)
    gradient = ad.grad(functions.logistic)(*args)
    assert shown.locator("#detail-body dd.adjoint").text_content() == np.array2string(gradient, precision=6)
    assert shown.locator("#plot").is_hidden()


def test_results_that_are_written_into_an_argument(show):
    def scan(A, b):
        A[1:] += b * A[:-1]

    shown = show(scan, np.array([1.0, 2.0, 4.0]), 0.5, outputs="A")
    assert text_of(shown, "#result") == ["after the call, A: [1, 2.5, …]"]
    assert text_of(shown, "#derived-note") == ["of the sum of A"]
    close(numbers(shown, "b"), [0.5, 1.0, 3.0])


def test_everything_has_a_name(show):
    shown = show(functions.branching, 0.8, 4)
    unnamed = shown.evaluate("""() => [...document.querySelectorAll("button, input, select, [tabindex='0']")]
        .filter((e) => !(e.getAttribute("aria-label") || e.labels?.length || e.textContent.trim()))
        .map((e) => e.outerHTML)""")
    assert unnamed == []
