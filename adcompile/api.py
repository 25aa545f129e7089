"""What users call: `grad`, `value_and_grad`, `jvp`, `vjp` and what is built from them.

In: a function and, later, arguments. Out: derivative objects, values and derivatives. A derivative object
compiles for the signature of each call and keeps what it compiled. JAX's names and argument order, autograd's
extras accepted. Not for how a derivative is made: that is `pipeline`.
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
import time
import types
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

import numpy as np

from .backend.load import load
from .errors import ArgumentError
from .log import logger
from .signature import (
    MISS,
    argument_at,
    attached,
    entry,
    guard_check,
    key_of,
    reader,
    signature_of,
    static_arguments,
)

# What compiles is imported when something is compiled: most processes find their derivatives on the disk.
if TYPE_CHECKING:
    from .live import Guard, Path
    from .pipeline import Program

if TYPE_CHECKING:
    from .inspection import Graph, Saved

P = ParamSpec("P")
R = TypeVar("R")

_lock = threading.RLock()


@dataclass
class CacheInfo:
    """How often compiled code served: hits, misses, and signatures compiled."""

    hits: int
    misses: int
    currsize: int


@dataclass
class _Compiled:
    """One compiled derivative, for one signature."""

    function: Callable[..., Any]
    source: str
    check: Callable[[], bool] | None
    static: list[tuple[Any, int]]
    captured: list[tuple[str, Callable[[], Any]]]
    entry: Callable[..., Any] | None = None
    # what was compiled in this process; code from the disk has no graph
    program: Program | None = None

    def serves(self, bound: Mapping[str, Any]) -> bool:
        if self.check is not None and not self.check():
            return False
        return all(argument_at(path, bound) == value for path, value in self.static)

    def __call__(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if self.captured:
            keywords = {**keywords, **{name: read() for name, read in self.captured}}
        return self.function(*args, **keywords)


@dataclass
class _Variants:
    """All compiled code of one function and one kind of derivative.

    The entries are tried at every call, the one that served last first.
    """

    by_key: dict[Any, list[_Compiled]] = field(default_factory=dict)
    entries: tuple[Callable[..., Any], ...] = ()
    last: _Compiled | None = None
    hits: int = 0
    misses: int = 0

    def clear(self) -> None:
        self.by_key.clear()
        self.entries = ()
        self.last = None
        self.hits = self.misses = 0

    def served(self, compiled: _Compiled) -> None:
        """Remember which code served last."""
        self.last = compiled
        made = compiled.entry
        if made is not None and (not self.entries or self.entries[0] is not made):
            self.entries = (made, *[e for e in self.entries if e is not made][: _TRIED - 1])


# more entries than this are found by their key, or a function of many signatures would try them all
_TRIED = 4


_functions: weakref.WeakKeyDictionary[Any, dict[Any, _Variants]] = weakref.WeakKeyDictionary()


def _variants_of(target: Any, wanted: Any) -> _Variants:
    """The compiled code of a function, shared by every derivative object made of it."""
    key: Any = wanted
    if isinstance(target, types.MethodType):
        key = (wanted, id(target.__self__))
        target = target.__func__
    try:
        with _lock:
            return _functions.setdefault(target, {}).setdefault(key, _Variants())
    except TypeError:
        return _Variants()


class _Engine:
    """Compiles and calls one kind of derivative of one callable."""

    def __init__(self, target: Any, kind: str, options: Mapping[str, Any]) -> None:
        if not callable(target):
            raise ArgumentError("AD210", f"{target!r} is not callable", None, "a function to differentiate")
        self.target = target
        self.kind = kind
        self.options = dict(options)
        self.signature = signature_of(target)
        self.variants = _variants_of(target, (kind, tuple(sorted((k, repr(v)) for k, v in options.items()))))
        kinds = [q.kind for q in self.signature.parameters.values()]
        self.count = len(kinds)
        self.simple = all(
            k in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY) for k in kinds
        )
        self.defaults = self.current_defaults()

    def current_defaults(self) -> tuple[Any, ...]:
        """The defaults of the function, as they are now."""
        function = getattr(self.target, "__func__", self.target)
        if not isinstance(function, types.FunctionType):
            return ()
        return (*(function.__defaults__ or ()), None, *(function.__kwdefaults__ or {}).values())

    def bind(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> inspect.BoundArguments:
        defaults = self.current_defaults()
        if len(defaults) != len(self.defaults) or any(
            a is not b for a, b in zip(defaults, self.defaults, strict=True)
        ):
            self.signature, self.defaults = signature_of(self.target), defaults
        bound = self.signature.bind(*args, **keywords)
        bound.apply_defaults()
        return bound

    def call(
        self, args: tuple[Any, ...], keywords: dict[str, Any], extra: dict[str, Any] | None = None
    ) -> Any:
        """Call the derivative, compiling it first if nothing that is there serves."""
        if not keywords and self.simple and len(args) == self.count:
            names: Mapping[str, Any] = dict(zip(self.signature.parameters, args, strict=True))
            values = args
        else:
            bound = self.bind(args, keywords)
            names = bound.arguments
            args, keywords = bound.args, bound.kwargs
            values = tuple(names.values())
        key = tuple([key_of(v) for v in values])
        compiled = self.find(key, names)
        if compiled is None:
            compiled = self.compile(key, names)
        self.variants.served(compiled)
        return compiled(args, keywords if extra is None else {**keywords, **extra})

    def moved(self, made: Callable[..., Any]) -> None:
        """An entry that is not the first has served."""
        for group in list(self.variants.by_key.values()):
            for compiled in group:
                if compiled.entry is made:
                    self.variants.served(compiled)

    def find(self, key: Any, names: Mapping[str, Any]) -> _Compiled | None:
        for compiled in self.variants.by_key.get(key, ()):
            if compiled.serves(names):
                self.variants.hits += 1
                return compiled
        return None

    def compile(self, key: Any, names: Mapping[str, Any]) -> _Compiled:
        with _lock:
            found = self.find(key, names)
            if found is not None:
                return found
            self.variants.misses += 1
            others = self.variants.by_key.setdefault(key, [])
            reason = (
                "no code for this signature" if not others else "captured values or functions have changed"
            )
            compiled = self.made(names, reason)
            others.insert(0, compiled)
            return compiled

    def program_or_primal_error(self, names: Mapping[str, Any]) -> Program:
        """The program; for a function that raises whatever it is given, what it raises."""
        from .pipeline import NeverReturns

        try:
            return self.program(names)
        except NeverReturns:
            bound = inspect.BoundArguments(self.signature, dict(names))
            self.target(*bound.args, **bound.kwargs)
            raise

    def made(self, names: Mapping[str, Any], reason: str) -> _Compiled:
        """The code for a signature: from the disk if it is there, else compiled and put there."""
        from . import store

        start = time.perf_counter()
        shelf = store.shelf(self.target, self.signature, names, self.kind, self.wanted(names))
        stored = None if shelf is None else shelf.get()
        if stored is not None:
            function = load(stored.text, stored.name, path=stored.path, namespace=stored.objects)
            compiled = self.ready(
                function, stored.source, names, stored.guards, stored.static, stored.captured
            )
            logger.info(
                "loaded %s from %s in %.1f ms", stored.name, stored.path, (time.perf_counter() - start) * 1e3
            )
            return compiled
        program = self.program_or_primal_error(names)
        static = static_arguments(program.inputs.static, names)
        kept = None if shelf is None else shelf.put(program, static)
        text, path = (program.text, None) if kept is None or kept.path is None else (kept.text, kept.path)
        function = load(text, program.name, path=path, namespace=program.objects)
        compiled = self.ready(function, program.text, names, program.inputs.guards, static, program.captured)
        compiled.program = program
        logger.info("compiled %s in %.1f ms: %s", program.name, (time.perf_counter() - start) * 1e3, reason)
        return compiled

    def ready(
        self, function: Callable[..., Any], source: str, names: Mapping[str, Any], guards: Sequence[Guard],
        static: list[tuple[Path, int]], captured: Sequence[tuple[str, Path]],
    ) -> _Compiled:  # fmt: skip
        """Compiled code with the functions that check whether it serves."""
        readers = [(name, reader(path)) for name, path in captured]
        made = entry(function, names, guards, static, captured) if self.simple else None
        return _Compiled(function, source, guard_check(guards), static, readers, made)

    def program(self, names: Mapping[str, Any]) -> Program:
        from .pipeline import Wanted, compile_program

        chosen, bare, flags = self.wanted(names)
        return compile_program(self.target, self.signature, names, Wanted(self.kind, chosen, bare, **flags))

    def wanted(self, names: Mapping[str, Any]) -> tuple[tuple[Any, ...], bool, dict[str, Any]]:
        """What to differentiate by, whether it is one argument, and further options."""
        argnums = self.options.get("argnums", 0)
        bare = isinstance(argnums, (int, str, np.integer))
        chosen = tuple(self.name_of(n, names) for n in ([argnums] if bare else argnums))
        flags: dict[str, Any] = {
            k: self.options[k] for k in ("has_aux", "holomorphic", "allow_int") if k in self.options
        }
        if self.kind in ("vjp", "jvp"):
            # the pair of products takes all arguments; those that carry no derivative get none
            flags["allow_int"] = True
        return chosen, bare, flags

    def name_of(self, argnum: Any, names: Mapping[str, Any]) -> Any:
        """The parameter that an argnum stands for."""
        parameters = list(self.signature.parameters)
        shown = getattr(self.target, "__name__", "the function")
        if isinstance(argnum, str):
            if argnum not in parameters:
                raise ArgumentError(
                    "AD210",
                    f"{shown} has no parameter named {argnum!r}",
                    None,
                    f"one of {', '.join(parameters)}",
                )
            return argnum
        rest = [n for n, q in self.signature.parameters.items() if q.kind is q.VAR_POSITIONAL]
        if rest and argnum >= 0:
            k = argnum - parameters.index(rest[0])
            if 0 <= k < len(names.get(rest[0], ())):
                return (rest[0], k)
        if not -len(parameters) <= argnum < len(parameters):
            raise ArgumentError(
                "AD210",
                f"argnums={argnum}, but {shown} has {len(parameters)} parameters",
                None,
                f"a number from {-len(parameters)} to {len(parameters) - 1}, or a name",
            )
        return parameters[argnum]


class Derivative(Generic[P, R]):
    """A derivative of a function: call it like the function.

    Compiled at the first call with arguments of new types, ranks or structure, and kept.
    """

    def __init__(self, primal: Callable[P, Any], kind: str, options: Mapping[str, Any]) -> None:
        self._engine = _Engine(primal, kind, options)
        self._variants = self._engine.variants
        self.primal = primal
        functools.update_wrapper(self, primal, updated=())
        self.__signature__ = self._engine.signature

    def __call__(self, *args: P.args, **keywords: P.kwargs) -> R:
        """The derivative at these arguments, compiled at the first call of their signature."""
        variants = self._variants
        if not keywords:
            entries = variants.entries
            for made in entries:
                out = made(*args)
                if out is not MISS:
                    variants.hits += 1
                    if made is not entries[0]:
                        self._engine.moved(made)
                    return out  # type: ignore[no-any-return]
        return self._engine.call(args, keywords)  # type: ignore[no-any-return]

    def __get__(self, instance: Any, owner: Any = None) -> Derivative[..., R]:
        if instance is None:
            return self
        bound = self.primal.__get__(instance, owner)
        return Derivative(bound, self._engine.kind, self._engine.options)

    def __repr__(self) -> str:
        name = getattr(self.primal, "__qualname__", repr(self.primal))
        return f"<{self._engine.kind} of {name}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        name = getattr(self, "__qualname__", "")
        found: Any = sys.modules.get(self.__module__)
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is self:
            # decorated: the name of the function stands for its derivative
            return name
        return _restore, (self.primal, self._engine.kind, self._engine.options)

    @property
    def source(self) -> str:
        """The source compiled for the last call; before any call, the general one."""
        if self._engine.variants.last is None:
            return self.lower().source
        return self._engine.variants.last.source

    def lower(self, *args: Any, **keywords: Any) -> Lowered:
        """The derivative for given example arguments, without calling it."""
        return _lower(self._engine, args, keywords)

    @property
    def graph(self) -> Graph:
        """The graph compiled for the last call; before any call, the general one."""
        from . import inspection

        return inspection.derivative_graph(self._program())

    def explain(self) -> str:
        """Each step of the chain rule beside the statement that it comes from, as a table."""
        from . import inspection

        return inspection.explain(self._program())

    def _program(self) -> Program:
        last = self._engine.variants.last
        if last is None or last.program is None:
            return self.lower().program
        return last.program

    def _repr_html_(self) -> str:
        from . import inspection

        try:
            program = self._program()
        except Exception as error:  # a notebook shows what it can
            return inspection.plain_page(f"{self!r}: {error}")
        return inspection.page(program.text, inspection.derivative_graph(program))

    def cache_info(self) -> CacheInfo:
        """How many calls found compiled code, how many did not, and how many variants are kept."""
        v = self._engine.variants
        return CacheInfo(v.hits, v.misses, sum(map(len, v.by_key.values())))

    def cache_clear(self) -> None:
        """Forget all compiled variants: the next call compiles anew."""
        self._engine.variants.clear()


def _restore(primal: Any, kind: str, options: Any) -> Any:
    return Derivative(primal, kind, options)


@dataclass(frozen=True)
class Lowered:
    """A compiled derivative to look at."""

    program: Program

    @property
    def source(self) -> str:
        """The text of the derivative."""
        return self.program.text

    @property
    def graph(self) -> Graph:
        """The graphs of the primal and of the derivative."""
        from . import inspection

        return inspection.whole_graph(self.program)

    @property
    def saved(self) -> tuple[Saved, ...]:
        """What the forward sweep keeps in loops for the backward sweep; empty if nothing."""
        from . import inspection

        return inspection.saved_values(self.program)

    def explain(self) -> str:
        """Each step of the chain rule beside the statement that it comes from, as a table."""
        from . import inspection

        return inspection.explain(self.program)

    def _repr_html_(self) -> str:
        from . import inspection

        return inspection.page(self.source, self.graph)

    def compile(self) -> Callable[..., Any]:
        """The derivative as a plain function."""
        function = load(self.program.text, self.program.name, namespace=self.program.objects)
        return attached(function, self.program.captured)


def _lower(engine: _Engine, args: tuple[Any, ...], keywords: dict[str, Any]) -> Lowered:
    bound = engine.signature.bind_partial(*args, **keywords)
    return Lowered(engine.program(bound.arguments))


def lower(
    f: Callable[..., Any],
    *args: Any,
    mode: str = "reverse",
    argnums: Any = 0,
    has_aux: bool = False,
    **keywords: Any,
) -> Lowered:
    """The derivative of a function for example arguments: source, graph, and what it saves."""
    if isinstance(f, Derivative):
        return f.lower(*args, **keywords)
    kind = {"reverse": "grad", "forward": "jvp"}.get(mode, mode)
    if kind not in ("grad", "value_and_grad", "vjp", "jvp"):
        raise ArgumentError(
            "AD210", f"mode={mode!r}", None, '"reverse", "forward", "grad", "value_and_grad", "vjp" or "jvp"'
        )
    return _lower(_Engine(f, kind, {"argnums": _argnums(argnums), "has_aux": has_aux}), args, keywords)


def _argnums(argnums: Any) -> Any:
    """Argument numbers in their plain form: an int, a name, or a tuple of them."""
    if isinstance(argnums, (str, int, np.integer)) and not isinstance(argnums, bool):
        return argnums if isinstance(argnums, str) else int(argnums)
    if isinstance(argnums, (tuple, list, range)) and not any(isinstance(n, (tuple, list)) for n in argnums):
        return tuple(_argnums(n) for n in argnums)
    raise ArgumentError("AD210", f"argnums={argnums!r}", None, "a number or a name, or a tuple of them")


def _decorate(kind: str, f: Any, options: dict[str, Any]) -> Any:
    if "argnum" in options:
        argnum = options.pop("argnum")
        if argnum is not None:
            options["argnums"] = argnum
    options["argnums"] = _argnums(options.get("argnums", 0))
    options = {k: v for k, v in options.items() if k == "argnums" or v}
    if f is None:
        return lambda function: Derivative(function, kind, options)
    return Derivative(f, kind, options)


@overload
def grad(f: Callable[P, Any], argnums: Any = 0, has_aux: bool = False, holomorphic: bool = False,
         allow_int: bool = False, *, argnum: Any = None) -> Derivative[P, Any]: ...  # fmt: skip
@overload
def grad(f: None = None, argnums: Any = 0, has_aux: bool = False, holomorphic: bool = False,
         allow_int: bool = False, *, argnum: Any = None,
         ) -> Callable[[Callable[P, Any]], Derivative[P, Any]]: ...  # fmt: skip
def grad(f: Any = None, argnums: Any = 0, has_aux: bool = False, holomorphic: bool = False,
         allow_int: bool = False, *, argnum: Any = None) -> Any:  # fmt: skip
    """The gradient of a function that returns one number."""
    return _decorate("grad", f, {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic,
                                 "allow_int": allow_int, "argnum": argnum})  # fmt: skip


def value_and_grad(f: Any = None, argnums: Any = 0, has_aux: bool = False, holomorphic: bool = False,
                   allow_int: bool = False, *, argnum: Any = None) -> Any:  # fmt: skip
    """The value of a function and its gradient, computed together."""
    return _decorate("value_and_grad", f, {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic,
                                           "allow_int": allow_int, "argnum": argnum})  # fmt: skip


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> Any:
    """The value of a function and its derivative along tangents (forward mode)."""
    primals, tangents = tuple(primals), tuple(tangents)
    if len(primals) != len(tangents):
        raise ArgumentError(
            "AD210",
            f"{len(primals)} primals and {len(tangents)} tangents",
            None,
            "one tangent for each primal",
        )
    engine = _Engine(
        f, "jvp", {"argnums": tuple(range(len(primals))), **({"has_aux": True} if has_aux else {})}
    )
    return _forward(engine, primals, tangents)


def _forward(engine: _Engine, primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> Any:
    names = list(engine.signature.parameters)
    extra: dict[str, Any] = {f"{n}_dot": t for n, t in zip(names, tangents, strict=False)}
    for k, (name, parameter) in enumerate(engine.signature.parameters.items()):
        if parameter.kind is parameter.VAR_POSITIONAL:
            extra = {f"{n}_dot": t for n, t in zip(names[:k], tangents, strict=False)} | {
                f"{name}_dot": tangents[k:]
            }
    for k, (tangent, primal) in enumerate(zip(tangents, primals, strict=True)):
        fit(tangent, primal, "tangent", f"primal {k}")
    return engine.call(primals, {}, extra)


def fit(given: Any, like: Any, what: str, whose: str) -> None:
    """Refuse a tangent or cotangent whose arrays have other shapes than those that it belongs to."""
    if isinstance(like, (np.ndarray, np.generic, float, complex)):
        if given is not None and np.shape(given) != np.shape(like):
            raise ArgumentError(
                "AD210",
                f"a {what} of shape {np.shape(given)} for {whose} of shape {np.shape(like)}",
                None,
                f"a {what} of the shape of what it belongs to",
            )
    elif isinstance(like, (list, tuple)) and isinstance(given, (list, tuple)):
        if len(given) != len(like):
            raise ArgumentError(
                "AD210",
                f"a {what} with {len(given)} items for {whose} with {len(like)}",
                None,
                f"a {what} of the structure of what it belongs to",
            )
        for a, b in zip(given, like, strict=True):
            fit(a, b, what, whose)
    elif isinstance(like, dict) and isinstance(given, dict):
        for key, value in like.items():
            fit(given.get(key), value, what, whose)


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of a function and its pullback: from a cotangent of the value to those of the arguments."""
    engine = _Engine(
        f, "vjp", {"argnums": tuple(range(len(primals))), **({"has_aux": True} if has_aux else {})}
    )
    out, emitted, *aux = engine.call(primals, {})

    @functools.wraps(emitted)
    def pullback(out_bar: Any) -> Any:
        fit(out_bar, out, "cotangent", "the output")
        return emitted(out_bar)

    return (out, pullback, *aux)


def linearize(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """The value of a function and its derivative as a linear function of tangents."""
    engine = _Engine(f, "jvp", {"argnums": tuple(range(len(primals)))})
    out = f(*primals)
    return out, lambda *tangents: _forward(engine, primals, tangents)[1]


def stop_gradient(x: R) -> R:
    """X itself, taken as a constant by every derivative."""
    return x


def jacfwd(f: Any, argnums: Any = 0) -> Any:
    """The Jacobian by forward mode, one column at a time; shape out + in."""
    from .jacobians import jacobian_of

    return jacobian_of("jacfwd", f, argnums)


def jacrev(f: Any, argnums: Any = 0) -> Any:
    """The Jacobian by reverse mode, one row at a time; shape out + in."""
    from .jacobians import jacobian_of

    return jacobian_of("jacrev", f, argnums)


def jacobian(f: Any, argnums: Any = 0) -> Any:
    """The Jacobian; shape out + in."""
    from .jacobians import jacobian_of

    return jacobian_of("jacobian", f, argnums)


def hessian(f: Any, argnums: Any = 0) -> Any:
    """The Hessian of a function that returns one number; shape in + in."""
    from .jacobians import hessian_of

    return hessian_of(f, argnums)


def hvp(f: Any, argnums: Any = 0) -> Any:
    """The Hessian times a vector: `hvp(f)(*args, v)`."""
    from .jacobians import made_of

    return made_of("hvp", f, argnums=argnums)


def elementwise_grad(f: Any, argnums: Any = 0) -> Any:
    """The derivative of each output element by the input element at the same place."""
    from .jacobians import made_of

    return made_of("elementwise_grad", f, argnums=argnums)


def derivative(f: Any, n: int = 1) -> Any:
    """The n-th derivative of a function of one number."""
    from .jacobians import made_of

    return made_of("derivative", f, n=n)


def view(obj: Any) -> tuple[str, Any, tuple[tuple[str, Any], ...]] | None:
    """What a derivative object is made of: its kind, primal and options; None for anything else."""
    if isinstance(obj, Derivative) and obj._engine.kind in ("grad", "value_and_grad"):
        return obj._engine.kind, obj.primal, tuple(obj._engine.options.items())
    from .jacobians import view as view_of_made

    return view_of_made(obj)


TRANSFORMS: dict[Any, str] = {
    grad: "grad", value_and_grad: "value_and_grad", jvp: "jvp", vjp: "vjp", stop_gradient: "stop_gradient",
    jacfwd: "jacfwd", jacrev: "jacrev", jacobian: "jacobian", hessian: "hessian", hvp: "hvp",
    elementwise_grad: "elementwise_grad", derivative: "derivative",
}  # fmt: skip
