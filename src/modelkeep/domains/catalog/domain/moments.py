"""When a change takes place: what keeps the intervals of one subject in order, whatever the clocks say."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from modelkeep.kernel.identity import PrincipalId


@dataclass(frozen=True, slots=True)
class Change:
    """When and by whom something was changed."""

    at: datetime
    by: PrincipalId


def moment_after(last: datetime | None, now: datetime) -> datetime:
    """Return when a change takes place: now, but after the last one, whatever the clocks of several servers say."""
    return now if last is None else max(now, last + timedelta(microseconds=1))
