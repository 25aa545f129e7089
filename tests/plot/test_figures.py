"""The figures of the docs are those that docs/figures.py makes; UPDATE_DOCS=1 makes them anew."""

import importlib.util
import os
import re
from pathlib import Path

import pytest

matplotlib = pytest.importorskip("matplotlib")
ROOT = Path(__file__).parents[2]


def script():
    spec = importlib.util.spec_from_file_location("figures_of_the_docs", ROOT / "docs" / "figures.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_figures_are_up_to_date(tmp_path):
    figures = script()
    if os.environ.get("UPDATE_DOCS"):
        figures.write(figures.FOLDER)
        return
    makers = {re.search(r"Matplotlib v([\w.]+)", f.read_text("utf-8"))[1] for f in figures.FOLDER.iterdir()}
    if makers != {matplotlib.__version__}:
        pytest.skip(f"the figures were made by matplotlib {', '.join(makers)}, which may draw otherwise")
    for file in figures.write(tmp_path):
        assert file.read_bytes() == (figures.FOLDER / file.name).read_bytes(), file.name


def test_every_figure_is_shown_and_every_figure_that_is_shown_is_there():
    figures = script()
    shown = set()
    for page in (ROOT / "docs").rglob("*.md"):
        links = re.findall(r"!\[[^\]]+\]\(([^)]+\.svg)\)", page.read_text("utf-8"))
        shown |= {(page.parent / link).resolve() for link in links}
    assert shown == {(figures.FOLDER / f"{name}.svg").resolve() for name in figures.FIGURES}
    assert shown == {file.resolve() for file in figures.FOLDER.iterdir()}
