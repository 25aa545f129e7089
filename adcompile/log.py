"""The one logger of the package, and the environment variable that makes it audible.

In goes ``ADCOMPILE_LOG``, read once when this module is first imported: ``debug``, ``info`` or ``warning``,
optionally followed by a file to append to (``debug:adcompile.log``). Out comes :data:`logger`, silent unless
that variable or the application's own ``logging`` set-up gives it somewhere to write. Not for messages that a
user must see: those are errors and warnings.
"""

from __future__ import annotations

import logging
import os

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}

logger = logging.getLogger("adcompile")
logger.addHandler(logging.NullHandler())


def configure(setting: str) -> logging.Handler | None:
    """Give the logger one more handler, as a value of ``ADCOMPILE_LOG`` asks for it.

    Parameters
    ----------
    setting : str
        ``LEVEL`` or ``LEVEL:FILE``. An empty string asks for nothing.

    Returns
    -------
    logging.Handler or None
        The installed handler. A setting that cannot be met is reported through the handler on standard error:
        a misspelt level, or a file that cannot be opened, must not stop the program that is being logged.
    """
    if not setting.strip():
        return None
    word, _, file = setting.partition(":")
    level = LEVELS.get(word.strip().lower())
    handler, trouble = _handler(file.strip())
    if level is None:
        trouble = f"ADCOMPILE_LOG={setting!r} is not understood; write {', '.join(LEVELS)} or LEVEL:FILE"
        level = logging.WARNING
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s: %(message)s"))
    handler.setLevel(level)
    logger.addHandler(handler)
    logger.setLevel(level)
    if trouble:
        logger.warning("%s", trouble)
    return handler


def _handler(file: str) -> tuple[logging.Handler, str]:
    """Return a handler for the file, or else for standard error, and what stood in the way of the file."""
    if not file:
        return logging.StreamHandler(), ""
    try:
        return logging.FileHandler(file, encoding="utf-8"), ""
    except OSError as error:
        return logging.StreamHandler(), f"ADCOMPILE_LOG: {error}; writing to standard error instead"


configure(os.environ.get("ADCOMPILE_LOG", ""))
