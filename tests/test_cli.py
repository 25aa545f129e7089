"""The command line."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import adcompile as ad
from adcompile import cli
from adcompile.cli import FAILED, OK, REFUSED, USAGE, main
from adcompile.target import load_target

MODEL = """
import math
import numpy as np
import adcompile as ad

K = np.arange(3.0)
FACTOR = 0.1 + 0.2


def loss(w, x):
    return np.sum(np.sin(w) * K) * x * FACTOR


def power(x, n):
    s = 1.0
    for _ in range(n):
        s = s * x + math.sin(s)
    return s


def recursive(x, k):
    return x if k == 0 else np.sin(x) * recursive(x, k - 1)


def layers(params, x):
    for W, b in params:
        x = np.tanh(x @ W + b)
    return x


def chosen(x, *, mode="a", c=2.0):
    return x * c if mode == "a" else x


@ad.value_and_grad(argnums=(0, 1))
def decorated(x, y):
    return x * y * y


def wrong(x):
    return ad.stop_gradient(x) * x


def refused(x):
    yield x


def printing(x):
    print("x is", x)
    return x * x


class Net:
    scale = 2.0

    def loss(self, w, p=2):
        return np.sum(w ** p) * self.scale

    @staticmethod
    def square(x):
        return x * x


class Given:
    def __init__(self, c):
        self.c = c

    def f(self, x):
        return x * 2.0


hessian = ad.hessian(power)
number = 3

if __name__ == "__main__":
    raise SystemExit("the main block was executed")
"""


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "model.py").write_text(MODEL)
    yield tmp_path
    sys.modules.pop("model", None)


def run(capsys, *words):
    code = main(words)
    out, err = capsys.readouterr()
    return code, out, err


def imported(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- show and graph


def test_show_prints_the_general_source(model, capsys):
    code, out, err = run(capsys, "show", "model.py:loss")
    assert (code, err) == (OK, "")
    assert "def loss_grad(w, x, *, " in out
    ast.parse(out)


def test_show_for_values_prints_what_a_call_compiles(model, capsys):
    _, out, _ = run(capsys, "show", "model.py:power", "--at", "x=0.5", "n=3")
    assert out == ad.lower(load_target("model.py:power").function, 0.5, 3).source


def test_show_takes_modes_and_argnums(model, capsys):
    _, out, _ = run(
        capsys, "show", "model.py:loss", "--mode", "jvp", "--argnums", "0,x", "--at", "w=np.ones(3)", "x=2.0"
    )
    assert "def loss_jvp(w, x, w_dot, x_dot" in out
    _, out, _ = run(
        capsys, "show", "model.py:loss", "--mode", "vjp", "--argnums=-1", "--at", "w=np.ones(3)", "x=2.0"
    )
    assert "with respect to x." in out


def test_show_of_a_decorated_function_shows_that_derivative(model, capsys):
    _, out, _ = run(capsys, "show", "model.py:decorated", "--at", "x=1.0", "y=2.0")
    assert "Value and gradient of decorated" in out
    assert "with respect to x, y" in out
    assert run(capsys, "show", "model.py:hessian")[0] == OK


def test_show_steps(model, capsys):
    _, out, _ = run(capsys, "show", "model.py:power", "--steps")
    assert "chain-rule step" in out


def test_methods(model, capsys):
    code, out, _ = run(capsys, "show", "model.py:Net.loss", "--at", "w=np.ones(3)")
    assert code == OK
    assert "w" in out
    assert run(capsys, "show", "model.py:Net.square", "--at", "x=1.0")[0] == OK
    assert (
        "def f_grad(self, x)" in run(capsys, "show", "model.py:Given.f", "--argnums", "x", "--at", "x=1.0")[1]
    )


def test_the_main_block_is_not_executed_and_siblings_are_found(model, capsys):
    (model / "other.py").write_text("import model\n\n\ndef f(x):\n    return model.power(x, 2)\n")
    assert run(capsys, "show", "other.py:f", "--at", "x=1.0")[0] == OK


def test_a_file_named_like_a_library_module_does_not_replace_it(model, capsys):
    (model / "random.py").write_text("def f(x):\n    return x * x\n")
    import random

    assert run(capsys, "show", "random.py:f", "--at", "x=1.0")[0] == OK
    assert sys.modules["random"] is random


@pytest.mark.parametrize(("form", "start"), [("text", "power("), ("dot", "digraph"), ("svg", "<svg xmlns")])
def test_graph_formats(model, capsys, form, start):
    words = ("graph", "model.py:power", "--format", form, "--at", "x=0.5", "n=3")
    code, out, _ = run(capsys, *words)
    assert code == OK
    assert out.startswith(start)
    assert run(capsys, *words, "-o", "graph.out") == (OK, "", "")
    assert (model / "graph.out").read_text() == out


# -- check


def test_check_prints_a_table_of_errors(model, capsys):
    code, out, _ = run(capsys, "check", "model.py:loss", "--at", "w=np.linspace(0, 1, 3)", "x=2.0")
    assert code == OK
    lines = [line.split() for line in out.splitlines()]
    assert lines[2] == ["argument", "checked", "reverse", "error", "forward", "error", "allowed"]
    assert [(row[0], row[1], row[-1]) for row in lines[3:]] == [("w", "3/3", "ok"), ("x", "1/1", "ok")]
    assert all(float(e) < 1e-8 for row in lines[3:] for e in row[2:4])


@pytest.mark.parametrize("name", ["power", "recursive", "chosen", "decorated", "Net.loss", "printing"])
def test_check_finds_values_by_itself(model, capsys, name):
    code, out, err = run(capsys, "check", f"model.py:{name}")
    assert (code, err) == (OK, "")
    assert "ok" in out and "WRONG" not in out


def test_check_of_containers_and_arrays(model, capsys):
    values = ("params=[(np.ones((3, 3)) / 3, np.ones(3))]", "x=np.linspace(0, 1, 6).reshape(2, 3)")
    code, out, _ = run(capsys, "check", "model.py:layers", "--at", *values)
    assert code == OK
    assert re.search(r"params +12/12", out)


def test_check_of_single_precision(model, capsys):
    code, out, _ = run(capsys, "check", "model.py:loss", "--at", "w=np.ones(3, np.float32)", "x=2.0")
    assert code == OK
    assert "2e-02" in out


COMPLEX = """
import numpy as np
import adcompile as ad

class Layer:
    def __init__(self, w, n):
        self.w, self.n = w, n

def product(z, x):
    return z * z * (1 + 2j) * x + np.abs(z)

def wrong(z):
    return z * ad.stop_gradient(z)

def power(layer=Layer(2.0, 3)):
    return layer.w ** layer.n
"""


@pytest.mark.parametrize("z", ["1+2j", "np.array([1+2j, 0.5j])"])
def test_check_of_complex_numbers(model, capsys, z):
    (model / "numbers_.py").write_text(COMPLEX, encoding="utf-8")
    code, out, err = run(capsys, "check", "numbers_.py:product", "--at", f"z={z}", "x=0.5")
    assert (code, err) == (OK, "") and out.count("ok") == 2
    assert run(capsys, "check", "numbers_.py:wrong", "--at", f"z={z}")[0] == FAILED


def test_check_of_plain_objects(model, capsys):
    (model / "numbers_.py").write_text(COMPLEX, encoding="utf-8")
    code, out, _ = run(capsys, "check", "numbers_.py:power")
    assert code == OK and re.search(r"layer +1/1", out)


def test_check_fails_where_a_derivative_is_cut_off(model, capsys):
    code, out, _ = run(capsys, "check", "model.py:wrong", "--at", "x=1.5")
    assert code == FAILED
    assert "WRONG" in out


def test_check_of_one_mode_and_one_argument(model, capsys):
    code, out, _ = run(
        capsys, "check", "model.py:loss", "--mode", "forward", "--argnums", "x", "--at", "w=np.ones(3)"
    )
    assert code == OK
    assert "reverse" not in out and "w  " not in out
    assert run(capsys, "check", "model.py:power", "--argnums", "n")[0] == USAGE
    assert run(capsys, "check", "model.py:hessian")[0] == USAGE


# -- emit

EMITTED = [
    ("loss", "grad", "0", ("w=np.linspace(0.1, 1, 3)", "x=2.0")),
    ("loss", "value_and_grad", "w,x", ("w=np.linspace(0.1, 1, 3)", "x=2.0")),
    ("power", "grad", "0", ("x=0.3", "n=5")),
    ("power", "jvp", "0", ("x=0.3", "n=5")),
    ("power", "vjp", "0,", ("x=0.3", "n=5")),
    ("recursive", "grad", "0", ("x=0.3", "k=3")),
    ("recursive", "vjp", "0", ("x=0.3", "k=3")),
    (
        "layers",
        "vjp",
        "0,1",
        ("params=[(np.eye(3), np.ones(3))] * 2", "x=np.linspace(0, 1, 6).reshape(2, 3)"),
    ),
    (
        "layers",
        "jvp",
        "0,1",
        ("params=[(np.eye(3), np.ones(3))] * 2", "x=np.linspace(0, 1, 6).reshape(2, 3)"),
    ),
    ("chosen", "grad", "x,c", ("x=0.3",)),
    ("decorated", "grad", "1", ("x=0.3", "y=2.0")),
    ("Net.loss", "grad", "0", ("w=np.linspace(0.5, 1, 4)",)),
    ("Net.square", "grad", "0", ()),
    ("loss", "grad", "0", ()),
]


@pytest.mark.parametrize(("name", "mode", "argnums", "values"), EMITTED)
def test_an_emitted_module_checks_itself(model, capsys, name, mode, argnums, values):
    words = [f"model.py:{name}", "--mode", mode, "--argnums", argnums, *(["--at", *values] if values else [])]
    code, out, err = run(capsys, "emit", *words, "-o", "out.py")
    assert (code, out, err) == (OK, "", "")
    text = (model / "out.py").read_text()
    with pytest.raises(SystemExit) as stop:
        exec(compile(text, "out.py", "exec"), {"__name__": "__main__"})
    assert stop.value.code == 0
    assert "ok" in capsys.readouterr().out
    assert run(capsys, "emit", "--check", "out.py")[0] == OK
    modules = {a.name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import) for a in n.names}
    assert modules <= {"numpy", "math"}
    assert str(model) not in text


def test_an_emitted_module_gives_the_same_bits(model, capsys):
    run(capsys, "emit", "model.py:loss", "--argnums", "w,x", "--at", "w=np.ones(3)", "x=2.0", "-o", "out.py")
    emitted = imported(model / "out.py").loss_grad
    w, x = np.linspace(-1, 1, 3) / 3, 1 / 3
    expected = ad.grad(load_target("model.py:loss").function, argnums=(0, 1))(w, x)
    for a, b in zip(emitted(w, x), expected, strict=True):
        assert np.array_equal(a, b)
        assert type(a) is type(b)


def test_an_emitted_module_refuses_what_it_was_not_compiled_for(model, capsys):
    run(capsys, "emit", "model.py:loss", "--at", "w=np.ones(3)", "x=2.0", "-o", "out.py")
    emitted = imported(model / "out.py").loss_grad
    with pytest.raises(TypeError, match=r"w is float64\[1\]; this code was compiled for float64\[n\]"):
        emitted(np.ones(1), 2.0)
    run(capsys, "emit", "model.py:recursive", "--at", "x=0.5", "k=3", "-o", "other.py")
    run(capsys, "emit", "model.py:chosen", "--at", "x=0.5", "-o", "third.py")
    with pytest.raises(TypeError, match="mode is 'b'"):
        imported(model / "third.py").chosen_grad(0.5, mode="b")


def test_a_fixed_integer_is_refused_when_it_differs(model, capsys):
    (model / "fixed.py").write_text(
        "def f(x, shape):\n    parts = (x, x * x, x * x * x)\n    return parts[shape]\n"
    )
    assert run(capsys, "emit", "fixed.py:f", "--at", "x=0.5", "shape=2", "-o", "out.py")[0] == OK
    emitted = imported(model / "out.py").f_grad
    assert emitted(0.5, 2) == 0.75
    with pytest.raises((ValueError, TypeError), match="compiled for shape"):
        emitted(0.5, 1)


def test_provenance(model, capsys):
    run(capsys, "emit", "model.py:loss", "--at", "w=np.ones(3)", "x=2.0", "-o", "out.py")
    doc = ast.get_docstring(ast.parse((model / "out.py").read_text()))
    line = 1 + MODEL[: MODEL.index("def loss")].count("\n")
    assert doc.startswith(f"Gradient of loss (model.py:{line}) with respect to w. Saves nothing.")
    assert f"model.py, loss, line {line}" in doc
    assert re.search(r"Digest: +[0-9a-f]{32} ", doc)
    assert f"adcompile {ad.__version__}" in doc
    assert "Compiled for: w: float64[n], x: float" in doc
    assert "python -m adcompile emit model.py:loss --mode grad" in doc


def test_stale_modules_are_told(model, capsys):
    run(capsys, "emit", "model.py:loss", "--at", "w=np.ones(3)", "x=2.0", "-o", "out.py")
    text = (model / "out.py").read_text()
    (model / "out.py").write_text(text + "# edited\n")
    code, out, _ = run(capsys, "emit", "--check", "out.py")
    assert code == FAILED
    assert "is not what adcompile writes" in out
    (model / "out.py").write_text(text)
    (model / "model.py").write_text(MODEL.replace("* x * FACTOR", "* x / FACTOR"))
    code, out, _ = run(capsys, "emit", "--check", "out.py")
    assert code == FAILED
    assert "the function has changed" in out
    (model / "model.py").write_text(MODEL.replace("np.arange(3.0)", "np.arange(3.0) + 1"))
    assert run(capsys, "emit", "--check", "out.py")[0] == FAILED
    (model / "model.py").write_text(MODEL)
    assert run(capsys, "emit", "--check", "out.py")[0] == OK


def test_check_works_from_another_folder(model, capsys, monkeypatch):
    (model / "sub").mkdir()
    run(capsys, "emit", "model.py:power", "-o", "sub/out.py")
    assert "../model.py:power" in (model / "sub" / "out.py").read_text()
    monkeypatch.chdir(model / "sub")
    assert run(capsys, "emit", "--check", "out.py")[0] == OK
    monkeypatch.chdir(os.sep)
    assert run(capsys, "emit", "--check", str(model / "sub" / "out.py"))[0] == OK


def test_emit_without_a_file_prints(model, capsys):
    code, out, _ = run(capsys, "emit", "model.py:power")
    assert code == OK
    assert "def power_grad(x, n)" in out and "def power_value(x, n)" in out


def test_constants_are_written_out(model, capsys):
    (model / "constants.py").write_text(
        textwrap.dedent("""
        import numpy as np
        A = np.asfortranarray(np.array([[0.1, np.inf], [1 / 3, 2.0]]))
        B = np.float32(0.1)
        C = {"scale": (1.5, 2j), "steps": [1, 2]}

        def f(x):
            return np.sum(np.where(np.isfinite(A), A, 0.0) * x) * B * C["scale"][0]
        """)
    )
    code, _, err = run(capsys, "emit", "constants.py:f", "--at", "x=0.5", "-o", "out.py")
    assert (code, err) == (OK, "")
    emitted = imported(model / "out.py")
    assert emitted.f_grad(0.25) == ad.grad(load_target("constants.py:f").function)(0.25)
    assert "np.asfortranarray" in (model / "out.py").read_text()


def test_what_cannot_be_written_out_is_refused_with_a_way_out(model, capsys):
    (model / "big.py").write_text(
        "import numpy as np\nBIG = np.ones(20_000)\n\n\ndef f(x):\n    return np.sum(BIG * x)\n"
    )
    code, _, err = run(capsys, "emit", "big.py:f", "--at", "x=0.5")
    assert code == REFUSED
    assert "too many" in err and "as an argument" in err
    (model / "opaque.py").write_text(
        "from collections import namedtuple\nPair = namedtuple('Pair', 'a b')\n\n\n"
        "def f(x, pair=Pair(1.0, 2.0)):\n    return x * pair.a\n"
    )
    code, _, err = run(capsys, "emit", "opaque.py:f", "--at", "x=0.5")
    assert code == REFUSED
    assert "cannot be written into a module" in err and "as an argument" in err


def test_large_samples_are_drawn_instead_of_written(model, capsys):
    run(capsys, "emit", "model.py:Net.loss", "--at", "w=np.linspace(1, 2, 500)", "-o", "out.py")
    text = (model / "out.py").read_text()
    assert "default_rng(1).uniform(1.0, 2.0, (500,))" in text
    assert len(text) < 20_000


# -- cache, explain, help and errors


def test_cache(model, capsys, monkeypatch):
    monkeypatch.setenv("ADCOMPILE_CACHE_DIR", str(model / "cache"))
    monkeypatch.delenv("ADCOMPILE_CACHE", raising=False)
    code, out, _ = run(capsys, "cache", "info")
    assert code == OK
    assert str(model / "cache") in out and "entries  0" in out
    assert run(capsys, "cache", "clear")[:2] == (OK, f"removed 0 files from {model / 'cache'}\n")
    monkeypatch.setenv("ADCOMPILE_CACHE", "0")
    assert "switched off" in run(capsys, "cache", "info")[1]


def test_explain(capsys):
    code, out, _ = run(capsys, "explain", "ad101")
    assert code == OK
    assert out.startswith("AD101: ")
    code, _, err = run(capsys, "explain", "AD999")
    assert code == USAGE
    assert "AD999" in err


@pytest.mark.parametrize("command", ["", "show", "graph", "explore", "check", "emit", "cache", "explain"])
def test_help_has_examples_and_exit_codes(capsys, command):
    code, out, _ = run(capsys, *([command] if command else []), "--help")
    assert code == OK
    assert "examples:" in out and "exit codes:" in out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["show", "model.py"], "write FILE.py:FUNCTION"),
        (["show", "absent.py:f"], "there is no file absent.py"),
        (["show", "model.py:absent"], "has no absent; it has loss, power"),
        (["show", "model.py:number"], "is not a function but of type int"),
        (["show", "model.py:loss", "--at", "z=1"], "the parameters are w, x"),
        (["show", "model.py:loss", "--at", "w"], "is not NAME=VALUE"),
        (["show", "model.py:loss", "--at", "w=open('x')"], "NameError"),
        (["show", "model.py:loss", "--mode", "hessian"], "invalid choice"),
        (["emit"], "emit needs FILE.py:FUNC"),
        (["emit", "model.py:loss", "--check", "x.py"], "takes the emitted file alone"),
        (["emit", "--check", "model.py"], "it names no command"),
        (["emit", "--check", "absent.py"], "cannot be read"),
        (["emit", "model.py:hessian"], "made of derivatives"),
        (["graph", "model.py:loss", "-o", "absent/x.svg"], "cannot be written"),
        (["check", "model.py:Net.loss", "--at", "w='text'"], "give values with --at"),
        ([], "required"),
    ],
)
def test_wrong_command_lines(model, capsys, words, text):
    code, out, err = run(capsys, *words)
    assert code == USAGE
    assert text in err
    assert out == ""


def test_a_refused_function_is_reported_with_its_place(model, capsys):
    code, _, err = run(capsys, "show", "model.py:refused", "--at", "x=1.0")
    assert code == REFUSED
    assert "model.py:" in err and "yield" in err
    assert run(capsys, "show", "model.py:loss", "--argnums", "7")[0] == REFUSED


def test_a_file_that_fails_is_a_usage_error(model, capsys):
    (model / "broken.py").write_text("raise ValueError('no luck')\n")
    code, _, err = run(capsys, "show", "broken.py:f")
    assert code == USAGE
    assert "broken.py cannot be executed: ValueError: no luck" in err


class Terminal:
    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass

    def isatty(self):
        return True


def test_colours_on_a_terminal_only(model, capsys, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    _, plain, _ = run(capsys, "show", "model.py:power")
    assert "\x1b" not in plain
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    assert main(["show", "model.py:power"]) == OK
    assert "\x1b[35mdef\x1b[0m" in terminal.text
    assert re.sub(r"\x1b\[\d+m", "", terminal.text) == plain
    monkeypatch.setenv("NO_COLOR", "1")
    terminal.text = ""
    main(["show", "model.py:power"])
    assert terminal.text == plain


def test_as_a_program(model):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}

    def start(*words):
        command = [sys.executable, "-m", "adcompile", *words]
        return subprocess.run(
            command, cwd=model, env=environment, capture_output=True, text=True, timeout=120
        )

    done = start("emit", "model.py:power", "--at", "x=0.5", "n=3", "-o", "out.py")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    checked = subprocess.run(
        [sys.executable, "-I", "out.py"], cwd=model, capture_output=True, text=True, timeout=120
    )
    assert checked.returncode == 0
    assert checked.stdout.startswith("x: derivative ")
    assert start("show", "model.py:refused").returncode == REFUSED
    assert start("--help").returncode == 0


def test_the_parser_is_complete():
    assert set(cli._EXAMPLES) == {"", "show", "graph", "explore", "check", "emit", "cache", "explain"}
