"""Attachments of cards within one transaction."""

from datetime import datetime
from typing import Final

from sqlalchemy import and_, bindparam, func, insert, or_, select, update

from modelkeep.domains.cards.domain.attachments import Attachment
from modelkeep.domains.cards.tables import ATTACHMENT
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, Transaction, UtcDateTime
from modelkeep.platform.database.lists import BoundSelect, OrderKey, fetch_page

_COLUMNS: Final = (
    ATTACHMENT.c.name,
    ATTACHMENT.c.media_type,
    ATTACHMENT.c.size,
    ATTACHMENT.c.digest,
    ATTACHMENT.c.alt,
    ATTACHMENT.c.since,
    ATTACHMENT.c.set_by,
    ATTACHMENT.c.until,
    ATTACHMENT.c.ended_by,
)
_TIME: Final = bindparam("at", type_=UtcDateTime)
_NOW: Final = ATTACHMENT.c.until.is_(None)
_THEN: Final = and_(ATTACHMENT.c.since <= _TIME, or_(ATTACHMENT.c.until.is_(None), ATTACHMENT.c.until > _TIME))
_OF_VERSION: Final = ATTACHMENT.c.version_id == bindparam("version")
_NAMED: Final = ATTACHMENT.c.name == bindparam("wanted")
_LAST: Final = select(func.max(ATTACHMENT.c.since), func.max(ATTACHMENT.c.until)).where(_OF_VERSION, _NAMED)
_COUNT: Final = select(func.count()).select_from(ATTACHMENT).where(_OF_VERSION, _NOW)
_END: Final = (
    update(ATTACHMENT).where(_OF_VERSION, _NAMED, _NOW).values(until=bindparam("ended_at"), ended_by=bindparam("ender"))
)
_ADD: Final = insert(ATTACHMENT)


class AttachmentRepository:
    """Attachments of cards within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def find(self, version_id: str, name: str, at: datetime | None = None) -> Attachment | None:
        """Return the attachment that has, or had at a time, this name."""
        query = select(*_COLUMNS).where(_OF_VERSION, _NAMED, _NOW if at is None else _THEN)
        row = self._session.execute(query, {"version": version_id, "wanted": name, "at": at}).one_or_none()
        return None if row is None else _attachment(version_id, row)

    def list(self, version_id: str, request: PageRequest, at: datetime | None = None) -> Page[Attachment]:
        """Return one page of the attachments of a version, now or at a time, by name."""
        query = select(*_COLUMNS, ATTACHMENT.c.name.label("place"), ATTACHMENT.c.version_id)
        return fetch_page(
            self._session,
            BoundSelect(query.where(_OF_VERSION, _NOW if at is None else _THEN), {"version": version_id, "at": at}),
            request=request,
            scope=f"attachments {version_id} {at}",
            order=(OrderKey(ATTACHMENT.c.name, str), ATTACHMENT.c.version_id, False),
            build=lambda row: _attachment(version_id, row),
        )

    def last_change(self, version_id: str, name: str) -> datetime | None:
        """Return when something was last attached under a name, or taken away."""
        since, until = self._session.execute(_LAST, {"version": version_id, "wanted": name}).one()
        return max((moment for moment in (since, until) if moment is not None), default=None)

    def count(self, version_id: str) -> int:
        """Return how many attachments a version has now."""
        return int(self._session.execute(_COUNT, {"version": version_id}).scalar_one())

    def begin(self, attachment: Attachment, manifest: Digest) -> None:
        """Attach a file from now on; what had its name must have ended."""
        values = {
            "version_id": attachment.version_id,
            "name": attachment.name,
            "media_type": attachment.media_type,
            "size": attachment.size,
            "digest": str(attachment.digest),
            "manifest_digest": str(manifest),
            "alt": attachment.alt,
            "since": attachment.since,
            "set_by": attachment.set_by,
        }
        self._session.execute(_ADD, values)

    def end(self, attachment: Attachment, by: PrincipalId, at: datetime) -> None:
        """Take a file away from now on."""
        values = {"version": attachment.version_id, "wanted": attachment.name, "ended_at": at, "ender": by}
        self._session.execute(_END, values)


def _attachment(version_id: str, row: AnyRow) -> Attachment:
    name, media_type, size, digest, alt, since, set_by, until, ended_by = row[:9]
    by = None if ended_by is None else PrincipalId(ended_by)
    return Attachment(
        version_id, name, media_type, size, Digest.parse(digest), alt, since, PrincipalId(set_by), until, by
    )
