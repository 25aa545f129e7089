"""Emitted text becomes a function that Python's tools can see into.

In goes the text of a module, the name of a function in it and, if the text is in a file, the path; out comes
the function. Tracebacks, ``pdb`` and ``inspect.getsource`` show the text that was executed, also after
``linecache.clearcache()`` and after the file is gone. With a path, coverage and line profilers measure the
file.

Three places have to know the text for that. ``linecache`` holds the lines, without a time stamp, so that it
does not compare them with the disk; once it is cleared, frames lead back to the text by ``__loader__`` in
their globals, and functions by a module in ``sys.modules``. All three are withdrawn with the last function of
a text. One gap is left that Python does not let us close: after ``clearcache()``, a file that was meanwhile
overwritten with other text is shown as it now is.

Not for deciding what to load, nor from where: see ``cache``.
"""

from __future__ import annotations

import ast
import io
import linecache
import sys
import types
import weakref
from collections.abc import Mapping
from importlib.machinery import ModuleSpec

from adcompile.backend.cache import digest


class _Source:
    """A text under a file name, kept alive by the functions that were loaded from it and by nothing else."""

    __slots__ = ("__weakref__", "file_name", "module_name", "text")

    def __init__(self, file_name: str, module_name: str, text: str) -> None:
        self.file_name = file_name
        self.module_name = module_name
        self.text = text


class EmittedLoader:
    """The ``__loader__`` of emitted code: it knows the source (PEP 302), and it imports nothing."""

    def __init__(self, text: str, source: _Source | None, namespace: Mapping[str, object]) -> None:
        self.text = text
        self.source = source
        self.namespace = namespace

    def get_source(self, fullname: str) -> str:
        """Return the text, whatever the module is called."""
        return self.text


_live: weakref.WeakValueDictionary[str, _Source] = weakref.WeakValueDictionary()


def load(
    text: str,
    name: str,
    *,
    path: str | None = None,
    namespace: Mapping[str, object] | None = None,
    reads: Mapping[str, str] | None = None,
) -> types.FunctionType:
    """Execute an emitted module and return one of its functions.

    Parameters
    ----------
    text : str
        The module. If it comes from a file this is the whole file, so that line numbers agree.
    name : str
        The function, defined at the top level of the text.
    path : str, optional
        The file that holds the text. Without it the code gets a file name of its own,
        ``<adcompile NAME DIGEST>.py``.
    namespace : mapping, optional
        Further globals for the text to find.
    reads : mapping, optional
        Keyword-only parameters that the function shall not have, with the expressions over `namespace` that
        it evaluates for them at each call.

    Raises
    ------
    ValueError
        If the text defines no such function.
    """
    source = _source(text, name, path)
    extra = dict(namespace or {})
    module = {**extra, **_dunders(source, EmittedLoader(text, source, extra))}
    code = _with_reads(text, name, reads) if reads else text
    exec(compile(code, source.file_name, "exec", dont_inherit=True), module)
    function = module.get(name)
    if not isinstance(function, types.FunctionType) or function.__globals__ is not module:
        raise ValueError(f"{source.file_name} defines no function {name!r}")
    return function


def _with_reads(text: str, name: str, reads: Mapping[str, str]) -> ast.Module:
    """The module with the first statements of a function in the place of some of its parameters.

    A wrapper that passes them would cost a second call. No line of the text moves.
    """
    module = ast.parse(text)
    function = next(n for n in module.body if isinstance(n, ast.FunctionDef) and n.name == name)
    kept = [
        (parameter, default)
        for parameter, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        if parameter.arg not in reads
    ]
    function.args.kwonlyargs = [parameter for parameter, _ in kept]
    function.args.kw_defaults = [default for _, default in kept]
    described = ast.get_docstring(function, clean=False) is not None
    statements = ast.parse("".join(f"{parameter} = {value}\n" for parameter, value in reads.items())).body
    for node in statements:
        for inner in ast.walk(node):
            ast.copy_location(inner, function)
    function.body[described:described] = statements
    return module


def _source(text: str, name: str, path: str | None) -> _Source:
    """Return the source for a text, shared with the functions that were loaded from it before."""
    mark = digest((path or "", name, text))[:16]
    # It does not end in ">", or linecache would ask no loader; it begins with "<", so that coverage skips it.
    unique = f"<adcompile {name} {mark}>.py"
    file_name = unique if path is None else path
    known = _live.get(file_name)
    if known is not None and known.text != text:
        # The file was rewritten while functions of its former text are in use; linecache can show only one.
        file_name = unique
        known = _live.get(file_name)
    if known is not None:
        return known
    source = _Source(file_name, f"adcompile.emitted.{name}_{mark}", text)
    _live[file_name] = source
    _register(source)
    return source


def _register(source: _Source) -> None:
    """Tell linecache and sys.modules about a source, for as long as it lives."""
    # Universal newlines are how the compiler counts; str.splitlines would also break at form feeds.
    lines = io.StringIO(source.text, newline=None).readlines()
    linecache.cache[source.file_name] = (len(source.text), None, lines, source.file_name)
    # The module has the loader and not the function: pickle would take a function it finds here for
    # importable elsewhere. Nor has it the source, which would then live for ever.
    module = types.ModuleType(source.module_name)
    module.__dict__.update(_dunders(source, EmittedLoader(source.text, None, {})))
    sys.modules[source.module_name] = module
    weakref.finalize(source, _forget, source.file_name, module).atexit = False


def _forget(file_name: str, module: types.ModuleType) -> None:
    """Undo the registration of a source that is gone, unless another took its place."""
    if sys.modules.get(module.__name__) is module:
        sys.modules.pop(module.__name__, None)
    entry = linecache.cache.get(file_name)
    # An entry that is not lazy and has a time stamp (its second item) was read from the disk by others.
    from_here = entry is not None and (len(entry) == 1 or entry[1] is None)
    if from_here and _live.get(file_name) is None:
        linecache.cache.pop(file_name, None)


def _dunders(source: _Source, loader: EmittedLoader) -> dict[str, object]:
    """Return the globals by which Python finds the source of a module."""
    # ModuleSpec is typed for loaders that can import; from 3.12 on a __loader__ without a spec is deprecated.
    spec = ModuleSpec(source.module_name, loader, origin=source.file_name)  # type: ignore[arg-type]
    return {
        "__name__": source.module_name,
        "__file__": source.file_name,
        "__loader__": loader,
        "__spec__": spec,
    }
