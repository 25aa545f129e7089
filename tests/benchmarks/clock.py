"""Fair timing: contenders in turns within one process.

What comes in: contenders, each a function with its arguments. What goes out: for each the median time of a
call, and its median ratio to the first contender. It is not a profiler, and it knows nothing of
derivatives.
"""

from __future__ import annotations

import math
import statistics
import time
import timeit
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Contender:
    """A function to time, and how to call it."""

    name: str
    call: Callable[..., Any]
    args: tuple[Any, ...]


@dataclass(frozen=True)
class Timing:
    """Median seconds of a call, and median ratio to the first contender of the same round."""

    name: str
    seconds: float
    ratio: float


@dataclass(frozen=True)
class Effort:
    """How long a turn lasts, and when the rounds end: after `most` seconds at the latest."""

    turn: float
    fewest: int
    most: float
    precision: float = 0.01


THOROUGH = Effort(turn=2e-3, fewest=30, most=12.0)
QUICK = Effort(turn=1e-3, fewest=7, most=1.5, precision=0.03)


def timer(contender: Contender) -> timeit.Timer:
    """A timer whose statement is a plain call by position, so that no `*args` is timed with it."""
    names = {f"a{i}": value for i, value in enumerate(contender.args)}
    return timeit.Timer(f"f({', '.join(names)})", globals={"f": contender.call, **names})


def calls_per_turn(timed: timeit.Timer, turn: float) -> int:
    """How many calls take about one turn; the calls made to find out warm the contender up."""
    timed.timeit(2)
    number = 1
    while (spent := timed.timeit(number)) < turn / 4:
        number *= 4
    return max(1, round(number * turn / spent))


def spread(ratios: list[float]) -> float:
    """The relative standard error of the median, from the distance of the quartiles."""
    low, middle, high = statistics.quantiles(ratios, n=4)
    return 1.2533 * (high - low) / 1.349 / math.sqrt(len(ratios)) / middle


def race(contenders: list[Contender], effort: Effort) -> list[Timing]:
    """Time all contenders in turns until every median ratio is known well enough, or time is up."""
    timers = [timer(c) for c in contenders]
    numbers = [calls_per_turn(t, effort.turn) for t in timers]
    times: list[list[float]] = [[] for _ in contenders]
    end = time.perf_counter() + effort.most * len(contenders) / 2
    while True:
        done = len(times[0])
        # Each round starts with another contender, so that none always runs after the same neighbour.
        for i in range(len(contenders)):
            k = (i + done) % len(contenders)
            times[k].append(timers[k].timeit(numbers[k]) / numbers[k])
        if done + 1 < effort.fewest:
            continue
        ratios = [[t / base for t, base in zip(own, times[0], strict=True)] for own in times]
        if time.perf_counter() > end or all(spread(r) < effort.precision for r in ratios[1:]):
            break
    return [
        Timing(c.name, statistics.median(own), statistics.median(r))
        for c, own, r in zip(contenders, times, ratios, strict=True)
    ]
