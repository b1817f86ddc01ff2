"""Which bytes of a file a request asks for, and whether the caller has them already (RFC 9110 sections 13 and 14)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from modelkeep.api.rest.errors import ProtocolError

_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII | re.IGNORECASE)
_MAX_DIGITS: Final = 19  # of a size in bytes; Python reads no integer of thousands of digits


class RangeNotSatisfiableError(ProtocolError):
    """The range that was asked for has no byte of the file."""

    code = "rest.range_not_satisfiable"
    status = 416

    @property
    def headers(self) -> Mapping[str, str]:
        """How long the file is (RFC 9110 section 14.4)."""
        return {"Content-Range": f"bytes */{self.details['size']}"}


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A half-open range of a file of `size` bytes."""

    start: int
    end: int
    size: int

    @property
    def content_range(self) -> str:
        """The value of Content-Range (RFC 9110 section 14.4)."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def requested_range(header: str | None, size: int) -> ByteRange | None:
    """Return the range a request asks for, or None for the whole.

    Several ranges at once, another unit and an empty file mean the whole: a server may ignore what it does not serve.
    A range that ends before it starts is refused rather than answered with terabytes.

    Raises:
        RangeNotSatisfiableError: the range starts behind the end, or ends before it starts.
    """
    found = _RANGE.fullmatch(header.strip()) if header and size else None
    if found is None or found.groups() == ("", ""):
        return None
    first, last = (_number(digits, size) for digits in found.groups())
    if not found[1]:
        start, end = max(0, size - last), size
    else:
        start, end = first, min(last + 1, size) if found[2] else size
    if start >= end:
        raise RangeNotSatisfiableError(f"range {header!r} has no byte of a file of {size} bytes", size=size)
    return ByteRange(start, end, size)


def has_already(if_none_match: str | None, etag: str) -> bool:
    """Say whether If-None-Match names what would be sent: a list of tags, weak or strong, or `*`."""
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in tags or tags == ["*"]


def may_continue(if_range: str | None, etag: str) -> bool:
    """Say whether a range still belongs to what the caller has the rest of: If-Range is absent, or names this file."""
    return if_range is None or if_range.strip() == etag


def _number(digits: str, size: int) -> int:
    """Read a number that is compared with a size: where it is absurd, the size stands for it."""
    return size if len(digits) > _MAX_DIGITS else int(digits or 0)
