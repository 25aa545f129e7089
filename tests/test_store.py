"""The disk cache as users meet it: what is found again, and what must not be.

A "process" here is most often a module that is loaded anew: new functions, new globals, the same folder. Two
tests start real processes. The log says for every call whether it was compiled or loaded.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import adcompile as ad
from adcompile import store
from adcompile.rules import rule

ROOT = Path(__file__).parents[1]


class Folder:
    """Modules on the disk, and the log of what the package did with them."""

    def __init__(self, path: Path, log: pytest.LogCaptureFixture) -> None:
        self.path = path
        self.cache = path / "cache"
        self.log = log
        self.loaded: list[str] = []

    def module(self, text: str, name: str = "store_model") -> ModuleType:
        """Write a module and load it as another process would."""
        file = self.path / f"{name}.py"
        file.write_text(text)
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        self.loaded.append(name)
        # not exec_module: a cached .pyc is told from the text by its time in seconds only
        exec(compile(text, str(file), "exec"), module.__dict__)
        return module

    def said(self) -> list[str]:
        """What was compiled and loaded since the last question."""
        records = [r for r in self.log.records if r.name == "adcompile" and r.levelno >= logging.INFO]
        self.log.clear()
        return [r.getMessage().split()[0] for r in records]

    def entries(self) -> list[Path]:
        return sorted(self.cache.glob("*.py"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Any:
    monkeypatch.delenv("ADCOMPILE_CACHE", raising=False)
    monkeypatch.setenv("ADCOMPILE_CACHE_DIR", str(tmp_path / "cache"))
    caplog.set_level(logging.DEBUG, "adcompile")
    made = Folder(tmp_path, caplog)
    yield made
    for name in made.loaded:
        sys.modules.pop(name, None)


SINE = "import math\n\ndef f(x, y):\n    return math.sin(x) + x * y\n"


def test_a_derivative_is_found_again(folder: Folder) -> None:
    first = ad.grad(folder.module(SINE).f)
    assert first(0.0, 2.0) == 3.0
    assert folder.said() == ["compiled"]
    again = ad.grad(folder.module(SINE).f)
    assert again(0.0, 2.0) == 3.0
    assert folder.said() == ["loaded"]
    assert again.source == first.source
    assert again.source.startswith("import math")
    assert len(folder.entries()) == 1


def test_the_function_is_that_of_the_file(folder: Folder) -> None:
    for _ in range(2):
        slope = ad.grad(folder.module(SINE).f)
        slope(0.0, 2.0)
        last = slope._engine.variants.last
        assert last is not None
        assert last.function.__code__.co_filename == str(folder.entries()[0])


def test_the_switch_turns_it_off(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADCOMPILE_CACHE", "0")
    assert ad.grad(folder.module(SINE).f)(0.0, 2.0) == 3.0
    assert folder.entries() == []


KINDS: list[tuple[str, Callable[[Any], Any], Any]] = [
    ("grad", lambda f: ad.grad(f, argnums=(0, "y"))(0.0, 2.0), (3.0, 0.0)),
    ("value_and_grad", lambda f: ad.value_and_grad(f)(0.0, 2.0), (0.0, 3.0)),
    ("jvp", lambda f: ad.jvp(f, (0.0, 2.0), (1.0, 1.0)), (0.0, 3.0)),
    ("vjp", lambda f: ad.vjp(f, 0.0, 2.0)[1](1.0), (3.0, 0.0)),
]


@pytest.mark.parametrize(("kind", "call", "expected"), KINDS, ids=[k for k, _, _ in KINDS])
def test_every_kind_is_kept_apart(
    folder: Folder, kind: str, call: Callable[[Any], Any], expected: Any
) -> None:
    for _, other, _ in KINDS:
        other(folder.module(SINE).f)
    folder.said()
    assert call(folder.module(SINE).f) == expected
    assert folder.said() == ["loaded"]
    assert len(folder.entries()) == len(KINDS)


def test_signatures_are_kept_apart(folder: Folder) -> None:
    text = "import numpy as np\n\ndef f(x):\n    return np.sum(x * x)\n"
    arguments: list[Any] = [2.0, np.ones(3), np.ones((2, 1)), np.ones(3, np.float32), np.float64(2.0)]
    found = [ad.grad(folder.module(text).f)(x) for x in arguments]
    assert folder.said() == ["compiled"] * 5
    for x, expected in zip(arguments, found, strict=True):
        again = ad.grad(folder.module(text).f)(x)
        assert type(again) is type(expected)
        assert np.array_equal(again, expected)
    assert folder.said() == ["loaded"] * 5


# -- what has changed since ----------------------------------------------------------------------------------

CHANGES = {
    "the function": ("def f(x):\n    return x * x\n", "def f(x):\n    return x * x * x\n", 12.0),
    "a callee": (
        "def g(x):\n    return x * x\n\ndef f(x):\n    return g(x)\n",
        "def g(x):\n    return 5 * x\n\ndef f(x):\n    return g(x)\n",
        5.0,
    ),
    "the value of a global": (
        "K = 2.0\n\ndef f(x):\n    return K * x\n",
        "K = 3.0\n\ndef f(x):\n    return K * x\n",
        3.0,
    ),
    "the type of a global": (
        "K = 2.0\n\ndef f(x):\n    return K * x\n",
        "K = 3\n\ndef f(x):\n    return K * x\n",
        3.0,
    ),
    "a fixed integer": (
        "N = 2\n\ndef f(x):\n    return sum([x] * N)\n",
        "N = 3\n\ndef f(x):\n    return sum([x] * N)\n",
        3.0,
    ),
    "a default": ("def f(x, k=2.0):\n    return k * x\n", "def f(x, k=3.0):\n    return k * x\n", 3.0),
    "the default of a callee": (
        "def g(x, k=2.0):\n    return k * x\n\ndef f(x):\n    return g(x)\n",
        "def g(x, k=3.0):\n    return k * x\n\ndef f(x):\n    return g(x)\n",
        3.0,
    ),
    "a flag": (
        "FLAG = True\n\ndef f(x):\n    return 2 * x if FLAG else 3 * x\n",
        "FLAG = False\n\ndef f(x):\n    return 2 * x if FLAG else 3 * x\n",
        3.0,
    ),
    "a builtin that is hidden": (
        "def f(x):\n    return abs(x)\n",
        "def f(x):\n    return abs(x)\n\ndef abs(x):\n    return 7 * x\n",
        7.0,
    ),
    "an alias": (
        "import math\n\ng = math.sin\n\ndef f(x):\n    return g(x)\n",
        "import math\n\ng = math.exp\n\ndef f(x):\n    return g(x)\n",
        float(np.exp(2.0)),
    ),
    "the length of a list": (
        "W = [1.0, 2.0]\n\ndef f(x):\n    return sum(w * x for w in W)\n",
        "W = [1.0, 2.0, 4.0]\n\ndef f(x):\n    return sum(w * x for w in W)\n",
        7.0,
    ),
    "a method": (
        "class M:\n    def g(self, x):\n        return x\n\nm = M()\n\ndef f(x):\n    return m.g(x)\n",
        "class M:\n    def g(self, x):\n        return 4 * x\n\nm = M()\n\ndef f(x):\n    return m.g(x)\n",
        4.0,
    ),
    "an inherited method": (
        "class B:\n    def g(self, x):\n        return x\n\nclass M(B):\n    pass\n\n"
        "def f(x, m=M()):\n    return m.g(x)\n",
        "class B:\n    def g(self, x):\n        return 4 * x\n\nclass M(B):\n    pass\n\n"
        "def f(x, m=M()):\n    return m.g(x)\n",
        4.0,
    ),
    "an attribute of a class": (
        "class M:\n    k = 2.0\n\nm = M()\n\ndef f(x):\n    return m.k * x\n",
        "class M:\n    k = 3.0\n\nm = M()\n\ndef f(x):\n    return m.k * x\n",
        3.0,
    ),
    "the primal of a derivative": (
        "import adcompile as ad\n\ndef g(x):\n    return x * x\n\nh = ad.grad(g)\n\n"
        "def f(x):\n    return h(x)\n",
        "import adcompile as ad\n\ndef g(x):\n    return 2 * x * x\n\nh = ad.grad(g)\n\n"
        "def f(x):\n    return h(x)\n",
        4.0,
    ),
    "a cached function": (
        "import functools\n\n@functools.cache\ndef g(x):\n    return x\n\ndef f(x):\n    return g(x)\n",
        "import functools\n\n@functools.cache\ndef g(x):\n    return 6 * x\n\ndef f(x):\n    return g(x)\n",
        6.0,
    ),
    "a closure's value": (
        "def make(k):\n    def f(x):\n        return k * x\n    return f\n\nf = make(2.0)\n",
        "def make(k):\n    def f(x):\n        return k * x\n    return f\n\nf = make(3)\n",
        3.0,
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_has_changed_is_seen(folder: Folder, name: str) -> None:
    before, after, expected = CHANGES[name]
    old = ad.grad(folder.module(before).f)(2.0)
    assert old != expected
    assert ad.grad(folder.module(after).f)(2.0) == pytest.approx(expected, rel=1e-15)
    # and both are still there
    assert ad.grad(folder.module(before).f)(2.0) == old
    assert ad.grad(folder.module(after).f)(2.0) == pytest.approx(expected, rel=1e-15)
    assert folder.said()[-1] == "loaded"


@pytest.mark.parametrize("name", CHANGES)
def test_what_has_not_changed_is_loaded(folder: Folder, name: str) -> None:
    before, _, _ = CHANGES[name]
    old = ad.grad(folder.module(before).f)(2.0)
    folder.said()
    assert ad.grad(folder.module(before).f)(2.0) == old
    assert folder.said() == ["loaded"]


def test_a_callee_edited_in_another_file_is_seen(folder: Folder) -> None:
    main = "import store_helper\n\ndef f(x):\n    return store_helper.g(x)\n"
    folder.module("def g(x):\n    return 2 * x\n", "store_helper")
    assert ad.grad(folder.module(main).f)(1.0) == 2.0
    folder.module("def g(x):\n    return 3 * x\n", "store_helper")
    assert ad.grad(folder.module(main).f)(1.0) == 3.0
    assert any("has changed" in r.getMessage() for r in folder.log.records)


@pytest.mark.parametrize("edited", ["f", "g"])
def test_a_file_edited_after_its_import_is_refused_though_an_entry_is_there(
    folder: Folder, edited: str
) -> None:
    text = "def g(x):\n    return 2.0 * x\n\ndef f(x):\n    return g(x) + 1.0\n"
    assert ad.grad(folder.module(text).f)(3.0) == 2.0
    module = folder.module(text)
    changed = text.replace("2.0 * x", "5.0 * x") if edited == "g" else text.replace("+ 1.0", "* x")
    (folder.path / "store_model.py").write_text(changed)
    with pytest.raises(ad.SourceUnavailable) as caught:
        ad.grad(module.f)(3.0)
    assert caught.value.code == "AD303"
    assert f"the source of `{edited}` is not the code that runs" in str(caught.value)


def test_a_file_edited_beside_the_function_is_not_refused(folder: Folder) -> None:
    text = "def f(x):\n    return 2.0 * x\n"
    assert ad.grad(folder.module(text).f)(3.0) == 2.0
    module = folder.module(text)
    (folder.path / "store_model.py").write_text(f"# a note\n\n{text}\nOTHER = 1\n")
    folder.said()
    assert ad.grad(module.f)(3.0) == 2.0
    assert folder.said() == ["loaded"]


def test_a_name_redefined_in_a_notebook_is_seen(folder: Folder) -> None:
    module = folder.module("def f(x):\n    return 2 * x\n")
    assert ad.grad(module.f)(1.0) == 2.0
    module = folder.module("def f(x):\n    return 3 * x\n")
    assert ad.grad(module.f)(1.0) == 3.0


def test_a_loaded_derivative_reads_live_values(folder: Folder) -> None:
    text = "K = 2.0\n\ndef f(x):\n    return K * x\n"
    ad.grad(folder.module(text).f)(1.0)
    module = folder.module(text)
    slope = ad.grad(module.f)
    assert slope(1.0) == 2.0
    module.K = 5.0
    assert slope(1.0) == 5.0
    module.K = np.array([2.0, 3.0])
    with pytest.raises(TypeError):
        slope(1.0)


def test_arguments_of_own_classes(folder: Folder) -> None:
    text = "class P:\n    def __init__(self, a):\n        self.a = a\n\ndef f(p, x):\n    return p.a * x\n"
    for said in ("compiled", "loaded"):
        module = folder.module(text)
        found = ad.grad(module.f)(module.P(3.0), 2.0)
        assert type(found) is module.P
        assert found.a == 2.0
        assert folder.said() == [said]


def test_functions_as_arguments(folder: Folder) -> None:
    text = (
        "def twice(x):\n    return 2 * x\n\ndef thrice(x):\n    return 3 * x\n\n"
        "def f(x, g):\n    return g(x)\n"
    )
    for said in ("compiled", "loaded"):
        module = folder.module(text)
        assert ad.grad(module.f)(1.0, module.twice) == 2.0
        assert ad.grad(module.f)(1.0, module.thrice) == 3.0
        assert folder.said() == [said, said]


def test_what_cannot_be_found_again_stays_in_memory(folder: Folder) -> None:
    text = "import numpy as np\n\ndef f(x, g):\n    return g(x)\n"
    module = folder.module(text)
    rows = np.vectorize(lambda x: x, cache=True)
    assert ad.grad(module.f)(1.0, lambda x: 2 * x) == 2.0
    with pytest.raises(ad.NoDerivative):
        ad.grad(module.f)(1.0, rows)
    assert any("in memory only" in r.getMessage() for r in folder.log.records)


# -- files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["", "garbage", "# adcompile cache 1, sha256: 00\n"])
def test_a_damaged_entry_is_compiled_and_repaired(folder: Folder, damage: str) -> None:
    ad.grad(folder.module(SINE).f)(0.0, 2.0)
    (entry,) = folder.entries()
    whole = entry.read_text()
    entry.write_text(damage)
    folder.said()
    assert ad.grad(folder.module(SINE).f)(0.0, 2.0) == 3.0
    assert folder.said()[-1] == "compiled"
    assert entry.read_text() == whole


def test_an_entry_without_a_manifest_is_not_used(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_MANIFEST", "# something else: ")
    ad.grad(folder.module(SINE).f)(0.0, 2.0)
    monkeypatch.undo()
    monkeypatch.setenv("ADCOMPILE_CACHE_DIR", str(folder.cache))
    monkeypatch.delenv("ADCOMPILE_CACHE", raising=False)
    folder.said()
    assert ad.grad(folder.module(SINE).f)(0.0, 2.0) == 3.0
    assert folder.said()[-1] == "compiled"


def test_variants_do_not_grow_without_end(folder: Folder) -> None:
    for n in range(12):
        text = f"def g(x):\n    return {n} * x\n\ndef f(x):\n    return g(x)\n"
        assert ad.grad(folder.module(text).f)(1.0) == n
    assert len(folder.entries()) == 8


def test_the_manifest_is_plain_data(folder: Folder) -> None:
    ad.grad(folder.module("K = 2.0\n" + SINE.replace("x * y", "K * y")).f)(0.0, 2.0)
    last = folder.entries()[0].read_text().splitlines()[-1]
    manifest = json.loads(last.removeprefix("# manifest: "))
    assert manifest["name"] == "f_grad"
    assert [kind for _, kind, _ in manifest["guards"]]


def test_rows_of_the_user_keep_derivatives_in_memory(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule, "FOREIGN", ["f(x)"])
    assert ad.grad(folder.module(SINE).f)(0.0, 2.0) == 3.0
    assert folder.entries() == []


def test_rows_of_the_package_are_no_foreign_ones() -> None:
    from adcompile.rules import tables

    assert tables is not None
    assert rule.FOREIGN == []


def run(folder: Folder, script: str) -> tuple[str, str]:
    """Run a script in a process of its own; what it printed, and the log."""
    environment = {**os.environ, "ADCOMPILE_LOG": "info", "PYTHONPATH": f"{ROOT}{os.pathsep}{folder.path}"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip(), done.stderr


def test_two_processes_share_a_folder(folder: Folder) -> None:
    (folder.path / "shared_model.py").write_text(SINE)
    script = (
        "import sys, adcompile as ad, shared_model\nprint(ad.grad(shared_model.f)(0.0, 2.0))\n"
        "print('adcompile.pipeline' in sys.modules, 'astor' in sys.modules)"
    )
    out, log = run(folder, script)
    assert out.split() == ["3.0", "True", "True"]
    assert "compiled f_grad" in log
    out, log = run(folder, script)
    # nothing of the compiler is even imported
    assert out.split() == ["3.0", "False", "False"]
    assert "loaded f_grad" in log


def test_no_warning_of_a_dependency_is_seen(folder: Folder) -> None:
    (folder.path / "quiet_model.py").write_text(SINE)
    script = "import adcompile as ad, quiet_model; print(ad.grad(quiet_model.f)(0.0, 2.0))"
    environment = {
        **os.environ,
        "ADCOMPILE_CACHE": "0",
        "ADCOMPILE_LOG": "",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{folder.path}",
    }
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
