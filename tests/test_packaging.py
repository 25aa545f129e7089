"""What is installed is what the project says: metadata, typing marker, layout, and a light import."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import adcompile

ROOT = Path(__file__).parents[1]


def declared(field):
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return re.search(rf'^{field} = "(.*)"$', text, re.MULTILINE)[1]


def python(*args):
    done = subprocess.run(
        [sys.executable, *args],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_version_is_the_declared_one():
    assert adcompile.__version__ == declared("version")


def test_installed_version_is_the_declared_one():
    try:
        installed = importlib.metadata.version("adcompile")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("runs from a checkout that is not installed")
    assert installed == declared("version")


def test_types_are_shipped():
    assert importlib.resources.files("adcompile").joinpath("py.typed").is_file()


@pytest.mark.parametrize("package", ["frontend", "ir", "rules", "passes", "backend"])
def test_layout(package):
    assert (Path(adcompile.__file__).parent / package / "__init__.py").is_file()


def test_project_files_are_there():
    for name in ("LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "tox.ini", ".ci/run"):
        assert (ROOT / name).is_file(), name


def test_import_loads_nothing_that_it_can_do_without():
    heavy = ("astor", "scipy", "matplotlib", "sklearn", "autograd", "jax", "pytest")
    loaded = python("-c", f"import sys, adcompile; print([m for m in {heavy} if m in sys.modules])")
    assert loaded.strip() == "[]"


def test_import_warns_of_nothing():
    python("-W", "error", "-c", "import adcompile")


def test_compiling_warns_of_nothing(tmp_path):
    """Nor does what is imported only then: astor warns of its own on Python 3.12 and later."""
    script = tmp_path / "model.py"
    text = "import adcompile as ad\n\n\ndef f(x):\n    return x * x\n\n\nprint(ad.grad(f)(2.0))\n"
    script.write_text(text, encoding="utf-8")
    assert python("-W", "error", str(script)).strip() == "4.0"


def test_first_line_of_the_changelog_is_this_version():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## (\S+)", text, re.MULTILINE)[1] == declared("version")
