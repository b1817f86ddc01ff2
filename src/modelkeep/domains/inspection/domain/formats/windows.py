"""Bounded random access to the bytes of a file: a reader can neither leave it, nor read or work without end."""

from io import SEEK_END, RawIOBase
from struct import Struct
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

PAGE: Final = 64 * 1024
MOST_AT_ONCE: Final = 16 * 2**20
"""The longest piece that is in memory at once."""

_MOST_PAGES: Final = 128
_MOST_BYTES: Final = 64 * 2**20
_MOST_READS: Final = 1_200_000
_U16: Final = Struct("<H")
_U32: Final = Struct("<I")
_U64: Final = Struct("<Q")
_I32: Final = Struct("<i")
_VARINT_BYTES: Final = 10


class UnreadableFileError(Exception):
    """The file is not what its format says, or more than a reader will take: nothing is known of it."""


class Window:
    """The bytes of a file.

    What has been read is kept in pages, at most 8 MiB of them. No more than 64 MiB are read, in 1.2 million reads: a
    file that asks for more is unreadable.
    """

    def __init__(self, file: BinaryIO) -> None:
        """Find out how long the file is."""
        self.file = file
        self.size = file.seek(0, SEEK_END)
        self._bytes_left, self._reads_left = _MOST_BYTES, _MOST_READS
        self._pages: dict[int, bytes] = {}

    def read(self, start: int, length: int) -> bytes:
        """Return exactly these bytes.

        Raises:
            UnreadableFileError: they are not all there, or were too many.
        """
        if start < 0 or length < 0 or start + length > self.size:
            raise UnreadableFileError(f"{length} bytes at {start} are not in a file of {self.size}")
        self._reads_left -= 1
        if self._reads_left < 0:
            raise UnreadableFileError("it has more parts than are looked at")
        number, offset = divmod(start, PAGE)
        if offset + length <= PAGE:
            return self._page(number)[offset : offset + length]
        if length > PAGE:
            return self._load(start, length)
        first = self._page(number)[offset:]
        return first + self._page(number + 1)[: length - len(first)]

    def head(self, length: int) -> bytes:
        """Return the first bytes, fewer if the file is shorter."""
        return self.read(0, min(length, self.size))

    def u8(self, start: int) -> int:
        """Return a byte."""
        return self.read(start, 1)[0]

    def u16(self, start: int) -> int:
        """Return a little-endian number of two bytes."""
        value: int = _U16.unpack(self.read(start, 2))[0]
        return value

    def u32(self, start: int) -> int:
        """Return a little-endian number of four bytes."""
        value: int = _U32.unpack(self.read(start, 4))[0]
        return value

    def u64(self, start: int) -> int:
        """Return a little-endian number of eight bytes."""
        value: int = _U64.unpack(self.read(start, 8))[0]
        return value

    def i32(self, start: int) -> int:
        """Return a little-endian number of four bytes with a sign."""
        value: int = _I32.unpack(self.read(start, 4))[0]
        return value

    def varint(self, start: int, end: int) -> tuple[int, int]:
        """Return a base-128 number of up to 64 bits, and where it ends."""
        value = 0
        data = self.read(start, min(_VARINT_BYTES, max(end - start, 0)))
        for place, byte in enumerate(data):
            value |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:  # noqa: PLR2004 - the bit that says that more follow
                return value & 0xFFFF_FFFF_FFFF_FFFF, start + place + 1
        raise UnreadableFileError(f"there is no number at {start}")

    def text(self, start: int, length: int, most: int = PAGE) -> str:
        """Return UTF-8 text of at most so many bytes."""
        if length > most:
            raise UnreadableFileError(f"a text of {length} bytes at {start} is longer than {most}")
        try:
            return self.read(start, length).decode()
        except UnicodeDecodeError:
            raise UnreadableFileError(f"the text at {start} is not UTF-8") from None

    def _page(self, number: int) -> bytes:
        page = self._pages.get(number)
        if page is None:
            page = self._load(number * PAGE, min(PAGE, self.size - number * PAGE))
            if len(self._pages) >= _MOST_PAGES:
                del self._pages[next(iter(self._pages))]
            self._pages[number] = page
        return page

    def _load(self, start: int, length: int) -> bytes:
        self._bytes_left -= length
        if self._bytes_left < 0:
            raise UnreadableFileError("it has more to read than is read of a model file")
        self.file.seek(start)
        data = self.file.read(length)
        if len(data) != length:
            raise UnreadableFileError(f"the file ends before {start + length}")
        return data


class WindowFile(RawIOBase):
    """The bytes of a window, or a part of them, as a file for a library; no single read is long."""

    def __init__(self, window: Window, start: int = 0, end: int | None = None) -> None:
        """Begin at the start."""
        super().__init__()
        self._window, self._start = window, start
        self._length = (window.size if end is None else end) - start
        self._place = 0

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def seekable(self) -> bool:
        """It may be read in any order."""
        return True

    def tell(self) -> int:
        """Return the place."""
        return self._place

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to a place that is not before the start."""
        place = offset + (0, self._place, self._length)[whence]
        if place < 0:
            raise UnreadableFileError("it points to a place before its beginning")
        self._place = place
        return place

    def read(self, size: int | None = -1) -> bytes:
        """Return bytes, fewer only at the end."""
        left = max(self._length - self._place, 0)
        size = left if size is None or size < 0 else min(size, left)
        if size > MOST_AT_ONCE:
            raise UnreadableFileError(f"{size} bytes in one piece are more than are read")
        data = self._window.read(self._start + self._place, size)
        self._place += size
        return data

    def readinto(self, buffer: "Buffer") -> int:
        """Fill a buffer as far as there are bytes."""
        view = memoryview(buffer)
        data = self.read(min(len(view), MOST_AT_ONCE))
        view[: len(data)] = data
        return len(data)
