"""Where the partial derivatives of a row are finite.

In: a pointwise row and what is known of its operands. Out: the text of a test that holds where every partial
is finite, or nothing where they are finite for all finite operands. Not for what is known of the values of a
program: that is `passes.ranges`.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Mapping
from typing import Any

from .facts import call_rule
from .rule import Primitive, parse_expression

# functions that are finite, also at the borders of their operands
_FINITE = {
    "abs", "float", "sign", "polygamma", "sinc_derivative",
    "np.absolute", "np.conj", "np.copysign", "np.cos", "np.cosh", "np.exp", "np.exp2", "np.isfinite",
    "np.sign", "np.sin", "np.sinh", "math.copysign", "math.cos", "math.cosh", "math.exp", "math.sin",
    "math.sinh",
}  # fmt: skip

# a denominator that its own text guards
_NOT_ZERO = re.compile(r"np\.where\((\w+) == 0, 1, \1\)")


def regular(row: Primitive, facts: Mapping[str, Any]) -> str:
    """The text of a test, in the row's operands and its result `z`, that holds where every partial is finite.

    It is empty where finite operands are all that this takes. A row that does not tell (`regular`) and whose
    partials may be infinite, as far as one can see from their texts, is asked for the partials themselves.
    """
    if row.regular is not None:
        return str(call_rule(row.regular, facts))
    ones = {**facts, "z_bar": 1.0}
    texts = [str(call_rule(rule, ones)) for rule in row.pullbacks.values()]
    return " & ".join(f"np.isfinite({_partial(t)})" for t in texts if not _is_finite(parse_expression(t)))


def _partial(pullback: str) -> str:
    """The text of a pullback for the adjoint 1."""
    # parsed texts are shared
    return ast.unparse(_One().visit(copy.deepcopy(parse_expression(pullback))))


class _One(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(1.0) if node.id == "z_bar" else node


def _is_finite(node: ast.expr) -> bool:
    """Whether an expression is certainly finite where the names in it stand for finite values."""
    if isinstance(node, (ast.Name, ast.Constant)):
        return True
    if isinstance(node, ast.UnaryOp):
        return _is_finite(node.operand)
    if isinstance(node, ast.Compare):
        return True
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, (ast.Add, ast.Sub, ast.Mult)):
            return _is_finite(node.left) and _is_finite(node.right)
        if isinstance(node.op, ast.Div) and _NOT_ZERO.fullmatch(ast.unparse(node.right)):
            return _is_finite(node.left)
        number = node.right.value if isinstance(node.right, ast.Constant) else None
        if not isinstance(number, (int, float)) or number <= 0:
            return False
        whole = isinstance(node.op, ast.Pow) and number == int(number)
        return (whole or isinstance(node.op, ast.Div)) and _is_finite(node.left)
    if isinstance(node, ast.Call) and not node.keywords:
        return ast.unparse(node.func) in _FINITE and all(map(_is_finite, node.args))
    return False
