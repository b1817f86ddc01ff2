"""Durations as policies write them: a whole number and a unit."""

import re
from datetime import timedelta
from math import ceil
from typing import Final

from modelkeep.kernel.errors import InvalidValueError

_DURATION: Final = re.compile(r"([1-9][0-9]{0,4})([mhdw])|([1-9][0-9]{0,2})y")
_UNITS: Final = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_DAYS_OF_A_YEAR: Final = 365.25


def parse_duration(text: str) -> timedelta:
    """Return the duration in `30m`, `12h`, `7d`, `2w` or `10y`.

    A year counts 365¼ days, rounded up to whole days: what is kept for ten years is kept over every leap day.

    Raises:
        InvalidValueError: the text is none; ISO 8601 is not read, for `P1M` and `PT1M` are too easily confused.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        raise InvalidValueError(f"{text[:80]!r} is no duration; write a number and a unit: 30m, 12h, 7d, 2w or 10y")
    number, unit, years = found.groups()
    return timedelta(days=ceil(int(years) * _DAYS_OF_A_YEAR)) if years else int(number) * _UNITS[unit]
