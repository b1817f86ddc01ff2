"""Hands out the log, or a part of it, as a file."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from modelkeep.domains.access import REGISTRY, AccessService, Permission, Scope
from modelkeep.domains.audit.domain.entries import Entry, PrunedEntry
from modelkeep.domains.audit.domain.exports import ExportFormat, Names, written
from modelkeep.domains.audit.domain.queries import EntryQuery
from modelkeep.domains.audit.repository import AuditRepository, EntryRepository
from modelkeep.kernel.clock import Clock, timestamp
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.redaction import redacted
from modelkeep.platform.database import Database

_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class ExportService:
    """Exports of the log; each is an entry itself. `source` names the registry in CloudEvents."""

    database: Database
    access: AccessService
    clock: Clock
    source: str

    def export(self, actor: Actor, query: EntryQuery, form: ExportFormat, *, personal: bool = True) -> Iterator[bytes]:
        """Return the entries there are now that a query asks for, the oldest first, as pieces of a file.

        Who may export of a namespace or a model only asks for what is within it. Memory stays flat however many entries
        there are. Without `personal` neither texts that people typed nor names are in it: what has left the registry
        cannot be erased.

        Raises:
            ForbiddenError: the actor may not export of what is asked for.
            UnknownEventTypeError: the query is for a type that is none.
        """
        scope = REGISTRY if query.within is None else Scope.parse(query.within)
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.AUDIT_EXPORT, scope)
            size = AuditRepository(tx.session).size()
            tx.record(self._exported(actor, query, form, size=size, personal=personal))
        batches = self._batches(query, size, personal=personal)
        return written(batches, form, source=self.source, names_of=self.access.names if personal else _nobody)

    def _batches(self, query: EntryQuery, size: int, *, personal: bool) -> Iterator[tuple[Entry | PrunedEntry, ...]]:
        seen = -1
        while True:
            with self.database.snapshot() as tx:
                entries = EntryRepository(tx.session).batch(query, after=seen, before=size, limit=_BATCH)
            if entries:
                seen = entries[-1].seq
                yield entries if personal else tuple(map(_without_texts, entries))
            if len(entries) < _BATCH:
                return

    def _exported(self, actor: Actor, query: EntryQuery, form: ExportFormat, *, size: int, personal: bool) -> Event:
        data: dict[str, Json] = {
            "format": form.value,
            "entries_before": size,
            "personal": personal,
            "type": query.action,
            "since": None if query.since is None else timestamp(query.since),
            "until": None if query.until is None else timestamp(query.until),
        }
        asked = {"actor": query.actor, "subject": query.subject, "request": query.request}
        texts = {name: redacted(value) for name, value in asked.items() if value is not None}
        return Event("audit.log_exported", query.within or str(REGISTRY), actor, self.clock(), data, texts)


def _without_texts(entry: Entry | PrunedEntry) -> Entry | PrunedEntry:
    return replace(entry, texts=()) if isinstance(entry, Entry) else entry


def _nobody(_ids: set[str]) -> Names:
    return {}
