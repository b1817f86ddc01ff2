"""Values as people read them in a terminal; sizes in bytes, times in UTC."""

import shutil
import textwrap
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TextIO

_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB", "PB")
_STEP: Final = 1000
_MIN_WIDTH: Final = 20
_AGES: Final = (("y", 31_557_600), ("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))


def printable(text: str, *, lines: bool = False) -> str:
    """Return text that cannot steer a terminal: whatever is not printable is a space, but line ends where wanted."""
    return "".join(char if char.isprintable() or (lines and char == "\n") else " " for char in text)


def cell(value: object) -> str:
    """Return a value on one line; nothing for None and for what is empty."""
    if isinstance(value, Mapping):
        return ", ".join(f"{cell(key)}={cell(item)}" for key, item in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(map(cell, value))
    return printable(_scalar(value))


def _scalar(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%MZ}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def age(past: timedelta) -> str:
    """Return how long ago something was, in the greatest unit that fits."""
    seconds = past.total_seconds()
    for unit, length in _AGES:
        if seconds >= length:
            return f"{seconds // length:.0f} {unit} ago"
    return "now"


def size(count: float) -> str:
    """Return a number of bytes with its unit, in powers of 1000."""
    unit = 0
    while round(count, 1) >= _STEP and unit < len(_UNITS) - 1:
        count /= _STEP
        unit += 1
    return f"{count:.0f} {_UNITS[unit]}" if unit == 0 else f"{count:.1f} {_UNITS[unit]}"


def hanging(text: str, indent: int, stream: TextIO) -> str:
    """Return prose that begins at column `indent`, broken at spaces to the width of the terminal that `stream` is.

    Words stay whole, so that paths and digests can be copied; where there is no terminal, so does the text.
    """
    if not stream.isatty():
        return text
    room = max(shutil.get_terminal_size().columns - indent, _MIN_WIDTH)
    lines = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)
    return ("\n" + " " * indent).join(lines)


def counted(count: int, noun: str) -> str:
    """Return a number of things: `1 file`, `2 files`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
