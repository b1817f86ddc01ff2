"""Shows the log to people who may read it."""

from dataclasses import dataclass

from modelkeep.domains.access import REGISTRY, AccessService, Permission
from modelkeep.domains.audit.domain.entries import Entry, EntryNotFoundError
from modelkeep.domains.audit.domain.queries import EntryQuery
from modelkeep.domains.audit.repository import EntryRepository
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class AuditService:
    """The log as its readers see it."""

    database: Database
    access: AccessService

    def list(self, actor: Actor, query: EntryQuery, page: PageRequest, *, oldest_first: bool = False) -> Page[Entry]:
        """Return one page of the entries that the actor may see, the newest first or the oldest first.

        Raises:
            UnknownEventTypeError: the query is for a type that is none.
        """
        with self.database.snapshot() as tx:
            return self._readable(tx, actor).list(query, page, oldest_first=oldest_first)

    def get(self, actor: Actor, seq: int) -> Entry:
        """Return one entry.

        Raises:
            EntryNotFoundError: there is none at this place, it was pruned, or it is about something that the actor may
                not read the log of.
        """
        with self.database.snapshot() as tx:
            found = self._readable(tx, actor).find(seq)
        if found is None:
            raise EntryNotFoundError(
                f"the audit log has no entry {seq} to show: it is not made yet, pruned, or about what you may not read",
                seq=seq,
            )
        return found

    def _readable(self, tx: Transaction, actor: Actor) -> EntryRepository:
        """Return the entries that the actor may read: of the registry, or of namespaces and models."""
        if self.access.allows(tx, actor, Permission.AUDIT_READ, REGISTRY):
            return EntryRepository(tx.session)
        return EntryRepository(tx.session, self.access.values(actor, Permission.AUDIT_READ))
