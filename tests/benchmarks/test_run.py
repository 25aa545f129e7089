"""The measuring itself: turns, ratios and tables; no derivative is timed here, and no time is asserted."""

from __future__ import annotations

import numpy as np
import pytest
import run
from clock import Contender, Effort, Timing, race, spread
from compiling import Compiling, long_function
from hand import CASES
from trees import leaves, rebuild

EFFORT = Effort(turn=1e-5, fewest=5, most=0.05)


def test_race_reports_every_contender_and_the_ratio_to_the_first():
    timings = race([Contender("one", abs, (-1.0,)), Contender("two", sum, (range(500),))], EFFORT)
    assert [t.name for t in timings] == ["one", "two"]
    assert timings[0].ratio == 1.0
    assert timings[1].ratio > 1.0
    assert all(t.seconds > 0.0 for t in timings)


def test_race_calls_with_the_arguments():
    seen = set()
    race([Contender("only", lambda a, b: seen.add((a, b)), (3, "x"))], EFFORT)
    assert seen == {(3, "x")}


def test_spread_of_equal_ratios_is_zero():
    assert spread([1.1] * 8) == 0.0
    assert spread([1.0, 1.2] * 8) > 0.01


def test_disagreement_names_the_contender():
    right = Contender("hand", lambda x: (x, [x]), (np.ones(3),))
    wrong = Contender("other", lambda x: (x, [x + 1e-3]), (np.ones(3),))
    fewer = Contender("fewer", lambda x: x, (np.ones(3),))
    assert run.disagreement([right, right]) is None
    assert run.disagreement([right, right, wrong]) == "other"
    assert run.disagreement([right, fewer]) == "fewer"


def test_row_and_table():
    timings = [Timing("hand", 2e-7, 1.0), Timing("lower", 2.1e-7, 1.05), Timing("grad", 7e-7, 3.5)]
    cells = run.row(CASES[0], timings)
    assert cells == [CASES[0].name, "200 ns", "1.05 ×", "3.50 × (+0.50 µs)", "–", "–", "–"]
    text = run.table(["a", "b", "c"], [["1", "–", "2"], ["3", "–", "–"]])
    assert text.splitlines() == ["| a | c |", "| --- | --- |", "| 1 | 2 |", "| 3 | – |"]


def test_units():
    assert [run.in_units(s) for s in (2.0, 3e-3, 4.56e-6, 7.8e-8)] == ["2 s", "3 ms", "4.56 µs", "78 ns"]


def test_compile_rows_have_their_bounds():
    rows = run.compile_rows(Compiling(0.02, 0.1, 0.03, 0.002, (9, 9), (0.01, 0.01)))
    assert rows[0] == ["`import adcompile` after `import numpy`", "20 ms", "60 ms"]
    assert rows[4] == [
        "derivative of a loop of 10 and of 1 000 000 iterations",
        "9 lines and 9 lines",
        "equal",
    ]


def test_write_replaces_what_is_between_the_markers(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- benchmarks -->\nold\n<!-- /benchmarks -->\nafter\n", encoding="utf-8")
    run.write(page, "new")
    text = page.read_text(encoding="utf-8")
    assert text == "before\n<!-- benchmarks -->\n\nnew\n\n<!-- /benchmarks -->\nafter\n"


def test_the_page_has_the_markers():
    text = run.PAGE.read_text(encoding="utf-8")
    assert [text.count(marker) for marker in run.MARKERS] == [1, 1]


def test_unknown_name_and_wrong_options(capsys):
    assert run.main(["--only", "no such function"]) == 2
    assert "Rosenbrock" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run.main(["--only", "LSTM", "--write"])


def test_long_function_has_fifty_lines_and_runs():
    text = long_function(3)
    assert len(text[text.index("def ") :].splitlines()) == 50
    names = {}
    exec(text, names)
    assert isinstance(names["f3"](0.3, 0.7), float)


def test_trees():
    tree = [(1.0, np.zeros(2)), (3.0,)]
    assert len(leaves(tree)) == 3
    assert rebuild(tree, ["a", "b", "c"]) == [("a", "b"), ("c",)]
