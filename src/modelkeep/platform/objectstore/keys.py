"""Which names every store can keep: the strictest rule of S3, Azure, GCS and a POSIX file system wins."""

import re
from typing import Final

from modelkeep.platform.objectstore.errors import InvalidKeyError, InvalidRangeError

STAGING: Final = "staging"
MAX_KEY_BYTES: Final = 512
_MAX_SEGMENT_BYTES: Final = 255
_MAX_SHOWN: Final = 80
_STAGING_SEGMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")


def check_key(key: str) -> str:
    """Return the key if it is legal: segments of printable characters separated by single slashes.

    At most 512 bytes in UTF-8 and 255 a segment; no segment is `.` or `..`, ends with a dot or holds a backslash; the
    first one is not `staging`, which belongs to staged writes. No key may lie below another: `a` rules out `a/b`.

    Raises:
        InvalidKeyError: the key breaks one of these rules.
    """
    fault = _fault(key)
    if fault is not None:
        raise InvalidKeyError(f"{_shown(key)} cannot be an object key: {fault}. Use a plain relative path.", key=key)
    return key


def check_prefix(prefix: str) -> str:
    """Return the prefix as `""` (everything) or as whole segments that end with one slash.

    Raises:
        InvalidKeyError: the prefix is not made of legal key segments.
    """
    return "" if prefix == "" else check_key(prefix.removesuffix("/")) + "/"


def check_staging_id(text: str) -> str:
    """Return the id, or the leading segments of one, if every segment is of ASCII letters, digits, `-` and `_`.

    Raises:
        InvalidKeyError: it is empty, over 256 characters long, or a segment has another form.
    """
    legal = len(text) <= MAX_KEY_BYTES // 2 and all(_STAGING_SEGMENT.fullmatch(part) for part in text.split("/"))
    if not legal:
        raise InvalidKeyError(
            f"{_shown(text)} cannot be a staging id: use segments of ASCII letters, digits, '-' and '_'.", id=text
        )
    return text


def check_range(start: int, end: int | None) -> None:
    """Refuse a half-open byte range that cannot be meant.

    Raises:
        InvalidRangeError: `start` is negative or after `end`.
    """
    if start < 0 or (end is not None and end < start):
        raise InvalidRangeError(
            f"Bytes {start} to {end} are no range: start at 0 or later, and end no earlier.", start=start, end=end
        )


def _fault(key: str) -> str | None:
    if not key.isprintable():
        return "it has a character that cannot be printed"
    if not 0 < len(key.encode()) <= MAX_KEY_BYTES:
        return f"it must be 1 to {MAX_KEY_BYTES} bytes long"
    segments = key.split("/")
    if segments[0] == STAGING:
        return f"{STAGING!r} is reserved for unfinished writes"
    return next((fault for fault in map(_segment_fault, segments) if fault is not None), None)


def _segment_fault(segment: str) -> str | None:
    if segment == "":
        return "it has an empty segment"
    if segment.endswith("."):
        return "a segment ends with a dot"
    if "\\" in segment:
        return "it has a backslash"
    return None if len(segment.encode()) <= _MAX_SEGMENT_BYTES else f"a segment is over {_MAX_SEGMENT_BYTES} bytes long"


def _shown(text: str) -> str:
    return repr(text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "…")
