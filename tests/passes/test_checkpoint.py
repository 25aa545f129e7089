"""Checkpointed functions: plain outside of derivatives, computed again inside, without effects again."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import inspect
import linecache
import pickle
import tracemalloc

import numpy as np
import pytest

import adcompile as ad
from tests.programs.checkpoints import checkpoint_in_loop, checkpoint_of_recursion, layer, softened
from tests.programs.program import draw


@ad.checkpoint
def talking(x):
    print("called")
    return np.sin(x) * x


@ad.checkpoint
def noisy(x):
    return np.sin(x) * np.random.rand()


def through_talking(x):
    for _ in range(2):
        x = talking(x)
    return np.sum(x)


def through_noisy(x):
    return np.sum(noisy(x) ** 2)


def talking_down(x, depth):
    print("called")
    return x if depth == 0 else np.sin(talking_down(x, depth - 1)) * x


def through_recursion(x):
    return ad.checkpoint(talking_down)(x, 2)


def mixture(x):
    for _ in range(6):
        x = np.sin(x) * np.exp(-x * x) + np.cos(x)
    return x


def deep(x, n):
    for _ in range(n):
        x = mixture(x)
    return np.sum(x)


def deep_with_checkpoints(x, n):
    for _ in range(n):
        x = ad.checkpoint(mixture)(x)
    return np.sum(x)


def scaled_twice(x, y):
    return y * y * np.sum(ad.checkpoint(softened)(x))


# -- outside of derivatives


def test_a_checkpointed_function_is_the_function():
    assert softened(0.5) == ad.checkpoint(softened)(0.5) == ad.checkpoint(softened)(x=0.5, shift=0.0)
    assert inspect.signature(layer) == inspect.signature(layer.primal)
    assert (layer.__name__, layer.__doc__) == ("layer", None)
    assert repr(layer) == "<checkpoint of layer>"


def test_a_checkpointed_function_is_pickled():
    assert pickle.loads(pickle.dumps(layer)) is layer
    assert pickle.loads(pickle.dumps(ad.checkpoint(softened)))(0.5) == softened(0.5)


def test_something_else_is_no_function():
    with pytest.raises(ad.ArgumentError, match=r"3 is not callable \[AD210\]"):
        ad.checkpoint(3)  # type: ignore[arg-type]


def test_a_checkpointed_function_is_differentiated_itself():
    g = ad.grad(ad.checkpoint(softened))
    assert g(0.5) == ad.grad(softened)(0.5)
    assert "Gradient of softened (checkpoints.py:" in g.source


# -- what happens inside


@pytest.mark.parametrize(
    "derivative",
    [
        ad.grad(through_talking),
        ad.value_and_grad(through_talking),
        lambda x: ad.vjp(through_talking, x)[1](1.0),
        lambda x: ad.jvp(through_talking, (x,), (x,)),
        ad.grad(lambda x: np.sum(ad.grad(through_talking)(x))),
    ],
)
def test_effects_happen_as_often_as_without(derivative, capsys):
    derivative(draw(3))
    assert capsys.readouterr().out == 2 * "called\n"


def test_effects_of_a_recursion_happen_as_often_as_without(capsys):
    ad.grad(through_recursion)(0.4)
    assert capsys.readouterr().out == 3 * "called\n"
    ad.check_grads(through_recursion, (0.4,))


def test_what_cannot_be_repeated_is_refused():
    with pytest.raises(ad.NoDerivative) as caught:
        ad.grad(through_noisy)(draw(3))
    line = inspect.getsourcelines(noisy.primal)[1] + 2
    assert str(caught.value) == (
        f"test_checkpoint.py:{line}: NoDerivative: the backward sweep needs what this returned, and would "
        "have to call it again: of checkpointed code no results are kept [AD211]\n"
        "            return np.sin(x) * np.random.rand()\n"
        "            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "  expected the call before the checkpointed code, and its result as an argument"
    )
    value, dot = ad.jvp(through_noisy, (draw(3),), (draw(3),))
    assert value > 0.0 and dot != 0.0


def through_a_window(x):
    return np.sum(ad.checkpoint(lambda y: np.sin(y) * np.hanning(len(y)))(x))


def test_functions_of_numpy_without_a_rule_are_called_again():
    x = draw(5)
    assert np.allclose(ad.grad(through_a_window)(x), np.cos(x) * np.hanning(5), rtol=1e-14, atol=0.0)


def test_only_what_is_differentiated_is_computed_again():
    text = ad.lower(scaled_twice, draw(3), 2.0, argnums=1).source
    assert "softened_backward" not in text
    assert "softened_backward(" in ad.lower(scaled_twice, draw(3), 2.0).source


def test_a_loop_saves_the_arguments_only():
    (record,) = ad.lower(checkpoint_in_loop, np.eye(3), draw(3), 4, argnums=(0, 1)).saved
    assert (record.name, record.bytes) == ("x", "8 * x.shape[0] * n")


def test_explain_tells_what_is_computed_again():
    text = ad.lower(checkpoint_in_loop, np.eye(3), draw(3), 4).explain()
    assert "\nlayer, which is computed again\n" in text
    assert "by the derivative of layer, from x_3_bar" in text


def test_graphs_show_the_calls():
    graph = str(ad.lower(checkpoint_of_recursion, 3.0, 0.5).graph)
    assert "halvings(" in graph and "halvings_backward(" in graph


def test_a_redefined_function_is_compiled_anew():
    namespace = {"ad": ad, "np": np}
    for factor in (2.0, 3.0):
        text = f"@ad.checkpoint\ndef inner(x):\n    return {factor} * x * x\n"
        linecache.cache[f"<inner {factor}>"] = (len(text), None, text.splitlines(True), f"<inner {factor}>")
        exec(compile(text, f"<inner {factor}>", "exec"), namespace)
        if factor == 2.0:
            text = "def outer(x):\n    return inner(x)\n"
            linecache.cache["<outer>"] = (len(text), None, text.splitlines(True), "<outer>")
            exec(compile(text, "<outer>", "exec"), namespace)
            outer = ad.grad(namespace["outer"])  # type: ignore[arg-type]
        assert outer(1.0) == 2.0 * factor


def masked_behind(x):
    return np.sum(np.where(x > 0.0, ad.checkpoint(np.log)(x), 0.0))


def masked_inside(x):
    return np.sum(ad.checkpoint(lambda a, b: np.where(a > 0.0, b, 0.0))(x, np.log(x)))


@pytest.mark.parametrize("f", [masked_behind, masked_inside])
def test_what_a_mask_discards_is_zero_through_the_call(f):
    with np.errstate(all="ignore"):
        assert ad.grad(f)(np.array([0.0, 2.0])).tolist() == [0.0, 0.5]


# -- memory


def peak_of(function, *args):
    function(*args)
    tracemalloc.start()
    try:
        function(*args)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_a_checkpointed_function_computes_is_not_kept():
    x, n = draw(20_000), 30
    plain, checkpointed = (peak_of(ad.grad(f), x, n) for f in (deep, deep_with_checkpoints))
    # an array for each iteration, and a few for the one that is computed again
    assert checkpointed < (n + 35) * x.nbytes < 0.5 * plain
