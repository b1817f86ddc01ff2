"""Durable steps on a POSIX file system, their failures told as errors of the store."""

import ctypes
import errno
import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from modelkeep.platform.objectstore.errors import InvalidKeyError, ObjectStoreUnavailableError, StoreFullError

FOLDER_MODE: Final = 0o750
WRITABLE_MODE: Final = 0o640
SEALED_MODE: Final = 0o440
NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_FEW: Final = 8
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_CLASH: Final = frozenset({errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY, errno.EEXIST})


@contextmanager
def translated(operation: str) -> Iterator[None]:
    """Turn an `OSError` of the block, which must run nobody else's code, into an error of the store.

    Raises:
        StoreFullError: no space or quota is left.
        InvalidKeyError: the path runs through a file, or names a folder.
        ObjectStoreUnavailableError: anything else.
    """
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        if error.errno in _FULL:
            raise StoreFullError(
                f"The object store could not {operation}: {reason}. Free some space or raise the quota, then try again."
            ) from error
        if error.errno in _CLASH:
            raise InvalidKeyError(
                f"The object store could not {operation}: another object lies above or below this key."
            ) from error
        raise ObjectStoreUnavailableError(
            f"The object store could not {operation}: {reason}. Check the folder and its file system, then try again."
        ) from error


@contextmanager
def opened(file: Path, flags: int) -> Iterator[int]:
    """Open a file that never passes to a child process, made with mode 0640 whatever the umask, and close it after."""
    descriptor = os.open(file, flags | os.O_CLOEXEC, WRITABLE_MODE)
    try:
        if flags & os.O_CREAT:
            with suppress(PermissionError):  # not ours, so neither is its mode
                os.fchmod(descriptor, WRITABLE_MODE)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def locked(descriptor: int, kind: int) -> Iterator[None]:
    """Hold the advisory lock of the open file, waiting for it: `fcntl.LOCK_SH` or `fcntl.LOCK_EX`."""
    fcntl.flock(descriptor, kind)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def write_all(descriptor: int, data: bytes, offset: int) -> None:
    """Write the whole of `data` at `offset` of the open file."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def move(source: Path, target: Path) -> None:
    """Give a file, whose bytes are on disk, its final name at once and durably, in place of any earlier file there."""
    rename(source, target)
    flush([target.parent])


def rename(source: Path, target: Path) -> None:
    """Give a file its final name, in a folder that is made if need be; the name is not on disk yet."""
    try:
        source.replace(target)
    except FileNotFoundError:
        make_folder(target.parent)
        source.replace(target)


def flush(paths: Sequence[Path]) -> None:
    """Make files or folders of one file system survive a loss of power.

    Many at once cost one flush of the whole file system (`syncfs`, Linux), which waits once for the disk instead of
    once for each.
    """
    flush_all = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if flush_all is not None and len(paths) > _FEW:
        with _held(paths[0]) as descriptor:
            if flush_all(descriptor) != 0:
                raise OSError(ctypes.get_errno(), "syncfs")
        return
    for path in paths:
        with _held(path) as descriptor:
            os.fsync(descriptor)


def make_folder(folder: Path) -> None:
    """Make the folder and those above it, each of them durable before this returns."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        folder.mkdir(FOLDER_MODE)
    except FileExistsError:
        return
    folder.chmod(FOLDER_MODE)
    flush([folder.parent])


@contextmanager
def _held(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
