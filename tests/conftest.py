"""Settings of all tests: none reads or writes the user's cache, and every graph is verified."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from adcompile import pipeline
from adcompile.rules import rule, tables

# every graph that a test compiles is checked after every pass
pipeline.debug = True


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the emitted source into tests/golden/ instead of comparing; read the diff",
    )


@pytest.fixture(autouse=True)
def no_disk_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compile anew; the tests of the disk cache name a folder of their own."""
    monkeypatch.setenv("ADCOMPILE_CACHE", "0")


@pytest.fixture
def unloaded_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget that `colorsys` is loaded, which is what may not be imported within a function."""
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)


@pytest.fixture
def own_rows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a test add rows to the table, and take them out again."""
    # what is put back afterwards has to hold the package's own rows, which are loaded when first needed
    assert tables is not None
    before = dict(rule.FUNCTIONS)
    monkeypatch.setattr(rule, "FOREIGN", [])
    yield
    rule.FUNCTIONS.clear()
    rule.FUNCTIONS.update(before)
