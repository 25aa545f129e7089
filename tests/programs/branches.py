"""Branches: both ways through every `if`, names that one branch defines, predicates that change, early
returns."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, var-annotated, no-redef"
# ruff: noqa: RUF021, SIM108

from functools import partial

import numpy as np

from tests.programs.program import Program, draw, record

PROGRAMS: list[Program] = []
add = partial(record, PROGRAMS)


def branch(x):
    if x > 0.0:
        y = x * x
    else:
        y = -np.sin(x)
    return y * x


add(branch, (1.5,), (-1.5,), holomorphic=True, features="if")


def branch_chain(x, kind):
    if kind == "square":
        y = x**2
    elif kind == "cube":
        y = x**3
    elif x > 1.0:
        y = np.log(x)
    else:
        y = np.exp(x)
    return y + x


add(
    branch_chain,
    (1.5, "square"),
    (1.5, "cube"),
    (1.5, "?"),
    (0.5, "?"),
    argnums=(0,),
    holomorphic=True,
    features="elif, str argument",
)


def branch_without_else(x):
    y = x * 3.0
    if x < 1.0:
        y = y * x
    if y > 2.0:
        y += x * y
    return y


add(branch_without_else, (0.5,), (2.0,), holomorphic=True, features="if without else")


def branch_nested(x, y):
    if x > 0.0:
        if y > 0.0:
            z = x * y
        else:
            z = x / (1.0 + y * y)
            if x > 1.0:
                z = z * z
    elif y > 0.0:
        z = y * y * x
    else:
        z = np.cos(x * y)
    return z + x


add(
    branch_nested,
    (0.5, 0.7),
    (0.5, -0.7),
    (1.5, -0.7),
    (-0.5, 0.7),
    (-0.5, -0.7),
    holomorphic=True,
    features="nested if",
)


def branch_defines_only_here(x):
    if x > 0.0:
        extra = x * x
        scale = 2.0
    else:
        scale = 3.0
    result = scale * x
    if x > 0.0:
        result = result + extra
    return result


add(branch_defines_only_here, (1.5,), (-1.5,), holomorphic=True, features="defined in one branch only")


def branch_overwrites_predicate(x):
    if x > 0.5:
        x = x * x - 1.0
    else:
        x = 2.0 - x
    flag = x > 0.0
    if flag:
        flag = False
        x = x**3
    if flag:
        x = 0.0 * x
    return x * x


add(
    branch_overwrites_predicate,
    (2.0,),
    (0.7,),
    (0.2,),
    holomorphic=True,
    features="predicate overwritten in its branch",
)


def branch_changes_kind(x, flag):
    y = x
    if flag:
        y = 2
    z = y * x
    if flag:
        y = np.array([x, 1.0])
    return np.sum(y) * z


add(
    branch_changes_kind,
    (1.5, True),
    (1.5, False),
    argnums=(0,),
    holomorphic=True,
    features="kind depends on branch",
)


def branch_on_integer(x, n):
    if n % 2 == 0 and n > 0 or n == -3:
        return x * n
    if not n:
        return x * x
    return x**n


add(
    branch_on_integer,
    (1.5, 4),
    (1.5, 3),
    (1.5, 0),
    (1.5, -3),
    argnums=(0,),
    holomorphic=True,
    features="int argument, and, or, not",
)


def branch_on_computed_value(x):
    y = np.sin(x) * 2.0
    z = y * y
    if z > 1.0 and y > 0.0:
        z = np.log(z)
    elif z > 1.0:
        z = z * y
    return z + y


add(branch_on_computed_value, (1.2,), (-1.2,), (0.2,), holomorphic=True, features="predicate on active value")


def branch_pass(x):
    if x > 0.0:
        pass
    else:
        x = x * x
    return x * 2.0


add(branch_pass, (1.5,), (-1.5,), holomorphic=True, features="pass")


def early_return(x):
    if x < 0.0:
        return np.exp(x)
    y = x * x
    if y > 4.0:
        return y + x
    y = y * x
    return y


add(early_return, (-0.5,), (3.0,), (1.5,), holomorphic=True, features="early return")


def early_return_in_else(x):
    y = x + 1.0
    if x > 1.0:
        y = y * x
    else:
        if x < -1.0:
            return y * y
        y = y - x * x
    return y / (2.0 + x)


add(early_return_in_else, (1.5,), (-1.5,), (0.5,), holomorphic=True, features="early return")


def branch_hands_its_operand_on(x, y, twice):
    first = y[0] * y[0]
    z = x * 2.0 if twice else x
    return np.sin(z + y) * first + y[1]


add(
    branch_hands_its_operand_on,
    (draw(3, seed=31), draw(3, seed=32), True),
    (draw(3, seed=31), draw(3, seed=32), False),
    argnums=(0, 1),
    holomorphic=True,
    features="ternary, shared adjoint",
)


def loop_hands_its_operand_on(x, y, n):
    first = y[0] * y[0]
    z = x
    for _ in range(n):
        z = z * 1.5
    return np.sin(z + y) * first + y[1]


add(
    loop_hands_its_operand_on,
    (draw(3, seed=33), draw(3, seed=34), 0),
    (draw(3, seed=33), draw(3, seed=34), 2),
    argnums=(0, 1),
    holomorphic=True,
    features="for, zero trips, shared adjoint",
)


def branches_of_other_precisions(x, y, s):
    if s > 0.0:
        z = x
    else:
        z = y * np.float64(0.3)
    for _ in range(2):
        z = z * s
    return z


add(
    branches_of_other_precisions,
    (draw(1, seed=35).astype(np.float32), draw(4, seed=36).astype(np.float32), 0.7),
    (draw(1, seed=35).astype(np.float32), draw(4, seed=36).astype(np.float32), -0.7),
    features="if, float32 and float64, unknown dtype",
)


def array_of_one_path_is_written_in_a_loop(x, n, p):
    if p > 0:
        c = x * 2.0
    for _ in range(n):
        if p > 0:
            c[0] = c[1] * c[2]
    return np.sum(x) + (np.sum(c) if p > 0 else 0.0)


add(
    array_of_one_path_is_written_in_a_loop,
    *((draw(3), 2, p) for p in (1, -1)),
    argnums=(0,),
    autograd=False,
    features="an array that a branch before a loop assigns",
)


def array_of_one_path_is_carried(x, n, p):
    s = 0.0
    for j in range(n):
        if p > 0:
            w = x * x[j]
        for i in range(n):
            if p > 0:
                s += np.sum(w * x[i])
    return s + np.sum(x)


add(
    array_of_one_path_is_carried,
    *((draw(3), 2, p) for p in (1, -1)),
    argnums=(0,),
    features="an array that a branch in a loop assigns, read by a loop in it",
)
