"""Points in time as people write them: a date, a time, or how long ago."""

import re
from datetime import datetime, timedelta
from typing import Final

from modelkeep.kernel.references import InvalidReferenceError, parse_time

_AGO: Final = re.compile(r"([0-9]{1,6}|an?) (minute|hour|day|week)s? ago")
_UNITS: Final = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_DAYS: Final = {"today": 0, "yesterday": 1}
_FORMS: Final = (
    "write 2026-11-16, 2026-11-16T09:00Z, now, today, yesterday or '7 days ago' (minutes, hours, days, weeks)"
)


def parse_moment(text: str, now: datetime) -> datetime:
    """Return the point in time that a text means at `now`, in UTC.

    A date, `today` and `yesterday` are the start of that day in UTC; a day ago is 24 hours ago.

    Raises:
        InvalidReferenceError: it is none of the forms; the message lists them.
    """
    words = " ".join(text.lower().split())
    if words == "now":
        return now
    try:
        if words in _DAYS:
            return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=_DAYS[words])
        ago = _AGO.fullmatch(words)
        if ago is not None:
            return now - _UNITS[ago[2]] * (1 if ago[1].startswith("a") else int(ago[1]))
        return parse_time(text.strip())
    except (InvalidReferenceError, OverflowError) as error:
        reason = f": {error.message}" if isinstance(error, InvalidReferenceError) else ""
        raise InvalidReferenceError(f"{text!r} is no point in time; {_FORMS}{reason}", position=0) from error
