"""Packed streams, unpacked as they are read, up to a limit."""

import bz2
import lzma
import zlib
from collections.abc import Callable
from io import RawIOBase
from typing import TYPE_CHECKING, Final, Protocol

from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

_CHUNK: Final = 64 * 1024
_MOST: Final = 128 * 2**20
_LZMA_MEMORY: Final = 64 * 2**20
_GZIP_WINDOW: Final = 31


class _Unpacker(Protocol):
    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes: ...

    @property
    def eof(self) -> bool: ...


class _Zlib:
    """zlib's object behind the methods that the other two have."""

    def __init__(self, window_bits: int) -> None:
        self._inner, self._left = zlib.decompressobj(window_bits), b""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Unpack up to so many bytes."""
        result = self._inner.decompress(self._left + data, max_length)
        self._left = self._inner.unconsumed_tail
        return result

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._inner.eof


_FORMATS: Final[tuple[tuple[bytes, str, Callable[[], _Unpacker]], ...]] = (
    (b"\x1f\x8b", "gzip", lambda: _Zlib(_GZIP_WINDOW)),
    (b"BZh", "bz2", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", "xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _LZMA_MEMORY)),
    (b"\x5d\x00", "lzma", lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, _LZMA_MEMORY)),
    (b"\x78\x01", "zlib", lambda: _Zlib(zlib.MAX_WBITS)),
    (b"\x78\x5e", "zlib", lambda: _Zlib(zlib.MAX_WBITS)),
    (b"\x78\x9c", "zlib", lambda: _Zlib(zlib.MAX_WBITS)),
    (b"\x78\xda", "zlib", lambda: _Zlib(zlib.MAX_WBITS)),
)


def packing(head: bytes) -> str | None:
    """Return how a stream is packed, by its first bytes."""
    return next((name for magic, name, _ in _FORMATS if head.startswith(magic)), None)


class Inflated(RawIOBase):
    """The unpacked bytes of a stream; it can only go forward."""

    def __init__(self, window: Window) -> None:
        """Begin at the start of a stream that `packing` knows."""
        super().__init__()
        head = window.head(8)
        self._unpacker = next(make for magic, _, make in _FORMATS if head.startswith(magic))()
        self._window, self._read, self._place = window, 0, 0

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def seekable(self) -> bool:
        """It may be asked for its place, and moved forward."""
        return True

    def tell(self) -> int:
        """Return the place."""
        return self._place

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move forward."""
        target = offset + (self._place if whence == 1 else 0)
        if target < self._place:
            raise UnreadableFileError("a packed stream only goes forward")
        while self._place < target and self._more(min(target - self._place, _CHUNK)):
            pass
        return self._place

    def readinto(self, buffer: "Buffer") -> int:
        """Fill a buffer as far as there are bytes."""
        view = memoryview(buffer)
        data = self._more(min(len(view), _CHUNK)) if view else b""
        view[: len(data)] = data
        return len(data)

    def _more(self, most: int) -> bytes:
        data = b""
        while not data and not self._unpacker.eof:
            packed = self._window.read(self._read, min(_CHUNK, self._window.size - self._read))
            try:
                data = self._unpacker.decompress(packed, most)
            except (zlib.error, lzma.LZMAError, OSError, ValueError, MemoryError):
                raise UnreadableFileError("it is packed in a broken stream") from None
            if not data and not packed:
                raise UnreadableFileError("its packed stream has no end")
            self._read += len(packed)
        self._place += len(data)
        if self._place > _MOST:
            raise UnreadableFileError(f"it unpacks to more than the {_MOST} bytes that are read")
        return data
