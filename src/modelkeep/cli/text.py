"""Values as people read them in a terminal; sizes in bytes, times in UTC."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB", "PB")
_STEP: Final = 1000


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
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%MZ}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def size(count: float) -> str:
    """Return a number of bytes with its unit, in powers of 1000."""
    unit = 0
    while round(count, 1) >= _STEP and unit < len(_UNITS) - 1:
        count /= _STEP
        unit += 1
    return f"{count:.0f} {_UNITS[unit]}" if unit == 0 else f"{count:.1f} {_UNITS[unit]}"


def counted(count: int, noun: str) -> str:
    """Return a number of things: `1 file`, `2 files`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
