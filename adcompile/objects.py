"""Derivative objects, as users hold them.

In: a function, a kind of derivative and options. Out: an object that is called like the function and shows
the code, the graph and what is saved. Not for compiling: that is `engine`.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from .backend.load import load
from .engine import Engine
from .signature import MISS, readings
from .transforms import Transform, View

if TYPE_CHECKING:
    from .inspection import Graph, Saved
    from .pipeline import Program

P = ParamSpec("P")
R = TypeVar("R")


@dataclass
class CacheInfo:
    """How often compiled code served: hits, misses, and signatures compiled."""

    hits: int
    misses: int
    currsize: int


class Derivative(Transform, Generic[P, R]):
    """A derivative of a function: call it like the function.

    Compiled at the first call with arguments of new types, ranks or structure, and kept.
    """

    def __init__(self, primal: Callable[P, Any], kind: str, options: Mapping[str, Any]) -> None:
        self._engine = Engine(primal, kind, options)
        self._variants = self._engine.variants
        self._unbound: Derivative[..., R] | None = None
        self.primal = primal
        functools.update_wrapper(self, primal, updated=())
        self.__signature__ = self._engine.signature

    def __call__(self, /, *args: P.args, **keywords: P.kwargs) -> R:
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
        """The derivative of the bound method; taken from the class, that by the same arguments."""
        if instance is None:
            if self._unbound is None:
                self._unbound = self._of_function()
            return self._unbound
        bound = self.primal.__get__(instance, owner)
        return Derivative(bound, self._engine.kind, self._engine.options)

    def _of_function(self) -> Derivative[..., R]:
        """The derivative of a method as a function of its object, too, by the same arguments."""
        options = self._engine.options
        argnums = beside_receiver(options.get("argnums", 0))
        options = {**options, "argnums": argnums}
        if "outputs" in options:
            options["outputs"] = beside_receiver(options["outputs"])
        return Derivative(of_function(self.primal), self._engine.kind, options)

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
        return lowered(self._engine, args, keywords)

    @property
    def graph(self) -> Graph:
        """The graph compiled for the last call; before any call, the general one."""
        from . import inspection

        return inspection.derivative_graph(self._program())

    def explain(self) -> str:
        """Each step of the chain rule beside the statement that it comes from, as a table."""
        from . import inspection

        return inspection.explain(self._program())

    def _view(self) -> View | None:
        engine = self._engine
        if engine.kind not in ("grad", "value_and_grad"):
            return None
        return engine.kind, self.primal, tuple(engine.options.items())

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


def beside_receiver(argnums: Any) -> Any:
    """Positions of the arguments of a method, counted with the object that it belongs to."""
    if isinstance(argnums, (tuple, list)):
        return tuple(map(beside_receiver, argnums))
    return argnums if isinstance(argnums, str) or argnums < 0 else argnums + 1


def of_function(method: Any) -> Any:
    """What stands for a function or a derivative where it is taken from the class."""
    return method.__get__(None) if isinstance(method, Derivative) else method


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
        reads, names = readings(self.program.captured)
        return load(
            self.program.text, self.program.name, namespace={**self.program.objects, **names}, reads=reads
        )


def lowered(engine: Engine, args: tuple[Any, ...], keywords: dict[str, Any]) -> Lowered:
    """The derivative for example arguments, some of which may be missing."""
    bound = engine.signature.bind_partial(*args, **keywords)
    return Lowered(engine.program(bound.arguments))
