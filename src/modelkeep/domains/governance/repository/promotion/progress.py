"""How far the job has come that looks for votes which no longer count, and which requests concern it."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import Select, bindparam, exists, insert, or_, select, update

from modelkeep.domains.governance.domain.requests import RequestStatus
from modelkeep.domains.governance.tables.progress import PROGRESS
from modelkeep.domains.governance.tables.promotion import REQUEST, VOTE
from modelkeep.platform.database import Transaction

LAPSES: Final = "lapses"
_SEEN: Final = select(PROGRESS.c.seq).where(PROGRESS.c.reader == bindparam("wanted"))


class ProgressRepository:
    """The progress of a reader of the audit log, within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def seen(self, reader: str = LAPSES) -> int | None:
        """Return the number of the last entry that a reader has seen; None if it has not begun."""
        found: int | None = self._session.scalars(_SEEN, {"wanted": reader}).one_or_none()
        return found

    def advance(self, seq: int, *, first: bool, reader: str = LAPSES) -> None:
        """Store how far a reader has come."""
        if first:
            self._session.execute(insert(PROGRESS), {"reader": reader, "seq": seq})
        else:
            self._session.execute(update(PROGRESS).where(PROGRESS.c.reader == reader).values(seq=seq))

    def open_requests(self, within: str, after: str, limit: int) -> tuple[str, ...]:
        """Return the ids of some of the open requests on a scope: `*`, a namespace or `namespace/model`."""
        rows = _open_after(after)
        if "/" in within:
            rows = rows.where(REQUEST.c.model == within)
        elif within != "*":
            rows = rows.where(REQUEST.c.namespace == within)
        return tuple(self._session.scalars(rows.order_by(REQUEST.c.id).limit(limit)))

    def answered_by(self, people: Collection[str], after: str, limit: int) -> tuple[str, ...]:
        """Return the ids of some of the open requests with a vote of these people, or in their place, not ended."""
        theirs = or_(VOTE.c.voter.in_(people), VOTE.c.delegator.in_(people))
        voted = exists().where(VOTE.c.request_id == REQUEST.c.id, VOTE.c.ended_at.is_(None), theirs)
        return tuple(self._session.scalars(_open_after(after).where(voted).order_by(REQUEST.c.id).limit(limit)))


def _open_after(after: str) -> Select[tuple[str]]:
    return select(REQUEST.c.id).where(REQUEST.c.status == RequestStatus.OPEN.value, REQUEST.c.id > after)
