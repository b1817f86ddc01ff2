"""Showing a person where in a text something is wrong."""

from typing import Final
from unicodedata import combining, east_asian_width

_BEFORE: Final = 56
_AFTER: Final = 20


def point_at(text: str, position: int) -> str:
    """Return two lines: the text around `position` (0-based), and a caret below it.

    At most 56 characters before and 20 after the position are shown; what does not print is shown as a dot. The caret
    stands right in a fixed-width font, also below wide East Asian characters.
    """
    start, end = max(0, position - _BEFORE), position + _AFTER
    before = ("…" if start else "") + printable(text[start:position])
    after = printable(text[position:end]) + ("…" if end < len(text) else "")
    return f"  {before}{after}\n  {' ' * _columns(before)}^"


def printable(text: str) -> str:
    """Return the text with a dot for each character that cannot be printed, such as a control or a lone surrogate."""
    return "".join(character if character.isprintable() else "·" for character in text)


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in text)
