"""What the golden files show: functions, example arguments and a kind of derivative.

Out: `GOLDEN`, each entry with the emitted source as a function of nothing. Run as a script it prints all of
it, for the test that another process with other hash seeds emits the same bytes.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# ruff: noqa: SIM108

import functools
import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import adcompile as ad
from tests.programs import PROGRAMS


@dataclass(frozen=True)
class Golden:
    """One file: its name without the ending, and what emits its text."""

    name: str
    emit: Callable[[], str]


def product(x1, x2):
    return math.sin(x1) + x1 * x2


def rosenbrock(x, y):
    return (1.0 - x) ** 2 + 100.0 * (y - x**2) ** 2


def logistic_loss(w, b, x, y):
    z = x @ w + b
    return np.mean(np.log1p(np.exp(z)) - y * z)


def two_layers(params, x, y):
    h = np.tanh(x @ params["w1"] + params["b1"])
    out = h @ params["w2"] + params["b2"]
    return np.mean((out - y) ** 2)


def newton_root(a):
    x = a
    for _ in range(20):
        x = x - (x * x - a) / (2.0 * x)
    return x


def softmax_entropy(logits, target):
    shifted = logits - np.max(logits, axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    return -np.sum(target * log_p) / logits.shape[0]


def halving(x):
    while x > 1.0:
        x = x * 0.5
    return x * x


def running(x):
    total = 0.0
    for i in range(len(x)):
        if x[i] > 0.0:
            total = total + x[i] * total + x[i]
        else:
            total = total - np.sin(x[i])
    return total


def slope_inside(x):
    return ad.grad(math.sin)(x) * x


def of_two(x, y):
    return x * y, x / y


MATRIX = np.arange(6.0).reshape(3, 2) / 10.0
PARAMS = {
    "w1": np.full((2, 4), 0.1),
    "b1": np.zeros(4),
    "w2": np.full((4, 1), 0.2),
    "b2": np.zeros(1),
}

# Function, arguments, argnums, modes.
OWN: list[tuple[Any, tuple[Any, ...], Any, tuple[str, ...]]] = [
    (product, (0.5, 2.0), (0, 1), ("grad", "value_and_grad", "jvp", "vjp")),
    (rosenbrock, (0.5, 2.0), (0, 1), ("grad", "jvp")),
    (logistic_loss, (np.ones(2), 0.5, MATRIX, np.ones(3)), (0, 1), ("value_and_grad", "jvp")),
    (two_layers, (PARAMS, MATRIX, np.ones((3, 1))), 0, ("value_and_grad",)),
    (newton_root, (2.0,), 0, ("grad", "jvp")),
    (softmax_entropy, (MATRIX, MATRIX), 0, ("value_and_grad",)),
    (halving, (5.0,), 0, ("grad", "jvp")),
    (running, (np.ones(3),), 0, ("grad", "jvp", "vjp")),
    (slope_inside, (0.5,), 0, ("grad",)),
    (of_two, (0.5, 2.0), (0, 1), ("jvp", "vjp")),
]

# Programs of the corpus, with the modes to show.
CORPUS: dict[str, tuple[str, ...]] = {
    "every_operator": ("vjp",),
    "black_scholes": ("grad",),
    "common_subexpressions": ("grad",),
    "branch_nested": ("grad", "jvp"),
    "branch_defines_only_here": ("vjp",),
    "early_return": ("grad",),
    "loop_nonlinear": ("grad",),
    "loop_nested": ("grad",),
    "loop_break_continue": ("grad",),
    "loop_else": ("grad",),
    "loop_uses_value_before": ("grad",),
    "while_growth": ("grad",),
    "loop_array_state": ("vjp",),
    "call_keywords": ("grad",),
    "closure_binds_late": ("grad",),
    "factorial_like": ("grad",),
    "fibonacci_like": ("jvp",),
    "sum_of_halves": ("vjp",),
    "network_object": ("value_and_grad",),
    "dataclass_nested_argument": ("grad",),
    "dict_updates": ("grad",),
    "list_grows_and_is_stacked": ("vjp",),
    "window_by_pop": ("grad", "jvp"),
    "insertion_sort": ("grad",),
    "pairs_sorted": ("grad",),
    "batches_made_anew": ("grad",),
    "tuple_grown": ("grad",),
    "delay_of_a_deque": ("grad",),
    "comprehension_list": ("grad",),
    "read_mixed": ("vjp",),
    "read_integer_array": ("vjp",),
    "softmax_rows": ("vjp", "jvp"),
    "layer_norm": ("vjp",),
    "norm_of_rows": ("vjp",),
    "einsum_batch": ("vjp",),
    "solves": ("vjp",),
    "concatenates_axes": ("vjp",),
    "lstm": ("vjp",),
    "attention": ("vjp",),
    "runge_kutta": ("vjp",),
    "kalman_filter": ("grad",),
    "mandelbrot_like": ("grad",),
    "checkpoint_in_loop": ("grad", "vjp"),
    "checkpoint_that_writes": ("grad",),
    "heat_with_snapshots": ("grad", "jvp"),
    "snapshots_of_numbers": ("vjp",),
    "swap_buffers": ("vjp",),
    "best_row": ("jvp",),
    "buffer_made_when_needed": ("vjp",),
    "buffer_made_on_condition": ("grad",),
    "differences_of_neighbours": ("grad", "jvp"),
    "remembered": ("grad",),
}


def emitted(function: Callable[..., Any], args: tuple[Any, ...], argnums: Any, mode: str) -> str:
    return ad.lower(function, *args, mode=mode, argnums=argnums).source


def _twice(function: Callable[..., Any], args: tuple[Any, ...]) -> str:
    return ad.grad(ad.grad(function)).lower(*args).source


def _entries() -> list[Golden]:
    found = []
    for function, args, argnums, modes in OWN:
        for mode in modes:
            emit = functools.partial(emitted, function, args, argnums, mode)
            found.append(Golden(f"{function.__name__}.{mode}", emit))
    for function, args in ((product, (0.5, 2.0)), (newton_root, (2.0,)), (running, (np.ones(3),))):
        if np.ndim(args[0]) == 0:
            found.append(Golden(f"{function.__name__}.grad_grad", functools.partial(_twice, function, args)))
    programs = {program.name: program for program in PROGRAMS}
    for name, modes in CORPUS.items():
        program = programs[name]
        argnums = program.argnums if len(program.argnums) > 1 else program.argnums[0]
        for mode in modes:
            emit = functools.partial(emitted, program.function, program.arguments(), argnums, mode)
            found.append(Golden(f"{name}.{mode}", emit))
    return found


def print_digests(entries: list[Golden]) -> None:
    """Print a line for each entry: its name and a digest of what it emits."""
    for golden in entries:
        print(golden.name, hashlib.sha256(golden.emit().encode()).hexdigest())


GOLDEN = _entries()

if __name__ == "__main__":
    print_digests(GOLDEN)
