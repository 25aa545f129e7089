"""From a function to its syntax tree, with the true lines of its file.

In: a Python function object. Out: a `Source`: the `def` or `lambda` that the function was made from, proved
to be it by compiling it again and comparing the bytecode. Not for understanding the tree (`parse.py`), nor
for unwrapping methods, partials and decorated functions: the caller hands over the plain function.

The whole file is parsed, never a cut-out: only so are the lines and columns of lambdas and nested functions
true. The trees are shared by all callers, who must not change them.
"""

from __future__ import annotations
import __future__

import ast
import copy
import functools
import hashlib
import operator
import re
import sys
import threading
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

from adcompile.errors import Loc, SourceUnavailable
from adcompile.frontend.bytecode import codes_within, is_rewritten, same_code
from adcompile.frontend.lines import lines_of
from adcompile.frontend.private import class_around, with_private_names

__all__ = ["FunctionNode", "Source", "get_source"]

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_PLACED = (ast.expr, ast.stmt)

_KEPT_FILES = 128
# The flag of `nested_scopes` has another meaning in `co_flags`.
_FUTURES = functools.reduce(
    operator.or_,
    (
        getattr(__future__, feature).compiler_flag
        for feature in __future__.all_feature_names
        if feature != "nested_scopes"
    ),
)


@dataclass(frozen=True)
class Source:
    """A function, its syntax tree and the file that it stands in.

    Attributes
    ----------
    node : ast.FunctionDef or ast.AsyncFunctionDef or ast.Lambda
        The definition; its positions are those of the file. Shared, not to be changed.
    filename : str
        The file as the function's code names it.
    lines : tuple of str
        All lines of the file, without newlines.
    function : types.FunctionType
        The function object.
    qualname : str
        Its qualified name.
    digest : str
        SHA-256 of the definition's dedented text, decorators not included.
    """

    node: FunctionNode
    filename: str
    lines: tuple[str, ...]
    function: types.FunctionType
    qualname: str
    digest: str

    def loc(self, node: ast.AST) -> Loc:
        """Return where a node stands; of a node over several lines, its first line.

        Parameters
        ----------
        node : ast.AST
            Any node under `self.node`. One that has no position (such as ``ast.arguments``) stands where its
            first part stands.
        """
        place = next((part for part in ast.walk(node) if hasattr(part, "lineno")), self.node)
        line, end_line, first, last = _span(place)
        # Python before 3.12 gives nodes inside f-strings positions that need not exist.
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        column = _chars(text, first)
        end = _chars(text, last) if end_line == line else len(text.rstrip())
        return Loc(self.filename, line, column, max(end, column), text, self.qualname)


@dataclass(eq=False)
class _File:
    """A parsed file and what has been found in it."""

    given: list[str]
    lines: tuple[str, ...]
    tree: ast.Module
    imported: tuple[str, ...]
    compiled: dict[tuple[int, int, int, _Setting], types.CodeType] = field(default_factory=dict)
    # By the identity of the code object, which is kept alive here: equal code is not enough, as two lambdas
    # of one line may be equal.
    found: dict[int, tuple[types.CodeType, FunctionNode, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Setting:
    """What a compiler may have been told beside the text."""

    level: int
    with_imports: bool
    with_super: bool


_lock = threading.RLock()
_files: dict[str, _File] = {}


def get_source(function: types.FunctionType) -> Source:
    """Find the definition that a function was made from.

    Works for functions, methods, closures and lambdas in files, archives, notebook cells, doctests and `exec`
    with a source that `linecache` knows. May be called from many threads.

    Parameters
    ----------
    function : types.FunctionType
        A plain Python function.

    Raises
    ------
    SourceUnavailable
        If the object is no Python function (AD302), Python has not kept its text (AD301), the text is not the
        code that runs (AD303), or lambdas of one line cannot be told apart (AD304).
    """
    if not isinstance(function, types.FunctionType):
        raise _not_a_function(function)
    code = function.__code__
    with _lock:
        file = _read(function)
        known = file.found.get(id(code))
        if known is None:
            found = _locate(file, function)
            node = with_private_names(found, class_around(file.tree, found))
            known = file.found[id(code)] = code, node, _digest(file.lines, node)
    _, node, digest = known
    return Source(node, code.co_filename, file.lines, function, function.__qualname__, digest)


def _read(function: types.FunctionType) -> _File:
    """Return the function's file, parsed; parse it again only if its text has changed."""
    filename = function.__code__.co_filename
    given = lines_of(function)
    if not given:
        raise _no_source(function)
    file = _files.get(filename)
    if file is not None and (file.given is given or file.given == given):
        return file
    text = "".join(given)
    try:
        with warnings.catch_warnings():
            # What the parser warns of was said when the file was imported.
            warnings.simplefilter("ignore")
            tree = ast.parse(text, filename)
    except (SyntaxError, ValueError):
        raise _not_the_code(function) from None
    # Not str.splitlines: it also splits where Python does not, as at form feeds.
    lines = tuple(re.split(r"\r\n?|\n", text))
    _files.pop(filename, None)
    while len(_files) >= _KEPT_FILES:
        _files.pop(next(iter(_files)))
    file = _files[filename] = _File(given, lines, tree, tuple(_imported(tree.body)))
    return file


def _locate(file: _File, function: types.FunctionType) -> FunctionNode:
    """Return the node whose code is the function's."""
    code = function.__code__
    first, last = _statements_at(file.tree.body, code.co_firstlineno)
    nodes = [
        node
        for statement in file.tree.body[first:last]
        for node in _definitions(statement, code.co_firstlineno)
        if _name(node) == code.co_name
    ]
    if len(nodes) > 1:
        return _one_of_several(file, function, (first, last), nodes)
    for setting in _settings() if nodes else ():
        module = _compile(file, (first, last), code, setting)
        if any(same_code(code, other) for other in codes_within(module, code.co_name, code.co_firstlineno)):
            return nodes[0]
    moved = _moved(file, code)
    if moved is None:
        raise _not_the_code(function)
    return moved


def _moved(file: _File, code: types.CodeType) -> FunctionNode | None:
    """Return the one `def` elsewhere in the file that has the same code.

    An edit above a function moves it without changing it, and its derivative is still the right one. Lambdas
    are too alike for this, and code that pytest has rewritten cannot be compared exactly.
    """
    if code.co_name == "<lambda>" or is_rewritten(code):
        return None
    matches: list[FunctionNode] = []
    for index, statement in enumerate(file.tree.body):
        nodes = [node for node in _definitions(statement) if _name(node) == code.co_name]
        if not nodes:
            continue
        for setting in _settings():
            module = _compile(file, (index, index + 1), code, setting)
            for node in nodes:
                others = codes_within(module, code.co_name, _first_line(node))
                if node not in matches and any(same_code(code, other) for other in others):
                    matches.append(node)
    return matches[0] if len(matches) == 1 else None


def _one_of_several(
    file: _File, function: types.FunctionType, span: tuple[int, int], nodes: list[FunctionNode]
) -> FunctionNode:
    """Choose between lambdas that begin on one line."""
    code = function.__code__
    for setting in _settings():
        matches = []
        for node, others in _codes_of_each(file, code, span, nodes, setting):
            if any(same_code(code, other) for other in others):
                matches.append(node)
        if matches:
            break
    else:
        raise _not_the_code(function)
    placed = [node for node in matches if _holds_positions(node, code)]
    chosen = placed[0] if placed else matches[0]
    if any(ast.dump(node) != ast.dump(chosen) for node in placed or matches):
        raise _ambiguous(function)
    # Equal text and equal code: whichever it is, it means the same.
    return chosen


def _codes_of_each(
    file: _File, code: types.CodeType, span: tuple[int, int], nodes: list[FunctionNode], setting: _Setting
) -> Iterator[tuple[FunctionNode, list[types.CodeType]]]:
    """Yield every lambda of `nodes` with its own code.

    A code object does not say which node it comes from, only its first line, and the compiler merges equal
    ones. So a copy of the statements is compiled in which each lambda has a line of its own, after the file's
    last.
    """
    free = len(file.lines) + 1
    twins: dict[int, ast.Lambda] = {}
    body = copy.deepcopy(file.tree.body[span[0] : span[1]], twins)
    for index, node in enumerate(nodes):
        twins[id(node)].lineno = twins[id(node)].end_lineno = free + index
    module = _compile_statements(file, body, code, setting)
    for index, node in enumerate(nodes):
        yield node, list(codes_within(module, "<lambda>", free + index))


def _holds_positions(node: FunctionNode, code: types.CodeType) -> bool:
    """Say whether all instructions come from inside the lambda; False where Python has kept no columns."""
    positions = getattr(code, "co_positions", None)
    if positions is None or not isinstance(node, ast.Lambda):
        return False
    line, end_line, first, last = _span(node.body)
    # The instructions that enter a function stand at (0, 0), where no body of a lambda can stand.
    inner = [p for p in positions() if None not in p and (p[2], p[3]) != (0, 0)]
    return bool(inner) and all(
        (line, first) <= (p[0], p[2]) and (p[1], p[3]) <= (end_line, last) for p in inner
    )


def _compile(file: _File, span: tuple[int, int], code: types.CodeType, setting: _Setting) -> types.CodeType:
    """Compile top-level statements of a file as `code` was compiled."""
    key = *span, code.co_flags & _FUTURES, setting
    module = file.compiled.get(key)
    if module is None:
        module = _compile_statements(file, file.tree.body[span[0] : span[1]], code, setting)
        file.compiled[key] = module
    return module


def _compile_statements(
    file: _File, body: list[ast.stmt], code: types.CodeType, setting: _Setting
) -> types.CodeType:
    """Compile statements without those around them.

    Scopes, cells and mangled names never reach across top-level statements, and what `from __future__` says
    stands in the flags of the code. Two things do: since Python 3.11 `name.f()` is compiled in another way if
    the module imports `name`, and since 3.12 `super()` is if the module itself uses the name `super`.
    """
    where = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 0}
    if setting.with_imports and file.imported:
        body = [ast.Import([ast.alias(name, None, **where) for name in file.imported], **where), *body]
    if setting.with_super:
        body = [ast.Expr(ast.Name("super", ast.Load(), **where), **where), *body]
    # A notebook cell may await at its top level.
    flags = code.co_flags & _FUTURES | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module: types.CodeType = compile(
            ast.Module(body, []), code.co_filename, "exec", flags, dont_inherit=True, optimize=setting.level
        )
    return module


def _settings() -> list[_Setting]:
    """Return how the code may have been compiled, the likeliest first.

    Notebooks and the prompt compile one statement at a time, and so without the imports that stand beside it.
    """
    ours = sys.flags.optimize
    levels = [ours, *sorted({0, 1, 2} - {ours})]
    contexts = [(True, False), (False, False), (True, True)]
    return [_Setting(level, *context) for level in levels for context in contexts]


def _imported(body: list[ast.stmt]) -> Iterator[str]:
    """Yield the names that the statements import into their own scope."""
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            names = [alias.asname or alias.name.partition(".")[0] for alias in statement.names]
            yield from (name for name in names if name != "*")
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for block in ("body", "orelse", "finalbody"):
                yield from _imported(getattr(statement, block, []))
            for part in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
                yield from _imported(part.body)


def _statements_at(body: list[ast.stmt], line: int) -> tuple[int, int]:
    """Return the range of the top-level statements that cover a line."""
    covering = [i for i, node in enumerate(body) if _first_line(node) <= line <= _span(node)[1]]
    return (covering[0], covering[-1] + 1) if covering else (0, 0)


def _definitions(statement: ast.stmt, line: int | None = None) -> Iterator[FunctionNode]:
    """Yield the functions and lambdas in a statement in source order; with a line, those that begin there."""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, _PLACED):
            begin = _first_line(node)
            if line is not None and not begin <= line <= _span(node)[1]:
                continue
            if isinstance(node, _DEFINITIONS) and line in (None, begin):
                yield node
        stack.extend(reversed(list(ast.iter_child_nodes(node))))


def _name(node: FunctionNode) -> str:
    return "<lambda>" if isinstance(node, ast.Lambda) else node.name


def _first_line(node: ast.expr | ast.stmt) -> int:
    """Return where the code object of a definition begins: at its first decorator."""
    decorators = getattr(node, "decorator_list", None)
    return decorators[0].lineno if decorators else node.lineno


def _span(node: ast.AST) -> tuple[int, int, int, int]:
    """Return first line, last line, first byte and last byte of a node that was parsed from text."""
    line: int = node.lineno  # type: ignore[attr-defined]
    column: int = node.col_offset  # type: ignore[attr-defined]
    return line, getattr(node, "end_lineno", line), column, getattr(node, "end_col_offset", column)


def _chars(text: str, offset: int) -> int:
    """Turn an offset in UTF-8 bytes into one in characters."""
    if text.isascii():
        return min(offset, len(text))
    return len(text.encode()[:offset].decode(errors="replace"))


def _digest(lines: tuple[str, ...], node: FunctionNode) -> str:
    """Return the SHA-256 of a definition's text, wherever it is indented to."""
    line, end_line, first, last = _span(node)
    indent = len(lines[line - 1]) - len(lines[line - 1].lstrip())
    # The indentation inside a string is part of its value.
    inside = {
        number
        for part in ast.walk(node)
        if isinstance(part, ast.Constant | ast.JoinedStr)
        for number in range(part.lineno + 1, (part.end_lineno or 0) + 1)
    }
    text = []
    for number in range(line, end_line + 1):
        raw = lines[number - 1].encode()
        start = first if number == line else 0
        if number != line and number not in inside:
            start = min(indent, len(raw) - len(raw.lstrip()))
        text.append(raw[start : last if number == end_line else len(raw)])
    return hashlib.sha256(b"\n".join(text)).hexdigest()


def _place(function: types.FunctionType) -> Loc:
    code = function.__code__
    return Loc(code.co_filename, code.co_firstlineno, 0, 0, "", function.__qualname__)


def _not_a_function(what: object) -> SourceUnavailable:
    name = getattr(what, "__qualname__", None) or type(what).__qualname__
    module = getattr(what, "__module__", None)
    shown = f"{module}.{name}" if isinstance(module, str) and module != "builtins" else name
    return SourceUnavailable(
        "AD302",
        f"`{shown}` is a {type(what).__name__}, not a function written in Python",
        None,
        f"a Python function; if there is a rule for it, wrap it: `lambda x: {name}(x)`",
    )


def _no_source(function: types.FunctionType) -> SourceUnavailable:
    return SourceUnavailable(
        "AD301",
        f"Python has not kept the source of `{function.__qualname__}`",
        _place(function),
        "a function from a file, a notebook cell or a doctest; to use `exec`, put its text into `linecache`",
    )


def _not_the_code(function: types.FunctionType) -> SourceUnavailable:
    return SourceUnavailable(
        "AD303",
        f"the source of `{function.__qualname__}` is not the code that runs; the file was edited since",
        _place(function),
        "the text that was imported; reload the module with `importlib.reload`, or restart Python\n"
        "(import hooks that rewrite functions have to leave this module alone)",
    )


def _ambiguous(function: types.FunctionType) -> SourceUnavailable:
    return SourceUnavailable(
        "AD304",
        "several lambdas on this line have the same code, and Python does not say which of them is meant",
        _place(function),
        "one lambda on a line; give each a line of its own, or define it with `def`",
    )
