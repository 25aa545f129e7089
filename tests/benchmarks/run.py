"""Measure the derivatives of adcompile against hand-written ones and against other differentiators.

What comes in: `CASES` of hand.py, and options on the command line. What goes out: two Markdown tables,
printed, and with `--write` put into docs/performance.md between its markers. A case whose gradients differ
between contenders is not timed: it is reported, and the exit code is 1. This is no test: nothing here
asserts a time.

    python tests/benchmarks/run.py --quick
    python tests/benchmarks/run.py --only LSTM --only softmax
    python tests/benchmarks/run.py --write
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

if __name__ == "__main__":
    # NumPy's matrix product reads these once, when it is loaded.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, os.environ.get("OMP_NUM_THREADS", "1"))
    # This checkout is measured, installed or not, also by the processes that are started from here.
    sys.path.insert(1, str(ROOT))
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])

import numpy as np
import peers
from clock import QUICK, THOROUGH, Contender, Effort, Timing, race
from compiling import TRIPS, Compiling, measure
from hand import CASES, Case
from trees import leaves

import adcompile as ad

PAGE = ROOT / "docs" / "performance.md"
MARKERS = ("<!-- benchmarks -->", "<!-- /benchmarks -->")
COLUMNS = ("lower", "grad", "autograd", "JAX", "PyTorch")


def contenders(case: Case) -> list[Contender]:
    """The hand-written derivative first, then adcompile's, then those of the peers."""
    args = case.inputs(False)
    found = [Contender("hand", case.hand, args)]
    if case.scalar:
        lowered = ad.lower(case.primal, *args, argnums=case.argnums).compile()
        found.append(Contender("lower", lowered, args))
        found.append(Contender("grad", ad.grad(case.primal, argnums=case.argnums), args))
    else:
        found.append(Contender("grad", ad.value_and_grad(case.primal, argnums=case.argnums), args))
    return found + peers.contenders(case, args)


def disagreement(runners: list[Contender]) -> str | None:
    """The name of a contender whose numbers are not those of the first one."""
    expected = leaves(runners[0].call(*runners[0].args))
    for runner in runners[1:]:
        got = leaves(runner.call(*runner.args))
        if len(got) != len(expected) or not all(
            np.allclose(np.asarray(a), b, rtol=1e-8, atol=1e-10) for a, b in zip(got, expected, strict=True)
        ):
            return runner.name
    return None


def in_units(seconds: float) -> str:
    """Seconds with three digits, in the unit that suits them."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.0f} ns"


def row(case: Case, timings: list[Timing]) -> list[str]:
    """The cells of one case."""
    by_name = {t.name: t for t in timings}
    cells = [case.name, in_units(by_name["hand"].seconds)]
    for column in COLUMNS:
        timing = by_name.get(column)
        if timing is None:
            cells.append("–")
            continue
        more = timing.seconds - by_name["hand"].seconds
        extra = f" ({more / 1e-6:+.2f} µs)" if case.scalar and column == "grad" else ""
        digits = ".2f" if timing.ratio < 10 else ".0f"
        cells.append(f"{timing.ratio:{digits}} ×{extra}")
    return cells


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, with columns without a number left out."""
    kept = [i for i in range(len(head)) if any(cells[i] != "–" for cells in rows)]
    lines = [[head[i] for i in kept], ["---" for _ in kept], *([cells[i] for i in kept] for cells in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def compile_rows(found: Compiling) -> list[list[str]]:
    """The cells of the second table."""
    short, long = (f"{trips:,}".replace(",", " ") for trips in TRIPS)
    lines = " and ".join(f"{n} lines" for n in found.loop_lines)
    times = " and ".join(in_units(s) for s in found.loop_seconds)
    return [
        ["`import adcompile` after `import numpy`", in_units(found.imported), "60 ms"],
        ["compile a function of 50 lines, cold", in_units(found.cold), "50 ms"],
        ["the same, from disk", in_units(found.from_disk), "3 ms"],
        ["the first compilation in a process", in_units(found.first), "–"],
        [f"derivative of a loop of {short} and of {long} iterations", lines, "equal"],
        ["compiling these two", times, "equal"],
    ]


def time_cases(cases: list[Case], effort: Effort) -> tuple[list[list[str]], list[str]]:
    """A row for each case, and a complaint for each that could not be timed."""
    rows, complaints = [], []
    for case in cases:
        print(f"{case.name} ...", file=sys.stderr, flush=True)
        try:
            runners = contenders(case)
            wrong = disagreement(runners)
        except Exception as error:
            complaints.append(f"{case.name}: {type(error).__name__}: {error}")
            continue
        if wrong is not None:
            complaints.append(f"{case.name}: the gradients of {wrong} are not those written by hand")
            continue
        rows.append(row(case, race(runners, effort)))
    return rows, complaints


def machine() -> str:
    """What was measured on, in one line."""
    cores = f"{os.cpu_count()} cores"
    threads = f"OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', '')}"
    return (
        f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.system()} on "
        f"{platform.machine()}, {cores}, {threads}."
    )


def write(page: Path, text: str, markers: tuple[str, str] = MARKERS) -> None:
    """Put the text between the markers of the page."""
    start, end = markers
    before, rest = page.read_text(encoding="utf-8").split(start)
    after = rest.split(end)[1]
    page.write_text(f"{before}{start}\n\n{text}\n\n{end}{after}", encoding="utf-8")


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description="Measure adcompile's derivatives against hand-written ones.")
    parser.add_argument("--quick", action="store_true", help="rough figures in about a minute")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="only cases with NAME in their name; may be repeated"
    )
    parser.add_argument("--write", action="store_true", help=f"put the tables into docs/{PAGE.name}")
    options = parser.parse_args(argv)
    if options.write and options.only:
        parser.error("--write needs all the cases, so it does not go with --only")
    return options


def main(argv: list[str] | None = None) -> int:
    """Measure, print, and write if told to; 1 if a case could not be timed."""
    options = parse(argv)
    wanted = [c for c in CASES if not options.only or any(n.lower() in c.name.lower() for n in options.only)]
    if not wanted:
        print(f"no case has such a name; there are: {', '.join(c.name for c in CASES)}", file=sys.stderr)
        return 2

    rows, complaints = time_cases(wanted, QUICK if options.quick else THOROUGH)
    parts = [machine()]
    if rows:
        parts.append(
            table(
                ["function", "by hand", *(f"`{c}`" if c in ("lower", "grad") else c for c in COLUMNS)], rows
            )
        )
    if not options.only:
        parts.append(table(["what", "measured", "at most"], compile_rows(measure(options.quick))))
    text = "\n\n".join(parts)
    print(text)
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    if complaints:
        return 1
    if options.write:
        write(PAGE, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
