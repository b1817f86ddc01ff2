"""Time as an argument, never as an ambient fact."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the current time in UTC, with microseconds."""
    return datetime.now(UTC)


def timestamp(at: datetime) -> str:
    """Return an aware time as RFC 3339 in UTC with six decimals: as text it sorts as it does as time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
