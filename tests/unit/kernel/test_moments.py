from datetime import UTC, datetime, timedelta

import pytest

from modelkeep.kernel.moments import parse_moment
from modelkeep.kernel.references import InvalidReferenceError

NOW = datetime(2026, 11, 16, 9, 30, 15, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("now", NOW),
        ("today", datetime(2026, 11, 16, tzinfo=UTC)),
        ("Yesterday", datetime(2026, 11, 15, tzinfo=UTC)),
        ("7 days ago", NOW - timedelta(days=7)),
        ("  1  day ago", NOW - timedelta(days=1)),
        ("a week ago", NOW - timedelta(weeks=1)),
        ("an hour ago", NOW - timedelta(hours=1)),
        ("90 minutes ago", NOW - timedelta(minutes=90)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T09:00+01:00", datetime(2026, 11, 1, 8, tzinfo=UTC)),
    ],
)
def test_a_point_in_time_is_a_date_a_time_or_how_long_ago(text: str, meant: datetime) -> None:
    assert parse_moment(text, NOW) == meant


@pytest.mark.parametrize(
    "text", ["", "last week", "7 days", "-1 days ago", "2026-11-01T09:00", "tomorrow", "999999 weeks ago"]
)
def test_anything_else_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(InvalidReferenceError, match=r"is no point in time; write 2026-11-16, .*'7 days ago'"):
        parse_moment(text, NOW)
