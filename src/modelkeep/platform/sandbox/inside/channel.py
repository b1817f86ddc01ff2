"""The one descriptor a guest has: its order comes in by it, bytes it asks for too, and its answer goes out.

A message is 4 bytes of length (big endian) and that many bytes: JSON, but for the bytes of a file.
"""

import errno
import io
import json
import os
import struct
from typing import Final

_LENGTH: Final = struct.Struct(">I")
_CHUNK: Final = 256 * 1024


class Channel:
    """Speaks with the process that started this one."""

    def __init__(self, descriptor: int) -> None:
        """Take over a connected stream socket."""
        self.descriptor = descriptor

    def receive(self) -> bytes:
        """Return the next message."""
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
        return self._exactly(length)

    def send(self, message: object) -> None:
        """Send a value as JSON."""
        self.send_text(json.dumps(message, allow_nan=False))

    def send_text(self, text: str) -> None:
        """Send what is JSON already."""
        body = text.encode()
        rest = memoryview(_LENGTH.pack(len(body)) + body)
        while rest:
            rest = rest[os.write(self.descriptor, rest) :]

    def _exactly(self, length: int) -> bytes:
        parts: list[bytes] = []
        while length:
            part = os.read(self.descriptor, min(length, _CHUNK))
            if not part:
                raise EOFError
            parts.append(part)
            length -= len(part)
        return b"".join(parts)


class RemoteFile(io.RawIOBase):
    """A file whose bytes are asked for, range by range."""

    def __init__(self, channel: Channel, index: int, size: int) -> None:
        """Stand at the start of the order's file of this index."""
        self._channel = channel
        self._index = index
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read in any order."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move; nothing is asked for yet."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError(errno.EINVAL, "before the start of the file")
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def readinto(self, buffer: "io.WriteableBuffer") -> int:  # type: ignore[name-defined] # only typeshed has the name
        """Fill the buffer from where the file stands."""
        view = memoryview(buffer).cast("B")
        length = max(0, min(len(view), self._size - self._position, _CHUNK))
        if length:
            self._channel.send({"read": [self._index, self._position, length]})
            view[:length] = self._channel.receive()
            self._position += length
        return length


def remote_file(channel: Channel, index: int, size: int) -> io.BufferedReader:
    """Return a buffered file of the order."""
    return io.BufferedReader(RemoteFile(channel, index, size), min(_CHUNK, max(size, 1)))
