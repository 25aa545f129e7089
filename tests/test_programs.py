"""The corpus as a collection: that it is complete, deterministic and within what it promises."""

import ast
import contextlib
import copy
import functools
import inspect
import io
import linecache
import math
import sys
import textwrap
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests import oracles
from tests.programs import KINKS, PROGRAMS, THEMES, KnownGradient, Program

CASES = [
    pytest.param(program, sample, id=f"{program.name}-{sample}")
    for program in PROGRAMS
    for sample in range(len(program.samples))
]
READING = [case for case in CASES if not case.values[0].writes]


def _words(text: str) -> list[str]:
    return text.split()


STATEMENTS = _words("""
    Assert Assign AnnAssign AugAssign Break Continue Delete Expr For FunctionDef Global If Import
    ImportFrom Match Nonlocal Pass Raise Return While With
""")
EXPRESSIONS = _words("""
    Attribute BinOp BoolOp Call Compare Constant Dict DictComp FormattedValue GeneratorExp IfExp
    JoinedStr Lambda List ListComp Name NamedExpr SetComp Slice Starred Subscript Tuple UnaryOp Add Sub
    Mult Div FloorDiv Mod Pow MatMult LShift RShift BitOr BitAnd BitXor Invert Not UAdd USub And Or Eq
    NotEq Lt LtE Gt GtE Is IsNot In NotIn MatchValue MatchAs MatchOr MatchSequence MatchMapping MatchStar
    MatchSingleton
""")
REFUSED = {
    "TryStar",
    "Yield",
    "YieldFrom",
    "Await",
    "AsyncFunctionDef",
    "AsyncFor",
    "AsyncWith",
    "ClassDef",
}
NUMPY = _words("""
    sum mean prod max min var std cumsum dot matmul inner outer vdot einsum where maximum minimum clip
    abs sign reshape ravel transpose swapaxes moveaxis expand_dims squeeze broadcast_to concatenate stack
    hstack vstack tile repeat flip roll diag trace triu tril zeros ones empty full zeros_like ones_like
    empty_like full_like eye arange linspace array asarray copy errstate add subtract multiply divide
    true_divide floor_divide power float_power mod remainder fmod negative positive absolute fabs exp
    exp2 expm1 log log2 log10 log1p sqrt cbrt square reciprocal sin cos tan arcsin arccos arctan arctan2
    hypot sinh cosh tanh arcsinh arccosh arctanh degrees radians deg2rad rad2deg fmax fmin logaddexp
    logaddexp2 floor ceil trunc rint isnan isinf isfinite signbit copysign heaviside ldexp modf greater
    less_equal equal logical_and logical_or logical_not logical_xor
""")
LINALG = ["norm", "solve", "inv", "det"]
METHODS = _words("""
    T all any argmin astype clip copy cumsum diagonal dot dtype flatten item max mean min ndim prod ravel
    repeat reshape shape size squeeze std sum swapaxes trace transpose var append extend insert pop
    remove reverse clear items keys values get setdefault update copy
""")
BUILTINS = _words("""
    abs all any bool callable dict divmod enumerate filter float hasattr int isinstance len list map max
    min pow print range reversed round slice sorted sum super tuple type zip
""")
NOT_IN_MATH = {
    "isqrt",
    "comb",
    "perm",
    "factorial",
    "gcd",
    "lcm",
    "frexp",
    "nextafter",
    "ulp",
    "sumprod",
    "fma",
}


def sources() -> Iterator[str]:
    """Yield the text of every module of the corpus."""
    for theme in THEMES:
        yield inspect.getsource(theme)
    yield inspect.getsource(sys.modules["tests.programs.kinks"])


@functools.cache
def everything_used() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the node types, the dotted names and the bare names that occur in the corpus."""
    nodes, dotted, names = set(), set(), set()
    for text in sources():
        for node in ast.walk(ast.parse(text)):
            nodes.add(type(node).__name__)
            if isinstance(node, ast.Attribute):
                dotted.add(ast.unparse(node))
                dotted.add(f".{node.attr}")
            if isinstance(node, ast.Name):
                names.add(node.id)
    return frozenset(nodes), frozenset(dotted), frozenset(names)


def test_size_and_unique_names() -> None:
    names = [program.name for program in PROGRAMS] + [kink.name for kink in KINKS]
    assert len(PROGRAMS) >= 150
    assert len(set(names)) == len(names)
    assert all(program.features for program in PROGRAMS)


def test_every_construct_occurs() -> None:
    nodes, _, _ = everything_used()
    assert [name for name in STATEMENTS + EXPRESSIONS if name not in nodes] == []


def test_every_numpy_function_occurs() -> None:
    _, dotted, _ = everything_used()
    assert [name for name in NUMPY if f"np.{name}" not in dotted] == []
    assert [name for name in LINALG if f"np.linalg.{name}" not in dotted] == []
    assert [name for name in METHODS if f".{name}" not in dotted] == []


def test_every_builtin_occurs() -> None:
    _, _, names = everything_used()
    assert [name for name in BUILTINS if name not in names] == []


def test_every_function_of_math_occurs() -> None:
    _, dotted, _ = everything_used()
    known = {name for name in dir(math) if not name.startswith("_")} - NOT_IN_MATH - {"inf", "nan"}
    assert [name for name in sorted(known) if f"math.{name}" not in dotted] == []


def test_no_refused_construct_occurs_inside_a_program() -> None:
    for program in PROGRAMS:
        tree = ast.parse(textwrap.dedent(inspect.getsource(program.function)))
        inside = {type(node).__name__ for node in ast.walk(tree)}
        assert not inside & REFUSED, program.name


@pytest.mark.parametrize(("program", "sample"), CASES)
def test_program_is_deterministic_and_leaves_its_arguments_alone(program: Program, sample: int) -> None:
    arguments = program.arguments(sample)
    with np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
        first = program.function(*arguments)
        second = program.function(*program.arguments(sample))
    assert oracles.identical(first, second)
    assert oracles.identical(arguments, program.arguments(sample)) != program.writes
    assert oracles.leaves(first), "no float in the output"


@pytest.mark.parametrize(("program", "sample"), READING)
def test_program_writes_into_no_argument(program: Program, sample: int) -> None:
    arguments = program.arguments(sample)
    freeze(arguments)
    with np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
        program.function(*arguments)


def freeze(tree: Any) -> None:
    """Make every array of a tree read-only."""
    for leaf in oracles.leaves(tree):
        if isinstance(leaf, np.ndarray):
            leaf.flags.writeable = False


@pytest.mark.parametrize("program", [pytest.param(p, id=p.name) for p in PROGRAMS])
def test_active_arguments_hold_floats(program: Program) -> None:
    assert program.argnums
    for sample in range(len(program.samples)):
        arguments = program.arguments(sample)
        for i in program.argnums:
            assert oracles.leaves(arguments[i]), f"argument {i} of sample {sample}"


@pytest.mark.parametrize("program", [pytest.param(p, id=p.name) for p in PROGRAMS])
def test_source_can_be_read(program: Program) -> None:
    function = inspect.unwrap(program.function)
    assert isinstance(function, types.FunctionType)
    assert linecache.getline(function.__code__.co_filename, function.__code__.co_firstlineno)


@pytest.mark.parametrize("kink", [pytest.param(kink, id=kink.name) for kink in KINKS])
def test_kinks_have_a_gradient_like_their_arguments(kink: KnownGradient) -> None:
    arguments = kink.arguments()
    before = copy.deepcopy(arguments)
    with np.errstate(all="ignore"):
        kink.function(*arguments)
    assert oracles.identical(arguments, before)
    assert len(kink.gradient) == len(kink.argnums)
    for i, gradient in zip(kink.argnums, kink.gradient, strict=True):
        assert oracles.same_kind(gradient, arguments[i]) == ""
