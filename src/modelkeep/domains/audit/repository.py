"""Appends to the log, and keeps the answers of requests that may be repeated."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, delete, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from modelkeep.domains.audit.domain import KeptResponse, Leaf, SaltedText
from modelkeep.domains.audit.tables import AuditEntryRow, AuditHeadRow, AuditTextRow, IdempotentRequestRow
from modelkeep.kernel.events import Event
from modelkeep.platform.database import SchemaError, UtcDateTime


class AuditRepository:
    """The log within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work with the transaction's session."""
        self._session = session

    def advance(self, count: int, now: datetime) -> tuple[int, datetime]:
        """Lock the head, take `count` places and return the first, and a time that never goes back."""
        moment = literal(now, UtcDateTime)
        taken = self._session.execute(
            update(AuditHeadRow)
            .where(AuditHeadRow.id == 1)
            .values(
                size=AuditHeadRow.size + count,
                last_at=case((AuditHeadRow.last_at > moment, AuditHeadRow.last_at), else_=moment),
            )
            .returning(AuditHeadRow.size, AuditHeadRow.last_at)
            .execution_options(synchronize_session=False)
        ).one_or_none()
        if taken is None:
            raise SchemaError("the audit log has no head row; run 'modelkeep migrate' on this database")
        return taken.size - count, taken.last_at

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
        self._session.execute(insert(AuditEntryRow), rows)
        texts = [
            {"seq": leaf.seq, "field": text.field, "salt": text.salt, "value": text.value}
            for _, leaf, salted in entries
            for text in salted
        ]
        if texts:
            self._session.execute(insert(AuditTextRow), texts)


class IdempotencyRepository:
    """Claimed keys within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work with the transaction's session."""
        self._session = session

    def find(self, principal_id: str, key: str) -> tuple[str, KeptResponse | None] | None:
        """Return the fingerprint a key was claimed with and the kept answer, or None when the key is new."""
        row = self._session.get(IdempotentRequestRow, (principal_id, key))
        if row is None:
            return None
        kept = None if row.status is None else KeptResponse(row.status, row.body or b"", row.headers or {})
        return row.fingerprint, kept

    def claim(self, principal_id: str, key: str, fingerprint: str, now: datetime) -> bool:
        """Claim a key for this transaction; False when another request holds it."""
        values = {"principal_id": principal_id, "key": key, "fingerprint": fingerprint, "claimed_at": now}
        dialect = postgresql if self._session.get_bind().dialect.name == "postgresql" else sqlite
        claimed = self._session.execute(
            dialect.insert(IdempotentRequestRow)
            .values(values)
            .on_conflict_do_nothing()
            .returning(IdempotentRequestRow.key)
        )
        return claimed.one_or_none() is not None

    def keep(self, principal_id: str, key: str, response: KeptResponse) -> None:
        """Keep the answer for repetitions; a request that wrote nothing claimed nothing, and keeps nothing."""
        self._session.execute(
            update(IdempotentRequestRow)
            .where(IdempotentRequestRow.principal_id == principal_id, IdempotentRequestRow.key == key)
            .values(status=response.status, body=response.body, headers=dict(response.headers))
        )

    def forget(self, before: datetime) -> int:
        """Drop keys claimed before a time, at most 1,000 at once; return how many."""
        old = (
            select(IdempotentRequestRow.principal_id, IdempotentRequestRow.key)
            .where(IdempotentRequestRow.claimed_at < before)
            .limit(1000)
        )
        rows = self._session.execute(old).all()
        for row in rows:
            self._session.execute(
                delete(IdempotentRequestRow).where(
                    IdempotentRequestRow.principal_id == row.principal_id, IdempotentRequestRow.key == row.key
                )
            )
        return len(rows)
