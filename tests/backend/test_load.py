"""Loaded functions, and whether Python's tools find their source."""

from __future__ import annotations

import gc
import inspect
import io
import linecache
import os
import pdb
import pickle
import subprocess
import sys
import textwrap
import traceback
import types
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from adcompile.backend import load as load_module
from adcompile.backend.load import load

ROOT = Path(load_module.__file__).parents[2]
TEXT = '''\
# a first line that is not part of the function
import math


def f_grad(x):
    """Gradient of f."""
    x_bar = math.cos(x)
    if x > 1.0:
        raise ArithmeticError("beyond one")  # line 9
    return x_bar
'''
SOURCE = TEXT[TEXT.index("def ") :]


def python(script: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a script in another interpreter, out of sight of a coverage measurement of this one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    command = [sys.executable, *options, "-c", textwrap.dedent(script)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=ROOT)


def raised_lines(function: types.FunctionType) -> str:
    """The traceback of a call that fails on line 9."""
    try:
        function(2.0)
    except ArithmeticError:
        return traceback.format_exc()
    raise AssertionError("the call did not fail")


def assert_visible(function: types.FunctionType, text: str = TEXT) -> None:
    """Every way to the source leads to the text that was executed."""
    source = text[text.index("def ") :]
    line = next(line for line in source.splitlines() if "raise" in line).strip()
    assert line in raised_lines(function)
    assert inspect.getsource(function) == source
    assert inspect.getsource(function.__code__) == source


def clear() -> None:
    linecache.clearcache()


def check() -> None:
    linecache.checkcache()


def both() -> None:
    linecache.checkcache()
    linecache.clearcache()
    linecache.checkcache()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "f_grad-0123456789abcdef.py"
    file.write_text(TEXT)
    return file


def test_the_function_is_an_ordinary_function() -> None:
    f = load(TEXT, "f_grad")
    assert isinstance(f, types.FunctionType)
    assert f(0.0) == 1.0
    assert (f.__name__, f.__doc__) == ("f_grad", "Gradient of f.")
    assert f.__globals__["__name__"] == f.__module__
    assert f.__globals__["__file__"] == f.__code__.co_filename


@pytest.mark.parametrize("upset", [check, clear, both])
@pytest.mark.parametrize("in_file", [False, True])
def test_the_source_is_found(path: Path, upset: Callable[[], None], in_file: bool) -> None:
    f = load(TEXT, "f_grad", path=str(path) if in_file else None)
    assert_visible(f)
    upset()
    assert_visible(f)


@pytest.mark.parametrize("upset", [check, clear, both])
def test_the_source_outlives_its_file(path: Path, upset: Callable[[], None]) -> None:
    f = load(TEXT, "f_grad", path=str(path))
    path.unlink()
    upset()
    assert_visible(f)


def test_the_source_is_the_executed_one_after_the_file_was_rewritten(path: Path) -> None:
    f = load(TEXT, "f_grad", path=str(path))
    path.write_text("# something else\n" * 20)
    linecache.checkcache()
    assert_visible(f)


def test_two_texts_of_one_file_are_both_shown(path: Path) -> None:
    old = load(TEXT, "f_grad", path=str(path))
    text = TEXT.replace("beyond one", "too much")
    path.write_text(text)
    new = load(text, "f_grad", path=str(path))
    again = load(text, "f_grad", path=str(path))
    for _ in range(2):
        assert_visible(old)
        assert_visible(new, text)
        assert_visible(again, text)
        linecache.checkcache()
    assert old.__code__.co_filename == str(path)
    del old
    gc.collect()
    assert load(text, "f_grad", path=str(path)).__code__.co_filename == str(path)


def test_a_synthetic_file_name_is_readable_and_deterministic() -> None:
    names = [load(text, "f_grad").__code__.co_filename for text in (TEXT, TEXT, TEXT + "\n")]
    assert names[0] == names[1] != names[2]
    assert names[0].startswith("<adcompile f_grad ")


def test_functions_of_one_text_share_its_registration_until_the_last_is_gone() -> None:
    first, second = load(TEXT, "f_grad"), load(TEXT, "f_grad")
    file_name, module_name = first.__code__.co_filename, first.__module__
    del first
    gc.collect()
    linecache.clearcache()
    assert_visible(second)
    del second
    gc.collect()
    assert file_name not in linecache.cache
    assert module_name not in sys.modules


def test_what_another_registered_meanwhile_is_left_alone() -> None:
    f = load(TEXT, "f_grad")
    file_name, module_name = f.__code__.co_filename, f.__module__
    module = types.ModuleType(module_name)
    entry = (1, 1.0, ["x\n"], file_name)
    sys.modules[module_name] = module
    linecache.cache[file_name] = entry
    del f
    gc.collect()
    assert sys.modules.pop(module_name) is module
    assert linecache.cache.pop(file_name) is entry


def test_lines_are_counted_as_the_compiler_counts_them() -> None:
    text = 'def f(x):\n    # \x0c \u2028 a user wrote this\r\n    s = "\x0c"\r    raise ArithmeticError(s)'
    assert "    raise ArithmeticError(s)\n" in raised_lines(load(text, "f"))


def test_a_namespace_is_visible_and_is_not_shared() -> None:
    namespace = {"k": 3.0, "__file__": "not this"}
    f = load("def f(x):\n    return k * x\n", "f", namespace=namespace)
    g = load("def f(x):\n    return k * x\n", "f", namespace={"k": 4.0})
    assert (f(2.0), g(2.0)) == (6.0, 8.0)
    assert f.__globals__["__file__"] == f.__code__.co_filename
    assert namespace == {"k": 3.0, "__file__": "not this"}


@pytest.mark.parametrize("text", ["", "f = 3\n", "from textwrap import dedent as f\n"])
def test_a_text_without_the_function_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="defines no function 'f'"):
        load(text, "f")


def test_the_future_imports_of_the_loader_do_not_leak() -> None:
    f = load("def f(x: int):\n    return x\n", "f")
    assert f.__annotations__ == {"x": int}


def test_a_warning_in_emitted_code_shows_its_line() -> None:
    text = "import warnings\n\n\ndef f(x):\n    warnings.warn('look here', stacklevel=1)\n"
    f = load(text, "f")
    with pytest.warns(UserWarning, match="look here") as caught:
        f(1.0)
    shown = warnings.formatwarning("look here", UserWarning, caught[0].filename, caught[0].lineno)
    assert "\n  warnings.warn('look here', stacklevel=1)" in shown


def test_the_interpreter_itself_accepts_the_loader() -> None:
    script = """
        from adcompile.backend.load import load
        f = load("import warnings\\n\\n\\ndef f():\\n    warnings.warn('look here')\\n", "f")
        f()
    """
    run = python(script, "-W", "default")
    assert run.stderr.splitlines()[0].endswith("UserWarning: look here")
    assert len(run.stderr.splitlines()) == 2


@pytest.mark.parametrize("cleared", [False, True])
def test_pdb_steps_through_and_lists(cleared: bool) -> None:
    f = load(TEXT, "f_grad")
    if cleared:
        linecache.clearcache()
    commands = io.StringIO("step\nnext\nlist\nlonglist\nbreak 10\ncontinue\nwhere\ncontinue\n")
    shown = io.StringIO()
    debugger = pdb.Pdb(stdin=commands, stdout=shown, nosigint=True, readrc=False)
    debugger.use_rawinput = False
    debugger.prompt = ""
    old = sys.gettrace()
    try:
        debugger.runcall(f, 0.5)
    finally:
        sys.settrace(old)
    text = shown.getvalue()
    assert "-> x_bar = math.cos(x)" in text
    assert "-> if x > 1.0:" in text
    assert '  9  \t        raise ArithmeticError("beyond one")' in text
    assert "-> return x_bar" in text


def test_coverage_measures_the_file(path: Path, tmp_path: Path) -> None:
    pytest.importorskip("coverage")
    script = f"""
        import coverage
        from adcompile.backend.load import load
        measured = coverage.Coverage(data_file=None, include=[{str(path)!r}], config_file=False)
        measured.start()
        load(open({str(path)!r}).read(), "f_grad", path={str(path)!r})(0.5)
        load("def f(x):\\n    return x\\n", "f")(0.5)
        measured.stop()
        print(measured.analysis({str(path)!r})[1:3])
        print(len(measured.get_data().measured_files()))
    """
    run = python(script, "-W", "error")
    assert run.stdout.splitlines() == ["([2, 5, 7, 8, 9, 10], [9])", "1"]


def test_a_loaded_function_does_not_pickle_as_if_it_could_be_imported() -> None:
    f = load(TEXT, "f_grad")
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(f)


def test_a_parameter_may_be_read_at_each_call() -> None:
    text = (
        'def f(x, *, scale, shift=1.0):\n    """Doc."""\n'
        '    if x < 0:\n        raise ArithmeticError("low")\n    return scale * x + shift\n'
    )
    state = {"scale": 2.0}
    f = load(text, "f", namespace={"_state": state}, reads={"scale": "_state['scale']"})
    assert str(inspect.signature(f)) == "(x, *, shift=1.0)"
    assert f.__doc__ == "Doc."
    assert f(3.0) == 7.0
    state["scale"] = 5.0
    assert f(3.0, shift=0.0) == 15.0
    assert inspect.getsource(f) == text
    with pytest.raises(ArithmeticError) as raised:
        f(-1.0)
    assert raised.traceback[-1].lineno == 3
