"""The command line: show, draw, check and emit derivatives of functions in files; look after the cache.

In: the words of a command line. Out: text on standard output, complaints on standard error, and an exit code.
Each command is a few lines over the modules that do the work. Not for finding functions and values in files:
that is `target`.
"""

from __future__ import annotations

import argparse
import inspect
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from .errors import AdcompileError

if TYPE_CHECKING:
    from .target import Target

OK, FAILED, USAGE, REFUSED = 0, 1, 2, 3

_EXIT_CODES = """\
exit codes:
  0  done
  1  a check failed, or an emitted file is stale
  2  the command line is wrong, or a file, function or value cannot be had
  3  adcompile refuses the function; the message says where, why and what to write instead
"""

_EXAMPLES = {
    "": """\
examples:
  python -m adcompile show model.py:loss
  python -m adcompile show model.py:Net.loss --mode value_and_grad --argnums w,b
  python -m adcompile graph model.py:loss --format svg -o loss.svg
  python -m adcompile explore model.py:loss --at w="np.ones(3)" x=2.0
  python -m adcompile check model.py:loss --at w="np.ones(3)" x=2.0
  python -m adcompile emit model.py:loss --at w="np.ones(3)" x=2.0 -o loss_grad.py
  python -m adcompile emit --check loss_grad.py
  python -m adcompile explain AD101
  python -m adcompile cache info
""",
    "show": """\
examples:
  python -m adcompile show model.py:loss
      the general code, which works for arguments of any type
  python -m adcompile show model.py:loss --at w="np.ones(3)" x=2.0
      the code for arguments of these types
  python -m adcompile show model.py:loss --mode jvp --argnums 0,1 --steps
      each step of the chain rule, beside the line that it comes from
""",
    "graph": """\
examples:
  python -m adcompile graph model.py:loss
  python -m adcompile graph model.py:loss --format svg -o loss.svg
  python -m adcompile graph model.py:loss --format dot | dot -Tpdf -o loss.pdf
""",
    "explore": """\
examples:
  python -m adcompile explore model.py:loss
      sample values are found by trying
  python -m adcompile explore lesson.py:f --at x1=1.5 x2=0.5 -o lesson.html --no-open
""",
    "check": """\
examples:
  python -m adcompile check model.py:loss
      sample values are found by trying
  python -m adcompile check model.py:loss --at w="np.linspace(0, 1, 5)" x=2.0 --rtol 1e-8
""",
    "emit": """\
examples:
  python -m adcompile emit model.py:loss -o loss_grad.py
  python -m adcompile emit model.py:loss --at w="np.ones(3)" x=2.0 -o loss_grad.py
      faster code, for arguments of these types only; it refuses others
  python loss_grad.py
      the module checks itself
  python -m adcompile emit --check loss_grad.py
      exit code 1 if adcompile would write something else now
""",
    "cache": """\
examples:
  python -m adcompile cache info
  python -m adcompile cache clear
""",
    "explain": """\
examples:
  python -m adcompile explain AD101
""",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The words behind ``python -m adcompile``; by default those of this process.
    """
    parser = _parser()
    try:
        options = parser.parse_args(argv)
    except SystemExit as stop:  # argparse ends the process by itself for --help and for errors
        return stop.code if isinstance(stop.code, int) else USAGE
    from .target import UsageError

    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except UsageError as error:
        return _complain(str(error), USAGE)
    except AdcompileError as error:
        return _complain(str(error), REFUSED)
    except BrokenPipeError:
        # whoever read the output has seen enough; Python must not complain about it at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def _complain(text: str, code: int) -> int:
    print(_painted(f"error: {text}", "31", sys.stderr), file=sys.stderr)
    return code


# -- the words of a command line -----------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """An argument parser whose messages end with a hint."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"error: {message}\n  `{self.prog} --help` shows examples\n")


def _parser() -> argparse.ArgumentParser:
    parser = _new(None, "", "Derivatives of Python functions, as Python source.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    show = _new(commands, "show", "print the source of a derivative")
    _function(show)
    show.add_argument("--steps", action="store_true", help="print each step of the chain rule instead")
    show.set_defaults(run=_show)

    graph = _new(commands, "graph", "print or draw the graphs of a function and its derivative")
    _function(graph)
    graph.add_argument("--format", choices=("text", "dot", "svg"), default="text", help="default: text")
    graph.add_argument("-o", "--output", metavar="FILE", help="write to a file")
    graph.set_defaults(run=_graph)

    explore = _new(commands, "explore", "write and open a page about a function and its derivative")
    _point(explore, True, "every argument that is a number, else the first that holds some")
    explore.add_argument("-o", "--output", metavar="FILE.html", help="default: FUNC.html in this folder")
    explore.add_argument("--no-open", action="store_true", help="write the page, and do not open it")
    explore.set_defaults(run=_explore)

    check = _new(commands, "check", "compare derivatives with extrapolated differences")
    _function(check, modes=("reverse", "forward", "both"), default="both")
    check.add_argument("--rtol", type=float, help="the error allowed; default: 1e-6, for float32 2e-2")
    check.set_defaults(run=_check)

    emit = _new(commands, "emit", "write a derivative as a module that stands alone")
    _function(emit, required=False)
    emit.add_argument("-o", "--output", metavar="OUT.py", help="write to a file; default: standard output")
    emit.add_argument("--check", metavar="OUT.py", help="tell whether an emitted file is still up to date")
    emit.set_defaults(run=_emit)

    cache = _new(commands, "cache", "show or clear the cache of compiled derivatives")
    cache.add_argument("action", choices=("info", "clear"))
    cache.set_defaults(run=_cache)

    explain = _new(commands, "explain", "explain an error code")
    explain.add_argument("code", help="such as AD101")
    explain.set_defaults(run=_explain)
    return parser


def _new(commands: Any, name: str, text: str) -> argparse.ArgumentParser:
    layout = argparse.RawDescriptionHelpFormatter
    epilog = f"{_EXAMPLES[name]}\n{_EXIT_CODES}"
    if commands is None:
        return _Parser(prog="python -m adcompile", description=text, epilog=epilog, formatter_class=layout)
    made: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".", epilog=epilog, formatter_class=layout
    )
    return made


def _function(
    parser: argparse.ArgumentParser,
    modes: Sequence[str] = ("grad", "value_and_grad", "vjp", "jvp"),
    default: str | None = None,
    required: bool = True,
) -> None:
    """The options that name a function, a derivative and values."""
    _point(parser, required, "0")
    usual = default or "grad, or what the function is decorated with"
    parser.add_argument("--mode", choices=modes, default=default, help=f"default: {usual}")


def _point(parser: argparse.ArgumentParser, required: bool, argnums: str) -> None:
    """The options that name a function, the arguments to differentiate by, its outputs, and values."""
    parser.add_argument("target", metavar="FILE.py:FUNC", nargs=None if required else "?",
                        help="a function, or a method as FILE.py:Class.method")  # fmt: skip
    parser.add_argument(
        "--argnums", metavar="N", help=f"numbers or names, separated by commas; default: {argnums}"
    )
    parser.add_argument("--outputs", metavar="N",
                        help="arguments that hold the results after the call, numbers or names, separated by "
                        "commas; `return` stands for what is returned")  # fmt: skip
    parser.add_argument("--at", metavar="NAME=VALUE", nargs="+", action="extend", default=[],
                        help="values of arguments, evaluated with np and math only")  # fmt: skip


def _target(options: argparse.Namespace, folder: str = ".") -> Target:
    """The function that is meant, with its outputs."""
    from .engine import Engine
    from .target import load_target

    target = load_target(options.target, folder)
    if options.outputs is None:
        return target
    outputs = _numbers(options.outputs)
    Engine(target.function, "value", {"outputs": outputs}).wanted({})  # names that are unknown are told here
    return replace(target, outputs=outputs)


def _argnums(text: str | None, default: Any) -> Any:
    return _numbers(text) if text is not None else 0 if default is None else default


def _numbers(text: str) -> Any:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    found = tuple(int(p) if p.lstrip("-").isdigit() else p for p in parts)
    return found[0] if len(found) == 1 and "," not in text else found


# -- commands ------------------------------------------------------------------------------------------------


def _lowered(options: argparse.Namespace) -> Any:
    from .objects import Derivative
    from .target import parse_values, positional

    target = _target(options)
    given = parse_values(options.at, target.signature)
    kind = options.mode or target.kind or "grad"
    wanted = {} if kind == "value" else {"argnums": _argnums(options.argnums, target.argnums)}
    if target.outputs is not None:
        wanted["outputs"] = target.outputs
    args, keywords = positional(target.signature, given)
    made: Any = Derivative(target.function, kind, wanted)
    return made.lower(*args, **keywords)


def _show(options: argparse.Namespace) -> int:
    lowered = _lowered(options)
    if options.steps:
        print(lowered.explain(), end="")
    else:
        print(_highlighted(lowered.source, sys.stdout), end="")
    return OK


def _graph(options: argparse.Namespace) -> int:
    graph = _lowered(options).graph
    text = {"text": graph.__str__, "dot": graph.dot, "svg": graph.svg}[options.format]()
    _write(text, options.output)
    return OK


def _write(text: str, file: str | None) -> None:
    from .target import UsageError

    if file is None or file == "-":
        print(text, end="")
        return
    try:
        with open(file, "w", encoding="utf-8", newline="\n") as out:
            out.write(text)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error


def _explore(options: argparse.Namespace) -> int:
    from .explore import page
    from .target import UsageError, parse_values, positional, with_samples

    target = _target(options)
    if target.kind == "value":
        raise UsageError(f"{target.name} is made of derivatives; explore the function that it is made of")
    arguments = parse_values(options.at, target.signature)
    if any(p.default is p.empty and n not in arguments for n, p in target.signature.parameters.items()):
        arguments = with_samples(target, arguments)
    argnums = target.argnums if options.argnums is None else _numbers(options.argnums)
    args, keywords = positional(target.signature, arguments)
    try:
        text = page(target.function, *args, argnums=argnums, outputs=target.outputs, **keywords)
    except AdcompileError:
        raise
    except Exception as error:
        shown = ", ".join(f"{n}={_short(v)}" for n, v in arguments.items())
        raise UsageError(f"{target.name} at {shown} raises {type(error).__name__}: {error}") from error
    file = options.output or f"{target.name.rpartition('.')[2]}.html"
    _write(text, file)
    if file != "-":
        print(f"wrote {file}")
        if not options.no_open:
            _open(file)
    return OK


def _open(file: str) -> None:
    """Show a file in the browser, if there is one."""
    import pathlib
    import webbrowser

    if not webbrowser.open(pathlib.Path(file).absolute().as_uri()):
        print("no browser could be started; open the file in one")


def _check(options: argparse.Namespace) -> int:
    from .differences import compare
    from .target import UsageError, call_with, parse_values, with_samples

    target = _target(options)
    if target.kind == "value":
        raise UsageError(f"{target.name} is made of derivatives; check the function that it is made of")
    signature = target.signature
    given = parse_values(options.at, signature)
    arguments = with_samples(target, given)
    names = _checkable(arguments, signature, options.argnums)
    modes = ("reverse", "forward") if options.mode == "both" else (options.mode,)
    call = call_with(signature)
    rows = compare(target.function, arguments, call, names, modes, options.rtol, outputs=target.outputs)
    shown = ", ".join(f"{n}={_short(v)}" for n, v in arguments.items())
    print(f"{target.name} at {shown}\n")
    cells = [("argument", "checked", *(f"{m} error" for m in modes), "allowed", "")]
    for row in rows:
        errors = [e for e in (row.reverse, row.forward) if e is not None]
        verdict = "ok" if row.good else "WRONG"
        cells.append(
            (
                row.name,
                f"{row.checked}/{row.total}",
                *(f"{e:.1e}" for e in errors),
                f"{row.allowed:.0e}",
                verdict,
            )
        )
    _print_table(cells)
    return OK if all(row.good for row in rows) else FAILED


def _checkable(arguments: dict[str, Any], signature: inspect.Signature, argnums: str | None) -> list[str]:
    """The arguments to check: those asked for, else all that hold floating-point numbers."""
    from .leaves import leaves
    from .target import UsageError

    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    able = [n for n, v in arguments.items() if leaves(v) and signature.parameters[n].kind not in kinds]
    if argnums is None:
        if not able:
            raise UsageError("no argument holds floating-point numbers; give some with --at NAME=VALUE")
        return able
    wanted = _argnums(argnums, None)
    parameters = list(signature.parameters)
    chosen = []
    for n in wanted if isinstance(wanted, tuple) else (wanted,):
        name = parameters[n] if isinstance(n, int) and -len(parameters) <= n < len(parameters) else n
        if name not in able:
            raise UsageError(f"argument {n} cannot be checked; these can: {', '.join(able)}")
        chosen.append(name)
    return chosen


def _short(value: Any) -> str:
    import numpy as np

    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)}"
    text = repr(value)
    return text if len(text) <= 30 else text[:29] + "…"


def _print_table(cells: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[k]) for row in cells) for k in range(len(cells[0]))]
    for row in cells:
        line = "  ".join(
            f"{c:<{w}}" if k == 0 else f"{c:>{w}}" for k, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        colour = {"ok": "32", "WRONG": "31"}.get(row[-1])
        print(
            line.rstrip() if colour is None else line[: -len(row[-1])] + _painted(row[-1], colour, sys.stdout)
        )


def _emit(options: argparse.Namespace) -> int:
    from .target import UsageError

    if options.check is not None:
        if options.target is not None or options.at or options.output:
            raise UsageError(
                "emit --check takes the emitted file alone; it knows by itself what it was made of"
            )
        return _check_emitted(options.check)
    if options.target is None:
        raise UsageError("emit needs FILE.py:FUNC, or --check OUT.py")
    folder = (
        os.path.dirname(os.path.abspath(options.output)) if options.output not in (None, "-") else os.getcwd()
    )
    _write(_module(options, ".", folder), options.output)
    return OK


def _module(options: argparse.Namespace, start: str, folder: str) -> str:
    """The text to emit; `start` is what the target's file name is relative to, `folder` holds the output."""
    from .standalone import Request, standalone
    from .target import UsageError, parse_values, with_samples

    target = _target(options, start)
    kind = options.mode or target.kind or "grad"
    if kind == "value":
        raise UsageError(f"{target.name} is made of derivatives; emit takes a function and --mode")
    argnums = _argnums(options.argnums, target.argnums)
    parameters = target.signature.parameters
    defaults = {n: p.default for n, p in parameters.items() if p.default is not p.empty}
    values = {**defaults, **parse_values(options.at, target.signature)}
    given = {n: values[n] for n in parameters if n in values}
    samples = with_samples(target, given)
    file = os.path.relpath(os.path.join(start, target.file), folder).replace(os.sep, "/")
    command = [f"{file}:{target.name}", "--mode", kind, "--argnums", _argnums_text(argnums)]
    command += ["--outputs", _argnums_text(target.outputs)] if target.outputs is not None else []
    # the command has to fit on one line of the module's docstring
    command += ["--at", *(" ".join(text.splitlines()) for text in options.at)] if options.at else []
    command += ["-o", os.path.basename(options.output)] if options.output not in (None, "-") else []
    return standalone(Request(target, kind, argnums, given, samples, command, target.outputs))


def _argnums_text(argnums: Any) -> str:
    if not isinstance(argnums, (tuple, list)):
        return str(argnums)
    return ",".join(map(str, argnums)) + ("," if len(argnums) == 1 else "")


def _check_emitted(file: str) -> int:
    from .target import UsageError

    try:
        with open(file, encoding="utf-8", newline="") as source:
            found = source.read()
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from error
    marker = "Command:"
    line = next((row for row in found.splitlines() if row.startswith(marker)), None)
    words = [] if line is None else shlex.split(line[len(marker) :].replace("\\\\", "\\"))
    if words[:4] != ["python", "-m", "adcompile", "emit"]:
        raise UsageError(f"{file} was not written by `python -m adcompile emit`: it names no command")
    options = _parser().parse_args(words[3:])
    folder = os.path.dirname(os.path.abspath(file))
    wanted = _module(options, folder, folder)
    if wanted == found:
        print(f"{file} is up to date")
        return OK
    print(_painted(f"{file} is stale: {_difference(found, wanted)}", "31", sys.stdout))
    print(f"  write it again: {line[len(marker) :].strip() if line else ''}")
    return FAILED


def _difference(found: str, wanted: str) -> str:
    """What has changed, in a few words."""
    for title, what in (
        ("Compiler:", "adcompile has another version"),
        ("Digest:", "the function has changed"),
    ):
        rows = [next((r for r in text.splitlines() if r.startswith(title)), "") for text in (found, wanted)]
        if rows[0] != rows[1]:
            return what
    pairs = enumerate(zip(found.splitlines(), wanted.splitlines(), strict=False), 1)
    first = next((k for k, (a, b) in pairs if a != b), min(found.count("\n"), wanted.count("\n")) + 1)
    return (
        f"line {first} is not what adcompile writes; the file, a function it calls or a constant has changed"
    )


def _cache(options: argparse.Namespace) -> int:
    from .backend.cache import default_cache

    cache = default_cache()
    if cache is None:
        print("the cache is switched off (ADCOMPILE_CACHE)")
        return OK
    if options.action == "clear":
        print(f"removed {cache.clear()} files from {cache.folder}")
        return OK
    info = cache.info()
    print(f"folder   {info.folder}\nentries  {info.entries}\nbytes    {info.bytes}")
    return OK


def _explain(options: argparse.Namespace) -> int:
    from .errors import explain
    from .target import UsageError

    try:
        print(explain(options.code))
    except AdcompileError as error:
        raise UsageError(error.message) from error
    return OK


# -- colours -------------------------------------------------------------------------------------------------

_COLOURS = {"keyword": "35", "comment": "90", "string": "32", "number": "33"}


def _colourful(stream: TextIO) -> bool:
    """Whether to colour: on a terminal, unless NO_COLOR (https://no-color.org) or TERM says no."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _painted(text: str, colour: str, stream: TextIO) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if _colourful(stream) else text


def _highlighted(source: str, stream: TextIO) -> str:
    if not _colourful(stream):
        return source
    from .inspection import pieces

    return "".join(_painted(t, _COLOURS[k], stream) if k in _COLOURS else t for k, t in pieces(source))
