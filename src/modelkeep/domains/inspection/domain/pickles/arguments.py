"""Reads what stands behind an opcode. Source: the `pickletools` module of the standard library."""

import struct
from codecs import escape_decode
from typing import Final

from modelkeep.domains.inspection.domain.pickles.sightings import MalformedPickleError
from modelkeep.domains.inspection.domain.pickles.streams import ByteStream, EndOfBytesError
from modelkeep.domains.inspection.domain.pickles.values import MOST_TEXT, OPAQUE, Value

_MOST_LINE: Final = 1024 * 1024
_MOST_LONG: Final = 32
_QUOTES: Final = (b"'", b'"')


def unsigned(stream: ByteStream, width: int) -> int:
    """Return a little-endian number without a sign."""
    return int.from_bytes(stream.take(width), "little")


def signed(stream: ByteStream, width: int) -> int:
    """Return a little-endian number with a sign.

    Raises:
        MalformedPickleError: it is negative where it is a length.
    """
    return int.from_bytes(stream.take(width), "little", signed=True)


def length(stream: ByteStream, width: int, *, is_signed: bool = False) -> int:
    """Return a length."""
    value = signed(stream, width) if is_signed else unsigned(stream, width)
    if value < 0:
        raise MalformedPickleError("a negative length")
    return value


def line(stream: ByteStream) -> bytes:
    """Return the rest of a line."""
    try:
        return stream.line(_MOST_LINE)
    except EndOfBytesError:
        raise MalformedPickleError("a line without end") from None


def name_line(stream: ByteStream) -> str:
    """Return the rest of a line as an unpickler reads the name of a module."""
    try:
        return line(stream).decode()
    except UnicodeDecodeError:
        raise MalformedPickleError("a name that is not UTF-8") from None


def decimal_line(stream: ByteStream) -> Value:
    """Return a number written out; what Python would read otherwise is unknown."""
    text = line(stream).strip()
    if text in {b"00", b"01"}:
        return text == b"01"
    digits = text.removesuffix(b"L")
    try:
        return int(digits, 0) if len(digits) <= _MOST_LONG else OPAQUE
    except ValueError:
        raise MalformedPickleError("no number") from None


def key_line(stream: ByteStream) -> int:
    """Return a key of the memo written out."""
    try:
        return int(stream.line(_MOST_LONG))
    except (ValueError, EndOfBytesError):
        raise MalformedPickleError("no key of the memo") from None


def float_line(stream: ByteStream) -> None:
    """Go behind a fraction written out."""
    try:
        float(line(stream))
    except ValueError:
        raise MalformedPickleError("no number") from None


def long_number(stream: ByteStream, width: int) -> Value:
    """Return a number of any length; a long one is unknown."""
    count = length(stream, width, is_signed=width > 1)
    if count > _MOST_LONG:
        stream.skip(count)
        return OPAQUE
    return int.from_bytes(stream.take(count), "little", signed=True)


def quoted_line(stream: ByteStream) -> Value:
    """Return a text that is written as Python 2 would write it."""
    text = line(stream).strip()
    if len(text) < len("''") or text[:1] != text[-1:] or text[:1] not in _QUOTES:
        raise MalformedPickleError("a text without quotes")
    try:
        return known_text(escape_decode(text[1:-1])[0])
    except ValueError:
        raise MalformedPickleError("a text with a broken escape") from None


def escaped_line(stream: ByteStream) -> Value:
    """Return a text that is written with Unicode escapes."""
    try:
        text = line(stream).decode("raw-unicode-escape")
    except UnicodeDecodeError:
        raise MalformedPickleError("a text with a broken escape") from None
    return text if len(text) <= MOST_TEXT else OPAQUE


def known_text(data: bytes) -> Value:
    """Return a text in ASCII; another's meaning depends on who loads it."""
    return data.decode("ascii") if len(data) <= MOST_TEXT and data.isascii() else OPAQUE


def utf8(data: bytes) -> str:
    """Return a text in UTF-8, as an unpickler reads it."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise MalformedPickleError("a text that is not UTF-8") from None


def check_float(stream: ByteStream) -> None:
    """Go behind a fraction of 8 bytes."""
    struct.unpack(">d", stream.take(8))
