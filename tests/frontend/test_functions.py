"""Which calls are calls of the same function."""

import adcompile as ad
from tests import oracles


def test_functions_of_equal_text_are_different_functions() -> None:
    text = "def scaled(x):\n    return gain * inner(x)\n"
    double = oracles.define(text, {"gain": 2.0, "inner": abs}, "scaled")
    outer = oracles.define(text, {"gain": 3.0, "inner": double}, "scaled")
    assert outer(1.5) == 9.0
    assert ad.grad(outer)(1.5) == 6.0


def test_one_code_object_in_two_namespaces_is_two_functions() -> None:
    scaled = oracles.define("def scaled(x):\n    return gain * inner(x)\n", {}, "scaled")
    double = type(scaled)(scaled.__code__, {"gain": 2.0, "inner": abs})
    outer = type(scaled)(scaled.__code__, {"gain": 3.0, "inner": double})
    assert outer(1.5) == 9.0
    assert ad.grad(outer)(1.5) == 6.0


def test_closures_of_one_definition_are_different_functions() -> None:
    text = "def make(gain, inner):\n    def made(x):\n        return gain * inner(x)\n    return made\n"
    make = oracles.define(text, {}, "make")
    assert ad.grad(make(3.0, make(2.0, abs)))(1.5) == 6.0
