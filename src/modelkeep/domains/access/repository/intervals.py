"""The condition that an interval holds."""

from datetime import datetime

from sqlalchemy import ColumnElement, or_


def held_at(since: ColumnElement[datetime], until: ColumnElement[datetime | None], at: datetime) -> ColumnElement[bool]:
    """Return the condition that an interval holds at a time."""
    return (since <= at) & or_(until.is_(None), until > at)
