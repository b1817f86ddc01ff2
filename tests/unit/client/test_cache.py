import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from modelkeep.client.cache import Cache, cache_home
from modelkeep.client.config_file import save_setting
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.manifests import FileEntry

DATA = b"weights"
DIGEST = Digest.of(DATA)


def a_cache(root: Path) -> Cache:
    cache = Cache(root / "cache")
    cache.add(DIGEST, DATA)
    return cache


def an_entry(mode: int = 0o644) -> FileEntry:
    return FileEntry("w.bin", len(DATA), DIGEST, "application/octet-stream", mode)


def test_what_was_added_is_found_and_read_only(tmp_path: Path) -> None:
    path = a_cache(tmp_path).find(DIGEST, len(DATA))
    assert path is not None
    assert path.read_bytes() == DATA
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_what_was_never_added_is_not_found(tmp_path: Path) -> None:
    assert Cache(tmp_path).find(DIGEST, len(DATA)) is None


def test_a_cached_file_that_was_written_to_is_thrown_away(tmp_path: Path) -> None:
    cache = a_cache(tmp_path)
    path = cache.path(DIGEST)
    path.chmod(0o644)
    path.write_bytes(b"changed")
    assert cache.find(DIGEST, len(DATA)) is None
    assert not path.exists()


def test_a_cached_file_of_another_size_is_thrown_away_unread(tmp_path: Path) -> None:
    cache = a_cache(tmp_path)
    cache.path(DIGEST).chmod(0o644)
    os.truncate(cache.path(DIGEST), 0)
    assert cache.find(DIGEST, len(DATA)) is None


def test_a_cached_file_that_was_only_touched_is_hashed_and_kept(tmp_path: Path) -> None:
    cache = a_cache(tmp_path)
    os.utime(cache.path(DIGEST), ns=(1, 1))
    assert cache.find(DIGEST, len(DATA)) == cache.path(DIGEST)
    assert cache.path(DIGEST).stat().st_mtime_ns > 1


def test_a_placed_file_shares_the_bytes_of_the_cache_where_the_disk_can(tmp_path: Path) -> None:
    cache = a_cache(tmp_path)
    cache.place(an_entry(), tmp_path / "w.bin")
    assert (tmp_path / "w.bin").read_bytes() == DATA
    assert cache.usage().files == 1


def test_an_executable_file_is_a_copy_with_its_own_mode(tmp_path: Path) -> None:
    cache = a_cache(tmp_path)
    cache.place(an_entry(0o755), tmp_path / "w.bin")
    assert stat.S_IMODE((tmp_path / "w.bin").stat().st_mode) == 0o755
    assert stat.S_IMODE(cache.path(DIGEST).stat().st_mode) == 0o444


def test_a_file_on_another_file_system_is_a_writable_copy(tmp_path: Path) -> None:
    other = Path("/dev/shm")  # noqa: S108 - another file system on Linux
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system")
    target = other / f"modelkeep-test-{os.getpid()}"
    try:
        a_cache(tmp_path).place(an_entry(), target)
        assert target.read_bytes() == DATA
        assert stat.S_IMODE(target.stat().st_mode) == 0o644
    finally:
        target.unlink(missing_ok=True)


def test_pruning_removes_what_has_not_been_used_and_leaves_what_was_pulled(tmp_path: Path) -> None:
    cache = a_cache(tmp_path)
    cache.place(an_entry(), tmp_path / "w.bin")
    assert cache.prune(unused_for=timedelta(days=1)).files == 0
    pruned = cache.prune()
    assert (pruned.files, pruned.size) == (1, len(DATA))
    assert (cache.usage().files, (tmp_path / "w.bin").read_bytes()) == (0, DATA)


def test_the_cache_is_where_the_xdg_specification_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_home() == tmp_path / "modelkeep"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_home() == tmp_path / ".cache" / "modelkeep"


def test_a_folder_that_is_named_goes_before_the_standard_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("MODELKEEP_CACHE_DIR", raising=False)
    save_setting("cache_dir", "/data/cache")
    assert cache_home() == Path("/data/cache")
    monkeypatch.setenv("MODELKEEP_CACHE_DIR", "/scratch/cache")
    assert cache_home() == Path("/scratch/cache")
