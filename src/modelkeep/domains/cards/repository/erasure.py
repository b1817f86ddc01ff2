"""Erases what people called files that were attached to cards, and what they said pictures show."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, func, literal, or_, select, update
from sqlalchemy.orm import Session

from modelkeep.domains.audit import ERASED, Erasure
from modelkeep.domains.cards.tables import ATTACHMENT
from modelkeep.domains.catalog import ids_of_versions

_MARKED: Final = f"{ERASED} "


def erase_past(session: Session, erasure: Erasure) -> int:
    """Drop names and texts from attachments that have ended; return how many texts there were.

    A name is part of what tells attachments apart: the digest of the file stands in its place.
    """
    named = (*_ended(erasure), ~ATTACHMENT.c.name.startswith(_MARKED, autoescape=True))
    described = (*_ended(erasure), ATTACHMENT.c.alt.not_in(("", ERASED)))
    count = 0
    if not erasure.fields or "alt" in erasure.fields:
        count += _emptied(session, described, {"alt": ERASED})
    if not erasure.fields or "name" in erasure.fields:
        count += _emptied(session, named, {"name": literal(_MARKED) + ATTACHMENT.c.digest})
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
