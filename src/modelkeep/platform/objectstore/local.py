"""Objects as files below one folder of a POSIX file system."""

import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from modelkeep.platform.objectstore.errors import ObjectNotFoundError
from modelkeep.platform.objectstore.files import (
    NEW,
    SEALED_MODE,
    flush,
    make_folder,
    opened,
    rename,
    translated,
    write_all,
)
from modelkeep.platform.objectstore.keys import STAGING, check_key, check_prefix, check_range, check_staging_id
from modelkeep.platform.objectstore.local_staging import StagingFolder
from modelkeep.platform.objectstore.store import CHUNK_SIZE, Staging, StoredObject

_LEFTOVER_AFTER: Final = timedelta(hours=1)
_ABSENT: Final = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


class LocalObjectStore:
    """Keeps the object `a/b/c` in the file `ROOT/a/b/c`, and unfinished writes below `ROOT/staging`.

    The root is one file system (renames within it must be atomic), of one machine or shared by several if it has
    `flock`. Objects have mode 0440, unfinished files 0640 and folders 0750, whatever the umask: the group may read, so
    that a web server or a backup can. Bytes are flushed to the disk before they are visible, and names before the call
    returns.
    """

    def __init__(self, root: Path) -> None:
        """Make the folder if need be, and sweep what crashed writers left in it over an hour ago.

        Raises:
            ObjectStoreUnavailableError: the folder cannot be made or written.
        """
        self._root = root.absolute()
        self._staging = self._root / STAGING
        self._incoming = self._staging / ".incoming"
        with translated(f"make its folder {self._root}"):
            make_folder(self._incoming)
            self._sweep()

    def __repr__(self) -> str:
        """Name the folder."""
        return f"LocalObjectStore({str(self._root)!r})"

    def put(self, objects: Mapping[str, bytes]) -> None:
        """Write all, flush them, rename all, flush the folders: many objects cost hardly more flushes than one."""
        moves = {self._temporary(): self._file(key) for key in objects}
        with translated("store an object"):
            try:
                for temporary, data in zip(moves, objects.values(), strict=True):
                    with opened(temporary, NEW) as descriptor:
                        write_all(descriptor, data, 0)
                        os.fchmod(descriptor, SEALED_MODE)
                flush(list(moves))
                for temporary, target in moves.items():
                    rename(temporary, target)
                flush(list({target.parent for target in moves.values()}))
            except BaseException:
                for temporary in moves:
                    temporary.unlink(missing_ok=True)
                raise

    def read(
        self, key: str, *, start: int = 0, end: int | None = None, chunk_size: int = CHUNK_SIZE
    ) -> Iterator[bytes]:
        """Read without mapping the file; memory holds one chunk."""
        check_range(start, end)
        chunks = _chunks(self._existing(key), start, end, chunk_size)
        next(chunks)  # opens the file; a generator that has started also closes it when it is dropped
        return chunks

    def find(self, key: str) -> StoredObject | None:
        """Look at the file's size."""
        file = self._file(key)
        with translated("look for an object"):
            try:
                status = file.stat()
            except _ABSENT:
                return None
        return StoredObject(key, status.st_size) if stat.S_ISREG(status.st_mode) else None

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Walk the folders, unsorted; memory does not grow with their number of files."""
        prefix = check_prefix(prefix)
        return self._walk(self._root / prefix, prefix)

    def delete(self, keys: Iterable[str]) -> None:
        """Unlink the files, then flush each folder concerned once; folders stay."""
        folders = set()
        for key in keys:
            file = self._file(key)
            with translated("delete an object"), suppress(*_ABSENT):
                file.unlink()
                folders.add(file.parent)
        with translated("delete an object"):
            flush(list(folders))

    def check(self) -> None:
        """Make and remove a file."""
        file = self._temporary()
        with translated("write to its folder"), opened(file, NEW):
            file.unlink()

    def sign_get(self, key: str, *, expires_in: timedelta) -> None:
        """Return None: nobody but the server can read the folder."""
        del expires_in
        check_key(key)

    def write_part(self, staging: Staging, number: int, data: Iterable[bytes]) -> None:
        """Write at the part's offset of the one sparse file, flush, then note the part as received."""
        StagingFolder(self._staging, staging).write(number, data)

    def sign_part(self, staging: Staging, number: int, *, expires_in: timedelta) -> None:
        """Return None: parts go through the server."""
        del expires_in
        staging.part(number)

    def parts(self, staging: Staging) -> frozenset[int]:
        """Read the notes of received parts."""
        return StagingFolder(self._staging, staging).parts()

    def publish(self, staging: Staging, key: str, observe: Callable[[bytes], None], accept: Callable[[], None]) -> None:
        """Read the sealed file once, flush it, and rename it: no byte is copied."""
        target = self._file(key)
        StagingFolder(self._staging, staging).publish(key, target, observe, accept)

    def discard(self, staging_prefix: str) -> None:
        """Move the folder out of the way at once, then remove it."""
        folder, trash = self._staging / check_staging_id(staging_prefix), self._temporary()
        with translated("discard a staged write"), suppress(FileNotFoundError):
            folder.rename(trash)
            shutil.rmtree(trash, ignore_errors=True)

    def _walk(self, folder: Path, prefix: str) -> Iterator[StoredObject]:
        with translated("list a folder"), suppress(*_ABSENT), os.scandir(folder) as entries:
            for entry in entries:
                key = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    yield from self._walk(folder / entry.name, key + "/") if key != STAGING else ()
                elif (found := self.find(key)) is not None:
                    yield found

    def _existing(self, key: str) -> Path:
        if self.find(key) is None:
            raise ObjectNotFoundError(f"No object is stored under {key!r}.", key=key)
        return self._file(key)

    def _file(self, key: str) -> Path:
        return self._root / check_key(key)

    def _temporary(self) -> Path:
        return self._incoming / secrets.token_hex(16)

    def _sweep(self) -> None:
        oldest = time.time() - _LEFTOVER_AFTER.total_seconds()
        for leftover in self._incoming.iterdir():
            with suppress(FileNotFoundError):
                if leftover.stat().st_mtime < oldest:
                    shutil.rmtree(leftover, ignore_errors=True) if leftover.is_dir() else leftover.unlink()


def _chunks(file: Path, start: int, end: int | None, chunk_size: int) -> Iterator[bytes]:
    with translated("read an object"), opened(file, os.O_RDONLY) as descriptor:
        size = os.fstat(descriptor).st_size
        stop = size if end is None else min(end, size)
        yield b""
        while start < stop and (chunk := os.pread(descriptor, min(chunk_size, stop - start), start)):
            start += len(chunk)
            yield chunk
