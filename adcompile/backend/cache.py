"""The disk cache: emitted source, kept from one process to the next.

In goes the text of a derivative and a key (:func:`digest` of everything that can change it); out comes the
same text in a later process, or nothing. One readable ``.py`` file per derivative; its first line is a
comment with a checksum over key and body.

A file is read, verified and handed back as text. It is never imported (a planted ``.pyc`` would run) and
nothing is ever unpickled. Whatever is missing, unreadable or altered counts as absent, and the next
:meth:`DiskCache.put` writes it anew, so a broken disk or folder costs time and is never an error. There are
no locks: a file appears whole, by ``os.replace``, or not at all.

Not for deciding what belongs into a key, nor for running the text: that is ``load``.
"""

from __future__ import annotations

import os
import re
import stat
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from adcompile.log import logger

# The checksum line is line 1 of what is compiled, too, or line numbers would not agree with the file. It
# declares the encoding, because an emitted comment on line 2 might look like such a declaration (PEP 263).
MAGIC = "# adcompile cache "
_HEADER = MAGIC + "1, coding: utf-8, sha256: "
_KEY = re.compile(r"[0-9a-f]{64}")
_ENTRY_NAME = re.compile(r"\w+-[0-9a-f]{16}\.py", re.ASCII)
_TEMPORARY_NAME = re.compile(r"\.adcompile-[0-9a-f]{16}\.tmp")
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH

# Taken by the first warning of the process and never given back.
_warned = threading.Lock()


@dataclass(frozen=True)
class Entry:
    """One cached derivative.

    Attributes
    ----------
    text : str
        The whole file, checksum line included: compile this, so that its line numbers are those of the file.
    path : str or None
        The file, or None if it could not be written.
    """

    text: str
    path: str | None

    @property
    def body(self) -> str:
        """The text as it was put, without the checksum line."""
        return self.text.partition("\n")[2]


@dataclass(frozen=True)
class CacheInfo:
    """What a cache folder holds: its path, the number of entries, and their total size in bytes."""

    folder: str
    entries: int
    bytes: int


@dataclass(frozen=True)
class DiskCache:
    """Emitted sources in one folder, shared by any number of threads and processes.

    Parameters
    ----------
    folder : str
        Created on the first write, for its owner alone (mode 0700). A folder that another user owns or may
        write to is not used, since its text would be executed; one RuntimeWarning a process says so.
    """

    folder: str

    def __post_init__(self) -> None:
        # A relative folder must not move with the working directory.
        object.__setattr__(self, "folder", os.path.abspath(self.folder))

    def path(self, key: str, stem: str) -> str:
        """Return the file of an entry.

        Parameters
        ----------
        key : str
            A :func:`digest`.
        stem : str
            What a person should recognise the file by, such as ``loss_grad``. Characters other than ASCII
            letters, digits and the underscore are replaced.
        """
        if not _KEY.fullmatch(key):
            raise ValueError(f"expected a key made by digest(), got {key!r}")
        readable = re.sub(r"\W+", "_", stem, flags=re.ASCII).strip("_")[:60]
        return os.path.join(self.folder, f"{readable or 'derivative'}-{key[:16]}.py")

    def get(self, key: str, stem: str) -> Entry | None:
        """Return the entry that was put under this key and stem, or None if there is none to be trusted."""
        path = self.path(key, stem)
        if not self._usable():
            return None
        try:
            text = _read(path)
        except FileNotFoundError:
            logger.debug("not cached: %s", path)
            return None
        except (OSError, UnicodeError) as error:
            logger.info("cached source not used, it cannot be read: %s: %s", path, error)
            return None
        header, _, body = text.partition("\n")
        if header + "\n" != _header(key, body):
            logger.info("cached source not used, it was altered or made for another key: %s", path)
            return None
        return Entry(text, path)

    def put(self, key: str, stem: str, body: str) -> Entry:
        """Keep a text under a key, replacing what is there, and return the entry as :meth:`get` would.

        Where nothing can be written, the entry has no path; the reason goes to the log.
        """
        path = self.path(key, stem)
        text = _header(key, body) + body
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            if not self._usable():
                return Entry(text, None)
            _write(self.folder, path, text)
        except OSError as error:
            logger.info("source not cached: %s: %s", path, error)
            return Entry(text, None)
        return Entry(text, path)

    def info(self) -> CacheInfo:
        """Count the entries in the folder."""
        sizes = []
        for entry in self._entries():
            with suppress(OSError):
                sizes.append(entry.stat().st_size)
        return CacheInfo(self.folder, len(sizes), sum(sizes))

    def clear(self) -> int:
        """Remove all entries, and what an interrupted write left; return how many files that were.

        A file that this package did not write is left alone, wherever it came from.
        """
        removed = 0
        leftovers = (entry for entry in self._files() if _TEMPORARY_NAME.fullmatch(entry.name))
        for entry in [*self._entries(), *leftovers]:
            with suppress(OSError):
                os.unlink(entry.path)
                removed += 1
        return removed

    def _usable(self) -> bool:
        """Tell whether the folder is there and safe to execute text from."""
        try:
            status = os.stat(self.folder)
        except OSError:
            return False
        if not stat.S_ISDIR(status.st_mode):
            return False
        if _is_private(status):
            return True
        if _warned.acquire(blocking=False):
            warnings.warn(
                f"adcompile does not use its cache folder {self.folder}: another user owns it or may "
                "write to it. Derivatives are kept in memory only. Make the folder yours alone (chmod 700), "
                "name another one in ADCOMPILE_CACHE_DIR, or set ADCOMPILE_CACHE=0.",
                RuntimeWarning,
                stacklevel=3,
            )
        return False

    def _files(self) -> list[os.DirEntry[str]]:
        """List the regular files of the folder; none if it cannot be read."""
        try:
            with os.scandir(self.folder) as found:
                return [entry for entry in found if entry.is_file(follow_symlinks=False)]
        except OSError:
            return []

    def _entries(self) -> Iterator[os.DirEntry[str]]:
        """Yield the files that are named and begin as entries do, of any format version."""
        for entry in self._files():
            if not _ENTRY_NAME.fullmatch(entry.name):
                continue
            with suppress(OSError), open(entry.path, "rb") as file:
                if file.read(len(MAGIC)) == MAGIC.encode():
                    yield entry


def default_cache() -> DiskCache | None:
    """Return the user's cache as the environment says now, or None if it is switched off.

    ``ADCOMPILE_CACHE=0`` switches it off. The folder is ``ADCOMPILE_CACHE_DIR``, else ``adcompile`` in
    ``XDG_CACHE_HOME``, else ``~/.cache/adcompile``.
    """
    if os.environ.get("ADCOMPILE_CACHE", "").strip().lower() in ("0", "off", "no", "false"):
        return None
    chosen = os.environ.get("ADCOMPILE_CACHE_DIR")
    if chosen:
        return DiskCache(os.path.expanduser(chosen))
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # the XDG convention: a relative path is invalid and ignored
        base = os.path.join(os.path.expanduser("~"), ".cache")
    if not os.path.isabs(base):  # no home folder is known
        return None
    return DiskCache(os.path.join(base, "adcompile"))


def digest(parts: Iterable[str]) -> str:
    """Return the SHA-256 of a sequence of strings, in hexadecimal.

    Every part is preceded by its length, so no two different sequences are hashed as the same bytes.
    """
    from hashlib import sha256  # loads OpenSSL, about 10 ms: not for those who only import the package

    state = sha256()
    for part in parts:
        data = _encode(part)
        state.update(b"%d:" % len(data))
        state.update(data)
    return state.hexdigest()


def _header(key: str, body: str) -> str:
    """Return the first line of the file that keeps a body under a key."""
    return f"{_HEADER}{digest((_HEADER, key, body))}\n"


def _encode(text: str) -> bytes:
    """Encode any string: a file name in a key may hold lone surrogates (PEP 383)."""
    return text.encode("utf-8", "surrogatepass")


def _is_private(status: os.stat_result) -> bool:
    """Tell whether a file or folder belongs to this user, and nobody else may write to it."""
    if not hasattr(os, "geteuid"):  # Windows: a user's folders are the user's own by inheritance
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & _OTHERS_WRITE


def _read(path: str) -> str:
    """Return the text of a file; raise OSError or UnicodeError if that is not possible or not safe."""
    with open(path, "rb", buffering=0, opener=_open_at_once) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or not _is_private(status):
            raise PermissionError("not a regular file that this user owns and nobody else may write to")
        return file.readall().decode("utf-8", "surrogatepass")


def _open_at_once(path: str, flags: int) -> int:
    """Open a file for reading without waiting: a named pipe in its place would block for ever."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _open_private(path: str, flags: int) -> int:
    """Open a new file that only its owner may read or write."""
    return os.open(path, flags, 0o600)


def _write(folder: str, path: str, text: str) -> None:
    """Let a whole file appear at a path, or raise OSError and leave what was there."""
    # The same folder, because os.replace is atomic only within a file system. This does what mkstemp does
    # without importing tempfile, which takes longer than everything else here.
    temporary = os.path.join(folder, f".adcompile-{os.urandom(8).hex()}.tmp")
    try:
        with open(temporary, "xb", opener=_open_private) as file:
            file.write(_encode(text))
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
