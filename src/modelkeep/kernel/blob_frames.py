"""Many small blobs in one body: `application/vnd.modelkeep.blobs`.

For each blob one ASCII line `<digest> <size>` and a line feed, then exactly `size` bytes. There is no trailer: the body
ends after a blob. Ten thousand files of 10 KB travel in some dozens of requests instead of ten thousand.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import InvalidValueError

MEDIA_TYPE: Final = "application/vnd.modelkeep.blobs"
_MAX_HEADER: Final = 128
_HEADER: Final = re.compile(rb"(sha256:[0-9a-f]{64}) ([0-9]+)")


class InvalidFrameError(InvalidValueError):
    """The body is not a sequence of blob frames."""

    code = "kernel.invalid_blob_frame"


@dataclass(frozen=True, slots=True)
class BlobFrame:
    """A blob as it came: its bytes are *not* yet compared with the digest it claims."""

    digest: Digest
    data: bytes


def frame_header(digest: Digest, size: int) -> bytes:
    """Return the line that goes before a blob's bytes."""
    return f"{digest} {size}\n".encode("ascii")


def read_frames(chunks: Iterable[bytes], *, max_size: int) -> Iterator[BlobFrame]:
    """Yield the blobs of a body that arrives in chunks of any size; holds one blob at a time.

    Args:
        chunks: the body.
        max_size: the greatest size of one blob, in bytes.

    Raises:
        InvalidFrameError: a header is malformed, a blob is too large, or the body ends inside a blob.
    """
    source, buffer = iter(chunks), bytearray()
    while True:
        header = _header(source, buffer)
        if header is None:
            return
        digest, size = _parse(header, max_size)
        if not _fill(source, buffer, size):
            raise InvalidFrameError(f"the body ends inside blob {digest}; send all of its {size} bytes")
        yield BlobFrame(digest, bytes(memoryview(buffer)[:size]))
        del buffer[:size]


def _header(source: Iterator[bytes], buffer: bytearray) -> bytes | None:
    """Take the next header line out of the buffer; None at the end of the body."""
    while (end := buffer.find(b"\n", 0, _MAX_HEADER)) < 0:
        if len(buffer) >= _MAX_HEADER:
            raise InvalidFrameError("a blob header is one line '<digest> <size>' of at most 128 characters")
        if not _more(source, buffer):
            if buffer:
                raise InvalidFrameError("the body ends inside a blob header")
            return None
    header = bytes(buffer[:end])
    del buffer[: end + 1]
    return header


def _parse(header: bytes, max_size: int) -> tuple[Digest, int]:
    match = _HEADER.fullmatch(header)
    if match is None:
        raise InvalidFrameError("a blob header is one line 'sha256:<64 hexadecimal digits> <size>'")
    digest, size = Digest.parse(match[1].decode()), int(match[2])
    if size > max_size:
        raise InvalidFrameError(f"blob {digest} has {size} bytes; blobs above {max_size} bytes do not go in a batch")
    return digest, size


def _fill(source: Iterator[bytes], buffer: bytearray, size: int) -> bool:
    while len(buffer) < size:
        if not _more(source, buffer):
            return False
    return True


def _more(source: Iterator[bytes], buffer: bytearray) -> bool:
    chunk = next(source, None)
    if chunk is None:
        return False
    buffer += chunk
    return True
