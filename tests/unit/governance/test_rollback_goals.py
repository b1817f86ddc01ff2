from datetime import UTC, datetime, timedelta

import pytest

from modelkeep.domains.governance.domain.rollbacks import parse_goal
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.references import Number

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)


def test_a_rollback_goes_to_a_time_or_a_version() -> None:
    assert parse_goal(" 7 days ago", NOW) == NOW - timedelta(days=7)
    assert parse_goal("2026-11-16", NOW) == NOW.replace(hour=0)
    assert parse_goal("12", NOW) == Number(12)


@pytest.mark.parametrize("text", ["", "last week", "1 fortnight ago", "x" * 10_000, "\0"])
def test_what_is_neither_is_told_with_what_can_be_given(text: str) -> None:
    with pytest.raises(InvalidValueError, match="neither a time nor a version: give '7 days ago'") as refused:
        parse_goal(text, NOW)
    assert len(refused.value.message) < 300
