"""Functions of every kind are found again in their source, or refused with the reason."""

from __future__ import annotations

import ast
import doctest
import functools
import importlib.util
import itertools
import linecache
import math
import os
import py_compile
import subprocess
import sys
import threading
import types
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from adcompile.errors import SourceUnavailable
from adcompile.frontend.source import Source, get_source

KEEPS_COLUMNS = sys.version_info >= (3, 11)
_numbers = itertools.count()


def shown(source: Source) -> str:
    """The text that the node's own positions cut out of the file."""
    node = source.node
    assert node.end_lineno is not None
    lines = [line.encode() for line in source.lines[node.lineno - 1 : node.end_lineno]]
    lines[-1] = lines[-1][: node.end_col_offset]
    lines[0] = lines[0][node.col_offset :]
    return b"\n".join(lines).decode()


def execute(
    text: str, name: str = "", register: bool = True, flags: int = 0, optimize: int = -1
) -> dict[str, Any]:
    """Run a text as a notebook runs a cell."""
    name = name or f"<cell {next(_numbers)}>"
    text = dedent(text)
    if register:
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    else:
        # a process that was started with `-c` has text of its own under this name, from Python 3.13 on
        linecache.cache.pop(name, None)
    names: dict[str, Any] = {"__name__": "cell"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(text, name, "exec", flags, dont_inherit=True, optimize=optimize), names)
    return names


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Callable[..., types.ModuleType]]:
    def load(text: str, name: str = "model") -> types.ModuleType:
        path = tmp_path / f"{name}.py"
        path.write_text(dedent(text), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    yield load
    linecache.checkcache()


def code_of(error: pytest.ExceptionInfo[SourceUnavailable]) -> str:
    return error.value.code


# --- functions of this file


def decorated(*_: object) -> Callable[[Any], Any]:
    return lambda function: function


@decorated(
    1,
    2,
)
@decorated()
def with_decorators(x):
    return x + 1


def outer(k):
    scale = 2.0

    def inner(x, power=lambda v: v**3):
        return k * scale * power(x)

    return inner


class Model:
    """Methods with a `__class__` cell, a mangled name and a property."""

    def __init__(self):
        super().__init__()
        self.__w = 2.0

    def value(self, x):
        return self.__w * x

    @property
    def weight(self):
        return self.__w

    @staticmethod
    def double(x):
        return 2 * x

    @classmethod
    def make(cls):
        return cls()

    class Inner:
        def value(self, x):
            return x


if len(sys.argv) >= 0:

    def chosen(x):
        return x

else:

    def chosen(x):
        return -x


def twice(x):
    return x


first_twice = twice


def twice(x):
    return 2 * x


two = [lambda x: x + 1, lambda x: x + 2]
curried = lambda x: lambda y: x * y
table = {"a": (lambda x: x), "b": [lambda x: x * x, lambda x, *, k=3: x * k]}
semicolons = lambda x: x - 1; after_semicolon = lambda x: x - 2  # fmt: skip # noqa: E702
# fmt: off
over_lines = (lambda x:
              x * 7)
# fmt: on
constants = [lambda x: x * 0.0, lambda x: x * -0.0, lambda x: x * 0, lambda x: x * False]


def generator(x):
    yield x


async def coroutine(x):
    return x


def asserts(x, y=3):
    """It has an assert, which pytest rewrites."""
    z = x * y
    assert z > 0, "positive"
    return math.sqrt(z)


def asserts_inside(x):
    def check(y):
        assert y < 10**9
        return y

    return check(x) + 1


FOUND = {
    "decorators": (with_decorators, "def with_decorators(x):\n    return x + 1"),
    "closure": (outer(1.0), "def inner(x, power=lambda v: v**3):\n        return k * scale * power(x)"),
    "default": (outer(1.0).__defaults__[0], "lambda v: v**3"),
    "init": (
        Model.__init__,
        "def __init__(self):\n        super().__init__()\n        self.__w = 2.0",
    ),
    "method": (Model.value, "def value(self, x):\n        return self.__w * x"),
    "property": (Model.weight.fget, "def weight(self):\n        return self.__w"),
    "staticmethod": (Model.double, "def double(x):\n        return 2 * x"),
    "classmethod": (Model.make.__func__, "def make(cls):\n        return cls()"),
    "inner class": (Model.Inner.value, "def value(self, x):\n            return x"),
    "conditional": (chosen, "def chosen(x):\n        return x"),
    "first of a name": (first_twice, "def twice(x):\n    return x"),
    "second of a name": (twice, "def twice(x):\n    return 2 * x"),
    "first on a line": (two[0], "lambda x: x + 1"),
    "second on a line": (two[1], "lambda x: x + 2"),
    "curried": (curried, "lambda x: lambda y: x * y"),
    "curried, inner": (curried(1), "lambda y: x * y"),
    "in a dict": (table["a"], "lambda x: x"),
    "in a list": (table["b"][0], "lambda x: x * x"),
    "with a default": (table["b"][1], "lambda x, *, k=3: x * k"),
    "before a semicolon": (semicolons, "lambda x: x - 1"),
    "after a semicolon": (after_semicolon, "lambda x: x - 2"),
    "over lines": (over_lines, "lambda x:\n              x * 7"),
    "zero": (constants[0], "lambda x: x * 0.0"),
    "minus zero": (constants[1], "lambda x: x * -0.0"),
    "integer zero": (constants[2], "lambda x: x * 0"),
    "false": (constants[3], "lambda x: x * False"),
    "generator": (generator, "def generator(x):\n    yield x"),
    "coroutine": (coroutine, "async def coroutine(x):\n    return x"),
}


@pytest.mark.parametrize("name", FOUND)
def test_the_definition_is_found(name: str) -> None:
    function, text = FOUND[name]
    source = get_source(function)
    assert shown(source) == text
    assert source.function is function
    assert source.qualname == function.__qualname__
    assert source.filename == __file__
    assert "\n".join(source.lines) == Path(__file__).read_text(encoding="utf-8")


def test_functions_with_rewritten_asserts_are_found() -> None:
    assert "@pytest_ar" in asserts.__code__.co_names
    assert shown(get_source(asserts)).startswith("def asserts(x, y=3):")
    assert shown(get_source(asserts_inside)).startswith("def asserts_inside(x):")


def test_a_local_function_of_a_test_is_found() -> None:
    k = 2.0

    def local(x):
        assert x
        return k * x

    assert shown(get_source(local)).startswith("def local(x):")
    assert shown(get_source(lambda x: k + x)) == "lambda x: k + x"


def test_a_rewritten_function_with_other_names_is_refused() -> None:
    names = execute("def f(x):\n    assert x\n    return cos(x)\n")
    fresh = execute("def f(x):\n    assert x\n    return sin(x)\n", register=False)["f"].__code__
    other = fresh.replace(
        co_names=("@pytest_ar", *fresh.co_names), co_filename=names["f"].__code__.co_filename
    )
    with pytest.raises(SourceUnavailable) as error:
        get_source(types.FunctionType(other, {}))
    assert code_of(error) == "AD303"
    right = names["f"].__code__
    assert (
        get_source(
            types.FunctionType(right.replace(co_names=(*right.co_names, "@pytest_ar")), {})
        ).node.lineno
        == 1
    )


def test_functions_made_in_a_loop_share_their_definition() -> None:
    fs = [lambda x, k=k: x * k for k in range(3)]
    assert {id(get_source(f).node) for f in fs} == {id(get_source(fs[0]).node)}
    assert get_source(outer(1.0)).node is get_source(outer(2.0)).node


def test_wrapped_functions_are_not_unwrapped() -> None:
    @functools.wraps(twice)
    def wrapper(x):
        return twice(x)

    assert shown(get_source(wrapper)) == "def wrapper(x):\n        return twice(x)"


# --- where functions come from


def test_a_cell_is_found_and_keeps_its_future_flags() -> None:
    import __future__

    text = """
    def f(x):
        def g(y: undefined) -> undefined:
            return y
        return g(x)
    """
    flags = __future__.annotations.compiler_flag
    assert shown(get_source(execute(text, flags=flags)["f"])).startswith("def f(x):\n    def g(y: undefined)")
    assert shown(get_source(execute("from __future__ import annotations\n" + dedent(text))["f"]))


def test_a_redefined_cell_is_another_source() -> None:
    old = execute("def f(x): return x")["f"]
    new = execute("def f(x): return 2 * x")["f"]
    assert shown(get_source(old)) == "def f(x): return x"
    assert shown(get_source(new)) == "def f(x): return 2 * x"


def test_a_cell_that_awaits_at_its_top_level_is_found() -> None:
    text = "async def g():\n    return 1\nif await g():\n    def f(x): return x\n"
    name = "<awaiting cell>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    outer_code = compile(text, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    names: dict[str, Any] = {}
    with pytest.raises(StopIteration):
        eval(outer_code, names).send(None)
    assert shown(get_source(names["f"])) == "def f(x): return x"


def test_doctests_are_found_while_they_run() -> None:
    text = """
    >>> def f(x):
    ...     return x * x
    >>> g = lambda x: x + 1
    >>> shown(get_source(f)), shown(get_source(g))
    ('def f(x):\\n    return x * x', 'lambda x: x + 1')
    """
    test = doctest.DocTestParser().get_doctest(text, {"shown": shown, "get_source": get_source}, "t", None, 0)
    assert doctest.DocTestRunner(verbose=False).run(test).failed == 0


def test_a_module_in_an_archive_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "lib.zip", "w") as archive:
        archive.writestr("zipped_model.py", "def f(x):\n    return x\n")
    monkeypatch.syspath_prepend(str(tmp_path / "lib.zip"))
    module = importlib.import_module("zipped_model")
    assert shown(get_source(module.f)) == "def f(x):\n    return x"


def test_windows_line_ends_form_feeds_and_tabs(tmp_path: Path) -> None:
    path = tmp_path / "odd.py"
    path.write_bytes(b"x = 1\r\n\x0c\r\nif x:\r\n\tdef f(x):\r\n\t\treturn x\r\n")
    spec = importlib.util.spec_from_file_location("odd", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    source = get_source(module.f)
    assert shown(source) == "def f(x):\n\t\treturn x"
    assert source.node.lineno == 4


@pytest.mark.parametrize(
    "imports",
    [
        "import math",
        "import numpy as np, math as np",
        "from os import path as np",
        "from os import *\nimport os.path\nimport math as np",
        "try:\n    import nothing\nexcept ImportError:\n    import math as np",
        "if 1:\n    pass\nelse:\n    import math as np",
        "def g():\n    import math as np",
        "class A:\n    import math as np",
        "match 1:\n    case 1:\n        import math as np",
        "with open(__file__):\n    import math as np",
    ],
)
@pytest.mark.parametrize("one_by_one", [False, True])
def test_the_imports_of_a_module_change_the_code_of_its_functions(imports: str, one_by_one: bool) -> None:
    text = (
        f"{imports}\ndef f(x):\n    return np.sin(x) + os.cos(x)\nf = f, lambda: np.sin(), lambda: np.cos()\n"
    )
    name = f"<cell {next(_numbers)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    names: dict[str, Any] = {"__file__": __file__}
    body = ast.parse(text).body
    for statements in [[statement] for statement in body] if one_by_one else [body]:
        exec(compile(ast.Module(statements, []), name, "exec", dont_inherit=True), names)
    assert [shown(get_source(f))[:3] for f in names["f"]] == ["def", "lam", "lam"]
    moved = "\n\n" + text
    linecache.cache[name] = (len(moved), None, moved.splitlines(True), name)
    assert get_source(names["f"][0]).node.lineno == text[: text.index("def f")].count("\n") + 3


@pytest.mark.parametrize("first", ["import math", "import math\nbase = super", "base = super\nsuper = super"])
def test_a_module_that_uses_the_name_super_changes_its_methods(first: str) -> None:
    text = f"{first}\nclass A:\n    def __init__(self):\n        super().__init__()\n        math.sin(1)\n"
    assert get_source(execute(text)["A"].__init__)


def test_a_coroutine_of_the_types_module_is_found() -> None:
    assert get_source(types.coroutine(execute("def f(x):\n    yield x\n")["f"])).node.lineno == 1


def test_code_of_other_levels_of_optimization_is_found() -> None:
    text = """
    def f(x):
        "It has a docstring."
        assert x > 0
        return [lambda y: y + __debug__, lambda y: y + 1]
    """
    for level in (0, 1, 2):
        f = execute(text, optimize=level)["f"]
        assert get_source(f).node.lineno == 2
        if not level:
            continue
        assert shown(get_source(f(1)[0])) == "lambda y: y + __debug__"


def test_a_traced_function_is_found() -> None:
    f = execute("def f(x):\n    for i in range(3):\n        x = x + i\n    return x\n")["f"]
    calls: list[str] = []

    def trace(frame, event, arg):
        calls.append(event)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for _ in range(50):
            f(1.0)
        source = get_source(f)
    finally:
        sys.settrace(before)
    assert "line" in calls
    assert source.node.lineno == 1


@pytest.mark.skipif(not KEEPS_COLUMNS, reason="exception tables came with Python 3.11")
def test_where_handlers_begin_is_compared() -> None:
    f = execute("def f(x):\n    with x:\n        return x\n")["f"]
    other = types.FunctionType(f.__code__.replace(co_exceptiontable=b""), {})
    with pytest.raises(SourceUnavailable, match="AD303"):
        get_source(other)


def test_a_warm_function_is_found() -> None:
    f = execute("def f(x):\n    y = 0.0\n    for i in range(9):\n        y = y + x * i\n    return y\n")["f"]
    for _ in range(500):
        f(1.0)
    assert get_source(f).node.lineno == 1


def test_the_compiler_warns_only_once() -> None:
    f = execute("def f(x):\n    return '\\d' if x is 1 else (x, '')\n")["f"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert get_source(f).node.lineno == 1


LIBRARIES = ["argparse", "contextlib", "statistics", "unittest.mock", "numpy.lib._function_base_impl"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_all_functions_of_a_library_are_found(library: str) -> None:
    module = importlib.import_module(library)
    owners = [module, *(value for value in vars(module).values() if isinstance(value, type))]
    functions = {
        value
        for owner in owners
        for value in vars(owner).values()
        if isinstance(value, types.FunctionType) and value.__code__.co_filename == module.__file__
    }
    assert len(functions) > 10
    for function in functions:
        code, node = function.__code__, get_source(function).node
        begin = min(part.lineno for part in [node, *getattr(node, "decorator_list", [])])
        assert (getattr(node, "name", "<lambda>"), begin) == (code.co_name, code.co_firstlineno)
        arguments = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        assert len(arguments) == code.co_argcount + code.co_kwonlyargcount


# --- refused


@pytest.mark.parametrize(
    ("what", "text"),
    [
        (math.sin, "`math.sin` is a builtin_function_or_method, not a function written in Python [AD302]"),
        (len, "`len` is a builtin_function_or_method, not"),
        (Model, ".Model` is a type, not"),
        (Model().value, ".Model.value` is a method, not"),
        (functools.partial(twice, 1), "`functools.partial` is a partial, not"),
        (3, "`int` is a int, not"),
    ],
)
def test_what_is_no_python_function_is_refused(what: Any, text: str) -> None:
    with pytest.raises(SourceUnavailable) as error:
        get_source(what)
    assert code_of(error) == "AD302"
    assert text in str(error.value)
    assert "expected a Python function" in str(error.value)


def test_exec_without_a_source_is_refused() -> None:
    f = execute("\n\ndef f(x): return x", "<string>", register=False)["f"]
    with pytest.raises(SourceUnavailable) as error:
        get_source(f)
    assert str(error.value) == (
        "<string>:3: SourceUnavailable: Python has not kept the source of `f` [AD301]\n"
        "  expected a function from a file, a notebook cell or a doctest; to use `exec`, put its text into"
        " `linecache`"
    )


def test_a_compiled_file_without_its_source_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gone.py"
    path.write_text("def f(x): return x\n")
    compiled = py_compile.compile(str(path), cfile=str(tmp_path / "gone.pyc"))
    path.unlink()
    spec = importlib.util.spec_from_file_location("gone", compiled)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.raises(SourceUnavailable) as error:
        get_source(module.f)
    assert code_of(error) == "AD301"


@pytest.mark.parametrize(
    "after",
    [
        "def f(x):\n    return 2 * x\n",
        "def f(x):\n    return x * 1.0\n",
        "def f(y):\n    return y * 1\n",
        "def f(x, y=0):\n    return x * 1\n",
        "def f(x, /):\n    return x * 1\n",
        "def g(x):\n    return x * 1\n",
        "async def f(x):\n    return x * 1\n",
        "f = lambda x: x * 1\n",
        "def f(x:\n",
        "x = 1\n",
        "\n" * 9,
        "def f(x):\n    return x * 1\nx = '\0'\n",
    ],
)
def test_an_edited_file_is_refused(load: Callable[..., types.ModuleType], after: str) -> None:
    module = load("def f(x):\n    return x * 1\n")
    assert get_source(module.f)
    Path(str(module.__file__)).write_text(after)
    with pytest.raises(SourceUnavailable) as error:
        get_source(module.f)
    assert str(error.value) == (
        "model.py:1: SourceUnavailable: the source of `f` is not the code that runs; the file was edited"
        " since [AD303]\n"
        "  expected the text that was imported; reload the module with `importlib.reload`, or restart"
        " Python\n"
        "  (import hooks that rewrite functions have to leave this module alone)"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return x * 0.0", "return x * -0.0"),
        ("return x in {1, 2}", "return x in {1, 2.0}"),
        ("return [y for y in (x, 1)]", "return [y for y in (x, True)]"),
        ("return (lambda y: y + 1)(x)", "return (lambda y: y + 2)(x)"),
        ("return x.real", "return x.imag"),
        ("return sum(x)", "return max(x)"),
        ("global y; y = x", "y = x; y = x"),
        ("return 1e400 - x", "return 1e300 - x"),
        ("return 1j * x", "return -1j * x"),
    ],
)
def test_an_edit_of_a_detail_is_noticed(before: str, after: str) -> None:
    old, new = f"def f(x):\n    {before}\n", f"def f(x):\n    {after}\n"
    f = execute(old)["f"]
    assert get_source(f)
    name = f.__code__.co_filename
    linecache.cache[name] = (len(new), None, new.splitlines(True), name)
    with pytest.raises(SourceUnavailable, match="AD303"):
        get_source(f)


def test_constants_that_equal_nothing_still_match() -> None:
    text = "(x, 1e400 - 1e400, (1e400, -0.0, 2j), ..., b'', None, {1, 2.0} | {x}, x in {1, 'a'})"
    assert get_source(execute(f"def f(x):\n    return {text}\n")["f"]).node.lineno == 1


def test_a_function_that_an_edit_only_moved_is_found(load: Callable[..., types.ModuleType]) -> None:
    module = load("def f(x):\n    return x\n\ndef g(x):\n    return f(x)\n")
    path = Path(str(module.__file__))
    path.write_text("import math\n\nclass A:\n    def f(x):\n        return -x\n\n" + path.read_text())
    source = get_source(module.f)
    assert shown(source) == "def f(x):\n    return x"
    assert source.node.lineno == 7
    assert source.loc(source.node).text == "def f(x):"


def test_a_moved_function_with_a_double_is_refused(load: Callable[..., types.ModuleType]) -> None:
    module = load("def f(x):\n    return x\n")
    path = Path(str(module.__file__))
    path.write_text("\n\n" + path.read_text() * 2)
    with pytest.raises(SourceUnavailable, match="AD303"):
        get_source(module.f)


def test_a_moved_lambda_is_refused(load: Callable[..., types.ModuleType]) -> None:
    module = load("f = lambda x: x\n")
    path = Path(str(module.__file__))
    path.write_text("\n" + path.read_text())
    with pytest.raises(SourceUnavailable, match="AD303"):
        get_source(module.f)


def test_edited_lambdas_of_one_line_are_refused() -> None:
    f = execute("f = lambda x: x + 1, lambda x: x + 2")["f"][0]
    name, text = f.__code__.co_filename, "f = lambda x: x + 3, lambda x: x + 2"
    linecache.cache[name] = (len(text), None, [text], name)
    with pytest.raises(SourceUnavailable, match="AD303"):
        get_source(f)


def test_a_reloaded_module_is_found_again(load: Callable[..., types.ModuleType]) -> None:
    old = load("def f(x):\n    return x\n")
    assert get_source(old.f)
    new = load("def f(x):\n    return 2 * x + 1\n")
    assert shown(get_source(new.f)) == "def f(x):\n    return 2 * x + 1"
    with pytest.raises(SourceUnavailable, match="AD303"):
        get_source(old.f)


def test_lambdas_that_differ_in_their_text_only() -> None:
    f, g = execute("f, g = lambda x, k=1.0: x * k, lambda x, k=2.0: x * k")["f"], None
    names = execute("f, g = lambda x, k=1.0: x * k, lambda x, k=2.0: x * k")
    f, g = names["f"], names["g"]
    if KEEPS_COLUMNS:
        assert shown(get_source(f)) == "lambda x, k=1.0: x * k"
        assert shown(get_source(g)) == "lambda x, k=2.0: x * k"
        return
    with pytest.raises(
        SourceUnavailable, match=r"several lambdas on this line .*\[AD304\]\n  expected one lambda"
    ):
        get_source(f)


def test_lambdas_are_refused_where_columns_are_not_kept_and_texts_differ() -> None:
    program = """
    import linecache
    text = "f, g = lambda x, k=1.0: x * k, lambda x, k=2.0: x * k"
    linecache.cache["<cell>"] = (len(text), None, [text], "<cell>")
    exec(compile(text, "<cell>", "exec"))
    from adcompile.frontend.source import get_source
    try:
        get_source(g)
    except OSError as error:
        print(error.code)
    """
    assert python(program, "-X", "no_debug_ranges") == "AD304"


def test_equal_lambdas_on_one_line_are_as_good_as_each_other() -> None:
    names = execute("f, g = lambda x: x, lambda x: x")
    assert shown(get_source(names["f"])) == shown(get_source(names["g"])) == "lambda x: x"
    if KEEPS_COLUMNS:
        assert [get_source(names[n]).node.col_offset for n in "fg"] == [7, 20]


# --- other processes


def python(program: str, *options: str) -> str:
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, "-W", "error", *options, "-c", dedent(program)],
        capture_output=True,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        check=False,
    )
    assert run.stderr == ""
    return run.stdout.strip()


@pytest.mark.parametrize("option", ["-O", "-OO"])
def test_optimized_python_finds_functions_too(tmp_path: Path, option: str) -> None:
    (tmp_path / "optimized_model.py").write_text(
        'def f(x):\n    "Doc."\n    assert x\n    return x if __debug__ else -x\n'
    )
    program = f"""
    import sys
    sys.path.insert(0, {str(tmp_path)!r})
    import optimized_model
    from adcompile.frontend.source import get_source
    print(get_source(optimized_model.f).node.name)
    """
    assert python(program, option) == "f"


def test_python_c_is_refused_or_found() -> None:
    program = """
    def f(x): return x
    from adcompile.frontend.source import get_source
    try:
        print(get_source(f).node.name)
    except OSError as error:
        print(error.code)
    """
    assert python(program) in ("AD301", "f")


# --- places and digests


def test_places_are_in_characters_of_the_true_line() -> None:
    f = execute("\n\ndef größe(ä):\n    return 'ß' + str(ä)  # ü\n", "<places>")["größe"]
    source = get_source(f)
    (result,) = [node for node in ast.walk(source.node) if isinstance(node, ast.Call)]
    loc = source.loc(result)
    assert (loc.file, loc.line, loc.function) == ("<places>", 4, "größe")
    assert loc.text == "    return 'ß' + str(ä)  # ü"
    assert loc.text[loc.column : loc.end_column] == "str(ä)"


def test_a_place_over_several_lines_ends_with_the_first() -> None:
    f = execute("def f(x):\n    y = [\n        x,\n    ]  \n    return y\n")["f"]
    source = get_source(f)
    assert isinstance(source.node, ast.FunctionDef)
    loc = source.loc(source.node.body[0])
    assert (loc.line, loc.text[loc.column : loc.end_column]) == (2, "y = [")
    loc = source.loc(source.node)
    assert (loc.line, loc.text[loc.column : loc.end_column]) == (1, "def f(x):")


def test_a_node_without_a_position_stands_at_its_first_part() -> None:
    f = execute("def f(x):\n    return [y for y in x]\n\ndef g(): return 1\n")
    source = get_source(f["f"])
    (part,) = [node for node in ast.walk(source.node) if isinstance(node, ast.comprehension)]
    loc = source.loc(part)
    assert loc.text[loc.column : loc.end_column] == "y"
    nothing = get_source(f["g"])
    assert nothing.loc(nothing.node.args).line == 4


def test_a_place_inside_an_f_string_lies_in_the_text() -> None:
    f = execute('def f(x):\n    return f"""a\n{x!r} and\n  {x + 1}"""\n')["f"]
    source = get_source(f)
    for node in ast.walk(source.node):
        loc = source.loc(node)
        assert 0 <= loc.column <= loc.end_column <= max(len(loc.text), loc.column)
    assert source.loc(ast.Name("x", lineno=99, col_offset=5)).text == ""


def test_the_digest_depends_on_the_text_alone() -> None:
    text = "def f(x):\n    # why\n    return x\n"
    digests = [
        get_source(execute(cell)["f"]).digest
        for cell in (
            text,
            "\n\n" + text,
            "@staticmethod\n" + text + "f = f.__func__\n",
            "if 1:\n    def f(x):\n        # why\n        return x\n",
            "if 1:\n\tdef f(x):\n\t    # why\n\t    return x\n",
        )
    ]
    assert len(set(digests)) == 1
    assert len(digests[0]) == 64
    assert get_source(execute(text.replace("why", "what"))["f"]).digest != digests[0]


def test_the_digest_keeps_the_inside_of_strings() -> None:
    flat = get_source(execute('def f(x):\n    return """\n    a"""\n')["f"])
    deep = get_source(execute('if 1:\n  def f(x):\n      return """\n      a"""\n')["f"])
    assert flat.digest != deep.digest


def test_each_lambda_has_its_own_digest() -> None:
    digests = {get_source(function).digest for function in (*two, *constants)}
    assert len(digests) == 6


# --- many files, many threads


def test_many_cells_are_parsed_again_when_they_were_dropped() -> None:
    cells = [execute(f"def f(x): return x + {i}")["f"] for i in range(200)]
    for _ in range(2):
        assert [shown(get_source(f)) for f in cells] == [f"def f(x): return x + {i}" for i in range(200)]


def test_many_threads_find_the_same_definition() -> None:
    text = "".join(f"def f{i}(x):\n    return x + {i}\n" for i in range(50))
    functions = [f for name, f in execute(text).items() if name[0] == "f"]
    results: list[list[int]] = []
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        results.append([id(get_source(f).node) for f in functions])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert all(result == results[0] for result in results)
