"""Durations are a whole number and a unit."""

from datetime import timedelta

import pytest

from modelkeep.domains.governance.domain.durations import parse_duration
from modelkeep.kernel.errors import InvalidValueError


@pytest.mark.parametrize(
    ("text", "days"), [("1440m", 1), ("48h", 2), ("7d", 7), ("2w", 14), ("1y", 366), ("4y", 1461), ("10y", 3653)]
)
def test_a_duration_is_a_number_and_a_unit(text: str, days: int) -> None:
    assert parse_duration(text) == timedelta(days=days)


@pytest.mark.parametrize("text", ["", "0d", "07d", "7", "d", "P7D", "7 d", "-1d", "1.5d", "7d\n", "100000d", "1000y"])
def test_everything_else_is_none(text: str) -> None:
    with pytest.raises(InvalidValueError, match="write a number and a unit"):
        parse_duration(text)
