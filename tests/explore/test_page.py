"""The page as a file: well-formed, self-contained, and with the numbers of the compiled derivative in it."""

import doctest
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import adcompile as ad
from adcompile.cli import main
from adcompile.explore import page
from adcompile.explore import page as page_function
from adcompile.explore.curve import moments, samples
from adcompile.explore.data import encoded, short
from adcompile.explore.graph import chart
from adcompile.explore.javascript import script_of
from adcompile.explore.watching import Watcher, observe
from adcompile.target import load_target
from tests.explore import functions

RNG = np.random.default_rng(3)
CASES = [
    (functions.lesson, (1.5, 0.5)),
    (functions.branching, (0.8, 4)),
    (functions.newton, (2.0,)),
    (functions.logistic, (np.zeros(3), RNG.normal(size=(5, 3)), np.array([0, 1, 1, 0, 1.0]))),
    (functions.layered, ({"w": RNG.normal(size=(2, 3)), "b": np.zeros(2)}, np.ones(3))),
    (functions.outputs, (0.5, 2.0)),
    (functions.power, (1.3, 3)),
]
each_case = pytest.mark.parametrize(("f", "args"), CASES, ids=lambda v: getattr(v, "__name__", ""))
VOID = {"meta", "input", "br"}


class Balanced(HTMLParser):
    """Checks that tags close in the order in which they opened, and collects ids."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.errors = [], [], []

    def handle_starttag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.errors.append((tag, self.getpos()))


def data_of(text):
    return json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.S)[1])


@each_case
def test_well_formed_and_self_contained(f, args):
    text = page(f, *args)
    parser = Balanced()
    parser.feed(text)
    parser.close()
    assert not parser.errors and not parser.open
    assert len(parser.ids) == len(set(parser.ids))
    assert "{{" not in text
    for word in ("http:", "https:", "src=", "@import", "href="):
        assert word not in text


def test_large_graphs_name_what_is_far_away(tmp_path):
    lines = "".join(f"    s = np.sin(s) * {1 + i / 100} + x\n" for i in range(120))
    file = tmp_path / "long_function.py"
    file.write_text(f"import numpy as np\n\n\ndef long(x):\n    s = x\n{lines}    return s\n")
    text = page(load_target(f"{file}:long").function, 0.5)
    assert text.count('class="node captured" data-same="0"') > 100
    assert text.count('data-from="0"') == 121


def test_the_same_page_each_time():
    assert page(functions.branching, 0.8, 4) == page(functions.branching, 0.8, 4)


def test_numbers_in_the_page_are_those_of_the_derivative():
    data = data_of(page(functions.lesson, 1.5, 0.5))
    gradient = ad.grad(functions.lesson, argnums=(0, 1))(1.5, 0.5)
    by = {node["name"]: node for node in data["nodes"]}
    assert (by["x1"]["adjoints"][""], by["x2"]["adjoints"][""]) == gradient
    assert by["total"]["values"][""] == functions.lesson(1.5, 0.5)
    assert [along[""] for along in by["total"]["tangents"]] == list(gradient)
    assert data["directions"] == ["x1", "x2"] and data["live"]


def test_lines_that_belong_together():
    data = data_of(page(functions.branching, 0.8, 4))
    (part,) = data["primal"]
    text_of = {line["keys"][0]: re.sub("<.*?>", "", line["html"]).strip() for line in part["lines"]}
    pairs = {}
    for line in data["derivative"]:
        shown = re.sub("<.*?>", "", line["html"]).strip()
        for key in line["keys"]:
            pairs.setdefault(text_of[key], []).append(shown)
    assert pairs["t = s * x"] == ["t = s * x", "x_bar += s_bar * s", "s_bar *= x"]
    assert pairs["s = np.sin(s)"] == ["s = np.sin(s)", "s_bar *= np.cos(s)"]
    by = {node["name"]: text_of[node["key"]] for node in data["nodes"] if node["key"]}
    assert by["t"] == "t = s * x" and by["x"] == "def branching(x, n):"


def test_functions_that_are_called_are_shown_too():
    args = (np.zeros(3), RNG.normal(size=(5, 3)), np.ones(5))
    data = data_of(page(functions.logistic, *args))
    assert [part["title"] for part in data["primal"]] == ["logistic, functions.py", "sigmoid, functions.py"]


def test_numbers_that_json_does_not_have():
    assert [encoded(x) for x in (np.nan, np.inf, -np.inf, np.float64(0.1), True, 3, 1j)] == [
        "nan", "inf", "-inf", 0.1, "True", 3, "1j",
    ]  # fmt: skip
    assert encoded(np.arange(3.0)) == {"short": "[0, 1, …]", "long": "[0. 1. 2.]"}
    assert short(np.zeros((2, 3))) == "[0, 0, …] 2×3"


def test_samples():
    found = samples(Watcher(functions.cubic, (0.5,), {}))
    (xs,), (slopes,) = found.axes, found.slopes
    assert len(xs) % 2 and xs[len(xs) // 2] == 0.5
    np.testing.assert_allclose(found.values, [functions.cubic(x) for x in xs], rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(slopes, [3 * x * x - 3 for x in xs], rtol=1e-12, atol=1e-12)


def test_samples_leave_gaps():
    data = data_of(page(functions.newton, 2.0))
    plot = data["plot"]
    known = [x for x, y in zip(plot["axes"][0], plot["values"], strict=True) if y != "nan"]
    # a root of a negative number is not found however long one looks
    assert min(known) >= 0 and len(known) > 60


def test_moments():
    watcher = Watcher(functions.branching, (0.8, 4), {})
    sampled = samples(watcher)
    stride, found = moments(watcher, sampled, watcher.look().size)
    (axis,), (slopes,) = sampled.axes, sampled.slopes
    assert (stride, len(found)) == (2, 81)
    for x, slope, seen in zip(axis[::2], slopes[::2], found, strict=True):
        assert seen.values[0, ()] == x
        np.testing.assert_allclose(seen.adjoints.get((0, ()), 0.0), slope, rtol=1e-12)
    assert moments(watcher, sampled, 10**6) is None
    searching = Watcher(functions.newton, (2.0,), {})
    _, found = moments(searching, samples(searching), 10)
    assert found[0] is None and found[-1] is not None


def test_what_has_no_form_in_the_browser():
    for f, args, expected in [
        (functions.cubic, (0.5,), True), (functions.assorted, (0.7, 1.2), True),
        (functions.branching, (0.8, 4), False), (functions.masked, (np.ones(3),), False),
        (functions.outputs, (0.5, 2.0), False), (functions.power, (1.3, 3), False),
    ]:  # fmt: skip
        seen = observe(f, args, {})
        assert (script_of(seen, chart(seen)) is not None) == expected


def test_javascript_of_the_lesson():
    seen = observe(functions.lesson, (1.5, 0.5), {})
    script = script_of(seen, chart(seen))
    assert script.nodes == {2: "Math.sin(v[0])", 3: "(v[0] * v[1])", 4: "(v[2] + v[3])"}
    assert script.edges[0, 2] == "(1 * Math.cos(v[0]))"


def test_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda uri: opened.append(uri) or True)
    file = functions.__file__
    assert main(["explore", f"{file}:lesson", "--at", "x1=1.5", "x2=0.5"]) == 0
    assert capsys.readouterr().out == "wrote lesson.html\n"
    assert opened == [(tmp_path / "lesson.html").as_uri()]
    assert data_of((tmp_path / "lesson.html").read_text("utf-8"))["by"] == ["x1", "x2"]
    assert main(["explore", f"{file}:cubic", "--no-open", "-o", "other.html", "--argnums", "x"]) == 0
    assert len(opened) == 1 and (tmp_path / "other.html").is_file()
    monkeypatch.setattr("webbrowser.open", lambda uri: False)
    assert main(["explore", f"{file}:cubic"]) == 0
    assert "no browser could be started; open the file in one" in capsys.readouterr().out


def test_the_command_for_results_in_arguments(tmp_path, capsys):
    file = tmp_path / "model.py"
    file.write_text("def scan(A, b):\n    A[1:] += b * A[:-1]\n")
    values = ["--at", "A=np.ones(3)", "b=0.5", "-o", "-"]
    assert main(["explore", f"{file}:scan", "--outputs", "A", *values]) == 0
    assert data_of(capsys.readouterr().out)["outputs"] == ["A"]
    assert main(["explore", f"{file}:scan", *values]) == 3
    assert "scan returns None [AD204]" in capsys.readouterr().err


def test_commands_that_are_refused(tmp_path, capsys):
    file = tmp_path / "model.py"
    file.write_text(
        "import adcompile as ad\n\ndef refused(x):\n    yield x\n\n"
        "@ad.grad\ndef f(x):\n    return 1.0 / x\n\n@ad.hessian\ndef h(x):\n    return x * x\n"
    )
    assert main(["explore", f"{file}:refused", "--at", "x=1.0"]) == 3
    assert "`yield` makes this function a generator" in capsys.readouterr().err
    assert main(["explore", f"{file}:h", "--at", "x=1.0"]) == 2
    assert "h is made of derivatives; explore the function that it is made of" in capsys.readouterr().err
    assert main(["explore", f"{file}:f", "--at", "x=0.0"]) == 2
    assert "f at x=0.0 raises ZeroDivisionError: float division by zero" in capsys.readouterr().err
    assert main(["explore", f"{file}:f", "--at", "x=1.0", "-o", "-"]) == 0
    assert capsys.readouterr().out.startswith("<!doctype html>")


def test_docstring():
    module = __import__("adcompile.explore.page", fromlist=["page"])
    assert page_function is module.page
    assert doctest.testmod(module).failed == 0
