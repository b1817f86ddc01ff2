"""Reads the log in its order: the one outbox of webhooks, streams and federation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from modelkeep.domains.audit.domain.entries import Entry
from modelkeep.domains.audit.repository import AuditRepository
from modelkeep.platform.database import Database

BEFORE_ALL: Final = -1
"""The cursor of a reader that has seen nothing: the first entry has the number 0."""


@dataclass(frozen=True, slots=True)
class AuditReader:
    """Entries from a cursor on. Asks for no permission: callers in the product decide what they show to whom."""

    database: Database

    def read(self, after_seq: int, limit: int) -> Sequence[Entry]:
        """Return up to `limit` entries after a place in the log, in order; start with `BEFORE_ALL`.

        Entries appear in the order of their numbers: once one can be read, none with a lower number will appear.
        """
        with self.database.snapshot() as tx:
            return AuditRepository(tx.session).after(after_seq, limit)

    def read_of(self, action: str, after_seq: int, limit: int) -> Sequence[Entry]:
        """Return up to `limit` entries of one event after a place in the log, as `read` does."""
        with self.database.snapshot() as tx:
            return AuditRepository(tx.session).after_of(action, after_seq, limit)

    def size(self) -> int:
        """Return how many entries the log has; the last one's number is one less."""
        with self.database.snapshot() as tx:
            return AuditRepository(tx.session).size()
