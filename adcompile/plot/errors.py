"""How the error of a numerical derivative depends on the step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import ArgumentError
from .canvas import PALETTE, Sheet, sheet


def step_errors(steps: Any, errors: Mapping[str, Any] | None = None) -> Sheet:
    """Errors against steps, both on logarithmic axes: truncation on the right, cancellation on the left.

    Parameters
    ----------
    steps : array_like, shape (n,), or study
        The steps; or an object with the attributes `steps` and `errors`, as ``numerical.step_study`` makes
        one.
    errors : mapping from str to array_like, shape (n,)
        The errors of each method. Errors of 0 are not shown, since a logarithmic axis has no place for them.

    Returns
    -------
    Sheet
        A matplotlib figure with one line for each method, and its best step marked.

    Examples
    --------
    >>> import matplotlib
    >>> import numpy as np
    >>> matplotlib.use("agg")
    >>> h = np.logspace(-12, 0, 13)
    >>> figure = step_errors(h, {"forward": np.abs((np.exp(h) - 1.0) / h - 1.0)})
    >>> [line.get_label() for line in figure.axes[0].lines][:1]
    ['forward']
    """
    if errors is None:
        if not (hasattr(steps, "steps") and hasattr(steps, "errors")):
            raise ArgumentError("AD210", "there are steps, but no errors", None, "both, or a study of them")
        steps, errors = steps.steps, steps.errors
    h = np.asarray(steps, dtype=float)
    figure, (ax,) = sheet()
    for k, (name, values) in enumerate(errors.items()):
        found = np.asarray(values, dtype=float)
        if found.shape != h.shape:
            raise ArgumentError(
                "AD210", f"{h.size} steps and {found.size} errors of {name!r}", None, "as many as steps"
            )
        shown = np.where(found > 0, found, np.nan)
        colour = PALETTE[k % len(PALETTE)]
        ax.plot(h, shown, "o-", color=colour, markersize=3.5, linewidth=1.2, label=name)
        if np.any(np.isfinite(shown)):
            best = int(np.nanargmin(shown))
            ax.plot(h[best], shown[best], "o", color=colour, markersize=9, fillstyle="none")
    ax.set(xscale="log", yscale="log", xlabel="step h", ylabel="error")
    ax.legend(frameon=False)
    return figure
