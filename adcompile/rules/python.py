"""Rows for what Python does beside arithmetic:
raising, formatting, opaque calls, and numbers that stop derivatives.
"""

from __future__ import annotations

from typing import Any

from ..ir.nodes import Arg
from ..ir.types import UNKNOWN, Array, Scalar, Type
from .rule import NAMESPACE, Param, Primitive, parse_expression
from .typing import opaque, typ


def _python(
    text: str, params: tuple[str, ...], types: Any, effect: Any = "pure", constant: bool = True
) -> Primitive:
    return Primitive(
        text,
        tuple(map(Param, params)),
        parse_expression(text),
        types,
        NAMESPACE,
        effect=effect,
        constant=constant,
    )


# printed by the backend in forms of their own
RAISE = _python("raise_(kind, args)", ("kind", "args"), opaque, "opaque")
FORMAT = _python("format_string(parts)", ("parts",), opaque)
TUPLE = _python("make_tuple(items)", ("items",), lambda *args: UNKNOWN)
# `watched`: the manager may hide exceptions
APART = _python("apart(written, others)", ("written", "others"), opaque, "opaque")
ORDERED = _python("ordered(array)", ("array",), opaque, "opaque")
TOGETHER = _python("together(part, array)", ("part", "array"), opaque, "opaque")
AGREE = _python("agree(whole, part)", ("whole", "part"), opaque, "opaque")
ENTER = _python("enter(manager, watched)", ("manager", "watched"), opaque, "opaque")
EXIT = _python("leave(manager)", ("manager",), opaque, "opaque")


def _stopped(x: Arg) -> Type:
    t = typ(x)
    return t if isinstance(t, (Scalar, Array)) else UNKNOWN


STOP = _python("stop_gradient(x)", ("x",), _stopped)


def _call_type(function: Arg, args: Arg, keywords: Arg) -> Type:
    return UNKNOWN


def opaque_call(refusal: Any, pure: bool = False) -> Primitive:
    """A call of a Python object that is kept as it is;
    `refusal` is raised if an active value passes through it.
    """
    return Primitive(
        "call(function, args, keywords)",
        (Param("function"), Param("args"), Param("keywords")),
        parse_expression("call(function, args, keywords)"),
        _call_type,
        NAMESPACE,
        effect="pure" if pure else "opaque",
        refusal=refusal,
    )


ATTRIBUTE = _python("attribute(x, name)", ("x", "name"), lambda x, name: UNKNOWN, constant=False)
LIST = _python("make_list(items)", ("items",), lambda *args: UNKNOWN)
DICT = _python("make_dict(keys, items)", ("keys", "items"), lambda *args: UNKNOWN)
