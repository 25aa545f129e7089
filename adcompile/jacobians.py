"""Derivatives made of derivatives, as objects that users call.

In: a function and which arguments to differentiate by. Out: objects that are called like the function; those
for Jacobians and Hessians run one direction after the other through compiled products, and return arrays of
shape out + in, in containers like the result of containers like the argument. Not for what they mean inside a
differentiated function: that is `derived`.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .derived import DERIVED
from .engine import RETURN, Engine, argument_of
from .errors import ArgumentError
from .leaves import children, is_leaf, leaves, map_leaves, matching
from .objects import Derivative, beside_receiver, of_function
from .products import plain_outputs, push_forward
from .signature import signature_of, tangent_name
from .transforms import View

Array = np.ndarray[Any, Any]


class Jacobian(Derivative[..., Any]):
    """The Jacobian of a function by one of its arguments.

    Parameters
    ----------
    primal : callable
        The function.
    kind : {"jacfwd", "jacrev", "jacobian"}
        Column by column, row by row, or whichever takes fewer products.
    argnum : int or str
        The argument to differentiate by.
    outputs : int or str, optional
        The argument that holds the result after the call.
    """

    def __init__(self, primal: Any, kind: str, argnum: int | str, outputs: int | str | None = None) -> None:
        self._delivery = {} if outputs is None else {"outputs": outputs}
        options = {"argnums": (argnum,), **self._delivery}
        super().__init__(primal, "vjp" if kind == "jacrev" else "jvp", options)
        self._kind, self._argnum, self._outputs = kind, argnum, outputs
        self._reverse = Engine(primal, "vjp", options)

    def __call__(self, /, *args: Any, **keywords: Any) -> Any:
        """Return the Jacobian at the arguments."""
        return _assembled(*self.blocks(args, keywords))

    def blocks(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, list[Any]]:
        """Return the result, and for each leaf of it a container like the argument, of arrays out + in."""
        bound = self._engine.bind(args, keywords)
        name = self._engine.name_of(self._argnum, bound.arguments)
        x = argument_of(name, bound.arguments)
        _check_numbers("argument", name, x)
        if self._kind == "jacrev":
            return self._rows(x, args, keywords)
        units = _units(x)
        first = next(units, None)
        if first is None:
            out = self._reverse.call(args, keywords)[0]
            return out, _by_columns([], out, x)
        out, column = self._column(first, name, args, keywords)
        if self._kind == "jacobian" and _count(out) < _count(x):
            return self._rows(x, args, keywords)
        rest = [self._column(unit, name, args, keywords)[1] for unit in units]
        return out, _by_columns([column, *rest], out, x)

    def _column(self, unit: Any, name: Any, args: Any, keywords: Any) -> tuple[Any, list[Any]]:
        """Return the result, and the leaves of its derivative along a unit vector."""
        if isinstance(name, tuple):
            tangents = [map_leaves(_zero, a) if leaves(a) else 0.0 for a in args]
            tangents[list(self._engine.signature.parameters).index(name[0]) + name[1]] = unit
            engine = Engine(self.primal, "jvp", {"argnums": tuple(range(len(args))), **self._delivery})
            out, column = push_forward(engine, args, tuple(tangents))
        else:
            names = {*self._engine.signature.parameters, *keywords}
            out, column = self._engine.call(args, keywords, {tangent_name(name, names): unit})
        _check_numbers("result", "of the function", out)
        return out, matching(out, column)

    def _rows(self, x: Any, args: Any, keywords: Any) -> tuple[Any, list[Any]]:
        out, pullback = self._reverse.call(args, keywords)
        _check_numbers("result", "of the function", out)
        return out, _by_rows([matching(x, pullback(unit)[0]) for unit in _units(out)], out, x)

    def __get__(self, instance: Any, owner: Any = None) -> Derivative[..., Any]:
        """The Jacobian of the bound method; taken from the class, that by the same argument."""
        if instance is None:
            return super().__get__(None, owner)
        return Jacobian(self.primal.__get__(instance, owner), self._kind, self._argnum, self._outputs)

    def _of_function(self) -> Jacobian:
        outputs = self._outputs if self._outputs is None else beside_receiver(self._outputs)
        return Jacobian(of_function(self.primal), self._kind, beside_receiver(self._argnum), outputs)

    def __repr__(self) -> str:
        return f"<{self._kind} of {getattr(self.primal, '__qualname__', repr(self.primal))}>"

    def _view(self) -> View:
        return self._kind, self.primal, (("argnums", self._argnum), *self._delivery.items())

    def __reduce__(self) -> tuple[Any, ...]:
        return Jacobian, (self.primal, self._kind, self._argnum, self._outputs)


class Several(Derivative[..., Any]):
    """A tuple of derivatives of one function, called together."""

    def __init__(self, primal: Any, parts: tuple[Derivative[..., Any], ...]) -> None:
        super().__init__(primal, parts[0]._engine.kind, parts[0]._engine.options)
        self._parts = parts

    def __call__(self, /, *args: Any, **keywords: Any) -> Any:
        """Return all of them at the arguments."""
        return tuple(part(*args, **keywords) for part in self._parts)

    def __get__(self, instance: Any, owner: Any = None) -> Derivative[..., Any]:
        """The derivatives of the bound method; taken from the class, those by the same arguments."""
        if instance is None:
            return super().__get__(None, owner)
        bound = self.primal.__get__(instance, owner)
        return type(self)(bound, tuple(part.__get__(instance, owner) for part in self._parts))

    def _of_function(self) -> Several:
        return type(self)(of_function(self.primal), tuple(map(of_function, self._parts)))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.primal, self._parts)


class Jacobians(Several):
    """The Jacobians of one function by several arguments: a container like its result, of tuples of them."""

    _parts: tuple[Jacobian, ...]

    def __call__(self, /, *args: Any, **keywords: Any) -> Any:
        """Return all of them at the arguments."""
        found = [part.blocks(args, keywords) for part in self._parts]
        return _assembled(found[0][0], list(zip(*[blocks for _, blocks in found], strict=True)))


def jacobian_of(kind: str, f: Any, argnums: Any, outputs: Any = None) -> Derivative[..., Any]:
    """Return the Jacobian by one argument, or the tuple of them by several; of several outputs, a tuple."""
    if isinstance(outputs, (tuple, list)):
        return Several(f, tuple(jacobian_of(kind, f, argnums, n) for n in plain_outputs(outputs)))
    outputs = plain_outputs(outputs)
    if isinstance(argnums, (tuple, list)):
        return Jacobians(f, tuple(Jacobian(f, kind, n, outputs) for n in argnums))
    return Jacobian(f, kind, argnums, outputs)


class Hessian(Jacobian):
    """The Jacobian, by forward mode, of the gradient by one argument."""

    def __init__(self, primal: Any, argnum: int | str, of: int | str | None = None) -> None:
        options = {"argnums": argnum, **({} if of is None else {"outputs": of})}
        super().__init__(Derivative(primal, "grad", options), "jacfwd", argnum)
        self._function, self._of = primal, of

    def __get__(self, instance: Any, owner: Any = None) -> Derivative[..., Any]:
        """The Hessian of the bound method; taken from the class, that by the same argument."""
        if instance is None:
            return super().__get__(None, owner)
        return Hessian(self._function.__get__(instance, owner), self._argnum, self._of)

    def _of_function(self) -> Hessian:
        of = self._of if self._of is None else beside_receiver(self._of)
        return Hessian(of_function(self._function), beside_receiver(self._argnum), of)

    def __repr__(self) -> str:
        return f"<hessian of {getattr(self._function, '__qualname__', repr(self._function))}>"

    def _view(self) -> View:
        outputs = () if self._of is None else (("outputs", self._of),)
        return "hessian", self._function, (("argnums", self._argnum), *outputs)

    def __reduce__(self) -> tuple[Any, ...]:
        return Hessian, (self._function, self._argnum, self._of)


def hessian_of(f: Any, argnums: Any, outputs: Any = None) -> Derivative[..., Any]:
    """Return the Hessian by one argument, or a tuple of tuples of blocks by several."""
    of = one_output(outputs)
    if not isinstance(argnums, (tuple, list)):
        return Hessian(f, argnums, of)
    options = {} if of is None else {"outputs": of}
    rows: list[Derivative[..., Any]] = [Derivative(f, "grad", {"argnums": n, **options}) for n in argnums]
    return Several(f, tuple(jacobian_of("jacfwd", row, argnums) for row in rows))


class Made(Derivative[..., Any]):
    """A derivative that is compiled as a program of its own: the products of `derived`."""

    def __init__(self, primal: Any, kind: str, options: dict[str, Any]) -> None:
        self._given = options
        if "argnums" in options:
            engine = Engine(primal, "grad", {})
            name = engine.name_of(options["argnums"], {})
            options = {**options, "argnums": list(engine.signature.parameters).index(name)}
            if options.get("outputs") not in (None, RETURN):
                name = engine.name_of(options["outputs"], {}, "outputs")
                options["outputs"] = list(engine.signature.parameters).index(name)
        super().__init__(functools.partial(DERIVED[kind](**options), primal), "value", {})
        self.primal, self._kind, self._options = primal, kind, options
        functools.update_wrapper(self, primal, updated=())
        if kind == "hvp":
            # the vector comes after the function's own arguments
            del self.__dict__["__wrapped__"]
            self.__signature__ = _with_vector(signature_of(primal))
        else:
            self.__signature__ = signature_of(primal)

    def __call__(self, /, *args: Any, **keywords: Any) -> Any:
        """Return the derivative at the arguments."""
        if keywords and self._kind != "hvp":
            bound = self.__signature__.bind(*args, **keywords)
            args, keywords = bound.args, bound.kwargs
        return super().__call__(*args, **keywords)

    def __get__(self, instance: Any, owner: Any = None) -> Derivative[..., Any]:
        """The derivative of the bound method; taken from the class, that by the same argument."""
        if instance is None:
            return super().__get__(None, owner)
        return Made(self.primal.__get__(instance, owner), self._kind, self._given)

    def _of_function(self) -> Made:
        options = {**self._given, "argnums": beside_receiver(self._given.get("argnums", 0))}
        if options.get("outputs") is not None:
            options["outputs"] = beside_receiver(options["outputs"])
        return Made(of_function(self.primal), self._kind, options)

    def __repr__(self) -> str:
        return f"<{self._kind} of {getattr(self.primal, '__qualname__', repr(self.primal))}>"

    def _view(self) -> View:
        return self._kind, self.primal, tuple(self._options.items())

    def __reduce__(self) -> tuple[Any, ...]:
        return Made, (self.primal, self._kind, self._options)


def _with_vector(signature: inspect.Signature) -> inspect.Signature:
    """Return the signature with a vector after the last positional parameter."""
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [q.name for q in signature.parameters.values() if q.kind in positional]
    vector = "v" if "v" not in names else "vector"
    only = inspect.Parameter.POSITIONAL_ONLY
    return inspect.Signature([inspect.Parameter(n, only) for n in [*names, vector]])


def one_output(outputs: Any) -> int | str | None:
    """The one output of a function whose result is to be a number, or to be summed up."""
    found: int | str | None = plain_outputs(outputs)
    if isinstance(found, tuple):
        raise ArgumentError("AD210", f"outputs={outputs!r}", None, "one output: its name or position")
    return found


def made_of(kind: str, f: Any, **options: Any) -> Derivative[..., Any]:
    """Return a derivative of that kind, or the tuple of them by several arguments."""
    argnums = options.get("argnums")
    if "outputs" in options:
        options["outputs"] = one_output(options["outputs"])
    if isinstance(argnums, (tuple, list)):
        return Several(f, tuple(Made(f, kind, {**options, "argnums": n}) for n in argnums))
    return Made(f, kind, options)


def _check_numbers(what: str, name: Any, value: Any) -> None:
    """Refuse what is no floating-point number, nor a container of them and of what never has a derivative."""
    if is_leaf(value):
        return
    wrong, expected = f"is of type {type(value).__name__}", "a float or an array of floats"
    if children(value) is not None:
        wrong, expected = "holds no number", f"{expected}, or a container of them"
        if leaves(value):
            whole = _first_integer(value)
            if whole is None:
                return
            wrong = "holds an array of integers" if np.ndim(whole) else f"holds the integer {whole}"
            expected = "floats and arrays of floats, and a function that holds the integers"
    shown = f"`{name}`" if what == "argument" else name
    code = "AD203" if what == "argument" else "AD204"
    message = f"the {what} {shown} {wrong}, and a Jacobian needs floating-point numbers"
    raise ArgumentError(code, message, None, expected)


def _first_integer(tree: Any) -> Any:
    """Return an integer, or an array of integers, in a container; None if there is none."""
    parts = children(tree)
    if parts is not None and not is_leaf(tree):
        return next((found for found in map(_first_integer, parts) if found is not None), None)
    kind = np.asarray(tree).dtype.kind if isinstance(tree, (int, np.ndarray, np.generic)) else ""
    return tree if kind in ("i", "u") else None


def _count(tree: Any) -> int:
    return sum(np.size(leaf) for leaf in leaves(tree))


def _zero(like: Any) -> Any:
    return np.zeros_like(like) if isinstance(like, np.ndarray) else type(like)(0.0)


def _unit(k: int, like: Any) -> Any:
    """Return the k-th unit vector in the form of a number or array."""
    if not isinstance(like, np.ndarray):
        return type(like)(1.0)
    unit = np.zeros_like(like)
    unit.flat[k] = 1.0
    return unit


def _units(tree: Any) -> Iterator[Any]:
    """Yield the unit vectors in the form of a number, an array or a container of them."""
    zeros = [_zero(leaf) for leaf in leaves(tree)]
    for place, leaf in enumerate(leaves(tree)):
        for k in range(np.size(leaf)):
            parts = iter([*zeros[:place], _unit(k, leaf), *zeros[place + 1 :]])
            yield map_leaves(lambda _: next(parts), tree)  # noqa: B023 (called before the next round)


def _by_columns(columns: Sequence[list[Any]], out: Any, x: Any) -> list[Any]:
    """Return the blocks for each leaf of the result, from its derivatives by the elements of the argument."""
    found = []
    for place, leaf in enumerate(leaves(out)):
        of_leaf = iter([np.broadcast_to(column[place], np.shape(leaf)) for column in columns])

        def block(other: Any, leaf: Any = leaf, of_leaf: Iterator[Array] = of_leaf) -> Any:
            taken = list(itertools.islice(of_leaf, np.size(other)))
            return _shaped(np.stack(taken, axis=-1) if taken else np.zeros(0), leaf, other)

        found.append(map_leaves(block, x))
    return found


def _by_rows(rows: Sequence[list[Any]], out: Any, x: Any) -> list[Any]:
    """Return the blocks for each leaf of the result, from the gradients of its elements."""
    found, rest = [], iter(rows)
    for leaf in leaves(out):
        taken = list(itertools.islice(rest, np.size(leaf)))
        places = itertools.count()

        def block(
            other: Any, leaf: Any = leaf, taken: list[list[Any]] = taken, places: Iterator[int] = places
        ) -> Any:
            place = next(places)
            return _shaped(np.stack([row[place] for row in taken]) if taken else np.zeros(0), leaf, other)

        found.append(map_leaves(block, x))
    return found


def _assembled(out: Any, blocks: list[Any]) -> Any:
    """Return a container like the result, with what belongs to each leaf of it."""
    parts = iter(blocks)
    return map_leaves(lambda _: next(parts), out)


def _shaped(matrix: Array, out: Any, x: Any) -> Any:
    shaped = np.reshape(matrix, np.shape(out) + np.shape(x))
    plain = isinstance(out, (float, complex)) and isinstance(x, (float, complex))
    return shaped[()] if plain and isinstance(out, np.generic) else shaped.item() if plain else shaped
