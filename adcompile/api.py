"""What users call: everything of `products`, and what is built from it.

In: a function and, later, arguments. Out: derivative objects, values and derivatives. Not for how a
derivative is made: that is `pipeline`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import transforms
from .checkpoints import checkpoint, checkpointed
from .derived import DERIVED
from .engine import Engine
from .errors import ArgumentError
from .jacobians import hessian_of, jacobian_of, made_of
from .objects import Derivative, Lowered, lowered
from .products import grad, jvp, linearize, plain_argnums, plain_outputs, stop_gradient, value_and_grad, vjp


def lower(
    f: Callable[..., Any],
    *args: Any,
    mode: str = "reverse",
    argnums: Any = 0,
    has_aux: bool = False,
    outputs: Any = None,
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
    options = {"argnums": plain_argnums(argnums), "has_aux": has_aux, "outputs": plain_outputs(outputs)}
    return lowered(Engine(f, kind, options), args, keywords)


def jacfwd(f: Any, argnums: Any = 0, *, outputs: Any = None) -> Any:
    """The Jacobian by forward mode, one column at a time; shape out + in."""
    return jacobian_of("jacfwd", f, argnums, outputs)


def jacrev(f: Any, argnums: Any = 0, *, outputs: Any = None) -> Any:
    """The Jacobian by reverse mode, one row at a time; shape out + in."""
    return jacobian_of("jacrev", f, argnums, outputs)


def jacobian(f: Any, argnums: Any = 0, *, outputs: Any = None) -> Any:
    """The Jacobian; shape out + in."""
    return jacobian_of("jacobian", f, argnums, outputs)


def hessian(f: Any, argnums: Any = 0, *, outputs: Any = None) -> Any:
    """The Hessian of a function that returns one number; shape in + in."""
    return hessian_of(f, argnums, outputs)


def hvp(f: Any, argnums: Any = 0, *, outputs: Any = None) -> Any:
    """The Hessian times a vector: `hvp(f)(*args, v)`."""
    return made_of("hvp", f, argnums=argnums, outputs=outputs)


def elementwise_grad(f: Any, argnums: Any = 0, *, outputs: Any = None) -> Any:
    """The derivative of each output element by the input element at the same place."""
    return made_of("elementwise_grad", f, argnums=argnums, outputs=outputs)


def derivative(f: Any, n: int = 1) -> Any:
    """The n-th derivative of a function of one number."""
    return made_of("derivative", f, n=n)


transforms.TRANSFORMS.update({
    grad: "grad", value_and_grad: "value_and_grad", jvp: "jvp", vjp: "vjp", stop_gradient: "stop_gradient",
    jacfwd: "jacfwd", jacrev: "jacrev", jacobian: "jacobian", hessian: "hessian", hvp: "hvp",
    elementwise_grad: "elementwise_grad", derivative: "derivative", linearize: "linearize",
    checkpoint: "checkpoint", checkpointed: "checkpointed",
})  # fmt: skip
transforms.DERIVED.update(DERIVED)
