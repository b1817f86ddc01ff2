"""Intervals now and as of a time: which hold, which had begun, and how much of one was known."""

from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Table, true

from modelkeep.domains.catalog.domain.aliases import AliasInterval, StageInterval, TagInterval
from modelkeep.domains.catalog.repository.facts import AT, holds
from modelkeep.platform.database.criteria import Criterion

I = TypeVar("I", AliasInterval, StageInterval, TagInterval)  # noqa: E741 - I for interval


def in_force(intervals: Table, at: datetime | None) -> Criterion:
    """Return the condition that an interval holds now, or held at a time."""
    return intervals.c.until.is_(None) if at is None else holds(intervals, AT)


def begun(intervals: Table, at: datetime | None) -> Criterion:
    """Return the condition that an interval had begun at a time; now all have."""
    return true() if at is None else intervals.c.since <= AT


def as_known(interval: I, at: datetime | None) -> I:
    """Return an interval as it was known at a time: one that ended later was open."""
    if at is None or interval.until is None or interval.until <= at:
        return interval
    return replace(interval, until=None, ended_by=None)
