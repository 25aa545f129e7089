"""Measure the gradients of the kernels of `tests/kernels` against the kernels, and six against those by hand.

What comes in: the kernels at their large sizes, `ADJOINTS` of adjoints.py, and options on the command line.
What goes out: Markdown tables of time and memory, printed, and with `--write` put into docs/performance.md
between their markers; with `--check` the exit code is 1 if a bound does not hold. A kernel whose gradient is
not the one by hand is not timed but reported.

    python tests/benchmarks/ratios.py --quick
    python tests/benchmarks/ratios.py --only lu --only lstm
    python tests/benchmarks/ratios.py --write
"""

from __future__ import annotations

import argparse
import functools
import os
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

if __name__ == "__main__":
    # NumPy's matrix product reads these once, when it is loaded.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, os.environ.get("OMP_NUM_THREADS", "1"))
    sys.path.insert(1, str(ROOT))

import numpy as np
from adjoints import ADJOINTS
from run import PAGE, in_units, machine, table, write
from trees import leaves

import adcompile as ad
from tests.kernels import KERNELS, Kernel

MARKERS = ("<!-- kernels -->", "<!-- /kernels -->")
HAND, MEDIAN, MOST = 1.15, 3.0, 6.0
# what cannot keep to the bound on the ratio, and why
EXPLAINED = {"floyd_warshall": "minimum compares two matrices, and shares what is equal"}
# kernels whose time is to be linear in one of their sizes: which one
STEPPING = {
    "jacobi_1d": 0,
    "heat_swapped": 0,
    "burgers": 0,
    "exponential_smoothing": 0,
    "lstm": 0,
    "nbody": 1,
}


@dataclass(frozen=True)
class Measured:
    """A kernel: seconds of its loss, ratios to that and to the adjoint by hand, bytes at the peak."""

    name: str
    seconds: float
    gradient: float
    both: float
    hand: float | None
    primal_bytes: int
    gradient_bytes: int


def processor_times(calls: Sequence[Callable[[], Any]], rounds: int) -> list[list[float]]:
    """Processor seconds of several calls, in turns; a call first returns what is then called and timed."""
    times: list[list[float]] = [[] for _ in calls]
    for number in range(rounds):
        # each round starts with another one, so that none always runs after the same neighbour
        for i in range(len(calls)):
            k = (i + number) % len(calls)
            run = calls[k]()
            start = time.process_time()
            run()
            times[k].append(time.process_time() - start)
    return times


def ratio(own: list[float], base: list[float]) -> float:
    """The median of the ratios within a round."""
    return statistics.median(a / b for a, b in zip(own, base, strict=True))


def peak(run: Callable[[], Any]) -> int:
    """Bytes that a call allocates at most, beyond what is there before."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def argnums(kernel: Kernel) -> int | tuple[int, ...]:
    """What to differentiate a kernel by."""
    return kernel.argnums if len(kernel.argnums) > 1 else kernel.argnums[0]


def disagrees(kernel: Kernel, gradient: Callable[..., Any]) -> bool:
    """Whether a gradient is not the hand-written one."""
    hand = ADJOINTS.get(kernel.name)
    if hand is None:
        return False
    args = (*kernel.arguments(), *kernel.weights())
    pairs = zip(leaves(gradient(*args)), leaves(hand(*args)), strict=True)
    return not all(np.allclose(a, b, rtol=1e-9, atol=1e-11) for a, b in pairs)


def measure(kernel: Kernel, rounds: int) -> Measured:
    """Time a kernel at its large size."""
    gradient = ad.grad(kernel.loss, argnums=argnums(kernel))
    if disagrees(kernel, gradient):
        raise AssertionError("the gradient is not the one by hand")
    both = ad.value_and_grad(kernel.loss, argnums=argnums(kernel))
    weights = kernel.weights(*kernel.large)

    def fresh(function: Callable[..., Any]) -> Callable[[], Callable[[], Any]]:
        def prepared() -> Callable[[], Any]:
            args = (*kernel.arguments(*kernel.large), *weights)
            return lambda: function(*args)

        return prepared

    timed = [kernel.loss, gradient, both, *([ADJOINTS[kernel.name]] if kernel.name in ADJOINTS else [])]
    calls = [fresh(function) for function in timed]
    for call in calls:
        call()()
    plain, own, joint, *hand = processor_times(calls, rounds)
    return Measured(
        kernel.name,
        statistics.median(plain),
        ratio(own, plain),
        ratio(joint, plain),
        ratio(own, hand[0]) if hand else None,
        peak(calls[0]()),
        peak(calls[1]()),
    )


def growth(kernel: Kernel, place: int, rounds: int) -> list[float]:
    """How much longer the gradient takes for once, twice and four times as many steps."""
    gradient = ad.grad(kernel.loss, argnums=argnums(kernel))
    calls: list[Callable[[], Any]] = []
    for factor in (1, 2, 4):
        sizes = tuple(n * factor if k == place else n for k, n in enumerate(kernel.large))
        run = functools.partial(gradient, *kernel.arguments(*sizes), *kernel.weights(*sizes))
        run()
        calls.append(lambda run=run: run)
    times = processor_times(calls, rounds)
    return [ratio(own, times[0]) for own in times]


def mebibytes(count: int) -> str:
    """A number of bytes in MiB."""
    return f"{count / 2**20:.1f} MiB"


def rows(found: list[Measured]) -> list[list[str]]:
    """The cells of the table of kernels."""
    return [
        [
            m.name,
            in_units(m.seconds),
            f"{m.gradient:.2f} ×",
            f"{m.both:.2f} ×",
            "–" if m.hand is None else f"{m.hand:.2f} ×",
            f"{mebibytes(m.primal_bytes)} and {mebibytes(m.gradient_bytes)}",
        ]
        for m in found
    ]


def complaints(found: list[Measured]) -> list[str]:
    """What does not keep to the bounds."""
    middle = statistics.median(m.gradient for m in found)
    said = [f"the median ratio is {middle:.2f}, more than {MEDIAN}"] if middle > MEDIAN else []
    for m in found:
        if m.gradient > MOST and m.name not in EXPLAINED:
            said.append(f"{m.name}: {m.gradient:.2f} times the kernel, more than {MOST}")
        if m.hand is not None and m.hand > HAND:
            said.append(f"{m.name}: {m.hand:.2f} times the adjoint by hand, more than {HAND}")
    return said


def report(found: list[Measured], grown: dict[str, list[float]]) -> str:
    """The text for the page."""
    ratios = [m.gradient for m in found]
    parts = [machine()]
    parts.append(
        f"{len(found)} kernels; `grad` takes {statistics.median(ratios):.2f} times the kernel in the median, "
        f"{max(ratios):.2f} times at most."
    )
    head = ["kernel", "time", "`grad`", "`value_and_grad`", "`grad` to by hand", "memory, and of `grad`"]
    parts.append(table(head, rows(found)))
    if grown:
        cells = [[name, *(f"{g:.2f} ×" for g in growths)] for name, growths in grown.items()]
        parts.append(table(["`grad` with", "the steps", "twice the steps", "four times the steps"], cells))
    return "\n\n".join(parts)


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description="Measure the gradients of the kernels of tests/kernels.")
    parser.add_argument("--quick", action="store_true", help="rough figures in less than a minute")
    parser.add_argument("--only", action="append", metavar="NAME", help="only this kernel; may be repeated")
    parser.add_argument("--write", action="store_true", help=f"put the tables into docs/{PAGE.name}")
    parser.add_argument("--check", action="store_true", help="exit code 1 if a bound does not hold")
    options = parser.parse_args(argv)
    if options.write and options.only:
        parser.error("--write needs all the kernels, so it does not go with --only")
    return options


def main(argv: list[str] | None = None) -> int:
    """Measure, print, and write if told to; 1 if a kernel could not be timed or, if asked, a bound fails."""
    options = parse(argv)
    chosen = [k for k in KERNELS if not options.only or k.name in options.only]
    if not chosen:
        print(f"no such kernel; there are: {', '.join(k.name for k in KERNELS)}", file=sys.stderr)
        return 2
    rounds = 3 if options.quick else 21
    found: list[Measured] = []
    grown: dict[str, list[float]] = {}
    failed = False
    with np.errstate(all="ignore"):
        for kernel in chosen:
            print(f"{kernel.name} ...", file=sys.stderr, flush=True)
            try:
                found.append(measure(kernel, rounds))
                if kernel.name in STEPPING:
                    grown[kernel.name] = growth(kernel, STEPPING[kernel.name], rounds)
            except Exception as error:
                print(f"{kernel.name}: {type(error).__name__}: {error}", file=sys.stderr)
                failed = True
    text = report(found, grown)
    print(text)
    missed = complaints(found)
    for line in missed:
        print(line, file=sys.stderr)
    if failed or (options.check and missed):
        return 1
    if options.write:
        write(PAGE, text, MARKERS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
