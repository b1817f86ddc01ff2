"""FlatBuffers, without a schema: tables, their fields by number, vectors and texts.

Source: https://flatbuffers.dev/internals/
"""

from dataclasses import dataclass
from typing import Final

from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window

_MOST_ITEMS: Final = 200_000


@dataclass(frozen=True, slots=True)
class Table:
    """A table at a place of the window; numbers are relative to `base`, where the buffer begins."""

    window: Window
    place: int

    @classmethod
    def root(cls, window: Window, base: int = 0) -> "Table":
        """Return the table that a buffer is about."""
        return cls(window, base + window.u32(base))

    def field(self, number: int) -> int | None:
        """Return where a field lies, None if it is not there."""
        table = self.place - self.window.i32(self.place)
        entry = 4 + 2 * number
        if entry + 2 > self.window.u16(table):
            return None
        offset = self.window.u16(table + entry)
        return self.place + offset if offset else None

    def number(self, number: int, width: int, default: int = 0) -> int:
        """Return a field that is a number of so many bytes, with a sign."""
        place = self.field(number)
        if place is None:
            return default
        return int.from_bytes(self.window.read(place, width), "little", signed=True)

    def text(self, number: int, most: int = 64 * 1024) -> str:
        """Return a field that is a text, empty if it is not there."""
        place = self.field(number)
        return "" if place is None else text_at(self.window, place, most)

    def table(self, number: int) -> "Table | None":
        """Return a field that is a table."""
        place = self.field(number)
        return None if place is None else Table(self.window, place + self.window.u32(place))

    def vector(self, number: int) -> tuple[int, int]:
        """Return where the items of a field begin, and how many there are."""
        place = self.field(number)
        if place is None:
            return 0, 0
        start = place + self.window.u32(place)
        count = self.window.u32(start)
        if start + 4 + count > self.window.size:
            raise UnreadableFileError(f"a list at {start} reaches beyond the file")
        return start + 4, count

    def tables(self, number: int) -> list["Table"]:
        """Return the tables of a field."""
        start, count = self.vector(number)
        if count > _MOST_ITEMS:
            raise UnreadableFileError(f"a list of {count} items is longer than is read")
        places = (start + 4 * place for place in range(count))
        return [Table(self.window, place + self.window.u32(place)) for place in places]

    def numbers(self, number: int, most: int = 4096) -> list[int]:
        """Return the 32-bit numbers of a field."""
        start, count = self.vector(number)
        if count > most:
            raise UnreadableFileError(f"a list of {count} numbers is longer than is read")
        return [self.window.i32(start + 4 * place) for place in range(count)]


def text_at(window: Window, place: int, most: int) -> str:
    """Return the text that an offset at a place leads to."""
    start = place + window.u32(place)
    return window.text(start + 4, window.u32(start), most)
