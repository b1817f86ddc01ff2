"""The wire format of protocol buffers: fields of a message, one after the other, without a schema.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window

MOST_NESTING: Final = 64
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED: Final = {_FIXED64: 8, _FIXED32: 4}


@dataclass(frozen=True, slots=True)
class WireField:
    """One field of a message: its number, and a value or, if it has bytes, where they lie."""

    window: Window
    number: int
    value: int
    start: int
    end: int
    is_bytes: bool

    @property
    def text(self) -> str:
        """The bytes as text."""
        self.need_bytes()
        return self.window.text(self.start, self.end - self.start)

    @property
    def signed(self) -> int:
        """The value as a 64-bit number with a sign."""
        return self.value - 2**64 if self.value >= 2**63 else self.value

    def fields(self) -> Iterator["WireField"]:
        """Yield the fields of the message that it holds."""
        self.need_bytes()
        return fields(self.window, self.start, self.end)

    def numbers(self) -> Iterator[int]:
        """Yield the one signed number it is, or those that are packed in it."""
        if not self.is_bytes:
            yield self.signed
            return
        place = self.start
        while place < self.end:
            value, place = self.window.varint(place, self.end)
            yield value - 2**64 if value >= 2**63 else value

    def need_bytes(self) -> None:
        """Refuse a number where a message or text belongs."""
        if not self.is_bytes:
            raise UnreadableFileError(f"field {self.number} at {self.start} is a number, not a message")


def fields(window: Window, start: int, end: int) -> Iterator[WireField]:
    """Yield the fields of a message; bytes are not read.

    Raises:
        UnreadableFileError: it is none.
    """
    place = start
    while place < end:
        tag, place = window.varint(place, end)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise UnreadableFileError(f"there is no field 0, as at {place}")
        if kind == _VARINT:
            begun = place
            value, place = window.varint(place, end)
            yield WireField(window, number, value, begun, place, is_bytes=False)
        elif kind in _FIXED:
            begun, place = place, place + _FIXED[kind]
            _check_end(place, end)
            fixed = int.from_bytes(window.read(begun, _FIXED[kind]), "little")
            yield WireField(window, number, fixed, begun, place, is_bytes=False)
        elif kind == _BYTES:
            length, place = window.varint(place, end)
            begun, place = place, place + length
            _check_end(place, end)
            yield WireField(window, number, 0, begun, place, is_bytes=True)
        else:
            raise UnreadableFileError(f"the field at {place} is of the unknown kind {kind}")


def _check_end(place: int, end: int) -> None:
    if place > end:
        raise UnreadableFileError(f"a field reaches to {place}, beyond its message at {end}")


def first(message: Iterator[WireField], number: int) -> WireField | None:
    """Return the first field of a number."""
    return next((field for field in message if field.number == number), None)


def entry_of(field: WireField) -> tuple[str, WireField | None]:
    """Return the key and the value of an entry of a map with text keys."""
    key, value = "", None
    for part in field.fields():
        if part.number == 1:
            key = part.text
        elif part.number == 2:  # noqa: PLR2004 - the value of a map's entry
            value = part
    return key, value
