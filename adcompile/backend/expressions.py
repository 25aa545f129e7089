"""Expressions of the emitted code: from graph to syntax tree to text.

In: an atom, with the names and the nested statements of a function body. Out: an `ast` expression, and its
text as `astor` writes it. Primitives print by their row's own text; the few that Python spells otherwise have
a function here.
"""

from __future__ import annotations

import ast
import math
import types
import warnings
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import numpy as np

from ..ir.nodes import Apply, Arg, If, Items, Literal, Slice, Stmt, Through, Value
from ..ir.types import Array
from ..rules.rule import HELPERS, REQUIRED, Primitive
from .names import Names


class Namespace:
    """What the emitted text refers to beside its variables: modules, helpers, and objects of the user."""

    def __init__(self) -> None:
        self.modules: dict[str, str] = {}
        self.helpers: dict[str, Any] = {}
        self.aliases: dict[str, str] = {}
        self.objects: dict[str, Any] = {}
        # parameter names of the emitted function: they hide modules and builtins of the same name
        self.hidden: set[str] = set()
        # the backward function of a split derivative
        self.pullback = "pullback"

    def module(self, root: str) -> str:
        """The name of an imported module, chosen so that no parameter hides it."""
        if root in self.hidden:
            name = _MODULES[root].split()[1]
            self.modules[f"{root}_"] = f"import {name} as {root}_"
            return f"{root}_"
        self.modules[root] = _MODULES[root]
        return root

    def helper(self, name: str) -> ast.expr:
        """A run-time helper, also where a parameter hides it."""
        self.helpers[name] = HELPERS[name]
        if name in self.hidden:
            self.aliases[f"{name}_"] = name
            return ast.Name(f"{name}_", ast.Load())
        return ast.Name(name, ast.Load())

    def builtin(self, name: str) -> ast.expr:
        """A Python builtin, also where a parameter hides it."""
        if name in self.hidden:
            self.modules["builtins"] = "import builtins"
            return ast.Attribute(ast.Name("builtins", ast.Load()), name, ast.Load())
        return ast.Name(name, ast.Load())

    def refer(self, obj: Any, name: str) -> ast.expr:
        """A name for a Python object, unique in the module."""
        base = name if name.isidentifier() else "captured"
        candidate, n = base, 1
        while candidate in self.hidden or self.objects.get(candidate, obj) is not obj:
            n += 1
            candidate = f"{base}_{n}"
        self.objects[candidate] = obj
        return ast.Name(candidate, ast.Load())


_MODULES = {
    "np": "import numpy as np",
    "math": "import math",
    "scipy": "import scipy",
    "functools": "import functools",
    "operator": "import operator",
    "time": "import time",
    "warnings": "import warnings",
}


class Expressions:
    """Builds syntax trees for one function body."""

    def __init__(
        self, namespace: Namespace, nested: dict[Value, Stmt], absent: Collection[Value] = ()
    ) -> None:
        self.namespace = namespace
        self.nested = nested
        # what may be None, and has no attributes then
        self.absent = absent
        self.names: Names = None  # type: ignore[assignment]

    def atom(self, arg: Arg) -> ast.expr:
        """The expression for an argument of a statement."""
        if isinstance(arg, ast.expr):
            return arg
        if isinstance(arg, Value):
            stmt = self.nested.get(arg)
            if stmt is None:
                return ast.Name(self.names[arg], ast.Load())
            return self.apply(stmt) if isinstance(stmt, Apply) else self.conditional(stmt)  # type: ignore[arg-type]
        if isinstance(arg, Literal):
            return self.literal(arg)
        if isinstance(arg, tuple):
            return ast.Tuple([self.atom(a) for a in arg], ast.Load())
        if isinstance(arg, Slice):
            parts = [
                None if isinstance(a, Literal) and a.value is None else self.atom(a)
                for a in (arg.start, arg.stop, arg.step)
            ]
            return ast.Slice(*parts)
        assert isinstance(arg, Items)
        return ast.List([self.atom(a) for a in arg.items], ast.Load())

    def place(self, target: str, index: Arg) -> tuple[str, Arg]:
        """The text of the view that an index leads to, and the index there."""
        if not isinstance(index, Through):
            return target, index
        node: Any = ast.Name(target, ast.Load())
        for row, rest in index.steps:
            node = self.by_template(row, (node, *rest))
        return to_text(node), index.index

    def conditional(self, stmt: If) -> ast.expr:
        """A branch that is written inside an expression."""
        test, a, b = self.atom(stmt.test), self.atom(stmt.then.yields[0]), self.atom(stmt.orelse.yields[0])
        if isinstance(b, ast.Constant) and b.value is False:
            return ast.BoolOp(ast.And(), [test, a])
        if isinstance(a, ast.Constant) and a.value is True:
            return ast.BoolOp(ast.Or(), [test, b])
        return ast.IfExp(test, a, b)

    def literal(self, literal: Literal) -> ast.expr:
        """The expression for an object known at compile time."""
        value = literal.value
        if literal.spelling is not None and not isinstance(value, types.FunctionType):
            found = self._spelled(literal)
            if found is not None:
                return found
        return self.constant(value, literal.spelling)

    def _spelled(self, literal: Literal) -> ast.expr | None:
        """A literal by its spelling, if that means the same in the emitted module."""
        spelling = literal.spelling or ""
        root = spelling.split(".")[0]
        if root in _MODULES:
            rest = spelling[len(root) :]
            return ast.parse(self.namespace.module(root) + rest, mode="eval").body
        if spelling in HELPERS:
            return None
        builtins = vars(__import__("builtins"))
        if builtins.get(spelling) is literal.value and spelling.isidentifier():
            return self.namespace.builtin(spelling)
        return None

    def constant(self, value: Any, spelling: str | None = None) -> ast.expr:
        """The expression for a constant: spelt out, or referred to by a name."""
        if isinstance(value, (bool, str, bytes, type(None), type(Ellipsis))):
            return ast.Constant(value)
        if type(value) in (int, float):
            return self._number(value)
        if (
            isinstance(value, complex)
            and type(value) is complex
            and math.copysign(1, value.real) == 1
            and not value.real
        ):
            return (
                ast.Constant(value)
                if math.copysign(1, value.imag) == 1
                else self.namespace.refer(value, "constant")
            )
        if isinstance(value, (tuple, list)) and type(value) in (tuple, list):
            items = [self.constant(v) for v in value]
            return ast.Tuple(items, ast.Load()) if isinstance(value, tuple) else ast.List(items, ast.Load())
        if isinstance(value, np.dtype):
            return ast.parse(f"{self.namespace.module('np')}.dtype({value.str!r})", mode="eval").body
        if isinstance(value, type) and issubclass(value, np.generic):
            return ast.parse(f"{self.namespace.module('np')}.{value.__name__}", mode="eval").body
        if isinstance(value, type) and value.__module__ == "builtins":
            return self.namespace.builtin(value.__name__)
        name = spelling or getattr(value, "__name__", None) or "captured"
        return self.namespace.refer(value, name.split(".")[-1])

    def _number(self, value: float) -> ast.expr:
        if value != value or value in (math.inf, -math.inf):
            name = self.namespace.module("math")
            text = f"{name}.nan" if value != value else f"{name}.inf" if value > 0 else f"-{name}.inf"
            return ast.parse(text, mode="eval").body
        if math.copysign(1, value) < 0:
            return ast.UnaryOp(ast.USub(), ast.Constant(-value))
        return ast.Constant(value)

    # -- primitives ------------------------------------------------------------------------------------------

    def apply(self, stmt: Apply) -> ast.expr:
        """The expression for a primitive applied to its arguments."""
        special = _SPECIAL.get(stmt.primitive.name)
        if special is not None:
            return special(self, *stmt.args)
        attribute = _ATTRIBUTES.get(stmt.primitive.name)
        if attribute is not None and stmt.args[0] not in self.absent and _is_array(stmt.args[0]):
            return ast.Attribute(self.atom(stmt.args[0]), attribute, ast.Load())
        return self.by_template(stmt.primitive, stmt.args)

    def by_template(self, row: Primitive, args: tuple[Arg, ...]) -> ast.expr:
        """The row's own text with the operands in place of its parameters; defaults are left out."""
        template = row.template
        if isinstance(template, ast.Call):
            return self._call(row, template, args)
        names = {p.name: a for p, a in zip(row.params, args, strict=True)}
        return self._fill(template, names, row)

    def _call(self, row: Primitive, template: ast.Call, args: tuple[Arg, ...]) -> ast.expr:
        pairs = list(zip(row.params, args, strict=True))
        names = {p.name: a for p, a in pairs}
        func = self._fill(template.func, names, row)
        if isinstance(template.func, ast.Attribute) and _root(template.func) in names:
            pairs = pairs[1:]
        positional: list[ast.expr] = []
        keywords: list[ast.keyword] = []
        for param, arg in pairs:
            if param.star:
                assert isinstance(arg, tuple)
                positional += [self.atom(a) for a in arg]
            elif param.default is REQUIRED:
                node = self._dtype(param.name, arg) or self.atom(arg)
                positional.append(with_slice_calls(node, self.namespace))
            elif not _is_default(arg, param.default) and not _is_usual(row, param.name, arg):
                keywords.append(ast.keyword(param.name, self._dtype(param.name, arg) or self.atom(arg)))
        return ast.Call(func, positional, keywords)

    def _dtype(self, param: str, arg: Arg) -> ast.expr | None:
        """A dtype as an operand: by NumPy's scalar type, which means the same there."""
        dtype = arg.value if isinstance(arg, Literal) and param == "dtype" else None
        if (
            not isinstance(dtype, np.dtype)
            or dtype.kind not in "iufc"
            or np.dtype(dtype.type.__name__) != dtype
        ):
            return None
        return self.constant(dtype.type)

    def _fill(self, node: ast.expr, names: dict[str, Arg], row: Primitive) -> ast.expr:
        if isinstance(node, ast.Name):
            return self.atom(names[node.id]) if node.id in names else self._global(node.id, row)
        if isinstance(node, ast.Attribute):
            return ast.Attribute(self._fill(node.value, names, row), node.attr, ast.Load())
        if isinstance(node, ast.BinOp):
            return ast.BinOp(self._fill(node.left, names, row), node.op, self._fill(node.right, names, row))
        if isinstance(node, ast.UnaryOp):
            return ast.UnaryOp(node.op, self._fill(node.operand, names, row))
        if isinstance(node, ast.Compare):
            return ast.Compare(
                self._fill(node.left, names, row),
                node.ops,
                [self._fill(c, names, row) for c in node.comparators],
            )
        if isinstance(node, ast.Subscript):
            return ast.Subscript(
                self._fill(node.value, names, row), self._fill(node.slice, names, row), ast.Load()
            )
        raise AssertionError(ast.dump(node))

    def _global(self, name: str, row: Primitive) -> ast.expr:
        if name in _MODULES:
            return ast.Name(self.namespace.module(name), ast.Load())
        if name in HELPERS:
            return self.namespace.helper(name)
        if name in row.namespace:
            return self.namespace.refer(row.namespace[name], name)
        return self.namespace.builtin(name)


def _is_array(arg: Arg) -> bool:
    """Whether an operand is an array with an axis at least, and so no number by another name."""
    return isinstance(arg, Value) and isinstance(arg.type, Array) and bool(arg.type.shape)


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_default(arg: Arg, default: Any) -> bool:
    if not isinstance(arg, Literal):
        return False
    return arg.value is default or (type(arg.value) is type(default) and bool(arg.value == default))


_FLOATS = ("np.zeros(", "np.ones(", "np.empty(", "np.eye(", "np.identity(", "np.tri(")


def _is_usual(row: Primitive, param: str, arg: Arg) -> bool:
    """Whether a dtype is the one that a function gives its result anyway."""
    dtype = arg.value if isinstance(arg, Literal) and param == "dtype" else None
    return isinstance(dtype, np.dtype) and dtype == np.float64 and row.name.startswith(_FLOATS)


def _format(x: Expressions, parts: Any) -> ast.expr:
    values: list[ast.expr] = []
    for part in parts:
        if isinstance(part, Literal):
            values.append(ast.Constant(part.value))
            continue
        value, conversion, spec = part
        shown = x.atom(value)
        if conversion.value:
            function = {"r": "repr", "s": "str", "a": "ascii"}[conversion.value]
            shown = ast.Call(x.namespace.builtin(function), [shown], [])
        spec_node = x.atom(spec)
        plain = isinstance(spec_node, ast.Constant) and spec_node.value == ""
        args = [shown] if plain else [shown, spec_node]
        values.append(ast.Call(x.namespace.builtin("format"), args, []))
    join = ast.Attribute(ast.Constant(""), "join", ast.Load())
    return ast.Call(join, [ast.List(values, ast.Load())], [])


def _call_object(x: Expressions, function: Arg, args: Any, keywords: Any) -> ast.expr:
    named = [ast.keyword(k.value, x.atom(v)) for k, v in keywords]
    return ast.Call(x.atom(function), [x.atom(a) for a in args], named)


def _attribute(x: Expressions, value: Arg, name: Arg) -> ast.expr:
    assert isinstance(name, Literal)
    return ast.Attribute(x.atom(value), name.value, ast.Load())


def _dict(x: Expressions, keys: Any, items: Any) -> ast.expr:
    return ast.Dict([x.constant(k) for k in keys.value], [x.atom(i) for i in items])


def _tuple(x: Expressions, items: Any) -> ast.expr:
    sequence = items.items if isinstance(items, Items) else items
    return ast.Tuple([x.atom(i) for i in sequence], ast.Load())


def _list(x: Expressions, items: Any) -> ast.expr:
    sequence = items.items if isinstance(items, Items) else items
    return ast.List([x.atom(i) for i in sequence], ast.Load())


def _field(x: Expressions, record: Arg, k: Arg) -> ast.expr:
    return ast.Subscript(x.atom(record), x.atom(k), ast.Load())


def _range_length(x: Expressions, a: Arg, b: Arg, c: Arg) -> ast.expr:
    numbers = ast.Call(x.namespace.builtin("range"), [x.atom(v) for v in (a, b, c)], [])
    return ast.Call(x.namespace.builtin("len"), [numbers], [])


def _range_item(x: Expressions, a: Arg, b: Arg, c: Arg, k: Arg) -> ast.expr:
    numbers = ast.Call(x.namespace.builtin("range"), [x.atom(v) for v in (a, b, c)], [])
    return ast.Subscript(numbers, x.atom(k), ast.Load())


def _list_slice(x: Expressions, items: Arg, i: Arg) -> ast.expr:
    return ast.Subscript(x.atom(items), x.atom(i), ast.Load())


def _list_join(x: Expressions, a: Arg, b: Arg) -> ast.expr:
    return ast.BinOp(x.atom(a), ast.Add(), x.atom(b))


def _list_reverse(x: Expressions, items: Arg) -> ast.expr:
    backwards = ast.Slice(None, None, ast.UnaryOp(ast.USub(), ast.Constant(1)))
    return ast.Subscript(x.atom(items), backwards, ast.Load())


def _list_equal(x: Expressions, a: Arg, b: Arg) -> ast.expr:
    return ast.Compare(x.atom(a), [ast.Eq()], [x.atom(b)])


def _list_contains(x: Expressions, items: Arg, v: Arg) -> ast.expr:
    return ast.Compare(x.atom(v), [ast.In()], [x.atom(items)])


def _list_method(name: str, x: Expressions, items: Arg, v: Arg) -> ast.expr:
    return ast.Call(ast.Attribute(x.atom(items), name, ast.Load()), [x.atom(v)], [])


def _list_repeat(x: Expressions, items: Arg, n: Arg) -> ast.expr:
    return ast.BinOp(ast.List([x.atom(items)], ast.Load()), ast.Mult(), x.atom(n))


def _stop(x: Expressions, value: Arg) -> ast.expr:
    return x.atom(value)


# what arrays know of themselves; other objects, such as numbers, have no such attributes
_ATTRIBUTES = {"np.shape(x)": "shape", "np.size(x)": "size", "np.ndim(x)": "ndim"}


def _arange(x: Expressions, start: Arg, stop: Arg, step: Arg, dtype: Arg) -> ast.expr:
    """np.arange, called by position."""
    numbers = [start] if _is_default(stop, None) else [start, stop]
    numbers += [] if _is_default(step, None) else [step]
    function = ast.Attribute(ast.Name(x.namespace.module("np"), ast.Load()), "arange", ast.Load())
    kind = [] if _is_default(dtype, None) else [x._dtype("dtype", dtype) or x.atom(dtype)]
    return ast.Call(function, [x.atom(n) for n in numbers], [ast.keyword("dtype", k) for k in kind])


_SPECIAL: dict[str, Callable[..., ast.expr]] = {
    "np.arange(start, stop=None, step=None, dtype=None)": _arange,
    "format_string(parts)": _format,
    "call(function, args, keywords)": _call_object,
    "attribute(x, name)": _attribute,
    "make_dict(keys, items)": _dict,
    "make_tuple(items)": _tuple,
    "record(items)": _tuple,
    "make_list(items)": _list,
    "list_make(items)": _list,
    "field(items, k)": _field,
    "range_length(a, b, c)": _range_length,
    "range_item(a, b, c, k)": _range_item,
    "list_slice(x, i)": _list_slice,
    "list_repeat(x, n)": _list_repeat,
    "list_join(x, y)": _list_join,
    "list_reverse(x)": _list_reverse,
    "list_equal(x, y)": _list_equal,
    "list_contains(items, v)": _list_contains,
    "list_index(items, v)": partial(_list_method, "index"),
    "list_count(items, v)": partial(_list_method, "count"),
    "stop_gradient(x)": _stop,
}


def with_slice_calls(node: ast.expr, namespace: Namespace) -> ast.expr:
    """An index as an expression of its own: `i:j` becomes `slice(i, j)`."""
    if isinstance(node, ast.Tuple):
        return ast.Tuple([with_slice_calls(e, namespace) for e in node.elts], ast.Load())
    if not isinstance(node, ast.Slice):
        return node
    parts = [ast.Constant(None) if n is None else n for n in (node.lower, node.upper, node.step)]
    return ast.Call(namespace.builtin("slice"), parts if node.step is not None else parts[:2], [])


_generator: Any = None


def to_text(node: ast.expr) -> str:
    """The text of an expression."""
    if isinstance(node, ast.Name):
        return node.id
    global _generator
    if _generator is None:
        with warnings.catch_warnings():
            # astor reads deprecated names of `ast` when it is imported
            warnings.simplefilter("ignore")
            import astor.code_gen
        _generator = astor.code_gen
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text: str = _generator.to_source(node, pretty_source="".join).strip()
    if text.startswith("(") and not isinstance(node, ast.Tuple) and _wraps(text):
        text = text[1:-1]
    return text


def _wraps(text: str) -> bool:
    """Whether the first parenthesis closes at the very end."""
    depth = 0
    for k, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if depth == 0:
            return k == len(text) - 1
    return False
