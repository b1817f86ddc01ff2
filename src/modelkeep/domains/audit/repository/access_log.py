"""Appends to the access log, and lets its old bodies go."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, case, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from modelkeep.domains.audit.domain.leaf import Leaf
from modelkeep.domains.audit.domain.vocabulary import event_type
from modelkeep.domains.audit.tables import ACCESS_ENTRY, ACCESS_HEAD, HOLD
from modelkeep.kernel.events import Event
from modelkeep.platform.database import SchemaError, UtcDateTime

_NOW: Final = bindparam("now", type_=UtcDateTime)
_ADVANCE: Final = (
    update(ACCESS_HEAD)
    .where(ACCESS_HEAD.c.id == 1)
    .values(
        size=ACCESS_HEAD.c.size + bindparam("count"),
        last_at=case((ACCESS_HEAD.c.last_at > _NOW, ACCESS_HEAD.c.last_at), else_=_NOW),
    )
    .returning(ACCESS_HEAD.c.size, ACCESS_HEAD.c.last_at)
)
_APPEND: Final = insert(ACCESS_ENTRY)
_HELD: Final = exists().where(
    HOLD.c.released_at.is_(None),
    or_(HOLD.c.scope == "*", HOLD.c.scope == ACCESS_ENTRY.c.namespace, HOLD.c.scope == ACCESS_ENTRY.c.model),
)
_GONE: Final = {
    "payload": None,
    **dict.fromkeys(("action", "subject", "namespace", "model", "actor_id", "request_id"), ""),
}


class AccessLogRepository:
    """The access log within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work with the transaction's session."""
        self._session = session

    def advance(self, count: int, now: datetime) -> tuple[int, datetime]:
        """Lock the log's own head, take `count` places, and return the first, and a time that never goes back."""
        taken = self._session.execute(_ADVANCE, {"count": count, "now": now}).one_or_none()
        if taken is None:
            raise SchemaError("the access log has no head row; run 'modelkeep migrate' on this database")
        size: int = taken.size
        return size - count, taken.last_at

    def append(self, entries: Sequence[tuple[Event, Leaf]]) -> None:
        """Store leaves at the places that `advance` gave."""
        rows = [
            {
                "seq": leaf.seq,
                "at": leaf.at,
                "action": event.name,
                "subject": event.subject,
                **event_type(event.name).subject.place_of(event.subject)._asdict(),
                "actor_id": event.actor.id,
                "request_id": event.actor.request.id,
                "payload": leaf.payload,
                "leaf_hash": leaf.hash,
            }
            for event, leaf in entries
        ]
        self._session.execute(_APPEND, rows)

    def prune(self, before: datetime, limit: int) -> int:
        """Drop the bodies of up to `limit` entries made before a time that are not on hold; return of how many."""
        old = (
            select(ACCESS_ENTRY.c.seq)
            .where(ACCESS_ENTRY.c.at < before, ACCESS_ENTRY.c.payload.is_not(None), ~_HELD)
            .order_by(ACCESS_ENTRY.c.at)
            .limit(limit)
        )
        chosen = self._session.scalars(old).all()
        if chosen:
            self._session.execute(update(ACCESS_ENTRY).where(ACCESS_ENTRY.c.seq.in_(chosen)).values(_GONE))
        return len(chosen)
