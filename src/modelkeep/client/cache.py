"""Files that were pulled once, by digest, shared by every reference and every destination.

`$XDG_CACHE_HOME/modelkeep` (by default under `~/.cache`; `MODELKEEP_CACHE_DIR`, or `cache_dir` in the settings file,
names another folder) holds `blobs/sha256/ab/<hex>`, and under `partial/` what is still on its way. A cached file is
read-only, and its time of modification carries a seal: the digits below the second are derived from the digest. Any
write replaces them, so a file with its seal and its size is taken as it is, and one without is hashed again, then
sealed again or thrown away. There is no index that could disagree with the files.

A destination gets its files, by what the file systems can do, as

1. a reflink: a writable file of its own that shares the blocks (Btrfs, XFS);
2. else a hard link to the cached file, hence read-only: a pull of 10 GB costs no second 10 GB and no time. Whoever
   writes to it in spite of its mode (root can) breaks the seal, and the next pull does not use it;
3. else a copy. Executable files are copied, for a link cannot have a mode of its own.
"""

import errno
import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from modelkeep.client.artifacts import digest_of
from modelkeep.client.config_file import check_setting, load_config
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.manifests import FileEntry

CACHE_VARIABLE: Final = "MODELKEEP_CACHE_DIR"

_SECOND: Final = 1_000_000_000
_READ_ONLY: Final = 0o444
_EXECUTABLE: Final = 0o755
_WRITABLE: Final = 0o644
_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_FICLONE: Final = 0x40049409
"""The number of the Linux ioctl that shares a file's blocks with another file (ioctl_ficlone(2))."""
_CANNOT_LINK: Final = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EACCES, errno.ENOSYS})


@dataclass(frozen=True, slots=True)
class CacheUsage:
    """How much is cached; sizes in bytes. Files that a destination is linked to take no room of their own."""

    root: Path
    files: int
    size: int
    partial_files: int
    partial_size: int


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed from the cache; size in bytes."""

    files: int
    size: int


def cache_home() -> Path:
    """Return the folder of the cache: set by name, else by the XDG base directory specification.

    Raises:
        InvalidSettingError: the folder that is set is no absolute path, or the settings file is broken.
    """
    chosen = os.environ.get(CACHE_VARIABLE)
    chosen = check_setting("cache_dir", chosen) if chosen else load_config().get("cache_dir")
    if chosen:
        return Path(chosen)
    named = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(named) if Path(named).is_absolute() else Path.home() / ".cache") / "modelkeep"


class Cache:
    """The cache in one folder. Processes and threads may share it."""

    def __init__(self, root: Path | None = None) -> None:
        """Use the folder `root`, by default `cache_home()`; it is made when something is put there."""
        self.root = root or cache_home()
        self._blob_folder = self.root / "blobs" / "sha256"
        self._can_reflink = hasattr(fcntl, "ioctl")

    def find(self, digest: Digest, size: int) -> Path | None:
        """Return the cached file with this content, verified, or None."""
        path = self.path(digest)
        try:
            status = path.stat()
        except FileNotFoundError:
            return None
        if status.st_size != size:
            path.unlink(missing_ok=True)
            return None
        if status.st_mtime_ns % _SECOND == _seal(digest):
            os.utime(path, ns=(time.time_ns(), status.st_mtime_ns))  # `prune` goes by the time of the last use
            return path
        if digest_of(path) != digest:
            path.unlink(missing_ok=True)
            return None
        _set_seal(path, digest)
        return path

    def add(self, digest: Digest, data: bytes) -> None:
        """Keep a small file; the caller has compared the bytes with the digest."""
        # Ten thousand of these are one pull: no more calls to the system than it takes.
        path = f"{self._blob_folder}/{digest.hex[:2]}/{digest.hex}"
        temporary = f"{path}.{secrets.token_hex(4)}"
        try:
            descriptor = os.open(temporary, _NEW_FILE, _READ_ONLY)
        except FileNotFoundError:
            self.path(digest).parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(temporary, _NEW_FILE, _READ_ONLY)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
            _set_seal(descriptor, digest)
            os.rename(temporary, path)  # noqa: PTH104 - text is faster than a Path
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)

    def adopt(self, whole: Path, digest: Digest) -> None:
        """Take over a file on the cache's own file system; the caller has compared it with the digest."""
        _set_seal(whole, digest)
        path = self.path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        whole.rename(path)

    def place(self, entry: FileEntry, target: Path) -> None:
        """Make `target`, which does not exist, a file of the manifest whose content is cached.

        Raises:
            FileNotFoundError: the content is not, or no longer, cached.
        """
        source = self.path(entry.digest)
        executable = entry.mode == _EXECUTABLE
        if self._can_reflink and self._reflink(source, target, entry.mode):
            return
        if not executable:
            try:
                target.hardlink_to(source)
            except OSError as error:
                if error.errno not in _CANNOT_LINK:
                    raise
            else:
                return
        shutil.copyfile(source, target)
        target.chmod(_EXECUTABLE if executable else _WRITABLE)

    def path(self, digest: Digest) -> Path:
        """Return where a file with this content is, or would be."""
        return Path(self._blob_folder, digest.hex[:2], digest.hex)

    def partial_path(self, digest: Digest) -> Path:
        """Return where a file with this content is collected; the folder is there."""
        folder = self.root / "partial"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{digest.hex}.partial"

    def usage(self) -> CacheUsage:
        """Return how much is cached."""
        whole = [path.stat().st_size for path in self._blobs()]
        partial = [path.stat() for path in self._partials()]
        return CacheUsage(
            self.root, len(whole), sum(whole), len(partial), sum(status.st_blocks * 512 for status in partial)
        )

    def prune(self, *, unused_for: timedelta = timedelta(0)) -> Pruned:
        """Remove what has not been used for so long; by default everything. Pulled files stay as they are."""
        before = time.time() - unused_for.total_seconds()
        files = size = 0
        for path in (*self._blobs(), *self._partials()):
            status = path.stat()
            if max(status.st_atime, status.st_mtime if path.suffix else 0.0) <= before:
                path.unlink(missing_ok=True)
                files, size = files + 1, size + status.st_size
        return Pruned(files, size)

    def _blobs(self) -> Iterator[Path]:
        return self._blob_folder.glob("??/*")

    def _partials(self) -> Iterator[Path]:
        return (self.root / "partial").glob("*")

    def _reflink(self, source: Path, target: Path, mode: int) -> bool:
        """Clone a file; False, and never tried again, where the file system cannot."""
        with source.open("rb") as original:
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            try:
                fcntl.ioctl(descriptor, _FICLONE, original.fileno())
            except OSError:
                self._can_reflink = False
                target.unlink()
                return False
            finally:
                os.close(descriptor)
        target.chmod(mode)
        return True


def _seal(digest: Digest) -> int:
    """Return the nanoseconds that mark a file as having this digest."""
    return int(digest.hex[:12], 16) % _SECOND


def _set_seal(file: Path | int, digest: Digest) -> None:
    """Mark a file, given by its path or its descriptor, as being what the digest says."""
    os.chmod(file, _READ_ONLY)  # noqa: PTH101 - a descriptor as well
    now = time.time_ns()
    os.utime(file, ns=(now, now - now % _SECOND + _seal(digest)))
