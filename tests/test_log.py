"""The logger and ADCOMPILE_LOG."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adcompile import log
from adcompile.log import configure, logger


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    handlers, level = list(logger.handlers), logger.level
    yield
    for handler in set(logger.handlers) - set(handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.setLevel(level)


def test_silence_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert configure("") is None
    assert configure("  ") is None
    assert any(isinstance(handler, logging.NullHandler) for handler in logger.handlers)


@pytest.mark.parametrize(
    ("setting", "shown"),
    [("debug", "dbg inf wrn"), (" Info ", "inf wrn"), ("warning", "wrn"), ("info:", "inf wrn")],
)
def test_a_level_is_obeyed(capsys: pytest.CaptureFixture[str], setting: str, shown: str) -> None:
    configure(setting)
    logger.debug("dbg")
    logger.info("inf")
    logger.warning("wrn")
    lines = capsys.readouterr().err.splitlines()
    assert " ".join(line.rpartition(" ")[2] for line in lines) == shown
    assert all("adcompile" in line for line in lines)


def test_a_file_is_appended_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "log:with colon.txt"
    file.write_text("before\n")
    configure(f"debug:{file}")
    logger.debug("θ compiled")
    before, after = file.read_text("utf-8").splitlines()
    assert before == "before"
    assert after.endswith(": θ compiled")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("setting", ["loud", "1", ":file-without-level"])
def test_a_misspelt_level_is_reported_and_warnings_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.chdir(tmp_path)
    handler = configure(setting)
    assert handler is not None
    assert handler.level == logging.WARNING


def test_what_is_wrong_with_a_setting_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure("loud")
    expected = "ADCOMPILE_LOG='loud' is not understood; write debug, info, warning or LEVEL:FILE"
    assert expected in capsys.readouterr().err
    configure(f"warning:{tmp_path}/none/log.txt")
    assert "writing to standard error instead" in capsys.readouterr().err


def test_the_environment_is_read_at_import() -> None:
    script = "from adcompile.log import logger; logger.info('compiled'); logger.debug('not shown')"
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "ADCOMPILE_LOG": "info"},
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(log.__file__).parents[1],
    )
    assert run.stderr.endswith("adcompile INFO: compiled\n")
    assert run.stdout == ""
