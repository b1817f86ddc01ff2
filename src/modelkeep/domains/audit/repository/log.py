"""Appends to the log, and reads it in its order."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, case, insert, select, update
from sqlalchemy.orm import Session

from modelkeep.domains.audit.domain.entries import Entry
from modelkeep.domains.audit.domain.leaf import Leaf, SaltedText
from modelkeep.domains.audit.domain.vocabulary import event_type
from modelkeep.domains.audit.tables import ENTRY, HEAD, TEXT
from modelkeep.kernel.events import Event, Receipt
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
_RECEIPTS: Final = select(ENTRY.c.subject, ENTRY.c.happened_at, ENTRY.c.seq, ENTRY.c.leaf_hash).where(
    ENTRY.c.subject.in_(bindparam("subjects", expanding=True)),
    ENTRY.c.happened_at.in_(bindparam("times", expanding=True)),
)
_RECEIPT: Final = (
    select(ENTRY.c.seq, ENTRY.c.leaf_hash)
    .where(ENTRY.c.subject == bindparam("wanted"), ENTRY.c.happened_at == bindparam("time"))
    .order_by(ENTRY.c.seq.desc())
    .limit(1)
)
_AFTER: Final = (
    select(ENTRY.c.payload, ENTRY.c.leaf_hash)
    .where(ENTRY.c.seq > bindparam("after"), ENTRY.c.payload.is_not(None))
    .order_by(ENTRY.c.seq)
    .limit(bindparam("count"))
)
_AFTER_OF: Final = (
    select(ENTRY.c.payload, ENTRY.c.leaf_hash)
    .where(ENTRY.c.action == bindparam("wanted"), ENTRY.c.seq > bindparam("after"), ENTRY.c.payload.is_not(None))
    .order_by(ENTRY.c.seq)
    .limit(bindparam("count"))
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
                "happened_at": event.at,
                "action": event.name,
                "subject": event.subject,
                **event_type(event.name).subject.place_of(event.subject)._asdict(),
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

    def after(self, seq: int, limit: int) -> list[Entry]:
        """Return the entries after a place in the log, in order."""
        rows = self._session.execute(_AFTER, {"after": seq, "count": limit})
        return [Entry.read(row.payload, row.leaf_hash) for row in rows]

    def after_of(self, action: str, seq: int, limit: int) -> list[Entry]:
        """Return the entries of one event after a place in the log, in order."""
        rows = self._session.execute(_AFTER_OF, {"wanted": action, "after": seq, "count": limit})
        return [Entry.read(row.payload, row.leaf_hash) for row in rows]

    def receipt(self, subject: str, at: datetime) -> Receipt | None:
        """Return the receipt of the event of a subject at a time; of several at once, of the last."""
        row = self._session.execute(_RECEIPT, {"wanted": subject, "time": at}).one_or_none()
        return None if row is None else Receipt(row.seq, row.leaf_hash.hex())

    def receipts(self, wanted: Collection[tuple[str, datetime]]) -> dict[tuple[str, datetime], Receipt]:
        """Return the receipts of the events of these subjects at these times; of several at once, of the last.

        Pairs are made here: SQLite looks up subjects in their index, but goes through the whole log for pairs in order.
        """
        subjects, times = (list(dict.fromkeys(part)) for part in zip(*wanted, strict=True))
        rows = self._session.execute(_RECEIPTS, {"subjects": subjects, "times": times})
        found = sorted((row for row in rows if (row.subject, row.happened_at) in wanted), key=lambda row: row.seq)
        return {(row.subject, row.happened_at): Receipt(row.seq, row.leaf_hash.hex()) for row in found}

    def size(self) -> int:
        """Return how many places are taken."""
        size: int = self._session.scalars(select(HEAD.c.size)).one()
        return size
