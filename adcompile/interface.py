"""The interface of the emitted function.

In: a derivative as a graph, and the signature of the primal. Out: parameters, what is unpacked from them, and
the docstring. Not for the body: that is `backend.emit`.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from .backend.emit import Interface
from .backend.expressions import Namespace
from .deriving import Derived, Wanted
from .ir.nodes import Value, count_uses, free_values
from .saved import docstring
from .tracing import Traced, argument_name


def interface_of(
    traced: Traced, signature: inspect.Signature, wanted: Wanted, derived: Derived, namespace: Namespace
) -> Interface:
    """How the emitted function is called: its parameters, what is unpacked from them, and its result."""
    block, pullback = derived.block, derived.pullback
    captures = interface_captures(traced, derived)
    direct: list[Value] = []
    unpack: list[tuple[Value, str]] = []
    for item in [*traced.parser.inputs.found, *derived.tangents]:
        if item.root is None:
            continue
        if len(item.path) == 1:
            item.value.hint = item.root
            direct.append(item.value)
        else:
            unpack.append((item.value, access(item.root, item.path[1:])))
    direct += [item.value for _, item in captures]
    parameters = _parameters(signature, namespace, [n for n, _ in captures], derived.tangent_names)
    return Interface(
        signature=parameters,
        parameters=tuple(direct),
        unpack=unpack,
        result=derived.result,
        doc=docstring(
            _doc(traced, wanted), wanted.kind, [block] if pullback is None else [block, pullback[1]]
        ),
        pullback=pullback,
        reserved=tuple({*signature.parameters, *derived.tangent_names} - {v.hint for v in direct}),
    )


def interface_captures(traced: Traced, derived: Derived) -> list[tuple[str, Any]]:
    """The captured inputs that the text needs, with their parameter names."""
    used = set(count_uses(derived.block))
    if derived.pullback is not None:
        used |= set(free_values(derived.pullback[1]))
    found = []
    names = {*traced.names, *derived.tangent_names}
    for item in traced.parser.inputs.found:
        if item.root is None and item.value in used:
            base = item.value.hint or "captured"
            name, n = base, 1
            while name in names:
                n += 1
                name = f"{base}_{n}"
            names.add(name)
            item.value.hint = name
            found.append((name, item))
    return found


def access(root: str, path: Sequence[tuple[str, Any]]) -> str:
    """The expression that reaches a path from a root."""
    return root + "".join(f".{k}" if kind == "attr" else f"[{k!r}]" for kind, k in path)


def _parameters(
    signature: inspect.Signature, namespace: Namespace, captures: list[str], extra: list[str]
) -> list[str]:
    """The parameters of the emitted function: those of the primal, then tangents and captured values."""
    parts: list[str] = []
    kinds = [q.kind for q in signature.parameters.values()]
    star = False
    plain = all(
        q.kind is q.POSITIONAL_OR_KEYWORD and q.default is q.empty for q in signature.parameters.values()
    )
    for k, (name, q) in enumerate(signature.parameters.items()):
        if q.kind is q.KEYWORD_ONLY and not star:
            parts.append("*")
            star = True
        prefix = "*" if q.kind is q.VAR_POSITIONAL else "**" if q.kind is q.VAR_KEYWORD else ""
        star |= q.kind is q.VAR_POSITIONAL
        default = "" if q.default is q.empty else f"={_default_text(q.default, name, namespace)}"
        parts.append(f"{prefix}{name}{default}")
        if q.kind is q.POSITIONAL_ONLY and (k + 1 == len(kinds) or kinds[k + 1] is not q.POSITIONAL_ONLY):
            parts.append("/")
    if plain:
        parts += extra
        extra = []
    after = extra + captures
    if after:
        at = len(parts) - 1 if parts and parts[-1].startswith("**") else len(parts)
        parts[at:at] = ([] if star else ["*"]) + after
    return parts


def _default_text(default: Any, name: str, namespace: Namespace) -> str:
    if type(default) in (int, bool, str, type(None)) or (
        type(default) is float and default == default and abs(default) < 1e300
    ):
        return repr(default)
    node = namespace.refer(default, f"default_{name}")
    return node.id  # type: ignore[attr-defined, no-any-return]


_TITLES = {
    "grad": "Gradient of {f}",
    "value_and_grad": "Value and gradient of {f}",
    "vjp": "Value of {f} and its pullback",
    "jvp": "Value of {f} and its tangent",
    "value": "Value of {f}",
}


def _doc(traced: Traced, wanted: Wanted) -> str:
    where = f" ({traced.loc.short()})" if traced.loc is not None and traced.loc.text else ""
    head = _TITLES[wanted.kind].format(f=traced.name) + where
    if wanted.kind == "value":
        return f"{head}."
    by = f" with respect to {', '.join(map(argument_name, wanted.argnums))}"
    return f"{head}{by}{_outputs_text(wanted)}."


def _outputs_text(wanted: Wanted) -> str:
    """Which results are meant, where they are not what is returned."""
    if wanted.outputs is None:
        return ""
    shown = ["what it returns" if n == "return" else argument_name(n) for n in wanted.outputs]
    return f"; the result is {', '.join(shown)} after the call"
