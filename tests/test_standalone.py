"""Constants and names in modules that stand alone; whole modules are tested with the command line."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

import adcompile as ad
from adcompile.standalone import _renamed, _Writer, source_text, written

VALUES = [
    None,
    True,
    3,
    -0.0,
    0.1,
    math.inf,
    -math.inf,
    1 + 2j,
    complex(-0.0, math.inf),
    'it\'s "text"',
    b"bytes",
    np.float32(0.1),
    np.int8(3),
    np.bool_(True),
    np.complex64(1 - 2j),
    np.dtype(np.float32),
    (1.5,),
    (1, [2, (3.5, None)]),
    {"a": [1.5], 2: ()},
    np.arange(3),
    np.linspace(0, 1, 7).astype(np.float32),
    np.array([[1, 2j], [0.5, -1]]),
    np.array(2.5),
    np.zeros((0, 3)),
    np.array([True, False]),
    np.asfortranarray(np.arange(6.0).reshape(2, 3) / 7),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_written_constant_reads_back_as_it_was(value):
    back = eval(written(value, "value"), {"np": np, "math": math})
    assert type(back) is type(value)
    assert repr(back) == repr(value)
    if isinstance(value, np.ndarray):
        assert (back.dtype, back.shape) == (value.dtype, value.shape)
        assert back.flags.f_contiguous == value.flags.f_contiguous
        assert back.tobytes() == value.tobytes()


def test_nan_is_written():
    assert math.isnan(eval(written(math.nan, "x"), {"math": math}))


@pytest.mark.parametrize("value", [object(), lambda x: x, {1, 2}, np.array(["text"])])
def test_what_has_no_source_is_refused(value):
    with pytest.raises(ad.ArgumentError, match="cannot be written") as refused:
        written(value, "thing")
    assert "`thing`" in str(refused.value)


def test_functions_of_libraries_are_imported_and_not_written():
    writer = _Writer()
    assert [writer.constant(n, f) for n, f in (("sin", np.sin), ("hypot", math.hypot), ("sin", np.sin))] == [
        "sin",
        "hypot",
        "sin",
    ]
    assert writer.constants == ["sin = np.sin", "hypot = math.hypot"]
    assert writer.imports == {"import math"}


def test_two_constants_of_one_name():
    writer = _Writer()
    assert [writer.constant("c", v) for v in (1.5, 2.5)] == ["c", "c_2"]


def program(name, text, **objects):
    return SimpleNamespace(name=name, text=text, objects=objects, captured=[])


def test_functions_of_one_name_are_shared_if_they_are_the_same():
    writer = _Writer()
    helper = "def h(x):\n    return x + c\n"
    writer.program(program("f", f"import math\n\n\n{helper}\n\ndef f(x):\n    return h(x)\n", c=1.5), [])
    again = writer.program(program("g", f"{helper}\n\ndef g(x):\n    return h(x)\n", c=1.5), [])
    # another object, though equal: floats are shared by identity only
    assert again[-1] == "def g(x):\n    return h(x)"
    assert writer.imports == {"import math"}


def test_functions_of_one_name_are_told_apart_if_they_differ():
    writer = _Writer()
    middle = "def k(x):\n    return h(x)\n"
    first = f"def h(x):\n    return x\n\n\n{middle}\n\ndef f(x):\n    return k(x)\n"
    second = f"def h(x):\n    return -x\n\n\n{middle}\n\ndef g(x):\n    return k(x)\n"
    namespace = {}
    parts = [*writer.program(program("f", first), []), *writer.program(program("g", second), [])]
    exec("\n".join(parts), namespace)
    assert (namespace["f"](2.0), namespace["g"](2.0)) == (2.0, -2.0)


def test_guards_follow_the_docstring():
    writer = _Writer()
    (with_doc,) = writer.program(program("f", 'def f(x):\n    """Doc."""\n    return x\n'), ["check(x)"])
    assert with_doc == 'def f(x):\n    """Doc."""\n    check(x)\n    return x'
    (without,) = writer.program(program("g", "def g(x):\n    return x\n"), ["check(x)"])
    assert without == "def g(x):\n    check(x)\n    return x"


def test_renaming_leaves_attributes_alone():
    assert _renamed("a = b.a + a", {"a": "z"}) == "z = b.a + z"


def test_source_of_what_has_none():
    assert source_text(np.sin) == "sin"
    assert source_text(test_source_of_what_has_none).startswith("def test_source")
