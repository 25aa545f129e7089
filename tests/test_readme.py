"""What README.md says in its tables and lists, where its own blocks do not prove it."""

import math

import numpy as np
import pytest

import adcompile as ad


def squared(x):
    return x * x


def product(x, *, y):
    return x * y


def test_the_gradient_of_an_integer_is_refused_by_name():
    with pytest.raises(ad.ArgumentError, match="argument `x` is an integer"):
        ad.grad(squared)(2)


def test_an_output_of_size_one_is_one_number():
    assert ad.grad(squared)(np.ones((1, 1))).tolist() == [[2.0]]


def test_a_gradient_may_be_called_with_keywords_alone():
    assert ad.grad(product)(x=1.0, y=2.0) == 2.0


def magnitude(x):
    return abs(x)


def root(x):
    return math.sqrt(x)


def largest(x):
    return np.max(x)


def larger(x, y):
    return max(x, y)


def rectified(x):
    return np.maximum(x, 0.0)


def length(x):
    return np.linalg.norm(x)


def spread(x):
    return np.std(x)


def test_kinks():
    assert ad.grad(magnitude)(0.0) == 0.0
    assert ad.grad(root)(0.0) == math.inf
    assert ad.grad(largest)(np.array([1.0, 3.0, 3.0])).tolist() == [0.0, 0.5, 0.5]
    assert ad.grad(larger, argnums=(0, 1))(1.0, 1.0) == (0.5, 0.5)
    assert ad.grad(rectified)(0.0) == 0.5
    assert ad.grad(length)(np.zeros(2)).tolist() == [0.0, 0.0]
    assert ad.grad(spread)(np.ones(2)).tolist() == [0.0, 0.0]


def cubes(x):
    return np.sum(x**3)


def half_stopped(x):
    return x * ad.stop_gradient(x)


def test_what_the_table_lists_by_name():
    assert ad.hvp(cubes)(np.ones(2), np.array([1.0, 2.0])).tolist() == [6.0, 12.0]
    assert ad.grad(half_stopped)(3.0) == 3.0
    ad.check_grads(cubes, (np.ones(2),))


def writes(x):
    x[0] = 1.0
    return np.sum(x)


def updates(x):
    y = 2.0 * x
    y += x
    return np.sum(y)


def tries(x):
    try:
        return x * x
    except ValueError:
        return x


def generates(x):
    yield x


async def waits(x):
    return x


def imports(x):
    from colorsys import rgb_to_hsv

    return rgb_to_hsv(x, x, x)[2]


def defines_a_class(x):
    class Point:
        pass

    return x * len(Point.__name__)


COUNT = 0.0


def assigns_a_global(x):
    global COUNT
    COUNT = x
    return x


def writes_into_a_reshaped_array(x):
    y = 2.0 * np.outer(x, x).T
    y.reshape(-1)[0] = 0.0
    return np.sum(y)


def test_writes_into_arrays():
    x = np.ones(3)
    assert ad.grad(writes)(x).tolist() == [0.0, 1.0, 1.0]
    assert ad.grad(updates)(x).tolist() == [3.0, 3.0, 3.0]
    assert x.tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(ad.UnsupportedSyntax, match=r"may be a view, a copy, or read-only"):
        ad.grad(writes_into_a_reshaped_array)(x)


@pytest.mark.parametrize(
    "f", [tries, generates, waits, imports, defines_a_class, assigns_a_global], ids=lambda f: f.__name__
)
def test_syntax_that_is_refused(f, unloaded_module):
    with pytest.raises(ad.UnsupportedSyntax, match="expected"):
        ad.grad(f)(2.0)


def spectrum(x):
    return np.sum(np.linalg.eigvals(x))


def test_a_function_without_a_rule_is_refused():
    with pytest.raises(ad.NoDerivative, match=r"numpy\.linalg\.eigvals`"):
        ad.grad(spectrum)(np.eye(3))


def changes_containers(x):
    values = [x, x]
    values[0] = x * x
    table = {"a": x}
    table["b"] = values[0]
    return table["a"] * table["b"] + values[1]


def test_containers_that_the_function_makes_may_be_changed():
    assert ad.grad(changes_containers)(2.0) == 3 * 2.0**2 + 1


def masked(x):
    return np.sum(np.where(x > 0, np.log(x), x))


def test_the_side_that_where_does_not_take_contributes_nothing():
    assert ad.grad(masked)(np.array([0.0, 2.0])).tolist() == [1.0, 0.5]


def test_a_function_without_source_is_refused():
    with pytest.raises(ad.SourceUnavailable):
        ad.grad(eval("lambda x: x * x"))(1.0)
