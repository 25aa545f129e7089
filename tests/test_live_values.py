"""What a derivative must look up at each call: globals, closure cells, defaults, callees, attributes.

Each test differentiates a function, changes something that the function reads, and differentiates again with
the same derivative object. The expected numbers are written out by hand.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import adcompile as ad
from tests import oracles


def load(source: str, **namespace: Any) -> dict[str, Any]:
    """Execute source as a notebook cell would, and return its globals."""
    define = source + "\n\ndef everything():\n    return globals()\n"
    everything: Callable[[], dict[str, Any]] = oracles.define(define, namespace, "everything")
    return everything()


def test_a_changed_global_is_seen_by_the_next_call() -> None:
    cell = load("def f(x):\n    return GAIN * x * x\n", GAIN=2.0)
    slope = ad.grad(cell["f"])
    assert slope(3.0) == 12.0
    cell["GAIN"] = 5.0
    assert slope(3.0) == 30.0


def test_a_global_may_change_its_kind() -> None:
    cell = load("def f(x):\n    return np.sum(GAIN * x * x)\n", GAIN=2.0)
    slope = ad.grad(cell["f"])
    assert slope(3.0) == 12.0
    cell["GAIN"] = np.array([1.0, 2.0, 3.0])
    assert slope(3.0) == 36.0
    cell["GAIN"] = 1
    assert slope(3.0) == 6.0


def test_a_global_may_hide_a_builtin_later() -> None:
    cell = load("def f(x):\n    return abs(x) + x\n")
    slope = ad.grad(cell["f"])
    assert slope(3.0) == 2.0
    cell["abs"] = load("def g(x):\n    return 5.0 * x\n")["g"]
    assert slope(3.0) == 6.0
    del cell["abs"]
    assert slope(3.0) == 2.0


def test_an_attribute_of_a_function_is_read_at_each_call() -> None:
    cell = load("def f(x):\n    return f.gain * x\n")
    cell["f"].gain = 2.0
    slope = ad.grad(cell["f"])
    assert slope(3.0) == 2.0
    cell["f"].gain = 5.0
    assert slope(3.0) == 5.0


def test_a_derivative_or_cached_function_may_be_replaced() -> None:
    text = (
        "import functools\nimport adcompile as ad\n"
        "@functools.cache\ndef g(x):\n    return {}\n\nh = ad.grad(lambda x: {})\n"
    )
    cell = load(text.format("x", "x * x") + "def f(x):\n    return g(x) + h(x)\n")
    slope = ad.grad(cell["f"])
    assert slope(3.0) == 3.0
    other = load(text.format("7 * x", "2 * x * x") + "def f(x):\n    return x\n")
    cell["g"] = other["g"]
    assert slope(3.0) == 9.0
    cell["h"] = other["h"]
    assert slope(3.0) == 11.0


def test_what_is_compared_by_identity_may_change() -> None:
    text = (
        "import enum\n\nclass Mode(enum.Enum):\n    A = 1\n    B = 2\n\n"
        "mode = Mode.A\nmark = current = object()\n\n"
        "def f(x):\n    return 2 * x if mode is Mode.A else 3 * x\n\n"
        "def g(x):\n    return 2 * x if current is mark else 3 * x\n\n"
        "def h(x):\n    return 2 * x if mode == Mode.A else 3 * x\n"
    )
    cell = load(text + "\ndef change():\n    global mode, current\n    mode, current = Mode.B, None\n")
    slopes = [ad.grad(cell[name]) for name in "fgh"]
    assert [slope(1.0) for slope in slopes] == [2.0, 2.0, 2.0]
    cell["change"]()
    assert [slope(1.0) for slope in slopes] == [3.0, 3.0, 3.0]


def test_an_attribute_may_appear() -> None:
    cell = load(
        "import types\n\nc = types.SimpleNamespace(k=2.0)\n\n"
        "def f(x):\n    return c.q * x if hasattr(c, 'q') else c.k * x\n"
    )
    slope = ad.grad(cell["f"])
    assert slope(1.0) == 2.0
    cell["c"].q = 7.0
    assert slope(1.0) == 7.0


def test_a_redefined_callee_is_seen_by_the_next_call() -> None:
    cell = load("def g(x):\n    return x * x\n\ndef f(x):\n    return g(x) + x\n")
    slope = ad.grad(cell["f"])
    assert slope(3.0) == 7.0
    cell["g"] = load("def g(x):\n    return x * x * x\n")["g"]
    assert slope(3.0) == 28.0


def test_a_redefined_function_gets_its_own_derivative() -> None:
    first = load("def f(x):\n    return x * x\n")["f"]
    second = load("def f(x):\n    return x * x * x\n")["f"]
    assert ad.grad(first)(3.0) == 6.0
    assert ad.grad(second)(3.0) == 27.0
    assert ad.grad(first)(3.0) == 6.0


def test_closures_of_one_definition_keep_their_own_values() -> None:
    def scaled(factor: Any) -> Callable[[Any], Any]:
        return lambda x: np.sum(factor * x * x)

    slopes = [ad.grad(scaled(factor)) for factor in (1.0, 2.0, np.array([1.0, 2.0]))]
    assert [slope(3.0) for slope in slopes] == [6.0, 12.0, 18.0]
    assert [slope(1.0) for slope in reversed(slopes)] == [6.0, 4.0, 2.0]


def test_a_changed_closure_cell_is_seen_by_the_next_call() -> None:
    factor = 2.0

    def f(x: float) -> float:
        return factor * x * x

    slope = ad.grad(f)
    assert slope(3.0) == 12.0
    factor = 5.0
    assert slope(3.0) == 30.0


def test_a_changed_mutable_default_is_seen_by_the_next_call() -> None:
    weights = [2.0, 1.0]

    def f(x: float, w: list[float] = weights) -> float:
        return w[0] * x * x + w[1] * x

    slope = ad.grad(f)
    assert slope(3.0) == 13.0
    weights[0] = 5.0
    assert slope(3.0) == 31.0
    weights.append(1.0)
    assert slope(3.0) == 31.0


def test_replaced_defaults_are_seen_by_the_next_call() -> None:
    cell = load("def f(x, a=2.0, *, b=1.0):\n    return a * x * x + b * x\n")
    slope = ad.grad(cell["f"])
    assert slope(3.0) == 13.0
    cell["f"].__defaults__ = (5.0,)
    cell["f"].__kwdefaults__ = {"b": 2.0}
    assert slope(3.0) == 32.0


class Model:
    """State that a bound method reads."""

    def __init__(self, factor: Any) -> None:
        self.factor = factor

    def loss(self, x: Any) -> Any:
        return np.sum(self.factor * x * x)


def test_attributes_of_a_bound_object_are_read_at_each_call() -> None:
    model = Model(2.0)
    slope = ad.grad(model.loss)
    assert slope(3.0) == 12.0
    model.factor = np.array([1.0, 4.0])
    assert slope(3.0) == 30.0


def test_a_method_replaced_on_its_class_is_seen() -> None:
    class Patched(Model):
        pass

    def f(model: Any, x: Any) -> Any:
        return model.loss(x)

    slope = ad.grad(f, argnums=1)
    assert slope(Patched(2.0), 3.0) == 12.0
    Patched.loss = lambda self, x: self.factor * x  # type: ignore[method-assign]
    assert slope(Patched(2.0), 3.0) == 2.0


def test_a_call_method_replaced_on_its_class_is_seen() -> None:
    cell = load(
        "class G:\n    def __call__(self, x):\n        return x * x\n\n"
        "g = G()\n\ndef f(x):\n    return g(x)\n"
    )
    slope = ad.grad(cell["f"])
    assert slope(3.0) == 6.0
    cell["G"].__call__ = lambda self, x: x * x * x
    assert slope(3.0) == 27.0


def test_two_partials_of_one_function_differ() -> None:
    def f(a: float, x: float, b: float = 1.0) -> float:
        return a * x * x + b * x

    slopes = [ad.grad(functools.partial(f, 2.0)), ad.grad(functools.partial(f, 5.0, b=2.0))]
    assert [slope(3.0) for slope in slopes] == [13.0, 32.0]


def test_the_kinds_of_arguments_may_change_from_call_to_call() -> None:
    def f(x: Any, y: Any) -> Any:
        return np.sum(x * x * y)

    slope = ad.grad(f, argnums=(0, 1))
    assert oracles.identical(slope(3.0, 2.0), (12.0, 9.0))
    by_x, by_y = slope(np.array([1.0, 2.0]), 2.0)
    assert oracles.identical((by_x, by_y), (np.array([4.0, 8.0]), 5.0))
    by_x, by_y = slope(np.array([[1.0], [2.0]]), np.array([3.0, 4.0]))
    assert oracles.identical((by_x, by_y), (np.array([[14.0], [28.0]]), np.array([5.0, 5.0])))
    single = slope(np.array([1.0, 2.0], np.float32), np.float32(2.0))
    assert oracles.identical(single, (np.array([4.0, 8.0], np.float32), np.float32(5.0)))


def test_length_one_axes_broadcast_anew() -> None:
    def f(x: Any, y: Any) -> Any:
        return np.sum(x * y)

    slope = ad.grad(f)
    assert oracles.identical(slope(np.ones(3), np.arange(3.0)), np.arange(3.0))
    assert oracles.identical(slope(np.ones(1), np.arange(3.0)), np.array([3.0]))
    assert oracles.identical(slope(np.ones(3), np.array([2.0])), np.full(3, 2.0))


@pytest.mark.parametrize(
    ("source", "call", "expected"),
    [
        ("def f(x, y):\n    return x * x * y", lambda g: g(3.0, y=2.0), 12.0),
        ("def f(x, *, y):\n    return x * x * y", lambda g: g(3.0, y=2.0), 12.0),
        ("def f(x, /, y=2.0):\n    return x * x * y", lambda g: g(3.0), 12.0),
        ("def f(x, *ys):\n    return x * x * sum(ys)", lambda g: g(3.0, 1.0, 1.0), 12.0),
        ("def f(x, **ys):\n    return x * x * ys['y']", lambda g: g(3.0, y=2.0), 12.0),
        ("def f(x, y):\n    return x * x * y", lambda g: g(y=2.0, x=3.0), 12.0),
        (
            "def f(x, y=2.0, *zs, w=1.0, **more):\n    return x * x * y * w",
            lambda g: g(3.0, 1.0, 7.0, w=2.0, v=0),
            12.0,
        ),
    ],
    ids=["keyword", "keyword-only", "positional-only", "args", "kwargs", "swapped", "all"],
)
def test_keywords_bind_as_in_the_primal(source: str, call: Callable[[Any], Any], expected: float) -> None:
    assert call(ad.grad(load(source + "\n")["f"])) == expected


def test_an_attribute_may_hide_a_method_later() -> None:
    cell = load(
        "class C:\n    def m(self, x):\n        return x * x\n\nc = C()\n\ndef f(x):\n    return c.m(x)\n"
    )
    slope = ad.grad(cell["f"])
    assert slope(3.0) == 6.0
    cell["c"].m = load("def g(x):\n    return 7.0 * x\n")["g"]
    assert slope(3.0) == 7.0
    del cell["c"].m
    assert slope(3.0) == 6.0


def test_one_list_in_two_places_has_a_gradient_in_each() -> None:
    f = load("def f(a, b):\n    return a[0] * b[0] ** 2\n")["f"]
    for first in ([3.0], None):
        both = ad.grad(f, argnums=(0, 1))
        if first is not None:
            assert both(first, [2.0]) == ([4.0], [12.0])
        one = [3.0]
        assert both(one, one) == ([9.0], [18.0])
        assert both([3.0], [2.0]) == ([4.0], [12.0])


def test_whether_two_arguments_are_one_object_is_asked_at_each_call() -> None:
    f = load("def f(a, b):\n    return a[0] * (2.0 if a is b else 5.0)\n")["f"]
    slope = ad.grad(f)
    one = [3.0]
    assert slope([3.0], [3.0]) == [5.0]
    assert slope(one, one) == [2.0]
    assert slope([3.0], [3.0]) == [5.0]


def test_changing_a_container_that_is_given_twice_is_refused() -> None:
    f = load("def f(a, b):\n    a[0] = b[0] * 2.0\n    return a[0] * b[0]\n")["f"]
    slope = ad.grad(f, argnums=(0, 1))
    assert slope([3.0], [3.0]) == ([0.0], [12.0])
    one = [3.0]
    with pytest.raises(ad.NoDerivative, match="this changes a container that the function is given"):
        slope(one, one)
    assert slope([3.0], [3.0]) == ([0.0], [12.0])
    assert one == [3.0]


def test_an_argument_that_contains_itself_is_refused() -> None:
    f = load("def f(a):\n    return a[0]\n")["f"]
    loop: list[Any] = [1.0]
    loop.append(loop)
    with pytest.raises(TypeError, match="f: an argument contains itself"):
        ad.grad(f)(loop)


class Tenfold(list[float]):
    """A list that reads differently."""

    def __getitem__(self, index: Any) -> Any:
        return 10.0 * list.__getitem__(self, index)


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        (Tenfold([1.0]), "Tenfold`, which has its own `__getitem__`"),
        (np.ma.masked_array([1.0, 2.0], [True, False]), "MaskedArray`, which has its own arithmetic"),
    ],
)
def test_containers_and_arrays_with_a_will_of_their_own_are_refused(argument: Any, text: str) -> None:
    f = load("def f(x, a):\n    return np.sum(x * a[0])\n")["f"]
    with pytest.raises(ad.NoDerivative, match=text):
        ad.grad(f)(2.0, argument)
    captured = load("def f(x):\n    return np.sum(x * A[0])\n", A=argument)["f"]
    with pytest.raises(ad.NoDerivative, match=text):
        ad.grad(captured)(2.0)


def test_a_linearisation_stays_where_it_was_made() -> None:
    cell = load("def f(x, a):\n    return K * x * np.sum(a)\n", K=2.0)
    array = np.ones(2)
    out, push = ad.linearize(cell["f"], 3.0, array)
    assert (out, push(1.0, np.zeros(2))) == (12.0, 4.0)
    cell["K"] = 100.0
    array[0] = 100.0
    assert push(1.0, np.zeros(2)) == 4.0


def test_a_captured_value_may_have_the_name_of_a_keyword_argument() -> None:
    cell = load("def f(x, **given):\n    return x * GAIN * given['GAIN']\n", GAIN=2.0)
    slope = ad.grad(cell["f"])
    assert slope(3.0, GAIN=5.0) == 10.0
    cell["GAIN"] = 4.0
    assert slope(3.0, GAIN=5.0) == 20.0


def test_a_captured_value_may_have_the_name_of_a_tangent() -> None:
    cell = load("def f(x):\n    return x * x_dot\n", x_dot=2.0)
    assert ad.jvp(cell["f"], (3.0,), (5.0,)) == (6.0, 10.0)
    cell["x_dot"] = 4.0
    assert ad.jvp(cell["f"], (3.0,), (5.0,)) == (12.0, 20.0)


def test_a_keyword_argument_may_have_the_name_of_a_tangent() -> None:
    cell = load("def f(x, **given):\n    return x * given['x_dot']\n")
    assert ad.jacfwd(cell["f"])(np.ones(2), x_dot=2.0).tolist() == [[2.0, 0.0], [0.0, 2.0]]
