"""All errors of a function in one report: none is lost, none is told twice, none follows from another.

The function is written with a mark in every line that has an error of its own; the lines reported have to be
those, in order.
"""

from __future__ import annotations

import linecache
from typing import Any

import numpy as np
import pytest

import adcompile as ad

MATRIX = np.eye(3) + 0.1

PROGRAMS = {
    "statements": """
        def f(x):
            try:  #! AD103
                w = x[0] / x[1]
                y = eval("x")  #! AD199
            except ValueError as error:
                y = 0.0
            finally:
                z = x[0]
            class Inner:  #! AD104
                pass
            x.resize(0)  #! AD108
            del x.flags  #! AD105
            import colorsys  #! AD107
            return y + z
    """,
    "parts of an expression": """
        def f(x):
            return (
                eval("x")  #! AD199
                + x[0] * [1.0, g(y=
                    eval("y"))]  #! AD199
                + np.sum({**{"a":
                    eval("z")}})  #! AD199
            )
        def g(y):
            return y
    """,
    "what depends on an error is not told": """
        def f(x):
            y = eval("x")  #! AD199
            z = y.T @ x
            table = {"z": z}
            for row in table["z"]:
                z[row] = 1.0
            return np.linalg.cond(z) + table["w"]
    """,
    "blocks of what is refused": """
        def f(x):
            for row in eval("x"):  #! AD199
                x.resize(0)  #! AD108
                x[row] = np.linalg.cond(row)
            else:
                x.resize(1)  #! AD108
            while eval("x"):  #! AD199
                x.resize(2)  #! AD108
                break
            with eval("x") as scene:  #! AD199
                x[3] = scene
                x.resize(4)  #! AD108
            if eval("x") > 0:  #! AD199
                x.resize(5)  #! AD108
            elif np.sum(x) > 0:
                x.resize(6)  #! AD108
            match eval("x"):  #! AD199
                case 1:
                    x.resize(7)  #! AD108
                case other:
                    x[8] = other
            return np.sum(x)
    """,
    "both branches and the rest": """
        def f(x):
            if np.sum(x) > 0.0:
                x.resize(0)  #! AD108
                return x[0]
            else:
                y = eval("x")  #! AD199
            x.resize(1)  #! AD108
            return y + eval("y")  #! AD199
    """,
    "loops are parsed several times": """
        def f(x):
            total, items, state = 0, [], None
            for k in range(3):
                total = total + eval("x")  #! AD199
                items.append(total)
                state = (state, k)  #! AD208
                for j in range(k):
                    x.resize(j)  #! AD108
            for name in ("a", "b"):
                x.resize(0)  #! AD108
            return total
    """,
    "functions that are called": """
        def f(x):
            y = first(x) + second(x) + first(x)
            inner = lambda t: eval("t")  #! AD199
            return y + inner(x[0])
        def first(x):
            global COUNT
            COUNT = 1  #! AD109
            x.resize(0)  #! AD108
            return third(x)
        def second(x):
            y = yield x  #! AD101
            x.resize(1)  #! AD108
            return (yield y)  #! AD101
        def third(x):
            return eval("x")  #! AD199
    """,
    "functions without a rule": """
        def f(x):
            a = np.linalg.tensorinv(x)  #! AD201
            b = np.linalg.eigvals(x)  #! AD201
            unused = np.linalg.svd(x)
            try:  #! AD103
                b = a / b
            except ValueError:
                pass
            return a + b + np.linalg.eig(x)[0]  #! AD201
    """,
    "a path that is never taken": """
        def f(x):
            if False:
                x[0] = 1.0
            y = eval("x")  #! AD199
            raise ValueError("always")
            x[1] = 1.0
    """,
    "a coroutine": """
        async def f(x):  #! AD102
            y = await x
            async with y:
                x.resize(0)  #! AD108
            return y
    """,
    "paths that disagree": """
        def f(x):
            y = (x, x) if np.sum(x) > 0.0 else x  #! AD208
            z = x
            for k in range(3):
                z = (z, x)  #! AD208
            x.resize(0)  #! AD108
            return z, y
    """,
}


def load(name: str) -> tuple[Any, list[tuple[int, str]]]:
    """The function of a program, and the lines and codes that its marks promise."""
    lines = [line[8:] for line in PROGRAMS[name].splitlines()[1:]]
    filename = f"/errors/{name}/model.py"
    source = "\n".join(lines) + "\n"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"np": np, "__name__": "errors"}
    exec(compile(source, filename, "exec"), namespace)
    marks = [(k, line.partition("#! ")[2]) for k, line in enumerate(lines, 1) if "#! " in line]
    return namespace["f"], marks


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.usefixtures("unloaded_module")
@pytest.mark.parametrize("mode", ["grad", "jvp"])
def test_every_error_is_told_once_and_in_order(name: str, mode: str) -> None:
    f, marks = load(name)
    with pytest.raises(ad.AdcompileError) as caught:
        ad.grad(f)(MATRIX) if mode == "grad" else ad.jvp(f, (MATRIX,), (MATRIX,))
    errors = [caught.value, *caught.value.related]
    assert [(e.loc.line, e.code) for e in errors if e.loc is not None] == marks


def test_errors_of_a_function_that_is_kept_as_a_call_are_none() -> None:
    text = (
        "def f(x):\n    scale = setting('a')\n    return scale * x * eval('x')\n\n"
        "def setting(name):\n    try:\n        return {'a': 2.0}[name]\n"
        "    except KeyError:\n        return 1.0\n"
    )
    filename = "/errors/kept/model.py"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"__name__": "errors"}
    exec(compile(text, filename, "exec"), namespace)
    with pytest.raises(ad.UnsupportedSyntax) as caught:
        ad.grad(namespace["f"])(2.0)
    assert caught.value.loc is not None
    assert caught.value.loc.line == 3
    assert caught.value.related == ()
