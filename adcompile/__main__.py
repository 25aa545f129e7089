"""``python -m adcompile``: see `adcompile.cli`."""

from adcompile.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
