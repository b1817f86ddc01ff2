"""A large file on its way into the cache: its bytes so far, and which ranges of them are whole.

Beside `<hex>.partial`, a sparse file of the final size, `<hex>.ranges` has a line `<start> <end>` for each range that
was written to its end. A killed process leaves both behind, and the next pull fetches the rest. What a power failure
may have taken of the bytes, the digest brings to light.
"""

import fcntl
import hashlib
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from modelkeep.kernel.digests import Digest

_READ_BYTES: Final = 4 * 1024 * 1024
_RANGE: Final = re.compile(r"^([0-9]+) ([0-9]+)\n", re.MULTILINE)


@dataclass
class Segment:
    """A half-open range of a file, and how many of its bytes have been written, from the front."""

    start: int
    end: int
    written: int = 0

    @property
    def position(self) -> int:
        """Where the next byte goes."""
        return self.start + self.written

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return self.position == self.end


@dataclass
class PartialFile:
    """An open, locked partial file, cut into segments; several threads may write different segments."""

    path: Path
    size: int
    segments: tuple[Segment, ...]
    descriptor: int = field(repr=False)
    _moved: threading.Condition = field(default_factory=threading.Condition, repr=False)
    _closed: bool = False

    @property
    def resumed(self) -> int:
        """How many bytes are there."""
        return sum(segment.written for segment in self.segments)

    def write(self, segment: Segment, data: bytes) -> None:
        """Write the next bytes of a segment."""
        view = memoryview(data)
        while view:
            count = os.pwrite(self.descriptor, view, segment.position)
            view = view[count:]
            with self._moved:
                segment.written += count
                self._moved.notify_all()

    def finish(self, segment: Segment) -> None:
        """Remember that a segment is whole."""
        with _ranges_path(self.path).open("a", encoding="ascii") as file:
            file.write(f"{segment.start} {segment.end}\n")

    def discard(self) -> None:
        """Throw all bytes away; the next one to open the file starts anew."""
        self.path.unlink(missing_ok=True)
        self.forget_ranges()

    def forget_ranges(self) -> None:
        """Remove the list of ranges, as when the file itself has moved into the cache."""
        _ranges_path(self.path).unlink(missing_ok=True)

    def stop_following(self) -> None:
        """Make `follow` return, for the file will not be finished."""
        with self._moved:
            self._closed = True
            self._moved.notify_all()

    def follow(self) -> Digest | None:
        """Hash the file from its start to its end, waiting for bytes that are not there; None when it was stopped.

        Runs in a thread of its own while others write, so that the digest is known soon after the last byte.
        """
        state, position = hashlib.sha256(), 0
        while position < self.size:
            limit = self._wait_beyond(position)
            if limit is None:
                return None
            data = os.pread(self.descriptor, min(_READ_BYTES, limit - position), position)
            state.update(data)
            position += len(data)
        return Digest(state.hexdigest())

    def _wait_beyond(self, position: int) -> int | None:
        """Wait until a good piece of bytes follows `position` without a gap; return where they end."""
        while True:
            with self._moved:
                end = self._front()
                if self._closed:
                    return None
                if end - position >= _READ_BYTES or end == self.size:
                    return end
                self._moved.wait()

    def _front(self) -> int:
        """Return how far the file is whole from its start."""
        for segment in self.segments:
            if not segment.is_whole:
                return segment.position
        return self.size


@contextmanager
def open_partial(path: Path, size: int, *, segment_size: int) -> Iterator[PartialFile]:
    """Open a partial file for this process and thread alone; wait while another one has it.

    The segments are of `segment_size` bytes, those of an earlier process that it has finished count as written.
    """
    descriptor = _open_locked(path)
    try:
        if os.fstat(descriptor).st_size != size:
            _ranges_path(path).unlink(missing_ok=True)
            os.ftruncate(descriptor, size)
        finished = _finished(path)
        segments = tuple(
            Segment(start, end, end - start if (start, end) in finished else 0)
            for start in range(0, size, segment_size)
            for end in (min(size, start + segment_size),)
        )
        yield PartialFile(path, size, segments, descriptor)
    finally:
        os.close(descriptor)


def _open_locked(path: Path) -> int:
    """Return a descriptor that holds the lock of the file which is at `path` now."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # whoever had it has moved it into the cache, or thrown it away


def _finished(path: Path) -> frozenset[tuple[int, int]]:
    """Read the ranges that are whole; a last line that was cut short counts for nothing."""
    try:
        text = _ranges_path(path).read_text(encoding="ascii")
    except FileNotFoundError:
        return frozenset()
    whole, _, _ = text.rpartition("\n")
    return frozenset((int(start), int(end)) for start, end in _RANGE.findall(whole + "\n"))


def _ranges_path(path: Path) -> Path:
    return path.with_suffix(".ranges")
