"""A progress bar, where somebody sees it."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Callable, Iterator

__all__ = ["Progress", "progress_bar"]

Progress = Callable[[int, float], None]

_DELAY = 1.0  # seconds, for a bar that nobody asked for


@contextlib.contextmanager
def progress_bar(wanted: bool | None, name: str, total: int | None) -> Iterator[Progress]:
    """A function that is told the number of each step and the value there, and shows them.

    Parameters
    ----------
    wanted : bool, optional
        By default in a terminal if tqdm is installed, and after a second.
    name : str
        What is in progress.
    total : int, optional
        How many steps it has at most.

    Raises
    ------
    ImportError
        If it is wanted and tqdm is missing.
    """
    seen = sys.stderr.isatty() and importlib.util.find_spec("tqdm") is not None
    if not (seen if wanted is None else wanted):
        yield lambda number, value: None
        return
    try:
        from tqdm import tqdm
    except ImportError as error:
        raise ImportError("a progress bar needs tqdm: pip install 'adcompile[optimize]'") from error
    with tqdm(total=total, desc=name, unit="step", delay=_DELAY if wanted is None else 0.0) as bar:

        def shown(number: int, value: float) -> None:
            bar.set_postfix(value=f"{value:.6g}", refresh=False)
            bar.update(number - bar.n)

        yield shown
