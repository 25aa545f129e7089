"""Settings and options of all tests: no test reads or writes the user's cache."""

from __future__ import annotations

import pytest


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
