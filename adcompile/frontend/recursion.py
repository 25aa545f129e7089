"""Functions that call themselves.

In: a function and abstract arguments. Out: the abstract result. A function that is called while it is being
inlined becomes a `Function` of the graph that calls itself. It takes what it reads of outside as further
parameters; what it writes there, or into the arrays that it is given, it hands out beside its result, and
each call writes that into the arrays of its caller. Not for binding arguments, nor for what a body means:
`functions`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..errors import NoDerivative
from ..ir.nodes import (
    Block,
    Call,
    Function,
    Literal,
    Stmt,
    Value,
    all_statements,
    clone_stmt,
    free_values,
    map_arg,
)
from ..ir.types import UNKNOWN, Array, Scalar, Type, forget_sizes, is_numeric, join
from ..rules.typing import some_length
from .memory import Roots, is_array
from .merge import describe
from .parse import DeadPath, Frame, Parser, Restart
from .structure import leaves_of, parts_of, rebuild
from .values import (
    NONE,
    Captured,
    DictCell,
    GrownCell,
    ListCell,
    ObjectCell,
    Ref,
    State,
    TupleVal,
    fresh_id,
    is_atom,
    is_flag,
    is_result,
)
from .writes import replace

# what is told from others by its items, also where it has none
_CONTAINERS = (TupleVal, ListCell, DictCell, ObjectCell, GrownCell)

# the passes after which the types of results and arguments have to be settled
_PASSES = 12


@dataclass(frozen=True)
class Callee:
    """A function that is called: its frame, what tells it from others, and how its body is inlined."""

    frame: Frame
    key: Any
    name: str
    inline: Callable[[Frame, dict[str, Any]], Any]


def enter(p: Parser, callee: Callee, bound: dict[str, Any], node: ast.AST) -> Any:
    """Inline the body, or call the function if it is being inlined already."""
    pattern = _pattern(p, bound)
    identity = (callee.key, pattern)
    record: _Recursive | None = p.recursive.get(identity)
    if record is not None and (record.is_open or _serves(p, record, bound)):
        return _call(p, record, bound, node)
    if record is None:
        if any(entry == identity for entry in p.stack):
            raise _Recursion(identity)
        saved, statements = p.state.copy(), len(p.builder.statements)
        p.stack.append(identity)
        try:
            return callee.inline(callee.frame, bound)
        except _Recursion as found:
            if found.identity != identity:
                raise
            p.state = saved
            del p.builder.statements[statements:]
        finally:
            p.stack.pop()
    return _call(p, _built(p, callee, bound, identity, node), bound, node)


class _Recursion(Restart):
    """A function calls itself with arguments of the same structure."""

    def __init__(self, identity: Any) -> None:
        super().__init__("recursion")
        self.identity = identity


def _pattern(p: Parser, bound: dict[str, Any]) -> Any:
    """What must agree for two calls to be the same function of the graph."""
    return tuple((k, _shape_of(p, v)) for k, v in bound.items())


def _shape_of(p: Parser, value: Any) -> Any:
    if isinstance(value, Literal):
        return (
            ("number",)
            if is_numeric(value.type) and not isinstance(value.value, bool)
            else (id(value.value), repr(value.value)[:40])
        )
    if isinstance(value, Value):
        return ("number",)
    if isinstance(value, Ref):
        return ("cell", _shape_of(p, p.state.heap[value.id]))
    if isinstance(value, Captured):
        return id(value.value)
    parts = parts_of(value)
    if not parts and not isinstance(value, _CONTAINERS):
        return (type(value), id(value))
    names = getattr(value, "keys", ()), getattr(value, "cls", None)
    return (type(value), names, tuple(_shape_of(p, x) for x in parts))


def deep_leaves(state: State, value: Any) -> list[Any]:
    """All atoms of a value, through the containers in it."""
    if is_atom(value):
        return [value]
    if isinstance(value, Ref):
        return deep_leaves(state, state.heap[value.id])
    return [leaf for part in parts_of(value) for leaf in deep_leaves(state, part)]


def _is_argument(leaf: Any) -> bool:
    return isinstance(leaf, Value) or (is_numeric(leaf.type) and not isinstance(leaf.value, bool))


def _arguments(p: Parser, bound: dict[str, Any]) -> list[Any]:
    """The atoms that a call hands over."""
    return [leaf for v in bound.values() for leaf in deep_leaves(p.state, v) if _is_argument(leaf)]


def _with_deep_leaves(state: State, value: Any, leaves: Any) -> Any:
    if is_atom(value):
        return next(leaves) if _is_argument(value) else value
    if isinstance(value, Ref):
        return state.new(_with_deep_leaves(state, state.heap[value.id], leaves))
    return rebuild(value, tuple(_with_deep_leaves(state, x, leaves) for x in parts_of(value)))


@dataclass(frozen=True)
class _Shown:
    """What a result may share memory with: these arguments, and these arrays from outside."""

    arguments: frozenset[int] = frozenset()
    outside: Roots = frozenset()
    # the argument or the array from outside that it is
    same: int | Value | None = None


@dataclass
class _Recursive:
    """A recursive function, and what is known of it so far.

    Attributes
    ----------
    result, types, shown
        The result, None while no path is known to have one; the types of its atoms, and their memory.
    params : list of Type
        The types of the arguments.
    written : list of int
        The arguments that are arrays which the function writes into.
    outside : list of Value
        The arrays from outside that it writes into, by what they were born as.
    variables : dict
        The numbers that it assigns to variables of outside, with their types.
    extras : tuple of Value
        What else it reads of outside.
    """

    function: Function
    params: list[Type]
    result: Any = None
    types: list[Type] = field(default_factory=list)
    shown: list[_Shown] = field(default_factory=list)
    written: list[int] = field(default_factory=list)
    outside: list[Value] = field(default_factory=list)
    variables: dict[Any, Type] = field(default_factory=dict)
    extras: tuple[Value, ...] = ()
    is_open: bool = True
    # the types that the function's own calls hand over, and the arrays of each of these calls
    handed: list[Type] = field(default_factory=list)
    calls: list[tuple[list[Any], ast.AST]] = field(default_factory=list)
    # where another recursive function calls it that is called by it
    from_another: ast.AST | None = None
    # what is outside as it was when the function was built
    names: dict[Any, Any] = field(default_factory=dict)
    heap: dict[int, Any] = field(default_factory=dict)

    def assumed(self) -> Any:
        """What a pass relies on and may find to be otherwise."""
        return (
            _is_none(self.result), tuple(self.types), tuple(self.shown), tuple(self.params),
            tuple(self.written), tuple(self.outside), tuple(self.variables.items()),
        )  # fmt: skip


# -- building ------------------------------------------------------------------------------------------------


def _built(p: Parser, callee: Callee, bound: dict[str, Any], identity: Any, node: ast.AST) -> _Recursive:
    """Build the body until what it assumes of its own calls is what it has."""
    params = [forget_sizes(leaf.type) for leaf in _arguments(p, bound)]
    p.recursive.pop(identity, None)
    function = Function(callee.name, None, callee.frame.source.loc(callee.frame.node))
    record = p.recursive[identity] = _Recursive(function, params, handed=list(params))
    outer, known = p.state, set(p.recursive)
    record.names, record.heap = _names_read(p, callee.frame), dict(outer.heap)
    p.stack.append((callee.key, None))
    try:
        for _ in range(_PASSES):
            assumed = record.assumed() if record.result is not None else None
            p.state = outer.copy()
            for other in p.recursive.keys() - known:
                # built in the pass before, on what that assumed
                del p.recursive[other]
            made, statements, yields = _pass(p, callee, record, bound, node)
            if record.assumed() == assumed:
                break
        else:
            what = f"`{callee.name}` is recursive, and the types of its results grow with each call"
            p.no_derivative("AD208", what, node, "results of one type")
    except BaseException:
        del p.recursive[identity]
        raise
    finally:
        p.stack.pop()
        p.state = outer
    _close(record, made, statements, yields)
    record.is_open = False
    if record.from_another is not None and (record.extras or record.outside or record.variables):
        what = f"`{callee.name}` and another recursive function call each other, and read what is around them"
        p.no_derivative("AD206", what, record.from_another, "all that they read as arguments")
    for leaves, place in record.calls:
        _refuse_shared(p, record, leaves, place)
    return record


def _pass(
    p: Parser, callee: Callee, record: _Recursive, bound: dict[str, Any], node: ast.AST
) -> tuple[list[Value], list[Stmt], list[Any]]:
    """Parse the body once; the record has then what was found. Returns the block that it is."""
    hints = [leaf.hint if isinstance(leaf, Value) else "" for leaf in _arguments(p, bound)]
    mark = Value(UNKNOWN).serial
    params = [Value(_with_lengths(t), hint, True) for t, hint in zip(record.params, hints, strict=True)]
    supply = iter(params)
    inner = {k: _with_deep_leaves(p.state, v, supply) for k, v in bound.items()}
    for (key, value), fresh in zip(bound.items(), inner.values(), strict=True):
        if is_atom(value) and isinstance(fresh, Value):
            fresh.hint = key
    entered = [_enter_array(p, base) for base in record.outside]
    for key, t in record.variables.items():
        p.state.names[key] = Value(t, key[1], True)
        entered.append(p.state.names[key])
    # whoever calls holds the arguments, whatever the body does with its names for them
    given = ("%given", fresh_id())
    p.state.names[given] = TupleVal(tuple(params))
    before = p.state.copy()
    frame = callee.frame
    fresh_frame = Frame(frame.source, frame.locals, frame.parent, frame.globals, frame.cells, frame.node)
    fresh_frame.declared_global = frame.declared_global
    record.calls, record.handed, record.from_another = [], list(record.params), None
    with p.builder.block() as statements:
        result = callee.inline(fresh_frame, inner)
        atoms = _atoms_of(p, result)
        found = [p.memory.current(x) for x in atoms]
    _refuse_result(p, callee.name, result, node)
    _find_changes(p, callee.name, record, before, params, mark, node)
    types = [forget_sizes(x.type) for x in found]
    if record.result is not None and len(types) == len(record.types):
        types = [join(a, b) or a for a, b in zip(types, record.types, strict=True)]
    record.result, record.types = result, types
    record.shown = [_shown(p, atom, params, mark) for atom in atoms]
    record.params = record.handed
    ends = [p.memory.content(params[k]) for k in record.written]
    ends += [p.memory.content(base) for base in record.outside]
    ends += [p.state.names[key] for key in record.variables]
    return [*params, *entered], statements, [*found, *ends]


def _with_lengths(t: Type) -> Type:
    """The type of a parameter: its axes have the same lengths wherever the body reads it."""
    if not isinstance(t, Array) or t.shape is None:
        return t
    return Array(t.dtype, tuple(some_length() if size is None else size for size in t.shape))


def _enter_array(p: Parser, base: Value) -> Value:
    """A parameter for what an array from outside contains when the function is called."""
    content = p.memory.content(base)
    param = Value(_with_lengths(forget_sizes(content.type)), base.hint, base.named)
    p.state.memory[base] = param
    p.memory.owner[param] = base
    return param


def _atoms_of(p: Parser, result: Any) -> list[Any]:
    """The atoms that a function returns; None is none."""
    return [] if result is NONE or _is_none(result) else deep_leaves(p.state, result)


def _is_none(value: Any) -> bool:
    return isinstance(value, Literal) and value.value is None


def _refuse_result(p: Parser, name: str, result: Any, node: ast.AST) -> None:
    if any(isinstance(x, Ref) for x in leaves_of(result)) or not _immutable(result):
        p.no_derivative("AD208", f"`{name}` is recursive and returns {describe(result)}", node,
                        "a number, an array or a tuple of them")  # fmt: skip


def _immutable(value: Any) -> bool:
    return is_atom(value) or (isinstance(value, TupleVal) and all(map(_immutable, value.items)))


def _find_changes(
    p: Parser, name: str, record: _Recursive, before: State, params: list[Value], mark: int, node: ast.AST
) -> None:
    """Note what the body has changed of what is older than its call; refuse what cannot be handed out."""
    if any(p.state.heap.get(k) is not c for k, c in before.heap.items()):
        p.no_derivative("AD206", f"`{name}` is recursive and changes a container that it was given", node,
                        "a recursive function that returns what it computes")  # fmt: skip
    for base, content in p.state.memory.items():
        if content is before.memory.get(base, base):
            continue
        if base in params:
            _note(record.written, params.index(base))
        elif base.serial < mark:
            _note(record.outside, base)
    for key, entry in before.names.items():
        end = p.state.names.get(key)
        if end is entry or is_flag(key) or is_result(key):
            continue
        t = record.variables.get(key) or _number(p, entry, mark)
        found = _number(p, end, mark)
        if t is None or found is None or not isinstance(key, tuple):
            what = f"`{name}` is recursive and assigns `{key[1]}`, a variable of an enclosing function"
            p.no_derivative("AD206", what, node, "a recursive function that returns what it computes")
        record.variables[key] = join(t, found) or UNKNOWN


def _number(p: Parser, value: Any, mark: int) -> Type | None:
    """The type of a number; None for anything else, and for an array that was there before."""
    t = forget_sizes(value.type) if is_atom(value) else None
    if t == UNKNOWN:
        return t if all(root.serial > mark for root in p.memory.roots_of(value)) else None
    return t if isinstance(t, Scalar) else None


def _note(found: list[Any], item: Any) -> None:
    if item not in found:
        found.append(item)


def _shown(p: Parser, atom: Any, params: list[Value], mark: int) -> _Shown:
    """What an atom of a result may share memory with, that is older than the call."""
    if not is_array(atom):
        return _Shown()
    base, steps = p.memory.locate(atom)
    if not steps and base in params:
        return _Shown(same=params.index(base))
    if not steps and base.serial < mark and base not in p.memory.pointers:
        return _Shown(same=base)
    roots = p.memory.roots_of(atom)
    arguments = frozenset(k for k, q in enumerate(params) if q in roots)
    return _Shown(arguments, frozenset(r for r in roots if r.serial < mark))


def _close(record: _Recursive, params: list[Value], statements: list[Stmt], yields: list[Any]) -> None:
    """Make the body a closed block: values from outside become parameters that inner calls hand on."""
    block = Block(tuple(params), statements, tuple(yields))
    extras = tuple(free_values(block))
    mapping = {v: Value(v.type, v.hint, v.named) for v in extras}
    record.extras = extras
    calls = [s for s in all_statements(block) if isinstance(s, Call) and s.function is record.function]
    for call in calls:
        call.args = (*call.args, *extras)
    images: dict[Value, Any] = dict(mapping)
    cloned = [clone_stmt(s, images) for s in statements]
    results = tuple(map_arg(y, images) for y in yields)
    for result in results:
        if isinstance(result, Value) and not result.named:
            result.hint, result.named = "out", True
    record.function.body = Block((*params, *mapping.values()), cloned, results)


# -- calling -------------------------------------------------------------------------------------------------


def _names_read(p: Parser, frame: Frame) -> dict[Any, Any]:
    """What the variables of enclosing functions hold that the functions in these may read."""
    found: dict[Any, Any] = {}
    outer = frame.parent
    while outer is not None:
        nested = (ast.FunctionDef, ast.Lambda)
        inside = [n for n in ast.walk(outer.node) if isinstance(n, nested) and n is not outer.node]
        read = {x.id for n in inside for x in ast.walk(n) if isinstance(x, ast.Name)}
        found.update({(outer.id, name): p.state.names.get((outer.id, name)) for name in read})
        outer = outer.parent
    return found


def _serves(p: Parser, record: _Recursive, bound: dict[str, Any]) -> bool:
    """Whether a function that was built for one call is what another one calls."""
    types = [forget_sizes(leaf.type) for leaf in _arguments(p, bound)]
    if types != record.params:
        return False
    if any(p.state.names.get(k) is not v for k, v in record.names.items() if k not in record.variables):
        return False
    if any(p.state.heap.get(k) is not c for k, c in record.heap.items()):
        return False
    return all(p.memory.current(v) is v for v in record.extras if is_array(v) and v not in record.outside)


def _call(p: Parser, record: _Recursive, bound: dict[str, Any], node: ast.AST) -> Any:
    """Call the function, and write what it has written into the arrays and variables here."""
    leaves = _arguments(p, bound)
    if record.is_open:
        _note_call(p, record, leaves, node)
    else:
        _refuse_shared(p, record, leaves, node)
    args = [p.memory.current(leaf) for leaf in leaves]
    args += [p.memory.content(base) for base in record.outside]
    args += [p.state.names[key] for key in record.variables]
    outs = [Value(t, "") for t in record.types]
    arrays = [leaves[k] for k in record.written]
    ends = [Value(forget_sizes(v.type), v.hint, v.named) for v in (*arrays, *record.outside)]
    numbers = [Value(t, key[1], True) for key, t in record.variables.items()]
    p.results.update((*outs, *ends, *numbers))
    everything = (*outs, *ends, *numbers)
    p.builder.statements.append(Call(everything, record.function, (*args, *record.extras), p.builder.loc))
    for array, end in zip((*arrays, *record.outside), ends, strict=True):
        replace(p, array, end, node)
    p.state.names.update(zip(record.variables, numbers, strict=True))
    atoms = [_result(p, out, shown, leaves) for out, shown in zip(outs, record.shown, strict=True)]
    return NONE if _is_none(record.result) else _replace_atoms(record.result, iter(atoms))


def _note_call(p: Parser, record: _Recursive, leaves: list[Any], node: ast.AST) -> None:
    """A call of the function in its own body."""
    given = [forget_sizes(leaf.type) for leaf in leaves]
    record.handed = [join(a, b) or UNKNOWN for a, b in zip(record.handed, given, strict=True)]
    if record.result is None:
        # this path waits for the result that the others determine
        raise DeadPath
    record.calls.append((leaves, node))
    if _innermost(p) is not record:
        record.from_another = node


def _innermost(p: Parser) -> _Recursive | None:
    """The recursive function whose body is being built."""
    opened = [r for r in p.recursive.values() if r.is_open]
    return opened[-1] if opened else None


def _result(p: Parser, out: Value, shown: _Shown, leaves: list[Any]) -> Any:
    """An atom of a result, as the caller has it."""
    if shown.same is not None:
        return shown.same if isinstance(shown.same, Value) else leaves[shown.same]
    arrays = [leaves[k] for k in shown.arguments if is_array(leaves[k])]
    if arrays or shown.outside:
        p.memory.roots[out] = shown.outside.union((out,), *map(p.memory.roots_of, arrays))
    return out


def _refuse_shared(p: Parser, record: _Recursive, leaves: list[Any], node: ast.AST) -> None:
    """Refuse a call that hands an array over, which is written, beside another name for its memory."""
    arrays = [leaf for leaf in leaves if is_array(leaf)]
    changed = [leaves[k] for k in record.written] + record.outside
    read = [v for v in (*arrays, *record.outside, *record.extras) if is_array(v)]
    for array in changed:
        others = list(read)
        others.remove(array)
        roots = p.memory.roots_of(array)
        if any(not roots.isdisjoint(p.memory.roots_of(other)) for other in others):
            raise NoDerivative(
                "AD112",
                f"`{record.function.name}` is recursive and writes into an array that it has under two names",
                p.frame.source.loc(node),
                "a copy of the array as one of its arguments",
            )


def _replace_atoms(pattern: Any, atoms: Iterator[Any]) -> Any:
    if is_atom(pattern):
        return next(atoms)
    return rebuild(pattern, tuple(_replace_atoms(x, atoms) for x in parts_of(pattern)))
