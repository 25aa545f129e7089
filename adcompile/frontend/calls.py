"""What a call means: a primitive, a user function, a builtin, a class, or Python without a derivative.

In: an abstract callee and abstract arguments. Out: the abstract result. Primitives become statements, user
functions are inlined, containers and classes are followed structurally, and anything else is kept as an
opaque call, which is refused later if an active value passes through it. Not for Python's builtins one by one
(`builtins`).
"""

from __future__ import annotations

import ast
import functools
import types
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import AdcompileError, NoDerivative
from ..ir.nodes import Items, Literal, Value
from ..ir.types import OPAQUE, Array, ListOf, Unknown, is_differentiable
from ..live import is_plain_object
from ..rules.python import ENTER, EXIT, TUPLE, opaque_call
from ..rules.rule import FOREIGN, FUNCTIONS, Param, Primitive, call_rule, facts_of
from .containers import cell_of, class_member, demand_static, dict_items, get_attribute
from .inputs import LIBRARIES, expand_captured
from .parse import Parser
from .values import (
    DEAD,
    FALSE,
    ArrayMethod,
    BoundMethod,
    Captured,
    Choice,
    Closure,
    ContainerMethod,
    DictCell,
    Fixed,
    GrownCell,
    Indexed,
    ListCell,
    ObjectCell,
    PartialVal,
    RangeVal,
    Ref,
    SliceVal,
    Transformed,
    TupleVal,
    is_atom,
)


def call_expression(p: Parser, node: ast.Call) -> Any:
    """A call as it is written."""
    from .expressions import evaluate
    from .iterate import fixed_items

    if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args:
        return _super(p, node)
    function = evaluate(p, node.func)
    args: list[Any] = []
    for a in node.args:
        if isinstance(a, ast.Starred):
            args.extend(fixed_items(p, evaluate(p, a.value), a))
        else:
            args.append(evaluate(p, a))
    keywords: dict[str, Any] = {}
    for k in node.keywords:
        if k.arg is None:
            keywords.update(dict_items(p, evaluate(p, k.value), k.value))
        else:
            keywords[k.arg] = evaluate(p, k.value)
    return call(p, function, args, keywords, node)


def call(p: Parser, function: Any, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    """function(*args, **keywords) for any abstract callee."""
    from .functions import call_closure
    from .methods import call_array_method, call_container_method

    if isinstance(function, Literal):
        return _call_object(p, function, args, keywords, node)
    if isinstance(function, Closure):
        return call_closure(p, function, args, keywords, node)
    if isinstance(function, BoundMethod):
        return call(p, function.function, [function.receiver, *args], keywords, node)
    if isinstance(function, Choice):
        from .flow import branch

        first, second = function.then, function.orelse
        result = branch(
            p,
            function.test,
            lambda: call(p, first, args, dict(keywords), node),
            lambda: call(p, second, args, dict(keywords), node),
        )
        return p.usable(result, node, "the result of this call")
    if isinstance(function, PartialVal):
        merged = {**dict(function.keywords), **keywords}
        return call(p, function.function, [*function.args, *args], merged, node)
    if isinstance(function, ArrayMethod):
        return call_array_method(p, function, args, keywords, node)
    if isinstance(function, ContainerMethod):
        return call_container_method(p, function, args, keywords, node)
    if isinstance(function, Transformed):
        from .nested import call_transformed

        return call_transformed(p, function, args, keywords, node)
    if isinstance(function, Captured):
        return _call_captured(p, function, args, keywords, node)
    if isinstance(function, Ref):
        found = call_special(p, function, "__call__", args, node, keywords)
        if found is not None:
            return found
    if isinstance(function, Value):
        return call_unknown(p, function, args, keywords, node)
    p.raise_at(TypeError("this object is not callable"))


def _call_object(
    p: Parser, function: Literal, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    from .builtins import BUILTINS
    from .nested import TRANSFORMS, transform

    obj = function.value
    if obj is np.where and len(args) == 1:
        obj = np.nonzero  # what np.where is with one argument
    hashable = getattr(type(obj), "__hash__", None) is not None
    if hashable and obj in BUILTINS:
        return BUILTINS[obj](p, args, keywords, node)
    if hashable and obj in FUNCTIONS:
        return apply_primitive(p, FUNCTIONS[obj], args, keywords, node)
    name = TRANSFORMS.get(obj) if hashable else None
    if name is not None:
        return transform(p, name, args, keywords, node)
    if isinstance(obj, types.FunctionType):
        return _call_python(p, obj, args, keywords, node)
    if isinstance(obj, types.MethodType):
        return call(p, Literal(obj.__func__), [p.inputs.receiver(p, obj.__self__), *args], keywords, node)
    if isinstance(obj, (types.MethodDescriptorType, types.WrapperDescriptorType)) and args:
        return call(p, get_attribute(p, args[0], obj.__name__, node), args[1:], keywords, node)
    if isinstance(obj, type):
        return instantiate(p, obj, args, keywords, node)
    return call_unknown(p, function, args, keywords, node)


def _call_python(
    p: Parser, function: types.FunctionType, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    """Inline a Python function; one that cannot be followed is kept as a call without a derivative."""
    from .functions import call_function

    if (function.__module__ or "").split(".")[0] in LIBRARIES:
        return call_unknown(p, Literal(function), args, keywords, node)
    saved, statements = p.state.copy(), len(p.builder.statements)
    frame, depth = p.frame, len(p.stack)
    try:
        return call_function(p, function, args, keywords, node)
    except AdcompileError as error:
        p.state, p.frame = saved, frame
        del p.builder.statements[statements:]
        del p.stack[depth:]
        try:
            return call_unknown(p, Literal(function), args, keywords, node, error)
        except AdcompileError:
            raise error from None


def _call_captured(
    p: Parser, function: Captured, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    from .nested import derivative_call

    obj = function.value
    if isinstance(obj, functools.partial):
        bound = [
            p.inputs.captured(p, (*function.path, ("attr", "args"), ("item", k)), v, "arg")
            for k, v in enumerate(obj.args)
        ]
        named = {
            k: p.inputs.captured(p, (*function.path, ("attr", "keywords"), ("item", k)), v, k)
            for k, v in obj.keywords.items()
        }
        inner = p.inputs.captured(p, (*function.path, ("attr", "func")), obj.func, "func")
        return call(p, inner, [*bound, *args], {**named, **keywords}, node)
    found = derivative_call(p, obj, args, keywords, node)
    if found is not None:
        return found
    method = type(obj).__call__ if callable(obj) else None
    if isinstance(method, types.FunctionType) and is_plain_object(obj):
        return call(p, p.inputs.wrap_static(p, method), [function, *args], keywords, node)
    wrapped = getattr(obj, "__wrapped__", None)
    if isinstance(wrapped, types.FunctionType):
        # functools.cache and its like: the same values, computed again
        return call(p, p.inputs.wrap_static(p, wrapped), args, keywords, node)
    return call_unknown(p, function, args, keywords, node)


def call_special(
    p: Parser,
    receiver: Any,
    name: str,
    args: list[Any],
    node: ast.AST,
    keywords: dict[str, Any] | None = None,
) -> Any:
    """A special method of an object, None if its class does not define it."""
    cell = cell_of(p, receiver, node)
    cls: Any = None
    if isinstance(cell, ObjectCell):
        cls = cell.cls
    elif isinstance(receiver, Captured):
        cls = type(receiver.value)
    elif isinstance(receiver, TupleVal) and receiver.cls is not tuple:
        cls = receiver.cls
    method = class_member(p, cls, name) if cls is not None else None
    if not isinstance(method, types.FunctionType):
        return None
    result = call(p, p.inputs.wrap_static(p, method), [receiver, *args], keywords or {}, node)
    return None if isinstance(result, Literal) and result.value is NotImplemented else result


def _super(p: Parser, node: ast.Call) -> Any:
    """super() inside a method: the receiver seen as an instance of the next class."""
    frame: Any = p.frame
    first = [a.arg for a in (*frame.node.args.posonlyargs, *frame.node.args.args)][:1]
    cell = frame.cells.get("__class__")
    if cell is None or not first:
        p.refuse("AD199", "`super()` outside a method", node, "a call of the parent class's method by name")
    receiver = p.state.names[frame.id, first[0]]
    return Transformed("super", receiver, (("cls", cell.cell_contents),))


def instantiate(p: Parser, cls: type, args: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
    """cls(*args, **keywords) for classes whose construction can be followed."""
    import dataclasses

    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        fields = cls._fields
        defaults = cls._field_defaults  # type: ignore[attr-defined]
        bound = dict(zip(fields, args, strict=False)) | keywords
        for f, v in defaults.items():
            if f not in bound:
                bound[f] = p.inputs.wrap_static(p, v)
        if set(bound) != set(fields):
            p.raise_at(TypeError(f"{cls.__name__}() takes the fields {', '.join(fields)}"))
        return TupleVal(tuple(bound[f] for f in fields), cls)
    if issubclass(cls, (dict, list, tuple, set)) or not _constructible(cls) or _is_library_class(cls):
        return call_unknown(p, Literal(cls), args, keywords, node)
    ref = p.new(ObjectCell((), (), cls))
    if dataclasses.is_dataclass(cls) and "__init__" in vars(cls):
        _init_dataclass(p, ref, cls, args, keywords, node)
        return ref
    init = class_member(p, cls, "__init__")
    if isinstance(init, types.FunctionType):
        call(p, p.inputs.wrap_static(p, init), [ref, *args], keywords, node)
    elif args or keywords:
        p.raise_at(TypeError(f"{cls.__name__}() takes no arguments"))
    return ref


def _is_library_class(cls: type) -> bool:
    return cls.__module__.split(".")[0] in (*LIBRARIES, "contextlib", "threading")


def _constructible(cls: type) -> bool:
    plain_new: Any = object.__new__
    return (
        cls.__new__ is plain_new
        and bool(cls.__flags__ & (1 << 9))
        and type(cls) in (type,)
        and not issubclass(cls, BaseException)
    )


def _init_dataclass(
    p: Parser, ref: Ref, cls: Any, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> None:
    import dataclasses

    fields = [f for f in dataclasses.fields(cls) if f.init]
    bound = dict(zip([f.name for f in fields if not f.kw_only], args, strict=False))
    names = {f.name for f in fields}
    for key, value in keywords.items():
        if key not in names or key in bound:
            p.raise_at(TypeError(f"{cls.__name__}.__init__() got an unexpected keyword argument '{key}'"))
        bound[key] = value
    entries: dict[str, Any] = {}
    for f in dataclasses.fields(cls):
        if f.name in bound:
            entries[f.name] = bound[f.name]
        elif f.default is not dataclasses.MISSING:
            entries[f.name] = p.inputs.wrap_static(p, f.default)
        elif f.default_factory is not dataclasses.MISSING:
            entries[f.name] = call(p, Literal(f.default_factory), [], {}, node)
        elif f.init:
            p.raise_at(TypeError(f"{cls.__name__}.__init__() missing required argument: '{f.name}'"))
    p.state.heap[ref.id] = ObjectCell(tuple(entries), tuple(entries.values()), cls)
    call_special(p, ref, "__post_init__", [], node)


# -- primitives ----------------------------------------------------------------------------------------------

# operands that decide about shapes: they have to be known when the derivative is compiled
_STATIC_NAMES = frozenset(
    ["axis", "keepdims", "axes", "ord", "subscripts", "source", "destination", "axis1", "axis2", "dtype",
     "ddof", "k", "offset", "full_matrices", "decimals"]
)  # fmt: skip
# keywords that are accepted where they say nothing
_IGNORED = {"out": None, "where": True, "dtype": None, "order": None, "casting": "same_kind", "subok": True,
            "optimize": False, "initial": None, "like": None}  # fmt: skip


def apply_primitive(
    p: Parser, row: Primitive, args: list[Any], keywords: dict[str, Any], node: ast.AST
) -> Any:
    """Bind the arguments to the row's parameters and append the statement."""
    bound: list[Any] = []
    names = [q.name for q in row.params]
    rest = list(args)
    keywords = dict(keywords)
    for q in row.params:
        if q.star:
            bound.append(tuple(as_argument(p, v, node) for v in rest))
            rest = []
        elif rest:
            if q.name in keywords:
                p.raise_at(TypeError(f"{spelled(row)}() got multiple values for argument '{q.name}'"))
            bound.append(_operand(p, row, q.name, rest.pop(0), node))
        elif q.name in keywords:
            bound.append(_operand(p, row, q.name, keywords.pop(q.name), node))
        elif repr(q.default) == "required":
            p.raise_at(TypeError(f"{spelled(row)}() missing required argument '{q.name}'"))
        else:
            bound.append(Literal(q.default))
        bound[-1] = _as_array(p, row, q, bound[-1], node)
    if rest:
        p.no_derivative("AD202", f"`{spelled(row)}` with {len(args)} arguments is not understood", node,
                        f"{row.name}")  # fmt: skip
    for key, value in keywords.items():
        if (
            key == "copy"
            and isinstance(value, Literal)
            and value.value is True
            and spelled(row) == "np.array"
        ):
            continue
        if key in _IGNORED and isinstance(value, Literal) and value.value is _IGNORED[key]:
            continue
        known = ", ".join(names)
        p.no_derivative(
            "AD202", f"`{spelled(row)}` is not understood with `{key}=`", node, f"its operands {known} only"
        )
    if row.expansion is not None:
        facts = {q.name: facts_of(a) for q, a in zip(row.params, bound, strict=True)}
        text = call_rule(row.expansion, facts)
        if text is not None:
            env = {
                q.name: a.items if isinstance(a, Items) else a for q, a in zip(row.params, bound, strict=True)
            }
            return _structured(p, p.builder.expand(text, **env))
    return p.builder.apply(row, *bound)


def _as_array(p: Parser, row: Primitive, param: Param, arg: Any, node: ast.AST) -> Any:
    """The array that NumPy makes of a sequence, for a row whose rules are about arrays."""
    if param.star and not row.items:
        return tuple(_as_array(p, row, replace(param, star=False), a, node) for a in arg)
    if row.items or not is_sequence(arg):
        return arg
    if param.name not in row.pullbacks and not (row.expansion and any(map(_is_active_kind, _atoms(arg)))):
        return arg
    if row.name in FOREIGN:
        p.no_derivative(
            "AD206",
            f"`{spelled(row)}` is given a sequence of numbers, and its rule is about one",
            node,
            f"an array: {spelled(row)}(np.array(...)); or a rule declared with items=True",
        )
    return p.builder.expand("np.asarray(x)", x=arg)


def is_sequence(arg: Any) -> bool:
    """Whether an argument is a display or a run-time list."""
    return isinstance(arg, (tuple, Items)) or (isinstance(arg, Value) and isinstance(arg.type, ListOf))


def _is_active_kind(atom: Any) -> bool:
    return isinstance(atom, Value) and is_differentiable(atom.type)


def _structured(p: Parser, result: Any) -> Any:
    """What an expansion computes as a Python value: displays become tuples and lists."""
    if isinstance(result, tuple):
        return TupleVal(tuple(_structured(p, r) for r in result))
    if isinstance(result, Items):
        return p.new(ListCell(tuple(_structured(p, r) for r in result.items)))
    return result


def _operand(p: Parser, row: Primitive, name: str, value: Any, node: ast.AST) -> Any:
    arg = as_argument(p, value, node)
    if name in _STATIC_NAMES and name not in row.pullbacks:
        for atom in _atoms(arg):
            if isinstance(atom, Value):
                demand_static(p, atom)
                p.no_derivative(
                    "AD209", f"`{name}` of `{spelled(row)}` is known at run time only", node, "a constant"
                )
    return arg


def _atoms(arg: Any) -> Any:
    from ..ir.nodes import leaves

    return leaves(arg)


def spelled(row: Primitive) -> str:
    """The name under which a primitive is called."""
    return row.name.split("(")[0]


def as_argument(p: Parser, value: Any, node: ast.AST) -> Any:
    """An abstract value as an argument of a statement."""
    if is_atom(value):
        return value
    if isinstance(value, TupleVal):
        return tuple(as_argument(p, v, node) for v in value.items)
    found = sequence_argument(p, value, node)
    if found is not None:
        return found
    if isinstance(value, SliceVal):
        from .expressions import to_index

        return to_index(p, value, node)
    p.no_derivative(
        "AD206",
        "this object cannot be an operand of a NumPy function",
        node,
        "numbers, arrays and lists of them",
    )


def sequence_argument(p: Parser, value: Any, node: ast.AST) -> Any:
    """A container as an argument that NumPy reads as a sequence, None for other objects."""
    value = expand_captured(p, value, node)
    cell = cell_of(p, value, node)
    if isinstance(value, TupleVal):
        return tuple(as_argument(p, v, node) for v in value.items)
    if isinstance(cell, ListCell):
        return Items(tuple(as_argument(p, v, node) for v in cell.items))
    if isinstance(cell, GrownCell):
        if len(cell.items) == 1 and is_atom(cell.pattern):
            return cell.items[0]
        if cell.pattern is None:
            return Items(())
    if isinstance(value, (RangeVal, Indexed, Fixed)):
        from .iterate import fixed_items

        return Items(tuple(as_argument(p, v, node) for v in fixed_items(p, value, node)))
    return None


# -- Python that is kept as it is ----------------------------------------------------------------------------

_PURE_MODULES = ("numpy", "math", "scipy", "operator", "cmath")
_WRITERS = frozenset(["copyto", "put", "place", "putmask", "fill_diagonal", "shuffle", "put_along_axis"])


def call_unknown(
    p: Parser,
    function: Any,
    args: list[Any],
    keywords: dict[str, Any],
    node: ast.AST,
    error: AdcompileError | None = None,
) -> Any:
    """A call that is kept: refused later if an active value passes through it."""
    name = _name_of(function)
    if isinstance(function, Literal) and any(function.value is f for f in _SCOPE_READERS):
        p.refuse("AD199", f"`{name}` reads variables that the source of the function does not name", node,
                 "the names or the expression themselves, or a dictionary")  # fmt: skip
    refusal = error or NoDerivative(
        "AD201",
        f"`{name}` has no rule and no source that could be followed",
        p.frame.source.loc(node),
        "a function with a rule; or register one: "
        f'adcompile.pointwise("{name}(x)", ...), adcompile.general(...)',
    )
    module = getattr(getattr(function, "value", None), "__module__", None) or ""
    if name.split(".")[-1] in _WRITERS and module.split(".")[0] == "numpy":
        p.refuse(
            "AD108",
            f"`{name}` writes into its argument",
            node,
            "a new array: np.where, np.concatenate or np.stack",
        )
    trusted = module.split(".")[0] in _PURE_MODULES or name.split(".")[-1] in _HARMLESS
    passed = [_runtime_argument(p, a, node, trusted, refusal) for a in args]
    named = tuple((k, _runtime_argument(p, v, node, trusted, refusal)) for k, v in keywords.items())
    callee = _runtime_callee(p, function, node)
    pairs = tuple((Literal(k), v) for k, v in named)
    result = p.builder.apply(opaque_call(refusal), callee, tuple(passed), pairs)
    return result


_SCOPE_READERS = (eval, exec, locals, vars, globals, dir)
_HARMLESS = frozenset(
    (
        "print",
        "repr",
        "str",
        "format",
        "id",
        "hash",
        "debug",
        "info",
        "warning",
        "error",
        "perf_counter",
    )
)


def _name_of(function: Any) -> str:
    if isinstance(function, Literal):
        return function.spelling or getattr(function.value, "__qualname__", None) or repr(function.value)
    if isinstance(function, ArrayMethod):
        return function.name
    if isinstance(function, Captured):
        return type(function.value).__name__
    return "this object"


def _runtime_callee(p: Parser, function: Any, node: ast.AST) -> Any:
    from ..rules.python import ATTRIBUTE

    if isinstance(function, ArrayMethod):
        return p.builder.apply(ATTRIBUTE, runtime_value(p, function.receiver, node), Literal(function.name))
    return runtime_value(p, function, node)


def _runtime_argument(p: Parser, value: Any, node: ast.AST, trusted: bool, refusal: AdcompileError) -> Any:
    if not trusted and _is_writable(p, value):
        raise NoDerivative(
            "AD201", f"{refusal.message}, and may write into the array or container that it is given",
            refusal.loc, refusal.expected,
        )  # fmt: skip
    return runtime_value(p, value, node)


def _is_writable(p: Parser, value: Any) -> bool:
    if isinstance(value, Value):
        return isinstance(value.type, (Array, ListOf, Unknown))
    if isinstance(value, TupleVal):
        return any(_is_writable(p, v) for v in value.items)
    return isinstance(value, Ref)


def runtime_value(p: Parser, value: Any, node: ast.AST) -> Any:
    """The run-time object that an abstract value stands for."""
    if is_atom(value):
        return value
    if isinstance(value, TupleVal):
        items = tuple(runtime_value(p, v, node) for v in value.items)
        if all(isinstance(i, Literal) for i in items) and value.cls is tuple:
            return Literal(tuple(i.value for i in items))
        return p.builder.apply(TUPLE, items)
    if isinstance(value, Captured):
        return p.inputs.leaf(value.path, OPAQUE, None, _hint_of(value.path), value.value)
    cell = cell_of(p, value, node)
    if isinstance(cell, (ListCell, GrownCell)):
        found = sequence_argument(p, value, node)
        if isinstance(found, Items):
            from ..rules.python import LIST

            return p.builder.apply(LIST, tuple(runtime_value(p, v, node) for v in cell.items))
        if found is not None:
            return found
    if isinstance(cell, DictCell):
        from ..rules.python import DICT

        items = tuple(runtime_value(p, v, node) for v in cell.items)
        return p.builder.apply(DICT, Literal(cell.keys), items)
    p.no_derivative(
        "AD201",
        "this object is passed to Python code that is not followed",
        node,
        "numbers, arrays and strings",
    )


def _hint_of(path: Any) -> str:
    names = [str(k[1] if kind == "global" else k) for kind, k in path if kind in ("attr", "global")]
    return names[-1] if names else "captured"


def opaque_text(p: Parser, template: Literal, value: Any, node: ast.AST) -> Any:
    """`template % value`: text, which carries no derivative."""
    from ..rules.rule import OPERATORS

    return p.builder.apply(OPERATORS["%"], template, runtime_value(p, value, node))


def with_statement(p: Parser, node: ast.With, rest: list[ast.stmt]) -> bool:
    """A `with` whose managers set a scene: entered and left at run time, around the body."""
    from .expressions import evaluate
    from .flow import guarded
    from .parse import store

    managers = []
    for item in node.items:
        manager = runtime_value(p, evaluate(p, item.context_expr), item.context_expr)
        entered = p.builder.apply(ENTER, manager)
        managers.append(manager)
        if item.optional_vars is not None:
            store(p, item.optional_vars, entered)
    p.run(node.body)
    if DEAD in p.state.names:
        return True
    for manager in reversed(managers):
        p.builder.apply(EXIT, manager)
    if p.jumped() is FALSE:
        return False
    guarded(p, rest)
    return True


