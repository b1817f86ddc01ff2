"""Appends to the log, and keeps the answers of requests that may be repeated."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, case, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from modelkeep.domains.audit.domain import KeptResponse, Leaf, SaltedText
from modelkeep.domains.audit.tables import ENTRY, HEAD, REQUEST, TEXT
from modelkeep.kernel.events import Event
from modelkeep.platform.database import SchemaError, UtcDateTime

_NOW: Final = bindparam("now", type_=UtcDateTime)
_ADVANCE: Final = (
    update(HEAD)
    .where(HEAD.c.id == 1)
    .values(size=HEAD.c.size + bindparam("count"), last_at=case((HEAD.c.last_at > _NOW, HEAD.c.last_at), else_=_NOW))
    .returning(HEAD.c.size, HEAD.c.last_at)
)
_APPEND: Final = insert(ENTRY)
_APPEND_TEXTS: Final = insert(TEXT)
_FIND: Final = select(REQUEST).where(
    REQUEST.c.principal_id == bindparam("principal"), REQUEST.c.key == bindparam("wanted")
)


class AuditRepository:
    """The log within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work with the transaction's session."""
        self._session = session

    def advance(self, count: int, now: datetime) -> tuple[int, datetime]:
        """Lock the head, take `count` places and return the first, and a time that never goes back."""
        taken = self._session.execute(_ADVANCE, {"count": count, "now": now}).one_or_none()
        if taken is None:
            raise SchemaError("the audit log has no head row; run 'modelkeep migrate' on this database")
        size: int = taken.size
        return size - count, taken.last_at

    def append(self, entries: Sequence[tuple[Event, Leaf, Sequence[SaltedText]]]) -> None:
        """Store leaves at the places that `advance` gave."""
        rows = [
            {
                "seq": leaf.seq,
                "at": leaf.at,
                "action": event.name,
                "subject": event.subject,
                "actor_id": event.actor.id,
                "request_id": event.actor.request.id,
                "payload": leaf.payload,
                "leaf_hash": leaf.hash,
            }
            for event, leaf, _ in entries
        ]
        self._session.execute(_APPEND, rows)
        texts = [
            {"seq": leaf.seq, "field": text.field, "salt": text.salt, "value": text.value}
            for _, leaf, salted in entries
            for text in salted
        ]
        if texts:
            self._session.execute(_APPEND_TEXTS, texts)


class IdempotencyRepository:
    """Claimed keys within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work with the transaction's session."""
        self._session = session

    def find(self, principal_id: str, key: str) -> tuple[str, KeptResponse | None] | None:
        """Return the fingerprint a key was claimed with and the kept answer, or None when the key is new."""
        row = self._session.execute(_FIND, {"principal": principal_id, "wanted": key}).one_or_none()
        if row is None:
            return None
        kept = None if row.status is None else KeptResponse(row.status, row.body or b"", row.headers or {})
        return row.fingerprint, kept

    def claim(self, principal_id: str, key: str, fingerprint: str, now: datetime) -> bool:
        """Claim a key for this transaction; False when another request holds it."""
        values = {"principal_id": principal_id, "key": key, "fingerprint": fingerprint, "claimed_at": now}
        dialect = postgresql if self._session.get_bind().dialect.name == "postgresql" else sqlite
        claimed = self._session.execute(
            dialect.insert(REQUEST).values(values).on_conflict_do_nothing().returning(REQUEST.c.key)
        )
        return claimed.one_or_none() is not None

    def keep(self, principal_id: str, key: str, response: KeptResponse) -> None:
        """Keep the answer for repetitions; a request that wrote nothing claimed nothing, and keeps nothing."""
        self._session.execute(
            update(REQUEST)
            .where(REQUEST.c.principal_id == principal_id, REQUEST.c.key == key)
            .values(status=response.status, body=response.body, headers=dict(response.headers))
        )

    def forget(self, before: datetime) -> int:
        """Drop keys claimed before a time, at most 1,000 at once; return how many."""
        old = select(REQUEST.c.principal_id, REQUEST.c.key).where(REQUEST.c.claimed_at < before).limit(1000)
        rows = self._session.execute(old).all()
        for row in rows:
            self._session.execute(
                delete(REQUEST).where(REQUEST.c.principal_id == row.principal_id, REQUEST.c.key == row.key)
            )
        return len(rows)
