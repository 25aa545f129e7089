"""The disk cache: what is put comes back, and nothing else ever does."""

from __future__ import annotations

import importlib.util
import os
import py_compile
import random
import stat
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest

from adcompile.backend import cache as cache_module
from adcompile.backend.cache import MAGIC, CacheInfo, DiskCache, default_cache, digest
from adcompile.backend.load import load

ROOT = Path(cache_module.__file__).parents[2]
KEY = digest(["key"])
BODY = 'def f_grad(x):\n    """Gradient of f."""\n    return 2.0 * x\n'


@pytest.fixture
def cache(tmp_path: Path) -> DiskCache:
    return DiskCache(str(tmp_path / "cache"))


@pytest.fixture
def fresh_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_warned", threading.Lock())


def test_what_is_put_comes_back(cache: DiskCache) -> None:
    assert cache.get(KEY, "f_grad") is None
    assert not os.path.exists(cache.folder)  # reading creates nothing
    entry = cache.put(KEY, "f_grad", BODY)
    assert cache.get(KEY, "f_grad") == entry
    assert entry.body == BODY
    assert entry.path is not None
    assert Path(entry.path).read_text("utf-8") == entry.text
    assert os.path.basename(entry.path) == f"f_grad-{KEY[:16]}.py"
    assert entry.text.startswith(MAGIC)
    assert entry.text.partition("\n")[2] == BODY
    assert load(entry.text, "f_grad", path=entry.path)(3.0) == 6.0


BODIES = ["", "\n", "no newline", "a\r\nb\rc\n", "θ = 1\n", "\ufeffx", "'\udcff'\n", "\x0c\x00"]


@pytest.mark.parametrize("body", BODIES)
def test_a_body_comes_back_to_the_last_character(cache: DiskCache, body: str) -> None:
    assert cache.put(KEY, "f", body).body == body
    entry = cache.get(KEY, "f")
    assert entry is not None
    assert entry.body == body


def test_keys_and_stems_do_not_meet(cache: DiskCache) -> None:
    other = digest(["other"])
    cache.put(KEY, "f", "1")
    cache.put(KEY, "g", "2")
    cache.put(other, "f", "3")
    found = cache.get(KEY, "f"), cache.get(KEY, "g"), cache.get(other, "f")
    assert [entry.body for entry in found if entry] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("stem", "shown"),
    [
        ("loss_grad", "loss_grad"),
        ("<lambda>", "lambda"),
        ("../../etc/x", "etc_x"),
        ("θ", "derivative"),
        ("", "derivative"),
        ("a" * 300, "a" * 60),
    ],
)
def test_a_stem_becomes_a_safe_file_name(cache: DiskCache, stem: str, shown: str) -> None:
    path = cache.put(KEY, stem, BODY).path
    assert path == os.path.join(cache.folder, f"{shown}-{KEY[:16]}.py")
    assert cache.get(KEY, stem) is not None


@pytest.mark.parametrize("key", ["", "abc", "../" + KEY[3:], KEY.upper(), KEY + "\n"])
def test_a_key_is_a_digest(cache: DiskCache, key: str) -> None:
    with pytest.raises(ValueError, match="made by digest"):
        cache.get(key, "f")


def test_digest_frames_its_parts() -> None:
    sequences = [(), ("",), ("", ""), ("ab",), ("a", "b"), ("", "ab"), ("ab", ""), ("1:a",), ("1", ":a")]
    digests = {digest(parts) for parts in sequences}
    assert len(digests) == len(sequences)
    assert digest(iter(["a", "b"])) == digest(["a", "b"])
    assert digest(["\udcff"]) != digest(["ÿ"])  # a file name that is not UTF-8 may be part of a key


def test_folder_and_files_are_private(cache: DiskCache) -> None:
    old = os.umask(0)
    try:
        path = cache.put(KEY, "f", BODY).path
    finally:
        os.umask(old)
    assert path is not None
    assert stat.S_IMODE(os.stat(cache.folder).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert os.listdir(cache.folder) == [os.path.basename(path)]


def corrupt(data: bytes, draw: random.Random) -> bytes:
    """Damage a file in one of the ways that disks and people do."""
    spot = draw.randrange(len(data))
    way = draw.randrange(6)
    if way == 0:
        return data[:spot] + bytes([data[spot] ^ 1 << draw.randrange(8)]) + data[spot + 1 :]
    if way == 1:
        return data[:spot]
    if way == 2:
        return data + draw.randbytes(draw.randrange(1, 9))
    if way == 3:
        return data[:spot] + data[spot + 1 :]
    if way == 4:
        return data[:spot] + bytes(len(data) - spot)
    return data[:spot] + b"import os\n" + data[spot:]


def test_every_corruption_is_detected_and_repaired(cache: DiskCache) -> None:
    draw = random.Random(5)
    tried = 0
    while tried < 600:
        key, body = digest([str(tried)]), BODY * draw.randrange(1, 4)
        entry = cache.put(key, "f", body)
        assert entry.path is not None
        sound = Path(entry.path).read_bytes()
        damaged = corrupt(sound, draw)
        if damaged == sound:
            continue
        Path(entry.path).write_bytes(damaged)
        assert cache.get(key, "f") is None
        assert cache.put(key, "f", body) == entry
        assert cache.get(key, "f") == entry
        tried += 1


def test_files_swapped_between_keys_are_refused(cache: DiskCache) -> None:
    keys = [digest([str(i)]) for i in range(100)]
    for key in keys:
        cache.put(key, "f", f"# {key}\n")
    for a, b in zip(keys[::2], keys[1::2], strict=True):
        spare = os.path.join(cache.folder, "spare")
        os.rename(cache.path(a, "f"), spare)
        os.rename(cache.path(b, "f"), cache.path(a, "f"))
        os.rename(spare, cache.path(b, "f"))
    assert all(cache.get(key, "f") is None for key in keys)


def test_two_keys_that_share_a_file_name_are_told_apart(cache: DiskCache) -> None:
    other = KEY[:16] + "0" * 48
    cache.put(other, "f", "other")
    assert cache.get(KEY, "f") is None


def test_an_entry_of_another_format_version_is_stale(cache: DiskCache) -> None:
    entry = cache.put(KEY, "f", BODY)
    assert entry.path is not None
    Path(entry.path).write_text(entry.text.replace(f"{MAGIC}1", f"{MAGIC}0"), "utf-8")
    assert cache.get(KEY, "f") is None


def test_a_planted_bytecode_file_is_never_run(cache: DiskCache, tmp_path: Path) -> None:
    entry = cache.put(KEY, "f_grad", BODY)
    assert entry.path is not None
    evil = tmp_path / "evil.py"
    evil.write_text("def f_grad(x):\n    return 'planted'\n")
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    for target in (importlib.util.cache_from_source(entry.path), entry.path + "c"):
        py_compile.compile(str(evil), cfile=target, invalidation_mode=mode)
    found = cache.get(KEY, "f_grad")
    assert found is not None
    assert load(found.text, "f_grad", path=found.path)(3.0) == 6.0


HAMMER = """
import random, sys, threading, time
from adcompile.backend.cache import DiskCache, digest

cache = DiskCache(sys.argv[1])
keys = [digest([str(i)]) for i in range(3)]
bodies = {key: f"# {key}\\n" * (500 + 300 * i) for i, key in enumerate(keys)}
counts = []

def work(draw):
    reads = torn = failed = 0
    end = time.monotonic() + 2.0
    while time.monotonic() < end:
        key = draw.choice(keys)
        if draw.random() < 0.5:
            failed += cache.put(key, "f", bodies[key]).path is None
            continue
        entry = cache.get(key, "f")
        reads += 1
        torn += entry is None or entry.body != bodies[key]
    counts.append((reads, torn, failed))

threads = [threading.Thread(target=work, args=(random.Random(f"{sys.argv[2]} {i}"),)) for i in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(*map(sum, zip(*counts)))
"""


def test_processes_and_threads_never_see_a_torn_file(cache: DiskCache) -> None:
    for i in range(3):
        key = digest([str(i)])
        cache.put(key, "f", f"# {key}\n" * (500 + 300 * i))
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", HAMMER, cache.folder, str(i)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        for i in range(4)
    ]
    counts = [[int(word) for word in worker.communicate()[0].split()] for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 4
    reads, torn, failed = (sum(column) for column in zip(*counts, strict=True))
    assert reads > 100
    assert (torn, failed) == (0, 0)
    assert len(os.listdir(cache.folder)) == 3


def status(*, mode: int = stat.S_IFDIR | 0o700, uid: int | None = None) -> os.stat_result:
    """A stat result with a mode and an owner."""
    return os.stat_result((mode, 1, 1, 2, os.geteuid() if uid is None else uid, 0, 0, 0, 0, 0))


needs_users = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no such owners and modes")


@needs_users
@pytest.mark.usefixtures("fresh_warning")
@pytest.mark.parametrize(
    ("mode", "stranger"), [(0o700, True), (0o755, True), (0o720, False), (0o702, False), (0o777, False)]
)
def test_an_unsafe_folder_is_not_used_and_warned_of_once(
    cache: DiskCache, monkeypatch: pytest.MonkeyPatch, mode: int, stranger: bool
) -> None:
    cache.put(KEY, "f", BODY)
    fake = status(mode=stat.S_IFDIR | mode, uid=os.geteuid() + stranger)
    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", lambda *args, **kwargs: fake)
        with pytest.warns(RuntimeWarning, match="does not use its cache folder") as caught:
            assert cache.get(KEY, "f") is None
            assert cache.put(KEY, "f", "other").path is None
            assert cache.get(KEY, "f") is None
    assert len(caught) == 1
    assert caught[0].filename == __file__
    entry = cache.get(KEY, "f")
    assert entry is not None
    assert entry.body == BODY


@needs_users
@pytest.mark.usefixtures("fresh_warning")
def test_a_real_folder_that_others_may_write_to_is_not_used(cache: DiskCache) -> None:
    cache.put(KEY, "f", BODY)
    os.chmod(cache.folder, 0o777)
    with pytest.warns(RuntimeWarning, match="chmod 700"):
        assert cache.get(KEY, "f") is None
    os.chmod(cache.folder, 0o755)
    assert cache.get(KEY, "f") is not None


@needs_users
@pytest.mark.parametrize(("mode", "stranger"), [(0o600, True), (0o620, False), (0o602, False)])
def test_an_unsafe_file_is_not_used(
    cache: DiskCache, monkeypatch: pytest.MonkeyPatch, mode: int, stranger: bool
) -> None:
    cache.put(KEY, "f", BODY)
    fake = status(mode=stat.S_IFREG | mode, uid=os.geteuid() + stranger)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", lambda handle: fake)
        assert cache.get(KEY, "f") is None
    assert cache.get(KEY, "f") is not None


def test_where_there_are_no_owners_a_folder_is_the_users_own(
    cache: DiskCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "geteuid", raising=False)
    cache.put(KEY, "f", BODY)
    assert cache.get(KEY, "f") is not None


def test_a_full_disk_leaves_the_old_entry_and_no_litter(
    cache: DiskCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.put(KEY, "f", BODY)

    def no_space(*args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", no_space)
        entry = cache.put(KEY, "f", "new")
    assert (entry.body, entry.path) == ("new", None)
    found = cache.get(KEY, "f")
    assert found is not None
    assert found.body == BODY
    assert len(os.listdir(cache.folder)) == 1


def test_an_interrupted_write_leaves_no_litter(cache: DiskCache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.put(KEY, "f", BODY)

    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            cache.put(KEY, "f", "new")
    assert len(os.listdir(cache.folder)) == 1


def test_a_folder_that_vanishes_is_made_again(cache: DiskCache) -> None:
    path = cache.put(KEY, "f", BODY).path
    assert path is not None
    os.unlink(path)
    os.rmdir(cache.folder)
    assert cache.get(KEY, "f") is None
    assert cache.info() == CacheInfo(cache.folder, 0, 0)
    assert cache.clear() == 0
    assert cache.put(KEY, "f", BODY).path == path


def test_a_folder_that_vanishes_during_the_write_is_no_error(
    cache: DiskCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vanish(cache: DiskCache) -> bool:
        os.rmdir(cache.folder)
        return True

    monkeypatch.setattr(DiskCache, "_usable", vanish)
    assert cache.put(KEY, "f", BODY).path is None


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_file_in_place_of_the_folder_is_no_error(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("mine")
    cache = DiskCache(str(tmp_path / "file" / below))
    assert cache.put(KEY, "f", BODY).path is None
    assert cache.get(KEY, "f") is None
    assert cache.info().entries == cache.clear() == 0
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_in_place_of_an_entry_is_no_error(cache: DiskCache) -> None:
    path = cache.path(KEY, "f")
    os.makedirs(path, mode=0o700)
    os.chmod(cache.folder, 0o700)
    assert cache.get(KEY, "f") is None
    assert cache.put(KEY, "f", BODY).path is None
    assert os.listdir(cache.folder) == [os.path.basename(path)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_in_place_of_an_entry_does_not_block(cache: DiskCache) -> None:
    os.makedirs(cache.folder, mode=0o700)
    os.mkfifo(cache.path(KEY, "f"))
    assert cache.get(KEY, "f") is None
    assert cache.put(KEY, "f", BODY).path is not None
    assert cache.get(KEY, "f") is not None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_read(cache: DiskCache) -> None:
    cache.put(KEY, "f", BODY)
    os.chmod(cache.folder, 0o500)
    try:
        assert cache.get(KEY, "f") is not None
        assert cache.put(KEY, "g", BODY).path is None
    finally:
        os.chmod(cache.folder, 0o700)


def test_info_counts_and_clear_removes_only_our_files(cache: DiskCache) -> None:
    sizes = [len(cache.put(digest([str(i)]), "f", BODY * i).text) for i in range(3)]
    folder = Path(cache.folder)
    old = folder / f"old-{KEY[:16]}.py"
    old.write_text(f"{MAGIC}0 as an earlier version wrote it\n")
    leftover = folder / f".adcompile-{KEY[:16]}.tmp"
    leftover.write_text("half of a")
    strangers = {
        f"mine-{KEY[:16]}.py": "print('named like an entry')\n",
        "notes.py": f"{MAGIC}1 copied here by the user\n",
        ".adcompile-x.tmp": "",
    }
    for name, text in strangers.items():
        (folder / name).write_text(text)
    (folder / f"folder-{KEY[:16]}.py").mkdir()
    assert cache.info() == CacheInfo(cache.folder, 4, sum(sizes) + old.stat().st_size)
    assert cache.clear() == 5
    assert {path.name for path in folder.iterdir()} == {*strangers, f"folder-{KEY[:16]}.py"}
    assert cache.info() == CacheInfo(cache.folder, 0, 0)


def test_the_log_says_why_an_entry_does_not_serve(cache: DiskCache, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "adcompile")
    cache.put(KEY, "f", BODY)
    cache.get(digest(["none"]), "f")
    path = Path(cache.path(KEY, "f"))
    path.write_text("altered")
    cache.get(KEY, "f")
    path.write_bytes(b"\xff")
    cache.get(KEY, "f")
    path.unlink()
    path.mkdir()
    cache.put(KEY, "f", BODY)
    messages = [record.getMessage().partition(":")[0] for record in caplog.records]
    assert messages == [
        "not cached",
        "cached source not used, it was altered or made for another key",
        "cached source not used, it cannot be read",
        "source not cached",
    ]


@pytest.mark.parametrize("word", ["0", "off", "No", " false "])
def test_the_cache_can_be_switched_off(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("ADCOMPILE_CACHE", word)
    assert default_cache() is None


def test_the_folder_follows_the_environment_at_each_call(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def folder() -> str:
        chosen = default_cache()
        assert chosen is not None
        return chosen.folder

    monkeypatch.delenv("ADCOMPILE_CACHE", raising=False)
    monkeypatch.delenv("ADCOMPILE_CACHE_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert folder() == str(tmp_path / ".cache" / "adcompile")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/invalid")
    assert folder() == str(tmp_path / ".cache" / "adcompile")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert folder() == str(tmp_path / "xdg" / "adcompile")
    monkeypatch.setenv("ADCOMPILE_CACHE_DIR", "~/here")
    monkeypatch.setenv("ADCOMPILE_CACHE", "1")
    assert folder() == str(tmp_path / "here")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ADCOMPILE_CACHE_DIR", "near")
    assert folder() == str(tmp_path / "near")


def test_without_a_home_there_is_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ADCOMPILE_CACHE", "ADCOMPILE_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert default_cache() is None


def test_importing_is_cheap() -> None:
    # beside NumPy, which brings in some of them itself
    script = (
        "import sys, numpy; before = set(sys.modules); import adcompile; print(*(set(sys.modules) - before))"
    )
    environment = {**os.environ, "ADCOMPILE_LOG": ""}
    out = subprocess.run(
        [sys.executable, "-c", script], env=environment, check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout
    assert not {"tempfile", "hashlib", "shutil", "pickle", "pathlib", "astor", "json"} & set(out.split())
    assert not {"adcompile.pipeline", "adcompile.frontend", "adcompile.rules", "adcompile.store"} & set(
        out.split()
    )


def test_nothing_warns_in_an_ordinary_folder(cache: DiskCache) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache.put(KEY, "f", BODY)
        cache.get(KEY, "f")
