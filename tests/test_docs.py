"""Every Python block of README.md and docs/*.md runs, and README's first two commands are one line each.

The blocks of one file run in order in one module, so that a later block may use what an earlier one defined.
A block of `>>>` lines is a doctest; any other block must run without an error. `linecache` knows the source
of the plain blocks under the name of the page, with the page's line numbers.

A block below a comment `<!-- shown: EXPRESSION -->` must be the text of that expression, word for word; with
`UPDATE_DOCS=1` in the environment, such blocks are rewritten instead.
"""

from __future__ import annotations

import doctest
import linecache
import os
import re
import sys
import types
from pathlib import Path
from typing import NamedTuple

import pytest

import adcompile
import adcompile.api

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCED = re.compile(
    r"^(?:<!-- shown: (?P<shown>[^\n]+) -->\n)?```(?P<language>[^\n`]*)\n(?P<text>.*?)^```[ \t]*$",
    re.MULTILINE | re.DOTALL,
)


class Block(NamedTuple):
    language: str
    text: str
    line: int  # of its first line of text, counted from 1
    shown: str | None  # the expression whose text it must be


def all_blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            found["language"].strip(),
            found["text"],
            text.count("\n", 0, found.start("text")) + 1,
            found["shown"],
        )
        for found in FENCED.finditer(text)
    ]


def blocks(page: Path, language: str) -> list[Block]:
    return [block for block in all_blocks(page) if block.language == language]


def is_doctest(block: Block) -> bool:
    return re.search(r"^\s*>>> ", block.text, re.MULTILINE) is not None


def run_plain(block: Block, name: str, namespace: dict[str, object]) -> None:
    known = linecache.cache.get(name)
    lines = [""] * (block.line - 1) if known is None else [line.rstrip("\n") for line in known[2]]  # type: ignore[misc]
    lines[block.line - 1 :] = [""] * (block.line - 1 - len(lines)) + block.text.splitlines()
    text = "\n".join(lines) + "\n"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile("\n" * (block.line - 1) + block.text, name, "exec"), namespace)


def run_doctest(block: Block, name: str, namespace: dict[str, object]) -> None:
    parsed = doctest.DocTestParser().get_doctest(block.text, namespace, name, name, block.line - 1)
    parsed.globs = namespace  # get_doctest copies it, and a later block needs what this one defines
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False)
    runner.run(parsed, out=report.append, clear_globs=False)
    assert runner.failures == 0, "".join(report)


def shown_text(block: Block, namespace: dict[str, object]) -> str:
    assert block.shown is not None
    return "\n".join(line.rstrip() for line in str(eval(block.shown, namespace)).strip().splitlines()) + "\n"


def replace(page: Path, old: Block, text: str) -> None:
    """Write another text into one block of a page, which has the line count of the block already."""
    lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[old.line - 1 : old.line - 1 + old.text.count("\n")] = text.splitlines(keepends=True)
    page.write_text("".join(lines), encoding="utf-8")


def run_page(page: Path, module: types.ModuleType) -> int:
    """Run the Python blocks of a page and compare what is shown; return how many blocks that were."""
    linecache.cache.pop(page.name, None)
    found = [block for block in all_blocks(page) if block.language == "python" or block.shown is not None]
    outdated: list[tuple[Block, str]] = []
    for block in found:
        if block.shown is not None:
            text = shown_text(block, module.__dict__)
            if not os.environ.get("UPDATE_DOCS"):
                assert block.text == text, f"{page.name}:{block.line}: not the text of {block.shown}"
            if block.text != text:
                outdated.append((block, text))
            continue
        run = run_doctest if is_doctest(block) else run_plain
        run(block, page.name, module.__dict__)
    for block, text in reversed(outdated):
        replace(page, block, text)
    # what is shown may tell the lines of the page, which have moved
    return run_page(page, module) if outdated else len(found)


@pytest.fixture
def module(own_rows, monkeypatch, tmp_path):
    """An importable module for the names of one page, in a folder where its blocks may write."""
    page = types.ModuleType("page_of_the_docs")
    monkeypatch.setitem(sys.modules, page.__name__, page)
    monkeypatch.chdir(tmp_path)
    return page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_blocks_run(page, module):
    run_page(page, module)


@pytest.mark.parametrize("number", [0, 1])
def test_readme_commands_are_one_line_each(number):
    command = blocks(PAGES[0], "sh")[number].text
    assert command.count("\n") == 1
    assert command.strip() == command[:-1]


def test_ci_runs_the_second_command_of_the_readme():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "README.md" in script
    assert "pytest" in blocks(PAGES[0], "sh")[1].text


PAGE = """\
Text.

```python
import inspect

def double(x):
    return 2 * x

assert inspect.getsource(double).startswith("def double")
assert inspect.getsourcelines(double)[1] == 6
```

```text
not Python
```

```python
>>> double(4)
8
>>> triple = lambda x: 3 * x
```

```python
assert triple(2) == 6
```
"""


def test_blocks_share_names_and_have_source(tmp_path, module):
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    assert run_page(page, module) == 3


def test_a_failing_block_says_where(tmp_path, module):
    page = tmp_path / "page.md"
    page.write_text("\n\n```python\nx = 1\nassert x == 2\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError) as caught:
        run_page(page, module)
    last = caught.traceback[-1]
    assert (Path(last.path).name, last.lineno + 1) == ("page.md", 5)


def test_a_failing_doctest_says_what(tmp_path, module):
    page = tmp_path / "page.md"
    page.write_text("```python\n>>> 1 + 1\n3\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"Expected:\s+3\s+Got:\s+2"):
        run_page(page, module)


SHOWN = """\
```python
x = 2
```

<!-- shown: "x is " + str(x) -->
```text
x is 3
```
"""


def test_what_is_shown_is_compared(tmp_path, module, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text(SHOWN, encoding="utf-8")
    monkeypatch.delenv("UPDATE_DOCS", raising=False)
    with pytest.raises(AssertionError, match=r"page.md:7: not the text of"):
        run_page(page, module)


def test_what_is_shown_can_be_renewed(tmp_path, module, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text(SHOWN, encoding="utf-8")
    monkeypatch.setenv("UPDATE_DOCS", "1")
    assert run_page(page, module) == 2
    assert page.read_text(encoding="utf-8") == SHOWN.replace("x is 3", "x is 2")


def test_the_reference_mentions_every_public_name():
    names = getattr(adcompile, "__all__", None) or [
        name
        for name, value in vars(adcompile).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    ]
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert [name for name in names if not re.search(rf"`{re.escape(name)}\b", text)] == []


def public_attributes(cls):
    return [name for name in vars(cls) if not name.startswith("_")]


@pytest.mark.parametrize(
    "cls", [adcompile.api.Derivative, adcompile.api.Lowered], ids=lambda cls: cls.__name__
)
def test_the_reference_mentions_every_attribute(cls):
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    inner = {"program"}  # of a field; for the compiler's own tools
    missing = [name for name in public_attributes(cls) if f"`.{name}" not in text and name not in inner]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([\w./-]+)[)#]", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
