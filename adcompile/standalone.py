"""A derivative as a module that stands alone: emitted source, constants, provenance and a check of itself.

In: a function from a file, the derivative that is wanted, values to compile for. Out: the text of a module
that imports nothing but NumPy, SciPy and the standard library. The same input gives the same text, so a file
is stale if it is not this text. Not for emitting (`pipeline`) and not for caching.
"""

from __future__ import annotations

import ast
import inspect
import io
import math
import os
import shlex
import textwrap
import tokenize
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .backend.cache import digest
from .errors import ArgumentError
from .interface import access
from .live import read
from .objects import Derivative
from .pipeline import Program
from .signature import static_arguments, tangent_name
from .target import Target, positional

_LARGEST = 10_000
_SHOWN = 64
_MODULES = ("numpy", "scipy", "math")


@dataclass(frozen=True)
class Request:
    """What to write: a derivative of a target, compiled for given values, checked at `samples`.

    `command` is the command line that asks for it, which the module repeats.
    """

    target: Target
    kind: str
    argnums: Any
    given: Mapping[str, Any]
    samples: Mapping[str, Any]
    command: Sequence[str]
    outputs: Any = None


def standalone(request: Request) -> str:
    """The text of the module.

    Raises
    ------
    ArgumentError
        If the derivative needs an object that cannot be written out.
    """
    from . import __version__

    derivative = _lowered(request, request.kind, request.argnums)
    primal = _lowered(request, "value", 0)
    writer = _Writer()
    parts = [writer.program(derivative, _guards(request, derivative)), writer.program(primal, [])]
    check = _self_check(request, derivative, primal)
    head = _provenance(request, derivative, __version__)
    # the derivative comes first, as it is what a reader looks for
    functions = list(dict.fromkeys([*parts[0], *parts[1]]))
    if _guards(request, derivative):
        functions.append(_REQUIRE)
    body = [*functions, _CHECKING, check]
    whole = "\n\n\n".join(body)
    imported = {*writer.imports, "import numpy as np"}
    if "math." in "\n".join([*writer.constants, check]):
        imported.add("import math")
    imports = sorted(imported, key=lambda text: (" as " in text, text))
    blocks = [head, "\n".join(imports), *(["\n".join(writer.constants)] if writer.constants else [])]
    return "\n\n".join(blocks) + "\n\n\n" + whole + "\n"


def _lowered(request: Request, kind: str, argnums: Any) -> Program:
    options = {} if kind == "value" else {"argnums": argnums}
    if request.outputs is not None:
        options["outputs"] = request.outputs
    derivative: Any = Derivative(request.target.function, kind, options)
    args, keywords = positional(request.target.signature, request.given)
    program: Program = derivative.lower(*args, **keywords).program
    return program


# -- functions and constants ---------------------------------------------------------------------------------


class _Writer:
    """Collects imports, constants and functions of several emitted texts under names that do not clash."""

    def __init__(self) -> None:
        self.imports: set[str] = set()
        self.constants: list[str] = []
        self.objects: dict[str, Any] = {}
        self.functions: dict[str, str] = {}

    def program(self, program: Program, guards: list[str]) -> list[str]:
        """The functions of a program, in order, its constants named."""
        names = {name: self.constant(name, obj) for name, obj in program.objects.items()}
        defaults = {name: self.constant(name, read(path)) for name, path in program.captured}
        texts: dict[str, str] = {}
        lines = program.text.splitlines()
        for node in ast.parse(program.text).body:
            text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
            if not isinstance(node, ast.FunctionDef):
                self.imports.add(text)
                continue
            if node.name == program.name:
                text = _with_guards(_with_defaults(text, node, defaults), node, guards)
            texts[node.name] = text
        names = {old: new for old, new in names.items() if old != new}
        while True:
            # a function that is renamed changes those that call it, which may then need names of their own
            found = {n: _renamed(text, names) for n, text in texts.items()}
            clashing = [
                n for n, text in found.items() if n not in names and self.functions.get(n, text) != text
            ]
            if not clashing:
                break
            names.update({n: f"{n}_of_primal" for n in clashing})
        self.functions.update({names.get(n, n): text for n, text in found.items()})
        return list(found.values())

    def constant(self, name: str, value: Any) -> str:
        """The name under which the module holds an object; the same object is written once."""
        imported = _library_name(value)
        if imported is not None:
            if imported.startswith("scipy."):
                self.imports.add(f"import {imported.rpartition('.')[0]}")
            elif imported.startswith("math."):
                self.imports.add("import math")
        chosen, count = name, 1
        while chosen in self.objects and self.objects[chosen] is not value:
            count += 1
            chosen = f"{name}_{count}"
        if chosen not in self.objects:
            self.objects[chosen] = value
            self.constants.append(f"{chosen} = {imported or written(value, name)}")
        return chosen


def _with_defaults(text: str, node: ast.FunctionDef, defaults: Mapping[str, str]) -> str:
    """The function with captured values as defaults of the parameters that they are passed by."""
    if not defaults:
        return text
    for k, arg in enumerate(node.args.kwonlyargs):
        if arg.arg in defaults:
            node.args.kw_defaults[k] = ast.Name(defaults[arg.arg], ast.Load())
    _, _, rest = text.partition("\n")
    return f"def {node.name}({ast.unparse(node.args)}):\n{rest}"


def _with_guards(text: str, node: ast.FunctionDef, guards: list[str]) -> str:
    """The function with statements behind its docstring that refuse what it was not compiled for."""
    if not guards:
        return text
    lines = text.splitlines()
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    at = (first.end_lineno or 0) - node.lineno + 1 if documented else 1
    return "\n".join([*lines[:at], *(f"    {g}" for g in guards), *lines[at:]])


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """The text with global names replaced."""
    if not names:
        return text
    lines = text.splitlines()
    previous = ""
    changes = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME and token.string in names and previous != ".":
            changes.append((token.start, token.end, names[token.string]))
        previous = token.string
    for (row, start), (_, end), new in reversed(changes):
        lines[row - 1] = lines[row - 1][:start] + new + lines[row - 1][end:]
    return "\n".join(lines)


def _library_name(value: Any) -> str | None:
    """How to spell an object of NumPy, SciPy or math."""
    if isinstance(value, types.ModuleType):
        return None
    module, name = getattr(value, "__module__", None), getattr(value, "__name__", None)
    if isinstance(value, np.ufunc):
        module = "numpy"
    if not isinstance(module, str) or not isinstance(name, str) or module.split(".")[0] not in _MODULES:
        return None
    if getattr(np, name, None) is value:
        return f"np.{name}"
    return f"{module}.{name}"


def written(value: Any, name: str) -> str:
    """A constant as Python source that gives an equal object.

    Raises
    ------
    ArgumentError
        If there is no such source, or it would be too long.
    """
    if value is None or (isinstance(value, (bool, int, str, bytes)) and type(value).__module__ == "builtins"):
        return repr(value)
    if type(value) in (float, complex):
        return _number(value)
    if isinstance(value, np.dtype):
        return f"np.dtype({value.str!r})"
    if isinstance(value, np.generic) and value.dtype.kind in "fciub":
        return f"np.{value.dtype.name if value.dtype.kind != 'b' else 'bool'}({_number(value.item())})"
    if isinstance(value, np.ndarray) and value.dtype.kind in "fciub":
        return _array(value, name)
    if type(value) in (list, tuple):
        items = [written(v, name) for v in value]
        if isinstance(value, list):
            return f"[{', '.join(items)}]"
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    if type(value) is dict:
        return "{" + ", ".join(f"{written(k, name)}: {written(v, name)}" for k, v in value.items()) + "}"
    kind = type(value).__name__
    shown = getattr(value, "__qualname__", name)
    raise ArgumentError("AD210", f"`{shown}` cannot be written into a module: it is of type {kind}", None,
                        f"numbers, strings, arrays and containers of them; pass `{name}` to the function "
                        "as an argument, or write the operation with NumPy inside the function")  # fmt: skip


def _number(value: Any) -> str:
    if isinstance(value, complex):
        return f"complex({_number(value.real)}, {_number(value.imag)})"
    if isinstance(value, float) and not math.isfinite(value):
        return "math.nan" if value != value else "math.inf" if value > 0 else "-math.inf"
    return repr(value)


def _array(value: np.ndarray[Any, Any], name: str) -> str:
    if value.size > _LARGEST:
        message = f"`{name}` has {value.size} elements, too many to write into a module"
        way_out = f"at most {_LARGEST}; pass `{name}` to the function as an argument"
        raise ArgumentError("AD210", message, None, way_out)
    numbers = ", ".join(_number(v) for v in value.ravel().tolist())
    dtype = "bool" if value.dtype.kind == "b" else value.dtype.name
    text = f"np.array([{numbers}], dtype=np.{dtype})"
    if value.ndim != 1:
        text += f".reshape({value.shape})"
    # the order in memory decides the order of summation, and so the last bits
    fortran = value.ndim > 1 and value.flags.f_contiguous and not value.flags.c_contiguous
    return f"np.asfortranarray({text})" if fortran else text


# -- what the code relies on ---------------------------------------------------------------------------------

_REQUIRE = '''
def _kind(value):
    """What the code relies on of a value: its type; of an array, dtype, rank and axes of length 1."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype}[{', '.join('1' if n == 1 else 'n' for n in value.shape)}]"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}({', '.join(map(_kind, value))})"
    if isinstance(value, dict):
        return f"dict({', '.join(f'{k!r}: {_kind(v)}' for k, v in value.items())})"
    if isinstance(value, (bool, str)) or value is None:
        return repr(value)
    return "float" if isinstance(value, float) else type(value).__name__


def _require(name, value, expected):
    if _kind(value) != expected:
        raise TypeError(f"{name} is {_kind(value)}; this code was compiled for {expected}")
'''.strip()


def _guards(request: Request, program: Program) -> list[str]:
    """Statements that refuse arguments of other kinds than the code was compiled for."""
    kinds: dict[str, Any] = {"np": np}
    exec(_REQUIRE, kinds)
    kind: Callable[[Any], str] = kinds["_kind"]
    lines = []
    for name, parameter in request.target.signature.parameters.items():
        if name in request.given:
            value = request.given[name]
            lines.append(f"_require({name!r}, {name}, {kind(value)!r})")
        elif parameter.default is not parameter.empty:
            continue
    for path, value in static_arguments(program.inputs.static, dict(request.given)):
        text = access(path[0][1], path[1:])
        lines.append(f"if {text} != {value!r}:")
        lines.append(
            f'    raise ValueError(f"this code was compiled for {text} = {value!r}, not {{{text}}}")'
        )
    return lines


def _provenance(request: Request, program: Program, version: str) -> str:
    """The docstring of the module."""
    target = request.target
    where = "" if program.function.loc is None else f", line {program.function.loc.line}"
    compiled_for = (
        ", ".join(f"{n}: {_describe(v)}" for n, v in request.given.items()) or "arguments of any type"
    )
    captured = ", ".join(name for name, _ in program.captured)
    command = shlex.join(["python", "-m", "adcompile", "emit", *request.command])
    summary = (ast.get_docstring(_definition(program)) or program.name).split("\n\n")[0].replace("\n", " ")
    rows = [
        ("Source", f"{os.path.basename(target.file)}, {target.name}{where}"),
        ("Digest", f"{digest([source_text(target.function)])[:32]} (SHA-256 of the source of {target.name})"),
        ("Compiled for", compiled_for),
        *([("Constants", f"{captured}, as they were when this module was written")] if captured else []),
        ("Compiler", f"adcompile {version}"),
        ("Command", command),
    ]
    table = "\n".join(f"{title + ':':<14}{text}" for title, text in rows)
    closing = textwrap.fill(
        "This module stands alone. Run as a program it compares its derivative with differences of the copy "
        "of the primal that it contains. `python -m adcompile emit --check` tells whether adcompile would "
        "still write it.",
        100,
    )
    text = f"{summary}\n\n{table}\n\n{closing}\n".replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""{text}"""'


def _definition(program: Program) -> ast.FunctionDef:
    (found,) = (
        n for n in ast.parse(program.text).body if isinstance(n, ast.FunctionDef) and n.name == program.name
    )
    return found


def _describe(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}[{', '.join('1' if n == 1 else 'n' for n in value.shape)}]"
    if isinstance(value, (bool, int, str)) or value is None:
        return repr(value) if not isinstance(value, int) or isinstance(value, bool) else f"int ({value})"
    return type(value).__name__


def source_text(function: Any) -> str:
    """The source of a function, methods and wrappers taken off; of anything else, its name."""
    plain = inspect.unwrap(getattr(function, "__func__", function))
    if isinstance(plain, types.FunctionType):
        return textwrap.dedent(inspect.getsource(plain))
    return getattr(plain, "__qualname__", type(plain).__qualname__)


# -- the check of itself -------------------------------------------------------------------------------------

_CHECKING = '''
def _direction(value, rng):
    """Random numbers in the place of the floating-point ones of nested containers, zeros for the others."""
    if isinstance(value, (list, tuple)):
        return [_direction(item, rng) for item in value]
    if isinstance(value, dict):
        return {k: _direction(item, rng) for k, item in value.items()}
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return rng.uniform(0.5, 1.0, value.shape).astype(value.dtype)
    return type(value)(rng.uniform(0.5, 1.0)) if isinstance(value, (float, np.floating)) else 0.0


def _moved(value, direction, h):
    """value + h * direction, number by number."""
    if isinstance(value, (list, tuple)):
        return type(value)([_moved(v, d, h) for v, d in zip(value, direction, strict=True)])
    if isinstance(value, dict):
        return {k: _moved(v, direction[k], h) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return value + (h * direction).astype(value.dtype) if value.dtype.kind == "f" else value
    return type(value)(value + h * direction) if isinstance(value, (float, np.floating)) else value


def _product(a, b):
    """The inner product of two nested containers of numbers; zero where there is no number."""
    if isinstance(a, (list, tuple)):
        return sum(_product(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return sum(_product(a[k], b[k]) for k in a)
    if isinstance(b, (str, type(None))) or isinstance(a, (str, type(None))):
        return 0.0
    return float(np.sum(np.multiply(a, b), dtype=np.float64))


def _report(name, found, difference, size, allowed):
    """Print one comparison and tell whether it is good."""
    error = abs(found - difference)
    good = error <= allowed * (1 + abs(difference) + 1e-3 * abs(size))
    print(f"{name}: derivative {found:.10g}, difference {difference:.10g}, {'ok' if good else 'WRONG'}")
    return good
'''.strip()


def _self_check(request: Request, derivative: Program, primal: Program) -> str:
    """The `__main__` block: the derivative along random directions beside differences of the primal."""
    signature = request.target.signature
    names = derivative.notes["wanted"].argnums
    single = any(_is_single(v) for v in request.samples.values())
    rows = [f"{n!r}: {_sample(v, n, k)}," for k, (n, v) in enumerate(request.samples.items())]
    lines = [
        "arguments = {",
        *(f"    {row}" for row in rows),
        "}",
        "rng = np.random.default_rng(0)",
        f"h, allowed = {'3e-3, 3e-2' if single else '1e-5, 1e-6'}",
    ]
    lines += [f"out = {_call(primal.name, signature, request.samples)}"]
    lines += _derivative_lines(request.kind, derivative, signature, request.samples, names)
    lines += ["good = True", f"for name in {tuple(names)!r}:"]
    along = ["direction = _direction(arguments[name], rng)"]
    if request.kind == "jvp":
        along += [
            f"tangents = {{n: _moved(arguments[n], arguments[n], -1) for n in {tuple(names)!r}}}",
            "tangents[name] = _direction(arguments[name], rng)",
            "direction = tangents[name]",
            f"found = _product(weights, {_call(derivative.name, signature, request.samples, names)}[1])",
        ]
    else:
        along += ["found = _product(direction, bars[name])"]
    moved = _call(primal.name, signature, request.samples).replace("arguments[", "moved[")
    along += [
        "sides = []",
        "for step in (h, -h):",
        "    moved = {**arguments, name: _moved(arguments[name], direction, step)}",
        f"    sides.append(_product(weights, {moved}))",
        "difference = (sides[0] - sides[1]) / (2 * h)",
        "good = _report(name, found, difference, _product(weights, out), allowed) and good",
    ]
    lines += [f"    {line}" for line in along]
    lines.append("raise SystemExit(0 if good else 1)")
    return "\n".join(['if __name__ == "__main__":', *(f"    {line}" for line in lines)])


def _derivative_lines(
    kind: str, derivative: Program, signature: inspect.Signature, samples: Mapping[str, Any], names: Any
) -> list[str]:
    call = _call(derivative.name, signature, samples)
    weigh = "weights = _direction(out, rng)"
    bare = derivative.notes["wanted"].bare
    if kind == "jvp":
        return [weigh]
    if kind == "vjp":
        return [weigh, f"bars = dict(zip({tuple(names)!r}, {call}[1](weights), strict=True))"]
    result = f"{call}[1]" if kind == "value_and_grad" else call
    found = f"({result},)" if bare else result
    return ["weights = 1.0", f"bars = dict(zip({tuple(names)!r}, {found}, strict=True))"]


def _call(
    name: str, signature: inspect.Signature, samples: Mapping[str, Any], tangents: Sequence[str] = ()
) -> str:
    parts = []
    for parameter in signature.parameters.values():
        if parameter.name not in samples:
            continue
        value = f"arguments[{parameter.name!r}]"
        if parameter.kind is parameter.VAR_POSITIONAL:
            parts.append(f"*{value}")
        elif parameter.kind is parameter.VAR_KEYWORD:
            parts.append(f"**{value}")
        elif parameter.kind is parameter.POSITIONAL_ONLY:
            parts.append(value)
        else:
            parts.append(
                value if parameter.kind is parameter.POSITIONAL_OR_KEYWORD else f"{parameter.name}={value}"
            )
    parts += [f"{tangent_name(n, signature.parameters)}=tangents[{n!r}]" for n in tangents]
    return f"{name}({', '.join(parts)})"


def _is_single(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_is_single, value))
    if isinstance(value, dict):
        return any(map(_is_single, value.values()))
    return isinstance(value, (np.ndarray, np.generic)) and value.dtype in (np.float32, np.float16)


def _sample(value: Any, name: str, k: int) -> str:
    """A value to check at; a large array is drawn from the same range instead of written out."""
    if (
        isinstance(value, np.ndarray)
        and value.size > _SHOWN
        and value.dtype.kind == "f"
        and np.all(np.isfinite(value))
    ):
        low, high = float(np.min(value)), float(np.max(value))
        drawn = f"np.random.default_rng({k + 1}).uniform({low!r}, {high!r}, {value.shape})"
        return drawn if value.dtype == np.float64 else f"{drawn}.astype(np.{value.dtype.name})"
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        items = [_sample(v, name, 100 * (k + 1) + n) for n, v in enumerate(value)]
        return (
            f"[{', '.join(items)}]"
            if isinstance(value, list)
            else f"({', '.join(items)}{',' if len(items) == 1 else ''})"
        )
    if type(value) is dict:
        return (
            "{"
            + ", ".join(
                f"{key!r}: {_sample(v, name, 100 * (k + 1) + n)}" for n, (key, v) in enumerate(value.items())
            )
            + "}"
        )
    imported = _library_name(value)
    return imported if imported is not None and imported.startswith("np.") else written(value, name)
