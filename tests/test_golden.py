"""The emitted source, byte by byte, as a person has read it.

`pytest tests/test_golden.py --update-golden` writes the files anew; read the diff before you commit it.
"""

import ast
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import golden_programs
from tests.golden_programs import Golden
from tests.kernels import golden as golden_kernels

SOURCES = {"tests.golden_programs": golden_programs.GOLDEN, "tests.kernels.golden": golden_kernels.GOLDEN}
GOLDEN = [golden for entries in SOURCES.values() for golden in entries]
HERE = Path(__file__).parent
FOLDER = HERE / "golden"


def file_of(golden: Golden) -> Path:
    return FOLDER / f"{golden.name}.py.txt"


@pytest.mark.parametrize("golden", [pytest.param(golden, id=golden.name) for golden in GOLDEN])
def test_source_is_the_golden_one(golden: Golden, request: pytest.FixtureRequest) -> None:
    text = golden.emit()
    path = file_of(golden)
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.exists(), "no golden file yet: run with --update-golden, and read what it wrote"
    assert text == path.read_bytes().decode()


def test_no_golden_file_is_left_over() -> None:
    assert set(FOLDER.rglob("*.txt")) == {file_of(golden) for golden in GOLDEN}
    assert len(GOLDEN) >= 45


@pytest.mark.parametrize("golden", [pytest.param(golden, id=golden.name) for golden in GOLDEN])
def test_source_is_tidy(golden: Golden) -> None:
    text = golden.emit()
    ast.parse(text)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert all(line == line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize("module", SOURCES)
@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_another_process_emits_the_same_bytes(seed: str, module: str) -> None:
    path = os.pathsep.join([str(HERE.parent), *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
    command = [sys.executable, "-m", module]
    run = subprocess.run(
        command, env=environment, cwd=HERE.parent, capture_output=True, text=True, check=True, timeout=120
    )
    emitted = dict(line.split() for line in run.stdout.splitlines())
    expected = {golden.name: hashlib.sha256(golden.emit().encode()).hexdigest() for golden in SOURCES[module]}
    assert emitted == expected
