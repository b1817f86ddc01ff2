"""Cards within one transaction."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import bindparam, func, insert, select

from modelkeep.domains.cards.domain.cards import Card, CardRevision
from modelkeep.domains.cards.tables import REVISION
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, Transaction, UtcDateTime
from modelkeep.platform.database.lists import BoundSelect, OrderKey, fetch_page

_OF_VERSION: Final = select(*REVISION.c).where(REVISION.c.version_id == bindparam("version"))
_NEWEST: Final = _OF_VERSION.order_by(REVISION.c.revision.desc()).limit(1)
_LATER: Final = REVISION.alias()
_NEWEST_OF_EACH: Final = select(*REVISION.c).where(
    REVISION.c.version_id.in_(bindparam("versions", expanding=True)),
    REVISION.c.revision
    == select(func.max(_LATER.c.revision)).where(_LATER.c.version_id == REVISION.c.version_id).scalar_subquery(),
)
_NUMBERED: Final = _OF_VERSION.where(REVISION.c.revision == bindparam("wanted"))
_AT: Final = REVISION.c.since <= bindparam("at", type_=UtcDateTime)
_NEWEST_AT: Final = _OF_VERSION.where(_AT).order_by(REVISION.c.revision.desc()).limit(1)
_STATE: Final = (REVISION.c.revision, REVISION.c.digest, REVISION.c.since, REVISION.c.set_by)
_OF_STATE: Final = select(*_STATE).where(REVISION.c.version_id == bindparam("version"))
_NEWEST_STATE: Final = _OF_STATE.order_by(REVISION.c.revision.desc()).limit(1)
_LISTED: Final = select(
    *_STATE,
    REVISION.c.revision.label("place"),
    REVISION.c.version_id,
).where(REVISION.c.version_id == bindparam("version"))
_ADD: Final = insert(REVISION)


class CardRepository:
    """Cards within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def find(self, version_id: str, at: datetime | None = None) -> Card | None:
        """Return the card that a version has, or had at a time."""
        query = _NEWEST if at is None else _NEWEST_AT
        row = self._session.execute(query, {"version": version_id, "at": at}).one_or_none()
        return None if row is None else _card(row)

    def find_state(self, version_id: str) -> CardRevision | None:
        """Return the revision that a version's card is at."""
        row = self._session.execute(_NEWEST_STATE, {"version": version_id}).one_or_none()
        return None if row is None else _state(version_id, row)

    def of_each(self, version_ids: Collection[str]) -> Mapping[str, Card]:
        """Return the cards that versions have now, by the version's id; those without one are left out."""
        rows = self._session.execute(_NEWEST_OF_EACH, {"versions": tuple(version_ids)})
        return {row.version_id: _card(row) for row in rows}

    def find_revision(self, version_id: str, revision: int) -> Card | None:
        """Return one revision of a version's card."""
        row = self._session.execute(_NUMBERED, {"version": version_id, "wanted": revision}).one_or_none()
        return None if row is None else _card(row)

    def list(self, version_id: str, request: PageRequest, at: datetime | None = None) -> Page[CardRevision]:
        """Return one page of the revisions of a version's card, newest first; at a time, those there were."""
        query = _LISTED if at is None else _LISTED.where(_AT)
        return fetch_page(
            self._session,
            BoundSelect(query, {"version": version_id, "at": at}),
            request=request,
            scope=f"cards {version_id} {at}",
            order=(OrderKey(REVISION.c.revision, int), REVISION.c.version_id, True),
            build=partial(_state, version_id),
        )

    def add(self, card: Card) -> None:
        """Store a new revision."""
        values = {
            "version_id": card.version_id,
            "revision": card.revision,
            "document": dict(card.document),
            "digest": card.digest,
            "since": card.since,
            "set_by": card.set_by,
        }
        self._session.execute(_ADD, values)


def _card(row: AnyRow) -> Card:
    return Card(row.version_id, row.document, row.revision, row.digest, row.since, PrincipalId(row.set_by))


def _state(version_id: str, row: AnyRow) -> CardRevision:
    return CardRevision(version_id, row.revision, row.digest, row.since, PrincipalId(row.set_by))
