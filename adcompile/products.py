"""Gradients and products: `grad`, `value_and_grad`, `jvp`, `vjp` and `linearize`.

In: a function and, later, arguments. Out: derivative objects, values and derivatives. JAX's names and
argument order, autograd's extras accepted. Not for derivatives made of these: `derived` and `jacobians`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, overload

import numpy as np

from .engine import Engine
from .errors import ArgumentError
from .objects import Derivative, P, R
from .signature import tangent_name


def plain_argnums(argnums: Any) -> Any:
    """Argument numbers in their plain form: an int, a name, or a tuple of them."""
    if isinstance(argnums, (str, int, np.integer)) and not isinstance(argnums, bool):
        return argnums if isinstance(argnums, str) else int(argnums)
    if isinstance(argnums, (tuple, list, range)) and not any(isinstance(n, (tuple, list)) for n in argnums):
        return tuple(plain_argnums(n) for n in argnums)
    raise ArgumentError("AD210", f"argnums={argnums!r}", None, "a number or a name, or a tuple of them")


def plain_outputs(outputs: Any) -> Any:
    """What a function delivers, in its plain form: None, a name or position, or a tuple of them."""
    if outputs is None or (isinstance(outputs, (str, int, np.integer)) and not isinstance(outputs, bool)):
        return outputs if outputs is None or isinstance(outputs, str) else int(outputs)
    if isinstance(outputs, (tuple, list)) and outputs:
        items = [plain_outputs(n) for n in outputs if n is not None and not isinstance(n, (tuple, list))]
        if len(items) == len(outputs):
            return tuple(items)
    raise ArgumentError(
        "AD210",
        f"outputs={outputs!r}",
        None,
        'the name or position of an argument, "return", or a tuple of them',
    )


def _decorate(kind: str, f: Any, options: dict[str, Any]) -> Any:
    if "argnum" in options:
        argnum = options.pop("argnum")
        if argnum is not None:
            options["argnums"] = argnum
    options["argnums"] = plain_argnums(options.get("argnums", 0))
    options["outputs"] = plain_outputs(options.get("outputs"))
    options = {k: v for k, v in options.items() if k == "argnums" or (v is not None if k == "outputs" else v)}
    if f is None:
        return lambda function: Derivative(function, kind, options)
    return Derivative(f, kind, options)


@overload
def grad(f: Callable[P, Any], argnums: Any = 0, has_aux: bool = False, holomorphic: bool = False,
         allow_int: bool = False, *, argnum: Any = None, outputs: Any = None,
         ) -> Derivative[P, Any]: ...  # fmt: skip
@overload
def grad(f: None = None, argnums: Any = 0, has_aux: bool = False, holomorphic: bool = False,
         allow_int: bool = False, *, argnum: Any = None, outputs: Any = None,
         ) -> Callable[[Callable[P, Any]], Derivative[P, Any]]: ...  # fmt: skip
def grad(f: Any = None, argnums: Any = 0, has_aux: bool = False, holomorphic: bool = False,
         allow_int: bool = False, *, argnum: Any = None, outputs: Any = None) -> Any:  # fmt: skip
    """The gradient of a function that returns one number."""
    return _decorate("grad", f, {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic,
                                 "allow_int": allow_int, "argnum": argnum, "outputs": outputs})  # fmt: skip


def value_and_grad(f: Any = None, argnums: Any = 0, has_aux: bool = False, holomorphic: bool = False,
                   allow_int: bool = False, *, argnum: Any = None, outputs: Any = None) -> Any:  # fmt: skip
    """The value of a function and its gradient, computed together."""
    return _decorate("value_and_grad", f, {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic,
                                           "allow_int": allow_int, "argnum": argnum,
                                           "outputs": outputs})  # fmt: skip


def _product_options(count: int, has_aux: bool, outputs: Any) -> dict[str, Any]:
    """The options of a product, which takes as many arguments."""
    options: dict[str, Any] = {"argnums": tuple(range(count)), **({"has_aux": True} if has_aux else {})}
    return options if outputs is None else {**options, "outputs": plain_outputs(outputs)}


def jvp(
    f: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    has_aux: bool = False,
    *,
    outputs: Any = None,
) -> Any:
    """The value of a function and its derivative along tangents (forward mode)."""
    primals, tangents = tuple(primals), tuple(tangents)
    if len(primals) != len(tangents):
        raise ArgumentError(
            "AD210",
            f"{len(primals)} primals and {len(tangents)} tangents",
            None,
            "one tangent for each primal",
        )
    engine = Engine(f, "jvp", _product_options(len(primals), has_aux, outputs))
    return push_forward(engine, primals, tangents)


def push_forward(engine: Engine, primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> Any:
    """The value and its derivative along tangents, by a compiled engine."""
    return engine.call(primals, {}, tangents_by_name(engine, primals, tangents))


def tangents_by_name(engine: Engine, primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> dict[str, Any]:
    """The tangents as the emitted function takes them, in the kinds of what they belong to."""
    tangents = tuple(
        fit(tangent, primal, "tangent", f"primal {k}")
        for k, (tangent, primal) in enumerate(zip(tangents, primals, strict=True))
    )
    names = list(engine.signature.parameters)
    of = [tangent_name(name, names) for name in names]
    extra: dict[str, Any] = dict(zip(of, tangents, strict=False))
    for k, parameter in enumerate(engine.signature.parameters.values()):
        if parameter.kind is parameter.VAR_POSITIONAL:
            extra = dict(zip(of[:k], tangents, strict=False)) | {of[k]: tangents[k:]}
    return extra


def fit(given: Any, like: Any, what: str, whose: str) -> Any:
    """A tangent or cotangent in the kind and dtype of what it belongs to; other shapes are refused."""
    if isinstance(like, (np.ndarray, np.generic, float, complex)):
        if given is not None and np.shape(given) != np.shape(like):
            raise ArgumentError(
                "AD210",
                f"a {what} of shape {np.shape(given)} for {whose} of shape {np.shape(like)}",
                None,
                f"a {what} of the shape of what it belongs to",
            )
        return _in_kind(given, like, what, whose)
    if given is None or not isinstance(like, (list, tuple, dict)):
        return given
    kind = dict if isinstance(like, dict) else (list, tuple)
    if not isinstance(given, kind):
        wanted = f"the type {type(like).__name__}"
        raise _other_structure(f"a {what} of type {type(given).__name__}", whose, wanted, what)
    if isinstance(given, dict) and isinstance(like, dict):
        if given.keys() != like.keys():
            raise _other_structure(f"a {what} with the keys {[*given]}", whose, f"the keys {[*like]}", what)
        return {key: fit(given[key], value, what, whose) for key, value in like.items()}
    if len(given) != len(like):
        raise _other_structure(f"a {what} with {len(given)} items", whose, str(len(like)), what)
    items = [fit(a, b, what, whose) for a, b in zip(given, like, strict=True)]
    return type(given)(*items) if hasattr(given, "_fields") else type(given)(items)


def _other_structure(given: str, whose: str, wanted: str, what: str) -> ArgumentError:
    expected = f"a {what} of the structure of what it belongs to"
    return ArgumentError("AD210", f"{given} for {whose} with {wanted}", None, expected)


def _in_kind(given: Any, like: Any, what: str, whose: str) -> Any:
    """A number or array with the type and dtype of another, as far as that carries a derivative."""
    kind = type(like)
    if kind in (float, complex):
        if type(given) is kind:
            return given
        dtype: Any = np.dtype(kind)
    elif like.dtype.kind not in "fc" or (isinstance(given, kind) and given.dtype == like.dtype):
        return given
    else:
        dtype = like.dtype
    if given is None:
        return given
    if dtype.kind == "f" and np.iscomplexobj(given):
        raise ArgumentError("AD210", f"a complex {what} for {whose}, which is real", None, f"a real {what}")
    converted = np.asarray(given, dtype)
    return converted if isinstance(like, np.ndarray) else kind(converted[()])


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False, outputs: Any = None) -> Any:
    """The value of a function and its pullback: from a cotangent of the value to those of the arguments."""
    engine = Engine(f, "vjp", _product_options(len(primals), has_aux, outputs))
    out, emitted, *aux = engine.split(primals)

    @functools.wraps(emitted)
    def pullback(out_bar: Any) -> Any:
        return emitted(fit(out_bar, out, "cotangent", "the output"))

    return (out, pullback, *aux)


def linearize(f: Callable[..., Any], *primals: Any, outputs: Any = None) -> tuple[Any, Callable[..., Any]]:
    """The value of a function and its derivative as a linear function of tangents."""
    engine = Engine(f, "jvp", _product_options(len(primals), False, outputs))
    push = engine.held(primals)
    # by the derivative, which writes into nothing that is the caller's
    out = push(tangents_by_name(engine, primals, tuple(map(_no_change, primals))))[0]

    def linear(*tangents: Any) -> Any:
        return push(tangents_by_name(engine, primals, tangents))[1]

    return out, linear


def _no_change(primal: Any) -> Any:
    """The tangent of a primal that stays as it is; of an object the value does not look at it."""
    if isinstance(primal, (np.ndarray, np.generic, float, complex)):
        return type(primal)(0) if type(primal) in (float, complex) else np.zeros_like(primal)[()]
    if isinstance(primal, (list, tuple)):
        items = [_no_change(item) for item in primal]
        return type(primal)(*items) if hasattr(primal, "_fields") else type(primal)(items)
    if isinstance(primal, dict):
        return {key: _no_change(value) for key, value in primal.items()}
    return primal


def stop_gradient(x: R) -> R:
    """X itself, taken as a constant by every derivative."""
    return x
