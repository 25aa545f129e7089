"""Nested containers as parameters, locals and results, with the ways to build, read and update them."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"
# ruff: noqa: RUF005, SIM118

from collections import namedtuple
from dataclasses import dataclass, field, replace
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from tests.programs.program import Program, draw, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)


class Point(NamedTuple):
    """A NamedTuple with a default and a method."""

    x: Any
    y: Any = 1.0

    def norm2(self):
        return self.x * self.x + self.y * self.y


Pair = namedtuple("Pair", ["left", "right"])


@dataclass
class Layer:
    """A dataclass with an array, a float and fields that are not differentiated."""

    weights: Any
    bias: Any
    name: str = "dense"
    repeat: int = 1

    def __call__(self, x):
        for _ in range(self.repeat):
            x = np.tanh(x @ self.weights + self.bias)
        return x


@dataclass(frozen=True)
class Model:
    """A frozen dataclass that contains containers."""

    layers: tuple[Layer, ...]
    scale: float
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def depth(self):
        return len(self.layers)


class Body:
    """A plain object with attributes."""

    def __init__(self, position, mass):
        self.position = position
        self.mass = mass
        self.speed = 0.0
        self.label = "body"


def tuple_argument(pair):
    a, b = pair
    return a * b + pair[0] ** 2 - pair[-1]


add(
    tuple_argument, ((0.7, 1.9),), ((draw(3), draw(3, seed=1)),), holomorphic=True, features="tuple parameter"
)


def list_argument(items):
    total = 0.0
    for item in items:
        total = total + item * items[0]
    return total * len(items)


add(list_argument, ([0.7, 1.9, -0.3],), ([0.7],), holomorphic=True, features="list parameter, iteration")


def dict_argument(params):
    return params["w"] @ params["x"] + params["b"] * params["b"]


add(
    dict_argument,
    ({"w": draw(3), "x": draw(3, seed=1), "b": 0.4},),
    holomorphic=True,
    features="dict parameter",
)


def dict_iteration(params):
    total = 0.0
    for name, value in params.items():
        if name != "skip":
            total = total + np.sum(value * value)
    for name in params:
        total = total * 1.5 + np.sum(params[name]) * len(name)
    for value in params.values():
        total = total + np.sum(np.sin(value))
    for name in params.keys():
        total = total - len(name)
    return total


add(
    dict_iteration,
    ({"a": draw(2), "skip": draw(3), "long": 0.5},),
    holomorphic=True,
    features="dict.items, keys, values",
)


def nested_argument(tree):
    first, rest = tree["first"], tree["rest"]
    total = first[0] * first[1][0]
    for entry in rest:
        total = total + entry["value"] * entry["pair"][1] - first[1][1]
    return total


add(
    nested_argument,
    (
        {
            "first": (0.7, [1.9, -0.3]),
            "rest": [{"value": 0.5, "pair": (1, 2.5)}, {"value": 1.5, "pair": (1, 0.5)}],
        },
    ),
    holomorphic=True,
    features="nested containers",
)


def named_tuple_argument(point):
    x, y = point
    return point.x * y + point.norm2() + point[1] * x


add(
    named_tuple_argument, (Point(0.7, 1.9),), (Point(0.7),), holomorphic=True, features="NamedTuple parameter"
)


def named_tuple_built(x, y):
    p = Point(x * y)
    q = Point(y=x, x=p.y + y)
    r = q._replace(x=q.x * p.x)
    pair = Pair(r, right=x)
    return Point(pair.left.norm2(), pair.right * p.norm2())


add(named_tuple_built, (0.7, 1.9), holomorphic=True, features="NamedTuple built, namedtuple, _replace")


def dataclass_argument(layer, x):
    return layer(x) * layer.bias + layer.weights[0]


add(
    dataclass_argument,
    (Layer(draw(3, 3), draw(3)), draw(3, seed=1)),
    (Layer(draw(3, 3), draw(3), repeat=2), draw(3, seed=1)),
    holomorphic=True,
    features="dataclass parameter, callable dataclass",
)


def dataclass_nested_argument(model, x):
    for layer in model.layers:
        x = layer(x)
    return model.scale * x * model.depth + model.options["offset"]


add(
    dataclass_nested_argument,
    (Model((Layer(draw(2, 3), draw(3)), Layer(draw(3, 2), draw(2))), 1.5, {"offset": 0.5}), draw(2)),
    holomorphic=True,
    features="frozen dataclass, nested dataclasses, property",
)


def dataclass_built(x, y):
    layer = Layer(np.array([[x, y], [y, 1.0]]), bias=x)
    other = replace(layer, bias=y * y)
    return layer(np.array([1.0, x])) + other(np.array([y, 1.0]))


add(dataclass_built, (0.7, 1.9), holomorphic=True, features="dataclass built, dataclasses.replace")


def dataclass_returned(x, y):
    return Layer(weights=x * y, bias=[x, y * y])


add(dataclass_returned, (0.7, 1.9), holomorphic=True, features="dataclass result")


def object_argument_with_arrays(body, other):
    gap = body.position - other.position
    return body.mass * other.mass / np.sqrt(gap @ gap) + len(body.label)


add(
    object_argument_with_arrays,
    (Body(draw(2), 1.5), Body(draw(2, seed=1), 0.7)),
    holomorphic=True,
    features="plain object parameter",
)


def object_built_and_updated(x, y):
    body = Body(np.array([x, y]), mass=x)
    body.mass = body.mass * y
    body.mass += 2.0
    body.speed = x + y
    return body.mass * body.speed + body.position @ body.position


add(object_built_and_updated, (0.7, 1.9), holomorphic=True, features="object built, attribute assignment")


def objects_in_list(x, y):
    bodies = [Body(x, 1.0), Body(y, 2.0), Body(x * y, 3.0)]
    energy = 0.0
    for i in range(len(bodies)):
        for j in range(i):
            gap = bodies[i].position - bodies[j].position
            energy = energy + bodies[i].mass * bodies[j].mass * gap * gap
    return energy


add(objects_in_list, (0.7, 1.9), holomorphic=True, features="list of objects")


def aliased_object(x):
    body = Body(x, 1.0)
    same = body
    same.mass = x * x
    return body.mass * same.position


add(aliased_object, (0.7,), holomorphic=True, features="aliased object")


def aliased_list(x):
    items = [x, 2.0]
    same = items
    same[1] = x * x
    copy = list(items)
    copy[0] = 5.0
    items.append(x + 1.0)
    return items[1] * same[2] + copy[1] * copy[0] + items[0]


add(aliased_list, (0.7,), holomorphic=True, features="aliased list, list copy")


def callee_changes_list(items, x):
    items[0] = items[0] * x
    items.append(x)


def list_changed_by_callee(x):
    items = [2.0, x]
    callee_changes_list(items, x)
    return items[0] * items[1] + items[2] * len(items)


add(list_changed_by_callee, (0.7,), holomorphic=True, features="callee changes a list")


def list_updates(x, y):
    items = [x, y, 3.0]
    items[0] = items[1] * x
    items[-1] += x
    items[1] *= items[2]
    items.insert(1, x * y)
    last = items.pop()
    first = items.pop(0)
    items.extend([x, first])
    items += (y, last)
    return items[0] * items[1] + items[2] * items[3] - items[4] * items[5] + len(items)


add(list_updates, (0.7, 1.9), holomorphic=True, features="list item assignment, insert, pop, extend, +=")


def list_operations(x, y):
    a = [x, y] + [x * y]
    b = [x] * 3 + a[::-1]
    c = a[1:] + b[:-2]
    a[0], a[1] = a[1], a[0]
    a.reverse()
    return sum(c) * b[3] + a[0] * a[1] - a[2] + sum(b, x)


add(list_operations, (0.7, 1.9), holomorphic=True, features="list +, *, slices, reverse")


def list_deletion(x, y):
    names = ["first", "second"]
    names.remove("first")
    items = [x, y, x * y, 2.0]
    del items[1]
    items.clear() if len(items) > 5 else None
    return len(names) * items[0] * items[1]


add(list_deletion, (0.7, 1.9), holomorphic=True, features="del item, list.remove, list.clear")


def tuple_operations(x, y):
    t = (x, y) + (x * y,)
    u = t * 2
    head, *rest = u[1:]
    return head * rest[0] + len(u) * rest[-1] - t[::-1][0] + (x,)[0]


add(tuple_operations, (0.7, 1.9), holomorphic=True, features="tuple +, *, slices, starred unpacking")


def dict_updates(x, y):
    d = {"a": x, "b": y}
    d["c"] = d["a"] * y
    d["a"] += x
    d["b"] *= d["c"]
    d.update({"d": x * x}, e=y)
    d.update(a=d["a"] * 2.0)
    popped = d.pop("e")
    missing = d.get("z", x) + d.setdefault("f", 2.0 * y)
    del d["d"]
    if "d" not in d and "f" in d:
        missing = missing * 2.0
    return d["a"] * d["b"] + d["c"] * popped + missing + len(d)


add(
    dict_updates,
    (0.7, 1.9),
    holomorphic=True,
    features="dict item assignment, update, get, pop, setdefault, del, in",
)


def dict_merges(x, y):
    base = {"a": x, "b": 2.0}
    merged = {**base, "b": y, "c": x * y}
    other = base | {"a": y * y}
    built = dict(a=x, b=y)
    copied = built.copy()
    copied["a"] = 0.0
    return (
        merged["a"] * merged["b"]
        + other["a"] * merged["c"]
        + built["a"] * copied["b"]
        + dict([("k", x)])["k"]
    )


add(dict_merges, (0.7, 1.9), holomorphic=True, features="dict **, |, dict(), copy")


def dict_with_tuple_keys(x, y):
    table = {(0, 1): x, (1, 0): y, 2: x * y, None: 3.0}
    total = 0.0
    for i in range(2):
        for j in range(2):
            if (i, j) in table:
                total = total + table[i, j] * table[2]
    return total * table[None]


add(dict_with_tuple_keys, (0.7, 1.9), holomorphic=True, features="dict, tuple keys")


def dict_result(x, y):
    return {"sum": x + y, "parts": [x * y, (x / y, 2.0)], "n": 3}


add(dict_result, (0.7, 1.9), (draw(2), 1.5), holomorphic=True, features="nested result")


def dict_in_order(params, x):
    total, place = x, 1.0
    for name, value in sorted(params.items(), key=itemgetter(0), reverse=True):
        total = total * value + len(name) * place
        place = place + 1.0
    for pair in sorted(zip("cab", (x, total, 2.0), strict=True)):
        total = total + pair[1] * place
        place = place * 2.0
    return total + sorted([(3, x), (1, total)], key=lambda pair: -pair[0])[0][1]


add(dict_in_order, ({"w": 0.7, "bias": 1.9, "a": 0.3}, 1.3), holomorphic=True, features="sorted, itemgetter")
