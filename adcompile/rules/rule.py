"""What a row of the calculus table means, and the registry of rows.

In: the text of a primitive and of its derivatives. Out: `Primitive` objects, found by the function,
operator, method or attribute that the text spells. A row has two products for each parameter that it is
differentiable in: a pullback (a text in `z_bar`) and a pushforward (a text in `x_dot`). Texts may name
the parameters, the result `z`, and anything in the row's namespace; a callable in place of a text
receives what is known of the operands (`Facts`) and returns the text. Not for applying rules: that is
`rules.expand` and the passes.
"""

from __future__ import annotations

import ast
import builtins
import functools
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from typing import Literal as OneOf

import numpy as np

from ..backend import factors, runtime, sequences
from ..errors import AdcompileError
from ..ir.nodes import Arg
from ..ir.types import ListOf
from .facts import Facts, call_rule, rank_of

Effect = OneOf["pure", "view", "update", "opaque"]
Rule = str | Callable[..., str]
TypeRule = Callable[..., Any]
Text = TypeVar("Text")


class _Required:
    def __repr__(self) -> str:
        return "required"


REQUIRED: Any = _Required()


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a row; `star` takes all operands that are left."""

    name: str
    default: Any = REQUIRED
    star: bool = False


@dataclass(frozen=True, eq=False)
class Primitive:
    """One row: how a primitive is written, typed and differentiated.

    Attributes
    ----------
    name : str
        The text of the row, which is also how the primitive is printed.
    params : tuple of Param
        In the order in which a call binds them.
    types : callable
        From the arguments to the type (or tuple of types) of the result.
    effect : {"pure", "view", "update", "opaque"}
        "view": the result may share memory with the first argument. "update": the result is the first
        argument with something changed, done in place where nobody else can see it. "opaque": kept, in
        order, as often as written.
    pointwise : bool
        Output elements depend on the input elements at the same place after broadcasting, and on no others.
    pullbacks, pushforwards : mapping from parameter name to Rule
        Parameters that are absent are not differentiable; `constant` says that their derivative is zero,
        otherwise an active argument there is refused.
    items : bool
        The rules understand operands that are sequences (`np.array([a, b])`) and run-time lists. Where they
        do not, a sequence in a differentiable position is made an array first.
    rows : bool
        The operand is a sequence of arrays (`np.stack([a, b])`): sequences in it are made arrays, and an
        array stands for the list of its rows.
    real : bool
        The result is real whatever the operands are.
    static : tuple of str
        Operands that the rules compute with when the derivative is compiled, and which therefore have to be
        known by then.
    rewrite : callable, optional
        From the positional arguments of a call to those of another spelling of it; None where the call is
        understood as it stands.
    """

    name: str
    params: tuple[Param, ...]
    _template: ast.expr | None
    types: TypeRule
    namespace: Mapping[str, Any]
    effect: Effect = "pure"
    pointwise: bool = False
    lazy: bool = False
    constant: bool = False
    pullbacks: Mapping[str, Rule] = field(default_factory=dict)
    pushforwards: Mapping[str, Rule] = field(default_factory=dict)
    joint: bool = False
    safe: float = 1.0
    # where the partials are finite, see `rules.regular`; None: read off their texts
    regular: Rule | None = None
    cheap: bool = False
    note: str = ""
    items: bool = False
    rows: bool = False
    real: bool = False
    static: tuple[str, ...] = ()
    rewrite: Callable[..., tuple[Arg, ...] | None] | None = None
    # how to say it in other primitives, decided where it is called; None leaves it as it is
    expansion: Callable[..., str | None] | None = None
    # why an active value may not pass, where the frontend already knows a better reason than the missing row
    refusal: AdcompileError | None = None
    # elements of the operands are left out: their adjoints are zero and have to stay zero
    masks: bool = False
    # the operands whose numbers, and not only their shapes, decide whether it raises
    decisive: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<{self.name}>"

    @functools.cached_property
    def is_linear(self) -> bool:
        """Whether the result is linear in each operand that there is a derivative for."""
        return type(self.pushforwards) is dict and set(self.pushforwards.values()) == {"self"}

    @functools.cached_property
    def template(self) -> ast.expr:
        """The row's text as an expression, parsed when first asked for: most rows are never used."""
        return self._template if self._template is not None else parse_expression(self.name)

    @functools.cached_property
    def index(self) -> dict[str, int]:
        """The place of each parameter."""
        return {p.name: k for k, p in enumerate(self.params)}


FUNCTIONS: dict[Any, Primitive] = {}
OPERATORS: dict[str, Primitive] = {}
METHODS: dict[str, Primitive] = {}
ATTRIBUTES: dict[str, Primitive] = {}
# functions that emitted code or rule texts may call by name, beside np and math
HELPERS: dict[str, Any] = {
    n: f
    for module in (runtime, factors, sequences)
    for n, f in vars(module).items()
    if getattr(f, "__module__", "") == module.__name__
}

NAMESPACE: dict[str, Any] = {"np": np, "math": math}

_OPERATOR_NAMES: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.USub: "neg",
    ast.UAdd: "pos",
    ast.Invert: "~",
    ast.Not: "not",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


def operator_name(op: ast.AST) -> str:
    """The registry key of an operator node."""
    return _OPERATOR_NAMES[type(op)]


@functools.lru_cache(maxsize=4096)
def parse_expression(text: str) -> ast.expr:
    """The expression that a text spells."""
    return ast.parse(text.strip(), mode="eval").body


def resolve(node: ast.expr, namespace: Mapping[str, Any]) -> Any:
    """The object that a dotted name spells."""
    if isinstance(node, ast.Name):
        if node.id in namespace:
            return namespace[node.id]
        if node.id in HELPERS:
            return HELPERS[node.id]
        return getattr(builtins, node.id)
    if isinstance(node, ast.Attribute):
        return getattr(resolve(node.value, namespace), node.attr)
    raise ValueError(f"not a dotted name: {ast.dump(node)}")


@dataclass(frozen=True, slots=True)
class Form:
    """What a row's text declares: a function by its dotted path, a method, an attribute or an operator."""

    kind: OneOf["function", "method", "attribute", "operator"]
    key: str
    params: tuple[Param, ...]


# nearly every row is of this form: reading these without the parser keeps the import of the tables cheap
_PLAIN_CALL = re.compile(r"([A-Za-z_]\w*(?:\.\w+)*)\(([\w\s=.,*-]*)\)")
_DEFAULTS: dict[str, Any] = {"None": None, "False": False, "True": True, "0": 0, "1": 1, "-1": -1}


def form_of(text: str) -> Form:
    """Read the text of a row."""
    plain = _PLAIN_CALL.fullmatch(text)
    if plain is None:
        return _form_of_expression(parse_expression(text))
    path, inside = plain.groups()
    params = [_param(part.strip()) for part in inside.split(",")] if inside else []
    root, _, rest = path.partition(".")
    if rest and len(root) == 1:
        return Form("method", rest, (Param(root), *params))
    return Form("function", path, tuple(params))


def _param(text: str) -> Param:
    name, equals, default = text.partition("=")
    if equals:
        return Param(name, _DEFAULTS[default] if default in _DEFAULTS else ast.literal_eval(default))
    return Param(name[1:], star=True) if name.startswith("*") else Param(name)


def _form_of_expression(template: ast.expr) -> Form:
    if isinstance(template, ast.Call):
        params = [
            Param(_name(a.value), star=True) if isinstance(a, ast.Starred) else Param(_name(a))
            for a in template.args
        ]
        params += [Param(k.arg or "", ast.literal_eval(k.value)) for k in template.keywords]
        if _is_function_path(template.func):
            return Form("function", ast.unparse(template.func), tuple(params))
        assert isinstance(template.func, ast.Attribute)
        return Form("method", template.func.attr, (Param(_name(template.func.value)), *params))
    if isinstance(template, ast.Attribute):
        return Form("attribute", template.attr, (Param(_name(template.value)),))
    if isinstance(template, ast.Subscript):
        return Form("operator", "[]", (Param(_name(template.value)), Param(_name(template.slice))))
    if isinstance(template, ast.BinOp):
        return Form(
            "operator",
            operator_name(template.op),
            (Param(_name(template.left)), Param(_name(template.right))),
        )
    if isinstance(template, ast.UnaryOp):
        return Form("operator", operator_name(template.op), (Param(_name(template.operand)),))
    if isinstance(template, ast.Compare):
        names = _name(template.left), _name(template.comparators[0])
        return Form("operator", operator_name(template.ops[0]), (Param(names[0]), Param(names[1])))
    raise ValueError(f"a row cannot declare {ast.unparse(template)}")


def find(path: str, namespace: Mapping[str, Any]) -> Any:
    """The object that a dotted path spells."""
    root, *rest = path.split(".")
    found = (
        namespace[root]
        if root in namespace
        else HELPERS[root]
        if root in HELPERS
        else getattr(builtins, root)
    )
    return functools.reduce(getattr, rest, found)


def _name(node: ast.expr) -> str:
    if not isinstance(node, ast.Name):
        raise ValueError(f"a row's operands are plain names, not {ast.unparse(node)}")
    return node.id


def _is_function_path(func: ast.expr) -> bool:
    """Whether a template spells a function (`np.sum`) rather than a method of an operand (`x.astype`)."""
    root = func
    while isinstance(root, ast.Attribute):
        root = root.value
    return isinstance(func, ast.Name) or (isinstance(root, ast.Name) and len(root.id) > 1)


def register(primitive: Primitive, method: str | None = None) -> Primitive:
    """Enter a primitive under what its text spells, and under a method name of arrays if one is given."""
    return _enter(primitive, form_of(primitive.name), method)


def _enter(primitive: Primitive, form: Form, method: str | None) -> Primitive:
    if form.kind == "function":
        FUNCTIONS[find(form.key, primitive.namespace)] = primitive
    elif form.kind == "method":
        METHODS[form.key] = primitive
    elif form.kind == "attribute":
        ATTRIBUTES[form.key] = primitive
    else:
        OPERATORS[form.key] = primitive
    if method is not None:
        METHODS[method] = primitive
    return primitive


# Rows that were declared outside of this package: no other process need have them, so what is compiled with
# them stays here.
FOREIGN: list[str] = []


def _declare(
    text: str,
    types: TypeRule | None,
    method: str | None,
    namespace: Mapping[str, Any] | None,
    form: Form | None = None,
    **fields: Any,
) -> Primitive:
    from .typing import default_types

    if not sys._getframe(2).f_globals.get("__name__", "").startswith("adcompile."):
        FOREIGN.append(text)
    form = form or form_of(text)
    names = NAMESPACE if namespace is None else {**NAMESPACE, **namespace}
    row = Primitive(text, form.params, None, types or default_types(form, names), names, **fields)
    return _enter(row, form, method)


class _Products(Mapping[str, Rule]):
    """The products of a pointwise row, factor * partial; each is written when first asked for."""

    def __init__(self, partials: dict[str, Rule], factor: str) -> None:
        self._partials = partials
        self._factor = factor
        self._written: dict[str, Rule] = {}

    def __getitem__(self, name: str) -> Rule:
        if name not in self._written:
            self._written[name] = _product(self._factor.format(name), self._partials[name])
        return self._written[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._partials)

    def __len__(self) -> int:
        return len(self._partials)


def _times(factor: str, partial: str) -> str:
    """The text of factor * partial, as one would write it."""
    node = parse_expression(partial)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return f"-({_times(factor, ast.unparse(node.operand))})"
    if isinstance(node, ast.Constant) and node.value == 1:
        return factor
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return f"{_times(factor, ast.unparse(node.left))} / ({ast.unparse(node.right)})"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return f"{_times(factor, ast.unparse(node.left))} * ({ast.unparse(node.right)})"
    return f"{factor} * ({partial})"


def _product(factor: str, partial: Rule) -> Rule:
    if isinstance(partial, str):
        return _times(factor, partial)
    compute = partial

    @functools.wraps(compute)
    def rule(**facts: Any) -> str:
        return _times(factor, call_rule(compute, facts))

    return rule


def _moving(rule: Rule) -> Rule:
    """The pullback of a rearrangement for adjoints that only broadcast to the result's shape."""

    def moving(**facts: Any) -> str:
        is_list = any(isinstance(f, Facts) and isinstance(f.type, ListOf) for f in facts.values())
        if rank_of(facts.get("z_bar")) == 0 and not is_list:
            return "z_bar"
        return call_rule(rule, facts).replace("z_bar", "np.broadcast_to(z_bar, np.shape(z))")

    return moving


def pointwise(
    text: str,
    *partials: Rule,
    types: TypeRule | None = None,
    method: str | None = None,
    namespace: Mapping[str, Any] | None = None,
    safe: float = 1.0,
    regular: Rule | None = None,
    masks: bool = False,
    cheap: bool = False,
    note: str = "",
    decisive: tuple[str, ...] = (),
) -> Primitive:
    """Declare a primitive that works element by element, by its partial derivatives.

    Parameters
    ----------
    text : str
        The primitive as it is called, e.g. ``"np.sin(x)"``.
    *partials : str or callable
        One partial derivative for each operand, in the operands' names and the result ``z``; ``"0"`` for an
        operand whose derivative is zero everywhere it exists.
    types : callable, optional
        From the arguments to the type of the result; by default inferred by NumPy's rules where the
        function is a ufunc, else not known.
    namespace : mapping, optional
        What other names in the texts stand for.
    safe : float
        An operand value at which every partial is finite: stands in where the program discards the element.
    regular : str or callable, optional
        A test, in the operands' names and ``z``, that holds where every partial is finite; ``""`` where they
        always are for finite operands. By default whether the partials themselves are finite.
    masks : bool
        The result depends on one of the operands in each element, and not on the others.
    decisive : tuple of str
        The operands whose numbers, and not only their shapes, decide whether the function raises.
    """
    form = form_of(text)
    pairs = {p.name: d for p, d in zip(form.params, partials, strict=False) if d != "0"}
    return _declare(
        text,
        types,
        method,
        namespace,
        form,
        pointwise=True,
        safe=safe,
        regular=regular,
        masks=masks,
        cheap=cheap,
        note=note,
        decisive=decisive,
        constant=len(pairs) < len(partials),
        pullbacks=_Products(pairs, "z_bar"),
        pushforwards=_Products(pairs, "{}_dot"),
    )


def linear(
    text: str,
    *pullbacks: Rule,
    types: TypeRule | None = None,
    wrt: tuple[str, ...] | None = None,
    joint: bool = False,
    method: str | None = None,
    namespace: Mapping[str, Any] | None = None,
    effect: Effect = "pure",
    pointwise: bool = False,
    lazy: bool = False,
    constant: bool = False,
    cheap: bool = False,
    masks: bool = False,
    items: bool = False,
    rows: bool = False,
    moves: bool = False,
    real: bool = False,
    static: tuple[str, ...] = (),
    rewrite: Callable[..., tuple[Arg, ...] | None] | None = None,
    decisive: tuple[str, ...] = (),
) -> Primitive:
    """Declare a primitive that is linear in each operand of `wrt`, by default the first ones.

    The pushforward is the primitive itself with the operand replaced by its tangent. `joint` says that it
    is linear in all of them together (`np.where(c, x, y)`); otherwise it is linear in each for itself (`x
    @ y`). `lazy` says that the pullbacks accept a `z_bar` that only broadcasts to the shape of `z`.
    `flat` says that an operand is a sequence of arrays, not of sequences.
    `moves` says that every element of the operands appears once in the result: an adjoint that is one
    number is then the adjoint of each operand.
    """
    form = form_of(text)
    names = wrt or tuple(p.name for p in form.params[: len(pullbacks)])
    fields: dict[str, Any] = {
        "effect": effect,
        "pointwise": pointwise,
        "lazy": lazy or moves,
        "joint": joint,
        "constant": constant,
        "cheap": cheap,
        "masks": masks,
        "items": items,
        "rows": rows,
        "real": real,
        "static": static,
        "rewrite": rewrite,
        "decisive": decisive,
    }
    return _declare(
        text,
        types,
        method,
        namespace,
        form,
        pullbacks={n: _moving(r) if moves else r for n, r in zip(names, pullbacks, strict=True)},
        pushforwards=dict.fromkeys(names, "self"),
        **fields,
    )


def general(
    text: str,
    *,
    pullbacks: Mapping[str, Rule],
    pushforwards: Mapping[str, Rule],
    types: TypeRule | None = None,
    method: str | None = None,
    namespace: Mapping[str, Any] | None = None,
    effect: Effect = "pure",
    constant: bool = False,
    lazy: bool = False,
    pointwise: bool = False,
    items: bool = False,
    cheap: bool = False,
    masks: bool = False,
    real: bool = False,
    static: tuple[str, ...] = (),
    rewrite: Callable[..., tuple[Arg, ...] | None] | None = None,
    decisive: tuple[str, ...] = (),
) -> Primitive:
    """Declare a primitive by texts in `z_bar` and, apart from them, texts in `<operand>_dot`."""
    return _declare(
        text,
        types,
        method,
        namespace,
        effect=effect,
        constant=constant,
        lazy=lazy,
        pointwise=pointwise,
        items=items,
        cheap=cheap,
        masks=masks,
        real=real,
        static=static,
        rewrite=rewrite,
        decisive=decisive,
        pullbacks=pullbacks,
        pushforwards=pushforwards,
    )


def constant(
    text: str,
    *,
    types: TypeRule | None = None,
    method: str | None = None,
    namespace: Mapping[str, Any] | None = None,
    effect: Effect = "pure",
    cheap: bool = False,
    decisive: tuple[str, ...] = (),
) -> Primitive:
    """Declare a primitive whose derivative is zero wherever it exists, or whose result is no number."""
    return _declare(
        text, types, method, namespace, effect=effect, constant=True, cheap=cheap, decisive=decisive
    )


def composite(
    text: str,
    expansion: Callable[..., str | None],
    *,
    types: TypeRule | None = None,
    method: str | None = None,
    namespace: Mapping[str, Any] | None = None,
    static: tuple[str, ...] = (),
    constant: bool = False,
    cheap: bool = False,
    items: bool = False,
) -> Primitive:
    """Declare a function that is written in other primitives where it is called.

    The expansion is the text of its result, a tuple or list display for several; None where nothing is
    known that would be better than the call itself, which then is not differentiable, or has the derivative
    zero if `constant` says so.
    """
    return _declare(
        text,
        types,
        method,
        namespace,
        expansion=expansion,
        static=static,
        constant=constant,
        cheap=cheap,
        items=items,
    )
