"""Imports inside functions: what they look up, and when that is looked up again."""

import sys
import types

import pytest

import adcompile as ad
from tests import oracles

TEXT = """
def f(x):
    from gains import gain, scaled as apply
    import gains
    return apply(x) * gain + gains.gain
"""


def gains(gain: float) -> types.ModuleType:
    """A module that is loaded, and not a file."""
    module = types.ModuleType("gains")
    scaled = oracles.define("def scaled(x):\n    return 2.0 * x\n", {}, "scaled")
    vars(module).update(gain=gain, scaled=scaled)
    return module


def test_what_a_loaded_module_holds_is_read_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    f = oracles.define(TEXT, {}, "f")
    monkeypatch.setitem(sys.modules, "gains", gains(3.0))
    slope = ad.grad(f)
    assert (f(1.5), slope(1.5)) == (12.0, 6.0)
    sys.modules["gains"].gain = 5.0
    assert (f(1.5), slope(1.5)) == (20.0, 10.0)


def test_a_module_that_takes_the_place_of_another_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    f = oracles.define(TEXT, {}, "f")
    monkeypatch.setitem(sys.modules, "gains", gains(3.0))
    slope = ad.grad(f)
    assert slope(1.5) == 6.0
    monkeypatch.setitem(sys.modules, "gains", gains(7.0))
    assert (f(1.5), slope(1.5)) == (28.0, 14.0)
    monkeypatch.delitem(sys.modules, "gains")
    with pytest.raises(ad.UnsupportedSyntax, match="imports `gains`, which is not loaded"):
        slope(1.5)


def test_a_relative_import_is_one_from_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "def f(x):\n    from .gains import scaled\n    return scaled(x) * x\n"
    monkeypatch.setitem(sys.modules, "shop.gains", gains(3.0))
    f = oracles.define(text, {"__package__": "shop"}, "f")
    assert ad.grad(f)(1.5) == 6.0


def test_an_import_hides_the_global_of_its_name() -> None:
    text = "def f(x):\n    y = tool\n    import math as tool\n    return tool.sin(x * y)\n"
    f = oracles.define(text, {"tool": 2.0}, "f")
    with pytest.raises(UnboundLocalError):
        ad.grad(f)(1.0)
