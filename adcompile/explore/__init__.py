"""A page that shows a function and its derivative at work: `page`, and ``python -m adcompile explore``.

The road of a function: `probes` put looks into its graph, `watching` runs the compiled derivatives with them,
`graph` adds the partial derivatives, `drawing` draws, `sources` ties lines to lines, `javascript` says in the
browser's language what it can, `curve` takes samples for a plot, and `page` puts all of it into one file.
"""

from __future__ import annotations

from .page import page

__all__ = ["page"]
