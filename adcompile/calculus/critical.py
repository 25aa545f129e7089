"""Critical points in a box: found as roots of the gradient, and classified.

In: a function and a box. Out: the points that the search has found, each with its kind. For one number the
interval is sampled and the roots of the derivative are bracketed; for several, Newton's method goes to roots
of the gradient from many starts. Neither proves that there are no others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..leaves import Vector
from .classify import Verdict, of_number, of_numbers
from .newton import Found, GradientRoot, gradient_roots, is_isolated, starting_points
from .roots import EPS, Roots, find_roots
from .texts import numbers_text, table
from .variables import Box, Function, Variables, box_of, check_count, name_of

_SAMPLES = 256
_STARTS = 100
# how many starts there are for each point that is found, and for each number at most
_EACH = 15
_MOST = 2000


@dataclass(frozen=True)
class CriticalPoint:
    """A point where all first derivatives are zero.

    Attributes
    ----------
    x : float, tuple of float, or ndarray
        Where, in the form in which the function takes it.
    value : float
        The function there.
    kind : str
        "minimum", "maximum", "saddle", "inflection" (of a function of one number), or "degenerate" where the
        derivatives do not decide.
    eigenvalues : tuple of float
        Of the Hessian, in ascending order.
    degenerate : bool
        Whether the Hessian is singular there, to rounding.
    order : int
        The order of the derivative that decided: 2 as a rule; 0 if none did.
    isolated : bool
        Whether there are no other critical points next to it.
    """

    x: Any
    value: float
    kind: str
    eigenvalues: tuple[float, ...]
    degenerate: bool = False
    order: int = 2
    isolated: bool = True

    def __str__(self) -> str:
        where = numbers_text(np.ravel(np.asarray(self.x)))
        return f"{self.description} at {where}, value {self.value:.6g}"

    @property
    def description(self) -> str:
        """The kind in words."""
        if not self.isolated:
            return f"{self.kind}, not isolated"
        if self.kind == "degenerate" or not self.degenerate:
            return self.kind
        return f"{self.kind}, by derivative {self.order}"


@dataclass(frozen=True)
class CriticalPoints:
    """The critical points that a search has found; a sequence of them, in the order of their coordinates.

    Attributes
    ----------
    points : tuple of CriticalPoint
        What was found.
    jumps : tuple of float
        Places where the derivative changes its sign and is not zero: kinks and poles (one number only).
    undefined : int
        At how many of the samples or starts there was no value.
    title : str
        Of what, and where.
    names : tuple of str
        What the numbers are called.
    digits : int
        To how many digits they are shown.
    unresolved : int
        Between how many pairs of samples the derivative varies faster than they show, so that there may be
        more points (one number only).
    """

    points: tuple[CriticalPoint, ...]
    jumps: tuple[float, ...]
    undefined: int
    title: str
    names: tuple[str, ...]
    digits: int = 6
    unresolved: int = 0

    def __iter__(self) -> Iterator[CriticalPoint]:
        return iter(self.points)

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, k: int) -> CriticalPoint:
        return self.points[k]

    def of_kind(self, kind: str) -> tuple[CriticalPoint, ...]:
        """The points of one kind."""
        return tuple(point for point in self.points if point.kind == kind)

    def __str__(self) -> str:
        largest = max((abs(p.value) for p in self.points), default=0.0)
        head = ("kind", *self.names, "value", "eigenvalues of the Hessian")
        rows = [
            (
                p.description,
                *(f"{x:.{self.digits}g}" for x in np.ravel(np.asarray(p.x))),
                # what is rounding beside the others differs from one machine to the next
                f"{p.value if abs(p.value) > 64.0 * EPS * largest else 0.0:.6g}",
                ", ".join(f"{e:.6g}" for e in p.eigenvalues),
            )
            for p in self.points
        ]
        lines = [f"critical points of {self.title}", *(table(head, rows) if rows else ["  none found"])]
        if self.jumps:
            lines.append(f"the derivative jumps over zero at {numbers_text(self.jumps)}")
        if self.undefined:
            lines.append(f"no value at {self.undefined} of the places that were tried")
        if self.unresolved:
            lines.append(
                f"incomplete: the derivative varies too fast in {self.unresolved} gaps of the samples"
            )
        return "\n".join(lines)


def find_critical_points(f: Function, box: Any, *, samples: int | None = None) -> CriticalPoints:
    """Find the points in a box where the gradient is zero, and tell what kind they are.

    Of one number, the interval is cut into `samples` parts; between two samples where the derivative has
    different signs, or where it comes nearest to zero, it is followed to the last digit. Where the derivative
    varies so fast that the cubic through two samples does not tell what is between them, there are more
    samples, up to 64 times as many; where these are not enough, `unresolved` says so. Of several numbers,
    Newton's method is applied to the gradient from `samples` starts, which fill the box evenly (Roberts'
    sequence, the same at every run). What is found are critical points, to rounding; that there are no others
    is not proved, and more samples make it likelier.

    The kind is told by the eigenvalues of the Hessian (Nocedal & Wright, Numerical Optimization, section
    2.1). Where it is singular, the first derivative that is not zero tells it for one number; for several,
    that derivative along the eigenvectors may show a saddle, and otherwise the point is called degenerate.

    Parameters
    ----------
    f : callable
        A function of one number, of several, or of one array, that returns one number.
    box : (low, high) or sequence of them
        The interval of a function of one number; else one pair for each number, in an array of shape (n, 2)
        or a list. The numbers are separate arguments if `f` takes as many, and one array of shape (n,) if it
        takes one argument.
    samples : int, optional
        By default 256 for one number; else 100 for each number, and more where there are many points.

    Returns
    -------
    CriticalPoints
        A sequence of `CriticalPoint`. Of critical points that are not isolated, such as those on a ridge, one
        stands for all that have the same value.

    Raises
    ------
    ArgumentError
        If the box is none, or has another number of pairs than `f` takes numbers.
    AdcompileError
        If the function cannot be differentiated.

    Examples
    --------
    >>> def cubic(x):
    ...     return x**3 - 3 * x + 1
    >>> print(find_critical_points(cubic, (-2, 2)))
    critical points of cubic, x in [-2, 2]
      kind      x  value  eigenvalues of the Hessian
      maximum  -1      3                          -6
      minimum   1     -1                           6
    >>> def saddle(x, y):
    ...     return x**3 - 3 * x * y**2
    >>> [point.description for point in find_critical_points(saddle, [(-1, 1), (-1, 1)])]
    ['saddle, by derivative 3']
    """
    where = box_of(f, box)
    function = Variables(f, where.form)
    check_count("samples", samples, 1)
    title = f"{name_of(f)}, {where.text(function.names)}"
    with np.errstate(all="ignore"):
        if isinstance(where.form[0], float) and function.size == 1:
            points, found = _of_one_number(function, where, samples or _SAMPLES)
            seen = found.jumps, found.undefined
            return CriticalPoints(points, *seen, title, function.names, where.digits, found.unresolved)
        points, undefined = _of_several(function, where, samples)
    return CriticalPoints(points, (), undefined, title, function.names, where.digits)


def _of_one_number(function: Variables, box: Box, samples: int) -> tuple[tuple[CriticalPoint, ...], Roots]:
    low, high = float(box.low[0]), float(box.high[0])
    found = find_roots(
        lambda x: float(function.gradient(np.array([x]))[0]),
        lambda x: float(function.hessian(np.array([x]))[0, 0]),
        low,
        high,
        samples,
    )
    points = []
    for root in found.roots:
        verdict = of_number(function, root.x, root.noise, high - low)
        points.append(_point(function, np.array([root.x]), function.hessian(np.array([root.x])), verdict))
    for a, b in found.flat:
        middle = np.array([0.5 * (a + b)])
        points.append(_point(function, middle, function.hessian(middle), Verdict("degenerate", 0), False))
    return tuple(sorted(points, key=lambda p: p.x)), found


def _of_several(function: Variables, box: Box, samples: int | None) -> tuple[tuple[CriticalPoint, ...], int]:
    count = samples or _STARTS * function.size
    found = gradient_roots(function, box, starting_points(box, count))
    # many roots are a sign of more: by default, there are some fifteen starts for each
    while samples is None and count < min(_EACH * found.isolated, _MOST * function.size):
        count *= 2
        found = gradient_roots(function, box, starting_points(box, count))
    # kinds do not depend on the units of the numbers (Sylvester's law of inertia), but roundings do
    scaled = found.function
    points: list[tuple[Vector, CriticalPoint]] = []
    for root in found.roots:
        if _on_a_known_ridge(function, root, found, [point for _, point in points]):
            continue
        verdict = of_numbers(scaled, root.x, root.hessian, found.noise, found.typical)
        degenerate = verdict.order != 2
        isolated = not degenerate or is_isolated(scaled, box, root)
        points.append((root.x, _point(function, root.x, function.hessian(root.x), verdict, isolated)))
    places = np.array([x for x, _ in points]).reshape(-1, len(box.low))
    order = np.round(1e9 * (places - box.low) / scaled.sides)
    return tuple(points[k][1] for k in np.lexsort(order.T[::-1])), found.undefined


def _on_a_known_ridge(
    function: Variables, root: GradientRoot, found: Found, known: list[CriticalPoint]
) -> bool:
    """Whether one that is not isolated and has the same value stands for a root already."""
    ridges = [point for point in known if not point.isolated]
    if not ridges or not root.singular(found.typical):
        return False
    value = function.value(root.x)
    scale = max(abs(value), found.height)
    return any(abs(value - ridge.value) <= 1e6 * EPS * scale for ridge in ridges)


def _point(
    function: Variables, x: Vector, hessian: Vector, verdict: Verdict, isolated: bool = True
) -> CriticalPoint:
    return CriticalPoint(
        x=function.point(x),
        value=function.value(x),
        kind=verdict.kind,
        eigenvalues=tuple(float(e) for e in np.linalg.eigvalsh(hessian)),
        degenerate=verdict.order != 2,
        order=verdict.order,
        isolated=isolated,
    )
