"""Numbers, polynomials and tables as results show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def numbers_text(values: Iterable[float]) -> str:
    """One number, or several in parentheses."""
    texts = [f"{value:.6g}" for value in values]
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int] = (0,)) -> list[str]:
    """Lines of a table: the columns `left` to the left, the others to the right."""
    cells = [head, *rows]
    widths = [max(len(row[k]) for row in cells) for k in range(len(head))]
    lines = []
    for row in cells:
        pairs = enumerate(zip(row, widths, strict=True))
        shown = [cell.ljust(width) if k in left else cell.rjust(width) for k, (cell, width) in pairs]
        lines.append(f"  {'  '.join(shown)}".rstrip())
    return lines


def signed_sum(terms: Sequence[tuple[float, str]]) -> str:
    """A sum of coefficients with their factors, without what is zero: `3 + 12·(x - 2)`."""
    text = ""
    for coefficient, factor in terms:
        if coefficient == 0.0:
            continue
        size = f"{abs(coefficient):.6g}"
        shown = size if not factor else factor if size == "1" else f"{size}·{factor}"
        sign = " - " if coefficient < 0.0 else " + "
        text += sign + shown if text else ("-" if coefficient < 0.0 else "") + shown
    return text or "0"


def shifted(name: str, origin: float) -> str:
    """The distance of a variable from a number: `x`, `(x - 2)`, `(x + 2)`."""
    if origin == 0.0:
        return name
    return f"({name} - {origin:.6g})" if origin > 0.0 else f"({name} + {-origin:.6g})"
