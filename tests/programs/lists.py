"""Lists that grow in a loop, containers that loops carry and branches choose, and comprehensions."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"
# ruff: noqa: B905, SIM108

import math
from functools import partial

import numpy as np

from tests.programs.containers import Body
from tests.programs.program import Program, draw, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)


def list_grows(x, n):
    items = []
    y = x
    for i in range(n):
        y = np.sin(y) + i * x
        items.append(y)
    return sum(items) * x


add(list_grows, (0.7, 4), (0.7, 0), argnums=(0,), holomorphic=True, features="growing list, sum")


def rows_that_comprehensions_make(x, n):
    rows = [[0.0 for _ in range(n)] for _ in range(3)]
    for i in range(3):
        for j in range(n):
            rows[i][j] += x[i] * x[j]
            rows[i][0] -= 0.5 * rows[i][j]
    row = rows[1]
    row[0] = row[0] * x[2]
    cube = [[[x[0] * k] * 2 for k in range(2)] for _ in range(2)]
    cube[1][0][1] += rows[1][0]
    return rows[0][n - 1] * cube[1][0][1] + cube[0][1][1] + row[0]


add(
    rows_that_comprehensions_make,
    (draw(3), 2),
    argnums=(0,),
    holomorphic=True,
    float32=False,
    features="nested comprehensions, items of inner lists changed",
)


def pair_tables(x):
    m, n = len(x), len(x[0])
    table = [[0 for _ in range(m)] for _ in range(m)]
    for i in range(m):
        for j in range(m):
            d = 0.0
            for k in range(n):
                d += (x[i][k] - x[j][k]) ** 2
                table[i][j] = d
    return sum(map(sum, table)) + table[0][1] * table[1][0]


add(pair_tables, ([[0.3, 0.5], [-0.2, 1.1], [0.7, 0.1]],), holomorphic=True, features="table of lists")


def list_grows_and_is_indexed(x, n):
    items = [x, x * x]
    for i in range(2, n):
        items.append(items[i - 1] * 0.5 + items[i - 2] * x)
    return items[-1] * items[n // 2]


add(
    list_grows_and_is_indexed,
    (0.7, 6),
    (0.7, 2),
    argnums=(0,),
    holomorphic=True,
    features="growing list, index",
)


def list_grows_and_is_stacked(x, n):
    rows = []
    for i in range(n):
        rows.append(x * i + np.cos(x))
    table = np.stack(rows)
    return np.sum(table * table, axis=0)


add(
    list_grows_and_is_stacked,
    (draw(3), 4),
    (draw(3), 1),
    argnums=(0,),
    holomorphic=True,
    features="growing list, stack",
)


def list_grows_to_array(x, n):
    values = []
    for i in range(n):
        values.append(x**i)
    return np.array(values) * np.array(values)[::-1] + np.concatenate([np.array(values[:1]), values[1:]])


add(
    list_grows_to_array,
    (0.7, 4),
    argnums=(0,),
    holomorphic=True,
    autograd=False,
    features="growing list, np.array",
)


def list_grows_in_branch(x):
    kept = []
    for v in x:
        if v > 0.0:
            kept.append(v * v)
        elif v < -1.0:
            kept.extend([v, 2.0 * v])
    total = 0.0
    for k, v in enumerate(kept):
        total = total + v * (k + 1)
    return total + len(kept) * x[0]


add(
    list_grows_in_branch,
    (draw(6, seed=1),),
    (np.array([-0.5, -0.2]),),
    holomorphic=True,
    features="growing list in branch, enumerate",
)


def list_grows_and_is_mapped(x, n):
    values = [x]
    while len(values) < n:
        values.append(values[-1] * x + 1.0)
    squares = [v * v for v in values]
    return sum(squares) + max(values) * min(squares) + sum(v * w for v, w in zip(values, squares[1:]))


add(
    list_grows_and_is_mapped,
    (0.7, 5),
    (1.3, 1),
    argnums=(0,),
    holomorphic=True,
    features="growing list, comprehension, zip, max",
)


def list_grows_and_shrinks(x, n):
    stack = [x]
    total = 0.0
    for i in range(n):
        stack.append(stack[-1] * x + i)
        if i % 2:
            total = total + stack.pop() * stack[0]
    return total + sum(stack)


add(list_grows_and_shrinks, (0.7, 5), argnums=(0,), holomorphic=True, features="growing list, pop")


def list_of_pairs_grows(x, n):
    history = []
    position, speed = x, 1.0
    for _ in range(n):
        history.append((position, speed))
        position, speed = position + 0.1 * speed, speed - 0.1 * position
    energy = 0.0
    for p, s in history:
        energy = energy + p * p + s * s
    return energy * history[0][1]


add(list_of_pairs_grows, (0.7, 4), argnums=(0,), holomorphic=True, features="growing list of tuples")


def list_of_lists_grows(x, n):
    table = []
    for i in range(n):
        row = []
        for j in range(i + 1):
            row.append(x**j + i)
        table.append(row)
    total = 0.0
    for row in table:
        total = total * 0.5 + sum(row) * row[-1]
    return total


add(list_of_lists_grows, (0.7, 4), argnums=(0,), holomorphic=True, features="growing list of lists")


def list_item_changed_in_loop(x, n):
    items = [x, x * x, 1.0]
    for i in range(n):
        items[i % 3] = items[(i + 1) % 3] * x + items[i % 3]
    return items[0] * items[1] - items[2]


add(
    list_item_changed_in_loop,
    (0.7, 5),
    (0.7, 0),
    argnums=(0,),
    holomorphic=True,
    features="list item assignment in loop",
)


def dict_changed_in_loop(x, n):
    state = {"p": x, "v": 1.0}
    for _ in range(n):
        state["p"] += 0.1 * state["v"]
        state["v"] = state["v"] - 0.1 * np.sin(state["p"])
    return state["p"] * state["v"]


add(
    dict_changed_in_loop,
    (0.7, 4),
    (0.7, 0),
    argnums=(0,),
    holomorphic=True,
    features="dict item assignment in loop",
)


def object_changed_in_loop(x, n):
    body = Body(x, 1.0)
    for i in range(n):
        body.position = body.position * 0.9 + body.mass
        if i % 2 == 0:
            body.mass = body.mass * x
    return body.position * body.mass


add(object_changed_in_loop, (0.7, 4), argnums=(0,), holomorphic=True, features="attribute assignment in loop")


def list_grows_result(x, n):
    out = []
    for i in range(n):
        out.append(x * i + x * x)
    return out


add(
    list_grows_result,
    (0.7, 3),
    (draw(2), 2),
    argnums=(0,),
    holomorphic=True,
    features="growing list returned",
)


def comprehension_list(x):
    squares = [v * v for v in x]
    table = [a * b for a in squares for b in x if b > 0.0]
    return sum(table) + sum([k * v for k, v in enumerate(squares)])


add(comprehension_list, (draw(4),), holomorphic=True, features="list comprehension, nested, filtered")


def comprehension_nested(x, n):
    grid = [[x * i + j for j in range(n)] for i in range(n)]
    flat = [v for row in grid for v in row]
    return sum(flat) * grid[-1][0] + np.sum(np.array(grid) ** 2)


add(comprehension_nested, (0.7, 3), argnums=(0,), holomorphic=True, features="nested list comprehension")


def comprehension_dict(x, names):
    powers = {name: x**k for k, name in enumerate(names)}
    doubled = {k: 2.0 * v for k, v in powers.items() if k != "b"}
    return sum(powers.values()) * doubled["c"] + sum(doubled[k] for k in doubled)


add(comprehension_dict, (0.7, ("a", "b", "c")), argnums=(0,), holomorphic=True, features="dict comprehension")


def comprehension_generator(x):
    total = sum(np.sin(v) * k for k, v in enumerate(x))
    largest = max(v * v for v in x)
    stacked = np.array(list(v**3 for v in x))
    pair = tuple(v + 1.0 for v in x[:2])
    return total * largest + stacked.sum() * pair[0] * pair[1]


add(comprehension_generator, (draw(4),), holomorphic=True, features="generator in call")


def comprehension_scopes(x):
    y = 2.0
    values = [y * x for y in (1.0, x, 3.0)]
    return values[1] * y + values[0]


add(comprehension_scopes, (0.7,), holomorphic=True, features="comprehension scope")


def comprehension_inactive(x):
    keys = {k for k in ("a", "b", "a")}
    lengths = {k: len(k) for k in ("aa", "b")}
    evens = [i for i in range(10) if i % 2 == 0 if i > 2]
    return x * len(keys) + lengths["aa"] * x**2 + sum(evens) * x


add(comprehension_inactive, (0.7,), holomorphic=True, features="set comprehension, inactive")


def tree_map(function, tree):
    if isinstance(tree, dict):
        return {key: tree_map(function, value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(tree_map(function, value) for value in tree)
    return function(tree)


def tree_leaves(tree):
    if isinstance(tree, dict):
        return [leaf for key in sorted(tree) for leaf in tree_leaves(tree[key])]
    if isinstance(tree, (list, tuple)):
        return [leaf for value in tree for leaf in tree_leaves(value)]
    return [tree]


def weight_decay(params):
    squared = tree_map(lambda w: w * w, params)
    return sum(np.sum(leaf) for leaf in tree_leaves(squared))


add(
    weight_decay,
    ({"w": [draw(2, 2), draw(2)], "b": (0.5, {"c": 1.5})},),
    holomorphic=True,
    features="recursion over containers, isinstance, type(tree)(...)",
)


def container_of_state(x):
    state = (x, [x * 2.0, {"k": x}])
    a, (b, c) = state
    (d, e), f = (b, c["k"]), a
    return a * b + d * e - f


add(container_of_state, (0.7,), holomorphic=True, features="nested unpacking")


def tuple_carried_by_loop(x, n):
    state = (x, (1.0, {"k": x}))
    for _ in range(n):
        a, (b, c) = state
        state = (a * b, (b + c["k"], {"k": a}))
    return state[0] + state[1][0] * state[1][1]["k"]


add(
    tuple_carried_by_loop,
    (0.7, 3),
    (0.7, 0),
    argnums=(0,),
    holomorphic=True,
    features="container carried by loop",
)


def container_chosen_by_branch(x):
    if x > 1.0:
        state = {"a": x, "b": (x * x, 2.0)}
    else:
        state = {"a": 3.0, "b": (x, x)}
    return state["a"] * state["b"][0] + state["b"][1]


add(container_chosen_by_branch, (1.5,), (0.5,), holomorphic=True, features="container defined in branches")


def zip_of_lists(weights, values):
    total = 0.0
    for w, v in zip(weights, values):
        total = total + w * v
    pairs = list(zip(weights, values))
    columns = list(zip(*pairs))
    return total * pairs[0][1] + columns[0][1] * columns[1][0]


add(zip_of_lists, ([0.5, 1.5], (2.5, -0.5)), holomorphic=True, features="zip, zip(*), list")


def enumerate_reversed_list(items):
    total = 0.0
    for k, item in enumerate(reversed(items)):
        total = total * 0.5 + item * (k + 1)
    for item in list(reversed(items))[:1] + items[::-1][1:2]:
        total = total * item
    return total


add(enumerate_reversed_list, ([0.5, 1.5, -0.7],), holomorphic=True, features="enumerate, reversed list")


def empty_containers(x, nothing, none):
    total = x
    for item in nothing:
        total = total * item
    for key in none:
        total = total + none[key]
    return total * 2.0 + len(nothing)


add(empty_containers, (0.7, [], {}), argnums=(0,), holomorphic=True, features="empty containers")


def mixed_leaves(params):
    if params["activation"] == "tanh" and params["bias"] is None:
        return np.tanh(params["w"] * params["steps"]) + params["scale"]
    return params["w"]


add(
    mixed_leaves,
    ({"w": draw(3), "activation": "tanh", "bias": None, "steps": 2.0, "scale": 0.5},),
    holomorphic=True,
    features="str and None leaves",
)


def numpy_of_a_comprehension(x, w):
    scaled = [w * v for v in x]
    powers = [v * v for v in x] + [w]
    return np.sum(scaled) * np.max(scaled) + np.linalg.norm(powers) + np.sum(np.exp(scaled)) * np.mean(powers)


add(numpy_of_a_comprehension, (draw(4), 0.7), autograd=False, features="NumPy functions of a comprehension")


def numpy_of_displays(x, w):
    items = [1, w * w, x[0], 2.0]
    pair = (w, x[1])
    total = np.sum(items) * np.max(pair) + np.prod(items) + np.cumsum(pair)[1] * np.dot(items, items)
    return total + np.sum(np.exp(pair)) + np.sum(np.where(np.array(items) > 0, items, 0.5)) + np.var(items)


add(numpy_of_displays, (draw(3), 0.7), autograd=False, features="NumPy functions of list and tuple displays")


def numpy_of_a_grown_list(x, n):
    rows = []
    for i in range(n):
        rows.append(x * (i + 1.0))
    return np.sum(np.square(rows), axis=0) + np.mean(rows) + np.sum(np.diff(rows, axis=0) ** 2)


add(
    numpy_of_a_grown_list,
    (draw(3), 4),
    argnums=(0,),
    holomorphic=True,
    autograd=False,
    features="NumPy functions of a grown list of arrays",
)


def list_into_an_array(x, w):
    squares = [w * v * v for v in x]
    table = np.zeros((3, len(x)))
    table[0] = squares
    table[1] = [w, 2.0, squares[2], squares[3]]
    table[2] += [v + w for v in table[0]]
    table[1:, 0] *= squares[:2]
    np.copyto(table[0], squares, where=x > 0.0)
    np.add.at(table[2], [0, 0], squares[:2])
    return table


add(list_into_an_array, (draw(4), 0.7), autograd=False, features="a grown list written into an array")


def list_beside_an_array(x, w):
    rows = [[w * u + v for v in x] for u in x]
    table = np.zeros((len(x), len(x)))
    table[:] = rows
    table += rows
    table[0] = rows[1] * x - rows[2]
    return table * [v * v for v in x]


add(list_beside_an_array, (draw(3), 0.7), autograd=False, features="arithmetic of arrays with grown lists")


def grown_list_repeated(x, n):
    items = [v * v for v in x] * n
    items *= 2
    return [v * i for i, v in enumerate(3 * items[:2])], len(items)


add(grown_list_repeated, (draw(3), 2), argnums=(0,), autograd=False, features="list * n of run-time length")


def displays_with_stars(x):
    padded = np.array([0.0, *x, 1.0])
    rotated = [*x[1:], x[0]]
    twice = [*rotated, rotated.append(2.0 * x[0]) or 1.5, *rotated]
    return padded[1:] * padded[:-1], np.array(twice) ** 2, [0.5, *(v * v for v in rotated)]


add(displays_with_stars, (draw(3),), autograd=False, features="* of run-time length in a list")


def products_of_generators(x):
    squares = {"a": x[0], "b": x[1]}
    return (
        math.prod(v + 2.0 for v in x) * math.prod(v * v for v in squares.values()),
        math.fsum(v * v for v in x),
        sum([math.hypot(v, 1.0) for v in x]),
    )


add(products_of_generators, (draw(4),), autograd=False, features="math.prod and math.fsum of a generator")
