"""Tell tox of the interpreters that pyenv and uv have installed but not put on the path.

What comes in: tox's options. What goes out: the same options, with these interpreters added to those that tox
tries. It installs nothing: an environment whose Python is nowhere is skipped.
"""

from __future__ import annotations

import os
from pathlib import Path

from tox.config.sets import ConfigSet
from tox.plugin import impl
from tox.session.state import State


def installed_pythons() -> list[str]:
    """The interpreters in the folders of pyenv and uv, one for each installed version."""
    home = Path.home()
    folders = [
        Path(os.environ.get("PYENV_ROOT", home / ".pyenv")) / "versions",
        Path(os.environ.get("UV_PYTHON_INSTALL_DIR", home / ".local" / "share" / "uv" / "python")),
    ]
    return [str(path) for folder in folders for path in sorted(folder.glob("*/bin/python3.1[0-9]"))]


@impl
def tox_add_core_config(core_conf: ConfigSet, state: State) -> None:
    """Let tox try them after what the user names with `--discover`."""
    del core_conf  # the hook passes it by name
    options = state.conf.options
    options.discover = [*(getattr(options, "discover", None) or []), *installed_pythons()]
