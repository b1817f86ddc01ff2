"""Erases texts, prunes bodies, and keeps legal holds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from modelkeep.domains.audit.domain.privacy import SHOWN_HOLDS, Erasure, Hold
from modelkeep.domains.audit.repository.entries import conditions
from modelkeep.domains.audit.tables import ENTRY, HOLD, PRUNING, TEXT
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow
from modelkeep.platform.database.lists import OrderKey, fetch_page

_ACTIVE: Final = HOLD.c.released_at.is_(None)
_COVERS: Final = and_(
    _ACTIVE, or_(HOLD.c.scope == "*", HOLD.c.scope == ENTRY.c.namespace, HOLD.c.scope == ENTRY.c.model)
)
_GONE: Final = {
    "payload": None,
    "happened_at": None,
    **dict.fromkeys(("action", "subject", "namespace", "model", "actor_id", "request_id"), ""),
}


class PrivacyRepository:
    """The erasable side of the log within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work with the transaction's session."""
        self._session = session

    def erase_texts(self, erasure: Erasure) -> int:
        """Delete the salts and values that an erasure asks for; return how many."""
        entries = select(ENTRY.c.seq).where(self._entries_of(erasure))
        named = (TEXT.c.field.in_(erasure.fields),) if erasure.fields else ()
        chosen = (TEXT.c.seq.in_(entries), *named)
        count = self._session.scalars(select(func.count()).select_from(TEXT).where(*chosen)).one()
        if count:
            self._session.execute(delete(TEXT).where(*chosen))
        return count

    def holds_on(self, erasure: Erasure) -> tuple[Hold, ...]:
        """Return active holds on what an erasure is about, some of them if many; its texts are not only in the log."""
        held = exists(select(ENTRY.c.seq).where(self._entries_of(erasure), _COVERS).correlate(HOLD))
        rows = self._session.execute(select(*HOLD.c).where(_ACTIVE, held).order_by(HOLD.c.id).limit(SHOWN_HOLDS))
        return tuple(map(_hold, rows))

    def add_hold(self, hold: Hold) -> None:
        """Store a new hold."""
        values = {column.name: getattr(hold, column.name) for column in HOLD.c}
        self._session.execute(HOLD.insert(), values)

    def find_active_hold(self, identity: str) -> Hold | None:
        """Return a hold that is not released, or None."""
        row = self._session.execute(select(*HOLD.c).where(HOLD.c.id == identity, _ACTIVE)).one_or_none()
        return None if row is None else _hold(row)

    def save_hold(self, hold: Hold) -> None:
        """Store the end of a hold."""
        self._session.execute(
            update(HOLD).where(HOLD.c.id == hold.id).values(released_at=hold.released_at, released_by=hold.released_by)
        )

    def list_holds(self, request: PageRequest) -> Page[Hold]:
        """Return one page of holds, released ones included, the newest first."""
        key = OrderKey(HOLD.c.placed_at, datetime)
        rows = select(*HOLD.c).add_columns(HOLD.c.placed_at.label("place"), HOLD.c.id.label("identity"))
        return fetch_page(
            self._session, rows, request=request, scope="audit holds", order=(key, HOLD.c.id, True), build=_hold
        )

    def first_kept(self, since: datetime) -> int | None:
        """Return the number of the first entry made at a time or later."""
        first = select(ENTRY.c.seq).where(ENTRY.c.at >= since).order_by(ENTRY.c.at, ENTRY.c.seq).limit(1)
        seq: int | None = self._session.scalar(first)
        return seq

    def prunable(self, seqs: range, limit: int) -> Sequence[int]:
        """Return the numbers of the first entries of some that have a body and are not on hold."""
        rows = (
            select(ENTRY.c.seq)
            .where(
                ENTRY.c.seq >= seqs.start,
                ENTRY.c.seq < seqs.stop,
                ENTRY.c.payload.is_not(None),
                ~exists().where(_COVERS),
            )
            .order_by(ENTRY.c.seq)
            .limit(limit)
        )
        return self._session.scalars(rows).all()

    def prune(self, seqs: range, limit: int) -> int:
        """Drop bodies and texts of up to `limit` entries of some that are not on hold; return of how many.

        The trigger that guards entries lets bodies go below the number that is kept for it, and changes nothing else.
        """
        lower = select(PRUNING.c.before_seq).where(PRUNING.c.id == 1)
        if seqs.stop > self._session.scalars(lower).one():
            self._session.execute(update(PRUNING).where(PRUNING.c.id == 1).values(before_seq=seqs.stop))
        chosen = self.prunable(seqs, limit)
        if chosen:
            self._session.execute(delete(TEXT).where(TEXT.c.seq.in_(chosen)))
            self._session.execute(update(ENTRY).where(ENTRY.c.seq.in_(chosen)).values(_GONE))
        return len(chosen)

    def _entries_of(self, erasure: Erasure) -> ColumnElement[bool]:
        chosen = or_(*(and_(*conditions(self._session, query)) for query in erasure.queries))
        return chosen if erasure.principal is None else and_(chosen, ENTRY.c.action != "audit.principal_erased")


def _hold(row: AnyRow) -> Hold:
    identity, scope, reason, placed_at, placed_by, released_at, released_by = row[:7]
    by = None if released_by is None else PrincipalId(released_by)
    return Hold(identity, scope, reason, placed_at, PrincipalId(placed_by), released_at, by)
