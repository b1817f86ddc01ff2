"""The conditions that an interval holds, and that a binding does."""

from datetime import datetime

from sqlalchemy import ColumnElement, FromClause, and_, or_


def held_at(since: ColumnElement[datetime], until: ColumnElement[datetime | None], at: datetime) -> ColumnElement[bool]:
    """Return the condition that an interval holds at a time."""
    return (since <= at) & or_(until.is_(None), until > at)


def in_force(bindings: FromClause, at: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Return the condition that bindings hold now, `at` being now: nobody has ended them, and they have not expired."""
    expiry = bindings.c.expires_at
    return and_(bindings.c.until.is_(None), or_(expiry.is_(None), expiry > at))
