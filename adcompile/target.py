"""What the command line works on: a function in a file, and values for its arguments.

In: texts as a person types them, ``model.py:loss`` and ``x=np.ones(3)``. Out: the function, and values bound
to its parameters. The file is executed as a module, so that its ``__main__`` block is not. Not for anything
that imports by module name.
"""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import io
import itertools
import linecache
import math
import os
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .engine import Engine
from .leaves import leaves
from .objects import Derivative
from .signature import signature_of


class UsageError(Exception):
    """Something on the command line is wrong; the text says what would be right."""


@dataclass(frozen=True)
class Target:
    """A function found in a file.

    Attributes
    ----------
    function : callable
        The primal, also where the file decorates it with `grad`.
    kind, argnums, outputs
        Those of the decorator, else None.
    file, name : str
        As they were given.
    """

    function: Any
    kind: str | None
    argnums: Any
    file: str
    name: str
    outputs: Any = None

    @property
    def signature(self) -> inspect.Signature:
        """The parameters of the primal."""
        return signature_of(self.function)


def load_target(text: str, folder: str = ".") -> Target:
    """Find the function that ``FILE.py:FUNCTION`` or ``FILE.py:Class.method`` means.

    Parameters
    ----------
    text : str
        What was typed.
    folder : str
        What a relative file name is relative to.
    """
    file, colon, name = text.rpartition(":")
    if not colon or not file or not name:
        raise UsageError(f"{text!r} does not name a function; write FILE.py:FUNCTION or FILE.py:Class.method")
    path = os.path.abspath(os.path.join(folder, file))
    if not os.path.isfile(path):
        raise UsageError(f"there is no file {file}")
    module = _executed(path, file)
    found = _attribute(module, name, file)
    if not callable(found):
        raise UsageError(f"{name} in {file} is not a function but of type {type(found).__name__}")
    if isinstance(found, Derivative):
        engine = found._engine
        kind = engine.kind if type(found) is Derivative else "value"
        options = engine.options
        return Target(found.primal, kind, options.get("argnums"), file, name, options.get("outputs"))
    return Target(found, None, None, file, name)


def _executed(path: str, shown: str) -> types.ModuleType:
    """Execute a file as a module of its own name, which is not ``__main__``."""
    name = os.path.splitext(os.path.basename(path))[0]
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) != path:
        name = f"_{name}_of_the_command_line"  # a file called random.py must not replace the library's
    linecache.checkcache(path)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{shown} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    folder = os.path.dirname(path)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise UsageError(f"{shown} cannot be executed: {type(error).__name__}: {error}") from error
    return module


def _attribute(module: types.ModuleType, name: str, file: str) -> Any:
    """A function of a module; a method is bound to an instance if its class can be made without arguments."""
    owner: Any = module
    for part in name.split("."):
        if not hasattr(owner, part):
            raise UsageError(f"{file} has no {name}{_others(owner, module)}")
        raw = inspect.getattr_static(owner, part)
        if isinstance(owner, type) and isinstance(raw, (types.FunctionType, Derivative)):
            # a class whose __init__ wants arguments: the method stays a function with `self` as a parameter
            with contextlib.suppress(TypeError):
                owner = owner()
        owner = getattr(owner, part)
    return owner


def _others(owner: Any, module: types.ModuleType) -> str:
    here = [
        n
        for n, v in vars(owner).items()
        if not n.startswith("_") and callable(v) and getattr(v, "__module__", None) == module.__name__
    ]
    return f"; it has {', '.join(here)}" if here else ""


# -- values --------------------------------------------------------------------------------------------------

_BUILTINS = {
    f.__name__: f for f in (abs, bool, complex, dict, float, int, list, max, min, range, sum, tuple, zip)
}


def parse_values(texts: Sequence[str], signature: inspect.Signature) -> dict[str, Any]:
    """Values for parameters, from texts such as ``x=np.ones(3)`` of np, math and plain builtins."""
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, expression = text.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            raise UsageError(f"--at {text!r} is not NAME=VALUE")
        if name not in signature.parameters:
            raise UsageError(f"--at {text!r}: the parameters are {', '.join(signature.parameters)}")
        namespace = {"np": np, "numpy": np, "math": math, "__builtins__": _BUILTINS}
        try:
            found[name] = eval(compile(expression.strip(), f"--at {name}", "eval"), namespace)
        except Exception as error:
            raise UsageError(f"--at {text!r}: {type(error).__name__}: {error}") from error
    return found


def call_with(signature: inspect.Signature) -> Callable[[Callable[..., Any], Mapping[str, Any]], Any]:
    """A function that calls a function of this signature with arguments by parameter name."""

    def call(f: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
        args, keywords = positional(signature, arguments)
        return f(*args, **keywords)

    return call


def positional(
    signature: inspect.Signature, arguments: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments by parameter name as a call passes them."""
    bound = inspect.BoundArguments(signature, dict(arguments))
    return bound.args, bound.kwargs


def with_samples(target: Target, given: Mapping[str, Any]) -> dict[str, Any]:
    """Complete the values that were given by samples at which the function runs.

    A parameter with a default keeps it. For the others, numbers, integers, vectors and matrices are tried.
    """
    signature = target.signature
    arguments = dict(given)
    missing = []
    for name, parameter in signature.parameters.items():
        if name in arguments or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.default is not parameter.empty:
            arguments[name] = parameter.default
        else:
            missing.append(name)
    ordered = [name for name in signature.parameters if name in arguments or name in missing]
    call = call_with(signature)
    engine = Engine(target.function, "value", {"outputs": target.outputs})
    for choice in itertools.islice(itertools.product(range(4), repeat=len(missing)), 300):
        samples = {n: _sample(kind, k) for k, (n, kind) in enumerate(zip(missing, choice, strict=True))}
        arguments.update(samples)
        arguments = {name: arguments[name] for name in ordered}
        if _runs(call, lambda *args, **keywords: engine.delivered(args, keywords), arguments):
            return arguments
    unknown = " ".join(f"{n}=..." for n in missing) or "other values"
    raise UsageError(
        f"{target.name} runs at none of the sample values that were tried; give values with --at {unknown}"
    )


def _sample(kind: int, k: int) -> Any:
    if kind == 0:
        return 0.7 + 0.2 * k
    if kind == 1:
        return 3
    if kind == 2:
        return np.linspace(0.3, 0.9, 3) + 0.1 * k
    return np.linspace(0.1, 0.9, 9).reshape(3, 3) + np.eye(3) * (1 + 0.1 * k)


def _runs(call: Callable[..., Any], function: Any, arguments: Mapping[str, Any]) -> bool:
    """Whether a function returns finite numbers for some arguments, at least one of which is floating."""
    if not any(leaves(v) for v in arguments.values()):
        return False
    try:
        with np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
            found = leaves(call(function, arguments))
    except Exception:
        return False
    return bool(found) and all(np.all(np.isfinite(x)) for x in found)
