"""Tags as intervals, within one transaction. What a model or version shows of them now is in its own row."""

from datetime import datetime
from typing import Final

from sqlalchemy import select

from modelkeep.domains.catalog.domain.aliases import TagInterval
from modelkeep.domains.catalog.repository.intervals import as_known, begun, in_force
from modelkeep.domains.catalog.repository.past_facts import whole_text
from modelkeep.domains.catalog.tables import FACT
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, Transaction
from modelkeep.platform.database.lists import BoundSelect, OrderKey, fetch_page

_TAGS: Final = select(FACT.c.key, FACT.c.text, FACT.c.whole, FACT.c.since, FACT.c.set_by, FACT.c.until, FACT.c.ended_by)


class TagRepository:
    """The tags of one model or version; `field` is `model.tag` or `version.tag`."""

    def __init__(self, tx: Transaction, field: str, subject_id: str) -> None:
        """Work with the transaction's session."""
        self._session, self._field, self._subject = tx.session, field, subject_id
        self._tags = _TAGS.where(FACT.c.subject_id == subject_id, FACT.c.field == field)

    def list(self, request: PageRequest, at: datetime | None) -> Page[TagInterval]:
        """Return one page of the tags there are now, or were at a time, by key."""
        key = OrderKey(FACT.c.key, str)
        return fetch_page(
            self._session,
            BoundSelect(
                self._tags.add_columns(FACT.c.key.label("place"), FACT.c.part.label("identity")).where(
                    in_force(FACT, at)
                ),
                {"at": at},
            ),
            request=request,
            scope=f"tags {self._field} {self._subject} {at}",
            order=(key, FACT.c.part, False),
            build=lambda row: as_known(_tag(row), at),
        )

    def history(self, key: str, request: PageRequest, at: datetime | None) -> Page[TagInterval]:
        """Return one page of the values a tag had, newest first; at a time, as far as it was known then."""
        order = OrderKey(FACT.c.since, datetime)
        return fetch_page(
            self._session,
            BoundSelect(
                self._tags.add_columns(FACT.c.since.label("place"), FACT.c.part.label("identity")).where(
                    FACT.c.key == key, begun(FACT, at)
                ),
                {"at": at},
            ),
            request=request,
            scope=f"tag history {self._field} {self._subject} {key} {at}",
            order=(order, FACT.c.part, True),
            build=lambda row: as_known(_tag(row), at),
        )


def _tag(row: AnyRow) -> TagInterval:
    by = None if row.ended_by is None else PrincipalId(row.ended_by)
    return TagInterval(row.key, whole_text(row), row.since, PrincipalId(row.set_by), row.until, by)
