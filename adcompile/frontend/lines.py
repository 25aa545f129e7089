"""The text that a function is from.

In: a Python function. Out: the lines of its file, as they are now. Light, so that a derivative from the disk
can be checked against the source without what parses. Not for finding the function in them: that is `source`.
"""

from __future__ import annotations

import inspect
import linecache
import types


def lines_of(function: types.FunctionType) -> list[str]:
    """Return the lines of the file that a function is from; none if Python has not kept it."""
    filename = function.__code__.co_filename
    linecache.checkcache(filename)
    # The doctest runner replaces linecache.getlines while it runs, so it is looked up at each call.
    given = linecache.getlines(filename, function.__globals__)
    if not given:
        try:
            given = inspect.findsource(function)[0]
        except (OSError, IndexError):
            return []
    return given
