"""A staged write on a local disk: one sparse file, a note for every received part, and a seal."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from modelkeep.kernel.errors import RegistryError
from modelkeep.platform.objectstore.errors import StagingSealedError, incomplete, wrong_length
from modelkeep.platform.objectstore.files import (
    SEALED_MODE,
    WRITABLE_MODE,
    flush,
    locked,
    make_folder,
    move,
    opened,
    translated,
    write_all,
)
from modelkeep.platform.objectstore.keys import MAX_KEY_BYTES
from modelkeep.platform.objectstore.store import CHUNK_SIZE, Staging

_KEEP: Final = os.O_RDWR | os.O_CREAT


class StagingFolder:
    """The files of one staging: `.data`, `.parts/OFFSET-LENGTH`, `.seal`, `.turn`.

    A request that goes on writing while the bytes are verified, or later through the file that it had opened before the
    rename, would change what was verified. So every chunk is written under a shared lock of `.seal`, whose content (the
    key being published) refuses further chunks; the content counts, as an open file outlives its name. `.turn` lets one
    publisher at a time work.
    """

    def __init__(self, root: Path, staging: Staging) -> None:
        """Touch nothing yet."""
        self._staging = staging
        self._folder = root / staging.id
        self._data = self._folder / ".data"
        self._notes = self._folder / ".parts"

    def write(self, number: int, data: Iterable[bytes]) -> None:
        """Receive one part, as the port says."""
        offset, length = self._staging.part(number)
        note = self._notes / f"{offset}-{length}"
        with ExitStack() as stack:
            descriptor, seal = self._open(stack)
            with _unsealed(seal):
                note.unlink(missing_ok=True)
            written = 0
            for chunk in data:
                if written + len(chunk) > length:
                    raise wrong_length(number, length)
                with _unsealed(seal):
                    write_all(descriptor, chunk, offset + written)
                written += len(chunk)
            if written < length:
                raise wrong_length(number, length)
            with translated("flush a part"):
                os.fdatasync(descriptor)
            self._receive(seal, note)

    def parts(self) -> frozenset[int]:
        """Return the numbers of the parts noted for this plan."""
        with translated("list received parts"):
            try:
                noted = {note.name for note in self._notes.iterdir()}
            except FileNotFoundError:
                return frozenset()
        plan = {number: self._staging.part(number) for number in range(1, self._staging.part_count + 1)}
        return frozenset(number for number, (offset, length) in plan.items() if f"{offset}-{length}" in noted)

    def publish(self, key: str, target: Path, observe: Callable[[bytes], None], accept: Callable[[], None]) -> None:
        """Seal, read, accept, flush and rename, as the port says."""
        with ExitStack() as stack:
            seal = self._take_turn(stack)
            if self._is_published(seal, key, target):
                return
            missing = sorted(set(range(1, self._staging.part_count + 1)) - self.parts())
            if missing:
                raise incomplete(f"parts are missing ({len(missing)} of {self._staging.part_count})", missing)
            with translated("open a staged write"):
                descriptor = stack.enter_context(opened(self._data, os.O_RDONLY))
            _mark(seal, key)
            try:
                for chunk in self._chunks(descriptor):
                    observe(chunk)
                accept()
                self._rename(descriptor, target)
            except BaseException:
                self._unmark(seal, descriptor)
                raise
        shutil.rmtree(self._notes, ignore_errors=True)

    def _open(self, stack: ExitStack) -> tuple[int, int]:
        with translated("open a staged write"):
            make_folder(self._notes)
            seal = stack.enter_context(opened(self._folder / ".seal", _KEEP))
            with _unsealed(seal):
                descriptor = stack.enter_context(opened(self._data, _KEEP))
                if os.fstat(descriptor).st_size != self._staging.size:
                    os.ftruncate(descriptor, self._staging.size)
            return descriptor, seal

    def _receive(self, seal: int, note: Path) -> None:
        with _unsealed(seal):
            try:
                note.touch(WRITABLE_MODE)
            except FileNotFoundError:
                raise incomplete("it was discarded meanwhile") from None

    def _take_turn(self, stack: ExitStack) -> int:
        with translated("open a staged write"):
            try:
                turn = stack.enter_context(opened(self._folder / ".turn", _KEEP))
            except FileNotFoundError:
                raise incomplete("no part has arrived") from None
            stack.enter_context(locked(turn, fcntl.LOCK_EX))
            return stack.enter_context(opened(self._folder / ".seal", _KEEP))

    def _is_published(self, seal: int, key: str, target: Path) -> bool:
        with translated("look at a staged write"):
            if self._data.exists():
                return False
            if os.pread(seal, MAX_KEY_BYTES, 0) == key.encode() and target.is_file():
                flush([target.parent])
                return True
        raise incomplete("no part has arrived, or it was published under another key")

    def _chunks(self, descriptor: int) -> Iterator[bytes]:
        with translated("read a staged write"):
            if os.fstat(descriptor).st_size != self._staging.size:
                raise incomplete("its file has another size than planned")
            done = 0
            while chunk := os.pread(descriptor, min(CHUNK_SIZE, self._staging.size - done), done):
                done += len(chunk)
                yield chunk

    def _rename(self, descriptor: int, target: Path) -> None:
        with translated("publish a staged write"):
            os.fchmod(descriptor, SEALED_MODE)
            os.fsync(descriptor)
            if not self._data.exists() or not os.path.samestat(self._data.stat(), os.fstat(descriptor)):
                raise incomplete("it was discarded meanwhile")
            move(self._data, target)

    def _unmark(self, seal: int, descriptor: int) -> None:
        with suppress(RegistryError), translated("reopen a staged write"), locked(seal, fcntl.LOCK_EX):
            if self._data.exists():  # else it was renamed, and stays sealed
                os.fchmod(descriptor, WRITABLE_MODE)
                os.ftruncate(seal, 0)


@contextmanager
def _unsealed(seal: int) -> Iterator[None]:
    with translated("write a part"), locked(seal, fcntl.LOCK_SH):
        if os.pread(seal, 1, 0):
            raise StagingSealedError("The staged write is being published, or was: send no more parts.")
        yield


def _mark(seal: int, key: str) -> None:
    with translated("seal a staged write"), locked(seal, fcntl.LOCK_EX):
        os.ftruncate(seal, 0)
        write_all(seal, key.encode(), 0)
        os.fsync(seal)
