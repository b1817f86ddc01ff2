"""Erases what people called files that were attached to cards, and what they said pictures show."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from modelkeep.domains.audit import ERASED, Erasure
from modelkeep.domains.cards.tables import ATTACHMENT
from modelkeep.domains.catalog import ids_of_versions
from modelkeep.kernel.clock import timestamp


def erase_past(session: Session, erasure: Erasure) -> int:
    """Drop names and texts from attachments that have ended; return how many texts there were.

    A name is part of what tells attachments apart: the digest of the file and when it was attached stand in its place.
    """
    described = (*_ended(erasure), ATTACHMENT.c.alt.not_in(("", ERASED)))
    count = 0
    if not erasure.fields or "alt" in erasure.fields:
        count += _emptied(session, described, {"alt": ERASED})
    if not erasure.fields or "name" in erasure.fields:
        count += _renamed(session, _ended(erasure))
    return count


def _renamed(session: Session, chosen: Sequence[ColumnElement[bool]]) -> int:
    of, count = ATTACHMENT.c, 0
    for row in session.execute(select(of.version_id, of.name, of.since, of.digest).where(*chosen)).all():
        name = f"{ERASED} {row.digest} {timestamp(row.since)}"
        if row.name != name:
            this = (of.version_id == row.version_id, of.name == row.name, of.since == row.since)
            session.execute(update(ATTACHMENT).where(*this).values(name=name))
            count += 1
    return count


def _emptied(session: Session, chosen: Sequence[ColumnElement[bool]], values: Mapping[str, Any]) -> int:
    count = session.scalars(select(func.count()).select_from(ATTACHMENT).where(*chosen)).one()
    if count:
        session.execute(update(ATTACHMENT).where(*chosen).values(**values))
    return count


def _ended(erasure: Erasure) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    ended = ATTACHMENT.c.until.is_not(None)
    if erasure.principal is not None:
        return ended, or_(ATTACHMENT.c.set_by == erasure.principal, ATTACHMENT.c.ended_by == erasure.principal)
    return ended, ATTACHMENT.c.version_id.in_(ids_of_versions(erasure))
