"""Compiling a derivative for the signature of a call, and finding it again.

In: a function, what is wanted of it and the arguments of a call. Out: the call's result. Code is looked for
among what was compiled, then on the disk, then it is compiled. Not for what users call: that is `api`.
"""

from __future__ import annotations

import inspect
import threading
import time
import types
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .backend.load import load
from .copies import copied, detached
from .errors import ArgumentError
from .log import logger
from .signature import (
    argument_at,
    entry,
    guard_check,
    key_of,
    reader,
    sharing,
    signature_of,
    static_arguments,
)

# What compiles is imported when something is compiled: most processes find their derivatives on the disk.
if TYPE_CHECKING:
    from .live import Guard, Path
    from .pipeline import Program
    from .relations import Relation

_lock = threading.RLock()


@dataclass
class Compiled:
    """One compiled derivative, for one signature."""

    function: Callable[..., Any]
    source: str
    check: Callable[[], bool] | None
    static: list[tuple[Any, int]]
    captured: list[tuple[str, Callable[[], Any]]]
    relations: Sequence[Relation] = ()
    entry: Callable[..., Any] | None = None
    # what was compiled in this process; code from the disk has no graph
    program: Program | None = None

    def serves(self, bound: Mapping[str, Any]) -> bool:
        """Whether the code holds for these arguments, and for what it has captured."""
        if self.check is not None and not self.check():
            return False
        fixed = all(argument_at(path, bound) == value for path, value in self.static)
        return fixed and all(relation.holds(bound) for relation in self.relations)

    def captured_now(self) -> dict[str, Any]:
        """What the code has captured, as it is now, by the names of its parameters."""
        return {name: read() for name, read in self.captured}

    def __call__(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Call the code, with what it has captured as it is now."""
        if self.captured:
            keywords = {**keywords, **self.captured_now()}
        return self.function(*args, **keywords)


@dataclass
class Variants:
    """All compiled code of one function and one kind of derivative.

    The entries are tried at every call, the one that served last first.
    """

    by_key: dict[Any, list[Compiled]] = field(default_factory=dict)
    entries: tuple[Callable[..., Any], ...] = ()
    last: Compiled | None = None
    hits: int = 0
    misses: int = 0

    def clear(self) -> None:
        """Forget everything."""
        self.by_key.clear()
        self.entries = ()
        self.last = None
        self.hits = self.misses = 0

    def served(self, compiled: Compiled) -> None:
        """Remember which code served last."""
        self.last = compiled
        made = compiled.entry
        if made is not None and (not self.entries or self.entries[0] is not made):
            self.entries = (made, *[e for e in self.entries if e is not made][: _TRIED - 1])


# more entries than this are found by their key, or a function of many signatures would try them all
_TRIED = 4


# among the outputs of a function, what it returns; no parameter has the name of a keyword
RETURN = "return"

_functions: weakref.WeakKeyDictionary[Any, dict[Any, Variants]] = weakref.WeakKeyDictionary()


def _variants_of(target: Any, wanted: Any) -> Variants:
    """The compiled code of a function, shared by every derivative object made of it."""
    key: Any = wanted
    if isinstance(target, types.MethodType):
        key = (wanted, id(target.__self__))
        target = target.__func__
    try:
        with _lock:
            return _functions.setdefault(target, {}).setdefault(key, Variants())
    except TypeError:
        return Variants()


def argument_of(argnum: Any, bound: Mapping[str, Any]) -> Any:
    """The argument that an argnum stands for: a parameter, or one item of the variable positional ones."""
    return bound[argnum[0]][argnum[1]] if isinstance(argnum, tuple) else bound[argnum]


class Engine:
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

    def shown(self) -> str:
        """The name of the function, for messages."""
        return str(getattr(self.target, "__name__", "the function"))

    def current_defaults(self) -> tuple[Any, ...]:
        """The defaults of the function, as they are now."""
        function = getattr(self.target, "__func__", self.target)
        if not isinstance(function, types.FunctionType):
            return ()
        return (*(function.__defaults__ or ()), None, *(function.__kwdefaults__ or {}).values())

    def bind(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> inspect.BoundArguments:
        """The arguments by parameter, with the defaults of the function as they are now."""
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
        compiled, args, keywords = self.compiled_for(args, keywords)
        return compiled(args, keywords if extra is None else {**keywords, **extra})

    def held(self, args: tuple[Any, ...]) -> Callable[[dict[str, Any]], Any]:
        """The derivative at these arguments and at what the function captures now, whatever changes later."""
        compiled, args, keywords = self.compiled_for(args, {})
        args, keywords, captured = copied((args, keywords, compiled.captured_now()))
        return lambda extra: compiled.function(*args, **keywords, **captured, **extra)

    def delivered(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """The results of the function itself, called on copies of the arguments."""
        args, keywords = copied((args, keywords))
        bound = self.bind(args, keywords)
        returned = self.target(*bound.args, **bound.kwargs)
        flags = self.wanted(bound.arguments)[2]
        outputs = flags.get("outputs")
        if outputs is None:
            return returned
        found = [returned if n == RETURN else argument_of(n, bound.arguments) for n in outputs]
        return found[0] if flags["bare_output"] else tuple(found)

    def split(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The value and its pullback, which reads nothing that anyone may change later."""
        compiled, args, keywords = self.compiled_for(args, {})
        captured = compiled.captured_now()
        out, pullback, *aux = compiled.function(*args, **keywords, **captured)
        return (out, detached(pullback, (args, keywords, captured, out, aux)), *aux)

    def compiled_for(
        self, args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> tuple[Compiled, tuple[Any, ...], dict[str, Any]]:
        """The code for a call, and the call's arguments as the function's signature binds them."""
        if not keywords and self.simple and len(args) == self.count:
            names: Mapping[str, Any] = dict(zip(self.signature.parameters, args, strict=True))
            values = args
        else:
            bound = self.bind(args, keywords)
            names = bound.arguments
            args, keywords = bound.args, bound.kwargs
            values = tuple(names.values())
        try:
            key = (*[key_of(v) for v in values], sharing(values))
        except RecursionError:
            message = f"{self.shown()}: an argument contains itself"
            raise ArgumentError("AD203", message, None, "arguments that are trees") from None
        compiled = self.find(key, names)
        if compiled is None:
            compiled = self.compile(key, names)
        self.variants.served(compiled)
        return compiled, args, keywords

    def moved(self, made: Callable[..., Any]) -> None:
        """An entry that is not the first has served."""
        for group in list(self.variants.by_key.values()):
            for compiled in group:
                if compiled.entry is made:
                    self.variants.served(compiled)

    def find(self, key: Any, names: Mapping[str, Any]) -> Compiled | None:
        """The code that was compiled for a key and still serves."""
        for compiled in self.variants.by_key.get(key, ()):
            if compiled.serves(names):
                self.variants.hits += 1
                return compiled
        return None

    def compile(self, key: Any, names: Mapping[str, Any]) -> Compiled:
        """The code for a key: made by the first thread that asks for it."""
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
        from .tracing import NeverReturns

        try:
            return self.program(names)
        except NeverReturns:
            bound = inspect.BoundArguments(self.signature, dict(names))
            self.target(*bound.args, **bound.kwargs)
            raise

    def made(self, names: Mapping[str, Any], reason: str) -> Compiled:
        """The code for a signature: from the disk if it is there, else compiled and put there."""
        from . import store

        start = time.perf_counter()
        shelf = store.shelf(self.target, self.signature, names, self.kind, self.wanted(names))
        stored = None if shelf is None else shelf.get()
        if stored is not None:
            function = load(stored.text, stored.name, path=stored.path, namespace=stored.objects)
            compiled = self.ready(
                function, stored.source, names, stored.guards, stored.static, stored.captured,
                stored.relations,
            )  # fmt: skip
            logger.info(
                "loaded %s from %s in %.1f ms", stored.name, stored.path, (time.perf_counter() - start) * 1e3
            )
            return compiled
        program = self.program_or_primal_error(names)
        static = static_arguments(program.inputs.static, names)
        kept = None if shelf is None else shelf.put(program, static)
        text, path = (program.text, None) if kept is None or kept.path is None else (kept.text, kept.path)
        function = load(text, program.name, path=path, namespace=program.objects)
        inputs = program.inputs
        compiled = self.ready(
            function, program.text, names, inputs.guards, static, program.captured, inputs.relations
        )
        compiled.program = program
        logger.info("compiled %s in %.1f ms: %s", program.name, (time.perf_counter() - start) * 1e3, reason)
        return compiled

    def ready(
        self, function: Callable[..., Any], source: str, names: Mapping[str, Any], guards: Sequence[Guard],
        static: list[tuple[Path, int]], captured: Sequence[tuple[str, Path]], relations: Sequence[Relation],
    ) -> Compiled:  # fmt: skip
        """Compiled code with the functions that check whether it serves."""
        readers = [(name, reader(path)) for name, path in captured]
        made = entry(function, names, guards, static, captured, relations) if self.simple else None
        return Compiled(function, source, guard_check(guards), static, readers, relations, made)

    def program(self, names: Mapping[str, Any]) -> Program:
        """What the compiler makes of the function for these arguments."""
        from .deriving import Wanted
        from .pipeline import compile_program

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
        outputs = self.options.get("outputs")
        if outputs is not None:
            several = outputs if isinstance(outputs, tuple) else (outputs,)
            flags["outputs"] = tuple(n if n == RETURN else self.name_of(n, names, "outputs") for n in several)
            flags["bare_output"] = several is not outputs
        if self.kind in ("vjp", "jvp"):
            # the pair of products takes all arguments; those that carry no derivative get none
            flags["allow_int"] = True
        return chosen, bare, flags

    def name_of(self, argnum: Any, names: Mapping[str, Any], option: str = "argnums") -> Any:
        """The parameter that one of the argnums, or of the outputs, stands for."""
        parameters = list(self.signature.parameters)
        shown = self.shown()
        if isinstance(argnum, str):
            if argnum not in parameters:
                raise ArgumentError(
                    "AD210",
                    f"{shown} has no parameter named {argnum!r}",
                    None,
                    f"one of {', '.join(parameters)}" + (f', or "{RETURN}"' if option == "outputs" else ""),
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
                f"{option}={argnum}, but {shown} has {len(parameters)} parameters",
                None,
                f"a number from {-len(parameters)} to {len(parameters) - 1}, or a name",
            )
        return parameters[argnum]
