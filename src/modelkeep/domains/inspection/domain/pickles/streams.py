"""Bytes one after the other, from a file or from what unpacks one: bounded, with a look ahead."""

from os import SEEK_CUR
from typing import BinaryIO, Final

_CHUNK: Final = 256 * 1024
LOOK_AHEAD: Final = 1024 * 1024
_MOST_BYTES: Final = 16 * 2**30


class EndOfBytesError(Exception):
    """The bytes end within what was being read."""


class TooManyBytesError(Exception):
    """There are more bytes than are read of one file."""


class ByteStream:
    """A file from where it stands to its end; at most 16 GiB of it."""

    def __init__(self, file: BinaryIO, *, is_seekable: bool = False) -> None:
        """Read nothing yet. In a seekable file what is skipped is not read."""
        self._is_seekable = is_seekable
        self._file = file
        self._left = _MOST_BYTES
        self._buffer = b""
        self._place = 0

    def take(self, length: int) -> bytes:
        """Return exactly so many bytes; ask for few.

        Raises:
            EndOfBytesError: there are not so many.
        """
        end = self._place + length
        if end > len(self._buffer):
            self._fill(length)
            end = self._place + length
            if end > len(self._buffer):
                raise EndOfBytesError
        data = self._buffer[self._place : end]
        self._place = end
        return data

    def byte(self) -> int:
        """Return the next byte."""
        if self._place == len(self._buffer):
            self._fill(1)
            if self._place == len(self._buffer):
                raise EndOfBytesError
        value = self._buffer[self._place]
        self._place += 1
        return value

    def line(self, most: int) -> bytes:
        """Return the bytes before the next line feed, and go behind it.

        Raises:
            EndOfBytesError: there is none within `most` bytes.
        """
        self._fill(most + 1)
        end = self._buffer.find(b"\n", self._place, self._place + most + 1)
        if end < 0:
            raise EndOfBytesError
        line = self._buffer[self._place : end]
        self._place = end + 1
        return line

    def peek(self, length: int) -> bytes:
        """Return the next bytes and stay; fewer at the end. At most 1 MiB."""
        self._fill(length)
        return self._buffer[self._place : self._place + length]

    def skip(self, length: int) -> None:
        """Go on by so many bytes.

        Raises:
            EndOfBytesError: there are not so many.
        """
        ahead = length - (len(self._buffer) - self._place)
        if self._is_seekable and ahead > _CHUNK:
            self._file.seek(ahead - 1, SEEK_CUR)
            self._buffer, self._place, length = b"", 0, 1
        while length > 0:
            if self._place == len(self._buffer):
                self._fill(1)
                if self._place == len(self._buffer):
                    raise EndOfBytesError
            step = min(length, len(self._buffer) - self._place)
            self._place += step
            length -= step

    def ended(self) -> bool:
        """Say whether nothing is left."""
        return not self.peek(1)

    def _fill(self, wanted: int) -> None:
        missing = self._place + wanted - len(self._buffer)
        if missing <= 0:
            return
        parts = [self._buffer[self._place :]]
        while missing > 0:
            part = self._file.read(max(missing, _CHUNK))
            if not part:
                break
            self._left -= len(part)
            if self._left < 0:
                raise TooManyBytesError
            parts.append(part)
            missing -= len(part)
        self._buffer = b"".join(parts)
        self._place = 0
