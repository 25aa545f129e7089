"""How long adcompile takes to import, and to compile: anew, from disk, and for loops of any length.

What comes in: nothing but the sizes below. What goes out: a `Compiling`, which `run.py` prints. The figures
come from fresh processes, which share a cache folder that is empty at first; run as a script, this module
is such a process. It does not time the derivatives.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

FUNCTIONS = 9  # compiled one after the other in one process; the first warms the compiler up
TRIPS = (10, 10**6)

HEAD = """\
import math


def f{n}(x, y):
    total = {n}.5
    for i in range(4):
        total = total + x * math.sin(y + i)
        if total > 3.0:
            total = total * 0.5
"""
GROUP = """\
    a{k} = math.sin(x + {k}.25) * total
    b{k} = a{k} * y - math.exp(-a{k} * a{k})
    if b{k} > 0.5:
        b{k} = b{k} * x
    else:
        b{k} = b{k} + math.cos(y)
    total = total + a{k} / (2.0 + b{k} * b{k})
"""
LOOP = """\
import math


def loop(x):
    total = 0.0
    s = x
    for i in range({trips}):
        s = s * 0.5 + math.sin(s)
        total = total + s * s
    return total
"""


@dataclass(frozen=True)
class Compiling:
    """Medians in seconds, and what the loops of the lengths `TRIPS` compile to."""

    imported: float
    first: float
    cold: float
    from_disk: float
    loop_lines: tuple[int, ...]
    loop_seconds: tuple[float, ...]


def long_function(n: int) -> str:
    """The source of a module with a function of 50 lines, which has the number n in its text."""
    groups = "".join(GROUP.format(k=k) for k in range(6))
    return HEAD.format(n=n) + groups + "    total = total / 7.0\n    return total\n"


def run_python(*args: str, cache: Path | None = None) -> str:
    """What a new Python process prints."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    if cache is not None:
        environment["ADCOMPILE_CACHE_DIR"] = str(cache)
        environment.pop("ADCOMPILE_CACHE", None)
    command = [sys.executable, *args]
    return subprocess.run(command, env=environment, check=True, text=True, stdout=subprocess.PIPE).stdout


def import_seconds(times: int) -> float:
    """What `import adcompile` takes after `import numpy`, the median over processes."""
    code = (
        "import time, numpy\n"
        "start = time.perf_counter()\n"
        "import adcompile\n"
        "print(time.perf_counter() - start)"
    )
    run_python("-c", code)
    return statistics.median(float(run_python("-c", code)) for _ in range(times))


def measure(quick: bool) -> Compiling:
    """All the figures."""
    with tempfile.TemporaryDirectory() as folder:
        for n in range(FUNCTIONS):
            Path(folder, f"long{n}.py").write_text(long_function(n), encoding="utf-8")
        for trips in TRIPS:
            Path(folder, f"loop{trips}.py").write_text(LOOP.format(trips=trips), encoding="utf-8")
        cache = Path(folder, "cache")
        cold = json.loads(run_python(__file__, "calls", folder, cache=cache))
        again = json.loads(run_python(__file__, "calls", folder, cache=cache))
        loops = json.loads(run_python(__file__, "loops", folder, cache=cache))
    return Compiling(
        imported=import_seconds(5 if quick else 15),
        first=cold[0],
        cold=statistics.median(cold[1:]),
        from_disk=statistics.median(again[1:]),
        loop_lines=tuple(lines for lines, _ in loops),
        loop_seconds=tuple(seconds for _, seconds in loops),
    )


def time_calls() -> list[float]:
    """Seconds of the first call of the gradient of each long function."""
    import adcompile as ad

    spent = []
    for n in range(FUNCTIONS):
        f = getattr(__import__(f"long{n}"), f"f{n}")
        start = time.perf_counter()
        ad.grad(f, argnums=(0, 1))(0.3, 0.7)
        spent.append(time.perf_counter() - start)
    return spent


def time_loops() -> list[tuple[int, float]]:
    """Lines of source and median seconds of lowering the loop, for each length; nothing is run."""
    import adcompile as ad

    loops = [__import__(f"loop{trips}").loop for trips in TRIPS]
    lines = [len(ad.lower(loop, 1.0).source.splitlines()) for loop in loops]
    times: list[list[float]] = [[] for _ in loops]
    for _ in range(9):
        for own, loop in zip(times, loops, strict=True):
            start = time.perf_counter()
            ad.lower(loop, 1.0).compile()
            own.append(time.perf_counter() - start)
    return [(count, statistics.median(own)) for count, own in zip(lines, times, strict=True)]


if __name__ == "__main__":
    what, place = sys.argv[1:]
    sys.path.insert(0, place)
    print(json.dumps(time_calls() if what == "calls" else time_loops()))
