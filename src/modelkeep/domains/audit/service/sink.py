"""Writes the log in the transaction of every change.

Sequencing is design A' of the audit log: the sequence is taken in the business transaction by locking the head row as
the last statement before commit, so it has no gap and orders entries as they commit.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from modelkeep.domains.audit.domain.leaf import SALT_BYTES, Leaf, SaltedText, leaf_of
from modelkeep.domains.audit.domain.vocabulary import event_type
from modelkeep.domains.audit.repository import AuditRepository
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.events import Event, Receipt


@dataclass(frozen=True, slots=True)
class AuditSink:
    """Appends one leaf per event, in the transaction of the change it describes."""

    clock: Clock

    def record(self, session: Session, events: Sequence[Event]) -> Receipt:
        """Append the events and return the receipt of the last one.

        Raises:
            UndocumentedEventError: an event is not what the vocabulary says; everything is rolled back.
        """
        for event in events:
            event_type(event.name).check(event)
        salted = [_salt(event) for event in events]
        log = AuditRepository(session)
        first, at = log.advance(len(events), self.clock())
        leaves = [
            leaf_of(event, seq=first + place, at=at, texts={text.field: text for text in texts})
            for place, (event, texts) in enumerate(zip(events, salted, strict=True))
        ]
        log.append(list(zip(events, leaves, salted, strict=True)))
        return _receipt(leaves[-1])


def _salt(event: Event) -> list[SaltedText]:
    return [SaltedText(field, secrets.token_bytes(SALT_BYTES), value) for field, value in event.texts.items()]


def _receipt(leaf: Leaf) -> Receipt:
    return Receipt(leaf.seq, leaf.hash.hex())
