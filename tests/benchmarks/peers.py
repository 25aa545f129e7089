"""The other differentiators, for those that are installed.

What comes in: a `Case`. What goes out: for each peer a contender that computes what the hand-written
derivative of the case computes. A primal is written for NumPy and `math`; for a peer it is the same code,
with these two names bound to what the peer offers in their place. It is not for adcompile, which takes the
primal as it stands.
"""

from __future__ import annotations

import importlib
import types
from collections.abc import Callable
from typing import Any

import numpy as np
from clock import Contender
from hand import Case
from trees import leaves, rebuild

MATH = ("sin", "cos", "exp", "log", "sqrt")


def rebound(f: Callable[..., Any], numpy: Any, functions: Any) -> Callable[..., Any]:
    """The function f with other modules under the names `np` and `math`."""
    names = {**f.__globals__, "np": numpy, "math": functions}
    return types.FunctionType(f.__code__, names, f.__name__, f.__defaults__, f.__closure__)


def autograd_contender(case: Case, args: tuple[Any, ...]) -> Contender:
    """The gradient by autograd."""
    autograd = importlib.import_module("autograd")
    numpy = importlib.import_module("autograd.numpy")
    erf = importlib.import_module("autograd.scipy.special").erf
    functions = types.SimpleNamespace(erf=erf, **{name: getattr(numpy, name) for name in MATH})
    transform = autograd.grad if case.scalar else autograd.value_and_grad
    return Contender("autograd", transform(rebound(case.primal, numpy, functions), case.argnums), args)


def jax_contender(case: Case, args: tuple[Any, ...]) -> Contender:
    """The gradient by JAX, jitted, in double precision, with its arrays ready on the device."""
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    numpy = importlib.import_module("jax.numpy")
    erf = importlib.import_module("jax.scipy.special").erf
    functions = types.SimpleNamespace(erf=erf, **{name: getattr(numpy, name) for name in MATH})
    transform = jax.grad if case.scalar else jax.value_and_grad
    compiled = jax.jit(transform(rebound(case.primal, numpy, functions), case.argnums))
    ready = rebuild(args, [numpy.asarray(leaf) for leaf in leaves(args)])
    return Contender("JAX", lambda *given: jax.block_until_ready(compiled(*given)), ready)


def torch_contender(case: Case, args: tuple[Any, ...]) -> Contender:
    """The gradient by PyTorch's tape, for the scalar functions, whose `math` it can stand in for."""
    torch = importlib.import_module("torch")
    if not case.scalar:
        raise NotImplementedError("PyTorch does not take NumPy's names for functions of arrays")
    functions = types.SimpleNamespace(erf=torch.erf, **{name: getattr(torch, name) for name in MATH})
    primal = rebound(case.primal, np, functions)
    ready = tuple(torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in args)
    return Contender("PyTorch", lambda *given: torch.autograd.grad(primal(*given), given), ready)


def contenders(case: Case, args: tuple[Any, ...]) -> list[Contender]:
    """One contender for each peer that is installed and can run the case."""
    found = []
    for make in (autograd_contender, jax_contender, torch_contender):
        try:
            found.append(make(case, args))
        except (ImportError, NotImplementedError):
            continue
    return found
